//! Tickets that are like another one.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(the_nearest_come_first, only_what_is_alike_and_ones_own);

fn found(items: &Value) -> Vec<(String, f64)> {
    let all = items["items"].as_array().unwrap().iter();
    all.map(|one| (one["label"].as_str().unwrap().to_owned(), one["score"].as_f64().unwrap())).collect()
}

/// A ticket of the workspace's contact, so that the message is the customer's own.
async fn asked(client: &Client, contact: &str, subject: &str, message: &str) -> Value {
    let body = json!({"subject": subject, "message": message, "contactId": contact});
    client.post("/api/tickets", body).await.expect(201)
}

async fn the_nearest_come_first(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let contact = &world.town.north.contact;
    let vpn = "The VPN tunnel drops every twenty minutes";
    asked(&agent, contact, "VPN tunnel drops", vpn).await;
    let solved = asked(&agent, contact, "VPN tunnel drops", vpn).await;
    asked(&agent, contact, "VPN slow in the evening", "Everything crawls").await;
    asked(&agent, contact, "Paper jam in tray two", "The printer is stuck").await;
    let path = format!("/api/tickets/{}/status", solved["id"].as_str().unwrap());
    agent.patch(&path, json!({"status": "RESOLVED"})).await.expect(200);
    let ticket = asked(&agent, contact, "VPN tunnel drops", vpn).await;

    let answer = world.viewer().await.get("/api/tickets/TKT-0005/similar").await.expect(200);
    // Words: vpn, tunnel, drops, every, twenty, minutes. The first two are alike, and one of them is solved.
    assert_eq!(found(&answer), [("TKT-0002".into(), 0.7), ("TKT-0001".into(), 0.63)], "{answer}");
    assert_eq!(answer["items"][0]["status"], "RESOLVED");
    let by_id = agent.get(&format!("/api/tickets/{}/similar", ticket["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(by_id, answer);

    for number in 0..6 {
        asked(&agent, contact, "VPN tunnel drops", &format!("The VPN drops again {number}")).await;
    }
    let answer = agent.get("/api/tickets/5/similar").await.expect(200);
    assert_eq!(answer["items"].as_array().unwrap().len(), 5);
    world.stop().await;
}

async fn only_what_is_alike_and_ones_own(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    foreigner.ticket("VPN tunnel drops", "The VPN tunnel drops").await;
    let own = agent.ticket("VPN tunnel drops", "The VPN tunnel drops").await;
    let silent = agent.ticket("It is on", "???").await;
    let path = |ticket: &Value| format!("/api/tickets/{}/similar", ticket["id"].as_str().unwrap());
    assert_eq!(agent.get(&path(&own)).await.expect(200)["items"], json!([]));
    assert_eq!(agent.get(&path(&silent)).await.expect(200)["items"], json!([]));
    foreigner.get(&path(&own)).await.refused(404, "not_found");
    agent.get("/api/tickets/TKT-9999/similar").await.refused(404, "not_found");
    world.stranger().get(&path(&own)).await.refused(401, "token_missing");
    world.stop().await;
}
