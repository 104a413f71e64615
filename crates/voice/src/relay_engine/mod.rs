//! The engine with text both ways: the carrier hears and speaks, a chat model thinks.
//!
//! One task holds the call. Words go to the carrier as the model says them; when the caller cuts in, the generation is
//! dropped and the conversation is told what was heard. A model that is slow is covered by a few words, one that fails is
//! replaced by another, and when none is left the call goes on elsewhere.

mod speech;
mod thinking;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use patchcord_agents::{Input, Output};
use patchcord_domain::call::{CallEvent, Ending, Engine, Line, Speaker, SpokenUsage};
use patchcord_llm::Usage;
use patchcord_llm::talk::{Said, Talker};
use tokio::time::{Instant, MissedTickBehavior};

use crate::conversation_relay::{Frame, Reply};
use crate::frames::{FrameSocket, SocketError};
use crate::session::{Desk, Opened, Session};
use speech::{Speech, Spoken};
use thinking::{Thinking, Thought};

/// How often the conversation is told that time goes by.
const TICK: Duration = Duration::from_millis(100);
/// After so long without a word of the model a few words are said in its place.
const FILLER_AFTER: Duration = Duration::from_millis(2_500);
/// After so long without a word the model counts as failed.
const FIRST_WORD_LIMIT: Duration = Duration::from_secs(12);
/// The longest that a model may go on.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);
/// Longest name in brackets that is held back, in bytes.
const HELD_MAX: usize = 24;
/// Frames in a row that nobody can read before the socket counts as broken.
const MALFORMED_MAX: u32 = 50;

/// Who thinks.
#[derive(Clone)]
pub struct RelayOptions {
    /// The model.
    pub talker: Arc<dyn Talker>,
    /// Who answers when it fails.
    pub fallback: Option<Arc<dyn Talker>>,
}

/// Holds a call over a relay until it ends. The token of the relay was checked.
pub async fn run<S: FrameSocket>(session: Session, socket: S, opened: Opened, options: RelayOptions) -> Ending {
    let desk = Desk::new(session);
    Relay::new(desk, socket, options).run(&opened).await
}

pub(crate) struct Relay<S> {
    desk: Desk,
    socket: S,
    options: RelayOptions,
    thinking: Option<Thinking>,
    speech: Speech,
    /// The fallback has answered; the model is not asked again in this call.
    on_fallback: bool,
    /// Words of the model that are not spoken yet: the beginning of a name.
    held: String,
    /// How often the caller was asked to wait.
    fillers: usize,
    malformed: u32,
    /// How often the caller cut in.
    interruptions: u32,
    /// What the caller has said of an utterance that goes on.
    partial: String,
    /// When the utterance began of which words were shown last, and how many bytes of it.
    shown: (i64, usize),
    ending: Option<Ending>,
}

impl<S: FrameSocket> Relay<S> {
    pub(crate) fn new(desk: Desk, socket: S, options: RelayOptions) -> Self {
        Self {
            desk,
            socket,
            options,
            thinking: None,
            speech: Speech::default(),
            on_fallback: false,
            held: String::new(),
            fillers: 0,
            malformed: 0,
            interruptions: 0,
            partial: String::new(),
            shown: (0, 0),
            ending: None,
        }
    }

    pub(crate) async fn run(mut self, opened: &Opened) -> Ending {
        tracing::debug!(call_id = self.desk.call_id(), relay = opened.stream_sid, "a relay begins");
        let model = self.talker().name().to_owned();
        self.desk.record(CallEvent::Answered { at: self.desk.now(), engine: Engine::Relay, model });
        let resumed = self.desk.is_resumed;
        self.tell(Input::Started { resumed }).await;
        let mut tick = tokio::time::interval(self.desk.tick(TICK));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.ending.is_none() {
            tokio::select! {
                frame = self.socket.receive() => self.receive(frame).await,
                thought = Thinking::next(&mut self.thinking) => self.think(thought).await,
                aside = self.desk.aside() => {
                    let outputs = self.desk.take_aside(aside);
                    self.carry_out(outputs).await;
                }
                _ = tick.tick() => self.tick().await,
            }
        }
        let ending = self.ending.take().unwrap_or(Ending::CallerHungUp);
        if ending != Ending::CallerHungUp {
            self.say_goodbye(&ending).await;
        }
        self.socket.close().await;
        self.desk.close(ending).await
    }

