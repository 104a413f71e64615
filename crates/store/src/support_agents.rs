//! Support agents: the list, and taking one out.

use sea_orm::ConnectionTrait;

use crate::listing::{self, Conditions, Listed, Slice, Table};
use crate::rows::SupportAgent;
use crate::{StoreError, Tenant, Tx};

/// Which support agents.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// BOT or HUMAN; both when absent.
    pub kind: Option<&'static str>,
    /// Whether they can be given tickets.
    pub is_available: Option<bool>,
    /// What name or specialty must have.
    pub words: Option<String>,
    /// Order and page.
    pub slice: Slice,
}

impl Listed for SupportAgent {
    fn keys(&self) -> (&str, &str, i64, i64) {
        (&self.id, &self.name, self.created_at, self.updated_at)
    }
}

const TABLE: Table = Table {
    name: "support_agents",
    columns: "r.workspace_id, r.id, r.kind, r.name, r.specialty, r.user_id, r.is_available, r.max_open_tickets, r.version, \
              r.created_at, r.updated_at",
    joins: "",
    named_by: "name",
    documents: "",
};

/// The page of support agents.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<SupportAgent>, StoreError> {
    listing::page(tenant, &TABLE, conditions(tenant, query), &query.slice).await
}

/// How many support agents fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    listing::count(tenant, &TABLE, conditions(tenant, query)).await
}

fn conditions<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Conditions {
    let mut all = Conditions::of_short(tenant.connection.get_database_backend());
    all.equal("r.kind", query.kind);
    all.equal("r.is_available", query.is_available);
    all.contain(&["r.name", "COALESCE(r.specialty, '')"], query.words.as_deref());
    all
}

/// Takes a support agent out; says whether it was there.
///
/// # Errors
/// [`StoreError::Reference`] when a ticket, a team or a macro still names it.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM support_agents WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}
