//! Devices: adding, finding, changing, deleting them, and who uses which.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines, number, texts};

both_engines!(
    a_device_from_the_first_day_to_the_last,
    every_wrong_field_is_named,
    what_a_device_points_to_belongs_together,
    found_by_what_is_written_on_it,
    pages_and_orders,
    a_stale_version_is_refused,
    a_contact_has_one_first_device,
    a_device_in_use_stays,
    the_same_request_twice_adds_one,
    who_may_what,
    every_change_is_in_the_audit_log,
    devices_of_the_demonstration_are_found,
);

/// Adds a device to the first organization.
async fn device(client: &Client, world: &World, name: &str, more: Value) -> Value {
    let mut body = json!({"organizationId": world.town.north.organization, "name": name, "type": "laptop"});
    for (field, value) in more.as_object().unwrap() {
        body[field] = value.clone();
    }
    client.post("/api/devices", body).await.expect(201)
}

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/api/devices?{query}")).await.expect(200);
    page["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_device_from_the_first_day_to_the_last(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let maker = admin.post("/api/device-manufacturers", json!({"name": "Dell"})).await.expect(201);
    let model = json!({"name": "Latitude 5440", "manufacturerId": maker["id"]});
    let model = admin.post("/api/device-models", model).await.expect(201);
    let system = json!({"name": "Windows 11 Pro", "osVersion": "24H2"});
    let system = admin.post("/api/operating-systems", system).await.expect(201);
    let domain = admin.post("/api/domains", json!({"name": "corp.harbour.example"})).await.expect(201);
    let place = &world.town.north;
    let body = json!({
        "organizationId": place.organization, "locationId": place.location, "name": " HF-LAP-09 ", "type": "laptop",
        "modelId": model["id"], "operatingSystemId": system["id"], "domainId": domain["id"],
        "serialNumber": " 5cg  9XYZ ", "assetTag": "NIT-00042", "ipAddress": "2001:0DB8::0007",
        "macAddress": "0000.5e00.5301", "status": "online", "lastSeenAt": "2026-11-24T08:59:00Z",
        "warrantyUntil": "2028-06-30", "notes": "The fan is loud.",
    });
    let answer = agent.post("/api/devices", body).await;
    let location = answer.header("location").to_owned();
    let made = answer.expect(201);
    assert_eq!(location, format!("/api/devices/{}", id(&made)));
    assert_eq!(agent.get(&location).await.expect(200), made);
    let mut expected = json!({
        "id": made["id"], "createdAt": made["createdAt"], "updatedAt": made["createdAt"], "version": 1,
        "organization": {"id": place.organization, "name": "Harbour Freight north"},
        "location": {"id": place.location, "name": "Pier 4 north"}, "name": "HF-LAP-09", "type": "LAPTOP",
        "manufacturer": {"id": maker["id"], "name": "Dell"}, "model": {"id": model["id"], "name": "Latitude 5440"},
        "operatingSystem": {"id": system["id"], "name": "Windows 11 Pro", "osVersion": "24H2"},
        "domain": {"id": domain["id"], "name": "corp.harbour.example"}, "serialNumber": "5cg 9XYZ",
        "assetTag": "NIT-00042", "ipAddress": "2001:db8::7", "macAddress": "00:00:5E:00:53:01", "status": "ONLINE",
        "lastSeenAt": "2026-11-24T08:59:00.000Z", "warrantyUntil": "2028-06-30T00:00:00.000Z",
        "notes": "The fan is loud.", "contacts": [], "openTickets": 0,
    });
    assert_eq!(made, expected);

    let contact = format!("/api/contacts/{}/devices/{}", place.contact, id(&made));
    agent.put(&contact, json!({"isPrimary": true})).await.expect(200);
    for status in ["OPEN", "CLOSED"] {
        let ticket = json!({"subject": "It is slow", "message": "m", "deviceId": made["id"]});
        let ticket = agent.post("/api/tickets", ticket).await.expect(201);
        let path = format!("/api/tickets/{}/status", id(&ticket));
        agent.patch(&path, json!({"status": status})).await.expect(200);
    }
    let changes = json!({"version": 1, "name": "hf-lap-10", "ipAddress": null, "notes": null, "warrantyUntil": null, "status": "RETIRED"});
    let changed = agent.patch(&location, changes).await.expect(200);
    for (field, value) in [
        ("name", json!("hf-lap-10")),
        ("ipAddress", Value::Null),
        ("notes", Value::Null),
        ("warrantyUntil", Value::Null),
        ("status", json!("RETIRED")),
        ("version", json!(2)),
        ("openTickets", json!(1)),
        ("updatedAt", changed["updatedAt"].clone()),
    ] {
        expected[field] = value;
    }
    let user = json!({"id": place.contact, "name": "Jonas Berg", "email": "jonas@north.example", "phone": "+12025550143", "isPrimary": true});
    expected["contacts"] = json!([user]);
    assert_eq!(changed, expected);
    // The same again changes nothing.
    assert_eq!(agent.patch(&location, json!({"name": "hf-lap-10"})).await.expect(200)["version"], 2);
    // Search follows.
    assert_eq!(names(&agent, "q=hf-lap-09").await, Vec::<String>::new());
    assert_eq!(names(&agent, "q=hf-lap-10").await, ["hf-lap-10"]);

    let unused = device(&agent, &world, "SPARE", json!({})).await;
    let path = format!("/api/devices/{}", id(&unused));
    assert_eq!(admin.delete(&path).await.status, 204);
    agent.get(&path).await.refused(404, "not_found");
    admin.delete(&path).await.refused(404, "not_found");
    assert_eq!(names(&agent, "q=spare").await, Vec::<String>::new());
    let left = format!("SELECT COUNT(*) FROM search_documents WHERE subject_id = '{}'", id(&unused));
    assert_eq!(number(&world.store, &left).await, 0);
    world.stop().await;
}

