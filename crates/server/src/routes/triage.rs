//! Accepting what the copilot proposes for a new ticket, and taking it back.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, Body, Id};
use crate::shape::TriageOutcome;

/// Nothing needs to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoTriageInput {}

/// Applies what the copilot proposed for a ticket: category, priority and who works on it. What a person has set stays.
#[utoipa::path(post, path = "/api/tickets/{id}/triage/apply", tag = "tickets", request_body = NoTriageInput, params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "What was changed and what was kept, and the ticket as it is now", body = TriageOutcome),
        (status = 409, description = "`nothing_proposed`; `ticket_merged`", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn apply_triage(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value: NoTriageInput {}, .. }: Body<NoTriageInput>,
) -> Result<Json<TriageOutcome>, ApiError> {
    Ok(Json(TriageOutcome::from(desk.app.apply_triage(&actor, &id).await?)))
}

/// Takes back what triage has set on a ticket, whoever applied it. What was changed since stays, and the answer says so.
#[utoipa::path(post, path = "/api/tickets/{id}/triage/undo", tag = "tickets", request_body = NoTriageInput, params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "What was put back and what was kept, and the ticket as it is now", body = TriageOutcome),
        (status = 409, description = "`nothing_applied`; `ticket_merged`", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn undo_triage(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value: NoTriageInput {}, .. }: Body<NoTriageInput>,
) -> Result<Json<TriageOutcome>, ApiError> {
    Ok(Json(TriageOutcome::from(desk.app.undo_triage(&actor, &id).await?)))
}
