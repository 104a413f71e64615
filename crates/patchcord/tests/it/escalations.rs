//! Who works on a ticket, and handing it up.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(assigned_and_released, wrong_assignees, escalated, wrong_escalations, only_open_tickets_are_escalated);

async fn supporters(client: &Client) -> Vec<Value> {
    let found = client.get("/api/support-agents").await.expect(200);
    // As tickets name them.
    let short =
        |row: &Value| json!({"id": row["id"], "name": row["name"], "kind": row["kind"], "userId": row["userId"]});
    found["items"].as_array().unwrap().iter().map(short).collect()
}

async fn of_role(client: &Client, role: &str) -> Value {
    supporters(client).await.into_iter().find(|agent| agent["name"].as_str().unwrap().starts_with(role)).unwrap()
}

async fn assigned_and_released(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let (own, other) = (of_role(&agent, "AGENT").await, of_role(&agent, "ADMIN").await);
    assert_eq!(supporters(&agent).await.len(), 2, "nobody stands for a viewer");
    let ticket = agent.ticket("Printer", "x").await;
    let assign = |body: Value| agent.post("/api/tickets/1/assign", body);
    let taken = assign(json!({"supportAgentId": own["id"]})).await.expect(200);
    assert_eq!((&taken["assignee"], &taken["version"]), (&own, &json!(2)));
    assert_eq!(
        assign(json!({"supportAgentId": own["id"]})).await.expect(200)["version"],
        2,
        "the same again changes nothing"
    );
    let given = assign(json!({"userId": other["userId"]})).await.expect(200);
    assert_eq!(given["assignee"], other);
    let released = assign(json!({})).await.expect(200);
    assert_eq!((&released["assignee"], &released["status"]), (&Value::Null, &ticket["status"]));
    assert_eq!(assign(json!({})).await.expect(200)["version"], 4);
    let events = agent.get("/api/tickets/1/events").await.expect(200);
    let lines: Vec<(&Value, &Value)> =
        events["items"].as_array().unwrap().iter().map(|line| (&line["kind"], &line["payload"])).collect();
    let line = |from: &Value, to: &Value| json!({"field": "assigneeId", "from": from, "to": to});
    let expect = [line(&Value::Null, &own["id"]), line(&own["id"], &other["id"]), line(&other["id"], &Value::Null)];
    assert_eq!(lines[1..].iter().map(|(_, payload)| *payload).collect::<Vec<_>>(), expect.iter().collect::<Vec<_>>());
    assert!(lines[1..].iter().all(|(kind, _)| **kind == "ASSIGNED"));
    // Whoever asks at once: the last one has it, and each change has its line.
    let all = (0..8).map(|n| assign(json!({"supportAgentId": (if n % 2 == 0 { &own } else { &other })["id"]})));
    assert!(futures::future::join_all(all).await.iter().all(|answer| answer.status == 200));
    let mine = agent
        .get(&format!(
            "/api/tickets?assigneeId={}&assigneeId={}",
            own["id"].as_str().unwrap(),
            other["id"].as_str().unwrap()
        ))
        .await
        .expect(200);
    assert_eq!(mine["items"][0]["id"], ticket["id"]);
    world.stop().await;
}

async fn wrong_assignees(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    agent.ticket("Printer", "x").await;
    let foreign = of_role(&foreigner, "AGENT").await;
    let viewer = world.viewer().await.get("/api/auth/me").await.expect(200)["id"].clone();
    for (field, value) in [
        ("supportAgentId", foreign["id"].clone()),
        ("supportAgentId", json!("abcdefghijklmnopqrstuvwx")),
        ("supportAgentId", json!("7")),
        ("supportAgentId", json!("\u{0}")),
        ("supportAgentId", json!(7)),
        ("userId", foreign["userId"].clone()),
        ("userId", viewer),
        ("userId", json!("\u{0}")),
        ("agentId", json!("x")),
    ] {
        let answer = agent.post("/api/tickets/1/assign", json!({field: value})).await;
        assert_eq!(answer.wrong_fields(), [field], "{value}");
    }
    let own = of_role(&agent, "AGENT").await;
    let both = json!({"supportAgentId": own["id"], "userId": own["userId"]});
    assert_eq!(agent.post("/api/tickets/1/assign", both).await.wrong_fields(), ["userId"]);
    let body = json!({"supportAgentId": own["id"]});
    world.viewer().await.post("/api/tickets/1/assign", body.clone()).await.refused(403, "forbidden");
    foreigner.post("/api/tickets/1/assign", body.clone()).await.refused(404, "not_found");
    world.stranger().post("/api/tickets/1/assign", body).await.refused(401, "token_missing");
    assert_eq!(agent.get("/api/tickets/1").await.expect(200)["version"], 1);
    world.stop().await;
}

