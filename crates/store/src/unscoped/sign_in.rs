//! Signing in: before it is known who comes, there is no workspace to be scoped by.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, IntoActiveModel,
    PaginatorTrait, QueryFilter, Statement,
};

use crate::entities::{invitations, login_attempts, refresh_tokens, users, workspaces};
use crate::rows::{Invitation, LoginAttempt, RefreshToken, User, Workspace};
use crate::{StoreError, Tx};

/// The user with this address, in whichever workspace.
pub async fn user_by_email<C: ConnectionTrait>(connection: &C, email: &str) -> Result<Option<User>, StoreError> {
    Ok(users::Entity::find().filter(users::Column::Email.eq(email)).one(connection).await?)
}

/// The user with this id and the workspace: what every request with a token asks for.
pub async fn user_by_id<C: ConnectionTrait>(connection: &C, id: &str) -> Result<Option<(User, Workspace)>, StoreError> {
    let Some(user) = users::Entity::find().filter(users::Column::Id.eq(id)).one(connection).await? else {
        return Ok(None);
    };
    let workspace = workspaces::Entity::find_by_id(user.workspace_id.as_str()).one(connection).await?;
    Ok(workspace.map(|workspace| (user, workspace)))
}

/// The user of a session that was not ended; one statement, for every request asks it.
pub async fn session<C: ConnectionTrait>(
    connection: &C,
    user_id: &str,
    family_id: &str,
) -> Result<Option<Session>, StoreError> {
    let sql = "SELECT workspace_id, role FROM users u WHERE u.id = $1 AND u.disabled_at IS NULL AND EXISTS (\
         SELECT 1 FROM refresh_tokens r WHERE r.workspace_id = u.workspace_id AND r.family_id = $2 \
         AND r.user_id = u.id AND r.revoked_at IS NULL)";
    let values = [user_id.into(), family_id.into()];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    Ok(Session::find_by_statement(statement).one(connection).await?)
}

/// What a live session says of its user.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Session {
    /// The tenant.
    pub workspace_id: String,
    /// The role, as stored.
    pub role: String,
}

/// A refresh token by its hash.
pub async fn refresh_token<C: ConnectionTrait>(
    connection: &C,
    token_hash: &str,
) -> Result<Option<RefreshToken>, StoreError> {
    let found = refresh_tokens::Entity::find().filter(refresh_tokens::Column::TokenHash.eq(token_hash));
    Ok(found.one(connection).await?)
}

/// An invitation by its hash.
pub async fn invitation<C: ConnectionTrait>(
    connection: &C,
    token_hash: &str,
) -> Result<Option<Invitation>, StoreError> {
    Ok(invitations::Entity::find().filter(invitations::Column::TokenHash.eq(token_hash)).one(connection).await?)
}

/// Records an attempt before its password is looked at.
pub async fn record_attempt(tx: &Tx, attempt: LoginAttempt) -> Result<(), StoreError> {
    let active = attempt.into_active_model().reset_all();
    login_attempts::Entity::insert(active).exec_without_returning(tx).await?;
    Ok(())
}

/// Turns a recorded attempt into a successful one.
pub async fn mark_success(tx: &Tx, attempt_id: &str) -> Result<(), StoreError> {
    login_attempts::Entity::update_many()
        .col_expr(login_attempts::Column::Success, sea_orm::sea_query::Expr::value(true))
        .filter(login_attempts::Column::Id.eq(attempt_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Failed attempts since a moment: for the address of the user, and for the address of the network. Until the end of the
/// transaction nobody else counts for the same user or the same network address, so that a crowd of guesses at one moment
/// is counted one by one. Everybody takes the lock of the user first, so that nobody waits in a circle.
pub async fn failures_since(connection: &Tx, email: &str, address: &str, since: i64) -> Result<(u64, u64), StoreError> {
    if connection.get_database_backend() == DbBackend::Postgres {
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        for name in [format!("email {email}"), format!("address {address}")] {
            connection.query_one_raw(Statement::from_sql_and_values(DbBackend::Postgres, lock, [name.into()])).await?;
        }
    }
    let failed = || {
        login_attempts::Entity::find()
            .filter(login_attempts::Column::At.gte(since))
            .filter(login_attempts::Column::Success.eq(false))
    };
    let by_email = failed().filter(login_attempts::Column::Email.eq(email)).count(connection).await?;
    let by_address = failed().filter(login_attempts::Column::Address.eq(address)).count(connection).await?;
    Ok((by_email, by_address))
}
