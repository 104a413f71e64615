//! The list of devices as a file for spreadsheets, sent while it is read. Its columns are those that an import takes.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use futures::{StreamExt, TryStreamExt};
use patchcord_app::AppError;
use patchcord_app::devices::Line;
use patchcord_domain::FieldError;
use patchcord_domain::time::to_rfc3339;

use super::devices::DeviceQuery;
use crate::Desk;
use crate::csv;
use crate::error::ApiError;
use crate::extract::{AsAgent, Params};

const HEAD: [&str; 21] = [
    "id",
    "name",
    "type",
    "status",
    "organization",
    "ueCode",
    "location",
    "manufacturer",
    "model",
    "operatingSystem",
    "osVersion",
    "domain",
    "serialNumber",
    "assetTag",
    "ipAddress",
    "macAddress",
    "lastSeenAt",
    "warrantyUntil",
    "notes",
    "createdAt",
    "updatedAt",
];

/// Devices that fit the filters as CSV (RFC 4180, UTF-8, a line of names first). The whole list is sent: `limit`, `offset`,
/// `page`, `cursor` and `count` are refused. A cell that a spreadsheet would take for a formula begins with an apostrophe. A
/// failure on the way breaks the transfer off, so that half a file is never taken for a whole one.
#[utoipa::path(get, path = "/api/devices/export.csv", tag = "people and things", params(DeviceQuery),
    responses((status = 200, description = "The file", body = String, content_type = "text/csv")))]
pub(crate) async fn export_devices(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Params(params): Params<DeviceQuery>,
) -> Result<Response, ApiError> {
    let query = params.query();
    let mut wrong = query.as_ref().err().cloned().unwrap_or_default();
    if params.has_page() {
        let message = "an export has no pages: leave limit, offset, page, cursor and count out";
        wrong.push(FieldError::new("limit", message));
    }
    let query = match query {
        Ok(query) if wrong.is_empty() => query,
        _ => return Err(AppError::Invalid(wrong).into()),
    };
    let pages = desk.app.export_devices(&actor, query).await?;
    let mut head = String::new();
    csv::row(&mut head, HEAD);
    let rows = pages.map_ok(|page| Bytes::from(rows(&page)));
    let rows = rows.inspect_err(|error| tracing::warn!(%error, "an export was broken off"));
    let body = futures::stream::once(async { Ok(Bytes::from(head)) }).chain(rows);
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present"));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"devices.csv\""));
    Ok(response)
}

fn rows(page: &[Line]) -> String {
    let mut text = String::new();
    for line in page {
        let at = |at: Option<i64>| at.map(to_rfc3339).unwrap_or_default();
        let (last_seen_at, warranty_until) = (at(line.last_seen_at), at(line.warranty_until));
        let (created_at, updated_at) = (to_rfc3339(line.created_at), to_rfc3339(line.updated_at));
        let optional = |text: &'_ Option<String>| text.as_deref().unwrap_or_default().to_owned();
        let cells: [String; 21] = [
            line.id.clone(),
            line.name.clone(),
            line.kind.clone(),
            line.status.clone(),
            line.organization_name.clone(),
            optional(&line.u_e_code),
            optional(&line.location_name),
            optional(&line.manufacturer_name),
            optional(&line.model_name),
            optional(&line.os_name),
            optional(&line.os_version),
            optional(&line.domain_name),
            optional(&line.serial_number),
            optional(&line.asset_tag),
            optional(&line.ip_address),
            optional(&line.mac_address),
            last_seen_at,
            warranty_until,
            optional(&line.notes),
            created_at,
            updated_at,
        ];
        csv::row(&mut text, cells.iter().map(String::as_str));
    }
    text
}
