//! Tests of the whole system: real sockets, real databases of both engines, the clock moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and it takes its database and its time from the machine"
)]

mod account_managers;
mod ai;
mod api_tokens;
mod attachments;
mod audit_log;
mod auth;
mod backup;
mod bulk;
mod catalogues;
mod commands;
mod contacts;
mod copilot;
mod copilot_ledger;
mod copilot_privacy;
mod copilot_sync;
mod crashes;
mod device_export;
mod devices;
mod doctor;
mod doctor_model;
mod errors;
mod escalation_answers;
mod escalations;
mod events;
mod export;
mod harness;
mod idempotency;
mod identity;
mod import_failures;
mod imports;
mod invitations;
mod knowledge;
mod limits;
mod locations;
mod macros;
mod merges;
mod messages;
mod model_failures;
mod nodes;
mod oidc;
mod openapi;
mod organizations;
mod outages;
mod passing;
mod presence;
mod program;
mod recurring;
mod replay;
mod saved_views;
mod search;
mod similar;
mod smoke;
mod storage;
mod sweep;
mod sweep_examples;
mod throttling;
mod ticket_lists;
mod tickets;
mod two_desks;
mod users;
mod worker;
mod workspace;
