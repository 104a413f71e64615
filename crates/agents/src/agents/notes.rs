//! What the desk tells models by itself: `agents/notes.toml`.

use minijinja::{Environment, UndefinedBehavior, context};
use serde::Deserialize;

use super::{Fault, Source};

/// The texts, with placeholders.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Notes {
    pub(crate) hand_over_tool: String,
    pub(crate) hand_over_reason: String,
    pub(crate) hand_over_context: String,
    pub(crate) end_call_tool: String,
    pub(crate) end_call_outcome: String,
    handed_over: String,
    pub(crate) begin: String,
    pub(crate) code_is_right: String,
    code_is_wrong: String,
    pub(crate) code_not_checked: String,
    keys: String,
    whisper: String,
    pub(crate) no_person: String,
    pub(crate) minute_left: String,
    pub(crate) code_mark: String,
    pub(crate) wrong_codes: String,
    pub(crate) asked_for_person: String,
    pub(crate) pressed_zero: String,
    pub(crate) goes_in_circles: String,
    /// Answers of the core to calls that it does not run.
    pub(crate) not_json: String,
    pub(crate) too_long: String,
    pub(crate) unknown_name: String,
    not_allowed: String,
    nobody: String,
    pub(crate) too_many: String,
    pub(crate) bad_outcome: String,
    pub(crate) broke_off: String,
    transcription: String,
}

impl Notes {
    pub(super) fn read(file: &Source) -> Result<Self, Vec<Fault>> {
        let fault = |line: usize, message: String| vec![Fault { file: file.name.clone(), line, message }];
        let notes: Notes = toml::from_str(&file.text).map_err(|error| {
            let line =
                error.span().map_or(0, |span| file.text[..span.start.min(file.text.len())].matches('\n').count() + 1);
            fault(line, error.message().to_owned())
        })?;
        // Each is filled once, so that a faulty one is found now.
        let filled = [
            filled(&notes.hand_over_tool, "hand_over_tool"),
            filled(&notes.handed_over, "handed_over"),
            filled(&notes.code_is_wrong, "code_is_wrong"),
            filled(&notes.keys, "keys"),
            filled(&notes.whisper, "whisper"),
            filled(&notes.not_allowed, "not_allowed"),
            filled(&notes.nobody, "nobody"),
            filled(&notes.transcription, "transcription"),
        ];
        match filled.into_iter().find_map(Result::err) {
            Some((key, message)) => {
                let line = file.text.lines().position(|line| line.starts_with(key)).map_or(0, |at| at + 1);
                Err(fault(line, message))
            }
            None => Ok(notes),
        }
    }

    pub(crate) fn hand_over_tool(&self, description: &str) -> String {
        fill(&self.hand_over_tool, context! { description })
    }

    pub(crate) fn handed_over(&self, from: &str, to: &str, reason: &str, told: &str) -> String {
        fill(&self.handed_over, context! { from, to, reason, context => told })
    }

    pub(crate) fn code_is_wrong(&self, error: &str) -> String {
        fill(&self.code_is_wrong, context! { error })
    }

    pub(crate) fn keys(&self, digits: &str) -> String {
        fill(&self.keys, context! { digits })
    }

    pub(crate) fn whisper(&self, text: &str) -> String {
        fill(&self.whisper, context! { text })
    }

    pub(crate) fn not_allowed(&self, tool: &str, allowed: &str) -> String {
        fill(&self.not_allowed, context! { tool, allowed })
    }

    pub(crate) fn transcription(&self, names: &str) -> String {
        fill(&self.transcription, context! { names })
    }

    pub(crate) fn nobody(&self, agent: &str, allowed: &str) -> String {
        fill(&self.nobody, context! { agent, allowed })
    }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
}

fn fill(text: &str, values: minijinja::Value) -> String {
    // It was filled once when the file was read.
    environment().render_str(text, values).unwrap_or_default()
}

/// Fills a text with every name that any of them may use.
fn filled<'k>(text: &str, key: &'k str) -> Result<(), (&'k str, String)> {
    let values = context! {
        description => "", from => "", to => "", reason => "", context => "", error => "", digits => "", text => "", tool => "",
        allowed => "", agent => "", names => "",
    };
    environment().render_str(text, values).map(|_| ()).map_err(|error| (key, format!("{key}: {error}")))
}
