//! Media Streams: the carrier's audio frames, read without copying and written exactly.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::text::{Text, push_json};

/// Milliseconds of audio in as many bytes of µ-law: 8 a millisecond.
pub const BYTES_PER_MS: usize = 8;
/// µ-law silence.
pub const SILENCE: u8 = 0xff;

/// What the carrier sends.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame<'a> {
    /// The socket is open; nothing may be sent yet.
    Connected,
    /// The stream begins.
    Start(Box<Start>),
    /// The caller's sound.
    Media {
        /// Base64, as it came; only letters of base64.
        payload: Text<'a>,
        /// Milliseconds since the stream began.
        timestamp_ms: Option<i64>,
        /// The count of the frame; those of the caller's track begin with 1.
        chunk: Option<i64>,
    },
    /// A key.
    Key(char),
    /// Everything before this mark was played, or thrown away.
    Mark(Text<'a>),
    /// The stream is over.
    Stop,
    /// Something new, or something for another track.
    Unknown,
}

/// What the carrier says of a stream when it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// Its id of the stream.
    pub stream_sid: String,
    /// Its id of the account.
    pub account_sid: String,
    /// Its id of the call.
    pub call_sid: String,
    /// What we wrote into the document that opened the stream.
    pub parameters: HashMap<String, String>,
    /// Whether the audio is µ-law with 8000 samples a second in one channel.
    pub is_mulaw: bool,
}

/// A frame that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It is not JSON, or no object.
    #[error("the frame is not a JSON object")]
    NotJson,
    /// It lacks something without which it means nothing.
    #[error("the frame lacks its {0}")]
    Lacks(&'static str),
    /// The sound is not base64.
    #[error("the sound is not base64")]
    NotBase64,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(borrow, default)]
    event: Text<'a>,
    #[serde(borrow, default, rename = "streamSid")]
    stream_sid: Text<'a>,
    #[serde(borrow, default)]
    media: Option<WireMedia<'a>>,
    #[serde(borrow, default)]
    mark: Option<WireMark<'a>>,
    #[serde(borrow, default)]
    dtmf: Option<WireDtmf<'a>>,
    #[serde(borrow, default)]
    start: Option<WireStart<'a>>,
}

#[derive(Deserialize)]
struct WireMedia<'a> {
    #[serde(borrow, default)]
    track: Text<'a>,
    #[serde(borrow, default)]
    chunk: Text<'a>,
    #[serde(borrow, default)]
    timestamp: Text<'a>,
    #[serde(borrow, default)]
    payload: Text<'a>,
}

#[derive(Deserialize)]
struct WireMark<'a> {
    #[serde(borrow, default)]
    name: Text<'a>,
}

#[derive(Deserialize)]
struct WireDtmf<'a> {
    #[serde(borrow, default)]
    digit: Text<'a>,
}

#[derive(Deserialize)]
struct WireStart<'a> {
    #[serde(borrow, default, rename = "streamSid")]
    stream_sid: Text<'a>,
    #[serde(borrow, default, rename = "accountSid")]
    account_sid: Text<'a>,
    #[serde(borrow, default, rename = "callSid")]
    call_sid: Text<'a>,
    #[serde(borrow, default, rename = "customParameters")]
    custom_parameters: HashMap<String, Text<'a>>,
    #[serde(borrow, default, rename = "mediaFormat")]
    media_format: Option<WireFormat<'a>>,
}

#[derive(Deserialize)]
struct WireFormat<'a> {
    #[serde(borrow, default)]
    encoding: Text<'a>,
    #[serde(borrow, default, rename = "sampleRate")]
    sample_rate: Text<'a>,
    #[serde(borrow, default)]
    channels: Text<'a>,
}

