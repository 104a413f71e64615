//! Numbers as people say them: `four two one one`, `forty-two eleven`, `double four`, `vierzwei eins eins`, `42 11`.

use std::collections::HashMap;

use patchcord_domain::text::fold;
use serde::Deserialize;

use crate::language::Language;

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    /// The word, folded.
    pub(crate) text: String,
    /// Where it begins and ends in the text, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The words of a text, folded; everything that is not a letter or digit divides.
pub(crate) fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push(Word { text: fold(&text[from..at]), start: from, end: at });
                start = None;
            }
            _ => {}
        }
    }
    words
}

/// A row of digits that was said in one go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) digits: String,
    /// The first word, and the one behind the last.
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// The number words of a language.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Numerals {
    /// `one` → 1 … `nineteen` → 19, `twenty` → 20 … `ninety` → 90.
    values: HashMap<String, u32>,
    hundred: Vec<String>,
    thousand: Vec<String>,
    /// The digit that follows is said twice.
    double: Vec<String>,
    /// The digit that follows is said three times.
    triple: Vec<String>,
    /// What may stand between the parts of a number: `and`.
    joins: Vec<String>,
    /// Written alike but heard wrongly; counts only between two numbers: `to` → 2.
    #[serde(default)]
    heard: HashMap<String, u32>,
    /// Words of this language may be written as one: `vierzwei`, `zweiundvierzig`.
    #[serde(default)]
    compound: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    Value(u32),
    Hundred,
    Thousand,
    Repeat(usize),
    Join,
}

/// Every row of digits in the words of a text.
pub(crate) fn runs(words: &[Word], languages: &[&Language]) -> Vec<Run> {
    let mut parts: Vec<Option<Vec<Part>>> = words.iter().map(|word| parts_of(&word.text, languages)).collect();
    for at in 1..words.len().saturating_sub(1) {
        let numbers = |part: &Option<Vec<Part>>| part.as_deref().is_some_and(|parts| parts != [Part::Join]);
        if parts[at].is_none() && numbers(&parts[at - 1]) && numbers(&parts[at + 1]) {
            let heard = languages.iter().find_map(|language| language.numerals.heard.get(&words[at].text));
            parts[at] = heard.map(|value| vec![Part::Value(*value)]);
        }
    }
    let mut runs = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let mut end = at;
        while end < words.len() && parts[end].is_some() && !(end > at && divides(&parts[end - 1], &parts[end])) {
            end += 1;
        }
        if end == at {
            at += 1;
            continue;
        }
        // A joining word at either end belongs to the sentence.
        let join = |at: usize| parts[at].as_deref() == Some(&[Part::Join]);
        let (mut from, mut to) = (at, end);
        while from < to && join(from) {
            from += 1;
        }
        while to > from && join(to - 1) {
            to -= 1;
        }
        let row: Vec<Part> = parts[from..to].iter().flatten().flatten().cloned().collect();
        let digits = assemble(&row);
        if !digits.is_empty() {
            runs.push(Run { digits, from, to });
        }
        at = end;
    }
    runs
}

/// A number word and a longer row of figures are two numbers: `eine 4211`.
fn divides(before: &Option<Vec<Part>>, after: &Option<Vec<Part>>) -> bool {
    let figures = |part: &Option<Vec<Part>>| matches!(part.as_deref(), Some([Part::Literal(text)]) if text.len() >= 3);
    let spelled = |part: &Option<Vec<Part>>| matches!(part.as_deref(), Some([Part::Value(_), ..]));
    (figures(before) && spelled(after)) || (spelled(before) && figures(after))
}

fn parts_of(word: &str, languages: &[&Language]) -> Option<Vec<Part>> {
    if word.bytes().all(|b| b.is_ascii_digit()) {
        return Some(vec![Part::Literal(word.to_owned())]);
    }
    languages.iter().find_map(|language| language.numerals.parts(word))
}

impl Numerals {
    fn parts(&self, word: &str) -> Option<Vec<Part>> {
        if let Some(part) = self.one(word) {
            return Some(vec![part]);
        }
        if self.compound { self.split(word, 0) } else { None }
    }

    fn one(&self, word: &str) -> Option<Part> {
        let among = |list: &[String]| list.iter().any(|entry| entry == word);
        if let Some(value) = self.values.get(word) {
            return Some(Part::Value(*value));
        }
        [
            (&self.hundred, Part::Hundred),
            (&self.thousand, Part::Thousand),
            (&self.double, Part::Repeat(2)),
            (&self.triple, Part::Repeat(3)),
            (&self.joins, Part::Join),
        ]
        .into_iter()
        .find_map(|(list, part)| among(list).then_some(part))
    }

