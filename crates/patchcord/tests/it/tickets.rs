//! Tickets: opening with every field and every wrong one, reading, changing, their life, and what hostile texts become.

use patchcord_app::seed::DEMO_PASSWORD;
use patchcord_domain::time::{MINUTE, SECOND};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Engine, World, both_engines};

both_engines!(
    opened_with_every_field,
    opened_with_the_least,
    wrong_fields,
    foreign_things_are_unknown,
    product_areas,
    lengths_are_counted_in_characters,
    hostile_texts,
    numbers_are_unique,
    found_by_number,
    each_change_has_its_line,
    wrong_changes,
    a_contact_brings_its_organization,
    life_cycle,
    undo,
    stale_versions,
);

fn path(ticket: &Value) -> String {
    format!("/api/tickets/{}", ticket["id"].as_str().unwrap())
}

/// The audit trail: kind and payload of each line.
async fn trail(client: &Client, ticket: &Value) -> Vec<(String, Value)> {
    let events = client.get(&format!("{}/events", path(ticket))).await.expect(200);
    let lines = events["items"].as_array().unwrap();
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line["seq"], index + 1);
    }
    lines.iter().map(|line| (line["kind"].as_str().unwrap().to_owned(), line["payload"].clone())).collect()
}

async fn opened_with_every_field(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, place) = (world.agent().await, &world.town.north);
    let input = json!({"subject": " VPN drops ", "message": "It drops.\r\nOften.", "priority": "high", "channel": "PHONE",
        "organizationId": place.organization, "contactId": place.contact, "deviceId": place.device, "tags": ["VPN", "vpn", "Home office"]});
    let answer = agent.post("/api/tickets", input).await;
    let location = answer.header("location").to_owned();
    let ticket = answer.expect(201);
    assert_eq!(location, path(&ticket));
    for (field, value) in [
        ("number", json!(1)),
        ("label", json!("TKT-0001")),
        ("subject", json!("VPN drops")),
        ("status", json!("OPEN")),
        ("priority", json!("HIGH")),
        ("channel", json!("PHONE")),
        ("tags", json!(["vpn", "home office"])),
        ("version", json!(1)),
        ("messageCount", json!(1)),
        ("productArea", Value::Null),
        ("assignee", Value::Null),
        ("firstRespondedAt", Value::Null),
    ] {
        assert_eq!(ticket[field], value, "{field}");
    }
    assert_eq!(
        (
            &ticket["organization"]["name"],
            &ticket["contact"]["name"],
            &ticket["device"]["name"],
            &ticket["createdBy"]["name"]
        ),
        (&json!("Harbour Freight north"), &json!("Jonas Berg"), &json!("HF-LAP-07"), &json!("AGENT of north"))
    );
    let message = &ticket["messages"][0];
    assert_eq!(
        (&message["body"], &message["authorType"], &message["author"]["name"], &message["isInternal"]),
        (&json!("It drops.\nOften."), &json!("CUSTOMER"), &json!("Jonas Berg"), &json!(false))
    );
    assert_eq!(agent.get(&path(&ticket)).await.expect(200), ticket);
    assert_eq!(world.viewer().await.get(&path(&ticket)).await.expect(200), ticket);
    assert_eq!(
        trail(&agent, &ticket).await,
        [("TICKET_CREATED".to_owned(), json!({"number": 1, "channel": "PHONE", "priority": "HIGH"}))]
    );
    world.stop().await;
}

async fn opened_with_the_least(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("abc", "x").await;
    assert_eq!(
        (&ticket["priority"], &ticket["channel"], &ticket["tags"]),
        (&json!("MEDIUM"), &json!("WEB"), &json!([]))
    );
    assert_eq!((&ticket["contact"], &ticket["organization"]), (&Value::Null, &Value::Null));
    assert_eq!(ticket["messages"][0]["authorType"], "AGENT");
    world
        .viewer()
        .await
        .post("/api/tickets", json!({"subject": "abc", "message": "x"}))
        .await
        .refused(403, "forbidden");
    world
        .stranger()
        .post("/api/tickets", json!({"subject": "abc", "message": "x"}))
        .await
        .refused(401, "token_missing");
    world.stop().await;
}

