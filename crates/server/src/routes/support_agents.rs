//! Support agents: who can be given tickets.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::rows::SupportAgent;
use patchcord_app::support_agents::{NewSupportAgent, Query, SupportAgentPatch};
use patchcord_app::{Answered, AppError};
use patchcord_domain::support_agent::AgentKind;
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsAgent, AsViewer, Body, Id, Params};
use crate::lists::{self, order, part};
use crate::name_paging::wanted_by_name;
use crate::paging::Page;
use crate::shape::{self, SupportAgentRow};

/// Filters, order and page.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SupportAgentQuery {
    /// BOT or HUMAN; both when absent.
    kind: Option<String>,
    /// Only those that are available, or only those that are not.
    is_available: Option<bool>,
    /// What name or specialty must have.
    q: Option<String>,
    /// name, createdAt or updatedAt; with `-` before it the largest comes first. `name` when absent.
    sort: Option<String>,
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

/// Support agents that fit the filters.
#[utoipa::path(get, path = "/api/support-agents", tag = "people and things", params(SupportAgentQuery),
    responses((status = 200, description = "A page of support agents", body = Page<SupportAgentRow>)))]
pub(crate) async fn list_support_agents(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<SupportAgentQuery>,
) -> Result<Json<Page<SupportAgentRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let asked = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let mut faults = Faults::default();
    let words = lists::words(&mut faults, params.q.as_deref());
    let slice = order(&mut faults, params.sort.as_deref());
    let kind = params.kind.and_then(|text| faults.one_of("kind", &text, AgentKind::parse, AgentKind::ALLOWED));
    let query = Query { kind: kind.map(AgentKind::as_str), is_available: params.is_available, words, slice };
    let query = faults.into_result(query).map_err(AppError::Invalid)?;
    let (sort, slice) = (query.slice.sort, part(query.slice.clone(), &asked)?);
    let found = desk.app.support_agents(&actor, Query { slice, ..query }, asked.count).await?;
    Ok(lists::page(&found, &asked, sort))
}

/// A new support agent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SupportAgentInput {
    /// BOT or HUMAN.
    #[schema(example = "HUMAN")]
    kind: String,
    /// 1 to 80 characters.
    name: String,
    /// The key of a voice agent for a BOT; what a person knows best for a HUMAN.
    specialty: Option<String>,
    /// The user whom a HUMAN stands for; one support agent stands for a user at most.
    user_id: Option<String>,
    /// Whether a team gives it tickets; true when absent.
    is_available: Option<bool>,
    /// With so many open tickets it is given no more by a team: 0 to 1,000, 20 when absent.
    max_open_tickets: Option<i64>,
}

/// Adds a support agent.
#[utoipa::path(post, path = "/api/support-agents", tag = "people and things", request_body = SupportAgentInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Added; Location names it", body = SupportAgentRow)))]
pub(crate) async fn add_support_agent(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, once }: Body<SupportAgentInput>,
) -> Result<Response, ApiError> {
    fn added(row: &SupportAgent) -> (u16, Value) {
        (201, shape::value(&SupportAgentRow::from(row)))
    }
    let SupportAgentInput { kind, name, specialty, user_id, is_available, max_open_tickets } = value;
    let input = NewSupportAgent { kind, name, specialty, user_id, is_available, max_open_tickets };
    let done = desk.app.add_support_agent(&actor, input, once, added).await?;
    let id = match &done {
        Answered::New(row) => row.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, added);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/support-agents/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One support agent.
#[utoipa::path(get, path = "/api/support-agents/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the support agent")),
    responses((status = 200, description = "The support agent", body = SupportAgentRow)))]
pub(crate) async fn get_support_agent(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<SupportAgentRow>, ApiError> {
    Ok(Json(SupportAgentRow::from(&desk.app.support_agent(&actor, &id).await?)))
}

/// Changes of a support agent. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SupportAgentChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    specialty: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    user_id: Option<Option<String>>,
    is_available: Option<bool>,
    max_open_tickets: Option<i64>,
}

/// Changes a support agent. Whoever is no administrator changes `isAvailable` of their own, and nothing else.
#[utoipa::path(patch, path = "/api/support-agents/{id}", tag = "people and things", request_body = SupportAgentChanges, params(("id" = String, Path, description = "Id of the support agent")),
    responses((status = 200, description = "The support agent as it is now", body = SupportAgentRow)))]
pub(crate) async fn patch_support_agent(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<SupportAgentChanges>,
) -> Result<Json<SupportAgentRow>, ApiError> {
    let SupportAgentChanges { version, name, specialty, user_id, is_available, max_open_tickets } = value;
    let patch = SupportAgentPatch { version, name, specialty, user_id, is_available, max_open_tickets };
    Ok(Json(SupportAgentRow::from(&desk.app.patch_support_agent(&actor, &id, patch).await?)))
}

/// Takes a support agent out. One that a ticket, a message, a team or a macro names stays.
#[utoipa::path(delete, path = "/api/support-agents/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the support agent")),
    responses((status = 204, description = "It is gone"),
        (status = 409, description = "`in_use`: something still names it", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn remove_support_agent(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.remove_support_agent(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
