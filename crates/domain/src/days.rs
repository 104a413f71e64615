//! Days on the clocks of a place: when each begins, with daylight saving, and which day a moment belongs to.

use std::ops::Range;

use chrono::offset::LocalResult;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::time::{HOUR, MINUTE, Millis};

/// Longest jump of a clock that is looked over, in minutes: an island once left out a whole day.
const JUMP_MAX: i64 = 26 * 60;

/// A time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// A zone of the IANA database; UTC when there is none of that name.
    pub fn named(name: &str) -> Self {
        Self(name.parse().unwrap_or(Tz::UTC))
    }

    /// The name, as the IANA database writes it.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The first moment of a day. Where midnight comes twice it is the first of the two, and where the clocks pass over
    /// midnight it is the first moment after the jump. So each moment belongs to exactly one day.
    pub fn start_of(&self, day: NaiveDate) -> Millis {
        self.moment(day.and_time(NaiveTime::MIN))
    }

    /// The day that a moment belongs to.
    pub fn day_of(&self, at: Millis) -> NaiveDate {
        let shown = self.clock(at).date();
        // Clocks that are put back over midnight show a day that has not come, or one that is over.
        if at < self.start_of(shown) {
            return shown.pred_opt().unwrap_or(shown);
        }
        let next = shown.succ_opt().unwrap_or(shown);
        if at >= self.start_of(next) { next } else { shown }
    }

    /// First and last moment of the day that a moment belongs to; the last is not part of it.
    pub fn day_around(&self, at: Millis) -> (Millis, Millis) {
        let day = self.day_of(at);
        (self.start_of(day), self.start_of(day.succ_opt().unwrap_or(day)))
    }

    /// The first moment of the day that is so many days before the one that a moment belongs to.
    pub fn days_before(&self, at: Millis, days: u64) -> Millis {
        self.start_of(self.day_of(at).checked_sub_days(chrono::Days::new(days)).unwrap_or(NaiveDate::MIN))
    }

    /// The first moment of a date such as `2026-11-24`, of the years 1970 to 9000.
    pub fn date(&self, text: &str) -> Option<Millis> {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
        (1970..=9000).contains(&day.year()).then(|| self.start_of(day))
    }

    /// The date that a moment belongs to, such as `2026-11-24`.
    pub fn shown(&self, at: Millis) -> String {
        self.day_of(at).format("%Y-%m-%d").to_string()
    }

    /// The day of the week that a moment belongs to, counted from Monday, which is 0.
    pub fn weekday(&self, at: Millis) -> u32 {
        self.day_of(at).weekday().num_days_from_monday()
    }

    /// The hours of UTC within a span at whose beginning the clocks show this weekday, counted from Monday, which is 0, and this
    /// hour. The first and the last are cut where the span begins and ends.
    pub fn hours_of_week(&self, span: &Range<Millis>, weekday: u32, hour: u32) -> Vec<Range<Millis>> {
        let mut hours = Vec::new();
        let mut at = span.start.div_euclid(HOUR) * HOUR;
        while at < span.end {
            let shown = self.clock(at);
            if shown.weekday().num_days_from_monday() == weekday && shown.hour() == hour {
                hours.push(at.max(span.start)..(at + HOUR).min(span.end));
            }
            at += HOUR;
        }
        hours
    }

    /// The moment at which the clocks of `days` earlier show what they show at `at`. Where they show it twice it is the first
    /// time; where they pass over it, the end of the jump. It never leaves that day.
    pub fn same_clock_before(&self, at: Millis, days: u64) -> Millis {
        let day = self.day_of(at).checked_sub_days(chrono::Days::new(days)).unwrap_or(NaiveDate::MIN);
        let (start, end) = (self.start_of(day), self.start_of(day.succ_opt().unwrap_or(day)));
        self.moment(day.and_time(self.clock(at).time())).clamp(start, end)
    }

    /// What the clocks show.
    pub fn clock(&self, at: Millis) -> NaiveDateTime {
        let utc = DateTime::<Utc>::from_timestamp_millis(at).unwrap_or(DateTime::<Utc>::MAX_UTC);
        utc.with_timezone(&self.0).naive_local()
    }

    /// The first moment at which the clocks show this, or the first after a jump over it.
    pub fn moment(&self, shown: NaiveDateTime) -> Millis {
        for minutes in 0..=JUMP_MAX {
            let later = shown.checked_add_signed(TimeDelta::minutes(minutes)).unwrap_or(shown);
            match self.0.from_local_datetime(&later) {
                LocalResult::Single(at) | LocalResult::Ambiguous(at, _) => {
                    // A jump ends on a whole minute; the seconds that were asked for lie before it.
                    let over = if minutes > 0 { later.and_utc().timestamp_millis().rem_euclid(MINUTE) } else { 0 };
                    return at.timestamp_millis() - over;
                }
                LocalResult::None => {}
            }
        }
        shown.and_utc().timestamp_millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{DAY, HOUR, from_rfc3339, to_rfc3339};

    fn day(text: &str) -> NaiveDate {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
    }

    #[test]
    fn days_have_the_length_that_clocks_give_them() {
        for (zone, date, start, hours) in [
            ("UTC", "2026-11-24", "2026-11-24T00:00:00.000Z", 24.0),
            ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z", 23.0),
            ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00.000Z", 25.0),
            ("Asia/Kolkata", "2026-11-24", "2026-11-23T18:30:00.000Z", 24.0),
            ("Asia/Kathmandu", "2026-11-24", "2026-11-23T18:15:00.000Z", 24.0),
            ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00.000Z", 24.5),
            ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30:00.000Z", 23.5),
            // Midnight does not exist.
            ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00.000Z", 23.0),
            // Midnight comes twice.
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00.000Z", 25.0),
            // The day does not exist.
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z", 0.0),
        ] {
            let zone = Zone::named(zone);
            let (from, to) = (zone.start_of(day(date)), zone.start_of(day(date).succ_opt().unwrap()));
            assert_eq!(to_rfc3339(from), start, "{zone:?} {date}");
            assert_eq!((to - from) as f64 / HOUR as f64, hours, "{zone:?} {date}");
        }
    }

    #[test]
    fn each_moment_belongs_to_one_day() {
        for zone in ["Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana", "America/St_Johns"] {
            let zone = Zone::named(zone);
            // Ten years in steps that meet every minute of an hour sooner or later.
            let mut at = from_rfc3339("2004-01-01").unwrap();
            while at < from_rfc3339("2014-01-01").unwrap() {
                let (from, to) = zone.day_around(at);
                assert!(from <= at && at < to, "{zone:?} {}", to_rfc3339(at));
                assert!((22 * HOUR..=26 * HOUR).contains(&(to - from)), "{zone:?} {}", to_rfc3339(at));
                at += 7 * HOUR + 11 * MINUTE;
            }
            // Each minute around the jumps of one year.
            for start in ["2010-03-13", "2010-03-27", "2010-10-30", "2010-11-06", "2010-04-03", "2010-10-02"] {
                let start = from_rfc3339(start).unwrap();
                for minute in 0..3 * 24 * 60 {
                    let at = start + minute * MINUTE;
                    let (from, to) = zone.day_around(at);
                    assert!(from <= at && at < to, "{zone:?} {}", to_rfc3339(at));
                }
            }
        }
    }

    #[test]
    fn hours_of_a_week() {
        let moment = |text: &str| from_rfc3339(text).unwrap();
        let berlin = Zone::named("Europe/Berlin");
        // From a Monday, 09:30 on its clocks, over the end of summer time.
        let span = moment("2026-10-19T07:30:00Z")..moment("2026-11-02T08:00:00Z");
        assert_eq!(
            berlin.hours_of_week(&span, 0, 9),
            [
                moment("2026-10-19T07:30:00Z")..moment("2026-10-19T08:00:00Z"),
                moment("2026-10-26T08:00:00Z")..moment("2026-10-26T09:00:00Z"),
            ]
        );
        // Two Sundays, on one of which the clocks show the hour twice.
        assert_eq!(berlin.hours_of_week(&span, 6, 2).len(), 3);
        let all: usize = (0..7)
            .flat_map(|day| (0..24).map(move |hour| (day, hour)))
            .map(|(day, hour)| berlin.hours_of_week(&span, day, hour).len())
            .sum();
        assert_eq!(all, 337);
        assert!(berlin.hours_of_week(&(span.end..span.start), 0, 9).is_empty());
    }

    #[test]
    fn the_same_time_of_an_earlier_day() {
        let berlin = Zone::named("Europe/Berlin");
        for (at, days, expect) in [
            ("2026-11-24T09:00:00Z", 1, "2026-11-23T09:00:00.000Z"),
            ("2026-11-24T09:00:00Z", 7, "2026-11-17T09:00:00.000Z"),
            // An hour more or less by UTC, the same on the clocks.
            ("2026-10-25T09:00:00Z", 1, "2026-10-24T08:00:00.000Z"),
            ("2026-03-30T08:00:00Z", 7, "2026-03-23T09:00:00.000Z"),
            // 02:30 did not exist the day before.
            ("2026-03-30T00:30:20Z", 1, "2026-03-29T01:00:00.000Z"),
        ] {
            assert_eq!(to_rfc3339(berlin.same_clock_before(from_rfc3339(at).unwrap(), days)), expect, "{at}");
        }
        assert_eq!(Zone::named("nowhere").name(), "UTC");
        assert_eq!((Zone::named("UTC").shown(DAY), Zone::named("UTC").weekday(DAY)), ("1970-01-02".to_owned(), 4));
        assert_eq!(berlin.shown(berlin.days_before(from_rfc3339("2026-10-25T23:30:00Z").unwrap(), 1)), "2026-10-25");
        assert_eq!(
            (berlin.date("2026-11-24"), berlin.date("1969-12-31")),
            (from_rfc3339("2026-11-23T23:00:00Z"), None)
        );
    }
}
