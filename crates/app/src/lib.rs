//! The use cases of Patchcord, one file a noun; the jobs and their worker; live events. Knows no HTTP and no SQL.

mod app;
mod error;
mod once;

pub mod attachments;
pub mod copilot;
pub mod escalations;
pub mod jobs;
pub mod keys;
pub mod live;
pub mod lookups;
pub mod messages;
pub mod passwords;
pub mod seed;
pub mod sessions;
pub mod snapshot;
pub mod storage;
pub mod ticket_detail;
pub mod tickets;
pub mod trail;
pub mod trail_check;
pub mod users;
pub mod worker;
pub mod workspaces;

pub use app::{App, Inner, Options};
pub use error::{AppError, Current};
pub use once::{Answered, KEY_MAX, Once, Shape};
pub use patchcord_store::rows;
