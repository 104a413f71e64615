//! The list of escalations, with what its lines show of tickets and people.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::{StoreError, Tenant};

/// Which escalations, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Any of these; empty means all.
    pub statuses: Vec<&'static str>,
    /// Those that wait for this support agent, or that this user accepted.
    pub of: Option<(Option<String>, String)>,
    /// The row after which the page begins: its time and id.
    pub after: Option<(i64, String)>,
    /// How many rows are passed over.
    pub offset: u64,
    /// Most rows that are returned.
    pub limit: u64,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Line {
    pub id: String,
    pub ticket_id: Option<String>,
    pub ticket_number: Option<i64>,
    pub ticket_subject: Option<String>,
    pub ticket_status: Option<String>,
    pub ticket_priority: Option<String>,
    pub from_agent_id: Option<String>,
    pub from_agent_name: Option<String>,
    pub to_agent_id: Option<String>,
    pub to_agent_name: Option<String>,
    pub accepted_by: Option<String>,
    pub accepted_by_name: Option<String>,
    pub accepted_at: Option<i64>,
    pub reason: String,
    pub level: i64,
    pub status: String,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

const SELECT: &str = "SELECT e.id, e.ticket_id, t.number AS ticket_number, t.subject AS ticket_subject, \
    t.status AS ticket_status, t.priority AS ticket_priority, e.from_agent_id, f.name AS from_agent_name, \
    e.to_agent_id, g.name AS to_agent_name, e.accepted_by, u.name AS accepted_by_name, e.accepted_at, e.reason, \
    e.level, e.status, e.version, e.created_at, e.updated_at FROM ticket_escalations e \
    LEFT JOIN tickets t ON t.workspace_id = e.workspace_id AND t.id = e.ticket_id \
    LEFT JOIN support_agents f ON f.workspace_id = e.workspace_id AND f.id = e.from_agent_id \
    LEFT JOIN support_agents g ON g.workspace_id = e.workspace_id AND g.id = e.to_agent_id \
    LEFT JOIN users u ON u.workspace_id = e.workspace_id AND u.id = e.accepted_by";

/// The page of escalations.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    let mut all = Conditions::of(query);
    if let Some((at, id)) = &query.after {
        let (at, id) = (all.bind(*at), all.bind(id.as_str()));
        all.sql.push(format!("(e.created_at, e.id) < ({at}, {id})"));
    }
    let limit = all.bind(i64::try_from(query.limit).unwrap_or(i64::MAX));
    let offset = all.bind(i64::try_from(query.offset).unwrap_or(i64::MAX));
    let sql = format!(
        "{SELECT} WHERE {} ORDER BY e.created_at DESC, e.id DESC LIMIT {limit} OFFSET {offset}",
        all.sql.join(" AND ")
    );
    Ok(Line::find_by_statement(tenant.statement(&sql, all.values)).all(tenant.connection).await?)
}

/// How many escalations fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let all = Conditions::of(query);
    let sql = format!("SELECT COUNT(*) AS total FROM ticket_escalations e WHERE {}", all.sql.join(" AND "));
    let row = tenant.connection.query_one_raw(tenant.statement(&sql, all.values)).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// One escalation as a line of the list.
pub async fn line<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Option<Line>, StoreError> {
    let sql = format!("{SELECT} WHERE e.workspace_id = $1 AND e.id = $2");
    Ok(Line::find_by_statement(tenant.statement(&sql, [id.into()])).one(tenant.connection).await?)
}

struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    fn of(query: &Query) -> Self {
        let mut all = Self { sql: vec!["e.workspace_id = $1".to_owned()], values: Vec::new() };
        let places: Vec<String> = query.statuses.iter().map(|status| all.bind(*status)).collect();
        if !places.is_empty() {
            all.sql.push(format!("e.status IN ({})", places.join(", ")));
        }
        if let Some((agent, user)) = &query.of {
            let user = all.bind(user.as_str());
            let to_me = agent.as_ref().map(|agent| format!("e.to_agent_id = {} OR ", all.bind(agent.as_str())));
            all.sql.push(format!("({}e.accepted_by = {user})", to_me.unwrap_or_default()));
        }
        all
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }
}
