//! Reading the outbox in order, across all workspaces. The visibility rule is applied by the reader, event by event.

use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, Statement};

use crate::entities::events;
use crate::rows::Event;
use crate::{Reader, StoreError};

/// A place in the outbox: transaction and sequence. On SQLite the transaction is always 0, for there is one writer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Id of the transaction on PostgreSQL.
    pub xid: i64,
    /// Number of the event.
    pub seq: i64,
}

impl Position {
    /// The place of an event.
    pub fn of(event: &Event) -> Self {
        Self { xid: event.xid, seq: event.seq }
    }
}

/// On PostgreSQL a number that was given early may be committed late. Below the oldest transaction that still runs
/// nothing can appear any more, so that is how far may be read; within that, order is by transaction, then number.
fn settled(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
        _ => "TRUE",
    }
}

/// What comes after a place. SQLite uses an index for no more than the first of two columns that are compared together when the
/// second one is the table's own number: it would read every event since the beginning, each time.
fn beyond(backend: DbBackend) -> &'static str {
    match backend {
        DbBackend::Postgres => "(xid, seq) > ($1, $2)",
        _ => "xid = $1 AND seq > $2",
    }
}

/// The events after a place, in order, at most `limit`.
pub async fn after(reader: &Reader, position: Position, limit: u64) -> Result<Vec<Event>, StoreError> {
    let backend = reader.get_database_backend();
    let sql = format!(
        "SELECT seq, xid, workspace_id, id, type, topic, subject_id, data, at FROM events \
         WHERE {} AND {} ORDER BY xid, seq LIMIT $3",
        beyond(backend),
        settled(backend)
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let statement =
        Statement::from_sql_and_values(backend, sql, [position.xid.into(), position.seq.into(), limit.into()]);
    Ok(Event::find_by_statement(statement).all(reader).await?)
}

/// Whether there are events after a place that cannot be read yet, because an older transaction still runs. On SQLite
/// there are none: whatever is committed can be read.
pub async fn any_after(reader: &Reader, position: Position) -> Result<bool, StoreError> {
    let backend = reader.get_database_backend();
    if backend != DbBackend::Postgres {
        return Ok(false);
    }
    let sql = "SELECT seq FROM events WHERE (xid, seq) > ($1, $2) ORDER BY xid, seq LIMIT 1";
    let statement = Statement::from_sql_and_values(backend, sql, [position.xid.into(), position.seq.into()]);
    Ok(reader.query_one_raw(statement).await?.is_some())
}

/// The place of the newest event that can be read; the beginning when there is none.
pub async fn newest(reader: &Reader) -> Result<Position, StoreError> {
    let backend = reader.get_database_backend();
    let sql = format!(
        "SELECT seq, xid, workspace_id, id, type, topic, subject_id, data, at FROM events WHERE {} \
         ORDER BY xid DESC, seq DESC LIMIT 1",
        settled(backend)
    );
    let found = Event::find_by_statement(Statement::from_string(backend, sql)).one(reader).await?;
    Ok(found.map(|event| Position::of(&event)).unwrap_or_default())
}

/// An event by its id.
pub async fn by_id(reader: &Reader, id: &str) -> Result<Option<Event>, StoreError> {
    Ok(events::Entity::find().filter(events::Column::Id.eq(id)).one(reader).await?)
}
