//! `cargo xtask bench`: Patchcord and a Node.js server of the same contract, measured in one run, on one machine, now.

mod large;
mod load;
mod parts;
mod report;
mod server;
mod soak;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{Usage, postgres, run, shell};
use load::{Connection, Measured, Target, flat_out, measured, paced};
use report::{Figures, Kind, Requests};
use server::{BOTH_CORES, LOAD_CORE, SERVER_CORE, Server, can_pin, pin_self, remember_cores};

const CONNECTIONS: usize = 8;
const WARM_UP: Duration = Duration::from_secs(1);
const MEASURE: Duration = Duration::from_secs(3);
/// How often each is measured; an odd number.
const ROUNDS: usize = 3;
/// When a server is looked at that nothing was asked of yet.
const IDLE_AFTER: Duration = Duration::from_secs(5);
const PACED: Duration = Duration::from_secs(6);
const TICKETS: u64 = 10_000;
const EMAIL: &str = "bench@patchcord.test";
const PASSWORD: &str = "a long enough secret";

/// What shall be measured.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    /// The first part: beside the Node.js server.
    first: bool,
    /// Tickets of the second part.
    tickets: u64,
    /// Calls of the soak, which then is all that is measured.
    calls: Option<u64>,
    /// The program, when none shall be built.
    binary: Option<String>,
}

fn wanted(arguments: &[String]) -> Result<Wanted, Usage> {
    let mut wanted = Wanted { first: true, tickets: large::TICKETS, calls: None, binary: None };
    let mut rest = arguments.iter().peekable();
    let mut counted = false;
    while let Some(flag) = rest.next() {
        let mut value = || rest.next().cloned().ok_or_else(|| Usage(format!("{flag} needs a value")));
        match flag.as_str() {
            "--large" => wanted.first = false,
            "--calls" => {
                let count = rest.next_if(|next| !next.starts_with("--")).map(|count| count.replace(['_', ','], ""));
                let count = count.map_or(Ok(soak::CALLS), |count| count.parse());
                let count = count.ok().filter(|count| (1..=1_000_000).contains(count));
                wanted.calls = Some(count.ok_or_else(|| Usage("--calls takes 1 to 1000000".to_owned()))?);
            }
            "--binary" => wanted.binary = Some(value()?),
            "--tickets" => {
                let count = value()?.replace(['_', ','], "").parse().ok();
                wanted.tickets = count
                    .filter(|count| (1_000..=10_000_000).contains(count))
                    .ok_or_else(|| Usage("--tickets takes 1000 to 10000000".to_owned()))?;
                counted = true;
            }
            other => return Err(Usage(format!("unexpected argument {other:?}"))),
        }
    }
    if counted && wanted.first {
        return Err(Usage("--tickets goes with --large".to_owned()));
    }
    Ok(wanted)
}

/// `cargo xtask bench`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let wanted = wanted(arguments)?;
    let binary = match &wanted.binary {
        None => run::build_release()?,
        Some(file) => std::path::absolute(file)?,
    };
    remember_cores();
    let load_before = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load_before: String = load_before.split(' ').take(1).collect();
    if let Some(calls) = wanted.calls {
        return soak::run(&binary, calls, &load_before);
    }
    let cluster = postgres::Cluster::durable(can_pin().then_some(SERVER_CORE))?;
    if wanted.first {
        beside_node(&binary, wanted.binary.is_none(), &cluster, load_before.clone())?;
    }
    pin_self(LOAD_CORE);
    large::run(&binary, wanted.tickets, &cluster, load_before)
}

