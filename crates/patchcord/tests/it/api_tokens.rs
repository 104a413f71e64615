//! API tokens: shown once, good wherever access tokens are, and dead at once when they are revoked.

use std::process::Command;
use std::time::{Duration, Instant};

use futures::{SinkExt, StreamExt};
use patchcord_app::passwords::token_hash;
use patchcord_domain::time::{DAY, MINUTE, SECOND, to_rfc3339};
use patchcord_store::api_tokens;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

use crate::harness::{Client, Engine, PASSWORD, TestClock, World, both_engines};

both_engines!(
    a_token_is_shown_once_and_works,
    a_token_dies_with_everything_it_hangs_on,
    a_token_may_not_do_more_than_its_role_and_its_user,
    its_use_is_noted_once_a_minute,
    a_repeated_request_makes_one_token,
    wrong_input_is_told_by_field,
    the_event_socket_takes_a_token,
);

async fn made(client: &Client, body: Value) -> Value {
    client.post("/api/tokens", body).await.expect(201)
}

fn holder(world: &World, made: &Value) -> Client {
    world.stranger().with_token(made["token"].as_str())
}

async fn a_token_is_shown_once_and_works(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let token = made(&admin, json!({"name": "Nightly export", "role": "AGENT"})).await;
    let secret = token["token"].as_str().unwrap();
    assert!(secret.starts_with("pck_") && secret.len() == 47, "{secret}");
    assert_eq!(token["prefix"], secret[..12]);
    assert_eq!(
        (&token["role"], &token["expiresAt"], &token["revokedAt"]),
        (&json!("AGENT"), &Value::Null, &Value::Null)
    );

    let program = holder(&world, &token);
    program.ticket("The disk is full", "Nothing can be saved any more.").await;
    assert_eq!(program.get("/api/auth/me").await.expect(200)["email"], "admin@north.test");
    let list = admin.get("/api/tokens?count=exact").await.expect(200);
    assert_eq!((list["total"].as_i64(), &list["items"][0]["id"]), (Some(1), &token["id"]));
    assert!(!list.to_string().contains(&secret[12..]));
    let rows = api_tokens::page(world.store.tenant(&world.town.north.workspace), 10, 0).await.unwrap();
    assert_eq!(rows[0].token_hash, token_hash(secret));
    // Not even one character may differ.
    for wrong in [&secret[..46], &secret.to_lowercase(), "pck_", &format!("{secret}A")] {
        program.with_token(Some(wrong)).get("/api/tickets").await.refused(401, "invalid_token");
    }
    assert_eq!(world.foreigner().await.get("/api/tokens").await.expect(200)["items"], json!([]));
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another long secret"});
    program.post("/api/auth/password", change).await.refused(401, "session_required");
    world.stop().await;
}

async fn a_token_dies_with_everything_it_hangs_on(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let expires = to_rfc3339(TestClock::START + DAY);
    let revoked = made(&admin, json!({"name": "revoked"})).await;
    let expiring = made(&admin, json!({"name": "expiring", "expiresAt": expires})).await;
    let path = format!("/api/tokens/{}", revoked["id"].as_str().unwrap());
    world.foreigner().await.delete(&path).await.refused(404, "not_found");
    world.agent().await.delete(&path).await.refused(403, "forbidden");
    holder(&world, &revoked).get("/api/tickets").await.expect(200);
    admin.delete(&path).await.expect(204);
    holder(&world, &revoked).get("/api/tickets").await.refused(401, "invalid_token");
    admin.delete(&path).await.expect(204);
    let log = admin.get("/api/audit-log?action=token.revoked").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 1);

    // Another administrator, whose tokens end with them.
    let second = json!({"email": "second@north.test", "name": "Second", "role": "ADMIN", "password": PASSWORD});
    let second = admin.post("/api/users", second).await.expect(201);
    let theirs = made(&world.sign_in("second@north.test").await, json!({"name": "theirs"})).await;
    holder(&world, &theirs).get("/api/users").await.expect(200);
    let path = format!("/api/users/{}", second["user"]["id"].as_str().unwrap());
    admin.patch(&path, json!({"disabled": true})).await.expect(200);
    holder(&world, &theirs).get("/api/tickets").await.refused(401, "invalid_token");

    holder(&world, &expiring).get("/api/tickets").await.expect(200);
    world.clock.forward(DAY + SECOND);
    holder(&world, &expiring).get("/api/tickets").await.refused(401, "token_expired");
    world.stop().await;
}

async fn a_token_may_not_do_more_than_its_role_and_its_user(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for client in [world.agent().await, world.viewer().await] {
        client.get("/api/tokens").await.refused(403, "forbidden");
        client.post("/api/tokens", json!({"name": "x", "role": "VIEWER"})).await.refused(403, "forbidden");
    }
    let viewer = holder(&world, &made(&admin, json!({"name": "reads", "role": "viewer"})).await);
    viewer.get("/api/tickets").await.expect(200);
    viewer
        .post("/api/tickets", json!({"subject": "Printer", "message": "It is out of paper."}))
        .await
        .refused(403, "forbidden");
    let agent = holder(&world, &made(&admin, json!({"name": "works", "role": "AGENT"})).await);
    agent.post("/api/tokens", json!({"name": "more", "role": "AGENT"})).await.refused(403, "forbidden");

    let second = json!({"email": "second@north.test", "name": "Second", "role": "ADMIN", "password": PASSWORD});
    let second = admin.post("/api/users", second).await.expect(201);
    let theirs = holder(&world, &made(&world.sign_in("second@north.test").await, json!({"name": "theirs"})).await);
    theirs.get("/api/users").await.expect(200);
    let path = format!("/api/users/{}", second["user"]["id"].as_str().unwrap());
    admin.patch(&path, json!({"role": "VIEWER"})).await.expect(200);
    theirs.get("/api/users").await.refused(403, "forbidden");
    theirs.get("/api/tickets").await.expect(200);
    world.stop().await;
}

