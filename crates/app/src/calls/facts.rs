//! What is known of a caller: for the agents' instructions and for what tools may tell.

use patchcord_agents::Facts;
use patchcord_domain::call::{IdentifiedBy, Verification};
use patchcord_domain::calling::{Evidence, is_forged};
use patchcord_domain::days::Zone;
use patchcord_domain::ticket::{Status, label};
use patchcord_domain::time::Millis;
use patchcord_store::rows::{Call, Contact, Organization, Workspace};
use patchcord_store::ticket_list::{self, Sort};
use patchcord_store::{Connection, Tenant, devices, workspaces};

use super::admission::who_has;
use crate::{App, AppError};

/// Most devices and tickets that an agent is told of.
const DEVICES: u64 = 10;
const TICKETS: u64 = 5;

/// The caller of one call.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) evidence: Evidence,
    pub(crate) contact_id: Option<String>,
    pub(crate) facts: Facts,
}

impl Caller {
    /// What the call's row and the number say.
    pub(crate) async fn of<C: Connection>(app: &App, tenant: Tenant<'_, C>, call: &Call) -> Result<Self, AppError> {
        let known = match &call.caller_phone {
            Some(number) => who_has(tenant, number).await?,
            None => Default::default(),
        };
        let by = IdentifiedBy::parse(&call.identified_by).unwrap_or(IdentifiedBy::None);
        let verification = Verification::parse(&call.verification).unwrap_or(Verification::None);
        let organization = call.organization_id.clone();
        let mut evidence = Evidence {
            by_code: organization.clone().filter(|_| matches!(by, IdentifiedBy::UECode | IdentifiedBy::Both)),
            by_phone: known.organization_id,
            by_name: organization.filter(|_| by == IdentifiedBy::None),
            is_number_forged: is_forged(call.stir_verdict.as_deref()),
            is_confirmed: false,
        };
        // Whoever is verified although code and number do not say so was vouched for by a person.
        evidence.is_confirmed = verification == Verification::Verified && evidence.weigh().1 != Verification::Verified;
        let mut caller = Self { evidence, contact_id: call.contact_id.clone(), facts: Facts::unknown() };
        caller.refresh(app, tenant).await?;
        Ok(caller)
    }

    /// How far the caller is believed.
    pub(crate) fn verification(&self) -> Verification {
        self.evidence.weigh().1
    }

    /// The organization, when one is at least claimed.
    pub(crate) fn organization(&self) -> Option<&str> {
        self.evidence.weigh().0
    }

    /// Reads again what may be told.
    pub(crate) async fn refresh<C: Connection>(&mut self, app: &App, tenant: Tenant<'_, C>) -> Result<(), AppError> {
        let workspace = workspaces::own(tenant).await?.ok_or(AppError::NotFound("workspace"))?;
        let (organization_id, verification, identified_by) = self.evidence.weigh();
        let organization_id = organization_id.map(str::to_owned);
        let organization: Option<Organization> = match &organization_id {
            Some(id) => tenant.get(id).await?,
            None => None,
        };
        let contact: Option<Contact> = match &self.contact_id {
            Some(id) => tenant.get(id).await?,
            None => None,
        };
        // A contact of another organization than the one that is believed says nothing any more.
        let contact = contact.filter(|contact| Some(&contact.organization_id) == organization_id.as_ref());
        let verified = verification == Verification::Verified;
        let now = app.clock.now();
        self.facts = Facts {
            verification,
            identified_by,
            organization: organization.map(|organization| organization.name),
            language: contact.as_ref().and_then(|contact| contact.preferred_language.clone()),
            devices: if verified { device_names(tenant, contact.as_ref()).await? } else { Vec::new() },
            tickets: match &organization_id {
                Some(id) if verified => open_tickets(tenant, id, contact.as_ref()).await?,
                _ => Vec::new(),
            },
            contact: contact.map(|contact| contact.name),
            local_time: local_time(&workspace, now),
            people_there: business_hours_now(&workspace, now),
            workspace: workspace.name,
        };
        Ok(())
    }
}

async fn device_names<C: Connection>(
    tenant: Tenant<'_, C>,
    contact: Option<&Contact>,
) -> Result<Vec<String>, AppError> {
    let Some(contact) = contact else { return Ok(Vec::new()) };
    let query = devices::Query { contacts: vec![contact.id.clone()], limit: DEVICES, ..devices::Query::default() };
    let found = devices::page(tenant, &query).await?;
    Ok(found.into_iter().map(|device| format!("{} ({})", device.name, kind_in_words(&device.kind))).collect())
}

/// A type of device as people say it.
pub(crate) fn kind_in_words(kind: &str) -> String {
    match kind {
        "NETWORK" => "network device".to_owned(),
        "MOBILE" => "mobile phone".to_owned(),
        "OTHER" => "device".to_owned(),
        other => other.to_lowercase(),
    }
}

async fn open_tickets<C: Connection>(
    tenant: Tenant<'_, C>,
    organization_id: &str,
    contact: Option<&Contact>,
) -> Result<Vec<String>, AppError> {
    let mut query = crate::call_tools::tickets_of(organization_id, TICKETS);
    query.statuses = Status::ALL.iter().copied().filter(|status| status.is_open()).collect();
    query.contacts = contact.map(|contact| contact.id.clone()).into_iter().collect();
    query.sort = Sort::UpdatedAt;
    let found = ticket_list::page(tenant, &query).await?;
    Ok(found.into_iter().map(|line| format!("{} {}", label(line.number), line.subject)).collect())
}

/// Whether the workspace works at this moment.
pub(crate) fn business_hours_now(workspace: &Workspace, now: Millis) -> bool {
    let hours = crate::sla::calendar(true, &workspace.timezone, &workspace.business_hours, &workspace.holidays);
    hours.elapsed(now, now + 1) > 0
}

fn local_time(workspace: &Workspace, now: Millis) -> String {
    Zone::named(&workspace.timezone).clock(now).format("%A, %-d %B %Y, %H:%M").to_string()
}
