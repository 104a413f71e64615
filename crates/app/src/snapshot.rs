//! The snapshot that a model sees of a ticket, built from rows of one workspace.

use std::collections::HashSet;

use async_trait::async_trait;
use patchcord_domain::copilot::Kind;
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::passages::{says_something, wanted_words};
use patchcord_domain::similarity::fit;
use patchcord_domain::snapshot::{DeviceFacts, Snapshot, SnapshotMessage, Source, SourceKind};
use patchcord_domain::text::head;
use patchcord_domain::ticket::{EventKind, label};
use patchcord_domain::time::{HOUR, MINUTE, Millis, to_rfc3339};
use patchcord_store::messages::{self, NamedMessage};
use patchcord_store::rows::{Contact, Message, Organization, Ticket, TicketEvent, User};
use patchcord_store::{Reader, Tenant, directory, search, tickets, trail, users};

use crate::knowledge::{Found, GOOD_ENOUGH, PASSAGE_MAX, WORDS_MAX, best_articles};
use crate::tickets::unique;
use crate::{App, AppError};

/// Most messages that are read; what a model is given of them is bounded again by its prompt.
const MESSAGES_MAX: u64 = 200;
/// Events that a model sees.
const EVENTS: u64 = 5;
/// What the copilot itself leaves in the trail says nothing about the ticket, and would make each question a new one.
const OWN_EVENTS: [&str; 2] = [EventKind::SuggestionCreated.as_str(), EventKind::SuggestionFeedback.as_str()];
/// Sources of each kind that a model may cite.
const SOURCES: usize = 3;
/// Candidates from the full-text index among which the sources are chosen.
const CANDIDATES: u64 = 20;

/// Which ticket's snapshot is wanted, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// Whose ticket.
    pub workspace_id: &'w WorkspaceId,
    /// Which.
    pub ticket_id: &'w str,
    /// What for: an analysis needs no sources.
    pub kind: Kind,
    /// The engineer's own question.
    pub question: Option<&'w str>,
}

/// Where snapshots come from: this desk's own rows, or another desk.
#[async_trait]
pub trait Snapshots: Send + Sync {
    /// The ticket and what surrounds it, as it is now.
    async fn snapshot(&self, app: &App, wanted: Wanted<'_>) -> Result<Snapshot, AppError>;
}

/// The rows of this desk.
pub struct OwnDesk;

impl App {
    /// The snapshot from wherever this program has it from. The token is that of the caller, if there is one.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the ticket is gone; [`AppError::Upstream`] when another desk does not give it.
    pub(crate) async fn snapshot_for(
        &self,
        workspace_id: &WorkspaceId,
        ticket_id: &str,
        kind: Kind,
        question: Option<&str>,
        bearer: Option<&str>,
    ) -> Result<Snapshot, AppError> {
        let wanted = Wanted { workspace_id, ticket_id, kind, question };
        match &self.crm {
            Some(crm) => crm.desk(bearer).snapshot(self, wanted).await,
            None => OwnDesk.snapshot(self, wanted).await,
        }
    }

