//! Table `webhook_deliveries`. One event on its way to one endpoint.

use sea_orm::entity::prelude::*;

/// One row of `webhook_deliveries`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub endpoint_id: String,
    pub event_id: String,
    pub event_type: String,
    pub subject_id: String,
    pub audit_seq: Option<i64>,
    pub seq: i64,
    pub state: String,
    pub attempts: i64,
    pub next_attempt_at: Option<i64>,
    pub first_tried_at: Option<i64>,
    pub last_tried_at: Option<i64>,
    pub delivered_at: Option<i64>,
    pub lease_token: Option<String>,
    pub lease_until: Option<i64>,
    pub request_body: String,
    pub response_status: Option<i64>,
    pub response_body: Option<String>,
    pub duration_ms: Option<i64>,
    pub last_error: Option<String>,
    pub created_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