impl<'a> Frame<'a> {
    /// Reads a frame.
    ///
    /// # Errors
    /// When it is no JSON object, or lacks what its event means. Unknown events and fields are no error.
    pub fn read(text: &'a str) -> Result<Self, Malformed> {
        let wire: Wire<'a> = serde_json::from_str(text).map_err(|_| Malformed::NotJson)?;
        Ok(match wire.event.as_str() {
            "media" => {
                let media = wire.media.ok_or(Malformed::Lacks("media"))?;
                if !matches!(media.track.as_str(), "" | "inbound" | "inbound_track") {
                    return Ok(Frame::Unknown);
                }
                if !is_base64(media.payload.as_str()) {
                    return Err(Malformed::NotBase64);
                }
                Frame::Media {
                    timestamp_ms: media.timestamp.number(),
                    chunk: media.chunk.number(),
                    payload: media.payload,
                }
            }
            "mark" => Frame::Mark(wire.mark.ok_or(Malformed::Lacks("mark"))?.name),
            "dtmf" => {
                let digit = wire.dtmf.as_ref().and_then(|dtmf| key(dtmf.digit.as_str()));
                Frame::Key(digit.ok_or(Malformed::Lacks("digit"))?)
            }
            "start" => Frame::Start(Box::new(start(wire)?)),
            "stop" => Frame::Stop,
            "connected" => Frame::Connected,
            "" => return Err(Malformed::Lacks("event")),
            _ => Frame::Unknown,
        })
    }
}

fn start(wire: Wire<'_>) -> Result<Start, Malformed> {
    let start = wire.start.ok_or(Malformed::Lacks("start"))?;
    let stream_sid = if start.stream_sid.is_empty() { &wire.stream_sid } else { &start.stream_sid };
    let stream_sid = stream_sid.owned().ok_or(Malformed::Lacks("streamSid"))?;
    let is_mulaw = start.media_format.is_none_or(|format| {
        matches!(format.encoding.as_str(), "" | "audio/x-mulaw" | "audio/mulaw" | "audio/pcmu")
            && format.sample_rate.number().is_none_or(|rate| rate == 8000)
            && format.channels.number().is_none_or(|channels| channels == 1)
    });
    Ok(Start {
        stream_sid,
        account_sid: start.account_sid.0.into_owned(),
        call_sid: start.call_sid.owned().ok_or(Malformed::Lacks("callSid"))?,
        parameters: start.custom_parameters.into_iter().map(|(name, value)| (name, value.0.into_owned())).collect(),
        is_mulaw,
    })
}

/// A key of a telephone, when the text is one.
pub(crate) fn key(text: &str) -> Option<char> {
    let mut characters = text.chars();
    let first = characters.next()?;
    let is_key = matches!(first, '0'..='9' | '*' | '#' | 'A'..='D');
    (is_key && characters.next().is_none()).then_some(first)
}

/// Whether every letter is one of base64, so that it may stand in JSON as it is. Whether the end fits is not asked.
pub fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// How many bytes a base64 text stands for.
pub fn decoded_len(payload: &str) -> usize {
    let letters = payload.trim_end_matches('=').len();
    letters * 3 / 4
}

/// How many milliseconds a base64 text of µ-law takes.
pub fn payload_ms(payload: &str) -> i64 {
    (decoded_len(payload) / BYTES_PER_MS) as i64
}

/// Joins several payloads into one. They end in padding, so they are read and written again; one that cannot be read is
/// left out.
pub fn join<'a>(payloads: impl IntoIterator<Item = &'a str>) -> String {
    let mut bytes = Vec::new();
    for payload in payloads {
        let before = bytes.len();
        if STANDARD.decode_vec(payload, &mut bytes).is_err() {
            bytes.truncate(before);
        }
    }
    STANDARD.encode(&bytes)
}

/// So many milliseconds of silence, as base64.
pub fn silence(ms: i64) -> String {
    let ms = usize::try_from(ms).unwrap_or(0).min(60_000);
    STANDARD.encode(vec![SILENCE; ms * BYTES_PER_MS])
}

