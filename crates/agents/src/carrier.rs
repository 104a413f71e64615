//! What a carrier does with calls besides carrying them: hang up, redirect, place, and say what one cost.

use async_trait::async_trait;
use patchcord_domain::call::CallStatus;

/// A carrier of calls. The desk speaks to it beside the streams: for live calls, for transfers, and after a call.
#[async_trait]
pub trait Carrier: Send + Sync {
    /// Ends a call that somebody has answered. One that is gone already is a success.
    ///
    /// # Errors
    /// When the carrier cannot be reached or refuses.
    async fn hang_up(&self, call: &str) -> Result<(), CarrierError>;

    /// Makes a live call do something else from now on; its stream ends.
    ///
    /// # Errors
    /// [`CarrierError::Gone`] when the call is over, otherwise as for [`Carrier::hang_up`].
    async fn redirect(&self, call: &str, instructions: &Instructions) -> Result<(), CarrierError>;

    /// Calls somebody. Gives the carrier's id of the new call.
    ///
    /// # Errors
    /// As for [`Carrier::hang_up`].
    async fn place(&self, order: &Order) -> Result<String, CarrierError>;

    /// What the carrying of a call cost; `None` while the carrier has not said.
    ///
    /// # Errors
    /// As for [`Carrier::redirect`].
    async fn price(&self, call: &str) -> Result<Option<Price>, CarrierError>;

    /// Where a call is; `None` when the carrier says something that is not known here.
    ///
    /// # Errors
    /// [`CarrierError::Gone`] when the carrier does not know the call, otherwise as for [`Carrier::hang_up`].
    async fn status(&self, call: &str) -> Result<Option<CallStatus>, CarrierError>;

    /// Records a live call from now on. The carrier tells `status_address` when the recording is there.
    ///
    /// # Errors
    /// As for [`Carrier::redirect`].
    async fn record(&self, call: &str, status_address: &str) -> Result<(), CarrierError>;

    /// The sound of a recording, as a WAV file.
    ///
    /// # Errors
    /// [`CarrierError::Gone`] when there is none, otherwise as for [`Carrier::hang_up`].
    async fn recording(&self, recording: &str) -> Result<Vec<u8>, CarrierError>;

    /// Deletes a recording at the carrier. One that is gone already is a success.
    ///
    /// # Errors
    /// As for [`Carrier::hang_up`].
    async fn forget_recording(&self, recording: &str) -> Result<(), CarrierError>;
}

/// What a call shall do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Instructions {
    /// What the carrier finds at this address.
    Address(String),
    /// This document, in the carrier's language.
    Document(String),
}

/// A call to be placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Whom to call, in E.164.
    pub to: String,
    /// Which of our numbers calls.
    pub from: String,
    /// What happens when somebody answers.
    pub instructions: Instructions,
    /// Where the carrier tells what becomes of the call.
    pub status_address: Option<String>,
    /// How long it may ring, in seconds.
    pub ring_seconds: u32,
}

/// What a call cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Price {
    /// Millionths of the currency's unit; never negative.
    pub micros: i64,
    /// The currency, ISO 4217, upper case.
    pub currency: String,
    /// The length that was billed, in seconds.
    pub seconds: i64,
}

/// Why a carrier did not do what it was asked for. It holds no secret and no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CarrierError {
    /// The call is over or was never there.
    #[error("the carrier does not know this call any more")]
    Gone,
    /// The account's name or secret is wrong.
    #[error("the carrier does not accept the account's name and secret")]
    Unauthorized,
    /// Too many requests.
    #[error("the carrier asks for patience")]
    RateLimited,
    /// It refuses, and will again; its own number for it.
    #[error("the carrier refuses (its code {code})")]
    Refused {
        /// The carrier's number of the fault, or the status of HTTP.
        code: u32,
    },
    /// It cannot be reached, is too slow, or fails.
    #[error("the carrier cannot be reached or fails: {0}")]
    Unavailable(&'static str),
}

impl CarrierError {
    /// Whether the same request may work later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(self, CarrierError::RateLimited | CarrierError::Unavailable(_))
    }
}
