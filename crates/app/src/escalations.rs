//! Who works on a ticket, and handing it up to somebody with more knowledge or authority.

use patchcord_domain::ticket::{EscalationStatus, EventKind, Status};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{Assignment, Escalation, SupportAgent, Ticket};
use patchcord_store::tickets::{agent_of_user, current_assignment};
use patchcord_store::{escalations, waiting};
use serde_json::{Map, Value, json};

use crate::error::require;
use crate::ticket_detail::{Detail, detail};
use crate::tickets::{lock, move_to};
use crate::trail::{Change, from_to};
use crate::{Answered, App, AppError, Once, Shape};
pub use patchcord_store::escalations::{Line, Query};

/// Highest level of an escalation.
pub const LEVEL_MAX: i64 = 5;

/// Who a ticket shall go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignTo {
    /// A support agent.
    Agent(String),
    /// The support agent that stands for a user.
    User(String),
    /// Whose turn it is in a team.
    Team(String),
    /// Nobody: the ticket is released.
    Nobody,
}

/// What somebody says to a pending or accepted escalation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EscalationAnswer {
    /// Takes it, and the ticket with it.
    Accept,
    /// Leaves it to somebody else, for a reason of 1 to 1,000 characters.
    Decline(String),
    /// It is done with.
    Resolve,
}

/// A page of escalations.
#[derive(Debug, Clone, PartialEq)]
pub struct EscalationPage {
    /// The lines, newest first.
    pub lines: Vec<Line>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

/// What is needed to escalate a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewEscalation {
    /// Why, 1 to 1,000 characters.
    pub reason: String,
    /// To whom; anybody may take it when absent.
    pub to_agent_id: Option<String>,
    /// 1 to 5; 1 when absent.
    pub level: Option<i64>,
}

impl App {
    /// Gives a ticket to somebody, or releases it.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when there is no such support agent or team; [`AppError::Conflict`] `nobody_available` when nobody
    /// of the team is free.
    pub async fn assign_ticket(&self, actor: &Actor, ticket: &str, to: AssignTo) -> Result<Detail, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        match &to {
            AssignTo::Agent(id) => faults.id("supportAgentId", id),
            AssignTo::User(id) => faults.id("userId", id),
            AssignTo::Team(id) => faults.id("teamId", id),
            AssignTo::Nobody => {}
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), ticket.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &actor);
                    let mut ticket = lock(change.tenant, &id).await?;
                    let changed = match to {
                        AssignTo::Team(team) => crate::assignment::by_team(&change, &mut ticket, &team).await?,
                        to => assign(&change, &mut ticket, chosen(&change, to).await?.as_ref()).await?,
                    };
                    if changed {
                        ticket = change.save(ticket, "ticket.updated").await?;
                    }
                    detail(change.tenant, ticket).await
                })
            })
            .await
    }

    /// Hands a ticket up: a pending escalation, and the status ESCALATED.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `invalid_transition` when the ticket is resolved or closed.
    pub async fn escalate_ticket(
        &self,
        actor: &Actor,
        ticket: &str,
        input: NewEscalation,
        once: Option<Once>,
        shape: Shape<Escalation>,
    ) -> Result<Answered<Escalation>, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let reason = faults.reason("reason", &input.reason);
        let level = input.level.unwrap_or(1);
        if !(1..=LEVEL_MAX).contains(&level) {
            faults.add("level", format!("must be 1 to {LEVEL_MAX}"));
        }
        if let Some(id) = &input.to_agent_id {
            faults.id("toAgentId", id);
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, acting, id) = (self.clone(), actor.clone(), ticket.to_owned());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let change = app.change(tx, &acting);
                let mut ticket = lock(change.tenant, &id).await?;
                if let Some(to) = &input.to_agent_id
                    && change.tenant.get::<SupportAgent>(to).await?.is_none()
                {
                    return Err(AppError::invalid("toAgentId", "there is no such support agent"));
                }
                let escalation = new_escalation(&change, &ticket, reason, input.to_agent_id, level);
                change.tenant.add(escalation.clone()).await?;
                change.line(&mut ticket, EventKind::Escalated, escalation_payload(&escalation)).await?;
                move_to(&change, &mut ticket, Status::Escalated).await?;
                let ticket = change.save(ticket, "ticket.updated").await?;
                let data = json!({"escalationId": escalation.id, "ticketId": ticket.id});
                change.publish("escalation.created", "tickets", &ticket.id, data).await?;
                Ok(escalation)
            })
        })
        .await
    }

    /// A page of escalations, newest first; `mine` leaves those that are addressed to the actor or were accepted by them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn escalations(
        &self,
        actor: &Actor,
        mut query: Query,
        mine: bool,
        count: bool,
    ) -> Result<EscalationPage, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        if mine {
            let agent = agent_of_user(tenant, &actor.user_id).await?.map(|agent| agent.id);
            query.of = Some((agent, actor.user_id.clone()));
        }
        let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
        query.limit += 1;
        let mut lines = escalations::page(tenant, &query).await?;
        let has_more = lines.len() > wanted;
        lines.truncate(wanted);
        let total = if count { Some(escalations::count(tenant, &query).await?) } else { None };
        Ok(EscalationPage { lines, has_more, total })
    }

    /// Answers an escalation. Accepting gives the ticket to the actor's support agent, whoever it was addressed to.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `not_pending` when somebody has answered before, `no_support_agent` when none stands for the
    /// actor.
    pub async fn answer_escalation(&self, actor: &Actor, id: &str, answer: EscalationAnswer) -> Result<Line, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let reason = match &answer {
            EscalationAnswer::Decline(reason) => Some(faults.reason("reason", reason)),
            _ => None,
        };
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &actor);
                    answer_pending(&change, &id, &answer, reason).await?;
                    escalations::line(change.tenant, &id).await?.ok_or(AppError::NotFound("escalation"))
                })
            })
            .await
    }
}

