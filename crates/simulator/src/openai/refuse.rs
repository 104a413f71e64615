//! What the real server refuses, in the shape in which it says so
//! (<https://platform.openai.com/docs/guides/error-codes>). The words are ours.

use serde_json::{Value, json};

use super::{KEY, Request, strict};

/// A refusal: its status and the error object.
pub(super) struct Refusal {
    pub(super) status: u16,
    kind: &'static str,
    param: Option<&'static str>,
    code: Option<&'static str>,
    message: String,
}

impl Refusal {
    fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, kind: "invalid_request_error", param: None, code: None, message: message.into() }
    }

    fn about(param: &'static str, message: impl Into<String>) -> Self {
        Self { param: Some(param), ..Self::new(400, message) }
    }

    pub(super) fn body(&self) -> Value {
        json!({"error": {"message": self.message, "type": self.kind, "param": self.param, "code": self.code}})
    }
}

pub(super) fn key(authorization: Option<&str>) -> Result<(), Refusal> {
    let sent = authorization.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    match sent {
        KEY => Ok(()),
        "" => Err(Refusal::new(401, "No API key was given; send it in the Authorization header as a bearer token.")),
        // The real one quotes the key too, with most of it starred out.
        wrong => Err(Refusal {
            code: Some("invalid_api_key"),
            ..Refusal::new(401, format!("The API key is wrong: {wrong}."))
        }),
    }
}

pub(super) fn route(target: &str) -> Refusal {
    Refusal::new(404, format!("Invalid URL ({target})"))
}

/// Arguments that a chat completion may have.
const ARGUMENTS: [&str; 17] = [
    "model",
    "messages",
    "response_format",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "n",
    "seed",
    "stop",
    "max_completion_tokens",
    "store",
    "user",
    "metadata",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
];

/// Checks everything about a chat completion that the real server checks before the model runs.
pub(super) fn chat(request: &Request) -> Result<(), Refusal> {
    if !request.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Refusal::new(400, "The content type must be application/json."));
    }
    let body = request.json();
    let Some(arguments) = body.as_object() else {
        return Err(Refusal::new(400, "The body could not be parsed as a JSON object."));
    };
    if let Some(unknown) = arguments.keys().find(|key| !ARGUMENTS.contains(&key.as_str())) {
        return Err(Refusal::new(400, format!("Unrecognized request argument supplied: {unknown}")));
    }
    if body["model"].as_str().is_none_or(str::is_empty) {
        return Err(Refusal::new(400, "A model must be given."));
    }
    let messages = body["messages"].as_array().map(Vec::as_slice).unwrap_or_default();
    if messages.is_empty() {
        return Err(Refusal::about("messages", "The list of messages is missing or empty."));
    }
    let known = |message: &Value| {
        let role = message["role"].as_str().unwrap_or_default();
        let has_text = message["content"].is_string();
        match role {
            "assistant" => has_text || message["tool_calls"].is_array(),
            "tool" => has_text && message["tool_call_id"].is_string(),
            _ => ["system", "developer", "user"].contains(&role) && has_text,
        }
    };
    if let Some(index) = messages.iter().position(|message| !known(message)) {
        return Err(Refusal::about("messages", format!("messages[{index}] has no known role or no text.")));
    }
    tools(&body["tools"], messages)?;
    if !body["stream_options"].is_null() && body["stream"] != Value::Bool(true) {
        return Err(Refusal::about("stream_options", "'stream_options' is only allowed when 'stream' is true."));
    }
    response_format(&body["response_format"], messages)
}

/// Functions that may be called, and that each call in the conversation has its result right behind it.
fn tools(tools: &Value, messages: &[Value]) -> Result<(), Refusal> {
    let wrong = |message: String| Err(Refusal::about("tools", message));
    if tools.as_array().is_some_and(Vec::is_empty) {
        return wrong("'tools' must not be an empty list.".into());
    }
    for tool in tools.as_array().into_iter().flatten() {
        let name = tool["function"]["name"].as_str().unwrap_or_default();
        if tool["type"] != "function" || !strict::is_name(name) || !tool["function"]["parameters"].is_object() {
            return wrong(format!("the tool '{name}' is no function with a name and parameters."));
        }
    }
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        if message["role"] == "tool" {
            let id = message["tool_call_id"].as_str().unwrap_or_default();
            let Some(at) = open.iter().position(|other| *other == id) else {
                return wrong(format!("messages[{index}] answers '{id}', which the message before does not call."));
            };
            open.remove(at);
            continue;
        }
        if !open.is_empty() {
            return wrong(format!("messages[{index}] comes before the results of: {}.", open.join(", ")));
        }
        let calls = message["tool_calls"].as_array().into_iter().flatten();
        open = calls.filter_map(|call| call["id"].as_str()).collect();
    }
    if open.is_empty() { Ok(()) } else { wrong(format!("the results are missing of: {}.", open.join(", "))) }
}

fn response_format(format: &Value, messages: &[Value]) -> Result<(), Refusal> {
    let wrong = |message: String| Err(Refusal::about("response_format", message));
    match format["type"].as_str() {
        None if format.is_null() => Ok(()),
        Some("text") => Ok(()),
        Some("json_object") => {
            let text = json!(messages).to_string().to_lowercase();
            // So that a model is not left producing white space for ever.
            if text.contains("json") {
                return Ok(());
            }
            Err(Refusal::about("messages", "In JSON mode the messages must contain the word 'json'."))
        }
        Some("json_schema") => {
            let asked = &format["json_schema"];
            let Some(name) = asked["name"].as_str() else {
                return wrong("Missing required parameter: 'response_format.json_schema.name'.".into());
            };
            if !strict::is_name(name) {
                return wrong("'response_format.json_schema.name' does not match '^[a-zA-Z0-9_-]{1,64}$'.".into());
            }
            if asked["schema"].is_null() {
                return wrong("Missing required parameter: 'response_format.json_schema.schema'.".into());
            }
            if asked["strict"] != Value::Bool(true) {
                return Ok(());
            }
            strict::check(&asked["schema"])
                .or_else(|reason| wrong(format!("Invalid schema for response_format '{name}': {reason}.")))
        }
        _ => wrong("'response_format.type' must be one of 'text', 'json_object' and 'json_schema'.".into()),
    }
}

pub(super) fn rate_limit() -> Refusal {
    let refusal = Refusal::new(429, "The rate limit for requests per minute was reached.");
    Refusal { kind: "requests", code: Some("rate_limit_exceeded"), ..refusal }
}

pub(super) fn no_credit() -> Refusal {
    let refusal = Refusal::new(429, "The quota of this account is used up.");
    Refusal { kind: "insufficient_quota", code: Some("insufficient_quota"), ..refusal }
}

pub(super) fn overload() -> Refusal {
    Refusal { kind: "server_error", ..Refusal::new(503, "The engine is overloaded.") }
}

pub(super) fn no_such_model(model: &str) -> Refusal {
    let refusal = Refusal::new(404, format!("The model `{model}` does not exist or is not open to this account."));
    Refusal { code: Some("model_not_found"), ..refusal }
}

pub(super) fn no_strict_schemas() -> Refusal {
    Refusal::about("response_format", "This model does not support 'response_format' of type 'json_schema'.")
}

pub(super) fn no_streaming() -> Refusal {
    Refusal::about("stream", "This model does not support streaming.")
}

pub(super) fn prompt_too_long() -> Refusal {
    let refusal = Refusal::about("messages", "The messages have more tokens than the context of this model.");
    Refusal { code: Some("context_length_exceeded"), ..refusal }
}
