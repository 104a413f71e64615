//! What helps with many tickets on the wire: views, macros, escalations, similar tickets, outcomes of bulk changes.

use patchcord_app::bulk::{BulkResult, Undo};
use patchcord_app::escalations::Line;
use patchcord_app::macros::Preview;
use patchcord_app::rows::{Macro, SavedView};
use patchcord_app::saved_views::CountedView;
use patchcord_app::similar::Similar;
use patchcord_domain::ticket::label;
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::tickets::tags;
use super::{Ref, reference, time};
use crate::error::ApiError;

/// A ticket that is like another one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SimilarTicket {
    id: String,
    number: i64,
    #[schema(example = "TKT-0042")]
    label: String,
    subject: String,
    status: String,
    priority: String,
    #[schema(required)]
    category: Option<String>,
    tags: Vec<String>,
    created_at: String,
    #[schema(required)]
    resolved_at: Option<String>,
    /// 0 to 1, the higher the nearer.
    #[schema(example = 0.62)]
    score: f64,
}

impl From<Similar> for SimilarTicket {
    fn from(similar: Similar) -> Self {
        let ticket = similar.ticket;
        Self {
            label: label(ticket.number),
            number: ticket.number,
            tags: tags(&ticket.tags),
            created_at: to_rfc3339(ticket.created_at),
            resolved_at: time(ticket.resolved_at),
            score: (f64::from(similar.score) * 1_000.0).round() / 1_000.0,
            id: ticket.id,
            subject: ticket.subject,
            status: ticket.status,
            priority: ticket.priority,
            category: ticket.category,
        }
    }
}

/// What became of one ticket of a bulk change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkOutcome {
    /// As it was asked for.
    id: String,
    ok: bool,
    /// Why not, such as `not_found` or `invalid_transition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The action that takes this change back; null when nothing changed. Send it for all ids that have the same one.
    #[schema(required)]
    undo: Option<BulkUndo>,
}

/// An action that can be sent as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BulkUndo {
    #[schema(example = "status")]
    r#type: &'static str,
    value: Value,
}

impl From<BulkResult> for BulkOutcome {
    fn from(result: BulkResult) -> Self {
        let BulkResult { id, outcome } = result;
        match outcome {
            Ok(undo) => {
                let undo = undo.map(|Undo { kind, value }| BulkUndo { r#type: kind, value });
                Self { id, ok: true, code: None, detail: None, undo }
            }
            Err(error) => {
                let (code, detail) = ApiError::App(error).code_and_detail();
                Self { id, ok: false, code: Some(code), detail: Some(detail), undo: None }
            }
        }
    }
}

/// A saved view.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SavedViewRow {
    id: String,
    name: String,
    /// Parameters of the list of tickets.
    #[schema(value_type = Object)]
    filters: Value,
    #[schema(example = "-createdAt")]
    sort: String,
    /// Whether everybody sees it.
    is_shared: bool,
    /// How many tickets fit now, with `counts=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_count: Option<i64>,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&SavedView> for SavedViewRow {
    fn from(view: &SavedView) -> Self {
        Self {
            id: view.id.clone(),
            name: view.name.clone(),
            filters: view.filters.clone(),
            sort: view.sort.clone(),
            is_shared: view.user_id.is_none(),
            ticket_count: None,
            version: view.version,
            created_at: to_rfc3339(view.created_at),
            updated_at: to_rfc3339(view.updated_at),
        }
    }
}

impl From<&CountedView> for SavedViewRow {
    fn from(counted: &CountedView) -> Self {
        Self { ticket_count: counted.tickets, ..Self::from(&counted.view) }
    }
}

/// A macro.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MacroRow {
    id: String,
    name: String,
    /// With placeholders, such as `{{contact.name}}`.
    body: String,
    /// status, priority, assigneeId, tags, isInternal; what is absent stays as it is.
    #[schema(value_type = Object)]
    actions: Value,
    /// Whether everybody may use it.
    is_shared: bool,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&Macro> for MacroRow {
    fn from(row: &Macro) -> Self {
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            body: row.body.clone(),
            actions: row.actions.clone(),
            is_shared: row.is_shared,
            version: row.version,
            created_at: to_rfc3339(row.created_at),
            updated_at: to_rfc3339(row.updated_at),
        }
    }
}

/// What a macro would write on a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MacroPreview {
    /// The text; placeholders without a value are left in it.
    body: String,
    /// Names of the placeholders without a value.
    missing: Vec<&'static str>,
    /// What else would happen.
    #[schema(value_type = Object)]
    actions: Value,
}

impl From<Preview> for MacroPreview {
    fn from(preview: Preview) -> Self {
        Self { body: preview.body, missing: preview.missing, actions: preview.actions }
    }
}

/// The ticket of an escalation.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EscalationTicket {
    id: String,
    number: i64,
    #[schema(example = "TKT-0042")]
    label: String,
    subject: String,
    status: String,
    priority: String,
}

/// An escalation with its ticket and its people.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EscalationLine {
    id: String,
    #[schema(required)]
    ticket: Option<EscalationTicket>,
    /// The support agent who had the ticket.
    #[schema(required)]
    from_agent: Option<Ref>,
    /// The support agent whom it is addressed to; anybody may take it when null.
    #[schema(required)]
    to_agent: Option<Ref>,
    reason: String,
    level: i64,
    #[schema(example = "PENDING")]
    status: String,
    /// The user who took it.
    #[schema(required)]
    accepted_by: Option<Ref>,
    #[schema(required)]
    accepted_at: Option<String>,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<Line> for EscalationLine {
    fn from(line: Line) -> Self {
        let ticket = match (line.ticket_id, line.ticket_number) {
            (Some(id), Some(number)) => Some(EscalationTicket {
                id,
                number,
                label: label(number),
                subject: line.ticket_subject.unwrap_or_default(),
                status: line.ticket_status.unwrap_or_default(),
                priority: line.ticket_priority.unwrap_or_default(),
            }),
            _ => None,
        };
        Self {
            id: line.id,
            ticket,
            from_agent: reference(line.from_agent_id, line.from_agent_name),
            to_agent: reference(line.to_agent_id, line.to_agent_name),
            reason: line.reason,
            level: line.level,
            status: line.status,
            accepted_by: reference(line.accepted_by, line.accepted_by_name),
            accepted_at: time(line.accepted_at),
            version: line.version,
            created_at: to_rfc3339(line.created_at),
            updated_at: to_rfc3339(line.updated_at),
        }
    }
}
