//! Tickets and what belongs to them on the wire.

use patchcord_app::messages::NamedMessage;
use patchcord_app::rows::{Attachment, Escalation, Message, SupportAgent};
use patchcord_app::ticket_detail::{AgentFacts, Detail};
use patchcord_app::tickets::Line;
use patchcord_app::trail::NamedLine;
use patchcord_domain::ticket::label;
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Ref, SlaClock, reference, time};

/// Who works on a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assignee {
    id: String,
    name: String,
    #[schema(example = "HUMAN")]
    kind: String,
    #[schema(required)]
    user_id: Option<String>,
}

impl From<&SupportAgent> for Assignee {
    fn from(agent: &SupportAgent) -> Self {
        Self {
            id: agent.id.clone(),
            name: agent.name.clone(),
            kind: agent.kind.clone(),
            user_id: agent.user_id.clone(),
        }
    }
}

impl From<&AgentFacts> for Assignee {
    fn from(agent: &AgentFacts) -> Self {
        Self {
            id: agent.id.clone(),
            name: agent.name.clone(),
            kind: agent.kind.clone(),
            user_id: agent.user_id.clone(),
        }
    }
}

/// A line of the list of tickets.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketLine {
    id: String,
    number: i64,
    #[schema(example = "TKT-0042")]
    label: String,
    subject: String,
    status: String,
    priority: String,
    channel: String,
    #[schema(required)]
    product_area: Option<String>,
    #[schema(required)]
    category: Option<String>,
    tags: Vec<String>,
    #[schema(required)]
    organization: Option<Ref>,
    #[schema(required)]
    contact: Option<Ref>,
    #[schema(required)]
    assignee: Option<Assignee>,
    #[schema(required)]
    sentiment: Option<String>,
    message_count: i64,
    #[schema(required)]
    last_message_at: Option<String>,
    #[schema(required)]
    first_response_due_at: Option<String>,
    #[schema(required)]
    resolution_due_at: Option<String>,
    #[schema(required)]
    first_responded_at: Option<String>,
    #[schema(required)]
    resolved_at: Option<String>,
    #[schema(required)]
    closed_at: Option<String>,
    #[schema(required)]
    sla_breached_at: Option<String>,
    /// The service-level clocks as they look now; empty when no policy set them.
    sla_clocks: Vec<SlaClock>,
    created_at: String,
    updated_at: String,
    version: i64,
}

pub(super) fn tags(tags: &Value) -> Vec<String> {
    tags.as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

impl From<Line> for TicketLine {
    fn from(line: Line) -> Self {
        let assignee = match (line.assignee_id, line.assignee_name, line.assignee_kind) {
            (Some(id), Some(name), Some(kind)) => Some(Assignee { id, name, kind, user_id: line.assignee_user_id }),
            _ => None,
        };
        Self {
            label: label(line.number),
            tags: tags(&line.tags),
            organization: reference(line.organization_id, line.organization_name),
            contact: reference(line.contact_id, line.contact_name),
            assignee,
            last_message_at: time(line.last_message_at),
            first_response_due_at: time(line.first_response_due_at),
            resolution_due_at: time(line.resolution_due_at),
            first_responded_at: time(line.first_responded_at),
            resolved_at: time(line.resolved_at),
            closed_at: time(line.closed_at),
            sla_breached_at: time(line.sla_breached_at),
            sla_clocks: line.clocks.iter().map(SlaClock::from).collect(),
            created_at: to_rfc3339(line.created_at),
            updated_at: to_rfc3339(line.updated_at),
            id: line.id,
            number: line.number,
            subject: line.subject,
            status: line.status,
            priority: line.priority,
            channel: line.channel,
            product_area: line.product_area,
            category: line.category,
            sentiment: line.sentiment,
            message_count: line.message_count,
            version: line.version,
        }
    }
}

/// The customer company of a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketOrganization {
    id: String,
    name: String,
    #[schema(required)]
    ue_code: Option<String>,
    status: String,
}

/// Who asked.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketContact {
    id: String,
    name: String,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    title: Option<String>,
    is_vip: bool,
}

/// What a ticket is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketDevice {
    id: String,
    name: String,
    r#type: String,
    status: String,
    #[schema(required)]
    manufacturer: Option<String>,
    #[schema(required)]
    model: Option<String>,
    #[schema(required)]
    operating_system: Option<String>,
    #[schema(required)]
    serial_number: Option<String>,
    #[schema(required)]
    asset_tag: Option<String>,
    #[schema(required)]
    ip_address: Option<String>,
}

