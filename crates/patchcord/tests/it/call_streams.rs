//! Streams of calls as the carrier and the page open them: the engines on the desk's own data, over real sockets.

use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use patchcord_agents::builtin::Rules;
use patchcord_domain::call::CallStatus;
use patchcord_llm::builtin::Playbooks;
use patchcord_server::{Phone, TwilioAccount};
use patchcord_voice::relay_engine::RelayOptions;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::harness::{Engine, JONAS, NORTH, Setup, World, both_engines, gone, number, ring, until};
use crate::twilio::{TOKEN, sign_socket};

both_engines!(
    a_whole_call_over_the_relay,
    streams_without_a_good_token_or_signature_are_refused,
    a_call_from_the_page_by_text,
    a_node_that_stops_moves_its_calls,
);

/// A desk with agents that answer by the built-in rules.
async fn world(engine: Engine) -> World {
    let twilio = Some(TwilioAccount { auth_token: TOKEN.into(), sid: None });
    let talker = Arc::new(Rules::new(Playbooks::embedded()));
    let phone = Phone {
        agents: Arc::new(patchcord_agents::Agents::embedded()),
        relay: RelayOptions { talker, fallback: None },
        realtime: None,
    };
    let server = patchcord_server::Options { twilio, phone: Some(phone), ..Default::default() };
    World::with(engine, Setup { server, ..Setup::default() }).await.with_numbers().await
}

