//! Escalations: who waits for somebody, and answering them.

use axum::Json;
use axum::extract::State;
use patchcord_app::AppError;
use patchcord_app::escalations::{EscalationAnswer, Query};
use patchcord_domain::ticket::EscalationStatus;
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, AsViewer, Body, Id, Params};
use crate::paging::{Page, cursor, wanted};
use crate::shape::EscalationLine;

/// Which escalations.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EscalationQuery {
    /// PENDING, ACCEPTED, DECLINED, RESOLVED; repeated, or several with commas: any of them fits.
    #[serde(default)]
    status: Vec<String>,
    /// `true` leaves those that are addressed to one's own support agent or were accepted by oneself.
    #[serde(default)]
    mine: bool,
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

/// Escalations, newest first.
#[utoipa::path(get, path = "/api/escalations", tag = "tickets", params(EscalationQuery),
    responses((status = 200, description = "A page of escalations", body = Page<EscalationLine>)))]
pub(crate) async fn list_escalations(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<EscalationQuery>,
) -> Result<Json<Page<EscalationLine>>, ApiError> {
    let page = wanted(params.limit, params.offset, params.page, params.cursor.as_deref(), params.count.as_deref())?;
    let mut faults = Faults::default();
    let texts = params.status.iter().flat_map(|text| text.split(',')).filter(|text| !text.trim().is_empty()).take(50);
    let statuses = texts
        .filter_map(|text| faults.one_of("status", text, EscalationStatus::parse, &EscalationStatus::allowed()))
        .map(EscalationStatus::as_str)
        .collect();
    let statuses = faults.into_result(statuses).map_err(AppError::Invalid)?;
    let query = Query { statuses, of: None, after: page.after, offset: page.offset, limit: page.limit };
    let found = desk.app.escalations(&actor, query, params.mine, page.count).await?;
    let next_cursor = found.lines.last().filter(|_| found.has_more).map(|line| cursor(line.created_at, &line.id));
    Ok(Json(Page {
        items: found.lines.into_iter().map(EscalationLine::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor,
        total: found.total,
    }))
}

/// Nothing needs to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Takes a pending escalation, and the ticket with it, whomever it was addressed to. Of several who take it at the same
/// time one gets it.
#[utoipa::path(post, path = "/api/escalations/{id}/accept", tag = "tickets", request_body = Nothing, params(("id" = String, Path, description = "Id of the escalation")),
    responses((status = 200, description = "The escalation as it is now", body = EscalationLine),
        (status = 409, description = "`not_pending`: somebody has answered before; `no_support_agent`", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn accept_escalation(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value: Nothing {}, .. }: Body<Nothing>,
) -> Result<Json<EscalationLine>, ApiError> {
    answer(&desk, &actor, &id, EscalationAnswer::Accept).await
}

/// Why an escalation is declined.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Refusing {
    /// 1 to 1,000 characters; it is kept in the audit trail.
    reason: String,
}

/// Declines a pending escalation.
#[utoipa::path(post, path = "/api/escalations/{id}/decline", tag = "tickets", request_body = Refusing, params(("id" = String, Path, description = "Id of the escalation")),
    responses((status = 200, description = "The escalation as it is now", body = EscalationLine),
        (status = 409, description = "`not_pending`: somebody has answered before", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn decline_escalation(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<Refusing>,
) -> Result<Json<EscalationLine>, ApiError> {
    answer(&desk, &actor, &id, EscalationAnswer::Decline(value.reason)).await
}

/// Says that a pending or accepted escalation is done with. The ticket's status stays.
#[utoipa::path(post, path = "/api/escalations/{id}/resolve", tag = "tickets", request_body = Nothing, params(("id" = String, Path, description = "Id of the escalation")),
    responses((status = 200, description = "The escalation as it is now", body = EscalationLine),
        (status = 409, description = "`not_pending`: it was declined or resolved before", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn resolve_escalation(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value: Nothing {}, .. }: Body<Nothing>,
) -> Result<Json<EscalationLine>, ApiError> {
    answer(&desk, &actor, &id, EscalationAnswer::Resolve).await
}

async fn answer(
    desk: &Desk,
    actor: &patchcord_domain::user::Actor,
    id: &str,
    answer: EscalationAnswer,
) -> Result<Json<EscalationLine>, ApiError> {
    Ok(Json(EscalationLine::from(desk.app.answer_escalation(actor, id, answer).await?)))
}