async fn every_wrong_field_is_named(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let wrong = json!({
        "organizationId": "x", "locationId": "x", "name": "two words", "type": "toaster", "manufacturerId": "x",
        "modelId": "x", "operatingSystemId": "x", "domainId": "x", "serialNumber": " ", "assetTag": "x".repeat(101),
        "ipAddress": "10.0.0.256", "macAddress": "zz", "status": "asleep", "lastSeenAt": "2031-01-01T00:00:00Z",
        "warrantyUntil": "30.06.2028", "notes": "x".repeat(5_001),
    });
    let fields = agent.post("/api/devices", wrong).await.wrong_fields();
    let all = [
        "organizationId",
        "locationId",
        "manufacturerId",
        "modelId",
        "operatingSystemId",
        "domainId",
        "name",
        "type",
        "serialNumber",
        "assetTag",
        "ipAddress",
        "macAddress",
        "status",
        "lastSeenAt",
        "warrantyUntil",
        "notes",
    ];
    let (mut fields, mut all) = (fields, all.map(str::to_owned).to_vec());
    fields.sort();
    all.sort();
    assert_eq!(fields, all);
    let path = format!("/api/devices/{}", world.town.north.device);
    let fields = agent.patch(&path, json!({"name": "", "ipAddress": "x", "type": "x"})).await.wrong_fields();
    assert_eq!(fields, ["name", "type", "ipAddress"]);
    agent.patch(&path, json!({"name": null, "color": "red"})).await.wrong_fields();
    agent.post("/api/devices", json!({"name": "A"})).await.refused(422, "validation_failed");
    for (query, field) in [
        ("type=toaster", "type"),
        ("status=asleep", "status"),
        ("org=x", "org"),
        ("contact=x", "contact"),
        ("ipAddress=10.0.0.256", "ipAddress"),
        ("macAddress=zz", "macAddress"),
        ("sort=color", "sort"),
        ("limit=0", "limit"),
        ("cursor=nonsense", "cursor"),
        ("color=red", "query"),
        ("serialNumber=a%00b", "serialNumber"),
    ] {
        assert_eq!(agent.get(&format!("/api/devices?{query}")).await.wrong_fields(), [field], "{query}");
    }
    let many = format!("name={}", vec!["a"; 51].join(","));
    assert_eq!(agent.get(&format!("/api/devices?{many}")).await.wrong_fields(), ["name"]);
    agent.get("/api/devices?offset=10001").await.refused(422, "use_cursor");
    world.stop().await;
}