async fn wrong_fields(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let many: Vec<String> = (0..21).map(|n| n.to_string()).collect();
    for (field, value, told) in [
        ("subject", json!("ab"), "subject"),
        ("subject", json!(" a\u{0}b "), "subject"),
        ("subject", json!("x".repeat(201)), "subject"),
        ("subject", json!(null), "subject"),
        ("subject", json!(["a"]), "subject"),
        ("subject", json!({}), "subject"),
        ("message", json!(""), "message"),
        ("message", json!(" \n\t "), "message"),
        ("message", json!("x".repeat(10_001)), "message"),
        ("message", json!(1), "message"),
        ("priority", json!("SOON"), "priority"),
        ("priority", json!(""), "priority"),
        ("priority", json!(3), "priority"),
        ("channel", json!("FAX"), "channel"),
        ("channel", json!("\u{0}"), "channel"),
        ("channel", json!(true), "channel"),
        ("productArea", json!("Nowhere"), "productArea"),
        ("productArea", json!("\u{0}"), "productArea"),
        ("organizationId", json!("42"), "organizationId"),
        ("organizationId", json!(""), "organizationId"),
        ("organizationId", json!("' OR 1=1 --"), "organizationId"),
        ("contactId", json!("\u{0}"), "contactId"),
        ("contactId", json!(7), "contactId"),
        ("deviceId", json!("ABCDEFGHIJKLMNOPQRSTUVWX"), "deviceId"),
        ("tags", json!("vpn"), "tags"),
        ("tags", json!([""]), "tags[0]"),
        ("tags", json!(["ok", "x".repeat(41)]), "tags[1]"),
        ("tags", json!(["ok", 5]), "tags[1]"),
        ("tags", json!(many), "tags"),
        ("status", json!("CLOSED"), "status"),
        ("id", json!("x"), "id"),
        ("number", json!(7), "number"),
        ("workspaceId", json!("x"), "workspaceId"),
        ("assigneeId", json!("x"), "assigneeId"),
        ("createdByUserId", json!("x"), "createdByUserId"),
        ("__proto__", json!({}), "__proto__"),
    ] {
        let mut input = json!({"subject": "Printer", "message": "It is out of paper."});
        input[field] = value.clone();
        assert_eq!(agent.post("/api/tickets", input).await.wrong_fields(), [told], "{value}");
    }
    let all = json!({"subject": "", "message": "", "priority": "x", "channel": "x", "organizationId": "x", "contactId": "x", "deviceId": "x", "tags": [""]});
    let told = agent.post("/api/tickets", all).await.wrong_fields();
    assert_eq!(
        told,
        ["subject", "message", "priority", "channel", "organizationId", "contactId", "deviceId", "tags[0]"]
    );
    assert_eq!(agent.post("/api/tickets", json!({})).await.wrong_fields().len(), 1);
    assert_eq!(agent.get("/api/tickets?count=exact").await.expect(200)["total"], 0, "nothing of them was kept");
    world.stop().await;
}

async fn foreign_things_are_unknown(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, south) = (world.agent().await, &world.town.south);
    let absent = "abcdefghijklmnopqrstuvwx";
    for (field, id) in
        [("organizationId", &south.organization), ("contactId", &south.contact), ("deviceId", &south.device)]
    {
        let mut told = Vec::new();
        for id in [id.as_str(), absent] {
            let answer = agent.post("/api/tickets", json!({"subject": "Printer", "message": "x", field: id})).await;
            let body = answer.refused(422, "validation_failed");
            told.push(body["errors"].clone());
        }
        assert_eq!(told[0], told[1], "foreign and absent are the same");
        assert_eq!(told[0][0]["field"], field);
    }
    world.stop().await;
}

