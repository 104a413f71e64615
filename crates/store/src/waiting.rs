//! Tickets that wait until somebody of their team is free.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::{StoreError, Tenant, Tx};

#[derive(FromQueryResult)]
struct Id {
    id: String,
}

/// Lets a ticket wait for a team. One that waits already keeps its place, unless it waits for another team.
pub async fn add(tenant: Tenant<'_, Tx>, ticket_id: &str, team_id: &str, since: i64) -> Result<(), StoreError> {
    let insert = tenant.statement(
        "INSERT INTO waiting_tickets (workspace_id, ticket_id, team_id, since) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (workspace_id, ticket_id) DO UPDATE SET team_id = excluded.team_id, since = excluded.since \
         WHERE waiting_tickets.team_id <> excluded.team_id",
        [ticket_id.into(), team_id.into(), since.into()],
    );
    tenant.connection.execute_raw(insert).await?;
    Ok(())
}

/// A ticket waits no longer.
pub async fn remove(tenant: Tenant<'_, Tx>, ticket_id: &str) -> Result<(), StoreError> {
    let delete =
        tenant.statement("DELETE FROM waiting_tickets WHERE workspace_id = $1 AND ticket_id = $2", [ticket_id.into()]);
    tenant.connection.execute_raw(delete).await?;
    Ok(())
}

/// The team that a ticket waits for.
pub async fn team_of<C: ConnectionTrait>(tenant: Tenant<'_, C>, ticket_id: &str) -> Result<Option<String>, StoreError> {
    let select = tenant.statement(
        "SELECT team_id AS id FROM waiting_tickets WHERE workspace_id = $1 AND ticket_id = $2",
        [ticket_id.into()],
    );
    Ok(Id::find_by_statement(select).one(tenant.connection).await?.map(|row| row.id))
}

/// The tickets that wait for a team, those that wait longest first, at most `limit`.
pub async fn of_team<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    team_id: &str,
    limit: u64,
) -> Result<Vec<String>, StoreError> {
    let select = tenant.statement(
        "SELECT ticket_id AS id FROM waiting_tickets WHERE workspace_id = $1 AND team_id = $2 \
         ORDER BY since, ticket_id LIMIT $3",
        [team_id.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()],
    );
    Ok(Id::find_by_statement(select).all(tenant.connection).await?.into_iter().map(|row| row.id).collect())
}

/// Nothing waits for a team any more.
pub async fn forget_team(tenant: Tenant<'_, Tx>, team_id: &str) -> Result<(), StoreError> {
    let delete =
        tenant.statement("DELETE FROM waiting_tickets WHERE workspace_id = $1 AND team_id = $2", [team_id.into()]);
    tenant.connection.execute_raw(delete).await?;
    Ok(())
}

/// The teams of a support agent for which something waits, at most 100.
pub async fn teams_of_agent<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    support_agent_id: &str,
) -> Result<Vec<String>, StoreError> {
    let select = tenant.statement(
        "SELECT m.team_id AS id FROM team_members m WHERE m.workspace_id = $1 AND m.support_agent_id = $2 \
         AND EXISTS (SELECT 1 FROM waiting_tickets w WHERE w.workspace_id = $1 AND w.team_id = m.team_id) \
         ORDER BY m.team_id LIMIT 100",
        [support_agent_id.into()],
    );
    Ok(Id::find_by_statement(select).all(tenant.connection).await?.into_iter().map(|row| row.id).collect())
}

/// The teams for which something waits, at most 1,000.
pub async fn teams<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<Vec<String>, StoreError> {
    let select = tenant.statement(
        "SELECT t.id FROM teams t WHERE t.workspace_id = $1 \
         AND EXISTS (SELECT 1 FROM waiting_tickets w WHERE w.workspace_id = $1 AND w.team_id = t.id) \
         ORDER BY t.id LIMIT 1000",
        [],
    );
    Ok(Id::find_by_statement(select).all(tenant.connection).await?.into_iter().map(|row| row.id).collect())
}
