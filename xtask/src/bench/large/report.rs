//! The part of `docs/performance.md` about very many tickets. What the first part wrote stays.

use std::fmt::Write as _;

use anyhow::{Context, Result};

use super::super::load::Measured;
use super::super::report::{LARGE, commit, machine, put, today};
use super::import::{Imported, LINES};
use super::requests::KINDS;
use super::{Figures, Side};
use crate::shell;

/// Puts this part into the page, in the place of the one that is there, or at its end; gives its text.
pub(super) fn write(figures: &Figures) -> Result<String> {
    let text = text(figures)?;
    let path = shell::root().join("docs/performance.md");
    let page = std::fs::read_to_string(&path).unwrap_or_else(|_| "# Speed and size\n".to_owned());
    std::fs::write(&path, put(&page, LARGE, &text)).with_context(|| format!("writing {}", path.display()))?;
    Ok(text)
}

fn text(figures: &Figures) -> Result<String> {
    let Figures { tickets, sqlite, postgres, load_before } = figures;
    let mut text = format!(
        "{LARGE}\n\nWritten by `cargo xtask bench --large`, the second part of `make bench`, on {}, commit {}, with {} tickets.\n\n\
         - Machine: {}; load average before the run: {load_before}\n\
         - 5 messages each, an organization for every 100 tickets, a contact and a device for every 10\n\
         - Ids of tickets are random, as real ones; those of messages and audit lines ascend, since nobody asks for one by \
         its id\n\
         - Each request is sent up to 300 times over one connection, one after the other; p50 · p99 in milliseconds\n\
         - A page has 25 rows where nothing else is said. Cursors lead to 40 places from the oldest to the newest ticket\n\
         - After the tickets were made, PostgreSQL did what it does by itself later: `VACUUM (ANALYZE)`\n\n\
         | request | SQLite | PostgreSQL | goal (p99) |\n|---|---|---|---|\n",
        today(),
        commit(),
        thousands(*tickets),
        machine(),
    );
    for (index, kind) in KINDS.iter().enumerate() {
        let cell = |side: &Side| {
            let Some(waits) = side.waits.get(index) else { return "not measured".to_owned() };
            let Measured { p50_ms, p99_ms, .. } = waits;
            format!("{p50_ms:.1} · {p99_ms:.1}{}", if kind.fits(waits) { "" } else { " **missed**" })
        };
        let goal = kind.goal_ms.map_or_else(|| "–".to_owned(), |goal| format!("< {goal:.0} ms"));
        writeln!(text, "| {} | {} | {} | {goal} |", kind.name, cell(sqlite), cell(postgres))?;
    }
    text += "\n| figure | SQLite | PostgreSQL | goal |\n|---|---|---|---|\n";
    let mut row = |name: &str, cell: &dyn Fn(&Side) -> String, goal: &str| {
        writeln!(text, "| {name} | {} | {} | {goal} |", cell(sqlite), cell(postgres))
    };
    let judged = |shown: String, fits: bool| if fits { shown } else { format!("{shown} **missed**") };
    row(
        "one hour counted again, the slowest of five (s)",
        &|side| judged(format!("{:.3}", side.hour_s), side.hour_s < 1.0),
        "< 1 s",
    )?;
    row(
        "`seed --load` (tickets/s)",
        &|side| judged(format!("{:.0}", side.seeded.per_second), side.seeded.per_second >= 5_000.0),
        "≥ 5,000",
    )?;
    row("the same with the dashboard's figures of all 90 days (s)", &|side| format!("{:.0}", side.seeded.wall_s), "–")?;
    let import = |of: &Imported| format!("{:.1} s · {:.0} MiB (+{:.0})", of.seconds, of.peak_mib, of.more_mib);
    row(&format!("import of {} contacts, tried out", thousands(LINES as u64)), &|side| import(&side.trial), "–")?;
    row(&format!("import of {} contacts, written", thousands(LINES as u64)), &|side| import(&side.import), "–")?;
    row("memory of the server while it was asked (MiB)", &|side| format!("{:.0}", side.resident_mib), "–")?;
    row("size of the database (MiB)", &|side| format!("{:.0}", side.database_mib), "–")?;
    text +=
        "\nAn import's memory is the most that the server had while it ran; in brackets, how much more than before.\n";
    Ok(text)
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped() {
        for (number, expect) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_000_000, "1,000,000")] {
            assert_eq!(thousands(number), expect);
        }
    }

    #[test]
    fn what_was_not_measured_says_so() {
        let empty =
            Figures { tickets: 5, sqlite: Side::default(), postgres: Side::default(), load_before: String::new() };
        let text = text(&empty).unwrap();
        assert!(text.starts_with(LARGE));
        assert_eq!(text.matches("not measured").count(), 2 * KINDS.len());
    }
}
