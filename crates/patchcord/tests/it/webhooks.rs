//! Webhooks out: endpoints, what is sent and how it is signed, what is shown of it.

use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchcord_domain::time::{DAY, MINUTE, SECOND};
use patchcord_simulator::webhook::{Received, Receiver, Reply};
use serde_json::{Value, json};

use crate::harness::{Client, Engine, Setup, World, both_engines, change, number, texts};

both_engines!(
    endpoints_are_the_administrators,
    wrong_input_is_told_by_field,
    a_ticket_is_told_of_signed,
    an_endpoint_sees_what_an_administrator_sees,
    the_trail_says_what_was_delivered,
    a_secret_is_rotated,
    deliveries_are_listed_and_sent_again,
    the_operators_endpoint_is_in_every_workspace,
    what_is_old_or_deleted_is_taken_out,
);

/// A desk without a worker: deliveries are made and sent by hand.
pub(crate) async fn by_hand(engine: Engine) -> World {
    World::with(engine, Setup { worker: false, ..Setup::default() }).await
}

/// Makes an endpoint for these events.
pub(crate) async fn endpoint(admin: &Client, url: &str, events: &[&str]) -> Value {
    admin.post("/api/webhooks", json!({"url": url, "events": events})).await.expect(201)
}

pub(crate) fn id(row: &Value) -> &str {
    row["id"].as_str().unwrap()
}

/// Waits until something holds.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !holds().await {
        assert!(began.elapsed() < Duration::from_secs(30), "{what} does not happen");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// HMAC-SHA-256 as RFC 2104 says it, over the digest alone.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let padded = |with: u8, rest: &[u8]| [block.map(|byte| byte ^ with).as_slice(), rest].concat();
    let inner = digest(&SHA256, &padded(0x36, text));
    digest(&SHA256, &padded(0x5c, inner.as_ref())).as_ref().to_vec()
}

/// Whether a request is signed with this secret, by the specification of Standard Webhooks alone.
pub(crate) fn is_signed(received: &Received, secret: &str) -> bool {
    let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
    let (id, time) = (received.header("webhook-id"), received.header("webhook-timestamp"));
    let expected = STANDARD.encode(hmac(&key, format!("{id}.{time}.{}", received.body).as_bytes()));
    received.header("webhook-signature").split(' ').any(|one| one.strip_prefix("v1,") == Some(expected.as_str()))
}

