//! Writing very many made-up tickets at once, for measurements: multi-row inserts on SQLite, COPY on PostgreSQL.
//!
//! The rows are as real ones: the same columns, keys and references. What is left out is the outbox: nobody is told.

mod aside;
mod copy;
mod sqlite;

use std::fmt::Write as _;
use std::iter::Peekable;

use async_trait::async_trait;
use patchcord_domain::id::WorkspaceId;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic, IntoActiveModel, Iterable, Statement, Value,
};
use sqlx::postgres::PgPool;

use aside::Aside;
pub(crate) use sqlite::Alone;

use crate::entities::{
    ai_suggestions, ai_usage_logs, contacts, devices, organizations, ticket_assignments, ticket_events,
    ticket_messages, ticket_slas, tickets,
};
use crate::rows::{
    Assignment, Contact, Device, Message, Organization, Suggestion, Ticket, TicketEvent, TicketSla, UsageLog,
};
use crate::{Store, StoreError, Tenant, Tx, search};

/// Values in one statement; SQLite takes 32,766, PostgreSQL 65,535.
const VALUES_MAX: usize = 30_000;
/// From so many tickets on it pays to put indexes aside.
const MANY: i64 = 200;

const DOCUMENTS: &str = "search_documents (workspace_id, kind, subject_id, part, text)";

