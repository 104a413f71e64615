//! A server that speaks OpenAI's chat completions (<https://platform.openai.com/docs/api-reference/chat>) and follows a script.
//!
//! It looks at every request as the real one does and refuses what that refuses; only a request that passes takes the next
//! step of the script. Asked to stream, it answers with server-sent events
//! (<https://platform.openai.com/docs/api-reference/chat-streaming>).

pub mod control;
mod refuse;
mod stream;
mod strict;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::http::{Connection, header};
use refuse::Refusal;

/// The key that the server accepts.
pub const KEY: &str = "the-key-of-the-scripted-server";

/// What the server does with one request.
#[derive(Debug, Clone)]
pub enum Step {
    /// It answers.
    Reply(Reply),
    /// It answers with the plainest JSON that fits the schema it was given.
    Plainest,
    /// 429, with that `Retry-After` if any.
    RateLimited(Option<String>),
    /// 429 that means: no money left.
    NoCredit,
    /// This status and a page of HTML, as proxies in front of a server send it.
    Status(u16),
    /// 503 with that `Retry-After`.
    Overloaded(String),
    /// 404, as for a model that does not exist.
    NoSuchModel,
    /// 400, as servers say that do not know `json_schema`.
    NoStrictSchemas,
    /// 400, as servers say that cannot stream.
    NoStreaming,
    /// It answers, but whole, although it was asked to stream.
    Whole(Reply),
    /// It streams with so many milliseconds before each piece.
    Slowly(u64, Reply),
    /// It streams half of the answer, then the connection ends.
    StreamCut(Reply),
    /// It streams half of the answer, then a line that is no event of it.
    StreamGarbage(Reply),
    /// It streams half of the answer, then an error object.
    StreamError(Reply),
    /// It streams half of the answer, then nothing.
    StreamHang(Reply),
    /// 400, as for a prompt that is longer than the model takes.
    PromptTooLong,
    /// 307 to that address.
    Redirect(String),
    /// 200 with something that is not JSON.
    Garbage,
    /// 200 with JSON that is not a chat completion.
    OtherJson,
    /// 200 with that many bytes; `u64::MAX` never ends.
    Long(u64),
    /// 200 that says at once that it has that many bytes.
    LongAnnounced(u64),
    /// The connection ends in the middle of the answer.
    Half,
    /// Nothing is ever answered.
    Hang,
    /// The connection is reset before an answer.
    Reset,
    /// The other step, but so many milliseconds later.
    Late(u64, Box<Step>),
    /// The other step, but not before the gate has a permit; each passes through with it and leaves it there.
    Held(Arc<Semaphore>, Box<Step>),
}

impl Reply {
    /// These words, and these tools: id, name, arguments.
    pub fn calls(content: Option<&str>, calls: &[[&str; 3]]) -> Self {
        let calls = calls.iter().map(|call| call.map(str::to_owned)).collect();
        Self { content: content.map(str::to_owned), calls, ..Self::default() }
    }

    /// This JSON as the text of the model.
    pub fn json(content: Value) -> Self {
        Self { content: Some(content.to_string()), ..Self::default() }
    }
}

impl Step {
    /// Answers with this JSON as the text of the model.
    pub fn json(content: Value) -> Self {
        Self::text(content.to_string())
    }

    /// Answers with this text of the model.
    pub fn text(content: impl Into<String>) -> Self {
        Step::Reply(Reply { content: Some(content.into()), ..Reply::default() })
    }
}

/// An answer of the model.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// Its text; none when it declines.
    pub content: Option<String>,
    /// Why it declines.
    pub refusal: Option<String>,
    /// Tools that it calls: id, name, arguments.
    pub calls: Vec<[String; 3]>,
    /// The model that answers; the one that was asked for when absent.
    pub model: Option<String>,
    /// Tokens of the prompt, cached ones among them, tokens of the answer; counted at four characters each when absent.
    pub usage: Option<[u32; 3]>,
}

/// A request as it came.
#[derive(Debug, Clone)]
pub struct Request {
    raw: Vec<u8>,
    body_at: usize,
}

impl Request {
    /// Every byte of it, the head too.
    pub fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// Method and path.
    pub fn target(&self) -> String {
        let line = self.raw.split(|byte| *byte == b'\r').next().unwrap_or_default();
        String::from_utf8_lossy(line).trim_end_matches(" HTTP/1.1").to_owned()
    }

    /// Value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.raw[..self.body_at], name)
    }

    /// The body; null when it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.raw[self.body_at..]).unwrap_or_default()
    }

    /// Text of a message by its place in the conversation, empty when there is none.
    pub fn message(&self, index: usize) -> String {
        self.json()["messages"][index]["content"].as_str().unwrap_or_default().to_owned()
    }
}

type Responder = Arc<dyn Fn(&Request) -> Step + Send + Sync>;

/// The running server. It stops when this is dropped.
pub struct ScriptedModel {
    address: SocketAddr,
    shared: Arc<Mutex<State>>,
    stop: CancellationToken,
    tasks: TaskTracker,
}

