//! What telephony costs, from a file with dates: an estimate until the carrier tells its price.

use patchcord_domain::time::{Millis, from_rfc3339};
use serde::Deserialize;

/// Rates by kind, with the moment from which each holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates(Vec<Rate>);

#[derive(Debug, Clone, PartialEq)]
struct Rate {
    kind: String,
    micros: i64,
    since: Millis,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rate: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    kind: String,
    unit: String,
    usd: f64,
    since: String,
}

impl Rates {
    /// The table that the program was built with.
    pub fn embedded() -> Self {
        let text = include_str!("../../../../prices/telephony.toml");
        Self::parse(text).expect("the embedded table of telephony is valid")
    }

    /// Reads a table: one `[[rate]]` with `kind`, `unit` (minutes), `usd` and `since` (a date) for each rate.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
        let read = |line: Line| {
            let since = from_rfc3339(&line.since).ok_or(format!("{:?} is no date", line.since))?;
            if line.unit != "minutes" || !(0.0..1_000.0).contains(&line.usd) {
                return Err(format!("the rate of {} must be in minutes and 0 to 1000 dollars", line.kind));
            }
            Ok(Rate { kind: line.kind, micros: (line.usd * 1e6).round() as i64, since })
        };
        file.rate.into_iter().map(read).collect::<Result<_, String>>().map(Self)
    }

    /// The rates of a file of prices, where they stand beside the models; the embedded ones when it has none.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn of_prices(text: &str) -> Result<Self, String> {
        let mut table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let Some(rates) = table.remove("rate") else { return Ok(Self::embedded()) };
        let only: toml::Table = [("rate".to_owned(), rates)].into_iter().collect();
        Self::parse(&toml::to_string(&only).map_err(|error| error.to_string())?)
    }

    /// What minutes of a kind cost at a moment, in micro-dollars; none when no rate holds.
    pub fn cost_microusd(&self, kind: &str, minutes: i64, at: Millis) -> Option<i64> {
        let holding = self.0.iter().filter(|rate| rate.kind == kind && rate.since <= at);
        holding.max_by_key(|rate| rate.since).map(|rate| rate.micros * minutes)
    }
}

/// Minutes that are billed for a length: each that has begun.
pub(crate) fn billed_minutes(seconds: i64) -> i64 {
    seconds.max(0).saturating_add(59) / 60
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_prices_may_have_rates() {
        let at = 1_780_272_000_000;
        let models = "[some-model]\ninput = 1.0\noutput = 2.0\n";
        assert_eq!(Rates::of_prices(models).unwrap(), Rates::embedded());
        let both =
            format!("{models}[[rate]]\nkind = \"inbound\"\nunit = \"minutes\"\nusd = 0.02\nsince = \"2025-01-01\"\n");
        let rates = Rates::of_prices(&both).unwrap();
        assert_eq!(
            (rates.cost_microusd("inbound", 3, at), rates.cost_microusd("outbound", 1, at)),
            (Some(60_000), None)
        );
        assert!(Rates::of_prices("[[rate]]\nkind = 5").is_err());
    }

    #[test]
    fn the_newest_rate_that_holds_counts() {
        let line = |usd: f64, since: &str| {
            format!("[[rate]]\nkind = \"inbound\"\nunit = \"minutes\"\nusd = {usd}\nsince = \"{since}\"\n")
        };
        let rates = Rates::parse(&(line(0.02, "2026-06-01") + &line(0.01, "2025-01-01"))).unwrap();
        let at = |date: &str| from_rfc3339(date).unwrap();
        for (date, cost) in [("2024-12-31", None), ("2025-01-01", Some(30_000)), ("2026-07-01", Some(60_000))] {
            assert_eq!(rates.cost_microusd("inbound", 3, at(date)), cost, "{date}");
        }
        assert_eq!(rates.cost_microusd("fax", 3, at("2026-07-01")), None);
        assert!(Rates::parse(&line(-1.0, "2025-01-01")).is_err() && Rates::parse(&line(0.1, "soon")).is_err());
        assert_eq!(Rates::embedded().cost_microusd("inbound", 2, at("2026-01-01")), Some(17_000));
    }

    #[test]
    fn begun_minutes_are_billed() {
        for (seconds, minutes) in [(0, 0), (1, 1), (60, 1), (61, 2), (-5, 0)] {
            assert_eq!(billed_minutes(seconds), minutes);
        }
    }
}
