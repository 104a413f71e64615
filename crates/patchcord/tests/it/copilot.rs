//! Asking the copilot over HTTP: the four jobs, refusals, feedback, cancel, conversations, health.

use std::time::{Duration, Instant};

use patchcord_app::AppError;
use patchcord_app::copilot::Request;
use patchcord_domain::id::new_id;
use patchcord_domain::user::{Actor, Role};
use patchcord_simulator::openai::Step;
use serde_json::{Value, json};

use crate::harness::{Client, Engine, Random, Setup, World, analysis, both_engines, change, number, scripted, texts};

both_engines!(
    the_built_in_model_does_the_four_jobs,
    a_model_server_does_the_four_jobs,
    what_is_wrong_with_a_request_is_told_by_field,
    a_wrong_request_is_refused_before_the_database_is_touched,
    refusals_come_in_the_envelope,
    feedback_is_recorded,
    feedback_is_checked,
    a_queued_job_can_be_cancelled,
    the_late_result_of_a_cancelled_job_is_not_written,
    a_conversation_belongs_to_one_user_and_ticket,
    a_conversation_keeps_fifty_exchanges,
    citations_from_outside_the_snapshot_are_refused,
    the_copilot_can_be_switched_off,
    health_says_whether_the_model_can_be_reached,
);

const JOBS: [(&str, &str, &[&str]); 4] = [
    ("analyze", "analysis", &["summary", "sentiment", "category"]),
    ("suggest", "next_steps", &["steps"]),
    ("draft-reply", "draft_reply", &["reply"]),
    ("chat", "chat", &["answer"]),
];

fn body(action: &str, ticket: &Value) -> Value {
    match action {
        "draft-reply" => json!({"ticketId": ticket["id"], "tone": "empathetic"}),
        "chat" => json!({"ticketId": ticket["id"], "message": "What was tried so far?"}),
        _ => json!({"ticketId": ticket["id"]}),
    }
}

async fn vpn(client: &Client) -> Value {
    client.ticket("VPN drops every 20 minutes", "My VPN drops every 20 minutes. I restarted the client twice.").await
}

async fn ask(client: &Client, action: &str, body: Value) -> String {
    let asked = client.post(&format!("/api/copilot/v1/{action}"), body).await.expect(202);
    asked["data"]["suggestionId"].as_str().unwrap().to_owned()
}

async fn do_the_four_jobs(world: &World, provider: &str, model: &str) {
    let agent = world.agent().await;
    let ticket = vpn(&agent).await;
    for (action, kind, fields) in JOBS {
        let asked = agent.post(&format!("/api/copilot/v1/{action}"), body(action, &ticket)).await.expect(202);
        assert_eq!((&asked["ok"], &asked["data"]["state"]), (&json!(true), &json!("queued")), "{asked}");
        let id = asked["data"]["suggestionId"].as_str().unwrap();
        assert_eq!(id.len(), 24);
        let ended = agent.finished(id).await;
        assert_eq!((ended["id"].as_str(), ended["kind"].as_str()), (Some(id), Some(kind)));
        assert_eq!((&ended["state"], &ended["model"]), (&json!("success"), &json!(model)), "{ended}");
        assert_eq!((&ended["error"], &ended["code"], &ended["feedback"]), (&Value::Null, &Value::Null, &Value::Null));
        for field in fields {
            let value = &ended["content"][field];
            assert!(value.as_str().is_some_and(|t| !t.is_empty()) || value.as_array().is_some_and(|l| !l.is_empty()));
        }
        for moment in ["createdAt", "startedAt", "finishedAt", "updatedAt"] {
            assert!(ended[moment].as_str().unwrap().ends_with('Z'), "{moment} of {ended}");
        }
        assert!(ended["startedAt"].as_str() <= ended["finishedAt"].as_str());
        assert_eq!(ended["promptTokens"].as_i64().unwrap() > 0, provider == "openai", "{ended}");
        assert_eq!(ended["completionTokens"].as_i64().unwrap() > 0, provider == "openai", "{ended}");
        assert_eq!(ended["costUsd"].as_f64().unwrap() > 0.0, provider == "openai", "{ended}");
    }
    let rows = "SELECT purpose || ' ' || provider || ' ' || model FROM ai_usage_logs ORDER BY purpose";
    let expect: Vec<String> = ["analysis", "chat", "draft_reply", "next_steps"]
        .iter()
        .map(|kind| format!("{kind} {provider} {model}"))
        .collect();
    assert_eq!(texts(&world.store, rows).await, expect);
    let lines = "SELECT COUNT(*) FROM ticket_events WHERE kind = 'SUGGESTION_CREATED'";
    assert_eq!(number(&world.store, lines).await, 4);
    let versions =
        "SELECT COUNT(*) FROM ai_suggestions WHERE prompt_version IS NOT NULL AND redaction_counts IS NOT NULL";
    assert_eq!(number(&world.store, versions).await, 4);
}

