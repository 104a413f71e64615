//! Tickets: opening, listing, reading, changing.

use patchcord_domain::ticket::{Channel, EventKind, Priority, Status, TAGS_MAX, parse_label};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_domain::workspace::Settings;
use patchcord_domain::{id, ticket as rules};
use patchcord_store::rows::{Contact, Message, Organization, Ticket};
use patchcord_store::ticket_detail::Which;
use patchcord_store::ticket_list;
use patchcord_store::{Connection, Tenant, directory, search, tickets, trail, workspaces};
use serde_json::{Value, json};

use crate::error::require;
use crate::sla::Viewer;
use crate::ticket_detail::{Detail, detail, detail_by, fresh};
use crate::ticket_filters::resolve_people;
use crate::trail::{Change, Who, from_to};
use crate::{Answered, App, AppError, Current, Once, Shape};
pub use patchcord_store::ticket_list::{Line, Query, Sla, Sort};

/// What is needed to open a ticket. Texts come as they were sent; [`App::create_ticket`] checks them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewTicket {
    /// 3 to 200 characters.
    pub subject: String,
    /// The first message, 1 to 10,000 characters.
    pub message: String,
    /// MEDIUM when absent.
    pub priority: Option<String>,
    /// WEB when absent.
    pub channel: Option<String>,
    /// One of the workspace's product areas.
    pub product_area: Option<String>,
    /// The customer; the contact's when absent.
    pub organization_id: Option<String>,
    /// Who asked.
    pub contact_id: Option<String>,
    /// What it is about.
    pub device_id: Option<String>,
    /// At most 20.
    pub tags: Vec<String>,
}

/// What may be changed about a ticket. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TicketPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    /// A new subject.
    pub subject: Option<String>,
    /// A new priority.
    pub priority: Option<String>,
    /// A new product area.
    pub product_area: Option<Option<String>>,
    /// A new category.
    pub category: Option<Option<String>>,
    /// Another contact; the organization follows.
    pub contact_id: Option<Option<String>>,
    /// Another device.
    pub device_id: Option<Option<String>>,
    /// New tags instead of the old ones.
    pub tags: Option<Vec<String>>,
}

/// A page of tickets.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The lines.
    pub lines: Vec<Line>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

impl App {
    /// Opens a ticket: the ticket, its first message, its audit line and its event in one transaction.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Forbidden`] for viewers.
    pub async fn create_ticket(
        &self,
        actor: &Actor,
        input: NewTicket,
        once: Option<Once>,
        shape: Shape<Detail>,
    ) -> Result<Answered<Detail>, AppError> {
        require(actor, Role::Agent)?;
        let draft = check(input).map_err(AppError::Invalid)?;
        let reserved = tickets::reserve_number(&self.store, &actor.workspace_id).await?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| open(app, acting, draft, reserved, tx)).await
    }

    /// A page of the tickets that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_tickets(&self, actor: &Actor, mut query: Query, count: bool) -> Result<Page, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        query.now = self.clock.now();
        resolve_people(tenant, actor, &mut query).await?;
        let wanted = query.limit;
        // One row more than asked for tells whether there are more.
        query.limit += 1;
        let mut lines = ticket_list::page(tenant, &query).await?;
        let has_more = lines.len() as u64 > wanted;
        lines.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        let mut viewer = Viewer::new(tenant, query.now);
        for line in &mut lines {
            line.clocks = viewer.views(line.business_hours_only == Some(true), &line.stored_clocks()).await?;
        }
        let total = if count { Some(ticket_list::count(tenant, &query).await?) } else { None };
        Ok(Page { lines, has_more, total })
    }

    /// A ticket by its id or number, with everything around it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none that the actor may see.
    pub async fn ticket(&self, actor: &Actor, id: &str) -> Result<Detail, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let which = if id::is_id(id) { Some(Which::Id(id)) } else { parse_label(id).map(Which::Number) };
        detail_by(tenant, which.ok_or(AppError::NotFound("ticket"))?, self.clock.now()).await
    }

    /// Whether there is a ticket with this id that the actor may see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ticket_exists(&self, actor: &Actor, id: &str) -> Result<bool, AppError> {
        Ok(self.store.tenant(&actor.workspace_id).get::<Ticket>(id).await?.is_some())
    }

    /// Changes fields of a ticket, with an audit line for each that really changed.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; [`AppError::Invalid`] with every wrong field.
    pub async fn patch_ticket(&self, actor: &Actor, id: &str, patch: TicketPatch) -> Result<Detail, AppError> {
        require(actor, Role::Agent)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &actor);
                    let mut ticket = lock(change.tenant, &id).await?;
                    let area = ticket.product_area.clone();
                    expect_version(&change, &ticket, patch.version).await?;
                    let changed = apply(&change, &mut ticket, patch).await?;
                    crate::assignment::moved(&change, &mut ticket, area.as_deref()).await?;
                    if changed {
                        ticket = change.save(ticket, "ticket.updated").await?;
                    }
                    detail(change.tenant, ticket, change.at).await
                })
            })
            .await
    }

    /// Moves a ticket to another status.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `invalid_transition` when the life cycle does not allow it, [`AppError::Stale`] as for
    /// [`App::patch_ticket`].
    pub async fn set_ticket_status(
        &self,
        actor: &Actor,
        id: &str,
        status: &str,
        version: Option<i64>,
    ) -> Result<Detail, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let status = faults.one_of("status", status, Status::parse, &Status::allowed());
        let status = faults.into_result(status).map_err(AppError::Invalid)?.expect("checked just now");
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &actor);
                    let mut ticket = lock(change.tenant, &id).await?;
                    expect_version(&change, &ticket, version).await?;
                    if move_to(&change, &mut ticket, status).await? {
                        ticket = change.save(ticket, "ticket.updated").await?;
                    }
                    detail(change.tenant, ticket, change.at).await
                })
            })
            .await
    }

    pub(crate) fn change<'t>(&'t self, tx: &'t patchcord_store::Tx, actor: &'t Actor) -> Change<'t> {
        Change { app: self, tenant: tx.tenant(&actor.workspace_id), who: Who::from(actor), at: self.clock.now() }
    }
}

