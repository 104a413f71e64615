//! Answers that come in pieces: what a listener hears, and every way in which a stream fails.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use patchcord_domain::copilot::{Kind, Outcome};
use patchcord_llm::openai::{OpenAi, Options};
use patchcord_llm::{Listener, ModelError, Prompts, Usage, answer_heard, partial_text};
use patchcord_simulator::openai::{KEY, Reply, ScriptedModel, Step};
use serde_json::{Value, json};

use super::{ManualClock, redacted, redactor};

#[derive(Default)]
struct Ear(Mutex<Vec<String>>);

impl Listener for Ear {
    fn heard(&self, so_far: &str) {
        self.0.lock().unwrap().push(so_far.to_owned());
    }
}

impl Ear {
    /// What a person would have seen, one entry for each change.
    fn seen(&self) -> Vec<String> {
        let mut seen: Vec<String> =
            self.0.lock().unwrap().iter().filter_map(|so_far| partial_text("answer", so_far)).collect();
        seen.dedup();
        seen
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

const SAID: &str = "Grüße! The \"VPN\" works 😀 again.";

fn reply() -> Reply {
    Reply { usage: Some([100, 40, 20]), ..Reply::json(json!({"answer": SAID, "citations": ["msg-1"]})) }
}

#[tokio::test]
async fn pieces_are_heard_in_order_and_the_whole_is_checked() {
    let server = ScriptedModel::start([Step::Reply(reply())]).await;
    let ear = Ear::default();
    let told = answer_heard(&model(&server, 2_000), &redactor(), &redacted(Kind::Chat), Some(&ear)).await.unwrap();
    let Outcome::Chat(chat) = told.outcome else { panic!("not a chat answer") };
    assert_eq!(chat.answer, SAID);
    assert_eq!(told.usage, Usage { input_tokens: 100, cached_input_tokens: 40, output_tokens: 20 });
    let seen = ear.seen();
    assert!(seen.len() >= 5, "{seen:?}");
    assert!(seen.iter().all(|text| SAID.starts_with(text.as_str())), "{seen:?}");
    assert!(seen.is_sorted_by_key(String::len));
    assert_eq!(seen.last().unwrap(), SAID);
    let sent = server.requests()[0].json();
    assert_eq!((&sent["stream"], &sent["stream_options"]["include_usage"]), (&json!(true), &json!(true)));
    server.assert_done();
}

#[tokio::test]
async fn nobody_listens_and_nothing_streams() {
    let server = ScriptedModel::start([Step::Reply(reply())]).await;
    answer_heard(&model(&server, 2_000), &redactor(), &redacted(Kind::Chat), None).await.unwrap();
    assert_eq!(server.requests()[0].json()["stream"], Value::Null);
}

#[tokio::test]
async fn a_repair_is_not_heard() {
    let wrong = Reply::json(json!({"answer": "Wrong.", "citations": ["made-up"]}));
    let server = ScriptedModel::start([Step::Reply(wrong), Step::Reply(reply())]).await;
    let ear = Ear::default();
    let told = answer_heard(&model(&server, 2_000), &redactor(), &redacted(Kind::Chat), Some(&ear)).await.unwrap();
    assert!(told.repaired);
    assert_eq!(ear.seen().last().unwrap(), "Wrong.");
    assert_eq!(server.requests()[1].json()["stream"], Value::Null);
}

#[tokio::test]
async fn servers_that_refuse_to_stream_are_asked_for_the_whole_from_then_on() {
    let steps = [Step::NoStrictSchemas, Step::NoStreaming, Step::Reply(reply()), Step::Reply(reply())];
    let server = ScriptedModel::start(steps).await;
    let model = model(&server, 2_000);
    for _ in 0..2 {
        let ear = Ear::default();
        answer_heard(&model, &redactor(), &redacted(Kind::Chat), Some(&ear)).await.unwrap();
        assert!(ear.seen().is_empty());
    }
    server.assert_done();
    let asked: Vec<(bool, bool)> = server
        .requests()
        .iter()
        .map(|request| (request.json()["stream"] == true, request.json()["response_format"]["type"] == "json_schema"))
        .collect();
    assert_eq!(asked, [(true, true), (true, false), (false, false), (false, false)]);
}

#[tokio::test]
async fn a_server_that_answers_whole_all_the_same_is_understood() {
    let server = ScriptedModel::start([Step::Whole(reply())]).await;
    let ear = Ear::default();
    let told = answer_heard(&model(&server, 2_000), &redactor(), &redacted(Kind::Chat), Some(&ear)).await.unwrap();
    assert_eq!(told.usage.output_tokens, 20);
    assert!(ear.seen().is_empty());
}

#[tokio::test]
async fn every_failure_of_a_stream_is_transient_and_says_nothing_of_the_text() {
    let too_long = Reply::json(json!({"answer": "x".repeat(30_000), "citations": null}));
    for (step, code, part) in [
        (Step::StreamCut(reply()), "model_unavailable", "connection broke"),
        (Step::StreamGarbage(reply()), "model_unavailable", "not a chat completion"),
        (Step::StreamError(reply()), "model_unavailable", "in the middle of its answer"),
        (Step::StreamHang(reply()), "model_timeout", "in time"),
        (Step::Reset, "model_unavailable", "connection broke"),
        (Step::Hang, "model_timeout", "in time"),
        (Step::Status(500), "model_unavailable", "500"),
        (Step::RateLimited(Some("7".into())), "rate_limited", "too often"),
        (Step::Garbage, "model_unavailable", "not a chat completion"),
        (Step::Reply(too_long), "answer_too_large", "too long"),
    ] {
        let server = ScriptedModel::start([step.clone()]).await;
        let ear = Ear::default();
        let model = model(&server, 700);
        let (redactor, task) = (redactor(), redacted(Kind::Chat));
        let told = answer_heard(&model, &redactor, &task, Some(&ear));
        let failure = tokio::time::timeout(Duration::from_secs(10), told).await.unwrap().unwrap_err();
        let text = failure.error.to_string();
        assert_eq!(failure.error.code(), code, "{code}: {text}");
        assert!(text.contains(part) && !text.contains("Grüße") && !text.contains(KEY), "{text}");
        assert_eq!(failure.error.is_transient(), code != "answer_too_large");
        assert_eq!(server.requests().len(), 1, "the queue repeats, not the client");
    }
}

#[tokio::test]
async fn a_stream_that_declines_is_an_answer_that_does_not_fit() {
    let declines = Reply { refusal: Some("I cannot help with that.".into()), ..Reply::default() };
    let server = ScriptedModel::start([Step::Reply(declines.clone()), Step::Reply(declines)]).await;
    let told = answer_heard(&model(&server, 2_000), &redactor(), &redacted(Kind::Chat), Some(&Ear::default())).await;
    let failure = told.unwrap_err();
    assert!(matches!(failure.error, ModelError::Invalid(_)), "{failure:?}");
}
