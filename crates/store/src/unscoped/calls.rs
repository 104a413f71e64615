//! Calls before their workspace is known: by the carrier's id, by a token, by the node that holds them.

use patchcord_domain::id::WorkspaceId;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement, Value};

use crate::entities::calls;
use crate::rows::Call;
use crate::{Reader, StoreError, Tx};

impl Call {
    /// The workspace that the call belongs to.
    pub fn workspace(&self) -> WorkspaceId {
        WorkspaceId::new(self.workspace_id.as_str())
    }
}

fn statement<C: ConnectionTrait>(connection: &C, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}

/// The call that the carrier knows by this id.
pub async fn by_sid<C: ConnectionTrait>(connection: &C, sid: &str) -> Result<Option<Call>, StoreError> {
    Ok(calls::Entity::find().filter(calls::Column::ProviderCallSid.eq(sid)).one(connection).await?)
}

/// Which call a stream belongs to.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Opened {
    /// Its workspace.
    pub workspace_id: String,
    /// Its id.
    pub call_id: String,
}

/// Uses up a token; `None` when it is unknown, used or too old. Of two that use it at once one gets it.
pub async fn use_token(tx: &Tx, token_hash: &str, now: i64) -> Result<Option<Opened>, StoreError> {
    let sql = "UPDATE call_tokens SET used_at = $2 WHERE token_hash = $1 AND used_at IS NULL AND expires_at > $2 \
         RETURNING workspace_id, call_id";
    Ok(Opened::find_by_statement(statement(tx, sql, [token_hash.into(), now.into()])).one(tx).await?)
}

/// Keeps the calls of a node for longer; says how many it holds.
pub async fn extend_leases(tx: &Tx, node: &str, until: i64) -> Result<u64, StoreError> {
    let sql = "UPDATE calls SET lease_until = $2 WHERE owner_node = $1";
    Ok(tx.execute_raw(statement(tx, sql, [node.into(), until.into()])).await?.rows_affected())
}

/// A call that somebody should look after.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Found {
    /// Its workspace.
    pub workspace_id: String,
    /// Its id.
    pub id: String,
    /// When it began.
    pub started_at: i64,
}

/// Calls whose node was not heard of until the end of their lease, at most `limit`.
pub async fn expired(reader: &Reader, now: i64, limit: u64) -> Result<Vec<Found>, StoreError> {
    let sql =
        "SELECT workspace_id, id, started_at FROM calls WHERE owner_node IS NOT NULL AND lease_until < $1 LIMIT $2";
    let values = [now.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    Ok(Found::find_by_statement(statement(reader, sql, values)).all(reader).await?)
}

/// Open calls that nobody holds and nobody touched since a moment, the oldest first, at most `limit` behind one of them.
pub async fn forgotten(
    reader: &Reader,
    before: i64,
    behind: Option<&Found>,
    limit: u64,
) -> Result<Vec<Found>, StoreError> {
    let sql = "SELECT workspace_id, id, started_at FROM calls WHERE ended_at IS NULL AND started_at < $1 \
         AND owner_node IS NULL AND updated_at < $1 AND (started_at, id) > ($2, $3) ORDER BY started_at, id LIMIT $4";
    let (at, id) = behind.map_or((i64::MIN, ""), |found| (found.started_at, found.id.as_str()));
    let values = [before.into(), at.into(), id.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()];
    Ok(Found::find_by_statement(statement(reader, sql, values)).all(reader).await?)
}

/// The only workspace there is, when nobody has set up a phone number.
pub async fn only_workspace<C: ConnectionTrait>(connection: &C) -> Result<Option<WorkspaceId>, StoreError> {
    let sql = "SELECT id FROM workspaces ORDER BY id LIMIT 2";
    let rows = connection.query_all_raw(statement(connection, sql, [])).await?;
    let [only] = rows.as_slice() else { return Ok(None) };
    let any = "SELECT MIN(number) AS number FROM phone_numbers";
    let number = connection.query_one_raw(statement(connection, any, [])).await?;
    let number: Option<String> = number.map(|row| row.try_get("", "number")).transpose()?.flatten();
    if number.is_some() {
        return Ok(None);
    }
    Ok(Some(WorkspaceId::new(only.try_get::<String>("", "id")?)))
}
