//! A response: the script of what is sent of it, and what it leaves in the conversation.

use std::collections::VecDeque;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use patchcord_llm::talk::ToolCall;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::items::{Content, Item};
use super::usage::Counted;
use crate::modem::{SAMPLES_PER_MS, speak_word, words};

/// Sound that goes into one event.
const CHUNK_MS: usize = 200;

/// What is sent next.
#[derive(Debug)]
pub(crate) enum Step {
    /// A message begins.
    Message(String),
    /// A word of it: its text goes ahead of its sound.
    Word(String),
    /// Sound of it.
    Sound(Vec<u8>),
    /// It is complete.
    MessageDone,
    /// A tool is to be run.
    Call(String, ToolCall),
    /// The response is complete.
    Finish,
}

#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) id: String,
    /// Which of the session's.
    pub(crate) nth: usize,
    pub(crate) by_client: bool,
    /// It is text, not sound.
    pub(crate) is_text: bool,
    /// It leaves nothing in the conversation.
    aside: bool,
    metadata: Value,
    pub(crate) script: VecDeque<(u64, Step)>,
    pub(crate) next: Option<Instant>,
    /// Pieces of sound so far.
    pub(crate) chunks: usize,
    pub(crate) counted: Counted,
    /// The item that is being made.
    open: Option<Item>,
    output: Vec<Value>,
}

/// What is sent of an answer, and how long after each step the next one comes.
pub(crate) fn script(
    text: &str,
    calls: Vec<ToolCall>,
    ids: Vec<String>,
    generation: u64,
    is_text: bool,
) -> VecDeque<(u64, Step)> {
    let (mut script, mut ids) = (VecDeque::new(), ids.into_iter());
    if !text.trim().is_empty() {
        script.push_back((0, Step::Message(ids.next().unwrap_or_default())));
        for word in words(text) {
            script.push_back((0, Step::Word(word.to_owned())));
            if is_text {
                continue;
            }
            let mut sound = Vec::new();
            speak_word(word, &mut sound);
            for chunk in sound.chunks(CHUNK_MS * SAMPLES_PER_MS) {
                let ms = (chunk.len() / SAMPLES_PER_MS) as u64;
                script.push_back((ms / generation, Step::Sound(chunk.to_vec())));
            }
        }
        script.push_back((0, Step::MessageDone));
    }
    script.extend(calls.into_iter().zip(ids).map(|(call, id)| (0, Step::Call(id, call))));
    script.push_back((0, Step::Finish));
    script
}

impl Response {
    pub(crate) fn new(id: String, nth: usize, by_client: bool, wish: &Value) -> Self {
        let is_text = wish["output_modalities"].as_array().is_some_and(|list| list.contains(&json!("text")));
        Self {
            id,
            nth,
            by_client,
            is_text,
            aside: wish["conversation"] == "none",
            metadata: wish["metadata"].clone(),
            script: VecDeque::new(),
            next: None,
            chunks: 0,
            counted: Counted::default(),
            open: None,
            output: Vec::new(),
        }
    }

