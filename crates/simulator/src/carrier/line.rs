//! A line between the carrier and somebody with a telephone: what they hear, and what they do.

use tokio::sync::mpsc;

/// What somebody hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The line is open.
    Answered,
    /// A word, or a few.
    Words(String),
    /// Nothing more for now: what was being said has come to its end, or was cut.
    Pause,
    /// The other side of the line is being rung.
    Ringing,
    /// A person is on the line from now on, no longer the desk.
    Person,
    /// The desk is on the line again.
    Desk,
    /// The line is dead.
    Ended,
}

/// What somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Says this.
    Say(String),
    /// Presses a key: `0`–`9`, `*`, `#`.
    Key(char),
    /// Makes no words, but so many milliseconds of the noise of a room.
    Noise(u64),
    /// Their telephone sends back what it plays, more quietly, for so many milliseconds.
    Echo(u64),
    /// Hangs up.
    HangUp,
}

/// The carrier's end.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) heard: mpsc::Sender<Heard>,
    pub(crate) acts: mpsc::Receiver<Act>,
}

/// The end of whoever holds the telephone.
#[derive(Debug)]
pub struct Phone {
    /// What is heard.
    pub heard: mpsc::Receiver<Heard>,
    /// Where to say what to do.
    pub acts: mpsc::Sender<Act>,
}

/// Sounds and deeds that may wait; nobody speaks so far ahead.
const ROOM: usize = 1_024;

/// A new line.
pub(crate) fn line() -> (Line, Phone) {
    let (heard, hears) = mpsc::channel(ROOM);
    let (acts, acted) = mpsc::channel(ROOM);
    (Line { heard, acts: acted }, Phone { heard: hears, acts })
}

impl Line {
    /// Lets them hear something. Somebody who does not listen misses it.
    pub(crate) fn hear(&self, heard: Heard) {
        let _ = self.heard.try_send(heard);
    }

    /// What they do next; hanging up when they are gone.
    pub(crate) async fn act(&mut self) -> Act {
        self.acts.recv().await.unwrap_or(Act::HangUp)
    }
}
