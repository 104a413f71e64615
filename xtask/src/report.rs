//! What was done, how long it took and how it ended: printed as one list at the end.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// The steps of a task. A failed step does not keep the next ones from running.
#[derive(Default)]
pub(crate) struct Report {
    steps: Vec<Step>,
}

struct Step {
    name: &'static str,
    took: Duration,
    /// What there is to say, a line each, or why it failed.
    result: Result<Vec<String>>,
}

impl Report {
    /// Runs a step; says whether it succeeded. The lines that it gives are shown with it at the end.
    pub(crate) fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<Vec<String>>) -> bool {
        println!();
        crate::shell::say(name);
        let started = Instant::now();
        let result = work();
        if let Err(error) = &result {
            println!("--- {name} failed: {error:#}");
        }
        let succeeded = result.is_ok();
        self.steps.push(Step { name, took: started.elapsed(), result });
        succeeded
    }

    /// A step that could not run because of another one counts as failed.
    pub(crate) fn not_run(&mut self, name: &'static str, reason: &str) {
        self.steps.push(Step { name, took: Duration::ZERO, result: Err(anyhow::anyhow!("not run: {reason}")) });
    }

    /// Prints the list.
    ///
    /// # Errors
    /// When a step failed.
    pub(crate) fn finish(self) -> Result<()> {
        let took: Duration = self.steps.iter().map(|step| step.took).sum();
        let failed = self.steps.iter().filter(|step| step.result.is_err()).count();
        println!("\n==> Summary ({})", time(took));
        for step in &self.steps {
            let word = if step.result.is_ok() { "ok    " } else { "FAILED" };
            println!("{word} {:>8}  {}", time(step.took), step.name);
            match &step.result {
                Ok(lines) => lines.iter().for_each(|line| println!("                 {line}")),
                Err(error) => format!("{error:#}").lines().for_each(|line| println!("                 {line}")),
            }
        }
        if failed > 0 {
            bail!("{failed} of {} steps", self.steps.len());
        }
        let said: Vec<String> = self.steps.into_iter().filter_map(|step| step.result.ok()).flatten().collect();
        println!("==> {}", if said.is_empty() { "ok".to_owned() } else { said.join(" | ") });
        Ok(())
    }
}

fn time(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} m {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_the_whole_and_stops_nothing() {
        let mut report = Report::default();
        assert!(!report.step("first", || bail!("no")));
        assert!(report.step("second", || Ok(vec!["3 passed".into()])));
        assert_eq!(report.finish().unwrap_err().to_string(), "1 of 2 steps");
    }

    #[test]
    fn what_could_not_run_is_a_failure() {
        let mut report = Report::default();
        report.not_run("third", "the page was not built");
        assert!(report.finish().is_err());
    }

    #[test]
    fn times() {
        for (ms, expect) in [(1_240, "1.2 s"), (59_000, "59.0 s"), (61_000, "1 m 01 s"), (3_600_000, "60 m 00 s")] {
            assert_eq!(time(Duration::from_millis(ms)), expect);
        }
    }
}
