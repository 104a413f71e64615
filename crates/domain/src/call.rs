//! Calls: their enumerations, what is recorded of them, and how much is believed of who is calling.

use serde::{Deserialize, Serialize};

use crate::ticket::upper_case_enum;
use crate::time::Millis;

upper_case_enum! {
    /// Who carries a call.
    Provider {
        /// Twilio, or a carrier that speaks its protocols.
        Twilio = "TWILIO",
        /// `patchcord call`.
        Simulator = "SIMULATOR",
        /// The page.
        Browser = "BROWSER",
    }
}

upper_case_enum! {
    /// Where a call is in its life.
    CallStatus {
        /// It rings; nobody has answered.
        Ringing = "RINGING",
        /// Somebody speaks.
        InProgress = "IN_PROGRESS",
        /// It ended as calls do.
        Completed = "COMPLETED",
        /// The carrier could not connect it, or we could not.
        Failed = "FAILED",
        /// Nobody answered.
        NoAnswer = "NO_ANSWER",
        /// The line was busy.
        Busy = "BUSY",
        /// The caller gave up before an answer.
        Canceled = "CANCELED",
        /// Its node went away; another may take it up again.
        Interrupted = "INTERRUPTED",
    }
}

upper_case_enum! {
    /// Which engine holds the conversation.
    Engine {
        /// Audio both ways between the carrier and a speech model.
        Realtime = "REALTIME",
        /// Text both ways: the carrier hears and speaks, a chat model thinks.
        Relay = "RELAY",
    }
}

upper_case_enum! {
    /// How much is believed of who is calling, least first.
    Verification {
        /// Nothing is known.
        None = "NONE",
        /// Somebody said so: a ticket may be filed, nothing private is told.
        Claimed = "CLAIMED",
        /// Code and known number agree, or a person confirmed.
        Verified = "VERIFIED",
    }
}

upper_case_enum! {
    /// By what the caller was identified.
    IdentifiedBy {
        /// The U-E code.
        UECode = "U_E_CODE",
        /// The number that the call came from.
        Phone = "PHONE",
        /// Both, and they agree.
        Both = "BOTH",
        /// Nothing.
        None = "NONE",
    }
}

upper_case_enum! {
    /// What became of the caller's problem.
    AiResolution {
        /// Solved on the phone.
        Resolved = "RESOLVED",
        /// A ticket was filed.
        Ticketed = "TICKETED",
        /// A person took over.
        Escalated = "ESCALATED",
        /// The caller hung up with nothing done.
        Abandoned = "ABANDONED",
        /// Nobody can tell.
        Unknown = "UNKNOWN",
    }
}

upper_case_enum! {
    /// Who speaks in a turn.
    Speaker {
        /// The person who calls.
        Caller = "CALLER",
        /// A voice agent.
        Agent = "AGENT",
        /// The desk itself: announcements, whispers, hand-overs.
        System = "SYSTEM",
        /// A tool's result, shortened.
        Tool = "TOOL",
    }
}

/// What a model used in one answer of a call, in tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpokenUsage {
    /// Text in, cached or not.
    pub input_tokens: u32,
    /// Text in that the provider had cached.
    pub cached_input_tokens: u32,
    /// Text out.
    pub output_tokens: u32,
    /// Audio in, cached or not.
    pub audio_input_tokens: u32,
    /// Audio in that the provider had cached.
    pub cached_audio_input_tokens: u32,
    /// Audio out.
    pub audio_output_tokens: u32,
}

