//! Writing very many made-up tickets at once, for measurements: multi-row inserts on SQLite, COPY on PostgreSQL.
//!
//! The rows are as real ones: the same columns, keys and references. What is left out is the outbox: nobody is told.

mod aside;
mod copy;

use std::fmt::Write as _;

use patchcord_domain::id::WorkspaceId;
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IdenStatic, IntoActiveModel, Iterable, Statement, Value,
};

use sqlx::postgres::PgPool;

use aside::Aside;

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
                let rows = copy::customers(&mut rows.tx, customers);
                let words = copy::words(&mut words.tx, &workspace, documents);
                tokio::try_join!(rows, words).map(|_| ())
            }
            (Some(Aside::Sqlite { tx, .. }), _) => add_customers(tx.tenant(&workspace), customers).await,
            (None, Some(pool)) => {
                let documents = std::mem::take(&mut customers.documents);
                let mut tx = pool.begin().await?;
                copy::customers(&mut tx, customers).await?;
                copy::words(&mut tx, &workspace, documents).await?;
                Ok(tx.commit().await?)
            }
            (None, None) => {
                let write = self
                    .store
                    .write(move |tx| Box::pin(async move { add_customers(tx.tenant(&workspace), customers).await }));
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
                let rows = copy::load(&mut rows.tx, one);
                tokio::try_join!(rows, copy::words(&mut words.tx, &self.workspace, documents)).map(|_| ())
            }
            Some(Aside::Sqlite { tx, .. }) => {
                add(tx.tenant(&self.workspace), one).await?;
                add(tx.tenant(&self.workspace), two).await
            }
            None => {
                let (first, second) = tokio::join!(self.piece(one), self.piece(two));
                first.and(second)
            }
        }
    }

    async fn piece(&self, mut load: Load) -> Result<(), StoreError> {
        if let Some(pool) = self.store.postgres_pool() {
            let documents = std::mem::take(&mut load.documents);
            let mut tx = pool.begin().await?;
            copy::load(&mut tx, load).await?;
            copy::words(&mut tx, &self.workspace, documents).await?;
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
            Some(aside) => aside.finish(self.store).await?,
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

async fn add_customers(tenant: Tenant<'_, Tx>, customers: Customers) -> Result<(), StoreError> {
    let tx = tenant.connection;
    insert::<organizations::Entity>(tx, customers.organizations).await?;
    insert::<contacts::Entity>(tx, customers.contacts).await?;
    insert::<devices::Entity>(tx, customers.devices).await?;
    insert_values(tx, DOCUMENTS, 5, document_values(tenant.workspace_id(), customers.documents).into_iter()).await
}

/// Writes everything within a transaction. The rows must name the workspace of the handle.
///
/// # Errors
/// When the database fails.
pub async fn add(tenant: Tenant<'_, Tx>, load: Load) -> Result<(), StoreError> {
    let tx = tenant.connection;
    insert::<tickets::Entity>(tx, load.tickets).await?;
    insert::<ticket_slas::Entity>(tx, load.slas).await?;
    // A message may name the suggestion that its text came from.
    insert::<ai_suggestions::Entity>(tx, load.suggestions).await?;
    insert::<ticket_messages::Entity>(tx, load.messages).await?;
    insert::<ticket_events::Entity>(tx, load.lines).await?;
    insert::<ticket_assignments::Entity>(tx, load.assignments).await?;
    insert::<ai_usage_logs::Entity>(tx, load.usage).await?;
    insert_values(tx, DOCUMENTS, 5, document_values(tenant.workspace_id(), load.documents).into_iter()).await
}

/// The values of [`DOCUMENTS`].
fn document_values(workspace: &WorkspaceId, documents: Vec<Document>) -> Vec<[Value; 5]> {
    let values = documents.into_iter().map(|(kind, id, text)| {
        let text = search::document(kind, &text);
        [workspace.as_str().into(), kind.into(), id.into(), 0_i64.into(), text.into()]
    });
    values.collect()
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
