//! The scripted chat server: what it answers, refuses, records and reports.

use std::time::Duration;

use patchcord_simulator::openai::{KEY, Reply, ScriptedModel, Step};
use serde_json::{Value, json};

fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

fn ask(server: &ScriptedModel) -> reqwest::RequestBuilder {
    client().post(format!("{}/chat/completions", server.base_url())).bearer_auth(KEY)
}

fn schema() -> Value {
    json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false})
}

fn question(format: &Value) -> Value {
    json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}], "response_format": format})
}

fn strict() -> Value {
    question(&json!({"type": "json_schema", "json_schema": {"name": "a", "strict": true, "schema": schema()}}))
}

async fn status_and_body(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap_or_default())
}

#[tokio::test]
async fn it_answers_and_records() {
    let reply = Reply { content: Some("{}".into()), usage: Some([10, 4, 2]), ..Reply::default() };
    let server = ScriptedModel::start([Step::Reply(reply), Step::Plainest]).await;
    let (status, body) = status_and_body(ask(&server).json(&strict())).await;
    assert_eq!(status, 200);
    assert_eq!(body["object"], "chat.completion");
    assert_eq!(body["choices"][0]["message"]["content"], "{}");
    assert_eq!(body["usage"]["prompt_tokens_details"]["cached_tokens"], 4);
    let (_, body) = status_and_body(ask(&server).json(&strict())).await;
    assert_eq!(body["choices"][0]["message"]["content"], r#"{"a":"A plain text."}"#);
    server.assert_done();

    let requests = server.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[0].target(), "POST /v1/chat/completions");
    assert_eq!(requests[0].message(0), "Hello");
    assert_eq!(requests[0].json(), strict());
    let raw = String::from_utf8(requests[0].raw().to_vec()).unwrap();
    assert!(raw.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{raw}");
    assert!(raw.ends_with(&strict().to_string()), "{raw}");
}

#[tokio::test]
async fn it_refuses_what_the_real_one_refuses() {
    let server = ScriptedModel::start([]).await;
    let with_schema = |schema: Value| {
        question(&json!({"type": "json_schema", "json_schema": {"name": "a", "strict": true, "schema": schema}}))
    };
    let mut unlimited = schema();
    unlimited["properties"]["a"] = json!({"type": "string", "maxLength": 5});
    let mut open = schema();
    open["additionalProperties"] = json!(true);
    let mut optional = schema();
    optional["required"] = json!([]);
    let mut either = schema();
    either["properties"]["a"] = json!({"oneOf": [{"type": "string"}]});
    for (body, param, part) in [
        (json!([]), Value::Null, "JSON object"),
        (json!({"model": "m", "messages": [], "tool": 1}), Value::Null, "tool"),
        (json!({"messages": []}), Value::Null, "model"),
        (json!({"model": "m", "messages": []}), json!("messages"), "empty"),
        (json!({"model": "m", "messages": [{"role": "me", "content": ""}]}), json!("messages"), "messages[0]"),
        (question(&json!({"type": "xml"})), json!("response_format"), "json_object"),
        (question(&json!({"type": "json_object"})), json!("messages"), "'json'"),
        (question(&json!({"type": "json_schema", "json_schema": {}})), json!("response_format"), "name"),
        (
            question(&json!({"type": "json_schema", "json_schema": {"name": "a b"}})),
            json!("response_format"),
            "does not match",
        ),
        (question(&json!({"type": "json_schema", "json_schema": {"name": "a"}})), json!("response_format"), "schema'"),
        (with_schema(unlimited), json!("response_format"), "maxLength"),
        (with_schema(open), json!("response_format"), "additionalProperties"),
        (with_schema(optional), json!("response_format"), "missing 'a'"),
        (with_schema(either), json!("response_format"), "oneOf"),
    ] {
        let (status, said) = status_and_body(ask(&server).json(&body)).await;
        assert_eq!((status, &said["error"]["param"]), (400, &param), "{body} {said}");
        assert_eq!(said["error"]["type"], "invalid_request_error");
        assert!(said["error"]["message"].as_str().unwrap().contains(part), "{body} {said}");
    }
    server.assert_done();
}

#[tokio::test]
async fn it_wants_its_key() {
    let server = ScriptedModel::start([]).await;
    let url = format!("{}/models", server.base_url());
    for (request, code) in [
        (client().get(&url), Value::Null),
        (client().get(&url).bearer_auth("other"), json!("invalid_api_key")),
        (client().get(&url).basic_auth("user", Some(KEY)), Value::Null),
    ] {
        let (status, said) = status_and_body(request).await;
        assert_eq!((status, &said["error"]["code"]), (401, &code), "{said}");
    }
    let (status, models) = status_and_body(client().get(&url).bearer_auth(KEY)).await;
    assert_eq!((status, &models["data"][0]["id"]), (200, &json!("gpt-4o-mini")));
}

#[tokio::test]
async fn it_fails_as_told() {
    let wait = Some("7".to_owned());
    for (step, status, code, header) in [
        (Step::RateLimited(None), 429, json!("rate_limit_exceeded"), None),
        (Step::RateLimited(wait), 429, json!("rate_limit_exceeded"), Some("7")),
        (Step::NoCredit, 429, json!("insufficient_quota"), None),
        (Step::Overloaded("3".into()), 503, Value::Null, Some("3")),
        (Step::Status(500), 500, Value::Null, None),
        (Step::NoSuchModel, 404, json!("model_not_found"), None),
        (Step::NoStrictSchemas, 400, Value::Null, None),
        (Step::PromptTooLong, 400, json!("context_length_exceeded"), None),
        (Step::Redirect("http://localhost/".into()), 307, Value::Null, None),
        (Step::Garbage, 200, Value::Null, None),
        (Step::OtherJson, 200, Value::Null, None),
    ] {
        let server = ScriptedModel::start([step.clone()]).await;
        let response = ask(&server).json(&strict()).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{step:?}");
        assert_eq!(response.headers().get("retry-after").map(|value| value.to_str().unwrap()), header, "{step:?}");
        let body: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
        assert_eq!(body["error"]["code"], code, "{step:?}");
        server.assert_done();
    }
}

#[tokio::test]
async fn it_breaks_connections_as_told() {
    let server = ScriptedModel::start([Step::Reset, Step::Half, Step::Hang]).await;
    let error = ask(&server).json(&strict()).send().await.unwrap_err();
    assert!(!error.is_connect() && !error.is_timeout(), "{error:?}");
    let response = ask(&server).json(&strict()).send().await.unwrap();
    assert!(response.text().await.is_err(), "half an answer");
    let error = ask(&server).timeout(Duration::from_millis(100)).json(&strict()).send().await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    server.assert_done();
}

#[tokio::test]
async fn it_sends_long_answers() {
    let five = 5 * 1024 * 1024;
    let server = ScriptedModel::start([Step::Long(five), Step::LongAnnounced(five)]).await;
    for announced in [None, Some(five)] {
        let response = ask(&server).json(&strict()).send().await.unwrap();
        assert_eq!(response.content_length(), announced);
        assert_eq!(response.bytes().await.unwrap().len() as u64, five);
    }
    server.assert_done();
}

#[tokio::test]
async fn a_responder_takes_over_after_the_script() {
    let server = ScriptedModel::start([Step::text("first")]).await;
    server.respond(|request| Step::text(format!("you said {}", request.message(0))));
    for said in ["first", "you said Hello"] {
        let (_, body) = status_and_body(ask(&server).json(&strict())).await;
        assert_eq!(body["choices"][0]["message"]["content"], said);
    }
    server.push(Step::Late(50, Box::new(Step::text("pushed"))));
    let (_, body) = status_and_body(ask(&server).json(&strict())).await;
    assert_eq!(body["choices"][0]["message"]["content"], "pushed");
    server.assert_done();
}

#[tokio::test]
#[should_panic(expected = "unexpected requests: [\"POST /v1/chat/completions\"]")]
async fn what_no_script_foresees_is_reported() {
    let server = ScriptedModel::start([]).await;
    assert_eq!(status_and_body(ask(&server).json(&strict())).await.0, 500);
    server.assert_done();
}

#[tokio::test]
#[should_panic(expected = "unexpected requests: [\"GET /v1/secrets\"]")]
async fn unknown_routes_are_reported() {
    let server = ScriptedModel::start([]).await;
    let request = client().get(format!("{}/secrets", server.base_url())).bearer_auth(KEY);
    assert_eq!(status_and_body(request).await.0, 404);
    server.assert_done();
}

#[tokio::test]
#[should_panic(expected = "steps that were not taken: [Reset]")]
async fn steps_that_are_left_are_reported() {
    ScriptedModel::start([Step::Reset]).await.assert_done();
}

#[tokio::test]
async fn it_stops() {
    let server = ScriptedModel::start([Step::Hang]).await;
    let hanging = ask(&server).json(&strict()).send();
    let request = ask(&server).json(&strict());
    let stopping = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        server.stop().await;
    };
    let (answer, ()) = tokio::join!(hanging, stopping);
    assert!(answer.is_err());
    assert!(request.send().await.unwrap_err().is_connect(), "nobody listens any more");
}
