//! Table `devices`. Endpoints that organizations use.

use sea_orm::entity::prelude::*;

/// One row of `devices`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "devices")]
pub struct Model {
    pub workspace_id: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub organization_id: String,
    pub location_id: Option<String>,
    pub name: String,
    pub r#type: String,
    pub manufacturer_id: Option<String>,
    pub model_id: Option<String>,
    pub operating_system_id: Option<String>,
    pub domain_id: Option<String>,
    pub serial_number: Option<String>,
    pub asset_tag: Option<String>,
    pub ip_address: Option<String>,
    pub mac_address: Option<String>,
    pub status: String,
    pub last_seen_at: Option<i64>,
    pub warranty_until: Option<i64>,
    pub notes: Option<String>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
