//! Users of a workspace: who may change whom, addresses that are taken, the last administrator, and the end of a session.

use std::time::Duration;

use patchcord_app::seed::DEMO_PASSWORD;
use serde_json::{Value, json};

use crate::harness::{Client, Engine, PASSWORD, Socket, World, both_engines};

both_engines!(
    only_administrators,
    added_with_a_password,
    wrong_fields,
    an_address_that_is_taken,
    lists_and_pages,
    changes,
    stale_versions,
    a_role_holds_at_once,
    the_last_administrator_stays,
    two_administrators_who_disable_each_other,
    disabling_ends_sessions_at_once,
    the_demonstration_signs_in,
);

async fn user(admin: &Client, role: &str) -> Value {
    let users = admin.get("/api/users").await.expect(200);
    users["items"].as_array().unwrap().iter().find(|user| user["role"] == role).unwrap().clone()
}

fn path(user: &Value) -> String {
    format!("/api/users/{}", user["id"].as_str().unwrap())
}

fn person(email: &str) -> Value {
    json!({"email": email, "name": "New Person", "role": "AGENT"})
}

async fn only_administrators(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let viewer = path(&user(&admin, "VIEWER").await);
    for client in [world.agent().await, world.viewer().await] {
        client.get("/api/users").await.refused(403, "forbidden");
        client.get(&viewer).await.refused(403, "forbidden");
        client.post("/api/users", person("new@north.test")).await.refused(403, "forbidden");
        client.patch(&viewer, json!({"role": "ADMIN"})).await.refused(403, "forbidden");
    }
    let stranger = world.stranger();
    stranger.get("/api/users").await.refused(401, "token_missing");
    stranger.post("/api/users", person("new@north.test")).await.refused(401, "token_missing");
    stranger.patch(&viewer, json!({})).await.refused(401, "token_missing");
    let foreigner = world.foreigner().await;
    foreigner.get(&viewer).await.refused(404, "not_found");
    foreigner.patch(&viewer, json!({"disabled": true})).await.refused(404, "not_found");
    assert_eq!(admin.get(&viewer).await.expect(200)["disabledAt"], Value::Null);
    world.stop().await;
}

async fn added_with_a_password(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let input = json!({"email": " Mara@North.Test ", "name": " Mara Lindqvist ", "role": "agent", "password": PASSWORD,
        "phone": "+1 (202) 555-0143"});
    let added = admin.post("/api/users", input).await.expect(201);
    assert_eq!(added["invitationUrl"], Value::Null);
    let row = &added["user"];
    assert_eq!(
        (&row["email"], &row["name"], &row["role"], &row["phone"], &row["version"]),
        (&json!("mara@north.test"), &json!("Mara Lindqvist"), &json!("AGENT"), &json!("+12025550143"), &json!(1))
    );
    assert_eq!(&admin.get(&path(row)).await.expect(200), row);
    let mara = world.sign_in("mara@north.test").await;
    mara.get("/api/tickets").await.expect(200);
    // Whoever works tickets can be given one.
    let agents = mara.get("/api/support-agents").await.expect(200);
    assert!(agents["items"].as_array().unwrap().iter().any(|agent| agent["userId"] == row["id"]), "{agents}");
    world.stop().await;
}

async fn wrong_fields(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let long = "x".repeat(121);
    let far = format!("{}@north.test", "x".repeat(250));
    for (field, value) in [
        ("email", json!("nobody")),
        ("email", json!("a@b")),
        ("email", json!("a b@north.test")),
        ("email", json!(far)),
        ("email", json!("a@north.test\r\nBcc: x@y.test")),
        ("email", json!(7)),
        ("name", json!("")),
        ("name", json!("  ")),
        ("name", json!(long)),
        ("name", json!(null)),
        ("role", json!("OWNER")),
        ("role", json!("")),
        ("role", json!(["ADMIN"])),
        ("phone", json!("12025550143")),
        ("phone", json!("+0123456789")),
        ("phone", json!("+12")),
        ("phone", json!("call me")),
        ("password", json!("short")),
        ("password", json!("password1234")),
        ("password", json!("x".repeat(201))),
        ("workspaceId", json!(world.town.south.workspace.as_str())),
        ("id", json!("a")),
        ("version", json!(7)),
    ] {
        let mut input = person("new@north.test");
        input[field] = value.clone();
        assert_eq!(admin.post("/api/users", input).await.wrong_fields(), [field], "{value}");
    }
    let all = admin.post("/api/users", json!({"email": "", "name": "", "role": "", "phone": "", "password": ""})).await;
    assert_eq!(all.wrong_fields(), ["email", "name", "role", "phone", "password"]);
    assert_eq!(admin.get("/api/users?count=exact").await.expect(200)["total"], 3);
    world.stop().await;
}