async fn the_built_in_model_does_the_four_jobs(engine: Engine) {
    let world = World::new(engine).await;
    do_the_four_jobs(&world, "builtin", "builtin").await;
    world.stop().await;
}

async fn a_model_server_does_the_four_jobs(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    do_the_four_jobs(&world, "openai", "gpt-4o-mini").await;
    let requests = server.requests();
    assert_eq!(requests.len(), 4);
    assert!(requests[2].message(0).contains("empathetic"), "the tone is not in the prompt");
    assert!(requests[3].message(1).contains("What was tried so far?"), "the question is not in the prompt");
    assert!(requests.iter().all(|request| request.message(1).contains("VPN drops every 20 minutes")));
    world.stop().await;
}

async fn what_is_wrong_with_a_request_is_told_by_field(engine: Engine) {
    let world = World::with(engine, Setup { worker: false, ..Setup::default() }).await;
    let agent = world.agent().await;
    let id = vpn(&agent).await["id"].clone();
    let absent = new_id(&Random);
    let long = "x".repeat(1_001);
    for (action, body, status, code, fields) in [
        ("analyze", json!({}), 422, "validation_failed", vec!["body"]),
        ("analyze", json!({"ticketId": ""}), 422, "validation_failed", vec!["ticketId"]),
        ("analyze", json!({"ticketId": "TKT-0001"}), 422, "validation_failed", vec!["ticketId"]),
        ("analyze", json!({"ticketId": 7}), 422, "validation_failed", vec!["ticketId"]),
        ("analyze", json!({"ticketId": id, "tone": "formal"}), 422, "validation_failed", vec!["tone"]),
        ("suggest", json!({"ticketId": "'; DROP TABLE"}), 422, "validation_failed", vec!["ticketId"]),
        ("draft-reply", json!({"ticketId": id, "tone": "angry"}), 422, "validation_failed", vec!["tone"]),
        ("draft-reply", json!({"ticketId": "x", "tone": ""}), 422, "validation_failed", vec!["ticketId", "tone"]),
        ("chat", json!({"ticketId": id}), 422, "validation_failed", vec!["body"]),
        ("chat", json!({"ticketId": id, "message": ""}), 422, "validation_failed", vec!["message"]),
        ("chat", json!({"ticketId": id, "message": " \n "}), 422, "validation_failed", vec!["message"]),
        ("chat", json!({"ticketId": "x", "message": long}), 422, "validation_failed", vec!["ticketId", "message"]),
    ] {
        let answer = agent.post(&format!("/api/copilot/v1/{action}"), body.clone()).await;
        let refusal = answer.refused(status, code);
        assert_eq!(refusal["ok"], false, "{body}");
        assert!(!refusal["error"].as_str().unwrap().is_empty() && !refusal["requestId"].as_str().unwrap().is_empty());
        let named: Vec<&str> =
            refusal["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields, "{action} {body}");
    }
    let refusal = agent.post("/api/copilot/v1/analyze", json!({"ticketId": absent})).await.refused(404, "not_found");
    assert_eq!(refusal["ok"], false);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM ai_suggestions").await, 0);
    for (action, body) in [
        ("draft-reply", json!({"ticketId": id})),
        ("draft-reply", json!({"ticketId": id, "tone": "FRIENDLY"})),
        ("chat", json!({"ticketId": id, "message": "x".repeat(1_000)})),
        ("chat", json!({"ticketId": id, "message": "é".repeat(1_000)})),
    ] {
        agent.post(&format!("/api/copilot/v1/{action}"), body).await.expect(202);
    }
    world.stop().await;
}

async fn a_wrong_request_is_refused_before_the_database_is_touched(engine: Engine) {
    let world = World::with(engine, Setup { worker: false, ..Setup::default() }).await;
    let workspace_id = world.town.north.workspace.clone();
    let actor = Actor { workspace_id, user_id: new_id(&Random), role: Role::Agent };
    world.halt().await;
    world.store.close().await;
    let ask = |ticket: String, request: Request| {
        let (app, actor) = (world.app.clone(), actor.clone());
        async move { app.ask_copilot(&actor, &ticket, request, None, None, |_| (202, Value::Null)).await.unwrap_err() }
    };
    let id = new_id(&Random);
    for (ticket, request, fields) in [
        ("x".to_owned(), Request::Analyze, vec!["ticketId"]),
        ("x".to_owned(), Request::Suggest, vec!["ticketId"]),
        (id.clone(), Request::DraftReply(Some("angry".into())), vec!["tone"]),
        (id.clone(), Request::Chat("x".repeat(1_001)), vec!["message"]),
        ("x".to_owned(), Request::Chat(String::new()), vec!["ticketId", "message"]),
    ] {
        match ask(ticket, request).await {
            AppError::Invalid(faults) => {
                assert_eq!(faults.iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), fields);
            }
            other => panic!("{other:?}"),
        }
    }
    // What is right does touch it, and finds it closed.
    assert!(matches!(ask(id, Request::Analyze).await, AppError::Unavailable(_)));
}

