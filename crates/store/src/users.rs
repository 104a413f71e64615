//! Users of a workspace.

use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::{invitations, users};
use crate::rows::{Invitation, User};
use crate::{StoreError, Tenant, Tx};

/// A page of users by name.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, limit: u64, offset: u64) -> Result<Vec<User>, StoreError> {
    Ok(tenant
        .find::<users::Entity>()
        .order_by_asc(users::Column::Name)
        .order_by_asc(users::Column::Id)
        .limit(limit)
        .offset(offset)
        .all(tenant.connection)
        .await?)
}

/// How many users there are.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<u64, StoreError> {
    Ok(tenant.find::<users::Entity>().count(tenant.connection).await?)
}

/// How many administrators can still sign in.
pub async fn active_admins<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<u64, StoreError> {
    Ok(tenant
        .find::<users::Entity>()
        .filter(users::Column::Role.eq("ADMIN"))
        .filter(users::Column::DisabledAt.is_null())
        .count(tenant.connection)
        .await?)
}

/// Locks every administrator who can still sign in, by id, until the end of the transaction: of two changes that would
/// each leave the other one as the last, the second waits and then sees the first. Take it before any other lock on users.
pub async fn lock_admins(tenant: Tenant<'_, Tx>) -> Result<(), StoreError> {
    if tenant.connection.get_database_backend() == DbBackend::Postgres {
        let lock = tenant.statement(
            "SELECT id FROM users WHERE workspace_id = $1 AND role = 'ADMIN' AND disabled_at IS NULL ORDER BY id FOR UPDATE",
            [],
        );
        tenant.connection.query_all_raw(lock).await?;
    }
    Ok(())
}

/// The users with these ids.
pub async fn some<C: ConnectionTrait>(tenant: Tenant<'_, C>, ids: &[String]) -> Result<Vec<User>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tenant.find::<users::Entity>().filter(users::Column::Id.is_in(ids)).limit(1_000).all(tenant.connection).await?)
}

/// Invitations of a user that were not used yet.
pub async fn open_invitations<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    user_id: &str,
) -> Result<Vec<Invitation>, StoreError> {
    Ok(tenant
        .find::<invitations::Entity>()
        .filter(invitations::Column::UserId.eq(user_id))
        .filter(invitations::Column::UsedAt.is_null())
        .limit(100)
        .all(tenant.connection)
        .await?)
}
