//! The phone: the protocols of the carrier and of the speech model, playback, sequencing, and the two engines.
//!
//! It knows no database: it gets tools and a channel to a recorder.

pub mod conversation_relay;
pub mod media_streams;
pub mod playback;
pub mod realtime;
pub mod sequencing;
pub mod text;
pub mod twilio;
