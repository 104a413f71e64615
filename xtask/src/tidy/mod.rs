//! Rules of this repository that no compiler tests. Each fault names the place and what to do.

mod crates;
mod features;
mod sources;

use std::fmt;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::shell;

/// Folders with nothing that a person wrote.
const SKIPPED: [&str; 8] =
    [".git", "target", "node_modules", "dist", "data", "test-results", "playwright-report", "coverage"];

/// `cargo xtask tidy`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    crate::no_arguments(arguments)?;
    let files = read_tree(&shell::root())?;
    let faults = check(&files);
    for fault in &faults {
        println!("{fault}");
    }
    if !faults.is_empty() {
        bail!("{} faults in {} files looked at", faults.len(), files.len());
    }
    println!("{} files are tidy", files.len());
    Ok(())
}

/// A text file of the repository.
struct File {
    /// From the root, with `/`.
    path: String,
    text: String,
}

/// Something to put right.
#[derive(Debug, PartialEq)]
struct Fault {
    path: String,
    line: usize,
    message: String,
}

impl Fault {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, message: message.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}: {}", self.path, self.line, self.message)
    }
}

fn check(files: &[File]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in files {
        faults.extend(sources::check(file));
        faults.extend(features::check(file));
        faults.extend(crates::check(file));
    }
    faults.extend(migrations(files));
    faults
}

/// Both engines have the same list of migrations.
fn migrations(files: &[File]) -> Vec<Fault> {
    let folder = "crates/store/migrations/";
    let twins = [("sqlite/", "postgres/"), ("postgres/", "sqlite/")];
    let mut faults = Vec::new();
    for path in files.iter().map(|file| &file.path) {
        let Some(name) = path.strip_prefix(folder) else { continue };
        for (own, other) in twins {
            let Some(name) = name.strip_prefix(own) else { continue };
            let twin = format!("{folder}{other}{name}");
            if !files.iter().any(|file| file.path == twin) {
                faults.push(Fault::new(path, 1, format!("the other engine lacks this migration: add {twin}")));
            }
        }
    }
    faults
}

fn read_tree(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = std::fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                if !SKIPPED.iter().any(|skipped| entry.file_name() == *skipped) {
                    folders.push(path);
                }
                continue;
            }
            let bytes = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
            // What is not UTF-8 is a picture or a font, and has no lines.
            let Ok(text) = String::from_utf8(bytes) else { continue };
            let path =
                path.strip_prefix(root).expect("it was found below the root").to_string_lossy().replace('\\', "/");
            files.push(File { path, text });
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

#[cfg(test)]
fn file(path: &str, text: &str) -> File {
    File { path: path.to_owned(), text: text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_for_one_engine_only() {
        let sqlite = "crates/store/migrations/sqlite/0002_calls.sql";
        let postgres = "crates/store/migrations/postgres/0002_calls.sql";
        assert_eq!(migrations(&[file(sqlite, ""), file(postgres, "")]), []);
        for (here, missing) in [(sqlite, postgres), (postgres, sqlite)] {
            let faults = migrations(&[file(here, "")]);
            assert_eq!(faults.len(), 1);
            assert_eq!(faults[0].path, here);
            assert!(faults[0].message.contains(missing), "{}", faults[0]);
        }
    }

    #[test]
    fn planted_faults_are_found_in_a_tree_and_generated_folders_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let plant = |path: &str, text: &[u8]| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        plant("crates/domain/src/lib.rs", b"//! Nouns.\n");
        plant("crates/domain/src/bad.rs", b"fn untold() {}\n");
        plant("crates/store/migrations/sqlite/0001.sql", b"");
        plant("web/node_modules/thing/bad.rs", b"fn untold() {}\n");
        plant("target/debug/bad.rs", b"fn untold() {}\n");
        plant("docs/picture.png", &[0xff, 0xfe, 0x00]);
        let shown: Vec<String> = check(&read_tree(folder.path()).unwrap()).iter().map(ToString::to_string).collect();
        assert_eq!(shown.len(), 2, "{shown:?}");
        assert!(shown[0].starts_with("crates/domain/src/bad.rs:1: "), "{shown:?}");
        assert!(shown[1].starts_with("crates/store/migrations/sqlite/0001.sql:1: "), "{shown:?}");
    }
}
