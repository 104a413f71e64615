//! Measures a turn over the relay with the built-in model: from the caller's words to the first word of the answer.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people at a terminal")]

use std::sync::Arc;

use async_trait::async_trait;
use futures::{SinkExt, StreamExt};
use patchcord_agents::builtin::Rules;
use patchcord_agents::{Agents, Facts, Limits, ToolReply, Tools};
use patchcord_domain::call::{IdentifiedBy, Verification};
use patchcord_domain::redaction::{Options, Redactor};
use patchcord_domain::time::{Clock, Millis};
use patchcord_llm::talk::{ToolCall, ToolSpec};
use patchcord_voice::frames::Socket;
use patchcord_voice::relay_engine::{self, RelayOptions};
use patchcord_voice::session::{Session, open_relay};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_util::task::TaskTracker;

const LINES: [&str; 6] = [
    "Hello, my printer is jammed again.",
    "It is the one on the second floor.",
    "It says paper jam in tray two, and I have opened it already.",
    "No, that did not help.",
    "Nothing has changed since yesterday.",
    "What else can I try?",
];

struct Ticking(Instant);

impl Clock for Ticking {
    fn now(&self) -> Millis {
        1_764_000_000_000 + self.0.elapsed().as_millis() as i64
    }
}

struct NoTools;

#[async_trait]
impl Tools for NoTools {
    fn specs(&self) -> &[ToolSpec] {
        &[]
    }

    async fn run(&self, _agent: &str, _call: &ToolCall) -> ToolReply {
        ToolReply { outcome: "failed", content: json!({"error": "not here"}), ..ToolReply::default() }
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

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut waits = runtime.block_on(measure());
    waits.sort_by(f64::total_cmp);
    let at = |share: f64| waits[((waits.len() as f64 * share) as usize).min(waits.len() - 1)];
    println!(
        "{} turns over the relay with the built-in model, from the caller's words to the first word: p50 {:.2} ms, p99 {:.2} ms (goal 10)",
        waits.len(),
        at(0.5),
        at(0.99)
    );
}

async fn measure() -> Vec<f64> {
    let tasks = TaskTracker::new();
    let agents = Arc::new(Agents::embedded());
    let talker = Arc::new(Rules::default());
    let redactor = Redactor::new(Options::default());
    let mut waits = Vec::new();
    for _ in 0..50 {
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        let mut socket = Socket::new(WebSocketStream::from_raw_socket(ours, Role::Server, None).await);
        let mut carrier = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
        let (recorder, mut recorded) = mpsc::channel(64);
        let (_operator, operator) = mpsc::channel(4);
        tasks.spawn(async move { while recorded.recv().await.is_some() {} });
        let clock = Arc::new(Ticking(Instant::now()));
        let session = Session {
            call_id: "call".into(),
            agents: Arc::clone(&agents),
            tools: Arc::new(NoTools),
            recorder,
            operator,
            resume: None,
            limits: Limits::default(),
            answered_at: clock.now(),
            speed: 1,
            clock,
            redactor: redactor.clone(),
            tasks: tasks.clone(),
        };
        let options = RelayOptions { talker: talker.clone(), fallback: None };
        tasks.spawn(async move {
            let opened = open_relay(&mut socket).await.unwrap();
            relay_engine::run(session, socket, opened, options).await
        });
        let setup = json!({"type": "setup", "sessionId": "VX1", "callSid": "CA1", "customParameters": {"token": "t"}});
        carrier.send(Message::text(setup.to_string())).await.unwrap();
        turn(&mut carrier).await;
        for line in LINES {
            let prompt = json!({"type": "prompt", "voicePrompt": line, "lang": "en-US", "last": true});
            let since = Instant::now();
            carrier.send(Message::text(prompt.to_string())).await.unwrap();
            let Some(first) = turn(&mut carrier).await else { break };
            waits.push((first - since).as_secs_f64() * 1e3);
        }
        let _ = carrier.close(None).await;
    }
    waits
}

/// Waits for a whole answer; gives the moment of its first word. Nothing when the relay is over.
async fn turn<S>(carrier: &mut WebSocketStream<S>) -> Option<Instant>
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut first = None;
    loop {
        let Some(Ok(Message::Text(text))) = carrier.next().await else { return None };
        let frame: Value = serde_json::from_str(&text).unwrap();
        if frame["type"] != "text" {
            return None;
        }
        first.get_or_insert_with(Instant::now);
        if frame["last"] == true {
            return first;
        }
    }
}
