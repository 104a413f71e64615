//! Table `ai_suggestions`. Copilot jobs and their results.

use sea_orm::entity::prelude::*;

/// One row of `ai_suggestions`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ai_suggestions")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub ticket_id: String,
    pub r#type: String,
    pub kind: String,
    pub state: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub request: Json,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub content: Option<Json>,
    pub error: Option<String>,
    pub error_code: Option<String>,
    pub model: Option<String>,
    pub prompt_tokens: i64,
    pub completion_tokens: i64,
    pub cost_usd: i64,
    pub attempts: i64,
    pub requested_by: Option<String>,
    pub prompt_version: Option<String>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub redaction_counts: Option<Json>,
    pub feedback: Option<String>,
    pub final_text: Option<String>,
    pub edit_distance: Option<i64>,
    pub feedback_note: Option<String>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub triage: Option<Json>,
    pub started_at: Option<i64>,
    pub finished_at: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
