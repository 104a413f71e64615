//! What of the agent's sound the caller has heard: a state machine without sockets and without a clock.
//!
//! The model sends sound faster than it is played, and the carrier keeps it. Marks tell how far the caller is; between two
//! marks the clock goes on, but never beyond what was sent. A cut throws away what was not played and says what was heard.

mod heard;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use crate::media_streams::BYTES_PER_MS;
use heard::heard_part;

/// After how much sound a mark is sent, in milliseconds.
const MARK_EVERY_MS: i64 = 150;
/// How long after its end a mark may be late, in milliseconds, before the sound counts as heard without it.
const MARK_LATE_MS: i64 = 3_000;
/// How much may wait at the carrier, in milliseconds. More is not a sentence but a fault, and is dropped.
const WAITING_MAX_MS: i64 = 5 * 60_000;
/// How many answers are remembered that nobody wants to hear any more.
const DISCARDED_MAX: usize = 64;
/// How many finished items are remembered.
const FINISHED_MAX: usize = 32;
/// Longest text that is kept of one item, in bytes.
const TEXT_MAX: usize = 64 * 1024;

/// The sound of one call.
///
/// All sound that was sent is one long piece, measured in bytes from its beginning; items have stretches of it.
#[derive(Debug, Default)]
pub struct Playback {
    generation: u32,
    marks_sent: u64,
    items: VecDeque<Item>,
    marks: VecDeque<Mark>,
    discarded: VecDeque<String>,
    /// Items that were heard in whole, so that a late word of one does not begin it again.
    finished: VecDeque<String>,
    /// How much was sent.
    sent: i64,
    /// How much was heard for certain: a mark said so.
    confirmed: i64,
    /// How much was heard at `since_ms`, by the last mark or by the clock.
    base: i64,
    since_ms: i64,
    /// Sound that came when too much was waiting, in frames.
    dropped: u32,
}

/// One piece of an answer.
#[derive(Debug)]
struct Item {
    response_id: String,
    item_id: String,
    content_index: u32,
    /// Where its sound is in what was sent: beginnings and ends.
    stretches: Vec<(i64, i64)>,
    marked_ms: i64,
    audio_done: bool,
    text: String,
    text_done: bool,
    started_ms: i64,
}

impl Item {
    fn sent_ms(&self) -> i64 {
        self.heard_ms(i64::MAX)
    }

    /// How much of it is before a position.
    fn heard_ms(&self, position: i64) -> i64 {
        let bytes: i64 = self.stretches.iter().map(|(start, end)| (position.min(*end) - start).max(0)).sum();
        bytes / BYTES_PER_MS as i64
    }

    fn end(&self) -> i64 {
        self.stretches.last().map_or(0, |(_, end)| *end)
    }

    fn has_sound(&self) -> bool {
        !self.stretches.is_empty()
    }

    /// Whether all of it was heard for certain.
    fn is_played(&self, confirmed: i64) -> bool {
        self.audio_done && self.has_sound() && self.end() <= confirmed
    }
}

#[derive(Debug)]
struct Mark {
    name: String,
    /// How much was sent before it.
    end: i64,
}

/// What to do with a piece of sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sound {
    /// Nobody wants to hear it.
    Drop,
    /// Send it, and this mark after it.
    Play(Option<String>),
}

/// What was heard of an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The answer.
    pub response_id: String,
    /// The item.
    pub item_id: String,
    /// The words that were heard.
    pub text: String,
    /// Whether the caller cut it short.
    pub interrupted: bool,
    /// When the first sound was sent, in milliseconds of the call.
    pub started_ms: i64,
    /// How much was heard, in milliseconds.
    pub heard_ms: i64,
}

/// What the model must be told of an item that was cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// So much of it was heard.
    Truncate {
        /// The item.
        item_id: String,
        /// The part of it.
        content_index: u32,
        /// In milliseconds; never more than was sent.
        audio_end_ms: i64,
    },
    /// Nothing of it was heard.
    Delete {
        /// The item.
        item_id: String,
    },
}

/// What follows from a cut. The carrier is told to clear in any case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut {
    /// For the model.
    pub corrections: Vec<Correction>,
    /// For the transcript, oldest first. Items of which nothing was heard are left out.
    pub heard: Vec<Heard>,
}

