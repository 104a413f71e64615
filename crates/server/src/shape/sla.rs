//! Service levels on the wire: clocks, policies, reports.

use patchcord_app::sla_policies::{Line, rules_of};
use patchcord_app::sla_report::{Kept, Report, compliance};
use patchcord_domain::sla::{Action, ClockView, Rule};
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Ref, reference, time};

/// A service-level clock of a ticket at the moment of the answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlaClock {
    /// FIRST_RESPONSE or RESOLUTION.
    clock: &'static str,
    /// RUNNING; PAUSED until the customer answers; MET when it ended in time; BREACHED once it ran out.
    state: &'static str,
    /// What was promised.
    target_minutes: i64,
    /// When it runs out, were it to run on from where it stands; null when that is not within ten years.
    #[schema(required)]
    due_at: Option<String>,
    /// When it ended: the first response, or the end of the ticket.
    #[schema(required)]
    done_at: Option<String>,
    #[schema(required)]
    breached_at: Option<String>,
    /// What is left, in seconds of business time where only that counts; negative once it ran out.
    #[schema(required)]
    remaining_seconds: Option<i64>,
    /// How much of the promised time is used up; above 100 once it ran out.
    #[schema(required)]
    percent: Option<i64>,
}

impl From<&ClockView> for SlaClock {
    fn from(view: &ClockView) -> Self {
        Self {
            clock: view.kind.as_str(),
            state: view.state.as_str(),
            target_minutes: view.minutes,
            due_at: time(view.due_at),
            done_at: time(view.done_at),
            breached_at: time(view.breached_at),
            remaining_seconds: view.remaining_seconds,
            percent: view.percent,
        }
    }
}

/// What a rule of a policy does.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlaActionRow {
    /// NOTIFY, ESCALATE, ASSIGN or RAISE_PRIORITY.
    r#type: &'static str,
    #[schema(required)]
    support_agent_id: Option<String>,
    #[schema(required)]
    team_id: Option<String>,
    /// Of an escalation.
    #[schema(required)]
    level: Option<i64>,
}

impl From<&Action> for SlaActionRow {
    fn from(action: &Action) -> Self {
        let (r#type, level) = match action {
            Action::Notify { .. } => ("NOTIFY", None),
            Action::Escalate { level, .. } => ("ESCALATE", Some(*level)),
            Action::Assign { .. } => ("ASSIGN", None),
            Action::RaisePriority => ("RAISE_PRIORITY", None),
        };
        let [support_agent_id, team_id] = [action.support_agent_id(), action.team_id()].map(|id| id.map(str::to_owned));
        Self { r#type, support_agent_id, team_id, level }
    }
}

/// What happens when a share of a clock's time is used up.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlaRuleRow {
    clock: &'static str,
    at_percent: i64,
    actions: Vec<SlaActionRow>,
}

impl From<&Rule> for SlaRuleRow {
    fn from(rule: &Rule) -> Self {
        let actions = rule.actions.iter().map(SlaActionRow::from).collect();
        Self { clock: rule.clock.as_str(), at_percent: rule.at_percent, actions }
    }
}

/// A service-level policy.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlaPolicyRow {
    id: String,
    /// The customer; null for all of them.
    #[schema(required)]
    organization: Option<Ref>,
    priority: String,
    #[schema(required)]
    first_response_minutes: Option<i64>,
    #[schema(required)]
    resolution_minutes: Option<i64>,
    business_hours_only: bool,
    escalation_rules: Vec<SlaRuleRow>,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&Line> for SlaPolicyRow {
    fn from(line: &Line) -> Self {
        let policy = &line.policy;
        Self {
            id: policy.id.clone(),
            organization: reference(policy.organization_id.clone(), line.organization_name.clone()),
            priority: policy.priority.clone(),
            first_response_minutes: policy.first_response_minutes,
            resolution_minutes: policy.resolution_minutes,
            business_hours_only: policy.business_hours_only,
            escalation_rules: rules_of(policy).iter().map(SlaRuleRow::from).collect(),
            version: policy.version,
            created_at: to_rfc3339(policy.created_at),
            updated_at: to_rfc3339(policy.updated_at),
        }
    }
}

/// How one kind of clock was kept.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlaKept {
    met: i64,
    breached: i64,
    /// Not decided yet.
    open: i64,
    /// Share of those that were met among the decided ones, 0 to 1; null when nothing is decided.
    #[schema(required)]
    compliance: Option<f64>,
}

/// How the promises of a group of tickets were kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlaReportRow {
    /// The priority, or the id of the organization or support agent; null for tickets without.
    #[schema(required)]
    key: Option<String>,
    #[schema(required)]
    name: Option<String>,
    tickets: i64,
    first_response: SlaKept,
    resolution: SlaKept,
}

impl From<&Kept> for SlaReportRow {
    fn from(kept: &Kept) -> Self {
        let clock = |met, breached, open| SlaKept { met, breached, open, compliance: compliance(met, breached) };
        Self {
            key: kept.key.clone(),
            name: kept.name.clone(),
            tickets: kept.tickets,
            first_response: clock(kept.first_response_met, kept.first_response_breached, kept.first_response_open),
            resolution: clock(kept.resolution_met, kept.resolution_breached, kept.resolution_open),
        }
    }
}

/// How well the promises were kept.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SlaReport {
    from: String,
    to: String,
    /// priority, organization or assignee.
    group_by: &'static str,
    total: SlaReportRow,
    /// The largest group first, at most 1,000.
    items: Vec<SlaReportRow>,
}

impl From<&Report> for SlaReport {
    fn from(report: &Report) -> Self {
        Self {
            from: to_rfc3339(report.from),
            to: to_rfc3339(report.to),
            group_by: report.group_by,
            total: SlaReportRow::from(&report.total),
            items: report.groups.iter().map(SlaReportRow::from).collect(),
        }
    }
}
