//! Teams: who works on which product areas.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::teams::{FullTeam, NewTeam, Query, TeamPatch};
use patchcord_app::{Answered, AppError};
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsViewer, Body, Id, Params};
use crate::lists::{self, order, part};
use crate::name_paging::wanted_by_name;
use crate::paging::Page;
use crate::shape::{self, TeamRow};

/// Filters, order and page.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TeamQuery {
    /// What the name must have.
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

/// Teams that fit the filters.
#[utoipa::path(get, path = "/api/teams", tag = "users", params(TeamQuery),
    responses((status = 200, description = "A page of teams", body = Page<TeamRow>)))]
pub(crate) async fn list_teams(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<TeamQuery>,
) -> Result<Json<Page<TeamRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let asked = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let mut faults = Faults::default();
    let words = lists::words(&mut faults, params.q.as_deref());
    let slice = order(&mut faults, params.sort.as_deref());
    let slice = faults.into_result(slice).map_err(AppError::Invalid)?;
    let (sort, slice) = (slice.sort, part(slice, &asked)?);
    let found = desk.app.teams(&actor, Query { words, slice }, asked.count).await?;
    Ok(lists::page(&found, &asked, sort))
}

/// A new team.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TeamInput {
    /// 1 to 80 characters, unlike every other team's.
    #[schema(example = "Network")]
    name: String,
    /// Areas of the workspace that no other team covers. Tickets of these areas go to the team by themselves.
    #[serde(default)]
    product_areas: Vec<String>,
    /// ROUND_ROBIN, to whoever waits longest, or LEAST_BUSY, to whoever has the smallest part of their limit in use;
    /// ROUND_ROBIN when absent.
    strategy: Option<String>,
    /// Ids of support agents, at most 100. Only people are given tickets.
    #[serde(default)]
    members: Vec<String>,
}

/// Adds a team.
#[utoipa::path(post, path = "/api/teams", tag = "users", request_body = TeamInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Added; Location names it", body = TeamRow)))]
pub(crate) async fn add_team(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, once }: Body<TeamInput>,
) -> Result<Response, ApiError> {
    fn added(row: &FullTeam) -> (u16, Value) {
        (201, shape::value(&TeamRow::from(row)))
    }
    let TeamInput { name, product_areas, strategy, members } = value;
    let input = NewTeam { name, product_areas, strategy, members };
    let done = desk.app.add_team(&actor, input, once, added).await?;
    let id = match &done {
        Answered::New(row) => row.team.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, added);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/teams/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One team.
#[utoipa::path(get, path = "/api/teams/{id}", tag = "users", params(("id" = String, Path, description = "Id of the team")),
    responses((status = 200, description = "The team", body = TeamRow)))]
pub(crate) async fn get_team(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<TeamRow>, ApiError> {
    Ok(Json(TeamRow::from(&desk.app.team(&actor, &id).await?)))
}

/// Changes of a team. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TeamChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    /// Replaces all of them.
    product_areas: Option<Vec<String>>,
    strategy: Option<String>,
    /// Replaces all of them.
    members: Option<Vec<String>>,
}

/// Changes a team. Tickets that wait for it are tried again.
#[utoipa::path(patch, path = "/api/teams/{id}", tag = "users", request_body = TeamChanges, params(("id" = String, Path, description = "Id of the team")),
    responses((status = 200, description = "The team as it is now", body = TeamRow)))]
pub(crate) async fn patch_team(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Body { value, .. }: Body<TeamChanges>,
) -> Result<Json<TeamRow>, ApiError> {
    let TeamChanges { version, name, product_areas, strategy, members } = value;
    let patch = TeamPatch { version, name, product_areas, strategy, members };
    Ok(Json(TeamRow::from(&desk.app.patch_team(&actor, &id, patch).await?)))
}

/// Takes a team out. Tickets stay with whoever has them; those that waited for it wait no longer.
#[utoipa::path(delete, path = "/api/teams/{id}", tag = "users", params(("id" = String, Path, description = "Id of the team")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove_team(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.remove_team(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
