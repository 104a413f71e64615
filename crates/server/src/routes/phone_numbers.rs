//! The numbers at which the desk is called.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::phone_numbers::{NewPhoneNumber, PhoneNumberPatch, Query};
use patchcord_app::rows::PhoneNumber;
use patchcord_app::{Answered, AppError};
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsViewer, Body, Id, Params};
use crate::lists::{self, order_by, part};
use crate::name_paging::wanted_by_name;
use crate::paging::Page;
use crate::shape::{self, PhoneNumberRow};

/// Filters, order and page.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PhoneNumberQuery {
    /// Only those that are in use, or only those that are not.
    is_active: Option<bool>,
    /// What number or label must have.
    q: Option<String>,
    /// number, createdAt or updatedAt; with `-` before it the largest comes first. `number` when absent.
    sort: Option<String>,
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

/// Phone numbers that fit the filters.
#[utoipa::path(get, path = "/api/phone-numbers", tag = "users", params(PhoneNumberQuery),
    responses((status = 200, description = "A page of phone numbers", body = Page<PhoneNumberRow>)))]
pub(crate) async fn list_phone_numbers(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<PhoneNumberQuery>,
) -> Result<Json<Page<PhoneNumberRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let asked = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let mut faults = Faults::default();
    let words = lists::words(&mut faults, params.q.as_deref());
    let slice = order_by(&mut faults, params.sort.as_deref(), "number");
    let slice = faults.into_result(slice).map_err(AppError::Invalid)?;
    let (sort, slice) = (slice.sort, part(slice, &asked)?);
    let query = Query { is_active: params.is_active, words, slice };
    let found = desk.app.phone_numbers(&actor, query, asked.count).await?;
    Ok(lists::page(&found, &asked, sort))
}

/// A new phone number.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PhoneNumberInput {
    /// With country code, in any common notation; kept as E.164.
    #[schema(example = "+12025550100")]
    number: String,
    /// 1 to 80 characters.
    #[schema(example = "Main line")]
    label: String,
    /// REALTIME or RELAY; the operator's when absent.
    engine: Option<String>,
    /// Where a caller goes who asks for a person; the workspace's when absent.
    transfer_number: Option<String>,
    /// Whether calls are taken; true when absent.
    is_active: Option<bool>,
}

/// Adds a phone number.
#[utoipa::path(post, path = "/api/phone-numbers", tag = "users", request_body = PhoneNumberInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Added; Location names it", body = PhoneNumberRow)))]
pub(crate) async fn add_phone_number(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, once }: Body<PhoneNumberInput>,
) -> Result<Response, ApiError> {
    fn added(row: &PhoneNumber) -> (u16, Value) {
        (201, shape::value(&PhoneNumberRow::from(row)))
    }
    let PhoneNumberInput { number, label, engine, transfer_number, is_active } = value;
    let input = NewPhoneNumber { number, label, engine, transfer_number, is_active };
    let done = desk.app.add_phone_number(&actor, input, once, added).await?;
    let id = match &done {
        Answered::New(row) => row.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, added);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/phone-numbers/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One phone number.
#[utoipa::path(get, path = "/api/phone-numbers/{id}", tag = "users", params(("id" = String, Path, description = "Id of the phone number")),
    responses((status = 200, description = "The phone number", body = PhoneNumberRow)))]
pub(crate) async fn get_phone_number(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<PhoneNumberRow>, ApiError> {
    Ok(Json(PhoneNumberRow::from(&desk.app.phone_number(&actor, &id).await?)))
}

/// Changes of a phone number. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PhoneNumberChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    label: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    engine: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    transfer_number: Option<Option<String>>,
    is_active: Option<bool>,
}

/// Changes a phone number. The number itself stays: take it out and add another one.
#[utoipa::path(patch, path = "/api/phone-numbers/{id}", tag = "users", request_body = PhoneNumberChanges, params(("id" = String, Path, description = "Id of the phone number")),
    responses((status = 200, description = "The phone number as it is now", body = PhoneNumberRow)))]
pub(crate) async fn patch_phone_number(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Body { value, .. }: Body<PhoneNumberChanges>,
) -> Result<Json<PhoneNumberRow>, ApiError> {
    let PhoneNumberChanges { version, label, engine, transfer_number, is_active } = value;
    let patch = PhoneNumberPatch { version, label, engine, transfer_number, is_active };
    Ok(Json(PhoneNumberRow::from(&desk.app.patch_phone_number(&actor, &id, patch).await?)))
}

/// Takes a phone number out.
#[utoipa::path(delete, path = "/api/phone-numbers/{id}", tag = "users", params(("id" = String, Path, description = "Id of the phone number")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove_phone_number(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.remove_phone_number(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
