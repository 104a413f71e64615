//! Many rows at once: what a piece of an imported file may refer to, and the rows that come of it.
//!
//! Every look-up takes what one piece of a file asks for. In a transaction it also locks what it finds, so that nobody changes a
//! row between reading and writing it.

use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DbBackend, EntityName, EntityTrait, FromQueryResult, IdenStatic, Iterable,
    Statement, Value,
};

use crate::catalogues::{Catalogue, Entry};
use crate::devices::folded;
use crate::entities::{contacts, devices, locations, organizations};
use crate::rows::{Contact, Device, Editable, Location, Organization};
use crate::search;
use crate::{StoreError, Tenant, Tx};

/// Most rows that one look-up may find. So many rows that are called alike are a fault of the data.
const FOUND_MAX: usize = 20_000;
/// Rows of one statement.
const ROWS_AT_ONCE: usize = 500;
/// Serialises imports of one workspace on PostgreSQL; the number means nothing.
const IMPORT_LOCK: i32 = 7_283_466;

/// How rows are read: only looked at, or locked until the end of the transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// For a trial run.
    Looked,
    /// For a transaction that writes.
    Locked,
}

/// Waits until no other import of this workspace is being written. On SQLite there is one writer anyway.
pub async fn wait_for_turn(tenant: Tenant<'_, Tx>) -> Result<(), StoreError> {
    if tenant.connection.get_database_backend() == DbBackend::Postgres {
        let sql = format!("SELECT 1 FROM pg_advisory_xact_lock({IMPORT_LOCK}, hashtext($1))");
        tenant.connection.query_one_raw(tenant.statement(&sql, [])).await?;
    }
    Ok(())
}

/// The organizations with any of these U-E codes, or with any of these names in lower case.
pub async fn organizations<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    codes: &[String],
    names: &[String],
    reading: Reading,
) -> Result<Vec<Organization>, StoreError> {
    let mut found = rows::<organizations::Entity, C>(tenant, "r.u_e_code", codes, &[], reading).await?;
    let key = folded(tenant.connection.get_database_backend(), "r.name");
    found.extend(rows::<organizations::Entity, C>(tenant, &key, names, &[], reading).await?);
    Ok(found)
}

/// The locations of these organizations with any of these names in lower case.
pub async fn locations<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    of: &[String],
    names: &[String],
) -> Result<Vec<Location>, StoreError> {
    let key = folded(tenant.connection.get_database_backend(), "r.name");
    rows::<locations::Entity, C>(tenant, &key, names, of, Reading::Looked).await
}

/// The contacts of these organizations with any of these addresses or numbers.
pub async fn contacts<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    of: &[String],
    emails: &[String],
    phones: &[String],
    reading: Reading,
) -> Result<Vec<Contact>, StoreError> {
    let mut found = rows::<contacts::Entity, C>(tenant, "r.email", emails, of, reading).await?;
    found.extend(rows::<contacts::Entity, C>(tenant, "r.phone", phones, of, reading).await?);
    Ok(found)
}

/// The devices of these organizations with any of these serial numbers, asset tags or names, all in lower case.
pub async fn devices<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    of: &[String],
    serial_numbers: &[String],
    asset_tags: &[String],
    names: &[String],
    reading: Reading,
) -> Result<Vec<Device>, StoreError> {
    let backend = tenant.connection.get_database_backend();
    let mut found = Vec::new();
    for (column, values) in [("r.serial_number", serial_numbers), ("r.asset_tag", asset_tags), ("r.name", names)] {
        found.extend(rows::<devices::Entity, C>(tenant, &folded(backend, column), values, of, reading).await?);
    }
    Ok(found)
}

/// Id, name and address of an account manager.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Manager {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its address, in lower case.
    pub email: Option<String>,
}

/// Every account manager; there are few.
pub async fn account_managers<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<Vec<Manager>, StoreError> {
    let sql = format!("SELECT id, name, email FROM account_managers WHERE workspace_id = $1 LIMIT {FOUND_MAX}");
    Ok(Manager::find_by_statement(tenant.statement(&sql, [])).all(tenant.connection).await?)
}

/// The entries of a catalogue with any of these names in lower case.
pub async fn entries<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    catalogue: Catalogue,
    names: &[String],
) -> Result<Vec<Entry>, StoreError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let query = crate::catalogues::Query {
        names: names.to_vec(),
        limit: FOUND_MAX as u64,
        ..crate::catalogues::Query::default()
    };
    crate::catalogues::page(tenant, catalogue, &query).await
}

