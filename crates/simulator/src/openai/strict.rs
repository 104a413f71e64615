//! What a strict server accepts as the schema of an answer
//! (<https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>), on the strict side where servers differ.

use serde_json::Value;

const ALLOWED: [&str; 10] = [
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "anyOf",
    "const",
    "description",
    "title",
];
const DEPTH_MAX: usize = 5;
const PROPERTIES_MAX: usize = 100;

/// Whether the text may name a schema.
pub(super) fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    (1..=64).contains(&name.len()) && name.chars().all(plain)
}

/// Checks a whole schema.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    if schema["type"] != "object" || !schema["anyOf"].is_null() {
        return Err("schema must be a JSON schema of 'type: \"object\"'".into());
    }
    let mut properties = 0;
    check_part(schema, "()", 1, &mut properties)
}

fn check_part(schema: &Value, place: &str, depth: usize, properties: &mut usize) -> Result<(), String> {
    let wrong = |what: String| Err(format!("in context={place}, {what}"));
    let Some(keywords) = schema.as_object() else { return wrong("a schema must be an object".into()) };
    if depth > DEPTH_MAX {
        return wrong(format!("the schema is nested deeper than {DEPTH_MAX} levels"));
    }
    if let Some(keyword) = keywords.keys().find(|keyword| !ALLOWED.contains(&keyword.as_str())) {
        return wrong(format!("'{keyword}' is not permitted"));
    }
    if let Some(choices) = keywords.get("anyOf") {
        for choice in choices.as_array().into_iter().flatten() {
            check_part(choice, place, depth + 1, properties)?;
        }
        return Ok(());
    }
    if matches!(keywords.get("enum"), Some(values) if values.as_array().is_none_or(Vec::is_empty)) {
        return wrong("'enum' must be a list that is not empty".into());
    }
    let types = match &schema["type"] {
        Value::String(one) => vec![one.as_str()],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => return wrong("a schema must have a 'type' key".into()),
    };
    for name in &types {
        match *name {
            "string" | "number" | "integer" | "boolean" | "null" => {}
            "array" if keywords.contains_key("items") => {
                check_part(&schema["items"], &format!("{place}.items"), depth + 1, properties)?;
            }
            "array" => return wrong("array schema missing items".into()),
            "object" => check_object(schema, place, depth, properties)?,
            other => return wrong(format!("'{other}' is not a type")),
        }
    }
    Ok(())
}

fn check_object(schema: &Value, place: &str, depth: usize, properties: &mut usize) -> Result<(), String> {
    let wrong = |what: String| Err(format!("in context={place}, {what}"));
    if schema["additionalProperties"] != Value::Bool(false) {
        return wrong("'additionalProperties' is required to be supplied and to be false".into());
    }
    let Some(keys) = schema["properties"].as_object() else { return wrong("'properties' is required".into()) };
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if let Some(missing) = keys.keys().find(|key| !required.contains(&key.as_str())) {
        return wrong(format!("'required' must include every key in properties; missing '{missing}'"));
    }
    if let Some(extra) = required.iter().find(|key| !keys.contains_key(**key)) {
        return wrong(format!("'required' names '{extra}', which is not in properties"));
    }
    *properties += keys.len();
    if *properties > PROPERTIES_MAX {
        return wrong(format!("the schema has more than {PROPERTIES_MAX} properties"));
    }
    keys.iter().try_for_each(|(key, part)| check_part(part, &format!("{place}.{key}"), depth + 1, properties))
}