/// What happens in a call, as it goes to the recorder: a bounded channel, since audio never waits for a database.
///
/// Moments named `…_ms` are milliseconds since the call was answered; `at` is the time of day.
#[derive(Debug, Clone, PartialEq)]
pub enum CallEvent {
    /// The first words may be said: the stream is open and the model is ready.
    Answered {
        /// When.
        at: Millis,
        /// The engine that answered.
        engine: Engine,
        /// The model's name.
        model: String,
    },
    /// Words that are still being spoken; shown live, never stored, dropped first.
    Partial {
        /// Who speaks.
        speaker: Speaker,
        /// The agent, when one speaks.
        agent: Option<String>,
        /// Everything that was said of this turn so far.
        text: String,
    },
    /// A turn is final. It is written at once.
    Turn(Turn),
    /// Another agent has the call.
    AgentChanged {
        /// When.
        at: Millis,
        /// Who had it; `None` at the beginning.
        from: Option<String>,
        /// Who has it now.
        to: String,
        /// Why, in the words of the agent that handed over.
        reason: String,
    },
    /// A tool ran.
    ToolRan(ToolRun),
    /// A model answered, or failed to.
    Used {
        /// `openai` or `builtin`.
        provider: String,
        /// The model's name.
        model: String,
        /// `speech`, `transcription` or `conversation`.
        purpose: String,
        /// What it used.
        usage: SpokenUsage,
        /// How long it took to the first token or sound, in milliseconds.
        latency_ms: i64,
        /// Why it failed, without anything that was said.
        error: Option<String>,
    },
    /// The caller heard something for the first time, this many milliseconds after the stream opened.
    FirstSound {
        /// Milliseconds.
        ms: i64,
    },
    /// Figures of the audio path, at the end and every ten seconds.
    Line(Line),
    /// Everything that is needed to go on elsewhere; written after each turn.
    Checkpoint(serde_json::Value),
    /// The conversation is over.
    Ended {
        /// When.
        at: Millis,
        /// How.
        ending: Ending,
        /// The outcome as the agent saw it, when one said.
        resolution: Option<AiResolution>,
    },
}

/// One utterance of a call's transcript.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Turn {
    /// Who spoke.
    pub speaker: Speaker,
    /// The agent, when one spoke.
    pub agent: Option<String>,
    /// What was said; of a cut sentence, what was heard.
    pub text: String,
    /// When it began.
    pub started_ms: i64,
    /// When it ended.
    pub ended_ms: i64,
    /// From the end of the caller's speech to the first sound of this answer.
    pub response_ms: Option<i64>,
    /// Whether the caller cut it short.
    pub interrupted: bool,
    /// The model's own id of the item, when it has one.
    pub item_id: Option<String>,
}

/// One run of a tool, with its arguments redacted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolRun {
    /// The agent that asked.
    pub agent: String,
    /// The tool.
    pub name: String,
    /// Its arguments, redacted.
    pub arguments: serde_json::Value,
    /// `ok`, `refused`, `failed` or `timeout`.
    pub outcome: String,
    /// How long it took.
    pub ms: i64,
}

/// Figures of the audio path.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Times the caller interrupted.
    pub interruptions: u32,
    /// Frames that came late.
    pub frames_late: u32,
    /// Frames that never came, by the gaps in the carrier's time stamps.
    pub frames_lost: u32,
    /// What our bridge added, in milliseconds, at the worst of a hundred.
    pub bridge_added_ms: u32,
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Ending {
    /// The caller hung up, or the carrier did.
    CallerHungUp,
    /// An agent said goodbye.
    Goodbye,
    /// The caller said nothing for too long.
    Silence,
    /// The longest length was reached.
    TooLong,
    /// A person takes over.
    Transferred {
        /// The number that is dialled, in E.164.
        to: String,
        /// What the person hears first.
        summary: String,
    },
    /// An operator hung up.
    OperatorHungUp,
    /// This node gives the call up; another goes on with it.
    Moved,
    /// Nothing could be done any more.
    Failed {
        /// Why, in plain words, without anything that was said.
        reason: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verification_grows() {
        assert!(Verification::None < Verification::Claimed);
        assert!(Verification::Claimed < Verification::Verified);
    }

    #[test]
    fn words_are_those_of_the_contract() {
        assert_eq!(
            CallStatus::allowed(),
            "RINGING, IN_PROGRESS, COMPLETED, FAILED, NO_ANSWER, BUSY, CANCELED, INTERRUPTED"
        );
        assert_eq!(IdentifiedBy::allowed(), "U_E_CODE, PHONE, BOTH, NONE");
    }
}
