//! `cargo xtask bench --calls`: very many short calls, one after another and many at once, and what they leave behind.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

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
/// What a thousand calls may add to the memory in the second half of the run, in MiB.
const GROWTH_MIB: f64 = 0.2;
/// How many times faster than on the wall a call passes.
const SPEED: &str = "20";

/// What was seen after so many calls.
struct Look {
    calls: u64,
    missed: u64,
    resident_mib: f64,
    /// 99 of 100 of the last calls had their TwiML after so many milliseconds.
    twiml_ms: f64,
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
}

fn play(binary: &Path, calls: u64, folder: &Path) -> Result<Played> {
    let binary = binary.to_string_lossy().into_owned();
    let data = folder.to_string_lossy().into_owned();
    let settings = [("RUST_LOG", "error"), ("RATE_LIMIT_PER_MINUTE", "0"), ("DATA_DIR", &*data)];
    let server = Server::start(&binary, &["serve", "--demo"], &settings, &folder.join("server.log"))?;
    let mut played = Played { looks: Vec::new(), seconds: 0.0, first_sound: (0, 0), response: (0, 0) };
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
        let twiml_ms = told["twimlMs"]["p99"].as_f64().unwrap_or(f64::INFINITY);
        let look = Look { calls: done, missed, resident_mib: server.resident_mib(), twiml_ms };
        println!(
            "    {:>6} calls: {:.1} MiB, TwiML {:.1} ms, {} not as expected",
            look.calls, look.resident_mib, look.twiml_ms, look.missed
        );
        if missed > 0 {
            println!("        {}", told["reasons"]);
        }
        played.looks.push(look);
    }
    played.seconds = began.elapsed().as_secs_f64();
    Ok(played)
}

fn chapter(played: &Played, load_before: &str) -> Result<String> {
    let all: u64 = played.looks.last().map_or(0, |look| look.calls);
    let missed: u64 = played.looks.iter().map(|look| look.missed).sum();
    let cores = if can_pin() {
        format!("server on core {SERVER_CORE}, carrier and callers on core {LOAD_CORE}")
    } else {
        format!("all on {BOTH_CORES}")
    };
    let worst = played.looks.iter().map(|look| look.twiml_ms).fold(0.0, f64::max);
    let twiml = format!("{worst:.1} ms{}", if worst < TWIML_MS { "" } else { " **missed**" });
    let growth = growth(&played.looks);
    let flat = format!("{growth:.2} MiB{}", if growth <= GROWTH_MIB { "" } else { " **missed**" });
    let mut text = format!(
        "{CHAPTER}\n\nWritten by `cargo xtask bench --calls {all}` on {}, commit {}.\n\n\
         - Machine: {}; load average before the run: {load_before}; {cores}\n\
         - SQLite, the built-in model, {AT_ONCE} calls at once, each {SPEED} times faster than on the wall: a caller says a \
         sentence and hangs up in the middle of the answer. Summary, analysis and roll-ups of each call are made as well\n\n\
         | figure | measured | goal |\n|---|---|---|\n\
         | calls, and how many were not as expected | {all} · {missed} | 0 |\n\
         | calls a second | {:.1} | – |\n\
         | answer with TwiML, as the carrier waits for it, p99 of the worst thousand calls | {} | < 50 ms |\n\
         | memory that a thousand calls add in the second half of the run | {} | flat: ≤ {GROWTH_MIB} MiB |\n\
         | first sound, in time of the call: p50 · p95 | {} · {} ms | – |\n\
         | response, in time of the call: p50 · p95 | {} · {} ms | – |\n\n\
         | after so many calls | resident memory (MiB) | TwiML p99 (ms) |\n|---|---|---|\n",
        today(),
        commit(),
        machine(),
        all as f64 / played.seconds,
        twiml,
        flat,
        played.first_sound.0,
        played.first_sound.1,
        played.response.0,
        played.response.1,
    );
    for look in &played.looks {
        writeln!(text, "| {} | {:.1} | {:.1} |", look.calls, look.resident_mib, look.twiml_ms)?;
    }
    Ok(text)
}

/// What a thousand calls add to the memory in the second half of the run, in MiB: the slope of the line that fits best.
fn growth(looks: &[Look]) -> f64 {
    let half = &looks[looks.len() / 2..];
    let mean = |of: fn(&Look) -> f64| half.iter().map(of).sum::<f64>() / half.len().max(1) as f64;
    let calls = |look: &Look| look.calls as f64 / 1_000.0;
    let (middle, memory) = (mean(calls), mean(|look| look.resident_mib));
    let spread: f64 = half.iter().map(|look| (calls(look) - middle).powi(2)).sum();
    let shared: f64 = half.iter().map(|look| (calls(look) - middle) * (look.resident_mib - memory)).sum();
    if spread > 0.0 { shared / spread } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_is_that_of_the_second_half() {
        let looks = |memory: &[f64]| -> Vec<Look> {
            let look = |(nth, mib): (usize, &f64)| Look {
                calls: 1_000 * (nth as u64 + 1),
                missed: 0,
                resident_mib: *mib,
                twiml_ms: 1.0,
            };
            memory.iter().enumerate().map(look).collect()
        };
        assert!((growth(&looks(&[50.0, 60.0, 61.0, 61.5, 62.0, 62.5])) - 0.5).abs() < 1e-9);
        assert!(growth(&looks(&[50.0, 60.0, 70.0, 70.0, 70.0, 70.0])).abs() < 1e-9);
        assert!(growth(&looks(&[50.0])).abs() < 1e-9);
        assert!(growth(&[]).abs() < 1e-9);
    }
}
