//! What a call left behind, and whether it is what the scenario expects.

use std::collections::BTreeMap;

use serde_json::Value;

use super::ears::matches;
use super::play::Played;
use super::scenario::Scenario;

/// What a call left behind.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The call as `GET /api/calls/{id}` shows it; null when there is none.
    pub call: Value,
    /// Its ticket as `GET /api/tickets/{id}` shows it; null when there is none.
    pub ticket: Value,
    /// Who was dialled.
    pub dialled: Vec<String>,
    /// What they heard.
    pub overheard: Vec<String>,
    /// The carrier's status of the call.
    pub carrier_status: String,
    /// What the carrier would warn of, or had to mend.
    pub warnings: Vec<String>,
}

/// A tool and how it came out.
type Ran = (String, String);

impl Evidence {
    /// The tools that ran, by the call's interactions.
    pub fn tools(&self) -> Vec<Ran> {
        let interactions = self.call["interactions"].as_array().into_iter().flatten();
        let calls = interactions.flat_map(|stay| stay["toolCalls"].as_array().into_iter().flatten());
        let text = |call: &Value, key: &str| call[key].as_str().unwrap_or_default().to_owned();
        calls.map(|call| (text(call, "name"), text(call, "outcome"))).collect()
    }

    /// The agents that had the call.
    pub fn agents(&self) -> Vec<String> {
        let interactions = self.call["interactions"].as_array().into_iter().flatten();
        interactions.filter_map(|stay| stay["agent"].as_str().map(str::to_owned)).collect()
    }
}

impl Scenario {
    /// What is not as expected, in words. `judges_rows` is false where nobody looked at the desk's rows.
    pub fn unmet(&self, played: &Played, evidence: &Evidence, judges_rows: bool) -> Vec<String> {
        let expect = &self.expect;
        let mut unmet: Vec<String> =
            evidence.warnings.iter().map(|warning| format!("the carrier: {warning}")).collect();
        let desk = played.desk();
        unmet.extend(expect.said.iter().filter(|p| !matches(p, &desk)).map(|p| format!("nobody said {p:?}")));
        unmet.extend(expect.not_said.iter().filter(|p| matches(p, &desk)).map(|p| format!("somebody said {p:?}")));
        if played.gave_up {
            unmet.push("the caller gave up: nothing happened any more".to_owned());
        }
        if !expect.ended_by.is_empty() && !matches(&expect.ended_by, played.ended_by) {
            unmet.push(format!("ended by {}, not by {}", played.ended_by, expect.ended_by));
        }
        let status = if expect.carrier_status.is_empty() { "completed" } else { &expect.carrier_status };
        if evidence.carrier_status != status {
            unmet.push(format!("the carrier has it as {:?}, not {status:?}", evidence.carrier_status));
        }
        if played.interruptions() < expect.interruptions {
            unmet.push(format!("{} of {} sentences were cut short", played.interruptions(), expect.interruptions));
        }
        if let Some(dialled) = expect.dialled
            && dialled == evidence.dialled.is_empty()
        {
            unmet.push(format!("dialled: {:?}", evidence.dialled));
        }
        let overheard = evidence.overheard.join("\n");
        let whispered = expect.whispered.iter().filter(|p| !matches(p, &overheard));
        unmet.extend(whispered.map(|p| format!("the person did not hear {p:?} but {overheard:?}")));
        if judges_rows {
            self.rows(evidence, &mut unmet);
        }
        unmet
    }

    fn rows(&self, evidence: &Evidence, unmet: &mut Vec<String>) {
        let expect = &self.expect;
        if expect.no_row {
            if !evidence.call.is_null() {
                unmet.push("there is a row of the call".to_owned());
            }
            return;
        }
        if evidence.call.is_null() {
            unmet.push("there is no row of the call".to_owned());
            return;
        }
        let tools = evidence.tools();
        let ran_well = |tool: &str| tools.iter().any(|(name, outcome)| name == tool && outcome == "ok");
        for tool in expect.tools.iter().filter(|tool| !tool.split('|').any(&ran_well)) {
            unmet.push(format!("{tool} did not run well: {tools:?}"));
        }
        for tool in expect.no_tools.iter().filter(|tool| ran_well(tool)) {
            unmet.push(format!("{tool} ran"));
        }
        let agents = evidence.agents();
        for agent in &expect.agents {
            if !agent.split('|').any(|name| agents.iter().any(|had| had == name.trim())) {
                unmet.push(format!("{agent} did not have the call but {agents:?}"));
            }
        }
        fields("the call", &expect.call, &evidence.call, unmet);
        if let Some(most) = expect.interruptions_max {
            let counted = evidence.call["interruptions"].as_u64().unwrap_or(0);
            if counted > u64::from(most) {
                unmet.push(format!("{counted} interruptions, at most {most} are expected"));
            }
        }
        match (expect.no_ticket, expect.ticket.is_empty(), evidence.ticket.is_null()) {
            (true, _, false) => unmet.push(format!("there is a ticket: {}", evidence.ticket["subject"])),
            (_, false, true) => unmet.push("there is no ticket".to_owned()),
            (_, false, false) => fields("the ticket", &expect.ticket, &evidence.ticket, unmet),
            _ => {}
        }
    }
}

fn fields(whose: &str, expected: &BTreeMap<String, String>, row: &Value, unmet: &mut Vec<String>) {
    for (path, pattern) in expected {
        let value = path.split('.').fold(row, |value, key| &value[key]);
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let fits = match pattern.as_str() {
            "*" => !text.is_empty(),
            "-" => text.is_empty(),
            pattern => matches(pattern, &text),
        };
        if !fits {
            unmet.push(format!("{path} of {whose} is {text:?}, not {pattern:?}"));
        }
    }
}
