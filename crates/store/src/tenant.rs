//! A handle that already holds the workspace: a query without a scope cannot be written by accident.

use patchcord_domain::id::WorkspaceId;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    Select, Statement, UpdateMany, Value,
};

use crate::entities::TenantOwned;
use crate::rows::{Editable, Row};
use crate::{StoreError, Tx};

/// A connection and the one workspace that it may touch. Only this crate can look inside.
pub struct Tenant<'c, C> {
    pub(crate) connection: &'c C,
    workspace_id: &'c WorkspaceId,
}

impl<C> Clone for Tenant<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C> Copy for Tenant<'_, C> {}

impl<'c, C: ConnectionTrait> Tenant<'c, C> {
    pub(crate) fn new(connection: &'c C, workspace_id: &'c WorkspaceId) -> Self {
        Self { connection, workspace_id }
    }

    /// The workspace of this handle.
    pub fn workspace_id(&self) -> &'c WorkspaceId {
        self.workspace_id
    }

    /// Selects rows of this workspace.
    pub(crate) fn find<E: TenantOwned>(&self) -> Select<E> {
        E::find().filter(E::workspace_column().eq(self.workspace_id.as_str()))
    }

    /// One row of this workspace by its id.
    ///
    /// # Errors
    /// When the database fails; a row that is not there, or is another workspace's, is `None`.
    pub async fn get<M: Row>(&self, id: &str) -> Result<Option<M>, StoreError> {
        let id_column = <M::Entity as TenantOwned>::id_column();
        Ok(self.find::<M::Entity>().filter(id_column.eq(id)).one(self.connection).await?)
    }

    /// A statement in the words of SQL; `$1` is always the workspace, the caller's values begin at `$2`.
    pub(crate) fn statement(&self, sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        let all = std::iter::once(Value::from(self.workspace_id.as_str())).chain(values);
        Statement::from_sql_and_values(self.connection.get_database_backend(), sql, all)
    }
}

impl Tenant<'_, Tx> {
    /// Adds a row to this workspace, whatever workspace the row names.
    ///
    /// # Errors
    /// [`StoreError::Taken`] and [`StoreError::Reference`] when it does not fit the rows that are there.
    pub async fn add<M: Row>(&self, row: M) -> Result<(), StoreError> {
        self.connection.execute_raw(self.insert(row)).await?;
        Ok(())
    }

    /// One row of this workspace, locked until the end of the transaction: whoever changes it next sees this change.
    ///
    /// # Errors
    /// As for [`Tenant::get`].
    pub async fn lock<M: Row>(&self, id: &str) -> Result<Option<M>, StoreError> {
        let mut select = self.find::<M::Entity>().filter(<M::Entity as TenantOwned>::id_column().eq(id));
        if self.connection.get_database_backend() == DbBackend::Postgres {
            select = select.lock_exclusive();
        }
        Ok(select.one(self.connection).await?)
    }

    /// Adds a row like [`Tenant::add`], for rows that are known to fit: when one does not, a later call may fail in its
    /// place, or the whole write.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_later<M: Row>(&self, row: M) -> Result<(), StoreError> {
        self.connection.later(self.insert(row)).await
    }

    fn insert<M: Row>(&self, row: M) -> Statement {
        let mut active = row.into_active_model();
        active.set(<M::Entity as TenantOwned>::workspace_column(), self.workspace_id.as_str().into());
        <M::Entity as EntityTrait>::insert(active).build(self.connection.get_database_backend())
    }

    /// Writes every column of a row that is already there; says whether it was.
    ///
    /// # Errors
    /// As for [`Tenant::add`].
    pub async fn save<M: Editable>(&self, row: M) -> Result<bool, StoreError> {
        let id = row.id().to_owned();
        let mut active = row.into_active_model().reset_all();
        active.not_set(<M::Entity as TenantOwned>::workspace_column());
        active.not_set(<M::Entity as TenantOwned>::id_column());
        let update = self.update::<M::Entity>().set(active).filter(<M::Entity as TenantOwned>::id_column().eq(id));
        Ok(update.exec(self.connection).await?.rows_affected == 1)
    }

    /// Updates rows of this workspace.
    pub(crate) fn update<E: TenantOwned>(&self) -> UpdateMany<E> {
        E::update_many().filter(E::workspace_column().eq(self.workspace_id.as_str()))
    }
}
