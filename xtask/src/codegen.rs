//! The generated files: the server's own description of itself, and the page's types made from it.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::{Usage, run, shell, web};

const DOCUMENT: &str = "docs/openapi.json";
const TYPES: &str = "web/src/api/schema.d.ts";

/// `cargo xtask codegen [--check]`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    match arguments {
        [] => write(),
        [flag] if flag == "--check" => check(),
        _ => Err(Usage(format!("unexpected arguments {arguments:?}")).into()),
    }
}

/// Changes nothing.
///
/// # Errors
/// When a generated file is not what the code would generate now.
pub(crate) fn check() -> Result<()> {
    let document = document()?;
    compare(DOCUMENT, &read(DOCUMENT), &document)?;
    // The page's tool writes its file in place; the one of before is put back.
    let before = read(TYPES);
    types()?;
    let now = read(TYPES);
    std::fs::write(shell::root().join(TYPES), &before).with_context(|| format!("putting {TYPES} back"))?;
    compare(TYPES, &before, &now)
}

fn write() -> Result<()> {
    let document = document()?;
    std::fs::write(shell::root().join(DOCUMENT), document).with_context(|| format!("writing {DOCUMENT}"))?;
    types()?;
    println!("wrote {DOCUMENT} and {TYPES}");
    Ok(())
}

fn document() -> Result<String> {
    shell::read(std::process::Command::new(run::debug_binary()?).arg("openapi"))
}

fn types() -> Result<()> {
    web::install()?;
    shell::run(&mut web::npm(&["run", "--silent", "codegen"]))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(shell::root().join(path)).unwrap_or_default()
}

fn compare(path: impl AsRef<Path>, is: &str, should_be: &str) -> Result<()> {
    if is == should_be {
        return Ok(());
    }
    let line = is.lines().zip(should_be.lines()).take_while(|(a, b)| a == b).count() + 1;
    bail!("{}:{line}: is out of date; run `cargo xtask codegen` and commit the result", path.as_ref().display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_different_line_is_named() {
        assert!(compare("a.json", "{}\n", "{}\n").is_ok());
        let error = compare("a.json", "{\n1\n}\n", "{\n2\n}\n").unwrap_err().to_string();
        assert!(error.starts_with("a.json:2: "), "{error}");
    }
}
