//! Table `ticket_assignments`. Who had a ticket, and when.

use sea_orm::entity::prelude::*;

/// One row of `ticket_assignments`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_assignments")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub ticket_id: String,
    pub support_agent_id: String,
    pub assigned_by: Option<String>,
    pub assigned_at: i64,
    pub released_at: Option<i64>,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
