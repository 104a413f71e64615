//! What we send. Written exactly: only what is set, in the shapes of the vendor's types.

use patchcord_llm::talk::ToolSpec;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// An event that we send.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type")]
pub enum ClientEvent<'a> {
    /// Settings; only those that are there change.
    #[serde(rename = "session.update")]
    SessionUpdate {
        /// Ours.
        event_id: &'a str,
        /// The settings.
        session: SessionOptions<'a>,
    },
    /// Sound of the caller. See [`append`] for the short way.
    #[serde(rename = "input_audio_buffer.append")]
    Append {
        /// Base64.
        audio: &'a str,
    },
    /// Forget the sound that was not understood yet.
    #[serde(rename = "input_audio_buffer.clear")]
    ClearInput {
        /// Ours.
        event_id: &'a str,
    },
    /// Put something into the conversation.
    #[serde(rename = "conversation.item.create")]
    ItemCreate {
        /// Ours.
        event_id: &'a str,
        /// After which item; at the end when it is not there.
        #[serde(skip_serializing_if = "Option::is_none")]
        previous_item_id: Option<&'a str>,
        /// What.
        item: Item<'a>,
    },
    /// Of this item only so much was heard.
    #[serde(rename = "conversation.item.truncate")]
    Truncate {
        /// Ours.
        event_id: &'a str,
        /// The item.
        item_id: &'a str,
        /// The part of it.
        content_index: u32,
        /// How much was heard, in milliseconds.
        audio_end_ms: i64,
    },
    /// Nothing of this item was heard.
    #[serde(rename = "conversation.item.delete")]
    Delete {
        /// Ours.
        event_id: &'a str,
        /// The item.
        item_id: &'a str,
    },
    /// Say what comes next.
    #[serde(rename = "response.create")]
    ResponseCreate {
        /// Ours.
        event_id: &'a str,
        /// What is different this time.
        #[serde(skip_serializing_if = "Option::is_none")]
        response: Option<ResponseOptions<'a>>,
    },
    /// Stop what is being said.
    #[serde(rename = "response.cancel")]
    ResponseCancel {
        /// Ours.
        event_id: &'a str,
        /// Which; the active one when it is not there.
        #[serde(skip_serializing_if = "Option::is_none")]
        response_id: Option<&'a str>,
    },
}

impl ClientEvent<'_> {
    /// As a frame.
    pub fn to_json(&self) -> String {
        // Text, numbers and values always have a form in JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// The frame that passes sound on. `audio` holds letters of base64 only, see [`crate::media_streams::is_base64`].
pub fn append(audio: &str) -> String {
    const BEFORE: &str = r#"{"type":"input_audio_buffer.append","audio":""#;
    let mut frame = String::with_capacity(BEFORE.len() + audio.len() + 2);
    frame.push_str(BEFORE);
    frame.push_str(audio);
    frame.push_str("\"}");
    frame
}

/// Settings of a session. What is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SessionOptions<'a> {
    /// What the agent is told.
    pub instructions: Option<&'a str>,
    /// What it may call.
    pub tools: Option<&'a [ToolSpec]>,
    /// Everything that is set once, before the first words. Never sent again: the voice must not change, and settings of
    /// audio that come back without formats turn the line into noise.
    pub opening: Option<Opening<'a>>,
}

/// What is set once.
#[derive(Debug, Clone, PartialEq)]
pub struct Opening<'a> {
    /// The voice.
    pub voice: &'a str,
    /// How turns are told apart.
    pub turns: TurnDetection,
    /// The model that writes down what the caller says.
    pub transcription_model: &'a str,
    /// The language of the caller, two letters, when it is known.
    pub language: Option<&'a str>,
    /// Words that are likely.
    pub transcription_hint: Option<&'a str>,
    /// The longest answer, in tokens.
    pub max_output_tokens: u32,
    /// How much the model thinks before it speaks, for those that think.
    pub reasoning_effort: Option<&'a str>,
    /// How many tokens of conversation are kept after the instructions.
    pub keep_tokens: u32,
}