async fn what_a_device_points_to_belongs_together(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let maker = |name: &str| json!({"name": name});
    let dell = id(&admin.post("/api/device-manufacturers", maker("Dell")).await.expect(201));
    let epson = id(&admin.post("/api/device-manufacturers", maker("Epson")).await.expect(201));
    let model = json!({"name": "Latitude", "manufacturerId": dell});
    let model = id(&admin.post("/api/device-models", model).await.expect(201));
    let (north, south) = (&world.town.north, &world.town.south);
    let unknown = "abcdefghijklmnopqrstuvwx";
    let body = json!({
        "organizationId": unknown, "name": "A", "type": "OTHER", "locationId": unknown, "manufacturerId": unknown,
        "modelId": unknown, "operatingSystemId": unknown, "domainId": unknown,
    });
    let mut fields = admin.post("/api/devices", body).await.wrong_fields();
    fields.sort();
    let all = ["domainId", "locationId", "manufacturerId", "modelId", "operatingSystemId", "organizationId"];
    assert_eq!(fields, all);
    let foreign =
        json!({"organizationId": south.organization, "locationId": south.location, "name": "A", "type": "OTHER"});
    assert_eq!(admin.post("/api/devices", foreign).await.wrong_fields(), ["organizationId", "locationId"]);

    let made = device(&admin, &world, "A", json!({"modelId": model})).await;
    assert_eq!(made["manufacturer"]["name"], "Dell", "a model brings its manufacturer along");
    let path = format!("/api/devices/{}", id(&made));
    let other = json!({"manufacturerId": epson, "modelId": model});
    assert_eq!(admin.patch(&path, other).await.wrong_fields(), ["modelId"]);
    let changed = admin.patch(&path, json!({"manufacturerId": epson})).await.expect(200);
    assert_eq!((&changed["manufacturer"]["name"], &changed["model"]), (&json!("Epson"), &Value::Null));
    // A location of another organization of the same workspace does not fit either.
    let other = second_organization(&world).await;
    let here = json!({"locationId": north.location});
    admin.patch(&path, here).await.expect(200);
    let moved = json!({"organizationId": other, "locationId": north.location});
    assert_eq!(admin.patch(&path, moved).await.wrong_fields(), ["locationId"]);
    let moved = admin.patch(&path, json!({"organizationId": other})).await.expect(200);
    assert_eq!((&moved["organization"]["id"], &moved["location"]), (&json!(other), &Value::Null));
    world.stop().await;
}

/// Another organization of the first workspace.
async fn second_organization(world: &World) -> String {
    use patchcord_store::rows::Organization;
    let id = patchcord_domain::id::new_id(&crate::harness::Random);
    let workspace = world.town.north.workspace.clone();
    let first: Organization =
        world.store.tenant(&workspace).get(&world.town.north.organization).await.unwrap().unwrap();
    let row = Organization { id: id.clone(), name: "Another one".into(), u_e_code: None, ..first };
    world
        .store
        .write::<(), patchcord_store::StoreError, _>(move |tx| {
            Box::pin(async move { tx.tenant(&workspace).add(row).await })
        })
        .await
        .unwrap();
    id
}

