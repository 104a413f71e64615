//! Finding what the knowledge base says: for a question, for a ticket, and for what models may cite.

use std::collections::HashSet;

use patchcord_domain::article::SEARCH_MAX;
use patchcord_domain::passages::{Passage, best_passage, overlap, wanted_words};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::Actor;
use patchcord_store::rows::Article;
use patchcord_store::{Connection, Tenant, articles, messages, search};

use crate::snapshot::query_words;
use crate::tickets::find;
use crate::{App, AppError};

/// Candidates from the full-text index among which the best are chosen.
const CANDIDATES: u64 = 20;
/// Longest passage, in characters.
pub(crate) const PASSAGE_MAX: usize = 900;
/// Words of a question that count.
pub(crate) const WORDS_MAX: usize = 12;
/// Articles that a question finds when nobody says how many.
pub const LIMIT: u64 = 5;
/// Most articles that a question finds.
pub const LIMIT_MAX: u64 = 20;
/// What fits a ticket less than this is not suggested.
pub(crate) const GOOD_ENOUGH: f32 = 0.15;
/// The newest messages in which the words of a ticket are looked for.
const MESSAGES: u64 = 50;

/// A published article, how well it fits and what of it fits best.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The article.
    pub article: Article,
    /// How well it fits, 0 to 1.
    pub score: f32,
    /// The passage that fits best.
    pub passage: Passage,
}

impl App {
    /// The published articles that answer a question best, at most `limit`.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn search_knowledge(
        &self,
        actor: &Actor,
        query: &str,
        limit: Option<u64>,
    ) -> Result<Vec<Found>, AppError> {
        let mut faults = Faults::default();
        let query = faults.text("query", query, 1, SEARCH_MAX);
        let limit = limit.unwrap_or(LIMIT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            faults.add("limit", format!("must be 1 to {LIMIT_MAX}"));
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let words = wanted_words([query.as_str()], WORDS_MAX);
        best_articles(self.store.tenant(&actor.workspace_id), &words, limit).await
    }

    /// The published articles that fit a ticket best, best first.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the ticket is not the actor's to see.
    pub async fn ticket_articles(&self, actor: &Actor, ticket: &str) -> Result<Vec<Found>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let ticket = find(tenant, ticket).await?;
        let newest = messages::newest(tenant, &ticket.id, MESSAGES).await?;
        let said = newest.iter().map(|message| (message.author_type.as_str(), message.body.as_str()));
        let words = query_words(&ticket.subject, said, None);
        let mut found = best_articles(tenant, &words, LIMIT).await?;
        found.retain(|found| found.score >= GOOD_ENOUGH);
        Ok(found)
    }
}

/// The published articles that have the most of the words, best first.
pub(crate) async fn best_articles<C: Connection>(
    tenant: Tenant<'_, C>,
    words: &[String],
    limit: u64,
) -> Result<Vec<Found>, AppError> {
    let hits = search::any_word(tenant, search::ARTICLE, &words.join(" "), CANDIDATES).await?;
    let ids: Vec<String> = hits.into_iter().map(|hit| hit.subject_id).collect();
    let wanted: HashSet<&str> = words.iter().map(String::as_str).collect();
    let mut found: Vec<Found> =
        articles::published(tenant, &ids).await?.into_iter().map(|article| judge(article, &wanted)).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.article.id.cmp(&b.article.id)));
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(found)
}

/// The title says most about an article, then its best passage, then its tags.
fn judge(article: Article, wanted: &HashSet<&str>) -> Found {
    let passage = best_passage(&article.body, wanted, PASSAGE_MAX);
    let (title, tags) = (overlap(&article.title, wanted), overlap(&article.tags.to_string(), wanted));
    let score = (0.5 * title + 0.35 * passage.share + 0.15 * tags).min(1.0);
    Found { article, score, passage }
}
