//! Tickets that are like another one.

use axum::Json;
use axum::extract::State;

use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsViewer, Id};
use crate::paging::Items;
use crate::shape::SimilarTicket;

/// The five nearest tickets, nearest first; of those that are equally near the solved ones.
#[utoipa::path(get, path = "/api/tickets/{id}/similar", tag = "tickets", params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "At most five tickets", body = Items<SimilarTicket>)))]
pub(crate) async fn list_similar_tickets(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<Items<SimilarTicket>>, ApiError> {
    let found = desk.app.similar_tickets(&actor, &id).await?;
    Ok(Json(Items { items: found.into_iter().map(SimilarTicket::from).collect() }))
}
