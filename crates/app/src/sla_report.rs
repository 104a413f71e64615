//! How well promises were kept.

use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::{DAY, Millis, from_rfc3339};
use patchcord_domain::user::{Actor, Role};
use patchcord_store::sla;

use crate::error::require;
use crate::{App, AppError};
pub use patchcord_domain::metrics::compliance;
pub use patchcord_store::sla::{Group, Kept};

/// Longest time of a report.
const SPAN_MAX: Millis = 366 * DAY;
/// The time of a report when nothing is asked for.
const SPAN: Millis = 30 * DAY;

/// What a report is asked for, as it was sent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportInput {
    /// RFC 3339 or a date; 30 days before the end when absent.
    pub from: Option<String>,
    /// RFC 3339 or a date; now when absent.
    pub to: Option<String>,
    /// `priority`, `organization` or `assignee`; priority when absent.
    pub group_by: Option<String>,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Tickets that were opened at or after this moment.
    pub from: Millis,
    /// And before this one.
    pub to: Millis,
    /// By what it is grouped, as it was asked for.
    pub group_by: &'static str,
    /// All groups together.
    pub total: Kept,
    /// The groups, the largest first, at most 1,000.
    pub groups: Vec<Kept>,
}

impl App {
    /// How well the promises were kept to tickets that were opened in a time, group by group.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn sla_report(&self, actor: &Actor, input: &ReportInput) -> Result<Report, AppError> {
        require(actor, Role::Viewer)?;
        let mut faults = Faults::default();
        let mut moment = |field: &str, text: &Option<String>| {
            let at = text.as_deref().map(from_rfc3339);
            if at == Some(None) {
                faults.add(field, "must be a date such as 2026-11-26, or RFC 3339");
            }
            at.flatten()
        };
        let to = moment("to", &input.to).unwrap_or_else(|| self.clock.now());
        let from = moment("from", &input.from).unwrap_or(to - SPAN);
        if from >= to {
            faults.add("from", "must be before to");
        } else if to - from > SPAN_MAX {
            faults.add("from", "must be at most 366 days before to");
        }
        let by = input.group_by.as_deref().unwrap_or("priority");
        let group = faults.one_of("groupBy", by, group, "priority, organization, assignee");
        let group = faults.into_result(group).map_err(AppError::Invalid)?.expect("checked just now");
        let (tenant, now) = (self.store.tenant(&actor.workspace_id), self.clock.now());
        let groups = sla::kept(tenant, from, to, group, now).await?;
        let total = sla::kept(tenant, from, to, Group::All, now).await?.into_iter().next().unwrap_or_default();
        let group_by = match group {
            Group::Organization => "organization",
            Group::Assignee => "assignee",
            Group::All | Group::Priority => "priority",
        };
        Ok(Report { from, to, group_by, total, groups })
    }
}

fn group(text: &str) -> Option<Group> {
    match text.to_ascii_lowercase().as_str() {
        "priority" => Some(Group::Priority),
        "organization" => Some(Group::Organization),
        "assignee" => Some(Group::Assignee),
        _ => None,
    }
}
