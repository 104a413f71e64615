//! Labelled tickets: read from the files that were compiled in, or from a folder.

use std::collections::HashSet;
use std::path::Path;

use include_dir::{Dir, include_dir};
use patchcord_domain::copilot::{Kind, Sentiment, Task, Tone};
use patchcord_domain::redaction::Redactor;
use patchcord_domain::snapshot::{DeviceFacts, Snapshot, SnapshotMessage, Source, SourceKind};
use patchcord_domain::ticket::{CATEGORIES, Priority};
use patchcord_domain::time::{MINUTE, Millis, to_rfc3339};
use serde::Deserialize;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../scenarios/copilot");

/// When the tickets were opened; any moment will do, as long as it is the same each time (2 March 2026, 08:00 UTC).
const OPENED_AT: Millis = 1_772_438_400_000;
/// What the chat is asked where a case names no question.
const QUESTIONS: [&str; 4] = [
    "What is this about?",
    "What should I do?",
    "What did the customer try?",
    "Which warranty number does the coffee machine have?",
];

/// A labelled ticket.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Unique name; the number at its end decides the half.
    pub key: String,
    /// One of the eleven categories.
    pub category: String,
    /// The right priority.
    pub priority: Priority,
    /// The customer's mood.
    pub sentiment: Sentiment,
    /// Each must occur in the summary or the draft: one of the alternatives of each.
    pub must_say: Vec<Vec<String>>,
    /// None may occur in any output.
    pub must_not_say: Vec<String>,
    /// The ticket, redacted like any other before a model sees it.
    pub snapshot: Snapshot,
    /// Manner of the draft; the tones take turns.
    pub tone: Tone,
    /// What the chat is asked.
    pub question: String,
}

/// Which cases are scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// Odd numbers: the rules may be improved with them in view.
    Development,
    /// Even numbers: never read while rules are improved.
    HeldOut,
}

