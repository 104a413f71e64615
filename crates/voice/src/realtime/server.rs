//! What the server sends. Unknown events and fields are passed over; a known event that cannot be read is counted.

use patchcord_domain::call::SpokenUsage;
use serde::Deserialize;
use serde_json::Value;

use super::usage::{Transcription, WireUsage};
use crate::text::Text;

/// An event of the server.
#[derive(Debug, Clone, PartialEq)]
pub enum ServerEvent<'a> {
    /// The session is there.
    SessionCreated {
        /// Its id.
        id: String,
        /// The model.
        model: String,
        /// When it ends, in unix seconds.
        expires_at: Option<i64>,
    },
    /// Settings were taken on.
    SessionUpdated,
    /// Something failed; the session mostly goes on.
    Error(Fault),
    /// The caller began to speak.
    SpeechStarted {
        /// Since the sound began.
        audio_start_ms: i64,
        /// The item that it will become.
        item_id: String,
    },
    /// The caller stopped.
    SpeechStopped {
        /// Since the sound began.
        audio_end_ms: i64,
        /// The item that it will become.
        item_id: String,
    },
    /// The caller's sound became an item.
    Committed {
        /// The item before it.
        previous_item_id: Option<String>,
        /// The item.
        item_id: String,
    },
    /// The caller was silent for as long as the settings say.
    TimeoutTriggered,
    /// A piece of what the caller said.
    TranscriptionDelta {
        /// The item.
        item_id: String,
        /// The piece.
        delta: Text<'a>,
    },
    /// What the caller said; may come after the answer to it.
    Transcribed {
        /// The item.
        item_id: String,
        /// The words.
        transcript: String,
        /// What it used, when the server says so.
        usage: Option<Transcription>,
    },
    /// What the caller said could not be written down.
    TranscriptionFailed {
        /// The item.
        item_id: String,
        /// Why, as a code.
        code: String,
    },
    /// Something is in the conversation; one of the model's has no words yet.
    ItemAdded {
        /// The item before it.
        previous_item_id: Option<String>,
        /// The item.
        item: ServerItem,
    },
    /// The model began to answer.
    ResponseCreated(ServerResponse),
    /// The answer is over, in whatever way.
    ResponseDone(Box<ServerResponse>),
    /// A part of an answer is complete: the only place from which tools run.
    OutputItemDone {
        /// The answer.
        response_id: String,
        /// The part.
        item: ServerItem,
    },
    /// Sound.
    AudioDelta {
        /// The answer.
        response_id: Text<'a>,
        /// The item.
        item_id: Text<'a>,
        /// The part of it.
        content_index: u32,
        /// Base64; only letters of base64.
        delta: Text<'a>,
    },
    /// All sound of an item was sent.
    AudioDone {
        /// The answer.
        response_id: String,
        /// The item.
        item_id: String,
    },
    /// The words of the sound, in pieces.
    TranscriptDelta {
        /// The answer.
        response_id: Text<'a>,
        /// The item.
        item_id: Text<'a>,
        /// The piece.
        delta: Text<'a>,
    },
    /// All words of the sound.
    TranscriptDone {
        /// The answer.
        response_id: String,
        /// The item.
        item_id: String,
        /// The words.
        transcript: String,
    },
    /// An item was cut as we asked.
    ItemTruncated {
        /// The item.
        item_id: String,
        /// Where.
        audio_end_ms: i64,
    },
    /// What may still be asked for.
    RateLimits(Vec<RateLimit>),
    /// Nothing that concerns us.
    Ignored,
}

/// What the server says went wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// The class of it, such as `invalid_request_error`.
    pub kind: String,
    /// What it is.
    pub code: String,
    /// In words; may quote what was said, so it is never logged.
    pub message: String,
    /// The field that is wrong.
    pub param: Option<String>,
    /// Which of our events it is about.
    pub event_id: Option<String>,
}

impl Fault {
    /// Another answer is being given at this moment.
    pub fn is_busy(&self) -> bool {
        self.code == "conversation_already_has_active_response"
    }

