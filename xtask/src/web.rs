//! The page in `web/`: its packages, its build, its checks. The work is in the scripts of `web/package.json`.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
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

/// Builds the page into `web/dist`, which the server has inside. A page that was built of the same files stays as it is: written
/// anew, it would make cargo compile the server again.
pub(crate) fn build() -> Result<()> {
    install()?;
    let stamp = shell::target_dir().join("page-built-of");
    if std::fs::read_to_string(&stamp).is_ok_and(|built| built_of().is_ok_and(|now| built == now)) {
        shell::say("the page is built");
        return Ok(());
    }
    shell::say("building the page");
    shell::run(&mut npm(&["run", "build"]))?;
    std::fs::create_dir_all(shell::target_dir())?;
    std::fs::write(&stamp, built_of()?).context("noting what the page was built of")
}

/// Stands for what the page is built of, and for what came of it: `index.html` names every other file by its content.
fn built_of() -> Result<String> {
    let web = folder();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(&web)? {
        let path = entry?.path();
        // What the type checker keeps for itself is no part of the page.
        if path.is_file() && path.extension().is_none_or(|extension| extension != "tsbuildinfo") {
            files.push(path);
        }
    }
    for folder in ["src", "public"] {
        files_below(&web.join(folder), &mut files)?;
    }
    files.push(web.join("dist/index.html"));
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.hash(&mut hasher);
        std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?.hash(&mut hasher);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files_below(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
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
