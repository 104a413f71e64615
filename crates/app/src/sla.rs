//! The service-level clocks of tickets: set when a ticket is opened, followed through its life, and looked after by a job.
//!
//! Whoever changes what the clocks depend on calls [`follow`], which works them out anew from the ticket's trail. It writes no
//! event: what a clock reaches is noted by [`look_after`], under the lock of the ticket, each mark once.

mod told;

use patchcord_domain::calendar::{Calendar, Hours};
use patchcord_domain::sla::{Action, Clock, ClockKind, ClockView, History, Rule, Stored, clock};
use patchcord_domain::ticket::{EventKind, Status};
use patchcord_domain::time::{Millis, to_rfc3339};
use patchcord_store::rows::{Ticket, TicketSla};
use patchcord_store::sla_policies::{self, Governing};
use patchcord_store::{Connection, Tenant, sla, workspaces};
use serde_json::{Value, json};

use crate::AppError;
use crate::sla_actions::act;
use crate::tickets::lock_even_merged;
use crate::trail::Change;
pub(crate) use told::Told;

/// How often one look at a ticket may lead to another, because what a rule did moved the clocks.
const ROUNDS: usize = 8;

/// What a clock reaches on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// So many percent, for which there is a rule.
    Rule(i64),
    DueSoon,
    Breached,
}

/// A mark that was not noted yet, and when the clock reaches it.
struct Ahead {
    at: Millis,
    kind: ClockKind,
    mark: Mark,
}

/// Sets the clocks of a ticket that is about to be stored; the row is to be added after the ticket.
pub(crate) fn opened(change: &Change<'_>, ticket: &mut Ticket, governing: &Governing) -> Option<TicketSla> {
    if ticket.remote_id.is_some() || governing.business_hours_only.is_none() {
        return None;
    }
    let mut row = blank(ticket, change.at);
    let history = History { created_at: ticket.created_at, statuses: Vec::new(), first_responded_at: None };
    Levels::of(governing, &row).work_out(&mut row, ticket, &history);
    Some(row)
}

/// Works the clocks of a ticket out anew, after a change of its status, priority or customer, or after its first answer. The
/// ticket must be locked, and is saved by the caller.
pub(crate) async fn follow(change: &Change<'_>, ticket: &mut Ticket) -> Result<(), AppError> {
    if ticket.remote_id.is_some() {
        return Ok(());
    }
    let before = change.tenant.get::<TicketSla>(&ticket.id).await?;
    let governing = governing(change.tenant, ticket).await?;
    if before.is_none() && governing.business_hours_only.is_none() {
        return Ok(());
    }
    let history = history(change.tenant, ticket).await?;
    let mut row = before.clone().unwrap_or_else(|| blank(ticket, change.at));
    Levels::of(&governing, &row).work_out(&mut row, ticket, &history);
    if before.is_none() {
        change.tenant.add(row).await?;
    } else if before.as_ref() != Some(&row) {
        row.updated_at = change.at;
        change.tenant.save(row).await?;
    }
    Ok(())
}

/// Notes what the clocks of a ticket have reached by now, and does what the rules say; says whether anything changed.
pub(crate) async fn look_after(change: &Change<'_>, ticket_id: &str) -> Result<bool, AppError> {
    let mut ticket = lock_even_merged(change.tenant, ticket_id).await?;
    let before = ticket.clone();
    for _ in 0..ROUNDS {
        let row = change.tenant.get::<TicketSla>(ticket_id).await?;
        let Some(row) = row.filter(|row| row.next_at.is_some_and(|at| at <= change.at)) else { break };
        ticket = note_marks(change, ticket, row).await?;
    }
    if ticket == before {
        return Ok(false);
    }
    change.save(ticket, "ticket.updated").await?;
    Ok(true)
}