async fn an_address_that_is_taken(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    admin.post("/api/users", person("AGENT@north.test")).await.refused(409, "email_taken");
    let fresh = admin.post("/api/users", person("fresh@north.test")).await.expect(201);
    let elsewhere = admin.post("/api/users", person("agent@south.test")).await.expect(201);
    let shape = |answer: &Value| {
        let user: Vec<String> = answer["user"].as_object().unwrap().keys().cloned().collect();
        (user, answer["invitationUrl"].as_str().unwrap().len(), answer["user"]["id"].as_str().unwrap().len())
    };
    assert_eq!(shape(&fresh), shape(&elsewhere));
    assert_eq!((&elsewhere["user"]["email"], &elsewhere["user"]["version"]), (&json!("agent@south.test"), &json!(1)));
    assert_eq!(elsewhere["user"]["workspaceId"], fresh["user"]["workspaceId"]);
    // Nothing was stored, and the one who has the address is as before.
    assert_eq!(admin.get("/api/users?count=exact").await.expect(200)["total"], 4);
    let south = world.sign_in("agent@south.test").await;
    assert_eq!(south.get("/api/auth/me").await.expect(200)["workspaceName"], "south");
    let token = elsewhere["invitationUrl"].as_str().unwrap().rsplit('=').next().unwrap();
    let accept = json!({"token": token, "password": "another long secret"});
    world.stranger().post("/api/auth/invitations/accept", accept).await.refused(401, "invitation_invalid");
    world.stop().await;
}

async fn lists_and_pages(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for n in 0..4 {
        admin
            .post("/api/users", json!({"email": format!("u{n}@north.test"), "name": format!("U{n}"), "role": "VIEWER"}))
            .await
            .expect(201);
    }
    let names = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|user| user["name"].as_str().unwrap().to_owned()).collect()
    };
    let first = admin.get("/api/users?limit=3").await.expect(200);
    assert_eq!(
        (names(&first), &first["hasMore"], &first["total"]),
        (["ADMIN of north", "AGENT of north", "U0"].map(str::to_owned).to_vec(), &json!(true), &Value::Null)
    );
    let last = admin.get("/api/users?limit=3&page=3&count=exact").await.expect(200);
    assert_eq!(
        (names(&last), &last["hasMore"], &last["total"]),
        (vec!["VIEWER of north".to_owned()], &json!(false), &json!(7))
    );
    assert_eq!(admin.get("/api/users?limit=0").await.wrong_fields(), ["limit"]);
    assert_eq!(admin.get("/api/users?role=ADMIN").await.wrong_fields(), ["query"]);
    admin.get("/api/users?offset=10001").await.refused(422, "use_cursor");
    assert!(!admin.get("/api/users?limit=100").await.text.contains("south"));
    world.stop().await;
}

async fn changes(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let before = user(&admin, "VIEWER").await;
    let change = json!({"name": "Vera", "role": "AGENT", "phone": "+12025550199", "version": 1});
    let after = admin.patch(&path(&before), change).await.expect(200);
    assert_eq!(
        (&after["name"], &after["role"], &after["phone"], &after["version"]),
        (&json!("Vera"), &json!("AGENT"), &json!("+12025550199"), &json!(2))
    );
    assert_eq!(admin.patch(&path(&before), json!({"phone": null})).await.expect(200)["phone"], Value::Null);
    let same = admin.patch(&path(&before), json!({"name": "Vera"})).await.expect(200);
    assert_eq!(same["version"], 3, "what changes nothing is no new version");
    for (field, value) in [
        ("role", json!("BOSS")),
        ("name", json!("")),
        ("phone", json!("1")),
        ("email", json!("x@north.test")),
        ("disabled", json!("yes")),
        ("version", json!("1")),
        ("workspaceId", json!("x")),
        ("passwordHash", json!("x")),
    ] {
        assert_eq!(admin.patch(&path(&before), json!({field: value})).await.wrong_fields(), [field]);
    }
    admin.patch("/api/users/abcdefghijklmnopqrstuvwx", json!({})).await.refused(404, "not_found");
    world.stop().await;
}

async fn stale_versions(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let before = user(&admin, "VIEWER").await;
    let now = admin.patch(&path(&before), json!({"name": "Second", "version": 1})).await.expect(200);
    let stale = admin.patch(&path(&before), json!({"name": "Third", "version": 1})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], now);
    assert_eq!(admin.get(&path(&before)).await.expect(200), now);
    let target = path(&before);
    let names: Vec<String> = (0..8).map(|n| format!("Name {n}")).collect();
    let all =
        futures::future::join_all(names.iter().map(|name| admin.patch(&target, json!({"name": name, "version": 2}))))
            .await;
    assert_eq!(all.iter().filter(|answer| answer.status == 200).count(), 1, "{all:?}");
    assert_eq!(all.iter().filter(|answer| answer.status == 409).count(), 7);
    world.stop().await;
}

