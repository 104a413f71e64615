//! Account managers.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(a_life, roles_and_faults, who_has_organizations_stays);

const PATH: &str = "/api/account-managers";

async fn names(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{PATH}{query}")).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn path(row: &Value) -> String {
    format!("{PATH}/{}", row["id"].as_str().unwrap())
}

async fn a_life(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let body = json!({"name": "Grace Hopper", "email": " Grace@Example.TEST", "phone": "+1 (202) 555-0100"});
    let first = admin.post_once(PATH, "k", body.clone()).await;
    assert_eq!(first.header("location"), path(&first.body));
    let row = first.expect(201);
    assert_eq!(admin.post_once(PATH, "k", body).await.expect(201), row);
    assert_eq!((&row["email"], &row["phone"]), (&json!("grace@example.test"), &json!("+12025550100")));
    assert_eq!(admin.get(&path(&row)).await.expect(200), row);
    admin.post(PATH, json!({"name": "ada Byron"})).await.expect(201);
    assert_eq!(names(&admin, "").await, ["ada Byron", "Grace Hopper"]);
    assert_eq!(names(&admin, "?q=hop").await, ["Grace Hopper"]);
    assert_eq!(names(&admin, "?q=grace%40example").await, ["Grace Hopper"]);
    assert_eq!(names(&admin, "?sort=-createdAt&limit=1").await, ["ada Byron"]);
    let after = admin.patch(&path(&row), json!({"email": null, "version": 1})).await.expect(200);
    assert_eq!((&after["email"], &after["version"]), (&Value::Null, &json!(2)));
    let stale = admin.patch(&path(&row), json!({"name": "x", "version": 1})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], after);
    assert_eq!(admin.delete(&path(&row)).await.status, 204);
    admin.get(&path(&row)).await.refused(404, "not_found");
    assert_eq!(names(&admin, "?q=hop").await, [""; 0]);
    let log = admin.get(&format!("/api/audit-log?subject={}", row["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 3);
    world.stop().await;
}

async fn roles_and_faults(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, foreigner) = (world.admin().await, world.foreigner().await);
    let row = admin.post(PATH, json!({"name": "Grace"})).await.expect(201);
    for client in [world.agent().await, world.viewer().await] {
        client.get(&path(&row)).await.expect(200);
        client.post(PATH, json!({"name": "x"})).await.refused(403, "forbidden");
        client.patch(&path(&row), json!({"name": "x"})).await.refused(403, "forbidden");
        client.delete(&path(&row)).await.refused(403, "forbidden");
    }
    foreigner.get(&path(&row)).await.refused(404, "not_found");
    foreigner.patch(&path(&row), json!({"name": "x"})).await.refused(404, "not_found");
    foreigner.delete(&path(&row)).await.refused(404, "not_found");
    assert_eq!(names(&foreigner, "").await, [""; 0]);
    let wrong = json!({"name": "", "email": "grace", "phone": "202 555 0100"});
    let told = admin.post(PATH, wrong.clone()).await.wrong_fields();
    assert_eq!(told, ["name", "email", "phone"], "no country is known in UTC");
    assert_eq!(admin.patch(&path(&row), wrong).await.wrong_fields(), ["name", "email", "phone"]);
    world.stop().await;
}

async fn who_has_organizations_stays(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let row = admin.post(PATH, json!({"name": "Grace"})).await.expect(201);
    for name in ["One", "Two"] {
        let body = json!({"name": name, "accountManagerId": row["id"]});
        admin.post("/api/organizations", body).await.expect(201);
    }
    let told = admin.delete(&path(&row)).await.refused(409, "in_use");
    assert_eq!(told["detail"], "the account manager is in use by 2 organizations; give them to somebody else first");
    world.stop().await;
}
