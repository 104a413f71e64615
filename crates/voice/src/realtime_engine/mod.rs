//! The engine with audio both ways: the carrier's sound goes to a speech model as it comes, and the model's back.
//!
//! One task holds the call and both sockets. Nothing in it waits for a database: tools run beside it, and the recorder gets
//! what it has room for. When the model's socket breaks, another session is opened and told the conversation so far; after
//! three times the call ends in a way that lets another engine go on with it.

mod commands;
mod echo;
mod events;
mod line;
mod link;
mod options;
mod transcripts;

#[cfg(test)]
mod tests;

use std::time::Duration;

use futures::FutureExt;
use patchcord_agents::{Input, Output};
use patchcord_domain::call::{CallEvent, Ending, Engine};
use patchcord_llm::talk::ToolCall;
use tokio::time::{Instant, MissedTickBehavior};

use crate::frames::{FrameSocket, SocketError};
use crate::media_streams::{Frame, Malformed, Writer, payload_ms, silence};
use crate::playback::{Correction, Heard, Playback};
use crate::realtime::{ClientEvent, append};
use crate::sequencing::{Sequencer, Want};
use crate::session::{Desk, Opened, Session};
use echo::EchoGuard;
use line::CallersLine;
use link::{Link, Lost, Ready, Told};
pub use options::{RealtimeOptions, URL};
use transcripts::Transcripts;

/// How often the conversation is told that time goes by.
const TICK: Duration = Duration::from_millis(200);
/// How often the figures of the line are recorded, in ticks.
const FIGURES_EVERY: u32 = 50;
/// How many frames travel together when the loop is behind: half a second.
const TOGETHER_MAX: usize = 25;
/// How many events of the model are taken before what they led to is written.
const EVENTS_TOGETHER_MAX: usize = 32;
/// How often a session that broke is replaced.
const REOPENED_MAX: u32 = 3;
/// Before another try, by how many there were.
const PAUSES: [Duration; 3] = [Duration::ZERO, Duration::from_millis(150), Duration::from_millis(500)];
/// Frames in a row that nobody can read before a socket counts as broken.
const MALFORMED_MAX: u32 = 100;
/// A session is replaced so long before its end, in milliseconds, whatever goes on.
const LAST_MOMENT_MS: i64 = 60_000;
/// How many keys are kept until the conversation begins.
const EARLY_KEYS_MAX: usize = 32;
/// How many items are kept for a session that is being opened.
const LATE_MAX: usize = 64;
/// How often an answer that failed for a passing reason is asked for again.
const FAILED_MAX: u32 = 3;
/// How long after that.
const FAILED_PAUSE_MS: i64 = 1_000;

/// Holds a call over an audio stream until it ends. The token of the stream was checked.
pub async fn run<S: FrameSocket>(session: Session, socket: S, opened: Opened, options: RealtimeOptions) -> Ending {
    let desk = Desk::new(session);
    Bridge::new(desk, socket, &opened, options).run().await
}

pub(crate) struct Bridge<S> {
    desk: Desk,
    carrier: S,
    writer: Writer,
    options: RealtimeOptions,
    link: Link,
    playback: Playback,
    sequencer: Sequencer,
    line: CallersLine,
    echo: EchoGuard,
    transcripts: Transcripts,
    /// Tools that the answer that is being given wants to run: the answer, the item, the call.
    calls: Vec<(String, String, ToolCall)>,
    /// The last answer in whose place the desk gave one.
    withdrawn: Option<String>,
    /// Something waits to be written.
    carrier_is_dirty: bool,
    model_is_dirty: bool,
    /// The model's socket takes nothing any more.
    model_is_lost: bool,
    /// Events that we numbered.
    count: u64,
    /// Updates of the settings that are not confirmed yet.
    updates: u32,
    /// The digest of the instructions and tools that the model has.
    instructed: u64,
    /// What the session that is being opened must be told when it is there: it was not told with the rest.
    late: Vec<String>,
    /// The conversation has begun.
    has_begun: bool,
    /// Keys that were pressed before.
    early_keys: Vec<char>,
    /// Something was played or asked for since the conversation was last told that it is quiet.
    was_loud: bool,
    reopened: u32,
    /// The caller was left without an answer by a break: a sentence is due as soon as a model is there.
    owes_bridge: bool,
    /// When the session should be replaced and when it must be, in unix milliseconds.
    rotate_at: i64,
    rotate_by: i64,
    /// Since when the answer that is being given is waited for, and whether it has sounded.
    asked_at_ms: Option<i64>,
    latency_ms: Option<i64>,
    failed: u32,
    /// An answer that failed is asked for again then.
    again_at_ms: Option<i64>,
    malformed: u32,
    ticks: u32,
    ending: Option<Ending>,
}

