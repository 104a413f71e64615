//! Answers that the server gives by itself while the desk answers by rule: the caller hears one of them.

use super::*;

/// A conversation that answers words by rule.
fn by_rule(input: &Input) -> Vec<Output> {
    match input {
        Input::Heard { .. } => vec![Output::Withdraw, Output::Say("I am connecting you.".into())],
        _ => Vec::new(),
    }
}

impl Connection {
    /// The caller said something; the words come when the test gives them.
    async fn caller_spoke(&mut self) {
        for event in ["speech_started", "speech_stopped", "committed"] {
            self.send(json!({"type": format!("input_audio_buffer.{event}"), "item_id": "u1"})).await;
        }
    }

    async fn transcribed(&mut self, text: &str) {
        self.send(json!({
            "type": "conversation.item.input_audio_transcription.completed", "item_id": "u1", "content_index": 0,
            "transcript": text,
        }))
        .await;
    }

    async fn wants_a_tool(&mut self, response: &str) {
        self.send(json!({"type": "response.output_item.done", "response_id": response, "item": {
            "id": "f1", "type": "function_call", "status": "completed", "call_id": "c1", "name": "create_ticket",
            "arguments": "{}"}}))
            .await;
    }

    /// The desk's own words are asked for, and nothing else.
    async fn says_it_once(&mut self) {
        let create = self.next().await;
        assert_eq!(create["type"], "response.create");
        assert!(create["response"]["instructions"].as_str().unwrap().ends_with("I am connecting you."), "{create}");
        self.created("r9", &create).await;
        self.done("r9", &create, "completed").await;
        self.silent(200).await;
    }
}

fn ran(told: &Inputs) -> bool {
    told.all().iter().any(|input| matches!(input, Input::Calls(_)))
}

#[tokio::test]
async fn an_answer_that_begins_after_the_rule() {
    let call = call(by_rule).await;
    let mut model = call.server.session().await;
    model.caller_spoke().await;
    model.transcribed("A person, please.").await;
    call.told.until("the words", |input| matches!(input, Input::Heard { .. })).await;
    model.silent(150).await;
    model.send(json!({"type": "response.created", "response": {"id": "own"}})).await;
    let cancel = model.next().await;
    assert_eq!((&cancel["type"], &cancel["response_id"]), (&json!("response.cancel"), &json!("own")));
    // What was on its way already is neither heard nor done.
    model.sound("own", "i1", 200).await;
    model.wants_a_tool("own").await;
    model.done("own", &Value::Null, "cancelled").await;
    let unsaid = model.next().await;
    assert_eq!((&unsaid["type"], &unsaid["item_id"]), (&json!("conversation.item.delete"), &json!("f1")));
    model.says_it_once().await;
    assert!(!ran(&call.told));
}

#[tokio::test]
async fn an_answer_that_is_heard_already() {
    let mut call = call(by_rule).await;
    let mut model = call.server.session().await;
    model.caller_spoke().await;
    model.send(json!({"type": "response.created", "response": {"id": "own"}})).await;
    model.words("own", "i1", "I am sorry, I cannot").await;
    model.sound("own", "i1", 2_000).await;
    model.wants_a_tool("own").await;
    assert_eq!(call.carrier.next().await.unwrap()["event"], "media");
    assert_eq!(call.carrier.next().await.unwrap()["event"], "mark");
    tokio::time::sleep(Duration::from_millis(300)).await;
    model.transcribed("A person, please.").await;
    assert_eq!(call.carrier.next().await.unwrap()["event"], "clear");
    let mut sent = Vec::new();
    for _ in 0..3 {
        sent.push(model.next().await["type"].as_str().unwrap().to_owned());
    }
    assert_eq!(sent, ["response.cancel", "conversation.item.truncate", "conversation.item.delete"]);
    model.sound("own", "i1", 400).await;
    model.done("own", &Value::Null, "cancelled").await;
    model.says_it_once().await;
    assert_eq!(call.carrier.now(), Vec::<Value>::new(), "nothing of it after the cut");
    assert!(!ran(&call.told));
}

#[tokio::test]
async fn an_answer_that_is_complete_but_not_heard() {
    let mut call = call(by_rule).await;
    let mut model = call.server.session().await;
    model.caller_spoke().await;
    model.send(json!({"type": "response.created", "response": {"id": "own"}})).await;
    model.sound("own", "i1", 4_000).await;
    model.item_done("own", "i1", "I am sorry, I cannot do that.").await;
    model.done("own", &Value::Null, "completed").await;
    assert_eq!(call.carrier.next().await.unwrap()["event"], "media");
    tokio::time::sleep(Duration::from_millis(200)).await;
    model.transcribed("A person, please.").await;
    while call.carrier.next().await.unwrap()["event"] != "clear" {}
    assert_eq!(model.next().await["type"], "conversation.item.truncate");
    model.says_it_once().await;
}
