//! Calls over an audio stream, with a scripted conversation and a scripted model server on a real socket.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures::{SinkExt, StreamExt};
use patchcord_domain::call::SpokenUsage;
use patchcord_llm::talk::Entry;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_util::task::TaskTracker;

use super::*;
use crate::media_streams::silence;
use crate::testing::{Carrier, Ends, SOON, Scripted, Slow, Told as Inputs, pipe, session};

/// The model's server as a test has it.
struct Server {
    listener: TcpListener,
    url: String,
}

struct Connection {
    socket: WebSocketStream<TcpStream>,
    /// Sound that came while the test waited for other events.
    sound: Vec<Vec<u8>>,
    /// The first update of the settings.
    opening: Value,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("ws://{}/v1/realtime", listener.local_addr().unwrap());
        Self { listener, url }
    }

    /// The next connection, as far as the first update of its settings.
    async fn accept(&self) -> Connection {
        let accepted = tokio::time::timeout(SOON, self.listener.accept()).await.expect("nobody connects");
        let socket = tokio_tungstenite::accept_async(accepted.unwrap().0).await.unwrap();
        let mut connection = Connection { socket, sound: Vec::new(), opening: Value::Null };
        connection.send(json!({"type": "session.created", "session": {"id": "sess", "model": "m"}})).await;
        connection.opening = connection.next().await;
        connection
    }

    /// The next connection, ready.
    async fn session(&self) -> Connection {
        let mut connection = self.accept().await;
        connection.send(json!({"type": "session.updated", "session": {}})).await;
        connection
    }
}

impl Connection {
    async fn send(&mut self, event: Value) {
        self.socket.send(Message::text(event.to_string())).await.unwrap();
    }

    /// The next event that is not sound.
    async fn next(&mut self) -> Value {
        loop {
            let event = self.event().await;
            if event["type"] == "input_audio_buffer.append" {
                self.sound.push(STANDARD.decode(event["audio"].as_str().unwrap()).unwrap());
            } else {
                return event;
            }
        }
    }

    async fn event(&mut self) -> Value {
        let message = tokio::time::timeout(SOON, self.socket.next()).await.expect("the engine sends nothing");
        serde_json::from_str(message.expect("the engine closed").unwrap().to_text().unwrap()).unwrap()
    }

    /// Nothing but sound comes for a while.
    async fn silent(&mut self, ms: u64) {
        let waited = tokio::time::timeout(Duration::from_millis(ms), self.next()).await;
        assert!(waited.is_err(), "{waited:?}");
    }

    async fn created(&mut self, id: &str, create: &Value) {
        let metadata = create["response"]["metadata"].clone();
        self.send(
            json!({"type": "response.created", "response": {"id": id, "status": "in_progress", "metadata": metadata}}),
        )
        .await;
    }

    async fn sound(&mut self, response: &str, item: &str, ms: i64) {
        self.send(json!({
            "type": "response.output_audio.delta", "response_id": response, "item_id": item, "content_index": 0,
            "delta": silence(ms),
        }))
        .await;
    }

    async fn words(&mut self, response: &str, item: &str, text: &str) {
        self.send(json!({
            "type": "response.output_audio_transcript.delta", "response_id": response, "item_id": item, "delta": text,
        }))
        .await;
    }

    async fn item_done(&mut self, response: &str, item: &str, text: &str) {
        self.send(json!({"type": "response.output_audio.done", "response_id": response, "item_id": item})).await;
        self.send(json!({
            "type": "response.output_audio_transcript.done", "response_id": response, "item_id": item, "transcript": text,
        }))
        .await;
    }

    async fn done(&mut self, response: &str, create: &Value, status: &str) {
        let metadata = create["response"]["metadata"].clone();
        self.send(json!({"type": "response.done", "response": {
            "id": response, "status": status, "metadata": metadata,
            "usage": {"input_tokens": 5, "output_tokens": 7, "output_token_details": {"text_tokens": 3, "audio_tokens": 4}},
        }}))
        .await;
    }
}

struct Call {
    server: Server,
    carrier: Carrier,
    told: Inputs,
    ends: Ends,
    ended: tokio::task::JoinHandle<Ending>,
}

