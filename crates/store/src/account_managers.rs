//! Account managers: the list, and what keeps one from being deleted.

use sea_orm::ConnectionTrait;

use crate::listing::{self, Conditions, Listed, Slice, Table, users_of};
use crate::rows::AccountManager;
use crate::{StoreError, Tenant, Tx, search};

/// Which account managers, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that name, email or phone must have; the last may be the beginning of one.
    pub words: Option<String>,
    /// The order and the part.
    pub slice: Slice,
}

impl Listed for AccountManager {
    fn keys(&self) -> (&str, &str, i64, i64) {
        (&self.id, &self.name, self.created_at, self.updated_at)
    }
}

const TABLE: Table = Table {
    name: "account_managers",
    columns: "r.workspace_id, r.id, r.name, r.email, r.phone, r.version, r.created_at, r.updated_at",
    joins: "",
    named_by: "name",
    documents: search::ACCOUNT_MANAGER,
};

/// The page of account managers.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<AccountManager>, StoreError> {
    let Some(all) = conditions(tenant, query) else { return Ok(Vec::new()) };
    listing::page(tenant, &TABLE, all, &query.slice).await
}

/// How many account managers fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let Some(all) = conditions(tenant, query) else { return Ok(0) };
    listing::count(tenant, &TABLE, all).await
}

/// How many organizations an account manager has, counted up to 1,000.
pub async fn organizations<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<i64, StoreError> {
    users_of(tenant, "organizations", "account_manager_id", id).await
}

/// Takes an account manager out; says whether it was there.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM account_managers WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}

/// What a search for account managers finds in one.
pub fn search_text(name: &str, others: [Option<&str>; 2]) -> String {
    std::iter::once(name).chain(others.into_iter().flatten()).collect::<Vec<_>>().join("\n")
}

fn conditions<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Option<Conditions> {
    Conditions::of(tenant.connection.get_database_backend(), &TABLE, query.words.as_deref())
}
