//! One session: its conversation, the response that is being made, and everything that is due.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{SinkExt, StreamExt};
use patchcord_llm::talk::{Said, Talk};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::brain::Brain;
use super::check::{Refusal, check};
use super::items::{self, Content, Item};
use super::response::{Response, Step, script};
use super::speech::{Detector, Noticed, Settings};
use super::usage::{self, Counted};
use super::{Fault, Options, State, config, lock};

/// The longest session of the real server.
const SESSION_MS: u64 = 60 * 60 * 1_000;

/// The connection is over.
pub(crate) struct Over;

type Go = Result<(), Over>;

pub(crate) struct Session {
    socket: WebSocketStream<TcpStream>,
    shared: Arc<Mutex<State>>,
    brain: Arc<dyn Brain>,
    options: Options,
    faults: Vec<Fault>,
    config: Value,
    items: Vec<Item>,
    detector: Detector,
    /// The item that the caller's sentence will become.
    speaking: Option<String>,
    active: Option<Response>,
    thoughts: FuturesUnordered<BoxFuture<'static, (usize, Said)>>,
    /// Events that come later.
    late: VecDeque<(Instant, Value)>,
    ids: u64,
    /// Responses begun.
    begun: usize,
    /// Responses complete.
    done: usize,
    has_spoken: bool,
    wants_response: bool,
    has_raced: bool,
    expires: Instant,
}

impl Session {
    pub(crate) fn new(
        socket: WebSocketStream<TcpStream>,
        shared: Arc<Mutex<State>>,
        brain: Arc<dyn Brain>,
        options: Options,
        faults: Vec<Fault>,
        model: String,
    ) -> Self {
        let lifetime = faults.iter().find_map(|fault| match fault {
            Fault::Expire(ms) => Some(*ms),
            _ => None,
        });
        let expires = Instant::now() + options.pace.real(lifetime.unwrap_or(SESSION_MS));
        let config = config::new("sess_scripted", &model, 1_795_700_000);
        Self {
            socket,
            shared,
            brain,
            options,
            faults,
            config,
            items: Vec::new(),
            detector: Detector::default(),
            speaking: None,
            active: None,
            thoughts: FuturesUnordered::new(),
            late: VecDeque::new(),
            ids: 0,
            begun: 0,
            done: 0,
            has_spoken: false,
            wants_response: false,
            has_raced: false,
            expires,
        }
    }

    /// Serves the client until the connection is over.
    pub(crate) async fn run(mut self) {
        let created = json!({"type": "session.created", "session": self.config});
        let mut go = self.send(created).await;
        if self.fails(&Fault::Garbage) && go.is_ok() {
            go = self.socket.send(Message::text("{\"type\": ")).await.map_err(|_| Over);
        }
        while go.is_ok() {
            let step = self.active.as_ref().and_then(Response::due);
            let late = self.late.iter().map(|(at, _)| *at).min();
            go = tokio::select! {
                message = self.socket.next() => match message {
                    Some(Ok(Message::Text(text))) => self.take(&text).await,
                    Some(Ok(Message::Binary(_))) => {
                        self.violation("a binary frame");
                        Ok(())
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Over),
                    Some(Ok(_)) => Ok(()),
                },
                Some((nth, said)) = self.thoughts.next(), if !self.thoughts.is_empty() => self.thought(nth, &said),
                () = until(step), if step.is_some() => self.step().await,
                () = until(late), if late.is_some() => self.send_late().await,
                () = tokio::time::sleep_until(self.expires) => self.expire().await,
            };
        }
    }

    fn fails(&self, fault: &Fault) -> bool {
        self.faults.contains(fault)
    }

    fn violation(&self, text: impl Into<String>) {
        lock(&self.shared).violations.push(text.into());
    }

    pub(crate) fn id(&mut self, kind: &str) -> String {
        self.ids += 1;
        format!("{kind}_{:06}", self.ids)
    }

    async fn send(&mut self, mut event: Value) -> Go {
        event["event_id"] = json!(self.id("event"));
        if self.fails(&Fault::Strange) && self.ids.is_multiple_of(3) {
            event["obfuscation"] = json!("x");
            let strange = json!({"type": "response.mood.delta", "event_id": "event_0", "delta": {"mood": [1, null]}});
            self.socket.feed(Message::text(strange.to_string())).await.map_err(|_| Over)?;
        }
        self.socket.send(Message::text(event.to_string())).await.map_err(|_| Over)
    }

