//! A ticket with everything around it: what its page shows.

use patchcord_domain::sla::ClockView;
use patchcord_domain::time::Millis;
use patchcord_store::directory::DeviceFacts;
use patchcord_store::messages::{self, NamedMessage};
use patchcord_store::rows::{Attachment, Message, Ticket, TicketSla, User};
pub use patchcord_store::ticket_detail::AgentFacts;
use patchcord_store::ticket_detail::{self, Around, ContactFacts, OrganizationFacts, UserFacts, Which};
use patchcord_store::{Connection, Tenant, tickets};

use crate::AppError;
use crate::sla::Viewer;

/// Most messages that a ticket's answer carries; older ones are counted, not shown.
const MESSAGES_SHOWN: u64 = 500;

/// A ticket with everything that its page shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The ticket itself.
    pub ticket: Ticket,
    /// The customer.
    pub organization: Option<OrganizationFacts>,
    /// Who asked.
    pub contact: Option<ContactFacts>,
    /// What it is about.
    pub device: Option<DeviceFacts>,
    /// Who works on it.
    pub assignee: Option<AgentFacts>,
    /// Who opened it, when it was a user.
    pub created_by: Option<UserFacts>,
    /// The newest messages, oldest first.
    pub messages: Vec<NamedMessage>,
    /// How many older messages are not shown.
    pub messages_omitted: i64,
    /// Files, oldest first.
    pub attachments: Vec<Attachment>,
    /// Its service-level clocks as they look at the moment of the answer.
    pub clocks: Vec<ClockView>,
}

/// Everything around a ticket, at this moment.
pub(crate) async fn detail<C: Connection>(
    tenant: Tenant<'_, C>,
    ticket: Ticket,
    now: Millis,
) -> Result<Detail, AppError> {
    let around = ticket_detail::around(tenant, Which::Id(&ticket.id)).await?.ok_or(AppError::NotFound("ticket"))?;
    let messages = messages::newest_named(tenant, &ticket.id, MESSAGES_SHOWN).await?;
    complete(tenant, Around { ticket, ..around }, messages, now).await
}

/// Everything around the ticket with this id or number, at this moment.
pub(crate) async fn detail_by<C: Connection>(
    tenant: Tenant<'_, C>,
    which: Which<'_>,
    now: Millis,
) -> Result<Detail, AppError> {
    let around = ticket_detail::around(tenant, which).await?.ok_or(AppError::NotFound("ticket"))?;
    let messages = messages::newest_named(tenant, &around.ticket.id, MESSAGES_SHOWN).await?;
    complete(tenant, around, messages, now).await
}

/// Everything around a ticket that was just opened with this one message.
pub(crate) async fn fresh<C: Connection>(
    tenant: Tenant<'_, C>,
    ticket: Ticket,
    message: Message,
    now: Millis,
) -> Result<Detail, AppError> {
    let pointers = [&ticket.organization_id, &ticket.contact_id, &ticket.device_id, &ticket.assignee_id];
    if pointers.iter().any(|id| id.is_some()) {
        let around = ticket_detail::around(tenant, Which::Id(&ticket.id)).await?.ok_or(AppError::NotFound("ticket"))?;
        let asked = around.contact.as_ref().map(|contact| contact.name.clone());
        let author = asked.or_else(|| around.created_by.as_ref().map(|user| user.name.clone()));
        return complete(tenant, Around { ticket, ..around }, vec![NamedMessage { message, author }], now).await;
    }
    let created_by = match &ticket.created_by_user_id {
        Some(id) => tenant.get::<User>(id).await?.map(|user| UserFacts { id: user.id, name: user.name }),
        None => None,
    };
    let sla = match ticket.first_response_due_at.or(ticket.resolution_due_at) {
        Some(_) => tenant.get::<TicketSla>(&ticket.id).await?,
        None => None,
    };
    let around = Around {
        ticket,
        sla,
        organization: None,
        contact: None,
        device: None,
        assignee: None,
        created_by,
        has_files: false,
    };
    let author = around.created_by.as_ref().map(|user| user.name.clone());
    complete(tenant, around, vec![NamedMessage { message, author }], now).await
}

async fn complete<C: Connection>(
    tenant: Tenant<'_, C>,
    around: Around,
    messages: Vec<NamedMessage>,
    now: Millis,
) -> Result<Detail, AppError> {
    let Around { ticket, organization, contact, device, assignee, created_by, sla, has_files } = around;
    let attachments = if has_files { tickets::attachments(tenant, &ticket.id).await? } else { Vec::new() };
    let messages_omitted = ticket.message_count - i64::try_from(messages.len()).unwrap_or(i64::MAX);
    let clocks = match &sla {
        Some(sla) => Viewer::new(tenant, now).views(sla.business_hours_only, &sla.clocks(&ticket)).await?,
        None => Vec::new(),
    };
    Ok(Detail {
        ticket,
        organization,
        contact,
        device,
        assignee,
        created_by,
        messages,
        messages_omitted: messages_omitted.max(0),
        attachments,
        clocks,
    })
}