async fn answer_pending(
    change: &Change<'_>,
    id: &str,
    answer: &EscalationAnswer,
    reason: Option<String>,
) -> Result<(), AppError> {
    const GONE: AppError = AppError::NotFound("escalation");
    let seen = change.tenant.get::<Escalation>(id).await?.ok_or(GONE)?;
    // The ticket is locked before the escalation, as everywhere; it may have moved to another ticket by a merge just now.
    let ticket = match &seen.ticket_id {
        Some(ticket) => Some(lock(change.tenant, ticket).await?),
        None => None,
    };
    let mut escalation = change.tenant.lock::<Escalation>(id).await?.ok_or(GONE)?;
    if escalation.ticket_id != seen.ticket_id {
        return Err(AppError::Conflict("ticket_merged", "the ticket was merged just now; try again".into()));
    }
    let present = EscalationStatus::parse(&escalation.status);
    let open = match answer {
        EscalationAnswer::Resolve => matches!(present, Some(EscalationStatus::Pending | EscalationStatus::Accepted)),
        _ => present == Some(EscalationStatus::Pending),
    };
    if !open {
        let detail = format!("this escalation is {} already", escalation.status);
        return Err(AppError::Conflict("not_pending", detail));
    }
    let next = match answer {
        EscalationAnswer::Accept => EscalationStatus::Accepted,
        EscalationAnswer::Decline(_) => EscalationStatus::Declined,
        EscalationAnswer::Resolve => EscalationStatus::Resolved,
    };
    let mut taker = None;
    if *answer == EscalationAnswer::Accept {
        let user = change.who.user_id().unwrap_or_default();
        let none = || AppError::Conflict("no_support_agent", "no support agent stands for you".into());
        taker = Some(agent_of_user(change.tenant, &user).await?.ok_or_else(none)?);
        escalation.accepted_by = Some(user);
        escalation.accepted_at = Some(change.at);
    }
    next.as_str().clone_into(&mut escalation.status);
    escalation.version += 1;
    escalation.updated_at = change.at;
    change.tenant.save(escalation.clone()).await?;
    let Some(mut ticket) = ticket else { return Ok(()) };
    if let Some(agent) = &taker {
        assign(change, &mut ticket, Some(agent)).await?;
    }
    let mut payload = escalation_payload(&escalation);
    payload["answer"] = json!(reason);
    change.line(&mut ticket, EventKind::Escalated, payload).await?;
    change.save(ticket, "ticket.updated").await?;
    Ok(())
}

