//! Calls and nodes: what people do with a call on another node, and calls whose node goes away.

use patchcord_agents::Input;
use patchcord_app::calls::{DialResult, Next};
use patchcord_domain::call::{CallEvent, CallStatus, Ending};
use patchcord_domain::time::{HOUR, MINUTE, SECOND};
use serde_json::{Value, json};

use crate::harness::{
    Engine as Database, JONAS, NORTH, Notebook, Setup, Talk, World, both_engines, change, gone, number, ring, texts,
    until,
};

both_engines!(
    people_act_on_a_call,
    a_call_goes_on_after_its_node_died,
    a_conversation_that_lost_its_call_writes_nothing,
    a_person_who_does_not_answer_gives_the_caller_back,
    a_warm_transfer_joins_both,
    calls_that_nobody_holds_get_their_last_state,
    a_talk_of_which_the_carrier_tells_nothing_ends,
    a_talk_ends_where_no_carrier_can_be_asked,
    a_call_that_cannot_be_rescued_ends,
    a_model_that_is_away_is_followed_by_the_relay_and_then_by_a_person,
);

async fn heard(talk: &mut Talk) -> Input {
    tokio::time::timeout(std::time::Duration::from_secs(10), talk.taken.operator.recv()).await.unwrap().unwrap()
}

async fn people_act_on_a_call(engine: Database) {
    let carrier = Notebook::new();
    let world =
        World::with(engine, Setup { carrier: Some(carrier.clone()), ..Setup::default() }).await.with_numbers().await;
    let (agent, admin) = (world.agent().await, world.admin().await);
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    let path = format!("/api/calls/{}", talk.id());
    world.viewer().await.post(&format!("{path}/hangup"), json!({})).await.refused(403, "forbidden");
    world.foreigner().await.post(&format!("{path}/hangup"), json!({})).await.refused(404, "not_found");

    agent.post(&format!("{path}/whisper"), json!({"text": "Offer a refund."})).await.expect(200);
    assert_eq!(heard(&mut talk).await, Input::Whisper("Offer a refund.".into()));
    assert_eq!(agent.post(&format!("{path}/whisper"), json!({"text": ""})).await.wrong_fields(), ["text"]);
    // What was whispered lies sealed in the outbox.
    let kept =
        crate::harness::texts(&world.store, "SELECT CAST(data AS TEXT) FROM events WHERE topic = 'call_commands'")
            .await;
    assert!(kept.len() == 1 && !kept[0].contains("refund"), "{kept:?}");

    admin.patch("/api/workspace", json!({"timezone": "America/New_York"})).await.expect(200);
    for (to, field) in [("+442079460018", "to"), ("nobody", "to"), (world.town.north.contact.as_str(), "to")] {
        let wish = json!({"to": to, "mode": "cold"});
        assert_eq!(agent.post(&format!("{path}/transfer"), wish).await.wrong_fields(), [field], "{to}");
    }
    let wish = json!({"to": "+12025550111", "mode": "lukewarm"});
    assert_eq!(agent.post(&format!("{path}/transfer"), wish).await.wrong_fields(), ["mode"]);
    talk.caller("It is about the printer.").await;
    let wish = json!({"to": "(202) 555-0111", "mode": "cold"});
    agent.post(&format!("{path}/transfer"), wish).await.expect(200);
    let Input::End(ending) = heard(&mut talk).await else { panic!("no end") };
    let Ending::Transferred { to, summary } = &ending else { panic!("{ending:?}") };
    assert_eq!(to, "+12025550111");
    assert!(summary.contains("Jonas Berg") && summary.contains("handed over by AGENT of north"), "{summary}");
    let sid = agent.get(&path).await.expect(200)["providerCallSid"].as_str().unwrap().to_owned();
    talk.end(ending).await;
    let Next::Person(transfer) = world.app.call_action(&sid, true).await.unwrap() else { panic!("nobody is dialled") };
    assert_eq!((transfer.to.as_str(), transfer.caller_id.as_str()), ("+12025550111", NORTH));
    assert_eq!(world.app.dial_result(&sid, DialResult::Talked).await.unwrap(), Next::HangUp);
    let call = agent.get(&path).await.expect(200);
    assert_eq!((&call["status"], &call["aiResolution"]), (&json!("COMPLETED"), &json!("ESCALATED")));
    agent.post(&format!("{path}/hangup"), json!({})).await.refused(409, "call_ended");
    agent.post(&format!("{path}/whisper"), json!({"text": "x"})).await.refused(409, "call_ended");

    // A call that nobody holds is hung up through the carrier.
    let ringing = crate::harness::ring(&world.app, "2", JONAS, NORTH).await;
    agent.post(&format!("/api/calls/{}/hangup", ringing.call_id), json!({})).await.expect(200);
    assert_eq!(carrier.read(), [format!("hang up CA{:0>32}", "2")]);
    let mut held = Talk::begin(&world.app, "3", JONAS, NORTH).await;
    agent.post(&format!("/api/calls/{}/hangup", held.id()), json!({})).await.expect(200);
    assert_eq!(heard(&mut held).await, Input::End(Ending::OperatorHungUp));
    held.end(Ending::OperatorHungUp).await;
    world.stop().await;
}

