//! Several statements in one text, so that they are handed to SQLite together.

use sea_orm::{DbBackend, Statement, Value, Values};

/// Values after which a batch is full: bounds what waits in memory, and SQLite looks for the name of each value among all.
const VALUES_MAX: usize = 1_000;

/// Statements that wait to be run one after the other.
#[derive(Default)]
pub(crate) struct Batch {
    sql: String,
    values: Vec<Value>,
}

impl Batch {
    /// Adds a statement whose placeholders are `$1`, `$2`, … or `?`, and that has no such character anywhere else.
    pub(crate) fn push(&mut self, statement: Statement) {
        if !self.sql.is_empty() {
            self.sql.push_str("; ");
        }
        renumber(&statement.sql, self.values.len(), &mut self.sql);
        self.values.extend(statement.values.into_iter().flat_map(|Values(values)| values));
    }

    /// Whether nothing more should be added before it is run.
    pub(crate) fn is_full(&self) -> bool {
        self.values.len() >= VALUES_MAX
    }

    /// All of it and then `end` as one statement; none when there is nothing to run.
    pub(crate) fn finish(mut self, end: &str) -> Option<Statement> {
        if !end.is_empty() {
            if !self.sql.is_empty() {
                self.sql.push_str("; ");
            }
            self.sql.push_str(end);
        }
        let run = !self.sql.is_empty();
        run.then(|| Statement::from_sql_and_values(DbBackend::Sqlite, self.sql, self.values))
    }
}

/// Appends a statement whose placeholders begin behind `before` others.
fn renumber(sql: &str, before: usize, target: &mut String) {
    let mut unnamed = before;
    let mut chars = sql.chars().peekable();
    while let Some(c) = chars.next() {
        let place = match c {
            '?' => {
                unnamed += 1;
                unnamed
            }
            '$' => {
                let mut number = 0;
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    number = number * 10 + digit as usize - '0' as usize;
                }
                before + number
            }
            other => {
                target.push(other);
                continue;
            }
        };
        target.push('$');
        target.push_str(&place.to_string());
    }
}

/// Inserts into different tables that become one statement on PostgreSQL: all but the last are parts of its WITH.
///
/// References between the new rows are checked at the end of the whole statement, so that their order does not matter.
/// Two inserts into the same table would have no order among each other, therefore only one of each kind is taken.
#[derive(Default)]
pub(crate) struct Inserts(Vec<Statement>);

impl Inserts {
    /// Whether a statement can be part of another one.
    pub(crate) fn takes(sql: &str) -> bool {
        sql.starts_with("INSERT INTO") && !sql.contains("ON CONFLICT") && !sql.contains("RETURNING")
    }

    /// Whether such an insert waits already.
    pub(crate) fn has(&self, sql: &str) -> bool {
        let table = |sql: &str| sql.split_whitespace().nth(2).map(|name| name.trim_matches('"').to_owned());
        self.0.iter().any(|waiting| table(&waiting.sql) == table(sql))
    }

    pub(crate) fn push(&mut self, statement: Statement) {
        self.0.push(statement);
    }

    /// All of them as one statement; none when nothing waits.
    pub(crate) fn finish(self) -> Option<Statement> {
        let last = self.0.len().checked_sub(1)?;
        let (mut sql, mut values) = (String::new(), Vec::new());
        for (index, statement) in self.0.into_iter().enumerate() {
            if index < last {
                sql += if index == 0 { "WITH " } else { ", " };
                sql += &format!("part{index} AS (");
            } else if index > 0 {
                sql.push(' ');
            }
            renumber(&statement.sql, values.len(), &mut sql);
            if index < last {
                sql.push(')');
            }
            values.extend(statement.values.into_iter().flat_map(|Values(values)| values));
        }
        Some(Statement::from_sql_and_values(DbBackend::Postgres, sql, values))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserts_become_one_statement() {
        let insert = |sql: &str, value: i64| Statement::from_sql_and_values(DbBackend::Postgres, sql, [value.into()]);
        let mut inserts = Inserts::default();
        assert!(Inserts::default().finish().is_none());
        inserts.push(insert("INSERT INTO a (x) VALUES ($1)", 1));
        assert!(inserts.has("INSERT INTO a (x, y) VALUES ($1, $2)"));
        assert!(!inserts.has("INSERT INTO b (x) VALUES ($1)"));
        inserts.push(insert("INSERT INTO b (x) VALUES ($1)", 2));
        inserts.push(insert("INSERT INTO c (x) VALUES ($1)", 3));
        let whole = inserts.finish().unwrap();
        let parts = "WITH part0 AS (INSERT INTO a (x) VALUES ($1)), part1 AS (INSERT INTO b (x) VALUES ($2))";
        assert_eq!(whole.sql, format!("{parts} INSERT INTO c (x) VALUES ($3)"));
        assert_eq!(whole.values.unwrap().0, [1_i64.into(), 2_i64.into(), 3_i64.into()]);
        for (sql, fits) in [
            ("INSERT INTO a (x) VALUES ($1)", true),
            ("INSERT INTO a (x) VALUES ($1) ON CONFLICT DO NOTHING", false),
            ("INSERT INTO a (x) VALUES ($1) RETURNING x", false),
            ("UPDATE a SET x = $1", false),
        ] {
            assert_eq!(Inserts::takes(sql), fits, "{sql}");
        }
    }

    #[test]
    fn placeholders_are_counted_through() {
        let statement = |sql: &str, values: Vec<Value>| Statement::from_sql_and_values(DbBackend::Sqlite, sql, values);
        let mut batch = Batch::default();
        assert!(Batch::default().finish("").is_none());
        batch.push(statement("INSERT INTO a VALUES ($1, $2, $1)", vec![1.into(), 2.into()]));
        batch.push(statement("INSERT INTO b VALUES (?, ?)", vec![3.into(), 4.into()]));
        batch.push(statement("DELETE FROM c WHERE d = $1", vec![5.into()]));
        let whole = batch.finish("RELEASE one").unwrap();
        assert_eq!(
            whole.sql,
            "INSERT INTO a VALUES ($1, $2, $1); INSERT INTO b VALUES ($3, $4); DELETE FROM c WHERE d = $5; RELEASE one"
        );
        assert_eq!(whole.values.unwrap().0, (1..=5).map(Value::from).collect::<Vec<_>>());
    }
}
