//! What tools are to a conversation: something that runs by name, and tells what is known of the caller afterwards.

use async_trait::async_trait;
use patchcord_domain::call::{IdentifiedBy, Verification};
use patchcord_llm::talk::{ToolCall, ToolSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The tools of one call, on the desk's own data.
///
/// One value serves one call: it knows the workspace, the call and how far the caller is believed, and it refuses what the
/// caller may not see whatever the model asks for. The five seconds of a run are kept by the conversation's engine.
#[async_trait]
pub trait Tools: Send + Sync {
    /// Every tool there is, by name; agents name theirs in their files.
    fn specs(&self) -> &[ToolSpec];

    /// Runs a tool for an agent. It never fails: what went wrong is told in the reply, so that the model can mend it.
    async fn run(&self, agent: &str, call: &ToolCall) -> ToolReply;

    /// What is known of the caller now.
    fn facts(&self) -> Facts;
}

/// The name under which the desk itself runs a tool, by rule and not because a model asked: for a code that was keyed or
/// spoken, for a caller who wants a person, and for one who has only keys. It may run [`DESK_TOOLS`] and no others.
pub const DESK: &str = "desk";
/// What the desk runs by itself.
pub const DESK_TOOLS: [&str; 3] = ["identify_organization", "escalate_to_human", "schedule_callback"];

/// What a tool answered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ToolReply {
    /// `ok`, `refused` (arguments or verification), `failed` or `timeout`; kept with the interaction.
    pub outcome: &'static str,
    /// For the model: JSON, short enough to be spoken.
    pub content: Value,
    /// The arguments as they may be kept: redacted.
    pub arguments: Value,
    /// What is known of the caller, when it changed.
    pub facts: Option<Facts>,
    /// The call must go to a person: too many wrong codes, or the caller asked. The desk then escalates by itself.
    pub to_person: Option<String>,
    /// A person can be dialled now; ticket and escalation are written.
    pub transfer: Option<Transfer>,
}

/// A person who takes over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Transfer {
    /// The number to dial, in E.164.
    pub to: String,
    /// What the person hears first.
    pub summary: String,
}

/// What is known of the caller: fills the placeholders of the instructions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Facts {
    /// How far the caller is believed.
    pub verification: Verification,
    /// By what the caller was identified.
    pub identified_by: IdentifiedBy,
    /// The organization's name, from CLAIMED on.
    pub organization: Option<String>,
    /// The contact's name, from CLAIMED on.
    pub contact: Option<String>,
    /// Names and types of the caller's devices, only when VERIFIED; at most ten.
    pub devices: Vec<String>,
    /// Number and subject of open tickets, only when VERIFIED; at most five.
    pub tickets: Vec<String>,
    /// The language that the contact prefers, as a tag such as `de`.
    pub language: Option<String>,
    /// The workspace's name, spoken in the greeting.
    pub workspace: String,
    /// The local time of the workspace, in words.
    pub local_time: String,
    /// Whether people are there now.
    pub people_there: bool,
}

impl Facts {
    /// Nothing is known.
    pub fn unknown() -> Self {
        Self {
            verification: Verification::None,
            identified_by: IdentifiedBy::None,
            organization: None,
            contact: None,
            devices: Vec::new(),
            tickets: Vec::new(),
            language: None,
            workspace: String::new(),
            local_time: String::new(),
            people_there: false,
        }
    }

    /// Whether the caller's code was taken.
    pub(crate) fn is_identified_by_code(&self) -> bool {
        matches!(self.identified_by, IdentifiedBy::UECode | IdentifiedBy::Both)
    }
}
