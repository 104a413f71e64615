//! Merging one ticket into another: what belongs to it moves along.

use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::{ai_suggestions, ticket_events};
use crate::rows::TicketEvent;
use crate::search::TICKET;
use crate::{StoreError, Tenant, Tx};

/// How much moved.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Messages.
    pub messages: u64,
    /// Files.
    pub attachments: u64,
    /// Escalations that are not done with.
    pub escalations: u64,
}

/// Moves messages, files and open escalations from one ticket to another. Both must be locked.
///
/// A file whose content the other ticket already has stays where it is: no ticket has the same content twice.
pub async fn move_all(tenant: Tenant<'_, Tx>, from: &str, into: &str) -> Result<Moved, StoreError> {
    let run = async |sql: &str| -> Result<u64, StoreError> {
        let statement = tenant.statement(sql, [from.into(), into.into()]);
        Ok(tenant.connection.execute_raw(statement).await?.rows_affected())
    };
    let messages = run("UPDATE ticket_messages SET ticket_id = $3, origin_ticket_id = COALESCE(origin_ticket_id, $2) \
         WHERE workspace_id = $1 AND ticket_id = $2")
    .await?;
    let attachments = run("UPDATE attachments SET ticket_id = $3, origin_ticket_id = COALESCE(origin_ticket_id, $2) \
         WHERE workspace_id = $1 AND ticket_id = $2 AND NOT EXISTS (SELECT 1 FROM attachments there \
         WHERE there.workspace_id = $1 AND there.ticket_id = $3 AND there.sha256 = attachments.sha256)")
    .await?;
    let escalations = run("UPDATE ticket_escalations SET ticket_id = $3 \
         WHERE workspace_id = $1 AND ticket_id = $2 AND status NOT IN ('DECLINED', 'RESOLVED')")
    .await?;
    Ok(Moved { messages, attachments, escalations })
}

/// Hands the search documents of one ticket to another. Their words are not written again: only whom they lead to changes.
pub async fn move_search(tenant: Tenant<'_, Tx>, from: &str, into: &str) -> Result<(), StoreError> {
    let hand_over = tenant.statement(
        "UPDATE search_documents SET subject_id = $3, part = part + 1 + (SELECT COALESCE(MAX(there.part), -1) \
         FROM search_documents there WHERE there.workspace_id = $1 AND there.kind = $4 AND there.subject_id = $3) \
         WHERE workspace_id = $1 AND kind = $4 AND subject_id = $2",
        [from.into(), into.into(), TICKET.into()],
    );
    tenant.connection.execute_raw(hand_over).await?;
    Ok(())
}

/// The suggestions of a ticket that are still worked on, at most 1,000.
pub async fn unfinished_suggestions(tenant: Tenant<'_, Tx>, ticket_id: &str) -> Result<Vec<String>, StoreError> {
    Ok(tenant
        .find::<ai_suggestions::Entity>()
        .select_only()
        .column(ai_suggestions::Column::Id)
        .filter(ai_suggestions::Column::TicketId.eq(ticket_id))
        .filter(ai_suggestions::Column::State.is_in(["queued", "running"]))
        .order_by_asc(ai_suggestions::Column::CreatedAt)
        .limit(1_000)
        .into_tuple()
        .all(tenant.connection)
        .await?)
}

#[derive(FromQueryResult)]
struct Source {
    id: String,
}

/// The tickets that were merged into this one, directly or through others, at most 100.
pub async fn sources<C: ConnectionTrait>(tenant: Tenant<'_, C>, ticket_id: &str) -> Result<Vec<String>, StoreError> {
    let statement = tenant.statement(
        "WITH RECURSIVE merged (id) AS (\
           SELECT id FROM tickets WHERE workspace_id = $1 AND merged_into_id = $2 \
           UNION SELECT t.id FROM tickets t JOIN merged ON t.merged_into_id = merged.id WHERE t.workspace_id = $1) \
         SELECT id FROM merged LIMIT 100",
        [ticket_id.into()],
    );
    let found = Source::find_by_statement(statement).all(tenant.connection).await?;
    Ok(found.into_iter().map(|source| source.id).collect())
}

/// The newest audit lines of several tickets, oldest first, at most `limit`.
pub async fn newest_lines<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_ids: &[String],
    limit: u64,
) -> Result<Vec<TicketEvent>, StoreError> {
    let mut lines = tenant
        .find::<ticket_events::Entity>()
        .filter(ticket_events::Column::TicketId.is_in(ticket_ids))
        .order_by_desc(ticket_events::Column::CreatedAt)
        .order_by_desc(ticket_events::Column::TicketId)
        .order_by_desc(ticket_events::Column::Seq)
        .limit(limit)
        .all(tenant.connection)
        .await?;
    lines.reverse();
    Ok(lines)
}