/// A ticket by id or number.
pub(crate) async fn find<C: Connection>(tenant: Tenant<'_, C>, id: &str) -> Result<Ticket, AppError> {
    let found = if id::is_id(id) {
        tenant.get::<Ticket>(id).await?
    } else if let Some(number) = parse_label(id) {
        tickets::by_number(tenant, number).await?
    } else {
        None
    };
    found.ok_or(AppError::NotFound("ticket"))
}

/// A ticket by id or number, locked until the end of the transaction. One that was merged takes no more changes.
pub(crate) async fn lock(tenant: Tenant<'_, patchcord_store::Tx>, id: &str) -> Result<Ticket, AppError> {
    let ticket = lock_even_merged(tenant, id).await?;
    let Some(into) = &ticket.merged_into_id else { return Ok(ticket) };
    let into = tenant.get::<Ticket>(into).await?.map(|ticket| rules::label(ticket.number)).unwrap_or_default();
    Err(AppError::Conflict("ticket_merged", format!("this ticket was merged into {into}; go on there")))
}

/// A ticket by id or number, locked until the end of the transaction, whether or not it was merged.
pub(crate) async fn lock_even_merged(tenant: Tenant<'_, patchcord_store::Tx>, id: &str) -> Result<Ticket, AppError> {
    let id = if id::is_id(id) { id.to_owned() } else { find(tenant, id).await?.id };
    tenant.lock::<Ticket>(&id).await?.ok_or(AppError::NotFound("ticket"))
}

pub(crate) async fn expect_version(change: &Change<'_>, ticket: &Ticket, version: Option<i64>) -> Result<(), AppError> {
    match version {
        Some(version) if version != ticket.version => {
            let current = detail(change.tenant, ticket.clone(), change.at).await?;
            Err(AppError::Stale(Current::Ticket(Box::new(current))))
        }
        _ => Ok(()),
    }
}

/// Changes the status in memory and notes it in the trail; says whether anything changed.
pub(crate) async fn move_to(change: &Change<'_>, ticket: &mut Ticket, next: Status) -> Result<bool, AppError> {
    let present = Status::parse(&ticket.status).ok_or_else(|| AppError::Internal("a status is unknown".into()))?;
    if present == next {
        return Ok(false);
    }
    if !present.may_become(next, previous_status(change, ticket, present).await?) {
        let detail = format!("a ticket that is {} cannot become {}", present.as_str(), next.as_str());
        return Err(AppError::Conflict("invalid_transition", detail));
    }
    set_status(ticket, next, change.at);
    if let (false, Some(assignee)) = (next.is_open(), &ticket.assignee_id) {
        crate::assignment::freed(change.app, change.tenant, assignee).await?;
    }
    change.line(ticket, EventKind::StatusChanged, from_to("status", present.as_str(), next.as_str())).await?;
    crate::sla::follow(change, ticket).await?;
    Ok(true)
}

