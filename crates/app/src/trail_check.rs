//! Verifies the audit trail of every ticket of every workspace, in memory that does not grow with the database.

use patchcord_domain::audit::AuditKey;
use patchcord_domain::audit_check::{TrailCheck, TrailFault};
use patchcord_domain::ticket::label;
use patchcord_store::Reader;
use patchcord_store::unscoped::audit::{self, Head, OwnedLine};

use crate::{App, AppError};

/// Rows read at once.
const BITE: u32 = 1_000;
/// Most faults that are kept; the rest is counted.
const FAULTS_MAX: usize = 1_000;

/// What the check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Tickets whose trails were read.
    pub tickets: u64,
    /// Lines that were read.
    pub lines: u64,
    /// Tickets with a fault.
    pub faulty_tickets: u64,
    /// Every fault, up to a bound, as `TKT-0042: line 3 (id) was altered`.
    pub faults: Vec<String>,
}

impl App {
    /// Verifies every trail with the key of this installation.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn verify_trails(&self) -> Result<Verified, AppError> {
        verify_trails(self.store.reader(), &self.keys.audit).await
    }
}

/// Verifies every trail of a database with a key.
///
/// # Errors
/// When the database fails.
pub async fn verify_trails(reader: &Reader, key: &AuditKey) -> Result<Verified, AppError> {
    let mut verified = Verified::default();
    let mut lines = Lines { reader, waiting: Vec::new().into_iter().peekable(), place: Default::default(), end: false };
    let mut after = (String::new(), String::new());
    loop {
        let heads = audit::heads_after(reader, (&after.0, &after.1), BITE).await?;
        let Some(last) = heads.last() else { break };
        after = (last.workspace_id.clone(), last.id.clone());
        for head in heads {
            while let Some(line) = lines.next_if(|line| whose(line) < (&head.workspace_id, &head.id)).await? {
                verified.note_orphan(&line);
            }
            let mut check = TrailCheck::new(key, &head.id);
            while let Some(line) = lines.next_if(|line| whose(line) == (&head.workspace_id, &head.id)).await? {
                verified.lines += 1;
                check.push(line.line);
            }
            verified.tickets += 1;
            verified.note(&head, &check.finish(head.audit_length, &head.audit_head));
        }
    }
    while let Some(line) = lines.next_if(|_| true).await? {
        verified.note_orphan(&line);
    }
    Ok(verified)
}

fn whose(line: &OwnedLine) -> (&String, &String) {
    (&line.workspace_id, &line.ticket_id)
}

impl Verified {
    fn note(&mut self, head: &Head, faults: &[TrailFault]) {
        self.faulty_tickets += u64::from(!faults.is_empty());
        for fault in faults {
            self.keep(format!("{} ({}): {fault}", label(head.number), head.id));
        }
    }

    /// A line without a ticket; only somebody who switched off the database's own checks can leave one behind.
    fn note_orphan(&mut self, line: &OwnedLine) {
        self.lines += 1;
        self.keep(format!(
            "line {} ({}) belongs to no ticket: {} is missing",
            line.line.seq, line.line.id, line.ticket_id
        ));
    }

    fn keep(&mut self, fault: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}

/// The lines in order, read in bites.
struct Lines<'r> {
    reader: &'r Reader,
    waiting: std::iter::Peekable<std::vec::IntoIter<OwnedLine>>,
    place: (String, String, i64),
    end: bool,
}

impl Lines<'_> {
    async fn next_if(&mut self, fits: impl Fn(&OwnedLine) -> bool) -> Result<Option<OwnedLine>, AppError> {
        if self.waiting.peek().is_none() && !self.end {
            let (workspace, ticket, seq) = &self.place;
            let more = audit::lines_after(self.reader, (workspace, ticket, *seq), BITE).await?;
            match more.last() {
                Some(last) => self.place = (last.workspace_id.clone(), last.ticket_id.clone(), last.line.seq),
                None => self.end = true,
            }
            self.waiting = more.into_iter().peekable();
        }
        Ok(self.waiting.next_if(|line| fits(line)))
    }
}
