//! Calls in lists and figures: by device, by the hour of the week, by what was said; day by day and by voice agent.

use patchcord_domain::call::{AiResolution, CallEvent, Ending, SpokenUsage};
use patchcord_domain::time::{DAY, SECOND, from_rfc3339, to_rfc3339};
use patchcord_simulator::openai::Step;
use serde_json::{Value, json};

use crate::harness::{
    Client, Engine, JONAS, NORTH, SOUTH, STRANGER, Talk, World, answering, both_engines, change, number, ring,
    scripted, until,
};

both_engines!(
    calls_and_tickets_of_a_device,
    calls_of_an_hour_of_the_week,
    a_search_tells_what_was_said,
    days_and_voice_agents,
    the_record_of_a_call_has_its_cost,
    wrong_filters_and_spans,
);

async fn total(client: &Client, path: &str) -> i64 {
    let page = client.get(path).await.expect(200);
    assert_eq!(page["items"].as_array().unwrap().len() as i64, page["total"].as_i64().unwrap(), "{path}");
    page["total"].as_i64().unwrap()
}

async fn calls_and_tickets_of_a_device(engine: Engine) {
    let world = World::new(engine).await.with_numbers().await;
    let (agent, device) = (world.agent().await, world.town.north.device.clone());
    let body = json!({"subject": "It is slow", "message": "m", "deviceId": device});
    let ticket = agent.post("/api/tickets", body).await.expect(201);
    agent.post("/api/tickets", json!({"subject": "Another one", "message": "m"})).await.expect(201);
    let found = agent.get(&format!("/api/tickets?deviceId={device}&count=exact")).await.expect(200);
    assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &ticket["id"]));
    let both = format!("/api/tickets?deviceId={device}&status=CLOSED&count=exact");
    assert_eq!(total(&agent, &both).await, 0);

    let call = ring(&world.app, "1", JONAS, NORTH).await;
    ring(&world.app, "2", JONAS, NORTH).await;
    let of_device = format!("UPDATE calls SET device_id = '{device}' WHERE id = '{}'", call.call_id);
    change(&world.store, &of_device).await;
    let found = agent.get(&format!("/api/calls?deviceId={device}&count=exact")).await.expect(200);
    assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &json!(call.call_id)));

    // Nobody else's device gives anything, and what is no id is told.
    let foreigner = world.foreigner().await;
    for list in ["tickets", "calls"] {
        assert_eq!(total(&foreigner, &format!("/api/{list}?deviceId={device}&count=exact")).await, 0);
        agent.get(&format!("/api/{list}?deviceId=x")).await.wrong_fields();
    }
    // A view may be of a device as well.
    let view = json!({"name": "One device", "filters": {"deviceId": [device]}});
    let view = agent.post("/api/saved-views", view).await.expect(201);
    assert_eq!(view["filters"]["deviceId"], json!([device]));
    let counted = agent.get("/api/saved-views?counts=true").await.expect(200);
    let counted = counted["items"].as_array().unwrap().iter().find(|one| one["id"] == view["id"]).unwrap().clone();
    assert_eq!(counted["ticketCount"], 1, "{counted}");
    world.stop().await;
}

async fn calls_of_an_hour_of_the_week(engine: Engine) {
    let world = World::new(engine).await.with_numbers().await;
    world.clock.stand_still();
    // A Monday, 09:20 in Berlin; the Wednesday after, 02:20 in Tokyo, which is a Tuesday in Berlin.
    let moments = ["2026-11-30T08:20:00Z", "2026-12-01T17:20:00Z", "2026-12-07T08:59:59Z"];
    for (index, moment) in moments.iter().enumerate() {
        world.clock.forward(from_rfc3339(moment).unwrap() - world.app.clock.now());
        ring(&world.app, &index.to_string(), STRANGER, NORTH).await;
    }
    let agent = world.agent().await;
    let days = "dateFrom=2026-11-28T00:00:00Z&dateTo=2026-12-08T00:00:00Z&count=exact";
    for (weekday, hour, zone, calls) in [
        (1, 9, "Europe/Berlin", 2),
        (1, 8, "UTC", 2),
        (3, 2, "Asia/Tokyo", 1),
        (2, 18, "Europe/Berlin", 1),
        (7, 9, "Europe/Berlin", 0),
    ] {
        let path = format!("/api/calls?weekday={weekday}&hour={hour}&timezone={zone}&{days}");
        assert_eq!(total(&agent, &path).await, calls, "{path}");
    }
    let one = "/api/calls?weekday=1&hour=9&timezone=Europe/Berlin&dateFrom=2026-12-01&dateTo=2026-12-08&count=exact";
    assert_eq!(total(&agent, one).await, 1);
    world.stop().await;
}

