//! Filters by what a ticket has: suggestions of the copilot, replies to the customer.

use patchcord_domain::copilot::Verdict;
use patchcord_domain::time::Millis;
use sea_orm::{DbBackend, Value};

use crate::metrics::{AUTHOR, REPLY};

/// A filter by the copilot's suggestions: the ticket has one of these at least.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggested {
    /// Any of these verdicts; `None` in the list stands for suggestions that nobody judged.
    pub verdicts: Vec<Option<Verdict>>,
    /// Asked for by any of these users; empty means by anybody.
    pub by: Vec<String>,
    /// Asked for at or after.
    pub from: Option<Millis>,
    /// Asked for before.
    pub to: Option<Millis>,
}

/// A filter by what was written to the customer: the ticket has one of these messages at least. Internal notes are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Replied {
    /// Written under any of these ids, of support agents or of users.
    pub by: Vec<String>,
    /// Written at or after.
    pub from: Option<Millis>,
    /// Written before.
    pub to: Option<Millis>,
}

/// Rows that belong to tickets.
pub(super) trait Had {
    /// Their table.
    const TABLE: &'static str;
    /// So few of them lead to their tickets; with more, the walk through the list soon finds some.
    const FEW: i64;

    /// Which of them, as a condition on the table under the name `h`.
    fn condition(&self, looking: Looking, bound: &mut Bound) -> String;
}

/// How the rows are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looking {
    /// All of them at once.
    AtAll,
    /// Those of one ticket, again for each ticket. They are few: SQLite shall find them by the ticket, and not go through all that
    /// were judged so or that somebody wrote.
    AtOneTicket,
}

/// Values that are bound, at the places from `first` on.
pub(super) struct Bound {
    pub(super) backend: DbBackend,
    pub(super) first: usize,
    pub(super) values: Vec<Value>,
}

impl Bound {
    fn place(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.first + self.values.len() - 1)
    }

    fn places<'v>(&mut self, values: impl IntoIterator<Item = &'v str>) -> String {
        let places: Vec<String> = values.into_iter().map(|value| self.place(value)).collect();
        places.join(", ")
    }

    fn span(&mut self, from: Option<Millis>, to: Option<Millis>) -> Vec<String> {
        let ends = [(">=", from), ("<", to)].into_iter().filter_map(|(than, at)| Some((than, at?)));
        ends.map(|(than, at)| format!("h.created_at {than} {}", self.place(at))).collect()
    }

    /// An expression by which rows are found when all are looked for at once.
    fn led_by(&self, looking: Looking, expression: &str) -> String {
        match looking {
            Looking::AtAll => expression.to_owned(),
            Looking::AtOneTicket => self.unindexed(expression),
        }
    }

    /// An expression by which SQLite takes no index.
    pub(super) fn unindexed(&self, expression: &str) -> String {
        format!("{}{expression}", if self.backend == DbBackend::Sqlite { "+" } else { "" })
    }
}

impl Had for Suggested {
    const TABLE: &'static str = "ai_suggestions";
    const FEW: i64 = 1_000;

    fn condition(&self, looking: Looking, bound: &mut Bound) -> String {
        let feedback = bound.led_by(looking, "h.feedback");
        let requester = bound.led_by(looking, "h.requested_by");
        let verdicts: Vec<String> =
            self.verdicts.iter().flatten().map(|verdict| verdict.as_str().to_uppercase()).collect();
        let mut either = Vec::new();
        if !verdicts.is_empty() {
            either.push(format!("{feedback} IN ({})", bound.places(verdicts.iter().map(String::as_str))));
        }
        if self.verdicts.contains(&None) {
            either.push(format!("{feedback} IS NULL"));
        }
        let mut all = vec!["h.workspace_id = $1".to_owned()];
        if !either.is_empty() {
            all.push(format!("({})", either.join(" OR ")));
        }
        if !self.by.is_empty() {
            all.push(format!("{requester} IN ({})", bound.places(self.by.iter().map(String::as_str))));
        }
        all.extend(bound.span(self.from, self.to));
        all.join(" AND ")
    }
}

impl Had for Replied {
    const TABLE: &'static str = "ticket_messages";
    /// About as many tickets as the walk passes by, of a million, until a page is full of those of somebody who wrote more. Who does
    /// so no longer would send it past all that are newer.
    const FEW: i64 = 10_000;

    fn condition(&self, looking: Looking, bound: &mut Bound) -> String {
        let author = bound.led_by(looking, AUTHOR);
        let by = bound.places(self.by.iter().map(String::as_str));
        let mut all = vec!["h.workspace_id = $1".to_owned(), REPLY.to_owned(), format!("{author} IN ({by})")];
        all.extend(bound.span(self.from, self.to));
        all.join(" AND ")
    }
}
