//! Short lists by name or by age, with filters: what support agents, teams and phone numbers have in common.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::{StoreError, Tenant};

/// Order and page of such a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// By age instead of by name.
    pub by_created: bool,
    /// The last name, or the newest, first.
    pub descending: bool,
    /// Age and id of the row before the page; for lists by age only.
    pub after: Option<(i64, String)>,
    /// Rows to pass over.
    pub offset: u64,
    /// Most rows.
    pub limit: u64,
}

/// Conditions and the values that are bound to them. No text of a request ever becomes SQL.
pub(crate) struct Filters {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Filters {
    pub(crate) fn new() -> Self {
        Self { sql: vec!["workspace_id = $1".to_owned()], values: Vec::new() }
    }

    pub(crate) fn equal(&mut self, column: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.sql.push(format!("{column} = {place}"));
        }
    }

    /// One of the columns has the words somewhere, whatever their case.
    pub(crate) fn contain(&mut self, columns: &[&str], words: Option<&str>) {
        let Some(words) = words else { return };
        let pattern = words.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let place = self.bind(format!("%{pattern}%"));
        let either: Vec<String> =
            columns.iter().map(|column| format!("LOWER({column}) LIKE {place} ESCAPE '\\'")).collect();
        self.sql.push(format!("({})", either.join(" OR ")));
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }
}

/// The page; `name` is the column that names the rows.
pub(crate) async fn page<M: FromQueryResult, C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    (columns, table, name): (&str, &str, &str),
    mut filters: Filters,
    slice: &Slice,
) -> Result<Vec<M>, StoreError> {
    let key = if slice.by_created { "created_at" } else { name };
    if let Some((value, id)) = &slice.after {
        let than = if slice.descending { "<" } else { ">" };
        let (value, id) = (filters.bind(*value), filters.bind(id.as_str()));
        filters.sql.push(format!("(created_at, id) {than} ({value}, {id})"));
    }
    let direction = if slice.descending { "DESC" } else { "ASC" };
    let limit = filters.bind(i64::try_from(slice.limit).unwrap_or(i64::MAX));
    let offset = filters.bind(i64::try_from(slice.offset).unwrap_or(i64::MAX));
    let sql = format!(
        "SELECT {columns} FROM {table} WHERE {} ORDER BY {key} {direction}, id {direction} LIMIT {limit} OFFSET {offset}",
        filters.sql.join(" AND ")
    );
    Ok(M::find_by_statement(tenant.statement(&sql, filters.values)).all(tenant.connection).await?)
}

/// How many rows fit, whatever the page.
pub(crate) async fn count<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    table: &str,
    filters: Filters,
) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) AS total FROM {table} WHERE {}", filters.sql.join(" AND "));
    let row = tenant.connection.query_one_raw(tenant.statement(&sql, filters.values)).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}
