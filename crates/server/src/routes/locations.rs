//! Sites of organizations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchcord_app::AppError;
use patchcord_app::locations::{Line, LocationPatch, NewLocation, Query};
use patchcord_domain::FieldError;
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsAgent, AsViewer, Body, Id, Params};
use crate::lists::{self, created, ids, order, part};
use crate::name_paging::wanted_by_name;
use crate::paging::Page;
use crate::shape::{self, LocationRow};

/// Filters, order and page. A filter may be repeated, or list several values with commas: any of them fits.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct LocationQuery {
    /// Words that name, address or city must have; the last may be the beginning of one.
    q: Option<String>,
    #[serde(default)]
    organization_id: Vec<String>,
    /// name, createdAt or updatedAt; with `-` before it the largest comes first. `name` when absent.
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

fn query(params: &LocationQuery) -> Result<Query, Vec<FieldError>> {
    let mut faults = Faults::default();
    let query = Query {
        words: lists::words(&mut faults, params.q.as_deref()),
        organizations: ids(&mut faults, "organizationId", &params.organization_id),
        slice: order(&mut faults, params.sort.as_deref()),
    };
    faults.into_result(query)
}

/// Locations that fit the filters.
#[utoipa::path(get, path = "/api/locations", tag = "people and things", params(LocationQuery),
    responses((status = 200, description = "A page of locations", body = Page<LocationRow>)))]
pub(crate) async fn list_locations(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<LocationQuery>,
) -> Result<Json<Page<LocationRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let asked = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let query = query(&params).map_err(AppError::Invalid)?;
    let (sort, slice) = (query.slice.sort, part(query.slice.clone(), &asked)?);
    let found = desk.app.list_locations(&actor, Query { slice, ..query }, asked.count).await?;
    Ok(lists::page(&found, &asked, sort))
}

/// A new location.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LocationInput {
    organization_id: String,
    /// 1 to 200 characters.
    #[schema(example = "Head office")]
    name: String,
    /// At most 500 characters.
    address: Option<String>,
    /// At most 200 characters.
    city: Option<String>,
    /// Two letters (ISO 3166-1).
    #[schema(example = "US")]
    country: Option<String>,
    /// In any common notation; a national one as it is dialled in the country, or else in the workspace's.
    #[schema(example = "(202) 555-0143")]
    phone: Option<String>,
    /// A time zone of the IANA database.
    #[schema(example = "America/New_York")]
    timezone: Option<String>,
}

/// Adds a location.
#[utoipa::path(post, path = "/api/locations", tag = "people and things", request_body = LocationInput,
    responses((status = 201, description = "Added; Location names it", body = LocationRow)))]
pub(crate) async fn add_location(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, once }: Body<LocationInput>,
) -> Result<Response, ApiError> {
    fn added(line: &Line) -> (u16, Value) {
        (201, shape::value(&LocationRow::from(line)))
    }
    let LocationInput { organization_id, name, address, city, country, phone, timezone } = value;
    let input = NewLocation { organization_id, name, address, city, country, phone, timezone };
    let done = desk.app.add_location(&actor, input, once, added).await?;
    Ok(created(&done, added, "/api/locations"))
}

/// One location.
#[utoipa::path(get, path = "/api/locations/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the location")),
    responses((status = 200, description = "The location", body = LocationRow)))]
pub(crate) async fn get_location(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<LocationRow>, ApiError> {
    Ok(Json(LocationRow::from(&desk.app.location(&actor, &id).await?)))
}

/// Changes of a location, which stays its organization's. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LocationChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    address: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    city: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    country: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    timezone: Option<Option<String>>,
}

/// Changes a location.
#[utoipa::path(patch, path = "/api/locations/{id}", tag = "people and things", request_body = LocationChanges, params(("id" = String, Path, description = "Id of the location")),
    responses((status = 200, description = "The location as it is now", body = LocationRow)))]
pub(crate) async fn patch_location(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<LocationChanges>,
) -> Result<Json<LocationRow>, ApiError> {
    let LocationChanges { version, name, address, city, country, phone, timezone } = value;
    let patch = LocationPatch { version, name, address, city, country, phone, timezone };
    Ok(Json(LocationRow::from(&desk.app.patch_location(&actor, &id, patch).await?)))
}

/// Takes a location out for good. One where contacts or devices are is 409 `in_use`.
#[utoipa::path(delete, path = "/api/locations/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the location")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove_location(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.remove_location(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