async fn product_areas(engine: Engine) {
    let world = World::new(engine).await;
    world.app.seed_demo().await.unwrap();
    let agent = world.stranger().signed_in("agent@demo.test", DEMO_PASSWORD).await;
    let ticket = agent
        .post("/api/tickets", json!({"subject": "Printer", "message": "x", "productArea": "Security"}))
        .await
        .expect(201);
    assert_eq!(ticket["productArea"], "Security");
    let moved = agent.patch(&path(&ticket), json!({"productArea": "Computers"})).await.expect(200);
    assert_eq!(moved["productArea"], "Computers");
    // "Network" is one of the other workspace's.
    assert_eq!(agent.patch(&path(&ticket), json!({"productArea": "Network"})).await.wrong_fields(), ["productArea"]);
    assert_eq!(agent.patch(&path(&ticket), json!({"productArea": null})).await.expect(200)["productArea"], Value::Null);
    let lines = trail(&agent, &ticket).await;
    assert_eq!(
        lines[1],
        ("FIELD_CHANGED".to_owned(), json!({"field": "productArea", "from": "Security", "to": "Computers"}))
    );
    world.stop().await;
}

async fn lengths_are_counted_in_characters(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for unit in ["x", "ü", "日", "🖨", "e\u{301}", "👩\u{200d}💻"] {
        let characters = unit.chars().count();
        let (subject, body) = (unit.repeat(200 / characters), unit.repeat(10_000 / characters));
        let ticket = agent.ticket(&subject, &body).await;
        assert_eq!((&ticket["subject"], &ticket["messages"][0]["body"]), (&json!(subject), &json!(body)));
        let long = json!({"subject": format!("{subject}{unit}"), "message": format!("{body}{unit}")});
        assert_eq!(agent.post("/api/tickets", long).await.wrong_fields(), ["subject", "message"]);
    }
    world.stop().await;
}

async fn hostile_texts(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for (text, kept) in [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\"><img src=x onerror=alert(1)>", "\"><img src=x onerror=alert(1)>"),
        ("'; DROP TABLE tickets; --", "'; DROP TABLE tickets; --"),
        ("{{7*7}} ${7*7} %s %n", "{{7*7}} ${7*7} %s %n"),
        ("a\u{0}b\u{7}c\u{1b}[31md", "abc[31md"),
        ("\u{202e}txt.exe\u{202c} שלום עולם", "\u{202e}txt.exe\u{202c} שלום עולם"),
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("zero\u{200b}width \u{feff}bom", "zero\u{200b}width \u{feff}bom"),
        ("Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢"),
        ("=cmd|' /C calc'!A0", "=cmd|' /C calc'!A0"),
        ("\\u0000 \\\\ \\\"", "\\u0000 \\\\ \\\""),
    ] {
        let ticket = agent.ticket(text, text).await;
        assert_eq!((&ticket["subject"], &ticket["messages"][0]["body"]), (&json!(kept), &json!(kept)), "{text:?}");
        let read = agent.get(&path(&ticket)).await;
        assert_eq!(read.header("content-type"), "application/json");
        assert_eq!(read.expect(200), ticket);
    }
    let lines = agent.ticket("one\nsubject\twith\r\nlines", "two\n\nlines\tand a tab").await;
    assert_eq!(
        (&lines["subject"], &lines["messages"][0]["body"]),
        (&json!("one subject with  lines"), &json!("two\n\nlines\tand a tab"))
    );
    agent.get("/api/tickets?q=%00%27%3B--%22*%20AND%20NEAR(").await.expect(200);
    world.stop().await;
}

async fn numbers_are_unique(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let opened = futures::future::join_all((0..20).map(|n| {
        let (agent, subject) = (&agent, format!("Printer {n}"));
        async move { agent.ticket(&subject, "x").await["number"].as_i64().unwrap() }
    }));
    let mut numbers = opened.await;
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=20).collect::<Vec<_>>());
    assert_eq!(foreigner.ticket("Printer", "x").await["number"], 1, "each workspace counts for itself");
    world.stop().await;
}

