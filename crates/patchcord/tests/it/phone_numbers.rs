//! The numbers at which the desk is called.

use patchcord_store::unscoped::phone_numbers::taking_calls;
use serde_json::{Value, json};

use crate::harness::{Engine, World, both_engines};

both_engines!(made_changed_and_taken_out, wrong_fields_are_all_told, a_number_of_another_workspace_shows_nothing);

const PATH: &str = "/api/phone-numbers";

fn at(row: &Value) -> String {
    format!("{PATH}/{}", row["id"].as_str().unwrap())
}

async fn made_changed_and_taken_out(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let input = json!({"number": "+1 (202) 555-0100", "label": "Main line", "engine": "relay", "transferNumber": "+1 202 555 0199"});
    let made = admin.post(PATH, input.clone()).await.expect(201);
    let expected = json!({
        "id": made["id"], "number": "+12025550100", "label": "Main line", "engine": "RELAY",
        "transferNumber": "+12025550199", "isActive": true, "version": 1, "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
    });
    assert_eq!(made, expected);
    admin.post(PATH, input.clone()).await.refused(409, "number_taken");
    let change = json!({"version": 1, "engine": null, "transferNumber": null, "isActive": false});
    let changed = admin.patch(&at(&made), change).await.expect(200);
    assert_eq!(
        (&changed["engine"], &changed["transferNumber"], &changed["isActive"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    let stale = admin.patch(&at(&made), json!({"version": 1, "label": "x"})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], changed);
    assert_eq!(admin.patch(&at(&made), json!({"number": "+12025550101"})).await.status, 422, "the number stays");
    admin.post(PATH, json!({"number": "+12025550101", "label": "Second"})).await.expect(201);
    let list = agent.get(&format!("{PATH}?count=exact&sort=-number")).await.expect(200);
    assert_eq!((&list["total"], &list["items"][0]["number"]), (&json!(2), &json!("+12025550101")));
    assert_eq!(list["hasMore"], false);
    let first = agent.get(&format!("{PATH}?limit=1")).await.expect(200);
    let next = first["nextCursor"].as_str().unwrap();
    let rest = agent.get(&format!("{PATH}?limit=1&cursor={next}")).await.expect(200);
    assert_eq!((&first["items"][0], &rest["items"][0]["number"]), (&changed, &json!("+12025550101")));
    let found = agent.get(&format!("{PATH}?isActive=false&q=main")).await.expect(200);
    assert_eq!(found["items"], json!([changed]));
    for refused in [agent.post(PATH, input).await, agent.delete(&at(&made)).await] {
        refused.refused(403, "forbidden");
    }
    assert_eq!(admin.delete(&at(&made)).await.status, 204);
    admin.get(&at(&made)).await.refused(404, "not_found");
    let log = admin.get(&format!("/api/audit-log?subject={}", made["id"].as_str().unwrap())).await.expect(200);
    let actions: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
    assert_eq!(actions, ["phone_number.removed", "phone_number.changed", "phone_number.added"]);
    world.stop().await;
}

async fn wrong_fields_are_all_told(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let all = json!({"number": "911", "label": "", "engine": "steam", "transferNumber": "0202"});
    assert_eq!(admin.post(PATH, all).await.wrong_fields(), ["number", "label", "engine", "transferNumber"]);
    assert_eq!(admin.get(&format!("{PATH}?sort=label")).await.wrong_fields(), ["sort"]);
    world.stop().await;
}

/// Nothing that the second workspace can see tells a number that another one has from one that is free.
async fn a_number_of_another_workspace_shows_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let (north, south) = (world.admin().await, world.foreigner().await);
    let input = |label: &str, number: &str| json!({"number": number, "label": label});
    let first = north.post(PATH, input("North", "+12025550100")).await.expect(201);
    let taken = south.post(PATH, input("South", "+12025550100")).await.expect(201);
    let free = south.post(PATH, input("South", "+12025550101")).await.expect(201);
    let blank = |row: &Value| {
        let mut row = row.clone();
        for field in ["id", "number", "createdAt", "updatedAt"] {
            row[field] = json!("");
        }
        row
    };
    assert_eq!(blank(&taken), blank(&free));
    let listed = south.get(PATH).await.expect(200);
    assert_eq!(listed["items"], json!([taken, free]));
    for row in [&taken, &free] {
        assert_eq!(south.get(&at(row)).await.expect(200), *row);
        south.post(PATH, input("South", row["number"].as_str().unwrap())).await.refused(409, "number_taken");
        assert_eq!(south.patch(&at(row), json!({"label": "Changed"})).await.expect(200)["version"], 2);
    }
    // The calls reach whoever had it first, and whoever is left after that.
    let workspace = |number: &'static str| {
        let store = world.store.clone();
        async move { taking_calls(store.reader(), number).await.unwrap().map(|row| row.workspace_id) }
    };
    let (n, s) = (world.town.north.workspace.as_str().to_owned(), world.town.south.workspace.as_str().to_owned());
    assert_eq!(workspace("+12025550100").await, Some(n.clone()));
    assert_eq!(north.delete(&at(&first)).await.status, 204);
    assert_eq!(workspace("+12025550100").await, Some(s.clone()));
    north.post(PATH, input("North", "+12025550100")).await.expect(201);
    assert_eq!(workspace("+12025550100").await, Some(s));
    assert_eq!(south.delete(&at(&taken)).await.status, 204);
    assert_eq!(workspace("+12025550100").await, Some(n));
    // Both at once: both have it, and one takes its calls.
    for number in ["+12025550110", "+12025550111", "+12025550112", "+12025550113"] {
        let (a, b) = tokio::join!(north.post(PATH, input("N", number)), south.post(PATH, input("S", number)));
        assert_eq!((a.status, b.status), (201, 201), "{a:?} {b:?}");
        assert!(taking_calls(world.store.reader(), number).await.unwrap().is_some());
    }
    world.stop().await;
}
