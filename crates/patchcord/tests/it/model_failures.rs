//! The model fails in every way: each job ends in success after retries, or in an error that a person can act on.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use patchcord_simulator::openai::{ScriptedModel, Step};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::harness::{Client, Engine, World, analysis, both_engines, fitting, number, scripted, texts};

both_engines!(
    each_failure_ends_in_success_or_in_a_clear_error,
    a_server_that_asks_for_patience_gets_it,
    a_model_that_never_works_is_given_up,
    the_circuit_opens_jobs_wait_and_it_closes_again,
    forty_jobs_end_although_a_third_of_the_calls_fail,
);

/// A desk without a worker whose model does as told.
async fn desk(engine: Engine, script: impl IntoIterator<Item = Step>) -> (World, ScriptedModel) {
    scripted(engine, script, |options, setup| {
        options.timeout_ms = 400;
        setup.worker = false;
    })
    .await
}

async fn ask(client: &Client, subject: &str) -> String {
    let ticket = client.ticket(subject, "It drops every 20 minutes.").await;
    let asked = client.post("/api/copilot/v1/analyze", json!({"ticketId": ticket["id"]})).await.expect(202);
    asked["data"]["suggestionId"].as_str().unwrap().to_owned()
}

async fn status(client: &Client, id: &str) -> Value {
    client.get(&format!("/api/copilot/v1/status/{id}")).await.expect(200)["data"].clone()
}

/// Works until the suggestion has ended, letting every pause pass at once.
async fn end(world: &World, client: &Client, id: &str) -> Value {
    for _ in 0..20 {
        world.app.work_once().await.unwrap();
        let now = status(client, id).await;
        if matches!(now["state"].as_str(), Some("success" | "error")) {
            return now;
        }
        world.clock.forward(pause(world, id).await);
    }
    panic!("it does not end");
}

/// How long the job of a suggestion still waits, in milliseconds.
async fn pause(world: &World, id: &str) -> i64 {
    let run_at = format!("SELECT run_at FROM jobs WHERE dedup_key = 'copilot:{id}' AND state = 'READY'");
    number(&world.store, &run_at).await - world.app.clock.now()
}

