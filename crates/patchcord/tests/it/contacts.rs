//! Contacts: what may be written, how they are found by phone and email, and what moving one asks for.

use patchcord_store::rows::ContactDevice;
use patchcord_store::{StoreError, directory};
use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines, number};

both_engines!(
    a_life,
    every_wrong_field_is_named,
    roles,
    found_by_phone_in_any_notation,
    lists_are_filtered_and_ordered,
    locations_belong_to_the_same_organization,
    moving_to_another_organization,
    what_is_in_use_stays,
    repetitions_and_versions,
    the_file,
);

const PATH: &str = "/api/contacts";

fn path(row: &Value) -> String {
    format!("{PATH}/{}", row["id"].as_str().unwrap())
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{PATH}{query}")).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// Adds a contact of the first workspace's organization.
async fn add(world: &World, client: &Client, mut body: Value) -> Value {
    body["organizationId"] = json!(world.town.north.organization);
    client.post(PATH, body).await.expect(201)
}

async fn a_life(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let body = json!({
        "name": "Ada\tByron", "email": "Ada@Example.TEST", "phone": "+1 (202) 555-0177", "title": "Countess", "isVip": true,
        "preferredLanguage": "PT_br",
    });
    let row = add(&world, &agent, body).await;
    assert_eq!(row["name"], "Ada Byron");
    assert_eq!((&row["email"], &row["phone"]), (&json!("ada@example.test"), &json!("+12025550177")));
    assert_eq!((&row["isVip"], &row["preferredLanguage"]), (&json!(true), &json!("pt-BR")));
    let of = json!({"id": world.town.north.organization, "name": "Harbour Freight north", "ueCode": "4711"});
    assert_eq!((&row["organization"], &row["location"], &row["version"]), (&of, &Value::Null, &json!(1)));
    assert_eq!(agent.get(&path(&row)).await.expect(200), row);
    let change = json!({"title": null, "email": null, "phone": null, "preferredLanguage": null, "isVip": false});
    let after = agent.patch(&path(&row), change).await.expect(200);
    for field in ["title", "email", "phone", "preferredLanguage"] {
        assert_eq!(after[field], Value::Null, "{field}");
    }
    assert_eq!((&after["isVip"], &after["version"]), (&json!(false), &json!(2)));
    assert_eq!(admin.delete(&path(&row)).await.status, 204);
    agent.get(&path(&row)).await.refused(404, "not_found");
    assert_eq!(names(&agent, "?q=byron").await, [""; 0]);
    let log = admin.get(&format!("/api/audit-log?subject={}", row["id"].as_str().unwrap())).await.expect(200);
    let actions: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["contact.removed", "contact.changed", "contact.added"]);
    world.stop().await;
}

async fn every_wrong_field_is_named(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let all = json!({
        "organizationId": "1", "locationId": "2", "name": "", "email": "ada@", "phone": "+1 202 555", "title": " ",
        "preferredLanguage": "english",
    });
    let told = agent.post(PATH, all.clone()).await.wrong_fields();
    assert_eq!(told, ["organizationId", "locationId", "name", "email", "phone", "title", "preferredLanguage"]);
    let row = add(&world, &agent, json!({"name": "Ada"})).await;
    assert_eq!(agent.patch(&path(&row), all).await.wrong_fields().len(), 7);
    for (phone, message) in [
        (
            "+1 202 555 0143 ext 4",
            "must be without the extension, which cannot be dialled from outside; note it elsewhere",
        ),
        ("call me", "has the character 'c', which is no part of a telephone number"),
        ("202 555 0143", "must begin with + and a country code, such as +12025550143"),
        ("+999 123", "begins with a country code that does not exist"),
        ("+1 202 555", "is too short: +1 is followed by 10 digits, here by 6"),
        ("+1 202 555 01431", "is too long: +1 is followed by 10 digits, here by 11"),
    ] {
        let body = json!({"organizationId": world.town.north.organization, "name": "x", "phone": phone});
        let told = agent.post(PATH, body).await.refused(422, "validation_failed");
        assert_eq!(told["errors"], json!([{"field": "phone", "message": message}]));
    }
    for id in [world.town.south.organization.as_str(), "abcdefghijklmnopqrstuvwx"] {
        let body = json!({"organizationId": id, "name": "x"});
        assert_eq!(agent.post(PATH, body.clone()).await.wrong_fields(), ["organizationId"]);
        assert_eq!(agent.patch(&path(&row), body).await.wrong_fields(), ["organizationId"]);
    }
    assert_eq!(agent.post(PATH, json!({"name": "x"})).await.wrong_fields(), ["body"]);
    assert_eq!(agent.get(&path(&row)).await.expect(200), row);
    world.stop().await;
}