async fn call_with(
    history: Vec<Entry>,
    change: impl FnOnce(&mut RealtimeOptions),
    react: impl FnMut(&Input) -> Vec<Output> + Send + 'static,
) -> Call {
    let server = Server::start().await;
    let (session, ends) = session(Slow(Duration::from_millis(20)), 4_096);
    let (mut core, told) = Scripted::new(react);
    core.history = history;
    let (socket, carrier) = pipe();
    let mut options = RealtimeOptions::new(server.url.clone(), "gpt-realtime-2.1", "marin");
    options.api_key = Some("key".into());
    change(&mut options);
    let opened = Opened { stream_sid: "MZ1".into(), ..Opened::default() };
    let bridge = Bridge::new(Desk::with_core(session, Box::new(core), false), socket, &opened, options);
    let ended = TaskTracker::new().spawn(async move { bridge.run().await });
    Call { server, carrier, told, ends, ended }
}

async fn call(react: impl FnMut(&Input) -> Vec<Output> + Send + 'static) -> Call {
    call_with(Vec::new(), |_| {}, react).await
}

fn greeting(input: &Input) -> Vec<Output> {
    match input {
        Input::Started { .. } => vec![Output::Respond],
        _ => Vec::new(),
    }
}

fn media(timestamp: i64, payload: &str) -> Value {
    json!({"event": "media", "streamSid": "MZ1", "media": {"track": "inbound", "timestamp": timestamp.to_string(), "payload": payload}})
}

fn mark(name: &Value) -> Value {
    json!({"event": "mark", "streamSid": "MZ1", "mark": {"name": name}})
}

#[tokio::test]
async fn sound_goes_through_as_it_came_and_comes_back_with_marks() {
    let mut call = call(greeting).await;
    let mut model = call.server.session().await;
    assert_eq!(model.opening["session"]["audio"]["output"]["voice"], "marin");
    let create = model.next().await;
    assert_eq!(create["type"], "response.create");
    call.carrier.send(&media(0, "//8A"));
    let passed = model.event().await;
    assert_eq!(passed, json!({"type": "input_audio_buffer.append", "audio": "//8A"}));

    model.created("r1", &create).await;
    model.words("r1", "i1", "Hello").await;
    for _ in 0..10 {
        model.sound("r1", "i1", 20).await;
    }
    model.item_done("r1", "i1", "Hello.").await;
    model.done("r1", &create, "completed").await;
    let mut frames = Vec::new();
    while frames.len() < 12 {
        frames.push(call.carrier.next().await.unwrap());
    }
    let marks: Vec<_> =
        frames.iter().filter(|frame| frame["event"] == "mark").map(|frame| frame["mark"]["name"].clone()).collect();
    assert_eq!(marks, [json!("i1:160:g0:m1"), json!("i1:200:g0:m2")]);
    assert_eq!(frames[0], json!({"event": "media", "streamSid": "MZ1", "media": {"payload": silence(20)}}));
    for name in &marks {
        call.carrier.send(&mark(name));
    }
    call.told
        .until("what was heard", |input| {
            matches!(input, Input::Spoke { text, interrupted: false, item_id: Some(id), .. } if text == "Hello." && id == "i1")
        })
        .await;
    call.told.until("the quiet", |input| *input == Input::Quiet).await;
    call.carrier.send(&json!({"event": "stop", "streamSid": "MZ1", "stop": {"callSid": "CA1"}}));
    assert_eq!(call.ended.await.unwrap(), Ending::CallerHungUp);
    let mut events = Vec::new();
    while let Some(event) = call.ends.recorded.recv().await {
        events.push(event);
    }
    assert!(matches!(&events[0], CallEvent::Answered { engine: Engine::Realtime, .. }), "{events:?}");
    let expect = SpokenUsage { input_tokens: 5, output_tokens: 3, audio_output_tokens: 4, ..SpokenUsage::default() };
    assert!(events.iter().any(
        |event| matches!(event, CallEvent::Used { usage, purpose, .. } if *usage == expect && purpose == "speech")
    ));
    assert!(events.iter().any(|event| matches!(event, CallEvent::FirstSound { .. })));
    assert!(matches!(events.last(), Some(CallEvent::Line(_))), "{events:?}");
}

