//! Tests of the whole system: real sockets, real databases of both engines, the clock moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and it takes its database and its time from the machine"
)]

mod attachments;
mod auth;
mod commands;
mod copilot;
mod copilot_ledger;
mod copilot_privacy;
mod crashes;
mod errors;
mod escalations;
mod events;
mod harness;
mod idempotency;
mod invitations;
mod messages;
mod model_failures;
mod openapi;
mod outages;
mod program;
mod smoke;
mod sweep;
mod sweep_examples;
mod throttling;
mod ticket_lists;
mod tickets;
mod users;
mod worker;
