//! Calls from ring to record: who is let in, what is written while they last, and what is there afterwards.

use std::time::Duration;

use patchcord_agents::Price;
use patchcord_app::AppError;
use patchcord_app::calls::{Admission, Callback};
use patchcord_domain::call::{CallEvent, CallStatus, Ending, Engine, Line, Speaker, SpokenUsage};
use patchcord_domain::time::{HOUR, MINUTE, SECOND};
use serde_json::{Value, json};

use crate::harness::{
    Client, Engine as Database, JONAS, NORTH, Notebook, SOUTH, STRANGER, Setup, Socket, Talk, World, arrival,
    both_engines, gone, number, ring, texts, until,
};

both_engines!(
    the_called_number_decides,
    a_call_announced_twice_is_one_call,
    a_token_is_good_once_for_its_call_and_its_minute,
    everything_is_written_at_once_and_told,
    the_record_is_complete_afterwards,
    status_callbacks_in_any_order,
    no_room_and_draining,
    calls_are_corrected_and_erased,
    the_price_of_the_carrier_replaces_the_estimate,
    figures_count_calls,
    a_call_from_the_page,
    nothing_is_left_of_calls_that_have_ended,
);

async fn the_called_number_decides(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let app = &world.app;
    // Nobody's number: refused, and nothing is written.
    for unknown in ["+12025550177", "anonymous", ""] {
        assert_eq!(app.admit_call(arrival("1", JONAS, unknown)).await.unwrap(), Admission::Unknown);
    }
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM calls").await, 0);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM events WHERE topic = 'calls'").await, 0);

    let north = ring(app, "2", JONAS, NORTH).await;
    let south = ring(app, "3", "anonymous", SOUTH).await;
    let agent = world.agent().await;
    let call = agent.get(&format!("/api/calls/{}", north.call_id)).await.expect(200);
    assert_eq!((&call["status"], &call["verification"]), (&json!("RINGING"), &json!("CLAIMED")));
    assert_eq!((&call["identifiedBy"], &call["contact"]["name"]), (&json!("PHONE"), &json!("Jonas Berg")));
    assert_eq!(call["organization"]["name"], "Harbour Freight north");
    agent.get(&format!("/api/calls/{}", south.call_id)).await.refused(404, "not_found");
    let foreigner = world.foreigner().await;
    let call = foreigner.get(&format!("/api/calls/{}", south.call_id)).await.expect(200);
    assert_eq!((&call["callerPhone"], &call["fromNumber"]), (&Value::Null, &json!("anonymous")));
    assert_eq!((&call["verification"], &call["organization"]), (&json!("NONE"), &Value::Null));

    // A number that was switched off is nobody's, and the id of somebody's call opens nothing at another number.
    assert_eq!(app.admit_call(arrival("2", JONAS, SOUTH)).await.unwrap(), Admission::Unknown);
    let admin = world.admin().await;
    let numbers = admin.get("/api/phone-numbers").await.expect(200);
    let path = format!("/api/phone-numbers/{}", numbers["items"][0]["id"].as_str().unwrap());
    admin.patch(&path, json!({"isActive": false})).await.expect(200);
    assert_eq!(app.admit_call(arrival("4", JONAS, NORTH)).await.unwrap(), Admission::Unknown);
    world.stop().await;
}

async fn a_call_announced_twice_is_one_call(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let all = (0..4).map(|_| ring(&world.app, "7", JONAS, NORTH));
    let streams = futures::future::join_all(all).await;
    assert!(streams.iter().all(|stream| stream.call_id == streams[0].call_id));
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM calls").await, 1);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM events WHERE type = 'call.started'").await, 1);
    // Each announcement has a token of its own; the last one to open has the call.
    let mut first = Talk::open(&world.app, streams[0].clone()).await;
    let mut second = Talk::open(&world.app, streams[1].clone()).await;
    first.caller("lost").await;
    second.caller("kept").await;
    let id = second.end(Ending::CallerHungUp).await;
    drop(first);
    let call = world.agent().await.get(&format!("/api/calls/{id}")).await.expect(200);
    let said: Vec<&Value> = call["turns"].as_array().unwrap().iter().map(|turn| &turn["text"]).collect();
    assert_eq!((said, &call["resumeCount"]), (vec![&json!("kept")], &json!(1)));
    assert_eq!(world.app.admit_call(arrival("7", JONAS, NORTH)).await.unwrap(), Admission::Over);
    world.stop().await;
}

