//! Table `tickets`. Tickets.

use sea_orm::entity::prelude::*;

/// One row of `tickets`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tickets")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub number: i64,
    pub audit_head: String,
    pub audit_length: i64,
    pub message_count: i64,
    pub last_message_at: Option<i64>,
    pub subject: String,
    pub status: String,
    pub priority: String,
    pub channel: String,
    pub product_area: Option<String>,
    pub category: Option<String>,
    pub organization_id: Option<String>,
    pub contact_id: Option<String>,
    pub device_id: Option<String>,
    pub call_id: Option<String>,
    pub created_by_user_id: Option<String>,
    pub assignee_id: Option<String>,
    pub sentiment: Option<String>,
    pub first_response_due_at: Option<i64>,
    pub resolution_due_at: Option<i64>,
    pub first_responded_at: Option<i64>,
    pub resolved_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub sla_paused_at: Option<i64>,
    pub sla_paused_ms: i64,
    pub sla_breached_at: Option<i64>,
    pub merged_into_id: Option<String>,
    pub remote_id: Option<String>,
    #[sea_orm(column_type = "JsonBinary")]
    pub tags: Json,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
