//! Table `sla_policies`. What is promised for tickets of a priority.

use sea_orm::entity::prelude::*;

/// One row of `sla_policies`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sla_policies")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub organization_id: Option<String>,
    pub priority: String,
    pub first_response_minutes: Option<i64>,
    pub resolution_minutes: Option<i64>,
    pub business_hours_only: bool,
    #[sea_orm(column_type = "JsonBinary")]
    pub escalation_rules: Json,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
