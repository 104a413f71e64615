//! Support agents, teams, phone numbers and triage on the wire.

use patchcord_app::rows::{PhoneNumber, SupportAgent};
use patchcord_app::teams::FullTeam;
use patchcord_app::triage::{Fate, Left, Named, Set, Triage, Triaged};
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Assignee, Ref, TicketDetail};

/// A support agent.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SupportAgentRow {
    id: String,
    #[schema(example = "HUMAN")]
    kind: String,
    name: String,
    /// The key of a voice agent for a BOT; what a person knows best for a HUMAN.
    #[schema(required)]
    specialty: Option<String>,
    /// The user whom it stands for.
    #[schema(required)]
    user_id: Option<String>,
    /// Whether tickets are given to it by a team.
    is_available: bool,
    /// With so many open tickets it is given no more by a team.
    max_open_tickets: i64,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&SupportAgent> for SupportAgentRow {
    fn from(row: &SupportAgent) -> Self {
        Self {
            id: row.id.clone(),
            kind: row.kind.clone(),
            name: row.name.clone(),
            specialty: row.specialty.clone(),
            user_id: row.user_id.clone(),
            is_available: row.is_available,
            max_open_tickets: row.max_open_tickets,
            version: row.version,
            created_at: to_rfc3339(row.created_at),
            updated_at: to_rfc3339(row.updated_at),
        }
    }
}

/// A team with its members.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TeamRow {
    id: String,
    name: String,
    /// Tickets of these areas go to the team by themselves.
    #[schema(value_type = Vec<String>)]
    product_areas: Value,
    #[schema(example = "ROUND_ROBIN")]
    strategy: String,
    /// By name.
    members: Vec<Assignee>,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&FullTeam> for TeamRow {
    fn from(full: &FullTeam) -> Self {
        let row = &full.team;
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            product_areas: row.product_areas.clone(),
            strategy: row.strategy.clone(),
            members: full.members.iter().map(Assignee::from).collect(),
            version: row.version,
            created_at: to_rfc3339(row.created_at),
            updated_at: to_rfc3339(row.updated_at),
        }
    }
}

/// A number at which the desk is called.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PhoneNumberRow {
    id: String,
    #[schema(example = "+12025550100")]
    number: String,
    label: String,
    /// REALTIME or RELAY; null for the operator's.
    #[schema(required)]
    engine: Option<String>,
    /// Where a caller goes who asks for a person; null for the workspace's.
    #[schema(required)]
    transfer_number: Option<String>,
    is_active: bool,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&PhoneNumber> for PhoneNumberRow {
    fn from(row: &PhoneNumber) -> Self {
        Self {
            id: row.id.clone(),
            number: row.number.clone(),
            label: row.label.clone(),
            engine: row.engine.clone(),
            transfer_number: row.transfer_number.clone(),
            is_active: row.is_active,
            version: row.version,
            created_at: to_rfc3339(row.created_at),
            updated_at: to_rfc3339(row.updated_at),
        }
    }
}

/// A field that triage has set or put back.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriageChange {
    /// category, priority or assigneeId.
    #[schema(example = "priority")]
    field: &'static str,
    #[schema(required)]
    from: Option<String>,
    #[schema(required)]
    to: Option<String>,
}

impl From<Set> for TriageChange {
    fn from(set: Set) -> Self {
        Self { field: set.field.as_str(), from: set.from, to: set.to }
    }
}

/// A field that was left as it is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TriageKept {
    /// category, priority or assigneeId.
    #[schema(example = "priority")]
    field: &'static str,
    /// set_by_person, would_lower, nobody_available or changed_since.
    #[schema(example = "set_by_person", value_type = String)]
    reason: Value,
}

impl From<Left> for TriageKept {
    fn from(left: Left) -> Self {
        Self { field: left.field.as_str(), reason: super::value(&left.reason) }
    }
}

/// What the copilot proposes for a new ticket, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TriageRow {
    /// proposed, applied or undone.
    #[schema(example = "proposed")]
    state: &'static str,
    #[schema(required)]
    category: Option<String>,
    #[schema(required, example = "HIGH")]
    priority: Option<&'static str>,
    /// How sure the model is of the category, 0 to 1.
    #[schema(required)]
    confidence: Option<f64>,
    /// Whose tickets these are; null when nobody's, or when somebody has the ticket.
    #[schema(required)]
    team: Option<Ref>,
    /// Whose turn it was in the team.
    #[schema(required)]
    support_agent: Option<Ref>,
    /// What was set.
    changes: Vec<TriageChange>,
    /// What was left as it was.
    kept: Vec<TriageKept>,
}

impl From<Triage> for TriageRow {
    fn from(triage: Triage) -> Self {
        let reference = |named: Named| Ref { id: named.id, name: named.name };
        Self {
            state: match triage.state {
                Fate::Proposed => "proposed",
                Fate::Applied => "applied",
                Fate::Undone => "undone",
            },
            category: triage.category,
            priority: triage.priority.map(|priority| priority.as_str()),
            confidence: triage.confidence,
            team: triage.team.map(reference),
            support_agent: triage.support_agent.map(reference),
            changes: triage.changes.into_iter().map(TriageChange::from).collect(),
            kept: triage.kept.into_iter().map(TriageKept::from).collect(),
        }
    }
}

/// What applying a proposal, or taking it back, did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TriageOutcome {
    suggestion_id: String,
    /// What was changed.
    changed: Vec<TriageChange>,
    /// What was left as it is, and why.
    kept: Vec<TriageKept>,
    ticket: TicketDetail,
}

impl From<Triaged> for TriageOutcome {
    fn from(done: Triaged) -> Self {
        Self {
            suggestion_id: done.suggestion_id,
            changed: done.changed.into_iter().map(TriageChange::from).collect(),
            kept: done.kept.into_iter().map(TriageKept::from).collect(),
            ticket: TicketDetail::from(&done.detail),
        }
    }
}