#[tokio::test]
async fn a_caller_who_cuts_in_is_obeyed_at_once() {
    let mut call = call(greeting).await;
    let mut model = call.server.session().await;
    let create = model.next().await;
    model.created("r1", &create).await;
    model.words("r1", "i1", "Please restart the printer and wait").await;
    model.sound("r1", "i1", 4_000).await;
    assert_eq!(call.carrier.next().await.unwrap()["event"], "media");
    let old = call.carrier.next().await.unwrap();
    assert_eq!(old["event"], "mark");
    tokio::time::sleep(Duration::from_millis(700)).await;
    let since = Instant::now();
    model.send(json!({"type": "input_audio_buffer.speech_started", "audio_start_ms": 0, "item_id": "u1"})).await;
    assert_eq!(call.carrier.next().await.unwrap(), json!({"event": "clear", "streamSid": "MZ1"}));
    assert!(since.elapsed() < Duration::from_millis(50), "{:?}", since.elapsed());
    let truncate = model.next().await;
    assert_eq!((&truncate["type"], &truncate["item_id"]), (&json!("conversation.item.truncate"), &json!("i1")));
    let heard_ms = truncate["audio_end_ms"].as_i64().unwrap();
    assert!((650..1_100).contains(&heard_ms), "{heard_ms}");
    // What still comes of it is dropped, and its marks mean nothing.
    model.sound("r1", "i1", 400).await;
    model.done("r1", &create, "cancelled").await;
    call.carrier.send(&mark(&old["mark"]["name"]));
    call.told
        .until("the cut sentence", |input| {
            matches!(input, Input::Spoke { text, interrupted: true, .. } if !text.is_empty() && text.len() < 20)
        })
        .await;
    call.told.until("the speech", |input| *input == Input::SpeechStarted).await;
    model.silent(200).await;
    assert_eq!(call.carrier.now(), Vec::<Value>::new());
    // The next answer is heard.
    model.send(json!({"type": "input_audio_buffer.speech_stopped", "audio_end_ms": 900, "item_id": "u1"})).await;
    model.send(json!({"type": "response.created", "response": {"id": "r2"}})).await;
    model.sound("r2", "i2", 20).await;
    assert_eq!(call.carrier.next().await.unwrap()["event"], "media");
}

#[tokio::test]
async fn a_key_stops_the_answer_that_the_server_would_go_on_with() {
    let mut call = call(greeting).await;
    let mut model = call.server.session().await;
    let create = model.next().await;
    model.created("r1", &create).await;
    model.sound("r1", "i1", 20).await;
    assert_eq!(call.carrier.next().await.unwrap()["event"], "media");
    call.carrier.send(&json!({"event": "dtmf", "streamSid": "MZ1", "dtmf": {"track": "inbound_track", "digit": "5"}}));
    assert_eq!(call.carrier.next().await.unwrap()["event"], "clear");
    let cancel = model.next().await;
    assert_eq!((&cancel["type"], &cancel["response_id"]), (&json!("response.cancel"), &json!("r1")));
    call.told.until("the key", |input| *input == Input::Key('5')).await;
}

#[tokio::test]
async fn tools_run_once_from_complete_items_and_their_results_ask_for_one_answer() {
    let call = call(|input| match input {
        Input::Started { .. } => vec![Output::Respond],
        Input::Calls(calls) => {
            calls.iter().map(|call| Output::Run { agent: "triage_agent".into(), call: call.clone() }).collect()
        }
        Input::Replied { id, reply, .. } => {
            vec![Output::Result { id: id.clone(), content: reply.content.to_string() }, Output::Respond]
        }
        _ => Vec::new(),
    })
    .await;
    let mut model = call.server.session().await;
    let create = model.next().await;
    model.created("r1", &create).await;
    let function = |id: &str, status: &str| {
        json!({"type": "response.output_item.done", "response_id": "r1", "item": {
            "id": format!("f{id}"), "type": "function_call", "status": status, "call_id": id, "name": "get_device", "arguments": "{}"}})
    };
    for event in [
        function("c1", "completed"),
        function("c1", "completed"),
        function("c2", "completed"),
        function("c3", "incomplete"),
    ] {
        model.send(event).await;
    }
    model.done("r1", &create, "completed").await;
    let mut outputs = Vec::new();
    let again = loop {
        let event = model.next().await;
        if event["type"] == "response.create" {
            break event;
        }
        assert_eq!(event["item"]["type"], "function_call_output");
        outputs.push(event["item"]["call_id"].as_str().unwrap().to_owned());
    };
    // The second result may come after the first has asked; it asks for nothing while that answer is given.
    model.created("r2", &again).await;
    while let Ok(event) = tokio::time::timeout(Duration::from_millis(150), model.next()).await {
        outputs.push(event["item"]["call_id"].as_str().unwrap().to_owned());
    }
    outputs.sort();
    assert_eq!(outputs, ["c1", "c2"]);
    let calls: usize =
        call.told.all().iter().map(|input| if let Input::Calls(calls) = input { calls.len() } else { 0 }).sum();
    assert_eq!(calls, 2);
    drop(call.carrier);
    call.ended.await.unwrap();
}

