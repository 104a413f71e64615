//! Teams: who works on which product areas, and how their tickets are given out.

use std::collections::HashMap;

use patchcord_domain::assignment::Strategy;
use patchcord_domain::support_agent::NAME_MAX;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{SupportAgent, Team};
use patchcord_store::teams::{self, MEMBERS_MAX};
use patchcord_store::{Connection, Tenant, Tx, directory, waiting, workspaces};
use serde_json::{Value, json};

use crate::assignment::try_again;
use crate::error::require;
use crate::people::{Listed, Listing, one_more};
use crate::tickets::unique;
use crate::{Answered, App, AppError, Current, Once, Shape};
pub use patchcord_store::teams::Query;

/// Areas of a request that are looked at: a workspace has no more.
const AREAS_LOOKED_AT: usize = 51;
/// Most teams of a workspace.
const TEAMS_MAX: i64 = 200;

/// A team with its members.
#[derive(Debug, Clone, PartialEq)]
pub struct FullTeam {
    /// The row.
    pub team: Team,
    /// Its members, by name.
    pub members: Vec<SupportAgent>,
}

/// A new team. Texts come as they were sent; [`App::add_team`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewTeam {
    /// 1 to 80 characters.
    pub name: String,
    /// Areas of the workspace that no other team covers.
    pub product_areas: Vec<String>,
    /// ROUND_ROBIN or LEAST_BUSY; ROUND_ROBIN when absent.
    pub strategy: Option<String>,
    /// Ids of support agents.
    pub members: Vec<String>,
}

/// What may be changed about a team. `None` leaves the field alone; lists replace what was there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    /// Another name.
    pub name: Option<String>,
    /// Other areas.
    pub product_areas: Option<Vec<String>>,
    /// Another strategy.
    pub strategy: Option<String>,
    /// Other members.
    pub members: Option<Vec<String>>,
}

impl Listed for FullTeam {
    fn keys(&self) -> (&str, &str, i64, i64) {
        self.team.keys()
    }
}

impl App {
    /// A page of the teams that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn teams(&self, actor: &Actor, query: Query, count: bool) -> Result<Listing<FullTeam>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = query.slice.limit;
        let query = Query { slice: one_more(&query.slice), ..query };
        let found = Listing::of(teams::page(tenant, &query).await?, wanted, None);
        let total = if count { Some(teams::count(tenant, &query).await?) } else { None };
        Ok(Listing { rows: full(tenant, found.rows).await?, has_more: found.has_more, total })
    }

    /// One team.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn team(&self, actor: &Actor, id: &str) -> Result<FullTeam, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let team = tenant.get::<Team>(id).await?.ok_or(AppError::NotFound("team"))?;
        one(tenant, team).await
    }

    /// Adds a team with its members.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Conflict`] `too_many`.
    pub async fn add_team(
        &self,
        actor: &Actor,
        input: NewTeam,
        once: Option<Once>,
        shape: Shape<FullTeam>,
    ) -> Result<Answered<FullTeam>, AppError> {
        require(actor, Role::Admin)?;
        let mut faults = Faults::default();
        let name = name(&mut faults, &input.name);
        let strategy = input.strategy.as_deref().unwrap_or(Strategy::RoundRobin.as_str());
        let strategy = faults.one_of("strategy", strategy, Strategy::parse, Strategy::ALLOWED);
        let members = members(&mut faults, input.members);
        faults.into_result(()).map_err(AppError::Invalid)?;
        let now = self.clock.now();
        let team = Team {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: self.id(),
            name,
            product_areas: json!(input.product_areas),
            strategy: strategy.unwrap_or(Strategy::RoundRobin).as_str().to_owned(),
            turn: 0,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                check_surroundings(tenant, &team, &members, true).await?;
                if teams::count(tenant, &Query::default()).await? >= TEAMS_MAX {
                    return Err(AppError::Conflict("too_many", format!("there are {TEAMS_MAX} teams already")));
                }
                tenant.add(team.clone()).await?;
                for member in &members {
                    teams::add_member(tenant, &team.id, member).await?;
                }
                let after = Some(facts(&team, &members));
                app.log_change(tenant, &acting.user_id, "team.added", &team.id, None, after).await?;
                one(tenant, team).await
            })
        })
        .await
    }

    /// Changes a team; what waits for it is tried again.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; as for [`App::add_team`].
    pub async fn patch_team(&self, actor: &Actor, id: &str, patch: TeamPatch) -> Result<FullTeam, AppError> {
        require(actor, Role::Admin)?;
        let mut faults = Faults::default();
        let name = patch.name.map(|text| name(&mut faults, &text));
        let strategy =
            patch.strategy.and_then(|text| faults.one_of("strategy", &text, Strategy::parse, Strategy::ALLOWED));
        let wanted = patch.members.map(|ids| members(&mut faults, ids));
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    // The workspace is locked before the team, as by whoever adds one: no two cover an area.
                    workspaces::lock(tenant).await?;
                    let row = tenant.lock::<Team>(&id).await?.ok_or(AppError::NotFound("team"))?;
                    let before = one(tenant, row).await?;
                    if patch.version.is_some_and(|version| version != before.team.version) {
                        return Err(AppError::Stale(Current::Team(Box::new(before))));
                    }
                    let had: Vec<String> = ids(&before);
                    let has = wanted.unwrap_or_else(|| had.clone());
                    let mut team = before.team.clone();
                    team.name = name.unwrap_or(team.name);
                    team.product_areas = patch.product_areas.map_or(team.product_areas, |areas| json!(areas));
                    team.strategy = strategy.map_or(team.strategy, |strategy| strategy.as_str().to_owned());
                    if team == before.team && unique(has.clone()) == had {
                        return Ok(before);
                    }
                    // The workspace may have given an area up since; that is not the fault of another change.
                    let are_areas_new = team.product_areas != before.team.product_areas;
                    check_surroundings(tenant, &team, &has, are_areas_new).await?;
                    team.version += 1;
                    team.updated_at = app.clock.now();
                    tenant.save(team.clone()).await?;
                    for gone in had.iter().filter(|id| !has.contains(id)) {
                        teams::remove_member(tenant, &team.id, gone).await?;
                    }
                    for new in has.iter().filter(|id| !had.contains(id)) {
                        teams::add_member(tenant, &team.id, new).await?;
                    }
                    try_again(&app, tenant, &team.id, 0).await?;
                    let (from, to) = (Some(facts(&before.team, &had)), Some(facts(&team, &has)));
                    app.log_change(tenant, &actor.user_id, "team.changed", &team.id, from, to).await?;
                    one(tenant, team).await
                })
            })
            .await
    }

    /// Takes a team out. Tickets that waited for it wait for nobody then.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not there.
    pub async fn remove_team(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let row = tenant.lock::<Team>(&id).await?.ok_or(AppError::NotFound("team"))?;
                    let before = one(tenant, row).await?;
                    waiting::forget_team(tenant, &id).await?;
                    teams::remove(tenant, &id).await?;
                    let from = Some(facts(&before.team, &ids(&before)));
                    app.log_change(tenant, &actor.user_id, "team.removed", &id, from, None).await
                })
            })
            .await
    }
}

