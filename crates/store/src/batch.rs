//! Several statements in one text, so that they are handed to SQLite together.

use sea_orm::{DbBackend, Statement, Value, Values};

/// Values after which a batch is full: bounds what waits in memory.
const VALUES_MAX: usize = 4_000;

/// Statements that wait to be run one after the other.
#[derive(Default)]
pub(crate) struct Batch {
    sql: String,
    values: Vec<Value>,
}

impl Batch {
    /// Adds a statement whose placeholders are `$1`, `$2`, … or `?`, and that has no such character anywhere else.
    pub(crate) fn push(&mut self, statement: Statement) {
        let before = self.values.len();
        let mut unnamed = before;
        if !self.sql.is_empty() {
            self.sql.push_str("; ");
        }
        let mut chars = statement.sql.chars().peekable();
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
                    self.sql.push(other);
                    continue;
                }
            };
            self.sql.push('$');
            self.sql.push_str(&place.to_string());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

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