/// What an audit line says of an escalation.
pub(crate) fn escalation_payload(escalation: &Escalation) -> Value {
    json!({
        "escalationId": escalation.id, "reason": escalation.reason, "level": escalation.level,
        "toAgentId": escalation.to_agent_id, "status": escalation.status,
    })
}

async fn chosen(change: &Change<'_>, to: AssignTo) -> Result<Option<SupportAgent>, AppError> {
    match to {
        AssignTo::Nobody | AssignTo::Team(_) => Ok(None),
        AssignTo::Agent(id) => match change.tenant.get::<SupportAgent>(&id).await? {
            Some(agent) => Ok(Some(agent)),
            None => Err(AppError::invalid("supportAgentId", "there is no such support agent")),
        },
        AssignTo::User(id) => match agent_of_user(change.tenant, &id).await? {
            Some(agent) => Ok(Some(agent)),
            None => Err(AppError::invalid("userId", "no support agent stands for this user")),
        },
    }
}

/// Changes the assignee in memory, in the record of assignments and in the trail; says whether anything changed.
pub(crate) async fn assign(
    change: &Change<'_>,
    ticket: &mut Ticket,
    agent: Option<&SupportAgent>,
) -> Result<bool, AppError> {
    assign_because(change, ticket, agent, Map::new()).await
}

/// The same, with what the audit line says beside who had the ticket and who has it.
pub(crate) async fn assign_because(
    change: &Change<'_>,
    ticket: &mut Ticket,
    agent: Option<&SupportAgent>,
    reason: Map<String, Value>,
) -> Result<bool, AppError> {
    // Whatever is decided now, by a person or by a team's turn: the ticket waits for nobody.
    waiting::remove(change.tenant, &ticket.id).await?;
    let next = agent.map(|agent| agent.id.clone());
    if ticket.assignee_id == next {
        return Ok(false);
    }
    if let Some(mut present) = current_assignment(change.tenant, &ticket.id).await? {
        present.released_at = Some(change.at);
        change.tenant.save(present).await?;
    }
    if let Some(id) = &next {
        let assignment = Assignment {
            workspace_id: String::new(),
            id: change.app.id(),
            ticket_id: ticket.id.clone(),
            support_agent_id: id.clone(),
            assigned_by: change.who.user_id(),
            assigned_at: change.at,
            released_at: None,
        };
        change.tenant.add(assignment).await?;
    }
    let before = std::mem::replace(&mut ticket.assignee_id, next.clone());
    let mut payload = from_to("assigneeId", before.clone(), next);
    if let Value::Object(fields) = &mut payload {
        fields.extend(reason);
    }
    change.line(ticket, EventKind::Assigned, payload).await?;
    if let Some(before) = before {
        crate::assignment::freed(change.app, change.tenant, &before).await?;
    }
    Ok(true)
}

pub(crate) fn new_escalation(
    change: &Change<'_>,
    ticket: &Ticket,
    reason: String,
    to_agent_id: Option<String>,
    level: i64,
) -> Escalation {
    Escalation {
        workspace_id: ticket.workspace_id.clone(),
        id: change.app.id(),
        ticket_id: Some(ticket.id.clone()),
        call_id: None,
        from_agent_id: ticket.assignee_id.clone(),
        to_agent_id,
        reason,
        level,
        status: "PENDING".to_owned(),
        accepted_by: None,
        accepted_at: None,
        version: 1,
        created_at: change.at,
        updated_at: change.at,
    }
}
