//! Whole calls: scripted callers over a simulated carrier against the desk, with both engines.

use std::sync::Arc;
use std::time::Instant;

use futures::StreamExt;
use patchcord_agents::Agents;
use patchcord_agents::builtin::Rules;
use patchcord_llm::Prompts;
use patchcord_llm::builtin::Playbooks;
use patchcord_llm::openai::{self, OpenAi};
use patchcord_llm::talk::Talker;
use patchcord_server::{Phone, TwilioAccount};
use patchcord_simulator::caller::{Evidence, Looking, Played, Scenario, embedded, load};
use patchcord_simulator::carrier::{self, Carrier, Options};
use patchcord_simulator::pace::Pace;
use patchcord_simulator::realtime::{self, Fault, ScriptedRealtime};
use patchcord_voice::realtime_engine::RealtimeOptions;
use patchcord_voice::relay_engine::RelayOptions;
use patchcord_voice::twilio::rest::{self, Rest};
use serde_json::json;

use crate::harness::{Engine, Setup, TestClock, World, both_engines, change, free_port, number, until};

both_engines!(
    every_relay_call,
    every_realtime_call,
    every_relay_call_in_other_words,
    every_realtime_call_in_other_words,
    calls_that_nobody_rehearsed,
    a_full_desk_dials_the_human_number,
    at_night_a_person_is_promised,
    who_writes_down_the_words_knows_the_caller,
    a_model_whose_socket_breaks,
    a_model_that_does_not_come_back,
    no_model_answers,
    keys_alone_without_a_model,
    a_call_is_recorded_where_the_caller_was_told,
    a_knowledge_base_that_is_gone,
    a_slow_tool_is_covered,
    a_tool_that_takes_too_long,
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
        Self::with(engine, at_night, most, rules()).await
    }

    /// With somebody else who thinks in relays.
    async fn with(engine: Engine, at_night: bool, most: usize, talker: Arc<dyn Talker>) -> Self {
        let calls = patchcord_app::calls::Options {
            has_realtime: true,
            max_concurrent: most,
            ..patchcord_app::calls::Options::default()
        };
        Self::of(engine, at_night, calls, talker, None).await
    }

    async fn of(
        engine: Engine,
        at_night: bool,
        calls: patchcord_app::calls::Options,
        talker: Arc<dyn Talker>,
        carrier: Option<Arc<dyn patchcord_agents::Carrier>>,
    ) -> Self {
        let options = realtime::Options { pace: Pace::TENFOLD, ..Default::default() };
        let model = ScriptedRealtime::start(rules(), options).await;
        let mut speaking = RealtimeOptions::new(model.url(), "gpt-realtime-2.1", "marin");
        speaking.api_key = Some(realtime::KEY.to_owned());
        let phone = Phone {
            agents: Arc::new(Agents::embedded()),
            relay: RelayOptions { talker, fallback: None },
            realtime: Some(speaking),
        };
        let twilio = Some(TwilioAccount { auth_token: TOKEN.into(), sid: None });
        let server = patchcord_server::Options { twilio, phone: Some(phone), ..Default::default() };
        let clock = Arc::<TestClock>::default();
        if !at_night {
            clock.forward(TO_OFFICE_HOURS);
        }
        let mut setup = Setup { server, clock, calls, carrier, ..Setup::default() };
        setup.calls.human_number = Some(HUMAN.to_owned());
        setup.calls.simulator_account = Some(carrier::ACCOUNT.to_owned());
        let world = World::with(engine, setup).await;
        world.app.seed_demo().await.unwrap();
        let looking =
            Looking::sign_in(&world.base, "agent@demo.test", patchcord_app::seed::DEMO_PASSWORD).await.unwrap();
        Self { world, model, looking }
    }

    /// A carrier that rings this desk.
    fn options(&self) -> Options {
        let mut options = Options::new(&self.world.app.options.public_url, TOKEN);
        options.connect_url.clone_from(&self.world.base);
        options.pace = Pace::TENFOLD;
        options
    }

    async fn carrier(&self, scenario: &Scenario) -> Carrier {
        Carrier::start(scenario.carrier(self.options(), &[HUMAN, "+12025550110"])).await.unwrap()
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
        let turns = outcome.evidence.call["turns"].as_array().into_iter().flatten();
        let kept = turns.map(|turn| format!("  kept {} {} {}", turn["speaker"], turn["sentimentScore"], turn["text"]));
        let unmet = unmet.iter().map(|one| format!("- {one}"));
        let told: Vec<String> = unmet.chain(lines).chain(notes).chain(kept).collect();
        Err(format!("{} to {to} ({seed}):\n{}", scenario.name, told.join("\n")))
    }

    /// Plays every scenario that needs nothing arranged.
    async fn play_all(&self, to: &str, seed: u64) {
        let all: Vec<Scenario> = embedded().into_iter().filter(|scenario| scenario.faults.told().is_empty()).collect();
        assert!(all.len() >= 20, "{}", all.len());
        self.play_these(&all, to, seed).await;
    }

    /// Plays scenarios, some at the same time.
    async fn play_these(&self, all: &[Scenario], to: &str, seed: u64) {
        let played = futures::stream::iter(all).map(|scenario| self.play(scenario, to, seed)).buffer_unordered(AT_ONCE);
        let missed: Vec<String> = played.filter_map(|played| async { played.err() }).collect().await;
        let violations = self.model.violations();
        assert!(missed.is_empty(), "{} of {} missed\n\n{}", missed.len(), all.len(), missed.join("\n\n"));
        assert_eq!(violations, [""; 0]);
    }

    async fn play_one(&self, name: &str, to: &str) -> (Played, Evidence) {
        self.play(&scenario(name), to, 0).await.unwrap_or_else(|told| panic!("{told}"))
    }
}

