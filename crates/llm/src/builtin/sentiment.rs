//! How the customer feels, by a lexicon with negation and intensifiers.

use std::collections::BTreeMap;

use patchcord_domain::copilot::Sentiment;

use super::playbooks::{INTENSIFIER, MOOD, NEGATION, Playbooks};
use super::reading::{CLAUSE, Reading, Text};

/// How many bytes before a word a negation or intensifier may stand.
const REACH: usize = 18;
/// From here on a feeling is more than politeness.
const THRESHOLD: f32 = 1.5;

/// The mood of the customer's messages; the latest counts most.
pub(super) fn of(rules: &Playbooks, reading: &Reading<'_>) -> Sentiment {
    let mut sum = score(rules, reading.subject());
    let mut factor = 1.0;
    for text in reading.told().into_iter().rev() {
        sum += factor * score(rules, text);
        factor *= 0.5;
    }
    match sum {
        sum if sum >= THRESHOLD => Sentiment::Positive,
        sum if sum <= -THRESHOLD => Sentiment::Negative,
        _ => Sentiment::Neutral,
    }
}

fn score(rules: &Playbooks, text: &Text) -> f32 {
    let mut strongest: BTreeMap<usize, f32> = BTreeMap::new();
    for clause in text.parts(CLAUSE) {
        let found = rules.moods.find(&clause);
        let starts = |group: usize| {
            let mut starts: Vec<usize> = found.iter().filter(|f| f.group == group).map(|f| f.start).collect();
            starts.sort_unstable();
            starts
        };
        let (negations, intensifiers) = (starts(NEGATION), starts(INTENSIFIER));
        // Whether the last one before a word is within reach.
        let near = |starts: &[usize], at: usize| {
            let before = starts.partition_point(|start| *start < at);
            before > 0 && at - starts[before - 1] <= REACH
        };
        for word in found.iter().filter(|found| found.group == MOOD) {
            let mut weight = word.weight;
            if near(&intensifiers, word.start) {
                weight *= 1.5;
            }
            if near(&negations, word.start) {
                // `not good` is bad; `not annoyed` is nothing.
                weight = if weight > 0.0 { -weight } else { 0.0 };
            }
            // A word that comes again counts once, where it is strongest.
            let known = strongest.entry(word.phrase).or_insert(weight);
            if weight.abs() > known.abs() {
                *known = weight;
            }
        }
    }
    strongest.values().sum::<f32>() - shouted(&text.own)
}

/// Capital letters and rows of exclamation and question marks are a raised voice.
fn shouted(text: &str) -> f32 {
    let is_loud = |word: &&str| {
        word.chars().any(char::is_alphabetic) && word.chars().all(|c| c.is_uppercase() || !c.is_alphabetic())
    };
    let words: Vec<&str> = text.split_whitespace().filter(is_loud).collect();
    let long = words.iter().filter(|word| word.len() >= 4).count();
    let stressed = words.iter().any(|word| STRESSED.contains(&word.trim_matches(|c: char| !c.is_alphabetic())));
    let marks = ["!!", "??", "?!", "!?"].iter().any(|marks| text.contains(marks));
    f32::from(u8::from(long >= 4 || marks)) + if stressed { STRESS } else { 0.0 }
}

/// What a word in capitals for stress weighs.
const STRESS: f32 = 0.75;
/// Words that are written in capitals only for stress; others may be names of systems.
const STRESSED: &[&str] = &[
    "NOW",
    "NOT",
    "MUST",
    "EVERY",
    "EVERYTHING",
    "ALL",
    "NOTHING",
    "NOBODY",
    "TODAY",
    "SAME",
    "AGAIN",
    "STILL",
    "URGENT",
    "URGENTLY",
    "PLEASE",
    "WHY",
    "WHAT",
    "NEVER",
    "ANYTHING",
    "DOWN",
    "IMMEDIATELY",
    "ASAP",
    "HELP",
    "THIS",
    "DAYS",
    "WEEKS",
    "WHOLE",
    "ENTIRE",
    "SOFORT",
    "JETZT",
    "DRINGEND",
    "MAINTENANT",
    "URGENTE",
    "AHORA",
];
