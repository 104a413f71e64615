//! The list behind a number: tickets and calls of an hour of the week, tickets by what became of the copilot's work, by mood, by
//! when they were first answered, by who wrote in them and who asked the copilot.

use std::collections::{BTreeMap, BTreeSet};

use patchcord_domain::days::Zone;
use patchcord_domain::id::new_id;
use patchcord_domain::time::{DAY, HOUR, from_rfc3339, to_rfc3339};
use serde_json::{Value, json};

use crate::harness::{self, Client, Engine, NORTH, Random, STRANGER, World, both_engines, change, ring};

both_engines!(
    a_cell_of_the_heat_map_is_as_long_as_its_list,
    what_became_of_suggestions_leads_to_its_tickets,
    a_mood_leads_to_its_tickets,
    the_time_to_a_first_reply_leads_to_its_tickets,
    what_a_person_wrote_leads_to_its_tickets,
    what_a_person_asked_the_copilot_for_leads_to_its_tickets,
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
    say(&client, &tickets[2], true).await;
    for ticket in &tickets[..2] {
        say(&client, ticket, false).await;
        world.clock.forward(DAY);
    }
    say(&client, &tickets[0], false).await;
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

/// The line of a person in the figures of a span.
async fn person(client: &Client, name: &str, (from, to): &(String, String)) -> Value {
    let people = client.get(&format!("/api/dashboard/agents?from={from}&to={to}")).await.expect(200);
    let line = people["items"].as_array().unwrap().iter().find(|line| line["name"] == name);
    line.unwrap_or_else(|| panic!("{name} {people}")).clone()
}

async fn say(client: &Client, ticket: &str, internal: bool) {
    let body = json!({"body": "We look at it.", "isInternal": internal});
    client.post(&format!("/api/tickets/{ticket}/messages"), body).await.expect(201);
}

/// A message as histories have it: under a support agent, alone or beside a user.
async fn written(world: &World, ticket: &str, user: Option<&str>, agent: &str) {
    let user = user.map_or("NULL".to_owned(), |id| format!("'{id}'"));
    let sql = format!(
        "INSERT INTO ticket_messages (workspace_id, id, ticket_id, author_type, author_user_id, author_agent_id, body, \
         is_internal, created_at) VALUES ('{}', '{}', '{ticket}', 'AGENT', {user}, '{agent}', 'Done.', FALSE, {})",
        world.town.north.workspace.as_str(),
        new_id(&Random),
        world.app.clock.now()
    );
    change(&world.store, &sql).await;
}

async fn what_a_person_wrote_leads_to_its_tickets(engine: Engine) {
    let world = desk(engine).await;
    // An administrator for whom no support agent stands, and a person for whom one does.
    change(&world.store, "UPDATE support_agents SET user_id = NULL WHERE name LIKE 'ADMIN of %'").await;
    let admin = lasting(&world).await;
    let foreigner = world.foreigner().await;
    let start = world.app.clock.now();
    let mut tickets = Vec::new();
    for subject in ["The first", "The second", "The third", "The fourth", "The fifth", "The sixth"] {
        tickets.push(open(&admin, subject).await);
        world.clock.forward(1);
    }
    let foreign = open(&foreigner, "Elsewhere").await;
    world.clock.forward(DAY);
    let begin = world.app.clock.now();
    let agent = world.agent().await;
    let line = person(&admin, "AGENT of north", &(to_rfc3339(start), to_rfc3339(begin))).await;
    let [agent_id, user_id] = ["supportAgent", "user"].map(|who| line[who]["id"].as_str().unwrap().to_owned());
    let line = person(&admin, "ADMIN of north", &(to_rfc3339(start), to_rfc3339(begin))).await;
    assert_eq!((&line["supportAgent"], &line["replies"]), (&json!(null), &json!(6)), "{line}");
    let admin_id = line["user"]["id"].as_str().unwrap().to_owned();

    say(&agent, &tickets[0], false).await;
    say(&agent, &tickets[0], false).await;
    say(&agent, &tickets[1], false).await;
    say(&agent, &tickets[2], true).await;
    say(&admin, &tickets[3], false).await;
    written(&world, &tickets[4], None, &agent_id).await;
    written(&world, &tickets[5], Some(&admin_id), &agent_id).await;
    say(&world.foreigner().await, &foreign, false).await;
    // The span ends before what is written now.
    world.clock.forward(DAY);
    let end = world.app.clock.now();
    say(&world.agent().await, &tickets[2], false).await;
    // What was written in a ticket that was merged is found in the other one, which is younger.
    world.clock.forward(2 * DAY);
    let younger = open(&admin, "Again").await;
    let into = json!({"intoTicketId": younger});
    admin.post(&format!("/api/tickets/{}/merge", tickets[1]), into).await.expect(200);
    world.app.roll_up(&world.town.north.workspace).await.unwrap();

    let days = |from: i64, to: i64| (to_rfc3339(from), to_rfc3339(to));
    let of = |places: &[usize]| places.iter().map(|place| tickets[*place].clone()).collect::<Vec<_>>();
    let (first, inner, last) = (days(start, begin), days(begin, end), days(end, end + HOUR));
    for (name, id, span, replies, expected) in [
        ("AGENT of north", &agent_id, &first, 0, vec![]),
        ("AGENT of north", &agent_id, &inner, 4, [vec![younger.clone()], of(&[4, 0])].concat()),
        ("AGENT of north", &agent_id, &last, 1, of(&[2])),
        ("ADMIN of north", &admin_id, &first, 6, [vec![younger.clone()], of(&[5, 4, 3, 2, 0])].concat()),
        ("ADMIN of north", &admin_id, &inner, 2, of(&[5, 3])),
        ("ADMIN of north", &admin_id, &last, 0, vec![]),
    ] {
        if replies > 0 {
            assert_eq!(person(&admin, name, span).await["replies"], replies, "{name} {span:?}");
        }
        let path = format!("/api/tickets?repliedById={id}&repliedFrom={}&repliedTo={}", span.0, span.1);
        assert_eq!(listed(&admin, &path).await, expected, "{name} {span:?}");
    }
    // Without a span, for whoever asks, by the user alone, with others, and beside words.
    let wrote = [vec![younger.clone()], of(&[4, 2, 0])].concat();
    let agent = world.agent().await;
    for (query, expected) in [
        (format!("repliedById={agent_id}"), wrote.clone()),
        ("repliedById=me".into(), wrote),
        (format!("repliedById={user_id}&repliedTo={}", inner.1), [vec![younger.clone()], of(&[0])].concat()),
        (
            format!("repliedById={agent_id},{admin_id}&repliedFrom={}", inner.0),
            [vec![younger.clone()], of(&[5, 4, 3, 2, 0])].concat(),
        ),
        (format!("repliedById={agent_id}&q=third"), of(&[2])),
        (format!("repliedById={agent_id}&q=fourth"), vec![]),
        (format!("repliedById={}", new_id(&Random)), vec![]),
    ] {
        assert_eq!(listed(&agent, &format!("/api/tickets?{query}")).await, expected, "{query}");
    }
    // As a file, in a view, and for nobody else.
    let all = format!("repliedById={agent_id}&repliedFrom={}&repliedTo={}", inner.0, inner.1);
    let file = admin.get(&format!("/api/tickets/export.csv?{all}")).await;
    assert_eq!((file.status, file.text.trim().lines().count()), (200, 4));
    let filters = json!({"repliedById": ["me"], "repliedFrom": inner.0, "repliedTo": inner.1});
    let view = agent.post("/api/saved-views", json!({"name": "Mine", "filters": filters})).await.expect(201);
    assert_eq!(view["filters"], filters);
    let counted = agent.get("/api/saved-views?counts=true").await.expect(200);
    let counted = counted["items"].as_array().unwrap().iter().find(|one| one["id"] == view["id"]).unwrap().clone();
    assert_eq!(counted["ticketCount"], 3, "{counted}");
    assert!(listed(&world.foreigner().await, &format!("/api/tickets?{all}")).await.is_empty());
    world.stop().await;
}

async fn what_a_person_asked_the_copilot_for_leads_to_its_tickets(engine: Engine) {
    let world = desk(engine).await;
    let admin = lasting(&world).await;
    let start = world.app.clock.now();
    let mut tickets = Vec::new();
    for subject in ["The first", "The second", "The third", "The fourth", "The fifth"] {
        tickets.push(open(&admin, subject).await);
        world.clock.forward(1);
    }
    let agent = world.agent().await;
    judged(&world, &agent, &tickets[0], Some("accepted")).await;
    judged(&world, &agent, &tickets[0], Some("edited")).await;
    judged(&world, &agent, &tickets[1], Some("rejected")).await;
    judged(&world, &agent, &tickets[2], None).await;
    judged(&world, &admin, &tickets[1], Some("accepted")).await;
    // Nobody asked for what the desk did by itself, whatever a person made of it.
    judged(&world, &admin, &tickets[3], Some("accepted")).await;
    let itself = format!("UPDATE ai_suggestions SET requested_by = NULL WHERE ticket_id = '{}'", tickets[3]);
    change(&world.store, &itself).await;
    world.clock.forward(DAY);
    let end = world.app.clock.now();
    judged(&world, &world.agent().await, &tickets[4], Some("accepted")).await;
    world.app.roll_up(&world.town.north.workspace).await.unwrap();

    let span = (to_rfc3339(start), to_rfc3339(end));
    let line = person(&admin, "AGENT of north", &span).await;
    let by = line["user"]["id"].as_str().unwrap();
    for (copilot, figures, expected) in [
        ("accepted", &["suggestionsAccepted"][..], vec![&tickets[0]]),
        ("edited", &["suggestionsEdited"], vec![&tickets[0]]),
        ("rejected", &["suggestionsRejected"], vec![&tickets[1]]),
        ("unjudged", &[], vec![&tickets[2]]),
        ("accepted,edited", &["suggestionsAccepted", "suggestionsEdited"], vec![&tickets[0]]),
        ("accepted,edited,rejected,unjudged", &[], vec![&tickets[2], &tickets[1], &tickets[0]]),
    ] {
        for figure in figures {
            assert_eq!(line[figure], 1, "{line}");
        }
        let path = format!("/api/tickets?copilot={copilot}&copilotFrom={}&copilotTo={}", span.0, span.1);
        let expected: Vec<String> = expected.into_iter().cloned().collect();
        assert_eq!(listed(&admin, &format!("{path}&copilotById={by}")).await, expected, "{path}");
        assert_eq!(listed(&world.agent().await, &format!("{path}&copilotById=me")).await, expected, "{path}");
        assert!(listed(&admin, &format!("{path}&copilotById={}", new_id(&Random))).await.is_empty());
        assert!(listed(&world.foreigner().await, &format!("{path}&copilotById={by}")).await.is_empty());
    }
    let ever = format!("/api/tickets?copilot=accepted&copilotById={by}");
    assert_eq!(listed(&admin, &ever).await, [&tickets[4], &tickets[0]].map(Clone::clone));
    assert_eq!(listed(&admin, &format!("{ever}&q=fifth")).await, tickets[4..]);
    let filters = json!({"copilot": ["accepted"], "copilotById": [by]});
    let view = json!({"name": "Taken", "filters": filters});
    assert_eq!(admin.post("/api/saved-views", view).await.expect(201)["filters"], filters);
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
        ("copilotById=me".into(), vec!["copilot"]),
        ("copilot=accepted&copilotById=none".into(), vec!["copilotById"]),
        ("repliedFrom=2026-10-01".into(), vec!["repliedById"]),
        ("repliedTo=2026-10-01&repliedById=".into(), vec!["repliedById"]),
        ("repliedById=them".into(), vec!["repliedById"]),
        ("repliedById=me&repliedTo=soon".into(), vec!["repliedTo"]),
        ("sentiment=angry".into(), vec!["sentiment"]),
    ] {
        let path = format!("/api/tickets?{query}");
        assert_eq!(viewer.get(&path).await.wrong_fields(), fields, "{path}");
    }
    let told = viewer.get("/api/tickets?copilot=liked").await.refused(422, "validation_failed");
    let message = told["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("accepted, edited, rejected, unjudged"), "{message}");
    let told = viewer.get("/api/tickets?repliedTo=2026-10-01").await.refused(422, "validation_failed");
    let message = told["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains("ids of support agents or users, or me"), "{message}");
    for query in ["weekday=Monday", "hour=-1", "weekday=1&weekday=2"] {
        assert_eq!(viewer.get(&format!("/api/tickets?{query}")).await.status, 422, "{query}");
    }
    let view = json!({"name": "n", "filters": {"weekday": 9, "copilot": ["liked"]}});
    let wrong = world.agent().await.post("/api/saved-views", view).await.wrong_fields();
    let expected = ["copilot", "weekday", "hour", "timezone", "createdFrom", "createdTo"];
    assert_eq!(wrong, expected.map(|field| format!("filters.{field}")));
    let nobody = new_id(&Random);
    let view =
        json!({"name": "n", "filters": {"copilot": ["edited"], "copilotById": [nobody], "repliedById": [nobody]}});
    let wrong = world.agent().await.post("/api/saved-views", view).await.wrong_fields();
    assert_eq!(wrong, ["filters.repliedById", "filters.copilotById"]);
    world.stop().await;
}
