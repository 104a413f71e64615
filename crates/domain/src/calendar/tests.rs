//! Business time against a slow reference that asks the clocks minute by minute, in zones that move their clocks in every way.

use chrono::Timelike;
use proptest::prelude::*;

use super::*;
use crate::time::{HOUR, from_rfc3339, to_rfc3339};
use crate::workspace::Span;

/// Zones with an hour of summer time in both hemispheres, half an hour, none at all, and a midnight that does not exist.
const ZONES: [&str; 8] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "Africa/Casablanca",
];

/// Days near which clocks were moved in one of the zones.
const DAYS: [&str; 9] = [
    "2026-03-29",
    "2026-10-25",
    "2026-03-08",
    "2026-11-01",
    "2026-04-05",
    "2018-11-04",
    "2019-02-17",
    "2011-12-30",
    "2026-02-15",
];

fn hours(zone: &str, spans: &[(&str, &str, &str)], holidays: &[&str]) -> Hours {
    let mut week = BusinessHours::new();
    for (day, from, to) in spans {
        week.entry((*day).to_owned()).or_default().push(Span { from: (*from).to_owned(), to: (*to).to_owned() });
    }
    Hours::of(zone, &week, &holidays.iter().map(|day| (*day).to_owned()).collect::<Vec<_>>())
}

fn office(zone: &str) -> Calendar {
    let spans = ["mon", "tue", "wed", "thu", "fri"].map(|day| (day, "08:00", "18:00"));
    Calendar::Hours(hours(zone, &spans, &["2026-12-25"]))
}

fn at(text: &str) -> Millis {
    from_rfc3339(text).unwrap()
}

/// Whether the minute that begins then counts, read from the clocks alone.
fn counts(calendar: &Calendar, minute: Millis) -> bool {
    let Calendar::Hours(hours) = calendar else { return true };
    let shown = hours.zone.timestamp_millis_opt(minute).unwrap();
    let of_day = Millis::from(shown.num_seconds_from_midnight()) * SECOND;
    !hours.holidays.contains(&shown.date_naive())
        && hours.week[shown.weekday().num_days_from_monday() as usize]
            .iter()
            .any(|(from, to)| (*from..*to).contains(&of_day))
}

fn slow_elapsed(calendar: &Calendar, from: Millis, to: Millis) -> Millis {
    (0..(to - from) / MINUTE).filter(|index| counts(calendar, from + index * MINUTE)).count() as Millis * MINUTE
}

fn slow_due(calendar: &Calendar, start: Millis, minutes: Millis, within: Millis) -> Option<Millis> {
    let mut left = minutes;
    for index in 0..within / MINUTE {
        if left == 0 {
            return Some(start + index * MINUTE);
        }
        left -= Millis::from(counts(calendar, start + index * MINUTE));
    }
    None
}

#[test]
fn a_week_in_berlin() {
    let calendar = office("Europe/Berlin");
    for (start, minutes, due) in [
        // Friday afternoon to Monday morning.
        ("2026-11-27T16:00:00Z", 60, "2026-11-27T17:00:00.000Z"),
        ("2026-11-27T16:30:00Z", 60, "2026-11-30T07:30:00.000Z"),
        // Before and after the office is open.
        ("2026-11-30T02:00:00Z", 10, "2026-11-30T07:10:00.000Z"),
        ("2026-11-30T22:00:00Z", 10, "2026-12-01T07:10:00.000Z"),
        // Christmas is a Friday.
        ("2026-12-24T16:00:00Z", 120, "2026-12-28T08:00:00.000Z"),
        // A whole week, and none at all.
        ("2026-11-23T07:00:00Z", 50 * 60, "2026-11-27T17:00:00.000Z"),
        ("2026-11-29T12:00:00Z", 0, "2026-11-29T12:00:00.000Z"),
    ] {
        let found = calendar.due_at(at(start), minutes * MINUTE).map(to_rfc3339);
        assert_eq!(found.as_deref(), Some(due), "{start} + {minutes}");
    }
    assert_eq!(calendar.elapsed(at("2026-11-27T16:30:00Z"), at("2026-11-30T07:30:00Z")), HOUR);
    assert_eq!(calendar.elapsed(at("2026-11-30T07:30:00Z"), at("2026-11-27T16:30:00Z")), 0);
}

#[test]
fn an_hour_that_is_skipped_does_not_count_and_one_that_comes_twice_counts_twice() {
    let night = Calendar::Hours(hours("Europe/Berlin", &[("sun", "01:30", "03:30")], &[]));
    let whole = |day: &str| night.elapsed(at(day) - HOUR, at(day) + 12 * HOUR);
    assert_eq!(whole("2026-03-22"), 2 * HOUR);
    assert_eq!(whole("2026-03-29"), HOUR);
    assert_eq!(whole("2026-10-25"), 3 * HOUR);
    // 01:30 to 02:00, then 03:00 to 03:30: the clocks jump at 01:00 UTC.
    let due = night.due_at(at("2026-03-29T00:00:00Z"), 45 * MINUTE).unwrap();
    assert_eq!(to_rfc3339(due), "2026-03-29T01:15:00.000Z");
    // A span that begins inside the hour that comes twice is open, shut and open again.
    let twice = Calendar::Hours(hours("Europe/Berlin", &[("sun", "02:30", "04:00")], &[]));
    assert_eq!(twice.elapsed(at("2026-10-25T00:00:00Z"), at("2026-10-25T01:00:00Z")), 30 * MINUTE);
    assert_eq!(twice.elapsed(at("2026-10-25T01:00:00Z"), at("2026-10-25T01:30:00Z")), 0);
    assert_eq!(twice.elapsed(at("2026-10-25T01:30:00Z"), at("2026-10-25T09:00:00Z")), 90 * MINUTE);
    // Half an hour in Lord Howe.
    let island = Calendar::Hours(hours("Australia/Lord_Howe", &[("sun", "01:00", "03:00")], &[]));
    assert_eq!(island.elapsed(at("2026-04-04T00:00:00Z"), at("2026-04-05T12:00:00Z")), 150 * MINUTE);
}

