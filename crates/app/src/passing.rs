//! What nodes tell each other without storing it: text that a model is still writing, and who looks at which ticket.

use std::sync::Arc;

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::time::Millis;
use patchcord_store::rows::Event;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::App;
use crate::presence::{Looking, Viewer};

/// How often the other nodes are reminded of who looks at what here, and those not heard of are forgotten: several times
/// before anybody is forgotten.
const REMIND: Duration = Duration::from_secs(10);

/// One word between nodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Passing {
    /// An event that is not stored.
    Words(Words),
    /// Who looks at a ticket on one node.
    Looking { node: String, workspace_id: String, ticket_id: String, viewers: Vec<Viewer> },
}

/// An event that is not stored: it has no id and no place in the order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Words {
    pub(crate) workspace_id: String,
    pub(crate) r#type: String,
    pub(crate) topic: String,
    pub(crate) subject_id: String,
    pub(crate) data: Value,
    pub(crate) at: Millis,
}

impl From<Words> for Event {
    fn from(words: Words) -> Self {
        Event {
            seq: 0,
            xid: 0,
            workspace_id: words.workspace_id,
            // It has no place in the outbox, so nobody can ask for what came after it.
            id: String::new(),
            r#type: words.r#type,
            topic: words.topic,
            subject_id: words.subject_id,
            data: words.data,
            at: words.at,
        }
    }
}

impl App {
    /// Passes a word on to the other nodes, where it may be lost. Of those with one key only the newest is sent.
    pub(crate) fn pass_on(&self, key: &str, word: &Passing) {
        match serde_json::to_string(word) {
            Ok(word) => self.store.pass_on(key, word),
            Err(error) => tracing::warn!(%error, "a word for other nodes cannot be written"),
        }
    }

    /// Passes on who looks at what here, and hears what other nodes pass on, until the token is cancelled.
    pub(crate) fn start_passing(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        let (teller, hearer) = (self.clone(), self.clone());
        let (stop_telling, stop_hearing) = (stop.clone(), stop.clone());
        tasks.spawn(async move { stop_telling.run_until_cancelled(teller.tell_presence()).await });
        tasks.spawn(async move { stop_hearing.run_until_cancelled(hearer.hear_passed()).await });
    }

    async fn tell_presence(self) {
        let (node, presence) = (self.id(), self.live.presence());
        let mut remind = tokio::time::interval(REMIND);
        loop {
            let all = tokio::select! {
                () = presence.touched() => false,
                _ = remind.tick() => {
                    presence.forget(Instant::now());
                    true
                }
            };
            for Looking { workspace_id, ticket_id, viewers } in presence.own(all) {
                let key = format!("{workspace_id} {ticket_id}");
                let workspace_id = workspace_id.as_str().to_owned();
                self.pass_on(&key, &Passing::Looking { node: node.clone(), workspace_id, ticket_id, viewers });
            }
        }
    }

    async fn hear_passed(self) {
        let mut passed = self.store.watch_passed();
        loop {
            match passed.recv().await {
                Ok(word) => self.hear(&word),
                Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            }
        }
    }

    fn hear(&self, word: &Arc<str>) {
        match serde_json::from_str(word) {
            Ok(Passing::Words(words)) => self.live.hand_out(words.into()),
            Ok(Passing::Looking { node, workspace_id, ticket_id, viewers }) => {
                let looking = Looking { workspace_id: WorkspaceId::new(workspace_id), ticket_id, viewers };
                self.live.presence().hear(node, looking, Instant::now());
            }
            // A node of another version may say what this one does not know.
            Err(error) => tracing::debug!(%error, "a word of another node cannot be read"),
        }
    }
}
