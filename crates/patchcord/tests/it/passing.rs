//! What nodes tell each other without storing it: who looks at which ticket, and text that is being written.

use std::time::{Duration, Instant};

use patchcord_app::presence::Looking;
use patchcord_domain::id::WorkspaceId;
use patchcord_simulator::openai::{Reply, ScriptedModel, Step};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::ai::openai;
use crate::harness::{Engine, Node, Setup, Socket, World};

const PATIENCE: Duration = Duration::from_secs(20);
const DRAFT: &str = "Hello Jonas,\nplease renew the certificate “VPN” and tell us whether it helps. Kind regards 😀";

async fn look(socket: &mut Socket, presence: Value) {
    socket.send(Message::text(json!({"presence": presence}).to_string())).await;
}

/// Waits until a node knows of these people, those who type with an asterisk.
async fn shown(node: &Node, workspace: &WorkspaceId, ticket: &str, expect: &[&str]) {
    let began = Instant::now();
    loop {
        let Looking { viewers, .. } = node.app.live.presence().looking(workspace, ticket);
        let names: Vec<String> = viewers
            .iter()
            .map(|viewer| format!("{}{}", viewer.name, if viewer.is_typing { "*" } else { "" }))
            .collect();
        if names == expect {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{names:?} instead of {expect:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_on_one_node_are_shown_on_another() {
    let world = World::new(Engine::Postgres).await;
    let (agent, viewer) = (world.agent().await, world.viewer().await);
    let ticket = agent.ticket("VPN drops every 20 minutes", "My VPN drops every 20 minutes.").await;
    let id = ticket["id"].as_str().unwrap();
    let workspace = world.town.north.workspace.clone();
    let other = world.beside(Setup::default()).await;

    let mut first = Socket::listening(&world, &agent, &[]).await;
    look(&mut first, json!({"ticketId": id})).await;
    shown(&other, &workspace, id, &["AGENT of north"]).await;
    let mut second = Socket::listening(&world, &viewer, &[]).await;
    look(&mut second, json!({"ticketId": id, "isTyping": true})).await;
    shown(&other, &workspace, id, &["AGENT of north", "VIEWER of north*"]).await;
    drop(first);
    shown(&other, &workspace, id, &["VIEWER of north*"]).await;
    look(&mut second, json!({})).await;
    shown(&other, &workspace, id, &[]).await;
    other.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_came_later_is_told_within_the_next_reminder() {
    let world = World::new(Engine::Postgres).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("VPN drops every 20 minutes", "My VPN drops every 20 minutes.").await;
    let id = ticket["id"].as_str().unwrap();
    let mut socket = Socket::listening(&world, &agent, &[]).await;
    look(&mut socket, json!({"ticketId": id})).await;
    let other = world.beside(Setup::default()).await;
    shown(&other, &world.town.north.workspace, id, &["AGENT of north"]).await;
    other.stop().await;
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_that_is_written_on_one_node_is_seen_on_another() {
    let reply = Reply::json(json!({"citations": null, "reply": DRAFT, "tone": "professional"}));
    let server = ScriptedModel::start([Step::Slowly(120, reply)]).await;
    let world = World::with(Engine::Postgres, Setup { worker: false, ..Setup::default() }).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("VPN drops every 20 minutes", "My VPN drops every 20 minutes.").await;
    let id = ticket["id"].as_str().unwrap();
    let mut socket = Socket::listening(&world, &agent, &[&format!("tickets:{id}")]).await;

    // The worker, and with it the model, is on the other node; the socket is on this one.
    let other = world.beside(Setup { model: Some(openai(&server)), ..Setup::default() }).await;
    let asked = agent.post("/api/copilot/v1/draft-reply", json!({"ticketId": id})).await.expect(202);
    let seen = socket.until("suggestion.partial").await;
    let partial = seen.last().unwrap();
    assert!(partial.get("id").is_none_or(Value::is_null), "{partial}");
    assert_eq!(partial["data"]["suggestionId"], asked["data"]["suggestionId"]);
    let text = partial["data"]["text"].as_str().unwrap();
    assert!(!text.is_empty() && DRAFT.starts_with(text), "{text}");
    let done = agent.finished(asked["data"]["suggestionId"].as_str().unwrap()).await;
    assert_eq!(done["content"]["reply"], DRAFT);
    other.stop().await;
    world.stop().await;
    server.assert_done();
}
