//! The caller's sound on its way to the model: gaps are filled, frames are counted, and those that wait travel together.

use patchcord_domain::call::Line;

use super::echo::power;
use crate::media_streams::{join, payload_ms, silence};

/// Longest gap that is filled, in milliseconds.
const GAP_MAX_MS: i64 = 10_000;
/// A gap that is shorter is no lost frame but a carrier that rounds.
const GAP_MIN_MS: i64 = 15;
/// After so long without sound while the caller speaks, silence is put in: the model would wait for the end for ever.
const MUTE_AFTER_MS: i64 = 750;
/// How much silence is put in then.
const MUTE_MS: i64 = 1_000;
/// A frame that comes so much later than its time stamp says is late.
const LATE_MS: i64 = 100;
/// Milliseconds of one frame, for counting those that are lost.
const FRAME_MS: i64 = 20;
/// How much sound is kept while there is no model, in milliseconds.
const KEPT_MS: i64 = 2_000;
/// The power above which a frame that comes while there is no model counts as speech: forty decibels below the loudest.
const LOUD: u64 = 6_400;
/// So much of it is a word, in milliseconds.
const WORD_MS: i64 = 200;

/// The caller's side of the line.
#[derive(Debug, Default)]
pub(super) struct CallersLine {
    /// Where the next frame should begin, in milliseconds of the stream.
    expected_ms: Option<i64>,
    last_at_ms: i64,
    /// The least that arrival was behind the time stamp.
    least_behind_ms: Option<i64>,
    is_speaking: bool,
    kept: std::collections::VecDeque<Kept>,
    kept_ms: i64,
    /// Speech among what was kept and had to go.
    dropped_ms: i64,
    pub(super) counts: Line,
    bridge: Delays,
}

/// Sound that is kept for a model.
#[derive(Debug)]
struct Kept {
    length_ms: i64,
    is_loud: bool,
    payload: String,
}

impl CallersLine {
    /// A frame came. Gives the silence that is to be put before it, as base64.
    pub(super) fn frame(&mut self, now_ms: i64, timestamp_ms: Option<i64>, payload: &str) -> Option<String> {
        self.last_at_ms = now_ms;
        let length_ms = payload_ms(payload);
        let timestamp_ms = timestamp_ms?;
        let behind_ms = now_ms - timestamp_ms;
        let least = self.least_behind_ms.map_or(behind_ms, |least| least.min(behind_ms));
        self.least_behind_ms = Some(least);
        if behind_ms - least > LATE_MS {
            self.counts.frames_late = self.counts.frames_late.saturating_add(1);
        }
        let gap_ms = self.expected_ms.map_or(0, |expected| timestamp_ms - expected);
        self.expected_ms = Some((timestamp_ms + length_ms).max(self.expected_ms.unwrap_or(0)));
        if gap_ms < GAP_MIN_MS {
            return None;
        }
        let lost = u32::try_from((gap_ms + FRAME_MS / 2) / FRAME_MS).unwrap_or(u32::MAX);
        self.counts.frames_lost = self.counts.frames_lost.saturating_add(lost);
        Some(silence(gap_ms.min(GAP_MAX_MS)))
    }

    /// The caller began to speak, or stopped.
    pub(super) fn speaks(&mut self, is_speaking: bool) {
        self.is_speaking = is_speaking;
    }

    /// Time goes by. Gives silence when the caller's telephone sends nothing any more in the middle of speech.
    pub(super) fn mute(&mut self, now_ms: i64) -> Option<String> {
        if !self.is_speaking || now_ms - self.last_at_ms < MUTE_AFTER_MS {
            return None;
        }
        self.last_at_ms = now_ms + MUTE_MS - MUTE_AFTER_MS;
        // What is filled here is no gap when the sound comes back.
        self.expected_ms = self.expected_ms.map(|expected| expected + MUTE_MS);
        Some(silence(MUTE_MS))
    }

    /// There is no model now: the newest sound is kept for it.
    pub(super) fn keep(&mut self, payload: &str) {
        let length_ms = payload_ms(payload);
        let is_loud = power(payload).is_some_and(|power| power > LOUD);
        self.kept.push_back(Kept { length_ms, is_loud, payload: payload.to_owned() });
        self.kept_ms += length_ms;
        while self.kept_ms > KEPT_MS {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.kept_ms -= oldest.length_ms;
            self.dropped_ms += if oldest.is_loud { oldest.length_ms } else { 0 };
        }
    }

    /// Whether the caller has said something while there was no model that none will hear: what had to go, and what is kept as
    /// well when no model will get it.
    pub(super) fn has_lost_speech(&self, with_kept: bool) -> bool {
        let kept = self.kept.iter().filter(|kept| with_kept && kept.is_loud).map(|kept| kept.length_ms);
        self.dropped_ms + kept.sum::<i64>() >= WORD_MS
    }

