//! Refresh tokens of users who are known already. Looking a token up is unscoped: see [`crate::unscoped::sign_in`].

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter};

use crate::entities::refresh_tokens;
use crate::rows::RefreshToken;
use crate::{StoreError, Tenant, Tx};

/// Marks a token as used; says whether it was still unused, so that of two requests only one goes on.
pub async fn use_token(tenant: Tenant<'_, Tx>, token: &RefreshToken, at: i64) -> Result<bool, StoreError> {
    let used = tenant
        .update::<refresh_tokens::Entity>()
        .col_expr(refresh_tokens::Column::UsedAt, Expr::value(at))
        .filter(refresh_tokens::Column::Id.eq(token.id.as_str()))
        .filter(refresh_tokens::Column::UsedAt.is_null())
        .exec(tenant.connection)
        .await?;
    Ok(used.rows_affected == 1)
}

/// Whether a sign-in went on beyond this token: another token of the family, made when this one was used or later, was
/// used as well.
pub async fn went_on(tenant: Tenant<'_, Tx>, token: &RefreshToken, used_at: i64) -> Result<bool, StoreError> {
    let later = tenant
        .find::<refresh_tokens::Entity>()
        .filter(refresh_tokens::Column::FamilyId.eq(token.family_id.as_str()))
        .filter(refresh_tokens::Column::Id.ne(token.id.as_str()))
        .filter(refresh_tokens::Column::CreatedAt.gte(used_at))
        .filter(refresh_tokens::Column::UsedAt.is_not_null());
    Ok(later.count(tenant.connection).await? > 0)
}

/// Ends every token of a sign-in.
pub async fn revoke_family(tenant: Tenant<'_, Tx>, family_id: &str, at: i64) -> Result<(), StoreError> {
    tenant
        .update::<refresh_tokens::Entity>()
        .col_expr(refresh_tokens::Column::RevokedAt, Expr::value(at))
        .filter(refresh_tokens::Column::FamilyId.eq(family_id))
        .filter(refresh_tokens::Column::RevokedAt.is_null())
        .exec(tenant.connection)
        .await?;
    Ok(())
}

/// Ends every sign-in of a user but one.
pub async fn revoke_user(
    tenant: Tenant<'_, Tx>,
    user_id: &str,
    except_family: Option<&str>,
    at: i64,
) -> Result<(), StoreError> {
    let mut update = tenant
        .update::<refresh_tokens::Entity>()
        .col_expr(refresh_tokens::Column::RevokedAt, Expr::value(at))
        .filter(refresh_tokens::Column::UserId.eq(user_id))
        .filter(refresh_tokens::Column::RevokedAt.is_null());
    if let Some(family) = except_family {
        update = update.filter(refresh_tokens::Column::FamilyId.ne(family));
    }
    update.exec(tenant.connection).await?;
    Ok(())
}
