//! Table `agent_interactions`. The stays of calls with voice agents.

use sea_orm::entity::prelude::*;

/// One row of `agent_interactions`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "agent_interactions")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub call_id: String,
    pub seq: i64,
    pub agent: String,
    pub entered_at: i64,
    pub left_at: Option<i64>,
    pub handoff_from: Option<String>,
    pub handoff_reason: Option<String>,
    pub turns: i64,
    #[sea_orm(column_type = "JsonBinary")]
    pub tool_calls: Json,
    pub outcome: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
