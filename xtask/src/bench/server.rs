//! The servers that are measured: started on one core, asked for their memory, ended.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::load::{Connection, Target};
use crate::shell;

/// The core of the servers and of PostgreSQL; the load has the other.
pub(super) const SERVER_CORE: &str = "0";
pub(super) const LOAD_CORE: &str = "1";
pub(super) const BOTH_CORES: &str = "0,1";

/// A process on the servers' core. It is killed when this is dropped.
pub(super) struct Server {
    child: Child,
    pub(super) port: u16,
    /// From the start of the process to its first answer.
    pub(super) started_in: Duration,
}

impl Server {
    /// Starts a program and waits until `/healthz` answers. Its port is in the environment as PORT.
    pub(super) fn start(program: &str, arguments: &[&str], settings: &[(&str, &str)], log: &Path) -> Result<Self> {
        let port = shell::free_port()?;
        let log_file = std::fs::File::create(log).with_context(|| format!("writing {}", log.display()))?;
        let mut command = pinned(SERVER_CORE, program);
        command.args(arguments).current_dir(shell::root()).env("PORT", port.to_string()).envs(settings.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log_file);
        let began = Instant::now();
        let child = command.spawn().with_context(|| format!("starting {program}"))?;
        let mut server = Self { child, port, started_in: Duration::ZERO };
        loop {
            if let Ok(mut connection) = Connection::open(&server.target(""))
                && connection.ask("GET", "/healthz", "").is_ok()
            {
                server.started_in = began.elapsed();
                return Ok(server);
            }
            if server.child.try_wait()?.is_some() || began.elapsed() > Duration::from_secs(30) {
                bail!("{program} does not answer:\n{}", shell::tail(log, 20));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn target(&self, token: &str) -> Target {
        Target { port: self.port, token: token.to_owned() }
    }

    /// Memory in use at this moment, in MiB.
    pub(super) fn resident_mib(&self) -> f64 {
        self.status_mib("VmRSS:")
    }

    /// The most memory in use since the start, or since it was forgotten, in MiB.
    pub(super) fn peak_mib(&self) -> f64 {
        self.status_mib("VmHWM:")
    }

    /// Begins the peak anew, from what is in use now.
    pub(super) fn forget_peak(&self) -> Result<()> {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5").context("forgetting the peak of memory")
    }

    fn status_mib(&self, name: &str) -> f64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1_024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program on one core, where the machine has several and `taskset` is there.
pub(super) fn pinned(core: &str, program: &str) -> Command {
    if !can_pin() {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", core, program]);
    command
}

/// Moves this process, and what it starts from now on without a choice of its own, to a core.
pub(super) fn pin_self(core: &str) {
    if can_pin() {
        let id = std::process::id().to_string();
        let _ = Command::new("taskset")
            .args(["--all-tasks", "--cpu-list", "--pid", core, &id])
            .stdout(Stdio::null())
            .status();
    }
}

pub(super) fn can_pin() -> bool {
    shell::exists("taskset") && std::thread::available_parallelism().is_ok_and(|cores| cores.get() > 1)
        || PINNED.get().is_some()
}

/// Once this process is on one core, it sees one core only.
static PINNED: std::sync::OnceLock<()> = std::sync::OnceLock::new();

/// Remembers that the machine had several cores.
pub(super) fn remember_cores() {
    if can_pin() {
        let _ = PINNED.set(());
    }
}
