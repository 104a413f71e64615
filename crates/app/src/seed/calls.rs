//! Finished calls of the demonstration: told from the tickets that came by phone and from the kinds of the history, written by
//! the same recorder and wrapped up by the same rules as real ones.

use patchcord_domain::call::{
    AiResolution, CallEvent, CallStatus, Ending, Engine, Line, Speaker, SpokenUsage, ToolRun, Turn,
};
use patchcord_domain::days::Zone;
use patchcord_domain::text::head;
use patchcord_domain::time::{HOUR, MINUTE, Millis, SECOND};
use patchcord_store::rows::{Call, Contact, PhoneNumber, Ticket};
use patchcord_store::{Tenant, Tx, messages, phone_numbers, ticket_list};
use serde_json::json;

use crate::call_tools::tickets_of;
use crate::calls::{blank_call, conclude, replay};
use crate::seed::directory::Directory;
use crate::seed::files::{self, Files};
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// How many there are.
const CALLS: usize = 40;
/// They lie within so many days before now.
const DAYS: u64 = 20;
/// How fast people speak, in milliseconds a character.
const PACE: i64 = 62;
/// How long a tool takes, in milliseconds.
const TOOL_MS: i64 = 12;
/// The model that holds them.
const MODEL: &str = "builtin";
/// Which agent knows what.
const SPECIALISTS: [(&str, &str); 10] = [
    ("email", "email_agent"),
    ("computer", "computer_agent"),
    ("network", "network_agent"),
    ("printer", "printer_agent"),
    ("phone", "phone_agent"),
    ("security", "security_agent"),
    ("software", "computer_agent"),
    ("account", "servicedesk_agent"),
    ("device", "device_agent"),
    ("billing", "servicedesk_agent"),
];

/// Writes the calls of a workspace; says how many.
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
    let teller = Teller { app, tenant, workspace, zone: Zone::named(&workspace.timezone), now };
    let mut written = 0;
    for ticket in teller.phone_tickets().await? {
        teller.about_ticket(ticket).await?;
        written += 1;
    }
    let contacts = directory.contacts_in_order();
    while written < CALLS {
        let kind = &files.history[written % files.history.len()];
        teller.solved(written, kind, contacts[(written * 7) % contacts.len()]).await?;
        written += 1;
    }
    Ok(written)
}

/// Numbers of the demonstration beside the workspace's own, one for each engine.
const BY_ENGINE: [(&str, &str); 2] = [("+12025550102", "RELAY"), ("+12025550103", "REALTIME")];

/// The numbers at which a workspace is called.
pub(super) async fn write_numbers(
    app: &App,
    tenant: Tenant<'_, Tx>,
    workspace: &files::Workspace,
    now: Millis,
) -> Result<(), AppError> {
    let own = (workspace.phone_number.as_str(), None, "Service desk");
    let others = BY_ENGINE.iter().filter(|_| workspace.key == "northwind");
    let others = others.map(|(number, engine)| (*number, Some(*engine), "One engine only"));
    for (number, engine, label) in std::iter::once(own).chain(others) {
        let row = PhoneNumber {
            workspace_id: tenant.workspace_id().as_str().to_owned(),
            id: app.id(),
            number: number.to_owned(),
            label: engine.map_or_else(|| label.to_owned(), |engine| format!("{label}: {engine}")),
            engine: engine.map(str::to_owned),
            transfer_number: None,
            is_active: true,
            takes_calls: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        phone_numbers::add(tenant, row).await?;
    }
    Ok(())
}

struct Teller<'t> {
    app: &'t App,
    tenant: Tenant<'t, Tx>,
    workspace: &'t files::Workspace,
    zone: Zone,
    now: Millis,
}

/// One call while it is told.
struct Told {
    events: Vec<(Millis, CallEvent)>,
    answered_at: Millis,
    ms: i64,
    agent: &'static str,
    /// How often the caller cut an agent short.
    cuts: u32,
    /// What the call was about.
    device_id: Option<String>,
}

impl Told {
    fn at(&self) -> Millis {
        self.answered_at + self.ms
    }

    fn push(&mut self, event: CallEvent) {
        self.events.push((self.at(), event));
    }

    fn hand_over(&mut self, to: &'static str, reason: &str) {
        let from = (!self.agent.is_empty()).then(|| self.agent.to_owned());
        self.agent = to;
        let at = self.at();
        self.push(CallEvent::AgentChanged { at, from, to: to.to_owned(), reason: reason.to_owned() });
    }

    fn turn(&mut self, speaker: Speaker, text: &str) {
        self.say(speaker, text, false);
    }

    /// The caller cuts the agent short; what was heard of the sentence is the turn.
    fn cut(&mut self, heard: &str, by: &str) {
        self.say(Speaker::Agent, heard, true);
        self.cuts += 1;
        self.ms -= 300;
        self.turn(Speaker::Caller, by);
    }

