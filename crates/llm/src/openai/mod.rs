//! Any server that speaks OpenAI's chat completions (<https://platform.openai.com/docs/api-reference/chat>).
//!
//! Requests are made of the types of async-openai. Its client is not used: it reads answers of any size, writes what it
//! cannot read to the log, keeps `Retry-After` to itself, repeats calls on its own and reads the environment. The job queue
//! repeats, and what was said must not reach a log, so the transport is reqwest with our limits.

mod sse;
mod talk;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_openai::types::chat::CreateChatCompletionRequest;
use async_trait::async_trait;
use futures::StreamExt;
use patchcord_domain::copilot::Task;
use patchcord_domain::redaction::Redacted;
use patchcord_domain::time::Clock;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Client, Response, StatusCode, Url};
use tokio::sync::Semaphore;

use crate::{Breaker, Completion, Listener, Model, ModelError, Prompts, Repair, strict_schema};
use wire::Refusal;

/// How long a connection may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a look at the server's health may take.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);

/// How to reach the server.
#[derive(Clone)]
pub struct Options {
    /// Such as `https://api.openai.com/v1`; the routes are below it.
    pub base_url: String,
    /// Sent as a bearer token; local servers need none.
    pub api_key: Option<String>,
    /// The model that is asked for.
    pub model: String,
    /// How long one call may take, in milliseconds.
    pub timeout_ms: u64,
    /// Largest answer that is read, in bytes.
    pub max_answer_bytes: usize,
    /// Calls that may be under way at once.
    pub max_concurrent: usize,
}

impl Options {
    /// The defaults for a server and a model.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: None,
            model: model.into(),
            timeout_ms: 60_000,
            max_answer_bytes: 1024 * 1024,
            max_concurrent: 8,
        }
    }
}

/// A client of one server. Clones share its connections and its limits.
#[derive(Clone)]
pub struct OpenAi {
    options: Options,
    client: Client,
    clock: Arc<dyn Clock>,
    prompts: Arc<Prompts>,
    places: Arc<Semaphore>,
    breaker: Arc<Breaker>,
    /// Set when the server does not know strict schemas; JSON mode is used from then on.
    json_mode: Arc<AtomicBool>,
    /// Set when the server refuses to stream; whole answers are asked for from then on.
    whole: Arc<AtomicBool>,
}