/// Writes rows, new ones and changed ones alike: a row whose id is there takes its place.
pub async fn put<M: Editable>(tenant: Tenant<'_, Tx>, rows: Vec<M>) -> Result<(), StoreError> {
    let names: Vec<&'static str> = <M::Entity as EntityTrait>::Column::iter().map(|column| column.as_str()).collect();
    let kept = ["workspace_id", "id", "created_at"];
    let changes: Vec<String> =
        names.iter().filter(|name| !kept.contains(name)).map(|name| format!("{name} = excluded.{name}")).collect();
    let end = format!("ON CONFLICT (workspace_id, id) DO UPDATE SET {}", changes.join(", "));
    let mut rows = rows.into_iter().peekable();
    while rows.peek().is_some() {
        let mut values = Vec::with_capacity(ROWS_AT_ONCE * names.len());
        for row in rows.by_ref().take(ROWS_AT_ONCE) {
            let active = row.into_active_model();
            for (column, name) in <M::Entity as EntityTrait>::Column::iter().zip(&names) {
                // The workspace of the handle, whatever the row names.
                let value = match *name {
                    "workspace_id" => Value::from(tenant.workspace_id().as_str()),
                    _ => active.get(column).into_value().unwrap_or(Value::String(None)),
                };
                values.push(value);
            }
        }
        let table = <M::Entity as Default>::default();
        insert(tenant, table.table_name(), &names, values, &end).await?;
    }
    Ok(())
}

/// Writes the search documents of subjects anew: id and text of each.
pub async fn put_documents(
    tenant: Tenant<'_, Tx>,
    kind: &str,
    documents: &[(String, String)],
) -> Result<(), StoreError> {
    for piece in documents.chunks(ROWS_AT_ONCE) {
        let ids: Vec<String> = piece.iter().map(|(id, _)| id.clone()).collect();
        let mut values = vec![Value::from(kind)];
        let places = bind_all(&mut values, &ids);
        let sql =
            format!("DELETE FROM search_documents WHERE workspace_id = $1 AND kind = $2 AND subject_id IN ({places})");
        tenant.connection.execute_raw(tenant.statement(&sql, values)).await?;
        let values = piece.iter().flat_map(|(id, text)| {
            let text = search::document(kind, text);
            [tenant.workspace_id().as_str().into(), kind.into(), id.as_str().into(), 0_i64.into(), Value::from(text)]
        });
        let names = ["workspace_id", "kind", "subject_id", "part", "text"];
        insert(tenant, "search_documents", &names, values.collect(), "").await?;
    }
    Ok(())
}

async fn insert(
    tenant: Tenant<'_, Tx>,
    table: &str,
    names: &[&str],
    values: Vec<Value>,
    end: &str,
) -> Result<(), StoreError> {
    let rows = values.len() / names.len();
    let mut sql = format!("INSERT INTO {table} ({}) VALUES ", names.join(", "));
    for row in 0..rows {
        sql += if row == 0 { "(" } else { ", (" };
        for column in 0..names.len() {
            if column > 0 {
                sql += ", ";
            }
            sql += &format!("${}", row * names.len() + column + 1);
        }
        sql.push(')');
    }
    sql.push(' ');
    sql += end;
    let backend = tenant.connection.get_database_backend();
    tenant.connection.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    Ok(())
}

/// The rows of a table whose column has any of the values; of these organizations, when there are any.
async fn rows<E, C>(
    tenant: Tenant<'_, C>,
    column: &str,
    values: &[String],
    organizations: &[String],
    reading: Reading,
) -> Result<Vec<E::Model>, StoreError>
where
    E: EntityTrait,
    C: ConnectionTrait,
{
    if values.is_empty() {
        return Ok(Vec::new());
    }
    let mut bound = Vec::with_capacity(values.len() + organizations.len());
    let mut conditions = format!("r.workspace_id = $1 AND {column} IN ({})", bind_all(&mut bound, values));
    if !organizations.is_empty() {
        conditions += &format!(" AND r.organization_id IN ({})", bind_all(&mut bound, organizations));
    }
    let names: Vec<String> = E::Column::iter().map(|column| format!("r.{}", column.as_str())).collect();
    let locked = reading == Reading::Locked && tenant.connection.get_database_backend() == DbBackend::Postgres;
    let lock = if locked { " FOR UPDATE" } else { "" };
    let sql = format!(
        "SELECT {} FROM {} r WHERE {conditions} LIMIT {}{lock}",
        names.join(", "),
        E::default().table_name(),
        FOUND_MAX + 1
    );
    let found = E::Model::find_by_statement(tenant.statement(&sql, bound)).all(tenant.connection).await?;
    if found.len() > FOUND_MAX {
        return Err(StoreError::Internal(format!("more than {FOUND_MAX} rows are called alike")));
    }
    Ok(found)
}

fn bind_all(bound: &mut Vec<Value>, values: &[String]) -> String {
    let places = values.iter().map(|value| {
        bound.push(value.as_str().into());
        // $1 is the workspace.
        format!("${}", bound.len() + 1)
    });
    places.collect::<Vec<_>>().join(", ")
}
