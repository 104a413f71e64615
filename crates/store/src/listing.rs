//! Pages of people, places, teams and numbers: their order, conditions from bound values, and the statements around them.

use patchcord_domain::time::Millis;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};

use crate::search::{Joined, NEWEST_HITS, newest_of_kind, of_kind, words_query};
use crate::{StoreError, Tenant};

/// What a list may be ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The name, without regard to the case of the letters A to Z.
    #[default]
    Name,
    /// When it was added.
    CreatedAt,
    /// When it was changed last.
    UpdatedAt,
}

/// The place of a row in the order: its sort value and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// In the order of names; as [`folded_name`] makes it.
    Name(String, String),
    /// In an order of time.
    At(Millis, String),
}

/// A part of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slice {
    /// By what the list is ordered; the id breaks ties.
    pub sort: Sort,
    /// Whether the largest comes first.
    pub descending: bool,
    /// The row after which the page begins.
    pub after: Option<After>,
    /// How many rows are passed over.
    pub offset: u64,
    /// Most rows that are returned.
    pub limit: u64,
}

/// A row that has a place in each order.
pub trait Listed {
    /// Id, name, and when it was added and changed last.
    fn keys(&self) -> (&str, &str, Millis, Millis);

    /// Its place in an order.
    fn place(&self, sort: Sort) -> After {
        let (id, name, created_at, updated_at) = self.keys();
        match sort {
            Sort::Name => After::Name(folded_name(name), id.to_owned()),
            Sort::CreatedAt => After::At(created_at, id.to_owned()),
            Sort::UpdatedAt => After::At(updated_at, id.to_owned()),
        }
    }
}

/// A name as lists are ordered by it: both databases have the very same function for their indexes.
pub fn folded_name(name: &str) -> String {
    name.to_ascii_lowercase()
}

/// A table whose rows are listed, under the alias `r`.
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// What is read of a row, and of rows that it points to.
    pub(crate) columns: &'static str,
    /// How those are joined.
    pub(crate) joins: &'static str,
    /// The column that names its rows.
    pub(crate) named_by: &'static str,
    /// Kind of its search documents; empty for short lists that have none.
    pub(crate) documents: &'static str,
}

/// Conditions and the values that are bound to them. No text of a request ever becomes SQL.
pub(crate) struct Conditions {
    backend: DbBackend,
    /// Whether a filter leaves very few rows: then they are sorted, and the list is not walked through.
    few: bool,
    hits: Option<String>,
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// Those of a short list.
    pub(crate) fn of_short(backend: DbBackend) -> Self {
        Self { backend, few: false, hits: None, sql: vec!["r.workspace_id = $1".to_owned()], values: Vec::new() }
    }

    /// Those of a table whose rows must have all the words, when there are any; `None` when nothing can fit.
    pub(crate) fn of(backend: DbBackend, table: &Table, words: Option<&str>) -> Option<Self> {
        let mut all = Self::of_short(backend);
        if let Some(words) = words {
            let text = of_kind(backend, table.documents, &words_query(backend, words, Joined::All)?);
            let place = all.bind(text);
            all.hits = Some(newest_of_kind(backend, table.documents, &place, NEWEST_HITS));
            all.sql.push("r.id = hits.subject_id".to_owned());
        }
        Some(all)
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }

    /// Any of the values; all rows when there are none.
    pub(crate) fn any_of(&mut self, column: &str, values: &[String]) {
        let places: Vec<String> = values.iter().map(|value| self.bind(value.as_str())).collect();
        if !places.is_empty() {
            self.sql.push(format!("{column} IN ({})", places.join(", ")));
        }
    }

    /// Any of the values of a column that tells rows apart, such as a phone number; all rows when there are none.
    pub(crate) fn one_of_few(&mut self, column: &str, values: &[String]) {
        self.few |= !values.is_empty();
        self.any_of(column, values);
    }

