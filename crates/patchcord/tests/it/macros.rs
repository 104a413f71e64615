//! Macros, and using one on a ticket.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};
use crate::saved_views::audit;

both_engines!(
    a_macro_does_everything_at_once,
    placeholders_that_lead_nowhere,
    nothing_happens_when_a_part_is_refused,
    own_and_shared_macros,
    wrong_macros_are_refused_by_field,
    versions_and_references,
);

async fn make(client: &Client, body: Value) -> Value {
    client.post("/api/macros", body).await.expect(201)
}

fn path(row: &Value) -> String {
    format!("/api/macros/{}", row["id"].as_str().unwrap())
}

fn on(ticket: &Value, row: &Value) -> String {
    format!("/api/tickets/{}/macros/{}", ticket["id"].as_str().unwrap(), row["id"].as_str().unwrap())
}

async fn ticket_of_jonas(world: &World, client: &Client) -> Value {
    let town = &world.town.north;
    let body = json!({
        "subject": "{{agent.name}} drops", "message": "m", "contactId": town.contact, "deviceId": town.device, "tags": ["old"],
    });
    client.post("/api/tickets", body).await.expect(201)
}

async fn a_macro_does_everything_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let row = make(&admin, json!({
        "name": "On it", "isShared": true,
        "body": "Hello {{contact.firstName}} ({{contact.name}}, {{contact.email}}, {{organization.name}}), {{ticket.number}} \
                 {{ticket.subject}} on {{ device.name }}. {{agent.name}}, {{workspace.name}}",
        "actions": {"status": "in_progress", "priority": "HIGH", "assigneeId": "me", "tags": ["Started", "old"]},
    })).await;
    let expect = "Hello Jonas (Jonas Berg, jonas@north.example, Harbour Freight north), TKT-0001 {{agent.name}} drops on \
                  HF-LAP-07. AGENT of north, north";
    let ticket = ticket_of_jonas(&world, &agent).await;
    let preview = agent.get(&on(&ticket, &row)).await.expect(200);
    assert_eq!((&preview["body"], &preview["missing"]), (&json!(expect), &json!([])));
    assert_eq!(preview["actions"]["status"], "IN_PROGRESS");
    assert_eq!(agent.get("/api/tickets/1").await.expect(200)["version"], 1, "a preview changes nothing");

    let used = agent.post_once(&on(&ticket, &row), "k", json!({})).await.expect(200);
    assert_eq!(used["messages"][1]["body"], expect);
    assert_eq!(
        (&used["messages"][1]["authorType"], &used["messages"][1]["isInternal"]),
        (&json!("AGENT"), &json!(false))
    );
    assert_eq!((&used["status"], &used["priority"]), (&json!("IN_PROGRESS"), &json!("HIGH")));
    assert_eq!((&used["tags"], &used["assignee"]["name"]), (&json!(["old", "started"]), &json!("AGENT of north")));
    assert!(used["firstRespondedAt"].is_string());
    let again = agent.post_once(&on(&ticket, &row), "k", json!({})).await.expect(200);
    assert_eq!((&again["messageCount"], &again["version"]), (&used["messageCount"], &used["version"]));
    let events = agent.get("/api/tickets/1/events").await.expect(200);
    let kinds: Vec<&Value> = events["items"].as_array().unwrap().iter().map(|line| &line["kind"]).collect();
    let expect = ["TICKET_CREATED", "MESSAGE_ADDED", "PRIORITY_CHANGED", "FIELD_CHANGED", "ASSIGNED", "STATUS_CHANGED"];
    assert_eq!(kinds, expect);

    let edited = agent
        .post(&on(&ticket, &row), json!({"body": "As {{contact.name}} wrote", "version": used["version"]}))
        .await
        .expect(200);
    assert_eq!(edited["messages"][2]["body"], "As {{contact.name}} wrote", "an edited text is taken as it is");
    agent.post(&on(&ticket, &row), json!({"version": used["version"]})).await.refused(409, "stale_version");

    let quiet = make(&agent, json!({"name": "Note", "body": "Seen", "actions": {"isInternal": true}})).await;
    let noted = agent.post(&on(&ticket, &quiet), json!({})).await.expect(200);
    assert_eq!(noted["messages"][3]["isInternal"], true);
    let silent = make(&agent, json!({"name": "Close", "body": "", "actions": {"status": "CLOSED"}})).await;
    let closed = agent.post(&on(&ticket, &silent), json!({})).await.expect(200);
    assert_eq!((&closed["status"], &closed["messageCount"]), (&json!("CLOSED"), &json!(4)));
    world.stop().await;
}

