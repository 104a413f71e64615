//! Giving out tickets by itself: to whose turn it is in the team that covers their product area.
//!
//! Nobody gets more than they take: whoever gives out tickets of a team locks the team and its members first, and only then
//! counts. A ticket for which nobody is free waits, and a job tries again when somebody may have become free.

use patchcord_domain::assignment::{Candidate, Strategy, next};
use patchcord_domain::ticket::Status;
use patchcord_domain::time::{Millis, SECOND};
use patchcord_domain::workspace::Settings;
use patchcord_store::jobs::{self, NewJob};
use patchcord_store::rows::{SupportAgent, Team, Ticket};
use patchcord_store::{Tenant, Tx, teams, waiting};
use serde_json::{Map, Value, json};

use crate::escalations::assign_because;
use crate::jobs::assignment::JOB;
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// After the copilot's jobs that somebody waits for, and before those that nobody waits for.
const PRIORITY: i64 = 60;
const ATTEMPTS: i64 = 5;
/// Whoever became free while a ticket was written down as waiting did not see it. A moment later it is looked at again.
const LOOK_AGAIN: Millis = 5 * SECOND;

/// What follows from a ticket that was just opened; gives it as it is then.
pub(crate) async fn opened(change: &Change<'_>, mut ticket: Ticket, settings: &Settings) -> Result<Ticket, AppError> {
    if settings.auto_assign && by_area(change, &mut ticket).await? {
        ticket = by_itself(change).save(ticket, "ticket.updated").await?;
    }
    Ok(ticket)
}

/// What follows from another product area; the caller saves the ticket. `before` is the area until now.
pub(crate) async fn moved(change: &Change<'_>, ticket: &mut Ticket, before: Option<&str>) -> Result<(), AppError> {
    if ticket.product_area.as_deref() == before {
        return Ok(());
    }
    waiting::remove(change.tenant, &ticket.id).await?;
    let workspace = patchcord_store::workspaces::own(change.tenant).await?.ok_or(AppError::NotFound("workspace"))?;
    if change.app.read_settings(workspace)?.settings.auto_assign {
        by_area(change, ticket).await?;
    }
    Ok(())
}

/// Somebody may have become free for one ticket more: what waits for their teams is tried again.
pub(crate) async fn freed(app: &App, tenant: Tenant<'_, Tx>, support_agent_id: &str) -> Result<(), AppError> {
    for team in waiting::teams_of_agent(tenant, support_agent_id).await? {
        try_again(app, tenant, &team, 0).await?;
    }
    Ok(())
}

/// Every ticket that waits is tried again.
pub(crate) async fn switched_on(app: &App, tenant: Tenant<'_, Tx>) -> Result<(), AppError> {
    for team in waiting::teams(tenant).await? {
        try_again(app, tenant, &team, 0).await?;
    }
    Ok(())
}

/// Enqueues the job that gives out what waits for a team.
pub(crate) async fn try_again(app: &App, tenant: Tenant<'_, Tx>, team_id: &str, pause: Millis) -> Result<(), AppError> {
    let now = app.clock.now();
    let job = NewJob {
        id: app.id(),
        kind: JOB,
        payload: json!({"teamId": team_id}),
        priority: PRIORITY,
        run_at: now + pause,
        max_attempts: ATTEMPTS,
        dedup_key: None,
        at: now,
    };
    jobs::enqueue(tenant, job).await?;
    Ok(())
}

/// Gives a ticket to whose turn it is in a team, because a person wants it so; says whether anything changed.
pub(crate) async fn by_team(change: &Change<'_>, ticket: &mut Ticket, team_id: &str) -> Result<bool, AppError> {
    if change.tenant.get::<Team>(team_id).await?.is_none() {
        return Err(AppError::invalid("teamId", "there is no such team"));
    }
    match give(change, ticket, team_id, None, &Map::new()).await? {
        Given::To(_) => Ok(true),
        Given::HasIt => Ok(false),
        Given::Nobody => {
            let detail = "nobody of this team is available and below their limit; the ticket stays where it is";
            Err(AppError::Conflict("nobody_available", detail.into()))
        }
    }
}

/// What became of a ticket that a team was to take.
pub(crate) enum Given {
    /// Somebody has it now.
    To(SupportAgent),
    /// Nobody else is free, and whoever has it is of the team.
    HasIt,
    /// Nobody is free.
    Nobody,
}

