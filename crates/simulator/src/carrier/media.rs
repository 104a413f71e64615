//! The carrier's side of Media Streams, without its socket: the frames it sends, the buffer that it plays, the marks that it
//! sends back (<https://www.twilio.com/docs/voice/media-streams/websocket-messages>).

use std::collections::VecDeque;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use crate::modem::{Ear, SAMPLES_PER_MS, SILENCE, echo, level};

/// How long one frame lasts.
pub(crate) const FRAME_MS: u64 = 20;
const FRAME: usize = FRAME_MS as usize * SAMPLES_PER_MS;
/// Sound that waits to be played; an hour is more than anybody says at once.
const BUFFER_MAX: usize = 3_600_000 * SAMPLES_PER_MS;
/// After so much quiet, what was being said has come to its end.
const PAUSE_MS: u64 = 400;

/// What became of one frame's time.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tick {
    /// Words whose sound ended.
    pub(crate) words: Vec<String>,
    /// What was being said has come to its end.
    pub(crate) pause: bool,
    /// Frames for the server.
    pub(crate) frames: Vec<Value>,
}

/// A stream.
#[derive(Debug)]
pub(crate) struct Media {
    stream: String,
    call: String,
    account: String,
    /// Numbers go as numbers instead of strings.
    numbers: bool,
    sequence: u64,
    chunk: u64,
    at_ms: u64,
    /// What the server wants to be heard.
    buffer: VecDeque<u8>,
    received: u64,
    played: u64,
    marks: VecDeque<(u64, String)>,
    ear: Ear,
    quiet_ms: Option<u64>,
    /// What the caller's telephone sends.
    caller: VecDeque<u8>,
    echo_ms: u64,
    /// Whether anything of the server's has been played at all.
    pub(crate) sounded: bool,
}

impl Media {
    pub(crate) fn new(stream: String, call: String, account: String, numbers: bool) -> Self {
        Self {
            stream,
            call,
            account,
            numbers,
            sequence: 0,
            chunk: 0,
            at_ms: 0,
            buffer: VecDeque::new(),
            received: 0,
            played: 0,
            marks: VecDeque::new(),
            ear: Ear::default(),
            quiet_ms: None,
            caller: VecDeque::new(),
            echo_ms: 0,
            sounded: false,
        }
    }

