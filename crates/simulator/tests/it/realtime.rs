//! The scripted Realtime server: alone, and with a carrier and a tiny bridge between them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::{SinkExt, StreamExt};
use patchcord_llm::talk::{Entry, Said, Talk, ToolCall};
use patchcord_simulator::carrier::{Act, Carrier, Heard, Incoming};
use patchcord_simulator::modem::{Ear, SILENCE, speak};
use patchcord_simulator::pace::Pace;
use patchcord_simulator::realtime::{Brain, Echoing, Fault, KEY, Options, ScriptedRealtime};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::carrier::{fast, until};
use crate::desk::Desk;

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn open(server: &ScriptedRealtime) -> Self {
        Self(Self::dial(&format!("{}?model=gpt-realtime-2.1", server.url()), Some(KEY), &[]).await.unwrap())
    }

    async fn dial(
        url: &str,
        key: Option<&str>,
        headers: &[(&'static str, &str)],
    ) -> Result<WebSocketStream<MaybeTlsStream<TcpStream>>, u16> {
        let mut request = url.into_client_request().unwrap();
        if let Some(key) = key {
            request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
        }
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(socket),
            Err(Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    async fn send(&mut self, event: Value) {
        self.0.send(Message::text(event.to_string())).await.unwrap();
    }

    /// The next event; null when the connection is over.
    async fn next(&mut self) -> Value {
        match tokio::time::timeout(Duration::from_secs(5), self.0.next()).await.expect("no event comes") {
            Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap_or_else(|_| json!({"type": "garbage"})),
            _ => Value::Null,
        }
    }

    /// Events up to and with the first of a kind.
    async fn until(&mut self, kind: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await;
            assert!(!event.is_null(), "the connection ended before {kind}: {events:#?}");
            events.push(event);
            if events.last().unwrap()["type"] == kind {
                return events;
            }
        }
    }

    async fn ready(server: &ScriptedRealtime) -> Self {
        let mut client = Self::open(server).await;
        client.until("session.created").await;
        client
            .send(json!({"type": "session.update", "session": {"type": "realtime", "instructions": "You are triage_agent.",
                "tools": [{"type": "function", "name": "look", "parameters": {"type": "object"}}],
                "audio": {"input": {"format": {"type": "audio/pcmu"}, "transcription": {"model": "whisper-1"}},
                          "output": {"format": {"type": "audio/pcmu"}, "voice": "marin"}}}}))
            .await;
        client.until("session.updated").await;
        client
    }

    async fn hear(&mut self, sound: &[u8]) {
        for chunk in sound.chunks(160) {
            self.send(json!({"type": "input_audio_buffer.append", "audio": BASE64_STANDARD.encode(chunk)})).await;
        }
    }

    async fn hear_sentence(&mut self, text: &str) {
        self.hear(&speak(text)).await;
        self.hear(&[SILENCE; 600 * 8]).await;
    }
}

fn quick() -> Options {
    Options { pace: Pace::TENFOLD, ..Options::default() }
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

/// The words in the sound of events.
fn spoken(events: &[Value]) -> String {
    let mut ear = Ear::default();
    let deltas = events.iter().filter(|event| event["type"] == "response.output_audio.delta");
    let sounds = deltas.map(|event| BASE64_STANDARD.decode(event["delta"].as_str().unwrap()).unwrap());
    sounds.flat_map(|sound| ear.hear(&sound)).collect::<Vec<_>>().join(" ")
}

/// Calls a tool once, then says what it answered.
struct Looking;

#[async_trait]
impl Brain for Looking {
    async fn next(&self, talk: Talk) -> Said {
        assert_eq!(talk.agent, "triage_agent");
        match talk.history.last() {
            Some(Entry::Result { content, .. }) => Said { text: format!("It says {content}"), ..Said::default() },
            _ => {
                let call = ToolCall { id: "x".into(), name: "look".into(), arguments: "{\"a\":1}".into() };
                Said { text: "Let me look.".into(), calls: vec![call], ..Said::default() }
            }
        }
    }
}

#[tokio::test]
async fn handshakes() {
    let server = ScriptedRealtime::start(Arc::new(Echoing), quick()).await;
    let url = format!("{}?model=gpt-realtime-2.1", server.url());
    assert_eq!(Client::dial(&url, None, &[]).await.unwrap_err(), 401);
    assert_eq!(Client::dial(&server.url(), Some(KEY), &[]).await.unwrap_err(), 400);
    assert_eq!(Client::dial(&url, Some(KEY), &[("openai-beta", "realtime=v1")]).await.unwrap_err(), 400);
    assert_eq!(server.violations().len(), 3);
    server.fail([Fault::Refuse(503)]);
    assert_eq!(Client::dial(&url, Some(KEY), &[]).await.unwrap_err(), 503);
    assert!(Client::dial(&url, Some(KEY), &[]).await.is_ok());
    assert_eq!(server.connections(), 5);
}

#[tokio::test]
async fn speech_is_heard_and_answered_in_order() {
    let server = ScriptedRealtime::start(Arc::new(Echoing), quick()).await;
    let mut client = Client::ready(&server).await;
    client.hear_sentence("my printer is jammed").await;
    let events = client.until("rate_limits.updated").await;
    assert_eq!(spoken(&events), "You said: my printer is jammed");
    let order = [
        "input_audio_buffer.speech_started",
        "input_audio_buffer.speech_stopped",
        "input_audio_buffer.committed",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "conversation.item.input_audio_transcription.completed",
        "response.output_item.added",
        "conversation.item.added",
        "response.content_part.added",
        "response.output_audio_transcript.delta",
        "response.output_audio.delta",
        "response.output_audio.done",
        "response.output_audio_transcript.done",
        "response.content_part.done",
        "response.output_item.done",
        "conversation.item.done",
        "response.done",
        "rate_limits.updated",
    ];
    let mut seen: Vec<&str> = kinds(&events);
    let deltas = ["response.output_audio_transcript.delta", "response.output_audio.delta"];
    let mut last = [false; 2];
    seen.retain(|kind| match deltas.iter().position(|delta| delta == kind) {
        Some(at) => !std::mem::replace(&mut last[at], true),
        None => true,
    });
    assert_eq!(seen, order);
    let done = &events[events.len() - 2]["response"];
    assert_eq!(done["status"], "completed");
    assert!(done["usage"]["output_token_details"]["audio_tokens"].as_u64().unwrap() > 10, "{done}");
    let transcript = events.iter().find(|e| e["type"] == order[6]).unwrap();
    assert_eq!(transcript["transcript"], "my printer is jammed");
    assert_eq!(server.violations(), [""; 0]);
}

#[tokio::test]
async fn tools_and_words_in_one_response() {
    let server = ScriptedRealtime::start(Arc::new(Looking), quick()).await;
    let mut client = Client::ready(&server).await;
    client.hear_sentence("please look").await;
    let events = client.until("response.done").await;
    let items: Vec<&Value> = events
        .iter()
        .filter(|event| event["type"] == "response.output_item.done")
        .map(|event| &event["item"])
        .collect();
    assert_eq!((&items[0]["type"], &items[1]["type"]), (&json!("message"), &json!("function_call")));
    assert_eq!(items[1]["arguments"], "{\"a\":1}");
    let call = items[1]["call_id"].clone();
    let output = json!({"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": call, "output": "42"}});
    client.send(output.clone()).await;
    client.send(json!({"type": "response.create"})).await;
    assert_eq!(spoken(&client.until("response.done").await), "It says 42");
    assert_eq!(server.violations(), [""; 0]);
    client.send(output).await;
    client.send(json!({"type": "conversation.item.create", "item": {"type": "function_call_output", "call_id": "no", "output": ""}}))
        .await;
    let error = client.until("error").await.pop().unwrap();
    assert!(error["error"]["message"].as_str().unwrap().contains("No tool call found"));
    assert_eq!(server.violations().len(), 2, "{:?}", server.violations());
}

#[tokio::test]
async fn interrupted_cancelled_and_truncated() {
    let server = ScriptedRealtime::start(Arc::new(Echoing), quick()).await;
    let mut client = Client::ready(&server).await;
    client.hear_sentence("tell me a long story about everything that happened on this day").await;
    let mut events = client.until("response.output_audio.delta").await;
    client.hear(&speak("stop it now")).await;
    events.extend(client.until("response.done").await);
    let done = &events.last().unwrap()["response"];
    assert_eq!((&done["status"], &done["status_details"]["reason"]), (&json!("cancelled"), &json!("turn_detected")));
    assert_eq!(server.interrupted(), 1);
    let item = done["output"][0]["id"].clone();
    assert_eq!(done["output"][0]["status"], "incomplete");
    let truncate = |ms: u64| json!({"type": "conversation.item.truncate", "event_id": "t", "item_id": item, "content_index": 0, "audio_end_ms": ms});
    client.send(truncate(100_000)).await;
    let error = client.until("error").await.pop().unwrap();
    assert!(error["error"]["message"].as_str().unwrap().contains("is already shorter than 100000ms"), "{error}");
    assert_eq!(error["error"]["event_id"], "t");
    client.send(truncate(0)).await;
    client.until("conversation.item.truncated").await;
    // Two at once are refused; a cancellation of nothing is harmless.
    client.send(json!({"type": "response.create", "event_id": "a"})).await;
    client.send(json!({"type": "response.create", "event_id": "b"})).await;
    let error = client.until("error").await.pop().unwrap();
    assert_eq!(error["error"]["code"], "conversation_already_has_active_response");
    assert_eq!(error["error"]["event_id"], "b");
    client.send(json!({"type": "response.cancel"})).await;
    let done = client.until("response.done").await.pop().unwrap();
    assert_eq!(done["response"]["status_details"]["reason"], "client_cancelled");
    client.send(json!({"type": "response.cancel"})).await;
    let error = client.until("error").await.pop().unwrap();
    assert_eq!(error["error"]["code"], "response_cancel_not_active");
    assert_eq!(server.violations().len(), 2, "{:?}", server.violations());
}

#[tokio::test]
async fn it_fails_as_it_is_told() {
    let server = ScriptedRealtime::start(Arc::new(Echoing), quick()).await;
    let create = json!({"type": "response.create"});
    server.fail([Fault::BreakWithin(0)]);
    let mut client = Client::ready(&server).await;
    client.send(create.clone()).await;
    client.until("response.output_audio.delta").await;
    while !client.next().await.is_null() {}

    server.fail([Fault::Fail(0, "inference_rate_limit_exceeded".into()), Fault::CloseAfter(2, 1012)]);
    let mut client = Client::ready(&server).await;
    client.send(create.clone()).await;
    let done = client.until("response.done").await.pop().unwrap();
    assert_eq!(done["response"]["status_details"]["error"]["code"], "inference_rate_limit_exceeded");
    client.send(create.clone()).await;
    client.until("rate_limits.updated").await;
    assert!(client.next().await.is_null());

    server.fail([Fault::Expire(500), Fault::Garbage, Fault::Strange]);
    let mut client = Client::open(&server).await;
    assert_eq!(client.until("garbage").await.len(), 2);
    let error = client.until("error").await.pop().unwrap();
    assert_eq!(error["error"]["code"], "session_expired");

    server.fail([Fault::Mute(0)]);
    let mut client = Client::ready(&server).await;
    client.send(create.clone()).await;
    assert!(tokio::time::timeout(Duration::from_millis(300), client.0.next()).await.is_err());

    server.fail([Fault::LateTranscripts(5_000), Fault::Racing]);
    let mut client = Client::ready(&server).await;
    client.hear_sentence("late words").await;
    let events = client.until("conversation.item.input_audio_transcription.completed").await;
    assert!(kinds(&events).contains(&"response.done"), "the answer comes before the transcript");
    client.send(create).await;
    let error = client.until("error").await.pop().unwrap();
    assert_eq!(error["error"]["code"], "conversation_already_has_active_response");
    assert_eq!(server.violations(), [""; 0], "nobody could know of that one");
}

#[tokio::test]
async fn dictated_words_and_text_aside() {
    let server = ScriptedRealtime::start(Arc::new(Echoing), quick()).await;
    let mut client = Client::ready(&server).await;
    let instructions = "Say exactly these words and nothing else:\nGoodbye, and thank you.";
    client
        .send(json!({"type": "response.create", "response": {"instructions": instructions, "tool_choice": "none"}}))
        .await;
    assert_eq!(spoken(&client.until("response.done").await), "Goodbye, and thank you.");
    let input = json!([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "sum up"}]}]);
    client
        .send(json!({"type": "response.create", "response": {"conversation": "none", "output_modalities": ["text"], "input": input}}))
        .await;
    let events = client.until("response.done").await;
    assert!(!kinds(&events).contains(&"conversation.item.added"));
    let done = events.iter().find(|event| event["type"] == "response.output_text.done").unwrap();
    assert_eq!(done["text"], "You said: sum up");
    assert_eq!(server.violations(), [""; 0]);
}

