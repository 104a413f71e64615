//! Reading what is kept. A span that does not begin or end on an hour is whole hours and a count of what is left.

use std::collections::BTreeMap;
use std::ops::Range;

use patchcord_domain::metrics::{AgentFigures, Figures, UsageFigures};
use patchcord_domain::time::{HOUR, Millis};
use sea_orm::{ConnectionTrait, QueryResult};

use super::count::{Counted, count};
use super::keep::by_key;
use super::{Bucket, Family, Granularity, UsageKey, split};
use crate::{StoreError, Tenant};

/// What happened in the workspace within a span of time.
pub async fn desk<C: ConnectionTrait>(tenant: Tenant<'_, C>, from: Millis, to: Millis) -> Result<Figures, StoreError> {
    Ok(summed::<Figures, C>(tenant, from, to).await?.remove(&()).unwrap_or_default())
}

/// What support agents and users did within a span of time, by the id of either.
pub async fn agents<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    from: Millis,
    to: Millis,
) -> Result<BTreeMap<String, AgentFigures>, StoreError> {
    summed(tenant, from, to).await
}

/// What models were asked for within a span of time.
pub async fn usage<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    from: Millis,
    to: Millis,
) -> Result<BTreeMap<UsageKey, UsageFigures>, StoreError> {
    summed(tenant, from, to).await
}

/// The same for each of these days, in one reading of the hours; each must begin where the one before ends.
pub async fn usage_by_day<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    days: &[Range<Millis>],
) -> Result<Vec<BTreeMap<UsageKey, UsageFigures>>, StoreError> {
    let mut sums = vec![BTreeMap::new(); days.len()];
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Ok(sums) };
    let (hours, _) = split(first.start, last.end);
    let kept = kept::<UsageFigures, C>(tenant, hours.start * HOUR..hours.end * HOUR).await?;
    for (day, sum) in days.iter().zip(&mut sums) {
        let (hours, ends) = split(day.start, day.end);
        for ((_, key), figures) in kept.iter().filter(|((hour, _), _)| hours.contains(hour)) {
            *sum.entry(key.clone()).or_default() += *figures;
        }
        for end in ends {
            by_key(count::<UsageFigures, C>(tenant, end).await?, sum);
        }
    }
    Ok(sums)
}

async fn summed<F: Family, C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    from: Millis,
    to: Millis,
) -> Result<BTreeMap<F::Key, F>, StoreError> {
    let (hours, ends) = split(from, to);
    let mut sums = BTreeMap::new();
    if !hours.is_empty() {
        let figures: Vec<String> =
            F::NAMES.iter().map(|name| format!("CAST(COALESCE(SUM({name}), 0) AS BIGINT) AS {name}")).collect();
        let keys = F::KEYS.join(", ");
        let (comma, group) = if F::KEYS.is_empty() { ("", "") } else { (", ", " GROUP BY ") };
        let sql = format!(
            "SELECT {keys}{comma}{} FROM {} WHERE workspace_id = $1 AND bucket_start >= $2 AND bucket_start < $3{group}{keys}",
            figures.join(", "),
            F::TABLE
        );
        let statement = tenant.statement(&sql, [(hours.start * HOUR).into(), (hours.end * HOUR).into()]);
        for row in tenant.connection.query_all_raw(statement).await? {
            let (key, figures) = read::<F>(&row)?;
            sums.insert(key, figures);
        }
    }
    for end in ends {
        by_key(count::<F, C>(tenant, end).await?, &mut sums);
    }
    Ok(sums)
}

/// What is kept of these whole hours.
pub(super) async fn kept<F: Family, C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    span: Range<Millis>,
) -> Result<Counted<F>, StoreError> {
    let columns: Vec<&str> = ["bucket_start"].iter().chain(F::KEYS).chain(F::NAMES).copied().collect();
    let sql = format!(
        "SELECT {} FROM {} WHERE workspace_id = $1 AND bucket_start >= $2 AND bucket_start < $3",
        columns.join(", "),
        F::TABLE
    );
    let statement = tenant.statement(&sql, [span.start.into(), span.end.into()]);
    let rows = tenant.connection.query_all_raw(statement).await?;
    let each = rows.iter().map(|row| {
        let start: Millis = row.try_get("", "bucket_start")?;
        let (key, figures) = read::<F>(row)?;
        Ok(((start / HOUR, key), figures))
    });
    each.collect()
}

fn read<F: Family>(row: &QueryResult) -> Result<(F::Key, F), StoreError> {
    let columns = F::KEYS.iter().map(|name| row.try_get("", name)).collect::<Result<Vec<String>, _>>()?;
    let mut figures = F::default();
    for name in F::NAMES {
        figures.add_to(name, row.try_get("", name)?);
    }
    Ok((F::key(columns), figures))
}

/// The buckets of a span that have figures, oldest first, at most `limit`.
pub async fn series<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    granularity: Granularity,
    from: Millis,
    to: Millis,
    limit: u64,
) -> Result<Vec<Bucket<Figures>>, StoreError> {
    let table = match granularity {
        Granularity::Hour => "hourly_metrics",
        Granularity::Day => "daily_metrics",
    };
    let sql = format!(
        "SELECT bucket_start, {} FROM {table} WHERE workspace_id = $1 AND bucket_start >= $2 AND bucket_start < $3 \
         ORDER BY bucket_start LIMIT $4",
        Figures::NAMES.join(", ")
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let statement = tenant.statement(&sql, [from.into(), to.into(), limit.into()]);
    let rows = tenant.connection.query_all_raw(statement).await?;
    let each = rows.iter().map(|row| {
        let ((), figures) = read::<Figures>(row)?;
        Ok(Bucket { start: row.try_get("", "bucket_start")?, figures })
    });
    each.collect()
}
