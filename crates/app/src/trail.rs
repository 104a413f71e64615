//! Recording what happened to a ticket: the audit line and the live event, in the transaction of the change.

use std::collections::HashMap;

use patchcord_domain::ticket::EventKind;
use patchcord_domain::time::Millis;
use patchcord_domain::user::Actor;
use patchcord_store::events::{self, NewEvent};
use patchcord_store::rows::{Message, Ticket, TicketEvent};
use patchcord_store::{Tenant, Tx, directory, merges, trail, users};
use serde_json::{Value, json};

use crate::tickets::unique;
use crate::{App, AppError};
pub use patchcord_store::webhooks::Told;

/// Who caused a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A person who is signed in.
    User(String),
    /// A support agent who does not sign in.
    Agent(String),
    /// One of the voice agents.
    Bot(String),
    /// The program itself.
    System,
}

impl From<&Actor> for Who {
    fn from(actor: &Actor) -> Self {
        Who::User(actor.user_id.clone())
    }
}

impl Who {
    pub(crate) fn user_id(&self) -> Option<String> {
        match self {
            Who::User(id) => Some(id.clone()),
            _ => None,
        }
    }

    pub(crate) fn actor_id(&self) -> Option<String> {
        match self {
            Who::User(id) | Who::Agent(id) | Who::Bot(id) => Some(id.clone()),
            Who::System => None,
        }
    }

    pub(crate) fn actor_type(&self) -> &'static str {
        match self {
            Who::User(_) => "USER",
            Who::Agent(_) => "AGENT",
            Who::Bot(_) => "BOT",
            Who::System => "SYSTEM",
        }
    }
}

/// An open transaction, who acts in it and when: what every change of a ticket needs.
pub(crate) struct Change<'t> {
    pub(crate) app: &'t App,
    pub(crate) tenant: Tenant<'t, Tx>,
    pub(crate) who: Who,
    pub(crate) at: Millis,
}

impl Change<'_> {
    /// Appends an audit line; the ticket must be locked, and saved afterwards.
    pub(crate) async fn line(&self, ticket: &mut Ticket, kind: EventKind, payload: Value) -> Result<(), AppError> {
        let line = self.new_line(kind, payload);
        Ok(trail::append(self.tenant, &self.app.keys.audit, ticket, line).await?)
    }

    /// The first audit line of a ticket that is about to be inserted.
    pub(crate) fn first_line(&self, ticket: &mut Ticket, kind: EventKind, payload: Value) -> TicketEvent {
        trail::first(&self.app.keys.audit, ticket, self.new_line(kind, payload))
    }

    fn new_line(&self, kind: EventKind, payload: Value) -> trail::Line {
        trail::Line {
            id: self.app.id(),
            kind: kind.as_str(),
            actor_type: self.who.actor_type(),
            actor_id: self.who.actor_id(),
            payload,
            at: self.at,
        }
    }

    /// Saves a changed ticket and tells the listeners of tickets.
    pub(crate) async fn save(&self, ticket: Ticket, event: &str) -> Result<Ticket, AppError> {
        self.save_about(ticket, event, None).await
    }

    /// The same; the event names the message that it is about.
    pub(crate) async fn save_about(
        &self,
        mut ticket: Ticket,
        event: &str,
        message: Option<&Message>,
    ) -> Result<Ticket, AppError> {
        ticket.version += 1;
        ticket.updated_at = self.at;
        if !self.tenant.save(ticket.clone()).await? {
            return Err(AppError::NotFound("ticket"));
        }
        let mut data = ticket_data(&ticket);
        if let Some(message) = message {
            data["messageId"] = json!(message.id);
            data["isInternal"] = json!(message.is_internal);
        }
        self.publish(event, "tickets", &ticket.id, data).await?;
        Ok(ticket)
    }

    /// Tells the listeners of tickets.
    pub(crate) async fn publish_ticket(&self, ticket: &Ticket, event: &str) -> Result<(), AppError> {
        self.publish(event, "tickets", &ticket.id, ticket_data(ticket)).await
    }

    /// Tells listeners of a topic. The data carries ids and states only.
    pub(crate) async fn publish(&self, kind: &str, topic: &str, subject_id: &str, data: Value) -> Result<(), AppError> {
        let event = NewEvent { id: self.app.id(), kind, topic, subject_id, data, at: self.at };
        Ok(events::record(self.tenant, event).await?)
    }
}

/// What an event says of a ticket. The length of the audit trail says which lines the event tells of.
fn ticket_data(ticket: &Ticket) -> Value {
    json!({"ticketId": ticket.id, "version": ticket.version, "auditLength": ticket.audit_length})
}

/// A field's value before and after, as audit lines show it.
pub(crate) fn from_to(field: &str, from: impl Into<Value>, to: impl Into<Value>) -> Value {
    json!({"field": field, "from": from.into(), "to": to.into()})
}

/// A line of the audit trail with the name of who caused it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedLine {
    /// The line.
    pub line: TicketEvent,
    /// Name of the user or support agent behind it, when it was one.
    pub actor: Option<String>,
    /// What became of the webhooks that tell of it; none when nobody is told.
    pub told: Option<Told>,
}

impl App {
    /// The audit trail of a ticket and of those that were merged into it, oldest first, at most the newest 500 lines.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the ticket is not the actor's to see.
    pub async fn ticket_events(&self, actor: &Actor, ticket: &str) -> Result<Vec<NamedLine>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let ticket = crate::tickets::find(tenant, ticket).await?;
        let mut tickets = merges::sources(tenant, &ticket.id).await?;
        let lines = if tickets.is_empty() {
            trail::newest(tenant, &ticket.id, 500).await?
        } else {
            tickets.push(ticket.id);
            merges::newest_lines(tenant, &tickets, 500).await?
        };
        let ids = unique(lines.iter().filter_map(|line| line.actor_id.clone()).collect());
        let mut names: HashMap<String, String> = HashMap::new();
        names.extend(users::some(tenant, &ids).await?.into_iter().map(|user| (user.id, user.name)));
        names.extend(directory::support_agents(tenant, &ids).await?.into_iter().map(|agent| (agent.id, agent.name)));
        let told = self.told(tenant, &lines).await?;
        let named = |(line, told): (TicketEvent, Option<Told>)| {
            let actor = line.actor_id.as_ref().and_then(|id| names.get(id)).cloned();
            NamedLine { line, actor, told }
        };
        Ok(lines.into_iter().zip(told).map(named).collect())
    }
}
