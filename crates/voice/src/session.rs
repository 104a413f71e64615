//! One call as both engines hold it: its conversation, its tools, its recorder, and what the carrier said when it opened.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use patchcord_agents::{Agents, Conversation, Input, Limits, Moment, Output, ToolReply, Tools};
use patchcord_domain::call::{CallEvent, Ending, Speaker};
use patchcord_domain::redaction::{Redacted, Redactor};
use patchcord_domain::time::{Clock, Millis};
use patchcord_llm::talk::{Entry, Talk, ToolCall};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio_util::task::TaskTracker;

use crate::frames::{FrameSocket, SocketError};
use crate::{conversation_relay, media_streams};

/// How long a tool may run.
pub const TOOL_LIMIT: Duration = Duration::from_secs(5);
/// How many tools may run at the same time.
const TOOLS_MAX: usize = 16;
/// How many events may wait for a recorder that is slow. More than a conversation makes in minutes.
const EVENTS_MAX: usize = 2_000;
/// How long the last events may take to reach the recorder.
const LAST_EVENTS_LIMIT: Duration = Duration::from_secs(10);
/// How long the carrier may take to say what it opened.
const OPEN_LIMIT: Duration = Duration::from_secs(10);
/// The shortest time between two ticks, on the wall.
const TICK_LEAST: Duration = Duration::from_millis(20);
/// How many frames may come before that.
const FRAMES_BEFORE_OPEN: usize = 10;

/// Everything that one call needs of the rest of the desk.
pub struct Session {
    /// The call.
    pub call_id: String,
    /// The agents.
    pub agents: Arc<Agents>,
    /// The call's tools.
    pub tools: Arc<dyn Tools>,
    /// Where everything is recorded. A slow one never holds up the sound.
    pub recorder: mpsc::Sender<CallEvent>,
    /// What operators do, and the end that the desk decides on.
    pub operator: mpsc::Receiver<Input>,
    /// The last checkpoint, when another conversation held the call before.
    pub resume: Option<Value>,
    /// How long a call and its silences may be.
    pub limits: Limits,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// When the call was answered, also when that was elsewhere.
    pub answered_at: Millis,
    /// How many times faster than on the wall the call passes: once, but for a simulated carrier.
    pub speed: u32,
    /// Takes secrets out of what chat models are told.
    pub redactor: Redactor,
    /// Where tools run, so that shutdown waits for them.
    pub tasks: TaskTracker,
}

/// What the carrier said when it opened a stream or a relay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// Its id of the call.
    pub call_sid: String,
    /// Its id of the account.
    pub account_sid: String,
    /// Its id of the stream, or of the relay.
    pub stream_sid: String,
    /// What we wrote into the document that opened it.
    pub parameters: HashMap<String, String>,
}

impl Opened {
    /// The token that must be checked before anything else is done.
    pub fn token(&self) -> Option<&str> {
        self.parameters.get("token").map(String::as_str)
    }
}

/// Reads what opens an audio stream. Gives nothing when something else comes, or nothing in time.
pub async fn open_media(socket: &mut impl FrameSocket) -> Option<Opened> {
    open(socket, |text| match media_streams::Frame::read(text) {
        Ok(media_streams::Frame::Start(start)) if start.is_mulaw => Some(Some(Opened {
            call_sid: start.call_sid,
            account_sid: start.account_sid,
            stream_sid: start.stream_sid,
            parameters: start.parameters,
        })),
        Ok(media_streams::Frame::Start(_) | media_streams::Frame::Stop) => Some(None),
        _ => None,
    })
    .await
}

/// Reads what opens a relay. Gives nothing when something else comes, or nothing in time.
pub async fn open_relay(socket: &mut impl FrameSocket) -> Option<Opened> {
    open(socket, |text| match conversation_relay::Frame::read(text) {
        Ok(conversation_relay::Frame::Setup(setup)) => Some(Some(Opened {
            call_sid: setup.call_sid,
            account_sid: setup.account_sid,
            stream_sid: setup.session_id,
            parameters: setup.parameters,
        })),
        _ => None,
    })
    .await
}

async fn open<S: FrameSocket>(socket: &mut S, read: impl Fn(&str) -> Option<Option<Opened>>) -> Option<Opened> {
    let first = async {
        for _ in 0..FRAMES_BEFORE_OPEN {
            match socket.receive().await? {
                Ok(text) => {
                    if let Some(opened) = read(&text) {
                        return opened;
                    }
                }
                Err(SocketError::NotText) => {}
                Err(_) => return None,
            }
        }
        None
    };
    tokio::time::timeout(OPEN_LIMIT, first).await.ok().flatten()
}

/// The conversation as engines see it; tests put a scripted one in its place.
pub(crate) trait Core: Send {
    fn take(&mut self, moment: Moment, input: Input) -> Vec<Output>;
    fn talk(&self) -> Talk;
    fn history(&self) -> Vec<Entry>;
    fn agent(&self) -> &str;
    fn revealed(&self, text: &str) -> String;
    fn bridge(&self) -> String;
    fn filler(&self, number: usize) -> String;
}

