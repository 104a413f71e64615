//! The worker: how much at once, in which order, and that every job's effect happens exactly once.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchcord_app::jobs::{self, Failure};
use patchcord_domain::id::new_id;
use patchcord_simulator::openai::{ScriptedModel, Step};
use patchcord_store::rows::Job;
use patchcord_store::{Store, StoreError, unscoped};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::harness::{
    self, Client, Engine, Random, World, analysis, answering, both_engines, change, number, scripted, texts,
};

both_engines!(
    no_more_jobs_than_allowed_run_at_once,
    no_more_jobs_are_claimed_than_asked_for,
    the_most_urgent_job_goes_first,
    a_job_that_runs_twice_has_one_effect,
    a_worker_that_slept_is_fenced_off,
    a_worker_that_wakes_first_is_fenced_off_too,
    a_stop_waits_for_jobs_under_way,
    a_stop_puts_back_what_takes_too_long,
    several_workers_share_the_queue,
    jobs_outlive_the_program,
    a_job_that_takes_every_worker_with_it_is_given_up,
);

/// Asks for an analysis; gives the id of the suggestion.
async fn ask(client: &Client, subject: &str) -> String {
    let ticket = client.ticket(subject, "It drops every 20 minutes.").await;
    let asked = client.post("/api/copilot/v1/analyze", json!({"ticketId": ticket["id"]})).await.expect(202);
    asked["data"]["suggestionId"].as_str().unwrap().to_owned()
}

async fn status(client: &Client, id: &str) -> Value {
    client.get(&format!("/api/copilot/v1/status/{id}")).await.expect(200)["data"].clone()
}

async fn claim(world: &World, limit: u64) -> Vec<Job> {
    let (token, now) = (new_id(&Random), world.app.clock.now());
    let lease = now + world.app.options.lease_ms;
    let claimed: Result<_, StoreError> = world
        .store
        .write(move |tx| Box::pin(async move { unscoped::jobs::claim(tx, &token, now, lease, limit).await }))
        .await;
    claimed.unwrap()
}

async fn requests(server: &ScriptedModel, count: usize) {
    until(|| server.requests().len() >= count).await;
}

async fn until(done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Suggestions that ended, usage rows of answers that were kept, and jobs by state: `DONE 1`.
async fn effects(store: &Store) -> (i64, i64, Vec<String>) {
    let ends =
        "SELECT COUNT(*) FROM events WHERE type = 'suggestion.updated' AND data->>'state' IN ('success', 'error')";
    let kept = "SELECT COUNT(*) FROM ai_usage_logs WHERE error IS NULL";
    let states = "SELECT state || ' ' || CAST(COUNT(*) AS TEXT) FROM jobs GROUP BY state ORDER BY state";
    (number(store, ends).await, number(store, kept).await, texts(store, states).await)
}

async fn no_more_jobs_than_allowed_run_at_once(engine: Engine) {
    let (world, server) = scripted(engine, [], |options, setup| {
        options.max_concurrent = 50;
        setup.options.concurrent_jobs = 3;
    })
    .await;
    let gate = Arc::new(Semaphore::new(0));
    let held = gate.clone();
    let late = Step::Late(80, Box::new(Step::json(answering("analysis"))));
    server.respond(move |_| Step::Held(held.clone(), Box::new(late.clone())));
    let agent = world.agent().await;
    let mut asked = Vec::new();
    for index in 0..10 {
        asked.push(ask(&agent, &format!("VPN drops {index}")).await);
    }
    until(|| server.most_under_way() >= 3).await;
    gate.add_permits(1);
    for id in &asked {
        assert_eq!(agent.finished(id).await["state"], "success");
    }
    assert_eq!(server.most_under_way(), 3);
    assert_eq!(effects(&world.store).await, (10, 10, vec!["DONE 10".to_owned()]));
    world.stop().await;
}

async fn no_more_jobs_are_claimed_than_asked_for(engine: Engine) {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    let agent = world.agent().await;
    for index in 0..12 {
        ask(&agent, &format!("VPN drops {index}")).await;
    }
    for left in [12, 7, 2] {
        let ready = number(&world.store, "SELECT COUNT(*) FROM jobs WHERE state = 'READY'").await;
        assert_eq!((ready, claim(&world, 5).await.len() as i64), (left, left.min(5)));
    }
    assert_eq!(claim(&world, 5).await, []);
    world.stop().await;
}

async fn the_most_urgent_job_goes_first(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, setup| {
        setup.worker = false;
        setup.options.concurrent_jobs = 1;
    })
    .await;
    let agent = world.agent().await;
    for (subject, priority) in [("Backup of old calls", 10), ("First question", 100), ("Second question", 100)] {
        let id = ask(&agent, subject).await;
        let sql = format!("UPDATE jobs SET priority = {priority} WHERE dedup_key = 'copilot:{id}'");
        change(&world.store, &sql).await;
        // Equals go by the time at which they were asked for.
        world.clock.forward(10);
    }
    for _ in 0..3 {
        assert_eq!(world.app.work_once().await.unwrap(), 1);
    }
    assert_eq!(world.app.work_once().await.unwrap(), 0);
    let asked: Vec<String> = server.requests().iter().map(|request| request.message(1)).collect();
    for (prompt, subject) in asked.iter().zip(["First question", "Second question", "Backup of old calls"]) {
        assert!(prompt.contains(subject), "{subject} is not in {prompt}");
    }
    world.stop().await;
}