async fn a_search_tells_what_was_said(engine: Engine) {
    let world = World::new(engine).await.with_numbers().await;
    let agent = world.agent().await;
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.agent(None, "triage_agent").await;
    talk.says("triage_agent", "Service desk, how can I help?").await;
    talk.caller("The café's label printer jams. My card is 4111 1111 1111 1111.").await;
    let id = talk.end(Ending::CallerHungUp).await;
    until("the transcript", async || {
        (!agent.get(&format!("/api/calls/{id}")).await.expect(200)["transcript"].is_null()).then_some(())
    })
    .await;
    let found = agent.get("/api/calls?q=CAFE+print").await.expect(200);
    let line = found["items"][0]["excerpt"].as_str().unwrap();
    assert!(line.contains("Caller: The café's label printer jams.") && !line.contains("4111"), "{line}");
    assert_eq!(agent.get("/api/calls").await.expect(200)["items"][0]["excerpt"], Value::Null);
    world.admin().await.delete(&format!("/api/calls/{id}")).await.expect(204);
    assert_eq!(agent.get("/api/calls?q=cafe").await.expect(200)["items"], json!([]));
    world.stop().await;
}

async fn days_and_voice_agents(engine: Engine) {
    let world = World::new(engine).await.with_numbers().await;
    let empty = world.viewer().await.get("/api/dashboard/calls").await.expect(200);
    assert_eq!((empty["days"].as_array().unwrap().len(), &empty["agents"]), (30, &json!([])));

    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.agent(None, "triage_agent").await;
    talk.says("triage_agent", "Service desk, how can I help?").await;
    talk.caller("This is terrible, nothing works and I am very angry.").await;
    talk.agent(Some("triage_agent"), "network_agent").await;
    talk.caller("Thank you, that is great.").await;
    let usage = SpokenUsage { input_tokens: 1_000_000, ..SpokenUsage::default() };
    let (provider, model, purpose) = ("openai".into(), "gpt-4o-mini".into(), "conversation".into());
    talk.tell(CallEvent::Used { provider, model, purpose, usage, latency_ms: 1, error: None }).await;
    world.clock.forward(20 * SECOND);
    let at = world.app.clock.now();
    talk.tell(CallEvent::Ended { at, ending: Ending::Goodbye, resolution: Some(AiResolution::Resolved) }).await;
    drop(talk);
    until("its analysis", async || {
        (number(&world.store, "SELECT COUNT(*) FROM conversation_analyses").await == 1).then_some(())
    })
    .await;
    ring(&world.app, "2", STRANGER, NORTH).await;
    ring(&world.app, "3", STRANGER, SOUTH).await;
    world.app.roll_up(&world.town.north.workspace).await.unwrap();

    let viewer = world.viewer().await;
    let figures = viewer.get("/api/dashboard/calls").await.expect(200);
    let today = figures["days"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&today["calls"], &today["resolved"], &today["unknown"]), (&json!(2), &json!(1), &json!(1)), "{today}");
    let moods: i64 = ["positive", "neutral", "negative"].iter().map(|mood| today[*mood].as_i64().unwrap()).sum();
    assert_eq!(moods, 1, "{today}");
    assert_eq!(today["modelCostUsd"], json!(0.15));
    let agents: Vec<(&Value, &Value, &Value)> = figures["agents"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["agent"], &one["calls"], &one["handedOff"]))
        .collect();
    let (one, none) = (json!(1), json!(0));
    assert_eq!(agents, [(&json!("network_agent"), &one, &none), (&json!("triage_agent"), &one, &one)]);
    assert_eq!(figures["agents"][0]["resolved"], 1);

    // Each figure is as long as the list behind it.
    let (from, to) = (today["from"].as_str().unwrap(), today["to"].as_str().unwrap());
    let span = format!("dateFrom={from}&dateTo={to}&count=exact");
    for (filter, figure) in [
        (String::new(), &today["calls"]),
        ("&resolution=RESOLVED".into(), &today["resolved"]),
        ("&sentiment=negative".into(), &today["negative"]),
        ("&agent=network_agent".into(), &figures["agents"][0]["calls"]),
    ] {
        assert_eq!(json!(total(&viewer, &format!("/api/calls?{span}{filter}")).await), *figure, "{filter}");
    }
    let foreign = world.foreigner().await.get("/api/dashboard/calls").await.expect(200);
    assert_eq!(foreign["days"].as_array().unwrap().last().unwrap()["calls"], 1);
    world.stop().await;
}