async fn refusals_come_in_the_envelope(engine: Engine) {
    let world = World::with(engine, Setup { worker: false, ..Setup::default() }).await;
    let (agent, viewer, foreigner) = (world.agent().await, world.viewer().await, world.foreigner().await);
    let ticket = vpn(&agent).await;
    let id = ask(&agent, "analyze", body("analyze", &ticket)).await;
    let status = format!("/api/copilot/v1/status/{id}");
    let text = agent.request(reqwest::Method::POST, "/api/copilot/v1/analyze").body("hello");
    let malformed = agent
        .request(reqwest::Method::POST, "/api/copilot/v1/analyze")
        .header("content-type", "application/json")
        .body("{\"ticketId\":");
    let answers = [
        (world.stranger().post("/api/copilot/v1/analyze", body("analyze", &ticket)).await, 401, "token_missing"),
        (agent.with_token(Some("x.y.z")).get(&status).await, 401, "invalid_token"),
        (viewer.post("/api/copilot/v1/analyze", body("analyze", &ticket)).await, 403, "forbidden"),
        (viewer.post(&format!("/api/copilot/v1/cancel/{id}"), json!({})).await, 403, "forbidden"),
        (
            viewer.post(&format!("/api/copilot/v1/feedback/{id}"), json!({"verdict": "accepted"})).await,
            403,
            "forbidden",
        ),
        (foreigner.get(&status).await, 404, "not_found"),
        (foreigner.post(&format!("/api/copilot/v1/cancel/{id}"), json!({})).await, 404, "not_found"),
        (
            foreigner.get(&format!("/api/copilot/v1/conversation/{}", ticket["id"].as_str().unwrap())).await,
            404,
            "not_found",
        ),
        (agent.get(&format!("/api/copilot/v1/status/{}", new_id(&Random))).await, 404, "not_found"),
        (agent.get("/api/copilot/v1/status/%00").await, 404, "not_found"),
        (crate::harness::Answer::of(text).await, 415, "unsupported_media_type"),
        (crate::harness::Answer::of(malformed).await, 400, "malformed_json"),
        (
            agent.post(&format!("/api/copilot/v1/feedback/{id}"), json!({"verdict": "accepted"})).await,
            409,
            "not_finished",
        ),
    ];
    for (answer, status, code) in answers {
        let refusal = answer.refused(status, code);
        assert_eq!(refusal["ok"], false);
        assert!(refusal["error"].is_string() && refusal["requestId"].is_string(), "{refusal}");
    }
    let foreign = foreigner.post("/api/copilot/v1/analyze", body("analyze", &ticket)).await;
    let absent = agent.post("/api/copilot/v1/analyze", json!({"ticketId": new_id(&Random)})).await;
    assert_eq!((foreign.status, &foreign.body["errors"]), (absent.status, &absent.body["errors"]));
    assert_eq!(viewer.get(&status).await.expect(200)["data"]["state"], "queued");
    world.stop().await;
}

