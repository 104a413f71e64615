//! Service-level policies.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::sla_policies::{Line, NewPolicy, PolicyPatch, Query};
use patchcord_app::{Answered, AppError};
use patchcord_domain::sla::{ActionInput, RuleInput};
use patchcord_domain::ticket::Priority;
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsViewer, Body, Id, Params};
use crate::paging::{Page, cursor, wanted};
use crate::shape::{self, SlaPolicyRow};

/// Which policies.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SlaPolicyQuery {
    /// LOW, MEDIUM, HIGH, URGENT; repeated, or several with commas: any of them fits.
    #[serde(default)]
    priority: Vec<String>,
    /// Id of an organization; `none` for the policies of all organizations.
    organization_id: Option<String>,
    /// 1 to 100; 25 when absent.
    limit: Option<u64>,
    /// At most 10,000.
    offset: Option<u64>,
    /// From 1, instead of an offset.
    page: Option<u64>,
    /// `nextCursor` of the page before, instead of an offset.
    cursor: Option<String>,
    /// `exact` fills `total`.
    count: Option<String>,
}

/// Policies, oldest first.
#[utoipa::path(get, path = "/api/sla-policies", tag = "people and things", params(SlaPolicyQuery),
    responses((status = 200, description = "A page of policies", body = Page<SlaPolicyRow>)))]
pub(crate) async fn list_sla_policies(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<SlaPolicyQuery>,
) -> Result<Json<Page<SlaPolicyRow>>, ApiError> {
    let page = wanted(params.limit, params.offset, params.page, params.cursor.as_deref(), params.count.as_deref())?;
    let mut faults = Faults::default();
    let texts = params.priority.iter().flat_map(|text| text.split(',')).filter(|text| !text.trim().is_empty()).take(50);
    let priorities = texts
        .filter_map(|text| faults.one_of("priority", text, Priority::parse, &Priority::allowed()))
        .map(Priority::as_str)
        .collect();
    let organization = params.organization_id.map(|id| (id != "none").then_some(id));
    if let Some(Some(id)) = &organization {
        faults.id("organizationId", id);
    }
    let priorities = faults.into_result(priorities).map_err(AppError::Invalid)?;
    let query = Query { priorities, organization, after: page.after, offset: page.offset, limit: page.limit };
    let found = desk.app.list_sla_policies(&actor, query, page.count).await?;
    let last = found.lines.last().filter(|_| found.has_more).map(|line| &line.policy);
    Ok(Json(Page {
        next_cursor: last.map(|policy| cursor(policy.created_at, &policy.id)),
        items: found.lines.iter().map(SlaPolicyRow::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        total: found.total,
    }))
}

/// What a rule does.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SlaAction {
    /// NOTIFY writes an internal note that names the support agent or the team, or else the assignee; ESCALATE escalates the
    /// ticket to the support agent, to whose turn it is in the team, or to anybody; ASSIGN gives it to the support agent, or to
    /// whose turn it is in the team; RAISE_PRIORITY makes the priority one higher, at most URGENT.
    #[schema(example = "ESCALATE")]
    r#type: String,
    /// One of the two is needed for ASSIGN; not for RAISE_PRIORITY.
    support_agent_id: Option<String>,
    /// Instead of a support agent.
    team_id: Option<String>,
    /// Of an escalation, 1 to 5; 1 when absent.
    level: Option<i64>,
}

/// What happens when a share of a clock's time is used up.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SlaRule {
    /// FIRST_RESPONSE or RESOLUTION; the policy must promise that time.
    #[schema(example = "RESOLUTION")]
    clock: String,
    /// 70, 90 or 110.
    #[schema(example = 90)]
    at_percent: i64,
    /// 1 to 4, each type once, done in this order.
    actions: Vec<SlaAction>,
}

impl From<SlaRule> for RuleInput {
    fn from(rule: SlaRule) -> Self {
        let action = |action: SlaAction| ActionInput {
            kind: action.r#type,
            support_agent_id: action.support_agent_id,
            team_id: action.team_id,
            level: action.level,
        };
        Self { clock: rule.clock, at_percent: rule.at_percent, actions: rule.actions.into_iter().map(action).collect() }
    }
}