/// Writes frames for one stream.
#[derive(Debug, Clone)]
pub struct Writer {
    /// Everything of a media frame before the sound.
    media: String,
    stream_sid: String,
}

impl Writer {
    /// For the stream with this id.
    pub fn new(stream_sid: &str) -> Self {
        let mut quoted = String::new();
        push_json(&mut quoted, stream_sid);
        Self { media: format!(r#"{{"event":"media","streamSid":{quoted},"media":{{"payload":""#), stream_sid: quoted }
    }

    /// Sound, base64 as it came.
    pub fn media(&self, payload: &str) -> String {
        let mut frame = String::with_capacity(self.media.len() + payload.len() + 3);
        frame.push_str(&self.media);
        frame.push_str(payload);
        frame.push_str("\"}}");
        frame
    }

    /// A mark, which comes back when everything before it was played.
    pub fn mark(&self, name: &str) -> String {
        let mut frame = format!(r#"{{"event":"mark","streamSid":{},"mark":{{"name":"#, self.stream_sid);
        push_json(&mut frame, name);
        frame.push_str("}}");
        frame
    }

    /// Throw away what was not played yet.
    pub fn clear(&self) -> String {
        format!(r#"{{"event":"clear","streamSid":{}}}"#, self.stream_sid)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_whole_stream() {
        assert_eq!(Frame::read(r#"{"event":"connected","protocol":"Call","version":"1.0.0"}"#), Ok(Frame::Connected));
        let Ok(Frame::Start(start)) = Frame::read(
            r#"{"event":"start","sequenceNumber":"1","start":{"streamSid":"MZ1","accountSid":"AC1","callSid":"CA1",
            "tracks":["inbound"],"customParameters":{"token":"t","callId":"c"},
            "mediaFormat":{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":1}},"streamSid":"MZ1"}"#,
        ) else {
            panic!("no start")
        };
        assert_eq!((start.stream_sid.as_str(), start.call_sid.as_str(), start.is_mulaw), ("MZ1", "CA1", true));
        assert_eq!(start.parameters["token"], "t");
        let media = r#"{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2","timestamp":"25","payload":"//8A"},"streamSid":"MZ1"}"#;
        let Ok(Frame::Media { payload, timestamp_ms: Some(25), chunk: Some(2) }) = Frame::read(media) else {
            panic!("no media")
        };
        assert!(matches!(payload.0, Cow::Borrowed("//8A")));
        let dtmf =
            r#"{"event":"dtmf","streamSid":"MZ1","sequenceNumber":"5","dtmf":{"track":"inbound_track","digit":"1"}}"#;
        assert_eq!(Frame::read(dtmf), Ok(Frame::Key('1')));
        let mark = r#"{"event":"mark","sequenceNumber":"6","streamSid":"MZ1","mark":{"name":"our label"}}"#;
        assert_eq!(Frame::read(mark), Ok(Frame::Mark(Text("our label".into()))));
        let stop =
            r#"{"event":"stop","sequenceNumber":"7","streamSid":"MZ1","stop":{"accountSid":"AC1","callSid":"CA1"}}"#;
        assert_eq!(Frame::read(stop), Ok(Frame::Stop));
    }

    #[test]
    fn numbers_as_text_and_as_numbers_and_other_shapes() {
        for (frame, timestamp) in [
            (r#"{"event":"media","media":{"timestamp":25,"payload":"AA=="}}"#, Some(25)),
            (r#"{"event":"media","media":{"timestamp":"25.5","payload":"AA==","new":[1]},"newer":{}}"#, Some(25)),
            (r#"{"event":"media","media":{"timestamp":null,"payload":"AA=="}}"#, None),
            (r#"{"event":"media","media":{"payload":"A\u0041=="}}"#, None),
        ] {
            let Ok(Frame::Media { timestamp_ms, .. }) = Frame::read(frame) else { panic!("{frame}") };
            assert_eq!(timestamp_ms, timestamp, "{frame}");
        }
        let no_format = r#"{"event":"start","streamSid":"MZ2","start":{"callSid":"CA1"}}"#;
        assert!(
            matches!(Frame::read(no_format), Ok(Frame::Start(start)) if start.stream_sid == "MZ2" && start.is_mulaw)
        );
        let other =
            r#"{"event":"start","start":{"streamSid":"MZ2","callSid":"CA1","mediaFormat":{"encoding":"audio/l16"}}}"#;
        assert!(matches!(Frame::read(other), Ok(Frame::Start(start)) if !start.is_mulaw));
    }

    #[test]
    fn what_cannot_be_read() {
        for (frame, expect) in [
            ("", Err(Malformed::NotJson)),
            ("[]", Err(Malformed::Lacks("event"))),
            ("7", Err(Malformed::NotJson)),
            ("{}", Err(Malformed::Lacks("event"))),
            (r#"{"event":"media"}"#, Err(Malformed::Lacks("media"))),
            (r#"{"event":"media","media":{"payload":"a\"b"}}"#, Err(Malformed::NotBase64)),
            (r#"{"event":"dtmf","dtmf":{"digit":"12"}}"#, Err(Malformed::Lacks("digit"))),
            (r#"{"event":"start","start":{"callSid":"CA"}}"#, Err(Malformed::Lacks("streamSid"))),
            (r#"{"event":"start","start":{"streamSid":"MZ"}}"#, Err(Malformed::Lacks("callSid"))),
            (r#"{"event":"media","media":{"track":"outbound","payload":"AA=="}}"#, Ok(Frame::Unknown)),
            (r#"{"event":"strange"}"#, Ok(Frame::Unknown)),
        ] {
            assert_eq!(Frame::read(frame), expect, "{frame}");
        }
    }

    #[test]
    fn frames_are_written_exactly() {
        let writer = Writer::new("MZ1");
        assert_eq!(writer.media("AA=="), r#"{"event":"media","streamSid":"MZ1","media":{"payload":"AA=="}}"#);
        assert_eq!(writer.mark("it:1:g3:m17"), r#"{"event":"mark","streamSid":"MZ1","mark":{"name":"it:1:g3:m17"}}"#);
        assert_eq!(writer.clear(), r#"{"event":"clear","streamSid":"MZ1"}"#);
        let odd = Writer::new("M\"Z");
        assert_eq!(
            serde_json::from_str::<Value>(&odd.mark("\n")).unwrap(),
            json!({"event": "mark", "streamSid": "M\"Z", "mark": {"name": "\n"}})
        );
    }

    #[test]
    fn payloads_are_joined_across_their_padding() {
        let frame = STANDARD.encode([7_u8; 160]);
        assert_eq!(frame.len(), 216);
        assert!(frame.ends_with('='));
        let joined = join([frame.as_str(), "no base64!", &frame]);
        assert_eq!(STANDARD.decode(&joined).unwrap(), [7; 320]);
        assert_eq!((payload_ms(&frame), payload_ms(&joined)), (20, 40));
        assert_eq!(STANDARD.decode(silence(20)).unwrap(), [0xff; 160]);
        assert_eq!(silence(-5), "");
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_harm(text in any::<String>()) {
            let _ = Frame::read(&text);
        }

        #[test]
        fn any_shape_is_read_without_harm(
            event in "(media|mark|dtmf|start|stop|connected|x)",
            value in proptest::sample::select(vec![
                json!(null), json!(1), json!("x"), json!([1]), json!({}), json!({"payload": {"a": 1}}),
                json!({"name": 5}), json!({"digit": 5}), json!({"customParameters": []}),
            ]),
        ) {
            let frame = json!({"event": event, event: value});
            let _ = Frame::read(&frame.to_string());
        }

        #[test]
        fn lengths_are_those_of_the_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
            prop_assert_eq!(decoded_len(&STANDARD.encode(&bytes)), bytes.len());
        }
    }
}
