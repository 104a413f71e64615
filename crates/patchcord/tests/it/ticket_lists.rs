//! The list of tickets: every filter, order, pages by offset and by cursor, and full text.

use patchcord_domain::time::{HOUR, SECOND};
use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(filters, order, pages, cursors_stay_in_place, full_text, times);

fn numbers(page: &Value) -> Vec<i64> {
    page["items"].as_array().unwrap().iter().map(|line| line["number"].as_i64().unwrap()).collect()
}

async fn list(client: &Client, query: &str) -> Vec<i64> {
    let mut found = numbers(&client.get(&format!("/api/tickets?{query}")).await.expect(200));
    found.sort_unstable();
    found
}

/// Four tickets that differ in everything that can be filtered.
async fn four(world: &World, agent: &Client) {
    let place = &world.town.north;
    for body in [
        json!({"subject": "Printer jams", "message": "Tray two", "priority": "LOW", "channel": "WEB", "tags": ["a"]}),
        json!({"subject": "VPN drops", "message": "Renew", "priority": "HIGH", "channel": "PHONE", "tags": ["a", "b"], "contactId": place.contact}),
        json!({"subject": "Café Überwachung", "message": "x", "priority": "URGENT", "channel": "EMAIL", "organizationId": place.organization}),
        json!({"subject": "100% of it_", "message": "x", "channel": "API"}),
    ] {
        agent.post("/api/tickets", body).await.expect(201);
        world.clock.forward(SECOND);
    }
    let supporter = agent.get("/api/support-agents").await.expect(200)["items"][0]["id"].clone();
    agent.post("/api/tickets/2/assign", json!({"supportAgentId": supporter})).await.expect(200);
    agent.patch("/api/tickets/3/status", json!({"status": "RESOLVED"})).await.expect(200);
    agent.patch("/api/tickets/4/status", json!({"status": "WAITING_ON_CUSTOMER"})).await.expect(200);
}

async fn filters(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    four(&world, &agent).await;
    world.foreigner().await.ticket("Printer jams", "x").await;
    let place = &world.town.north;
    let supporter = agent.get("/api/support-agents").await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
    for (query, expect) in [
        ("", vec![1, 2, 3, 4]),
        ("status=OPEN", vec![1, 2]),
        ("status=open&status=Resolved", vec![1, 2, 3]),
        ("status=open,resolved,WAITING_ON_CUSTOMER", vec![1, 2, 3, 4]),
        ("priority=LOW,URGENT", vec![1, 3]),
        ("channel=PHONE", vec![2]),
        ("channel=api&priority=medium", vec![4]),
        ("channel=api&priority=low", vec![]),
        ("tag=a", vec![1, 2]),
        ("tag=B,none", vec![2]),
        ("tag=%25", vec![]),
        ("productArea=Network", vec![]),
        ("assigneeId=none", vec![1, 3, 4]),
        (&format!("assigneeId={supporter}"), vec![2]),
        (&format!("assigneeId={supporter},none&status=OPEN"), vec![1, 2]),
        (&format!("organizationId={}", place.organization), vec![2, 3]),
        (&format!("contactId={}", place.contact), vec![2]),
        (&format!("contactId={}", world.town.south.contact), vec![]),
        (&format!("organizationId={}", world.town.south.organization), vec![]),
        ("sla=breached", vec![]),
        ("sla=due_soon", vec![]),
    ] {
        assert_eq!(list(&agent, query).await, expect, "{query}");
        let total = agent.get(&format!("/api/tickets?{query}&count=exact&limit=1")).await.expect(200)["total"].clone();
        assert_eq!(total, expect.len(), "{query}");
    }
    assert_eq!(list(&world.viewer().await, "").await, [1, 2, 3, 4]);
    let line = agent.get("/api/tickets?channel=PHONE").await.expect(200)["items"][0].clone();
    assert_eq!(
        (
            &line["label"],
            &line["contact"]["name"],
            &line["organization"]["name"],
            &line["assignee"]["name"],
            &line["tags"]
        ),
        (
            &json!("TKT-0002"),
            &json!("Jonas Berg"),
            &json!("Harbour Freight north"),
            &json!("ADMIN of north"),
            &json!(["a", "b"])
        )
    );
    world.stop().await;
}

async fn order(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    four(&world, &agent).await;
    world.clock.forward(SECOND);
    agent.patch("/api/tickets/1", json!({"category": "printer"})).await.expect(200);
    for (sort, expect) in [
        ("", [4, 3, 2, 1]),
        ("sort=createdAt", [1, 2, 3, 4]),
        ("sort=-createdAt", [4, 3, 2, 1]),
        ("sort=number", [1, 2, 3, 4]),
        ("sort=-number", [4, 3, 2, 1]),
        ("sort=priority", [1, 4, 2, 3]),
        ("sort=-priority", [3, 2, 4, 1]),
    ] {
        assert_eq!(numbers(&agent.get(&format!("/api/tickets?{sort}")).await.expect(200)), expect, "{sort}");
    }
    assert_eq!(numbers(&agent.get("/api/tickets?sort=-updatedAt").await.expect(200))[0], 1);
    world.stop().await;
}