async fn found_by_what_is_written_on_it(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let one = json!({"serialNumber": "5CG0001", "assetTag": "Nit-7", "ipAddress": "10.20.10.114", "macAddress": "00:00:5E:00:53:0A"});
    let one = device(&agent, &world, "HAL-LT-014.corp", one).await;
    device(&agent, &world, "HAL-LT-015", json!({"ipAddress": "10.20.114.10", "type": "PRINTER", "status": "OFFLINE"}))
        .await;
    let foreigner = world.foreigner().await;
    let foreign = json!({"organizationId": world.town.south.organization, "name": "HAL-LT-014.corp", "type": "OTHER", "serialNumber": "5CG0001"});
    foreigner.post("/api/devices", foreign).await.expect(201);
    for query in [
        "serialNumber=5cg0001",
        "assetTag=NIT-7",
        "ipAddress=::ffff:10.20.10.114",
        "macAddress=00005e00530a",
        "name=hal-lt-014.CORP",
        "q=10.20.10.114",
        "q=HAL-LT-014",
        "q=5cg00",
        "q=nit-7",
        "q=corp%205CG",
        "serialNumber=nothing&serialNumber=5CG0001",
        "serialNumber=nothing,5CG0001&type=LAPTOP,SERVER",
    ] {
        assert_eq!(names(&agent, query).await, ["HAL-LT-014.corp"], "{query}");
    }
    assert_eq!(names(&agent, "q=hal-lt").await, ["HAL-LT-014.corp", "HAL-LT-015"]);
    assert_eq!(names(&agent, "q=10.20").await, ["HAL-LT-014.corp", "HAL-LT-015"]);
    for query in ["q=20.10.10", "q=lt-hal", "q=--", "serialNumber=5CG", "name=HAL-LT", "q=5cg0001%20offline"] {
        assert_eq!(names(&agent, query).await, Vec::<String>::new(), "{query}");
    }
    assert_eq!(names(&agent, "type=printer&status=offline").await, ["HAL-LT-015"]);
    let path = format!("/api/contacts/{}/devices/{}", world.town.north.contact, id(&one));
    agent.put(&path, json!({})).await.expect(200);
    assert_eq!(names(&agent, &format!("contact={}", world.town.north.contact)).await, ["HAL-LT-014.corp"]);
    let of_org = format!("org={}&count=exact", world.town.north.organization);
    let page = agent.get(&format!("/api/devices?{of_org}")).await.expect(200);
    assert_eq!((page["total"].as_i64(), page["items"][2]["name"].as_str()), (Some(3), Some("HF-LAP-07")));
    assert_eq!(names(&agent, &format!("org={}", world.town.south.organization)).await, Vec::<String>::new());
    world.stop().await;
}

