//! The promises of the demonstration, checked by the same rules as those that people write, and its clocks on their way.

use patchcord_domain::sla::{ActionInput, RuleInput};
use patchcord_domain::time::{DAY, Millis};
use patchcord_store::rows::{Ticket, TicketSla};
use patchcord_store::{Tenant, Tx};

use crate::seed::dangling;
use crate::seed::directory::Directory;
use crate::seed::files::Files;
use crate::sla::look_after;
use crate::sla_policies::NewPolicy;
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// How long they have been there.
const SINCE: Millis = 200 * DAY;

/// Writes the policies of a workspace.
pub(super) async fn write(
    app: &App,
    tenant: Tenant<'_, Tx>,
    files: &Files,
    workspace: &str,
    directory: &Directory,
) -> Result<(), AppError> {
    for policy in files.sla_policies.iter().filter(|policy| policy.workspace == workspace) {
        let organization = |key: &str| directory.organizations.get(key).ok_or_else(|| dangling("organization", key));
        let rules = policy.rules.iter().map(|rule| RuleInput {
            clock: rule.clock.clone(),
            at_percent: rule.at_percent,
            actions: rule.actions.iter().map(|kind| ActionInput { kind: kind.clone(), ..Default::default() }).collect(),
        });
        let input = NewPolicy {
            organization_id: policy.organization.as_deref().map(organization).transpose()?.cloned(),
            priority: policy.priority.clone(),
            first_response_minutes: policy.first_response_minutes,
            resolution_minutes: policy.resolution_minutes,
            business_hours_only: policy.business_hours_only,
            escalation_rules: rules.collect(),
        };
        let refused = |error| AppError::Internal(format!("demo policy {}: {error}", policy.priority));
        let mut row = app.new_policy(input).map_err(refused)?;
        row.created_at -= SINCE;
        row.updated_at -= SINCE;
        tenant.add(row).await?;
    }
    Ok(())
}

/// Notes what the clocks of a ticket have reached until a moment, at the times at which they did; gives the ticket as it is then.
pub(super) async fn catch_up(
    app: &App,
    tenant: Tenant<'_, Tx>,
    ticket: Ticket,
    until: Millis,
) -> Result<Ticket, AppError> {
    let mut last = Millis::MIN;
    loop {
        let row = tenant.get::<TicketSla>(&ticket.id).await?;
        let next = row.and_then(|row| row.next_at).filter(|at| (last + 1..=until).contains(at));
        let Some(at) = next else { break };
        look_after(&Change { app, tenant, who: Who::System, at }, &ticket.id).await?;
        last = at;
    }
    if last == Millis::MIN {
        return Ok(ticket);
    }
    tenant.lock::<Ticket>(&ticket.id).await?.ok_or(AppError::NotFound("ticket"))
}
