//! Very many made-up tickets for measurements: believable, the same every time, with whole audit trails.

use std::sync::Arc;

use patchcord_domain::id::{WorkspaceId, new_id};
use patchcord_domain::ticket::{EventKind, label};
use patchcord_domain::time::{DAY, HOUR, MINUTE, Millis};
use patchcord_store::bulk::{self, Customers, Load, Loader};
use patchcord_store::rows::{Contact, Device, Message, Organization, SupportAgent, Ticket};
use patchcord_store::{StoreError, search, trail, unscoped};
use serde_json::json;

use crate::seed::SameEveryTime;
use crate::{App, AppError, contacts, devices, organizations};

/// Tickets in one transaction, where each piece has its own.
const BATCH: i64 = 2_000;
/// Organizations in one transaction, with ten contacts and devices each.
const CUSTOMERS: usize = 200;
/// Over how many days before now the tickets are spread.
const DAYS: Millis = 90;
/// Short name of the workspace when none is named.
const SLUG: &str = "load";

const SUBJECTS: [(&str, &str); 12] = [
    ("VPN drops every {n} minutes", "network"),
    ("Outlook asks for the password again and again", "email"),
    ("Printer on floor {n} prints stripes", "printer"),
    ("Laptop does not start after the update", "computer"),
    ("Please unlock my account", "account"),
    ("Desk phone {n} has no dial tone", "phone"),
    ("Suspicious mail about an invoice", "security"),
    ("Licence of the drawing program has ended", "software"),
    ("Second screen stays black", "device"),
    ("Invoice {n} names the wrong number of seats", "billing"),
    ("Shared folder is not there any more", "network"),
    ("Calendar of room {n} shows old meetings", "email"),
];
const CUSTOMER: [&str; 8] = [
    "Good morning, since {n} o'clock this does not work any more. I restarted twice and it made no difference.",
    "It happens to {n} of us in the same office; the others on the second floor have no trouble.",
    "Now it works for a while and then stops again. There is a message with the number {n} that I wrote down.",
    "I tried what you said. The light is green, but the window still says that it cannot connect.",
    "Thank you, that helped for a moment. After the break it was the same as before.",
    "This is urgent for us, the month closes in {n} days and nobody can book anything.",
    "I am at my desk until five, you may call me at any time.",
    "Yes, that is the right device. It is the one with the sticker {n} at the back.",
];
const AGENT: [&str; 8] = [
    "Thank you for the details. Please tell us whether the same happens on the guest network.",
    "I have reset the session on our side. Please sign out, wait {n} minutes and sign in again.",
    "We see the fault in the log of the gateway and have asked the provider; they look into it until noon.",
    "Please restart the device once more while it is on the cable, and send us the text of the message.",
    "A new part is ordered and comes within {n} days; until then you can use the one in room {n}.",
    "The certificate had ended. It is renewed now, please try again.",
    "I called and reached nobody. When is a good time today?",
    "We changed the setting for your group. It takes effect within {n} minutes.",
];
const STATUSES: [&str; 8] =
    ["OPEN", "RESOLVED", "IN_PROGRESS", "CLOSED", "WAITING_ON_CUSTOMER", "RESOLVED", "OPEN", "ESCALATED"];
const PRIORITIES: [&str; 6] = ["MEDIUM", "LOW", "MEDIUM", "HIGH", "MEDIUM", "URGENT"];
const CHANNELS: [&str; 5] = ["EMAIL", "WEB", "PHONE", "CHAT", "API"];
const FIRST_NAMES: [&str; 10] = ["Ada", "Ben", "Chen", "Dalia", "Emil", "Fatima", "Goran", "Hanna", "Iris", "Jonas"];
const LAST_NAMES: [&str; 10] =
    ["Berg", "Costa", "Duarte", "Ek", "Fischer", "Grant", "Haddad", "Ivanov", "Jensen", "Kowalski"];