    /// Nothing needs to be done: what was asked for had happened already.
    pub fn is_harmless(&self) -> bool {
        matches!(self.code.as_str(), "response_cancel_not_active" | "input_audio_buffer_commit_empty")
            || self.message.starts_with("Cancellation failed")
            || self.message.contains("is already shorter than")
    }

    /// Trying again changes nothing; a person must.
    pub fn is_fatal(&self) -> bool {
        matches!(
            self.code.as_str(),
            "insufficient_quota" | "invalid_api_key" | "account_deactivated" | "billing_hard_limit_reached"
        )
    }

    /// The session has reached its longest length.
    pub fn is_expiry(&self) -> bool {
        self.code == "session_expired"
    }
}

/// Whether a socket that was closed with this code is worth another try. Without a code it broke.
pub fn is_recoverable_close(code: Option<u16>) -> bool {
    code.is_none_or(|code| matches!(code, 1001 | 1005 | 1006 | 1011 | 1012 | 1013 | 1015))
}

/// Something in the conversation, as the server shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerItem {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: ItemKind,
    /// Whether it is complete: not cut short, not in progress.
    pub is_completed: bool,
}

/// What an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// Words.
    Message {
        /// Who said them.
        role: String,
    },
    /// A tool that the model wants to run.
    FunctionCall {
        /// The id of the call.
        call_id: String,
        /// The tool.
        name: String,
        /// Its arguments, JSON.
        arguments: String,
    },
    /// Something else.
    Other,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerResponse {
    /// Its id.
    pub id: String,
    /// Where it is.
    pub status: ResponseStatus,
    /// Which of our requests it is for: what we wrote into its metadata.
    pub create: Option<String>,
    /// Why it failed or was cut, as a code.
    pub reason: Option<String>,
    /// What it used, when the server says so.
    pub usage: Option<SpokenUsage>,
}

/// Where an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResponseStatus {
    /// It is being given.
    InProgress,
    /// It was given in whole.
    Completed,
    /// It was cut short.
    Cancelled,
    /// It was too long, or not allowed.
    Incomplete,
    /// It failed.
    Failed,
}

/// What may still be asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct RateLimit {
    /// `requests` or `tokens`.
    pub name: String,
    /// How many.
    pub remaining: i64,
    /// When all are there again.
    pub reset_seconds: f64,
}

/// A known event that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the event cannot be read")]
pub struct Malformed;

#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    response_id: Text<'a>,
    #[serde(borrow, default)]
    item_id: Text<'a>,
    #[serde(borrow, default)]
    previous_item_id: Text<'a>,
    #[serde(borrow, default)]
    content_index: Text<'a>,
    #[serde(borrow, default)]
    delta: Text<'a>,
    #[serde(borrow, default)]
    transcript: Text<'a>,
    #[serde(borrow, default)]
    audio_start_ms: Text<'a>,
    #[serde(borrow, default)]
    audio_end_ms: Text<'a>,
    #[serde(borrow, default)]
    session: Option<WireSession<'a>>,
    #[serde(borrow, default)]
    item: Option<WireItem<'a>>,
    #[serde(borrow, default)]
    response: Option<WireResponse<'a>>,
    #[serde(borrow, default)]
    error: Option<WireFault<'a>>,
    #[serde(borrow, default)]
    usage: Option<WireUsage<'a>>,
    #[serde(borrow, default)]
    rate_limits: Option<Vec<WireLimit<'a>>>,
}

#[derive(Deserialize)]
struct WireSession<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    model: Text<'a>,
    #[serde(borrow, default)]
    expires_at: Text<'a>,
}

#[derive(Deserialize)]
struct WireItem<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    role: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    call_id: Text<'a>,
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    arguments: Text<'a>,
}

#[derive(Deserialize)]
struct WireResponse<'a> {
    #[serde(borrow, default)]
    id: Text<'a>,
    #[serde(borrow, default)]
    status: Text<'a>,
    #[serde(borrow, default)]
    status_details: Option<WireStatus<'a>>,
    #[serde(borrow, default)]
    usage: Option<WireUsage<'a>>,
    #[serde(default)]
    metadata: Value,
}

#[derive(Deserialize)]
struct WireStatus<'a> {
    #[serde(borrow, default)]
    reason: Text<'a>,
    #[serde(borrow, default)]
    error: Option<WireFault<'a>>,
}