async fn found_by_number(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let (ticket, other) = (agent.ticket("Printer", "x").await, agent.ticket("Phone", "x").await);
    foreigner.ticket("Foreign", "x").await;
    for name in [ticket["id"].as_str().unwrap(), "1", "TKT-0001", "tkt-1", "TKT-000001"] {
        assert_eq!(agent.get(&format!("/api/tickets/{name}")).await.expect(200)["id"], ticket["id"], "{name}");
    }
    assert_eq!(agent.get("/api/tickets/2").await.expect(200)["id"], other["id"]);
    for name in
        ["3", "0", "-1", "TKT-", "TKT-0003", "x", "99999999999999999999", "%00", "%ff", "..", "a%2Fb", "' OR 1", "1;2"]
    {
        let answer = agent.get(&format!("/api/tickets/{}", name.replace(' ', "%20"))).await;
        assert_eq!(answer.status, 404, "{name}: {}", answer.text);
    }
    foreigner.get("/api/tickets/2").await.refused(404, "not_found");
    foreigner.get(&path(&ticket)).await.refused(404, "not_found");
    world.stop().await;
}

async fn each_change_has_its_line(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, admin, place) = (world.agent().await, world.admin().await, world.town.north.clone());
    let ticket = agent.ticket("Printer", "x").await;
    let from_to = |field: &str, from: Value, to: Value| json!({"field": field, "from": from, "to": to});
    let mut expect = vec!["TICKET_CREATED".to_owned()];
    for (change, kind, payloads) in [
        (json!({"subject": "Plotter"}), "FIELD_CHANGED", vec![from_to("subject", json!("Printer"), json!("Plotter"))]),
        (
            json!({"priority": "urgent"}),
            "PRIORITY_CHANGED",
            vec![from_to("priority", json!("MEDIUM"), json!("URGENT"))],
        ),
        (json!({"category": "Printer"}), "FIELD_CHANGED", vec![from_to("category", Value::Null, json!("printer"))]),
        (json!({"tags": ["a", "B"]}), "FIELD_CHANGED", vec![from_to("tags", json!([]), json!(["a", "b"]))]),
        (
            json!({"contactId": place.contact}),
            "FIELD_CHANGED",
            vec![
                from_to("organizationId", Value::Null, json!(place.organization)),
                from_to("contactId", Value::Null, json!(place.contact)),
            ],
        ),
        (
            json!({"deviceId": place.device}),
            "FIELD_CHANGED",
            vec![from_to("deviceId", Value::Null, json!(place.device))],
        ),
        (json!({"category": null}), "FIELD_CHANGED", vec![from_to("category", json!("printer"), Value::Null)]),
        (json!({"deviceId": null}), "FIELD_CHANGED", vec![from_to("deviceId", json!(place.device), Value::Null)]),
        (json!({"subject": "Plotter", "tags": ["b", "a"], "priority": "LOW"}), "", vec![]),
    ] {
        let before = trail(&agent, &ticket).await.len();
        let row = admin.patch(&path(&ticket), change.clone()).await.expect(200);
        let new: Vec<(String, Value)> = trail(&agent, &ticket).await.split_off(before);
        if kind.is_empty() {
            let kinds: Vec<&str> = new.iter().map(|(kind, _)| kind.as_str()).collect();
            assert_eq!(kinds, ["PRIORITY_CHANGED", "FIELD_CHANGED"], "the subject did not change");
        } else {
            assert_eq!(
                new,
                payloads.iter().map(|payload| (kind.to_owned(), payload.clone())).collect::<Vec<_>>(),
                "{change}"
            );
        }
        expect.extend(new.into_iter().map(|(kind, _)| kind));
        assert_eq!(admin.get(&path(&ticket)).await.expect(200), row);
    }
    let version = agent.get(&path(&ticket)).await.expect(200)["version"].clone();
    let same = agent.patch(&path(&ticket), json!({"subject": "Plotter", "priority": "low"})).await.expect(200);
    assert_eq!(same["version"], version, "what changes nothing is no new version");
    let events = agent.get(&format!("{}/events", path(&ticket))).await.expect(200);
    let actors: Vec<&str> =
        events["items"].as_array().unwrap().iter().map(|line| line["actor"]["name"].as_str().unwrap()).collect();
    assert_eq!(actors[0], "AGENT of north");
    assert!(actors[1..].iter().all(|name| *name == "ADMIN of north"), "{actors:?}");
    assert_eq!(trail(&agent, &ticket).await.into_iter().map(|(kind, _)| kind).collect::<Vec<_>>(), expect);
    world.stop().await;
}