const PLACES: [&str; 10] =
    ["Harbour", "Mill", "Station", "Garden", "Bridge", "Market", "Castle", "River", "Meadow", "Tower"];
const DEVICES: [&str; 6] = ["WORKSTATION", "LAPTOP", "PRINTER", "PHONE", "NETWORK", "SERVER"];
const TRADES: [&str; 4] = ["Freight", "Clinic", "Architects", "Foods"];

/// What was written.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Loaded {
    /// Short name of the workspace.
    pub workspace: String,
    /// Tickets.
    pub tickets: u64,
    /// Their messages.
    pub messages: u64,
    /// How long it took.
    pub seconds: f64,
}

impl App {
    /// Writes `tickets` made-up tickets with `messages` messages each into the workspace of that short name, which is made
    /// when it is missing and none was named. `progress` hears how many are written. No listener is told of any.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the named workspace is missing; otherwise when the database fails. Of a load for which
    /// indexes were put aside nothing stays then; of any other what was written until then, each ticket whole.
    pub async fn seed_load(
        &self,
        workspace: Option<&str>,
        tickets: u64,
        messages: u64,
        mut progress: impl FnMut(u64),
    ) -> Result<Loaded, AppError> {
        let began = self.clock.now();
        let slug = workspace.unwrap_or(SLUG);
        let id = match unscoped::workspaces::by_slug(self.store.reader(), slug).await? {
            Some(found) => found.id,
            None if workspace.is_some() => return Err(AppError::NotFound("workspace")),
            None => self.make_load_workspace().await?,
        };
        let id = WorkspaceId::new(id);
        let count = i64::try_from(tickets).unwrap_or(i64::MAX);
        let first = bulk::reserve_numbers(&self.store, &id, count).await?;
        let app = self.with_entropy(Arc::new(SameEveryTime::new(&format!("load {slug} {first}"))));
        let agents = app.write_agents(&id).await?;
        let mut loader = Loader::begin(&self.store, &id, count).await?;
        let parties = app.write_people(&mut loader, &id, first, count).await?;
        let people = Arc::new(People { parties, agents });
        let maker = Maker { app, workspace: id.clone(), people, began, first, count, messages };
        let mut from = 0;
        let mut next = maker.two(from).await?;
        while let (Some(one), two) = next {
            from += 2 * BATCH;
            // While the database writes two batches, the next ones are made.
            let (written, made) = tokio::join!(loader.write(one, two), maker.two(from));
            written?;
            next = made?;
            progress(u64::try_from(from.min(count)).unwrap_or(tickets));
        }
        loader.finish().await?;
        let seconds = (self.clock.now() - began).max(1) as f64 / 1_000.0;
        // Or the server would be busy with it when it starts.
        self.roll_up(&id).await?;
        Ok(Loaded { workspace: slug.to_owned(), tickets, messages: tickets * messages, seconds })
    }

    async fn make_load_workspace(&self) -> Result<String, AppError> {
        let workspace = self.new_workspace("Load", SLUG, "UTC", Vec::new());
        let id = workspace.id.clone();
        self.store
            .write(move |tx| Box::pin(async move { unscoped::workspaces::add(tx, workspace).await }))
            .await
            .map_err(AppError::from)?;
        Ok(id)
    }

    /// The customers of these tickets: an organization for 100 tickets, a contact and a device for 10.
    async fn write_people(
        &self,
        loader: &mut Loader<'_>,
        workspace: &WorkspaceId,
        first: i64,
        tickets: i64,
    ) -> Result<Vec<Party>, AppError> {
        let at = self.clock.now();
        let mut parties = Vec::new();
        let companies = usize::try_from(tickets / 100).unwrap_or(0).max(1);
        for part in (0..companies).collect::<Vec<_>>().chunks(CUSTOMERS) {
            let mut customers = Customers::default();
            for number in part {
                self.company(workspace.as_str(), first, *number, at, &mut customers, &mut parties);
            }
            let organization =
                |row: &Organization| (search::ORGANIZATION, row.id.clone(), organizations::search_text(row));
            let contact = |row: &Contact| (search::CONTACT, row.id.clone(), contacts::search_text(row));
            let device = |row: &Device| (search::DEVICE, row.id.clone(), devices::search_text(row));
            let documents = customers.organizations.iter().map(organization);
            let documents = documents.chain(customers.contacts.iter().map(contact));
            customers.documents = documents.chain(customers.devices.iter().map(device)).collect();
            loader.customers(customers).await?;
        }
        Ok(parties)
    }