async fn a_token_is_good_once_for_its_call_and_its_minute(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let app = &world.app;
    let refused = async |token: &str, sid: Option<&str>| {
        let answer = app.open_stream(token, sid).await;
        assert!(matches!(answer, Err(AppError::Unauthenticated("bad_token", _))), "{answer:?}");
    };
    let stream = ring(app, "1", JONAS, NORTH).await;
    refused("garbage", None).await;
    refused(&stream.token, Some("CA00000000000000000000000000000002")).await;
    // A token that was shown with another call's id is used up as well.
    refused(&stream.token, Some("CA00000000000000000000000000000001")).await;
    let stream = ring(app, "1", JONAS, NORTH).await;
    app.open_stream(&stream.token, Some("CA00000000000000000000000000000001")).await.unwrap();
    refused(&stream.token, None).await;
    let late = ring(app, "1", JONAS, NORTH).await;
    world.clock.forward(MINUTE);
    refused(&late.token, None).await;
    let kept = texts(&world.store, "SELECT token_hash FROM call_tokens").await;
    assert!(kept.len() == 3 && kept.iter().all(|hash| hash.len() == 64 && *hash != late.token));
    world.stop().await;
}

async fn everything_is_written_at_once_and_told(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let mut socket = Socket::listening(&world, &agent, &["calls"]).await;
    let mut foreign = Socket::listening(&world, &foreigner, &["calls"]).await;
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    let id = talk.id().to_owned();
    assert_eq!(socket.until("call.started").await.last().unwrap()["data"]["callId"], json!(id));
    talk.agent(None, "triage_agent").await;
    socket.until("call.agent_changed").await;
    let words = CallEvent::Partial { speaker: Speaker::Caller, agent: None, text: "My printer".into() };
    talk.tell(words).await;
    let partial = socket.until("call.partial").await.pop().unwrap();
    assert!(partial.get("id").is_none() && partial["data"]["text"] == "My printer", "{partial}");
    talk.caller("My printer is jammed, my card is 4111 1111 1111 1111. This is terrible!").await;
    let turn = socket.until("call.turn").await.pop().unwrap();
    assert_eq!((&turn["data"]["seq"], &turn["data"]["speaker"]), (&json!(1), &json!("CALLER")));
    assert!(!turn.to_string().contains("printer"), "events hold ids and states: {turn}");
    // It is there before the call is over, without what must not be kept.
    let call = agent.get(&format!("/api/calls/{id}")).await.expect(200);
    let text = call["turns"][0]["text"].as_str().unwrap();
    assert!(text.starts_with("My printer is jammed") && !text.contains("4111"), "{text}");
    assert_eq!((&call["status"], &call["currentAgent"]), (&json!("IN_PROGRESS"), &json!("triage_agent")));
    assert_eq!(call["sentiment"], "negative");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM events WHERE type = 'call.partial'").await, 0);
    let live = agent.get("/api/calls/live").await.expect(200);
    assert_eq!((live["items"].as_array().unwrap().len(), &live["items"][0]["id"]), (1, &json!(id)));
    // With what was said last, without what must not be kept.
    let said = &live["items"][0]["turns"];
    assert_eq!((said.as_array().unwrap().len(), &said[0]["speaker"]), (1, &json!("CALLER")), "{said}");
    assert_eq!(said[0]["text"], call["turns"][0]["text"]);
    assert_eq!(foreigner.get("/api/calls/live").await.expect(200)["items"], json!([]));
    talk.end(Ending::CallerHungUp).await;
    socket.until("call.ended").await;
    assert_eq!(agent.get("/api/calls/live").await.expect(200)["items"], json!([]));
    foreign.expect_silence().await;
    let answer = foreign.subscribe_to_unknown(&format!("calls:{id}")).await;
    assert_eq!(answer["code"], "unknown_topic");
    world.stop().await;
}