async fn roles(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, viewer, foreigner) = (world.agent().await, world.viewer().await, world.foreigner().await);
    let row = add(&world, &agent, json!({"name": "Ada", "email": "ada@example.test", "phone": "+12025550177"})).await;
    viewer.get(&path(&row)).await.expect(200);
    let body = json!({"organizationId": world.town.north.organization, "name": "x"});
    viewer.post(PATH, body).await.refused(403, "forbidden");
    viewer.patch(&path(&row), json!({"name": "x"})).await.refused(403, "forbidden");
    viewer.get(&format!("{PATH}/export.csv")).await.refused(403, "forbidden");
    for client in [&agent, &viewer] {
        client.delete(&path(&row)).await.refused(403, "forbidden");
    }
    foreigner.get(&path(&row)).await.refused(404, "not_found");
    foreigner.patch(&path(&row), json!({"name": "x"})).await.refused(404, "not_found");
    foreigner.delete(&path(&row)).await.refused(404, "not_found");
    for query in ["?q=ada", "?email=ada@example.test", "?phone=%2B12025550177"] {
        assert_eq!(names(&foreigner, query).await, [""; 0], "{query}");
        assert_eq!(names(&viewer, query).await, ["Ada"], "{query}");
    }
    world.stop().await;
}

async fn found_by_phone_in_any_notation(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    add(&world, &agent, json!({"name": "Ada", "phone": "+1 (202) 555-0177"})).await;
    add(&world, &agent, json!({"name": "Bea", "phone": "+49 (0)30 12345678"})).await;
    for (text, name) in [
        ("%2B12025550177", "Ada"),
        // A plus that was not encoded is a space by then.
        ("+12025550177", "Ada"),
        ("12025550177", "Ada"),
        ("%2B1%20(202)%20555-0177", "Ada"),
        ("tel:%2B1-202-555-0177", "Ada"),
        ("%2B49%2030%2012345678", "Bea"),
        ("0049-30-12345678", "Bea"),
    ] {
        assert_eq!(names(&agent, &format!("?phone={text}")).await, [name], "{text}");
    }
    assert_eq!(agent.get(&format!("{PATH}?phone=(202)%20555-0177")).await.wrong_fields(), ["phone"]);
    admin.patch("/api/workspace", json!({"timezone": "America/Chicago"})).await.expect(200);
    for text in ["(202)%20555-0177", "202.555.0177", "1-202-555-0177", "011%201%20202%20555%200177"] {
        assert_eq!(names(&agent, &format!("?phone={text}")).await, ["Ada"], "{text}");
    }
    admin.patch("/api/workspace", json!({"timezone": "Europe/Berlin"})).await.expect(200);
    assert_eq!(names(&agent, "?phone=030/12345678").await, ["Bea"]);
    assert_eq!(names(&agent, "?phone=030/12345678&phone=%2B12025550177").await, ["Ada", "Bea"]);
    assert_eq!(agent.get(&format!("{PATH}?phone=no")).await.wrong_fields(), ["phone"]);
    assert_eq!(agent.get(&format!("{PATH}/export.csv?phone=no")).await.wrong_fields(), ["phone"]);
    world.stop().await;
}

