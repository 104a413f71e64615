//! `patchcord call`: a caller and a carrier that need no account, against a running server.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use futures::StreamExt;
use patchcord_app::seed::DEMO_PASSWORD;
use patchcord_simulator::caller::{self, Looking, Outcome, Scenario, Spoken, Who};
use patchcord_simulator::carrier::{ACCOUNT, Carrier, Options};
use patchcord_simulator::pace::Pace;
use serde_json::{Value, json};

use crate::cli::{Call, CallEngine};
use crate::commands::print;
use crate::machine;
use crate::persona::Persona;
use crate::settings::Settings;

/// The numbers of the demonstration: as the server is set up, always text, always sound.
const DEMO_NUMBER: &str = "+12025550100";
const DEMO_RELAY: &str = "+12025550102";
const DEMO_REALTIME: &str = "+12025550103";
/// Whose name, number and code a persona has when no scenario is named.
const OWN_WORDS: &str = "printer-jam";
/// Looks for a call's analysis, four in a second.
const TRIES: u32 = 60;
/// Those who call first ring so long one after the other, or all calls would be in step.
const APART: Duration = Duration::from_millis(10);

/// Plays the calls. 0: every expectation was met; 1: one was not; an error is for what could not be tried at all.
pub(crate) async fn run(settings: &Settings, options: &Call, as_json: bool) -> Result<ExitCode> {
    let scenarios = match &options.scenarios {
        Some(folder) => caller::load(folder).map_err(anyhow::Error::msg)?,
        None => caller::embedded(),
    };
    if options.list {
        return list(&scenarios, as_json);
    }
    let own = options.persona.as_ref().map(|_| OWN_WORDS.to_owned());
    let Some(name) = &options.scenario.clone().or(own) else {
        bail!("which scenario? `patchcord call --list` names them")
    };
    let Some(scenario) = scenarios.iter().find(|scenario| scenario.name == *name) else {
        bail!("there is no scenario {name}; `patchcord call --list` names them")
    };
    let url = options.url.clone().unwrap_or_else(|| format!("http://127.0.0.1:{}", settings.port));
    let url = url.trim_end_matches('/').to_owned();
    if !url.starts_with("http://") {
        bail!("--url must begin with http://: the simulated carrier runs beside the server, not before its proxy");
    }
    let pace = Pace::times(options.speed);
    let carrier = carrier(settings, options, scenario, &url, pace).await?;
    let to = options.to.clone().unwrap_or_else(|| {
        match options.engine {
            None => DEMO_NUMBER,
            Some(CallEngine::Relay) => DEMO_RELAY,
            Some(CallEngine::Realtime) => DEMO_REALTIME,
        }
        .to_owned()
    });
    let persona = options.persona.as_ref().map(|words| Persona::new(settings, scenario, words)).transpose()?;
    let arranged = scenario.faults.told();
    if !arranged.is_empty() && !as_json {
        say(&format!("(this scenario is about {}, which only tests arrange)", arranged.join(" and ")));
    }
    if options.count > 1 {
        return many(&carrier, scenario, (&to, pace), options, as_json).await;
    }
    let watch = |spoken: &Spoken| {
        if !as_json {
            say(&line(scenario, spoken));
        }
    };
    let mut outcome = match &persona {
        Some(persona) => scenario.run_by(persona, &carrier, &to, pace, watch).await,
        None => scenario.run(&carrier, &to, pace, options.seed, watch).await,
    };
    if outcome.played.spoken.is_empty() {
        for note in carrier.notes(&outcome.sid) {
            say(&format!("{} {}", note.kind, note.text));
        }
    }
    let looking = look(options, &url).await;
    if let Some(looking) = &looking {
        let tries = if scenario.expect.no_row { 4 } else { TRIES };
        let found = looking.look(&outcome.sid, tries).await;
        (outcome.evidence.call, outcome.evidence.ticket) = found.map_err(anyhow::Error::msg)?;
    }
    // What the scenario expects is about its own words.
    let unmet = match persona {
        Some(_) => Vec::new(),
        None => scenario.unmet(&outcome.played, &outcome.evidence, looking.is_some()),
    };
    let notes = carrier.notes(&outcome.sid);
    let notes: Vec<Value> =
        notes.iter().map(|note| json!({"atMs": note.at_ms, "kind": note.kind, "text": note.text})).collect();
    let value = json!({
        "scenario": scenario.name, "callSid": outcome.sid, "played": outcome.played, "call": outcome.evidence.call,
        "ticket": outcome.evidence.ticket, "carrier": notes, "unmet": unmet,
    });
    print(as_json, &value, &told(&outcome, looking.is_some(), &unmet))?;
    Ok(if unmet.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn carrier(settings: &Settings, options: &Call, scenario: &Scenario, url: &str, pace: Pace) -> Result<Carrier> {
    let token = token(settings, &settings.data_dir)?;
    let mut base = Options::new(&public_url(settings, url), &token);
    base.connect_url = url.to_owned();
    base.pace = pace;
    base.account = settings.phone.account_sid.clone().unwrap_or_else(|| ACCOUNT.to_owned());
    base.rest = Some(SocketAddr::from(([127, 0, 0, 1], options.rest_port)));
    let human = settings.phone.human_number.clone();
    let people: Vec<&str> = human.as_deref().into_iter().chain(["+12025550110", "+12025550111"]).collect();
    let made = scenario.carrier(base, &people);
    match Carrier::start(made.clone()).await {
        Ok(carrier) => Ok(carrier),
        // Another `patchcord call` has it; transfers over REST do without.
        Err(_) => Carrier::start(Options { rest: None, ..made }).await.context("starting the simulated carrier"),
    }
}

/// The token with which requests are signed: the server's own setting, or the demonstration's.
fn token(settings: &Settings, folder: &Path) -> Result<String> {
    if let Some(token) = &settings.phone.auth_token {
        return Ok(token.clone());
    }
    if !machine::has_demo_token(folder) {
        bail!(
            "there is no token to sign with: start the server with --demo on the same DATA_DIR ({}), or set TWILIO_AUTH_TOKEN to the server's",
            folder.display()
        );
    }
    machine::demo_token(folder)
}

/// What the server calls itself: its setting; without one it is `localhost` and its port.
fn public_url(settings: &Settings, url: &str) -> String {
    let (_, port) = url.rsplit_once(':').unwrap_or_default();
    match settings.public_url.strip_prefix("http://localhost:") {
        Some(_) if url.starts_with("http://127.0.0.1:") || url.starts_with("http://localhost:") => {
            format!("http://localhost:{port}")
        }
        _ => settings.public_url.clone(),
    }
}

/// Who looks at the desk's rows: whoever the token is of, or the demonstration's engineer.
async fn look(options: &Call, url: &str) -> Option<Looking> {
    match &options.token {
        Some(token) => Some(Looking::with_token(url, token)),
        None => Looking::sign_in(url, "agent@demo.test", DEMO_PASSWORD).await.ok(),
    }
}

async fn many(
    carrier: &Carrier,
    scenario: &Scenario,
    (to, pace): (&str, Pace),
    options: &Call,
    as_json: bool,
) -> Result<ExitCode> {
    let calls = futures::stream::iter(0..options.count).map(|nth| async move {
        let seed = if options.seed == 0 { 0 } else { options.seed + nth };
        if nth < options.concurrency as u64 {
            tokio::time::sleep(APART * u32::try_from(nth).unwrap_or(0)).await;
        }
        let outcome = scenario.run(carrier, to, pace, seed, |_| {}).await;
        let unmet = scenario.unmet(&outcome.played, &outcome.evidence, false);
        let twiml = carrier.first_document(&outcome.sid);
        carrier.forget(&outcome.sid);
        (outcome.played, unmet, twiml)
    });
    let done: Vec<_> = calls.buffer_unordered(options.concurrency.max(1)).collect().await;
    let missed = done.iter().filter(|(_, unmet, _)| !unmet.is_empty()).count();
    let mut first: Vec<u64> = done.iter().filter_map(|(played, ..)| played.first_sound_ms).collect();
    let mut response: Vec<u64> = done.iter().flat_map(|(played, ..)| played.response_ms.iter().copied()).collect();
    let mut twiml: Vec<u64> =
        done.iter().filter_map(|(.., twiml)| u64::try_from(twiml.as_ref()?.as_micros()).ok()).collect();
    let (first, response) = (quantiles(&mut first), quantiles(&mut response));
    twiml.sort_unstable();
    let twiml_ms = |share: usize| at(&twiml, share) as f64 / 1_000.0;
    let reasons: Vec<&String> = done.iter().flat_map(|(_, unmet, _)| unmet).take(10).collect();
    let value = json!({
        "scenario": scenario.name, "calls": done.len(), "missed": missed, "reasons": reasons,
        "firstSoundMs": {"p50": first.0, "p95": first.1}, "responseMs": {"p50": response.0, "p95": response.1},
        // By the clock on the wall, whatever the speed.
        "twimlMs": {"p50": twiml_ms(50), "p99": twiml_ms(99), "max": twiml_ms(100)},
    });
    let mut text = format!(
        "{} calls of {}, {missed} not as expected\nfirst sound: p50 {} ms, p95 {} ms\nresponse: p50 {} ms, p95 {} ms",
        done.len(),
        scenario.name,
        first.0,
        first.1,
        response.0,
        response.1
    );
    for reason in reasons {
        text.push_str(&format!("\n- {reason}"));
    }
    print(as_json, &value, &text)?;
    Ok(if missed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn quantiles(values: &mut [u64]) -> (u64, u64) {
    values.sort_unstable();
    (at(values, 50), at(values, 95))
}

/// The value that so many of a hundred of the sorted values do not exceed.
fn at(sorted: &[u64], share: usize) -> u64 {
    sorted.get((sorted.len() * share / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
}

fn list(scenarios: &[Scenario], as_json: bool) -> Result<ExitCode> {
    let items: Vec<Value> =
        scenarios.iter().map(|scenario| json!({"name": scenario.name, "about": scenario.about})).collect();
    let lines: Vec<String> =
        scenarios.iter().map(|scenario| format!("{:<22} {}", scenario.name, scenario.about)).collect();
    print(as_json, &json!({"items": items}), &lines.join("\n"))?;
    Ok(ExitCode::SUCCESS)
}

/// A line of the transcript: `0:12.4 desk    Which printer is it?`
fn line(scenario: &Scenario, spoken: &Spoken) -> String {
    let (seconds, tenths) = (spoken.at_ms / 1_000, spoken.at_ms % 1_000 / 100);
    let who = match spoken.who {
        Who::Caller => scenario.caller.name.split(' ').next().unwrap_or("caller"),
        Who::Desk => "desk",
        Who::Person => "person",
    };
    let cut = if spoken.cut { " — (cut short)" } else { "" };
    format!("{:>2}:{:02}.{tenths}  {who:<10} {}{cut}", seconds / 60, seconds % 60, spoken.text)
}

fn told(outcome: &Outcome, looked: bool, unmet: &[String]) -> String {
    let Outcome { played, evidence, .. } = outcome;
    let mut text = format!("\nended by {} after {:.1} s", played.ended_by, played.ms as f64 / 1_000.0);
    if looked && !evidence.call.is_null() {
        let call = &evidence.call;
        let field = |name: &str| call[name].as_str().unwrap_or("-");
        text.push_str(&format!(
            "\n{} · {} · {} · {} · sentiment {}",
            field("status"),
            field("engine"),
            field("verification"),
            field("aiResolution"),
            field("sentiment")
        ));
        text.push_str(&format!("\nagents: {}", evidence.agents().join(" → ")));
        let tools: Vec<String> = evidence.tools().iter().map(|(name, outcome)| format!("{name} ({outcome})")).collect();
        text.push_str(&format!("\ntools: {}", tools.join(", ")));
        if !evidence.ticket.is_null() {
            let label = call["ticket"]["label"].as_str().unwrap_or("-");
            text.push_str(&format!("\nticket: {label} {}", evidence.ticket["subject"].as_str().unwrap_or("-")));
        }
        text.push_str(&format!("\nsummary: {}", field("summary")));
    } else if !looked {
        text.push_str("\nnobody looked at the desk's rows: give --token");
    }
    if unmet.is_empty() {
        text.push_str("\n\nEverything is as expected.");
    }
    for one in unmet {
        text.push_str(&format!("\n- {one}"));
    }
    text
}

fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}
