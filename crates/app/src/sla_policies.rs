//! Service-level policies: what is promised for tickets of a priority, for all customers or for one.

use patchcord_domain::sla::{self, Rule, RuleInput};
use patchcord_domain::ticket::Priority;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{Organization, SlaPolicy, SupportAgent, Team};
use patchcord_store::{Connection, Tenant, Tx, sla_policies, workspaces};
use serde_json::{Value, json};

use crate::error::require;
use crate::jobs::sla::refresh_later;
use crate::{Answered, App, AppError, Current, Once, Shape};
pub use patchcord_store::sla_policies::{Line, Query};

/// Most policies of a workspace.
pub const POLICIES_MAX: i64 = 2_000;

/// What is needed to make a policy. Texts come as they were sent.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NewPolicy {
    /// The customer; all of them when absent.
    pub organization_id: Option<String>,
    /// For which tickets.
    pub priority: String,
    /// Until the first public message; at least one of the two is needed.
    pub first_response_minutes: Option<i64>,
    /// Until the ticket is resolved.
    pub resolution_minutes: Option<i64>,
    /// Whether only business hours count.
    pub business_hours_only: bool,
    /// What happens on the way.
    pub escalation_rules: Vec<RuleInput>,
}

/// What may be changed about a policy. An outer `None` leaves a field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PolicyPatch {
    /// The version that the caller has read.
    pub version: Option<i64>,
    /// Another promise.
    pub first_response_minutes: Option<Option<i64>>,
    /// Another promise.
    pub resolution_minutes: Option<Option<i64>>,
    /// Whether only business hours count.
    pub business_hours_only: Option<bool>,
    /// New rules instead of the old ones.
    pub escalation_rules: Option<Vec<RuleInput>>,
}

/// A page of policies.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyPage {
    /// The lines, oldest first.
    pub lines: Vec<Line>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

