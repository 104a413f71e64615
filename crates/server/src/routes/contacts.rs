//! People at organizations.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchcord_app::AppError;
use patchcord_app::contacts::{ContactPatch, Line, NewContact, Query};
use patchcord_domain::FieldError;
use patchcord_domain::contact::email;
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsAgent, AsViewer, Body, Id, Params};
use crate::lists::{self, created, each, ids, order, part};
use crate::name_paging::wanted_by_name;
use crate::paging::Page;
use crate::shape::{self, ContactRow};

/// Filters, order and page. A filter may be repeated, or list several values with commas: any of them fits.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ContactQuery {
    /// Words that name, email, phone or title must have; the last may be the beginning of one.
    q: Option<String>,
    /// Numbers in any common notation; national ones as they are dialled in the workspace's country.
    #[serde(default)]
    phone: Vec<String>,
    /// Whole addresses, in any case.
    #[serde(default)]
    email: Vec<String>,
    #[serde(default)]
    organization_id: Vec<String>,
    #[serde(default)]
    location_id: Vec<String>,
    /// `true` or `false`.
    is_vip: Option<String>,
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

impl ContactQuery {
    /// Whether a part of the list was asked for, which an export does not have.
    pub(super) fn has_page(&self) -> bool {
        let numbers = [self.limit, self.offset, self.page];
        numbers.iter().any(Option::is_some) || self.cursor.is_some() || self.count.is_some()
    }

    /// The query that filters and order mean; phone numbers are read by the use case, which knows the country.
    pub(super) fn query(&self) -> Result<Query, Vec<FieldError>> {
        let mut faults = Faults::default();
        let phones = each(&mut faults, "phone", &self.phone);
        let emails = each(&mut faults, "email", &self.email);
        let is_vip = self.is_vip.as_deref();
        let query = Query {
            words: lists::words(&mut faults, self.q.as_deref()),
            phones: phones.into_iter().map(str::to_owned).collect(),
            emails: emails.into_iter().map(|text| email(&mut faults, "email", text)).collect(),
            organizations: ids(&mut faults, "organizationId", &self.organization_id),
            locations: ids(&mut faults, "locationId", &self.location_id),
            is_vip: is_vip.and_then(|text| faults.one_of("isVip", text, |text| text.parse().ok(), "true, false")),
            slice: order(&mut faults, self.sort.as_deref()),
        };
        faults.into_result(query)
    }
}

/// Contacts that fit the filters.
#[utoipa::path(get, path = "/api/contacts", tag = "people and things", params(ContactQuery),
    responses((status = 200, description = "A page of contacts", body = Page<ContactRow>)))]
pub(crate) async fn list_contacts(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<ContactQuery>,
) -> Result<Json<Page<ContactRow>>, ApiError> {
    let (cursor, count) = (params.cursor.as_deref(), params.count.as_deref());
    let asked = wanted_by_name(params.limit, params.offset, params.page, cursor, count)?;
    let query = params.query().map_err(AppError::Invalid)?;
    let (sort, slice) = (query.slice.sort, part(query.slice.clone(), &asked)?);
    let found = desk.app.list_contacts(&actor, Query { slice, ..query }, asked.count).await?;
    Ok(lists::page(&found, &asked, sort))
}

/// A new contact.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ContactInput {
    organization_id: String,
    /// A location of the organization.
    location_id: Option<String>,
    /// 1 to 200 characters.
    #[schema(example = "Ada Byron")]
    name: String,
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    /// In any common notation; a national one as it is dialled at the location, or else in the workspace's country.
    #[schema(example = "+1 (202) 555-0143")]
    phone: Option<String>,
    /// At most 200 characters.
    title: Option<String>,
    /// Whether special care is due; false when absent.
    is_vip: Option<bool>,
    /// The tag of a language (BCP 47).
    #[schema(example = "en")]
    preferred_language: Option<String>,
}

/// Adds a contact.
#[utoipa::path(post, path = "/api/contacts", tag = "people and things", request_body = ContactInput,
    responses((status = 201, description = "Added; Location names it", body = ContactRow)))]
pub(crate) async fn add_contact(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, once }: Body<ContactInput>,
) -> Result<Response, ApiError> {
    fn added(line: &Line) -> (u16, Value) {
        (201, shape::value(&ContactRow::from(line)))
    }
    let ContactInput { organization_id, location_id, name, email, phone, title, is_vip, preferred_language } = value;
    let input = NewContact { organization_id, location_id, name, email, phone, title, is_vip, preferred_language };
    let done = desk.app.add_contact(&actor, input, once, added).await?;
    Ok(created(&done, added, "/api/contacts"))
}

/// One contact.
#[utoipa::path(get, path = "/api/contacts/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the contact")),
    responses((status = 200, description = "The contact", body = ContactRow)))]
pub(crate) async fn get_contact(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<ContactRow>, ApiError> {
    Ok(Json(ContactRow::from(&desk.app.contact(&actor, &id).await?)))
}

/// Changes of a contact. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ContactChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    /// Another organization, while no device is the contact's; the location is emptied unless a new one is named.
    organization_id: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    location_id: Option<Option<String>>,
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    phone: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    title: Option<Option<String>>,
    is_vip: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    preferred_language: Option<Option<String>>,
}

/// Changes a contact.
#[utoipa::path(patch, path = "/api/contacts/{id}", tag = "people and things", request_body = ContactChanges, params(("id" = String, Path, description = "Id of the contact")),
    responses((status = 200, description = "The contact as it is now", body = ContactRow)))]
pub(crate) async fn patch_contact(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<ContactChanges>,
) -> Result<Json<ContactRow>, ApiError> {
    let patch = ContactPatch {
        version: value.version,
        organization_id: value.organization_id,
        location_id: value.location_id,
        name: value.name,
        email: value.email,
        phone: value.phone,
        title: value.title,
        is_vip: value.is_vip,
        preferred_language: value.preferred_language,
    };
    Ok(Json(ContactRow::from(&desk.app.patch_contact(&actor, &id, patch).await?)))
}

/// Takes a contact out for good. One whom tickets, messages or devices name is 409 `in_use`.
#[utoipa::path(delete, path = "/api/contacts/{id}", tag = "people and things", params(("id" = String, Path, description = "Id of the contact")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove_contact(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.remove_contact(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
