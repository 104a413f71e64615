//! Tickets over the phone: how they stand, opening one, adding to one. Of a caller who is not verified only those of this call.

use patchcord_domain::call::Verification;
use patchcord_domain::text::{fold, head};
use patchcord_domain::ticket::{AuthorType, BODY_MAX, Priority, SUBJECT_MAX, Status, label, parse_label};
use patchcord_domain::time::to_rfc3339;
use patchcord_store::rows::{Message, Ticket};
use patchcord_store::ticket_list::{self, Query, Sort};
use patchcord_store::{call_records, devices, messages, tickets};
use serde_json::{Value, json};

use super::arguments::{Choice, One, Text, arguments};
use super::{Given, NewCallTicket, Refused, Run, file_ticket};
use crate::AppError;
use crate::messages::post;
use crate::tickets::{lock, move_to};

/// Most tickets that are told at once.
const TICKETS: u64 = 5;

impl Choice for Status {
    fn words() -> Vec<&'static str> {
        Status::ALL.iter().map(|status| status.as_str()).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        Status::parse(text)
    }

    fn any() -> Self {
        Status::Open
    }
}

impl Choice for Priority {
    fn words() -> Vec<&'static str> {
        Priority::ALL.iter().map(|priority| priority.as_str()).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        Priority::parse(text)
    }

    fn any() -> Self {
        Priority::Medium
    }
}

arguments! {
    /// Of `find_tickets`.
    Find {
        status: Option<One<Status>> = "Only tickets with this status; all that are open when it is left out.",
        query: Option<Text<200>> = "Words that subject or messages must have.",
    }
}

arguments! {
    /// Of `get_ticket`.
    Get { number: Text<20> = "The ticket's number, such as TKT-0042 or 42." }
}

arguments! {
    /// Of `create_ticket`.
    Create {
        subject: Text<SUBJECT_MAX> = "The problem in one short sentence.",
        description: Text<4_000> = "What the caller told and what was tried, with everything that helps whoever works on it.",
        priority: One<Priority> = "URGENT only when work stands still for many or harm spreads.",
        category: Text<60> = "What it is about, such as email, computer, network, printer, phone, security or account.",
        device: Option<Text<120>> = "Name, serial number or asset tag of the device, when it is about one.",
    }
}

arguments! {
    /// Of `add_ticket_note`.
    Note {
        number: Text<20> = "The ticket's number.",
        text: Text<4_000> = "What is to be added.",
    }
}

arguments! {
    /// Of `update_ticket_status`.
    SetStatus {
        number: Text<20> = "The ticket's number.",
        status: One<Status> = "The new status.",
    }
}

/// The newest tickets of an organization, none left out.
pub(crate) fn tickets_of(organization_id: &str, limit: u64) -> Query {
    Query {
        statuses: Vec::new(),
        priorities: Vec::new(),
        channels: Vec::new(),
        product_areas: Vec::new(),
        assignees: Vec::new(),
        organizations: vec![organization_id.to_owned()],
        contacts: Vec::new(),
        devices: Vec::new(),
        tags: Vec::new(),
        sentiments: Vec::new(),
        sla: None,
        copilot: None,
        replied: None,
        created_from: None,
        created_to: None,
        created_within: None,
        resolved_from: None,
        resolved_to: None,
        first_responded_from: None,
        first_responded_to: None,
        words: None,
        sort: Sort::CreatedAt,
        descending: true,
        after: None,
        offset: 0,
        limit,
        now: 0,
    }
}

pub(super) async fn find_tickets(run: &mut Run<'_>, arguments: Find) -> Result<Given, Refused> {
    let mut query = tickets_of(&run.organization()?, TICKETS);
    query.statuses = match arguments.status {
        Some(status) => vec![status.0],
        None if arguments.query.is_none() => Status::ALL.iter().copied().filter(|status| status.is_open()).collect(),
        None => Vec::new(),
    };
    query.words = arguments.query.map(|words| words.0);
    let found = ticket_list::page(run.tenant(), &query).await?;
    let told = |line: &ticket_list::Line| {
        json!({
            "number": label(line.number), "subject": line.subject, "status": line.status, "priority": line.priority,
        })
    };
    Given::of(json!({"tickets": found.iter().map(told).collect::<Vec<_>>()}))
}

pub(super) async fn get_ticket(run: &mut Run<'_>, arguments: Get) -> Result<Given, Refused> {
    let ticket = allowed(run, &arguments.number.0).await?;
    let newest = messages::newest(run.tenant(), &ticket.id, 10).await?;
    let last = newest.iter().rev().find(|message| !message.is_internal && message.author_type == "AGENT");
    Given::of(json!({"ticket": {
        "number": label(ticket.number), "subject": ticket.subject, "status": ticket.status, "priority": ticket.priority,
        "updatedAt": to_rfc3339(ticket.updated_at),
        "lastUpdate": last.map(|message| head(&message.body, 300)),
    }}))
}

pub(super) async fn create_ticket(run: &mut Run<'_>, arguments: Create) -> Result<Given, Refused> {
    let organization = run.organization()?;
    let device_id = match &arguments.device {
        Some(device) if run.caller.verification() == Verification::Verified => {
            device_of(run, &organization, &device.0).await?
        }
        _ => None,
    };
    // A device that is not found is in the words all the same.
    let mut description = arguments.description.0;
    if let (Some(device), None) = (&arguments.device, &device_id) {
        description += &format!("\n\nDevice, as the caller named it: {}", device.0);
    }
    let input = NewCallTicket {
        subject: arguments.subject.0,
        description,
        priority: Some(arguments.priority.0),
        category: Some(arguments.category.0),
        device_id,
    };
    let content = open_once(run, format!("create_ticket {}", fold(&input.subject)), input).await?;
    Given::of(content)
}

