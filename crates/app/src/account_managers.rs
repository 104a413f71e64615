//! Account managers: the staff who own the relations to organizations.

use patchcord_domain::account_manager::NAME_MAX;
use patchcord_domain::contact::email;
use patchcord_domain::phone::{Country, phone};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::AccountManager;
use patchcord_store::{Tenant, Tx, account_managers, search};
use serde_json::{Value, json};

use crate::error::require;
use crate::people::{Listing, each, expect_unused, one_line, one_more};
use crate::{Answered, App, AppError, Current, Once, Shape};

pub use patchcord_store::account_managers::Query;

/// A new account manager. Texts come as they were sent; [`App::add_account_manager`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct NewAccountManager {
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
}

/// What may be changed about an account manager. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct AccountManagerPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    pub name: Option<String>,
    pub email: Option<Option<String>>,
    pub phone: Option<Option<String>>,
}

impl App {
    /// A page of the account managers that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_account_managers(
        &self,
        actor: &Actor,
        query: Query,
        count: bool,
    ) -> Result<Listing<AccountManager>, AppError> {
        require(actor, Role::Viewer)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let total = if count { Some(account_managers::count(tenant, &query).await?) } else { None };
        let (wanted, slice) = (query.slice.limit, one_more(&query.slice));
        Ok(Listing::of(account_managers::page(tenant, &Query { slice, ..query }).await?, wanted, total))
    }

    /// One account manager.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn account_manager(&self, actor: &Actor, id: &str) -> Result<AccountManager, AppError> {
        require(actor, Role::Viewer)?;
        self.store.tenant(&actor.workspace_id).get(id).await?.ok_or(AppError::NotFound("account manager"))
    }

    /// Adds an account manager.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn add_account_manager(
        &self,
        actor: &Actor,
        input: NewAccountManager,
        once: Option<Once>,
        shape: Shape<AccountManager>,
    ) -> Result<Answered<AccountManager>, AppError> {
        require(actor, Role::Admin)?;
        let NewAccountManager { name, email, phone } = input;
        let patch =
            AccountManagerPatch { version: None, name: Some(name), email: email.map(Some), phone: phone.map(Some) };
        let now = self.clock.now();
        let empty = AccountManager {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: self.id(),
            name: String::new(),
            email: None,
            phone: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let country = self.country_of(&actor.workspace_id, patch.phone.is_some()).await?;
        let row = applied_to(&empty, patch, country)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                tenant.add(row.clone()).await?;
                index(tenant, &row).await?;
                let after = Some(facts(&row));
                app.log_change(tenant, &acting.user_id, "account_manager.added", &row.id, None, after).await?;
                Ok(row)
            })
        })
        .await
    }

    /// Changes an account manager.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; [`AppError::Invalid`] with every wrong field.
    pub async fn patch_account_manager(
        &self,
        actor: &Actor,
        id: &str,
        patch: AccountManagerPatch,
    ) -> Result<AccountManager, AppError> {
        require(actor, Role::Admin)?;
        let country = self.country_of(&actor.workspace_id, matches!(patch.phone, Some(Some(_)))).await?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<AccountManager>(&id).await?;
                    let before = before.ok_or(AppError::NotFound("account manager"))?;
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::AccountManager(Box::new(before))));
                    }
                    let mut row = applied_to(&before, patch, country)?;
                    if row != before {
                        row.version += 1;
                        row.updated_at = app.clock.now();
                        tenant.save(row.clone()).await?;
                        index(tenant, &row).await?;
                        let (from, to) = (Some(facts(&before)), Some(facts(&row)));
                        app.log_change(tenant, &actor.user_id, "account_manager.changed", &id, from, to).await?;
                    }
                    Ok(row)
                })
            })
            .await
    }

    /// Takes an account manager out who has no organization any more.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Conflict`] `in_use`, which names by what.
    pub async fn remove_account_manager(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<AccountManager>(&id).await?;
                    let before = before.ok_or(AppError::NotFound("account manager"))?;
                    let uses = [(account_managers::organizations(tenant, &id).await?, "organization")];
                    expect_unused("the account manager", &uses, "give them to somebody else first")?;
                    account_managers::remove(tenant, &id).await?;
                    search::forget(tenant, search::ACCOUNT_MANAGER, &id).await?;
                    let from = Some(facts(&before));
                    app.log_change(tenant, &actor.user_id, "account_manager.removed", &id, from, None).await
                })
            })
            .await
    }
}

/// Writes the search document anew, in the transaction of the change.
pub(crate) async fn index(tenant: Tenant<'_, Tx>, row: &AccountManager) -> Result<(), AppError> {
    let text = account_managers::search_text(&row.name, [row.email.as_deref(), row.phone.as_deref()]);
    Ok(search::replace(tenant, search::ACCOUNT_MANAGER, &row.id, &text).await?)
}

/// The account manager as it is afterwards.
fn applied_to(
    before: &AccountManager,
    patch: AccountManagerPatch,
    country: Option<Country>,
) -> Result<AccountManager, AppError> {
    let mut faults = Faults::default();
    let mut row = before.clone();
    row.name = patch.name.map_or(row.name, |text| faults.text("name", &one_line(&text), 1, NAME_MAX));
    row.email = each(patch.email, |text| email(&mut faults, "email", text)).unwrap_or(row.email);
    row.phone = each(patch.phone, |text| phone(&mut faults, "phone", text, country)).unwrap_or(row.phone);
    faults.into_result(row).map_err(AppError::Invalid)
}

/// What the audit log keeps of an account manager.
fn facts(row: &AccountManager) -> Value {
    json!({"name": row.name, "email": row.email, "phone": row.phone, "version": row.version})
}
