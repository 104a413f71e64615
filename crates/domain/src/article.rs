//! Articles of the knowledge base: their states and limits.

use serde::{Deserialize, Serialize};

/// Longest title, in characters.
pub const TITLE_MAX: usize = 200;
/// Longest body, in characters of Markdown.
pub const ARTICLE_MAX: usize = 50_000;
/// Longest note of where an article comes from, in characters.
pub const SOURCE_MAX: usize = 500;
/// Longest question to the knowledge base, in characters.
pub const SEARCH_MAX: usize = 1_000;

/// Whether an article counts. Only published ones are searched, cited and shown to models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ArticleStatus {
    /// Being written.
    Draft,
    /// For everybody.
    Published,
}

impl ArticleStatus {
    /// Every value with its name, for messages.
    pub const ALLOWED: &'static str = "DRAFT, PUBLISHED";

    /// The value as it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            ArticleStatus::Draft => "DRAFT",
            ArticleStatus::Published => "PUBLISHED",
        }
    }

    /// Reads a value in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Draft, Self::Published].into_iter().find(|value| value.as_str().eq_ignore_ascii_case(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_read_in_any_case() {
        assert_eq!(ArticleStatus::parse("published"), Some(ArticleStatus::Published));
        assert_eq!(ArticleStatus::parse("Draft"), Some(ArticleStatus::Draft));
        assert_eq!(ArticleStatus::parse("archived"), None);
    }
}
