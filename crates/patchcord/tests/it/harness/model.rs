//! A desk whose model is a scripted server.

use std::sync::Arc;

use patchcord_llm::Prompts;
use patchcord_llm::openai::{self, OpenAi};
use patchcord_simulator::openai::{KEY, Request, ScriptedModel, Step};
use serde_json::{Value, json};

use super::{Engine, Setup, World};

/// A desk and the server that it asks. The server answers every request with [`fitting`] after the steps of the script.
pub(crate) async fn scripted(
    engine: Engine,
    script: impl IntoIterator<Item = Step>,
    tune: impl FnOnce(&mut openai::Options, &mut Setup),
) -> (World, ScriptedModel) {
    let server = ScriptedModel::start(script).await;
    server.respond(fitting);
    let mut setup = Setup::default();
    let mut options = openai::Options::new(server.base_url(), "gpt-4o-mini");
    options.api_key = Some(KEY.to_owned());
    options.timeout_ms = 5_000;
    tune(&mut options, &mut setup);
    setup.model = Some(Arc::new(OpenAi::new(options, setup.clock.clone(), Prompts::embedded()).unwrap()));
    (World::with(engine, setup).await, server)
}

/// An answer to an analysis.
pub(crate) fn analysis(summary: &str) -> Value {
    json!({
        "summary": summary, "sentiment": "neutral", "category": "network", "urgency": "low", "suggestedActions": null,
    })
}

/// An answer that fits what was asked for.
pub(crate) fn fitting(request: &Request) -> Step {
    let json = request.json();
    Step::json(answering(json["response_format"]["json_schema"]["name"].as_str().unwrap_or_default()))
}

/// The content of an answer to a job of that kind.
pub(crate) fn answering(kind: &str) -> Value {
    match kind {
        "next_steps" => json!({"steps": ["Restart the client."], "citations": null}),
        "draft_reply" => json!({"reply": "Please restart the client.", "tone": "formal", "citations": null}),
        "chat" => json!({"answer": "The customer restarted it.", "citations": null}),
        _ => analysis("The VPN drops."),
    }
}
