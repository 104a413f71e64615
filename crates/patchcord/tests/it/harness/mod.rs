//! A desk that runs in the test: the program's own router and worker on a free port, over a database of its own.

mod beside;
mod client;
pub(crate) mod document;
mod engine;
mod installation;
mod model;
mod people;
mod phone;
mod program;
mod rows;
mod socket;

use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use patchcord_agents::{Agents, Carrier};
use patchcord_app::api_tokens::TokenUse;
use patchcord_app::calls::{self, Calls, Rates};
use patchcord_app::crm::Crm;
use patchcord_app::identity::{self, Identity};
use patchcord_app::keys::Keys;
use patchcord_app::live::Live;
use patchcord_app::meters::Meters;
use patchcord_app::outgoing::{self, Outgoing, SystemResolver};
use patchcord_app::passwords::{Cost, Passwords};
use patchcord_app::storage::Storage;
use patchcord_app::webhooks::Webhooks;
use patchcord_app::{App, Inner, Machine};
use patchcord_domain::id::Entropy;
use patchcord_domain::machine::NoGauges;
use patchcord_domain::redaction::{self, Redactor};
use patchcord_domain::time::{Clock, Millis};
use patchcord_llm::builtin::{Builtin, Playbooks};
use patchcord_llm::{Model, Prices};
use patchcord_server::Desk;
use patchcord_store::{Options as StoreOptions, Store};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use beside::Node;
pub(crate) use client::{Answer, Client};
pub(crate) use engine::{Engine, both_engines, database_url};
pub(crate) use installation::{Installation, files};
pub(crate) use model::{analysis, answering, fitting, scripted};
pub(crate) use people::{PASSWORD, Town};
pub(crate) use phone::{JONAS, NORTH, Notebook, SOUTH, STRANGER, Talk, arrival, gone, ring, until};
pub(crate) use program::{Program, free_port, patchcord, ran, ran_with};
pub(crate) use rows::{append, change, number, on_server, say, texts};
pub(crate) use socket::Socket;

/// What a test may want otherwise.
pub(crate) struct Setup {
    /// Who answers the copilot; the built-in model unless a test says otherwise.
    pub(crate) model: Option<Arc<dyn Model>>,
    /// Whether a worker runs; without one a test calls `work_once` itself.
    pub(crate) worker: bool,
    /// Where attachments lie; a folder of the test unless it says otherwise.
    pub(crate) storage: Option<Storage>,
    /// Work that recurs does not begin by itself unless a test says so; see `App::begin_recurring`.
    pub(crate) options: patchcord_app::Options,
    /// Requests are not limited unless a test says so.
    pub(crate) server: patchcord_server::Options,
    /// The desk's clock; shared with a model that needs one.
    pub(crate) clock: Arc<TestClock>,
    /// Whose users may come in; nobody else's unless a test says so.
    pub(crate) identity: Option<identity::Options>,
    /// The desk whose tickets the copilot works on, when it is another one.
    pub(crate) crm: Option<Crm>,
    /// What an operator set about calls.
    pub(crate) calls: calls::Options,
    /// The carrier beside the streams; none unless a test says so.
    pub(crate) carrier: Option<Arc<dyn Carrier>>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            model: Some(Arc::new(Builtin::new(Playbooks::embedded()))),
            worker: true,
            storage: None,
            options: patchcord_app::Options { recurring: false, ..Default::default() },
            server: patchcord_server::Options::default(),
            clock: Arc::default(),
            identity: None,
            crm: None,
            calls: calls::Options::default(),
            carrier: None,
        }
    }
}

/// The calls of a process.
pub(crate) fn calls_of(options: calls::Options, carrier: Option<Arc<dyn Carrier>>) -> Calls {
    let rules = Arc::new(Builtin::new(Playbooks::embedded()));
    Calls::new(options, (Rates::embedded(), Arc::new(Agents::embedded()), rules), carrier, &Random)
}

