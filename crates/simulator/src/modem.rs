//! Words in sound: text becomes µ-law samples (8 kHz) that sound like nothing, but carry the words, so that whoever listens
//! at the other end knows what was said without anything that goes past the audio path.
//!
//! A word is a stretch of loud samples as long as somebody takes to say it. Its letters are in the last of them: a mark of
//! four samples, then half a byte a sample (the length, the text in UTF-8, a sum). A word that is cut off is not heard.

/// µ-law silence.
pub const SILENCE: u8 = 0xff;
/// Samples of a millisecond.
pub const SAMPLES_PER_MS: usize = 8;

/// How long one letter takes.
const LETTER_MS: u64 = 66;
/// Bytes of a word that go into one packet; longer ones become two words.
const WORD_MAX: usize = 60;
const MARK: [u8; 4] = [0x1c, 0x9c, 0x1c, 0x9c];
const FILL: [u8; 2] = [0x15, 0x95];
const NOISE: [u8; 6] = [0x5a, 0xd3, 0x61, 0xdc, 0x66, 0xe5];

/// How long a word takes to say, in milliseconds.
pub fn word_ms(word: &str) -> u64 {
    (u64::try_from(word.chars().count()).unwrap_or(0) + 1) * LETTER_MS
}

/// How long a text takes to say, in milliseconds.
pub fn speech_ms(text: &str) -> u64 {
    text.split_whitespace().map(word_ms).sum()
}

/// The words of a text as they are spoken: never longer than a packet takes.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(|word| {
        let mut rest = word;
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let mut end = rest.len().min(WORD_MAX);
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let (head, tail) = rest.split_at(end);
            rest = tail;
            Some(head)
        })
    })
}

/// The sound of a text.
pub fn speak(text: &str) -> Vec<u8> {
    let mut samples = Vec::new();
    for word in words(text) {
        speak_word(word, &mut samples);
    }
    samples
}

/// The sound of one word.
pub(crate) fn speak_word(word: &str, samples: &mut Vec<u8>) {
    let packet = packet(word.as_bytes());
    let length = usize::try_from(word_ms(word)).unwrap_or(0) * SAMPLES_PER_MS;
    let fill = length.saturating_sub(packet.len());
    samples.extend((0..fill).map(|at| FILL[at % 2]));
    samples.extend(packet);
}

/// The sound of a room: too low to be speech.
pub fn noise(ms: u64) -> Vec<u8> {
    let length = usize::try_from(ms).unwrap_or(0) * SAMPLES_PER_MS;
    (0..length).map(|at| NOISE[at % NOISE.len()]).collect()
}

/// How loud samples are, from 0 to 1; speech is above 0.8, the noise of a room below 0.4.
pub fn level(samples: &[u8]) -> f32 {
    let loud: u32 = samples.iter().map(|sample| u32::from((!sample >> 4) & 7)).sum();
    if samples.is_empty() { 0.0 } else { loud as f32 / (7.0 * samples.len() as f32) }
}

/// The same sound as it comes back from the other end of a line: lower, its words not to be understood.
pub fn echo(samples: &[u8]) -> Vec<u8> {
    samples.iter().map(|sample| if level(&[*sample]) < 0.3 { SILENCE } else { (sample & 0x8f) | 0x40 }).collect()
}

fn packet(word: &[u8]) -> Vec<u8> {
    let mut packet = MARK.to_vec();
    let length = u8::try_from(word.len()).unwrap_or(u8::MAX);
    let bytes = std::iter::once(length).chain(word.iter().copied()).chain([sum(word)]);
    for byte in bytes {
        packet.push(0xa0 | (byte >> 4));
        packet.push(0x20 | (byte & 15));
    }
    packet
}

fn sum(word: &[u8]) -> u8 {
    word.iter().fold(0x5a, |sum: u8, byte| sum.rotate_left(1) ^ byte)
}

/// Hears the words of a sound, however it is cut into pieces.
#[derive(Debug, Default)]
pub struct Ear {
    /// Samples of the mark that were heard.
    marked: usize,
    /// Half bytes since the mark.
    halves: Vec<u8>,
}

impl Ear {
    /// Hears more samples; the words that end in them.
    pub fn hear(&mut self, samples: &[u8]) -> Vec<String> {
        samples.iter().filter_map(|sample| self.sample(*sample)).collect()
    }

    fn sample(&mut self, sample: u8) -> Option<String> {
        if self.marked < MARK.len() {
            self.marked = match sample {
                _ if sample == MARK[self.marked] => self.marked + 1,
                _ => usize::from(sample == MARK[0]),
            };
            return None;
        }
        let expected = if self.halves.len().is_multiple_of(2) { 0xa0 } else { 0x20 };
        if sample & 0xf0 != expected {
            *self = Self { marked: usize::from(sample == MARK[0]), halves: Vec::new() };
            return None;
        }
        self.halves.push(sample & 15);
        let bytes: Vec<u8> = self.halves.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        let length = usize::from(*bytes.first()?);
        if bytes.len() < length + 2 {
            return None;
        }
        *self = Self::default();
        let word = &bytes[1..=length];
        if sum(word) != bytes[length + 1] {
            return None;
        }
        String::from_utf8(word.to_vec()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_any_cutting() {
        let text = "Mein Drucker hat Papierstau — code 4-4-7-1, größer als gedacht!";
        let sound = speak(text);
        assert_eq!(sound.len() as u64, speech_ms(text) * SAMPLES_PER_MS as u64);
        for size in [1, 3, 7, 160, 333, 100_000] {
            let mut ear = Ear::default();
            let heard: Vec<String> = sound.chunks(size).flat_map(|piece| ear.hear(piece)).collect();
            assert_eq!(heard.join(" "), text, "pieces of {size}");
        }
    }

    #[test]
    fn a_word_that_is_cut_is_not_heard() {
        let sound = speak("one two three");
        let mut ear = Ear::default();
        assert_eq!(ear.hear(&sound[..sound.len() - 1]), ["one", "two"]);
        assert_eq!(ear.hear(&[SILENCE; 160]), [""; 0]);
        assert_eq!(ear.hear(&speak("four")), ["four"]);
    }

    #[test]
    fn damage_is_noticed() {
        let mut sound = speak("printer");
        let place = sound.len() - 5;
        sound[place] ^= 1;
        assert_eq!(Ear::default().hear(&sound), [""; 0]);
    }

    #[test]
    fn a_long_word_is_two() {
        let long = "ä".repeat(50);
        assert_eq!(Ear::default().hear(&speak(&long)).concat(), long);
    }

    #[test]
    fn loudness() {
        assert!(level(&speak("hello there")) > 0.8);
        assert!(level(&noise(40)) < 0.4 && level(&noise(40)) > 0.1);
        assert!(level(&[SILENCE; 160]) < 0.01);
        let echo = echo(&speak("hello there"));
        assert!(level(&echo) < 0.5 && level(&echo) > 0.3, "{}", level(&echo));
        assert_eq!(Ear::default().hear(&echo), [""; 0]);
    }
}
