//! `<Connect><ConversationRelay>`: the carrier hears and speaks, the server thinks
//! (<https://www.twilio.com/docs/voice/conversationrelay>).

use std::collections::VecDeque;

use futures::SinkExt;
use serde_json::{Value, json};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::leg::{Leg, Stop};
use super::line::{Act, Heard};
use super::stream::{Ended, Got, Socket, custom, got};
use super::webhooks::param;
use super::xml::Element;
use super::{lock, sid};
use crate::modem::{speech_ms, word_ms};

/// How long somebody must speak before it counts as an interruption.
const BARGE_MS: u64 = 300;
/// How long somebody is quiet before their sentence counts as finished.
const ENDPOINT_MS: u64 = 500;

/// What the carrier is saying.
#[derive(Debug, Default)]
struct Voice {
    /// Words that wait, and whether they may be interrupted.
    words: VecDeque<(String, bool)>,
    /// The beginning of a word that is not complete yet.
    stub: String,
    /// What was said of this turn.
    said: String,
    /// When it began.
    since: Option<Instant>,
    /// When the word that is being said ends.
    due: Option<Instant>,
    /// The turn is complete.
    last: bool,
    /// What comes of an interrupted turn is not said any more.
    muted: bool,
}

impl Voice {
    fn is_speaking(&self) -> bool {
        self.due.is_some() || !self.words.is_empty()
    }

    fn take(&mut self, token: &str, last: bool, interruptible: bool) {
        if self.muted {
            self.muted = !last;
            return;
        }
        if self.last && !self.is_speaking() {
            *self = Self::default();
        }
        self.stub.push_str(token);
        while let Some(at) = self.stub.find(char::is_whitespace) {
            let rest = self.stub.split_off(at);
            let word = std::mem::replace(&mut self.stub, rest.trim_start().to_owned());
            if !word.is_empty() {
                self.words.push_back((word, interruptible));
            }
        }
        self.last = last;
        if last && !self.stub.is_empty() {
            self.words.push_back((std::mem::take(&mut self.stub), interruptible));
        }
    }
}

/// What the caller is saying.
#[derive(Debug)]
struct Utterance {
    text: String,
    barge: Option<Instant>,
    end: Instant,
}

impl Leg {
    pub(crate) async fn relay(&mut self, noun: &Element) -> Result<Ended, Stop> {
        let session = sid("VX");
        let url = noun.get("url").unwrap_or_default();
        let began = Instant::now();
        let told = |status: &str, handoff: Option<String>, leg: &Leg| {
            let seconds = leg.shared.options.pace.since(began) / 1_000;
            let mut params = vec![
                param("SessionId", &session),
                param("SessionStatus", status),
                param("SessionDuration", seconds.to_string()),
            ];
            params.extend(handoff.map(|data| param("HandoffData", data)));
            params
        };
        let mut socket = match self.open(url).await {
            Ok(socket) => socket,
            Err(error) => {
                self.shared.note(&self.sid, "fault", format!("{url}: {error}"));
                return Ok(Ended { broken: false, params: told("failed", None, self) });
            }
        };
        self.shared.note(&self.sid, "relay", format!("{url} is open"));
        let run = self.converse(&mut socket, noun, &session).await;
        let _ = socket.close(None).await;
        self.line.hear(Heard::Pause);
        Ok(match run? {
            End::Asked(data) => Ended { broken: false, params: told("ended", data, self) },
            End::Closed => Ended { broken: false, params: told("completed", None, self) },
            End::Broke(error) => {
                self.shared.note(&self.sid, "relay", format!("broke: {error}"));
                Ended { broken: true, params: told("failed", None, self) }
            }
        })
    }

    fn setup(&self, session: &str, noun: &Element) -> Value {
        let calls = lock(&self.shared.calls);
        let (from, to) = calls.get(&self.sid).map(|call| (call.from.clone(), call.to.clone())).unwrap_or_default();
        json!({
            "type": "setup", "sessionId": session, "accountSid": self.shared.options.account, "parentCallSid": "",
            "callSid": self.sid, "from": from, "to": to, "forwardedFrom": "", "callType": "PSTN", "callerName": "",
            "direction": "inbound", "callStatus": "RINGING", "customParameters": custom(noun),
        })
    }

