//! `cargo xtask bench`: Patchcord and a Node.js server of the same contract, measured in one run, on one machine, now.

mod load;
mod parts;
mod report;
mod server;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{Usage, postgres, run, shell};
use load::{Connection, Measured, Target, flat_out, measured, paced};
use report::{Figures, Requests};
use server::{LOAD_CORE, SERVER_CORE, Server, can_pin, pin_self, remember_cores};

const CONNECTIONS: usize = 8;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURE: Duration = Duration::from_secs(5);
const PACED: Duration = Duration::from_secs(6);
const TICKETS: &str = "10000";
const EMAIL: &str = "bench@patchcord.test";
const PASSWORD: &str = "a long enough secret";

/// `cargo xtask bench`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let binary = match arguments {
        [] => run::build_release()?,
        [flag, file] if flag == "--binary" => std::path::absolute(file)?,
        _ => return Err(Usage("either nothing or --binary FILE".to_owned()).into()),
    };
    shell::say("the packages of the Node.js server");
    shell::run(
        shell::command("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(shell::root().join("bench")),
    )?;
    let load_before = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load_before = load_before.split(' ').take(1).collect();
    remember_cores();
    let mut figures = Figures { pinned: can_pin(), load_before, ..Figures::default() };

    let cluster = postgres::Cluster::durable(can_pin().then_some(SERVER_CORE))?;
    if arguments.is_empty() {
        shell::say("redaction");
        let redaction = parts::example("patchcord-domain", "redaction_speed", cluster.url())?;
        figures.redaction = redaction.replace(": ", " | ");
        shell::say("wake-ups across nodes");
        figures.wakeups = parts::example("patchcord-store", "wakeups", cluster.url())?.replacen(": ", " | ", 1);
    }
    pin_self(LOAD_CORE);

    let folder = std::env::temp_dir().join(format!("patchcord-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(&binary, &folder, cluster.url(), &mut figures);
    let _ = std::fs::remove_dir_all(&folder);
    measured?;
    print!("\n{}", report::write(&figures)?);
    Ok(())
}

fn measure(binary: &Path, folder: &Path, postgres_url: &str, figures: &mut Figures) -> Result<()> {
    let binary = binary.to_string_lossy().into_owned();
    for engine in ["sqlite", "postgres"] {
        shell::say(&format!("{engine}: {TICKETS} tickets"));
        let data: PathBuf = folder.join(engine);
        let data_text = data.to_string_lossy().into_owned();
        let mut settings = vec![("DATA_DIR", data_text.as_str()), ("RUST_LOG", "warn"), ("RATE_LIMIT_PER_MINUTE", "0")];
        if engine == "postgres" {
            settings.push(("DATABASE_URL", postgres_url));
        }
        let rate = prepare(&binary, &settings)?;
        let log = folder.join(format!("{engine}.log"));
        let start = || Server::start(&binary, &["serve"], &settings, &log);
        // The first start finds cold files; the second is the one that counts.
        drop(start()?);
        let server = start()?;
        let idle_mib = server.resident_mib();
        let token = sign_in(&server)?;
        let mut requests = Requests { idle_mib, ..all_requests(&server, &server.target(&token))? };
        let analysis = analyses(&server.target(&token)).context("measuring analyses")?;
        requests.loaded_mib = requests.loaded_mib.max(server.resident_mib());
        drop(server);
        if engine == "sqlite" {
            (figures.sqlite, figures.seed_sqlite, figures.analysis_sqlite) = (requests, rate, analysis);
            continue;
        }
        (figures.postgres, figures.seed_postgres, figures.analysis_postgres) = (requests, rate, analysis);
        shell::say("Node.js on the same rows");
        let (user, session) = claims(&token)?;
        let settings =
            [("DATABASE_URL", postgres_url), ("BENCH_SUB", &user), ("BENCH_SID", &session), ("NODE_ENV", "production")];
        let server = Server::start("node", &["bench/server.js"], &settings, &folder.join("node.log"))?;
        let token = Connection::open(&server.target(""))?.ask("GET", "/token", "")?.1;
        figures.node = all_requests(&server, &server.target(&String::from_utf8(token)?))?;
    }
    Ok(())
}

/// A workspace with a user and the tickets; gives tickets a second.
fn prepare(binary: &str, settings: &[(&str, &str)]) -> Result<f64> {
    let command = |arguments: &[&str]| {
        let mut command = Command::new(binary);
        command.args(arguments).current_dir(shell::root()).envs(settings.iter().copied());
        command
    };
    shell::read(&mut command(&["workspace", "add", "Bench", "--admin", EMAIL]))?;
    let mut passwd = command(&["user", "passwd", EMAIL]);
    let mut child = passwd.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::null()).spawn()?;
    std::io::Write::write_all(&mut child.stdin.take().context("no pipe")?, PASSWORD.as_bytes())?;
    if !child.wait()?.success() {
        bail!("the password could not be set");
    }
    // The database on its core, the program that makes the tickets where there is room.
    let made = shell::read(&mut command(&["seed", "--load", TICKETS, "--workspace", "bench", "--json"]))?;
    let made: Value = serde_json::from_str(&made)?;
    Ok(made["tickets"].as_f64().unwrap_or_default() / made["seconds"].as_f64().unwrap_or(1.0))
}

fn sign_in(server: &Server) -> Result<String> {
    let body = serde_json::json!({"email": EMAIL, "password": PASSWORD}).to_string();
    let session = Connection::open(&server.target(""))?.json("POST", "/api/auth/login", &body)?;
    Ok(session["accessToken"].as_str().context("no token")?.to_owned())
}

/// The user and the session of a token.
fn claims(token: &str) -> Result<(String, String)> {
    let payload = token.split('.').nth(1).context("not a token")?;
    let claims: Value = serde_json::from_slice(&base64url(payload)).context("reading the token")?;
    let text = |name: &str| claims[name].as_str().map(str::to_owned).context("a claim is missing");
    Ok((text("sub")?, text("sid")?))
}

fn base64url(text: &str) -> Vec<u8> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for digit in text.bytes() {
        let Some(value) = DIGITS.iter().position(|known| *known == digit) else { continue };
        bits = bits << 6 | value as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}

fn all_requests(server: &Server, target: &Target) -> Result<Requests> {
    let idle_mib = server.resident_mib();
    let ids = ids(target)?;
    let list = |_: usize| ("GET", "/api/tickets?limit=25".to_owned(), String::new());
    let get = |number: usize| ("GET", format!("/api/tickets/{}", ids[number * 7 % ids.len()]), String::new());
    let create = |number: usize| {
        let body = serde_json::json!({
            "subject": format!("Printer {number} on the third floor does not print"),
            "message": "Since this morning the printer shows a paper jam, but there is no paper in it. I switched it off and on.",
            "priority": "HIGH",
        });
        ("POST", "/api/tickets".to_owned(), body.to_string())
    };
    let mixed = |number: usize| match number % 3 {
        0 => list(number),
        1 => get(number),
        _ => create(number),
    };
    let mut loaded_mib: f64 = 0.0;
    let mut flat = |name: &str, request: load::Request<'_>| -> Result<Measured> {
        flat_out(target, CONNECTIONS, WARM_UP, request)?;
        let measured = flat_out(target, CONNECTIONS, MEASURE, request).with_context(|| format!("measuring {name}"))?;
        loaded_mib = loaded_mib.max(server.resident_mib());
        println!(
            "    {name:<8} {:>7.0} /s  p50 {:.2} ms  p99 {:.2} ms",
            measured.per_second, measured.p50_ms, measured.p99_ms
        );
        Ok(measured)
    };
    let list = flat("list", &list)?;
    let get = flat("get", &get)?;
    let create = flat("create", &create)?;
    let paced = paced(target, 40, PACED, &mixed)?;
    println!("    paced    p50 {:.2} ms  p99 {:.2} ms  ({} requests)", paced.p50_ms, paced.p99_ms, paced.count);
    let started_ms = server.started_in.as_secs_f64() * 1_000.0;
    Ok(Requests { list, get, create, paced, idle_mib, loaded_mib, started_ms })
}

