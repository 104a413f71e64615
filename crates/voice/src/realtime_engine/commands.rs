//! What goes out: what the conversation wants of the model, and frames to both sockets.

use std::hash::{DefaultHasher, Hash, Hasher};

use patchcord_agents::{Input, Output};
use patchcord_domain::call::Ending;
use patchcord_llm::talk::{ToolCall, ToolSpec};
use serde_json::json;

use super::link::Lost;
use super::{Bridge, By};
use crate::frames::FrameSocket;
use crate::playback::Heard;
use crate::realtime::{ClientEvent, Item, ResponseOptions, SessionOptions, ToolChoice};
use crate::sequencing::Want;

/// What makes the model say exactly what follows.
const SAY: &str = include_str!("say.txt");

/// A digest of what the model is told, for comparison within one call.
pub(super) fn digest(instructions: &str, tools: &[ToolSpec]) -> u64 {
    let mut digest = DefaultHasher::new();
    instructions.hash(&mut digest);
    for tool in tools {
        (&tool.name, &tool.description, tool.parameters.to_string()).hash(&mut digest);
    }
    digest.finish()
}

impl<S: FrameSocket> Bridge<S> {
    pub(super) async fn tell(&mut self, input: Input) {
        let outputs = self.desk.take(input);
        self.carry_out(outputs).await;
    }

    pub(super) async fn carry_out(&mut self, outputs: Vec<Output>) {
        for output in outputs {
            match output {
                Output::Instruct { instructions, tools, .. } => {
                    self.instruct(&instructions, &tools).await;
                }
                Output::Tell(text) => self.put(|name| Item::system(&text).named(name).to_event()).await,
                Output::Result { id, content } => {
                    self.put(|name| Item::output(&id, &content).named(name).to_event()).await;
                }
                Output::Respond => self.sequencer.want(Want::Next),
                Output::Withdraw => Box::pin(self.withdraw()).await,
                Output::Say(text) => self.sequencer.want(Want::Say(text)),
                Output::Record(event) => self.desk.record(event),
                // The desk runs tools before it gives outputs.
                Output::Run { .. } => {}
                Output::Finish(ending) => {
                    self.ending.get_or_insert(ending);
                    return;
                }
            }
        }
    }

    /// New instructions and tools. A session is opened with those of its time; saying them twice would only cost.
    pub(super) async fn instruct(&mut self, instructions: &str, tools: &[ToolSpec]) {
        let digest = digest(instructions, tools);
        if !self.link.is_up() || digest == self.instructed {
            return;
        }
        self.instructed = digest;
        let now_ms = self.desk.now_ms();
        self.sequencer.hold(now_ms);
        self.updates += 1;
        let event_id = self.event_id("su");
        let session = SessionOptions { instructions: Some(instructions), tools: Some(tools), opening: None };
        self.send(ClientEvent::SessionUpdate { event_id: &event_id, session }).await;
    }

    /// Puts something into the model's conversation, now or when the session that is being opened is there.
    async fn put(&mut self, item: impl FnOnce(&str) -> String) {
        let name = self.event_id("pc");
        let item = item(&name);
        if self.link.is_up() {
            let now_ms = self.desk.now_ms();
            self.sequencer.item_sent(now_ms);
            self.feed_model(item).await;
        } else if self.late.len() < super::LATE_MAX {
            self.late.push(item);
        }
    }

    /// Asks for the next answer when one is wanted and none is going on.
    pub(super) async fn ask(&mut self) {
        if !self.link.is_up() || self.ending.is_some() {
            return;
        }
        let now_ms = self.desk.now_ms();
        let Some(create) = self.sequencer.next(now_ms) else { return };
        self.was_loud = true;
        self.asked_at_ms = Some(now_ms);
        let metadata = Some(json!({"create": create.event_id}));
        let instructions = match &create.want {
            Want::Next => None,
            Want::Say(text) => Some(format!("{SAY}{text}")),
        };
        let response = ResponseOptions {
            tool_choice: instructions.is_some().then_some(ToolChoice::None),
            instructions: instructions.as_deref(),
            metadata,
        };
        self.send(ClientEvent::ResponseCreate { event_id: &create.event_id, response: Some(response) }).await;
    }

