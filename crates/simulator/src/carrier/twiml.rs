//! The verbs of TwiML that the carrier follows (<https://www.twilio.com/docs/voice/twiml>), and what it says of others.

use super::xml::{self, Element};

/// Verbs and nouns: what each may carry, and what may be in it.
const GRAMMAR: &[(&str, &[&str], &[&str])] = &[
    ("Response", &[], &["Say", "Play", "Gather", "Dial", "Record", "Redirect", "Hangup", "Reject", "Pause", "Connect"]),
    ("Say", &["voice", "language", "loop"], &[]),
    ("Play", &["loop", "digits"], &[]),
    ("Pause", &["length"], &[]),
    ("Hangup", &[], &[]),
    ("Reject", &["reason"], &[]),
    ("Redirect", &["method"], &[]),
    (
        "Gather",
        &[
            "input",
            "action",
            "method",
            "timeout",
            "speechTimeout",
            "numDigits",
            "finishOnKey",
            "hints",
            "language",
            "actionOnEmptyResult",
            "bargeIn",
            "speechModel",
            "profanityFilter",
            "enhanced",
            "maxSpeechTime",
        ],
        &["Say", "Play", "Pause"],
    ),
    (
        "Record",
        &[
            "action",
            "method",
            "timeout",
            "finishOnKey",
            "maxLength",
            "playBeep",
            "trim",
            "recordingStatusCallback",
            "recordingStatusCallbackMethod",
            "recordingStatusCallbackEvent",
            "transcribe",
            "transcribeCallback",
        ],
        &[],
    ),
    (
        "Dial",
        &[
            "action",
            "method",
            "timeout",
            "callerId",
            "answerOnBridge",
            "hangupOnStar",
            "timeLimit",
            "record",
            "recordingStatusCallback",
            "recordingStatusCallbackMethod",
            "recordingStatusCallbackEvent",
            "ringTone",
            "sequential",
        ],
        &["Number", "Conference", "Client", "Sip"],
    ),
    (
        "Number",
        &[
            "url",
            "method",
            "sendDigits",
            "statusCallback",
            "statusCallbackEvent",
            "statusCallbackMethod",
            "machineDetection",
        ],
        &[],
    ),
    (
        "Conference",
        &[
            "muted",
            "beep",
            "startConferenceOnEnter",
            "endConferenceOnExit",
            "waitUrl",
            "waitMethod",
            "maxParticipants",
            "record",
            "statusCallback",
            "statusCallbackEvent",
            "statusCallbackMethod",
        ],
        &[],
    ),
    ("Client", &["url", "method"], &[]),
    ("Sip", &["url", "method", "username", "password"], &[]),
    ("Connect", &["action", "method"], &["Stream", "ConversationRelay"]),
    ("Stream", &["url", "name", "track", "statusCallback", "statusCallbackMethod"], &["Parameter"]),
    ("Parameter", &["name", "value"], &[]),
    (
        "ConversationRelay",
        &[
            "url",
            "welcomeGreeting",
            "welcomeGreetingLanguage",
            "welcomeGreetingInterruptible",
            "language",
            "ttsLanguage",
            "ttsProvider",
            "voice",
            "transcriptionLanguage",
            "transcriptionProvider",
            "speechModel",
            "interruptible",
            "interruptSensitivity",
            "dtmfDetection",
            "reportInputDuringAgentSpeech",
            "preemptible",
            "hints",
            "debug",
            "partialPrompts",
            "elevenlabsTextNormalization",
            "intelligenceService",
            "deepgramSmartFormat",
        ],
        &["Parameter", "Language"],
    ),
    (
        "Language",
        &["code", "ttsProvider", "voice", "transcriptionProvider", "speechModel", "transcriptionLanguage"],
        &[],
    ),
];

/// A document: its verbs in order, and what the carrier would warn of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Document {
    pub(crate) verbs: Vec<Element>,
    pub(crate) warnings: Vec<String>,
}

/// Reads a document.
///
/// # Errors
/// In words, when it is none: Twilio ends the call then, or asks the fallback address.
pub(crate) fn read(text: &str) -> Result<Document, String> {
    let root = xml::parse(text)?;
    if root.name != "Response" {
        return Err(format!("the document is a {}, not a Response", root.name));
    }
    let mut warnings = Vec::new();
    judge(&root, &mut warnings);
    Ok(Document { verbs: root.children, warnings })
}

fn judge(element: &Element, warnings: &mut Vec<String>) {
    let Some((name, attributes, children)) = GRAMMAR.iter().find(|(name, ..)| *name == element.name) else {
        warnings.push(format!("<{}> is no verb", element.name));
        return;
    };
    for (attribute, value) in &element.attributes {
        if !attributes.contains(&attribute.as_str()) {
            warnings.push(format!("<{name}> has no attribute {attribute}"));
        }
        let counts = ["timeout", "numDigits", "maxLength", "timeLimit", "length", "loop"];
        if counts.contains(&attribute.as_str()) && value.parse::<u32>().is_err() {
            warnings.push(format!("{attribute}=\"{value}\" of <{name}> is no number"));
        }
    }
    for child in &element.children {
        if children.contains(&child.name.as_str()) {
            judge(child, warnings);
        } else {
            warnings.push(format!("<{}> may not be in <{name}>", child.name));
        }
    }
    if element.name == "Parameter" {
        let size: usize = element.attributes.iter().map(|(_, value)| value.len()).sum();
        if size >= 500 {
            warnings.push("a <Parameter> is longer than 500 characters".to_owned());
        }
    }
    if matches!(element.name.as_str(), "Stream" | "ConversationRelay") {
        match element.get("url") {
            None => warnings.push(format!("<{name}> has no url")),
            Some(url) if !(url.starts_with("wss://") || url.starts_with("ws://")) => {
                warnings.push(format!("the url of <{name}> is no address of a socket: {url}"));
            }
            Some(url) if url.contains('?') && element.name == "Stream" => {
                warnings.push("31920: the url of <Stream> has a query string".to_owned());
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings() {
        let clean = r#"<Response><Connect action="https://h/a" method="POST"><Stream url="wss://h/twilio/media" name="main">
            <Parameter name="token" value="x"/></Stream></Connect></Response>"#;
        assert_eq!(read(clean).unwrap().warnings, [""; 0]);
        for (text, part) in [
            ("<Response><Speak>x</Speak></Response>", "<Speak> may not be in <Response>"),
            ("<Response><Say voise='x'>x</Say></Response>", "no attribute voise"),
            ("<Response><Dial timeout='soon'/></Response>", "no number"),
            ("<Response><Connect><Stream url='wss://h/m?token=1'/></Connect></Response>", "31920"),
            ("<Response><Connect><Stream/></Connect></Response>", "has no url"),
            ("<Response><Connect><Stream url='https://h'/></Connect></Response>", "no address of a socket"),
        ] {
            let warnings = read(text).unwrap().warnings.join("; ");
            assert!(warnings.contains(part), "{text}: {warnings}");
        }
        assert!(read("<Answer/>").is_err());
    }
}