impl Core for Conversation {
    fn take(&mut self, moment: Moment, input: Input) -> Vec<Output> {
        Conversation::take(self, moment, input)
    }

    fn talk(&self) -> Talk {
        Conversation::talk(self)
    }

    fn history(&self) -> Vec<Entry> {
        Conversation::history(self)
    }

    fn agent(&self) -> &str {
        Conversation::agent(self)
    }

    fn revealed(&self, text: &str) -> String {
        Conversation::revealed(self, text)
    }

    fn bridge(&self) -> String {
        Conversation::bridge(self)
    }

    fn filler(&self, number: usize) -> String {
        Conversation::waiting_words(self, number)
    }
}

/// The conversation with what it needs: it records, runs tools, and leaves the rest to the engine.
pub(crate) struct Desk {
    core: Box<dyn Core>,
    /// Another conversation held the call before.
    pub(crate) is_resumed: bool,
    call_id: String,
    clock: Arc<dyn Clock>,
    answered_at: Millis,
    speed: i64,
    opened_at: Millis,
    redactor: Redactor,
    tools: Arc<dyn Tools>,
    tasks: TaskTracker,
    running: usize,
    replies_in: mpsc::Sender<Replied>,
    replies: mpsc::Receiver<Replied>,
    operator: mpsc::Receiver<Input>,
    operator_is_there: bool,
    recorder: mpsc::Sender<CallEvent>,
    recorder_is_there: bool,
    waiting: VecDeque<CallEvent>,
    has_sounded: bool,
}

/// A tool answered.
pub(crate) struct Replied {
    id: String,
    reply: ToolReply,
    ms: i64,
}

/// What happened beside the sockets.
pub(crate) enum Aside {
    /// A tool answered.
    Replied(Replied),
    /// An operator did something.
    Operator(Input),
    /// The recorder has room again.
    Recorded,
}

impl Desk {
    /// Takes the session over and begins the conversation, or goes on with it.
    pub(crate) fn new(session: Session) -> Self {
        let facts = session.tools.facts();
        let specs = session.tools.specs().to_vec();
        let (mut is_resumed, mut core) = (false, None);
        if let Some(checkpoint) = &session.resume {
            let restored =
                Conversation::restore(Arc::clone(&session.agents), facts.clone(), &specs, session.limits, checkpoint);
            match restored {
                Ok(conversation) => (is_resumed, core) = (true, Some(conversation)),
                Err(_) => {
                    tracing::error!(call_id = session.call_id, "a checkpoint cannot be read; the call begins anew");
                }
            }
        }
        let agents = Arc::clone(&session.agents);
        let core = core.unwrap_or_else(|| Conversation::new(agents, facts, &specs, session.limits));
        Self::with_core(session, Box::new(core), is_resumed)
    }

    pub(crate) fn with_core(session: Session, core: Box<dyn Core>, is_resumed: bool) -> Self {
        let (replies_in, replies) = mpsc::channel(TOOLS_MAX);
        Self {
            core,
            is_resumed,
            call_id: session.call_id,
            opened_at: session.clock.now(),
            clock: session.clock,
            answered_at: session.answered_at,
            speed: i64::from(session.speed.max(1)),
            redactor: session.redactor,
            tools: session.tools,
            tasks: session.tasks,
            running: 0,
            replies_in,
            replies,
            operator: session.operator,
            operator_is_there: true,
            recorder: session.recorder,
            recorder_is_there: true,
            waiting: VecDeque::new(),
            has_sounded: false,
        }
    }

    /// The call.
    pub(crate) fn call_id(&self) -> &str {
        &self.call_id
    }

    /// Now, in milliseconds of the call.
    pub(crate) fn now_ms(&self) -> i64 {
        (self.clock.now() - self.answered_at) * self.speed
    }

    /// How often the conversation is told that time goes by: so often in the time of the call.
    pub(crate) fn tick(&self, usual: Duration) -> Duration {
        let speed = u32::try_from(self.speed).unwrap_or(1);
        (usual / speed).max(TICK_LEAST).min(usual)
    }

    /// Now, as the time of day.
    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The agent that speaks.
    pub(crate) fn agent(&self) -> String {
        self.core.agent().to_owned()
    }

    /// Words of a chat model with the numbers and addresses in them that it was not told.
    pub(crate) fn revealed(&self, text: &str) -> String {
        self.core.revealed(text)
    }

    /// What is said after a break.
    pub(crate) fn bridge(&self) -> String {
        self.core.bridge()
    }

    /// What is said while the caller has to wait; another one each time.
    pub(crate) fn filler(&self, number: usize) -> String {
        self.core.filler(number)
    }

    /// What was said so far.
    pub(crate) fn history(&self) -> Vec<Entry> {
        self.core.history()
    }

    /// What a chat model is told.
    pub(crate) fn talk(&self) -> Redacted<Talk> {
        self.redactor.spoken(self.core.talk())
    }

    /// Instructions and tools as they are now.
    pub(crate) fn instructions(&self) -> Talk {
        Talk { history: Vec::new(), ..self.core.talk() }
    }

