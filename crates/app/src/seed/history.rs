//! The past thirty days of the demonstration: made-up tickets over office hours, the same every time on one day.
//!
//! They end two days before now, so that the tickets that are told one by one stay the newest. All of them are done with.

use std::collections::HashMap;

use patchcord_domain::days::Zone;
use patchcord_domain::id::{WorkspaceId, new_id};
use patchcord_domain::ticket::{EventKind, Priority, Status, label};
use patchcord_domain::time::{DAY, HOUR, MINUTE, Millis, SECOND};
use patchcord_llm::Usage;
use patchcord_store::bulk::{self, Load};
use patchcord_store::rows::{Assignment, Contact, Message, Suggestion, SupportAgent, Ticket, UsageLog};
use patchcord_store::sla_policies::{Governing, governing};
use patchcord_store::{Tenant, Tx, search, trail};
use serde_json::{Value, json};

use crate::seed::dangling;
use crate::seed::directory::Directory;
use crate::seed::files::{self, Files};
use crate::trail::Who;
use crate::{App, AppError, sla};

/// The first day of the history, and the day before the first without any, in days before now.
const FIRST: u64 = 30;
const LAST: u64 = 2;
/// Tickets of an ordinary working day.
const A_DAY: u64 = 17;
/// How many of a working day's tickets come in each hour from 7 o'clock, out of 100.
const HOURS: [u64; 12] = [4, 11, 16, 14, 10, 6, 9, 12, 9, 5, 3, 1];
/// How long the first answer and the resolution usually take at the most, in minutes; what is promised is in the policies.
const USUAL: [(&str, i64, i64); 4] =
    [("URGENT", 30, 240), ("HIGH", 60, 480), ("MEDIUM", 240, 1_440), ("LOW", 480, 4_320)];
/// Who works on what.
const SPECIALISTS: [(&str, &str); 10] = [
    ("email", "lucia-ferrante"),
    ("computer", "dev-patel"),
    ("network", "jonas-berg"),
    ("printer", "mei-zhou"),
    ("phone", "mei-zhou"),
    ("security", "hannah-okoye"),
    ("software", "tom-aldous"),
    ("account", "sam-kessler"),
    ("device", "dev-patel"),
    ("billing", "ingrid-solberg"),
];
/// The model that was asked until two weeks ago; the built-in one answers since.
const MODEL: &str = "gpt-4o-mini";

/// Writes the history of a workspace; says how many tickets it has.
pub(super) async fn write(
    app: &App,
    tenant: Tenant<'_, Tx>,
    files: &Files,
    workspace: &files::Workspace,
    directory: &Directory,
    now: Millis,
) -> Result<usize, AppError> {
    if files.workspaces.first().is_none_or(|first| first.key != workspace.key) {
        return Ok(0);
    }
    let zone = Zone::named(&workspace.timezone);
    let contacts = directory.contacts_in_order();
    let mut promises = HashMap::new();
    for contact in contacts.iter().copied() {
        let organization = contact.organization_id.as_str();
        for priority in Priority::ALL.iter().map(|priority| priority.as_str()) {
            if let std::collections::hash_map::Entry::Vacant(e) = promises.entry((organization, priority)) {
                let found = governing(tenant, Some(organization), priority).await?;
                e.insert(found.ok_or(AppError::NotFound("workspace"))?);
            }
        }
    }
    let maker = Maker { app, id: tenant.workspace_id(), files, directory, contacts, promises: &promises, zone, now };
    let mut openings = maker.openings(&workspace.holidays);
    openings.sort_unstable();
    let first = bulk::take_numbers(tenant, i64::try_from(openings.len()).unwrap_or(0)).await?;
    let mut load = Load::default();
    for (number, at) in (first..).zip(openings) {
        maker.ticket(number, at, &mut load)?;
    }
    let count = load.tickets.len();
    bulk::add(tenant, load).await?;
    Ok(count)
}

