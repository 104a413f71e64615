//! What the rules of service-level policies do with a ticket.

use patchcord_domain::sla::{Action, ClockKind};
use patchcord_domain::ticket::Priority;
use patchcord_store::rows::{Message, SupportAgent, Team, Ticket};
use patchcord_store::waiting;
use serde_json::Map;

use crate::AppError;
use crate::assignment::{Given, give, is_open_to_all, take_turn};
use crate::escalations::{assign, hand_up};
use crate::messages::post;
use crate::tickets::note_changes;
use crate::trail::Change;

/// Does one action of a rule with a locked ticket, and gives the ticket as it is then; the caller saves it. A support agent or
/// a team that is gone by now is left out, for the rule is older than that.
pub(crate) async fn act(
    change: &Change<'_>,
    mut ticket: Ticket,
    clock: ClockKind,
    percent: i64,
    action: &Action,
) -> Result<Ticket, AppError> {
    let agent = match action.support_agent_id() {
        Some(id) => change.tenant.get::<SupportAgent>(id).await?,
        None => None,
    };
    let team = match action.team_id() {
        Some(id) => change.tenant.get::<Team>(id).await?,
        None => None,
    };
    let until = match clock {
        ClockKind::FirstResponse => "the first response",
        ClockKind::Resolution => "the resolution",
    };
    let reason = format!("{percent} % of the time until {until} is used up.");
    match action {
        Action::Notify { .. } => {
            let named = agent.map(|agent| agent.name).or(team.map(|team| team.name));
            let named = match (named, &ticket.assignee_id) {
                (None, Some(id)) => change.tenant.get::<SupportAgent>(id).await?.map(|agent| agent.name),
                (named, _) => named,
            };
            let body = named.map_or_else(|| reason.clone(), |name| format!("{name}: {reason}"));
            let note = note(change, &ticket, body);
            return post(change, ticket, note).await;
        }
        Action::Escalate { level, .. } => {
            let mut to = agent.map(|agent| agent.id);
            if let Some(team) = &team {
                // Who has the ticket already needs no other one of the team to look at it, unless there is one.
                to = take_turn(change, &team.id, ticket.assignee_id.as_deref()).await?;
            }
            hand_up(change, &mut ticket, reason, to, *level).await?;
        }
        Action::Assign { .. } => {
            if let Some(agent) = agent {
                assign(change, &mut ticket, Some(&agent)).await?;
            } else if let Some(team) = team
                && let Given::Nobody = give(change, &mut ticket, &team.id, None, &Map::new()).await?
                && is_open_to_all(&ticket)
            {
                waiting::add(change.tenant, &ticket.id, &team.id, change.at).await?;
            }
        }
        Action::RaisePriority => {
            let before = ticket.clone();
            let present = Priority::parse(&ticket.priority).unwrap_or(Priority::Urgent);
            let next = Priority::ALL.iter().copied().find(|priority| *priority > present).unwrap_or(present);
            next.as_str().clone_into(&mut ticket.priority);
            note_changes(change, &mut ticket, &before).await?;
        }
    }
    Ok(ticket)
}

/// An internal note by the program.
fn note(change: &Change<'_>, ticket: &Ticket, body: String) -> Message {
    Message {
        workspace_id: String::new(),
        id: change.app.id(),
        ticket_id: ticket.id.clone(),
        origin_ticket_id: None,
        author_type: "SYSTEM".to_owned(),
        author_user_id: None,
        author_contact_id: None,
        author_agent_id: None,
        body,
        is_internal: true,
        suggestion_id: None,
        created_at: change.at,
    }
}
