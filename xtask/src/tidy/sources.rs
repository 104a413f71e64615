//! What holds for each file by itself: its size, its first line, no ignored test, no way out of the repository.

use super::{Fault, File};

/// A file of this many lines is too long.
const LINES: usize = 600;
/// The folder beside the repository that some working copies have. Written in two parts, or this file would be a fault.
const OUTSIDE: &str = concat!("../", "shared");

pub(super) fn check(file: &File) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut fault = |line, message: String| faults.push(Fault::new(&file.path, line, message));
    let lines = file.text.lines().count();
    if counts(&file.path) && lines >= LINES {
        fault(LINES, format!("{lines} lines; fewer than {LINES} are wanted: move one idea into a file of its own"));
    }
    let rust = file.path.ends_with(".rs");
    if rust && !file.text.starts_with("//! ") {
        fault(1, "the first line is a `//! ` line that says what the file is for: add it".into());
    }
    for (line, text) in file.text.lines().enumerate() {
        if rust && ignores(text) {
            fault(line + 1, "no test is ignored: make it pass, or delete it".into());
        }
        if text.contains(OUTSIDE) {
            fault(line + 1, format!("{OUTSIDE} is not part of the repository: say it here, in our own words"));
        }
    }
    faults
}

/// Whether a person wrote the file, in a language whose files are kept short.
fn counts(path: &str) -> bool {
    let generated = path.ends_with("/schema.d.ts") || path.ends_with(".gen.ts");
    !generated && [".rs", ".ts", ".tsx", ".css"].iter().any(|ending| path.ends_with(ending))
}

fn ignores(line: &str) -> bool {
    let line = line.trim_start();
    let attribute = |start: &str| line.strip_prefix("#[").is_some_and(|rest| rest.starts_with(start));
    attribute("ignore]")
        || attribute("ignore ")
        || attribute("ignore=")
        || (attribute("cfg_attr(") && line.contains("ignore"))
}

#[cfg(test)]
mod tests {
    use super::super::file;
    use super::*;

    fn found(path: &str, text: &str) -> Vec<usize> {
        check(&file(path, text)).iter().map(|fault| fault.line).collect()
    }

    #[test]
    fn long_files() {
        let long = "a\n".repeat(LINES);
        let short = "a\n".repeat(LINES - 1);
        for (path, text, expect) in [
            ("web/src/a.ts", &long, vec![LINES]),
            ("web/src/a.tsx", &long, vec![LINES]),
            ("web/src/a.css", &long, vec![LINES]),
            ("web/src/a.css", &short, vec![]),
            ("web/src/api/schema.d.ts", &long, vec![]),
            ("web/src/routeTree.gen.ts", &long, vec![]),
            ("docs/openapi.json", &long, vec![]),
        ] {
            assert_eq!(found(path, text), expect, "{path}");
        }
        assert_eq!(found("crates/app/src/a.rs", &format!("//! All.\n{long}")), [LINES]);
    }

    #[test]
    fn first_lines() {
        for (text, expect) in [
            ("//! Says what.\nfn a() {}\n", vec![]),
            ("fn a() {}\n", vec![1]),
            ("// Not it.\n//! Late.\n", vec![1]),
            ("//!\n", vec![1]),
            ("", vec![1]),
        ] {
            assert_eq!(found("crates/app/src/a.rs", text), expect, "{text:?}");
        }
        assert_eq!(found("web/src/a.ts", "fn a() {}\n"), [0_usize; 0]);
    }

    #[test]
    fn ignored_tests() {
        for (line, expect) in [
            ("    #[ignore]", vec![2]),
            ("#[ignore = \"slow\"]", vec![2]),
            ("#[cfg_attr(windows, ignore)]", vec![2]),
            ("#[cfg_attr(test, derive(Debug))]", vec![]),
            ("let ignored = \"#[ignore]\";", vec![]),
        ] {
            assert_eq!(found("crates/app/src/a.rs", &format!("//! A file.\n{line}\n")), expect, "{line}");
        }
    }

    #[test]
    fn ways_out() {
        assert_eq!(found("README.md", &format!("Read on in\n`{OUTSIDE}/spec`.\n")), [2]);
        assert_eq!(found("README.md", "Knowledge is shared.\n"), [0_usize; 0]);
    }
}
