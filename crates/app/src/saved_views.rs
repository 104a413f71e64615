//! Saved views: filters of the ticket list under a name, one's own or everybody's.

use futures::StreamExt;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::SavedView;
use patchcord_store::{Connection, Tenant, saved_views, ticket_list};
use serde_json::{Value, json};

use crate::error::require;
use crate::ticket_filters::{Filters, SORT, expect_known, resolve_people};
use crate::{Answered, App, AppError, Current, Once, Shape};

/// Most views of one user, and most shared ones.
pub const VIEWS_MAX: u64 = 50;
/// Longest name, in characters.
const NAME_MAX: usize = 80;
/// Views whose tickets are counted at the same time.
const COUNTED_TOGETHER: usize = 4;

/// What is needed to save a view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewView {
    /// 1 to 80 characters.
    pub name: String,
    /// As the parameters of the list.
    pub filters: Filters,
    /// As the list's; the newest first when absent.
    pub sort: Option<String>,
    /// Whether everybody sees it.
    pub is_shared: bool,
}

/// What may be changed about a view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ViewPatch {
    /// The version that the caller has read.
    pub version: Option<i64>,
    /// A new name.
    pub name: Option<String>,
    /// New filters instead of the old ones.
    pub filters: Option<Filters>,
    /// Another order.
    pub sort: Option<String>,
}

/// A view and how many tickets are in it, when that was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct CountedView {
    /// The view.
    pub view: SavedView,
    /// How many tickets fit now.
    pub tickets: Option<i64>,
}