/// A message or an internal note.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageRow {
    id: String,
    ticket_id: String,
    /// The ticket that it was written on, when that was merged into this one.
    #[schema(required)]
    origin_ticket_id: Option<String>,
    author_type: String,
    #[schema(required)]
    author: Option<Ref>,
    body: String,
    is_internal: bool,
    #[schema(required)]
    suggestion_id: Option<String>,
    created_at: String,
}

impl MessageRow {
    fn named(message: &Message, author: Option<Ref>) -> Self {
        Self {
            id: message.id.clone(),
            ticket_id: message.ticket_id.clone(),
            origin_ticket_id: message.origin_ticket_id.clone(),
            author_type: message.author_type.clone(),
            author,
            body: message.body.clone(),
            is_internal: message.is_internal,
            suggestion_id: message.suggestion_id.clone(),
            created_at: to_rfc3339(message.created_at),
        }
    }
}

impl From<&NamedMessage> for MessageRow {
    fn from(added: &NamedMessage) -> Self {
        let message = &added.message;
        let id = message.author_contact_id.as_ref().or(message.author_agent_id.as_ref());
        let id = id.or(message.author_user_id.as_ref());
        Self::named(message, reference(id.cloned(), added.author.clone()))
    }
}

/// A file of a ticket.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttachmentRow {
    id: String,
    ticket_id: String,
    /// The ticket that it was attached to, when that was merged into this one.
    #[schema(required)]
    origin_ticket_id: Option<String>,
    #[schema(required)]
    message_id: Option<String>,
    file_name: String,
    content_type: String,
    size_bytes: i64,
    sha256: String,
    created_at: String,
}

impl From<&Attachment> for AttachmentRow {
    fn from(row: &Attachment) -> Self {
        Self {
            id: row.id.clone(),
            ticket_id: row.ticket_id.clone(),
            origin_ticket_id: row.origin_ticket_id.clone(),
            message_id: row.message_id.clone(),
            file_name: row.file_name.clone(),
            content_type: row.content_type.clone(),
            size_bytes: row.size_bytes,
            sha256: row.sha256.clone(),
            created_at: to_rfc3339(row.created_at),
        }
    }
}

/// A ticket with everything that its page shows.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketDetail {
    id: String,
    number: i64,
    #[schema(example = "TKT-0042")]
    label: String,
    subject: String,
    status: String,
    priority: String,
    channel: String,
    #[schema(required)]
    product_area: Option<String>,
    #[schema(required)]
    category: Option<String>,
    tags: Vec<String>,
    #[schema(required)]
    organization: Option<TicketOrganization>,
    #[schema(required)]
    contact: Option<TicketContact>,
    #[schema(required)]
    device: Option<TicketDevice>,
    #[schema(required)]
    assignee: Option<Assignee>,
    #[schema(required)]
    created_by: Option<Ref>,
    #[schema(required)]
    call_id: Option<String>,
    #[schema(required)]
    merged_into_id: Option<String>,
    #[schema(required)]
    sentiment: Option<String>,
    message_count: i64,
    #[schema(required)]
    last_message_at: Option<String>,
    #[schema(required)]
    first_response_due_at: Option<String>,
    #[schema(required)]
    resolution_due_at: Option<String>,
    #[schema(required)]
    first_responded_at: Option<String>,
    #[schema(required)]
    resolved_at: Option<String>,
    #[schema(required)]
    closed_at: Option<String>,
    #[schema(required)]
    sla_breached_at: Option<String>,
    /// Since when the clocks stand still.
    #[schema(required)]
    sla_paused_at: Option<String>,
    /// The service-level clocks as they look now; empty when no policy set them.
    sla_clocks: Vec<SlaClock>,
    created_at: String,
    updated_at: String,
    version: i64,
    /// The newest 500 messages, oldest first.
    messages: Vec<MessageRow>,
    /// How many older messages are not shown.
    messages_omitted: i64,
    attachments: Vec<AttachmentRow>,
}

