//! The passage of a text that fits a search best, and where its words stand in it.

use std::collections::HashSet;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::text::{fold, length};

/// A piece of a text and the words of a search in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Passage {
    /// The piece, as it stands in the text.
    pub text: String,
    /// The share of the wanted words that it has, 0 to 1.
    pub share: f32,
    /// From where to where the wanted words stand in the piece, in UTF-16 code units, as JavaScript counts; in order.
    pub highlights: Vec<[usize; 2]>,
}

/// The words of a search that say what it is about, folded and without repetition, at most `max`. When every word is one
/// that occurs everywhere, all of them count.
pub fn wanted_words<'t>(texts: impl IntoIterator<Item = &'t str>, max: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut others: Vec<String> = Vec::new();
    for text in texts {
        for word in fold(text).split(' ').filter(|word| !word.is_empty()) {
            let list = if says_something(word) { &mut words } else { &mut others };
            if list.len() < max && !list.iter().any(|known| known == word) {
                list.push(word.to_owned());
            }
        }
    }
    if words.is_empty() { others } else { words }
}

/// Words that occur everywhere find nothing.
pub fn says_something(word: &str) -> bool {
    const EVERYWHERE: &[&str] = &[
        "about", "after", "again", "also", "and", "any", "anyone", "are", "because", "been", "before", "but", "can",
        "cannot", "could", "did", "does", "doesn", "don", "for", "from", "get", "gets", "getting", "had", "has",
        "have", "hello", "help", "her", "here", "him", "his", "how", "into", "issue", "its", "just", "let", "like",
        "may", "more", "need", "needs", "not", "now", "one", "our", "out", "please", "problem", "regards", "she",
        "should", "since", "some", "still", "thank", "thanks", "that", "the", "their", "them", "then", "there", "they",
        "this", "ticket", "today", "too", "use", "very", "was", "way", "were", "what", "when", "where", "which", "who",
        "why", "will", "with", "work", "working", "works", "would", "you", "your",
    ];
    word.chars().count() >= 3 && !EVERYWHERE.contains(&word)
}

/// The share of the wanted words that a text has, 0 to 1.
pub fn overlap(text: &str, wanted: &HashSet<&str>) -> f32 {
    if wanted.is_empty() {
        return 0.0;
    }
    let folded = fold(text);
    let found: HashSet<&str> = folded.split(' ').filter(|word| wanted.contains(word)).collect();
    found.len() as f32 / wanted.len() as f32
}

/// The paragraph that has the most of the wanted words, the earliest of equal ones. A paragraph of more than `max`
/// characters is looked at in pieces, cut at white space.
pub fn best_passage(body: &str, wanted: &HashSet<&str>, max: usize) -> Passage {
    let mut best: Option<(f32, &str)> = None;
    for piece in body.split("\n\n").flat_map(|paragraph| pieces(paragraph, max)) {
        let share = overlap(piece, wanted);
        if best.is_none_or(|(known, _)| share > known) {
            best = Some((share, piece));
        }
    }
    let (share, text) = best.unwrap_or((0.0, ""));
    Passage { text: text.to_owned(), share, highlights: highlights(text, wanted) }
}

