//! The statements of the figures.

#![expect(clippy::single_range_in_vec_init, reason = "these are lists of spans, some of one span")]

use patchcord_domain::id::WorkspaceId;

use crate::unscoped::health;
use crate::{Reader, StoreError, Tenant, Tx, metrics, scratch, tickets};

/// The figures of the dashboard.
pub(super) async fn read(t: Tenant<'_, Reader>) -> Result<(), StoreError> {
    const HALF: i64 = 1_800_000;
    metrics::desk(t, HALF, 9 * HALF).await?;
    metrics::agents(t, HALF, 9 * HALF).await?;
    metrics::usage(t, HALF, 9 * HALF).await?;
    metrics::desk(t, 1, HALF).await?;
    metrics::usage_by_day(t, &[HALF..9 * HALF]).await?;
    for granularity in [metrics::Granularity::Hour, metrics::Granularity::Day] {
        metrics::series(t, granularity, 1, 5, 5).await?;
    }
    metrics::backlog(t, 5).await?;
    metrics::oldest_open(t).await?;
    metrics::open_by_agent(t).await?;
    metrics::extent(t).await?;
    for kind in [metrics::Kind::Organization, metrics::Kind::Contact] {
        metrics::count_customers(t, kind).await?;
        for sort in [
            metrics::CustomerSort::Tickets,
            metrics::CustomerSort::OpenTickets,
            metrics::CustomerSort::AverageSentiment,
            metrics::CustomerSort::LastContactAt,
        ] {
            for after in [None, Some((5, "x".to_owned()))] {
                let query = metrics::CustomerQuery { kind, sort, descending: true, after, offset: 1, limit: 5 };
                metrics::customers(t, &query).await?;
            }
        }
    }
    health::dead_jobs(t, 5).await?;
    health::dead_count(t).await?;
    Ok(())
}

/// What counts figures again.
pub(super) async fn recount(t: Tenant<'_, Tx>) -> Result<(), StoreError> {
    let some = ["a".to_owned(), "b".to_owned()];
    metrics::lock(t, "UTC").await?;
    metrics::take_hours(t, 5).await?;
    metrics::recount_hours(t, 1..5).await?;
    metrics::recount_hours(t, 1..2).await?;
    metrics::recount_days(t, &[1..9_000_000]).await?;
    metrics::begin_days(t, "UTC").await?;
    metrics::mark_customers(t).await?;
    for kind in [metrics::Kind::Organization, metrics::Kind::Contact] {
        metrics::take_customers(t, kind, 5).await?;
        metrics::recount_customers(t, kind, &some).await?;
    }
    tickets::set_sentiment(t, "t", "neutral").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_running_hour_is_counted_without_sorting() {
    let folder = tempfile::tempdir().unwrap();
    let (first, options) = scratch::sqlite(folder.path()).await.unwrap();
    super::add_workspace(&first).await;
    let (store, seen, plain) = super::watched(&options).await;
    metrics::desk(store.tenant(&WorkspaceId::new("w")), 0, 1_800_000).await.unwrap();
    let steps = super::steps::of_sqlite(&seen, &plain).await;
    assert!(steps.len() > 5, "{steps:#?}");
    assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:#?}");
}
