//! Tests of the whole system: real sockets, real databases of both engines, the clock moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and it takes its database and its time from the machine"
)]

mod attachments;
mod auth;
mod errors;
mod escalations;
mod events;
mod harness;
mod idempotency;
mod invitations;
mod messages;
mod openapi;
mod smoke;
mod sweep;
mod sweep_examples;
mod throttling;
mod ticket_lists;
mod tickets;
mod users;
