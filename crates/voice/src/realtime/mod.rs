//! OpenAI Realtime in its general form: what we send, what the server sends, and what it used.

mod client;
mod server;
mod usage;

pub use client::{
    ClientEvent, Content, Item, Opening, ResponseOptions, SessionOptions, Tool, ToolChoice, TurnDetection, append,
    everything,
};
pub use server::{
    Fault, ItemKind, Malformed, RateLimit, ResponseStatus, ServerEvent, ServerItem, ServerResponse,
    is_recoverable_close,
};
pub use usage::Transcription;
