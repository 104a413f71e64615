//! The clocks of a ticket whose whole story is written at once: the same rules as for one that is followed on its way.

use patchcord_domain::sla::History;
use patchcord_domain::ticket::{EventKind, Status};
use patchcord_domain::time::Millis;
use patchcord_store::rows::{Ticket, TicketSla};
use patchcord_store::sla_policies::Governing;
use serde_json::Value;

use super::{Levels, blank};

/// The clocks while the story is told.
pub(crate) struct Told<'g> {
    levels: Levels<'g>,
    row: TicketSla,
    history: History,
}

impl<'g> Told<'g> {
    /// Sets the clocks of a ticket that is opened; none when nothing is promised.
    pub(crate) fn opened(governing: &'g Governing, ticket: &mut Ticket) -> Option<Self> {
        governing.business_hours_only?;
        let row = blank(ticket, ticket.created_at);
        let history = History { created_at: ticket.created_at, statuses: Vec::new(), first_responded_at: None };
        let mut told = Self { levels: Levels::of(governing, &row), row, history };
        told.follow(ticket);
        Some(told)
    }

    /// Notes what the clocks have reached until a moment: when, and what the trail says of it. Of rules only the mark is left.
    pub(crate) fn until(&mut self, ticket: &mut Ticket, at: Millis) -> Vec<(Millis, EventKind, Value)> {
        let mut all = Vec::new();
        while let Some(next) = self.row.next_at.filter(|next| *next <= at) {
            let noted = self.levels.note(&mut self.row, ticket, &self.history, next);
            all.extend(noted.lines.into_iter().map(|(kind, payload)| (next, kind, payload)));
            self.row.updated_at = next;
            if self.row.next_at == Some(next) {
                break;
            }
        }
        all
    }

    /// The desk wrote to the customer.
    pub(crate) fn answered(&mut self, ticket: &mut Ticket, at: Millis) {
        self.history.first_responded_at.get_or_insert(at);
        self.follow(ticket);
        self.row.updated_at = at;
    }

    /// The ticket got another status.
    pub(crate) fn became(&mut self, ticket: &mut Ticket, status: Status, at: Millis) {
        self.history.statuses.push((at, status));
        self.follow(ticket);
        self.row.updated_at = at;
    }

    /// What is stored of it.
    pub(crate) fn row(self) -> TicketSla {
        self.row
    }

    fn follow(&mut self, ticket: &mut Ticket) {
        self.levels.work_out(&mut self.row, ticket, &self.history);
    }
}
