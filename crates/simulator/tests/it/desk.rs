//! A server as small as one can be that answers a carrier: fixed documents, a relay that says what it heard, and a bridge
//! from a media stream to a Realtime server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use futures::{SinkExt, StreamExt};
use patchcord_simulator::carrier::sign;
use patchcord_simulator::realtime::KEY;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

pub(crate) const TOKEN: &str = "the-token-of-the-account";

/// A request as it came: path and parameters.
pub(crate) type Asked = (String, HashMap<String, String>);

#[derive(Default)]
pub(crate) struct Inner {
    /// Documents by path; each is given once, the last one again and again.
    documents: Mutex<HashMap<String, Vec<String>>>,
    asked: Mutex<Vec<Asked>>,
    base: Mutex<String>,
    realtime: Mutex<String>,
    /// The socket is broken off after so many frames of the carrier's.
    break_after: Mutex<Option<usize>>,
    frames: Mutex<Vec<Value>>,
}

#[derive(Clone, Default)]
pub(crate) struct Desk(Arc<Inner>);

impl Desk {
    pub(crate) async fn start() -> Self {
        let desk = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        *desk.0.base.lock().unwrap() = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new()
            .route("/twilio/media", get(media))
            .route("/twilio/relay", get(relay))
            .route("/twilio/{name}", any(webhook))
            .with_state(desk.clone());
        #[expect(clippy::disallowed_methods, reason = "it ends with the test")]
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        desk
    }

    pub(crate) fn url(&self) -> String {
        self.0.base.lock().unwrap().clone()
    }

    /// What is answered at a path.
    pub(crate) fn answer(&self, path: &str, verbs: &str) {
        let text = verbs.replace("BASE", &self.url()).replace("SOCKET", &self.url().replace("http", "ws"));
        let text = if text.starts_with('!') { text } else { format!("<Response>{text}</Response>") };
        self.0.documents.lock().unwrap().entry(path.to_owned()).or_default().push(text);
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.0.asked.lock().unwrap().clone()
    }

    /// Parameters of the only request to a path.
    pub(crate) fn asked_once(&self, path: &str) -> HashMap<String, String> {
        let asked: Vec<Asked> = self.asked().into_iter().filter(|(name, _)| name == path).collect();
        assert_eq!(asked.len(), 1, "{path}: {asked:?}");
        asked[0].1.clone()
    }

    pub(crate) fn bridge_to(&self, url: &str) {
        *self.0.realtime.lock().unwrap() = url.to_owned();
    }

    pub(crate) fn break_after(&self, frames: usize) {
        *self.0.break_after.lock().unwrap() = Some(frames);
    }

    /// Frames of the carrier's, sound left out.
    pub(crate) fn frames(&self) -> Vec<Value> {
        self.0.frames.lock().unwrap().clone()
    }

    fn keep(&self, frame: &Value) {
        if frame["event"] != "media" {
            self.0.frames.lock().unwrap().push(frame.clone());
        }
    }

    /// Whether it is time to break off.
    fn breaks(&self, count: usize) -> bool {
        self.0.break_after.lock().unwrap().is_some_and(|after| count >= after)
    }

    fn check_socket(&self, path: &str, headers: &HeaderMap) {
        let url = format!("{}{path}", self.url().replace("http", "ws"));
        assert_eq!(headers["x-twilio-signature"], sign(TOKEN, &url, &[]).as_str());
    }
}

async fn webhook(State(desk): State<Desk>, Path(name): Path<String>, headers: HeaderMap, body: String) -> Response {
    let pairs: Vec<(String, String)> = form(&body);
    let url = format!("{}/twilio/{name}", desk.url());
    assert_eq!(headers["x-twilio-signature"], sign(TOKEN, &url, &pairs).as_str(), "{name}");
    desk.0.asked.lock().unwrap().push((name.clone(), pairs.into_iter().collect()));
    let mut documents = desk.0.documents.lock().unwrap();
    let Some(list) = documents.get_mut(&name) else { return StatusCode::NO_CONTENT.into_response() };
    let text = if list.len() > 1 { list.remove(0) } else { list[0].clone() };
    match text.strip_prefix('!') {
        Some("500") => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Some(other) => ([("content-type", "text/xml")], other.to_owned()).into_response(),
        None => ([("content-type", "text/xml; charset=utf-8")], text).into_response(),
    }
}

fn form(body: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let (bytes, mut plain, mut at) = (text.as_bytes(), Vec::new(), 0);
        while at < bytes.len() {
            if bytes[at] == b'%' {
                plain.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
                at += 3;
            } else {
                plain.push(bytes[at]);
                at += 1;
            }
        }
        String::from_utf8(plain).unwrap()
    };
    body.split('&').filter_map(|pair| pair.split_once('=')).map(|(name, value)| (plain(name), plain(value))).collect()
}

