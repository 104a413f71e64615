//! Webhooks out: tries, pauses, their order, and what follows when a receiver fails.

use patchcord_domain::time::{DAY, HOUR, MINUTE, SECOND};
use patchcord_domain::webhook::PAUSES;
use patchcord_simulator::webhook::{Received, Receiver, Reply};
use serde_json::{Value, json};

use crate::harness::{Engine, both_engines, number};
use crate::webhooks::{by_hand, endpoint, id, is_signed};

both_engines!(
    failures_are_tried_again_for_seventy_six_hours,
    a_receiver_may_ask_for_a_pause,
    gone_is_gone,
    five_days_of_failure_disable,
    every_way_to_fail_is_told,
    first_tries_of_a_ticket_go_out_in_order,
);

async fn failures_are_tried_again_for_seventy_six_hours(engine: Engine) {
    let world = by_hand(engine).await;
    let (admin, receiver) = (world.admin().await, Receiver::answering(|_| Reply::Status(503)).await);
    let made = endpoint(&admin, &receiver.url("/"), &["ticket.created"]).await;
    admin.ticket("Printer jams", "It jams.").await;
    let query = "SELECT next_attempt_at - last_tried_at FROM webhook_deliveries WHERE state = 'PENDING'";
    for (index, pause) in PAUSES.into_iter().enumerate() {
        assert_eq!(world.app.deliver_once().await.unwrap(), 1, "try {}", index + 1);
        let next = number(&world.store, query).await;
        assert!((next - pause).abs() <= pause / 10, "after try {}: {next} instead of {pause}", index + 1);
        world.clock.forward(next - 2 * SECOND);
        assert_eq!(world.app.deliver_once().await.unwrap(), 0, "too early");
        world.clock.forward(2 * SECOND);
    }
    assert_eq!(world.app.deliver_once().await.unwrap(), 1, "the tenth");
    world.clock.forward(30 * HOUR);
    assert_eq!(world.app.deliver_once().await.unwrap(), 0, "there is no eleventh");
    let admin = world.admin().await;
    let list = admin.get(&format!("/api/webhooks/{}/deliveries", id(&made))).await.expect(200);
    let line = &list["items"][0];
    assert_eq!(
        (&line["state"], &line["attempts"], &line["nextAttemptAt"]),
        (&json!("FAILED"), &json!(10), &Value::Null)
    );
    assert_eq!((&line["responseStatus"], &line["lastError"]), (&json!(503), &json!("it answered 503")));
    let shown = admin.get(&format!("/api/webhooks/{}", id(&made))).await.expect(200);
    assert_eq!(shown["failureCount"], 10);
    assert!(shown["failingSince"].is_string() && !shown["disabled"].as_bool().unwrap());
    // Every try had the same id and body, and a signature of its own time.
    let all = receiver.received();
    assert_eq!(all.len(), 10);
    assert!(all.iter().all(|one| one.body == all[0].body && one.header("webhook-id") == all[0].header("webhook-id")));
    assert!(all.iter().all(|one| is_signed(one, made["secret"].as_str().unwrap())));
    assert_ne!(all[0].header("webhook-timestamp"), all[9].header("webhook-timestamp"));
    // One success, and the record is clean.
    receiver.answer(|_| Reply::Status(200));
    admin.ticket("Another one", "It jams.").await;
    assert_eq!(world.app.deliver_once().await.unwrap(), 1);
    let shown = admin.get(&format!("/api/webhooks/{}", id(&made))).await.expect(200);
    assert_eq!((&shown["failureCount"], &shown["failingSince"]), (&json!(0), &Value::Null));
    assert!(shown["lastSuccessAt"].is_string());
    world.stop().await;
}

async fn a_receiver_may_ask_for_a_pause(engine: Engine) {
    let world = by_hand(engine).await;
    let admin = world.admin().await;
    let receiver = Receiver::answering(|one| {
        let after = match one.path.as_str() {
            "/hour" => "3600",
            "/year" => "31536000",
            "/short" => "1",
            _ => "nonsense",
        };
        Reply::With(429, vec![("retry-after", after.to_owned())], String::new())
    })
    .await;
    let mut expected = Vec::new();
    for (path, least, most) in
        [("/hour", HOUR, HOUR), ("/year", DAY, DAY), ("/short", 4_500, 5_500), ("/nonsense", 4_500, 5_500)]
    {
        let made = endpoint(&admin, &receiver.url(path), &["ticket.created"]).await;
        expected.push((id(&made).to_owned(), path, least, most));
    }
    admin.ticket("Printer jams", "It jams.").await;
    assert_eq!(world.app.deliver_once().await.unwrap(), 4);
    for (endpoint, path, least, most) in expected {
        let sql =
            format!("SELECT next_attempt_at - last_tried_at FROM webhook_deliveries WHERE endpoint_id = '{endpoint}'");
        let pause = number(&world.store, &sql).await;
        assert!((least..=most).contains(&pause), "{path}: {pause}");
    }
    world.stop().await;
}