async fn pages(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for n in 0..7 {
        agent.ticket(&format!("Ticket {n}"), "x").await;
    }
    let page = |query: &'static str| {
        let agent = &agent;
        async move { agent.get(&format!("/api/tickets?sort=number&{query}")).await.expect(200) }
    };
    let first = page("limit=3").await;
    assert_eq!(
        (numbers(&first), &first["limit"], &first["offset"], &first["hasMore"], &first["total"]),
        (vec![1, 2, 3], &json!(3), &json!(0), &json!(true), &Value::Null)
    );
    let third = page("limit=3&page=3&count=exact").await;
    assert_eq!(
        (numbers(&third), &third["offset"], &third["hasMore"], &third["total"], &third["nextCursor"]),
        (vec![7], &json!(6), &json!(false), &json!(7), &Value::Null)
    );
    assert_eq!(numbers(&page("limit=2&offset=5").await), [6, 7]);
    assert_eq!(numbers(&page("limit=2&offset=10000").await), Vec::<i64>::new());
    let full = page("limit=7").await;
    assert_eq!((&full["hasMore"], &full["nextCursor"]), (&json!(false), &Value::Null));
    agent.get("/api/tickets?offset=10001").await.refused(422, "use_cursor");
    agent.get("/api/tickets?page=1000&limit=100").await.refused(422, "use_cursor");
    world.stop().await;
}

async fn cursors_stay_in_place(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for n in 0..9 {
        let priority = ["LOW", "HIGH", "MEDIUM"][n % 3];
        agent
            .post("/api/tickets", json!({"subject": format!("Ticket {n}"), "message": "x", "priority": priority}))
            .await
            .expect(201);
    }
    for sort in ["number", "-number", "createdAt", "-createdAt", "priority", "-priority", "-updatedAt"] {
        let whole = numbers(&agent.get(&format!("/api/tickets?sort={sort}&limit=100")).await.expect(200));
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = agent.get(&format!("/api/tickets?sort={sort}&limit=2{cursor}")).await.expect(200);
            seen.extend(numbers(&page));
            match page["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, whole, "{sort}");
    }
    // What is opened meanwhile neither repeats nor hides anything.
    let first = agent.get("/api/tickets?limit=4").await.expect(200);
    agent.ticket("Newer", "x").await;
    let second =
        agent.get(&format!("/api/tickets?limit=5&cursor={}", first["nextCursor"].as_str().unwrap())).await.expect(200);
    assert_eq!([numbers(&first), numbers(&second)].concat(), [9, 8, 7, 6, 5, 4, 3, 2, 1]);
    // Another workspace's cursor is a place in the own list.
    let foreign =
        world.foreigner().await.get(&format!("/api/tickets?cursor={}", first["nextCursor"].as_str().unwrap())).await;
    assert_eq!(foreign.expect(200)["items"], json!([]));
    world.stop().await;
}

async fn full_text(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    four(&world, &agent).await;
    agent.post("/api/tickets/1/messages", json!({"body": "The fuser unit is worn."})).await.expect(201);
    agent.patch("/api/tickets/4", json!({"subject": "Projector"})).await.expect(200);
    for (q, expect) in [
        ("printer", vec![1]),
        ("PRINTER%20tray", vec![1]),
        ("printer%20renew", vec![]),
        ("fuser", vec![1]),
        ("cafe", vec![3]),
        ("%C3%9Cberwachung", vec![3]),
        ("uberwachung", vec![3]),
        ("projector", vec![4]),
        ("TKT-0002", vec![2]),
        ("vpn%20OR%20printer", vec![]),
        ("%22vpn%20drops%22", vec![2]),
        ("%25", vec![]),
        ("nothing", vec![]),
    ] {
        assert_eq!(list(&agent, &format!("q={q}")).await, expect, "{q}");
    }
    assert_eq!(list(&agent, "q=vpn&status=OPEN").await, [2]);
    assert_eq!(list(&agent, "q=vpn&status=CLOSED").await, Vec::<i64>::new());
    assert_eq!(list(&world.foreigner().await, "q=printer").await, Vec::<i64>::new());
    world.stop().await;
}

async fn times(engine: Engine) {
    let world = World::new(engine).await;
    world.agent().await.ticket("Early", "x").await;
    world.clock.forward(2 * HOUR);
    let agent = world.agent().await;
    agent.ticket("Late", "x").await;
    agent.patch("/api/tickets/2/status", json!({"status": "RESOLVED"})).await.expect(200);
    agent.post("/api/tickets/1/messages", json!({"body": "We look at it."})).await.expect(201);
    for (query, expect) in [
        ("createdFrom=2026-11-24T10:00:00Z", vec![2]),
        ("createdTo=2026-11-24T10:00:00Z", vec![1]),
        ("createdFrom=2026-11-24", vec![1, 2]),
        ("createdTo=2026-11-24", vec![]),
        ("createdFrom=2026-11-24T11:00:00%2B01:00", vec![2]),
        ("resolvedFrom=2026-11-24T10:00:00Z", vec![2]),
        ("resolvedTo=2026-11-24T10:00:00Z", vec![]),
        ("firstRespondedFrom=2026-11-24T10:00:00Z", vec![1]),
        ("firstRespondedFrom=2026-11-24T10:00:00Z&firstRespondedTo=2026-11-24T12:00:00Z", vec![1]),
        ("firstRespondedTo=2026-11-24T10:00:00Z", vec![]),
        ("repliedById=me&repliedTo=2026-11-24T10:00:00Z", vec![1]),
        ("repliedById=me&repliedFrom=2026-11-24T10:00:00Z", vec![1, 2]),
        ("repliedById=me&repliedFrom=2026-11-24T12:00:00Z", vec![]),
        ("createdFrom=2026-11-25&createdTo=2026-11-24", vec![]),
    ] {
        assert_eq!(list(&agent, query).await, expect, "{query}");
    }
    world.stop().await;
}
