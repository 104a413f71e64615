//! The same change on many tickets.

use axum::Json;
use axum::extract::State;
use patchcord_app::bulk::BulkChange;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, Body};
use crate::shape::BulkOutcome;

/// What shall happen to which tickets.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkInput {
    /// Ids or numbers of tickets, 1 to 100, each once.
    ids: Vec<String>,
    action: BulkAction,
}

/// One change.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BulkAction {
    /// `status`, `priority`, `assign` or `tag`.
    #[schema(example = "priority")]
    r#type: String,
    /// A status; a priority; the id of a support agent, or null to release; a tag to add, or
    /// `{"add": ["vpn"], "remove": ["old"]}`.
    #[serde(default)]
    #[schema(example = "HIGH")]
    value: Value,
}

/// What became of each ticket.
#[derive(Serialize, ToSchema)]
pub(crate) struct BulkOutcomes {
    /// In the order of the ids.
    results: Vec<BulkOutcome>,
}

/// Changes many tickets, each by itself: one that cannot be changed does not keep the others from it. Each outcome carries
/// the action that takes it back; to undo everything, send each of these with the ids that have it. Statuses of finished
/// tickets can be taken back for ten minutes.
#[utoipa::path(post, path = "/api/tickets/bulk", tag = "tickets", request_body = BulkInput,
    responses((status = 200, description = "What became of each ticket", body = BulkOutcomes)))]
pub(crate) async fn change_tickets(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, .. }: Body<BulkInput>,
) -> Result<Json<BulkOutcomes>, ApiError> {
    let BulkInput { ids, action: BulkAction { r#type, value } } = value;
    let done = desk.app.change_tickets(&actor, BulkChange { ids, kind: r#type, value }).await?;
    Ok(Json(BulkOutcomes { results: done.into_iter().map(BulkOutcome::from).collect() }))
}