    /// Tells the conversation what happened. Records and runs what is to be; gives the rest.
    pub(crate) fn take(&mut self, input: Input) -> Vec<Output> {
        let moment = Moment { at: self.clock.now(), ms: self.now_ms() };
        let mut rest = Vec::new();
        for output in self.core.take(moment, input) {
            match output {
                Output::Record(event) => self.record(event),
                Output::Run { agent, call } => rest.extend(self.run(agent, call)),
                other => rest.push(other),
            }
        }
        rest
    }

    fn run(&mut self, agent: String, call: ToolCall) -> Vec<Output> {
        if self.running == TOOLS_MAX {
            let content = json!({"error": "too many tools run at the same time; wait for the others"});
            let reply = ToolReply { outcome: "failed", content, ..ToolReply::default() };
            return self.take(Input::Replied { id: call.id, reply, ms: 0 });
        }
        self.running += 1;
        let (tools, clock, replies) = (Arc::clone(&self.tools), Arc::clone(&self.clock), self.replies_in.clone());
        self.tasks.spawn(async move {
            let began = clock.now();
            let reply = tokio::time::timeout(TOOL_LIMIT, tools.run(&agent, &call)).await.unwrap_or_else(|_| ToolReply {
                outcome: "timeout",
                content: json!({"error": "the tool did not answer within five seconds; tell the caller and go on without"}),
                ..ToolReply::default()
            });
            let ms = clock.now() - began;
            // There is room for as many as may run; nobody waits when the call is over.
            let _ = replies.try_send(Replied { id: call.id, reply, ms });
        });
        Vec::new()
    }

    /// Hands an event to the recorder, now or when it has room. What is only shown is dropped first.
    pub(crate) fn record(&mut self, event: CallEvent) {
        if !self.recorder_is_there {
            return;
        }
        let is_partial = matches!(event, CallEvent::Partial { .. });
        if self.waiting.is_empty() {
            match self.recorder.try_send(event) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Closed(_)) => {
                    self.recorder_is_there = false;
                }
                Err(mpsc::error::TrySendError::Full(event)) if !is_partial => self.waiting.push_back(event),
                Err(mpsc::error::TrySendError::Full(_)) => {}
            }
        } else if !is_partial {
            if self.waiting.len() == EVENTS_MAX {
                // Every checkpoint holds what those before it held.
                let old = self.waiting.iter().position(|event| matches!(event, CallEvent::Checkpoint(_)));
                self.waiting.remove(old.unwrap_or(0));
                tracing::error!(call_id = self.call_id, "the recorder of a call is far behind; something is lost");
            }
            self.waiting.push_back(event);
        }
    }

    /// Words that are still being spoken.
    pub(crate) fn show(&mut self, speaker: Speaker, text: &str) {
        let agent = (speaker == Speaker::Agent).then(|| self.agent());
        self.record(CallEvent::Partial { speaker, agent, text: text.to_owned() });
    }

    /// The caller hears something; the first time is recorded.
    pub(crate) fn sounds(&mut self) {
        if !std::mem::replace(&mut self.has_sounded, true) {
            let ms = (self.clock.now() - self.opened_at) * self.speed;
            self.record(CallEvent::FirstSound { ms });
        }
    }

    /// Waits for what happens beside the sockets. Nothing is lost when the future is dropped.
    pub(crate) async fn aside(&mut self) -> Aside {
        loop {
            tokio::select! {
                // It cannot close: we hold the other end as well.
                Some(replied) = self.replies.recv() => return Aside::Replied(replied),
                input = self.operator.recv(), if self.operator_is_there => match input {
                    Some(input) => return Aside::Operator(input),
                    None => self.operator_is_there = false,
                },
                permit = self.recorder.reserve(), if !self.waiting.is_empty() => {
                    match permit {
                        Ok(permit) => {
                            if let Some(event) = self.waiting.pop_front() {
                                permit.send(event);
                            }
                        }
                        Err(_) => {
                            self.recorder_is_there = false;
                            self.waiting.clear();
                        }
                    }
                    return Aside::Recorded;
                }
            }
        }
    }

    /// What follows from something that happened beside the sockets.
    pub(crate) fn take_aside(&mut self, aside: Aside) -> Vec<Output> {
        match aside {
            Aside::Replied(Replied { id, reply, ms }) => {
                self.running = self.running.saturating_sub(1);
                self.take(Input::Replied { id, reply, ms })
            }
            Aside::Operator(input) => self.take(input),
            Aside::Recorded => Vec::new(),
        }
    }

    /// Ends the conversation in this way when nothing else has, and brings the last events to the recorder.
    pub(crate) async fn close(mut self, ending: Ending) -> Ending {
        let mut ended = ending.clone();
        for output in self.take(Input::End(ending)) {
            if let Output::Finish(ending) = output {
                ended = ending;
            }
        }
        let rest = std::mem::take(&mut self.waiting);
        let deliver = async {
            for event in rest {
                if self.recorder.send(event).await.is_err() {
                    break;
                }
            }
        };
        if tokio::time::timeout(LAST_EVENTS_LIMIT, deliver).await.is_err() {
            tracing::error!(call_id = self.call_id, "the last events of a call did not reach its recorder");
        }
        ended
    }
}
