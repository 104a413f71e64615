//! Support agents: people and voice agents who can be given tickets.

use patchcord_domain::id::is_id;
use patchcord_domain::support_agent::{
    AGENT_KEYS, AgentKind, MAX_OPEN_TICKETS_MAX, NAME_MAX, SPECIALTY_MAX, agent_key,
};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{SupportAgent, User};
use patchcord_store::tickets::agent_of_user;
use patchcord_store::{Tenant, Tx, support_agents};
use serde_json::{Value, json};

use crate::assignment::freed;
use crate::error::require;
use crate::people::{Listing, one_more};
use crate::{Answered, App, AppError, Current, Once, Shape};
pub use patchcord_store::support_agents::Query;

/// Open tickets that somebody takes when nobody says otherwise.
const MAX_OPEN_TICKETS: i64 = 20;

/// A new support agent. Texts come as they were sent; [`App::add_support_agent`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewSupportAgent {
    /// BOT or HUMAN.
    pub kind: String,
    /// 1 to 80 characters.
    pub name: String,
    /// The key of a voice agent for a BOT; what a person knows best for a HUMAN.
    pub specialty: Option<String>,
    /// The user whom a HUMAN stands for.
    pub user_id: Option<String>,
    /// Whether it can be given tickets; true when absent.
    pub is_available: Option<bool>,
    /// 0 to 1,000; 20 when absent.
    pub max_open_tickets: Option<i64>,
}

/// What may be changed about a support agent. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SupportAgentPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    /// Another name.
    pub name: Option<String>,
    /// Another specialty.
    pub specialty: Option<Option<String>>,
    /// Another user.
    pub user_id: Option<Option<String>>,
    /// Whether it can be given tickets.
    pub is_available: Option<bool>,
    /// How many open tickets it takes.
    pub max_open_tickets: Option<i64>,
}

impl App {
    /// A page of the support agents that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn support_agents(
        &self,
        actor: &Actor,
        query: Query,
        count: bool,
    ) -> Result<Listing<SupportAgent>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = query.slice.limit;
        let query = Query { slice: one_more(&query.slice), ..query };
        let rows = support_agents::page(tenant, &query).await?;
        let total = if count { Some(support_agents::count(tenant, &query).await?) } else { None };
        Ok(Listing::of(rows, wanted, total))
    }

    /// One support agent.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn support_agent(&self, actor: &Actor, id: &str) -> Result<SupportAgent, AppError> {
        let found = self.store.tenant(&actor.workspace_id).get::<SupportAgent>(id).await?;
        found.ok_or(AppError::NotFound("support agent"))
    }

    /// Adds a support agent.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn add_support_agent(
        &self,
        actor: &Actor,
        input: NewSupportAgent,
        once: Option<Once>,
        shape: Shape<SupportAgent>,
    ) -> Result<Answered<SupportAgent>, AppError> {
        require(actor, Role::Admin)?;
        let now = self.clock.now();
        let mut faults = Faults::default();
        let kind = faults.one_of("kind", &input.kind, AgentKind::parse, AgentKind::ALLOWED);
        let row = SupportAgent {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: self.id(),
            kind: kind.unwrap_or(AgentKind::Human).as_str().to_owned(),
            name: input.name,
            specialty: input.specialty,
            user_id: input.user_id,
            is_available: input.is_available.unwrap_or(true),
            max_open_tickets: input.max_open_tickets.unwrap_or(MAX_OPEN_TICKETS),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let row = check(faults, row)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                check_user(tenant, &row).await?;
                tenant.add(row.clone()).await?;
                let after = Some(facts(&row));
                app.log_change(tenant, &acting.user_id, "support_agent.added", &row.id, None, after).await?;
                Ok(row)
            })
        })
        .await
    }

    /// Changes a support agent. Whoever is no administrator says only whether they are available themselves.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for anything else; [`AppError::Stale`] when the version is not the present one.
    pub async fn patch_support_agent(
        &self,
        actor: &Actor,
        id: &str,
        patch: SupportAgentPatch,
    ) -> Result<SupportAgent, AppError> {
        require(actor, if patch.says_only_availability() { Role::Agent } else { Role::Admin })?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<SupportAgent>(&id).await?.ok_or(AppError::NotFound("support agent"))?;
                    if before.user_id.as_ref() != Some(&actor.user_id) {
                        require(&actor, Role::Admin)?;
                    }
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::SupportAgent(Box::new(before))));
                    }
                    let mut row = before.clone();
                    row.name = patch.name.unwrap_or(row.name);
                    row.specialty = patch.specialty.unwrap_or(row.specialty);
                    row.user_id = patch.user_id.unwrap_or(row.user_id);
                    row.is_available = patch.is_available.unwrap_or(row.is_available);
                    row.max_open_tickets = patch.max_open_tickets.unwrap_or(row.max_open_tickets);
                    if row == before {
                        return Ok(before);
                    }
                    let mut row = check(Faults::default(), row)?;
                    if row.user_id != before.user_id {
                        check_user(tenant, &row).await?;
                    }
                    row.version += 1;
                    row.updated_at = app.clock.now();
                    tenant.save(row.clone()).await?;
                    if row.is_available && (!before.is_available || row.max_open_tickets > before.max_open_tickets) {
                        freed(&app, tenant, &row.id).await?;
                    }
                    let (from, to) = (Some(facts(&before)), Some(facts(&row)));
                    app.log_change(tenant, &actor.user_id, "support_agent.changed", &row.id, from, to).await?;
                    Ok(row)
                })
            })
            .await
    }

    /// Takes a support agent out.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `in_use` when a ticket, a message, a team or a macro names it.
    pub async fn remove_support_agent(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<SupportAgent>(&id).await?.ok_or(AppError::NotFound("support agent"))?;
                    app.log_change(tenant, &actor.user_id, "support_agent.removed", &id, Some(facts(&before)), None)
                        .await?;
                    support_agents::remove(tenant, &id).await?;
                    Ok(())
                })
            })
            .await
    }
}

