//! Which answer may be asked for when: a state machine without sockets.
//!
//! Only one answer can be given at a time, and the server begins one by itself whenever the caller has spoken. So every
//! request of ours goes through here: it is sent when nothing else is going on, requests that mean the same become one, and
//! one that collides is tried again when the other answer is over.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

/// How long the server may take to say that it began or refused an answer, in milliseconds.
const CREATE_LIMIT_MS: i64 = 5_000;
/// How long after the caller's last word the server may take to begin its own answer.
const OWN_ANSWER_MS: i64 = 3_000;
/// How long an answer may go on after it was told to stop.
const CANCEL_LIMIT_MS: i64 = 5_000;
/// How long the server may be busy with an answer of which it never told.
const BUSY_LIMIT_MS: i64 = 10_000;
/// How long the caller may speak without a pause before it counts as noise.
const SPEECH_MAX_MS: i64 = 30_000;
/// How many sentences may wait.
const SENTENCES_MAX: usize = 8;
/// How many runs of tools are remembered.
const CALLS_MAX: usize = 512;
/// How many requests are remembered that seemed to be answered.
const ASSUMED_MAX: usize = 8;

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// What comes next: after a tool, a key, a hand-off.
    Next,
    /// Exactly these words.
    Say(String),
}

/// A request to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Create {
    /// The id of the event, also in the answer's metadata.
    pub event_id: String,
    /// What is wanted.
    pub want: Want,
}

/// The answers of one session.
#[derive(Debug, Default)]
pub struct Sequencer {
    queue: VecDeque<Want>,
    asked: Option<Asked>,
    /// Requests that seemed to be answered, of a server that does not name ours: a late refusal says that they were not.
    assumed: VecDeque<Create>,
    active: Option<String>,
    cancelled_at: Option<i64>,
    /// The server said that it is busy, but never with what.
    busy_since: Option<i64>,
    /// Settings were sent and are not confirmed yet.
    held_since: Option<i64>,
    speaking_since: Option<i64>,
    /// The caller has spoken, and the server will answer by itself.
    own_answer_by: Option<i64>,
    /// That answer is not wanted.
    is_unwanted: bool,
    /// Items that were sent and that the server has not shown yet, since when.
    unseen: u32,
    unseen_since: i64,
    /// The server gives metadata back, so its own answers can be told from ours.
    names_ours: bool,
    count: u64,
    calls: VecDeque<String>,
}

#[derive(Debug)]
struct Asked {
    create: Create,
    at_ms: i64,
}

impl Sequencer {
    /// Something is wanted. The same twice is one; of too many sentences the oldest goes.
    pub fn want(&mut self, want: Want) {
        match &want {
            Want::Next if self.queue.contains(&Want::Next) => {}
            Want::Next => self.queue.push_back(want),
            Want::Say(_) => {
                let is_sentence = |want: &Want| matches!(want, Want::Say(_));
                if self.queue.iter().filter(|want| is_sentence(want)).count() == SENTENCES_MAX
                    && let Some(oldest) = self.queue.iter().position(is_sentence)
                {
                    self.queue.remove(oldest);
                }
                self.queue.push_back(want);
            }
        }
    }

    /// A sentence is wanted before everything else.
    pub fn want_first(&mut self, sentence: String) {
        self.queue.push_front(Want::Say(sentence));
    }

    /// What comes next is not wanted any more: the caller is asked to speak first.
    pub fn forget_next(&mut self) {
        self.queue.retain(|want| *want != Want::Next);
    }

    /// What may be sent now, when something may. It counts as sent.
    pub fn next(&mut self, now_ms: i64) -> Option<Create> {
        self.forget_what_is_late(now_ms);
        let is_free = self.active.is_none()
            && self.asked.is_none()
            && self.busy_since.is_none()
            && self.held_since.is_none()
            && self.speaking_since.is_none()
            && self.own_answer_by.is_none();
        if !is_free {
            return None;
        }
        let want = self.queue.pop_front()?;
        self.count += 1;
        let create = Create { event_id: format!("rc_{}", self.count), want };
        self.asked = Some(Asked { create: create.clone(), at_ms: now_ms });
        Some(create)
    }

    /// An answer began. `create` is what its metadata names, when it names something. Says whether it is one that nobody wants:
    /// then it is to be told to stop.
    #[must_use]
    pub fn created(&mut self, response_id: &str, create: Option<&str>) -> bool {
        self.active = Some(response_id.to_owned());
        self.cancelled_at = None;
        self.busy_since = None;
        if create.is_some() {
            self.names_ours = true;
            if self.asked.as_ref().is_some_and(|asked| Some(asked.create.event_id.as_str()) == create) {
                self.asked = None;
            }
            return false;
        }
        self.own_answer_by = None;
        if std::mem::take(&mut self.is_unwanted) {
            return true;
        }
        // The server's own answer takes in every item that it had seen by then.
        if self.unseen == 0 {
            self.queue.retain(|want| *want != Want::Next);
        }
        false
    }

    /// The caller's last words are answered otherwise: the answer that the server is about to give by itself is not wanted. One
    /// that is being given is to be told to stop, see [`Sequencer::cancel`].
    pub fn withdraw(&mut self) {
        self.is_unwanted = self.own_answer_by.is_some();
    }

