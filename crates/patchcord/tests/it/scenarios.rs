//! Whole calls: scripted callers over a simulated carrier against the desk, with both engines.

use std::sync::Arc;

use futures::StreamExt;
use patchcord_agents::Agents;
use patchcord_agents::builtin::Rules;
use patchcord_llm::builtin::Playbooks;
use patchcord_server::{Phone, TwilioAccount};
use patchcord_simulator::caller::{Evidence, Looking, Played, Scenario, embedded};
use patchcord_simulator::carrier::{Carrier, Options};
use patchcord_simulator::pace::Pace;
use patchcord_simulator::realtime::{self, Fault, ScriptedRealtime};
use patchcord_voice::realtime_engine::RealtimeOptions;
use patchcord_voice::relay_engine::RelayOptions;

use crate::harness::{Engine, Setup, TestClock, World, both_engines};

both_engines!(
    every_relay_call,
    every_realtime_call,
    every_relay_call_in_other_words,
    every_realtime_call_in_other_words,
    a_full_desk_dials_the_human_number,
    at_night_a_person_is_promised,
    a_model_whose_socket_breaks,
    a_knowledge_base_that_is_gone,
);

const TOKEN: &str = "the-token-of-the-scenarios";
const HUMAN: &str = "+12025550111";
/// The demonstration's number that is always text, and the one that is sound where there is a model for it.
const RELAY: &str = "+12025550102";
const REALTIME: &str = "+12025550103";
/// From four in the morning to ten, in the demonstration's first workspace.
const TO_OFFICE_HOURS: i64 = 6 * 3_600_000;
/// Calls that are played at the same time.
const AT_ONCE: usize = 8;

/// A desk with the demonstration's customers, a model that speaks, and a carrier.
struct Line {
    world: World,
    model: ScriptedRealtime,
    looking: Looking,
}

impl Line {
    async fn open(engine: Engine, at_night: bool, most: usize) -> Self {
        let rules = || Arc::new(Rules::new(Playbooks::embedded()));
        let options = realtime::Options { pace: Pace::TENFOLD, ..Default::default() };
        let model = ScriptedRealtime::start(rules(), options).await;
        let mut speaking = RealtimeOptions::new(model.url(), "gpt-realtime-2.1", "marin");
        speaking.api_key = Some(realtime::KEY.to_owned());
        let phone = Phone {
            agents: Arc::new(Agents::embedded()),
            relay: RelayOptions { talker: rules(), fallback: None },
            realtime: Some(speaking),
        };
        let twilio = Some(TwilioAccount { auth_token: TOKEN.into(), sid: None });
        let server = patchcord_server::Options { twilio, phone: Some(phone), ..Default::default() };
        let clock = Arc::<TestClock>::default();
        if !at_night {
            clock.forward(TO_OFFICE_HOURS);
        }
        let mut setup = Setup { server, clock, ..Setup::default() };
        setup.calls.has_realtime = true;
        setup.calls.human_number = Some(HUMAN.to_owned());
        setup.calls.max_concurrent = most;
        setup.calls.idle_ms = 6_000;
        let world = World::with(engine, setup).await;
        world.app.seed_demo().await.unwrap();
        let looking =
            Looking::sign_in(&world.base, "agent@demo.test", patchcord_app::seed::DEMO_PASSWORD).await.unwrap();
        Self { world, model, looking }
    }

    async fn carrier(&self, scenario: &Scenario) -> Carrier {
        let mut options = Options::new(&self.world.app.options.public_url, TOKEN);
        options.connect_url.clone_from(&self.world.base);
        options.pace = Pace::TENFOLD;
        Carrier::start(scenario.carrier(options, &[HUMAN, "+12025550110"])).await.unwrap()
    }

