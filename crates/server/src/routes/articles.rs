//! Articles of the knowledge base, and those that fit a ticket.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::articles::{ArticlePatch, NewArticle, Query};
use patchcord_app::rows::Article;
use patchcord_app::{Answered, AppError};
use patchcord_domain::article::ArticleStatus;
use patchcord_domain::ticket_input::Faults;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsAgent, AsViewer, Body, Id, Params};
use crate::paging::{Items, Page, cursor, wanted};
use crate::shape::{self, ArticleRow, FoundArticle};

/// Filters, order and page. A filter may be repeated, or list several values with commas: any of them fits.
#[derive(Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ArticleQuery {
    /// Words that title, body or tags must have.
    q: Option<String>,
    /// DRAFT, PUBLISHED.
    #[serde(default)]
    status: Vec<String>,
    #[serde(default)]
    product_area: Vec<String>,
    #[serde(default)]
    tag: Vec<String>,
    /// updatedAt or createdAt; with `-` before it the newest comes first. `-updatedAt` when absent.
    sort: Option<String>,
    /// 1 to 100; 25 when absent.
    limit: Option<u64>,
    /// At most 10,000.
    offset: Option<u64>,
    /// From 1, instead of an offset.
    page: Option<u64>,
    /// `nextCursor` of the page before, instead of an offset.
    cursor: Option<String>,
    /// `exact` fills `total`.
    count: Option<String>,
}

/// Articles that fit the filters, drafts too.
#[utoipa::path(get, path = "/api/kb/articles", tag = "knowledge", params(ArticleQuery),
    responses((status = 200, description = "A page of articles", body = Page<ArticleRow>)))]
pub(crate) async fn list_articles(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Params(params): Params<ArticleQuery>,
) -> Result<Json<Page<ArticleRow>>, ApiError> {
    let page = wanted(params.limit, params.offset, params.page, params.cursor.as_deref(), params.count.as_deref())?;
    let mut query = query(params).map_err(|faults| ApiError::App(AppError::Invalid(faults)))?;
    query.after.clone_from(&page.after);
    (query.limit, query.offset) = (page.limit, page.offset);
    let by_created = query.by_created;
    let found = desk.app.list_articles(&actor, query, page.count).await?;
    let value = |row: &Article| if by_created { row.created_at } else { row.updated_at };
    let next_cursor = found.articles.last().filter(|_| found.has_more).map(|row| cursor(value(row), &row.id));
    Ok(Json(Page {
        items: found.articles.iter().map(ArticleRow::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor,
        total: found.total,
    }))
}

fn query(params: ArticleQuery) -> Result<Query, Vec<patchcord_domain::FieldError>> {
    let mut faults = Faults::default();
    let statuses = each(&params.status)
        .filter_map(|text| faults.one_of("status", text, ArticleStatus::parse, ArticleStatus::ALLOWED))
        .map(|status| status.as_str().to_owned())
        .collect();
    let order = params.sort.as_deref().unwrap_or("-updatedAt");
    let (name, descending) = order.strip_prefix('-').map_or((order, false), |name| (name, true));
    let sort = |text: &str| match text {
        "updatedAt" => Some(false),
        "createdAt" => Some(true),
        _ => None,
    };
    let allowed = "updatedAt, createdAt, each with - before it for the newest first";
    let by_created = faults.one_of("sort", name, sort, allowed).unwrap_or(false);
    let words = params.q.map(|q| faults.text("q", &q, 0, 200)).filter(|q| !q.is_empty());
    let query = Query {
        words,
        statuses,
        product_areas: each(&params.product_area).map(str::to_owned).collect(),
        tags: each(&params.tag).map(str::to_lowercase).collect(),
        by_created,
        descending,
        ..Query::default()
    };
    faults.into_result(query)
}

/// Values of a filter that is repeated, or written with commas; at most 50.
fn each(values: &[String]) -> impl Iterator<Item = &str> {
    values.iter().flat_map(|value| value.split(',')).map(str::trim).filter(|value| !value.is_empty()).take(50)
}

/// A new article.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ArticleInput {
    /// 1 to 200 characters.
    #[schema(example = "The VPN drops after a while")]
    title: String,
    /// Markdown, 1 to 50,000 characters.
    body: String,
    /// At most 20, each 1 to 40 characters.
    #[serde(default)]
    tags: Vec<String>,
    /// One of the workspace's product areas.
    product_area: Option<String>,
    /// DRAFT when absent; only PUBLISHED articles are searched, cited and shown to models.
    status: Option<String>,
    /// Where it comes from, at most 500 characters.
    source: Option<String>,
}

/// Adds an article.
#[utoipa::path(post, path = "/api/kb/articles", tag = "knowledge", request_body = ArticleInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Added; Location names it", body = ArticleRow)))]
pub(crate) async fn add_article(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, once }: Body<ArticleInput>,
) -> Result<Response, ApiError> {
    fn added(article: &Article) -> (u16, Value) {
        (201, shape::value(&ArticleRow::from(article)))
    }
    let ArticleInput { title, body, tags, product_area, status, source } = value;
    let input = NewArticle { title, body, tags, product_area, status, source };
    let done = desk.app.add_article(&actor, input, once, added).await?;
    let id = match &done {
        Answered::New(article) => article.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, added);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/kb/articles/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One article.
#[utoipa::path(get, path = "/api/kb/articles/{id}", tag = "knowledge", params(("id" = String, Path, description = "Id of the article")),
    responses((status = 200, description = "The article", body = ArticleRow)))]
pub(crate) async fn get_article(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<ArticleRow>, ApiError> {
    Ok(Json(ArticleRow::from(&desk.app.article(&actor, &id).await?)))
}

/// Changes of an article. Absent fields stay; null empties those that can be empty.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ArticleChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    title: Option<String>,
    body: Option<String>,
    tags: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    product_area: Option<Option<String>>,
    /// DRAFT or PUBLISHED.
    status: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    source: Option<Option<String>>,
}

/// Changes an article.
#[utoipa::path(patch, path = "/api/kb/articles/{id}", tag = "knowledge", request_body = ArticleChanges, params(("id" = String, Path, description = "Id of the article")),
    responses((status = 200, description = "The article as it is now", body = ArticleRow)))]
pub(crate) async fn patch_article(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<ArticleChanges>,
) -> Result<Json<ArticleRow>, ApiError> {
    let ArticleChanges { version, title, body, tags, product_area, status, source } = value;
    let patch = ArticlePatch { version, title, body, tags, product_area, status, source };
    Ok(Json(ArticleRow::from(&desk.app.patch_article(&actor, &id, patch).await?)))
}

/// Takes an article out for good.
#[utoipa::path(delete, path = "/api/kb/articles/{id}", tag = "knowledge", params(("id" = String, Path, description = "Id of the article")),
    responses((status = 204, description = "It is gone")))]
pub(crate) async fn remove_article(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.remove_article(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The published articles that fit a ticket best, with the passage that fits.
#[utoipa::path(get, path = "/api/tickets/{id}/articles", tag = "knowledge", params(("id" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "At most five, the best first", body = Items<FoundArticle>)))]
pub(crate) async fn list_ticket_articles(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<Items<FoundArticle>>, ApiError> {
    let found = desk.app.ticket_articles(&actor, &id).await?;
    Ok(Json(Items { items: found.into_iter().map(FoundArticle::from).collect() }))
}
