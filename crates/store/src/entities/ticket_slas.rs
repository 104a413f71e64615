//! Table `ticket_slas`. The service-level clocks of tickets, beside the due times that the tickets themselves carry.

use sea_orm::entity::prelude::*;

/// One row of `ticket_slas`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_slas")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub ticket_id: String,
    pub business_hours_only: bool,
    pub first_response_minutes: Option<i64>,
    pub first_response_halted_at: Option<i64>,
    pub first_response_done_at: Option<i64>,
    pub first_response_breached_at: Option<i64>,
    pub resolution_minutes: Option<i64>,
    pub resolution_halted_at: Option<i64>,
    pub resolution_done_at: Option<i64>,
    pub resolution_breached_at: Option<i64>,
    pub due_at: Option<i64>,
    pub next_at: Option<i64>,
    #[sea_orm(column_type = "JsonBinary")]
    pub marks: Json,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
