//! The carrier's REST interface: calls are changed, made and asked about (<https://www.twilio.com/docs/voice/api/call-resource>).

use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::bridge::ring;
use super::leg::Next;
use super::post::read_form;
use super::{Shared, Update, lock};
use crate::http::{Connection, header};

/// Twilio's limit of a document in a request.
const TWIML_MAX: usize = 4_000;

pub(crate) async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    while let Some(Ok((socket, _))) = shared.stop.run_until_cancelled(listener.accept()).await {
        let shared = Arc::clone(&shared);
        let tasks = shared.tasks.clone();
        tasks.spawn(async move {
            let stop = shared.stop.clone();
            let _ = stop.run_until_cancelled(connection(&shared, Connection::new(socket))).await;
        });
    }
}

async fn connection(shared: &Arc<Shared>, mut connection: Connection) -> std::io::Result<()> {
    while let Some((raw, body_at)) = connection.next().await? {
        let line = String::from_utf8_lossy(raw.split(|byte| *byte == b'\r').next().unwrap_or_default()).into_owned();
        let (method, target) = line.trim_end_matches(" HTTP/1.1").split_once(' ').unwrap_or_default();
        let body = String::from_utf8_lossy(&raw[body_at..]).into_owned();
        let authorization = header(&raw[..body_at], "authorization").unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        if method == "GET"
            && let Some(sound) = recording(shared, path)
        {
            let (status, bytes) = if authorization == expected(shared) { sound } else { (401, Vec::new()) };
            connection.send(status, &[("content-type", "audio/x-wav".to_owned())], &bytes).await?;
            continue;
        }
        let (status, answer) = if authorization == expected(shared) {
            answer(shared, method, path, query, &read_form(&body))
        } else {
            fault(401, 20003, "Authenticate")
        };
        let body = answer.to_string();
        connection.send(status, &[("content-type", "application/json".to_owned())], body.as_bytes()).await?;
    }
    Ok(())
}

fn expected(shared: &Shared) -> String {
    let pair = format!("{}:{}", shared.options.account, shared.options.token);
    format!("Basic {}", BASE64_STANDARD.encode(pair))
}

fn fault(status: u16, code: u32, message: &str) -> (u16, Value) {
    let more = format!("https://www.twilio.com/docs/errors/{code}");
    (status, json!({"code": code, "message": message, "more_info": more, "status": status}))
}

fn answer(shared: &Arc<Shared>, method: &str, path: &str, query: &str, form: &[(String, String)]) -> (u16, Value) {
    if method == "GET" && path == format!("/2010-04-01/Accounts/{}.json", shared.options.account) {
        return (200, json!({"sid": shared.options.account, "status": "active", "type": "Full"}));
    }
    let base = format!("/2010-04-01/Accounts/{}/", shared.options.account);
    let Some(rest) = path.strip_prefix(&base).and_then(|rest| rest.strip_suffix(".json")) else {
        return fault(404, 20404, "The requested resource was not found");
    };
    let parts: Vec<&str> = rest.split('/').collect();
    match (method, parts.as_slice()) {
        ("POST", ["Calls"]) => create(shared, form),
        ("GET", ["Calls"]) => list(shared, query),
        ("GET", ["Calls", sid]) => match shared.told(sid) {
            Some(call) => (200, call),
            None => fault(404, 20404, "The requested resource was not found"),
        },
        ("POST", ["Calls", sid]) => change(shared, sid, form),
        ("POST", ["Calls", sid, "Recordings"]) => record(shared, sid, form),
        ("DELETE", ["Recordings", name]) => match lock(&shared.recordings).remove(*name) {
            Some(_) => (204, Value::Null),
            None => fault(404, 20404, "The requested resource was not found"),
        },
        ("GET", ["IncomingPhoneNumbers"]) => {
            let numbers = shared.options.numbers_of_account.iter();
            let shown = numbers.map(|(number, url)| {
                json!({"phone_number": number, "voice_url": url, "voice_method": "POST", "voice_fallback_url": "", "status_callback": ""})
            });
            (200, json!({"incoming_phone_numbers": shown.collect::<Vec<_>>(), "next_page_uri": null}))
        }
        ("GET", ["Usage", "Records", ..]) => (200, json!({"usage_records": []})),
        _ => fault(404, 20404, "The requested resource was not found"),
    }
}

fn field<'f>(form: &'f [(String, String)], name: &str) -> Option<&'f str> {
    form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
}

const CHANGES: [&str; 10] = [
    "Twiml",
    "Url",
    "Method",
    "Status",
    "FallbackUrl",
    "FallbackMethod",
    "StatusCallback",
    "StatusCallbackMethod",
    "TimeLimit",
    "StatusCallbackEvent",
];