    /// The ticket of this desk and what surrounds it, as it is now.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the ticket is gone.
    pub async fn snapshot(
        &self,
        workspace_id: &WorkspaceId,
        ticket_id: &str,
        kind: Kind,
        question: Option<&str>,
    ) -> Result<Snapshot, AppError> {
        OwnDesk.snapshot(self, Wanted { workspace_id, ticket_id, kind, question }).await
    }
}

#[async_trait]
impl Snapshots for OwnDesk {
    async fn snapshot(&self, app: &App, wanted: Wanted<'_>) -> Result<Snapshot, AppError> {
        let Wanted { workspace_id, ticket_id, kind, question } = wanted;
        let tenant = app.store.tenant(workspace_id);
        let ticket = tenant.get::<Ticket>(ticket_id).await?.ok_or(AppError::NotFound("ticket"))?;
        let organization = match &ticket.organization_id {
            Some(id) => tenant.get::<Organization>(id).await?.map(|organization| organization.name),
            None => None,
        };
        let contact = match &ticket.contact_id {
            Some(id) => tenant.get::<Contact>(id).await?,
            None => None,
        };
        let device = match &ticket.device_id {
            Some(id) => directory::device(tenant, id).await?.map(device_facts),
            None => None,
        };
        let newest = messages::newest_named(tenant, ticket_id, MESSAGES_MAX).await?;
        let lines = trail::newest_besides(tenant, ticket_id, &OWN_EVENTS, EVENTS).await?;
        let actors = lines.iter().filter_map(|line| line.actor_id.clone());
        let people = users::some(tenant, &unique(actors.collect())).await?;
        let attachments = tickets::attachments(tenant, ticket_id).await?;
        let omitted = usize::try_from(ticket.message_count).unwrap_or(0).saturating_sub(newest.len());
        let mut snapshot = Snapshot {
            number: label(ticket.number),
            created_at: to_rfc3339(ticket.created_at),
            sla: sla(&ticket, app.clock.now()),
            organization,
            contact: contact.map(|contact| contact.name),
            device,
            messages: newest.into_iter().map(entry).collect(),
            messages_omitted: omitted,
            events: lines.iter().map(|line| in_words(line, &people)).collect(),
            attachments: attachments.into_iter().map(|attachment| attachment.file_name).collect(),
            sources: Vec::new(),
            ticket_id: ticket.id,
            subject: ticket.subject,
            status: ticket.status,
            priority: ticket.priority,
            product_area: ticket.product_area,
        };
        if kind != Kind::Analysis {
            snapshot.sources = sources(tenant, &About::of(&snapshot, question)).await?;
        }
        Ok(snapshot)
    }
}

fn device_facts(device: directory::DeviceFacts) -> DeviceFacts {
    let join = |first: Option<String>, second: Option<String>| match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first} {second}")),
        (first, second) => first.or(second),
    };
    DeviceFacts {
        name: device.name,
        kind: device.kind,
        model: join(device.manufacturer, device.model),
        operating_system: join(device.os_name, device.os_version.filter(|version| !version.is_empty())),
        status: device.status,
    }
}

fn entry(NamedMessage { message, author }: NamedMessage) -> SnapshotMessage {
    SnapshotMessage {
        id: message.id,
        author: message.author_type,
        author_name: author,
        at: to_rfc3339(message.created_at),
        is_internal: message.is_internal,
        body: message.body,
    }
}

fn in_words(line: &TicketEvent, people: &[User]) -> String {
    let who = people.iter().find(|user| Some(&user.id) == line.actor_id.as_ref());
    let who = who.map_or_else(|| line.actor_type.to_lowercase(), |user| user.name.clone());
    let payload: serde_json::Value = serde_json::from_str(&line.payload).unwrap_or_default();
    let what = line.kind.to_lowercase().replace('_', " ");
    let at = to_rfc3339(line.created_at);
    match (payload["from"].as_str(), payload["to"].as_str()) {
        (Some(from), Some(to)) if from.len() + to.len() < 200 => format!("{at} {what} by {who}: {from} to {to}"),
        _ => format!("{at} {what} by {who}"),
    }
}

/// The service-level clocks in words; none when no policy set them.
fn sla(ticket: &Ticket, now: Millis) -> Option<String> {
    let stands = ticket.sla_paused_at.unwrap_or(now);
    let paused = if ticket.sla_paused_at.is_some() { ", paused until the customer answers" } else { "" };
    let clock = |name: &str, due: i64| {
        let (distance, word) = if due >= stands { (due - stands, "due in") } else { (stands - due, "overdue by") };
        format!("{name} {word} {} h {} min{paused}", distance / HOUR, distance % HOUR / MINUTE)
    };
    let mut parts = Vec::new();
    if let (Some(due), None) = (ticket.first_response_due_at, ticket.first_responded_at) {
        parts.push(clock("first response", due));
    }
    if let (Some(due), None) = (ticket.resolution_due_at, ticket.resolved_at) {
        parts.push(clock("resolution", due));
    }
    if parts.is_empty() { None } else { Some(parts.join("; ")) }
}

