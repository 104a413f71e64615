//! The people and things of the demonstration: users, support agents, customers, devices, articles.

use std::collections::HashMap;

use patchcord_domain::time::{DAY, Millis};
use patchcord_store::rows::{
    AccountManager, Article, Contact, ContactDevice, Device, DeviceManufacturer, DeviceModel, Domain, Location,
    OperatingSystem, Organization, Row, SupportAgent, User,
};
use patchcord_store::{Tenant, Tx, directory, search};
use serde_json::json;

use crate::devices;
use crate::seed::files::{self, Files};
use crate::seed::{DEMO_PASSWORD, Seeded, dangling, minutes_ago};
use crate::trail::Who;
use crate::users::NewUser;
use crate::{App, AppError};
use crate::{account_managers, contacts, locations, organizations};

/// How long the customers of the demonstration have been customers.
const SINCE: Millis = 400 * DAY;

/// The rows of one workspace, made but not written yet.
#[derive(Default)]
pub(super) struct Directory {
    pub(super) agents: HashMap<String, SupportAgent>,
    pub(super) contacts: HashMap<String, Contact>,
    pub(super) devices: HashMap<String, Device>,
    pub(super) organizations: HashMap<String, String>,
    users: Vec<User>,
    account_managers: Vec<AccountManager>,
    location_ids: HashMap<String, String>,
    /// Catalogue entries by what they are and their name.
    catalogue: HashMap<(&'static str, String), String>,
    organization_rows: Vec<Organization>,
    locations: Vec<Location>,
    manufacturers: Vec<DeviceManufacturer>,
    models: Vec<DeviceModel>,
    operating_systems: Vec<OperatingSystem>,
    domains: Vec<Domain>,
    contact_devices: Vec<ContactDevice>,
    /// Keys in the order of the files, which maps forget.
    agent_keys: Vec<String>,
    contact_keys: Vec<String>,
    device_keys: Vec<String>,
}

impl Directory {
    /// Makes the rows of a workspace.
    pub(super) async fn plan(app: &App, files: &Files, workspace: &str, now: Millis) -> Result<Self, AppError> {
        let mut directory = Self::default();
        directory.plan_people(app, files, workspace, now).await?;
        directory.plan_customers(app, files, workspace, now)?;
        directory.plan_devices(app, files, now)?;
        Ok(directory)
    }

    /// Writes the rows.
    pub(super) async fn write(&self, tenant: Tenant<'_, Tx>) -> Result<Seeded, AppError> {
        add_all(tenant, &self.users).await?;
        for key in &self.agent_keys {
            tenant.add(self.agents[key].clone()).await?;
        }
        add_all(tenant, &self.account_managers).await?;
        add_all(tenant, &self.organization_rows).await?;
        add_all(tenant, &self.locations).await?;
        for key in &self.contact_keys {
            tenant.add(self.contacts[key].clone()).await?;
        }
        self.index(tenant).await?;
        add_all(tenant, &self.manufacturers).await?;
        add_all(tenant, &self.models).await?;
        add_all(tenant, &self.operating_systems).await?;
        add_all(tenant, &self.domains).await?;
        for key in &self.device_keys {
            tenant.add(self.devices[key].clone()).await?;
            devices::index(tenant, &self.devices[key]).await?;
        }
        for owner in &self.contact_devices {
            directory::add_owner(tenant, owner.clone()).await?;
        }
        Ok(Seeded {
            users: self.users.len(),
            support_agents: self.agent_keys.len(),
            organizations: self.organization_rows.len(),
            contacts: self.contact_keys.len(),
            devices: self.device_keys.len(),
            ..Seeded::default()
        })
    }

    /// The contacts in the order of their file.
    pub(super) fn contacts_in_order(&self) -> Vec<&Contact> {
        self.contact_keys.iter().map(|key| &self.contacts[key]).collect()
    }

    /// The first user, who asks the copilot for those who do not sign in.
    pub(super) fn first_user_id(&self) -> Option<String> {
        self.users.first().map(|user| user.id.clone())
    }

    /// Writes the search documents of people and places.
    async fn index(&self, tenant: Tenant<'_, Tx>) -> Result<(), AppError> {
        for row in &self.account_managers {
            account_managers::index(tenant, row).await?;
        }
        for row in &self.organization_rows {
            organizations::index(tenant, row).await?;
        }
        for row in &self.locations {
            locations::index(tenant, row).await?;
        }
        for key in &self.contact_keys {
            contacts::index(tenant, &self.contacts[key]).await?;
        }
        Ok(())
    }

    /// Who the trail names for what a support agent did.
    pub(super) fn who(&self, key: Option<&str>) -> Result<Who, AppError> {
        let Some(key) = key else { return Ok(Who::System) };
        let agent = self.agents.get(key).ok_or_else(|| dangling("support agent", key))?;
        Ok(match (&agent.user_id, agent.kind.as_str()) {
            (Some(user), _) => Who::User(user.clone()),
            (None, "BOT") => Who::Bot(agent.id.clone()),
            (None, _) => Who::Agent(agent.id.clone()),
        })
    }

