//! Table `phone_numbers`. Numbers at which the desk is called.

use sea_orm::entity::prelude::*;

/// One row of `phone_numbers`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "phone_numbers")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub number: String,
    pub label: String,
    pub engine: Option<String>,
    pub transfer_number: Option<String>,
    pub is_active: bool,
    pub takes_calls: bool,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
