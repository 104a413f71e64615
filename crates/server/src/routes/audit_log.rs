//! The log of administrative changes, for administrators.

use axum::Json;
use axum::extract::State;
use patchcord_app::AppError;
use patchcord_app::audit_log::Query;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::{Millis, from_rfc3339};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, Params};
use crate::paging::{Page, cursor, wanted};
use crate::shape::AuditRow;

/// Most values of one filter, and characters of each.
const VALUES_MAX: usize = 50;
const VALUE_MAX: usize = 100;

/// Which changes. A filter may be repeated, or list several values with commas: any of them fits.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AuditQuery {
    /// Such as `user.changed` or `token.created`.
    #[serde(default)]
    action: Vec<String>,
    /// Ids of users, or `operator` for the command line.
    #[serde(default)]
    actor: Vec<String>,
    /// Ids of what was changed.
    #[serde(default)]
    subject: Vec<String>,
    /// RFC 3339 or a date; at or after.
    from: Option<String>,
    /// RFC 3339 or a date; before.
    to: Option<String>,
    /// 1 to 100; 25 when absent.
    limit: Option<u64>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Administrative changes, newest first: who did what to what, with the fields as they were and as they are.
#[utoipa::path(get, path = "/api/audit-log", tag = "users", params(AuditQuery),
    responses((status = 200, description = "A page of changes", body = Page<AuditRow>)))]
pub(crate) async fn audit_log(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Params(params): Params<AuditQuery>,
) -> Result<Json<Page<AuditRow>>, ApiError> {
    let page = wanted(params.limit, None, None, params.cursor.as_deref(), None)?;
    let mut faults = Faults::default();
    let query = Query {
        actions: values(&mut faults, "action", &params.action),
        actors: values(&mut faults, "actor", &params.actor),
        subjects: values(&mut faults, "subject", &params.subject),
        from: at(&mut faults, "from", params.from.as_deref()),
        to: at(&mut faults, "to", params.to.as_deref()),
        after: page.after,
        limit: page.limit,
    };
    let query = faults.into_result(query).map_err(|faults| ApiError::App(AppError::Invalid(faults)))?;
    let found = desk.app.audit_log(&actor, query).await?;
    let last = found.entries.last().filter(|_| found.has_more).map(|named| &named.entry);
    Ok(Json(Page {
        next_cursor: last.map(|entry| cursor(entry.created_at, &entry.id)),
        items: found.entries.iter().map(AuditRow::from).collect(),
        limit: page.limit,
        offset: 0,
        has_more: found.has_more,
        total: None,
    }))
}

fn values(faults: &mut Faults, field: &str, given: &[String]) -> Vec<String> {
    let all = given.iter().flat_map(|text| text.split(',')).map(str::trim).filter(|text| !text.is_empty());
    let all: Vec<String> = all.map(str::to_owned).collect();
    if all.len() > VALUES_MAX || all.iter().any(|value| value.len() > VALUE_MAX) {
        faults.add(field, format!("takes at most {VALUES_MAX} values of at most {VALUE_MAX} characters each"));
    }
    all
}

fn at(faults: &mut Faults, field: &str, text: Option<&str>) -> Option<Millis> {
    let text = text?;
    let at = from_rfc3339(text);
    if at.is_none() {
        faults.add(field, "must be a time such as 2026-11-24T09:30:00Z, or a date such as 2026-11-24");
    }
    at
}
