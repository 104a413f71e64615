//! Making two tickets one.

use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::Ticket;
use patchcord_store::trail;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Engine, Setup, World, both_engines};

both_engines!(
    everything_moves_and_the_trails_stay,
    what_cannot_be_merged,
    a_merged_ticket_takes_no_more_changes,
    opposite_merges_end,
    what_is_written_during_a_merge_is_not_lost,
    the_same_merge_twice_is_one,
    three_tickets_become_one,
    open_work_of_the_copilot_is_cancelled,
);

fn id(ticket: &Value) -> &str {
    ticket["id"].as_str().unwrap()
}

async fn merge(client: &Client, source: &Value, target: &Value) -> Answer {
    client.post(&format!("/api/tickets/{}/merge", id(source)), json!({"intoTicketId": id(target)})).await
}

async fn attach(client: &Client, ticket: &Value, name: &str, text: &str) -> Value {
    let part = Part::bytes(text.as_bytes().to_vec()).file_name(name.to_owned());
    let path = format!("/api/tickets/{}/attachments", id(ticket));
    let form = Form::new().part("file", part);
    Answer::of(client.request(reqwest::Method::POST, &path).multipart(form)).await.expect(201)
}

async fn labels(client: &Client, q: &str) -> Vec<String> {
    let list = client.get(&format!("/api/tickets?sort=number&q={q}")).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|one| one["label"].as_str().unwrap().to_owned()).collect()
}

/// Whether the trail of a ticket is whole.
async fn trail_faults(world: &World, ticket: &Value) -> Vec<String> {
    let workspace: &WorkspaceId = &world.town.north.workspace;
    let tenant = world.store.tenant(workspace);
    let row: Ticket = tenant.get(id(ticket)).await.unwrap().unwrap();
    trail::verify(&world.app.keys.audit, &row, &trail::all(tenant, id(ticket)).await.unwrap())
}

async fn everything_moves_and_the_trails_stay(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let target = agent.ticket("Scanner offline", "The scanner in room 2 is offline.").await;
    world.clock.forward(1_000);
    let source = agent.ticket("Scanner still dead", "Still no zebrafish scans.").await;
    attach(&agent, &target, "same.txt", "the same").await;
    attach(&agent, &source, "same.txt", "the same").await;
    let moved = attach(&agent, &source, "other.txt", "another").await;
    world.clock.forward(1_000);
    let path = format!("/api/tickets/{}/messages", id(&source));
    let last = agent.post(&path, json!({"body": "Ordered a quokka cable."})).await.expect(201);

    let merged = merge(&agent, &source, &target).await.expect(200);
    assert_eq!(merged["id"], target["id"]);
    assert_eq!((&merged["messageCount"], &merged["lastMessageAt"]), (&json!(3), &last["createdAt"]));
    assert_eq!(merged["firstRespondedAt"], last["createdAt"]);
    let bodies: Vec<&str> =
        merged["messages"].as_array().unwrap().iter().map(|message| message["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["The scanner in room 2 is offline.", "Still no zebrafish scans.", "Ordered a quokka cable."]);
    assert_eq!(merged["messages"][0]["originTicketId"], Value::Null);
    assert_eq!(merged["messages"][2]["originTicketId"], source["id"]);
    assert_eq!(merged["messages"][2]["ticketId"], target["id"]);
    // The same content is not there twice: the target's own file stays, the source keeps its copy.
    let files: Vec<&Value> = merged["attachments"].as_array().unwrap().iter().map(|file| &file["fileName"]).collect();
    assert_eq!(files, ["same.txt", "other.txt"]);
    assert_eq!(merged["attachments"][1]["originTicketId"], source["id"]);
    let download = agent.get(&format!("/api/attachments/{}", id(&moved))).await;
    assert_eq!((download.status, download.text.as_str()), (200, "another"));

    let after = agent.get(&format!("/api/tickets/{}", id(&source))).await.expect(200);
    assert_eq!((&after["status"], &after["mergedIntoId"]), (&json!("CLOSED"), &target["id"]));
    assert_eq!((&after["messageCount"], &after["messages"]), (&json!(0), &json!([])));
    assert_eq!(after["attachments"].as_array().unwrap().len(), 1);

    let events = agent.get(&format!("/api/tickets/{}/events", id(&target))).await.expect(200);
    let lines: Vec<String> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let whose = if line["ticketId"] == source["id"] { "source" } else { "target" };
            format!("{whose} {} {}", line["seq"], line["kind"].as_str().unwrap())
        })
        .collect();
    for line in [
        "target 1 TICKET_CREATED",
        "source 1 TICKET_CREATED",
        "source 4 MESSAGE_ADDED",
        "source 5 STATUS_CHANGED",
        "source 6 TICKET_MERGED",
        "target 3 TICKET_MERGED",
    ] {
        assert!(lines.iter().any(|there| there == line), "{line}: {lines:?}");
    }
    assert_eq!(lines.len(), 9, "{lines:?}");
    let line =
        &events["items"].as_array().unwrap().iter().find(|line| line["kind"] == "TICKET_MERGED").unwrap()["payload"];
    assert_eq!((&line["messages"], &line["attachments"]), (&json!(2), &json!(1)));
    let own = agent.get(&format!("/api/tickets/{}/events", id(&source))).await.expect(200);
    assert_eq!(own["items"].as_array().unwrap().len(), 6);
    assert_eq!(trail_faults(&world, &source).await, [""; 0]);
    assert_eq!(trail_faults(&world, &target).await, [""; 0]);

    assert_eq!(labels(&agent, "zebrafish").await, ["TKT-0001"]);
    assert_eq!(labels(&agent, "quokka").await, ["TKT-0001"]);
    assert_eq!(labels(&agent, "TKT-0002").await, ["TKT-0001", "TKT-0002"]);
    // The target goes on, and what is written now is found as well.
    let path = format!("/api/tickets/{}/messages", id(&target));
    agent.post(&path, json!({"body": "The okapi cable came."})).await.expect(201);
    assert_eq!(labels(&agent, "okapi").await, ["TKT-0001"]);
    world.stop().await;
}

