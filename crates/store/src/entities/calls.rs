//! Table `calls`. The log of calls.

use sea_orm::entity::prelude::*;

/// One row of `calls`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "calls")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub provider: String,
    pub provider_call_sid: String,
    pub caller_phone: Option<String>,
    pub from_number: String,
    pub to_number: String,
    pub organization_id: Option<String>,
    pub contact_id: Option<String>,
    pub device_id: Option<String>,
    pub identified_by: String,
    pub verification: String,
    pub status: String,
    pub engine: String,
    pub model: Option<String>,
    pub current_agent: Option<String>,
    pub started_at: i64,
    pub answered_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub duration_seconds: Option<i64>,
    pub ai_resolution: String,
    pub was_escalated: bool,
    pub transcript: Option<String>,
    pub call_summary: Option<String>,
    pub sentiment: Option<String>,
    pub ticket_id: Option<String>,
    pub recording_key: Option<String>,
    pub first_sound_ms: Option<i64>,
    pub interruptions: i64,
    pub frames_late: i64,
    pub frames_lost: i64,
    pub bridge_added_ms: Option<i64>,
    pub owner_node: Option<String>,
    pub lease_until: Option<i64>,
    pub resume_count: i64,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub checkpoint: Option<Json>,
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub ending: Option<Json>,
    pub stir_verdict: Option<String>,
    pub turn_count: i64,
    pub interaction_count: i64,
    pub wrong_codes: i64,
    pub last_turn_at: Option<i64>,
    pub started_by_user_id: Option<String>,
    pub erased_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
