//! What answers cost, when they are given again, and where the budget ends.

use patchcord_domain::time::DAY;
use patchcord_simulator::openai::{Reply, Step};
use serde_json::{Value, json};

use crate::harness::{Client, Engine, analysis, both_engines, number, scripted, texts};

both_engines!(
    an_unchanged_ticket_is_not_analysed_twice,
    answers_are_not_given_again_after_a_day,
    every_call_is_in_the_ledger_at_the_listed_price,
    the_budget_ends_the_day,
    a_model_without_a_price_has_a_budget_of_tokens,
    tokens_of_failed_calls_count,
);

async fn vpn(client: &Client) -> Value {
    client.ticket("VPN drops", "It drops every 20 minutes.").await
}

async fn analyse(client: &Client, ticket: &Value) -> Value {
    client.copilot("analyze", json!({"ticketId": ticket["id"]})).await
}

/// An answer that used so many tokens: of the prompt, cached ones among them, of the answer.
fn using(content: Value, usage: [u32; 3]) -> Step {
    Step::Reply(Reply { content: Some(content.to_string()), usage: Some(usage), ..Reply::default() })
}

async fn an_unchanged_ticket_is_not_analysed_twice(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let ticket = vpn(&agent).await;
    let first = analyse(&agent, &ticket).await;
    assert!(first["costUsd"].as_f64().unwrap() > 0.0, "{first}");
    // Feedback is no change of the ticket.
    let feedback = format!("/api/copilot/v1/feedback/{}", first["id"].as_str().unwrap());
    agent.post(&feedback, json!({"verdict": "accepted"})).await.expect(200);
    let second = analyse(&agent, &ticket).await;
    assert_eq!(server.requests().len(), 1, "the model was asked about an unchanged ticket");
    assert_eq!((&second["state"], &second["content"]), (&json!("success"), &first["content"]));
    assert_ne!(second["id"], first["id"]);
    for (field, value) in [("promptTokens", json!(0)), ("completionTokens", json!(0)), ("costUsd", json!(0.0))] {
        assert_eq!(second[field], value, "{field}");
    }
    assert_eq!(second["model"], "gpt-4o-mini");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM ai_usage_logs").await, 1);
    // Another kind of question is another question, another workspace is another world.
    agent.copilot("suggest", json!({"ticketId": ticket["id"]})).await;
    assert_eq!(server.requests().len(), 2);
    let theirs = vpn(&foreigner).await;
    assert_eq!(analyse(&foreigner, &theirs).await["state"], "success");
    assert_eq!(server.requests().len(), 3, "an answer crossed from one workspace to another");
    let path = format!("/api/tickets/{}/messages", ticket["id"].as_str().unwrap());
    agent.post(&path, json!({"body": "It also drops at home."})).await.expect(201);
    assert_eq!(analyse(&agent, &ticket).await["state"], "success");
    assert_eq!(server.requests().len(), 4, "a changed ticket was not analysed again");
    let path = format!("/api/tickets/{}/status", ticket["id"].as_str().unwrap());
    agent.patch(&path, json!({"status": "IN_PROGRESS"})).await.expect(200);
    analyse(&agent, &ticket).await;
    assert_eq!(server.requests().len(), 5, "a ticket with another status was not analysed again");
    world.stop().await;
}

async fn answers_are_not_given_again_after_a_day(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    let agent = world.agent().await;
    let ticket = vpn(&agent).await;
    analyse(&agent, &ticket).await;
    world.clock.forward(DAY + 1_000);
    analyse(&world.agent().await, &ticket).await;
    assert_eq!(server.requests().len(), 2);
    world.stop().await;
}

async fn every_call_is_in_the_ledger_at_the_listed_price(engine: Engine) {
    let script = [
        using(analysis("The VPN drops."), [1_000, 400, 200]),
        // Repaired: both calls count.
        using(json!({"summary": ""}), [1_000, 0, 100]),
        using(analysis("The VPN drops."), [2_000, 0, 100]),
        // Another model than the one asked for answers, as behind a gateway.
        Step::Reply(Reply {
            content: Some(analysis("The VPN drops.").to_string()),
            model: Some("gpt-4o-2024-08-06".into()),
            usage: Some([1_000, 0, 100]),
            ..Reply::default()
        }),
    ];
    let (world, server) = scripted(engine, script, |_, _| {}).await;
    let agent = world.agent().await;
    let mut seen = Vec::new();
    for index in 0..3 {
        let ticket = agent.ticket(&format!("VPN drops {index}"), "It drops.").await;
        let ended = analyse(&agent, &ticket).await;
        seen.push(json!([ended["model"], ended["promptTokens"], ended["completionTokens"], ended["costUsd"]]));
    }
    // gpt-4o-mini: 600 × 0.15 + 400 × 0.075 + 200 × 0.60 = 240 micro-dollars; 3,000 × 0.15 + 200 × 0.60 = 570.
    // gpt-4o: 1,000 × 2.50 + 100 × 10 = 3,500.
    let expect = [
        json!(["gpt-4o-mini", 1_000, 200, 0.000_24]),
        json!(["gpt-4o-mini", 3_000, 200, 0.000_57]),
        json!(["gpt-4o-2024-08-06", 1_000, 100, 0.003_5]),
    ];
    assert_eq!(seen, expect);
    let rows = "SELECT model || ' ' || CAST(input_tokens AS TEXT) || ' ' || CAST(cached_input_tokens AS TEXT) || ' ' \
        || CAST(output_tokens AS TEXT) || ' ' || CAST(cost_usd AS TEXT) || ' ' || purpose \
        FROM ai_usage_logs ORDER BY created_at, id";
    let expect = [
        "gpt-4o-mini 1000 400 200 240 analysis",
        "gpt-4o-mini 3000 0 200 570 analysis",
        "gpt-4o-2024-08-06 1000 0 100 3500 analysis",
    ];
    assert_eq!(texts(&world.store, rows).await, expect);
    server.assert_done();
    world.stop().await;
}