    /// When the next step is due.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.next.filter(|_| !self.script.is_empty())
    }

    pub(crate) fn object(&self, status: &str, details: &Value, usage: Option<Value>) -> Value {
        let modality = if self.is_text { "text" } else { "audio" };
        json!({
            "id": self.id, "object": "realtime.response", "status": status, "status_details": details,
            "output": self.output, "conversation_id": (!self.aside).then_some("conv_scripted"),
            "output_modalities": [modality], "metadata": self.metadata, "usage": usage, "max_output_tokens": "inf",
        })
    }

    /// The events of a step, which also changes the conversation.
    pub(crate) fn events(&mut self, step: Step, items: &mut Vec<Item>, previous: Option<&str>) -> Vec<Value> {
        let index = self.output.len();
        match step {
            Step::Message(id) => {
                let content = Content::Spoken { words: Vec::new(), ms: 0, cut_ms: None };
                let item = Item { id: id.clone(), content };
                let object = item.object("in_progress");
                if !self.aside {
                    items.push(item.clone());
                }
                self.open = Some(item);
                let part = if self.is_text {
                    json!({"type": "text", "text": ""})
                } else {
                    json!({"type": "audio", "transcript": ""})
                };
                let mut events = vec![json!({
                    "type": "response.output_item.added", "response_id": self.id, "output_index": index, "item": object,
                })];
                if !self.aside {
                    events.push(json!({
                        "type": "conversation.item.added", "previous_item_id": previous, "item": object,
                    }));
                }
                events.push(self.about("response.content_part.added", &id, json!({"part": part})));
                events
            }
            Step::Word(word) => {
                let Some((id, is_first)) = self.spoken(items, |words, ms| words.push((word.clone(), ms))) else {
                    return Vec::new();
                };
                let delta = if is_first { word } else { format!(" {word}") };
                let kind =
                    if self.is_text { "response.output_text.delta" } else { "response.output_audio_transcript.delta" };
                vec![self.about(kind, &id, json!({"delta": delta}))]
            }
            Step::Sound(sound) => {
                let length = (sound.len() / SAMPLES_PER_MS) as u64;
                self.chunks += 1;
                self.counted.audio_out_ms += length;
                let Some(id) = self.lengthen(items, length) else { return Vec::new() };
                let delta = BASE64_STANDARD.encode(sound);
                vec![self.about("response.output_audio.delta", &id, json!({"delta": delta}))]
            }
            Step::MessageDone => self.message_done("completed"),
            Step::Call(id, call) => self.call(id, call, items, previous),
            Step::Finish => {
                let object = self.object("completed", &Value::Null, Some(self.counted.object()));
                vec![json!({"type": "response.done", "response": object})]
            }
        }
    }

    /// The events of a response that is broken off.
    pub(crate) fn cut(&mut self, items: &[Item], reason: &str) -> Vec<Value> {
        // What was truncated or cut lies in the conversation; the open item only says what it is.
        if let Some(open) = &mut self.open
            && let Some(item) = items.iter().find(|item| item.id == open.id)
        {
            open.content = item.content.clone();
        }
        let mut events = self.message_done("incomplete");
        let details = json!({"type": "cancelled", "reason": reason});
        let object = self.object("cancelled", &details, Some(self.counted.object()));
        events.push(json!({"type": "response.done", "response": object}));
        events
    }

    fn about(&self, kind: &str, item: &str, more: Value) -> Value {
        let mut event = json!({
            "type": kind, "response_id": self.id, "item_id": item, "output_index": self.output.len(), "content_index": 0,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            event[name] = value.clone();
        }
        event
    }

    /// Adds to the words of the open item, here and in the conversation; its id, and whether these are its first words.
    fn spoken(
        &mut self,
        items: &mut [Item],
        mut add: impl FnMut(&mut Vec<(String, u64)>, u64),
    ) -> Option<(String, bool)> {
        let open = self.open.as_mut()?;
        let kept = items.iter_mut().find(|item| item.id == open.id);
        let mut is_first = false;
        for item in kept.into_iter().chain([&mut *open]) {
            if let Content::Spoken { words, ms, .. } = &mut item.content {
                is_first = words.is_empty();
                // The word ends where its sound will have ended; until then it ends where it begins.
                add(words, *ms);
            }
        }
        Some((open.id.clone(), is_first))
    }

    fn lengthen(&mut self, items: &mut [Item], length: u64) -> Option<String> {
        let open = self.open.as_mut()?;
        let kept = items.iter_mut().find(|item| item.id == open.id);
        for item in kept.into_iter().chain([&mut *open]) {
            if let Content::Spoken { words, ms, .. } = &mut item.content {
                *ms += length;
                if let Some((_, end)) = words.last_mut() {
                    *end = *ms;
                }
            }
        }
        Some(open.id.clone())
    }

    fn message_done(&mut self, status: &str) -> Vec<Value> {
        let Some(item) = self.open.take() else { return Vec::new() };
        let text = item.text();
        let mut events = Vec::new();
        if self.is_text {
            events.push(self.about("response.output_text.done", &item.id, json!({"text": text})));
        } else {
            events.push(self.about("response.output_audio.done", &item.id, json!({})));
            events.push(self.about("response.output_audio_transcript.done", &item.id, json!({"transcript": text})));
        }
        let part = if self.is_text {
            json!({"type": "text", "text": text})
        } else {
            json!({"type": "audio", "transcript": text})
        };
        events.push(self.about("response.content_part.done", &item.id, json!({"part": part})));
        let object = item.object(status);
        events.push(json!({
            "type": "response.output_item.done", "response_id": self.id, "output_index": self.output.len(),
            "item": object,
        }));
        if !self.aside {
            events.push(json!({"type": "conversation.item.done", "previous_item_id": null, "item": object}));
        }
        self.output.push(object);
        events
    }

    fn call(&mut self, id: String, call: ToolCall, items: &mut Vec<Item>, previous: Option<&str>) -> Vec<Value> {
        let item = Item { id: id.clone(), content: Content::Call(call.clone()) };
        let index = self.output.len();
        let mut begun = item.object("in_progress");
        begun["arguments"] = json!("");
        let done = item.object("completed");
        let arguments = |kind: &str, name: &str| {
            let mut event = json!({
                "type": kind, "response_id": self.id, "item_id": id, "output_index": index, "call_id": call.id,
            });
            event[name] = json!(call.arguments);
            event
        };
        let mut finished = arguments("response.function_call_arguments.done", "arguments");
        finished["name"] = json!(call.name);
        let events = vec![
            json!({"type": "response.output_item.added", "response_id": self.id, "output_index": index, "item": begun}),
            json!({"type": "conversation.item.added", "previous_item_id": previous, "item": begun}),
            arguments("response.function_call_arguments.delta", "delta"),
            finished,
            json!({"type": "response.output_item.done", "response_id": self.id, "output_index": index, "item": done}),
            json!({"type": "conversation.item.done", "previous_item_id": previous, "item": done}),
        ];
        items.push(item);
        self.output.push(done);
        events
    }
}
