//! The catalogues of devices: manufacturers, models, operating systems, network domains. Four nouns, one set of routes.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::catalogues::{Catalogue, Entry, EntryPatch, NewEntry, Query};
use patchcord_app::{Answered, AppError};
use patchcord_domain::device::matched;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::Actor;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use super::devices::each;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsViewer, Body, Id, Params};
use crate::name_paging::{cursor_by_name, wanted_by_name};
use crate::paging::Page;
use crate::shape::{self, EntryRow, ModelRow, OperatingSystemRow};

/// Most values of one filter.
const VALUES_MAX: usize = 50;

/// Filters, order and page.
#[derive(Default, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EntryQuery {
    /// How the name begins, in any case.
    q: Option<String>,
    /// Whole names, in any case. May be repeated, or list several with commas.
    #[serde(default)]
    name: Vec<String>,
    /// `name`, or `-name` for Z to A.
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

/// Filters, order and page.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ModelQuery {
    /// Ids of manufacturers. May be repeated, or list several with commas.
    #[serde(default)]
    manufacturer_id: Vec<String>,
    /// How the name begins, in any case.
    q: Option<String>,
    /// Whole names, in any case. May be repeated, or list several with commas.
    #[serde(default)]
    name: Vec<String>,
    /// `name`, or `-name` for Z to A.
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

/// What a list is asked for, whichever catalogue it is.
#[derive(Default)]
pub(crate) struct Asked {
    manufacturers: Vec<String>,
    of: EntryQuery,
}

impl From<EntryQuery> for Asked {
    fn from(of: EntryQuery) -> Self {
        Self { manufacturers: Vec::new(), of }
    }
}

impl From<ModelQuery> for Asked {
    fn from(query: ModelQuery) -> Self {
        let ModelQuery { manufacturer_id, q, name, sort, limit, offset, page, cursor, count } = query;
        Self { manufacturers: manufacturer_id, of: EntryQuery { q, name, sort, limit, offset, page, cursor, count } }
    }
}

/// A new entry.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryInput {
    /// 1 to 120 characters; of a network domain, a host name. Names are compared without regard to case.
    #[schema(example = "Dell")]
    name: String,
}

impl From<EntryInput> for NewEntry {
    fn from(EntryInput { name }: EntryInput) -> Self {
        Self { name, manufacturer_id: None, os_version: None }
    }
}

/// A new model.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ModelInput {
    /// Who makes it.
    manufacturer_id: String,
    /// 1 to 120 characters. Names of one manufacturer's models are compared without regard to case.
    #[schema(example = "Latitude 5440")]
    name: String,
}

impl From<ModelInput> for NewEntry {
    fn from(ModelInput { manufacturer_id, name }: ModelInput) -> Self {
        Self { name, manufacturer_id: Some(manufacturer_id), os_version: None }
    }
}

/// A new operating system.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OperatingSystemInput {
    /// 1 to 120 characters. Names are compared without regard to case.
    #[schema(example = "Windows 11 Pro")]
    name: String,
    /// At most 60 characters; empty when absent.
    #[schema(example = "24H2")]
    os_version: Option<String>,
}

impl From<OperatingSystemInput> for NewEntry {
    fn from(OperatingSystemInput { name, os_version }: OperatingSystemInput) -> Self {
        Self { name, manufacturer_id: None, os_version }
    }
}

/// Changes of an entry. Absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntryChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
}

impl From<EntryChanges> for EntryPatch {
    fn from(EntryChanges { version, name }: EntryChanges) -> Self {
        Self { version, name, os_version: None }
    }
}

/// Changes of an operating system. Absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OperatingSystemChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    os_version: Option<String>,
}

impl From<OperatingSystemChanges> for EntryPatch {
    fn from(OperatingSystemChanges { version, name, os_version }: OperatingSystemChanges) -> Self {
        Self { version, name, os_version }
    }
}

