//! The same change on many tickets: each in a transaction of its own, with what takes it back.

use futures::StreamExt;
use patchcord_domain::id::is_id;
use patchcord_domain::ticket::{Priority, Status, TAGS_MAX, parse_label};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{SupportAgent, Ticket};
use serde_json::{Value, json};

use crate::error::require;
use crate::escalations::assign;
use crate::tickets::{lock, move_to, note_changes};
use crate::trail::Change;
use crate::{App, AppError};

/// Most tickets of one request.
pub const IDS_MAX: usize = 100;
/// Tickets that are changed at the same time. On SQLite they share commits, on PostgreSQL each needs a connection.
const TOGETHER: usize = 4;

/// What shall happen to which tickets.
#[derive(Debug, Clone, PartialEq)]
pub struct BulkChange {
    /// Ids or numbers, 1 to 100.
    pub ids: Vec<String>,
    /// `status`, `priority`, `assign` or `tag`.
    pub kind: String,
    /// A status; a priority; the id of a support agent or null; a tag, or `{"add": […], "remove": […]}`.
    pub value: Value,
}

/// What became of one ticket.
#[derive(Debug)]
pub struct BulkResult {
    /// As it was asked for.
    pub id: String,
    /// The action that takes the change back, none when nothing changed; or why it was not changed.
    pub outcome: Result<Option<Undo>, AppError>,
}

/// An action, in the form in which it can be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// As in [`BulkChange`].
    pub kind: &'static str,
    /// As in [`BulkChange`].
    pub value: Value,
}

#[derive(Clone)]
enum Action {
    Status(Status),
    Priority(Priority),
    Assign(Option<SupportAgent>),
    Tag { add: Vec<String>, remove: Vec<String> },
}

impl App {
    /// Changes many tickets. One that cannot be changed does not keep the others from it.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when ids or action are wrong; then nothing was changed.
    pub async fn change_tickets(&self, actor: &Actor, input: BulkChange) -> Result<Vec<BulkResult>, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        if input.ids.is_empty() || input.ids.len() > IDS_MAX {
            faults.add("ids", format!("must have 1 to {IDS_MAX} ids; there are {}", input.ids.len()));
        }
        for (index, id) in input.ids.iter().take(IDS_MAX).enumerate() {
            if !is_id(id) && parse_label(id).is_none() {
                faults.add(&format!("ids[{index}]"), "must be the id or number of a ticket");
            } else if input.ids[..index].contains(id) {
                faults.add(&format!("ids[{index}]"), "is there twice");
            }
        }
        let action = self.action(actor, &mut faults, &input.kind, &input.value).await?;
        let action = faults.into_result(action).map_err(AppError::Invalid)?.expect("checked just now");
        let each = input.ids.into_iter().map(|id| self.change_one(actor, id, action.clone()));
        Ok(futures::stream::iter(each).buffered(TOGETHER).collect().await)
    }

    async fn change_one(&self, actor: &Actor, id: String, action: Action) -> BulkResult {
        let (app, actor, ticket) = (self.clone(), actor.clone(), id.clone());
        let outcome = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &actor);
                    let mut ticket = lock(change.tenant, &ticket).await?;
                    let undo = apply(&change, &mut ticket, action).await?;
                    if undo.is_some() {
                        change.save(ticket, "ticket.updated").await?;
                    }
                    Ok(undo)
                })
            })
            .await;
        BulkResult { id, outcome }
    }

    /// Checks an action; the faults say what is wrong when there is none.
    async fn action(
        &self,
        actor: &Actor,
        faults: &mut Faults,
        kind: &str,
        value: &Value,
    ) -> Result<Option<Action>, AppError> {
        const VALUE: &str = "action.value";
        let text = value.as_str().unwrap_or_default();
        Ok(match kind {
            "status" => faults.one_of(VALUE, text, Status::parse, &Status::allowed()).map(Action::Status),
            "priority" => faults.one_of(VALUE, text, Priority::parse, &Priority::allowed()).map(Action::Priority),
            "tag" => tags(faults, VALUE, value),
            "assign" if value.is_null() => Some(Action::Assign(None)),
            "assign" => {
                let agent = match is_id(text) {
                    true => self.store.tenant(&actor.workspace_id).get::<SupportAgent>(text).await?,
                    false => None,
                };
                if agent.is_none() {
                    faults.add(VALUE, "must be the id of a support agent, or null to release the tickets");
                }
                agent.map(|agent| Action::Assign(Some(agent)))
            }
            _ => {
                faults.add("action.type", "must be one of status, priority, assign, tag");
                None
            }
        })
    }
}

fn tags(faults: &mut Faults, field: &str, value: &Value) -> Option<Action> {
    let list = |value: &Value| -> Option<Vec<String>> {
        let all = value.as_array()?;
        all.iter().map(|tag| tag.as_str().map(str::to_owned)).collect()
    };
    let (add, remove) = match value {
        Value::String(tag) => (Some(vec![tag.clone()]), Some(Vec::new())),
        Value::Object(fields) if fields.keys().all(|key| key == "add" || key == "remove") => {
            let named = |key| fields.get(key).map_or(Some(Vec::new()), list);
            (named("add"), named("remove"))
        }
        _ => (None, None),
    };
    match (add, remove) {
        (Some(add), Some(remove)) if !(add.is_empty() && remove.is_empty()) => {
            let (add, remove) = (faults.tags(field, &add), faults.tags(field, &remove));
            Some(Action::Tag { add, remove })
        }
        _ => {
            faults.add(field, "must be a tag, or an object with lists of tags under add and remove");
            None
        }
    }
}

/// Changes a locked ticket in memory and in its trail; gives what takes it back, or nothing when nothing changed.
async fn apply(change: &Change<'_>, ticket: &mut Ticket, action: Action) -> Result<Option<Undo>, AppError> {
    let before = ticket.clone();
    let (changed, kind, value) = match action {
        Action::Status(status) => (move_to(change, ticket, status).await?, "status", json!(before.status)),
        Action::Assign(agent) => (assign(change, ticket, agent.as_ref()).await?, "assign", json!(before.assignee_id)),
        Action::Priority(priority) => {
            priority.as_str().clone_into(&mut ticket.priority);
            (note_changes(change, ticket, &before).await?, "priority", json!(before.priority))
        }
        Action::Tag { add, remove } => {
            let undo = retag(ticket, &add, &remove)?;
            (note_changes(change, ticket, &before).await?, "tag", undo)
        }
    };
    Ok(changed.then_some(Undo { kind, value }))
}

/// Adds and removes tags in memory; gives the tags that would have to be added and removed to take it back.
pub(crate) fn retag(ticket: &mut Ticket, add: &[String], remove: &[String]) -> Result<Value, AppError> {
    let listed = ticket.tags.as_array().into_iter().flatten().filter_map(Value::as_str);
    let before: Vec<String> = listed.map(str::to_owned).collect();
    let mut after = before.clone();
    after.retain(|tag| !remove.contains(tag));
    after.extend(add.iter().filter(|tag| !before.contains(tag)).cloned());
    if after.len() > TAGS_MAX {
        return Err(AppError::Conflict("too_many_tags", format!("a ticket has at most {TAGS_MAX} tags")));
    }
    let gone: Vec<&String> = before.iter().filter(|tag| !after.contains(tag)).collect();
    let new: Vec<&String> = after.iter().filter(|tag| !before.contains(tag)).collect();
    let undo = json!({"add": gone, "remove": new});
    ticket.tags = json!(after);
    Ok(undo)
}
