//! The built-in model's side of a call: a policy of rules, from what a talk holds and nothing else. The same talk gets the
//! same answer. It listens for the words of a field, never for a sentence.

mod records;
mod scene;
mod shared;
mod specialist;
mod triage;
mod words;

use async_trait::async_trait;
use patchcord_domain::redaction::Redacted;
use patchcord_llm::builtin::{Builtin, NAME, Playbooks};
use patchcord_llm::talk::{Entry, Said, Talk, Talker, ToolCall, Words as Listener};
use patchcord_llm::{ModelError, Usage};
use serde_json::Value;

use crate::language::{Language, Languages};
use scene::Scene;
use words::Words;

/// The built-in model in a conversation.
pub struct Rules {
    words: Vec<Words>,
    languages: Languages,
    judge: Builtin,
}

impl Default for Rules {
    fn default() -> Self {
        Self::new(Playbooks::embedded())
    }
}

/// What the policy says and calls.
#[derive(Debug, Clone, Default, PartialEq)]
struct Move {
    sentences: Vec<String>,
    calls: Vec<(String, Value)>,
}

impl Move {
    fn say(sentence: impl Into<String>) -> Self {
        Self { sentences: vec![sentence.into()], calls: Vec::new() }
    }

    fn call(name: &str, arguments: Value) -> Self {
        Self { sentences: Vec::new(), calls: vec![(name.to_owned(), arguments)] }
    }

    fn and_say(mut self, sentence: impl Into<String>) -> Self {
        self.sentences.push(sentence.into());
        self
    }

    fn first(mut self, sentence: impl Into<String>) -> Self {
        self.sentences.insert(0, sentence.into());
        self
    }

    fn and_call(mut self, name: &str, arguments: Value) -> Self {
        self.calls.push((name.to_owned(), arguments));
        self
    }
}

impl Rules {
    /// The rules of the playbooks judge kind, urgency and mood.
    pub fn new(playbooks: Playbooks) -> Self {
        Self { words: Words::embedded(), languages: Languages::embedded(), judge: Builtin::new(playbooks) }
    }

    /// Says what comes next.
    pub fn next(&self, talk: &Talk) -> Said {
        let words = self.words_for(talk);
        let languages: Vec<&Language> = self.languages.all().collect();
        let scene = Scene::read(talk, words, languages, &self.judge);
        let Move { sentences, calls } = act(&scene);
        let sentences: Vec<String> = sentences.into_iter().filter(|sentence| !sentence.is_empty()).collect();
        let place = talk.history.len();
        let calls = calls.into_iter().filter(|(name, _)| scene.can(name)).enumerate();
        let calls: Vec<ToolCall> = calls
            .map(|(index, (name, arguments))| ToolCall {
                id: format!("{NAME}-{place}-{}", index + 1),
                name,
                arguments: arguments.to_string(),
            })
            .collect();
        let mut text = sentences.join(" ");
        if text.is_empty() && calls.is_empty() {
            // Saying nothing would leave the caller in silence.
            text = words.say("pardon", &[]);
        }
        Said { text, calls, model: NAME.to_owned(), usage: Usage::default() }
    }

    /// What the caller speaks; before they have spoken, what the contact prefers.
    fn words_for(&self, talk: &Talk) -> &Words {
        let callers = talk.history.iter().rev().filter_map(|entry| match entry {
            Entry::Caller(text) => Some(text.as_str()),
            _ => None,
        });
        let heard = self.languages.heard(callers.take(6)).map(|language| language.tag.as_str());
        let known = talk.instructions.rsplit_once("\"language\":\"").and_then(|(_, rest)| rest.split('"').next());
        let tag = heard.or(known).unwrap_or("en");
        let short = tag.split(['-', '_']).next().unwrap_or_default();
        let found = self.words.iter().find(|words| words.tag.eq_ignore_ascii_case(short));
        found.or_else(|| self.words.iter().find(|words| words.tag == "en")).unwrap_or(&self.words[0])
    }
}

/// Which of the agents' manners is played.
fn act(scene: &Scene<'_>) -> Move {
    if let Some(answer) = shared::first(scene) {
        return answer;
    }
    match scene.talk.agent.as_str() {
        "triage_agent" => triage::next(scene),
        "device_agent" | "lookup_agent" | "ticket_agent" => records::next(scene),
        _ => specialist::next(scene),
    }
}

#[async_trait]
impl Talker for Rules {
    fn provider(&self) -> &'static str {
        NAME
    }

    fn name(&self) -> &str {
        NAME
    }

    async fn talk(&self, talk: &Redacted<Talk>, words: &mut (dyn Listener + '_)) -> Result<Said, ModelError> {
        let said = self.next(talk.get());
        // Sentence by sentence, as a model that streams.
        for piece in said.text.split_inclusive(['.', '?', '!']) {
            words.word(piece);
        }
        Ok(said)
    }
}

#[cfg(test)]
mod routes;
#[cfg(test)]
mod tests;
