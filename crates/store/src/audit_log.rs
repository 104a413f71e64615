//! The log of administrative changes, newest first. Rows are added by [`Tenant::add`] and never changed.

use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::audit_log;
use crate::rows::AuditEntry;
use crate::{StoreError, Tenant};

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Any of these; empty means all. The same holds for the list below.
    pub actions: Vec<String>,
    /// Any of these ids.
    pub subjects: Vec<String>,
    /// Most rows that are returned.
    pub limit: u64,
}

/// The page of entries.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<AuditEntry>, StoreError> {
    use audit_log::Column;
    let mut select = tenant.find::<audit_log::Entity>();
    for (column, values) in [(Column::Action, &query.actions), (Column::Subject, &query.subjects)] {
        if !values.is_empty() {
            select = select.filter(column.is_in(values));
        }
    }
    Ok(select
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(query.limit)
        .all(tenant.connection)
        .await?)
}
