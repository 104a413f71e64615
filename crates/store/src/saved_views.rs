//! Saved views: those of everybody, and those of one user.

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::saved_views::{Column, Entity};
use crate::rows::SavedView;
use crate::{StoreError, Tenant, Tx};

/// The shared views and those of a user, by name, at most `limit`.
pub async fn visible<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    user_id: &str,
    limit: u64,
) -> Result<Vec<SavedView>, StoreError> {
    Ok(tenant
        .find::<Entity>()
        .filter(Condition::any().add(Column::UserId.is_null()).add(Column::UserId.eq(user_id)))
        .order_by_asc(Column::Name)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(tenant.connection)
        .await?)
}

/// How many views a user has; how many are shared when no user is named.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, user_id: Option<&str>) -> Result<u64, StoreError> {
    let owned = match user_id {
        Some(user) => Column::UserId.eq(user),
        None => Column::UserId.is_null(),
    };
    Ok(tenant.find::<Entity>().filter(owned).count(tenant.connection).await?)
}

/// Deletes a view; says whether it was there.
pub async fn delete(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM saved_views WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}
