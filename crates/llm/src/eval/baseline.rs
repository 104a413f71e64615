//! Answers that look at no ticket.

use patchcord_domain::copilot::{Analysis, ChatAnswer, DraftReply, Kind, NextSteps, Outcome, Sentiment, Urgency};

use super::{Answers, Case, KINDS};

/// The same answers to every case: the commonest labels and words that suit any ticket.
pub fn constant(cases: &[Case]) -> Vec<Answers> {
    let outcome = |kind: &Kind| match kind {
        Kind::Analysis => Outcome::Analysis(Analysis {
            summary: "The customer has a problem and asks for help.".to_owned(),
            sentiment: Sentiment::Neutral,
            category: "software".to_owned(),
            urgency: Some(Urgency::Medium),
            suggested_actions: None,
            confidence: None,
        }),
        Kind::NextSteps => {
            Outcome::NextSteps(NextSteps { steps: vec!["Ask the customer for details.".to_owned()], citations: None })
        }
        Kind::DraftReply => Outcome::DraftReply(DraftReply {
            reply: "Hello,\n\nThank you for your message. Could you tell us more?\n\nKind regards".to_owned(),
            tone: None,
            citations: None,
        }),
        Kind::Chat | Kind::Summarize | Kind::Classify => {
            Outcome::Chat(ChatAnswer { answer: "I do not know.".to_owned(), citations: None })
        }
    };
    let answers = Answers { outcomes: KINDS.iter().map(|kind| Ok(outcome(kind))).collect(), repaired: 0 };
    vec![answers; cases.len()]
}

/// Real answers, each given to the case half way round the list.
pub fn shuffled(mut answers: Vec<Answers>) -> Vec<Answers> {
    let half = answers.len() / 2;
    answers.rotate_left(half);
    answers
}