    /// Cuts a word into number words, longest first: `zweiundvierzig` is 42, `vierzwei` is 4 and 2.
    fn split(&self, word: &str, depth: usize) -> Option<Vec<Part>> {
        if word.is_empty() {
            return Some(Vec::new());
        }
        if depth > 12 || word.len() > 80 {
            return None;
        }
        let joined = |unit: u32, rest: &str| {
            let rest = self.joins.iter().find_map(|join| rest.strip_prefix(join.as_str()))?;
            (1..rest.len() + 1).rev().filter(|end| rest.is_char_boundary(*end)).find_map(|end| {
                let ten = self.values.get(&rest[..end]).filter(|value| **value >= 20)?;
                let mut parts = vec![Part::Value(unit + ten)];
                parts.extend(self.split(&rest[end..], depth + 1)?);
                Some(parts)
            })
        };
        let ends = (1..=word.len()).rev().filter(|end| word.is_char_boundary(*end));
        for end in ends {
            let Some(part) = self.one(&word[..end]).filter(|part| *part != Part::Join) else { continue };
            let rest = &word[end..];
            if let Part::Value(unit @ 1..=9) = part
                && let Some(parts) = joined(unit, rest)
            {
                return Some(parts);
            }
            if let Some(more) = self.split(rest, depth + 1) {
                let mut parts = vec![part];
                parts.extend(more);
                return Some(parts);
            }
        }
        None
    }
}

/// The digits of a row of parts. Small numbers stand one after the other; with `hundred` and `thousand` they are sums.
fn assemble(parts: &[Part]) -> String {
    let mut digits = String::new();
    let mut at = 0;
    while at < parts.len() {
        match &parts[at] {
            Part::Literal(text) => digits.push_str(text),
            Part::Repeat(times) => {
                if let Some(Part::Value(value @ 0..=9)) = parts.get(at + 1) {
                    digits.push_str(&value.to_string().repeat(*times));
                    at += 1;
                } else if let Some(Part::Literal(text)) = parts.get(at + 1)
                    && text.len() == 1
                {
                    digits.push_str(&text.repeat(*times));
                    at += 1;
                }
            }
            Part::Value(_) | Part::Hundred | Part::Thousand => {
                let (value, used) = sum(&parts[at..]);
                digits.push_str(&value.to_string());
                at += used - 1;
            }
            Part::Join => {}
        }
        at += 1;
        if digits.len() > 40 {
            break;
        }
    }
    digits
}

/// The number that begins here, and how many parts it takes.
fn sum(parts: &[Part]) -> (u32, usize) {
    let mut used = 0;
    let mut total = 0;
    let mut small = below_hundred(parts, &mut used);
    let mut is_sum = false;
    loop {
        match parts.get(used) {
            Some(Part::Hundred) if small < 100 => {
                used += 1;
                small = small.max(1) * 100;
                is_sum = true;
            }
            Some(Part::Thousand) if small < 1_000 => {
                used += 1;
                total += small.max(1) * 1_000;
                small = 0;
                is_sum = true;
            }
            _ if is_sum => {
                let skipped = used + usize::from(parts.get(used) == Some(&Part::Join));
                let mut further = skipped;
                let more = below_hundred(&parts[skipped.min(parts.len())..], &mut further);
                if further == skipped {
                    return (total + small, used);
                }
                let above = matches!(parts.get(further), Some(Part::Hundred)) && small == 0;
                used = further;
                small += more;
                if !above {
                    return (total + small, used);
                }
            }
            _ => return (total + small, used.max(1)),
        }
    }
}

/// A value below a hundred: `forty two` takes two parts, everything else one.
fn below_hundred(parts: &[Part], used: &mut usize) -> u32 {
    match parts {
        [Part::Value(ten @ (20 | 30 | 40 | 50 | 60 | 70 | 80 | 90)), Part::Value(unit @ 1..=9), ..] => {
            *used += 2;
            ten + unit
        }
        [Part::Value(value), ..] => {
            *used += 1;
            *value
        }
        _ => 0,
    }
}