struct Maker<'h> {
    app: &'h App,
    id: &'h WorkspaceId,
    files: &'h Files,
    directory: &'h Directory,
    contacts: Vec<&'h Contact>,
    /// By organization and priority.
    promises: &'h HashMap<(&'h str, &'static str), Governing>,
    zone: Zone,
    now: Millis,
}

/// One ticket while it is told.
struct Told<'l> {
    ticket: Ticket,
    clocks: Option<sla::Told<'l>>,
    mac: String,
    load: &'l mut Load,
}

impl<'h> Maker<'h> {
    fn dice(&self, sides: u64) -> u64 {
        let mut bytes = [0_u8; 8];
        self.app.entropy.fill(&mut bytes);
        u64::from_le_bytes(bytes) % sides.max(1)
    }

    fn pick<'p, T>(&self, from: &'p [T]) -> &'p T {
        &from[usize::try_from(self.dice(from.len() as u64)).unwrap_or(0)]
    }

    fn new_id(&self) -> String {
        new_id(&*self.app.entropy)
    }

    /// When tickets were opened: most at the beginning of the week and in the morning, few at the weekend and on holidays.
    fn openings(&self, holidays: &[String]) -> Vec<Millis> {
        let mut openings = Vec::new();
        for days in LAST..=FIRST {
            let start = self.zone.days_before(self.now, days);
            let off = holidays.contains(&self.zone.shown(start));
            let (percent, weekend) = match self.zone.weekday(start) {
                _ if off => (6, true),
                0 => (125, false),
                1 => (110, false),
                4 => (80, false),
                5 | 6 => (10, true),
                _ => (100, false),
            };
            let usual = A_DAY * percent / 100;
            let count = usual * 4 / 5 + self.dice(usual * 2 / 5 + 1);
            for _ in 0..count {
                let hour = if weekend { 8 + self.dice(12) } else { self.hour() };
                let within = self.dice(3_600);
                let into = i64::try_from(hour * 3_600 + within).unwrap_or(0) * SECOND;
                openings.push(start + into);
            }
        }
        openings
    }

    fn hour(&self) -> u64 {
        let mut roll = self.dice(HOURS.iter().sum());
        for (hour, weight) in (7..).zip(HOURS) {
            if roll < weight {
                return hour;
            }
            roll -= weight;
        }
        12
    }

    fn kind(&self) -> &files::Kind {
        let mut roll = self.dice(self.files.history.iter().map(|kind| kind.weight).sum());
        for kind in &self.files.history {
            if roll < kind.weight {
                return kind;
            }
            roll -= kind.weight;
        }
        &self.files.history[0]
    }

    /// Minutes that scatter around `usual`, seldom more than four times as many.
    fn around(&self, usual: i64) -> Millis {
        let (one, two) = (self.dice(1_000), self.dice(1_000));
        let percent = 25 + i64::try_from(one * two / 4_000).unwrap_or(0) + i64::try_from(one / 10).unwrap_or(0);
        (usual * percent / 100).max(2) * MINUTE + i64::try_from(self.dice(60)).unwrap_or(0) * SECOND
    }

    fn ticket(&self, number: i64, at: Millis, load: &mut Load) -> Result<(), AppError> {
        let kind = self.kind();
        let n = (2 + self.dice(18)).to_string();
        let fill = |text: &str| text.replace("{n}", &n);
        let contact = *self.pick(&self.contacts);
        let priority = match self.dice(20) {
            0 => "URGENT",
            1 | 2 => "HIGH",
            _ => kind.priority.as_str(),
        };
        let (_, answer_minutes, resolve_minutes) =
            *USUAL.iter().find(|(name, ..)| *name == priority).unwrap_or(&USUAL[2]);
        let agent = self.agent(&kind.category)?;
        let who = self.directory.who(Some(&agent.0))?;
        let mut ticket = self.row(number, at, kind, fill(&kind.subject), priority, contact);
        let promised = self.promises.get(&(contact.organization_id.as_str(), priority));
        let clocks = promised.and_then(|promised| sla::Told::opened(promised, &mut ticket));
        let mut told = Told { ticket, clocks, mac: String::new(), load };

        let payload = json!({"number": number, "channel": told.ticket.channel, "priority": priority});
        self.line(&mut told, EventKind::TicketCreated, &Who::System, payload, at);
        let opening = fill(&kind.opening);
        self.message(&mut told, None, contact, &opening, at);
        let assigned_at = at + self.around(6);
        self.assign(&mut told, agent.1, assigned_at);
        if self.dice(100) < 55 {
            self.analysis(&mut told, kind, &who, assigned_at + MINUTE);
        }
        // Nothing of the history reaches into today, so that it is the same at whatever time of the day it is made.
        let today = self.zone.days_before(self.now, 0);
        let mut answered_at = assigned_at + 2 * MINUTE + self.around(answer_minutes * 4 / 10);
        let mut resolved_at = answered_at + self.around(resolve_minutes * 4 / 10);
        if resolved_at + HOUR > today {
            (answered_at, resolved_at) = (assigned_at + 9 * MINUTE, assigned_at + 90 * MINUTE);
        }
        let draft =
            (self.dice(100) < 45).then(|| self.draft(&mut told, &fill(&kind.answer), &who, answered_at - MINUTE));
        let text = fill(&kind.answer);
        self.message(&mut told, Some((&who, draft.flatten())), contact, &text, answered_at);
        if self.dice(100) < 70 {
            let thanks_at = answered_at + (resolved_at - answered_at) * 9 / 10;
            let closing = fill(&kind.closing);
            self.message(&mut told, None, contact, &closing, thanks_at);
        }
        self.status(&mut told, "OPEN", "RESOLVED", &who, resolved_at);
        told.ticket.resolved_at = Some(resolved_at);
        let closed_at = resolved_at + 2 * DAY;
        if closed_at < today {
            self.status(&mut told, "RESOLVED", "CLOSED", &Who::System, closed_at);
            told.ticket.closed_at = Some(closed_at);
        }
        told.ticket.version = told.ticket.audit_length;
        let Told { ticket, clocks, load, .. } = told;
        load.slas.extend(clocks.map(sla::Told::row));
        let texts = load.messages.iter().filter(|message| message.ticket_id == ticket.id);
        let texts: Vec<&str> = texts.map(|message| message.body.as_str()).collect();
        let text = format!("{} {number} {} {}", label(number), ticket.subject, texts.join(" "));
        load.documents.push((search::TICKET, ticket.id.clone(), text));
        load.tickets.push(ticket);
        Ok(())
    }

    /// The specialist, or now and then whoever is free.
    fn agent(&self, category: &str) -> Result<(String, &SupportAgent), AppError> {
        let specialist = SPECIALISTS.iter().find(|(of, _)| *of == category).map_or("sam-kessler", |(_, key)| *key);
        let key = if self.dice(5) == 0 { self.pick(&SPECIALISTS).1 } else { specialist };
        let agent = self.directory.agents.get(key).ok_or_else(|| dangling("support agent", key))?;
        Ok((key.to_owned(), agent))
    }

    fn row(
        &self,
        number: i64,
        at: Millis,
        kind: &files::Kind,
        subject: String,
        priority: &str,
        contact: &Contact,
    ) -> Ticket {
        Ticket {
            workspace_id: self.id.as_str().to_owned(),
            id: self.new_id(),
            number,
            audit_head: String::new(),
            audit_length: 0,
            message_count: 0,
            last_message_at: None,
            subject,
            status: "OPEN".into(),
            priority: priority.to_owned(),
            channel: (*self.pick(&["EMAIL", "EMAIL", "WEB", "WEB", "PHONE", "CHAT", "API"])).to_owned(),
            product_area: Some(kind.product_area.clone()),
            category: Some(kind.category.clone()),
            organization_id: Some(contact.organization_id.clone()),
            contact_id: Some(contact.id.clone()),
            device_id: None,
            call_id: None,
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
            tags: json!([kind.category]),
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }

    /// A line of the trail, after what the clocks reached before it.
    fn line(&self, told: &mut Told<'_>, kind: EventKind, who: &Who, payload: Value, at: Millis) {
        let reached = told.clocks.as_mut().map(|clocks| clocks.until(&mut told.ticket, at)).unwrap_or_default();
        for (at, kind, payload) in reached {
            self.bare_line(told, kind, &Who::System, payload, at);
        }
        self.bare_line(told, kind, who, payload, at);
    }

    fn bare_line(&self, told: &mut Told<'_>, kind: EventKind, who: &Who, payload: Value, at: Millis) {
        let line = trail::Line {
            id: self.new_id(),
            kind: kind.as_str(),
            actor_type: who.actor_type(),
            actor_id: who.actor_id(),
            payload,
            at,
        };
        let event = trail::next(&self.app.keys.audit, &mut told.ticket, line, &told.mac);
        told.mac.clone_from(&event.mac);
        told.ticket.updated_at = at;
        told.load.lines.push(event);
    }

    /// A message of the customer, or of the desk with the suggestion that its text came from.
    fn message(
        &self,
        told: &mut Told<'_>,
        by: Option<(&Who, Option<String>)>,
        contact: &Contact,
        body: &str,
        at: Millis,
    ) {
        let (who, suggestion_id) = by.clone().map_or((None, None), |(who, suggestion)| (Some(who), suggestion));
        let message = Message {
            workspace_id: told.ticket.workspace_id.clone(),
            id: self.new_id(),
            ticket_id: told.ticket.id.clone(),
            origin_ticket_id: None,
            author_type: if who.is_some() { "AGENT" } else { "CUSTOMER" }.to_owned(),
            author_user_id: who.and_then(Who::user_id),
            author_contact_id: who.is_none().then(|| contact.id.clone()),
            author_agent_id: who.filter(|who| who.user_id().is_none()).and_then(Who::actor_id),
            body: body.to_owned(),
            is_internal: false,
            suggestion_id,
            created_at: at,
        };
        if told.ticket.message_count > 0 {
            let payload = json!({"messageId": message.id, "authorType": message.author_type, "isInternal": false});
            self.line(told, EventKind::MessageAdded, who.unwrap_or(&Who::System), payload, at);
        }
        if who.is_some() && told.ticket.first_responded_at.is_none() {
            told.ticket.first_responded_at = Some(at);
            if let Some(clocks) = &mut told.clocks {
                clocks.answered(&mut told.ticket, at);
            }
        }
        told.ticket.message_count += 1;
        told.ticket.last_message_at = Some(at);
        told.load.messages.push(message);
    }

    fn assign(&self, told: &mut Told<'_>, agent: &SupportAgent, at: Millis) {
        let payload = json!({"field": "assigneeId", "from": null, "to": agent.id});
        self.line(told, EventKind::Assigned, &Who::System, payload, at);
        told.ticket.assignee_id = Some(agent.id.clone());
        told.load.assignments.push(Assignment {
            workspace_id: told.ticket.workspace_id.clone(),
            id: self.new_id(),
            ticket_id: told.ticket.id.clone(),
            support_agent_id: agent.id.clone(),
            assigned_by: None,
            assigned_at: at,
            released_at: None,
        });
    }

    fn status(&self, told: &mut Told<'_>, from: &str, to: &str, who: &Who, at: Millis) {
        self.line(told, EventKind::StatusChanged, who, json!({"field": "status", "from": from, "to": to}), at);
        to.clone_into(&mut told.ticket.status);
        if let (Some(clocks), Some(status)) = (&mut told.clocks, Status::parse(to)) {
            clocks.became(&mut told.ticket, status, at);
        }
    }

    fn analysis(&self, told: &mut Told<'_>, kind: &files::Kind, who: &Who, at: Millis) {
        let angry = ["annoying", "awful", "afraid", "!"].iter().any(|word| kind.opening.contains(word));
        let sentiment = match (angry, self.dice(10)) {
            (true, 0..=6) | (false, 0..=1) => "negative",
            (false, 8..=9) => "positive",
            _ => "neutral",
        };
        told.ticket.sentiment = Some(sentiment.to_owned());
        let summary: String = kind.opening.replace("{n}", "several").chars().take(300).collect();
        let content = json!({"summary": summary, "sentiment": sentiment, "category": kind.category});
        self.suggestion(told, "analysis", json!({}), content, None, who, at);
    }

    /// A draft of the answer, and what became of it; gives its id when it was used.
    fn draft(&self, told: &mut Told<'_>, reply: &str, who: &Who, at: Millis) -> Option<String> {
        let feedback = match self.dice(10) {
            0..=4 => Some("ACCEPTED"),
            5..=7 => Some("EDITED"),
            8 => Some("REJECTED"),
            _ => None,
        };
        let content = json!({"reply": reply, "tone": "professional"});
        let id = self.suggestion(told, "draft_reply", json!({"tone": "professional"}), content, feedback, who, at);
        matches!(feedback, Some("ACCEPTED" | "EDITED")).then_some(id)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one row, all in one place")]
    fn suggestion(
        &self,
        told: &mut Told<'_>,
        kind: &str,
        request: Value,
        content: Value,
        feedback: Option<&str>,
        who: &Who,
        at: Millis,
    ) -> String {
        let (id, latency_ms) = (self.new_id(), 900 + i64::try_from(self.dice(2_600)).unwrap_or(0));
        // Two weeks ago the desk went over to the built-in model.
        let named = at < self.now - 14 * DAY;
        let (provider, model) = if named { ("openai", MODEL) } else { ("builtin", "builtin") };
        let tokens = |base: u64, more: u64| u32::try_from(base + self.dice(more)).unwrap_or(0);
        let usage = if named {
            Usage {
                input_tokens: tokens(1_400, 1_200),
                cached_input_tokens: tokens(256, 640),
                output_tokens: tokens(90, 220),
            }
        } else {
            Usage::default()
        };
        let cost_usd = self.app.prices.cost_microusd(model, &usage).unwrap_or(0);
        let requested_by = who.user_id().or_else(|| self.directory.first_user_id());
        let edited = feedback == Some("EDITED");
        let final_text =
            edited.then(|| content["reply"].as_str().unwrap_or_default().replace("Please", "Could you please"));
        let workspace_id = || told.ticket.workspace_id.clone();
        told.load.suggestions.push(Suggestion {
            workspace_id: workspace_id(),
            id: id.clone(),
            ticket_id: told.ticket.id.clone(),
            r#type: kind.to_owned(),
            kind: kind.to_owned(),
            state: "success".to_owned(),
            request,
            content: Some(content),
            error: None,
            error_code: None,
            model: Some(model.to_owned()),
            prompt_tokens: i64::from(usage.input_tokens),
            completion_tokens: i64::from(usage.output_tokens),
            cost_usd,
            attempts: 1,
            requested_by,
            prompt_version: None,
            redaction_counts: None,
            feedback: feedback.map(str::to_owned),
            edit_distance: final_text.as_ref().map(|_| 6),
            final_text,
            feedback_note: None,
            triage: None,
            started_at: Some(at),
            finished_at: Some(at + latency_ms),
            created_at: at,
            updated_at: at + latency_ms,
        });
        told.load.usage.push(UsageLog {
            workspace_id: workspace_id(),
            id: self.new_id(),
            call_id: None,
            suggestion_id: Some(id.clone()),
            provider: provider.to_owned(),
            model: model.to_owned(),
            purpose: kind.to_owned(),
            input_tokens: i64::from(usage.input_tokens),
            cached_input_tokens: i64::from(usage.cached_input_tokens),
            output_tokens: i64::from(usage.output_tokens),
            audio_input_tokens: 0,
            audio_output_tokens: 0,
            cost_usd,
            latency_ms,
            error: None,
            created_at: at + latency_ms,
        });
        let payload = json!({"suggestionId": id, "kind": kind});
        self.line(told, EventKind::SuggestionCreated, who, payload, at);
        if let Some(feedback) = feedback {
            let payload =
                json!({"suggestionId": id, "verdict": feedback.to_lowercase(), "editDistance": edited.then_some(6)});
            self.line(told, EventKind::SuggestionFeedback, who, payload, at + 30 * SECOND);
        }
        id
    }
}
