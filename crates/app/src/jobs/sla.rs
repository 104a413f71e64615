//! The jobs of service levels: noting what clocks have reached, and working them out anew after a policy or the hours changed.

use std::collections::HashSet;

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::ticket::Status;
use patchcord_domain::time::{MINUTE, Millis};
use patchcord_store::jobs::{NewJob, enqueue};
use patchcord_store::rows::Job;
use patchcord_store::{Tenant, Tx, sla, unscoped};
use serde_json::json;

use super::Failure;
use crate::sla::{follow, look_after};
use crate::tickets::lock_even_merged;
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// The kind of the jobs that recur, see [`super::recurring`].
pub const SCAN: &str = "sla_scan";
/// The kind of the jobs that follow from a change of policies or hours.
pub const REFRESH: &str = "sla_refresh";
/// Tickets that are read at once.
const BATCH: u64 = 100;
/// Tickets that one transaction works out anew.
const TOGETHER: u64 = 25;
/// Most tickets of one scan; the next one goes on.
const SCAN_MAX: usize = 5_000;
/// A second round finds the tickets whose transaction had read the old policy and was not over during the first.
const AGAIN_AFTER: Millis = MINUTE;

/// Notes what the clocks of a workspace have reached: events, and what rules do. Each ticket in a transaction of its own, which
/// looks again under the lock, so that two nodes at once do nothing twice.
///
/// # Errors
/// Why it is not done; see [`Failure`].
pub async fn scan(app: &App, job: &Job) -> Result<(), Failure> {
    let workspace = job.workspace();
    let mut seen = HashSet::new();
    while seen.len() < SCAN_MAX {
        let due = sla::due(app.store.tenant(&workspace), app.clock.now(), BATCH).await?;
        let fresh: Vec<String> = due.into_iter().filter(|id| seen.insert(id.clone())).collect();
        if fresh.is_empty() {
            break;
        }
        for id in fresh {
            match look_at(app, &workspace, id.clone()).await {
                Ok(_) => {}
                Err(error @ AppError::Unavailable(_)) => return Err(error.into()),
                // One ticket must not keep the others from it.
                Err(error) => {
                    tracing::error!(%error, ticket_id = id, "the clocks of a ticket could not be looked after");
                }
            }
        }
    }
    finish(app, job).await
}

async fn look_at(app: &App, workspace: &WorkspaceId, id: String) -> Result<bool, AppError> {
    let (app, workspace) = (app.clone(), workspace.clone());
    app.store
        .clone()
        .write(move |tx| Box::pin(async move { look_after(&as_system(&app, tx.tenant(&workspace)), &id).await }))
        .await
}

/// Works the clocks of every open ticket of a workspace out anew. It may run any number of times.
///
/// # Errors
/// Why it is not done; see [`Failure`].
pub async fn refresh(app: &App, job: &Job) -> Result<(), Failure> {
    let workspace = job.workspace();
    let mut after = String::new();
    loop {
        let ids = sla::open_tickets(app.store.tenant(&workspace), &after, TOGETHER).await?;
        let Some(last) = ids.last() else { break };
        after.clone_from(last);
        refresh_some(app, &workspace, ids).await?;
    }
    finish(app, job).await
}

async fn refresh_some(app: &App, workspace: &WorkspaceId, ids: Vec<String>) -> Result<(), AppError> {
    let (app, workspace) = (app.clone(), workspace.clone());
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                let change = as_system(&app, tx.tenant(&workspace));
                // Locked in the order of their ids, as by whoever merges two.
                for id in ids {
                    let mut ticket = lock_even_merged(change.tenant, &id).await?;
                    if !Status::parse(&ticket.status).is_some_and(Status::is_open) {
                        continue;
                    }
                    let before = ticket.clone();
                    follow(&change, &mut ticket).await?;
                    if ticket != before {
                        change.save(ticket, "ticket.updated").await?;
                    }
                }
                Ok(())
            })
        })
        .await
}

/// Enqueues what follows from a change of policies or hours, in the transaction of the change.
pub(crate) async fn refresh_later(app: &App, tenant: Tenant<'_, Tx>) -> Result<(), AppError> {
    let at = app.clock.now();
    for run_at in [at, at + AGAIN_AFTER] {
        let job = NewJob {
            id: app.id(),
            kind: REFRESH,
            payload: json!({}),
            priority: 60,
            run_at,
            max_attempts: 10,
            dedup_key: None,
            at,
        };
        enqueue(tenant, job).await?;
    }
    Ok(())
}

fn as_system<'t>(app: &'t App, tenant: Tenant<'t, Tx>) -> Change<'t> {
    Change { app, tenant, who: Who::System, at: app.clock.now() }
}

async fn finish(app: &App, job: &Job) -> Result<(), Failure> {
    let (job, now) = (job.clone(), app.clock.now());
    let done: Result<(), AppError> =
        app.store.write(move |tx| Box::pin(async move { Ok(unscoped::jobs::finish(tx, &job, now).await?) })).await;
    Ok(done?)
}
