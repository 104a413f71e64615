//! What must hold for agent files before a call is answered: each fault with file and line.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::value::Serde;
use minijinja::{Environment, Value};
use patchcord_domain::text::length;
use patchcord_domain::ticket::CATEGORIES;
use serde_json::json;

use super::front_matter::{self, Field};
use super::{Agent, ENTRY, FILE_MAX, Fault, PLACEHOLDERS, Source, TO_PERSON, TOOLS, TRANSFER};

/// Characters of a description.
const DESCRIPTION_MAX: usize = 300;
const KEYS: [&str; 6] = ["name", "description", "tools", "handoffs", "knowledge", "voice"];

/// An agent and where the parts of its file stand.
pub(super) struct Read<'f> {
    pub(super) agent: Agent,
    pub(super) file: &'f str,
    pub(super) body: &'f str,
    pub(super) body_line: usize,
    lines: BTreeMap<&'static str, usize>,
    handoffs: Vec<(String, usize)>,
}

impl Read<'_> {
    fn fault(&self, key: &'static str, message: String) -> Fault {
        Fault { file: self.file.to_owned(), line: self.lines.get(key).copied().unwrap_or(1), message }
    }
}

/// Reads one file.
pub(super) fn agent(file: &Source) -> Result<Read<'_>, Vec<Fault>> {
    let fault = |line: usize, message: String| Fault { file: file.name.clone(), line, message };
    if file.text.len() > FILE_MAX {
        return Err(vec![fault(0, format!("has {} bytes; at most {FILE_MAX} are allowed", file.text.len()))]);
    }
    let read = front_matter::read(&file.text).map_err(|(line, message)| vec![fault(line, message)])?;
    let mut faults = Vec::new();
    for field in &read.fields {
        if !KEYS.contains(&field.key.as_str()) {
            faults.push(fault(field.line, format!("`{}` is not known; there are {}", field.key, KEYS.join(", "))));
        }
    }
    let field = |key: &str| read.fields.iter().find(|field| field.key == key);
    let one = |key: &str, faults: &mut Vec<Fault>| -> Option<String> {
        let field = field(key)?;
        match field.values.as_slice() {
            [(value, _)] if !field.is_list => Some(value.clone()),
            _ => {
                faults.push(fault(field.line, format!("`{key}` must have one value")));
                None
            }
        }
    };
    let list = |key: &str, faults: &mut Vec<Fault>| -> Vec<(String, usize)> {
        match field(key) {
            Some(field @ Field { is_list: false, values, .. }) if !values.is_empty() => {
                faults.push(fault(field.line, format!("`{key}` must be a list: [one, two]")));
                Vec::new()
            }
            Some(field) => field.values.clone(),
            None => Vec::new(),
        }
    };
    let name = one("name", &mut faults);
    let description = one("description", &mut faults);
    let tools = list("tools", &mut faults);
    let handoffs = list("handoffs", &mut faults);
    let knowledge = one("knowledge", &mut faults);
    let voice = one("voice", &mut faults);
    let line = |key: &str| field(key).map_or(1, |field| field.line);
    match &name {
        None if field("name").is_none() => faults.push(fault(1, "the head needs a `name`".to_owned())),
        Some(name) if !is_name(name) => faults.push(fault(
            line("name"),
            format!("{name} is no name of an agent: small letters, digits and _, at most 40, such as printer_agent"),
        )),
        _ => {}
    }
    match &description {
        None if field("description").is_none() => {
            faults.push(fault(1, "the head needs a `description`: other agents choose by it".to_owned()));
        }
        Some(text) if length(text) > DESCRIPTION_MAX => {
            faults
                .push(fault(line("description"), format!("`description` has more than {DESCRIPTION_MAX} characters")));
        }
        _ => {}
    }
    for (tool, line) in &tools {
        if tool.starts_with(TRANSFER) {
            faults.push(fault(*line, format!("{tool} is a hand-off: name the agent under `handoffs`")));
        } else if !TOOLS.contains(&tool.as_str()) {
            faults.push(fault(*line, format!("there is no tool {tool}; there are {}", TOOLS.join(", "))));
        }
    }
    for (list, kind) in [(&tools, "tool"), (&handoffs, "agent")] {
        let mut seen = BTreeSet::new();
        for (entry, line) in list {
            if !seen.insert(entry) {
                faults.push(fault(*line, format!("the {kind} {entry} is named twice")));
            }
        }
    }
    if let Some(knowledge) = knowledge.as_deref().filter(|category| !CATEGORIES.contains(category)) {
        faults
            .push(fault(line("knowledge"), format!("{knowledge} is no category; there are {}", CATEGORIES.join(", "))));
    }
    if read.body.trim().is_empty() {
        faults.push(fault(read.body_line, "there are no instructions behind the head".to_owned()));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let lines = ["name", "handoffs", "tools", "voice"].into_iter().map(|key| (key, line(key))).collect();
    let agent = Agent {
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
        tools: tools.into_iter().map(|(tool, _)| tool).collect(),
        handoffs: handoffs.iter().map(|(name, _)| name.clone()).collect(),
        knowledge,
        voice,
    };
    Ok(Read { agent, file: &file.name, body: read.body, body_line: read.body_line, lines, handoffs })
}

