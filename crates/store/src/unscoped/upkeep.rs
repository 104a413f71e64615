//! Taking out what is past its time, in small bites so that nobody waits for it.

use sea_orm::{ConnectionTrait, Statement};

use crate::unscoped::webhooks;
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
    ("webhook_deliveries", "id", "created_at < $1 - 2592000000"),
    ("system_health_logs", "id", "created_at < $1 - 604800000"),
    ("call_tokens", "token_hash", "expires_at < $1 - 3600000"),
];

/// Deletes a bite of everything that is past its time; says how many rows went. Call it again while it is not 0.
pub async fn sweep(tx: &Tx, now: i64) -> Result<u64, StoreError> {
    let mut gone = 0;
    for (table, key, past) in PAST {
        let sql =
            format!("DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {past} LIMIT $2) AND {past}");
        let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, [now.into(), BITE.into()]);
        gone += tx.execute_raw(statement).await?.rows_affected();
    }
    Ok(gone + webhooks::sweep(tx, BITE).await?)
}
