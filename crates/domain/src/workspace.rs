//! What a workspace may be set to: time zone, hours, holidays, areas, and how its copilot and phone behave.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::text::length;
use crate::ticket_input::Faults;

/// Days of the week as business hours name them.
pub const WEEKDAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Most spans of business hours in one day.
const SPANS_MAX: usize = 4;
/// Most holidays.
const HOLIDAYS_MAX: usize = 400;
/// Most product areas, and characters of each.
const AREAS_MAX: usize = 50;
const AREA_MAX: usize = 60;
/// Longest name of a model, in characters.
const MODEL_MAX: usize = 100;

/// A span of a day, such as 08:00 to 18:00 on the clocks of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// First minute, as `HH:MM`.
    pub from: String,
    /// First minute that does not belong to it any more, as `HH:MM`; `24:00` is the end of the day.
    pub to: String,
}

/// When a workspace works: weekday → spans. A day that is missing is a day off.
pub type BusinessHours = BTreeMap<String, Vec<Span>>;

/// What the copilot does with new tickets by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AutoTriage {
    /// Nothing.
    #[default]
    Off,
    /// It analyses them and proposes.
    Suggest,
    /// It also sets what it proposes.
    Apply,
}

impl AutoTriage {
    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            AutoTriage::Off => "off",
            AutoTriage::Suggest => "suggest",
            AutoTriage::Apply => "apply",
        }
    }

    /// Reads it in any case.
    pub fn parse(text: &str) -> Option<Self> {
        let all = [AutoTriage::Off, AutoTriage::Suggest, AutoTriage::Apply];
        all.into_iter().find(|value| value.as_str().eq_ignore_ascii_case(text))
    }
}

/// The settings that have no column of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    /// The model that is asked for, where the model server has several; the operator's when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Most that models may cost a day (UTC), in micro-dollars; the operator's limit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_budget_microusd: Option<i64>,
    /// Most tokens that models may use a day (UTC); the operator's limit when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily_budget_tokens: Option<i64>,
    /// Whether tickets go to the team that covers their product area without anybody asking for it.
    pub auto_assign: bool,
    /// What triage must be sure of before it sets anything by itself, in percent.
    pub triage_min_confidence_percent: i64,
    /// What the copilot does by itself.
    pub auto_triage: AutoTriage,
    /// Where a caller goes who asks for a person, E.164.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transfer_number: Option<String>,
    /// Whether calls are recorded.
    pub record_calls: bool,
}

/// How sure triage must be when nobody says otherwise, in percent.
pub const TRIAGE_MIN_CONFIDENCE_PERCENT: i64 = 60;

impl Default for Settings {
    fn default() -> Self {
        Self {
            model: None,
            daily_budget_microusd: None,
            daily_budget_tokens: None,
            // A team that covers an area is made for its tickets: whoever makes one wants them to go there.
            auto_assign: true,
            triage_min_confidence_percent: TRIAGE_MIN_CONFIDENCE_PERCENT,
            auto_triage: AutoTriage::Off,
            transfer_number: None,
            record_calls: false,
        }
    }
}

/// A time zone of the IANA database, as it is written there.
pub fn timezone(faults: &mut Faults, field: &str, text: &str) -> String {
    match text.trim().parse::<chrono_tz::Tz>() {
        Ok(zone) => zone.name().to_owned(),
        Err(_) => {
            faults.add(field, "must be a time zone of the IANA database, such as Europe/Berlin");
            String::new()
        }
    }
}

/// Business hours: known days, spans in order that do not touch.
pub fn business_hours(faults: &mut Faults, field: &str, hours: &BusinessHours) {
    for (day, spans) in hours {
        let at = format!("{field}.{}", crate::text::head(day, 20));
        if !WEEKDAYS.contains(&day.as_str()) {
            faults.add(&at, format!("must be one of {}", WEEKDAYS.join(", ")));
            continue;
        }
        if spans.len() > SPANS_MAX {
            faults.add(&at, format!("at most {SPANS_MAX} spans a day are allowed; there are {}", spans.len()));
            continue;
        }
        let mut end = -1;
        for (index, span) in spans.iter().enumerate() {
            match (minute(&span.from), minute(&span.to)) {
                (Some(from), Some(to)) if from < to && from > end => end = to,
                (Some(from), Some(to)) if from >= to => {
                    faults.add(&format!("{at}[{index}]"), "must end after it begins");
                }
                (Some(_), Some(_)) => faults.add(&format!("{at}[{index}]"), "must begin after the one before ends"),
                _ => faults.add(&format!("{at}[{index}]"), "must have times such as 08:00; the end may be 24:00"),
            }
        }
    }
}

