//! Whether a caller asks for a person. One ask is enough, so it is found by rule; a rule that finds too much would send
//! callers away, so the words must stand together.

use crate::language::{Language, PersonWords};
use crate::spoken::{Word, words};

/// Words of an answer that is nothing but the wish: `a human, please`.
const SHORT: usize = 5;

/// Whether the text asks for a person.
pub(crate) fn wants_person(text: &str, languages: &[&Language]) -> bool {
    // A sentence ends a wish: `I want to talk. A person was here.`
    let sentences = text.split(['.', '!', '?', ';', '\n']);
    sentences.into_iter().any(|sentence| {
        let words = words(sentence);
        languages.iter().any(|language| asks(&words, &language.person))
    })
}

fn asks(words: &[Word], vocabulary: &PersonWords) -> bool {
    let persons = |list: &[String]| phrases(words, list);
    let is_between = |from: usize, to: usize| {
        from <= to && words[from..to].iter().all(|word| vocabulary.between.contains(&word.text))
    };
    let is_denied = |from: usize| {
        let before = from.saturating_sub(4);
        words[before..from].iter().any(|word| vocabulary.not.contains(&word.text))
    };
    let near = |verbs: &[(usize, usize)], people: &[(usize, usize)]| {
        verbs.iter().any(|verb| {
            people.iter().any(|person| {
                let joined = is_between(verb.1, person.0) || is_between(person.1, verb.0);
                joined && !is_denied(verb.0.min(person.0))
            })
        })
    };
    let (talk, want) = (persons(&vocabulary.talk), persons(&vocabulary.want));
    let (sure, any) = (persons(&vocabulary.sure), persons(&vocabulary.any));
    if near(&talk, &sure) || near(&talk, &any) || near(&want, &sure) {
        return true;
    }
    // Nothing but the person and small words.
    words.len() <= SHORT
        && sure
            .iter()
            .any(|person| is_between(0, person.0) && is_between(person.1, words.len()) && !is_denied(person.0))
}

/// Where the phrases stand: first word, and the one behind the last.
fn phrases(words: &[Word], list: &[String]) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for phrase in list {
        let parts: Vec<&str> = phrase.split(' ').collect();
        for at in 0..words.len().saturating_sub(parts.len() - 1) {
            if words[at..at + parts.len()].iter().zip(&parts).all(|(word, part)| word.text == *part) {
                found.push((at, at + parts.len()));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Languages;

    #[test]
    fn wishes() {
        let languages = Languages::embedded();
        let all: Vec<&Language> = languages.all().collect();
        for text in [
            "I want to speak to a human",
            "Can I talk to a real person, please?",
            "Get me a human",
            "Please put me through to somebody",
            "could you connect me with one of your colleagues",
            "operator",
            "A human, please!",
            "I'd like to speak with your supervisor",
            "is there a real person I could talk to",
            "No more robots. Let me talk to someone",
            "just give me a real human being",
            "transfer me to an agent",
            "Ich möchte mit einem Menschen sprechen",
            "Verbinden Sie mich bitte mit einem Mitarbeiter",
            "Kann ich mit jemandem reden?",
            "Einen echten Menschen bitte",
            "Ich will einen Menschen",
            "Geben Sie mir einen Kollegen, ich will mit einer Person sprechen",
        ] {
            assert!(wants_person(text, &all), "{text}");
        }
        for text in [
            "There is a person standing at the printer",
            "I need someone to fix the printer",
            "My manager wants to talk to the server",
            "I don't want to talk to a person",
            "The agent on my computer does not start",
            "I spoke to a colleague yesterday",
            "the human resources printer is jammed",
            "Nobody can talk to the mail server",
            "A person from accounting cannot print",
            "Der Mitarbeiter kann nicht drucken",
            "Ich will nicht mit einem Menschen sprechen",
            "the mouse operator panel is broken",
        ] {
            assert!(!wants_person(text, &all), "{text}");
        }
    }
}