/// The lease of every call is over, as when their node was not heard of for long.
async fn node_is_gone(world: &World) {
    change(
        &world.store,
        "UPDATE calls SET owner_node = 'a node that died', lease_until = 1 WHERE owner_node IS NOT NULL",
    )
    .await;
}

async fn a_call_goes_on_after_its_node_died(engine: Database) {
    let carrier = Notebook::new();
    let world =
        World::with(engine, Setup { carrier: Some(carrier.clone()), ..Setup::default() }).await.with_numbers().await;
    let agent = world.agent().await;
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    let path = format!("/api/calls/{}", talk.id());
    talk.agent(None, "printer_agent").await;
    talk.caller("My printer is jammed.").await;
    until("the checkpoint", async || (agent.get(&path).await.expect(200)["turnCount"] == 1).then_some(())).await;
    node_is_gone(&world).await;
    let sid = format!("CA{:0>32}", "1");
    let expect = format!("redirect {sid} Address(\"http://localhost:3000/twilio/action\")");
    until("the redirect", async || (carrier.read() == [expect.clone()]).then_some(())).await;
    assert_eq!(agent.get(&path).await.expect(200)["status"], "INTERRUPTED");
    let Next::Stream(stream) = world.app.call_action(&sid, true).await.unwrap() else { panic!("it does not go on") };
    assert!(stream.resumes);
    let mut again = Talk::open(&world.app, stream).await;
    assert_eq!(again.taken.resume, Some(json!({"said": "My printer is jammed."})));
    // The carrier asks by itself as well: no second redirect, and whoever opens last has the call.
    again.agent(None, "printer_agent").await;
    again.says("printer_agent", "Sorry for the break. Is the tray open?").await;
    let id = again.end(Ending::Goodbye).await;
    let call = agent.get(&format!("/api/calls/{id}")).await.expect(200);
    assert_eq!((&call["status"], &call["resumeCount"]), (&json!("COMPLETED"), &json!(1)));
    assert_eq!(call["turns"].as_array().unwrap().len(), 2);
    assert_eq!(call["interactions"].as_array().unwrap().len(), 1, "the same agent went on: {call}");
    assert_eq!(carrier.read().len(), 1);
    drop(talk);
    world.stop().await;
}

async fn a_conversation_that_lost_its_call_writes_nothing(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let agent = world.agent().await;
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.caller("One.").await;
    let path = format!("/api/calls/{}", talk.id());
    until("the first turn", async || (agent.get(&path).await.expect(200)["turnCount"] == 1).then_some(())).await;
    node_is_gone(&world).await;
    talk.caller("Two.").await;
    assert_eq!(heard(&mut talk).await, Input::End(Ending::Moved));
    let reply = talk.tool("triage_agent", "identify_organization", json!({"ue_code": "4711"})).await;
    assert!(reply.content["error"].as_str().unwrap().contains("another node"), "{}", reply.content);
    drop(talk.forget());
    gone(&world.app).await;
    let call = agent.get(&path).await.expect(200);
    assert_eq!((&call["turnCount"], &call["verification"]), (&json!(1), &json!("CLAIMED")));
    world.stop().await;
}

