//! Whose turn it is: how a team's tickets are given out.

/// How a team gives out its tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// To whoever waits longest since the last one.
    RoundRobin,
    /// To whoever has the smallest part of their capacity in use.
    LeastBusy,
}

impl Strategy {
    /// Every value, for messages.
    pub const ALLOWED: &'static str = "ROUND_ROBIN, LEAST_BUSY";

    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Strategy::RoundRobin => "ROUND_ROBIN",
            Strategy::LeastBusy => "LEAST_BUSY",
        }
    }

    /// Reads it in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [Strategy::RoundRobin, Strategy::LeastBusy];
        all.into_iter().find(|strategy| strategy.as_str().eq_ignore_ascii_case(text))
    }
}

/// Somebody who could be given a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate<'c> {
    /// Their id, which decides when all else is equal.
    pub id: &'c str,
    /// Open tickets that they have.
    pub open: i64,
    /// Open tickets that they take.
    pub capacity: i64,
    /// The turn at which they were given one last; 0 means never.
    pub last_turn: i64,
}

impl Candidate<'_> {
    /// Whether they take one more.
    pub fn is_free(&self) -> bool {
        self.open < self.capacity
    }
}

/// Whose turn it is; nobody's when nobody is free.
pub fn next<'c>(strategy: Strategy, candidates: &[Candidate<'c>]) -> Option<&'c str> {
    let free = candidates.iter().filter(|candidate| candidate.is_free());
    let turn = |candidate: &&Candidate<'c>| (candidate.last_turn, candidate.id);
    let chosen = match strategy {
        Strategy::RoundRobin => free.min_by_key(turn),
        Strategy::LeastBusy => free.min_by(|a, b| {
            // a.open / a.capacity against b.open / b.capacity, without fractions.
            let (left, right) = (a.open.saturating_mul(b.capacity), b.open.saturating_mul(a.capacity));
            left.cmp(&right).then_with(|| turn(a).cmp(&turn(b)))
        }),
    };
    chosen.map(|candidate| candidate.id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates<'c>(all: &[(&'c str, i64, i64, i64)]) -> Vec<Candidate<'c>> {
        all.iter().map(|&(id, open, capacity, last_turn)| Candidate { id, open, capacity, last_turn }).collect()
    }

    #[test]
    fn whose_turn_it_is() {
        for (strategy, all, expected) in [
            (Strategy::RoundRobin, vec![], None),
            (Strategy::RoundRobin, vec![("a", 0, 5, 3), ("b", 4, 5, 2), ("c", 0, 5, 4)], Some("b")),
            (Strategy::RoundRobin, vec![("a", 0, 5, 3), ("b", 5, 5, 2)], Some("a")),
            (Strategy::RoundRobin, vec![("b", 0, 5, 0), ("a", 0, 5, 0)], Some("a")),
            (Strategy::RoundRobin, vec![("a", 1, 1, 0), ("b", 7, 5, 0)], None),
            (Strategy::LeastBusy, vec![("a", 2, 10, 9), ("b", 1, 4, 0)], Some("a")),
            (Strategy::LeastBusy, vec![("a", 2, 10, 9), ("b", 1, 5, 1)], Some("b")),
            (Strategy::LeastBusy, vec![("a", 0, 0, 0), ("b", 3, 3, 0)], None),
            (Strategy::LeastBusy, vec![("a", 0, 1, 7), ("b", 0, 100, 6)], Some("b")),
        ] {
            assert_eq!(next(strategy, &candidates(&all)), expected, "{strategy:?} {all:?}");
        }
    }

    /// However capacities and beginnings differ: while everybody has room, nobody gets two more than another.
    #[test]
    fn round_robin_is_fair() {
        let mut all = candidates(&[("a", 0, 50, 0), ("b", 9, 50, 0), ("c", 3, 50, 0), ("d", 30, 50, 0)]);
        let mut given = [0_i64; 4];
        for turn in 1..=40 {
            let id = next(Strategy::RoundRobin, &all).unwrap();
            let at = all.iter().position(|candidate| candidate.id == id).unwrap();
            (all[at].last_turn, all[at].open) = (turn, all[at].open + 1);
            given[at] += 1;
            assert!(given.iter().max().unwrap() - given.iter().min().unwrap() <= 1, "{given:?}");
        }
        assert_eq!(given, [10, 10, 10, 10]);
    }

    #[test]
    fn nobody_gets_more_than_their_capacity() {
        for strategy in [Strategy::RoundRobin, Strategy::LeastBusy] {
            let mut all = candidates(&[("a", 0, 2, 0), ("b", 1, 3, 0), ("c", 0, 0, 0)]);
            for turn in 1.. {
                let Some(id) = next(strategy, &all) else { break };
                let at = all.iter().position(|candidate| candidate.id == id).unwrap();
                (all[at].last_turn, all[at].open) = (turn, all[at].open + 1);
                assert!(all[at].open <= all[at].capacity && turn < 10);
            }
            assert_eq!(all.iter().map(|candidate| candidate.open).collect::<Vec<_>>(), [2, 3, 0]);
        }
    }
}