/// A new policy.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SlaPolicyInput {
    /// The customer; for all of them when absent. A customer's own policy goes before the one for all.
    organization_id: Option<String>,
    /// LOW, MEDIUM, HIGH or URGENT. There is one policy for each organization and priority.
    #[schema(example = "HIGH")]
    priority: String,
    /// Until the first public message of the desk, 1 to 527,040; at least one of the two is needed.
    #[schema(example = 60)]
    first_response_minutes: Option<i64>,
    /// Until the ticket is resolved, 1 to 527,040.
    #[schema(example = 480)]
    resolution_minutes: Option<i64>,
    /// Whether only the workspace's business hours count; otherwise every minute does.
    #[serde(default)]
    business_hours_only: bool,
    /// At most 6: one for each clock and percentage. Each is done once for a ticket, while the clock runs.
    #[serde(default)]
    escalation_rules: Vec<SlaRule>,
}

/// Makes a policy. The clocks of open tickets follow within moments; rules hold for what comes after.
#[utoipa::path(post, path = "/api/sla-policies", tag = "people and things", request_body = SlaPolicyInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Made; Location names it", body = SlaPolicyRow),
        (status = 409, description = "`taken`: there is one for this organization and priority; `too_many`", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn add_sla_policy(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, once }: Body<SlaPolicyInput>,
) -> Result<Response, ApiError> {
    fn added(line: &Line) -> (u16, Value) {
        (201, shape::value(&SlaPolicyRow::from(line)))
    }
    let input = NewPolicy {
        organization_id: value.organization_id,
        priority: value.priority,
        first_response_minutes: value.first_response_minutes,
        resolution_minutes: value.resolution_minutes,
        business_hours_only: value.business_hours_only,
        escalation_rules: value.escalation_rules.into_iter().map(RuleInput::from).collect(),
    };
    let done = desk.app.add_sla_policy(&actor, input, once, added).await?;
    let id = match &done {
        Answered::New(line) => line.policy.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, added);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/sla-policies/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One policy.
#[utoipa::path(get, path = "/api/sla-policies/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the policy")),
    responses((status = 200, description = "The policy", body = SlaPolicyRow)))]
pub(crate) async fn get_sla_policy(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<SlaPolicyRow>, ApiError> {
    Ok(Json(SlaPolicyRow::from(&desk.app.sla_policy(&actor, &id).await?)))
}

/// Changes of a policy. Absent fields stay. For another organization or priority make another policy.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SlaPolicyChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    /// Null promises no such time.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    first_response_minutes: Option<Option<i64>>,
    /// Null promises no such time.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    resolution_minutes: Option<Option<i64>>,
    business_hours_only: Option<bool>,
    /// All of the new rules; they take the place of the old ones.
    escalation_rules: Option<Vec<SlaRule>>,
}

/// Changes a policy. The clocks of open tickets follow within moments; those that have ended stay as they were.
#[utoipa::path(patch, path = "/api/sla-policies/{id}", tag = "people and things", request_body = SlaPolicyChanges, params(("id" = String, Path, description = "Id of the policy")),
    responses((status = 200, description = "The policy as it is now", body = SlaPolicyRow)))]
pub(crate) async fn patch_sla_policy(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Body { value, .. }: Body<SlaPolicyChanges>,
) -> Result<Json<SlaPolicyRow>, ApiError> {
    let patch = PolicyPatch {
        version: value.version,
        first_response_minutes: value.first_response_minutes,
        resolution_minutes: value.resolution_minutes,
        business_hours_only: value.business_hours_only,
        escalation_rules: value.escalation_rules.map(|rules| rules.into_iter().map(RuleInput::from).collect()),
    };
    Ok(Json(SlaPolicyRow::from(&desk.app.patch_sla_policy(&actor, &id, patch).await?)))
}

/// Deletes a policy. Open tickets go by the one for all organizations then, or have no clocks any more.
#[utoipa::path(delete, path = "/api/sla-policies/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the policy")),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_sla_policy(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.delete_sla_policy(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