fn name(faults: &mut Faults, text: &str) -> String {
    faults.text("name", &text.replace(['\n', '\r', '\t'], " "), 1, NAME_MAX)
}

/// Ids of members, each once.
fn members(faults: &mut Faults, ids: Vec<String>) -> Vec<String> {
    if ids.len() as u64 > MEMBERS_MAX {
        faults.add("members", format!("at most {MEMBERS_MAX} members are allowed; there are {}", ids.len()));
        return Vec::new();
    }
    for (index, id) in ids.iter().enumerate() {
        let field = format!("members[{index}]");
        if ids[..index].contains(id) {
            faults.add(&field, "is there twice");
        } else {
            faults.id(&field, id);
        }
    }
    ids
}

/// What needs data: areas of the workspace that no other team covers, a name that no other has, members who exist.
async fn check_surroundings(
    tenant: Tenant<'_, Tx>,
    team: &Team,
    members: &[String],
    are_areas_new: bool,
) -> Result<(), AppError> {
    let mut faults = Faults::default();
    if teams::is_named(tenant, &team.name, &team.id).await? {
        faults.add("name", "another team has this name");
    }
    if are_areas_new {
        check_areas(tenant, &mut faults, team).await?;
    }
    let found = directory::support_agents(tenant, members).await?;
    for (index, id) in members.iter().enumerate() {
        if !found.iter().any(|agent| agent.id == *id) {
            faults.add(&format!("members[{index}]"), "there is no such support agent");
        }
    }
    faults.into_result(()).map_err(AppError::Invalid)
}

async fn check_areas(tenant: Tenant<'_, Tx>, faults: &mut Faults, team: &Team) -> Result<(), AppError> {
    // Locked: of two teams that take the same area at the same time, the second sees the first.
    let workspace = workspaces::lock(tenant).await?.ok_or(AppError::NotFound("workspace"))?;
    let known: Vec<&str> = workspace.product_areas.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let areas: Vec<&str> = team.product_areas.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (index, area) in areas.iter().enumerate().take(AREAS_LOOKED_AT) {
        let field = format!("productAreas[{index}]");
        if !known.contains(area) {
            let allowed = if known.is_empty() { "none is set up yet".to_owned() } else { known.join(", ") };
            faults.add(&field, format!("must be one of the workspace's product areas: {allowed}"));
        } else if areas[..index].contains(area) {
            faults.add(&field, "is there twice");
        } else if let Some(other) = teams::covering(tenant, area, &team.id).await? {
            faults.add(&field, format!("the team {} covers it already", other.name));
        }
    }
    Ok(())
}

async fn full<C: Connection>(tenant: Tenant<'_, C>, found: Vec<Team>) -> Result<Vec<FullTeam>, AppError> {
    let ids: Vec<String> = found.iter().map(|team| team.id.clone()).collect();
    let mut members: HashMap<String, Vec<SupportAgent>> = HashMap::new();
    for (team, agent) in teams::members(tenant, &ids).await? {
        members.entry(team).or_default().push(agent);
    }
    let with_members = |team: Team| {
        let mut members = members.remove(&team.id).unwrap_or_default();
        members.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.id.cmp(&b.id)));
        FullTeam { team, members }
    };
    Ok(found.into_iter().map(with_members).collect())
}

async fn one<C: Connection>(tenant: Tenant<'_, C>, team: Team) -> Result<FullTeam, AppError> {
    full(tenant, vec![team]).await?.pop().ok_or(AppError::NotFound("team"))
}

/// Ids of the members, in order.
fn ids(team: &FullTeam) -> Vec<String> {
    unique(team.members.iter().map(|agent| agent.id.clone()).collect())
}

/// What the audit log keeps of a team.
fn facts(team: &Team, members: &[String]) -> Value {
    json!({"name": team.name, "productAreas": team.product_areas, "strategy": team.strategy, "members": members})
}
