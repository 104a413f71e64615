//! The list behind a number: tickets and calls of an hour of the week, tickets by what became of the copilot's work, by mood and by
//! when they were first answered.

use std::collections::{BTreeMap, BTreeSet};

use patchcord_domain::days::Zone;
use patchcord_domain::time::{DAY, HOUR, from_rfc3339, to_rfc3339};
use serde_json::{Value, json};

use crate::harness::{self, Client, Engine, NORTH, STRANGER, World, both_engines, change, ring};

both_engines!(
    a_cell_of_the_heat_map_is_as_long_as_its_list,
    what_became_of_suggestions_leads_to_its_tickets,
    a_mood_leads_to_its_tickets,
    the_time_to_a_first_reply_leads_to_its_tickets,
    wrong_filters_are_told_by_field,
);

async fn desk(engine: Engine) -> World {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    world.clock.stand_still();
    world
}

/// Somebody with a token that does not end.
async fn lasting(world: &World) -> Client {
    let admin = world.admin().await;
    let token = admin.post("/api/tokens", json!({"name": "lasting"})).await.expect(201);
    admin.with_token(token["token"].as_str())
}

async fn open(client: &Client, subject: &str) -> String {
    let body = json!({"subject": subject, "message": "m"});
    client.post("/api/tickets", body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

/// The ids of a list. It is read one by one, and must be as long as it says.
async fn listed(client: &Client, path: &str) -> Vec<String> {
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("{path}&limit=1&count=exact{cursor}")).await.expect(200);
        ids.extend(page["items"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        let Some(next) = page["nextCursor"].as_str() else {
            assert_eq!(page["total"], json!(ids.len()), "{path}");
            return ids;
        };
        cursor = format!("&cursor={next}");
    }
}

/// Days in which clocks are put back, days in which they are put forward, and moments in them.
const AUTUMN: (&str, &str, &[&str]) = (
    "2026-10-12T00:00:00Z",
    "2026-11-02T00:00:00Z",
    &[
        // 02:30 on three Sundays in Berlin; on one of them the clocks show it again an hour later.
        "2026-10-18T00:30:00Z",
        "2026-10-25T00:30:00Z",
        "2026-10-25T01:15:00Z",
        "2026-11-01T01:30:00Z",
        // After it, and the very end of the hour before.
        "2026-10-25T02:00:00Z",
        "2026-10-24T23:59:59Z",
        // Mondays at nine, on summer time and after it.
        "2026-10-19T07:20:00Z",
        "2026-10-26T08:20:00Z",
    ],
);
const SPRING: (&str, &str, &[&str]) = (
    "2026-03-20T00:00:00Z",
    "2026-04-10T00:00:00Z",
    &[
        // 01:59:59 in Berlin and the next second, which is 03:00; in New York and on Lord Howe some days away from it.
        "2026-03-29T00:59:59Z",
        "2026-03-29T01:00:00Z",
        "2026-03-22T01:10:00Z",
        "2026-04-04T14:45:00Z",
        "2026-04-04T15:15:00Z",
    ],
);

async fn a_cell_of_the_heat_map_is_as_long_as_its_list(engine: Engine) {
    let world = desk(engine).await.with_numbers().await;
    let client = lasting(&world).await;
    let mut made = 0;
    for (_, _, moments) in [AUTUMN, SPRING] {
        for moment in moments {
            world.clock.forward(from_rfc3339(moment).unwrap() - world.app.clock.now());
            open(&client, "It is broken").await;
            ring(&world.app, &made.to_string(), STRANGER, NORTH).await;
            made += 1;
        }
    }
    world.clock.forward(from_rfc3339("2026-11-24T09:00:00Z").unwrap() - world.app.clock.now());
    world.app.roll_up(&world.town.north.workspace).await.unwrap();

    for (from, to, moments) in [AUTUMN, SPRING] {
        let hours = format!("/api/dashboard/metrics?granularity=hour&from={from}&to={to}");
        let hours = client.get(&hours).await.expect(200);
        for zone in ["Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"] {
            // As the page puts hours together.
            let mut cells: BTreeMap<String, (i64, i64)> = BTreeMap::new();
            for hour in hours["items"].as_array().unwrap() {
                let shown = Zone::named(zone).clock(from_rfc3339(hour["from"].as_str().unwrap()).unwrap());
                let cell = cells.entry(shown.format("weekday=%u&hour=%-H").to_string()).or_default();
                cell.0 += hour["ticketsCreated"].as_i64().unwrap();
                cell.1 += hour["calls"].as_i64().unwrap();
            }
            assert_eq!(cells.len(), 7 * 24, "{zone}");
            let mut seen = BTreeSet::new();
            // Every cell that has some, and one that has none.
            let empty = cells.iter().position(|(_, counted)| *counted == (0, 0)).unwrap();
            for (index, (cell, (tickets, calls))) in cells.into_iter().enumerate() {
                if (tickets, calls) == (0, 0) && index != empty {
                    continue;
                }
                let cell = format!("{cell}&timezone={zone}");
                let found = listed(&client, &format!("/api/tickets?{cell}&createdFrom={from}&createdTo={to}")).await;
                assert_eq!(found.len() as i64, tickets, "{cell}");
                seen.extend(found);
                let found = listed(&client, &format!("/api/calls?{cell}&dateFrom={from}&dateTo={to}")).await;
                assert_eq!(found.len() as i64, calls, "{cell}");
                seen.extend(found);
            }
            assert_eq!(seen.len(), 2 * moments.len(), "{zone}");
        }
    }
    // The hour that came twice, and the one that did not come.
    let sunday = "weekday=7&hour=2&timezone=Europe/Berlin";
    let autumn = format!("/api/tickets?{sunday}&createdFrom={}&createdTo={}", AUTUMN.0, AUTUMN.1);
    assert_eq!(listed(&client, &autumn).await.len(), 4);
    let day = format!("/api/tickets?{sunday}&createdFrom=2026-10-24T22:00:00Z&createdTo=2026-10-25T23:00:00Z");
    assert_eq!(listed(&client, &day).await.len(), 2);
    let spring = format!("/api/tickets?{sunday}&createdFrom=2026-03-28T23:00:00Z&createdTo=2026-03-29T22:00:00Z");
    assert!(listed(&client, &spring).await.is_empty());
    // Together with other filters, as a file, and for nobody else.
    assert_eq!(listed(&client, &format!("{autumn}&priority=MEDIUM&q=broken")).await.len(), 4);
    let file = client.get(&autumn.replace("/api/tickets", "/api/tickets/export.csv")).await;
    assert_eq!((file.status, file.text.trim().lines().count()), (200, 5));
    assert!(listed(&world.foreigner().await, &autumn).await.is_empty());
    world.stop().await;
}

/// A suggestion for a ticket, with what a person made of it.
async fn judged(world: &World, client: &Client, ticket: &str, verdict: Option<&str>) {
    let asked = client.post("/api/copilot/v1/draft-reply", json!({"ticketId": ticket})).await.expect(202);
    while world.app.work_once().await.unwrap() > 0 {}
    let Some(verdict) = verdict else { return };
    let id = asked["data"]["suggestionId"].as_str().unwrap();
    let mut body = json!({"verdict": verdict});
    if verdict == "edited" {
        body["finalText"] = json!("Hello, we look into it.");
    }
    client.post(&format!("/api/copilot/v1/feedback/{id}"), body).await.expect(200);
}

async fn what_became_of_suggestions_leads_to_its_tickets(engine: Engine) {
    let world = desk(engine).await;
    let client = lasting(&world).await;
    let start = world.app.clock.now();
    let mut opened = Vec::new();
    for subject in ["The first", "The second", "The third"] {
        opened.push(open(&client, subject).await);
        world.clock.forward(1);
    }
    let [first, second, third] = <[String; 3]>::try_from(opened).unwrap();
    open(&client, "Without any").await;
    // Days apart: what counts is when a suggestion was asked for, not when it was judged or when the ticket was opened.
    judged(&world, &client, &first, Some("accepted")).await;
    judged(&world, &client, &first, Some("accepted")).await;
    world.clock.forward(2 * DAY);
    judged(&world, &client, &first, Some("rejected")).await;
    judged(&world, &client, &second, Some("edited")).await;
    world.clock.forward(2 * DAY);
    judged(&world, &client, &third, None).await;
    world.app.roll_up(&world.town.north.workspace).await.unwrap();

    let [early, middle, late, end] = [start - HOUR, start + DAY, start + 3 * DAY, start + 5 * DAY].map(to_rfc3339);
    let all = (&early, &end);
    for ((from, to), copilot, expected) in [
        (all, "accepted", vec![&first]),
        (all, "edited", vec![&second]),
        (all, "rejected", vec![&first]),
        (all, "unjudged", vec![&third]),
        (all, "accepted,edited&copilot=REJECTED", vec![&second, &first]),
        (all, "accepted,edited,rejected,unjudged", vec![&third, &second, &first]),
        ((&early, &middle), "accepted,rejected", vec![&first]),
        ((&early, &middle), "edited,rejected,unjudged", vec![]),
        ((&middle, &late), "edited,rejected", vec![&second, &first]),
        ((&late, &end), "accepted,edited,rejected", vec![]),
    ] {
        let path = format!("/api/tickets?copilot={copilot}&copilotFrom={from}&copilotTo={to}");
        assert_eq!(listed(&client, &path).await, expected.into_iter().cloned().collect::<Vec<_>>(), "{path}");
    }
    assert_eq!(listed(&client, "/api/tickets?copilot=edited").await, std::slice::from_ref(&second));
    assert_eq!(listed(&client, "/api/tickets?copilot=accepted,edited&q=second").await, std::slice::from_ref(&second));
    assert!(listed(&client, "/api/tickets?copilot=accepted&status=CLOSED").await.is_empty());
    assert!(listed(&world.foreigner().await, "/api/tickets?copilot=accepted,unjudged").await.is_empty());

    // What the analytics count is found in the list, however many suggestions a ticket has.
    let metrics = client.get(&format!("/api/dashboard/metrics?from={early}&to={end}")).await.expect(200);
    for day in metrics["items"].as_array().unwrap() {
        let (from, to) = (day["from"].as_str().unwrap(), day["to"].as_str().unwrap());
        for (figure, copilot) in
            [("suggestionsAccepted", "accepted"), ("suggestionsEdited", "edited"), ("suggestionsRejected", "rejected")]
        {
            let path = format!("/api/tickets?copilot={copilot}&copilotFrom={from}&copilotTo={to}");
            let tickets = listed(&client, &path).await.len();
            let counted = day[figure].as_u64().unwrap();
            assert_eq!(tickets, usize::from(counted > 0), "{path} {counted}");
        }
    }

    // A view keeps it and counts by it.
    let view = json!({"name": "Rejected", "filters": {"copilot": ["rejected"], "copilotFrom": middle}});
    let view = client.post("/api/saved-views", view).await.expect(201);
    assert_eq!(view["filters"], json!({"copilot": ["rejected"], "copilotFrom": middle}));
    let counted = client.get("/api/saved-views?counts=true").await.expect(200);
    let counted = counted["items"].as_array().unwrap().iter().find(|one| one["id"] == view["id"]).unwrap().clone();
    assert_eq!(counted["ticketCount"], 1, "{counted}");
    world.stop().await;
}

async fn a_mood_leads_to_its_tickets(engine: Engine) {
    let world = desk(engine).await;
    let client = lasting(&world).await;
    let mut tickets = Vec::new();
    for mood in ["negative", "negative", "positive", "neutral", ""] {
        let id = open(&client, "It is broken").await;
        if !mood.is_empty() {
            change(&world.store, &format!("UPDATE tickets SET sentiment = '{mood}' WHERE id = '{id}'")).await;
        }
        tickets.push(id);
        world.clock.forward(1);
    }
    world.app.roll_up(&world.town.north.workspace).await.unwrap();
    let metrics = client.get("/api/dashboard/metrics?granularity=day").await.expect(200);
    let today: &Value = metrics["items"].as_array().unwrap().last().unwrap();
    let span = format!("createdFrom={}&createdTo={}", today["from"].as_str().unwrap(), today["to"].as_str().unwrap());
    for mood in ["positive", "neutral", "negative"] {
        let found = listed(&client, &format!("/api/tickets?sentiment={mood}&{span}")).await;
        assert_eq!(json!(found.len()), today["sentiment"][mood], "{mood}");
    }
    let found = listed(&client, "/api/tickets?sentiment=Negative,positive").await;
    assert_eq!(found, [&tickets[2], &tickets[1], &tickets[0]].map(Clone::clone));
    world.stop().await;
}

async fn the_time_to_a_first_reply_leads_to_its_tickets(engine: Engine) {
    let world = desk(engine).await;
    let client = lasting(&world).await;
    let start = world.app.clock.now();
    let mut tickets = Vec::new();
    for subject in ["The first", "The second", "The third"] {
        tickets.push(open(&client, subject).await);
        world.clock.forward(1);
    }
    // Opened on one day and answered on three; a note and a second reply count for nothing.
    let say = async |ticket: &str, internal: bool| {
        let body = json!({"body": "We look at it.", "isInternal": internal});
        client.post(&format!("/api/tickets/{ticket}/messages"), body).await.expect(201);
    };
    say(&tickets[2], true).await;
    for ticket in &tickets[..2] {
        say(ticket, false).await;
        world.clock.forward(DAY);
    }
    say(&tickets[0], false).await;
    world.app.roll_up(&world.town.north.workspace).await.unwrap();

    let (from, to) = (to_rfc3339(start - HOUR), to_rfc3339(start + 3 * DAY));
    let metrics = client.get(&format!("/api/dashboard/metrics?from={from}&to={to}")).await.expect(200);
    let mut found = Vec::new();
    for day in metrics["items"].as_array().unwrap() {
        let (from, to) = (day["from"].as_str().unwrap(), day["to"].as_str().unwrap());
        let path = format!("/api/tickets?firstRespondedFrom={from}&firstRespondedTo={to}");
        let of_day = listed(&client, &path).await;
        assert_eq!(json!(of_day.len()), day["firstResponses"], "{path}");
        found.extend(of_day);
    }
    assert_eq!(found, tickets[..2]);
    // As a file, in a view, and for nobody else.
    let all = format!("firstRespondedFrom={from}&firstRespondedTo={to}");
    let file = client.get(&format!("/api/tickets/export.csv?{all}")).await;
    assert_eq!((file.status, file.text.trim().lines().count()), (200, 3));
    let filters = json!({"firstRespondedFrom": from, "firstRespondedTo": to});
    let view = client.post("/api/saved-views", json!({"name": "Answered", "filters": filters})).await.expect(201);
    assert_eq!(view["filters"], filters);
    assert!(listed(&world.foreigner().await, &format!("/api/tickets?{all}")).await.is_empty());
    world.stop().await;
}

async fn wrong_filters_are_told_by_field(engine: Engine) {
    let world = World::new(engine).await;
    let viewer = world.viewer().await;
    let days = "createdFrom=2026-10-01&createdTo=2026-11-01";
    for (query, fields) in [
        ("weekday=1".to_owned(), vec!["hour", "timezone", "createdFrom", "createdTo"]),
        (format!("hour=9&{days}"), vec!["weekday", "timezone"]),
        (format!("timezone=UTC&{days}"), vec!["weekday", "hour"]),
        (format!("weekday=0&hour=24&timezone=Mars&{days}"), vec!["weekday", "hour", "timezone"]),
        ("weekday=1&hour=9&timezone=UTC&createdFrom=2026-10-01".into(), vec!["createdTo"]),
        ("weekday=1&hour=9&timezone=UTC&createdFrom=soon&createdTo=2026-10-01".into(), vec!["createdFrom"]),
        ("weekday=1&hour=9&timezone=UTC&createdFrom=2025-10-01&createdTo=2026-11-06".into(), vec!["createdFrom"]),
        ("copilot=liked".into(), vec!["copilot"]),
        ("copilot=accepted&copilotTo=soon".into(), vec!["copilotTo"]),
        ("copilotFrom=2026-10-01".into(), vec!["copilot"]),
        ("copilot=&copilotFrom=2026-10-01".into(), vec!["copilot"]),
        ("sentiment=angry".into(), vec!["sentiment"]),
    ] {
        let path = format!("/api/tickets?{query}");
        assert_eq!(viewer.get(&path).await.wrong_fields(), fields, "{path}");
    }
    let told = viewer.get("/api/tickets?copilot=liked").await.refused(422, "validation_failed");
    let message = told["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("accepted, edited, rejected, unjudged"), "{message}");
    for query in ["weekday=Monday", "hour=-1", "weekday=1&weekday=2"] {
        assert_eq!(viewer.get(&format!("/api/tickets?{query}")).await.status, 422, "{query}");
    }
    let view = json!({"name": "n", "filters": {"weekday": 9, "copilot": ["liked"]}});
    let wrong = world.agent().await.post("/api/saved-views", view).await.wrong_fields();
    let expected = ["copilot", "weekday", "hour", "timezone", "createdFrom", "createdTo"];
    assert_eq!(wrong, expected.map(|field| format!("filters.{field}")));
    world.stop().await;
}
