//! The copilot's older forms, which wait for the result; text while it is written; and what the ledger keeps.

use std::time::{Duration, Instant};

use patchcord_simulator::openai::{Reply, ScriptedModel, Step};
use serde_json::{Value, json};

use super::ai::{ledger, openai};
use crate::harness::{Client, Engine, Setup, Socket, World, both_engines};

both_engines!(
    each_form_gives_its_result,
    failures_come_in_the_envelope,
    waiting_ends_with_504_and_the_job_goes_on,
    a_waiting_caller_is_woken_by_the_event,
    the_same_request_twice_is_one_suggestion,
    a_draft_is_seen_while_it_is_written,
    a_chat_is_seen_by_its_owner_only,
    a_broken_stream_is_tried_again,
    the_ledger_keeps_everything,
    a_failed_suggestion_keeps_what_it_used,
);

async fn with_model(engine: Engine, server: &ScriptedModel, change: impl FnOnce(&mut Setup)) -> World {
    let mut setup = Setup { model: Some(openai(server)), ..Setup::default() };
    change(&mut setup);
    World::with(engine, setup).await
}

async fn opened(agent: &Client) -> String {
    let ticket = agent.ticket("VPN drops every 20 minutes", "My VPN drops every 20 minutes, please help.").await;
    ticket["id"].as_str().unwrap().to_owned()
}

async fn suggestions(agent: &Client, ticket: &str) -> Vec<Value> {
    let found = agent.get(&format!("/api/tickets/{ticket}/suggestions")).await.expect(200);
    found["items"].as_array().unwrap().clone()
}

async fn each_form_gives_its_result(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = opened(&agent).await;
    for (path, more, key) in [
        ("/api/analyze", json!({}), "summary"),
        ("/api/suggest", json!({}), "steps"),
        ("/api/draft-reply", json!({"tone": "friendly"}), "reply"),
        ("/api/chat", json!({"message": "What is the status?"}), "answer"),
    ] {
        let mut body = more;
        body["ticketId"] = json!(ticket);
        let told = agent.post(path, body).await.expect(200);
        assert_eq!(told["ok"], true);
        assert!(!told["data"][key].is_null(), "{path}: {told}");
    }
    let kinds: Vec<Value> = suggestions(&agent, &ticket).await.into_iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds, ["chat", "draft_reply", "next_steps", "analysis"], "the work is that of the jobs");
    world.stop().await;
}

