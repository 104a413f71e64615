//! `patchcord eval replay`: old answers that people have judged beside new ones.

use std::process::Stdio;

use patchcord_app::replay::Replayed;
use patchcord_llm::eval::{Figure, Row};
use patchcord_simulator::openai::{Reply, Step};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt;

use crate::harness::{Client, Engine, World, both_engines, database_url, number, patchcord, ran, scripted, texts};

both_engines!(
    new_answers_are_compared_with_what_people_did,
    a_replay_changes_nothing_but_the_ledger,
    a_replay_ends_where_the_budget_does,
    the_command_needs_something_to_compare,
);

async fn judged(client: &Client, action: &str, ticket: &Value, verdict: Value) -> Value {
    let ended = client.copilot(action, json!({"ticketId": ticket["id"]})).await;
    assert_eq!(ended["state"], "success", "{ended}");
    client.post(&format!("/api/copilot/v1/feedback/{}", ended["id"].as_str().unwrap()), verdict).await.expect(200)
}

async fn replayed(world: &World, limit: u64) -> Replayed {
    let slug = texts(&world.store, "SELECT slug FROM workspaces ORDER BY created_at, id");
    let ours = slug.await;
    for slug in &ours {
        let told = world.app.operator_replay(slug, limit).await.unwrap();
        if told.found > 0 {
            return told;
        }
    }
    panic!("no workspace of {ours:?} has judged suggestions");
}

fn row<'r>(told: &'r Replayed, kind: &str, verdict: &str) -> &'r Row {
    told.replay.rows.iter().find(|row| (row.kind, row.verdict) == (kind, verdict)).unwrap()
}

async fn new_answers_are_compared_with_what_people_did(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("VPN drops", "It drops. Ask vera@example.com.").await;
    judged(&agent, "draft-reply", &ticket, json!({"verdict": "edited", "finalText": "Please restart the gateway."}))
        .await;
    judged(&agent, "analyze", &ticket, json!({"verdict": "accepted"})).await;
    judged(&agent, "suggest", &ticket, json!({"verdict": "rejected"})).await;
    // Not judged: not asked again.
    let other = agent.ticket("Printer jams", "It jams.").await;
    agent.copilot("analyze", json!({"ticketId": other["id"]})).await;
    // What was sent must not be shown to the model that is asked to write it.
    let path = format!("/api/tickets/{}/messages", ticket["id"].as_str().unwrap());
    world.clock.forward(60_000);
    agent.post(&path, json!({"body": "Please restart the gateway."})).await.expect(201);
    let before = server.requests().len();
    server.respond(|request| {
        let asked = request.json()["response_format"]["json_schema"]["name"].as_str().unwrap_or_default().to_owned();
        Step::json(match asked.as_str() {
            "draft_reply" => json!({"reply": "Please restart the gateway!", "tone": "professional", "citations": null}),
            "next_steps" => json!({"steps": ["Restart the gateway."], "citations": null}),
            _ => json!({
                "summary": "The VPN drops.", "sentiment": "neutral", "category": "network", "urgency": "high",
                "suggestedActions": null,
            }),
        })
    });
    let told = replayed(&world, 100).await;
    assert_eq!((told.found, told.provider, told.model.as_str()), (3, "openai", "gpt-4o-mini"));
    let requests = server.requests();
    assert_eq!(requests.len() - before, 3);
    for request in &requests[before..] {
        let raw = String::from_utf8_lossy(request.raw()).into_owned();
        assert!(raw.contains("EMAIL_REDACTED") && !raw.contains("vera@example.com"), "{raw}");
        assert!(!raw.contains("Please restart the gateway."), "the answer was in the question");
    }
    let draft = row(&told, "draft_reply", "edited");
    assert_eq!((draft.changed, draft.nearer), (Figure { count: 1, of: 1 }, Figure { count: 1, of: 1 }));
    // `client` and `gateway` differ in 7 places of 27 characters; `.` and `!` in one.
    assert!(draft.new_distance.unwrap() < 0.04 && draft.old_distance.unwrap() > 0.2, "{draft:?}");
    let analysis = row(&told, "analysis", "accepted");
    assert_eq!((analysis.category.count, analysis.urgency.count, analysis.sentiment.count), (1, 0, 1));
    let steps = row(&told, "next_steps", "rejected");
    assert_eq!((steps.changed, steps.new_distance), (Figure { count: 1, of: 1 }, None));
    assert!(told.replay.is_complete());
    assert_eq!(replayed(&world, 1).await.found, 1, "the newest one");
    world.stop().await;
}

