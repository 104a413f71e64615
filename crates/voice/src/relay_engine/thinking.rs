//! One answer of a chat model, while it is being made.

use std::future::{Future, pending};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchcord_domain::redaction::Redacted;
use patchcord_llm::ModelError;
use patchcord_llm::talk::{Said, Talk, Talker, Words};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::instant;

/// Longest text of one answer, in bytes. What comes after is not spoken.
const TEXT_MAX: usize = 16 * 1024;

type Answer = Pin<Box<dyn Future<Output = Result<Said, ModelError>> + Send>>;

/// An answer that is being made. Dropping it ends the generation.
pub(super) struct Thinking {
    answer: Answer,
    words: Arc<Shared>,
    /// Since when.
    pub(super) since: Instant,
    /// How long the first word took.
    pub(super) first_word_after: Option<Duration>,
    /// The caller was told to wait.
    pub(super) is_covered: bool,
    /// The same model is asked for the second time.
    pub(super) is_retry: bool,
    /// It has ended; what it came to is told after its last words.
    done: Option<Thought>,
}

/// What came of thinking.
pub(super) enum Thought {
    /// More words.
    Words(String),
    /// All of it.
    Done(Box<Said>),
    /// It failed, with this code.
    Failed(&'static str),
}

#[derive(Default)]
struct Shared {
    text: Mutex<Heard>,
    more: Notify,
}

#[derive(Default)]
struct Heard {
    waiting: String,
    all: usize,
}

struct Listener(Arc<Shared>);

impl Words for Listener {
    fn word(&mut self, piece: &str) {
        {
            let mut heard = self.0.text.lock().expect("nothing panics while it is held");
            if heard.all + piece.len() > TEXT_MAX {
                return;
            }
            heard.all += piece.len();
            heard.waiting.push_str(piece);
        }
        self.0.more.notify_one();
    }
}

impl Thinking {
    pub(super) fn new(talker: Arc<dyn Talker>, talk: Redacted<Talk>) -> Self {
        let words = Arc::new(Shared::default());
        let mut listener = Listener(Arc::clone(&words));
        let answer = Box::pin(async move { talker.talk(&talk, &mut listener).await });
        Self { answer, words, since: instant(), first_word_after: None, is_covered: false, is_retry: false, done: None }
    }

    /// What comes next of it; never when nothing is being thought. Nothing is lost when the future is dropped.
    pub(super) async fn next(thinking: &mut Option<Self>) -> Thought {
        let Some(thinking) = thinking else { return pending().await };
        if thinking.done.is_none() {
            tokio::select! {
                biased;
                answer = &mut thinking.answer => {
                    thinking.done = Some(match answer {
                        Ok(said) => Thought::Done(Box::new(said)),
                        Err(error) => Thought::Failed(error.code()),
                    });
                }
                () = thinking.words.more.notified() => {}
            }
        }
        let words = std::mem::take(&mut thinking.words.text.lock().expect("nothing panics while it is held").waiting);
        if !words.is_empty() {
            thinking.first_word_after.get_or_insert_with(|| thinking.since.elapsed());
            return Thought::Words(words);
        }
        match thinking.done.take() {
            Some(thought) => thought,
            // A wake-up whose words were taken together with earlier ones.
            None => Thought::Words(String::new()),
        }
    }
}
