//! Table `conversation_analyses`. What was found out about conversations.

use sea_orm::entity::prelude::*;

/// One row of `conversation_analyses`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation_analyses")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub call_id: Option<String>,
    pub ticket_id: Option<String>,
    pub sentiment: String,
    pub sentiment_score: i64,
    pub intent: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub topics: Json,
    pub language: Option<String>,
    pub resolution: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub quality_flags: Json,
    pub model: String,
    pub created_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