/// Kind of a search document, id of the row and the text that a search finds.
pub type Document = (&'static str, String, String);

/// Tickets with everything that belongs to them.
#[derive(Default)]
pub struct Load {
    /// The tickets.
    pub tickets: Vec<Ticket>,
    /// Their messages.
    pub messages: Vec<Message>,
    /// Their audit lines.
    pub lines: Vec<TicketEvent>,
    /// What a search finds them by.
    pub documents: Vec<Document>,
    /// Where their service-level clocks stand.
    pub slas: Vec<TicketSla>,
    /// Who worked on them.
    pub assignments: Vec<Assignment>,
    /// What the copilot said of them.
    pub suggestions: Vec<Suggestion>,
    /// What that cost.
    pub usage: Vec<UsageLog>,
}

impl Load {
    /// Puts another one behind it.
    fn append(&mut self, mut other: Self) {
        self.tickets.append(&mut other.tickets);
        self.messages.append(&mut other.messages);
        self.lines.append(&mut other.lines);
        self.documents.append(&mut other.documents);
        self.slas.append(&mut other.slas);
        self.assignments.append(&mut other.assignments);
        self.suggestions.append(&mut other.suggestions);
        self.usage.append(&mut other.usage);
    }
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
    /// What a search finds them by.
    pub documents: Vec<Document>,
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

/// Writes a large load piece by piece.
///
/// When most of the tickets that there will be are those of the load, and nobody else is at work, indexes are put aside for as
/// long as it takes and made anew, all in one transaction. Otherwise each piece has a transaction of its own.
pub struct Loader<'s> {
    store: &'s Store,
    workspace: WorkspaceId,
    aside: Option<Aside>,
}

impl<'s> Loader<'s> {
    /// Begins a load of so many tickets.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn begin(store: &'s Store, workspace: &WorkspaceId, tickets: i64) -> Result<Self, StoreError> {
        let aside = if tickets < MANY { None } else { Aside::begin(store, tickets).await? };
        Ok(Self { store, workspace: workspace.clone(), aside })
    }

    /// Writes customers.
    ///
    /// # Errors
    /// When the database fails; then nothing of them is kept.
    pub async fn customers(&mut self, mut customers: Customers) -> Result<(), StoreError> {
        let workspace = self.workspace.clone();
        match (&mut self.aside, self.store.postgres_pool()) {
            (Some(Aside::Postgres { rows, words }), _) => {
                let documents = std::mem::take(&mut customers.documents);
                let rows = put_customers(&mut *rows.tx, &workspace, customers);
                tokio::try_join!(rows, put_documents(&mut *words.tx, &workspace, documents)).map(|_| ())
            }
            (Some(Aside::Sqlite { alone, .. }), _) => put_customers(alone.connection(), &workspace, customers).await,
            (None, Some(pool)) => {
                let mut tx = pool.begin().await?;
                put_customers(&mut *tx, &workspace, customers).await?;
                Ok(tx.commit().await?)
            }
            (None, None) => {
                let write = self
                    .store
                    .write(move |mut tx| Box::pin(async move { put_customers(&mut tx, &workspace, customers).await }));
                write.await
            }
        }
    }

    /// Writes one or two pieces, side by side where that is faster.
    ///
    /// # Errors
    /// When the database fails; then nothing of that piece is kept.
    pub async fn write(&mut self, mut one: Load, two: Option<Load>) -> Result<(), StoreError> {
        let two = two.unwrap_or_default();
        match &mut self.aside {
            Some(Aside::Postgres { rows, words }) => {
                // The end of each COPY waits up to 40 ms for an acknowledgement: the driver, sqlx 0.9.0, leaves Nagle's algorithm on.
                one.append(two);
                let documents = std::mem::take(&mut one.documents);
                let rows = put(&mut *rows.tx, &self.workspace, one);
                tokio::try_join!(rows, put_documents(&mut *words.tx, &self.workspace, documents)).map(|_| ())
            }
            Some(Aside::Sqlite { alone, .. }) => {
                put(alone.connection(), &self.workspace, one).await?;
                put(alone.connection(), &self.workspace, two).await
            }
            None => {
                let (first, second) = tokio::join!(self.piece(one), self.piece(two));
                first.and(second)
            }
        }
    }

    async fn piece(&self, load: Load) -> Result<(), StoreError> {
        if let Some(pool) = self.store.postgres_pool() {
            let mut tx = pool.begin().await?;
            put(&mut *tx, &self.workspace, load).await?;
            return Ok(tx.commit().await?);
        }
        let workspace = self.workspace.clone();
        self.store.write(move |tx| Box::pin(async move { add(tx.tenant(&workspace), load).await })).await
    }

    /// Makes what was put aside anew, and counts what is in the tables, so that statements are planned for as many rows as there
    /// are now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn finish(self) -> Result<(), StoreError> {
        // Counts look at the index alone once it is known that every row of a page is there.
        let mut counts = vec!["VACUUM (ANALYZE) tickets"];
        match self.aside {
            Some(aside) => aside.finish().await?,
            None => counts.push(aside::COUNT_WORDS),
        }
        let Some(pool) = self.store.postgres_pool() else { return Ok(()) };
        // What is sampled is sorted, so long texts that nothing is compared with are left out.
        counts.push("ANALYZE ticket_events (workspace_id, id, ticket_id, kind, seq, created_at)");
        let others = "ANALYZE ticket_messages (workspace_id, id, ticket_id, author_type, author_contact_id, author_agent_id, \
             is_internal, created_at), organizations, contacts, devices";
        let (one, two) = tokio::join!(counted(pool, counts), counted(pool, vec![others]));
        one.and(two)
    }
}

/// These statements in turn, however long they take.
async fn counted(pool: &PgPool, statements: Vec<&'static str>) -> Result<(), StoreError> {
    let mut connection = pool.acquire().await?;
    for statement in ["SET statement_timeout = 0"].into_iter().chain(statements) {
        sqlx::query(statement).execute(&mut *connection).await?;
    }
    // The setting goes with the connection.
    Ok(connection.close().await?)
}

/// Writes everything within a transaction. The rows must name the workspace of the handle.
///
/// # Errors
/// When the database fails.
pub async fn add(tenant: Tenant<'_, Tx>, load: Load) -> Result<(), StoreError> {
    let mut tx = tenant.connection;
    put(&mut tx, tenant.workspace_id(), load).await
}

/// The values of each row.
type Rows = Box<dyn Iterator<Item = Vec<Value>> + Send>;

