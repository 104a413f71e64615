//! The demonstration: two workspaces with customers, devices, tickets and articles, written from the files in `demo/`.
//!
//! Everything is replayed by the same functions that serve people, only with times in the past. Ids come from a stream
//! of bytes that is the same every time, so that two demonstrations of one day are alike.

mod calls;
mod directory;
mod files;
mod history;
mod load;
mod screenshot;
mod sla;
mod tickets;
mod views;

pub use load::Loaded;

use std::sync::{Arc, Mutex};

use aws_lc_rs::digest;
use patchcord_domain::id::{Entropy, WorkspaceId};
use patchcord_domain::time::Millis;
use patchcord_store::unscoped;
use serde_json::json;

use crate::seed::directory::Directory;
use crate::seed::files::Files;
use crate::{App, AppError};

/// What every user of the demonstration signs in with.
pub const DEMO_PASSWORD: &str = "patchcord-demo";

/// How many rows of each kind were written.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Seeded {
    /// Workspaces; those that were there already are left as they are and not counted, nor is what they hold.
    pub workspaces: usize,
    /// Users.
    pub users: usize,
    /// Support agents, people and voice agents.
    pub support_agents: usize,
    /// Organizations.
    pub organizations: usize,
    /// Contacts.
    pub contacts: usize,
    /// Devices.
    pub devices: usize,
    /// Tickets.
    pub tickets: usize,
    /// Files of tickets.
    pub attachments: usize,
    /// Articles of the knowledge base.
    pub articles: usize,
    /// Saved views.
    pub saved_views: usize,
    /// Macros.
    pub macros: usize,
    /// Finished calls.
    pub calls: usize,
}

impl App {
    /// Writes the demonstration, each workspace as a whole or not at all; a workspace that is there is left alone.
    ///
    /// # Errors
    /// When the database or the file storage fails.
    pub async fn seed_demo(&self) -> Result<Seeded, AppError> {
        let files = Arc::new(Files::embedded().map_err(AppError::Internal)?);
        let mut seeded = Seeded::default();
        for (index, workspace) in files.workspaces.iter().enumerate() {
            if unscoped::workspaces::by_slug(self.store.reader(), &workspace.key).await?.is_none() {
                let id = self.seed_workspace(files.clone(), index, &mut seeded).await?;
                self.roll_up(&id).await?;
            }
        }
        Ok(seeded)
    }

    async fn seed_workspace(
        &self,
        files: Arc<Files>,
        index: usize,
        seeded: &mut Seeded,
    ) -> Result<WorkspaceId, AppError> {
        let plan = &files.workspaces[index];
        let app = self.with_entropy(Arc::new(SameEveryTime::new(&plan.key)));
        let now = self.clock.now();
        let mut workspace = app.new_workspace(&plan.name, &plan.key, &plan.timezone, plan.product_areas.clone());
        workspace.business_hours = plan.business_hours.clone();
        workspace.holidays = json!(plan.holidays);
        let id = WorkspaceId::new(workspace.id.as_str());
        let directory = Directory::plan(&app, &files, &plan.key, now).await?;
        let uploads = tickets::Uploads::store(&app, &files, &plan.key).await?;
        let (key, own) = (plan.key.clone(), id.clone());
        let past = self.with_entropy(Arc::new(SameEveryTime::new(&format!("{key} history"))));
        let told = self.with_entropy(Arc::new(SameEveryTime::new(&format!("{} calls", plan.key))));
        let files = files.clone();
        let written = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    unscoped::workspaces::add(tx, workspace).await?;
                    let tenant = tx.tenant(&id);
                    let mut written = directory.write(tenant).await?;
                    sla::write(&app, tenant, &files, &key, &directory).await?;
                    written.articles = directory::write_articles(&app, tenant, &files, &key, now).await?;
                    written.attachments = uploads.count();
                    let plan = &files.workspaces[index];
                    written.tickets = history::write(&past, tenant, &files, plan, &directory, now).await?;
                    written.tickets += tickets::replay(&app, tenant, &files, &key, &directory, &uploads, now).await?;
                    calls::write_numbers(&app, tenant, plan, now).await?;
                    written.calls = calls::write(&told, tenant, &files, plan, &directory, now).await?;
                    views::write(&app, tenant, &files, &key, &directory, &mut written).await?;
                    Ok::<_, AppError>(written)
                })
            })
            .await?;
        seeded.add(&written);
        Ok(own)
    }

    /// The same program with another source of ids.
    fn with_entropy(&self, entropy: Arc<dyn Entropy>) -> App {
        App::new(crate::Inner { entropy, ..crate::Inner::clone(self) })
    }
}

impl Seeded {
    fn add(&mut self, more: &Self) {
        self.workspaces += 1;
        self.users += more.users;
        self.support_agents += more.support_agents;
        self.organizations += more.organizations;
        self.contacts += more.contacts;
        self.devices += more.devices;
        self.tickets += more.tickets;
        self.attachments += more.attachments;
        self.articles += more.articles;
        self.saved_views += more.saved_views;
        self.macros += more.macros;
        self.calls += more.calls;
    }
}

/// Bytes that look random and are the same every time: SHA-256 of a name and a counter. Only for what is no secret.
struct SameEveryTime {
    name: String,
    counter: Mutex<u64>,
}

impl SameEveryTime {
    fn new(name: &str) -> Self {
        Self { name: name.to_owned(), counter: Mutex::new(0) }
    }
}

impl Entropy for SameEveryTime {
    fn fill(&self, buffer: &mut [u8]) {
        let mut counter = self.counter.lock().expect("nothing panics while it is held");
        for chunk in buffer.chunks_mut(digest::SHA256_OUTPUT_LEN) {
            *counter += 1;
            let block = digest::digest(&digest::SHA256, format!("patchcord demo {} {counter}", self.name).as_bytes());
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        }
    }
}

/// What a reference of the demonstration's files that leads nowhere becomes.
fn dangling(kind: &str, key: &str) -> AppError {
    AppError::Internal(format!("the demonstration has no {kind} {key:?}"))
}

/// Minutes before `now`.
fn minutes_ago(now: Millis, minutes: i64) -> Millis {
    now - minutes * patchcord_domain::time::MINUTE
}