/// Gives a locked ticket to whose turn it is in a team, or to a member who was named before and is free. The caller saves
/// the ticket; `note` is added to the audit line.
pub(crate) async fn give(
    change: &Change<'_>,
    ticket: &mut Ticket,
    team_id: &str,
    named: Option<&str>,
    note: &Map<String, Value>,
) -> Result<Given, AppError> {
    let Some(team) = change.tenant.lock::<Team>(team_id).await? else { return Ok(Given::Nobody) };
    teams::lock_members(change.tenant, team_id).await?;
    let ready = teams::ready(change.tenant, team_id).await?;
    let has_it = |id: &str| ticket.assignee_id.as_deref() == Some(id);
    let others: Vec<Candidate<'_>> = candidates(&ready).filter(|candidate| !has_it(candidate.id)).collect();
    let strategy = strategy(&team)?;
    let named = others.iter().find(|candidate| Some(candidate.id) == named && candidate.is_free());
    let Some(id) = named.map(|candidate| candidate.id).or_else(|| next(strategy, &others)) else {
        let member = ready.iter().any(|member| has_it(&member.support_agent_id));
        return Ok(if member { Given::HasIt } else { Given::Nobody });
    };
    let agent = change.tenant.get::<SupportAgent>(id).await?.ok_or(AppError::NotFound("support agent"))?;
    teams::took_turn(change.tenant, team_id, id).await?;
    let mut reason = reason(&team);
    reason.extend(note.clone());
    assign_because(change, ticket, Some(&agent), reason).await?;
    Ok(Given::To(agent))
}

/// Whose turn it is in a team, besides one, and notes that it was; none when nobody is free. Nothing is given to them.
pub(crate) async fn take_turn(
    change: &Change<'_>,
    team_id: &str,
    besides: Option<&str>,
) -> Result<Option<String>, AppError> {
    let Some(team) = change.tenant.lock::<Team>(team_id).await? else { return Ok(None) };
    teams::lock_members(change.tenant, team_id).await?;
    let ready = teams::ready(change.tenant, team_id).await?;
    let others: Vec<Candidate<'_>> = candidates(&ready).filter(|candidate| Some(candidate.id) != besides).collect();
    let Some(id) = next(strategy(&team)?, &others) else { return Ok(None) };
    teams::took_turn(change.tenant, team_id, id).await?;
    Ok(Some(id.to_owned()))
}

/// Whose turn it would be in a team now. Nothing is changed or locked.
pub(crate) async fn peek(tenant: Tenant<'_, Tx>, team: &Team) -> Result<Option<String>, AppError> {
    let ready = teams::ready(tenant, &team.id).await?;
    let all: Vec<Candidate<'_>> = candidates(&ready).collect();
    Ok(next(strategy(team)?, &all).map(str::to_owned))
}

/// Whether a ticket can be given to somebody without anybody asking for it.
pub(crate) fn is_open_to_all(ticket: &Ticket) -> bool {
    let is_open = Status::parse(&ticket.status).is_some_and(Status::is_open);
    is_open && ticket.assignee_id.is_none() && ticket.merged_into_id.is_none()
}

/// The same transaction, in which the program itself acts.
pub(crate) fn by_itself<'t>(change: &Change<'t>) -> Change<'t> {
    Change { app: change.app, tenant: change.tenant, who: Who::System, at: change.at }
}

/// Gives a ticket to the team of its product area, or lets it wait for it; says whether somebody has it now.
async fn by_area(change: &Change<'_>, ticket: &mut Ticket) -> Result<bool, AppError> {
    let Some(area) = ticket.product_area.clone().filter(|_| is_open_to_all(ticket)) else { return Ok(false) };
    let Some(team) = teams::covering(change.tenant, &area, "").await? else { return Ok(false) };
    if let Given::To(_) = give(&by_itself(change), ticket, &team.id, None, &Map::new()).await? {
        return Ok(true);
    }
    waiting::add(change.tenant, &ticket.id, &team.id, change.at).await?;
    try_again(change.app, change.tenant, &team.id, LOOK_AGAIN).await?;
    Ok(false)
}

fn strategy(team: &Team) -> Result<Strategy, AppError> {
    Strategy::parse(&team.strategy).ok_or_else(|| AppError::Internal("a strategy is unknown".into()))
}

fn candidates(ready: &[teams::Ready]) -> impl Iterator<Item = Candidate<'_>> {
    ready.iter().map(|member| Candidate {
        id: &member.support_agent_id,
        open: member.open_tickets,
        capacity: member.max_open_tickets,
        last_turn: member.last_turn,
    })
}

/// Why somebody has the ticket, as the audit trail says it.
fn reason(team: &Team) -> Map<String, Value> {
    let team_facts = json!({"id": team.id, "name": team.name});
    Map::from_iter([("team".to_owned(), team_facts), ("strategy".to_owned(), json!(team.strategy))])
}
