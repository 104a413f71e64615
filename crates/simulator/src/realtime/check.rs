//! What a client may send: the fields of each event, as the reference has them
//! (<https://platform.openai.com/docs/api-reference/realtime-client-events>).

use serde_json::{Value, json};

/// A refusal, in the fields of an `error` event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
}

impl Refusal {
    pub(crate) fn new(code: &'static str, message: impl Into<String>, param: Option<&str>) -> Self {
        Self { code, message: message.into(), param: param.map(str::to_owned) }
    }

    /// The event that tells it.
    pub(crate) fn event(&self, offender: Option<&Value>) -> Value {
        json!({"type": "error", "error": {
            "type": "invalid_request_error", "code": self.code, "message": self.message, "param": self.param,
            "event_id": offender.and_then(|event| event["event_id"].as_str()),
        }})
    }
}

/// The shape of a value.
enum Shape {
    Text,
    /// A text of these.
    One(&'static [&'static str]),
    Whole,
    Number,
    Switch,
    /// Anything.
    Any,
    /// Null, or that.
    Nullable(&'static Shape),
    List(&'static Shape),
    /// Fields, and how many of the first ones must be there.
    Object(&'static [(&'static str, Shape)], usize),
    /// One shape by the value of `type`.
    Kinds(&'static [(&'static str, Shape)]),
    /// Any of these.
    Either(&'static [Shape]),
}

use Shape::{Any, Either, Kinds, List, Nullable, Number, Object, One, Switch, Text, Whole};

const FORMAT: Shape = Kinds(&[
    ("audio/pcm", Object(&[("type", Text), ("rate", One(&[]))], 1)),
    ("audio/pcmu", Object(&[("type", Text)], 1)),
    ("audio/pcma", Object(&[("type", Text)], 1)),
]);

const DETECTION: Shape = Kinds(&[
    (
        "server_vad",
        Object(
            &[
                ("type", Text),
                ("threshold", Number),
                ("prefix_padding_ms", Whole),
                ("silence_duration_ms", Whole),
                ("idle_timeout_ms", Nullable(&Whole)),
                ("create_response", Switch),
                ("interrupt_response", Switch),
            ],
            1,
        ),
    ),
    (
        "semantic_vad",
        Object(
            &[
                ("type", Text),
                ("eagerness", One(&["low", "medium", "high", "auto"])),
                ("create_response", Switch),
                ("interrupt_response", Switch),
            ],
            1,
        ),
    ),
]);

const TRANSCRIPTION: Shape = Object(
    &[
        ("model", Text),
        ("language", Text),
        ("prompt", Text),
        ("keywords", List(&Text)),
        ("languages", List(&Text)),
        ("delay", Text),
    ],
    0,
);

const VOICES: &[&str] = &["alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar"];

const TOOL: Shape = Kinds(&[
    ("function", Object(&[("type", Text), ("name", Text), ("description", Text), ("parameters", Any)], 2)),
    ("mcp", Any),
]);

const CHOICE: Shape =
    Either(&[One(&["auto", "none", "required"]), Object(&[("type", One(&["function"])), ("name", Text)], 2)]);

const TOKENS: Shape = Either(&[One(&["inf"]), Whole]);

const SESSION: Shape = Object(
    &[
        ("type", One(&["realtime"])),
        ("model", Text),
        ("output_modalities", List(&One(&["audio", "text"]))),
        ("instructions", Text),
        (
            "audio",
            Object(
                &[
                    (
                        "input",
                        Object(
                            &[
                                ("format", FORMAT),
                                (
                                    "noise_reduction",
                                    Nullable(&Object(&[("type", One(&["near_field", "far_field"]))], 1)),
                                ),
                                ("transcription", Nullable(&TRANSCRIPTION)),
                                ("turn_detection", Nullable(&DETECTION)),
                            ],
                            0,
                        ),
                    ),
                    (
                        "output",
                        Object(
                            &[
                                ("format", FORMAT),
                                ("voice", Either(&[One(VOICES), Object(&[("id", Text)], 1)])),
                                ("speed", Number),
                            ],
                            0,
                        ),
                    ),
                ],
                0,
            ),
        ),
        ("tools", List(&TOOL)),
        ("tool_choice", CHOICE),
        ("parallel_tool_calls", Switch),
        ("max_output_tokens", TOKENS),
        ("reasoning", Object(&[("effort", One(&["minimal", "low", "medium", "high", "xhigh"]))], 0)),
        (
            "truncation",
            Either(&[
                One(&["auto", "disabled"]),
                Object(
                    &[
                        ("type", One(&["retention_ratio"])),
                        ("retention_ratio", Number),
                        ("token_limits", Object(&[("post_instructions", Whole)], 0)),
                    ],
                    2,
                ),
            ]),
        ),
        ("tracing", Nullable(&Any)),
        ("include", Nullable(&List(&Text))),
        ("prompt", Nullable(&Any)),
    ],
    1,
);

