//! SQLite or PostgreSQL: rows, migrations, queries, job rows and event rows. Nothing above this crate knows SQL.
//!
//! Reading goes through [`Store::tenant`], writing through [`Store::write`]; both give a [`Tenant`], a handle that already
//! holds the workspace. What is not bound to one workspace (sign-in, the worker, the event reader) is in [`unscoped`].

mod backfill;
mod batch;
mod by_position;
mod checkpoints;
mod committer;
mod connect;
mod entities;
mod error;
mod faults;
mod kept;
mod migrations;
mod passing;
#[cfg(test)]
mod plans;
mod store;
mod tenant;
mod wakeups;

pub mod account_managers;
pub mod api_tokens;
pub mod articles;
pub mod audit_log;
pub mod bulk;
pub mod call_figures;
pub mod call_records;
pub mod calls;
pub mod catalogues;
pub mod contact_devices;
pub mod contacts;
pub mod devices;
pub mod directory;
pub mod escalations;
pub mod events;
pub mod idempotency;
pub mod imports;
pub mod jobs;
pub mod listing;
pub mod locations;
pub mod macros;
pub mod merges;
pub mod messages;
pub mod metrics;
pub mod organizations;
pub mod palette;
pub mod phone_numbers;
pub mod rows;
pub mod saved_views;
pub mod scratch;
pub mod search;
pub mod sessions;
pub mod sla;
pub mod sla_policies;
pub mod suggestions;
pub mod support_agents;
pub mod teams;
pub mod ticket_detail;
pub mod ticket_list;
pub mod tickets;
pub mod trail;
pub mod unscoped;
pub mod users;
pub mod waiting;
pub mod webhooks;
pub mod workspaces;

pub use connect::Options;
pub use error::StoreError;
pub use migrations::known as known_migrations;
pub use passing::PASSED_MAX;
pub use store::{Connection, Reader, Store, Tx, WriteFuture};
pub use tenant::Tenant;