#[derive(Default)]
struct State {
    steps: VecDeque<Step>,
    responder: Option<Responder>,
    requests: Vec<Request>,
    unexpected: Vec<String>,
    under_way: usize,
    most_under_way: usize,
}

impl ScriptedModel {
    /// Starts a server on a free port of this machine. Must be called within a tokio runtime.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = State { steps: script.into_iter().collect(), ..State::default() };
        let server = Self {
            address,
            shared: Arc::new(Mutex::new(state)),
            stop: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let (shared, stop, tasks) = (Arc::clone(&server.shared), server.stop.clone(), server.tasks.clone());
        server.tasks.spawn(async move {
            while let Some(Ok((socket, _))) = stop.run_until_cancelled(listener.accept()).await {
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                tasks.spawn(async move {
                    // How a connection ends is the client's affair, and often the point of a test.
                    let _ = stop.run_until_cancelled(serve(Connection::new(socket), &shared)).await;
                });
            }
        });
        server
    }

    /// What clients take as the base address.
    pub fn base_url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// Adds a step to the end of the script.
    pub fn push(&self, step: Step) {
        lock(&self.shared).steps.push_back(step);
    }

    /// Decides about requests that come when the script is at its end.
    pub fn respond(&self, responder: impl Fn(&Request) -> Step + Send + Sync + 'static) {
        lock(&self.shared).responder = Some(Arc::new(responder));
    }

    /// Every request so far, in order, the refused ones too.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared).requests.clone()
    }

    /// How many chat completions were under way at the same time at most.
    pub fn most_under_way(&self) -> usize {
        lock(&self.shared).most_under_way
    }

    /// # Panics
    /// When steps of the script were not taken, or requests came that it does not foresee.
    #[track_caller]
    pub fn assert_done(&self) {
        let state = lock(&self.shared);
        assert!(state.unexpected.is_empty(), "unexpected requests: {:?}", state.unexpected);
        assert!(state.steps.is_empty(), "steps that were not taken: {:?}", state.steps);
    }

    /// Stops and waits until every connection is closed.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for ScriptedModel {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().expect("nothing panics while it is held")
}

async fn serve(mut connection: Connection, shared: &Mutex<State>) -> std::io::Result<()> {
    while let Some((raw, body_at)) = connection.next().await? {
        let request = Request { raw, body_at };
        let step = take(shared, &request);
        let _guard = matches!(step, Ok(Some(_))).then(|| UnderWay::begin(shared));
        match step {
            Err(refusal) => send(&mut connection, refusal.status, &[], &refusal.body()).await?,
            Ok(None) => send(&mut connection, 200, &[], &models()).await?,
            Ok(Some(step)) => match perform(connection, &request, step).await? {
                Some(open) => connection = open,
                None => return Ok(()),
            },
        }
    }
    Ok(())
}

/// Records a request and says what to do with it; none for the list of models, which no script speaks of.
fn take(shared: &Mutex<State>, request: &Request) -> Result<Option<Step>, Refusal> {
    let mut state = lock(shared);
    state.requests.push(request.clone());
    let target = request.target();
    refuse::key(request.header("authorization"))?;
    match target.as_str() {
        "POST /v1/chat/completions" => refuse::chat(request)?,
        "GET /v1/models" => return Ok(None),
        _ => {
            let refusal = refuse::route(&target);
            state.unexpected.push(target);
            return Err(refusal);
        }
    }
    if let Some(step) = state.steps.pop_front() {
        return Ok(Some(step));
    }
    let Some(responder) = state.responder.clone() else {
        state.unexpected.push(target);
        return Ok(Some(Step::Status(500)));
    };
    drop(state);
    Ok(Some(responder(request)))
}

