//! `cargo xtask bench --calls`: very many short calls, one after another and many at once, and what they leave behind.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use super::load::Connection;
use super::report::{CALLS as CHAPTER, commit, machine, put, today};
use super::server::{BOTH_CORES, LOAD_CORE, SERVER_CORE, Server, can_pin, pinned};
use crate::shell;

/// How many calls when nothing else is asked for.
pub(super) const CALLS: u64 = 10_000;
/// How many at once, and after how many the memory is looked at.
const AT_ONCE: &str = "50";
const SLICE: u64 = 1_000;
/// A caller who says one sentence and hangs up in the middle of the answer.
const SCENARIO: &str = "caller-hangs-up";
/// The longest wait for TwiML, in milliseconds.
const TWIML_MS: f64 = 50.0;
/// How many times faster than on the wall a call passes.
const SPEED: &str = "20";

/// The memory after so many calls.
struct Look {
    calls: u64,
    missed: u64,
    resident_mib: f64,
}

/// Plays the calls against a server on SQLite with the demonstration's data and writes the chapter of the page.
///
/// # Errors
/// When the server or the carrier does not start.
pub(super) fn run(binary: &Path, calls: u64, load_before: &str) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("patchcord-bench-calls-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let played = play(binary, calls, &folder);
    let _ = std::fs::remove_dir_all(&folder);
    let text = chapter(&played?, load_before)?;
    let path = shell::root().join("docs/performance.md");
    let page = std::fs::read_to_string(&path).unwrap_or_else(|_| "# Speed and size\n".to_owned());
    std::fs::write(&path, put(&page, CHAPTER, &text)).with_context(|| format!("writing {}", path.display()))?;
    print!("\n{text}");
    Ok(())
}

struct Played {
    looks: Vec<Look>,
    seconds: f64,
    first_sound: (u64, u64),
    response: (u64, u64),
    /// The milliseconds that 99 of 100 answers with TwiML kept, as the bounds of the server's own counters tell it.
    twiml_ms: Option<f64>,
}

fn play(binary: &Path, calls: u64, folder: &Path) -> Result<Played> {
    let binary = binary.to_string_lossy().into_owned();
    let data = folder.to_string_lossy().into_owned();
    let settings = [("RUST_LOG", "error"), ("RATE_LIMIT_PER_MINUTE", "0"), ("DATA_DIR", &*data)];
    let server = Server::start(&binary, &["serve", "--demo"], &settings, &folder.join("server.log"))?;
    let mut played = Played { looks: Vec::new(), seconds: 0.0, first_sound: (0, 0), response: (0, 0), twiml_ms: None };
    let url = format!("http://127.0.0.1:{}", server.port());
    let began = Instant::now();
    let mut done = 0;
    while done < calls {
        let count = SLICE.min(calls - done);
        let mut call = pinned(LOAD_CORE, &binary);
        call.args(["call", "--scenario", SCENARIO, "--engine", "relay", "--speed", SPEED, "--concurrency", AT_ONCE])
            .args(["--url", &url, "--count", &count.to_string(), "--json"])
            .envs(settings);
        // It exits with 1 when a call was not as expected; the figures say how many.
        let output = call.output().context("playing calls")?;
        let Ok(told) = serde_json::from_slice::<Value>(&output.stdout) else {
            bail!("calls could not be played:\n{}", String::from_utf8_lossy(&output.stderr));
        };
        done += count;
        let pair = |name: &str| (told[name]["p50"].as_u64().unwrap_or(0), told[name]["p95"].as_u64().unwrap_or(0));
        (played.first_sound, played.response) = (pair("firstSoundMs"), pair("responseMs"));
        let missed = told["missed"].as_u64().unwrap_or(count);
        let look = Look { calls: done, missed, resident_mib: server.resident_mib() };
        println!("    {:>6} calls: {:.1} MiB, {} not as expected", look.calls, look.resident_mib, look.missed);
        if missed > 0 {
            println!("        {}", told["reasons"]);
        }
        played.looks.push(look);
    }
    played.seconds = began.elapsed().as_secs_f64();
    let (status, text) = Connection::open(&server.target(""))?.ask("GET", "/metrics", "")?;
    if status != 200 {
        bail!("GET /metrics answered {status}");
    }
    played.twiml_ms = bound(&String::from_utf8_lossy(&text), "/twilio/voice", 0.99);
    Ok(played)
}