async fn placeholders_that_lead_nowhere(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("No contact", "m").await;
    let row = make(&agent, json!({"name": "Hello", "body": "Hello {{contact.name}}, {{ticket.number}}", "actions": {"status": "RESOLVED"}})).await;
    let preview = agent.get(&on(&ticket, &row)).await.expect(200);
    assert_eq!(preview["body"], "Hello {{contact.name}}, TKT-0001");
    assert_eq!(preview["missing"], json!(["contact.name"]));
    let refused = agent.post(&on(&ticket, &row), json!({})).await.refused(409, "placeholder_missing");
    assert!(refused["detail"].as_str().unwrap().contains("{{contact.name}}"), "{refused}");
    let now = agent.get("/api/tickets/1").await.expect(200);
    assert_eq!((&now["status"], &now["messageCount"]), (&json!("OPEN"), &json!(1)));
    agent.post(&on(&ticket, &row), json!({"body": "Hello, TKT-0001"})).await.expect(200);
    world.stop().await;
}

async fn nothing_happens_when_a_part_is_refused(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Closed", "m").await;
    agent.patch("/api/tickets/1/status", json!({"status": "CLOSED"})).await.expect(200);
    world.clock.forward(3_600_000);
    let agent = world.agent().await;
    let row = make(&agent, json!({"name": "x", "body": "Text", "actions": {"status": "ESCALATED", "priority": "LOW", "tags": ["t"], "assigneeId": "me"}})).await;
    agent.post(&on(&ticket, &row), json!({})).await.refused(409, "invalid_transition");
    let now = agent.get("/api/tickets/1").await.expect(200);
    assert_eq!((&now["messageCount"], &now["priority"], &now["tags"]), (&json!(1), &json!("MEDIUM"), &json!([])));
    assert_eq!((&now["assignee"], &now["version"]), (&Value::Null, &json!(2)));
    let list = agent.get("/api/tickets?q=text").await.expect(200);
    assert_eq!(list["items"], json!([]));
    world.stop().await;
}

