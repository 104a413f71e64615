//! Messages and notes: who may say what, what follows for the ticket, and what the trail keeps of it.

use patchcord_domain::time::{HOUR, MINUTE};
use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(
    replies_and_notes,
    wrong_fields,
    the_first_response_stops_its_clock,
    customers,
    a_customer_reopens,
    drafts,
    many_at_once,
    who_may_write,
);

async fn say(client: &Client, ticket: &Value, body: Value) -> crate::harness::Answer {
    client.post(&messages(ticket), body).await
}

fn messages(ticket: &Value) -> String {
    format!("{}/messages", path(ticket))
}

fn path(ticket: &Value) -> String {
    format!("/api/tickets/{}", ticket["id"].as_str().unwrap())
}

/// A ticket of the town's customer.
async fn of_customer(world: &World, client: &Client) -> Value {
    let input = json!({"subject": "Printer", "message": "It jams.", "contactId": world.town.north.contact});
    client.post("/api/tickets", input).await.expect(201)
}

async fn replies_and_notes(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Printer", "It jams.").await;
    let reply = say(&agent, &ticket, json!({"body": " Is it\r\non? ✓ "})).await.expect(201);
    let note = say(&agent, &ticket, json!({"body": "He is angry.", "isInternal": true, "authorType": "agent"}))
        .await
        .expect(201);
    assert_eq!(
        (&reply["body"], &reply["authorType"], &reply["isInternal"], &reply["author"]["name"], &reply["ticketId"]),
        (&json!("Is it\non? ✓"), &json!("AGENT"), &json!(false), &json!("AGENT of north"), &ticket["id"])
    );
    assert_eq!((&note["isInternal"], &note["authorType"]), (&json!(true), &json!("AGENT")));
    let now = agent.get(&path(&ticket)).await.expect(200);
    assert_eq!(
        (&now["messageCount"], &now["messages"][1], &now["messages"][2], &now["lastMessageAt"]),
        (&json!(3), &reply, &note, &note["createdAt"])
    );
    assert_eq!(now["version"], 3);
    let events = agent.get(&format!("{}/events", path(&ticket))).await.expect(200);
    assert_eq!(
        events["items"][2]["payload"],
        json!({"messageId": note["id"], "authorType": "AGENT", "isInternal": true})
    );
    assert_eq!(events["items"].as_array().unwrap().len(), 3);
    let found = agent.get("/api/tickets?q=angry").await.expect(200);
    assert_eq!(found["items"][0]["id"], ticket["id"], "messages are found");
    world.stop().await;
}

async fn wrong_fields(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = of_customer(&world, &agent).await;
    for (body, told) in [
        (json!({}), vec!["body"]),
        (json!({"body": ""}), vec!["body"]),
        (json!({"body": " \u{0}\n "}), vec!["body"]),
        (json!({"body": "🖨".repeat(10_001)}), vec!["body"]),
        (json!({"body": null}), vec!["body"]),
        (json!({"body": "x", "authorType": "SYSTEM"}), vec!["authorType"]),
        (json!({"body": "x", "authorType": "BOT"}), vec!["authorType"]),
        (json!({"body": "x", "authorType": "CUSTOMER", "isInternal": true}), vec!["isInternal"]),
        (json!({"body": "x", "isInternal": "no"}), vec!["isInternal"]),
        (json!({"body": "x", "suggestionId": "7"}), vec!["suggestionId"]),
        (json!({"body": "x", "suggestionId": "abcdefghijklmnopqrstuvwx"}), vec!["suggestionId"]),
        (json!({"body": "x", "authorUserId": "x"}), vec!["authorUserId"]),
        (json!({"body": "", "authorType": "x", "suggestionId": "x"}), vec!["body", "authorType", "suggestionId"]),
    ] {
        assert_eq!(
            say(&agent, &ticket, body.clone()).await.wrong_fields(),
            told,
            "{}",
            &body.to_string()[..body.to_string().len().min(80)]
        );
    }
    assert_eq!(agent.get(&path(&ticket)).await.expect(200), ticket);
    say(&agent, &ticket, json!({"body": "🖨".repeat(10_000)})).await.expect(201);
    world.stop().await;
}

async fn the_first_response_stops_its_clock(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = of_customer(&world, &agent).await;
    say(&agent, &ticket, json!({"body": "A note.", "isInternal": true})).await.expect(201);
    say(&agent, &ticket, json!({"body": "Hello?", "authorType": "CUSTOMER"})).await.expect(201);
    assert_eq!(agent.get(&path(&ticket)).await.expect(200)["firstRespondedAt"], Value::Null);
    world.clock.forward(HOUR);
    let agent = world.agent().await;
    let first = say(&agent, &ticket, json!({"body": "We are on it."})).await.expect(201);
    world.clock.forward(MINUTE);
    say(&agent, &ticket, json!({"body": "Still."})).await.expect(201);
    assert_eq!(agent.get(&path(&ticket)).await.expect(200)["firstRespondedAt"], first["createdAt"]);
    world.stop().await;
}

