//! Running other programs, and finding or installing them.

use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    let own = std::env::var("CARGO_MANIFEST_DIR").unwrap_or_else(|_| env!("CARGO_MANIFEST_DIR").to_owned());
    Path::new(&own).parent().expect("xtask is a folder of the repository").to_owned()
}

/// Where Cargo puts what it builds.
pub(crate) fn target_dir() -> PathBuf {
    root().join(std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into()))
}

/// A program that will run in the root of the repository.
pub(crate) fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root());
    command
}

/// Cargo, as it was called for this task.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = command(&std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()), arguments);
    // Set by Cargo for xtask itself; build scripts of the workspace must not take them for their own.
    for (key, _) in std::env::vars_os() {
        let key = key.to_string_lossy();
        if key.starts_with("CARGO_PKG_") || key.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&*key);
        }
    }
    cargo
}

/// Says what is done, in a line of its own.
pub(crate) fn say(text: &str) {
    println!("==> {text}");
}

/// Runs to the end.
///
/// # Errors
/// When the program cannot be started or fails.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = show(command);
    let status = command.status().with_context(|| format!("starting `{shown}`"))?;
    if !status.success() {
        bail!("`{shown}` failed ({status})");
    }
    Ok(())
}

/// Runs to the end; gives what it wrote to standard output.
///
/// # Errors
/// When the program cannot be started or fails.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let shown = show(command);
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("starting `{shown}`"))?;
    if !output.status.success() {
        bail!("`{shown}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("reading the output of `{shown}`"))
}

/// Runs to the end, showing what it writes, and gives the lines back, without colours.
///
/// # Errors
/// When the program cannot be started. Whether it succeeded is the second value.
pub(crate) fn watch(mut command: Command) -> Result<(Vec<String>, Result<()>)> {
    let shown = show(&command);
    if std::io::stdout().is_terminal() {
        command.env("CARGO_TERM_COLOR", "always").env("FORCE_COLOR", "1");
    }
    let (output, input) = std::io::pipe().context("making a pipe")?;
    command.stdout(input.try_clone().context("making a pipe")?).stderr(input);
    let mut child = command.spawn().with_context(|| format!("starting `{shown}`"))?;
    // The writing ends in `command` would keep the pipe open for ever.
    drop(command);
    let mut lines = Vec::new();
    for line in BufReader::new(output).split(b'\n') {
        let line = line.with_context(|| format!("reading from `{shown}`"))?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        lines.push(plain(&line));
    }
    let status = child.wait().with_context(|| format!("waiting for `{shown}`"))?;
    let result = if status.success() { Ok(()) } else { Err(anyhow::anyhow!("`{shown}` failed ({status})")) };
    Ok((lines, result))
}

/// Whether a program of this name can be started.
pub(crate) fn exists(program: &str) -> bool {
    find(program).is_some()
}

/// Where a program is, by name in `PATH` or by path.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    if program.contains('/') {
        return Path::new(program).is_file().then(|| program.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Whether this runs as root.
pub(crate) fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Installs packages of Debian or Ubuntu.
///
/// # Errors
/// A line that tells what to install when this may not do it.
pub(crate) fn install(what: &str, packages: &[&str]) -> Result<()> {
    let list = packages.join(" ");
    if !(is_root() && exists("apt-get")) {
        bail!("{what} is missing; install it (Debian, Ubuntu: sudo apt-get install {list})");
    }
    say(&format!("installing {list}"));
    let apt = |arguments: &[&str]| {
        run(command("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()))
    };
    apt(&["update"])?;
    apt(&[&["install", "--yes", "--no-install-recommends"], packages].concat())
}

/// A port on which nothing listens at this moment.
pub(crate) fn free_port() -> Result<u16> {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).context("looking for a free port")?;
    Ok(listener.local_addr()?.port())
}

/// The last lines of a file, for messages.
pub(crate) fn tail(file: &Path, lines: usize) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

fn show(command: &Command) -> String {
    let mut text = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    for argument in command.get_args() {
        text += " ";
        text += &argument.to_string_lossy();
    }
    text
}

/// The line without the escape sequences that colour it.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, escaped)) = rest.split_once('\u{1b}') {
        text += before;
        rest = escaped.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, after)| after);
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_out() {
        for (line, expect) in [
            ("nothing", "nothing"),
            ("\u{1b}[32;1m     Summary\u{1b}[0m [ 1.2s] 3 tests", "     Summary [ 1.2s] 3 tests"),
            ("cut off \u{1b}[3", "cut off "),
        ] {
            assert_eq!(plain(line), expect);
        }
    }

    #[test]
    fn output_is_shown_and_kept() {
        let (lines, result) = watch(command("sh", &["-c", "echo one; echo two >&2; exit 3"])).unwrap();
        assert_eq!(lines, ["one", "two"]);
        assert!(result.unwrap_err().to_string().contains("exit status: 3"));
    }
}