fn change(shared: &Shared, sid: &str, form: &[(String, String)]) -> (u16, Value) {
    if let Some((unknown, _)) = form.iter().find(|(name, _)| !CHANGES.contains(&name.as_str())) {
        return fault(400, 20001, &format!("{unknown} is not a parameter of this request"));
    }
    let update = match (field(form, "Status"), field(form, "Twiml"), field(form, "Url")) {
        (Some("completed" | "canceled"), None, None) => Update::End,
        (None, Some(text), None) if text.len() > TWIML_MAX => {
            return fault(400, 21212, "Twiml is longer than 4000 characters");
        }
        (None, Some(text), None) => Update::Document(text.to_owned()),
        (None, None, Some(url)) => Update::Address(url.to_owned()),
        _ => return fault(400, 21220, "exactly one of Status, Twiml and Url is needed"),
    };
    let told = match &update {
        Update::Document(text) => format!("Twiml {text}"),
        Update::Address(url) => format!("Url {url}"),
        Update::End => "Status completed".to_owned(),
    };
    let updates = {
        let calls = lock(&shared.calls);
        match calls.get(sid) {
            None => return fault(404, 20404, "The requested resource was not found"),
            Some(call) if call.seconds.is_some() => {
                return fault(400, 21220, "Call is not in-progress. Cannot redirect.");
            }
            Some(call) => call.updates.clone(),
        }
    };
    shared.note(sid, "rest", told);
    if updates.try_send(update).is_err() {
        return fault(429, 20429, "Too many requests");
    }
    match shared.told(sid) {
        Some(call) => (200, call),
        None => fault(404, 20404, "The requested resource was not found"),
    }
}

/// Records a call: what it sounds like is not kept, only that it does.
fn record(shared: &Shared, sid: &str, form: &[(String, String)]) -> (u16, Value) {
    let known = [
        "RecordingChannels",
        "RecordingStatusCallback",
        "RecordingStatusCallbackMethod",
        "RecordingStatusCallbackEvent",
    ];
    if let Some((unknown, _)) = form.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        return fault(400, 20001, &format!("{unknown} is not a parameter of this request"));
    }
    let recording = super::sid("RE");
    {
        let mut calls = lock(&shared.calls);
        match calls.get_mut(sid) {
            None => return fault(404, 20404, "The requested resource was not found"),
            Some(call) if call.seconds.is_some() || call.answered.is_none() => {
                return fault(400, 21220, "Requested resource is not eligible for recording");
            }
            Some(call) => {
                let address = field(form, "RecordingStatusCallback").unwrap_or_default().to_owned();
                call.recording = Some((recording.clone(), address));
            }
        }
    }
    shared.note(sid, "rest", "Recordings");
    lock(&shared.recordings).insert(recording.clone(), crate::modem::speak("recorded"));
    (201, json!({"sid": recording, "call_sid": sid, "status": "in-progress"}))
}

fn create(shared: &Arc<Shared>, form: &[(String, String)]) -> (u16, Value) {
    let (Some(to), Some(from)) = (field(form, "To"), field(form, "From")) else {
        return fault(400, 21201, "To and From are needed");
    };
    let next = match (field(form, "Twiml"), field(form, "Url")) {
        (Some(text), None) => Next::Document(text.to_owned()),
        (None, Some(url)) => Next::address(url.to_owned()),
        _ => return fault(400, 21205, "exactly one of Twiml and Url is needed"),
    };
    let timeout = field(form, "Timeout").and_then(|seconds| seconds.parse::<u64>().ok()).unwrap_or(60);
    let (shared, from, to) = (Arc::clone(shared), from.to_owned(), to.to_owned());
    let answer =
        json!({"sid": super::sid("CA"), "status": "queued", "to": to, "from": from, "direction": "outbound-api"});
    let tasks = shared.tasks.clone();
    tasks.spawn(async move {
        let stop = shared.stop.clone();
        let call = async {
            if let Ok(leg) = ring(&shared, (&from, &to), None, timeout * 1_000).await {
                leg.run(next).await;
            }
        };
        let _ = Box::pin(stop.run_until_cancelled(call)).await;
    });
    (201, answer)
}

fn list(shared: &Shared, query: &str) -> (u16, Value) {
    let query = read_form(query);
    let parent = field(&query, "ParentCallSid");
    let sids: Vec<String> = {
        let calls = lock(&shared.calls);
        let fits = calls.iter().filter(|(_, call)| parent.is_none() || call.parent.as_deref() == parent);
        fits.map(|(sid, _)| sid.clone()).collect()
    };
    let calls: Vec<Value> = sids.iter().filter_map(|sid| shared.told(sid)).collect();
    (200, json!({"calls": calls, "next_page_uri": null}))
}

/// The sound of a recording, as a WAV file of µ-law samples.
fn recording(shared: &Shared, path: &str) -> Option<(u16, Vec<u8>)> {
    let (_, name) = path.split_once("/Recordings/")?;
    let name = name.trim_end_matches(".wav");
    let Some(sound) = lock(&shared.recordings).get(name).cloned() else { return Some((404, Vec::new())) };
    let length = u32::try_from(sound.len()).unwrap_or(0);
    let mut file = b"RIFF".to_vec();
    file.extend((length + 38).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(18_u32.to_le_bytes());
    // µ-law, one channel, 8,000 samples of one byte a second.
    for number in [7_u16, 1] {
        file.extend(number.to_le_bytes());
    }
    for number in [8_000_u32, 8_000] {
        file.extend(number.to_le_bytes());
    }
    for number in [1_u16, 8, 0] {
        file.extend(number.to_le_bytes());
    }
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(sound);
    Some((200, file))
}
