//! Table `macros`. Canned replies that may also change the ticket.

use sea_orm::entity::prelude::*;

/// One row of `macros`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "macros")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub user_id: Option<String>,
    pub name: String,
    pub body: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub actions: Json,
    pub assignee_id: Option<String>,
    pub is_shared: bool,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
