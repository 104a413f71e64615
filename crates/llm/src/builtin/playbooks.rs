//! The data of the built-in model: rules, moods and playbooks, compiled in or read from an operator's folder.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use aws_lc_rs::digest;
use include_dir::{Dir, DirEntry, include_dir};
use patchcord_domain::audit::hex;
use patchcord_domain::text::length;
use patchcord_domain::ticket::CATEGORIES;
use serde::Deserialize;

use super::crowd::Crowd;
use super::lexicon::Lexicon;
use super::reading::Reading;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../playbooks");

const CATEGORY_RULES: &str = "rules/categories.toml";
const URGENCY_RULES: &str = "rules/urgency.toml";
const SENTIMENT_RULES: &str = "rules/sentiment.toml";

/// Points that a playbook of another category than the ticket's must have.
const FOREIGN: f32 = 5.0;

/// Everything that the built-in model knows.
pub struct Playbooks {
    pub(super) categories: Lexicon,
    pub(super) urgency: Lexicon,
    /// Categories in which nothing is urgent by itself.
    pub(super) calm: Vec<String>,
    /// Rules of urgency with a meaning beyond their points.
    pub(super) urgency_marks: Marks,
    /// Who counts as a crowd.
    pub(super) crowd: Crowd,
    /// What is solved or praised.
    pub(super) solved: Lexicon,
    pub(super) moods: Lexicon,
    playbooks: Vec<Playbook>,
    triggers: Lexicon,
    version: String,
}

/// Rules of urgency, by number, with a meaning beyond their points.
#[derive(Debug, Default)]
pub(super) struct Marks {
    /// Signs of an attack.
    pub(super) harm: Vec<usize>,
    /// How many are affected, which the crowd tells as well.
    pub(super) scope: Vec<usize>,
    /// That time presses, which the deadline rule tells as well.
    pub(super) pressing: Vec<usize>,
}

/// Known steps for a kind of problem.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Playbook {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) category: String,
    triggers: Vec<String>,
    /// For the engineer.
    pub(super) steps: Vec<String>,
    /// For the customer.
    pub(super) customer: Vec<String>,
    /// What to ask the customer.
    pub(super) questions: Vec<String>,
}