/// Does one step. Returns the connection if it can take another request.
async fn perform(mut connection: Connection, request: &Request, step: Step) -> std::io::Result<Option<Connection>> {
    let model = request.json()["model"].as_str().unwrap_or_default().to_owned();
    let refused = |refusal: Refusal| (refusal.status, Vec::new(), refusal.body());
    let (status, headers, body) = match step {
        Step::Late(milliseconds, step) => {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
            return Box::pin(perform(connection, request, *step)).await;
        }
        Step::Held(gate, step) => {
            drop(gate.acquire().await);
            return Box::pin(perform(connection, request, *step)).await;
        }
        Step::Hang => {
            connection.hang().await?;
            return Ok(None);
        }
        Step::Reset => {
            connection.reset();
            return Ok(None);
        }
        Step::Half => {
            connection.send_half(completion(request, &Reply::default()).to_string().as_bytes()).await?;
            return Ok(None);
        }
        Step::Long(bytes) => {
            connection.send_long(200, &[json_type()], bytes).await?;
            return Ok(Some(connection));
        }
        Step::LongAnnounced(bytes) => {
            connection.send(200, &[json_type()], &vec![b' '; usize::try_from(bytes).unwrap_or(usize::MAX)]).await?;
            return Ok(Some(connection));
        }
        Step::Garbage => {
            connection.send(200, &[json_type()], b"<html>{\"choices\": [").await?;
            return Ok(Some(connection));
        }
        Step::Status(status) => {
            connection.send(status, &[], b"<html><h1>Something went wrong</h1></html>").await?;
            return Ok(Some(connection));
        }
        Step::Whole(reply) => (200, Vec::new(), completion(request, &reply)),
        Step::Reply(reply) if stream::is_asked(request) => {
            return stream::send(connection, request, &reply, stream::Manner::Whole).await;
        }
        Step::Reply(reply) => (200, Vec::new(), completion(request, &reply)),
        Step::Slowly(pause, reply) => {
            return stream::send(connection, request, &reply, stream::Manner::Slowly(pause)).await;
        }
        Step::StreamCut(reply) => return stream::send(connection, request, &reply, stream::Manner::Cut).await,
        Step::StreamGarbage(reply) => return stream::send(connection, request, &reply, stream::Manner::Garbage).await,
        Step::StreamError(reply) => return stream::send(connection, request, &reply, stream::Manner::Error).await,
        Step::StreamHang(reply) => return stream::send(connection, request, &reply, stream::Manner::Hang).await,
        Step::Plainest => {
            let schema = &request.json()["response_format"]["json_schema"]["schema"];
            let reply = Reply { content: Some(strict::plainest(schema).to_string()), ..Reply::default() };
            if stream::is_asked(request) {
                return stream::send(connection, request, &reply, stream::Manner::Whole).await;
            }
            (200, Vec::new(), completion(request, &reply))
        }
        Step::OtherJson => (200, Vec::new(), json!({"object": "list", "data": []})),
        Step::RateLimited(wait) => {
            let headers = wait.map(|wait| ("retry-after", wait)).into_iter().collect();
            (429, headers, refuse::rate_limit().body())
        }
        Step::Overloaded(wait) => (503, vec![("retry-after", wait)], refuse::overload().body()),
        Step::NoCredit => refused(refuse::no_credit()),
        Step::NoSuchModel => refused(refuse::no_such_model(&model)),
        Step::NoStrictSchemas => refused(refuse::no_strict_schemas()),
        Step::NoStreaming => refused(refuse::no_streaming()),
        Step::PromptTooLong => refused(refuse::prompt_too_long()),
        Step::Redirect(to) => (307, vec![("location", to)], Value::Null),
    };
    send(&mut connection, status, &headers, &body).await?;
    Ok(Some(connection))
}

async fn send(
    connection: &mut Connection,
    status: u16,
    headers: &[(&str, String)],
    body: &Value,
) -> std::io::Result<()> {
    let headers = [headers, &[json_type()]].concat();
    connection.send(status, &headers, body.to_string().as_bytes()).await
}

fn json_type() -> (&'static str, String) {
    ("content-type", "application/json".to_owned())
}

/// The object that a chat completion is.
fn completion(request: &Request, reply: &Reply) -> Value {
    let asked = request.json();
    let texts = asked["messages"].as_array().into_iter().flatten().filter_map(|message| message["content"].as_str());
    let tokens = |text: &str| u32::try_from(text.len().div_ceil(4)).unwrap_or(u32::MAX);
    let counted = [texts.map(tokens).sum(), 0, tokens(reply.content.as_deref().unwrap_or_default())];
    let [input, cached, output] = reply.usage.unwrap_or(counted);
    json!({
        "id": "chatcmpl-scripted",
        "object": "chat.completion",
        "created": 1_764_000_000,
        "model": reply.model.as_ref().map_or(asked["model"].clone(), |model| json!(model)),
        "choices": [{
            "index": 0,
            "message": message(reply),
            "logprobs": null,
            "finish_reason": if reply.calls.is_empty() { "stop" } else { "tool_calls" },
        }],
        "usage": {
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": input + output,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_scripted",
    })
}

fn message(reply: &Reply) -> Value {
    let mut message =
        json!({"role": "assistant", "content": reply.content, "refusal": reply.refusal, "annotations": []});
    let calls = reply.calls.iter().map(|[id, name, arguments]| {
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}})
    });
    if !reply.calls.is_empty() {
        message["tool_calls"] = calls.collect();
    }
    message
}

fn models() -> Value {
    let model = |id: &str| json!({"id": id, "object": "model", "created": 1_764_000_000, "owned_by": "patchcord"});
    json!({"object": "list", "data": [model("gpt-4o-mini"), model("gpt-4o")]})
}

/// Counts a chat completion for as long as it lives.
struct UnderWay<'s>(&'s Mutex<State>);

impl<'s> UnderWay<'s> {
    fn begin(shared: &'s Mutex<State>) -> Self {
        let mut state = lock(shared);
        state.under_way += 1;
        state.most_under_way = state.most_under_way.max(state.under_way);
        Self(shared)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        lock(self.0).under_way -= 1;
    }
}