async fn wrong_changes(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, south) = (world.agent().await, &world.town.south);
    let ticket = agent.ticket("Printer", "x").await;
    for (field, value, told) in [
        ("subject", json!("ab"), "subject"),
        ("priority", json!("x"), "priority"),
        ("category", json!("Gardening"), "category"),
        ("productArea", json!("Nowhere"), "productArea"),
        ("tags", json!([""]), "tags[0]"),
        ("tags", json!(vec!["x"; 1_000]), "tags"),
        ("contactId", json!("x"), "contactId"),
        ("contactId", json!(south.contact), "contactId"),
        ("deviceId", json!(south.device), "deviceId"),
        ("version", json!("1"), "version"),
        ("version", json!(1.5), "version"),
        ("status", json!("CLOSED"), "status"),
        ("number", json!(7), "number"),
        ("organizationId", json!(south.organization), "organizationId"),
        ("assigneeId", json!("x"), "assigneeId"),
        ("mergedIntoId", json!("x"), "mergedIntoId"),
    ] {
        assert_eq!(agent.patch(&path(&ticket), json!({field: value})).await.wrong_fields(), [told], "{value}");
    }
    let all = json!({"subject": "", "priority": "", "category": "", "tags": [""], "contactId": "x", "deviceId": "x", "productArea": "x"});
    assert_eq!(agent.patch(&path(&ticket), all).await.wrong_fields().len(), 7);
    assert_eq!(agent.get(&path(&ticket)).await.expect(200), ticket);
    assert_eq!(trail(&agent, &ticket).await.len(), 1);
    world.viewer().await.patch(&path(&ticket), json!({"subject": "Mine"})).await.refused(403, "forbidden");
    world.foreigner().await.patch(&path(&ticket), json!({"subject": "Mine"})).await.refused(404, "not_found");
    world.stop().await;
}

async fn a_contact_brings_its_organization(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, place) = (world.agent().await, &world.town.north);
    let ticket = agent
        .post("/api/tickets", json!({"subject": "Printer", "message": "x", "contactId": place.contact}))
        .await
        .expect(201);
    assert_eq!(ticket["organization"]["id"], json!(place.organization));
    let device = agent
        .post("/api/tickets", json!({"subject": "Printer", "message": "x", "deviceId": place.device}))
        .await
        .expect(201);
    assert_eq!(device["organization"]["id"], json!(place.organization));
    let kept = agent.patch(&path(&ticket), json!({"contactId": null})).await.expect(200);
    assert_eq!((&kept["contact"], &kept["organization"]["id"]), (&Value::Null, &json!(place.organization)));
    world.stop().await;
}

/// Moves the first ticket; time passes between, so that each change signs in anew.
async fn set_status(world: &World, to: &str) -> Answer {
    world.agent().await.patch("/api/tickets/1/status", json!({"status": to})).await
}

