//! Several nodes on one PostgreSQL: events and wake-ups cross, and work is taken over.

use std::time::{Duration, Instant};

use patchcord_app::AppError;
use patchcord_simulator::openai::{KEY, ScriptedModel, Step};
use patchcord_store::{Store, unscoped};
use serde_json::json;
use sqlx::Connection;
use sqlx::postgres::{PgConnection, PgListener};
use tokio::sync::watch;

use crate::harness::{Engine, Installation, PASSWORD, Setup, World};

/// Long enough for a busy machine: polls never move a watch, so that it can only be a signal of the other node.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the node listens, and forgets what it was told so far.
async fn quiet(watch: &mut watch::Receiver<()>) {
    tokio::time::timeout(PATIENCE, watch.changed()).await.expect("a listener that begins looks once").unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    watch.mark_unchanged();
}

async fn told(watch: &mut watch::Receiver<()>) {
    tokio::time::timeout(PATIENCE, watch.changed()).await.expect("the other node is told").unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_wakes_another_node_and_reaches_its_listeners() {
    let world = World::new(Engine::Postgres).await;
    let agent = world.agent().await;
    let other = world.beside(Setup::default()).await;
    let mut watch = other.app.store.watch_events();
    let mut events = other.app.live.subscribe();
    quiet(&mut watch).await;
    for number in 0..5 {
        let ticket = agent.ticket(&format!("Printer {number} is quiet"), "It says nothing at all.").await;
        told(&mut watch).await;
        let event = tokio::time::timeout(PATIENCE, events.recv()).await.unwrap().unwrap();
        assert_eq!((event.r#type.as_str(), &event.data["ticketId"]), ("ticket.created", &ticket["id"]));
    }
    other.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_wakes_a_worker_elsewhere_which_does_it() {
    let world = World::with(Engine::Postgres, Setup { worker: false, ..Setup::default() }).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("VPN drops", "My VPN drops every 20 minutes.").await;
    let other = world.beside(Setup::default()).await;
    let mut watch = other.app.store.watch_jobs();
    quiet(&mut watch).await;
    let done = agent.copilot("analyze", json!({"ticketId": ticket["id"]})).await;
    assert_eq!(done["state"], "success", "{done}");
    told(&mut watch).await;
    other.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_listener_that_was_cut_off_comes_back() {
    let world = World::new(Engine::Postgres).await;
    let agent = world.agent().await;
    let other = world.beside(Setup::default()).await;
    let mut watch = other.app.store.watch_events();
    quiet(&mut watch).await;
    agent.ticket("The first one", "Before anything was cut.").await;
    told(&mut watch).await;
    let mut database = PgConnection::connect(&world.store_options.url).await.unwrap();
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE application_name = 'patchcord wakeups' AND datname = current_database()";
    let gone: i64 = sqlx::query_scalar(cut).fetch_one(&mut database).await.unwrap();
    assert!(gone >= 3, "{gone}: two listeners and one that tells");
    // Back again, it looks at once for what it missed.
    quiet(&mut watch).await;
    // The one that tells notices with the first signal that it cannot send, and sends it again.
    agent.ticket("The second one", "After everything was cut.").await;
    told(&mut watch).await;
    other.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_busy_node_tells_seldom_and_says_nothing_but_look() {
    let world = World::new(Engine::Postgres).await;
    let mut listener = PgListener::connect(&world.store_options.url).await.unwrap();
    listener.listen_all(["patchcord_events", "patchcord_jobs"]).await.unwrap();
    let agent = world.agent().await;
    let began = Instant::now();
    let writers = (0..8).map(|writer| {
        let agent = agent.clone();
        async move {
            for number in 0..25 {
                agent.ticket(&format!("Ticket {writer}-{number}"), "One of many.").await;
            }
        }
    });
    futures::future::join_all(writers).await;
    let most = began.elapsed().as_millis() / 5 + 2;
    let mut told = 0;
    while let Ok(notification) = tokio::time::timeout(Duration::from_millis(300), listener.recv()).await {
        let notification = notification.unwrap();
        assert_eq!((notification.channel(), notification.payload()), ("patchcord_events", ""));
        told += 1;
    }
    assert!((1..=most.min(199)).contains(&told), "{told} of 200 writes, at most {most} were allowed");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_of_a_worker_that_vanished_is_finished_by_another() {
    let world = World::with(Engine::Postgres, Setup { worker: false, ..Setup::default() }).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("VPN drops every 20 minutes", "My VPN drops every 20 minutes.").await;
    let asked = agent.post("/api/copilot/v1/analyze", json!({"ticketId": ticket["id"]})).await.expect(202);
    let suggestion = asked["data"]["suggestionId"].as_str().unwrap();

    // A worker takes the job and is never heard of again.
    let dead = Store::connect(world.store_options.clone()).await.unwrap();
    let now = world.app.clock.now();
    let claim = dead.write(move |tx| {
        Box::pin(async move { Ok::<_, AppError>(unscoped::jobs::claim(tx, "dead", now, now + 30_000, 8).await?) })
    });
    assert_eq!(claim.await.unwrap().len(), 1);
    dead.close().await;

    let other = world.beside(Setup::default()).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let status = agent.get(&format!("/api/copilot/v1/status/{suggestion}")).await.expect(200);
    assert_ne!(status["data"]["state"], "success", "the lease is not over");
    world.clock.forward(31_000);
    assert_eq!(agent.finished(suggestion).await["state"], "success");
    other.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_killed_in_the_middle_of_a_job_is_replaced() {
    let model = ScriptedModel::start([Step::Hang]).await;
    model.respond(|_| Step::Plainest);
    let program = Installation::new(Engine::Postgres)
        .await
        .with("JWT_SECRET", "the secret that both nodes have in common")
        .with("OPENAI_BASE_URL", &model.base_url())
        .with("OPENAI_API_KEY", KEY)
        .with("PATCHCORD_TEST_LEASE_MS", "2000");
    program.json(&["workspace", "add", "North", "--admin", "admin@north.test"]);
    set_password(&program, "admin@north.test");

    let mut first = program.serve(&[]).await;
    let elsewhere = program.elsewhere();
    let admin = first.client().signed_in("admin@north.test", PASSWORD).await;
    let ticket = admin.ticket("VPN drops every 20 minutes", "My VPN drops every 20 minutes.").await;
    let asked = admin.post("/api/copilot/v1/analyze", json!({"ticketId": ticket["id"]})).await.expect(202);
    let began = Instant::now();
    while model.requests().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(10), "the first node does not begin");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let second = elsewhere.serve(&[]).await;
    first.kill();

    // The session of the first node holds at the second.
    let admin = second.client().with_token(admin.token.as_deref());
    let done = admin.finished(asked["data"]["suggestionId"].as_str().unwrap()).await;
    assert_eq!(done["state"], "success", "{done}");
    assert_eq!(model.requests().len(), 2);
    let events = admin.get(&format!("/api/tickets/{}/events", ticket["id"].as_str().unwrap())).await.expect(200);
    let items = events["items"].as_array().unwrap();
    let created = items.iter().filter(|event| event["kind"] == "SUGGESTION_CREATED").count();
    assert!(created <= 1, "{events}");
}

fn set_password(program: &Installation, email: &str) {
    let ended = program.run_with_input(&["user", "passwd", email], PASSWORD);
    assert_eq!(ended.code, 0, "{}", ended.err);
}
