//! What people are shown of calls.

use std::collections::HashMap;

use patchcord_store::calls::Line;
use patchcord_store::rows::{Analysis, CallTurn, CarrierUsage, Interaction, UsageLog};

/// A page of calls.
#[derive(Debug, Clone, PartialEq)]
pub struct CallPage {
    /// The lines, newest first unless asked otherwise.
    pub lines: Vec<Line>,
    /// What was found of the searched words, by the ids of the calls.
    pub excerpts: HashMap<String, String>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

/// A call in progress, with what was said last.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveCall {
    /// The call.
    pub line: Line,
    /// The last words of caller and agents, oldest first; long ones are cut.
    pub turns: Vec<CallTurn>,
}

/// A call with everything that is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CallDetail {
    /// The call.
    pub line: Line,
    /// The rendered text, once the call is over.
    pub transcript: Option<String>,
    /// Its turns, oldest first.
    pub turns: Vec<CallTurn>,
    /// Its stays with agents, oldest first.
    pub interactions: Vec<Interaction>,
    /// What models used.
    pub usage: Vec<UsageLog>,
    /// What the carrier charged, or is expected to.
    pub carrier_usage: Vec<CarrierUsage>,
    /// What was found out afterwards.
    pub analysis: Option<Analysis>,
}

impl CallDetail {
    /// What models cost, in micro-dollars.
    pub fn model_microusd(&self) -> i64 {
        self.usage.iter().map(|line| line.cost_usd).sum()
    }

    /// What telephony cost, in micro-dollars.
    pub fn telephony_microusd(&self) -> i64 {
        self.carrier_usage.iter().map(|line| line.price_usd).sum()
    }
}

/// What may be changed about a call. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CallPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    /// The ticket that it was about.
    pub ticket_id: Option<Option<String>>,
    /// Who called.
    pub contact_id: Option<Option<String>>,
    /// For which organization.
    pub organization_id: Option<Option<String>>,
    /// What became of it.
    pub ai_resolution: Option<String>,
}

/// How a transcript is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TranscriptFormat {
    /// One line an utterance.
    Text,
    /// The turns as they are kept.
    Json,
    /// WebVTT.
    Vtt,
}

impl TranscriptFormat {
    /// Reads it in any case.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "text" => Some(TranscriptFormat::Text),
            "json" => Some(TranscriptFormat::Json),
            "vtt" => Some(TranscriptFormat::Vtt),
            _ => None,
        }
    }
}