const PART: Shape = Kinds(&[
    ("input_text", Object(&[("type", Text), ("text", Text)], 2)),
    ("output_text", Object(&[("type", Text), ("text", Text)], 2)),
    ("input_audio", Object(&[("type", Text), ("audio", Text), ("transcript", Text)], 1)),
    ("output_audio", Object(&[("type", Text), ("audio", Text), ("transcript", Text)], 1)),
]);

const STATUS: Shape = One(&["completed", "incomplete", "in_progress"]);

const ITEM: Shape = Kinds(&[
    (
        "message",
        Object(
            &[
                ("type", Text),
                ("role", One(&["user", "assistant", "system"])),
                ("content", List(&PART)),
                ("id", Text),
                ("object", One(&["realtime.item"])),
                ("status", STATUS),
            ],
            3,
        ),
    ),
    (
        "function_call",
        Object(
            &[
                ("type", Text),
                ("name", Text),
                ("arguments", Text),
                ("call_id", Text),
                ("id", Text),
                ("object", One(&["realtime.item"])),
                ("status", STATUS),
            ],
            3,
        ),
    ),
    (
        "function_call_output",
        Object(
            &[
                ("type", Text),
                ("call_id", Text),
                ("output", Text),
                ("id", Text),
                ("object", One(&["realtime.item"])),
                ("status", STATUS),
            ],
            3,
        ),
    ),
]);

const INPUT: Shape = Either(&[ITEM, Object(&[("type", One(&["item_reference"])), ("id", Text)], 2)]);

const RESPONSE: Shape = Object(
    &[
        ("instructions", Text),
        ("tools", List(&TOOL)),
        ("tool_choice", CHOICE),
        ("output_modalities", List(&One(&["audio", "text"]))),
        ("max_output_tokens", TOKENS),
        ("conversation", One(&["auto", "none"])),
        ("input", List(&INPUT)),
        ("metadata", Nullable(&Any)),
        ("parallel_tool_calls", Switch),
        ("reasoning", Any),
        ("audio", Any),
        ("prompt", Any),
    ],
    0,
);

const EVENT: Shape = Kinds(&[
    ("session.update", Object(&[("type", Text), ("session", SESSION), ("event_id", Text)], 2)),
    ("input_audio_buffer.append", Object(&[("type", Text), ("audio", Text), ("event_id", Text)], 2)),
    ("input_audio_buffer.commit", Object(&[("type", Text), ("event_id", Text)], 1)),
    ("input_audio_buffer.clear", Object(&[("type", Text), ("event_id", Text)], 1)),
    (
        "conversation.item.create",
        Object(&[("type", Text), ("item", ITEM), ("previous_item_id", Nullable(&Text)), ("event_id", Text)], 2),
    ),
    (
        "conversation.item.truncate",
        Object(
            &[("type", Text), ("item_id", Text), ("content_index", Whole), ("audio_end_ms", Whole), ("event_id", Text)],
            4,
        ),
    ),
    ("conversation.item.delete", Object(&[("type", Text), ("item_id", Text), ("event_id", Text)], 2)),
    ("conversation.item.retrieve", Object(&[("type", Text), ("item_id", Text), ("event_id", Text)], 2)),
    ("response.create", Object(&[("type", Text), ("response", RESPONSE), ("event_id", Text)], 1)),
    ("response.cancel", Object(&[("type", Text), ("response_id", Text), ("event_id", Text)], 1)),
]);

/// Looks at an event of a client.
///
/// # Errors
/// The first thing that is wrong with it.
pub(crate) fn check(event: &Value) -> Result<(), Refusal> {
    fits(&EVENT, event, "")
}

fn fits(shape: &Shape, value: &Value, place: &str) -> Result<(), Refusal> {
    let wrong = |expected: &str| {
        let message = format!("Invalid type for '{place}': expected {expected}, but got {value} instead.");
        Err(Refusal::new("invalid_type", message, Some(place)))
    };
    match shape {
        Any => Ok(()),
        Text if value.is_string() => Ok(()),
        Text => wrong("a string"),
        Whole if value.is_u64() => Ok(()),
        Whole => wrong("an integer"),
        Number if value.is_number() => Ok(()),
        Number => wrong("a number"),
        Switch if value.is_boolean() => Ok(()),
        Switch => wrong("a boolean"),
        // No list of texts: the number 24000, the only rate there is.
        One([]) if value.as_u64() == Some(24_000) => Ok(()),
        One(texts) if value.as_str().is_some_and(|text| texts.contains(&text)) => Ok(()),
        One(texts) => {
            let message = format!("Invalid value: {value}. Supported values are: {}.", texts.join(", "));
            Err(Refusal::new("invalid_value", message, Some(place)))
        }
        Nullable(_) if value.is_null() => Ok(()),
        Nullable(shape) => fits(shape, value, place),
        List(shape) => match value.as_array() {
            Some(list) => {
                list.iter().enumerate().try_for_each(|(at, value)| fits(shape, value, &format!("{place}[{at}]")))
            }
            None => wrong("an array"),
        },
        Object(fields, required) => object(fields, *required, value, place),
        Kinds(kinds) => {
            let kind = value["type"].as_str();
            match kinds.iter().find(|(name, _)| Some(*name) == kind) {
                Some((_, shape)) => fits(shape, value, place),
                None => {
                    let names: Vec<&str> = kinds.iter().map(|(name, _)| *name).collect();
                    let message =
                        format!("Invalid value: {}. Supported values are: {}.", value["type"], names.join(", "));
                    Err(Refusal::new("invalid_value", message, Some(&within(place, "type"))))
                }
            }
        }
        Either(shapes) => {
            let mut last = Ok(());
            for shape in *shapes {
                last = fits(shape, value, place);
                if last.is_ok() {
                    break;
                }
            }
            last
        }
    }
}

