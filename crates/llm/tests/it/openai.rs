//! The client of OpenAI-compatible servers: what it sends, what it understands, and every way in which it fails.

use std::sync::Arc;
use std::time::Duration;

use patchcord_domain::copilot::{Kind, Outcome};
use patchcord_domain::time::SECOND;
use patchcord_llm::openai::{OpenAi, Options};
use patchcord_llm::{Model, ModelError, Prices, Prompts, Usage, answer};
use patchcord_simulator::openai::{KEY, Reply, ScriptedModel, Step};
use serde_json::{Value, json};

use super::{ManualClock, redacted, redactor};

/// In every text of the scripted model, so that a test can tell whether any of it gets out.
const SAID: &str = "swordfish";

fn options(server: &ScriptedModel) -> Options {
    Options { api_key: Some(KEY.into()), timeout_ms: 2_000, ..Options::new(server.base_url(), "gpt-4o-mini") }
}

fn model(options: Options) -> OpenAi {
    OpenAi::new(options, Arc::new(ManualClock::default()), Prompts::embedded()).unwrap()
}

fn chat(text: &str) -> Step {
    Step::json(json!({"answer": text, "citations": null}))
}

/// Asks once and gives the error; it must be silent about the key and about what the model said.
async fn error(options: Options) -> ModelError {
    let error = model(options).complete(&redacted(Kind::Chat), None).await.unwrap_err();
    silent(&error);
    error
}

