//! The documents that answer Twilio's webhooks. Every value is escaped; what cannot stand in XML is left out.

/// A document: what the carrier does, in this order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Document(Vec<Verb>);

/// One thing that the carrier does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verb {
    /// Hand the call to a socket of ours; nothing after it runs until our side closes it.
    Connect {
        /// Where the carrier asks what comes next.
        action: Option<String>,
        /// What it is connected to.
        to: Connect,
    },
    /// Speak.
    Say(Say),
    /// Play a sound.
    Play {
        /// Where it is.
        url: String,
        /// How often; 0 is for ever.
        times: u32,
    },
    /// Collect keys or speech, while saying something.
    Gather {
        /// Where they go.
        action: String,
        /// `dtmf`, `speech` or both.
        input: &'static str,
        /// How many keys; `None` until the key that finishes.
        digits: Option<u32>,
        /// The key that finishes.
        finish: char,
        /// How long to wait for another key, in seconds.
        seconds: u32,
        /// What is said meanwhile.
        say: Vec<Say>,
    },
    /// Connect a person.
    Dial(Dial),
    /// Go on with another document.
    Redirect(String),
    /// Record what the caller says.
    Record {
        /// Where the carrier tells that it is over.
        action: String,
        /// At most this many seconds.
        seconds: u32,
        /// Whether a tone comes first.
        beep: bool,
    },
    /// Wait.
    Pause {
        /// Seconds.
        seconds: u32,
    },
    /// End the call.
    Hangup,
    /// Do not take the call; nothing is billed.
    Reject,
}

/// What a call is connected to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connect {
    /// Audio both ways.
    Stream {
        /// `wss://`, without a query.
        url: String,
        /// Where the carrier tells of the stream.
        status: Option<String>,
        /// What comes back in the first frame.
        parameters: Vec<(String, String)>,
    },
    /// Text both ways.
    Relay(Box<Relay>),
}

/// Text both ways: the carrier hears and speaks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Relay {
    /// `wss://`, without a query.
    pub url: String,
    /// What is said at once.
    pub welcome: Option<String>,
    /// What may cut the welcome short.
    pub welcome_interruptible: Interruptible,
    /// The language, such as `en-US`.
    pub language: Option<String>,
    /// Who makes the speech.
    pub tts_provider: Option<String>,
    /// The voice.
    pub voice: Option<String>,
    /// Who understands the speech.
    pub transcription_provider: Option<String>,
    /// With which model.
    pub speech_model: Option<String>,
    /// What may cut the agent short.
    pub interruptible: Interruptible,
    /// Words that are likely, separated by commas. Never card data.
    pub hints: Option<String>,
    /// What comes back in the first frame. Never card data.
    pub parameters: Vec<(String, String)>,
}

/// What may cut speech short.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Interruptible {
    /// Nothing.
    None,
    /// Keys.
    Dtmf,
    /// Speech.
    Speech,
    /// Both.
    #[default]
    Any,
}

impl Interruptible {
    fn word(self) -> &'static str {
        match self {
            Interruptible::None => "none",
            Interruptible::Dtmf => "dtmf",
            Interruptible::Speech => "speech",
            Interruptible::Any => "any",
        }
    }
}

/// Something that is spoken.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Say {
    /// The words.
    pub text: String,
    /// The voice.
    pub voice: Option<String>,
    /// The language, such as `en-US`.
    pub language: Option<String>,
}

impl Say {
    /// Words in the carrier's own voice.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), voice: None, language: None }
    }
}

/// Connecting a person, or a room where people meet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dial {
    /// Whom.
    pub to: DialTo,
    /// Where the carrier tells what became of it.
    pub action: Option<String>,
    /// Which number the person sees.
    pub caller_id: Option<String>,
    /// How long it may ring, in seconds.
    pub ring_seconds: Option<u32>,
    /// The longest talk, in seconds.
    pub limit_seconds: Option<u32>,
    /// Whether both sides are recorded from the answer on.
    pub record: bool,
}

/// Who is dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialTo {
    /// A number.
    Number {
        /// In E.164.
        number: String,
        /// The document that the person hears first.
        whisper: Option<String>,
    },
    /// A room.
    Conference {
        /// Its name.
        room: String,
        /// Whether everybody leaves when this leg does.
        end_on_exit: bool,
    },
}

