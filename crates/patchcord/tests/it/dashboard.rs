//! The dashboard: what it shows, to whom, and what it refuses.

use patchcord_domain::id::new_id;
use patchcord_domain::time::{DAY, HOUR, MINUTE};
use patchcord_store::StoreError;
use patchcord_store::rows::UsageLog;
use serde_json::{Value, json};

use crate::harness::{self, Client, Engine, Random, Socket, TestClock, World, both_engines, change};

both_engines!(
    an_empty_desk_has_zeros_and_nulls,
    today_is_compared_up_to_the_same_time,
    the_backlog_by_priority_and_age,
    series_have_no_gaps,
    wrong_spans,
    agents_are_shown_with_what_they_did,
    costs_are_for_administrators,
    customers_in_every_order,
    an_analysis_tells_how_content_a_customer_is,
    files_for_spreadsheets,
    listeners_hear_that_figures_changed,
);

async fn desk(engine: Engine) -> World {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    world.clock.stand_still();
    // Nine o'clock sharp.
    world.clock.forward(TestClock::START - world.app.clock.now());
    world
}

/// Somebody with a token that does not end.
async fn lasting(world: &World) -> Client {
    let admin = world.admin().await;
    let token = admin.post("/api/tokens", json!({"name": "lasting"})).await.expect(201);
    admin.with_token(token["token"].as_str())
}

async fn roll_up(world: &World) {
    world.app.roll_up(&world.town.north.workspace).await.unwrap();
}

async fn open(client: &Client, priority: &str) -> String {
    let body = json!({"subject": "It is broken", "message": "m", "priority": priority});
    client.post("/api/tickets", body).await.expect(201)["id"].as_str().unwrap().to_owned()
}

async fn resolve(client: &Client, ticket: &str) {
    client.patch(&format!("/api/tickets/{ticket}/status"), json!({"status": "RESOLVED"})).await.expect(200);
}

async fn answer(client: &Client, ticket: &str) {
    client.post(&format!("/api/tickets/{ticket}/messages"), json!({"body": "We look into it."})).await.expect(201);
}

async fn an_empty_desk_has_zeros_and_nulls(engine: Engine) {
    let world = desk(engine).await;
    let viewer = world.viewer().await;
    let overview = viewer.get("/api/dashboard/overview").await.expect(200);
    assert_eq!(overview["timezone"], "UTC");
    let today = &overview["today"];
    assert_eq!((&today["from"], &today["ticketsCreated"]), (&json!("2026-11-24T00:00:00.000Z"), &json!(0)));
    for field in [
        "answerRate",
        "aiResolutionRate",
        "meanHandleSeconds",
        "meanFirstResponseSeconds",
        "meanResolutionSeconds",
        "slaCompliance",
        "acceptanceRate",
    ] {
        assert_eq!(today[field], Value::Null, "{field}");
    }
    assert_eq!(today["calls"], 0);
    assert_eq!(overview["open"]["total"], 0);
    assert_eq!(overview["open"]["oldestAt"], Value::Null);
    let series = viewer.get("/api/dashboard/metrics").await.expect(200);
    assert_eq!(series["items"].as_array().unwrap().len(), 30);
    let agents = viewer.get("/api/dashboard/agents").await.expect(200);
    assert!(agents["items"].as_array().unwrap().iter().all(|agent| agent["solved"] == 0 && agent["openNow"] == 0));
    let customers = viewer.get("/api/dashboard/customers?count=exact").await.expect(200);
    assert_eq!((customers["items"].as_array().unwrap().len(), &customers["total"]), (0, &json!(0)));
}

