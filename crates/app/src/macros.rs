//! Macros: canned replies with placeholders that may also change the ticket in the same step.

use patchcord_domain::id::is_id;
use patchcord_domain::template::{self, Placeholder};
use patchcord_domain::text::length;
use patchcord_domain::ticket::{BODY_MAX, Priority, Status, label};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{Contact, Macro, Message, Organization, SupportAgent, Ticket, User};
use patchcord_store::tickets::agent_of_user;
use patchcord_store::{Connection, Tenant, Tx, directory, macros, workspaces};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bulk::retag;
use crate::error::require;
use crate::escalations::assign;
use crate::messages::post;
use crate::ticket_detail::{Detail, detail};
use crate::ticket_filters::ME;
use crate::tickets::{expect_version, find, lock, move_to, note_changes};
use crate::trail::Change;
use crate::{Answered, App, AppError, Current, Once, Shape};

/// Most macros of one user, and most shared ones.
pub const MACROS_MAX: u64 = 100;
/// Longest name, in characters.
const NAME_MAX: usize = 80;

/// What a macro changes about a ticket beside the message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct Actions {
    /// The new status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The new priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The support agent who gets the ticket; `me` for whoever uses the macro.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee_id: Option<String>,
    /// Tags that are added.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Whether the message is a note that the customer never sees.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub is_internal: bool,
}

impl Actions {
    fn change_something(&self) -> bool {
        self.status.is_some() || self.priority.is_some() || self.assignee_id.is_some() || !self.tags.is_empty()
    }
}

/// What is needed to make a macro.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewMacro {
    /// 1 to 80 characters.
    pub name: String,
    /// At most 10,000 characters with placeholders; may be empty when there are actions.
    pub body: String,
    /// What else happens.
    pub actions: Actions,
    /// Whether everybody may use it.
    pub is_shared: bool,
}

/// What may be changed about a macro.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MacroPatch {
    /// The version that the caller has read.
    pub version: Option<i64>,
    /// A new name.
    pub name: Option<String>,
    /// A new text.
    pub body: Option<String>,
    /// New actions instead of the old ones.
    pub actions: Option<Actions>,
}

/// How a macro is used on a ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MacroUse {
    /// The ticket's version that the caller has read.
    pub version: Option<i64>,
    /// The text as it was edited before sending, instead of the macro's; it is taken as it is.
    pub body: Option<String>,
}

/// What a macro would write on a ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Preview {
    /// The text; placeholders without a value are left in it.
    pub body: String,
    /// Names of the placeholders without a value.
    pub missing: Vec<&'static str>,
    /// What else would happen.
    pub actions: Value,
}

