//! Points in time: UTC, counted in milliseconds since 1970.

use chrono::{DateTime, SecondsFormat, Utc};

/// A point in time in milliseconds since 1970-01-01T00:00:00Z, as both databases store it.
pub type Millis = i64;

/// One second in milliseconds.
pub const SECOND: Millis = 1_000;
/// One minute in milliseconds.
pub const MINUTE: Millis = 60 * SECOND;
/// One hour in milliseconds.
pub const HOUR: Millis = 60 * MINUTE;
/// One day of 24 hours in milliseconds.
pub const DAY: Millis = 24 * HOUR;

/// Tells the time. The program passes the machine's clock; tests pass one that they move by hand.
pub trait Clock: Send + Sync {
    /// The present moment.
    fn now(&self) -> Millis;
}

/// RFC 3339 in UTC with milliseconds: `2026-11-24T09:30:00.000Z`.
pub fn to_rfc3339(at: Millis) -> String {
    DateTime::<Utc>::from_timestamp_millis(at)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads RFC 3339 with any offset, or a date alone (its first moment in UTC).
pub fn from_rfc3339(text: &str) -> Option<Millis> {
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.timestamp_millis());
    }
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?;
    Some(day.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis())
}

/// Reads a date as HTTP headers carry it (RFC 9110, 5.6.7): `Tue, 24 Nov 2026 09:30:00 GMT`.
pub fn from_http_date(text: &str) -> Option<Millis> {
    DateTime::parse_from_rfc2822(text.trim()).ok().map(|at| at.timestamp_millis())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_survives_the_round_trip() {
        let at = 1_764_000_000_123;
        assert_eq!(from_rfc3339(&to_rfc3339(at)), Some(at));
        assert_eq!(to_rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(from_rfc3339("1970-01-02"), Some(DAY));
        assert_eq!(from_rfc3339("yesterday"), None);
        assert_eq!(from_http_date("Fri, 02 Jan 1970 00:00:00 GMT"), Some(DAY));
        assert_eq!(from_http_date("120"), None);
    }
}
