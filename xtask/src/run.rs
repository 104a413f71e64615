//! Building the program and running it: `run`, `build`, `dev`.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::{no_arguments, shell, web};

/// `cargo xtask run`: ends as the program itself.
pub(crate) fn release(arguments: &[String]) -> Result<()> {
    no_arguments(arguments)?;
    let binary = build_release()?;
    shell::say("starting the demo; Ctrl-C ends it");
    let error = Command::new(&binary).args(["serve", "--demo"]).current_dir(shell::root()).exec();
    Err(error).with_context(|| format!("starting {}", binary.display()))
}

/// `cargo xtask build`.
pub(crate) fn build(arguments: &[String]) -> Result<()> {
    no_arguments(arguments)?;
    println!("built {}", build_release()?.display());
    Ok(())
}

/// `cargo xtask dev`: the server and Vite, until one of them ends.
pub(crate) fn dev(arguments: &[String]) -> Result<()> {
    no_arguments(arguments)?;
    web::install()?;
    let binary = debug_binary()?;
    let start = |command: &mut Command| command.spawn().with_context(|| format!("starting {command:?}"));
    let mut server = start(Command::new(&binary).args(["serve", "--demo"]).current_dir(shell::root()))?;
    let mut page = start(&mut web::npm(&["run", "dev"]))?;
    // Ctrl-C reaches both by itself; this is for the case that one of them ends alone.
    let ended = loop {
        if let Some(status) = server.try_wait()? {
            break format!("the server ended ({status})");
        }
        if let Some(status) = page.try_wait()? {
            break format!("Vite ended ({status})");
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    for child in [&mut server, &mut page] {
        end(child);
    }
    bail!("{ended}")
}

/// The binary of a debug build, up to date.
///
/// The whole workspace is built, as the tests build it: a selection of packages would change the features of the others and
/// compile them again.
pub(crate) fn debug_binary() -> Result<PathBuf> {
    shell::say("building the server (debug)");
    shell::run(&mut shell::cargo(&["build", "--workspace", "--all-targets"]))?;
    Ok(shell::target_dir().join("debug/patchcord"))
}

pub(crate) fn build_release() -> Result<PathBuf> {
    web::build()?;
    shell::say("building the server (release; the first time takes several minutes, later ones are short)");
    shell::run(&mut shell::cargo(&["build", "--release", "--package", "patchcord"]))?;
    Ok(shell::target_dir().join("release/patchcord"))
}

fn end(child: &mut Child) {
    let _ = Command::new("kill").arg(child.id().to_string()).stderr(std::process::Stdio::null()).status();
    let _ = child.wait();
}
