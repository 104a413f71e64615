//! The phone: the protocols of the carrier and of the speech model, playback, sequencing, and the two engines.
//!
//! It knows no database: it gets tools and a channel to a recorder.

pub mod conversation_relay;
pub mod frames;
pub mod media_streams;
pub mod playback;
pub mod realtime;
pub mod realtime_engine;
pub mod relay_engine;
pub mod sequencing;
pub mod session;
pub mod text;
pub mod twilio;

#[cfg(test)]
mod testing;
