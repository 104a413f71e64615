//! The rules of a call: how far a caller is believed, what a status becomes, how a call ends, where it may be sent, and how
//! its words look as a text.

use crate::call::{AiResolution, CallStatus, Ending, IdentifiedBy, Speaker, Verification};
use crate::phone::Country;
use crate::time::{Millis, SECOND};

/// After so many wrong codes, in one call or from one caller within [`WRONG_CODES_WINDOW`], no code is looked at any more.
pub const WRONG_CODES_MAX: i64 = 3;
/// How long wrong codes of a caller count.
pub const WRONG_CODES_WINDOW: Millis = 15 * 60 * SECOND;

/// What is known of who is calling.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The organization whose code was given.
    pub by_code: Option<String>,
    /// The organization of whom the caller's number belongs to.
    pub by_phone: Option<String>,
    /// An organization that was only named.
    pub by_name: Option<String>,
    /// Whether the carriers say that the number is forged.
    pub is_number_forged: bool,
    /// Whether a person vouched for the caller.
    pub is_confirmed: bool,
}

impl Evidence {
    /// The organization, how far the caller is believed, and by what.
    ///
    /// A code says more than a number, and a number more than a name. Code and number that disagree leave the code's
    /// organization, but only as a claim. A number that may be forged never says more than a claim.
    pub fn weigh(&self) -> (Option<&str>, Verification, IdentifiedBy) {
        let (organization, by) = match (&self.by_code, &self.by_phone) {
            (Some(code), Some(phone)) if code == phone => (Some(code), IdentifiedBy::Both),
            (Some(code), _) => (Some(code), IdentifiedBy::UECode),
            (None, Some(phone)) => (Some(phone), IdentifiedBy::Phone),
            (None, None) => (self.by_name.as_ref(), IdentifiedBy::None),
        };
        let believed = self.is_confirmed || (by == IdentifiedBy::Both && !self.is_number_forged);
        let verification = match organization {
            None => Verification::None,
            Some(_) if believed => Verification::Verified,
            Some(_) => Verification::Claimed,
        };
        (organization.map(String::as_str), verification, by)
    }
}

/// Whether a carrier's verdict on the caller's number says that it is forged.
pub fn is_forged(verdict: Option<&str>) -> bool {
    verdict.is_some_and(|verdict| verdict.starts_with("TN-Validation-Failed"))
}

/// Whether a call with this status is over.
pub fn is_over(status: CallStatus) -> bool {
    !matches!(status, CallStatus::Ringing | CallStatus::InProgress | CallStatus::Interrupted)
}

/// What a status becomes when the carrier says another one. Callbacks come in any order and more than once: what is over
/// stays over, and what was answered never rings again.
pub fn after_callback(present: CallStatus, told: CallStatus) -> CallStatus {
    match (present, told) {
        _ if is_over(present) => present,
        (_, told) if is_over(told) => told,
        (CallStatus::Ringing, CallStatus::InProgress) => CallStatus::InProgress,
        _ => present,
    }
}

/// What follows for a call when a conversation has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Follows {
    /// The call is over, with this status.
    Over(CallStatus),
    /// The caller is put through to a person, or hears that nobody is there.
    Person,
    /// Somebody else goes on with it.
    Resume,
}

/// What follows from the end of a conversation.
pub fn follows(ending: &Ending) -> Follows {
    match ending {
        Ending::CallerHungUp | Ending::Goodbye | Ending::Silence | Ending::TooLong | Ending::OperatorHungUp => {
            Follows::Over(CallStatus::Completed)
        }
        Ending::Transferred { .. } => Follows::Person,
        Ending::Moved | Ending::Failed { .. } => Follows::Resume,
    }
}

/// What became of the caller's problem, from what is known when the call is over: what the agent said, when it said
/// something that the rest does not contradict.
pub fn resolution(
    said: AiResolution,
    was_escalated: bool,
    has_ticket: bool,
    ending: Option<&Ending>,
    caller_turns: i64,
) -> AiResolution {
    if was_escalated {
        return AiResolution::Escalated;
    }
    match said {
        AiResolution::Unknown if has_ticket => AiResolution::Ticketed,
        AiResolution::Unknown
            if matches!(ending, Some(Ending::CallerHungUp | Ending::Silence)) || caller_turns == 0 =>
        {
            AiResolution::Abandoned
        }
        said => said,
    }
}

