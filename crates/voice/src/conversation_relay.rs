//! ConversationRelay: text both ways. The carrier hears and speaks.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::media_streams::{Malformed, key};
use crate::text::Text;

/// What the carrier sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// The relay begins; nothing may be sent before it.
    Setup(Box<Setup>),
    /// The caller said something.
    Prompt {
        /// The words.
        text: String,
        /// The language that was heard.
        lang: Option<String>,
        /// Whether this is all of it.
        last: bool,
    },
    /// A key.
    Key(char),
    /// The caller cut the agent short.
    Interrupt {
        /// What was heard before.
        heard: String,
        /// After how long, in milliseconds.
        after_ms: Option<i64>,
    },
    /// The carrier did not understand a frame, or something failed.
    Fault(String),
    /// Something new.
    Unknown,
}

/// What the carrier says of a call when the relay begins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Setup {
    /// Its id of the relay.
    pub session_id: String,
    /// Its id of the account.
    pub account_sid: String,
    /// Its id of the call.
    pub call_sid: String,
    /// Who calls.
    pub from: String,
    /// Who is called.
    pub to: String,
    /// What we wrote into the document that opened the relay.
    pub parameters: HashMap<String, String>,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Text<'a>,
    #[serde(borrow, default, rename = "sessionId")]
    session_id: Text<'a>,
    #[serde(borrow, default, rename = "accountSid")]
    account_sid: Text<'a>,
    #[serde(borrow, default, rename = "callSid")]
    call_sid: Text<'a>,
    #[serde(borrow, default)]
    from: Text<'a>,
    #[serde(borrow, default)]
    to: Text<'a>,
    #[serde(borrow, default, rename = "customParameters")]
    custom_parameters: Option<HashMap<String, Text<'a>>>,
    #[serde(borrow, default, rename = "voicePrompt")]
    voice_prompt: Text<'a>,
    #[serde(borrow, default)]
    lang: Text<'a>,
    #[serde(borrow, default)]
    last: Text<'a>,
    #[serde(borrow, default)]
    digit: Text<'a>,
    #[serde(borrow, default, rename = "utteranceUntilInterrupt")]
    utterance: Text<'a>,
    #[serde(borrow, default, rename = "durationUntilInterruptMs")]
    duration_ms: Text<'a>,
    #[serde(borrow, default)]
    description: Text<'a>,
}

impl Frame {
    /// Reads a frame.
    ///
    /// # Errors
    /// When it is no JSON object or lacks its type, its call or its key. Unknown types and fields are no error.
    pub fn read(text: &str) -> Result<Self, Malformed> {
        let wire: Wire<'_> = serde_json::from_str(text).map_err(|_| Malformed::NotJson)?;
        Ok(match wire.kind.as_str() {
            "prompt" => Frame::Prompt {
                text: wire.voice_prompt.0.into_owned(),
                lang: wire.lang.owned(),
                // Without partial prompts the carrier may leave it out.
                last: wire.last.as_str() != "false",
            },
            "interrupt" => {
                Frame::Interrupt { heard: wire.utterance.0.into_owned(), after_ms: wire.duration_ms.number() }
            }
            "dtmf" => Frame::Key(key(wire.digit.as_str()).ok_or(Malformed::Lacks("digit"))?),
            "setup" => {
                let parameters = wire.custom_parameters.unwrap_or_default().into_iter();
                Frame::Setup(Box::new(Setup {
                    session_id: wire.session_id.0.into_owned(),
                    account_sid: wire.account_sid.0.into_owned(),
                    call_sid: wire.call_sid.owned().ok_or(Malformed::Lacks("callSid"))?,
                    from: wire.from.0.into_owned(),
                    to: wire.to.0.into_owned(),
                    parameters: parameters.map(|(name, value)| (name, value.0.into_owned())).collect(),
                }))
            }
            "error" => Frame::Fault(wire.description.0.into_owned()),
            "" => return Err(Malformed::Lacks("type")),
            _ => Frame::Unknown,
        })
    }
}

/// What we send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Reply<'a> {
    /// Words, spoken as they come; the last piece closes the turn.
    #[serde(rename_all = "camelCase")]
    Text {
        /// The piece.
        token: &'a str,
        /// Whether the turn is complete.
        last: bool,
        /// Another language than the relay's.
        #[serde(skip_serializing_if = "Option::is_none")]
        lang: Option<&'a str>,
        /// Whether the caller may cut it short.
        #[serde(skip_serializing_if = "Option::is_none")]
        interruptible: Option<bool>,
        /// Whether the next words may cut it short.
        #[serde(skip_serializing_if = "Option::is_none")]
        preemptible: Option<bool>,
    },
    /// A sound.
    #[serde(rename_all = "camelCase")]
    Play {
        /// Where it is.
        source: &'a str,
        /// How often.
        #[serde(rename = "loop")]
        times: u32,
        /// Whether the next words may cut it short.
        preemptible: bool,
        /// Whether the caller may.
        interruptible: bool,
    },
    /// Keys.
    #[serde(rename_all = "camelCase")]
    SendDigits {
        /// Which.
        digits: &'a str,
    },
    /// From now on in another language.
    #[serde(rename_all = "camelCase")]
    Language {
        /// For what is spoken.
        tts_language: &'a str,
        /// For what is heard.
        transcription_language: &'a str,
    },
    /// The relay is over; the carrier asks what comes next.
    #[serde(rename_all = "camelCase")]
    End {
        /// What it tells then. Never card data.
        #[serde(skip_serializing_if = "Option::is_none")]
        handoff_data: Option<&'a str>,
    },
}

