//! Twilio's webhooks: forms read into what the desk needs, however much more they hold.

use patchcord_domain::call::CallStatus;
use patchcord_domain::time::{Millis, from_http_date, from_rfc3339};

/// More parameters than any webhook has.
const PARAMETERS_MAX: usize = 200;

/// A form, in the order in which it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads `application/x-www-form-urlencoded`. Text that is not UTF-8 is read as well as can be.
    ///
    /// Gives nothing when there are more parameters than any webhook has.
    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut pairs = Vec::new();
        for (name, value) in form_urlencoded::parse(body) {
            if pairs.len() == PARAMETERS_MAX {
                return None;
            }
            pairs.push((name.into_owned(), value.into_owned()));
        }
        Some(Self(pairs))
    }

    /// Everything, for the signature.
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// Every name, for a line of the log when a signature does not fit.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The first value of a name; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.trim())?;
        (!value.is_empty()).then_some(value)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.parse().ok()
    }
}

/// A call that arrives, or the parameters that every webhook of a call has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The account; must be ours.
    pub account_sid: String,
    /// Who calls; `None` when the number is withheld or is no number.
    pub from: Option<String>,
    /// Who is called, as it came.
    pub to: String,
    /// Where the call is in its life.
    pub status: Option<CallStatus>,
    /// What the carriers' signatures say of the caller's number.
    pub stir: Stir,
    /// The number that forwarded the call here.
    pub forwarded_from: Option<String>,
    /// The name that belongs to the number, when that is looked up.
    pub caller_name: Option<String>,
    /// The call of which this is a leg.
    pub parent_call_sid: Option<String>,
    /// Where the caller's number is at home.
    pub from_country: Option<String>,
}

impl Incoming {
    /// Reads a webhook of a call. Gives nothing without the ids of call and account and without a called number.
    pub fn read(form: &Form) -> Option<Self> {
        Some(Self {
            call_sid: sid(form.get("CallSid")?, "CA")?,
            account_sid: sid(form.get("AccountSid")?, "AC")?,
            from: form.get("From").and_then(caller_number),
            to: form.get("To").or_else(|| form.get("Called"))?.to_owned(),
            status: form.get("CallStatus").and_then(call_status),
            stir: form.get("StirVerstat").map_or(Stir::Absent, Stir::read),
            forwarded_from: form.get("ForwardedFrom").map(str::to_owned),
            caller_name: form.get("CallerName").map(str::to_owned),
            parent_call_sid: form.get("ParentCallSid").and_then(|text| sid(text, "CA")),
            from_country: form.get("FromCountry").map(str::to_owned),
        })
    }
}

/// What becomes of a call, told by the carrier; in any order and more than once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The account; must be ours.
    pub account_sid: String,
    /// Where the call is.
    pub status: CallStatus,
    /// The carrier's count of its callbacks for this call.
    pub sequence: Option<i64>,
    /// How long the call was, in seconds; at its end only.
    pub seconds: Option<i64>,
    /// What is billed, in minutes; at its end only.
    pub billed_minutes: Option<i64>,
    /// When it happened.
    pub at: Option<Millis>,
    /// The answer of the other end, in the numbers of SIP.
    pub sip_response: Option<i64>,
    /// Who answered an outgoing call, when the carrier listens for machines.
    pub answered_by: Option<String>,
}

impl Progress {
    /// Reads a status callback. Gives nothing without an id and a known status.
    pub fn read(form: &Form) -> Option<Self> {
        Some(Self {
            call_sid: sid(form.get("CallSid")?, "CA")?,
            account_sid: sid(form.get("AccountSid")?, "AC")?,
            status: call_status(form.get("CallStatus")?)?,
            sequence: form.number("SequenceNumber").filter(|number| *number >= 0),
            seconds: form.number("CallDuration").filter(|seconds| *seconds >= 0),
            billed_minutes: form.number("Duration").filter(|minutes| *minutes >= 0),
            at: form.get("Timestamp").and_then(|text| from_http_date(text).or_else(|| from_rfc3339(text))),
            sip_response: form.number("SipResponseCode"),
            answered_by: form.get("AnsweredBy").map(str::to_owned),
        })
    }
}

