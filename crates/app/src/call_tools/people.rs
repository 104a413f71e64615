//! Handing the call to a person, and being called back.

use patchcord_agents::Transfer;
use patchcord_domain::calling::may_transfer_to;
use patchcord_domain::phone;
use patchcord_domain::text::head;
use patchcord_domain::ticket::{Priority, REASON_MAX, label};
use patchcord_store::rows::{Call, Ticket};
use patchcord_store::unscoped;
use patchcord_store::{call_records, tickets, workspaces};
use serde_json::{Value, json};

use super::arguments::{Choice, One, Text, arguments};
use super::tickets::open_once;
use super::{Given, NewCallTicket, Refused, Run, file_ticket};
use crate::calls::business_hours_now;
use crate::escalations::hand_up;
use crate::tickets::lock;
use crate::workspace_settings::home_country;

/// How soon a person is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    Low,
    Normal,
    High,
}

impl Choice for Urgency {
    fn words() -> Vec<&'static str> {
        vec!["low", "normal", "high"]
    }

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "low" => Some(Urgency::Low),
            "normal" | "medium" => Some(Urgency::Normal),
            "high" | "urgent" => Some(Urgency::High),
            _ => None,
        }
    }

    fn any() -> Self {
        Urgency::Normal
    }
}

arguments! {
    /// Of `escalate_to_human`.
    Escalate {
        reason: Text<REASON_MAX> = "Why, in one or two sentences: what the caller needs and what was tried.",
        urgency: Option<One<Urgency>> = "high only when work stands still or harm spreads.",
    }
}

arguments! {
    /// Of `schedule_callback`.
    CallBack {
        when: Text<200> = "When, in the caller's words, such as tomorrow morning or 15:30.",
        number: Option<Text<60>> = "The number to call; the one that the call came from when it is left out.",
    }
}

const ESCALATED: &str = "escalate_to_human";

pub(super) async fn escalate_to_human(run: &mut Run<'_>, arguments: Escalate) -> Result<Given, Refused> {
    let app = run.app().clone();
    let settings = app.settings_of(&run.tools.workspace_id).await?;
    let workspace = workspaces::own(run.tenant()).await?.ok_or_else(|| Refused::new("The desk is not set up."))?;
    let call: Call = run.tenant().get(&run.tools.call_id).await?.ok_or_else(|| Refused::new("The call is over."))?;
    let number = unscoped::phone_numbers::taking_calls(app.store.reader(), &call.to_number).await?;
    let person = app.person_for(number.as_ref(), &settings).filter(|to| {
        let operators = app.calls.options.human_number.as_ref() == Some(to);
        operators || may_transfer_to(to, &app.calls.options.transfer_prefixes, home_country(&workspace))
    });
    let there = business_hours_now(&workspace, app.clock.now()) && call.provider != "BROWSER";
    let reserved = match call.ticket_id {
        Some(_) => tickets::Number::InTransaction,
        None => tickets::reserve_number(&app.store, &run.tools.workspace_id).await?,
    };
    let urgency = arguments.urgency.map_or(Urgency::Normal, |urgency| urgency.0);
    let reason = arguments.reason.0;
    let told = reason.clone();
    let ticket = run
        .change(move |change, mut call| {
            Box::pin(async move {
                if let Some(before) = call_records::effect(change.tenant, &call.id, ESCALATED).await? {
                    return Ok(before);
                }
                let mut ticket = match &call.ticket_id {
                    Some(id) => lock(change.tenant, id).await?,
                    None => {
                        let priority = if urgency == Urgency::High { Priority::High } else { Priority::Medium };
                        let input = NewCallTicket {
                            subject: format!("Call for a person: {}", head(&reason, 120)),
                            description: reason.clone(),
                            priority: Some(priority),
                            ..NewCallTicket::default()
                        };
                        let filed = file_ticket(&change, &mut call, input, reserved).await?;
                        change.tenant.lock::<Ticket>(&filed.id).await?.unwrap_or(filed)
                    }
                };
                let level = if urgency == Urgency::High { 2 } else { 1 };
                let mut escalation = hand_up(&change, &mut ticket, reason, None, level).await?;
                escalation.call_id = Some(call.id.clone());
                change.tenant.save(escalation).await?;
                let ticket = change.save(ticket, "ticket.updated").await?;
                let content = json!({"number": label(ticket.number)});
                call_records::add_effect(change.tenant, &call.id, ESCALATED, content.clone(), change.at).await?;
                change.save_call(call, "call.updated").await?;
                Ok(content)
            })
        })
        .await?;
    let transfer = match person.filter(|_| there) {
        Some(to) => {
            let turns = call_records::newest_turns(run.tenant(), &run.tools.call_id, 20).await?;
            let words = app.summary_for_person(run.tenant(), &call, None, &turns).await?;
            Some(Transfer { to, summary: format!("{words}. {}", head(&told, 200)) })
        }
        None => None,
    };
    let mut content = json!({"transferred": transfer.is_some(), "ticket": ticket});
    if transfer.is_none() {
        let message =
            "Nobody can be reached right now. Tell the caller that the ticket is open and that somebody calls back.";
        content["message"] = json!(message);
    }
    Ok(Given { content, transfer, ..Given::default() })
}

