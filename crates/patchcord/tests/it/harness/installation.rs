//! The real program as a process of its own: its commands, and servers that can be killed.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::program::WELCOME;
use super::{Client, Engine, free_port};

/// A data folder and the settings that the program is called with.
pub(crate) struct Installation {
    pub(crate) folder: TempDir,
    settings: Vec<(String, String)>,
}

impl Installation {
    /// With an empty data folder; the database is SQLite in it, or a new one on the PostgreSQL of the tests.
    pub(crate) async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut installation = Self { folder, settings: Vec::new() };
        if engine == Engine::Postgres {
            let (store, options) = engine.database(installation.folder.path()).await;
            store.close().await;
            installation = installation.with("DATABASE_URL", &options.url);
        }
        installation
    }

    /// Another data folder with the same settings: another machine.
    pub(crate) fn elsewhere(&self) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), settings: self.settings.clone() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value of a setting, which must be there.
    pub(crate) fn setting(&self, name: &str) -> &str {
        &self.settings.iter().rev().find(|(key, _)| key == name).unwrap().1
    }

    pub(crate) fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_patchcord"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env("DATA_DIR", self.data_dir())
            .env("RUST_LOG", "warn");
        for (name, value) in &self.settings {
            command.env(name, value);
        }
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.command(arguments).stdin(Stdio::null()).output().unwrap())
    }

    /// Runs a command with this on its standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ended::of(child.wait_with_output().unwrap())
    }

    /// Runs a command that must succeed; gives what it printed as JSON.
    #[track_caller]
    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let ended = self.run(&[arguments, &["--json"]].concat());
        assert_eq!(ended.code, 0, "{arguments:?}: {}{}", ended.out, ended.err);
        serde_json::from_str(&ended.out).unwrap()
    }

    /// Starts a server and waits until it says that it listens: an answer at its port could be that of another test's server,
    /// which was given the same port in between. Then it is started again at another one.
    pub(crate) async fn serve(&self, arguments: &[&str]) -> Server {
        for _ in 0..10 {
            let port = free_port();
            let file = |kind: &str| self.folder.path().join(format!("{port}.{kind}"));
            let [out, log] = ["out", "log"].map(|kind| std::fs::File::create(file(kind)).unwrap());
            let mut command = self.command(&[&["serve", "--port", &port.to_string()], arguments].concat());
            let child = command.stdin(Stdio::null()).stdout(out).stderr(log).spawn().unwrap();
            let mut server = Server { child, base: format!("http://127.0.0.1:{port}") };
            let began = Instant::now();
            while server.child.try_wait().unwrap().is_none() {
                if std::fs::read_to_string(file("out")).unwrap().contains(WELCOME) {
                    return server;
                }
                assert!(began.elapsed() < Duration::from_secs(60), "it does not start");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let log = std::fs::read_to_string(file("log")).unwrap();
            assert!(log.contains("is in use"), "it does not start: {log}");
        }
        panic!("ten ports that were free a moment ago were taken")
    }
}

/// What a command left behind.
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// A running server; it is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) base: String,
}

impl Server {
    pub(crate) fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.path().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}
