//! How well promises were kept, as an answer and as a file for spreadsheets.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use patchcord_app::sla_report::{Kept, Report, ReportInput, compliance};
use patchcord_domain::time::to_rfc3339;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Desk;
use crate::csv;
use crate::error::ApiError;
use crate::extract::{AsViewer, Params};
use crate::shape::SlaReport;

/// Which tickets, and how they are grouped.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SlaReportQuery {
    /// Tickets that were opened at or after this moment, RFC 3339 or a date; 30 days before `to` when absent.
    from: Option<String>,
    /// And before this one; now when absent. At most 366 days after `from`.
    to: Option<String>,
    /// priority, organization or assignee; priority when absent.
    group_by: Option<String>,
}

impl From<SlaReportQuery> for ReportInput {
    fn from(query: SlaReportQuery) -> Self {
        Self { from: query.from, to: query.to, group_by: query.group_by }
    }
}

/// How well the promises were kept to tickets that were opened in a time. Only tickets with clocks count.
#[utoipa::path(get, path = "/api/sla/report", tag = "insight", params(SlaReportQuery),
    responses((status = 200, description = "The report", body = SlaReport)))]
pub(crate) async fn sla_report(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<SlaReportQuery>,
) -> Result<Json<SlaReport>, ApiError> {
    Ok(Json(SlaReport::from(&desk.app.sla_report(&actor, &params.into()).await?)))
}

/// The same as CSV (RFC 4180, UTF-8, a line of names first), the total in the last line.
#[utoipa::path(get, path = "/api/sla/report.csv", tag = "insight", params(SlaReportQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(crate) async fn sla_report_csv(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<SlaReportQuery>,
) -> Result<Response, ApiError> {
    let report = desk.app.sla_report(&actor, &params.into()).await?;
    let mut response = file(&report).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"sla-report.csv\""));
    Ok(response)
}

fn file(report: &Report) -> String {
    let mut text = String::new();
    let names = ["from", "to", report.group_by, "name", "tickets"];
    let of_clocks = ["firstResponse", "resolution"]
        .map(|clock| ["Met", "Breached", "Open", "Compliance"].map(|what| format!("{clock}{what}")));
    csv::row(&mut text, names.into_iter().chain(of_clocks.iter().flatten().map(String::as_str)));
    for kept in &report.groups {
        row(&mut text, report, kept, kept.key.as_deref().unwrap_or("none"));
    }
    row(&mut text, report, &report.total, "total");
    text
}

fn row(text: &mut String, report: &Report, kept: &Kept, key: &str) {
    let share = |met, breached| compliance(met, breached).map(|share| format!("{share:.4}")).unwrap_or_default();
    let cells = [
        to_rfc3339(report.from),
        to_rfc3339(report.to),
        key.to_owned(),
        kept.name.clone().unwrap_or_default(),
        kept.tickets.to_string(),
        kept.first_response_met.to_string(),
        kept.first_response_breached.to_string(),
        kept.first_response_open.to_string(),
        share(kept.first_response_met, kept.first_response_breached),
        kept.resolution_met.to_string(),
        kept.resolution_breached.to_string(),
        kept.resolution_open.to_string(),
        share(kept.resolution_met, kept.resolution_breached),
    ];
    csv::row(text, cells.iter().map(String::as_str));
}