    /// What a stream begins with.
    pub(crate) fn begin(&mut self, params: &Map<String, Value>) -> [Value; 2] {
        let connected = json!({"event": "connected", "protocol": "Call", "version": "1.0.0"});
        let start = json!({
            "streamSid": self.stream, "accountSid": self.account, "callSid": self.call, "tracks": ["inbound"],
            "customParameters": params,
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8_000, "channels": 1},
        });
        [connected, self.frame("start", start)]
    }

    /// What it ends with.
    pub(crate) fn stop(&mut self) -> Value {
        self.frame("stop", json!({"accountSid": self.account, "callSid": self.call}))
    }

    /// The caller presses a key.
    pub(crate) fn key(&mut self, key: char) -> Value {
        self.frame("dtmf", json!({"track": "inbound_track", "digit": key.to_string()}))
    }

    /// The caller's telephone sends these samples next.
    pub(crate) fn send(&mut self, samples: &[u8]) {
        self.caller.extend(samples);
    }

    /// The caller's telephone sends back what it plays.
    pub(crate) fn echo(&mut self, ms: u64) {
        self.echo_ms = ms;
    }

    /// Lets the time of one frame pass.
    pub(crate) fn tick(&mut self) -> Tick {
        let mut tick = Tick::default();
        let length = self.buffer.len().min(FRAME);
        let mut heard: Vec<u8> = self.buffer.drain(..length).collect();
        self.played += length as u64;
        heard.resize(FRAME, SILENCE);
        tick.words = self.ear.hear(&heard);
        let loud = level(&heard) > 0.2;
        self.sounded |= loud;
        self.quiet_ms = match self.quiet_ms {
            _ if loud => Some(0),
            Some(quiet) if quiet + FRAME_MS >= PAUSE_MS => {
                tick.pause = true;
                None
            }
            quiet => quiet.map(|quiet| quiet + FRAME_MS),
        };
        self.at_ms += FRAME_MS;
        self.chunk += 1;
        let length = self.caller.len().min(FRAME);
        let mut spoken: Vec<u8> = self.caller.drain(..length).collect();
        if spoken.is_empty() && self.echo_ms > 0 {
            spoken = echo(&heard);
        }
        self.echo_ms = self.echo_ms.saturating_sub(FRAME_MS);
        spoken.resize(FRAME, SILENCE);
        let media = json!({
            "track": "inbound", "chunk": self.number(self.chunk), "timestamp": self.number(self.at_ms),
            "payload": BASE64_STANDARD.encode(&spoken),
        });
        tick.frames.push(self.frame("media", media));
        tick.frames.extend(self.echoes());
        tick
    }

    /// Takes a frame of the server's; what the carrier sends back at once.
    ///
    /// # Errors
    /// Twilio's error when the frame is none.
    pub(crate) fn take(&mut self, text: &str) -> Result<Vec<Value>, String> {
        let frame: Value = serde_json::from_str(text).map_err(|error| format!("31951: not JSON: {error}"))?;
        let event = frame["event"].as_str().ok_or("31951: no event")?.to_owned();
        let expected: &[&str] = match event.as_str() {
            "media" => &["event", "media", "streamSid"],
            "mark" => &["event", "mark", "streamSid"],
            "clear" => &["event", "streamSid"],
            _ => return Err(format!("31951: unknown event {event}")),
        };
        exact(&frame, expected)?;
        if frame["streamSid"] != self.stream.as_str() {
            return Err(format!("31951: streamSid {} is not that of this stream", frame["streamSid"]));
        }
        match event.as_str() {
            "media" => {
                exact(&frame["media"], &["payload"])?;
                let payload = frame["media"]["payload"].as_str().ok_or("31951: the payload is no text")?;
                let samples = BASE64_STANDARD.decode(payload).map_err(|_| "31951: the payload is not base 64")?;
                if samples.is_empty() {
                    return Err("31951: an empty payload".to_owned());
                }
                if self.buffer.len() + samples.len() > BUFFER_MAX {
                    return Err("31930: the buffer is full".to_owned());
                }
                self.received += samples.len() as u64;
                self.buffer.extend(samples);
            }
            "mark" => {
                exact(&frame["mark"], &["name"])?;
                let name = frame["mark"]["name"].as_str().ok_or("31951: the mark has no name")?;
                self.marks.push_back((self.received, name.to_owned()));
            }
            _ => {
                self.buffer.clear();
                self.played = self.received;
                self.ear = Ear::default();
            }
        }
        Ok(self.echoes())
    }

    /// Marks that are due.
    fn echoes(&mut self) -> Vec<Value> {
        let mut due = Vec::new();
        while self.marks.front().is_some_and(|(at, _)| *at <= self.played) {
            let Some((_, name)) = self.marks.pop_front() else { break };
            due.push(self.frame("mark", json!({"name": name})));
        }
        due
    }

    fn frame(&mut self, event: &str, content: Value) -> Value {
        self.sequence += 1;
        let mut frame = Map::new();
        frame.insert("event".to_owned(), json!(event));
        frame.insert("sequenceNumber".to_owned(), self.number(self.sequence));
        frame.insert(event.to_owned(), content);
        frame.insert("streamSid".to_owned(), json!(self.stream));
        Value::Object(frame)
    }

    fn number(&self, number: u64) -> Value {
        if self.numbers { json!(number) } else { json!(number.to_string()) }
    }
}

