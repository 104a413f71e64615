//! Tests of the store on both engines: real files, a real server, nothing replaced.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and it takes its database and its time from the machine"
)]

mod bulk;
mod call_rows;
mod calls;
mod copilot;
mod idempotency;
mod migrations;
mod numbers;
mod outbox;
mod people;
mod rows;
mod searches;
mod sign_in;
mod support;
mod tenancy;
mod ticket_lists;
mod ticket_words;
mod trails;
mod trouble;
mod work;
mod writes;