#[derive(Deserialize)]
struct WireFault<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default)]
    code: Text<'a>,
    #[serde(borrow, default)]
    message: Text<'a>,
    #[serde(borrow, default)]
    param: Text<'a>,
    #[serde(borrow, default)]
    event_id: Text<'a>,
}

#[derive(Deserialize)]
struct WireLimit<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
    #[serde(borrow, default)]
    remaining: Text<'a>,
    #[serde(borrow, default)]
    reset_seconds: Text<'a>,
}

impl<'a> ServerEvent<'a> {
    /// Reads an event.
    ///
    /// # Errors
    /// When it is no JSON object, or an event that we need lacks what it is about.
    pub fn read(text: &'a str) -> Result<Self, Malformed> {
        let wire: Wire<'a> = match serde_json::from_str(text) {
            Ok(wire) => wire,
            // A new event may use a name of ours for another shape.
            Err(_) => {
                let head: Head<'_> = serde_json::from_str(text).map_err(|_| Malformed)?;
                return if is_ours(head.kind.as_str()) { Err(Malformed) } else { Ok(ServerEvent::Ignored) };
            }
        };
        wire.event()
    }
}

fn is_ours(kind: &str) -> bool {
    matches!(
        kind,
        "session.created"
            | "error"
            | "input_audio_buffer.speech_started"
            | "input_audio_buffer.speech_stopped"
            | "input_audio_buffer.committed"
            | "conversation.item.added"
            | "conversation.item.truncated"
            | "conversation.item.input_audio_transcription.delta"
            | "conversation.item.input_audio_transcription.completed"
            | "conversation.item.input_audio_transcription.failed"
            | "response.created"
            | "response.done"
            | "response.output_item.done"
            | "response.output_audio.delta"
            | "response.output_audio.done"
            | "response.output_audio_transcript.delta"
            | "response.output_audio_transcript.done"
            | "rate_limits.updated"
    )
}

impl<'a> Wire<'a> {
    fn event(self) -> Result<ServerEvent<'a>, Malformed> {
        Ok(match self.kind.as_str() {
            "response.output_audio.delta" => {
                if self.item_id.is_empty() || !crate::media_streams::is_base64(self.delta.as_str()) {
                    return Err(Malformed);
                }
                ServerEvent::AudioDelta {
                    response_id: self.response_id,
                    item_id: self.item_id,
                    content_index: index(&self.content_index),
                    delta: self.delta,
                }
            }
            "response.output_audio_transcript.delta" => {
                ServerEvent::TranscriptDelta { response_id: self.response_id, item_id: self.item_id, delta: self.delta }
            }
            "response.output_audio.done" => ServerEvent::AudioDone {
                response_id: self.response_id.0.into_owned(),
                item_id: self.item_id.owned().ok_or(Malformed)?,
            },
            "response.output_audio_transcript.done" => ServerEvent::TranscriptDone {
                response_id: self.response_id.0.into_owned(),
                item_id: self.item_id.owned().ok_or(Malformed)?,
                transcript: self.transcript.0.into_owned(),
            },
            "session.created" => {
                let session = self.session.ok_or(Malformed)?;
                ServerEvent::SessionCreated {
                    id: session.id.0.into_owned(),
                    model: session.model.0.into_owned(),
                    expires_at: session.expires_at.number().filter(|at| *at > 0),
                }
            }
            "session.updated" => ServerEvent::SessionUpdated,
            "error" => ServerEvent::Error(self.error.map(WireFault::fault).unwrap_or_default()),
            "input_audio_buffer.speech_started" => ServerEvent::SpeechStarted {
                audio_start_ms: self.audio_start_ms.number().unwrap_or(0),
                item_id: self.item_id.0.into_owned(),
            },
            "input_audio_buffer.speech_stopped" => ServerEvent::SpeechStopped {
                audio_end_ms: self.audio_end_ms.number().unwrap_or(0),
                item_id: self.item_id.0.into_owned(),
            },
            "input_audio_buffer.committed" => ServerEvent::Committed {
                previous_item_id: self.previous_item_id.owned(),
                item_id: self.item_id.owned().ok_or(Malformed)?,
            },
            "input_audio_buffer.timeout_triggered" => ServerEvent::TimeoutTriggered,
            "conversation.item.input_audio_transcription.delta" => {
                ServerEvent::TranscriptionDelta { item_id: self.item_id.owned().ok_or(Malformed)?, delta: self.delta }
            }
            "conversation.item.input_audio_transcription.completed" => ServerEvent::Transcribed {
                item_id: self.item_id.owned().ok_or(Malformed)?,
                transcript: self.transcript.0.into_owned(),
                usage: self.usage.map(|usage| usage.transcription()),
            },
            "conversation.item.input_audio_transcription.failed" => ServerEvent::TranscriptionFailed {
                item_id: self.item_id.owned().ok_or(Malformed)?,
                code: self.error.map(|error| error.code.0.into_owned()).unwrap_or_default(),
            },
            "conversation.item.added" => ServerEvent::ItemAdded {
                previous_item_id: self.previous_item_id.owned(),
                item: self.item.ok_or(Malformed)?.item()?,
            },
            "conversation.item.truncated" => ServerEvent::ItemTruncated {
                item_id: self.item_id.owned().ok_or(Malformed)?,
                audio_end_ms: self.audio_end_ms.number().unwrap_or(0),
            },
            "response.created" => ServerEvent::ResponseCreated(self.response.ok_or(Malformed)?.response()?),
            "response.done" => ServerEvent::ResponseDone(Box::new(self.response.ok_or(Malformed)?.response()?)),
            "response.output_item.done" => ServerEvent::OutputItemDone {
                response_id: self.response_id.0.into_owned(),
                item: self.item.ok_or(Malformed)?.item()?,
            },
            "rate_limits.updated" => {
                let limits = self.rate_limits.unwrap_or_default().into_iter();
                ServerEvent::RateLimits(limits.map(WireLimit::limit).collect())
            }
            "" => return Err(Malformed),
            _ => ServerEvent::Ignored,
        })
    }
}

