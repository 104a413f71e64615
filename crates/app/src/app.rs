//! The program's state: what every use case may need, built once by the binary.

use std::ops::Deref;
use std::sync::Arc;

use patchcord_domain::id::{Entropy, new_id};
use patchcord_domain::machine::Gauges;
use patchcord_domain::redaction::Redactor;
use patchcord_domain::time::Clock;
use patchcord_llm::{Model, Prices};
use patchcord_store::Store;
use tokio_util::task::TaskTracker;

use crate::api_tokens::TokenUse;
use crate::calls::Calls;
use crate::crm::Crm;
use crate::identity::Identity;
use crate::keys::Keys;
use crate::live::Live;
use crate::meters::Meters;
use crate::outgoing::Outgoing;
use crate::passwords::Passwords;
use crate::storage::Storage;
use crate::webhooks::{Managed, Webhooks};

/// Everything that use cases share. Clones are cheap and share it.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What an [`App`] is made of.
#[derive(Clone)]
pub struct Inner {
    /// The database.
    pub store: Store,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Randomness for ids and tokens.
    pub entropy: Arc<dyn Entropy>,
    /// The secrets that sign tokens and seal the audit trail.
    pub keys: Keys,
    /// Hashes and checks passwords.
    pub passwords: Passwords,
    /// Where attachments lie.
    pub storage: Storage,
    /// The model that answers; `None` when the copilot is off.
    pub model: Option<Arc<dyn Model>>,
    /// Takes secrets and personal data out of what models see.
    pub redactor: Redactor,
    /// What models cost.
    pub prices: Prices,
    /// Events on their way to listeners.
    pub live: Live,
    /// API tokens that were used and not yet noted as such.
    pub token_use: TokenUse,
    /// The identity provider whose users may come in; `None` when none is configured.
    pub identity: Option<Identity>,
    /// The desk whose tickets the copilot works on, when that is not this one.
    pub crm: Option<Crm>,
    /// Reaches addresses that people type in, and nothing inside.
    pub outgoing: Outgoing,
    /// What the parts of webhooks tell each other.
    pub webhooks: Webhooks,
    /// The calls of this process.
    pub calls: Calls,
    /// Work that goes to its end although its caller has gone; whoever stops the program waits for it.
    pub background: TaskTracker,
    /// What this process counts about itself.
    pub meters: Meters,
    /// The machine that this process runs on.
    pub machine: Machine,
    /// What an operator may set.
    pub options: Options,
}

/// The machine that a process runs on.
#[derive(Clone)]
pub struct Machine {
    /// Name of this process among the nodes.
    pub node: String,
    /// What it uses.
    pub gauges: Arc<dyn Gauges>,
}

/// What an operator may set about the use cases.
#[derive(Debug, Clone)]
pub struct Options {
    /// How browsers reach this server; links in invitations begin with it.
    pub public_url: String,
    /// Most that the models of one workspace may cost a day (UTC), in micro-dollars.
    pub daily_budget_microusd: i64,
    /// Most tokens that the models of one workspace may use a day (UTC); 0 means any number.
    pub daily_budget_tokens: i64,
    /// Copilot jobs that run at the same time on this node.
    pub concurrent_jobs: usize,
    /// How long a worker holds a job before others may take it over, in milliseconds.
    pub lease_ms: i64,
    /// How long jobs may go on after the signal to stop, before they are put back, in milliseconds.
    pub grace_ms: u64,
    /// How long a caller is kept waiting for a model's answer, in milliseconds.
    pub wait_ms: u64,
    /// Whether the demo workspace is shown with its passwords.
    pub demo: bool,
    /// The operator's webhook for all events of all workspaces.
    pub managed_webhook: Option<Managed>,
    /// Whether the worker begins the work that recurs by itself; tests may begin it themselves.
    pub recurring: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            public_url: "http://localhost:3000".into(),
            daily_budget_microusd: 20_000_000,
            daily_budget_tokens: 0,
            concurrent_jobs: 8,
            lease_ms: 30_000,
            grace_ms: 10_000,
            wait_ms: 60_000,
            demo: false,
            managed_webhook: None,
            recurring: true,
        }
    }
}

impl App {
    /// Puts the parts together.
    pub fn new(inner: Inner) -> Self {
        Self(Arc::new(inner))
    }

    /// A new identifier.
    pub(crate) fn id(&self) -> String {
        new_id(&*self.entropy)
    }
}

impl Deref for App {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}