impl Default for DialTo {
    fn default() -> Self {
        DialTo::Number { number: String::new(), whisper: None }
    }
}

/// Longest name and value of a parameter together.
const PARAMETER_MAX: usize = 499;

impl Document {
    /// A document of these.
    pub fn new(verbs: Vec<Verb>) -> Self {
        Self(verbs)
    }

    /// The document with one thing more.
    #[must_use]
    pub fn then(mut self, verb: Verb) -> Self {
        self.0.push(verb);
        self
    }

    /// As XML.
    pub fn to_xml(&self) -> String {
        let mut xml = Xml(String::from(r#"<?xml version="1.0" encoding="UTF-8"?><Response>"#));
        for verb in &self.0 {
            verb.write(&mut xml);
        }
        xml.0 + "</Response>"
    }
}

impl Verb {
    fn write(&self, xml: &mut Xml) {
        match self {
            Verb::Connect { action, to } => {
                xml.open("Connect", &[("action", action.as_deref()), ("method", action.as_ref().map(|_| "POST"))]);
                to.write(xml);
                xml.close("Connect");
            }
            Verb::Say(say) => say.write(xml),
            Verb::Play { url, times } => {
                xml.element("Play", &[("loop", Some(&times.to_string()))], url);
            }
            Verb::Gather { action, input, digits, finish, seconds, say } => {
                let digits = digits.map(|digits| digits.to_string());
                xml.open(
                    "Gather",
                    &[
                        ("input", Some(input)),
                        ("action", Some(action)),
                        ("method", Some("POST")),
                        ("timeout", Some(&seconds.to_string())),
                        ("finishOnKey", Some(&finish.to_string())),
                        ("numDigits", digits.as_deref()),
                    ],
                );
                say.iter().for_each(|say| say.write(xml));
                xml.close("Gather");
            }
            Verb::Dial(dial) => dial.write(xml),
            Verb::Redirect(url) => xml.element("Redirect", &[("method", Some("POST"))], url),
            Verb::Record { action, seconds, beep } => xml.empty(
                "Record",
                &[
                    ("action", Some(action)),
                    ("method", Some("POST")),
                    ("maxLength", Some(&seconds.to_string())),
                    ("playBeep", Some(truth(*beep))),
                ],
            ),
            Verb::Pause { seconds } => xml.empty("Pause", &[("length", Some(&seconds.to_string()))]),
            Verb::Hangup => xml.empty("Hangup", &[]),
            Verb::Reject => xml.empty("Reject", &[("reason", Some("busy"))]),
        }
    }
}

impl Connect {
    fn write(&self, xml: &mut Xml) {
        match self {
            Connect::Stream { url, status, parameters } => {
                xml.open(
                    "Stream",
                    &[
                        ("url", Some(url)),
                        ("name", Some("main")),
                        ("statusCallback", status.as_deref()),
                        ("statusCallbackMethod", status.as_ref().map(|_| "POST")),
                    ],
                );
                write_parameters(parameters, xml);
                xml.close("Stream");
            }
            Connect::Relay(relay) => {
                let welcome = relay.welcome.as_ref();
                xml.open(
                    "ConversationRelay",
                    &[
                        ("url", Some(&relay.url)),
                        ("welcomeGreeting", relay.welcome.as_deref()),
                        ("welcomeGreetingInterruptible", welcome.map(|_| relay.welcome_interruptible.word())),
                        ("language", relay.language.as_deref()),
                        ("ttsProvider", relay.tts_provider.as_deref()),
                        ("voice", relay.voice.as_deref()),
                        ("transcriptionProvider", relay.transcription_provider.as_deref()),
                        ("speechModel", relay.speech_model.as_deref()),
                        ("interruptible", Some(relay.interruptible.word())),
                        ("dtmfDetection", Some("true")),
                        ("hints", relay.hints.as_deref()),
                    ],
                );
                write_parameters(&relay.parameters, xml);
                xml.close("ConversationRelay");
            }
        }
    }
}

/// Those that are too long for the carrier are left out: it would refuse the whole document.
fn write_parameters(parameters: &[(String, String)], xml: &mut Xml) {
    for (name, value) in parameters {
        if name.chars().count() + value.chars().count() <= PARAMETER_MAX {
            xml.empty("Parameter", &[("name", Some(name)), ("value", Some(value))]);
        }
    }
}

impl Say {
    fn write(&self, xml: &mut Xml) {
        let attributes = [("voice", self.voice.as_deref()), ("language", self.language.as_deref())];
        xml.element("Say", &attributes, &self.text);
    }
}

impl Dial {
    fn write(&self, xml: &mut Xml) {
        let ring = self.ring_seconds.map(|seconds| seconds.to_string());
        let limit = self.limit_seconds.map(|seconds| seconds.to_string());
        // The caller hears ringing until the person has answered and accepted.
        let bridge = matches!(self.to, DialTo::Number { .. }).then_some("true");
        xml.open(
            "Dial",
            &[
                ("timeout", ring.as_deref()),
                ("answerOnBridge", bridge),
                ("callerId", self.caller_id.as_deref()),
                ("timeLimit", limit.as_deref()),
                ("record", self.record.then_some("record-from-answer-dual")),
                ("action", self.action.as_deref()),
                ("method", self.action.as_ref().map(|_| "POST")),
            ],
        );
        match &self.to {
            DialTo::Number { number, whisper } => {
                xml.element("Number", &[("url", whisper.as_deref())], number);
            }
            DialTo::Conference { room, end_on_exit } => {
                xml.element("Conference", &[("endConferenceOnExit", Some(truth(*end_on_exit)))], room);
            }
        }
        xml.close("Dial");
    }
}

fn truth(yes: bool) -> &'static str {
    if yes { "true" } else { "false" }
}

/// Attributes of an element; those without a value are not written.
type Attributes<'a> = [(&'static str, Option<&'a str>)];

struct Xml(String);

impl Xml {
    fn start(&mut self, name: &str, attributes: &Attributes<'_>) {
        self.0.push('<');
        self.0.push_str(name);
        for (name, value) in attributes {
            if let Some(value) = value {
                self.0.push(' ');
                self.0.push_str(name);
                self.0.push_str("=\"");
                self.text(value);
                self.0.push('"');
            }
        }
    }