impl<S: FrameSocket> Bridge<S> {
    pub(crate) fn new(desk: Desk, carrier: S, opened: &Opened, options: RealtimeOptions) -> Self {
        Self {
            desk,
            carrier,
            writer: Writer::new(&opened.stream_sid),
            options,
            link: Link::Down,
            playback: Playback::default(),
            sequencer: Sequencer::default(),
            line: CallersLine::default(),
            echo: EchoGuard::default(),
            transcripts: Transcripts::default(),
            calls: Vec::new(),
            withdrawn: None,
            carrier_is_dirty: false,
            model_is_dirty: false,
            model_is_lost: false,
            count: 0,
            updates: 0,
            instructed: 0,
            late: Vec::new(),
            has_begun: false,
            early_keys: Vec::new(),
            was_loud: false,
            reopened: 0,
            owes_bridge: false,
            rotate_at: i64::MAX,
            rotate_by: i64::MAX,
            asked_at_ms: None,
            latency_ms: None,
            failed: 0,
            again_at_ms: None,
            malformed: 0,
            ticks: 0,
            ending: None,
        }
    }

    pub(crate) async fn run(mut self) -> Ending {
        self.open(Duration::ZERO, self.options.open_limit);
        let mut tick = tokio::time::interval(self.desk.tick(TICK));
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.ending.is_none() {
            tokio::select! {
                frame = self.carrier.receive() => self.take_carriers(frame).await,
                told = self.link.next() => self.take_models(told).await,
                aside = self.desk.aside() => {
                    let outputs = self.desk.take_aside(aside);
                    self.carry_out(outputs).await;
                }
                _ = tick.tick() => self.tick().await,
            }
            self.ask().await;
            self.hush().await;
            self.write().await;
        }
        let ending = self.ending.take().unwrap_or(Ending::CallerHungUp);
        self.desk.record(CallEvent::Line(self.line.figures()));
        if let Some(socket) = self.link.socket() {
            socket.close().await;
        }
        // When our side closes, the carrier asks what comes next.
        self.carrier.close().await;
        self.desk.close(ending).await
    }

