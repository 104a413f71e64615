//! Customer companies, and what belongs to one.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchcord_app::organizations::{Line, NewOrganization, OrganizationPatch, Query};
use patchcord_app::ticket_filters::Filters;
use patchcord_app::{AppError, contacts};
use patchcord_domain::FieldError;
use patchcord_domain::organization::{OrganizationStatus, ue_code};
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::devices::{DeviceQuery, next, place};
use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsViewer, Body, Id, Params};
use crate::lists::{self, created, each, ids, order, part};
use crate::name_paging::wanted_by_name;
use crate::paging::{Page, cursor, wanted};
use crate::shape::{self, ContactRow, DeviceRow, OrganizationRow, TicketLine};

/// Filters, order and page. A filter may be repeated, or list several values with commas: any of them fits.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrganizationQuery {
    /// Words that name, domain or U-E code must have; the last may be the beginning of one.
    q: Option<String>,
    /// Whole U-E codes.
    #[serde(default)]
    ue_code: Vec<String>,
    /// ACTIVE, SUSPENDED.
    #[serde(default)]
    status: Vec<String>,
    #[serde(default)]
    account_manager_id: Vec<String>,
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

impl OrganizationQuery {
    /// Whether a part of the list was asked for, which an export does not have.
    pub(super) fn has_page(&self) -> bool {
        let numbers = [self.limit, self.offset, self.page];
        numbers.iter().any(Option::is_some) || self.cursor.is_some() || self.count.is_some()
    }

    /// The query that filters and order mean.
    pub(super) fn query(&self) -> Result<Query, Vec<FieldError>> {
        let mut faults = Faults::default();
        let codes = each(&mut faults, "ueCode", &self.ue_code);
        let statuses = each(&mut faults, "status", &self.status);
        let query = Query {
            words: lists::words(&mut faults, self.q.as_deref()),
            u_e_codes: codes.into_iter().map(|text| ue_code(&mut faults, "ueCode", text)).collect(),
            statuses: statuses
                .into_iter()
                .filter_map(|text| {
                    faults.one_of("status", text, OrganizationStatus::parse, OrganizationStatus::ALLOWED)
                })
                .map(|status| status.as_str().to_owned())
                .collect(),
            account_managers: ids(&mut faults, "accountManagerId", &self.account_manager_id),
            slice: order(&mut faults, self.sort.as_deref()),
        };
        faults.into_result(query)
    }
}

/// Organizations that fit the filters.
#[utoipa::path(get, path = "/api/organizations", tag = "people and things", params(OrganizationQuery),
    responses((status = 200, description = "A page of organizations", body = Page<OrganizationRow>)))]
pub(crate) async fn list_organizations(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<OrganizationQuery>,
) -> Result<Json<Page<OrganizationRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let asked = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let query = params.query().map_err(AppError::Invalid)?;
    let (sort, slice) = (query.slice.sort, part(query.slice.clone(), &asked)?);
    let found = desk.app.list_organizations(&actor, Query { slice, ..query }, asked.count).await?;
    Ok(lists::page(&found, &asked, sort))
}

/// A new organization.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OrganizationInput {
    /// 1 to 200 characters.
    #[schema(example = "Hartwell & Finch LLP")]
    name: String,
    /// 4 to 8 digits, no other organization's.
    #[schema(example = "4821")]
    ue_code: Option<String>,
    #[schema(example = "example.com")]
    domain: Option<String>,
    account_manager_id: Option<String>,
    /// At most 10,000 characters.
    notes: Option<String>,
    /// ACTIVE or SUSPENDED; ACTIVE when absent.
    status: Option<String>,
}

/// Adds an organization. A U-E code of another one is 409 `taken`, told at the field.
#[utoipa::path(post, path = "/api/organizations", tag = "people and things", request_body = OrganizationInput,
    responses((status = 201, description = "Added; Location names it", body = OrganizationRow)))]
pub(crate) async fn add_organization(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, once }: Body<OrganizationInput>,
) -> Result<Response, ApiError> {
    fn added(line: &Line) -> (u16, Value) {
        (201, shape::value(&OrganizationRow::from(line)))
    }
    let OrganizationInput { name, ue_code, domain, account_manager_id, notes, status } = value;
    let input = NewOrganization { name, ue_code, domain, account_manager_id, notes, status };
    let done = desk.app.add_organization(&actor, input, once, added).await?;
    Ok(created(&done, added, "/api/organizations"))
}

/// One organization.
#[utoipa::path(get, path = "/api/organizations/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the organization")),
    responses((status = 200, description = "The organization", body = OrganizationRow)))]
pub(crate) async fn get_organization(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<OrganizationRow>, ApiError> {
    Ok(Json(OrganizationRow::from(&desk.app.organization(&actor, &id).await?)))
}

/// Changes of an organization. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OrganizationChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    ue_code: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    domain: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    account_manager_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    notes: Option<Option<String>>,
    /// ACTIVE or SUSPENDED.
    status: Option<String>,
}

/// Changes an organization.
#[utoipa::path(patch, path = "/api/organizations/{id}", tag = "people and things", request_body = OrganizationChanges, params(("id" = String, Path, description = "Id of the organization")),
    responses((status = 200, description = "The organization as it is now", body = OrganizationRow)))]
