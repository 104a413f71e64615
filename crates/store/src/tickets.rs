//! Tickets: numbers, reading one, and locking one for a change.

use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Statement};

use crate::entities::{attachments, support_agents, ticket_assignments, ticket_escalations, tickets};
use crate::rows::{Assignment, Attachment, Escalation, SupportAgent, Ticket};
use crate::{Store, StoreError, Tenant, Tx};
use patchcord_domain::id::WorkspaceId;

/// The number of a ticket that is about to be inserted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// Taken from the counter before the transaction, on PostgreSQL: a counter row that stays locked until the flush would
    /// make every creator wait for every other.
    Reserved(i64),
    /// To be taken inside the transaction, on SQLite, where there is only one writer anyway.
    InTransaction,
}

const NEXT_NUMBER: &str =
    "UPDATE ticket_counters SET last_number = last_number + 1 WHERE workspace_id = $1 RETURNING last_number";

/// Reserves a number where that must happen before the transaction. A number that is not used leaves a gap.
pub async fn reserve_number(store: &Store, workspace_id: &WorkspaceId) -> Result<Number, StoreError> {
    match store.counters() {
        Some(counters) => take_number(counters, workspace_id).await.map(Number::Reserved),
        None => Ok(Number::InTransaction),
    }
}

/// The number itself.
pub async fn number(tenant: Tenant<'_, Tx>, number: Number) -> Result<i64, StoreError> {
    match number {
        Number::Reserved(number) => Ok(number),
        Number::InTransaction => take_number(tenant.connection, tenant.workspace_id()).await,
    }
}

async fn take_number(connection: &impl ConnectionTrait, workspace_id: &WorkspaceId) -> Result<i64, StoreError> {
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, NEXT_NUMBER, [workspace_id.as_str().into()]);
    let row = connection.query_one_raw(statement).await?;
    let row = row.ok_or_else(|| StoreError::Internal(format!("workspace {workspace_id} has no ticket counter")))?;
    Ok(row.try_get("", "last_number")?)
}

/// A ticket by its number.
pub async fn by_number<C: ConnectionTrait>(tenant: Tenant<'_, C>, number: i64) -> Result<Option<Ticket>, StoreError> {
    Ok(tenant.find::<tickets::Entity>().filter(tickets::Column::Number.eq(number)).one(tenant.connection).await?)
}

/// The tickets with these ids, at most 100.
pub async fn some<C: ConnectionTrait>(tenant: Tenant<'_, C>, ids: &[String]) -> Result<Vec<Ticket>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let all = tenant.find::<tickets::Entity>().filter(tickets::Column::Id.is_in(ids)).limit(100);
    Ok(all.all(tenant.connection).await?)
}

/// The files of a ticket, oldest first, at most 500.
pub async fn attachments<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
) -> Result<Vec<Attachment>, StoreError> {
    Ok(tenant
        .find::<attachments::Entity>()
        .filter(attachments::Column::TicketId.eq(ticket_id))
        .order_by_asc(attachments::Column::CreatedAt)
        .order_by_asc(attachments::Column::Id)
        .limit(500)
        .all(tenant.connection)
        .await?)
}

/// The file of a ticket with this content, when it is already there.
pub async fn attachment_by_content<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
    sha256: &str,
) -> Result<Option<Attachment>, StoreError> {
    Ok(tenant
        .find::<attachments::Entity>()
        .filter(attachments::Column::TicketId.eq(ticket_id))
        .filter(attachments::Column::Sha256.eq(sha256))
        .one(tenant.connection)
        .await?)
}

/// The assignment of a ticket that is not released yet.
pub async fn current_assignment<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
) -> Result<Option<Assignment>, StoreError> {
    Ok(tenant
        .find::<ticket_assignments::Entity>()
        .filter(ticket_assignments::Column::TicketId.eq(ticket_id))
        .filter(ticket_assignments::Column::ReleasedAt.is_null())
        .one(tenant.connection)
        .await?)
}

/// The escalations of a ticket, newest first, at most 100.
pub async fn escalations<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
) -> Result<Vec<Escalation>, StoreError> {
    Ok(tenant
        .find::<ticket_escalations::Entity>()
        .filter(ticket_escalations::Column::TicketId.eq(ticket_id))
        .order_by_desc(ticket_escalations::Column::CreatedAt)
        .limit(100)
        .all(tenant.connection)
        .await?)
}

/// The support agent that stands for a user.
pub async fn agent_of_user<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    user_id: &str,
) -> Result<Option<SupportAgent>, StoreError> {
    Ok(tenant
        .find::<support_agents::Entity>()
        .filter(support_agents::Column::UserId.eq(user_id))
        .one(tenant.connection)
        .await?)
}

/// Notes how content the customer is, as the newest analysis found. No version changes: nobody who edits the ticket must
/// notice.
pub async fn set_sentiment(tenant: Tenant<'_, Tx>, ticket_id: &str, sentiment: &str) -> Result<(), StoreError> {
    let update = tenant.statement(
        "UPDATE tickets SET sentiment = $3 WHERE workspace_id = $1 AND id = $2",
        [ticket_id.into(), sentiment.into()],
    );
    tenant.connection.execute_raw(update).await?;
    Ok(())
}

/// The workspaces' counters begin at zero.
pub async fn start_counter(tx: &Tx, workspace_id: &WorkspaceId) -> Result<(), StoreError> {
    let statement = Statement::from_sql_and_values(
        tx.get_database_backend(),
        "INSERT INTO ticket_counters (workspace_id, last_number) VALUES ($1, 0)",
        [workspace_id.as_str().into()],
    );
    tx.execute_raw(statement).await?;
    Ok(())
}

/// Whether any ticket points to this storage key; files without one are left over from a failed upload.
pub async fn storage_key_in_use<C: ConnectionTrait>(tenant: Tenant<'_, C>, key: &str) -> Result<bool, StoreError> {
    Ok(attachments::Entity::find()
        .filter(attachments::Column::WorkspaceId.eq(tenant.workspace_id().as_str()))
        .filter(attachments::Column::StorageKey.eq(key))
        .one(tenant.connection)
        .await?
        .is_some())
}
