//! Figures as files for spreadsheets.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::{StreamExt, TryStreamExt};
use patchcord_app::customer_metrics::CustomerLine;
use patchcord_domain::time::to_rfc3339;

use super::dashboard::{CustomersQuery, SeriesQuery, SpanQuery};
use crate::Desk;
use crate::csv;
use crate::error::ApiError;
use crate::extract::{AsAgent, Params};
use crate::shape::{AgentRow, BucketRow, CustomerRow, PeriodFigures, bucket_rows};

const METRICS: [&str; 33] = [
    "day",
    "from",
    "to",
    "calls",
    "answered",
    "escalated",
    "resolvedByAi",
    "abandoned",
    "callSeconds",
    "answerRate",
    "aiResolutionRate",
    "meanHandleSeconds",
    "ticketsCreated",
    "ticketsResolved",
    "firstResponses",
    "meanFirstResponseSeconds",
    "meanResolutionSeconds",
    "slaBreaches",
    "slaMet",
    "slaMissed",
    "slaCompliance",
    "suggestions",
    "suggestionsAccepted",
    "suggestionsEdited",
    "suggestionsRejected",
    "acceptanceRate",
    "sentimentPositive",
    "sentimentNeutral",
    "sentimentNegative",
    "aiCostUsd",
    "telephonyCostUsd",
    "timezone",
    "granularity",
];
const AGENTS: [&str; 15] = [
    "name",
    "supportAgentId",
    "kind",
    "userId",
    "assigned",
    "solved",
    "meanResolutionSeconds",
    "firstResponses",
    "meanFirstResponseSeconds",
    "replies",
    "openNow",
    "suggestionsAccepted",
    "suggestionsEdited",
    "suggestionsRejected",
    "period",
];
const CUSTOMERS: [&str; 9] = [
    "id",
    "name",
    "organizationId",
    "contactId",
    "calls",
    "tickets",
    "openTickets",
    "averageSentiment",
    "lastContactAt",
];

