//! The service-level clocks of tickets: what is due, what the trail says of their life, and how well promises were kept.

use patchcord_domain::sla::{ClockKind, Stored};
use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::rows::{Ticket, TicketSla};
use crate::{StoreError, Tenant};

/// Changes of status that are looked at, the newest.
const CHANGES_MAX: i64 = 2_000;
/// Most groups of a report.
pub const GROUPS_MAX: i64 = 1_000;

impl TicketSla {
    /// A clock of the ticket, when it has it.
    pub fn clock(&self, ticket: &Ticket, kind: ClockKind) -> Option<Stored> {
        let (minutes, due_at, halted_at, done_at, breached_at) = match kind {
            ClockKind::FirstResponse => (
                self.first_response_minutes,
                ticket.first_response_due_at,
                self.first_response_halted_at,
                self.first_response_done_at,
                self.first_response_breached_at,
            ),
            ClockKind::Resolution => (
                self.resolution_minutes,
                ticket.resolution_due_at,
                self.resolution_halted_at,
                self.resolution_done_at,
                self.resolution_breached_at,
            ),
        };
        Some(Stored { kind, minutes: minutes?, due_at, halted_at, done_at, breached_at })
    }

    /// The clocks that the ticket has.
    pub fn clocks(&self, ticket: &Ticket) -> Vec<Stored> {
        ClockKind::ALL.iter().filter_map(|kind| self.clock(ticket, *kind)).collect()
    }
}

/// Tickets for which something is to be done at this moment, the longest waiting first.
pub async fn due<C: ConnectionTrait>(tenant: Tenant<'_, C>, now: i64, limit: u64) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT ticket_id FROM ticket_slas WHERE workspace_id = $1 AND next_at <= $2 ORDER BY next_at LIMIT $3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = tenant.connection.query_all_raw(tenant.statement(sql, [now.into(), limit.into()])).await?;
    rows.iter().map(|row| Ok(row.try_get("", "ticket_id")?)).collect()
}

/// Open tickets in the order of their ids, after one of them.
pub async fn open_tickets<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    after: &str,
    limit: u64,
) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT id FROM tickets WHERE workspace_id = $1 AND id > $2 \
         AND status IN ('OPEN', 'IN_PROGRESS', 'WAITING_ON_CUSTOMER', 'ESCALATED') ORDER BY id LIMIT $3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = tenant.connection.query_all_raw(tenant.statement(sql, [after.into(), limit.into()])).await?;
    rows.iter().map(|row| Ok(row.try_get("", "id")?)).collect()
}

/// When a ticket got which status, in order, as payloads of its audit lines; the newest 2,000.
pub async fn status_changes<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
) -> Result<Vec<(i64, String)>, StoreError> {
    let sql = "SELECT created_at, payload FROM ticket_events WHERE workspace_id = $1 AND ticket_id = $2 \
         AND kind = 'STATUS_CHANGED' ORDER BY seq DESC LIMIT $3";
    let values = [ticket_id.into(), CHANGES_MAX.into()];
    let rows = tenant.connection.query_all_raw(tenant.statement(sql, values)).await?;
    let read = |row: &sea_orm::QueryResult| -> Result<_, StoreError> {
        Ok((row.try_get("", "created_at")?, row.try_get("", "payload")?))
    };
    rows.iter().rev().map(read).collect()
}

/// By what a report is grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Everything is one group.
    All,
    /// By the priority that the tickets have now.
    Priority,
    /// By customer.
    Organization,
    /// By support agent.
    Assignee,
}

/// How the promises of a group of tickets were kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what their names say")]
pub struct Kept {
    /// The priority, or the id of the organization or support agent; none for tickets without.
    pub key: Option<String>,
    pub name: Option<String>,
    pub tickets: i64,
    pub first_response_met: i64,
    pub first_response_breached: i64,
    /// Not decided yet.
    pub first_response_open: i64,
    pub resolution_met: i64,
    pub resolution_breached: i64,
    /// Not decided yet.
    pub resolution_open: i64,
}

/// Where a clock stands, as SQL over `t`, the ticket, and `s`, its row of `ticket_slas`: 0 not promised, 1 breached, 2 met, 3 not
/// decided yet. A clock is breached once it ran out, whether or not that was noted. Reports and the dashboard both say it so.
macro_rules! state {
    ($clock:literal, $now:literal) => {
        concat!(
            "CASE WHEN s.",
            $clock,
            "_minutes IS NULL THEN 0 WHEN s.",
            $clock,
            "_breached_at IS NOT NULL OR t.",
            $clock,
            "_due_at < COALESCE(s.",
            $clock,
            "_halted_at, ",
            $now,
            ") THEN 1 WHEN s.",
            $clock,
            "_done_at IS NOT NULL THEN 2 ELSE 3 END"
        )
    };
}
pub(crate) use state;

/// How the promises were kept to tickets that were opened from one moment until before another: the largest groups first, at
/// most 1,000. A clock is breached once it ran out, whether or not that was noted, met when it ended before, and open otherwise.
pub async fn kept<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    from: i64,
    to: i64,
    group: Group,
    now: i64,
) -> Result<Vec<Kept>, StoreError> {
    let (key, name, join, by) = match group {
        Group::All => ("CAST(NULL AS TEXT)", "CAST(NULL AS TEXT)", "", ""),
        Group::Priority => ("t.priority", "t.priority", "", "GROUP BY t.priority"),
        Group::Organization => (
            "t.organization_id",
            "MAX(o.name)",
            "LEFT JOIN organizations o ON o.workspace_id = t.workspace_id AND o.id = t.organization_id",
            "GROUP BY t.organization_id",
        ),
        Group::Assignee => (
            "t.assignee_id",
            "MAX(a.name)",
            "LEFT JOIN support_agents a ON a.workspace_id = t.workspace_id AND a.id = t.assignee_id",
            "GROUP BY t.assignee_id",
        ),
    };
    let clocks = [("first_response", state!("first_response", "$4")), ("resolution", state!("resolution", "$4"))];
    let sums = clocks.map(|(clock, state)| {
        let sum = |is: i32| format!("CAST(COALESCE(SUM(CASE {state} WHEN {is} THEN 1 ELSE 0 END), 0) AS BIGINT)");
        format!("{} AS {clock}_breached, {} AS {clock}_met, {} AS {clock}_open", sum(1), sum(2), sum(3))
    });
    let sql = format!(
        "SELECT {key} AS key, {name} AS name, COUNT(*) AS tickets, {} FROM tickets t \
         JOIN ticket_slas s ON s.workspace_id = t.workspace_id AND s.ticket_id = t.id {join} \
         WHERE t.workspace_id = $1 AND t.created_at >= $2 AND t.created_at < $3 \
         AND (s.first_response_minutes IS NOT NULL OR s.resolution_minutes IS NOT NULL) \
         {by} ORDER BY tickets DESC, key LIMIT $5",
        sums.join(", ")
    );
    let values = [from.into(), to.into(), now.into(), GROUPS_MAX.into()];
    Ok(Kept::find_by_statement(tenant.statement(&sql, values)).all(tenant.connection).await?)
}