async fn relay(State(desk): State<Desk>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    desk.check_socket("/twilio/relay", &headers);
    upgrade.on_upgrade(move |mut socket| async move {
        let mut count = 0;
        while let Some(Ok(Message::Text(text))) = socket.recv().await {
            let frame: Value = serde_json::from_str(&text).unwrap();
            desk.keep(&frame);
            count += 1;
            if desk.breaks(count) {
                return;
            }
            let answers = match frame["type"].as_str().unwrap() {
                "setup" => vec![json!({"type": "text", "token": "Hello, how can I help you today?", "last": true})],
                "prompt" if frame["voicePrompt"].as_str().unwrap().contains("odd") => {
                    vec![json!({"type": "odd"}), json!({"type": "text", "token": "Odd.", "last": true})]
                }
                "prompt" if frame["voicePrompt"].as_str().unwrap().contains("goodbye") => {
                    vec![json!({"type": "end", "handoffData": "{\"reason\":\"goodbye\"}"})]
                }
                "prompt" => {
                    let heard = frame["voicePrompt"].as_str().unwrap();
                    vec![
                        json!({"type": "text", "token": "You said: ", "last": false}),
                        json!({"type": "text", "token": format!("{heard} Is that right?"), "last": true}),
                    ]
                }
                "dtmf" => vec![json!({"type": "text", "token": format!("Key {}.", frame["digit"]), "last": true})],
                _ => Vec::new(),
            };
            for answer in answers {
                let _ = socket.send(Message::Text(answer.to_string().into())).await;
            }
        }
    })
}

async fn media(State(desk): State<Desk>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    desk.check_socket("/twilio/media", &headers);
    upgrade.on_upgrade(move |socket| async move {
        // How a bridge ends is the test's affair.
        let _ = bridge(desk, socket).await;
    })
}

/// Sound both ways; a clear and a truncation when the caller speaks.
async fn bridge(desk: Desk, mut carrier: WebSocket) -> Option<()> {
    let url = format!("{}?model=gpt-realtime-2.1", desk.0.realtime.lock().unwrap());
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {KEY}").parse().unwrap());
    let (mut model, _) = connect_async(request).await.ok()?;
    let update = json!({"type": "session.update", "session": {"type": "realtime", "instructions": "You are triage_agent.", "audio": {
        "input": {"format": {"type": "audio/pcmu"}, "transcription": {"model": "gpt-4o-mini-transcribe"}},
        "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"},
    }}});
    let (mut stream, mut count) = (String::new(), 0);
    let (mut item, mut played, mut sent) = (String::new(), 0_u64, 0_u64);
    model.send(tungstenite::Message::text(update.to_string())).await.ok()?;
    loop {
        let mut to_carrier = Vec::new();
        let mut to_model = Vec::new();
        tokio::select! {
            message = carrier.recv() => {
                let Some(Ok(Message::Text(text))) = message else { return None };
                let frame: Value = serde_json::from_str(&text).ok()?;
                desk.keep(&frame);
                count += 1;
                if desk.breaks(count) {
                    return None;
                }
                match frame["event"].as_str()? {
                    "start" => {
                        stream = frame["streamSid"].as_str()?.to_owned();
                        to_model.push(json!({"type": "response.create"}));
                    }
                    "media" => to_model.push(json!({
                        "type": "input_audio_buffer.append", "audio": frame["media"]["payload"],
                    })),
                    "mark" => {
                        let (id, ms) = frame["mark"]["name"].as_str()?.split_once(':')?;
                        if id == item {
                            played = ms.parse().ok()?;
                        }
                    }
                    "stop" => return None,
                    _ => {}
                }
            }
            message = model.next() => {
                let Some(Ok(tungstenite::Message::Text(text))) = message else { return None };
                let event: Value = serde_json::from_str(&text).ok()?;
                match event["type"].as_str()? {
                    "response.output_audio.delta" => {
                        let id = event["item_id"].as_str()?;
                        if item != id {
                            (item, played, sent) = (id.to_owned(), 0, 0);
                        }
                        sent += event["delta"].as_str()?.len() as u64 * 3 / 4 / 8;
                        to_carrier.push(json!({
                            "event": "media", "streamSid": stream, "media": {"payload": event["delta"]},
                        }));
                        to_carrier.push(json!({
                            "event": "mark", "streamSid": stream, "mark": {"name": format!("{id}:{sent}")},
                        }));
                    }
                    "input_audio_buffer.speech_started" if !item.is_empty() && played < sent => {
                        to_carrier.push(json!({"event": "clear", "streamSid": stream}));
                        to_model.push(json!({
                            "type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": played,
                        }));
                        (played, sent) = (0, 0);
                    }
                    _ => {}
                }
            }
        }
        for frame in to_carrier {
            carrier.send(Message::Text(frame.to_string().into())).await.ok()?;
        }
        for event in to_model {
            model.send(tungstenite::Message::text(event.to_string())).await.ok()?;
        }
    }
}
