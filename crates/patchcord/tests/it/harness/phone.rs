//! A call without a phone: admitted, opened and told to the recorder as an engine does it; and a carrier that writes down
//! what is asked of it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use patchcord_agents::{Carrier, CarrierError, Instructions, Order, Price, ToolReply};
use patchcord_app::App;
use patchcord_app::calls::{Admission, Arrival, Stream, Taken};
use patchcord_domain::call::{CallEvent, CallStatus, Ending, Engine, Speaker, Turn};
use patchcord_llm::talk::ToolCall;
use serde_json::{Value, json};

use super::World;

/// The number of the first workspace.
pub(crate) const NORTH: &str = "+12025550100";
/// The number of the second.
pub(crate) const SOUTH: &str = "+12025550101";
/// The number of the contact in either.
pub(crate) const JONAS: &str = "+12025550143";
/// A number that nobody is known by.
pub(crate) const STRANGER: &str = "+12025550199";

/// A call as the carrier announces it.
pub(crate) fn arrival(sid: &str, from: &str, to: &str) -> Arrival {
    Arrival {
        sid: format!("CA{sid:0>32}"),
        account: "AC11111111111111111111111111111111".into(),
        caller: from.starts_with('+').then(|| from.to_owned()),
        from: from.to_owned(),
        to: to.to_owned(),
        stir_verdict: None,
    }
}

impl World {
    /// Gives each workspace its number.
    pub(crate) async fn with_numbers(self) -> Self {
        for (admin, number) in [(self.admin().await, NORTH), (self.foreigner().await, SOUTH)] {
            admin.post("/api/phone-numbers", json!({"number": number, "label": "Main"})).await.expect(201);
        }
        self
    }
}

/// Lets a call in; its stream.
pub(crate) async fn ring(app: &App, sid: &str, from: &str, to: &str) -> Stream {
    match app.admit_call(arrival(sid, from, to)).await.unwrap() {
        Admission::Stream(stream) => stream,
        other => panic!("no stream but {other:?}"),
    }
}

/// A call that a conversation holds.
pub(crate) struct Talk {
    pub(crate) app: App,
    pub(crate) taken: Taken,
    ms: i64,
}

impl Talk {
    /// Rings and opens the stream.
    pub(crate) async fn begin(app: &App, sid: &str, from: &str, to: &str) -> Self {
        Self::open(app, ring(app, sid, from, to).await).await
    }

    /// Opens a stream with its token.
    pub(crate) async fn open(app: &App, stream: Stream) -> Self {
        let opened = app.open_stream(&stream.token, None).await.unwrap();
        let taken = app.take_call(opened, Engine::Relay).await.unwrap();
        let talk = Self { app: app.clone(), taken, ms: 0 };
        let (engine, at) = (Engine::Relay, app.clock.now());
        talk.tell(CallEvent::Answered { at, engine, model: "builtin".into() }).await;
        talk
    }

    pub(crate) fn id(&self) -> &str {
        &self.taken.call_id
    }

    pub(crate) async fn tell(&self, event: CallEvent) {
        self.taken.recorder.send(event).await.unwrap();
    }

    /// Hands over to an agent.
    pub(crate) async fn agent(&self, from: Option<&str>, to: &str) {
        let (at, from) = (self.app.clock.now(), from.map(str::to_owned));
        self.tell(CallEvent::AgentChanged { at, from, to: to.into(), reason: "the caller said so".into() }).await;
    }

    async fn turn(&mut self, speaker: Speaker, agent: Option<&str>, text: &str) {
        self.ms += 2_000;
        self.tell(CallEvent::Turn(Turn {
            speaker,
            agent: agent.map(str::to_owned),
            text: text.to_owned(),
            started_ms: self.ms - 2_000,
            ended_ms: self.ms,
            response_ms: agent.map(|_| 700),
            interrupted: false,
            item_id: None,
        }))
        .await;
        self.tell(CallEvent::Checkpoint(json!({"said": text}))).await;
    }

    /// The caller speaks.
    pub(crate) async fn caller(&mut self, text: &str) {
        self.turn(Speaker::Caller, None, text).await;
    }

    /// An agent speaks.
    pub(crate) async fn says(&mut self, agent: &str, text: &str) {
        self.turn(Speaker::Agent, Some(agent), text).await;
    }

    /// Runs a tool.
    pub(crate) async fn tool(&self, agent: &str, name: &str, arguments: Value) -> ToolReply {
        let call = ToolCall { id: "t1".into(), name: name.into(), arguments: arguments.to_string() };
        self.taken.tools.run(agent, &call).await
    }

    /// Ends it, and waits until everything is written.
    pub(crate) async fn end(self, ending: Ending) -> String {
        let id = self.taken.call_id.clone();
        self.tell(CallEvent::Ended { at: self.app.clock.now(), ending, resolution: None }).await;
        let app = self.app.clone();
        drop(self.taken);
        gone(&app).await;
        id
    }

    /// The conversation is gone without a word, as when its node dies: nothing more is written.
    pub(crate) fn forget(self) -> Taken {
        self.taken
    }
}

/// Waits until no conversation is held.
pub(crate) async fn gone(app: &App) {
    tokio::time::timeout(Duration::from_secs(10), app.calls.sessions.none_left()).await.unwrap();
}

/// Waits until something is so.
pub(crate) async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{what} does not come");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// A carrier that does what it is told and writes it down.
#[derive(Default)]
pub(crate) struct Notebook {
    pub(crate) lines: Mutex<Vec<String>>,
    /// What calls cost, when it is known.
    pub(crate) price: Mutex<Option<Price>>,
    /// Where calls are, when it says so.
    pub(crate) status: Mutex<Option<CallStatus>>,
}

impl Notebook {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn read(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    fn note(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }
}

#[async_trait]
impl Carrier for Notebook {
    async fn hang_up(&self, call: &str) -> Result<(), CarrierError> {
        self.note(format!("hang up {call}"));
        Ok(())
    }

    async fn redirect(&self, call: &str, instructions: &Instructions) -> Result<(), CarrierError> {
        self.note(format!("redirect {call} {instructions:?}"));
        Ok(())
    }

    async fn place(&self, order: &Order) -> Result<String, CarrierError> {
        self.note(format!("place {} from {}", order.to, order.from));
        Ok("CA99999999999999999999999999999999".into())
    }

    async fn price(&self, _: &str) -> Result<Option<Price>, CarrierError> {
        Ok(self.price.lock().unwrap().clone())
    }

    async fn status(&self, call: &str) -> Result<Option<CallStatus>, CarrierError> {
        self.note(format!("status {call}"));
        Ok(*self.status.lock().unwrap())
    }

    async fn record(&self, call: &str, _: &str) -> Result<(), CarrierError> {
        self.note(format!("record {call}"));
        Ok(())
    }

    async fn recording(&self, recording: &str) -> Result<Vec<u8>, CarrierError> {
        self.note(format!("fetch {recording}"));
        Ok(b"RIFF".to_vec())
    }

    async fn forget_recording(&self, recording: &str) -> Result<(), CarrierError> {
        self.note(format!("forget {recording}"));
        Ok(())
    }
}
