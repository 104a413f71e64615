//! Comparing answers with labels: figures, what went wrong where, and whether it is good enough.

use std::collections::BTreeMap;

use patchcord_domain::copilot::{Analysis, Kind, Outcome, Urgency};
use patchcord_domain::text::{fold, head};
use patchcord_domain::ticket::Priority;
use serde::Serialize;

use super::honesty::{Evidence, Fault, Knowledge, Reader};
use super::{Answers, Case, KINDS};

/// How many of how many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// Those that were right, or that were found.
    pub count: usize,
    /// All of them.
    pub of: usize,
}

impl Figure {
    pub(super) fn add(&mut self, right: bool) {
        self.count += usize::from(right);
        self.of += 1;
    }

    /// In percent; none when there was nothing to measure.
    pub fn percent(self) -> Option<f64> {
        (self.of > 0).then(|| self.count as f64 * 100.0 / self.of as f64)
    }
}

/// What must be reached; shares in percent, faults as counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Goals {
    /// Right category.
    pub category: f64,
    /// Exactly the right priority.
    pub priority: f64,
    /// At most one step away from the right priority.
    pub within_one: f64,
    /// Urgent tickets that were called urgent.
    pub urgent_recall: f64,
    /// Right mood.
    pub sentiment: f64,
    /// Answers that fit their schema, after at most one repair.
    pub valid: f64,
    /// Facts that had to be said and were.
    pub must_say: f64,
    /// Most statements that come from nowhere, and things said that must not be.
    pub faults: usize,
}

impl Default for Goals {
    fn default() -> Self {
        Self {
            category: 85.0,
            priority: 65.0,
            within_one: 90.0,
            urgent_recall: 80.0,
            sentiment: 80.0,
            valid: 100.0,
            must_say: 85.0,
            faults: 0,
        }
    }
}

/// What was wrong with the answers to one case.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Wrong {
    /// The case.
    pub key: String,
    /// Its subject.
    pub subject: String,
    /// How bad it is, to put the worst first.
    pub weight: usize,
    /// What was expected and what came, in words.
    pub lines: Vec<String>,
}

/// The figures of a set of cases.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Cases.
    pub cases: usize,
    /// Right category.
    pub category: Figure,
    /// Right priority.
    pub priority: Figure,
    /// At most one step off.
    pub within_one: Figure,
    /// Urgent tickets that were called urgent.
    pub urgent_recall: Figure,
    /// Tickets called urgent that were.
    pub urgent_precision: Figure,
    /// Right mood.
    pub sentiment: Figure,
    /// Answers that fit.
    pub valid: Figure,
    /// Answers that had to be repaired, of all.
    pub repaired: Figure,
    /// Facts that had to be said and were.
    pub must_say: Figure,
    /// Things that must not be said and were, of those named.
    pub must_not_say: Figure,
    /// Texts with a statement that comes from nowhere, of all texts.
    pub dishonest: Figure,
    /// How often an expected category was answered with another: expected → answered → count.
    pub confusion: BTreeMap<String, BTreeMap<String, usize>>,
    /// What was wrong, the worst first.
    pub wrong: Vec<Wrong>,
}

/// One goal beside its figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verdict {
    /// What it is, in words.
    pub name: &'static str,
    /// The figure.
    pub figure: Figure,
    /// The goal in words; empty where there is none.
    pub goal: String,
    /// Whether it is reached. Where nothing could be measured nothing is missed; the table says so.
    pub reached: bool,
}

/// Compares answers with labels. `knowledge` holds the texts that may be drawn on beside the ticket: the playbooks.
///
/// # Panics
/// When there are not as many answers as cases.
pub fn score(cases: &[Case], answers: &[Answers], knowledge: &[&str]) -> Report {
    assert_eq!(cases.len(), answers.len(), "each case has its answers");
    let knowledge = Knowledge::new(knowledge.iter().copied());
    let mut report = Report { cases: cases.len(), ..Report::default() };
    for (case, answers) in cases.iter().zip(answers) {
        let mut wrong =
            Wrong { key: case.key.clone(), subject: case.snapshot.subject.clone(), weight: 0, lines: Vec::new() };
        one(&mut report, &mut wrong, case, answers, &knowledge);
        if !wrong.lines.is_empty() {
            report.wrong.push(wrong);
        }
    }
    report.wrong.sort_by(|a, b| b.weight.cmp(&a.weight).then(a.key.cmp(&b.key)));
    report
}

