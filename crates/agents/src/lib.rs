//! The conversation core: agents as files, hand-offs, tools, and the turns of a call. It knows no socket and no database.
//!
//! An engine (the phone's two, the page's call, a test) feeds [`Input`]s to a conversation and carries out its
//! [`Output`]s. Nothing here waits, reads a clock or draws a number: the moment comes with each input.

mod carrier;
mod conversation;
mod tools;

pub use carrier::{Carrier, CarrierError, Instructions, Order, Price};
pub use conversation::{Input, Moment, Output};
pub use tools::{DESK, DESK_TOOLS, Facts, ToolReply, Tools, Transfer};