async fn each_failure_ends_in_success_or_in_a_clear_error(engine: Engine) {
    let good = || Step::json(analysis("The VPN drops."));
    let wrong = || Step::json(json!({"summary": "", "sentiment": "sad"}));
    let long = analysis(&"long ".repeat(200));
    let hidden = analysis("The VPN\u{0} drops.");
    // What happens; the end: success, or a code and words of its text; how many requests the server saw.
    let cases: Vec<(&str, Vec<Step>, &str, &str, usize)> = vec![
        ("asked too often", vec![Step::RateLimited(None), good()], "success", "", 2),
        ("an error of the server", vec![Step::Status(500), good()], "success", "", 2),
        ("a proxy without its server", vec![Step::Status(502), Step::Status(504), good()], "success", "", 3),
        ("overloaded", vec![Step::Overloaded("1".into()), good()], "success", "", 2),
        ("no answer", vec![Step::Hang, good()], "success", "", 2),
        ("a reset", vec![Step::Reset, good()], "success", "", 2),
        ("half an answer", vec![Step::Half, good()], "success", "", 2),
        ("not JSON", vec![Step::Garbage, good()], "success", "", 2),
        ("other JSON", vec![Step::OtherJson, good()], "success", "", 2),
        ("a wrong answer, repaired", vec![wrong(), good()], "success", "", 2),
        ("too long a summary, repaired", vec![Step::json(long), good()], "success", "", 2),
        ("prose, repaired", vec![Step::text("The VPN drops."), good()], "success", "", 2),
        ("a hidden zero, repaired", vec![Step::json(hidden.clone()), good()], "success", "", 2),
        ("a hidden zero twice", vec![Step::json(hidden.clone()), Step::json(hidden)], "invalid_answer", "summary", 2),
        ("a repair that fails, then success", vec![wrong(), Step::Status(500), good()], "success", "", 3),
        ("wrong twice", vec![wrong(), wrong()], "invalid_answer", "OPENAI_MODEL", 2),
        ("5 MB", vec![Step::Long(5 * 1024 * 1024)], "answer_too_large", "too long", 1),
        ("5 MB, announced", vec![Step::LongAnnounced(5 * 1024 * 1024)], "answer_too_large", "too long", 1),
        ("no credit", vec![Step::NoCredit], "model_refused", "no credit left", 1),
        ("no such model", vec![Step::NoSuchModel], "model_refused", "OPENAI_MODEL", 1),
        ("too long a prompt", vec![Step::PromptTooLong], "model_refused", "too long for the model gpt-4o-mini", 1),
        ("a redirect", vec![Step::Redirect("http://127.0.0.1:1/".into())], "model_refused", "OPENAI_BASE_URL", 1),
    ];
    let (world, server) = desk(engine, []).await;
    let agent = world.agent().await;
    let mut faults = Vec::new();
    for (what, steps, expect, words, requests) in cases {
        let before = server.requests().len();
        steps.into_iter().for_each(|step| server.push(step));
        let id = ask(&agent, what).await;
        let ended = end(&world, &agent, &id).await;
        let got = ended["code"].as_str().unwrap_or_else(|| ended["state"].as_str().unwrap());
        let text = ended["error"].as_str().unwrap_or_default();
        let asked = server.requests().len() - before;
        if got != expect || !text.contains(words) || asked != requests {
            faults.push(format!("{what}: {got} after {asked} requests instead of {expect} after {requests}: {text}"));
        }
        if ended["content"].is_null() != (expect != "success") {
            faults.push(format!("{what}: the content is {}", ended["content"]));
        }
        if text.contains("drops") || text.contains("the-key-of") {
            faults.push(format!("{what}: the error quotes what it must not: {text}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    server.assert_done();
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM jobs WHERE state NOT IN ('DONE', 'DEAD')").await, 0);
    world.stop().await;
}

async fn a_server_that_asks_for_patience_gets_it(engine: Engine) {
    let (world, server) = desk(engine, []).await;
    let agent = world.agent().await;
    for (step, least, most) in [
        (Step::RateLimited(Some("7".into())), 6_000, 7_000),
        (Step::Overloaded("45".into()), 44_000, 45_000),
        // Without a wish: about a second at the first attempt, with jitter.
        (Step::RateLimited(None), 0, 1_250),
    ] {
        server.push(step);
        let id = ask(&agent, &format!("VPN drops {most}")).await;
        world.app.work_once().await.unwrap();
        let (asked, pause) = (server.requests().len(), pause(&world, &id).await);
        assert!((least..=most).contains(&pause), "{pause} is not within {least} to {most}");
        if least > 0 {
            // A moment before that nobody asks again.
            world.clock.forward(pause - 1_000);
            assert_eq!(world.app.work_once().await.unwrap(), 0);
            assert_eq!(server.requests().len(), asked);
        }
        world.clock.forward(pause);
        assert_eq!(world.app.work_once().await.unwrap(), 1);
        assert_eq!(status(&agent, &id).await["state"], "success");
        assert_eq!(server.requests().len(), asked + 1);
    }
    world.stop().await;
}

async fn a_model_that_never_works_is_given_up(engine: Engine) {
    for (step, words) in
        [(Step::RateLimited(None), "asked too often"), (Step::Status(500), "status 500"), (Step::Hang, "in time")]
    {
        let (world, server) = desk(engine, []).await;
        let agent = world.agent().await;
        server.respond(move |_| step.clone());
        let id = ask(&agent, "VPN drops").await;
        let ended = end(&world, &agent, &id).await;
        assert_eq!(ended["code"], "out_of_attempts", "{ended}");
        let text = ended["error"].as_str().unwrap();
        assert!(text.contains(words) && text.contains("tried 5 times"), "{text}");
        assert_eq!(server.requests().len(), 5);
        assert_eq!(number(&world.store, "SELECT COUNT(*) FROM ai_usage_logs").await, 5);
        world.stop().await;
    }
}

async fn the_circuit_opens_jobs_wait_and_it_closes_again(engine: Engine) {
    let (world, server) = desk(engine, []).await;
    let agent = world.agent().await;
    let health = || async { agent.get("/api/copilot/v1/health").await.expect(200)["data"].clone() };
    assert_eq!(health().await["reachable"], true);
    server.respond(|_| Step::Status(500));
    let first = ask(&agent, "VPN drops").await;
    assert_eq!(end(&world, &agent, &first).await["code"], "out_of_attempts");
    let chats = || server.requests().iter().filter(|request| request.target().starts_with("POST")).count();
    assert_eq!(chats(), 5);
    let open = health().await;
    assert_eq!((&open["reachable"], &open["provider"]), (&json!(false), &json!("openai")));
    assert!(open["reason"].as_str().unwrap().contains("several times in a row"), "{open}");

    let second = ask(&agent, "Printer jams").await;
    for _ in 0..3 {
        world.app.work_once().await.unwrap();
        let job = "SELECT state || ' ' || CAST(attempts AS TEXT) FROM jobs WHERE state <> 'DEAD'";
        assert_eq!(texts(&world.store, job).await, ["READY 0"]);
        // Somebody looks too early, as a worker may that was told of another job.
        crate::harness::change(&world.store, "UPDATE jobs SET run_at = 0 WHERE state = 'READY'").await;
    }
    assert_eq!(chats(), 5, "the model was asked although the circuit is open");
    assert_eq!(
        number(&world.store, "SELECT COUNT(*) FROM ai_usage_logs").await,
        5,
        "a call that was not made is counted"
    );

    server.respond(fitting);
    world.clock.forward(6_000);
    let ended = end(&world, &agent, &second).await;
    assert_eq!(ended["state"], "success", "{ended}");
    assert_eq!(chats(), 6);
    assert_eq!(number(&world.store, "SELECT MAX(attempts) FROM jobs WHERE state = 'DONE'").await, 1);
    let closed = health().await;
    assert_eq!((&closed["reachable"], &closed["reason"]), (&json!(true), &Value::Null));
    world.stop().await;
}

async fn forty_jobs_end_although_a_third_of_the_calls_fail(engine: Engine) {
    let (world, server) = scripted(engine, [], |options, setup| {
        options.timeout_ms = 300;
        // The clock below runs far faster than the worker, which keeps its leases by the real time.
        setup.options.lease_ms = 3_600_000;
    })
    .await;
    let drawn = Arc::new(AtomicU64::new(20_261_124));
    server.respond(move |request| {
        let draw = |below: u64| {
            // Knuth's linear generator: the same failures in every run, but for the order of the requests.
            let next = |seed: u64| seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let seed = drawn.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |seed| Some(next(seed))).unwrap();
            (next(seed) >> 33) % below
        };
        if draw(10) >= 3 {
            return fitting(request);
        }
        match draw(9) {
            0 => Step::RateLimited(None),
            1 => Step::RateLimited(Some("2".into())),
            2 => Step::Status(500),
            3 => Step::Overloaded("1".into()),
            4 => Step::Hang,
            5 => Step::Reset,
            6 => Step::Half,
            7 => Step::Garbage,
            _ => Step::json(json!({"nonsense": true})),
        }
    });
    let stop = CancellationToken::new();
    let (clock, stopped) = (world.clock.clone(), stop.clone());
    let hurry = tokio::spawn(async move {
        while !stopped.is_cancelled() {
            clock.forward(200);
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let agent = world.agent().await;
    let mut asked = Vec::new();
    for index in 0..40 {
        asked.push(ask(&agent, &format!("VPN drops {index}")).await);
    }
    let began = std::time::Instant::now();
    while number(&world.store, "SELECT COUNT(*) FROM jobs WHERE state IN ('READY', 'RUNNING')").await > 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "a job is stuck");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stop.cancel();
    hurry.await.unwrap();
    let count = |state: &str| format!("SELECT COUNT(*) FROM ai_suggestions WHERE state = '{state}'");
    let (succeeded, failed) =
        (number(&world.store, &count("success")).await, number(&world.store, &count("error")).await);
    assert_eq!(succeeded + failed, 40);
    // A job has five attempts, so about one in a hundred may run out of them; a nonsense twice in a row ends it as well.
    assert!(succeeded >= 36, "only {succeeded} of 40 succeeded");
    let doubled = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM events WHERE type = 'suggestion.updated' \
        AND data->>'state' IN ('success', 'error') GROUP BY data->>'suggestionId' HAVING COUNT(*) > 1) AS twice";
    assert_eq!(number(&world.store, doubled).await, 0);
    let kept = "SELECT COUNT(*) FROM ai_usage_logs WHERE error IS NULL";
    assert_eq!(number(&world.store, kept).await, succeeded);
    assert_eq!(asked.len(), 40);
    world.stop().await;
}
