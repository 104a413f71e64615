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
        // What a tool is called and takes is part of the program; it holds nothing of a caller.
        let Talk { agent, instructions, tools, history } = self;
        let history = history.into_iter().map(|entry| match entry {
            Entry::Caller(text) => Entry::Caller(clean(text)),
            Entry::Agent(text) => Entry::Agent(clean(text)),
            Entry::Desk(text) => Entry::Desk(clean(text)),
            Entry::Called(calls) => Entry::Called(
                calls
                    .into_iter()
                    .map(|ToolCall { id, name, arguments }| ToolCall {
                        id,
                        name,
                        arguments: clean_json(arguments, clean),
                    })
                    .collect(),
            ),
            Entry::Result { id, content } => Entry::Result { id, content: clean_json(content, clean) },
        });
        let history = history.collect();
        Talk { agent, instructions: clean(instructions), tools, history }
    }
}

/// Cleans the texts within JSON, so that it stays JSON; anything else as one text.
fn clean_json(text: String, clean: &mut dyn FnMut(String) -> String) -> String {
    match serde_json::from_str(&text) {
        Ok(value) => clean_value(value, clean).to_string(),
        Err(_) => clean(text),
    }
}

/// Cleans the texts within a JSON value.
pub fn clean_value(value: Value, clean: &mut dyn FnMut(String) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(clean(text)),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| clean_value(item, clean)).collect()),
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, field)| (key, clean_value(field, clean))).collect())
        }
        // A number may be one of a card; digits alone are what the cleaner looks at.
        Value::Number(number) => {
            let written = number.to_string();
            let cleaned = clean(written.clone());
            if cleaned == written { Value::Number(number) } else { Value::String(cleaned) }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use patchcord_domain::redaction::{Options, Redactor};
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_secret_passes_and_json_stays_json() {
        let call = |arguments: &str| ToolCall { id: "c1".into(), name: "a".into(), arguments: arguments.into() };
        let talk = Talk {
            agent: "triage_agent".into(),
            instructions: "Caller: jo@example.com".into(),
            tools: Vec::new(),
            history: vec![
                Entry::Caller("my password is Winter2026!".into()),
                Entry::Agent("Write to jo@example.com".into()),
                Entry::Desk("rang from +4930901820".into()),
                Entry::Called(vec![
                    call(r#"{"phone": "+49 30 901820", "card": 4111111111111111}"#),
                    call("no JSON jo@example.com"),
                ]),
                Entry::Result {
                    id: "c1".into(),
                    content: json!({"a": [{"password": "password: Xy9!xy9!"}]}).to_string(),
                },
            ],
        };
        let clean = Redactor::new(Options::default()).spoken(talk);
        let shown = format!("{:?}", clean.get());
        for secret in ["jo@example.com", "Winter2026", "901820", "Xy9", "4111111111111111"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
        assert_eq!(clean.counts().of("email"), 3);
        let Entry::Called(calls) = &clean.get().history[3] else { panic!("it is a call") };
        assert_eq!(
            serde_json::from_str::<Value>(&calls[0].arguments).unwrap(),
            json!({"phone": "[PHONE_REDACTED]", "card": "[CARD_REDACTED]"})
        );
        let Entry::Result { content, .. } = &clean.get().history[4] else { panic!("it is a result") };
        assert!(serde_json::from_str::<Value>(content).is_ok(), "{content}");
    }

    #[test]
    fn codes_and_numbers_of_tickets_pass() {
        let said = "The code is 48210077 and the ticket TKT-0042, from 2026.";
        let talk = Talk {
            agent: String::new(),
            instructions: String::new(),
            tools: Vec::new(),
            history: vec![Entry::Caller(said.into())],
        };
        let clean = Redactor::new(Options::default()).spoken(talk);
        assert_eq!(clean.get().history, [Entry::Caller(said.into())]);
    }
}
