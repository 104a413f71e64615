//! Teams: who works on which product areas.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines, number};

both_engines!(made_changed_and_taken_out, wrong_fields_are_all_told, an_area_has_one_team, pages, roles);

const PATH: &str = "/api/teams";

fn at(row: &Value) -> String {
    format!("{PATH}/{}", row["id"].as_str().unwrap())
}

async fn areas(admin: &Client, areas: &[&str]) {
    admin.patch("/api/workspace", json!({"productAreas": areas})).await.expect(200);
}

async fn person(admin: &Client, name: &str) -> Value {
    admin.post("/api/support-agents", json!({"kind": "HUMAN", "name": name})).await.expect(201)
}

async fn made_changed_and_taken_out(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    areas(&admin, &["VPN", "Printers"]).await;
    let (ann, bob) = (person(&admin, "Ann").await, person(&admin, "Bob").await);
    let input = json!({"name": "Network", "productAreas": ["VPN"], "members": [bob["id"], ann["id"]]});
    let made = admin.post(PATH, input).await.expect(201);
    let member = |row: &Value| json!({"id": row["id"], "name": row["name"], "kind": "HUMAN", "userId": null});
    let expected = json!({
        "id": made["id"], "name": "Network", "productAreas": ["VPN"], "strategy": "ROUND_ROBIN",
        "members": [member(&ann), member(&bob)], "version": 1, "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
    });
    assert_eq!(made, expected);
    let change = json!({"version": 1, "strategy": "least_busy", "members": [bob["id"]], "productAreas": ["Printers"]});
    let changed = admin.patch(&at(&made), change.clone()).await.expect(200);
    assert_eq!(
        (&changed["strategy"], &changed["members"], &changed["productAreas"], &changed["version"]),
        (&json!("LEAST_BUSY"), &json!([member(&bob)]), &json!(["Printers"]), &json!(2))
    );
    assert_eq!(admin.patch(&at(&made), change).await.refused(409, "stale_version")["current"], changed);
    assert_eq!(admin.patch(&at(&made), json!({"members": [bob["id"]]})).await.expect(200)["version"], 2);
    assert_eq!(admin.delete(&at(&made)).await.status, 204);
    admin.get(&at(&made)).await.refused(404, "not_found");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM team_members").await, 0);
    let log = admin.get(&format!("/api/audit-log?subject={}", made["id"].as_str().unwrap())).await.expect(200);
    let actions: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
    assert_eq!(actions, ["team.removed", "team.changed", "team.added"]);
    world.stop().await;
}

async fn wrong_fields_are_all_told(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, foreigner) = (world.admin().await, world.foreigner().await);
    areas(&admin, &["VPN"]).await;
    let ann = person(&admin, "Ann").await;
    let stranger = person(&foreigner, "Stranger").await;
    let shape = json!({"name": "", "strategy": "LUCK", "members": ["42", ann["id"], ann["id"]]});
    assert_eq!(admin.post(PATH, shape).await.wrong_fields(), ["name", "strategy", "members[0]", "members[2]"]);
    admin.post(PATH, json!({"name": "Network"})).await.expect(201);
    let data =
        json!({"name": "Network", "productAreas": ["VPN", "VPN", "Moon"], "members": [stranger["id"], ann["id"]]});
    assert_eq!(
        admin.post(PATH, data).await.wrong_fields(),
        ["name", "productAreas[1]", "productAreas[2]", "members[0]"]
    );
    let many: Vec<String> = (0..101).map(|_| ann["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(admin.post(PATH, json!({"name": "x", "members": many})).await.wrong_fields(), ["members"]);
    world.stop().await;
}

/// Of teams that take the same area, one after the other or at the same time, one has it.
async fn an_area_has_one_team(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    areas(&admin, &["VPN", "Printers"]).await;
    let teams = (0..6).map(|n| admin.post(PATH, json!({"name": format!("T{n}"), "productAreas": ["VPN"]})));
    let answers = futures::future::join_all(teams.collect::<Vec<_>>()).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1, "{answers:?}");
    let taken = answers.into_iter().find(|answer| answer.status != 201).unwrap();
    assert!(taken.text.contains("covers it already"), "{}", taken.text);
    assert_eq!(taken.wrong_fields(), ["productAreas[0]"]);
    let other = admin.post(PATH, json!({"name": "Other", "productAreas": ["Printers"]})).await.expect(201);
    assert_eq!(
        admin.patch(&at(&other), json!({"productAreas": ["Printers", "VPN"]})).await.wrong_fields(),
        ["productAreas[1]"]
    );
    // An area that the workspace has given up does not keep the team from other changes.
    areas(&admin, &["VPN"]).await;
    assert_eq!(admin.patch(&at(&other), json!({"name": "Renamed"})).await.expect(200)["version"], 2);
    world.stop().await;
}

async fn pages(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for name in ["Network", "Email", "Printers"] {
        admin.post(PATH, json!({"name": name})).await.expect(201);
        world.clock.forward(10);
    }
    let names = |body: &Value| -> Vec<String> {
        body["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let list = admin.get(&format!("{PATH}?limit=2&count=exact")).await.expect(200);
    assert_eq!((names(&list), &list["total"]), (vec!["Email".into(), "Network".into()], &json!(3)));
    let next = list["nextCursor"].as_str().unwrap();
    let rest = admin.get(&format!("{PATH}?limit=2&cursor={next}")).await.expect(200);
    assert_eq!((names(&rest), &rest["nextCursor"]), (vec!["Printers".to_owned()], &Value::Null));
    let newest = admin.get(&format!("{PATH}?sort=-createdAt&limit=2")).await.expect(200);
    assert_eq!(names(&newest), ["Printers", "Email"]);
    let cursor = newest["nextCursor"].as_str().unwrap();
    let rest = admin.get(&format!("{PATH}?sort=-createdAt&limit=2&cursor={cursor}")).await.expect(200);
    assert_eq!((names(&rest), &rest["hasMore"]), (vec!["Network".to_owned()], &json!(false)));
    assert_eq!(names(&admin.get(&format!("{PATH}?q=mail")).await.expect(200)), ["Email"]);
    world.stop().await;
}

async fn roles(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent, viewer) = (world.admin().await, world.agent().await, world.viewer().await);
    let team = admin.post(PATH, json!({"name": "Network"})).await.expect(201);
    for client in [&agent, &viewer] {
        assert_eq!(client.get(&at(&team)).await.expect(200), team);
        client.post(PATH, json!({"name": "x"})).await.refused(403, "forbidden");
        client.patch(&at(&team), json!({"name": "x"})).await.refused(403, "forbidden");
        client.delete(&at(&team)).await.refused(403, "forbidden");
    }
    world.stop().await;
}
