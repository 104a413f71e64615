//! The log of administrative changes, newest first. Rows are added by [`Tenant::add`] and never changed.

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::audit_log;
use crate::rows::AuditEntry;
use crate::{StoreError, Tenant};

/// Which entries, from where.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// Any of these; empty means all. The same holds for the lists below.
    pub actions: Vec<String>,
    /// Any of these users, or `operator`.
    pub actors: Vec<String>,
    /// Any of these ids.
    pub subjects: Vec<String>,
    /// At or after.
    pub from: Option<i64>,
    /// Before.
    pub to: Option<i64>,
    /// The entry after which the page begins: its time and id.
    pub after: Option<(i64, String)>,
    /// Most rows that are returned.
    pub limit: u64,
}

/// The page of entries.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<AuditEntry>, StoreError> {
    use audit_log::Column;
    let mut select = tenant.find::<audit_log::Entity>();
    let lists = [(Column::Action, &query.actions), (Column::Actor, &query.actors), (Column::Subject, &query.subjects)];
    for (column, values) in lists {
        if !values.is_empty() {
            select = select.filter(column.is_in(values));
        }
    }
    if let Some(from) = query.from {
        select = select.filter(Column::CreatedAt.gte(from));
    }
    if let Some(to) = query.to {
        select = select.filter(Column::CreatedAt.lt(to));
    }
    if let Some((at, id)) = &query.after {
        let same_time = Condition::all().add(Column::CreatedAt.eq(*at)).add(Column::Id.lt(id.as_str()));
        select = select
            .filter(Column::CreatedAt.lte(*at))
            .filter(Condition::any().add(Column::CreatedAt.lt(*at)).add(same_time));
    }
    Ok(select
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .limit(query.limit)
        .all(tenant.connection)
        .await?)
}
