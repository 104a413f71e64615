//! Messages of tickets.

use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, Value};

use crate::by_position::by_position;
use crate::entities::ticket_messages;
use crate::rows::Message;
use crate::{StoreError, Tenant};

/// A message with the name of its author.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedMessage {
    /// The message.
    pub message: Message,
    /// Name of the author.
    pub author: Option<String>,
}

/// What is read of a message and its author.
struct Line {
    id: String,
    ticket_id: String,
    origin_ticket_id: Option<String>,
    author_type: String,
    author_user_id: Option<String>,
    author_contact_id: Option<String>,
    author_agent_id: Option<String>,
    body: String,
    is_internal: bool,
    suggestion_id: Option<String>,
    created_at: i64,
    author: Option<String>,
}

by_position!(Line {
    id: "m.id",
    ticket_id: "m.ticket_id",
    origin_ticket_id: "m.origin_ticket_id",
    author_type: "m.author_type",
    author_user_id: "m.author_user_id",
    author_contact_id: "m.author_contact_id",
    author_agent_id: "m.author_agent_id",
    body: "m.body",
    is_internal: "m.is_internal",
    suggestion_id: "m.suggestion_id",
    created_at: "m.created_at",
} author);

/// The newest messages of a ticket with their authors, at most `limit`, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn newest_named<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
    limit: u64,
) -> Result<Vec<NamedMessage>, StoreError> {
    // The limit is part of the text: PostgreSQL plans a statement once when it knows the limit, and each time when not.
    let rest = format!("m.ticket_id = $2 ORDER BY m.created_at DESC, m.id DESC LIMIT {limit}");
    let mut messages = with_authors(tenant, &rest, ticket_id).await?;
    messages.reverse();
    Ok(messages)
}

/// The message with this id and its author.
///
/// # Errors
/// When the database fails.
pub async fn named<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Option<NamedMessage>, StoreError> {
    Ok(with_authors(tenant, "m.id = $2 LIMIT 1", id).await?.pop())
}

/// The first message of a ticket and its author.
///
/// # Errors
/// When the database fails.
pub async fn first_named<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ticket_id: &str,
) -> Result<Option<NamedMessage>, StoreError> {
    Ok(with_authors(tenant, "m.ticket_id = $2 ORDER BY m.created_at, m.id LIMIT 1", ticket_id).await?.pop())
}

/// Messages with their authors' names; `rest` is the condition on `$2`, the order and the limit.
async fn with_authors<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    rest: &str,
    value: &str,
) -> Result<Vec<NamedMessage>, StoreError> {
    // No message has more than one author, so one name is looked up for each; joins would prepare three for all.
    let sql = format!(
        "SELECT {} COALESCE( \
         (SELECT c.name FROM contacts c WHERE c.workspace_id = m.workspace_id AND c.id = m.author_contact_id), \
         (SELECT a.name FROM support_agents a WHERE a.workspace_id = m.workspace_id AND a.id = m.author_agent_id), \
         (SELECT u.name FROM users u WHERE u.workspace_id = m.workspace_id AND u.id = m.author_user_id)) AS author \
         FROM ticket_messages m WHERE m.workspace_id = $1 AND {rest}",
        Line::COLUMNS
    );
    let lines = Line::find_by_statement(tenant.statement(&sql, [value.into()])).all(tenant.connection).await?;
    Ok(lines.into_iter().map(|line| line.named(tenant.workspace_id().as_str())).collect())
}

impl Line {
    fn named(self, workspace_id: &str) -> NamedMessage {
        let message = Message {
            workspace_id: workspace_id.to_owned(),
            id: self.id,
            ticket_id: self.ticket_id,
            origin_ticket_id: self.origin_ticket_id,
            author_type: self.author_type,
            author_user_id: self.author_user_id,
            author_contact_id: self.author_contact_id,
            author_agent_id: self.author_agent_id,
            body: self.body,
            is_internal: self.is_internal,
            suggestion_id: self.suggestion_id,
            created_at: self.created_at,
        };
        NamedMessage { message, author: self.author }
    }
}

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
