//! Locations: the list with its filter, and what keeps one from being deleted.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::listing::{self, Conditions, Listed, Slice, Table, users_of};
use crate::{StoreError, Tenant, Tx, search};

/// Which locations, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that name, address or city must have; the last may be the beginning of one.
    pub words: Option<String>,
    /// Of any of these organizations; empty means all.
    pub organizations: Vec<String>,
    /// The order and the part.
    pub slice: Slice,
}

/// A location with the name of its organization.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Line {
    pub id: String,
    pub organization_id: String,
    pub organization_name: String,
    pub name: String,
    pub address: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub timezone: Option<String>,
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
    name: "locations",
    columns: "r.id, r.organization_id, o.name AS organization_name, r.name, r.address, r.city, r.country, r.phone, \
              r.timezone, r.version, r.created_at, r.updated_at",
    joins: "JOIN organizations o ON o.workspace_id = r.workspace_id AND o.id = r.organization_id",
    named_by: "name",
    documents: search::LOCATION,
};

/// What keeps a location from being deleted, each up to 1,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named after what is counted")]
pub struct Uses {
    pub contacts: i64,
    pub devices: i64,
}

/// The page of locations.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    let Some(all) = conditions(tenant, query) else { return Ok(Vec::new()) };
    listing::page(tenant, &TABLE, all, &query.slice).await
}

/// How many locations fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let Some(all) = conditions(tenant, query) else { return Ok(0) };
    listing::count(tenant, &TABLE, all).await
}

/// One location with the name of its organization.
pub async fn line<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Option<Line>, StoreError> {
    listing::line(tenant, &TABLE, id).await
}

/// What points to a location.
pub async fn uses<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Uses, StoreError> {
    Ok(Uses {
        contacts: users_of(tenant, "contacts", "location_id", id).await?,
        devices: users_of(tenant, "devices", "location_id", id).await?,
    })
}

/// Takes a location out; says whether it was there.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM locations WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}

/// What a search for locations finds in one.
pub fn search_text(name: &str, others: [Option<&str>; 2]) -> String {
    std::iter::once(name).chain(others.into_iter().flatten()).collect::<Vec<_>>().join("\n")
}

fn conditions<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Option<Conditions> {
    let mut all = Conditions::of(tenant.connection.get_database_backend(), &TABLE, query.words.as_deref())?;
    all.any_of("r.organization_id", &query.organizations);
    Some(all)
}
