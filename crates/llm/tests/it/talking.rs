//! Conversations with a chat model: words as they come, tools, and every way in which it fails.

use std::sync::Arc;
use std::time::Duration;

use patchcord_domain::redaction::Redacted;
use patchcord_llm::openai::{OpenAi, Options};
use patchcord_llm::talk::{Entry, Said, Talk, Talker, ToolCall, ToolSpec, Words};
use patchcord_llm::{ModelError, Prompts, Usage};
use patchcord_simulator::openai::{KEY, Reply, ScriptedModel, Step};
use serde_json::{Value, json};

use super::{ManualClock, redactor};

#[derive(Default)]
struct Ear(Vec<String>);

impl Words for Ear {
    fn word(&mut self, piece: &str) {
        self.0.push(piece.to_owned());
    }
}

fn model(server: &ScriptedModel, timeout_ms: u64) -> OpenAi {
    let options = Options {
        api_key: Some(KEY.into()),
        timeout_ms,
        max_answer_bytes: 20_000,
        ..Options::new(server.base_url(), "gpt-4o-mini")
    };
    OpenAi::new(options, Arc::new(ManualClock::default()), Prompts::embedded()).unwrap()
}

fn call(id: &str, name: &str, arguments: &str) -> ToolCall {
    ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() }
}

fn spec(name: &str) -> ToolSpec {
    ToolSpec {
        name: name.into(),
        description: "Does it.".into(),
        parameters: json!({"type": "object", "properties": {"query": {"type": "string"}}}),
    }
}

fn talk(history: Vec<Entry>) -> Redacted<Talk> {
    redactor().spoken(Talk {
        agent: "printer_agent".into(),
        instructions: "You help with printers.".into(),
        tools: vec![spec("search_knowledge"), spec("end_call")],
        history,
    })
}

fn said() -> Vec<Entry> {
    vec![
        Entry::Desk("[begin] The call begins.".into()),
        Entry::Agent("Hello.".into()),
        Entry::Caller("My printer jams, write to jo@example.com".into()),
        Entry::Agent("One moment.".into()),
        Entry::Called(vec![call("c1", "search_knowledge", "{\"query\":\"jam\"}"), call("c2", "end_call", "{}")]),
        Entry::Result { id: "c1".into(), content: "{\"articles\":[]}".into() },
        Entry::Result { id: "c2".into(), content: "{}".into() },
    ]
}

async fn ask(model: &OpenAi, talk: &Redacted<Talk>) -> (Result<Said, ModelError>, Vec<String>) {
    let mut ear = Ear::default();
    let said = model.talk(talk, &mut ear).await;
    (said, ear.0)
}

#[tokio::test]
async fn words_come_in_pieces_and_tools_whole() {
    let calls = [["call_1", "search_knowledge", "{\"query\": \"Papierstau ß\"}"], ["call_2", "end_call", "{}"]];
    let reply =
        Reply { usage: Some([100, 40, 20]), ..Reply::calls(Some("Größe? I will look that up. 😀"), &calls) };
    let server = ScriptedModel::start([Step::Reply(reply)]).await;
    let (said, heard) = ask(&model(&server, 2_000), &talk(said())).await;
    let said = said.unwrap();
    assert!(heard.len() > 3 && heard.concat() == said.text, "{heard:?}");
    assert_eq!(said.text, "Größe? I will look that up. 😀");
    let expected =
        [call("call_1", "search_knowledge", "{\"query\": \"Papierstau ß\"}"), call("call_2", "end_call", "{}")];
    assert_eq!(said.calls, expected);
    assert_eq!(said.usage, Usage { input_tokens: 100, cached_input_tokens: 40, output_tokens: 20 });
    let sent = server.requests()[0].json();
    let roles: Vec<&str> = sent["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "system", "assistant", "user", "assistant", "tool", "tool"]);
    assert_eq!(sent["messages"][4]["content"], "One moment.");
    assert_eq!(sent["messages"][4]["tool_calls"][0]["function"]["name"], "search_knowledge");
    assert_eq!(sent["messages"][5]["tool_call_id"], "c1");
    assert_eq!(sent["tools"][0]["function"]["name"], "search_knowledge");
    assert!(!sent.to_string().contains("jo@example.com"));
    server.assert_done();
}

#[tokio::test]
async fn a_server_that_does_not_stream_answers_whole() {
    let calls = [["", "search_knowledge", "{}"], ["", "end_call", ""]];
    let reply = Reply::calls(Some("Let me see."), &calls);
    let server = ScriptedModel::start([Step::NoStreaming, Step::Reply(reply.clone()), Step::Whole(reply)]).await;
    let model = model(&server, 2_000);
    for _ in 0..2 {
        let (said, heard) = ask(&model, &talk(said())).await;
        assert_eq!(heard, ["Let me see."]);
        let ids: Vec<String> = said.unwrap().calls.into_iter().map(|call| call.id).collect();
        assert_eq!(ids, ["call-7-0", "call-7-1"], "an id is given where the server gives none");
    }
    let streamed: Vec<Value> = server.requests().iter().map(|request| request.json()["stream"].clone()).collect();
    assert_eq!(streamed, [json!(true), Value::Null, Value::Null]);
    server.assert_done();
}

#[tokio::test]
async fn failures_are_typed_and_words_that_were_heard_stay_heard() {
    let reply = Reply { content: Some("One two three four five six.".into()), ..Reply::default() };
    for (step, code, hears) in [
        (Step::StreamCut(reply.clone()), "model_unavailable", true),
        (Step::StreamGarbage(reply.clone()), "model_unavailable", true),
        (Step::StreamError(reply.clone()), "model_unavailable", true),
        (Step::StreamHang(reply.clone()), "model_timeout", true),
        (Step::Hang, "model_timeout", false),
        (Step::Reset, "model_unavailable", false),
        (Step::Status(500), "model_unavailable", false),
        (Step::RateLimited(None), "rate_limited", false),
        (Step::NoCredit, "model_refused", false),
        (Step::Garbage, "model_unavailable", false),
        (Step::Long(100_000), "answer_too_large", false),
    ] {
        let shown = format!("{step:?}");
        let server = ScriptedModel::start([step]).await;
        let (said, heard) = ask(&model(&server, 400), &talk(said())).await;
        assert_eq!(said.unwrap_err().code(), code, "{shown}");
        assert_eq!(!heard.is_empty(), hears, "{shown}");
    }
}

#[tokio::test]
async fn whoever_stops_listening_ends_the_generation() {
    let reply = Reply { content: Some("word ".repeat(200)), ..Reply::default() };
    let server = ScriptedModel::start([Step::Slowly(20, reply), Step::Reply(Reply::calls(Some("Yes."), &[]))]).await;
    let model = model(&server, 10_000);
    let asked = talk(said());
    let mut ear = Ear::default();
    let cut = tokio::time::timeout(Duration::from_millis(300), model.talk(&asked, &mut ear)).await;
    assert!(cut.is_err() && !ear.0.is_empty(), "it was cut in the middle");
    let (said, _) = ask(&model, &asked).await;
    assert_eq!(said.unwrap().text, "Yes.", "the next turn is not held up");
}
