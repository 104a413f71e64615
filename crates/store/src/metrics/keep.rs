//! Counting hours and days again and keeping the result.

use std::collections::BTreeMap;
use std::ops::Range;

use patchcord_domain::metrics::{AgentFigures, Figures, UsageFigures};
use patchcord_domain::time::{HOUR, Millis};
use sea_orm::{ConnectionTrait, Value};

use super::count::{Counted, count};
use super::{Family, Hour, read};
use crate::{StoreError, Tenant, Tx};

/// Values in one statement. SQLite looks for each among those before it, so that very many take long.
const VALUES_MAX: usize = 4_000;

/// Counts these hours again, in everything that is kept by the hour; says whether any figure changed. The state must be locked.
pub async fn recount_hours(tenant: Tenant<'_, Tx>, hours: Range<Hour>) -> Result<bool, StoreError> {
    let desk = recount::<Figures>(tenant, &hours).await?;
    let agents = recount::<AgentFigures>(tenant, &hours).await?;
    let usage = recount::<UsageFigures>(tenant, &hours).await?;
    Ok(desk || agents || usage)
}

async fn recount<F: Family>(tenant: Tenant<'_, Tx>, hours: &Range<Hour>) -> Result<bool, StoreError> {
    let span = hours.start * HOUR..hours.end * HOUR;
    let mut counted: Counted<F> = count(tenant, span.clone()).await?;
    counted.retain(|_, figures| *figures != F::default());
    if counted == read::kept(tenant, span.clone()).await? {
        return Ok(false);
    }
    let delete =
        format!("DELETE FROM {} WHERE workspace_id = $1 AND bucket_start >= $2 AND bucket_start < $3", F::TABLE);
    tenant.connection.execute_raw(tenant.statement(&delete, [span.start.into(), span.end.into()])).await?;
    let rows = counted.iter().map(|((hour, key), figures)| (hour * HOUR, F::columns(key), figures.values()));
    insert(tenant, F::TABLE, F::KEYS, F::NAMES, rows.collect()).await?;
    Ok(true)
}

/// Sums up these days again, from their hours and what is left at their ends. The hours must be counted before.
pub async fn recount_days(tenant: Tenant<'_, Tx>, days: &[Range<Millis>]) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for day in days {
        let delete = tenant.statement(
            "DELETE FROM daily_metrics WHERE workspace_id = $1 AND bucket_start >= $2 AND bucket_start < $3",
            [day.start.into(), day.end.into()],
        );
        tenant.connection.execute_raw(delete).await?;
        let figures = read::desk(tenant, day.start, day.end).await?;
        if figures != Figures::default() {
            rows.push((day.start, Vec::new(), figures.values()));
        }
    }
    insert(tenant, "daily_metrics", &[], Figures::NAMES, rows).await
}

/// Takes out all days, because they shall be those of another time zone, and marks every hour that has figures, so that the
/// days around it are counted.
pub async fn begin_days(tenant: Tenant<'_, Tx>, zone: &str) -> Result<(), StoreError> {
    for sql in [
        "DELETE FROM daily_metrics WHERE workspace_id = $1",
        "INSERT INTO hour_marks (workspace_id, hour) \
         SELECT workspace_id, bucket_start / 3600000 FROM hourly_metrics WHERE workspace_id = $1",
    ] {
        tenant.connection.execute_raw(tenant.statement(sql, [])).await?;
    }
    let update = tenant.statement("UPDATE metric_states SET timezone = $2 WHERE workspace_id = $1", [zone.into()]);
    tenant.connection.execute_raw(update).await?;
    Ok(())
}

/// The first and the last hour of which anything is kept or could be counted; none when there is nothing at all.
pub async fn extent<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<Option<(Hour, Hour)>, StoreError> {
    let mut ends = vec![("daily_metrics", "bucket_start")];
    ends.extend([Figures::TABLE, AgentFigures::TABLE, UsageFigures::TABLE].map(|table| (table, "bucket_start")));
    for source in Figures::SOURCES.iter().chain(AgentFigures::SOURCES).chain(UsageFigures::SOURCES) {
        // Replies have no index of their own for every message; they lie between the opening and the last change. What is read
        // of several tables lies where the tickets lie.
        let one_table = source.table != "ticket_messages" && !source.table.starts_with('(');
        if one_table && !ends.contains(&(source.table, source.at)) {
            ends.push((source.table, source.at));
        }
    }
    ends.push(("tickets", "updated_at"));
    let mut extent: Option<(Hour, Hour)> = None;
    for (table, at) in ends {
        let sql = format!(
            "SELECT (SELECT MIN({at}) FROM {table} WHERE workspace_id = $1 AND {at} >= 0) AS first, \
             (SELECT MAX({at}) FROM {table} WHERE workspace_id = $1 AND {at} >= 0) AS last"
        );
        let Some(row) = tenant.connection.query_one_raw(tenant.statement(&sql, [])).await? else { continue };
        let (first, last): (Option<i64>, Option<i64>) = (row.try_get("", "first")?, row.try_get("", "last")?);
        if let Some((first, last)) = first.zip(last) {
            let (low, high) = extent.unwrap_or((Hour::MAX, Hour::MIN));
            extent = Some((low.min(first.div_euclid(HOUR)), high.max(last.div_euclid(HOUR))));
        }
    }
    Ok(extent)
}

async fn insert(
    tenant: Tenant<'_, Tx>,
    table: &str,
    keys: &[&str],
    names: &[&str],
    rows: Vec<(Millis, Vec<String>, Vec<i64>)>,
) -> Result<(), StoreError> {
    let columns = 1 + keys.len() + names.len();
    let listed: Vec<&str> = ["bucket_start"].iter().chain(keys).chain(names).copied().collect();
    for part in rows.chunks(VALUES_MAX / columns) {
        let mut sql = format!("INSERT INTO {table} (workspace_id, {}) VALUES ", listed.join(", "));
        let mut values: Vec<Value> = Vec::with_capacity(part.len() * columns);
        for (start, key, figures) in part {
            if !values.is_empty() {
                sql += ", ";
            }
            sql += "($1";
            for place in 0..columns {
                sql += &format!(", ${}", values.len() + place + 2);
            }
            sql += ")";
            values.push((*start).into());
            values.extend(key.iter().map(|text| Value::from(text.as_str())));
            values.extend(figures.iter().map(|figure| Value::from(*figure)));
        }
        tenant.connection.execute_raw(tenant.statement(&sql, values)).await?;
    }
    Ok(())
}

/// What was counted, summed up by key.
pub(super) fn by_key<F: Family>(counted: Counted<F>, sums: &mut BTreeMap<F::Key, F>) {
    for ((_, key), figures) in counted {
        *sums.entry(key).or_default() += figures;
    }
}