/// A file of rules or playbooks that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct PlaybookError {
    file: String,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CategoryRule {
    decisive: Vec<String>,
    strong: Vec<String>,
    weak: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UrgencyRules {
    calm_categories: Vec<String>,
    #[serde(default)]
    crowd: Crowd,
    rule: Vec<UrgencyRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UrgencyRule {
    points: f32,
    /// A sign of an attack; two different ones are an attack that goes on.
    #[serde(default)]
    harm: bool,
    /// Tells how many are affected, not how badly.
    #[serde(default)]
    scope: bool,
    /// Tells that time presses; a duty with a near date is told by a rule of its own and does not count again.
    #[serde(default)]
    pressing: bool,
    phrases: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SentimentRules {
    negations: Vec<String>,
    intensifiers: Vec<String>,
    #[serde(default)]
    solved: Vec<String>,
    positive: BTreeMap<String, Vec<String>>,
    negative: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlaybookFile {
    playbook: Vec<Playbook>,
}

/// The group of negations in the lexicon of moods.
pub(super) const NEGATION: usize = 0;
/// The group of intensifiers in the lexicon of moods.
pub(super) const INTENSIFIER: usize = 1;
/// The group of words with a mood.
pub(super) const MOOD: usize = 2;

impl Playbooks {
    /// The files that the program was built with.
    pub fn embedded() -> Self {
        let mut files = BTreeMap::new();
        collect(&EMBEDDED, &mut files);
        Self::compile(&files).expect("the embedded playbooks are valid")
    }

    /// Files of an operator's folder: `rules/*.toml` and one or more files of playbooks.
    ///
    /// # Errors
    /// Which file is wrong, and why.
    pub fn load(folder: &Path) -> Result<Self, PlaybookError> {
        let mut files = BTreeMap::new();
        for below in ["", "rules"] {
            let place = folder.join(below);
            let wrong =
                |error: std::io::Error| PlaybookError { file: place.display().to_string(), reason: error.to_string() };
            for entry in std::fs::read_dir(&place).map_err(wrong)? {
                let path = entry.map_err(wrong)?.path();
                if path.extension().is_some_and(|extension| extension == "toml") {
                    let name = path.file_name().unwrap_or_default().to_string_lossy();
                    let name = if below.is_empty() { name.into_owned() } else { format!("{below}/{name}") };
                    files.insert(name, std::fs::read_to_string(&path).map_err(wrong)?);
                }
            }
        }
        Self::compile(&files)
    }

    fn compile(files: &BTreeMap<String, String>) -> Result<Self, PlaybookError> {
        let mut playbooks: Vec<Playbook> = Vec::new();
        for (file, text) in files.iter().filter(|(file, _)| !file.starts_with("rules/")) {
            let read: PlaybookFile = parse(file, text)?;
            for playbook in read.playbook {
                playbook.check().map_err(|reason| PlaybookError { file: file.clone(), reason })?;
                playbooks.push(playbook);
            }
        }
        let triggers = playbooks.iter().enumerate().flat_map(|(index, playbook)| {
            // A longer phrase says more.
            playbook.triggers.iter().map(move |text| (text.as_str(), 1.0 + word_count(text), index))
        });
        let triggers = lexicon("playbooks", triggers)?;

        let rules: BTreeMap<String, CategoryRule> = required(files, CATEGORY_RULES)?;
        if let Some(unknown) = rules.keys().find(|name| !CATEGORIES.contains(&name.as_str())) {
            return Err(PlaybookError { file: CATEGORY_RULES.into(), reason: format!("{unknown} is not a category") });
        }
        let categories = rules.iter().flat_map(|(name, rule)| {
            let group = CATEGORIES.iter().position(|category| category == name).unwrap_or(0);
            let lists = [(&rule.decisive, 6.0), (&rule.strong, 3.0), (&rule.weak, 1.0)];
            lists
                .into_iter()
                .flat_map(move |(texts, weight)| texts.iter().map(move |text| (text.as_str(), weight, group)))
        });
        let categories = lexicon(CATEGORY_RULES, categories)?;

        let rules: UrgencyRules = required(files, URGENCY_RULES)?;
        if let Some(unknown) = rules.calm_categories.iter().find(|name| !CATEGORIES.contains(&name.as_str())) {
            return Err(PlaybookError { file: URGENCY_RULES.into(), reason: format!("{unknown} is not a category") });
        }
        let urgency = rules
            .rule
            .iter()
            .enumerate()
            .flat_map(|(group, rule)| rule.phrases.iter().map(move |text| (text.as_str(), rule.points, group)));
        let urgency = lexicon(URGENCY_RULES, urgency)?;
        let numbered = || rules.rule.iter().enumerate();
        let urgency_marks = Marks {
            harm: numbered().filter(|(_, rule)| rule.harm).map(|(index, _)| index).collect(),
            scope: numbered().filter(|(_, rule)| rule.scope).map(|(index, _)| index).collect(),
            pressing: numbered().filter(|(_, rule)| rule.pressing).map(|(index, _)| index).collect(),
        };
        let (calm, crowd) = (rules.calm_categories, rules.crowd);

        let rules: SentimentRules = required(files, SENTIMENT_RULES)?;
        let moods = lexicon(SENTIMENT_RULES, mood_phrases(&rules)?)?;
        let solved = lexicon(SENTIMENT_RULES, rules.solved.iter().map(|text| (text.as_str(), 1.0, 0)))?;

        let mut context = digest::Context::new(&digest::SHA256);
        for (file, text) in files {
            context.update(file.as_bytes());
            context.update(text.as_bytes());
        }
        let version = hex(context.finish().as_ref())[..12].to_owned();
        Ok(Self { categories, urgency, calm, urgency_marks, crowd, solved, moods, playbooks, triggers, version })
    }

    /// Every text that an answer may take from a playbook.
    pub fn texts(&self) -> Vec<&str> {
        let mut texts = Vec::new();
        for Playbook { steps, customer, questions, .. } in &self.playbooks {
            texts.extend(steps.iter().chain(customer).chain(questions).map(String::as_str));
        }
        texts
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// The playbook that fits a ticket best, if any fits. What the customer wrote first and last counts; the category that
    /// the triage found breaks near ties.
    pub(super) fn best(&self, reading: &Reading<'_>, category: Option<&str>) -> Option<&Playbook> {
        let mut scores = vec![0.0_f32; self.playbooks.len()];
        for (text, factor) in reading.weighted() {
            let mut seen = HashSet::new();
            for found in self.triggers.find(&text.padded()) {
                if seen.insert(found.phrase) {
                    scores[found.group] += found.weight * factor;
                }
            }
        }
        for (score, playbook) in scores.iter_mut().zip(&self.playbooks) {
            if *score > 0.0 && category == Some(playbook.category.as_str()) {
                *score = *score * 1.5 + 2.0;
            } else if category.is_some() && *score < FOREIGN {
                // A single word of another category says little.
                *score = 0.0;
            }
        }
        let best = (0..scores.len()).max_by(|a, b| scores[*a].total_cmp(&scores[*b]).then(b.cmp(a)))?;
        if scores[best] >= 2.0 { self.playbooks.get(best) } else { None }
    }
}

impl Playbook {
    fn check(&self) -> Result<(), String> {
        if self.id.trim().is_empty() || self.title.trim().is_empty() {
            return Err("a playbook needs an id and a title".to_owned());
        }
        let all = || self.steps.iter().chain(&self.customer).chain(&self.questions);
        if !CATEGORIES.contains(&self.category.as_str()) {
            return Err(format!("{}: {} is not a category", self.id, self.category));
        }
        if self.steps.is_empty() || self.questions.is_empty() || self.triggers.is_empty() {
            return Err(format!("{}: needs triggers, steps and questions", self.id));
        }
        match all().find(|text| text.trim().is_empty() || length(text) > 200) {
            Some(text) => Err(format!("{}: must have 1 to 200 characters: {text}", self.id)),
            None => Ok(()),
        }
    }
}

fn mood_phrases(rules: &SentimentRules) -> Result<Vec<(&str, f32, usize)>, PlaybookError> {
    let mut phrases: Vec<(&str, f32, usize)> = Vec::new();
    phrases.extend(rules.negations.iter().map(|text| (text.as_str(), 0.0, NEGATION)));
    phrases.extend(rules.intensifiers.iter().map(|text| (text.as_str(), 0.0, INTENSIFIER)));
    for (lists, sign) in [(&rules.positive, 1.0), (&rules.negative, -1.0)] {
        for (weight, texts) in lists {
            let weight: f32 = weight.parse().map_err(|_| PlaybookError {
                file: SENTIMENT_RULES.into(),
                reason: format!("{weight} is not a number"),
            })?;
            phrases.extend(texts.iter().map(|text| (text.as_str(), weight * sign, MOOD)));
        }
    }
    Ok(phrases)
}

fn word_count(text: &str) -> f32 {
    text.split(' ').count() as f32
}

fn lexicon<'p>(file: &str, phrases: impl IntoIterator<Item = (&'p str, f32, usize)>) -> Result<Lexicon, PlaybookError> {
    Lexicon::new(phrases).map_err(|reason| PlaybookError { file: file.to_owned(), reason })
}

fn required<T: serde::de::DeserializeOwned>(files: &BTreeMap<String, String>, file: &str) -> Result<T, PlaybookError> {
    match files.get(file) {
        Some(text) => parse(file, text),
        None => Err(PlaybookError { file: file.to_owned(), reason: "is missing".into() }),
    }
}

fn parse<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, PlaybookError> {
    toml::from_str(text).map_err(|error| PlaybookError { file: file.to_owned(), reason: error.to_string() })
}

fn collect(folder: &Dir<'_>, files: &mut BTreeMap<String, String>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(inner) => collect(inner, files),
            DirEntry::File(file) => {
                let text = file.contents_utf8().unwrap_or_default().to_owned();
                files.insert(file.path().to_string_lossy().into_owned(), text);
            }
        }
    }
}