/// The digits of a text that a caller said in answer to a question for their code, or that a text calls a code by itself.
///
/// Returns the code and the words that hold it.
pub(crate) fn code(text: &str, asked: bool, languages: &[&Language]) -> Option<(String, Run)> {
    let words = words(text);
    let runs = runs(&words, languages);
    let phrase = |list: &dyn Fn(&Language) -> &[String], from: usize, to: usize| {
        let window: Vec<&str> = words[from..to].iter().map(|word| word.text.as_str()).collect();
        let window = format!(" {} ", window.join(" "));
        languages.iter().any(|language| list(language).iter().any(|entry| window.contains(&format!(" {entry} "))))
    };
    let is_code = |run: &&Run| {
        (4..=8).contains(&run.digits.len())
            && !phrase(&|language| &language.code.others, run.from.saturating_sub(3), run.from)
            && (asked || phrase(&|language| &language.code.names, run.from.saturating_sub(8), run.from)
                // `4211 is our code`
                || phrase(&|language| &language.code.names, run.to, words.len().min(run.to + 5)))
    };
    let codes: Vec<&Run> = runs.iter().filter(is_code).collect();
    // Who corrects themselves means the last one: `4212, no, 4211`.
    let corrected = |pair: &[&Run]| phrase(&|language| &language.code.corrections, pair[0].to, pair[1].from);
    let last = codes.windows(2).rposition(corrected).map_or(0, |at| at + 1);
    codes.get(last).map(|run| (run.digits.clone(), (*run).clone()))
}

/// The text with the words of a run replaced.
pub(crate) fn masked(text: &str, run: &Run, by: &str) -> String {
    let words = words(text);
    match (words.get(run.from), words.get(run.to.saturating_sub(1))) {
        (Some(first), Some(last)) => format!("{}{by}{}", &text[..first.start], &text[last.end..]),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Languages;

    fn said(text: &str) -> Vec<String> {
        let languages = Languages::embedded();
        let all: Vec<&Language> = languages.all().collect();
        runs(&words(text), &all).into_iter().map(|run| run.digits).collect()
    }

    #[test]
    fn numbers_in_two_languages() {
        for (text, expected) in [
            ("four two one one", "4211"),
            ("Four, two, one, one.", "4211"),
            ("forty-two eleven", "4211"),
            ("forty two one one", "4211"),
            ("four to one one", "4211"),
            ("double four one two", "4412"),
            ("triple seven three", "7773"),
            ("oh four two one", "0421"),
            ("four thousand two hundred and eleven", "4211"),
            ("forty two hundred eleven", "4211"),
            ("four thousand eleven", "4011"),
            ("nineteen ninety", "1990"),
            ("42 11", "4211"),
            ("4-2-1-1", "4211"),
            ("4 2 double 1", "4211"),
            ("4821 0077", "48210077"),
            ("vier zwei eins eins", "4211"),
            ("vierzwei eins eins", "4211"),
            ("vierzweieinseins", "4211"),
            ("zweiundvierzig elf", "4211"),
            ("zwo und vierzig elf", "24011"),
            ("viertausendzweihundertelf", "4211"),
            ("fünf sechs sieben acht", "5678"),
            ("null acht fünfzehn", "0815"),
        ] {
            assert_eq!(said(text), [expected], "{text}");
        }
        assert_eq!(said("there are no numbers and nothing else"), [""; 0]);
        assert_eq!(said("two printers, and 5 users"), ["2", "5"]);
    }

    #[test]
    fn codes() {
        let languages = Languages::embedded();
        let all: Vec<&Language> = languages.all().collect();
        let code = |text: &str, asked| code(text, asked, &all).map(|(code, _)| code).unwrap_or_default();
        for (text, asked, expected) in [
            ("It's 4211", true, "4211"),
            ("four two one one, I think", true, "4211"),
            ("4212, no sorry, 4211", true, "4211"),
            ("Hi, code 4211, the printer shows error 5004", false, "4211"),
            ("Our code is four two one one", false, "4211"),
            ("4211 is our customer number", false, "4211"),
            ("Unsere Kundennummer ist vier zwei eins eins", false, "4211"),
            ("der Code lautet vierzwei eins eins", false, "4211"),
            ("my U-E code is 48 21 00 77", false, "48210077"),
            ("The printer shows error 5004", false, ""),
            ("The printer shows error code 5004", true, ""),
            ("Fehlercode 5004", true, ""),
            ("I am in room 4211", true, ""),
            ("The printer 4211 is jammed", false, ""),
            ("It is about ticket 1042", true, ""),
            ("421", true, ""),
            ("123456789", true, ""),
            ("I have Windows 2019", true, ""),
        ] {
            assert_eq!(code(text, asked), expected, "{text}");
        }
    }

    #[test]
    fn masks() {
        let languages = Languages::embedded();
        let all: Vec<&Language> = languages.all().collect();
        let text = "Größe? It's four two, one one. Thanks";
        let (_, run) = code(text, true, &all).unwrap();
        assert_eq!(masked(text, &run, "[code]"), "Größe? It's [code]. Thanks");
    }
}
