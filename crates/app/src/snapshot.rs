//! The snapshot that a model sees of a ticket, built from rows of one workspace.

use std::collections::{HashMap, HashSet};

use patchcord_domain::copilot::Kind;
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::snapshot::{DeviceFacts, Snapshot, SnapshotMessage, Source, SourceKind};
use patchcord_domain::text::{fold, head};
use patchcord_domain::ticket::label;
use patchcord_domain::time::{HOUR, MINUTE, Millis, to_rfc3339};
use patchcord_store::rows::{Article, Contact, Message, Organization, Ticket, TicketEvent, User};
use patchcord_store::{Reader, Tenant, articles, directory, messages, search, tickets, trail, users};

use crate::ticket_detail::authors;
use crate::tickets::unique;
use crate::{App, AppError};

/// Most messages that are read; what a model is given of them is bounded again by its prompt.
const MESSAGES_MAX: u64 = 200;
/// Events that a model sees.
const EVENTS: u64 = 5;
/// Sources of each kind that a model may cite.
const SOURCES: usize = 3;
/// Candidates from the full-text index among which the sources are chosen.
const CANDIDATES: u64 = 20;
/// Longest passage, in characters.
const PASSAGE_MAX: usize = 900;

impl App {
    /// The ticket and what surrounds it, as it is now.
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
        let tenant = self.store.tenant(workspace_id);
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
        let newest = messages::newest(tenant, ticket_id, MESSAGES_MAX).await?;
        let user_ids = unique(newest.iter().filter_map(|message| message.author_user_id.clone()).collect());
        let people = users::some(tenant, &user_ids).await?;
        let names = authors(tenant, &newest, &people, contact.as_ref(), None).await?;
        let lines = trail::newest(tenant, ticket_id, EVENTS).await?;
        let attachments = tickets::attachments(tenant, ticket_id).await?;
        let sources = match kind {
            Kind::Analysis => Vec::new(),
            _ => sources(tenant, &ticket, &newest, question).await?,
        };
        let omitted = usize::try_from(ticket.message_count).unwrap_or(0).saturating_sub(newest.len());
        Ok(Snapshot {
            number: label(ticket.number),
            created_at: to_rfc3339(ticket.created_at),
            sla: sla(&ticket, self.clock.now()),
            organization,
            contact: contact.map(|contact| contact.name),
            device,
            messages: newest.into_iter().map(|message| entry(message, &names)).collect(),
            messages_omitted: omitted,
            events: lines.iter().map(|line| in_words(line, &people)).collect(),
            attachments: attachments.into_iter().map(|attachment| attachment.file_name).collect(),
            sources,
            ticket_id: ticket.id,
            subject: ticket.subject,
            status: ticket.status,
            priority: ticket.priority,
            product_area: ticket.product_area,
        })
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

fn entry(message: Message, names: &HashMap<String, String>) -> SnapshotMessage {
    let author_id = message.author_contact_id.or(message.author_agent_id).or(message.author_user_id);
    SnapshotMessage {
        id: message.id,
        author: message.author_type,
        author_name: author_id.and_then(|id| names.get(&id).cloned()),
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
    let clock = |name: &str, due: i64| {
        let (distance, word) = if due >= now { (due - now, "due in") } else { (now - due, "overdue by") };
        format!("{name} {word} {} h {} min", distance / HOUR, distance % HOUR / MINUTE)
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

/// The passages of articles and the similar finished tickets that fit best.
async fn sources(
    tenant: Tenant<'_, Reader>,
    ticket: &Ticket,
    messages: &[Message],
    question: Option<&str>,
) -> Result<Vec<Source>, AppError> {
    let words = query_words(ticket, messages, question);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let query = words.join(" ");
    let wanted: HashSet<&str> = words.iter().map(String::as_str).collect();

    let hits = search::any_word(tenant, search::ARTICLE, &query, CANDIDATES).await?;
    let ids: Vec<String> = hits.into_iter().map(|hit| hit.subject_id).collect();
    let articles = articles::published(tenant, &ids).await?;
    let mut sources = best(articles.iter().map(|article| article_source(article, &wanted)).collect());

    let hits = search::any_word(tenant, search::TICKET, &query, CANDIDATES).await?;
    let ids: Vec<String> = hits.into_iter().map(|hit| hit.subject_id).filter(|id| *id != ticket.id).collect();
    let mut similar = Vec::new();
    for found in directory::finished_tickets(tenant, &ids).await? {
        let conversation = messages::first(tenant, &found.id, 50).await?;
        similar.extend(ticket_source(&found, &conversation, &wanted));
    }
    sources.extend(best(similar));
    Ok(sources)
}

fn best(mut sources: Vec<Source>) -> Vec<Source> {
    sources.retain(|source| source.score >= 0.15);
    sources.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.id.cmp(&b.id)));
    sources.truncate(SOURCES);
    sources
}

/// The words that say what it is about: the question first, then the subject, then the customer's latest words.
fn query_words(ticket: &Ticket, messages: &[Message], question: Option<&str>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let latest = messages.iter().rev().filter(|message| message.author_type == "CUSTOMER").take(2);
    let texts =
        question.into_iter().chain([ticket.subject.as_str()]).chain(latest.map(|message| message.body.as_str()));
    for text in texts {
        for word in fold(head(text, 2_000)).split(' ') {
            if says_something(word) && !words.iter().any(|known| known == word) {
                words.push(word.to_owned());
            }
        }
    }
    words.truncate(12);
    words
}

/// Words that occur everywhere find nothing.
fn says_something(word: &str) -> bool {
    const EVERYWHERE: &[&str] = &[
        "about", "after", "again", "also", "and", "any", "anyone", "are", "because", "been", "before", "but", "can",
        "cannot", "could", "did", "does", "doesn", "don", "for", "from", "get", "gets", "getting", "had", "has",
        "have", "hello", "help", "her", "here", "him", "his", "how", "into", "issue", "its", "just", "let", "like",
        "may", "more", "need", "needs", "not", "now", "one", "our", "out", "please", "problem", "regards", "she",
        "should", "since", "some", "still", "thank", "thanks", "that", "the", "their", "them", "then", "there", "they",
        "this", "ticket", "today", "too", "use", "very", "was", "way", "were", "what", "when", "where", "which", "who",
        "why", "will", "with", "work", "working", "works", "would", "you", "your",
    ];
    word.chars().count() >= 3 && !EVERYWHERE.contains(&word)
}

fn article_source(article: &Article, wanted: &HashSet<&str>) -> Source {
    let title = overlap(&article.title, wanted);
    let passage = article
        .body
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty())
        .max_by(|a, b| overlap(a, wanted).total_cmp(&overlap(b, wanted)))
        .unwrap_or(&article.body);
    let tags = overlap(&article.tags.to_string(), wanted);
    Source {
        id: article.id.clone(),
        kind: SourceKind::Article,
        title: article.title.clone(),
        passage: head(passage.trim(), PASSAGE_MAX).to_owned(),
        score: (0.5 * title + 0.35 * overlap(passage, wanted) + 0.15 * tags).min(1.0),
    }
}

/// A finished ticket is worth citing for what the desk wrote in the end.
fn ticket_source(ticket: &Ticket, conversation: &[Message], wanted: &HashSet<&str>) -> Option<Source> {
    let public = |message: &&Message| !message.is_internal;
    let solution = conversation.iter().filter(public).rfind(|message| message.author_type == "AGENT")?;
    let asked = conversation.iter().filter(public).find(|message| message.author_type == "CUSTOMER");
    let asked = asked.map(|message| overlap(&message.body, wanted)).unwrap_or_default();
    Some(Source {
        id: ticket.id.clone(),
        kind: SourceKind::Ticket,
        title: format!("{} {}", label(ticket.number), ticket.subject),
        passage: head(&solution.body, PASSAGE_MAX).to_owned(),
        score: (0.6 * overlap(&ticket.subject, wanted) + 0.4 * asked).min(1.0),
    })
}

/// The share of the wanted words that a text has, 0 to 1.
#[allow(clippy::cast_precision_loss, reason = "there are at most a few dozen words")]
fn overlap(text: &str, wanted: &HashSet<&str>) -> f32 {
    if wanted.is_empty() {
        return 0.0;
    }
    let folded = fold(text);
    let found: HashSet<&str> = folded.split(' ').filter(|word| wanted.contains(word)).collect();
    found.len() as f32 / wanted.len() as f32
}
