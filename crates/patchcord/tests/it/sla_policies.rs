//! Service-level policies: who may write them, what is refused, and what follows from a change.

use patchcord_domain::id::new_id;
use serde_json::{Value, json};

use crate::harness::{Client, Engine, Random, World, both_engines, number};

both_engines!(
    policies_are_made_changed_and_deleted,
    wrong_policies_are_refused_by_field,
    there_is_one_for_each_organization_and_priority,
    business_hours_are_needed_where_they_count,
    they_are_listed_and_filtered,
);

fn path(row: &Value) -> String {
    format!("/api/sla-policies/{}", row["id"].as_str().unwrap())
}

pub(crate) async fn make(admin: &Client, body: Value) -> Value {
    admin.post("/api/sla-policies", body).await.expect(201)
}

/// Open from eight to six in Berlin, Monday to Friday.
pub(crate) async fn office_hours(admin: &Client) {
    let day = json!([{"from": "08:00", "to": "18:00"}]);
    let hours = json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day});
    admin.patch("/api/workspace", json!({"timezone": "Europe/Berlin", "businessHours": hours})).await.expect(200);
}

async fn policies_are_made_changed_and_deleted(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let agents = admin.get("/api/support-agents").await.expect(200);
    let agent = &agents["items"][0]["id"];
    let rule = json!({"clock": "resolution", "atPercent": 90, "actions": [
        {"type": "escalate", "supportAgentId": agent, "level": 2}, {"type": "RAISE_PRIORITY"}]});
    let body =
        json!({"priority": "high", "firstResponseMinutes": 60, "resolutionMinutes": 480, "escalationRules": [rule]});
    let answer = admin.post_once("/api/sla-policies", "k", body.clone()).await;
    let location = answer.header("location").to_owned();
    let row = answer.expect(201);
    assert_eq!(location, path(&row));
    assert_eq!(admin.post_once("/api/sla-policies", "k", body).await.expect(201), row);
    let read = world.viewer().await.get(&path(&row)).await.expect(200);
    assert_eq!(read, row);
    assert_eq!((&row["priority"], &row["organization"], &row["version"]), (&json!("HIGH"), &Value::Null, &json!(1)));
    assert_eq!(row["businessHoursOnly"], false);
    let rules = json!([{"clock": "RESOLUTION", "atPercent": 90, "actions": [
        {"type": "ESCALATE", "supportAgentId": agent, "teamId": null, "level": 2},
        {"type": "RAISE_PRIORITY", "supportAgentId": null, "teamId": null, "level": null}]}]);
    assert_eq!(row["escalationRules"], rules);

    let changes = json!({"version": 1, "firstResponseMinutes": null, "resolutionMinutes": 600});
    let changed = admin.patch(&path(&row), changes.clone()).await.expect(200);
    assert_eq!(
        (&changed["firstResponseMinutes"], &changed["resolutionMinutes"], &changed["version"]),
        (&Value::Null, &json!(600), &json!(2))
    );
    let stale = admin.patch(&path(&row), changes).await.refused(409, "stale_version");
    assert_eq!(stale["current"]["resolutionMinutes"], 600);
    let same = admin.patch(&path(&row), json!({"resolutionMinutes": 600})).await.expect(200);
    assert_eq!(same["version"], 2, "nothing changed");

    for client in [world.agent().await, world.viewer().await] {
        client
            .post("/api/sla-policies", json!({"priority": "LOW", "resolutionMinutes": 1}))
            .await
            .refused(403, "forbidden");
        client.patch(&path(&row), json!({})).await.refused(403, "forbidden");
        client.delete(&path(&row)).await.refused(403, "forbidden");
    }
    admin.delete(&path(&row)).await.expect(204);
    for answer in [admin.get(&path(&row)).await, admin.delete(&path(&row)).await] {
        answer.refused(404, "not_found");
    }
    let log = admin.get("/api/audit-log?limit=3").await.expect(200);
    let told: Vec<&str> = log["items"].as_array().unwrap().iter().map(|one| one["action"].as_str().unwrap()).collect();
    assert_eq!(told, ["sla_policy.deleted", "sla_policy.changed", "sla_policy.added"]);
    assert_eq!(log["items"][1]["before"]["resolutionMinutes"], 480);
    world.stop().await;
}

