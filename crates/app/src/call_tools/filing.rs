//! Opening a ticket from a call: the same steps as from the page, with the call noted on it.

use patchcord_domain::text::head;
use patchcord_domain::ticket::{AuthorType, BODY_MAX, Channel, EventKind, Priority, SUBJECT_MAX, Status};
use patchcord_store::rows::{Call, Message, Ticket};
use patchcord_store::{call_records, tickets, workspaces};
use serde_json::{Value, json};

use crate::AppError;
use crate::trail::Change;

/// A ticket that a call is about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NewCallTicket {
    pub(crate) subject: String,
    pub(crate) description: String,
    /// MEDIUM when absent.
    pub(crate) priority: Option<Priority>,
    pub(crate) category: Option<String>,
    pub(crate) device_id: Option<String>,
}

/// Opens a ticket and notes the call on it; the call, which must be locked, names it when it names none yet. The caller saves
/// the call.
pub(crate) async fn file_ticket(
    change: &Change<'_>,
    call: &mut Call,
    input: NewCallTicket,
    reserved: tickets::Number,
) -> Result<Ticket, AppError> {
    let app = change.app;
    let number = tickets::number(change.tenant, reserved).await?;
    let subject = match input.subject.trim() {
        subject if subject.chars().count() >= 3 => head(subject, SUBJECT_MAX).to_owned(),
        _ => "Phone call".to_owned(),
    };
    let at = change.at;
    let ticket = Ticket {
        workspace_id: call.workspace_id.clone(),
        id: app.id(),
        number,
        audit_head: String::new(),
        audit_length: 0,
        message_count: 1,
        last_message_at: Some(at),
        subject,
        status: Status::Open.as_str().to_owned(),
        priority: input.priority.unwrap_or(Priority::Medium).as_str().to_owned(),
        channel: Channel::Phone.as_str().to_owned(),
        product_area: area(change, input.category.as_deref()).await?,
        category: input.category,
        organization_id: call.organization_id.clone(),
        contact_id: call.contact_id.clone(),
        device_id: input.device_id.or_else(|| call.device_id.clone()),
        call_id: Some(call.id.clone()),
        created_by_user_id: None,
        assignee_id: None,
        sentiment: None,
        first_response_due_at: None,
        resolution_due_at: None,
        first_responded_at: None,
        resolved_at: None,
        closed_at: None,
        sla_paused_at: None,
        sla_paused_ms: 0,
        sla_breached_at: None,
        merged_into_id: None,
        remote_id: None,
        tags: json!(["phone"]),
        version: 1,
        created_at: at,
        updated_at: at,
    };
    // It is what the caller said, in the agent's words; of a caller without a name it is the desk's own note.
    let author = if call.contact_id.is_some() { AuthorType::Customer } else { AuthorType::System };
    let message = Message {
        workspace_id: String::new(),
        id: app.id(),
        ticket_id: ticket.id.clone(),
        origin_ticket_id: None,
        author_type: author.as_str().to_owned(),
        author_user_id: None,
        author_contact_id: call.contact_id.clone(),
        author_agent_id: None,
        body: head(&input.description, BODY_MAX).to_owned(),
        is_internal: false,
        suggestion_id: None,
        created_at: at,
    };
    let (mut ticket, settings) = crate::tickets::insert(change, ticket, message).await?;
    change.line(&mut ticket, EventKind::CallLinked, json!({"callId": call.id})).await?;
    change.tenant.save(ticket.clone()).await?;
    call_records::add_effect(change.tenant, &call.id, &format!("linked {}", ticket.id), Value::Bool(true), at).await?;
    let ticket = crate::assignment::opened(change, ticket, &settings).await?;
    let ticket = crate::triage::opened(change, ticket, &settings, input.priority.is_some()).await?;
    if call.ticket_id.is_none() {
        call.ticket_id = Some(ticket.id.clone());
    }
    if call.device_id.is_none() {
        call.device_id.clone_from(&ticket.device_id);
    }
    Ok(ticket)
}

/// The product area that a category names, when the workspace has one of that name.
async fn area(change: &Change<'_>, category: Option<&str>) -> Result<Option<String>, AppError> {
    let Some(category) = category else { return Ok(None) };
    let areas = workspaces::own(change.tenant).await?.map(|workspace| workspace.product_areas).unwrap_or_default();
    let areas: Vec<&str> = areas.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let wanted = category.to_lowercase();
    Ok(areas.into_iter().find(|area| area.to_lowercase() == wanted).map(str::to_owned))
}
