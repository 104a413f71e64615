//! The figures of the dashboard are kept by the hour and the day. What changed is marked, and counted again here.
//!
//! Marked hours are counted from the base tables, never added to: so a figure cannot drift, and whatever is counted twice
//! gives the same number. A whole range can be counted again at any time, and nothing changes.

use std::ops::Range;

use patchcord_domain::days::Zone;
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::time::{HOUR, Millis};
use patchcord_store::metrics::{self, Hour, Kind};
use patchcord_store::{Tenant, Tx, unscoped, workspaces};
use serde_json::json;

use crate::trail::{Change, Who};
use crate::{App, AppError};

/// Hours that are counted in one transaction. On SQLite everybody who writes waits for it.
pub(crate) const HOURS: u64 = 24;
/// Customers that are counted in one transaction.
pub(crate) const CUSTOMERS: u64 = 200;

/// What one transaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Done {
    /// Whether any figure is another one now.
    pub(crate) changed: bool,
    /// Whether there may be more to do.
    pub(crate) more: bool,
}

/// What was counted again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Rebuilt {
    /// Short name of the workspace.
    pub workspace: String,
    /// Hours that were looked at.
    pub hours: u64,
    /// How many spans of a day had a figure that was wrong or missing.
    pub corrected: u64,
}

impl App {
    /// Counts everything of a workspace that is marked. The worker does the same by jobs; this is for commands, for the
    /// demonstration and for tests.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn roll_up(&self, workspace: &WorkspaceId) -> Result<(), AppError> {
        while self.in_workspace(workspace, Step::Hours).await?.more {}
        while self.in_workspace(workspace, Step::Customers).await?.more {}
        Ok(())
    }

    /// Counts again what happened in a workspace from `from` until `to`, or everything, with its customers, when both are
    /// absent; marked or not. `progress` hears how many hours of how many are done.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such workspace; otherwise when the database fails.
    pub async fn rebuild_metrics(
        &self,
        slug: &str,
        from: Option<Millis>,
        to: Option<Millis>,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Rebuilt, AppError> {
        let found = unscoped::workspaces::by_slug(self.store.reader(), slug).await?;
        let id = WorkspaceId::new(found.ok_or(AppError::NotFound("workspace"))?.id);
        let extent = metrics::extent(self.store.tenant(&id)).await?;
        let all = extent.map_or(0..0, |(first, last)| first..last + 1);
        let first = from.map_or(all.start, |from| from.div_euclid(HOUR).max(all.start));
        let end = to.map_or(all.end, |to| (to + HOUR - 1).div_euclid(HOUR).min(all.end));
        let hours = u64::try_from(end - first).unwrap_or(0);
        let (mut next, mut corrected) = (first, 0);
        while next < end {
            let until = end.min(next + i64::try_from(HOURS).unwrap_or(1));
            let done = self.in_workspace(&id, Step::These(next..until)).await?;
            corrected += u64::from(done.changed);
            next = until;
            progress(u64::try_from(next - first).unwrap_or(0), hours);
        }
        if from.is_none() && to.is_none() {
            let workspace = id.clone();
            let mark = self.store.write(move |tx| {
                Box::pin(async move { Ok::<_, AppError>(metrics::mark_customers(tx.tenant(&workspace)).await?) })
            });
            mark.await?;
            while self.in_workspace(&id, Step::Customers).await?.more {}
        }
        Ok(Rebuilt { workspace: slug.to_owned(), hours, corrected })
    }

    async fn in_workspace(&self, workspace: &WorkspaceId, step: Step) -> Result<Done, AppError> {
        let (app, workspace) = (self.clone(), workspace.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let done = step.run(tx.tenant(&workspace)).await?;
                    if done.changed {
                        app.tick(tx, &workspace).await?;
                    }
                    Ok(done)
                })
            })
            .await
    }

    /// Tells listeners that figures changed.
    pub(crate) async fn tick(&self, tx: &Tx, workspace: &WorkspaceId) -> Result<(), AppError> {
        let change = Change { app: self, tenant: tx.tenant(workspace), who: Who::System, at: self.clock.now() };
        change.publish("metrics.tick", "metrics", workspace.as_str(), json!({})).await
    }
}

/// What one transaction shall do.
enum Step {
    Hours,
    Customers,
    These(Range<Hour>),
}

