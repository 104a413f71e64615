//! How alike two tickets are, by the words that say something: a plain measure that gives the same answer every time.

use std::collections::HashSet;

use crate::passages::overlap;

/// The part of a score that the subject makes; the customer's words make the rest.
const SUBJECT_WEIGHT: f32 = 0.6;
/// What the score of a ticket without a solution is multiplied with: of two that are alike, the solved one helps more.
const UNSOLVED: f32 = 0.9;

/// How well subject and the customer's words fit the wanted words, 0 to 1.
pub fn fit(subject: &str, asked: &str, wanted: &HashSet<&str>) -> f32 {
    (SUBJECT_WEIGHT * overlap(subject, wanted) + (1.0 - SUBJECT_WEIGHT) * overlap(asked, wanted)).min(1.0)
}

/// How near another ticket is, 0 to 1: how well it fits, with a slight preference for tickets that were solved.
pub fn nearness(subject: &str, asked: &str, is_solved: bool, wanted: &HashSet<&str>) -> f32 {
    fit(subject, asked, wanted) * if is_solved { 1.0 } else { UNSOLVED }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearer_is_higher() {
        let wanted: HashSet<&str> = ["vpn", "drops", "tunnel", "certificate"].into();
        for (subject, asked, is_solved, expect) in [
            ("VPN drops, tunnel certificate", "vpn drops tunnel certificate", true, 1.0),
            ("VPN drops, tunnel certificate", "vpn drops tunnel certificate", false, 0.9),
            ("VPN drops", "", true, 0.3),
            ("", "the VPN drops", true, 0.2),
            ("Paper jam", "the tray is stuck", true, 0.0),
        ] {
            let score = nearness(subject, asked, is_solved, &wanted);
            assert!((score - expect).abs() < 1e-6, "{subject} {asked}: {score}");
        }
        assert!(overlap("anything", &HashSet::new()).abs() < f32::EPSILON);
    }
}
