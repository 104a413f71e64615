//! What backup, restore and `doctor` ask of a whole database.

use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Statement};

use crate::{Reader, Store, StoreError};

/// A file that a row points to.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct StoredFile {
    /// Its name in the storage.
    pub storage_key: String,
    /// How many bytes it has.
    pub size_bytes: i64,
    /// SHA-256 of its bytes, as hexadecimal digits.
    pub sha256: String,
}

/// Writes a copy of a SQLite database as it is at this moment to a new file; writers go on meanwhile.
///
/// # Errors
/// When the file is there already, the disk is full, or this is not SQLite.
pub async fn copy_to(store: &Store, file: &str) -> Result<(), StoreError> {
    if store.backend() != DbBackend::Sqlite {
        return Err(StoreError::Internal("only SQLite copies itself to a file".into()));
    }
    let vacuum = Statement::from_sql_and_values(DbBackend::Sqlite, "VACUUM INTO $1", [file.into()]);
    store.reader().execute_raw(vacuum).await?;
    Ok(())
}

/// What SQLite finds wrong with its file; empty when nothing is, or on PostgreSQL, which has checksums of its own.
///
/// # Errors
/// When the file cannot be read at all.
pub async fn damage(reader: &Reader) -> Result<Vec<String>, StoreError> {
    if reader.get_database_backend() != DbBackend::Sqlite {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for check in ["PRAGMA integrity_check(20)", "PRAGMA foreign_key_check"] {
        for row in reader.query_all_raw(Statement::from_string(DbBackend::Sqlite, check)).await? {
            let text: String = row.try_get_by_index(0)?;
            if text != "ok" && found.len() < 20 {
                found.push(text);
            }
        }
    }
    Ok(found)
}

/// Names of the migrations that were applied; empty when the schema is not there yet.
///
/// # Errors
/// When the database cannot be reached.
pub async fn schema(reader: &Reader) -> Result<Vec<String>, StoreError> {
    let backend = reader.get_database_backend();
    let there = match backend {
        DbBackend::Sqlite => "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations'",
        _ => {
            "SELECT table_name AS name FROM information_schema.tables \
              WHERE table_schema = current_schema() AND table_name = 'schema_migrations'"
        }
    };
    if reader.query_one_raw(Statement::from_string(backend, there)).await?.is_none() {
        return Ok(Vec::new());
    }
    let names = Statement::from_string(backend, "SELECT name FROM schema_migrations ORDER BY name LIMIT 1000");
    let rows = reader.query_all_raw(names).await?;
    rows.into_iter().map(|row| Ok(row.try_get("", "name")?)).collect()
}

/// The files after a name, by name.
///
/// # Errors
/// When the database fails.
pub async fn files_after(reader: &Reader, after: &str, limit: u32) -> Result<Vec<StoredFile>, StoreError> {
    let sql = "SELECT storage_key, size_bytes, sha256 FROM attachments WHERE storage_key > $1 \
         ORDER BY storage_key LIMIT $2";
    let values = [after.into(), i64::from(limit).into()];
    let statement = Statement::from_sql_and_values(reader.get_database_backend(), sql, values);
    Ok(StoredFile::find_by_statement(statement).all(reader).await?)
}

/// How many tickets there are, in all workspaces.
///
/// # Errors
/// When the database fails.
pub async fn tickets(reader: &Reader) -> Result<i64, StoreError> {
    let count = Statement::from_string(reader.get_database_backend(), "SELECT COUNT(*) AS total FROM tickets");
    let row = reader.query_one_raw(count).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}
