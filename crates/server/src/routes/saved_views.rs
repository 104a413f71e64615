//! Saved views of the ticket list.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::Answered;
use patchcord_app::rows::SavedView;
use patchcord_app::saved_views::{NewView, ViewPatch};
use patchcord_app::ticket_filters::Filters;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, AsViewer, Body, Id, Params};
use crate::paging::Items;
use crate::shape::{self, SavedViewRow};

/// What the list of views shall tell.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ViewQuery {
    /// Whether each view says how many tickets are in it.
    #[serde(default)]
    counts: bool,
}

/// The shared views and one's own, by name.
#[utoipa::path(get, path = "/api/saved-views", tag = "tickets", params(ViewQuery),
    responses((status = 200, description = "The views", body = Items<SavedViewRow>)))]
pub(crate) async fn list_saved_views(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(query): Params<ViewQuery>,
) -> Result<Json<Items<SavedViewRow>>, ApiError> {
    let found = desk.app.saved_views(&actor, query.counts).await?;
    Ok(Json(Items { items: found.iter().map(SavedViewRow::from).collect() }))
}

/// Filters of a view: the same names, values and rules as the parameters of the list of tickets.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ViewFilters {
    status: Vec<String>,
    priority: Vec<String>,
    product_area: Vec<String>,
    channel: Vec<String>,
    /// Ids of support agents; `none`, or `me` for whoever opens the view.
    assignee_id: Vec<String>,
    organization_id: Vec<String>,
    contact_id: Vec<String>,
    device_id: Vec<String>,
    tag: Vec<String>,
    /// positive, neutral, negative.
    sentiment: Vec<String>,
    /// accepted, edited, rejected, unjudged.
    copilot: Vec<String>,
    copilot_from: Option<String>,
    copilot_to: Option<String>,
    /// Ids of users, or `me`.
    copilot_by_id: Vec<String>,
    /// Ids of support agents or users, or `me`.
    replied_by_id: Vec<String>,
    replied_from: Option<String>,
    replied_to: Option<String>,
    /// `breached` or `due_soon`.
    sla: Option<String>,
    created_from: Option<String>,
    created_to: Option<String>,
    /// 1 (Monday) to 7.
    weekday: Option<u32>,
    /// 0 to 23.
    hour: Option<u32>,
    timezone: Option<String>,
    resolved_from: Option<String>,
    resolved_to: Option<String>,
    first_responded_from: Option<String>,
    first_responded_to: Option<String>,
    q: Option<String>,
}

impl From<ViewFilters> for Filters {
    fn from(filters: ViewFilters) -> Self {
        Self {
            status: filters.status,
            priority: filters.priority,
            product_area: filters.product_area,
            channel: filters.channel,
            assignee_id: filters.assignee_id,
            organization_id: filters.organization_id,
            contact_id: filters.contact_id,
            device_id: filters.device_id,
            tag: filters.tag,
            sentiment: filters.sentiment,
            copilot: filters.copilot,
            copilot_from: filters.copilot_from,
            copilot_to: filters.copilot_to,
            copilot_by_id: filters.copilot_by_id,
            replied_by_id: filters.replied_by_id,
            replied_from: filters.replied_from,
            replied_to: filters.replied_to,
            sla: filters.sla,
            created_from: filters.created_from,
            created_to: filters.created_to,
            weekday: filters.weekday,
            hour: filters.hour,
            timezone: filters.timezone,
            resolved_from: filters.resolved_from,
            resolved_to: filters.resolved_to,
            first_responded_from: filters.first_responded_from,
            first_responded_to: filters.first_responded_to,
            q: filters.q,
        }
    }
}

/// A new view.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ViewInput {
    /// 1 to 80 characters.
    #[schema(example = "Urgent and unassigned")]
    name: String,
    filters: ViewFilters,
    /// As the list's `sort`; `-createdAt` when absent.
    sort: Option<String>,
    /// Whether everybody sees it; for administrators only.
    #[serde(default)]
    is_shared: bool,
}

/// Saves a view; at most 50 of one's own, and 50 shared ones.
#[utoipa::path(post, path = "/api/saved-views", tag = "tickets", request_body = ViewInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Saved; Location names it", body = SavedViewRow)))]
pub(crate) async fn add_saved_view(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, once }: Body<ViewInput>,
) -> Result<Response, ApiError> {
    fn added(view: &SavedView) -> (u16, Value) {
        (201, shape::value(&SavedViewRow::from(view)))
    }
    let ViewInput { name, filters, sort, is_shared } = value;
    let input = NewView { name, filters: filters.into(), sort, is_shared };
    let done = desk.app.add_saved_view(&actor, input, once, added).await?;
    let id = match &done {
        Answered::New(view) => view.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, added);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/saved-views/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One view.
#[utoipa::path(get, path = "/api/saved-views/{id}", tag = "tickets", params(("id" = String, Path, description = "Id of the view")),
    responses((status = 200, description = "The view", body = SavedViewRow)))]
pub(crate) async fn get_saved_view(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<SavedViewRow>, ApiError> {
    Ok(Json(SavedViewRow::from(&desk.app.saved_view(&actor, &id).await?)))
}

/// Changes of a view. Absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ViewChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    /// All of the new filters; they take the place of the old ones.
    filters: Option<ViewFilters>,
    sort: Option<String>,
}

/// Changes a view; a shared one for administrators only.
#[utoipa::path(patch, path = "/api/saved-views/{id}", tag = "tickets", request_body = ViewChanges, params(("id" = String, Path, description = "Id of the view")),
    responses((status = 200, description = "The view as it is now", body = SavedViewRow)))]
pub(crate) async fn patch_saved_view(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<ViewChanges>,
) -> Result<Json<SavedViewRow>, ApiError> {
    let ViewChanges { version, name, filters, sort } = value;
    let patch = ViewPatch { version, name, filters: filters.map(Filters::from), sort };
    Ok(Json(SavedViewRow::from(&desk.app.patch_saved_view(&actor, &id, patch).await?)))
}

/// Deletes a view; a shared one for administrators only.
#[utoipa::path(delete, path = "/api/saved-views/{id}", tag = "tickets", params(("id" = String, Path, description = "Id of the view")),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_saved_view(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.delete_saved_view(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
