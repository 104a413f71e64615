//! Prompts are files with named variables; no prompt text is in Rust.

use std::path::Path;

use aws_lc_rs::digest;
use include_dir::{Dir, include_dir};
use minijinja::{Environment, UndefinedBehavior, context};
use patchcord_domain::audit::hex;
use patchcord_domain::copilot::{Task, Tone};
use patchcord_domain::redaction::Redacted;
use patchcord_domain::snapshot::{Snapshot, SnapshotMessage};
use patchcord_domain::text::{head, length};
use patchcord_domain::ticket::CATEGORIES;
use serde::Serialize;
use serde_json::Value;

use crate::Repair;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../prompts");

/// Every file with the variables that it may name.
const FILES: [(&str, &[&str]); 9] = [
    ("system.md", &["instructions", "schema"]),
    ("ticket.md", &["ticket", "omitted", "history", "question"]),
    ("analysis.md", &["categories", "tone"]),
    ("next_steps.md", &["categories", "tone"]),
    ("draft_reply.md", &["categories", "tone"]),
    ("chat.md", &["categories", "tone"]),
    ("summarize.md", &["categories", "tone"]),
    ("classify.md", &["categories", "tone"]),
    ("repair.md", &["errors"]),
];
/// Largest prompt file, in bytes.
const FILE_MAX: usize = 16 * 1024;
/// Characters that the conversation may take; about 12,000 tokens at four characters each.
const CONVERSATION_MAX: usize = 48_000;
/// Characters that the names around a message take in JSON, about.
const MESSAGE_FRAME: usize = 200;
/// Characters that one message may take.
const MESSAGE_MAX: usize = 6_000;
/// Characters that one passage of a source may take.
const PASSAGE_MAX: usize = 2_000;
/// Characters that one line may take: a title, an event, a name of a file.
const LINE_MAX: usize = 500;
/// Entries that the other lists may have.
const ENTRIES_MAX: usize = 20;

/// The prompt files, compiled.
pub struct Prompts {
    templates: Environment<'static>,
    version: String,
}

/// A prompt file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("prompt {file}: {reason}")]
pub struct PromptsError {
    file: String,
    reason: String,
}

/// What a model is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// Who it is and what it must do.
    pub system: String,
    /// The ticket.
    pub user: String,
}

impl Prompts {
    /// The files that the program was built with.
    pub fn embedded() -> Self {
        let read = |file: &str| {
            let found = EMBEDDED.get_file(file).and_then(include_dir::File::contents_utf8);
            found.map(str::to_owned).ok_or_else(|| "is missing".to_owned())
        };
        Self::compile(read).expect("the embedded prompts are valid")
    }

    /// Files of an operator's folder; each must be there.
    ///
    /// # Errors
    /// Which file is wrong, and why.
    pub fn load(folder: &Path) -> Result<Self, PromptsError> {
        Self::compile(|file| std::fs::read_to_string(folder.join(file)).map_err(|error| error.to_string()))
    }

    fn compile(read: impl Fn(&str) -> Result<String, String>) -> Result<Self, PromptsError> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        // What comes from outside is JSON already; escaping it for HTML would only garble it.
        templates.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let mut context = digest::Context::new(&digest::SHA256);
        for (file, variables) in FILES {
            let wrong = |reason: String| PromptsError { file: file.to_owned(), reason };
            let text = read(file).map_err(wrong)?;
            if text.len() > FILE_MAX {
                return Err(wrong(format!("has {} bytes; at most {FILE_MAX} are allowed", text.len())));
            }
            context.update(text.as_bytes());
            context.update(&[0]);
            templates.add_template_owned(file, text).map_err(|error| wrong(error.to_string()))?;
            let template = templates.get_template(file).map_err(|error| wrong(error.to_string()))?;
            let unknown = template.undeclared_variables(false).into_iter().find(|v| !variables.contains(&v.as_str()));
            if let Some(unknown) = unknown {
                return Err(wrong(format!("names {unknown}; it may name {}", variables.join(", "))));
            }
        }
        let version = hex(context.finish().as_ref())[..12].to_owned();
        Ok(Self { templates, version })
    }

    /// A short hash of the files.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The prompt for a task. The schema is written into it for servers that cannot be given one otherwise.
    ///
    /// # Errors
    /// When a file uses a variable in a way that it does not allow.
    pub fn render(&self, task: &Redacted<Task>, schema: Option<&Value>) -> Result<Prompt, PromptsError> {
        let task = task.get();
        let kind = format!("{}.md", task.kind.as_str());
        let tone = task.tone.unwrap_or(Tone::Professional).as_str();
        let instructions = self.fill(&kind, context! { categories => CATEGORIES.join(", "), tone })?;
        let system = self.fill("system.md", context! { instructions, schema => schema.map(ToString::to_string) })?;
        let mut ticket = task.snapshot.clone();
        shorten(&mut ticket);
        let values = context! {
            omitted => ticket.messages_omitted,
            ticket => fenced(&ticket),
            history => (!task.history.is_empty()).then(|| fenced(&task.history)),
            question => task.question.as_ref().map(fenced),
        };
        Ok(Prompt { system, user: self.fill("ticket.md", values)? })
    }

    /// What is said to a model whose answer did not fit.
    ///
    /// # Errors
    /// When the file uses a variable in a way that it does not allow.
    pub fn repair(&self, repair: &Repair) -> Result<String, PromptsError> {
        self.fill("repair.md", context! { errors => fenced(&repair.errors) })
    }

    fn fill(&self, file: &str, values: minijinja::Value) -> Result<String, PromptsError> {
        let filled = self.templates.get_template(file).and_then(|template| template.render(values));
        filled.map_err(|error| PromptsError { file: file.to_owned(), reason: error.to_string() })
    }
}

/// JSON without angle brackets, so that nothing inside can close the fence around it. Within JSON they occur in texts only,
/// where the escaped form means the same.
fn fenced(value: &impl Serialize) -> String {
    let json = serde_json::to_string(value).expect("it has only keys that are texts");
    json.replace('<', "\\u003c").replace('>', "\\u003e")
}

/// Keeps the prompt within its bounds: cuts very long texts, then drops the oldest messages in the middle until the rest
/// fits. The first message says what it is about, the last ones where it stands.
fn shorten(ticket: &mut Snapshot) {
    cut(&mut ticket.subject, LINE_MAX);
    for lines in [&mut ticket.events, &mut ticket.attachments] {
        lines.truncate(ENTRIES_MAX);
        lines.iter_mut().for_each(|line| cut(line, LINE_MAX));
    }
    ticket.sources.truncate(ENTRIES_MAX);
    for source in &mut ticket.sources {
        cut(&mut source.title, LINE_MAX);
        cut(&mut source.passage, PASSAGE_MAX);
    }
    for message in &mut ticket.messages {
        cut(&mut message.body, MESSAGE_MAX);
    }
    let size = |message: &SnapshotMessage| length(&message.body) + MESSAGE_FRAME;
    let mut excess = ticket.messages.iter().map(size).sum::<usize>().saturating_sub(CONVERSATION_MAX);
    let middle = ticket.messages.iter().skip(1).take(ticket.messages.len().saturating_sub(2));
    let dropped = middle
        .take_while(|message| {
            let still_too_long = excess > 0;
            excess = excess.saturating_sub(size(message));
            still_too_long
        })
        .count();
    if dropped > 0 {
        ticket.messages.drain(1..=dropped);
        ticket.messages_omitted += dropped;
    }
}

fn cut(text: &mut String, max: usize) {
    if length(text) > max {
        *text = format!("{} […]", head(text, max));
    }
}