async fn today_is_compared_up_to_the_same_time(engine: Engine) {
    let world = desk(engine).await;
    let client = lasting(&world).await;
    client.patch("/api/workspace", json!({"timezone": "Asia/Kolkata"})).await.expect(200);
    // 14:30 in Kolkata. A week before: one ticket at 10:00, one at 20:00, of which only the first counts.
    let start = world.app.clock.now();
    let go = |at: i64| world.clock.forward(at - world.app.clock.now());
    go(start - 7 * DAY - 4 * HOUR - 30 * MINUTE);
    open(&client, "LOW").await;
    go(start - 7 * DAY + 5 * HOUR + 30 * MINUTE);
    open(&client, "LOW").await;
    // The day before: two, one of them a minute too late.
    go(start - DAY - MINUTE);
    open(&client, "LOW").await;
    go(start - DAY + MINUTE);
    open(&client, "LOW").await;
    // Today begins at 18:30 UTC of the day before.
    go(start - 14 * HOUR - 31 * MINUTE);
    open(&client, "LOW").await;
    go(start - 14 * HOUR - 29 * MINUTE);
    client.post("/api/sla-policies", json!({"priority": "HIGH", "resolutionMinutes": 60})).await.expect(201);
    let first = open(&client, "HIGH").await;
    go(start - 14 * HOUR - 19 * MINUTE);
    answer(&client, &first).await;
    go(start - 13 * HOUR - 29 * MINUTE);
    resolve(&client, &first).await;
    let second = open(&client, "HIGH").await;
    let breached = world.app.clock.now();
    // Noted on both rows, as the job does it.
    let clock = format!("UPDATE ticket_slas SET resolution_breached_at = {breached} WHERE ticket_id = '{second}'");
    change(&world.store, &clock).await;
    change(&world.store, &format!("UPDATE tickets SET sla_breached_at = {breached} WHERE id = '{second}'")).await;
    resolve(&client, &second).await;
    go(start);
    roll_up(&world).await;
    let overview = client.get("/api/dashboard/overview").await.expect(200);
    assert_eq!(overview["timezone"], "Asia/Kolkata");
    let (today, yesterday, week) = (&overview["today"], &overview["yesterday"], &overview["lastWeek"]);
    assert_eq!(
        (&today["from"], &today["to"]),
        (&json!("2026-11-23T18:30:00.000Z"), &json!("2026-11-24T09:00:00.000Z"))
    );
    assert_eq!(
        (&yesterday["from"], &yesterday["to"]),
        (&json!("2026-11-22T18:30:00.000Z"), &json!("2026-11-23T09:00:00.000Z"))
    );
    assert_eq!((&week["from"], &week["to"]), (&json!("2026-11-16T18:30:00.000Z"), &json!("2026-11-17T09:00:00.000Z")));
    assert_eq!([&today["ticketsCreated"], &yesterday["ticketsCreated"], &week["ticketsCreated"]], [2, 1, 1]);
    assert_eq!((&today["ticketsResolved"], &today["meanResolutionSeconds"]), (&json!(2), &json!(1_800.0)));
    assert_eq!((&today["firstResponses"], &today["meanFirstResponseSeconds"]), (&json!(1), &json!(600.0)));
    assert_eq!((&today["slaBreaches"], &today["slaCompliance"]), (&json!(1), &json!(0.5)));
    // Opened again, it is resolved no more, although that was another hour.
    client.patch(&format!("/api/tickets/{first}/status"), json!({"status": "OPEN"})).await.expect(200);
    roll_up(&world).await;
    let overview = client.get("/api/dashboard/overview").await.expect(200);
    assert_eq!((&overview["today"]["ticketsResolved"], &overview["today"]["slaCompliance"]), (&json!(1), &json!(0.0)));
}

async fn the_backlog_by_priority_and_age(engine: Engine) {
    let world = desk(engine).await;
    let client = lasting(&world).await;
    let start = world.app.clock.now();
    for (days, priority) in [(40, "URGENT"), (20, "HIGH"), (5, "LOW"), (2, "LOW"), (0, "MEDIUM"), (0, "MEDIUM")] {
        world.clock.forward(start - days * DAY - world.app.clock.now());
        open(&client, priority).await;
    }
    let closed = open(&client, "URGENT").await;
    resolve(&client, &closed).await;
    roll_up(&world).await;
    let open = client.get("/api/dashboard/overview").await.expect(200)["open"].clone();
    assert_eq!(open["total"], 6);
    assert_eq!(open["byPriority"], json!({"LOW": 2, "MEDIUM": 2, "HIGH": 1, "URGENT": 1}));
    let ages =
        json!({"withinOneDay": 2, "withinThreeDays": 1, "withinSevenDays": 1, "withinThirtyDays": 1, "older": 1});
    assert_eq!(open["byAge"], ages);
    assert_eq!(open["oldestAt"], "2026-10-15T09:00:00.000Z");
}

