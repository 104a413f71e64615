//! The catalogues of devices, all four by the same rules.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(
    an_entry_of_each_catalogue,
    names_are_one_without_regard_to_case,
    what_is_in_use_stays,
    lists_by_name,
    wrong_requests,
    who_may_what,
);

fn id(row: &Value) -> String {
    row["id"].as_str().unwrap().to_owned()
}

async fn manufacturer(admin: &Client, name: &str) -> String {
    id(&admin.post("/api/device-manufacturers", json!({"name": name})).await.expect(201))
}

/// Each catalogue: its address, a body, what is shown, a change, what the change shows, and what it is called in the log.
async fn each(admin: &Client) -> Vec<(&'static str, Value, Value, &'static str)> {
    let dell = manufacturer(admin, "Dell").await;
    vec![
        (
            "device-manufacturers",
            json!({"name": " Epson  Inc. "}),
            json!({"name": "Epson Inc."}),
            "device_manufacturer",
        ),
        (
            "device-models",
            json!({"name": "Latitude 5440", "manufacturerId": dell}),
            json!({"name": "Latitude 5440", "manufacturerId": dell}),
            "device_model",
        ),
        (
            "operating-systems",
            json!({"name": "Windows 11 Pro"}),
            json!({"name": "Windows 11 Pro", "osVersion": ""}),
            "operating_system",
        ),
        ("domains", json!({"name": "corp.example"}), json!({"name": "corp.example"}), "domain"),
    ]
}

async fn an_entry_of_each_catalogue(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for (path, body, shown, noun) in each(&admin).await {
        let list = format!("/api/{path}");
        let first = admin.post_once(&list, "k", body.clone()).await;
        let again = admin.post_once(&list, "k", body).await;
        let one = format!("{list}/{}", id(&first.body));
        assert_eq!(first.header("location"), one);
        assert_eq!(again.header("location"), one);
        let mut made = first.expect(201);
        assert_eq!(made, again.expect(201));
        for (field, value) in shown.as_object().unwrap() {
            assert_eq!(&made[field], value, "{path}");
        }
        assert_eq!(made["version"], 1);
        assert_eq!(admin.get(&one).await.expect(200), made);

        let changed = admin.patch(&one, json!({"version": 1, "name": "other.name"})).await.expect(200);
        (made["name"], made["version"], made["updatedAt"]) =
            (json!("other.name"), json!(2), changed["updatedAt"].clone());
        assert_eq!(changed, made);
        let stale = admin.patch(&one, json!({"version": 1, "name": "third"})).await.refused(409, "stale_version");
        assert_eq!(stale["current"], made);
        assert_eq!(admin.patch(&one, json!({"name": "other.name"})).await.expect(200)["version"], 2);

        assert_eq!(admin.delete(&one).await.status, 204);
        admin.get(&one).await.refused(404, "not_found");
        admin.patch(&one, json!({"name": "x"})).await.refused(404, "not_found");
        admin.delete(&one).await.refused(404, "not_found");
        let log = admin.get(&format!("/api/audit-log?subject={}", id(&made))).await.expect(200);
        let actions: Vec<&str> =
            log["items"].as_array().unwrap().iter().map(|line| line["action"].as_str().unwrap()).collect();
        assert_eq!(actions, [format!("{noun}.removed"), format!("{noun}.changed"), format!("{noun}.added")]);
    }
    let system = json!({"name": "Windows", "osVersion": "23H2"});
    let system = id(&admin.post("/api/operating-systems", system).await.expect(201));
    let path = format!("/api/operating-systems/{system}");
    assert_eq!(admin.patch(&path, json!({"osVersion": "24H2"})).await.expect(200)["osVersion"], "24H2");
    world.stop().await;
}

async fn names_are_one_without_regard_to_case(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let (dell, epson) = (manufacturer(&admin, "Dell").await, manufacturer(&admin, "Epson").await);
    let taken = admin.post("/api/device-manufacturers", json!({"name": "DELL"})).await.refused(409, "taken");
    assert_eq!(taken["detail"], "there is already a manufacturer with this name");
    let path = format!("/api/device-manufacturers/{epson}");
    admin.patch(&path, json!({"name": "dell"})).await.refused(409, "taken");
    // One's own name in another case is no other entry.
    assert_eq!(admin.patch(&path, json!({"name": "EPSON"})).await.expect(200)["name"], "EPSON");
    let model = |maker: &str, name: &str| json!({"name": name, "manufacturerId": maker});
    admin.post("/api/device-models", model(&dell, "X1")).await.expect(201);
    admin.post("/api/device-models", model(&dell, "x1")).await.refused(409, "taken");
    admin.post("/api/device-models", model(&epson, "x1")).await.expect(201);
    let system = |version: &str| json!({"name": "Windows", "osVersion": version});
    admin.post("/api/operating-systems", system("23H2")).await.expect(201);
    admin.post("/api/operating-systems", system("24H2")).await.expect(201);
    admin.post("/api/operating-systems", system("23H2")).await.refused(409, "taken");
    // Another workspace has names of its own.
    world.foreigner().await.post("/api/device-manufacturers", json!({"name": "Dell"})).await.expect(201);
    world.stop().await;
}

