//! Chat models behind one trait: an OpenAI-compatible server, and the built-in rules that need none.
//!
//! A model takes [`Redacted`] tasks only; [`answer`] checks what comes back and asks once for a repair.

mod breaker;
mod error;
mod partial;
mod prices;
mod prompts;
mod schema;

pub mod builtin;
pub mod eval;
pub mod openai;
pub mod talk;

use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::digest;
use patchcord_domain::FieldError;
use patchcord_domain::audit::hex;
use patchcord_domain::copilot::{Outcome, Task};
use patchcord_domain::redaction::{Redacted, Redactor};
use patchcord_domain::text::head;

pub use breaker::{Breaker, Pass};
pub use error::ModelError;
pub use partial::partial_text;
pub use prices::{Prices, PricesError};
pub use prompts::{Prompt, Prompts, PromptsError};
pub use schema::strict_schema;

/// Characters of a wrong answer that go back to the model; the longest valid answer has about 2,500.
const REPAIR_ANSWER_MAX: usize = 8_000;
/// Faults that are told, and characters of each.
const REPAIR_ERRORS_MAX: usize = 20;
const REPAIR_MESSAGE_MAX: usize = 300;

/// Something that can work on a task.
#[async_trait]
pub trait Model: Send + Sync {
    /// Who runs the model: `openai` or `builtin`.
    fn provider(&self) -> &'static str;

    /// The name of the model, as it is kept with each suggestion.
    fn name(&self) -> &str;

    /// Changes whenever the prompts, or the rules of the built-in model, change.
    fn prompt_version(&self) -> &str;

    /// Works on a task. A repair carries the answer that was wrong, and what was wrong with it.
    async fn complete(&self, task: &Redacted<Task>, repair: Option<&Repair>) -> Result<Completion, ModelError>;

    /// Another model of the same server, by its name; `None` where there is only one.
    fn named(&self, _name: &str) -> Option<Arc<dyn Model>> {
        None
    }

    /// Works on a task for the first time, and tells a listener what is written while it is written, where the model can.
    async fn stream(&self, task: &Redacted<Task>, _listener: &dyn Listener) -> Result<Completion, ModelError> {
        self.complete(task, None).await
    }

    /// Whether the model can be asked right now; cheap enough for a health page.
    async fn check(&self) -> Result<(), ModelError>;
}

/// Hears what a model writes while it writes. Nothing that it hears was checked, and some of it may never come to be.
pub trait Listener: Send + Sync {
    /// Everything that was written so far: the beginning of a JSON object. Called once for each piece.
    fn heard(&self, so_far: &str);
}

/// An answer that did not fit its schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// What the model said.
    pub answer: Redacted<String>,
    /// What is wrong with it.
    pub errors: Vec<FieldError>,
}

/// What a model said, unchecked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text of the answer; it should be a JSON object.
    pub text: String,
    /// The model that really answered.
    pub model: String,
    /// What it used.
    pub usage: Usage,
}

/// Tokens that were used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens of the prompt.
    pub input_tokens: u32,
    /// Those of them that the provider had cached.
    pub cached_input_tokens: u32,
    /// Tokens of the answer.
    pub output_tokens: u32,
}

impl std::ops::Add for Usage {
    type Output = Usage;

    fn add(self, other: Usage) -> Usage {
        Usage {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            cached_input_tokens: self.cached_input_tokens.saturating_add(other.cached_input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }
}

/// A checked answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The result.
    pub outcome: Outcome,
    /// The model that answered.
    pub model: String,
    /// What was used, a repair included.
    pub usage: Usage,
    /// Whether the first answer had to be repaired.
    pub repaired: bool,
}

/// Why there is no answer, and what was used all the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What went wrong.
    pub error: ModelError,
    /// What was used before it went wrong.
    pub usage: Usage,
}

/// Asks, checks the answer against the limits of its kind and the snapshot, and asks once more when it does not fit.
///
/// # Errors
/// [`ModelError::Invalid`] when the second answer does not fit either; otherwise what the model failed with.
pub async fn answer(model: &dyn Model, redactor: &Redactor, task: &Redacted<Task>) -> Result<Answer, Failure> {
    answer_heard(model, redactor, task, None).await
}

/// As [`answer`], with a listener who hears the first answer while it is written; a repair comes unheard.
///
/// # Errors
/// As for [`answer`].
pub async fn answer_heard(
    model: &dyn Model,
    redactor: &Redactor,
    task: &Redacted<Task>,
    listener: Option<&dyn Listener>,
) -> Result<Answer, Failure> {
    let mut usage = Usage::default();
    let mut repair: Option<Repair> = None;
    loop {
        let completion = match listener {
            Some(listener) if repair.is_none() => model.stream(task, listener).await,
            _ => model.complete(task, repair.as_ref()).await,
        };
        let completion = completion.map_err(|error| Failure { error, usage })?;
        usage = usage + completion.usage;
        let errors = match Outcome::read(task.get().kind, &completion.text, &task.get().snapshot) {
            Ok(outcome) => {
                return Ok(Answer { outcome, model: completion.model, usage, repaired: repair.is_some() });
            }
            Err(errors) => errors,
        };
        if repair.is_some() {
            return Err(Failure { error: ModelError::Invalid(unquoted(errors)), usage });
        }
        repair = Some(to_repair(redactor, &completion.text, errors));
    }
}

/// What goes back to the model. It may hold what a customer wrote, the messages of the parser too, so it is redacted like
/// everything else; and it is cut, since a broken answer may be of any length.
fn to_repair(redactor: &Redactor, text: &str, errors: Vec<FieldError>) -> Repair {
    let answer = redactor.text(head(text, REPAIR_ANSWER_MAX));
    let errors = errors.into_iter().take(REPAIR_ERRORS_MAX).map(|error| {
        let message = redactor.text(head(&error.message, REPAIR_MESSAGE_MAX)).into_inner();
        FieldError { message, ..error }
    });
    Repair { answer, errors: errors.collect() }
}

/// An answer of the wrong shape is told by the parser, which quotes it; an error may be logged and stored.
fn unquoted(mut errors: Vec<FieldError>) -> Vec<FieldError> {
    for error in errors.iter_mut().filter(|error| error.field == "$") {
        "is not the JSON object that was asked for".clone_into(&mut error.message);
    }
    errors
}

/// Under which key an answer may be given again: SHA-256 of kind, model, prompt version and the redacted task, in hexadecimal.
pub fn cache_key(model: &dyn Model, task: &Redacted<Task>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in [task.get().kind.as_str(), model.provider(), model.name(), model.prompt_version()] {
        context.update(part.as_bytes());
        context.update(&[0]);
    }
    let task = serde_json::to_vec(task.get()).expect("a task has only keys that are texts");
    context.update(&task);
    hex(context.finish().as_ref())
}
