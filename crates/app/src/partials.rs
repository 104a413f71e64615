//! Text that a model is still writing, on its way to whoever watches, on every node: bounded in rate and size, never stored.

use std::sync::Mutex;
use std::time::Duration;

use patchcord_domain::copilot::Kind;
use patchcord_domain::text::head;
use patchcord_llm::{Listener, partial_text};
use patchcord_store::rows::Suggestion;
use serde_json::json;
use tokio::time::Instant;

use crate::App;
use crate::copilot::owner;
use crate::passing::{Passing, Words};

/// The name of these events.
pub const EVENT: &str = "suggestion.partial";
/// At most four a second for each suggestion.
const PAUSE: Duration = Duration::from_millis(250);
/// Characters that are handed out; no valid draft has more.
const TEXT_MAX: usize = 2_000;

/// Hears a model work on one suggestion and tells the listeners of its ticket.
pub(crate) struct Partials<'a> {
    app: &'a App,
    suggestion: &'a Suggestion,
    key: &'static str,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    at: Option<Instant>,
    length: usize,
}

impl<'a> Partials<'a> {
    /// `None` for kinds whose results are of no use in pieces.
    pub(crate) fn of(app: &'a App, suggestion: &'a Suggestion) -> Option<Self> {
        let key = Kind::parse(&suggestion.kind)?.streamed_key()?;
        Some(Self { app, suggestion, key, told: Mutex::default() })
    }
}

impl Listener for Partials<'_> {
    fn heard(&self, so_far: &str) {
        let mut told = self.told.lock().expect("nothing panics while it is held");
        if told.at.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        let Some(text) = partial_text(self.key, so_far).filter(|text| text.len() > told.length) else { return };
        *told = Told { at: Some(Instant::now()), length: text.len() };
        let suggestion = self.suggestion;
        let words = Words {
            workspace_id: suggestion.workspace_id.clone(),
            r#type: EVENT.to_owned(),
            topic: "tickets".to_owned(),
            subject_id: suggestion.ticket_id.clone(),
            data: json!({
                "suggestionId": suggestion.id, "ticketId": suggestion.ticket_id, "kind": suggestion.kind,
                "attempt": suggestion.attempts, "provisional": true, "text": head(&text, TEXT_MAX),
                "onlyUserId": owner(suggestion),
            }),
            at: self.app.clock.now(),
        };
        self.app.pass_on(&suggestion.id, &Passing::Words(words.clone()));
        self.app.live.hand_out(words.into());
    }
}
