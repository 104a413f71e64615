//! How a conversation ended, and what was promised in it.

use patchcord_domain::copilot::{ConversationSummary, Resolution};
use patchcord_domain::snapshot::Snapshot;
use patchcord_domain::text::{fold, length};

use super::reading::{Reading, says};
use super::sentences::{strongest_of_desk, summary};
use super::{fit, some};

/// The turns at the end that tell how it ended.
const LAST: usize = 6;

/// Most sentences of the caller's matter, and fewest words of one: shorter ones are codes and answers.
const MATTER: usize = 2;
const MATTER_WORDS: usize = 4;
/// Longest story, in characters.
const STORY_MAX: usize = 480;

/// What it was about, what was done and how it ended, how it ended in one word, and what the desk said it would do.
pub(super) fn summarize(snapshot: &Snapshot) -> ConversationSummary {
    let reading = Reading::new(snapshot);
    ConversationSummary {
        summary: fit(&story(&reading), 500, "Nothing was said."),
        resolution: ending(snapshot).map_or(Resolution::Unknown, |(resolution, _)| resolution),
        follow_ups: some(follow_ups(&reading)),
    }
}

const WORKS: &[&str] = &[
    "works now",
    "working now",
    "works again",
    "working again",
    "it works",
    "is fixed",
    "fixed now",
    "that fixed it",
    "that did it",
    "problem solved",
    "solved it",
    "all good now",
    "back online",
    "can log in now",
    "printing again",
    "printing now",
    "funktioniert wieder",
    "geht wieder",
    "ca marche",
];
const STILL: &[&str] = &["still", "not", "doesn t", "isn t", "but", "except", "nicht"];
const HANDED_OVER: &[&str] = &[
    "escalate",
    "escalated",
    "escalating",
    "transfer you",
    "transferring you",
    "transferred you",
    "put you through",
    "putting you through",
    "call transferred",
    "connect you",
    "connecting you",
    "hand you over",
    "second level",
    "take over",
    "speak to a person",
    "my supervisor",
    "a colleague will",
];
const TICKET: &[&str] = &[
    "opened a ticket",
    "created a ticket",
    "raised a ticket",
    "logged a ticket",
    "open a ticket for",
    "filed a ticket",
    "your ticket number",
    "the ticket number",
    "ticket number is",
    "have a ticket",
    "created a case",
    "opened a case",
];
const BROKE_OFF: &[&str] =
    &["hung up", "hangs up", "call dropped", "line went dead", "call disconnected", "caller disconnected", "no answer"];

/// The conversation in its own sentences: first the caller's matter, then what the desk said or did about it, then how it
/// ended. Where no caller tells a matter, the sentences that carry the most weight.
fn story(reading: &Reading<'_>) -> String {
    let is_matter = |text: &str| {
        let words = text.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic));
        words.count() >= MATTER_WORDS
    };
    let callers = reading.messages().filter(|(turn, _)| turn.author == "CUSTOMER");
    let sentences = callers.flat_map(|(_, text)| text.sentences()).map(|sentence| sentence.text.as_str());
    let mut told: Vec<String> = Vec::new();
    for sentence in sentences.filter(|text| is_matter(text)) {
        if told.len() < MATTER && !told.iter().any(|known| known == sentence) {
            told.push(sentence.to_owned());
        }
    }
    if told.is_empty() {
        return summary(reading);
    }
    let end = ending(reading.snapshot).map(|(_, sentence)| sentence).filter(|end| !told.contains(end));
    let besides: Vec<&str> = told.iter().chain(&end).map(String::as_str).collect();
    let done = strongest_of_desk(reading, &besides);
    told.extend(done);
    told.extend(end);
    let mut story = String::new();
    for sentence in told {
        // How it ended comes last, and is short.
        if length(&story) + length(&sentence) < STORY_MAX {
            story = format!("{story} {sentence}").trim().to_owned();
        }
    }
    story
}

/// What was said last counts most: the newest turn that tells of an end decides, with these words.
fn ending(snapshot: &Snapshot) -> Option<(Resolution, String)> {
    for turn in snapshot.messages.iter().rev().take(LAST) {
        for sentence in split_all(&turn.body).iter().rev() {
            let folded = fold(sentence);
            let says = |phrases: &[&str]| says(&folded, phrases);
            if says(BROKE_OFF) {
                return Some((Resolution::Abandoned, sentence.clone()));
            }
            if says(HANDED_OVER) && turn.author != "CUSTOMER" {
                return Some((Resolution::Escalated, sentence.clone()));
            }
            if (says(TICKET) || says(&["tkt"])) && turn.author != "CUSTOMER" {
                return Some((Resolution::Ticketed, sentence.clone()));
            }
            if says(WORKS) && !says(STILL) && !sentence.trim_end().ends_with('?') {
                return Some((Resolution::Resolved, sentence.clone()));
            }
        }
    }
    None
}

