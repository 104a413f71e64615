//! What can go wrong with a database, by what a caller can do about it.

use sea_orm::{DbErr, RuntimeErr, SqlErr};

/// A failed read or write. The texts of the database are for logs, never for answers.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is locked, unreachable, starting or out of connections: the same call may work later.
    #[error("the database cannot be used right now: {0}")]
    Unavailable(String),
    /// The disk is full. Nothing of the write was kept.
    #[error("the disk of the database is full: {0}")]
    Full(String),
    /// Another row already has this value.
    #[error("a unique value is taken: {0}")]
    Taken(String),
    /// A row points to one that is not there, or is still pointed to.
    #[error("a reference does not hold: {0}")]
    Reference(String),
    /// The job is no longer held by this worker: another one has taken it over, or it was cancelled.
    #[error("the lease of job {0} is lost")]
    LeaseLost(String),
    /// Anything else: a fault of the program or of the database.
    #[error("database error: {0}")]
    Internal(String),
}

impl StoreError {
    /// What a write gets that comes after the end.
    pub(crate) fn closed() -> Self {
        StoreError::Unavailable("the store is closed".into())
    }

    /// Whether the same call may work later without anybody changing it.
    pub fn is_passing(&self) -> bool {
        matches!(self, StoreError::Unavailable(_) | StoreError::Full(_))
    }
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match error.sql_err() {
            Some(SqlErr::UniqueConstraintViolation(detail)) => return StoreError::Taken(detail),
            Some(SqlErr::ForeignKeyConstraintViolation(detail)) => return StoreError::Reference(detail),
            _ => {}
        }
        match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => StoreError::Unavailable(error.to_string()),
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => {
                classify(cause, &error)
            }
            _ => StoreError::Internal(error.to_string()),
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        classify(&error, &error)
    }
}

fn classify(cause: &sqlx::Error, shown: &dyn std::fmt::Display) -> StoreError {
    match cause {
        sqlx::Error::Database(database) => by_code(&database.code().unwrap_or_default(), shown.to_string()),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::Protocol(_) => StoreError::Unavailable(shown.to_string()),
        _ => StoreError::Internal(shown.to_string()),
    }
}

/// SQLite's result codes (the low byte is the primary code) and PostgreSQL's SQLSTATE classes.
fn by_code(code: &str, detail: String) -> StoreError {
    if let Ok(number) = code.parse::<u32>()
        && code.len() < 5
    {
        // A trigger that stands for a foreign key, see the migration of calls.
        if number == 1811 && detail.contains("FOREIGN KEY") {
            return StoreError::Reference(detail);
        }
        return match number & 0xff {
            13 => StoreError::Full(detail),
            5 | 6 | 8 | 10 | 14 => StoreError::Unavailable(detail),
            _ => StoreError::Internal(detail),
        };
    }
    match code {
        "53100" => StoreError::Full(detail),
        // Connection trouble, out of resources, operator intervention, serialization failure, deadlock.
        _ if code.starts_with("08") || code.starts_with("53") || code.starts_with("57") => {
            StoreError::Unavailable(detail)
        }
        "40001" | "40P01" | "55P03" => StoreError::Unavailable(detail),
        _ => StoreError::Internal(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes() {
        for (code, kind) in [
            ("5", "cannot be used"),
            ("517", "cannot be used"),
            ("13", "full"),
            ("10", "cannot be used"),
            ("1", "database error"),
            ("53100", "full"),
            ("53300", "cannot be used"),
            ("57P01", "cannot be used"),
            ("08006", "cannot be used"),
            ("40P01", "cannot be used"),
            ("42601", "database error"),
        ] {
            let text = by_code(code, "x".into()).to_string();
            assert!(text.contains(kind), "{code}: {text}");
        }
    }
}
