//! Writing very many made-up tickets at once, for measurements: multi-row inserts on SQLite, COPY on PostgreSQL.
//!
//! The rows are as real ones: the same columns, keys and references. What is left out is the outbox: nobody is told.

use std::fmt::Write as _;

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::text::fold;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic, IntoActiveModel, Iterable, Statement, Value,
};
use sqlx::postgres::{PgConnection, PgPool};

use crate::entities::{
    ai_suggestions, ai_usage_logs, contacts, devices, organizations, ticket_assignments, ticket_events,
    ticket_messages, tickets,
};
use crate::rows::{Assignment, Contact, Device, Message, Organization, Suggestion, Ticket, TicketEvent, UsageLog};
use crate::{Store, StoreError, Tenant, Tx, search};

/// Values in one statement; SQLite takes 32,766, PostgreSQL 65,535.
const VALUES_MAX: usize = 30_000;
/// Text that is handed to COPY at once.
const COPY_BYTES: usize = 1 << 20;

/// Tickets with everything that belongs to them.
#[derive(Default)]
pub struct Load {
    /// The tickets.
    pub tickets: Vec<Ticket>,
    /// Their messages.
    pub messages: Vec<Message>,
    /// Their audit lines.
    pub lines: Vec<TicketEvent>,
    /// Id of the ticket and the text that its search finds.
    pub documents: Vec<(String, String)>,
    /// Who worked on them.
    pub assignments: Vec<Assignment>,
    /// What the copilot said of them.
    pub suggestions: Vec<Suggestion>,
    /// What that cost.
    pub usage: Vec<UsageLog>,
}

/// Customers and what they have.
#[derive(Default)]
pub struct Customers {
    /// Companies.
    pub organizations: Vec<Organization>,
    /// Their people.
    pub contacts: Vec<Contact>,
    /// Their devices.
    pub devices: Vec<Device>,
}

/// Takes `count` ticket numbers at once; gives the first.
///
/// # Errors
/// When the database fails.
pub async fn reserve_numbers(store: &Store, workspace: &WorkspaceId, count: i64) -> Result<i64, StoreError> {
    let workspace = workspace.clone();
    store.write(move |tx| Box::pin(async move { take_numbers(tx.tenant(&workspace), count).await })).await
}

/// The same within a transaction.
///
/// # Errors
/// When the database fails.
pub async fn take_numbers(tenant: Tenant<'_, Tx>, count: i64) -> Result<i64, StoreError> {
    let sql = "UPDATE ticket_counters SET last_number = last_number + $2 WHERE workspace_id = $1 \
         RETURNING last_number - $2 + 1 AS first";
    let row = tenant.connection.query_one_raw(tenant.statement(sql, [count.into()])).await?;
    let row = row.ok_or_else(|| StoreError::Internal("the workspace has no ticket counter".into()))?;
    Ok(row.try_get("", "first")?)
}

/// Writes everything in one transaction.
///
/// # Errors
/// When the database fails; then nothing of it is kept.
pub async fn write(store: &Store, workspace: &WorkspaceId, load: Load) -> Result<(), StoreError> {
    if let Some(pool) = store.postgres_pool() {
        return copy(pool, workspace, load).await;
    }
    let workspace = workspace.clone();
    store.write(move |tx| Box::pin(async move { add(tx.tenant(&workspace), load).await })).await
}

/// Writes everything within a transaction. The rows must name the workspace of the handle.
///
/// # Errors
/// When the database fails.
pub async fn add(tenant: Tenant<'_, Tx>, load: Load) -> Result<(), StoreError> {
    let tx = tenant.connection;
    insert::<tickets::Entity>(tx, load.tickets).await?;
    // A message may name the suggestion that its text came from.
    insert::<ai_suggestions::Entity>(tx, load.suggestions).await?;
    insert::<ticket_messages::Entity>(tx, load.messages).await?;
    insert::<ticket_events::Entity>(tx, load.lines).await?;
    insert::<ticket_assignments::Entity>(tx, load.assignments).await?;
    insert::<ai_usage_logs::Entity>(tx, load.usage).await?;
    let rows = load.documents.into_iter().map(|(subject_id, text)| {
        [
            tenant.workspace_id().as_str().into(),
            search::TICKET.into(),
            subject_id.into(),
            0_i64.into(),
            fold(&text).into(),
        ]
    });
    insert_values(tx, "search_documents (workspace_id, kind, subject_id, part, text)", 5, rows).await
}

/// Writes customers in one transaction.
///
/// # Errors
/// When the database fails; then nothing of it is kept.
pub async fn write_customers(store: &Store, customers: Customers) -> Result<(), StoreError> {
    if let Some(pool) = store.postgres_pool() {
        let mut tx = pool.begin().await?;
        copy_rows::<organizations::Entity>(&mut tx, customers.organizations).await?;
        copy_rows::<contacts::Entity>(&mut tx, customers.contacts).await?;
        copy_rows::<devices::Entity>(&mut tx, customers.devices).await?;
        return Ok(tx.commit().await?);
    }
    store
        .write(move |tx| {
            Box::pin(async move {
                insert::<organizations::Entity>(tx, customers.organizations).await?;
                insert::<contacts::Entity>(tx, customers.contacts).await?;
                insert::<devices::Entity>(tx, customers.devices).await
            })
        })
        .await
}

