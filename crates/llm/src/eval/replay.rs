//! How new answers compare with old ones that people have judged. Pure: the answers come from elsewhere.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use patchcord_domain::copilot::{Analysis, Kind, Outcome, Verdict};
use patchcord_domain::text::{edit_distance, length};
use serde::Serialize;

use super::Figure;

/// Characters of a text that an edit distance looks at.
const COMPARED: usize = 2_000;

/// An old answer and what became of it.
#[derive(Debug, Clone)]
pub struct Past {
    /// What was asked for.
    pub kind: Kind,
    /// What was answered.
    pub outcome: Outcome,
    /// What people said to it.
    pub verdict: Verdict,
    /// What was really sent, where somebody told.
    pub final_text: Option<String>,
}

/// The figures of one kind of question and one verdict.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// `analysis`, `next_steps`, `draft_reply` or `chat`.
    pub kind: &'static str,
    /// `accepted`, `edited` or `rejected`.
    pub verdict: &'static str,
    /// New answers that are not the old one.
    pub changed: Figure,
    /// Mean distance of the old text to what people sent or accepted, 0 to 1; none where there is no such text.
    pub old_distance: Option<f64>,
    /// The same of the new text.
    pub new_distance: Option<f64>,
    /// New texts that are nearer than the old one.
    pub nearer: Figure,
    /// Accepted analyses whose category the new one has.
    pub category: Figure,
    /// Accepted analyses whose urgency the new one has.
    pub urgency: Figure,
    /// Accepted analyses whose mood the new one has.
    pub sentiment: Figure,
}

/// All figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Replay {
    /// One row for each kind and verdict that there was.
    pub rows: Vec<Row>,
    /// Why answers are missing, with how many.
    pub missing: BTreeMap<String, usize>,
}

impl Replay {
    /// Compares a new answer with an old one.
    pub fn add(&mut self, past: &Past, new: &Outcome) {
        let key = (past.kind.as_str(), past.verdict.as_str());
        let at = self.rows.iter().position(|row| (row.kind, row.verdict) == key).unwrap_or_else(|| {
            self.rows.push(Row { kind: key.0, verdict: key.1, ..Row::default() });
            self.rows.len() - 1
        });
        let row = &mut self.rows[at];
        row.changed.add(bare(new) != bare(&past.outcome));
        let accepted = past.verdict == Verdict::Accepted;
        if let (Outcome::Analysis(old), Outcome::Analysis(new)) = (&past.outcome, new)
            && accepted
        {
            row.labels(old, new);
        }
        let old = text(&past.outcome);
        let wanted = match (&past.final_text, past.verdict) {
            (_, Verdict::Rejected) | (None, Verdict::Edited) => None,
            (Some(text), _) => Some(text.as_str()),
            (None, Verdict::Accepted) => Some(old.as_str()),
        };
        if let Some(wanted) = wanted {
            row.distance(distance(&old, wanted), distance(&text(new), wanted));
        }
    }

    /// Notes that there is no new answer.
    pub fn miss(&mut self, why: impl Into<String>) {
        *self.missing.entry(why.into()).or_insert(0) += 1;
    }

    /// Whether there was something to compare and every answer came.
    pub fn is_complete(&self) -> bool {
        !self.rows.is_empty() && self.missing.is_empty()
    }

    /// The figures as a table that people read.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let cells = |cells: [&str; 10]| {
            let [kind, verdict, count, changed, old, new, nearer, category, urgency, sentiment] = cells;
            format!(
                "  {kind:<12} {verdict:<9} {count:>5} {changed:>8} {old:>6} {new:>6} {nearer:>7} {category:>9} {urgency:>8} {sentiment:>10}\n"
            )
        };
        out.push_str(&cells([
            "kind",
            "verdict",
            "count",
            "changed",
            "old",
            "new",
            "nearer",
            "category",
            "urgency",
            "sentiment",
        ]));
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| (row.kind, row.verdict));
        for row in rows {
            let of = |figure: Figure| match figure.of {
                0 => "-".to_owned(),
                _ => format!("{}/{}", figure.count, figure.of),
            };
            let share = |share: Option<f64>| share.map_or_else(|| "-".to_owned(), |share| format!("{share:.2}"));
            out.push_str(&cells([
                row.kind,
                row.verdict,
                &row.changed.of.to_string(),
                &of(row.changed),
                &share(row.old_distance),
                &share(row.new_distance),
                &of(row.nearer),
                &of(row.category),
                &of(row.urgency),
                &of(row.sentiment),
            ]));
        }
        for (why, count) in &self.missing {
            let _ = writeln!(out, "  no answer: {count} x {why}");
        }
        out.trim_end().to_owned()
    }
}

