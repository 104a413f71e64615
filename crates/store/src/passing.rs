//! Words that pass between nodes without being stored: text that is being written, who looks at what.
//!
//! They go by NOTIFY, bounded in rate, size and number, and may be lost. Those of one key that wait together are one: only
//! the newest is sent.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::time::Instant;

use crate::Store;

/// Most bytes that pass at once; PostgreSQL refuses 8,000 and more.
pub const PASSED_MAX: usize = 7_900;
/// Between two sendings of a node, so that one key is sent at most four times a second.
const PAUSE: Duration = Duration::from_millis(250);
/// Most keys that wait; what comes beyond that is lost.
const WAITING_MAX: usize = 256;
/// Words of other nodes that wait for the slowest reader.
const HEARD_MAX: usize = 512;

/// What waits to be sent, and who hears what other nodes sent.
pub(crate) struct Words {
    waiting: Mutex<Waiting>,
    heard: broadcast::Sender<Arc<str>>,
}

struct Waiting {
    words: VecDeque<(String, String)>,
    not_before: Instant,
}

impl Default for Words {
    fn default() -> Self {
        let waiting = Waiting { words: VecDeque::new(), not_before: Instant::now() };
        Self { waiting: Mutex::new(waiting), heard: broadcast::Sender::new(HEARD_MAX) }
    }
}

impl Words {
    /// Lets a word wait; says whether it does.
    fn put(&self, key: &str, word: String) -> bool {
        let mut waiting = self.lock();
        if word.len() > PASSED_MAX {
            return false;
        }
        if let Some(known) = waiting.words.iter_mut().find(|(known, _)| known == key) {
            known.1 = word;
            return true;
        }
        if waiting.words.len() == WAITING_MAX {
            return false;
        }
        waiting.words.push_back((key.to_owned(), word));
        true
    }

    /// When the next sending is due; `None` when nothing waits.
    pub(crate) fn due(&self) -> Option<Instant> {
        let waiting = self.lock();
        (!waiting.words.is_empty()).then_some(waiting.not_before)
    }

    /// Everything that waits, when a sending is due.
    pub(crate) fn take(&self, now: Instant) -> VecDeque<(String, String)> {
        let mut waiting = self.lock();
        if waiting.words.is_empty() || waiting.not_before > now {
            return VecDeque::new();
        }
        waiting.not_before = now + PAUSE;
        std::mem::take(&mut waiting.words)
    }

    /// Another node has sent this.
    pub(crate) fn hear(&self, word: &str) {
        // Nobody listening is no error.
        let _ = self.heard.send(word.into());
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().expect("nothing panics while it is held")
    }
}

impl Store {
    /// Passes a word on to the other nodes within a quarter of a second, instead of an older one of the same key that still
    /// waits. It may be lost, and is when it has more than [`PASSED_MAX`] bytes. Without other nodes nothing happens.
    pub fn pass_on(&self, key: &str, word: String) {
        if self.has_other_nodes() && self.signals().others().words.put(key, word) {
            self.signals().others().any.notify_one();
        }
    }

    /// What other nodes pass on, from now on. A reader who falls behind loses the oldest.
    pub fn watch_passed(&self) -> broadcast::Receiver<Arc<str>> {
        self.signals().others().words.heard.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(words: &Words, now: Instant) -> Vec<(String, String)> {
        words.take(now).into()
    }

    #[test]
    fn only_the_newest_of_a_key_is_sent_and_four_times_a_second_at_most() {
        let (words, now) = (Words::default(), Instant::now());
        assert_eq!((words.due(), taken(&words, now)), (None, vec![]));
        for (key, word) in [("a", "1"), ("b", "2"), ("a", "3")] {
            assert!(words.put(key, word.to_owned()));
        }
        assert_eq!(taken(&words, now), [("a".into(), "3".into()), ("b".into(), "2".into())]);
        assert!(words.put("a", "4".to_owned()));
        assert_eq!(words.due(), Some(now + PAUSE));
        assert_eq!(taken(&words, now + PAUSE / 2), []);
        assert_eq!(taken(&words, now + PAUSE), [("a".into(), "4".into())]);
    }

    #[test]
    fn what_is_too_long_or_too_many_is_lost() {
        let words = Words::default();
        assert!(!words.put("long", "x".repeat(PASSED_MAX + 1)));
        for number in 0..WAITING_MAX {
            assert!(words.put(&number.to_string(), String::new()));
        }
        assert!(!words.put("one more", String::new()));
        assert!(words.put("0", "a known one".to_owned()));
        assert_eq!(words.take(Instant::now()).len(), WAITING_MAX);
    }
}
