//! End-to-end tests: the real server with the demo data, the real page, a real Chromium.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::keeper::Keeper;
use crate::{no_arguments, run, shell, web};

/// How long the server may take to make its demo data and answer.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Settings of the person's own environment that would change what is tested.
const UNSET: [&str; 12] = [
    "PATCHCORD_CONFIG",
    "DATABASE_URL",
    "STORAGE_URL",
    "OPENAI_API_KEY",
    "OPENAI_API_KEY_FILE",
    "OPENAI_BASE_URL",
    "PUBLIC_URL",
    "VOICE_ENGINE",
    "OPENAI_REALTIME_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_API_BASE_URL",
];

/// Asks process `$1` to end, and ends it after ten seconds.
const STOP: &str =
    "kill \"$1\"; n=0; while [ $n -lt 100 ] && kill -0 \"$1\"; do n=$((n + 1)); sleep 0.1; done; kill -9 \"$1\"";

/// Runs Playwright against servers of its own; gives Playwright's summary.
pub(crate) fn run() -> Result<Vec<String>> {
    against_servers("e2e")
}

/// `cargo xtask screenshots`: pictures of every page, from servers of its own.
pub(crate) fn screenshots(arguments: &[String]) -> Result<()> {
    no_arguments(arguments)?;
    web::build()?;
    against_servers("screenshots")?;
    println!("wrote {}", web::folder().join("screenshots").display());
    Ok(())
}

/// Runs a script of `web/package.json` that is Playwright; gives Playwright's summary.
fn against_servers(script: &str) -> Result<Vec<String>> {
    let chromium = chromium()?;
    let binary = run::debug_binary()?;
    let model = Model::start(&binary.with_file_name("scripted-model"))?;
    // Where the simulated carrier answers that places the tests' calls.
    let carrier_port = shell::free_port()?.to_string();
    let carrier = format!("http://127.0.0.1:{carrier_port}/2010-04-01");
    let builtin = [
        ("COPILOT_PROVIDER", "builtin"),
        ("TWILIO_API_BASE_URL", carrier.as_str()),
        // Calls from the page by microphone talk to a scripted model; all others are text.
        ("VOICE_ENGINE", "relay"),
        ("OPENAI_REALTIME_URL", &model.speaking),
        ("OPENAI_API_KEY", SPEAKING_KEY),
    ];
    let server = Server::start(&binary, "e2e", &builtin)?;
    // The same desk with a model that does what a test tells it.
    let scripted = [
        ("COPILOT_PROVIDER", "openai"),
        ("OPENAI_BASE_URL", &model.url),
        ("OPENAI_API_KEY", MODEL_KEY),
        // Failures that may pass are not what these tests are about.
        ("RATE_LIMIT_PER_MINUTE", "0"),
    ];
    let with_model = Server::start(&binary, "e2e-model", &scripted)?;
    shell::say(&format!("npm run {script} against {} in {}", server.url, chromium.display()));
    let mut playwright = web::npm(&["run", script]);
    playwright.env("PATCHCORD_URL", &server.url).env("CHROMIUM", &chromium);
    playwright.env("PATCHCORD_BINARY", &binary).env("PATCHCORD_DATA_DIR", &server.data);
    playwright.env("PATCHCORD_CARRIER_PORT", &carrier_port);
    playwright.env("PATCHCORD_MODEL_URL", &with_model.url).env("PATCHCORD_MODEL_CONTROL", &model.control);
    let (lines, result) = shell::watch(playwright)?;
    if result.is_err() {
        println!("--- the last lines of the server's log\n{}", shell::tail(&server.log, 40));
        println!("--- and of the one with the scripted model\n{}", shell::tail(&with_model.log, 40));
    }
    result.map_err(|error| anyhow::anyhow!("{error}\n{}", [summary(&lines), faults(&lines)].concat().join("\n")))?;
    server.stop()?;
    with_model.stop()?;
    Ok(summary(&lines))
}

/// The lines in which Playwright counts.
fn summary(lines: &[String]) -> Vec<String> {
    let counts = ["passed", "failed", "flaky", "skipped", "interrupted", "did not run"];
    let counting = |line: &&String| {
        let mut words = line.trim().splitn(2, ' ');
        let number = words.next().is_some_and(|word| word.parse::<u32>().is_ok());
        number && words.next().is_some_and(|rest| counts.iter().any(|count| rest.starts_with(count)))
    };
    lines.iter().filter(counting).map(|line| format!("end to end: {}", line.trim())).collect()
}

/// The tests that failed, with the first line of what was wrong.
fn faults(lines: &[String]) -> Vec<String> {
    let mut faults: Vec<String> = Vec::new();
    let mut named = false;
    for line in lines.iter().map(|line| line.trim()) {
        let numbered = line.split_once(") ").filter(|(number, _)| number.parse::<u32>().is_ok());
        if let Some((_, test)) = numbered {
            faults.push(test.trim_end_matches(['─', ' ']).to_owned());
            named = true;
        } else if named && ["Error: ", "Test timeout"].iter().any(|start| line.starts_with(start)) {
            named = false;
            if let Some(last) = faults.last_mut() {
                *last += ": ";
                *last += line;
            }
        }
    }
    faults
}