fn is_name(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    (1..=40).contains(&text.len()) && text.bytes().all(plain) && text != crate::DESK
}

/// What must hold among the agents.
pub(super) fn set(read: &[Read<'_>]) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut by_name: BTreeMap<&str, &Read<'_>> = BTreeMap::new();
    for agent in read {
        if let Some(other) = by_name.insert(&agent.agent.name, agent) {
            let message = format!("the name {} is taken by {}", agent.agent.name, other.file);
            faults.push(agent.fault("name", message));
        }
    }
    if !by_name.contains_key(ENTRY) {
        let file = read.first().map_or("agents", |agent| agent.file).to_owned();
        faults.push(Fault { file, line: 0, message: format!("there is no agent {ENTRY}, which answers calls") });
    }
    for agent in read {
        for (to, line) in &agent.handoffs {
            let message = if *to == agent.agent.name {
                format!("{to} cannot hand over to itself")
            } else if !by_name.contains_key(to.as_str()) {
                let names: Vec<&str> = by_name.keys().copied().collect();
                format!("hands over to {to}, which is not there; there are {}", names.join(", "))
            } else {
                continue;
            };
            faults.push(Fault { file: agent.file.to_owned(), line: *line, message });
        }
        if agent.agent.voice.is_some() && agent.agent.name != ENTRY {
            let message = format!("only {ENTRY} may have a voice: a call keeps the voice that it began with");
            faults.push(agent.fault("voice", message));
        }
    }
    let reachable = reach(&by_name, ENTRY);
    for agent in read {
        let name = agent.agent.name.as_str();
        if by_name.contains_key(ENTRY) && !reachable.contains(name) {
            let message = format!("no way leads from {ENTRY} to {name}: let another agent hand over to it");
            faults.push(agent.fault("name", message));
        } else if !reach(&by_name, name).iter().any(|other| has_person(&by_name, other)) {
            // Whoever enters would go round for ever.
            let message = format!(
                "from {name} no way leads to a person: give it, or an agent that it hands over to, the tool {TO_PERSON}"
            );
            faults.push(agent.fault("handoffs", message));
        }
    }
    faults
}

fn has_person(agents: &BTreeMap<&str, &Read<'_>>, name: &str) -> bool {
    agents.get(name).is_some_and(|agent| agent.agent.tools.iter().any(|tool| tool == TO_PERSON))
}

/// Every agent that a caller of this one may come to, this one too.
fn reach<'a>(agents: &BTreeMap<&'a str, &'a Read<'_>>, from: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting = vec![from];
    while let Some(name) = waiting.pop() {
        let Some((name, agent)) = agents.get_key_value(name) else { continue };
        if reached.insert(*name) {
            waiting.extend(agent.agent.handoffs.iter().map(String::as_str));
        }
    }
    reached
}

/// Compiles instructions and fills them once with and once without what may be known.
pub(super) fn template(
    templates: &mut Environment<'static>,
    name: &str,
    file: &str,
    body: &str,
    first: usize,
) -> Vec<Fault> {
    let fault = |line: usize, message: String| vec![Fault { file: file.to_owned(), line, message }];
    let line_of = |error: &minijinja::Error| error.line().map_or(first, |line| first + line - 1);
    if let Err(error) = templates.add_template_owned(name.to_owned(), body.to_owned()) {
        return fault(line_of(&error), error.detail().unwrap_or("this is no valid template").to_owned());
    }
    let Ok(template) = templates.get_template(name) else { return fault(first, "it cannot be compiled".to_owned()) };
    let mut unknown: Vec<String> = template
        .undeclared_variables(false)
        .into_iter()
        .filter(|name| !PLACEHOLDERS.contains(&name.as_str()))
        .collect();
    unknown.sort();
    if let Some(unknown) = unknown.first() {
        let at = body.lines().position(|line| line.contains(unknown.as_str())).unwrap_or(0);
        return fault(first + at, format!("names {unknown}; it may name {}", PLACEHOLDERS.join(", ")));
    }
    for organization in [Some("Acme"), None] {
        let list: Vec<&str> = organization.iter().copied().collect();
        let colleagues: Vec<_> = list.iter().map(|entry| json!({"name": entry, "description": ""})).collect();
        let values = json!({
            "agent": name,
            "description": "",
            "workspace": "Desk",
            "local_time": "Monday",
            "people_there": organization.is_some(),
            "verification": "NONE",
            "identified_by": "NONE",
            "organization": organization,
            "contact": organization,
            "devices": list,
            "tickets": list,
            "language": organization,
            "colleagues": colleagues,
        });
        if let Err(error) = template.render(Value::from(Serde(values))) {
            return fault(line_of(&error), error.to_string());
        }
    }
    Vec::new()
}
