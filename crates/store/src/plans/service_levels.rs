//! The statements of service levels.

use crate::{StoreError, Tenant, sla, sla_policies};

/// Calls everything that reads policies and clocks.
pub(super) async fn read(t: Tenant<'_, crate::Reader>, after: Option<(i64, String)>) -> Result<(), StoreError> {
    let all = sla_policies::Query { offset: 5, limit: 5, ..Default::default() };
    for organization in [None, Some(None), Some(Some("a".to_owned()))] {
        for priorities in [vec![], vec!["LOW", "HIGH"]] {
            for after in [None, after.clone()] {
                let query = sla_policies::Query {
                    organization: organization.clone(),
                    priorities: priorities.clone(),
                    after,
                    ..all.clone()
                };
                sla_policies::page(t, &query).await?;
                sla_policies::count(t, &query).await?;
            }
        }
    }
    sla_policies::by_id(t, "p").await?;
    sla_policies::any_by_hours(t).await?;
    for organization in [None, Some("a")] {
        sla_policies::exactly(t, organization, "LOW").await?;
        sla_policies::governing(t, organization, "LOW").await?;
    }
    sla::due(t, 5, 5).await?;
    sla::open_tickets(t, "", 5).await?;
    sla::status_changes(t, "t").await?;
    for group in [sla::Group::All, sla::Group::Priority, sla::Group::Organization, sla::Group::Assignee] {
        sla::kept(t, 1, 9, group, 5).await?;
    }
    Ok(())
}
