//! Table `ticket_messages`. Entries of tickets' conversations.

use sea_orm::entity::prelude::*;

/// One row of `ticket_messages`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ticket_messages")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub ticket_id: String,
    pub origin_ticket_id: Option<String>,
    pub author_type: String,
    pub author_user_id: Option<String>,
    pub author_contact_id: Option<String>,
    pub author_agent_id: Option<String>,
    pub body: String,
    pub is_internal: bool,
    pub suggestion_id: Option<String>,
    pub created_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
