//! Counting from the base tables.

use std::collections::BTreeMap;
use std::ops::Range;

use patchcord_domain::time::Millis;
use sea_orm::ConnectionTrait;

use super::sources::Source;
use super::{Family, Hour};
use crate::{StoreError, Tenant};

/// What was counted, by hour and key.
pub(super) type Counted<F> = BTreeMap<(Hour, <F as Family>::Key), F>;

/// Counts a span of time. The caller bounds it: what comes back has a row for each hour and key.
pub(super) async fn count<F: Family, C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    span: Range<Millis>,
) -> Result<Counted<F>, StoreError> {
    let mut counted = Counted::<F>::new();
    for source in F::SOURCES {
        let statement = tenant.statement(&sql::<F>(source), [span.start.into(), span.end.into()]);
        for row in tenant.connection.query_all_raw(statement).await? {
            let columns = F::KEYS.iter().map(|name| row.try_get("", name)).collect::<Result<Vec<String>, _>>()?;
            let figures = counted.entry((row.try_get("", "hour")?, F::key(columns))).or_default();
            for (name, _) in source.sums {
                figures.add_to(name, row.try_get("", name)?);
            }
        }
    }
    Ok(counted)
}

fn sql<F: Family>(source: &Source) -> String {
    let Source { table, at, filter, keys, sums } = source;
    let mut columns = format!("{at} / 3600000 AS hour");
    for (expression, name) in keys.iter().zip(F::KEYS) {
        columns += &format!(", {expression} AS {name}");
    }
    for (name, expression) in *sums {
        columns += &format!(", CAST(SUM({expression}) AS BIGINT) AS {name}");
    }
    let groups = (1..=F::KEYS.len() + 1).map(|place| place.to_string()).collect::<Vec<_>>().join(", ");
    format!(
        "SELECT {columns} FROM {table} WHERE workspace_id = $1 AND {at} >= $2 AND {at} < $3 AND {filter} GROUP BY {groups}"
    )
}