/// Minutes since midnight.
fn minute(text: &str) -> Option<i32> {
    let (hour, minute) = text.split_once(':')?;
    let two = |part: &str| (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok());
    let (hour, minute): (i32, i32) = (two(hour)??, two(minute)??);
    (minute < 60 && (hour < 24 || (hour == 24 && minute == 0))).then_some(hour * 60 + minute)
}

/// Holidays: dates, in order, each once.
pub fn holidays(faults: &mut Faults, field: &str, days: &[String]) -> Vec<String> {
    if days.len() > HOLIDAYS_MAX {
        faults.add(field, format!("at most {HOLIDAYS_MAX} days are allowed; there are {}", days.len()));
        return Vec::new();
    }
    let mut kept = Vec::new();
    for (index, day) in days.iter().enumerate() {
        match NaiveDate::parse_from_str(day.trim(), "%Y-%m-%d") {
            Ok(date) => kept.push(date.format("%Y-%m-%d").to_string()),
            Err(_) => faults.add(&format!("{field}[{index}]"), "must be a date such as 2026-12-25"),
        }
    }
    kept.sort_unstable();
    kept.dedup();
    kept
}

/// Product areas: in the order given, each once whatever its case.
pub fn product_areas(faults: &mut Faults, field: &str, areas: &[String]) -> Vec<String> {
    if areas.len() > AREAS_MAX {
        faults.add(field, format!("at most {AREAS_MAX} areas are allowed; there are {}", areas.len()));
        return Vec::new();
    }
    let mut kept: Vec<String> = Vec::new();
    for (index, area) in areas.iter().enumerate() {
        let area = faults.text(&format!("{field}[{index}]"), &area.replace('\n', " "), 1, AREA_MAX);
        if !kept.iter().any(|other| other.to_lowercase() == area.to_lowercase()) {
            kept.push(area);
        }
    }
    kept
}

/// The name of a model.
pub fn model(faults: &mut Faults, field: &str, text: &str) -> String {
    let text = text.trim();
    let fits = (1..=MODEL_MAX).contains(&length(text)) && text.bytes().all(|b| b.is_ascii_graphic());
    if !fits {
        faults.add(field, format!("must have 1 to {MODEL_MAX} printable characters without spaces"));
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(check: impl FnOnce(&mut Faults)) -> Vec<String> {
        let mut faults = Faults::default();
        check(&mut faults);
        faults.into_result(()).err().unwrap_or_default().into_iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn zones() {
        for (text, fits) in
            [("Europe/Berlin", true), ("UTC", true), ("America/New_York", true), ("CEST", false), ("", false)]
        {
            assert_eq!(faults(|f| drop(timezone(f, "timezone", text))).is_empty(), fits, "{text}");
        }
    }

    #[test]
    fn hours() {
        let check = |json: &str| {
            let hours: BusinessHours = serde_json::from_str(json).unwrap();
            faults(|f| business_hours(f, "businessHours", &hours))
        };
        for good in
            ["{}", r#"{"mon": []}"#, r#"{"mon": [{"from": "08:00", "to": "12:00"}, {"from": "13:00", "to": "24:00"}]}"#]
        {
            assert!(check(good).is_empty(), "{good}");
        }
        for (bad, field) in [
            (r#"{"monday": []}"#, "businessHours.monday"),
            (r#"{"mon": [{"from": "8:00", "to": "12:00"}]}"#, "businessHours.mon[0]"),
            (r#"{"mon": [{"from": "12:00", "to": "08:00"}]}"#, "businessHours.mon[0]"),
            (r#"{"mon": [{"from": "00:00", "to": "24:01"}]}"#, "businessHours.mon[0]"),
            (
                r#"{"mon": [{"from": "08:00", "to": "12:00"}, {"from": "12:00", "to": "13:00"}]}"#,
                "businessHours.mon[1]",
            ),
        ] {
            assert_eq!(check(bad), [field], "{bad}");
        }
    }

    #[test]
    fn lists_are_kept_once() {
        let mut told = Faults::default();
        let days: Vec<String> = ["2026-12-25", "2026-01-01", "2026-12-25"].map(str::to_owned).to_vec();
        assert_eq!(holidays(&mut told, "holidays", &days), ["2026-01-01", "2026-12-25"]);
        let areas: Vec<String> = ["VPN", "vpn", "Printers"].map(str::to_owned).to_vec();
        assert_eq!(product_areas(&mut told, "productAreas", &areas), ["VPN", "Printers"]);
        assert!(told.into_result(()).is_ok());
        let wrong = vec!["2026-02-30".to_owned()];
        assert_eq!(faults(|f| drop(holidays(f, "holidays", &wrong))), ["holidays[0]"]);
    }

    #[test]
    fn settings_of_an_older_workspace_are_read() {
        let settings: Settings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(serde_json::to_value(&settings).unwrap()["autoTriage"], "off");
    }
}
