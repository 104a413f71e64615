//! Contacts: people at organizations, found by phone number or email.

use patchcord_domain::contact::{NAME_MAX, TITLE_MAX, email, language};
use patchcord_domain::id::{WorkspaceId, is_id};
use patchcord_domain::phone::{Country, phone, readings};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{Contact, Location, Organization};
use patchcord_store::{Connection, Tenant, Tx, contacts, search};
use serde_json::{Value, json};

use crate::error::require;
use crate::people::{Listing, each, expect_unused, one_line, one_more};
use crate::{Answered, App, AppError, Current, Once, Shape};

pub use patchcord_store::contacts::{Line, Query};

/// A new contact. Texts come as they were sent; [`App::add_contact`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct NewContact {
    pub organization_id: String,
    pub location_id: Option<String>,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub title: Option<String>,
    pub is_vip: Option<bool>,
    pub preferred_language: Option<String>,
}

/// What may be changed about a contact. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct ContactPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    pub organization_id: Option<String>,
    pub location_id: Option<Option<String>>,
    pub name: Option<String>,
    pub email: Option<Option<String>>,
    pub phone: Option<Option<String>>,
    pub title: Option<Option<String>>,
    pub is_vip: Option<bool>,
    pub preferred_language: Option<Option<String>>,
}

impl From<NewContact> for ContactPatch {
    /// A new contact is an empty one with every field changed.
    fn from(new: NewContact) -> Self {
        Self {
            version: None,
            organization_id: Some(new.organization_id),
            location_id: new.location_id.map(Some),
            name: Some(new.name),
            email: new.email.map(Some),
            phone: new.phone.map(Some),
            title: new.title.map(Some),
            is_vip: new.is_vip,
            preferred_language: new.preferred_language.map(Some),
        }
    }
}

impl App {
    /// A page of the contacts that fit. Phone numbers are taken in any common notation.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when a phone number cannot be read.
    pub async fn list_contacts(&self, actor: &Actor, mut query: Query, count: bool) -> Result<Listing<Line>, AppError> {
        require(actor, Role::Viewer)?;
        query.phones = self.numbers(actor, &query.phones).await?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let total = if count { Some(contacts::count(tenant, &query).await?) } else { None };
        let (wanted, slice) = (query.slice.limit, one_more(&query.slice));
        Ok(Listing::of(contacts::page(tenant, &Query { slice, ..query }).await?, wanted, total))
    }

    /// A page of the contacts of an organization that fit.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the organization is not the actor's to see.
    pub async fn organization_contacts(
        &self,
        actor: &Actor,
        id: &str,
        query: Query,
        count: bool,
    ) -> Result<Listing<Line>, AppError> {
        self.organization(actor, id).await?;
        self.list_contacts(actor, Query { organizations: vec![id.to_owned()], ..query }, count).await
    }