    /// The support agents; gives their ids.
    async fn write_agents(&self, workspace: &WorkspaceId) -> Result<Vec<String>, AppError> {
        let at = self.clock.now();
        let mut agents = Vec::new();
        for (first_name, last_name) in FIRST_NAMES.iter().zip(LAST_NAMES.iter().rev()) {
            agents.push(SupportAgent {
                workspace_id: workspace.as_str().to_owned(),
                id: self.id(),
                kind: "HUMAN".into(),
                name: format!("{first_name} {last_name}"),
                specialty: None,
                user_id: None,
                is_available: true,
                max_open_tickets: 1_000,
                version: 1,
                created_at: at,
                updated_at: at,
            });
        }
        let ids = agents.iter().map(|row| row.id.clone()).collect();
        let workspace = workspace.clone();
        let written = self.store.write(move |tx| {
            Box::pin(async move {
                for row in agents {
                    tx.tenant(&workspace).add_later(row).await?;
                }
                Ok::<_, StoreError>(())
            })
        });
        written.await.map_err(AppError::from)?;
        Ok(ids)
    }

    /// An organization with ten contacts and a device for each.
    fn company(
        &self,
        workspace_id: &str,
        first: i64,
        number: usize,
        at: Millis,
        customers: &mut Customers,
        parties: &mut Vec<Party>,
    ) {
        // Numbers of tickets are taken once, and there are more tickets than any of these.
        let unique = |index: usize| first + i64::try_from(index).unwrap_or(0);
        let organization_id = self.id();
        customers.organizations.push(Organization {
            workspace_id: workspace_id.to_owned(),
            id: organization_id.clone(),
            name: format!("{} {} {}", PLACES[number % 10], TRADES[number / 10 % 4], unique(number)),
            u_e_code: Some(format!("{:08}", unique(number) % 100_000_000)),
            domain: None,
            account_manager_id: None,
            notes: None,
            status: "ACTIVE".into(),
            version: 1,
            created_at: at,
            updated_at: at,
        });
        for person in 0..10 {
            let (index, contact_id, device_id) = (number * 10 + person, self.id(), self.id());
            let name = format!("{} {}", FIRST_NAMES[person], LAST_NAMES[(person + number) % LAST_NAMES.len()]);
            customers.contacts.push(Contact {
                workspace_id: workspace_id.to_owned(),
                id: contact_id.clone(),
                organization_id: organization_id.clone(),
                location_id: None,
                email: Some(format!("{}.{}@load.example", name.to_lowercase().replace(' ', "."), unique(index))),
                name,
                phone: Some(format!("+4930{:08}", unique(index) % 100_000_000)),
                title: None,
                is_vip: person == 0,
                preferred_language: None,
                version: 1,
                created_at: at,
                updated_at: at,
            });
            customers.devices.push(Device {
                workspace_id: workspace_id.to_owned(),
                id: device_id.clone(),
                organization_id: organization_id.clone(),
                location_id: None,
                name: format!("LOAD-{:07}", unique(index)),
                r#type: DEVICES[index % DEVICES.len()].to_owned(),
                manufacturer_id: None,
                model_id: None,
                operating_system_id: None,
                domain_id: None,
                serial_number: Some(format!("LD{:09}", unique(index))),
                asset_tag: Some(format!("A-{:08}", unique(index))),
                ip_address: Some(format!("10.{}.{}.{}", index >> 16 & 255, index >> 8 & 255, index & 255)),
                mac_address: None,
                status: "ONLINE".into(),
                last_seen_at: Some(at),
                warranty_until: None,
                notes: None,
                version: 1,
                created_at: at,
                updated_at: at,
            });
            parties.push(Party { contact_id, organization_id: organization_id.clone(), device_id });
        }
    }
}