impl Playback {
    /// Sound of an item, `bytes` long. `now_ms` is a moment of the call.
    pub fn audio(&mut self, now_ms: i64, response_id: &str, item_id: &str, content_index: u32, bytes: usize) -> Sound {
        if self.is_discarded(response_id) || bytes == 0 {
            return Sound::Drop;
        }
        if self.waiting_ms(now_ms) > WAITING_MAX_MS {
            self.dropped = self.dropped.saturating_add(1);
            return Sound::Drop;
        }
        // What was heard so far is settled first: the clock must not count the time in which nothing was there to be played.
        self.base = self.position(now_ms);
        self.since_ms = now_ms;
        let at = self.place(now_ms, response_id, item_id, content_index);
        let (start, end) = (self.sent, self.sent + i64::try_from(bytes).unwrap_or(i64::from(u32::MAX)));
        self.sent = end;
        let item = &mut self.items[at];
        if !item.has_sound() {
            item.started_ms = now_ms;
        }
        match item.stretches.last_mut() {
            Some(last) if last.1 == start => last.1 = end,
            _ => item.stretches.push((start, end)),
        }
        // Sound after the last of it was announced: that was not the last one after all.
        item.audio_done = false;
        let sent_ms = item.sent_ms();
        if sent_ms - item.marked_ms < MARK_EVERY_MS {
            return Sound::Play(None);
        }
        item.marked_ms = sent_ms;
        Sound::Play(Some(self.mark(at)))
    }

    /// All sound of an item was sent: the mark that says when it was played.
    pub fn audio_done(&mut self, item_id: &str) -> Option<String> {
        let at = self.items.iter().position(|item| item.item_id == item_id && !item.audio_done)?;
        self.items[at].audio_done = true;
        self.items[at].has_sound().then(|| self.mark(at))
    }

    /// A piece of the words of an item; they may come before the sound.
    pub fn words(&mut self, now_ms: i64, response_id: &str, item_id: &str, piece: &str) {
        if self.is_discarded(response_id) || self.finished.iter().any(|finished| finished == item_id) {
            return;
        }
        let at = self.place(now_ms, response_id, item_id, 0);
        let item = &mut self.items[at];
        if !item.text_done && item.text.len() + piece.len() <= TEXT_MAX {
            item.text.push_str(piece);
        }
    }

    /// All words of an item. Gives what was heard in whole by that.
    pub fn words_done(&mut self, item_id: &str, text: &str) -> Vec<Heard> {
        let Some(item) = self.items.iter_mut().find(|item| item.item_id == item_id) else { return Vec::new() };
        if !text.is_empty() && text.len() <= TEXT_MAX {
            item.text.clear();
            item.text.push_str(text);
        }
        item.text_done = true;
        self.take_finished()
    }

    /// An answer is over: nothing more comes of its items. Gives the marks that are still to be sent and what was heard in
    /// whole meanwhile.
    pub fn response_done(&mut self, response_id: &str) -> (Vec<String>, Vec<Heard>) {
        let mut marks = Vec::new();
        for at in 0..self.items.len() {
            let item = &mut self.items[at];
            if item.response_id != response_id {
                continue;
            }
            item.text_done = true;
            if !std::mem::replace(&mut item.audio_done, true) && item.has_sound() {
                marks.push(self.mark(at));
            }
        }
        // What has words but no sound was not heard, and will not be.
        self.items.retain(|item| item.response_id != response_id || item.has_sound());
        (marks, self.take_finished())
    }

    /// A mark came back. One of an earlier generation means nothing: `clear` gives back all at once.
    pub fn marked(&mut self, now_ms: i64, name: &str) -> Vec<Heard> {
        // Marks come back in the order in which they were sent, so earlier ones that are still open were lost.
        let Some(at) = self.marks.iter().position(|mark| mark.name == name) else { return Vec::new() };
        let Some(mark) = self.marks.drain(..=at).next_back() else { return Vec::new() };
        // Others at the same place say nothing more.
        self.marks.retain(|other| other.end > mark.end);
        self.confirmed = mark.end;
        self.base = mark.end;
        self.since_ms = now_ms;
        self.take_finished()
    }

    /// Items whose last mark is so late that it will not come: they count as heard.
    pub fn overdue(&mut self, now_ms: i64) -> Vec<Heard> {
        let confirmed = self.confirmed;
        let waits = |item: &&mut Item| item.has_sound() && !item.is_played(confirmed);
        let Some(item) = self.items.iter_mut().find(waits) else { return Vec::new() };
        let left_ms = (item.end() - self.base).max(0) / BYTES_PER_MS as i64;
        if !item.audio_done || now_ms - self.since_ms <= left_ms + MARK_LATE_MS {
            return Vec::new();
        }
        item.text_done = true;
        self.confirmed = item.end();
        self.base = self.position(now_ms);
        self.since_ms = now_ms;
        let confirmed = self.confirmed;
        self.marks.retain(|mark| mark.end > confirmed);
        self.take_finished()
    }

