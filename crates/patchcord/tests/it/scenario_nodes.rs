//! A whole call over two processes of the program, of which the one that holds it is killed in the middle.

use patchcord_agents::builtin::Rules;
use patchcord_llm::builtin::Playbooks;
use patchcord_simulator::caller::{Looking, Spoken, Who, embedded};
use patchcord_simulator::carrier::{Broken, Carrier, Options};
use patchcord_simulator::pace::Pace;
use patchcord_simulator::realtime::{self, ScriptedRealtime};
use std::sync::Arc;

use crate::harness::{Engine, Program, database_url, free_port, say};

const TOKEN: &str = "the-token-of-the-two-nodes";
const RELAY: &str = "+12025550102";
const REALTIME: &str = "+12025550103";

/// Plays the scenario; the first node dies when the desk has said what the scenario says.
async fn a_node_dies(to: &str, broken: Broken) {
    let scenario = embedded().into_iter().find(|scenario| scenario.name == "node-killed").unwrap();
    let after = scenario.faults.node_killed_after.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let rules = Arc::new(Rules::new(Playbooks::embedded()));
    let model = ScriptedRealtime::start(rules, realtime::Options { pace: Pace::TENFOLD, ..Default::default() }).await;
    let (first, second) = (free_port(), free_port());
    let public = format!("http://127.0.0.1:{first}");
    let mut options = Options::new(&public, TOKEN);
    options.other_nodes = vec![format!("http://127.0.0.1:{second}")];
    options.pace = Pace::TENFOLD;
    options.broken = broken;
    let carrier = Carrier::start(scenario.carrier(options, &[])).await.unwrap();
    let database = database_url(Engine::Postgres, folder.path()).await;
    let (rest, speaking) = (carrier.rest_url(), model.url());
    let environment = [
        ("DATABASE_URL", database.as_str()),
        ("PUBLIC_URL", public.as_str()),
        ("TWILIO_AUTH_TOKEN", TOKEN),
        ("TWILIO_API_BASE_URL", rest.as_str()),
        ("OPENAI_REALTIME_URL", speaking.as_str()),
        ("OPENAI_API_KEY", realtime::KEY),
        ("COPILOT_PROVIDER", "builtin"),
    ];
    let mut dies = Program::serve_at(first, folder.path(), &["--demo"], &environment).await;
    let lives = Program::serve_at(second, folder.path(), &["--demo"], &environment).await;
    let looking = Looking::sign_in(&lives.base, "agent@demo.test", patchcord_app::seed::DEMO_PASSWORD).await.unwrap();

    let pid = dies.pid();
    let (mut said, mut silence) = (0, (0, None));
    let watch = |spoken: &Spoken| {
        if spoken.who != Who::Desk {
            return;
        }
        said += 1;
        if said == after {
            // At once, and not as service managers do.
            std::process::Command::new("kill").args(["-9", &pid]).status().unwrap();
            silence.0 = spoken.at_ms;
        } else if said == after + 1 {
            silence.1 = Some(spoken.at_ms);
        }
    };
    let mut outcome = scenario.run(&carrier, to, Pace::TENFOLD, 0, watch).await;
    assert!(!dies.ended().await.success(), "it was killed");
    (outcome.evidence.call, outcome.evidence.ticket) = looking.look(&outcome.sid, 80).await.unwrap();
    // Nobody warned of what the killing alone explains.
    outcome.evidence.warnings.retain(|warning| !warning.contains("broke"));
    let unmet = scenario.unmet(&outcome.played, &outcome.evidence, true);
    let notes: Vec<String> =
        carrier.notes(&outcome.sid).iter().map(|note| format!("{} {} {}", note.at_ms, note.kind, note.text)).collect();
    let spoken = &outcome.played.spoken;
    assert!(unmet.is_empty(), "{unmet:#?}\n{spoken:#?}\n{notes:#?}\n{}\n{}", outcome.evidence.call, lives.log());
    let silent = silence.1.map(|until| until - silence.0);
    say(&format!("a call over {to} ({broken:?}) went on after {silent:?} ms of tenfold time"));
    assert_eq!(model.violations(), [""; 0]);
    lives.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_goes_on_when_the_carrier_asks() {
    a_node_dies(RELAY, Broken::AsksAction).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_goes_on_when_the_carrier_asks_nobody() {
    a_node_dies(RELAY, Broken::AsksNobody).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_goes_on_when_the_carrier_asks() {
    a_node_dies(REALTIME, Broken::AsksAction).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_goes_on_when_the_carrier_asks_nobody() {
    a_node_dies(REALTIME, Broken::AsksNobody).await;
}