impl SupportAgentPatch {
    /// What people may say of themselves.
    fn says_only_availability(&self) -> bool {
        let only = Self { version: self.version, is_available: self.is_available, ..Self::default() };
        *self == only
    }
}

/// Cleans and checks every field on its own.
fn check(mut faults: Faults, mut row: SupportAgent) -> Result<SupportAgent, AppError> {
    row.name = faults.text("name", &row.name.replace(['\n', '\r', '\t'], " "), 1, NAME_MAX);
    if row.kind == AgentKind::Bot.as_str() {
        if row.specialty.as_deref().and_then(agent_key).is_none() {
            faults.add("specialty", format!("must be one of {}", AGENT_KEYS.join(", ")));
        }
        if row.user_id.is_some() {
            faults.add("userId", "a BOT stands for nobody");
        }
    } else {
        row.specialty = row.specialty.map(|text| faults.text("specialty", &text.replace('\n', " "), 1, SPECIALTY_MAX));
    }
    if row.user_id.as_ref().is_some_and(|id| !is_id(id)) {
        faults.id("userId", row.user_id.as_deref().unwrap_or_default());
    }
    if !(0..=MAX_OPEN_TICKETS_MAX).contains(&row.max_open_tickets) {
        faults.add("maxOpenTickets", format!("must be 0 to {MAX_OPEN_TICKETS_MAX}"));
    }
    faults.into_result(row).map_err(AppError::Invalid)
}

/// The user is of this workspace, and no other support agent stands for them.
async fn check_user(tenant: Tenant<'_, Tx>, row: &SupportAgent) -> Result<(), AppError> {
    let Some(user) = &row.user_id else { return Ok(()) };
    // Locked: of two support agents that are made for one user at the same time, the second sees the first.
    if tenant.lock::<User>(user).await?.is_none() {
        return Err(AppError::invalid("userId", "there is no such user"));
    }
    match agent_of_user(tenant, user).await? {
        Some(other) if other.id != row.id => {
            Err(AppError::invalid("userId", format!("{} stands for this user already", other.name)))
        }
        _ => Ok(()),
    }
}

/// What the audit log keeps of a support agent.
fn facts(row: &SupportAgent) -> Value {
    json!({
        "kind": row.kind, "name": row.name, "specialty": row.specialty, "userId": row.user_id,
        "isAvailable": row.is_available, "maxOpenTickets": row.max_open_tickets,
    })
}