async fn own_and_shared_macros(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent, viewer, foreigner) =
        (world.admin().await, world.agent().await, world.viewer().await, world.foreigner().await);
    let shared = make(&admin, json!({"name": "Shared", "body": "s", "isShared": true})).await;
    let own = make(&agent, json!({"name": "Own", "body": "o"})).await;
    let ticket = agent.ticket("A ticket", "m").await;
    let foreign = foreigner.ticket("Foreign", "f").await;
    let names = async |client: &Client| {
        let list = client.get("/api/macros").await.expect(200);
        list["items"].as_array().unwrap().iter().map(|row| row["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&agent).await, ["Own", "Shared"]);
    assert_eq!(names(&viewer).await, ["Shared"]);
    assert_eq!(names(&foreigner).await, [""; 0]);
    viewer.post("/api/macros", json!({"name": "x", "body": "x"})).await.refused(403, "forbidden");
    agent.post("/api/macros", json!({"name": "x", "body": "x", "isShared": true})).await.refused(403, "forbidden");
    agent.patch(&path(&shared), json!({"name": "y"})).await.refused(403, "forbidden");
    agent.delete(&path(&shared)).await.refused(403, "forbidden");
    viewer.post(&on(&ticket, &shared), json!({})).await.refused(403, "forbidden");
    viewer.get(&on(&ticket, &shared)).await.expect(200);
    for answer in [
        admin.get(&path(&own)).await,
        admin.delete(&path(&own)).await,
        admin.post(&on(&ticket, &own), json!({})).await,
        admin.get(&on(&ticket, &own)).await,
        foreigner.get(&path(&shared)).await,
        foreigner.patch(&path(&shared), json!({"name": "y"})).await,
        foreigner.post(&on(&foreign, &shared), json!({})).await,
        foreigner.get(&on(&foreign, &shared)).await,
        foreigner.post(&on(&ticket, &shared), json!({})).await,
        agent.post(&on(&foreign, &shared), json!({})).await,
    ] {
        answer.refused(404, "not_found");
    }
    agent.post(&on(&ticket, &shared), json!({})).await.expect(200);
    admin.patch(&path(&shared), json!({"name": "Renamed"})).await.expect(200);
    assert_eq!(admin.delete(&path(&shared)).await.status, 204);
    assert_eq!(agent.delete(&path(&own)).await.status, 204);
    let actions: Vec<String> =
        audit(&world, shared["id"].as_str().unwrap()).await.into_iter().map(|one| one.0).collect();
    assert_eq!(actions, ["macro.added", "macro.changed", "macro.deleted"]);
    assert_eq!(audit(&world, own["id"].as_str().unwrap()).await, []);
    world.stop().await;
}

async fn wrong_macros_are_refused_by_field(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let foreign_agent = world.foreigner().await.get("/api/support-agents").await.expect(200)["items"][0]["id"].clone();
    for (body, fields) in [
        (json!({"name": "", "body": "x".repeat(10_001)}), vec!["name", "body"]),
        (json!({"name": "x", "body": "{{customer.name}}"}), vec!["body"]),
        (json!({"name": "x", "body": "{{ticket.number"}), vec!["body"]),
        (json!({"name": "x", "body": ""}), vec!["body"]),
        (json!({"name": "x", "body": "", "actions": {"isInternal": true}}), vec!["body"]),
        (json!({"name": "x", "body": "x", "actions": {"colour": "red"}}), vec!["actions.colour"]),
        (
            json!({"name": "x", "body": "x", "actions": {"status": "s", "priority": "p", "assigneeId": "a", "tags": [""]}}),
            vec!["actions.status", "actions.priority", "actions.assigneeId", "actions.tags[0]"],
        ),
        (json!({"name": "x", "body": "x", "actions": {"assigneeId": foreign_agent}}), vec!["actions.assigneeId"]),
    ] {
        let refused = agent.post("/api/macros", body).await.refused(422, "validation_failed");
        let told: Vec<&str> =
            refused["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(told, fields, "{refused}");
    }
    let row = make(&agent, json!({"name": "x", "body": "x"})).await;
    let refused = agent.patch(&path(&row), json!({"body": "{{nobody}}"})).await.refused(422, "validation_failed");
    assert!(refused["errors"][0]["message"].as_str().unwrap().contains("{{contact.name}}"), "{refused}");
    let ticket = agent.ticket("A ticket", "m").await;
    agent.post(&on(&ticket, &row), json!({"body": " "})).await.refused(422, "validation_failed");
    agent.post(&on(&ticket, &row), json!({"text": "x"})).await.refused(422, "validation_failed");
    world.stop().await;
}

async fn versions_and_references(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let somebody = agent.get("/api/support-agents").await.expect(200)["items"][0].clone();
    let row = make(&agent, json!({"name": "To one", "body": "", "actions": {"assigneeId": somebody["id"]}})).await;
    let changed = agent.patch(&path(&row), json!({"version": 1, "name": "To them"})).await.expect(200);
    assert_eq!((&changed["version"], &changed["actions"]), (&json!(2), &json!({"assigneeId": somebody["id"]})));
    let stale = agent.patch(&path(&row), json!({"version": 1, "body": "x"})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], changed);
    let ticket = agent.ticket("A ticket", "m").await;
    let used = agent.post(&on(&ticket, &row), json!({})).await.expect(200);
    assert_eq!(used["assignee"]["id"], somebody["id"]);
    let first = agent.post_once("/api/macros", "k", json!({"name": "n", "body": "b"})).await;
    let second = agent.post_once("/api/macros", "k", json!({"name": "n", "body": "b"})).await;
    assert_eq!(first.header("location"), path(&first.body));
    assert_eq!(first.header("location"), second.header("location"));
    assert_eq!(first.expect(201), second.expect(201));
    world.stop().await;
}