/// Carrier, bridge and model: words go through as sound alone.
#[tokio::test]
async fn a_whole_call_in_sound() {
    let desk = Desk::start().await;
    let server = ScriptedRealtime::start(Arc::new(Echoing), quick()).await;
    desk.bridge_to(&server.url());
    desk.answer(
        "voice",
        "<Connect action='BASE/twilio/action'><Stream url='SOCKET/twilio/media' statusCallback='BASE/twilio/stream'>\
         <Parameter name='token' value='once'/></Stream></Connect>",
    );
    desk.answer("action", "<Hangup/>");
    let carrier = Carrier::start(fast(&desk)).await.unwrap();
    let incoming = Incoming { from: "+14105550111".into(), to: "+12025550100".into(), stir: None };
    let mut call = carrier.call(incoming);
    let mut sentences = vec![String::new()];
    let mut told = false;
    loop {
        let heard = tokio::time::timeout(Duration::from_secs(10), call.phone.heard.recv()).await.expect("silence");
        match heard {
            Some(Heard::Words(words)) => {
                sentences.last_mut().unwrap().push_str(&format!(" {words}"));
                // The third sentence is cut short.
                if sentences.len() == 3 && !told && sentences[2].split_whitespace().count() == 4 {
                    told = true;
                    call.phone.acts.send(Act::Say("Stop please".into())).await.unwrap();
                }
            }
            Some(Heard::Pause) if !sentences.last().unwrap().is_empty() => {
                match sentences.len() {
                    1 => call.phone.acts.send(Act::Say("My printer is jammed.".into())).await.unwrap(),
                    2 => {
                        call.phone.acts.send(Act::Noise(1_000)).await.unwrap();
                        let long = "This is a very long sentence, and it goes on and on until nobody wants to hear it.";
                        call.phone.acts.send(Act::Say(long.into())).await.unwrap();
                    }
                    4 => {
                        call.phone.acts.send(Act::Key('1')).await.unwrap();
                        call.phone.acts.send(Act::HangUp).await.unwrap();
                    }
                    _ => {}
                }
                sentences.push(String::new());
            }
            Some(Heard::Ended) | None => break,
            Some(_) => {}
        }
    }
    assert_eq!(sentences[0].trim(), "Hello, how can I help?");
    assert_eq!(sentences[1].trim(), "You said: My printer is jammed.");
    assert!(sentences[2].starts_with(" You said: This") && !sentences[2].contains("hear it"), "{sentences:?}");
    assert_eq!(sentences[3].trim(), "You said: Stop please");
    assert_eq!(server.violations(), [""; 0]);
    let notes = carrier.notes(&call.sid);
    assert!(notes.iter().all(|note| !matches!(note.kind, "warning" | "fault")), "{notes:#?}");
    until("the stop", || desk.frames().iter().any(|frame| frame["event"] == "stop")).await;
    let frames = desk.frames();
    assert_eq!((&frames[0]["event"], &frames[1]["event"]), (&json!("connected"), &json!("start")));
    assert_eq!(frames[1]["start"]["customParameters"]["token"], "once");
    assert!(frames.iter().any(|frame| frame["event"] == "dtmf" && frame["dtmf"]["digit"] == "1"));
    assert_eq!(frames.last().unwrap()["event"], "stop");
}
