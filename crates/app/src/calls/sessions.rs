//! The conversations that this process holds: how they are reached, and how many there are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use patchcord_agents::Input;
use patchcord_domain::call::Ending;
use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::Event;
use serde_json::Value;
use tokio::sync::{Notify, mpsc};

use crate::App;

/// Topic of what an operator wants of a call that some node holds; for the desk alone.
pub(crate) const COMMANDS: &str = "call_commands";

/// One conversation.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) workspace_id: WorkspaceId,
    /// Counts take-overs: a conversation of an older count has lost its call.
    pub(crate) epoch: i64,
    pub(crate) operator: mpsc::Sender<Input>,
}

/// Conversations by the id of their call. Clones share them.
#[derive(Clone, Default)]
pub struct Sessions(Arc<Inner>);

#[derive(Default)]
struct Inner {
    all: Mutex<HashMap<String, Session>>,
    changed: Notify,
}

impl Sessions {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.lock().len()
    }

    /// Ends when there is none.
    pub async fn none_left(&self) {
        loop {
            let changed = self.0.changed.notified();
            if self.count() == 0 {
                return;
            }
            changed.await;
        }
    }

    /// Tells every conversation that this node gives it up.
    pub fn move_all(&self) {
        let all: Vec<Session> = self.lock().values().cloned().collect();
        for session in all {
            let _ = session.operator.try_send(Input::End(Ending::Moved));
        }
    }

    /// Adds a conversation; the one that had the call before is told to give it up.
    pub(crate) fn add(&self, call_id: &str, session: Session) {
        let before = self.lock().insert(call_id.to_owned(), session);
        if let Some(before) = before {
            let _ = before.operator.try_send(Input::End(Ending::Moved));
        }
        self.0.changed.notify_waiters();
    }

    /// Takes a conversation out, unless another one has its place by now.
    pub(crate) fn remove(&self, call_id: &str, epoch: i64) {
        let mut all = self.lock();
        if all.get(call_id).is_some_and(|session| session.epoch == epoch) {
            all.remove(call_id);
        }
        drop(all);
        self.0.changed.notify_waiters();
    }

    /// The conversation of a call.
    pub(crate) fn get(&self, call_id: &str) -> Option<Session> {
        self.lock().get(call_id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.all.lock().expect("nothing panics while it is held")
    }
}

impl App {
    /// Carries out what an operator wants, when the call is held here.
    pub(crate) fn hear_command(&self, event: &Event) {
        let Some(session) = self.calls.sessions.get(&event.subject_id) else { return };
        if session.workspace_id.as_str() != event.workspace_id {
            return;
        }
        let Some(input) = self.read_command(&event.subject_id, &event.data) else { return };
        if session.operator.try_send(input).is_err() {
            tracing::warn!(call_id = event.subject_id, "a conversation does not hear its operator");
        }
    }

    fn read_command(&self, call_id: &str, data: &Value) -> Option<Input> {
        if let Some(sealed) = data["whisper"].as_str() {
            return self.keys.answers.open(&place(call_id), sealed).map(Input::Whisper);
        }
        serde_json::from_value(data["end"].clone()).ok().map(Input::End)
    }
}

/// Where a whisper is sealed for.
pub(crate) fn place(call_id: &str) -> String {
    format!("whisper\n{call_id}")
}