/// Ids of the newest tickets with all their messages.
fn ids(target: &Target) -> Result<Vec<String>> {
    let mut connection = Connection::open(target)?;
    let mut ids = Vec::new();
    let mut offset = 0;
    while ids.len() < 400 && offset < 10_000 {
        let page = connection.json("GET", &format!("/api/tickets?limit=100&offset={offset}"), "")?;
        let items = page["items"].as_array().context("a list without items")?;
        let whole = items.iter().filter(|item| item["messageCount"] == 5);
        ids.extend(whole.filter_map(|item| item["id"].as_str()).map(str::to_owned));
        offset += 100;
        if items.is_empty() {
            break;
        }
    }
    if ids.is_empty() {
        bail!("there are no tickets to read");
    }
    Ok(ids)
}

/// From the request for an analysis to its success, one after the other on different tickets.
fn analyses(target: &Target) -> Result<Measured> {
    let mut connection = Connection::open(target)?;
    let (mut waits, began) = (Vec::new(), Instant::now());
    for id in ids(target)?.iter().take(40) {
        let asked = Instant::now();
        let body = serde_json::json!({"ticketId": id}).to_string();
        let answer = connection.json("POST", "/api/copilot/v1/analyze", &body)?;
        let suggestion = answer["data"]["suggestionId"].as_str().context("no suggestion")?.to_owned();
        loop {
            let status = connection.json("GET", &format!("/api/copilot/v1/status/{suggestion}"), "")?;
            match status["data"]["state"].as_str() {
                Some("success") => break,
                Some("error") => bail!("an analysis failed: {status}"),
                _ if asked.elapsed() > Duration::from_secs(10) => bail!("an analysis does not end: {status}"),
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        waits.push(asked.elapsed());
    }
    Ok(measured(waits, began.elapsed()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read() {
        let token = format!("x.{}.y", "eyJzdWIiOiJ1Iiwic2lkIjoicyJ9");
        assert_eq!(claims(&token).unwrap(), ("u".to_owned(), "s".to_owned()));
        assert!(claims("x").is_err());
    }
}
