//! Endpoints of webhooks and their deliveries on the wire.

use patchcord_app::rows::{WebhookDelivery, WebhookEndpoint};
use patchcord_app::webhooks::{Line, MadeEndpoint, shown_url};
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::time;

/// An endpoint, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WebhookRow {
    id: String,
    /// Where deliveries go; of the operator's endpoint only the server is shown.
    #[schema(example = "https://example.com/hooks/desk")]
    url: String,
    /// Kinds of events; `*` stands for all of them.
    #[schema(example = json!(["ticket.created", "ticket.message"]))]
    events: Vec<String>,
    /// Whether it gets nothing at present.
    disabled: bool,
    #[schema(required)]
    disabled_at: Option<String>,
    /// MANUAL; GONE when it answered 410; FAILING after five days of nothing but failures.
    #[schema(required)]
    disabled_reason: Option<String>,
    /// Whether the operator set it (`AI_WEBHOOK_URL`): then it can only be disabled and enabled.
    is_managed: bool,
    /// Failed tries since the last success.
    failure_count: i64,
    #[schema(required)]
    failing_since: Option<String>,
    /// To the minute.
    #[schema(required)]
    last_success_at: Option<String>,
    /// Until then deliveries are signed with the secret before the last rotation as well.
    #[schema(required)]
    previous_secret_until: Option<String>,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&WebhookEndpoint> for WebhookRow {
    fn from(row: &WebhookEndpoint) -> Self {
        let events = row.events.as_array().into_iter().flatten();
        Self {
            id: row.id.clone(),
            url: shown_url(row),
            events: events.filter_map(|kind| kind.as_str().map(str::to_owned)).collect(),
            disabled: row.disabled_at.is_some(),
            disabled_at: time(row.disabled_at),
            disabled_reason: row.disabled_reason.clone(),
            is_managed: row.is_managed,
            failure_count: row.failure_count,
            failing_since: time(row.failing_since),
            last_success_at: time(row.last_success_at),
            previous_secret_until: time(row.previous_until),
            version: row.version,
            created_at: to_rfc3339(row.created_at),
            updated_at: to_rfc3339(row.updated_at),
        }
    }
}

/// An endpoint whose secret was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeWebhookRow {
    #[serde(flatten)]
    row: WebhookRow,
    /// With which deliveries are signed, shown this once.
    #[schema(example = "whsec_…")]
    secret: String,
}

impl From<&MadeEndpoint> for MadeWebhookRow {
    fn from(made: &MadeEndpoint) -> Self {
        Self { row: WebhookRow::from(&made.row), secret: made.secret.clone() }
    }
}

/// A line of the list of deliveries.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryLine {
    id: String,
    webhook_id: String,
    /// Id of the event: the header `webhook-id`, the same in every try.
    event_id: String,
    #[schema(example = "ticket.message")]
    r#type: String,
    /// Counts the deliveries of this endpoint, in the order of the events.
    seq: i64,
    /// PENDING, DELIVERED or FAILED.
    state: String,
    /// Tries that have ended.
    attempts: i64,
    /// When it is tried next; null when it is not.
    #[schema(required)]
    next_attempt_at: Option<String>,
    /// When the last try ended.
    #[schema(required)]
    last_attempt_at: Option<String>,
    #[schema(required)]
    delivered_at: Option<String>,
    /// Of the last answer.
    #[schema(required)]
    response_status: Option<i64>,
    /// How long the last try took.
    #[schema(required)]
    duration_ms: Option<i64>,
    /// Why the last try failed.
    #[schema(required)]
    last_error: Option<String>,
    created_at: String,
}

impl From<&Line> for DeliveryLine {
    fn from(line: &Line) -> Self {
        let is_pending = line.state == "PENDING";
        Self {
            id: line.id.clone(),
            webhook_id: line.endpoint_id.clone(),
            event_id: line.event_id.clone(),
            r#type: line.event_type.clone(),
            seq: line.seq,
            state: line.state.clone(),
            attempts: line.attempts,
            next_attempt_at: time(line.next_attempt_at.filter(|_| is_pending)),
            last_attempt_at: time(line.last_tried_at),
            delivered_at: time(line.delivered_at),
            response_status: line.response_status,
            duration_ms: line.duration_ms,
            last_error: line.last_error.clone(),
            created_at: to_rfc3339(line.created_at),
        }
    }
}

/// A delivery with what was sent and what came back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryDetail {
    #[serde(flatten)]
    line: DeliveryLine,
    /// The body that is sent, byte for byte.
    request_body: String,
    /// The beginning of the last answer, up to 4,096 characters.
    #[schema(required)]
    response_body: Option<String>,
}

impl From<&WebhookDelivery> for DeliveryDetail {
    fn from(row: &WebhookDelivery) -> Self {
        Self {
            line: DeliveryLine::from(&Line::from(row)),
            request_body: row.request_body.clone(),
            response_body: row.response_body.clone(),
        }
    }
}