async fn what_cannot_be_merged(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let (a, b, c) =
        (agent.ticket("Alpha", "a").await, agent.ticket("Beta", "b").await, agent.ticket("Gamma", "c").await);
    let foreign = foreigner.ticket("Foreign", "f").await;

    let itself = merge(&agent, &a, &a).await.refused(422, "validation_failed");
    assert_eq!(
        itself["errors"][0],
        json!({"field": "intoTicketId", "message": "a ticket cannot be merged into itself"})
    );
    for into in [foreign["id"].clone(), json!("TKT-0099"), json!("nonsense!"), json!("")] {
        let path = format!("/api/tickets/{}/merge", id(&a));
        let refused = agent.post(&path, json!({"intoTicketId": into})).await.refused(422, "validation_failed");
        assert_eq!(refused["errors"][0]["field"], "intoTicketId", "{into}");
    }
    merge(&agent, &foreign, &a).await.refused(404, "not_found");
    merge(&foreigner, &a, &foreign).await.refused(404, "not_found");
    merge(&world.viewer().await, &a, &b).await.refused(403, "forbidden");
    agent.post(&format!("/api/tickets/{}/merge", id(&a)), json!({})).await.refused(422, "validation_failed");

    merge(&agent, &a, &b).await.expect(200);
    merge(&agent, &a, &c).await.refused(409, "already_merged");
    let refused = merge(&agent, &c, &a).await.refused(409, "target_merged");
    assert!(refused["detail"].as_str().unwrap().contains("TKT-0002"), "{refused}");
    merge(&agent, &b, &a).await.refused(409, "target_merged");
    assert_eq!(agent.get(&format!("/api/tickets/{}", id(&c))).await.expect(200)["version"], 1);
    world.stop().await;
}

async fn a_merged_ticket_takes_no_more_changes(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let (a, b) = (agent.ticket("Alpha", "a").await, agent.ticket("Beta", "b").await);
    let hand_over =
        agent.post(&format!("/api/tickets/{}/escalate", id(&a)), json!({"reason": "too hard"})).await.expect(201);
    let taken =
        agent.post(&format!("/api/tickets/{}/escalate", id(&a)), json!({"reason": "harder still"})).await.expect(201);
    agent.post(&format!("/api/escalations/{}/accept", id(&taken)), json!({})).await.expect(200);
    merge(&agent, &a, &b).await.expect(200);
    let path = |rest: &str| format!("/api/tickets/{}{rest}", id(&a));
    agent.post(&path("/messages"), json!({"body": "more"})).await.refused(409, "ticket_merged");
    agent.post(&path("/assign"), json!({})).await.refused(409, "ticket_merged");
    agent.post(&path("/escalate"), json!({"reason": "x"})).await.refused(409, "ticket_merged");
    agent.patch(&path(""), json!({"priority": "LOW"})).await.refused(409, "ticket_merged");
    let refused = agent.patch(&path("/status"), json!({"status": "OPEN"})).await.refused(409, "ticket_merged");
    assert_eq!(refused["detail"], "this ticket was merged into TKT-0002; go on there");
    agent.post("/api/copilot/v1/analyze", json!({"ticketId": a["id"]})).await.refused(409, "ticket_merged");
    // Escalations that were not done with went along.
    let resolved = agent.post(&format!("/api/escalations/{}/resolve", id(&taken)), json!({})).await.expect(200);
    assert_eq!(resolved["ticket"]["id"], b["id"]);
    let accepted = agent.post(&format!("/api/escalations/{}/accept", id(&hand_over)), json!({})).await.expect(200);
    assert_eq!(accepted["ticket"]["id"], b["id"]);
    let now = agent.get(&format!("/api/tickets/{}", id(&b))).await.expect(200);
    assert_eq!(now["assignee"]["name"], "AGENT of north");
    world.stop().await;
}

