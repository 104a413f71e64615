//! The copilot's jobs: their kinds, states, requests and results, and the limits that hold for each.

use serde::{Deserialize, Serialize};

use crate::FieldError;
use crate::snapshot::Snapshot;
use crate::ticket::{CATEGORIES, Priority};

/// Declares an enumeration that is stored and shown in lower case.
macro_rules! lower_case_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in the order of the contract.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The value as it is stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            /// Reads a value in any case.
            pub fn parse(text: &str) -> Option<$name> {
                $name::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text))
            }
        }
    };
}

lower_case_enum! {
    /// What the copilot is asked to do.
    Kind {
        /// Summary, sentiment, category and urgency of a ticket.
        Analysis = "analysis",
        /// What to do next, as short steps.
        NextSteps = "next_steps",
        /// A reply to the customer.
        DraftReply = "draft_reply",
        /// An answer to the agent's own question.
        Chat = "chat",
        /// Summary, outcome and follow-ups of a conversation. Answered at once, never a suggestion.
        Summarize = "summarize",
        /// Category and priority of a text. Answered at once, never a suggestion.
        Classify = "classify",
    }
}

lower_case_enum! {
    /// How a conversation ended, under the names that calls have for it.
    Resolution {
        /// The trouble is gone.
        Resolved = "RESOLVED",
        /// A ticket was opened for it.
        Ticketed = "TICKETED",
        /// It was handed to a person.
        Escalated = "ESCALATED",
        /// It broke off.
        Abandoned = "ABANDONED",
        /// The conversation does not say.
        Unknown = "UNKNOWN",
    }
}

lower_case_enum! {
    /// Where a suggestion is in its life. `success` and `error` are final.
    State {
        /// Accepted and waiting for a worker.
        Queued = "queued",
        /// A worker holds it.
        Running = "running",
        /// The result is there.
        Success = "success",
        /// It failed for good.
        Error = "error",
    }
}

lower_case_enum! {
    /// The manner of a draft.
    Tone {
        /// Neutral and businesslike; the default.
        Professional = "professional",
        /// Warm.
        Friendly = "friendly",
        /// As short as it can be.
        Concise = "concise",
        /// Acknowledges the trouble first.
        Empathetic = "empathetic",
        /// Ceremonious.
        Formal = "formal",
    }
}

lower_case_enum! {
    /// How the customer feels.
    Sentiment {
        /// Content or thankful.
        Positive = "positive",
        /// Matter of fact.
        Neutral = "neutral",
        /// Annoyed, worried or angry.
        Negative = "negative",
    }
}

lower_case_enum! {
    /// How soon something must happen. `critical` corresponds to priority URGENT.
    Urgency {
        /// Can wait.
        Low = "low",
        /// Normal.
        Medium = "medium",
        /// Work is hindered.
        High = "high",
        /// Work stands still, or harm spreads.
        Critical = "critical",
    }
}

lower_case_enum! {
    /// What a person made of a suggestion.
    Verdict {
        /// Used as it was.
        Accepted = "accepted",
        /// Used after changes.
        Edited = "edited",
        /// Not used.
        Rejected = "rejected",
    }
}

impl Kind {
    /// The key whose text may be shown while it is written; results of other kinds are of no use in pieces.
    pub fn streamed_key(self) -> Option<&'static str> {
        match self {
            Kind::DraftReply => Some("reply"),
            Kind::Chat => Some("answer"),
            _ => None,
        }
    }
}

/// Longest question to the copilot, in characters.
pub const QUESTION_MAX: usize = 1_000;
/// How many exchanges of a conversation are kept per ticket and user.
pub const CONVERSATION_MAX: usize = 50;

/// Result of [`Kind::Analysis`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Analysis {
    /// What the ticket is about, 1 to 500 characters.
    pub summary: String,
    /// How the customer feels.
    pub sentiment: Sentiment,
    /// What kind of problem it is, 1 to 100 characters.
    pub category: String,
    /// How soon something must happen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub urgency: Option<Urgency>,
    /// At most five actions, each 1 to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_actions: Option<Vec<String>>,
    /// How sure the category is, 0 to 1; what triage goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
}

/// Result of [`Kind::NextSteps`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NextSteps {
    /// One to five steps, each 1 to 200 characters.
    pub steps: Vec<String>,
    /// Ids of the sources used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citations: Option<Vec<String>>,
}

/// Result of [`Kind::DraftReply`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DraftReply {
    /// The reply, 1 to 2,000 characters.
    pub reply: String,
    /// The manner it was written in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<Tone>,
    /// Ids of the sources used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citations: Option<Vec<String>>,
}

/// Result of [`Kind::Chat`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChatAnswer {
    /// The answer, 1 to 1,000 characters.
    pub answer: String,
    /// Ids of the sources used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub citations: Option<Vec<String>>,
}

/// Result of [`Kind::Summarize`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConversationSummary {
    /// What the conversation was about and where it got, 1 to 500 characters.
    pub summary: String,
    /// How it ended.
    pub resolution: Resolution,
    /// At most five things that somebody still has to do, each 1 to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_ups: Option<Vec<String>>,
}

/// Result of [`Kind::Classify`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Classification {
    /// One of the desk's categories.
    pub category: String,
    /// How soon it must be worked on.
    pub priority: Priority,
    /// How sure that is, 0 to 1.
    pub confidence: f64,
}