fn silent(error: &ModelError) {
    for text in [error.to_string(), format!("{error:?}")] {
        for secret in [KEY, SAID, "ana@example.com", "127.0.0.1"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

#[tokio::test]
async fn every_failure_has_its_code() {
    let five_megabytes = 5 * 1024 * 1024;
    for (step, code, is_transient, part) in [
        (Step::Status(401), "model_refused", false, "OPENAI_API_KEY"),
        (Step::Status(403), "model_refused", false, "OPENAI_MODEL"),
        (Step::Status(404), "model_refused", false, "OPENAI_BASE_URL"),
        (Step::NoSuchModel, "model_refused", false, "gpt-4o-mini"),
        (Step::PromptTooLong, "model_refused", false, "too long"),
        (Step::NoCredit, "model_refused", false, "credit"),
        (Step::Redirect("http://127.0.0.1:9/".into()), "model_refused", false, "307"),
        (Step::RateLimited(None), "rate_limited", true, "too often"),
        (Step::RateLimited(Some("7".into())), "rate_limited", true, "too often"),
        (Step::Overloaded("3".into()), "rate_limited", true, "too often"),
        (Step::Status(500), "model_unavailable", true, "500"),
        (Step::Status(502), "model_unavailable", true, "502"),
        (Step::Status(503), "model_unavailable", true, "503"),
        (Step::Reset, "model_unavailable", true, "connection broke"),
        (Step::Half, "model_unavailable", true, "connection broke"),
        (Step::Garbage, "model_unavailable", true, "not a chat completion"),
        (Step::OtherJson, "model_unavailable", true, "not a chat completion"),
        (Step::Long(five_megabytes), "answer_too_large", false, "too long"),
        (Step::LongAnnounced(five_megabytes), "answer_too_large", false, "too long"),
        (Step::Long(u64::MAX), "answer_too_large", false, "too long"),
    ] {
        let server = ScriptedModel::start([step.clone()]).await;
        let error = error(options(&server)).await;
        assert_eq!((error.code(), error.is_transient()), (code, is_transient), "{step:?}");
        assert!(error.to_string().contains(part), "{step:?}: {error}");
        server.assert_done();
        assert_eq!(server.requests().len(), 1, "{step:?}: the queue repeats, not the client");
    }
}

#[tokio::test]
async fn patience_is_told_as_the_server_asks() {
    for (step, wait) in [
        (Step::RateLimited(None), None),
        (Step::RateLimited(Some("7".into())), Some(7_000)),
        (Step::RateLimited(Some("0.25".into())), Some(250)),
        (Step::RateLimited(Some("Thu, 01 Jan 1970 00:00:30 GMT".into())), Some(30_000)),
        (Step::RateLimited(Some("999999".into())), Some(3_600_000)),
        (Step::RateLimited(Some("soon".into())), None),
        (Step::Overloaded("3".into()), Some(3_000)),
    ] {
        let server = ScriptedModel::start([step.clone()]).await;
        assert_eq!(error(options(&server)).await, ModelError::RateLimited { retry_after_ms: wait }, "{step:?}");
    }
}

#[tokio::test]
async fn silence_ends_at_the_time_limit() {
    for step in [Step::Hang, Step::Late(60_000, Box::new(chat("late")))] {
        let server = ScriptedModel::start([step]).await;
        let impatient = Options { timeout_ms: 150, ..options(&server) };
        let error = tokio::time::timeout(Duration::from_secs(10), error(impatient)).await.unwrap();
        assert_eq!(error, ModelError::Timeout);
    }
}

#[tokio::test]
async fn a_wrong_or_missing_key_is_told_apart() {
    let server = ScriptedModel::start([]).await;
    let wrong = Options { api_key: Some("sk-wrong-wrong-wrong-wrong-wrong".into()), ..options(&server) };
    let error_text = error(wrong).await.to_string();
    assert!(error_text.contains("Check OPENAI_API_KEY") && !error_text.contains("sk-wrong"), "{error_text}");
    let without = Options { api_key: None, ..options(&server) };
    assert!(error(without).await.to_string().contains("Set OPENAI_API_KEY"));
}

#[tokio::test]
async fn nobody_listens() {
    let server = ScriptedModel::start([]).await;
    let asked = options(&server);
    server.stop().await;
    let error = error(asked).await;
    assert_eq!(error, ModelError::Unavailable("there is no connection".into()));
}

#[test]
fn options_that_cannot_work_are_refused() {
    let make = |base_url: &str, api_key: Option<&str>| {
        let options = Options { api_key: api_key.map(str::to_owned), ..Options::new(base_url, "m") };
        OpenAi::new(options, Arc::new(ManualClock::default()), Prompts::embedded()).map(|_| ())
    };
    for (base_url, key, part) in [
        ("", None, "OPENAI_BASE_URL"),
        ("localhost", None, "OPENAI_BASE_URL"),
        ("file:///etc/passwd", None, "OPENAI_BASE_URL"),
        ("http://localhost/v1", Some("line\nbreak"), "OPENAI_API_KEY"),
    ] {
        let error = make(base_url, key).unwrap_err().to_string();
        assert!(error.contains(part) && !error.contains("break"), "{base_url}: {error}");
    }
    make("http://localhost/v1/", None).unwrap();
}

#[tokio::test]
async fn strict_schemas_of_all_kinds_are_accepted() {
    let server = ScriptedModel::start(vec![Step::Plainest; Kind::ALL.len()]).await;
    let model = model(options(&server));
    for (index, kind) in Kind::ALL.iter().enumerate() {
        let told = answer(&model, &redactor(), &redacted(*kind)).await.unwrap();
        assert!(!told.repaired, "{kind:?}");
        let format = server.requests()[index].json()["response_format"].clone();
        assert_eq!(format["type"], "json_schema", "{kind:?}");
        assert_eq!(format["json_schema"]["name"], kind.as_str());
        assert_eq!(format["json_schema"]["strict"], true);
    }
    server.assert_done();
}

#[tokio::test]
async fn a_server_without_strict_schemas_is_asked_in_json_mode_from_then_on() {
    let server = ScriptedModel::start([Step::NoStrictSchemas, chat("One."), chat("Two.")]).await;
    let model = model(options(&server));
    for expected in ["One.", "Two."] {
        let Outcome::Chat(told) = answer(&model, &redactor(), &redacted(Kind::Chat)).await.unwrap().outcome else {
            panic!("not a chat answer")
        };
        assert_eq!(told.answer, expected);
    }
    server.assert_done();
    let requests = server.requests();
    let formats: Vec<Value> =
        requests.iter().map(|request| request.json()["response_format"]["type"].clone()).collect();
    assert_eq!(formats, ["json_schema", "json_object", "json_object"]);
    assert!(!requests[0].message(0).contains("additionalProperties"), "the schema is not sent twice");
    assert!(requests[1].message(0).contains("additionalProperties"), "the prompt tells the schema instead");
}

#[tokio::test]
async fn json_mode_is_not_remembered_when_it_fails_too() {
    let server = ScriptedModel::start([Step::NoStrictSchemas, Step::NoStrictSchemas, chat("Yes.")]).await;
    let model = model(options(&server));
    let error = model.complete(&redacted(Kind::Chat), None).await.unwrap_err();
    assert_eq!(error.code(), "model_refused");
    model.complete(&redacted(Kind::Chat), None).await.unwrap();
    assert_eq!(server.requests()[2].json()["response_format"]["type"], "json_schema");
}

#[tokio::test]
async fn usage_and_cost() {
    let reply = |usage| {
        Step::Reply(Reply {
            content: Some(json!({"answer": "Yes.", "citations": ["msg-1"]}).to_string()),
            model: Some("gpt-4o-mini-2024-07-18".into()),
            usage: Some(usage),
            ..Reply::default()
        })
    };
    let server = ScriptedModel::start([reply([1_000, 400, 200]), Step::text("not json"), reply([10, 0, 5])]).await;
    let model = model(options(&server));
    let told = answer(&model, &redactor(), &redacted(Kind::Chat)).await.unwrap();
    assert_eq!(told.usage, Usage { input_tokens: 1_000, cached_input_tokens: 400, output_tokens: 200 });
    assert_eq!(told.model, "gpt-4o-mini-2024-07-18");
    assert_eq!(Prices::embedded().cost_microusd(&told.model, &told.usage), Some(240));
    let told = answer(&model, &redactor(), &redacted(Kind::Chat)).await.unwrap();
    assert!(told.repaired);
    assert!(told.usage.input_tokens > 10 && told.usage.output_tokens > 5, "both calls count: {:?}", told.usage);
}

#[tokio::test]
async fn what_is_sent_is_redacted_and_fenced() {
    let server = ScriptedModel::start([chat("Yes.")]).await;
    model(options(&server)).complete(&redacted(Kind::Chat), None).await.unwrap();
    let request = &server.requests()[0];
    let raw = String::from_utf8_lossy(request.raw()).into_owned();
    assert!(!raw.contains("ana@example.com") && raw.contains("[EMAIL_REDACTED]"), "{raw}");
    assert_eq!(request.header("authorization"), Some(format!("Bearer {KEY}").as_str()));
    assert_eq!(request.json()["model"], "gpt-4o-mini");
    let user = request.message(1);
    assert_eq!(user.matches("</ticket>").count(), 1, "{user}");
}

#[tokio::test]
async fn the_circuit_opens_and_recovers() {
    let clock = Arc::new(ManualClock::default());
    let server = ScriptedModel::start(vec![Step::Status(500); 5]).await;
    let model = OpenAi::new(options(&server), clock.clone(), Prompts::embedded()).unwrap();
    for _ in 0..5 {
        let error = model.complete(&redacted(Kind::Chat), None).await.unwrap_err();
        assert_eq!(error.code(), "model_unavailable");
    }
    let open = ModelError::CircuitOpen { until: 5 * SECOND };
    assert_eq!(model.complete(&redacted(Kind::Chat), None).await, Err(open.clone()));
    assert_eq!(model.check().await, Err(open.clone()), "health says so");
    assert!(open.is_transient() && open.code() == "circuit_open");
    assert_eq!(server.requests().len(), 5, "nothing went out while it was open");

    clock.advance(5 * SECOND);
    server.push(Step::Status(500));
    assert_eq!(model.complete(&redacted(Kind::Chat), None).await.unwrap_err().code(), "model_unavailable");
    let open = ModelError::CircuitOpen { until: 15 * SECOND };
    assert_eq!(model.complete(&redacted(Kind::Chat), None).await, Err(open), "the pause has doubled");

    clock.advance(10 * SECOND);
    server.push(chat("Back."));
    server.push(chat("Still here."));
    for _ in 0..2 {
        model.complete(&redacted(Kind::Chat), None).await.unwrap();
    }
    assert_eq!(model.check().await, Ok(()));
    server.assert_done();
}

#[tokio::test]
async fn refusals_do_not_open_the_circuit() {
    let server = ScriptedModel::start(vec![Step::NoSuchModel; 8]).await;
    let model = model(options(&server));
    for _ in 0..8 {
        assert_eq!(model.complete(&redacted(Kind::Chat), None).await.unwrap_err().code(), "model_refused");
    }
    server.assert_done();
}

#[tokio::test]
async fn calls_at_once_are_bounded() {
    let server = ScriptedModel::start([]).await;
    server.respond(|_| Step::Late(30, Box::new(chat("Yes."))));
    let model = model(Options { max_concurrent: 2, ..options(&server) });
    let task = redacted(Kind::Chat);
    let calls = (0..6).map(|_| model.complete(&task, None));
    for told in futures::future::join_all(calls).await {
        told.unwrap();
    }
    assert_eq!(server.most_under_way(), 2);
}

#[tokio::test]
async fn health() {
    let server = ScriptedModel::start([]).await;
    assert_eq!(model(options(&server)).check().await, Ok(()));
    let wrong = Options { api_key: Some("wrong".into()), ..options(&server) };
    assert_eq!(model(wrong).check().await.unwrap_err().code(), "model_refused");
    let base_url = format!("{}/other", server.base_url());
    assert_eq!(model(Options { base_url, ..options(&server) }).check().await, Ok(()), "it has no list, but it answers");
}

#[tokio::test]
async fn an_answer_that_never_fits_is_a_typed_error_without_its_text() {
    let long = json!({"answer": SAID.repeat(200), "citations": [SAID]}).to_string();
    for (content, part) in [
        (format!("{SAID} is not JSON"), "JSON object"),
        (json!({SAID: 1}).to_string(), "JSON object"),
        (json!({"answer": SAID, "more": SAID}).to_string(), "JSON object"),
        (json!({"answer": [SAID]}).to_string(), "JSON object"),
        (long, "answer, citations[0]"),
    ] {
        let server = ScriptedModel::start([Step::text(&content), Step::text(&content)]).await;
        let failure = answer(&model(options(&server)), &redactor(), &redacted(Kind::Chat)).await.unwrap_err();
        assert_eq!((failure.error.code(), failure.error.is_transient()), ("invalid_answer", false), "{content}");
        assert!(failure.error.to_string().contains(part), "{}", failure.error);
        assert!(failure.usage.input_tokens > 0 && failure.usage.output_tokens > 0);
        silent(&failure.error);
        server.assert_done();
    }
}