    /// One contact.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn contact(&self, actor: &Actor, id: &str) -> Result<Line, AppError> {
        require(actor, Role::Viewer)?;
        line(self.store.tenant(&actor.workspace_id), id).await
    }

    /// Adds a contact, its search document and the line of the audit log in one transaction.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn add_contact(
        &self,
        actor: &Actor,
        input: NewContact,
        once: Option<Once>,
        shape: Shape<Line>,
    ) -> Result<Answered<Line>, AppError> {
        require(actor, Role::Agent)?;
        let now = self.clock.now();
        let empty = Contact {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: self.id(),
            organization_id: String::new(),
            location_id: None,
            name: String::new(),
            email: None,
            phone: None,
            title: None,
            is_vip: false,
            preferred_language: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let country = match &input.phone {
            Some(_) => self.country_at(&actor.workspace_id, input.location_id.as_deref()).await?,
            None => None,
        };
        let changes = Changes::of(ContactPatch::from(input), country)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                let row = changes.applied_to(tenant, &empty).await?;
                tenant.add(row.clone()).await?;
                index(tenant, &row).await?;
                app.log_change(tenant, &acting.user_id, "contact.added", &row.id, None, Some(facts(&row))).await?;
                line(tenant, &row.id).await
            })
        })
        .await
    }

    /// Changes a contact, and its search document with it. Whoever goes to another organization leaves the location behind;
    /// devices must be taken from them first.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; [`AppError::Invalid`] with every wrong field;
    /// [`AppError::Conflict`] `in_use` when the contact's devices keep it at its organization.
    pub async fn patch_contact(&self, actor: &Actor, id: &str, patch: ContactPatch) -> Result<Line, AppError> {
        require(actor, Role::Agent)?;
        let version = patch.version;
        let country = self.country_for(actor, id, &patch).await?;
        let changes = Changes::of(patch, country)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Contact>(&id).await?.ok_or(AppError::NotFound("contact"))?;
                    if version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::Contact(Box::new(line(tenant, &id).await?))));
                    }
                    let mut row = changes.applied_to(tenant, &before).await?;
                    if row.organization_id != before.organization_id {
                        let devices = contacts::uses(tenant, &id).await?.devices;
                        let remedy = "take them from the contact before it goes to another organization";
                        expect_unused("the contact", &[(devices, "device")], remedy)?;
                    }
                    if row != before {
                        row.version += 1;
                        row.updated_at = app.clock.now();
                        tenant.save(row.clone()).await?;
                        index(tenant, &row).await?;
                        let (from, to) = (Some(facts(&before)), Some(facts(&row)));
                        app.log_change(tenant, &actor.user_id, "contact.changed", &id, from, to).await?;
                    }
                    line(tenant, &id).await
                })
            })
            .await
    }

    /// Takes a contact out whom nothing names.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Conflict`] `in_use`, which names by what.
    pub async fn remove_contact(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Contact>(&id).await?.ok_or(AppError::NotFound("contact"))?;
                    let uses = contacts::uses(tenant, &id).await?;
                    let uses = [
                        (uses.devices, "device"),
                        (uses.tickets, "ticket"),
                        (uses.messages, "message"),
                        (uses.calls, "call"),
                    ];
                    expect_unused("the contact", &uses, "devices can be taken from it, tickets and calls keep it")?;
                    contacts::remove(tenant, &id).await?;
                    search::forget(tenant, search::CONTACT, &id).await?;
                    let from = Some(facts(&before));
                    app.log_change(tenant, &actor.user_id, "contact.removed", &id, from, None).await
                })
            })
            .await
    }

    /// The numbers in E.164 that somebody looks for.
    pub(crate) async fn numbers(&self, actor: &Actor, texts: &[String]) -> Result<Vec<String>, AppError> {
        let country = self.country_of(&actor.workspace_id, !texts.is_empty()).await?;
        let mut faults = Faults::default();
        let mut numbers = Vec::new();
        for text in texts {
            match readings(text, country) {
                Ok(found) => numbers.extend(found),
                Err(wrong) => faults.add("phone", wrong.to_string()),
            }
        }
        faults.into_result(numbers).map_err(AppError::Invalid)
    }

    /// The country whose national numbers are written at a location: its own, or else the workspace's.
    pub(crate) async fn country_at(
        &self,
        workspace: &WorkspaceId,
        location_id: Option<&str>,
    ) -> Result<Option<Country>, AppError> {
        if let Some(id) = location_id.filter(|id| is_id(id))
            && let Some(location) = self.store.tenant(workspace).get::<Location>(id).await?
            && let Some(country) = location.country.as_deref().and_then(Country::parse)
        {
            return Ok(Some(country));
        }
        self.country_of(workspace, true).await
    }

    /// The country by which a patch's phone number is read: of the location that the contact has afterwards.
    async fn country_for(&self, actor: &Actor, id: &str, patch: &ContactPatch) -> Result<Option<Country>, AppError> {
        if !matches!(patch.phone, Some(Some(_))) {
            return Ok(None);
        }
        let location_id = match (&patch.location_id, &patch.organization_id) {
            (Some(location_id), _) => location_id.clone(),
            (None, Some(_)) => None,
            (None, None) => {
                let contact = self.store.tenant(&actor.workspace_id).get::<Contact>(id).await?;
                contact.ok_or(AppError::NotFound("contact"))?.location_id
            }
        };
        self.country_at(&actor.workspace_id, location_id.as_deref()).await
    }
}

