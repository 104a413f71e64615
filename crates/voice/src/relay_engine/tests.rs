//! Calls over a relay, with a scripted conversation and scripted models.

use std::sync::Mutex;

use async_trait::async_trait;
use patchcord_agents::ToolReply;
use patchcord_domain::redaction::Redacted;
use patchcord_llm::ModelError;
use patchcord_llm::talk::{Talk, ToolCall, Words};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::*;
use crate::testing::{Carrier, Ends, Pipe, Scripted, Slow, Told, pipe, session};

/// What a model does when it is asked, one after the other; the last over and over.
#[derive(Clone)]
enum Does {
    /// Says these pieces, with a pause after each.
    Says(&'static [&'static str], u64),
    /// Calls a tool.
    Calls(&'static str),
    Fails,
    Nothing,
    Hangs,
}

struct Model {
    name: &'static str,
    does: Vec<Does>,
    asked: Mutex<usize>,
    dropped: Arc<Mutex<usize>>,
}

struct Counted(Arc<Mutex<usize>>, bool);

impl Drop for Counted {
    fn drop(&mut self) {
        *self.0.lock().unwrap() += usize::from(!self.1);
    }
}

fn model(name: &'static str, does: &[Does]) -> Arc<Model> {
    Arc::new(Model { name, does: does.to_vec(), asked: Mutex::new(0), dropped: Arc::default() })
}

#[async_trait]
impl Talker for Model {
    fn provider(&self) -> &'static str {
        "builtin"
    }

    fn name(&self) -> &str {
        self.name
    }

    async fn talk(&self, _talk: &Redacted<Talk>, words: &mut (dyn Words + '_)) -> Result<Said, ModelError> {
        let asked = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            *asked - 1
        };
        let mut counted = Counted(Arc::clone(&self.dropped), false);
        let said = match self.does[asked.min(self.does.len() - 1)] {
            Does::Says(pieces, pause) => {
                for piece in pieces {
                    words.word(piece);
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                Ok(Said { text: pieces.concat(), model: self.name.into(), ..Said::default() })
            }
            Does::Calls(name) => {
                let call = ToolCall { id: format!("c{asked}"), name: name.into(), arguments: "{}".into() };
                Ok(Said { calls: vec![call], model: self.name.into(), ..Said::default() })
            }
            Does::Fails => Err(ModelError::Timeout),
            Does::Nothing => Ok(Said::default()),
            Does::Hangs => std::future::pending().await,
        };
        counted.1 = true;
        said
    }
}

struct Call {
    carrier: Carrier,
    told: Told,
    ends: Ends,
    ended: tokio::task::JoinHandle<Ending>,
}

fn call(
    talker: Arc<Model>,
    fallback: Option<Arc<Model>>,
    react: impl FnMut(&Input) -> Vec<Output> + Send + 'static,
) -> Call {
    let (session, ends) = session(Slow(Duration::from_millis(20)), 256);
    let (core, told) = Scripted::new(react);
    let (socket, carrier): (Pipe, Carrier) = pipe();
    let options = RelayOptions { talker, fallback: fallback.map(|model| model as Arc<dyn Talker>) };
    let relay = Relay::new(Desk::with_core(session, Box::new(core), false), socket, options);
    let tasks = TaskTracker::new();
    let ended = tasks.spawn(async move { relay.run(&Opened::default()).await });
    Call { carrier, told, ends, ended }
}

/// Asks the model whenever the caller has spoken or a tool has answered.
fn answering(input: &Input) -> Vec<Output> {
    match input {
        Input::Heard { .. } | Input::Replied { .. } => vec![Output::Respond],
        Input::Calls(calls) => {
            calls.iter().map(|call| Output::Run { agent: "triage_agent".into(), call: call.clone() }).collect()
        }
        _ => Vec::new(),
    }
}

fn prompt(text: &str) -> Value {
    json!({"type": "prompt", "voicePrompt": text, "lang": "en-US", "last": true})
}

fn token(text: &str, last: bool) -> Value {
    json!({"type": "text", "token": text, "last": last})
}

