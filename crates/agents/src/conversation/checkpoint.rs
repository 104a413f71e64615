//! A conversation put away and taken up again, on this node or another.

use std::collections::BTreeSet;
use std::sync::Arc;

use patchcord_domain::call::AiResolution;
use patchcord_llm::talk::ToolSpec;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::history::{History, Saved};
use super::{Conversation, Limits};
use crate::agents::Agents;
use crate::tools::Facts;

/// The form that is written; another one is refused.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Checkpoint {
    version: u32,
    agent: String,
    history: Vec<Saved>,
    /// Ids of calls, so that none runs twice.
    seen: BTreeSet<String>,
    by_desk: u32,
    wrong_codes: u32,
    refused_escalations: u32,
    warned: bool,
    fillers: usize,
    ticketed: bool,
    resolution: Option<AiResolution>,
    #[serde(default)]
    unheard: bool,
}

impl Conversation {
    /// Everything that is needed to go on elsewhere. Codes of callers are not in it.
    pub fn checkpoint(&self) -> Value {
        let checkpoint = Checkpoint {
            version: VERSION,
            agent: self.agent.clone(),
            history: self.history.save(),
            seen: self.seen.clone(),
            by_desk: self.by_desk,
            wrong_codes: self.wrong_codes,
            refused_escalations: self.refused_escalations,
            warned: self.warned,
            fillers: self.fillers,
            ticketed: self.ticketed,
            resolution: self.resolution,
            unheard: self.unheard,
        };
        serde_json::to_value(checkpoint).unwrap_or_default()
    }

    /// Takes a conversation up where the checkpoint was written; `facts` are those that hold now. Tools that ran then are
    /// not run again: the model is told that the line broke off.
    ///
    /// # Errors
    /// When the checkpoint is none of this program.
    pub fn restore(
        agents: Arc<Agents>,
        facts: Facts,
        specs: &[ToolSpec],
        limits: Limits,
        checkpoint: &Value,
    ) -> Result<Self, String> {
        let read: Checkpoint = serde_json::from_value(checkpoint.clone()).map_err(|error| error.to_string())?;
        if read.version != VERSION {
            return Err(format!("the checkpoint has version {}, not {VERSION}", read.version));
        }
        let mut conversation = Self::new(agents, facts, specs, limits);
        // Agents may have been replaced meanwhile; the entry agent is always there.
        if conversation.agents.get(&read.agent).is_some() {
            conversation.agent = read.agent;
        }
        conversation.history = History::restore(read.history);
        for id in conversation.history.unanswered() {
            let content = json!({"error": conversation.agents.notes.broke_off}).to_string();
            conversation.history.result(&id, content);
        }
        conversation.seen = read.seen;
        conversation.by_desk = read.by_desk;
        conversation.wrong_codes = read.wrong_codes;
        conversation.refused_escalations = read.refused_escalations;
        conversation.warned = read.warned;
        conversation.fillers = read.fillers;
        conversation.ticketed = read.ticketed;
        conversation.resolution = read.resolution;
        conversation.unheard = read.unheard;
        Ok(conversation)
    }
}
