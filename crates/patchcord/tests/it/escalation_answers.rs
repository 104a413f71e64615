//! Escalations: who waits for somebody, and answering them.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(
    accepting_gives_the_ticket,
    one_of_many_gets_it,
    declining_and_resolving,
    the_list_filters_and_pages,
    foreign_and_wrong_requests,
);

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

async fn escalate(client: &Client, ticket: &Value, reason: &str, to: Value) -> Value {
    let body = json!({"reason": reason, "toAgentId": to});
    client.post(&format!("/api/tickets/{}/escalate", id(ticket)), body).await.expect(201)
}

async fn agent_named(client: &Client, name: &str) -> Value {
    let agents = client.get("/api/support-agents").await.expect(200);
    let found = agents["items"].as_array().unwrap().iter().find(|agent| agent["name"] == name);
    found.unwrap()["id"].clone()
}

fn path(escalation: &Value, action: &str) -> String {
    format!("/api/escalations/{}/{action}", id(escalation))
}

async fn accepting_gives_the_ticket(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let ticket = agent.ticket("Too hard", "m").await;
    let me = agent.get("/api/auth/me").await.expect(200)["id"].clone();
    agent.post("/api/tickets/1/assign", json!({"userId": me})).await.expect(200);
    let escalation = escalate(&agent, &ticket, "needs the boss", agent_named(&agent, "ADMIN of north").await).await;
    let before = agent.get("/api/tickets/1").await.expect(200);
    let accepted = admin.post(&path(&escalation, "accept"), json!({})).await.expect(200);
    assert_eq!((&accepted["status"], &accepted["acceptedBy"]["name"]), (&json!("ACCEPTED"), &json!("ADMIN of north")));
    assert_eq!(
        (&accepted["fromAgent"]["name"], &accepted["toAgent"]["name"]),
        (&json!("AGENT of north"), &json!("ADMIN of north"))
    );
    assert_eq!((&accepted["ticket"]["label"], &accepted["version"]), (&json!("TKT-0001"), &json!(2)));
    assert!(accepted["acceptedAt"].is_string());
    let now = agent.get("/api/tickets/1").await.expect(200);
    assert_eq!((&now["assignee"]["name"], &now["status"]), (&json!("ADMIN of north"), &json!("ESCALATED")));
    assert_eq!(now["version"].as_i64().unwrap(), before["version"].as_i64().unwrap() + 1);
    let events = agent.get("/api/tickets/1/events").await.expect(200);
    let last = events["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["kind"], &last["payload"]["status"]), (&json!("ESCALATED"), &json!("ACCEPTED")));
    assert_eq!(
        (&last["payload"]["escalationId"], &last["actor"]["name"]),
        (&escalation["id"], &json!("ADMIN of north"))
    );
    for action in ["accept", "decline"] {
        let body = if action == "decline" { json!({"reason": "x"}) } else { json!({}) };
        agent.post(&path(&escalation, action), body).await.refused(409, "not_pending");
    }
    world.stop().await;
}

async fn one_of_many_gets_it(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    for _ in 0..5 {
        let ticket = agent.ticket("Too hard", "m").await;
        let escalation = escalate(&agent, &ticket, "anybody", Value::Null).await;
        let path = path(&escalation, "accept");
        let all = (0..6).map(|n| if n % 2 == 0 { admin.post(&path, json!({})) } else { agent.post(&path, json!({})) });
        let answers = futures::future::join_all(all).await;
        let won: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(won.len(), 1);
        let lost = answers.iter().filter(|answer| answer.status == 409 && answer.body["code"] == "not_pending").count();
        assert_eq!(lost, 5, "{answers:?}");
        let now = agent.get(&format!("/api/tickets/{}", id(&ticket))).await.expect(200);
        assert_eq!(now["assignee"]["name"], won[0].body["acceptedBy"]["name"]);
    }
    world.stop().await;
}

async fn declining_and_resolving(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Too hard", "m").await;
    let first = escalate(&agent, &ticket, "anybody", Value::Null).await;
    for (body, status) in [(json!({}), 422), (json!({"reason": " "}), 422), (json!({"reason": "x".repeat(1_001)}), 422)]
    {
        assert_eq!(agent.post(&path(&first, "decline"), body).await.status, status);
    }
    let declined = agent.post(&path(&first, "decline"), json!({"reason": "no time"})).await.expect(200);
    assert_eq!((&declined["status"], &declined["acceptedBy"]), (&json!("DECLINED"), &Value::Null));
    let events = agent.get("/api/tickets/1/events").await.expect(200);
    let last = events["items"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["payload"]["status"], &last["payload"]["answer"]), (&json!("DECLINED"), &json!("no time")));
    assert_eq!(agent.get("/api/tickets/1").await.expect(200)["assignee"], Value::Null);
    agent.post(&path(&first, "accept"), json!({})).await.refused(409, "not_pending");
    agent.post(&path(&first, "resolve"), json!({})).await.refused(409, "not_pending");

    let second = escalate(&agent, &ticket, "again", Value::Null).await;
    agent.post(&path(&second, "accept"), json!({})).await.expect(200);
    let resolved = agent.post(&path(&second, "resolve"), json!({})).await.expect(200);
    assert_eq!((&resolved["status"], &resolved["ticket"]["status"]), (&json!("RESOLVED"), &json!("ESCALATED")));
    agent.post(&path(&second, "resolve"), json!({})).await.refused(409, "not_pending");
    let third = escalate(&agent, &ticket, "solved itself", Value::Null).await;
    agent.post(&path(&third, "resolve"), json!({})).await.expect(200);
    world.stop().await;
}