async fn a_job_that_runs_twice_has_one_effect(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, setup| setup.worker = false).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("VPN drops", "It drops every 20 minutes.").await;
    for (action, mut body) in [
        ("analyze", json!({})),
        ("suggest", json!({})),
        ("draft-reply", json!({"tone": "formal"})),
        ("chat", json!({"message": "What was tried?"})),
    ] {
        body["ticketId"] = ticket["id"].clone();
        agent.post(&format!("/api/copilot/v1/{action}"), body).await.expect(202);
    }
    let claimed = claim(&world, 10).await;
    assert_eq!(claimed.len(), 4);
    for job in &claimed {
        jobs::run(&world.app, job).await.unwrap();
    }
    let everything = || async {
        let mut all = effects(&world.store).await.2;
        for sql in [
            "SELECT id || state || CAST(content AS TEXT) || CAST(attempts AS TEXT) || CAST(updated_at AS TEXT) \
             FROM ai_suggestions ORDER BY id",
            "SELECT CAST(messages AS TEXT) FROM ai_conversations",
            "SELECT id FROM events ORDER BY id",
            "SELECT id FROM ticket_events ORDER BY id",
            "SELECT id FROM ai_usage_logs ORDER BY id",
        ] {
            all.extend(texts(&world.store, sql).await);
        }
        all
    };
    let before = everything().await;
    assert_eq!(effects(&world.store).await, (4, 4, vec!["DONE 4".to_owned()]));
    for job in &claimed {
        assert_eq!(jobs::run(&world.app, job).await, Err(Failure::LeaseLost), "{}", job.id);
    }
    assert_eq!(everything().await, before);
    assert_eq!(server.requests().len(), 4);
    world.stop().await;
}

/// Claims a job, begins it and lets its lease run out while the model thinks.
async fn asleep(world: &World, server: &ScriptedModel) -> tokio::task::JoinHandle<Result<(), Failure>> {
    let job = claim(world, 1).await.remove(0);
    let app = world.app.clone();
    let asleep = tokio::spawn(async move { jobs::run(&app, &job).await });
    requests(server, 1).await;
    world.clock.forward(world.app.options.lease_ms + 1_000);
    asleep
}

async fn a_worker_that_slept_is_fenced_off(engine: Engine) {
    let script =
        [Step::Late(700, Box::new(Step::json(analysis("From the one that slept.")))), Step::json(analysis("New."))];
    let (world, server) = scripted(engine, script, |_, setup| setup.worker = false).await;
    let agent = world.agent().await;
    let id = ask(&agent, "VPN drops").await;
    let asleep = asleep(&world, &server).await;
    assert_eq!(world.second().await.work_once().await.unwrap(), 1);
    assert_eq!(status(&agent, &id).await["content"]["summary"], "New.");
    assert_eq!(asleep.await.unwrap(), Err(Failure::LeaseLost));
    assert_eq!(status(&agent, &id).await["content"]["summary"], "New.");
    assert_eq!(effects(&world.store).await, (1, 1, vec!["DONE 1".to_owned()]));
    // Both calls were paid for; the ledger says which one came to nothing.
    let spent = "SELECT COALESCE(error, 'kept') FROM ai_usage_logs WHERE input_tokens > 0 ORDER BY 1";
    assert_eq!(texts(&world.store, spent).await, ["kept", "lease_lost"]);
    server.assert_done();
    world.stop().await;
}

async fn a_worker_that_wakes_first_is_fenced_off_too(engine: Engine) {
    let late = |ms, summary| Step::Late(ms, Box::new(Step::json(analysis(summary))));
    let script = [late(400, "From the one that slept."), late(1_500, "New.")];
    let (world, server) = scripted(engine, script, |_, setup| setup.worker = false).await;
    let agent = world.agent().await;
    let id = ask(&agent, "VPN drops").await;
    let asleep = asleep(&world, &server).await;
    let second = world.second().await;
    let second = tokio::spawn(async move { second.work_once().await.unwrap() });
    requests(&server, 2).await;
    assert_eq!(asleep.await.unwrap(), Err(Failure::LeaseLost));
    let between = status(&agent, &id).await;
    assert_eq!((between["state"].as_str(), &between["content"]), (Some("running"), &Value::Null));
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM ai_cache").await, 0);
    assert_eq!(second.await.unwrap(), 1);
    assert_eq!(status(&agent, &id).await["content"]["summary"], "New.");
    assert_eq!(effects(&world.store).await, (1, 1, vec!["DONE 1".to_owned()]));
    world.stop().await;
}

