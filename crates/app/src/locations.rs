//! Locations: sites of organizations.

use patchcord_domain::country::Country;
use patchcord_domain::location::{ADDRESS_MAX, CITY_MAX, NAME_MAX, country};
use patchcord_domain::phone::phone;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_domain::workspace::timezone;
use patchcord_store::rows::{Location, Organization};
use patchcord_store::{Connection, Tenant, Tx, locations, search};
use serde_json::{Value, json};

use crate::error::require;
use crate::people::{Listing, each, expect_unused, one_line, one_more};
use crate::{Answered, App, AppError, Current, Once, Shape};

pub use patchcord_store::locations::{Line, Query};

/// A new location. Texts come as they were sent; [`App::add_location`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct NewLocation {
    pub organization_id: String,
    pub name: String,
    pub address: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub timezone: Option<String>,
}

/// What may be changed about a location; it stays its organization's. An outer `None` leaves the field alone, an inner one
/// empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct LocationPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    pub name: Option<String>,
    pub address: Option<Option<String>>,
    pub city: Option<Option<String>>,
    pub country: Option<Option<String>>,
    pub phone: Option<Option<String>>,
    pub timezone: Option<Option<String>>,
}

impl App {
    /// A page of the locations that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_locations(&self, actor: &Actor, query: Query, count: bool) -> Result<Listing<Line>, AppError> {
        require(actor, Role::Viewer)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let total = if count { Some(locations::count(tenant, &query).await?) } else { None };
        let (wanted, slice) = (query.slice.limit, one_more(&query.slice));
        Ok(Listing::of(locations::page(tenant, &Query { slice, ..query }).await?, wanted, total))
    }

    /// One location.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn location(&self, actor: &Actor, id: &str) -> Result<Line, AppError> {
        require(actor, Role::Viewer)?;
        line(self.store.tenant(&actor.workspace_id), id).await
    }

    /// Adds a location, its search document and the line of the audit log in one transaction.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn add_location(
        &self,
        actor: &Actor,
        input: NewLocation,
        once: Option<Once>,
        shape: Shape<Line>,
    ) -> Result<Answered<Line>, AppError> {
        require(actor, Role::Agent)?;
        let now = self.clock.now();
        let empty = Location {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: self.id(),
            organization_id: input.organization_id,
            name: String::new(),
            address: None,
            city: None,
            country: None,
            phone: None,
            timezone: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let patch = LocationPatch {
            version: None,
            name: Some(input.name),
            address: input.address.map(Some),
            city: input.city.map(Some),
            country: input.country.map(Some),
            phone: input.phone.map(Some),
            timezone: input.timezone.map(Some),
        };
        let home = self.country_of(&actor.workspace_id, patch.phone.is_some()).await?;
        let mut faults = Faults::default();
        faults.id("organizationId", &empty.organization_id);
        let row = applied_to(&empty, patch, home, faults)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                if tenant.get::<Organization>(&row.organization_id).await?.is_none() {
                    return Err(AppError::invalid("organizationId", "there is no such organization"));
                }
                tenant.add(row.clone()).await?;
                index(tenant, &row).await?;
                app.log_change(tenant, &acting.user_id, "location.added", &row.id, None, Some(facts(&row))).await?;
                line(tenant, &row.id).await
            })
        })
        .await
    }

    /// Changes a location, and its search document with it.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; [`AppError::Invalid`] with every wrong field.
    pub async fn patch_location(&self, actor: &Actor, id: &str, patch: LocationPatch) -> Result<Line, AppError> {
        require(actor, Role::Agent)?;
        let home = self.country_of(&actor.workspace_id, matches!(patch.phone, Some(Some(_)))).await?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Location>(&id).await?.ok_or(AppError::NotFound("location"))?;
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::Location(Box::new(line(tenant, &id).await?))));
                    }
                    let mut row = applied_to(&before, patch, home, Faults::default())?;
                    if row != before {
                        row.version += 1;
                        row.updated_at = app.clock.now();
                        tenant.save(row.clone()).await?;
                        index(tenant, &row).await?;
                        let (from, to) = (Some(facts(&before)), Some(facts(&row)));
                        app.log_change(tenant, &actor.user_id, "location.changed", &id, from, to).await?;
                    }
                    line(tenant, &id).await
                })
            })
            .await
    }

    /// Takes a location out where nobody and nothing is.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Conflict`] `in_use`, which names by what.
    pub async fn remove_location(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Location>(&id).await?.ok_or(AppError::NotFound("location"))?;
                    let uses = locations::uses(tenant, &id).await?;
                    let uses = [(uses.contacts, "contact"), (uses.devices, "device")];
                    expect_unused("the location", &uses, "move them first")?;
                    locations::remove(tenant, &id).await?;
                    search::forget(tenant, search::LOCATION, &id).await?;
                    let from = Some(facts(&before));
                    app.log_change(tenant, &actor.user_id, "location.removed", &id, from, None).await
                })
            })
            .await
    }
}

async fn line<C: Connection>(tenant: Tenant<'_, C>, id: &str) -> Result<Line, AppError> {
    locations::line(tenant, id).await?.ok_or(AppError::NotFound("location"))
}

/// Writes the search document anew, in the transaction of the change.
pub(crate) async fn index(tenant: Tenant<'_, Tx>, row: &Location) -> Result<(), AppError> {
    let text = locations::search_text(&row.name, [row.address.as_deref(), row.city.as_deref()]);
    Ok(search::replace(tenant, search::LOCATION, &row.id, &text).await?)
}

/// The location as it is afterwards. National numbers are read as those of its own country, or else of the workspace's.
fn applied_to(
    before: &Location,
    patch: LocationPatch,
    home: Option<Country>,
    mut faults: Faults,
) -> Result<Location, AppError> {
    let mut row = before.clone();
    row.name = patch.name.map_or(row.name, |text| faults.text("name", &one_line(&text), 1, NAME_MAX));
    let address = each(patch.address, |text| faults.text("address", text, 1, ADDRESS_MAX));
    let city = each(patch.city, |text| faults.text("city", &one_line(text), 1, CITY_MAX));
    if let Some(given) = patch.country {
        let read = given.and_then(|text| country(&mut faults, "country", &text));
        row.country = read.map(|country| country.to_string());
    }
    let own = row.country.as_deref().and_then(Country::parse).or(home);
    let phone = each(patch.phone, |text| phone(&mut faults, "phone", text, own));
    let timezone = each(patch.timezone, |text| timezone(&mut faults, "timezone", text));
    row.address = address.unwrap_or(row.address);
    row.city = city.unwrap_or(row.city);
    row.phone = phone.unwrap_or(row.phone);
    row.timezone = timezone.unwrap_or(row.timezone);
    faults.into_result(row).map_err(AppError::Invalid)
}

/// What the audit log keeps of a location.
fn facts(row: &Location) -> Value {
    json!({
        "organizationId": row.organization_id, "name": row.name, "address": row.address, "city": row.city,
        "country": row.country, "phone": row.phone, "timezone": row.timezone, "version": row.version,
    })
}
