//! API tokens of a workspace. Looking one up by its hash is unscoped: see [`crate::unscoped::api_tokens`].

use sea_orm::{ConnectionTrait, PaginatorTrait, QueryOrder, QuerySelect};

use crate::entities::api_tokens;
use crate::rows::ApiToken;
use crate::{StoreError, Tenant};

/// A page of tokens, newest first; revoked and expired ones are among them.
pub async fn page<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    limit: u64,
    offset: u64,
) -> Result<Vec<ApiToken>, StoreError> {
    Ok(tenant
        .find::<api_tokens::Entity>()
        .order_by_desc(api_tokens::Column::CreatedAt)
        .order_by_desc(api_tokens::Column::Id)
        .limit(limit)
        .offset(offset)
        .all(tenant.connection)
        .await?)
}

/// How many tokens there are.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<u64, StoreError> {
    Ok(tenant.find::<api_tokens::Entity>().count(tenant.connection).await?)
}
