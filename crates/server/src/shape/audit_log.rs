//! Administrative changes on the wire.

use patchcord_app::audit_log::NamedEntry;
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// One administrative change.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditRow {
    id: String,
    /// When.
    at: String,
    /// Who: the id of a user, or `operator` for the command line.
    actor: String,
    /// Name of the user, when it was one.
    #[schema(required)]
    actor_name: Option<String>,
    #[schema(example = "user.changed")]
    action: String,
    /// The id of what was changed.
    subject: String,
    /// The fields as they were.
    #[schema(required, value_type = Option<Object>)]
    before: Option<Value>,
    /// The fields as they are since.
    #[schema(required, value_type = Option<Object>)]
    after: Option<Value>,
}

impl From<&NamedEntry> for AuditRow {
    fn from(named: &NamedEntry) -> Self {
        let entry = &named.entry;
        Self {
            id: entry.id.clone(),
            at: to_rfc3339(entry.created_at),
            actor: entry.actor.clone(),
            actor_name: named.actor_name.clone(),
            action: entry.action.clone(),
            subject: entry.subject.clone(),
            before: entry.before.clone(),
            after: entry.after.clone(),
        }
    }
}