impl From<&Detail> for TicketDetail {
    fn from(detail: &Detail) -> Self {
        let ticket = &detail.ticket;
        Self {
            id: ticket.id.clone(),
            number: ticket.number,
            label: label(ticket.number),
            subject: ticket.subject.clone(),
            status: ticket.status.clone(),
            priority: ticket.priority.clone(),
            channel: ticket.channel.clone(),
            product_area: ticket.product_area.clone(),
            category: ticket.category.clone(),
            tags: tags(&ticket.tags),
            organization: detail.organization.as_ref().map(|organization| TicketOrganization {
                id: organization.id.clone(),
                name: organization.name.clone(),
                ue_code: organization.u_e_code.clone(),
                status: organization.status.clone(),
            }),
            contact: detail.contact.as_ref().map(|contact| TicketContact {
                id: contact.id.clone(),
                name: contact.name.clone(),
                email: contact.email.clone(),
                phone: contact.phone.clone(),
                title: contact.title.clone(),
                is_vip: contact.is_vip,
            }),
            device: detail.device.as_ref().map(|device| TicketDevice {
                id: device.id.clone(),
                name: device.name.clone(),
                r#type: device.kind.clone(),
                status: device.status.clone(),
                manufacturer: device.manufacturer.clone(),
                model: device.model.clone(),
                operating_system: match (&device.os_name, &device.os_version) {
                    (Some(name), Some(version)) => Some(format!("{name} {version}").trim().to_owned()),
                    (name, _) => name.clone(),
                },
                serial_number: device.serial_number.clone(),
                asset_tag: device.asset_tag.clone(),
                ip_address: device.ip_address.clone(),
            }),
            assignee: detail.assignee.as_ref().map(Assignee::from),
            created_by: detail.created_by.as_ref().map(|user| Ref { id: user.id.clone(), name: user.name.clone() }),
            call_id: ticket.call_id.clone(),
            merged_into_id: ticket.merged_into_id.clone(),
            sentiment: ticket.sentiment.clone(),
            message_count: ticket.message_count,
            last_message_at: time(ticket.last_message_at),
            first_response_due_at: time(ticket.first_response_due_at),
            resolution_due_at: time(ticket.resolution_due_at),
            first_responded_at: time(ticket.first_responded_at),
            resolved_at: time(ticket.resolved_at),
            closed_at: time(ticket.closed_at),
            sla_breached_at: time(ticket.sla_breached_at),
            sla_paused_at: time(ticket.sla_paused_at),
            sla_clocks: detail.clocks.iter().map(SlaClock::from).collect(),
            created_at: to_rfc3339(ticket.created_at),
            updated_at: to_rfc3339(ticket.updated_at),
            version: ticket.version,
            messages: detail.messages.iter().map(MessageRow::from).collect(),
            messages_omitted: detail.messages_omitted,
            attachments: detail.attachments.iter().map(AttachmentRow::from).collect(),
        }
    }
}

/// A line of the audit trail.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TicketEventRow {
    id: String,
    /// The ticket whose trail it belongs to: this one, or one that was merged into it.
    ticket_id: String,
    /// Place in that trail, 1 for the first.
    seq: i64,
    kind: String,
    actor_type: String,
    #[schema(required)]
    actor: Option<Ref>,
    #[schema(value_type = Object)]
    payload: Value,
    /// When the last webhook that tells of it arrived; null while one of them has not, and when there is none.
    #[schema(required)]
    delivered_at: Option<String>,
    /// Tries of all webhooks that tell of it.
    delivery_attempts: i64,
    /// Why one of them that has not arrived failed.
    #[schema(required)]
    last_error: Option<String>,
    created_at: String,
}

impl From<NamedLine> for TicketEventRow {
    fn from(named: NamedLine) -> Self {
        let NamedLine { line, actor, told } = named;
        let delivered = told.as_ref().filter(|told| told.delivered == told.deliveries);
        Self {
            delivered_at: time(delivered.and_then(|told| told.delivered_at)),
            delivery_attempts: told.as_ref().map_or(0, |told| told.attempts),
            last_error: told.as_ref().and_then(|told| told.last_error.clone()),
            id: line.id,
            ticket_id: line.ticket_id,
            seq: line.seq,
            kind: line.kind,
            actor_type: line.actor_type,
            actor: line.actor_id.zip(actor).map(|(id, name)| Ref { id, name }),
            payload: serde_json::from_str(&line.payload).unwrap_or_default(),
            created_at: to_rfc3339(line.created_at),
        }
    }
}

/// An escalation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EscalationRow {
    id: String,
    #[schema(required)]
    ticket_id: Option<String>,
    #[schema(required)]
    from_agent_id: Option<String>,
    #[schema(required)]
    to_agent_id: Option<String>,
    reason: String,
    level: i64,
    status: String,
    created_at: String,
}

impl From<&Escalation> for EscalationRow {
    fn from(row: &Escalation) -> Self {
        Self {
            id: row.id.clone(),
            ticket_id: row.ticket_id.clone(),
            from_agent_id: row.from_agent_id.clone(),
            to_agent_id: row.to_agent_id.clone(),
            reason: row.reason.clone(),
            level: row.level,
            status: row.status.clone(),
            created_at: to_rfc3339(row.created_at),
        }
    }
}
