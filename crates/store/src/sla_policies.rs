//! Service-level policies: the list, and which one governs a ticket.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};
use serde_json::Value as Json;

use crate::rows::SlaPolicy;
use crate::{StoreError, Tenant, Tx};

/// Which policies, oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Any of these; empty means all.
    pub priorities: Vec<&'static str>,
    /// Of this organization; the inner `None` stands for those of all organizations.
    pub organization: Option<Option<String>>,
    /// The row after which the page begins: its time and id.
    pub after: Option<(i64, String)>,
    /// How many rows are passed over.
    pub offset: u64,
    /// Most rows that are returned.
    pub limit: u64,
}

/// A policy with the name of its organization.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// The policy.
    pub policy: SlaPolicy,
    /// Name of its organization, when it has one.
    pub organization_name: Option<String>,
}

const SELECT: &str = "SELECT p.workspace_id, p.id, p.organization_id, p.priority, p.first_response_minutes, \
    p.resolution_minutes, p.business_hours_only, p.escalation_rules, p.version, p.created_at, p.updated_at, \
    o.name AS organization_name FROM sla_policies p \
    LEFT JOIN organizations o ON o.workspace_id = p.workspace_id AND o.id = p.organization_id";

fn line(row: &sea_orm::QueryResult) -> Result<Line, sea_orm::DbErr> {
    let policy = SlaPolicy::from_query_result(row, "")?;
    Ok(Line { policy, organization_name: row.try_get("", "organization_name")? })
}

/// The page of policies.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    let mut all = Conditions::of(query);
    if let Some((at, id)) = &query.after {
        let (at, id) = (all.bind(*at), all.bind(id.as_str()));
        all.sql.push(format!("(p.created_at, p.id) > ({at}, {id})"));
    }
    let limit = all.bind(i64::try_from(query.limit).unwrap_or(i64::MAX));
    let offset = all.bind(i64::try_from(query.offset).unwrap_or(i64::MAX));
    let sql =
        format!("{SELECT} WHERE {} ORDER BY p.created_at, p.id LIMIT {limit} OFFSET {offset}", all.sql.join(" AND "));
    let rows = tenant.connection.query_all_raw(tenant.statement(&sql, all.values)).await?;
    Ok(rows.iter().map(line).collect::<Result<_, _>>()?)
}

/// How many policies fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let all = Conditions::of(query);
    let sql = format!("SELECT COUNT(*) AS total FROM sla_policies p WHERE {}", all.sql.join(" AND "));
    let row = tenant.connection.query_one_raw(tenant.statement(&sql, all.values)).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// One policy with the name of its organization.
pub async fn by_id<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Option<Line>, StoreError> {
    let sql = format!("{SELECT} WHERE p.workspace_id = $1 AND p.id = $2");
    let row = tenant.connection.query_one_raw(tenant.statement(&sql, [id.into()])).await?;
    Ok(row.as_ref().map(line).transpose()?)
}

struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn of(query: &Query) -> Self {
        let mut all = Self { sql: vec!["p.workspace_id = $1".to_owned()], values: Vec::new() };
        let places: Vec<String> = query.priorities.iter().map(|priority| all.bind(*priority)).collect();
        if !places.is_empty() {
            all.sql.push(format!("p.priority IN ({})", places.join(", ")));
        }
        match &query.organization {
            None => {}
            Some(None) => all.sql.push("p.organization_id IS NULL".to_owned()),
            Some(Some(id)) => {
                let place = all.bind(id.as_str());
                all.sql.push(format!("p.organization_id = {place}"));
            }
        }
        all
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }
}

/// The policy for an organization (or for all of them) and a priority itself, not the one that governs in its absence.
pub async fn exactly<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    organization_id: Option<&str>,
    priority: &str,
) -> Result<Option<String>, StoreError> {
    let sql = "SELECT id FROM sla_policies WHERE workspace_id = $1 AND priority = $2 \
         AND COALESCE(organization_id, '') = $3";
    let values = [priority.into(), organization_id.unwrap_or_default().into()];
    let row = tenant.connection.query_one_raw(tenant.statement(sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "id")).transpose()?)
}

/// Deletes a policy; says whether it was there.
pub async fn delete(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM sla_policies WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}

/// Whether any policy counts business hours only.
pub async fn any_by_hours<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM sla_policies WHERE workspace_id = $1 AND business_hours_only LIMIT 1";
    Ok(tenant.connection.query_one_raw(tenant.statement(sql, [])).await?.is_some())
}

/// What governs a ticket: hours and settings of its workspace, and the promises of its policy, if there is one.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct Governing {
    /// Time zone of the workspace.
    pub timezone: String,
    /// Its business hours.
    pub business_hours: Json,
    /// Its holidays.
    pub holidays: Json,
    /// Its settings.
    pub settings: Json,
    /// Whether the policy counts business hours only; none without a policy.
    pub business_hours_only: Option<bool>,
    /// The first promise.
    pub first_response_minutes: Option<i64>,
    /// The second promise.
    pub resolution_minutes: Option<i64>,
    /// The policy's rules.
    pub escalation_rules: Option<Json>,
    /// When the policy was last changed.
    pub updated_at: Option<i64>,
}

/// What governs tickets of an organization and a priority: the organization's own policy before the one for all.
pub async fn governing<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    organization_id: Option<&str>,
    priority: &str,
) -> Result<Option<Governing>, StoreError> {
    let sql = "SELECT w.timezone, w.business_hours, w.holidays, w.settings, p.business_hours_only, p.first_response_minutes, \
         p.resolution_minutes, p.escalation_rules, p.updated_at FROM workspaces w \
         LEFT JOIN sla_policies p ON p.workspace_id = w.id AND p.priority = $2 \
         AND COALESCE(p.organization_id, '') IN ('', $3) \
         WHERE w.id = $1 ORDER BY COALESCE(p.organization_id, '') DESC LIMIT 1";
    let values = [priority.into(), organization_id.unwrap_or_default().into()];
    Ok(Governing::find_by_statement(tenant.statement(sql, values)).one(tenant.connection).await?)
}
