//! Everything that can be said about the code without running it.

use std::path::PathBuf;

use anyhow::Result;

use crate::report::Report;
use crate::{codegen, no_arguments, shell, tidy, web};

/// `cargo xtask lint`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    no_arguments(arguments)?;
    let mut report = Report::default();
    report.step("formatting", || quiet(shell::run(&mut shell::cargo(&["fmt", "--all", "--check"]))));
    report.step("tidy", || quiet(tidy::run(&[])));
    report.step("clippy, warnings are errors", clippy);
    report.step("the page: lint, formatting and types", || {
        web::install()?;
        quiet(shell::run(&mut web::npm(&["run", "lint"])))
    });
    report.step("generated files are up to date", || quiet(codegen::check()));
    report.step("licences, sources and advisories of dependencies", audit);
    report.finish()
}

fn quiet(result: Result<()>) -> Result<Vec<String>> {
    result.map(|()| Vec::new())
}

fn clippy() -> Result<Vec<String>> {
    quiet(shell::run(&mut shell::cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"])))
}

/// The sources of every dependency are needed, those for other platforms too; the advisories are not downloaded, and when
/// they are left out, that is said.
fn audit() -> Result<Vec<String>> {
    if !shell::exists("cargo-deny") {
        return Ok(vec!["left out: cargo-deny is not installed (cargo install --locked cargo-deny)".into()]);
    }
    shell::run(&mut shell::cargo(&["fetch", "--locked"]))?;
    if !has_advisories() {
        shell::run(&mut shell::cargo(&["deny", "--offline", "check", "bans", "licenses", "sources"]))?;
        return Ok(vec!["advisories left out: their data is not on this machine (cargo deny fetch)".into()]);
    }
    quiet(shell::run(&mut shell::cargo(&["deny", "--offline", "check"])))
}

/// Whether cargo-deny has a database of advisories; a fetch that failed leaves an empty folder.
fn has_advisories() -> bool {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let folder = std::env::var_os("CARGO_HOME").map_or_else(|| home.join(".cargo"), PathBuf::from).join("advisory-dbs");
    std::fs::read_dir(folder).is_ok_and(|entries| entries.flatten().any(|entry| entry.path().is_dir()))
}