/// The carrier's end of a relay.
struct Line(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Line {
    async fn try_open(world: &World, path: &str, headers: &[(&'static str, String)]) -> Result<Self, u16> {
        let mut request = format!("{}{path}", world.base.replace("http", "ws")).into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    async fn relay(world: &World) -> Self {
        let signature = sign_socket("/twilio/relay");
        Self::try_open(world, "/twilio/relay", &[("x-twilio-signature", signature)]).await.unwrap()
    }

    async fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    async fn setup(&mut self, sid: &str, token: &str) {
        self.say(json!({
            "type": "setup", "sessionId": "VX1", "accountSid": "AC1", "callSid": format!("CA{sid:0>32}"), "from": JONAS,
            "to": NORTH, "direction": "inbound", "callStatus": "RINGING", "customParameters": {"token": token},
        }))
        .await;
    }

    /// What the agent says until it is silent for a moment; `None` when the socket is closed.
    async fn hear(&mut self) -> Option<String> {
        let mut words = String::new();
        loop {
            let patience = if words.is_empty() { Duration::from_secs(10) } else { Duration::from_millis(700) };
            match tokio::time::timeout(patience, self.0.next()).await {
                Err(_) => return Some(words),
                Ok(Some(Ok(Message::Text(text)))) => {
                    let frame: Value = serde_json::from_str(text.as_str()).unwrap();
                    match frame["type"].as_str() {
                        Some("text") => words += frame["token"].as_str().unwrap(),
                        Some("end") => return (!words.is_empty()).then_some(words),
                        _ => {}
                    }
                }
                Ok(Some(Ok(Message::Close(_)) | Err(_)) | None) => return (!words.is_empty()).then_some(words),
                Ok(Some(Ok(_))) => {}
            }
        }
    }

    async fn tell(&mut self, words: &str) -> String {
        self.say(json!({"type": "prompt", "voicePrompt": words, "lang": "en-US", "last": true})).await;
        self.hear().await.unwrap_or_default()
    }

    async fn keys(&mut self, keys: &str) -> String {
        for key in keys.chars() {
            self.say(json!({"type": "dtmf", "digit": key.to_string()})).await;
        }
        self.hear().await.unwrap_or_default()
    }
}

async fn a_whole_call_over_the_relay(engine: Engine) {
    let world = world(engine).await;
    let agent = world.agent().await;
    let stream = ring(&world.app, "1", JONAS, NORTH).await;
    let path = format!("/api/calls/{}", stream.call_id);
    let mut line = Line::relay(&world).await;
    line.setup("1", &stream.token).await;
    let greeting = line.hear().await.unwrap();
    assert!(greeting.contains("north"), "{greeting}");
    line.keys("4711#").await;
    until("the code", async || (agent.get(&path).await.expect(200)["verification"] == "VERIFIED").then_some(())).await;
    line.tell("My printer is jammed and nothing comes out.").await;
    line.tell("I opened all trays, there is no paper in it. Please open a ticket.").await;
    let live = agent.get("/api/calls/live").await.expect(200);
    assert_eq!(live["items"][0]["status"], "IN_PROGRESS");
    line.0.close(None).await.unwrap();
    gone(&world.app).await;
    let call = until("the summary", async || {
        let call = agent.get(&path).await.expect(200);
        (!call["summary"].is_null()).then_some(call)
    })
    .await;
    assert_eq!((&call["status"], &call["model"]), (&json!("COMPLETED"), &json!("builtin")));
    let turns = call["turns"].as_array().unwrap();
    assert!(turns.iter().any(|turn| turn["speaker"] == "CALLER" && turn["text"].as_str().unwrap().contains("jammed")));
    // This caller listens to nothing, so no agent's turn was heard; which agents had the call is known all the same.
    let stays: Vec<&Value> = call["interactions"].as_array().unwrap().iter().map(|stay| &stay["agent"]).collect();
    assert_eq!(stays, ["triage_agent", "printer_agent"], "{call}");
    world.stop().await;
}

async fn streams_without_a_good_token_or_signature_are_refused(engine: Engine) {
    let world = world(engine).await;
    for path in ["/twilio/relay", "/twilio/media"] {
        assert_eq!(Line::try_open(&world, path, &[]).await.err(), Some(403));
        let foreign = [("x-twilio-signature", sign_socket("/twilio/elsewhere"))];
        assert_eq!(Line::try_open(&world, path, &foreign).await.err(), Some(403));
    }
    let stream = ring(&world.app, "1", JONAS, NORTH).await;
    let other = ring(&world.app, "2", JONAS, NORTH).await;
    for (sid, token) in [("1", "garbage"), ("1", other.token.as_str()), ("1", "")] {
        let mut line = Line::relay(&world).await;
        line.setup(sid, token).await;
        assert_eq!(line.hear().await, None, "{sid} {token}");
    }
    let mut line = Line::relay(&world).await;
    line.say(json!({"type": "prompt", "voicePrompt": "let me in", "last": true})).await;
    line.0.close(None).await.unwrap();
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM calls WHERE answered_at IS NOT NULL").await, 0);
    // The right one still opens, once.
    let mut line = Line::relay(&world).await;
    line.setup("1", &stream.token).await;
    assert!(line.hear().await.is_some());
    let mut again = Line::relay(&world).await;
    again.setup("1", &stream.token).await;
    assert_eq!(again.hear().await, None);
    line.0.close(None).await.unwrap();
    gone(&world.app).await;
    world.stop().await;
}

async fn a_call_from_the_page_by_text(engine: Engine) {
    let world = world(engine).await;
    let agent = world.agent().await;
    let begun =
        agent.post("/api/calls", json!({"mode": "text", "contactId": world.town.north.contact})).await.expect(201);
    let (id, token) = (begun["callId"].as_str().unwrap(), begun["token"].as_str().unwrap());
    let path = format!("/api/calls/{id}/stream");
    let protocols = |token: &str| [("sec-websocket-protocol", format!("patchcord.call.v1, token.{token}"))];
    assert_eq!(Line::try_open(&world, &path, &[]).await.err(), Some(401));
    assert_eq!(Line::try_open(&world, &path, &protocols("garbage")).await.err(), Some(401));
    let mut line = Line::try_open(&world, &path, &protocols(token)).await.unwrap();
    line.setup("0", "").await;
    assert!(line.hear().await.unwrap().contains("north"));
    assert_eq!(Line::try_open(&world, &path, &protocols(token)).await.err(), Some(401));
    line.tell("My laptop is very slow since this morning.").await;
    agent.post(&format!("/api/calls/{id}/hangup"), json!({})).await.expect(200);
    gone(&world.app).await;
    let call = agent.get(&format!("/api/calls/{id}")).await.expect(200);
    assert_eq!((&call["provider"], &call["status"]), (&json!("BROWSER"), &json!(CallStatus::Completed.as_str())));
    assert_eq!(call["carrierCharges"], json!([]));
    world.stop().await;
}

async fn a_node_that_stops_moves_its_calls(engine: Engine) {
    let world = world(engine).await;
    let agent = world.agent().await;
    let stream = ring(&world.app, "1", JONAS, NORTH).await;
    let mut line = Line::relay(&world).await;
    line.setup("1", &stream.token).await;
    line.hear().await.unwrap();
    line.tell("My printer is jammed.").await;
    world.app.calls.drain();
    world.app.calls.sessions.move_all();
    gone(&world.app).await;
    let path = format!("/api/calls/{}", stream.call_id);
    let call = agent.get(&path).await.expect(200);
    assert_eq!((&call["status"], &call["endedAt"]), (&json!("INTERRUPTED"), &Value::Null));
    let sid = format!("CA{:0>32}", "1");
    let patchcord_app::calls::Next::Stream(next) = world.app.call_action(&sid, true).await.unwrap() else {
        panic!("it does not go on")
    };
    let mut again = Line::relay(&world).await;
    again.setup("1", &next.token).await;
    let bridge = again.hear().await.unwrap();
    assert!(!bridge.is_empty());
    again.0.close(None).await.unwrap();
    gone(&world.app).await;
    let call = agent.get(&path).await.expect(200);
    assert_eq!((&call["status"], &call["resumeCount"]), (&json!("COMPLETED"), &json!(1)));
    let said = call["turns"].as_array().unwrap().iter().filter(|turn| turn["speaker"] == "CALLER").count();
    assert_eq!(said, 1);
    world.stop().await;
}