/// How the server tells turns apart (`server_vad`).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TurnDetection {
    /// How loud speech is, from 0 to 1.
    pub threshold: f32,
    /// How much before the speech belongs to it, in milliseconds.
    pub prefix_padding_ms: u32,
    /// How long a pause ends a turn, in milliseconds.
    pub silence_duration_ms: u32,
}

impl Default for TurnDetection {
    fn default() -> Self {
        Self { threshold: 0.6, prefix_padding_ms: 300, silence_duration_ms: 500 }
    }
}

/// µ-law with 8000 samples a second: what the carrier sends and plays.
const MULAW: &str = "audio/pcmu";

impl Serialize for SessionOptions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "realtime")?;
        if self.opening.is_some() {
            map.serialize_entry("output_modalities", &["audio"])?;
        }
        if let Some(instructions) = self.instructions {
            map.serialize_entry("instructions", instructions)?;
        }
        if let Some(opening) = &self.opening {
            map.serialize_entry("audio", &opening.audio())?;
        }
        if let Some(tools) = self.tools {
            map.serialize_entry("tools", &tools.iter().map(Tool).collect::<Vec<_>>())?;
        }
        if let Some(opening) = &self.opening {
            map.serialize_entry("tool_choice", "auto")?;
            map.serialize_entry("max_output_tokens", &opening.max_output_tokens)?;
            if let Some(effort) = opening.reasoning_effort {
                map.serialize_entry("reasoning", &json!({"effort": effort}))?;
            }
            map.serialize_entry(
                "truncation",
                &json!({
                    "type": "retention_ratio",
                    "retention_ratio": 0.8,
                    "token_limits": {"post_instructions": opening.keep_tokens},
                }),
            )?;
            map.serialize_entry("tracing", &Value::Null)?;
        }
        map.end()
    }
}

impl Opening<'_> {
    fn audio(&self) -> Value {
        let mut transcription = json!({"model": self.transcription_model});
        if let Some(language) = self.language {
            transcription["language"] = language.into();
        }
        if let Some(hint) = self.transcription_hint {
            transcription["prompt"] = hint.into();
        }
        // Noise reduction is off when nothing is said of it; the vendor's types do not know it as null.
        // Written as text first: a number of 32 bits would show as 0.6000000238418579.
        let threshold: f64 = format!("{:.2}", self.turns.threshold).parse().unwrap_or(0.5);
        json!({
            "input": {
                "format": {"type": MULAW},
                "transcription": transcription,
                "turn_detection": {
                    "type": "server_vad",
                    "threshold": threshold,
                    "prefix_padding_ms": self.turns.prefix_padding_ms,
                    "silence_duration_ms": self.turns.silence_duration_ms,
                    "idle_timeout_ms": null,
                    "create_response": true,
                    "interrupt_response": true,
                },
            },
            "output": {"format": {"type": MULAW}, "voice": self.voice, "speed": 1.0},
        })
    }
}

/// A tool as the server is told of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tool<'a>(pub &'a ToolSpec);

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("type", "function")?;
        map.serialize_entry("name", &self.0.name)?;
        map.serialize_entry("description", &self.0.description)?;
        map.serialize_entry("parameters", &self.0.parameters)?;
        map.end()
    }
}

/// Something in the conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Item<'a> {
    /// Words.
    Message {
        /// Ours, so that it is known when the server shows it.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        /// `user`, `system` or `assistant`.
        role: &'static str,
        /// The words.
        content: [Content<'a>; 1],
    },
    /// A tool that an agent called, told again after a reconnect.
    FunctionCall {
        /// Ours.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        /// The id of the call.
        call_id: &'a str,
        /// The tool.
        name: &'a str,
        /// Its arguments, JSON.
        arguments: &'a str,
    },
    /// What a tool answered.
    FunctionCallOutput {
        /// Ours.
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a str>,
        /// The id of the call.
        call_id: &'a str,
        /// The answer.
        output: &'a str,
    },
}

/// Words of an item.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content<'a> {
    /// Words to the model.
    InputText {
        /// The words.
        text: &'a str,
    },
    /// Words of the model.
    OutputText {
        /// The words.
        text: &'a str,
    },
}