/// The plainest answer that fits a schema: first values, one entry in each list, null wherever that is allowed.
pub(super) fn plainest(schema: &Value) -> Value {
    if let Some(values) = schema["enum"].as_array() {
        return values.first().cloned().unwrap_or_default();
    }
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices.first().map(plainest).unwrap_or_default();
    }
    let nullable = schema["type"].as_array().is_some_and(|types| types.iter().any(|name| name == "null"));
    match schema["type"].as_str() {
        _ if nullable => Value::Null,
        Some("object") => {
            let keys = schema["properties"].as_object().into_iter().flatten();
            keys.map(|(key, part)| (key.clone(), plainest(part))).collect()
        }
        Some("array") => Value::Array(vec![plainest(&schema["items"])]),
        Some("string") => Value::from("A plain text."),
        Some("boolean") => Value::Bool(true),
        Some(_) => Value::from(1),
        None => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(properties: Value, required: Value) -> Value {
        json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
    }

    fn nested(depth: usize) -> Value {
        let inner = if depth == 1 { json!({"type": "string"}) } else { nested(depth - 1) };
        object(json!({"a": inner}), json!(["a"]))
    }

    #[test]
    fn schemas() {
        let text = || json!({"type": "string"});
        let with = |part: Value| object(json!({"a": part}), json!(["a"]));
        for (schema, complaint) in [
            (with(text()), None),
            (with(json!({"type": ["string", "null"], "enum": ["a", null]})), None),
            (with(json!({"type": ["array", "null"], "items": text()})), None),
            (with(json!({"anyOf": [text(), {"type": "null"}]})), None),
            (nested(4), None),
            (nested(9), Some("nested deeper")),
            (text(), Some("type: \"object\"")),
            (json!({"type": "object", "anyOf": []}), Some("type: \"object\"")),
            (json!({"type": "object", "properties": {}, "required": []}), Some("additionalProperties")),
            (
                json!({"type": "object", "properties": {}, "required": [], "additionalProperties": true}),
                Some("additionalProperties"),
            ),
            (object(json!({"a": text(), "b": text()}), json!(["a"])), Some("missing 'b'")),
            (object(json!({"a": text()}), Value::Null), Some("missing 'a'")),
            (object(json!({"a": text()}), json!(["a", "b"])), Some("names 'b'")),
            (object(Value::Null, json!([])), Some("'properties' is required")),
            (with(json!({"oneOf": [text()]})), Some("'oneOf' is not permitted")),
            (with(json!({"allOf": [text()]})), Some("'allOf'")),
            (with(json!({"type": "string", "minLength": 1})), Some("'minLength'")),
            (with(json!({"type": "string", "maxLength": 1})), Some("'maxLength'")),
            (with(json!({"type": "string", "pattern": "a"})), Some("'pattern'")),
            (with(json!({"type": "array", "items": text(), "maxItems": 5})), Some("'maxItems'")),
            (with(json!({"type": "array", "items": text(), "minItems": 1})), Some("'minItems'")),
            (with(json!({"type": "number", "minimum": 0})), Some("'minimum'")),
            (with(json!({"type": "number", "maximum": 0})), Some("'maximum'")),
            (with(json!({"type": "string", "default": "a"})), Some("'default'")),
            (with(json!({"type": "array"})), Some("missing items")),
            (with(json!({"type": "string", "enum": []})), Some("'enum'")),
            (with(json!({"type": "text"})), Some("'text' is not a type")),
            (with(json!({})), Some("'type' key")),
            (with(json!("string")), Some("must be an object")),
            (with(json!({"type": "object", "properties": {}, "required": []})), Some("context=().a")),
        ] {
            match (check(&schema), complaint) {
                (Ok(()), None) => {}
                (Err(said), Some(part)) if said.contains(part) => {}
                (said, _) => panic!("{schema}: {said:?}"),
            }
        }
    }

    #[test]
    fn names() {
        for (name, fits) in [("analysis", true), ("next_steps-2", true), ("", false), ("a b", false), ("ä", false)] {
            assert_eq!(is_name(name), fits, "{name}");
        }
        assert!(is_name(&"a".repeat(64)) && !is_name(&"a".repeat(65)));
    }

    #[test]
    fn the_plainest_answer() {
        let schema = object(
            json!({
                "text": {"type": "string"},
                "choice": {"type": "string", "enum": ["x", "y"]},
                "maybe": {"type": ["string", "null"]},
                "list": {"type": "array", "items": {"type": "integer"}},
            }),
            json!(["text", "choice", "maybe", "list"]),
        );
        let expected = json!({"text": "A plain text.", "choice": "x", "maybe": null, "list": [1]});
        assert_eq!(plainest(&schema), expected);
    }
}
