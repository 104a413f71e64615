//! Webhooks out: endpoints that are told of events, and what became of each delivery; for administrators.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::rows::WebhookDelivery;
use patchcord_app::webhooks::{EndpointPatch, MadeEndpoint, NewEndpoint, Query};
use patchcord_app::{Answered, AppError};
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use super::escalations::Nothing;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, Body, Id, Params, TwoIds};
use crate::paging::{Page, cursor, wanted};
use crate::shape::{self, DeliveryDetail, DeliveryLine, MadeWebhookRow, WebhookRow};

/// States of a delivery.
const STATES: [&str; 3] = ["PENDING", "DELIVERED", "FAILED"];

/// Which page of endpoints.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct WebhookQuery {
    /// 1 to 100; 25 when absent.
    limit: Option<u64>,
    /// At most 10,000.
    offset: Option<u64>,
    /// From 1, instead of an offset.
    page: Option<u64>,
    /// `exact` fills `total`.
    count: Option<String>,
}

/// The endpoints of the workspace, oldest first; secrets are not among it.
#[utoipa::path(get, path = "/api/webhooks", tag = "webhooks", params(WebhookQuery),
    responses((status = 200, description = "A page of endpoints", body = Page<WebhookRow>)))]
pub(crate) async fn list_webhooks(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Params(query): Params<WebhookQuery>,
) -> Result<Json<Page<WebhookRow>>, ApiError> {
    let page = wanted(query.limit, query.offset, query.page, None, query.count.as_deref())?;
    let found = desk.app.webhooks(&actor, page.limit, page.offset, page.count).await?;
    Ok(Json(Page {
        items: found.endpoints.iter().map(WebhookRow::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor: None,
        total: found.total,
    }))
}

/// A new endpoint.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookInput {
    /// Begins with https:// and names a public server; http:// and other networks only when the operator allows them.
    #[schema(example = "https://example.com/hooks/desk")]
    url: String,
    /// Kinds of events, or `*` for all of them: call.started, call.updated, call.turn, call.agent_changed, call.ended,
    /// ticket.created, ticket.updated, ticket.message, suggestion.updated, escalation.created, webhook.disabled.
    #[schema(example = json!(["ticket.created", "ticket.message"]))]
    events: Vec<String>,
    /// Whether it gets nothing yet; `false` when absent.
    #[serde(default)]
    disabled: bool,
}

/// Makes an endpoint; at most 50. It is told of what happens from now on. The secret is in this answer and nowhere else: keep
/// it.
#[utoipa::path(post, path = "/api/webhooks", tag = "webhooks", request_body = WebhookInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Made; Location names it", body = MadeWebhookRow),
        (status = 409, description = "`too_many`", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn add_webhook(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, once }: Body<WebhookInput>,
) -> Result<Response, ApiError> {
    let WebhookInput { url, events, disabled } = value;
    let done = desk.app.add_webhook(&actor, NewEndpoint { url, events, disabled }, once, created).await?;
    let id = match &done {
        Answered::New(made) => made.row.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, created);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/webhooks/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

fn created(made: &MadeEndpoint) -> (u16, Value) {
    (201, shape::value(&MadeWebhookRow::from(made)))
}

/// One endpoint.
#[utoipa::path(get, path = "/api/webhooks/{id}", tag = "webhooks", params(("id" = String, Path, description = "Id of the endpoint")),
    responses((status = 200, description = "The endpoint", body = WebhookRow)))]
pub(crate) async fn get_webhook(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<Json<WebhookRow>, ApiError> {
    Ok(Json(WebhookRow::from(&desk.app.webhook(&actor, &id).await?)))
}

/// Changes of an endpoint. Absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WebhookChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    url: Option<String>,
    events: Option<Vec<String>>,
    /// `true`: events pass it by, and what waits goes on waiting; `false`: it begins with a clean record, and what waits goes
    /// out.
    disabled: Option<bool>,
}

