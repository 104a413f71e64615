//! Table `ticket_events`. The audit trail; append-only.

use sea_orm::entity::prelude::*;

/// One row of `ticket_events`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_events")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub ticket_id: String,
    pub kind: String,
    pub actor_type: String,
    pub actor_id: Option<String>,
    pub payload: String,
    pub seq: i64,
    pub mac: String,
    pub created_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