/// Whether an object has these fields and no other.
fn exact(object: &Value, fields: &[&str]) -> Result<(), String> {
    let object = object.as_object().ok_or("31951: not an object")?;
    if let Some(missing) = fields.iter().find(|field| !object.contains_key(**field)) {
        return Err(format!("31951: {missing} is missing"));
    }
    match object.keys().find(|key| !fields.contains(&key.as_str())) {
        Some(extra) => Err(format!("31951: {extra} is not known")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::speak;

    fn media() -> Media {
        let mut media = Media::new("MZ1".into(), "CA1".into(), "AC1".into(), false);
        media.begin(&Map::new());
        media
    }

    fn sound(text: &str) -> String {
        json!({"event": "media", "streamSid": "MZ1", "media": {"payload": BASE64_STANDARD.encode(speak(text))}})
            .to_string()
    }

    fn mark(name: &str) -> String {
        json!({"event": "mark", "streamSid": "MZ1", "mark": {"name": name}}).to_string()
    }

    fn marks(frames: &[Value]) -> Vec<&str> {
        frames.iter().filter_map(|frame| frame["mark"]["name"].as_str()).collect()
    }

    #[test]
    fn a_mark_comes_back_when_everything_before_it_was_played() {
        let mut media = media();
        assert_eq!(marks(&media.take(&mark("at once")).unwrap()), ["at once"]);
        media.take(&sound("one")).unwrap();
        assert!(media.take(&mark("later")).unwrap().is_empty());
        let (mut words, mut ticks) = (Vec::new(), 0);
        loop {
            let tick = media.tick();
            ticks += 1;
            words.extend(tick.words);
            if marks(&tick.frames) == ["later"] {
                break;
            }
            assert!(ticks < 100);
        }
        assert_eq!(words, ["one"]);
        assert_eq!(ticks, 14, "264 ms are fourteen frames");
        assert!((0..20).any(|_| media.tick().pause));
        assert!((0..100).all(|_| !media.tick().pause), "there is one pause");
    }

    #[test]
    fn clear_empties_and_sends_every_mark_back() {
        let mut media = media();
        media.take(&sound("this is never heard")).unwrap();
        media.take(&mark("a")).unwrap();
        media.take(&mark("b")).unwrap();
        media.tick();
        let frames = media.take(r#"{"event":"clear","streamSid":"MZ1"}"#).unwrap();
        assert_eq!(marks(&frames), ["a", "b"]);
        assert!(media.buffer.is_empty());
        assert!((0..50).all(|_| media.tick().words.is_empty()));
    }

    #[test]
    fn frames_are_exact() {
        let mut media = media();
        for (frame, part) in [
            ("{", "not JSON"),
            ("{}", "no event"),
            (r#"{"event":"start","streamSid":"MZ1"}"#, "unknown event"),
            (r#"{"event":"clear"}"#, "streamSid is missing"),
            (r#"{"event":"clear","streamSid":"MZ2"}"#, "not that of this stream"),
            (r#"{"event":"clear","streamSid":"MZ1","x":1}"#, "x is not known"),
            (r#"{"event":"media","streamSid":"MZ1","media":{"payload":"A","track":"outbound"}}"#, "track is not known"),
            (r#"{"event":"media","streamSid":"MZ1","media":{"payload":"?"}}"#, "not base 64"),
            (r#"{"event":"mark","streamSid":"MZ1","mark":{}}"#, "name is missing"),
        ] {
            let error = media.take(frame).unwrap_err();
            assert!(error.contains(part), "{frame}: {error}");
        }
    }

    #[test]
    fn the_callers_sound_is_sent_in_frames() {
        let mut media = media();
        media.send(&speak("hi"));
        let mut ear = Ear::default();
        let mut words = Vec::new();
        for at in 1..=20_u64 {
            let tick = media.tick();
            let frame = &tick.frames[0];
            assert_eq!(frame["media"]["chunk"], at.to_string());
            assert_eq!(frame["sequenceNumber"], (at + 1).to_string());
            let payload = BASE64_STANDARD.decode(frame["media"]["payload"].as_str().unwrap()).unwrap();
            assert_eq!(payload.len(), 160);
            words.extend(ear.hear(&payload));
        }
        assert_eq!(words, ["hi"]);
    }
}
