//! Indexes of the large tables, put aside while very many rows are written, and made anew. On PostgreSQL keys and foreign keys
//! as well: all together they are sorted and checked in a moment, one by one they take longer than the rows.
//!
//! All of it is one transaction. Whatever ends it before its time, the database is as it was. Others wait for the tables, so
//! it is done only where nobody else is at work. On PostgreSQL the words of search are a transaction of their own beside it, for
//! a connection works on one core alone. It is committed first: whoever is stopped between the two is left with words that lead
//! to nothing, never with tickets that cannot be found.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use sqlx::postgres::{PgConnection, PgPool, Postgres};
use sqlx::{AssertSqlSafe, Row};

use super::sqlite::Alone;
use crate::{Store, StoreError};

/// The tables that the rows of the load are written to.
const ROWS: [&str; 7] =
    ["tickets", "ticket_tags", "ticket_messages", "ticket_events", "organizations", "contacts", "devices"];
/// The table of what a search finds them by.
const WORDS: [&str; 1] = ["search_documents"];
/// The trigger that marks hours and customers of new tickets to be counted again.
pub(super) const MARKS: &str = "tickets_mark_inserted";
/// What it would have done for all these tickets; those that were there before are counted once more.
pub(super) const MARK_ALL: [&str; 2] = [
    "INSERT INTO hour_marks (workspace_id, hour) \
     SELECT workspace_id, created_at / 3600000 FROM tickets \
     UNION SELECT workspace_id, first_responded_at / 3600000 FROM tickets WHERE first_responded_at IS NOT NULL \
     UNION SELECT workspace_id, resolved_at / 3600000 FROM tickets WHERE resolved_at IS NOT NULL \
     UNION SELECT workspace_id, sla_breached_at / 3600000 FROM tickets WHERE sla_breached_at IS NOT NULL",
    "INSERT INTO customer_marks (workspace_id, kind, customer_id) \
     SELECT workspace_id, 'ORGANIZATION', organization_id FROM tickets WHERE organization_id IS NOT NULL \
     UNION SELECT workspace_id, 'CONTACT', contact_id FROM tickets WHERE contact_id IS NOT NULL",
];
/// A lock was not there in time; or the tables belong to somebody else.
const NOT_NOW: [&str; 2] = ["55P03", "42501"];
/// How many rows there are, and of what words.
pub(super) const COUNT_WORDS: &str = "ANALYZE search_documents (workspace_id, kind, subject_id, part, words)";
/// Whether there are fewer tickets than so many.
const FEW: &str = "SELECT (SELECT COUNT(*) FROM (SELECT 1 FROM tickets LIMIT $1) AS found) < $1 AS few";

/// The transaction, and what makes anew what was put aside.
pub(super) enum Aside {
    Sqlite { alone: Alone, again: Vec<String> },
    Postgres { rows: Part, words: Part },
}

/// Tables that one connection works on.
pub(super) struct Part {
    pub(super) tx: sqlx::Transaction<'static, Postgres>,
    again: Vec<String>,
}

impl Aside {
    /// Puts them aside, when most of the tickets that there will be are those of the load, and nobody else is at work.
    pub(super) async fn begin(store: &Store, tickets: i64) -> Result<Option<Self>, StoreError> {
        match store.postgres_pool() {
            Some(pool) => postgres(pool, tickets).await,
            None => sqlite(store, tickets).await,
        }
    }

    /// Makes everything anew and commits.
    pub(super) async fn finish(self) -> Result<(), StoreError> {
        match self {
            Aside::Sqlite { alone, again } => Ok(alone.commit(again).await?),
            Aside::Postgres { rows, mut words } => {
                // Counted here, that takes no time: the rows take longer.
                words.again.push(COUNT_WORDS.to_owned());
                let (rows, words) = tokio::try_join!(rows.made_anew(), words.made_anew())?;
                words.commit().await?;
                Ok(rows.commit().await?)
            }
        }
    }
}

impl Part {
    /// Begins a transaction in which the keys and indexes of these tables are put aside.
    async fn begin(pool: &PgPool, tables: &[&str]) -> Result<Self, sqlx::Error> {
        let mut tx = pool.begin().await?;
        sqlx::raw_sql("SET LOCAL statement_timeout = 0; SET LOCAL maintenance_work_mem = '256MB'")
            .execute(&mut *tx)
            .await?;
        let again = take_away(&mut tx, tables).await?;
        Ok(Self { tx, again })
    }

