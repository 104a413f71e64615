//! Category and urgency by weighted rules.

use std::collections::BTreeMap;

use patchcord_domain::copilot::Urgency;
use patchcord_domain::snapshot::Snapshot;
use patchcord_domain::ticket::CATEGORIES;

use super::lexicon::padded;
use super::playbooks::Playbooks;
use super::sentences::without_quotes;

/// Points from which something is critical, if it is wide enough.
const CRITICAL: f32 = 6.0;
/// What a crowd adds to the urgency of something that is wrong.
const CROWD_POINTS: f32 = 3.0;
/// What is taken off in a category in which nothing is urgent by itself.
const CALM_POINTS: f32 = 0.5;

/// What kind of problem it is and how soon something must happen.
pub(super) struct Triage {
    pub(super) category: String,
    pub(super) urgency: Urgency,
    /// How sure the category is, 0 to 1.
    pub(super) confidence: f64,
}

/// The texts that say what a ticket is about, with how much each counts: the subject, the customer's first message, which
/// tells the story, and the latest two, which tell where it stands.
pub(super) fn weighted_texts(snapshot: &Snapshot) -> Vec<(&str, f32)> {
    let mut texts = vec![(snapshot.subject.as_str(), 2.0)];
    let public: Vec<&str> =
        snapshot.messages.iter().filter(|message| message.author == "CUSTOMER").map(|m| m.body.as_str()).collect();
    let told = if public.is_empty() {
        // A ticket that an agent has opened: the first message tells what the caller said.
        snapshot.messages.iter().take(1).map(|message| message.body.as_str()).collect()
    } else {
        public
    };
    for (index, body) in told.iter().enumerate() {
        let factor = if index == 0 { 1.0 } else { 0.6 };
        if index == 0 || index + 2 >= told.len() {
            texts.push((body, factor));
        }
    }
    texts
}

pub(super) fn triage(rules: &Playbooks, snapshot: &Snapshot) -> Triage {
    let texts: Vec<(String, f32)> =
        weighted_texts(snapshot).into_iter().map(|(text, factor)| (padded(&without_quotes(text)), factor)).collect();
    let (category, confidence) = category(rules, &texts);
    let urgency = urgency(rules, &texts, rules.calm.contains(&category));
    Triage { category, urgency, confidence }
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

fn urgency(rules: &Playbooks, texts: &[(String, f32)], is_calm: bool) -> Urgency {
    let mut counted = Vec::new();
    let mut strongest: BTreeMap<usize, (f32, u32)> = BTreeMap::new();
    for (text, _) in texts {
        for found in rules.urgency.find(text) {
            if counted.contains(&found.phrase) {
                continue;
            }
            counted.push(found.phrase);
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
    let is_crowd = !is_calm && sum > 0.0 && texts.iter().any(|(text, _)| tells_of_a_crowd(text));
    // However bad it is for one person, it is critical only when many stand still or harm spreads.
    let is_wide = is_crowd || strongest.values().any(|(points, _)| *points >= CRITICAL);
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

/// Whether a number of ten or more stands at most one word before a word for people or places of work, as in `120 staff`
/// and `all 14 retail shops`.
fn tells_of_a_crowd(text: &str) -> bool {
    const MANY: &[&str] = &[
        "people",
        "users",
        "staff",
        "employees",
        "colleagues",
        "agents",
        "workers",
        "nurses",
        "students",
        "workstations",
        "computers",
        "pcs",
        "shops",
        "stores",
        "branches",
        "sites",
        "mitarbeiter",
        "benutzer",
        "personnes",
        "utilisateurs",
        "empleados",
        "usuarios",
        "personas",
    ];
    let words: Vec<&str> = text.split_whitespace().collect();
    words.iter().enumerate().any(|(at, word)| {
        let number = word.parse::<u32>().is_ok_and(|number| (10..100_000).contains(&number));
        number && words[at + 1..].iter().take(2).any(|word| MANY.contains(word))
    })
}

/// Whether `not`, `no` or `isn t` stands right before a phrase.
fn is_negated(text: &str, start: usize) -> bool {
    let before = text[..start].trim_end();
    [" not", " no", " isn t", " not very", " not that", " nothing"].iter().any(|negation| before.ends_with(negation))
}
