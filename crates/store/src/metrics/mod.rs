//! The figures of the dashboard: counting them from the base tables, keeping them by the hour and the day, reading them.
//!
//! What each figure means is said in `patchcord_domain::metrics`. Whoever writes here has locked the workspace's state first,
//! by [`lock`], so that counts never overtake each other.

#![expect(clippy::single_range_in_vec_init, reason = "these are lists of spans, some of one span")]

mod count;
mod customers;
mod keep;
mod marks;
mod now;
mod read;
mod sources;

use std::ops::Range;

use patchcord_domain::metrics::{AgentFigures, Figures, UsageFigures};
use patchcord_domain::time::{HOUR, Millis};
use sea_orm::{ConnectionTrait, DbBackend};

use crate::{StoreError, Tenant, Tx};

pub use customers::{
    CustomerLine, CustomerQuery, CustomerSort, Kind, count as count_customers, page as customers,
    recount as recount_customers,
};
pub use keep::{begin_days, extent, recount_days, recount_hours};
pub use marks::{mark_customers, take_customers, take_hours, workspaces as marked_workspaces};
pub use now::{Backlog, backlog, oldest_open, open_by_agent};
pub use read::{agents, desk, series, usage, usage_by_day};
pub(crate) use sources::{AUTHOR, REPLY};

/// An hour, counted from 1970 in UTC.
pub type Hour = i64;

/// Figures with the moment at which their bucket begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket<F> {
    /// First moment, in unix milliseconds.
    pub start: Millis,
    /// What was counted.
    pub figures: F,
}

/// Which buckets a series is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Granularity {
    /// Hours of UTC.
    Hour,
    /// Days of the workspace's zone.
    Day,
}

/// What a model was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UsageKey {
    /// Such as `openai`.
    pub provider: String,
    /// Such as `gpt-4o-mini`.
    pub model: String,
    /// Such as `draft_reply`.
    pub purpose: String,
}

/// A table of hours: how its rows are told apart, and what they count.
pub(crate) trait Family: Copy + Default + PartialEq + std::ops::AddAssign + Send + Sync {
    /// What tells the rows of one hour apart.
    type Key: Clone + Ord + Send + Sync;
    /// The table.
    const TABLE: &'static str;
    /// The columns of the key.
    const KEYS: &'static [&'static str];
    /// The columns of the figures.
    const NAMES: &'static [&'static str];
    /// What is counted.
    const SOURCES: &'static [sources::Source];

    fn key(columns: Vec<String>) -> Self::Key;
    fn columns(key: &Self::Key) -> Vec<String>;
    fn values(&self) -> Vec<i64>;
    fn add_to(&mut self, name: &str, value: i64) -> bool;
}

macro_rules! family {
    ($figures:ty, $key:ty, $table:literal, $keys:expr, $sources:expr, $read:expr, $write:expr) => {
        impl Family for $figures {
            type Key = $key;
            const TABLE: &'static str = $table;
            const KEYS: &'static [&'static str] = &$keys;
            const NAMES: &'static [&'static str] = <$figures>::NAMES;
            const SOURCES: &'static [sources::Source] = $sources;

            fn key(columns: Vec<String>) -> Self::Key {
                $read(columns)
            }

            fn columns(key: &Self::Key) -> Vec<String> {
                $write(key)
            }

            fn values(&self) -> Vec<i64> {
                <$figures>::values(self)
            }

            fn add_to(&mut self, name: &str, value: i64) -> bool {
                <$figures>::add_to(self, name, value)
            }
        }
    };
}

family!(Figures, (), "hourly_metrics", [], sources::DESK, |_| (), |_: &()| Vec::new());
family!(
    AgentFigures,
    String,
    "agent_hourly_metrics",
    ["actor_id"],
    sources::AGENTS,
    |mut columns: Vec<String>| columns.pop().unwrap_or_default(),
    |key: &String| vec![key.clone()]
);
family!(
    UsageFigures,
    UsageKey,
    "usage_hourly_metrics",
    ["provider", "model", "purpose"],
    sources::USAGE,
    |columns: Vec<String>| {
        let mut columns = columns.into_iter();
        let mut next = || columns.next().unwrap_or_default();
        UsageKey { provider: next(), model: next(), purpose: next() }
    },
    |key: &UsageKey| vec![key.provider.clone(), key.model.clone(), key.purpose.clone()]
);

/// A span of time as whole hours and what is left at its ends.
fn split(from: Millis, to: Millis) -> (Range<Hour>, Vec<Range<Millis>>) {
    let (first, last) = (from.div_euclid(HOUR) + i64::from(from.rem_euclid(HOUR) != 0), to.div_euclid(HOUR));
    if first >= last {
        let rest = if from < to { vec![from..to] } else { Vec::new() };
        return (first..first, rest);
    }
    let ends = [from..first * HOUR, last * HOUR..to];
    (first..last, ends.into_iter().filter(|end| end.start < end.end).collect())
}

/// Locks what the workspace's figures are in, until the end of the transaction; gives the time zone for which its days were
/// counted, `zone` when they never were.
pub async fn lock(tenant: Tenant<'_, Tx>, zone: &str) -> Result<String, StoreError> {
    let insert = tenant.statement(
        "INSERT INTO metric_states (workspace_id, timezone) VALUES ($1, $2) ON CONFLICT (workspace_id) DO NOTHING",
        [zone.into()],
    );
    tenant.connection.execute_raw(insert).await?;
    let lock = if tenant.connection.get_database_backend() == DbBackend::Postgres { "FOR UPDATE" } else { "" };
    let select = tenant.statement(&format!("SELECT timezone FROM metric_states WHERE workspace_id = $1 {lock}"), []);
    let row = tenant.connection.query_one_raw(select).await?;
    let row = row.ok_or_else(|| StoreError::Internal("the state of the figures vanished".into()))?;
    Ok(row.try_get("", "timezone")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_hours_and_ends() {
        let h = HOUR;
        for (from, to, hours, ends) in [
            (0, 2 * h, 0..2, vec![]),
            (1, 2 * h, 1..2, vec![1..h]),
            (h, 3 * h + 5, 1..3, vec![3 * h..3 * h + 5]),
            (1, 3 * h + 5, 1..3, vec![1..h, 3 * h..3 * h + 5]),
            (5, 9, 1..1, vec![5..9]),
            (h - 5, h + 5, 1..1, vec![h - 5..h + 5]),
            (7, 7, 1..1, vec![]),
            (9, 5, 1..1, vec![]),
        ] {
            let (whole, rest) = split(from, to);
            assert_eq!((whole.clone(), rest.clone()), (hours, ends), "{from}..{to}");
            let length: i64 = (whole.end - whole.start) * h + rest.iter().map(|end| end.end - end.start).sum::<i64>();
            assert_eq!(length, (to - from).max(0), "{from}..{to}");
        }
    }
}
