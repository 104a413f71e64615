//! Tests of the whole system: real sockets, real databases of both engines, the clock moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and it takes its database and its time from the machine"
)]

mod ai;
mod copilot_sync;
mod doctor_model;
mod harness;
mod knowledge;
mod smoke;
mod two_desks;