/// The parts of the program over an open database, as the program puts them together.
pub(crate) fn app(
    store: Store,
    folder: &Path,
    clock: Arc<TestClock>,
    model: Option<Arc<dyn Model>>,
    options: patchcord_app::Options,
) -> App {
    let entropy: Arc<dyn Entropy> = Arc::new(Random);
    App::new(Inner {
        store,
        clock,
        keys: Keys::derive(&[7; 32]),
        passwords: Passwords::new(Cost { memory_kib: 8, passes: 1 }, &*entropy).unwrap(),
        storage: Storage::folder(&folder.join("attachments")).unwrap(),
        model,
        redactor: Redactor::new(redaction::Options::default()),
        prices: Prices::embedded(),
        live: Live::default(),
        token_use: TokenUse::default(),
        identity: None,
        outgoing: outgoing(&["127.0.0.0/8"]),
        webhooks: Webhooks::default(),
        background: TaskTracker::new(),
        calls: calls_of(calls::Options::default(), None),
        meters: Meters::default(),
        machine: Machine { node: "node-of-the-test".into(), gauges: Arc::new(NoGauges) },
        crm: None,
        options,
        entropy,
    })
}

/// A guarded client that may reach these networks.
pub(crate) fn outgoing(allowed: &[&str]) -> Outgoing {
    let allowed = allowed.iter().map(|text| text.parse().unwrap()).collect();
    Outgoing::new(outgoing::Options { allowed, ..outgoing::Options::default() }, Arc::new(SystemResolver))
}

/// Answers requests on a free port; says where.
pub(crate) async fn serve(desk: Desk, tasks: &TaskTracker) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let serving = patchcord_server::serve(listener, desk);
    tasks.spawn(async move { serving.await.unwrap() });
    base
}

/// A running desk. Everything ends when it is dropped.
pub(crate) struct World {
    pub(crate) app: App,
    pub(crate) store: Store,
    /// How to reach the same database from elsewhere.
    pub(crate) store_options: StoreOptions,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) base: String,
    pub(crate) town: Town,
    desk: Desk,
    stop: CancellationToken,
    tasks: TaskTracker,
    folder: TempDir,
}

impl World {
    /// A desk with the people of [`Town`].
    pub(crate) async fn new(engine: Engine) -> Self {
        Self::with(engine, Setup::default()).await
    }

