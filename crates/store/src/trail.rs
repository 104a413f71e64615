//! The audit trail of a ticket: append-only, chained, read in order.

use patchcord_domain::audit::{AuditKey, Sealed};
use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::ticket_events;
use crate::rows::{Ticket, TicketEvent};
use crate::{StoreError, Tenant, Tx};

/// One line to append.
#[derive(Debug, Clone)]
pub struct Line {
    /// Id of the new event.
    pub id: String,
    /// Kind, as stored.
    pub kind: &'static str,
    /// `USER`, `AGENT`, `BOT` or `SYSTEM`.
    pub actor_type: &'static str,
    /// Who; none for the system.
    pub actor_id: Option<String>,
    /// What changed.
    pub payload: serde_json::Value,
    /// When, in unix milliseconds.
    pub at: i64,
}

/// Appends a line and moves the head that the ticket keeps. The ticket must be locked; the caller saves it.
///
/// # Errors
/// When the database fails.
pub async fn append(tenant: Tenant<'_, Tx>, key: &AuditKey, ticket: &mut Ticket, line: Line) -> Result<(), StoreError> {
    let before = last_mac(tenant, ticket).await?;
    let (event, mac) = seal(key, ticket, line, &before);
    tenant.add_later(event).await?;
    ticket.audit_length += 1;
    ticket.audit_head = key.head(&ticket.id, ticket.audit_length, &mac);
    Ok(())
}

/// The first line of a ticket that is not inserted yet: the ticket must be inserted before the event that is returned.
pub fn first(key: &AuditKey, ticket: &mut Ticket, line: Line) -> TicketEvent {
    ticket.audit_length = 0;
    let (event, mac) = seal(key, ticket, line, "");
    ticket.audit_length = 1;
    ticket.audit_head = key.head(&ticket.id, 1, &mac);
    event
}

/// The line after `before`, the mac of the last one, for tickets that are not stored yet; moves length and head.
pub fn next(key: &AuditKey, ticket: &mut Ticket, line: Line, before: &str) -> TicketEvent {
    let (event, mac) = seal(key, ticket, line, before);
    ticket.audit_length += 1;
    ticket.audit_head = key.head(&ticket.id, ticket.audit_length, &mac);
    event
}

fn seal(key: &AuditKey, ticket: &Ticket, line: Line, before: &str) -> (TicketEvent, String) {
    // serde_json keeps objects sorted by key, so that the same payload always gives the same text.
    let payload = line.payload.to_string();
    let seq = ticket.audit_length + 1;
    let sealed = Sealed {
        ticket_id: &ticket.id,
        seq,
        id: &line.id,
        kind: line.kind,
        actor_type: line.actor_type,
        actor_id: line.actor_id.as_deref().unwrap_or_default(),
        payload: &payload,
        at: line.at,
    };
    let mac = key.mac(&sealed, before);
    let event = TicketEvent {
        workspace_id: ticket.workspace_id.clone(),
        id: line.id.clone(),
        ticket_id: ticket.id.clone(),
        kind: line.kind.to_owned(),
        actor_type: line.actor_type.to_owned(),
        actor_id: line.actor_id.clone(),
        payload,
        seq,
        mac: mac.clone(),
        created_at: line.at,
    };
    (event, mac)
}

async fn last_mac(tenant: Tenant<'_, Tx>, ticket: &Ticket) -> Result<String, StoreError> {
    if ticket.audit_length == 0 {
        return Ok(String::new());
    }
    let mac: Option<String> = tenant
        .find::<ticket_events::Entity>()
        .select_only()
        .column(ticket_events::Column::Mac)
        .filter(ticket_events::Column::TicketId.eq(ticket.id.as_str()))
        .filter(ticket_events::Column::Seq.eq(ticket.audit_length))
        .into_tuple()
        .one(tenant.connection)
        .await?;
    mac.ok_or_else(|| StoreError::Internal(format!("the audit trail of ticket {} is cut", ticket.id)))
}

/// The newest lines of a ticket, oldest first, at most `limit`.
pub async fn newest<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
    limit: u64,
) -> Result<Vec<TicketEvent>, StoreError> {
    let mut lines = tenant
        .find::<ticket_events::Entity>()
        .filter(ticket_events::Column::TicketId.eq(ticket_id))
        .order_by_desc(ticket_events::Column::Seq)
        .limit(limit)
        .all(tenant.connection)
        .await?;
    lines.reverse();
    Ok(lines)
}

/// The newest lines of a ticket of other kinds than these, oldest first, at most `limit`.
pub async fn newest_besides<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
    kinds: &[&str],
    limit: u64,
) -> Result<Vec<TicketEvent>, StoreError> {
    let mut lines = tenant
        .find::<ticket_events::Entity>()
        .filter(ticket_events::Column::TicketId.eq(ticket_id))
        .filter(ticket_events::Column::Kind.is_not_in(kinds.iter().copied()))
        .order_by_desc(ticket_events::Column::Seq)
        .limit(limit)
        .all(tenant.connection)
        .await?;
    lines.reverse();
    Ok(lines)
}

/// The newest line of one kind.
pub async fn newest_of_kind<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
    kind: &str,
) -> Result<Option<TicketEvent>, StoreError> {
    Ok(tenant
        .find::<ticket_events::Entity>()
        .filter(ticket_events::Column::TicketId.eq(ticket_id))
        .filter(ticket_events::Column::Kind.eq(kind))
        .order_by_desc(ticket_events::Column::Seq)
        .one(tenant.connection)
        .await?)
}

/// What is wrong with a ticket's trail; empty when every line is there and unchanged.
pub fn verify(key: &AuditKey, ticket: &Ticket, lines: &[TicketEvent]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut before = String::new();
    for (index, line) in lines.iter().enumerate() {
        let seq = i64::try_from(index).unwrap_or(i64::MAX - 1) + 1;
        if line.seq != seq {
            faults.push(format!("line {seq} is missing or out of order"));
            return faults;
        }
        let sealed = Sealed {
            ticket_id: &line.ticket_id,
            seq,
            id: &line.id,
            kind: &line.kind,
            actor_type: &line.actor_type,
            actor_id: line.actor_id.as_deref().unwrap_or_default(),
            payload: &line.payload,
            at: line.created_at,
        };
        if key.mac(&sealed, &before) != line.mac {
            faults.push(format!("line {seq} was changed"));
        }
        before.clone_from(&line.mac);
    }
    let length = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    if ticket.audit_length != length || ticket.audit_head != key.head(&ticket.id, length, &before) {
        faults.push("the end of the trail does not match what the ticket keeps of it".to_owned());
    }
    faults
}

/// Every line of a ticket, in order, for [`verify`].
pub async fn all<C: ConnectionTrait>(tenant: Tenant<'_, C>, ticket_id: &str) -> Result<Vec<TicketEvent>, StoreError> {
    newest(tenant, ticket_id, 1_000_000).await
}
