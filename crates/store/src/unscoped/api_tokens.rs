//! API tokens before it is known whose they are: every request with one asks here, and what was used is noted.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, Statement};

use crate::entities::api_tokens;
use crate::rows::ApiToken;
use crate::{StoreError, Tx};

/// What a request must know of a token that was not revoked and whose user was not disabled.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct LiveToken {
    /// Id of the token.
    pub id: String,
    /// The tenant.
    pub workspace_id: String,
    /// Whose token it is.
    pub user_id: String,
    /// The role that the token was made with.
    pub token_role: String,
    /// The role that the user has now.
    pub user_role: String,
    /// When it ends, if ever.
    pub expires_at: Option<i64>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<i64>,
}

/// The token with this hash; one statement, for every request with a token asks it.
pub async fn live<C: ConnectionTrait>(connection: &C, token_hash: &str) -> Result<Option<LiveToken>, StoreError> {
    let sql = "SELECT t.id, t.workspace_id, t.user_id, t.role AS token_role, u.role AS user_role, t.expires_at, \
         t.last_used_at FROM api_tokens t JOIN users u ON u.workspace_id = t.workspace_id AND u.id = t.user_id \
         WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND u.disabled_at IS NULL";
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, [token_hash.into()]);
    Ok(LiveToken::find_by_statement(statement).one(connection).await?)
}

/// Notes that a token was used, unless that was noted less than a minute before.
pub async fn mark_used(tx: &Tx, workspace_id: &str, id: &str, at: i64) -> Result<(), StoreError> {
    let sql = "UPDATE api_tokens SET last_used_at = $3 WHERE workspace_id = $1 AND id = $2 \
         AND (last_used_at IS NULL OR last_used_at <= $3 - 60000)";
    let values = [workspace_id.into(), id.into(), at.into()];
    tx.later(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await
}

/// The token with this id, in whichever workspace: for the operator's commands.
pub async fn by_id<C: ConnectionTrait>(connection: &C, id: &str) -> Result<Option<ApiToken>, StoreError> {
    Ok(api_tokens::Entity::find().filter(api_tokens::Column::Id.eq(id)).one(connection).await?)
}
