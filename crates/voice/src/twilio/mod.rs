//! Twilio's side of the phone: signatures, webhooks, the documents that answer them, and the requests that go out.

pub mod rest;
pub mod signature;
pub mod twiml;
pub mod webhook;
