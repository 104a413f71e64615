//! Tickets that are like another one, solved ones slightly first.

use std::collections::{HashMap, HashSet};

use patchcord_domain::similarity::nearness;
use patchcord_domain::ticket::Status;
use patchcord_domain::user::Actor;
use patchcord_store::rows::Ticket;
use patchcord_store::{messages, search, tickets};

use crate::snapshot::query_words;
use crate::tickets::find;
use crate::{App, AppError};

/// Tickets that are shown.
const SHOWN: usize = 5;
/// Hits of the full-text index that are measured.
const CANDIDATES: u64 = 40;
/// Messages that are looked at for the customer's latest words.
const MESSAGES: u64 = 200;
/// What is less alike is not worth showing.
const SCORE_MIN: f32 = 0.1;

/// A ticket and how near it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// The ticket.
    pub ticket: Ticket,
    /// 0 to 1, the higher the nearer.
    pub score: f32,
}

impl App {
    /// The five nearest tickets, nearest first.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the ticket is not the actor's to see.
    pub async fn similar_tickets(&self, actor: &Actor, id: &str) -> Result<Vec<Similar>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let ticket = find(tenant, id).await?;
        let newest = messages::newest(tenant, &ticket.id, MESSAGES).await?;
        let said = newest.iter().map(|message| (message.author_type.as_str(), message.body.as_str()));
        let words = query_words(&ticket.subject, said, None);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let hits = search::any_word(tenant, search::TICKET, &words.join(" "), CANDIDATES).await?;
        // A long conversation has several documents: each ticket counts once.
        let ids: HashSet<String> = hits.into_iter().map(|hit| hit.subject_id).filter(|id| *id != ticket.id).collect();
        let ids: Vec<String> = ids.into_iter().collect();
        let asked = messages::first_of_customers(tenant, &ids).await?;
        let asked: HashMap<&str, &str> = asked.iter().map(|one| (one.ticket_id.as_str(), one.body.as_str())).collect();
        let wanted: HashSet<&str> = words.iter().map(String::as_str).collect();
        let measure = |other: Ticket| {
            let is_solved = Status::parse(&other.status).is_some_and(|status| !status.is_open());
            let asked = asked.get(other.id.as_str()).copied().unwrap_or_default();
            let score = nearness(&other.subject, asked, is_solved, &wanted);
            Similar { ticket: other, score }
        };
        // The words of a merged ticket are found through the one that it went into.
        let others = tickets::some(tenant, &ids).await?.into_iter().filter(|other| other.merged_into_id.is_none());
        Ok(nearest(others.map(measure).collect()))
    }
}

/// The nearest, nearest first; of two that are equally near the newer one.
fn nearest(mut all: Vec<Similar>) -> Vec<Similar> {
    all.retain(|similar| similar.score >= SCORE_MIN);
    all.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| b.ticket.number.cmp(&a.ticket.number)));
    all.truncate(SHOWN);
    all
}
