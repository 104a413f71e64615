//! The carrier against a tiny server: webhooks, documents, both protocols, REST.

use std::time::Duration;

use patchcord_simulator::carrier::{
    ACCOUNT, Act, Answers, Broken, Call, Carrier, Heard, Incoming, Options, Person, Request, form, send,
};
use patchcord_simulator::pace::Pace;
use serde_json::Value;

use crate::desk::{Desk, TOKEN};

pub(crate) fn fast(desk: &Desk) -> Options {
    Options { pace: Pace::TENFOLD, ..Options::new(&desk.url(), TOKEN) }
}

fn incoming() -> Incoming {
    Incoming { from: "+14105550111".into(), to: "+12025550100".into(), stir: None }
}

/// What is heard until a pause or the end.
async fn hear(call: &mut Call) -> String {
    let mut text = String::new();
    loop {
        match tokio::time::timeout(Duration::from_secs(10), call.phone.heard.recv()).await.expect("silence") {
            Some(Heard::Words(words)) => text = format!("{text} {words}").trim().to_owned(),
            Some(Heard::Pause) if text.is_empty() => {}
            Some(Heard::Pause | Heard::Ended) | None => return text,
            Some(_) => {}
        }
    }
}

async fn ended(call: &mut Call) {
    while !matches!(
        tokio::time::timeout(Duration::from_secs(10), call.phone.heard.recv()).await.expect("it does not end"),
        Some(Heard::Ended) | None
    ) {}
}

async fn say(call: &Call, text: &str) {
    call.phone.acts.send(Act::Say(text.into())).await.unwrap();
}

fn warnings(carrier: &Carrier, call: &Call) -> Vec<String> {
    let notes = carrier.notes(&call.sid);
    notes.into_iter().filter(|note| matches!(note.kind, "warning" | "fault")).map(|note| note.text).collect()
}

pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..500 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what} never came");
}

#[tokio::test]
async fn say_gather_redirect_and_hang_up() {
    let desk = Desk::start().await;
    desk.answer("voice", "<Gather numDigits='4' action='BASE/twilio/menu'><Say>Please key in your code.</Say></Gather><Say>Nothing.</Say>");
    desk.answer("menu", "<Redirect>/twilio/last</Redirect>");
    desk.answer("last", "<Say>Thank you.</Say><Hangup/>");
    let carrier = Carrier::start(fast(&desk)).await.unwrap();
    let mut call = carrier.call(incoming());
    assert_eq!(hear(&mut call).await, "Please key in your code.");
    for key in ['4', '4', '7', '1'] {
        call.phone.acts.send(Act::Key(key)).await.unwrap();
    }
    assert_eq!(hear(&mut call).await, "Thank you.");
    ended(&mut call).await;
    until("the status", || desk.asked().iter().any(|(path, _)| path == "status")).await;
    let voice = desk.asked_once("voice");
    assert_eq!(voice["CallSid"], call.sid);
    assert_eq!((voice["CallStatus"].as_str(), voice["Direction"].as_str()), ("ringing", "inbound"));
    assert_eq!(desk.asked_once("menu")["Digits"], "4471");
    let status = desk.asked_once("status");
    assert_eq!(
        (status["CallStatus"].as_str(), status["CallbackSource"].as_str()),
        ("completed", "call-progress-events")
    );
    assert_ne!(status["CallDuration"], "0");
    assert_eq!(warnings(&carrier, &call), [""; 0]);
    assert_eq!(carrier.in_progress(), 0);
}

#[tokio::test]
async fn the_fallback_is_asked_and_then_the_caller_is_told() {
    let desk = Desk::start().await;
    desk.answer("voice", "!500");
    desk.answer("fallback", "<Say>One moment.</Say><Redirect>/twilio/gone</Redirect>");
    desk.answer("fallback", "!<Response><Oops></Response>");
    desk.answer("gone", "!nothing");
    let carrier = Carrier::start(fast(&desk)).await.unwrap();
    let mut call = carrier.call(incoming());
    assert_eq!(hear(&mut call).await, "One moment.");
    assert!(hear(&mut call).await.contains("an application error"));
    ended(&mut call).await;
    assert_eq!(carrier.status(&call.sid), Some("failed"));
    let fallbacks: Vec<_> = desk.asked().into_iter().filter(|(path, _)| path == "fallback").collect();
    assert_eq!(fallbacks.len(), 2);
    assert!(fallbacks[0].1["ErrorUrl"].ends_with("/twilio/voice"));
    assert_eq!(fallbacks[0].1["ErrorCode"], "11200");
    assert_eq!(fallbacks[1].1["ErrorCode"], "12100");
}

