//! A scripted model server as a process of its own, for tests that run in a browser. It prints where it listens, one address
//! a line: the model, then what steers it (see `openai::control`), and runs until it is ended.

use patchcord_simulator::openai::{ScriptedModel, control};
use tokio::net::TcpListener;

#[expect(clippy::print_stdout, reason = "whoever starts it reads the addresses there")]
#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let model = ScriptedModel::start([]).await;
    println!("{}", model.base_url());
    println!("http://{}", listener.local_addr()?);
    control::steer(model, listener).await
}