#[test]
fn the_verification_of_these_tests_knows_the_vector_of_the_scheme() {
    // Also: python3 -c "import hmac,hashlib,base64; …" over the same bytes.
    let head = "POST / HTTP/1.1\r\nwebhook-id: msg_p5jXN8AQM9LWM0D4loKWxJek\r\nwebhook-timestamp: 1614265330\r\n\
        webhook-signature: v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=\r\n\r\n";
    let mut received = Received {
        path: "/".into(),
        head: head.into(),
        body: r#"{"test": 2432232314}"#.into(),
        before: 0,
        accepted: true,
    };
    assert!(is_signed(&received, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    received.body.push(' ');
    assert!(!is_signed(&received, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
}

async fn endpoints_are_the_administrators(engine: Engine) {
    let world = by_hand(engine).await;
    let (admin, foreigner) = (world.admin().await, world.foreigner().await);
    let input =
        json!({"url": "https://example.com/hooks", "events": ["ticket.message", "TICKET.created", "ticket.message"]});
    let made = admin.post_once("/api/webhooks", "key", input.clone()).await;
    let location = made.header("location").to_owned();
    let made = made.expect(201);
    assert_eq!(location, format!("/api/webhooks/{}", id(&made)));
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
    assert_eq!(made["events"], json!(["ticket.message", "ticket.created"]));
    assert_eq!(
        (&made["disabled"], &made["isManaged"], &made["failureCount"]),
        (&json!(false), &json!(false), &json!(0))
    );
    // The same request again has the same answer, the secret included; it is nowhere else.
    assert_eq!(admin.post_once("/api/webhooks", "key", input).await.expect(201), made);
    let path = format!("/api/webhooks/{}", id(&made));
    let read = admin.get(&path).await.expect(200);
    assert!(read["secret"].is_null(), "{read}");
    let list = admin.get("/api/webhooks?count=exact").await.expect(200);
    assert_eq!((&list["total"], &list["items"]), (&json!(1), &json!([read])));
    for table in ["webhook_endpoints", "audit_log", "idempotency_keys"] {
        let column = ["secret", "after", "response_body"]
            [["webhook_endpoints", "audit_log", "idempotency_keys"].iter().position(|t| *t == table).unwrap()];
        let kept = texts(&world.store, &format!("SELECT COALESCE(CAST({column} AS TEXT), '') FROM {table}")).await;
        assert!(!kept.iter().any(|text| text.contains(&secret[6..])), "{table}");
    }
    // Nobody else: other roles, other workspaces.
    for client in [world.agent().await, world.viewer().await] {
        client.get("/api/webhooks").await.expect(403);
        client.get(&path).await.expect(403);
        client.post("/api/webhooks", json!({"url": "https://x.test", "events": ["*"]})).await.expect(403);
    }
    for answer in [
        foreigner.get(&path).await,
        foreigner.patch(&path, json!({"disabled": true})).await,
        foreigner.delete(&path).await,
        foreigner.post(&format!("{path}/test"), json!({})).await,
        foreigner.post(&format!("{path}/rotate-secret"), json!({})).await,
        foreigner.get(&format!("{path}/deliveries")).await,
    ] {
        answer.refused(404, "not_found");
    }
    // Changed, with the version; each change is in the log.
    let changed = admin.patch(&path, json!({"version": 1, "events": ["*", "ticket.created"]})).await.expect(200);
    assert_eq!((&changed["events"], &changed["version"]), (&json!(["*"]), &json!(2)));
    let stale = admin.patch(&path, json!({"version": 1, "disabled": true})).await.expect(409);
    assert_eq!(stale["current"]["version"], 2, "{stale}");
    let off = admin.patch(&path, json!({"disabled": true})).await.expect(200);
    assert_eq!((&off["disabled"], &off["disabledReason"]), (&json!(true), &json!("MANUAL")));
    admin.post(&format!("{path}/test"), json!({})).await.refused(409, "endpoint_disabled");
    let on = admin.patch(&path, json!({"disabled": false})).await.expect(200);
    assert_eq!((&on["disabled"], &on["disabledReason"]), (&json!(false), &Value::Null));
    admin.delete(&path).await.expect(204);
    admin.get(&path).await.expect(404);
    admin.delete(&path).await.expect(404);
    assert_eq!(admin.get("/api/webhooks").await.expect(200)["items"], json!([]));
    let log = admin.get(&format!("/api/audit-log?subject={}", id(&made))).await.expect(200);
    let actions: Vec<&str> = log["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    let expected = ["webhook.deleted", "webhook.changed", "webhook.changed", "webhook.changed", "webhook.added"];
    assert_eq!(actions, expected);
    world.stop().await;
}

async fn wrong_input_is_told_by_field(engine: Engine) {
    let world = by_hand(engine).await;
    let admin = world.admin().await;
    for (url, fault) in [
        ("", "address such as"),
        ("example.com/hooks", "address such as"),
        ("ftp://example.com", "https://"),
        ("javascript:alert(1)", "https://"),
        ("https://user:word@example.com/", "user name"),
        ("https://user@example.com/", "user name"),
        ("https://example.com/#part", "after #"),
        ("https://", "address such as"),
        ("https://10.0.0.1/", "not a public one"),
        ("https://[::1]/", "not a public one"),
        ("https://[::ffff:169.254.169.254]/", "not a public one"),
        ("https://[64:ff9b::7f00:1]/", "not a public one"),
        ("https://0xa000001/", "not a public one"),
        ("https://0251.0376.0251.0376/", "not a public one"),
        ("https://2852039166/latest/meta-data", "not a public one"),
        ("http://8.8.8.8/", "https://"),
    ] {
        let refused = admin.post("/api/webhooks", json!({"url": url, "events": ["*"]})).await.expect(422);
        let errors = refused["errors"].as_array().unwrap();
        assert_eq!((errors.len(), errors[0]["field"].as_str()), (1, Some("url")), "{url}: {refused}");
        assert!(errors[0]["message"].as_str().unwrap().contains(fault), "{url}: {refused}");
    }
    let long = format!("https://example.com/{}", "x".repeat(2_000));
    let refused =
        admin.post("/api/webhooks", json!({"url": long, "events": ["ticket.gone", "*", "call.partial"]})).await;
    let refused = refused.expect(422);
    let fields: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["url", "events[0]", "events[2]"], "every fault is told at once");
    let many = vec!["*"; 13];
    for events in [json!([]), json!(many)] {
        let refused = admin.post("/api/webhooks", json!({"url": "https://x.test", "events": events})).await.expect(422);
        assert_eq!(refused["errors"][0]["field"], "events", "{refused}");
    }
    for body in [
        json!({"url": "https://x.test"}),
        json!({"events": ["*"]}),
        json!({"url": "https://x.test", "events": "*"}),
        json!({"url": "https://x.test", "events": ["*"], "secret": "mine"}),
        json!({"url": "https://x.test", "events": ["*"], "workspaceId": "other"}),
    ] {
        admin.post("/api/webhooks", body).await.expect(422);
    }
    let made = endpoint(&admin, "https://example.com/", &["*"]).await;
    let path = format!("/api/webhooks/{}", id(&made));
    admin.patch(&path, json!({"url": "https://127.1.1.1.1/", "events": ["x"]})).await.expect(422);
    admin.get(&format!("{path}/deliveries?state=lost")).await.expect(422);
    admin.get(&format!("{path}/deliveries?unknown=1")).await.expect(422);
    admin.get(&format!("{path}/deliveries/abcdefghijklmnopqrstuvwx")).await.expect(404);
    for _ in 1..50 {
        endpoint(&admin, "https://example.com/", &["*"]).await;
    }
    let one_more = admin.post("/api/webhooks", json!({"url": "https://x.test", "events": ["*"]})).await;
    one_more.refused(409, "too_many");
    world.stop().await;
}

async fn a_ticket_is_told_of_signed(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent, receiver) = (world.admin().await, world.agent().await, Receiver::start().await);
    let made = endpoint(&admin, &receiver.url("/hooks?key=1"), &["ticket.created", "ticket.message"]).await;
    let input = json!({"subject": "Printer jams", "message": "It jams.", "contactId": world.town.north.contact});
    let ticket = agent.post("/api/tickets", input).await.expect(201);
    let path = format!("/api/tickets/{}", id(&ticket));
    let reply =
        agent.post(&format!("{path}/messages"), json!({"body": "Take out the \u{1F4C4} paper."})).await.expect(201);
    agent
        .post(&format!("{path}/messages"), json!({"body": "The customer is cross.", "isInternal": true}))
        .await
        .expect(201);
    agent.patch(&path, json!({"priority": "HIGH"})).await.expect(200);
    until("the third delivery", async || receiver.count() == 3).await;
    let all = receiver.received();
    for (seq, received) in all.iter().enumerate() {
        assert!(is_signed(received, made["secret"].as_str().unwrap()));
        assert_eq!(received.path, "/hooks?key=1");
        assert_eq!(received.header("content-type"), "application/json");
        assert!(received.header("user-agent").starts_with("Patchcord/"));
        let body = received.json();
        assert_eq!(
            (body["id"].as_str(), body["seq"].as_u64()),
            (Some(received.header("webhook-id")), Some(seq as u64 + 1))
        );
        assert_eq!(body["data"]["ticketId"], ticket["id"]);
        assert!(body["data"]["auditLength"].is_null());
        let sent: i64 = received.header("webhook-timestamp").parse().unwrap();
        assert!((world.app.clock.now() / SECOND - sent).abs() < 60);
    }
    let [opened, said, noted] = [0, 1, 2].map(|index: usize| all[index].json());
    assert_eq!(opened["type"], "ticket.created");
    assert_eq!(opened["data"]["message"]["body"], "It jams.");
    let told = &opened["data"]["ticket"];
    assert_eq!(
        (&told["number"], &told["subject"], &told["label"]),
        (&ticket["number"], &json!("Printer jams"), &ticket["label"])
    );
    assert_eq!(told["contact"]["email"], "jonas@north.example");
    assert_eq!(told["organization"]["name"], "Harbour Freight north");
    assert_eq!(said["type"], "ticket.message");
    let message = &said["data"]["message"];
    assert_eq!((&message["id"], &message["body"]), (&reply["id"], &json!("Take out the \u{1F4C4} paper.")));
    assert_eq!((&message["authorType"], &message["isInternal"]), (&json!("AGENT"), &json!(false)));
    assert_eq!((&message["ticketNumber"], &message["author"]["name"]), (&ticket["number"], &json!("AGENT of north")));
    // Of a note the text stays here.
    let note = &noted["data"]["message"];
    assert_eq!((&note["isInternal"], &note["body"]), (&json!(true), &Value::Null));
    assert!(!all[2].body.contains("cross"), "{}", all[2].body);
    world.stop().await;
}

async fn an_endpoint_sees_what_an_administrator_sees(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent, foreigner) = (world.admin().await, world.agent().await, world.foreigner().await);
    let (own, other) = (Receiver::start().await, Receiver::start().await);
    endpoint(&admin, &own.url("/"), &["*"]).await;
    endpoint(&foreigner, &other.url("/"), &["*"]).await;
    let ticket = agent.ticket("A ticket of the north", "Only for the north.").await;
    agent.copilot("chat", json!({"ticketId": ticket["id"], "message": "Why?"})).await;
    agent.copilot("analyze", json!({"ticketId": ticket["id"]})).await;
    // Ending sessions is an event of the desk alone.
    agent
        .post(
            "/api/auth/password",
            json!({"currentPassword": crate::harness::PASSWORD, "newPassword": "another long secret"}),
        )
        .await;
    let last = foreigner.ticket("A ticket of the south", "Only for the south.").await;
    let end = agent.post(&format!("/api/tickets/{}/escalate", id(&ticket)), json!({"reason": "It is urgent."})).await;
    end.expect(201);
    let types = |receiver: &Receiver| -> Vec<String> {
        receiver.received().iter().map(|one| one.json()["type"].as_str().unwrap().to_owned()).collect()
    };
    until("the last event of the north", async || types(&own).contains(&"escalation.created".to_owned())).await;
    until("the event of the south", async || other.count() == 1).await;
    assert_eq!(other.received()[0].json()["data"]["ticketId"], last["id"]);
    for received in own.received() {
        let body = received.json();
        assert!(!received.body.contains("south"), "{body}");
        assert_ne!(body["data"]["kind"], "chat", "private chats are the users' own: {body}");
        assert_ne!(body["type"], "session.ended");
    }
    let analysis = own.received().iter().filter(|one| one.json()["data"]["kind"] == "analysis").count();
    assert_eq!(analysis, 3, "queued, running, success");
    world.stop().await;
}

async fn the_trail_says_what_was_delivered(engine: Engine) {
    let world = by_hand(engine).await;
    let (admin, agent, receiver) = (world.admin().await, world.agent().await, Receiver::start().await);
    receiver.answer(|one| if one.body.contains("ticket.message") { Reply::Status(500) } else { Reply::Status(200) });
    endpoint(&admin, &receiver.url("/"), &["ticket.created", "ticket.message"]).await;
    let ticket = agent.ticket("Printer jams", "It jams.").await;
    let path = format!("/api/tickets/{}", id(&ticket));
    agent.patch(&path, json!({"priority": "HIGH"})).await.expect(200);
    world.clock.forward(SECOND);
    agent.post(&format!("{path}/messages"), json!({"body": "Hello."})).await.expect(201);
    for _ in 0..2 {
        world.app.deliver_once().await.unwrap();
        world.clock.forward(6 * SECOND);
    }
    world.app.deliver_once().await.unwrap();
    let events = agent.get(&format!("{path}/events")).await.expect(200);
    let shown: Vec<_> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| {
            let delivered = !line["deliveredAt"].is_null();
            (
                line["kind"].as_str().unwrap(),
                delivered,
                line["deliveryAttempts"].as_i64().unwrap(),
                line["lastError"].clone(),
            )
        })
        .collect();
    let expected = vec![
        ("TICKET_CREATED", true, 1, Value::Null),
        ("PRIORITY_CHANGED", false, 0, Value::Null),
        ("MESSAGE_ADDED", false, 2, json!("it answered 500")),
    ];
    assert_eq!(shown, expected);
    world.stop().await;
}

async fn a_secret_is_rotated(engine: Engine) {
    let world = by_hand(engine).await;
    let (admin, receiver) = (world.admin().await, Receiver::start().await);
    let made = endpoint(&admin, &receiver.url("/"), &["ticket.created"]).await;
    let path = format!("/api/webhooks/{}", id(&made));
    let rotated = admin.post_once(&format!("{path}/rotate-secret"), "key", json!({})).await.expect(200);
    assert_eq!(admin.post_once(&format!("{path}/rotate-secret"), "key", json!({})).await.expect(200), rotated);
    let (old, new) = (made["secret"].as_str().unwrap(), rotated["secret"].as_str().unwrap());
    assert_ne!(old, new);
    assert!(rotated["previousSecretUntil"].is_string());
    let sent = async |after: i64| {
        world.clock.forward(after);
        admin.post(&format!("{path}/test"), json!({})).await.expect(201);
        assert_eq!(world.app.deliver_once().await.unwrap(), 1);
        receiver.received().pop().unwrap()
    };
    let admin = world.admin().await;
    let both = sent(0).await;
    assert_eq!(both.header("webhook-signature").split(' ').count(), 2);
    assert!(is_signed(&both, old) && is_signed(&both, new));
    world.clock.forward(DAY);
    let admin2 = world.admin().await;
    admin2.post(&format!("{path}/test"), json!({})).await.expect(201);
    assert_eq!(world.app.deliver_once().await.unwrap(), 1);
    let one = receiver.received().pop().unwrap();
    assert_eq!(one.header("webhook-signature").split(' ').count(), 1);
    assert!(!is_signed(&one, old) && is_signed(&one, new));
    drop(admin);
    world.stop().await;
}

async fn deliveries_are_listed_and_sent_again(engine: Engine) {
    let world = by_hand(engine).await;
    let (admin, receiver) = (world.admin().await, Receiver::start().await);
    let made = endpoint(&admin, &receiver.url("/"), &["ticket.created"]).await;
    let other = endpoint(&admin, &receiver.url("/other"), &["call.started"]).await;
    let path = format!("/api/webhooks/{}", id(&made));
    for subject in ["Number one", "Number two", "Number three"] {
        admin.ticket(subject, "x").await;
        world.clock.forward(SECOND);
    }
    receiver.answer(|one| {
        if one.body.contains("Number two") { Reply::With(500, vec![], "no".into()) } else { Reply::Status(200) }
    });
    world.app.deliver_once().await.unwrap();
    let all = admin.get(&format!("{path}/deliveries?count=exact&limit=2")).await.expect(200);
    assert_eq!((&all["total"], &all["hasMore"]), (&json!(3), &json!(true)));
    let next = all["nextCursor"].as_str().unwrap();
    let rest = admin.get(&format!("{path}/deliveries?cursor={next}")).await.expect(200);
    let ids: Vec<&Value> = all["items"].as_array().unwrap().iter().chain(rest["items"].as_array().unwrap()).collect();
    assert_eq!(ids.len(), 3);
    let pending = admin.get(&format!("{path}/deliveries?state=pending,failed")).await.expect(200);
    let line = &pending["items"][0];
    assert_eq!((pending["items"].as_array().unwrap().len(), &line["type"]), (1, &json!("ticket.created")));
    let detail_path = format!("{path}/deliveries/{}", id(line));
    let detail = admin.get(&detail_path).await.expect(200);
    let sent = receiver.received().into_iter().find(|one| one.body.contains("Number two")).unwrap();
    assert_eq!(
        (detail["requestBody"].as_str(), detail["responseBody"].as_str()),
        (Some(sent.body.as_str()), Some("no"))
    );
    assert!(detail["durationMs"].as_i64().unwrap() >= 0);
    // Of another endpoint it is none.
    admin.get(&format!("/api/webhooks/{}/deliveries/{}", id(&other), id(line))).await.expect(404);
    let foreigner = world.foreigner().await;
    foreigner.get(&detail_path).await.expect(404);
    foreigner.post(&format!("{detail_path}/redeliver"), json!({})).await.expect(404);
    // Again, at once, with the same id; it may fail and succeed anew.
    receiver.answer(|_| Reply::Status(200));
    let again = admin.post(&format!("{detail_path}/redeliver"), json!({})).await.expect(200);
    assert_eq!((&again["state"], &again["attempts"]), (&json!("PENDING"), &json!(0)));
    assert_eq!(world.app.deliver_once().await.unwrap(), 1);
    let arrived = admin.get(&detail_path).await.expect(200);
    assert_eq!((&arrived["state"], &arrived["lastError"]), (&json!("DELIVERED"), &Value::Null));
    let last = receiver.received().pop().unwrap();
    assert_eq!((last.header("webhook-id"), &last.body), (sent.header("webhook-id"), &sent.body));
    // One that arrived can be sent again too, one that is on its way cannot.
    admin.post(&format!("{detail_path}/redeliver"), json!({})).await.expect(200);
    change(&world.store, "UPDATE webhook_deliveries SET lease_until = 9000000000000 WHERE state = 'PENDING'").await;
    admin.post(&format!("{detail_path}/redeliver"), json!({})).await.refused(409, "under_way");
    // Trying out is a delivery like the others, once per key.
    let test = admin.post_once(&format!("{path}/test"), "key", json!({})).await.expect(201);
    assert_eq!(admin.post_once(&format!("{path}/test"), "key", json!({})).await.expect(201), test);
    assert_eq!((&test["type"], &test["state"], &test["seq"]), (&json!("webhook.test"), &json!("PENDING"), &json!(4)));
    world.app.deliver_once().await.unwrap();
    let mut all = receiver.received().into_iter();
    let told = all.find(|one| one.json()["type"] == "webhook.test").unwrap();
    assert!(is_signed(&told, made["secret"].as_str().unwrap()));
    assert_eq!(
        (&told.json()["type"], &told.json()["data"]),
        (&json!("webhook.test"), &json!({"endpointId": made["id"]}))
    );
    // Disabled, nothing is sent again.
    admin.patch(&path, json!({"disabled": true})).await.expect(200);
    admin
        .post(&format!("{path}/deliveries/{}/redeliver", id(&test)), json!({}))
        .await
        .refused(409, "endpoint_disabled");
    world.stop().await;
}

async fn the_operators_endpoint_is_in_every_workspace(engine: Engine) {
    let receiver = Receiver::start().await;
    let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let managed = |url: String, secret: &str| {
        let options = patchcord_app::Options {
            managed_webhook: Some(patchcord_app::webhooks::Managed { url, secret: secret.to_owned() }),
            ..patchcord_app::Options::default()
        };
        Setup { options, worker: false, ..Setup::default() }
    };
    let world = World::with(engine, managed(receiver.url("/all?token=hidden"), secret)).await;
    world.app.deliver_once().await.unwrap();
    let mut seen = Vec::new();
    for client in [world.admin().await, world.foreigner().await] {
        let list = client.get("/api/webhooks").await.expect(200);
        let row = &list["items"][0];
        assert_eq!((&row["isManaged"], &row["events"]), (&json!(true), &json!(["*"])), "{list}");
        // The path may be a secret of the operator.
        assert_eq!(row["url"], receiver.url(""));
        let path = format!("/api/webhooks/{}", id(row));
        client.patch(&path, json!({"events": ["ticket.created"]})).await.refused(409, "operator_managed");
        client.patch(&path, json!({"url": "https://example.com"})).await.refused(409, "operator_managed");
        client.delete(&path).await.refused(409, "operator_managed");
        client.post(&format!("{path}/rotate-secret"), json!({})).await.refused(409, "operator_managed");
        let log = client.get("/api/audit-log?action=webhook.added").await.expect(200);
        assert_eq!(
            log["items"][0]["actor"]["id"].as_str().or(log["items"][0]["actor"].as_str()),
            Some("operator"),
            "{log}"
        );
        assert!(!log.to_string().contains("hidden"), "{log}");
        client.ticket("Printer jams", "It jams.").await;
        seen.push(id(row).to_owned());
    }
    assert_eq!(world.app.deliver_once().await.unwrap(), 2);
    assert!(receiver.received().iter().all(|one| is_signed(one, secret) && one.path == "/all?token=hidden"));
    // Another address or secret in the settings changes it; none takes it out.
    let other = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let world = world.restarted(managed(receiver.url("/new"), other)).await;
    world.app.deliver_once().await.unwrap();
    let admin = world.admin().await;
    let list = admin.get("/api/webhooks?count=exact").await.expect(200);
    assert_eq!((&list["total"], list["items"][0]["id"].as_str()), (&json!(1), Some(seen[0].as_str())));
    admin.ticket("Another one", "It jams.").await;
    assert_eq!(world.app.deliver_once().await.unwrap(), 1);
    let last = receiver.received().pop().unwrap();
    assert!(last.path == "/new" && is_signed(&last, other) && is_signed(&last, secret));
    let world = world.restarted(Setup { worker: false, ..Setup::default() }).await;
    world.app.deliver_once().await.unwrap();
    let admin = world.admin().await;
    assert_eq!(admin.get("/api/webhooks").await.expect(200)["items"], json!([]));
    world.stop().await;
}

async fn what_is_old_or_deleted_is_taken_out(engine: Engine) {
    let world = by_hand(engine).await;
    let (admin, receiver) = (world.admin().await, Receiver::start().await);
    let (kept, deleted) =
        (endpoint(&admin, &receiver.url("/"), &["*"]).await, endpoint(&admin, &receiver.url("/"), &["*"]).await);
    admin.ticket("Printer jams", "It jams.").await;
    assert_eq!(world.app.deliver_once().await.unwrap(), 2);
    admin.delete(&format!("/api/webhooks/{}", id(&deleted))).await.expect(204);
    let sweep = async || {
        let now = world.app.clock.now();
        loop {
            let swept = world
                .store
                .write(move |tx| Box::pin(async move { patchcord_store::unscoped::upkeep::sweep(tx, now).await }));
            let swept: Result<u64, patchcord_store::StoreError> = swept.await;
            if swept.unwrap() == 0 {
                return;
            }
        }
    };
    sweep().await;
    let rows = "SELECT (SELECT COUNT(*) FROM webhook_endpoints) * 10 + (SELECT COUNT(*) FROM webhook_deliveries)";
    assert_eq!(number(&world.store, rows).await, 11, "one endpoint and its delivery are left");
    world.clock.forward(30 * DAY - MINUTE);
    sweep().await;
    assert_eq!(number(&world.store, rows).await, 11);
    world.clock.forward(2 * MINUTE);
    sweep().await;
    assert_eq!(number(&world.store, rows).await, 10, "after thirty days the delivery is gone");
    assert_eq!(world.admin().await.get(&format!("/api/webhooks/{}", id(&kept))).await.status, 200);
    world.stop().await;
}
