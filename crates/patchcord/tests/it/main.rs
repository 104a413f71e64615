//! Tests of the whole system: real sockets, real databases of both engines, the clock moved by hand.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and it takes its database and its time from the machine"
)]

mod account_managers;
mod ai;
mod api_tokens;
mod assignment;
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
mod dashboard;
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
mod health_log;
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
mod metrics_text;
mod model_failures;
mod nodes;
mod oidc;
mod openapi;
mod organizations;
mod outages;
mod page;
mod passing;
mod phone_numbers;
mod presence;
mod program;
mod recurring;
mod replay;
mod rollups;
mod rollups_naive;
mod saved_views;
mod search;
mod similar;
mod sla;
mod sla_policies;
mod sla_report;
mod sla_rules;
mod smoke;
mod storage;
mod support_agents;
mod sweep;
mod sweep_examples;
mod teams;
mod throttling;
mod ticket_lists;
mod tickets;
mod triage;
mod two_desks;
mod users;
mod webhooks;
mod webhooks_guard;
mod webhooks_trust;
mod worker;
mod workspace;
