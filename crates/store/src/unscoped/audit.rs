//! Every audit line of every workspace, in order and in bites: for the check of the whole trail.

use patchcord_domain::audit_check::StoredLine;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement};

use crate::{Reader, StoreError};

/// What a ticket keeps about its trail.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Head {
    /// The tenant.
    pub workspace_id: String,
    /// Id of the ticket.
    pub id: String,
    /// Its number.
    pub number: i64,
    /// How many lines there are.
    pub audit_length: i64,
    /// The seal over them.
    pub audit_head: String,
}

/// A line and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedLine {
    /// The tenant.
    pub workspace_id: String,
    /// Id of the ticket.
    pub ticket_id: String,
    /// The line.
    pub line: StoredLine,
}

/// The tickets after a place, by workspace and id.
///
/// # Errors
/// When the database fails.
pub async fn heads_after(reader: &Reader, after: (&str, &str), limit: u32) -> Result<Vec<Head>, StoreError> {
    let sql = "SELECT workspace_id, id, number, audit_length, audit_head FROM tickets \
         WHERE (workspace_id, id) > ($1, $2) ORDER BY workspace_id, id LIMIT $3";
    let values = [after.0.into(), after.1.into(), i64::from(limit).into()];
    let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, values);
    Ok(Head::find_by_statement(statement).all(reader).await?)
}

/// The lines after a place, by workspace, ticket and place in the trail.
///
/// # Errors
/// When the database fails.
pub async fn lines_after(reader: &Reader, after: (&str, &str, i64), limit: u32) -> Result<Vec<OwnedLine>, StoreError> {
    let sql = "SELECT workspace_id, ticket_id, seq, id, kind, actor_type, actor_id, payload, created_at, mac \
         FROM ticket_events WHERE (workspace_id, ticket_id, seq) > ($1, $2, $3) \
         ORDER BY workspace_id, ticket_id, seq LIMIT $4";
    let values = [after.0.into(), after.1.into(), after.2.into(), i64::from(limit).into()];
    let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, values);
    let rows = reader.query_all_raw(statement).await?;
    let line = |row: sea_orm::QueryResult| -> Result<OwnedLine, StoreError> {
        Ok(OwnedLine {
            workspace_id: row.try_get("", "workspace_id")?,
            ticket_id: row.try_get("", "ticket_id")?,
            line: StoredLine {
                seq: row.try_get("", "seq")?,
                id: row.try_get("", "id")?,
                kind: row.try_get("", "kind")?,
                actor_type: row.try_get("", "actor_type")?,
                actor_id: row.try_get::<Option<String>>("", "actor_id")?.unwrap_or_default(),
                payload: row.try_get("", "payload")?,
                at: row.try_get("", "created_at")?,
                mac: row.try_get("", "mac")?,
            },
        })
    };
    rows.into_iter().map(line).collect()
}
