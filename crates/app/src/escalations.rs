//! Who works on a ticket, and handing it up to somebody with more knowledge or authority.

use patchcord_domain::ticket::{EventKind, Status};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::directory;
use patchcord_store::rows::{Assignment, Escalation, SupportAgent, Ticket};
use patchcord_store::tickets::{agent_of_user, current_assignment};
use serde_json::json;

use crate::error::require;
use crate::ticket_detail::{Detail, detail};
use crate::tickets::{lock, move_to};
use crate::trail::{Change, from_to};
use crate::{Answered, App, AppError, Once, Shape};

/// Highest level of an escalation.
pub const LEVEL_MAX: i64 = 5;

/// Who a ticket shall go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssignTo {
    /// A support agent.
    Agent(String),
    /// The support agent that stands for a user.
    User(String),
    /// Nobody: the ticket is released.
    Nobody,
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
    /// [`AppError::Invalid`] when there is no such support agent.
    pub async fn assign_ticket(&self, actor: &Actor, ticket: &str, to: AssignTo) -> Result<Detail, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        match &to {
            AssignTo::Agent(id) => faults.id("supportAgentId", id),
            AssignTo::User(id) => faults.id("userId", id),
            AssignTo::Nobody => {}
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), ticket.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &actor);
                    let mut ticket = lock(change.tenant, &id).await?;
                    let agent = chosen(&change, to).await?;
                    if assign(&change, &mut ticket, agent.as_ref()).await? {
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
                let payload = json!({
                    "escalationId": escalation.id, "reason": escalation.reason, "level": level,
                    "toAgentId": escalation.to_agent_id,
                });
                change.line(&mut ticket, EventKind::Escalated, payload).await?;
                move_to(&change, &mut ticket, Status::Escalated).await?;
                let ticket = change.save(ticket, "ticket.updated").await?;
                let data = json!({"escalationId": escalation.id, "ticketId": ticket.id});
                change.publish("escalation.created", "tickets", &ticket.id, data).await?;
                Ok(escalation)
            })
        })
        .await
    }

    /// Everybody who may be given a ticket, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn support_agents(&self, actor: &Actor) -> Result<Vec<SupportAgent>, AppError> {
        Ok(directory::all_support_agents(self.store.tenant(&actor.workspace_id)).await?)
    }
}

async fn chosen(change: &Change<'_>, to: AssignTo) -> Result<Option<SupportAgent>, AppError> {
    match to {
        AssignTo::Nobody => Ok(None),
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
    let payload = from_to("assigneeId", ticket.assignee_id.clone(), next.clone());
    ticket.assignee_id = next;
    change.line(ticket, EventKind::Assigned, payload).await?;
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
