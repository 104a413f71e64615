//! A throw-away database on either engine: for tests, and for whoever wants to try something without touching real data.

use sea_orm::{ConnectionTrait, Database, Statement};

use crate::{Options, Reader, Store, StoreError};

/// Makes an empty, migrated SQLite database in a folder.
pub async fn sqlite(folder: &std::path::Path) -> Result<(Store, Options), StoreError> {
    let options = Options::new(format!("sqlite://{}", folder.join("scratch.db").display()));
    open(options).await
}

/// Makes a new, migrated PostgreSQL database with this name on a server where the address may create databases.
///
/// Its commits do not wait for the disk: it is thrown away anyway.
pub async fn postgres(server_url: &str, name: &str) -> Result<(Store, Options), StoreError> {
    let safe = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !safe {
        return Err(StoreError::Internal(format!("{name:?} is not a name for a scratch database")));
    }
    let server = Database::connect(server_url).await?;
    server.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    server.close().await?;
    let (head, _) = server_url.rsplit_once('/').ok_or_else(|| StoreError::Internal("no database in address".into()))?;
    open(Options { max_connections: 8, ..Options::new(format!("{head}/{name}")) }).await
}

async fn open(options: Options) -> Result<(Store, Options), StoreError> {
    let store = Store::connect(options.clone()).await?;
    store.migrate().await?;
    Ok((store, options))
}

/// Everything that people, models and other servers said and that is kept, as texts: for tests that look for what must not
/// be there.
pub async fn texts(reader: &Reader) -> Result<Vec<String>, StoreError> {
    const KEPT: [&str; 7] = [
        "SELECT CAST(payload AS TEXT) AS kept FROM jobs LIMIT 10000",
        "SELECT subject AS kept FROM tickets LIMIT 10000",
        "SELECT body AS kept FROM ticket_messages LIMIT 10000",
        "SELECT payload AS kept FROM ticket_events LIMIT 10000",
        "SELECT CAST(data AS TEXT) AS kept FROM events LIMIT 10000",
        "SELECT CAST(request AS TEXT) || COALESCE(CAST(content AS TEXT), '') AS kept FROM ai_suggestions LIMIT 10000",
        "SELECT CAST(messages AS TEXT) AS kept FROM ai_conversations LIMIT 10000",
    ];
    let mut texts = Vec::new();
    for sql in KEPT {
        let rows = reader.query_all_raw(Statement::from_string(reader.get_database_backend(), sql)).await?;
        for row in rows {
            texts.push(row.try_get::<String>("", "kept")?);
        }
    }
    Ok(texts)
}