async fn a_stop_waits_for_jobs_under_way(engine: Engine) {
    let script = [Step::Late(500, Box::new(Step::json(analysis("Just in time."))))];
    let (world, server) = scripted(engine, script, |_, _| {}).await;
    let id = ask(&world.agent().await, "VPN drops").await;
    requests(&server, 1).await;
    world.halt().await;
    let state = format!("SELECT state || ' ' || (content->>'summary') FROM ai_suggestions WHERE id = '{id}'");
    assert_eq!(texts(&world.store, &state).await, ["success Just in time."]);
    world.stop().await;
}

async fn a_stop_puts_back_what_takes_too_long(engine: Engine) {
    let (world, server) = scripted(engine, [Step::Hang], |options, setup| {
        options.timeout_ms = 60_000;
        setup.options.grace_ms = 300;
    })
    .await;
    ask(&world.agent().await, "VPN drops").await;
    requests(&server, 1).await;
    let began = Instant::now();
    world.halt().await;
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    let job = "SELECT state || ' ' || CAST(attempts AS TEXT) || ' ' || COALESCE(lease_token, 'free') FROM jobs";
    assert_eq!(texts(&world.store, job).await, ["READY 0 free"]);
    // The next worker does it at once.
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    world.second().await.start_worker(&tasks, stop.clone());
    let done = || number(&world.store, "SELECT COUNT(*) FROM ai_suggestions WHERE state = 'success'");
    let began = Instant::now();
    while done().await == 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "it does not happen");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    assert_eq!(effects(&world.store).await, (1, 1, vec!["DONE 1".to_owned()]));
    world.stop().await;
}

async fn several_workers_share_the_queue(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, setup| setup.options.concurrent_jobs = 2).await;
    server.respond(|_| Step::Late(20, Box::new(Step::json(answering("analysis")))));
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    let mut others = Vec::new();
    for _ in 0..2 {
        let other = world.second().await;
        other.start_worker(&tasks, stop.clone());
        others.push(other);
    }
    let agent = world.agent().await;
    let mut asked = Vec::new();
    for index in 0..30 {
        asked.push(ask(&agent, &format!("VPN drops {index}")).await);
    }
    for id in &asked {
        assert_eq!(agent.finished(id).await["state"], "success");
    }
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    assert_eq!(effects(&world.store).await, (30, 30, vec!["DONE 30".to_owned()]));
    assert_eq!(server.requests().len(), 30, "a job was done twice");
    assert_eq!(number(&world.store, "SELECT MAX(attempts) FROM jobs").await, 1);
    world.stop().await;
}

async fn jobs_outlive_the_program(engine: Engine) {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    let id = ask(&world.agent().await, "VPN drops").await;
    world.halt().await;
    world.store.close().await;
    let store = Store::connect(world.store_options.clone()).await.unwrap();
    let inner = patchcord_app::Inner::clone(&world.app);
    let app = patchcord_app::App::new(patchcord_app::Inner { store: store.clone(), ..inner });
    assert_eq!(app.work_once().await.unwrap(), 1);
    let state = format!("SELECT state FROM ai_suggestions WHERE id = '{id}'");
    assert_eq!(texts(&store, &state).await, ["success"]);
    store.close().await;
}

async fn a_job_that_takes_every_worker_with_it_is_given_up(engine: Engine) {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    let agent = world.agent().await;
    let id = ask(&agent, "VPN drops").await;
    for _ in 0..5 {
        assert_eq!(claim(&world, 1).await.len(), 1);
        world.clock.forward(world.app.options.lease_ms + 1_000);
        let (store, now) = (world.store.clone(), world.app.clock.now());
        let rescued = store.write(move |tx| Box::pin(async move { unscoped::jobs::rescue(tx, now).await }));
        let rescued: Result<u64, StoreError> = rescued.await;
        assert_eq!(rescued.unwrap(), 1);
    }
    assert_eq!(world.app.work_once().await.unwrap(), 1);
    let ended = status(&agent, &id).await;
    assert_eq!((ended["state"].as_str(), ended["code"].as_str()), (Some("error"), Some("out_of_attempts")), "{ended}");
    assert!(ended["error"].as_str().unwrap().contains("5 times"), "{ended}");
    assert_eq!(effects(&world.store).await, (1, 0, vec!["DEAD 1".to_owned()]));
    world.stop().await;
}