    async fn refuse(&mut self, refusal: Refusal, offender: &Value, violates: bool) -> Go {
        if violates {
            self.violation(format!("{}: {}", offender["type"].as_str().unwrap_or("?"), refusal.message));
        }
        self.send(refusal.event(Some(offender))).await
    }

    async fn take(&mut self, text: &str) -> Go {
        let event: Value = match serde_json::from_str(text) {
            Ok(event) => event,
            Err(error) => {
                let refusal = Refusal::new("invalid_json", format!("not JSON: {error}"), None);
                return self.refuse(refusal, &Value::Null, true).await;
            }
        };
        if let Err(refusal) = check(&event) {
            return self.refuse(refusal, &event, true).await;
        }
        let kind = event["type"].as_str().unwrap_or_default();
        if kind != "input_audio_buffer.append" {
            lock(&self.shared).keep(event.clone());
        }
        match kind {
            "session.update" => self.update(&event).await,
            "input_audio_buffer.append" => self.hear(&event).await,
            "input_audio_buffer.commit" => self.commit(&event).await,
            "input_audio_buffer.clear" => {
                self.detector.take();
                self.send(json!({"type": "input_audio_buffer.cleared"})).await
            }
            "conversation.item.create" => self.create_item(&event).await,
            "conversation.item.truncate" => self.truncate(&event).await,
            "conversation.item.delete" => self.delete(&event).await,
            "conversation.item.retrieve" => self.retrieve(&event).await,
            "response.create" => self.create(&event).await,
            _ => self.cancel_asked(&event).await,
        }
    }

    async fn update(&mut self, event: &Value) -> Go {
        if self.fails(&Fault::NeverUpdated) {
            return Ok(());
        }
        if self.fails(&Fault::RefuseUpdate) {
            return self.refuse(Refusal::new("invalid_value", "no such model", None), event, false).await;
        }
        if let Err(refusal) = config::update(&mut self.config, &event["session"], self.has_spoken) {
            return self.refuse(refusal, event, true).await;
        }
        let updated = json!({"type": "session.updated", "session": self.config});
        self.send(updated).await
    }

