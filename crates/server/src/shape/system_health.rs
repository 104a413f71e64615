//! How nodes, queue, database and model are, on the wire.

use patchcord_app::system_health::{DeadJob, HealthLog, SystemHealth};
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::{CopilotHealth, UsageRow, time};

/// How everything is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SystemHealthRow {
    /// `ok` or `degraded`.
    status: String,
    /// The newest line of each node that was heard within the last three minutes.
    nodes: Vec<NodeRow>,
    queue: QueueRow,
    webhooks: BacklogRow,
    /// How long the database took to answer just now.
    db_latency_ms: i64,
    model: CopilotHealth,
    /// What models were asked for within the last hour.
    model_last_hour: UsageRow,
}

/// How a node is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NodeRow {
    node: String,
    /// `OK` or `DEGRADED`.
    status: String,
    at: String,
    /// Processors that it kept busy on average: 0.5 is half of one.
    cpu: f64,
    memory_bytes: i64,
    active_calls: i64,
    queue_depth: i64,
    db_latency_ms: i64,
    /// Null when no model was asked.
    #[schema(required)]
    model_latency_ms: Option<i64>,
}

/// How the queue of jobs is.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct QueueRow {
    /// Jobs that wait, of all workspaces.
    ready: i64,
    /// Jobs that are worked on.
    running: i64,
    /// Since when the job has waited that is due longest; null when none is due.
    #[schema(required)]
    waiting_since: Option<String>,
    /// Jobs of this workspace that were given up within the last 7 days.
    dead: i64,
    /// The newest 20 of them.
    dead_jobs: Vec<DeadJobRow>,
}

/// What waits to be told to the receivers of this workspace's webhooks.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BacklogRow {
    /// Deliveries that have neither arrived nor been given up; 10,000 stands for more as well.
    pending: i64,
    /// Of those, the ones whose time has come.
    due: i64,
    /// Since when the one of those has waited that waits longest; null when none is due.
    #[schema(required)]
    due_since: Option<String>,
    /// Endpoints whose newest deliveries fail.
    failing_endpoints: i64,
    /// Endpoints that are told nothing any more, because they failed for days or said that they are gone.
    disabled_endpoints: i64,
}

/// A job that was given up.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DeadJobRow {
    id: String,
    kind: String,
    #[schema(required)]
    error: Option<String>,
    at: String,
}

impl From<&HealthLog> for NodeRow {
    fn from(log: &HealthLog) -> Self {
        Self {
            node: log.node.clone(),
            status: log.status.clone(),
            at: to_rfc3339(log.created_at),
            cpu: log.cpu as f64 / 1_000.0,
            memory_bytes: log.memory,
            active_calls: log.active_calls,
            queue_depth: log.queue_depth,
            db_latency_ms: log.db_latency_ms,
            model_latency_ms: log.model_latency_ms,
        }
    }
}

impl From<&SystemHealth> for SystemHealthRow {
    fn from(health: &SystemHealth) -> Self {
        let dead = |job: &DeadJob| DeadJobRow {
            id: job.id.clone(),
            kind: job.kind.clone(),
            error: job.last_error.clone(),
            at: to_rfc3339(job.updated_at),
        };
        Self {
            status: if health.degraded { "degraded" } else { "ok" }.to_owned(),
            nodes: health.nodes.iter().map(NodeRow::from).collect(),
            queue: QueueRow {
                ready: health.queue.0,
                running: health.queue.1,
                waiting_since: time(health.waiting_since),
                dead: health.dead_count,
                dead_jobs: health.dead_jobs.iter().map(dead).collect(),
            },
            webhooks: BacklogRow {
                pending: health.webhooks.pending,
                due: health.webhooks.due,
                due_since: time(health.webhooks.due_since),
                failing_endpoints: health.webhooks.failing,
                disabled_endpoints: health.webhooks.disabled,
            },
            db_latency_ms: health.db_latency_ms,
            model: health.model.clone().into(),
            model_last_hour: (&health.last_hour).into(),
        }
    }
}
