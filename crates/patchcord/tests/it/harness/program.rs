//! The binary itself, as people start it.

use std::net::TcpListener;
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};

use super::Client;

/// A command of the program in a data folder, with nothing of this process's environment.
pub(crate) fn patchcord(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_patchcord"));
    command.args(arguments).env_clear().env("DATA_DIR", folder).current_dir(folder).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command to its end: exit code, standard output, standard error.
pub(crate) async fn ran(mut command: Command) -> (i32, String, String) {
    let output = tokio::time::timeout(Duration::from_secs(60), command.output()).await.expect("it ends").unwrap();
    texts(&output)
}

/// The same with a text for the standard input.
pub(crate) async fn ran_with(mut command: Command, input: &str) -> (i32, String, String) {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).await.unwrap();
    let output =
        tokio::time::timeout(Duration::from_secs(60), child.wait_with_output()).await.expect("it ends").unwrap();
    texts(&output)
}

fn texts(output: &Output) -> (i32, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

/// What a server says when it listens.
pub(crate) const WELCOME: &str = "Ctrl-C stops it.";

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that runs.
pub(crate) struct Program {
    child: Child,
    pub(crate) port: u16,
    pub(crate) base: String,
    out: Arc<Mutex<String>>,
    err: Arc<Mutex<String>>,
}

impl Program {
    /// Starts `serve` on a free port and waits until it has said its welcome.
    pub(crate) async fn serve(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::serve_at(free_port(), folder, arguments, environment).await
    }

    /// The same on a port that others must know before.
    pub(crate) async fn serve_at(port: u16, folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = patchcord(folder, &["serve"]);
        command.args(arguments).env("PORT", port.to_string()).envs(environment.iter().copied());
        let mut child = command.spawn().unwrap();
        let out = collect(child.stdout.take().unwrap());
        let err = collect(child.stderr.take().unwrap());
        let program = Self { child, port, base: format!("http://127.0.0.1:{port}"), out, err };
        program.says(WELCOME).await;
        program
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.base)
    }

    /// What it has written to its standard output.
    pub(crate) fn out(&self) -> String {
        self.out.lock().unwrap().clone()
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        self.err.lock().unwrap().clone()
    }

    /// Waits until it has said something.
    pub(crate) async fn says(&self, what: &str) {
        let began = Instant::now();
        while !self.out().contains(what) && !self.log().contains(what) {
            assert!(began.elapsed() < Duration::from_secs(60), "{what:?} is in neither\n{}{}", self.out(), self.log());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Its process, for a signal that cannot wait.
    pub(crate) fn pid(&self) -> String {
        self.child.id().unwrap().to_string()
    }

    /// Sends it a signal by its name.
    pub(crate) async fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id().unwrap());
        assert!(Command::new("sh").args(["-c", &kill]).status().await.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        tokio::time::timeout(Duration::from_secs(60), self.child.wait()).await.expect("it ends").unwrap()
    }

    /// Ends it as service managers do; it must end well.
    pub(crate) async fn stop(mut self) {
        self.signal("TERM").await;
        let status = self.ended().await;
        assert!(status.success(), "{status}: {}", self.log());
    }
}

fn collect(from: impl AsyncRead + Unpin + Send + 'static) -> Arc<Mutex<String>> {
    let text = Arc::new(Mutex::new(String::new()));
    let kept = text.clone();
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let mut text = kept.lock().unwrap();
            text.push_str(&line);
            text.push('\n');
        }
    });
    text
}