    async fn hear(&mut self, event: &Value) -> Go {
        let Some(samples) = event["audio"].as_str().and_then(|audio| BASE64_STANDARD.decode(audio).ok()) else {
            let refusal = Refusal::new("invalid_value", "the audio is not base 64", Some("audio"));
            return self.refuse(refusal, event, true).await;
        };
        let input = &self.config["audio"]["input"];
        if input["format"]["type"] != "audio/pcmu" {
            self.violation("sound came before the format was set to audio/pcmu");
        }
        let detection = &input["turn_detection"];
        let (create, interrupt) = (detection["create_response"] == true, detection["interrupt_response"] == true);
        let settings = Settings {
            threshold: detection["threshold"].as_f64().unwrap_or(0.5) as f32,
            padding_ms: detection["prefix_padding_ms"].as_u64().unwrap_or(300),
            silence_ms: detection["silence_duration_ms"].as_u64().unwrap_or(500),
        };
        let detects = !detection.is_null();
        for noticed in self.detector.hear(&samples, settings) {
            match noticed {
                _ if !detects => {}
                Noticed::Started { at_ms } => {
                    let item = self.id("item");
                    self.speaking = Some(item.clone());
                    let started = json!({
                        "type": "input_audio_buffer.speech_started", "audio_start_ms": at_ms, "item_id": item,
                    });
                    self.send(started).await?;
                    if interrupt && self.active.is_some() {
                        lock(&self.shared).interrupted += 1;
                        self.cancel("turn_detected").await?;
                    }
                }
                Noticed::Stopped { at_ms, text, ms } => {
                    let item = self.speaking.take().unwrap_or_default();
                    let stopped = json!({
                        "type": "input_audio_buffer.speech_stopped", "audio_end_ms": at_ms, "item_id": item,
                    });
                    self.send(stopped).await?;
                    self.heard(item, text.clone(), ms).await?;
                    if create && !text.is_empty() {
                        if self.active.is_some() {
                            self.wants_response = true;
                        } else {
                            self.respond(&Value::Null, false).await?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A sentence of the caller becomes an item.
    async fn heard(&mut self, id: String, text: String, ms: u64) -> Go {
        let previous = self.items.last().map(|item| item.id.clone());
        let committed = json!({"type": "input_audio_buffer.committed", "previous_item_id": previous, "item_id": id});
        self.send(committed).await?;
        let item = Item { id: id.clone(), content: Content::Speech { text: text.clone(), ms } };
        self.announce(item, previous).await?;
        if self.config["audio"]["input"]["transcription"].is_null() {
            return Ok(());
        }
        let tokens = ms.div_ceil(100);
        let mut told = json!({
            "type": "conversation.item.input_audio_transcription.completed", "item_id": id, "content_index": 0,
            "transcript": text, "usage": {
                "type": "tokens", "total_tokens": tokens + usage::text(&text), "input_tokens": tokens,
                "input_token_details": {"text_tokens": 0, "audio_tokens": tokens},
                "output_tokens": usage::text(&text),
            },
        });
        if self.fails(&Fault::NoTranscripts) {
            told = json!({
                "type": "conversation.item.input_audio_transcription.failed", "item_id": id, "content_index": 0,
                "error": {"type": "transcription_error", "code": "audio_unintelligible", "message": "…", "param": null},
            });
        }
        let delay = self.faults.iter().find_map(|fault| match fault {
            Fault::LateTranscripts(ms) => Some(*ms),
            _ => None,
        });
        self.late.push_back((Instant::now() + self.options.pace.real(delay.unwrap_or(60)), told));
        Ok(())
    }

    async fn announce(&mut self, item: Item, previous: Option<String>) -> Go {
        let object = item.object("completed");
        self.items.push(item);
        for kind in ["conversation.item.added", "conversation.item.done"] {
            self.send(json!({"type": kind, "previous_item_id": previous, "item": object})).await?;
        }
        Ok(())
    }

    async fn commit(&mut self, event: &Value) -> Go {
        if !self.config["audio"]["input"]["turn_detection"].is_null() {
            let refusal = Refusal::new("input_audio_buffer_commit_empty", "buffer too small", None);
            return self.refuse(refusal, event, false).await;
        }
        let (text, id) = (self.detector.take(), self.id("item"));
        let ms = self.detector.heard_ms();
        self.heard(id, text, ms).await
    }

    async fn create_item(&mut self, event: &Value) -> Go {
        let id = self.id("item");
        let item = Item::created(&event["item"], id);
        if self.items.iter().any(|other| other.id == item.id) {
            let message = format!("An item with the ID '{}' already exists.", item.id);
            return self.refuse(Refusal::new("item_create_duplicate_id", message, Some("item.id")), event, true).await;
        }
        if let Content::Output { call, .. } = &item.content {
            let calls = |content: &Content| matches!(content, Content::Call(known) if known.id == *call);
            let answers = |content: &Content| matches!(content, Content::Output { call: known, .. } if known == call);
            if !self.items.iter().any(|other| calls(&other.content)) {
                let message = format!("No tool call found for function call output with call_id {call}.");
                return self.refuse(Refusal::new("invalid_value", message, Some("item.call_id")), event, true).await;
            }
            if self.items.iter().any(|other| answers(&other.content)) {
                self.violation(format!("call {call} was answered twice"));
            }
        }
        let named = event["previous_item_id"].as_str().map(str::to_owned);
        let previous = named.or_else(|| self.items.last().map(|item| item.id.clone()));
        self.announce(item, previous).await
    }

    async fn truncate(&mut self, event: &Value) -> Go {
        let (id, end) = (event["item_id"].as_str().unwrap_or_default(), event["audio_end_ms"].as_u64().unwrap_or(0));
        let refusal = match self.items.iter_mut().find(|item| item.id == id).map(|item| &mut item.content) {
            Some(Content::Spoken { ms, .. }) if *ms < end => {
                let message = format!("Audio content of {ms}ms is already shorter than {end}ms");
                Some(Refusal::new("invalid_value", message, Some("audio_end_ms")))
            }
            Some(Content::Spoken { cut_ms, ms, .. }) => {
                *cut_ms = Some(end);
                *ms = end;
                None
            }
            Some(_) => Some(Refusal::new("invalid_value", "Only model output audio messages can be truncated", None)),
            None => {
                let message = format!("Item with item_id {id} not found.");
                Some(Refusal::new("item_truncate_invalid_item_id", message, Some("item_id")))
            }
        };
        match refusal {
            Some(refusal) => self.refuse(refusal, event, true).await,
            None => {
                let told = json!({
                    "type": "conversation.item.truncated", "item_id": id, "content_index": 0, "audio_end_ms": end,
                });
                self.send(told).await
            }
        }
    }

    async fn delete(&mut self, event: &Value) -> Go {
        let id = event["item_id"].as_str().unwrap_or_default();
        let before = self.items.len();
        self.items.retain(|item| item.id != id);
        if self.items.len() == before {
            let refusal = Refusal::new("item_delete_invalid_item_id", format!("Item {id} not found."), Some("item_id"));
            return self.refuse(refusal, event, true).await;
        }
        self.send(json!({"type": "conversation.item.deleted", "item_id": id})).await
    }

    async fn retrieve(&mut self, event: &Value) -> Go {
        let id = event["item_id"].as_str().unwrap_or_default();
        match self.items.iter().find(|item| item.id == id).map(|item| item.object("completed")) {
            Some(item) => self.send(json!({"type": "conversation.item.retrieved", "item": item})).await,
            None => {
                let refusal = Refusal::new("item_not_found", format!("Item {id} not found."), Some("item_id"));
                self.refuse(refusal, event, true).await
            }
        }
    }

    async fn create(&mut self, event: &Value) -> Go {
        if self.fails(&Fault::Racing) && !self.has_raced && self.active.is_none() && !self.items.is_empty() {
            self.has_raced = true;
            self.respond(&Value::Null, false).await?;
        }
        if let Some(active) = &self.active {
            let message = format!("Conversation already has an active response in progress: {}", active.id);
            // Who was overtaken by the server's own response could not know it.
            let violates = active.by_client;
            let refusal = Refusal::new("conversation_already_has_active_response", message, None);
            return self.refuse(refusal, event, violates).await;
        }
        self.respond(&event["response"], true).await
    }

    async fn cancel_asked(&mut self, event: &Value) -> Go {
        if self.active.is_none() {
            let refusal =
                Refusal::new("response_cancel_not_active", "Cancellation failed: no active response found", None);
            return self.refuse(refusal, event, false).await;
        }
        self.cancel("client_cancelled").await
    }

    /// Begins a response.
    async fn respond(&mut self, wish: &Value, by_client: bool) -> Go {
        let nth = self.begun;
        self.begun += 1;
        lock(&self.shared).responses += 1;
        if self.faults.iter().any(|fault| matches!(fault, Fault::Mute(from) if *from <= nth)) {
            return Ok(());
        }
        let mut response = Response::new(self.id("resp"), nth, by_client, wish);
        self.send(json!({"type": "response.created", "response": response.object("in_progress", &Value::Null, None)}))
            .await?;
        let failure = self.faults.iter().find_map(|fault| match fault {
            Fault::Fail(at, code) if *at == nth => Some(code.clone()),
            _ => None,
        });
        if let Some(code) = failure {
            let details = json!({"type": "failed", "error": {"type": "server_error", "code": code}});
            let done = json!({"type": "response.done", "response": response.object("failed", &details, None)});
            self.done += 1;
            return self.send(done).await;
        }
        let talk = self.talk(wish);
        response.counted = self.counted(&talk.instructions);
        let dictated = wish["instructions"].as_str().and_then(items::dictated);
        let slow = self.faults.iter().find_map(|fault| match fault {
            Fault::Slow(ms) => Some(*ms),
            _ => None,
        });
        let (brain, pace) = (Arc::clone(&self.brain), self.options.pace);
        let thinking = self.options.thinking_ms + slow.unwrap_or(0);
        self.thoughts.push(Box::pin(async move {
            pace.sleep(thinking).await;
            let said = match dictated {
                Some(text) => Said { text, ..Said::default() },
                None => brain.next(talk).await,
            };
            (nth, said)
        }));
        self.active = Some(response);
        Ok(())
    }

    fn talk(&self, wish: &Value) -> Talk {
        let instructions = wish["instructions"].as_str().or(self.config["instructions"].as_str()).unwrap_or_default();
        let choice = wish.get("tool_choice").unwrap_or(&self.config["tool_choice"]);
        let tools = if *choice == "none" {
            Vec::new()
        } else {
            items::tools(wish.get("tools").unwrap_or(&self.config["tools"]))
        };
        let own = wish["input"].as_array().map(|list| {
            list.iter()
                .filter_map(|input| match input["type"].as_str() {
                    Some("item_reference") => self.items.iter().find(|item| input["id"] == item.id.as_str()).cloned(),
                    _ => Some(Item::created(input, String::new())),
                })
                .collect::<Vec<_>>()
        });
        Talk {
            agent: items::agent(self.config["instructions"].as_str().unwrap_or_default()),
            instructions: instructions.to_owned(),
            tools,
            history: items::history(own.as_deref().unwrap_or(&self.items)),
        }
    }

    fn counted(&self, instructions: &str) -> Counted {
        let prefix = usage::text(instructions) + usage::text(&self.config["tools"].to_string());
        let mut counted =
            Counted { text_in: prefix, cached: if self.done == 0 { 0 } else { prefix }, ..Counted::default() };
        for item in &self.items {
            let (text, ms) = item.counted();
            counted.text_in += text;
            counted.audio_in_ms += ms;
        }
        counted
    }

    /// The brain has thought: what it said becomes a script.
    fn thought(&mut self, nth: usize, said: &Said) -> Go {
        let mut ids = Vec::new();
        for _ in 0..=said.calls.len() {
            ids.push(self.id("item"));
        }
        let calls: Vec<_> = said.calls.to_vec();
        let mut renamed = Vec::new();
        for mut call in calls {
            call.id = self.id("call");
            renamed.push(call);
        }
        let generation = self.options.generation.max(1);
        if let Some(active) = self.active.as_mut().filter(|active| active.nth == nth) {
            active.counted.text_out =
                usage::text(&said.text) + renamed.iter().map(|c| usage::text(&c.arguments)).sum::<u64>();
            active.script = script(&said.text, renamed, ids, generation, active.is_text);
            active.next = Some(Instant::now());
        }
        Ok(())
    }

    /// Does what is due of the response.
    async fn step(&mut self) -> Go {
        let Some(mut active) = self.active.take() else { return Ok(()) };
        let Some((delay, step)) = active.script.pop_front() else { return Ok(()) };
        let within = self.faults.iter().any(|fault| matches!(fault, Fault::BreakWithin(at) if *at == active.nth));
        if within && active.chunks >= 2 {
            return Err(Over);
        }
        active.next = Some(Instant::now() + self.options.pace.real(delay));
        let is_end = matches!(step, Step::Finish);
        let previous = self.items.last().map(|item| item.id.clone());
        let events = active.events(step, &mut self.items, previous.as_deref());
        self.has_spoken |= active.chunks > 0;
        if !is_end {
            self.active = Some(active);
        }
        for event in events {
            self.send(event).await?;
        }
        if is_end { self.after_response().await } else { Ok(()) }
    }

    async fn after_response(&mut self) -> Go {
        self.done += 1;
        let limits = json!([{"name": "tokens", "limit": 50_000, "remaining": 49_950, "reset_seconds": 60}]);
        self.send(json!({"type": "rate_limits.updated", "rate_limits": limits})).await?;
        let (done, mut close) = (self.done, None);
        for fault in &self.faults {
            match fault {
                Fault::BreakAfter(count) if *count == done => return Err(Over),
                Fault::CloseAfter(count, code) if *count == done => close = Some(*code),
                _ => {}
            }
        }
        if let Some(code) = close {
            let frame = CloseFrame { code: code.into(), reason: "as told".into() };
            let _ = self.socket.close(Some(frame)).await;
            return Err(Over);
        }
        if std::mem::take(&mut self.wants_response) {
            self.respond(&Value::Null, false).await?;
        }
        Ok(())
    }

    /// Breaks the response off.
    async fn cancel(&mut self, reason: &str) -> Go {
        let Some(mut active) = self.active.take() else { return Ok(()) };
        for event in active.cut(&self.items, reason) {
            self.send(event).await?;
        }
        self.done += 1;
        Ok(())
    }

    async fn send_late(&mut self) -> Go {
        let now = Instant::now();
        while let Some(at) = self.late.iter().position(|(at, _)| *at <= now) {
            if let Some((_, event)) = self.late.remove(at) {
                self.send(event).await?;
            }
        }
        Ok(())
    }

    async fn expire(&mut self) -> Go {
        let message = "Your session hit the maximum duration of 60 minutes.";
        self.send(Refusal::new("session_expired", message, None).event(None)).await?;
        let frame = CloseFrame { code: 1001.into(), reason: "session expired".into() };
        let _ = self.socket.close(Some(frame)).await;
        Err(Over)
    }
}

async fn until(moment: Option<Instant>) {
    tokio::time::sleep_until(moment.unwrap_or_else(Instant::now)).await;
}
