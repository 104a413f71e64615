//! What the desk itself says and understands in each language: files in `agents/sentences`, compiled in and replaceable.

use std::path::Path;

use include_dir::{Dir, include_dir};
use patchcord_domain::text::fold;
use serde::Deserialize;

use crate::spoken::Numerals;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../agents/sentences");
/// The language that is spoken when nothing speaks for another one.
const DEFAULT: &str = "en";

/// One language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Language {
    /// Its tag, such as `de`.
    pub(crate) tag: String,
    /// Small words that only this language has.
    marks: Vec<String>,
    pub(crate) say: Sentences,
    menu: Menu,
    pub(crate) numerals: Numerals,
    pub(crate) code: CodeWords,
    pub(crate) person: PersonWords,
    /// Says that the caller needs a while: `one moment`, `I am restarting it`.
    pub(crate) patience: Vec<String>,
    /// Says that the caller is done: `bye`, `that is all`.
    pub(crate) farewell: Vec<String>,
}

/// What the desk says by itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sentences {
    /// Comes first where calls are recorded.
    recorded: String,
    pub(crate) still_there: String,
    pub(crate) goodbye_silence: String,
    pub(crate) minute_left: String,
    pub(crate) too_long: String,
    pub(crate) goodbye: String,
    pub(crate) connecting: String,
    pub(crate) resumed: String,
    /// The line broke off, and what the caller said is lost: asks for it again.
    pub(crate) unheard: String,
    pub(crate) fillers: Vec<String>,
}

/// What callers hear who have only their keys, because no model is set up. Names in braces are filled in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    /// Asks for the code: `{workspace}`.
    pub code: String,
    /// Asks once more.
    pub wrong_code: String,
    /// Whose code it is: `{organization}`.
    pub known: String,
    /// A call-back, or a person.
    pub wish: String,
    /// Asks for the number of who withholds theirs.
    pub number: String,
    /// The call-back is noted: `{number}` of the ticket.
    pub noted: String,
    /// Nobody is there: `{number}` of the ticket.
    pub nobody: String,
    /// The end without a wish.
    pub goodbye: String,
    /// When they are called back, as it stands in the ticket.
    pub when: String,
    /// Why a person is called for, as it stands in the ticket.
    pub reason: String,
}

impl crate::Agents {
    /// What callers hear first where calls are recorded, in a language or in the default one.
    pub fn recording_notice(&self, tag: Option<&str>) -> &str {
        &self.languages.of(tag.unwrap_or_default()).say.recorded
    }

    /// The language in which somebody speaks, where the words tell: a tag such as `de`.
    pub fn language_of<'t>(&self, words: impl IntoIterator<Item = &'t str>) -> Option<&str> {
        self.languages.heard(words).map(|language| language.tag.as_str())
    }

    /// The menu of keys in a language, or in the default one.
    pub fn menu(&self, tag: Option<&str>) -> &Menu {
        &self.languages.of(tag.unwrap_or_default()).menu
    }
}

/// How people speak of their code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CodeWords {
    /// Names of the code.
    pub(crate) names: Vec<String>,
    /// A number behind one of these is something else.
    pub(crate) others: Vec<String>,
    /// The number that follows takes the place of the one before.
    pub(crate) corrections: Vec<String>,
}

/// How people ask for a person.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonWords {
    /// Speak, talk, connect.
    pub(crate) talk: Vec<String>,
    /// Want, need, give me.
    pub(crate) want: Vec<String>,
    /// A person, whatever stands before it.
    pub(crate) sure: Vec<String>,
    /// A person only where somebody wants to speak: someone, a technician.
    pub(crate) any: Vec<String>,
    /// Words that may stand between.
    pub(crate) between: Vec<String>,
    /// Turns the meaning round.
    pub(crate) not: Vec<String>,
}

/// All languages.
#[derive(Debug, Clone)]
pub(crate) struct Languages(Vec<Language>);

impl Languages {
    /// Those that the program was built with.
    pub(crate) fn embedded() -> Self {
        let files = EMBEDDED.files().map(|file| {
            let name = file.path().to_string_lossy().into_owned();
            (name, file.contents_utf8().unwrap_or_default().to_owned())
        });
        Self::read(files.collect()).expect("the embedded sentences are valid")
    }

    /// Those of an operator's folder `sentences`, or the embedded ones when it has none.
    pub(crate) fn load(folder: &Path) -> Result<Self, (String, usize, String)> {
        let place = folder.join("sentences");
        if !place.is_dir() {
            return Ok(Self::embedded());
        }
        let mut files = Vec::new();
        for path in crate::agents::files_of(&place, "toml")? {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(&path).map_err(|error| (name.clone(), 0, error.to_string()))?;
            files.push((name, text));
        }
        Self::read(files)
    }