/// Who asks, for whom and about what.
struct Party {
    contact_id: String,
    organization_id: String,
    device_id: String,
}

/// Customers and the ids of support agents.
struct People {
    parties: Vec<Party>,
    agents: Vec<String>,
}

#[derive(Clone)]
struct Maker {
    app: App,
    workspace: WorkspaceId,
    people: Arc<People>,
    began: Millis,
    first: i64,
    count: i64,
    messages: u64,
}

impl Maker {
    /// Two batches, made side by side.
    async fn two(&self, from: i64) -> Result<(Option<Load>, Option<Load>), AppError> {
        tokio::try_join!(self.batch(from), self.batch(from + BATCH))
    }

    /// The tickets from the `from`-th, on a thread of its own; none behind the end.
    async fn batch(&self, from: i64) -> Result<Option<Load>, AppError> {
        if from >= self.count {
            return Ok(None);
        }
        let maker = self.clone();
        let made = tokio::task::spawn_blocking(move || {
            let mut load = Load::default();
            for index in from..(from + BATCH).min(maker.count) {
                maker.ticket(index, &mut load);
            }
            load
        });
        made.await.map(Some).map_err(|error| AppError::Internal(format!("making tickets: {error}")))
    }

    fn ticket(&self, index: i64, load: &mut Load) {
        let number = self.first + index;
        // A number that jumps about, so that words and states do not come in rows.
        let mix = usize::try_from(number.wrapping_mul(2_654_435_761) & 0x7fff_ffff).unwrap_or_default() >> 4;
        let pick = |from: &[&'static str], salt: usize| from[(mix >> salt) % from.len()];
        let Party { contact_id, organization_id, device_id } = &self.people.parties[mix % self.people.parties.len()];
        let agent_id = self.people.agents[(mix >> 3) % self.people.agents.len()].clone();
        let (subject, category) = SUBJECTS[(mix >> 5) % SUBJECTS.len()];
        let subject = filled(subject, mix);
        let status = pick(&STATUSES, 7);
        let created_at = self.began - DAYS * DAY + DAYS * (DAY - HOUR) / self.count.max(1) * index;
        let assigned = status != "OPEN";
        let last_at = created_at + i64::try_from(self.messages).unwrap_or(1) * 17 * MINUTE;
        let ended = matches!(status, "RESOLVED" | "CLOSED").then_some(last_at);
        let mut ticket = Ticket {
            workspace_id: self.workspace.as_str().to_owned(),
            id: new_id(&*self.app.entropy),
            number,
            audit_head: String::new(),
            audit_length: 0,
            message_count: i64::try_from(self.messages).unwrap_or(1),
            last_message_at: Some(created_at),
            subject,
            status: status.into(),
            priority: pick(&PRIORITIES, 9).into(),
            channel: pick(&CHANNELS, 11).into(),
            product_area: None,
            category: Some(category.into()),
            organization_id: Some(organization_id.clone()),
            contact_id: Some(contact_id.clone()),
            device_id: (mix % 3 > 0).then(|| device_id.clone()),
            call_id: None,
            created_by_user_id: None,
            assignee_id: assigned.then(|| agent_id.clone()),
            sentiment: None,
            first_response_due_at: None,
            resolution_due_at: None,
            first_responded_at: None,
            resolved_at: ended,
            closed_at: ended.filter(|_| status == "CLOSED"),
            sla_paused_at: None,
            sla_paused_ms: 0,
            sla_breached_at: None,
            merged_into_id: None,
            remote_id: None,
            tags: json!([category]),
            version: 1,
            created_at,
            updated_at: created_at,
        };
        let mut text = format!("{} {number} {}", label(number), ticket.subject);
        let mut before = String::new();
        let payload = json!({"number": number, "channel": ticket.channel, "priority": ticket.priority});
        self.line(&mut ticket, load, &mut before, EventKind::TicketCreated, None, payload, created_at);
        for place in 0..self.messages {
            let turn = usize::try_from(place).unwrap_or_default();
            let at = created_at + i64::try_from(place).unwrap_or_default() * 17 * MINUTE;
            let by_customer = place % 2 == 0;
            let words = if by_customer { &CUSTOMER } else { &AGENT };
            let body = filled(words[(mix >> 2).wrapping_add(turn * 3) % words.len()], mix >> turn.min(20));
            text.push(' ');
            text.push_str(&body);
            let message = Message {
                workspace_id: ticket.workspace_id.clone(),
                id: self.ascending_id(number, place),
                ticket_id: ticket.id.clone(),
                origin_ticket_id: None,
                author_type: if by_customer { "CUSTOMER" } else { "AGENT" }.into(),
                author_user_id: None,
                author_contact_id: by_customer.then(|| contact_id.clone()),
                author_agent_id: (!by_customer).then(|| agent_id.clone()),
                body,
                is_internal: false,
                suggestion_id: None,
                created_at: at,
            };
            if place > 0 {
                let payload = json!({
                    "messageId": message.id, "authorType": message.author_type, "isInternal": false,
                });
                let by = (!by_customer).then_some(agent_id.as_str());
                self.line(&mut ticket, load, &mut before, EventKind::MessageAdded, by, payload, at);
            }
            ticket.last_message_at = Some(at);
            ticket.updated_at = at;
            if !by_customer && ticket.first_responded_at.is_none() {
                ticket.first_responded_at = Some(at);
            }
            load.messages.push(message);
        }
        if status != "OPEN" {
            let payload = json!({"field": "status", "from": "OPEN", "to": status});
            self.line(&mut ticket, load, &mut before, EventKind::StatusChanged, Some(&agent_id), payload, last_at);
            ticket.updated_at = last_at;
        }
        ticket.version = ticket.audit_length;
        load.documents.push((search::TICKET, ticket.id.clone(), text));
        load.tickets.push(ticket);
    }

    /// The id of what has that place within a ticket. It comes behind those of what was before, so that the index of the ids of
    /// messages and lines grows at its end alone: the pages of a random one do not fit into memory. Nobody asks for either by
    /// its id; those of tickets are random as ever.
    fn ascending_id(&self, number: i64, place: u64) -> String {
        // A ticket has at most two lines more than messages.
        let position = number.unsigned_abs().saturating_mul(self.messages.saturating_add(3)).saturating_add(place);
        let random = new_id(&*self.app.entropy);
        format!("l{position:0>13}{}", &random[14..])
    }

    #[expect(clippy::too_many_arguments, reason = "one call for each kind of line, all in one place")]
    fn line(
        &self,
        ticket: &mut Ticket,
        load: &mut Load,
        before: &mut String,
        kind: EventKind,
        agent: Option<&str>,
        payload: serde_json::Value,
        at: Millis,
    ) {
        let place = u64::try_from(ticket.audit_length).unwrap_or(0);
        let line = trail::Line {
            id: self.ascending_id(ticket.number, place),
            kind: kind.as_str(),
            actor_type: if agent.is_some() { "AGENT" } else { "SYSTEM" },
            actor_id: agent.map(str::to_owned),
            payload,
            at,
        };
        let event = trail::next(&self.app.keys.audit, ticket, line, before);
        before.clone_from(&event.mac);
        load.lines.push(event);
    }
}

/// The text with a number in each place for one.
fn filled(text: &str, mix: usize) -> String {
    text.replace("{n}", &(2 + mix % 28).to_string())
}
