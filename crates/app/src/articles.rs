//! Articles of the knowledge base: written by agents, found by everybody once they are published.

use patchcord_domain::article::{ARTICLE_MAX, ArticleStatus, SOURCE_MAX, TITLE_MAX};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::Article;
use patchcord_store::{Tenant, Tx, articles, search};
use serde_json::{Value, json};

use crate::error::require;
use crate::tickets::product_area;
use crate::{Answered, App, AppError, Current, Once, Shape};
pub use patchcord_store::articles::Query;

/// A new article. Texts come as they were sent; [`App::add_article`] checks them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewArticle {
    /// 1 to 200 characters.
    pub title: String,
    /// Markdown, 1 to 50,000 characters.
    pub body: String,
    /// At most 20.
    pub tags: Vec<String>,
    /// One of the workspace's product areas.
    pub product_area: Option<String>,
    /// DRAFT when absent.
    pub status: Option<String>,
    /// Where it comes from.
    pub source: Option<String>,
}

/// What may be changed about an article. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ArticlePatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    /// A new title.
    pub title: Option<String>,
    /// A new body.
    pub body: Option<String>,
    /// New tags instead of the old ones.
    pub tags: Option<Vec<String>>,
    /// Another product area.
    pub product_area: Option<Option<String>>,
    /// DRAFT or PUBLISHED.
    pub status: Option<String>,
    /// Another origin.
    pub source: Option<Option<String>>,
}

/// A page of articles.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticlePage {
    /// The rows.
    pub articles: Vec<Article>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

impl App {
    /// A page of the articles that fit, drafts too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_articles(&self, actor: &Actor, mut query: Query, count: bool) -> Result<ArticlePage, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = query.limit;
        // One row more than asked for tells whether there are more.
        query.limit += 1;
        let mut found = articles::page(tenant, &query).await?;
        let has_more = found.len() as u64 > wanted;
        found.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        let total = if count { Some(articles::count(tenant, &query).await?) } else { None };
        Ok(ArticlePage { articles: found, has_more, total })
    }

    /// One article.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn article(&self, actor: &Actor, id: &str) -> Result<Article, AppError> {
        let found = self.store.tenant(&actor.workspace_id).get::<Article>(id).await?;
        found.ok_or(AppError::NotFound("article"))
    }

    /// Adds an article: the row, its search document and the line of the audit log in one transaction.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn add_article(
        &self,
        actor: &Actor,
        input: NewArticle,
        once: Option<Once>,
        shape: Shape<Article>,
    ) -> Result<Answered<Article>, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let title = title(&mut faults, &input.title);
        let body = faults.text("body", &input.body, 1, ARTICLE_MAX);
        let tags = faults.tags("tags", &input.tags);
        let status = input.status.as_deref().unwrap_or("DRAFT");
        let status = faults.one_of("status", status, ArticleStatus::parse, ArticleStatus::ALLOWED);
        let source = input.source.map(|source| faults.text("source", &source, 1, SOURCE_MAX));
        let status = faults.into_result(status).map_err(AppError::Invalid)?.unwrap_or(ArticleStatus::Draft);
        let (app, acting, area) = (self.clone(), actor.clone(), input.product_area);
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                known_area(tenant, area.as_deref()).await?;
                let now = app.clock.now();
                let article = Article {
                    workspace_id: acting.workspace_id.as_str().to_owned(),
                    id: app.id(),
                    title,
                    body,
                    tags: json!(tags),
                    product_area: area,
                    status: status.as_str().to_owned(),
                    source,
                    updated_by: Some(acting.user_id.clone()),
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                tenant.add(article.clone()).await?;
                index(tenant, &article).await?;
                app.log_change(tenant, &acting.user_id, "article.added", &article.id, None, Some(facts(&article)))
                    .await?;
                Ok(article)
            })
        })
        .await
    }

    /// Changes an article, and its search document with it.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one.
    pub async fn patch_article(&self, actor: &Actor, id: &str, patch: ArticlePatch) -> Result<Article, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let title = patch.title.as_ref().map(|text| title(&mut faults, text));
        let body = patch.body.as_ref().map(|body| faults.text("body", body, 1, ARTICLE_MAX));
        let tags = patch.tags.as_ref().map(|tags| faults.tags("tags", tags));
        let status = patch.status.as_ref();
        let status =
            status.and_then(|text| faults.one_of("status", text, ArticleStatus::parse, ArticleStatus::ALLOWED));
        let source = patch.source.map(|source| source.map(|text| faults.text("source", &text, 1, SOURCE_MAX)));
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Article>(&id).await?.ok_or(AppError::NotFound("article"))?;
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::Article(Box::new(before))));
                    }
                    known_area(tenant, patch.product_area.as_ref().and_then(Option::as_deref)).await?;
                    let mut article = before.clone();
                    article.title = title.unwrap_or(article.title);
                    article.body = body.unwrap_or(article.body);
                    article.tags = tags.map_or(article.tags, |tags| json!(tags));
                    article.product_area = patch.product_area.unwrap_or(article.product_area);
                    article.status = status.map_or(article.status, |status| status.as_str().to_owned());
                    article.source = source.unwrap_or(article.source);
                    if article == before {
                        return Ok(article);
                    }
                    article.version += 1;
                    article.updated_at = app.clock.now();
                    article.updated_by = Some(actor.user_id.clone());
                    tenant.save(article.clone()).await?;
                    index(tenant, &article).await?;
                    let (from, to) = (facts(&before), facts(&article));
                    app.log_change(tenant, &actor.user_id, "article.changed", &article.id, Some(from), Some(to))
                        .await?;
                    Ok(article)
                })
            })
            .await
    }

    /// Takes an article out, and its search document with it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not there.
    pub async fn remove_article(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Article>(&id).await?.ok_or(AppError::NotFound("article"))?;
                    articles::remove(tenant, &id).await?;
                    for kind in [search::ARTICLE, search::DRAFT_ARTICLE] {
                        search::forget(tenant, kind, &id).await?;
                    }
                    let from = Some(facts(&before));
                    app.log_change(tenant, &actor.user_id, "article.removed", &id, from, None).await
                })
            })
            .await
    }
}

/// On one line.
fn title(faults: &mut Faults, text: &str) -> String {
    faults.text("title", &text.replace(['\n', '\r', '\t'], " "), 1, TITLE_MAX)
}

async fn known_area(tenant: Tenant<'_, Tx>, area: Option<&str>) -> Result<(), AppError> {
    let mut faults = Faults::default();
    product_area(tenant, &mut faults, area).await?;
    faults.into_result(()).map_err(AppError::Invalid)
}

/// Writes the search document anew: drafts have a kind of their own, so that no search for everybody can find them.
async fn index(tenant: Tenant<'_, Tx>, article: &Article) -> Result<(), AppError> {
    let published = article.status == ArticleStatus::Published.as_str();
    let (kind, other) =
        if published { (search::ARTICLE, search::DRAFT_ARTICLE) } else { (search::DRAFT_ARTICLE, search::ARTICLE) };
    let tags = article.tags.as_array().into_iter().flatten().filter_map(Value::as_str);
    let text = [article.title.as_str(), article.body.as_str()].into_iter().chain(tags).collect::<Vec<_>>().join(" ");
    search::forget(tenant, other, &article.id).await?;
    Ok(search::replace(tenant, kind, &article.id, &text).await?)
}

/// What the audit log keeps of an article: not its text.
fn facts(article: &Article) -> Value {
    json!({
        "title": article.title, "status": article.status, "productArea": article.product_area, "tags": article.tags,
        "version": article.version,
    })
}