pub(crate) async fn patch_organization(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
    Body { value, .. }: Body<OrganizationChanges>,
) -> Result<Json<OrganizationRow>, ApiError> {
    let OrganizationChanges { version, name, ue_code, domain, account_manager_id, notes, status } = value;
    let patch = OrganizationPatch { version, name, ue_code, domain, account_manager_id, notes, status };
    Ok(Json(OrganizationRow::from(&desk.app.patch_organization(&actor, &id, patch).await?)))
}

/// Takes an organization out for good. One that contacts, devices, locations or tickets belong to is 409 `in_use`.
#[utoipa::path(delete, path = "/api/organizations/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the organization")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove_organization(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.remove_organization(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Order and page of what belongs to an organization.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrganizationContactQuery {
    /// Words that name, email, phone or title must have; the last may be the beginning of one.
    q: Option<String>,
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

/// Contacts of an organization.
#[utoipa::path(get, path = "/api/organizations/{id}/contacts", tag = "people and things", params(("id" = String, Path, description = "Id of the organization"), OrganizationContactQuery),
    responses((status = 200, description = "A page of contacts", body = Page<ContactRow>)))]
pub(crate) async fn list_organization_contacts(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
    Params(params): Params<OrganizationContactQuery>,
) -> Result<Json<Page<ContactRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let asked = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let mut faults = Faults::default();
    let words = lists::words(&mut faults, params.q.as_deref());
    let slice = order(&mut faults, params.sort.as_deref());
    let slice = faults.into_result(slice).map_err(AppError::Invalid)?;
    let (sort, slice) = (slice.sort, part(slice, &asked)?);
    let query = contacts::Query { words, slice, ..contacts::Query::default() };
    let found = desk.app.organization_contacts(&actor, &id, query, asked.count).await?;
    Ok(lists::page(&found, &asked, sort))
}

/// Filters, order and page of the devices of an organization.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrganizationDeviceQuery {
    /// Words that name, serial number, asset tag or IP address must have; the last may be the beginning of one.
    q: Option<String>,
    /// WORKSTATION, SERVER, LAPTOP, PRINTER, PHONE, NETWORK, MOBILE, OTHER.
    #[serde(default)]
    r#type: Vec<String>,
    /// ONLINE, OFFLINE, UNKNOWN, RETIRED.
    #[serde(default)]
    status: Vec<String>,
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

/// Devices of an organization.
#[utoipa::path(get, path = "/api/organizations/{id}/devices", tag = "people and things", params(("id" = String, Path, description = "Id of the organization"), OrganizationDeviceQuery),
    responses((status = 200, description = "A page of devices", body = Page<DeviceRow>)))]
pub(crate) async fn list_organization_devices(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
    Params(params): Params<OrganizationDeviceQuery>,
) -> Result<Json<Page<DeviceRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let asked = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let OrganizationDeviceQuery { q, r#type, status, sort, .. } = params;
    let filters = DeviceQuery { q, r#type, status, sort, ..DeviceQuery::default() };
    let mut query = filters.query().map_err(AppError::Invalid)?;
    let sort = query.sort;
    query.after = asked.after.clone().map(|(value, id)| place(sort, value, id)).transpose()?;
    (query.limit, query.offset) = (asked.limit, asked.offset);
    let found = desk.app.organization_devices(&actor, &id, query, asked.count).await?;
    Ok(Json(Page {
        items: found.devices.iter().map(DeviceRow::from).collect(),
        limit: asked.limit,
        offset: asked.offset,
        has_more: found.has_more,
        next_cursor: found.devices.last().filter(|_| found.has_more).map(|row| next(sort, row)),
        total: found.total,
    }))
}

/// Filters, order and page of the tickets of an organization.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OrganizationTicketQuery {
    /// OPEN, IN_PROGRESS, WAITING_ON_CUSTOMER, ESCALATED, RESOLVED, CLOSED.
    #[serde(default)]
    status: Vec<String>,
    /// LOW, MEDIUM, HIGH, URGENT.
    #[serde(default)]
    priority: Vec<String>,
    /// Words that number, subject or messages must have.
    q: Option<String>,
    /// createdAt, updatedAt, number or priority; with `-` before it the largest comes first. `-createdAt` when absent.
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

/// Tickets of an organization.
#[utoipa::path(get, path = "/api/organizations/{id}/tickets", tag = "people and things", params(("id" = String, Path, description = "Id of the organization"), OrganizationTicketQuery),
    responses((status = 200, description = "A page of tickets", body = Page<TicketLine>)))]
pub(crate) async fn list_organization_tickets(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
    Params(params): Params<OrganizationTicketQuery>,
) -> Result<Json<Page<TicketLine>>, ApiError> {
    let page = wanted(params.limit, params.offset, params.page, params.cursor.as_deref(), params.count.as_deref())?;
    let filters = Filters { status: params.status, priority: params.priority, q: params.q, ..Filters::default() };
    let mut query = filters.query("", params.sort.as_deref()).map_err(AppError::Invalid)?;
    query.after.clone_from(&page.after);
    (query.limit, query.offset) = (page.limit, page.offset);
    let found = desk.app.organization_tickets(&actor, &id, query, page.count).await?;
    let next_cursor = found.lines.last().filter(|_| found.has_more).map(|line| cursor(line.sort_value, &line.id));
    Ok(Json(Page {
        items: found.lines.into_iter().map(TicketLine::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor,
        total: found.total,
    }))
}
