//! Contacts: the list with its filters, look-ups by phone and email, and what keeps one from being deleted.

use sea_orm::{ConnectionTrait, FromQueryResult};

use crate::listing::{self, Conditions, Listed, Slice, Table, users_of};
use crate::{StoreError, Tenant, Tx, search};

/// Which contacts, and which part of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Words that name, email, phone or title must have; the last may be the beginning of one.
    pub words: Option<String>,
    /// Any of these numbers, E.164; empty means all. The same holds for the lists below.
    pub phones: Vec<String>,
    /// Any of these addresses, in lower case.
    pub emails: Vec<String>,
    /// Of any of these organizations.
    pub organizations: Vec<String>,
    /// At any of these locations.
    pub locations: Vec<String>,
    /// Only those who are, or are not, to be treated with special care.
    pub is_vip: Option<bool>,
    /// The order and the part.
    pub slice: Slice,
}

/// A contact with the names of the organization and the location.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Line {
    pub id: String,
    pub organization_id: String,
    pub organization_name: String,
    pub u_e_code: Option<String>,
    pub location_id: Option<String>,
    pub location_name: Option<String>,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub title: Option<String>,
    pub is_vip: bool,
    pub preferred_language: Option<String>,
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
    name: "contacts",
    columns: "r.id, r.organization_id, o.name AS organization_name, o.u_e_code, r.location_id, \
              l.name AS location_name, r.name, r.email, r.phone, r.title, r.is_vip, r.preferred_language, r.version, \
              r.created_at, r.updated_at",
    joins: "JOIN organizations o ON o.workspace_id = r.workspace_id AND o.id = r.organization_id \
            LEFT JOIN locations l ON l.workspace_id = r.workspace_id AND l.id = r.location_id",
    named_by: "name",
    documents: search::CONTACT,
};

/// What keeps a contact from being deleted, each up to 1,000.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named after what is counted")]
pub struct Uses {
    pub devices: i64,
    pub tickets: i64,
    pub messages: i64,
    pub calls: i64,
}

/// The page of contacts.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    let Some(all) = conditions(tenant, query) else { return Ok(Vec::new()) };
    listing::page(tenant, &TABLE, all, &query.slice).await
}

/// How many contacts fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let Some(all) = conditions(tenant, query) else { return Ok(0) };
    listing::count(tenant, &TABLE, all).await
}

/// One contact with the names of the organization and the location.
pub async fn line<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Option<Line>, StoreError> {
    listing::line(tenant, &TABLE, id).await
}

/// What points to a contact.
pub async fn uses<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Uses, StoreError> {
    Ok(Uses {
        devices: users_of(tenant, "contact_devices", "contact_id", id).await?,
        tickets: users_of(tenant, "tickets", "contact_id", id).await?,
        messages: users_of(tenant, "ticket_messages", "author_contact_id", id).await?,
        calls: users_of(tenant, "calls", "contact_id", id).await?,
    })
}

/// Takes a contact out; says whether it was there.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM contacts WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}

/// What a search for contacts finds in one.
pub fn search_text(name: &str, others: [Option<&str>; 3]) -> String {
    std::iter::once(name).chain(others.into_iter().flatten()).collect::<Vec<_>>().join("\n")
}

fn conditions<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Option<Conditions> {
    let mut all = Conditions::of(tenant.connection.get_database_backend(), &TABLE, query.words.as_deref())?;
    all.one_of_few("r.phone", &query.phones);
    all.one_of_few("r.email", &query.emails);
    all.any_of("r.organization_id", &query.organizations);
    all.any_of("r.location_id", &query.locations);
    match query.is_vip {
        Some(true) => all.push("r.is_vip"),
        Some(false) => all.push("NOT r.is_vip"),
        None => {}
    }
    Some(all)
}