    /// An answer is over. It may be one that nobody was told of.
    pub fn done(&mut self, response_id: &str, create: Option<&str>) {
        if self.active.as_deref().is_none_or(|active| active == response_id) {
            self.active = None;
            self.cancelled_at = None;
            self.busy_since = None;
        }
        let is_ours = self.asked.as_ref().is_some_and(|asked| Some(asked.create.event_id.as_str()) == create);
        if is_ours {
            self.asked = None;
        } else if !self.names_ours
            && create.is_none()
            && let Some(asked) = self.asked.take()
        {
            if self.assumed.len() == ASSUMED_MAX {
                self.assumed.pop_front();
            }
            self.assumed.push_back(asked.create);
        }
    }

    /// The server refused one of our events. Gives what was wanted when it was a request that will not be tried again.
    pub fn refused(&mut self, now_ms: i64, event_id: &str, is_busy: bool) -> Option<Want> {
        let asked = self.asked.take_if(|asked| asked.create.event_id == event_id).map(|asked| asked.create);
        let assumed = self.assumed.iter().position(|create| create.event_id == event_id);
        let want = asked.or_else(|| self.assumed.remove(assumed?))?.want;
        if !is_busy {
            return Some(want);
        }
        // First again, unless the same is wanted already.
        if !(want == Want::Next && self.queue.contains(&Want::Next)) {
            self.queue.push_front(want);
        }
        if self.active.is_none() {
            self.busy_since = Some(now_ms);
        }
        None
    }

    /// The answer that is being given, when there is one.
    pub fn active(&self) -> Option<&str> {
        self.active.as_deref()
    }

    /// The answer that is to be told to stop: once each.
    pub fn cancel(&mut self, now_ms: i64) -> Option<&str> {
        if self.active.is_none() || self.cancelled_at.is_some() {
            return None;
        }
        self.cancelled_at = Some(now_ms);
        self.active.as_deref()
    }

    /// The caller began to speak.
    pub fn speech_started(&mut self, now_ms: i64) {
        self.speaking_since = Some(now_ms);
        self.own_answer_by = None;
        self.is_unwanted = false;
    }

    /// The caller stopped; the server answers by itself.
    pub fn speech_stopped(&mut self, now_ms: i64) {
        self.speaking_since = None;
        self.own_answer_by = Some(now_ms + OWN_ANSWER_MS);
        self.is_unwanted = false;
    }

    /// Settings were sent: nothing is asked for until they are confirmed.
    pub fn hold(&mut self, now_ms: i64) {
        self.held_since = Some(now_ms);
    }

    /// The settings were confirmed, or refused.
    pub fn release(&mut self) {
        self.held_since = None;
    }

    /// An item was sent.
    pub fn item_sent(&mut self, now_ms: i64) {
        self.unseen = self.unseen.saturating_add(1);
        self.unseen_since = now_ms;
    }

    /// The server showed an item that it did not make itself.
    pub fn item_seen(&mut self) {
        self.unseen = self.unseen.saturating_sub(1);
    }

    /// Whether this run of a tool is asked for the first time.
    pub fn is_first(&mut self, call_id: &str) -> bool {
        if self.calls.iter().any(|known| known == call_id) {
            return false;
        }
        if self.calls.len() == CALLS_MAX {
            self.calls.pop_front();
        }
        self.calls.push_back(call_id.to_owned());
        true
    }

    /// Whether nothing is asked for, wanted or going on.
    pub fn is_idle(&self) -> bool {
        self.queue.is_empty() && self.asked.is_none() && self.active.is_none()
    }

    /// Whether an answer is being given, or the server is about to give one.
    pub fn is_answering(&self) -> bool {
        self.active.is_some() || self.asked.is_some() || self.own_answer_by.is_some()
    }

    /// The socket is gone: nothing is going on any more. What is wanted, and what was asked for without an answer, is wanted
    /// still; which tools ran is remembered.
    pub fn disconnected(&mut self) {
        let asked = self.asked.take().map(|asked| asked.create.want);
        let own_answer = self.own_answer_by.is_some() && !self.is_unwanted;
        let had_answer = self.active.is_some() || own_answer || self.speaking_since.is_some();
        let queue = std::mem::take(&mut self.queue);
        let calls = std::mem::take(&mut self.calls);
        *self = Self { calls, count: self.count, ..Self::default() };
        asked.into_iter().chain(queue).for_each(|want| self.want(want));
        // An answer that was cut off by the break is given again.
        if had_answer {
            self.want(Want::Next);
        }
    }

    fn forget_what_is_late(&mut self, now_ms: i64) {
        let late = |since: Option<i64>, limit: i64| since.is_some_and(|since| now_ms - since > limit);
        if late(self.held_since, CREATE_LIMIT_MS) {
            self.held_since = None;
        }
        if late(self.busy_since, BUSY_LIMIT_MS) {
            self.busy_since = None;
        }
        if late(self.cancelled_at, CANCEL_LIMIT_MS) {
            self.cancelled_at = None;
            self.active = None;
        }
        if late(self.speaking_since, SPEECH_MAX_MS) {
            self.speaking_since = None;
        }
        if self.unseen > 0 && now_ms - self.unseen_since > CREATE_LIMIT_MS {
            self.unseen = 0;
        }
        if self.own_answer_by.is_some_and(|by| now_ms > by) {
            // The server did not answer the caller by itself, so it is asked to.
            self.own_answer_by = None;
            if !std::mem::take(&mut self.is_unwanted) {
                self.want(Want::Next);
            }
        }
        if self.asked.as_ref().is_some_and(|asked| now_ms - asked.at_ms > CREATE_LIMIT_MS) {
            self.asked = None;
        }
    }
}
