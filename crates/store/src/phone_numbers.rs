//! The numbers at which the desk is called. Who takes the calls of a number is in [`crate::unscoped::phone_numbers`].

use sea_orm::ConnectionTrait;

use crate::listing::{self, Conditions, Listed, Slice, Table};
use crate::rows::PhoneNumber;
use crate::{StoreError, Tenant, Tx};

/// Which numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Whether they are in use.
    pub is_active: Option<bool>,
    /// What number or label must have.
    pub words: Option<String>,
    /// Order and page.
    pub slice: Slice,
}

impl Listed for PhoneNumber {
    fn keys(&self) -> (&str, &str, i64, i64) {
        (&self.id, &self.number, self.created_at, self.updated_at)
    }
}

const TABLE: Table = Table {
    name: "phone_numbers",
    columns: "r.workspace_id, r.id, r.number, r.label, r.engine, r.transfer_number, r.is_active, r.takes_calls, r.version, \
              r.created_at, r.updated_at",
    joins: "",
    named_by: "number",
    documents: "",
};
pub(crate) const COLUMNS: &str = "workspace_id, id, number, label, engine, transfer_number, is_active, takes_calls, \
    version, created_at, updated_at";

/// The page of numbers.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<PhoneNumber>, StoreError> {
    listing::page(tenant, &TABLE, conditions(tenant, query), &query.slice).await
}

/// How many numbers fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    listing::count(tenant, &TABLE, conditions(tenant, query)).await
}

fn conditions<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Conditions {
    let mut all = Conditions::of_short(tenant.connection.get_database_backend());
    all.equal("r.is_active", query.is_active);
    all.contain(&["r.number", "r.label"], query.words.as_deref());
    all
}

/// Whether the workspace has this number.
pub async fn is_there<C: ConnectionTrait>(tenant: Tenant<'_, C>, number: &str) -> Result<bool, StoreError> {
    let select =
        tenant.statement("SELECT id FROM phone_numbers WHERE workspace_id = $1 AND number = $2", [number.into()]);
    Ok(tenant.connection.query_one_raw(select).await?.is_some())
}

/// Adds a number, which takes its calls unless it does so in another workspace already; says whether it does.
///
/// # Errors
/// [`StoreError::Taken`] when this workspace has the number.
pub async fn add(tenant: Tenant<'_, Tx>, mut row: PhoneNumber) -> Result<bool, StoreError> {
    // Two that add the same number at the same time wait for each other here, and one of them adds nothing.
    let first = tenant.statement(
        "INSERT INTO phone_numbers (workspace_id, id, number, label, engine, transfer_number, is_active, takes_calls, \
         version, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, TRUE, $8, $9, $10) \
         ON CONFLICT (number) WHERE takes_calls DO NOTHING",
        [
            row.id.clone().into(),
            row.number.clone().into(),
            row.label.clone().into(),
            row.engine.clone().into(),
            row.transfer_number.clone().into(),
            row.is_active.into(),
            row.version.into(),
            row.created_at.into(),
            row.updated_at.into(),
        ],
    );
    if tenant.connection.execute_raw(first).await?.rows_affected() == 1 {
        return Ok(true);
    }
    row.takes_calls = false;
    tenant.add(row).await?;
    Ok(false)
}

/// Takes a number out; says whether it was there.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM phone_numbers WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}
