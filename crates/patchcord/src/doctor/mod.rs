//! `patchcord doctor`: looks at everything that the program needs, one line each, with what to do where something is wrong.

mod checks;
mod model;
mod phone;

use std::process::ExitCode;

use anyhow::Result;
use serde::Serialize;
use serde_json::json;

use crate::cli::Doctor;
use crate::commands::print;
use crate::settings::{Settings, Shown};

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Check {
    /// What it is, in one or two words.
    pub(crate) name: String,
    /// Whether it can be used.
    pub(crate) ok: bool,
    /// What was found.
    pub(crate) detail: String,
    /// What to do; none when there is nothing to do.
    pub(crate) remedy: Option<String>,
}

impl Check {
    pub(crate) fn good(name: &str, detail: impl Into<String>) -> Self {
        Self { name: name.to_owned(), ok: true, detail: detail.into(), remedy: None }
    }

    pub(crate) fn bad(name: &str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name: name.to_owned(), ok: false, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    fn line(&self) -> String {
        let remedy = self.remedy.as_ref().map(|remedy| format!("; {remedy}")).unwrap_or_default();
        format!("{:<5} {:<12} {}{remedy}", if self.ok { "ok" } else { "FAIL" }, self.name, self.detail)
    }
}

/// Looks at everything; fails when anything is wrong. With `model` it looks at the configured model alone, and closely.
pub(crate) async fn run(settings: &Settings, shown: &[Shown], options: &Doctor, as_json: bool) -> Result<ExitCode> {
    if options.model {
        return report(shown, &model::check_model(settings).await?, as_json);
    }
    let mut checks = checks::all(settings).await;
    checks.extend(phone::checks(settings).await);
    if options.audit {
        checks.extend(checks::audit(settings).await);
    }
    report(shown, &checks, as_json)
}

/// Prints the checks, and with them the settings that somebody made.
pub(crate) fn report(shown: &[Shown], checks: &[Check], as_json: bool) -> Result<ExitCode> {
    let healthy = checks.iter().all(|check| check.ok);
    let mut lines: Vec<String> = Vec::new();
    for Shown { name, value, source } in shown.iter().filter(|setting| setting.source != "the default") {
        lines.push(format!("set   {name:<24} {value} (from {source})"));
    }
    lines.extend(checks.iter().map(Check::line));
    print(as_json, &json!({"ok": healthy, "settings": shown, "checks": checks}), &lines.join("\n"))?;
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