/// What happened to a stream: the only place where a handshake that failed shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamProgress {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the stream.
    pub stream_sid: Option<String>,
    /// What happened.
    pub event: StreamEvent,
    /// The fault, in the carrier's words.
    pub error: Option<String>,
}

/// What may happen to a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StreamEvent {
    /// It is open.
    Started,
    /// It is over.
    Stopped,
    /// It failed.
    Failed,
}

impl StreamProgress {
    /// Reads a callback of a stream; gives nothing when this is none.
    pub fn read(form: &Form) -> Option<Self> {
        let event = match form.get("StreamEvent")? {
            "stream-started" => StreamEvent::Started,
            "stream-stopped" => StreamEvent::Stopped,
            "stream-error" => StreamEvent::Failed,
            _ => return None,
        };
        Some(Self {
            call_sid: sid(form.get("CallSid")?, "CA")?,
            stream_sid: form.get("StreamSid").map(str::to_owned),
            event,
            error: form.get("StreamError").map(str::to_owned),
        })
    }
}

/// A recording is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The carrier's id of the call.
    pub call_sid: String,
    /// The carrier's id of the recording.
    pub recording_sid: String,
}

impl Recorded {
    /// Reads it; gives nothing when this is none, or not complete.
    pub fn read(form: &Form) -> Option<Self> {
        if form.get("RecordingStatus").is_some_and(|status| status != "completed") {
            return None;
        }
        Some(Self { call_sid: sid(form.get("CallSid")?, "CA")?, recording_sid: sid(form.get("RecordingSid")?, "RE")? })
    }
}

/// The carrier asks what comes next, since a stream or a relay is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// The call.
    pub call: Incoming,
    /// The relay's own id of its session.
    pub session_id: Option<String>,
    /// How a relay ended; absent for a stream.
    pub session: Option<SessionStatus>,
    /// How long a relay was, in seconds or what the carrier counts.
    pub session_duration: Option<i64>,
    /// What our side gave the carrier when it ended the relay.
    pub handoff: Option<String>,
}

/// How a relay ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionStatus {
    /// Our side ended it.
    Ended,
    /// The caller did.
    Completed,
    /// It broke.
    Failed,
}

impl Action {
    /// Reads the request for what comes next.
    pub fn read(form: &Form) -> Option<Self> {
        let session = form.get("SessionStatus").and_then(|status| match status {
            "ended" => Some(SessionStatus::Ended),
            "completed" => Some(SessionStatus::Completed),
            "failed" => Some(SessionStatus::Failed),
            _ => None,
        });
        Some(Self {
            call: Incoming::read(form)?,
            session_id: form.get("SessionId").map(str::to_owned),
            session,
            session_duration: form.number("SessionDuration"),
            handoff: form.get("HandoffData").map(str::to_owned),
        })
    }
}

/// What became of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DialResult {
    /// The call.
    pub call: Incoming,
    /// What became of it.
    pub outcome: DialOutcome,
    /// The other leg.
    pub dial_call_sid: Option<String>,
    /// How long they spoke, in seconds.
    pub seconds: Option<i64>,
}

/// What may become of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialOutcome {
    /// They spoke, and it is over.
    Completed,
    /// The line was busy.
    Busy,
    /// Nobody answered.
    NoAnswer,
    /// It could not be connected.
    Failed,
    /// It was given up before an answer.
    Canceled,
}

impl DialResult {
    /// Reads the result of a transfer. An outcome that nobody knows counts as a failure: the caller must not be left alone.
    pub fn read(form: &Form) -> Option<Self> {
        let outcome = match form.get("DialCallStatus")? {
            "completed" | "answered" => DialOutcome::Completed,
            "busy" => DialOutcome::Busy,
            "no-answer" => DialOutcome::NoAnswer,
            "canceled" => DialOutcome::Canceled,
            _ => DialOutcome::Failed,
        };
        Some(Self {
            call: Incoming::read(form)?,
            outcome,
            dial_call_sid: form.get("DialCallSid").map(str::to_owned),
            seconds: form.number("DialCallDuration").filter(|seconds| *seconds >= 0),
        })
    }
}