async fn feedback_is_recorded(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = vpn(&agent).await;
    let drafted = agent.copilot("draft-reply", body("draft-reply", &ticket)).await;
    let reply = drafted["content"]["reply"].as_str().unwrap();
    let path = format!("/api/copilot/v1/feedback/{}", drafted["id"].as_str().unwrap());
    for (input, feedback, distance) in [
        (json!({"verdict": "accepted", "finalText": reply}), "ACCEPTED", Some(0)),
        (json!({"verdict": "edited", "finalText": format!("Hi! {reply}")}), "EDITED", Some(4)),
        (json!({"verdict": "Rejected", "note": "too long"}), "REJECTED", None),
    ] {
        let judged = agent.post(&path, input).await.expect(200);
        assert_eq!((&judged["ok"], &judged["data"]["feedback"]), (&json!(true), &json!(feedback)), "{judged}");
        let sql =
            "SELECT COALESCE(feedback, '') || ' ' || COALESCE(CAST(edit_distance AS TEXT), 'none') FROM ai_suggestions";
        let distance = distance.map_or("none".to_owned(), |distance: i64| distance.to_string());
        assert_eq!(texts(&world.store, sql).await, [format!("{feedback} {distance}")]);
    }
    assert_eq!(texts(&world.store, "SELECT feedback_note FROM ai_suggestions").await, ["too long"]);
    let events = agent.get(&format!("/api/tickets/{}/events", ticket["id"].as_str().unwrap())).await.expect(200);
    let verdicts: Vec<&Value> = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["kind"] == "SUGGESTION_FEEDBACK")
        .map(|line| &line["payload"]["verdict"])
        .collect();
    assert_eq!(verdicts, ["accepted", "edited", "rejected"]);
    world.stop().await;
}

