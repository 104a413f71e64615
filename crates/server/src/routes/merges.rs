//! Making two tickets one.

use axum::extract::State;
use axum::response::Response;
use patchcord_app::ticket_detail::Detail;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, Body, Id};
use crate::shape::{self, TicketDetail};

/// Which ticket stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Merge {
    /// Id or number of the ticket that stays.
    into_ticket_id: String,
}

/// Merges a ticket into another one. Its messages, files and open escalations move; its audit lines are shown with the
/// other's; it is closed and takes no more changes. A file that the other ticket already has stays with it.
#[utoipa::path(post, path = "/api/tickets/{id}/merge", tag = "tickets", request_body = Merge, params(("id" = String, Path, description = "Id or number of the ticket that is merged"), ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 200, description = "The ticket that stays, as it is now", body = TicketDetail),
        (status = 409, description = "`already_merged` or `target_merged`: one of the two was merged before", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn merge_ticket(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, once }: Body<Merge>,
) -> Result<Response, ApiError> {
    fn merged(detail: &Detail) -> (u16, Value) {
        (200, shape::value(&TicketDetail::from(detail)))
    }
    Ok(answered(&desk.app.merge_ticket(&actor, &id, &value.into_ticket_id, once, merged).await?, merged))
}
