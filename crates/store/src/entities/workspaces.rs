//! Table `workspaces`. The tenants.

use sea_orm::entity::prelude::*;

/// One row of `workspaces`.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "workspaces")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    pub name: String,
    pub slug: String,
    pub timezone: String,
    #[sea_orm(column_type = "JsonBinary")]
    pub business_hours: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub holidays: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub product_areas: Json,
    #[sea_orm(column_type = "JsonBinary")]
    pub settings: Json,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Relations are followed by explicit queries.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