async fn feedback_is_checked(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let analysed = agent.copilot("analyze", body("analyze", &vpn(&agent).await)).await;
    let path = format!("/api/copilot/v1/feedback/{}", analysed["id"].as_str().unwrap());
    for (input, fields) in [
        (json!({"verdict": "edited"}), vec!["finalText"]),
        (json!({"verdict": "fine"}), vec!["verdict"]),
        (json!({"verdict": "accepted", "finalText": ""}), vec!["finalText"]),
        (json!({"verdict": "x", "finalText": "x".repeat(10_001), "note": " "}), vec!["verdict", "finalText", "note"]),
        (json!({"verdict": "accepted", "stars": 5}), vec!["stars"]),
    ] {
        let refusal = agent.post(&path, input).await.refused(422, "validation_failed");
        let named: Vec<&str> =
            refusal["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
        assert_eq!(named, fields);
    }
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM ai_suggestions WHERE feedback IS NOT NULL").await, 0);
    world.stop().await;
}

async fn a_queued_job_can_be_cancelled(engine: Engine) {
    let world = World::with(engine, Setup { worker: false, ..Setup::default() }).await;
    let agent = world.agent().await;
    let id = ask(&agent, "analyze", body("analyze", &vpn(&agent).await)).await;
    let path = format!("/api/copilot/v1/cancel/{id}");
    let cancelled = agent.post(&path, json!({})).await.expect(200)["data"].clone();
    assert_eq!((&cancelled["state"], &cancelled["code"]), (&json!("error"), &json!("cancelled")));
    assert_eq!(cancelled["error"], "It was cancelled.");
    assert_eq!(world.app.work_once().await.unwrap(), 0);
    assert_eq!(texts(&world.store, "SELECT state || ' ' || last_error FROM jobs").await, ["DEAD cancelled"]);
    agent.post(&path, json!({})).await.refused(409, "already_finished");
    let states = "SELECT data->>'state' FROM events WHERE type = 'suggestion.updated' ORDER BY seq";
    assert_eq!(texts(&world.store, states).await, ["queued", "error"]);
    world.stop().await;
}

async fn the_late_result_of_a_cancelled_job_is_not_written(engine: Engine) {
    let late = Step::Late(400, Box::new(Step::json(analysis("Too late."))));
    let (world, server) = scripted(engine, [late], |_, _| {}).await;
    let agent = world.agent().await;
    let id = ask(&agent, "analyze", body("analyze", &vpn(&agent).await)).await;
    let began = Instant::now();
    while server.requests().is_empty() {
        assert!(began.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    agent.post(&format!("/api/copilot/v1/cancel/{id}"), json!({})).await.expect(200);
    // The stop waits for the job, so that its end has been tried when it returns.
    world.halt().await;
    let row =
        "SELECT state || ' ' || error_code || ' ' || COALESCE(CAST(content AS TEXT), 'nothing') FROM ai_suggestions";
    assert_eq!(texts(&world.store, row).await, ["error cancelled nothing"]);
    let states = "SELECT data->>'state' FROM events WHERE type = 'suggestion.updated' ORDER BY seq";
    assert_eq!(texts(&world.store, states).await, ["queued", "running", "error"]);
    assert_eq!(texts(&world.store, "SELECT state FROM jobs").await, ["DEAD"]);
    // What the model was paid counts all the same, or cancelling would be a way around the budget.
    let spent = "SELECT COALESCE(error, 'kept') FROM ai_usage_logs WHERE cost_usd > 0";
    assert_eq!(texts(&world.store, spent).await, ["lease_lost"]);
    world.stop().await;
}

async fn a_conversation_belongs_to_one_user_and_ticket(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    let (agent, admin) = (world.agent().await, world.admin().await);
    let (ticket, other) = (vpn(&agent).await, agent.ticket("Printer jams", "It jams.").await);
    let chat = |ticket: &Value, message: &str| json!({"ticketId": ticket["id"], "message": message});
    let talk = |ticket: &Value| format!("/api/copilot/v1/conversation/{}", ticket["id"].as_str().unwrap());
    let private = agent.copilot("chat", chat(&ticket, "Is the ORCHID project affected?")).await;
    agent.copilot("chat", chat(&ticket, "And since when?")).await;
    assert!(server.requests()[1].message(1).contains("ORCHID"), "the earlier question is not in the prompt");
    admin.copilot("chat", chat(&ticket, "What did the customer say?")).await;
    agent.copilot("chat", chat(&other, "Which printer?")).await;
    for action in ["analyze", "suggest", "draft-reply"] {
        admin.copilot(action, body(action, &ticket)).await;
    }
    for request in &server.requests()[2..] {
        assert!(!String::from_utf8_lossy(request.raw()).contains("ORCHID"), "another conversation is in the prompt");
    }
    let said = |answer: Value| -> Vec<String> {
        let messages = answer["data"]["messages"].as_array().unwrap().clone();
        messages
            .iter()
            .map(|m| format!("{}: {}", m["role"].as_str().unwrap(), m["content"].as_str().unwrap()))
            .collect()
    };
    let answered = "assistant: The customer restarted it.";
    assert_eq!(
        said(agent.get(&talk(&ticket)).await.expect(200)),
        ["user: Is the ORCHID project affected?", answered, "user: And since when?", answered]
    );
    assert_eq!(said(admin.get(&talk(&ticket)).await.expect(200)), ["user: What did the customer say?", answered]);
    assert_eq!(said(agent.get(&talk(&other)).await.expect(200)), ["user: Which printer?", answered]);
    assert_eq!(said(admin.get(&talk(&other)).await.expect(200)), [""; 0]);
    // Nor is it seen any other way.
    admin.get(&format!("/api/copilot/v1/status/{}", private["id"].as_str().unwrap())).await.refused(404, "not_found");
    let list = admin.get(&format!("/api/tickets/{}/suggestions", ticket["id"].as_str().unwrap())).await;
    assert!(
        list.status == 200 && !list.text.contains("ORCHID") && !list.text.contains(private["id"].as_str().unwrap())
    );
    assert_eq!(said(agent.delete(&talk(&ticket)).await.expect(200)), [""; 0]);
    assert_eq!(said(agent.get(&talk(&ticket)).await.expect(200)), [""; 0]);
    assert_eq!(said(admin.get(&talk(&ticket)).await.expect(200)).len(), 2);
    agent.copilot("chat", chat(&ticket, "Once more, please?")).await;
    let last = server.requests().pop().unwrap();
    assert!(!String::from_utf8_lossy(last.raw()).contains("ORCHID"), "what was forgotten is in the prompt");
    world.stop().await;
}

async fn a_conversation_keeps_fifty_exchanges(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    let agent = world.agent().await;
    let ticket = vpn(&agent).await;
    let chat = |message: &str| json!({"ticketId": ticket["id"], "message": message});
    agent.copilot("chat", chat("Question 0?")).await;
    let entry =
        |role: &str, content: String| json!({"role": role, "content": content, "at": "2026-11-24T09:00:00.000Z"});
    let full: Vec<Value> = (0..50)
        .flat_map(|n| [entry("user", format!("Question {n}?")), entry("assistant", format!("Answer {n}."))])
        .collect();
    change(&world.store, &format!("UPDATE ai_conversations SET messages = '{}'", Value::Array(full))).await;
    agent.copilot("chat", chat("Question 50?")).await;
    let talk = agent.get(&format!("/api/copilot/v1/conversation/{}", ticket["id"].as_str().unwrap())).await.expect(200);
    let messages = talk["data"]["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 100);
    assert_eq!((&messages[0]["content"], &messages[98]["content"]), (&json!("Question 1?"), &json!("Question 50?")));
    // The model sees the newest ten.
    let prompt = server.requests().pop().unwrap().message(1);
    assert!(prompt.contains("Question 40?") && !prompt.contains("Question 39?"), "{prompt}");
    world.stop().await;
}

async fn citations_from_outside_the_snapshot_are_refused(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    let agent = world.agent().await;
    let ticket = vpn(&agent).await;
    let message = ticket["messages"][0]["id"].as_str().unwrap().to_owned();
    let foreign = world.foreigner().await.ticket("VPN drops", "Elsewhere.").await["id"].as_str().unwrap().to_owned();
    for (action, _, _) in &JOBS[1..] {
        let answer = |id: &str| {
            Step::json(match *action {
                "suggest" => json!({"steps": ["Restart it."], "citations": [id]}),
                "draft-reply" => json!({"reply": "Please restart it.", "tone": null, "citations": [id]}),
                _ => json!({"answer": "Restart it.", "citations": [id]}),
            })
        };
        let before = server.requests().len();
        [answer(&foreign), answer(&message)].into_iter().for_each(|step| server.push(step));
        let ended = agent.copilot(action, body(action, &ticket)).await;
        assert_eq!(
            (&ended["state"], &ended["content"]["citations"]),
            (&json!("success"), &json!([message])),
            "{ended}"
        );
        let repair = server.requests().pop().unwrap();
        assert!(repair.message(3).contains("citations[0]"), "{}", repair.message(3));
        assert_eq!(server.requests().len(), before + 2);

        // A new message, so that the answer is not taken from the cache.
        let path = format!("/api/tickets/{}/messages", ticket["id"].as_str().unwrap());
        agent.post(&path, json!({"body": format!("A note before {action}.")})).await.expect(201);
        [answer(&foreign), answer("nothing")].into_iter().for_each(|step| server.push(step));
        let ended = agent.copilot(action, body(action, &ticket)).await;
        assert_eq!((&ended["code"], &ended["content"]), (&json!("invalid_answer"), &Value::Null), "{ended}");
        assert!(ended["error"].as_str().unwrap().contains("citations[0]"), "{ended}");
    }
    // An article that was in the snapshot may be cited.
    let article = world.town.north.article.clone();
    server.push(Step::json(json!({"steps": ["Renew the certificate."], "citations": [article]})));
    let ended = agent.copilot("suggest", body("suggest", &ticket)).await;
    assert_eq!(ended["content"]["citations"], json!([article]), "{ended}");
    server.assert_done();
    world.stop().await;
}

async fn the_copilot_can_be_switched_off(engine: Engine) {
    let world = World::with(engine, Setup { model: None, ..Setup::default() }).await;
    let agent = world.agent().await;
    let ticket = vpn(&agent).await;
    for (action, _, _) in JOBS {
        let answer = agent.post(&format!("/api/copilot/v1/{action}"), body(action, &ticket)).await;
        assert!(answer.header("retry-after").parse::<u64>().is_ok());
        let refusal = answer.refused(503, "unavailable");
        assert_eq!(refusal["ok"], false);
        assert!(refusal["error"].as_str().unwrap().contains("COPILOT_PROVIDER=off"), "{refusal}");
    }
    let health = agent.get("/api/copilot/v1/health").await.expect(200)["data"].clone();
    assert_eq!(
        (&health["provider"], &health["reachable"], &health["model"]),
        (&json!("off"), &json!(false), &Value::Null)
    );
    assert!(health["reason"].as_str().unwrap().contains("switched off"), "{health}");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM ai_suggestions").await, 0);
    world.stop().await;
}

async fn health_says_whether_the_model_can_be_reached(engine: Engine) {
    let world = World::new(engine).await;
    let expect = json!({"provider": "builtin", "model": "builtin", "reachable": true, "reason": null});
    assert_eq!(world.viewer().await.get("/api/copilot/v1/health").await.expect(200)["data"], expect);
    world.stranger().get("/api/copilot/v1/health").await.refused(401, "token_missing");
    world.stop().await;
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    let agent = world.agent().await;
    let expect = json!({"provider": "openai", "model": "gpt-4o-mini", "reachable": true, "reason": null});
    assert_eq!(agent.get("/api/copilot/v1/health").await.expect(200)["data"], expect);
    server.stop().await;
    let health = agent.get("/api/copilot/v1/health").await.expect(200)["data"].clone();
    assert_eq!((&health["provider"], &health["reachable"]), (&json!("openai"), &json!(false)));
    assert!(health["reason"].as_str().unwrap().contains("OPENAI_BASE_URL"), "{health}");
    world.stop().await;
    let (world, _server) = scripted(engine, [], |options, _| options.api_key = Some("wrong".into())).await;
    let health = world.agent().await.get("/api/copilot/v1/health").await.expect(200)["data"].clone();
    assert_eq!(health["reachable"], false);
    assert!(health["reason"].as_str().unwrap().contains("OPENAI_API_KEY"), "{health}");
    world.stop().await;
}
