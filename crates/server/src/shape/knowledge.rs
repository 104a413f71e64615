//! Articles and what is found in them on the wire.

use patchcord_app::knowledge::Found;
use patchcord_app::rows::Article;
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::tickets::tags;

/// An article of the knowledge base.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ArticleRow {
    id: String,
    title: String,
    /// Markdown.
    body: String,
    tags: Vec<String>,
    #[schema(required)]
    product_area: Option<String>,
    #[schema(example = "PUBLISHED")]
    status: String,
    #[schema(required)]
    source: Option<String>,
    /// Id of the user who changed it last.
    #[schema(required)]
    updated_by: Option<String>,
    created_at: String,
    updated_at: String,
    version: i64,
}

impl From<&Article> for ArticleRow {
    fn from(row: &Article) -> Self {
        Self {
            id: row.id.clone(),
            title: row.title.clone(),
            body: row.body.clone(),
            tags: tags(&row.tags),
            product_area: row.product_area.clone(),
            status: row.status.clone(),
            source: row.source.clone(),
            updated_by: row.updated_by.clone(),
            created_at: to_rfc3339(row.created_at),
            updated_at: to_rfc3339(row.updated_at),
            version: row.version,
        }
    }
}

/// A published article that fits, and the passage of it that fits best.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FoundArticle {
    id: String,
    title: String,
    /// How well it fits, 0 to 1.
    score: f32,
    passage: String,
    /// From where to where the words that were looked for stand in the passage, in UTF-16 code units.
    #[schema(example = json!([[10, 13]]))]
    highlights: Vec<[usize; 2]>,
}

impl From<Found> for FoundArticle {
    fn from(found: Found) -> Self {
        Self {
            id: found.article.id,
            title: found.article.title,
            // Three places are as much as the figure means.
            score: (found.score * 1_000.0).round() / 1_000.0,
            passage: found.passage.text,
            highlights: found.passage.highlights,
        }
    }
}
