//! From the outbox to deliveries: each event becomes one delivery for each endpoint that wants it, exactly once.
//!
//! The rows and the cursor move in one transaction, and the cursor moves only from where it was read: of several nodes that do
//! this at the same time one gets through, and the others begin again from the new place.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::user::{Actor, Role};
use patchcord_domain::webhook::wants;
use patchcord_store::rows::{Event, WebhookDelivery, WebhookEndpoint};
use patchcord_store::unscoped::events::{self, Position};
use patchcord_store::{unscoped, webhooks};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::payload;
use crate::live::may_see;
use crate::{App, AppError};

/// Events that are read at once.
const BATCH: u64 = 100;
/// Deliveries, and bytes of them, after which a batch is cut short.
const ROWS_MAX: usize = 500;
const BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// Events of other nodes, and those that a signal was missed for, are found this often at the latest.
const POLL: Duration = Duration::from_secs(1);
/// An event that is committed but not settled yet is looked for again after this time.
pub(super) const UNSETTLED: Duration = Duration::from_millis(10);
/// Between two reads, so that a busy desk does not write after each commit.
const GATHER: Duration = Duration::from_millis(25);
/// The same while nobody has an endpoint.
const GATHER_FOR_NOBODY: Duration = Duration::from_secs(1);

/// What reading the outbox once came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fanned {
    /// So many deliveries were made; there may be more.
    Made(usize),
    /// Somebody else did it.
    Elsewhere,
    /// Nobody has an endpoint: what happened is passed over.
    Nobody,
    /// There is nothing new.
    Nothing,
    /// More is committed, but an older transaction still runs.
    Unsettled,
}

/// Turns events into deliveries until the token is cancelled.
pub(super) async fn run(app: App, stop: CancellationToken) {
    let mut changed = app.store.watch_events();
    loop {
        let read_at = tokio::time::Instant::now();
        let (wait, gather) = match fan_out(&app).await {
            Ok(Fanned::Made(rows)) => {
                if rows > 0 {
                    app.webhooks.due.notify_one();
                }
                (Duration::ZERO, GATHER)
            }
            Ok(Fanned::Elsewhere | Fanned::Nothing) => (POLL, GATHER),
            Ok(Fanned::Nobody) => (POLL, GATHER_FOR_NOBODY),
            Ok(Fanned::Unsettled) => (UNSETTLED, GATHER),
            Err(error) => {
                tracing::warn!(%error, "events cannot be made into deliveries of webhooks; trying again");
                (POLL, POLL)
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            _ = changed.changed() => {}
            () = tokio::time::sleep(wait) => {}
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep_until(read_at + gather) => {}
        }
    }
}

/// Turns the next events into deliveries, one batch.
pub(super) async fn fan_out(app: &App) -> Result<Fanned, AppError> {
    let reader = app.store.reader();
    let from = unscoped::webhooks::cursor(reader).await?;
    let batch = events::after(reader, from, BATCH).await?;
    if batch.is_empty() {
        return Ok(if events::any_after(reader, from).await? { Fanned::Unsettled } else { Fanned::Nothing });
    }
    // Endpoints are read after the events: one that was made before an event is among them.
    let newest = events::newest(reader).await?;
    let endpoints = unscoped::webhooks::enabled(reader).await?;
    if endpoints.is_empty() {
        advance(app, from, newest, Vec::new()).await?;
        return Ok(Fanned::Nobody);
    }
    let mut by_workspace: HashMap<&str, Vec<&WebhookEndpoint>> = HashMap::new();
    for endpoint in &endpoints {
        by_workspace.entry(&endpoint.workspace_id).or_default().push(endpoint);
    }
    let (mut made, mut bytes, mut to) = (Vec::new(), 0, from);
    for event in &batch {
        if made.len() >= ROWS_MAX || bytes >= BYTES_MAX {
            break;
        }
        to = Position::of(event);
        let own = by_workspace.get(event.workspace_id.as_str()).into_iter().flatten();
        let takers: Vec<&&WebhookEndpoint> = own.filter(|endpoint| gets(endpoint, event)).collect();
        if takers.is_empty() {
            continue;
        }
        let data = payload::data(app, event).await?.to_string();
        for endpoint in takers {
            bytes += data.len();
            made.push(Made { endpoint_id: endpoint.id.clone(), event: event.clone(), data: data.clone() });
        }
    }
    let count = made.len();
    let advanced = advance(app, from, to, made).await?;
    Ok(if advanced { Fanned::Made(count) } else { Fanned::Elsewhere })
}

/// A delivery that is about to be made.
struct Made {
    endpoint_id: String,
    event: Event,
    data: String,
}

/// An endpoint sees what an administrator of its workspace sees, but no private chats.
fn gets(endpoint: &WebhookEndpoint, event: &Event) -> bool {
    let workspace_id = WorkspaceId::new(endpoint.workspace_id.as_str());
    let anybody = Actor { workspace_id, user_id: String::new(), role: Role::Admin };
    may_see(&anybody, event) && wants(wishes(endpoint), &event.r#type)
}

/// Which events an endpoint asks for.
pub(super) fn wishes(endpoint: &WebhookEndpoint) -> impl Iterator<Item = &str> {
    endpoint.events.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// Moves the cursor and makes the rows; `false` when somebody else has moved it.
async fn advance(app: &App, from: Position, to: Position, made: Vec<Made>) -> Result<bool, AppError> {
    let app = app.clone();
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                if !unscoped::webhooks::advance(tx, from, to).await? {
                    return Ok(false);
                }
                let mut groups: BTreeMap<(String, String), Vec<Made>> = BTreeMap::new();
                for one in made {
                    let key = (one.event.workspace_id.clone(), one.endpoint_id.clone());
                    groups.entry(key).or_default().push(one);
                }
                for ((workspace, endpoint), group) in groups {
                    let workspace = WorkspaceId::new(workspace);
                    let tenant = tx.tenant(&workspace);
                    let count = i64::try_from(group.len()).unwrap_or(i64::MAX);
                    // It may have been disabled or deleted just now.
                    let Some(before) = webhooks::reserve(tenant, &endpoint, count).await? else { continue };
                    let rows = group.into_iter().zip(before + 1..).map(|(one, seq)| row(&app, one, seq)).collect();
                    webhooks::add_deliveries(tenant, rows).await?;
                }
                Ok(true)
            })
        })
        .await
}

fn row(app: &App, one: Made, seq: i64) -> WebhookDelivery {
    let Made { endpoint_id, event, data } = one;
    let body = payload::body(&event.id, &event.r#type, event.at, seq, &data);
    let audit_seq = event.data["auditLength"].as_i64();
    new_row(app, endpoint_id, (event.id, event.r#type, event.subject_id), audit_seq, seq, body)
}

/// A delivery that nobody has tried. The names are the event's id, its type and what it is about.
pub(super) fn new_row(
    app: &App,
    endpoint_id: String,
    (event_id, event_type, subject_id): (String, String, String),
    audit_seq: Option<i64>,
    seq: i64,
    request_body: String,
) -> WebhookDelivery {
    let now = app.clock.now();
    WebhookDelivery {
        workspace_id: String::new(),
        id: app.id(),
        endpoint_id,
        event_id,
        event_type,
        subject_id,
        audit_seq,
        seq,
        state: "PENDING".to_owned(),
        attempts: 0,
        next_attempt_at: Some(now),
        first_tried_at: None,
        last_tried_at: None,
        delivered_at: None,
        lease_token: None,
        lease_until: None,
        request_body,
        response_status: None,
        response_body: None,
        duration_ms: None,
        last_error: None,
        created_at: now,
    }
}
