//! What engines and a conversation tell each other.

use patchcord_domain::call::{CallEvent, Ending};
use patchcord_domain::time::Millis;
use patchcord_llm::talk::{ToolCall, ToolSpec};

use crate::tools::ToolReply;

/// What happens to a conversation.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "one at a time is made and taken; none is kept in a list")]
pub enum Input {
    /// The stream is open and the model is ready; `resumed` when another node held the call before.
    Started {
        /// Whether the call goes on after a break.
        resumed: bool,
    },
    /// The caller began to speak.
    SpeechStarted,
    /// The caller stopped speaking.
    SpeechStopped,
    /// What the caller said, in whole.
    Heard {
        /// The words.
        text: String,
        /// The model's id of the item, when it has one.
        item_id: Option<String>,
    },
    /// Something that the caller said is lost: its words will not come.
    Unheard,
    /// The caller pressed a key: `0`–`9`, `*`, `#`.
    Key(char),
    /// What the model has said, in whole, before it is known how much of it the caller hears. Comes before the `Calls` of
    /// the same answer; the `Spoke` of the same item settles it, else the next one.
    Said {
        /// The words.
        text: String,
        /// The model's id of the item, when it has one.
        item_id: Option<String>,
    },
    /// What the agent said, as far as the caller heard it.
    Spoke {
        /// The words that were heard.
        text: String,
        /// Whether the caller cut it short.
        interrupted: bool,
        /// The model's id of the item, when it has one.
        item_id: Option<String>,
        /// When it began, in milliseconds of the call.
        started_ms: i64,
    },
    /// Everything that was sent has been played: the last mark came back.
    Quiet,
    /// The model wants to run tools.
    Calls(Vec<ToolCall>),
    /// A tool answered.
    Replied {
        /// The id of the call.
        id: String,
        /// What it answered.
        reply: ToolReply,
        /// How long it took.
        ms: i64,
    },
    /// An operator tells the agent something that the caller does not hear.
    Whisper(String),
    /// An operator, or a limit of the machine, ends the conversation.
    End(Ending),
    /// Nothing happened; at least every 250 ms.
    Tick,
}

/// What an engine must do.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// Another agent, or new facts: these instructions and tools from now on. Never the audio, never the voice.
    Instruct {
        /// The agent.
        agent: String,
        /// Its instructions, filled in.
        instructions: String,
        /// What it may call.
        tools: Vec<ToolSpec>,
    },
    /// Tell the model something that is not the caller's words: keys, a whisper, a result found by rule.
    Tell(String),
    /// Ask the model for its next words.
    Respond,
    /// Whatever the model answers to the caller's last words by itself is not to be heard, and none of its tools to be run:
    /// the desk answers them by rule.
    Withdraw,
    /// Say exactly these words.
    Say(String),
    /// Run a tool, for at most five seconds, and bring the reply as [`Input::Replied`].
    Run {
        /// The agent that asked.
        agent: String,
        /// The tool and its arguments.
        call: ToolCall,
    },
    /// Give the model the result of a tool.
    Result {
        /// The id of the call.
        id: String,
        /// JSON.
        content: String,
    },
    /// Hand this to the recorder.
    Record(CallEvent),
    /// Say nothing more; when everything was played, end in this way.
    Finish(Ending),
}

/// A moment of a conversation: the time of day and the milliseconds since the call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Unix milliseconds.
    pub at: Millis,
    /// Milliseconds since the call was answered.
    pub ms: i64,
}