async fn failures_come_in_the_envelope(engine: Engine) {
    let server = ScriptedModel::start([Step::NoSuchModel]).await;
    let world = with_model(engine, &server, |_| {}).await;
    let (agent, viewer, foreigner) = (world.agent().await, world.viewer().await, world.foreigner().await);
    let ticket = opened(&agent).await;
    let body = json!({"ticketId": ticket});
    let refused = agent.post("/api/analyze", body.clone()).await;
    assert_eq!(refused.header("content-type"), "application/json");
    let told = refused.refused(502, "model_refused");
    assert_eq!(told["ok"], false);
    assert!(told["error"].as_str().unwrap().contains("OPENAI_MODEL"));
    foreigner.post("/api/analyze", body.clone()).await.refused(404, "not_found");
    viewer.post("/api/analyze", body.clone()).await.refused(403, "forbidden");
    world.stranger().post("/api/analyze", body).await.refused(401, "token_missing");
    let wrong = json!({"ticketId": "42", "message": ""});
    let told = agent.post("/api/chat", wrong).await.refused(422, "validation_failed");
    let fields: Vec<&Value> = told["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["ticketId", "message"]);
    server.assert_done();
    world.stop().await;
}

async fn waiting_ends_with_504_and_the_job_goes_on(engine: Engine) {
    let answer = Step::json(json!({"answer": "Late.", "citations": null}));
    let server = ScriptedModel::start([Step::Late(1_500, Box::new(answer))]).await;
    let world = with_model(engine, &server, |setup| setup.options.wait_ms = 400).await;
    let agent = world.agent().await;
    let ticket = opened(&agent).await;
    let body = json!({"ticketId": ticket, "message": "When?"});
    let told = agent.post("/api/chat", body).await.refused(504, "timed_out");
    let id = suggestions(&agent, &ticket).await[0]["id"].as_str().unwrap().to_owned();
    assert!(told["error"].as_str().unwrap().contains(&id), "{told}");
    assert_eq!(agent.finished(&id).await["content"]["answer"], "Late.");
    world.stop().await;
}

async fn a_waiting_caller_is_woken_by_the_event(engine: Engine) {
    let world = World::with(engine, Setup { worker: false, ..Setup::default() }).await;
    let agent = world.agent().await;
    let ticket = opened(&agent).await;
    let waiting = {
        let (agent, body) = (agent.clone(), json!({"ticketId": ticket}));
        tokio::spawn(async move { agent.post("/api/analyze", body).await.expect(200) })
    };
    while world.app.work_once().await.unwrap() == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let done = Instant::now();
    assert_eq!(waiting.await.unwrap()["ok"], true);
    // Without the event the next look would come after five seconds.
    assert!(done.elapsed() < Duration::from_secs(3), "{:?}", done.elapsed());
    world.stop().await;
}

async fn the_same_request_twice_is_one_suggestion(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = opened(&agent).await;
    let body = json!({"ticketId": ticket});
    let first = agent.post_once("/api/suggest", "k", body.clone()).await.expect(200);
    let again = agent.post_once("/api/suggest", "k", body).await.expect(200);
    assert_eq!(first, again);
    assert_eq!(suggestions(&agent, &ticket).await.len(), 1);
    world.stop().await;
}

const DRAFT: &str = "Hello Jonas,\nplease renew the certificate „VPN“ and tell us whether it helps. Kind regards 😀";

async fn a_draft_is_seen_while_it_is_written(engine: Engine) {
    let reply = Reply::json(json!({"citations": null, "reply": DRAFT, "tone": "professional"}));
    let server = ScriptedModel::start([Step::Slowly(60, reply)]).await;
    let world = with_model(engine, &server, |_| {}).await;
    let (agent, viewer, foreigner) = (world.agent().await, world.viewer().await, world.foreigner().await);
    let ticket = opened(&agent).await;
    let topic = format!("tickets:{ticket}");
    let mut socket = Socket::listening(&world, &viewer, &[&topic]).await;
    let mut outside = Socket::listening(&world, &foreigner, &["tickets"]).await;
    let began = Instant::now();
    let done = agent.copilot("draft-reply", json!({"ticketId": ticket})).await;
    let took = began.elapsed();
    assert_eq!(done["content"]["reply"], DRAFT);
    let mut partials = Vec::new();
    loop {
        let frame = socket.next().await;
        match frame["type"].as_str().unwrap() {
            "suggestion.partial" => partials.push(frame),
            "suggestion.updated" if frame["data"]["state"] == "success" => break,
            _ => {}
        }
    }
    assert!(partials.len() >= 2, "{partials:?}");
    let most = took.as_millis() / 250 + 1;
    assert!(partials.len() as u128 <= most, "{} in {took:?}", partials.len());
    let mut length = 0;
    for frame in &partials {
        assert!(frame.get("id").is_none(), "nobody can resume from what is not stored");
        let data = &frame["data"];
        assert_eq!((&data["provisional"], &data["suggestionId"]), (&json!(true), &done["id"]));
        let text = data["text"].as_str().unwrap();
        assert!(DRAFT.starts_with(text) && text.len() > length, "{text}");
        length = text.len();
    }
    outside.expect_silence().await;
    server.assert_done();
    world.stop().await;
}

async fn a_chat_is_seen_by_its_owner_only(engine: Engine) {
    let reply = Reply::json(json!({"answer": "The certificate is older than a year.", "citations": null}));
    let server = ScriptedModel::start([Step::Slowly(60, reply)]).await;
    let world = with_model(engine, &server, |_| {}).await;
    let (agent, admin) = (world.agent().await, world.admin().await);
    let ticket = opened(&agent).await;
    let mut own = Socket::listening(&world, &agent, &["tickets"]).await;
    let mut other = Socket::listening(&world, &admin, &["tickets"]).await;
    agent.copilot("chat", json!({"ticketId": ticket, "message": "Why?"})).await;
    let seen = own.until("suggestion.partial").await;
    assert_eq!(seen.last().unwrap()["data"]["kind"], "chat");
    assert!(seen.last().unwrap()["data"]["onlyUserId"].is_null(), "the rule is not shown");
    // A later event marks the end of what the other one could have seen.
    agent.post(&format!("/api/tickets/{ticket}/messages"), json!({"body": "Done."})).await.expect(201);
    for frame in other.until("ticket.message").await {
        assert!(!frame["type"].as_str().unwrap().starts_with("suggestion."), "{frame}");
    }
    world.stop().await;
}

async fn a_broken_stream_is_tried_again(engine: Engine) {
    let reply = Reply::json(json!({"answer": "The certificate is older than a year.", "citations": null}));
    for broken in [Step::StreamCut(reply.clone()), Step::StreamGarbage(reply.clone()), Step::NoStreaming] {
        let server = ScriptedModel::start([broken, Step::Reply(reply.clone())]).await;
        let world = with_model(engine, &server, |_| {}).await;
        let agent = world.agent().await;
        let ticket = opened(&agent).await;
        let asked =
            agent.post("/api/copilot/v1/chat", json!({"ticketId": ticket, "message": "Why?"})).await.expect(202);
        // The pause before the next try is the desk's own time.
        tokio::time::sleep(Duration::from_millis(400)).await;
        world.clock.forward(10_000);
        let done = agent.finished(asked["data"]["suggestionId"].as_str().unwrap()).await;
        assert_eq!(done["content"]["answer"], "The certificate is older than a year.", "{done}");
        server.assert_done();
        world.stop().await;
    }
}

async fn the_ledger_keeps_everything(engine: Engine) {
    let reply = Reply {
        usage: Some([1_000, 0, 100]),
        ..Reply::json(json!({"reply": "Hello, please try again.", "tone": null, "citations": null}))
    };
    let server = ScriptedModel::start([Step::Reply(reply)]).await;
    let world = with_model(engine, &server, |_| {}).await;
    let agent = world.agent().await;
    let ticket = agent
        .ticket(
            "VPN drops",
            "Write to ana@example.com or bob@example.com, token ghp_0123456789abcdefghijABCDEFGHIJ012345",
        )
        .await;
    let id = ticket["id"].as_str().unwrap();
    let done = agent.copilot("draft-reply", json!({"ticketId": id, "tone": "formal"})).await;
    let path = format!("/api/copilot/v1/feedback/{}", done["id"].as_str().unwrap());
    let feedback = json!({"verdict": "edited", "finalText": "Hello, please try once more.", "note": "clearer"});
    agent.post(&path, feedback).await.expect(200);
    let rows = suggestions(&agent, id).await;
    let row = &rows[0];
    assert_eq!(row["request"], json!({"tone": "formal"}));
    assert_eq!(
        (&row["model"], &row["promptTokens"], &row["completionTokens"]),
        (&json!("gpt-4o-mini"), &json!(1_000), &json!(100))
    );
    assert_eq!(row["costUsd"], 0.00021);
    assert_eq!(row["promptVersion"].as_str().unwrap().len(), 12);
    assert_eq!(row["redactionCounts"], json!({"email": 2, "token": 1}));
    assert_eq!(
        (&row["attempts"], &row["feedback"], &row["feedbackNote"]),
        (&json!(1), &json!("EDITED"), &json!("clearer"))
    );
    assert_eq!(row["finalText"], "Hello, please try once more.");
    assert!(row["editDistance"].as_i64().unwrap() > 0 && row["durationMs"].as_i64().unwrap() >= 0);
    assert_eq!(row["requestedBy"]["name"], "AGENT of north");
    world.stop().await;
}

async fn a_failed_suggestion_keeps_what_it_used(engine: Engine) {
    let wrong = |n| Step::Reply(Reply { content: Some("no".into()), usage: Some([n, 0, 1]), ..Reply::default() });
    let server = ScriptedModel::start([wrong(100), wrong(200)]).await;
    let world = with_model(engine, &server, |_| {}).await;
    let agent = world.agent().await;
    let ticket = opened(&agent).await;
    let done = agent.copilot("analyze", json!({"ticketId": ticket})).await;
    assert_eq!((&done["state"], &done["code"]), (&json!("error"), &json!("invalid_answer")));
    let row = &suggestions(&agent, &ticket).await[0];
    assert_eq!((&row["promptTokens"], &row["completionTokens"]), (&json!(300), &json!(2)));
    assert_eq!((&row["model"], &row["redactionCounts"]), (&json!("gpt-4o-mini"), &json!({})));
    assert!(row["costUsd"].as_f64().unwrap() > 0.0 && row["promptVersion"].is_string());
    assert_eq!(ledger(&world).await[0].4.as_deref(), Some("invalid_answer"));
    world.stop().await;
}
