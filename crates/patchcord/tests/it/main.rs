//! Tests of the whole system: real sockets, real databases of both engines, the clock moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and it takes its database and its time from the machine"
)]

mod backup;
mod doctor;
mod harness;
mod nodes;
mod smoke;
mod storage;
