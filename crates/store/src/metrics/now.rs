//! What is open right now.

use std::collections::BTreeMap;

use patchcord_domain::metrics::Figures;
use patchcord_domain::time::{DAY, HOUR, Millis};
use sea_orm::ConnectionTrait;

use crate::{StoreError, Tenant};

/// Open tickets by priority and by age.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Only the figures `open_…` are filled.
    pub open: Figures,
    /// How many were opened within the last 24 hours, 3, 7 and 30 days, each without those before; then the older ones.
    /// An age is told by the hour in which a ticket was opened.
    pub by_age: [i64; 5],
}

/// Ages, in days, that divide the backlog.
const AGES: [i64; 4] = [1, 3, 7, 30];

/// What is open, as of the last count.
pub async fn backlog<C: ConnectionTrait>(tenant: Tenant<'_, C>, now: Millis) -> Result<Backlog, StoreError> {
    let sum = |name: &str| format!("CAST(COALESCE(SUM({name}), 0) AS BIGINT) AS {name}");
    let names: Vec<&str> = Figures::NAMES.iter().copied().filter(|name| name.starts_with("open_")).collect();
    let sums = names.iter().map(|name| sum(name)).collect::<Vec<_>>().join(", ");
    let days = format!("SELECT {sums} FROM daily_metrics WHERE workspace_id = $1");
    let mut backlog = Backlog::default();
    if let Some(row) = tenant.connection.query_one_raw(tenant.statement(&days, [])).await? {
        for name in &names {
            backlog.open.add_to(name, row.try_get("", name)?);
        }
    }
    let since: Vec<Millis> = AGES.iter().map(|days| (now - days * DAY) / HOUR * HOUR).collect();
    let open = names.join(" + ");
    let young = |place: usize| format!("CASE WHEN bucket_start >= ${place} THEN {open} ELSE 0 END");
    let sums = (2..=5).map(|place| format!("CAST(COALESCE(SUM({}), 0) AS BIGINT) AS a{place}", young(place)));
    let hours = format!(
        "SELECT {} FROM hourly_metrics WHERE workspace_id = $1 AND bucket_start >= $5",
        sums.collect::<Vec<_>>().join(", ")
    );
    let mut younger = 0;
    if let Some(row) =
        tenant.connection.query_one_raw(tenant.statement(&hours, since.into_iter().map(Into::into))).await?
    {
        for (index, name) in ["a2", "a3", "a4", "a5"].into_iter().enumerate() {
            let all: i64 = row.try_get("", name)?;
            backlog.by_age[index] = all - younger;
            younger = all;
        }
    }
    backlog.by_age[4] = backlog.open.open() - younger;
    Ok(backlog)
}

/// When the oldest open ticket was opened.
pub async fn oldest_open<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<Option<Millis>, StoreError> {
    let of = |status: &str| {
        format!("SELECT MIN(created_at) AS at FROM tickets WHERE workspace_id = $1 AND status = '{status}'")
    };
    // Each is one look at the end of the index; over all four together it would be a walk.
    let all = ["OPEN", "IN_PROGRESS", "WAITING_ON_CUSTOMER", "ESCALATED"].map(of).join(" UNION ALL ");
    let rows = tenant.connection.query_all_raw(tenant.statement(&all, [])).await?;
    let each = rows.iter().map(|row| row.try_get("", "at")).collect::<Result<Vec<Option<Millis>>, _>>()?;
    Ok(each.into_iter().flatten().min())
}

/// How many tickets each support agent has that are open.
pub async fn open_by_agent<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<BTreeMap<String, i64>, StoreError> {
    let sql = "SELECT assignee_id, COUNT(*) AS count FROM tickets WHERE workspace_id = $1 AND assignee_id IS NOT NULL \
         AND status IN ('OPEN', 'IN_PROGRESS', 'WAITING_ON_CUSTOMER', 'ESCALATED') GROUP BY assignee_id";
    let rows = tenant.connection.query_all_raw(tenant.statement(sql, [])).await?;
    rows.iter().map(|row| Ok((row.try_get("", "assignee_id")?, row.try_get("", "count")?))).collect()
}