async fn escalated(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let (own, boss) = (of_role(&agent, "AGENT").await, of_role(&agent, "ADMIN").await);
    let ticket = agent.ticket("Printer", "x").await;
    agent.post("/api/tickets/1/assign", json!({"supportAgentId": own["id"]})).await.expect(200);
    let input = json!({"reason": " Needs a technician. ", "toAgentId": boss["id"], "level": 2});
    let row = agent.post("/api/tickets/1/escalate", input).await.expect(201);
    for (field, value) in [
        ("ticketId", &ticket["id"]),
        ("fromAgentId", &own["id"]),
        ("toAgentId", &boss["id"]),
        ("reason", &json!("Needs a technician.")),
        ("level", &json!(2)),
        ("status", &json!("PENDING")),
    ] {
        assert_eq!(&row[field], value, "{field}");
    }
    let now = agent.get("/api/tickets/1").await.expect(200);
    assert_eq!((&now["status"], &now["assignee"]), (&json!("ESCALATED"), &own));
    let events = agent.get("/api/tickets/1/events").await.expect(200);
    let lines = events["items"].as_array().unwrap();
    assert_eq!(
        (&lines[2]["kind"], &lines[2]["payload"]["escalationId"], &lines[3]["kind"], &lines[3]["payload"]["to"]),
        (&json!("ESCALATED"), &row["id"], &json!("STATUS_CHANGED"), &json!("ESCALATED"))
    );
    // Once more, to anybody; the status stays.
    let again = agent.post("/api/tickets/1/escalate", json!({"reason": "x"})).await.expect(201);
    assert_eq!((&again["level"], &again["toAgentId"]), (&json!(1), &Value::Null));
    assert_eq!(agent.get("/api/tickets/1/events").await.expect(200)["items"].as_array().unwrap().len(), 5);
    world.stop().await;
}

async fn wrong_escalations(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    agent.ticket("Printer", "x").await;
    let foreign = of_role(&foreigner, "AGENT").await;
    for (field, value) in [
        ("reason", json!("")),
        ("reason", json!(" \u{0} ")),
        ("reason", json!("x".repeat(1_001))),
        ("reason", json!(1)),
        ("level", json!(0)),
        ("level", json!(6)),
        ("level", json!(-1)),
        ("level", json!("1")),
        ("level", json!(1.5)),
        ("level", json!(1e30)),
        ("toAgentId", json!("7")),
        ("toAgentId", json!("\u{0}")),
        ("toAgentId", foreign["id"].clone()),
        ("toAgentId", json!("abcdefghijklmnopqrstuvwx")),
        ("status", json!("ACCEPTED")),
        ("ticketId", json!("x")),
    ] {
        let mut input = json!({"reason": "Needs a technician."});
        input[field] = value.clone();
        assert_eq!(agent.post("/api/tickets/1/escalate", input).await.wrong_fields(), [field], "{value}");
    }
    let all = agent.post("/api/tickets/1/escalate", json!({"reason": "", "level": 9, "toAgentId": "x"})).await;
    assert_eq!(all.wrong_fields(), ["reason", "level", "toAgentId"]);
    let body = json!({"reason": "x"});
    world.viewer().await.post("/api/tickets/1/escalate", body.clone()).await.refused(403, "forbidden");
    foreigner.post("/api/tickets/1/escalate", body).await.refused(404, "not_found");
    assert_eq!(agent.get("/api/tickets/1").await.expect(200)["version"], 1);
    world.stop().await;
}

async fn only_open_tickets_are_escalated(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    agent.ticket("Printer", "x").await;
    for status in ["RESOLVED", "CLOSED"] {
        agent.patch("/api/tickets/1/status", json!({"status": status})).await.expect(200);
        agent.post("/api/tickets/1/escalate", json!({"reason": "x"})).await.refused(409, "invalid_transition");
        assert_eq!(agent.get("/api/tickets/1").await.expect(200)["status"], status);
    }
    let events = agent.get("/api/tickets/1/events").await.expect(200);
    assert_eq!(events["items"].as_array().unwrap().len(), 3, "what was refused left no line");
    world.stop().await;
}