#[test]
fn sparse_and_empty_calendars_end_within_bounds() {
    let now = at("2026-11-26");
    let never = Calendar::Hours(hours("Europe/Berlin", &[], &[]));
    assert!(never.is_empty());
    assert_eq!((never.due_at(now, 1), never.elapsed(now, now + HORIZON)), (None, 0));
    let rare = Calendar::Hours(hours("Europe/Berlin", &[("mon", "08:00", "08:01")], &[]));
    assert_eq!(rare.due_at(now, 600 * MINUTE), None);
    let due = rare.due_at(now, 500 * MINUTE).unwrap();
    assert_eq!(to_rfc3339(due), "2036-06-23T06:01:00.000Z");
    assert_eq!(rare.elapsed(now, due), 500 * MINUTE);
    assert_eq!(Calendar::Always.due_at(now, HORIZON + 1), None);
    assert_eq!(Calendar::Always.due_at(now, HORIZON), Some(now + HORIZON));
    // What was stored before it was checked counts for nothing, and does no harm.
    let broken = Hours::of("Mars/Olympus", &one_span("mon", "25:00", "12:00"), &["soon".to_owned()]);
    assert!(broken.is_empty());
}

fn one_span(day: &str, from: &str, to: &str) -> BusinessHours {
    BusinessHours::from([(day.to_owned(), vec![Span { from: from.to_owned(), to: to.to_owned() }])])
}

fn spans() -> impl Strategy<Value = Vec<(i32, i32)>> {
    prop_oneof![
        2 => Just(vec![]),
        2 => Just(vec![(0, 24 * 60)]),
        6 => proptest::collection::btree_set(0..=24 * 60, 2..=6).prop_map(|edges| {
            let edges: Vec<i32> = edges.into_iter().collect();
            edges.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
        }),
    ]
}

prop_compose! {
    fn calendars()(
        zone in 0..ZONES.len(),
        week in proptest::collection::vec(spans(), 7),
        free in proptest::collection::vec((0..DAYS.len(), -3_i64..4), 0..3),
        always in proptest::bool::weighted(0.05),
    ) -> Calendar {
        if always {
            return Calendar::Always;
        }
        let text = |minutes: i32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let days = WEEKDAYS.iter().zip(week).map(|(day, spans)| {
            let spans = spans.into_iter().map(|(from, to)| Span { from: text(from), to: text(to) });
            ((*day).to_owned(), spans.collect())
        });
        let holidays: Vec<String> =
            free.into_iter().map(|(day, off)| to_rfc3339(at(DAYS[day]) + off * DAY)[..10].to_owned()).collect();
        Calendar::Hours(Hours::of(ZONES[zone], &days.collect(), &holidays))
    }
}

/// A whole minute within two days of a day on which clocks were moved.
fn moments() -> impl Strategy<Value = Millis> {
    (0..DAYS.len(), -2_880_i64..2_880).prop_map(|(day, minutes)| at(DAYS[day]) + minutes * MINUTE)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn it_agrees_with_the_clocks(calendar in calendars(), start in moments(), length in 0_i64..8_000, amount in 0_i64..3_000) {
        let to = start + length * MINUTE;
        prop_assert_eq!(calendar.elapsed(start, to), slow_elapsed(&calendar, start, to));
        if let Some(due) = slow_due(&calendar, start, amount, 8 * DAY) {
            prop_assert_eq!(calendar.due_at(start, amount * MINUTE), Some(due));
        } else {
            prop_assert!(calendar.due_at(start, amount * MINUTE).is_none_or(|due| due > start + 8 * DAY - MINUTE));
        }
    }

    #[test]
    fn amounts_add_up(calendar in calendars(), start in moments(), odd in 0..MINUTE, a in 0..9 * DAY, b in 0..9 * DAY) {
        let start = start + odd;
        let Some(whole) = calendar.due_at(start, a + b) else { return Ok(()) };
        let first = calendar.due_at(start, a).unwrap();
        prop_assert_eq!(calendar.due_at(first, b), Some(whole));
        prop_assert_eq!(calendar.elapsed(start, first), a);
        prop_assert_eq!(calendar.elapsed(start, whole), calendar.elapsed(start, first) + calendar.elapsed(first, whole));
    }

    #[test]
    fn later_is_never_earlier(calendar in calendars(), start in moments(), wait in 0..3 * DAY, a in 0..9 * DAY, more in 0..DAY) {
        let Some(due) = calendar.due_at(start, a) else { return Ok(()) };
        prop_assert!(due >= start);
        if let Some(later) = calendar.due_at(start + wait, a) {
            prop_assert!(later >= due);
        }
        if let Some(longer) = calendar.due_at(start, a + more) {
            prop_assert!(longer >= due);
        }
        prop_assert!(calendar.elapsed(start, start + wait) <= calendar.elapsed(start, start + wait + more));
    }
}