#[tokio::test]
async fn reject_and_a_caller_who_gives_up() {
    let desk = Desk::start().await;
    desk.answer("voice", "<Reject reason='busy'/>");
    desk.answer("voice", "<Pause length='600'/>");
    let carrier = Carrier::start(fast(&desk)).await.unwrap();
    let mut call = carrier.call(incoming());
    ended(&mut call).await;
    assert_eq!(carrier.status(&call.sid), Some("busy"));
    let mut call = carrier.call(incoming());
    assert_eq!(call.phone.heard.recv().await, Some(Heard::Answered));
    call.phone.acts.send(Act::HangUp).await.unwrap();
    ended(&mut call).await;
    assert_eq!(carrier.status(&call.sid), Some("completed"));
}

#[tokio::test]
async fn dialling_a_person_with_a_whisper() {
    let desk = Desk::start().await;
    desk.answer(
        "voice",
        "<Dial timeout='25' answerOnBridge='true' callerId='+12025550100' action='BASE/twilio/dial-result'>\
         <Number url='BASE/twilio/whisper'>+12025550111</Number></Dial>",
    );
    desk.answer("whisper", "<Gather numDigits='1' action='BASE/twilio/accepted'><Say>A caller with a broken printer.</Say></Gather><Hangup/>");
    desk.answer("accepted", "<Say>Connecting.</Say>");
    desk.answer("dial-result", "<Say>Welcome back.</Say>");
    let mut options = fast(&desk);
    let says = vec!["Hello, Sam here.".to_owned()];
    options.people = vec![
        Person { says, ..Person::kind("+12025550111") },
        Person { presses: "9".into(), ..Person::kind("+12025550112") },
        Person { answers: Answers::Busy, ..Person::kind("+12025550113") },
    ];
    let carrier = Carrier::start(options).await.unwrap();
    let mut call = carrier.call(incoming());
    assert_eq!(hear(&mut call).await, "Hello, Sam here.");
    assert_eq!(hear(&mut call).await, "Welcome back.");
    ended(&mut call).await;
    assert_eq!(carrier.dialled(&call.sid), ["+12025550111"]);
    assert_eq!(carrier.overheard("+12025550111"), ["A caller with a broken printer.", "Connecting."]);
    let result = desk.asked_once("dial-result");
    assert_eq!(result["DialCallStatus"], "completed");
    assert!(result["DialCallSid"].starts_with("CA"));
    assert_eq!(desk.asked_once("whisper")["ParentCallSid"], call.sid);

    desk.answer("voice", "");
    let busy = "<Dial action='BASE/twilio/busy'>+12025550113</Dial>";
    let desk = Desk::start().await;
    desk.answer("voice", busy);
    desk.answer("busy", "<Say>Nobody is there.</Say>");
    let mut options = fast(&desk);
    options.people = vec![Person { answers: Answers::Busy, ..Person::kind("+12025550113") }];
    let carrier = Carrier::start(options).await.unwrap();
    let mut call = carrier.call(incoming());
    assert_eq!(hear(&mut call).await, "Nobody is there.");
    assert_eq!(desk.asked_once("busy")["DialCallStatus"], "busy");
}

const RELAY: &str = "<Connect action='BASE/twilio/action'><ConversationRelay url='SOCKET/twilio/relay' interruptible='any' \
    dtmfDetection='true'><Parameter name='token' value='once'/></ConversationRelay></Connect>";

#[tokio::test]
async fn a_relay() {
    let desk = Desk::start().await;
    desk.answer("voice", RELAY);
    desk.answer("action", "<Say>The end.</Say>");
    let carrier = Carrier::start(fast(&desk)).await.unwrap();
    let mut call = carrier.call(incoming());
    assert_eq!(hear(&mut call).await, "Hello, how can I help you today?");
    say(&call, "My printer is jammed.").await;
    assert_eq!(hear(&mut call).await, "You said: My printer is jammed. Is that right?");
    call.phone.acts.send(Act::Key('5')).await.unwrap();
    assert_eq!(hear(&mut call).await, "Key \"5\".");
    // Over the next answer somebody speaks: it stops, and what was heard of it is told.
    say(&call, "A long sentence that is said back to me slowly, word by word, until the very end").await;
    while !matches!(call.phone.heard.recv().await, Some(Heard::Words(_))) {}
    assert!(matches!(call.phone.heard.recv().await, Some(Heard::Words(_))));
    say(&call, "Stop.").await;
    let cut = hear(&mut call).await;
    assert!(!cut.contains("very end"), "{cut}");
    assert_eq!(hear(&mut call).await, "You said: Stop. Is that right?");
    say(&call, "goodbye").await;
    assert_eq!(hear(&mut call).await, "The end.");
    ended(&mut call).await;
    let action = desk.asked_once("action");
    assert_eq!(action["SessionStatus"], "ended");
    assert_eq!(action["HandoffData"], "{\"reason\":\"goodbye\"}");
    let frames = desk.frames();
    assert_eq!(frames[0]["type"], "setup");
    assert_eq!(frames[0]["customParameters"]["token"], "once");
    assert_eq!(frames[0]["callSid"], call.sid.as_str());
    let interrupt = frames.iter().find(|frame| frame["type"] == "interrupt").unwrap();
    let heard = interrupt["utteranceUntilInterrupt"].as_str().unwrap();
    assert!(heard.starts_with("You said:") && !heard.contains("very end"), "{heard}");
    assert_eq!(warnings(&carrier, &call), [""; 0]);
}

