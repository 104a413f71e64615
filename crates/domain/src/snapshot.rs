//! What a model sees of a ticket: everything that a good answer needs and nothing more.

use serde::{Deserialize, Serialize};

/// A ticket and what surrounds it at one moment. Built by the desk, redacted as a whole, then given to a model.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Snapshot {
    /// Id of the ticket.
    pub ticket_id: String,
    /// Human number, such as `TKT-0042`.
    pub number: String,
    /// Subject line, as the customer or agent wrote it.
    pub subject: String,
    /// `OPEN`, `IN_PROGRESS`, …
    pub status: String,
    /// `LOW`, `MEDIUM`, `HIGH`, `URGENT`.
    pub priority: String,
    /// Part of the product or service that the ticket is about.
    pub product_area: Option<String>,
    /// When the ticket was opened (RFC 3339).
    pub created_at: String,
    /// Name of the customer company.
    pub organization: Option<String>,
    /// Name of the person who asked.
    pub contact: Option<String>,
    /// The endpoint that the ticket is about.
    pub device: Option<DeviceFacts>,
    /// State of the service-level clocks in words, when there are any.
    pub sla: Option<String>,
    /// The conversation, oldest first.
    pub messages: Vec<SnapshotMessage>,
    /// How many middle messages were left out because the conversation is too long.
    pub messages_omitted: usize,
    /// The last five audit events in words, oldest first.
    pub events: Vec<String>,
    /// Names of attached files.
    pub attachments: Vec<String>,
    /// What may be cited: passages of articles and similar resolved tickets. Empty for an analysis.
    pub sources: Vec<Source>,
}

/// One entry of the conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SnapshotMessage {
    /// Id of the message; may be cited.
    pub id: String,
    /// `CUSTOMER`, `AGENT` or `SYSTEM`.
    pub author: String,
    /// Name of the author where it is known.
    pub author_name: Option<String>,
    /// When it was written (RFC 3339).
    pub at: String,
    /// An internal note that the customer never sees: a draft must not repeat it.
    pub is_internal: bool,
    /// The text.
    pub body: String,
}

/// Facts about an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeviceFacts {
    /// Host name.
    pub name: String,
    /// `WORKSTATION`, `PRINTER`, …
    pub kind: String,
    /// Manufacturer and model.
    pub model: Option<String>,
    /// Operating system and version.
    pub operating_system: Option<String>,
    /// `ONLINE`, `OFFLINE`, `UNKNOWN`, `RETIRED`.
    pub status: String,
}

/// A passage that may be cited.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// Id of the article or ticket; what a citation names.
    pub id: String,
    /// Whether the passage comes from an article or from a resolved ticket.
    pub kind: SourceKind,
    /// Title of the article, or number and subject of the ticket.
    pub title: String,
    /// The passage that fits best.
    pub passage: String,
    /// How well it fits, 0 to 1.
    pub score: f32,
}

/// Where a passage comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// A published article of the knowledge base.
    #[default]
    Article,
    /// A similar ticket that was resolved.
    Ticket,
}

impl Snapshot {
    /// Whether the id names something in this snapshot that an answer may cite: a source or a message.
    pub fn may_cite(&self, id: &str) -> bool {
        self.sources.iter().any(|source| source.id == id) || self.messages.iter().any(|message| message.id == id)
    }
}
