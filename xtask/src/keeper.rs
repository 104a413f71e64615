//! Cleaning up behind a task however it ends, Ctrl-C and `kill -9` included.

use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

use anyhow::{Context, Result};

/// A shell that waits for this process to go away, or to let go of it, and then runs a script.
///
/// It waits at the end of a pipe of which this process holds the other end: the kernel closes that end in every case. The
/// shell has a process group of its own, so that Ctrl-C at the terminal does not reach it.
pub(crate) struct Keeper {
    pipe: Option<ChildStdin>,
    shell: Child,
}

impl Keeper {
    /// `shell` is a command that takes a script as its last arguments, such as `sh`; `arguments` are `$1` and so on.
    ///
    /// # Errors
    /// When the shell cannot be started.
    pub(crate) fn start(mut shell: Command, script: &str, arguments: &[&str]) -> Result<Self> {
        let script = format!("trap '' HUP INT TERM; read -r _; {script}");
        shell.args(["-c", &script, "keeper"]).args(arguments);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0).current_dir("/");
        let mut shell = shell.spawn().context("starting the shell that cleans up")?;
        Ok(Self { pipe: shell.stdin.take(), shell })
    }

    /// Lets the script begin now. Dropping the keeper also waits for its end.
    pub(crate) fn let_go(&mut self) {
        drop(self.pipe.take());
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.let_go();
        let _ = self.shell.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_runs_when_it_is_dropped_and_not_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("done");
        let keeper =
            Keeper::start(Command::new("sh"), "echo \"$1\" > \"$2\"", &["ok", file.to_str().unwrap()]).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(100));
        assert!(!file.exists());
        drop(keeper);
        assert_eq!(std::fs::read_to_string(file).unwrap(), "ok\n");
    }
}
