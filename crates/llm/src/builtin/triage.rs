//! Category and urgency by weighted rules.

use std::collections::{BTreeMap, HashSet};

use patchcord_domain::copilot::{Sentiment, Urgency};
use patchcord_domain::ticket::CATEGORIES;

use super::playbooks::Playbooks;
use super::reading::{CLAUSE_OR_LINE, Reading, SENTENCE, Text, says};
use super::sentiment;

/// Points from which something is critical, if it is wide enough.
const CRITICAL: f32 = 6.0;
/// What a duty with a near date adds, where no other rule tells of it.
const DEADLINE_POINTS: f32 = 3.0;
/// What is taken off when the customer is content: who praises is rarely in need.
const PRAISE_POINTS: f32 = 1.0;
/// Points that something must have by itself before a crowd makes it critical.
const CROWD_NEEDS: f32 = 2.5;
/// What a crowd adds to the urgency of something that is wrong.
const CROWD_POINTS: f32 = 3.0;
/// What is taken off in a category in which nothing is urgent by itself.
const CALM_POINTS: f32 = 0.5;

/// What kind of problem it is and how soon something must happen.
pub(super) struct Triage {
    pub(super) category: String,
    pub(super) urgency: Urgency,
    /// How the customer feels.
    pub(super) sentiment: Sentiment,
    /// How sure the category is, 0 to 1.
    pub(super) confidence: f64,
}

pub(super) fn triage(rules: &Playbooks, reading: &Reading<'_>) -> Triage {
    let weighted = reading.weighted();
    let texts: Vec<(String, f32)> = weighted.iter().map(|(text, factor)| (text.padded(), *factor)).collect();
    let open: Vec<(String, f32)> = weighted.iter().map(|(text, factor)| (open_clauses(rules, text), *factor)).collect();
    let (category, confidence) =
        category(rules, if open.iter().all(|(text, _)| text.trim().is_empty()) { &texts } else { &open });
    let sentences: Vec<String> = weighted.iter().flat_map(|(text, _)| text.parts(SENTENCE)).collect();
    let is_calm = rules.calm.contains(&category);
    let sentiment = sentiment::of(rules, reading);
    let tells = Tells {
        crowd: !is_calm && rules.crowd.is_told_of(&sentences),
        deadline: sentences.iter().any(|sentence| tells_of_a_deadline(sentence)),
        praise: sentiment == Sentiment::Positive,
    };
    let urgency = urgency(rules, &texts, &tells, is_calm);
    Triage { category, urgency, sentiment, confidence }
}

/// A text, folded, without the clauses that praise or tell of what is solved: they are not what the ticket is about.
fn open_clauses(rules: &Playbooks, text: &Text) -> String {
    let mut open = String::from(" ");
    for clause in text.parts(CLAUSE_OR_LINE).iter().filter(|clause| rules.solved.find(clause).is_empty()) {
        open.push_str(clause.trim_start());
    }
    open
}

fn category(rules: &Playbooks, texts: &[(String, f32)]) -> (String, f64) {
    let mut scores = [0.0_f32; CATEGORIES.len()];
    let mut times: BTreeMap<usize, f32> = BTreeMap::new();
    for (text, factor) in texts {
        for found in rules.categories.find(text) {
            // A word that comes again says less each time.
            let time = times.entry(found.phrase).or_insert(1.0);
            scores[found.group] += found.weight * factor / *time;
            *time *= 2.0;
        }
    }
    let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a))).unwrap_or(0);
    let general = CATEGORIES.len() - 1;
    let category = if scores[best] >= 1.0 { best } else { general };
    (CATEGORIES[category].to_owned(), confidence(&scores, best))
}

/// Grows with what speaks for the best category, and with how far it is ahead of the next one. Where nothing speaks for
/// any, `general` is a guess and says so.
fn confidence(scores: &[f32; CATEGORIES.len()], best: usize) -> f64 {
    let first = f64::from(scores[best]);
    if first < 1.0 {
        return 0.2;
    }
    let second = (0..scores.len()).filter(|at| *at != best).map(|at| f64::from(scores[at])).fold(0.0, f64::max);
    let ahead = (first - second.max(0.0)) / first;
    let evidence = first / (first + 2.0);
    ((0.3 + 0.65 * ahead * evidence + 0.05 * evidence) * 100.0).round() / 100.0
}