    fn say(&mut self, speaker: Speaker, text: &str, interrupted: bool) {
        let started_ms = self.ms + if speaker == Speaker::Agent { 640 } else { 450 };
        let length = i64::try_from(text.chars().count()).unwrap_or(0) * PACE;
        self.ms = started_ms + length;
        let agent = (speaker == Speaker::Agent).then(|| self.agent.to_owned());
        let response_ms = (speaker == Speaker::Agent && started_ms > 1_000).then_some(640);
        self.push(CallEvent::Turn(Turn {
            speaker,
            agent,
            text: text.to_owned(),
            started_ms,
            ended_ms: self.ms,
            response_ms,
            interrupted,
            item_id: None,
        }));
        if speaker == Speaker::Agent {
            let words = u32::try_from(text.len() / 4).unwrap_or(0);
            let usage = SpokenUsage { input_tokens: 900 + words * 3, output_tokens: words, ..SpokenUsage::default() };
            self.push(CallEvent::Used {
                provider: MODEL.to_owned(),
                model: MODEL.to_owned(),
                purpose: "conversation".to_owned(),
                usage,
                latency_ms: 4,
                error: None,
            });
        }
    }

    /// A tool ran: its run, and its result as a turn, as the conversation records them.
    fn tool(&mut self, name: &str, arguments: serde_json::Value, result: &serde_json::Value) {
        let (started_ms, agent) = (self.ms, self.agent.to_owned());
        self.ms += TOOL_MS;
        let run = ToolRun { agent, name: name.to_owned(), arguments, outcome: "ok".to_owned(), ms: TOOL_MS };
        self.push(CallEvent::ToolRan(run));
        self.push(CallEvent::Turn(Turn {
            speaker: Speaker::Tool,
            agent: None,
            text: format!("{name}: {result}"),
            started_ms,
            ended_ms: self.ms,
            response_ms: None,
            interrupted: false,
            item_id: None,
        }));
    }
}

impl<'t> Teller<'t> {
    /// The newest tickets that came by phone and that name who called.
    async fn phone_tickets(&self) -> Result<Vec<Ticket>, AppError> {
        let mut query = tickets_of("", 100);
        query.organizations.clear();
        query.channels = vec![patchcord_domain::ticket::Channel::Phone];
        let mut found = Vec::new();
        for line in ticket_list::page(self.tenant, &query).await? {
            if let Some(ticket) = self.tenant.get::<Ticket>(&line.id).await?
                && ticket.contact_id.is_some()
                && found.len() < CALLS / 2
            {
                found.push(ticket);
            }
        }
        Ok(found)
    }

    /// The call from which a ticket came.
    async fn about_ticket(&self, ticket: Ticket) -> Result<(), AppError> {
        let Some(id) = &ticket.contact_id else { return Ok(()) };
        let Some(contact): Option<Contact> = self.tenant.get(id).await? else { return Ok(()) };
        let first = messages::first(self.tenant, &ticket.id, 1).await?.pop().map(|message| message.body);
        let category = ticket.category.clone().unwrap_or_default();
        let mut told = self.begin(ticket.created_at - 6 * MINUTE, &contact);
        told.device_id.clone_from(&ticket.device_id);
        told.turn(Speaker::Caller, &first.unwrap_or_else(|| ticket.subject.clone()));
        self.specialist(&mut told, &category);
        told.turn(
            Speaker::Agent,
            "I see. I cannot solve this on the phone, so I open a ticket for a colleague right away.",
        );
        let label = patchcord_domain::ticket::label(ticket.number);
        told.tool(
            "create_ticket",
            json!({"subject": ticket.subject, "category": category, "priority": ticket.priority}),
            &json!({"ticket": {"number": label, "subject": ticket.subject}}),
        );
        told.turn(Speaker::Agent, &format!("It is ticket {label}. Somebody gets back to you. Is there anything else?"));
        told.turn(Speaker::Caller, "No, that is all. Thank you.");
        told.turn(Speaker::Agent, "Thank you for calling. Goodbye.");
        self.finish(told, &contact, AiResolution::Ticketed, Some(ticket.id)).await
    }

