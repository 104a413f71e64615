//! Table `ticket_escalations`. Hand-overs to a person.

use sea_orm::entity::prelude::*;

/// One row of `ticket_escalations`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_escalations")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub ticket_id: Option<String>,
    pub call_id: Option<String>,
    pub from_agent_id: Option<String>,
    pub to_agent_id: Option<String>,
    pub reason: String,
    pub level: i64,
    pub status: String,
    pub accepted_by: Option<String>,
    pub accepted_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