impl Wrong {
    fn note(&mut self, weight: usize, line: String) {
        self.weight += weight;
        self.lines.push(line);
    }
}

fn one(report: &mut Report, wrong: &mut Wrong, case: &Case, answers: &Answers, knowledge: &Knowledge) {
    let evidence = |reader| (reader, Evidence::new(&case.snapshot, knowledge, reader));
    let evidence = [evidence(Reader::Desk), evidence(Reader::Customer)];
    let mut outcomes = Vec::new();
    for (kind, told) in KINDS.iter().zip(&answers.outcomes) {
        let checked = match told {
            Ok(outcome) => fits(*kind, outcome, case).map(|()| outcome.clone()),
            Err(error) => Err(error.clone()),
        };
        report.valid.add(checked.is_ok());
        // An answer that does not fit is read all the same for what it says.
        if let Ok(outcome) = told {
            let [desk, customer] = &evidence;
            honest(report, wrong, outcome, if *kind == Kind::DraftReply { customer } else { desk });
        }
        match checked {
            Ok(outcome) => outcomes.push(outcome),
            Err(error) => wrong.note(10, format!("{}: no valid answer: {error}", kind.as_str())),
        }
    }
    report.repaired.count += answers.repaired;
    report.repaired.of += answers.outcomes.len();
    let analysis = outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Analysis(analysis) => Some(analysis),
        _ => None,
    });
    labels(report, wrong, case, analysis);
    said(report, wrong, case, &outcomes);
}

/// Whether an outcome fits its kind's limits and cites only what is in this ticket.
fn fits(kind: Kind, outcome: &Outcome, case: &Case) -> Result<(), String> {
    let text = serde_json::to_string(outcome).map_err(|error| error.to_string())?;
    let read = Outcome::read(kind, &text, &case.task(kind).snapshot);
    read.map(|_| ()).map_err(|errors| {
        errors.iter().map(|error| format!("{} {}", error.field, error.message)).collect::<Vec<_>>().join("; ")
    })
}

fn labels(report: &mut Report, wrong: &mut Wrong, case: &Case, analysis: Option<&Analysis>) {
    let category = analysis.map_or("none", |told| told.category.as_str());
    report.category.add(category == case.category);
    *report.confusion.entry(case.category.clone()).or_default().entry(category.to_owned()).or_insert(0) += 1;
    if category != case.category {
        wrong.note(3, format!("category: expected {}, got {category}", case.category));
    }

    let priority = analysis.and_then(|told| told.urgency).map(to_priority);
    let steps = priority.map_or(9, |told| told.rank().abs_diff(case.priority.rank()));
    report.priority.add(steps == 0);
    report.within_one.add(steps <= 1);
    let told_urgent = priority == Some(Priority::Urgent);
    if case.priority == Priority::Urgent {
        report.urgent_recall.add(told_urgent);
    }
    if told_urgent {
        report.urgent_precision.add(case.priority == Priority::Urgent);
    }
    if steps > 0 {
        let told = priority.map_or("none", Priority::as_str);
        let missed = if case.priority == Priority::Urgent { 3 } else { 0 };
        let weight = usize::try_from(steps).unwrap_or(9) * 2 + missed;
        wrong.note(weight, format!("priority: expected {}, got {told}", case.priority.as_str()));
    }

    let sentiment = analysis.map(|told| told.sentiment);
    report.sentiment.add(sentiment == Some(case.sentiment));
    if sentiment != Some(case.sentiment) {
        let told = sentiment.map_or("none", |told| told.as_str());
        wrong.note(2, format!("sentiment: expected {}, got {told}", case.sentiment.as_str()));
    }
}

