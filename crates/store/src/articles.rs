//! Articles of the knowledge base.

use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QuerySelect};

use crate::entities::kb_articles;
use crate::rows::Article;
use crate::{StoreError, Tenant};

/// The published articles with these ids.
pub async fn published<C: ConnectionTrait>(tenant: Tenant<'_, C>, ids: &[String]) -> Result<Vec<Article>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tenant
        .find::<kb_articles::Entity>()
        .filter(kb_articles::Column::Id.is_in(ids))
        .filter(kb_articles::Column::Status.eq("PUBLISHED"))
        .limit(100)
        .all(tenant.connection)
        .await?)
}
