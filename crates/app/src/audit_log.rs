//! Reading the log of administrative changes.

use std::collections::HashMap;

use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::AuditEntry;
use patchcord_store::{audit_log, users};

use crate::error::require;
use crate::tickets::unique;
use crate::{App, AppError};

pub use patchcord_store::audit_log::Query;

/// An entry with the name of who made the change.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedEntry {
    /// The entry.
    pub entry: AuditEntry,
    /// Name of the user, when it was one of this workspace.
    pub actor_name: Option<String>,
}

/// A page of entries.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditPage {
    /// The entries, newest first.
    pub entries: Vec<NamedEntry>,
    /// Whether there are more.
    pub has_more: bool,
}

impl App {
    /// Administrative changes of the workspace, newest first.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for everybody but administrators.
    pub async fn audit_log(&self, actor: &Actor, query: Query) -> Result<AuditPage, AppError> {
        require(actor, Role::Admin)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let limit = query.limit;
        let mut found = audit_log::page(tenant, &Query { limit: limit + 1, ..query }).await?;
        let has_more = found.len() as u64 > limit;
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let ids = unique(found.iter().map(|entry| entry.actor.clone()).collect());
        let names: HashMap<String, String> =
            users::some(tenant, &ids).await?.into_iter().map(|user| (user.id, user.name)).collect();
        let named = |entry: AuditEntry| NamedEntry { actor_name: names.get(&entry.actor).cloned(), entry };
        Ok(AuditPage { entries: found.into_iter().map(named).collect(), has_more })
    }
}
