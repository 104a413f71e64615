//! The clocks of tickets through their lives, and rules of every wrong kind.

use super::*;
use crate::calendar::Hours;
use crate::time::{from_rfc3339, to_rfc3339};
use crate::workspace::{BusinessHours, Span};

fn office() -> Calendar {
    let day = || vec![Span { from: "09:00".into(), to: "17:00".into() }];
    let week: BusinessHours = ["mon", "tue", "wed", "thu", "fri"].map(|name| (name.to_owned(), day())).into();
    Calendar::Hours(Hours::of("Europe/Berlin", &week, &[]))
}

fn at(text: &str) -> Millis {
    from_rfc3339(&format!("2026-11-{text}:00+01:00")).unwrap()
}

fn history(created: &str, statuses: &[(&str, Status)], responded: Option<&str>) -> History {
    History {
        created_at: at(created),
        statuses: statuses.iter().map(|(moment, status)| (at(moment), *status)).collect(),
        first_responded_at: responded.map(at),
    }
}

fn stored(kind: ClockKind, minutes: i64, clock: &Clock) -> Stored {
    let Clock { due_at, halted_at, done_at, .. } = *clock;
    Stored { kind, minutes, due_at, halted_at, done_at, breached_at: None }
}

#[test]
fn clocks_through_a_life() {
    use ClockKind::{FirstResponse, Resolution};
    use ClockState::{Breached, Met, Paused, Running};
    use Status::{Closed, InProgress, Open, Resolved, WaitingOnCustomer as Waiting};
    // Tuesday the 24th is the day on which all of them begin; the office is open from nine to five.
    type Case<'c> =
        (&'c str, ClockKind, i64, &'c [(&'c str, Status)], Option<&'c str>, &'c str, &'c str, ClockState, i64);
    let cases: &[Case<'_>] = &[
        // what, clock, minutes, statuses, first response, now, due, state, minutes left
        ("running", Resolution, 240, &[], None, "24T11:00", "24T14:00", Running, 180),
        ("overnight", Resolution, 480, &[], None, "24T20:00", "25T10:00", Running, 60),
        ("ran out", Resolution, 60, &[], None, "24T11:30", "24T11:00", Breached, -30),
        ("exactly at its end", Resolution, 60, &[], None, "24T11:00", "24T11:00", Running, 0),
        ("waits", Resolution, 240, &[("24T11:00", Waiting)], None, "25T16:00", "24T14:00", Paused, 180),
        // Eleven to five and nine to ten were spent waiting: seven hours.
        (
            "waited",
            Resolution,
            240,
            &[("24T11:00", Waiting), ("25T10:00", Open)],
            None,
            "25T11:00",
            "25T13:00",
            Running,
            120,
        ),
        // A pause outside of business hours costs nothing.
        (
            "waited at night",
            Resolution,
            240,
            &[("24T18:00", Waiting), ("25T08:00", InProgress)],
            None,
            "25T09:00",
            "24T14:00",
            Breached,
            -180,
        ),
        ("resolved in time", Resolution, 240, &[("24T13:00", Resolved)], None, "26T12:00", "24T14:00", Met, 60),
        ("resolved late", Resolution, 240, &[("24T15:00", Resolved)], None, "26T12:00", "24T14:00", Breached, -60),
        // What counts is when the desk stopped working, not when the customer's silence ended.
        (
            "resolved while waiting",
            Resolution,
            240,
            &[("24T13:00", Waiting), ("25T15:00", Resolved), ("25T16:00", Closed)],
            None,
            "26T12:00",
            "24T14:00",
            Met,
            60,
        ),
        (
            "opened again",
            Resolution,
            240,
            &[("24T13:00", Resolved), ("25T12:00", Open)],
            None,
            "25T12:30",
            "25T13:00",
            Running,
            30,
        ),
        ("answered", FirstResponse, 60, &[], Some("24T10:30"), "24T12:00", "24T11:00", Met, 30),
        ("answered late", FirstResponse, 60, &[], Some("24T11:01"), "24T12:00", "24T11:00", Breached, -1),
        ("resolved unanswered", FirstResponse, 60, &[("24T10:15", Closed)], None, "24T12:00", "24T11:00", Met, 45),
        (
            "answered before it waited",
            FirstResponse,
            60,
            &[("24T10:45", Waiting)],
            Some("24T10:20"),
            "24T12:00",
            "24T11:00",
            Met,
            40,
        ),
        (
            "answered while it waited",
            FirstResponse,
            60,
            &[("24T10:45", Waiting), ("24T13:00", Open)],
            Some("24T12:00"),
            "24T14:00",
            "24T11:00",
            Met,
            15,
        ),
        (
            "opened again unanswered",
            FirstResponse,
            60,
            &[("24T10:15", Resolved), ("24T12:15", Open)],
            None,
            "24T12:30",
            "24T13:00",
            Running,
            30,
        ),
    ];
    let calendar = office();
    for (what, kind, minutes, statuses, responded, now, due, state, left) in cases {
        let clock = clock(*kind, *minutes, &history("24T10:00", statuses, *responded), &calendar);
        let view = stored(*kind, *minutes, &clock).view(&calendar, at(now));
        let found = (view.due_at.map(to_rfc3339), view.state, view.remaining_seconds);
        assert_eq!(found, (Some(to_rfc3339(at(due))), *state, Some(left * 60)), "{what}");
        assert_eq!(view.percent, Some(((minutes - left) * 100).div_euclid(*minutes)), "{what}");
    }
}

#[test]
fn marks_on_the_way() {
    let calendar = office();
    let long = clock(ClockKind::Resolution, 480, &history("24T10:00", &[], None), &calendar);
    let reaches = |percent| to_rfc3339(long.reaches(percent, &calendar).unwrap());
    // 480 minutes from ten o'clock: seven hours today, one tomorrow.
    assert_eq!([reaches(70), reaches(90)], [at("24T15:36"), at("25T09:12")].map(to_rfc3339));
    assert_eq!(reaches(110), to_rfc3339(at("25T10:48")));
    assert_eq!(long.soon_at(&calendar), Some(at("25T09:00")));
    let short = clock(ClockKind::FirstResponse, 30, &history("24T10:00", &[], None), &calendar);
    assert_eq!(short.soon_at(&calendar), Some(at("24T10:15")));
}

#[test]
fn a_clock_without_hours_is_never_due() {
    let never = Calendar::Hours(Hours::of("UTC", &BusinessHours::new(), &[]));
    let clock = clock(ClockKind::Resolution, 60, &history("24T10:00", &[], None), &never);
    let view = stored(ClockKind::Resolution, 60, &clock).view(&never, at("27T10:00"));
    assert_eq!(
        (view.state, view.due_at, view.remaining_seconds, view.percent),
        (ClockState::Running, None, None, None)
    );
    assert_eq!((clock.soon_at(&never), clock.reaches(70, &never)), (None, None));
}

#[test]
fn every_fault_of_a_rule_is_told() {
    let agent = "abcdefghijklmnopqrstuvwx";
    let action = |kind: &str, agent: Option<&str>, level| ActionInput {
        kind: kind.into(),
        support_agent_id: agent.map(str::to_owned),
        team_id: None,
        level,
    };
    let rule =
        |clock: &str, at_percent, actions: Vec<ActionInput>| RuleInput { clock: clock.into(), at_percent, actions };
    let check = |inputs: &[RuleInput]| {
        let mut faults = Faults::default();
        let rules = rules(&mut faults, "r", inputs);
        faults.into_result(rules).map_err(|wrong| wrong.into_iter().map(|fault| fault.field).collect::<Vec<_>>())
    };
    let good = [
        rule("resolution", 70, vec![action("notify", None, None)]),
        rule("RESOLUTION", 90, vec![action("ESCALATE", Some(agent), Some(2)), action("RAISE_PRIORITY", None, None)]),
        rule("FIRST_RESPONSE", 110, vec![action("ASSIGN", Some(agent), None)]),
    ];
    let rules = check(&good).unwrap();
    assert_eq!(rules[1].actions[0], Action::Escalate { support_agent_id: Some(agent.into()), team_id: None, level: 2 });
    let json = serde_json::to_value(&rules).unwrap();
    assert_eq!(json[1]["actions"][1], serde_json::json!({"type": "RAISE_PRIORITY"}));
    assert_eq!(serde_json::from_value::<Vec<Rule>>(json).unwrap(), rules);
    for (bad, fields) in [
        (rule("BOTH", 70, vec![action("NOTIFY", None, None)]), vec!["r[0].clock"]),
        (rule("RESOLUTION", 71, vec![]), vec!["r[0].atPercent", "r[0].actions"]),
        (rule("RESOLUTION", 70, vec![action("CALL", None, None)]), vec!["r[0].actions[0].type"]),
        (rule("RESOLUTION", 70, vec![action("ASSIGN", None, None)]), vec!["r[0].actions[0].supportAgentId"]),
        (
            rule("RESOLUTION", 70, vec![action("NOTIFY", Some("7"), Some(1))]),
            vec!["r[0].actions[0].supportAgentId", "r[0].actions[0].level"],
        ),
        (rule("RESOLUTION", 70, vec![action("ESCALATE", None, Some(6))]), vec!["r[0].actions[0].level"]),
        (
            rule("RESOLUTION", 70, vec![action("RAISE_PRIORITY", Some(agent), None)]),
            vec!["r[0].actions[0].supportAgentId"],
        ),
        (rule("RESOLUTION", 70, vec![action("NOTIFY", None, None); 2]), vec!["r[0].actions"]),
    ] {
        assert_eq!(check(&[bad]), Err(fields.into_iter().map(str::to_owned).collect()));
    }
    let of_team =
        |kind: &str, other: Option<&str>| ActionInput { team_id: Some(agent.into()), ..action(kind, other, None) };
    for (input, fields) in [
        (of_team("ASSIGN", None), vec![]),
        (of_team("NOTIFY", None), vec![]),
        (of_team("ESCALATE", Some(agent)), vec!["r[0].actions[0].teamId"]),
        (of_team("RAISE_PRIORITY", None), vec!["r[0].actions[0].teamId"]),
    ] {
        let found = check(&[rule("RESOLUTION", 70, vec![input])]).err().unwrap_or_default();
        assert_eq!(found, fields);
    }
    assert_eq!(check(&[good[0].clone(), good[0].clone()]), Err(vec!["r[1]".to_owned()]));
    assert_eq!(check(&vec![good[0].clone(); 7]), Err(vec!["r".to_owned()]));
}
