//! Gives out what waits for a team, the oldest first, until nobody is free any more.

use patchcord_store::rows::{Job, Ticket};
use patchcord_store::{unscoped, waiting};

use super::Failure;
use crate::assignment::{Given, give, is_open_to_all, try_again};
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// The kind of these jobs.
pub const JOB: &str = "assignment";
/// Tickets of one job; when more wait, another job goes on.
const BATCH: u64 = 20;

/// Gives out what waits for the team that the job names. It may run twice, and at the same time as another: each ticket is
/// given out under its lock.
///
/// # Errors
/// Why it is not done; see [`Failure`].
pub async fn run(app: &App, job: &Job) -> Result<(), Failure> {
    let workspace = job.workspace();
    let team_id = job.payload["teamId"].as_str().unwrap_or_default().to_owned();
    let mut go_on = false;
    if app.settings_of(&workspace).await?.settings.auto_assign {
        let tickets = waiting::of_team(app.store.tenant(&workspace), &team_id, BATCH).await?;
        go_on = tickets.len() as u64 == BATCH;
        for ticket in tickets {
            if !one(app, job, &team_id, ticket).await? {
                go_on = false;
                break;
            }
        }
    }
    let (app, job) = (app.clone(), job.clone());
    let done: Result<(), AppError> = app
        .store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                if go_on {
                    try_again(&app, tx.tenant(&job.workspace()), &team_id, 0).await?;
                }
                Ok(unscoped::jobs::finish(tx, &job, app.clock.now()).await?)
            })
        })
        .await;
    Ok(done?)
}

/// Gives out one ticket, unless it waits no longer; says whether the next one may be tried.
async fn one(app: &App, job: &Job, team_id: &str, ticket_id: String) -> Result<bool, AppError> {
    let (app, workspace, team_id) = (app.clone(), job.workspace(), team_id.to_owned());
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                let change = Change { app: &app, tenant: tx.tenant(&workspace), who: Who::System, at: app.clock.now() };
                let Some(mut ticket) = change.tenant.lock::<Ticket>(&ticket_id).await? else { return Ok(true) };
                if waiting::team_of(change.tenant, &ticket_id).await?.as_deref() != Some(&*team_id) {
                    return Ok(true);
                }
                if !is_open_to_all(&ticket) {
                    waiting::remove(change.tenant, &ticket_id).await?;
                    return Ok(true);
                }
                match give(&change, &mut ticket, &team_id, None, &serde_json::Map::new()).await? {
                    Given::To(_) => {
                        change.save(ticket, "ticket.updated").await?;
                        Ok(true)
                    }
                    Given::HasIt | Given::Nobody => Ok(false),
                }
            })
        })
        .await
}