impl<'a> Item<'a> {
    /// The caller's words.
    pub fn user(text: &'a str) -> Self {
        Item::Message { id: None, role: "user", content: [Content::InputText { text }] }
    }

    /// What the desk tells the model.
    pub fn system(text: &'a str) -> Self {
        Item::Message { id: None, role: "system", content: [Content::InputText { text }] }
    }

    /// What the agent said.
    pub fn assistant(text: &'a str) -> Self {
        Item::Message { id: None, role: "assistant", content: [Content::OutputText { text }] }
    }

    /// A tool that an agent called.
    pub fn call(call_id: &'a str, name: &'a str, arguments: &'a str) -> Self {
        Item::FunctionCall { id: None, call_id, name, arguments }
    }

    /// What a tool answered.
    pub fn output(call_id: &'a str, output: &'a str) -> Self {
        Item::FunctionCallOutput { id: None, call_id, output }
    }

    /// The frame that puts it at the end of the conversation.
    pub fn to_event(&self) -> String {
        let event_id = match self {
            Item::Message { id, .. } | Item::FunctionCall { id, .. } | Item::FunctionCallOutput { id, .. } => id,
        };
        let create = ClientEvent::ItemCreate {
            event_id: event_id.unwrap_or("ic_0"),
            previous_item_id: None,
            item: self.clone(),
        };
        create.to_json()
    }

    /// The same with an id of ours.
    #[must_use]
    pub fn named(mut self, name: &'a str) -> Self {
        match &mut self {
            Item::Message { id, .. } | Item::FunctionCall { id, .. } | Item::FunctionCallOutput { id, .. } => {
                *id = Some(name);
            }
        }
        self
    }
}

/// What is different for one answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ResponseOptions<'a> {
    /// Instead of the session's instructions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instructions: Option<&'a str>,
    /// Whether tools may be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// What comes back with the answer: at most 16 keys of 64 characters with values of 512.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Value>,
}

/// Whether tools may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// The model decides.
    Auto,
    /// None.
    None,
}

