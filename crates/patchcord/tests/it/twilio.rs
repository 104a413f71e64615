//! Twilio's webhooks, signed here with an HMAC of its own: what is refused leaves nothing behind, what is taken is answered in
//! TwiML.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use patchcord_server::TwilioAccount;
use reqwest::Method;

use crate::harness::{Answer, Client, Engine, JONAS, NORTH, Setup, Talk, World, both_engines, number};

both_engines!(
    what_is_not_signed_is_refused,
    a_call_is_answered_by_its_number,
    a_call_is_followed_to_its_end,
    a_caller_is_put_through,
);

pub(crate) const TOKEN: &str = "the token of the account";
const ACCOUNT: &str = "AC11111111111111111111111111111111";

async fn world(engine: Engine) -> World {
    let twilio = Some(TwilioAccount { auth_token: TOKEN.into(), sid: Some(ACCOUNT.into()) });
    let server = patchcord_server::Options { twilio, ..Default::default() };
    World::with(engine, Setup { server, ..Setup::default() }).await.with_numbers().await
}

/// The signature as the protocol's page has it: the address, then each name and value in the order of the names.
fn sign(token: &str, path: &str, form: &BTreeMap<&str, String>) -> String {
    let mut text = format!("http://localhost:3000{path}");
    for (name, value) in form {
        text += name;
        text += value;
    }
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    STANDARD.encode(hmac::sign(&key, text.as_bytes()))
}

/// The signature of a socket: its address alone.
pub(crate) fn sign_socket(path: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TOKEN.as_bytes());
    STANDARD.encode(hmac::sign(&key, format!("ws://localhost:3000{path}").as_bytes()))
}

fn form(sid: &str, more: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    let mut form = BTreeMap::from([
        ("CallSid", format!("CA{sid:0>32}")),
        ("AccountSid", ACCOUNT.to_owned()),
        ("From", JONAS.to_owned()),
        ("To", NORTH.to_owned()),
        ("CallStatus", "ringing".to_owned()),
        ("ApiVersion", "2010-04-01".to_owned()),
        ("Direction", "inbound".to_owned()),
        ("SomethingNew", "&=+ü".to_owned()),
    ]);
    form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    form
}

async fn send(client: &Client, path: &str, form: &BTreeMap<&str, String>, signature: Option<&str>) -> Answer {
    let pairs: Vec<(&&str, &String)> = form.iter().collect();
    let body = pairs.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect::<Vec<_>>().join("&");
    let request =
        client.request(Method::POST, path).header("content-type", "application/x-www-form-urlencoded").body(body);
    Answer::of(match signature {
        Some(signature) => request.header("x-twilio-signature", signature),
        None => request,
    })
    .await
}

fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}

async fn post(client: &Client, path: &str, form: &BTreeMap<&str, String>) -> Answer {
    send(client, path, form, Some(&sign(TOKEN, path, form))).await
}

fn attribute<'x>(xml: &'x str, name: &str) -> &'x str {
    let from = xml.find(&format!("{name}=\"")).unwrap_or_else(|| panic!("no {name} in {xml}")) + name.len() + 2;
    &xml[from..from + xml[from..].find('"').unwrap()]
}

fn parameter<'x>(xml: &'x str, name: &str) -> &'x str {
    let from = xml.find(&format!("name=\"{name}\"")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    attribute(&xml[from..], "value")
}

async fn what_is_not_signed_is_refused(engine: Engine) {
    let world = world(engine).await;
    let carrier = world.stranger();
    let call = form("1", &[]);
    let good = sign(TOKEN, "/twilio/voice", &call);
    let foreign = form("1", &[("AccountSid", "AC22222222222222222222222222222222")]);
    for path in ["voice", "status", "action", "fallback", "dial-result", "whisper"] {
        let path = format!("/twilio/{path}");
        for (form, signature) in [
            (&call, None),
            (&call, Some(String::new())),
            (&call, Some("garbage".to_owned())),
            (&call, Some(sign("another token", &path, &call))),
            (&call, Some(sign(TOKEN, "/twilio/elsewhere", &call))),
            (&foreign, Some(sign(TOKEN, &path, &foreign))),
        ] {
            send(&carrier, &path, form, signature.as_deref()).await.refused(403, "bad_signature");
        }
    }
    // A parameter that was added or changed on the way.
    send(&carrier, "/twilio/voice", &form("2", &[]), Some(&good)).await.refused(403, "bad_signature");
    send(&carrier, "/twilio/voice?x=1", &call, Some(&good)).await.refused(403, "bad_signature");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM calls").await, 0);
    // Without a token nothing is taken at all.
    let door = world.second_door(patchcord_server::Options::default()).await;
    send(&Client::new(&door), "/twilio/voice", &call, Some(&good)).await.refused(403, "bad_signature");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM events WHERE topic = 'calls'").await, 0);
    world.stop().await;
}

