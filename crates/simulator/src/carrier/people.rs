//! People with telephones whom the server may dial, and what they do when it rings.

use std::sync::Arc;

use super::line::{Act, Heard, Phone};
use super::{Shared, lock};
use crate::modem::speech_ms;

/// How somebody takes calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// After so many milliseconds.
    After(u64),
    /// The line is busy.
    Busy,
    /// It rings and rings.
    Never,
    /// There is no such number.
    NoSuchNumber,
}

/// Somebody with a telephone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their number.
    pub number: String,
    /// How they take calls.
    pub answers: Answers,
    /// Keys that they press when they are asked for one.
    pub presses: String,
    /// What they say, a sentence at a time, once they hear somebody or nobody.
    pub says: Vec<String>,
}

impl Person {
    /// Somebody who answers after two seconds, accepts with 1, says hello and goodbye.
    pub fn kind(number: &str) -> Self {
        Self {
            number: number.to_owned(),
            answers: Answers::After(2_000),
            presses: "1".to_owned(),
            says: vec!["Hello, this is Sam from the service desk.".to_owned(), "I take it from here.".to_owned()],
        }
    }
}

/// Holds the telephone of a person until the call is over.
pub(crate) async fn hold(shared: Arc<Shared>, person: Person, mut phone: Phone) {
    let pace = shared.options.pace;
    let mut says = person.says.iter();
    let (mut bridged, mut pressed, mut pauses) = (false, false, 0);
    let mut said = String::new();
    while let Some(heard) = phone.heard.recv().await {
        match heard {
            Heard::Words(words) => {
                said = format!("{said} {words}").trim().to_owned();
            }
            Heard::Person => {
                bridged = true;
                flush(&shared, &person, &mut said);
            }
            Heard::Pause => {
                flush(&shared, &person, &mut said);
                pauses += 1;
            }
            Heard::Ended => break,
            Heard::Answered | Heard::Ringing | Heard::Desk => continue,
        }
        if !bridged && pauses > 0 && !pressed {
            pressed = true;
            for key in person.presses.chars() {
                pace.sleep(300).await;
                let _ = phone.acts.send(Act::Key(key)).await;
            }
        }
        if bridged && said.is_empty() {
            pace.sleep(400).await;
            match says.next() {
                Some(text) => {
                    let _ = phone.acts.send(Act::Say(text.clone())).await;
                    pace.sleep(speech_ms(text)).await;
                }
                None => {
                    let _ = phone.acts.send(Act::HangUp).await;
                    break;
                }
            }
        }
    }
    flush(&shared, &person, &mut said);
}

fn flush(shared: &Shared, person: &Person, said: &mut String) {
    if !said.is_empty() {
        lock(&shared.overheard).entry(person.number.clone()).or_default().push(std::mem::take(said));
    }
}
