//! What the caller said, in the order in which it was said: the words of a short utterance may be there before those of a
//! long one that came first.

use std::collections::VecDeque;

/// How long the words of an utterance may hold up those after it, in milliseconds.
const WAIT_MAX_MS: i64 = 6_000;
/// How many utterances may wait for their words.
const WAITING_MAX: usize = 32;

/// Utterances whose words are not told yet.
#[derive(Debug, Default)]
pub(super) struct Transcripts {
    waiting: VecDeque<Utterance>,
    /// The caller speaks, or has just stopped: the item that it will be.
    speaking: Option<String>,
}

#[derive(Debug)]
struct Utterance {
    item_id: String,
    at_ms: i64,
    partial: String,
    /// The words; empty when they could not be made out.
    words: Option<String>,
}

impl Transcripts {
    /// The caller begins to say something.
    pub(super) fn began(&mut self, item_id: &str) {
        self.speaking = Some(item_id.to_owned());
    }

    /// Whether something is being said, or was said and has no words yet.
    pub(super) fn is_waiting(&self) -> bool {
        self.speaking.is_some() || self.waiting.iter().any(|utterance| utterance.words.is_none())
    }

    /// The session is over, and no more words come. Forgets what has none, and says whether there was something.
    pub(super) fn lose(&mut self) -> bool {
        let is_lost = self.is_waiting();
        self.speaking = None;
        // Pieces are not told: half of a code would be a wrong one, and the caller is asked to say it again.
        self.waiting.retain(|utterance| utterance.words.is_some());
        is_lost
    }

    /// The caller said something; the words come later.
    pub(super) fn said(&mut self, now_ms: i64, item_id: &str) {
        self.speaking.take_if(|speaking| speaking == item_id);
        if self.find(item_id).is_none() {
            if self.waiting.len() == WAITING_MAX {
                self.waiting.pop_front();
            }
            let item_id = item_id.to_owned();
            self.waiting.push_back(Utterance { item_id, at_ms: now_ms, partial: String::new(), words: None });
        }
    }

    /// A piece of the words; gives all of them so far.
    pub(super) fn piece(&mut self, item_id: &str, piece: &str) -> Option<&str> {
        let at = self.find(item_id)?;
        let utterance = self.waiting.get_mut(at)?;
        if utterance.partial.len() + piece.len() < 8_000 {
            utterance.partial.push_str(piece);
        }
        Some(&utterance.partial)
    }

    /// The words of an utterance.
    pub(super) fn words(&mut self, now_ms: i64, item_id: &str, words: String) {
        self.said(now_ms, item_id);
        if let Some(utterance) = self.find(item_id).and_then(|at| self.waiting.get_mut(at)) {
            utterance.words = Some(words);
        }
    }

    /// The next utterance in order, when its words are there or cannot be waited for any longer. Those without words are left
    /// out.
    pub(super) fn next(&mut self, now_ms: i64) -> Option<(String, String)> {
        loop {
            let first = self.waiting.front()?;
            if first.words.is_none() && now_ms - first.at_ms <= WAIT_MAX_MS {
                return None;
            }
            let first = self.waiting.pop_front()?;
            // Pieces are better than nothing.
            let words = first.words.unwrap_or(first.partial);
            if !words.trim().is_empty() {
                return Some((first.item_id, words));
            }
        }
    }

    fn find(&self, item_id: &str) -> Option<usize> {
        self.waiting.iter().position(|utterance| utterance.item_id == item_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(transcripts: &mut Transcripts, now_ms: i64) -> Vec<String> {
        std::iter::from_fn(|| transcripts.next(now_ms)).map(|(item, words)| format!("{item}: {words}")).collect()
    }

    #[test]
    fn words_are_told_in_the_order_of_the_items() {
        let mut transcripts = Transcripts::default();
        transcripts.said(0, "a");
        transcripts.said(100, "b");
        transcripts.words(200, "b", "second".into());
        assert!(told(&mut transcripts, 200).is_empty());
        transcripts.words(300, "a", "first".into());
        assert_eq!(told(&mut transcripts, 300), ["a: first", "b: second"]);
    }

    #[test]
    fn what_has_no_words_when_the_session_ends_is_lost() {
        let mut transcripts = Transcripts::default();
        assert!(!transcripts.lose());
        transcripts.began("a");
        assert!(transcripts.is_waiting());
        transcripts.said(100, "a");
        transcripts.piece("a", "4 4");
        transcripts.said(200, "b");
        transcripts.words(300, "b", "second".into());
        assert!(transcripts.lose());
        assert_eq!(told(&mut transcripts, 300), ["b: second"]);
        transcripts.began("c");
        transcripts.said(400, "c");
        transcripts.words(500, "c", String::new());
        assert!(!transcripts.lose(), "noise has no words");
        transcripts.began("d");
        assert!(transcripts.lose());
        assert!(!transcripts.lose(), "it is lost once");
    }

    #[test]
    fn words_that_do_not_come_hold_nobody_up_for_ever() {
        let mut transcripts = Transcripts::default();
        transcripts.said(0, "a");
        assert_eq!(transcripts.piece("a", "My pri"), Some("My pri"));
        assert_eq!(transcripts.piece("x", "?"), None);
        transcripts.said(1, "b");
        transcripts.words(2, "b", "  ".into());
        transcripts.words(3, "never announced", "third".into());
        assert!(told(&mut transcripts, 6_000).is_empty());
        assert_eq!(told(&mut transcripts, 6_001), ["a: My pri", "never announced: third"]);
        for number in 0..100 {
            transcripts.said(0, &number.to_string());
        }
        assert_eq!(transcripts.waiting.len(), WAITING_MAX);
    }
}
