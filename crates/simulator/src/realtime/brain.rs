//! Who thinks behind the scripted server.

use async_trait::async_trait;
use patchcord_agents::builtin::Rules;
use patchcord_llm::talk::{Entry, Said, Talk};

/// Says what comes next in a conversation.
#[async_trait]
pub trait Brain: Send + Sync {
    /// What comes next.
    async fn next(&self, talk: Talk) -> Said;
}

/// A brain that says what it heard; for tests that are about sound alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct Echoing;

#[async_trait]
impl Brain for Echoing {
    async fn next(&self, talk: Talk) -> Said {
        let heard = talk.history.iter().rev().find_map(|entry| match entry {
            Entry::Caller(text) | Entry::Desk(text) => Some(format!("You said: {text}")),
            _ => None,
        });
        let text = heard.unwrap_or_else(|| "Hello, how can I help?".to_owned());
        Said { text, model: "echo".to_owned(), ..Said::default() }
    }
}

/// The rules that need no model.
#[async_trait]
impl Brain for Rules {
    async fn next(&self, talk: Talk) -> Said {
        Rules::next(self, &talk)
    }
}