fn spoke(text: &str, interrupted: bool) -> impl Fn(&Input) -> bool + '_ {
    move |input| matches!(input, Input::Spoke { text: spoken, interrupted: cut, .. } if spoken == text && *cut == interrupted)
}

#[tokio::test]
async fn words_are_spoken_as_they_come_and_told_when_they_were_heard() {
    let mut call = call(model("m", &[Does::Says(&["Good ", "day", "."], 5)]), None, answering);
    call.carrier.send(&prompt("Hello"));
    for (text, last) in [("Good ", false), ("day", false), (".", false), ("", true)] {
        assert_eq!(call.carrier.next().await, Some(token(text, last)));
    }
    call.told.until("the words", |input| matches!(input, Input::Said { text, .. } if text == "Good day.")).await;
    call.told.until("that they were heard", spoke("Good day.", false)).await;
    call.told.until("the quiet", |input| *input == Input::Quiet).await;
    drop(call.carrier);
    assert_eq!(call.ended.await.unwrap(), Ending::CallerHungUp);
    let mut events = Vec::new();
    while let Some(event) = call.ends.recorded.recv().await {
        events.push(event);
    }
    assert!(
        matches!(&events[0], CallEvent::Answered { engine: Engine::Relay, model, .. } if model == "m"),
        "{events:?}"
    );
    let is_first = |event: &CallEvent| matches!(event, CallEvent::FirstSound { .. });
    assert_eq!(events.iter().filter(|event| is_first(event)).count(), 1);
    let used = |event: &CallEvent| matches!(event, CallEvent::Used { error: None, latency_ms: 0..=200, .. });
    assert!(events.iter().any(used), "{events:?}");
    // As they are heard, not as they are sent.
    let partial = |event: &CallEvent| matches!(event, CallEvent::Partial { text, .. } if text == "Good");
    assert!(events.iter().any(partial), "{events:?}");
}

#[tokio::test]
async fn an_interruption_ends_the_generation_and_keeps_what_was_heard() {
    let talker = model(
        "m",
        &[Does::Says(&["Please restart the ", "printer and then ", "wait"], 5_000), Does::Says(&["Yes?"], 0)],
    );
    let mut call = call(Arc::clone(&talker), None, answering);
    call.carrier.send(&prompt("Hello"));
    assert_eq!(call.carrier.next().await, Some(token("Please restart the ", false)));
    call.carrier.send(
        &json!({"type": "interrupt", "utteranceUntilInterrupt": "Please restart", "durationUntilInterruptMs": "460"}),
    );
    call.told.until("what was heard", spoke("Please restart", true)).await;
    assert_eq!(*talker.dropped.lock().unwrap(), 1, "the generation goes on");
    call.carrier.send(&prompt("Wait"));
    assert_eq!(call.carrier.next().await, Some(token("Yes?", false)));
    let told = call.told.all();
    let said = told.iter().position(|input| matches!(input, Input::Said { .. })).unwrap();
    let spoken = told.iter().position(|input| matches!(input, Input::Spoke { .. })).unwrap();
    assert!(said < spoken, "{told:?}");
    // An interruption of nothing means nothing.
    call.told.until("the end of it", spoke("Yes?", false)).await;
    let before = call.told.all().len();
    call.carrier.send(&json!({"type": "interrupt", "utteranceUntilInterrupt": "x"}));
    call.carrier.send(&json!({"type": "dtmf", "digit": "1"}));
    call.told.until("the key", |input| *input == Input::Key('1')).await;
    assert!(call.told.all().len() <= before + 2);
}

#[tokio::test]
async fn who_reads_faster_than_speech_interrupts_nothing() {
    let mut call = call(model("m", &[Does::Hangs]), None, |input| match input {
        Input::Started { .. } => vec![Output::Say("A sentence that takes seconds to be spoken.".into())],
        _ => Vec::new(),
    });
    assert_eq!(call.carrier.next().await, Some(token("A sentence that takes seconds to be spoken.", true)));
    call.carrier.send(&json!({
        "type": "interrupt", "utteranceUntilInterrupt": "A sentence that takes seconds to be spoken.",
        "durationUntilInterruptMs": 300,
    }));
    call.told.until("all of it", spoke("A sentence that takes seconds to be spoken.", false)).await;
    drop(call.carrier);
    while let Some(event) = call.ends.recorded.recv().await {
        assert!(!matches!(event, CallEvent::Line(line) if line.interruptions > 0), "nothing was cut short");
    }
}