/// Whether a call may be sent to a number: it must begin with one of the operator's prefixes, or, when there are none, be
/// of the workspace's own country. Anything else could cost a fortune.
pub fn may_transfer_to(number: &str, prefixes: &[String], own: Option<Country>) -> bool {
    if prefixes.is_empty() {
        return own.is_some() && Country::of_phone(number) == own;
    }
    prefixes.iter().any(|prefix| number.starts_with(prefix.as_str()))
}

/// One line of a transcript.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpokenLine<'t> {
    /// Who spoke.
    pub speaker: Speaker,
    /// The agent, when one spoke.
    pub agent: Option<&'t str>,
    /// The words.
    pub text: &'t str,
    /// When it began and ended, in milliseconds of the call.
    pub from_ms: i64,
    /// When it ended.
    pub to_ms: i64,
    /// Whether it was cut short.
    pub interrupted: bool,
}

/// The transcript as a text, one line an utterance: `[00:12] Caller: My printer is jammed.` Results of tools are left out.
pub fn transcript(lines: &[SpokenLine<'_>]) -> String {
    let shown = lines.iter().filter(|line| line.speaker != Speaker::Tool).map(|line| {
        let cut = if line.interrupted { " —" } else { "" };
        format!("[{}] {}: {}{cut}", clock(line.from_ms, false), name(line), line.text.replace('\n', " "))
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// The transcript as WebVTT (W3C), for players of a recording.
pub fn web_vtt(lines: &[SpokenLine<'_>]) -> String {
    let mut text = String::from("WEBVTT\n");
    for line in lines.iter().filter(|line| line.speaker != Speaker::Tool) {
        let end = line.to_ms.max(line.from_ms + 1);
        let words = line.text.replace('\n', " ").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        text += &format!("\n{} --> {}\n<v {}>{words}\n", clock(line.from_ms, true), clock(end, true), name(line));
    }
    text
}

fn name(line: &SpokenLine<'_>) -> String {
    match (line.speaker, line.agent) {
        (Speaker::Caller, _) => "Caller".to_owned(),
        (Speaker::Agent, Some(agent)) => format!("Agent ({})", agent.trim_end_matches("_agent").replace('_', " ")),
        (Speaker::Agent, None) => "Agent".to_owned(),
        (Speaker::System | Speaker::Tool, _) => "Desk".to_owned(),
    }
}

fn clock(ms: i64, exact: bool) -> String {
    let (ms, seconds) = (ms.max(0) % 1_000, ms.max(0) / 1_000);
    let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (exact, hours) {
        (true, _) => format!("{hours:02}:{minutes:02}:{rest:02}.{ms:03}"),
        (false, 0) => format!("{minutes:02}:{rest:02}"),
        (false, _) => format!("{hours}:{minutes:02}:{rest:02}"),
    }
}

/// How a number is spoken: digits apart, so that nobody hears a quantity.
pub fn digits_apart(text: &str) -> String {
    let digits: Vec<String> = text.chars().filter(char::is_ascii_digit).map(String::from).collect();
    digits.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn what_is_believed() {
        let none = Evidence::default();
        let phone = Evidence { by_phone: some("a"), ..none.clone() };
        let code = Evidence { by_code: some("a"), ..none.clone() };
        let both = Evidence { by_code: some("a"), by_phone: some("a"), ..none.clone() };
        for (evidence, organization, verification, by) in [
            (none.clone(), None, Verification::None, IdentifiedBy::None),
            (phone.clone(), Some("a"), Verification::Claimed, IdentifiedBy::Phone),
            (code.clone(), Some("a"), Verification::Claimed, IdentifiedBy::UECode),
            (both.clone(), Some("a"), Verification::Verified, IdentifiedBy::Both),
            (Evidence { by_phone: some("b"), ..code }, Some("a"), Verification::Claimed, IdentifiedBy::UECode),
            (Evidence { by_name: some("c"), ..none.clone() }, Some("c"), Verification::Claimed, IdentifiedBy::None),
            (Evidence { by_name: some("c"), ..phone.clone() }, Some("a"), Verification::Claimed, IdentifiedBy::Phone),
            (Evidence { is_number_forged: true, ..both }, Some("a"), Verification::Claimed, IdentifiedBy::Both),
            (Evidence { is_confirmed: true, ..phone }, Some("a"), Verification::Verified, IdentifiedBy::Phone),
            (Evidence { is_confirmed: true, ..none }, None, Verification::None, IdentifiedBy::None),
        ] {
            assert_eq!(evidence.weigh(), (organization, verification, by), "{evidence:?}");
        }
        assert!(is_forged(Some("TN-Validation-Failed-A")) && !is_forged(Some("TN-Validation-Passed-A")));
    }

    #[test]
    fn callbacks_in_any_order() {
        use CallStatus::{Busy, Completed, Failed, InProgress, Interrupted, Ringing};
        for (present, told, next) in [
            (Ringing, InProgress, InProgress),
            (InProgress, Ringing, InProgress),
            (InProgress, Completed, Completed),
            (Completed, InProgress, Completed),
            (Completed, Failed, Completed),
            (Ringing, Busy, Busy),
            (Interrupted, InProgress, Interrupted),
            (Interrupted, Completed, Completed),
        ] {
            assert_eq!(after_callback(present, told), next, "{present:?} {told:?}");
        }
    }

    #[test]
    fn what_became_of_it() {
        use AiResolution::{Abandoned, Escalated, Resolved, Ticketed, Unknown};
        let hung_up = Some(&Ending::CallerHungUp);
        for (said, escalated, ticket, ending, turns, expect) in [
            (Resolved, false, true, Some(&Ending::Goodbye), 3, Resolved),
            (Resolved, true, true, Some(&Ending::Goodbye), 3, Escalated),
            (Unknown, false, true, hung_up, 3, Ticketed),
            (Unknown, false, false, hung_up, 3, Abandoned),
            (Unknown, false, false, Some(&Ending::Goodbye), 3, Unknown),
            (Unknown, false, false, None, 0, Abandoned),
        ] {
            assert_eq!(resolution(said, escalated, ticket, ending, turns), expect);
        }
    }

    #[test]
    fn only_allowed_numbers_are_dialled() {
        let us = Country::parse("US");
        assert!(may_transfer_to("+12025550100", &[], us));
        assert!(!may_transfer_to("+442079460018", &[], us));
        assert!(!may_transfer_to("+12025550100", &[], None));
        let prefixes = ["+4420".to_owned()];
        assert!(may_transfer_to("+442079460018", &prefixes, us) && !may_transfer_to("+12025550100", &prefixes, us));
    }

    #[test]
    fn words_as_a_text() {
        let line = |speaker, agent, text, from_ms| SpokenLine {
            speaker,
            agent,
            text,
            from_ms,
            to_ms: from_ms + 1_500,
            interrupted: agent.is_some(),
        };
        let lines = [
            line(Speaker::Caller, None, "My printer <b>jams</b> &\nbeeps", 12_000),
            line(Speaker::Agent, Some("printer_agent"), "Is the tray", 3_600_250),
            line(Speaker::Tool, None, "{}", 5),
        ];
        assert_eq!(
            transcript(&lines),
            "[00:12] Caller: My printer <b>jams</b> & beeps\n[1:00:00] Agent (printer): Is the tray —"
        );
        assert_eq!(
            web_vtt(&lines),
            "WEBVTT\n\n00:00:12.000 --> 00:00:13.500\n<v Caller>My printer &lt;b&gt;jams&lt;/b&gt; &amp; beeps\n\n\
             01:00:00.250 --> 01:00:01.750\n<v Agent (printer)>Is the tray\n"
        );
        assert_eq!(digits_apart("44-71"), "4 4 7 1");
    }
}