async fn wrong_policies_are_refused_by_field(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let nobody = new_id(&Random);
    let notify = json!([{"type": "NOTIFY"}]);
    for (body, fields) in [
        (json!({"priority": "SOON"}), vec!["priority", "resolutionMinutes"]),
        (
            json!({"priority": "LOW", "firstResponseMinutes": 0, "resolutionMinutes": 527_041}),
            vec!["firstResponseMinutes", "resolutionMinutes"],
        ),
        (json!({"priority": "LOW", "resolutionMinutes": 5, "organizationId": "7"}), vec!["organizationId"]),
        (json!({"priority": "LOW", "resolutionMinutes": 5, "organizationId": nobody}), vec!["organizationId"]),
        (
            json!({"priority": "LOW", "resolutionMinutes": 5, "escalationRules": [
                {"clock": "FIRST_RESPONSE", "atPercent": 70, "actions": notify}]}),
            vec!["escalationRules"],
        ),
        (
            json!({"priority": "LOW", "resolutionMinutes": 5, "escalationRules": [
                {"clock": "RESOLUTION", "atPercent": 80, "actions": [{"type": "SHOUT"}, {"type": "ASSIGN"}]}]}),
            vec![
                "escalationRules[0].atPercent",
                "escalationRules[0].actions[0].type",
                "escalationRules[0].actions[1].supportAgentId",
            ],
        ),
        (
            json!({"priority": "LOW", "resolutionMinutes": 5, "escalationRules": [
                {"clock": "RESOLUTION", "atPercent": 70, "actions": [
                    {"type": "ASSIGN", "supportAgentId": nobody}, {"type": "NOTIFY", "teamId": nobody}]}]}),
            vec!["escalationRules[0].actions[0].supportAgentId", "escalationRules[0].actions[1].teamId"],
        ),
        (json!({"priority": "LOW", "resolutionMinutes": 5, "colour": "red"}), vec!["colour"]),
    ] {
        let wrong = admin.post("/api/sla-policies", body.clone()).await.wrong_fields();
        assert_eq!(wrong, fields, "{body}");
    }
    let row = make(
        &admin,
        json!({"priority": "LOW", "resolutionMinutes": 5, "escalationRules": [
        {"clock": "RESOLUTION", "atPercent": 70, "actions": notify}]}),
    )
    .await;
    // The rule would have no clock any more.
    let wrong =
        admin.patch(&path(&row), json!({"resolutionMinutes": null, "firstResponseMinutes": 5})).await.wrong_fields();
    assert_eq!(wrong, ["escalationRules"]);
    for (query, field) in [("priority=SOON", "priority"), ("organizationId=7", "organizationId"), ("sort=id", "query")]
    {
        assert_eq!(admin.get(&format!("/api/sla-policies?{query}")).await.wrong_fields(), [field]);
    }
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM sla_policies").await, 1);
    world.stop().await;
}

async fn there_is_one_for_each_organization_and_priority(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let organization = &world.town.north.organization;
    let body = json!({"priority": "LOW", "resolutionMinutes": 5});
    let own = json!({"priority": "LOW", "resolutionMinutes": 5, "organizationId": organization});
    for body in [body, own] {
        make(&admin, body.clone()).await;
        admin.post("/api/sla-policies", body).await.refused(409, "taken");
    }
    // Of several at once one is made.
    let body = json!({"priority": "URGENT", "resolutionMinutes": 5});
    let tries = futures::future::join_all((0..5).map(|_| admin.post("/api/sla-policies", body.clone()))).await;
    let made = tries.iter().filter(|answer| answer.status == 201).count();
    assert_eq!((made, tries.iter().filter(|answer| answer.status == 409).count()), (1, 4));
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM sla_policies").await, 3);
    make(&world.foreigner().await, json!({"priority": "LOW", "resolutionMinutes": 5})).await;
    world.stop().await;
}

async fn business_hours_are_needed_where_they_count(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let body = json!({"priority": "LOW", "resolutionMinutes": 5, "businessHoursOnly": true});
    admin.patch("/api/workspace", json!({"businessHours": {}})).await.expect(200);
    assert_eq!(admin.post("/api/sla-policies", body.clone()).await.wrong_fields(), ["businessHoursOnly"]);
    office_hours(&admin).await;
    let row = make(&admin, body).await;
    // A day of spans that are empty is no business hours either.
    for hours in [json!({}), json!({"mon": []})] {
        let wrong = admin.patch("/api/workspace", json!({"businessHours": hours})).await.wrong_fields();
        assert_eq!(wrong, ["businessHours"]);
    }
    admin.patch(&path(&row), json!({"businessHoursOnly": false})).await.expect(200);
    admin.patch("/api/workspace", json!({"businessHours": {}})).await.expect(200);
    let wrong = admin.patch(&path(&row), json!({"businessHoursOnly": true})).await.wrong_fields();
    assert_eq!(wrong, ["businessHoursOnly"]);
    world.stop().await;
}

async fn they_are_listed_and_filtered(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let organization = &world.town.north.organization;
    let mut made = Vec::new();
    for (priority, organization) in
        [("LOW", None), ("MEDIUM", None), ("HIGH", None), ("LOW", Some(organization)), ("HIGH", Some(organization))]
    {
        let body = json!({"priority": priority, "resolutionMinutes": 5, "organizationId": organization});
        made.push(make(&admin, body).await);
        world.clock.forward(5);
    }
    let ids = |page: &Value| -> Vec<Value> {
        page["items"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
    };
    let of = |indexes: &[usize]| -> Vec<Value> { indexes.iter().map(|index| made[*index]["id"].clone()).collect() };
    let organization = format!("organizationId={organization}");
    for (query, expect) in [
        ("", vec![0, 1, 2, 3, 4]),
        ("priority=low,HIGH", vec![0, 2, 3, 4]),
        ("organizationId=none", vec![0, 1, 2]),
        (organization.as_str(), vec![3, 4]),
        ("organizationId=none&priority=LOW", vec![0]),
    ] {
        let page = admin.get(&format!("/api/sla-policies?count=exact&{query}")).await.expect(200);
        assert_eq!((ids(&page), &page["total"]), (of(&expect), &json!(expect.len())), "{query}");
    }
    let first = admin.get("/api/sla-policies?limit=3").await.expect(200);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = admin.get(&format!("/api/sla-policies?limit=3&cursor={cursor}")).await.expect(200);
    assert_eq!((ids(&first), ids(&second)), (of(&[0, 1, 2]), of(&[3, 4])));
    assert_eq!((&second["hasMore"], &second["nextCursor"]), (&json!(false), &Value::Null));
    assert_eq!(ids(&admin.get("/api/sla-policies?limit=2&page=2").await.expect(200)), of(&[2, 3]));
    world.stop().await;
}