/// Opens a ticket, or gives the one that the same wish made before in this call.
pub(super) async fn open_once(run: &Run<'_>, key: String, input: NewCallTicket) -> Result<Value, Refused> {
    let app = run.app();
    // On PostgreSQL a number that is not used leaves a gap.
    let before = call_records::effect(run.tenant(), &run.tools.call_id, &key).await?;
    if let Some(before) = before {
        return Ok(before);
    }
    let reserved = tickets::reserve_number(&app.store, &run.tools.workspace_id).await?;
    let content = run
        .change(move |change, mut call| {
            Box::pin(async move {
                if let Some(before) = call_records::effect(change.tenant, &call.id, &key).await? {
                    return Ok(before);
                }
                let ticket = file_ticket(&change, &mut call, input, reserved).await?;
                let content = json!({"ticket": {"number": label(ticket.number), "subject": ticket.subject}});
                call_records::add_effect(change.tenant, &call.id, &key, content.clone(), change.at).await?;
                change.save_call(call, "call.updated").await?;
                Ok(content)
            })
        })
        .await?;
    Ok(content)
}

pub(super) async fn add_ticket_note(run: &mut Run<'_>, arguments: Note) -> Result<Given, Refused> {
    let ticket = allowed(run, &arguments.number.0).await?;
    let key = format!("add_ticket_note {} {}", ticket.id, fold(&arguments.text.0));
    let (id, text) = (ticket.id, arguments.text.0);
    let content = run
        .change(move |change, mut call| {
            Box::pin(async move {
                if let Some(before) = call_records::effect(change.tenant, &call.id, &key).await? {
                    return Ok(before);
                }
                let ticket = lock(change.tenant, &id).await?;
                let is_customers = ticket.contact_id.is_some() && ticket.contact_id == call.contact_id;
                let author = if is_customers { AuthorType::Customer } else { AuthorType::System };
                let message = Message {
                    workspace_id: String::new(),
                    id: change.app.id(),
                    ticket_id: ticket.id.clone(),
                    origin_ticket_id: None,
                    author_type: author.as_str().to_owned(),
                    author_user_id: None,
                    author_contact_id: ticket.contact_id.clone().filter(|_| is_customers),
                    author_agent_id: None,
                    body: head(&text, BODY_MAX).to_owned(),
                    // What nobody of the customer's wrote is a note of the desk.
                    is_internal: !is_customers,
                    suggestion_id: None,
                    created_at: change.at,
                };
                let ticket = post(&change, ticket, message).await?;
                let content = json!({"ticket": {"number": label(ticket.number), "status": ticket.status}});
                call_records::add_effect(change.tenant, &call.id, &key, content.clone(), change.at).await?;
                call.ticket_id = call.ticket_id.or(Some(ticket.id));
                change.save_call(call, "call.updated").await?;
                Ok(content)
            })
        })
        .await?;
    Given::of(content)
}

pub(super) async fn update_ticket_status(run: &mut Run<'_>, arguments: SetStatus) -> Result<Given, Refused> {
    let ticket = allowed(run, &arguments.number.0).await?;
    let (id, status) = (ticket.id, arguments.status.0);
    let content = run
        .change(move |change, mut call| {
            Box::pin(async move {
                let mut ticket = lock(change.tenant, &id).await?;
                if move_to(&change, &mut ticket, status).await? {
                    ticket = change.save(ticket, "ticket.updated").await?;
                }
                let content = json!({"ticket": {"number": label(ticket.number), "status": ticket.status}});
                if call.ticket_id.is_none() {
                    call.ticket_id = Some(ticket.id);
                    change.save_call(call, "call.updated").await?;
                }
                Ok(content)
            })
        })
        .await?;
    Given::of(content)
}

/// A ticket that the caller may hear of and change: of the own organization when verified, of this very call otherwise.
async fn allowed(run: &Run<'_>, number: &str) -> Result<Ticket, Refused> {
    let unknown = || Refused::new("There is no such ticket of this organization. Ask the caller for the number again.");
    let organization = run.organization()?;
    let digits = number.trim().trim_start_matches('#').replace(' ', "");
    let number = parse_label(&digits).ok_or_else(|| Refused::new("A ticket's number looks like TKT-0042 or 42."))?;
    let ticket = tickets::by_number(run.tenant(), number).await?.ok_or_else(unknown)?;
    let of_this_call = ticket.call_id.as_deref() == Some(run.tools.call_id.as_str());
    let verified = run.caller.verification() == Verification::Verified;
    let own = ticket.organization_id.as_deref() == Some(organization.as_str());
    if of_this_call || (verified && own) { Ok(ticket) } else { Err(unknown()) }
}

async fn device_of(run: &Run<'_>, organization: &str, text: &str) -> Result<Option<String>, AppError> {
    let query = devices::Query {
        organizations: vec![organization.to_owned()],
        words: Some(text.to_owned()),
        limit: 2,
        ..devices::Query::default()
    };
    let found = devices::page(run.tenant(), &query).await?;
    Ok(match found.as_slice() {
        [one] => Some(one.id.clone()),
        _ => None,
    })
}