/// One event of each kind with every field that is ever written, for comparison with the vendor's own types.
pub fn everything() -> Vec<String> {
    let tools = [ToolSpec {
        name: "identify_organization".into(),
        description: "Finds an organization by its code.".into(),
        parameters: json!({"type": "object", "properties": {"code": {"type": "string"}}, "required": ["code"]}),
    }];
    let opening = Opening {
        voice: "marin",
        turns: TurnDetection::default(),
        transcription_model: "gpt-4o-mini-transcribe",
        language: Some("en"),
        transcription_hint: Some("IT support call; organization codes"),
        max_output_tokens: 1024,
        reasoning_effort: Some("low"),
        keep_tokens: 8000,
    };
    let first = SessionOptions { instructions: Some("..."), tools: Some(&tools), opening: Some(opening) };
    let handoff = SessionOptions { instructions: Some("You are printer_agent."), tools: Some(&tools), opening: None };
    let create = |item| ClientEvent::ItemCreate { event_id: "c_1", previous_item_id: None, item };
    let say = ResponseOptions {
        instructions: Some("Say exactly these words and nothing else:\nOne moment."),
        tool_choice: Some(ToolChoice::None),
        metadata: Some(json!({"create": "rc_8"})),
    };
    let automatic = ResponseOptions {
        metadata: Some(json!({"create": "rc_7"})),
        tool_choice: Some(ToolChoice::Auto),
        ..ResponseOptions::default()
    };
    let events = [
        ClientEvent::SessionUpdate { event_id: "su_1", session: first },
        ClientEvent::SessionUpdate { event_id: "su_2", session: handoff },
        ClientEvent::Append { audio: "//8A" },
        ClientEvent::ClearInput { event_id: "cl_1" },
        create(Item::user("My printer is jammed")),
        create(Item::system("The caller pressed 1.")),
        create(Item::assistant("I see.")),
        create(Item::call("call_4", "create_ticket", "{}").named("pc_1")),
        create(Item::output("call_4", r#"{"ok":true,"ticket":1042}"#)),
        create(Item::output("call_4", "{}").named("pc_2")),
        create(Item::user("named").named("pc_3")),
        ClientEvent::ItemCreate { event_id: "c_2", previous_item_id: Some("item_1"), item: Item::user("x") },
        ClientEvent::Truncate { event_id: "tr_1", item_id: "item_3", content_index: 0, audio_end_ms: 1840 },
        ClientEvent::Delete { event_id: "de_1", item_id: "item_4" },
        ClientEvent::ResponseCreate { event_id: "rc_6", response: None },
        ClientEvent::ResponseCreate { event_id: "rc_7", response: Some(automatic) },
        ClientEvent::ResponseCreate { event_id: "rc_8", response: Some(say) },
        ClientEvent::ResponseCancel { event_id: "ca_1", response_id: None },
        ClientEvent::ResponseCancel { event_id: "ca_2", response_id: Some("resp_2") },
    ];
    let mut all: Vec<String> = events.iter().map(ClientEvent::to_json).collect();
    all.push(append("//8A"));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_update_is_that_of_the_contract() {
        let first = &everything()[0];
        let expect = json!({"type":"session.update","event_id":"su_1","session":{
          "type":"realtime",
          "output_modalities":["audio"],
          "instructions":"...",
          "audio":{
            "input":{"format":{"type":"audio/pcmu"},
              "transcription":{"model":"gpt-4o-mini-transcribe","language":"en","prompt":"IT support call; organization codes"},
              "turn_detection":{"type":"server_vad","threshold":0.6,"prefix_padding_ms":300,"silence_duration_ms":500,
                                "idle_timeout_ms":null,"create_response":true,"interrupt_response":true}},
            "output":{"format":{"type":"audio/pcmu"},"voice":"marin","speed":1.0}},
          "tools":[{"type":"function","name":"identify_organization","description":"Finds an organization by its code.",
            "parameters":{"type":"object","properties":{"code":{"type":"string"}},"required":["code"]}}],
          "tool_choice":"auto",
          "max_output_tokens":1024,
          "reasoning":{"effort":"low"},
          "truncation":{"type":"retention_ratio","retention_ratio":0.8,"token_limits":{"post_instructions":8000}},
          "tracing":null}});
        assert_eq!(serde_json::from_str::<Value>(first).unwrap(), expect);
    }

    #[test]
    fn a_handoff_never_touches_the_audio() {
        let update: Value = serde_json::from_str(&everything()[1]).unwrap();
        let mut keys: Vec<&String> = update["session"].as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["instructions", "tools", "type"]);
    }

    #[test]
    fn events_are_exact() {
        let all = everything();
        for expect in [
            r#"{"type":"input_audio_buffer.append","audio":"//8A"}"#,
            r#"{"type":"input_audio_buffer.clear","event_id":"cl_1"}"#,
            r#"{"type":"conversation.item.create","event_id":"c_1","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"My printer is jammed"}]}}"#,
            r#"{"type":"conversation.item.create","event_id":"c_1","item":{"type":"message","role":"assistant","content":[{"type":"output_text","text":"I see."}]}}"#,
            r#"{"type":"conversation.item.create","event_id":"c_1","item":{"type":"function_call_output","call_id":"call_4","output":"{\"ok\":true,\"ticket\":1042}"}}"#,
            r#"{"type":"conversation.item.truncate","event_id":"tr_1","item_id":"item_3","content_index":0,"audio_end_ms":1840}"#,
            r#"{"type":"conversation.item.delete","event_id":"de_1","item_id":"item_4"}"#,
            r#"{"type":"response.create","event_id":"rc_6"}"#,
            r#"{"type":"response.create","event_id":"rc_8","response":{"instructions":"Say exactly these words and nothing else:\nOne moment.","tool_choice":"none","metadata":{"create":"rc_8"}}}"#,
            r#"{"type":"response.cancel","event_id":"ca_2","response_id":"resp_2"}"#,
        ] {
            assert!(all.iter().any(|event| event == expect), "{expect}\nin {all:#?}");
        }
        assert_eq!(append("//8A"), ClientEvent::Append { audio: "//8A" }.to_json());
    }
}
