//! Tests of the simulator over real sockets.

#![allow(clippy::unwrap_used)]

mod callers;
mod carrier;
mod desk;
mod openai;
mod realtime;