/// The bound in milliseconds that so large a share of a route's requests kept, from the counters of `/metrics`.
fn bound(metrics: &str, route: &str, share: f64) -> Option<f64> {
    let head = "patchcord_http_request_duration_seconds_bucket{";
    let route = format!("route=\"{route}\"");
    let mut buckets: Vec<(f64, f64)> = Vec::new();
    for line in metrics.lines().filter(|line| line.starts_with(head) && line.contains(&route)) {
        let bound = line.split("le=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or("+Inf");
        let count = line.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0.0);
        buckets.push((bound.parse().unwrap_or(f64::INFINITY), count));
    }
    buckets.sort_by(|a, b| a.0.total_cmp(&b.0));
    let all = buckets.last().map_or(0.0, |bucket| bucket.1);
    match buckets.iter().find(|bucket| bucket.1 >= all * share) {
        Some((bound, _)) if all > 0.0 && bound.is_finite() => Some(bound * 1_000.0),
        _ => None,
    }
}

fn chapter(played: &Played, load_before: &str) -> Result<String> {
    let all: u64 = played.looks.last().map_or(0, |look| look.calls);
    let missed: u64 = played.looks.iter().map(|look| look.missed).sum();
    let cores = if can_pin() {
        format!("server on core {SERVER_CORE}, carrier and callers on core {LOAD_CORE}")
    } else {
        format!("all on {BOTH_CORES}")
    };
    let twiml = match played.twiml_ms {
        // The goal is below the bound, so a bound of just as much does not show it.
        Some(bound) if bound < TWIML_MS => format!("≤ {bound:.1} ms"),
        Some(bound) => format!("≤ {bound:.1} ms **not shown**"),
        None => "not measured".to_owned(),
    };
    let mut text = format!(
        "{CHAPTER}\n\nWritten by `cargo xtask bench --calls {all}` on {}, commit {}.\n\n\
         - Machine: {}; load average before the run: {load_before}; {cores}\n\
         - SQLite, the built-in model, {AT_ONCE} calls at once, each {SPEED} times faster than on the wall: a caller says a \
         sentence and hangs up in the middle of the answer. Summary, analysis and roll-ups of each call are made as well\n\n\
         | figure | measured | goal |\n|---|---|---|\n\
         | calls, and how many were not as expected | {all} · {missed} | 0 |\n\
         | calls a second | {:.1} | – |\n\
         | answer with TwiML, p99, by the server's counters | {} | < 50 ms |\n\
         | first sound, in time of the call: p50 · p95 | {} · {} ms | – |\n\
         | response, in time of the call: p50 · p95 | {} · {} ms | – |\n\n\
         | after so many calls | resident memory (MiB) |\n|---|---|\n",
        today(),
        commit(),
        machine(),
        all as f64 / played.seconds,
        twiml,
        played.first_sound.0,
        played.first_sound.1,
        played.response.0,
        played.response.1,
    );
    for look in &played.looks {
        writeln!(text, "| {} | {:.1} |", look.calls, look.resident_mib)?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_of_a_share_is_read() {
        let line = |bound: &str, count: u32| {
            format!(
                "patchcord_http_request_duration_seconds_bucket{{method=\"POST\",route=\"/twilio/voice\",le=\"{bound}\"}} {count}\n"
            )
        };
        let text = line("0.005", 90) + &line("0.01", 99) + &line("0.025", 100) + &line("+Inf", 100);
        assert_eq!(bound(&text, "/twilio/voice", 0.99), Some(10.0));
        assert_eq!(bound(&text, "/twilio/voice", 1.0), Some(25.0));
        assert_eq!(bound(&text, "/twilio/status", 0.99), None);
        assert_eq!(bound("", "/twilio/voice", 0.99), None);
    }
}
