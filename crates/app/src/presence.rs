//! Who looks at which ticket right now. Nothing of it is stored: it is true while sockets are open, on this node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::user::Actor;
use patchcord_store::users;
use tokio::sync::broadcast;

use crate::{App, AppError};

/// Changes that wait for the slowest listener; one that falls behind asks for the present state.
const WAITING: usize = 256;
/// Most people that are shown on one ticket.
const SHOWN: usize = 50;

/// Somebody who looks at a ticket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewer {
    /// The user.
    pub user_id: String,
    /// Name of the user.
    pub name: String,
    /// Whether a reply is being written.
    pub is_typing: bool,
}

/// Everybody who looks at a ticket, after somebody came, went, or began or stopped typing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looking {
    /// Whose ticket it is: listeners of other workspaces are never told.
    pub workspace_id: WorkspaceId,
    /// The ticket.
    pub ticket_id: String,
    /// The people by name, each once.
    pub viewers: Vec<Viewer>,
}

/// Remembers who looks at what. Clones share it.
#[derive(Clone)]
pub struct Presence {
    /// By workspace and ticket; a ticket that nobody looks at has no entry, so that there are never more than seats.
    places: Arc<Mutex<Places>>,
    changes: broadcast::Sender<Arc<Looking>>,
}

#[derive(Default)]
struct Places {
    last_seat: u64,
    by_ticket: HashMap<(WorkspaceId, String), Vec<(u64, Viewer)>>,
}

impl Default for Presence {
    fn default() -> Self {
        Self { places: Arc::default(), changes: broadcast::Sender::new(WAITING) }
    }
}

impl Presence {
    /// Listens from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<Arc<Looking>> {
        self.changes.subscribe()
    }

    /// Who looks at a ticket now.
    pub fn looking(&self, workspace_id: &WorkspaceId, ticket_id: &str) -> Looking {
        self.lock().looking(workspace_id, ticket_id)
    }

    /// A place for one connection, from which one ticket can be looked at. It is given up when it is dropped.
    pub fn seat(&self, actor: &Actor) -> Seat {
        let mut places = self.lock();
        places.last_seat += 1;
        Seat { presence: self.clone(), number: places.last_seat, workspace_id: actor.workspace_id.clone(), at: None }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().expect("nothing panics while it is held")
    }
}

impl Places {
    fn looking(&self, workspace_id: &WorkspaceId, ticket_id: &str) -> Looking {
        let key = (workspace_id.clone(), ticket_id.to_owned());
        let mut viewers: Vec<Viewer> = Vec::new();
        for (_, viewer) in self.by_ticket.get(&key).into_iter().flatten() {
            // Two windows of one person are one person, who types when either does.
            match viewers.iter_mut().find(|known| known.user_id == viewer.user_id) {
                Some(known) => known.is_typing |= viewer.is_typing,
                None => viewers.push(viewer.clone()),
            }
        }
        viewers.sort_by(|a, b| (&a.name, &a.user_id).cmp(&(&b.name, &b.user_id)));
        viewers.truncate(SHOWN);
        Looking { workspace_id: key.0, ticket_id: key.1, viewers }
    }
}

/// The place of one connection.
pub struct Seat {
    presence: Presence,
    number: u64,
    workspace_id: WorkspaceId,
    at: Option<(String, Viewer)>,
}

impl Seat {
    /// Looks at a ticket, or at none. The ticket must be the viewer's to see. Listeners are told of what changed.
    pub fn look_at(&mut self, ticket: Option<(String, Viewer)>) {
        if self.at == ticket {
            return;
        }
        let mut places = self.presence.lock();
        let mut changed = Vec::new();
        if let Some((ticket_id, _)) = self.at.take() {
            let key = (self.workspace_id.clone(), ticket_id);
            if let Some(there) = places.by_ticket.get_mut(&key) {
                there.retain(|(number, _)| *number != self.number);
                if there.is_empty() {
                    places.by_ticket.remove(&key);
                }
            }
            changed.push(key.1);
        }
        if let Some((ticket_id, viewer)) = &ticket {
            let key = (self.workspace_id.clone(), ticket_id.clone());
            places.by_ticket.entry(key).or_default().push((self.number, viewer.clone()));
            if !changed.contains(ticket_id) {
                changed.push(ticket_id.clone());
            }
        }
        self.at = ticket;
        // Sent under the lock, so that nobody is told of an older state after a newer one.
        for ticket_id in changed {
            let _ = self.presence.changes.send(Arc::new(places.looking(&self.workspace_id, &ticket_id)));
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.look_at(None);
    }
}

impl App {
    /// The actor as others see them on a ticket.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn viewer(&self, actor: &Actor, is_typing: bool) -> Result<Viewer, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let user = users::some(tenant, std::slice::from_ref(&actor.user_id)).await?.pop();
        let name = user.map(|user| user.name).ok_or(AppError::NotFound("user"))?;
        Ok(Viewer { user_id: actor.user_id.clone(), name, is_typing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use patchcord_domain::user::Role;

    fn actor(workspace: &str, user: &str) -> Actor {
        Actor { workspace_id: WorkspaceId::new(workspace), user_id: user.to_owned(), role: Role::Viewer }
    }

    fn at(ticket: &str, user: &str, is_typing: bool) -> Option<(String, Viewer)> {
        Some((ticket.to_owned(), Viewer { user_id: user.to_owned(), name: user.to_uppercase(), is_typing }))
    }

    fn names(looking: &Looking) -> Vec<String> {
        let name = |viewer: &Viewer| format!("{}{}", viewer.name, if viewer.is_typing { "…" } else { "" });
        looking.viewers.iter().map(name).collect()
    }

    #[test]
    fn seats_come_move_and_go() {
        let presence = Presence::default();
        let mut changes = presence.subscribe();
        let north = WorkspaceId::new("north");
        let (mut ann, mut again, mut bob) = (
            presence.seat(&actor("north", "ann")),
            presence.seat(&actor("north", "ann")),
            presence.seat(&actor("north", "bob")),
        );
        ann.look_at(at("t1", "ann", false));
        bob.look_at(at("t1", "bob", false));
        again.look_at(at("t1", "ann", true));
        assert_eq!(names(&presence.looking(&north, "t1")), ["ANN…", "BOB"]);
        assert_eq!(names(&presence.looking(&WorkspaceId::new("south"), "t1")), [""; 0]);
        bob.look_at(at("t2", "bob", false));
        drop(again);
        assert_eq!(names(&presence.looking(&north, "t1")), ["ANN"]);
        drop((ann, bob));
        assert!(presence.lock().by_ticket.is_empty());

        let mut told = Vec::new();
        while let Ok(change) = changes.try_recv() {
            told.push(format!("{} {}", change.ticket_id, names(&change).join(" ")));
        }
        assert_eq!(told, ["t1 ANN", "t1 ANN BOB", "t1 ANN… BOB", "t1 ANN…", "t2 BOB", "t1 ANN", "t1 ", "t2 "]);
    }

    #[test]
    fn the_same_again_tells_nobody() {
        let presence = Presence::default();
        let mut seat = presence.seat(&actor("north", "ann"));
        seat.look_at(at("t1", "ann", false));
        let mut changes = presence.subscribe();
        seat.look_at(at("t1", "ann", false));
        assert!(changes.try_recv().is_err());
    }
}