#[tokio::test]
async fn a_hand_over_changes_no_sound_and_waits_for_its_confirmation() {
    let call = call(|input| match input {
        Input::Key('1') => vec![
            Output::Instruct {
                agent: "printer_agent".into(),
                instructions: "You are printer_agent.".into(),
                tools: Vec::new(),
            },
            Output::Tell("The caller has a printer.".into()),
            Output::Respond,
        ],
        _ => Vec::new(),
    })
    .await;
    let mut model = call.server.accept().await;
    // Keys that come before there is a session are not lost, and nothing that follows from them.
    call.carrier.send(&json!({"event": "dtmf", "dtmf": {"digit": "1"}}));
    tokio::time::sleep(Duration::from_millis(50)).await;
    model.send(json!({"type": "session.updated", "session": {}})).await;
    let update = model.next().await;
    assert_eq!(update["session"], json!({"type": "realtime", "instructions": "You are printer_agent.", "tools": []}));
    let told = model.next().await;
    assert_eq!(told["item"]["content"][0]["text"], "The caller has a printer.");
    assert_eq!(told["item"]["role"], "system");
    model.silent(150).await;
    model.send(json!({"type": "session.updated", "session": {}})).await;
    assert_eq!(model.next().await["type"], "response.create");
}

#[tokio::test]
async fn sentences_of_the_desk_are_said_word_for_word_and_the_end_waits_for_them() {
    let mut over = false;
    let mut call = call(move |input| match input {
        Input::Started { .. } => vec![Output::Say("Goodbye.".into())],
        Input::Spoke { .. } => {
            over = true;
            Vec::new()
        }
        Input::Quiet if over => vec![Output::Finish(Ending::Goodbye)],
        _ => Vec::new(),
    })
    .await;
    let mut model = call.server.session().await;
    let create = model.next().await;
    assert_eq!(create["response"]["instructions"], "Say exactly these words and nothing else:\nGoodbye.");
    assert_eq!(create["response"]["tool_choice"], "none");
    model.created("r1", &create).await;
    model.sound("r1", "i1", 100).await;
    model.item_done("r1", "i1", "Goodbye.").await;
    model.done("r1", &create, "completed").await;
    assert_eq!(call.carrier.next().await.unwrap()["event"], "media");
    let last = call.carrier.next().await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!call.ended.is_finished(), "the last words were not heard yet");
    call.carrier.send(&mark(&last["mark"]["name"]));
    assert_eq!(tokio::time::timeout(SOON, call.ended).await.unwrap().unwrap(), Ending::Goodbye);
    assert_eq!(call.carrier.next().await, None, "the socket is closed");
}

#[tokio::test]
async fn words_come_in_their_order_and_the_servers_own_answer_is_not_doubled() {
    let call = call(|input| match input {
        Input::Heard { .. } => vec![Output::Respond],
        _ => Vec::new(),
    })
    .await;
    let mut model = call.server.session().await;
    for item in ["a", "b"] {
        model.send(json!({"type": "input_audio_buffer.committed", "item_id": item, "previous_item_id": null})).await;
    }
    let transcribed = |item: &str, text: &str| {
        json!({"type": "conversation.item.input_audio_transcription.completed", "item_id": item, "transcript": text,
            "usage": {"type": "duration", "seconds": 1.5}})
    };
    model.send(transcribed("b", "second")).await;
    model.send(transcribed("a", "first")).await;
    call.told.until("both", |input| matches!(input, Input::Heard { text, .. } if text == "second")).await;
    let heard: Vec<_> = call
        .told
        .all()
        .into_iter()
        .filter_map(|input| if let Input::Heard { text, .. } = input { Some(text) } else { None })
        .collect();
    assert_eq!(heard, ["first", "second"]);
    model.silent(200).await;
}