    /// The caller speaks, presses a key, or a person takes over: nothing of what waits is played any more.
    ///
    /// `active` is the answer that is being given, so that what still comes of it is dropped. Gives nothing when there is
    /// nothing to cut: then nothing may be truncated either.
    pub fn cut(&mut self, now_ms: i64, active: Option<&str>) -> Option<Cut> {
        if self.items.is_empty() && active.is_none() {
            return None;
        }
        let position = self.position(now_ms);
        let confirmed = self.confirmed;
        let items = std::mem::take(&mut self.items);
        self.generation = self.generation.wrapping_add(1);
        self.marks.clear();
        (self.sent, self.confirmed, self.base) = (0, 0, 0);
        active.into_iter().for_each(|response| self.discard(response));
        let mut cut = Cut::default();
        for item in items {
            self.discard(&item.response_id);
            let (heard_ms, sent_ms) = (item.heard_ms(position), item.sent_ms());
            let is_whole = item.audio_done && item.has_sound() && item.end() <= position.max(confirmed);
            if !is_whole {
                cut.corrections.push(if heard_ms == 0 {
                    Correction::Delete { item_id: item.item_id.clone() }
                } else {
                    Correction::Truncate {
                        item_id: item.item_id.clone(),
                        content_index: item.content_index,
                        audio_end_ms: heard_ms,
                    }
                });
            }
            if is_whole || heard_ms > 0 {
                let heard_ms = if is_whole { sent_ms } else { heard_ms };
                let text = if is_whole {
                    item.text
                } else {
                    heard_part(&item.text, heard_ms, sent_ms, item.audio_done).to_owned()
                };
                let Item { response_id, item_id, started_ms, .. } = item;
                cut.heard.push(Heard { response_id, item_id, text, interrupted: !is_whole, started_ms, heard_ms });
            }
        }
        Some(cut)
    }

    /// Nothing of this answer shall be heard.
    pub fn discard(&mut self, response_id: &str) {
        if self.is_discarded(response_id) {
            return;
        }
        if self.discarded.len() == DISCARDED_MAX {
            self.discarded.pop_front();
        }
        self.discarded.push_back(response_id.to_owned());
    }

    /// Whether nobody wants to hear this answer.
    pub fn is_discarded(&self, response_id: &str) -> bool {
        // What names no answer belongs to none that was cut.
        !response_id.is_empty() && self.discarded.iter().any(|discarded| discarded == response_id)
    }

    /// Whether everything that was sent was heard.
    pub fn is_quiet(&self) -> bool {
        self.items.iter().all(|item| !item.has_sound() || item.is_played(self.confirmed))
    }

    /// The words of an item so far.
    pub fn text_of(&self, item_id: &str) -> &str {
        self.items.iter().find(|item| item.item_id == item_id).map_or("", |item| &item.text)
    }

    /// The answers of which something is not heard in whole or not told in whole.
    pub fn responses(&self) -> Vec<String> {
        let mut responses: Vec<String> = self.items.iter().map(|item| item.response_id.clone()).collect();
        responses.dedup();
        responses
    }

    /// How much sound waits at the carrier, in milliseconds, about.
    pub fn waiting_ms(&self, now_ms: i64) -> i64 {
        (self.sent - self.position(now_ms)) / BYTES_PER_MS as i64
    }

    /// How many pieces of sound were dropped because too much was waiting.
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// How much of everything was heard by now.
    fn position(&self, now_ms: i64) -> i64 {
        let clock = (now_ms - self.since_ms).max(0).saturating_mul(BYTES_PER_MS as i64);
        self.base.saturating_add(clock).min(self.sent)
    }

    fn place(&mut self, now_ms: i64, response_id: &str, item_id: &str, content_index: u32) -> usize {
        let found = self.items.iter().position(|item| item.item_id == item_id && item.content_index == content_index);
        found.unwrap_or_else(|| {
            self.items.push_back(Item {
                response_id: response_id.to_owned(),
                item_id: item_id.to_owned(),
                content_index,
                stretches: Vec::new(),
                marked_ms: 0,
                audio_done: false,
                text: String::new(),
                text_done: false,
                started_ms: now_ms,
            });
            self.items.len() - 1
        })
    }

    /// A mark after everything that was sent, named by the item to which it belongs.
    fn mark(&mut self, at: usize) -> String {
        let item = &self.items[at];
        self.marks_sent += 1;
        let (generation, count) = (self.generation, self.marks_sent);
        let name = format!("{}:{}:g{generation}:m{count}", item.item_id, item.sent_ms());
        self.marks.push_back(Mark { name: name.clone(), end: self.sent });
        name
    }

    /// Items that were heard in whole and of which all words are there, oldest first.
    fn take_finished(&mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        while let Some(at) = self.items.iter().position(|item| item.text_done && item.is_played(self.confirmed)) {
            let Some(item) = self.items.remove(at) else { break };
            let heard_ms = item.sent_ms();
            let Item { response_id, item_id, text, started_ms, .. } = item;
            if self.finished.len() == FINISHED_MAX {
                self.finished.pop_front();
            }
            self.finished.push_back(item_id.clone());
            heard.push(Heard { response_id, item_id, text, interrupted: false, started_ms, heard_ms });
        }
        heard
    }
}
