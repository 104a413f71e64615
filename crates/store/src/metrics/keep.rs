//! Counting hours and days again and keeping the result.

use std::collections::BTreeMap;
use std::ops::Range;

use patchcord_domain::metrics::{AgentFigures, Figures, UsageFigures};
use patchcord_domain::time::{HOUR, Millis};
use sea_orm::{ConnectionTrait, Value};

use super::count::{Counted, count};
use super::{Family, Hour, read};
use crate::{StoreError, Tenant, Tx};

/// Values in one statement; the databases take 32,766 and 65,535.
const VALUES_MAX: usize = 30_000;

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

/// Takes out all days, because they shall be those of another time zone; gives the first and the last hour that has figures.
pub async fn rename_days(tenant: Tenant<'_, Tx>, zone: &str) -> Result<Option<(Hour, Hour)>, StoreError> {
    let delete = tenant.statement("DELETE FROM daily_metrics WHERE workspace_id = $1", []);
    tenant.connection.execute_raw(delete).await?;
    let update = tenant.statement("UPDATE metric_states SET timezone = $2 WHERE workspace_id = $1", [zone.into()]);
    tenant.connection.execute_raw(update).await?;
    let ends = tenant.statement(
        "SELECT (SELECT MIN(bucket_start) FROM hourly_metrics WHERE workspace_id = $1) AS first, \
         (SELECT MAX(bucket_start) FROM hourly_metrics WHERE workspace_id = $1) AS last",
        [],
    );
    let Some(row) = tenant.connection.query_one_raw(ends).await? else { return Ok(None) };
    let (first, last): (Option<i64>, Option<i64>) = (row.try_get("", "first")?, row.try_get("", "last")?);
    Ok(first.zip(last).map(|(first, last)| (first / HOUR, last / HOUR)))
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
