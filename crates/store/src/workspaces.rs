//! The workspace of a handle.

use sea_orm::{ConnectionTrait, EntityTrait};

use crate::entities::workspaces;
use crate::rows::Workspace;
use crate::{StoreError, Tenant};

/// The workspace itself.
pub async fn own<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<Option<Workspace>, StoreError> {
    Ok(workspaces::Entity::find_by_id(tenant.workspace_id().as_str()).one(tenant.connection).await?)
}