async fn gone_is_gone(engine: Engine) {
    let world = by_hand(engine).await;
    let (admin, receiver, witness) = (world.admin().await, Receiver::start().await, Receiver::start().await);
    receiver.answer(|_| Reply::Status(410));
    let made = endpoint(&admin, &receiver.url("/"), &["ticket.created"]).await;
    endpoint(&admin, &witness.url("/"), &["webhook.disabled"]).await;
    admin.ticket("Printer jams", "It jams.").await;
    assert_eq!(world.app.deliver_once().await.unwrap(), 1);
    let path = format!("/api/webhooks/{}", id(&made));
    let shown = admin.get(&path).await.expect(200);
    assert_eq!((&shown["disabled"], &shown["disabledReason"]), (&json!(true), &json!("GONE")));
    let list = admin.get(&format!("{path}/deliveries?state=failed")).await.expect(200);
    assert_eq!((&list["items"][0]["state"], &list["items"][0]["responseStatus"]), (&json!("FAILED"), &json!(410)));
    // What happens meanwhile passes it by; other endpoints are told that it was disabled.
    admin.ticket("Another one", "It jams.").await;
    assert_eq!(world.app.deliver_once().await.unwrap(), 1);
    let told = witness.received().pop().unwrap().json();
    assert_eq!(
        (&told["type"], &told["data"]),
        (&json!("webhook.disabled"), &json!({"endpointId": made["id"], "reason": "GONE"}))
    );
    let log = admin.get(&format!("/api/audit-log?action=webhook.disabled&subject={}", id(&made))).await.expect(200);
    assert_eq!(
        (&log["items"][0]["after"]["disabledReason"], log["items"].as_array().unwrap().len()),
        (&json!("GONE"), 1)
    );
    // Enabled again, it hears of what happens from then on.
    receiver.answer(|_| Reply::Status(200));
    admin.patch(&path, json!({"disabled": false})).await.expect(200);
    admin.ticket("A third one", "It jams.").await;
    assert_eq!(world.app.deliver_once().await.unwrap(), 1);
    assert_eq!(receiver.received().pop().unwrap().json()["data"]["ticket"]["subject"], "A third one");
    world.stop().await;
}

async fn five_days_of_failure_disable(engine: Engine) {
    let world = by_hand(engine).await;
    let receiver = Receiver::answering(|_| Reply::Status(500)).await;
    let made = endpoint(&world.admin().await, &receiver.url("/"), &["ticket.created"]).await;
    let path = format!("/api/webhooks/{}", id(&made));
    for day in 0..=5 {
        let admin = world.admin().await;
        let shown = admin.get(&path).await.expect(200);
        assert!(!shown["disabled"].as_bool().unwrap(), "day {day}: {shown}");
        admin.ticket("Printer jams", "It jams.").await;
        world.app.deliver_once().await.unwrap();
        world.clock.forward(DAY);
    }
    let admin = world.admin().await;
    let shown = admin.get(&path).await.expect(200);
    assert_eq!((&shown["disabled"], &shown["disabledReason"]), (&json!(true), &json!("FAILING")));
    let events = number(&world.store, "SELECT COUNT(*) FROM events WHERE type = 'webhook.disabled'").await;
    assert_eq!(events, 1);
    let before = receiver.count();
    assert_eq!(world.app.deliver_once().await.unwrap(), 0);
    assert_eq!(receiver.count(), before);
    // What waits goes out when somebody enables it again, and nothing is held against it.
    receiver.answer(|_| Reply::Status(200));
    let shown = admin.patch(&path, json!({"disabled": false})).await.expect(200);
    assert_eq!((&shown["failureCount"], &shown["failingSince"]), (&json!(0), &Value::Null));
    world.clock.forward(DAY);
    assert!(world.app.deliver_once().await.unwrap() > 0);
    world.stop().await;
}

