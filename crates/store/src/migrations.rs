//! Applies the migrations of `migrations/sqlite` or `migrations/postgres`, in order, each once.

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement, TransactionOptions, TransactionTrait};

use crate::{StoreError, backfill};

/// Name, text for SQLite, text for PostgreSQL. A migration that was released is never edited: add the next one.
const MIGRATIONS: &[(&str, &str, &str)] = &[
    (
        "0001_foundation",
        include_str!("../migrations/sqlite/0001_foundation.sql"),
        include_str!("../migrations/postgres/0001_foundation.sql"),
    ),
    (
        "0002_views_and_macros",
        include_str!("../migrations/sqlite/0002_views_and_macros.sql"),
        include_str!("../migrations/postgres/0002_views_and_macros.sql"),
    ),
    (
        "0003_identity",
        include_str!("../migrations/sqlite/0003_identity.sql"),
        include_str!("../migrations/postgres/0003_identity.sql"),
    ),
    (
        "0004_ai_services",
        include_str!("../migrations/sqlite/0004_ai_services.sql"),
        include_str!("../migrations/postgres/0004_ai_services.sql"),
    ),
    (
        "0005_people_and_things",
        include_str!("../migrations/sqlite/0005_people_and_things.sql"),
        include_str!("../migrations/postgres/0005_people_and_things.sql"),
    ),
    (
        "0006_people",
        include_str!("../migrations/sqlite/0006_people.sql"),
        include_str!("../migrations/postgres/0006_people.sql"),
    ),
    (
        "0007_sla",
        include_str!("../migrations/sqlite/0007_sla.sql"),
        include_str!("../migrations/postgres/0007_sla.sql"),
    ),
    (
        "0008_teams",
        include_str!("../migrations/sqlite/0008_teams.sql"),
        include_str!("../migrations/postgres/0008_teams.sql"),
    ),
    (
        "0009_webhooks",
        include_str!("../migrations/sqlite/0009_webhooks.sql"),
        include_str!("../migrations/postgres/0009_webhooks.sql"),
    ),
    (
        "0010_insight",
        include_str!("../migrations/sqlite/0010_insight.sql"),
        include_str!("../migrations/postgres/0010_insight.sql"),
    ),
    (
        "0011_calls",
        include_str!("../migrations/sqlite/0011_calls.sql"),
        include_str!("../migrations/postgres/0011_calls.sql"),
    ),
    (
        "0012_lists",
        include_str!("../migrations/sqlite/0012_lists.sql"),
        include_str!("../migrations/postgres/0012_lists.sql"),
    ),
    (
        "0013_tickets_of_nobody",
        include_str!("../migrations/sqlite/0013_tickets_of_nobody.sql"),
        include_str!("../migrations/postgres/0013_tickets_of_nobody.sql"),
    ),
    (
        "0014_drill_downs",
        include_str!("../migrations/sqlite/0014_drill_downs.sql"),
        include_str!("../migrations/postgres/0014_drill_downs.sql"),
    ),
    (
        "0015_words_of_tickets",
        include_str!("../migrations/sqlite/0015_words_of_tickets.sql"),
        include_str!("../migrations/postgres/0015_words_of_tickets.sql"),
    ),
    (
        "0016_words_of_others",
        include_str!("../migrations/sqlite/0016_words_of_others.sql"),
        include_str!("../migrations/postgres/0016_words_of_others.sql"),
    ),
    (
        "0017_first_responses",
        include_str!("../migrations/sqlite/0017_first_responses.sql"),
        include_str!("../migrations/postgres/0017_first_responses.sql"),
    ),
    (
        "0018_people_behind",
        include_str!("../migrations/sqlite/0018_people_behind.sql"),
        include_str!("../migrations/postgres/0018_people_behind.sql"),
    ),
];

/// A migration may take long, and so may the one of another node that is waited for.
const PATIENCE: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = '10min'";

/// Serialises nodes that start at the same time on PostgreSQL; the number means nothing.
const MIGRATION_LOCK: i64 = 7_283_465;

/// Names of every migration that this version knows, in order.
pub fn known() -> impl Iterator<Item = &'static str> {
    MIGRATIONS.iter().map(|(name, _, _)| *name)
}

pub(crate) async fn run(connection: &DatabaseConnection) -> Result<Vec<&'static str>, StoreError> {
    let backend = connection.get_database_backend();
    let mut applied = Vec::new();
    for (name, sqlite, postgres) in MIGRATIONS {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(sea_orm::SqliteTransactionMode::Immediate),
            ..Default::default()
        };
        let tx = connection.begin_with_options(options).await?;
        if backend == DbBackend::Postgres {
            tx.execute_unprepared(PATIENCE).await?;
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")).await?;
        }
        tx.execute_unprepared("CREATE TABLE IF NOT EXISTS schema_migrations (name TEXT PRIMARY KEY)").await?;
        let known = Statement::from_sql_and_values(
            backend,
            "SELECT name FROM schema_migrations WHERE name = $1",
            [(*name).into()],
        );
        if tx.query_one_raw(known).await?.is_none() {
            tx.execute_unprepared(if backend == DbBackend::Postgres { postgres } else { sqlite }).await?;
            let mark = Statement::from_sql_and_values(
                backend,
                "INSERT INTO schema_migrations (name) VALUES ($1)",
                [(*name).into()],
            );
            tx.execute_raw(mark).await?;
            backfill::after(&tx, name).await?;
            applied.push(*name);
        }
        tx.commit().await?;
    }
    Ok(applied)
}
