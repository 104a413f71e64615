//! The catalogues of devices: manufacturers, models, operating systems, network domains. One set of rules for all four.

use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::{Tenant, Tx, catalogues};
use serde_json::{Value, json};

use crate::devices::uses;
use crate::error::require;
use crate::{Answered, App, AppError, Current, Once, Shape};

pub use patchcord_store::catalogues::{Catalogue, Entry, Query};

/// A new entry. Texts come as they were sent; [`App::add_entry`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewEntry {
    /// 1 to 120 characters; of a network domain, a host name.
    pub name: String,
    /// Who makes it: of models only.
    pub manufacturer_id: Option<String>,
    /// At most 60 characters: of operating systems only.
    pub os_version: Option<String>,
}

/// What may be changed about an entry. A model stays its manufacturer's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EntryPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    /// Another name.
    pub name: Option<String>,
    /// Another version of an operating system.
    pub os_version: Option<String>,
}

/// A page of entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryPage {
    /// The rows.
    pub entries: Vec<Entry>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

/// What an entry is called, in messages and in the audit log.
pub(crate) fn noun(catalogue: Catalogue) -> (&'static str, &'static str) {
    match catalogue {
        Catalogue::Manufacturers => ("manufacturer", "device_manufacturer"),
        Catalogue::Models => ("model", "device_model"),
        Catalogue::OperatingSystems => ("operating system", "operating_system"),
        Catalogue::Domains => ("domain", "domain"),
    }
}

/// The name of an entry by its catalogue's rule.
pub(crate) fn entry_name(faults: &mut Faults, catalogue: Catalogue, field: &str, text: &str) -> String {
    match catalogue {
        Catalogue::Domains => faults.host_name(field, text),
        _ => faults.catalogue_name(field, text),
    }
}

