//! Locations of organizations.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(
    a_life,
    every_wrong_field_is_named,
    roles,
    numbers_are_read_as_those_of_the_country,
    what_is_in_use_stays
);

const PATH: &str = "/api/locations";

async fn names(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{PATH}{query}")).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

fn path(row: &Value) -> String {
    format!("{PATH}/{}", row["id"].as_str().unwrap())
}

async fn a_life(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let of = world.town.north.organization.as_str();
    let body = json!({
        "organizationId": of, "name": "Head office", "address": "1 Pier Road\nDock 4", "city": "Portland", "country": "us",
        "phone": "(207) 555-0100", "timezone": "America/New_York",
    });
    let first = agent.post_once(PATH, "k", body.clone()).await;
    assert_eq!(first.header("location"), path(&first.body));
    let row = first.expect(201);
    assert_eq!(agent.post_once(PATH, "k", body).await.expect(201), row);
    assert_eq!((&row["country"], &row["phone"]), (&json!("US"), &json!("+12075550100")));
    assert_eq!(row["organization"], json!({"id": of, "name": "Harbour Freight north"}));
    assert_eq!(agent.get(&path(&row)).await.expect(200), row);
    agent.post(PATH, json!({"organizationId": of, "name": "annex"})).await.expect(201);
    assert_eq!(names(&agent, "").await, ["annex", "Head office"]);
    assert_eq!(names(&agent, &format!("?organizationId={of}&sort=-name")).await, ["Head office", "annex"]);
    assert_eq!(names(&agent, "?organizationId=abcdefghijklmnopqrstuvwx").await, [""; 0]);
    for (query, found) in [("?q=pier", 1), ("?q=portl", 1), ("?q=office%20head", 1), ("?q=annexe", 0)] {
        assert_eq!(names(&agent, query).await.len(), found, "{query}");
    }
    let after = agent.patch(&path(&row), json!({"city": null, "name": "Main", "version": 1})).await.expect(200);
    assert_eq!((&after["city"], &after["name"], &after["version"]), (&Value::Null, &json!("Main"), &json!(2)));
    let stale = agent.patch(&path(&row), json!({"name": "x", "version": 1})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], after);
    assert_eq!(names(&agent, "?q=main").await, ["Main"]);
    // It stays its organization's.
    assert_eq!(agent.patch(&path(&row), json!({"organizationId": of})).await.wrong_fields(), ["organizationId"]);
    assert_eq!(admin.delete(&path(&row)).await.status, 204);
    agent.get(&path(&row)).await.refused(404, "not_found");
    let log = admin.get(&format!("/api/audit-log?subject={}", row["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 3);
    world.stop().await;
}

async fn every_wrong_field_is_named(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let wrong = json!({
        "name": " ", "address": "", "city": "x".repeat(201), "country": "Germany", "phone": "030 1", "timezone": "CEST",
    });
    let mut body = wrong.clone();
    body["organizationId"] = json!("7");
    let told = agent.post(PATH, body).await.wrong_fields();
    assert_eq!(told, ["organizationId", "name", "address", "city", "country", "phone", "timezone"]);
    let row = json!({"organizationId": world.town.north.organization, "name": "Site"});
    let row = agent.post(PATH, row).await.expect(201);
    assert_eq!(agent.patch(&path(&row), wrong).await.wrong_fields().len(), 6);
    for id in [world.town.south.organization.as_str(), "abcdefghijklmnopqrstuvwx"] {
        let body = json!({"organizationId": id, "name": "x"});
        assert_eq!(agent.post(PATH, body).await.wrong_fields(), ["organizationId"]);
    }
    assert_eq!(agent.get(&format!("{PATH}?organizationId=7&sort=x")).await.wrong_fields(), ["organizationId", "sort"]);
    world.stop().await;
}

async fn roles(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, viewer, foreigner) = (world.agent().await, world.viewer().await, world.foreigner().await);
    let body = json!({"organizationId": world.town.north.organization, "name": "Site"});
    viewer.post(PATH, body.clone()).await.refused(403, "forbidden");
    let row = agent.post(PATH, body).await.expect(201);
    viewer.get(&path(&row)).await.expect(200);
    viewer.patch(&path(&row), json!({"name": "x"})).await.refused(403, "forbidden");
    agent.delete(&path(&row)).await.refused(403, "forbidden");
    foreigner.get(&path(&row)).await.refused(404, "not_found");
    foreigner.patch(&path(&row), json!({"name": "x"})).await.refused(404, "not_found");
    foreigner.delete(&path(&row)).await.refused(404, "not_found");
    world.stop().await;
}

async fn numbers_are_read_as_those_of_the_country(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let of = json!(world.town.north.organization);
    let add = async |country: Value, phone: &str| {
        let body = json!({"organizationId": of, "name": "Site", "country": country, "phone": phone});
        agent.post(PATH, body).await
    };
    assert_eq!(add(json!("DE"), "030 12345678").await.expect(201)["phone"], "+493012345678");
    assert_eq!(add(json!("GB"), "020 7946 0018").await.expect(201)["phone"], "+442079460018");
    // The workspace is in UTC, which is no country's.
    let told = add(Value::Null, "030 12345678").await.refused(422, "validation_failed");
    let fault = json!([{"field": "phone", "message": "must begin with + and a country code, such as +12025550143"}]);
    assert_eq!(told["errors"], fault);
    admin.patch("/api/workspace", json!({"timezone": "Europe/Vienna"})).await.expect(200);
    assert_eq!(add(Value::Null, "01 2345678").await.expect(201)["phone"], "+4312345678");
    // The number that callers are transferred to says more than the time zone.
    admin.patch("/api/workspace", json!({"transferNumber": "+41 44 668 18 00"})).await.expect(200);
    let row = add(Value::Null, "044 668 18 00").await.expect(201);
    assert_eq!(row["phone"], "+41446681800");
    // Another country and another number in one change.
    let change = json!({"country": "FR", "phone": "01 42 68 53 00"});
    assert_eq!(agent.patch(&path(&row), change).await.expect(200)["phone"], "+33142685300");
    assert_eq!(
        agent.patch(&path(&row), json!({"phone": "04 42 68 53"})).await.refused(422, "validation_failed")["errors"][0]
            ["message"],
        "is too short: +33 is followed by 9 digits, here by 7"
    );
    world.stop().await;
}

async fn what_is_in_use_stays(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let of = json!(world.town.north.organization);
    let row = admin.post(PATH, json!({"organizationId": of, "name": "Site"})).await.expect(201);
    for name in ["Ada", "Bob"] {
        let body = json!({"organizationId": of, "locationId": row["id"], "name": name});
        admin.post("/api/contacts", body).await.expect(201);
    }
    let told = admin.delete(&path(&row)).await.refused(409, "in_use");
    assert_eq!(told["detail"], "the location is in use by 2 contacts; move them first");
    world.stop().await;
}