fn set_status(ticket: &mut Ticket, next: Status, at: i64) {
    next.as_str().clone_into(&mut ticket.status);
    match next {
        Status::Resolved => ticket.resolved_at = Some(at),
        Status::Closed => {
            ticket.closed_at = Some(at);
            ticket.resolved_at = ticket.resolved_at.or(Some(at));
        }
        _ => {
            ticket.resolved_at = None;
            ticket.closed_at = None;
        }
    }
}

/// The status before the present one and how long ago it was left; only asked when the ticket is not open.
async fn previous_status(
    change: &Change<'_>,
    ticket: &Ticket,
    present: Status,
) -> Result<Option<(Status, i64)>, AppError> {
    if present.is_open() {
        return Ok(None);
    }
    let line = trail::newest_of_kind(change.tenant, &ticket.id, EventKind::StatusChanged.as_str()).await?;
    let Some(line) = line else { return Ok(None) };
    let payload: Value = serde_json::from_str(&line.payload).unwrap_or_default();
    let from = payload["from"].as_str().and_then(Status::parse);
    Ok(from.map(|status| (status, change.at - line.created_at)))
}

/// A new ticket after its fields were checked on their own.
struct Draft {
    subject: String,
    message: String,
    priority: Priority,
    /// Whether whoever opens it chose the priority.
    is_priority_given: bool,
    channel: Channel,
    product_area: Option<String>,
    organization_id: Option<String>,
    contact_id: Option<String>,
    device_id: Option<String>,
    tags: Vec<String>,
}

fn check(input: NewTicket) -> Result<Draft, Vec<patchcord_domain::FieldError>> {
    let mut faults = Faults::default();
    let subject = faults.subject("subject", &input.subject);
    let message = faults.body("message", &input.message);
    let priority = match &input.priority {
        Some(text) => faults.one_of("priority", text, Priority::parse, &Priority::allowed()),
        None => Some(Priority::Medium),
    };
    let channel = match &input.channel {
        Some(text) => faults.one_of("channel", text, Channel::parse, &Channel::allowed()),
        None => Some(Channel::Web),
    };
    for (field, id) in
        [("organizationId", &input.organization_id), ("contactId", &input.contact_id), ("deviceId", &input.device_id)]
    {
        if let Some(id) = id {
            faults.id(field, id);
        }
    }
    let tags = faults.tags("tags", &input.tags);
    let draft = Draft {
        subject,
        message,
        priority: priority.unwrap_or(Priority::Medium),
        is_priority_given: input.priority.is_some(),
        channel: channel.unwrap_or(Channel::Web),
        product_area: input.product_area,
        organization_id: input.organization_id,
        contact_id: input.contact_id,
        device_id: input.device_id,
        tags,
    };
    faults.into_result(draft)
}

