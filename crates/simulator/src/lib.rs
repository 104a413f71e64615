//! Scripted counterparts of the outside world, for tests, benchmarks and `patchcord call`: they speak the real wire formats
//! on real sockets, refuse what the real ones refuse, and fail in every way that they are told to.

mod http;

pub mod caller;
pub mod carrier;
pub mod modem;
pub mod oidc;
pub mod openai;
pub mod pace;
pub mod realtime;
pub mod s3;
pub mod webhook;
