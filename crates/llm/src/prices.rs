//! What models cost: a data file that an operator may replace.

use std::collections::BTreeMap;

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

    /// Reads a table: one section per model with `input`, `cached_input` and `output` in dollars per million tokens.
    ///
    /// # Errors
    /// Where the file is wrong.
    pub fn parse(text: &str) -> Result<Self, PricesError> {
        let prices: BTreeMap<String, Price> = toml::from_str(text).map_err(|error| PricesError(error.to_string()))?;
        for (model, price) in &prices {
            if [price.input, price.cached_input, price.output].iter().any(|p| !(0.0..1e6).contains(p)) {
                return Err(PricesError(format!("a price of {model} is negative or absurd")));
            }
        }
        Ok(Self(prices))
    }

    /// What a call cost in micro-dollars, rounded up; `None` for a model without a price.
    pub fn cost_microusd(&self, model: &str, usage: &Usage) -> Option<i64> {
        let listed = self.0.iter().filter(|(name, _)| model.starts_with(name.as_str()));
        let (_, price) = listed.max_by_key(|(name, _)| name.len())?;
        let cached = usage.cached_input_tokens.min(usage.input_tokens);
        let cost = f64::from(usage.input_tokens - cached) * price.input
            + f64::from(cached) * price.cached_input
            + f64::from(usage.output_tokens) * price.output;
        Some(cost.ceil() as i64)
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
    fn wrong_tables_are_refused() {
        for text in ["[a]\ninput = 1.0", "[a]\ninput = -1.0\ncached_input = 0.0\noutput = 0.0", "a = 1", "[["] {
            assert!(Prices::parse(text).is_err(), "{text}");
        }
    }
}