    /// Frames of the carrier: those of sound that wait together travel together.
    async fn take_carriers(&mut self, first: Option<Result<S::Text, SocketError>>) {
        let since = Instant::now();
        let now_ms = self.desk.now_ms();
        let mut next = first;
        let mut sound: Vec<Piece<S::Text>> = Vec::new();
        let may_echo = self.echo.is_on(now_ms, !self.playback.is_quiet());
        loop {
            let text = match next {
                Some(Ok(text)) => text,
                Some(Err(SocketError::NotText)) => {
                    self.malformed();
                    break;
                }
                Some(Err(_)) | None => {
                    self.hung_up();
                    break;
                }
            };
            match Frame::read(&text) {
                Ok(Frame::Media { payload, timestamp_ms, .. }) => {
                    self.malformed = 0;
                    let silence = self.line.frame(now_ms, timestamp_ms, payload.as_str());
                    let is_echo = may_echo && self.echo.is_echo(payload.as_str());
                    sound.push(Piece { text, silence, is_echo });
                }
                Ok(other) => {
                    self.malformed = 0;
                    let other = own(other);
                    self.pass_sound(&sound).await;
                    sound.clear();
                    self.take_beside(other).await;
                }
                Err(Malformed::NotJson | Malformed::Lacks(_) | Malformed::NotBase64) => self.malformed(),
            }
            if sound.len() == TOGETHER_MAX || self.ending.is_some() {
                break;
            }
            match self.carrier.receive().now_or_never() {
                Some(more) => next = more,
                None => break,
            }
        }
        if !sound.is_empty() {
            self.pass_sound(&sound).await;
            self.write_model().await;
            self.line.took(u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// Passes sound on as it came when it is one frame, and as one message when it is several.
    async fn pass_sound(&mut self, sound: &[Piece<S::Text>]) {
        let mut payloads: Vec<String> = Vec::new();
        let audio = match sound {
            [] => return,
            [Piece { text, silence: None, is_echo: false }] => match Frame::read(text) {
                Ok(Frame::Media { payload, .. }) => {
                    if self.link.is_up() {
                        let frame = append(payload.as_str());
                        return self.feed_model(frame).await;
                    }
                    payload.0.into_owned()
                }
                _ => return,
            },
            several => {
                for piece in several {
                    payloads.extend(piece.silence.clone());
                    if let Ok(Frame::Media { payload, .. }) = Frame::read(&piece.text) {
                        payloads.push(match piece.is_echo {
                            true => silence(payload_ms(payload.as_str())),
                            false => payload.0.into_owned(),
                        });
                    }
                }
                crate::media_streams::join(payloads.iter().map(String::as_str))
            }
        };
        if self.link.is_up() {
            self.feed_model(append(&audio)).await;
        } else {
            self.line.keep(&audio);
        }
    }

    async fn take_beside(&mut self, frame: Beside) {
        match frame {
            Beside::Mark(name) => {
                let now_ms = self.desk.now_ms();
                let heard = self.playback.marked(now_ms, &name);
                self.spoke(heard).await;
            }
            Beside::Key(key) if !self.has_begun => {
                if self.early_keys.len() < EARLY_KEYS_MAX {
                    self.early_keys.push(key);
                }
            }
            Beside::Key(key) => {
                // Keys cut like speech, but the server does not know of them.
                self.cut(By::Key).await;
                self.tell(Input::Key(key)).await;
            }
            Beside::Stop => self.hung_up(),
            Beside::Nothing => {}
        }
    }

    fn malformed(&mut self) {
        self.malformed += 1;
        if self.malformed == MALFORMED_MAX {
            tracing::warn!(call_id = self.desk.call_id(), "a socket of a call sends nothing that can be read");
            self.hung_up();
        }
    }

    fn hung_up(&mut self) {
        let outputs = self.desk.take(Input::End(Ending::CallerHungUp));
        let ending = outputs.into_iter().find_map(|output| match output {
            Output::Finish(ending) => Some(ending),
            _ => None,
        });
        self.ending.get_or_insert(ending.unwrap_or(Ending::CallerHungUp));
    }

    /// The caller hears nothing more of what waits.
    async fn cut(&mut self, by: By) {
        let now_ms = self.desk.now_ms();
        let active = self.sequencer.active().map(str::to_owned);
        let Some(cut) = self.playback.cut(now_ms, active.as_deref()) else { return };
        // First of all: every millisecond of it is heard.
        let clear = self.writer.clear();
        self.feed_carrier(clear).await;
        self.write_carrier().await;
        let is_callers = by != By::Desk && cut.heard.iter().any(|heard| heard.interrupted);
        self.line.counts.interruptions += u32::from(is_callers);
        // Only speech makes the server stop by itself.
        if by != By::Speech
            && let Some(response_id) = self.sequencer.cancel(now_ms).map(str::to_owned)
        {
            let event_id = self.event_id("ca");
            self.send(ClientEvent::ResponseCancel { event_id: &event_id, response_id: Some(&response_id) }).await;
        }
        for correction in &cut.corrections {
            match correction {
                Correction::Truncate { item_id, content_index, audio_end_ms } => {
                    let (event_id, content_index, audio_end_ms) = (self.event_id("tr"), *content_index, *audio_end_ms);
                    let truncate = ClientEvent::Truncate { event_id: &event_id, item_id, content_index, audio_end_ms };
                    self.send(truncate).await;
                }
                Correction::Delete { item_id } => {
                    let event_id = self.event_id("de");
                    self.send(ClientEvent::Delete { event_id: &event_id, item_id }).await;
                }
            }
        }
        self.was_loud = true;
        self.spoke(cut.heard).await;
        for correction in cut.corrections {
            if let Correction::Delete { item_id } = correction {
                // The words were never said.
                let (text, item_id) = (String::new(), Some(item_id));
                self.tell(Input::Spoke { text, interrupted: true, item_id, started_ms: now_ms }).await;
            }
        }
    }

    async fn spoke(&mut self, heard: Vec<Heard>) {
        for heard in heard {
            let Heard { item_id, text, interrupted, started_ms, .. } = heard;
            self.tell(Input::Spoke { text, interrupted, item_id: Some(item_id), started_ms }).await;
        }
    }

    /// Tells the conversation once when nothing is played, asked for or being said any more.
    async fn hush(&mut self) {
        let is_quiet = self.playback.is_quiet() && self.sequencer.is_idle() && self.again_at_ms.is_none();
        if !is_quiet {
            self.was_loud = true;
        } else if self.has_begun && self.link.is_up() && std::mem::replace(&mut self.was_loud, false) {
            self.tell(Input::Quiet).await;
        }
    }

    async fn tick(&mut self) {
        let now_ms = self.desk.now_ms();
        if let Some(silence) = self.line.mute(now_ms)
            && self.link.is_up()
        {
            self.feed_model(append(&silence)).await;
        }
        let heard = self.playback.overdue(now_ms);
        self.spoke(heard).await;
        self.words_of_caller().await;
        if self.again_at_ms.is_some_and(|at| now_ms >= at) {
            self.again_at_ms = None;
            self.sequencer.want(Want::Next);
        }
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(FIGURES_EVERY) {
            self.desk.record(CallEvent::Line(self.line.figures()));
        }
        self.rotate().await;
        if self.has_begun && self.ending.is_none() {
            self.tell(Input::Tick).await;
        }
    }

    /// Replaces a session before the vendor ends it, when nobody speaks.
    async fn rotate(&mut self) {
        let now = self.desk.now();
        if now < self.rotate_at || !self.link.is_up() {
            return;
        }
        let is_quiet = self.sequencer.is_idle()
            && !self.sequencer.is_answering()
            && !self.transcripts.is_waiting()
            && self.playback.is_quiet();
        if is_quiet || now >= self.rotate_by {
            tracing::info!(call_id = self.desk.call_id(), "a session of the speech model is replaced before its end");
            self.leave_model().await;
            self.open(Duration::ZERO, self.options.open_limit);
        }
    }

    fn open(&mut self, pause: Duration, limit: Duration) {
        let (talk, history) = (self.desk.instructions(), self.desk.history());
        self.updates = 0;
        self.late.clear();
        self.instructed = commands::digest(&talk.instructions, &talk.tools);
        self.link = link::open(self.options.clone(), talk, history, pause, limit);
    }

    /// Closes the session, and settles what was going on in it.
    async fn leave_model(&mut self) {
        if let Some(socket) = self.link.socket() {
            // It may be gone already; then this ends at once.
            let _ = tokio::time::timeout(Duration::from_millis(100), socket.close()).await;
        }
        self.link = Link::Down;
        self.settle().await;
    }

    /// The session is over: what it has sent is still played, and nothing more of it comes.
    async fn settle(&mut self) {
        self.model_is_dirty = false;
        self.line.speaks(false);
        self.asked_at_ms = None;
        let heard = self.finish_answers().await;
        self.spoke(heard).await;
        self.sequencer.disconnected();
        let is_lost = self.transcripts.lose();
        self.words_of_caller().await;
        if is_lost {
            self.unheard().await;
        }
        let calls = std::mem::take(&mut self.calls).into_iter().map(|(_, _, call)| call).collect();
        self.run_calls(calls).await;
    }

    /// What the caller said is lost: they are asked to say it again, and nothing else is said about it.
    async fn unheard(&mut self) {
        if self.has_begun {
            self.sequencer.forget_next();
            self.owes_bridge = true;
            self.tell(Input::Unheard).await;
        }
    }

    async fn lost(&mut self, lost: Lost) {
        let had_session = self.link.is_up();
        self.link = Link::Down;
        if had_session {
            self.settle().await;
        }
        let reason = match lost {
            Lost::ForGood(reason) => reason,
            Lost::Broken(reason) if self.reopened == REOPENED_MAX => reason.to_owned(),
            Lost::Broken(reason) => {
                tracing::warn!(call_id = self.desk.call_id(), reason, "a session of the speech model is opened again");
                let pause = PAUSES[(self.reopened as usize).min(PAUSES.len() - 1)];
                self.reopened += 1;
                self.desk.record(self.used_nothing(reason));
                self.owes_bridge |= self.has_begun && had_session;
                let limit = if self.has_begun { self.options.reopen_limit } else { self.options.open_limit };
                return self.open(pause, limit);
            }
        };
        tracing::error!(call_id = self.desk.call_id(), reason, "the speech model is given up in a call");
        self.desk.record(self.used_nothing(&reason));
        if self.line.has_lost_speech(true) {
            self.unheard().await;
        }
        self.tell(Input::End(Ending::Failed { reason })).await;
    }

    fn used_nothing(&self, reason: &str) -> CallEvent {
        CallEvent::Used {
            provider: "openai".to_owned(),
            model: self.options.model.clone(),
            purpose: "speech".to_owned(),
            usage: patchcord_domain::call::SpokenUsage::default(),
            latency_ms: 0,
            error: Some(reason.to_owned()),
        }
    }

    async fn ready(&mut self, ready: Ready) {
        self.link = Link::Up(ready.socket);
        let now = self.desk.now();
        let ends_at = ready.expires_at.map_or(i64::MAX, |at| at.saturating_mul(1_000));
        let rotate_after = i64::try_from(self.options.rotate_after.as_millis()).unwrap_or(i64::MAX);
        // A session that is said to end at once is not replaced over and over.
        let least = now + rotate_after.min(LAST_MOMENT_MS);
        self.rotate_by = ends_at.saturating_sub(LAST_MOMENT_MS).max(least);
        self.rotate_at = now.saturating_add(rotate_after).min(self.rotate_by);
        if self.has_begun {
            let talk = self.desk.instructions();
            self.instruct(&talk.instructions, &talk.tools).await;
        }
        for item in std::mem::take(&mut self.late) {
            self.feed_model(item).await;
        }
        if self.line.has_lost_speech(false) {
            self.unheard().await;
        }
        if let Some(audio) = self.line.take_kept() {
            self.feed_model(append(&audio)).await;
        }
        if std::mem::take(&mut self.owes_bridge) {
            let sentence = self.desk.bridge();
            self.sequencer.want_first(sentence);
        }
        if !std::mem::replace(&mut self.has_begun, true) {
            let model = self.options.model.clone();
            self.desk.record(CallEvent::Answered { at: now, engine: Engine::Realtime, model });
            self.was_loud = true;
            let resumed = self.desk.is_resumed;
            self.tell(Input::Started { resumed }).await;
            for key in std::mem::take(&mut self.early_keys) {
                self.tell(Input::Key(key)).await;
            }
        }
    }

    async fn take_models(&mut self, told: Told<<link::Model as FrameSocket>::Text>) {
        let mut next = told;
        for _ in 0..EVENTS_TOGETHER_MAX {
            match next {
                Told::Ready(ready) => self.ready(*ready).await,
                Told::Frame(text) => self.event(&text).await,
                Told::NotText => self.malformed(),
                Told::Lost(lost) => return self.lost(lost).await,
            }
            if self.ending.is_some() || !self.link.is_up() {
                return;
            }
            match self.link.next().now_or_never() {
                Some(more) => next = more,
                None => return,
            }
        }
    }
}

/// Why what waits is not played any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// The caller speaks.
    Speech,
    /// The caller presses a key.
    Key,
    /// The desk answers in the model's place.
    Desk,
}

/// A frame of the caller's sound.
struct Piece<T> {
    text: T,
    /// What is missing before it.
    silence: Option<String>,
    /// It holds nothing but what the agent says.
    is_echo: bool,
}

/// A frame that is not sound, apart from the text that it was read from.
enum Beside {
    Mark(String),
    Key(char),
    Stop,
    Nothing,
}

fn own(frame: Frame<'_>) -> Beside {
    match frame {
        Frame::Mark(name) => Beside::Mark(name.0.into_owned()),
        Frame::Key(key) => Beside::Key(key),
        Frame::Stop => Beside::Stop,
        Frame::Media { .. } | Frame::Connected | Frame::Start(_) | Frame::Unknown => Beside::Nothing,
    }
}
