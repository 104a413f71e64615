//! The items of a conversation, and the conversation as a brain sees it.

use patchcord_llm::talk::{Entry, ToolCall, ToolSpec};
use serde_json::{Value, json};

use super::usage;

/// An item.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) content: Content,
}

/// What it holds.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// Speech of the caller.
    Speech { text: String, ms: u64 },
    /// Text that the client put there.
    Text { role: String, text: String },
    /// Speech of the model: its words and when each ends.
    Spoken { words: Vec<(String, u64)>, ms: u64, cut_ms: Option<u64> },
    /// A tool that the model wants to run.
    Call(ToolCall),
    /// What it answered.
    Output { call: String, output: String },
}

impl Item {
    /// The item as events show it.
    pub(crate) fn object(&self, status: &str) -> Value {
        let mut object = json!({"id": self.id, "object": "realtime.item", "status": status});
        let more = match &self.content {
            Content::Speech { .. } => json!({
                "type": "message", "role": "user", "content": [{"type": "input_audio", "transcript": null}],
            }),
            Content::Text { role, text } => {
                let kind = if role == "assistant" { "output_text" } else { "input_text" };
                json!({"type": "message", "role": role, "content": [{"type": kind, "text": text}]})
            }
            Content::Spoken { words, .. } if words.is_empty() => {
                json!({"type": "message", "role": "assistant", "content": []})
            }
            Content::Spoken { .. } => json!({
                "type": "message", "role": "assistant",
                "content": [{"type": "output_audio", "transcript": self.text()}],
            }),
            Content::Call(call) => json!({
                "type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments,
            }),
            Content::Output { call, output } => {
                json!({"type": "function_call_output", "call_id": call, "output": output})
            }
        };
        for (name, value) in more.as_object().into_iter().flatten() {
            object[name] = value.clone();
        }
        object
    }

    /// Its words, as far as they were heard.
    pub(crate) fn text(&self) -> String {
        match &self.content {
            Content::Speech { text, .. } | Content::Text { text, .. } => text.clone(),
            Content::Spoken { words, cut_ms, .. } => {
                let heard = words.iter().filter(|(_, end)| cut_ms.is_none_or(|cut| *end <= cut));
                heard.map(|(word, _)| word.as_str()).collect::<Vec<_>>().join(" ")
            }
            Content::Call(call) => call.arguments.clone(),
            Content::Output { output, .. } => output.clone(),
        }
    }

    /// The item that a client creates; `id` when it names none.
    pub(crate) fn created(object: &Value, id: String) -> Self {
        let owned = |name: &str| object[name].as_str().unwrap_or_default().to_owned();
        let id = object["id"].as_str().map_or(id, str::to_owned);
        let content = match object["type"].as_str() {
            Some("function_call") => {
                Content::Call(ToolCall { id: owned("call_id"), name: owned("name"), arguments: owned("arguments") })
            }
            Some("function_call_output") => Content::Output { call: owned("call_id"), output: owned("output") },
            _ => {
                let parts = object["content"].as_array().into_iter().flatten();
                let texts = parts.filter_map(|part| part["text"].as_str().or_else(|| part["transcript"].as_str()));
                Content::Text { role: owned("role"), text: texts.collect::<Vec<_>>().join(" ") }
            }
        };
        Self { id, content }
    }

    /// Its tokens of text, and the milliseconds of the caller's speech.
    pub(crate) fn counted(&self) -> (u64, u64) {
        match &self.content {
            Content::Speech { ms, .. } => (0, *ms),
            _ => (usage::text(&self.text()), 0),
        }
    }
}

/// The conversation as a brain sees it.
pub(crate) fn history(items: &[Item]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for item in items {
        let text = item.text();
        let entry = match &item.content {
            Content::Call(call) => {
                if let Some(Entry::Called(calls)) = entries.last_mut() {
                    calls.push(call.clone());
                    continue;
                }
                Entry::Called(vec![call.clone()])
            }
            Content::Output { call, output } => Entry::Result { id: call.clone(), content: output.clone() },
            _ if text.is_empty() => continue,
            Content::Speech { .. } => Entry::Caller(text),
            Content::Text { role, .. } if role == "user" => Entry::Caller(text),
            Content::Text { role, .. } if role == "system" => Entry::Desk(text),
            Content::Text { .. } | Content::Spoken { .. } => Entry::Agent(text),
        };
        entries.push(entry);
    }
    entries
}

/// The tools of a session or response.
pub(crate) fn tools(list: &Value) -> Vec<ToolSpec> {
    let tools = list.as_array().into_iter().flatten().filter(|tool| tool["type"] == "function");
    tools
        .map(|tool| ToolSpec {
            name: tool["name"].as_str().unwrap_or_default().to_owned(),
            description: tool["description"].as_str().unwrap_or_default().to_owned(),
            parameters: tool["parameters"].clone(),
        })
        .collect()
}

/// The agent that instructions name: the first word such as `printer_agent`.
pub(crate) fn agent(instructions: &str) -> String {
    let words = instructions.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let mut named = words.filter(|word| word.len() > 6 && word.ends_with("_agent"));
    named.next().unwrap_or("triage_agent").to_owned()
}

/// The words that instructions want to be said exactly, when they want any.
pub(crate) fn dictated(instructions: &str) -> Option<String> {
    let (order, words) = instructions.split_once(":\n")?;
    (order.to_lowercase().contains("exactly") && order.len() < 200).then(|| words.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_sentence_is_what_was_heard() {
        let words = vec![("Please".to_owned(), 400), ("restart".to_owned(), 900), ("it".to_owned(), 1_100)];
        let item = Item { id: "a".into(), content: Content::Spoken { words, ms: 1_100, cut_ms: Some(950) } };
        assert_eq!(item.text(), "Please restart");
        assert_eq!(history(&[item]), [Entry::Agent("Please restart".into())]);
    }

    #[test]
    fn instructions() {
        assert_eq!(agent("You are `printer_agent`. Hand over to ticket_agent."), "printer_agent");
        assert_eq!(agent("You help."), "triage_agent");
        assert_eq!(dictated("Say exactly these words and nothing else:\nGoodbye.").as_deref(), Some("Goodbye."));
        assert_eq!(dictated("You are an agent. Rules:\nbe brief"), None);
    }
}