fn index(text: &Text<'_>) -> u32 {
    text.number().and_then(|number| u32::try_from(number).ok()).unwrap_or(0)
}

impl WireFault<'_> {
    fn fault(self) -> Fault {
        Fault {
            kind: self.kind.0.into_owned(),
            code: self.code.0.into_owned(),
            message: self.message.0.into_owned(),
            param: self.param.owned(),
            event_id: self.event_id.owned(),
        }
    }
}

impl WireItem<'_> {
    fn item(self) -> Result<ServerItem, Malformed> {
        let kind = match self.kind.as_str() {
            "message" => ItemKind::Message { role: self.role.0.into_owned() },
            "function_call" => ItemKind::FunctionCall {
                call_id: self.call_id.0.into_owned(),
                name: self.name.0.into_owned(),
                arguments: self.arguments.0.into_owned(),
            },
            _ => ItemKind::Other,
        };
        let id = self.id.owned().ok_or(Malformed)?;
        Ok(ServerItem { id, kind, is_completed: self.status.as_str() == "completed" })
    }
}

impl WireResponse<'_> {
    fn response(self) -> Result<ServerResponse, Malformed> {
        let status = match self.status.as_str() {
            "completed" => ResponseStatus::Completed,
            "cancelled" | "canceled" => ResponseStatus::Cancelled,
            "incomplete" => ResponseStatus::Incomplete,
            "failed" => ResponseStatus::Failed,
            _ => ResponseStatus::InProgress,
        };
        let reason = self.status_details.and_then(|details| {
            let code = details.error.and_then(|error| error.code.owned());
            code.or_else(|| details.reason.owned())
        });
        Ok(ServerResponse {
            id: self.id.owned().ok_or(Malformed)?,
            status,
            create: self.metadata.get("create").and_then(Value::as_str).map(str::to_owned),
            reason,
            usage: self.usage.map(|usage| usage.spoken()),
        })
    }
}

impl WireLimit<'_> {
    fn limit(self) -> RateLimit {
        RateLimit {
            name: self.name.0.into_owned(),
            remaining: self.remaining.number().unwrap_or(0),
            reset_seconds: self.reset_seconds.as_str().parse().unwrap_or(0.0),
        }
    }
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