/// The browser: `CHROMIUM`, or one that is installed, or one that is installed now.
fn chromium() -> Result<PathBuf> {
    if let Ok(named) = std::env::var("CHROMIUM") {
        return shell::find(&named).with_context(|| format!("CHROMIUM is {named:?}, and there is no such program"));
    }
    let installed = || ["chromium", "chromium-browser", "google-chrome"].iter().find_map(|name| shell::find(name));
    if let Some(found) = installed() {
        return Ok(found);
    }
    shell::install("Chromium", &["chromium"])?;
    installed().context("Chromium was installed but is not in PATH; name it in CHROMIUM")
}

/// The key that the scripted model takes.
const MODEL_KEY: &str = "the-key-of-the-scripted-server";

/// The key that the scripted model takes that speaks.
const SPEAKING_KEY: &str = "the-key-of-the-scripted-realtime-server";

/// Scripted model servers. They end with this.
struct Model {
    url: String,
    control: String,
    speaking: String,
    child: Child,
    keeper: Keeper,
}

impl Model {
    fn start(binary: &Path) -> Result<Self> {
        let mut child = Command::new(binary)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("starting {}", binary.display()))?;
        let keeper = Keeper::start(Command::new("sh"), STOP, &[&child.id().to_string()])?;
        let output = child.stdout.take().context("it was piped")?;
        let mut lines = BufReader::new(output).lines();
        let mut line = || -> Result<String> { Ok(lines.next().context("the scripted model ended at once")??) };
        Ok(Self { url: line()?, control: line()?, speaking: line()?, child, keeper })
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        self.keeper.let_go();
        let _ = self.child.wait();
    }
}

/// A debug server on a free port with demo data in a temporary folder.
struct Server {
    url: String,
    data: PathBuf,
    log: PathBuf,
    child: Child,
    keeper: Keeper,
}

impl Server {
    fn start(binary: &Path, folder: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let folder = shell::target_dir().join(folder);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        let log = folder.join("server.log");
        let output = std::fs::File::create(&log).with_context(|| format!("making {}", log.display()))?;
        let port = shell::free_port()?;
        let mut command = Command::new(binary);
        command.args(["serve", "--demo"]).current_dir(shell::root());
        for name in UNSET {
            command.env_remove(name);
        }
        let data = folder.join("data");
        command.env("PORT", port.to_string()).env("BIND", "127.0.0.1").env("DATA_DIR", &data);
        command.envs(settings.iter().copied()).stdout(output.try_clone()?).stderr(output);
        let child = command.spawn().with_context(|| format!("starting {}", binary.display()))?;
        let keeper = Keeper::start(Command::new("sh"), STOP, &[&child.id().to_string()])?;
        let mut server = Self { url: format!("http://127.0.0.1:{port}"), data, log, child, keeper };
        server.wait_until_healthy(port)?;
        Ok(server)
    }

    fn wait_until_healthy(&mut self, port: u16) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < START_LIMIT {
            if let Some(status) = self.child.try_wait()? {
                bail!("the server ended at once ({status}):\n{}", shell::tail(&self.log, 40));
            }
            if healthy(port) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("the server did not answer within {} s:\n{}", START_LIMIT.as_secs(), shell::tail(&self.log, 40))
    }

    /// Ends the server as an operator would.
    ///
    /// # Errors
    /// When it does not end cleanly within ten seconds.
    fn stop(mut self) -> Result<()> {
        let status = self.end()?;
        if !status.success() {
            bail!("the server did not shut down cleanly ({status}):\n{}", shell::tail(&self.log, 40));
        }
        Ok(())
    }

    fn end(&mut self) -> Result<ExitStatus> {
        self.keeper.let_go();
        self.child.wait().context("waiting for the server to end")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// Whether `GET /healthz` is answered with 200.
fn healthy(port: u16) -> bool {
    let ask = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut start = [0; 12];
        stream.read_exact(&mut start)?;
        Ok(start.ends_with(b" 200"))
    };
    ask().unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_playwright_counts() {
        let lines = ["Running 3 tests using 1 worker", "  2 passed (3.4s)", "  1 failed", "12 rows", ""];
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(summary(&lines), ["end to end: 2 passed (3.4s)", "end to end: 1 failed"]);
    }

    #[test]
    fn faults_are_named_with_their_reason() {
        let lines = [
            "  ✘  4 e2e/a.spec.ts:9:1 › it opens (5.0s)",
            "  1) e2e/a.spec.ts:9:1 › it opens ──────────",
            "",
            "    Error: expect(locator).toBeVisible() failed",
            "    Error: and something later",
            "  2) e2e/b.spec.ts:3:1 › it waits ───",
            "    Test timeout of 60000ms exceeded.",
            "  2 failed",
        ];
        let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
        assert_eq!(
            faults(&lines),
            [
                "e2e/a.spec.ts:9:1 › it opens: Error: expect(locator).toBeVisible() failed",
                "e2e/b.spec.ts:3:1 › it waits: Test timeout of 60000ms exceeded.",
            ]
        );
    }

    /// A stand-in for the binary: it answers, and ends when it is asked to.
    #[test]
    fn a_server_is_awaited_and_ended() {
        let folder = tempfile::tempdir().unwrap();
        let binary = folder.path().join("patchcord");
        let script = "#!/usr/bin/env node\n\
             process.on('SIGTERM', () => process.exit(0));\n\
             require('http').createServer((_, answer) => answer.end()).listen(process.env.PORT, process.env.BIND);\n";
        std::fs::write(&binary, script).unwrap();
        std::fs::set_permissions(&binary, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let server = Server::start(&binary, "e2e-stand-in", &[]).unwrap();
        let pid = server.child.id();
        server.stop().unwrap();
        assert!(!Path::new(&format!("/proc/{pid}")).exists());
    }
}
