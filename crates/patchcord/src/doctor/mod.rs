//! `patchcord doctor`: looks at what the program needs, one line each, with the remedy where something is wrong.

mod model;

use std::process::ExitCode;

use anyhow::{Result, bail};
use serde::Serialize;

use crate::commands::print;
use crate::settings::Settings;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What was looked at.
    pub(crate) name: String,
    /// Whether it is as it should be.
    pub(crate) ok: bool,
    /// What was seen.
    pub(crate) detail: String,
    /// What to do about it, when it is not.
    pub(crate) remedy: Option<String>,
}

/// Runs the checks and prints them; the exit code says whether all is well.
pub(crate) async fn run(settings: &Settings, with_model: bool, as_json: bool) -> Result<ExitCode> {
    if !with_model {
        bail!("say what to look at: --model asks the configured model once for each kind of result");
    }
    let checks = model::check_model(settings).await?;
    let ok = checks.iter().all(|check| check.ok);
    print(as_json, &serde_json::json!({"ok": ok, "checks": checks}), &in_words(&checks))?;
    Ok(if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A line for each check, and one for its remedy.
fn in_words(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let mark = if check.ok { "ok  " } else { "FAIL" };
        let remedy = check.remedy.as_ref().map(|remedy| format!("\n     {remedy}")).unwrap_or_default();
        format!("{mark} {:<22} {}{remedy}", check.name, check.detail)
    };
    checks.iter().map(line).collect::<Vec<_>>().join("\n")
}