async fn series_have_no_gaps(engine: Engine) {
    let world = desk(engine).await;
    let client = lasting(&world).await;
    client.patch("/api/workspace", json!({"timezone": "Europe/Berlin"})).await.expect(200);
    open(&client, "LOW").await;
    roll_up(&world).await;
    let hours =
        client.get("/api/dashboard/metrics?granularity=hour&from=2026-11-24T08:10:00Z&to=2026-11-24T10:00:00Z").await;
    let hours = hours.expect(200);
    let shown: Vec<(&str, i64)> = hours["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hour| (hour["from"].as_str().unwrap(), hour["ticketsCreated"].as_i64().unwrap()))
        .collect();
    assert_eq!(shown, [("2026-11-24T08:00:00.000Z", 0), ("2026-11-24T09:00:00.000Z", 1)]);
    // A date is a day of Berlin; clocks are put back on the 25th of October.
    let days = client.get("/api/dashboard/metrics?granularity=DAY&from=2026-10-24&to=2026-11-25").await.expect(200);
    let items = days["items"].as_array().unwrap();
    assert_eq!(
        (items.len(), &items[0]["from"], &items[0]["day"]),
        (32, &json!("2026-10-23T22:00:00.000Z"), &json!("2026-10-24"))
    );
    assert_eq!(
        (&items[1]["from"], &items[1]["to"]),
        (&json!("2026-10-24T22:00:00.000Z"), &json!("2026-10-25T23:00:00.000Z"))
    );
    assert_eq!((&items[31]["day"], &items[31]["ticketsCreated"]), (&json!("2026-11-24"), &json!(1)));
    let last = client.get("/api/dashboard/metrics?granularity=hour").await.expect(200);
    assert_eq!(last["items"].as_array().unwrap().len(), 24);
    // Another workspace sees nothing of it.
    let foreign = world.foreigner().await.get("/api/dashboard/metrics").await.expect(200);
    assert!(foreign["items"].as_array().unwrap().iter().all(|day| day["ticketsCreated"] == 0));
}

async fn wrong_spans(engine: Engine) {
    let world = desk(engine).await;
    let admin = world.admin().await;
    for (path, fields) in [
        ("metrics?granularity=week", vec!["granularity"]),
        ("metrics?granularity=week&from=yesterday&to=tomorrow", vec!["granularity", "from", "to"]),
        ("metrics?from=2026-11-24&to=2026-11-24", vec!["to"]),
        ("metrics?from=2025-01-01&to=2026-11-24", vec!["from"]),
        ("metrics?granularity=hour&from=2026-10-01&to=2026-11-24", vec!["from"]),
        ("metrics?from=1800-01-01&to=2026-11-24", vec!["from"]),
        ("metrics?to=9999-12-31", vec!["to"]),
        ("metrics?since=2026-11-24", vec!["query"]),
        ("metrics.csv?granularity=week", vec!["granularity"]),
        ("agents?from=2026-01-01", vec!["from"]),
        ("agents.csv?from=x", vec!["from"]),
        ("costs?from=2026-01-01", vec!["from"]),
        ("customers?sort=name", vec!["sort"]),
        ("customers?kind=person", vec!["kind"]),
        ("customers?limit=0", vec!["limit"]),
        ("customers?cursor=x", vec!["cursor"]),
        ("customers.csv?limit=5", vec!["limit"]),
    ] {
        let refused = admin.get(&format!("/api/dashboard/{path}")).await.wrong_fields();
        assert_eq!(refused, fields, "{path}");
    }
    admin.get("/api/dashboard/customers?offset=10001").await.refused(422, "use_cursor");
}

async fn agents_are_shown_with_what_they_did(engine: Engine) {
    let world = desk(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let all = admin.get("/api/support-agents").await.expect(200);
    let named = |name: &str| {
        let all = all["items"].as_array().unwrap().clone();
        all.into_iter().find(|agent| agent["name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let id = named("AGENT of north");
    let mut tickets = Vec::new();
    for _ in 0..3 {
        let ticket = open(&agent, "LOW").await;
        let body = json!({"supportAgentId": id});
        agent.post(&format!("/api/tickets/{ticket}/assign"), body).await.expect(200);
        tickets.push(ticket);
    }
    world.clock.forward(5 * MINUTE);
    answer(&agent, &tickets[0]).await;
    answer(&agent, &tickets[0]).await;
    resolve(&agent, &tickets[0]).await;
    for (verdict, action) in [("accepted", "analyze"), ("edited", "suggest"), ("rejected", "analyze")] {
        let body = json!({"ticketId": tickets[1]});
        let asked = agent.post(&format!("/api/copilot/v1/{action}"), body).await.expect(202);
        while world.app.work_once().await.unwrap() > 0 {}
        let id = asked["data"]["suggestionId"].as_str().unwrap();
        let body = json!({"verdict": verdict, "finalText": "x"});
        agent.post(&format!("/api/copilot/v1/feedback/{id}"), body).await.expect(200);
    }
    roll_up(&world).await;
    let found = world.viewer().await.get("/api/dashboard/agents").await.expect(200);
    let first = &found["items"][0];
    assert_eq!(
        (&first["name"], &first["supportAgent"]["id"], &first["kind"]),
        (&json!("AGENT of north"), &json!(id), &json!("HUMAN"))
    );
    let figures =
        ["assigned", "solved", "firstResponses", "replies", "openNow"].map(|name| first[name].as_i64().unwrap());
    // The messages with which three tickets were opened are public ones of the desk as well.
    assert_eq!(figures, [3, 1, 1, 5, 2]);
    assert_eq!((&first["meanResolutionSeconds"], &first["meanFirstResponseSeconds"]), (&json!(300.0), &json!(300.0)));
    let judged =
        ["suggestionsAccepted", "suggestionsEdited", "suggestionsRejected"].map(|name| first[name].as_i64().unwrap());
    assert_eq!(judged, [1, 1, 1]);
    // Before that, nothing.
    let before = admin.get("/api/dashboard/agents?from=2026-11-20&to=2026-11-24").await.expect(200);
    assert!(before["items"].as_array().unwrap().iter().all(|line| line["assigned"] == 0));
}

async fn spend(world: &World, model: &str, cost: i64, at: i64) {
    let workspace = world.town.north.workspace.clone();
    let log = UsageLog {
        workspace_id: String::new(),
        id: new_id(&Random),
        call_id: None,
        suggestion_id: None,
        provider: "openai".into(),
        model: model.into(),
        purpose: "analysis".into(),
        input_tokens: 1_000,
        cached_input_tokens: 250,
        output_tokens: 100,
        audio_input_tokens: 0,
        audio_output_tokens: 0,
        cost_usd: cost,
        latency_ms: 5,
        error: None,
        created_at: at,
    };
    let added: Result<(), StoreError> =
        world.store.write(move |tx| Box::pin(async move { tx.tenant(&workspace).add(log).await })).await;
    added.unwrap();
}

async fn costs_are_for_administrators(engine: Engine) {
    let world = desk(engine).await;
    let admin = world.admin().await;
    admin.patch("/api/workspace", json!({"timezone": "Asia/Kolkata", "dailyBudgetUsd": 2.0})).await.expect(200);
    let now = world.app.clock.now();
    spend(&world, "small", 250_000, now - MINUTE).await;
    spend(&world, "large", 1_000_000, now - HOUR).await;
    spend(&world, "large", 500_000, now - DAY).await;
    open(&admin, "LOW").await;
    open(&admin, "LOW").await;
    roll_up(&world).await;
    let costs = admin.get("/api/dashboard/costs").await.expect(200);
    assert_eq!(
        (&costs["total"]["costUsd"], &costs["total"]["requests"], &costs["total"]["cachedShare"]),
        (&json!(1.75), &json!(3), &json!(0.25))
    );
    let days = costs["byDay"].as_array().unwrap();
    assert_eq!(
        (days.len(), &days[29]["day"], &days[29]["costUsd"], &days[28]["costUsd"]),
        (30, &json!("2026-11-24"), &json!(1.25), &json!(0.5))
    );
    assert_eq!(days[29]["from"], "2026-11-23T18:30:00.000Z");
    let models: Vec<(&Value, &Value)> =
        costs["byModel"].as_array().unwrap().iter().map(|row| (&row["model"], &row["costUsd"])).collect();
    assert_eq!(models, [(&json!("large"), &json!(1.5)), (&json!("small"), &json!(0.25))]);
    assert_eq!(costs["byPurpose"][0]["purpose"], "analysis");
    assert_eq!((&costs["ticketsCreated"], &costs["perTicketUsd"]), (&json!(2), &json!(0.875)));
    assert_eq!(costs["budget"], json!({"dailyUsd": 2.0, "spentTodayUsd": 1.25, "leftTodayUsd": 0.75}));
    for client in [world.agent().await, world.viewer().await] {
        client.get("/api/dashboard/costs").await.refused(403, "forbidden");
        client.get("/api/dashboard/health").await.refused(403, "forbidden");
    }
    let foreign = world.foreigner().await.get("/api/dashboard/costs").await.expect(200);
    assert_eq!(foreign["total"]["requests"], 0);
}

async fn customers_in_every_order(engine: Engine) {
    let world = desk(engine).await;
    let admin = world.admin().await;
    let contact = &world.town.north.contact;
    for subject in ["One thing", "Another thing", "A third thing"] {
        let body = json!({"subject": subject, "message": "m", "contactId": contact});
        let ticket = admin.post("/api/tickets", body).await.expect(201);
        if subject == "One thing" {
            resolve(&admin, ticket["id"].as_str().unwrap()).await;
        }
    }
    roll_up(&world).await;
    let viewer = world.viewer().await;
    let found = viewer.get("/api/dashboard/customers?count=exact").await.expect(200);
    let line = &found["items"][0];
    assert_eq!(
        (&found["total"], &line["id"], &line["contactId"]),
        (&json!(1), &json!(world.town.north.organization), &Value::Null)
    );
    assert_eq!([&line["tickets"], &line["openTickets"], &line["calls"]], [3, 2, 0]);
    assert_eq!((&line["averageSentiment"], &line["lastContactAt"]), (&Value::Null, &json!("2026-11-24T09:00:00.000Z")));
    let found = viewer.get("/api/dashboard/customers?kind=contact&sort=-lastContactAt&limit=1").await.expect(200);
    assert_eq!((&found["items"][0]["contactId"], &found["items"][0]["name"]), (&json!(contact), &json!("Jonas Berg")));
    assert_eq!((&found["hasMore"], &found["nextCursor"]), (&json!(false), &Value::Null));
    // Many more, page by page by the cursor: each once, in order.
    let fill = |name: &str, column: &str| {
        format!(
            "INSERT INTO customer_metrics (workspace_id, id, kind, organization_id, contact_id, calls, tickets, open_tickets, \
             average_sentiment, sentiment_count, last_contact_at) \
             SELECT workspace_id, id, '{name}', NULL, NULL, 0, {column}, 1, 0, 0, 5 FROM organizations WHERE name LIKE 'Many %'"
        )
    };
    for number in 0..7 {
        change(&world.store, &format!(
            "INSERT INTO organizations (workspace_id, id, name, status, created_at, updated_at) VALUES ('{}', '{}', 'Many {number}', 'ACTIVE', 1, 1)",
            world.town.north.workspace, new_id(&Random)
        )).await;
    }
    change(&world.store, &fill("ORGANIZATION", "CAST(SUBSTR(name, 6) AS INTEGER) / 2")).await;
    for sort in ["tickets", "-tickets", "openTickets", "-averageSentiment", "lastContactAt"] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = viewer.get(&format!("/api/dashboard/customers?sort={sort}&limit=3{cursor}")).await.expect(200);
            seen.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|line| (line["tickets"].as_i64().unwrap(), line["id"].to_string())),
            );
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let mut unique = seen.clone();
        unique.sort();
        unique.dedup();
        assert_eq!((seen.len(), unique.len()), (8, 8), "{sort}");
        if sort == "tickets" {
            assert_eq!(seen, unique, "{sort}");
        }
    }
}

async fn an_analysis_tells_how_content_a_customer_is(engine: Engine) {
    let world = desk(engine).await;
    let agent = world.agent().await;
    let body = json!({"subject": "Still broken", "message": "I am very angry and disappointed. This is terrible, unacceptable and awful!",
        "contactId": world.town.north.contact});
    let ticket = agent.post("/api/tickets", body).await.expect(201);
    let id = ticket["id"].as_str().unwrap();
    agent.post("/api/copilot/v1/analyze", json!({"ticketId": id})).await.expect(202);
    while world.app.work_once().await.unwrap() > 0 {}
    let after = agent.get(&format!("/api/tickets/{id}")).await.expect(200);
    assert_eq!((&after["sentiment"], &after["version"]), (&json!("negative"), &ticket["version"]));
    roll_up(&world).await;
    let overview = agent.get("/api/dashboard/overview").await.expect(200);
    assert_eq!(overview["today"]["sentiment"], json!({"positive": 0, "neutral": 0, "negative": 1}));
    let customers = agent.get("/api/dashboard/customers?sort=averageSentiment").await.expect(200);
    assert_eq!(customers["items"][0]["averageSentiment"], -1.0);
}

async fn files_for_spreadsheets(engine: Engine) {
    let world = desk(engine).await;
    let agent = world.agent().await;
    let body = json!({"subject": "One thing", "message": "m", "contactId": world.town.north.contact});
    agent.post("/api/tickets", body).await.expect(201);
    roll_up(&world).await;
    for (path, name, lines, head, last) in [
        (
            "metrics.csv?granularity=day",
            "metrics.csv",
            31,
            "day,from,to,calls,",
            "2026-11-24,2026-11-24T00:00:00.000Z,2026-11-25T00:00:00.000Z,0,0,",
        ),
        (
            "customers.csv",
            "customers.csv",
            2,
            "id,name,organizationId,contactId,",
            &format!("{},Harbour Freight north,", world.town.north.organization),
        ),
        ("agents.csv", "agents.csv", 3, "name,supportAgentId,kind,userId,", ""),
    ] {
        let answer = agent.get(&format!("/api/dashboard/{path}")).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
        assert_eq!(answer.header("content-disposition"), format!("attachment; filename=\"{name}\""));
        let rows: Vec<&str> = answer.text.trim_end().split("\r\n").collect();
        assert_eq!(rows.len(), lines, "{path}: {}", answer.text);
        assert!(rows[0].starts_with(head) && rows[lines - 1].starts_with(last), "{path}: {}", answer.text);
        let columns = rows[0].split(',').count();
        assert!(rows.iter().all(|row| row.split(',').count() == columns), "{path}");
        world.viewer().await.get(&format!("/api/dashboard/{path}")).await.refused(403, "forbidden");
    }
}

async fn listeners_hear_that_figures_changed(engine: Engine) {
    let world = World::with(
        engine,
        harness::Setup {
            options: patchcord_app::Options { recurring: true, ..Default::default() },
            ..Default::default()
        },
    )
    .await;
    let agent = world.agent().await;
    let mut socket = Socket::listening(&world, &agent, &["metrics"]).await;
    open(&agent, "LOW").await;
    let tick = socket.next().await;
    assert_eq!((&tick["type"], &tick["data"]), (&json!("metrics.tick"), &json!({})));
    let overview = agent.get("/api/dashboard/overview").await.expect(200);
    assert_eq!(overview["today"]["ticketsCreated"], 1);
}