async fn note_marks(change: &Change<'_>, mut ticket: Ticket, mut row: TicketSla) -> Result<Ticket, AppError> {
    let governing = governing(change.tenant, &ticket).await?;
    let history = history(change.tenant, &ticket).await?;
    let Noted { lines, actions } = Levels::of(&governing, &row).note(&mut row, &mut ticket, &history, change.at);
    row.updated_at = change.at;
    // Before the actions, which may change the clocks themselves.
    change.tenant.save(row).await?;
    for (kind, payload) in lines {
        change.line(&mut ticket, kind, payload).await?;
    }
    for (kind, percent, action) in actions {
        ticket = act(change, ticket, kind, percent, &action).await?;
    }
    Ok(ticket)
}

/// What clocks have reached, as the trail says it, and what follows by the rules: of which clock, at how many percent.
struct Noted {
    lines: Vec<(EventKind, Value)>,
    actions: Vec<(ClockKind, i64, Action)>,
}

/// The calendar and rules by which a ticket's clocks go.
struct Levels<'g> {
    governing: &'g Governing,
    calendar: Calendar,
    rules: Vec<Rule>,
}

impl<'g> Levels<'g> {
    fn of(governing: &'g Governing, row: &TicketSla) -> Self {
        let by_hours = governing.business_hours_only.unwrap_or(row.business_hours_only);
        let calendar = calendar(by_hours, &governing.timezone, &governing.business_hours, &governing.holidays);
        let rules = governing.escalation_rules.clone().map(serde_json::from_value).transpose();
        let rules = rules.unwrap_or_else(|error| {
            tracing::error!(%error, "the rules of a service-level policy cannot be read");
            None
        });
        Self { governing, calendar, rules: rules.unwrap_or_default() }
    }

    /// Brings row and ticket up to date; gives the clocks that are not decided yet. A clock that has ended is decided: whatever
    /// changes, it stays as it was promised then, unless the ticket is opened again.
    fn work_out(&self, row: &mut TicketSla, ticket: &mut Ticket, history: &History) -> Vec<(ClockKind, Clock)> {
        row.business_hours_only = self.governing.business_hours_only.unwrap_or(row.business_hours_only);
        let promised = [self.governing.first_response_minutes, self.governing.resolution_minutes];
        let mut clocks = Vec::new();
        let (mut paused_at, mut paused_ms) = (None, ticket.sla_paused_ms);
        for (kind, minutes) in ClockKind::ALL.iter().copied().zip(promised) {
            let now = clock(kind, minutes.unwrap_or(1), history, &self.calendar);
            let stored = row.clock(ticket, kind);
            if stored.is_some_and(|stored| stored.done_at.is_some() && stored.done_at == now.done_at) {
                continue;
            }
            let is_set = minutes.is_some();
            *due(ticket, kind) = now.due_at.filter(|_| is_set);
            set(row, kind, minutes, now.halted_at.filter(|_| is_set), now.done_at.filter(|_| is_set));
            if is_set {
                clocks.push((kind, now));
                paused_ms = now.paused;
                paused_at = paused_at.or(now.halted_at.filter(|_| now.done_at.is_none()));
            }
        }
        (ticket.sla_paused_at, ticket.sla_paused_ms) = (paused_at, paused_ms);
        self.schedule(row, ticket, &clocks);
        clocks
    }