async fn a_replay_changes_nothing_but_the_ledger(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("VPN drops", "It drops.").await;
    judged(&agent, "analyze", &ticket, json!({"verdict": "accepted"})).await;
    // Another ticket than it was, so that the cache has no answer.
    let path = format!("/api/tickets/{}/status", ticket["id"].as_str().unwrap());
    agent.patch(&path, json!({"status": "IN_PROGRESS"})).await.expect(200);
    let counts = || async {
        let mut counts = Vec::new();
        for table in ["ai_suggestions", "ai_cache", "ai_conversations", "events", "ticket_events", "jobs", "audit_log"]
        {
            counts.push(number(&world.store, &format!("SELECT COUNT(*) FROM {table}")).await);
        }
        counts.push(number(&world.store, "SELECT CAST(SUM(updated_at) AS BIGINT) FROM ai_suggestions").await);
        counts
    };
    let before = counts().await;
    assert!(replayed(&world, 100).await.replay.is_complete());
    assert_eq!(counts().await, before);
    let purposes = texts(&world.store, "SELECT purpose FROM ai_usage_logs ORDER BY created_at, id").await;
    assert_eq!(purposes.len(), 2);
    assert!(purposes.contains(&"replay".to_owned()), "{purposes:?}");
    // A failure is told and paid as well.
    server.respond(|_| Step::json(json!({"summary": ""})));
    let told = replayed(&world, 100).await;
    assert!(!told.replay.is_complete());
    assert_eq!(told.replay.missing.get("invalid_answer"), Some(&1), "{told:?}");
    let failed = "SELECT COUNT(*) FROM ai_usage_logs WHERE purpose = 'replay' AND error = 'invalid_answer'";
    assert_eq!(number(&world.store, failed).await, 1);
    world.stop().await;
}

async fn a_replay_ends_where_the_budget_does(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, setup| setup.options.daily_budget_microusd = 1_000).await;
    let agent = world.agent().await;
    for subject in ["VPN drops", "Wi-Fi drops", "LAN drops"] {
        let ticket = agent.ticket(subject, "It drops.").await;
        judged(&agent, "analyze", &ticket, json!({"verdict": "accepted"})).await;
        let path = format!("/api/tickets/{}/status", ticket["id"].as_str().unwrap());
        agent.patch(&path, json!({"status": "IN_PROGRESS"})).await.expect(200);
    }
    // 10,000 × 0.15 = 1,500 micro-dollars: more than there is.
    server.respond(|_| {
        let content = Some(crate::harness::analysis("It drops.").to_string());
        Step::Reply(Reply { content, usage: Some([10_000, 0, 0]), ..Reply::default() })
    });
    let before = server.requests().len();
    let told = replayed(&world, 100).await;
    assert_eq!(server.requests().len() - before, 1, "a model was asked beyond the budget");
    assert_eq!(told.replay.missing.get("budget_exceeded"), Some(&2), "{told:?}");
    assert_eq!(row(&told, "analysis", "accepted").changed.of, 1);
    world.stop().await;
}

async fn the_command_needs_something_to_compare(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let url = database_url(engine, folder.path()).await;
    let run = |arguments: &'static [&'static str]| {
        let mut command = patchcord(folder.path(), arguments);
        command.env("DATABASE_URL", &url);
        command
    };
    assert_eq!(ran(run(&["workspace", "add", "Acme", "--admin", "ana@acme.test"])).await.0, 0);
    let (code, out, _) = ran(run(&["eval", "replay"])).await;
    assert_eq!((code, out.as_str()), (1, "nobody has judged a suggestion yet: there is nothing to compare with\n"));
    let (code, out, _) = ran(run(&["eval", "replay", "--workspace", "acme", "--limit", "5", "--json"])).await;
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &told["found"], &told["complete"]), (1, &json!(0), &json!(false)));
    assert_eq!(ran(run(&["eval", "replay", "--workspace", "nobody"])).await.0, 1);
    assert_eq!(ran(run(&["eval", "replay", "--limit", "0"])).await.0, 2);
    let mut off = run(&["eval", "replay"]);
    off.env("COPILOT_PROVIDER", "off");
    let (code, _, err) = ran(off).await;
    assert!(code == 1 && err.contains("switched off"), "{err}");
}

#[tokio::test]
async fn a_reader_that_goes_away_is_no_failure() {
    let folder = tempfile::tempdir().unwrap();
    let mut child = patchcord(folder.path(), &["openapi"]).stdout(Stdio::piped()).spawn().unwrap();
    // The document is longer than a pipe holds.
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 10]).await.unwrap();
    drop(out);
    let output = child.wait_with_output().await.unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}