    /// Switches the trigger of marks off, and notes what is to be done instead.
    async fn put_marks_aside(&mut self) -> Result<(), sqlx::Error> {
        let switch = |how: &str| format!("ALTER TABLE tickets {how} TRIGGER {MARKS}");
        sqlx::query(AssertSqlSafe(switch("DISABLE"))).execute(&mut *self.tx).await?;
        self.again.push(switch("ENABLE"));
        self.again.extend(MARK_ALL.map(str::to_owned));
        Ok(())
    }

    async fn made_anew(mut self) -> Result<sqlx::Transaction<'static, Postgres>, sqlx::Error> {
        for statement in self.again {
            sqlx::query(AssertSqlSafe(statement)).execute(&mut *self.tx).await?;
        }
        Ok(self.tx)
    }
}

/// A file belongs to one process, so nobody else is at work but this one, which writes the load.
async fn sqlite(store: &Store, tickets: i64) -> Result<Option<Aside>, StoreError> {
    let few = Statement::from_sql_and_values(DbBackend::Sqlite, FEW, [tickets.into()]);
    let few = store.reader().query_one_raw(few).await?.map(|row| row.try_get::<bool>("", "few")).transpose()?;
    if few != Some(true) {
        return Ok(None);
    }
    let Some(mut alone) = store.alone().await? else { return Ok(None) };
    let again = alone.begin(&[&ROWS[..], &WORDS].concat()).await?;
    Ok(Some(Aside::Sqlite { alone, again }))
}

async fn postgres(pool: &PgPool, tickets: i64) -> Result<Option<Aside>, StoreError> {
    // A server hears of others through a connection of this name.
    let others = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
         AND application_name = 'patchcord wakeups')";
    let others: bool = sqlx::query_scalar(others).fetch_one(pool).await?;
    let few: bool = sqlx::query_scalar(FEW).bind(tickets).fetch_one(pool).await?;
    if others || !few {
        return Ok(None);
    }
    match tokio::try_join!(Part::begin(pool, &ROWS), Part::begin(pool, &WORDS)) {
        Ok((mut rows, words)) => {
            rows.put_marks_aside().await?;
            Ok(Some(Aside::Postgres { rows, words }))
        }
        Err(sqlx::Error::Database(error)) if error.code().is_some_and(|code| NOT_NOW.contains(&&*code)) => {
            tracing::info!(%error, "indexes stay where they are while the load is written");
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// Drops foreign keys, then keys, then the other indexes; gives what makes them anew, foreign keys last. The statements are
/// PostgreSQL's own words for what is there.
async fn take_away(tx: &mut PgConnection, tables: &[&str]) -> Result<Vec<String>, sqlx::Error> {
    let tables = tables.iter().map(|table| format!("'{table}'")).collect::<Vec<_>>().join(", ");
    let tables = format!("ARRAY[{tables}]::regclass[]");
    let constraints = |which: &str| {
        format!(
            "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away, \
             format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS again \
             FROM pg_constraint WHERE {which} ORDER BY conrelid, conname LIMIT 1000"
        )
    };
    // Those of other tables too, for a key that is referred to stays. Those to the workspace are no work, and would lock its table.
    let foreign = constraints(&format!(
        "contype = 'f' AND (conrelid = ANY ({tables}) OR confrelid = ANY ({tables})) \
         AND confrelid <> 'workspaces'::regclass"
    ));
    // A tag that is there already is left out by its key.
    let keys = constraints(&format!(
        "contype IN ('p', 'u') AND conrelid = ANY ({tables}) AND conrelid <> 'ticket_tags'::regclass"
    ));
    let indexes = format!(
        "SELECT format('DROP INDEX %s', indexrelid::regclass) AS away, pg_get_indexdef(indexrelid) AS again \
         FROM pg_index i WHERE indrelid = ANY ({tables}) AND NOT indisprimary \
         AND NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY indrelid, indexrelid LIMIT 1000"
    );
    let (mut again, mut later) = (Vec::new(), Vec::new());
    for (select, last) in [(foreign, true), (keys, false), (indexes, false)] {
        let into = if last { &mut later } else { &mut again };
        for row in sqlx::query(AssertSqlSafe(select)).fetch_all(&mut *tx).await? {
            let away: String = row.try_get("away")?;
            sqlx::query(AssertSqlSafe(away)).execute(&mut *tx).await?;
            into.push(row.try_get("again")?);
        }
    }
    again.append(&mut later);
    Ok(again)
}
