//! The settings of a workspace: read by everybody, changed by administrators, kept to by the copilot.

use std::sync::Arc;

use patchcord_domain::time::Clock;
use patchcord_llm::openai::{self, OpenAi};
use patchcord_llm::{Model, Prompts};
use patchcord_simulator::openai::{KEY, ScriptedModel, Step};
use serde_json::{Value, json};

use crate::harness::{Engine, Setup, TestClock, World, both_engines};

both_engines!(
    everybody_reads_and_administrators_change,
    wrong_settings_are_told_all_at_once,
    a_stale_version_is_refused_with_the_present_state,
    the_copilot_keeps_to_the_workspace,
);

async fn everybody_reads_and_administrators_change(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let before = world.viewer().await.get("/api/workspace").await.expect(200);
    assert_eq!((&before["name"], &before["timezone"], &before["version"]), (&json!("north"), &json!("UTC"), &json!(1)));
    assert_eq!((&before["dailyBudgetUsd"], &before["autoTriage"]), (&json!(20.0), &json!("off")));
    assert_eq!(
        (&before["model"], &before["transferNumber"], &before["recordCalls"]),
        (&Value::Null, &Value::Null, &json!(false))
    );
    world.agent().await.patch("/api/workspace", json!({"name": "Mine"})).await.refused(403, "forbidden");
    world.stranger().get("/api/workspace").await.refused(401, "token_missing");

    let hours = json!({"mon": [{"from": "09:00", "to": "12:30"}, {"from": "13:00", "to": "17:00"}]});
    let changes = json!({
        "version": 1, "name": "North Support", "timezone": "Europe/Berlin", "businessHours": hours,
        "holidays": ["2026-12-25", "2026-01-01"], "productAreas": ["VPN", "Printers"], "model": "gpt-4o",
        "dailyBudgetUsd": 2.5, "autoTriage": "suggest", "transferNumber": "+1 (202) 555-0199", "recordCalls": true,
    });
    let after = admin.patch("/api/workspace", changes).await.expect(200);
    assert_eq!((&after["version"], &after["businessHours"]), (&json!(2), &hours));
    assert_eq!(after["holidays"], json!(["2026-01-01", "2026-12-25"]));
    assert_eq!((&after["dailyBudgetUsd"], &after["dailyBudgetMaxUsd"]), (&json!(2.5), &json!(20.0)));
    assert_eq!((&after["transferNumber"], &after["autoTriage"]), (&json!("+12025550199"), &json!("suggest")));
    assert_eq!(admin.get("/api/workspace").await.expect(200), after);
    assert_eq!(admin.get("/api/lookups").await.expect(200)["productAreas"], json!(["VPN", "Printers"]));

    // Null takes back what was chosen; nothing else moves, and a change of nothing is none.
    let cleared = json!({"model": null, "dailyBudgetUsd": null, "transferNumber": null});
    let cleared = admin.patch("/api/workspace", cleared).await.expect(200);
    assert_eq!(
        (&cleared["model"], &cleared["dailyBudgetUsd"], &cleared["version"]),
        (&Value::Null, &json!(20.0), &json!(3))
    );
    assert_eq!(cleared["recordCalls"], true);
    assert_eq!(admin.patch("/api/workspace", json!({"recordCalls": true})).await.expect(200), cleared);
    let log = admin.get("/api/audit-log?action=workspace.changed").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    assert_eq!(log["items"][0]["before"]["model"], "gpt-4o");
    assert_eq!(world.foreigner().await.get("/api/workspace").await.expect(200)["name"], "south");
    world.stop().await;
}

async fn wrong_settings_are_told_all_at_once(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let wrong = json!({
        "name": "x", "timezone": "Mars/Olympus", "businessHours": {"mon": [{"from": "9", "to": "10"}]},
        "holidays": ["2026-02-30"], "productAreas": [""], "model": "two words", "dailyBudgetUsd": 20.01,
        "autoTriage": "always", "transferNumber": "911",
    });
    let refused = admin.patch("/api/workspace", wrong).await.refused(422, "validation_failed");
    let errors = refused["errors"].as_array().unwrap();
    let fields: Vec<&str> = errors.iter().map(|error| error["field"].as_str().unwrap()).collect();
    let all = [
        "name",
        "timezone",
        "businessHours.mon[0]",
        "holidays[0]",
        "productAreas[0]",
        "model",
        "dailyBudgetUsd",
        "autoTriage",
        "transferNumber",
    ];
    assert_eq!(fields, all);
    for body in
        [json!({"slug": "mine"}), json!({"dailyBudgetUsd": -1}), json!({"businessHours": {"mon": [{"from": "08:00"}]}})]
    {
        admin.patch("/api/workspace", body).await.refused(422, "validation_failed");
    }
    assert_eq!(admin.get("/api/workspace").await.expect(200)["version"], 1);
    world.stop().await;
}

async fn a_stale_version_is_refused_with_the_present_state(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let now = admin.patch("/api/workspace", json!({"version": 1, "name": "First"})).await.expect(200);
    let late = admin.patch("/api/workspace", json!({"version": 1, "name": "Second"})).await;
    assert_eq!(late.refused(409, "stale_version")["current"], now);
    // Of ten at once with the same version, one goes through.
    let tries = (0..10).map(|n| admin.patch("/api/workspace", json!({"version": 2, "name": format!("Try {n}")})));
    let tries = tries.collect::<Vec<_>>();
    let answers = futures::future::join_all(tries).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 409).count(), 9);
    world.stop().await;
}

async fn the_copilot_keeps_to_the_workspace(engine: Engine) {
    let server = ScriptedModel::start([]).await;
    server.respond(|_| Step::Plainest);
    let clock = Arc::new(TestClock::default());
    let mut options = openai::Options::new(server.base_url(), "gpt-4o-mini");
    options.api_key = Some(KEY.to_owned());
    let shared: Arc<dyn Clock> = clock.clone();
    let model: Arc<dyn Model> = Arc::new(OpenAi::new(options, shared, Prompts::embedded()).unwrap());
    let world = World::with(engine, Setup { model: Some(model), clock, ..Setup::default() }).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let asked = async || server.requests().last().map(|request| request.json()["model"].clone()).unwrap();

    let ticket = agent.ticket("The VPN drops", "It drops every ten minutes.").await;
    let body = json!({"ticketId": ticket["id"]});
    assert_eq!(agent.copilot("analyze", body.clone()).await["state"], "success");
    assert_eq!(asked().await, "gpt-4o-mini");

    admin.patch("/api/workspace", json!({"model": "gpt-4o"})).await.expect(200);
    let result = agent.copilot("suggest", body.clone()).await;
    assert_eq!((&result["state"], &result["model"]), (&json!("success"), &json!("gpt-4o")), "{result}");
    assert_eq!(asked().await, "gpt-4o");
    assert_eq!(agent.get("/api/copilot/v1/health").await.expect(200)["data"]["model"], "gpt-4o");

    // What was spent is above the workspace's figure, and far below the operator's.
    admin.patch("/api/workspace", json!({"dailyBudgetUsd": 0.000001})).await.expect(200);
    let count = server.requests().len();
    let result = agent.copilot("draft-reply", body.clone()).await;
    assert_eq!((&result["state"], &result["code"]), (&json!("error"), &json!("budget_exceeded")), "{result}");
    assert!(result["error"].as_str().unwrap().contains("of the workspace"), "{result}");
    assert_eq!(server.requests().len(), count);
    admin.patch("/api/workspace", json!({"dailyBudgetUsd": null})).await.expect(200);
    assert_eq!(agent.copilot("draft-reply", body).await["state"], "success");
    world.stop().await;
}
