//! What can go wrong with a model, in words that a person can act on.

use patchcord_domain::FieldError;
use patchcord_domain::time::Millis;

/// Why a model did not answer. No text of the model, of a customer or of a key is ever in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The provider asks for patience.
    #[error(
        "The model's server is asked too often. Wait a while, or raise the limits of the account behind OPENAI_API_KEY."
    )]
    RateLimited {
        /// After how many milliseconds to try again, when the server said so; at most an hour.
        retry_after_ms: Option<u64>,
    },
    /// The server failed, reset the connection or could not be reached.
    #[error("The model's server cannot be reached or fails: {0}. Check OPENAI_BASE_URL and the server.")]
    Unavailable(String),
    /// No answer in time.
    #[error("The model did not answer in time. Check the server, or choose a faster model with OPENAI_MODEL.")]
    Timeout,
    /// The server refuses, and will again.
    #[error("{0}")]
    Refused(String),
    /// The answer has more bytes than any valid one.
    #[error(
        "The model's answer was too long and was not read. Choose another model with OPENAI_MODEL if it happens again."
    )]
    TooLarge,
    /// The answer does not fit its schema, the repaired one neither.
    #[error("The model's answer does not fit what was asked for: {}. Try again, or choose a more capable model with OPENAI_MODEL.", fields(.0))]
    Invalid(Vec<FieldError>),
    /// Too many failures in a row: the model is left alone for a while.
    #[error("The model failed several times in a row; it is asked again in a moment.")]
    CircuitOpen {
        /// Until when, in unix milliseconds.
        until: Millis,
    },
}

impl ModelError {
    /// Whether the same call may work later without anybody changing anything.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            ModelError::RateLimited { .. }
                | ModelError::Unavailable(_)
                | ModelError::Timeout
                | ModelError::CircuitOpen { .. }
        )
    }

    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            ModelError::RateLimited { .. } => "rate_limited",
            ModelError::Unavailable(_) => "model_unavailable",
            ModelError::Timeout => "model_timeout",
            ModelError::Refused(_) => "model_refused",
            ModelError::TooLarge => "answer_too_large",
            ModelError::Invalid(_) => "invalid_answer",
            ModelError::CircuitOpen { .. } => "circuit_open",
        }
    }
}

/// Only names of fields: messages of a parser may quote what the model said.
fn fields(errors: &[FieldError]) -> String {
    let mut names: Vec<&str> = errors.iter().map(|error| error.field.as_str()).take(5).collect();
    names.dedup();
    if names == ["$"] { "it is not the JSON object that was asked for".into() } else { names.join(", ") }
}