impl Row {
    fn labels(&mut self, old: &Analysis, new: &Analysis) {
        self.category.add(new.category == old.category);
        self.urgency.add(new.urgency == old.urgency);
        self.sentiment.add(new.sentiment == old.sentiment);
    }

    #[expect(clippy::cast_precision_loss, reason = "there are a thousand answers at most")]
    fn distance(&mut self, old: f64, new: f64) {
        let before = self.nearer.of as f64;
        let mean = |known: Option<f64>, next: f64| Some((known.unwrap_or(0.0) * before + next) / (before + 1.0));
        self.old_distance = mean(self.old_distance, old);
        self.new_distance = mean(self.new_distance, new);
        self.nearer.add(new < old);
    }
}

/// An answer without what it cites: the same sources may have other ids by now.
fn bare(outcome: &Outcome) -> Outcome {
    let mut outcome = outcome.clone();
    match &mut outcome {
        Outcome::NextSteps(told) => told.citations = None,
        Outcome::DraftReply(told) => told.citations = None,
        Outcome::Chat(told) => told.citations = None,
        Outcome::Analysis(_) | Outcome::Summary(_) | Outcome::Classification(_) => {}
    }
    outcome
}

/// The text of an answer that people send or read.
fn text(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Analysis(told) => told.summary.clone(),
        Outcome::NextSteps(told) => told.steps.join("\n"),
        Outcome::DraftReply(told) => told.reply.clone(),
        Outcome::Chat(told) => told.answer.clone(),
        Outcome::Summary(told) => told.summary.clone(),
        Outcome::Classification(told) => told.category.clone(),
    }
}

/// The edit distance as a share of the longer text: 0 is the same, 1 has nothing in common.
#[expect(clippy::cast_precision_loss, reason = "at most 2,000 characters are compared")]
fn distance(from: &str, to: &str) -> f64 {
    let longer = length(from).max(length(to)).clamp(1, COMPARED);
    edit_distance(from, to) as f64 / longer as f64
}

#[cfg(test)]
mod tests {
    use patchcord_domain::copilot::{DraftReply, Sentiment, Urgency};

    use super::*;

    fn draft(reply: &str) -> Outcome {
        Outcome::DraftReply(DraftReply { reply: reply.to_owned(), tone: None, citations: None })
    }

    fn analysis(category: &str, urgency: Urgency) -> Outcome {
        Outcome::Analysis(Analysis {
            summary: "It drops.".to_owned(),
            sentiment: Sentiment::Neutral,
            category: category.to_owned(),
            urgency: Some(urgency),
            suggested_actions: None,
            confidence: None,
        })
    }

    fn past(outcome: Outcome, verdict: Verdict, final_text: Option<&str>) -> Past {
        let kind = if matches!(outcome, Outcome::Analysis(_)) { Kind::Analysis } else { Kind::DraftReply };
        Past { kind, outcome, verdict, final_text: final_text.map(str::to_owned) }
    }

    #[test]
    fn drafts_are_compared_with_what_was_sent() {
        let mut replay = Replay::default();
        let edited = past(draft("aaaaaaaaaa"), Verdict::Edited, Some("bbbbbaaaaa"));
        replay.add(&edited, &draft("bbbbbbaaaa"));
        replay.add(&edited, &draft("cccccccccc"));
        let row = &replay.rows[0];
        assert_eq!((row.kind, row.verdict), ("draft_reply", "edited"));
        assert_eq!((row.old_distance, row.nearer), (Some(0.5), Figure { count: 1, of: 2 }));
        assert!((row.new_distance.unwrap() - 0.55).abs() < 1e-9, "{row:?}");
        replay.add(&past(draft("aaaa"), Verdict::Accepted, None), &draft("aaab"));
        let row = &replay.rows[1];
        assert_eq!((row.verdict, row.old_distance, row.new_distance), ("accepted", Some(0.0), Some(0.25)));
        replay.add(&past(draft("aaaa"), Verdict::Rejected, None), &draft("aaaa"));
        let row = &replay.rows[2];
        assert_eq!((row.verdict, row.changed, row.new_distance), ("rejected", Figure { count: 0, of: 1 }, None));
    }

    #[test]
    fn accepted_analyses_are_compared_field_by_field() {
        let mut replay = Replay::default();
        let old = past(analysis("network", Urgency::High), Verdict::Accepted, None);
        replay.add(&old, &analysis("network", Urgency::Low));
        replay.add(&old, &analysis("network", Urgency::High));
        let row = &replay.rows[0];
        let told = [row.changed, row.category, row.urgency, row.sentiment].map(|figure| figure.count);
        assert_eq!(told, [1, 2, 1, 2]);
        assert!(replay.is_complete());
        replay.miss("timeout");
        assert!(!replay.is_complete() && replay.table().contains("no answer: 1 x timeout"));
        assert!(!Replay::default().is_complete());
    }
}