#[tokio::test]
async fn a_frame_that_is_none_is_told_and_warned_of() {
    let desk = Desk::start().await;
    desk.answer("voice", RELAY);
    let carrier = Carrier::start(fast(&desk)).await.unwrap();
    let mut call = carrier.call(incoming());
    hear(&mut call).await;
    say(&call, "something odd").await;
    assert_eq!(hear(&mut call).await, "Odd.");
    call.phone.acts.send(Act::HangUp).await.unwrap();
    ended(&mut call).await;
    assert_eq!(warnings(&carrier, &call), ["64107: unknown type odd"]);
    assert!(desk.frames().iter().any(|frame| frame["type"] == "error"));
}

#[tokio::test]
async fn a_broken_socket_in_both_variants() {
    for (broken, asks) in [(Broken::AsksAction, true), (Broken::AsksNobody, false)] {
        let desk = Desk::start().await;
        desk.answer("voice", RELAY);
        desk.answer("action", "<Say>Back again.</Say>");
        desk.break_after(2);
        let carrier = Carrier::start(Options { broken, ..fast(&desk) }).await.unwrap();
        let mut call = carrier.call(incoming());
        hear(&mut call).await;
        say(&call, "hello").await;
        if asks {
            assert_eq!(hear(&mut call).await, "Back again.");
            assert_eq!(desk.asked_once("action")["SessionStatus"], "failed");
            continue;
        }
        // The call hangs until somebody redirects it.
        let quiet = tokio::time::timeout(Duration::from_millis(300), hear(&mut call)).await;
        assert!(quiet.is_err(), "{quiet:?}");
        let path = format!("Calls/{}.json", call.sid);
        let url = format!("{}/twilio/action", desk.url());
        let (status, _) = rest(&carrier, "POST", &path, &[("Url", &url)]).await;
        assert_eq!(status, 200);
        assert_eq!(hear(&mut call).await, "Back again.");
        ended(&mut call).await;
    }
}

async fn rest(carrier: &Carrier, method: &str, path: &str, fields: &[(&str, &str)]) -> (u16, Value) {
    use base64::Engine;
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
    let fields: Vec<(String, String)> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    let answer = send(&Request {
        method: method.into(),
        url: format!("{}/Accounts/{ACCOUNT}/{path}", carrier.rest_url()),
        headers: vec![
            ("authorization".into(), format!("Basic {pair}")),
            ("content-type".into(), "application/x-www-form-urlencoded".into()),
        ],
        body: form(&fields),
    })
    .await
    .unwrap();
    (answer.status, serde_json::from_str(&answer.body).unwrap())
}

#[tokio::test]
async fn rest_changes_calls_and_tells_their_price_later() {
    let desk = Desk::start().await;
    desk.answer("voice", RELAY);
    let carrier = Carrier::start(Options { price_after: 2, ..fast(&desk) }).await.unwrap();
    let mut call = carrier.call(incoming());
    hear(&mut call).await;
    let path = format!("Calls/{}.json", call.sid);
    let (status, told) = rest(&carrier, "GET", &path, &[]).await;
    assert_eq!((status, &told["status"], &told["price"]), (200, &Value::from("in-progress"), &Value::Null));
    let twiml = "<Response><Say>A person comes.</Say></Response>";
    assert_eq!(rest(&carrier, "POST", &path, &[("Twiml", twiml)]).await.0, 200);
    assert_eq!(hear(&mut call).await, "A person comes.");
    ended(&mut call).await;
    for expected in [Value::Null, Value::Null, Value::from("-0.0085")] {
        assert_eq!(rest(&carrier, "GET", &path, &[]).await.1["price"], expected);
    }
    // Too late, wrong, unknown, not allowed.
    assert_eq!(rest(&carrier, "POST", &path, &[("Status", "completed")]).await.1["code"], 21220);
    assert_eq!(rest(&carrier, "POST", &path, &[("Twimml", "x")]).await.0, 400);
    assert_eq!(rest(&carrier, "GET", "Calls/CA0.json", &[]).await.1["code"], 20404);
    let url = format!("{}/Accounts/{ACCOUNT}/{path}", carrier.rest_url());
    let answer = send(&Request { method: "GET".into(), url, ..Request::default() }).await.unwrap();
    assert_eq!(answer.status, 401);

    let mut call = carrier.call(incoming());
    hear(&mut call).await;
    let path = format!("Calls/{}.json", call.sid);
    assert_eq!(rest(&carrier, "POST", &path, &[("Status", "completed")]).await.0, 200);
    ended(&mut call).await;
    assert_eq!(carrier.status(&call.sid), Some("completed"));
}