impl<'a> Reply<'a> {
    /// Words, or with `last` the end of them.
    pub fn token(token: &'a str, last: bool) -> Self {
        Reply::Text { token, last, lang: None, interruptible: None, preemptible: None }
    }

    /// As a frame.
    pub fn to_json(&self) -> String {
        // Text, truth values and numbers always have a form in JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn frames_of_the_contract() {
        let Ok(Frame::Setup(setup)) = Frame::read(
            r#"{"type":"setup","sessionId":"VX1","accountSid":"AC1","parentCallSid":"","callSid":"CA1","from":"+1202",
            "to":"+1303","forwardedFrom":"+1","callType":"PSTN","callerName":"","direction":"inbound",
            "callStatus":"RINGING","customParameters":{"token":"t"}}"#,
        ) else {
            panic!("no setup")
        };
        assert_eq!((setup.call_sid.as_str(), setup.session_id.as_str()), ("CA1", "VX1"));
        assert_eq!(setup.parameters["token"], "t");
        for (frame, expect) in [
            (
                r#"{"type":"prompt","voicePrompt":"My printer is jammed","lang":"en-US","last":true}"#,
                Frame::Prompt { text: "My printer is jammed".into(), lang: Some("en-US".into()), last: true },
            ),
            (
                r#"{"type":"prompt","voicePrompt":"My","last":false}"#,
                Frame::Prompt { text: "My".into(), lang: None, last: false },
            ),
            (r#"{"type":"prompt","voicePrompt":"Hi"}"#, Frame::Prompt { text: "Hi".into(), lang: None, last: true }),
            (r#"{"type":"dtmf","digit":"1"}"#, Frame::Key('1')),
            (r#"{"type":"dtmf","digit":1}"#, Frame::Key('1')),
            (
                r#"{"type":"interrupt","utteranceUntilInterrupt":"Please restart the","durationUntilInterruptMs":460}"#,
                Frame::Interrupt { heard: "Please restart the".into(), after_ms: Some(460) },
            ),
            (
                r#"{"type":"interrupt","utteranceUntilInterrupt":"","durationUntilInterruptMs":"460"}"#,
                Frame::Interrupt { heard: String::new(), after_ms: Some(460) },
            ),
            (
                r#"{"type":"error","description":"Invalid message received: x"}"#,
                Frame::Fault("Invalid message received: x".into()),
            ),
            (r#"{"type":"info","name":"tokensPlayed"}"#, Frame::Unknown),
        ] {
            assert_eq!(Frame::read(frame), Ok(expect), "{frame}");
        }
        assert_eq!(Frame::read("nonsense"), Err(Malformed::NotJson));
        assert_eq!(Frame::read("{}"), Err(Malformed::Lacks("type")));
        assert_eq!(Frame::read(r#"{"type":"setup"}"#), Err(Malformed::Lacks("callSid")));
        assert_eq!(Frame::read(r#"{"type":"dtmf","digit":"x"}"#), Err(Malformed::Lacks("digit")));
    }

    #[test]
    fn replies_are_exact() {
        let full = Reply::Text {
            token: "Let me ",
            last: false,
            lang: Some("en-US"),
            interruptible: Some(true),
            preemptible: Some(false),
        };
        for (reply, expect) in [
            (
                full,
                r#"{"type":"text","token":"Let me ","last":false,"lang":"en-US","interruptible":true,"preemptible":false}"#,
            ),
            (Reply::token("look that up.", true), r#"{"type":"text","token":"look that up.","last":true}"#),
            (
                Reply::Play { source: "https://x/hold.mp3", times: 1, preemptible: true, interruptible: true },
                r#"{"type":"play","source":"https://x/hold.mp3","loop":1,"preemptible":true,"interruptible":true}"#,
            ),
            (Reply::SendDigits { digits: "123#" }, r#"{"type":"sendDigits","digits":"123#"}"#),
            (
                Reply::Language { tts_language: "es-ES", transcription_language: "es-ES" },
                r#"{"type":"language","ttsLanguage":"es-ES","transcriptionLanguage":"es-ES"}"#,
            ),
            (
                Reply::End { handoff_data: Some(r#"{"reason":"human"}"#) },
                r#"{"type":"end","handoffData":"{\"reason\":\"human\"}"}"#,
            ),
            (Reply::End { handoff_data: None }, r#"{"type":"end"}"#),
        ] {
            assert_eq!(reply.to_json(), expect);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in any::<String>()) {
            let _ = Frame::read(&text);
            let reply = Reply::token(&text, true).to_json();
            let back: serde_json::Value = serde_json::from_str(&reply).unwrap();
            prop_assert_eq!(back["token"].as_str(), Some(text.as_str()));
        }
    }
}
