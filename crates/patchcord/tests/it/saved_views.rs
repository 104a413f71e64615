//! Saved views of the ticket list.

use patchcord_app::seed::DEMO_PASSWORD;
use patchcord_store::audit_log::{self, Query};
use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(
    own_and_shared_views,
    views_count_their_tickets,
    filters_follow_the_rules_of_the_list,
    filters_name_what_is_there,
    versions_and_repetitions,
    shared_changes_are_in_the_audit_log,
    the_demonstration_has_views_and_macros,
);

async fn save(client: &Client, name: &str, filters: Value, is_shared: bool) -> Value {
    let body = json!({"name": name, "filters": filters, "isShared": is_shared});
    client.post("/api/saved-views", body).await.expect(201)
}

fn path(view: &Value) -> String {
    format!("/api/saved-views/{}", view["id"].as_str().unwrap())
}

async fn names(client: &Client) -> Vec<String> {
    let list = client.get("/api/saved-views").await.expect(200);
    list["items"].as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap().to_owned()).collect()
}

async fn own_and_shared_views(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent, viewer, foreigner) =
        (world.admin().await, world.agent().await, world.viewer().await, world.foreigner().await);
    let shared = save(&admin, "Open", json!({"status": ["OPEN"]}), true).await;
    let own = save(&agent, "Mine", json!({"assigneeId": ["me"]}), false).await;
    assert_eq!(
        (&shared["isShared"], &own["isShared"], &own["sort"]),
        (&json!(true), &json!(false), &json!("-createdAt"))
    );
    assert_eq!(names(&agent).await, ["Mine", "Open"]);
    assert_eq!(names(&admin).await, ["Open"]);
    assert_eq!(names(&viewer).await, ["Open"]);
    assert_eq!(names(&foreigner).await, [""; 0]);

    let body = json!({"name": "x", "filters": {}});
    viewer.post("/api/saved-views", body.clone()).await.refused(403, "forbidden");
    agent
        .post("/api/saved-views", json!({"name": "x", "filters": {}, "isShared": true}))
        .await
        .refused(403, "forbidden");
    agent.patch(&path(&shared), json!({"name": "y"})).await.refused(403, "forbidden");
    agent.delete(&path(&shared)).await.refused(403, "forbidden");
    // Another's own view is not there, whatever the role.
    admin.get(&path(&own)).await.refused(404, "not_found");
    admin.patch(&path(&own), json!({"name": "y"})).await.refused(404, "not_found");
    admin.delete(&path(&own)).await.refused(404, "not_found");
    for answer in [foreigner.get(&path(&shared)).await, foreigner.delete(&path(&shared)).await] {
        answer.refused(404, "not_found");
    }
    assert_eq!(agent.get(&path(&own)).await.expect(200), own);
    assert_eq!(agent.delete(&path(&own)).await.status, 204);
    agent.get(&path(&own)).await.refused(404, "not_found");
    agent.delete(&path(&own)).await.refused(404, "not_found");
    world.stop().await;
}

