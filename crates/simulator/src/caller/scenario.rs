//! A scenario as its file has it. `scenarios/README.md` describes the fields.

use std::path::Path;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use crate::carrier::{Answers, Person};

/// A scripted call.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name, which is also its file's.
    pub name: String,
    /// What it is about, in one sentence.
    pub about: String,
    /// Who calls.
    pub caller: Persona,
    /// What they say and do.
    #[serde(default, rename = "line")]
    pub lines: Vec<Line>,
    /// What must have come of it.
    #[serde(default)]
    pub expect: Expect,
    /// How the carrier and the person who is dialled behave.
    #[serde(default)]
    pub carrier: CarrierSide,
    /// What must be arranged on the desk's side; `patchcord call` cannot.
    #[serde(default)]
    pub faults: Faults,
}

/// Somebody who calls.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Their name.
    pub name: String,
    /// The number that they call from; `anonymous` when it is withheld.
    pub phone: String,
    /// Their company.
    #[serde(default)]
    pub company: String,
    /// Its code, as they believe it to be; empty when they know none.
    #[serde(default)]
    pub ue_code: String,
    /// They key the code in instead of saying it.
    #[serde(default)]
    pub keys_code: bool,
    /// They wait after the last key instead of pressing #.
    #[serde(default)]
    pub no_hash: bool,
    /// Their device, as they call it.
    #[serde(default)]
    pub device: String,
    /// What they say when they are asked whether it works now.
    #[serde(default)]
    pub solved: bool,
    /// `en` or `de`.
    #[serde(default)]
    pub language: String,
}

/// Something that the caller says or does.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// What must have been heard: words, alternatives parted by `|`. A line without it is told when the caller has the word,
    /// in the order of the file.
    #[serde(default)]
    pub when: String,
    /// What they say, in other words too: the first as it is, the others when the call is reworded.
    #[serde(default)]
    pub say: Vec<String>,
    /// Keys that they press.
    #[serde(default)]
    pub keys: String,
    /// They do not wait: they do it when so many words of a sentence were heard.
    pub interrupt_after_words: Option<usize>,
    /// They hang up after it.
    #[serde(default)]
    pub hang_up: bool,
    /// They say nothing at all instead.
    #[serde(default)]
    pub silent: bool,
    /// The noise of a room instead, in milliseconds.
    #[serde(default)]
    pub noise_ms: u64,
    /// Their telephone sends back what it plays, for so many milliseconds.
    #[serde(default)]
    pub echo_ms: u64,
    /// How often; once when absent.
    pub times: Option<u32>,
    /// It may come before or after its neighbours when the call is reordered.
    #[serde(default)]
    pub free: bool,
}

/// What must have come of a call.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expect {
    /// Each must have been heard from the desk; alternatives parted by `|`.
    pub said: Vec<String>,
    /// None may have been heard.
    pub not_said: Vec<String>,
    /// Tools that must have run well.
    pub tools: Vec<String>,
    /// Tools that may not have run well.
    pub no_tools: Vec<String>,
    /// Agents that must have had the call; alternatives parted by `|`.
    pub agents: Vec<String>,
    /// `caller`, `desk` or `person`: who ended it.
    pub ended_by: String,
    /// The carrier's status; `completed` when absent.
    pub carrier_status: String,
    /// Sentences that the caller cut short, at least.
    pub interruptions: u32,
    /// Sentences that were cut short, at most.
    pub interruptions_max: Option<u32>,
    /// Keys of the call's row and what each must be; alternatives parted by `|`, `*` for anything but null, `-` for null.
    pub call: std::collections::BTreeMap<String, String>,
    /// Keys of the call's ticket in the same way; words that must be in it.
    pub ticket: std::collections::BTreeMap<String, String>,
    /// There must be no ticket.
    pub no_ticket: bool,
    /// Whether somebody was dialled.
    pub dialled: Option<bool>,
    /// What the person who was dialled must have heard.
    pub whispered: Vec<String>,
    /// The call leaves no row.
    pub no_row: bool,
}

/// The carrier's side.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CarrierSide {
    /// The SHAKEN/STIR verdict.
    pub stir: Option<String>,
    /// Every webhook comes twice.
    pub twice: bool,
    /// Status callbacks come in the wrong order.
    pub out_of_order: bool,
    /// A broken socket does not make the carrier ask the action.
    pub asks_nobody: bool,
    /// What the person does who is dialled: `answers`, `busy`, `never`, `refuses`.
    pub person: Option<String>,
    /// The called number, when it is not one of the desk's.
    pub to: Option<String>,
}

