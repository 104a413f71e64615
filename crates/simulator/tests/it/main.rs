//! Tests of the simulator over real sockets.

#![allow(clippy::unwrap_used)]

mod openai;