async fn a_person_who_does_not_answer_gives_the_caller_back(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let admin = world.admin().await;
    admin.patch("/api/workspace", json!({"timezone": "America/New_York"})).await.expect(200);
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.caller("A person, please.").await;
    let to = "+12025550111".to_owned();
    talk.end(Ending::Transferred { to, summary: "It is about a printer.".into() }).await;
    let sid = format!("CA{:0>32}", "1");
    let whisper = world.app.whisper_to_person(&sid).await.unwrap().unwrap();
    assert_eq!(whisper.words, "It is about a printer.");
    assert!(matches!(world.app.call_action(&sid, true).await.unwrap(), Next::Person(_)));
    let Next::Stream(stream) = world.app.dial_result(&sid, DialResult::Unanswered).await.unwrap() else {
        panic!("the caller is left alone")
    };
    let mut again = Talk::open(&world.app, stream).await;
    let Input::Whisper(told) = heard(&mut again).await else { panic!("the agent is not told") };
    assert!(told.contains("did not answer"), "{told}");
    again.end(Ending::CallerHungUp).await;
    world.stop().await;
}

async fn a_warm_transfer_joins_both(engine: Database) {
    let carrier = Notebook::new();
    let world =
        World::with(engine, Setup { carrier: Some(carrier.clone()), ..Setup::default() }).await.with_numbers().await;
    let (agent, admin) = (world.agent().await, world.admin().await);
    admin.patch("/api/workspace", json!({"timezone": "America/New_York"})).await.expect(200);
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    let path = format!("/api/calls/{}", talk.id());
    talk.caller("It is about the printer.").await;
    let wish = json!({"to": "+12025550111", "mode": "warm"});
    agent.post(&format!("{path}/transfer"), wish).await.expect(200);
    assert_eq!(carrier.read(), [format!("place +12025550111 from {NORTH}")]);
    let sid = format!("CA{:0>32}", "1");
    let words = world.app.whisper_to_person(&sid).await.unwrap().unwrap().words;
    assert!(words.contains("It is about the printer."), "{words}");
    let accepted = world.app.accept_transfer(&sid, "+12025550111").await.unwrap();
    let patchcord_app::calls::TransferAnswered::Room(room) = accepted else { panic!("{accepted:?}") };
    assert_eq!(world.app.call_action(&sid, true).await.unwrap(), Next::Room(room));
    // The stream ends by that; what the conversation says of it is not written.
    talk.end(Ending::CallerHungUp).await;
    let call = agent.get(&path).await.expect(200);
    assert_eq!(
        (&call["status"], &call["wasEscalated"], &call["endedAt"]),
        (&json!("IN_PROGRESS"), &json!(true), &Value::Null)
    );
    world.stop().await;
}

async fn calls_that_nobody_holds_get_their_last_state(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let agent = world.agent().await;
    let ringing = crate::harness::ring(&world.app, "1", JONAS, NORTH).await.call_id;
    let mut broken = Talk::begin(&world.app, "2", JONAS, NORTH).await;
    broken.caller("Hello?").await;
    let broken = broken.end(Ending::Failed { reason: "the model is away".into() }).await;
    assert_eq!(world.app.end_forgotten_calls().await.unwrap(), 0);
    world.clock.forward(3 * MINUTE);
    world.app.end_forgotten_calls().await.unwrap();
    let sign_in = world.agent().await;
    for (id, status) in [(ringing, "NO_ANSWER"), (broken, "FAILED")] {
        let path = format!("/api/calls/{id}");
        let call = until("the last state", async || {
            let call = sign_in.get(&path).await.expect(200);
            (!call["endedAt"].is_null()).then_some(call)
        })
        .await;
        assert_eq!((&call["status"], call["durationSeconds"].is_i64()), (&json!(status), true));
    }
    drop(agent);
    world.stop().await;
}

/// A call that was put through to a person; its id.
async fn put_through(world: &World, number: &str) -> String {
    let mut talk = Talk::begin(&world.app, number, JONAS, NORTH).await;
    talk.caller("A person, please.").await;
    talk.end(Ending::Transferred { to: "+12025550111".into(), summary: String::new() }).await
}

