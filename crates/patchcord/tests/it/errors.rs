//! Refusals: each is a problem with a stable code, names its request, and tells nothing about the inside.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Engine, World, both_engines};

both_engines!(
    every_refusal_is_a_problem,
    malformed_bodies,
    large_and_deep_bodies,
    odd_queries,
    unknown_addresses_and_methods,
    every_answer_names_its_request,
    a_database_that_is_away,
    draining,
    hostile_requests_never_break_it,
);

/// Texts that only the inside knows.
const INSIDE: &[&str] = &[
    "SELECT",
    "INSERT",
    "sqlx",
    "SqlxError",
    "panicked",
    "src/",
    ".rs:",
    "/work",
    "/tmp",
    "postgres",
    "sqlite",
    "constraint",
    "argon2",
    "stack backtrace",
];

#[track_caller]
fn expect_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{}", answer.text);
    let body = &answer.body;
    assert_eq!((body["status"].as_u64(), body["code"].as_str()), (Some(u64::from(status)), Some(code)), "{body}");
    assert_eq!(answer.status, status);
    assert_eq!(body["type"], format!("urn:patchcord:problem:{code}"));
    assert_eq!(body["requestId"], answer.header("x-request-id"));
    assert!(!body["title"].as_str().unwrap().is_empty() && !body["detail"].as_str().unwrap().is_empty());
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(body["errors"].is_array(), code == "validation_failed", "{body}");
    for word in INSIDE {
        assert!(!answer.text.contains(word), "{word}: {}", answer.text);
    }
}

async fn raw(client: &Client, method: Method, path: &str, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
    Answer::of(client.request(method, path).header("content-type", kind).body(body)).await
}

async fn every_refusal_is_a_problem(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, viewer, foreigner) = (world.agent().await, world.viewer().await, world.foreigner().await);
    let ticket = agent.ticket("Printer", "x").await;
    let path = format!("/api/tickets/{}", ticket["id"].as_str().unwrap());
    let input = json!({"subject": "Printer", "message": "x"});
    expect_problem(&world.stranger().get("/api/tickets").await, 401, "token_missing");
    expect_problem(&world.stranger().with_token(Some("x")).get("/api/tickets").await, 401, "invalid_token");
    expect_problem(
        &world.stranger().post("/api/auth/login", json!({"email": "a", "password": "b"})).await,
        401,
        "invalid_credentials",
    );
    expect_problem(&viewer.post("/api/tickets", input).await, 403, "forbidden");
    expect_problem(&foreigner.get(&path).await, 404, "not_found");
    expect_problem(&agent.get("/api/tickets/no").await, 404, "not_found");
    expect_problem(&agent.patch(&path, json!({"version": 9})).await, 409, "stale_version");
    expect_problem(&agent.post("/api/tickets", json!({"subject": "x", "message": ""})).await, 422, "validation_failed");
    expect_problem(&agent.get("/api/tickets?offset=99999").await, 422, "use_cursor");
    expect_problem(&agent.attach("1", "a.exe", b"x").await, 415, "unsupported_file");
    let foreign = foreigner.get(&path).await;
    let absent = foreigner.get("/api/tickets/abcdefghijklmnopqrstuvwx").await;
    let without_id = |answer: &Answer| {
        let mut body = answer.body.clone();
        body["requestId"] = Value::Null;
        body
    };
    assert_eq!(without_id(&foreign), without_id(&absent), "what is another's is as if it were not");
    world.stop().await;
}