#[tokio::test]
async fn a_collision_is_tried_again() {
    let call = call(greeting).await;
    let mut model = call.server.session().await;
    let create = model.next().await;
    model.send(json!({"type": "response.created", "response": {"id": "own"}})).await;
    model
        .send(json!({"type": "error", "error": {"code": "conversation_already_has_active_response", "event_id": create["event_id"]}}))
        .await;
    model.silent(100).await;
    model.send(json!({"type": "response.done", "response": {"id": "own", "status": "completed"}})).await;
    assert_eq!(model.next().await["type"], "response.create");
    drop(call.carrier);
}

#[tokio::test]
async fn a_broken_session_is_replaced_and_told_the_conversation() {
    let history = vec![
        Entry::Caller("My printer is jammed".into()),
        Entry::Agent("I see.".into()),
        Entry::Desk("The caller pressed 1.".into()),
    ];
    let mut call = call_with(history, |_| {}, greeting).await;
    let mut model = call.server.session().await;
    for role in ["user", "assistant", "system"] {
        assert_eq!(model.next().await["item"]["role"], role);
    }
    let create = model.next().await;
    model.created("r1", &create).await;
    model.sound("r1", "i1", 20).await;
    assert_eq!(call.carrier.next().await.unwrap()["event"], "media");
    let since = Instant::now();
    drop(model);
    // What the caller says meanwhile is not lost.
    tokio::time::sleep(Duration::from_millis(100)).await;
    call.carrier.send(&media(0, &silence(20)));
    call.carrier.send(&media(20, &silence(20)));
    let mut model = call.server.session().await;
    for role in ["user", "assistant", "system"] {
        assert_eq!(model.next().await["item"]["role"], role);
    }
    let bridge = model.next().await;
    assert_eq!(bridge["response"]["instructions"], "Say exactly these words and nothing else:\nI am here again.");
    assert!(since.elapsed() < Duration::from_secs(2));
    model.created("r2", &bridge).await;
    model.sound("r2", "i2", 20).await;
    model.done("r2", &bridge, "completed").await;
    // The answer that broke off is given again.
    let again = model.next().await;
    assert!(again["response"]["instructions"].is_null(), "{again}");
    assert_eq!(model.sound.concat().len(), 320);
    assert_eq!(call.told.all().iter().filter(|input| matches!(input, Input::Started { .. })).count(), 1);
}

#[tokio::test]
async fn what_happens_while_a_session_is_opened_again_is_told_to_it() {
    let call = call(|input| match input {
        Input::Key('1') => vec![
            Output::Instruct {
                agent: "printer_agent".into(),
                instructions: "You are printer_agent.".into(),
                tools: Vec::new(),
            },
            Output::Tell("pressed 1".into()),
            Output::Respond,
        ],
        _ => Vec::new(),
    })
    .await;
    drop(call.server.session().await);
    let mut model = call.server.accept().await;
    call.carrier.send(&json!({"event": "dtmf", "dtmf": {"digit": "1"}}));
    call.told.until("the key", |input| *input == Input::Key('1')).await;
    model.send(json!({"type": "session.updated", "session": {}})).await;
    let mut seen = Vec::new();
    for _ in 0..2 {
        let event = model.next().await;
        seen.push((event["session"]["instructions"].clone(), event["item"]["content"][0]["text"].clone()));
    }
    // The scripted conversation tells the instructions of its first agent whenever it is asked.
    assert_eq!(seen[0].1, "pressed 1", "{seen:?}");
}

#[tokio::test]
async fn after_three_times_the_call_goes_elsewhere() {
    let call = call(greeting).await;
    let model = call.server.session().await;
    drop(model);
    for _ in 0..REOPENED_MAX {
        drop(call.server.accept().await);
    }
    let ending = tokio::time::timeout(SOON, call.ended).await.unwrap().unwrap();
    assert!(matches!(ending, Ending::Failed { .. }), "{ending:?}");
    call.told.until("the end", |input| matches!(input, Input::End(Ending::Failed { .. }))).await;
}

