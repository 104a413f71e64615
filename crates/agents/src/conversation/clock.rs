//! What time does: filler words while a tool is slow, a question after silence, the longest length of a call.

use patchcord_domain::call::Ending;

use super::{Conversation, Moment, Output, Phase};

/// A tool that takes longer is covered by a few words.
const FILLER_MS: i64 = 1_200;
/// The caller is warned so long before the end.
const WARNING_MS: i64 = 60_000;
/// Last words that nobody reports as heard do not hold the line for longer.
const LAST_WORDS_MS: i64 = 20_000;
/// An engine that has not told anything for so long has forgotten to.
const STUCK_MS: i64 = 60_000;
/// How much longer a caller may be silent who asked for a while.
const PATIENCE: i64 = 4;

impl Conversation {
    pub(super) fn tick(&mut self, moment: Moment, out: &mut Vec<Output>) {
        match self.phase {
            Phase::Fresh | Phase::Over => {}
            Phase::Leaving { ref ending, since_ms, .. } => {
                if moment.ms - since_ms >= LAST_WORDS_MS {
                    let ending = ending.clone();
                    self.finish(moment, ending, out);
                }
            }
            Phase::Talking => {
                self.keys_on_tick(moment, out);
                self.length(moment, out);
                self.filler(moment, out);
                self.silence(moment, out);
            }
        }
    }

    fn length(&mut self, moment: Moment, out: &mut Vec<Output>) {
        let left = self.limits.max_call_ms - moment.ms;
        if left <= 0 {
            let words = self.language().say.too_long.clone();
            self.leave(moment, Ending::TooLong, Some(words), out);
            return;
        }
        // The warning does not cut anybody short, unless it would come too late.
        let is_free = !self.ear.is_playing && !self.ear.is_thinking && self.ear.speech_ms.is_none();
        let is_due = left <= WARNING_MS && self.limits.max_call_ms > 2 * WARNING_MS;
        if is_due && !self.warned && (is_free || left <= WARNING_MS / 2) {
            self.warned = true;
            self.is_dirty = true;
            let words = self.language().say.minute_left.clone();
            self.say_aside(words, out);
            let note = self.agents.notes.minute_left.clone();
            self.tell("minute_left", &note, out);
        }
    }

    fn filler(&mut self, moment: Moment, out: &mut Vec<Output>) {
        if self.ear.is_playing || self.ear.speech_ms.is_some() || self.ear.is_thinking {
            return;
        }
        let is_slow = self.pending.iter().any(|tool| !tool.is_filled && moment.ms - tool.since_ms >= FILLER_MS);
        if is_slow && matches!(self.phase, Phase::Talking) {
            self.pending.iter_mut().for_each(|tool| tool.is_filled = true);
            let fillers = &self.language().say.fillers;
            let words = fillers[self.fillers % fillers.len()].clone();
            self.fillers += 1;
            self.say_aside(words, out);
        }
    }

    fn silence(&mut self, moment: Moment, out: &mut Vec<Output>) {
        if !matches!(self.phase, Phase::Talking) {
            return;
        }
        let quiet = moment.ms - self.ear.sign_ms;
        let is_busy = self.ear.is_playing
            || self.ear.is_thinking
            || self.ear.speech_ms.is_some()
            || !self.pending.is_empty()
            || !self.keys.is_empty();
        if is_busy && quiet < STUCK_MS.max(self.limits.idle_ms * 2) {
            return;
        }
        let patience = if self.ear.is_patient && !self.asked_still_there { PATIENCE } else { 1 };
        if quiet < self.limits.idle_ms * patience {
            return;
        }
        self.ear.is_playing = false;
        self.ear.is_thinking = false;
        self.ear.speech_ms = None;
        // The silence after the question is counted anew.
        self.ear.sign_ms = moment.ms;
        if self.asked_still_there {
            let words = self.language().say.goodbye_silence.clone();
            self.leave(moment, Ending::Silence, Some(words), out);
        } else {
            self.asked_still_there = true;
            let words = self.language().say.still_there.clone();
            self.say_aside(words, out);
        }
    }
}
