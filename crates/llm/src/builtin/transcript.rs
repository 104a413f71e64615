//! How a conversation ended, and what was promised in it.

use patchcord_domain::copilot::{ConversationSummary, Resolution};
use patchcord_domain::snapshot::Snapshot;
use patchcord_domain::text::fold;

use super::reading::{Reading, says};
use super::sentences::summary;
use super::{fit, some};

/// The turns at the end that tell how it ended.
const LAST: usize = 6;

/// The sentences that carry the most weight, how it ended, and what the desk said it would do.
pub(super) fn summarize(snapshot: &Snapshot) -> ConversationSummary {
    let reading = Reading::new(snapshot);
    ConversationSummary {
        summary: fit(&summary(&reading), 500, "Nothing was said."),
        resolution: resolution(snapshot),
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

/// What was said last counts most: the newest turn that tells of an end decides.
fn resolution(snapshot: &Snapshot) -> Resolution {
    for turn in snapshot.messages.iter().rev().take(LAST) {
        for sentence in split_all(&turn.body).iter().rev() {
            let folded = fold(sentence);
            let says = |phrases: &[&str]| says(&folded, phrases);
            if says(BROKE_OFF) {
                return Resolution::Abandoned;
            }
            if says(HANDED_OVER) && turn.author != "CUSTOMER" {
                return Resolution::Escalated;
            }
            if (says(TICKET) || says(&["tkt"])) && turn.author != "CUSTOMER" {
                return Resolution::Ticketed;
            }
            if says(WORKS) && !says(STILL) && !sentence.trim_end().ends_with('?') {
                return Resolution::Resolved;
            }
        }
    }
    Resolution::Unknown
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
    fn promises_of_the_desk_are_follow_ups() {
        let told = read(
            "Caller: The toner of printer P-7 is empty and I will be away tomorrow.\n\
             Agent: We will send a new toner cartridge to your office. Is that all?\nCaller: Yes.",
        );
        assert_eq!(told.follow_ups.unwrap(), ["We will send a new toner cartridge to your office."]);
        assert!(told.summary.contains("toner of printer P-7"), "{}", told.summary);
    }
}
