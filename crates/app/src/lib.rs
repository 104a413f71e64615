//! The use cases of Patchcord, one file a noun; the jobs and their worker; live events. Knows no HTTP and no SQL.

mod app;
mod error;
mod once;

pub mod api_tokens;
pub mod attachments;
pub mod audit_log;
pub mod bulk;
pub mod copilot;
pub mod escalations;
pub mod identity;
pub mod jobs;
pub mod keys;
pub mod live;
pub mod lookups;
pub mod macros;
pub mod merges;
pub mod messages;
pub mod passwords;
pub mod presence;
pub mod saved_views;
pub mod seal;
pub mod seed;
pub mod sessions;
pub mod similar;
pub mod snapshot;
pub mod storage;
pub mod ticket_detail;
pub mod ticket_export;
pub mod ticket_filters;
pub mod tickets;
pub mod trail;
pub mod users;
pub mod worker;
pub mod workspace_settings;
pub mod workspaces;

pub use app::{App, Inner, Options};
pub use error::{AppError, Current};
pub use once::{Answered, KEY_MAX, Once, Shape};
pub use patchcord_store::rows;