/// The validated result of a job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    /// Of [`Kind::Analysis`].
    Analysis(Analysis),
    /// Of [`Kind::NextSteps`].
    NextSteps(NextSteps),
    /// Of [`Kind::DraftReply`].
    DraftReply(DraftReply),
    /// Of [`Kind::Chat`].
    Chat(ChatAnswer),
    /// Of [`Kind::Summarize`].
    Summary(ConversationSummary),
    /// Of [`Kind::Classify`].
    Classification(Classification),
}

impl Outcome {
    /// Reads and checks a model's answer.
    ///
    /// Nulls of optional keys are taken as absent, since strict schemas make every key required. Citations must name
    /// something in the snapshot.
    ///
    /// # Errors
    /// Every fault that was found, by field; an answer of the wrong shape is one fault of the field `$`.
    pub fn read(kind: Kind, answer: &str, snapshot: &Snapshot) -> Result<Outcome, Vec<FieldError>> {
        let outcome = match kind {
            Kind::Analysis => serde_json::from_str(answer).map(Outcome::Analysis),
            Kind::NextSteps => serde_json::from_str(answer).map(Outcome::NextSteps),
            Kind::DraftReply => serde_json::from_str(answer).map(Outcome::DraftReply),
            Kind::Chat => serde_json::from_str(answer).map(Outcome::Chat),
            Kind::Summarize => serde_json::from_str(answer).map(Outcome::Summary),
            Kind::Classify => serde_json::from_str(answer).map(Outcome::Classification),
        }
        .map_err(|error| vec![FieldError::new("$", error.to_string())])?;
        let mut errors = Vec::new();
        match &outcome {
            Outcome::Analysis(result) => {
                check_text(&mut errors, "summary", &result.summary, 500);
                check_text(&mut errors, "category", &result.category, 100);
                if let Some(actions) = &result.suggested_actions {
                    check_list(&mut errors, "suggestedActions", actions, 0, 5, 200);
                }
                if result.confidence.is_some_and(|confidence| !(0.0..=1.0).contains(&confidence)) {
                    errors.push(FieldError::new("confidence", "must be a number from 0 to 1, or null"));
                }
            }
            Outcome::NextSteps(result) => {
                check_list(&mut errors, "steps", &result.steps, 1, 5, 200);
                check_citations(&mut errors, result.citations.as_deref(), snapshot);
            }
            Outcome::DraftReply(result) => {
                check_text(&mut errors, "reply", &result.reply, 2_000);
                check_citations(&mut errors, result.citations.as_deref(), snapshot);
            }
            Outcome::Chat(result) => {
                check_text(&mut errors, "answer", &result.answer, 1_000);
                check_citations(&mut errors, result.citations.as_deref(), snapshot);
            }
            Outcome::Summary(result) => {
                check_text(&mut errors, "summary", &result.summary, 500);
                if let Some(follow_ups) = &result.follow_ups {
                    check_list(&mut errors, "followUps", follow_ups, 0, 5, 200);
                }
            }
            Outcome::Classification(result) => {
                if !CATEGORIES.contains(&result.category.as_str()) {
                    errors.push(FieldError::new("category", format!("must be one of {}", CATEGORIES.join(", "))));
                }
                if !(0.0..=1.0).contains(&result.confidence) {
                    errors.push(FieldError::new("confidence", "must be a number from 0 to 1"));
                }
            }
        }
        if errors.is_empty() { Ok(outcome) } else { Err(errors) }
    }
}

fn check_text(errors: &mut Vec<FieldError>, field: &str, text: &str, max: usize) {
    let length = text.chars().count();
    if text.trim().is_empty() {
        errors.push(FieldError::new(field, "must not be empty"));
    } else if length > max {
        errors.push(FieldError::new(field, format!("has {length} characters; at most {max} are allowed")));
    } else if text.contains('\0') {
        // PostgreSQL cannot store it.
        errors.push(FieldError::new(field, "has the character U+0000, which is not allowed"));
    }
}

fn check_list(errors: &mut Vec<FieldError>, field: &str, items: &[String], min: usize, max: usize, max_length: usize) {
    if items.len() < min || items.len() > max {
        errors.push(FieldError::new(field, format!("has {} entries; {min} to {max} are allowed", items.len())));
    }
    for (index, item) in items.iter().enumerate() {
        check_text(errors, &format!("{field}[{index}]"), item, max_length);
    }
}

fn check_citations(errors: &mut Vec<FieldError>, citations: Option<&[String]>, snapshot: &Snapshot) {
    for (index, id) in citations.unwrap_or_default().iter().enumerate() {
        if !snapshot.may_cite(id) {
            errors.push(FieldError::new(format!("citations[{index}]"), "names nothing that was in the snapshot"));
        }
    }
}

/// Everything that one model call needs, before redaction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Task {
    /// What is asked.
    pub kind: Kind,
    /// Manner of a draft; [`Tone::Professional`] when absent.
    pub tone: Option<Tone>,
    /// The agent's question, for [`Kind::Chat`].
    pub question: Option<String>,
    /// Earlier exchanges of this user on this ticket, oldest first, for [`Kind::Chat`].
    pub history: Vec<Exchange>,
    /// The ticket.
    pub snapshot: Snapshot,
}

/// One question and its answer in a user's conversation with the copilot on one ticket.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exchange {
    /// What the agent asked.
    pub question: String,
    /// What the copilot answered.
    pub answer: String,
}
