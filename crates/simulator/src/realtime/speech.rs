//! Voice detection: when somebody begins and stops to speak, by how loud it is, and which words they said.

use crate::modem::{Ear, SAMPLES_PER_MS, level};

/// Samples that are looked at together.
const WINDOW: usize = 20 * SAMPLES_PER_MS;

/// Settings of the detection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    pub(crate) threshold: f32,
    pub(crate) padding_ms: u64,
    pub(crate) silence_ms: u64,
}

/// What was noticed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Noticed {
    /// Somebody speaks since this moment.
    Started { at_ms: u64 },
    /// They stopped at this moment, and said this in so many milliseconds.
    Stopped { at_ms: u64, text: String, ms: u64 },
}

/// Listens.
#[derive(Debug, Default)]
pub(crate) struct Detector {
    rest: Vec<u8>,
    heard_ms: u64,
    loud_ms: u64,
    quiet_ms: u64,
    since: Option<u64>,
    ear: Ear,
    words: Vec<String>,
}

impl Detector {
    /// Hears more.
    pub(crate) fn hear(&mut self, samples: &[u8], settings: Settings) -> Vec<Noticed> {
        self.rest.extend_from_slice(samples);
        let mut noticed = Vec::new();
        while self.rest.len() >= WINDOW {
            let rest = self.rest.split_off(WINDOW);
            let window = std::mem::replace(&mut self.rest, rest);
            noticed.extend(self.window(&window, settings));
        }
        noticed
    }

    /// Milliseconds heard so far.
    pub(crate) fn heard_ms(&self) -> u64 {
        self.heard_ms
    }

    /// What was said since the last sentence, taken out: for a commit by hand.
    pub(crate) fn take(&mut self) -> String {
        self.since = None;
        std::mem::take(&mut self.words).join(" ")
    }

    fn window(&mut self, window: &[u8], settings: Settings) -> Option<Noticed> {
        self.words.extend(self.ear.hear(window));
        self.heard_ms += 20;
        // The last window of a sentence is partly silence; half of a loud one counts.
        let loud = level(window) > settings.threshold;
        (self.loud_ms, self.quiet_ms) = if loud { (self.loud_ms + 20, 0) } else { (0, self.quiet_ms + 20) };
        match self.since {
            None if self.loud_ms >= 40 => {
                let at_ms = self.heard_ms.saturating_sub(self.loud_ms + settings.padding_ms);
                self.since = Some(at_ms);
                Some(Noticed::Started { at_ms })
            }
            Some(since) if self.quiet_ms >= settings.silence_ms => {
                self.since = None;
                let text = std::mem::take(&mut self.words).join(" ");
                Some(Noticed::Stopped { at_ms: self.heard_ms, text, ms: self.heard_ms - since })
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modem::{SILENCE, echo, noise, speak};

    const SETTINGS: Settings = Settings { threshold: 0.6, padding_ms: 300, silence_ms: 500 };

    #[test]
    fn speech_and_what_is_none() {
        let mut detector = Detector::default();
        let silence = vec![SILENCE; 600 * SAMPLES_PER_MS];
        assert!(detector.hear(&silence, SETTINGS).is_empty());
        assert!(detector.hear(&noise(2_000), SETTINGS).is_empty());
        assert!(detector.hear(&echo(&speak("what the agent says")), SETTINGS).is_empty());
        let begin = detector.heard_ms();
        let noticed = detector.hear(&speak("hello there"), SETTINGS);
        assert!(
            matches!(noticed[..], [Noticed::Started { at_ms }] if at_ms.abs_diff(begin - 300) <= 20),
            "{noticed:?}"
        );
        let noticed = detector.hear(&silence, SETTINGS);
        assert!(matches!(&noticed[..], [Noticed::Stopped { text, .. }] if text == "hello there"), "{noticed:?}");
    }

    #[test]
    fn a_short_break_does_not_end_a_sentence() {
        let mut detector = Detector::default();
        detector.hear(&speak("one"), SETTINGS);
        assert!(detector.hear(&[SILENCE; 300 * SAMPLES_PER_MS], SETTINGS).is_empty());
        detector.hear(&speak("two"), SETTINGS);
        let noticed = detector.hear(&[SILENCE; 600 * SAMPLES_PER_MS], SETTINGS);
        assert!(matches!(&noticed[..], [Noticed::Stopped { text, .. }] if text == "one two"), "{noticed:?}");
    }
}
