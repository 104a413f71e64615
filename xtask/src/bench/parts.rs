//! Measurements of parts that need no server: examples that print their figures.

use anyhow::Result;

use crate::{postgres, shell};

/// Runs an example of a release build; gives what it printed.
pub(super) fn example(package: &str, name: &str, postgres_url: &str) -> Result<String> {
    let mut cargo = shell::cargo(&["run", "--quiet", "--release", "--package", package, "--example", name]);
    shell::read(cargo.env(postgres::VARIABLE, postgres_url))
}
