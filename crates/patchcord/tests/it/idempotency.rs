//! The same request twice is one effect, however it comes again: in a row, at once, after a restart.

use patchcord_domain::time::{DAY, HOUR, MINUTE};
use patchcord_store::Store;
use patchcord_store::idempotency::{self, Slot};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Engine, PASSWORD, Setup, World, both_engines};

both_engines!(
    in_a_row_at_once_and_after_a_restart,
    attachments,
    another_body_is_a_conflict,
    others_keys_are_their_own,
    keys_end_after_a_day,
    wrong_keys,
    what_failed_is_not_kept,
    secrets_lie_sealed_and_are_erased,
);

/// Everything that creates: a name for the key, the path, the body.
async fn creations(world: &World, agent: &Client) -> Vec<(&'static str, String, Value)> {
    let ticket = agent.ticket("Printer", "It jams.").await;
    let (id, place) = (ticket["id"].as_str().unwrap(), &world.town.north);
    vec![
        ("ticket", "/api/tickets".into(), json!({"subject": "Plotter", "message": "x", "contactId": place.contact})),
        ("message", format!("/api/tickets/{id}/messages"), json!({"body": "Hello."})),
        ("escalation", format!("/api/tickets/{id}/escalate"), json!({"reason": "Urgent."})),
        ("user", "/api/users".into(), json!({"email": "new@north.test", "name": "New", "role": "AGENT"})),
        ("analyze", "/api/copilot/v1/analyze".into(), json!({"ticketId": id})),
        ("suggest", "/api/copilot/v1/suggest".into(), json!({"ticketId": id})),
        ("draft", "/api/copilot/v1/draft-reply".into(), json!({"ticketId": id, "tone": "concise"})),
        ("chat", "/api/copilot/v1/chat".into(), json!({"ticketId": id, "message": "Why?"})),
    ]
}

/// How many rows there are of what was created.
async fn rows(client: &Client) -> Value {
    let ticket = client.get("/api/tickets/1").await.expect(200);
    let events = client.get("/api/tickets/1/events").await.expect(200);
    let count = |kind: &str| events["items"].as_array().unwrap().iter().filter(|line| line["kind"] == kind).count();
    json!({
        "tickets": client.get("/api/tickets?count=exact").await.expect(200)["total"],
        "users": client.get("/api/users?count=exact").await.expect(200)["total"],
        "messages": ticket["messageCount"],
        "escalations": count("ESCALATED"),
        "suggestions": client.get("/api/tickets/1/suggestions").await.expect(200)["items"].as_array().unwrap().len(),
    })
}

#[track_caller]
fn same(answers: &[Answer]) {
    for answer in answers {
        assert_eq!((answer.status, &answer.body), (answers[0].status, &answers[0].body));
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
    assert!(matches!(answers[0].status, 201 | 202), "{}", answers[0].text);
}

async fn in_a_row_at_once_and_after_a_restart(engine: Engine) {
    let mut world = World::new(engine).await;
    let mut admin = world.admin().await;
    let creations = creations(&world, &admin).await;
    let mut first = Vec::new();
    for (name, path, body) in &creations {
        let at_once = futures::future::join_all((0..10).map(|_| admin.post_once(path, name, body.clone()))).await;
        same(&at_once);
        let mut in_a_row = vec![at_once[0].clone()];
        for _ in 0..2 {
            in_a_row.push(admin.post_once(path, name, body.clone()).await);
        }
        same(&in_a_row);
        first.push(at_once[0].clone());
    }
    let expect = json!({"tickets": 2, "users": 4, "messages": 2, "escalations": 1, "suggestions": 4});
    assert_eq!(rows(&admin).await, expect);
    assert!(first[3].body["invitationUrl"].is_string());

    world = world.restarted(Setup::default()).await;
    admin = world.admin().await;
    for ((name, path, body), before) in creations.iter().zip(first) {
        let after = admin.post_once(path, name, body.clone()).await;
        assert_eq!((after.status, &after.body), (before.status, &before.body), "{name}");
    }
    assert_eq!(rows(&admin).await, expect);
    world.stop().await;
}

async fn attachments(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    agent.ticket("Printer", "It jams.").await;
    let send = |name: &str, content: &str| {
        let part = reqwest::multipart::Part::text(content.to_owned()).file_name(name.to_owned());
        let form = reqwest::multipart::Form::new().part("file", part);
        let request = agent.request(reqwest::Method::POST, "/api/tickets/1/attachments").header("idempotency-key", "k");
        Answer::of(request.multipart(form))
    };
    let mut answers = futures::future::join_all((0..10).map(|_| send("a.txt", "log"))).await;
    answers.push(send("a.txt", "log").await);
    same(&answers);
    for (name, content) in [("a.txt", "other"), ("b.txt", "log"), ("a.tx", "tlog")] {
        send(name, content).await.expect(if name == "a.tx" { 415 } else { 409 });
    }
    let detail = agent.get("/api/tickets/1").await.expect(200);
    assert_eq!(detail["attachments"].as_array().unwrap().len(), 1);
    assert_eq!(std::fs::read_dir(world.attachments()).unwrap().count(), 1, "no file stays behind");
    world.stop().await;
}

async fn another_body_is_a_conflict(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let post =
        |subject: &'static str| agent.post_once("/api/tickets", "k", json!({"subject": subject, "message": "x"}));
    let first = post("Printer").await.expect(201);
    post("Plotter").await.refused(409, "idempotency_key_reused");
    assert_eq!(post("Printer").await.expect(201), first);
    // Two bodies under one key at once: one of them is done, once.
    let race = |subject: String| agent.post_once("/api/tickets", "race", json!({"subject": subject, "message": "x"}));
    let all = futures::future::join_all((0..10).map(|n| race(format!("Subject {}", n % 2)))).await;
    let done: Vec<&Value> = all.iter().filter(|answer| answer.status == 201).map(|answer| &answer.body["id"]).collect();
    assert_eq!((done.len(), all.iter().filter(|answer| answer.status == 409).count()), (5, 5), "{all:?}");
    assert!(done.iter().all(|id| *id == done[0]));
    assert_eq!(agent.get("/api/tickets?count=exact").await.expect(200)["total"], 2);
    world.stop().await;
}

async fn others_keys_are_their_own(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, admin, foreigner) = (world.agent().await, world.admin().await, world.foreigner().await);
    let body = json!({"subject": "Printer", "message": "x"});
    let mut ids = Vec::new();
    for client in [&agent, &admin, &foreigner] {
        ids.push(client.post_once("/api/tickets", "k", body.clone()).await.expect(201)["id"].clone());
    }
    assert!(ids[0] != ids[1] && ids[1] != ids[2]);
    assert_eq!(foreigner.post_once("/api/tickets", "k", body).await.expect(201)["id"], ids[2]);
    // Another route is another request.
    agent.post_once("/api/tickets/1/messages", "k", json!({"body": "x"})).await.expect(201);
    agent.post_once("/api/tickets/2/messages", "k", json!({"body": "x"})).await.expect(201);
    // A key opens nothing to somebody who may no longer ask.
    let viewer = world.viewer().await;
    viewer
        .post_once("/api/tickets", "k", json!({"subject": "Printer", "message": "x"}))
        .await
        .refused(403, "forbidden");
    world.stop().await;
}

