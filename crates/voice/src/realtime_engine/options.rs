//! How the speech model is reached and how it speaks.

use std::time::Duration;

use crate::realtime::TurnDetection;

/// Where OpenAI's own server is.
pub const URL: &str = "wss://api.openai.com/v1/realtime";

/// How the speech model is reached and how it speaks.
#[derive(Clone)]
pub struct RealtimeOptions {
    /// The address of the server: `ws://` or `wss://`.
    pub url: String,
    /// The key; a server of one's own may need none.
    pub api_key: Option<String>,
    /// The model.
    pub model: String,
    /// The voice.
    pub voice: String,
    /// The model that writes down what the caller says.
    pub transcription_model: String,
    /// The caller's language, two letters, when it is known.
    pub language: Option<String>,
    /// Words that the caller is likely to say.
    pub transcription_hint: Option<String>,
    /// A digest that stands for the caller, so that the vendor can tell abuse apart.
    pub safety_identifier: Option<String>,
    /// How turns are told apart.
    pub turns: TurnDetection,
    /// The longest answer, in tokens.
    pub max_output_tokens: u32,
    /// How many tokens of conversation the model keeps after its instructions.
    pub keep_tokens: u32,
    /// After so long a session is replaced at a quiet moment; the vendor ends each after 60 minutes.
    pub rotate_after: Duration,
    /// How long the first session may take to open.
    pub open_limit: Duration,
    /// How long another one may take after a break.
    pub reopen_limit: Duration,
}

impl RealtimeOptions {
    /// The usual options for a model at an address.
    pub fn new(url: impl Into<String>, model: impl Into<String>, voice: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            api_key: None,
            model: model.into(),
            voice: voice.into(),
            transcription_model: "gpt-4o-mini-transcribe".to_owned(),
            language: None,
            transcription_hint: None,
            safety_identifier: None,
            turns: TurnDetection::default(),
            max_output_tokens: 1_024,
            keep_tokens: 8_000,
            rotate_after: Duration::from_secs(55 * 60),
            open_limit: Duration::from_secs(5),
            reopen_limit: Duration::from_secs(2),
        }
    }

    /// The address with the model in its query.
    pub(super) fn address(&self) -> String {
        let separator = if self.url.contains('?') { '&' } else { '?' };
        let model: String = form_urlencoded::byte_serialize(self.model.as_bytes()).collect();
        format!("{}{separator}model={model}", self.url)
    }

    pub(super) fn headers(&self) -> Vec<(&'static str, String)> {
        let key = self.api_key.as_ref().map(|key| ("authorization", format!("Bearer {key}")));
        let safety = self.safety_identifier.as_ref().map(|id| ("openai-safety-identifier", id.clone()));
        key.into_iter().chain(safety).collect()
    }

    /// Models that think before they speak are told to be quick about it; others refuse the setting.
    pub(super) fn reasoning_effort(&self) -> Option<&'static str> {
        self.model.starts_with("gpt-realtime-2").then_some("low")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_headers() {
        let mut options = RealtimeOptions::new(URL, "gpt-realtime-2.1", "marin");
        assert_eq!(options.address(), "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1");
        options.url = "ws://127.0.0.1:9/x?a=1".into();
        options.model = "a b&c".into();
        assert_eq!(options.address(), "ws://127.0.0.1:9/x?a=1&model=a+b%26c");
        assert!(options.headers().is_empty());
        assert_eq!(options.reasoning_effort(), None);
        options.api_key = Some("k".into());
        options.safety_identifier = Some("h".into());
        options.model = "gpt-realtime-2.1-mini".into();
        assert_eq!(
            options.headers(),
            [("authorization", "Bearer k".to_owned()), ("openai-safety-identifier", "h".to_owned())]
        );
        assert_eq!(options.reasoning_effort(), Some("low"));
    }
}
