//! Answers to requests that carried an `Idempotency-Key`, kept in the transaction of the effect.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use crate::entities::idempotency_keys;
use crate::rows::IdempotencyKey;
use crate::{StoreError, Tenant, Tx};

/// Who used which key for what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The user.
    pub user_id: String,
    /// The method, such as `POST`.
    pub method: String,
    /// The route with its ids, such as `/api/tickets`.
    pub path: String,
    /// What the client sent.
    pub key: String,
}

/// Claims the slot for this transaction. `None` means that it was free; otherwise the request that was here first.
///
/// On PostgreSQL a second request with the same key waits here until the first one is committed or rolled back.
pub async fn claim(
    tenant: Tenant<'_, Tx>,
    slot: &Slot,
    request_hash: &str,
    now: i64,
    expires_at: i64,
) -> Result<Option<IdempotencyKey>, StoreError> {
    let forget = tenant.statement(
        "DELETE FROM idempotency_keys WHERE workspace_id = $1 AND user_id = $2 AND method = $3 AND path = $4 \
         AND key = $5 AND expires_at <= $6",
        [
            slot.user_id.as_str().into(),
            slot.method.as_str().into(),
            slot.path.as_str().into(),
            slot.key.as_str().into(),
            now.into(),
        ],
    );
    tenant.connection.later(forget).await?;
    let insert = tenant.statement(
        "INSERT INTO idempotency_keys (workspace_id, user_id, method, path, key, request_hash, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
        [
            slot.user_id.as_str().into(),
            slot.method.as_str().into(),
            slot.path.as_str().into(),
            slot.key.as_str().into(),
            request_hash.into(),
            expires_at.into(),
        ],
    );
    if tenant.connection.execute_raw(insert).await?.rows_affected() == 1 {
        return Ok(None);
    }
    // Its time may have come between the two statements; without a row the slot is not ours.
    let gone = || StoreError::Unavailable("the earlier request was forgotten at this moment".into());
    find(tenant, slot).await?.ok_or_else(gone).map(Some)
}

/// Keeps the answer.
pub async fn complete(tenant: Tenant<'_, Tx>, slot: &Slot, status: u16, body: &str) -> Result<(), StoreError> {
    let update = tenant.statement(
        "UPDATE idempotency_keys SET response_status = $6, response_body = $7 \
         WHERE workspace_id = $1 AND user_id = $2 AND method = $3 AND path = $4 AND key = $5",
        [
            slot.user_id.as_str().into(),
            slot.method.as_str().into(),
            slot.path.as_str().into(),
            slot.key.as_str().into(),
            i64::from(status).into(),
            body.into(),
        ],
    );
    tenant.connection.later(update).await
}

/// What is kept for a slot.
pub async fn find<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    slot: &Slot,
) -> Result<Option<IdempotencyKey>, StoreError> {
    use idempotency_keys::Column;
    Ok(idempotency_keys::Entity::find()
        .filter(Column::WorkspaceId.eq(tenant.workspace_id().as_str()))
        .filter(Column::UserId.eq(slot.user_id.as_str()))
        .filter(Column::Method.eq(slot.method.as_str()))
        .filter(Column::Path.eq(slot.path.as_str()))
        .filter(Column::Key.eq(slot.key.as_str()))
        .one(tenant.connection)
        .await?)
}
