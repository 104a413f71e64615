//! A caller whom a model plays: `patchcord call --persona`.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use async_trait::async_trait;
use patchcord_domain::redaction::{Options, Redactor};
use patchcord_llm::openai::OpenAi;
use patchcord_llm::talk::{Entry, Talk, Talker, ToolSpec, Words};
use patchcord_simulator::caller::{Mouth, Scenario, Spoken, Who};
use serde_json::json;

use crate::settings::Settings;
use crate::wiring;

const INSTRUCTIONS: &str = include_str!("../../../scenarios/persona.md");
const HANG_UP: &str = "hang_up";

/// A model in the place of a caller.
pub(crate) struct Persona {
    talker: OpenAi,
    redactor: Redactor,
    instructions: String,
    /// The last words were a goodbye.
    is_done: AtomicBool,
}

struct Nobody;

impl Words for Nobody {
    fn word(&mut self, _: &str) {}
}

impl Persona {
    /// Somebody in these words, with the name, number and code of a scenario's caller.
    pub(crate) fn new(settings: &Settings, scenario: &Scenario, persona: &str) -> Result<Self> {
        if settings.openai_api_key.is_none() && settings.openai_base_url.is_none() {
            bail!("--persona needs a model: set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own");
        }
        let caller = &scenario.caller;
        let part = |text: &str, before: &str| match text {
            "" => String::new(),
            text => format!("{before} {text}. "),
        };
        let instructions = INSTRUCTIONS
            .replace("{name}", &caller.name)
            .replace("{company}", &part(&caller.company, "You work for"))
            .replace("{code}", &part(&caller.ue_code, "Your company's U-E code is"))
            .replace("{device}", &part(&caller.device, "Your device has the name"))
            .replace("{persona}", persona);
        Ok(Self {
            talker: wiring::talker(settings)?,
            redactor: Redactor::new(Options::default()),
            instructions,
            is_done: AtomicBool::new(false),
        })
    }
}

#[async_trait]
impl Mouth for Persona {
    async fn next(&self, said: &[Spoken]) -> Option<String> {
        if self.is_done.load(Ordering::Relaxed) {
            return None;
        }
        let entry = |spoken: &Spoken| match spoken.who {
            Who::Caller => Entry::Agent(spoken.text.clone()),
            Who::Desk | Who::Person => Entry::Caller(spoken.text.clone()),
        };
        let talk = Talk {
            agent: "caller".to_owned(),
            instructions: self.instructions.clone(),
            tools: vec![ToolSpec {
                name: HANG_UP.to_owned(),
                description: "Ends the call.".to_owned(),
                parameters: json!({"type": "object", "properties": {}, "additionalProperties": false}),
            }],
            history: said.iter().map(entry).collect(),
        };
        match self.talker.talk(&self.redactor.spoken(talk), &mut Nobody).await {
            Ok(said) => {
                let hangs_up = said.calls.iter().any(|call| call.name == HANG_UP);
                self.is_done.store(hangs_up, Ordering::Relaxed);
                Some(said.text.trim().to_owned()).filter(|text| !text.is_empty())
            }
            Err(error) => {
                tracing::warn!(%error, "the model that plays the caller does not answer");
                None
            }
        }
    }
}
