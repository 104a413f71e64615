//! The workspace of a handle.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use crate::entities::workspaces;
use crate::rows::Workspace;
use crate::{StoreError, Tenant, Tx};

/// The workspace itself.
pub async fn own<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<Option<Workspace>, StoreError> {
    Ok(workspaces::Entity::find_by_id(tenant.workspace_id().as_str()).one(tenant.connection).await?)
}

/// The workspace itself, locked until the end of the transaction.
pub async fn lock(tenant: Tenant<'_, Tx>) -> Result<Option<Workspace>, StoreError> {
    let mut select = workspaces::Entity::find_by_id(tenant.workspace_id().as_str());
    if tenant.connection.get_database_backend() == DbBackend::Postgres {
        select = select.lock_exclusive();
    }
    Ok(select.one(tenant.connection).await?)
}

/// Writes every column of the workspace itself, whatever id the row names.
pub async fn save(tenant: Tenant<'_, Tx>, workspace: Workspace) -> Result<(), StoreError> {
    let mut active = workspace.into_active_model().reset_all();
    active.not_set(workspaces::Column::Id);
    workspaces::Entity::update_many()
        .set(active)
        .filter(workspaces::Column::Id.eq(tenant.workspace_id().as_str()))
        .exec(tenant.connection)
        .await?;
    Ok(())
}
