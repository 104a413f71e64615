//! The set of agents: files with a head and instructions, checked as a whole before the first call.

mod check;
mod front_matter;
mod notes;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value};
use patchcord_domain::redaction::{Options, Redactor};
use patchcord_llm::talk::ToolSpec;
use serde_json::json;

use crate::language::Languages;
use crate::tools::Facts;
pub(crate) use notes::Notes;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../agents");

/// The agent that answers.
pub const ENTRY: &str = "triage_agent";
/// The file of the manners that every agent has.
const MANNERS: &str = "manners.md";
/// The file of what the desk tells models by itself.
const NOTES: &str = "notes.toml";
/// Ends the call; the core does it itself.
pub(crate) const END_CALL: &str = "end_call";
/// Begins the name of a tool that hands over; the rest is the name of an agent.
pub(crate) const TRANSFER: &str = "transfer_to_";
/// Ways to a person.
pub(crate) const TO_PERSON: &str = "escalate_to_human";
/// Every tool that an agent may name, `end_call` included. Hand-offs are named under `handoffs`.
pub(crate) const TOOLS: [&str; 15] = [
    "identify_organization",
    "find_organization",
    "identify_contact",
    "confirm_identity",
    "list_devices",
    "get_device",
    "find_tickets",
    "get_ticket",
    "create_ticket",
    "add_ticket_note",
    "update_ticket_status",
    "search_knowledge",
    TO_PERSON,
    "schedule_callback",
    END_CALL,
];
/// What instructions may name.
const PLACEHOLDERS: [&str; 13] = [
    "agent",
    "description",
    "workspace",
    "local_time",
    "people_there",
    "verification",
    "identified_by",
    "organization",
    "contact",
    "devices",
    "tickets",
    "language",
    "colleagues",
];
/// Largest file, in bytes.
const FILE_MAX: usize = 32 * 1024;
/// Most files of a folder.
const FILES_MAX: usize = 100;

/// One agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its name, such as `printer_agent`.
    pub name: String,
    /// What it is for, in one sentence; other agents choose by it.
    pub description: String,
    /// What it may call.
    pub tools: Vec<String>,
    /// Whom it may hand over to.
    pub handoffs: Vec<String>,
    /// Where it looks first in the knowledge base, as a category.
    pub knowledge: Option<String>,
    /// The voice of the whole call; only the entry agent has one.
    pub voice: Option<String>,
}

/// Something wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 when it is about the whole file.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// Agents that cannot be used: everything that is wrong with them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", shown(.0))]
pub struct AgentsError(pub Vec<Fault>);

fn shown(faults: &[Fault]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The agents of a deployment, checked.
pub struct Agents {
    agents: BTreeMap<String, Agent>,
    templates: Environment<'static>,
    pub(crate) notes: Notes,
    pub(crate) languages: Languages,
    pub(crate) redactor: Redactor,
}

impl std::fmt::Debug for Agents {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.agents.keys()).finish()
    }
}