async fn malformed_bodies(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for path in ["/api/tickets", "/api/auth/login", "/api/tickets/1/messages"] {
        for body in
            [&b"{"[..], b"nonsense", b"{'a':1}", b"\xff\xfe", b"\0", b"[", b"{\"", b"// x\n{}", b"\xef\xbb\xbf{}"]
        {
            let answer = raw(&agent, Method::POST, path, "application/json", body).await;
            expect_problem(&answer, 400, "malformed_json");
        }
        for kind in [
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
            "json",
        ] {
            let answer = raw(&agent, Method::POST, path, kind, "{}").await;
            expect_problem(&answer, 415, "unsupported_media_type");
        }
        for body in ["[]", "null", "1", "\"x\"", "true", "{}", ""] {
            let answer = raw(&agent, Method::POST, path, "application/json; charset=utf-8", body).await;
            expect_problem(&answer, 422, "validation_failed");
        }
        let unknown = raw(&agent, Method::POST, path, "application/json", r#"{"surprise": 1}"#).await;
        assert_eq!(unknown.wrong_fields(), ["surprise"]);
    }
    for body in [
        &b"{\"subject\":"[..],
        b"{\"subject\":\"\xff\"}",
        b"{\"subject\":\"\\ud800\"}",
        b"{\"subject\": 1e999}",
        b"{\"subject\":\"abc\",}",
        b"{\"subject\":\"abc\",\"message\":\"x\"} {}",
    ] {
        expect_problem(
            &raw(&agent, Method::POST, "/api/tickets", "application/json", body).await,
            400,
            "malformed_json",
        );
    }
    let twice = raw(
        &agent,
        Method::POST,
        "/api/tickets",
        "application/json",
        r#"{"subject":"abc","subject":"abd","message":"x"}"#,
    )
    .await;
    expect_problem(&twice, 422, "validation_failed");
    world.stop().await;
}

async fn large_and_deep_bodies(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let empty = r#"{"subject":"Printer","message":""}"#.len();
    let body = |bytes: usize| format!(r#"{{"subject":"Printer","message":"{}"}}"#, "x".repeat(bytes - empty));
    let most = 1024 * 1024;
    expect_problem(
        &raw(&agent, Method::POST, "/api/tickets", "application/json", body(most)).await,
        422,
        "validation_failed",
    );
    for path in ["/api/tickets", "/api/auth/login"] {
        expect_problem(&raw(&agent, Method::POST, path, "application/json", body(most + 1)).await, 413, "too_large");
    }
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        for levels in [33, 10_000] {
            let deep = format!("{}1{}", open.repeat(levels), close.repeat(levels));
            for path in ["/api/tickets", "/api/auth/login", "/api/copilot/v1/analyze"] {
                let answer = raw(&agent, Method::POST, path, "application/json", deep.clone()).await;
                assert_eq!((answer.status, &answer.body["code"]), (400, &json!("too_deep")), "{}", answer.text);
            }
        }
        let deep = format!("{}1{}", open.repeat(32), close.repeat(32));
        assert_eq!(raw(&agent, Method::POST, "/api/tickets", "application/json", deep).await.status, 422);
    }
    let unclosed = "[".repeat(500_000);
    expect_problem(&raw(&agent, Method::POST, "/api/tickets", "application/json", unclosed).await, 400, "too_deep");
    agent.ticket("Still alive", "x").await;
    world.stop().await;
}

async fn odd_queries(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "query"),
        ("limit=-1", "query"),
        ("limit=99999999999999999999", "query"),
        ("offset=-1", "query"),
        ("page=0", "page"),
        ("offset=1&page=2", "offset"),
        ("cursor=nonsense", "cursor"),
        ("count=yes", "count"),
        ("unknown=1", "query"),
        ("status=DONE", "status"),
        ("priority=x", "priority"),
        ("channel=x", "channel"),
        ("sort=subject", "sort"),
        ("sort=--number", "sort"),
        ("sla=late", "sla"),
        ("organizationId=7", "organizationId"),
        ("contactId=%00", "contactId"),
        ("assigneeId=7", "assigneeId"),
        ("assigneeId=them", "assigneeId"),
        ("tag=%00", "tag"),
        ("productArea=%00", "productArea"),
        ("createdFrom=yesterday", "createdFrom"),
        ("createdTo=2026-13-01", "createdTo"),
        ("resolvedFrom=1e9", "resolvedFrom"),
        ("resolvedTo=%F0%9F", "resolvedTo"),
        ("firstRespondedFrom=soon", "firstRespondedFrom"),
        ("firstRespondedTo=2026-02-30", "firstRespondedTo"),
        ("repliedById=7", "repliedById"),
        ("repliedById=me&repliedFrom=soon", "repliedFrom"),
        ("repliedTo=2026-11-24", "repliedById"),
        ("copilot=edited&copilotById=%00", "copilotById"),
        ("limit=1&limit=2", "query"),
    ] {
        let answer = agent.get(&format!("/api/tickets?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
        expect_problem(&answer, 422, "validation_failed");
        assert_eq!(answer.wrong_fields(), [field], "{query}");
    }
    let all = agent.get("/api/tickets?status=x&priority=x&channel=x&sort=x&sla=x&createdFrom=x").await.wrong_fields();
    assert_eq!(all.len(), 6, "{all:?}");
    agent.get(&format!("/api/tickets?q={}", "x".repeat(201))).await.expect(422);
    world.stop().await;
}

async fn unknown_addresses_and_methods(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/tickets/1/nothing",
        "/api/tickets/",
        "/api//tickets",
        "/api/Tickets",
        "/assets/none.js",
    ] {
        expect_problem(&agent.get(path).await, 404, "no_such_route");
    }
    for (method, path) in [
        (Method::DELETE, "/api/tickets"),
        (Method::PUT, "/api/tickets"),
        (Method::POST, "/api/tickets/1"),
        (Method::GET, "/api/auth/login"),
        (Method::DELETE, "/healthz"),
        (Method::OPTIONS, "/api/tickets"),
        (Method::from_bytes(b"BREW").unwrap(), "/api/tickets"),
        (Method::TRACE, "/api/tickets"),
    ] {
        let answer = Answer::of(agent.request(method, path)).await;
        expect_problem(&answer, 405, "wrong_method");
        assert!(!answer.header("allow").is_empty());
    }
    world.stop().await;
}

