//! Table `call_turns`. What was said in calls.

use sea_orm::entity::prelude::*;

/// One row of `call_turns`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "call_turns")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub call_id: String,
    pub seq: i64,
    pub speaker: String,
    pub agent: Option<String>,
    pub text: String,
    pub started_ms: i64,
    pub ended_ms: i64,
    pub response_ms: Option<i64>,
    pub sentiment_score: Option<i64>,
    pub interrupted: bool,
    pub item_id: Option<String>,
    pub created_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