/// A file with its name.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Agents {
    /// Those that the program was built with.
    pub fn embedded() -> Self {
        let file = |path: &str| {
            let text = EMBEDDED.get_file(path).and_then(include_dir::File::contents_utf8);
            Source { name: format!("agents/{path}"), text: text.unwrap_or_default().to_owned() }
        };
        let names = EMBEDDED.files().map(|file| file.path().to_string_lossy().into_owned());
        let files = names.filter(|name| name.ends_with(".md") && name != MANNERS).map(|name| file(&name)).collect();
        let made = Self::build(files, file(MANNERS), file(NOTES), Ok(Languages::embedded()));
        made.expect("the embedded agents are valid")
    }

    /// Those of a folder: `*.md`, of which `manners.md` is shared by all. `notes.toml` and the folder `sentences` replace
    /// the built-in ones where they are there.
    ///
    /// # Errors
    /// Everything that is wrong, with file and line.
    pub fn from_dir(folder: &Path) -> Result<Self, AgentsError> {
        let one = |(file, line, message)| AgentsError(vec![Fault { file, line, message }]);
        let mut files = Vec::new();
        for path in files_of(folder, "md").map_err(one)? {
            if path.file_name().is_some_and(|name| name != MANNERS) {
                files.push(source(&path).map_err(one)?);
            }
        }
        let manners = source(&folder.join(MANNERS)).map_err(one)?;
        let notes = folder.join(NOTES);
        let notes = if notes.is_file() {
            source(&notes).map_err(one)?
        } else {
            let text = EMBEDDED.get_file(NOTES).and_then(include_dir::File::contents_utf8);
            Source { name: NOTES.to_owned(), text: text.unwrap_or_default().to_owned() }
        };
        Self::build(files, manners, notes, Languages::load(folder))
    }

    fn build(
        files: Vec<Source>,
        manners: Source,
        notes: Source,
        languages: Result<Languages, (String, usize, String)>,
    ) -> Result<Self, AgentsError> {
        let mut faults = Vec::new();
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        // What fills the placeholders is told to a model, not shown on a page.
        templates.set_auto_escape_callback(|_| AutoEscape::None);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        templates.set_syntax(syntax.expect("the signs are the usual ones"));
        let mut read = Vec::new();
        for file in &files {
            match check::agent(file) {
                Ok(agent) => read.push(agent),
                Err(found) => faults.extend(found),
            }
        }
        faults.extend(check::set(&read));
        for (name, file, body, line) in read
            .iter()
            .map(|agent| (agent.agent.name.as_str(), agent.file, agent.body, agent.body_line))
            .chain([(MANNERS, manners.name.as_str(), manners.text.as_str(), 1)])
        {
            faults.extend(check::template(&mut templates, name, file, body, line));
        }
        let notes = Notes::read(&notes).map_err(|found| faults.extend(found)).ok();
        let languages = languages.map_err(|(file, line, message)| faults.push(Fault { file, line, message })).ok();
        let agents = read.into_iter().map(|read| (read.agent.name.clone(), read.agent)).collect();
        match (notes, languages) {
            (Some(notes), Some(languages)) if faults.is_empty() => {
                let redactor = Redactor::new(Options::default());
                Ok(Self { agents, templates, notes, languages, redactor })
            }
            _ => {
                faults.sort();
                faults.dedup();
                Err(AgentsError(faults))
            }
        }
    }

    /// The agent with a name.
    pub fn get(&self, name: &str) -> Option<&Agent> {
        self.agents.get(name)
    }

    /// All of them, by name.
    pub fn all(&self) -> impl Iterator<Item = &Agent> {
        self.agents.values()
    }

    /// The agent that answers.
    pub fn entry(&self) -> &Agent {
        &self.agents[ENTRY]
    }

    /// The voice of every call, when the entry agent's file names one.
    pub fn voice(&self) -> Option<&str> {
        self.entry().voice.as_deref()
    }

    /// What helps a model to write down the words of this caller: the names that may be said.
    pub fn transcription_hint(&self, facts: &Facts) -> String {
        let known = [Some(facts.workspace.as_str()), facts.organization.as_deref(), facts.contact.as_deref()];
        let devices = facts.devices.iter().map(String::as_str);
        let names: Vec<&str> = known.into_iter().flatten().filter(|name| !name.is_empty()).chain(devices).collect();
        self.notes.transcription(&names.join(", "))
    }

    /// Whether an agent may call a tool. The tools ask this too, so that an engine cannot go around the conversation.
    pub fn may_call(&self, agent: &str, tool: &str) -> bool {
        if agent == crate::DESK {
            return crate::DESK_TOOLS.contains(&tool);
        }
        let Some(agent) = self.get(agent) else { return false };
        match tool.strip_prefix(TRANSFER) {
            Some(to) => agent.handoffs.iter().any(|name| name == to),
            None => agent.tools.iter().any(|name| name == tool),
        }
    }

    /// What an agent is told, filled in: its own instructions, the manners, and what is known of the caller.
    pub fn instructions(&self, agent: &str, facts: &Facts) -> String {
        let Some(known) = self.get(agent) else { return String::new() };
        let colleagues: Vec<_> = known
            .handoffs
            .iter()
            .filter_map(|name| self.get(name))
            .map(|other| json!({"name": other.name, "description": other.description}))
            .collect();
        // Names come from outside: none of them opens or closes a mark.
        let plain = |text: &String| text.replace(['<', '>'], " ");
        let values = Value::from(Serde(json!({
            "agent": known.name,
            "description": known.description,
            "workspace": plain(&facts.workspace),
            "local_time": facts.local_time,
            "people_there": facts.people_there,
            "verification": facts.verification,
            "identified_by": facts.identified_by,
            "organization": facts.organization.as_ref().map(plain),
            "contact": facts.contact.as_ref().map(plain),
            "devices": facts.devices.iter().map(plain).collect::<Vec<_>>(),
            "tickets": facts.tickets.iter().map(plain).collect::<Vec<_>>(),
            "language": facts.language,
            "colleagues": colleagues,
        })));
        let fill = |name: &str| {
            let filled = self.templates.get_template(name).and_then(|template| template.render(&values));
            // Each was rendered once when it was checked, with and without each value.
            filled.unwrap_or_default().trim().to_owned()
        };
        let mut known_json = serde_json::to_string(facts).unwrap_or_default();
        // Nothing inside may close the mark around it.
        known_json = known_json.replace('<', "\\u003c").replace('>', "\\u003e");
        format!("{}\n\n{}\n\n<known>{known_json}</known>", fill(agent), fill(MANNERS))
    }

    /// What an agent may call, from all tools that there are, with the hand-offs and the end of the call.
    pub(crate) fn specs(&self, agent: &str, all: &[ToolSpec]) -> Vec<ToolSpec> {
        let Some(agent) = self.get(agent) else { return Vec::new() };
        let mut specs: Vec<ToolSpec> =
            all.iter().filter(|spec| spec.name != END_CALL && agent.tools.contains(&spec.name)).cloned().collect();
        for other in agent.handoffs.iter().filter_map(|name| self.get(name)) {
            specs.push(ToolSpec {
                name: format!("{TRANSFER}{}", other.name),
                description: self.notes.hand_over_tool(&other.description),
                parameters: json!({
                    "type": "object",
                    "properties": {
                        "reason": {"type": "string", "description": self.notes.hand_over_reason},
                        "context": {"type": "string", "description": self.notes.hand_over_context},
                    },
                    "required": ["reason", "context"],
                    "additionalProperties": false,
                }),
            });
        }
        if agent.tools.iter().any(|tool| tool == END_CALL) {
            specs.push(ToolSpec {
                name: END_CALL.to_owned(),
                description: self.notes.end_call_tool.clone(),
                parameters: json!({
                    "type": "object",
                    "properties": {"outcome": {
                        "type": "string",
                        "enum": ["RESOLVED", "TICKETED", "ESCALATED", "ABANDONED", "UNKNOWN"],
                        "description": self.notes.end_call_outcome,
                    }},
                    "required": ["outcome"],
                    "additionalProperties": false,
                }),
            });
        }
        specs
    }
}

fn source(path: &Path) -> Result<Source, (String, usize, String)> {
    let name = path.display().to_string();
    let wrong = |reason: String| (name.clone(), 0, reason);
    let size = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if size > FILE_MAX as u64 {
        return Err(wrong(format!("has {size} bytes; at most {FILE_MAX} are allowed")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    Ok(Source { name, text })
}

/// The files of a folder with an ending, in order.
pub(crate) fn files_of(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, (String, usize, String)> {
    let wrong = |reason: String| (folder.display().to_string(), 0, reason);
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| wrong(error.to_string()))? {
        let path = entry.map_err(|error| wrong(error.to_string()))?.path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == ending) {
            paths.push(path);
        }
        if paths.len() > FILES_MAX {
            return Err(wrong(format!("has more than {FILES_MAX} files")));
        }
    }
    paths.sort();
    Ok(paths)
}

#[cfg(test)]
mod tests;
