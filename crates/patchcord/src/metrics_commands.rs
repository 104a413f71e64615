//! `patchcord metrics …`: the figures of the dashboard.

use std::io::Write;

use anyhow::{Context, Result};
use patchcord_domain::time::{Millis, from_rfc3339};

use crate::cli::Metrics;
use crate::commands::{chosen, explain, open, print};
use crate::settings::Settings;

pub(crate) async fn metrics(settings: &Settings, command: Metrics, as_json: bool) -> Result<()> {
    let Metrics::Rebuild { workspace, from, to } = command;
    let (from, to) = (moment("--from", from.as_deref())?, moment("--to", to.as_deref())?);
    let app = open(settings).await?;
    let slug = chosen(&app, workspace).await?;
    let mut shown = 0;
    let progress = |done: u64, of: u64| {
        let tenth = done * 10 / of.max(1);
        if tenth > shown && !as_json {
            shown = tenth;
            let _ = writeln!(std::io::stderr().lock(), "{done} of {of} hours");
        }
    };
    let rebuilt = app.rebuild_metrics(&slug, from, to, progress).await.map_err(explain);
    app.store.close().await;
    let rebuilt = rebuilt?;
    let text = match rebuilt.corrected {
        0 => format!("counted {} hours of {} again; every figure was right", rebuilt.hours, rebuilt.workspace),
        spans => format!(
            "counted {} hours of {} again; {spans} spans of up to a day had figures that were wrong or missing",
            rebuilt.hours, rebuilt.workspace
        ),
    };
    print(as_json, &serde_json::to_value(&rebuilt)?, &text)
}

fn moment(flag: &str, text: Option<&str>) -> Result<Option<Millis>> {
    let read = |text| {
        from_rfc3339(text).with_context(|| {
            format!("{flag} must be a time such as 2026-11-24T09:30:00Z, or a date such as 2026-11-24")
        })
    };
    text.map(read).transpose()
}
