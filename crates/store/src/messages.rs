//! Messages of tickets.

use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Value};

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

/// What a ticket's customer said first.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct FirstWords {
    /// The ticket.
    pub ticket_id: String,
    /// The text.
    pub body: String,
}

/// The first message of the customer on each of these tickets, at most 100 tickets.
pub async fn first_of_customers<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_ids: &[String],
) -> Result<Vec<FirstWords>, StoreError> {
    let ids: Vec<Value> = ticket_ids.iter().take(100).map(|id| id.as_str().into()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (2..ids.len() + 2).map(|place| format!("${place}")).collect();
    let sql = format!(
        "SELECT ticket_id, body FROM (SELECT ticket_id, body, \
         ROW_NUMBER() OVER (PARTITION BY ticket_id ORDER BY created_at, id) AS place FROM ticket_messages \
         WHERE workspace_id = $1 AND ticket_id IN ({}) AND author_type = 'CUSTOMER') AS spoken WHERE place = 1 LIMIT 100",
        places.join(", ")
    );
    Ok(FirstWords::find_by_statement(tenant.statement(&sql, ids)).all(tenant.connection).await?)
}