impl App {
    /// A page of the workspace's policies.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_sla_policies(
        &self,
        actor: &Actor,
        mut query: Query,
        count: bool,
    ) -> Result<PolicyPage, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
        query.limit += 1;
        let mut lines = sla_policies::page(tenant, &query).await?;
        let has_more = lines.len() > wanted;
        lines.truncate(wanted);
        let total = if count { Some(sla_policies::count(tenant, &query).await?) } else { None };
        Ok(PolicyPage { lines, has_more, total })
    }

    /// One policy.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none that the actor may see.
    pub async fn sla_policy(&self, actor: &Actor, id: &str) -> Result<Line, AppError> {
        line(self.store.tenant(&actor.workspace_id), id).await
    }

    /// Makes a policy. The clocks of open tickets follow within moments.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Conflict`] `taken` when there is one for this organization and
    /// priority.
    pub async fn add_sla_policy(
        &self,
        actor: &Actor,
        input: NewPolicy,
        once: Option<Once>,
        shape: Shape<Line>,
    ) -> Result<Answered<Line>, AppError> {
        require(actor, Role::Admin)?;
        let row = self.new_policy(input)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                check_neighbours(tenant, &row).await?;
                let organization = row.organization_id.as_deref();
                if sla_policies::exactly(tenant, organization, &row.priority).await?.is_some() {
                    let detail = "there is a policy for this organization and priority already; change that one";
                    return Err(AppError::Conflict("taken", detail.into()));
                }
                if sla_policies::count(tenant, &Query::default()).await? >= POLICIES_MAX {
                    return Err(AppError::Conflict("too_many", format!("there are {POLICIES_MAX} policies already")));
                }
                tenant.add(row.clone()).await?;
                app.log_change(tenant, &acting.user_id, "sla_policy.added", &row.id, None, Some(facts(&row))).await?;
                refresh_later(&app, tenant).await?;
                line(tenant, &row.id).await
            })
        })
        .await
    }

    /// Changes a policy. The clocks of open tickets follow within moments; rules hold for what comes after the change.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; as for [`App::add_sla_policy`].
    pub async fn patch_sla_policy(&self, actor: &Actor, id: &str, patch: PolicyPatch) -> Result<Line, AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<SlaPolicy>(&id).await?.ok_or(AppError::NotFound("policy"))?;
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::SlaPolicy(Box::new(line(tenant, &id).await?))));
                    }
                    let row = patched(&before, patch)?;
                    if row == before {
                        return line(tenant, &id).await;
                    }
                    check_neighbours(tenant, &row).await?;
                    let now = app.clock.now();
                    let row = SlaPolicy { version: row.version + 1, updated_at: now, ..row };
                    tenant.save(row.clone()).await?;
                    let (from, to) = (Some(facts(&before)), Some(facts(&row)));
                    app.log_change(tenant, &actor.user_id, "sla_policy.changed", &id, from, to).await?;
                    refresh_later(&app, tenant).await?;
                    line(tenant, &id).await
                })
            })
            .await
    }

    /// Deletes a policy. Open tickets go by the one for all organizations then, or have no clocks any more; what was decided
    /// stays.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none that the actor may see.
    pub async fn delete_sla_policy(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let row = tenant.lock::<SlaPolicy>(&id).await?.ok_or(AppError::NotFound("policy"))?;
                    sla_policies::delete(tenant, &id).await?;
                    app.log_change(tenant, &actor.user_id, "sla_policy.deleted", &id, Some(facts(&row)), None).await?;
                    refresh_later(&app, tenant).await
                })
            })
            .await
    }

    /// Checks a policy's fields on their own and makes the row.
    pub(crate) fn new_policy(&self, input: NewPolicy) -> Result<SlaPolicy, AppError> {
        let mut faults = Faults::default();
        if let Some(id) = &input.organization_id {
            faults.id("organizationId", id);
        }
        let priority = faults.one_of("priority", &input.priority, Priority::parse, &Priority::allowed());
        let promises = [input.first_response_minutes, input.resolution_minutes];
        check_promises(&mut faults, promises);
        let rules = check_rules(&mut faults, &input.escalation_rules, promises);
        let priority = faults.into_result(priority).map_err(AppError::Invalid)?.expect("checked just now");
        let now = self.clock.now();
        Ok(SlaPolicy {
            workspace_id: String::new(),
            id: self.id(),
            organization_id: input.organization_id,
            priority: priority.as_str().to_owned(),
            first_response_minutes: input.first_response_minutes,
            resolution_minutes: input.resolution_minutes,
            business_hours_only: input.business_hours_only,
            escalation_rules: json!(rules),
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }
}

fn patched(before: &SlaPolicy, patch: PolicyPatch) -> Result<SlaPolicy, AppError> {
    let mut row = before.clone();
    row.first_response_minutes = patch.first_response_minutes.unwrap_or(row.first_response_minutes);
    row.resolution_minutes = patch.resolution_minutes.unwrap_or(row.resolution_minutes);
    row.business_hours_only = patch.business_hours_only.unwrap_or(row.business_hours_only);
    let mut faults = Faults::default();
    let promises = [row.first_response_minutes, row.resolution_minutes];
    check_promises(&mut faults, promises);
    match &patch.escalation_rules {
        Some(inputs) => row.escalation_rules = json!(check_rules(&mut faults, inputs, promises)),
        None => rules_have_clocks(&mut faults, &rules_of(&row), promises),
    }
    faults.into_result(row).map_err(AppError::Invalid)
}

fn check_promises(faults: &mut Faults, [first_response, resolution]: [Option<i64>; 2]) {
    if first_response.is_none() && resolution.is_none() {
        faults.add("resolutionMinutes", "is needed when firstResponseMinutes is absent");
    }
    if let Some(minutes) = first_response {
        sla::minutes(faults, "firstResponseMinutes", minutes);
    }
    if let Some(minutes) = resolution {
        sla::minutes(faults, "resolutionMinutes", minutes);
    }
}

fn check_rules(faults: &mut Faults, inputs: &[RuleInput], promises: [Option<i64>; 2]) -> Vec<Rule> {
    let rules = sla::rules(faults, "escalationRules", inputs);
    rules_have_clocks(faults, &rules, promises);
    rules
}

fn rules_have_clocks(faults: &mut Faults, rules: &[Rule], promises: [Option<i64>; 2]) {
    for (clock, minutes) in sla::ClockKind::ALL.iter().zip(promises) {
        if minutes.is_none() && rules.iter().any(|rule| rule.clock == *clock) {
            let message = format!("there is a rule for {}, but the policy promises no such time", clock.as_str());
            faults.add("escalationRules", message);
        }
    }
}

/// The rules of a policy; none when they cannot be read.
pub fn rules_of(row: &SlaPolicy) -> Vec<Rule> {
    serde_json::from_value(row.escalation_rules.clone()).unwrap_or_default()
}

/// Checks what the policy points to. The workspace is locked, so that its hours do not change meanwhile.
async fn check_neighbours(tenant: Tenant<'_, Tx>, row: &SlaPolicy) -> Result<(), AppError> {
    let workspace = workspaces::lock(tenant).await?.ok_or(AppError::NotFound("workspace"))?;
    let mut faults = Faults::default();
    if let Some(id) = &row.organization_id
        && tenant.get::<Organization>(id).await?.is_none()
    {
        faults.add("organizationId", "there is no such organization");
    }
    if row.business_hours_only
        && crate::sla::calendar(true, &workspace.timezone, &workspace.business_hours, &Value::Null).is_empty()
    {
        let message = "the workspace has no business hours, so that its clocks would never run; set the hours first";
        faults.add("businessHoursOnly", message);
    }
    for (index, rule) in rules_of(row).iter().enumerate() {
        for (position, action) in rule.actions.iter().enumerate() {
            if let Some(id) = action.support_agent_id()
                && tenant.get::<SupportAgent>(id).await?.is_none()
            {
                let field = format!("escalationRules[{index}].actions[{position}].supportAgentId");
                faults.add(&field, "there is no such support agent");
            }
            if let Some(id) = action.team_id()
                && tenant.get::<Team>(id).await?.is_none()
            {
                let field = format!("escalationRules[{index}].actions[{position}].teamId");
                faults.add(&field, "there is no such team");
            }
        }
    }
    faults.into_result(()).map_err(AppError::Invalid)
}

async fn line<C: Connection>(tenant: Tenant<'_, C>, id: &str) -> Result<Line, AppError> {
    sla_policies::by_id(tenant, id).await?.ok_or(AppError::NotFound("policy"))
}

/// What the audit log keeps.
fn facts(row: &SlaPolicy) -> Value {
    json!({
        "organizationId": row.organization_id, "priority": row.priority,
        "firstResponseMinutes": row.first_response_minutes, "resolutionMinutes": row.resolution_minutes,
        "businessHoursOnly": row.business_hours_only, "escalationRules": row.escalation_rules,
    })
}
