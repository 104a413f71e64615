//! Support agents: the list, and taking one out.

use sea_orm::ConnectionTrait;

use crate::named_list::{self, Filters, Slice};
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

const TABLE: &str = "support_agents";
const COLUMNS: &str = "workspace_id, id, kind, name, specialty, user_id, is_available, max_open_tickets, version, \
    created_at, updated_at";

/// The page of support agents.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<SupportAgent>, StoreError> {
    named_list::page(tenant, (COLUMNS, TABLE, "name"), filters(query), &query.slice).await
}

/// How many support agents fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    named_list::count(tenant, TABLE, filters(query)).await
}

fn filters(query: &Query) -> Filters {
    let mut filters = Filters::new();
    filters.equal("kind", query.kind);
    filters.equal("is_available", query.is_available);
    filters.contain(&["name", "COALESCE(specialty, '')"], query.words.as_deref());
    filters
}

/// Takes a support agent out; says whether it was there.
///
/// # Errors
/// [`StoreError::Reference`] when a ticket, a team or a macro still names it.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM support_agents WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}