    /// What was kept, as one piece.
    pub(super) fn take_kept(&mut self) -> Option<String> {
        (self.kept_ms, self.dropped_ms) = (0, 0);
        let kept = std::mem::take(&mut self.kept);
        (!kept.is_empty()).then(|| join(kept.iter().map(|kept| kept.payload.as_str())))
    }

    /// So long took something from one socket to the other, in microseconds.
    pub(super) fn took(&mut self, micros: u64) {
        self.bridge.add(micros);
    }

    /// The figures so far.
    pub(super) fn figures(&self) -> Line {
        Line { bridge_added_ms: self.bridge.worst_of_a_hundred_ms(), ..self.counts }
    }
}

/// Delays by powers of two, in microseconds.
#[derive(Debug, Default)]
struct Delays {
    counts: [u32; 32],
    all: u32,
}

impl Delays {
    fn add(&mut self, micros: u64) {
        let at = (u64::BITS - micros.leading_zeros()).min(31) as usize;
        self.counts[at] = self.counts[at].saturating_add(1);
        self.all = self.all.saturating_add(1);
    }

    /// In whole milliseconds, rounded up.
    fn worst_of_a_hundred_ms(&self) -> u32 {
        let above = self.all / 100;
        let mut seen = 0;
        for (at, count) in self.counts.iter().enumerate().rev() {
            seen += count;
            if seen > above {
                return (1_u32 << at).div_ceil(1_000);
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_filled_and_counted() {
        let mut line = CallersLine::default();
        let frame = silence(20);
        assert_eq!(line.frame(0, Some(25), &frame), None, "the first has nothing before it");
        assert_eq!(line.frame(20, Some(45), &frame), None);
        assert_eq!(line.frame(40, Some(70), &frame), None, "a carrier that rounds");
        let filled = line.frame(160, Some(150), &frame).unwrap();
        assert_eq!(payload_ms(&filled), 60);
        assert_eq!(line.counts.frames_lost, 3);
        assert_eq!(payload_ms(&line.frame(200, Some(100_000), &frame).unwrap()), GAP_MAX_MS);
        assert_eq!(line.frame(210, Some(90), &frame), None, "a frame from before");
        assert_eq!(line.frame(220, None, &frame), None);
    }

    #[test]
    fn late_frames_are_counted() {
        let mut line = CallersLine::default();
        let frame = silence(20);
        line.frame(1_000, Some(0), &frame);
        line.frame(1_020, Some(20), &frame);
        line.frame(1_200, Some(40), &frame);
        line.frame(1_141, Some(60), &frame);
        assert_eq!(line.counts.frames_late, 1);
    }

    #[test]
    fn a_telephone_that_falls_silent_ends_the_speech() {
        let mut line = CallersLine::default();
        let frame = silence(20);
        line.frame(0, Some(0), &frame);
        assert_eq!(line.mute(2_000), None, "nobody speaks");
        line.speaks(true);
        assert_eq!(payload_ms(&line.mute(2_000).unwrap()), MUTE_MS);
        assert_eq!(line.mute(2_900), None);
        assert!(line.mute(3_000).is_some());
        // The sound comes back 3000 later; 2000 of it was filled already.
        assert_eq!(payload_ms(&line.frame(3_020, Some(3_020), &frame).unwrap()), 1_000);
    }

    #[test]
    fn two_seconds_are_kept_for_a_model_that_is_away() {
        let mut line = CallersLine::default();
        assert_eq!(line.take_kept(), None);
        for _ in 0..200 {
            line.keep(&silence(20));
        }
        assert_eq!(payload_ms(&line.take_kept().unwrap()), KEPT_MS);
        assert_eq!(line.take_kept(), None);
    }

    #[test]
    fn speech_that_no_model_hears_is_noticed() {
        use base64::Engine;
        let speech = base64::engine::general_purpose::STANDARD.encode([0x9f; 160]);
        let mut line = CallersLine::default();
        for _ in 0..500 {
            line.keep(&silence(20));
        }
        assert!(!line.has_lost_speech(true), "silence is nothing");
        for _ in 0..10 {
            line.keep(&speech);
        }
        assert!(line.has_lost_speech(true) && !line.has_lost_speech(false));
        for _ in 0..100 {
            line.keep(&silence(20));
        }
        assert!(line.has_lost_speech(false), "what had to go no model hears");
        line.take_kept();
        assert!(!line.has_lost_speech(true));
    }

    #[test]
    fn delays_are_kept_by_their_size() {
        let mut delays = Delays::default();
        assert_eq!(delays.worst_of_a_hundred_ms(), 0);
        for _ in 0..990 {
            delays.add(200);
        }
        for _ in 0..10 {
            delays.add(7_000);
        }
        assert_eq!(delays.worst_of_a_hundred_ms(), 1);
        delays.add(7_000);
        assert_eq!(delays.worst_of_a_hundred_ms(), 9);
    }
}
