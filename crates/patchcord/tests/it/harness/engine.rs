//! The two databases.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use patchcord_store::{Options, Store, scratch};

/// Numbers databases, so that each has a name of its own.
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// An empty database with the newest schema.
    pub(crate) async fn database(self, folder: &Path) -> (Store, Options) {
        match self {
            Engine::Sqlite => scratch::sqlite(folder).await.unwrap(),
            Engine::Postgres => {
                let server = postgres_url();
                scratch::postgres(&server, &unused_name("whole")).await.unwrap()
            }
        }
    }
}

/// A name that no other test uses. Numbers of processes come again while the server is there.
fn unused_name(kind: &str) -> String {
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros();
    format!("{kind}_{now}_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed))
}

/// The address of the PostgreSQL server of the tests, with a user who may create databases.
pub(crate) fn postgres_url() -> String {
    std::env::var("PATCHCORD_TEST_POSTGRES")
        .expect("PATCHCORD_TEST_POSTGRES names no server: run `make test`, or `cargo xtask postgres cargo test`")
}

/// The address of a new, empty database without a schema, for the program to find; on SQLite a file in the folder.
pub(crate) async fn database_url(engine: Engine, folder: &Path) -> String {
    match engine {
        Engine::Sqlite => format!("sqlite://{}", folder.join("desk.db").display()),
        Engine::Postgres => {
            let server = postgres_url();
            let name = unused_name("program");
            super::on_server(&format!("CREATE DATABASE {name}")).await;
            format!("{}/{name}", server.rsplit_once('/').unwrap().0)
        }
    }
}

/// Makes a test on each engine of functions that take an [`Engine`]. A function that is forgotten here is dead code, and the
/// compiler says so.
macro_rules! both_engines {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::harness::Engine::Sqlite).await;
            }
        )+}
        mod postgres {$(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::harness::Engine::Postgres).await;
            }
        )+}
    };
}

pub(crate) use both_engines;
