//! Tests of the store on both engines: real files, a real server, nothing replaced.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and it takes its database and its time from the machine"
)]

mod rows;
mod searches;
mod support;
mod writes;