/// What many rows can be written through.
#[async_trait]
trait Insert: Send {
    /// Writes rows, each with so many values, to `table (column, …)`.
    async fn insert(&mut self, target: &str, columns: usize, rows: Peekable<Rows>) -> Result<(), StoreError>;
}

async fn put(into: &mut dyn Insert, workspace: &WorkspaceId, load: Load) -> Result<(), StoreError> {
    put_rows::<tickets::Entity>(into, load.tickets).await?;
    put_rows::<ticket_slas::Entity>(into, load.slas).await?;
    // A message may name the suggestion that its text came from.
    put_rows::<ai_suggestions::Entity>(into, load.suggestions).await?;
    put_rows::<ticket_messages::Entity>(into, load.messages).await?;
    put_rows::<ticket_events::Entity>(into, load.lines).await?;
    put_rows::<ticket_assignments::Entity>(into, load.assignments).await?;
    put_rows::<ai_usage_logs::Entity>(into, load.usage).await?;
    put_documents(into, workspace, load.documents).await
}

async fn put_customers(into: &mut dyn Insert, workspace: &WorkspaceId, customers: Customers) -> Result<(), StoreError> {
    put_rows::<organizations::Entity>(into, customers.organizations).await?;
    put_rows::<contacts::Entity>(into, customers.contacts).await?;
    put_rows::<devices::Entity>(into, customers.devices).await?;
    put_documents(into, workspace, customers.documents).await
}

async fn put_documents(
    into: &mut dyn Insert,
    workspace: &WorkspaceId,
    documents: Vec<Document>,
) -> Result<(), StoreError> {
    let workspace = workspace.clone();
    let rows: Rows = Box::new(documents.into_iter().map(move |(kind, id, text)| {
        let text = search::document(kind, &text);
        vec![workspace.as_str().into(), kind.into(), id.into(), 0_i64.into(), text.into()]
    }));
    insert(into, DOCUMENTS, 5, rows).await
}

async fn put_rows<E>(into: &mut dyn Insert, rows: Vec<E::Model>) -> Result<(), StoreError>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
    E::Model: IntoActiveModel<E::ActiveModel>,
{
    let names: Vec<String> = E::Column::iter().map(|column| column.as_str().to_owned()).collect();
    let target = format!("{} ({})", E::default().table_name(), names.join(", "));
    insert(into, &target, names.len(), Box::new(rows.into_iter().map(row_values::<E>))).await
}

async fn insert(into: &mut dyn Insert, target: &str, columns: usize, rows: Rows) -> Result<(), StoreError> {
    let mut rows = rows.peekable();
    if rows.peek().is_some() { into.insert(target, columns, rows).await } else { Ok(()) }
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

#[async_trait]
impl Insert for &Tx {
    async fn insert(&mut self, target: &str, columns: usize, mut rows: Peekable<Rows>) -> Result<(), StoreError> {
        let engine = self.get_database_backend();
        while let Some((sql, values)) = statement(engine, target, columns, &mut rows) {
            self.execute_raw(Statement::from_sql_and_values(engine, sql, values)).await?;
        }
        Ok(())
    }
}

/// A statement for as many of the rows as it can take, with its values; none when there are no more.
fn statement(
    engine: DbBackend,
    target: &str,
    columns: usize,
    rows: &mut Peekable<Rows>,
) -> Option<(String, Vec<Value>)> {
    rows.peek()?;
    let (mut sql, mut values) = (format!("INSERT INTO {target} VALUES "), Vec::new());
    for row in rows.by_ref().take(VALUES_MAX / columns) {
        sql += if values.is_empty() { "(" } else { ", (" };
        for place in 1..=columns {
            sql += if place > 1 { ", " } else { "" };
            // SQLite takes `$1` for a name and looks through all names before it; thousands of them take seconds.
            if engine == DbBackend::Postgres {
                let _ = write!(sql, "${}", values.len() + place);
            } else {
                sql.push('?');
            }
        }
        sql.push(')');
        values.extend(row);
    }
    Some((sql, values))
}
