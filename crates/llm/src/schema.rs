//! The JSON schemas that a strict server is given: every key required, optional ones nullable, no lengths, no unions of
//! objects. Our own validation holds the limits.

use patchcord_domain::copilot::{Kind, Resolution, Sentiment, Tone, Urgency};
use patchcord_domain::ticket::{CATEGORIES, Priority};
use serde_json::{Value, json};

/// The schema of a kind's result.
pub fn strict_schema(kind: Kind) -> Value {
    let text = || json!({"type": "string"});
    let texts_or_null = || json!({"type": ["array", "null"], "items": {"type": "string"}});
    match kind {
        Kind::Analysis => object(&[
            ("summary", text()),
            ("sentiment", json!({"type": "string", "enum": values(Sentiment::ALL.iter().map(|v| v.as_str()))})),
            ("category", json!({"type": "string", "enum": CATEGORIES})),
            ("urgency", nullable_enum(values(Urgency::ALL.iter().map(|v| v.as_str())))),
            ("suggestedActions", texts_or_null()),
            ("confidence", json!({"type": ["number", "null"]})),
        ]),
        Kind::NextSteps => {
            object(&[("steps", json!({"type": "array", "items": {"type": "string"}})), ("citations", texts_or_null())])
        }
        Kind::DraftReply => object(&[
            ("reply", text()),
            ("tone", nullable_enum(values(Tone::ALL.iter().map(|v| v.as_str())))),
            ("citations", texts_or_null()),
        ]),
        Kind::Chat => object(&[("answer", text()), ("citations", texts_or_null())]),
        Kind::Summarize => object(&[
            ("summary", text()),
            ("resolution", json!({"type": "string", "enum": values(Resolution::ALL.iter().map(|v| v.as_str()))})),
            ("followUps", texts_or_null()),
        ]),
        Kind::Classify => object(&[
            ("category", json!({"type": "string", "enum": CATEGORIES})),
            ("priority", json!({"type": "string", "enum": values(Priority::ALL.iter().map(|v| v.as_str()))})),
            ("confidence", json!({"type": "number"})),
        ]),
    }
}

fn object(properties: &[(&str, Value)]) -> Value {
    let names: Vec<&str> = properties.iter().map(|(name, _)| *name).collect();
    let properties: serde_json::Map<String, Value> =
        properties.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    json!({"type": "object", "properties": properties, "required": names, "additionalProperties": false})
}

fn values<'v>(values: impl Iterator<Item = &'v str>) -> Vec<Value> {
    values.map(Value::from).collect()
}

fn nullable_enum(mut values: Vec<Value>) -> Value {
    values.push(Value::Null);
    json!({"type": ["string", "null"], "enum": values})
}
