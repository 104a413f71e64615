//! What the carrier is speaking. It gives no marks, so how far it is must be estimated: a little slower than it speaks, since
//! it cuts a sentence that is not over when the relay ends.

use std::collections::VecDeque;

/// Milliseconds that a character takes.
const CHARACTER_MS: i64 = 72;
/// Milliseconds before the first word is heard.
const START_MS: i64 = 250;
/// How many utterances may wait to be spoken.
const WAITING_MAX: usize = 64;

/// Utterances that are being spoken or wait for it.
#[derive(Debug, Default)]
pub(super) struct Speech {
    utterances: VecDeque<Utterance>,
    /// When the last one that was told of ended.
    free_at_ms: i64,
}

#[derive(Debug)]
struct Utterance {
    text: String,
    started_ms: i64,
    ends_ms: i64,
    /// More words come.
    is_open: bool,
    /// The conversation does not know of it yet.
    is_untold: bool,
}

/// What was spoken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Spoken {
    /// The words that were heard.
    pub(super) text: String,
    /// Whether the caller cut it short.
    pub(super) interrupted: bool,
    /// When it began, in milliseconds of the call.
    pub(super) started_ms: i64,
    /// All words of it, when the conversation does not know them yet.
    pub(super) untold: Option<String>,
}

fn takes_ms(text: &str) -> i64 {
    text.chars().count() as i64 * CHARACTER_MS
}

impl Speech {
    /// A whole utterance that the conversation knows.
    pub(super) fn add(&mut self, now_ms: i64, text: &str) {
        self.push(now_ms, text, false, false);
    }

    /// A whole utterance that the conversation does not know.
    pub(super) fn add_untold(&mut self, now_ms: i64, text: &str) {
        self.push(now_ms, text, false, true);
    }

    /// More words of the utterance that is being made; the first of one when none is.
    pub(super) fn extend(&mut self, now_ms: i64, words: &str) {
        match self.utterances.back_mut().filter(|last| last.is_open) {
            Some(open) => {
                open.text.push_str(words);
                // Words that come late are spoken late.
                open.ends_ms = open.ends_ms.max(now_ms) + takes_ms(words);
            }
            None => self.push(now_ms, words, true, true),
        }
    }

    fn push(&mut self, now_ms: i64, text: &str, is_open: bool, is_untold: bool) {
        if self.utterances.len() == WAITING_MAX {
            self.utterances.pop_front();
        }
        let started_ms = self.utterances.back().map_or(self.free_at_ms, |last| last.ends_ms).max(now_ms);
        let ends_ms = started_ms + START_MS + takes_ms(text);
        self.utterances.push_back(Utterance { text: text.to_owned(), started_ms, ends_ms, is_open, is_untold });
    }

    /// Whether words of an answer were sent that goes on.
    pub(super) fn has_open(&self) -> bool {
        self.utterances.back().is_some_and(|last| last.is_open)
    }

    /// No more words come of the answer. Says whether there was one.
    pub(super) fn close_open(&mut self) -> bool {
        let open = self.utterances.back_mut().filter(|last| last.is_open);
        open.map(|open| open.is_open = false).is_some()
    }

    /// The same; gives the words, of which the conversation is told now.
    pub(super) fn close_open_told(&mut self) -> Option<String> {
        let open = self.utterances.back_mut().filter(|last| last.is_open)?;
        open.is_open = false;
        open.is_untold = false;
        Some(open.text.clone())
    }

    /// The next utterance that must have been spoken by now.
    pub(super) fn finished(&mut self, now_ms: i64) -> Option<Spoken> {
        let first = self.utterances.front()?;
        if first.is_open || first.ends_ms > now_ms {
            return None;
        }
        let Utterance { text, started_ms, ends_ms, is_untold, .. } = self.utterances.pop_front()?;
        self.free_at_ms = ends_ms;
        Some(Spoken { untold: is_untold.then(|| text.clone()), text, interrupted: false, started_ms })
    }

    /// What must have been heard by now of the utterance that is being spoken, in whole words; with when it began.
    pub(super) fn heard_by(&self, now_ms: i64) -> Option<(i64, &str)> {
        let Utterance { text, started_ms, .. } = self.utterances.front()?;
        let letters = usize::try_from((now_ms - started_ms - START_MS) / CHARACTER_MS).unwrap_or(0);
        let heard = match text.char_indices().nth(letters) {
            Some((end, _)) => text[..end].rsplit_once(char::is_whitespace).map_or("", |(whole, _)| whole),
            None => text,
        };
        Some((*started_ms, heard))
    }

    /// Whether nothing is being spoken.
    pub(super) fn is_empty(&self) -> bool {
        self.utterances.is_empty()
    }