    /// A call that was solved on the phone, or now and then given up.
    async fn solved(&self, index: usize, kind: &files::Kind, contact: &Contact) -> Result<(), AppError> {
        let days = 1 + u64::try_from(index).unwrap_or(0) % DAYS;
        let hour = 8 + i64::try_from(index * 5 % 9).unwrap_or(0);
        let started =
            self.zone.days_before(self.now, days) + hour * HOUR + i64::try_from(index).unwrap_or(0) * 73 * SECOND;
        let n = (2 + index % 17).to_string();
        let fill = |text: &str| text.replace("{n}", &n);
        let mut told = self.begin(started, contact);
        told.turn(Speaker::Caller, &fill(&kind.opening));
        self.specialist(&mut told, &kind.category);
        if index.is_multiple_of(9) {
            told.turn(Speaker::Agent, "Let me have a look at that. Could you tell me what it says on the screen?");
            return self.finish(told, contact, AiResolution::Unknown, None).await;
        }
        told.tool(
            "search_knowledge",
            json!({"query": fill(&kind.subject)}),
            &json!({"articles": [{"title": fill(&kind.subject)}]}),
        );
        if index % 10 == 3 {
            told.turn(Speaker::Agent, "I have found something that often helps with this. Shall we try it together?");
            told.turn(Speaker::Caller, "No, this is the third time this week. I want to speak to a person, please.");
            let reason = json!({"reason": "The caller asks for a person.", "urgency": "high"});
            told.tool("escalate_to_human", reason, &json!({"transferred": true, "ticket": null}));
            told.turn(Speaker::Agent, "Of course. I put you through to a colleague, please hold the line.");
            return self.finish(told, contact, AiResolution::Escalated, None).await;
        }
        let answer = fill(&kind.answer);
        if index % 4 == 1 {
            let heard = head(&answer, answer.chars().count() / 2);
            told.cut(heard, "Sorry, once more and slowly, please?");
        }
        told.turn(Speaker::Agent, &answer);
        told.turn(Speaker::Caller, &fill(&kind.closing));
        told.turn(Speaker::Agent, "Glad to hear that. Thank you for calling, goodbye.");
        self.finish(told, contact, AiResolution::Resolved, None).await
    }

    fn begin(&self, started: Millis, contact: &Contact) -> Told {
        let mut told =
            Told { events: Vec::new(), answered_at: started + 2 * SECOND, ms: 0, agent: "", cuts: 0, device_id: None };
        let at = told.at();
        told.push(CallEvent::Answered { at, engine: Engine::Relay, model: MODEL.to_owned() });
        told.hand_over("triage_agent", "");
        told.push(CallEvent::FirstSound { ms: 310 });
        told.turn(Speaker::Agent, &format!("{}, service desk. May I have your code, please?", self.workspace.name));
        told.turn(Speaker::Caller, "One moment. I have keyed it in.");
        let known = json!({"verification": "VERIFIED", "contact": contact.name});
        told.tool("identify_organization", json!({"ue_code": "[CODE]"}), &known);
        let name = contact.name.split(' ').find(|word| !word.ends_with('.')).unwrap_or_default();
        told.turn(Speaker::Agent, &format!("Thank you, {name}. What can I do for you?"));
        told
    }

    fn specialist(&self, told: &mut Told, category: &str) {
        let agent = SPECIALISTS.iter().find(|(of, _)| *of == category).map_or("servicedesk_agent", |(_, agent)| *agent);
        told.hand_over(agent, "It is the kind of problem that this agent knows.");
    }

    async fn finish(
        &self,
        mut told: Told,
        contact: &Contact,
        resolution: AiResolution,
        ticket_id: Option<String>,
    ) -> Result<(), AppError> {
        let interruptions = told.cuts;
        told.push(CallEvent::Line(Line { interruptions, frames_late: 0, frames_lost: 0, bridge_added_ms: 1 }));
        let started = told.answered_at - 2 * SECOND;
        let change = |at| Change { app: self.app, tenant: self.tenant, who: Who::System, at };
        let mut call = Call {
            provider: "SIMULATOR".to_owned(),
            provider_call_sid: format!("CA{}{}", self.app.id(), &self.app.id()[..8]),
            caller_phone: contact.phone.clone(),
            from_number: contact.phone.clone().unwrap_or_default(),
            to_number: self.workspace.phone_number.clone(),
            organization_id: Some(contact.organization_id.clone()),
            contact_id: Some(contact.id.clone()),
            device_id: told.device_id.take(),
            identified_by: "BOTH".to_owned(),
            verification: "VERIFIED".to_owned(),
            was_escalated: resolution == AiResolution::Escalated,
            ticket_id,
            ..blank_call(&change(started))
        };
        self.tenant.add(call.clone()).await?;
        let ended = told.at() + SECOND;
        replay(self.app, self.tenant, &mut call, told.events).await?;
        resolution.as_str().clone_into(&mut call.ai_resolution);
        let ending = if resolution == AiResolution::Unknown { Ending::CallerHungUp } else { Ending::Goodbye };
        call.ending = Some(json!(ending));
        let concluded = change(ended + 20 * SECOND);
        conclude(&change(ended), &concluded, call, CallStatus::Completed).await
    }
}