async fn opposite_merges_end(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for round in 0..8 {
        let (a, b) = (agent.ticket("Alpha", "a").await, agent.ticket("Beta", "b").await);
        let (one, other) = tokio::join!(merge(&agent, &a, &b), merge(&agent, &b, &a));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "round {round}: {} {}", one.text, other.text);
        let (lost, kept) = if one.status == 200 { (other, &b) } else { (one, &a) };
        assert!(matches!(lost.body["code"].as_str(), Some("already_merged" | "target_merged")), "{}", lost.text);
        let kept = agent.get(&format!("/api/tickets/{}", id(kept))).await.expect(200);
        assert_eq!((&kept["messageCount"], &kept["mergedIntoId"]), (&json!(2), &Value::Null));
    }
    world.stop().await;
}

async fn what_is_written_during_a_merge_is_not_lost(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for round in 0..6 {
        let (a, b) = (agent.ticket("Alpha", "a").await, agent.ticket("Beta", "b").await);
        let write = |ticket: &Value, n: usize| {
            let path = format!("/api/tickets/{}/messages", id(ticket));
            let agent = agent.clone();
            async move { agent.post(&path, json!({"body": format!("word {n}")})).await }
        };
        let written = futures::future::join_all((0..6).map(|n| write(if n % 2 == 0 { &a } else { &b }, n)));
        let (merged, written) = tokio::join!(merge(&agent, &a, &b), written);
        merged.expect(200);
        let now = agent.get(&format!("/api/tickets/{}", id(&b))).await.expect(200);
        let there: Vec<&Value> = now["messages"].as_array().unwrap().iter().map(|message| &message["id"]).collect();
        let mut kept = 2;
        for answer in written {
            if answer.status == 201 {
                assert!(there.contains(&&answer.body["id"]), "round {round}: {}", answer.text);
                kept += 1;
            } else {
                answer.refused(409, "ticket_merged");
            }
        }
        assert_eq!((there.len(), now["messageCount"].as_u64()), (kept, Some(kept as u64)), "round {round}");
        assert_eq!(trail_faults(&world, &a).await, [""; 0]);
        assert_eq!(trail_faults(&world, &b).await, [""; 0]);
    }
    world.stop().await;
}

async fn the_same_merge_twice_is_one(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let (a, b, c) =
        (agent.ticket("Alpha", "a").await, agent.ticket("Beta", "b").await, agent.ticket("Gamma", "c").await);
    let path = format!("/api/tickets/{}/merge", id(&a));
    let body = json!({"intoTicketId": id(&b)});
    let (one, two) =
        tokio::join!(agent.post_once(&path, "k1", body.clone()), agent.post_once(&path, "k1", body.clone()));
    let (one, two) = (one.expect(200), two.expect(200));
    assert_eq!(one, two);
    assert_eq!(agent.post_once(&path, "k1", body).await.expect(200), one);
    assert_eq!(one["messageCount"], 2);
    agent.post_once(&path, "k1", json!({"intoTicketId": id(&c)})).await.refused(409, "idempotency_key_reused");
    world.stop().await;
}

async fn three_tickets_become_one(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let (a, b, c) =
        (agent.ticket("Alpha", "aardvark").await, agent.ticket("Beta", "b").await, agent.ticket("Gamma", "c").await);
    merge(&agent, &a, &b).await.expect(200);
    let all = merge(&agent, &b, &c).await.expect(200);
    assert_eq!(all["messageCount"], 3);
    let origins: Vec<&Value> =
        all["messages"].as_array().unwrap().iter().map(|message| &message["originTicketId"]).collect();
    for origin in [&a["id"], &b["id"], &Value::Null] {
        assert!(origins.contains(&origin), "{origins:?}");
    }
    let events = agent.get(&format!("/api/tickets/{}/events", id(&c))).await.expect(200);
    let of = |ticket: &Value| {
        events["items"].as_array().unwrap().iter().filter(|line| line["ticketId"] == ticket["id"]).count()
    };
    assert_eq!((of(&a), of(&b), of(&c)), (3, 4, 2));
    assert_eq!(labels(&agent, "aardvark").await, ["TKT-0003"]);
    let similar = agent.ticket("Gamma again", "aardvark").await;
    let near = agent.get(&format!("/api/tickets/{}/similar", id(&similar))).await.expect(200);
    let near: Vec<&Value> = near["items"].as_array().unwrap().iter().map(|one| &one["label"]).collect();
    assert_eq!(near, ["TKT-0003"]);
    world.stop().await;
}

async fn open_work_of_the_copilot_is_cancelled(engine: Engine) {
    let world = World::with(engine, Setup { worker: false, ..Setup::default() }).await;
    let agent = world.agent().await;
    let (a, b) = (agent.ticket("Alpha", "a").await, agent.ticket("Beta", "b").await);
    let asked = agent.post("/api/copilot/v1/analyze", json!({"ticketId": a["id"]})).await.expect(202);
    merge(&agent, &a, &b).await.expect(200);
    let status = agent.finished(asked["data"]["suggestionId"].as_str().unwrap()).await;
    assert_eq!((&status["state"], &status["code"]), (&json!("error"), &json!("cancelled")));
    assert_eq!(status["error"], "The ticket was merged into TKT-0002; ask there again.");
    let kept = agent.get(&format!("/api/tickets/{}/suggestions", id(&a))).await.expect(200);
    assert_eq!(kept["items"].as_array().unwrap().len(), 1);
    world.stop().await;
}
