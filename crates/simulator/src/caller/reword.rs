//! The same call in other words and in another order, so that nobody can learn a scenario by heart. A number decides how; the
//! same number gives the same call.

use super::manners::spoken;
use super::scenario::{Persona, Scenario};

/// Numbers that look like chance.
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`.
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides.max(1) as u64).unwrap_or(0)
    }
}

/// Phrases that mean the same.
const SAME: &[&[&str]] = &[
    &["does not work", "is not working", "will not work", "has stopped working"],
    &["I cannot", "I am not able to", "there is no way I can"],
    &["since this morning", "from this morning on", "ever since I came in today"],
    &["It is", "That would be", "It's"],
    &["My name is", "This is", "I'm"],
    &["Yes, please.", "Yes please, do that.", "That would be great."],
    &["No, that is all, thank you.", "No, nothing else, thanks.", "That's everything, thank you."],
    &["No, it is still the same.", "No, nothing has changed.", "Still the same, I'm afraid."],
    &["I did that, but it did not help.", "Done, no difference.", "Tried it, that changed nothing."],
    &["Hello", "Hi", "Good morning"],
    &["do not", "don't"],
    &["I am", "I'm"],
    &["laptop", "notebook"],
    &["e-mail", "mail", "email"],
    &["a person", "a human being", "somebody real"],
];

const OPENERS: &[&str] = &["", "Well, ", "Um, ", "So, ", "Okay, ", "Right, "];
const OPENERS_DE: &[&str] = &["", "Also, ", "Ähm, ", "Ja, ", "Gut, "];

const DIGITS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
const DIGITS_DE: [&str; 10] = ["null", "eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"];

/// Says something in other words. Number 0 says it as it is.
pub(crate) fn reword(text: &str, persona: &Persona, seed: u64, dice: &mut Dice) -> String {
    if seed == 0 || text.is_empty() {
        return text.to_owned();
    }
    let german = persona.language.starts_with("de");
    let mut words = text.to_owned();
    for phrases in SAME {
        if let Some(found) = phrases.iter().find(|phrase| contains(&words, phrase)) {
            let other = phrases[dice.roll(phrases.len())];
            words = replace(&words, found, other);
        }
    }
    if !persona.ue_code.is_empty() {
        let code = spoken(&persona.ue_code);
        let as_words: Vec<&str> = persona
            .ue_code
            .bytes()
            .filter(u8::is_ascii_digit)
            .map(|digit| if german { DIGITS_DE } else { DIGITS }[usize::from(digit - b'0')])
            .collect();
        let other = match dice.roll(3) {
            0 => as_words.join(" "),
            1 => persona.ue_code.clone(),
            _ => as_words.join(", "),
        };
        words = words.replace(&code, &other);
    }
    let openers = if german { OPENERS_DE } else { OPENERS };
    let opener = openers[dice.roll(openers.len())];
    if opener.is_empty() {
        return words;
    }
    let keeps = ["I ", "I'", "HAL", "Halden"].iter().any(|word| words.starts_with(word)) || german;
    let mut rest = words.chars();
    match rest.next() {
        Some(first) if !keeps => format!("{opener}{}{}", first.to_lowercase(), rest.as_str()),
        _ => format!("{opener}{words}"),
    }
}

fn contains(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| stands_alone(text, at, phrase.len()))
}

fn stands_alone(text: &str, at: usize, length: usize) -> bool {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let last = text[..at + length].chars().next_back();
    !letter(text[..at].chars().next_back()) && (!letter(last) || !letter(text[at + length..].chars().next()))
}

fn replace(text: &str, phrase: &str, other: &str) -> String {
    let Some((at, _)) = text.match_indices(phrase).find(|(at, _)| stands_alone(text, *at, phrase.len())) else {
        return text.to_owned();
    };
    format!("{}{other}{}", &text[..at], &text[at + phrase.len()..])
}

/// The scenario in another order: its free lines change places, and the caller may say who they are before they are asked.
pub(crate) fn reorder(scenario: &Scenario, seed: u64, dice: &mut Dice) -> Scenario {
    let mut other = scenario.clone();
    if seed == 0 {
        return other;
    }
    let places: Vec<usize> = (0..other.lines.len()).filter(|at| other.lines[*at].free).collect();
    for nth in (1..places.len()).rev() {
        other.lines.swap(places[nth], places[dice.roll(nth + 1)]);
    }
    let persona = &scenario.caller;
    let german = persona.language.starts_with("de");
    let introduction = match (dice.roll(3), german, persona.company.is_empty()) {
        (0, ..) | (.., true) => return other,
        (1, true, _) => format!("{} von {}. ", persona.name, persona.company),
        (_, true, _) if !persona.ue_code.is_empty() && !persona.keys_code => {
            format!("{} hier, Code {}. ", persona.name, spoken(&persona.ue_code))
        }
        (_, true, _) => format!("{} hier, von {}. ", persona.name, persona.company),
        (1, false, _) => format!("{} from {} here. ", persona.name, persona.company),
        (_, false, _) if !persona.ue_code.is_empty() && !persona.keys_code => {
            format!("{} here, our code is {}. ", persona.name, spoken(&persona.ue_code))
        }
        (_, false, _) => format!("{} here, from {}. ", persona.name, persona.company),
    };
    let first = other.lines.iter_mut().find(|line| line.when.is_empty() && !line.say.is_empty());
    if let Some(first) = first.filter(|line| line.free) {
        for say in &mut first.say {
            *say = format!("{introduction}{say}");
        }
    }
    other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_words_mean_the_same() {
        let persona = Persona { ue_code: "4471".into(), ..Persona::default() };
        let text = "It is 4 4 7 1.";
        assert_eq!(reword(text, &persona, 0, &mut Dice::new(0)), text);
        let all: std::collections::BTreeSet<String> =
            (1..60).map(|seed| reword(text, &persona, seed, &mut Dice::new(seed))).collect();
        assert!(all.len() > 10, "{all:?}");
        assert!(all.iter().any(|said| said.contains("four four seven one")), "{all:?}");
        assert!(all.iter().all(|said| said.contains("4471") || said.to_lowercase().contains("four")), "{all:?}");
        assert_eq!(
            reword(text, &persona, 7, &mut Dice::new(7)),
            reword(text, &persona, 7, &mut Dice::new(7)),
            "the same number gives the same words"
        );
        let whole = reword("The mailbox is full.", &persona, 3, &mut Dice::new(3));
        assert!(whole.to_lowercase().contains("mailbox"), "{whole}");
    }
}
