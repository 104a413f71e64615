//! The files of the demonstration as they are written; what is unknown or missing in one is an error.

use include_dir::{Dir, include_dir};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::macros::Actions;
use crate::ticket_filters::Filters;

static DEMO: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/demo");

/// Everything that the demonstration is made of.
pub(super) struct Files {
    pub(super) workspaces: Vec<Workspace>,
    pub(super) users: Vec<User>,
    pub(super) agents: Vec<Agent>,
    pub(super) account_managers: Vec<AccountManager>,
    pub(super) organizations: Vec<Organization>,
    pub(super) locations: Vec<Location>,
    pub(super) contacts: Vec<Contact>,
    pub(super) devices: Vec<Device>,
    /// Oldest first.
    pub(super) tickets: Vec<Ticket>,
    pub(super) articles: Vec<Article>,
    pub(super) views: Vec<View>,
    pub(super) macros: Vec<Macro>,
    /// What the tickets of the past days were about.
    pub(super) history: Vec<Kind>,
    pub(super) sla_policies: Vec<SlaPolicy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SlaPoliciesFile {
    policy: Vec<SlaPolicy>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlaPolicy {
    pub(super) workspace: String,
    /// The key of an organization.
    pub(super) organization: Option<String>,
    pub(super) priority: String,
    pub(super) first_response_minutes: Option<i64>,
    pub(super) resolution_minutes: Option<i64>,
    pub(super) business_hours_only: bool,
    #[serde(default)]
    pub(super) rules: Vec<SlaRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SlaRule {
    pub(super) clock: String,
    pub(super) at_percent: i64,
    pub(super) actions: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkspacesFile {
    workspace: Vec<Workspace>,
    user: Vec<User>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Workspace {
    /// The short name as well.
    pub(super) key: String,
    pub(super) name: String,
    pub(super) timezone: String,
    pub(super) phone_number: String,
    pub(super) product_areas: Vec<String>,
    pub(super) holidays: Vec<String>,
    pub(super) business_hours: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct User {
    pub(super) workspace: String,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) role: String,
    pub(super) phone: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HistoryFile {
    kind: Vec<Kind>,
}

/// A kind of ticket that comes again and again.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kind {
    pub(super) subject: String,
    pub(super) category: String,
    pub(super) product_area: String,
    pub(super) priority: String,
    /// How often it comes compared to the others.
    pub(super) weight: u64,
    pub(super) opening: String,
    pub(super) answer: String,
    pub(super) closing: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgentsFile {
    agent: Vec<Agent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Agent {
    pub(super) key: String,
    pub(super) kind: String,
    pub(super) name: String,
    /// Every workspace when absent.
    pub(super) workspace: Option<String>,
    pub(super) specialty: Option<String>,
    pub(super) user_email: Option<String>,
    pub(super) is_available: bool,
    pub(super) max_open_tickets: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrganizationsFile {
    account_manager: Vec<AccountManager>,
    organization: Vec<Organization>,
    location: Vec<Location>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AccountManager {
    pub(super) key: String,
    pub(super) workspace: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) phone: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Organization {
    pub(super) key: String,
    pub(super) workspace: String,
    pub(super) name: String,
    pub(super) u_e_code: String,
    pub(super) domain: String,
    pub(super) account_manager: String,
    pub(super) notes: Option<String>,
    pub(super) status: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Location {
    pub(super) key: String,
    pub(super) organization: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) city: String,
    pub(super) country: String,
    pub(super) phone: String,
    pub(super) timezone: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactsFile {
    contact: Vec<Contact>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contact {
    pub(super) key: String,
    pub(super) organization: String,
    pub(super) location: Option<String>,
    pub(super) name: String,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) title: Option<String>,
    pub(super) is_vip: bool,
    pub(super) preferred_language: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DevicesFile {
    device: Vec<Device>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Device {
    pub(super) key: String,
    pub(super) organization: String,
    pub(super) location: Option<String>,
    pub(super) name: String,
    pub(super) r#type: String,
    pub(super) manufacturer: Option<String>,
    pub(super) model: Option<String>,
    pub(super) operating_system: Option<String>,
    pub(super) operating_system_version: Option<String>,
    pub(super) domain: Option<String>,
    pub(super) serial_number: Option<String>,
    pub(super) asset_tag: Option<String>,
    pub(super) ip_address: Option<String>,
    pub(super) mac_address: Option<String>,
    pub(super) status: String,
    pub(super) last_seen_minutes_ago: Option<i64>,
    pub(super) warranty_days_left: Option<i64>,
    pub(super) notes: Option<String>,
    pub(super) owners: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TicketsFile {
    ticket: Vec<Ticket>,
}

/// A ticket as it was at its opening; `entry` tells what happened then.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ticket {
    pub(super) key: String,
    pub(super) workspace: String,
    pub(super) subject: String,
    pub(super) priority: String,
    pub(super) channel: String,
    pub(super) product_area: Option<String>,
    pub(super) category: Option<String>,
    pub(super) organization: Option<String>,
    pub(super) contact: Option<String>,
    pub(super) device: Option<String>,
    #[serde(default)]
    pub(super) tags: Vec<String>,
    pub(super) opened_minutes_ago: i64,
    /// The agent who filed it; the contact did when absent.
    pub(super) opened_by: Option<String>,
    pub(super) entry: Vec<Entry>,
}

/// Something that happened to a ticket. Which fields count depends on the kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) kind: EntryKind,
    /// Minutes after the opening.
    pub(super) at: i64,
    pub(super) by: Option<String>,
    pub(super) author: Option<String>,
    #[serde(default)]
    pub(super) is_internal: bool,
    #[serde(default)]
    pub(super) body: String,
    #[serde(default)]
    pub(super) attachments: Vec<Attachment>,
    pub(super) to: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) level: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum EntryKind {
    Message,
    Status,
    Priority,
    Assign,
    Escalate,
    Accept,
    Decline,
    Resolve,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Attachment {
    pub(super) file_name: String,
    pub(super) content: Option<String>,
    pub(super) generated: Option<String>,
    pub(super) caption: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ViewsFile {
    view: Vec<View>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct View {
    pub(super) workspace: String,
    /// Address of the user; everybody's when absent.
    pub(super) owner: Option<String>,
    pub(super) name: String,
    pub(super) sort: Option<String>,
    pub(super) filters: Filters,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MacrosFile {
    r#macro: Vec<Macro>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Macro {
    pub(super) workspace: String,
    /// Address of the user; everybody's when absent.
    pub(super) owner: Option<String>,
    pub(super) name: String,
    pub(super) body: String,
    #[serde(default)]
    pub(super) actions: Actions,
}

/// An article: TOML between lines of `+++`, then Markdown.
pub(super) struct Article {
    pub(super) key: String,
    pub(super) facts: ArticleFacts,
    pub(super) body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ArticleFacts {
    pub(super) title: String,
    pub(super) tags: Vec<String>,
    pub(super) product_area: String,
    pub(super) status: String,
    pub(super) updated_days_ago: i64,
}

impl Files {
    /// The files that are compiled in. An error names the file and the line.
    pub(super) fn embedded() -> Result<Self, String> {
        let WorkspacesFile { workspace, user } = read("workspaces.toml")?;
        let AgentsFile { agent } = read("support_agents.toml")?;
        let OrganizationsFile { account_manager, organization, location } = read("organizations.toml")?;
        let ContactsFile { contact } = read("contacts.toml")?;
        let DevicesFile { device } = read("devices.toml")?;
        let SlaPoliciesFile { policy } = read("sla_policies.toml")?;
        let mut tickets = Vec::new();
        for name in names("tickets") {
            let TicketsFile { ticket } = read(&name)?;
            tickets.extend(ticket);
        }
        tickets.sort_by_key(|ticket| std::cmp::Reverse(ticket.opened_minutes_ago));
        let HistoryFile { kind } = read("history.toml")?;
        let ViewsFile { view } = read("saved_views.toml")?;
        let MacrosFile { r#macro } = read("macros.toml")?;
        let articles = names("articles").iter().map(|name| article(name)).collect::<Result<_, _>>()?;
        Ok(Self {
            workspaces: workspace,
            users: user,
            agents: agent,
            account_managers: account_manager,
            organizations: organization,
            locations: location,
            contacts: contact,
            devices: device,
            tickets,
            articles,
            views: view,
            macros: r#macro,
            history: kind,
            sla_policies: policy,
        })
    }
}

/// The files of a folder by name.
fn names(folder: &str) -> Vec<String> {
    let files = DEMO.get_dir(folder).into_iter().flat_map(Dir::files);
    let mut names: Vec<String> = files.map(|file| file.path().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

fn text(name: &str) -> Result<&'static str, String> {
    DEMO.get_file(name).and_then(|file| file.contents_utf8()).ok_or_else(|| format!("demo/{name} is missing"))
}

fn read<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    toml::from_str(text(name)?).map_err(|error| format!("demo/{name}: {error}"))
}

fn article(name: &str) -> Result<Article, String> {
    let text = text(name)?;
    let parts = text.strip_prefix("+++\n").and_then(|text| text.split_once("\n+++\n"));
    let (facts, body) = parts.ok_or_else(|| format!("demo/{name} has no facts between +++ and +++"))?;
    let facts = toml::from_str(facts).map_err(|error| format!("demo/{name}: {error}"))?;
    let key = name.trim_start_matches("articles/").trim_end_matches(".md").to_owned();
    Ok(Article { key, facts, body: body.trim().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_can_be_read_and_there_is_enough() {
        let files = Files::embedded().unwrap();
        let ours = |workspace: &str| workspace == "northwind";
        assert!(files.organizations.iter().filter(|one| ours(&one.workspace)).count() >= 6);
        assert!(files.locations.len() >= 4 && files.contacts.len() >= 40 && files.devices.len() >= 60);
        assert!(files.tickets.iter().filter(|one| ours(&one.workspace)).count() >= 24);
        assert!(files.articles.len() >= 30);
        let people = files.agents.iter().filter(|agent| agent.kind == "HUMAN").count();
        assert!(people >= 8 && files.agents.len() - people == 11);
        for kind in ["WORKSTATION", "SERVER", "LAPTOP", "PRINTER", "PHONE", "NETWORK", "MOBILE", "OTHER"] {
            assert!(files.devices.iter().any(|device| device.r#type == kind), "{kind}");
        }
        let with_files = |ticket: &&Ticket| ticket.entry.iter().any(|entry| !entry.attachments.is_empty());
        assert!(files.tickets.iter().filter(with_files).count() >= 8);
    }
}
