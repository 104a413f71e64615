//! `/metrics`: what it counts, and who may read it.

use reqwest::Method;
use serde_json::json;

use crate::harness::{self, Answer, Client, Engine, Socket, World, both_engines};

both_engines!(what_is_counted, labels_are_bounded, who_may_read);

async fn text(client: &Client) -> String {
    let answer = client.get("/metrics").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    answer.text
}

/// The value of the first line that begins so.
#[track_caller]
fn value(text: &str, line: &str) -> f64 {
    let found = text.lines().find(|each| each.starts_with(line)).unwrap_or_else(|| panic!("no {line} in {text}"));
    found.rsplit(' ').next().unwrap().parse().unwrap()
}

async fn what_is_counted(engine: Engine) {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("It is broken", "m").await;
    let id = ticket["id"].as_str().unwrap();
    agent.get(&format!("/api/tickets/{id}")).await.expect(200);
    agent.get("/api/tickets/TKT-9999").await.refused(404, "not_found");
    agent.post("/api/copilot/v1/analyze", json!({"ticketId": id})).await.expect(202);
    let stranger = world.stranger();
    let before = text(&stranger).await;
    assert_eq!(value(&before, "patchcord_queue_jobs{state=\"ready\"}"), 1.0);
    world.app.work_once().await.unwrap();
    let _socket = Socket::listening(&world, &agent, &["tickets"]).await;
    let after = text(&stranger).await;
    for (line, expect) in [
        ("patchcord_http_requests_total{method=\"GET\",route=\"/api/tickets/{id}\",status=\"2xx\"}", 1.0),
        ("patchcord_http_requests_total{method=\"GET\",route=\"/api/tickets/{id}\",status=\"4xx\"}", 1.0),
        ("patchcord_http_requests_total{method=\"POST\",route=\"/api/tickets\",status=\"2xx\"}", 1.0),
        ("patchcord_http_request_duration_seconds_count{method=\"GET\",route=\"/api/tickets/{id}\"}", 2.0),
        ("patchcord_http_request_duration_seconds_bucket{method=\"GET\",route=\"/api/tickets/{id}\",le=\"+Inf\"}", 2.0),
        ("patchcord_queue_jobs{state=\"ready\"}", 0.0),
        ("patchcord_jobs_total{kind=\"copilot\",outcome=\"done\"}", 1.0),
        ("patchcord_job_duration_seconds_count{kind=\"copilot\"}", 1.0),
        ("patchcord_model_calls_total{provider=\"builtin\",outcome=\"success\"}", 1.0),
        ("patchcord_event_sockets", 1.0),
    ] {
        assert_eq!(value(&after, line), expect, "{line}");
    }
    assert!(!after.contains(id), "an id is in a label");
}

async fn labels_are_bounded(engine: Engine) {
    let world = World::new(engine).await;
    let stranger = world.stranger();
    for number in 0..50 {
        stranger.request(Method::GET, &format!("/nowhere/{number}")).send().await.unwrap();
        let odd = Method::from_bytes(format!("ODD{number}").as_bytes()).unwrap();
        stranger.request(odd, "/api/tickets").send().await.unwrap();
    }
    let text = text(&stranger).await;
    assert!(text.contains("route=\"other\""), "{text}");
    let lines = text.lines().filter(|line| line.starts_with("patchcord_http_requests_total")).count();
    assert!(lines < 12, "{lines}: {text}");
}

async fn who_may_read(engine: Engine) {
    let world = World::new(engine).await;
    let stranger = world.stranger();
    text(&stranger).await;
    // A proxy on this machine makes everybody look like this machine.
    for header in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
        let forwarded = stranger.request(Method::GET, "/metrics").header(header, "127.0.0.1");
        Answer::of(forwarded).await.refused(401, "token_missing");
    }
    let options =
        patchcord_server::Options { metrics_token: Some("a token for programs".into()), ..Default::default() };
    let base = world.second_door(options).await;
    let guarded = Client::new(&base);
    guarded.get("/metrics").await.refused(401, "token_missing");
    for wrong in ["a token for program", "a token for programs!", "x"] {
        guarded.with_token(Some(wrong)).get("/metrics").await.refused(401, "token_missing");
    }
    world.agent().await.get("/metrics").await.expect(200);
    text(&guarded.with_token(Some("a token for programs"))).await;
}