async fn lists_are_filtered_and_ordered(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let other = admin.post("/api/organizations", json!({"name": "Other"})).await.expect(201);
    let body = json!({"organizationId": other["id"], "name": "Émile Zola", "title": "Author", "isVip": true});
    agent.post(PATH, body).await.expect(201);
    add(&world, &agent, json!({"name": "ada Byron", "email": "ada@lovelace.test"})).await;
    assert_eq!(names(&agent, "").await, ["ada Byron", "Jonas Berg", "Émile Zola"]);
    assert_eq!(names(&agent, "?sort=-createdAt&limit=2").await, ["ada Byron", "Émile Zola"]);
    let (of, other) = (&world.town.north.organization, other["id"].as_str().unwrap());
    for (query, found) in [
        (format!("?organizationId={other}"), &["Émile Zola"][..]),
        (format!("?organizationId={other},{of}&isVip=false"), &["ada Byron", "Jonas Berg"]),
        ("?isVip=true".into(), &["Émile Zola"]),
        ("?email=ADA@Lovelace.test".into(), &["ada Byron"]),
        ("?q=emile".into(), &["Émile Zola"]),
        ("?q=zola%20em".into(), &["Émile Zola"]),
        ("?q=auth".into(), &["Émile Zola"]),
        ("?q=lovelace.te".into(), &["ada Byron"]),
        (format!("?q=ada&organizationId={other}"), &[]),
        ("?q=%20".into(), &["ada Byron", "Jonas Berg", "Émile Zola"]),
    ] {
        assert_eq!(names(&agent, &query).await, found, "{query}");
    }
    let fields =
        agent.get(&format!("{PATH}?organizationId=1&locationId=2&isVip=yes&email=x&sort=y")).await.wrong_fields();
    assert_eq!(fields, ["email", "organizationId", "locationId", "isVip", "sort"]);
    let many = vec!["a@b.test"; 51].join(",");
    assert_eq!(agent.get(&format!("{PATH}?email={many}")).await.wrong_fields(), ["email"]);
    world.stop().await;
}

async fn locations_belong_to_the_same_organization(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let other = admin.post("/api/organizations", json!({"name": "Other"})).await.expect(201);
    let site = async |of: &Value, country: &str| {
        let body = json!({"organizationId": of, "name": "Site", "country": country});
        agent.post("/api/locations", body).await.expect(201)
    };
    let own = site(&json!(world.town.north.organization), "DE").await;
    let foreign = site(&other["id"], "US").await;
    let row = add(&world, &agent, json!({"name": "Ada", "locationId": own["id"], "phone": "030 12345678"})).await;
    // The number was read as one of the location's country.
    assert_eq!((&row["location"]["name"], &row["phone"]), (&json!("Site"), &json!("+493012345678")));
    assert_eq!(agent.patch(&path(&row), json!({"phone": "089 1234567"})).await.expect(200)["phone"], "+49891234567");
    let body = json!({"organizationId": world.town.north.organization, "name": "x", "locationId": foreign["id"]});
    let told = agent.post(PATH, body).await.refused(422, "validation_failed");
    let fault = json!([{"field": "locationId", "message": "the location belongs to another organization"}]);
    assert_eq!(told["errors"], fault);
    let told = agent.patch(&path(&row), json!({"locationId": foreign["id"]})).await.refused(422, "validation_failed");
    assert_eq!(told["errors"], fault);
    let absent = json!({"locationId": "abcdefghijklmnopqrstuvwx"});
    assert_eq!(agent.patch(&path(&row), absent).await.wrong_fields(), ["locationId"]);
    let of_site = format!("?locationId={}", own["id"].as_str().unwrap());
    assert_eq!(names(&agent, &of_site).await, ["Ada"]);
    assert_eq!(agent.patch(&path(&row), json!({"locationId": null})).await.expect(200)["location"], Value::Null);
    assert_eq!(names(&agent, &of_site).await, [""; 0]);
    world.stop().await;
}