/// What the database says of an end: the call's state, what became of the matter, and why; events and jobs; whether the last
/// agent has left.
async fn end_of(world: &World, id: &str) -> Vec<String> {
    let sql = format!(
        "SELECT c.status || ' ' || c.ai_resolution || ' ' || COALESCE(CAST(c.ending AS TEXT), '-') \
         || CASE WHEN c.ended_at IS NULL THEN ' open' ELSE '' END \
         || (SELECT CASE WHEN COUNT(*) = 0 THEN '' ELSE ' nobody left' END FROM agent_interactions i \
             WHERE i.call_id = c.id AND i.left_at IS NULL) \
         || ' events ' || CAST((SELECT COUNT(*) FROM events e WHERE e.subject_id = c.id AND e.type = 'call.ended') AS TEXT) \
         || ' jobs ' || CAST((SELECT COUNT(*) FROM jobs j WHERE j.kind = 'call_wrap_up' \
             AND j.dedup_key = 'call_wrap_up:' || c.id) AS TEXT) \
         FROM calls c WHERE c.id = '{id}'"
    );
    texts(&world.store, &sql).await
}

async fn is_shown_live(world: &World, id: &str) -> bool {
    world.agent().await.get("/api/calls/live").await.expect(200).to_string().contains(id)
}

async fn a_talk_of_which_the_carrier_tells_nothing_ends(engine: Database) {
    let carrier = Notebook::new();
    let world =
        World::with(engine, Setup { carrier: Some(carrier.clone()), ..Setup::default() }).await.with_numbers().await;
    let id = put_through(&world, "1").await;
    // As many others as one page holds, which go on.
    for call in 2..=52 {
        ring(&world.app, &call.to_string(), JONAS, NORTH).await;
    }
    let copy = format!(
        "UPDATE calls SET ending = (SELECT t.ending FROM calls t WHERE t.id = '{id}'), status = 'IN_PROGRESS' WHERE id <> '{id}'"
    );
    change(&world.store, &copy).await;
    world.clock.forward(5 * MINUTE);
    let late = ring(&world.app, "99", JONAS, NORTH).await.call_id;
    world.clock.forward(4 * MINUTE);
    world.app.end_forgotten_calls().await.unwrap();
    assert_eq!(carrier.read(), [""; 0], "nothing is asked so soon");
    let open = "SELECT COUNT(*) FROM calls WHERE ended_at IS NULL";
    assert_eq!(number(&world.store, open).await, 52, "those that go on keep no other from its end");
    assert!(!is_shown_live(&world, &late).await);
    change(&world.store, &format!("UPDATE calls SET ended_at = started_at WHERE id NOT IN ('{id}', '{late}')")).await;

    world.clock.forward(2 * MINUTE);
    *carrier.status.lock().unwrap() = Some(CallStatus::InProgress);
    for _ in 0..2 {
        world.app.end_forgotten_calls().await.unwrap();
    }
    // Two nodes may ask at the same moment, but none asks over and over.
    let asked = carrier.read();
    assert!((1..=2).contains(&asked.len()) && asked[0] == format!("status CA{:0>32}", "1"), "{asked:?}");
    assert!(is_shown_live(&world, &id).await);

    world.clock.forward(11 * MINUTE);
    *carrier.status.lock().unwrap() = Some(CallStatus::Completed);
    world.app.end_forgotten_calls().await.unwrap();
    let ended = end_of(&world, &id).await.concat();
    assert!(ended.starts_with("COMPLETED ESCALATED {") && ended.ends_with("} events 1 jobs 1"), "{ended}");
    assert!(ended.contains("+12025550111"), "{ended}");
    assert!(!is_shown_live(&world, &id).await);
    let agent = world.agent().await;
    until("the record", async || {
        let call = agent.get(&format!("/api/calls/{id}")).await.expect(200);
        (!call["summary"].is_null()).then_some(())
    })
    .await;
    world.stop().await;
}

async fn a_talk_ends_where_no_carrier_can_be_asked(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let id = put_through(&world, "1").await;
    world.clock.forward(4 * HOUR - MINUTE);
    world.app.end_forgotten_calls().await.unwrap();
    assert!(is_shown_live(&world, &id).await);
    world.clock.forward(2 * MINUTE);
    world.app.end_forgotten_calls().await.unwrap();
    let ended = end_of(&world, &id).await.concat();
    assert!(ended.starts_with("COMPLETED ESCALATED {") && ended.ends_with("} events 1 jobs 1"), "{ended}");
    world.stop().await;
}

