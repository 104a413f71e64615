//! How things look on the wire: camelCase, RFC 3339, nulls shown. Nothing here decides anything.

mod assignment;
mod audit_log;
mod call_figures;
mod calls;
mod copilot;
mod costs;
mod dashboard;
mod desk;
mod devices;
mod imports;
mod knowledge;
mod people;
mod sla;
mod system_health;
mod tickets;
mod tokens;
mod users;
mod webhooks;
mod workspace;

use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

pub(crate) use assignment::{PhoneNumberRow, SupportAgentRow, TeamRow, TriageOutcome, TriageRow};
pub(crate) use audit_log::AuditRow;
pub(crate) use call_figures::CallFiguresRow;
pub(crate) use calls::{BrowserCallRow, CallDetailRow, CallRow, LiveCallRow, TurnRow};
pub(crate) use copilot::{Accepted, CopilotHealth, Envelope, SuggestionRow, SyncResult, TicketSuggestion};
pub(crate) use costs::{CostsRow, UsageRow};
pub(crate) use dashboard::{
    AgentRow, AgentsRow, BucketRow, CustomerRow, OverviewRow, PeriodFigures, SeriesRow, bucket_rows,
};
pub(crate) use desk::{BulkOutcome, EscalationLine, MacroPreview, MacroRow, SavedViewRow, SimilarTicket};
pub(crate) use devices::{ContactDeviceRow, DeviceDetail, DeviceRow, EntryRow, ModelRow, OperatingSystemRow, entry};
pub(crate) use imports::ImportReport;
pub(crate) use knowledge::{ArticleRow, FoundArticle};
pub(crate) use people::{AccountManagerRow, ContactRow, LocationRow, OrganizationRow};
pub(crate) use sla::{SlaClock, SlaPolicyRow, SlaReport};
pub(crate) use system_health::SystemHealthRow;
pub(crate) use tickets::{
    Assignee, AttachmentRow, EscalationRow, MessageRow, TicketDetail, TicketEventRow, TicketLine,
};
pub(crate) use tokens::{MadeTokenRow, TokenRow};
pub(crate) use users::{AddedUser, Me, Session, UserRow};
pub(crate) use webhooks::{DeliveryDetail, DeliveryLine, MadeWebhookRow, WebhookRow};
pub(crate) use workspace::WorkspaceRow;

/// A body as a JSON value, to be kept with an idempotency key.
pub(crate) fn value(body: &impl Serialize) -> Value {
    serde_json::to_value(body).expect("bodies have only keys that are texts")
}

fn time(at: Option<i64>) -> Option<String> {
    at.map(to_rfc3339)
}

/// Micro-dollars as dollars.
fn dollars(micro: i64) -> f64 {
    micro as f64 / 1e6
}

/// The id and name of something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Ref {
    id: String,
    name: String,
}

fn reference(id: Option<String>, name: Option<String>) -> Option<Ref> {
    Some(Ref { id: id?, name: name? })
}
