//! Tests of the whole system: real sockets, real databases of both engines, the clock moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and it takes its database and its time from the machine"
)]

mod commands;
mod copilot;
mod copilot_ledger;
mod copilot_privacy;
mod crashes;
mod harness;
mod model_failures;
mod outages;
mod program;
mod smoke;
mod worker;
