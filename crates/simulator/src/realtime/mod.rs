//! A server that speaks OpenAI's Realtime protocol (<https://platform.openai.com/docs/api-reference/realtime>): it hears
//! words in the sound that comes in, lets a brain answer, and says the words of the answer in sound again.
//!
//! It is stricter than the real one: a field that it does not know, a truncation beyond what was said, a second response at
//! once are refused as the real one refuses them, and kept as violations that tests look at.

mod brain;
mod check;
mod config;
mod items;
mod response;
mod session;
mod speech;
mod usage;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::accept_hdr_async;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::pace::Pace;
pub use brain::{Brain, Echoing};

/// The key that the server accepts.
pub const KEY: &str = "the-key-of-the-scripted-realtime-server";

/// A way to fail, on one connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The handshake is refused with this status.
    Refuse(u16),
    /// A `session.update` is answered with an error.
    RefuseUpdate,
    /// A `session.update` is never answered.
    NeverUpdated,
    /// The connection breaks when so many responses are complete.
    BreakAfter(usize),
    /// The connection breaks in the middle of the sound of that response; the first is 0.
    BreakWithin(usize),
    /// The connection is closed in an orderly way, with this code, when so many responses are complete.
    CloseAfter(usize, u16),
    /// From that response on nothing is ever answered.
    Mute(usize),
    /// That response fails with this code.
    Fail(usize, String),
    /// Each response waits so many milliseconds first.
    Slow(u64),
    /// The session expires so many milliseconds after it was created.
    Expire(u64),
    /// Transcripts of the caller come so many milliseconds late, after the answer.
    LateTranscripts(u64),
    /// Transcripts of the caller fail.
    NoTranscripts,
    /// Between events come others that nobody knows, with fields that nobody knows.
    Strange,
    /// A frame comes that is no JSON, once.
    Garbage,
    /// The server begins a response of its own just before the client's, as with voice detection.
    Racing,
}

/// How the server is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// How fast time passes.
    pub pace: Pace,
    /// How many times faster than it is spoken the sound is sent.
    pub generation: u64,
    /// How long the model thinks before its first word, in milliseconds.
    pub thinking_ms: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { pace: Pace::REAL, generation: 5, thinking_ms: 150 }
    }
}

/// What the server kept of its connections.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) faults: VecDeque<Vec<Fault>>,
    /// Events of the clients without their sound.
    pub(crate) events: VecDeque<Value>,
    pub(crate) violations: Vec<String>,
    pub(crate) connections: usize,
    pub(crate) open: usize,
    pub(crate) responses: usize,
    pub(crate) interrupted: usize,
}

/// Events that are kept; the oldest go first.
const EVENTS_MAX: usize = 5_000;

impl State {
    pub(crate) fn keep(&mut self, event: Value) {
        if self.events.len() == EVENTS_MAX {
            self.events.pop_front();
        }
        self.events.push_back(event);
    }
}

/// A running server. It ends when it is dropped.
pub struct ScriptedRealtime {
    address: SocketAddr,
    shared: Arc<Mutex<State>>,
    stop: CancellationToken,
}

impl ScriptedRealtime {
    /// Starts a server on a free port.
    pub async fn start(brain: Arc<dyn Brain>, options: Options) -> Self {
        Self::at(SocketAddr::from(([127, 0, 0, 1], 0)), brain, options).await.expect("a free port")
    }

    /// Starts a server at an address.
    ///
    /// # Errors
    /// When it cannot listen there.
    pub async fn at(address: SocketAddr, brain: Arc<dyn Brain>, options: Options) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (shared, stop, tasks) = (Arc::<Mutex<State>>::default(), CancellationToken::new(), TaskTracker::new());
        let server = Self { address, shared: Arc::clone(&shared), stop: stop.clone() };
        let connections = tasks.clone();
        tasks.spawn(async move {
            while let Some(Ok((socket, _))) = stop.run_until_cancelled(listener.accept()).await {
                let (shared, stop) = (Arc::clone(&shared), stop.clone());
                let (brain, options) = (Arc::clone(&brain), options.clone());
                connections.spawn(async move {
                    let _ = stop.run_until_cancelled(serve(socket, shared, brain, options)).await;
                });
            }
        });
        Ok(server)
    }

    /// What clients take as the address, without the model.
    pub fn url(&self) -> String {
        format!("ws://{}/v1/realtime", self.address)
    }

    /// The next connection fails in these ways; the one after it in the next ones.
    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        lock(&self.shared).faults.push_back(faults.into_iter().collect());
    }

    /// What clients did that the protocol forbids.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.shared).violations.clone()
    }

    /// Events that clients sent, sound left out.
    pub fn events(&self) -> Vec<Value> {
        lock(&self.shared).events.iter().cloned().collect()
    }

    /// Connections so far, refused ones among them.
    pub fn connections(&self) -> usize {
        lock(&self.shared).connections
    }

    /// Connections that are open.
    pub fn open(&self) -> usize {
        lock(&self.shared).open
    }

    /// Responses so far.
    pub fn responses(&self) -> usize {
        lock(&self.shared).responses
    }

    /// Responses that the caller cut short.
    pub fn interrupted(&self) -> usize {
        lock(&self.shared).interrupted
    }
}

impl Drop for ScriptedRealtime {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

pub(crate) fn lock(shared: &Mutex<State>) -> MutexGuard<'_, State> {
    shared.lock().expect("nothing panics while it is held")
}

async fn serve(socket: TcpStream, shared: Arc<Mutex<State>>, brain: Arc<dyn Brain>, options: Options) {
    let faults = {
        let mut state = lock(&shared);
        state.connections += 1;
        state.faults.pop_front().unwrap_or_default()
    };
    let refused = faults.iter().find_map(|fault| match fault {
        Fault::Refuse(status) => Some(*status),
        _ => None,
    });
    let mut model = String::new();
    #[expect(clippy::result_large_err, reason = "the library's own type of a refusal")]
    let check =
        |request: &Request, response: Response| match refused.map_or_else(|| admit(request), |s| Err((s, "refused"))) {
            Ok(name) => {
                model = name;
                Ok(response)
            }
            Err((status, why)) => {
                lock(&shared).violations.extend(refused.is_none().then(|| format!("handshake: {why}")));
                let mut answer = ErrorResponse::new(Some(format!("{{\"error\":{{\"message\":\"{why}\"}}}}")));
                *answer.status_mut() = status.try_into().unwrap_or_default();
                Err(answer)
            }
        };
    let Ok(socket) = accept_hdr_async(socket, check).await else { return };
    lock(&shared).open += 1;
    session::Session::new(socket, Arc::clone(&shared), brain, options, faults, model).run().await;
    lock(&shared).open -= 1;
}

/// Whether a handshake is what the real server takes; the model that it names.
fn admit(request: &Request) -> Result<String, (u16, &'static str)> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    if header("authorization") != Some(&format!("Bearer {KEY}")) {
        return Err((401, "Incorrect API key provided"));
    }
    if header("openai-beta").is_some() {
        return Err((400, "the beta interface is gone"));
    }
    if request.uri().path() != "/v1/realtime" {
        return Err((404, "there is nothing here"));
    }
    let query = request.uri().query().unwrap_or_default();
    let model = query.split('&').find_map(|pair| pair.strip_prefix("model="));
    model.filter(|name| !name.is_empty()).map(str::to_owned).ok_or((400, "no model is named"))
}