fn open(
    app: App,
    actor: Actor,
    draft: Draft,
    reserved: tickets::Number,
    tx: &patchcord_store::Tx,
) -> futures::future::BoxFuture<'_, Result<Detail, AppError>> {
    Box::pin(async move {
        let change = app.change(tx, &actor);
        let tenant = change.tenant;
        let mut faults = Faults::default();
        let parties =
            parties(tenant, &mut faults, draft.organization_id, draft.contact_id, draft.device_id.as_deref()).await?;
        product_area(tenant, &mut faults, draft.product_area.as_deref()).await?;
        faults.into_result(()).map_err(AppError::Invalid)?;

        let at = change.at;
        let number = tickets::number(tenant, reserved).await?;
        let ticket = Ticket {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: app.id(),
            number,
            audit_head: String::new(),
            audit_length: 0,
            message_count: 1,
            last_message_at: Some(at),
            subject: draft.subject,
            status: Status::Open.as_str().to_owned(),
            priority: draft.priority.as_str().to_owned(),
            channel: draft.channel.as_str().to_owned(),
            product_area: draft.product_area,
            category: None,
            organization_id: parties.organization_id,
            contact_id: parties.contact_id.clone(),
            device_id: draft.device_id,
            call_id: None,
            created_by_user_id: change.who.user_id(),
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
            tags: json!(draft.tags),
            version: 1,
            created_at: at,
            updated_at: at,
        };
        // The first message is the customer's own words when the ticket names who asked.
        let author = if parties.contact_id.is_some() { "CUSTOMER" } else { "AGENT" };
        let message = Message {
            workspace_id: String::new(),
            id: app.id(),
            ticket_id: ticket.id.clone(),
            origin_ticket_id: None,
            author_type: author.to_owned(),
            author_user_id: change.who.user_id(),
            author_contact_id: parties.contact_id,
            author_agent_id: None,
            body: draft.message,
            is_internal: false,
            suggestion_id: None,
            created_at: at,
        };
        let (ticket, settings) = insert(&change, ticket, message.clone()).await?;
        let ticket = crate::assignment::opened(&change, ticket, &settings).await?;
        let ticket = crate::triage::opened(&change, ticket, &settings, draft.is_priority_given).await?;
        fresh(tenant, ticket, message, at).await
    })
}

/// Stores a new ticket with its first message, its first audit line and its search document. Gives the settings of its
/// workspace too, which are read on the way.
pub(crate) async fn insert(
    change: &Change<'_>,
    mut ticket: Ticket,
    message: Message,
) -> Result<(Ticket, Settings), AppError> {
    let number = ticket.number;
    let payload = json!({"number": number, "channel": ticket.channel, "priority": ticket.priority});
    let line = change.first_line(&mut ticket, EventKind::TicketCreated, payload);
    let text = format!("{} {number} {} {}", rules::label(number), ticket.subject, message.body);
    let governing = crate::sla::governing(change.tenant, &ticket).await?;
    let clocks = crate::sla::opened(change, &mut ticket, &governing);
    // One statement on PostgreSQL, one hand-over on SQLite: whatever the ticket points to was looked up before.
    change.tenant.add_later(ticket.clone()).await?;
    change.tenant.add_later(message).await?;
    change.tenant.add_later(line).await?;
    if let Some(clocks) = clocks {
        change.tenant.add_later(clocks).await?;
    }
    search::add(change.tenant, search::TICKET, &ticket.id, &text).await?;
    change.publish_ticket(&ticket, "ticket.created").await?;
    Ok((ticket, crate::workspace_settings::read(governing.settings)?))
}

struct Parties {
    organization_id: Option<String>,
    contact_id: Option<String>,
}

/// Checks that organization, contact and device exist and belong together; the contact decides the organization.
async fn parties<C: Connection>(
    tenant: Tenant<'_, C>,
    faults: &mut Faults,
    organization_id: Option<String>,
    contact_id: Option<String>,
    device_id: Option<&str>,
) -> Result<Parties, AppError> {
    let mut organization_id = organization_id;
    if let Some(id) = &organization_id
        && tenant.get::<Organization>(id).await?.is_none()
    {
        faults.add("organizationId", "there is no such organization");
    }
    if let Some(id) = &contact_id {
        match tenant.get::<Contact>(id).await? {
            None => faults.add("contactId", "there is no such contact"),
            Some(contact) => match &organization_id {
                Some(organization) if *organization != contact.organization_id => {
                    faults.add("contactId", "the contact belongs to another organization");
                }
                _ => organization_id = Some(contact.organization_id),
            },
        }
    }
    if let Some(id) = device_id {
        match directory::device(tenant, id).await? {
            None => faults.add("deviceId", "there is no such device"),
            Some(device) => match &organization_id {
                Some(organization) if *organization != device.organization_id => {
                    faults.add("deviceId", "the device belongs to another organization");
                }
                _ => organization_id = Some(device.organization_id),
            },
        }
    }
    Ok(Parties { organization_id, contact_id })
}

pub(crate) async fn product_area<C: Connection>(
    tenant: Tenant<'_, C>,
    faults: &mut Faults,
    area: Option<&str>,
) -> Result<(), AppError> {
    let Some(area) = area else { return Ok(()) };
    let areas = workspaces::own(tenant).await?.map(|workspace| workspace.product_areas).unwrap_or_default();
    let areas: Vec<&str> = areas.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !areas.contains(&area) {
        let allowed = if areas.is_empty() { "none is set up yet".to_owned() } else { areas.join(", ") };
        faults.add("productArea", format!("must be one of the workspace's product areas: {allowed}"));
    }
    Ok(())
}

