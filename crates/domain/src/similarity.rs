//! How alike two tickets are, by the words that say something: a plain measure that gives the same answer every time.

use std::collections::HashSet;

use crate::text::{fold, head};

/// Most words that a search goes by.
const WORDS_MAX: usize = 12;
/// How much of each text is looked at for words, in characters.
const TEXT_MAX: usize = 2_000;
/// The part of a score that the subject makes; the customer's words make the rest.
const SUBJECT_WEIGHT: f32 = 0.6;
/// What the score of a ticket without a solution is multiplied with: of two that are alike, the solved one helps more.
const UNSOLVED: f32 = 0.9;

/// The words of the texts that say something, folded, each once, in the order in which they come; at most twelve.
pub fn words<'t>(texts: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for text in texts {
        for word in fold(head(text, TEXT_MAX)).split(' ') {
            if says_something(word) && !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
    }
    words.truncate(WORDS_MAX);
    words
}

/// The share of the wanted words that a text has, 0 to 1.
#[allow(clippy::cast_precision_loss, reason = "there are at most a few dozen words")]
pub fn overlap(text: &str, wanted: &HashSet<&str>) -> f32 {
    if wanted.is_empty() {
        return 0.0;
    }
    let folded = fold(text);
    let found: HashSet<&str> = folded.split(' ').filter(|word| wanted.contains(word)).collect();
    found.len() as f32 / wanted.len() as f32
}

/// How well subject and the customer's words fit the wanted words, 0 to 1.
pub fn fit(subject: &str, asked: &str, wanted: &HashSet<&str>) -> f32 {
    (SUBJECT_WEIGHT * overlap(subject, wanted) + (1.0 - SUBJECT_WEIGHT) * overlap(asked, wanted)).min(1.0)
}

/// How near another ticket is, 0 to 1: how well it fits, with a slight preference for tickets that were solved.
pub fn nearness(subject: &str, asked: &str, is_solved: bool, wanted: &HashSet<&str>) -> f32 {
    fit(subject, asked, wanted) * if is_solved { 1.0 } else { UNSOLVED }
}

/// Words that occur everywhere find nothing.
fn says_something(word: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_say_something() {
        assert_eq!(words(["The VPN drops again", "My vpn: Café printer!"]), ["vpn", "drops", "cafe", "printer"]);
        assert_eq!(words(["is it on", ""]), [""; 0]);
        let many: Vec<String> = (100..150).map(|n| format!("w{n}")).collect();
        assert_eq!(words([many.join(" ").as_str()]).len(), 12);
    }

    #[test]
    fn nearer_is_higher() {
        let wanted: HashSet<&str> = ["vpn", "drops", "tunnel", "certificate"].into();
        for (subject, asked, is_solved, expect) in [
            ("VPN drops, tunnel certificate", "vpn drops tunnel certificate", true, 1.0),
            ("VPN drops, tunnel certificate", "vpn drops tunnel certificate", false, 0.9),
            ("VPN drops", "", true, 0.3),
            ("", "the VPN drops", true, 0.2),
            ("Paper jam", "the tray is stuck", true, 0.0),
        ] {
            let score = nearness(subject, asked, is_solved, &wanted);
            assert!((score - expect).abs() < 1e-6, "{subject} {asked}: {score}");
        }
        assert!(overlap("anything", &HashSet::new()).abs() < f32::EPSILON);
    }
}
