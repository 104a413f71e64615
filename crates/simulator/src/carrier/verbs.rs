//! The verbs that are about one leg alone: saying, gathering, recording, connecting.

use super::leg::{Leg, Next, Stop};
use super::line::{Act, Heard};
use super::stream::Ended;
use super::webhooks::{Params, param};
use super::xml::Element;
use super::{lock, sid};
use crate::modem::{speak, speech_ms};

impl Leg {
    pub(crate) async fn say_verb(&mut self, verb: &Element) -> Result<Next, Stop> {
        for _ in 0..verb.number("loop").unwrap_or(1).clamp(1, 10) {
            self.say(&verb.text).await?;
        }
        Ok(Next::Fall)
    }

    pub(crate) async fn play(&mut self, verb: &Element) -> Result<Next, Stop> {
        if verb.text.is_empty() {
            return Ok(Next::Fall);
        }
        self.line.hear(Heard::Words(format!("[plays {}]", verb.text)));
        self.pass(2_000).await?;
        self.line.hear(Heard::Pause);
        Ok(Next::Fall)
    }

    /// `<Gather>`: keys and words in answer to what is said meanwhile.
    pub(crate) async fn gather(&mut self, verb: &Element) -> Result<Next, Stop> {
        let input = verb.get("input").unwrap_or("dtmf").to_owned();
        let counts = move |act: &Act| match act {
            Act::Key(_) => input.contains("dtmf"),
            Act::Say(_) => input.contains("speech"),
            _ => false,
        };
        let mut first = None;
        for child in &verb.children {
            first = match child.name.as_str() {
                "Say" => self.say_until(&child.text, &counts).await?,
                "Pause" => self.wait(1_000 * child.number("length").unwrap_or(1), &counts).await?,
                _ => self.wait(1_000, &counts).await?,
            };
            if first.is_some() {
                break;
            }
        }
        let timeout = 1_000 * verb.number("timeout").unwrap_or(5);
        let finish = verb.get("finishOnKey").unwrap_or("#").to_owned();
        let most = verb.number("numDigits").unwrap_or(u64::MAX);
        let mut digits = String::new();
        let mut act = match first {
            Some(act) => Some(act),
            None => self.wait(timeout, &counts).await?,
        };
        let mut result: Params = Vec::new();
        while let Some(done) = act {
            match done {
                Act::Say(text) => {
                    self.pass(speech_ms(&text) + 800).await?;
                    result = vec![param("SpeechResult", text), param("Confidence", "0.92")];
                    break;
                }
                Act::Key(key) if finish.contains(key) => {
                    result = vec![param("Digits", &digits), param("FinishedOnKey", key.to_string())];
                    break;
                }
                Act::Key(key) => digits.push(key),
                _ => {}
            }
            if digits.len() as u64 >= most {
                break;
            }
            act = self.wait(timeout, &counts).await?;
        }
        if result.is_empty() && !digits.is_empty() {
            result = vec![param("Digits", &digits)];
        }
        if result.is_empty() && verb.get("actionOnEmptyResult") != Some("true") {
            return Ok(Next::Fall);
        }
        Ok(self.go(verb.get("method"), verb.get("action").unwrap_or_default(), result))
    }

    /// `<Record>`: what the person says until they are quiet or press a key.
    pub(crate) async fn record(&mut self, verb: &Element) -> Result<Next, Stop> {
        let quiet = 1_000 * verb.number("timeout").unwrap_or(5);
        let most = 1_000 * verb.number("maxLength").unwrap_or(3_600);
        let finish = verb.get("finishOnKey").unwrap_or("1234567890*#").to_owned();
        if verb.get("playBeep") != Some("false") {
            self.line.hear(Heard::Words("[beep]".to_owned()));
            self.line.hear(Heard::Pause);
        }
        let (mut sound, mut length, mut digits) = (Vec::new(), 0, String::new());
        while length < most {
            match self.wait(quiet.min(most - length), |act| matches!(act, Act::Say(_) | Act::Key(_))).await? {
                Some(Act::Say(text)) => {
                    let spoken = speech_ms(&text);
                    self.pass(spoken).await?;
                    sound.extend(speak(&text));
                    length += spoken;
                }
                Some(Act::Key(key)) if finish.contains(key) => {
                    digits.push(key);
                    break;
                }
                Some(_) => {}
                None => break,
            }
        }
        if sound.is_empty() {
            return Ok(Next::Fall);
        }
        let recording = sid("RE");
        lock(&self.shared.recordings).insert(recording.clone(), sound);
        let options = &self.shared.options;
        let url = format!("/2010-04-01/Accounts/{}/Recordings/{recording}", options.account);
        let told = vec![
            param("RecordingUrl", url),
            param("RecordingSid", &recording),
            param("RecordingDuration", length.div_ceil(1_000).to_string()),
            param("Digits", digits),
        ];
        if let Some(address) = verb.get("recordingStatusCallback") {
            let mut params = self.shared.base(&self.sid, None);
            params.extend(told.iter().cloned());
            params.push(param("RecordingStatus", "completed"));
            let _ = self.shared.post(&self.sid, "POST", address, &params).await;
        }
        Ok(self.go(verb.get("method"), verb.get("action").unwrap_or_default(), told))
    }

    /// `<Connect>`: audio or text to the server until the socket ends, then the action.
    pub(crate) async fn connect(&mut self, verb: &Element) -> Result<Next, Stop> {
        let Some(noun) = verb.children.first() else { return Ok(Next::Fall) };
        let ended = match noun.name.as_str() {
            "Stream" => self.stream(noun).await?,
            "ConversationRelay" => self.relay(noun).await?,
            _ => return Ok(Next::Fall),
        };
        let asks = self.shared.options.broken == super::Broken::AsksAction;
        if ended.broken && !asks {
            self.shared.note(&self.sid, "fault", "the socket broke, and the carrier asks nobody");
            loop {
                self.act().await?;
            }
        }
        let Ended { params, .. } = ended;
        match verb.get("action") {
            Some(action) => Ok(self.go(verb.get("method"), action, params)),
            None => Ok(Next::Fall),
        }
    }
}