async fn line<C: Connection>(tenant: Tenant<'_, C>, id: &str) -> Result<Line, AppError> {
    contacts::line(tenant, id).await?.ok_or(AppError::NotFound("contact"))
}

/// Writes the search document anew, in the transaction of the change.
pub(crate) async fn index(tenant: Tenant<'_, Tx>, row: &Contact) -> Result<(), AppError> {
    Ok(search::replace(tenant, search::CONTACT, &row.id, &search_text(row)).await?)
}

/// What a search finds in a contact.
pub(crate) fn search_text(row: &Contact) -> String {
    contacts::search_text(&row.name, [&row.email, &row.phone, &row.title].map(Option::as_deref))
}

/// A change of which everything was checked that needs no data.
struct Changes {
    organization_id: Option<String>,
    location_id: Option<Option<String>>,
    name: Option<String>,
    email: Option<Option<String>>,
    phone: Option<Option<String>>,
    title: Option<Option<String>>,
    is_vip: Option<bool>,
    preferred_language: Option<Option<String>>,
}

impl Changes {
    fn of(patch: ContactPatch, country: Option<Country>) -> Result<Self, AppError> {
        let mut faults = Faults::default();
        if let Some(id) = &patch.organization_id {
            faults.id("organizationId", id);
        }
        if let Some(Some(id)) = &patch.location_id {
            faults.id("locationId", id);
        }
        let changes = Self {
            organization_id: patch.organization_id,
            location_id: patch.location_id,
            name: patch.name.map(|text| faults.text("name", &one_line(&text), 1, NAME_MAX)),
            email: each(patch.email, |text| email(&mut faults, "email", text)),
            phone: each(patch.phone, |text| phone(&mut faults, "phone", text, country)),
            title: each(patch.title, |text| faults.text("title", &one_line(text), 1, TITLE_MAX)),
            is_vip: patch.is_vip,
            preferred_language: each(patch.preferred_language, |text| language(&mut faults, "preferredLanguage", text)),
        };
        faults.into_result(changes).map_err(AppError::Invalid)
    }

    /// The contact as it is afterwards; its organization and its location are there and belong together.
    async fn applied_to(self, tenant: Tenant<'_, Tx>, before: &Contact) -> Result<Contact, AppError> {
        let mut row = before.clone();
        row.organization_id = self.organization_id.unwrap_or(row.organization_id);
        if row.organization_id != before.organization_id {
            // The old organization's sites are not the new one's.
            row.location_id = None;
        }
        row.location_id = self.location_id.unwrap_or(row.location_id);
        row.name = self.name.unwrap_or(row.name);
        row.email = self.email.unwrap_or(row.email);
        row.phone = self.phone.unwrap_or(row.phone);
        row.title = self.title.unwrap_or(row.title);
        row.is_vip = self.is_vip.unwrap_or(row.is_vip);
        row.preferred_language = self.preferred_language.unwrap_or(row.preferred_language);
        let moves = row.organization_id != before.organization_id;
        let mut faults = Faults::default();
        if moves && tenant.get::<Organization>(&row.organization_id).await?.is_none() {
            faults.add("organizationId", "there is no such organization");
        }
        if let Some(id) = row.location_id.as_ref().filter(|id| moves || Some(*id) != before.location_id.as_ref()) {
            match tenant.get::<Location>(id).await? {
                None => faults.add("locationId", "there is no such location"),
                Some(location) if location.organization_id != row.organization_id => {
                    faults.add("locationId", "the location belongs to another organization");
                }
                Some(_) => {}
            }
        }
        faults.into_result(row).map_err(AppError::Invalid)
    }
}

/// What the audit log keeps of a contact.
pub(crate) fn facts(row: &Contact) -> Value {
    json!({
        "organizationId": row.organization_id, "locationId": row.location_id, "name": row.name, "email": row.email,
        "phone": row.phone, "title": row.title, "isVip": row.is_vip, "preferredLanguage": row.preferred_language,
        "version": row.version,
    })
}
