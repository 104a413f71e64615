//! Scripted model servers as a process of its own, for tests that run in a browser. It prints where it listens, one address
//! a line: the chat model, what steers it (see `openai::control`), and the model that speaks; and runs until it is ended.

use std::sync::Arc;

use patchcord_agents::builtin::Rules;
use patchcord_llm::builtin::Playbooks;
use patchcord_simulator::openai::{ScriptedModel, control};
use patchcord_simulator::realtime::{self, ScriptedRealtime};
use tokio::net::TcpListener;

#[expect(clippy::print_stdout, reason = "whoever starts it reads the addresses there")]
#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let model = ScriptedModel::start([]).await;
    let rules = Arc::new(Rules::new(Playbooks::embedded()));
    let speaking = ScriptedRealtime::start(rules, realtime::Options::default()).await;
    println!("{}", model.base_url());
    println!("http://{}", listener.local_addr()?);
    println!("{}", speaking.url());
    control::steer(model, listener).await
}
