//! Checks a ticket's audit trail line by line and names what was altered, moved, added or taken out.

use crate::audit::{AuditKey, Sealed};

/// Lines with a wrong mac that are looked at closely; a trail with more is in ruins anyway.
const DOUBTFUL_MAX: usize = 100;
/// Missing lines that are named one by one.
const MISSING_MAX: i64 = 100;

/// A line as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLine {
    /// Place in the ticket's trail.
    pub seq: i64,
    /// Id of the event.
    pub id: String,
    /// Kind, as stored.
    pub kind: String,
    /// Type of the actor, as stored.
    pub actor_type: String,
    /// Id of the actor, empty when there is none.
    pub actor_id: String,
    /// The payload as stored.
    pub payload: String,
    /// When it happened, in unix milliseconds.
    pub at: i64,
    /// The mac as stored.
    pub mac: String,
}

/// What is wrong with a trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrailFault {
    /// The line at this place is not what was written.
    Altered {
        /// Its place.
        seq: i64,
        /// Its id.
        id: String,
    },
    /// The line was written at another place.
    Moved {
        /// Where it is.
        seq: i64,
        /// Its id.
        id: String,
        /// Where it was written.
        from: i64,
    },
    /// There is no line at this place.
    Missing {
        /// The place.
        seq: i64,
    },
    /// The ticket knows of no line at this place.
    Added {
        /// Its place.
        seq: i64,
        /// Its id.
        id: String,
    },
    /// What the ticket keeps about its trail is not what was written.
    Head,
}

impl std::fmt::Display for TrailFault {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            TrailFault::Altered { seq, id } => write!(out, "line {seq} ({id}) was altered"),
            TrailFault::Moved { seq, id, from } => write!(out, "line {seq} ({id}) was moved here from place {from}"),
            TrailFault::Missing { seq } => write!(out, "line {seq} is missing"),
            TrailFault::Added { seq, id } => write!(out, "line {seq} ({id}) was added behind the end"),
            TrailFault::Head => write!(out, "what the ticket keeps of its trail was altered"),
        }
    }
}

/// The check of one ticket's trail. Memory is bounded by the macs of the ticket's own lines.
pub struct TrailCheck<'k> {
    key: &'k AuditKey,
    ticket_id: String,
    next: i64,
    macs: Vec<String>,
    doubtful: Vec<StoredLine>,
    faults: Vec<TrailFault>,
}

impl<'k> TrailCheck<'k> {
    /// Begins with an empty trail.
    pub fn new(key: &'k AuditKey, ticket_id: &str) -> Self {
        let ticket_id = ticket_id.to_owned();
        Self { key, ticket_id, next: 1, macs: vec![String::new()], doubtful: Vec::new(), faults: Vec::new() }
    }

    /// Takes the next line, in the order of their places.
    pub fn push(&mut self, line: StoredLine) {
        let gap = line.seq > self.next;
        self.missing_until(line.seq);
        // What stood before a line behind a gap is not known, so that its mac says nothing.
        let before = self.macs.last().map(String::as_str).unwrap_or_default();
        if !gap && self.mac(&line, line.seq, before) != line.mac {
            if self.doubtful.len() < DOUBTFUL_MAX {
                self.doubtful.push(line.clone());
            } else {
                self.faults.push(TrailFault::Altered { seq: line.seq, id: line.id.clone() });
            }
        }
        self.next = line.seq + 1;
        self.macs.push(line.mac);
    }

    /// Ends the trail: what is wrong with it, given what the ticket keeps of it.
    pub fn finish(mut self, length: i64, head: &str) -> Vec<TrailFault> {
        for line in std::mem::take(&mut self.doubtful) {
            let (seq, id) = (line.seq, line.id.clone());
            self.faults.push(match self.origin(&line) {
                _ if seq > length => TrailFault::Added { seq, id },
                Some(from) => TrailFault::Moved { seq, id, from },
                None => TrailFault::Altered { seq, id },
            });
        }
        self.missing_until(length + 1);
        let last = self.macs.last().map(String::as_str).unwrap_or_default();
        if self.faults.is_empty() && self.key.head(&self.ticket_id, length, last) != head {
            self.faults.push(TrailFault::Head);
        }
        self.faults
    }

