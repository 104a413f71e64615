//! Promise P5: webhooks arrive in the end, signed, first tries in order; whatever the receiver does, and however often the
//! desk is killed in the middle. And one slow receiver delays nobody else.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use patchcord_domain::id::Entropy;
use patchcord_domain::time::HOUR;
use patchcord_server::Desk;
use patchcord_simulator::webhook::{Received, Receiver, Reply};
use patchcord_store::{Options as StoreOptions, Store};
use serde_json::{Value, json};
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::harness::{
    self, Client, Engine, Installation, PASSWORD, Random, Setup, TestClock, World, both_engines, number, texts,
};
use crate::webhooks::{id, is_signed, until};

both_engines!(nothing_is_lost_or_out_of_order_when_the_desk_is_killed, a_slow_half_delays_nobody);

/// Tells the child process what to do, as JSON.
const VARIABLE: &str = "PATCHCORD_TEST_WEBHOOKS";
/// How often the desk is killed; another number may be set for longer runs.
const KILLS: &str = "PATCHCORD_TEST_KILLS";

/// Half of all requests fail, in every way that there is; each delivery fails at most four times in a row.
fn moody(one: &Received) -> Reply {
    if one.before >= 4 || one.header("webhook-id").is_empty() {
        return Reply::Status(200);
    }
    // The choice follows from the id, so that a run can be looked at afterwards.
    let seed = one
        .header("webhook-id")
        .bytes()
        .fold(one.before as u64 * 7, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    match seed % 16 {
        0 => Reply::Status(500),
        1 => Reply::Status(404),
        2 => Reply::Reset,
        3 => Reply::Half,
        4 => Reply::With(429, vec![("retry-after", "1".to_owned())], String::new()),
        5 => Reply::With(302, vec![("location", "/elsewhere".to_owned())], String::new()),
        6 => Reply::Status(503),
        7 => Reply::With(400, vec![], "no".repeat(10_000)),
        8 => Reply::Late(200),
        _ => Reply::Status(200),
    }
}

/// First arrivals of each ticket's events that are out of order.
fn inversions(received: &[Received]) -> Vec<String> {
    let mut seen = HashSet::new();
    let mut newest: HashMap<String, i64> = HashMap::new();
    let mut found = Vec::new();
    for one in received {
        let body = one.json();
        let seq = body["seq"].as_i64().unwrap();
        if !seen.insert((one.path.clone(), seq)) {
            continue;
        }
        let lane = format!("{} {}", one.path, body["data"]["ticketId"]);
        let last = newest.entry(lane.clone()).or_default();
        if *last > seq {
            found.push(format!("{lane}: {seq} after {last}"));
        }
        *last = seq;
    }
    found
}

/// A desk over a database, with its worker, at a time of its own.
struct Run {
    base: String,
    app: patchcord_app::App,
    store: Store,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Run {
    async fn start(url: &str, folder: &std::path::Path, ahead: i64) -> Self {
        let store = Store::connect(StoreOptions { sqlite_full_sync: false, ..StoreOptions::new(url) }).await.unwrap();
        let clock = Arc::new(TestClock::default());
        clock.forward(ahead);
        let options = patchcord_app::Options { lease_ms: 1_000, ..patchcord_app::Options::default() };
        let app = harness::app(store.clone(), folder, clock, None, options);
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        app.start_live(&tasks, stop.clone());
        app.start_worker(&tasks, stop.clone());
        let desk = Desk::new(app.clone(), patchcord_server::Options::default(), stop.clone());
        let base = harness::serve(desk, &tasks).await;
        Self { base, app, store, stop, tasks }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.store.close().await;
    }
}

/// The process that is killed. Without its variable this is no test and does nothing.
#[test]
fn the_process_that_is_killed() {
    let Ok(text) = std::env::var(VARIABLE) else { return };
    let told: Value = serde_json::from_str(&text).unwrap();
    let said = |field: &str| told[field].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = PathBuf::from(said("folder"));
        let run = Run::start(&said("url"), &folder, told["ahead"].as_i64().unwrap()).await;
        let agent = Client::new(&run.base).signed_in("agent@north.test", PASSWORD).await;
        harness::append(&folder.join("ready"), "ready\n");
        loop {
            let ticket = agent.ticket("The harbour printer jams", "It jams every morning.").await;
            for body in ["One", "Two", "Three"] {
                let path = format!("/api/tickets/{}/messages", id(&ticket));
                agent.post(&path, json!({"body": body})).await.expect(201);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
}

async fn nothing_is_lost_or_out_of_order_when_the_desk_is_killed(engine: Engine) {
    let kills: i64 = std::env::var(KILLS).ok().and_then(|text| text.parse().ok()).unwrap_or(6);
    let receiver = Receiver::answering(moody).await;
    let world = World::with(engine, Setup { worker: false, ..Setup::default() }).await;
    let admin = world.admin().await;
    let input = json!({"url": receiver.url("/hook"), "events": ["*"]});
    let made = admin.post("/api/webhooks", input).await.expect(201);
    let url = world.store_options.url.clone();
    world.halt().await;
    world.store.close().await;

    let folder = tempfile::tempdir().unwrap();
    for round in 0..kills {
        let ready = folder.path().join("ready");
        let _ = std::fs::remove_file(&ready);
        // Each process lives an hour later, so that everything that failed is due again.
        let told = json!({"url": url, "folder": folder.path(), "ahead": (round + 1) * HOUR});
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "webhooks_trust::the_process_that_is_killed"]).env(VARIABLE, told.to_string());
        let mut child =
            child.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        until("the child's start", async || ready.exists()).await;
        let mut random = [0_u8; 2];
        Random.fill(&mut random);
        tokio::time::sleep(Duration::from_millis(20 + u64::from(u16::from_le_bytes(random)) % 880)).await;
        child.kill().await.unwrap();
    }

    // Then it is left in peace, hour after hour.
    let open = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'PENDING'";
    let unread =
        "SELECT COUNT(*) FROM events e, webhook_cursor c WHERE e.xid > c.xid OR (e.xid = c.xid AND e.seq > c.seq)";
    for hour in 1..=8 {
        let run = Run::start(&url, folder.path(), (kills + hour) * HOUR).await;
        until("the outbox is read", async || number(&run.store, unread).await == 0).await;
        let due = "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'PENDING' AND next_attempt_at <= ";
        until("what is due is tried", async || {
            let now = run.app.clock.now();
            number(&run.store, &format!("{due}{now}")).await == 0
        })
        .await;
        run.stop().await;
    }
    let store = Store::connect(StoreOptions::new(url)).await.unwrap();
    assert_eq!(number(&store, open).await, 0, "something is still on its way");
    let north = world.town.north.workspace.as_str();
    let events = texts(
        &store,
        &format!("SELECT id FROM events WHERE workspace_id = '{north}' AND topic NOT IN ('sessions', 'metrics') ORDER BY xid, seq"),
    )
    .await;
    let twice = "SELECT COUNT(*) - COUNT(DISTINCT event_id) FROM webhook_deliveries";
    assert_eq!(number(&store, twice).await, 0, "an event was made into two deliveries");
    let all = receiver.received();
    let accepted: HashSet<String> =
        all.iter().filter(|one| one.accepted).map(|one| one.header("webhook-id").to_owned()).collect();
    let lost = events.iter().filter(|event| !accepted.contains(*event)).count();
    let out_of_order = inversions(&all);
    let unsigned = all.iter().filter(|one| !is_signed(one, made["secret"].as_str().unwrap())).count();
    let failed = all.iter().filter(|one| !one.accepted).count();
    harness::say(&format!(
        "{engine:?}: {kills} kills, {} events, {} requests, {failed} of them failed: never delivered {lost} / 0, \
         inversions {} / 0, wrong signatures {unsigned} / 0",
        events.len(),
        all.len(),
        out_of_order.len()
    ));
    assert!(events.len() as i64 >= kills * 2, "too little happened: {}", events.len());
    assert_eq!((lost, unsigned), (0, 0));
    assert_eq!(out_of_order, Vec::<String>::new());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_nodes_make_and_send_each_delivery_once() {
    let world = World::new(Engine::Postgres).await;
    let receiver = Receiver::start().await;
    let admin = world.admin().await;
    for path in ["/one", "/two", "/three"] {
        let input = json!({"url": receiver.url(path), "events": ["ticket.created", "ticket.message"]});
        admin.post("/api/webhooks", input).await.expect(201);
    }
    let other = world.beside(Setup::default()).await;
    let agent = world.agent().await;
    let writers = (0..8).map(|writer| {
        let agent = agent.clone();
        async move {
            for number in 0..5 {
                let ticket = agent.ticket(&format!("Ticket {writer}-{number}"), "One of many.").await;
                let path = format!("/api/tickets/{}/messages", id(&ticket));
                for body in ["One", "Two"] {
                    agent.post(&path, json!({"body": body})).await.expect(201);
                }
            }
        }
    });
    futures::future::join_all(writers).await;
    let expected = 8 * 5 * 3 * 3;
    until("every delivery", async || {
        number(&world.store, "SELECT COUNT(*) FROM webhook_deliveries WHERE state = 'DELIVERED'").await >= expected
    })
    .await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let rows = number(&world.store, "SELECT COUNT(*) FROM webhook_deliveries").await;
    let distinct = "SELECT COUNT(*) FROM (SELECT DISTINCT endpoint_id, event_id FROM webhook_deliveries) AS d";
    assert_eq!((rows, number(&world.store, distinct).await), (expected, expected));
    let all = receiver.received();
    assert_eq!(all.len() as i64, expected, "each was sent once");
    assert_eq!(inversions(&all), Vec::<String>::new());
    let gaps = "SELECT COUNT(*) FROM (SELECT MAX(seq) - COUNT(*) AS gap FROM webhook_deliveries GROUP BY endpoint_id) AS g WHERE gap <> 0";
    assert_eq!(number(&world.store, gaps).await, 0);
    other.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_of_a_killed_node_go_on_at_another() {
    let receiver = Receiver::answering(|one| if one.before == 0 { Reply::Hang } else { Reply::Status(200) }).await;
    let program = Installation::new(Engine::Postgres)
        .await
        .with("JWT_SECRET", "the secret that both nodes have in common")
        .with("WEBHOOK_ALLOWED_CIDRS", "127.0.0.0/8")
        .with("PATCHCORD_TEST_LEASE_MS", "2000");
    program.json(&["workspace", "add", "North", "--admin", "admin@north.test"]);
    let ended = program.run_with_input(&["user", "passwd", "admin@north.test"], PASSWORD);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let mut first = program.serve(&[]).await;
    let admin = first.client().signed_in("admin@north.test", PASSWORD).await;
    let input = json!({"url": receiver.url("/"), "events": ["*"]});
    let made = admin.post("/api/webhooks", input).await.expect(201);
    admin.ticket("VPN drops every 20 minutes", "My VPN drops every 20 minutes.").await;
    until("the first request", async || receiver.count() == 1).await;
    first.kill();
    let second = program.elsewhere().serve(&[]).await;
    let admin = second.client().with_token(admin.token.as_deref());
    let path = format!("/api/webhooks/{}/deliveries?state=DELIVERED", id(&made));
    until("the delivery at the other node", async || {
        !admin.get(&path).await.expect(200)["items"].as_array().unwrap().is_empty()
    })
    .await;
    let all = receiver.received();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|one| is_signed(one, made["secret"].as_str().unwrap())));
    assert_eq!(all[0].header("webhook-id"), all[1].header("webhook-id"));
}

/// Forty endpoints: twenty answer at once, eighteen after two seconds, two never.
async fn a_slow_half_delays_nobody(engine: Engine) {
    const TICKETS: usize = 60;
    let receiver = Receiver::answering(|one| match one.path.as_str() {
        path if path.starts_with("/quick") => Reply::Status(200),
        path if path.starts_with("/slow") => Reply::Late(2_000),
        _ => Reply::Hang,
    })
    .await;
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for number in 0..40 {
        let kind = ["quick", "slow", "quick", if number % 10 == 1 { "never" } else { "slow" }][number % 4];
        let input = json!({"url": receiver.url(&format!("/{kind}/{number}")), "events": ["ticket.created"]});
        admin.post("/api/webhooks", input).await.expect(201);
    }
    let agent = world.agent().await;
    let began = Instant::now();
    for number in 0..TICKETS {
        agent.ticket(&format!("Ticket {number}"), "One of many.").await;
    }
    let written = began.elapsed();
    let of = |kind: &str| receiver.count_under(&format!("/{kind}/"));
    let quick = 20 * TICKETS;
    until("every delivery to the quick ones", async || of("quick") == quick).await;
    let quick_took = began.elapsed();
    let never = (0..40).filter(|number| number % 10 == 1 && number % 4 == 3).count();
    let slow = (20 - never) * TICKETS;
    let limit = Instant::now();
    while of("slow") < slow && limit.elapsed() < Duration::from_secs(90) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let all_took = began.elapsed();
    let per_minute = |count: usize, took: Duration| count as f64 * 60.0 / took.as_secs_f64();
    harness::say(&format!(
        "{engine:?}: {TICKETS} tickets written in {written:?}; quick half: {quick} deliveries in {quick_took:?}, \
         {:.0} a minute; with the slow half: {} deliveries in {all_took:?}, {:.0} a minute (goal 5000)",
        per_minute(quick, quick_took),
        quick + of("slow"),
        per_minute(quick + of("slow"), all_took)
    ));
    assert_eq!(of("slow"), slow);
    // The quick ones did not wait for the slow ones: they were done soon after the last ticket was written.
    let waited = quick_took.saturating_sub(written);
    assert!(waited < Duration::from_secs(8), "the quick half waited {waited:?}");
    let mut by_endpoint: BTreeMap<String, usize> = BTreeMap::new();
    for one in receiver.received().iter().filter(|one| !one.path.starts_with("/never")) {
        *by_endpoint.entry(one.path.clone()).or_default() += 1;
    }
    assert!(by_endpoint.values().all(|count| *count == TICKETS), "{by_endpoint:?}");
    world.stop().await;
}
