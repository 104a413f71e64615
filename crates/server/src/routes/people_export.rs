//! Organizations and contacts as files for spreadsheets, sent while they are read. Their columns are those that an import takes.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::{Stream, StreamExt, TryStreamExt};
use patchcord_app::{AppError, contacts, organizations};
use patchcord_domain::time::to_rfc3339;

use super::contacts::ContactQuery;
use super::organizations::OrganizationQuery;
use crate::Desk;
use crate::csv;
use crate::error::ApiError;
use crate::extract::{AsAgent, Params};
use crate::lists::whole;

const ORGANIZATION_HEAD: [&str; 10] = [
    "id",
    "name",
    "ueCode",
    "domain",
    "status",
    "accountManagerId",
    "accountManager",
    "notes",
    "createdAt",
    "updatedAt",
];

const CONTACT_HEAD: [&str; 14] = [
    "id",
    "name",
    "email",
    "phone",
    "title",
    "isVip",
    "preferredLanguage",
    "organizationId",
    "organization",
    "ueCode",
    "locationId",
    "location",
    "createdAt",
    "updatedAt",
];

/// Organizations that fit the filters as CSV (RFC 4180, UTF-8, a line of names first). The whole list is sent: `limit`,
/// `offset`, `page`, `cursor` and `count` are refused. A cell that a spreadsheet would take for a formula begins with an
/// apostrophe. A failure on the way breaks the transfer off, so that half a file is never taken for a whole one.
#[utoipa::path(get, path = "/api/organizations/export.csv", tag = "people and things", params(OrganizationQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(crate) async fn export_organizations(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Params(params): Params<OrganizationQuery>,
) -> Result<Response, ApiError> {
    let query = whole(params.query(), params.has_page())?;
    let pages = desk.app.export_organizations(&actor, query).await?;
    Ok(file("organizations.csv", &ORGANIZATION_HEAD, pages, organization_cells))
}

/// Contacts that fit the filters as CSV, by the rules of the export of organizations. Phone numbers begin with an apostrophe
/// for that reason.
#[utoipa::path(get, path = "/api/contacts/export.csv", tag = "people and things", params(ContactQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(crate) async fn export_contacts(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Params(params): Params<ContactQuery>,
) -> Result<Response, ApiError> {
    let query = whole(params.query(), params.has_page())?;
    let pages = desk.app.export_contacts(&actor, query).await?;
    Ok(file("contacts.csv", &CONTACT_HEAD, pages, contact_cells))
}

fn file<T: 'static>(
    name: &'static str,
    names: &[&'static str],
    pages: impl Stream<Item = Result<Vec<T>, AppError>> + Send + 'static,
    cells: fn(&T) -> Vec<String>,
) -> Response {
    let mut head = String::new();
    csv::row(&mut head, names.iter().copied());
    let rows = pages.map_ok(move |page| {
        let mut text = String::new();
        for line in &page {
            csv::row(&mut text, cells(line).iter().map(String::as_str));
        }
        Bytes::from(text)
    });
    let rows = rows.inspect_err(|error| tracing::warn!(%error, "an export was broken off"));
    let body = futures::stream::once(async { Ok(Bytes::from(head)) }).chain(rows);
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

fn organization_cells(line: &organizations::Line) -> Vec<String> {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        line.id.clone(),
        line.name.clone(),
        optional(&line.u_e_code),
        optional(&line.domain),
        line.status.clone(),
        optional(&line.account_manager_id),
        optional(&line.account_manager_name),
        optional(&line.notes),
        to_rfc3339(line.created_at),
        to_rfc3339(line.updated_at),
    ]
}

fn contact_cells(line: &contacts::Line) -> Vec<String> {
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    vec![
        line.id.clone(),
        line.name.clone(),
        optional(&line.email),
        optional(&line.phone),
        optional(&line.title),
        line.is_vip.to_string(),
        optional(&line.preferred_language),
        line.organization_id.clone(),
        line.organization_name.clone(),
        optional(&line.u_e_code),
        optional(&line.location_id),
        optional(&line.location_name),
        to_rfc3339(line.created_at),
        to_rfc3339(line.updated_at),
    ]
}