#[tokio::test]
async fn a_tool_runs_beside_and_its_answer_goes_on() {
    let talker = model("m", &[Does::Calls("list_devices"), Does::Says(&["Two."], 0)]);
    let mut call = call(talker, None, answering);
    call.carrier.send(&prompt("Which devices have I?"));
    assert_eq!(call.carrier.next().await, Some(token("Two.", false)));
    call.told
        .until("the reply", |input| {
            matches!(input, Input::Replied { id, reply, .. } if id == "c0" && reply.content["ran"] == "list_devices")
        })
        .await;
}

#[tokio::test]
async fn a_model_that_fails_gives_way() {
    let (first, second) = (model("first", &[Does::Fails]), model("second", &[Does::Says(&["Hello."], 0)]));
    let mut call = call(Arc::clone(&first), Some(Arc::clone(&second)), answering);
    call.carrier.send(&prompt("Hello"));
    assert_eq!(call.carrier.next().await, Some(token("One moment (0).", true)));
    assert_eq!(call.carrier.next().await, Some(token("Hello.", false)));
    assert_eq!(call.carrier.next().await, Some(token("", true)));
    call.carrier.send(&prompt("And now?"));
    assert_eq!(call.carrier.next().await, Some(token("Hello.", false)));
    assert_eq!((*first.asked.lock().unwrap(), *second.asked.lock().unwrap()), (1, 2));
}

#[tokio::test]
async fn without_another_model_it_is_asked_once_more_and_then_the_call_goes_elsewhere() {
    let mut call = call(model("m", &[Does::Fails, Does::Nothing]), None, answering);
    call.carrier.send(&prompt("Hello"));
    assert_eq!(call.carrier.next().await, Some(token("One moment (0).", true)));
    assert_eq!(call.carrier.next().await, Some(json!({"type": "end", "handoffData": "{\"reason\":\"failed\"}"})));
    assert_eq!(call.carrier.next().await, None);
    assert!(matches!(call.ended.await.unwrap(), Ending::Failed { .. }));
}

#[tokio::test]
async fn a_slow_model_is_covered_by_a_few_words() {
    let mut call = call(model("m", &[Does::Hangs]), None, answering);
    call.carrier.send(&prompt("Hello"));
    let since = Instant::now();
    assert_eq!(call.carrier.next().await, Some(token("One moment (0).", true)));
    assert!(since.elapsed() >= FILLER_AFTER);
    call.told.until("the words", spoke("One moment (0).", false)).await;
}

#[tokio::test]
async fn names_of_numbers_are_spoken_as_numbers() {
    let mut call = call(model("m", &[Does::Says(&["I call [PHO", "NE_1] then", ", [ok"], 5)]), None, answering);
    call.carrier.send(&prompt("Hello"));
    let mut text = String::new();
    loop {
        let frame = call.carrier.next().await.unwrap();
        text += frame["token"].as_str().unwrap();
        if frame["last"] == true {
            break;
        }
    }
    assert_eq!(text, "I call +12025550143 then, [ok");
}

#[tokio::test]
async fn a_sentence_of_the_desk_and_its_end() {
    let mut ended = false;
    let mut call = call(model("m", &[Does::Hangs]), None, move |input| match input {
        Input::Started { resumed: false } => vec![Output::Say("Goodbye.".into())],
        Input::Quiet if !std::mem::replace(&mut ended, true) => vec![Output::Finish(Ending::Goodbye)],
        _ => Vec::new(),
    });
    let since = Instant::now();
    assert_eq!(call.carrier.next().await, Some(token("Goodbye.", true)));
    assert_eq!(call.carrier.next().await, Some(json!({"type": "end", "handoffData": "{\"reason\":\"goodbye\"}"})));
    // Spoken at 66 ms a character.
    assert!(since.elapsed() > Duration::from_millis(8 * 66), "the last words were cut");
    assert_eq!(call.ended.await.unwrap(), Ending::Goodbye);
}