async fn the_list_filters_and_pages(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let boss = agent_named(&agent, "ADMIN of north").await;
    let mut made = Vec::new();
    for (reason, to) in [("first", Value::Null), ("second", boss.clone()), ("third", boss), ("fourth", Value::Null)] {
        world.clock.forward(1_000);
        let ticket = agent.ticket(reason, "m").await;
        made.push(escalate(&agent, &ticket, reason, to).await);
    }
    admin.post(&path(&made[3], "accept"), json!({})).await.expect(200);
    agent.post(&path(&made[1], "decline"), json!({"reason": "no"})).await.expect(200);
    let reasons = async |client: &Client, query: &str| {
        let list = client.get(&format!("/api/escalations{query}")).await.expect(200);
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["reason"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let viewer = world.viewer().await;
    assert_eq!(reasons(&viewer, "").await, ["fourth", "third", "second", "first"]);
    assert_eq!(reasons(&viewer, "?status=pending").await, ["third", "first"]);
    assert_eq!(reasons(&viewer, "?status=PENDING,DECLINED&status=RESOLVED").await, ["third", "second", "first"]);
    assert_eq!(reasons(&admin, "?mine=true").await, ["fourth", "third", "second"]);
    assert_eq!(reasons(&admin, "?mine=true&status=PENDING").await, ["third"]);
    assert_eq!(reasons(&viewer, "?mine=true").await, [""; 0]);
    assert_eq!(reasons(&world.foreigner().await, "").await, [""; 0]);
    let first = agent.get("/api/escalations?limit=3&count=exact").await.expect(200);
    assert_eq!(
        (&first["hasMore"], &first["total"], first["items"].as_array().unwrap().len()),
        (&json!(true), &json!(4), 3)
    );
    let next = format!("?limit=3&cursor={}", first["nextCursor"].as_str().unwrap());
    assert_eq!(reasons(&agent, &next).await, ["first"]);
    for query in ["?status=LOST", "?mine=perhaps", "?limit=0", "?color=red", "?cursor=x"] {
        agent.get(&format!("/api/escalations{query}")).await.refused(422, "validation_failed");
    }
    world.stop().await;
}

async fn foreign_and_wrong_requests(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let ticket = agent.ticket("Too hard", "m").await;
    let escalation = escalate(&agent, &ticket, "anybody", Value::Null).await;
    for action in ["accept", "resolve"] {
        foreigner.post(&path(&escalation, action), json!({})).await.refused(404, "not_found");
        world.viewer().await.post(&path(&escalation, action), json!({})).await.refused(403, "forbidden");
        agent.post(&path(&escalation, action), json!({"for": "me"})).await.refused(422, "validation_failed");
    }
    foreigner.post(&path(&escalation, "decline"), json!({"reason": "x"})).await.refused(404, "not_found");
    agent.post("/api/escalations/abcdefghijklmnopqrstuvwx/accept", json!({})).await.refused(404, "not_found");
    // Without any body it is an empty object.
    let bare = agent.request(reqwest::Method::POST, &path(&escalation, "accept"));
    assert_eq!(bare.send().await.unwrap().status(), 200);
    world.stop().await;
}