async fn every_way_to_fail_is_told(engine: Engine) {
    let world = by_hand(engine).await;
    let admin = world.admin().await;
    let target = Receiver::start().await;
    let elsewhere = target.url("/stolen");
    let receiver = Receiver::answering(move |one| match one.path.as_str() {
        "/redirect" => Reply::With(307, vec![("location", elsewhere.clone())], String::new()),
        "/reset" => Reply::Reset,
        "/half" => Reply::Half,
        "/long" => Reply::Long(10_000_000),
        "/words" => Reply::With(400, vec![], "ü".repeat(10_000)),
        _ => Reply::Status(404),
    })
    .await;
    let silent = crate::harness::free_port();
    let mut expected = Vec::new();
    for (url, state, error) in [
        (receiver.url("/redirect"), "PENDING", "it answered 307; redirects are not followed"),
        (receiver.url("/reset"), "PENDING", "the connection broke before the answer was complete"),
        (receiver.url("/half"), "PENDING", "the connection broke before the answer was complete"),
        (receiver.url("/long"), "DELIVERED", ""),
        (receiver.url("/words"), "PENDING", "it answered 400"),
        (format!("http://127.0.0.1:{silent}/"), "PENDING", "no connection could be made, or TLS failed"),
        ("http://nobody.invalid/".to_owned(), "PENDING", "the name cannot be resolved"),
    ] {
        let made = endpoint(&admin, &url, &["ticket.created"]).await;
        expected.push((id(&made).to_owned(), url, state, error));
    }
    admin.ticket("Printer jams", "It jams.").await;
    assert_eq!(world.app.deliver_once().await.unwrap(), 7);
    for (endpoint, url, state, error) in expected {
        let list = admin.get(&format!("/api/webhooks/{endpoint}/deliveries")).await.expect(200);
        let line = &list["items"][0];
        assert_eq!(
            (line["state"].as_str(), line["lastError"].as_str().unwrap_or_default()),
            (Some(state), error),
            "{url}"
        );
        assert_eq!(line["attempts"], 1);
        let detail = admin.get(&format!("/api/webhooks/{endpoint}/deliveries/{}", id(line))).await.expect(200);
        let answer = detail["responseBody"].as_str().unwrap_or_default();
        assert!(answer.chars().count() <= 4_096, "{url}");
        if url.ends_with("/words") {
            assert_eq!(answer, "ü".repeat(4_096));
        }
    }
    assert_eq!(target.count(), 0, "a redirect was followed");
    world.stop().await;
}

async fn first_tries_of_a_ticket_go_out_in_order(engine: Engine) {
    let world = by_hand(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let receiver =
        Receiver::answering(|one| if one.before == 0 { Reply::Status(500) } else { Reply::Status(200) }).await;
    let made = endpoint(&admin, &receiver.url("/"), &["*"]).await;
    let (first, second) = (agent.ticket("One", "x").await, agent.ticket("Two", "x").await);
    for body in ["a", "b", "c"] {
        for ticket in [&first, &second] {
            agent.post(&format!("/api/tickets/{}/messages", id(ticket)), json!({"body": body})).await.expect(201);
        }
    }
    // One try for each ticket at a time, whether it arrived or not; retries do not hold up what comes after.
    for round in 1..=4 {
        assert_eq!(world.app.deliver_once().await.unwrap(), 2, "round {round}");
    }
    assert_eq!(world.app.deliver_once().await.unwrap(), 0);
    for ticket in [&first, &second] {
        let seqs: Vec<i64> = receiver
            .received()
            .iter()
            .map(Received::json)
            .filter(|body| body["data"]["ticketId"] == ticket["id"])
            .map(|body| body["seq"].as_i64().unwrap())
            .collect();
        assert!(seqs.len() == 4 && seqs.is_sorted(), "{seqs:?}");
    }
    world.clock.forward(MINUTE);
    assert_eq!(world.app.deliver_once().await.unwrap(), 8);
    let list =
        admin.get(&format!("/api/webhooks/{}/deliveries?state=DELIVERED&count=exact", id(&made))).await.expect(200);
    assert_eq!(list["total"], 8);
    let seqs = number(&world.store, "SELECT COUNT(DISTINCT seq) * 100 + MAX(seq) FROM webhook_deliveries").await;
    assert_eq!(seqs, 808, "numbers have no gaps");
    world.stop().await;
}
