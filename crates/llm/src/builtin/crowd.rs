//! Whether a text tells that many are affected: a large number of people or things, or all of a place.

use std::collections::HashSet;

use serde::Deserialize;

/// The smallest number that is a crowd.
const MANY: u32 = 10;
/// How many words may stand between a number or quantifier and what it counts.
const REACH: usize = 3;

/// Words in the folded form of texts.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Crowd {
    /// `all`, `every`, `none`, `whole`.
    quantifiers: HashSet<String>,
    /// `nobody`: everybody at once, when `cannot` follows.
    nobody: HashSet<String>,
    /// `can`, `kann`: what makes of `nobody` that work stands still.
    can: HashSet<String>,
    /// After `nobody can`: a complaint about the desk, as in `nobody can tell me`.
    complaint: HashSet<String>,
    /// Places where many work, and groups of many.
    wide: HashSet<String>,
    /// What is a crowd when it is counted.
    counted: HashSet<String>,
    /// Small numbers as words: with one of them before what is counted, it is a handful.
    few: HashSet<String>,
}

impl Crowd {
    /// Whether one of a ticket's folded sentences tells of many.
    pub(super) fn is_told_of(&self, sentences: &[String]) -> bool {
        let sentences: Vec<Vec<&str>> = sentences.iter().map(|text| text.split_whitespace().collect()).collect();
        let handful = sentences.iter().any(|words| self.is_handful(words));
        sentences.iter().any(|words| self.is_many(words, handful))
    }

    fn is_many(&self, words: &[&str], handful: bool) -> bool {
        words.iter().enumerate().any(|(at, word)| {
            let next = || words[at + 1..].iter().take(REACH);
            if word.parse::<u32>().is_ok_and(|number| (MANY..100_000).contains(&number)) {
                return next().any(|word| self.counted.contains(*word));
            }
            if self.quantifiers.contains(*word) {
                return !handful && next().any(|word| self.wide.contains(*word));
            }
            let can = |at: usize| words.get(at).is_some_and(|word| self.can.contains(*word));
            let complains = |at: usize| words.get(at).is_some_and(|word| self.complaint.contains(*word));
            self.nobody.contains(*word) && !handful && can(at + 1) && !complains(at + 2)
        })
    }

    /// Whether a small number of those concerned is told, as in `the five of us` and `all four machines`.
    fn is_handful(&self, words: &[&str]) -> bool {
        words.iter().enumerate().any(|(at, word)| {
            let counts =
                || words[at + 1..].iter().take(REACH).any(|word| self.counted.contains(*word) || *word == "us");
            self.is_few(word)
                && (counts() || at > 0 && (words[at - 1] == "us" || self.quantifiers.contains(words[at - 1])))
        })
    }

    fn is_few(&self, word: &str) -> bool {
        self.few.contains(word) || word.parse::<u32>().is_ok_and(|number| (2..MANY).contains(&number))
    }
}

#[cfg(test)]
mod tests {
    use patchcord_domain::text::fold;

    use super::*;

    #[test]
    fn many_and_few() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect();
        let crowd = Crowd {
            quantifiers: words("all every none whole"),
            nobody: words("nobody"),
            can: words("can"),
            complaint: words("tell help"),
            wide: words("office staff tills"),
            counted: words("people staff tills machines"),
            few: words("two three four five"),
        };
        for (text, expect) in [
            ("120 staff wait", true),
            ("all 14 retail tills", true),
            ("3 people wait", false),
            ("The whole office is dark", true),
            ("none of our tills work", true),
            ("none of our five tills work", false),
            ("nobody can print", true),
            ("nobody can print, all four machines", false),
            ("nobody can tell me why", false),
            ("nobody answered", false),
            ("room 120 in the office", false),
            ("It refuses every card. Staff wait", false),
            ("Nobody can draw. All four machines are dead", false),
        ] {
            let sentences: Vec<String> = text.split('.').map(fold).collect();
            assert_eq!(crowd.is_told_of(&sentences), expect, "{text}");
        }
    }
}
