//! Users of a workspace.

use sea_orm::{ColumnTrait, ConnectionTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::{invitations, users};
use crate::rows::{Invitation, User};
use crate::{StoreError, Tenant};

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