    fn missing_until(&mut self, seq: i64) {
        for seq in self.next..seq.min(self.next.saturating_add(MISSING_MAX)) {
            self.faults.push(TrailFault::Missing { seq });
        }
        self.next = self.next.max(seq);
    }

    /// The place at which a line was written, when its mac fits another one.
    fn origin(&self, line: &StoredLine) -> Option<i64> {
        if self.macs.len() > DOUBTFUL_MAX {
            return None;
        }
        let places = 1..=i64::try_from(self.macs.len()).unwrap_or(i64::MAX);
        let mut tries = places.flat_map(|seq| self.macs.iter().map(move |before| (seq, before)));
        tries.find(|(seq, before)| self.mac(line, *seq, before) == line.mac).map(|(seq, _)| seq)
    }

    fn mac(&self, line: &StoredLine, seq: i64, before: &str) -> String {
        let sealed = Sealed {
            ticket_id: &self.ticket_id,
            seq,
            id: &line.id,
            kind: &line.kind,
            actor_type: &line.actor_type,
            actor_id: &line.actor_id,
            payload: &line.payload,
            at: line.at,
        };
        self.key.mac(&sealed, before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trail(key: &AuditKey, count: i64) -> (Vec<StoredLine>, String) {
        let mut lines = Vec::new();
        let mut before = String::new();
        for seq in 1..=count {
            let mut line = StoredLine {
                seq,
                id: format!("e{seq}"),
                kind: "K".into(),
                actor_type: "USER".into(),
                actor_id: "u".into(),
                payload: format!("{{\"n\":{seq}}}"),
                at: seq,
                mac: String::new(),
            };
            line.mac = TrailCheck::new(key, "t").mac(&line, seq, &before);
            before.clone_from(&line.mac);
            lines.push(line);
        }
        let head = key.head("t", count, &before);
        (lines, head)
    }

    fn check(change: impl FnOnce(&mut Vec<StoredLine>, &mut i64, &mut String)) -> Vec<String> {
        let key = AuditKey::new(&[7; 32]);
        let (mut lines, mut head) = trail(&key, 5);
        let mut length = 5;
        change(&mut lines, &mut length, &mut head);
        lines.sort_by_key(|line| line.seq);
        let mut check = TrailCheck::new(&key, "t");
        lines.into_iter().for_each(|line| check.push(line));
        check.finish(length, &head).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn what_was_done_is_named() {
        assert_eq!(check(|_, _, _| {}), [""; 0]);
        assert_eq!(check(|lines, _, _| lines[2].payload = "{}".into()), ["line 3 (e3) was altered"]);
        assert_eq!(check(|lines, _, _| drop(lines.remove(1))), ["line 2 is missing"]);
        assert_eq!(check(|lines, _, _| drop(lines.pop())), ["line 5 is missing"]);
        assert_eq!(check(|lines, _, _| drop(lines.remove(0))), ["line 1 is missing"]);
        let swapped = check(|lines, _, _| (lines[1].seq, lines[3].seq) = (4, 2));
        assert_eq!(swapped[0], "line 2 (e4) was moved here from place 4");
        assert!(swapped.contains(&"line 4 (e2) was moved here from place 2".to_owned()), "{swapped:?}");
        let added = check(|lines, _, _| lines.push(StoredLine { seq: 6, id: "e6".into(), ..lines[4].clone() }));
        assert_eq!(added, ["line 6 (e6) was added behind the end"]);
        assert_eq!(
            check(|_, _, head| head.replace_range(..1, "x")),
            ["what the ticket keeps of its trail was altered"]
        );
        // Tail and length cut together: only the head betrays it.
        let cut = |lines: &mut Vec<StoredLine>, length: &mut i64, _: &mut String| {
            lines.pop();
            *length = 4;
        };
        assert_eq!(check(cut), ["what the ticket keeps of its trail was altered"]);
        assert_eq!(check(|lines, _, _| lines.clear()).len(), 5);
    }
}
