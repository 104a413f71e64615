//! Table `webhook_endpoints`. Who is told of which events.

use sea_orm::entity::prelude::*;

/// One row of `webhook_endpoints`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub url: String,
    pub secret: String,
    pub previous_secret: Option<String>,
    pub previous_until: Option<i64>,
    #[sea_orm(column_type = "JsonBinary")]
    pub events: Json,
    pub is_managed: bool,
    pub disabled_at: Option<i64>,
    pub disabled_reason: Option<String>,
    pub failure_count: i64,
    pub failing_since: Option<i64>,
    pub last_success_at: Option<i64>,
    pub last_seq: i64,
    pub deleted_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