    /// A desk as the test wants it.
    pub(crate) async fn with(engine: Engine, setup: Setup) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, store_options) = engine.database(folder.path()).await;
        Self::start(folder, (store, store_options), None, setup).await
    }

    /// Ends the desk as the program does, and starts it again on the same database, at the same time.
    pub(crate) async fn restarted(mut self, setup: Setup) -> Self {
        self.halt().await;
        self.store.close().await;
        let folder = std::mem::replace(&mut self.folder, tempfile::tempdir().unwrap());
        let store = Store::connect(self.store_options.clone()).await.unwrap();
        let database = (store, self.store_options.clone());
        let setup = Setup { clock: self.clock.clone(), ..setup };
        Self::start(folder, database, Some(self.town.clone()), setup).await
    }

    async fn start(
        folder: TempDir,
        (store, store_options): (Store, StoreOptions),
        town: Option<Town>,
        setup: Setup,
    ) -> Self {
        let Setup { model, worker, options, server, clock, identity, crm, storage, calls, carrier } = setup;
        let identity = identity.map(|options| Identity::new(options, clock.clone()).unwrap());
        let app = app(store.clone(), folder.path(), clock.clone(), model, options);
        let storage = storage.unwrap_or_else(|| app.storage.clone());
        let calls = calls_of(calls, carrier);
        let app = App::new(Inner { identity, crm, storage, calls, ..Inner::clone(&app) });
        let town = match town {
            Some(town) => town,
            None if app.crm.is_some() => Town::one(&app).await,
            None => Town::build(&app).await,
        };
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        app.start_live(&tasks, stop.clone());
        app.start_token_use(&tasks, stop.clone());
        app.start_calls(&tasks, &stop);
        if worker {
            app.start_worker(&tasks, stop.clone());
        }
        let desk = Desk::new(app.clone(), server, stop.clone());
        let base = serve(desk.clone(), &tasks).await;
        Self { app, store, store_options, clock, base, town, desk, stop, tasks, folder }
    }

    /// Somebody who is not signed in.
    pub(crate) fn stranger(&self) -> Client {
        Client::new(&self.base)
    }

    /// Somebody of the town, signed in.
    pub(crate) async fn sign_in(&self, email: &str) -> Client {
        self.stranger().signed_in(email, PASSWORD).await
    }

    /// The administrator of the first workspace.
    pub(crate) async fn admin(&self) -> Client {
        self.sign_in("admin@north.test").await
    }

    /// A support engineer of the first workspace.
    pub(crate) async fn agent(&self) -> Client {
        self.sign_in("agent@north.test").await
    }

    /// Somebody who only reads, of the first workspace.
    pub(crate) async fn viewer(&self) -> Client {
        self.sign_in("viewer@north.test").await
    }

    /// The administrator of the second workspace.
    pub(crate) async fn foreigner(&self) -> Client {
        self.sign_in("admin@south.test").await
    }

    /// Another address of the same desk, with other options of the server.
    pub(crate) async fn second_door(&self, options: patchcord_server::Options) -> String {
        let desk = Desk::new(self.app.clone(), options, self.stop.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let serving = patchcord_server::serve(listener, desk);
        self.tasks.spawn(async move { serving.await.unwrap() });
        base
    }

    /// From now on the desk says that it is about to stop.
    pub(crate) fn drain(&self) {
        self.desk.drain();
    }

    /// Where attachments lie.
    pub(crate) fn attachments(&self) -> std::path::PathBuf {
        self.folder.path().join("attachments")
    }

    /// Another worker's program over the same database; on SQLite over the same connections, for there is one process.
    pub(crate) async fn second(&self) -> App {
        let store = match self.store_options.sqlite_file() {
            Some(_) => self.store.clone(),
            None => Store::connect(self.store_options.clone()).await.unwrap(),
        };
        App::new(Inner { store, live: Live::default(), ..Inner::clone(&self.app) })
    }

    /// Ends the desk as the program does; its database stays open.
    pub(crate) async fn halt(&self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.app.background.close();
        self.app.background.wait().await;
    }

    /// Ends the desk as the program does, and closes its database.
    pub(crate) async fn stop(self) {
        self.halt().await;
        self.store.close().await;
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// The time since the test began, on a day of its own, moved on by hand.
pub(crate) struct TestClock {
    began: Instant,
    moved: AtomicI64,
    /// What had passed when it was stopped.
    stopped: OnceLock<Millis>,
}

impl Default for TestClock {
    fn default() -> Self {
        Self { began: Instant::now(), moved: AtomicI64::new(0), stopped: OnceLock::new() }
    }
}

impl TestClock {
    /// 2026-11-24T09:00:00Z, a Tuesday.
    pub(crate) const START: Millis = 1_795_510_800_000;

    /// Lets time pass at once.
    pub(crate) fn forward(&self, by: Millis) {
        self.moved.fetch_add(by, Ordering::SeqCst);
    }

    /// From now on time passes by [`TestClock::forward`] alone, for tests that count seconds.
    pub(crate) fn stand_still(&self) {
        self.stopped.get_or_init(|| self.passed());
    }

    fn passed(&self) -> Millis {
        Millis::try_from(self.began.elapsed().as_millis()).unwrap()
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        let passed = self.stopped.get().copied().unwrap_or_else(|| self.passed());
        Self::START + passed + self.moved.load(Ordering::SeqCst)
    }
}

/// Real randomness, from the operating system.
pub(crate) struct Random;

impl Entropy for Random {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }
}