/// Waits until the use of the only token is noted as something else than before.
async fn noted(admin: &Client, before: &Value) -> Value {
    let began = Instant::now();
    loop {
        let list = admin.get("/api/tokens").await.expect(200);
        let at = list["items"][0]["lastUsedAt"].clone();
        if at != *before {
            return at;
        }
        assert!(began.elapsed() < Duration::from_secs(10), "it is not noted: {list}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn its_use_is_noted_once_a_minute(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let program = holder(&world, &made(&admin, json!({"name": "program"})).await);
    program.get("/api/tickets").await.expect(200);
    let first = noted(&admin, &Value::Null).await;
    world.clock.forward(30 * SECOND);
    for _ in 0..5 {
        program.get("/api/tickets").await.expect(200);
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(admin.get("/api/tokens").await.expect(200)["items"][0]["lastUsedAt"], first);
    world.clock.forward(MINUTE);
    program.get("/api/tickets").await.expect(200);
    noted(&admin, &first).await;
    world.stop().await;
}

async fn a_repeated_request_makes_one_token(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let body = json!({"name": "once"});
    let first = admin.post_once("/api/tokens", "key-1", body.clone()).await.expect(201);
    let again = admin.post_once("/api/tokens", "key-1", body).await.expect(201);
    assert_eq!(first, again);
    holder(&world, &again).get("/api/tickets").await.expect(200);
    admin.post_once("/api/tokens", "key-1", json!({"name": "other"})).await.refused(409, "idempotency_key_reused");
    let list = admin.get("/api/tokens").await.expect(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);

    // So does adding a user, whose answer carries a link.
    let body = json!({"email": "new@north.test", "name": "New", "role": "AGENT"});
    let first = admin.post_once("/api/users", "key-2", body.clone()).await.expect(201);
    assert!(first["invitationUrl"].as_str().unwrap().contains("token="));
    assert_eq!(admin.post_once("/api/users", "key-2", body).await.expect(201), first);
    world.stop().await;
}

async fn wrong_input_is_told_by_field(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let fields = async |body: Value| -> Vec<String> {
        let refused = admin.post("/api/tokens", body).await.refused(422, "validation_failed");
        let errors = refused["errors"].as_array().unwrap().clone();
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(fields(json!({"name": " ", "role": "OWNER", "expiresAt": "soon"})).await, ["name", "role", "expiresAt"]);
    let past = to_rfc3339(TestClock::START - SECOND);
    assert_eq!(fields(json!({"name": "x".repeat(81), "expiresAt": past})).await, ["name", "expiresAt"]);
    assert_eq!(fields(json!({"name": "x", "workspaceId": "y"})).await, ["workspaceId"]);
    admin.get("/api/tokens?sort=name").await.refused(422, "validation_failed");
    admin.get("/api/tokens?limit=0").await.refused(422, "validation_failed");
    world.stop().await;
}

async fn the_event_socket_takes_a_token(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let token = made(&admin, json!({"name": "listener", "role": "VIEWER"})).await;
    let mut request = format!("{}/api/events", world.base.replace("http", "ws")).into_client_request().unwrap();
    let protocols = format!("patchcord.v1, bearer.{}", token["token"].as_str().unwrap());
    request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    socket.send(Message::text(json!({"subscribe": ["tickets"]}).to_string())).await.unwrap();
    let mut next = async || {
        loop {
            let frame = tokio::time::timeout(Duration::from_secs(10), socket.next()).await.unwrap().unwrap().unwrap();
            if let Message::Text(text) = frame {
                return serde_json::from_str::<Value>(&text).unwrap();
            }
        }
    };
    assert_eq!(next().await["type"], "subscribed");
    admin.ticket("The phone is silent", "It does not ring any more.").await;
    assert_eq!(next().await["type"], "ticket.created");
    world.stop().await;
}

/// The program itself, on a database of its own: `token create`, `list`, `revoke`.
#[test]
fn tokens_from_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_patchcord"))
            .args(["--json", "--data-dir", folder.path().to_str().unwrap()])
            .args(arguments)
            .env_clear()
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default(), told)
    };
    assert_eq!(run(&["workspace", "add", "North", "--admin", "admin@north.test"]).0, Some(0));
    assert_eq!(run(&["user", "add", "agent@north.test"]).0, Some(0));
    let (code, made, told) =
        run(&["token", "create", "Export", "--user", "agent@north.test", "--expires", "2999-01-01"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(made["token"]["token"].as_str().unwrap().starts_with("pck_"), "{made}");
    assert_eq!(
        (&made["token"]["role"], &made["token"]["expiresAt"]),
        (&json!("AGENT"), &json!("2999-01-01T00:00:00.000Z"))
    );
    let (code, _, told) = run(&["token", "create", "More", "--user", "agent@north.test", "--role", "ADMIN"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("role: must not be above"), "{told}");
    assert_eq!(run(&["token", "create", "X", "--user", "nobody@north.test"]).0, Some(1));
    assert_eq!(run(&["token", "create"]).0, Some(2));
    let id = made["token"]["id"].as_str().unwrap();
    assert_eq!(run(&["token", "revoke", id]).0, Some(0));
    let (_, list, _) = run(&["token", "list"]);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert!(list["items"][0]["revokedAt"].is_string() && list["items"][0].get("token").is_none(), "{list}");
    assert_eq!(run(&["token", "revoke", "nothing"]).0, Some(1));
}