/// What sources are looked for about.
pub(crate) struct About<'s> {
    ticket_id: &'s str,
    words: Vec<String>,
}

impl<'s> About<'s> {
    pub(crate) fn of(snapshot: &'s Snapshot, question: Option<&str>) -> Self {
        let said = snapshot.messages.iter().map(|message| (message.author.as_str(), message.body.as_str()));
        Self { ticket_id: &snapshot.ticket_id, words: query_words(&snapshot.subject, said, question) }
    }
}

/// The passages of articles and the similar finished tickets that fit best.
pub(crate) async fn sources(tenant: Tenant<'_, Reader>, about: &About<'_>) -> Result<Vec<Source>, AppError> {
    let words = &about.words;
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let query = words.join(" ");
    let wanted: HashSet<&str> = words.iter().map(String::as_str).collect();

    let mut sources: Vec<Source> = best_articles(tenant, words, SOURCES as u64)
        .await?
        .into_iter()
        .filter(|found| found.score >= GOOD_ENOUGH)
        .map(article_source)
        .collect();

    let hits = search::any_word(tenant, search::TICKET, &query, CANDIDATES).await?;
    let ids: Vec<String> = hits.into_iter().map(|hit| hit.subject_id).filter(|id| id != about.ticket_id).collect();
    let mut similar = Vec::new();
    for found in directory::finished_tickets(tenant, &ids).await? {
        let conversation = messages::first(tenant, &found.id, 50).await?;
        similar.extend(ticket_source(&found, &conversation, &wanted));
    }
    sources.extend(best(similar));
    Ok(sources)
}

fn best(mut sources: Vec<Source>) -> Vec<Source> {
    sources.retain(|source| source.score >= GOOD_ENOUGH);
    sources.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    sources.truncate(SOURCES);
    sources
}

/// The words that say what it is about: the question first, then the subject, then the customer's latest words. What was
/// said comes oldest first, with the kind of its author.
pub(crate) fn query_words<'t>(
    subject: &'t str,
    said: impl DoubleEndedIterator<Item = (&'t str, &'t str)>,
    question: Option<&'t str>,
) -> Vec<String> {
    let latest = said.rev().filter(|(author, _)| *author == "CUSTOMER").take(2).map(|(_, body)| body);
    let texts = question.into_iter().chain([subject]).chain(latest);
    let mut words = wanted_words(texts.map(|text| head(text, 2_000)), WORDS_MAX);
    words.retain(|word| says_something(word));
    words
}

fn article_source(found: Found) -> Source {
    Source {
        id: found.article.id,
        kind: SourceKind::Article,
        title: found.article.title,
        passage: found.passage.text,
        score: found.score,
    }
}

/// A finished ticket is worth citing for what the desk wrote in the end.
fn ticket_source(ticket: &Ticket, conversation: &[Message], wanted: &HashSet<&str>) -> Option<Source> {
    let public = |message: &&Message| !message.is_internal;
    let solution = conversation.iter().filter(public).rfind(|message| message.author_type == "AGENT")?;
    let asked = conversation.iter().filter(public).find(|message| message.author_type == "CUSTOMER");
    let asked = asked.map(|message| message.body.as_str()).unwrap_or_default();
    Some(Source {
        id: ticket.id.clone(),
        kind: SourceKind::Ticket,
        title: format!("{} {}", label(ticket.number), ticket.subject),
        passage: head(&solution.body, PASSAGE_MAX).to_owned(),
        score: fit(&ticket.subject, asked, wanted),
    })
}