/// Sentences, the short ones too, with their marks: `Does it work now?` says something else than `It works now.`
fn split_all(text: &str) -> Vec<String> {
    text.split_inclusive(['.', '!', '?', '\n']).map(|part| part.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

/// Sentences in which the desk says what it, or somebody, will do.
fn follow_ups(reading: &Reading<'_>) -> Vec<String> {
    const PROMISES: &[&str] = &[
        "i will",
        "i ll",
        "we will",
        "we ll",
        "will call",
        "call you back",
        "will send",
        "will follow",
        "follow up",
        "will be in touch",
        "get back to you",
        "technician will",
        "colleague will",
        "engineer will",
        "will order",
        "will replace",
        "will come",
        "will ship",
        "needs to be",
    ];
    let mut found: Vec<String> = Vec::new();
    for (_, text) in reading.messages().filter(|(turn, _)| turn.author == "AGENT") {
        for sentence in text.sentences().iter().filter(|sentence| sentence.says(PROMISES)) {
            let sentence = fit(&sentence.text, 200, "");
            if !sentence.ends_with('?') && found.len() < 5 && !found.contains(&sentence) {
                found.push(sentence);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use patchcord_domain::transcript::turns;

    use super::*;

    fn read(transcript: &str) -> ConversationSummary {
        summarize(&Snapshot { messages: turns(transcript), ..Snapshot::default() })
    }

    #[test]
    fn how_it_ended() {
        for (transcript, expected) in [
            ("Caller: it jams\nAgent: try again\nCaller: yes, it works now, thank you", Resolution::Resolved),
            ("Agent: does it work now?\nCaller: it is still not working", Resolution::Unknown),
            ("Agent: I opened a ticket for you, the number is TKT-0042.\nCaller: thanks, bye", Resolution::Ticketed),
            ("Agent: I am transferring you to a colleague.\nCaller: ok", Resolution::Escalated),
            ("Caller: can you transfer you know what\nCaller: bye", Resolution::Unknown),
            ("Caller: hello?\nSYSTEM: caller disconnected", Resolution::Abandoned),
            ("Agent: I opened a ticket for you.\nCaller: oh wait, it works again!", Resolution::Resolved),
            ("Caller: hello", Resolution::Unknown),
        ] {
            assert_eq!(read(transcript).resolution, expected, "{transcript}");
        }
    }

    #[test]
    fn the_callers_matter_comes_first_and_the_end_last() {
        let told = read(
            "Agent: Welcome to Northwind IT, you can say your U-E code or key it in and finish with the hash key.\n\
             Caller: It is 4 4 7 1.\n\
             Agent: Thank you, I have found Halden Logistics. How can I help you today?\n\
             Caller: The printer in the warehouse jams on every second page.\n\
             Agent: Please open the rear door of the printer and pull the paper out towards you.\n\
             Caller: I did that, but it did not help.\n\
             Agent: I have opened a ticket for the printer, its number is 12. Is there anything else?\n\
             Caller: No, that is all, thank you.\nAgent: I opened a ticket for you. Goodbye.",
        );
        let summary = told.summary;
        assert!(summary.starts_with("The printer in the warehouse jams on every second page."), "{summary}");
        assert!(summary.ends_with("I opened a ticket for you."), "{summary}");
        assert!(summary.contains("rear door") || summary.contains("its number is 12"), "{summary}");
        assert!(!summary.contains('?') && !summary.contains("4 4 7 1"), "{summary}");
    }

    #[test]
    fn without_a_matter_what_was_said_counts() {
        assert_eq!(read("Caller: Hello?\nCaller: Bye.").summary, "Nothing was said.");
    }

    #[test]
    fn promises_of_the_desk_are_follow_ups() {
        let told = read(
            "Caller: The toner of printer P-7 is empty and I will be away tomorrow.\n\
             Agent: We will send a new toner cartridge to your office. Is that all?\nCaller: Yes.",
        );
        assert_eq!(told.follow_ups.unwrap(), ["We will send a new toner cartridge to your office."]);
        assert!(told.summary.contains("toner of printer P-7"), "{}", told.summary);
    }
}