async fn customers(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let nobody = agent.ticket("Printer", "It jams.").await;
    let refused = say(&agent, &nobody, json!({"body": "Hello?", "authorType": "CUSTOMER"})).await;
    assert_eq!(refused.wrong_fields(), ["authorType"]);
    let ticket = of_customer(&world, &agent).await;
    let message = say(&agent, &ticket, json!({"body": "Hello?", "authorType": "customer"})).await.expect(201);
    assert_eq!(
        (&message["authorType"], &message["author"]["name"], &message["author"]["id"]),
        (&json!("CUSTOMER"), &json!("Jonas Berg"), &json!(world.town.north.contact))
    );
    // Who entered it is in the trail.
    let events = agent.get(&format!("{}/events", path(&ticket))).await.expect(200);
    assert_eq!(
        (&events["items"][1]["actor"]["name"], &events["items"][1]["payload"]["authorType"]),
        (&json!("AGENT of north"), &json!("CUSTOMER"))
    );
    world.stop().await;
}

async fn a_customer_reopens(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for (from, by, to) in [
        ("WAITING_ON_CUSTOMER", "CUSTOMER", "OPEN"),
        ("RESOLVED", "CUSTOMER", "OPEN"),
        ("CLOSED", "CUSTOMER", "CLOSED"),
        ("IN_PROGRESS", "CUSTOMER", "IN_PROGRESS"),
        ("ESCALATED", "CUSTOMER", "ESCALATED"),
        ("WAITING_ON_CUSTOMER", "AGENT", "WAITING_ON_CUSTOMER"),
        ("RESOLVED", "AGENT", "RESOLVED"),
    ] {
        let ticket = of_customer(&world, &agent).await;
        agent.patch(&format!("{}/status", path(&ticket)), json!({"status": from})).await.expect(200);
        say(&agent, &ticket, json!({"body": "Hello?", "authorType": by})).await.expect(201);
        let now = agent.get(&path(&ticket)).await.expect(200);
        assert_eq!(now["status"], to, "{from} by {by}");
        assert_eq!(now["resolvedAt"].is_null(), !matches!(to, "RESOLVED" | "CLOSED"));
        let events = agent.get(&format!("{}/events", path(&ticket))).await.expect(200);
        let last = events["items"].as_array().unwrap().last().unwrap();
        let reopened = from != to;
        assert_eq!(last["kind"] == "STATUS_CHANGED", reopened);
        if reopened {
            assert_eq!(last["payload"], json!({"field": "status", "from": from, "to": to}));
        }
    }
    world.stop().await;
}

async fn drafts(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let (ticket, other) = (of_customer(&world, &agent).await, of_customer(&world, &agent).await);
    let draft = agent.copilot("draft-reply", json!({"ticketId": ticket["id"]})).await;
    let text = draft["content"]["reply"].as_str().unwrap();
    let message = say(&agent, &ticket, json!({"body": text, "suggestionId": draft["id"]})).await.expect(201);
    assert_eq!(message["suggestionId"], draft["id"]);
    let elsewhere = say(&agent, &other, json!({"body": text, "suggestionId": draft["id"]})).await;
    assert_eq!(elsewhere.wrong_fields(), ["suggestionId"]);
    world.stop().await;
}

async fn many_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Printer", "It jams.").await;
    let all = (0..20).map(|n| say(&agent, &ticket, json!({"body": format!("message {n}")})));
    assert!(futures::future::join_all(all).await.iter().all(|answer| answer.status == 201));
    let now = agent.get(&path(&ticket)).await.expect(200);
    assert_eq!(
        (&now["messageCount"], now["messages"].as_array().unwrap().len(), &now["version"]),
        (&json!(21), 21, &json!(21))
    );
    let events = agent.get(&format!("{}/events", path(&ticket))).await.expect(200);
    let seqs: Vec<i64> = events["items"].as_array().unwrap().iter().map(|line| line["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=21).collect::<Vec<_>>());
    world.stop().await;
}

async fn who_may_write(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Printer", "It jams.").await;
    let body = json!({"body": "x"});
    say(&world.viewer().await, &ticket, body.clone()).await.refused(403, "forbidden");
    say(&world.foreigner().await, &ticket, body.clone()).await.refused(404, "not_found");
    say(&world.stranger(), &ticket, body.clone()).await.refused(401, "token_missing");
    agent.post("/api/tickets/99/messages", body.clone()).await.refused(404, "not_found");
    agent.post("/api/tickets/TKT-0001/messages", body).await.expect(201);
    world.stop().await;
}