    /// The user with this address.
    pub(super) fn user_id(&self, email: &str) -> Result<String, AppError> {
        let user = self.users.iter().find(|user| user.email == email);
        Ok(user.ok_or_else(|| dangling("user", email))?.id.clone())
    }

    async fn plan_people(&mut self, app: &App, files: &Files, workspace: &str, now: Millis) -> Result<(), AppError> {
        for user in files.users.iter().filter(|user| user.workspace == workspace) {
            let input = NewUser {
                email: user.email.clone(),
                name: user.name.clone(),
                role: user.role.clone(),
                password: Some(DEMO_PASSWORD.to_owned()),
                phone: user.phone.clone(),
            };
            self.users.push(app.new_user("", input).await?);
        }
        let here = |agent: &&files::Agent| agent.workspace.as_deref().is_none_or(|of| of == workspace);
        for agent in files.agents.iter().filter(here) {
            let user_id = match &agent.user_email {
                Some(email) => {
                    let user = self.users.iter().find(|user| user.email == *email);
                    Some(user.ok_or_else(|| dangling("user", email))?.id.clone())
                }
                None => None,
            };
            let row = SupportAgent {
                workspace_id: String::new(),
                id: app.id(),
                kind: agent.kind.clone(),
                name: agent.name.clone(),
                specialty: agent.specialty.clone(),
                user_id,
                is_available: agent.is_available,
                max_open_tickets: agent.max_open_tickets,
                version: 1,
                created_at: now - SINCE,
                updated_at: now - SINCE,
            };
            self.agents.insert(agent.key.clone(), row);
            self.agent_keys.push(agent.key.clone());
        }
        Ok(())
    }

    fn plan_customers(&mut self, app: &App, files: &Files, workspace: &str, now: Millis) -> Result<(), AppError> {
        let at = now - SINCE;
        let mut managers = HashMap::new();
        for manager in files.account_managers.iter().filter(|manager| manager.workspace == workspace) {
            let row = AccountManager {
                workspace_id: String::new(),
                id: app.id(),
                name: manager.name.clone(),
                email: Some(manager.email.clone()),
                phone: Some(manager.phone.clone()),
                version: 1,
                created_at: at,
                updated_at: at,
            };
            managers.insert(&manager.key, row.id.clone());
            self.account_managers.push(row);
        }
        for organization in files.organizations.iter().filter(|organization| organization.workspace == workspace) {
            let manager = &organization.account_manager;
            let row = Organization {
                workspace_id: String::new(),
                id: app.id(),
                name: organization.name.clone(),
                u_e_code: Some(organization.u_e_code.clone()),
                domain: Some(organization.domain.clone()),
                account_manager_id: Some(
                    managers.get(manager).ok_or_else(|| dangling("account manager", manager))?.clone(),
                ),
                notes: organization.notes.clone(),
                status: organization.status.clone(),
                version: 1,
                created_at: at,
                updated_at: at,
            };
            self.organizations.insert(organization.key.clone(), row.id.clone());
            self.organization_rows.push(row);
        }
        for location in &files.locations {
            let Some(organization_id) = self.organizations.get(&location.organization) else { continue };
            let row = Location {
                workspace_id: String::new(),
                id: app.id(),
                organization_id: organization_id.clone(),
                name: location.name.clone(),
                address: Some(location.address.clone()),
                city: Some(location.city.clone()),
                country: Some(location.country.clone()),
                phone: Some(location.phone.clone()),
                timezone: Some(location.timezone.clone()),
                version: 1,
                created_at: at,
                updated_at: at,
            };
            self.location_ids.insert(location.key.clone(), row.id.clone());
            self.locations.push(row);
        }
        for contact in &files.contacts {
            let Some(organization_id) = self.organizations.get(&contact.organization) else { continue };
            let row = Contact {
                workspace_id: String::new(),
                id: app.id(),
                organization_id: organization_id.clone(),
                location_id: self.location(contact.location.as_deref())?,
                name: contact.name.clone(),
                email: contact.email.clone(),
                phone: contact.phone.clone(),
                title: contact.title.clone(),
                is_vip: contact.is_vip,
                preferred_language: contact.preferred_language.clone(),
                version: 1,
                created_at: at,
                updated_at: at,
            };
            self.contacts.insert(contact.key.clone(), row);
            self.contact_keys.push(contact.key.clone());
        }
        Ok(())
    }

    fn location(&self, key: Option<&str>) -> Result<Option<String>, AppError> {
        let find = |key| self.location_ids.get(key).cloned().ok_or_else(|| dangling("location", key));
        key.map(find).transpose()
    }

