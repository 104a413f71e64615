//! `docs/performance.md`: what was measured, where, when, and beside which goal.

use std::fmt::Write as _;
use std::process::Command;

use anyhow::{Context, Result};

use super::load::Measured;
use crate::shell;

/// Where the second part of the page begins.
pub(super) const LARGE: &str = "## Very many tickets";
/// What `npm run measure` writes about the page.
const PAGE: &str = "## The page";
/// What `cargo xtask bench --calls` writes.
pub(super) const CALLS: &str = "## Very many calls";
/// What the page's measurement of the live wall writes.
const WALL: &str = "## The live wall";

/// The three requests, on one server.
#[derive(Debug, Clone, Default)]
pub(super) struct Requests {
    pub(super) list: Measured,
    pub(super) get: Measured,
    pub(super) create: Measured,
    /// All three in turn at 40 a second.
    pub(super) paced: Measured,
    pub(super) idle_mib: f64,
    pub(super) loaded_mib: f64,
    pub(super) started_ms: f64,
}

/// One of the three requests.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    List,
    Get,
    Create,
}

impl Requests {
    pub(super) fn of(&mut self, kind: Kind) -> &mut Measured {
        match kind {
            Kind::List => &mut self.list,
            Kind::Get => &mut self.get,
            Kind::Create => &mut self.create,
        }
    }
}

/// Everything of one run.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) postgres: Requests,
    pub(super) node: Requests,
    pub(super) sqlite: Requests,
    pub(super) seed_sqlite: f64,
    pub(super) seed_postgres: f64,
    pub(super) analysis_sqlite: Measured,
    pub(super) analysis_postgres: Measured,
    pub(super) redaction: String,
    pub(super) wakeups: String,
    pub(super) webhooks: String,
    /// Tables and lines as they are.
    pub(super) voice: String,
    pub(super) pinned: bool,
    pub(super) load_before: String,
}

/// Writes the page; gives its text.
pub(super) fn write(figures: &Figures) -> Result<String> {
    let mut text = format!(
        "# Speed and size\n\nWritten by `make bench` (`cargo xtask bench`) on {}, commit {}.\n\n\
         - Machine: {}; load average before the run: {}\n- {}\n\
         - Data: 10,000 tickets with 5 messages each, made by `patchcord seed --load`; the Node.js server has a copy of them \
         in a database of its own. 8 connections, one request after the other on each. No limit on requests a minute\n\
         - The servers run side by side and are measured in turns, three times three seconds each; the middle one counts\n\
         - While the tickets are made, everything may use both cores\n\
         - PostgreSQL with its own defaults (`fsync` and `synchronous_commit` on); SQLite with `synchronous=full`\n\
         - Node.js: `bench/server.js`, Fastify and `pg` with hand-written prepared statements; it does the \
         same work: session, workspace scope, number, message, audit line with its MAC, search document and outbox event in \
         one transaction\n\n",
        today(),
        commit(),
        machine(),
        figures.load_before,
        if figures.pinned {
            "Server and PostgreSQL together on core 0, the load on core 1"
        } else {
            "Server, PostgreSQL and load share the cores (nothing could be pinned)"
        }
    );
    let Figures { postgres, node, sqlite, .. } = figures;
    text += "## Requests\n\n| request | Node.js, PostgreSQL | Patchcord, PostgreSQL | ratio | Patchcord, SQLite | ratio | goal |\n\
             |---|---|---|---|---|---|---|\n";
    for (name, of) in [
        ("list of 25", (|all: &Requests| all.list.clone()) as fn(&Requests) -> Measured),
        ("get one with messages", |all| all.get.clone()),
        ("create with message and event", |all| all.create.clone()),
    ] {
        let (base, own, lite) = (of(node), of(postgres), of(sqlite));
        let ratio = |measured: &Measured| judged(measured.per_second / base.per_second, 1.5, true);
        writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | ≥ 1.5 × |",
            cell(&base),
            cell(&own),
            ratio(&own),
            cell(&lite),
            ratio(&lite)
        )?;
    }
    text += "\nRequests a second, then the middle and the 99th percentile of the waits in milliseconds.\n\n\
             ## Size and waits\n\n| figure | Node.js | Patchcord, PostgreSQL | Patchcord, SQLite | goal |\n|---|---|---|---|---|\n";
    let mut row = |name: &str, of: fn(&Requests) -> f64, goal: f64, unit: &str, sign: &str| {
        let own = |all: &Requests| format!("{:.1}{}", of(all), if of(all) <= goal { "" } else { " **missed**" });
        writeln!(text, "| {name} | {:.1} | {} | {} | {sign} {goal:.0} {unit} |", of(node), own(postgres), own(sqlite))
    };
    row("p99 at 40 requests a second, all three in turn (ms)", |all| all.paced.p99_ms, 5.0, "ms", "<")?;
    row("resident memory 5 s after the start (MiB)", |all| all.idle_mib, 35.0, "MiB", "≤")?;
    row("resident memory under load (MiB)", |all| all.loaded_mib, 60.0, "MiB", "≤")?;
    row("start to first answer (ms)", |all| all.started_ms, 300.0, "ms", "<")?;
    text += "\n## Parts\n\n| figure | measured | goal |\n|---|---|---|\n";
    let seed = |rate: f64| judged(rate, 5_000.0, false);
    writeln!(text, "| `seed --load`, SQLite (tickets/s, 5 messages each) | {} | ≥ 5,000 |", seed(figures.seed_sqlite))?;
    writeln!(
        text,
        "| `seed --load`, PostgreSQL (tickets/s, 5 messages each) | {} | ≥ 5,000 |",
        seed(figures.seed_postgres)
    )?;
    for (engine, waits) in [("SQLite", &figures.analysis_sqlite), ("PostgreSQL", &figures.analysis_postgres)] {
        let fits = if waits.p50_ms < 100.0 { "" } else { " **missed**" };
        writeln!(
            text,
            "| POST to success of an analysis by builtin, {engine} | p50 {:.1} ms, p99 {:.1} ms{fits} | < 100 ms |",
            waits.p50_ms, waits.p99_ms
        )?;
    }
    for line in figures.redaction.lines() {
        writeln!(text, "| redaction, {line} | ≥ 100 MB/s |")?;
    }
    for line in figures.wakeups.lines() {
        writeln!(text, "| {line} | – |")?;
    }
    for line in figures.webhooks.lines() {
        writeln!(text, "| {} | ≥ 5,000 a minute |", line.replacen(": ", " | ", 1))?;
    }
    if !figures.voice.is_empty() {
        writeln!(
            text,
            "\n## The sound of calls\n\nThe realtime engine beside a relay that does nothing but pass frames on and send marks; every 20 ms \
             frame is answered.\nServers on one core, callers and the model's server on the other. The two are measured in turns; the \
             middle of three rounds counts.\nOn its own: `cargo run --release -p patchcord-voice --example line`.\n\n{}",
            figures.voice.trim_end()
        )?;
    }
    let path = shell::root().join("docs/performance.md");
    // What the other parts wrote stays until that is measured again.
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    for chapter in [PAGE, WALL, CALLS, LARGE] {
        text += &kept(&before, chapter);
    }
    std::fs::write(&path, &text).with_context(|| format!("writing {}", path.display()))?;
    Ok(text)
}

