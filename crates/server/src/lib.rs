//! Patchcord server.