async fn a_call_is_answered_by_its_number(engine: Engine) {
    let world = world(engine).await;
    let carrier = world.stranger();
    let answer = post(&carrier, "/twilio/voice", &form("1", &[])).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/xml; charset=utf-8"));
    let xml = answer.text.as_str();
    assert!(xml.contains("<Connect action=\"http://localhost:3000/twilio/action\""), "{xml}");
    assert_eq!(attribute(&xml[xml.find("<ConversationRelay").unwrap()..], "url"), "ws://localhost:3000/twilio/relay");
    let opened = world.app.open_stream(parameter(xml, "token"), None).await.unwrap();
    assert_eq!(opened.call_id(), parameter(xml, "callId"));
    // The fallback and a repetition are the same call.
    for path in ["/twilio/fallback", "/twilio/voice"] {
        let again = post(&carrier, path, &form("1", &[])).await;
        assert_eq!(parameter(&again.text, "callId"), opened.call_id());
    }
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM calls").await, 1);
    let unknown = post(&carrier, "/twilio/voice", &form("2", &[("To", "+12025550177")])).await;
    assert!(unknown.text.contains("<Say>") && unknown.text.contains("<Hangup/>"), "{}", unknown.text);
    // A number that wants speech gets the relay while no model that speaks is set up.
    let forged = form("3", &[("StirVerstat", "TN-Validation-Failed-A")]);
    assert_eq!(post(&carrier, "/twilio/voice", &forged).await.status, 200);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM calls").await, 2);
    let leg = form("4", &[("ParentCallSid", "CA00000000000000000000000000000001")]);
    assert!(post(&carrier, "/twilio/voice", &leg).await.text.contains("<Hangup/>"));
    world.stop().await;
}

async fn a_call_is_followed_to_its_end(engine: Engine) {
    let world = world(engine).await;
    let (carrier, agent) = (world.stranger(), world.agent().await);
    let answer = post(&carrier, "/twilio/voice", &form("1", &[])).await;
    let path = format!("/api/calls/{}", parameter(&answer.text, "callId"));
    let done = form("1", &[("CallStatus", "completed"), ("CallDuration", "33"), ("SequenceNumber", "2")]);
    assert_eq!(post(&carrier, "/twilio/status", &done).await.status, 204);
    let late = form("1", &[("CallStatus", "in-progress"), ("SequenceNumber", "1")]);
    assert_eq!(post(&carrier, "/twilio/status", &late).await.status, 204);
    let failed = form("1", &[("StreamEvent", "stream-error"), ("StreamError", "31920")]);
    assert_eq!(post(&carrier, "/twilio/status", &failed).await.status, 204);
    let call = agent.get(&path).await.expect(200);
    assert_eq!((call["status"].as_str(), call["durationSeconds"].as_i64()), (Some("COMPLETED"), Some(33)));
    let action = form("1", &[("CallStatus", "completed")]);
    assert!(post(&carrier, "/twilio/action", &action).await.text.contains("<Hangup/>"));
    assert!(post(&carrier, "/twilio/voice", &form("1", &[])).await.text.contains("<Hangup/>"));
    world.stop().await;
}

async fn a_caller_is_put_through(engine: Engine) {
    let world = world(engine).await;
    let carrier = world.stranger();
    let admin = world.admin().await;
    admin.patch("/api/workspace", serde_json::json!({"timezone": "America/New_York"})).await.expect(200);
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.caller("A person, please.").await;
    let to = "+12025550111".to_owned();
    talk.end(patchcord_domain::call::Ending::Transferred { to, summary: "Tray <2> & more".into() }).await;
    let action = form("1", &[("CallStatus", "in-progress")]);
    let xml = post(&carrier, "/twilio/action", &action).await.text;
    assert!(xml.contains("answerOnBridge=\"true\"") && xml.contains(">+12025550111</Number>"), "{xml}");
    let whisper = attribute(&xml[xml.find("<Number").unwrap()..], "url").replace("&amp;", "&");
    let whisper = whisper.strip_prefix("http://localhost:3000").unwrap();
    let leg = form("5", &[("To", "+12025550111")]);
    let words = post(&carrier, whisper, &leg).await.text;
    assert!(words.contains("Tray &lt;2&gt; &amp; more"), "{words}");
    let unanswered = form("1", &[("CallStatus", "in-progress"), ("DialCallStatus", "no-answer")]);
    let back = post(&carrier, "/twilio/dial-result", &unanswered).await.text;
    assert!(back.contains("<ConversationRelay"), "{back}");
    world.stop().await;
}
