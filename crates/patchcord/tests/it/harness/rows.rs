//! Looks into a database past the program: what it says of itself is not enough to trust it.

use std::io::Write;
use std::path::Path;

use patchcord_store::Store;
use sea_orm::{ConnectionTrait, Database, Statement};

use super::engine::postgres_url;

/// The one number that a query gives.
pub(crate) async fn number(store: &Store, sql: &str) -> i64 {
    let reader = store.reader();
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    let row = reader.query_one_raw(statement).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// The texts of a query's first column, in its order.
pub(crate) async fn texts(store: &Store, sql: &str) -> Vec<String> {
    let reader = store.reader();
    let statement = Statement::from_string(reader.get_database_backend(), sql);
    let rows = reader.query_all_raw(statement).await.unwrap();
    rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
}

/// Changes rows past the program, for what a test cannot wait for.
pub(crate) async fn change(store: &Store, sql: &str) {
    let sql = sql.to_owned();
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.execute_unprepared(&sql).await?;
                Ok::<_, patchcord_store::StoreError>(())
            })
        })
        .await
        .unwrap();
}

/// Runs a statement on the PostgreSQL server of the tests, outside any database of a desk.
pub(crate) async fn on_server(sql: &str) {
    let server = Database::connect(postgres_url()).await.unwrap();
    server.execute_unprepared(sql).await.unwrap();
    server.close().await.unwrap();
}

/// Writes a line to the end of a file, as one write.
pub(crate) fn append(file: &Path, line: &str) {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    file.write_all(line.as_bytes()).unwrap();
}

/// Says something that a person who reads the output of the tests may want to know.
#[expect(clippy::print_stderr, reason = "it is for people who read what the tests print")]
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}
