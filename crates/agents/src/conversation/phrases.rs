//! Sentences that an engine says by itself, in the language of the call.

use patchcord_domain::text::fold;

use super::{Conversation, Phase};
use crate::language::Language;

impl Conversation {
    /// What is said when the line to the model broke off and is there again: where something is lost that the caller said, they
    /// are asked for it.
    pub fn bridge(&self) -> String {
        let say = &self.language().say;
        if self.is_unheard() { say.unheard.clone() } else { say.resumed.clone() }
    }

    /// Whether something that the caller said is lost and was not said again yet.
    pub fn is_unheard(&self) -> bool {
        self.unheard && self.phase == Phase::Talking
    }

    /// What the caller was last asked or told: sentences that only bridge a silence or a break do not count.
    pub(super) fn last_asked(&self) -> Option<&str> {
        let asides: Vec<String> = self.agents.languages.all().flat_map(Language::asides).collect();
        self.history.agent_words().find(|words| {
            let folded = fold(words);
            !asides.iter().any(|aside| folded.starts_with(aside.as_str()))
        })
    }

    /// What is said while a model is slow; another sentence for each number.
    pub fn waiting_words(&self, number: usize) -> String {
        let fillers = &self.language().say.fillers;
        fillers.get(number % fillers.len().max(1)).cloned().unwrap_or_default()
    }
}