    async fn converse(&mut self, socket: &mut Socket, noun: &Element, session: &str) -> Result<End, Stop> {
        let pace = self.shared.options.pace;
        let by_speech = matches!(noun.get("interruptible"), None | Some("any" | "speech" | "true"));
        let by_keys = matches!(noun.get("interruptible"), Some("any" | "dtmf"));
        let mut language = noun.get("language").unwrap_or("en-US").to_owned();
        let mut voice = Voice::default();
        let mut speech: Option<Utterance> = None;
        if let Some(greeting) = noun.get("welcomeGreeting") {
            voice.take(greeting, true, !matches!(noun.get("welcomeGreetingInterruptible"), Some("none" | "false")));
        }
        let mut sounded = false;
        let mut frames = vec![self.setup(session, noun)];
        let began = Instant::now();
        loop {
            for frame in frames.drain(..) {
                if let Err(error) = socket.send(Message::text(frame.to_string())).await {
                    return Ok(End::Broke(error.to_string()));
                }
            }
            if voice.due.is_none()
                && let Some((word, _)) = voice.words.front()
            {
                voice.due = Some(Instant::now() + pace.real(word_ms(word)));
                voice.since.get_or_insert_with(Instant::now);
            }
            let barge = speech.as_ref().and_then(|speech| speech.barge);
            let end = speech.as_ref().map(|speech| speech.end);
            tokio::select! {
                got = got(socket) => match got {
                    Got::Text(text) => match understand(&text) {
                        Ok(Frame::Text { token, last, interruptible }) => voice.take(&token, last, interruptible),
                        Ok(Frame::Play) => {
                            self.line.hear(Heard::Words("[music]".to_owned()));
                            self.line.hear(Heard::Pause);
                        }
                        Ok(Frame::Digits) => {}
                        Ok(Frame::Language { heard }) => language = heard.unwrap_or(language),
                        Ok(Frame::End(data)) => return Ok(End::Asked(data)),
                        Err(error) => {
                            self.shared.note(&self.sid, "warning", format!("64107: {error}"));
                            frames.push(json!({"type": "error", "description": format!("Invalid message received: {error}")}));
                        }
                    },
                    Got::Other => {}
                    Got::Closed => return Ok(End::Closed),
                    Got::Broken(error) => return Ok(End::Broke(error)),
                },
                act = self.act() => match act? {
                    Act::Say(text) => {
                        let now = Instant::now();
                        let more = pace.real(speech_ms(&text));
                        speech = Some(match speech.take() {
                            Some(said) => Utterance {
                                text: format!("{} {text}", said.text),
                                barge: said.barge,
                                end: said.end + more,
                            },
                            None => Utterance {
                                text,
                                barge: Some(now + pace.real(BARGE_MS)),
                                end: now + more + pace.real(ENDPOINT_MS),
                            },
                        });
                    }
                    Act::Key(key) => {
                        if by_keys {
                            frames.extend(self.interrupt(&mut voice));
                        }
                        frames.push(json!({"type": "dtmf", "digit": key.to_string()}));
                    }
                    Act::Noise(_) | Act::Echo(_) | Act::HangUp => {}
                },
                () = at(voice.due), if voice.due.is_some() => {
                    voice.due = None;
                    if let Some((word, _)) = voice.words.pop_front() {
                        voice.said = format!("{} {word}", voice.said).trim().to_owned();
                        self.line.hear(Heard::Words(word));
                    }
                    if !sounded {
                        sounded = true;
                        self.shared.note(&self.sid, "relay", format!("first words after {} ms", pace.since(began)));
                    }
                    if voice.last && !voice.is_speaking() {
                        voice = Voice::default();
                        self.line.hear(Heard::Pause);
                    }
                }
                () = at(barge), if barge.is_some() => {
                    if let Some(speech) = &mut speech {
                        speech.barge = None;
                    }
                    if by_speech {
                        frames.extend(self.interrupt(&mut voice));
                    }
                }
                () = at(end), if end.is_some() => {
                    if let Some(speech) = speech.take() {
                        voice.muted = false;
                        frames.push(json!({"type": "prompt", "voicePrompt": speech.text, "lang": language, "last": true}));
                    }
                }
            }
        }
    }

    /// Stops speaking, if that may be; the frame that tells so.
    fn interrupt(&self, voice: &mut Voice) -> Option<Value> {
        if !voice.is_speaking() || voice.words.front().is_some_and(|(_, interruptible)| !interruptible) {
            return None;
        }
        let ms = voice.since.map_or(0, |since| self.shared.options.pace.since(since));
        let ms = if self.shared.options.numbers { json!(ms) } else { json!(ms.to_string()) };
        let said = std::mem::take(&mut voice.said);
        let muted = !voice.last;
        *voice = Voice { muted, ..Voice::default() };
        self.line.hear(Heard::Pause);
        Some(json!({"type": "interrupt", "utteranceUntilInterrupt": said, "durationUntilInterruptMs": ms}))
    }
}