async fn pages_and_orders(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for name in ["b2", "A1", "a0", "B1", "_x"] {
        device(&agent, &world, name, json!({"assetTag": "paged"})).await;
    }
    let by_name = ["_x", "a0", "A1", "b1", "b2"];
    let by_name = by_name.map(|name| if name == "b1" { "B1" } else { name });
    for (sort, expected) in [
        ("name", by_name.to_vec()),
        ("-name", by_name.iter().rev().copied().collect()),
        ("createdAt", vec!["b2", "A1", "a0", "B1", "_x"]),
        ("-updatedAt", vec!["_x", "B1", "a0", "A1", "b2"]),
    ] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let query = format!("/api/devices?assetTag=PAGED&limit=2&sort={sort}{cursor}");
            let page = agent.get(&query).await.expect(200);
            found.extend(page["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()));
            assert_eq!(page["hasMore"].as_bool(), Some(page["nextCursor"].is_string()));
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(found, expected, "{sort}");
        let second = names(&agent, &format!("assetTag=paged&limit=2&page=2&sort={sort}")).await;
        assert_eq!(second, expected[2..4], "{sort}");
    }
    // The cursor of one order means nothing in another.
    let page = agent.get("/api/devices?limit=1").await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    let query = format!("/api/devices?limit=1&sort=createdAt&cursor={cursor}");
    assert_eq!(agent.get(&query).await.wrong_fields(), ["cursor"]);
    world.stop().await;
}

async fn a_stale_version_is_refused(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let path = format!("/api/devices/{}", world.town.north.device);
    agent.patch(&path, json!({"version": 1, "assetTag": "first"})).await.expect(200);
    let refused = agent.patch(&path, json!({"version": 1, "assetTag": "second"})).await.refused(409, "stale_version");
    assert_eq!((&refused["current"]["assetTag"], &refused["current"]["version"]), (&json!("first"), &json!(2)));
    assert_eq!(agent.patch(&path, json!({"assetTag": "third"})).await.expect(200)["version"], 3);
    world.stop().await;
}

async fn a_contact_has_one_first_device(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let contact = &world.town.north.contact;
    let path = |device: &str| format!("/api/contacts/{contact}/devices/{device}");
    let mut made = Vec::new();
    for name in ["ONE", "TWO", "THREE"] {
        made.push(id(&device(&agent, &world, name, json!({})).await));
    }
    let set = agent.put(&path(&made[0]), json!({})).await.expect(200);
    assert_eq!(set, json!({"contactId": contact, "deviceId": made[0], "isPrimary": false}));
    for device in &made {
        assert_eq!(agent.put(&path(device), json!({"isPrimary": true})).await.expect(200)["isPrimary"], true);
    }
    let first = format!("SELECT device_id FROM contact_devices WHERE contact_id = '{contact}' AND is_primary");
    assert_eq!(texts(&world.store, &first).await, [made[2].as_str()]);
    // Without a word about it, it stays the first.
    assert_eq!(agent.put(&path(&made[2]), json!({})).await.expect(200)["isPrimary"], true);
    assert_eq!(agent.put(&path(&made[2]), json!({"isPrimary": false})).await.expect(200)["isPrimary"], false);
    assert_eq!(texts(&world.store, &first).await, Vec::<String>::new());
    // Many at one moment: one is the first.
    let mut tasks = tokio::task::JoinSet::new();
    for path in made.iter().map(|device| path(device)) {
        let agent = agent.clone();
        tasks.spawn(async move { agent.put(&path, json!({"isPrimary": true})).await });
    }
    while let Some(answer) = tasks.join_next().await {
        answer.unwrap().expect(200);
    }
    assert_eq!(texts(&world.store, &first).await.len(), 1);

    let other = second_organization(&world).await;
    let foreign = json!({"organizationId": other, "name": "OTHER", "type": "OTHER"});
    let foreign = id(&agent.post("/api/devices", foreign).await.expect(201));
    agent.put(&path(&foreign), json!({})).await.refused(409, "other_organization");
    agent.put(&path(&world.town.south.device), json!({})).await.refused(404, "not_found");
    let their_contact = format!("/api/contacts/{}/devices/{}", world.town.south.contact, made[0]);
    agent.put(&their_contact, json!({})).await.refused(404, "not_found");
    agent.delete(&path(&foreign)).await.refused(404, "not_found");
    assert_eq!(agent.delete(&path(&made[0])).await.status, 204);
    agent.delete(&path(&made[0])).await.refused(404, "not_found");
    assert_eq!(agent.put(&path(&made[0]), json!({"primary": true})).await.wrong_fields(), ["primary"]);
    world.stop().await;
}

async fn a_device_in_use_stays(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let made = id(&device(&agent, &world, "BUSY", json!({})).await);
    let path = format!("/api/devices/{made}");
    let contact = format!("/api/contacts/{}/devices/{made}", world.town.north.contact);
    agent.put(&contact, json!({})).await.expect(200);
    for _ in 0..2 {
        agent.post("/api/tickets", json!({"subject": "Slow", "message": "m", "deviceId": made})).await.expect(201);
    }
    let refused = admin.delete(&path).await.refused(409, "in_use");
    let text = "the device is used by 1 contact and 2 tickets and cannot be deleted; set its status to RETIRED instead";
    assert_eq!(refused["detail"], text);
    let other = second_organization(&world).await;
    let refused = agent.patch(&path, json!({"organizationId": other})).await.refused(409, "in_use");
    let text = "the device is used by 1 contact and 2 tickets and cannot go to another organization";
    assert_eq!(refused["detail"], text);
    let kept = agent.get(&path).await.expect(200);
    assert_eq!((&kept["version"], &kept["openTickets"]), (&json!(1), &json!(2)));
    world.stop().await;
}

async fn the_same_request_twice_adds_one(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let body = json!({"organizationId": world.town.north.organization, "name": "ONCE", "type": "OTHER"});
    let first = agent.post_once("/api/devices", "k1", body.clone()).await;
    let again = agent.post_once("/api/devices", "k1", body).await;
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(first.expect(201), again.expect(201));
    let other = json!({"organizationId": world.town.north.organization, "name": "TWICE", "type": "OTHER"});
    agent.post_once("/api/devices", "k1", other).await.refused(409, "idempotency_key_reused");
    assert_eq!(names(&agent, "name=once,twice").await, ["ONCE"]);
    world.stop().await;
}

async fn who_may_what(engine: Engine) {
    let world = World::new(engine).await;
    let (viewer, agent) = (world.viewer().await, world.agent().await);
    let path = format!("/api/devices/{}", world.town.north.device);
    viewer.get(&path).await.expect(200);
    viewer.get("/api/devices").await.expect(200);
    let body = json!({"organizationId": world.town.north.organization, "name": "A", "type": "OTHER"});
    viewer.post("/api/devices", body).await.refused(403, "forbidden");
    viewer.patch(&path, json!({"name": "A"})).await.refused(403, "forbidden");
    agent.delete(&path).await.refused(403, "forbidden");
    let contact = format!("/api/contacts/{}/devices/{}", world.town.north.contact, world.town.north.device);
    viewer.put(&contact, json!({})).await.refused(403, "forbidden");
    viewer.delete(&contact).await.refused(403, "forbidden");
    world.foreigner().await.get(&path).await.refused(404, "not_found");
    world.stranger().get(&path).await.refused(401, "token_missing");
    world.stop().await;
}

async fn every_change_is_in_the_audit_log(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let made = id(&device(&admin, &world, "LOGGED", json!({"serialNumber": "S1"})).await);
    let path = format!("/api/devices/{made}");
    admin.patch(&path, json!({"serialNumber": "S2"})).await.expect(200);
    admin.patch(&path, json!({"serialNumber": "S2"})).await.expect(200);
    admin.patch(&path, json!({"serialNumber": ""})).await.wrong_fields();
    assert_eq!(admin.delete(&path).await.status, 204);
    let log = admin.get(&format!("/api/audit-log?subject={made}")).await.expect(200);
    let lines = log["items"].as_array().unwrap();
    let actions: Vec<&str> = lines.iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["device.removed", "device.changed", "device.added"]);
    assert_eq!((&lines[1]["before"]["serialNumber"], &lines[1]["after"]["serialNumber"]), (&json!("S1"), &json!("S2")));
    let contact = format!("/api/contacts/{}/devices/{}", world.town.north.contact, world.town.north.device);
    admin.put(&contact, json!({"isPrimary": true})).await.expect(200);
    admin.put(&contact, json!({"isPrimary": true})).await.expect(200);
    assert_eq!(admin.delete(&contact).await.status, 204);
    let log = admin.get(&format!("/api/audit-log?subject={}", world.town.north.contact)).await.expect(200);
    let actions: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["contact.device_removed", "contact.device_set"]);
    world.stop().await;
}

async fn devices_of_the_demonstration_are_found(engine: Engine) {
    let world = World::new(engine).await;
    world.app.seed_demo().await.unwrap();
    let admin = world.stranger().signed_in("admin@demo.test", "patchcord-demo").await;
    assert_eq!(names(&admin, "q=10.20.10.114").await, ["HAL-LT-014"]);
    assert_eq!(names(&admin, "serialNumber=109z03xz").await, ["HAL-LT-014"]);
    let page = admin.get("/api/devices?count=exact&limit=1").await.expect(200);
    let documents = "SELECT COUNT(*) FROM search_documents WHERE kind = 'device'";
    // One device of each workspace of the harness is there as well.
    let all = number(&world.store, documents).await;
    assert!(page["total"].as_i64().unwrap() >= 60 && all > 60, "{all}");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM devices").await, all);
    world.stop().await;
}