pub(super) async fn schedule_callback(run: &mut Run<'_>, arguments: CallBack) -> Result<Given, Refused> {
    let call: Call = run.tenant().get(&run.tools.call_id).await?.ok_or_else(|| Refused::new("The call is over."))?;
    let number = match &arguments.number {
        Some(text) => {
            let country = run.app().country_of(&run.tools.workspace_id, true).await?;
            phone::read(&text.0, country).map_err(|wrong| {
                Refused::new(format!("number {wrong}. Ask the caller to say the number again, digit by digit."))
            })?
        }
        None => call
            .caller_phone
            .clone()
            .ok_or_else(|| Refused::new("The caller's number is withheld. Ask at which number to call back."))?,
    };
    let when = arguments.when.0;
    let words = format!("Call back {when} at {number}.");
    let ticket: Value = match &call.ticket_id {
        Some(id) => note_on(run, id.clone(), words).await?,
        None => {
            let input = NewCallTicket {
                subject: format!("Call back: {}", head(&when, 100)),
                description: words,
                priority: Some(Priority::High),
                ..NewCallTicket::default()
            };
            open_once(run, "schedule_callback".to_owned(), input).await?["ticket"].clone()
        }
    };
    Given::of(json!({"callback": {"when": when, "number": number, "ticket": {"number": ticket["number"]}}}))
}

/// An internal note on the ticket of this call, once.
async fn note_on(run: &Run<'_>, ticket_id: String, words: String) -> Result<Value, Refused> {
    let key = format!("schedule_callback {}", patchcord_domain::text::fold(&words));
    let content = run
        .change(move |change, call| {
            Box::pin(async move {
                if let Some(before) = call_records::effect(change.tenant, &call.id, &key).await? {
                    return Ok(before);
                }
                let ticket = lock(change.tenant, &ticket_id).await?;
                let message = patchcord_store::rows::Message {
                    workspace_id: String::new(),
                    id: change.app.id(),
                    ticket_id: ticket.id.clone(),
                    origin_ticket_id: None,
                    author_type: "SYSTEM".to_owned(),
                    author_user_id: None,
                    author_contact_id: None,
                    author_agent_id: None,
                    body: words,
                    is_internal: true,
                    suggestion_id: None,
                    created_at: change.at,
                };
                let ticket = crate::messages::post(&change, ticket, message).await?;
                let content = json!({"number": label(ticket.number)});
                call_records::add_effect(change.tenant, &call.id, &key, content.clone(), change.at).await?;
                Ok(content)
            })
        })
        .await?;
    Ok(content)
}