async fn what_is_in_use_stays(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let dell = manufacturer(&admin, "Dell").await;
    let model = id(&admin.post("/api/device-models", json!({"name": "X1", "manufacturerId": dell})).await.expect(201));
    let system = id(&admin.post("/api/operating-systems", json!({"name": "Linux"})).await.expect(201));
    let domain = id(&admin.post("/api/domains", json!({"name": "corp"})).await.expect(201));
    for name in ["A", "B"] {
        let device = json!({
            "organizationId": world.town.north.organization, "name": name, "type": "OTHER", "modelId": model,
            "operatingSystemId": system, "domainId": domain,
        });
        admin.post("/api/devices", device).await.expect(201);
    }
    for (path, detail) in [
        (
            format!("device-manufacturers/{dell}"),
            "the manufacturer is used by 2 devices and 1 model and cannot be deleted",
        ),
        (format!("device-models/{model}"), "the model is used by 2 devices and cannot be deleted"),
        (format!("operating-systems/{system}"), "the operating system is used by 2 devices and cannot be deleted"),
        (format!("domains/{domain}"), "the domain is used by 2 devices and cannot be deleted"),
    ] {
        let path = format!("/api/{path}");
        assert_eq!(admin.delete(&path).await.refused(409, "in_use")["detail"], detail);
        admin.get(&path).await.expect(200);
    }
    world.stop().await;
}

async fn lists_by_name(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for name in ["delta", "Dell", "apple", "Zebra", "_other", "DEC"] {
        manufacturer(&admin, name).await;
    }
    let names = async |query: &str| -> Vec<String> {
        let page = admin.get(&format!("/api/device-manufacturers?{query}")).await.expect(200);
        page["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let all = ["_other", "apple", "DEC", "Dell", "delta", "Zebra"];
    assert_eq!(names("").await, all);
    assert_eq!(names("sort=-name&limit=2").await, ["Zebra", "delta"]);
    assert_eq!(names("q=de").await, ["DEC", "Dell", "delta"]);
    assert_eq!(names("q=del&sort=-name").await, ["delta", "Dell"]);
    assert_eq!(names("name=dell,ZEBRA").await, ["Dell", "Zebra"]);
    assert_eq!(names("limit=2&page=2").await, ["DEC", "Dell"]);
    let (mut found, mut cursor) = (0, String::new());
    loop {
        let page = admin.get(&format!("/api/device-manufacturers?limit=4&count=exact{cursor}")).await.expect(200);
        assert_eq!(page["total"], 6);
        found += page["items"].as_array().unwrap().len();
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, 6);
    let dell = admin.get("/api/device-manufacturers?name=dell").await.expect(200);
    let dell = id(&dell["items"][0]);
    let model = json!({"name": "X1", "manufacturerId": dell});
    admin.post("/api/device-models", model).await.expect(201);
    let models = admin.get(&format!("/api/device-models?manufacturerId={dell}")).await.expect(200);
    assert_eq!(models["items"].as_array().unwrap().len(), 1);
    world.stop().await;
}

async fn wrong_requests(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let unknown = "abcdefghijklmnopqrstuvwx";
    for (path, body, fields) in [
        ("device-manufacturers", json!({"name": " "}), vec!["name"]),
        ("device-manufacturers", json!({"name": "x".repeat(121)}), vec!["name"]),
        ("device-manufacturers", json!({"name": "x", "color": "red"}), vec!["color"]),
        ("device-models", json!({"name": "", "manufacturerId": "x"}), vec!["name", "manufacturerId"]),
        ("device-models", json!({"name": "x", "manufacturerId": unknown}), vec!["manufacturerId"]),
        ("device-models", json!({"name": "x", "manufacturerId": world.town.south.contact}), vec!["manufacturerId"]),
        ("operating-systems", json!({"name": "", "osVersion": "x".repeat(61)}), vec!["name", "osVersion"]),
        ("domains", json!({"name": "two words"}), vec!["name"]),
    ] {
        assert_eq!(admin.post(&format!("/api/{path}"), body.clone()).await.wrong_fields(), fields, "{path} {body}");
    }
    for query in ["sort=id", "limit=101", "color=red", "cursor=x", "manufacturerId=x"] {
        admin.get(&format!("/api/device-manufacturers?{query}")).await.refused(422, "validation_failed");
    }
    world.stop().await;
}

async fn who_may_what(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent, viewer) = (world.admin().await, world.agent().await, world.viewer().await);
    for (path, body, _, _) in each(&admin).await {
        let list = format!("/api/{path}");
        let one = format!("{list}/{}", id(&admin.post(&list, body.clone()).await.expect(201)));
        viewer.get(&list).await.expect(200);
        viewer.get(&one).await.expect(200);
        agent.post(&list, body).await.refused(403, "forbidden");
        agent.patch(&one, json!({"name": "x"})).await.refused(403, "forbidden");
        agent.delete(&one).await.refused(403, "forbidden");
        world.foreigner().await.get(&one).await.refused(404, "not_found");
        world.stranger().get(&list).await.refused(401, "token_missing");
    }
    world.stop().await;
}
