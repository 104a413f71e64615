//! Making and finding workspaces: the operator's commands.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

use crate::entities::workspaces;
use crate::rows::Workspace;
use crate::{StoreError, Tx, tickets};
use patchcord_domain::id::WorkspaceId;

/// Adds a workspace with its ticket counter.
pub async fn add(tx: &Tx, workspace: Workspace) -> Result<(), StoreError> {
    let id = WorkspaceId::new(workspace.id.as_str());
    workspaces::Entity::insert(workspace.into_active_model().reset_all()).exec_without_returning(tx).await?;
    tickets::start_counter(tx, &id).await
}

/// A workspace by its short name.
pub async fn by_slug<C: ConnectionTrait>(connection: &C, slug: &str) -> Result<Option<Workspace>, StoreError> {
    Ok(workspaces::Entity::find().filter(workspaces::Column::Slug.eq(slug)).one(connection).await?)
}

/// Every workspace by name, at most 10,000.
pub async fn all<C: ConnectionTrait>(connection: &C) -> Result<Vec<Workspace>, StoreError> {
    Ok(workspaces::Entity::find().order_by_asc(workspaces::Column::Name).limit(10_000).all(connection).await?)
}