impl App {
    /// The shared views and the actor's own, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn saved_views(&self, actor: &Actor, counts: bool) -> Result<Vec<CountedView>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let found = saved_views::visible(tenant, &actor.user_id, 2 * VIEWS_MAX).await?;
        let counted = found.into_iter().map(async |view| {
            let tickets = if counts { self.tickets_of(actor, &view).await? } else { None };
            Ok(CountedView { view, tickets })
        });
        let all: Vec<Result<CountedView, AppError>> =
            futures::stream::iter(counted).buffered(COUNTED_TOGETHER).collect().await;
        all.into_iter().collect()
    }

    /// One view.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn saved_view(&self, actor: &Actor, id: &str) -> Result<SavedView, AppError> {
        visible(actor, self.store.tenant(&actor.workspace_id).get::<SavedView>(id).await?)
    }

    /// Saves a view. Shared ones are the administrators' to write.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Conflict`] `too_many`.
    pub async fn add_saved_view(
        &self,
        actor: &Actor,
        input: NewView,
        once: Option<Once>,
        shape: Shape<SavedView>,
    ) -> Result<Answered<SavedView>, AppError> {
        require(actor, if input.is_shared { Role::Admin } else { Role::Agent })?;
        let owner = (!input.is_shared).then(|| actor.user_id.clone());
        let filters = input.filters.clone();
        let row = self.new_view(owner, input)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                expect_known(tenant, &filters, "filters.").await?;
                if saved_views::count(tenant, row.user_id.as_deref()).await? >= VIEWS_MAX {
                    return Err(AppError::Conflict("too_many", format!("there are {VIEWS_MAX} views already")));
                }
                tenant.add(row.clone()).await?;
                if row.user_id.is_none() {
                    app.log_change(tenant, &acting.user_id, "saved_view.added", &row.id, None, Some(facts(&row)))
                        .await?;
                }
                Ok(row)
            })
        })
        .await
    }

    /// Changes a view.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; as for [`App::add_saved_view`].
    pub async fn patch_saved_view(&self, actor: &Actor, id: &str, patch: ViewPatch) -> Result<SavedView, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let name = patch.name.as_ref().map(|name| faults.text("name", name, 1, NAME_MAX));
        check(&mut faults, patch.filters.as_ref().unwrap_or(&Filters::default()), patch.sort.as_deref());
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = writable(&actor, tenant.lock::<SavedView>(&id).await?)?;
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::SavedView(Box::new(before))));
                    }
                    if let Some(filters) = &patch.filters {
                        expect_known(tenant, filters, "filters.").await?;
                    }
                    let mut view = before.clone();
                    view.name = name.unwrap_or(view.name);
                    view.filters = patch.filters.map_or(view.filters, |filters| json!(filters));
                    view.sort = patch.sort.unwrap_or(view.sort);
                    if view == before {
                        return Ok(view);
                    }
                    view.version += 1;
                    view.updated_at = app.clock.now();
                    tenant.save(view.clone()).await?;
                    if view.user_id.is_none() {
                        let (from, to) = (Some(facts(&before)), Some(facts(&view)));
                        app.log_change(tenant, &actor.user_id, "saved_view.changed", &view.id, from, to).await?;
                    }
                    Ok(view)
                })
            })
            .await
    }

    /// Deletes a view.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see, [`AppError::Forbidden`] when it is shared.
    pub async fn delete_saved_view(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Agent)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let view = writable(&actor, tenant.lock::<SavedView>(&id).await?)?;
                    saved_views::delete(tenant, &view.id).await?;
                    if view.user_id.is_none() {
                        let before = Some(facts(&view));
                        app.log_change(tenant, &actor.user_id, "saved_view.deleted", &view.id, before, None).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Checks a new view's fields and makes the row.
    pub(crate) fn new_view(&self, owner: Option<String>, input: NewView) -> Result<SavedView, AppError> {
        let mut faults = Faults::default();
        let name = faults.text("name", &input.name, 1, NAME_MAX);
        check(&mut faults, &input.filters, input.sort.as_deref());
        faults.into_result(()).map_err(AppError::Invalid)?;
        let now = self.clock.now();
        Ok(SavedView {
            workspace_id: String::new(),
            id: self.id(),
            user_id: owner,
            name,
            filters: json!(input.filters),
            sort: input.sort.unwrap_or_else(|| SORT.to_owned()),
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }

    /// How many tickets are in a view; none when its filters mean nothing any more.
    async fn tickets_of(&self, actor: &Actor, view: &SavedView) -> Result<Option<i64>, AppError> {
        let filters: Result<Filters, _> = serde_json::from_value(view.filters.clone());
        let Some(mut query) = filters.ok().and_then(|filters| filters.query("", Some(&view.sort)).ok()) else {
            return Ok(None);
        };
        let tenant = self.store.tenant(&actor.workspace_id);
        resolve(tenant, actor, &mut query, self.clock.now()).await?;
        Ok(Some(ticket_list::count(tenant, &query).await?))
    }
}

async fn resolve<C: Connection>(
    tenant: Tenant<'_, C>,
    actor: &Actor,
    query: &mut ticket_list::Query,
    now: i64,
) -> Result<(), AppError> {
    query.now = now;
    resolve_people(tenant, actor, query).await
}

fn check(faults: &mut Faults, filters: &Filters, sort: Option<&str>) {
    for fault in filters.query("filters.", sort).err().unwrap_or_default() {
        faults.add(&fault.field, fault.message);
    }
}

/// Everybody sees what is shared, and what is their own.
fn visible(actor: &Actor, view: Option<SavedView>) -> Result<SavedView, AppError> {
    let own = |view: &SavedView| view.user_id.as_ref().is_none_or(|user| *user == actor.user_id);
    view.filter(own).ok_or(AppError::NotFound("saved view"))
}

fn writable(actor: &Actor, view: Option<SavedView>) -> Result<SavedView, AppError> {
    let view = visible(actor, view)?;
    require(actor, if view.user_id.is_none() { Role::Admin } else { Role::Agent })?;
    Ok(view)
}

/// What the audit log keeps of a view.
fn facts(view: &SavedView) -> Value {
    json!({"name": view.name, "filters": view.filters, "sort": view.sort})
}
