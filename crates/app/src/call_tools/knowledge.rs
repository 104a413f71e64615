//! What the knowledge base says.

use patchcord_domain::article::SEARCH_MAX;
use patchcord_domain::passages::wanted_words;
use patchcord_domain::text::head;
use serde_json::{Value, json};

use super::arguments::{Text, arguments};
use super::{Given, Refused, Run};
use crate::knowledge::{GOOD_ENOUGH, WORDS_MAX, best_articles};

/// Most articles, and characters of each, that an agent is given.
const ARTICLES: u64 = 3;
const PASSAGE: usize = 500;

arguments! {
    /// Of `search_knowledge`.
    Question { query: Text<SEARCH_MAX> = "The problem in a few words." }
}

pub(super) async fn search_knowledge(run: &mut Run<'_>, arguments: Question) -> Result<Given, Refused> {
    let words = wanted_words([arguments.query.0.as_str()], WORDS_MAX);
    let found = best_articles(run.tenant(), &words, ARTICLES).await?;
    let told: Vec<Value> = found
        .iter()
        .filter(|found| found.score >= GOOD_ENOUGH)
        .map(|found| json!({"title": found.article.title, "passage": head(&found.passage.text, PASSAGE)}))
        .collect();
    Given::of(json!({"articles": told}))
}
