//! A report as a table that people read.

use std::fmt::Write as _;

use patchcord_domain::text::head;
use patchcord_domain::ticket::CATEGORIES;

use super::score::{Goals, Report};

/// The report: figures beside goals, categories that were taken for others, and the worst cases.
pub fn table(title: &str, report: &Report, goals: &Goals, worst: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{title}: {} cases\n", report.cases);
    for verdict in report.verdicts(goals) {
        let share = match verdict.figure.percent() {
            Some(percent) => format!("{percent:5.1} %"),
            None => "not measured".to_owned(),
        };
        let count = format!("{}/{}", verdict.figure.count, verdict.figure.of);
        let state = match (verdict.goal.is_empty(), verdict.reached) {
            (true, _) => "",
            (false, true) => "ok",
            (false, false) => "MISSED",
        };
        let line = format!("  {:<34} {share:>12}  {count:>9}  {:<8} {state}", verdict.name, verdict.goal);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    confusion(&mut out, report);
    if !report.wrong.is_empty() && worst > 0 {
        let shown = worst.min(report.wrong.len());
        let _ = writeln!(out, "\nThe worst {shown} of {} cases with something wrong", report.wrong.len());
        for wrong in report.wrong.iter().take(worst) {
            let _ = writeln!(out, "  {}  {}", wrong.key, head(&wrong.subject, 70));
            for line in &wrong.lines {
                let _ = writeln!(out, "      {line}");
            }
        }
    }
    out.trim_end().to_owned()
}

/// Rows are what was expected, columns what came.
fn confusion(out: &mut String, report: &Report) {
    let columns: Vec<&str> = CATEGORIES
        .iter()
        .copied()
        .chain(["none"])
        .filter(|name| {
            report.confusion.contains_key(*name) || report.confusion.values().any(|row| row.contains_key(*name))
        })
        .collect();
    let _ = writeln!(out, "\nCategories: rows expected, columns answered");
    let heads: Vec<String> = columns.iter().map(|name| format!("{:>6}", head(name, 6))).collect();
    let _ = writeln!(out, "  {:<10}{}", "", heads.join(" "));
    for (expected, row) in &report.confusion {
        let cells: Vec<String> = columns
            .iter()
            .map(|name| format!("{:>6}", row.get(*name).map_or_else(|| ".".to_owned(), ToString::to_string)))
            .collect();
        let others: Vec<String> = row
            .iter()
            .filter(|(name, _)| !columns.contains(&name.as_str()))
            .map(|(name, count)| format!("{} × {}", count, head(name, 30)))
            .collect();
        let _ = writeln!(out, "  {:<10}{} {}", expected, cells.join(" "), others.join(", "));
    }
}
