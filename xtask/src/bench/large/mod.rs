//! The second part of `cargo xtask bench`: a desk with very many tickets, looked at over HTTP.
//!
//! Each request is sent over one connection, one after the other, so that what is measured is how long a person waits and
//! not how many people can.

mod import;
mod report;
mod requests;
mod samples;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::load::{Connection, Measured, Target, measured};
use super::server::{BOTH_CORES, SERVER_CORE, Server, can_pin};
use super::{Seeded, prepare, sign_in};
use crate::{postgres, shell};
use import::Imported;
use requests::Kind;
use samples::Samples;

/// How many tickets when nothing else is asked for.
pub(super) const TICKETS: u64 = 1_000_000;
/// How often each request is sent, and how long at most.
const TIMES: usize = 300;
const LONGEST: Duration = Duration::from_secs(12);
/// How often it is sent before that, so that what is asked for often is in memory as on a desk that is in use.
const WARM_UP: usize = 20;
/// Hours that are counted again, one after the other.
const HOURS: usize = 5;

/// What was measured on one engine.
#[derive(Debug, Default)]
pub(super) struct Side {
    seeded: Seeded,
    /// In the order of [`requests::KINDS`].
    waits: Vec<Measured>,
    /// The longest count of an hour, in seconds.
    hour_s: f64,
    trial: Imported,
    import: Imported,
    resident_mib: f64,
    database_mib: f64,
}

/// Everything of this part.
#[derive(Debug)]
pub(super) struct Figures {
    tickets: u64,
    sqlite: Side,
    postgres: Side,
    load_before: String,
}