fn urgency(rules: &Playbooks, texts: &[(String, f32)], tells: &Tells, is_calm: bool) -> Urgency {
    let mut counted = HashSet::new();
    let mut strongest: BTreeMap<usize, (f32, u32)> = BTreeMap::new();
    for (text, _) in texts {
        for found in rules.urgency.find(text) {
            if !counted.insert(found.phrase) {
                continue;
            }
            let points = if is_negated(text, found.start) { -found.weight.abs() / 2.0 } else { found.weight };
            let entry = strongest.entry(found.group).or_insert((points, 0));
            entry.1 += 1;
            if points.abs() > entry.0.abs() {
                entry.0 = points;
            }
        }
    }
    // Each rule counts once, and a little more when several of its phrases are there.
    let mut sum: f32 =
        strongest.values().map(|(points, times)| points + points.signum() * if *times > 1 { 0.5 } else { 0.0 }).sum();
    let told = |group: &usize| strongest.get(group).is_some_and(|(points, _)| *points > 0.0);
    if tells.deadline && !rules.urgency_marks.pressing.iter().any(told) {
        sum += DEADLINE_POINTS;
    }
    if tells.praise {
        sum -= PRAISE_POINTS;
    }
    let is_crowd = tells.crowd && sum > 0.0;
    // Two different signs of an attack are an attack that goes on.
    let is_attack = rules.urgency_marks.harm.iter().filter(|group| told(group)).count() >= 2;
    let scope: f32 =
        rules.urgency_marks.scope.iter().filter_map(|group| strongest.get(group)).map(|(points, _)| points).sum();
    // However bad it is for one person, it is critical only when many stand still or harm spreads.
    let is_wide = is_crowd && sum - scope >= CROWD_NEEDS
        || is_attack
        || strongest.values().any(|(points, _)| *points >= CRITICAL);
    if is_crowd {
        sum += CROWD_POINTS;
    }
    if is_calm {
        sum -= CALM_POINTS;
    }
    match sum {
        sum if sum >= CRITICAL && is_wide => Urgency::Critical,
        sum if sum >= 3.0 => Urgency::High,
        sum if sum >= 0.0 => Urgency::Medium,
        _ => Urgency::Low,
    }
}

/// What the ticket tells beside its phrases.
struct Tells {
    /// Many are affected.
    crowd: bool,
    /// Something is due soon.
    deadline: bool,
    /// The customer is content.
    praise: bool,
}

/// Whether a folded sentence tells of a duty with a near date, as in `has to go out today` and `before 4 pm`.
fn tells_of_a_deadline(sentence: &str) -> bool {
    const NEAR: &[&str] = &[
        "today", "tonight", "tomorrow", "noon", "midnight", "heute", "morgen", "aujourd", "demain", "hoy", "manana",
        "domani", "oggi",
    ];
    const DUTY: &[&str] = &[
        "must",
        "has to",
        "have to",
        "had to",
        "due",
        "deadline",
        "need to send",
        "need to submit",
        "needs to go",
        "need to deliver",
        "submit",
        "submission",
        "deliver",
        "muss",
        "mussen",
        "doit",
        "dois",
        "devons",
        "tengo que",
        "tiene que",
        "tenemos que",
        "devo",
        "deve",
        "present to",
        "presents to",
        "presentation",
    ];
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let near = words.iter().any(|word| NEAR.contains(word));
    let duty = || says(sentence, DUTY);
    let by = words.windows(2).any(|pair| {
        let time = NEAR.contains(&pair[1]) || pair[1].ends_with("pm") || pair[1].ends_with("am") && pair[1].len() <= 4;
        matches!(pair[0], "by" | "before" | "until") && time && pair[1].len() > 2
    });
    let clock = words.windows(2).any(|pair| pair[1] == "pm" && pair[0].parse::<u32>().is_ok());
    by || (near || clock) && duty()
}

/// Whether `not`, `no` or `isn t` stands right before a phrase.
fn is_negated(text: &str, start: usize) -> bool {
    let before = text[..start].trim_end();
    [" not", " no", " isn t", " not very", " not that", " nothing"].iter().any(|negation| before.ends_with(negation))
}
