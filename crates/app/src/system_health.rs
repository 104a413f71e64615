//! How the nodes, the queue, the database and the model are: a line a minute and node, and what an administrator sees of it.

use std::time::Duration;

use patchcord_domain::machine::Use;
use patchcord_domain::metrics::UsageFigures;
use patchcord_domain::time::{HOUR, MINUTE, Millis};
use patchcord_domain::user::{Actor, Role};
use patchcord_store::unscoped::health;
use patchcord_store::{metrics, unscoped, webhooks};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::copilot;
use crate::error::require;
use crate::{App, AppError};

pub use patchcord_store::unscoped::health::{DeadJob, HealthLog};
pub use patchcord_store::webhooks::Backlog;

/// How often a node notes how it is.
const EVERY: Duration = Duration::from_secs(60);
/// A node that was not heard for so long is not shown.
const GONE: Millis = 3 * MINUTE;
/// A database that takes longer is not well.
const SLOW_MS: Millis = 1_000;
/// A queue whose oldest job waits longer is not well.
const LATE: Millis = 5 * MINUTE;
/// Most lines that are read, and dead jobs that are shown.
const LINES: u64 = 1_000;
const DEAD: u64 = 20;
/// How long the model is waited for.
const MODEL: Duration = Duration::from_secs(2);

/// How everything is.
#[derive(Debug, Clone, PartialEq)]
pub struct SystemHealth {
    /// The newest line of each node that lives, by name.
    pub nodes: Vec<HealthLog>,
    /// Jobs that wait, and jobs that are worked on, of all workspaces.
    pub queue: (i64, i64),
    /// Since when the job has waited that is due longest.
    pub waiting_since: Option<Millis>,
    /// How many jobs of this workspace were given up within the last 7 days.
    pub dead_count: i64,
    /// The newest of them.
    pub dead_jobs: Vec<DeadJob>,
    /// What waits to be told to the receivers of this workspace's webhooks.
    pub webhooks: Backlog,
    /// How long the database took to answer just now, in milliseconds.
    pub db_latency_ms: Millis,
    /// Who answers the copilot, and whether it can be asked.
    pub model: copilot::Health,
    /// What models were asked for within the last hour.
    pub last_hour: UsageFigures,
    /// Whether anything of it is not as it should be.
    pub degraded: bool,
}

impl App {
    /// How everything is, for administrators.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for everybody else.
    pub async fn system_health(&self, actor: &Actor) -> Result<SystemHealth, AppError> {
        require(actor, Role::Admin)?;
        let (reader, tenant, now) = (self.store.reader(), self.store.tenant(&actor.workspace_id), self.clock.now());
        let db_latency_ms = self.db_latency().await?;
        let mut nodes: Vec<HealthLog> = Vec::new();
        for line in health::since(reader, now - GONE, LINES).await? {
            if !nodes.iter().any(|newer| newer.node == line.node) {
                nodes.push(line);
            }
        }
        nodes.sort_by(|a, b| a.node.cmp(&b.node));
        let queue = unscoped::jobs::depth(reader).await?;
        let waiting_since = health::waiting_since(reader, now).await?;
        let model = match tokio::time::timeout(MODEL, self.copilot_health(actor)).await {
            Ok(model) => model?,
            Err(_) => copilot::Health {
                provider: self.model.as_ref().map_or("off", |model| model.provider()).to_owned(),
                model: self.model.as_ref().map(|model| model.name().to_owned()),
                reachable: false,
                reason: Some("the model server does not answer".into()),
            },
        };
        let mut last_hour = UsageFigures::default();
        for figures in metrics::usage(tenant, now - HOUR, now + 1).await?.into_values() {
            last_hour += figures;
        }
        let off = self.model.is_none();
        let webhooks = webhooks::backlog(tenant, now).await?;
        let degraded = !is_well(db_latency_ms, waiting_since, now)
            || webhooks.due_since.is_some_and(|since| now - since >= LATE)
            || !(model.reachable || off)
            || nodes.iter().any(|node| node.status != "OK");
        Ok(SystemHealth {
            nodes,
            queue,
            waiting_since,
            dead_count: health::dead_count(tenant).await?,
            dead_jobs: health::dead_jobs(tenant, DEAD).await?,
            webhooks,
            db_latency_ms,
            model,
            last_hour,
            degraded,
        })
    }

    /// Notes how this node is, now and every minute, until the token is cancelled.
    pub fn start_health_log(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        tasks.spawn(async move {
            let mut before = (app.clock.now(), app.machine.gauges.read());
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = tokio::time::sleep(EVERY) => {}
                }
                let now = (app.clock.now(), app.machine.gauges.read());
                if let Err(error) = app.log_health(before, now).await {
                    tracing::warn!(%error, "how this node is could not be noted");
                }
                before = now;
            }
        });
    }

    /// Notes how this node is, from what it used between two moments.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn log_health(&self, before: (Millis, Use), now: (Millis, Use)) -> Result<(), AppError> {
        let reader = self.store.reader();
        let db_latency_ms = self.db_latency().await?;
        let (ready, _) = unscoped::jobs::depth(reader).await?;
        let waiting_since = health::waiting_since(reader, now.0).await?;
        let well = is_well(db_latency_ms, waiting_since, now.0);
        let log = HealthLog {
            id: self.id(),
            node: self.machine.node.clone(),
            cpu: (now.1.cpu_ms - before.1.cpu_ms).max(0) * 1_000 / (now.0 - before.0).max(1),
            memory: now.1.memory_bytes,
            active_calls: i64::try_from(self.calls.sessions.count()).unwrap_or(i64::MAX),
            queue_depth: ready,
            db_latency_ms,
            model_latency_ms: self.meters.take_model_latency(),
            status: if well { "OK" } else { "DEGRADED" }.to_owned(),
            created_at: now.0,
        };
        self.store.write(move |tx| Box::pin(async move { Ok(health::add(tx, log).await?) })).await
    }

    async fn db_latency(&self) -> Result<Millis, AppError> {
        let asked_at = self.clock.now();
        self.store.ping().await?;
        Ok((self.clock.now() - asked_at).max(0))
    }
}

fn is_well(db_latency_ms: Millis, waiting_since: Option<Millis>, now: Millis) -> bool {
    db_latency_ms < SLOW_MS && waiting_since.is_none_or(|since| now - since < LATE)
}