#[tokio::test]
async fn a_warm_transfer_meets_in_a_conference() {
    let desk = Desk::start().await;
    desk.answer("voice", RELAY);
    let mut options = fast(&desk);
    options.people = vec![Person { says: vec!["Sam speaking.".into(), "Bye.".into()], ..Person::kind("+12025550111") }];
    let carrier = Carrier::start(options).await.unwrap();
    let mut call = carrier.call(incoming());
    hear(&mut call).await;
    let room = "<Response><Say>A caller for you.</Say><Dial><Conference endConferenceOnExit='true'>room 1</Conference></Dial></Response>";
    let fields = [("To", "+12025550111"), ("From", "+12025550100"), ("Twiml", room)];
    assert_eq!(rest(&carrier, "POST", "Calls.json", &fields).await.0, 201);
    let join = "<Response><Dial><Conference>room 1</Conference></Dial></Response>";
    until("the person", || !carrier.overheard("+12025550111").is_empty()).await;
    assert_eq!(rest(&carrier, "POST", &format!("Calls/{}.json", call.sid), &[("Twiml", join)]).await.0, 200);
    assert_eq!(hear(&mut call).await, "Sam speaking.");
    assert_eq!(hear(&mut call).await, "Bye.");
    ended(&mut call).await;
    assert_eq!(carrier.overheard("+12025550111")[0], "A caller for you.");
}

#[tokio::test]
async fn a_recording_can_be_fetched() {
    use base64::Engine as _;

    let desk = Desk::start().await;
    desk.answer(
        "voice",
        "<Say>Leave a message.</Say><Record action='BASE/twilio/recorded' timeout='2' maxLength='30'/>",
    );
    desk.answer("recorded", "<Hangup/>");
    let carrier = Carrier::start(fast(&desk)).await.unwrap();
    let mut call = carrier.call(incoming());
    hear(&mut call).await;
    assert_eq!(hear(&mut call).await, "[beep]");
    say(&call, "Please call me back.").await;
    ended(&mut call).await;
    let recorded = desk.asked_once("recorded");
    assert!(recorded["RecordingSid"].starts_with("RE"));
    let base = carrier.rest_url().replace("/2010-04-01", "");
    let url = format!("{base}{}.wav", recorded["RecordingUrl"]);
    let mut request = Request { method: "GET".into(), url, ..Request::default() };
    assert_eq!(send(&request).await.unwrap().status, 401, "only the account may fetch it");
    let pair = base64::prelude::BASE64_STANDARD.encode(format!("{ACCOUNT}:{TOKEN}"));
    request.headers.push(("authorization".into(), format!("Basic {pair}")));
    let answer = send(&request).await.unwrap();
    assert!(answer.status == 200 && answer.body.starts_with("RIFF"));
}

#[tokio::test]
async fn webhooks_twice_and_statuses_out_of_order() {
    let desk = Desk::start().await;
    desk.answer("voice", "<Say>Hi.</Say>");
    let carrier = Carrier::start(Options { twice: true, out_of_order: true, ..fast(&desk) }).await.unwrap();
    let mut call = carrier.call(incoming());
    assert_eq!(hear(&mut call).await, "Hi.");
    ended(&mut call).await;
    until("the statuses", || desk.asked().iter().filter(|(path, _)| path == "status").count() == 8).await;
    let numbers: Vec<String> = desk
        .asked()
        .into_iter()
        .filter(|(path, _)| path == "status")
        .map(|(_, p)| p["SequenceNumber"].clone())
        .collect();
    assert_eq!(numbers, ["3", "3", "2", "2", "1", "1", "0", "0"]);
    assert_eq!(desk.asked().iter().filter(|(path, _)| path == "voice").count(), 2);
}
