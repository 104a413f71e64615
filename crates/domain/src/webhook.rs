//! The rules of outgoing webhooks: which events there are, when a delivery is tried again, when an endpoint is given up.

use crate::time::{DAY, HOUR, MINUTE, Millis, SECOND};

/// Stands for every event.
pub const ALL: &str = "*";
/// The event with which an endpoint is tried out. It is sent only when an administrator asks for it.
pub const TEST: &str = "webhook.test";
/// The event of an endpoint that was disabled by the desk.
pub const DISABLED: &str = "webhook.disabled";

/// The events that an endpoint may ask for. Partial words and presence are not among them, for they are not
/// stored, and neither are ticks, which carry nothing.
pub const EVENTS: [&str; 11] = [
    "call.started",
    "call.updated",
    "call.turn",
    "call.agent_changed",
    "call.ended",
    "ticket.created",
    "ticket.updated",
    "ticket.message",
    "suggestion.updated",
    "escalation.created",
    DISABLED,
];

/// Pauses after the first, second … failed try: ten tries over 76 hours (75 h 56 min 5 s).
pub const PAUSES: [Millis; 9] =
    [5 * SECOND, MINUTE, 10 * MINUTE, 45 * MINUTE, 3 * HOUR, 8 * HOUR, 16 * HOUR, 24 * HOUR, 24 * HOUR];
/// How often a delivery is tried at most.
pub const TRIES_MAX: i64 = 10;
/// A receiver may ask for a longer pause than the schedule's, but for no longer one than this.
pub const RETRY_AFTER_MAX: Millis = DAY;
/// An endpoint at which nothing but failures happened for so long is disabled.
pub const GIVE_UP_AFTER: Millis = 5 * DAY;
/// How long the secret before the last rotation is still used to sign, beside the new one.
pub const ROTATION: Millis = DAY;
/// How long deliveries are kept.
pub const KEPT: Millis = 30 * DAY;
/// Most endpoints of a workspace.
pub const ENDPOINTS_MAX: usize = 50;
/// Longest address, in characters.
pub const URL_MAX: usize = 2_000;

/// Why an endpoint gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disabled {
    /// An administrator said so.
    Manual,
    /// It answered 410: it is gone for good.
    Gone,
    /// Nothing but failures for five days.
    Failing,
}

impl Disabled {
    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Disabled::Manual => "MANUAL",
            Disabled::Gone => "GONE",
            Disabled::Failing => "FAILING",
        }
    }
}

/// Whether an endpoint with these wishes gets an event of this kind.
pub fn wants<'w>(wishes: impl IntoIterator<Item = &'w str>, kind: &str) -> bool {
    wishes.into_iter().any(|wish| wish == ALL || wish == kind)
}

/// How long to wait after the `tries`th try failed; `None` when that was the last one. `random` spreads deliveries that failed
/// together by up to a tenth in both directions; what the receiver asked for is kept to, within bounds.
pub fn pause_after(tries: i64, random: u32, retry_after: Option<Millis>) -> Option<Millis> {
    let index = usize::try_from(tries.max(1) - 1).ok()?;
    let pause = *PAUSES.get(index)?;
    let spread = pause / 5;
    let jittered = pause - spread / 2 + Millis::from(random) * spread / Millis::from(u32::MAX);
    Some(jittered.max(retry_after.unwrap_or(0).clamp(0, RETRY_AFTER_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_tries_over_seventy_six_hours() {
        assert_eq!(PAUSES.len() + 1, usize::try_from(TRIES_MAX).unwrap());
        let total: Millis = PAUSES.iter().sum();
        assert_eq!(total, 75 * HOUR + 56 * MINUTE + 5 * SECOND);
        assert!(PAUSES.is_sorted());
    }

    #[test]
    fn pauses_are_spread_and_end() {
        for (tries, random, asked, expect) in [
            (1, 0, None, Some(4_500)),
            (1, u32::MAX, None, Some(5_500)),
            (2, u32::MAX / 2, None, Some(59_999)),
            (9, 0, None, Some(21 * HOUR + 36 * MINUTE)),
            (10, 0, None, None),
            (10, 0, Some(HOUR), None),
            (11, 0, None, None),
            (0, 0, None, Some(4_500)),
            (1, 0, Some(HOUR), Some(HOUR)),
            (5, 0, Some(SECOND), Some(2 * HOUR + 42 * MINUTE)),
            (1, 0, Some(400 * DAY), Some(RETRY_AFTER_MAX)),
            (1, 0, Some(-5), Some(4_500)),
        ] {
            assert_eq!(pause_after(tries, random, asked), expect, "{tries} {random} {asked:?}");
        }
    }

    #[test]
    fn wishes() {
        assert!(wants([ALL], "anything.new"));
        assert!(wants(["ticket.created", "ticket.message"], "ticket.message"));
        assert!(!wants(["ticket.created"], "ticket.message"));
        assert!(!wants([], "ticket.message"));
    }
}
