//! What an engine says of how it would do a statement.

use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};

use super::Seen;

/// The statement that asks; `prefix` is the engine's word for it.
pub(super) fn explain(prefix: &str, statement: &Statement) -> Statement {
    Statement { sql: format!("{prefix} {}", statement.sql), ..statement.clone() }
}

/// What SQLite says of how it would do what was sent so far, step by step.
pub(super) async fn of_sqlite(seen: &Seen, plain: &DatabaseConnection) -> Vec<String> {
    let statements = seen.lock().unwrap().clone();
    let mut steps = Vec::new();
    for statement in statements {
        for row in plain.query_all_raw(explain("EXPLAIN QUERY PLAN", &statement)).await.unwrap() {
            steps.push(row.try_get("", "detail").unwrap());
        }
    }
    steps
}