    /// The desk answers the caller's last words: what the model says to them by itself is cut, its tools are not run, and its
    /// answer is stopped, also when it has not begun yet.
    pub(super) async fn withdraw(&mut self) {
        self.sequencer.withdraw();
        self.drop_answer().await;
    }

    /// Stops the answer that is being given, and takes out of the conversation what it wanted to run.
    pub(super) async fn drop_answer(&mut self) {
        if let Some(active) = self.sequencer.active().map(str::to_owned) {
            let (dropped, kept) =
                std::mem::take(&mut self.calls).into_iter().partition(|(answer, ..)| *answer == active);
            self.calls = kept;
            self.withdrawn = Some(active);
            self.cut(By::Desk).await;
            self.unsay(dropped).await;
        } else {
            self.cut(By::Desk).await;
        }
    }

    /// Calls that get no result do not stay in the model's conversation.
    pub(super) async fn unsay(&mut self, calls: Vec<(String, String, ToolCall)>) {
        for (_, item_id, _) in calls {
            let event_id = self.event_id("de");
            self.send(ClientEvent::Delete { event_id: &event_id, item_id: &item_id }).await;
        }
    }

    /// Runs what an answer asked for, all of it at once, and nothing twice.
    pub(super) async fn run_calls(&mut self, calls: Vec<ToolCall>) {
        let mut fresh = Vec::new();
        for call in calls {
            if self.sequencer.is_first(&call.id) {
                fresh.push(call);
            }
        }
        if !fresh.is_empty() {
            self.tell(Input::Calls(fresh)).await;
        }
    }

    /// Nothing more comes of any answer: the marks that are still to be sent go, and what was heard is given.
    pub(super) async fn finish_answers(&mut self) -> Vec<Heard> {
        let mut all = Vec::new();
        for response_id in self.playback.responses() {
            let (marks, heard) = self.playback.response_done(&response_id);
            for mark in marks {
                let frame = self.writer.mark(&mark);
                self.feed_carrier(frame).await;
            }
            all.extend(heard);
        }
        all
    }

    pub(super) fn event_id(&mut self, kind: &str) -> String {
        self.count += 1;
        format!("{kind}_{}", self.count)
    }

    pub(super) async fn send(&mut self, event: ClientEvent<'_>) {
        let frame = event.to_json();
        self.feed_model(frame).await;
    }

    pub(super) async fn feed_model(&mut self, frame: String) {
        let Some(socket) = self.link.socket() else { return };
        match socket.feed(frame).await {
            Ok(()) => self.model_is_dirty = true,
            Err(_) => self.lost_later(),
        }
    }

    pub(super) async fn feed_carrier(&mut self, frame: String) {
        match self.carrier.feed(frame).await {
            Ok(()) => self.carrier_is_dirty = true,
            Err(_) => self.carrier_lost(),
        }
    }

    pub(super) async fn write_model(&mut self) {
        if std::mem::replace(&mut self.model_is_dirty, false)
            && let Some(socket) = self.link.socket()
            && socket.flush().await.is_err()
        {
            self.lost_later();
        }
    }

    pub(super) async fn write_carrier(&mut self) {
        if std::mem::replace(&mut self.carrier_is_dirty, false) && self.carrier.flush().await.is_err() {
            self.carrier_lost();
        }
    }

    pub(super) async fn write(&mut self) {
        self.write_carrier().await;
        self.write_model().await;
        if std::mem::replace(&mut self.model_is_lost, false) {
            Box::pin(self.lost(Lost::Broken("the socket to the speech model broke"))).await;
        }
    }

    /// The model's socket takes nothing any more. What follows is done at the end of the round, in one place.
    fn lost_later(&mut self) {
        self.model_is_lost = true;
    }

    fn carrier_lost(&mut self) {
        let outputs = self.desk.take(Input::End(Ending::CallerHungUp));
        drop(outputs);
        self.ending.get_or_insert(Ending::CallerHungUp);
    }
}