/// The first part. What is built for itself is measured only when the program was built as well.
fn beside_node(binary: &Path, built: bool, cluster: &postgres::Cluster, load_before: String) -> Result<()> {
    shell::say("the packages of the Node.js server");
    shell::run(
        shell::command("npm", &["ci", "--no-audit", "--no-fund", "--loglevel=error"])
            .current_dir(shell::root().join("bench")),
    )?;
    let mut figures = Figures { pinned: can_pin(), load_before, ..Figures::default() };
    if built {
        shell::say("redaction");
        let redaction = parts::example("patchcord-domain", "redaction_speed", cluster.url())?;
        figures.redaction = redaction.replace(": ", " | ");
        shell::say("wake-ups across nodes");
        figures.wakeups = parts::example("patchcord-store", "wakeups", cluster.url())?.replacen(": ", " | ", 1);
        shell::say("webhooks");
        figures.webhooks = parts::example("patchcord", "webhook_load", cluster.url())?;
        shell::say("the sound of calls");
        figures.voice = parts::example("patchcord-voice", "line", cluster.url())?;
        figures.voice += &format!("\n{}", parts::example("patchcord-voice", "relay_turn", cluster.url())?);
    }
    pin_self(LOAD_CORE);

    let folder = std::env::temp_dir().join(format!("patchcord-bench-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let measured = measure(binary, &folder, cluster, &mut figures);
    let _ = std::fs::remove_dir_all(&folder);
    measured?;
    print!("\n{}", report::write(&figures)?);
    Ok(())
}

fn measure(binary: &Path, folder: &Path, cluster: &postgres::Cluster, figures: &mut Figures) -> Result<()> {
    let binary = binary.to_string_lossy().into_owned();
    let [own, copy] = ["patchcord", "node"].map(|name| cluster.url_of(name));
    cluster.sql("postgres", "CREATE DATABASE patchcord")?;
    let sqlite_data = folder.join("sqlite").to_string_lossy().into_owned();
    let postgres_data = folder.join("postgres").to_string_lossy().into_owned();
    let common = [("RUST_LOG", "warn"), ("RATE_LIMIT_PER_MINUTE", "0")];
    let sqlite = [&common[..], &[("DATA_DIR", &sqlite_data)]].concat();
    let postgres = [&common[..], &[("DATA_DIR", &postgres_data), ("DATABASE_URL", &own)]].concat();

    // One has the core of the servers and both have the other, as on a machine where nothing else runs.
    cluster.use_cores(can_pin().then_some(BOTH_CORES))?;
    shell::say(&format!("SQLite: {TICKETS} tickets"));
    figures.seed_sqlite = prepare(&binary, &sqlite, TICKETS)?.per_second;
    shell::say(&format!("PostgreSQL: {TICKETS} tickets"));
    figures.seed_postgres = prepare(&binary, &postgres, TICKETS)?.per_second;
    cluster.use_cores(can_pin().then_some(SERVER_CORE))?;

    let start = |name: &str, settings: &[(&str, &str)]| {
        Server::start(&binary, &["serve"], settings, &folder.join(format!("{name}.log")))
    };
    // The first start finds cold files; the second is the one that counts.
    drop(start("sqlite", &sqlite)?);
    let token = sign_in(&start("postgres", &postgres)?)?;
    // The Node.js server has the same rows and the same session, in a database of its own.
    cluster.sql("postgres", "CREATE DATABASE node TEMPLATE patchcord")?;
    for database in ["patchcord", "node"] {
        cluster.sql(database, "VACUUM (ANALYZE)")?;
    }
    cluster.sql("postgres", "CHECKPOINT")?;
    let (user, session) = claims(&token)?;
    let node = [("DATABASE_URL", &*copy), ("BENCH_SUB", &user), ("BENCH_SID", &session), ("NODE_ENV", "production")];
    let node = Server::start("node", &["bench/server.js"], &node, &folder.join("node.log"))?;
    let node_token = String::from_utf8(Connection::open(&node.target(""))?.ask("GET", "/token", "")?.1)?;

    let mut all = [
        Contender::new("node", node, Some(&node_token))?,
        Contender::new("postgres", start("postgres", &postgres)?, None)?,
        Contender::new("sqlite", start("sqlite", &sqlite)?, None)?,
    ];
    compare(&mut all)?;
    for (contender, waits) in all[1..].iter_mut().zip([&mut figures.analysis_postgres, &mut figures.analysis_sqlite]) {
        *waits = analyses(&contender.target).context("measuring analyses")?;
        contender.look_at_memory();
    }
    let [node, postgres, sqlite] = all.map(|contender| contender.requests);
    (figures.node, figures.postgres, figures.sqlite) = (node, postgres, sqlite);
    Ok(())
}

/// A server, and what was measured of it.
struct Contender {
    name: &'static str,
    server: Server,
    target: Target,
    ids: Vec<String>,
    requests: Requests,
}

impl Contender {
    /// Looks at the server before anything was asked of it. Without a token, a user signs in.
    fn new(name: &'static str, server: Server, token: Option<&str>) -> Result<Self> {
        // What the start needed is given back by then.
        std::thread::sleep(IDLE_AFTER);
        let requests = Requests {
            idle_mib: server.resident_mib(),
            started_ms: server.started_in.as_secs_f64() * 1_000.0,
            ..Requests::default()
        };
        let target = match token {
            Some(token) => server.target(token),
            None => server.target(&sign_in(&server)?),
        };
        Ok(Self { name, ids: ids(&target)?, server, target, requests })
    }

    fn look_at_memory(&mut self) {
        self.requests.loaded_mib = self.requests.loaded_mib.max(self.server.resident_mib());
    }

    fn say(&self, what: &str, measured: &Measured) {
        let Measured { per_second, p50_ms, p99_ms, .. } = measured;
        println!("    {what:<7} {:<9} {per_second:>7.0} /s  p50 {p50_ms:.2} ms  p99 {p99_ms:.2} ms", self.name);
    }
}

/// Measures all servers side by side, in turns, so that whatever else the machine does at a moment is the same for each.
fn compare(all: &mut [Contender]) -> Result<()> {
    for kind in [Kind::List, Kind::Get, Kind::Create] {
        let mut rounds = vec![Vec::new(); all.len()];
        for round in 0..ROUNDS {
            for (contender, measured) in all.iter_mut().zip(&mut rounds) {
                let request = |number: usize| kind.request(number, &contender.ids);
                if round == 0 {
                    flat_out(&contender.target, CONNECTIONS, WARM_UP, &request)?;
                }
                let one = flat_out(&contender.target, CONNECTIONS, MEASURE, &request);
                measured.push(one.with_context(|| format!("measuring {kind:?} of {}", contender.name))?);
                contender.look_at_memory();
            }
        }
        for (contender, mut measured) in all.iter_mut().zip(rounds) {
            // The middle one of the rounds.
            measured.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
            let middle = measured.swap_remove(ROUNDS / 2);
            contender.say(&format!("{kind:?}"), &middle);
            *contender.requests.of(kind) = middle;
        }
    }
    for contender in all {
        let mixed = |number: usize| match number % 3 {
            0 => Kind::List.request(number, &contender.ids),
            1 => Kind::Get.request(number, &contender.ids),
            _ => Kind::Create.request(number, &contender.ids),
        };
        let paced = paced(&contender.target, 40, PACED, &mixed)?;
        contender.say("Paced", &paced);
        println!("            {} requests at their times", paced.count);
        contender.requests.paced = paced;
        contender.look_at_memory();
    }
    Ok(())
}

/// How the tickets were made.
#[derive(Debug, Default, Clone, Copy)]
struct Seeded {
    /// Tickets a second, while they were written.
    per_second: f64,
    /// With the figures of the dashboard, from the start of the program to its end.
    wall_s: f64,
}

/// A workspace with a user and the tickets.
fn prepare(binary: &str, settings: &[(&str, &str)], tickets: u64) -> Result<Seeded> {
    let command = |arguments: &[&str]| {
        let mut command = server::pinned(BOTH_CORES, binary);
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
    let began = Instant::now();
    let count = tickets.to_string();
    let made = shell::read(&mut command(&["seed", "--load", &count, "--workspace", "bench", "--json"]))?;
    let wall_s = began.elapsed().as_secs_f64();
    let made: Value = serde_json::from_str(&made)?;
    let per_second = made["tickets"].as_f64().unwrap_or_default() / made["seconds"].as_f64().unwrap_or(1.0);
    Ok(Seeded { per_second, wall_s })
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

impl Kind {
    fn request(self, number: usize, ids: &[String]) -> (&'static str, String, String) {
        match self {
            Self::List => ("GET", "/api/tickets?limit=25".to_owned(), String::new()),
            Self::Get => ("GET", format!("/api/tickets/{}", ids[number * 7 % ids.len()]), String::new()),
            Self::Create => {
                let body = serde_json::json!({
                    "subject": format!("Printer {number} on the third floor does not print"),
                    "message": "Since this morning the printer shows a paper jam, but there is no paper in it. \
                                I switched it off and on.",
                    "priority": "HIGH",
                });
                ("POST", "/api/tickets".to_owned(), body.to_string())
            }
        }
    }
}

/// Ids of the oldest tickets with all their messages.
fn ids(target: &Target) -> Result<Vec<String>> {
    let mut connection = Connection::open(target)?;
    let mut ids = Vec::new();
    let mut offset = 0;
    while ids.len() < 400 && offset < 10_000 {
        let page = connection.json("GET", &format!("/api/tickets?sort=createdAt&limit=100&offset={offset}"), "")?;
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
    fn arguments() {
        let read = |text: &str| wanted(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(read("").unwrap(), Wanted { first: true, tickets: 1_000_000, calls: None, binary: None });
        let all = read("--large --tickets 20_000 --binary x").unwrap();
        assert_eq!(all, Wanted { first: false, tickets: 20_000, calls: None, binary: Some("x".to_owned()) });
        for wrong in ["--tickets 20000", "--large --tickets", "--large --tickets 5", "--larger", "x"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn claims_are_read() {
        let token = format!("x.{}.y", "eyJzdWIiOiJ1Iiwic2lkIjoicyJ9");
        assert_eq!(claims(&token).unwrap(), ("u".to_owned(), "s".to_owned()));
        assert!(claims("x").is_err());
    }
}
