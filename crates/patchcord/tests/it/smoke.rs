//! The main job: a ticket comes in over the API and the copilot analyses it.

use serde_json::json;

use crate::harness::{Engine, World, both_engines};

both_engines!(a_ticket_is_opened_and_analysed);

async fn a_ticket_is_opened_and_analysed(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("VPN drops every 20 minutes", "My VPN drops every 20 minutes, please help.").await;
    assert_eq!(ticket["label"], "TKT-0001");
    let result = agent.copilot("analyze", json!({"ticketId": ticket["id"]})).await;
    assert_eq!(result["state"], "success", "{result}");
    assert_eq!(result["model"], "builtin");
    assert_eq!(result["content"]["category"], "network");
    world.stop().await;
}