async fn life_cycle(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let open = ["OPEN", "IN_PROGRESS", "WAITING_ON_CUSTOMER", "ESCALATED"];
    let ticket = agent.ticket("Printer", "x").await;
    let status = format!("{}/status", path(&ticket));
    let set = |to: &'static str| set_status(&world, to);
    for from in open {
        for to in open {
            set(from).await.expect(200);
            assert_eq!(set(to).await.expect(200)["status"], to, "{from} to {to}");
        }
    }
    // Long after: no way back but to OPEN.
    let resolved = set("resolved").await.expect(200);
    assert!(resolved["resolvedAt"].is_string() && resolved["closedAt"].is_null());
    world.clock.forward(11 * MINUTE);
    for to in ["IN_PROGRESS", "WAITING_ON_CUSTOMER", "ESCALATED"] {
        set(to).await.refused(409, "invalid_transition");
    }
    let closed = set("CLOSED").await.expect(200);
    assert_eq!(closed["resolvedAt"], resolved["resolvedAt"]);
    assert!(closed["closedAt"].is_string());
    world.clock.forward(11 * MINUTE);
    for to in ["IN_PROGRESS", "WAITING_ON_CUSTOMER", "ESCALATED", "RESOLVED"] {
        set(to).await.refused(409, "invalid_transition");
    }
    let again = set("OPEN").await.expect(200);
    assert_eq!((&again["resolvedAt"], &again["closedAt"]), (&Value::Null, &Value::Null));
    let agent = world.agent().await;
    let lines = trail(&agent, &ticket).await.len();
    let same = set("OPEN").await.expect(200);
    assert_eq!((same["version"].clone(), trail(&agent, &ticket).await.len()), (again["version"].clone(), lines));
    let last = trail(&agent, &ticket).await.pop().unwrap();
    assert_eq!(last, ("STATUS_CHANGED".to_owned(), json!({"field": "status", "from": "CLOSED", "to": "OPEN"})));
    for wrong in [json!({"status": "DONE"}), json!({"status": ""}), json!({"status": "\u{0}"}), json!({"status": 1})] {
        assert_eq!(agent.patch(&status, wrong).await.wrong_fields(), ["status"]);
    }
    assert_eq!(agent.patch(&status, json!({})).await.wrong_fields(), ["body"]);
    agent.patch(&status, json!({"status": "CLOSED", "version": 1})).await.refused(409, "stale_version");
    world.viewer().await.patch(&status, json!({"status": "CLOSED"})).await.refused(403, "forbidden");
    world.foreigner().await.patch(&status, json!({"status": "CLOSED"})).await.refused(404, "not_found");
    world.stop().await;
}

async fn undo(engine: Engine) {
    let world = World::new(engine).await;
    world.agent().await.ticket("Printer", "x").await;
    let set = |to: &'static str| set_status(&world, to);
    set("WAITING_ON_CUSTOMER").await.expect(200);
    set("RESOLVED").await.expect(200);
    set("ESCALATED").await.refused(409, "invalid_transition");
    world.clock.forward(10 * MINUTE - 20 * SECOND);
    assert_eq!(set("WAITING_ON_CUSTOMER").await.expect(200)["resolvedAt"], Value::Null);
    set("CLOSED").await.expect(200);
    world.clock.forward(10 * MINUTE + SECOND);
    set("WAITING_ON_CUSTOMER").await.refused(409, "invalid_transition");
    set("OPEN").await.expect(200);
    set("RESOLVED").await.expect(200);
    set("CLOSED").await.expect(200);
    set("RESOLVED").await.expect(200);
    world.stop().await;
}

async fn stale_versions(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, admin) = (world.agent().await, world.admin().await);
    let ticket = agent.ticket("Printer", "x").await;
    let now = admin.patch(&path(&ticket), json!({"subject": "Plotter", "version": 1})).await.expect(200);
    let stale =
        agent.patch(&path(&ticket), json!({"subject": "Scanner", "version": 1})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], now);
    let subjects: Vec<String> = (0..10).map(|n| format!("Subject {n}")).collect();
    let target = path(&ticket);
    let tries = subjects.iter().map(|subject| agent.patch(&target, json!({"subject": subject, "version": 2})));
    let all = futures::future::join_all(tries).await;
    let won: Vec<&Value> = all.iter().filter(|answer| answer.status == 200).map(|answer| &answer.body).collect();
    assert_eq!(won.len(), 1, "{all:?}");
    assert!(all.iter().filter(|answer| answer.status != 200).all(|answer| answer.body["current"] == *won[0]));
    // Without a version the last one wins, and no change is lost.
    let tries = (0..10).map(|n| agent.patch(&target, json!({"tags": [format!("tag{n}")]})));
    assert!(futures::future::join_all(tries).await.iter().all(|answer| answer.status == 200));
    assert_eq!(agent.get(&target).await.expect(200)["version"], 13);
    assert_eq!(trail(&agent, &ticket).await.len(), 13);
    world.stop().await;
}
