//! The same change on many tickets.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(one_failure_does_not_undo_the_others, what_was_changed_can_be_taken_back, wrong_requests_change_nothing);

async fn bulk(client: &Client, ids: &[&Value], kind: &str, value: Value) -> Vec<Value> {
    let body = json!({"ids": ids, "action": {"type": kind, "value": value}});
    let answer = client.post("/api/tickets/bulk", body).await.expect(200);
    answer["results"].as_array().unwrap().clone()
}

async fn one_failure_does_not_undo_the_others(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let foreign = foreigner.ticket("Foreign", "f").await;
    let (open, closed, last) =
        (agent.ticket("Open", "o").await, agent.ticket("Closed", "c").await, agent.ticket("Last", "l").await);
    bulk(&agent, &[&closed["id"]], "status", json!("CLOSED")).await;
    let absent = json!("abcdefghijklmnopqrstuvwx");

    let ids = [&open["id"], &foreign["id"], &closed["id"], &absent, &json!("TKT-0003")];
    let results = bulk(&agent, &ids, "status", json!("waiting_on_customer")).await;
    let outcomes: Vec<(bool, &Value)> =
        results.iter().map(|one| (one["ok"].as_bool().unwrap(), &one["code"])).collect();
    let none = &Value::Null;
    let (gone, wrong) = (&json!("not_found"), &json!("invalid_transition"));
    assert_eq!(outcomes, [(true, none), (false, gone), (false, wrong), (false, gone), (true, none)], "{results:?}");
    assert_eq!(results.iter().map(|one| &one["id"]).collect::<Vec<_>>(), ids);
    for (ticket, status) in [(&open, "WAITING_ON_CUSTOMER"), (&closed, "CLOSED"), (&last, "WAITING_ON_CUSTOMER")] {
        let now = agent.get(&format!("/api/tickets/{}", ticket["id"].as_str().unwrap())).await.expect(200);
        assert_eq!(now["status"], status);
    }
    let now = foreigner.get(&format!("/api/tickets/{}", foreign["id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&now["status"], &now["version"]), (&json!("OPEN"), &json!(1)));
    let events = agent.get(&format!("/api/tickets/{}/events", open["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(events["items"][1]["kind"], "STATUS_CHANGED");
    world.stop().await;
}

async fn what_was_changed_can_be_taken_back(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let agents = agent.get("/api/support-agents").await.expect(200);
    let somebody = agents["items"][0]["id"].clone();
    let mut tickets = Vec::new();
    for (subject, tags) in [("First", json!(["vpn", "old"])), ("Second", json!([]))] {
        tickets.push(
            agent.post("/api/tickets", json!({"subject": subject, "message": "m", "tags": tags})).await.expect(201),
        );
    }
    let ids = [&tickets[0]["id"], &tickets[1]["id"]];
    let shown = async |field: &str| {
        let mut all = Vec::new();
        for ticket in &tickets {
            all.push(
                agent.get(&format!("/api/tickets/{}", ticket["id"].as_str().unwrap())).await.expect(200)[field].clone(),
            );
        }
        all
    };
    for (kind, value, field, expect, undo) in [
        (
            "priority",
            json!("urgent"),
            "priority",
            [json!("URGENT"), json!("URGENT")],
            [json!("MEDIUM"), json!("MEDIUM")],
        ),
        ("status", json!("CLOSED"), "status", [json!("CLOSED"), json!("CLOSED")], [json!("OPEN"), json!("OPEN")]),
        (
            "tag",
            json!({"add": ["vpn", "New"], "remove": ["old"]}),
            "tags",
            [json!(["vpn", "new"]), json!(["vpn", "new"])],
            [json!({"add": ["old"], "remove": ["new"]}), json!({"add": [], "remove": ["vpn", "new"]})],
        ),
        ("assign", somebody, "assignee", [json!(null), json!(null)], [json!(null), json!(null)]),
    ] {
        let before = shown(field).await;
        let results = bulk(&agent, &ids, kind, value.clone()).await;
        assert_eq!([results[0]["undo"]["value"].clone(), results[1]["undo"]["value"].clone()], undo, "{results:?}");
        let after = shown(field).await;
        if kind == "assign" {
            assert_eq!(after[0]["id"], value);
        } else {
            assert_eq!(after, expect);
        }
        // The same again changes nothing, and there is nothing to take back.
        let again = bulk(&agent, &ids, kind, value).await;
        assert!(again.iter().all(|one| one["ok"] == true && one["undo"].is_null()), "{again:?}");
        for (id, result) in ids.iter().zip(&results) {
            let undone =
                agent.post("/api/tickets/bulk", json!({"ids": [id], "action": result["undo"]})).await.expect(200);
            assert_eq!(undone["results"][0]["ok"], true, "{undone}");
        }
        let restored: Vec<Value> = shown(field).await;
        let sorted = |values: Vec<Value>| {
            values
                .into_iter()
                .map(|value| match value {
                    Value::Array(mut tags) => {
                        tags.sort_by_key(ToString::to_string);
                        Value::Array(tags)
                    }
                    other => other,
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(sorted(restored), sorted(before), "{kind}");
    }
    world.stop().await;
}

async fn wrong_requests_change_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Only one", "m").await;
    let id = &ticket["id"];
    let many: Vec<String> = (0..101).map(|n| format!("TKT-{}", n + 1)).collect();
    let foreign_agent = world.foreigner().await.get("/api/support-agents").await.expect(200)["items"][0]["id"].clone();
    for (ids, action, fields) in [
        (json!([]), json!({"type": "status", "value": "OPEN"}), vec!["ids"]),
        (json!(many), json!({"type": "status", "value": "OPEN"}), vec!["ids"]),
        (json!([id, id]), json!({"type": "status", "value": "OPEN"}), vec!["ids[1]"]),
        (json!([id, "no id"]), json!({"type": "status", "value": "ASLEEP"}), vec!["ids[1]", "action.value"]),
        (json!([id]), json!({"type": "delete", "value": null}), vec!["action.type"]),
        (json!([id]), json!({"type": "priority"}), vec!["action.value"]),
        (json!([id]), json!({"type": "assign", "value": foreign_agent}), vec!["action.value"]),
        (json!([id]), json!({"type": "assign", "value": 7}), vec!["action.value"]),
        (json!([id]), json!({"type": "tag", "value": []}), vec!["action.value"]),
        (json!([id]), json!({"type": "tag", "value": {"add": [1]}}), vec!["action.value"]),
        (json!([id]), json!({"type": "tag", "value": {"set": ["x"]}}), vec!["action.value"]),
        (json!([id]), json!({"type": "tag", "value": ""}), vec!["action.value[0]"]),
    ] {
        let refused = agent
            .post("/api/tickets/bulk", json!({"ids": ids, "action": action}))
            .await
            .refused(422, "validation_failed");
        let told: Vec<&str> =
            refused["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
        assert_eq!(told, fields, "{refused}");
    }
    let body = json!({"ids": [id], "action": {"type": "status", "value": "CLOSED"}});
    world.viewer().await.post("/api/tickets/bulk", body).await.refused(403, "forbidden");
    let tags: Vec<String> = (0..20).map(|n| format!("t{n}")).collect();
    assert_eq!(bulk(&agent, &[id], "tag", json!({"add": tags})).await[0]["ok"], true);
    assert_eq!(bulk(&agent, &[id], "tag", json!("one more")).await[0]["code"], "too_many_tags");
    assert_eq!(agent.get("/api/tickets/TKT-0001").await.expect(200)["version"], 2);
    world.stop().await;
}