    /// Plays a scenario; what was not as expected, with the transcript.
    async fn play(&self, scenario: &Scenario, to: &str, seed: u64) -> Result<(Played, Evidence), String> {
        let carrier = self.carrier(scenario).await;
        let mut outcome = scenario.run(&carrier, to, Pace::TENFOLD, seed, |_| {}).await;
        let tries = if scenario.expect.no_row { 2 } else { 60 };
        (outcome.evidence.call, outcome.evidence.ticket) = self.looking.look(&outcome.sid, tries).await?;
        let unmet = scenario.unmet(&outcome.played, &outcome.evidence, true);
        if unmet.is_empty() {
            return Ok((outcome.played, outcome.evidence));
        }
        let lines = outcome.played.spoken.iter().map(|said| {
            format!("  {:>6} {:?}{} {}", said.at_ms, said.who, if said.cut { " (cut)" } else { "" }, said.text)
        });
        let notes = carrier
            .notes(&outcome.sid)
            .into_iter()
            .map(|note| format!("  {:>6} {} {}", note.at_ms, note.kind, note.text));
        let told: Vec<String> = unmet.iter().map(|one| format!("- {one}")).chain(lines).chain(notes).collect();
        Err(format!("{} to {to} ({seed}):\n{}", scenario.name, told.join("\n")))
    }

    /// Plays every scenario that needs nothing arranged, some at the same time.
    async fn play_all(&self, to: &str, seed: u64) {
        let all: Vec<Scenario> = embedded().into_iter().filter(|scenario| scenario.faults.told().is_empty()).collect();
        assert!(all.len() >= 20, "{}", all.len());
        let played =
            futures::stream::iter(&all).map(|scenario| self.play(scenario, to, seed)).buffer_unordered(AT_ONCE);
        let missed: Vec<String> = played.filter_map(|played| async { played.err() }).collect().await;
        let violations = self.model.violations();
        assert!(missed.is_empty(), "{} of {} missed\n\n{}", missed.len(), all.len(), missed.join("\n\n"));
        assert_eq!(violations, [""; 0]);
    }

    async fn play_one(&self, name: &str, to: &str) -> (Played, Evidence) {
        self.play(&scenario(name), to, 0).await.unwrap_or_else(|told| panic!("{told}"))
    }
}

fn scenario(name: &str) -> Scenario {
    embedded().into_iter().find(|scenario| scenario.name == name).unwrap()
}

async fn every_relay_call(engine: Engine) {
    Line::open(engine, false, 100).await.play_all(RELAY, 0).await;
}

async fn every_realtime_call(engine: Engine) {
    Line::open(engine, false, 100).await.play_all(REALTIME, 0).await;
}

async fn every_relay_call_in_other_words(engine: Engine) {
    Line::open(engine, false, 100).await.play_all(RELAY, 11).await;
}

async fn every_realtime_call_in_other_words(engine: Engine) {
    Line::open(engine, false, 100).await.play_all(REALTIME, 23).await;
}

async fn a_full_desk_dials_the_human_number(engine: Engine) {
    let line = Line::open(engine, false, 0).await;
    line.play_one("at-capacity", RELAY).await;
}

async fn at_night_a_person_is_promised(engine: Engine) {
    let line = Line::open(engine, true, 100).await;
    line.play_one("person-out-of-hours", RELAY).await;
    line.play_one("person-out-of-hours", REALTIME).await;
}

async fn a_model_whose_socket_breaks(engine: Engine) {
    let line = Line::open(engine, false, 100).await;
    line.model.fail([Fault::BreakWithin(1)]);
    line.play_one("model-dies", REALTIME).await;
    assert!(line.model.connections() >= 2, "{}", line.model.connections());
    assert_eq!(line.model.violations(), [""; 0]);
}

async fn a_knowledge_base_that_is_gone(engine: Engine) {
    let line = Line::open(engine, false, 100).await;
    crate::harness::change(&line.world.store, "ALTER TABLE kb_articles RENAME TO kb_articles_gone").await;
    line.play_one("failing-tool", RELAY).await;
    line.play_one("failing-tool", REALTIME).await;
}