async fn keys_end_after_a_day(engine: Engine) {
    let world = World::new(engine).await;
    let body = json!({"subject": "Printer", "message": "x"});
    let first = world.agent().await.post_once("/api/tickets", "k", body.clone()).await.expect(201);
    world.clock.forward(DAY - MINUTE);
    assert_eq!(world.agent().await.post_once("/api/tickets", "k", body.clone()).await.expect(201), first);
    world.clock.forward(2 * MINUTE);
    let second = world.agent().await.post_once("/api/tickets", "k", body).await.expect(201);
    assert_ne!(second["id"], first["id"]);
    world.stop().await;
}

async fn wrong_keys(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let body = json!({"subject": "Printer", "message": "x"});
    for key in ["", &"k".repeat(201), "t\tab", "schl\u{fc}ssel"] {
        let told = agent.post_once("/api/tickets", key, body.clone()).await.wrong_fields();
        assert_eq!(told, ["Idempotency-Key"], "{key:?}");
    }
    for key in ["k", &"k".repeat(200), "'; DROP TABLE tickets; --", "with spaces in it", "{}[]\"%"] {
        agent.post_once("/api/tickets", key, body.clone()).await.expect(201);
    }
    world.stop().await;
}

async fn what_failed_is_not_kept(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let post = |body: Value| agent.post_once("/api/tickets", "k", body);
    post(json!({"subject": "", "message": "x"})).await.refused(422, "validation_failed");
    let foreign = json!({"subject": "Printer", "message": "x", "contactId": world.town.south.contact});
    post(foreign).await.refused(422, "validation_failed");
    post(json!({"subject": "Printer", "message": "x"})).await.expect(201);
    assert_eq!(agent.get("/api/tickets?count=exact").await.expect(200)["total"], 1);
    world.stop().await;
}

/// What lies in the database under a key.
async fn kept(store: &Store, world: &World, user_id: &str) -> Option<String> {
    let slot = Slot { user_id: user_id.into(), method: "POST".into(), path: "/api/users".into(), key: "k".into() };
    let workspace = world.town.north.workspace.clone();
    idempotency::find(store.tenant(&workspace), &slot).await.unwrap().and_then(|row| row.response_body)
}

async fn secrets_lie_sealed_and_are_erased(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let own = admin.get("/api/auth/me").await.expect(200)["id"].as_str().unwrap().to_owned();
    let body = json!({"email": "new@north.test", "name": "New", "role": "AGENT"});
    let first = admin.post_once("/api/users", "k", body.clone()).await.expect(201);
    let url = first["invitationUrl"].as_str().unwrap();
    let sealed = kept(&world.store, &world, &own).await.unwrap();
    for word in ["accept-invitation", "new@north.test", url.rsplit('=').next().unwrap()] {
        assert!(!sealed.contains(word), "{sealed}");
    }
    assert_eq!(admin.post_once("/api/users", "k", body).await.expect(201), first);
    let accept = json!({"token": url.rsplit('=').next().unwrap(), "password": PASSWORD});
    world.stranger().post("/api/auth/invitations/accept", accept).await.expect(200);
    // When its day is over, the next upkeep takes it out.
    world.clock.forward(DAY + HOUR);
    for _ in 0..100 {
        if kept(&world.store, &world, &own).await.is_none() {
            return world.stop().await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("it is still there");
}
