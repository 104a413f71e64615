//! Suggestions and the copilot's envelope on the wire.

use patchcord_app::copilot::{Health, NamedSuggestion};
use patchcord_app::rows::Suggestion;
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Ref, TriageRow, time};

/// A copilot suggestion as it is now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SuggestionRow {
    id: String,
    ticket_id: String,
    #[schema(example = "analysis")]
    kind: String,
    #[schema(example = "success")]
    state: String,
    /// The validated result; its fields go by the kind.
    #[schema(required, value_type = Option<Object>)]
    content: Option<Value>,
    #[schema(required)]
    error: Option<String>,
    #[schema(required)]
    code: Option<String>,
    #[schema(required)]
    model: Option<String>,
    prompt_tokens: i64,
    completion_tokens: i64,
    cost_usd: f64,
    #[schema(required)]
    feedback: Option<String>,
    created_at: String,
    updated_at: String,
    #[schema(required)]
    started_at: Option<String>,
    #[schema(required)]
    finished_at: Option<String>,
}

impl From<&Suggestion> for SuggestionRow {
    fn from(row: &Suggestion) -> Self {
        Self {
            id: row.id.clone(),
            ticket_id: row.ticket_id.clone(),
            kind: row.kind.clone(),
            state: row.state.clone(),
            content: row.content.clone(),
            error: row.error.clone(),
            code: row.error_code.clone(),
            model: row.model.clone(),
            prompt_tokens: row.prompt_tokens,
            completion_tokens: row.completion_tokens,
            cost_usd: row.cost_usd as f64 / 1_000_000.0,
            feedback: row.feedback.clone(),
            created_at: to_rfc3339(row.created_at),
            updated_at: to_rfc3339(row.updated_at),
            started_at: time(row.started_at),
            finished_at: time(row.finished_at),
        }
    }
}

/// A suggestion in the history of a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketSuggestion {
    #[serde(flatten)]
    suggestion: SuggestionRow,
    #[schema(required)]
    requested_by: Option<Ref>,
    /// What was asked: the tone of a draft, the message of a chat.
    #[schema(value_type = Object)]
    request: Value,
    /// What it proposes for a new ticket, and what became of that; null for what people asked for.
    #[schema(required)]
    triage: Option<TriageRow>,
    /// The version of the prompts, or of the built-in model's rules, that answered.
    #[schema(required)]
    prompt_version: Option<String>,
    /// How much of each kind was taken out before the model saw it.
    #[schema(required, value_type = Option<Object>)]
    redaction_counts: Option<Value>,
    /// How often it was tried.
    attempts: i64,
    /// From the first try to the end.
    #[schema(required)]
    duration_ms: Option<i64>,
    /// What was really sent.
    #[schema(required)]
    final_text: Option<String>,
    /// Characters that were changed before it was sent.
    #[schema(required)]
    edit_distance: Option<i64>,
    /// Why it was judged so.
    #[schema(required)]
    feedback_note: Option<String>,
}

impl From<NamedSuggestion> for TicketSuggestion {
    fn from(named: NamedSuggestion) -> Self {
        let row = named.suggestion;
        Self {
            suggestion: SuggestionRow::from(&row),
            requested_by: named.requested_by.map(|user| Ref { id: user.id, name: user.name }),
            duration_ms: row.started_at.zip(row.finished_at).map(|(from, to)| to - from),
            triage: patchcord_app::triage::read(&row).map(TriageRow::from),
            request: row.request,
            prompt_version: row.prompt_version,
            redaction_counts: row.redaction_counts,
            attempts: row.attempts,
            final_text: row.final_text,
            edit_distance: row.edit_distance,
            feedback_note: row.feedback_note,
        }
    }
}

/// The result of a kind; its fields go by the route.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SyncResult {
    /// Of an analysis.
    summary: Option<String>,
    sentiment: Option<String>,
    category: Option<String>,
    urgency: Option<String>,
    suggested_actions: Option<Vec<String>>,
    confidence: Option<f64>,
    /// Of next steps.
    steps: Option<Vec<String>>,
    /// Of a draft.
    reply: Option<String>,
    tone: Option<String>,
    /// Of a chat.
    answer: Option<String>,
    /// Of all but an analysis.
    citations: Option<Vec<String>>,
}

/// A request to the copilot that was accepted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    suggestion_id: String,
    #[schema(example = "queued")]
    state: String,
}

impl From<&Suggestion> for Accepted {
    fn from(row: &Suggestion) -> Self {
        Self { suggestion_id: row.id.clone(), state: row.state.clone() }
    }
}

/// The copilot's envelope.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    /// Always true; refusals have their own shape.
    ok: bool,
    data: T,
}

impl<T> Envelope<T> {
    pub(crate) fn of(data: T) -> Self {
        Self { ok: true, data }
    }
}

/// How the copilot is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CopilotHealth {
    provider: String,
    #[schema(required)]
    model: Option<String>,
    reachable: bool,
    #[schema(required)]
    reason: Option<String>,
}

impl From<Health> for CopilotHealth {
    fn from(health: Health) -> Self {
        let Health { provider, model, reachable, reason } = health;
        Self { provider, model, reachable, reason }
    }
}
