//! A model that holds a conversation with tools, one turn at a time.

use async_trait::async_trait;
use patchcord_domain::redaction::{Redacted, Spoken};
use serde_json::Value;

use crate::{ModelError, Usage};

/// A model that talks.
#[async_trait]
pub trait Talker: Send + Sync {
    /// Who runs the model: `openai` or `builtin`.
    fn provider(&self) -> &'static str;

    /// The name of the model.
    fn name(&self) -> &str;

    /// Says what comes next. Words go to `words` as they come; dropping the future ends the generation.
    ///
    /// # Errors
    /// What the model failed with; words that were heard before stay said.
    async fn talk(&self, talk: &Redacted<Talk>, words: &mut (dyn Words + '_)) -> Result<Said, ModelError>;
}

/// Hears what a model says while it says it.
pub trait Words: Send {
    /// The next piece of text, to be spoken as it is.
    fn word(&mut self, piece: &str);
}

/// Everything a model needs to say what comes next.
#[derive(Debug, Clone, PartialEq)]
pub struct Talk {
    /// Which agent speaks.
    pub agent: String,
    /// Its instructions, with everything filled in.
    pub instructions: String,
    /// What it may call.
    pub tools: Vec<ToolSpec>,
    /// What was said so far, oldest first.
    pub history: Vec<Entry>,
}

/// A tool as models are told of it.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    /// Its name.
    pub name: String,
    /// What it does and when to call it.
    pub description: String,
    /// The JSON schema of its arguments.
    pub parameters: Value,
}

/// A tool that a model wants to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// The model's id of it; the result goes back under it.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments as the model wrote them: should be JSON.
    pub arguments: String,
}

/// One entry of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// The caller's words.
    Caller(String),
    /// The agent's words, as far as they were heard.
    Agent(String),
    /// What the desk tells the model: keys, a whisper, what is known of the caller. Never the caller's words.
    Desk(String),
    /// Tools that the agent called.
    Called(Vec<ToolCall>),
    /// The result of one of them.
    Result {
        /// The id of the call.
        id: String,
        /// The result, JSON.
        content: String,
    },
}

/// What a model said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Said {
    /// All words of the turn.
    pub text: String,
    /// Tools it wants to run.
    pub calls: Vec<ToolCall>,
    /// The model that really answered.
    pub model: String,
    /// What it used.
    pub usage: Usage,
}

impl Spoken for Talk {
    fn cleaned(self, clean: &mut dyn FnMut(String) -> String) -> Self {
        // Every field is named, so that a new one cannot be forgotten. Tools are described by us.
        let Self { agent, instructions, tools, history } = self;
        let history = history
            .into_iter()
            .map(|entry| match entry {
                Entry::Caller(text) => Entry::Caller(clean(text)),
                Entry::Agent(text) => Entry::Agent(clean(text)),
                Entry::Desk(text) => Entry::Desk(clean(text)),
                Entry::Called(calls) => Entry::Called(
                    calls
                        .into_iter()
                        .map(|ToolCall { id, name, arguments }| ToolCall { id, name, arguments: clean(arguments) })
                        .collect(),
                ),
                Entry::Result { id, content } => Entry::Result { id, content: clean(content) },
            })
            .collect();
        Self { agent, instructions: clean(instructions), tools, history }
    }
}
