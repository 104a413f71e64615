//! Table `twilio_usage_logs`. What the carrier charged for calls.

use sea_orm::entity::prelude::*;

/// One row of `twilio_usage_logs`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "twilio_usage_logs")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub call_id: String,
    pub provider_call_sid: String,
    pub kind: String,
    pub quantity: i64,
    pub unit: String,
    pub price_usd: i64,
    pub fetched_at: Option<i64>,
    pub created_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