/// The five routes of a catalogue.
macro_rules! catalogue {
    (
        $which:expr, $list_path:tt, $path:tt, $noun:tt, $row:ident, $query:ident, $input:ident, $changes:ident,
        $list:ident: $list_doc:tt, $add:ident: $add_doc:tt, $get:ident: $get_doc:tt, $patch:ident: $patch_doc:tt,
        $remove:ident: $remove_doc:tt
    ) => {
        #[doc = $list_doc]
        #[utoipa::path(get, path = $list_path, tag = "people and things", params($query),
            responses((status = 200, description = "A page, by name", body = Page<$row>)))]
        pub(crate) async fn $list(
            State(desk): State<Desk>,
            AsViewer(actor): AsViewer,
            Params(params): Params<$query>,
        ) -> Result<Json<Page<$row>>, ApiError> {
            let page = list(&desk, &actor, $which, params.into()).await?;
            Ok(Json(Page {
                items: page.items.iter().map($row::from).collect(),
                limit: page.limit,
                offset: page.offset,
                has_more: page.has_more,
                next_cursor: page.next_cursor,
                total: page.total,
            }))
        }

        #[doc = $add_doc]
        #[utoipa::path(post, path = $list_path, tag = "people and things", request_body = $input,
            responses((status = 201, description = "Added; Location names it", body = $row),
                (status = 409, description = "`taken`: there is one with this name", body = crate::error::Problem, content_type = "application/problem+json")))]
        pub(crate) async fn $add(
            State(desk): State<Desk>,
            AsAdmin(actor): AsAdmin,
            Body { value, once }: Body<$input>,
        ) -> Result<Response, ApiError> {
            fn added(entry: &Entry) -> (u16, Value) {
                (201, shape::value(&$row::from(entry)))
            }
            let done = desk.app.add_entry(&actor, $which, value.into(), once, added).await?;
            Ok(located(&done, added, $list_path))
        }

        #[doc = $get_doc]
        #[utoipa::path(get, path = $path, tag = "people and things", params(("id" = String, Path, description = $noun)),
            responses((status = 200, description = "As it is", body = $row)))]
        pub(crate) async fn $get(
            State(desk): State<Desk>,
            AsViewer(actor): AsViewer,
            Id(id): Id,
        ) -> Result<Json<$row>, ApiError> {
            Ok(Json($row::from(&desk.app.entry(&actor, $which, &id).await?)))
        }

        #[doc = $patch_doc]
        #[utoipa::path(patch, path = $path, tag = "people and things", request_body = $changes, params(("id" = String, Path, description = $noun)),
            responses((status = 200, description = "As it is now", body = $row),
                (status = 409, description = "`taken`: there is one with this name; `stale_version`", body = crate::error::Problem, content_type = "application/problem+json")))]
        pub(crate) async fn $patch(
            State(desk): State<Desk>,
            AsAdmin(actor): AsAdmin,
            Id(id): Id,
            Body { value, .. }: Body<$changes>,
        ) -> Result<Json<$row>, ApiError> {
            Ok(Json($row::from(&desk.app.patch_entry(&actor, $which, &id, value.into()).await?)))
        }

        #[doc = $remove_doc]
        #[utoipa::path(delete, path = $path, tag = "people and things", params(("id" = String, Path, description = $noun)),
            responses((status = 204, description = "It is gone"),
                (status = 409, description = "`in_use`; the text names by what", body = crate::error::Problem, content_type = "application/problem+json")))]
        pub(crate) async fn $remove(
            State(desk): State<Desk>,
            AsAdmin(actor): AsAdmin,
            Id(id): Id,
        ) -> Result<StatusCode, ApiError> {
            desk.app.remove_entry(&actor, $which, &id).await?;
            Ok(StatusCode::NO_CONTENT)
        }
    };
}

catalogue!(
    Catalogue::Manufacturers, "/api/device-manufacturers", "/api/device-manufacturers/{id}", "Id of the manufacturer",
    EntryRow, EntryQuery, EntryInput, EntryChanges,
    list_device_manufacturers: "Manufacturers of devices.", add_device_manufacturer: "Adds a manufacturer.",
    get_device_manufacturer: "One manufacturer.", patch_device_manufacturer: "Changes a manufacturer.",
    remove_device_manufacturer: "Deletes a manufacturer that no device and no model has."
);
catalogue!(
    Catalogue::Models, "/api/device-models", "/api/device-models/{id}", "Id of the model",
    ModelRow, ModelQuery, ModelInput, EntryChanges,
    list_device_models: "Models of devices.", add_device_model: "Adds a model of a manufacturer.",
    get_device_model: "One model.", patch_device_model: "Changes a model. It stays its manufacturer's.",
    remove_device_model: "Deletes a model that no device has."
);
catalogue!(
    Catalogue::OperatingSystems, "/api/operating-systems", "/api/operating-systems/{id}", "Id of the operating system",
    OperatingSystemRow, EntryQuery, OperatingSystemInput, OperatingSystemChanges,
    list_operating_systems: "Operating systems and their versions.", add_operating_system: "Adds an operating system.",
    get_operating_system: "One operating system.", patch_operating_system: "Changes an operating system.",
    remove_operating_system: "Deletes an operating system that no device has."
);
catalogue!(
    Catalogue::Domains, "/api/domains", "/api/domains/{id}", "Id of the domain",
    EntryRow, EntryQuery, EntryInput, EntryChanges,
    list_domains: "Network domains.", add_domain: "Adds a network domain.",
    get_domain: "One network domain.", patch_domain: "Changes a network domain.",
    remove_domain: "Deletes a network domain that no device has."
);

async fn list(desk: &Desk, actor: &Actor, catalogue: Catalogue, asked: Asked) -> Result<Page<Entry>, ApiError> {
    let Asked { manufacturers, of } = asked;
    let page = wanted_by_name(of.limit, of.offset, of.page, of.cursor.as_deref(), of.count.as_deref())?;
    let mut faults = Faults::default();
    for (field, values) in [("manufacturerId", &manufacturers), ("name", &of.name)] {
        if each(values).count() > VALUES_MAX {
            faults.add(field, format!("takes at most {VALUES_MAX} values"));
        }
    }
    let descending = match of.sort.as_deref() {
        None | Some("name") => false,
        Some("-name") => true,
        Some(_) => {
            faults.add("sort", "must be name or -name");
            false
        }
    };
    let manufacturers = each(&manufacturers).inspect(|id| faults.id("manufacturerId", id)).map(str::to_owned).collect();
    let names = each(&of.name).map(|name| faults.text("name", name, 1, 200)).collect();
    let beginning = of.q.map(|q| faults.text("q", &q, 0, 200)).filter(|q| !q.is_empty());
    let query = Query {
        manufacturers,
        names,
        beginning,
        descending,
        after: page.after,
        offset: page.offset,
        limit: page.limit,
    };
    let query = faults.into_result(query).map_err(AppError::Invalid)?;
    let found = desk.app.list_entries(actor, catalogue, query, page.count).await?;
    let last = found.entries.last().filter(|_| found.has_more);
    let next_cursor = last.map(|entry| cursor_by_name(&matched(&entry.name), &entry.id));
    Ok(Page {
        items: found.entries,
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor,
        total: found.total,
    })
}

fn located(done: &Answered<Entry>, added: fn(&Entry) -> (u16, Value), path: &str) -> Response {
    let id = match done {
        Answered::New(entry) => entry.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(done, added);
    if let Ok(location) = HeaderValue::from_str(&format!("{path}/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