/// Gives a device of the first workspace to a contact.
async fn give_device(world: &World, contact: &str) {
    let (workspace, device) = (world.town.north.workspace.clone(), world.town.north.device.clone());
    let contact_id = contact.to_owned();
    world
        .store
        .write(move |tx| {
            Box::pin(async move {
                let workspace_id = workspace.as_str().to_owned();
                let owner = ContactDevice { workspace_id, contact_id, device_id: device, is_primary: true };
                directory::add_owner(tx.tenant(&workspace), owner).await?;
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
}

async fn moving_to_another_organization(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let other = admin.post("/api/organizations", json!({"name": "Other"})).await.expect(201);
    let of = json!(world.town.north.organization);
    let site = json!({"organizationId": of, "name": "Old site"});
    let site = agent.post("/api/locations", site).await.expect(201);
    let new_site = json!({"organizationId": other["id"], "name": "New site"});
    let new_site = agent.post("/api/locations", new_site).await.expect(201);
    let row = add(&world, &agent, json!({"name": "Ada", "locationId": site["id"]})).await;
    give_device(&world, row["id"].as_str().unwrap()).await;
    let moved = json!({"organizationId": other["id"]});
    let told = agent.patch(&path(&row), moved.clone()).await.refused(409, "in_use");
    assert_eq!(
        told["detail"],
        "the contact is in use by 1 device; take them from the contact before it goes to \
         another organization"
    );
    assert_eq!(agent.get(&path(&row)).await.expect(200), row);
    // A change that does not move it is free.
    agent.patch(&path(&row), json!({"organizationId": of, "title": "Countess"})).await.expect(200);
    crate::harness::change(&world.store, "DELETE FROM contact_devices").await;
    // The old site cannot come along.
    let wrong = json!({"organizationId": other["id"], "locationId": site["id"]});
    assert_eq!(agent.patch(&path(&row), wrong).await.wrong_fields(), ["locationId"]);
    let after = agent.patch(&path(&row), moved).await.expect(200);
    assert_eq!((&after["organization"]["name"], &after["location"]), (&json!("Other"), &Value::Null));
    let back = agent.patch(&path(&row), json!({"organizationId": of, "locationId": site["id"]})).await.expect(200);
    assert_eq!(back["location"]["name"], "Old site");
    let there = json!({"organizationId": other["id"], "locationId": new_site["id"]});
    assert_eq!(agent.patch(&path(&row), there).await.expect(200)["location"]["name"], "New site");
    world.stop().await;
}

async fn what_is_in_use_stays(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let row = add(&world, &admin, json!({"name": "Ada"})).await;
    let ticket = json!({"subject": "About it", "message": "m", "contactId": row["id"]});
    let ticket = admin.post("/api/tickets", ticket).await.expect(201);
    give_device(&world, row["id"].as_str().unwrap()).await;
    let told = admin.delete(&path(&row)).await.refused(409, "in_use");
    let words = "the contact is in use by 1 device, 1 ticket and 1 message; devices can be taken from it, tickets and calls keep it";
    assert_eq!(told["detail"], words);
    // A ticket may be another contact's by now, but what was said stays said.
    let ticket = format!("/api/tickets/{}", ticket["id"].as_str().unwrap());
    admin.patch(&ticket, json!({"contactId": world.town.north.contact})).await.expect(200);
    crate::harness::change(&world.store, "DELETE FROM contact_devices").await;
    let told = admin.delete(&path(&row)).await.refused(409, "in_use");
    assert!(told["detail"].as_str().unwrap().contains("in use by 1 message;"), "{told}");
    world.stop().await;
}

async fn repetitions_and_versions(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let body = json!({"organizationId": world.town.north.organization, "name": "Once"});
    let asked = || agent.post_once(PATH, "key", body.clone());
    let (first, second, third) = (asked(), asked(), asked());
    let (first, second, third) = tokio::join!(first, second, third);
    let row = first.expect(201);
    assert_eq!((second.expect(201), third.expect(201)), (row.clone(), row.clone()));
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM contacts WHERE name = 'Once'").await, 1);
    let changed = agent.patch(&path(&row), json!({"name": "Twice", "version": 1})).await.expect(200);
    let stale = agent.patch(&path(&row), json!({"name": "x", "version": 1})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], changed);
    assert_eq!(names(&agent, "?q=twice").await, ["Twice"]);
    assert_eq!(names(&agent, "?q=once").await, [""; 0]);
    world.stop().await;
}

async fn the_file(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for n in 0..1_001 {
        // Enough for three pages, the last one not full.
        add(&world, &agent, json!({"name": format!("Many {}", n % 10), "phone": "+12025550177"})).await;
    }
    let answer = agent.get(&format!("{PATH}/export.csv")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"contacts.csv\"");
    let lines: Vec<&str> = answer.text.split("\r\n").collect();
    assert_eq!(
        lines[0],
        "id,name,email,phone,title,isVip,preferredLanguage,organizationId,organization,ueCode,locationId,location,createdAt,updatedAt"
    );
    assert_eq!(lines.len(), 1_004, "a head, every contact, and nothing after the last line");
    let mut ids: Vec<&str> = lines[1..1_003].iter().map(|line| line.split(',').next().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 1_002, "each contact once");
    assert!(lines.iter().any(|line| line.contains(",Many 7,,'+12025550177,,false,,")), "{}", lines[5]);
    let some = agent.get(&format!("{PATH}/export.csv?q=jonas")).await;
    assert_eq!(some.text.lines().count(), 1, "the harness's contact has no search document");
    let some = agent.get(&format!("{PATH}/export.csv?email=jonas@north.example")).await;
    assert_eq!(some.text.lines().count(), 2);
    world.stop().await;
}