impl OpenAi {
    /// Makes the client. Proxies of the environment are not used and redirects are not followed: the ticket goes to the
    /// server that was configured, and nowhere else.
    ///
    /// # Errors
    /// When the address is not one of a web server, the key cannot be sent, or TLS cannot be set up.
    pub fn new(options: Options, clock: Arc<dyn Clock>, prompts: Prompts) -> Result<Self, ModelError> {
        let refused = |text: &str| ModelError::Refused(text.to_owned());
        let url = Url::parse(&options.base_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        url.ok_or_else(|| refused("OPENAI_BASE_URL is not an address that begins with http:// or https://."))?;
        let mut headers = HeaderMap::new();
        if let Some(key) = options.api_key.as_deref() {
            let value = HeaderValue::from_str(&format!("Bearer {key}"));
            let mut value = value.map_err(|_| refused("OPENAI_API_KEY has characters that cannot be sent."))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let client = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .default_headers(headers)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(Duration::from_millis(options.timeout_ms))
            .build()
            .map_err(|error| ModelError::Refused(format!("The client cannot be set up: {error}.")))?;
        let places = Arc::new(Semaphore::new(options.max_concurrent.max(1)));
        let (prompts, breaker) = (Arc::new(prompts), Arc::new(Breaker::default()));
        let (json_mode, whole) = (Arc::default(), Arc::default());
        Ok(Self { options, client, clock, prompts, places, breaker, json_mode, whole })
    }

    /// Asks with a strict schema, or in JSON mode where the server lacks those; streaming, where somebody listens and the
    /// server can.
    async fn ask(
        &self,
        task: &Redacted<Task>,
        repair: Option<&Repair>,
        listener: Option<&dyn Listener>,
    ) -> Result<Completion, ModelError> {
        let mut strict = !self.json_mode.load(Ordering::Relaxed);
        let mut heard = listener.filter(|_| !self.whole.load(Ordering::Relaxed));
        // At most three rounds: each refusal that is not the end takes one of two things away.
        loop {
            match self.post(&self.request(task, repair, strict, heard.is_some())?, heard).await {
                Err(Refusal::NoStrictSchemas) if strict => strict = false,
                Err(Refusal::NoStreaming) if heard.is_some() => heard = None,
                Err(refusal) => return Err(refusal.into_error()),
                Ok(completion) => {
                    // Remembered only now: that it worked shows that this was what the server minded.
                    if !strict && !self.json_mode.swap(true, Ordering::Relaxed) {
                        tracing::info!(
                            "the model's server does not know strict schemas; JSON mode is used from now on"
                        );
                    }
                    if listener.is_some() && heard.is_none() && !self.whole.swap(true, Ordering::Relaxed) {
                        tracing::info!("the model's server does not stream; whole answers are asked for from now on");
                    }
                    return Ok(completion);
                }
            }
        }
    }

    fn request(
        &self,
        task: &Redacted<Task>,
        repair: Option<&Repair>,
        strict: bool,
        streaming: bool,
    ) -> Result<CreateChatCompletionRequest, ModelError> {
        let wrong = |error: crate::PromptsError| ModelError::Refused(format!("{error}. Check PROMPTS_DIR."));
        let kind = task.get().kind;
        let schema = strict_schema(kind);
        let prompt = self.prompts.render(task, (!strict).then_some(&schema)).map_err(wrong)?;
        let mut messages = vec![wire::system(prompt.system), wire::user(prompt.user)];
        if let Some(repair) = repair {
            messages.push(wire::assistant(repair.answer.get()));
            messages.push(wire::user(self.prompts.repair(repair).map_err(wrong)?));
        }
        let schema = strict.then(|| (kind.as_str(), schema));
        Ok(wire::request(&self.options.model, messages, schema, streaming))
    }

    async fn post(
        &self,
        request: &CreateChatCompletionRequest,
        listener: Option<&dyn Listener>,
    ) -> Result<Completion, Refusal> {
        let response = self.client.post(self.url("chat/completions")).json(request).send().await;
        let response = response.map_err(|error| broken(&error))?;
        if !response.status().is_success() {
            return Err(self.refusal(response, listener.is_some()).await);
        }
        match listener {
            Some(listener) if sse::is_stream(response.headers()) => Ok(self.hear(response, listener).await?),
            // A server that streams nothing and does not say so sends the whole answer.
            _ => Ok(wire::completion(&self.read(response).await?, &self.options.model)?),
        }
    }

    /// Reads an answer piece by piece and tells the listener after each.
    async fn hear(&self, response: Response, listener: &dyn Listener) -> Result<Completion, ModelError> {
        let mut stream = sse::Answer::new(self.options.max_answer_bytes);
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            if stream.take(&chunk.map_err(|error| broken(&error))?)? {
                listener.heard(stream.text());
            }
            if stream.is_done() {
                break;
            }
        }
        stream.finish(&self.options.model)
    }

    async fn refusal(&self, response: Response, streaming: bool) -> Refusal {
        let status = response.status();
        let retry_after_ms = wire::retry_after_ms(response.headers(), self.clock.now());
        // The status says enough when the rest cannot be read.
        let said = self.read(response).await.unwrap_or_default();
        wire::refusal(status, retry_after_ms, &said, &self.options, streaming)
    }

    /// Reads an answer, but never more than the limit.
    async fn read(&self, response: Response) -> Result<Vec<u8>, ModelError> {
        let max = self.options.max_answer_bytes;
        if response.content_length().is_some_and(|length| length > max as u64) {
            return Err(ModelError::TooLarge);
        }
        let mut bytes = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(|error| broken(&error))?;
            if bytes.len() + chunk.len() > max {
                return Err(ModelError::TooLarge);
            }
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    /// One call behind the limit of places and the circuit breaker.
    async fn call(
        &self,
        task: &Redacted<Task>,
        repair: Option<&Repair>,
        listener: Option<&dyn Listener>,
    ) -> Result<Completion, ModelError> {
        self.guarded(self.ask(task, repair, listener)).await
    }

    /// Waits for a place, and tells the breaker what came of it.
    async fn guarded<T>(&self, asking: impl Future<Output = Result<T, ModelError>> + Send) -> Result<T, ModelError> {
        let limit = Duration::from_millis(self.options.timeout_ms);
        let place = tokio::time::timeout(limit, self.places.acquire()).await.map_err(|_| ModelError::Timeout)?;
        let _place = place.expect("it is never closed");
        let pass = self.breaker.admit(self.clock.now()).map_err(|until| ModelError::CircuitOpen { until })?;
        let result = asking.await;
        match &result {
            Err(error) if error.is_transient() => pass.failed(self.clock.now()),
            _ => pass.succeeded(),
        }
        result
    }

    fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.options.base_url.trim_end_matches('/'))
    }
}

#[async_trait]
impl Model for OpenAi {
    fn provider(&self) -> &'static str {
        "openai"
    }

    fn name(&self) -> &str {
        &self.options.model
    }

    fn prompt_version(&self) -> &str {
        self.prompts.version()
    }

    async fn complete(&self, task: &Redacted<Task>, repair: Option<&Repair>) -> Result<Completion, ModelError> {
        self.call(task, repair, None).await
    }

    async fn stream(&self, task: &Redacted<Task>, listener: &dyn Listener) -> Result<Completion, ModelError> {
        self.call(task, None, Some(listener)).await
    }

    fn named(&self, name: &str) -> Option<Arc<dyn Model>> {
        let options = Options { model: name.to_owned(), ..self.options.clone() };
        Some(Arc::new(Self { options, ..self.clone() }))
    }

    async fn check(&self) -> Result<(), ModelError> {
        if let Some(until) = self.breaker.open_until(self.clock.now()) {
            return Err(ModelError::CircuitOpen { until });
        }
        let response = self.client.get(self.url("models")).timeout(CHECK_TIMEOUT).send().await;
        let response = response.map_err(|error| broken(&error))?;
        // A server without a list of models has answered all the same.
        if response.status().is_success() || response.status() == StatusCode::NOT_FOUND {
            return Ok(());
        }
        Err(self.refusal(response, false).await.into_error())
    }
}

/// Why there was no answer. What reqwest says is not repeated: it names the address, which may hold a password.
fn broken(error: &reqwest::Error) -> ModelError {
    if error.is_timeout() {
        return ModelError::Timeout;
    }
    let reason = if error.is_connect() { "there is no connection" } else { "the connection broke" };
    ModelError::Unavailable(reason.into())
}