    /// The one value, when there is one.
    pub(crate) fn equal(&mut self, column: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            let place = self.bind(value);
            self.sql.push(format!("{column} = {place}"));
        }
    }

    /// One of the columns has the words somewhere, whatever their case. For short lists: every row is looked at.
    pub(crate) fn contain(&mut self, columns: &[&str], words: Option<&str>) {
        let Some(words) = words else { return };
        let pattern = words.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let place = self.bind(format!("%{pattern}%"));
        let either: Vec<String> =
            columns.iter().map(|column| format!("LOWER({column}) LIKE {place} ESCAPE '\\'")).collect();
        self.sql.push(format!("({})", either.join(" OR ")));
    }

    /// A condition without values.
    pub(crate) fn push(&mut self, condition: &str) {
        self.sql.push(condition.to_owned());
    }

    /// Where the rows come from: when words are looked for, the hits lead and nothing else is walked through.
    fn from(&self, table: &Table, joins: &str) -> String {
        match &self.hits {
            Some(hits) => format!("({hits}) AS hits CROSS JOIN {} r {joins}", table.name),
            None => format!("{} r {joins}", table.name),
        }
    }
}

/// The page of rows that fit.
pub(crate) async fn page<M: FromQueryResult, C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    table: &Table,
    mut all: Conditions,
    slice: &Slice,
) -> Result<Vec<M>, StoreError> {
    let key = match (slice.sort, all.backend) {
        (Sort::Name, DbBackend::Sqlite) => &format!("lower(r.{})", table.named_by),
        (Sort::Name, _) => &format!("lower(r.{} COLLATE \"C\")", table.named_by),
        (Sort::CreatedAt, _) => "r.created_at",
        (Sort::UpdatedAt, _) => "r.updated_at",
    };
    if let Some(after) = &slice.after {
        let than = if slice.descending { "<" } else { ">" };
        let (value, id) = match after {
            After::Name(name, id) => (all.bind(name.as_str()), all.bind(id.as_str())),
            After::At(at, id) => (all.bind(*at), all.bind(id.as_str())),
        };
        all.sql.push(format!("({key}, r.id) {than} ({value}, {id})"));
    }
    // SQLite does not know how few they are; an expression has no index, so that it takes that of the filter.
    let plus = if all.few && all.backend == DbBackend::Sqlite { "+" } else { "" };
    let direction = if slice.descending { "DESC" } else { "ASC" };
    // Numbers of our own, not parameters: only so does PostgreSQL know how few rows are wanted, and keeps the plan.
    let [limit, offset] = [slice.limit, slice.offset].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let offset = if offset == 0 { String::new() } else { format!(" OFFSET {offset}") };
    let sql = format!(
        "SELECT {} FROM {} WHERE {} ORDER BY {plus}{key} {direction}, r.id {direction} LIMIT {limit}{offset}",
        table.columns,
        all.from(table, table.joins),
        all.sql.join(" AND ")
    );
    Ok(M::find_by_statement(tenant.statement(&sql, all.values)).all(tenant.connection).await?)
}

/// How many rows fit, whatever the page.
pub(crate) async fn count<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    table: &Table,
    all: Conditions,
) -> Result<i64, StoreError> {
    let sql = format!("SELECT COUNT(*) AS total FROM {} WHERE {}", all.from(table, ""), all.sql.join(" AND "));
    number(tenant, &sql, all.values).await
}

/// One row by its id.
pub(crate) async fn line<M: FromQueryResult, C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    table: &Table,
    id: &str,
) -> Result<Option<M>, StoreError> {
    let Table { name, columns, joins, .. } = table;
    let sql = format!("SELECT {columns} FROM {name} r {joins} WHERE r.workspace_id = $1 AND r.id = $2");
    Ok(M::find_by_statement(tenant.statement(&sql, [id.into()])).one(tenant.connection).await?)
}

/// The number that a statement gives under the name `total`.
pub(crate) async fn number<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    sql: &str,
    values: Vec<Value>,
) -> Result<i64, StoreError> {
    let row = tenant.connection.query_one_raw(tenant.statement(sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// How many rows of a table point to one, counted up to 1,000: more are as good as that many.
pub(crate) async fn users_of<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    table: &str,
    column: &str,
    id: &str,
) -> Result<i64, StoreError> {
    let sql = format!(
        "SELECT COUNT(*) AS total FROM \
         (SELECT 1 AS one FROM {table} WHERE workspace_id = $1 AND {column} = $2 LIMIT 1000) AS hits"
    );
    number(tenant, &sql, vec![id.into()]).await
}
