//! What goes over the wire, and what it means.
//!
//! Answers are read into small structs of our own: those of async-openai insist on fields and values that compatible
//! servers leave out or extend.

use async_openai::types::chat::{
    ChatCompletionRequestAssistantMessage, ChatCompletionRequestMessage, ChatCompletionRequestSystemMessage,
    ChatCompletionRequestUserMessage, ChatCompletionStreamOptions, CreateChatCompletionRequest, ResponseFormat,
    ResponseFormatJsonSchema,
};
use chrono::DateTime;
use patchcord_domain::text::{clean, head};
use patchcord_domain::time::{HOUR, Millis};
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;
use serde_json::Value;

use super::Options;
use crate::{Completion, ModelError, Usage};

/// Characters of a model's name that are kept.
const MODEL_MAX: usize = 100;

pub(super) fn system(text: String) -> ChatCompletionRequestMessage {
    ChatCompletionRequestSystemMessage::from(text).into()
}

pub(super) fn user(text: String) -> ChatCompletionRequestMessage {
    ChatCompletionRequestUserMessage::from(text).into()
}

pub(super) fn assistant(text: &str) -> ChatCompletionRequestMessage {
    ChatCompletionRequestAssistantMessage::from(text).into()
}

/// A request with a strict schema and its name, or in JSON mode without.
pub(super) fn request(
    model: &str,
    messages: Vec<ChatCompletionRequestMessage>,
    schema: Option<(&str, Value)>,
    streaming: bool,
) -> CreateChatCompletionRequest {
    let response_format = match schema {
        Some((name, schema)) => ResponseFormat::JsonSchema {
            json_schema: ResponseFormatJsonSchema {
                description: None,
                name: name.to_owned(),
                schema,
                strict: Some(true),
            },
        },
        None => ResponseFormat::JsonObject,
    };
    CreateChatCompletionRequest {
        model: model.to_owned(),
        messages,
        response_format: Some(response_format),
        stream: streaming.then_some(true),
        stream_options: streaming
            .then_some(ChatCompletionStreamOptions { include_usage: Some(true), include_obfuscation: None }),
        ..CreateChatCompletionRequest::default()
    }
}

/// Reads an answer.
pub(super) fn completion(body: &[u8], asked_model: &str) -> Result<Completion, ModelError> {
    let reply: Reply = serde_json::from_slice(body)
        .map_err(|_| ModelError::Unavailable("what it sent is not a chat completion".into()))?;
    let usage = used(reply.usage);
    // No text, or one that declines, is an answer that does not fit; it cost something and may be repaired.
    let message = reply.choices.into_iter().next().map(|choice| choice.message).unwrap_or_default();
    let text = message.content.or(message.refusal).unwrap_or_default();
    Ok(Completion { text, model: named(reply.model.as_deref().unwrap_or(asked_model)), usage })
}

pub(super) fn named(model: &str) -> String {
    clean(head(model, MODEL_MAX))
}

pub(super) fn used(usage: Option<ReplyUsage>) -> Usage {
    let usage = usage.unwrap_or_default();
    Usage {
        input_tokens: usage.prompt_tokens,
        cached_input_tokens: usage.prompt_tokens_details.map_or(0, |details| details.cached_tokens),
        output_tokens: usage.completion_tokens,
    }
}

/// Why a request was not answered with success.
pub(super) enum Refusal {
    /// The server may lack strict schemas.
    NoStrictSchemas,
    /// The server may not stream.
    NoStreaming,
    Other(ModelError),
}

impl Refusal {
    pub(super) fn into_error(self) -> ModelError {
        match self {
            Refusal::NoStrictSchemas | Refusal::NoStreaming => ModelError::Refused(
                "The model's server refuses the form of the answer. Choose another model with OPENAI_MODEL.".into(),
            ),
            Refusal::Other(error) => error,
        }
    }
}

impl From<ModelError> for Refusal {
    fn from(error: ModelError) -> Self {
        Refusal::Other(error)
    }
}

