//! The nouns and rules of Patchcord. No I/O, no async, no SQL, no HTTP: everything here is a pure function of its arguments.

pub mod account_manager;
pub mod article;
pub mod assignment;
pub mod audit;
pub mod audit_check;
pub mod contact;
pub mod copilot;
pub mod country;
pub mod days;
pub mod device;
pub mod field_error;
pub mod id;
pub mod location;
pub mod machine;
pub mod metrics;
pub mod network;
pub mod organization;
pub mod passages;
pub mod phone;
pub mod redaction;
pub mod similarity;
pub mod snapshot;
pub mod support_agent;
pub mod template;
pub mod text;
pub mod ticket;
pub mod ticket_input;
pub mod time;
pub mod transcript;
pub mod triage;
pub mod user;
pub mod webhook;
pub mod workspace;

pub use field_error::FieldError;
