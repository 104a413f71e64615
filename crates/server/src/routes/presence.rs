//! The part of the event socket that tells who looks at which ticket.

use std::collections::BTreeSet;

use patchcord_app::presence::{Looking, Seat};
use patchcord_app::{App, AppError};
use patchcord_domain::id::is_id;
use patchcord_domain::time::to_rfc3339;
use patchcord_domain::user::Actor;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

/// Changes that one client may tell in [`WINDOW`]; what is more is not heard.
const CHANGES_MAX: u32 = 60;
const WINDOW: Duration = Duration::from_secs(10);

/// What a client says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Look {
    /// The ticket that it shows; none when it shows no ticket any more.
    ticket_id: Option<String>,
    /// Whether a reply is being written.
    #[serde(default)]
    is_typing: bool,
}

/// The place of one client among those who look at tickets.
pub(super) struct Place {
    seat: Seat,
    changes: u32,
    since: Instant,
}

impl Place {
    pub(super) fn new(app: &App, actor: &Actor) -> Self {
        Self { seat: app.live.presence().seat(actor), changes: 0, since: Instant::now() }
    }

    /// Takes note of what a client looks at; gives the frame that tells it why not.
    pub(super) async fn note(&mut self, app: &App, actor: &Actor, look: Look) -> Result<Option<Value>, AppError> {
        if self.since.elapsed() > WINDOW {
            (self.changes, self.since) = (0, Instant::now());
        }
        self.changes += 1;
        if self.changes > CHANGES_MAX {
            return Ok(Some(json!({"type": "error", "code": "too_many_changes"})));
        }
        let Some(id) = look.ticket_id else {
            self.seat.look_at(None);
            return Ok(None);
        };
        if !is_id(&id) || !app.ticket_exists(actor, &id).await? {
            return Ok(Some(json!({"type": "error", "code": "unknown_ticket"})));
        }
        let viewer = app.viewer(actor, look.is_typing).await?;
        self.seat.look_at(Some((id, viewer)));
        Ok(None)
    }
}

/// The frame for a client, when it may see the ticket's people and listens to that ticket.
pub(super) fn frame(app: &App, actor: &Actor, topics: &BTreeSet<String>, looking: &Looking) -> Option<Value> {
    let wanted = topics.contains("tickets") || topics.contains(&format!("tickets:{}", looking.ticket_id));
    if !wanted || looking.workspace_id != actor.workspace_id {
        return None;
    }
    let viewers: Vec<Value> = looking
        .viewers
        .iter()
        .map(|viewer| json!({"userId": viewer.user_id, "name": viewer.name, "isTyping": viewer.is_typing}))
        .collect();
    let data = json!({"ticketId": looking.ticket_id, "viewers": viewers});
    // It has no id: nothing of it is stored, and it is not resumed from.
    Some(json!({"id": null, "type": "ticket.presence", "at": to_rfc3339(app.clock.now()), "data": data}))
}

/// Who looks at the single tickets among a client's topics.
pub(super) fn present<'t>(app: &App, actor: &Actor, topics: impl IntoIterator<Item = &'t String>) -> Vec<Looking> {
    let ids = topics.into_iter().filter_map(|topic| topic.strip_prefix("tickets:"));
    ids.map(|id| app.live.presence().looking(&actor.workspace_id, id)).collect()
}