impl Step {
    async fn run(self, tenant: Tenant<'_, Tx>) -> Result<Done, AppError> {
        match self {
            Step::Hours => marked_hours(tenant).await,
            Step::Customers => marked_customers(tenant).await,
            Step::These(hours) => {
                let zone = locked_zone(tenant).await?;
                let changed = metrics::recount_hours(tenant, hours.clone()).await?;
                metrics::recount_days(tenant, &days_of(zone, [hours])).await?;
                Ok(Done { changed, more: false })
            }
        }
    }
}

/// Counts the newest marked hours, and the days that they touch.
pub(crate) async fn marked_hours(tenant: Tenant<'_, Tx>) -> Result<Done, AppError> {
    let zone = locked_zone(tenant).await?;
    let hours = metrics::take_hours(tenant, HOURS).await?;
    let more = hours.len() as u64 == HOURS;
    let (mut changed, spans) = (false, spans(hours));
    for span in &spans {
        changed |= metrics::recount_hours(tenant, span.clone()).await?;
    }
    // Also when no hour changed: after a change of the time zone it is the days that are missing.
    metrics::recount_days(tenant, &days_of(zone, spans)).await?;
    Ok(Done { changed, more })
}

/// Counts some of the marked customers.
pub(crate) async fn marked_customers(tenant: Tenant<'_, Tx>) -> Result<Done, AppError> {
    locked_zone(tenant).await?;
    let (mut changed, mut more) = (false, false);
    for kind in [Kind::Organization, Kind::Contact] {
        let ids = metrics::take_customers(tenant, kind, CUSTOMERS).await?;
        changed |= !ids.is_empty();
        more |= ids.len() as u64 == CUSTOMERS;
        metrics::recount_customers(tenant, kind, &ids).await?;
    }
    Ok(Done { changed, more })
}

/// The zone of the workspace's days; begins its days anew when that is not the one that they were counted for. Whoever counts
/// comes through here, so that there is one at a time.
async fn locked_zone(tenant: Tenant<'_, Tx>) -> Result<Zone, AppError> {
    let workspace = workspaces::own(tenant).await?.ok_or(AppError::NotFound("workspace"))?;
    if metrics::lock(tenant, &workspace.timezone).await? != workspace.timezone {
        metrics::begin_days(tenant, &workspace.timezone).await?;
    }
    Ok(Zone::named(&workspace.timezone))
}

/// Hours, the newest first, as spans of neighbours.
fn spans(hours: Vec<Hour>) -> Vec<Range<Hour>> {
    let mut spans: Vec<Range<Hour>> = Vec::new();
    for hour in hours {
        match spans.last_mut() {
            Some(span) if span.start == hour + 1 => span.start = hour,
            _ => spans.push(hour..hour + 1),
        }
    }
    spans
}

/// The days that these hours touch, each once.
fn days_of(zone: Zone, spans: impl IntoIterator<Item = Range<Hour>>) -> Vec<Range<Millis>> {
    let mut days = Vec::new();
    for span in spans {
        let mut at = span.start * HOUR;
        while at < span.end * HOUR {
            let (start, end) = zone.day_around(at);
            days.push((start, end));
            at = end;
        }
    }
    days.sort_unstable();
    days.dedup();
    days.into_iter().map(|(start, end)| start..end).collect()
}

#[cfg(test)]
#[expect(clippy::single_range_in_vec_init, reason = "these are lists of spans, some of one span")]
mod tests {
    use patchcord_domain::time::{DAY, MINUTE};

    use super::*;

    #[test]
    fn neighbours_are_one_span() {
        assert_eq!(spans(vec![9, 8, 7, 5, 4, 1]), [7..10, 4..6, 1..2]);
        assert!(spans(vec![]).is_empty());
    }

    #[test]
    fn an_hour_may_touch_two_days() {
        let kolkata = Zone::named("Asia/Kolkata");
        let midnight = kolkata.start_of(kolkata.day_of(20 * DAY));
        assert_eq!(midnight % HOUR, 30 * MINUTE);
        let hour = midnight.div_euclid(HOUR);
        assert_eq!(days_of(kolkata, [hour..hour + 1]), [midnight - DAY..midnight, midnight..midnight + DAY]);
        assert_eq!(days_of(kolkata, [hour + 1..hour + 3, hour + 5..hour + 6]), [midnight..midnight + DAY]);
        assert_eq!(days_of(Zone::named("UTC"), [24..72]), [DAY..2 * DAY, 2 * DAY..3 * DAY]);
    }
}
