//! Every test there is: Rust on both engines, the page's unit tests, end to end in a browser.

use anyhow::{Result, bail};

use crate::report::Report;
use crate::{Usage, e2e, postgres, shell, vendors, web};

const PARTS: [&str; 4] = ["rust", "vendors", "web", "e2e"];

/// `cargo xtask test [--only PART]`.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let only = match arguments {
        [] => None,
        [flag, part] if flag == "--only" && PARTS.contains(&part.as_str()) => Some(part.as_str()),
        _ => return Err(Usage(format!("unexpected arguments {arguments:?}")).into()),
    };
    let wanted = |part| only.is_none_or(|only| only == part);
    let mut report = Report::default();
    let page = report.step("the page: packages and build", || web::build().map(|()| Vec::new()));
    if wanted("rust") {
        report.step("Rust tests, on SQLite and PostgreSQL", rust);
    }
    if wanted("vendors") {
        report.step("what is sent, by the packages of OpenAI and Twilio", vendors::run);
    }
    if wanted("web") {
        report.step("the page's unit tests", unit_tests);
    }
    if wanted("e2e") && page {
        report.step("end-to-end tests in Chromium", e2e::run);
    } else if wanted("e2e") {
        report.not_run("end-to-end tests in Chromium", "the page was not built");
    }
    report.finish()
}

fn rust() -> Result<Vec<String>> {
    let given = std::env::var(postgres::VARIABLE).ok();
    let cluster = match &given {
        Some(_) => None,
        None => {
            shell::say("starting a throw-away PostgreSQL cluster");
            Some(postgres::Cluster::start()?)
        }
    };
    let url = given.as_deref().or(cluster.as_ref().map(postgres::Cluster::url)).unwrap_or_default();
    let nextest = shell::cargo(&["nextest", "--version"]).output().is_ok_and(|output| output.status.success());
    let runner: &[&str] = if nextest {
        &["nextest", "run", "--workspace"]
    } else {
        &["test", "--workspace", "--tests", "--no-fail-fast"]
    };
    shell::say(&format!("cargo {}", runner.join(" ")));
    let (lines, result) = shell::watch({
        let mut tests = shell::cargo(runner);
        tests.env(postgres::VARIABLE, url).env("NEXTEST_TEST_THREADS", side_by_side().to_string());
        tests
    })?;
    let summary = if nextest { nextest_summary(&lines) } else { cargo_summary(&lines) };
    finish(summary, result)
}

/// How many tests run at the same time: more than there are cores, for most of them wait longer than they compute.
fn side_by_side() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores + cores.div_ceil(2)
}

fn unit_tests() -> Result<Vec<String>> {
    web::install()?;
    let (lines, result) = shell::watch(web::npm(&["run", "test"]))?;
    let starts = ["Tests  ", "Test Files  ", "FAIL  ", "AssertionError: ", "Error: "];
    let counting = |line: &&String| starts.iter().any(|start| line.trim_start().starts_with(start));
    finish(lines.iter().filter(counting).map(|line| format!("page: {}", line.trim())).collect(), result)
}

/// A run without a summary ran no test, whatever it says.
fn finish(summary: Vec<String>, result: Result<()>) -> Result<Vec<String>> {
    result.map_err(|error| anyhow::anyhow!("{error}\n{}", summary.join("\n")))?;
    if summary.is_empty() {
        bail!("the test runner printed no summary");
    }
    Ok(summary)
}

/// The line in which nextest counts, and the tests that it names after it: those that failed.
fn nextest_summary(lines: &[String]) -> Vec<String> {
    let named = ["Summary [", "FAIL [", "TIMEOUT [", "FLAKY ", "SIG"];
    lines
        .iter()
        .map(|line| line.trim())
        .skip_while(|line| !line.starts_with("Summary ["))
        .filter(|line| named.iter().any(|start| line.starts_with(start)))
        .map(|line| format!("Rust: {line}"))
        .collect()
}

/// Adds up the lines that `cargo test` prints, one for each test binary.
fn cargo_summary(lines: &[String]) -> Vec<String> {
    let mut binaries = 0;
    let mut counts = [("passed", 0), ("failed", 0), ("ignored", 0)];
    for line in lines.iter().filter_map(|line| line.strip_prefix("test result: ")) {
        binaries += 1;
        for part in line.split([';', '.']) {
            let Some((number, word)) = part.trim().split_once(' ') else { continue };
            if let Some((_, count)) = counts.iter_mut().find(|(name, _)| *name == word) {
                *count += number.parse::<u32>().unwrap_or(0);
            }
        }
    }
    let [(_, passed), (_, failed), (_, ignored)] = counts;
    if binaries == 0 {
        Vec::new()
    } else {
        vec![format!("Rust: {passed} passed, {failed} failed, {ignored} ignored in {binaries} binaries")]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn summaries() {
        let nextest = lines(
            "   PASS [ 0.1s] a b\n   FAIL [ 0.1s] a c\n     Summary [   2.5s] 12 tests run: 11 passed, 1 failed\n   FAIL [ 0.1s] a c\n",
        );
        assert_eq!(
            nextest_summary(&nextest),
            ["Rust: Summary [   2.5s] 12 tests run: 11 passed, 1 failed", "Rust: FAIL [ 0.1s] a c"]
        );
        let cargo = lines(
            "test a ... ok\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        assert_eq!(cargo_summary(&cargo), ["Rust: 5 passed, 1 failed, 1 ignored in 2 binaries"]);
    }

    #[test]
    fn no_summary_is_a_failure() {
        assert!(finish(Vec::new(), Ok(())).is_err());
        assert!(finish(vec!["1 passed".into()], Ok(())).is_ok());
    }

    #[test]
    fn parts_are_checked() {
        for arguments in [vec!["--only"], vec!["--only", "all"], vec!["fast"]] {
            let arguments: Vec<String> = arguments.into_iter().map(str::to_owned).collect();
            assert!(run(&arguments).unwrap_err().is::<Usage>());
        }
    }
}
