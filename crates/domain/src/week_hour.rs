//! An hour of the week as a filter of a list: which hours of UTC a weekday and an hour on the clocks of a place mean.

use std::ops::Range;

use crate::days::Zone;
use crate::ticket_input::Faults;
use crate::time::{DAY, Millis};
use crate::workspace::timezone;

/// Most days in which an hour of the week is looked for.
pub const DAYS_MAX: i64 = 400;

/// The filter as it was asked for. Its parts go together: any of them needs all the others, and the days.
#[derive(Debug, Clone, Copy, Default)]
pub struct WeekHour<'t> {
    /// 1 (Monday) to 7.
    pub weekday: Option<u32>,
    /// 0 to 23.
    pub hour: Option<u32>,
    /// The zone on whose clocks both are read.
    pub timezone: Option<&'t str>,
    /// The first moment of the days.
    pub from: Option<Millis>,
    /// The moment after them.
    pub to: Option<Millis>,
}

/// What the fields are called that a fault is told of.
#[derive(Debug, Clone, Copy)]
pub struct Names<'t> {
    /// What stands before each of them.
    pub prefix: &'t str,
    /// The beginning of the days.
    pub from: &'t str,
    /// Their end.
    pub to: &'t str,
}

impl WeekHour<'_> {
    /// The spans that are meant, of an hour each at most; see [`Zone::hours_of_week`]. None when no hour was asked for, or when
    /// something is wrong with it. A moment that could not be read is taken as absent, and told of once.
    pub fn spans(&self, faults: &mut Faults, names: Names<'_>) -> Option<Vec<Range<Millis>>> {
        if self.weekday.is_none() && self.hour.is_none() && self.timezone.is_none() {
            return None;
        }
        let name = |field: &str| format!("{}{field}", names.prefix);
        let weekday = self.weekday.filter(|day| (1..=7).contains(day));
        if weekday.is_none() {
            faults.add(&name("weekday"), "must be 1 (Monday) to 7, together with hour and timezone");
        }
        let hour = self.hour.filter(|hour| *hour < 24);
        if hour.is_none() {
            faults.add(&name("hour"), "must be 0 to 23, together with weekday and timezone");
        }
        let zone = timezone(faults, &name("timezone"), self.timezone.unwrap_or_default());
        for (field, at, other) in [(names.from, self.from, names.to), (names.to, self.to, names.from)] {
            if at.is_none() && !faults.has(&name(field)) {
                let message = format!("must be there for an hour of the week, {DAYS_MAX} days from {other} at most");
                faults.add(&name(field), message);
            }
        }
        let (from, to) = self.from.zip(self.to)?;
        if to.saturating_sub(from) > DAYS_MAX * DAY {
            let message = format!("must be {DAYS_MAX} days before {} at most for an hour of the week", names.to);
            faults.add(&name(names.from), message);
            return None;
        }
        Some(Zone::named(&zone).hours_of_week(&(from..to), weekday? - 1, hour?))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::{HOUR, MINUTE, from_rfc3339};

    const NAMES: Names<'static> = Names { prefix: "", from: "from", to: "to" };
    /// Clocks that jump by an hour, by half of one, over midnight, that stand between whole hours, and that do not jump.
    const ZONES: [&str; 8] = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "America/Havana",
        "America/St_Johns",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Pacific/Apia",
    ];

    fn moment(text: &str) -> Millis {
        from_rfc3339(text).unwrap()
    }

    fn asked(weekday: u32, hour: u32, zone: &'static str, days: [&str; 2]) -> WeekHour<'static> {
        let [from, to] = days.map(moment);
        WeekHour { weekday: Some(weekday), hour: Some(hour), timezone: Some(zone), from: Some(from), to: Some(to) }
    }

    fn hours(of: WeekHour<'_>) -> Vec<Range<Millis>> {
        let mut faults = Faults::default();
        let found = of.spans(&mut faults, NAMES);
        faults.into_result(found).unwrap().unwrap()
    }

    fn wrong(of: WeekHour<'_>) -> Vec<String> {
        let mut faults = Faults::default();
        assert_eq!(of.spans(&mut faults, NAMES), None);
        faults.into_result(()).unwrap_err().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn an_hour_that_clocks_show_twice_counts_twice_and_one_that_they_pass_over_not_at_all() {
        let autumn = ["2026-10-25T00:00:00Z", "2026-10-26T00:00:00Z"];
        let twice = [
            moment("2026-10-25T00:00:00Z")..moment("2026-10-25T01:00:00Z"),
            moment("2026-10-25T01:00:00Z")..moment("2026-10-25T02:00:00Z"),
        ];
        assert_eq!(hours(asked(7, 2, "Europe/Berlin", autumn)), twice);
        let spring = ["2026-03-28T00:00:00Z", "2026-03-30T00:00:00Z"];
        assert_eq!(hours(asked(7, 2, "Europe/Berlin", spring)), []);
        let after = moment("2026-03-29T01:00:00Z")..moment("2026-03-29T02:00:00Z");
        assert_eq!(hours(asked(7, 3, "Europe/Berlin", spring)), [after]);
    }

    #[test]
    fn nothing_is_meant_when_nothing_was_asked_for() {
        let days = WeekHour { from: Some(0), to: Some(DAY), ..WeekHour::default() };
        let mut faults = Faults::default();
        assert_eq!((days.spans(&mut faults, NAMES), faults.into_result(())), (None, Ok(())));
    }

    #[test]
    fn each_part_needs_the_others_and_each_fault_is_told_by_its_field() {
        let nothing = WeekHour::default();
        let whole = asked(1, 9, "UTC", ["2026-01-01", "2026-02-01"]);
        assert_eq!(wrong(WeekHour { weekday: Some(1), ..nothing }), ["hour", "timezone", "from", "to"]);
        assert_eq!(wrong(WeekHour { hour: Some(1), ..nothing }), ["weekday", "timezone", "from", "to"]);
        assert_eq!(wrong(WeekHour { timezone: Some("UTC"), ..nothing }), ["weekday", "hour", "from", "to"]);
        assert_eq!(wrong(WeekHour { weekday: Some(0), hour: Some(24), ..whole }), ["weekday", "hour"]);
        assert_eq!(wrong(WeekHour { weekday: Some(8), timezone: Some("Mars/Base"), ..whole }), ["weekday", "timezone"]);
        assert_eq!(wrong(WeekHour { to: None, ..whole }), ["to"]);
        assert_eq!(wrong(WeekHour { from: None, ..whole }), ["from"]);
        assert_eq!(wrong(WeekHour { from: whole.to.map(|to| to - DAYS_MAX * DAY - 1), ..whole }), ["from"]);
        assert_eq!(wrong(WeekHour { from: Some(Millis::MIN), to: Some(Millis::MAX), ..whole }), ["from"]);
        let most = WeekHour { from: whole.to.map(|to| to - DAYS_MAX * DAY), ..whole };
        assert_eq!(hours(most).len(), 57);
        // What could not be read is told of once.
        let mut faults = Faults::default();
        faults.add("to", "must be a time");
        assert_eq!(WeekHour { to: None, ..whole }.spans(&mut faults, NAMES), None);
        assert_eq!(faults.into_result(()).unwrap_err().len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A walk that knows nothing of weeks: minute by minute, it looks at the clocks at the beginning of the hour.
        #[test]
        fn the_spans_are_those_of_a_walk_by_the_minute(
            zone in proptest::sample::select(ZONES.to_vec()),
            start in 946_684_800_000..1_893_456_000_000_i64,
            minutes in 0..15 * 24 * 60_i64,
            weekday in 1..=7_u32,
            hour in 0..24_u32,
        ) {
            use chrono::{Datelike, Timelike};
            let end = start + minutes * MINUTE;
            let whole = WeekHour { weekday: Some(weekday), hour: Some(hour), timezone: Some(zone), from: Some(start), to: Some(end) };
            let spans = hours(whole);
            prop_assert!(spans.len() <= 2 * 4);
            for pair in spans.windows(2) {
                prop_assert!(pair[0].end <= pair[1].start);
            }
            prop_assert!(spans.iter().all(|span| span.start < span.end && span.end - span.start <= HOUR));
            let mut at = start;
            while at < end {
                let shown = Zone::named(zone).clock(at.div_euclid(HOUR) * HOUR);
                let expected = shown.weekday().number_from_monday() == weekday && shown.hour() == hour;
                prop_assert_eq!(spans.iter().any(|span| span.contains(&at)), expected);
                at += MINUTE;
            }
        }

        /// Every moment of the days belongs to exactly one hour of the week.
        #[test]
        fn all_hours_of_the_week_are_the_whole_span(
            zone in proptest::sample::select(ZONES.to_vec()),
            start in 946_684_800_000..1_893_456_000_000_i64,
            length in 0..10 * DAY,
        ) {
            let mut all: Vec<Range<Millis>> = (1..=7)
                .flat_map(|weekday| (0..24).map(move |hour| (weekday, hour)))
                .flat_map(|(weekday, hour)| hours(WeekHour {
                    weekday: Some(weekday),
                    hour: Some(hour),
                    timezone: Some(zone),
                    from: Some(start),
                    to: Some(start + length),
                }))
                .collect();
            all.sort_by_key(|span| span.start);
            let mut at = start;
            for span in all {
                prop_assert_eq!(span.start, at);
                at = span.end;
            }
            prop_assert_eq!(at, start + length);
        }
    }
}
