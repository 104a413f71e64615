//! Marks on what must be counted again. Triggers of the database leave them; see the migration.
//!
//! A mark is taken away before what it marks is counted, in the same transaction: whatever is committed in between leaves a
//! mark of its own, and the count that follows may already see it. So nothing is forgotten, and at worst counted twice.

use patchcord_domain::id::WorkspaceId;
use sea_orm::{ConnectionTrait, Statement, Value};

use super::{Hour, Kind};
use crate::{Reader, StoreError, Tenant, Tx};

/// Takes the marks of the newest marked hours, at most `limit` hours; gives them, newest first.
pub async fn take_hours(tenant: Tenant<'_, Tx>, limit: u64) -> Result<Vec<Hour>, StoreError> {
    let sql = "SELECT DISTINCT hour FROM hour_marks WHERE workspace_id = $1 ORDER BY hour DESC LIMIT $2";
    let select = tenant.statement(sql, [i64::try_from(limit).unwrap_or(i64::MAX).into()]);
    let rows = tenant.connection.query_all_raw(select).await?;
    let hours = rows.iter().map(|row| row.try_get("", "hour")).collect::<Result<Vec<Hour>, _>>()?;
    if !hours.is_empty() {
        let sql = format!("DELETE FROM hour_marks WHERE workspace_id = $1 AND hour IN ({})", places(2, hours.len()));
        tenant.connection.execute_raw(tenant.statement(&sql, hours.iter().map(|hour| Value::from(*hour)))).await?;
    }
    Ok(hours)
}

/// Takes the marks of customers of one kind, at most `limit` customers; gives their ids.
pub async fn take_customers(tenant: Tenant<'_, Tx>, kind: Kind, limit: u64) -> Result<Vec<String>, StoreError> {
    let sql = "SELECT DISTINCT customer_id FROM customer_marks WHERE workspace_id = $1 AND kind = $2 \
         ORDER BY customer_id LIMIT $3";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let select = tenant.statement(sql, [kind.as_str().into(), limit.into()]);
    let rows = tenant.connection.query_all_raw(select).await?;
    let ids = rows.iter().map(|row| row.try_get("", "customer_id")).collect::<Result<Vec<String>, _>>()?;
    if !ids.is_empty() {
        let sql = format!(
            "DELETE FROM customer_marks WHERE workspace_id = $1 AND kind = $2 AND customer_id IN ({})",
            places(3, ids.len())
        );
        let values = std::iter::once(kind.as_str().into()).chain(ids.iter().map(|id| Value::from(id.as_str())));
        tenant.connection.execute_raw(tenant.statement(&sql, values)).await?;
    }
    Ok(ids)
}

/// Marks every customer that has tickets, calls or figures, so that all are counted again.
pub async fn mark_customers(tenant: Tenant<'_, Tx>) -> Result<(), StoreError> {
    for (kind, column) in [("ORGANIZATION", "organization_id"), ("CONTACT", "contact_id")] {
        let sql = format!(
            "INSERT INTO customer_marks (workspace_id, kind, customer_id) \
             SELECT DISTINCT workspace_id, $2, {column} FROM tickets WHERE workspace_id = $1 AND {column} IS NOT NULL \
             UNION SELECT workspace_id, $2, {column} FROM calls WHERE workspace_id = $1 AND {column} IS NOT NULL \
             UNION SELECT workspace_id, kind, id FROM customer_metrics WHERE workspace_id = $1 AND kind = $2"
        );
        tenant.connection.execute_raw(tenant.statement(&sql, [kind.into()])).await?;
    }
    Ok(())
}

/// Places for values, the first with this number.
pub(super) fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ")
}

/// Workspaces that have marked hours or customers, at most 1,000.
pub async fn workspaces(reader: &Reader, customers: bool) -> Result<Vec<WorkspaceId>, StoreError> {
    let table = if customers { "customer_marks" } else { "hour_marks" };
    // A look into the index for each workspace: there are few of them, and a mark may be there a thousand times.
    let sql = format!(
        "SELECT w.id FROM workspaces w WHERE (SELECT MIN(m.workspace_id) FROM {table} m WHERE m.workspace_id = w.id) \
         IS NOT NULL ORDER BY w.id LIMIT 1000"
    );
    let rows = reader.query_all_raw(Statement::from_string(reader.get_database_backend(), sql)).await?;
    rows.iter().map(|row| Ok(WorkspaceId::new(row.try_get::<String>("", "id")?))).collect()
}
