//! What a migration cannot say in SQL: rows that were there before are brought up in the migration's own transaction.

use patchcord_domain::text::fold;
use sea_orm::{ConnectionTrait, FromQueryResult, Statement, Value};

use crate::StoreError;
use crate::devices::search_text;
use crate::search::DEVICE;

/// Rows that are read, and documents that are written, at once.
const PAGE: i64 = 500;

/// Brings up what was there before a migration; most migrations need nothing.
pub(crate) async fn after(tx: &impl ConnectionTrait, migration: &str) -> Result<(), StoreError> {
    match migration {
        "0005_people_and_things" => find_devices(tx).await,
        _ => Ok(()),
    }
}

#[derive(FromQueryResult)]
struct Device {
    workspace_id: String,
    id: String,
    name: String,
    serial_number: Option<String>,
    asset_tag: Option<String>,
    ip_address: Option<String>,
}

/// Devices are found by search from now on.
async fn find_devices(tx: &impl ConnectionTrait) -> Result<(), StoreError> {
    let backend = tx.get_database_backend();
    let mut last = (String::new(), String::new());
    loop {
        let sql = "SELECT workspace_id, id, name, serial_number, asset_tag, ip_address FROM devices \
                   WHERE (workspace_id, id) > ($1, $2) ORDER BY workspace_id, id LIMIT $3";
        let values = [last.0.as_str().into(), last.1.as_str().into(), PAGE.into()];
        let page = Device::find_by_statement(Statement::from_sql_and_values(backend, sql, values)).all(tx).await?;
        let Some(end) = page.last() else { return Ok(()) };
        last = (end.workspace_id.clone(), end.id.clone());
        let (mut places, mut values) = (Vec::new(), Vec::<Value>::new());
        for device in &page {
            let others = [&device.serial_number, &device.asset_tag, &device.ip_address].map(Option::as_deref);
            let text = fold(&search_text(&device.name, others));
            let from = values.len();
            places.push(format!("(${}, ${}, ${}, 0, ${})", from + 1, from + 2, from + 3, from + 4));
            values.extend([device.workspace_id.as_str().into(), DEVICE.into(), device.id.as_str().into(), text.into()]);
        }
        let sql = format!(
            "INSERT INTO search_documents (workspace_id, kind, subject_id, part, text) VALUES {}",
            places.join(", ")
        );
        tx.execute_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    }
}