/// What a status means. Texts of the server are looked at but never repeated: they may quote the key or the ticket.
pub(super) fn refusal(
    status: StatusCode,
    retry_after_ms: Option<u64>,
    said: &[u8],
    options: &Options,
    streaming: bool,
) -> Refusal {
    let said = String::from_utf8_lossy(said);
    let says = |word: &str| said.contains(word);
    let model = &options.model;
    let number = status.as_u16();
    let refused = |text: String| Refusal::Other(ModelError::Refused(text));
    match number {
        400 | 422 | 501 if says("response_format") || says("json_schema") => Refusal::NoStrictSchemas,
        400 | 404 | 422 | 501 if streaming && says("stream") => Refusal::NoStreaming,
        400 | 413 if number == 413 || says("context_length_exceeded") => refused(format!(
            "The ticket is too long for the model {model}. Choose one that takes longer texts with OPENAI_MODEL."
        )),
        401 if options.api_key.is_none() => refused("The model's server wants a key. Set OPENAI_API_KEY.".into()),
        401 => refused("The model's server refuses the key. Check OPENAI_API_KEY.".into()),
        403 => refused(format!("The key may not use the model {model}. Check OPENAI_API_KEY and OPENAI_MODEL.")),
        404 => refused(format!(
            "The model's server does not know the model {model}. Check OPENAI_MODEL and OPENAI_BASE_URL."
        )),
        429 if says("insufficient_quota") => {
            refused("The account behind OPENAI_API_KEY has no credit left. Add some, or use another key.".into())
        }
        429 => ModelError::RateLimited { retry_after_ms }.into(),
        // RFC 9110 knows Retry-After with 503 too.
        503 if retry_after_ms.is_some() => ModelError::RateLimited { retry_after_ms }.into(),
        408 | 409 | 425 | 500..=599 => ModelError::Unavailable(format!("it answers with status {number}")).into(),
        _ => refused(format!(
            "The model's server refuses the request with status {number}. Check OPENAI_BASE_URL and OPENAI_MODEL."
        )),
    }
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), at most an hour.
pub(super) fn retry_after_ms(headers: &HeaderMap, now: Millis) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    let milliseconds = match text.parse::<f64>() {
        Ok(seconds) if seconds.is_finite() => (seconds * 1_000.0) as Millis,
        Ok(_) => return None,
        Err(_) => DateTime::parse_from_rfc2822(text).ok()?.timestamp_millis() - now,
    };
    Some(milliseconds.clamp(0, HOUR).unsigned_abs())
}

#[derive(Deserialize)]
struct Reply {
    model: Option<String>,
    choices: Vec<Choice>,
    usage: Option<ReplyUsage>,
}

#[derive(Deserialize)]
struct Choice {
    message: ReplyMessage,
}

#[derive(Deserialize, Default)]
struct ReplyMessage {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ReplyUsage {
    prompt_tokens: u32,
    completion_tokens: u32,
    prompt_tokens_details: Option<ReplyDetails>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ReplyDetails {
    cached_tokens: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience() {
        let now = 1_445_412_420_000; // Wed, 21 Oct 2015 07:27:00 GMT
        for (text, expected) in [
            ("0", Some(0)),
            ("7", Some(7_000)),
            (" 1.5 ", Some(1_500)),
            ("-3", Some(0)),
            ("99999999999999999999", Some(3_600_000)),
            ("nan", None),
            ("inf", None),
            ("soon", None),
            ("", None),
            ("Wed, 21 Oct 2015 07:28:00 GMT", Some(60_000)),
            ("Wed, 21 Oct 2015 07:26:00 GMT", Some(0)),
            ("Sun, 21 Oct 2035 07:28:00 GMT", Some(3_600_000)),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, text.parse().unwrap());
            assert_eq!(retry_after_ms(&headers, now), expected, "{text}");
        }
        assert_eq!(retry_after_ms(&HeaderMap::new(), now), None);
    }

    #[test]
    fn refusals_say_what_to_do() {
        let asked = Options { api_key: Some("sk-key".into()), ..Options::new("http://localhost/v1", "gpt-4o-mini") };
        let told = |status: u16, said: &str| {
            let status = StatusCode::from_u16(status).unwrap();
            refusal(status, None, said.as_bytes(), &asked, false).into_error()
        };
        for (status, said, code, remedy) in [
            (301, "", "model_refused", "OPENAI_BASE_URL"),
            (400, "", "model_refused", "OPENAI_MODEL"),
            (400, r#"{"error": {"code": "context_length_exceeded"}}"#, "model_refused", "OPENAI_MODEL"),
            (400, r#"{"error": {"param": "response_format"}}"#, "model_refused", "form of the answer"),
            (401, "Incorrect key sk-key", "model_refused", "OPENAI_API_KEY"),
            (403, "", "model_refused", "OPENAI_API_KEY"),
            (404, "", "model_refused", "OPENAI_MODEL"),
            (408, "", "model_unavailable", "OPENAI_BASE_URL"),
            (413, "", "model_refused", "OPENAI_MODEL"),
            (429, "", "rate_limited", "OPENAI_API_KEY"),
            (429, r#"{"error": {"code": "insufficient_quota"}}"#, "model_refused", "OPENAI_API_KEY"),
            (500, "sk-key", "model_unavailable", "500"),
            (503, "", "model_unavailable", "503"),
        ] {
            let error = told(status, said);
            assert_eq!(error.code(), code, "{status} {said}");
            assert!(error.to_string().contains(remedy), "{status} {error}");
            assert!(!error.to_string().contains("sk-key"), "{error}");
        }
        let without = Options { api_key: None, ..asked.clone() };
        let error = refusal(StatusCode::UNAUTHORIZED, None, b"", &without, false).into_error().to_string();
        assert!(error.contains("Set OPENAI_API_KEY"), "{error}");
    }
}
