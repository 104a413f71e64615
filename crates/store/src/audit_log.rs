//! The log of administrative changes, newest first. Rows are added by [`Tenant::add`] and never changed.

use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::audit_log;
use crate::rows::AuditEntry;
use crate::{StoreError, Tenant};

/// Which entries.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Any of these ids; empty means all.
    pub subjects: Vec<String>,
    /// Most rows that are returned.
    pub limit: u64,
}

/// The page of entries.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<AuditEntry>, StoreError> {
    use audit_log::Column;
    let mut select = tenant.find::<audit_log::Entity>();
    if !query.subjects.is_empty() {
        select = select.filter(Column::Subject.is_in(&query.subjects));
    }
    Ok(select
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(query.limit)
        .all(tenant.connection)
        .await?)
}