#[tokio::test]
async fn pieces_of_prompts_bad_frames_and_operators() {
    let mut call = call(model("m", &[Does::Hangs]), None, |_| Vec::new());
    call.carrier.raw("no JSON");
    call.carrier.binary();
    call.carrier.send(&json!({"type": "prompt", "voicePrompt": "My pri", "last": false}));
    call.carrier.send(&json!({"type": "prompt", "voicePrompt": "nter is jammed", "last": true}));
    call.carrier.send(&json!({"type": "prompt", "voicePrompt": "And", "last": false}));
    call.carrier.send(&json!({"type": "prompt", "voicePrompt": "And hot", "last": true}));
    for text in ["My printer is jammed", "And hot"] {
        let heard = |input: &Input| matches!(input, Input::Heard { text: heard, .. } if heard == text);
        call.told.until(text, heard).await;
    }
    call.ends.operator.send(Input::Whisper("be kind".into())).await.unwrap();
    call.told.until("the whisper", |input| *input == Input::Whisper("be kind".into())).await;
    call.ends.operator.send(Input::End(Ending::OperatorHungUp)).await.unwrap();
    assert_eq!(call.ended.await.unwrap(), Ending::OperatorHungUp);
    assert_eq!(
        call.carrier.next().await,
        Some(json!({"type": "end", "handoffData": "{\"reason\":\"operatorHungUp\"}"}))
    );
}

#[tokio::test]
async fn a_recorder_that_is_slow_holds_nothing_up() {
    let (session, mut ends) = session(Slow(Duration::ZERO), 1);
    let (core, told) = Scripted::new(|input| match input {
        Input::Heard { text, .. } => vec![
            Output::Record(CallEvent::Checkpoint(json!(text))),
            Output::Record(CallEvent::Partial { speaker: Speaker::Caller, agent: None, text: text.clone() }),
        ],
        _ => Vec::new(),
    });
    let (socket, carrier) = pipe();
    let options = RelayOptions { talker: model("m", &[Does::Hangs]), fallback: None };
    let relay = Relay::new(Desk::with_core(session, Box::new(core), false), socket, options);
    let ended = TaskTracker::new().spawn(async move { relay.run(&Opened::default()).await });
    for number in 0..50 {
        carrier.send(&prompt(&number.to_string()));
    }
    told.until("all of it", |input| matches!(input, Input::Heard { text, .. } if text == "49")).await;
    let mut kept = Vec::new();
    drop(carrier);
    while let Some(event) = ends.recorded.recv().await {
        if let CallEvent::Checkpoint(value) = event {
            kept.push(value);
        }
    }
    assert_eq!(kept.len(), 50, "only what is shown is dropped");
    ended.await.unwrap();
}

#[tokio::test]
async fn a_tool_that_takes_too_long_is_told_as_such() {
    let (session, _ends) = session(Slow(Duration::from_secs(60)), 16);
    let (core, told) = Scripted::new(|input| match input {
        Input::Started { .. } => vec![Output::Run {
            agent: "triage_agent".into(),
            call: ToolCall { id: "c1".into(), name: "list_devices".into(), arguments: "{}".into() },
        }],
        _ => Vec::new(),
    });
    let (socket, carrier) = pipe();
    let options = RelayOptions { talker: model("m", &[Does::Hangs]), fallback: None };
    let relay = Relay::new(Desk::with_core(session, Box::new(core), false), socket, options);
    let ended = TaskTracker::new().spawn(async move { relay.run(&Opened::default()).await });
    // The call goes on meanwhile.
    carrier.send(&prompt("Hello?"));
    told.until("the caller", |input| matches!(input, Input::Heard { .. })).await;
    told.until("the time-out", |input| {
        matches!(input, Input::Replied { reply: ToolReply { outcome: "timeout", .. }, ms: 4_900..=6_000, .. })
    })
    .await;
    drop(carrier);
    ended.await.unwrap();
}
