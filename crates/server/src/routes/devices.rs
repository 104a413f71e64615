//! Devices of organizations.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::devices::{After, Detail, DevicePatch, Line, NewDevice, Query, Sort};
use patchcord_app::{Answered, AppError};
use patchcord_domain::FieldError;
use patchcord_domain::device::{DeviceStatus, DeviceType, normalize_ip, normalize_mac};
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsAgent, AsViewer, Body, Id, Params};
use crate::name_paging::{cursor_by_name, no_cursor, wanted_by_name};
use crate::paging::Page;
use crate::shape::{self, DeviceDetail, DeviceRow};

/// Most values of one filter.
const VALUES_MAX: usize = 50;

/// Filters, order and page. A filter may be repeated, or list several values with commas: any of them fits.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeviceQuery {
    /// Words that name, serial number, asset tag or IP address must have, such as `HAL-LT` or `10.20.10`; the last may be the
    /// beginning of one.
    pub(super) q: Option<String>,
    /// Ids of organizations.
    #[serde(default)]
    pub(super) org: Vec<String>,
    /// Ids of contacts: the devices that they use.
    #[serde(default)]
    pub(super) contact: Vec<String>,
    /// WORKSTATION, SERVER, LAPTOP, PRINTER, PHONE, NETWORK, MOBILE, OTHER.
    #[serde(default)]
    pub(super) r#type: Vec<String>,
    /// ONLINE, OFFLINE, UNKNOWN, RETIRED.
    #[serde(default)]
    pub(super) status: Vec<String>,
    /// Whole host names, in any case.
    #[serde(default)]
    pub(super) name: Vec<String>,
    /// Whole serial numbers, in any case.
    #[serde(default)]
    pub(super) serial_number: Vec<String>,
    /// Whole asset tags, in any case.
    #[serde(default)]
    pub(super) asset_tag: Vec<String>,
    /// Whole addresses, in any notation.
    #[serde(default)]
    pub(super) ip_address: Vec<String>,
    /// Whole addresses, in any notation.
    #[serde(default)]
    pub(super) mac_address: Vec<String>,
    /// name, createdAt or updatedAt; with `-` before it the largest comes first. `name` when absent.
    pub(super) sort: Option<String>,
    /// 1 to 100; 25 when absent.
    pub(super) limit: Option<u64>,
    /// At most 10,000.
    pub(super) offset: Option<u64>,
    /// From 1, instead of an offset.
    pub(super) page: Option<u64>,
    /// `nextCursor` of the page before, instead of an offset.
    pub(super) cursor: Option<String>,
    /// `exact` fills `total`.
    pub(super) count: Option<String>,
}

impl DeviceQuery {
    /// Whether a part of the list was asked for, which an export does not have.
    pub(super) fn has_page(&self) -> bool {
        let numbers = [self.limit, self.offset, self.page];
        numbers.iter().any(Option::is_some) || self.cursor.is_some() || self.count.is_some()
    }

