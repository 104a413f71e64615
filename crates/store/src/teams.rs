//! Teams, their members, and who of them can be given a ticket.

use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult};
use serde_json::Value as Json;

use crate::listing::{self, Conditions, Listed, Slice, Table};
use crate::rows::{SupportAgent, Team};
use crate::{StoreError, Tenant, Tx};

/// Which teams.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What the name must have.
    pub words: Option<String>,
    /// Order and page.
    pub slice: Slice,
}

/// A member who can be given a ticket: a person who is available and may sign in, full or not.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Ready {
    pub support_agent_id: String,
    pub max_open_tickets: i64,
    pub last_turn: i64,
    /// Open tickets, counted up to [`OPEN_COUNTED`].
    pub open_tickets: i64,
}

/// Most members that a team has, and that are looked at.
pub const MEMBERS_MAX: u64 = 100;
/// Open tickets of one agent are counted up to here; no capacity is higher.
pub const OPEN_COUNTED: i64 = 1_000;

impl Listed for Team {
    fn keys(&self) -> (&str, &str, i64, i64) {
        (&self.id, &self.name, self.created_at, self.updated_at)
    }
}

const TABLE: Table = Table {
    name: "teams",
    columns: "r.workspace_id, r.id, r.name, r.product_areas, r.strategy, r.turn, r.version, r.created_at, r.updated_at",
    joins: "",
    named_by: "name",
    documents: "",
};
const COLUMNS: &str = "workspace_id, id, name, product_areas, strategy, turn, version, created_at, updated_at";

/// The page of teams.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Team>, StoreError> {
    listing::page(tenant, &TABLE, conditions(tenant, query), &query.slice).await
}

/// How many teams fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    listing::count(tenant, &TABLE, conditions(tenant, query)).await
}

fn conditions<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Conditions {
    let mut all = Conditions::of_short(tenant.connection.get_database_backend());
    all.contain(&["r.name"], query.words.as_deref());
    all
}

/// The team that covers a product area, besides one.
pub async fn covering<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    area: &str,
    besides: &str,
) -> Result<Option<Team>, StoreError> {
    let (covers, value) = if tenant.connection.get_database_backend() == DbBackend::Postgres {
        ("product_areas @> $2", Json::from(vec![area]).into())
    } else {
        ("EXISTS (SELECT 1 FROM json_each(product_areas) WHERE json_each.value = $2)", area.into())
    };
    let sql = format!(
        "SELECT {COLUMNS} FROM teams WHERE workspace_id = $1 AND {covers} AND id <> $3 ORDER BY name, id LIMIT 1"
    );
    Ok(Team::find_by_statement(tenant.statement(&sql, [value, besides.into()])).one(tenant.connection).await?)
}

#[derive(FromQueryResult)]
struct Id {
    id: String,
}

/// A member of a team.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Member {
    pub team_id: String,
    pub support_agent_id: String,
}

/// The members of these teams, at most [`MEMBERS_MAX`] each of 100 teams.
pub async fn members<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    team_ids: &[String],
) -> Result<Vec<(String, SupportAgent)>, StoreError> {
    let team_ids = &team_ids[..team_ids.len().min(100)];
    if team_ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (0..team_ids.len()).map(|at| format!("${}", at + 2)).collect();
    let sql = format!(
        "SELECT team_id, support_agent_id FROM team_members WHERE workspace_id = $1 AND team_id IN ({}) \
         ORDER BY team_id, support_agent_id LIMIT {}",
        places.join(", "),
        MEMBERS_MAX * 100
    );
    let values = team_ids.iter().map(|id| id.as_str().into());
    let found = Member::find_by_statement(tenant.statement(&sql, values)).all(tenant.connection).await?;
    let mut ids: Vec<String> = found.iter().map(|member| member.support_agent_id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut agents = Vec::new();
    for part in ids.chunks(1_000) {
        agents.extend(crate::directory::support_agents(tenant, part).await?);
    }
    let agent = |id: &str| agents.iter().find(|agent| agent.id == id).cloned();
    Ok(found.into_iter().filter_map(|member| Some((member.team_id, agent(&member.support_agent_id)?))).collect())
}

/// The teams of a support agent, by id, at most 100.
pub async fn of_agent<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    support_agent_id: &str,
) -> Result<Vec<String>, StoreError> {
    let select = tenant.statement(
        "SELECT team_id AS id FROM team_members WHERE workspace_id = $1 AND support_agent_id = $2 ORDER BY team_id LIMIT 100",
        [support_agent_id.into()],
    );
    Ok(Id::find_by_statement(select).all(tenant.connection).await?.into_iter().map(|row| row.id).collect())
}

