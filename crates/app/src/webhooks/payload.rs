//! What a delivery carries: the event, and the ticket and message as they are when it is made.
//!
//! Internal notes are events as well, for who integrates must know that something happened. Their text stays in the desk: a
//! bridge that forwards every message to a customer must not leak it by mistake. Who may read notes asks the API for them.

use patchcord_domain::ticket::label;
use patchcord_domain::time::to_rfc3339;
use patchcord_store::messages::{self, NamedMessage};
use patchcord_store::rows::Event;
use patchcord_store::ticket_detail::{self, Around, Which};
use serde_json::{Map, Value, json};

use crate::{App, AppError};

/// The `data` of an event's payload.
pub(super) async fn data(app: &App, event: &Event) -> Result<Value, AppError> {
    let mut data = match &event.data {
        Value::Object(data) => data.clone(),
        _ => Map::new(),
    };
    // It is the desk's own way to find the lines of the trail.
    data.remove("auditLength");
    let is_of_ticket = event.r#type.starts_with("ticket.") || event.r#type.starts_with("escalation.");
    let ticket_id = data.get("ticketId").and_then(Value::as_str).map(str::to_owned);
    let Some(ticket_id) = ticket_id.filter(|_| is_of_ticket) else { return Ok(Value::Object(data)) };
    let workspace = patchcord_domain::id::WorkspaceId::new(event.workspace_id.as_str());
    let tenant = app.store.tenant(&workspace);
    let Some(around) = ticket_detail::around(tenant, Which::Id(&ticket_id)).await? else {
        return Ok(Value::Object(data));
    };
    data.insert("ticketNumber".into(), json!(around.ticket.number));
    let message = match (event.r#type.as_str(), data.get("messageId").and_then(Value::as_str)) {
        ("ticket.message", Some(id)) => messages::named(tenant, id).await?,
        ("ticket.created", _) => messages::first_named(tenant, &ticket_id).await?,
        _ => None,
    };
    if let Some(message) = message {
        data.insert("message".into(), message_of(&around, &message));
    }
    data.insert("ticket".into(), ticket_of(&around));
    Ok(Value::Object(data))
}

/// A delivery's whole body. The data comes as text, for it is the same for every endpoint.
pub(super) fn body(id: &str, kind: &str, at: i64, seq: i64, data: &str) -> String {
    let (id, kind, at) = (json!(id), json!(kind), json!(to_rfc3339(at)));
    format!(r#"{{"id":{id},"type":{kind},"at":{at},"seq":{seq},"data":{data}}}"#)
}

fn message_of(around: &Around, named: &NamedMessage) -> Value {
    let NamedMessage { message, author: name } = named;
    let author = message.author_contact_id.as_ref().or(message.author_agent_id.as_ref());
    let author = author.or(message.author_user_id.as_ref());
    json!({
        "id": message.id,
        "ticketId": message.ticket_id,
        "ticketNumber": around.ticket.number,
        "authorType": message.author_type,
        "author": author.map(|id| json!({"id": id, "name": name})),
        "isInternal": message.is_internal,
        "body": (!message.is_internal).then_some(&message.body),
        "suggestionId": message.suggestion_id,
        "createdAt": to_rfc3339(message.created_at),
    })
}

fn ticket_of(around: &Around) -> Value {
    let ticket = &around.ticket;
    let time = |at: Option<i64>| at.map(to_rfc3339);
    json!({
        "id": ticket.id,
        "number": ticket.number,
        "label": label(ticket.number),
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "channel": ticket.channel,
        "productArea": ticket.product_area,
        "category": ticket.category,
        "tags": ticket.tags,
        "sentiment": ticket.sentiment,
        "organization": around.organization.as_ref().map(|organization| json!({
            "id": organization.id, "name": organization.name, "ueCode": organization.u_e_code,
        })),
        "contact": around.contact.as_ref().map(|contact| json!({
            "id": contact.id, "name": contact.name, "email": contact.email, "phone": contact.phone,
        })),
        "device": around.device.as_ref().map(|device| json!({"id": device.id, "name": device.name})),
        "assignee": around.assignee.as_ref().map(|agent| json!({
            "id": agent.id, "name": agent.name, "kind": agent.kind, "userId": agent.user_id,
        })),
        "createdBy": around.created_by.as_ref().map(|user| json!({"id": user.id, "name": user.name})),
        "mergedIntoId": ticket.merged_into_id,
        "messageCount": ticket.message_count,
        "lastMessageAt": time(ticket.last_message_at),
        "firstResponseDueAt": time(ticket.first_response_due_at),
        "resolutionDueAt": time(ticket.resolution_due_at),
        "firstRespondedAt": time(ticket.first_responded_at),
        "resolvedAt": time(ticket.resolved_at),
        "closedAt": time(ticket.closed_at),
        "slaBreachedAt": time(ticket.sla_breached_at),
        "createdAt": to_rfc3339(ticket.created_at),
        "updatedAt": to_rfc3339(ticket.updated_at),
        "version": ticket.version,
    })
}
