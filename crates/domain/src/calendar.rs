//! Business time: which moments count, how much of it lies between two moments, and when an amount of it has passed.
//!
//! One rule decides everything: a moment counts when the clocks of the zone show a time inside a span of that weekday, and the
//! date is no holiday. So an hour that summer time skips counts for nothing, and an hour that comes twice counts twice, each
//! minute as often as the clocks show it.

use std::collections::BTreeSet;

use chrono::{DateTime, Datelike, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

use crate::time::{DAY, MINUTE, Millis, SECOND};
use crate::workspace::{BusinessHours, WEEKDAYS, minute};

/// Nothing is due later than this after its beginning: ten years.
pub const HORIZON: Millis = 3_653 * DAY;

/// Which moments count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Calendar {
    /// Every moment.
    Always,
    /// The business hours of a zone.
    Hours(Hours),
}

/// Business hours: spans of each weekday in a zone, without the holidays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    zone: Tz,
    /// From Monday on; milliseconds since the midnight that the clocks show, in order, not touching.
    week: [Vec<(Millis, Millis)>; 7],
    holidays: BTreeSet<NaiveDate>,
}

impl Hours {
    /// Reads what a workspace keeps, which was checked when it was stored; what cannot be read counts for nothing.
    pub fn of(timezone: &str, hours: &BusinessHours, holidays: &[String]) -> Self {
        let spans = |day: &str| {
            let read = |text: &str| minute(text).map(|minutes| Millis::from(minutes) * MINUTE);
            let spans = hours.get(day).into_iter().flatten();
            spans.filter_map(|span| Some((read(&span.from)?, read(&span.to)?))).filter(|(from, to)| from < to).collect()
        };
        Self {
            zone: timezone.parse().unwrap_or(Tz::UTC),
            week: WEEKDAYS.map(spans),
            holidays: holidays.iter().filter_map(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok()).collect(),
        }
    }

    /// Whether no moment ever counts.
    pub fn is_empty(&self) -> bool {
        self.week.iter().all(Vec::is_empty)
    }

    /// The offset of the zone's clocks at a moment.
    fn offset(&self, at: Millis) -> Millis {
        let moment = DateTime::from_timestamp_millis(at).unwrap_or_default();
        Millis::from(self.zone.offset_from_utc_datetime(&moment.naive_utc()).fix().local_minus_utc()) * SECOND
    }

    /// The stretch that begins at a moment: as long as the clocks show one date and are not moved.
    fn stretch(&self, from: Millis) -> Stretch<'_> {
        let offset = self.offset(from);
        let midnight = (from + offset).div_euclid(DAY) * DAY - offset;
        let mut until = midnight + DAY;
        if self.offset(until - 1) != offset {
            // The clocks are moved before the day is over; when, is found by halves.
            let mut before = from;
            while until - before > 1 {
                let middle = before + (until - before) / 2;
                if self.offset(middle) == offset {
                    before = middle;
                } else {
                    until = middle;
                }
            }
        }
        let date = DateTime::from_timestamp_millis(midnight + offset).unwrap_or_default().date_naive();
        let spans: &[_] = match self.holidays.contains(&date) {
            true => &[],
            false => &self.week[date.weekday().num_days_from_monday() as usize],
        };
        Stretch { from, until, midnight, spans }
    }
}

/// A part of a day on which the clocks run on evenly.
struct Stretch<'h> {
    from: Millis,
    until: Millis,
    midnight: Millis,
    spans: &'h [(Millis, Millis)],
}

impl Stretch<'_> {
    /// The parts of it that count, in order.
    fn open(&self) -> impl Iterator<Item = (Millis, Millis)> {
        let cut = |(from, to): &(Millis, Millis)| {
            ((self.midnight + from).max(self.from), (self.midnight + to).min(self.until))
        };
        self.spans.iter().map(cut).filter(|(from, to)| from < to)
    }
}

impl Calendar {
    /// Whether no moment ever counts.
    pub fn is_empty(&self) -> bool {
        matches!(self, Calendar::Hours(hours) if hours.is_empty())
    }

    /// The first moment at which `amount` has counted since `start`, all in milliseconds; none when that is further away
    /// than [`HORIZON`]. The end of a span is reached at its end, not when the next one begins.
    pub fn due_at(&self, start: Millis, amount: Millis) -> Option<Millis> {
        let last = start + HORIZON;
        if amount <= 0 {
            return Some(start);
        }
        let Calendar::Hours(hours) = self else { return Some(start + amount).filter(|due| *due <= last) };
        if hours.is_empty() {
            return None;
        }
        let (mut at, mut left) = (start, amount);
        while at < last {
            let stretch = hours.stretch(at);
            for (from, to) in stretch.open() {
                if left <= to - from {
                    return Some(from + left).filter(|due| *due <= last);
                }
                left -= to - from;
            }
            at = stretch.until;
        }
        None
    }

    /// How much counts between two moments, in milliseconds; nothing when the second is not the later one. Of a time longer
    /// than twice [`HORIZON`] only the beginning is counted.
    pub fn elapsed(&self, from: Millis, to: Millis) -> Millis {
        if to <= from {
            return 0;
        }
        let Calendar::Hours(hours) = self else { return to - from };
        if hours.is_empty() {
            return 0;
        }
        let to = to.min(from + 2 * HORIZON);
        let (mut at, mut sum) = (from, 0);
        while at < to {
            let stretch = hours.stretch(at);
            sum += stretch.open().map(|(from, until)| (until.min(to) - from).max(0)).sum::<Millis>();
            at = stretch.until;
        }
        sum
    }
}

#[cfg(test)]
mod tests;
