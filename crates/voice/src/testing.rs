//! What the tests of the engines share: a scripted conversation, tools that do as they are told, and a carrier's socket.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use patchcord_agents::{Agents, Facts, Input, Limits, Moment, Output, ToolReply, Tools};
use patchcord_domain::call::{CallEvent, IdentifiedBy, Verification};
use patchcord_domain::redaction::{Options, Redactor};
use patchcord_domain::time::{Clock, Millis};
use patchcord_llm::talk::{Entry, Talk, ToolCall, ToolSpec};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::frames::{FrameSocket, SocketError};
use crate::session::{Core, Session};

/// How long a test waits for something that must happen.
pub(crate) const SOON: Duration = Duration::from_secs(8);

struct Ticking(Instant);

impl Clock for Ticking {
    fn now(&self) -> Millis {
        1_764_000_000_000 + self.0.elapsed().as_millis() as i64
    }
}

/// Tools that answer with their own name, after a while.
pub(crate) struct Slow(pub(crate) Duration);

#[async_trait]
impl Tools for Slow {
    fn specs(&self) -> &[ToolSpec] {
        &[]
    }

    async fn run(&self, agent: &str, call: &ToolCall) -> ToolReply {
        tokio::time::sleep(self.0).await;
        ToolReply { outcome: "ok", content: json!({"ran": call.name, "for": agent}), ..ToolReply::default() }
    }

    fn facts(&self) -> Facts {
        Facts {
            verification: Verification::None,
            identified_by: IdentifiedBy::None,
            organization: None,
            contact: None,
            devices: Vec::new(),
            tickets: Vec::new(),
            language: None,
            workspace: "Northwind IT".into(),
            local_time: "noon".into(),
            people_there: true,
        }
    }
}

type Reaction = Box<dyn FnMut(&Input) -> Vec<Output> + Send>;

/// A conversation that does what the test says, and remembers what it was told.
pub(crate) struct Scripted {
    inputs: Arc<Mutex<Vec<Input>>>,
    react: Reaction,
    pub(crate) history: Vec<Entry>,
}

impl Scripted {
    pub(crate) fn new(react: impl FnMut(&Input) -> Vec<Output> + Send + 'static) -> (Self, Told) {
        let inputs = Arc::new(Mutex::new(Vec::new()));
        let told = Told(Arc::clone(&inputs));
        (Self { inputs, react: Box::new(react), history: Vec::new() }, told)
    }
}

/// What a conversation was told.
#[derive(Clone)]
pub(crate) struct Told(Arc<Mutex<Vec<Input>>>);

impl Told {
    /// Everything but ticks.
    pub(crate) fn all(&self) -> Vec<Input> {
        self.0.lock().unwrap().iter().filter(|input| **input != Input::Tick).cloned().collect()
    }

    /// Waits until something like this was told.
    pub(crate) async fn until(&self, what: &str, found: impl Fn(&Input) -> bool) {
        let waited = tokio::time::timeout(SOON, async {
            while !self.0.lock().unwrap().iter().any(&found) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        assert!(waited.await.is_ok(), "{what} was not told; told was {:#?}", self.all());
    }
}

impl Core for Scripted {
    fn take(&mut self, _moment: Moment, input: Input) -> Vec<Output> {
        self.inputs.lock().unwrap().push(input.clone());
        let outputs = (self.react)(&input);
        match input {
            Input::End(ending) if outputs.is_empty() => vec![Output::Finish(ending)],
            _ => outputs,
        }
    }

    fn talk(&self) -> Talk {
        Talk {
            agent: "triage_agent".into(),
            instructions: "You are triage_agent.".into(),
            tools: Vec::new(),
            history: self.history.clone(),
        }
    }

    fn history(&self) -> Vec<Entry> {
        self.history.clone()
    }

    fn agent(&self) -> &str {
        "triage_agent"
    }

    fn revealed(&self, text: &str) -> String {
        text.replace("[PHONE_1]", "+12025550143")
    }

    fn bridge(&self) -> String {
        "I am here again.".into()
    }

    fn filler(&self, number: usize) -> String {
        format!("One moment ({number}).")
    }
}

/// The other ends of a session.
pub(crate) struct Ends {
    pub(crate) operator: mpsc::Sender<Input>,
    pub(crate) recorded: mpsc::Receiver<CallEvent>,
}

pub(crate) fn session(tools: impl Tools + 'static, room: usize) -> (Session, Ends) {
    let (recorder, recorded) = mpsc::channel(room);
    let (operator, operator_out) = mpsc::channel(8);
    let clock = Ticking(Instant::now());
    let session = Session {
        call_id: "call1".into(),
        agents: Arc::new(Agents::embedded()),
        tools: Arc::new(tools),
        recorder,
        operator: operator_out,
        resume: None,
        limits: Limits::default(),
        answered_at: clock.now(),
        speed: 1,
        clock: Arc::new(clock),
        redactor: Redactor::new(Options::default()),
        tasks: TaskTracker::new(),
    };
    (session, Ends { operator, recorded })
}

/// A carrier's socket without a network, as the engine has it.
pub(crate) struct Pipe {
    from: mpsc::Receiver<Result<String, SocketError>>,
    to: mpsc::Sender<String>,
    fed: VecDeque<String>,
}

/// The same, as the carrier has it.
pub(crate) struct Carrier {
    to: mpsc::Sender<Result<String, SocketError>>,
    from: mpsc::Receiver<String>,
}

pub(crate) fn pipe() -> (Pipe, Carrier) {
    let (to_engine, from) = mpsc::channel(4_096);
    let (to, from_engine) = mpsc::channel(65_536);
    (Pipe { from, to, fed: VecDeque::new() }, Carrier { to: to_engine, from: from_engine })
}

impl FrameSocket for Pipe {
    type Text = String;

    async fn receive(&mut self) -> Option<Result<String, SocketError>> {
        self.from.recv().await
    }

    async fn feed(&mut self, text: String) -> Result<(), SocketError> {
        self.fed.push_back(text);
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), SocketError> {
        while let Some(text) = self.fed.pop_front() {
            self.to.try_send(text).map_err(|_| SocketError::Broken)?;
        }
        Ok(())
    }

    async fn close(&mut self) {
        self.from.close();
    }
}

impl Carrier {
    pub(crate) fn send(&self, frame: &Value) {
        self.raw(&frame.to_string());
    }

    pub(crate) fn raw(&self, frame: &str) {
        let _ = self.to.try_send(Ok(frame.to_owned()));
    }

    pub(crate) fn binary(&self) {
        let _ = self.to.try_send(Err(SocketError::NotText));
    }

    /// The next frame; `None` when the engine has closed.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        let next = tokio::time::timeout(SOON, self.from.recv()).await.expect("the engine sends nothing");
        next.map(|text| serde_json::from_str(&text).expect("every frame is JSON"))
    }

    /// What has come by now.
    pub(crate) fn now(&mut self) -> Vec<Value> {
        std::iter::from_fn(|| self.from.try_recv().ok()).map(|text| serde_json::from_str(&text).unwrap()).collect()
    }
}
