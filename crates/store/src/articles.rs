//! Articles of the knowledge base.

use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, FromQueryResult, QueryFilter, QuerySelect, Value};
use serde_json::Value as Json;

use crate::entities::kb_articles;
use crate::rows::Article;
use crate::search::{Joined, article_condition, of_articles, words_query};
use crate::{StoreError, Tenant, Tx};

/// Which articles, in which order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// Words that title, body or tags must have.
    pub words: Option<String>,
    /// `DRAFT`, `PUBLISHED`; any when empty.
    pub statuses: Vec<String>,
    /// Any when empty.
    pub product_areas: Vec<String>,
    /// Any of these tags.
    pub tags: Vec<String>,
    /// By when they were written instead of when they were changed last.
    pub by_created: bool,
    /// The newest first.
    pub descending: bool,
    /// Sort value and id of the row before the page.
    pub after: Option<(i64, String)>,
    /// Rows to pass over.
    pub offset: u64,
    /// Most rows.
    pub limit: u64,
}

const COLUMNS: &str = "a.workspace_id, a.id, a.title, a.body, a.tags, a.product_area, a.status, a.source, a.updated_by, \
    a.version, a.created_at, a.updated_at";

/// The published articles with these ids.
pub async fn published<C: ConnectionTrait>(tenant: Tenant<'_, C>, ids: &[String]) -> Result<Vec<Article>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tenant
        .find::<kb_articles::Entity>()
        .filter(kb_articles::Column::Id.is_in(ids))
        .filter(kb_articles::Column::Status.eq("PUBLISHED"))
        .limit(100)
        .all(tenant.connection)
        .await?)
}

/// The page of articles.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Article>, StoreError> {
    let Some(mut conditions) = Conditions::of(tenant.connection.get_database_backend(), query) else {
        return Ok(Vec::new());
    };
    let key = if query.by_created { "a.created_at" } else { "a.updated_at" };
    if let Some((value, id)) = &query.after {
        let than = if query.descending { "<" } else { ">" };
        let (value, id) = (conditions.bind(*value), conditions.bind(id.as_str()));
        conditions.sql.push(format!("({key}, a.id) {than} ({value}, {id})"));
    }
    let direction = if query.descending { "DESC" } else { "ASC" };
    let limit = conditions.bind(i64::try_from(query.limit).unwrap_or(i64::MAX));
    let offset = conditions.bind(i64::try_from(query.offset).unwrap_or(i64::MAX));
    let sql = format!(
        "SELECT {COLUMNS} FROM kb_articles a WHERE {} ORDER BY {key} {direction}, a.id {direction} \
         LIMIT {limit} OFFSET {offset}",
        conditions.sql.join(" AND ")
    );
    Ok(Article::find_by_statement(tenant.statement(&sql, conditions.values)).all(tenant.connection).await?)
}

/// How many articles fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let Some(conditions) = Conditions::of(tenant.connection.get_database_backend(), query) else { return Ok(0) };
    let sql = format!("SELECT COUNT(*) AS total FROM kb_articles a WHERE {}", conditions.sql.join(" AND "));
    let row = tenant.connection.query_one_raw(tenant.statement(&sql, conditions.values)).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// Takes an article out; says whether it was there.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM kb_articles WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}

/// Conditions and the values that are bound to them. No text of a request ever becomes SQL.
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// `None` when nothing can fit: a search without a single word.
    fn of(backend: DbBackend, query: &Query) -> Option<Self> {
        let mut all = Self { sql: vec!["a.workspace_id = $1".to_owned()], values: Vec::new() };
        all.any_of("a.status", &query.statuses);
        all.any_of("a.product_area", &query.product_areas);
        all.tags(backend, &query.tags);
        if let Some(words) = &query.words {
            let text = words_query(backend, words, Joined::All)?;
            let placeholder = all.bind(of_articles(backend, &text));
            all.sql.push(article_condition(backend, &placeholder));
        }
        Some(all)
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }

    fn any_of(&mut self, column: &str, values: &[String]) {
        let places: Vec<String> = values.iter().map(|value| self.bind(value.as_str())).collect();
        if !places.is_empty() {
            self.sql.push(format!("{column} IN ({})", places.join(", ")));
        }
    }

    fn tags(&mut self, backend: DbBackend, tags: &[String]) {
        let either: Vec<String> = tags
            .iter()
            .map(|tag| {
                if backend == DbBackend::Postgres {
                    let place = self.bind(Json::from(vec![tag.as_str()]));
                    format!("a.tags @> {place}")
                } else {
                    let place = self.bind(tag.as_str());
                    format!("EXISTS (SELECT 1 FROM json_each(a.tags) WHERE json_each.value = {place})")
                }
            })
            .collect();
        if !either.is_empty() {
            self.sql.push(format!("({})", either.join(" OR ")));
        }
    }
}
