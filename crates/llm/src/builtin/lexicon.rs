//! Finding many phrases in one pass over folded text.

use aho_corasick::{AhoCorasick, MatchKind};
use patchcord_domain::text::fold;

/// Phrases with a weight each, compiled into one automaton.
pub(super) struct Lexicon {
    automaton: AhoCorasick,
    phrases: Vec<Phrase>,
}

struct Phrase {
    weight: f32,
    group: usize,
    /// Any ending is allowed: the phrase was written with a `*`.
    open: bool,
}

/// A phrase in a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Found {
    /// Which phrase; the same phrase has the same number each time.
    pub(super) phrase: usize,
    /// The group that it was added with.
    pub(super) group: usize,
    /// The weight that it was added with.
    pub(super) weight: f32,
    /// Where it begins in the folded text.
    pub(super) start: usize,
}

impl Lexicon {
    /// Takes `(phrase, weight, group)`; a trailing `*` allows any ending.
    pub(super) fn new<'p>(phrases: impl IntoIterator<Item = (&'p str, f32, usize)>) -> Result<Self, String> {
        let mut patterns = Vec::new();
        let mut kept = Vec::new();
        for (text, weight, group) in phrases {
            let open = text.ends_with('*');
            let folded = fold(text);
            if folded.is_empty() {
                return Err(format!("the phrase {text:?} has no letters"));
            }
            patterns.push(format!(" {folded}"));
            kept.push(Phrase { weight, group, open });
        }
        let built = AhoCorasick::builder().match_kind(MatchKind::Standard).build(patterns);
        Ok(Self { automaton: built.map_err(|error| error.to_string())?, phrases: kept })
    }

    /// Every phrase of a text that [`padded`] has made, overlapping ones too.
    pub(super) fn find(&self, padded: &str) -> Vec<Found> {
        let ends = |at: usize| matches!(padded.as_bytes().get(at), Some(b' ') | None);
        self.automaton
            .find_overlapping_iter(padded)
            .filter_map(|found| {
                let id = found.pattern().as_usize();
                let phrase = &self.phrases[id];
                let whole = phrase.open || ends(found.end());
                whole.then_some(Found { phrase: id, group: phrase.group, weight: phrase.weight, start: found.start() })
            })
            .collect()
    }
}

/// The folded text with a space on each side, so that phrases begin and end at words.
#[cfg(test)]
pub(super) fn padded(text: &str) -> String {
    format!(" {} ", fold(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_and_endings() {
        let lexicon = Lexicon::new([("vpn", 1.0, 0), ("print*", 1.0, 1), ("blue screen", 1.0, 2)]).unwrap();
        let groups = |text: &str| lexicon.find(&padded(text)).iter().map(|found| found.group).collect::<Vec<_>>();
        assert_eq!(groups("The VPN!"), [0]);
        assert_eq!(groups("vpns reprint"), Vec::<usize>::new());
        assert_eq!(groups("Printers: a blue-screen"), [1, 2]);
    }
}