async fn views_count_their_tickets(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, admin) = (world.agent().await, world.admin().await);
    for subject in ["One", "Two", "Three"] {
        agent.ticket(subject, "m").await;
    }
    world.foreigner().await.ticket("Foreign", "f").await;
    let me = agent.get("/api/auth/me").await.expect(200)["id"].clone();
    agent.post("/api/tickets/1/assign", json!({"userId": me})).await.expect(200);
    agent.patch("/api/tickets/2/status", json!({"status": "RESOLVED"})).await.expect(200);
    save(&admin, "All", json!({}), true).await;
    save(&admin, "Assigned to me", json!({"assigneeId": ["me"]}), true).await;
    save(&admin, "Nobody's, open", json!({"assigneeId": ["none"], "status": ["open"]}), true).await;
    save(&admin, "Three", json!({"q": "three"}), true).await;
    let counts = async |client: &Client| {
        let list = client.get("/api/saved-views?counts=true").await.expect(200);
        list["items"].as_array().unwrap().iter().map(|view| view["ticketCount"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(counts(&agent).await, [3, 1, 1, 1]);
    assert_eq!(counts(&admin).await, [3, 0, 1, 1]);
    assert_eq!(counts(&world.viewer().await).await, [3, 0, 1, 1]);
    let plain = agent.get("/api/saved-views").await.expect(200);
    assert!(plain["items"][0].get("ticketCount").is_none());
    agent.get("/api/saved-views?counts=perhaps").await.refused(422, "validation_failed");
    // The list takes the same filter.
    let mine = agent.get("/api/tickets?assigneeId=me").await.expect(200);
    assert_eq!(mine["items"][0]["label"], "TKT-0001");
    assert_eq!(admin.get("/api/tickets?assigneeId=me").await.expect(200)["items"], json!([]));
    world.stop().await;
}

async fn filters_follow_the_rules_of_the_list(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let body = json!({
        "name": " ", "sort": "color",
        "filters": {"status": ["OPEN", "ASLEEP"], "contactId": ["7"], "createdFrom": "soon", "sla": "late", "q": "x".repeat(201)},
    });
    let refused = agent.post("/api/saved-views", body).await.refused(422, "validation_failed");
    let fields: Vec<&Value> = refused["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(
        fields,
        ["name", "filters.status", "filters.contactId", "filters.sla", "filters.createdFrom", "sort", "filters.q"]
    );
    let unknown = json!({"name": "x", "filters": {"colour": ["red"]}});
    let refused = agent.post("/api/saved-views", unknown).await.refused(422, "validation_failed");
    assert_eq!(refused["errors"][0]["field"], "filters.colour");
    let view = save(&agent, "Good", json!({"status": ["OPEN"]}), false).await;
    let refused =
        agent.patch(&path(&view), json!({"filters": {"priority": ["SOON"]}})).await.refused(422, "validation_failed");
    assert_eq!(refused["errors"][0]["field"], "filters.priority");
    agent.patch(&path(&view), json!({"isShared": true})).await.refused(422, "validation_failed");
    assert_eq!(agent.get(&path(&view)).await.expect(200), view);
    world.stop().await;
}

async fn filters_name_what_is_there(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let first = async |client: &Client| {
        client.get("/api/support-agents").await.expect(200)["items"][0]["id"].as_str().unwrap().to_owned()
    };
    let filters = |agent: &str, organization: &str, contact: &str| json!({"assigneeId": [agent, "me", "none"], "organizationId": [organization], "contactId": [contact]});
    let (own, foreign) = (&world.town.north, &world.town.south);
    let own = filters(&first(&agent).await, &own.organization, &own.contact);
    let foreign = filters(&first(&foreigner).await, &foreign.organization, &foreign.contact);
    let absent = "abcdefghijklmnopqrstuvwx";
    let view = save(&agent, "Good", own.clone(), false).await;
    // Another workspace's are unknown like those that are nowhere.
    for unknown in [foreign, filters(absent, absent, absent)] {
        let body = json!({"name": "x", "filters": unknown});
        let expected = ["filters.assigneeId", "filters.organizationId", "filters.contactId"];
        assert_eq!(agent.post("/api/saved-views", body.clone()).await.wrong_fields(), expected);
        assert_eq!(agent.patch(&path(&view), body).await.wrong_fields(), expected);
    }
    assert_eq!(agent.get(&path(&view)).await.expect(200)["filters"], own);
    world.stop().await;
}

async fn versions_and_repetitions(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let body = json!({"name": "Once", "filters": {"tag": ["vpn"]}});
    let (first, second) = (
        agent.post_once("/api/saved-views", "k", body.clone()).await,
        agent.post_once("/api/saved-views", "k", body).await,
    );
    assert_eq!(first.header("location"), format!("/api/saved-views/{}", first.body["id"].as_str().unwrap()));
    assert_eq!(first.header("location"), second.header("location"));
    let view = first.expect(201);
    assert_eq!(second.expect(201), view);
    assert_eq!(names(&agent).await, ["Once"]);
    let changed = agent.patch(&path(&view), json!({"version": 1, "name": "Twice", "sort": "number"})).await.expect(200);
    assert_eq!(
        (&changed["version"], &changed["name"], &changed["filters"]),
        (&json!(2), &json!("Twice"), &json!({"tag": ["vpn"]}))
    );
    let stale = agent.patch(&path(&view), json!({"version": 1, "name": "Thrice"})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], changed);
    let same = agent.patch(&path(&view), json!({"name": "Twice"})).await.expect(200);
    assert_eq!(same["version"], 2);
    for number in 1..50 {
        save(&agent, &format!("View {number}"), json!({}), false).await;
    }
    agent.post("/api/saved-views", json!({"name": "x", "filters": {}})).await.refused(409, "too_many");
    world.stop().await;
}

async fn shared_changes_are_in_the_audit_log(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let view = save(&admin, "Open", json!({"status": ["OPEN"]}), true).await;
    admin.patch(&path(&view), json!({"name": "Still open"})).await.expect(200);
    save(&admin, "Own", json!({}), false).await;
    assert_eq!(admin.delete(&path(&view)).await.status, 204);
    let log = audit(&world, view["id"].as_str().unwrap()).await;
    let before = json!({"name": "Open", "filters": {"status": ["OPEN"]}, "sort": "-createdAt"});
    let after = json!({"name": "Still open", "filters": {"status": ["OPEN"]}, "sort": "-createdAt"});
    assert_eq!(
        log,
        [
            ("saved_view.added".to_owned(), None, Some(before.clone())),
            ("saved_view.changed".to_owned(), Some(before), Some(after.clone())),
            ("saved_view.deleted".to_owned(), Some(after), None),
        ]
    );
    world.stop().await;
}

async fn the_demonstration_has_views_and_macros(engine: Engine) {
    let world = World::new(engine).await;
    let seeded = world.app.seed_demo().await.unwrap();
    assert_eq!((seeded.saved_views, seeded.macros), (10, 9));
    assert_eq!(world.app.seed_demo().await.unwrap().saved_views, 0);
    let agent = world.stranger().signed_in("agent@demo.test", DEMO_PASSWORD).await;
    let views = agent.get("/api/saved-views?counts=true").await.expect(200);
    for view in views["items"].as_array().unwrap() {
        assert!(view["ticketCount"].as_i64().unwrap() > 0, "nothing is in {}", view["name"]);
    }
    assert_eq!(views["items"].as_array().unwrap().len(), 8);
    let macros = agent.get("/api/macros").await.expect(200);
    assert_eq!(macros["items"].as_array().unwrap().len(), 8);
    // On a ticket that has a contact and a device, every macro finds what it names.
    let list = agent.get("/api/tickets?limit=100&count=exact").await.expect(200);
    let mut ready = 0;
    for ticket in list["items"].as_array().unwrap() {
        let detail = agent.get(&format!("/api/tickets/{}", ticket["id"].as_str().unwrap())).await.expect(200);
        if detail["contact"].is_object() && detail["device"].is_object() {
            for row in macros["items"].as_array().unwrap() {
                let path =
                    format!("/api/tickets/{}/macros/{}", ticket["id"].as_str().unwrap(), row["id"].as_str().unwrap());
                assert_eq!(agent.get(&path).await.expect(200)["missing"], json!([]), "{}", row["name"]);
            }
            ready += 1;
            break;
        }
    }
    assert_eq!(ready, 1);
    world.stop().await;
}

/// What the audit log of the first workspace says of one thing: action, before, after.
pub(crate) async fn audit(world: &World, subject: &str) -> Vec<(String, Option<Value>, Option<Value>)> {
    let tenant = world.store.tenant(&world.town.north.workspace);
    let query = Query { subjects: vec![subject.to_owned()], limit: 100, ..Query::default() };
    let mut about = audit_log::page(tenant, &query).await.unwrap();
    about.reverse();
    about.into_iter().map(|entry| (entry.action, entry.before, entry.after)).collect()
}
