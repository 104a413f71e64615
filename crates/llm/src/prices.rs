//! What models cost: a data file that an operator may replace.

use std::collections::BTreeMap;

use patchcord_domain::call::SpokenUsage;
use serde::Deserialize;

use crate::Usage;

/// Prices by model.
#[derive(Debug, Clone, PartialEq)]
pub struct Prices(BTreeMap<String, Price>);

/// Dollars per million tokens, which is the same as micro-dollars per token.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    input: f64,
    cached_input: f64,
    output: f64,
    /// Of models that hear and speak.
    #[serde(default)]
    audio_input: f64,
    #[serde(default)]
    cached_audio_input: f64,
    #[serde(default)]
    audio_output: f64,
}

/// A price file that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the price file is wrong: {0}")]
pub struct PricesError(String);

impl Prices {
    /// The table that the program was built with.
    pub fn embedded() -> Self {
        Self::parse(include_str!("../../../prices/models.toml")).expect("the embedded price table is valid")
    }

    /// Reads a table: one section per model with `input`, `cached_input` and `output` in dollars per million tokens. What it
    /// says of telephony (`[[rate]]`) is not looked at here.
    ///
    /// # Errors
    /// Where the file is wrong.
    pub fn parse(text: &str) -> Result<Self, PricesError> {
        let mut table: toml::Table = toml::from_str(text).map_err(|error| PricesError(error.to_string()))?;
        table.remove("rate");
        let prices: BTreeMap<String, Price> = table.try_into().map_err(|error| PricesError(error.to_string()))?;
        for (model, price) in &prices {
            let text = [price.input, price.cached_input, price.output];
            let audio = [price.audio_input, price.cached_audio_input, price.audio_output];
            if text.iter().chain(&audio).any(|p| !(0.0..1e6).contains(p)) {
                return Err(PricesError(format!("a price of {model} is negative or absurd")));
            }
        }
        Ok(Self(prices))
    }

    /// What a call cost in micro-dollars, rounded up; `None` for a model without a price.
    pub fn cost_microusd(&self, model: &str, usage: &Usage) -> Option<i64> {
        Some(self.of(model)?.text(usage).ceil() as i64)
    }

    /// What an answer of a call cost in micro-dollars, rounded up; `None` for a model without a price.
    pub fn spoken_microusd(&self, model: &str, usage: &SpokenUsage) -> Option<i64> {
        let price = self.of(model)?;
        let text = Usage {
            input_tokens: usage.input_tokens,
            cached_input_tokens: usage.cached_input_tokens,
            output_tokens: usage.output_tokens,
        };
        let cached = usage.cached_audio_input_tokens.min(usage.audio_input_tokens);
        let audio = f64::from(usage.audio_input_tokens - cached) * price.audio_input
            + f64::from(cached) * price.cached_audio_input
            + f64::from(usage.audio_output_tokens) * price.audio_output;
        Some((price.text(&text) + audio).ceil() as i64)
    }

    fn of(&self, model: &str) -> Option<&Price> {
        let listed = self.0.iter().filter(|(name, _)| model.starts_with(name.as_str()));
        listed.max_by_key(|(name, _)| name.len()).map(|(_, price)| price)
    }
}

impl Price {
    fn text(&self, usage: &Usage) -> f64 {
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        f64::from(usage.input_tokens - cached) * self.input
            + f64::from(cached) * self.cached_input
            + f64::from(usage.output_tokens) * self.output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs() {
        let prices = Prices::embedded();
        let usage = Usage { input_tokens: 1_000, cached_input_tokens: 400, output_tokens: 200 };
        for (model, cost) in [
            ("gpt-4o-mini", Some(240)),
            ("gpt-4o-mini-2024-07-18", Some(240)),
            ("gpt-4o", Some(4_000)),
            ("builtin", Some(0)),
            ("llama3.2", None),
        ] {
            assert_eq!(prices.cost_microusd(model, &usage), cost, "{model}");
        }
    }

    #[test]
    fn speech_costs_by_its_own_tokens() {
        let usage = SpokenUsage {
            input_tokens: 1_000,
            cached_input_tokens: 500,
            output_tokens: 100,
            audio_input_tokens: 2_000,
            cached_audio_input_tokens: 1_000,
            audio_output_tokens: 500,
        };
        // 500 x 4 + 500 x 0.4 + 100 x 24 + 1,000 x 32 + 1,000 x 0.4 + 500 x 64.
        assert_eq!(Prices::embedded().spoken_microusd("gpt-realtime-2.1", &usage), Some(69_000));
        assert_eq!(Prices::embedded().spoken_microusd("builtin", &usage), Some(0));
        assert_eq!(Prices::embedded().spoken_microusd("llama3.2", &usage), None);
    }

    #[test]
    fn wrong_tables_are_refused() {
        for text in ["[a]\ninput = 1.0", "[a]\ninput = -1.0\ncached_input = 0.0\noutput = 0.0", "a = 1", "[["] {
            assert!(Prices::parse(text).is_err(), "{text}");
        }
    }
}