/// A chapter of the page, from its heading to the next one; none when it is not there.
fn kept(page: &str, heading: &str) -> String {
    let Some(place) = page.find(heading) else { return String::new() };
    let chapter = &page[place..];
    let end = chapter[heading.len()..].find("\n## ").map_or(chapter.len(), |end| heading.len() + end);
    format!("\n{}\n", chapter[..end].trim_end())
}

fn cell(measured: &Measured) -> String {
    format!("{:.0} /s · {:.1} · {:.1}", measured.per_second, measured.p50_ms, measured.p99_ms)
}

fn judged(value: f64, goal: f64, is_ratio: bool) -> String {
    let shown = if is_ratio { format!("{value:.2} ×") } else { format!("{value:.0}") };
    if value >= goal { shown } else { format!("{shown} **missed**") }
}

/// The page with a chapter in it: in the place of the one that is there, or at its end.
pub(super) fn put(page: &str, head: &str, text: &str) -> String {
    let (before, after) = match page.find(head) {
        None => (page, ""),
        Some(place) => {
            let inside = place + head.len();
            let end = page[inside..].find("\n## ").map_or(page.len(), |at| inside + at + 1);
            (&page[..place], &page[end..])
        }
    };
    let gap = if after.is_empty() { "" } else { "\n" };
    format!("{}\n\n{text}{gap}{after}", before.trim_end())
}

pub(super) fn machine() -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let memory = read("/proc/meminfo");
    let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or("0");
    let gib = kib.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() / 1_048_576.0;
    format!("{}, {cores} cores, {gib:.0} GiB", model.trim_start_matches([':', ' ', '\t']))
}

pub(super) fn commit() -> String {
    let text = shell::read(&mut shell::command("git", &["rev-parse", "--short", "HEAD"])).unwrap_or_default();
    if text.is_empty() { "unknown".to_owned() } else { text.trim().to_owned() }
}

pub(super) fn today() -> String {
    let output = Command::new("date").args(["-u", "+%Y-%m-%d"]).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_of_the_other_parts_are_kept() {
        let before = "# Speed\n\n## Parts\n\nold\n\n## The page\n\nWritten by\n\n## Very many tickets\n\nmany\n";
        assert_eq!(kept(before, PAGE), "\n## The page\n\nWritten by\n");
        assert_eq!(kept(before, LARGE), "\n## Very many tickets\n\nmany\n");
        assert_eq!(kept("# Speed\n", PAGE), "");
    }

    #[test]
    fn other_parts_of_the_page_stay() {
        assert_eq!(
            put("# P\n\n## A\n\na\n", LARGE, "## Very many tickets\n\nnew\n"),
            "# P\n\n## A\n\na\n\n## Very many tickets\n\nnew\n"
        );
        let page = "# P\n\n## Very many tickets\n\nold\n\n| a |\n\n## The page\n\nb\n";
        assert_eq!(
            put(page, LARGE, "## Very many tickets\n\nnew\n"),
            "# P\n\n## Very many tickets\n\nnew\n\n## The page\n\nb\n"
        );
        assert_eq!(
            put(&put(page, LARGE, "## Very many tickets\n\nx\n"), LARGE, "## Very many tickets\n\nnew\n"),
            put(page, LARGE, "## Very many tickets\n\nnew\n")
        );
    }
}