async fn the_budget_ends_the_day(engine: Engine) {
    let (world, server) = scripted(engine, [], |_, setup| setup.options.daily_budget_microusd = 1_000).await;
    // 1,000 × 0.15 + 1,000 × 0.60 = 750 micro-dollars each.
    server.respond(|_| using(analysis("The VPN drops."), [1_000, 0, 1_000]));
    let agent = world.agent().await;
    for (index, state, code) in
        [(1, "success", Value::Null), (2, "success", Value::Null), (3, "error", json!("budget_exceeded"))]
    {
        let ended = analyse(&agent, &agent.ticket(&format!("VPN drops {index}"), "It drops.").await).await;
        assert_eq!((&ended["state"], &ended["code"]), (&json!(state), &code), "{ended}");
        if state == "error" {
            assert!(ended["error"].as_str().unwrap().contains("AI_DAILY_BUDGET_USD"), "{ended}");
        }
    }
    assert_eq!(server.requests().len(), 2, "a model was asked beyond the budget");
    // Each workspace has its own, and so has each day.
    let foreigner = world.foreigner().await;
    assert_eq!(analyse(&foreigner, &vpn(&foreigner).await).await["state"], "success");
    world.clock.forward(DAY);
    let agent = world.agent().await;
    assert_eq!(analyse(&agent, &agent.ticket("VPN drops 4", "It drops.").await).await["state"], "success");
    world.stop().await;
}

/// What has no price costs nothing here: only the budget of tokens bounds it.
async fn a_model_without_a_price_has_a_budget_of_tokens(engine: Engine) {
    let (world, server) = scripted(engine, [], |options, setup| {
        options.model = "nobodys-model".into();
        setup.options.daily_budget_tokens = 4_000;
    })
    .await;
    server.respond(|_| using(analysis("The VPN drops."), [1_000, 0, 1_000]));
    let (admin, agent) = (world.admin().await, world.agent().await);
    let ask = |n: u32| {
        let agent = agent.clone();
        async move { analyse(&agent, &agent.ticket(&format!("VPN drops {n}"), "It drops.").await).await }
    };
    for n in 1..=2 {
        assert_eq!(ask(n).await["state"], "success");
    }
    let refused = ask(3).await;
    assert_eq!((&refused["code"], server.requests().len()), (&json!("budget_exceeded"), 2));
    assert!(refused["error"].as_str().unwrap().contains("AI_DAILY_BUDGET_TOKENS"), "{refused}");
    let settings = admin.get("/api/workspace").await.expect(200);
    assert_eq!((&settings["dailyBudgetTokens"], &settings["dailyBudgetMaxTokens"]), (&json!(4_000), &json!(4_000)));
    // A workspace may want less than the operator allows, and never more.
    let foreigner = world.foreigner().await;
    assert_eq!(
        foreigner.patch("/api/workspace", json!({"dailyBudgetTokens": 4_001})).await.wrong_fields(),
        ["dailyBudgetTokens"]
    );
    foreigner.patch("/api/workspace", json!({"dailyBudgetTokens": 1_500})).await.expect(200);
    assert_eq!(analyse(&foreigner, &vpn(&foreigner).await).await["state"], "success");
    let refused = analyse(&foreigner, &foreigner.ticket("Printer", "x").await).await;
    assert!(refused["error"].as_str().unwrap().contains("budget of tokens of the workspace"), "{refused}");
    foreigner.patch("/api/workspace", json!({"dailyBudgetTokens": null})).await.expect(200);
    assert_eq!(analyse(&foreigner, &foreigner.ticket("Printer 2", "x").await).await["state"], "success");
    world.stop().await;
}

async fn tokens_of_failed_calls_count(engine: Engine) {
    let wrong = || using(json!({"summary": ""}), [1_000, 0, 1_000]);
    let (world, server) =
        scripted(engine, [wrong(), wrong()], |_, setup| setup.options.daily_budget_microusd = 1_000).await;
    let agent = world.agent().await;
    let ended = analyse(&agent, &vpn(&agent).await).await;
    assert_eq!(ended["code"], "invalid_answer");
    let rows = "SELECT error || ' ' || CAST(input_tokens AS TEXT) || ' ' || CAST(cost_usd AS TEXT) FROM ai_usage_logs";
    assert_eq!(texts(&world.store, rows).await, ["invalid_answer 2000 1500"]);
    let ended = analyse(&agent, &agent.ticket("Printer jams", "It jams.").await).await;
    assert_eq!(ended["code"], "budget_exceeded");
    assert_eq!(server.requests().len(), 2);
    world.stop().await;
}
