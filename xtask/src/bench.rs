//! Measurements of parts, on this machine, now. The figures are printed, not judged.

use anyhow::Result;

use crate::{no_arguments, postgres, shell};

/// Examples that measure, as package and name.
const MEASUREMENTS: [(&str, &str, &str); 2] = [
    ("durable writes a second", "patchcord-store", "write_path"),
    ("redaction", "patchcord-domain", "redaction_speed"),
];

/// `cargo xtask bench`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    no_arguments(arguments)?;
    shell::say("a throw-away PostgreSQL cluster that waits for no disk: its figures are not those of a real one");
    let cluster = postgres::Cluster::start()?;
    for (what, package, example) in MEASUREMENTS {
        shell::say(what);
        let mut cargo = shell::cargo(&["run", "--quiet", "--release", "--package", package, "--example", example]);
        shell::run(cargo.env(postgres::VARIABLE, cluster.url()))?;
    }
    Ok(())
}
