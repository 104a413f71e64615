//! Live events: read from the outbox in order, handed to every listener of this process.

use std::sync::Arc;
use std::time::Duration;

use patchcord_domain::id::is_id;
use patchcord_domain::user::Actor;
use patchcord_store::rows::Event;
use patchcord_store::unscoped::events;
pub use patchcord_store::unscoped::events::Position;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::calls::COMMANDS;
use crate::presence::Presence;
use crate::{App, AppError};

/// Events that wait for the slowest listener; one that falls further behind reads on from the outbox.
const WAITING: usize = 1_024;
/// Provisional events that wait for the slowest listener; it loses the oldest beyond that.
const PROVISIONAL: usize = 64;
/// Events read at once.
const BATCH: u64 = 500;
/// Events of other nodes, and those that a signal was missed for, are found this often at the latest.
const POLL: Duration = Duration::from_secs(1);
/// An event that is committed but not settled yet is looked for again after this time.
const UNSETTLED: Duration = Duration::from_millis(10);
/// Between two reads, so that a busy desk does not read after each commit.
const GATHER: Duration = Duration::from_millis(5);
/// Most missed events that a listener is given again; beyond that it is told to load everything anew.
const REPLAYED: usize = 1_000;
/// Most events of all workspaces that are read to find what one listener missed.
const READ_FOR_ONE: usize = 20_000;
/// Topic of what is for the desk alone: a session ended, and its sockets must close on every node.
pub const SESSIONS: &str = "sessions";

/// Hands out events. Clones share it.
#[derive(Clone)]
pub struct Live {
    events: broadcast::Sender<Arc<Event>>,
    presence: Presence,
    provisional: broadcast::Sender<Arc<Event>>,
}

impl Default for Live {
    fn default() -> Self {
        Self {
            events: broadcast::Sender::new(WAITING),
            provisional: broadcast::Sender::new(PROVISIONAL),
            presence: Presence::default(),
        }
    }
}

impl Live {
    /// Listens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }

    /// Who looks at which ticket.
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// Listens to what is not stored, such as text that is being written. A listener who falls behind loses the oldest.
    pub fn subscribe_provisional(&self) -> broadcast::Receiver<Arc<Event>> {
        self.provisional.subscribe()
    }

    /// Hands out something that is not stored and may be lost.
    pub(crate) fn hand_out(&self, event: Event) {
        // Nobody listening is no error.
        let _ = self.provisional.send(Arc::new(event));
    }
}

/// What a listener missed.
#[derive(Debug, Clone, PartialEq)]
pub enum Missed {
    /// These, in order, and the place up to which the outbox was read for them.
    Events(Vec<Arc<Event>>, Position),
    /// Too much, or nobody knows: everything must be loaded anew.
    Unknown,
}

/// What reading the outbox once found.
enum Found {
    /// As much as fits: there may be more.
    Full,
    /// Everything.
    All,
    /// Everything that may be read; more is committed, but an older transaction still runs.
    Unsettled,
}

impl App {
    /// Reads the outbox until the token is cancelled.
    pub fn start_live(&self, tasks: &TaskTracker, stop: CancellationToken) {
        self.store.start_wakeups(tasks, &stop);
        self.start_passing(tasks, &stop);
        let app = self.clone();
        tasks.spawn(async move {
            let mut changed = app.store.watch_events();
            let mut position = None;
            loop {
                let wait = match app.read_on(&mut position).await {
                    Ok(Found::Full) => continue,
                    Ok(Found::All) => POLL,
                    Ok(Found::Unsettled) => UNSETTLED,
                    Err(error) => {
                        tracing::warn!(%error, "live events cannot be read; trying again");
                        POLL
                    }
                };
                let read_at = tokio::time::Instant::now();
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = changed.changed() => {}
                    () = tokio::time::sleep(wait) => {}
                }
                // Under load many commits are read at once, instead of each on its own.
                tokio::time::sleep_until(read_at + GATHER).await;
            }
        });
    }

    /// Hands out a batch; says what may be found after it.
    async fn read_on(&self, position: &mut Option<Position>) -> Result<Found, AppError> {
        let reader = self.store.reader();
        let Some(from) = *position else {
            *position = Some(events::newest(reader).await?);
            return Ok(Found::Full);
        };
        let batch = events::after(reader, from, BATCH).await?;
        let full = batch.len() as u64 == BATCH;
        for event in batch {
            *position = Some(Position::of(&event));
            if event.topic == COMMANDS {
                self.hear_command(&event);
            }
            // Nobody listening is no error.
            let _ = self.live.events.send(Arc::new(event));
        }
        if full {
            return Ok(Found::Full);
        }
        let waiting = events::any_after(reader, position.unwrap_or(from)).await?;
        Ok(if waiting { Found::Unsettled } else { Found::All })
    }

    /// What an actor missed since an event, in order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn missed_since(&self, actor: &Actor, event_id: &str) -> Result<Missed, AppError> {
        if !is_id(event_id) {
            return Ok(Missed::Unknown);
        }
        let reader = self.store.reader();
        let last = events::by_id(reader, event_id).await?;
        let Some(last) = last.filter(|event| event.workspace_id == actor.workspace_id.as_str()) else {
            return Ok(Missed::Unknown);
        };
        let mut position = Position::of(&last);
        let mut missed = Vec::new();
        let mut read = 0;
        loop {
            let batch = events::after(reader, position, BATCH).await?;
            let batch_len = batch.len();
            let full = batch_len as u64 == BATCH;
            for event in batch {
                position = Position::of(&event);
                if may_see(actor, &event) {
                    missed.push(Arc::new(event));
                }
            }
            read += batch_len;
            if missed.len() > REPLAYED || read > READ_FOR_ONE {
                return Ok(Missed::Unknown);
            }
            if !full {
                return Ok(Missed::Events(missed, position));
            }
        }
    }
}

/// The one visibility rule of events: those of the own workspace, of private chats only those of the own, and nothing that
/// the desk tells itself.
pub fn may_see(actor: &Actor, event: &Event) -> bool {
    let own = event.workspace_id == actor.workspace_id.as_str() && event.topic != SESSIONS && event.topic != COMMANDS;
    let private = event.data["onlyUserId"].as_str();
    own && private.is_none_or(|user| user == actor.user_id)
}
