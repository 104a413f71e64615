//! The list of tickets as a file for spreadsheets, sent while it is read.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::{StreamExt, TryStreamExt};
use patchcord_app::AppError;
use patchcord_app::tickets::Line;
use patchcord_domain::FieldError;
use patchcord_domain::ticket::label;
use patchcord_domain::time::to_rfc3339;
use serde_json::Value;

use super::tickets::TicketQuery;
use crate::Desk;
use crate::csv;
use crate::error::ApiError;
use crate::extract::{AsAgent, Params};

const HEAD: [&str; 23] = [
    "id",
    "number",
    "subject",
    "status",
    "priority",
    "channel",
    "productArea",
    "category",
    "tags",
    "organization",
    "contact",
    "assignee",
    "sentiment",
    "messageCount",
    "lastMessageAt",
    "createdAt",
    "updatedAt",
    "firstResponseDueAt",
    "firstRespondedAt",
    "resolutionDueAt",
    "resolvedAt",
    "closedAt",
    "slaBreachedAt",
];

/// Tickets that fit the filters as CSV (RFC 4180, UTF-8, a line of names first). The whole list is sent: `limit`, `offset`,
/// `page`, `cursor` and `count` are refused. A cell that a spreadsheet would take for a formula begins with an apostrophe.
/// A failure on the way breaks the transfer off, so that half a file is never taken for a whole one.
#[utoipa::path(get, path = "/api/tickets/export.csv", tag = "tickets", params(TicketQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(crate) async fn export_tickets(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Params(params): Params<TicketQuery>,
) -> Result<Response, ApiError> {
    let has_page = params.has_page();
    let (filters, sort) = params.filters();
    let query = filters.query("", sort.as_deref());
    let mut wrong = query.as_ref().err().cloned().unwrap_or_default();
    if has_page {
        let message = "an export has no pages: leave limit, offset, page, cursor and count out";
        wrong.push(FieldError::new("limit", message));
    }
    let query = match query {
        Ok(query) if wrong.is_empty() => query,
        _ => return Err(AppError::Invalid(wrong).into()),
    };
    let pages = desk.app.export_tickets(&actor, query).await?;
    let mut head = String::new();
    csv::row(&mut head, HEAD);
    let rows = pages.map_ok(|page| Bytes::from(rows(&page)));
    let rows = rows.inspect_err(|error| tracing::warn!(%error, "an export was broken off"));
    let body = futures::stream::once(async { Ok(Bytes::from(head)) }).chain(rows);
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"tickets.csv\""));
    Ok(response)
}

fn rows(page: &[Line]) -> String {
    let mut text = String::new();
    for line in page {
        let at = |at: Option<i64>| at.map(to_rfc3339).unwrap_or_default();
        let tags: Vec<&str> = line.tags.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells: [String; 23] = [
            line.id.clone(),
            label(line.number),
            line.subject.clone(),
            line.status.clone(),
            line.priority.clone(),
            line.channel.clone(),
            optional(&line.product_area),
            optional(&line.category),
            tags.join("; "),
            optional(&line.organization_name),
            optional(&line.contact_name),
            optional(&line.assignee_name),
            optional(&line.sentiment),
            line.message_count.to_string(),
            at(line.last_message_at),
            to_rfc3339(line.created_at),
            to_rfc3339(line.updated_at),
            at(line.first_response_due_at),
            at(line.first_responded_at),
            at(line.resolution_due_at),
            at(line.resolved_at),
            at(line.closed_at),
            at(line.sla_breached_at),
        ];
        csv::row(&mut text, cells.iter().map(String::as_str));
    }
    text
}