    /// Works the clocks out anew, and notes on row and ticket what they have reached until a moment.
    fn note(&self, row: &mut TicketSla, ticket: &mut Ticket, history: &History, until: Millis) -> Noted {
        let clocks = self.work_out(row, ticket, history);
        let mut reached = self.ahead(row, ticket, &clocks);
        reached.retain(|ahead| ahead.at <= until);
        reached.sort_by_key(|ahead| ahead.at);
        let mut noted = Noted { lines: Vec::new(), actions: Vec::new() };
        for Ahead { kind, mark, .. } in &reached {
            let due_at = due(ticket, *kind);
            let payload = json!({"clock": kind.as_str(), "dueAt": due_at.map(to_rfc3339)});
            match mark {
                Mark::DueSoon => {
                    add_mark(row, &due_soon_key(*kind));
                    let is_late = reached.iter().any(|other| other.kind == *kind && other.mark == Mark::Breached);
                    if !is_late {
                        noted.lines.push((EventKind::SlaDueSoon, payload));
                    }
                }
                Mark::Breached => {
                    let at = *due_at;
                    match kind {
                        ClockKind::FirstResponse => row.first_response_breached_at = at,
                        ClockKind::Resolution => row.resolution_breached_at = at,
                    }
                    ticket.sla_breached_at = ticket.sla_breached_at.into_iter().chain(at).min();
                    noted.lines.push((EventKind::SlaBreached, payload));
                }
                Mark::Rule(percent) => {
                    add_mark(row, &rule_key(*kind, *percent));
                    let rule = self.rules.iter().find(|rule| (rule.clock, rule.at_percent) == (*kind, *percent));
                    let actions = rule.into_iter().flat_map(|rule| rule.actions.iter().cloned());
                    noted.actions.extend(actions.map(|action| (*kind, *percent, action)));
                }
            }
        }
        self.schedule(row, ticket, &clocks);
        noted
    }

    /// Sets when the row is to be looked at again, and when its first clock ends.
    fn schedule(&self, row: &mut TicketSla, ticket: &Ticket, clocks: &[(ClockKind, Clock)]) {
        let running = |stored: &Stored| stored.halted_at.is_none() && stored.breached_at.is_none();
        row.due_at =
            row.clocks(ticket).iter().filter(|stored| running(stored)).filter_map(|stored| stored.due_at).min();
        row.next_at = self.ahead(row, ticket, clocks).iter().map(|ahead| ahead.at).min();
    }

    /// The marks that are not noted yet. Of a clock that does not count only its end is one, and only when that is behind it. A
    /// rule, and the warning, hold for what comes after the policy was last changed, not for what lies before.
    fn ahead(&self, row: &TicketSla, ticket: &Ticket, clocks: &[(ClockKind, Clock)]) -> Vec<Ahead> {
        let mut all = Vec::new();
        for stored in row.clocks(ticket) {
            let (kind, Some(due)) = (stored.kind, stored.due_at) else { continue };
            let is_open = stored.breached_at.is_none();
            if is_open && stored.halted_at.is_none_or(|halted| due < halted) {
                all.push(Ahead { at: due + 1, kind, mark: Mark::Breached });
            }
            let running = clocks.iter().find(|(of, clock)| *of == kind && clock.is_running());
            let Some((_, clock)) = running else { continue };
            let mut push = |at: Option<Millis>, mark, key: &str| {
                let since = self.governing.updated_at.unwrap_or(Millis::MAX);
                if let Some(at) = at.filter(|at| *at >= since && !has_mark(row, key)) {
                    all.push(Ahead { at, kind, mark });
                }
            };
            if is_open {
                push(clock.soon_at(&self.calendar), Mark::DueSoon, &due_soon_key(kind));
            }
            for rule in self.rules.iter().filter(|rule| rule.clock == kind) {
                let at = clock.reaches(rule.at_percent, &self.calendar);
                push(at, Mark::Rule(rule.at_percent), &rule_key(kind, rule.at_percent));
            }
        }
        all
    }
}

/// Which moments count for a ticket's clocks.
pub(crate) fn calendar(by_hours: bool, timezone: &str, hours: &Value, holidays: &Value) -> Calendar {
    if !by_hours {
        return Calendar::Always;
    }
    let hours = serde_json::from_value(hours.clone()).unwrap_or_default();
    let holidays: Vec<String> = serde_json::from_value(holidays.clone()).unwrap_or_default();
    Calendar::Hours(Hours::of(timezone, &hours, &holidays))
}

/// Turns what is stored of clocks into what people see at a moment. The workspace is read once, and only when it is needed.
pub(crate) struct Viewer<'c, C> {
    tenant: Tenant<'c, C>,
    now: Millis,
    hours: Option<Calendar>,
}

