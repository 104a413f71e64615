//! A ticket with everything around it: what its page shows.

use std::collections::HashMap;

use patchcord_store::directory::DeviceFacts;
use patchcord_store::rows::{Attachment, Contact, Message, Organization, SupportAgent, Ticket, User};
use patchcord_store::{Connection, Tenant, directory, messages, tickets, users};

use crate::AppError;
use crate::tickets::unique;

/// Most messages that a ticket's answer carries; older ones are counted, not shown.
const MESSAGES_SHOWN: u64 = 500;

/// A ticket with everything that its page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The ticket itself.
    pub ticket: Ticket,
    /// The customer.
    pub organization: Option<Organization>,
    /// Who asked.
    pub contact: Option<Contact>,
    /// What it is about.
    pub device: Option<DeviceFacts>,
    /// Who works on it.
    pub assignee: Option<SupportAgent>,
    /// Who opened it, when it was a user.
    pub created_by: Option<User>,
    /// The newest messages, oldest first.
    pub messages: Vec<Message>,
    /// How many older messages are not shown.
    pub messages_omitted: i64,
    /// Names of the messages' authors by their ids.
    pub authors: HashMap<String, String>,
    /// Files, oldest first.
    pub attachments: Vec<Attachment>,
}

/// Everything around a ticket.
pub(crate) async fn detail<C: Connection>(tenant: Tenant<'_, C>, ticket: Ticket) -> Result<Detail, AppError> {
    let organization = match &ticket.organization_id {
        Some(id) => tenant.get::<Organization>(id).await?,
        None => None,
    };
    let contact = match &ticket.contact_id {
        Some(id) => tenant.get::<Contact>(id).await?,
        None => None,
    };
    let device = match &ticket.device_id {
        Some(id) => directory::device(tenant, id).await?,
        None => None,
    };
    let assignee = match &ticket.assignee_id {
        Some(id) => tenant.get::<SupportAgent>(id).await?,
        None => None,
    };
    let messages = messages::newest(tenant, &ticket.id, MESSAGES_SHOWN).await?;
    let attachments = tickets::attachments(tenant, &ticket.id).await?;
    let mut user_ids: Vec<String> = messages.iter().filter_map(|message| message.author_user_id.clone()).collect();
    user_ids.extend(ticket.created_by_user_id.clone());
    let people = users::some(tenant, &unique(user_ids)).await?;
    let authors = authors(tenant, &messages, &people, contact.as_ref()).await?;
    let created_by = people.into_iter().find(|user| Some(&user.id) == ticket.created_by_user_id.as_ref());
    let messages_omitted = ticket.message_count - i64::try_from(messages.len()).unwrap_or(i64::MAX);
    Ok(Detail {
        ticket,
        organization,
        contact,
        device,
        assignee,
        created_by,
        messages,
        messages_omitted: messages_omitted.max(0),
        authors,
        attachments,
    })
}

/// Names of messages' authors by id: users, contacts and support agents.
pub(crate) async fn authors<C: Connection>(
    tenant: Tenant<'_, C>,
    messages: &[Message],
    people: &[User],
    contact: Option<&Contact>,
) -> Result<HashMap<String, String>, AppError> {
    let mut names: HashMap<String, String> = people.iter().map(|user| (user.id.clone(), user.name.clone())).collect();
    names.extend(contact.map(|contact| (contact.id.clone(), contact.name.clone())));
    let contacts = messages.iter().filter_map(|message| message.author_contact_id.clone());
    let missing: Vec<String> = unique(contacts.filter(|id| !names.contains_key(id)).collect());
    for contact in directory::contacts(tenant, &missing).await? {
        names.insert(contact.id, contact.name);
    }
    let agents = unique(messages.iter().filter_map(|message| message.author_agent_id.clone()).collect());
    for agent in directory::support_agents(tenant, &agents).await? {
        names.insert(agent.id, agent.name);
    }
    Ok(names)
}
