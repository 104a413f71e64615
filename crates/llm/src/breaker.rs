//! A circuit breaker: after several failures in a row the model is left alone for a while, then one call may try.

use std::sync::{Mutex, MutexGuard};

use patchcord_domain::time::{Millis, SECOND};

/// Failures in a row that open the circuit.
const FAILURES: u32 = 5;
/// How long it stays open the first time; it doubles with each probe that fails, up to [`LONGEST`].
const FIRST: Millis = 5 * SECOND;
const LONGEST: Millis = 60 * SECOND;

/// Counts failures of one provider. The caller tells the time.
#[derive(Debug)]
pub struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Calls go out.
    Closed { failures: u32 },
    /// Calls wait.
    Open { until: Millis, pause: Millis },
    /// One call tries; the others wait for it.
    Probing { pause: Millis },
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: Mutex::new(State::Closed { failures: 0 }) }
    }
}

impl Breaker {
    /// Lets a call go out. Its outcome is told to the pass; a pass that is dropped says nothing about the server.
    ///
    /// # Errors
    /// Until when to wait.
    pub fn admit(&self, now: Millis) -> Result<Pass<'_>, Millis> {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Ok(Pass { breaker: self, is_probe: false }),
            State::Open { until, .. } if now < until => Err(until),
            State::Open { pause, .. } => {
                *state = State::Probing { pause };
                Ok(Pass { breaker: self, is_probe: true })
            }
            State::Probing { .. } => Err(now + SECOND),
        }
    }

    /// Until when calls wait, if they do.
    pub fn open_until(&self, now: Millis) -> Option<Millis> {
        match *self.state() {
            State::Open { until, .. } if now < until => Some(until),
            _ => None,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it is held")
    }
}

/// Permission for one call.
#[derive(Debug)]
pub struct Pass<'b> {
    breaker: &'b Breaker,
    is_probe: bool,
}

impl Pass<'_> {
    /// The server answered.
    pub fn succeeded(self) {
        self.settle(|_| State::Closed { failures: 0 });
    }

    /// The call failed in a way that says something about the server.
    pub fn failed(self, now: Millis) {
        self.settle(|state| match state {
            State::Closed { failures } if failures + 1 < FAILURES => State::Closed { failures: failures + 1 },
            State::Closed { .. } => State::Open { until: now + FIRST, pause: FIRST },
            State::Open { pause, .. } | State::Probing { pause } => {
                let pause = (pause * 2).min(LONGEST);
                State::Open { until: now + pause, pause }
            }
        });
    }

    /// While the circuit is not closed only the probe counts: calls that went out before it opened end late and in bulk.
    fn settle(mut self, next: impl FnOnce(State) -> State) {
        let mut state = self.breaker.state();
        if self.is_probe || matches!(*state, State::Closed { .. }) {
            *state = next(*state);
        }
        self.is_probe = false;
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.is_probe {
            let mut state = self.breaker.state();
            if let State::Probing { pause } = *state {
                *state = State::Open { until: Millis::MIN, pause };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Plays a line of events against a breaker and returns what each `ask` was told.
    ///
    /// `ask@T` asks for a pass at second T and keeps it; `ok`, `bad@T` and `drop` settle the oldest pass that is held.
    fn play(line: &str) -> String {
        let breaker = Breaker::default();
        let mut held = std::collections::VecDeque::new();
        let mut told = Vec::new();
        for event in line.split_whitespace() {
            let (word, second) = event.split_once('@').unwrap_or((event, "0"));
            let now = second.parse::<Millis>().unwrap() * SECOND;
            match word {
                "ask" => match breaker.admit(now) {
                    Ok(pass) => {
                        told.push(if pass.is_probe { "probe".to_owned() } else { "go".to_owned() });
                        held.push_back(pass);
                    }
                    Err(until) => told.push(format!("wait@{}", until / SECOND)),
                },
                "ok" => held.pop_front().unwrap().succeeded(),
                "bad" => held.pop_front().unwrap().failed(now),
                "drop" => drop(held.pop_front().unwrap()),
                other => panic!("{other}"),
            }
        }
        told.join(" ")
    }

    #[test]
    fn the_state_machine() {
        const OPEN: &str = "ask ask ask ask ask bad@0 bad@0 bad@0 bad@0 bad@0";
        for (what, line, told) in [
            ("four failures are not enough", "ask bad ask bad ask bad ask bad ask", "go go go go go"),
            ("an answer forgives", "ask bad ask bad ask bad ask bad ask ok ask bad ask", "go go go go go go go"),
            ("a dropped call says nothing", "ask bad ask bad ask bad ask bad ask drop ask", "go go go go go go"),
            ("five open it", "OPEN ask@0 ask@4", "wait@5 wait@5"),
            ("then one call probes", "OPEN ask@5 ask@5", "probe wait@6"),
            ("a probe that works closes it", "OPEN ask@5 ok ask@5 ask@5", "probe go go"),
            ("after closing five are needed again", "OPEN ask@5 ok ask@5 bad@5 ask@5", "probe go go"),
            ("a probe that fails doubles the pause", "OPEN ask@5 bad@6 ask@15 ask@16", "probe wait@16 probe"),
            ("a dropped probe frees its place", "OPEN ask@5 drop ask@5", "probe probe"),
            (
                "the pause is at most a minute",
                "OPEN ask@5 bad@5 ask@15 bad@15 ask@35 bad@35 ask@75 bad@75 ask@135 bad@135 ask@136",
                "probe probe probe probe probe wait@195",
            ),
        ] {
            let opened = told_after_opening(line);
            assert_eq!(play(&line.replace("OPEN", OPEN)), format!("{opened}{told}"), "{what}");
        }
    }

    fn told_after_opening(line: &str) -> &'static str {
        if line.starts_with("OPEN") { "go go go go go " } else { "" }
    }

    #[test]
    fn calls_from_before_it_opened_do_not_count() {
        let opened = "ask ask ask ask ask ask ask bad@0 bad@0 bad@0 bad@0 bad@0";
        for (what, rest, told) in [
            ("late failures do not lengthen the pause", "bad@1 bad@1 ask@5", "probe"),
            ("a late answer does not close it", "ok ask@1", "wait@5"),
            ("a late drop does not free the probe's place", "ask@5 drop ask@5", "probe wait@6"),
            ("a late failure does not end the probe", "ask@5 bad@5 ask@5", "probe wait@6"),
        ] {
            assert_eq!(play(&format!("{opened} {rest}")), format!("go go go go go go go {told}"), "{what}");
        }
    }

    #[test]
    fn health_can_see_it() {
        let breaker = Breaker::default();
        assert_eq!(breaker.open_until(0), None);
        for _ in 0..FAILURES {
            breaker.admit(0).unwrap().failed(0);
        }
        assert_eq!(breaker.open_until(0), Some(FIRST));
        assert_eq!(breaker.open_until(FIRST), None);
    }
}
