//! Counting from the base tables.

use std::collections::BTreeMap;
use std::ops::Range;

use patchcord_domain::time::{HOUR, Millis};
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
    let hours = if is_within_an_hour(&span) { Hours::One } else { Hours::Many };
    for source in F::SOURCES {
        let statement = tenant.statement(&sql::<F>(source, hours), [span.start.into(), span.end.into()]);
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

/// How many hours a statement counts.
#[derive(Clone, Copy)]
enum Hours {
    /// One: nothing is sorted, so that the running hour, which is counted again every few seconds, takes the writer no longer
    /// than it must.
    One,
    /// Several, which have to be told apart.
    Many,
}

fn is_within_an_hour(span: &Range<Millis>) -> bool {
    span.start < span.end && span.start.div_euclid(HOUR) == (span.end - 1).div_euclid(HOUR)
}

fn sql<F: Family>(source: &Source, hours: Hours) -> String {
    let Source { table, at, filter, keys, sums } = source;
    let (hour, first_key) = match hours {
        Hours::One => ("CAST($2 AS BIGINT) / 3600000".to_owned(), 2),
        Hours::Many => (format!("{at} / 3600000"), 1),
    };
    let mut columns = format!("{hour} AS hour");
    for (expression, name) in keys.iter().zip(F::KEYS) {
        columns += &format!(", {expression} AS {name}");
    }
    for (name, expression) in *sums {
        columns += &format!(", CAST(SUM({expression}) AS BIGINT) AS {name}");
    }
    let groups: Vec<String> = (first_key..=F::KEYS.len() + 1).map(|place| place.to_string()).collect();
    // Without groups there is a row also when there is nothing to count.
    let end =
        if groups.is_empty() { "HAVING COUNT(*) > 0".to_owned() } else { format!("GROUP BY {}", groups.join(", ")) };
    format!("SELECT {columns} FROM {table} WHERE workspace_id = $1 AND {at} >= $2 AND {at} < $3 AND {filter} {end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_within_an_hour_or_not() {
        for (span, within) in [
            (0..HOUR, true),
            (HOUR + 1..HOUR + 2, true),
            (2 * HOUR - 1..2 * HOUR, true),
            (0..HOUR + 1, false),
            (HOUR - 1..HOUR + 1, false),
            (HOUR..HOUR, false),
            (-1..0, true),
            (-1..1, false),
        ] {
            assert_eq!(is_within_an_hour(&span), within, "{span:?}");
        }
    }
}
