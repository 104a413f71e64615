//! Scripted callers: somebody with a name, a telephone, a code and a problem, who answers what they hear, presses keys,
//! interrupts and hangs up. What must have come of the call is told by the same file.

mod ears;
mod evidence;
mod looking;
mod manners;
mod play;
mod reword;
mod scenario;

pub use ears::matches;
pub use evidence::Evidence;
pub use looking::{Looking, Outcome};
pub use play::{Mouth, Played, Spoken, Who, improvise, play};
pub use scenario::{Expect, Faults, Line, Persona, Scenario, embedded, load, read};