async fn a_call_that_cannot_be_rescued_ends(engine: Database) {
    let carrier = Notebook::new();
    let world =
        World::with(engine, Setup { carrier: Some(carrier.clone()), ..Setup::default() }).await.with_numbers().await;
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.caller("Hello?").await;
    let id = talk.id().to_owned();
    let dead = format!("UPDATE calls SET owner_node = 'dead', lease_until = 0 WHERE id = '{id}'");
    change(&world.store, &dead).await;
    drop(talk);
    gone(&world.app).await;
    // The carrier takes what it is told, and never asks.
    world.app.take_over_calls().await.unwrap();
    assert!(end_of(&world, &id).await.concat().contains(" open"));
    world.clock.forward(41 * MINUTE);
    world.app.take_over_calls().await.unwrap();
    let ended = until("the end", async || {
        let ended = end_of(&world, &id).await.concat();
        (!ended.contains(" open")).then_some(ended)
    })
    .await;
    assert!(ended.starts_with("FAILED ") && ended.contains("nobody went on with it"), "{ended}");
    assert!(ended.ends_with("} events 1 jobs 1"), "{ended}");
    let asked = carrier.read().len();
    world.clock.forward(MINUTE);
    world.app.take_over_calls().await.unwrap();
    assert_eq!(carrier.read().len(), asked, "it is left in peace");
    world.stop().await;
}

async fn a_model_that_is_away_is_followed_by_the_relay_and_then_by_a_person(engine: Database) {
    let calls = patchcord_app::calls::Options {
        engine: patchcord_domain::call::Engine::Realtime,
        has_realtime: true,
        human_number: Some("+442079460018".into()),
        ..Default::default()
    };
    let world = World::with(engine, Setup { calls, ..Setup::default() }).await.with_numbers().await;
    let stream = crate::harness::ring(&world.app, "1", JONAS, NORTH).await;
    assert_eq!(stream.engine, patchcord_domain::call::Engine::Realtime);
    let opened = world.app.open_stream(&stream.token, None).await.unwrap();
    let taken = world.app.take_call(opened, stream.engine).await.unwrap();
    let away = Ending::Failed { reason: "the model is away".into() };
    let at = world.app.clock.now() + SECOND;
    let ended = CallEvent::Ended { at, ending: away.clone(), resolution: None };
    taken.recorder.send(ended).await.unwrap();
    drop(taken);
    gone(&world.app).await;
    let sid = format!("CA{:0>32}", "1");
    let Next::Stream(stream) = world.app.call_action(&sid, true).await.unwrap() else { panic!("it does not go on") };
    assert_eq!(stream.engine, patchcord_domain::call::Engine::Relay);
    let talk = Talk::open(&world.app, stream).await;
    talk.end(away).await;
    // The operator's own number may always be dialled.
    let Next::Person(transfer) = world.app.call_action(&sid, true).await.unwrap() else { panic!("nobody helps") };
    assert_eq!(transfer.to, "+442079460018");
    assert_eq!(world.app.call_action("CA00000000000000000000000000000042", true).await.unwrap(), Next::HangUp);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_operator_is_heard_on_another_node() {
    let world = World::new(Database::Postgres).await.with_numbers().await;
    let agent = world.agent().await;
    let other = world.beside(Setup { worker: false, ..Setup::default() }).await;
    let mut talk = Talk::begin(&other.app, "1", JONAS, NORTH).await;
    let path = format!("/api/calls/{}", talk.id());
    let live = agent.get("/api/calls/live").await.expect(200);
    assert_eq!(live["items"][0]["id"], json!(talk.id()));
    agent.post(&format!("{path}/whisper"), json!({"text": "Ask for the serial number."})).await.expect(200);
    assert_eq!(heard(&mut talk).await, Input::Whisper("Ask for the serial number.".into()));
    let mut socket = crate::harness::Socket::listening(&world, &agent, &["calls"]).await;
    let words = CallEvent::Partial { speaker: patchcord_domain::call::Speaker::Caller, agent: None, text: "My".into() };
    talk.tell(words).await;
    let partial = socket.until("call.partial").await.pop().unwrap();
    assert_eq!(partial["data"]["text"], "My");
    // The other node keeps its lease while it lives.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(agent.get(&path).await.expect(200)["status"], "IN_PROGRESS");
    talk.end(Ending::Goodbye).await;
    other.stop().await;
    world.stop().await;
}