#[tokio::test]
async fn some_failures_are_for_good() {
    let refused = call(greeting).await;
    let mut model = refused.server.accept().await;
    model.send(json!({"type": "error", "error": {"type": "invalid_request_error", "code": "invalid_value", "message": "m", "event_id": "su_0"}})).await;
    assert!(matches!(refused.ended.await.unwrap(), Ending::Failed { reason } if reason.contains("invalid_value")));

    let no_quota = call(greeting).await;
    let mut model = no_quota.server.session().await;
    model.send(json!({"type": "error", "error": {"code": "insufficient_quota"}})).await;
    assert!(
        matches!(no_quota.ended.await.unwrap(), Ending::Failed { reason } if reason.contains("insufficient_quota"))
    );

    let closed = call(greeting).await;
    let mut model = closed.server.session().await;
    let frame = CloseFrame { code: 1008.into(), reason: "policy".into() };
    model.socket.close(Some(frame)).await.unwrap();
    assert!(matches!(closed.ended.await.unwrap(), Ending::Failed { reason } if reason.contains("1008")));
}

#[tokio::test]
async fn a_session_is_replaced_before_its_end_when_nobody_speaks() {
    let call = call_with(Vec::new(), |options| options.rotate_after = Duration::from_millis(300), greeting).await;
    let mut model = call.server.session().await;
    let create = model.next().await;
    model.created("r1", &create).await;
    // An answer is being given: it is not cut.
    let early = tokio::time::timeout(Duration::from_millis(700), call.server.accept()).await;
    assert!(early.is_err());
    model.done("r1", &create, "completed").await;
    let mut next = call.server.session().await;
    next.silent(150).await;
}

#[tokio::test]
async fn frames_that_wait_travel_together() {
    let call = call(|_| Vec::new()).await;
    let accepted = call.server.accept().await;
    // There is no session yet: these are kept, two seconds of them.
    for frame in 0..150 {
        call.carrier.send(&media(frame * 20, &silence(20)));
    }
    call.carrier.raw("no frame");
    call.carrier.binary();
    tokio::time::sleep(Duration::from_millis(100)).await;
    let mut model = accepted;
    model.send(json!({"type": "session.updated", "session": {}})).await;
    let kept = model.event().await;
    assert_eq!(STANDARD.decode(kept["audio"].as_str().unwrap()).unwrap().len(), 16_000);
    // A hole of three frames is filled with silence.
    call.carrier.send(&media(3_060, &STANDARD.encode([7; 160])));
    let filled = STANDARD.decode(model.event().await["audio"].as_str().unwrap()).unwrap();
    assert_eq!(filled.len(), 480 + 160);
    assert_eq!((filled[0], filled[479], filled[480]), (0xff, 0xff, 7));
}

#[tokio::test]
async fn a_failed_answer_is_asked_for_again_and_not_for_ever() {
    let call = call(greeting).await;
    let mut model = call.server.session().await;
    for number in 0..=FAILED_MAX {
        let create = model.next().await;
        model.created(&format!("r{number}"), &create).await;
        model.done(&format!("r{number}"), &create, "failed").await;
    }
    assert!(matches!(tokio::time::timeout(SOON, call.ended).await.unwrap().unwrap(), Ending::Failed { .. }));
}

#[tokio::test]
async fn an_operator_ends_a_call_while_the_model_is_away() {
    let call = call(greeting).await;
    let _accepted = call.server.accept().await;
    call.ends.operator.send(Input::End(Ending::Moved)).await.unwrap();
    assert_eq!(tokio::time::timeout(SOON, call.ended).await.unwrap().unwrap(), Ending::Moved);
}

mod unheard;
mod withdrawn;

#[test]
fn engines_can_be_spawned() {
    fn is_send<T: Send>(_: T) {}
    let (session, _ends) = session(Slow(Duration::ZERO), 1);
    let (socket, _carrier) = pipe();
    is_send(run(session, socket, Opened::default(), RealtimeOptions::new("ws://x", "m", "v")));
}
