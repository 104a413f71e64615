//! The page in `web/`: its packages, its build, its checks. The work is in the scripts of `web/package.json`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::shell;

/// The oldest Node.js that the page's tools run on.
const NODE: (u32, u32) = (20, 19);

/// The folder of the page.
pub(crate) fn folder() -> PathBuf {
    shell::root().join("web")
}

/// `npm` in the folder of the page.
pub(crate) fn npm(arguments: &[&str]) -> Command {
    let mut npm = shell::command("npm", arguments);
    npm.current_dir(folder());
    npm
}

/// Looks for Node.js and npm.
///
/// # Errors
/// A line that tells what to install.
pub(crate) fn check_tools() -> Result<()> {
    let (major, minor) = NODE;
    let wanted = format!("Node.js {major}.{minor} or newer with npm is needed; see https://nodejs.org");
    if !shell::exists("node") || !shell::exists("npm") {
        bail!("{wanted}");
    }
    let version = shell::read(Command::new("node").arg("--version"))?;
    if parse(&version).is_none_or(|version| version < NODE) {
        bail!("{wanted} (found {})", version.trim());
    }
    Ok(())
}

/// Installs the page's packages exactly as `package-lock.json` lists them, when that list has changed.
pub(crate) fn install() -> Result<()> {
    check_tools()?;
    let wanted = std::fs::read(folder().join("package-lock.json")).context("reading web/package-lock.json")?;
    let installed = folder().join("node_modules/.installed-package-lock.json");
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    shell::say("installing the page's packages (npm ci)");
    shell::run(&mut npm(&["ci", "--no-audit", "--no-fund"]))?;
    std::fs::write(&installed, wanted).context("noting which packages are installed")
}

/// Builds the page into `web/dist`, which the server has inside.
pub(crate) fn build() -> Result<()> {
    install()?;
    shell::say("building the page");
    shell::run(&mut npm(&["run", "build"]))
}

/// Major and minor of a text such as `v20.20.2`.
fn parse(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim().strip_prefix('v')?.split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        for (text, expect) in
            [("v20.19.0\n", Some((20, 19))), ("v24.1.0-rc.1", Some((24, 1))), ("20.19.0", None), ("", None)]
        {
            assert_eq!(parse(text), expect, "{text}");
        }
    }
}
