//! What we send to the vendors of speech and telephony, held against the vendors' own Python packages.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::shell;

/// Where the packages are kept, below Cargo's folder.
const FOLDER: &str = "vendors";
const REQUIREMENTS: &str = "xtask/vendors/requirements.txt";

/// Makes the environment when it is not there or other versions are asked for, and checks everything that is sent.
///
/// # Errors
/// What does not fit, or what is missing to find out.
pub(crate) fn run() -> Result<Vec<String>> {
    let python = environment()?;
    let sent = shell::read(&mut shell::cargo(&["run", "--quiet", "-p", "patchcord-voice", "--example", "wire"]))?;
    let mut check = Command::new(&python)
        .arg(shell::root().join("xtask/vendors/check.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("starting {}", python.display()))?;
    check.stdin.take().context("the check takes no input")?.write_all(sent.as_bytes()).context("telling the check")?;
    let output = check.wait_with_output().context("waiting for the check")?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() {
        bail!("what is sent does not fit the vendors' packages; {text}");
    }
    Ok(text.lines().map(str::to_owned).collect())
}

/// The Python of an environment that holds exactly the pinned versions.
fn environment() -> Result<PathBuf> {
    let folder = shell::target_dir().join(FOLDER);
    let python = folder.join("bin/python");
    let wanted = std::fs::read_to_string(shell::root().join(REQUIREMENTS)).context("reading the list of packages")?;
    let installed = folder.join("installed.txt");
    if python.is_file() && std::fs::read_to_string(&installed).is_ok_and(|have| have == wanted) {
        return Ok(python);
    }
    let own = python_with_venv()?;
    shell::say("installing the vendors' packages from PyPI");
    let _ = std::fs::remove_dir_all(&folder);
    shell::run(Command::new(own).args(["-m", "venv"]).arg(&folder))?;
    shell::run(
        Command::new(&python)
            .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"])
            .arg(shell::root().join(REQUIREMENTS)),
    )?;
    std::fs::write(&installed, wanted).context("noting what was installed")?;
    Ok(python)
}

/// A Python that can make environments; it is installed when it is missing and this may do so.
fn python_with_venv() -> Result<PathBuf> {
    if let Some(python) = shell::find("python3").filter(|python| has_venv(python)) {
        return Ok(python);
    }
    shell::install("Python 3 with venv", &["python3", "python3-venv"])?;
    // One that was there before may still come first and still lack it.
    ["/usr/bin/python3", "python3"]
        .into_iter()
        .filter_map(shell::find)
        .find(|python| has_venv(python))
        .context("the installed Python cannot make environments")
}

fn has_venv(python: &Path) -> bool {
    Command::new(python)
        .args(["-c", "import venv, ensurepip"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}
