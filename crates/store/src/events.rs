//! The outbox: what happened, written in the transaction in which it happened.

use std::sync::atomic::Ordering;

use serde_json::Value as Json;

use crate::{StoreError, Tenant, Tx};

/// An event to record.
#[derive(Debug, Clone)]
pub struct NewEvent<'a> {
    /// Id of the new event.
    pub id: String,
    /// Such as `ticket.updated`.
    pub kind: &'a str,
    /// What listeners subscribe to, such as `tickets`.
    pub topic: &'a str,
    /// The thing that it is about, for subscriptions to one thing.
    pub subject_id: &'a str,
    /// Ids and states, never customers' words.
    pub data: Json,
    /// When, in unix milliseconds.
    pub at: i64,
}

/// Records an event; listeners are told after the commit.
pub async fn record(tenant: Tenant<'_, Tx>, event: NewEvent<'_>) -> Result<(), StoreError> {
    // The sequence and, on PostgreSQL, the transaction's id are filled in by the database.
    let insert = tenant.statement(
        "INSERT INTO events (workspace_id, id, type, topic, subject_id, data, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [
            event.id.into(),
            event.kind.into(),
            event.topic.into(),
            event.subject_id.into(),
            event.data.into(),
            event.at.into(),
        ],
    );
    tenant.connection.wrote().events.store(true, Ordering::Relaxed);
    tenant.connection.later(insert).await
}