async fn a_role_holds_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let target = path(&user(&admin, "AGENT").await);
    agent.get("/api/users").await.refused(403, "forbidden");
    admin.patch(&target, json!({"role": "ADMIN"})).await.expect(200);
    agent.get("/api/users").await.expect(200);
    admin.patch(&target, json!({"role": "VIEWER"})).await.expect(200);
    agent.get("/api/users").await.refused(403, "forbidden");
    agent.post("/api/tickets", json!({"subject": "Printer", "message": "x"})).await.refused(403, "forbidden");
    agent.get("/api/tickets").await.expect(200);
    world.stop().await;
}

async fn the_last_administrator_stays(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let own = path(&user(&admin, "ADMIN").await);
    for change in [json!({"disabled": true}), json!({"role": "AGENT"}), json!({"role": "VIEWER", "name": "Gone"})] {
        admin.patch(&own, change).await.refused(409, "last_admin");
    }
    let row = admin.get(&own).await.expect(200);
    assert_eq!(
        (&row["role"], &row["disabledAt"], &row["name"]),
        (&json!("ADMIN"), &Value::Null, &json!("ADMIN of north"))
    );
    // An administrator who is disabled does not count.
    let second = path(&user(&admin, "AGENT").await);
    admin.patch(&second, json!({"role": "ADMIN"})).await.expect(200);
    admin.patch(&second, json!({"disabled": true})).await.expect(200);
    admin.patch(&own, json!({"disabled": true})).await.refused(409, "last_admin");
    admin.patch(&second, json!({"disabled": false})).await.expect(200);
    admin.patch(&own, json!({"disabled": true})).await.expect(200);
    admin.get("/api/auth/me").await.refused(401, "session_ended");
    world.stop().await;
}

async fn two_administrators_who_disable_each_other(engine: Engine) {
    let world = World::new(engine).await;
    let mut people = [("admin@north.test", String::new()), ("agent@north.test", String::new())];
    let admin = world.admin().await;
    people[0].1 = path(&user(&admin, "ADMIN").await);
    people[1].1 = path(&user(&admin, "AGENT").await);
    admin.patch(&people[1].1, json!({"role": "ADMIN"})).await.expect(200);
    for change in [json!({"disabled": true}), json!({"role": "VIEWER"})].iter().cycle().take(12) {
        let (first, second) = (world.sign_in(people[0].0).await, world.sign_in(people[1].0).await);
        let (one, other) =
            tokio::join!(first.patch(&people[1].1, change.clone()), second.patch(&people[0].1, change.clone()));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert!(matches!(statuses, [200, 401 | 403 | 409]), "{one:?} {other:?}");
        // Whoever won can still administer, and lets the other in again.
        let (winner, loser) = if one.status == 200 { (&first, &people[1].1) } else { (&second, &people[0].1) };
        winner.patch(loser, json!({"disabled": false, "role": "ADMIN"})).await.expect(200);
    }
    world.stop().await;
}

async fn disabling_ends_sessions_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let mut socket = Socket::listening(&world, &agent, &["tickets"]).await;
    let mut other = Socket::listening(&world, &admin, &["tickets"]).await;
    admin.patch(&path(&user(&admin, "AGENT").await), json!({"disabled": true})).await.expect(200);
    agent.get("/api/tickets").await.refused(401, "session_ended");
    agent.post("/api/auth/refresh", json!({})).await.refused(401, "session_ended");
    assert_eq!(socket.ending(Duration::from_secs(4)).await, (4401, "the session has ended".to_owned()));
    other.expect_silence().await;
    let login = json!({"email": "agent@north.test", "password": PASSWORD});
    world.stranger().post("/api/auth/login", login.clone()).await.refused(401, "invalid_credentials");
    let agent_row = user(&admin, "AGENT").await;
    assert!(agent_row["disabledAt"].as_str().unwrap().starts_with("2026-11-24T09:"));
    admin.patch(&path(&agent_row), json!({"disabled": false})).await.expect(200);
    agent.get("/api/tickets").await.refused(401, "session_ended");
    world.stranger().post("/api/auth/login", login).await.expect(200);
    world.stop().await;
}

async fn the_demonstration_signs_in(engine: Engine) {
    let world = World::new(engine).await;
    world.app.seed_demo().await.unwrap();
    for (email, role, workspace) in [
        ("admin@demo.test", "ADMIN", "Northwind IT"),
        ("agent@demo.test", "AGENT", "Northwind IT"),
        ("viewer@demo.test", "VIEWER", "Northwind IT"),
        ("admin@other.test", "ADMIN", "Contoso Care"),
    ] {
        let client = world.stranger().signed_in(email, DEMO_PASSWORD).await;
        let me = client.get("/api/auth/me").await.expect(200);
        assert_eq!((&me["role"], &me["workspaceName"]), (&json!(role), &json!(workspace)));
        for ticket in client.get("/api/tickets?limit=3").await.expect(200)["items"].as_array().unwrap() {
            client.get(&format!("/api/tickets/{}", ticket["id"].as_str().unwrap())).await.expect(200);
        }
    }
    world.stop().await;
}
