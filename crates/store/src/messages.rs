//! Messages of tickets.

use sea_orm::{ColumnTrait, ConnectionTrait, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::ticket_messages;
use crate::rows::Message;
use crate::{StoreError, Tenant};

/// The newest messages of a ticket, at most `limit`, oldest first.
pub async fn newest<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
    limit: u64,
) -> Result<Vec<Message>, StoreError> {
    let mut messages = tenant
        .find::<ticket_messages::Entity>()
        .filter(ticket_messages::Column::TicketId.eq(ticket_id))
        .order_by_desc(ticket_messages::Column::CreatedAt)
        .order_by_desc(ticket_messages::Column::Id)
        .limit(limit)
        .all(tenant.connection)
        .await?;
    messages.reverse();
    Ok(messages)
}

/// The first messages of a ticket, at most `limit`, oldest first.
pub async fn first<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
    limit: u64,
) -> Result<Vec<Message>, StoreError> {
    Ok(tenant
        .find::<ticket_messages::Entity>()
        .filter(ticket_messages::Column::TicketId.eq(ticket_id))
        .order_by_asc(ticket_messages::Column::CreatedAt)
        .order_by_asc(ticket_messages::Column::Id)
        .limit(limit)
        .all(tenant.connection)
        .await?)
}