/// What must be arranged on the desk's side.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// The realtime server breaks off within that response.
    pub model_breaks_within: Option<usize>,
    /// No model that speaks is to be had any more after that.
    pub model_gone: bool,
    /// No model answers at all, neither one that speaks nor one that thinks.
    pub no_model: bool,
    /// No model is set up.
    pub menu: bool,
    /// This tool takes so many milliseconds when it runs for the first time.
    pub slow_tool: Option<(String, u64)>,
    /// This tool fails.
    pub failing_tool: Option<String>,
    /// The node is killed when the desk has said so many sentences.
    pub node_killed_after: Option<usize>,
    /// The desk takes no more calls.
    pub at_capacity: bool,
    /// The desk's clock stands outside of business hours.
    pub out_of_hours: bool,
}

impl Faults {
    /// What is to be arranged, in words; nothing when there is nothing.
    pub fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        told.extend(self.model_breaks_within.map(|_| "a model whose socket breaks".to_owned()));
        told.extend(self.menu.then(|| "a desk without a model".to_owned()));
        told.extend(self.model_gone.then(|| "a model that does not come back".to_owned()));
        told.extend(self.no_model.then(|| "a desk whose models do not answer".to_owned()));
        told.extend(self.slow_tool.as_ref().map(|(tool, ms)| format!("{tool} taking {ms} ms")));
        told.extend(self.failing_tool.as_ref().map(|tool| format!("{tool} failing")));
        told.extend(self.node_killed_after.map(|_| "a node that is killed".to_owned()));
        told.extend(self.at_capacity.then(|| "a desk without room for another call".to_owned()));
        told.extend(self.out_of_hours.then(|| "a time outside of business hours".to_owned()));
        told
    }
}

impl Scenario {
    /// The person who is dialled.
    pub fn person(&self, number: &str) -> Person {
        let mut person = Person::kind(number);
        match self.carrier.person.as_deref() {
            Some("busy") => person.answers = Answers::Busy,
            Some("never") => person.answers = Answers::Never,
            Some("refuses") => person.presses = "9".to_owned(),
            _ => {}
        }
        person
    }
}

/// Reads a scenario.
///
/// # Errors
/// In words, with the line, when it is none.
pub fn read(text: &str) -> Result<Scenario, String> {
    let scenario: Scenario = toml::from_str(text).map_err(|error| error.to_string())?;
    for (at, line) in scenario.lines.iter().enumerate() {
        let does = !line.say.is_empty()
            || !line.keys.is_empty()
            || line.hang_up
            || line.silent
            || line.noise_ms > 0
            || line.echo_ms > 0;
        if !does {
            return Err(format!("line {} of {} says and does nothing", at + 1, scenario.name));
        }
        if line.keys.chars().any(|key| !(key.is_ascii_digit() || "*#".contains(key))) {
            return Err(format!("line {} of {} presses keys that no telephone has", at + 1, scenario.name));
        }
    }
    let tools = scenario.expect.tools.iter().chain(&scenario.expect.no_tools);
    if let Some(tool) = tools.into_iter().find(|tool| tool.contains(char::is_whitespace)) {
        return Err(format!("{tool:?} of {} is no tool", scenario.name));
    }
    Ok(scenario)
}

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios/calls");

/// The scenarios that are compiled in, by name.
pub fn embedded() -> Vec<Scenario> {
    let texts = FILES.files().filter_map(|file| file.contents_utf8());
    let mut scenarios: Vec<Scenario> = texts.map(|text| read(text).expect("a test reads every one of them")).collect();
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    scenarios
}

/// Every scenario of a folder, by name.
///
/// # Errors
/// In words, when a file cannot be read.
pub fn load(folder: &Path) -> Result<Vec<Scenario>, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut scenarios = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let scenario = read(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            if path.file_stem().and_then(|name| name.to_str()) != Some(&scenario.name) {
                return Err(format!("{} holds {}", path.display(), scenario.name));
            }
            scenarios.push(scenario);
        }
    }
    scenarios.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(scenarios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/calls");
        let scenarios = load(&folder).unwrap();
        assert!(scenarios.len() >= 20, "{}", scenarios.len());
        assert_eq!(scenarios, embedded());
        for scenario in &scenarios {
            assert!(!scenario.about.is_empty() && !scenario.caller.name.is_empty(), "{}", scenario.name);
        }
    }

    #[test]
    fn what_is_none() {
        let head = "name='a'\nabout='b'\n[caller]\nname='c'\nphone='+1'\n";
        assert!(read(head).is_ok());
        for (text, part) in [
            ("name = 1", "invalid type"),
            (&*format!("{head}[[line]]\nwhen='x'\n"), "says and does nothing"),
            (&*format!("{head}[[line]]\nkeys='12A'\n"), "no telephone has"),
            (&*format!("{head}[[line]]\nsays='x'\n"), "unknown field"),
            (&*format!("{head}[expect]\ntools=['create ticket']\n"), "is no tool"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }
}