fn object(fields: &[(&str, Shape)], required: usize, value: &Value, place: &str) -> Result<(), Refusal> {
    let Some(object) = value.as_object() else {
        let message = format!("Invalid type for '{place}': expected an object.");
        return Err(Refusal::new("invalid_type", message, Some(place)));
    };
    if let Some((missing, _)) = fields[..required].iter().find(|(name, _)| !object.contains_key(*name)) {
        let name = within(place, missing);
        let message = format!("Missing required parameter: '{name}'.");
        return Err(Refusal::new("missing_required_parameter", message, Some(&name)));
    }
    for (name, value) in object {
        let inner = within(place, name);
        match fields.iter().find(|(field, _)| field == name) {
            Some((_, shape)) => fits(shape, value, &inner)?,
            None => {
                let message = format!("Unknown parameter: '{inner}'.");
                return Err(Refusal::new("unknown_parameter", message, Some(&inner)));
            }
        }
    }
    Ok(())
}

fn within(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_reference_passes() {
        let event = json!({"type":"session.update","event_id":"su_1","session":{
            "type":"realtime","output_modalities":["audio"],"instructions":"...",
            "audio":{
              "input":{"format":{"type":"audio/pcmu"},"noise_reduction":null,
                "transcription":{"model":"gpt-4o-mini-transcribe","language":"en","prompt":"codes"},
                "turn_detection":{"type":"server_vad","threshold":0.6,"prefix_padding_ms":300,"silence_duration_ms":500,
                                  "idle_timeout_ms":null,"create_response":true,"interrupt_response":true}},
              "output":{"format":{"type":"audio/pcmu"},"voice":"marin","speed":1.0}},
            "tools":[{"type":"function","name":"a","description":"...","parameters":{"type":"object"}}],
            "tool_choice":"auto","max_output_tokens":1024,"reasoning":{"effort":"low"},
            "truncation":{"type":"retention_ratio","retention_ratio":0.8,"token_limits":{"post_instructions":8000}},
            "tracing":null}});
        assert_eq!(check(&event), Ok(()));
        for event in [
            json!({"type":"conversation.item.create","event_id":"c_1","item":{"type":"function_call_output","call_id":"call_4","output":"{}"}}),
            json!({"type":"response.create","event_id":"rc_7"}),
            json!({"type":"response.cancel"}),
            json!({"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":".."}]}}),
        ] {
            assert_eq!(check(&event), Ok(()), "{event}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (event, code, param) in [
            (json!({}), "invalid_value", "type"),
            (json!({"type": "response.start"}), "invalid_value", "type"),
            (json!({"type": "session.update", "session": {}}), "missing_required_parameter", "session.type"),
            (
                json!({"type": "session.update", "session": {"type": "realtime", "temperature": 1}}),
                "unknown_parameter",
                "session.temperature",
            ),
            (
                json!({"type": "session.update", "session": {"type": "realtime", "voice": "marin"}}),
                "unknown_parameter",
                "session.voice",
            ),
            (
                json!({"type": "session.update", "session": {"type": "realtime", "audio": {"input": {"format": "g711_ulaw"}}}}),
                "invalid_value",
                "session.audio.input.format.type",
            ),
            (
                json!({"type": "conversation.item.truncate", "item_id": "a", "content_index": 0, "audio_end_ms": 1.5}),
                "invalid_type",
                "audio_end_ms",
            ),
            (
                json!({"type": "conversation.item.truncate", "item_id": "a", "audio_end_ms": 1}),
                "missing_required_parameter",
                "content_index",
            ),
            (
                json!({"type": "conversation.item.create", "item": {"type": "message", "role": "user", "content": [{"type": "text", "text": "x"}]}}),
                "invalid_value",
                "item.content[0].type",
            ),
            (
                json!({"type": "response.create", "response": {"modalities": ["audio"]}}),
                "unknown_parameter",
                "response.modalities",
            ),
        ] {
            let refusal = check(&event).unwrap_err();
            assert_eq!((refusal.code, refusal.param.as_deref()), (code, Some(param)), "{event} {refusal:?}");
        }
    }
}