/// Changes an endpoint.
#[utoipa::path(patch, path = "/api/webhooks/{id}", tag = "webhooks", request_body = WebhookChanges, params(("id" = String, Path, description = "Id of the endpoint")),
    responses((status = 200, description = "The endpoint as it is now", body = WebhookRow),
        (status = 409, description = "`stale_version` with the present row; `operator_managed`: set by the operator", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn patch_webhook(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Body { value, .. }: Body<WebhookChanges>,
) -> Result<Json<WebhookRow>, ApiError> {
    let WebhookChanges { version, url, events, disabled } = value;
    let patch = EndpointPatch { version, url, events, disabled };
    Ok(Json(WebhookRow::from(&desk.app.patch_webhook(&actor, &id, patch).await?)))
}

/// Deletes an endpoint with its deliveries: nothing more goes to it.
#[utoipa::path(delete, path = "/api/webhooks/{id}", tag = "webhooks", params(("id" = String, Path, description = "Id of the endpoint")),
    responses((status = 204, description = "Deleted"),
        (status = 409, description = "`operator_managed`: set by the operator", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn delete_webhook(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.delete_webhook(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes another secret, which is in this answer and nowhere else. For 24 hours deliveries carry two signatures, so that the
/// receiver may change over at any time.
#[utoipa::path(post, path = "/api/webhooks/{id}/rotate-secret", tag = "webhooks", request_body = Nothing, params(("id" = String, Path, description = "Id of the endpoint"), ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 200, description = "The endpoint and its new secret", body = MadeWebhookRow),
        (status = 409, description = "`operator_managed`: set by the operator", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn rotate_webhook_secret(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Body { value: Nothing {}, once }: Body<Nothing>,
) -> Result<Response, ApiError> {
    fn rotated(made: &MadeEndpoint) -> (u16, Value) {
        (200, shape::value(&MadeWebhookRow::from(made)))
    }
    Ok(answered(&desk.app.rotate_webhook_secret(&actor, &id, once, rotated).await?, rotated))
}

/// Sends an event `webhook.test` to an endpoint, whatever events it asks for. How it went is shown by the delivery.
#[utoipa::path(post, path = "/api/webhooks/{id}/test", tag = "webhooks", request_body = Nothing, params(("id" = String, Path, description = "Id of the endpoint"), ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "The delivery, which is sent at once", body = DeliveryDetail),
        (status = 409, description = "`endpoint_disabled`", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn test_webhook(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Body { value: Nothing {}, once }: Body<Nothing>,
) -> Result<Response, ApiError> {
    fn made(row: &WebhookDelivery) -> (u16, Value) {
        (201, shape::value(&DeliveryDetail::from(row)))
    }
    Ok(answered(&desk.app.test_webhook(&actor, &id, once, made).await?, made))
}

/// Which deliveries.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeliveryQuery {
    /// PENDING, DELIVERED, FAILED; repeated, or several with commas: any of them fits.
    #[serde(default)]
    state: Vec<String>,
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

/// The deliveries of an endpoint, newest first. They are kept for 30 days.
#[utoipa::path(get, path = "/api/webhooks/{id}/deliveries", tag = "webhooks", params(("id" = String, Path, description = "Id of the endpoint"), DeliveryQuery),
    responses((status = 200, description = "A page of deliveries", body = Page<DeliveryLine>)))]
pub(crate) async fn list_deliveries(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Params(params): Params<DeliveryQuery>,
) -> Result<Json<Page<DeliveryLine>>, ApiError> {
    let page = wanted(params.limit, params.offset, params.page, params.cursor.as_deref(), params.count.as_deref())?;
    let mut faults = Faults::default();
    let texts = params.state.iter().flat_map(|text| text.split(',')).filter(|text| !text.trim().is_empty()).take(50);
    let states = texts.filter_map(|text| faults.one_of("state", text, state, &STATES.join(", "))).collect();
    let states = faults.into_result(states).map_err(AppError::Invalid)?;
    let query = Query { endpoint_id: id, states, after: page.after, offset: page.offset, limit: page.limit };
    let found = desk.app.webhook_deliveries(&actor, query, page.count).await?;
    let next_cursor = found.lines.last().filter(|_| found.has_more).map(|line| cursor(line.created_at, &line.id));
    Ok(Json(Page {
        items: found.lines.iter().map(DeliveryLine::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor,
        total: found.total,
    }))
}

fn state(text: &str) -> Option<&'static str> {
    STATES.into_iter().find(|state| state.eq_ignore_ascii_case(text))
}

/// One delivery: the body that was sent, the beginning of the last answer, and how long it took.
#[utoipa::path(get, path = "/api/webhooks/{id}/deliveries/{deliveryId}", tag = "webhooks", params(("id" = String, Path, description = "Id of the endpoint"), ("deliveryId" = String, Path, description = "Id of the delivery")),
    responses((status = 200, description = "The delivery", body = DeliveryDetail)))]
pub(crate) async fn get_delivery(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    TwoIds(id, delivery): TwoIds,
) -> Result<Json<DeliveryDetail>, ApiError> {
    Ok(Json(DeliveryDetail::from(&desk.app.webhook_delivery(&actor, &id, &delivery).await?)))
}

/// Sends a delivery again, now, with the same id and body. It has all of its tries again.
#[utoipa::path(post, path = "/api/webhooks/{id}/deliveries/{deliveryId}/redeliver", tag = "webhooks", request_body = Nothing, params(("id" = String, Path, description = "Id of the endpoint"), ("deliveryId" = String, Path, description = "Id of the delivery")),
    responses((status = 200, description = "The delivery as it is now", body = DeliveryDetail),
        (status = 409, description = "`endpoint_disabled`; `under_way`: it is being sent, or its first try is still to come", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn redeliver(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    TwoIds(id, delivery): TwoIds,
    Body { value: Nothing {}, .. }: Body<Nothing>,
) -> Result<Json<DeliveryDetail>, ApiError> {
    Ok(Json(DeliveryDetail::from(&desk.app.redeliver(&actor, &id, &delivery).await?)))
}