    fn open(&mut self, name: &str, attributes: &Attributes<'_>) {
        self.start(name, attributes);
        self.0.push('>');
    }

    fn close(&mut self, name: &str) {
        self.0.push_str("</");
        self.0.push_str(name);
        self.0.push('>');
    }

    fn empty(&mut self, name: &str, attributes: &Attributes<'_>) {
        self.start(name, attributes);
        self.0.push_str("/>");
    }

    fn element(&mut self, name: &str, attributes: &Attributes<'_>, text: &str) {
        self.open(name, attributes);
        self.text(text);
        self.close(name);
    }

    fn text(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&apos;"),
                '\n' => self.0.push_str("&#10;"),
                '\r' => self.0.push_str("&#13;"),
                '\t' => self.0.push_str("&#9;"),
                // No control character and no half of a pair may stand in XML 1.0, not even escaped.
                '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
                other => self.0.push(other),
            }
        }
    }
}

/// One document with every verb and attribute that is ever written, for comparison with other implementations.
pub fn everything() -> Document {
    let text = |text: &str| Some(text.to_owned());
    let parameters = vec![("token".to_owned(), "a-b_c".to_owned()), ("callId".to_owned(), "c1".to_owned())];
    let say = Say { text: "Grüße & \"more\"".into(), voice: text("Polly.Joanna"), language: text("en-US") };
    let number =
        DialTo::Number { number: "+12025550199".into(), whisper: text("https://x.test/twilio/whisper?a=1&b=2") };
    let dial = Dial {
        to: number,
        action: text("https://x.test/twilio/dial-result"),
        caller_id: text("+12025550100"),
        ring_seconds: Some(25),
        limit_seconds: Some(3600),
        record: true,
    };
    let room = DialTo::Conference { room: "room".into(), end_on_exit: true };
    let relay = Relay {
        url: "wss://x.test/twilio/relay".into(),
        welcome: text("Hello <there>"),
        welcome_interruptible: Interruptible::Speech,
        language: text("en-US"),
        tts_provider: text("ElevenLabs"),
        voice: text("voice"),
        transcription_provider: text("Deepgram"),
        speech_model: text("nova-3-general"),
        interruptible: Interruptible::Any,
        hints: text("printer, VPN"),
        parameters: parameters.clone(),
    };
    let stream = Connect::Stream {
        url: "wss://x.test/twilio/media".into(),
        status: text("https://x.test/twilio/status"),
        parameters,
    };
    Document::new(vec![
        Verb::Connect { action: text("https://x.test/twilio/action"), to: stream },
        Verb::Connect { action: text("https://x.test/twilio/action"), to: Connect::Relay(Box::new(relay)) },
        Verb::Gather {
            action: "https://x.test/twilio/keys".into(),
            input: "dtmf speech",
            digits: Some(1),
            finish: '#',
            seconds: 5,
            say: vec![say.clone()],
        },
        Verb::Say(say),
        Verb::Play { url: "https://x.test/hold.mp3".into(), times: 1 },
        Verb::Record { action: "https://x.test/twilio/recorded".into(), seconds: 60, beep: true },
        Verb::Dial(dial),
        Verb::Dial(Dial { to: room, ..Dial::default() }),
        Verb::Pause { seconds: 1 },
        Verb::Redirect("https://x.test/twilio/voice".into()),
        Verb::Hangup,
        Verb::Reject,
    ])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_stream_as_in_the_contract() {
        let stream = Connect::Stream {
            url: "wss://HOST/twilio/media".into(),
            status: Some("https://HOST/twilio/status".into()),
            parameters: vec![
                ("token".into(), "t_1".into()),
                ("callId".into(), "c1".into()),
                ("x".into(), "y".repeat(500)),
            ],
        };
        let document =
            Document::new(vec![Verb::Connect { action: Some("https://HOST/twilio/action".into()), to: stream }]);
        assert_eq!(
            document.to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response>\
             <Connect action=\"https://HOST/twilio/action\" method=\"POST\">\
             <Stream url=\"wss://HOST/twilio/media\" name=\"main\" statusCallback=\"https://HOST/twilio/status\" \
             statusCallbackMethod=\"POST\">\
             <Parameter name=\"token\" value=\"t_1\"/><Parameter name=\"callId\" value=\"c1\"/>\
             </Stream></Connect></Response>"
        );
    }

    #[test]
    fn a_relay_and_a_transfer_as_in_the_contract() {
        let relay = Relay {
            url: "wss://HOST/twilio/relay".into(),
            welcome: Some("Hi".into()),
            language: Some("en-US".into()),
            ..Relay::default()
        };
        let document = Document::default().then(Verb::Connect { action: None, to: Connect::Relay(Box::new(relay)) });
        assert!(
            document.to_xml().contains(
                "<Connect><ConversationRelay url=\"wss://HOST/twilio/relay\" welcomeGreeting=\"Hi\" \
                 welcomeGreetingInterruptible=\"any\" language=\"en-US\" interruptible=\"any\" dtmfDetection=\"true\">\
                 </ConversationRelay></Connect>"
            ),
            "{}",
            document.to_xml()
        );
        let dial = Dial {
            to: DialTo::Number { number: "+1202".into(), whisper: Some("https://HOST/twilio/whisper".into()) },
            action: Some("https://HOST/twilio/dial-result".into()),
            caller_id: Some("+1".into()),
            ring_seconds: Some(25),
            ..Dial::default()
        };
        assert_eq!(
            Document::new(vec![Verb::Say(Say::new("One moment")), Verb::Dial(dial), Verb::Hangup]).to_xml(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response><Say>One moment</Say>\
             <Dial timeout=\"25\" answerOnBridge=\"true\" callerId=\"+1\" action=\"https://HOST/twilio/dial-result\" \
             method=\"POST\"><Number url=\"https://HOST/twilio/whisper\">+1202</Number></Dial><Hangup/></Response>"
        );
    }

    #[test]
    fn everything_is_escaped() {
        let text = "a & b < c > \"d\" 'e' \u{0}\u{b}\u{fffe}ü😀\n";
        let xml = Document::new(vec![Verb::Say(Say::new(text))]).to_xml();
        assert!(xml.contains("<Say>a &amp; b &lt; c &gt; &quot;d&quot; &apos;e&apos; ü😀&#10;</Say>"), "{xml}");
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(text in any::<String>()) {
            let say = Say { text: text.clone(), voice: Some(text.clone()), language: None };
            let xml = Document::new(vec![Verb::Say(say), Verb::Redirect(text)]).to_xml();
            let tags: Vec<&str> = xml.split('<').skip(1).filter_map(|part| part.split([' ', '>', '/']).next()).collect();
            prop_assert_eq!(tags, ["?xml", "Response", "Say", "", "Redirect", "", ""]);
        }
    }
}
