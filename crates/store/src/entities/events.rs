//! Table `events`. The outbox: what happened, in order.

use sea_orm::entity::prelude::*;

/// One row of `events`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub xid: i64,
    pub workspace_id: String,
    pub id: String,
    pub r#type: String,
    pub topic: String,
    pub subject_id: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub data: Json,
    pub at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
