//! A desk that runs in the test: the program's own router and worker on a free port, over a database of its own.

mod beside;
mod client;
mod engine;
mod people;
mod program;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Instant;

use patchcord_app::keys::Keys;
use patchcord_app::live::Live;
use patchcord_app::passwords::{Cost, Passwords};
use patchcord_app::storage::Storage;
use patchcord_app::{App, Inner};
use patchcord_domain::id::Entropy;
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

pub(crate) use client::{Answer, Client};
pub(crate) use engine::{Engine, both_engines};
pub(crate) use people::{PASSWORD, Town};
pub(crate) use program::{Program, files};

/// What a test may want otherwise.
pub(crate) struct Setup {
    /// Who answers the copilot; the built-in model unless a test says otherwise.
    pub(crate) model: Option<Arc<dyn Model>>,
    /// Whether a worker runs; without one a test calls `work_once` itself.
    pub(crate) worker: bool,
    /// Where attachments lie; a folder of the test unless it says otherwise.
    pub(crate) storage: Option<Storage>,
    pub(crate) options: patchcord_app::Options,
    pub(crate) server: patchcord_server::Options,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            model: Some(Arc::new(Builtin::new(Playbooks::embedded()))),
            worker: true,
            storage: None,
            options: patchcord_app::Options::default(),
            server: patchcord_server::Options::default(),
        }
    }
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
        let clock = Arc::new(TestClock::default());
        let Setup { model, worker, storage, options, server } = setup;
        let storage = storage.unwrap_or_else(|| Storage::folder(&folder.path().join("attachments")).unwrap());
        let entropy: Arc<dyn Entropy> = Arc::new(Random);
        let app = App::new(Inner {
            store: store.clone(),
            clock: clock.clone(),
            keys: Keys::derive(&[7; 32]),
            passwords: Passwords::new(Cost { memory_kib: 8, passes: 1 }, &*entropy).unwrap(),
            storage,
            model,
            redactor: Redactor::new(redaction::Options::default()),
            prices: Prices::embedded(),
            live: Live::default(),
            options,
            entropy,
        });
        let town = Town::build(&app).await;
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        app.start_live(&tasks, stop.clone());
        if worker {
            app.start_worker(&tasks, stop.clone());
        }
        let desk = Desk::new(app.clone(), server, stop.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let serving = patchcord_server::serve(listener, desk.clone());
        tasks.spawn(async move { serving.await.unwrap() });
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

    /// From now on the desk says that it is about to stop.
    pub(crate) fn drain(&self) {
        self.desk.drain();
    }

    /// Where attachments lie.
    pub(crate) fn attachments(&self) -> std::path::PathBuf {
        self.folder.path().join("attachments")
    }

    /// Ends the desk as the program does, and closes its database.
    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
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
}

impl Default for TestClock {
    fn default() -> Self {
        Self { began: Instant::now(), moved: AtomicI64::new(0) }
    }
}

impl TestClock {
    /// 2026-11-24T09:00:00Z, a Tuesday.
    pub(crate) const START: Millis = 1_795_510_800_000;

    /// Lets time pass at once.
    pub(crate) fn forward(&self, by: Millis) {
        self.moved.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Millis {
        let passed = Millis::try_from(self.began.elapsed().as_millis()).unwrap();
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
