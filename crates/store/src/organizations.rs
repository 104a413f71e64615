//! Organizations: the list with its filters, the look-up by U-E code, and what keeps one from being deleted.

use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter};

use crate::entities::organizations;
use crate::listing::{self, Conditions, Listed, Slice, Table, users_of};
use crate::rows::Organization;
use crate::{StoreError, Tenant, Tx, search};

/// Which organizations, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that name, domain or U-E code must have; the last may be the beginning of one.
    pub words: Option<String>,
    /// Any of these codes; empty means all. The same holds for the lists below.
    pub u_e_codes: Vec<String>,
    /// ACTIVE, SUSPENDED.
    pub statuses: Vec<String>,
    /// Any of these account managers.
    pub account_managers: Vec<String>,
    /// The order and the part.
    pub slice: Slice,
}

/// An organization with the name of its account manager.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Line {
    pub id: String,
    pub name: String,
    pub u_e_code: Option<String>,
    pub domain: Option<String>,
    pub account_manager_id: Option<String>,
    pub account_manager_name: Option<String>,
    pub notes: Option<String>,
    pub status: String,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Listed for Line {
    fn keys(&self) -> (&str, &str, i64, i64) {
        (&self.id, &self.name, self.created_at, self.updated_at)
    }
}

const TABLE: Table = Table {
    name: "organizations",
    columns: "r.id, r.name, r.u_e_code, r.domain, r.account_manager_id, m.name AS account_manager_name, r.notes, \
              r.status, r.version, r.created_at, r.updated_at",
    joins: "LEFT JOIN account_managers m ON m.workspace_id = r.workspace_id AND m.id = r.account_manager_id",
    named_by: "name",
    documents: search::ORGANIZATION,
};

/// What keeps an organization from being deleted, each up to 1,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named after what is counted")]
pub struct Uses {
    pub contacts: i64,
    pub devices: i64,
    pub locations: i64,
    pub sla_policies: i64,
    pub tickets: i64,
    pub calls: i64,
}

/// The page of organizations.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    let Some(all) = conditions(tenant, query) else { return Ok(Vec::new()) };
    listing::page(tenant, &TABLE, all, &query.slice).await
}

/// How many organizations fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let Some(all) = conditions(tenant, query) else { return Ok(0) };
    listing::count(tenant, &TABLE, all).await
}

/// One organization with the name of its account manager.
pub async fn line<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Option<Line>, StoreError> {
    listing::line(tenant, &TABLE, id).await
}

/// The organization that has a U-E code.
pub async fn by_ue_code<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    code: &str,
) -> Result<Option<Organization>, StoreError> {
    let by_code = tenant.find::<organizations::Entity>().filter(organizations::Column::UECode.eq(code));
    Ok(by_code.one(tenant.connection).await?)
}

/// What points to an organization.
pub async fn uses<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Uses, StoreError> {
    Ok(Uses {
        contacts: users_of(tenant, "contacts", "organization_id", id).await?,
        devices: users_of(tenant, "devices", "organization_id", id).await?,
        locations: users_of(tenant, "locations", "organization_id", id).await?,
        sla_policies: users_of(tenant, "sla_policies", "organization_id", id).await?,
        tickets: users_of(tenant, "tickets", "organization_id", id).await?,
        calls: users_of(tenant, "calls", "organization_id", id).await?,
    })
}

/// Takes an organization out; says whether it was there.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM organizations WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}

/// What a search for organizations finds in one.
pub fn search_text(name: &str, u_e_code: Option<&str>, domain: Option<&str>) -> String {
    [Some(name), u_e_code, domain].into_iter().flatten().collect::<Vec<_>>().join("\n")
}

fn conditions<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Option<Conditions> {
    let mut all = Conditions::of(tenant.connection.get_database_backend(), &TABLE, query.words.as_deref())?;
    all.one_of_few("r.u_e_code", &query.u_e_codes);
    all.any_of("r.status", &query.statuses);
    all.any_of("r.account_manager_id", &query.account_managers);
    Some(all)
}