    fn read(mut files: Vec<(String, String)>) -> Result<Self, (String, usize, String)> {
        files.sort();
        let mut languages = Vec::new();
        for (name, text) in files {
            let mut language: Language = toml::from_str(&text).map_err(|error| {
                let line = error.span().map_or(0, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
                (name.clone(), line, error.message().to_owned())
            })?;
            language.fold();
            if language.say.fillers.is_empty() {
                return Err((name, 0, "say.fillers needs at least one sentence".to_owned()));
            }
            languages.push(language);
        }
        if !languages.iter().any(|language| language.tag == DEFAULT) {
            return Err(("sentences".to_owned(), 0, format!("there is no file with tag = \"{DEFAULT}\"")));
        }
        Ok(Self(languages))
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Language> {
        self.0.iter()
    }

    /// The language with a tag, such as `de` or `de-AT`; the default one when it is not there.
    pub(crate) fn of(&self, tag: &str) -> &Language {
        let short = tag.split(['-', '_']).next().unwrap_or_default();
        let found = self.0.iter().find(|language| language.tag.eq_ignore_ascii_case(short));
        found.or_else(|| self.0.iter().find(|language| language.tag == DEFAULT)).unwrap_or(&self.0[0])
    }

    /// The language in which somebody speaks, where the words tell.
    pub(crate) fn heard<'t>(&self, texts: impl IntoIterator<Item = &'t str>) -> Option<&Language> {
        let folded: Vec<String> = texts.into_iter().map(fold).collect();
        let count = |language: &Language| {
            let words = folded.iter().flat_map(|text| text.split(' '));
            words.filter(|word| language.marks.iter().any(|mark| mark == word)).count()
        };
        let mut counts: Vec<(usize, &Language)> = self.0.iter().map(|language| (count(language), language)).collect();
        counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        match counts.as_slice() {
            [(first, language), (second, _), ..] if first > second => Some(language),
            [(first, language)] if *first > 0 => Some(language),
            _ => None,
        }
    }
}

impl Language {
    /// Files are written as people write; words are compared folded.
    fn fold(&mut self) {
        let lists = [
            &mut self.marks,
            &mut self.code.names,
            &mut self.code.others,
            &mut self.code.corrections,
            &mut self.person.talk,
            &mut self.person.want,
            &mut self.person.sure,
            &mut self.person.any,
            &mut self.person.between,
            &mut self.person.not,
            &mut self.patience,
            &mut self.farewell,
        ];
        for list in lists {
            list.iter_mut().for_each(|entry| *entry = fold(entry));
        }
    }
}

impl Language {
    /// How sentences begin, folded, that only bridge a silence or a break: they ask and answer nothing themselves.
    pub(crate) fn asides(&self) -> impl Iterator<Item = String> {
        let say = &self.say;
        let others = [&say.still_there, &say.minute_left, &say.resumed, &say.unheard];
        say.fillers.iter().chain(others).map(|sentence| stem(sentence))
    }
}

/// The beginning of the longest part of a sentence that is the same whatever is filled in, folded.
pub(crate) fn stem(sentence: &str) -> String {
    let parts = sentence.split(['{', '}']).step_by(2);
    let longest = parts.map(fold).max_by_key(String::len).unwrap_or_default();
    longest.split(' ').take(8).collect::<Vec<_>>().join(" ")
}

/// Whether one of the folded phrases is in a text, word by word.
pub(crate) fn says(text: &str, phrases: &[String]) -> bool {
    let folded = format!(" {} ", fold(text));
    phrases.iter().any(|phrase| folded.contains(&format!(" {phrase} ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_heard() {
        let languages = Languages::embedded();
        let heard = |text: &str| languages.heard([text]).map(|language| language.tag.clone()).unwrap_or_default();
        for (text, expected) in [
            ("Guten Tag, mein Drucker druckt nicht mehr", "de"),
            ("Hello, my printer does not print any more", "en"),
            ("Ja, ich habe das schon probiert", "de"),
            ("No, I have not", "en"),
            ("4211", ""),
            ("", ""),
        ] {
            assert_eq!(heard(text), expected, "{text}");
        }
        assert_eq!(languages.of("de-AT").tag, "de");
        assert_eq!(languages.of("fi").tag, "en");
    }
}