    /// The caller cut in after `heard`. Gives every utterance with what was heard of it; nothing of those after the cut.
    pub(super) fn cut(&mut self, now_ms: i64, heard: &str) -> Vec<Spoken> {
        self.free_at_ms = now_ms;
        let utterances = std::mem::take(&mut self.utterances);
        let heard = heard.trim();
        // The carrier tells of the utterance that it was speaking; some tell of all since the caller's last word.
        let at = utterances.iter().position(|utterance| begins(&utterance.text, heard));
        let mut rest = heard;
        let mut spoken = Vec::with_capacity(utterances.len());
        for (index, Utterance { text, started_ms, is_untold, .. }) in utterances.into_iter().enumerate() {
            let (text, interrupted, whole) = match at {
                Some(at) if index < at => (text.clone(), false, text),
                Some(at) if index == at && strip(heard, &text).is_some() => (text.clone(), false, text),
                Some(at) if index == at => (heard.to_owned(), true, text),
                Some(_) => (String::new(), true, text),
                None => match strip(rest, &text) {
                    Some(after) => {
                        rest = after;
                        (text.clone(), false, text)
                    }
                    None => (std::mem::take(&mut rest).to_owned(), true, text),
                },
            };
            spoken.push(Spoken { untold: is_untold.then_some(whole), text, interrupted, started_ms });
        }
        spoken
    }
}

/// Whether an utterance begins with these words, whatever stands between them.
fn begins(text: &str, heard: &str) -> bool {
    let mut words = plain(text);
    !heard.is_empty() && plain(heard).all(|letter| words.next() == Some(letter))
}

/// What is left of `heard` when it begins with the whole of `text`.
fn strip<'h>(heard: &'h str, text: &str) -> Option<&'h str> {
    let mut letters = heard.char_indices().filter(|(_, letter)| letter.is_alphanumeric());
    let mut end = 0;
    for wanted in plain(text) {
        let (at, letter) = letters.next()?;
        if letter.to_lowercase().next() != Some(wanted) {
            return None;
        }
        end = at + letter.len_utf8();
    }
    Some(heard[end..].trim_start_matches(|letter: char| !letter.is_alphanumeric()))
}

fn plain(text: &str) -> impl Iterator<Item = char> + '_ {
    text.chars().filter(|letter| letter.is_alphanumeric()).filter_map(|letter| letter.to_lowercase().next())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(spoken: &[Spoken]) -> Vec<(&str, bool)> {
        spoken.iter().map(|spoken| (spoken.text.as_str(), spoken.interrupted)).collect()
    }

    #[test]
    fn utterances_end_one_after_the_other() {
        let mut speech = Speech::default();
        speech.add(0, "0123456789");
        speech.extend(100, "01234");
        assert_eq!(speech.finished(969), None);
        assert_eq!(speech.finished(970).unwrap().text, "0123456789");
        assert_eq!(speech.finished(60_000), None, "more words come");
        speech.extend(2_000, "56789");
        assert!(speech.has_open());
        assert_eq!(speech.close_open_told().as_deref(), Some("0123456789"));
        let last = speech.finished(2_360).unwrap();
        assert_eq!((last.started_ms, last.untold), (970, None));
        assert!(speech.is_empty());
    }

    #[test]
    fn words_are_heard_one_after_the_other() {
        let mut speech = Speech::default();
        assert_eq!(speech.heard_by(0), None);
        speech.add(1_000, "Grüß Gott, was ist los?");
        let at = |letters: i64| 1_000 + START_MS + letters * CHARACTER_MS;
        for (letters, heard) in
            [(-5, ""), (0, ""), (4, ""), (5, "Grüß"), (12, "Grüß Gott,"), (99, "Grüß Gott, was ist los?")]
        {
            assert_eq!(speech.heard_by(at(letters)), Some((1_000, heard)), "{letters}");
        }
    }

    #[test]
    fn a_cut_is_where_the_carrier_says() {
        let build = || {
            let mut speech = Speech::default();
            speech.add(0, "One moment, please.");
            speech.extend(0, "Please restart the printer and wait.");
            speech
        };
        assert_eq!(
            texts(&build().cut(500, "Please restart the")),
            [("One moment, please.", false), ("Please restart the", true)]
        );
        assert_eq!(texts(&build().cut(500, "one moment")), [("one moment", true), ("", true)]);
        // Whoever reads has all of it before it could be spoken.
        assert_eq!(
            texts(&build().cut(500, "Please restart the printer and wait.")),
            [("One moment, please.", false), ("Please restart the printer and wait.", false)]
        );
        assert_eq!(
            texts(&build().cut(500, "One moment, please. Please restart")),
            [("One moment, please.", false), ("Please restart", true)]
        );
        assert_eq!(texts(&build().cut(500, "")), [("", true), ("", true)]);
        let mut speech = build();
        let cut = speech.cut(500, "Something else");
        assert_eq!(texts(&cut), [("Something else", true), ("", true)]);
        assert_eq!(cut[1].untold.as_deref(), Some("Please restart the printer and wait."));
        assert!(speech.is_empty());
        speech.add(600, "x");
        assert_eq!(speech.utterances[0].started_ms, 600);
    }

    proptest! {
        #[test]
        fn any_cut_is_harmless(texts in proptest::collection::vec(".{0,20}", 0..5), heard in ".{0,40}") {
            let mut speech = Speech::default();
            for text in &texts {
                speech.add(0, text);
            }
            prop_assert_eq!(speech.cut(10, &heard).len(), texts.len());
            prop_assert!(speech.is_empty());
        }
    }
}