/// A file of cases that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct CasesError {
    file: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseFile {
    case: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    key: String,
    subject: String,
    category: String,
    priority: String,
    sentiment: String,
    organization: Option<String>,
    contact: Option<String>,
    device: Option<WrittenDevice>,
    #[serde(default)]
    must_say: Vec<String>,
    #[serde(default)]
    must_not_say: Vec<String>,
    question: Option<String>,
    message: Vec<WrittenMessage>,
    #[serde(default)]
    source: Vec<WrittenSource>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDevice {
    name: String,
    kind: String,
    model: Option<String>,
    operating_system: Option<String>,
    #[serde(default)]
    status: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMessage {
    from: String,
    name: Option<String>,
    body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSource {
    id: String,
    kind: SourceKind,
    title: String,
    passage: String,
}

/// The cases that the program was built with.
///
/// # Panics
/// When a compiled-in file is wrong, which a test rules out.
pub fn embedded(redactor: &Redactor) -> Vec<Case> {
    let mut files: Vec<(String, String)> = EMBEDDED
        .files()
        .map(|file| (file.path().display().to_string(), file.contents_utf8().unwrap_or_default().to_owned()))
        .collect();
    files.sort();
    read(&files, redactor).expect("the embedded cases are valid")
}

/// The cases of the `*.toml` files of a folder.
///
/// # Errors
/// Which file is wrong, and why.
pub fn load(folder: &Path, redactor: &Redactor) -> Result<Vec<Case>, CasesError> {
    let wrong = |place: &Path, error: std::io::Error| CasesError {
        file: place.display().to_string(),
        reason: error.to_string(),
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| wrong(folder, error))? {
        let path = entry.map_err(|error| wrong(folder, error))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            let text = std::fs::read_to_string(&path).map_err(|error| wrong(&path, error))?;
            files.push((path.display().to_string(), text));
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(CasesError { file: folder.display().to_string(), reason: "holds no .toml file".to_owned() });
    }
    read(&files, redactor)
}

fn read(files: &[(String, String)], redactor: &Redactor) -> Result<Vec<Case>, CasesError> {
    let mut cases = Vec::new();
    let mut keys = HashSet::new();
    for (file, text) in files {
        let wrong = |reason: String| CasesError { file: file.clone(), reason };
        let written: CaseFile = toml::from_str(text).map_err(|error| wrong(error.to_string()))?;
        for case in written.case {
            let key = case.key.clone();
            if !keys.insert(key.clone()) {
                return Err(wrong(format!("{key} is there twice")));
            }
            cases.push(check(case, cases.len(), redactor).map_err(|reason| wrong(format!("{key}: {reason}")))?);
        }
    }
    Ok(cases)
}

fn check(written: Written, index: usize, redactor: &Redactor) -> Result<Case, String> {
    if !CATEGORIES.contains(&written.category.as_str()) {
        return Err(format!("{} is not a category", written.category));
    }
    let priority = Priority::parse(&written.priority).ok_or(format!("{} is not a priority", written.priority))?;
    let sentiment = Sentiment::parse(&written.sentiment).ok_or(format!("{} is not a mood", written.sentiment))?;
    if number(&written.key).is_none() {
        return Err("the key must end in a number".to_owned());
    }
    if written.message.is_empty() {
        return Err("needs a message".to_owned());
    }
    let alternatives =
        |text: &String| text.split('|').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    let must_say: Vec<Vec<String>> = written.must_say.iter().map(alternatives).collect();
    let tones = Tone::ALL;
    Ok(Case {
        tone: tones[index % tones.len()],
        question: written.question.clone().unwrap_or_else(|| QUESTIONS[index % QUESTIONS.len()].to_owned()),
        snapshot: redactor.snapshot(snapshot(&written, index)?).into_inner(),
        key: written.key,
        category: written.category,
        priority,
        sentiment,
        must_say,
        must_not_say: written.must_not_say,
    })
}

fn snapshot(written: &Written, index: usize) -> Result<Snapshot, String> {
    let mut messages = Vec::new();
    for (place, message) in written.message.iter().enumerate() {
        let (author, is_internal) = match message.from.as_str() {
            "customer" => ("CUSTOMER", false),
            "agent" => ("AGENT", false),
            "note" => ("AGENT", true),
            "system" => ("SYSTEM", false),
            other => return Err(format!("{other} is not an author")),
        };
        let name = if author == "CUSTOMER" { written.contact.clone() } else { None };
        messages.push(SnapshotMessage {
            id: format!("{}-message-{}", written.key, place + 1),
            author: author.to_owned(),
            author_name: message.name.clone().or(name),
            at: to_rfc3339(OPENED_AT + Millis::try_from(place).unwrap_or(0) * 30 * MINUTE),
            is_internal,
            body: message.body.trim().to_owned(),
        });
    }
    let device = written.device.as_ref().map(|device| DeviceFacts {
        name: device.name.clone(),
        kind: device.kind.clone(),
        model: device.model.clone(),
        operating_system: device.operating_system.clone(),
        status: if device.status.is_empty() { "ONLINE".to_owned() } else { device.status.clone() },
    });
    let sources = written.source.iter().map(|source| Source {
        id: source.id.clone(),
        kind: source.kind,
        title: source.title.clone(),
        passage: source.passage.clone(),
        score: 0.8,
    });
    Ok(Snapshot {
        ticket_id: format!("case-{}", written.key),
        number: format!("TKT-{:04}", 1_000 + index),
        subject: written.subject.clone(),
        status: "OPEN".to_owned(),
        // What the ticket was opened with, which tells nothing of the right answer.
        priority: "MEDIUM".to_owned(),
        created_at: to_rfc3339(OPENED_AT),
        organization: written.organization.clone(),
        contact: written.contact.clone(),
        device,
        messages,
        sources: sources.collect(),
        ..Snapshot::default()
    })
}

impl Case {
    /// The half to which it belongs.
    pub fn half(&self) -> Half {
        if number(&self.key).unwrap_or(0).is_multiple_of(2) { Half::HeldOut } else { Half::Development }
    }

    /// The task of a kind.
    pub fn task(&self, kind: Kind) -> Task {
        let mut snapshot = self.snapshot.clone();
        if kind == Kind::Analysis {
            // As on the desk, where an analysis is given no sources.
            snapshot.sources.clear();
        }
        Task {
            kind,
            tone: (kind == Kind::DraftReply).then_some(self.tone),
            question: (kind == Kind::Chat).then(|| self.question.clone()),
            history: Vec::new(),
            snapshot,
        }
    }
}

fn number(key: &str) -> Option<u32> {
    key.rsplit('-').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use patchcord_domain::redaction;

    use super::*;

    fn redactor() -> Redactor {
        Redactor::new(redaction::Options::default())
    }

    #[test]
    fn the_embedded_cases_are_many_and_mixed() {
        let cases = embedded(&redactor());
        let count = |test: &dyn Fn(&Case) -> bool| cases.iter().filter(|case| test(case)).count();
        assert!(cases.len() >= 100, "{}", cases.len());
        for category in CATEGORIES {
            assert!(count(&|case| case.category == category) >= 8, "{category}");
        }
        for priority in Priority::ALL {
            assert!(count(&|case| case.priority == *priority) >= 15, "{}", priority.as_str());
        }
        for mood in Sentiment::ALL {
            assert!(count(&|case| case.sentiment == *mood) >= 15, "{}", mood.as_str());
        }
        assert!(count(&|case| case.half() == Half::HeldOut) * 2 >= cases.len() - 2);
    }

    #[test]
    fn a_wrong_file_is_told_with_its_place() {
        let good = "[[case]]\nkey = \"a-1\"\nsubject = \"s\"\ncategory = \"email\"\npriority = \"LOW\"\n\
                    sentiment = \"neutral\"\n[[case.message]]\nfrom = \"customer\"\nbody = \"text\"\n";
        let tell = |text: String| match read(&[("x.toml".to_owned(), text)], &redactor()) {
            Ok(cases) => format!("{} cases", cases.len()),
            Err(error) => error.to_string(),
        };
        assert_eq!(tell(good.to_owned()), "1 cases");
        assert_eq!(tell(good.repeat(2)), "x.toml: a-1 is there twice");
        assert_eq!(tell(good.replace("email", "mail")), "x.toml: a-1: mail is not a category");
        assert_eq!(tell(good.replace("LOW", "SOON")), "x.toml: a-1: SOON is not a priority");
        assert_eq!(tell(good.replace("neutral", "calm")), "x.toml: a-1: calm is not a mood");
        assert_eq!(tell(good.replace("\"customer\"", "\"boss\"")), "x.toml: a-1: boss is not an author");
        assert_eq!(tell(good.replace("a-1", "a-b")), "x.toml: a-b: the key must end in a number");
        assert!(tell(good.replace("subject", "sujet")).starts_with("x.toml: "));
    }
}
