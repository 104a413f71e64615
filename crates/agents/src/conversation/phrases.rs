//! Sentences that an engine says by itself, in the language of the call.

use super::Conversation;

impl Conversation {
    /// What is said when the line to the model broke off and is there again.
    pub fn bridge(&self) -> String {
        self.language().say.resumed.clone()
    }

    /// What is said while a model is slow; another sentence for each number.
    pub fn waiting_words(&self, number: usize) -> String {
        let fillers = &self.language().say.fillers;
        fillers.get(number % fillers.len().max(1)).cloned().unwrap_or_default()
    }
}
