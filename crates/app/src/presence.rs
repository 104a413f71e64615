//! Who looks at which ticket right now. Nothing of it is stored: it is true while sockets are open. Nodes tell each other of
//! their own people ([`crate::passing`]); what a node was not reminded of for a while is forgotten.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::user::Actor;
use patchcord_store::users;
use serde::{Deserialize, Serialize};
use tokio::sync::{Notify, broadcast};
use tokio::time::{Duration, Instant};

use crate::{App, AppError};

/// Changes that wait for the slowest listener; one that falls behind asks for the present state.
const WAITING: usize = 256;
/// Most people that are shown on one ticket.
const SHOWN: usize = 50;

/// People of another node who were not told of again for so long are gone.
pub(crate) const FORGOTTEN: Duration = Duration::from_secs(30);
/// Most tickets that are remembered for each other node.
const TICKETS_OF_A_NODE: usize = 5_000;

/// Somebody who looks at a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    /// Somebody on this node came, went, or began or stopped typing.
    touched: Arc<Notify>,
}

/// A ticket of a workspace.
type Place = (WorkspaceId, String);

#[derive(Default)]
struct Places {
    last_seat: u64,
    by_ticket: HashMap<Place, Vec<(u64, Viewer)>>,
    /// People of other nodes: node → ticket → who, and until when that is believed.
    elsewhere: HashMap<String, HashMap<Place, (Vec<Viewer>, Instant)>>,
    /// Tickets whose people on this node changed since the other nodes were told.
    untold: BTreeSet<Place>,
}

impl Default for Presence {
    fn default() -> Self {
        Self { places: Arc::default(), changes: broadcast::Sender::new(WAITING), touched: Arc::default() }
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

    /// Waits until the people of this node changed.
    pub(crate) async fn touched(&self) {
        self.touched.notified().await;
    }

    /// The people of this node at the tickets where they changed since this was asked last, or at all tickets that anybody
    /// looks at.
    pub(crate) fn own(&self, all: bool) -> Vec<Looking> {
        let mut places = self.lock();
        let mut untold = std::mem::take(&mut places.untold);
        if all {
            untold.extend(places.by_ticket.keys().cloned());
        }
        let own = |place: Place| {
            let viewers = people(places.by_ticket.get(&place).into_iter().flatten().map(|(_, viewer)| viewer));
            Looking { workspace_id: place.0, ticket_id: place.1, viewers }
        };
        untold.into_iter().map(own).collect()
    }

    /// Another node tells who looks at a ticket there.
    pub(crate) fn hear(&self, node: String, looking: Looking, now: Instant) {
        let mut places = self.lock();
        let there = places.elsewhere.entry(node).or_default();
        let place = (looking.workspace_id, looking.ticket_id);
        let known = there.get(&place).map(|(viewers, _)| viewers.as_slice()).unwrap_or_default();
        let is_news = known != looking.viewers;
        if looking.viewers.is_empty() {
            there.remove(&place);
        } else if there.contains_key(&place) || there.len() < TICKETS_OF_A_NODE {
            there.insert(place.clone(), (looking.viewers, now + FORGOTTEN));
        }
        if is_news {
            self.tell(&places, &place);
        }
    }

    /// Forgets people of nodes that were not heard for a while.
    pub(crate) fn forget(&self, now: Instant) {
        let mut places = self.lock();
        let mut gone = BTreeSet::new();
        places.elsewhere.retain(|_, there| {
            there.retain(|place, (_, until)| {
                let stays = *until > now;
                if !stays {
                    gone.insert(place.clone());
                }
                stays
            });
            !there.is_empty()
        });
        for place in gone {
            self.tell(&places, &place);
        }
    }

    /// Tells the listeners of this node. Under the lock, so that nobody is told of an older state after a newer one.
    fn tell(&self, places: &Places, place: &Place) {
        let _ = self.changes.send(Arc::new(places.looking(&place.0, &place.1)));
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().expect("nothing panics while it is held")
    }
}

impl Places {
    fn looking(&self, workspace_id: &WorkspaceId, ticket_id: &str) -> Looking {
        let place = (workspace_id.clone(), ticket_id.to_owned());
        let here = self.by_ticket.get(&place).into_iter().flatten().map(|(_, viewer)| viewer);
        let elsewhere = self.elsewhere.values().filter_map(|there| there.get(&place)).flat_map(|(viewers, _)| viewers);
        let viewers = people(here.chain(elsewhere));
        Looking { workspace_id: place.0, ticket_id: place.1, viewers }
    }
}

/// Each person once, by name: two windows of one person are one person, who types when either does.
fn people<'v>(all: impl Iterator<Item = &'v Viewer>) -> Vec<Viewer> {
    let mut viewers: Vec<Viewer> = Vec::new();
    for viewer in all {
        match viewers.iter_mut().find(|known| known.user_id == viewer.user_id) {
            Some(known) => known.is_typing |= viewer.is_typing,
            None => viewers.push(viewer.clone()),
        }
    }
    viewers.sort_by(|a, b| (&a.name, &a.user_id).cmp(&(&b.name, &b.user_id)));
    viewers.truncate(SHOWN);
    viewers
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
        for ticket_id in changed {
            let place = (self.workspace_id.clone(), ticket_id);
            self.presence.tell(&places, &place);
            places.untold.insert(place);
        }
        self.presence.touched.notify_one();
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
    fn people_of_other_nodes_are_shown_until_they_are_forgotten() {
        let (presence, now) = (Presence::default(), Instant::now());
        let north = WorkspaceId::new("north");
        let mut ann = presence.seat(&actor("north", "ann"));
        ann.look_at(at("t1", "ann", false));
        let mut changes = presence.subscribe();
        let told = |names: &[(&str, bool)]| Looking {
            workspace_id: north.clone(),
            ticket_id: "t1".to_owned(),
            viewers: names.iter().map(|(name, is_typing)| at("t1", name, *is_typing).unwrap().1).collect(),
        };
        presence.hear("b".into(), told(&[("bob", false)]), now);
        presence.hear("b".into(), told(&[("bob", false)]), now + FORGOTTEN / 2);
        presence.hear("c".into(), told(&[("ann", true)]), now);
        assert_eq!(names(&presence.looking(&north, "t1")), ["ANN…", "BOB"]);
        assert_eq!(presence.own(true), [told(&[("ann", false)])], "a node tells of its own people only");
        presence.forget(now + FORGOTTEN);
        assert_eq!(names(&presence.looking(&north, "t1")), ["ANN", "BOB"]);
        presence.hear("b".into(), told(&[]), now);
        assert_eq!(names(&presence.looking(&north, "t1")), ["ANN"]);
        let mut shown = Vec::new();
        while let Ok(change) = changes.try_recv() {
            shown.push(names(&change).join(" "));
        }
        assert_eq!(shown, ["ANN BOB", "ANN… BOB", "ANN BOB", "ANN"], "the same again is told to nobody");
    }

    #[test]
    fn what_changed_is_told_to_other_nodes_once() {
        let presence = Presence::default();
        let mut seat = presence.seat(&actor("north", "ann"));
        seat.look_at(at("t1", "ann", false));
        seat.look_at(at("t2", "ann", false));
        let told: Vec<(String, Vec<String>)> =
            presence.own(false).iter().map(|looking| (looking.ticket_id.clone(), names(looking))).collect();
        assert_eq!(told, [("t1".into(), vec![]), ("t2".into(), vec!["ANN".into()])]);
        assert_eq!(presence.own(false), []);
        assert_eq!(presence.own(true).len(), 1);
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
