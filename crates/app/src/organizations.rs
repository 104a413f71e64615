//! Organizations: customer companies, known to callers by their U-E codes.

use patchcord_domain::organization::{NAME_MAX, NOTES_MAX, OrganizationStatus, domain, ue_code};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{AccountManager, Organization};
use patchcord_store::{Connection, StoreError, Tenant, Tx, organizations, search, ticket_list};
use serde_json::{Value, json};

use crate::error::require;
use crate::people::{Listing, each, expect_unused, one_line, one_more};
use crate::{Answered, App, AppError, Current, Once, Shape, devices, tickets};

pub use patchcord_store::organizations::{Line, Query};

/// A new organization. Texts come as they were sent; [`App::add_organization`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct NewOrganization {
    pub name: String,
    pub ue_code: Option<String>,
    pub domain: Option<String>,
    pub account_manager_id: Option<String>,
    pub notes: Option<String>,
    pub status: Option<String>,
}

/// What may be changed about an organization. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct OrganizationPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    pub name: Option<String>,
    pub ue_code: Option<Option<String>>,
    pub domain: Option<Option<String>>,
    pub account_manager_id: Option<Option<String>>,
    pub notes: Option<Option<String>>,
    pub status: Option<String>,
}

impl From<NewOrganization> for OrganizationPatch {
    /// A new organization is an empty one with every field changed.
    fn from(new: NewOrganization) -> Self {
        Self {
            version: None,
            name: Some(new.name),
            ue_code: new.ue_code.map(Some),
            domain: new.domain.map(Some),
            account_manager_id: new.account_manager_id.map(Some),
            notes: new.notes.map(Some),
            status: new.status,
        }
    }
}

impl App {
    /// A page of the organizations that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_organizations(
        &self,
        actor: &Actor,
        query: Query,
        count: bool,
    ) -> Result<Listing<Line>, AppError> {
        require(actor, Role::Viewer)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let total = if count { Some(organizations::count(tenant, &query).await?) } else { None };
        let (wanted, slice) = (query.slice.limit, one_more(&query.slice));
        Ok(Listing::of(organizations::page(tenant, &Query { slice, ..query }).await?, wanted, total))
    }

    /// One organization.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn organization(&self, actor: &Actor, id: &str) -> Result<Line, AppError> {
        require(actor, Role::Viewer)?;
        line(self.store.tenant(&actor.workspace_id), id).await
    }

    /// A page of the devices of an organization that fit.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the organization is not the actor's to see.
    pub async fn organization_devices(
        &self,
        actor: &Actor,
        id: &str,
        query: devices::Query,
        count: bool,
    ) -> Result<devices::DevicePage, AppError> {
        self.organization(actor, id).await?;
        self.list_devices(actor, devices::Query { organizations: vec![id.to_owned()], ..query }, count).await
    }

    /// A page of the tickets of an organization that fit.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the organization is not the actor's to see.
    pub async fn organization_tickets(
        &self,
        actor: &Actor,
        id: &str,
        query: ticket_list::Query,
        count: bool,
    ) -> Result<tickets::Page, AppError> {
        self.organization(actor, id).await?;
        self.list_tickets(actor, ticket_list::Query { organizations: vec![id.to_owned()], ..query }, count).await
    }

    /// Adds an organization, its search document and the line of the audit log in one transaction.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Taken`] when the U-E code is another organization's.
    pub async fn add_organization(
        &self,
        actor: &Actor,
        input: NewOrganization,
        once: Option<Once>,
        shape: Shape<Line>,
    ) -> Result<Answered<Line>, AppError> {
        require(actor, Role::Admin)?;
        let now = self.clock.now();
        let empty = Organization {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: self.id(),
            name: String::new(),
            u_e_code: None,
            domain: None,
            account_manager_id: None,
            notes: None,
            status: OrganizationStatus::Active.as_str().to_owned(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let changes = Changes::of(OrganizationPatch::from(input))?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                let row = changes.applied_to(tenant, &empty).await?;
                tenant.add(row.clone()).await.map_err(code_taken)?;
                index(tenant, &row).await?;
                let after = Some(facts(&row));
                app.log_change(tenant, &acting.user_id, "organization.added", &row.id, None, after).await?;
                line(tenant, &row.id).await
            })
        })
        .await
    }

    /// Changes an organization, and its search document with it.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; as for [`App::add_organization`].
    pub async fn patch_organization(
        &self,
        actor: &Actor,
        id: &str,
        patch: OrganizationPatch,
    ) -> Result<Line, AppError> {
        require(actor, Role::Admin)?;
        let version = patch.version;
        let changes = Changes::of(patch)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Organization>(&id).await?.ok_or(AppError::NotFound("organization"))?;
                    if version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::Organization(Box::new(line(tenant, &id).await?))));
                    }
                    let mut row = changes.applied_to(tenant, &before).await?;
                    if row != before {
                        row.version += 1;
                        row.updated_at = app.clock.now();
                        tenant.save(row.clone()).await.map_err(code_taken)?;
                        index(tenant, &row).await?;
                        let (from, to) = (Some(facts(&before)), Some(facts(&row)));
                        app.log_change(tenant, &actor.user_id, "organization.changed", &id, from, to).await?;
                    }
                    line(tenant, &id).await
                })
            })
            .await
    }

    /// Takes an organization out that nothing belongs to.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Conflict`] `in_use`, which names by what.
    pub async fn remove_organization(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Organization>(&id).await?.ok_or(AppError::NotFound("organization"))?;
                    let uses = organizations::uses(tenant, &id).await?;
                    expect_unused(
                        "the organization",
                        &[
                            (uses.contacts, "contact"),
                            (uses.devices, "device"),
                            (uses.locations, "location"),
                            (uses.sla_policies, "service level"),
                            (uses.tickets, "ticket"),
                            (uses.calls, "call"),
                        ],
                        "set its status to SUSPENDED instead",
                    )?;
                    organizations::remove(tenant, &id).await?;
                    search::forget(tenant, search::ORGANIZATION, &id).await?;
                    let from = Some(facts(&before));
                    app.log_change(tenant, &actor.user_id, "organization.removed", &id, from, None).await
                })
            })
            .await
    }
}