/// Applies a patch in memory and notes each change in the trail; says whether anything changed.
async fn apply(change: &Change<'_>, ticket: &mut Ticket, patch: TicketPatch) -> Result<bool, AppError> {
    let mut faults = Faults::default();
    let subject = patch.subject.map(|text| faults.subject("subject", &text));
    let priority = match &patch.priority {
        Some(text) => faults.one_of("priority", text, Priority::parse, &Priority::allowed()),
        None => None,
    };
    let tags = patch.tags.map(|tags| faults.tags("tags", &tags[..tags.len().min(TAGS_MAX + 1)]));
    let category = patch.category.map(|category| category.map(|text| faults.category("category", &text)));
    for (field, id) in [("contactId", &patch.contact_id), ("deviceId", &patch.device_id)] {
        if let Some(Some(id)) = id {
            faults.id(field, id);
        }
    }
    product_area(change.tenant, &mut faults, patch.product_area.as_ref().and_then(Option::as_deref)).await?;
    let contact_id = patch.contact_id.clone().unwrap_or_else(|| ticket.contact_id.clone());
    let device_id = patch.device_id.clone().unwrap_or_else(|| ticket.device_id.clone());
    let mut organization_id = ticket.organization_id.clone();
    // What is no id is told above, and nobody is asked for it.
    let are_ids = [&contact_id, &device_id].into_iter().flatten().all(|id| id::is_id(id));
    if are_ids && (patch.contact_id.is_some() || patch.device_id.is_some()) {
        // Another contact may bring another organization; then the device must belong to that one.
        let fixed = if matches!(patch.contact_id, Some(Some(_))) { None } else { organization_id };
        organization_id =
            parties(change.tenant, &mut faults, fixed, contact_id.clone(), device_id.as_deref()).await?.organization_id;
    }
    faults.into_result(()).map_err(AppError::Invalid)?;

    let before = ticket.clone();
    if let Some(subject) = subject {
        ticket.subject = subject;
    }
    if let Some(priority) = priority {
        priority.as_str().clone_into(&mut ticket.priority);
    }
    if let Some(area) = patch.product_area {
        ticket.product_area = area;
    }
    if let Some(category) = category {
        ticket.category = category;
    }
    if let Some(tags) = tags {
        ticket.tags = json!(tags);
    }
    (ticket.contact_id, ticket.device_id, ticket.organization_id) = (contact_id, device_id, organization_id);
    note_changes(change, ticket, &before).await
}

pub(crate) async fn note_changes(change: &Change<'_>, ticket: &mut Ticket, before: &Ticket) -> Result<bool, AppError> {
    let mut changes = Vec::new();
    let mut note = |kind, field, from: Value, to: Value| {
        if from != to {
            changes.push((kind, from_to(field, from, to)));
        }
    };
    let changed = EventKind::FieldChanged;
    note(EventKind::PriorityChanged, "priority", json!(before.priority), json!(ticket.priority));
    note(changed, "subject", json!(before.subject), json!(ticket.subject));
    note(changed, "productArea", json!(before.product_area), json!(ticket.product_area));
    note(changed, "category", json!(before.category), json!(ticket.category));
    note(changed, "organizationId", json!(before.organization_id), json!(ticket.organization_id));
    note(changed, "contactId", json!(before.contact_id), json!(ticket.contact_id));
    note(changed, "deviceId", json!(before.device_id), json!(ticket.device_id));
    note(changed, "tags", before.tags.clone(), ticket.tags.clone());
    let any = !changes.is_empty();
    for (kind, payload) in changes {
        change.line(ticket, kind, payload).await?;
    }
    if before.priority != ticket.priority || before.organization_id != ticket.organization_id {
        crate::sla::follow(change, ticket).await?;
    }
    if before.subject != ticket.subject {
        search::append(change.tenant, search::TICKET, &ticket.id, &ticket.subject).await?;
    }
    Ok(any)
}

pub(crate) fn unique(mut ids: Vec<String>) -> Vec<String> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
