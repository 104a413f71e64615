//! A throw-away database on either engine: for tests, and for whoever wants to try something without touching real data.

use sea_orm::{ConnectionTrait, Database};

use crate::{Options, Store, StoreError};

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
