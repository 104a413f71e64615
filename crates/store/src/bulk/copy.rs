//! COPY: rows as text, as PostgreSQL takes them fastest.

use std::fmt::Write as _;
use std::iter::Peekable;

use async_trait::async_trait;
use sea_orm::Value;
use sqlx::postgres::PgConnection;

use super::{Insert, Rows};
use crate::StoreError;

/// Text that is handed to COPY at once: little, so that the database reads one piece while the next is written.
const COPY_BYTES: usize = 1 << 16;

#[async_trait]
impl Insert for PgConnection {
    async fn insert(&mut self, target: &str, _columns: usize, rows: Peekable<Rows>) -> Result<(), StoreError> {
        let mut copy = self.copy_in_raw(&format!("COPY {target} FROM STDIN")).await?;
        let mut text = String::with_capacity(COPY_BYTES + 32_768);
        for row in rows {
            for (index, value) in row.into_iter().enumerate() {
                if index > 0 {
                    text.push('\t');
                }
                push(&mut text, &value)?;
            }
            text.push('\n');
            if text.len() >= COPY_BYTES {
                copy.send(text.as_bytes()).await?;
                text.clear();
            }
        }
        copy.send(text.as_bytes()).await?;
        copy.finish().await?;
        Ok(())
    }
}

/// A value in the text form of COPY: <https://www.postgresql.org/docs/current/sql-copy.html>.
fn push(text: &mut String, value: &Value) -> Result<(), StoreError> {
    let mut escaped = |plain: &str| {
        for part in plain.split_inclusive(['\\', '\n', '\r', '\t']) {
            let (before, escaped) = match part.as_bytes().last() {
                Some(b'\\') => (&part[..part.len() - 1], "\\\\"),
                Some(b'\n') => (&part[..part.len() - 1], "\\n"),
                Some(b'\r') => (&part[..part.len() - 1], "\\r"),
                Some(b'\t') => (&part[..part.len() - 1], "\\t"),
                _ => (part, ""),
            };
            text.push_str(before);
            text.push_str(escaped);
        }
    };
    match value {
        Value::String(Some(plain)) => escaped(plain),
        Value::Json(Some(json)) => escaped(&json.to_string()),
        Value::BigInt(Some(number)) => _ = write!(text, "{number}"),
        Value::Bool(Some(value)) => text.push(if *value { 't' } else { 'f' }),
        Value::String(None) | Value::Json(None) | Value::BigInt(None) | Value::Bool(None) => text.push_str("\\N"),
        other => return Err(StoreError::Internal(format!("COPY of {other:?} is not known"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_text_form() {
        let mut text = String::new();
        for value in [Value::from("a\tb\\c\nd"), Value::from(-5_i64), Value::from(true), Value::from(None::<String>)] {
            push(&mut text, &value).unwrap();
            text.push('|');
        }
        assert_eq!(text, "a\\tb\\\\c\\nd|-5|t|\\N|");
        assert!(push(&mut text, &Value::from(1.5_f64)).is_err());
    }
}
