//! Scoring a model on labelled tickets.
//!
//! [`ask`] puts every case's four questions to a model, [`score`] compares the answers with the labels, [`Goals`] says
//! which figures are too low. Answers that look at no ticket ([`constant`], [`shuffled`]) go through the same scorer and
//! must fail: a scorer that they pass measures nothing.

mod baseline;
mod cases;
mod honesty;
mod replay;
mod score;
mod table;

use futures::StreamExt;
use patchcord_domain::copilot::{Kind, Outcome};
use patchcord_domain::redaction::Redactor;

use crate::{Model, answer};
pub use baseline::{constant, shuffled};
pub use cases::{Case, CasesError, Half, embedded, load};
pub use honesty::{Evidence, Fault, Knowledge, Reader};
pub use replay::{Past, Replay, Row};
pub use score::{Figure, Goals, Report, Verdict, score};
pub use table::table;

/// Cases that are with the model at the same time.
const AT_ONCE: usize = 4;

/// What is asked about a ticket, in the order of an [`Answers`].
pub const KINDS: [Kind; 4] = [Kind::Analysis, Kind::NextSteps, Kind::DraftReply, Kind::Chat];

/// What a model made of one case, in the order of [`KINDS`]; an error is told in words.
#[derive(Debug, Clone)]
pub struct Answers {
    /// One of each kind.
    pub outcomes: Vec<Result<Outcome, String>>,
    /// How many of them had to be repaired.
    pub repaired: usize,
}

/// Puts every case to a model, a few at the same time; the answers come in the order of the cases.
pub async fn ask(model: &dyn Model, redactor: &Redactor, cases: &[Case]) -> Vec<Answers> {
    let asked = cases.iter().map(|case| async move {
        let mut answers = Answers { outcomes: Vec::new(), repaired: 0 };
        for kind in &KINDS {
            let told = answer(model, redactor, &redactor.task(case.task(*kind))).await;
            answers.repaired += usize::from(told.as_ref().is_ok_and(|told| told.repaired));
            answers.outcomes.push(told.map(|told| told.outcome).map_err(|failure| failure.error.to_string()));
        }
        answers
    });
    futures::stream::iter(asked).buffered(AT_ONCE).collect().await
}