/// Figures by the hour or by the day as CSV, with the same parameters as the list.
#[utoipa::path(get, path = "/api/dashboard/metrics.csv", tag = "insight", operation_id = "export_dashboard_metrics",
    params(SeriesQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(crate) async fn export_metrics(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Params(params): Params<SeriesQuery>,
) -> Result<Response, ApiError> {
    let (granularity, span) = params.parts();
    let series = desk.app.metric_series(&actor, &granularity, &span).await?;
    let (mut text, zone, kind) = (String::new(), series.zone.name(), granularity.to_ascii_lowercase());
    csv::row(&mut text, METRICS);
    for BucketRow { day, figures } in bucket_rows(&series) {
        let mut cells = vec![day];
        cells.extend(period_cells(&figures));
        cells.extend([zone.to_owned(), kind.clone()]);
        csv::row(&mut text, cells.iter().map(String::as_str));
    }
    Ok(file(Body::from(text), "attachment; filename=\"metrics.csv\""))
}

/// What everybody did as CSV, with the same parameters as the list.
#[utoipa::path(get, path = "/api/dashboard/agents.csv", tag = "insight", operation_id = "export_dashboard_agents",
    params(SpanQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(crate) async fn export_agents(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Params(params): Params<SpanQuery>,
) -> Result<Response, ApiError> {
    let agents = desk.app.agent_figures(&actor, &params.span()).await?;
    let mut text = String::new();
    csv::row(&mut text, AGENTS);
    let period = format!("{}/{}", to_rfc3339(agents.from), to_rfc3339(agents.to));
    for line in &agents.lines {
        let row = AgentRow::from(line);
        let cells: [String; 15] = [
            row.name,
            line.support_agent.as_ref().map(|agent| agent.id.clone()).unwrap_or_default(),
            row.kind.unwrap_or_default(),
            line.user.as_ref().map(|user| user.id.clone()).unwrap_or_default(),
            row.assigned.to_string(),
            row.solved.to_string(),
            rate(row.mean_resolution_seconds),
            row.first_responses.to_string(),
            rate(row.mean_first_response_seconds),
            row.replies.to_string(),
            row.open_now.to_string(),
            row.suggestions_accepted.to_string(),
            row.suggestions_edited.to_string(),
            row.suggestions_rejected.to_string(),
            period.clone(),
        ];
        csv::row(&mut text, cells.iter().map(String::as_str));
    }
    Ok(file(Body::from(text), "attachment; filename=\"agents.csv\""))
}

/// All customers as CSV, sent while they are read. `limit`, `offset`, `page`, `cursor` and `count` are refused.
#[utoipa::path(get, path = "/api/dashboard/customers.csv", tag = "insight", operation_id = "export_dashboard_customers",
    params(CustomersQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(crate) async fn export_customers(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Params(params): Params<CustomersQuery>,
) -> Result<Response, ApiError> {
    if params.has_page() {
        let message = "an export has no pages: leave limit, offset, page, cursor and count out";
        return Err(ApiError::invalid("limit", message));
    }
    let pages = desk.app.export_customers(&actor, params.query()?).await?;
    let mut head = String::new();
    csv::row(&mut head, CUSTOMERS);
    let rows = pages.map_ok(|page| Bytes::from(customer_rows(&page)));
    let rows = rows.inspect_err(|error| tracing::warn!(%error, "an export was broken off"));
    let body = futures::stream::once(async { Ok(Bytes::from(head)) }).chain(rows);
    Ok(file(Body::from_stream(body), "attachment; filename=\"customers.csv\""))
}

fn customer_rows(page: &[CustomerLine]) -> String {
    let mut text = String::new();
    for line in page {
        let cells: [String; 9] = [
            line.id.clone(),
            line.name.clone(),
            line.organization_id.clone(),
            line.contact_id.clone().unwrap_or_default(),
            line.calls.to_string(),
            line.tickets.to_string(),
            line.open_tickets.to_string(),
            // A negative number would be taken for a formula, and shown with an apostrophe; it is no text of anybody.
            rate(CustomerRow::average(line)),
            to_rfc3339(line.last_contact_at),
        ];
        csv::row(&mut text, cells.iter().map(String::as_str));
    }
    text
}

fn period_cells(figures: &PeriodFigures) -> [String; 30] {
    [
        figures.from.clone(),
        figures.to.clone(),
        figures.calls.to_string(),
        figures.answered.to_string(),
        figures.escalated.to_string(),
        figures.resolved_by_ai.to_string(),
        figures.abandoned.to_string(),
        figures.call_seconds.to_string(),
        rate(figures.answer_rate),
        rate(figures.ai_resolution_rate),
        rate(figures.mean_handle_seconds),
        figures.tickets_created.to_string(),
        figures.tickets_resolved.to_string(),
        figures.first_responses.to_string(),
        rate(figures.mean_first_response_seconds),
        rate(figures.mean_resolution_seconds),
        figures.sla_breaches.to_string(),
        figures.sla_met.to_string(),
        figures.sla_missed.to_string(),
        rate(figures.sla_compliance),
        figures.suggestions.to_string(),
        figures.suggestions_accepted.to_string(),
        figures.suggestions_edited.to_string(),
        figures.suggestions_rejected.to_string(),
        rate(figures.acceptance_rate),
        figures.sentiment.positive.to_string(),
        figures.sentiment.neutral.to_string(),
        figures.sentiment.negative.to_string(),
        format!("{:.6}", figures.ai_cost_usd),
        format!("{:.6}", figures.telephony_cost_usd),
    ]
}

/// Empty where there is nothing to divide by.
fn rate(value: Option<f64>) -> String {
    value.map(|value| format!("{value:.3}")).unwrap_or_default()
}

fn file(body: Body, disposition: &'static str) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(disposition));
    response
}