impl App {
    /// The shared macros and the actor's own, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn macros(&self, actor: &Actor) -> Result<Vec<Macro>, AppError> {
        Ok(macros::visible(self.store.tenant(&actor.workspace_id), &actor.user_id, 2 * MACROS_MAX).await?)
    }

    /// One macro.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn get_macro(&self, actor: &Actor, id: &str) -> Result<Macro, AppError> {
        visible(actor, self.store.tenant(&actor.workspace_id).get::<Macro>(id).await?)
    }

    /// Makes a macro. Shared ones are the administrators' to write.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Conflict`] `too_many`.
    pub async fn add_macro(
        &self,
        actor: &Actor,
        input: NewMacro,
        once: Option<Once>,
        shape: Shape<Macro>,
    ) -> Result<Answered<Macro>, AppError> {
        require(actor, if input.is_shared { Role::Admin } else { Role::Agent })?;
        let owner = (!input.is_shared).then(|| actor.user_id.clone());
        let row = self.new_macro(owner, input)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                assignee_exists(tenant, &row).await?;
                if macros::count(tenant, row.user_id.as_deref()).await? >= MACROS_MAX {
                    return Err(AppError::Conflict("too_many", format!("there are {MACROS_MAX} macros already")));
                }
                tenant.add(row.clone()).await?;
                if row.is_shared {
                    app.log_change(tenant, &acting.user_id, "macro.added", &row.id, None, Some(facts(&row))).await?;
                }
                Ok(row)
            })
        })
        .await
    }

    /// Changes a macro.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; as for [`App::add_macro`].
    pub async fn patch_macro(&self, actor: &Actor, id: &str, patch: MacroPatch) -> Result<Macro, AppError> {
        require(actor, Role::Agent)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = writable(&actor, tenant.lock::<Macro>(&id).await?)?;
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::Macro(Box::new(before))));
                    }
                    let input = NewMacro {
                        name: patch.name.unwrap_or_else(|| before.name.clone()),
                        body: patch.body.unwrap_or_else(|| before.body.clone()),
                        actions: patch.actions.unwrap_or_else(|| actions(&before)),
                        is_shared: before.is_shared,
                    };
                    let next = app.new_macro(before.user_id.clone(), input)?;
                    assignee_exists(tenant, &next).await?;
                    let mut row = before.clone();
                    (row.name, row.body, row.actions) = (next.name, next.body, next.actions);
                    row.assignee_id = next.assignee_id;
                    if row == before {
                        return Ok(row);
                    }
                    row.version += 1;
                    row.updated_at = app.clock.now();
                    tenant.save(row.clone()).await?;
                    if row.is_shared {
                        let (from, to) = (Some(facts(&before)), Some(facts(&row)));
                        app.log_change(tenant, &actor.user_id, "macro.changed", &row.id, from, to).await?;
                    }
                    Ok(row)
                })
            })
            .await
    }

    /// Deletes a macro.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see, [`AppError::Forbidden`] when it is shared.
    pub async fn delete_macro(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Agent)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let row = writable(&actor, tenant.lock::<Macro>(&id).await?)?;
                    macros::delete(tenant, &row.id).await?;
                    if row.is_shared {
                        let before = Some(facts(&row));
                        app.log_change(tenant, &actor.user_id, "macro.deleted", &row.id, before, None).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// What a macro would write on a ticket, without writing it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when ticket or macro is not the actor's to see.
    pub async fn preview_macro(&self, actor: &Actor, ticket: &str, id: &str) -> Result<Preview, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let ticket = find(tenant, ticket).await?;
        let row = visible(actor, tenant.get::<Macro>(id).await?)?;
        let values = Values::of(tenant, &ticket, actor).await?;
        let named = template::named(&row.body);
        let missing = named.into_iter().filter(|one| values.get(*one).is_none()).map(Placeholder::as_str).collect();
        let or_itself = |one: Placeholder| values.get(one).or_else(|| Some(format!("{{{{{}}}}}", one.as_str())));
        let body = template::fill(&row.body, or_itself).unwrap_or_default();
        Ok(Preview { body, missing, actions: row.actions })
    }

    /// Uses a macro on a ticket: the message, the changes and their audit lines in one transaction.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `placeholder_missing` when the ticket lacks what the text names, `invalid_transition` when
    /// the life cycle does not allow the status; then nothing happened.
    pub async fn use_macro(
        &self,
        actor: &Actor,
        ticket: &str,
        id: &str,
        input: MacroUse,
        once: Option<Once>,
        shape: Shape<Detail>,
    ) -> Result<Answered<Detail>, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let edited = input.body.as_ref().map(|body| faults.body("body", body));
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, acting, ticket, id) = (self.clone(), actor.clone(), ticket.to_owned(), id.to_owned());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let change = app.change(tx, &acting);
                let ticket = lock(change.tenant, &ticket).await?;
                expect_version(&change, &ticket, input.version).await?;
                let row = visible(&acting, change.tenant.get::<Macro>(&id).await?)?;
                let body = match edited {
                    Some(body) => body,
                    None => filled(&change, &ticket, &acting, &row.body).await?,
                };
                let ticket = apply(&change, ticket, &acting, body, &actions(&row)).await?;
                detail(change.tenant, ticket, change.at).await
            })
        })
        .await
    }

    /// Checks a macro's fields and makes the row.
    pub(crate) fn new_macro(&self, owner: Option<String>, input: NewMacro) -> Result<Macro, AppError> {
        let mut faults = Faults::default();
        let name = faults.text("name", &input.name, 1, NAME_MAX);
        let body = faults.text("body", &input.body, 0, BODY_MAX);
        if let Some(fault) = template::faults(&body) {
            faults.add("body", fault);
        }
        let NewMacro { actions, .. } = input;
        let status = actions
            .status
            .and_then(|text| faults.one_of("actions.status", &text, Status::parse, &Status::allowed()))
            .map(|status| status.as_str().to_owned());
        let priority = actions
            .priority
            .and_then(|text| faults.one_of("actions.priority", &text, Priority::parse, &Priority::allowed()))
            .map(|priority| priority.as_str().to_owned());
        if actions.assignee_id.as_ref().is_some_and(|id| id != ME && !is_id(id)) {
            faults.add("actions.assigneeId", "must be the id of a support agent, or me");
        }
        let tags = faults.tags("actions.tags", &actions.tags);
        let actions = Actions { status, priority, tags, ..actions };
        if body.is_empty() && !actions.change_something() {
            faults.add("body", "is needed when there are no actions");
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let now = self.clock.now();
        Ok(Macro {
            workspace_id: String::new(),
            id: self.id(),
            is_shared: owner.is_none(),
            user_id: owner,
            name,
            body,
            assignee_id: actions.assignee_id.clone().filter(|id| id != ME),
            actions: json!(actions),
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }
}

/// The text for this ticket.
async fn filled(change: &Change<'_>, ticket: &Ticket, actor: &Actor, body: &str) -> Result<String, AppError> {
    let values = Values::of(change.tenant, ticket, actor).await?;
    let body = template::fill(body, |placeholder| values.get(placeholder)).map_err(|missing| {
        let detail =
            format!("this ticket has nothing for {{{{{}}}}}; edit the text and send it as body", missing.as_str());
        AppError::Conflict("placeholder_missing", detail)
    })?;
    if length(&body) > BODY_MAX {
        return Err(AppError::Conflict("too_long", format!("the filled text has more than {BODY_MAX} characters")));
    }
    Ok(body)
}

async fn apply(
    change: &Change<'_>,
    mut ticket: Ticket,
    actor: &Actor,
    body: String,
    actions: &Actions,
) -> Result<Ticket, AppError> {
    if !body.is_empty() {
        let message = Message {
            workspace_id: String::new(),
            id: change.app.id(),
            ticket_id: ticket.id.clone(),
            origin_ticket_id: None,
            author_type: "AGENT".to_owned(),
            author_user_id: change.who.user_id(),
            author_contact_id: None,
            author_agent_id: None,
            body,
            is_internal: actions.is_internal,
            suggestion_id: None,
            created_at: change.at,
        };
        ticket = post(change, ticket, message).await?;
    }
    let before = ticket.clone();
    if let Some(priority) = &actions.priority {
        ticket.priority.clone_from(priority);
    }
    retag(&mut ticket, &actions.tags, &[])?;
    let mut changed = note_changes(change, &mut ticket, &before).await?;
    if let Some(id) = &actions.assignee_id {
        let agent = assignee(change, actor, id).await?;
        changed |= assign(change, &mut ticket, Some(&agent)).await?;
    }
    if let Some(status) = actions.status.as_deref().and_then(Status::parse) {
        changed |= move_to(change, &mut ticket, status).await?;
    }
    if changed { change.save(ticket, "ticket.updated").await } else { Ok(ticket) }
}

async fn assignee(change: &Change<'_>, actor: &Actor, id: &str) -> Result<SupportAgent, AppError> {
    let found = match id {
        ME => agent_of_user(change.tenant, &actor.user_id).await?,
        id => change.tenant.get::<SupportAgent>(id).await?,
    };
    let gone = || AppError::Conflict("no_support_agent", "there is no support agent to give the ticket to".into());
    found.ok_or_else(gone)
}

async fn assignee_exists(tenant: Tenant<'_, Tx>, row: &Macro) -> Result<(), AppError> {
    match &row.assignee_id {
        Some(id) if tenant.get::<SupportAgent>(id).await?.is_none() => {
            Err(AppError::invalid("actions.assigneeId", "there is no such support agent"))
        }
        _ => Ok(()),
    }
}

/// What placeholders stand for on one ticket.
struct Values {
    ticket: Ticket,
    contact: Option<Contact>,
    organization: Option<String>,
    device: Option<String>,
    agent: Option<String>,
    workspace: Option<String>,
}

impl Values {
    async fn of<C: Connection>(tenant: Tenant<'_, C>, ticket: &Ticket, actor: &Actor) -> Result<Self, AppError> {
        let contact = match &ticket.contact_id {
            Some(id) => tenant.get::<Contact>(id).await?,
            None => None,
        };
        let organization = match &ticket.organization_id {
            Some(id) => tenant.get::<Organization>(id).await?.map(|organization| organization.name),
            None => None,
        };
        let device = match &ticket.device_id {
            Some(id) => directory::device(tenant, id).await?.map(|device| device.name),
            None => None,
        };
        let agent = tenant.get::<User>(&actor.user_id).await?.map(|user| user.name);
        let workspace = workspaces::own(tenant).await?.map(|workspace| workspace.name);
        Ok(Self { ticket: ticket.clone(), contact, organization, device, agent, workspace })
    }

    fn get(&self, placeholder: Placeholder) -> Option<String> {
        let contact = self.contact.as_ref();
        match placeholder {
            Placeholder::ContactName => contact.map(|contact| contact.name.clone()),
            Placeholder::ContactFirstName => contact?.name.split_whitespace().next().map(str::to_owned),
            Placeholder::ContactEmail => contact?.email.clone(),
            Placeholder::OrganizationName => self.organization.clone(),
            Placeholder::DeviceName => self.device.clone(),
            Placeholder::TicketNumber => Some(label(self.ticket.number)),
            Placeholder::TicketSubject => Some(self.ticket.subject.clone()),
            Placeholder::AgentName => self.agent.clone(),
            Placeholder::WorkspaceName => self.workspace.clone(),
        }
    }
}

/// A stored macro's actions.
fn actions(row: &Macro) -> Actions {
    serde_json::from_value(row.actions.clone()).unwrap_or_default()
}

/// Everybody sees what is shared, and what is their own.
fn visible(actor: &Actor, row: Option<Macro>) -> Result<Macro, AppError> {
    let own = |row: &Macro| row.user_id.as_ref().is_none_or(|user| *user == actor.user_id);
    row.filter(own).ok_or(AppError::NotFound("macro"))
}

fn writable(actor: &Actor, row: Option<Macro>) -> Result<Macro, AppError> {
    let row = visible(actor, row)?;
    require(actor, if row.is_shared { Role::Admin } else { Role::Agent })?;
    Ok(row)
}

/// What the audit log keeps of a macro.
fn facts(row: &Macro) -> Value {
    json!({"name": row.name, "body": row.body, "actions": row.actions})
}
