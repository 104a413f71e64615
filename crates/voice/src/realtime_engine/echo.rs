//! The agent's own sound comes back from many telephones. It must not count as the caller's: the agent would interrupt itself.
//!
//! While the agent is heard, what comes in far below the level of what goes out is passed on as silence. Whoever speaks up is
//! always heard.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How much of the agent's level comes back at most, as a share of its power: 24 decibels less.
const SHARE: u64 = 250;
/// How long an echo lasts after the sound, in milliseconds.
const TAIL_MS: i64 = 250;
/// Letters of base64 of a piece of the agent's sound that are looked at: its beginning is enough to tell its level.
const LOOKED_AT: usize = 128;
/// One in so many parts by which the level follows: an agent pauses between words, and its echo does not.
const FOLLOWS: u64 = 16;

/// The power of each letter of µ-law (ITU-T G.711).
const POWER: [u32; 256] = {
    let mut power = [0; 256];
    let mut letter = 0;
    while letter < 256 {
        let turned = !(letter as u8) as u32;
        let amplitude = ((((turned & 0x0f) << 3) + 0x84) << ((turned & 0x70) >> 4)) - 0x84;
        // A quarter, so that the square fits.
        power[letter] = (amplitude / 4) * (amplitude / 4);
        letter += 1;
    }
    power
};

/// What is known of the agent's level.
#[derive(Debug, Default)]
pub(super) struct EchoGuard {
    level: u64,
    heard_until_ms: i64,
}

impl EchoGuard {
    /// A piece of the agent's sound, as base64.
    pub(super) fn sent(&mut self, payload: &str) {
        // A whole number of groups can always be read by itself.
        let piece = payload.get(..LOOKED_AT).unwrap_or(payload);
        let Some(power) = power(piece) else { return };
        self.level = if power > self.level { power } else { self.level - (self.level - power) / FOLLOWS };
    }

    /// Whether the agent is heard now, so that an echo may come.
    pub(super) fn is_on(&mut self, now_ms: i64, is_playing: bool) -> bool {
        if is_playing {
            self.heard_until_ms = now_ms + TAIL_MS;
        }
        now_ms < self.heard_until_ms
    }

    /// Whether a frame of the caller is no more than an echo.
    pub(super) fn is_echo(&self, payload: &str) -> bool {
        power(payload).is_some_and(|power| power.saturating_mul(SHARE) < self.level)
    }
}

/// The mean power of a piece of sound.
pub(super) fn power(payload: &str) -> Option<u64> {
    let mut bytes = [0; 1_024];
    // Longer frames are looked at as far as they fit.
    let payload = payload.get(..1_364).unwrap_or(payload);
    let length = STANDARD.decode_slice(payload, &mut bytes).ok().filter(|length| *length > 0)?;
    let sum: u64 = bytes[..length].iter().map(|letter| u64::from(POWER[usize::from(*letter)])).sum();
    Some(sum / length as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media_streams::silence;

    fn loud(letter: u8) -> String {
        STANDARD.encode([letter; 160])
    }

    #[test]
    fn powers_are_those_of_the_standard() {
        // Silence is nothing; the loudest letter stands for 32,124.
        assert_eq!((POWER[0xff], POWER[0x7f], POWER[0x80], POWER[0x00]), (0, 0, 8_031 * 8_031, 8_031 * 8_031));
        assert!(POWER[0x90] > POWER[0xa0] && POWER[0xa0] > POWER[0xb0]);
    }

    #[test]
    fn an_echo_is_not_the_caller() {
        let mut guard = EchoGuard::default();
        assert!(!guard.is_on(0, false));
        assert!(!guard.is_echo(&loud(0xc0)), "nothing was said yet");
        guard.sent(&loud(0x9f));
        assert!(guard.is_on(1_000, true));
        assert!(guard.is_echo(&loud(0xe0)), "thirty decibels less");
        assert!(guard.is_echo(&silence(20)));
        assert!(!guard.is_echo(&loud(0xaf)), "a caller who speaks up");
        assert!(!guard.is_echo("no base64"));
        // A pause between two words does not let the echo through.
        guard.sent(&silence(20));
        assert!(guard.is_echo(&loud(0xe0)));
        assert!(guard.is_on(1_249, false));
        assert!(!guard.is_on(1_250, false));
    }

    #[test]
    fn long_pieces_are_looked_at_in_part() {
        let mut guard = EchoGuard::default();
        guard.sent(&STANDARD.encode(vec![0x80; 8_000]));
        assert!(guard.level > 60_000_000);
        assert!(!guard.is_echo(&STANDARD.encode(vec![0x80; 8_000])));
    }
}