async fn every_answer_names_its_request(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let mut seen = std::collections::HashSet::new();
    for path in [
        "/",
        "/tickets",
        "/healthz",
        "/readyz",
        "/api/openapi.json",
        "/api/docs/",
        "/api/tickets",
        "/api/tickets/x",
        "/api/nothing",
        "/api/copilot/v1/status/x",
        "/api/events",
    ] {
        let answer = agent.get(path).await;
        let id = answer.header("x-request-id").to_owned();
        assert!(!id.is_empty() && seen.insert(id.clone()), "{path}: {id}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(!answer.header("cache-control").is_empty() && !answer.header("referrer-policy").is_empty(), "{path}");
        if answer.body["requestId"].is_string() {
            assert_eq!(answer.body["requestId"], id);
        }
    }
    // A client cannot choose it.
    let answer = Answer::of(agent.request(Method::GET, "/api/tickets/x").header("x-request-id", "mine")).await;
    assert_ne!(answer.header("x-request-id"), "mine");
    world.stop().await;
}

async fn a_database_that_is_away(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    world.store.close().await;
    for answer in [
        agent.get("/api/tickets").await,
        agent.post("/api/tickets", json!({"subject": "Printer", "message": "x"})).await,
        world.stranger().post("/api/auth/login", json!({"email": "a@b.test", "password": "x"})).await,
        world.stranger().post("/api/auth/invitations/accept", json!({"token": "x", "password": "x"})).await,
        world.stranger().get("/readyz").await,
    ] {
        expect_problem(&answer, 503, "unavailable");
        assert!(!answer.header("retry-after").is_empty());
    }
    let copilot = agent.post("/api/copilot/v1/analyze", json!({"ticketId": "abcdefghijklmnopqrstuvwx"})).await;
    assert_eq!(
        (copilot.status, &copilot.body["ok"], &copilot.body["code"]),
        (503, &json!(false), &json!("unavailable"))
    );
    assert_eq!(world.stranger().get("/healthz").await.text, "ok", "the process lives");
    world.stop().await;
}

async fn draining(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    assert_eq!(agent.get("/readyz").await.status, 200);
    world.drain();
    expect_problem(&agent.get("/readyz").await, 503, "unavailable");
    assert_eq!(agent.get("/healthz").await.status, 200);
    agent.ticket("What comes is still served", "x").await;
    world.stop().await;
}

async fn hostile_requests_never_break_it(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Printer", "x").await;
    let id = ticket["id"].as_str().unwrap();
    let hostile = [
        json!(null),
        json!(true),
        json!(-1),
        json!(u64::MAX),
        json!(1e308),
        json!(""),
        json!("\u{0}"),
        json!("\u{ffff}"),
        json!("x".repeat(50_000)),
        json!("' OR '1'='1"),
        json!("%s%n"),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({"$ne": null}),
        json!("😀".repeat(300)),
    ];
    let bodies = [
        (
            "/api/tickets",
            "POST",
            vec![
                "subject",
                "message",
                "priority",
                "channel",
                "productArea",
                "organizationId",
                "contactId",
                "deviceId",
                "tags",
            ],
        ),
        (
            "/api/tickets/ID",
            "PATCH",
            vec!["subject", "priority", "productArea", "category", "contactId", "deviceId", "tags", "version"],
        ),
        ("/api/tickets/ID/status", "PATCH", vec!["status", "version"]),
        ("/api/tickets/ID/messages", "POST", vec!["body", "isInternal", "authorType", "suggestionId"]),
        ("/api/tickets/ID/assign", "POST", vec!["supportAgentId", "userId"]),
        ("/api/tickets/ID/escalate", "POST", vec!["reason", "toAgentId", "level"]),
        ("/api/copilot/v1/chat", "POST", vec!["ticketId", "message"]),
        ("/api/copilot/v1/draft-reply", "POST", vec!["ticketId", "tone"]),
        ("/api/copilot/v1/feedback/ID", "POST", vec!["verdict", "finalText", "note"]),
        ("/api/auth/password", "POST", vec!["currentPassword", "newPassword"]),
        ("/api/auth/invitations/accept", "POST", vec!["token", "password"]),
    ];
    let base = |path: &str| match path {
        "/api/tickets" => json!({"subject": "Printer", "message": "x"}),
        "/api/tickets/ID/status" => json!({"status": "OPEN"}),
        "/api/tickets/ID/messages" => json!({"body": "x"}),
        "/api/tickets/ID/escalate" => json!({"reason": "x"}),
        "/api/copilot/v1/chat" => json!({"ticketId": id, "message": "x"}),
        "/api/copilot/v1/draft-reply" => json!({"ticketId": id}),
        "/api/copilot/v1/feedback/ID" => json!({"verdict": "accepted"}),
        "/api/auth/password" => json!({"currentPassword": "x", "newPassword": "x"}),
        "/api/auth/invitations/accept" => json!({"token": "x", "password": "x"}),
        _ => json!({}),
    };
    for (path, method, fields) in bodies {
        let address = path.replace("ID", id);
        let requests =
            fields.iter().flat_map(|field| hostile.iter().map(move |value| (field, value))).map(|(field, value)| {
                let mut body = base(path);
                body[*field] = value.clone();
                Answer::of(agent.request(method.parse().unwrap(), &address).json(&body))
            });
        for answer in join_all(requests).await {
            assert!(answer.status < 500, "{path}: {}", answer.text);
        }
    }
    let odd =
        ["%00", "%ff", "%2e%2e", "%0d%0a", "'", "\"", "1'--", "%F0%9F%96%A8", "a%00b", "*", "%25", &"a".repeat(3_000)];
    for path in [
        "/api/tickets/X",
        "/api/tickets/X/events",
        "/api/attachments/X",
        "/api/copilot/v1/status/X",
        "/api/copilot/v1/conversation/X",
        "/api/tickets?q=X",
        "/api/tickets?tag=X",
        "/api/tickets?cursor=X",
        "/api/tickets?createdFrom=X",
        "/api/tickets?X=1",
        "/api/tickets?productArea=X",
    ] {
        for value in odd {
            let answer = agent.get(&path.replace('X', value)).await;
            assert!(answer.status < 500, "{path} {value}: {}", answer.text);
        }
    }
    agent.get("/api/tickets/1").await.expect(200);
    world.stop().await;
}