    /// The query that filters and order mean.
    pub(super) fn query(&self) -> Result<Query, Vec<FieldError>> {
        let mut faults = Faults::default();
        let lists = [
            ("org", &self.org),
            ("contact", &self.contact),
            ("type", &self.r#type),
            ("status", &self.status),
            ("name", &self.name),
            ("serialNumber", &self.serial_number),
            ("assetTag", &self.asset_tag),
            ("ipAddress", &self.ip_address),
            ("macAddress", &self.mac_address),
        ];
        for (field, values) in lists {
            if each(values).count() > VALUES_MAX {
                faults.add(field, format!("takes at most {VALUES_MAX} values"));
            }
        }
        let texts = |values: &[String]| each(values).map(str::to_owned).collect::<Vec<_>>();
        let order = self.sort.as_deref().unwrap_or("name");
        let (key, descending) = order.strip_prefix('-').map_or((order, false), |key| (key, true));
        let allowed = "name, createdAt, updatedAt, each with - before it for the largest first";
        let query = Query {
            organizations: ids(&mut faults, "org", &self.org),
            contacts: ids(&mut faults, "contact", &self.contact),
            types: each(&self.r#type)
                .filter_map(|text| faults.one_of("type", text, DeviceType::parse, DeviceType::ALLOWED))
                .map(|value| value.as_str().to_owned())
                .collect(),
            statuses: each(&self.status)
                .filter_map(|text| faults.one_of("status", text, DeviceStatus::parse, DeviceStatus::ALLOWED))
                .map(|value| value.as_str().to_owned())
                .collect(),
            names: texts(&self.name),
            serial_numbers: texts(&self.serial_number),
            asset_tags: texts(&self.asset_tag),
            ip_addresses: each(&self.ip_address)
                .filter_map(|text| one_form(&mut faults, "ipAddress", text, normalize_ip))
                .collect(),
            mac_addresses: each(&self.mac_address)
                .filter_map(|text| one_form(&mut faults, "macAddress", text, normalize_mac))
                .collect(),
            words: self.q.as_ref().map(|q| faults.text("q", q, 0, 200)).filter(|q| !q.is_empty()),
            sort: faults.one_of("sort", key, sort_key, allowed).unwrap_or_default(),
            descending,
            after: None,
            offset: 0,
            limit: 0,
        };
        for (field, values) in
            [("name", &query.names), ("serialNumber", &query.serial_numbers), ("assetTag", &query.asset_tags)]
        {
            if values.iter().any(|value| value.contains('\0')) {
                faults.add(field, "must not have control characters");
            }
        }
        faults.into_result(query)
    }
}

fn sort_key(text: &str) -> Option<Sort> {
    match text {
        "name" => Some(Sort::Name),
        "createdAt" => Some(Sort::CreatedAt),
        "updatedAt" => Some(Sort::UpdatedAt),
        _ => None,
    }
}

fn one_form(faults: &mut Faults, field: &str, text: &str, form: fn(&str) -> Option<String>) -> Option<String> {
    let value = form(text);
    if value.is_none() {
        faults.add(field, "must be a whole address");
    }
    value
}

fn ids(faults: &mut Faults, field: &str, values: &[String]) -> Vec<String> {
    each(values).inspect(|text| faults.id(field, text)).map(str::to_owned).collect()
}

/// Values of a filter that is repeated, or written with commas.
pub(super) fn each(values: &[String]) -> impl Iterator<Item = &str> {
    values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|value| !value.is_empty())
}

/// Devices that fit the filters.
#[utoipa::path(get, path = "/api/devices", tag = "people and things", params(DeviceQuery),
    responses((status = 200, description = "A page of devices", body = Page<DeviceRow>)))]
pub(crate) async fn list_devices(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<DeviceQuery>,
) -> Result<Json<Page<DeviceRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let page = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let mut query = params.query().map_err(AppError::Invalid)?;
    query.after = page.after.map(|(value, id)| place(query.sort, value, id)).transpose()?;
    (query.limit, query.offset) = (page.limit, page.offset);
    let sort = query.sort;
    let found = desk.app.list_devices(&actor, query, page.count).await?;
    let next_cursor = found.devices.last().filter(|_| found.has_more).map(|row| next(sort, row));
    Ok(Json(Page {
        items: found.devices.iter().map(DeviceRow::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor,
        total: found.total,
    }))
}

pub(super) fn place(sort: Sort, value: String, id: String) -> Result<After, ApiError> {
    match sort {
        Sort::Name => Ok(After::Name(value, id)),
        Sort::CreatedAt | Sort::UpdatedAt => value.parse().map(|at| After::At(at, id)).map_err(|_| no_cursor()),
    }
}

pub(super) fn next(sort: Sort, row: &Line) -> String {
    match row.place(sort) {
        After::Name(name, id) => cursor_by_name(&name, &id),
        After::At(at, id) => cursor_by_name(&at.to_string(), &id),
    }
}

/// A new device.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeviceInput {
    organization_id: String,
    /// A location of the organization.
    location_id: Option<String>,
    /// The host name: letters, digits, hyphens and underscores, with dots between parts; at most 253 characters.
    #[schema(example = "HAL-LT-014")]
    name: String,
    /// WORKSTATION, SERVER, LAPTOP, PRINTER, PHONE, NETWORK, MOBILE, OTHER.
    #[schema(example = "LAPTOP")]
    r#type: String,
    manufacturer_id: Option<String>,
    /// A model of the manufacturer, which it brings along when that is absent.
    model_id: Option<String>,
    operating_system_id: Option<String>,
    domain_id: Option<String>,
    /// At most 100 characters.
    serial_number: Option<String>,
    /// At most 100 characters.
    asset_tag: Option<String>,
    /// IPv4 or IPv6.
    #[schema(example = "192.0.2.7")]
    ip_address: Option<String>,
    /// In any common notation.
    #[schema(example = "00:00:5E:00:53:01")]
    mac_address: Option<String>,
    /// ONLINE, OFFLINE, UNKNOWN, RETIRED; UNKNOWN when absent.
    status: Option<String>,
    /// RFC 3339, not in the future.
    last_seen_at: Option<String>,
    /// A date from 1980 to 2099.
    #[schema(example = "2028-06-30")]
    warranty_until: Option<String>,
    /// At most 5,000 characters.
    notes: Option<String>,
}

