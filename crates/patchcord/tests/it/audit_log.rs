//! The log of administrative changes: complete, without secrets, and of one workspace only.

use patchcord_domain::time::{SECOND, to_rfc3339};
use serde_json::{Value, json};

use crate::harness::{Client, Engine, PASSWORD, TestClock, World, both_engines};

both_engines!(every_administrative_change_is_written_down, it_is_filtered_and_paged);

async fn log(client: &Client, query: &str) -> Vec<Value> {
    let page = client.get(&format!("/api/audit-log{query}")).await.expect(200);
    page["items"].as_array().unwrap().clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

async fn every_administrative_change_is_written_down(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let (me, from) = (admin.get("/api/auth/me").await.expect(200), to_rfc3339(TestClock::START + 10 * SECOND));
    world.clock.forward(10 * SECOND);
    let user = json!({"email": "new@north.test", "name": "New", "role": "AGENT", "password": "another long secret"});
    let user = admin.post("/api/users", user).await.expect(201);
    let id = user["user"]["id"].as_str().unwrap();
    admin.patch(&format!("/api/users/{id}"), json!({"role": "VIEWER"})).await.expect(200);
    let token = admin.post("/api/tokens", json!({"name": "t"})).await.expect(201);
    admin.delete(&format!("/api/tokens/{}", token["id"].as_str().unwrap())).await.expect(204);
    admin.patch("/api/workspace", json!({"name": "North by north"})).await.expect(200);

    let entries = log(&admin, &format!("?from={from}")).await;
    let told = ["workspace.changed", "token.revoked", "token.created", "user.changed", "user.added"];
    assert_eq!(actions(&entries), told);
    for entry in &entries {
        assert_eq!((&entry["actor"], &entry["actorName"]), (&me["id"], &me["name"]), "{entry}");
    }
    assert_eq!(entries[3]["subject"], id);
    assert_eq!((&entries[3]["before"]["role"], &entries[3]["after"]["role"]), (&json!("AGENT"), &json!("VIEWER")));
    assert_eq!(
        (&entries[0]["before"], &entries[0]["after"]),
        (&json!({"name": "north"}), &json!({"name": "North by north"}))
    );
    let everything = json!(log(&admin, "?limit=100").await).to_string();
    let secret = token["token"].as_str().unwrap();
    for secret in [secret, "another long secret", PASSWORD, "argon2", "invitation"] {
        assert!(!everything.contains(secret), "{secret} is in {everything}");
    }
    // What the command line did has no user.
    let of_operator = log(&admin, "?actor=operator").await;
    assert!(actions(&of_operator).contains(&"workspace.added"), "{of_operator:?}");
    assert_eq!(of_operator[0]["actorName"], Value::Null);

    for client in [world.agent().await, world.viewer().await] {
        client.get("/api/audit-log").await.refused(403, "forbidden");
    }
    let foreign = json!(log(&world.foreigner().await, "?limit=100").await).to_string();
    assert!(!foreign.contains("north.test") && !foreign.contains(id), "{foreign}");
    assert_eq!(log(&world.foreigner().await, &format!("?subject={id}")).await, Vec::<Value>::new());
    world.stop().await;
}

async fn it_is_filtered_and_paged(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for number in 0..23 {
        // Several entries of one millisecond must not be lost or doubled between pages.
        if number % 5 == 0 {
            world.clock.forward(SECOND);
        }
        admin.post("/api/tokens", json!({"name": format!("token {number}")})).await.expect(201);
    }
    let whole = log(&admin, "?action=token.created&limit=100").await;
    assert_eq!(whole.len(), 23);
    let (mut paged, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/audit-log?action=token.created&limit=5{cursor}")).await.expect(200);
        paged.extend(page["items"].as_array().unwrap().clone());
        assert_eq!(page["hasMore"], page["nextCursor"].is_string());
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(paged, whole);
    let one = whole[7]["subject"].as_str().unwrap();
    assert_eq!(log(&admin, &format!("?subject={one}")).await, [whole[7].clone()]);
    assert_eq!(log(&admin, "?action=token.created,token.revoked&action=x&limit=100").await.len(), 23);
    assert_eq!(log(&admin, "?action=token").await.len(), 0);
    let at = whole[10]["at"].as_str().unwrap();
    let since = log(&admin, &format!("?action=token.created&from={at}&limit=100")).await;
    let until = log(&admin, &format!("?action=token.created&to={at}&limit=100")).await;
    assert!(since.contains(&whole[10]) && !until.contains(&whole[10]) && since.len() + until.len() == 23);
    for wrong in ["?from=soon", "?cursor=x", "?limit=101", "?offset=5", "?who=me"] {
        admin.get(&format!("/api/audit-log{wrong}")).await.refused(422, "validation_failed");
    }
    world.stop().await;
}
