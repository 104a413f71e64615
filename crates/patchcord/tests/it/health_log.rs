//! How the nodes are: a line a minute, kept for seven days, and what administrators see.

use patchcord_domain::machine::Use;
use patchcord_domain::time::{DAY, MINUTE};
use patchcord_store::{StoreError, unscoped};
use serde_json::{Value, json};

use crate::harness::{self, Engine, TestClock, World, both_engines, change, number};

both_engines!(a_node_notes_how_it_is, trouble_is_shown, webhooks_that_wait_are_shown, old_lines_go);

async fn desk(engine: Engine) -> World {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    world.clock.stand_still();
    world.clock.forward(TestClock::START - world.app.clock.now());
    world
}

/// A line as after a minute in which half a processor was busy.
async fn note(world: &World) {
    let now = world.app.clock.now();
    let before = (now - MINUTE, Use { cpu_ms: 1_000, memory_bytes: 5 });
    let after = (now, Use { cpu_ms: 31_000, memory_bytes: 64 << 20 });
    world.app.log_health(before, after).await.unwrap();
}

async fn a_node_notes_how_it_is(engine: Engine) {
    let world = desk(engine).await;
    let admin = world.admin().await;
    let empty = admin.get("/api/dashboard/health").await.expect(200);
    assert_eq!((&empty["status"], &empty["nodes"]), (&json!("ok"), &json!([])));
    note(&world).await;
    world.clock.forward(MINUTE);
    note(&world).await;
    let health = admin.get("/api/dashboard/health").await.expect(200);
    assert_eq!(health["nodes"].as_array().unwrap().len(), 1, "the newest line of each node");
    let node = &health["nodes"][0];
    assert_eq!((&node["node"], &node["status"]), (&json!("node-of-the-test"), &json!("OK")));
    assert_eq!(
        (&node["cpu"], &node["memoryBytes"], &node["at"]),
        (&json!(0.5), &json!(64 << 20), &json!("2026-11-24T09:01:00.000Z"))
    );
    assert_eq!((&node["activeCalls"], &node["modelLatencyMs"]), (&json!(0), &Value::Null));
    assert_eq!((&health["model"]["provider"], &health["model"]["reachable"]), (&json!("builtin"), &json!(true)));
    let none = json!({"pending": 0, "due": 0, "dueSince": null, "failingEndpoints": 0, "disabledEndpoints": 0});
    assert_eq!(health["webhooks"], none);
    assert_eq!(health["queue"], json!({"ready": 0, "running": 0, "waitingSince": null, "dead": 0, "deadJobs": []}));
    // A node that was not heard for three minutes is gone.
    world.clock.forward(3 * MINUTE + 1);
    assert_eq!(admin.get("/api/dashboard/health").await.expect(200)["nodes"], json!([]));
}

async fn trouble_is_shown(engine: Engine) {
    let world = desk(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let ticket = agent.ticket("It is broken", "m").await;
    agent.post("/api/copilot/v1/analyze", json!({"ticketId": ticket["id"]})).await.expect(202);
    let health = admin.get("/api/dashboard/health").await.expect(200);
    assert_eq!((&health["status"], &health["queue"]["ready"]), (&json!("ok"), &json!(1)));
    assert_eq!(health["queue"]["waitingSince"], "2026-11-24T09:00:00.000Z");
    world.clock.forward(5 * MINUTE);
    assert_eq!(admin.get("/api/dashboard/health").await.expect(200)["status"], "degraded");
    note(&world).await;
    assert_eq!(
        number(&world.store, "SELECT COUNT(*) FROM system_health_logs WHERE status = 'DEGRADED' AND queue_depth = 1")
            .await,
        1
    );
    change(&world.store, "UPDATE jobs SET state = 'DEAD', last_error = 'it broke'").await;
    let health = admin.get("/api/dashboard/health").await.expect(200);
    let dead = &health["queue"]["deadJobs"][0];
    assert_eq!(
        (&health["queue"]["dead"], &dead["kind"], &dead["error"]),
        (&json!(1), &json!("copilot"), &json!("it broke"))
    );
    // Not another workspace's affair.
    let foreign = world.foreigner().await.get("/api/dashboard/health").await.expect(200);
    assert_eq!((&foreign["queue"]["dead"], &foreign["queue"]["deadJobs"]), (&json!(0), &json!([])));
}

/// What waits to be told, this workspace's alone; when it waits for long, something is wrong.
async fn webhooks_that_wait_are_shown(engine: Engine) {
    let world = desk(engine).await;
    let admin = world.admin().await;
    let endpoint = json!({"url": "https://hooks.example/a", "events": ["*"]});
    let endpoint = admin.post("/api/webhooks", endpoint).await.expect(201)["id"].as_str().unwrap().to_owned();
    let now = world.app.clock.now();
    for (id, next) in [("a", now - MINUTE), ("b", now + MINUTE)] {
        change(&world.store, &format!(
            "INSERT INTO webhook_deliveries (workspace_id, id, endpoint_id, event_id, event_type, subject_id, seq, state, attempts, \
             next_attempt_at, request_body, created_at) SELECT workspace_id, '{id}', id, 'e', 't', 's', {}, 'PENDING', 1, {next}, \
             '{{}}', 1 FROM webhook_endpoints WHERE id = '{endpoint}'", id.as_bytes()[0]
        )).await;
    }
    let health = admin.get("/api/dashboard/health").await.expect(200);
    let mut expected = json!({
        "pending": 2, "due": 1, "dueSince": "2026-11-24T08:59:00.000Z", "failingEndpoints": 0, "disabledEndpoints": 0,
    });
    assert_eq!((&health["webhooks"], &health["status"]), (&expected, &json!("ok")));
    change(&world.store, "UPDATE webhook_endpoints SET failing_since = 5").await;
    world.clock.forward(4 * MINUTE);
    let health = admin.get("/api/dashboard/health").await.expect(200);
    (expected["due"], expected["failingEndpoints"]) = (json!(2), json!(1));
    assert_eq!((&health["webhooks"], &health["status"]), (&expected, &json!("degraded")));
    change(&world.store, "UPDATE webhook_endpoints SET disabled_at = 9, disabled_reason = 'FAILING'").await;
    let health = admin.get("/api/dashboard/health").await.expect(200);
    assert_eq!(
        (&health["webhooks"]["failingEndpoints"], &health["webhooks"]["disabledEndpoints"]),
        (&json!(0), &json!(1))
    );
    let foreign = world.foreigner().await.get("/api/dashboard/health").await.expect(200);
    assert_eq!((&foreign["webhooks"]["pending"], &foreign["status"]), (&json!(0), &json!("ok")));
}

async fn old_lines_go(engine: Engine) {
    let world = desk(engine).await;
    note(&world).await;
    world.clock.forward(7 * DAY);
    note(&world).await;
    let count = "SELECT COUNT(*) FROM system_health_logs";
    let now = world.app.clock.now();
    let sweep = async |now: i64| {
        let swept: Result<u64, StoreError> =
            world.store.write(move |tx| Box::pin(async move { unscoped::upkeep::sweep(tx, now).await })).await;
        swept.unwrap();
    };
    sweep(now).await;
    assert_eq!(number(&world.store, count).await, 2);
    sweep(now + 1).await;
    assert_eq!(number(&world.store, count).await, 1);
}