    /// The carrier asks what comes next when it is told that the relay is over. It gets no word of the caller.
    async fn say_goodbye(&mut self, ending: &Ending) {
        let reason = serde_json::to_value(ending).ok().and_then(|value| Some(value.get("kind")?.as_str()?.to_owned()));
        let handoff = serde_json::json!({"reason": reason.unwrap_or_default()}).to_string();
        let _ = self.socket.send(Reply::End { handoff_data: Some(&handoff) }.to_json()).await;
    }

    fn talker(&self) -> &Arc<dyn Talker> {
        match (&self.options.fallback, self.on_fallback) {
            (Some(fallback), true) => fallback,
            _ => &self.options.talker,
        }
    }

    async fn tell(&mut self, input: Input) {
        let outputs = self.desk.take(input);
        self.carry_out(outputs).await;
    }

    async fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                // The model is told everything each time: the conversation keeps it.
                Output::Instruct { .. } | Output::Tell(_) | Output::Result { .. } => {}
                Output::Record(event) => self.desk.record(event),
                // The desk runs tools before it gives outputs.
                Output::Run { .. } => {}
                Output::Respond => self.respond().await,
                Output::Withdraw => self.drop_thought().await,
                Output::Say(text) => self.say(&text).await,
                Output::Finish(ending) => {
                    self.ending.get_or_insert(ending);
                    return;
                }
            }
        }
    }

    async fn respond(&mut self) {
        // What was asked before is answered together with what was asked now.
        self.drop_thought().await;
        let talk = self.desk.talk();
        self.held.clear();
        self.thinking = Some(Thinking::new(Arc::clone(self.talker()), talk));
    }

    async fn drop_thought(&mut self) {
        if self.thinking.take().is_some() && self.speech.close_open() {
            self.send(Reply::token("", true)).await;
        }
    }

    /// Says a sentence of the desk, after what is being said.
    async fn say(&mut self, text: &str) {
        let now_ms = self.desk.now_ms();
        if self.speech.close_open() {
            self.send(Reply::token("", true)).await;
        }
        self.speech.add(now_ms, text);
        self.send(Reply::token(text, true)).await;
        self.desk.sounds();
    }

    async fn send(&mut self, reply: Reply<'_>) {
        if self.ending.is_none() && self.socket.send(reply.to_json()).await.is_err() {
            self.ending = self.hung_up();
        }
    }

    fn hung_up(&mut self) -> Option<Ending> {
        self.desk
            .take(Input::End(Ending::CallerHungUp))
            .into_iter()
            .find_map(|output| match output {
                Output::Finish(ending) => Some(ending),
                _ => None,
            })
            .or(Some(Ending::CallerHungUp))
    }

    async fn receive(&mut self, frame: Option<Result<S::Text, SocketError>>) {
        let frame = match frame {
            Some(Ok(text)) => Frame::read(&text),
            Some(Err(SocketError::NotText)) => Err(crate::media_streams::Malformed::NotJson),
            Some(Err(_)) | None => {
                self.ending = self.hung_up();
                return;
            }
        };
        let Ok(frame) = frame else {
            self.malformed += 1;
            if self.malformed == MALFORMED_MAX {
                tracing::warn!(call_id = self.desk.call_id(), "a relay sends nothing but frames that cannot be read");
                self.ending = self.hung_up();
            }
            return;
        };
        self.malformed = 0;
        match frame {
            Frame::Prompt { text, last: false, .. } => {
                if self.partial.len() + text.len() < 8_000 {
                    self.partial.push_str(&text);
                }
                let shown = self.partial.clone();
                self.desk.show(Speaker::Caller, &shown);
            }
            Frame::Prompt { text, .. } => {
                let before = std::mem::take(&mut self.partial);
                // The last piece may be the whole again, or what was missing.
                let text = if text.starts_with(before.trim()) { text } else { before + &text };
                self.heard(text).await;
            }
            Frame::Key(key) => self.tell(Input::Key(key)).await,
            Frame::Interrupt { heard, .. } => self.interrupted(&heard).await,
            Frame::Fault(_) => {
                // What it says may quote a frame of ours, and so the conversation.
                tracing::warn!(call_id = self.desk.call_id(), "the carrier did not understand a frame of a relay");
            }
            Frame::Setup(_) | Frame::Unknown => {}
        }
    }

    async fn heard(&mut self, text: String) {
        // The carrier cuts what it speaks by itself and says so. What the model still thinks is thought without these words.
        if self.thinking.is_some() && !self.speech.has_open() {
            self.thinking = None;
        }
        self.tell(Input::Heard { text, item_id: None }).await;
    }

    /// The caller cut in: what was heard stays said, the rest was never said.
    async fn interrupted(&mut self, heard: &str) {
        let thought = self.thinking.take();
        self.held.clear();
        let now_ms = self.desk.now_ms();
        let spoken = self.speech.cut(now_ms, heard);
        if thought.is_none() && spoken.is_empty() {
            return;
        }
        // What was heard in whole was not cut short, whatever the estimate says: a caller who reads is faster than speech.
        if thought.is_some() || spoken.iter().any(|spoken| spoken.interrupted) {
            self.interruptions += 1;
            self.desk.record(CallEvent::Line(Line { interruptions: self.interruptions, ..Line::default() }));
        }
        for spoken in spoken {
            self.spoke(spoken).await;
        }
        self.tell(Input::Quiet).await;
    }

    async fn spoke(&mut self, spoken: Spoken) {
        if let Some(whole) = spoken.untold {
            self.tell(Input::Said { text: whole, item_id: None }).await;
        }
        let Spoken { text, interrupted, started_ms, .. } = spoken;
        self.tell(Input::Spoke { text, interrupted, item_id: None, started_ms }).await;
    }

    async fn think(&mut self, thought: Thought) {
        match thought {
            Thought::Words(words) => self.words(&words).await,
            Thought::Done(said) => self.said(*said).await,
            Thought::Failed(code) => self.failed(code).await,
        }
    }

    /// More words of the model. A name in brackets stands for a number that it was not told, so it is spoken in whole.
    async fn words(&mut self, words: &str) {
        self.held.push_str(words);
        let open = self.held.rfind('[').filter(|at| !self.held[*at..].contains(']') && self.held.len() - at < HELD_MAX);
        let rest = self.held.split_off(open.unwrap_or(self.held.len()));
        let words = std::mem::replace(&mut self.held, rest);
        self.speak(&words).await;
    }

    async fn speak(&mut self, words: &str) {
        if words.is_empty() {
            return;
        }
        let words = &self.desk.revealed(words);
        let now_ms = self.desk.now_ms();
        self.speech.extend(now_ms, words);
        self.send(Reply::token(words, false)).await;
        self.desk.sounds();
    }

    /// Shows the words as the caller hears them; they were sent long before.
    fn show_heard(&mut self, now_ms: i64) {
        let Some((began_ms, heard)) = self.speech.heard_by(now_ms) else { return };
        let shown = (began_ms, heard.len());
        if heard.is_empty() || shown == self.shown {
            return;
        }
        self.shown = shown;
        let heard = heard.to_owned();
        self.desk.show(Speaker::Agent, &heard);
    }

    async fn said(&mut self, said: Said) {
        let Some(thinking) = self.thinking.take() else { return };
        self.used(&thinking, said.usage, &said.model, None);
        let held = std::mem::take(&mut self.held);
        self.speak(&held).await;
        // A model that gave its words only at the end.
        if !self.speech.has_open() && !said.text.trim().is_empty() {
            self.speak(&said.text).await;
        }
        if let Some(text) = self.speech.close_open_told() {
            self.send(Reply::token("", true)).await;
            self.tell(Input::Said { text, item_id: None }).await;
        } else if said.calls.is_empty() {
            // Nothing at all is no answer.
            tracing::warn!(call_id = self.desk.call_id(), "a model answered with nothing");
            return self.give_way(thinking.is_retry).await;
        }
        if !said.calls.is_empty() {
            self.tell(Input::Calls(said.calls)).await;
        }
    }

    async fn failed(&mut self, code: &'static str) {
        let Some(thinking) = self.thinking.take() else { return };
        tracing::warn!(call_id = self.desk.call_id(), code, "a model failed in a call");
        let model = self.talker().name().to_owned();
        self.used(&thinking, Usage::default(), &model, Some(code));
        if let Some(text) = self.speech.close_open_told() {
            // What was said stays said, and the caller can go on from there.
            self.send(Reply::token("", true)).await;
            self.tell(Input::Said { text, item_id: None }).await;
            return;
        }
        self.give_way(thinking.is_retry).await;
    }

    /// The other model answers; when there is none, the same once more; then nobody.
    async fn give_way(&mut self, was_retry: bool) {
        let can_change = !self.on_fallback && self.options.fallback.is_some();
        if !can_change && was_retry {
            let reason = "no model answers".to_owned();
            return self.tell(Input::End(Ending::Failed { reason })).await;
        }
        self.on_fallback |= can_change;
        let talk = self.desk.talk();
        let mut thinking = Thinking::new(Arc::clone(self.talker()), talk);
        thinking.is_retry = !can_change;
        thinking.is_covered = true;
        self.thinking = Some(thinking);
        self.cover().await;
    }

    /// A few words while the caller has to wait.
    async fn cover(&mut self) {
        let words = self.desk.filler(self.fillers);
        self.fillers += 1;
        let now_ms = self.desk.now_ms();
        self.speech.add_untold(now_ms, &words);
        self.send(Reply::token(&words, true)).await;
        self.desk.sounds();
    }

    fn used(&mut self, thinking: &Thinking, usage: Usage, model: &str, error: Option<&str>) {
        let usage = SpokenUsage {
            input_tokens: usage.input_tokens,
            cached_input_tokens: usage.cached_input_tokens,
            output_tokens: usage.output_tokens,
            ..SpokenUsage::default()
        };
        let latency = thinking.first_word_after.unwrap_or_else(|| thinking.since.elapsed());
        let event = CallEvent::Used {
            provider: self.talker().provider().to_owned(),
            model: if model.is_empty() { self.talker().name().to_owned() } else { model.to_owned() },
            purpose: "conversation".to_owned(),
            usage,
            latency_ms: i64::try_from(latency.as_millis()).unwrap_or(i64::MAX),
            error: error.map(str::to_owned),
        };
        self.desk.record(event);
    }

    async fn tick(&mut self) {
        let now_ms = self.desk.now_ms();
        while let Some(spoken) = self.speech.finished(now_ms) {
            self.spoke(spoken).await;
            if self.speech.is_empty() && self.thinking.is_none() && self.ending.is_none() {
                self.tell(Input::Quiet).await;
            }
        }
        self.show_heard(now_ms);
        if self.ending.is_none() {
            self.tell(Input::Tick).await;
        }
        let Some(thinking) = &mut self.thinking else { return };
        let waited = thinking.since.elapsed();
        let is_silent = thinking.first_word_after.is_none();
        if (is_silent && waited > FIRST_WORD_LIMIT) || waited > ANSWER_LIMIT {
            self.failed("model_timeout").await;
        } else if is_silent && waited > FILLER_AFTER && !std::mem::replace(&mut thinking.is_covered, true) {
            self.cover().await;
        }
    }
}

/// Now, for measuring waits.
fn instant() -> Instant {
    Instant::now()
}
