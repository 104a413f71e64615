//! Taking out what is past its time, in small bites so that nobody waits for it.

use sea_orm::{ConnectionTrait, Statement};

use crate::{StoreError, Tx};

/// Most rows that one bite takes from one table.
const BITE: i64 = 1_000;

/// What is past its time, as `(table, key, condition)`; `$1` is the moment, `$2` the size of a bite.
const PAST: [(&str, &str, &str); 9] = [
    ("jobs", "id", "state IN ('DONE', 'DEAD') AND updated_at < $1 - 604800000"),
    ("events", "seq", "at < $1 - 604800000"),
    ("login_attempts", "id", "at < $1 - 86400000"),
    ("refresh_tokens", "token_hash", "expires_at < $1"),
    ("idempotency_keys", "key", "expires_at < $1"),
    ("ai_cache", "key", "expires_at < $1"),
    // Those of deleted endpoints go at once, and then the endpoints.
    ("webhook_deliveries", "id", "created_at < $1 - 2592000000"),
    ("webhook_deliveries", "id", DELETED_ENDPOINT),
    ("webhook_endpoints", "id", EMPTY_ENDPOINT),
];

/// A delivery of an endpoint that was deleted.
const DELETED_ENDPOINT: &str =
    "(workspace_id, endpoint_id) IN (SELECT workspace_id, id FROM webhook_endpoints WHERE deleted_at <= $1)";
/// An endpoint that was deleted and has no deliveries any more.
const EMPTY_ENDPOINT: &str = "deleted_at <= $1 AND NOT EXISTS (SELECT 1 FROM webhook_deliveries d \
    WHERE d.workspace_id = webhook_endpoints.workspace_id AND d.endpoint_id = webhook_endpoints.id)";

/// Deletes a bite of everything that is past its time; says how many rows went. Call it again while it is not 0.
pub async fn sweep(tx: &Tx, now: i64) -> Result<u64, StoreError> {
    let mut gone = 0;
    for (table, key, past) in PAST {
        let sql =
            format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {past} LIMIT $2) AND {past}");
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [now.into(), BITE.into()]);
        gone += tx.execute_raw(statement).await?.rows_affected();
    }
    Ok(gone)
}