async fn at(moment: Option<Instant>) {
    tokio::time::sleep_until(moment.unwrap_or_else(Instant::now)).await;
}

enum End {
    Asked(Option<String>),
    Closed,
    Broke(String),
}

/// A frame of the server's.
#[derive(Debug, PartialEq)]
enum Frame {
    Text { token: String, last: bool, interruptible: bool },
    Play,
    Digits,
    Language { heard: Option<String> },
    End(Option<String>),
}

/// What a frame means.
///
/// # Errors
/// In words, when it is none of the protocol's.
fn understand(text: &str) -> Result<Frame, String> {
    let frame: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let object = frame.as_object().ok_or("not an object")?;
    let kind = frame["type"].as_str().ok_or("no type")?;
    // Fields, and what each must be: text, switch or number; the required ones come first.
    let (fields, required): (&[(&str, char)], usize) = match kind {
        "text" => (&[("token", 't'), ("last", 's'), ("lang", 't'), ("interruptible", 's'), ("preemptible", 's')], 1),
        "play" => (&[("source", 't'), ("loop", 'n'), ("preemptible", 's'), ("interruptible", 's')], 1),
        "sendDigits" => (&[("digits", 't')], 1),
        "language" => (&[("ttsLanguage", 't'), ("transcriptionLanguage", 't')], 0),
        "end" => (&[("handoffData", 't')], 0),
        _ => return Err(format!("unknown type {kind}")),
    };
    for (name, value) in object.iter().filter(|(name, _)| *name != "type") {
        let (_, expected) =
            fields.iter().find(|(field, _)| field == name).ok_or_else(|| format!("{name} is not known in {kind}"))?;
        let fits = match expected {
            't' => value.is_string(),
            's' => value.is_boolean(),
            _ => value.is_u64(),
        };
        if !fits {
            return Err(format!("{name} of {kind} has the wrong type"));
        }
    }
    if let Some((missing, _)) = fields[..required].iter().find(|(field, _)| !object.contains_key(*field)) {
        return Err(format!("{missing} of {kind} is missing"));
    }
    let owned = |name: &str| frame[name].as_str().map(str::to_owned);
    Ok(match kind {
        "text" => Frame::Text {
            token: owned("token").unwrap_or_default(),
            last: frame["last"].as_bool().unwrap_or(false),
            interruptible: frame["interruptible"].as_bool().unwrap_or(true),
        },
        "play" => Frame::Play,
        "sendDigits" => Frame::Digits,
        "language" => Frame::Language { heard: owned("transcriptionLanguage") },
        _ => Frame::End(owned("handoffData")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(voice: &Voice) -> Vec<&str> {
        voice.words.iter().map(|(word, _)| word.as_str()).collect()
    }

    #[test]
    fn tokens_become_words() {
        let mut voice = Voice::default();
        for token in ["Let", " me lo", "ok ", "that up", "."] {
            voice.take(token, false, true);
        }
        assert_eq!(words(&voice), ["Let", "me", "look", "that"]);
        voice.take("", true, true);
        assert_eq!(words(&voice), ["Let", "me", "look", "that", "up."]);
        assert!(voice.last);
    }

    #[test]
    fn the_rest_of_an_interrupted_turn_is_not_said() {
        let mut voice = Voice { muted: true, ..Voice::default() };
        voice.take("still going ", false, true);
        assert!(words(&voice).is_empty());
        voice.take("on", true, true);
        voice.take("A new turn", true, true);
        assert_eq!(words(&voice), ["A", "new", "turn"]);
    }

    #[test]
    fn frames() {
        assert_eq!(
            understand(r#"{"type":"text","token":"a","last":true,"lang":"en-US"}"#),
            Ok(Frame::Text { token: "a".into(), last: true, interruptible: true })
        );
        assert_eq!(understand(r#"{"type":"end","handoffData":"{}"}"#), Ok(Frame::End(Some("{}".into()))));
        for (text, part) in [
            ("[]", "not an object"),
            ("{}", "no type"),
            (r#"{"type":"talk"}"#, "unknown type"),
            (r#"{"type":"text"}"#, "token of text is missing"),
            (r#"{"type":"text","token":1}"#, "wrong type"),
            (r#"{"type":"text","token":"a","agent":"x"}"#, "agent is not known"),
            (r#"{"type":"end","handoffData":{}}"#, "wrong type"),
        ] {
            let error = understand(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
