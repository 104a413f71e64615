//! Who thinks behind the scripted server.

use std::sync::Arc;

use async_trait::async_trait;
use patchcord_domain::redaction::Redacted;
use patchcord_llm::talk::{Entry, Said, Talk, Talker, Words};

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

/// A chat model, or the rules that need none.
pub struct Talking {
    talker: Arc<dyn Talker>,
    redact: fn(Talk) -> Redacted<Talk>,
}

impl Talking {
    /// A brain that asks a talker. Talkers take redacted talks only; `redact` makes them.
    pub fn new(talker: Arc<dyn Talker>, redact: fn(Talk) -> Redacted<Talk>) -> Self {
        Self { talker, redact }
    }
}

/// Nobody listens while it is being thought.
struct Silent;

impl Words for Silent {
    fn word(&mut self, _piece: &str) {}
}

#[async_trait]
impl Brain for Talking {
    async fn next(&self, talk: Talk) -> Said {
        let talk = (self.redact)(talk);
        let said = self.talker.talk(&talk, &mut Silent).await;
        said.unwrap_or_else(|_| Said { text: "I am sorry, I lost my thread.".to_owned(), ..Said::default() })
    }
}