/// What the carriers' signatures say of the caller's number (STIR/SHAKEN). A number alone proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stir {
    /// A carrier vouches for the number, fully (A), for its customer (B) or for the gateway only (C).
    Passed(char),
    /// The signature does not fit.
    Failed,
    /// Nobody said anything.
    Absent,
}

impl Stir {
    /// Reads a verdict such as `TN-Validation-Passed-A-Diverted`.
    pub fn read(text: &str) -> Self {
        if text.starts_with("TN-Validation-Failed") {
            Stir::Failed
        } else if let Some(rest) = text.strip_prefix("TN-Validation-Passed") {
            // A verdict that names no level is worth the least.
            let level = rest.trim_start_matches('-').chars().next().filter(|level| matches!(level, 'A' | 'B' | 'C'));
            Stir::Passed(level.unwrap_or('C'))
        } else {
            Stir::Absent
        }
    }
}

/// The caller's number in E.164; nothing when it is withheld, a name of a client, or an address of SIP.
pub fn caller_number(text: &str) -> Option<String> {
    let digits = text.strip_prefix('+')?;
    let is_number = (7..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    // The keys of ANONYMOUS, RESTRICTED, UNAVAILABLE and UNKNOWN, which carriers send for withheld numbers.
    let withheld = matches!(digits, "266696687" | "7378742833" | "86282452253" | "8656696" | "464");
    (is_number && !withheld).then(|| text.to_owned())
}

pub(super) fn call_status(text: &str) -> Option<CallStatus> {
    Some(match text {
        "queued" | "initiated" | "ringing" => CallStatus::Ringing,
        "in-progress" | "answered" => CallStatus::InProgress,
        "completed" => CallStatus::Completed,
        "busy" => CallStatus::Busy,
        "failed" => CallStatus::Failed,
        "no-answer" => CallStatus::NoAnswer,
        "canceled" => CallStatus::Canceled,
        _ => return None,
    })
}

/// An id of the carrier: its two letters and at most 62 more characters, so that nothing else gets into addresses and rows.
fn sid(text: &str, letters: &str) -> Option<String> {
    let fits = text.starts_with(letters)
        && (3..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(text: &str) -> Form {
        Form::parse(text.as_bytes()).unwrap()
    }

    const BASE: &str = "CallSid=CA0123&AccountSid=AC0123&From=%2B12025550143&To=%2B12025550100&Caller=%2B12025550143";

    #[test]
    fn a_call_arrives() {
        let call = Incoming::read(&form(&format!(
            "{BASE}&CallStatus=ringing&ApiVersion=2010-04-01&Direction=inbound&StirVerstat=TN-Validation-Passed-A&\
             FromCountry=US&CallToken=%7B%22a%22%7D&SomethingNew=1&ForwardedFrom="
        )))
        .unwrap();
        assert_eq!(call.from.as_deref(), Some("+12025550143"));
        assert_eq!(call.to, "+12025550100");
        assert_eq!(call.status, Some(CallStatus::Ringing));
        assert_eq!(call.stir, Stir::Passed('A'));
        assert_eq!((call.forwarded_from, call.from_country.as_deref()), (None, Some("US")));
        assert!(Incoming::read(&form("CallSid=CA1&AccountSid=AC1")).is_none());
        assert!(Incoming::read(&form("CallSid=CA1/../x&AccountSid=AC1&To=%2B1202")).is_none());
        let legacy = Incoming::read(&form("CallSid=CA1&AccountSid=AC1&Called=%2B12025550100&From=anonymous")).unwrap();
        assert_eq!((legacy.from, legacy.to.as_str()), (None, "+12025550100"));
    }

    #[test]
    fn numbers_that_are_none() {
        for text in [
            "anonymous",
            "unknown",
            "+266696687",
            "client:mara",
            "sip:mara@example.test",
            "",
            "+0123456789",
            "2025550143",
            "+1202555014x",
            "+1234567890123456",
        ] {
            assert_eq!(caller_number(text), None, "{text}");
        }
        assert_eq!(caller_number("+4930901820").as_deref(), Some("+4930901820"));
    }

    #[test]
    fn verdicts() {
        for (text, expect) in [
            ("TN-Validation-Passed-A", Stir::Passed('A')),
            ("TN-Validation-Passed-B-Diverted", Stir::Passed('B')),
            ("TN-Validation-Passed-C", Stir::Passed('C')),
            ("TN-Validation-Passed", Stir::Passed('C')),
            ("TN-Validation-Failed", Stir::Failed),
            ("TN-Validation-Failed-C-Diverted", Stir::Failed),
            ("No-TN-Validation", Stir::Absent),
            ("", Stir::Absent),
        ] {
            assert_eq!(Stir::read(text), expect, "{text}");
        }
    }

    #[test]
    fn progress_in_any_form() {
        let done = Progress::read(&form(&format!(
            "{BASE}&CallStatus=completed&CallDuration=61&Duration=2&SequenceNumber=3&CallbackSource=call-progress-events&\
             Timestamp=Tue%2C+24+Nov+2026+09%3A30%3A00+%2B0000&SipResponseCode=200"
        )))
        .unwrap();
        assert_eq!(done.status, CallStatus::Completed);
        assert_eq!((done.seconds, done.billed_minutes, done.sequence), (Some(61), Some(2), Some(3)));
        assert_eq!(done.at, from_rfc3339("2026-11-24T09:30:00Z"));
        assert_eq!(done.sip_response, Some(200));
        let first = Progress::read(&form(&format!("{BASE}&CallStatus=initiated&SequenceNumber=0"))).unwrap();
        assert_eq!((first.status, first.sequence), (CallStatus::Ringing, Some(0)));
        assert!(Progress::read(&form(&format!("{BASE}&CallStatus=strange"))).is_none());
        assert_eq!(Progress::read(&form(&format!("{BASE}&CallStatus=busy&CallDuration=-4"))).unwrap().seconds, None);
    }

    #[test]
    fn streams_relays_and_transfers() {
        let stream = StreamProgress::read(&form(
            "CallSid=CA1&AccountSid=AC1&StreamSid=MZ1&StreamName=main&StreamEvent=stream-error&StreamError=31920",
        ))
        .unwrap();
        assert_eq!((stream.event, stream.error.as_deref()), (StreamEvent::Failed, Some("31920")));
        assert!(StreamProgress::read(&form(BASE)).is_none());
        let action = Action::read(&form(&format!(
            "{BASE}&SessionId=VX1&SessionStatus=ended&SessionDuration=12&HandoffData=%7B%22reason%22%3A%22human%22%7D"
        )))
        .unwrap();
        assert_eq!(action.session, Some(SessionStatus::Ended));
        assert_eq!(action.handoff.as_deref(), Some(r#"{"reason":"human"}"#));
        assert_eq!(Action::read(&form(BASE)).unwrap().session, None);
        for (status, outcome) in [
            ("completed", DialOutcome::Completed),
            ("answered", DialOutcome::Completed),
            ("busy", DialOutcome::Busy),
            ("no-answer", DialOutcome::NoAnswer),
            ("failed", DialOutcome::Failed),
            ("canceled", DialOutcome::Canceled),
            ("new", DialOutcome::Failed),
        ] {
            let dial = DialResult::read(&form(&format!("{BASE}&DialCallStatus={status}&DialCallDuration=9"))).unwrap();
            assert_eq!((dial.outcome, dial.seconds), (outcome, Some(9)));
        }
    }

    #[test]
    fn too_many_parameters_are_no_webhook() {
        assert!(Form::parse("a=1&".repeat(200).as_bytes()).is_some());
        assert!(Form::parse("a=1&".repeat(201).as_bytes()).is_none());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Some(form) = Form::parse(&bytes) {
                let _ = (Incoming::read(&form), Progress::read(&form), Action::read(&form), DialResult::read(&form));
            }
        }
    }
}