async fn the_record_is_complete_afterwards(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let agent = world.agent().await;
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.agent(None, "triage_agent").await;
    talk.tell(CallEvent::FirstSound { ms: 420 }).await;
    talk.says("triage_agent", "Northwind support, how can I help?").await;
    talk.caller("The VPN drops every twenty minutes and I cannot work.").await;
    talk.agent(Some("triage_agent"), "network_agent").await;
    talk.says("network_agent", "Since when does it drop?").await;
    talk.caller("Since this morning, for the whole team. Please let somebody look at it.").await;
    let usage = SpokenUsage { input_tokens: 1_000, output_tokens: 100, ..SpokenUsage::default() };
    talk.tell(CallEvent::Used {
        provider: "openai".into(),
        model: "gpt-4o-mini".into(),
        purpose: "conversation".into(),
        usage,
        latency_ms: 300,
        error: None,
    })
    .await;
    talk.tell(CallEvent::Line(Line { interruptions: 2, frames_late: 1, frames_lost: 3, bridge_added_ms: 4 })).await;
    world.clock.forward(61 * SECOND);
    let id = talk.end(Ending::CallerHungUp).await;

    let path = format!("/api/calls/{id}");
    let call = until("the summary", async || {
        let call = agent.get(&path).await.expect(200);
        (!call["summary"].is_null() && !call["ticket"].is_null()).then_some(call)
    })
    .await;
    assert_eq!((&call["status"], &call["firstSoundMs"]), (&json!("COMPLETED"), &json!(420)));
    assert!(call["durationSeconds"].as_i64().unwrap() >= 61, "{call}");
    assert_eq!((&call["interruptions"], &call["framesLost"]), (&json!(2), &json!(3)));
    let stays: Vec<&Value> = call["interactions"].as_array().unwrap().iter().map(|stay| &stay["agent"]).collect();
    assert_eq!(stays, ["triage_agent", "network_agent"]);
    assert_eq!(call["interactions"][0]["outcome"], "HANDED_OFF");
    assert_eq!(call["interactions"][1]["handoffFrom"], "triage_agent");
    assert_eq!(call["interactions"][1]["outcome"], "CALLER_HUNG_UP");
    assert!(call["transcript"].as_str().unwrap().contains("Agent (network): Since when"), "{call}");
    assert!(call["modelCostUsd"].as_f64().unwrap() > 0.0 && call["telephonyCostUsd"].as_f64().unwrap() > 0.0);
    assert_eq!(call["carrierCharges"][0]["isEstimate"], true);
    assert_eq!(call["analysis"]["model"], "builtin");
    // Nothing was solved, so there is a ticket about it, which names the call.
    let ticket = agent.get(&format!("/api/tickets/{}", call["ticket"]["id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&ticket["channel"], &ticket["contact"]["name"]), (&json!("PHONE"), &json!("Jonas Berg")));
    assert_eq!(call["aiResolution"], "TICKETED");
    for (filter, total) in [("triage_agent", 1), ("network_agent", 0), ("network_agent,triage_agent", 1)] {
        let handed_on = agent.get(&format!("/api/calls?handedOnBy={filter}&count=exact")).await.expect(200);
        assert_eq!(handed_on["total"], json!(total), "{filter}");
    }
    let found = agent.get("/api/calls?q=twenty+minutes&agent=network_agent&count=exact").await.expect(200);
    assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &json!(id)));
    assert_eq!(agent.get("/api/calls?q=printer").await.expect(200)["items"], json!([]));
    let of = format!("/api/organizations/{}/calls", world.town.north.organization);
    assert_eq!(agent.get(&of).await.expect(200)["items"][0]["id"], json!(id));
    // The job a second time changes nothing.
    let jobs = "SELECT COUNT(*) FROM conversation_analyses";
    assert_eq!(number(&world.store, jobs).await, 1);
    for (format, part) in [("text", "[00:00] Agent (triage): Northwind"), ("vtt", "WEBVTT"), ("json", "\"seq\":1")] {
        let answer = agent.get(&format!("{path}/transcript?format={format}")).await;
        assert!(answer.status == 200 && answer.text.contains(part), "{}", answer.text);
    }
    agent.get(&format!("{path}/transcript?format=pdf")).await.wrong_fields();
    agent.get(&format!("{path}/recording")).await.refused(404, "not_found");
    world.stop().await;
}

async fn status_callbacks_in_any_order(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let (app, agent) = (&world.app, world.agent().await);
    let told = |sid: &str, status: CallStatus, seconds: Option<i64>| Callback {
        sid: format!("CA{sid:0>32}"),
        status,
        seconds,
        at: None,
    };
    // Of a call that is not known nothing is made known.
    app.call_progress(told("99", CallStatus::Completed, Some(5))).await.unwrap();
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM calls").await, 0);

    let stream = ring(app, "1", JONAS, NORTH).await;
    app.call_progress(told("1", CallStatus::Canceled, None)).await.unwrap();
    app.call_progress(told("1", CallStatus::InProgress, None)).await.unwrap();
    app.call_progress(told("1", CallStatus::Ringing, None)).await.unwrap();
    let call = agent.get(&format!("/api/calls/{}", stream.call_id)).await.expect(200);
    assert_eq!((&call["status"], &call["aiResolution"]), (&json!("CANCELED"), &json!("ABANDONED")));

    // The carrier is faster than the stream: the last words are still written, and its count of seconds holds.
    let mut talk = Talk::begin(app, "2", JONAS, NORTH).await;
    app.call_progress(told("2", CallStatus::Completed, Some(77))).await.unwrap();
    talk.caller("The last words.").await;
    let id = talk.end(Ending::CallerHungUp).await;
    app.call_progress(told("2", CallStatus::Completed, Some(78))).await.unwrap();
    app.call_progress(told("2", CallStatus::InProgress, None)).await.unwrap();
    let call = agent.get(&format!("/api/calls/{id}")).await.expect(200);
    assert_eq!((&call["status"], &call["durationSeconds"]), (&json!("COMPLETED"), &json!(78)));
    assert_eq!(call["turns"][0]["text"], "The last words.");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM events WHERE type = 'call.ended'").await, 2);
    world.stop().await;
}

async fn no_room_and_draining(engine: Database) {
    let calls = patchcord_app::calls::Options { max_concurrent: 1, ..Default::default() };
    let world = World::with(engine, Setup { calls, ..Setup::default() }).await.with_numbers().await;
    let (app, admin) = (&world.app, world.admin().await);
    let talk = Talk::begin(app, "1", JONAS, NORTH).await;
    let full = app.admit_call(arrival("2", STRANGER, NORTH)).await.unwrap();
    assert_eq!(full, Admission::Full { person: None, caller_id: NORTH.into() });
    admin.patch("/api/workspace", json!({"transferNumber": "+12025550111"})).await.expect(200);
    let full = app.admit_call(arrival("3", STRANGER, NORTH)).await.unwrap();
    assert_eq!(full, Admission::Full { person: Some("+12025550111".into()), caller_id: NORTH.into() });
    talk.end(Ending::Goodbye).await;
    ring(app, "4", STRANGER, NORTH).await;
    app.calls.drain();
    assert!(matches!(app.admit_call(arrival("5", JONAS, NORTH)).await.unwrap(), Admission::Full { .. }));
    // A call in progress goes on while the node drains.
    ring(app, "4", STRANGER, NORTH).await;
    let calls = admin.get("/api/calls?sort=startedAt").await.expect(200);
    let states: Vec<&str> =
        calls["items"].as_array().unwrap().iter().map(|call| call["status"].as_str().unwrap()).collect();
    assert_eq!(states, ["COMPLETED", "BUSY", "RINGING", "RINGING", "RINGING"]);
    assert_eq!(calls["items"][2]["wasEscalated"], true);
    world.stop().await;
}

async fn calls_are_corrected_and_erased(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let (agent, admin, viewer) = (world.agent().await, world.admin().await, world.viewer().await);
    let mut talk = Talk::begin(&world.app, "1", STRANGER, NORTH).await;
    let path = format!("/api/calls/{}", talk.id());
    talk.caller("Somebody told a secret: the safe is behind the picture.").await;
    admin.delete(&path).await.refused(409, "call_in_progress");
    talk.end(Ending::Goodbye).await;
    until("the transcript", async || (!agent.get(&path).await.expect(200)["transcript"].is_null()).then_some(())).await;
    viewer.patch(&path, json!({"aiResolution": "RESOLVED"})).await.refused(403, "forbidden");
    let wrong = json!({"ticketId": "x", "contactId": "y", "aiResolution": "GREAT"});
    assert_eq!(agent.patch(&path, wrong).await.wrong_fields(), ["ticketId", "contactId", "aiResolution"]);
    let foreign = json!({"contactId": world.town.south.contact});
    assert_eq!(agent.patch(&path, foreign).await.wrong_fields(), ["contactId"]);
    let ticket = agent.ticket("The safe", "It is open.").await;
    let change = json!({"contactId": world.town.north.contact, "ticketId": ticket["id"], "aiResolution": "resolved"});
    let call = agent.patch(&path, change).await.expect(200);
    assert_eq!(
        (&call["contact"]["name"], &call["organization"]["name"]),
        (&json!("Jonas Berg"), &json!("Harbour Freight north"))
    );
    assert_eq!((&call["ticket"]["number"], &call["aiResolution"]), (&ticket["number"], &json!("RESOLVED")));
    let events = agent.get(&format!("/api/tickets/{}/events", ticket["id"].as_str().unwrap())).await.expect(200);
    assert!(events.to_string().contains("CALL_LINKED"), "{events}");
    let stale = agent.patch(&path, json!({"version": 1, "aiResolution": "UNKNOWN"})).await;
    assert_eq!(stale.refused(409, "stale_version")["current"]["id"], call["id"]);

    agent.delete(&path).await.refused(403, "forbidden");
    assert_eq!(admin.delete(&path).await.status, 204);
    let erased = agent.get(&path).await.expect(200);
    assert_eq!(
        (&erased["turns"], &erased["transcript"], &erased["isErased"]),
        (&json!([]), &Value::Null, &json!(true))
    );
    assert_eq!((&erased["durationSeconds"], &erased["callerPhone"]), (&call["durationSeconds"], &Value::Null));
    assert_eq!(agent.get("/api/calls?q=picture").await.expect(200)["items"], json!([]));
    let log = admin.get("/api/audit-log?action=call.erased").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
    world.stop().await;
}

async fn the_price_of_the_carrier_replaces_the_estimate(engine: Database) {
    let carrier = Notebook::new();
    let setup = Setup { carrier: Some(carrier.clone()), ..Setup::default() };
    let world = World::with(engine, setup).await.with_numbers().await;
    let agent = world.agent().await;
    let talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    world.clock.forward(90 * SECOND);
    let id = talk.end(Ending::Goodbye).await;
    let path = format!("/api/calls/{id}");
    let charge = async |agent: &Client| {
        let call = agent.get(&path).await.expect(200);
        let all = call["carrierCharges"].as_array().unwrap().clone();
        all.into_iter().find(|charge| charge["kind"] == "inbound").unwrap()
    };
    let estimate = charge(&agent).await;
    assert_eq!((&estimate["quantity"], &estimate["priceUsd"]), (&json!(2), &json!(0.017)));
    // The carrier does not know yet; it is asked again, with growing pauses.
    world.clock.forward(2 * MINUTE);
    until("the first question", async || {
        let tries = "SELECT COUNT(*) FROM jobs WHERE kind = 'call_price' AND attempts >= 1 AND state = 'READY'";
        (number(&world.store, tries).await == 1).then_some(())
    })
    .await;
    *carrier.price.lock().unwrap() = Some(Price { micros: 19_900, currency: "USD".into(), seconds: 95 });
    world.clock.forward(HOUR);
    // An access token does not live that long.
    let agent = world.agent().await;
    let known =
        until("the price", async || Some(charge(&agent).await).filter(|charge| charge["isEstimate"] == false)).await;
    assert_eq!(known["priceUsd"], 0.0199);
    world.stop().await;
}

async fn figures_count_calls(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let agent = world.agent().await;
    let talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    world.clock.forward(30 * SECOND);
    talk.end(Ending::CallerHungUp).await;
    ring(&world.app, "2", STRANGER, NORTH).await;
    world.app.roll_up(&world.town.north.workspace).await.unwrap();
    let today = agent.get("/api/dashboard/overview").await.expect(200)["today"].clone();
    assert_eq!((&today["calls"], &today["answered"], &today["abandoned"]), (&json!(2), &json!(1), &json!(1)));
    assert!(today["callSeconds"].as_i64().unwrap() >= 30, "{today}");
    let customers = agent.get("/api/dashboard/customers").await.expect(200);
    let customer = &customers["items"][0];
    assert_eq!((&customer["calls"], &customer["tickets"]), (&json!(1), &json!(0)), "{customers}");
    world.stop().await;
}

async fn a_call_from_the_page(engine: Database) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    world.viewer().await.post("/api/calls", json!({"mode": "text"})).await.refused(403, "forbidden");
    assert_eq!(agent.post("/api/calls", json!({"mode": "audio"})).await.wrong_fields(), ["mode"]);
    let foreign = json!({"mode": "text", "contactId": world.town.south.contact});
    assert_eq!(agent.post("/api/calls", foreign).await.wrong_fields(), ["contactId"]);
    let ask = json!({"mode": "text", "contactId": world.town.north.contact});
    let begun = agent.post_once("/api/calls", "once", ask.clone()).await.expect(201);
    assert_eq!(agent.post_once("/api/calls", "once", ask).await.expect(201), begun);
    let opened = world.app.open_stream(begun["token"].as_str().unwrap(), None).await.unwrap();
    assert_eq!((opened.call_id(), opened.engine()), (begun["callId"].as_str().unwrap(), Engine::Relay));
    let call = agent.get(&format!("/api/calls/{}", opened.call_id())).await.expect(200);
    assert_eq!((&call["provider"], &call["verification"]), (&json!("BROWSER"), &json!("CLAIMED")));
    gone(&world.app).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    world.stop().await;
}

/// What the process keeps for a call goes with it: its place among the conversations, its tools, its recorder and its tasks.
async fn nothing_is_left_of_calls_that_have_ended(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let before = world.app.background.len();
    let mut tools = Vec::new();
    for call in 0..20 {
        let mut talk = Talk::begin(&world.app, &call.to_string(), JONAS, NORTH).await;
        talk.caller("My printer is jammed.").await;
        tools.push(std::sync::Arc::downgrade(&talk.taken.tools));
        talk.end(Ending::CallerHungUp).await;
    }
    assert_eq!(world.app.calls.sessions.count(), 0);
    assert!(tools.iter().all(|tools| tools.upgrade().is_none()), "the tools of a call outlive it");
    until("the end of every task", async || (world.app.background.len() <= before).then_some(())).await;
    let held = "SELECT COUNT(*) FROM calls WHERE owner_node IS NOT NULL OR lease_until IS NOT NULL OR ended_at IS NULL";
    assert_eq!(number(&world.store, held).await, 0);
    world.stop().await;
}
