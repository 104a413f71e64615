//! What a migration cannot say in SQL: rows that were there before are brought up in the migration's own transaction.

use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use crate::StoreError;
use crate::search::{ACCOUNT_MANAGER, CONTACT, DEVICE, LOCATION, ORGANIZATION, document};

/// Rows that are read, and documents that are written, at once.
const PAGE: i64 = 500;

/// Whose rows are found by search from a migration on: the migration, the kind of the documents, the table, and the columns
/// beside the name that are looked in.
const FOUND_SINCE: [(&str, &str, &str, [&str; 3]); 5] = [
    ("0005_people_and_things", DEVICE, "devices", ["serial_number", "asset_tag", "ip_address"]),
    ("0006_people", ORGANIZATION, "organizations", ["u_e_code", "domain", "NULL"]),
    ("0006_people", CONTACT, "contacts", ["email", "phone", "title"]),
    ("0006_people", LOCATION, "locations", ["address", "city", "NULL"]),
    ("0006_people", ACCOUNT_MANAGER, "account_managers", ["email", "phone", "NULL"]),
];

/// Brings up what was there before a migration; most migrations need nothing.
pub(crate) async fn after(tx: &impl ConnectionTrait, migration: &str) -> Result<(), StoreError> {
    for (since, kind, table, columns) in FOUND_SINCE {
        if since == migration {
            find(tx, kind, table, columns).await?;
        }
    }
    Ok(())
}

#[derive(FromQueryResult)]
struct Row {
    workspace_id: String,
    id: String,
    name: String,
    first: Option<String>,
    second: Option<String>,
    third: Option<String>,
}

/// Writes the search documents of a table's rows.
async fn find(tx: &impl ConnectionTrait, kind: &str, table: &str, columns: [&str; 3]) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    let [first, second, third] = columns;
    let select = format!(
        "SELECT workspace_id, id, name, {first} AS first, {second} AS second, CAST({third} AS TEXT) AS third FROM {table} \
         WHERE (workspace_id, id) > ($1, $2) ORDER BY workspace_id, id LIMIT $3"
    );
    let mut last = (String::new(), String::new());
    loop {
        let values = [last.0.as_str().into(), last.1.as_str().into(), PAGE.into()];
        let page = Row::find_by_statement(Statement::from_sql_and_values(backend, &select, values)).all(tx).await?;
        let Some(end) = page.last() else { return Ok(()) };
        last = (end.workspace_id.clone(), end.id.clone());
        let (mut places, mut values) = (Vec::new(), Vec::<Value>::new());
        for row in &page {
            let others = [&row.first, &row.second, &row.third].map(Option::as_deref);
            let text = std::iter::once(row.name.as_str()).chain(others.into_iter().flatten()).collect::<Vec<_>>();
            let text = document(kind, &text.join("\n"));
            let from = values.len();
            places.push(format!("(${}, ${}, ${}, 0, ${})", from + 1, from + 2, from + 3, from + 4));
            values.extend([row.workspace_id.as_str().into(), kind.into(), row.id.as_str().into(), text.into()]);
        }
        let sql = format!(
            "INSERT INTO search_documents (workspace_id, kind, subject_id, part, text) VALUES {}",
            places.join(", ")
        );
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
}
