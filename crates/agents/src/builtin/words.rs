//! How the built-in model speaks and what it understands: `agents/builtin/*.toml`, one file a language.

use std::collections::BTreeMap;

use include_dir::{Dir, include_dir};
use patchcord_domain::text::fold;
use serde::Deserialize;

use crate::language::stem;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../agents/builtin");

/// One language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    pub(super) tag: String,
    say: BTreeMap<String, String>,
    states: BTreeMap<String, String>,
    hear: BTreeMap<String, Vec<String>>,
    pub(super) routes: BTreeMap<String, Vec<String>>,
    pub(super) fields: BTreeMap<String, Field>,
}

/// What a specialist asks and tries.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    pub(super) question: String,
    pub(super) steps: Vec<String>,
    /// Security only: what is said first, by kind, and how kinds are told apart.
    pub(super) first: Option<String>,
    pub(super) first_lost: Option<String>,
    pub(super) first_message: Option<String>,
    pub(super) first_account: Option<String>,
    #[serde(default)]
    pub(super) harm: Vec<String>,
    #[serde(default)]
    pub(super) no_harm: Vec<String>,
    #[serde(default)]
    pub(super) lost: Vec<String>,
    #[serde(default)]
    pub(super) account: Vec<String>,
}

impl Words {
    /// Every language that is built in.
    pub(super) fn embedded() -> Vec<Words> {
        let mut files: Vec<_> = EMBEDDED.files().collect();
        files.sort_by_key(|file| file.path());
        let read = |text: &str| {
            let mut words: Words = toml::from_str(text).expect("the embedded words are valid");
            words.fold();
            words
        };
        files.into_iter().filter_map(|file| file.contents_utf8()).map(read).collect()
    }

    fn fold(&mut self) {
        let fields = self.fields.values_mut().flat_map(|field| {
            let Field { harm, no_harm, lost, account, .. } = field;
            [harm, no_harm, lost, account]
        });
        for list in self.hear.values_mut().chain(self.routes.values_mut()).chain(fields) {
            for phrase in list {
                let open = phrase.ends_with('*');
                *phrase = fold(phrase);
                if open {
                    phrase.push('*');
                }
            }
        }
    }

    /// A sentence with its placeholders filled in.
    pub(super) fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        let Some(sentence) = self.say.get(key) else { return String::new() };
        let mut filled = sentence.clone();
        for (name, value) in values {
            filled = filled.replace(&format!("{{{name}}}"), value);
        }
        filled
    }

    /// The part of a sentence by which it is known again, folded: up to eight words of its longest fixed part.
    pub(super) fn stem(&self, key: &str) -> String {
        let sentence = self.say.get(key).map(String::as_str).unwrap_or_default();
        stem(sentence)
    }

    /// How a state is said.
    pub(super) fn state<'s>(&'s self, state: &'s str) -> &'s str {
        self.states.get(state).map_or(state, String::as_str)
    }

    /// Whether a text has one of the phrases of a list.
    pub(super) fn hears(&self, list: &str, text: &str) -> bool {
        self.hear.get(list).is_some_and(|phrases| has(text, phrases))
    }

    /// The phrases of a list.
    pub(super) fn list(&self, list: &str) -> &[String] {
        self.hear.get(list).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Whether a text has one of the phrases, word by word; `*` at the end allows any ending.
pub(super) fn has(text: &str, phrases: &[String]) -> bool {
    count(&padded(text), phrases) > 0
}

/// A text folded, with a space at each end.
pub(super) fn padded(text: &str) -> String {
    format!(" {} ", fold(text))
}

/// How many of the phrases are in a padded text; longer ones count for more.
pub(super) fn count(padded: &str, phrases: &[String]) -> usize {
    phrases.iter().filter(|phrase| is_in(padded, phrase)).map(|phrase| 1 + phrase.matches(' ').count()).sum()
}

/// Where a phrase begins in a padded text.
pub(super) fn find(padded: &str, phrase: &str) -> Option<usize> {
    match phrase.strip_suffix('*') {
        Some(open) => padded.find(&format!(" {open}")),
        None => padded.find(&format!(" {phrase} ")),
    }
}

fn is_in(padded: &str, phrase: &str) -> bool {
    find(padded, phrase).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_know_the_same() {
        let all = Words::embedded();
        assert_eq!(all.len(), 2);
        let keys = |words: &Words| {
            let say = words.say.keys().map(|key| format!("say.{key}"));
            let hear = words.hear.keys().map(|key| format!("hear.{key}"));
            let routes = words.routes.keys().map(|key| format!("routes.{key}"));
            let fields = words.fields.keys().map(|key| format!("fields.{key}"));
            say.chain(hear).chain(routes).chain(fields).chain(words.states.keys().cloned()).collect::<Vec<_>>()
        };
        assert_eq!(keys(&all[0]), keys(&all[1]));
        let holes = |words: &Words| {
            let names = |sentence: &String| {
                let mut names: Vec<String> =
                    sentence.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(str::to_owned).collect();
                names.sort();
                names.dedup();
                names
            };
            words.say.values().map(names).collect::<Vec<_>>()
        };
        assert_eq!(holes(&all[0]), holes(&all[1]));
    }

    #[test]
    fn stems_tell_sentences_apart() {
        for words in Words::embedded() {
            let stems: Vec<String> = words.say.keys().map(|key| words.stem(key)).collect();
            for (at, stem) in stems.iter().enumerate() {
                assert!(stem.len() > 3, "{:?}", words.say.keys().nth(at));
                let twins = stems.iter().filter(|other| *other == stem).count();
                assert_eq!(twins, 1, "{stem}");
            }
        }
    }

    #[test]
    fn phrases() {
        let list = ["print*".to_owned(), "blue screen".to_owned(), "pc".to_owned()];
        assert!(has("The printers!", &list) && has("a blue-screen", &list) && has("my PC", &list));
        assert!(!has("reprint pcs", &list));
        assert_eq!(count(&padded("blue screen on the pc"), &list), 3);
    }
}
