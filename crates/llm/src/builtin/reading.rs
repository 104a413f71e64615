//! A ticket read once: each text is cleaned, folded and cut into sentences one time, however many rules look at it.

use std::cell::OnceCell;
use std::collections::HashSet;

use patchcord_domain::snapshot::{Snapshot, SnapshotMessage};
use patchcord_domain::text::fold;

use super::sentences::{is_command, own_words, split, without_commands, words};

/// Marks that end a sentence.
pub(super) const SENTENCE: &[char] = &['.', '!', '?', ';', '\n'];
/// Marks that end a clause. A negation reaches as far: `it does not print. Thanks for looking` is no ingratitude.
pub(super) const CLAUSE: &[char] = &['.', ',', ';', ':', '!', '?'];
/// Marks that end a clause or a line.
pub(super) const CLAUSE_OR_LINE: &[char] = &['.', ',', ';', '!', '?', '\n'];

/// The texts of one snapshot, each prepared when it is first wanted.
pub(super) struct Reading<'s> {
    pub(super) snapshot: &'s Snapshot,
    subject: OnceCell<Text>,
    bodies: Vec<OnceCell<Text>>,
}

impl<'s> Reading<'s> {
    pub(super) fn new(snapshot: &'s Snapshot) -> Self {
        let bodies = snapshot.messages.iter().map(|_| OnceCell::new()).collect();
        Self { snapshot, subject: OnceCell::new(), bodies }
    }

    /// The subject, prepared.
    pub(super) fn subject(&self) -> &Text {
        self.subject.get_or_init(|| Text::new(&self.snapshot.subject))
    }

    /// The messages, oldest first, each with its prepared body.
    pub(super) fn messages(&self) -> impl DoubleEndedIterator<Item = (&'s SnapshotMessage, &Text)> + ExactSizeIterator {
        let prepared = |(message, cell): (&'s SnapshotMessage, _)| (message, body(message, cell));
        self.snapshot.messages.iter().zip(&self.bodies).map(prepared)
    }

    /// What the customer wrote, oldest first. Where an agent has opened the ticket the first message tells what the caller
    /// said.
    pub(super) fn told(&self) -> Vec<&Text> {
        let all = || self.snapshot.messages.iter().zip(&self.bodies);
        let mut told: Vec<_> = all().filter(|(message, _)| message.author == "CUSTOMER").collect();
        if told.is_empty() {
            told = all().take(1).collect();
        }
        told.into_iter().map(|(message, cell)| body(message, cell)).collect()
    }

    /// The texts that say what a ticket is about, with how much each counts: the subject, the customer's first message,
    /// which tells the story, and the latest two, which tell where it stands.
    pub(super) fn weighted(&self) -> Vec<(&Text, f32)> {
        let mut texts = vec![(self.subject(), 2.0)];
        let told = self.told();
        for (index, text) in told.iter().enumerate() {
            let factor = if index == 0 { 1.0 } else { 0.6 };
            if index == 0 || index + 2 >= told.len() {
                texts.push((*text, factor));
            }
        }
        texts
    }
}

fn body<'c>(message: &SnapshotMessage, cell: &'c OnceCell<Text>) -> &'c Text {
    cell.get_or_init(|| Text::new(&message.body))
}

/// One text of a ticket.
pub(super) struct Text {
    /// What the author has written, without quoted mail, signatures and what speaks to the machine that reads it.
    pub(super) own: String,
    /// The own words between any two marks, folded, each with the mark that ends it.
    pieces: Vec<(String, char)>,
    sentences: OnceCell<Vec<Sentence>>,
}

/// A sentence as it may be quoted.
pub(super) struct Sentence {
    pub(super) text: String,
    /// The sentence, folded.
    pub(super) folded: String,
}

impl Sentence {
    /// The words that may carry meaning.
    pub(super) fn words(&self) -> HashSet<String> {
        words(&self.folded)
    }

    /// Whether one of the folded phrases is in the sentence, word by word.
    pub(super) fn says(&self, phrases: &[&str]) -> bool {
        says(&self.folded, phrases)
    }
}

impl Text {
    pub(super) fn new(text: &str) -> Self {
        let mut read = Self::of_own(own_words(text));
        if is_command(&read.padded()) {
            read = Self::of_own(without_commands(&read.own));
        }
        read
    }

    fn of_own(own: String) -> Self {
        let pieces = pieces(&own);
        Self { own, pieces, sentences: OnceCell::new() }
    }

    /// The own words, folded, with a space at each end, as a lexicon wants them.
    pub(super) fn padded(&self) -> String {
        joined(self.pieces.iter())
    }

    /// The parts between the given marks, folded and with a space at each end; empty ones are left out.
    pub(super) fn parts(&self, marks: &[char]) -> Vec<String> {
        let parts = self.pieces.split_inclusive(|(_, mark)| marks.contains(mark));
        parts.map(|part| joined(part.iter())).filter(|part| part != "  ").collect()
    }

    /// The sentences that may be quoted; see [`split`].
    pub(super) fn sentences(&self) -> &[Sentence] {
        self.sentences.get_or_init(|| split(&self.own))
    }
}

/// The text between any two marks, folded. To fold is to drop marks, so that the parts joined are the whole folded.
fn pieces(text: &str) -> Vec<(String, char)> {
    let is_mark = |c: char| SENTENCE.contains(&c) || CLAUSE.contains(&c);
    let mut pieces: Vec<(String, char)> = Vec::new();
    for piece in text.split_inclusive(is_mark) {
        let mark = piece.chars().next_back().unwrap_or(' ');
        pieces.push((fold(piece), mark));
    }
    pieces
}

fn joined<'p>(pieces: impl Iterator<Item = &'p (String, char)>) -> String {
    let mut text = String::from(" ");
    for (piece, _) in pieces.filter(|(piece, _)| !piece.is_empty()) {
        if text.len() > 1 {
            text.push(' ');
        }
        text.push_str(piece);
    }
    text.push(' ');
    text
}

/// Whether one of the folded phrases is in a folded text, word by word.
pub(super) fn says(folded: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        folded.match_indices(phrase).any(|(start, found)| {
            let begins = start == 0 || folded.as_bytes()[start - 1] == b' ';
            let end = start + found.len();
            begins && folded.as_bytes().get(end).is_none_or(|byte| *byte == b' ')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::lexicon::padded;
    use super::*;

    #[test]
    fn parts_are_the_same_as_parts_folded_one_by_one() {
        for text in [
            "",
            "...",
            "The VPN drops. Why?\nIt is v2.14: not good, is it; no!",
            "Hallo\n\n\nDrucker, défekt… kaputt?!",
            "e\u{301}.\u{301}x ﬁ 日本語。 a",
        ] {
            let text = Text::of_own(text.to_owned());
            assert_eq!(text.padded(), padded(&text.own));
            for marks in [SENTENCE, CLAUSE, CLAUSE_OR_LINE] {
                let expect: Vec<String> =
                    text.own.split(marks).map(padded).filter(|part| !part.trim().is_empty()).collect();
                assert_eq!(text.parts(marks), expect, "{}", text.own);
            }
        }
    }

    #[test]
    fn phrases_are_whole_words() {
        assert!(says("it works now", &["still", "works now"]) && says("still", &["still"]));
        assert!(
            !says("it works nowhere", &["works now"]) && !says("fireworks now", &["works now"]) && !says("", &["a"])
        );
    }
}