fn rules() -> Arc<Rules> {
    Arc::new(Rules::new(Playbooks::embedded()))
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

/// Callers in words of their own, written apart from the rules and from the other scenarios.
async fn calls_that_nobody_rehearsed(engine: Engine) {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/unrehearsed");
    let all = load(&folder).unwrap();
    assert!(all.len() >= 12, "{}", all.len());
    let line = Line::open(engine, false, 100).await;
    line.play_these(&all, RELAY, 0).await;
    line.play_these(&all, REALTIME, 0).await;
}

async fn a_full_desk_dials_the_human_number(engine: Engine) {
    let line = Line::open(engine, false, 0).await;
    line.play_one("at-capacity", RELAY).await;
    line.play_one("at-capacity", REALTIME).await;
}

async fn at_night_a_person_is_promised(engine: Engine) {
    let line = Line::open(engine, true, 100).await;
    line.play_one("person-out-of-hours", RELAY).await;
    let (_, evidence) = line.play_one("person-out-of-hours", REALTIME).await;
    // One answer: the desk asked for a person once, and no agent did by itself.
    let asked = evidence.tools().iter().filter(|(name, _)| name == "escalate_to_human").count();
    assert_eq!(asked, 1, "{:?}", evidence.tools());
    assert_eq!(line.model.violations(), [""; 0]);
}

async fn who_writes_down_the_words_knows_the_caller(engine: Engine) {
    let line = Line::open(engine, false, 100).await;
    change(&line.world.store, "UPDATE contacts SET preferred_language = 'de-AT' WHERE name = 'Arnold Weiss'").await;
    let (_, evidence) = line.play_one("german-caller", REALTIME).await;
    // What was spoken, and not what the contact prefers.
    assert_eq!(evidence.call["analysis"]["language"], "de", "{}", evidence.call);
    let opening = line.model.events().into_iter().find(|event| event["type"] == "session.update").unwrap();
    let writes = &opening["session"]["audio"]["input"]["transcription"];
    assert_eq!(writes["language"], "de");
    let prompt = writes["prompt"].as_str().unwrap();
    for name in ["Northwind IT", "Ferrous Works", "Arnold Weiss"] {
        assert!(prompt.contains(name), "{prompt}");
    }
}

async fn a_model_whose_socket_breaks(engine: Engine) {
    let line = Line::open(engine, false, 100).await;
    line.model.fail([Fault::BreakWithin(1)]);
    line.play_one("model-dies", REALTIME).await;
    assert!(line.model.connections() >= 2, "{}", line.model.connections());
    assert_eq!(line.model.violations(), [""; 0]);
}

async fn a_model_that_does_not_come_back(engine: Engine) {
    let line = Line::open(engine, false, 100).await;
    line.model.fail([Fault::BreakWithin(2)]);
    for _ in 0..3 {
        line.model.fail([Fault::Refuse(503)]);
    }
    let (_, evidence) = line.play_one("model-gone", REALTIME).await;
    assert_eq!((line.model.connections(), &evidence.call["resumeCount"]), (4, &json!(1)));
    assert_eq!(line.model.violations(), [""; 0]);
}

async fn no_model_answers(engine: Engine) {
    // Nobody listens there.
    let options = openai::Options::new(format!("http://127.0.0.1:{}/v1", free_port()), "gpt-4o-mini");
    let nobody = OpenAi::new(options, Arc::<TestClock>::default(), Prompts::embedded()).unwrap();
    let line = Line::with(engine, false, 100, Arc::new(nobody)).await;
    line.play_one("no-model", RELAY).await;
    for _ in 0..4 {
        line.model.fail([Fault::Refuse(503)]);
    }
    line.play_one("no-model", REALTIME).await;
    assert_eq!(line.model.connections(), 4);
}

async fn keys_alone_without_a_model(engine: Engine) {
    let calls = patchcord_app::calls::Options { has_model: false, ..Default::default() };
    let line = Line::of(engine, false, calls, rules(), None).await;
    let (_, evidence) = line.play_one("keypad-menu", RELAY).await;
    let turns: Vec<&str> =
        evidence.call["turns"].as_array().unwrap().iter().filter_map(|turn| turn["text"].as_str()).collect();
    assert!(turns.contains(&"[******]") && turns.contains(&"[1]"), "{turns:?}");
    assert!(!turns.iter().any(|text| text.contains("880214")), "{turns:?}");
}

async fn a_call_is_recorded_where_the_caller_was_told(engine: Engine) {
    let port = free_port();
    let account = rest::Account { sid: carrier::ACCOUNT.into(), user: carrier::ACCOUNT.into(), secret: TOKEN.into() };
    let rest = Rest::new(&format!("http://127.0.0.1:{port}/2010-04-01"), account).unwrap();
    let calls = patchcord_app::calls::Options { has_realtime: true, ..Default::default() };
    let line = Line::of(engine, false, calls, rules(), Some(Arc::new(rest))).await;
    let scenario = scenario("keyed-code");
    let mut options = line.options();
    options.rest = Some(([127, 0, 0, 1], port).into());
    let carrier = Carrier::start(scenario.carrier(options, &[])).await.unwrap();
    let play = async |to: &str| {
        let outcome = scenario.run(&carrier, to, Pace::TENFOLD, 0, |_| {}).await;
        let (call, _) = line.looking.look(&outcome.sid, 60).await.unwrap();
        (outcome.played.desk().contains("This call is recorded"), call["id"].as_str().unwrap().to_owned())
    };
    let admin = line.world.stranger().signed_in("admin@demo.test", patchcord_app::seed::DEMO_PASSWORD).await;
    let (told, id) = play(RELAY).await;
    assert!(!told);
    admin.get(&format!("/api/calls/{id}/recording")).await.refused(404, "not_found");
    assert_eq!(carrier.recordings(), 0, "nobody asked for one");

    admin.patch("/api/workspace", json!({"recordCalls": true})).await.expect(200);
    for to in [RELAY, REALTIME] {
        let (told, id) = play(to).await;
        assert!(told, "{to}");
        let path = format!("/api/calls/{id}/recording");
        until("the recording", async || (admin.get(&path).await.status == 200).then_some(())).await;
        until("its end at the carrier", async || (carrier.recordings() == 0).then_some(())).await;
        line.world.foreigner().await.get(&path).await.refused(404, "not_found");
        admin.delete(&format!("/api/calls/{id}")).await.expect(204);
        admin.get(&path).await.refused(404, "not_found");
    }
}

/// From now on the first row of a table takes so long to be written.
async fn dawdle(line: &Line, engine: Engine, table: &str, ms: i64) {
    let store = &line.world.store;
    let sql = match engine {
        Engine::Postgres => format!(
            "CREATE SEQUENCE dawdles; \
             CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('dawdles') = 1 THEN PERFORM pg_sleep({ms} / 1000.0); END IF; RETURN NEW; END $$; \
             CREATE TRIGGER dawdle BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION dawdle();"
        ),
        Engine::Sqlite => {
            // It cannot sleep, but it can count; how fast it does at best is found out first.
            let count = |to: i64| {
                format!(
                    "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < {to}) SELECT count(*) AS n FROM c"
                )
            };
            let mut million = i64::MAX;
            for _ in 0..5 {
                let began = Instant::now();
                number(store, &count(1_000_000)).await;
                million = million.min(i64::try_from(began.elapsed().as_millis()).unwrap().max(1));
            }
            let to = ms * 1_000_000 / million;
            format!(
                "CREATE TABLE dawdled(x INTEGER); CREATE VIEW dawdling AS {}; \
                 CREATE TRIGGER dawdle BEFORE INSERT ON {table} WHEN NOT EXISTS (SELECT 1 FROM dawdled) \
                 BEGIN INSERT INTO dawdled VALUES (1); SELECT n FROM dawdling; END;",
                count(to)
            )
        }
    };
    change(store, &sql).await;
}

async fn a_slow_tool_is_covered(engine: Engine) {
    for to in [RELAY, REALTIME] {
        let line = Line::open(engine, false, 100).await;
        dawdle(&line, engine, "tickets", 2_000).await;
        line.play_one("slow-tool", to).await;
    }
}

async fn a_tool_that_takes_too_long(engine: Engine) {
    for to in [RELAY, REALTIME] {
        let line = Line::open(engine, false, 100).await;
        let before = number(&line.world.store, "SELECT COUNT(*) FROM tickets").await;
        dawdle(&line, engine, "tickets", 6_000).await;
        let (_, evidence) = line.play_one("tool-times-out", to).await;
        let runs: Vec<_> = evidence.tools().into_iter().filter(|(name, _)| name == "create_ticket").collect();
        assert_eq!(runs.first().map(|(_, outcome)| outcome.as_str()), Some("timeout"), "{runs:?}");
        // Whatever became of the first try, it is one ticket.
        assert_eq!(number(&line.world.store, "SELECT COUNT(*) FROM tickets").await, before + 1);
    }
}

async fn a_knowledge_base_that_is_gone(engine: Engine) {
    let line = Line::open(engine, false, 100).await;
    change(&line.world.store, "ALTER TABLE kb_articles RENAME TO kb_articles_gone").await;
    line.play_one("failing-tool", RELAY).await;
    line.play_one("failing-tool", REALTIME).await;
}