/// Pieces of at most `max` characters without white space around them.
fn pieces(text: &str, max: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while length(rest) > max.max(1) {
        let hard = rest.char_indices().nth(max.max(1)).map_or(rest.len(), |(at, _)| at);
        let cut = rest[..hard].rfind(char::is_whitespace).filter(|at| *at > 0).unwrap_or(hard);
        pieces.push(rest[..cut].trim_end());
        rest = rest[cut..].trim_start();
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// Where the wanted words stand in a text, in UTF-16 code units. Words are folded to be compared, so `uber` finds `Über`,
/// and the places are those of the original.
pub fn highlights(text: &str, wanted: &HashSet<&str>) -> Vec<[usize; 2]> {
    let mut places = Vec::new();
    let (mut at_byte, mut at_unit) = (0, 0);
    for word in folded_words(text).into_iter().filter(|word| wanted.contains(word.folded.as_str())) {
        // A character such as the fraction ½ is two words in one place.
        if word.range.start < at_byte {
            continue;
        }
        let from = at_unit + units(&text[at_byte..word.range.start]);
        at_unit = from + units(&text[word.range.clone()]);
        at_byte = word.range.end;
        places.push([from, at_unit]);
    }
    places
}

fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// A word of a text in its folded form, and the bytes that it stands in.
struct FoldedWord {
    folded: String,
    range: Range<usize>,
}

/// The words that [`fold`] makes of a text, each with its place.
fn folded_words(text: &str) -> Vec<FoldedWord> {
    let mut words = Vec::new();
    let mut word = FoldedWord { folded: String::new(), range: 0..0 };
    for (start, c) in text.char_indices() {
        let end = start + c.len_utf8();
        for part in std::iter::once(c).nfkd() {
            if is_combining_mark(part) {
                // An accent of its own belongs to the letter before it.
                if !word.folded.is_empty() {
                    word.range.end = end;
                }
            } else if part.is_alphanumeric() {
                if word.folded.is_empty() {
                    word.range.start = start;
                }
                word.folded.extend(part.to_lowercase());
                word.range.end = end;
            } else if !word.folded.is_empty() {
                words.push(std::mem::replace(&mut word, FoldedWord { folded: String::new(), range: 0..0 }));
            }
        }
    }
    if !word.folded.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wanted(words: &str) -> Vec<String> {
        wanted_words([words], 12)
    }

    fn marked(text: &str, words: &str) -> Vec<String> {
        let wanted = wanted(words);
        let wanted: HashSet<&str> = wanted.iter().map(String::as_str).collect();
        let units: Vec<u16> = text.encode_utf16().collect();
        let places = highlights(text, &wanted);
        places.into_iter().map(|[from, to]| String::from_utf16(&units[from..to]).unwrap()).collect()
    }

    #[test]
    fn highlights_point_into_the_original() {
        for (text, words, expected) in [
            ("Renew the VPN certificate.", "vpn certificate", &["VPN", "certificate"] as &[_]),
            ("Die Überprüfung läuft", "uberprufung", &["Überprüfung"]),
            ("Cafe\u{301} und Café", "café", &["Cafe\u{301}", "Café"]),
            ("😀😀 the printer 😀 prints", "printer", &["printer"]),
            ("İstanbul office", "istanbul", &["İstanbul"]),
            ("file ﬁle", "file", &["file", "ﬁle"]),
            ("VPNs are not a vpn", "vpn", &["vpn"]),
            ("", "vpn", &[]),
            ("nothing here", "", &[]),
        ] {
            assert_eq!(marked(text, words), expected, "{text}");
        }
    }

    #[test]
    fn the_best_paragraph_is_chosen_and_long_ones_are_cut() {
        let words = wanted("toner low");
        let words: HashSet<&str> = words.iter().map(String::as_str).collect();
        let body = "The printer jams.\n\nWhen the toner is low, shake it.\n\nOrder toner when it is low.";
        let passage = best_passage(body, &words, 900);
        assert_eq!((passage.text.as_str(), passage.share), ("When the toner is low, shake it.", 1.0));
        assert_eq!(passage.highlights, [[9, 14], [18, 21]]);
        let long = format!("{} the toner is low here", "filling ".repeat(300));
        let passage = best_passage(&long, &words, 200);
        assert!(passage.text.ends_with("the toner is low here") && length(&passage.text) <= 200, "{}", passage.text);
        let passage = best_passage("", &words, 200);
        assert_eq!((passage.text.as_str(), passage.share, passage.highlights.len()), ("", 0.0, 0));
        assert_eq!(best_passage(&"x".repeat(500), &words, 200).text.len(), 200);
    }

    #[test]
    fn words_that_occur_everywhere_count_only_when_there_are_no_others() {
        assert_eq!(wanted("Why does the VPN not work?"), ["vpn"]);
        assert_eq!(wanted("Why does it not work?"), ["why", "does", "it", "not", "work"]);
        assert_eq!(wanted_words(["a b c d", "vpn dns dhcp"], 2), ["vpn", "dns"]);
        assert!(wanted(" -- ").is_empty());
    }

    proptest! {
        #[test]
        fn words_are_those_of_fold_and_places_are_in_bounds(text in "\\PC{0,60}") {
            let words = folded_words(&text);
            let joined = words.iter().map(|word| word.folded.as_str()).collect::<Vec<_>>().join(" ");
            prop_assert_eq!(joined, fold(&text));
            let all: HashSet<&str> = words.iter().map(|word| word.folded.as_str()).collect();
            let end = text.encode_utf16().count();
            let mut last = 0;
            for [from, to] in highlights(&text, &all) {
                prop_assert!(last <= from && from < to && to <= end);
                last = to;
            }
        }
    }
}
