//! The OpenAPI document as tests need it: which operations there are, and whether an answer is as it says.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use serde_json::Value;

use super::Answer;

/// One operation of the document.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    /// In upper case.
    pub(crate) method: String,
    /// With its places, such as `/api/tickets/{id}`.
    pub(crate) path: String,
    /// What the document says of it.
    pub(crate) said: &'static Value,
}

/// The document as JSON.
pub(crate) fn document() -> &'static Value {
    static DOCUMENT: OnceLock<Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| serde_json::to_value(patchcord_server::document()).unwrap())
}

/// Every operation, by path.
pub(crate) fn operations() -> Vec<Operation> {
    let paths = document()["paths"].as_object().unwrap();
    let methods = |item: &'static Value| item.as_object().unwrap().iter();
    let all =
        paths.iter().flat_map(|(path, item)| methods(item).map(move |(method, said)| (path.clone(), method, said)));
    all.filter(|(_, method, _)| ["get", "post", "put", "patch", "delete"].contains(&method.as_str()))
        .map(|(path, method, said)| Operation { method: method.to_uppercase(), path, said })
        .collect()
}

/// The operation that answers a request, when there is one.
pub(crate) fn operation(method: &str, path: &str) -> Option<Operation> {
    let fits = |template: &str| {
        let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        template.len() == path.len() && template.iter().zip(&path).all(|(t, p)| t == p || t.starts_with('{'))
    };
    // The path that says most takes a request, whatever the method: /api/things/new is never /api/things/{id}.
    let fitting: Vec<Operation> = operations().into_iter().filter(|one| fits(&one.path)).collect();
    let places = |one: &Operation| one.path.matches('{').count();
    let fewest = fitting.iter().map(places).min()?;
    fitting.into_iter().find(|one| places(one) == fewest && one.method == method)
}

/// Fails when an answer of a documented operation has a status or a body that the document does not describe.
pub(crate) fn expect_described(method: &str, path: &str, answer: &Answer) {
    assert_ne!(answer.status, 500, "{method} {path}: {}", answer.text);
    let Some(operation) = operation(method, path) else { return };
    let name = format!("{method} {} answered {}", operation.path, answer.status);
    let said = &operation.said["responses"][answer.status.to_string()];
    assert!(said.is_object(), "{name}, which its documentation does not mention: {}", answer.text);
    let Some(content) = said["content"].as_object() else {
        assert_eq!(answer.text, "", "{name} with a body that its documentation does not mention");
        return;
    };
    let kind = answer.header("content-type").split(';').next().unwrap_or_default();
    let Some(schema) = content.get(kind).map(|media| &media["schema"]) else {
        // A file comes with its own type.
        assert!(content.contains_key("application/octet-stream"), "{name} as {kind}, not as {content:?}");
        return;
    };
    if kind.ends_with("json") {
        let faults = faults(schema, &answer.body, "");
        assert_eq!(faults, Vec::<String>::new(), "{name}, not as documented: {}", answer.text);
    }
}

/// Follows a reference within the document.
pub(crate) fn resolved(schema: &Value) -> &Value {
    let Some(reference) = schema["$ref"].as_str() else { return schema };
    let target = document().pointer(reference.trim_start_matches('#'));
    resolved(target.unwrap_or_else(|| panic!("{reference} leads nowhere")))
}

/// What is wrong with a value, as far as types, needed and unknown fields go.
fn faults(schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = resolved(schema);
    for either in ["oneOf", "anyOf"] {
        if let Some(choices) = schema[either].as_array() {
            let tried: Vec<Vec<String>> = choices.iter().map(|choice| faults(choice, value, at)).collect();
            return tried.into_iter().min_by_key(Vec::len).unwrap_or_default();
        }
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let fits = types.is_empty() || types.contains(&is) || (is == "integer" && types.contains(&"number"));
    if !fits {
        return vec![format!("{at} is {is}, not {types:?}")];
    }
    match value {
        Value::Array(items) if schema["items"].is_object() => {
            let each = items.iter().enumerate();
            each.flat_map(|(index, item)| faults(&schema["items"], item, &format!("{at}[{index}]"))).collect()
        }
        Value::Object(fields) => {
            let (properties, required) = fields_of(schema);
            let mut wrong: Vec<String> = required
                .iter()
                .filter(|name| !fields.contains_key(*name))
                .map(|name| format!("{at}.{name} is missing"))
                .collect();
            for (name, field) in fields {
                match properties.iter().find(|(known, _)| known == name) {
                    Some((_, schema)) => wrong.extend(faults(schema, field, &format!("{at}.{name}"))),
                    None if properties.is_empty() || schema.get("additionalProperties").is_some() => {}
                    None => wrong.push(format!("{at}.{name} is unknown")),
                }
            }
            wrong
        }
        _ => Vec::new(),
    }
}

/// Fields of an object, those of its parts with them, and which of them are needed.
pub(crate) fn fields_of(schema: &Value) -> (Vec<(String, Value)>, BTreeSet<String>) {
    let schema = resolved(schema);
    let own = schema["properties"].as_object().into_iter().flatten();
    let mut properties: Vec<(String, Value)> = own.map(|(name, field)| (name.clone(), field.clone())).collect();
    let needed = schema["required"].as_array().into_iter().flatten();
    let mut required: BTreeSet<String> = needed.filter_map(Value::as_str).map(str::to_owned).collect();
    for part in schema["allOf"].as_array().into_iter().flatten() {
        let (more, needed) = fields_of(part);
        properties.extend(more);
        required.extend(needed);
    }
    (properties, required)
}