impl From<DeviceInput> for NewDevice {
    fn from(input: DeviceInput) -> Self {
        Self {
            organization_id: input.organization_id,
            location_id: input.location_id,
            name: input.name,
            r#type: input.r#type,
            manufacturer_id: input.manufacturer_id,
            model_id: input.model_id,
            operating_system_id: input.operating_system_id,
            domain_id: input.domain_id,
            serial_number: input.serial_number,
            asset_tag: input.asset_tag,
            ip_address: input.ip_address,
            mac_address: input.mac_address,
            status: input.status,
            last_seen_at: input.last_seen_at,
            warranty_until: input.warranty_until,
            notes: input.notes,
        }
    }
}

/// Adds a device.
#[utoipa::path(post, path = "/api/devices", tag = "people and things", request_body = DeviceInput,
    responses((status = 201, description = "Added; Location names it", body = DeviceDetail)))]
pub(crate) async fn add_device(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, once }: Body<DeviceInput>,
) -> Result<Response, ApiError> {
    fn added(detail: &Detail) -> (u16, Value) {
        (201, shape::value(&DeviceDetail::from(detail)))
    }
    let done = desk.app.add_device(&actor, value.into(), once, added).await?;
    let id = match &done {
        Answered::New(detail) => detail.line.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, added);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/devices/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One device with its organization, its place, who uses it and how many of its tickets are open.
#[utoipa::path(get, path = "/api/devices/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the device")),
    responses((status = 200, description = "The device", body = DeviceDetail)))]
pub(crate) async fn get_device(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<DeviceDetail>, ApiError> {
    Ok(Json(DeviceDetail::from(&desk.app.device(&actor, &id).await?)))
}

/// Changes of a device. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeviceChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    /// Another organization, while no contact uses the device and no ticket is about it; its location is emptied.
    organization_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    location_id: Option<Option<String>>,
    name: Option<String>,
    r#type: Option<String>,
    /// Another manufacturer empties the model.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    manufacturer_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    model_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    operating_system_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    domain_id: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    serial_number: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    asset_tag: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    ip_address: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    mac_address: Option<Option<String>>,
    status: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    last_seen_at: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    warranty_until: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    notes: Option<Option<String>>,
}

impl From<DeviceChanges> for DevicePatch {
    fn from(changes: DeviceChanges) -> Self {
        Self {
            version: changes.version,
            organization_id: changes.organization_id,
            location_id: changes.location_id,
            name: changes.name,
            r#type: changes.r#type,
            manufacturer_id: changes.manufacturer_id,
            model_id: changes.model_id,
            operating_system_id: changes.operating_system_id,
            domain_id: changes.domain_id,
            serial_number: changes.serial_number,
            asset_tag: changes.asset_tag,
            ip_address: changes.ip_address,
            mac_address: changes.mac_address,
            status: changes.status,
            last_seen_at: changes.last_seen_at,
            warranty_until: changes.warranty_until,
            notes: changes.notes,
        }
    }
}

/// Changes a device.
#[utoipa::path(patch, path = "/api/devices/{id}", tag = "people and things", request_body = DeviceChanges, params(("id" = String, Path, description = "Id of the device")),
    responses((status = 200, description = "The device as it is now", body = DeviceDetail),
        (status = 409, description = "`stale_version`, or `in_use` when it cannot go to another organization", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn patch_device(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<DeviceChanges>,
) -> Result<Json<DeviceDetail>, ApiError> {
    Ok(Json(DeviceDetail::from(&desk.app.patch_device(&actor, &id, value.into()).await?)))
}

/// Deletes a device that no contact uses and no ticket is about.
#[utoipa::path(delete, path = "/api/devices/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the device")),
    responses((status = 204, description = "It is gone"),
        (status = 409, description = "`in_use`; the text names by what", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn remove_device(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.remove_device(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