async fn line<C: Connection>(tenant: Tenant<'_, C>, id: &str) -> Result<Line, AppError> {
    organizations::line(tenant, id).await?.ok_or(AppError::NotFound("organization"))
}

/// A code is looked for before it is written; this tells of another request that wrote it at the same moment.
fn code_taken(error: StoreError) -> AppError {
    match error {
        StoreError::Taken(_) => AppError::taken("ueCode", "is the code of another organization already"),
        error => error.into(),
    }
}

/// Writes the search document anew, in the transaction of the change.
pub(crate) async fn index(tenant: Tenant<'_, Tx>, row: &Organization) -> Result<(), AppError> {
    Ok(search::replace(tenant, search::ORGANIZATION, &row.id, &search_text(row)).await?)
}

/// What a search finds in an organization.
pub(crate) fn search_text(row: &Organization) -> String {
    organizations::search_text(&row.name, row.u_e_code.as_deref(), row.domain.as_deref())
}

/// A change of which everything was checked that needs no data.
struct Changes {
    name: Option<String>,
    ue_code: Option<Option<String>>,
    domain: Option<Option<String>>,
    account_manager_id: Option<Option<String>>,
    notes: Option<Option<String>>,
    status: Option<OrganizationStatus>,
}

impl Changes {
    fn of(patch: OrganizationPatch) -> Result<Self, AppError> {
        let mut faults = Faults::default();
        if let Some(Some(id)) = &patch.account_manager_id {
            faults.id("accountManagerId", id);
        }
        let parse = OrganizationStatus::parse;
        let status = patch.status.as_deref();
        let changes = Self {
            name: patch.name.map(|text| faults.text("name", &one_line(&text), 1, NAME_MAX)),
            ue_code: each(patch.ue_code, |text| ue_code(&mut faults, "ueCode", text)),
            domain: each(patch.domain, |text| domain(&mut faults, "domain", text)),
            account_manager_id: patch.account_manager_id,
            notes: each(patch.notes, |text| faults.text("notes", text, 1, NOTES_MAX)),
            status: status.and_then(|text| faults.one_of("status", text, parse, OrganizationStatus::ALLOWED)),
        };
        faults.into_result(changes).map_err(AppError::Invalid)
    }

    /// The organization as it is afterwards; its account manager is there, and its code is nobody else's.
    async fn applied_to(self, tenant: Tenant<'_, Tx>, before: &Organization) -> Result<Organization, AppError> {
        let mut row = before.clone();
        row.name = self.name.unwrap_or(row.name);
        row.u_e_code = self.ue_code.unwrap_or(row.u_e_code);
        row.domain = self.domain.unwrap_or(row.domain);
        row.account_manager_id = self.account_manager_id.unwrap_or(row.account_manager_id);
        row.notes = self.notes.unwrap_or(row.notes);
        row.status = self.status.map_or(row.status, |status| status.as_str().to_owned());
        if row.account_manager_id != before.account_manager_id
            && let Some(id) = &row.account_manager_id
            && tenant.get::<AccountManager>(id).await?.is_none()
        {
            return Err(AppError::invalid("accountManagerId", "there is no such account manager"));
        }
        if row.u_e_code != before.u_e_code
            && let Some(code) = &row.u_e_code
            && let Some(other) = organizations::by_ue_code(tenant, code).await?
        {
            return Err(AppError::taken("ueCode", format!("{code} is the code of {} already", other.name)));
        }
        Ok(row)
    }
}

/// What the audit log keeps of an organization: not its notes.
pub(crate) fn facts(row: &Organization) -> Value {
    json!({
        "name": row.name, "ueCode": row.u_e_code, "domain": row.domain, "accountManagerId": row.account_manager_id,
        "status": row.status, "version": row.version,
    })
}