    fn plan_devices(&mut self, app: &App, files: &Files, now: Millis) -> Result<(), AppError> {
        let at = now - SINCE;
        let mut with_device: Vec<&String> = Vec::new();
        for device in &files.devices {
            let Some(organization_id) = self.organizations.get(&device.organization).cloned() else { continue };
            let manufacturer_id = device.manufacturer.as_ref().map(|name| self.manufacturer(app, name, at));
            let model = manufacturer_id.as_ref().zip(device.model.as_ref());
            let system = device.operating_system.as_ref().zip(device.operating_system_version.as_ref());
            let row = Device {
                workspace_id: String::new(),
                id: app.id(),
                organization_id,
                location_id: self.location(device.location.as_deref())?,
                name: device.name.clone(),
                r#type: device.r#type.clone(),
                model_id: model.map(|(manufacturer, name)| self.model(app, manufacturer, name, at)),
                manufacturer_id,
                operating_system_id: system.map(|(name, version)| self.operating_system(app, name, version, at)),
                domain_id: device.domain.as_ref().map(|name| self.domain(app, name, at)),
                serial_number: device.serial_number.clone(),
                asset_tag: device.asset_tag.clone(),
                ip_address: device.ip_address.clone(),
                mac_address: device.mac_address.clone(),
                status: device.status.clone(),
                last_seen_at: device.last_seen_minutes_ago.map(|minutes| minutes_ago(now, minutes)),
                warranty_until: device.warranty_days_left.map(|days| (now + days * DAY) / DAY * DAY),
                notes: device.notes.clone(),
                version: 1,
                created_at: at,
                updated_at: at,
            };
            for owner in &device.owners {
                let contact = self.contacts.get(owner).ok_or_else(|| dangling("contact", owner))?;
                self.contact_devices.push(ContactDevice {
                    workspace_id: String::new(),
                    contact_id: contact.id.clone(),
                    device_id: row.id.clone(),
                    is_primary: !with_device.contains(&owner),
                });
                with_device.push(owner);
            }
            self.devices.insert(device.key.clone(), row);
            self.device_keys.push(device.key.clone());
        }
        Ok(())
    }

    /// The id of a catalogue entry and whether it is a new one.
    fn entry(&mut self, app: &App, kind: &'static str, name: &str) -> (String, bool) {
        let mut new = false;
        let id = self.catalogue.entry((kind, name.to_owned())).or_insert_with(|| {
            new = true;
            app.id()
        });
        (id.clone(), new)
    }

    fn manufacturer(&mut self, app: &App, name: &str, at: Millis) -> String {
        let (id, new) = self.entry(app, "manufacturer", name);
        if new {
            let (workspace_id, name) = (String::new(), name.to_owned());
            let row =
                DeviceManufacturer { workspace_id, id: id.clone(), name, version: 1, created_at: at, updated_at: at };
            self.manufacturers.push(row);
        }
        id
    }

    fn model(&mut self, app: &App, manufacturer_id: &str, name: &str, at: Millis) -> String {
        let (id, new) = self.entry(app, "model", &format!("{manufacturer_id} {name}"));
        if new {
            self.models.push(DeviceModel {
                workspace_id: String::new(),
                id: id.clone(),
                manufacturer_id: manufacturer_id.to_owned(),
                name: name.to_owned(),
                version: 1,
                created_at: at,
                updated_at: at,
            });
        }
        id
    }

    fn operating_system(&mut self, app: &App, name: &str, os_version: &str, at: Millis) -> String {
        let (id, new) = self.entry(app, "operating system", &format!("{name} {os_version}"));
        if new {
            self.operating_systems.push(OperatingSystem {
                workspace_id: String::new(),
                id: id.clone(),
                name: name.to_owned(),
                os_version: os_version.to_owned(),
                version: 1,
                created_at: at,
                updated_at: at,
            });
        }
        id
    }

    fn domain(&mut self, app: &App, name: &str, at: Millis) -> String {
        let (id, new) = self.entry(app, "domain", name);
        if new {
            let (workspace_id, name) = (String::new(), name.to_owned());
            self.domains.push(Domain {
                workspace_id,
                id: id.clone(),
                name,
                version: 1,
                created_at: at,
                updated_at: at,
            });
        }
        id
    }
}

async fn add_all<M: Row + Clone>(tenant: Tenant<'_, Tx>, rows: &[M]) -> Result<(), AppError> {
    for row in rows {
        tenant.add(row.clone()).await?;
    }
    Ok(())
}

/// Writes the articles, which belong to the first workspace of the demonstration; says how many there are.
pub(super) async fn write_articles(
    app: &App,
    tenant: Tenant<'_, Tx>,
    files: &Files,
    workspace: &str,
    now: Millis,
) -> Result<usize, AppError> {
    if files.workspaces.first().is_none_or(|first| first.key != workspace) {
        return Ok(0);
    }
    for article in &files.articles {
        let facts = &article.facts;
        let updated_at = now - facts.updated_days_ago * DAY;
        let row = Article {
            workspace_id: String::new(),
            id: app.id(),
            title: facts.title.clone(),
            body: article.body.clone(),
            tags: json!(facts.tags),
            product_area: Some(facts.product_area.clone()),
            status: facts.status.clone(),
            source: Some(format!("demo/{}", article.key)),
            updated_by: None,
            version: 1,
            created_at: updated_at.min(now - SINCE),
            updated_at,
        };
        search::replace(
            tenant,
            search::ARTICLE,
            &row.id,
            &format!("{} {} {}", row.title, facts.tags.join(" "), row.body),
        )
        .await?;
        tenant.add(row).await?;
    }
    Ok(files.articles.len())
}
