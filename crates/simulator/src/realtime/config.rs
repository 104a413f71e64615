//! The settings of a session: what a new one has, and what an update changes.

use serde_json::{Value, json};

use super::check::Refusal;

/// What a new session has.
pub(crate) fn new(id: &str, model: &str, expires_at: i64) -> Value {
    json!({
        "type": "realtime", "object": "realtime.session", "id": id, "model": model, "expires_at": expires_at,
        "output_modalities": ["audio"],
        "instructions": "You are a helpful assistant.",
        "tools": [], "tool_choice": "auto", "max_output_tokens": "inf", "tracing": null, "prompt": null,
        "truncation": "auto", "include": null,
        "audio": {
            "input": {
                "format": {"type": "audio/pcm", "rate": 24_000}, "transcription": null, "noise_reduction": null,
                "turn_detection": {
                    "type": "server_vad", "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500,
                    "idle_timeout_ms": null, "create_response": true, "interrupt_response": true,
                },
            },
            "output": {"format": {"type": "audio/pcm", "rate": 24_000}, "voice": "alloy", "speed": 1.0},
        },
    })
}

/// Changes what an update names and nothing else.
///
/// # Errors
/// When it changes what may not be changed.
pub(crate) fn update(config: &mut Value, change: &Value, has_spoken: bool) -> Result<(), Refusal> {
    let voice = &change["audio"]["output"]["voice"];
    if has_spoken && !voice.is_null() && *voice != config["audio"]["output"]["voice"] {
        let message = "Cannot update a conversation's voice if assistant audio is present.";
        return Err(Refusal::new("cannot_update_voice", message, Some("session.audio.output.voice")));
    }
    if change.get("model").is_some_and(|model| *model != config["model"]) {
        let message = "The model of a session cannot be changed.";
        return Err(Refusal::new("invalid_value", message, Some("session.model")));
    }
    merge(config, change);
    Ok(())
}

fn merge(into: &mut Value, change: &Value) {
    // Settings that are replaced as a whole, not field by field.
    let whole = ["format", "turn_detection", "transcription", "tools", "tool_choice", "truncation", "voice"];
    let (Some(fields), Some(changes)) = (into.as_object_mut(), change.as_object()) else { return };
    for (name, value) in changes {
        match fields.get_mut(name) {
            Some(old) if old.is_object() && value.is_object() && !whole.contains(&name.as_str()) => merge(old, value),
            _ => {
                fields.insert(name.clone(), value.clone());
            }
        }
    }
    if let Some(detection) = fields.get_mut("turn_detection").filter(|detection| detection["type"] == "server_vad") {
        let defaults = json!({
            "threshold": 0.5, "prefix_padding_ms": 300, "silence_duration_ms": 500, "idle_timeout_ms": null,
            "create_response": true, "interrupt_response": true,
        });
        for (name, value) in defaults.as_object().into_iter().flatten() {
            if detection.get(name).is_none() {
                detection[name] = value.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_update_changes_what_it_names() {
        let mut config = new("sess_1", "gpt-realtime-2.1", 0);
        let change = json!({"type": "realtime", "instructions": "", "audio": {
            "input": {"format": {"type": "audio/pcmu"}, "turn_detection": {"type": "server_vad", "threshold": 0.7}},
            "output": {"voice": "marin"},
        }});
        update(&mut config, &change, false).unwrap();
        assert_eq!(config["instructions"], "");
        assert_eq!(config["audio"]["input"]["format"], json!({"type": "audio/pcmu"}));
        assert_eq!(config["audio"]["input"]["turn_detection"]["threshold"], 0.7);
        assert_eq!(config["audio"]["input"]["turn_detection"]["silence_duration_ms"], 500);
        assert_eq!(config["audio"]["output"]["format"]["rate"], 24_000);
        update(&mut config, &json!({"type": "realtime", "tools": [{"name": "a"}]}), true).unwrap();
        assert_eq!(config["audio"]["input"]["format"]["type"], "audio/pcmu");
        let other = json!({"type": "realtime", "audio": {"output": {"voice": "cedar"}}});
        assert_eq!(update(&mut config, &other, true).unwrap_err().code, "cannot_update_voice");
        let same = json!({"type": "realtime", "audio": {"output": {"voice": "marin"}}});
        update(&mut config, &same, true).unwrap();
    }
}