impl<'c, C: Connection> Viewer<'c, C> {
    pub(crate) fn new(tenant: Tenant<'c, C>, now: Millis) -> Self {
        Self { tenant, now, hours: None }
    }

    pub(crate) async fn views(&mut self, by_hours: bool, stored: &[Stored]) -> Result<Vec<ClockView>, AppError> {
        if by_hours && !stored.is_empty() && self.hours.is_none() {
            let own = workspaces::own(self.tenant).await?.ok_or(AppError::NotFound("workspace"))?;
            self.hours = Some(calendar(true, &own.timezone, &own.business_hours, &own.holidays));
        }
        let always = Calendar::Always;
        let calendar = self.hours.as_ref().filter(|_| by_hours).unwrap_or(&always);
        Ok(stored.iter().map(|stored| stored.view(calendar, self.now)).collect())
    }
}

pub(crate) async fn governing<C: Connection>(tenant: Tenant<'_, C>, ticket: &Ticket) -> Result<Governing, AppError> {
    let found = sla_policies::governing(tenant, ticket.organization_id.as_deref(), &ticket.priority).await?;
    found.ok_or(AppError::NotFound("workspace"))
}

async fn history<C: Connection>(tenant: Tenant<'_, C>, ticket: &Ticket) -> Result<History, AppError> {
    let read = |(at, payload): (Millis, String)| {
        let payload: Value = serde_json::from_str(&payload).ok()?;
        Some((at, Status::parse(payload["to"].as_str()?)?))
    };
    let statuses = sla::status_changes(tenant, &ticket.id).await?.into_iter().filter_map(read).collect();
    Ok(History { created_at: ticket.created_at, statuses, first_responded_at: ticket.first_responded_at })
}

fn blank(ticket: &Ticket, at: Millis) -> TicketSla {
    TicketSla {
        workspace_id: ticket.workspace_id.clone(),
        ticket_id: ticket.id.clone(),
        business_hours_only: false,
        first_response_minutes: None,
        first_response_halted_at: None,
        first_response_done_at: None,
        first_response_breached_at: None,
        resolution_minutes: None,
        resolution_halted_at: None,
        resolution_done_at: None,
        resolution_breached_at: None,
        due_at: None,
        next_at: None,
        marks: json!([]),
        created_at: at,
        updated_at: at,
    }
}

fn due(ticket: &mut Ticket, kind: ClockKind) -> &mut Option<Millis> {
    match kind {
        ClockKind::FirstResponse => &mut ticket.first_response_due_at,
        ClockKind::Resolution => &mut ticket.resolution_due_at,
    }
}

fn set(row: &mut TicketSla, kind: ClockKind, minutes: Option<i64>, halted: Option<Millis>, done: Option<Millis>) {
    let (of_minutes, of_halted, of_done) = match kind {
        ClockKind::FirstResponse => {
            (&mut row.first_response_minutes, &mut row.first_response_halted_at, &mut row.first_response_done_at)
        }
        ClockKind::Resolution => {
            (&mut row.resolution_minutes, &mut row.resolution_halted_at, &mut row.resolution_done_at)
        }
    };
    (*of_minutes, *of_halted, *of_done) = (minutes, halted, done);
}

fn due_soon_key(kind: ClockKind) -> String {
    format!("{}:DUE_SOON", kind.as_str())
}

fn rule_key(kind: ClockKind, percent: i64) -> String {
    format!("{}:{percent}", kind.as_str())
}

fn has_mark(row: &TicketSla, key: &str) -> bool {
    row.marks.as_array().into_iter().flatten().any(|mark| mark == key)
}

fn add_mark(row: &mut TicketSla, key: &str) {
    match row.marks.as_array_mut() {
        Some(marks) => marks.push(json!(key)),
        None => row.marks = json!([key]),
    }
}
