//! Time that passes faster than on the wall, so that a call of minutes is played in seconds.

use std::time::Duration;

use tokio::time::Instant;

/// How many times faster than real time a simulated telephone network runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace(u32);

impl Pace {
    /// As fast as on the wall.
    pub const REAL: Pace = Pace(1);
    /// Ten times as fast.
    pub const TENFOLD: Pace = Pace(10);

    /// So many times real time; at least once, at most a hundred times.
    pub fn times(factor: u32) -> Self {
        Self(factor.clamp(1, 100))
    }

    /// How many times faster than real time.
    pub fn factor(self) -> u32 {
        self.0
    }

    /// How long so many milliseconds of a call last on the wall.
    pub fn real(self, ms: u64) -> Duration {
        Duration::from_micros(ms.saturating_mul(1_000) / u64::from(self.0))
    }

    /// Lets so many milliseconds of a call pass.
    pub async fn sleep(self, ms: u64) {
        tokio::time::sleep(self.real(ms)).await;
    }

    /// Milliseconds of a call since a moment.
    pub fn since(self, moment: Instant) -> u64 {
        u64::try_from(moment.elapsed().as_micros()).unwrap_or(u64::MAX).saturating_mul(u64::from(self.0)) / 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faster() {
        assert_eq!(Pace::REAL.real(250), Duration::from_millis(250));
        assert_eq!(Pace::TENFOLD.real(250), Duration::from_millis(25));
        assert_eq!(Pace::times(0), Pace::REAL);
    }
}