/// Measures both engines, one after the other, and writes the part of the page.
///
/// # Errors
/// When a server does not start or refuses a request.
pub(super) fn run(binary: &Path, tickets: u64, cluster: &postgres::Cluster, load_before: String) -> Result<()> {
    let folder = std::env::temp_dir().join(format!("patchcord-bench-large-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let both = sides(binary, tickets, cluster, &folder);
    let _ = std::fs::remove_dir_all(&folder);
    let (sqlite, postgres) = both?;
    print!("\n{}", report::write(&Figures { tickets, sqlite, postgres, load_before })?);
    Ok(())
}

fn sides(binary: &Path, tickets: u64, cluster: &postgres::Cluster, folder: &Path) -> Result<(Side, Side)> {
    let binary = binary.to_string_lossy().into_owned();
    let common = [("RUST_LOG", "warn"), ("RATE_LIMIT_PER_MINUTE", "0")];
    shell::say(&format!("SQLite: {tickets} tickets"));
    let data = folder.join("sqlite");
    let data_text = data.to_string_lossy().into_owned();
    let settings = [&common[..], &[("DATA_DIR", &data_text)]].concat();
    let seeded = prepare(&binary, &settings, tickets)?;
    let mut sqlite = measure(&binary, &settings, &folder.join("sqlite.log"), seeded).context("measuring SQLite")?;
    sqlite.database_mib = size_of(&data)?;
    std::fs::remove_dir_all(&data)?;

    shell::say(&format!("PostgreSQL: {tickets} tickets"));
    cluster.sql("postgres", "CREATE DATABASE patchcord_large")?;
    let (url, data) = (cluster.url_of("patchcord_large"), folder.join("postgres").to_string_lossy().into_owned());
    let settings = [&common[..], &[("DATA_DIR", &data), ("DATABASE_URL", &url)]].concat();
    cluster.use_cores(can_pin().then_some(BOTH_CORES))?;
    let seeded = prepare(&binary, &settings, tickets)?;
    // What the cluster does by itself in the hours after, while nobody measures.
    cluster.sql("patchcord_large", "VACUUM (ANALYZE)")?;
    cluster.sql("postgres", "CHECKPOINT")?;
    cluster.use_cores(can_pin().then_some(SERVER_CORE))?;
    let measured = measure(&binary, &settings, &folder.join("postgres.log"), seeded);
    let mut postgres = measured.context("measuring PostgreSQL")?;
    let size = cluster.ask("patchcord_large", "SELECT pg_database_size('patchcord_large') / 1048576")?;
    postgres.database_mib = size.trim().parse().context("reading the size of the database")?;
    cluster.sql("postgres", "DROP DATABASE patchcord_large")?;
    Ok((sqlite, postgres))
}

fn measure(binary: &str, settings: &[(&str, &str)], log: &Path, seeded: Seeded) -> Result<Side> {
    println!("    {:.0} tickets a second, {:.0} s with the figures of the dashboard", seeded.per_second, seeded.wall_s);
    // The first start finds cold files; the second is the one that counts.
    drop(Server::start(binary, &["serve"], settings, log)?);
    let server = Server::start(binary, &["serve"], settings, log)?;
    let target = server.target(&sign_in(&server)?);
    let samples = Samples::take(&target).context("looking for tickets and customers to ask for")?;
    let mut side = Side { seeded, ..Side::default() };
    for kind in requests::KINDS {
        let waits = waits(&target, kind, &samples).with_context(|| format!("measuring {:?}", kind.name))?;
        println!(
            "    {:<58} p50 {:>8.2} ms  p99 {:>8.2} ms{}",
            kind.name,
            waits.p50_ms,
            waits.p99_ms,
            if kind.fits(&waits) { "" } else { "  MISSED" }
        );
        side.waits.push(waits);
        side.resident_mib = side.resident_mib.max(server.resident_mib());
    }
    side.hour_s = hour(&target, &samples).context("counting an hour again")?;
    println!("    one hour is counted in {:.3} s at the most", side.hour_s);
    let file = import::contacts(&samples);
    side.trial = import::run(&server, &target, &file, true).context("trying an import out")?;
    side.import = import::run(&server, &target, &file, false).context("importing")?;
    println!(
        "    {} lines: {:.1} s tried out, {:.1} s written, {:.0} MiB more at the peak",
        import::LINES,
        side.trial.seconds,
        side.import.seconds,
        side.import.more_mib.max(side.trial.more_mib)
    );
    Ok(side)
}

/// The waits for one kind of request; fewer when it is slow.
fn waits(target: &Target, kind: &Kind, samples: &Samples) -> Result<Measured> {
    let mut connection = Connection::open(target)?;
    let (mut waits, mut began) = (Vec::new(), Instant::now());
    for number in 0..TIMES + WARM_UP {
        let path = (kind.path)(samples, number);
        let asked = Instant::now();
        let (status, body) = connection.ask("GET", &path, "")?;
        if status != 200 {
            bail!("GET {path} answered {status}: {}", String::from_utf8_lossy(&body));
        }
        if kind.finds && body.starts_with(b"{\"items\":[],") {
            bail!("GET {path} found nothing: the figure would mean nothing");
        }
        waits.push(asked.elapsed());
        // What is slow is slow the second time as well.
        if number + 1 == WARM_UP && began.elapsed() < LONGEST / 4 {
            waits.clear();
            began = Instant::now();
        }
        if began.elapsed() > LONGEST {
            break;
        }
    }
    let took = began.elapsed();
    Ok(measured(waits, took))
}

/// Changes a ticket of a busy hour, so that its hours are counted again; gives the longest such job in seconds.
fn hour(target: &Target, samples: &Samples) -> Result<f64> {
    let mut connection = Connection::open(target)?;
    let mut longest = 0.0_f64;
    let (_, mut before) = counted(&mut connection)?;
    let mut jobs = jobs_done(&mut connection)?;
    for index in 0..HOURS {
        let id = &samples.tickets[index * 31 % samples.tickets.len()];
        let ticket = connection.json("GET", &format!("/api/tickets/{id}"), "")?;
        // Another one than it has: what changes nothing is not counted again.
        let priority = if ticket["priority"] == "URGENT" { "LOW" } else { "URGENT" };
        let body = serde_json::json!({"priority": priority}).to_string();
        connection.json("PATCH", &format!("/api/tickets/{id}"), &body)?;
        let asked = Instant::now();
        loop {
            let done = jobs_done(&mut connection)?;
            if done > jobs {
                jobs = done;
                break;
            }
            if asked.elapsed() > Duration::from_secs(60) {
                bail!("the hours of a changed ticket were not counted within a minute");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let (_, after) = counted(&mut connection)?;
        longest = longest.max(after - before);
        before = after;
    }
    Ok(longest)
}

/// How often hours were counted.
fn jobs_done(connection: &mut Connection) -> Result<u64> {
    Ok(counted(connection)?.0)
}

/// How often hours were counted since the start, and how long that took together, in seconds.
fn counted(connection: &mut Connection) -> Result<(u64, f64)> {
    let (status, text) = connection.ask("GET", "/metrics", "")?;
    if status != 200 {
        bail!("GET /metrics answered {status}");
    }
    let text = String::from_utf8(text).context("reading /metrics")?;
    Ok((value(&text, "count").unwrap_or(0.0) as u64, value(&text, "sum").unwrap_or(0.0)))
}

fn value(text: &str, part: &str) -> Option<f64> {
    let head = format!("patchcord_job_duration_seconds_{part}{{kind=\"roll_up\"}} ");
    text.lines().find_map(|line| line.strip_prefix(&head)).and_then(|number| number.parse().ok())
}

fn size_of(folder: &Path) -> Result<f64> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.metadata()?.is_file() {
            bytes += entry.metadata()?.len();
        }
    }
    Ok(bytes as f64 / 1_048_576.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read() {
        let text = "# TYPE x histogram\npatchcord_job_duration_seconds_sum{kind=\"sla_scan\"} 9\n\
                    patchcord_job_duration_seconds_sum{kind=\"roll_up\"} 0.25\n\
                    patchcord_job_duration_seconds_count{kind=\"roll_up\"} 3\n";
        assert_eq!((value(text, "count"), value(text, "sum")), (Some(3.0), Some(0.25)));
        assert_eq!(value("", "sum"), None);
    }
}
