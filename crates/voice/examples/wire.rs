//! Prints everything that is sent to the vendors' servers, as JSON, for comparison with the vendors' own packages.

#![expect(clippy::print_stdout, reason = "its output is what it is for")]

use patchcord_voice::conversation_relay::Reply;
use patchcord_voice::media_streams::Writer;
use patchcord_voice::realtime;
use patchcord_voice::twilio::{signature, twiml};
use serde_json::{Value, json};

fn main() {
    let parameters = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let call = parameters(&[
        ("CallSid", "CA1234567890ABCDE"),
        ("From", "+14158675309"),
        ("CallerName", "Grüße & Co"),
        ("Digits", "5678"),
        ("Digits", "1234"),
        ("Digits", "1234"),
        ("Empty", ""),
    ]);
    let signed = [
        ("https://mycompany.com/myapp.php?foo=1&bar=2", call.clone()),
        ("https://mycompany.com:8443/twilio/voice", call.clone()),
        ("http://127.0.0.1:3000/twilio/status", call),
        ("wss://voice.example.com/twilio/media", Vec::new()),
    ];
    let signatures: Vec<Value> = signed
        .iter()
        .map(|(url, parameters)| {
            let signature = signature::sign("12345", url, parameters);
            json!({"url": url, "parameters": parameters, "token": "12345", "signature": signature})
        })
        .collect();
    let streams = Writer::new("MZ1");
    let relay = [
        Reply::token("Let me ", false),
        Reply::Text {
            token: "x",
            last: true,
            lang: Some("de-DE"),
            interruptible: Some(true),
            preemptible: Some(false),
        },
        Reply::Play { source: "https://x.test/hold.mp3", times: 1, preemptible: true, interruptible: true },
        Reply::SendDigits { digits: "123#" },
        Reply::Language { tts_language: "de-DE", transcription_language: "de-DE" },
        Reply::End { handoff_data: Some("{}") },
    ];
    let all = json!({
        "realtime": realtime::everything(),
        "twiml": twiml::everything().to_xml(),
        "signatures": signatures,
        "streams": [streams.media("//8A"), streams.mark("it:1:g0:m1"), streams.clear()],
        "relay": relay.iter().map(Reply::to_json).collect::<Vec<_>>(),
    });
    println!("{all}");
}
