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
#[derive(Debug, Default)]
pub struct Playback {
    generation: u32,
    marks_sent: u64,
    items: VecDeque<Item>,
    marks: VecDeque<Mark>,
    discarded: VecDeque<String>,
    /// Items that were heard in whole, so that a late word of one does not begin it again.
    finished: VecDeque<String>,
    /// Since when the clock counts for the first item that is not heard in whole.
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
    sent_bytes: usize,
    marked_ms: i64,
    /// How much was heard at `since_ms`, by the last mark or by the clock.
    base_ms: i64,
    audio_done: bool,
    text: String,
    text_done: bool,
    /// The last mark came back.
    played: bool,
    started_ms: i64,
}

impl Item {
    fn sent_ms(&self) -> i64 {
        (self.sent_bytes / BYTES_PER_MS) as i64
    }
}

#[derive(Debug)]
struct Mark {
    name: String,
    item_id: String,
    content_index: u32,
    end_ms: i64,
    is_last: bool,
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
        self.settle(now_ms);
        let at = self.place(now_ms, response_id, item_id, content_index);
        let item = &mut self.items[at];
        if item.sent_bytes == 0 {
            item.started_ms = now_ms;
        }
        item.sent_bytes += bytes;
        // Sound after the last of it was announced: its mark is not the last one after all.
        item.played = false;
        item.audio_done = false;
        let sent_ms = item.sent_ms();
        if sent_ms - item.marked_ms < MARK_EVERY_MS {
            return Sound::Play(None);
        }
        item.marked_ms = sent_ms;
        Sound::Play(Some(self.mark(at, sent_ms, false)))
    }

    /// All sound of an item was sent: the mark that says when it was played.
    pub fn audio_done(&mut self, item_id: &str) -> Option<String> {
        let at = self.items.iter().position(|item| item.item_id == item_id && !item.audio_done)?;
        let item = &mut self.items[at];
        item.audio_done = true;
        if item.sent_bytes == 0 {
            return None;
        }
        let sent_ms = item.sent_ms();
        Some(self.mark(at, sent_ms, true))
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
            if !item.audio_done {
                item.audio_done = true;
                let sent_ms = item.sent_ms();
                if item.sent_bytes > 0 {
                    marks.push(self.mark(at, sent_ms, true));
                }
            }
        }
        // What has words but no sound was not heard, and will not be.
        self.items.retain(|item| item.response_id != response_id || item.sent_bytes > 0);
        (marks, self.take_finished())
    }

    /// A mark came back. One of an earlier generation means nothing: `clear` gives back all at once.
    pub fn marked(&mut self, now_ms: i64, name: &str) -> Vec<Heard> {
        // Marks come back in the order in which they were sent, so earlier ones that are still open were lost.
        let Some(at) = self.marks.iter().position(|mark| mark.name == name) else { return Vec::new() };
        let Some(mut mark) = self.marks.drain(..=at).next_back() else { return Vec::new() };
        let of_mark = |item: &Item| item.item_id == mark.item_id && item.content_index == mark.content_index;
        let Some(at) = self.items.iter().position(of_mark) else { return Vec::new() };
        // Sound that came after the last mark of an item is still to be heard.
        mark.is_last &= self.items[at].sent_ms() == mark.end_ms;
        for item in self.items.iter_mut().take(at) {
            item.base_ms = item.sent_ms();
            item.played |= item.audio_done;
        }
        self.items[at].base_ms = mark.end_ms;
        self.items[at].played = mark.is_last;
        self.since_ms = now_ms;
        self.take_finished()
    }

    /// Items whose last mark is so late that it will not come: they count as heard.
    pub fn overdue(&mut self, now_ms: i64) -> Vec<Heard> {
        let Some(item) = self.items.iter_mut().find(|item| !item.played) else { return Vec::new() };
        let left_ms = item.sent_ms() - item.base_ms;
        if item.audio_done && now_ms - self.since_ms > left_ms + MARK_LATE_MS {
            item.played = true;
            item.text_done = true;
            item.base_ms = item.sent_ms();
            self.since_ms = now_ms;
            self.marks.retain(|mark| !(mark.item_id == item.item_id && mark.content_index == item.content_index));
        }
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
        let positions = self.positions(now_ms);
        let items = std::mem::take(&mut self.items);
        self.generation = self.generation.wrapping_add(1);
        self.marks.clear();
        active.into_iter().for_each(|response| self.discard(response));
        let mut cut = Cut::default();
        for (item, heard_ms) in items.into_iter().zip(positions) {
            self.discard(&item.response_id);
            let in_whole = item.played || (item.audio_done && item.sent_bytes > 0 && heard_ms >= item.sent_ms());
            if !in_whole {
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
            if in_whole || heard_ms > 0 {
                let sent_ms = item.sent_ms();
                let text = if in_whole {
                    item.text
                } else {
                    heard_part(&item.text, heard_ms, sent_ms, item.audio_done).to_owned()
                };
                let Item { response_id, item_id, started_ms, .. } = item;
                cut.heard.push(Heard { response_id, item_id, text, interrupted: !in_whole, started_ms, heard_ms });
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
        self.items.iter().all(|item| item.played || item.sent_bytes == 0)
    }

    /// The words of an item so far.
    pub fn text_of(&self, item_id: &str) -> &str {
        self.items.iter().find(|item| item.item_id == item_id).map_or("", |item| &item.text)
    }

    /// How much sound waits at the carrier, in milliseconds, about.
    pub fn waiting_ms(&self, now_ms: i64) -> i64 {
        let sent: i64 = self.items.iter().map(Item::sent_ms).sum();
        sent - self.positions(now_ms).iter().sum::<i64>()
    }

    /// How many pieces of sound were dropped because too much was waiting.
    pub fn dropped(&self) -> u32 {
        self.dropped
    }

    /// How much of each item was heard by now.
    fn positions(&self, now_ms: i64) -> Vec<i64> {
        let mut clock_ms = (now_ms - self.since_ms).max(0);
        let mut positions = Vec::with_capacity(self.items.len());
        for item in &self.items {
            let sent_ms = item.sent_ms();
            let left_ms = (sent_ms - item.base_ms).max(0);
            let heard_ms = if item.played { sent_ms } else { item.base_ms + left_ms.min(clock_ms) };
            clock_ms = if item.played { clock_ms } else { (clock_ms - left_ms).max(0) };
            positions.push(heard_ms.clamp(0, sent_ms));
        }
        positions
    }

    fn settle(&mut self, now_ms: i64) {
        let positions = self.positions(now_ms);
        for (item, heard_ms) in self.items.iter_mut().zip(positions) {
            item.base_ms = heard_ms;
        }
        self.since_ms = now_ms;
    }

    fn place(&mut self, now_ms: i64, response_id: &str, item_id: &str, content_index: u32) -> usize {
        let found = self.items.iter().position(|item| item.item_id == item_id && item.content_index == content_index);
        found.unwrap_or_else(|| {
            self.items.push_back(Item {
                response_id: response_id.to_owned(),
                item_id: item_id.to_owned(),
                content_index,
                sent_bytes: 0,
                marked_ms: 0,
                base_ms: 0,
                audio_done: false,
                text: String::new(),
                text_done: false,
                played: false,
                started_ms: now_ms,
            });
            self.items.len() - 1
        })
    }

    fn mark(&mut self, at: usize, end_ms: i64, is_last: bool) -> String {
        let item = &self.items[at];
        self.marks_sent += 1;
        let name = format!("{}:{end_ms}:g{}:m{}", item.item_id, self.generation, self.marks_sent);
        let (item_id, content_index) = (item.item_id.clone(), item.content_index);
        self.marks.push_back(Mark { name: name.clone(), item_id, content_index, end_ms, is_last });
        name
    }

    /// Items that were heard in whole and of which all words are there, oldest first.
    fn take_finished(&mut self) -> Vec<Heard> {
        let mut heard = Vec::new();
        while let Some(item) =
            self.items.iter().position(|item| item.played && item.text_done).and_then(|at| self.items.remove(at))
        {
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