async fn wrong_filters_and_spans(engine: Engine) {
    let world = World::new(engine).await;
    let viewer = world.viewer().await;
    let now = world.app.clock.now();
    let long = format!("dateFrom={}&dateTo={}", to_rfc3339(now - 401 * DAY), to_rfc3339(now));
    for (query, fields) in [
        ("weekday=1".to_owned(), vec!["hour", "timezone", "dateFrom", "dateTo"]),
        (
            "weekday=0&hour=24&timezone=Mars&dateFrom=2026-11-01&dateTo=2026-11-02".into(),
            vec!["weekday", "hour", "timezone"],
        ),
        (format!("weekday=1&hour=9&timezone=UTC&{long}"), vec!["dateFrom"]),
        ("weekday=1&hour=9&timezone=UTC&dateFrom=2026-11-01".into(), vec!["dateTo"]),
    ] {
        assert_eq!(viewer.get(&format!("/api/calls?{query}")).await.wrong_fields(), fields, "{query}");
    }
    let long = "/api/dashboard/calls?from=2026-01-01&to=2026-11-01";
    assert_eq!(viewer.get(long).await.wrong_fields(), ["from"]);
    assert_eq!(viewer.get("/api/dashboard/calls?from=soon").await.wrong_fields(), ["from"]);
    world.stranger().get("/api/dashboard/calls").await.refused(401, "token_missing");
    world.stop().await;
}

/// What the model costs that writes the record of a call belongs to the call, and to the day's calls.
async fn the_record_of_a_call_has_its_cost(engine: Engine) {
    let (world, model) = scripted(engine, [], |_, _| ()).await;
    model.respond(|request| {
        let json = request.json();
        let name = json["response_format"]["json_schema"]["name"].as_str().unwrap_or_default().to_owned();
        Step::json(match name.as_str() {
            "analysis" => answering("analysis"),
            _ => json!({"summary": "The printer jams.", "resolution": "UNKNOWN", "followUps": null}),
        })
    });
    let world = world.with_numbers().await;
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.agent(None, "triage_agent").await;
    talk.caller("The label printer in the warehouse jams.").await;
    let id = talk.end(Ending::CallerHungUp).await;
    let agent = world.agent().await;
    let call = until("its record", async || {
        let call = agent.get(&format!("/api/calls/{id}")).await.expect(200);
        (!call["summary"].is_null()).then_some(call)
    })
    .await;
    let usage = call["usage"].as_array().unwrap();
    let mut purposes: Vec<&str> = usage.iter().map(|log| log["purpose"].as_str().unwrap()).collect();
    purposes.sort_unstable();
    assert_eq!(purposes, ["call_analysis", "call_summary"], "{call}");
    let cost = call["modelCostUsd"].as_f64().unwrap();
    assert!(cost > 0.0, "{call}");
    world.app.roll_up(&world.town.north.workspace).await.unwrap();
    let figures = agent.get("/api/dashboard/calls").await.expect(200);
    let today = figures["days"].as_array().unwrap().last().unwrap();
    assert!((today["modelCostUsd"].as_f64().unwrap() - cost).abs() < 0.000_002, "{today} {cost}");
    world.stop().await;
}
