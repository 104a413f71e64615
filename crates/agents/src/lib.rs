//! The conversation core: agents as files, hand-offs, tools, and the turns of a call. It knows no socket and no database.
//!
//! An engine (the phone's two, the page's call, a test) feeds [`Input`]s to a [`Conversation`] and carries out its
//! [`Output`]s. Nothing here waits, reads a clock or draws a number: the moment comes with each input.

mod agents;
pub mod builtin;
mod carrier;
mod conversation;
mod language;
mod spoken;
mod tools;
mod wishes;

pub use agents::{Agent, Agents, AgentsError, ENTRY, Fault};
pub use carrier::{Carrier, CarrierError, Instructions, Order, Price};
pub use conversation::{Conversation, Input, Limits, Moment, Output};
pub use language::Menu;
pub use tools::{DESK, DESK_TOOLS, Facts, ToolReply, Tools, Transfer};
