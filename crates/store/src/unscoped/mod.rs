//! What is not bound to one workspace: signing in, the worker, the reader of events, and making workspaces.

pub mod api_tokens;
pub mod audit;
pub mod calls;
pub mod copies;
pub mod events;
pub mod health;
pub mod identities;
pub mod jobs;
pub mod phone_numbers;
pub mod recurring;
pub mod sign_in;
pub mod upkeep;
pub mod webhooks;
pub mod workspaces;