/// The priority that an urgency corresponds to.
fn to_priority(urgency: Urgency) -> Priority {
    match urgency {
        Urgency::Low => Priority::Low,
        Urgency::Medium => Priority::Medium,
        Urgency::High => Priority::High,
        Urgency::Critical => Priority::Urgent,
    }
}

fn said(report: &mut Report, wrong: &mut Wrong, case: &Case, outcomes: &[Outcome]) {
    let spoken = |test: &dyn Fn(&Outcome) -> bool| {
        let texts: Vec<String> =
            outcomes.iter().filter(|outcome| test(outcome)).flat_map(texts).map(|text| text.1).collect();
        format!(" {} ", fold(&texts.join("\n")))
    };
    let summary_and_draft = spoken(&|outcome| matches!(outcome, Outcome::Analysis(_) | Outcome::DraftReply(_)));
    for alternatives in &case.must_say {
        let found = alternatives.iter().any(|text| summary_and_draft.contains(&format!(" {}", fold(text))));
        report.must_say.add(found);
        if !found {
            wrong.note(1, format!("does not say {}", alternatives.join(" or ")));
        }
    }
    let all = spoken(&|_| true);
    for text in &case.must_not_say {
        let found = all.contains(&format!(" {} ", fold(text)));
        report.must_not_say.add(found);
        if found {
            wrong.note(5, format!("says {text}"));
        }
    }
}

fn honest(report: &mut Report, wrong: &mut Wrong, outcome: &Outcome, (reader, evidence): &(Reader, Evidence<'_>)) {
    for (what, text) in texts(outcome) {
        let mut faults = evidence.faults(&text, *reader);
        if what == "summary" {
            faults.extend(evidence.unsupported(&text));
        }
        report.dishonest.add(!faults.is_empty());
        for Fault { what: fault, text } in faults {
            wrong.note(5, format!("{what}: {fault} from nowhere: {}", head(&text, 80)));
        }
    }
}

/// The texts of an outcome, each with what it is.
fn texts(outcome: &Outcome) -> Vec<(&'static str, String)> {
    match outcome {
        Outcome::Analysis(told) => {
            let mut texts = vec![("summary", told.summary.clone())];
            texts.extend(told.suggested_actions.iter().flatten().map(|action| ("action", action.clone())));
            texts
        }
        Outcome::NextSteps(told) => told.steps.iter().map(|step| ("step", step.clone())).collect(),
        Outcome::DraftReply(told) => vec![("draft", told.reply.clone())],
        Outcome::Chat(told) => vec![("answer", told.answer.clone())],
        // Not asked about tickets.
        Outcome::Summary(_) | Outcome::Classification(_) => Vec::new(),
    }
}

impl Report {
    /// Every figure beside its goal, in the order in which people read them.
    pub fn verdicts(&self, goals: &Goals) -> Vec<Verdict> {
        let at_least = |name, figure: Figure, goal: f64| Verdict {
            name,
            figure,
            goal: format!(">= {goal} %"),
            reached: figure.percent().is_none_or(|percent| percent >= goal),
        };
        let at_most = |name, figure: Figure, goal: usize| Verdict {
            name,
            figure,
            goal: format!("<= {goal}"),
            reached: figure.count <= goal,
        };
        let told = |name, figure| Verdict { name, figure, goal: String::new(), reached: true };
        vec![
            at_least("category", self.category, goals.category),
            at_least("priority, exact", self.priority, goals.priority),
            at_least("priority, within one level", self.within_one, goals.within_one),
            at_least("URGENT found", self.urgent_recall, goals.urgent_recall),
            told("called URGENT and is", self.urgent_precision),
            at_least("sentiment", self.sentiment, goals.sentiment),
            at_least("answers that fit their schema", self.valid, goals.valid),
            told("answers that were repaired", self.repaired),
            at_least("facts that had to be said", self.must_say, goals.must_say),
            at_most("things that must not be said", self.must_not_say, goals.faults),
            at_most("texts with something from nowhere", self.dishonest, goals.faults),
        ]
    }

    /// Whether every goal is reached on at least one case.
    pub fn passes(&self, goals: &Goals) -> bool {
        self.cases > 0 && self.verdicts(goals).iter().all(|verdict| verdict.reached)
    }
}