/// Adds a member whose turn has not come yet.
pub async fn add_member(tenant: Tenant<'_, Tx>, team_id: &str, support_agent_id: &str) -> Result<(), StoreError> {
    let insert = tenant.statement(
        "INSERT INTO team_members (workspace_id, team_id, support_agent_id, last_turn) VALUES ($1, $2, $3, 0)",
        [team_id.into(), support_agent_id.into()],
    );
    tenant.connection.execute_raw(insert).await?;
    Ok(())
}

/// Takes a member out.
pub async fn remove_member(tenant: Tenant<'_, Tx>, team_id: &str, support_agent_id: &str) -> Result<(), StoreError> {
    let delete = tenant.statement(
        "DELETE FROM team_members WHERE workspace_id = $1 AND team_id = $2 AND support_agent_id = $3",
        [team_id.into(), support_agent_id.into()],
    );
    tenant.connection.execute_raw(delete).await?;
    Ok(())
}

/// Takes a team out, with its members; says whether it was there. Nothing may wait for it any more.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let members = tenant.statement("DELETE FROM team_members WHERE workspace_id = $1 AND team_id = $2", [id.into()]);
    tenant.connection.execute_raw(members).await?;
    let team = tenant.statement("DELETE FROM teams WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(team).await?.rows_affected() == 1)
}

/// Locks every member of a team that must be locked, in the order of their ids, until the end of the transaction. Whoever
/// gives out tickets by a team does so before it counts what they have, so that no two fill the same last place.
pub async fn lock_members(tenant: Tenant<'_, Tx>, team_id: &str) -> Result<(), StoreError> {
    if tenant.connection.get_database_backend() == DbBackend::Postgres {
        // Not stronger than it must be: a person who gives somebody a ticket by hand need not wait.
        let lock = tenant.statement(
            "SELECT id FROM support_agents WHERE workspace_id = $1 AND id IN (SELECT support_agent_id FROM team_members \
             WHERE workspace_id = $1 AND team_id = $2) ORDER BY id FOR NO KEY UPDATE",
            [team_id.into()],
        );
        tenant.connection.query_all_raw(lock).await?;
    }
    Ok(())
}

/// The members who can be given a ticket, with what they have, in the order of their ids.
pub async fn ready<C: ConnectionTrait>(tenant: Tenant<'_, C>, team_id: &str) -> Result<Vec<Ready>, StoreError> {
    let sql = format!(
        "SELECT m.support_agent_id, a.max_open_tickets, m.last_turn, (SELECT COUNT(*) FROM (SELECT 1 AS one \
         FROM tickets t WHERE t.workspace_id = $1 AND t.assignee_id = a.id \
         AND t.status IN ('OPEN', 'IN_PROGRESS', 'WAITING_ON_CUSTOMER', 'ESCALATED') LIMIT {OPEN_COUNTED}) counted) \
         AS open_tickets FROM team_members m \
         JOIN support_agents a ON a.workspace_id = m.workspace_id AND a.id = m.support_agent_id \
         LEFT JOIN users u ON u.workspace_id = a.workspace_id AND u.id = a.user_id \
         WHERE m.workspace_id = $1 AND m.team_id = $2 AND a.kind = 'HUMAN' AND a.is_available \
         AND (a.user_id IS NULL OR (u.disabled_at IS NULL AND u.role <> 'VIEWER')) \
         ORDER BY m.support_agent_id LIMIT {MEMBERS_MAX}"
    );
    Ok(Ready::find_by_statement(tenant.statement(&sql, [team_id.into()])).all(tenant.connection).await?)
}

/// Notes that it was a member's turn.
pub async fn took_turn(tenant: Tenant<'_, Tx>, team_id: &str, support_agent_id: &str) -> Result<(), StoreError> {
    let team =
        tenant.statement("UPDATE teams SET turn = turn + 1 WHERE workspace_id = $1 AND id = $2", [team_id.into()]);
    tenant.connection.execute_raw(team).await?;
    let member = tenant.statement(
        "UPDATE team_members SET last_turn = (SELECT turn FROM teams WHERE workspace_id = $1 AND id = $2) \
         WHERE workspace_id = $1 AND team_id = $2 AND support_agent_id = $3",
        [team_id.into(), support_agent_id.into()],
    );
    tenant.connection.execute_raw(member).await?;
    Ok(())
}

/// Whether another team has this name.
pub async fn is_named<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    name: &str,
    besides: &str,
) -> Result<bool, StoreError> {
    let select = tenant.statement(
        "SELECT id FROM teams WHERE workspace_id = $1 AND name = $2 AND id <> $3 LIMIT 1",
        [name.into(), besides.into()],
    );
    Ok(tenant.connection.query_one_raw(select).await?.is_some())
}