impl App {
    /// A page of the entries that fit, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_entries(
        &self,
        actor: &Actor,
        catalogue: Catalogue,
        mut query: Query,
        count: bool,
    ) -> Result<EntryPage, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = query.limit;
        // One row more than asked for tells whether there are more.
        query.limit += 1;
        let mut entries = catalogues::page(tenant, catalogue, &query).await?;
        let has_more = entries.len() as u64 > wanted;
        entries.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        let total = if count { Some(catalogues::count(tenant, catalogue, &query).await?) } else { None };
        Ok(EntryPage { entries, has_more, total })
    }

    /// One entry.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn entry(&self, actor: &Actor, catalogue: Catalogue, id: &str) -> Result<Entry, AppError> {
        let found = catalogues::get(self.store.tenant(&actor.workspace_id), catalogue, id).await?;
        found.ok_or(AppError::NotFound(noun(catalogue).0))
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Conflict`] `taken` when there is one with this name.
    pub async fn add_entry(
        &self,
        actor: &Actor,
        catalogue: Catalogue,
        input: NewEntry,
        once: Option<Once>,
        shape: Shape<Entry>,
    ) -> Result<Answered<Entry>, AppError> {
        require(actor, Role::Admin)?;
        let mut faults = Faults::default();
        let name = entry_name(&mut faults, catalogue, "name", &input.name);
        if let Some(id) = &input.manufacturer_id {
            faults.id("manufacturerId", id);
        }
        let version = input.os_version.unwrap_or_default();
        let os_version = (catalogue == Catalogue::OperatingSystems).then(|| faults.os_version("osVersion", &version));
        faults.into_result(()).map_err(AppError::Invalid)?;
        let now = self.clock.now();
        let entry = Entry {
            id: self.id(),
            name,
            manufacturer_id: input.manufacturer_id,
            os_version,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                if let Some(id) = &entry.manufacturer_id
                    && catalogues::lock(tenant, Catalogue::Manufacturers, id).await?.is_none()
                {
                    return Err(AppError::invalid("manufacturerId", "there is no such manufacturer"));
                }
                expect_free(tenant, catalogue, &entry).await?;
                catalogues::add(tenant, catalogue, &entry).await?;
                app.log_entry(tenant, &acting, catalogue, None, Some(&entry)).await?;
                Ok(entry)
            })
        })
        .await
    }

    /// Changes an entry.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; as for [`App::add_entry`].
    pub async fn patch_entry(
        &self,
        actor: &Actor,
        catalogue: Catalogue,
        id: &str,
        patch: EntryPatch,
    ) -> Result<Entry, AppError> {
        require(actor, Role::Admin)?;
        let mut faults = Faults::default();
        let name = patch.name.map(|text| entry_name(&mut faults, catalogue, "name", &text));
        let os_version = patch.os_version.map(|text| faults.os_version("osVersion", &text));
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = catalogues::lock(tenant, catalogue, &id).await?;
                    let before = before.ok_or(AppError::NotFound(noun(catalogue).0))?;
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::Entry(catalogue, Box::new(before))));
                    }
                    let mut entry = before.clone();
                    entry.name = name.unwrap_or(entry.name);
                    entry.os_version = os_version.or(entry.os_version);
                    if entry == before {
                        return Ok(entry);
                    }
                    expect_free(tenant, catalogue, &entry).await?;
                    entry.version += 1;
                    entry.updated_at = app.clock.now();
                    catalogues::save(tenant, catalogue, &entry).await?;
                    app.log_entry(tenant, &actor, catalogue, Some(&before), Some(&entry)).await?;
                    Ok(entry)
                })
            })
            .await
    }

    /// Takes an entry out that no device has.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Conflict`] `in_use`, which names by what.
    pub async fn remove_entry(&self, actor: &Actor, catalogue: Catalogue, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let (noun, _) = noun(catalogue);
                    let before = catalogues::lock(tenant, catalogue, &id).await?.ok_or(AppError::NotFound(noun))?;
                    let (devices, models) = catalogues::used_by(tenant, catalogue, &id).await?;
                    let uses = uses(&[(devices, "device"), (models, "model")]);
                    if !uses.is_empty() {
                        let detail = format!("the {noun} is used by {uses} and cannot be deleted");
                        return Err(AppError::Conflict("in_use", detail));
                    }
                    catalogues::remove(tenant, catalogue, &id).await?;
                    app.log_entry(tenant, &actor, catalogue, Some(&before), None).await
                })
            })
            .await
    }

    async fn log_entry(
        &self,
        tenant: Tenant<'_, Tx>,
        actor: &Actor,
        catalogue: Catalogue,
        before: Option<&Entry>,
        after: Option<&Entry>,
    ) -> Result<(), AppError> {
        let what = match (before, after) {
            (None, _) => "added",
            (_, Some(_)) => "changed",
            (_, None) => "removed",
        };
        let action = format!("{}.{what}", noun(catalogue).1);
        let id = before.or(after).map(|entry| entry.id.clone()).unwrap_or_default();
        self.log_change(tenant, &actor.user_id, &action, &id, before.map(facts), after.map(facts)).await
    }
}

/// Names are compared without regard to case: `Dell` and `DELL` are one manufacturer.
async fn expect_free(tenant: Tenant<'_, Tx>, catalogue: Catalogue, entry: &Entry) -> Result<(), AppError> {
    let own = entry.manufacturer_id.as_deref().or(entry.os_version.as_deref());
    let there = catalogues::named(tenant, catalogue, &entry.name, own, Some(&entry.id)).await?;
    if there.is_none() {
        return Ok(());
    }
    Err(AppError::Conflict("taken", format!("there is already a {} with this name", noun(catalogue).0)))
}

fn facts(entry: &Entry) -> Value {
    let mut facts = json!({"name": entry.name});
    if let Some(id) = &entry.manufacturer_id {
        facts["manufacturerId"] = json!(id);
    }
    if let Some(version) = &entry.os_version {
        facts["osVersion"] = json!(version);
    }
    facts
}
