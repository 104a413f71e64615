//! The built-in model: local, deterministic rules over the ticket, playbooks and sources. It costs nothing, sends nothing
//! anywhere, and says what it is: its name is `builtin`.

mod chat;
mod crowd;
mod draft;
mod lexicon;
mod playbooks;
mod reading;
mod sentences;
mod sentiment;
mod transcript;
mod triage;

use async_trait::async_trait;
use patchcord_domain::copilot::{
    Analysis, ChatAnswer, Classification, DraftReply, Kind, NextSteps, Outcome, Sentiment, Task, Tone, Urgency,
};
use patchcord_domain::redaction::Redacted;
use patchcord_domain::snapshot::Snapshot;
use patchcord_domain::text::{clean, head, length};
use patchcord_domain::ticket::Priority;

use crate::{Completion, Model, ModelError, Repair, Usage};
pub use playbooks::{PlaybookError, Playbooks};
use reading::Reading;

/// The name under which its answers are kept.
pub const NAME: &str = "builtin";

/// The built-in model.
pub struct Builtin {
    playbooks: Playbooks,
}

impl Builtin {
    /// Takes the rules and playbooks.
    pub fn new(playbooks: Playbooks) -> Self {
        Self { playbooks }
    }

    /// Works on a task. The result always fits the limits of its kind.
    pub fn work(&self, task: &Task) -> Outcome {
        let snapshot = &task.snapshot;
        match task.kind {
            Kind::Analysis => Outcome::Analysis(self.analyze(snapshot)),
            Kind::NextSteps => Outcome::NextSteps(self.next_steps(snapshot)),
            Kind::DraftReply => {
                let tone = task.tone.unwrap_or(Tone::Professional);
                let (reply, citations) = draft::reply(&self.playbooks, &Reading::new(snapshot), tone);
                Outcome::DraftReply(DraftReply {
                    reply: fit(&reply, 2_000, "Thank you for your message."),
                    tone: Some(tone),
                    citations: some(citations),
                })
            }
            Kind::Chat => {
                let (answer, citations) = chat::answer(&self.playbooks, task);
                Outcome::Chat(ChatAnswer {
                    answer: fit(&answer, 1_000, "The ticket does not say."),
                    citations: some(citations),
                })
            }
            Kind::Summarize => Outcome::Summary(transcript::summarize(snapshot)),
            Kind::Classify => Outcome::Classification(self.classify(snapshot)),
        }
    }

    /// What the words of a customer tell, for a conversation that goes on: kind of problem, how soon, and how they feel.
    pub fn judge(&self, snapshot: &Snapshot) -> Judgement {
        let triage = triage::triage(&self.playbooks, &Reading::new(snapshot));
        Judgement {
            category: triage.category,
            priority: priority(triage.urgency),
            sentiment: triage.sentiment,
            confidence: triage.confidence,
        }
    }

    fn classify(&self, snapshot: &Snapshot) -> Classification {
        let triage = triage::triage(&self.playbooks, &Reading::new(snapshot));
        let priority = priority(triage.urgency);
        Classification { category: triage.category, priority, confidence: triage.confidence }
    }

    fn analyze(&self, snapshot: &Snapshot) -> Analysis {
        let reading = Reading::new(snapshot);
        let triage = triage::triage(&self.playbooks, &reading);
        let steps = match self.playbooks.best(&reading, Some(&triage.category)) {
            Some(playbook) => draft::steps_left(playbook, &reading),
            None => Vec::new(),
        };
        let actions: Vec<String> = steps.iter().take(3).map(|step| fit(step, 200, "")).collect();
        Analysis {
            summary: fit(&sentences::summary(&reading), 500, "The ticket has no text yet."),
            sentiment: triage.sentiment,
            category: triage.category,
            urgency: Some(triage.urgency),
            suggested_actions: if actions.is_empty() { None } else { Some(actions) },
            confidence: Some(triage.confidence),
        }
    }

    fn next_steps(&self, snapshot: &Snapshot) -> NextSteps {
        let (steps, citations) = draft::next_steps(&self.playbooks, &Reading::new(snapshot));
        NextSteps { steps: steps.iter().take(5).map(|step| fit(step, 200, "")).collect(), citations: some(citations) }
    }
}

/// What the words of a customer tell.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// The kind of problem: one of `domain::ticket::CATEGORIES`.
    pub category: String,
    /// How soon it must be worked on.
    pub priority: Priority,
    /// How the customer feels.
    pub sentiment: Sentiment,
    /// How sure the category is, 0 to 1.
    pub confidence: f64,
}

fn priority(urgency: Urgency) -> Priority {
    match urgency {
        Urgency::Low => Priority::Low,
        Urgency::Medium => Priority::Medium,
        Urgency::High => Priority::High,
        Urgency::Critical => Priority::Urgent,
    }
}

/// At most `max` characters without control characters, cut at a word where it must be; `instead` when nothing is there.
fn fit(text: &str, max: usize, instead: &str) -> String {
    let text = clean(text);
    if text.is_empty() {
        return instead.to_owned();
    }
    if length(&text) <= max {
        return text;
    }
    let cut = head(&text, max - 1);
    let cut =
        cut.rsplit_once(char::is_whitespace).map_or(cut, |(before, _)| if before.is_empty() { cut } else { before });
    format!("{}…", cut.trim_end_matches([',', ';', ':', ' ']))
}

fn some(citations: Vec<String>) -> Option<Vec<String>> {
    if citations.is_empty() { None } else { Some(citations) }
}

#[async_trait]
impl Model for Builtin {
    fn provider(&self) -> &'static str {
        NAME
    }

    fn name(&self) -> &str {
        NAME
    }

    fn prompt_version(&self) -> &str {
        self.playbooks.version()
    }

    async fn complete(&self, task: &Redacted<Task>, _: Option<&Repair>) -> Result<Completion, ModelError> {
        let text = serde_json::to_string(&self.work(task.get()))
            .map_err(|error| ModelError::Unavailable(error.to_string()))?;
        Ok(Completion { text, model: NAME.to_owned(), usage: Usage::default() })
    }

    async fn check(&self) -> Result<(), ModelError> {
        Ok(())
    }
}
