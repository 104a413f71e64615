//! Reading a transcript of a conversation that was typed or spoken elsewhere.

use crate::snapshot::SnapshotMessage;
use crate::text::{clean, fold, head, length};

/// Longest transcript, in characters.
pub const TRANSCRIPT_MAX: usize = 100_000;
/// Longest name of a speaker, in characters.
const SPEAKER_MAX: usize = 40;
/// A turn without an end is cut into pieces of so many characters.
const TURN_MAX: usize = 4_000;

/// The turns of a transcript with one `Speaker: words` a line, perhaps with a time before the speaker. A line without a
/// speaker belongs to the turn before; text before the first speaker counts as the customer's.
pub fn turns(transcript: &str) -> Vec<SnapshotMessage> {
    let mut turns: Vec<SnapshotMessage> = Vec::new();
    for line in transcript.lines().map(clean).filter(|line| !line.is_empty()) {
        match speaker(&line) {
            Some((name, said)) => turns.push(turn(turns.len(), author(name), Some(name), said)),
            None => match turns.last_mut() {
                Some(last) if length(&last.body) + length(&line) < TURN_MAX => {
                    last.body.push('\n');
                    last.body.push_str(&line);
                }
                last => {
                    let (author, name) = last
                        .map_or(("CUSTOMER".to_owned(), None), |last| (last.author.clone(), last.author_name.clone()));
                    let mut rest = line.as_str();
                    while !rest.is_empty() {
                        let piece = head(rest, TURN_MAX);
                        rest = &rest[piece.len()..];
                        turns.push(turn(turns.len(), &author, name.as_deref(), piece));
                    }
                }
            },
        }
    }
    turns.retain(|turn| !turn.body.trim().is_empty());
    turns
}

fn turn(index: usize, author: &str, name: Option<&str>, said: &str) -> SnapshotMessage {
    SnapshotMessage {
        id: format!("turn-{}", index + 1),
        author: author.to_owned(),
        author_name: name.map(str::to_owned),
        body: said.to_owned(),
        ..SnapshotMessage::default()
    }
}

/// `Caller: my printer`, `[00:12] Agent (Mara): let us see`, `00:12 Mara: …`. An address such as `https://…` or a sentence
/// with a colon in it names no speaker.
fn speaker(line: &str) -> Option<(&str, &str)> {
    let rest = line.trim_start_matches(|c: char| c.is_ascii_digit() || "[]():.,- ".contains(c));
    let rest = if rest.is_empty() { line } else { rest };
    let (name, said) = rest.split_once(':')?;
    let name = name.trim().trim_matches(['*', '_']);
    let few_words = name.split_whitespace().count() <= 4;
    let letters = name.chars().next().is_some_and(char::is_alphabetic)
        && name.chars().all(|c| c.is_alphanumeric() || " .'’-_()/#".contains(c));
    (letters && few_words && length(name) <= SPEAKER_MAX && !said.starts_with("//")).then_some((name, said.trim()))
}

/// Whose side a speaker is on.
fn author(name: &str) -> &'static str {
    const DESK: &[&str] = &[
        "agent",
        "support",
        "engineer",
        "desk",
        "helpdesk",
        "technician",
        "operator",
        "assistant",
        "bot",
        "ai",
        "tech",
        "representative",
        "rep",
        "advisor",
        "dispatcher",
    ];
    const MACHINE: &[&str] = &["system", "ivr", "tool", "recording"];
    let folded = fold(name);
    let has = |words: &[&str]| folded.split(' ').any(|word| words.contains(&word));
    if has(MACHINE) {
        "SYSTEM"
    } else if has(DESK) {
        "AGENT"
    } else {
        "CUSTOMER"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(transcript: &str) -> Vec<String> {
        let tell = |turn: &SnapshotMessage| {
            format!("{}|{}|{}", turn.author, turn.author_name.as_deref().unwrap_or("-"), turn.body)
        };
        turns(transcript).iter().map(tell).collect()
    }

    #[test]
    fn speakers() {
        for (line, expected) in [
            ("Caller: my printer jams", "CUSTOMER|Caller|my printer jams"),
            ("Agent: let us see", "AGENT|Agent|let us see"),
            ("[00:12] Support engineer (Mara): hello", "AGENT|Support engineer (Mara)|hello"),
            ("00:12:07 Jonas Berg: hello", "CUSTOMER|Jonas Berg|hello"),
            ("SYSTEM: call transferred", "SYSTEM|SYSTEM|call transferred"),
            ("**AI:** welcome", "AGENT|AI|** welcome"),
            ("see https://example.com/a", "CUSTOMER|-|see https://example.com/a"),
            ("this is what it said on the screen: error 5", "CUSTOMER|-|this is what it said on the screen: error 5"),
            ("42", "CUSTOMER|-|42"),
        ] {
            assert_eq!(read(line), [expected], "{line}");
        }
    }

    #[test]
    fn lines_go_on_and_empty_turns_are_left_out() {
        let told = read("Hello there\n\nAgent: one\ntwo\r\nCaller:\nAgent: \n Caller: three\0");
        assert_eq!(told, ["CUSTOMER|-|Hello there", "AGENT|Agent|one\ntwo", "CUSTOMER|Caller|three"]);
        assert!(read(" \n\t\n").is_empty());
    }

    #[test]
    fn endless_turns_are_cut() {
        let told = turns(&"ä".repeat(10_000));
        assert_eq!(told.iter().map(|turn| length(&turn.body)).collect::<Vec<_>>(), [4_000, 4_000, 2_000]);
        assert_eq!(told[2].id, "turn-3");
    }
}