/// Counts what is in the tables, so that statements are planned for as many rows as there are now.
///
/// # Errors
/// When the database fails.
pub async fn finish(store: &Store) -> Result<(), StoreError> {
    if let Some(pool) = store.postgres_pool() {
        let tables = "ticket_messages, ticket_events, search_documents, organizations, contacts, devices";
        sqlx::query(sqlx::AssertSqlSafe(format!("ANALYZE {tables}"))).execute(pool).await?;
        // Counts look at the index alone once it is known that every row of a page is there.
        sqlx::query("VACUUM (ANALYZE) tickets").execute(pool).await?;
    }
    Ok(())
}

async fn insert<E>(tx: &Tx, rows: Vec<E::Model>) -> Result<(), StoreError>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let target = format!("{} ({})", E::default().table_name(), names::<E>());
    insert_values(tx, &target, E::Column::iter().count(), rows.into_iter().map(row_values::<E>)).await
}

async fn insert_values<R: IntoIterator<Item = Value>>(
    tx: &Tx,
    target: &str,
    columns: usize,
    rows: impl Iterator<Item = R>,
) -> Result<(), StoreError> {
    let named = tx.get_database_backend() == DbBackend::Postgres;
    let mut rows = rows.peekable();
    while rows.peek().is_some() {
        let (mut sql, mut values) = (format!("INSERT INTO {target} VALUES "), Vec::new());
        for row in rows.by_ref().take(VALUES_MAX / columns) {
            sql += if values.is_empty() { "(" } else { ", (" };
            for place in 1..=columns {
                sql += if place > 1 { ", " } else { "" };
                // SQLite takes `$1` for a name and looks through all names before it; thousands of them take seconds.
                if named {
                    let _ = write!(sql, "${}", values.len() + place);
                } else {
                    sql.push('?');
                }
            }
            sql.push(')');
            values.extend(row);
        }
        tx.execute_raw(Statement::from_sql_and_values(tx.get_database_backend(), sql, values)).await?;
    }
    Ok(())
}

fn names<E: EntityTrait>() -> String {
    E::Column::iter().map(|column| column.as_str().to_owned()).collect::<Vec<_>>().join(", ")
}

fn row_values<E>(row: E::Model) -> Vec<Value>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let row = row.into_active_model();
    E::Column::iter().filter_map(|column| row.get(column).into_value()).collect()
}

async fn copy(pool: &PgPool, workspace: &WorkspaceId, load: Load) -> Result<(), StoreError> {
    let mut tx = pool.begin().await?;
    copy_rows::<tickets::Entity>(&mut tx, load.tickets).await?;
    copy_rows::<ticket_messages::Entity>(&mut tx, load.messages).await?;
    copy_rows::<ticket_events::Entity>(&mut tx, load.lines).await?;
    let documents = load.documents.iter().map(|(subject_id, text)| {
        [workspace.as_str().into(), search::TICKET.into(), subject_id.as_str().into(), 0_i64.into(), fold(text).into()]
    });
    copy_values(&mut tx, "search_documents (workspace_id, kind, subject_id, part, text)", documents).await?;
    Ok(tx.commit().await?)
}

async fn copy_rows<E>(connection: &mut PgConnection, rows: Vec<E::Model>) -> Result<(), StoreError>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let target = format!("{} ({})", E::default().table_name(), names::<E>());
    copy_values(connection, &target, rows.into_iter().map(row_values::<E>)).await
}

async fn copy_values<R: IntoIterator<Item = Value>>(
    connection: &mut PgConnection,
    target: &str,
    rows: impl Iterator<Item = R>,
) -> Result<(), StoreError> {
    let mut copy = connection.copy_in_raw(&format!("COPY {target} FROM STDIN")).await?;
    let mut text = String::with_capacity(COPY_BYTES + 32_768);
    for row in rows {
        for (index, value) in row.into_iter().enumerate() {
            if index > 0 {
                text.push('\t');
            }
            push(&mut text, &value)?;
        }
        text.push('\n');
        if text.len() >= COPY_BYTES {
            copy.send(text.as_bytes()).await?;
            text.clear();
        }
    }
    copy.send(text.as_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// A value in the text form of COPY: <https://www.postgresql.org/docs/current/sql-copy.html>.
fn push(text: &mut String, value: &Value) -> Result<(), StoreError> {
    let mut escaped = |plain: &str| {
        for part in plain.split_inclusive(['\\', '\n', '\r', '\t']) {
            let (before, escaped) = match part.as_bytes().last() {
                Some(b'\\') => (&part[..part.len() - 1], "\\\\"),
                Some(b'\n') => (&part[..part.len() - 1], "\\n"),
                Some(b'\r') => (&part[..part.len() - 1], "\\r"),
                Some(b'\t') => (&part[..part.len() - 1], "\\t"),
                _ => (part, ""),
            };
            text.push_str(before);
            text.push_str(escaped);
        }
    };
    match value {
        Value::String(Some(plain)) => escaped(plain),
        Value::Json(Some(json)) => escaped(&json.to_string()),
        Value::BigInt(Some(number)) => _ = write!(text, "{number}"),
        Value::Bool(Some(value)) => text.push(if *value { 't' } else { 'f' }),
        Value::String(None) | Value::Json(None) | Value::BigInt(None) | Value::Bool(None) => text.push_str("\\N"),
        other => return Err(StoreError::Internal(format!("COPY of {other:?} is not known"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_text_form() {
        let mut text = String::new();
        for value in [Value::from("a\tb\\c\nd"), Value::from(-5_i64), Value::from(true), Value::from(None::<String>)] {
            push(&mut text, &value).unwrap();
            text.push('|');
        }
        assert_eq!(text, "a\\tb\\\\c\\nd|-5|t|\\N|");
        assert!(push(&mut text, &Value::from(1.5_f64)).is_err());
    }
}
