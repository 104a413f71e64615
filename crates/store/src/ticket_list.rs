//! The list of tickets: filters from enumerations to bound parameters, keyset paging, one statement.

mod had;

use std::ops::Range;

use patchcord_domain::copilot::Sentiment;
use patchcord_domain::sla::{ClockKind, ClockView, Stored};
use patchcord_domain::ticket::{Channel, Priority, Status};
use patchcord_domain::time::{DAY, HOUR, Millis};
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};
use serde_json::Value as Json;

use crate::by_position::by_position;
use crate::search::{Joined, newest_tickets, words_query};
use crate::{StoreError, Tenant};

use had::{Bound, Had, Looking};
pub use had::{Replied, Suggested};

/// Which tickets, in which order, from where.
#[derive(Debug, Clone)]
pub struct Query {
    /// Any of these; empty means all. The same holds for the lists below.
    pub statuses: Vec<Status>,
    /// Any of these.
    pub priorities: Vec<Priority>,
    /// Any of these.
    pub channels: Vec<Channel>,
    /// Any of these.
    pub product_areas: Vec<String>,
    /// Any of these support agents; `None` in the list stands for tickets without one.
    pub assignees: Vec<Option<String>>,
    /// Any of these.
    pub organizations: Vec<String>,
    /// Any of these.
    pub contacts: Vec<String>,
    /// About any of these devices.
    pub devices: Vec<String>,
    /// At least one of these tags.
    pub tags: Vec<String>,
    /// Any of these moods of the customer, as the newest analysis found it.
    pub sentiments: Vec<Sentiment>,
    /// By the service-level clocks.
    pub sla: Option<Sla>,
    /// By what became of the copilot's suggestions.
    pub copilot: Option<Suggested>,
    /// By who wrote to the customer.
    pub replied: Option<Replied>,
    /// Opened at or after.
    pub created_from: Option<Millis>,
    /// Opened before.
    pub created_to: Option<Millis>,
    /// Opened within any of these spans, when there are any.
    pub created_within: Option<Vec<Range<Millis>>>,
    /// Resolved at or after.
    pub resolved_from: Option<Millis>,
    /// Resolved before.
    pub resolved_to: Option<Millis>,
    /// First answered at or after.
    pub first_responded_from: Option<Millis>,
    /// First answered before.
    pub first_responded_to: Option<Millis>,
    /// Words that number, subject or messages must have.
    pub words: Option<String>,
    /// By what the list is ordered; the id breaks ties.
    pub sort: Sort,
    /// Whether the largest comes first.
    pub descending: bool,
    /// The row after which the page begins: its sort value and id.
    pub after: Option<(i64, String)>,
    /// How many rows are passed over.
    pub offset: u64,
    /// Most rows that are returned.
    pub limit: u64,
    /// The present moment, for the service-level clocks.
    pub now: Millis,
}

/// A filter by the service-level clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sla {
    /// A clock ran out, whether or not it has ended since.
    Breached,
    /// A clock runs and ends within the next hour.
    DueSoon,
}

/// What a list may be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// When it was opened.
    CreatedAt,
    /// When it was last changed.
    UpdatedAt,
    /// Its number.
    Number,
    /// How urgent it is.
    Priority,
}

impl Sort {
    fn sql(self) -> &'static str {
        match self {
            Sort::CreatedAt => "t.created_at",
            Sort::UpdatedAt => "t.updated_at",
            Sort::Number => "t.number",
            Sort::Priority => "CASE t.priority WHEN 'LOW' THEN 0 WHEN 'MEDIUM' THEN 1 WHEN 'HIGH' THEN 2 ELSE 3 END",
        }
    }
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Line {
    pub id: String,
    pub number: i64,
    pub subject: String,
    pub status: String,
    pub priority: String,
    pub channel: String,
    pub product_area: Option<String>,
    pub category: Option<String>,
    pub tags: Json,
    pub sentiment: Option<String>,
    pub message_count: i64,
    pub last_message_at: Option<i64>,
    pub first_response_due_at: Option<i64>,
    pub resolution_due_at: Option<i64>,
    pub first_responded_at: Option<i64>,
    pub resolved_at: Option<i64>,
    pub closed_at: Option<i64>,
    pub sla_breached_at: Option<i64>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
    pub organization_id: Option<String>,
    pub organization_name: Option<String>,
    pub contact_id: Option<String>,
    pub contact_name: Option<String>,
    pub assignee_id: Option<String>,
    pub assignee_name: Option<String>,
    pub assignee_kind: Option<String>,
    pub assignee_user_id: Option<String>,
    pub business_hours_only: Option<bool>,
    pub first_response_minutes: Option<i64>,
    pub first_response_halted_at: Option<i64>,
    pub first_response_done_at: Option<i64>,
    pub first_response_breached_at: Option<i64>,
    pub resolution_minutes: Option<i64>,
    pub resolution_halted_at: Option<i64>,
    pub resolution_done_at: Option<i64>,
    pub resolution_breached_at: Option<i64>,
    /// The value that the list is ordered by; it goes into the cursor.
    pub sort_value: i64,
    /// The clocks as they look now; whoever reads the list fills them in.
    pub clocks: Vec<ClockView>,
}

impl Line {
    /// What is stored of the ticket's clocks.
    pub fn stored_clocks(&self) -> Vec<Stored> {
        let first = self.first_response_minutes.map(|minutes| Stored {
            kind: ClockKind::FirstResponse,
            minutes,
            due_at: self.first_response_due_at,
            halted_at: self.first_response_halted_at,
            done_at: self.first_response_done_at,
            breached_at: self.first_response_breached_at,
        });
        let second = self.resolution_minutes.map(|minutes| Stored {
            kind: ClockKind::Resolution,
            minutes,
            due_at: self.resolution_due_at,
            halted_at: self.resolution_halted_at,
            done_at: self.resolution_done_at,
            breached_at: self.resolution_breached_at,
        });
        first.into_iter().chain(second).collect()
    }
}

by_position!(Line {
    id: "t.id",
    number: "t.number",
    subject: "t.subject",
    status: "t.status",
    priority: "t.priority",
    channel: "t.channel",
    product_area: "t.product_area",
    category: "t.category",
    tags: "t.tags",
    sentiment: "t.sentiment",
    message_count: "t.message_count",
    last_message_at: "t.last_message_at",
    first_response_due_at: "t.first_response_due_at",
    resolution_due_at: "t.resolution_due_at",
    first_responded_at: "t.first_responded_at",
    resolved_at: "t.resolved_at",
    closed_at: "t.closed_at",
    sla_breached_at: "t.sla_breached_at",
    version: "t.version",
    created_at: "t.created_at",
    updated_at: "t.updated_at",
    organization_id: "t.organization_id",
    organization_name: "o.name",
    contact_id: "t.contact_id",
    contact_name: "c.name",
    assignee_id: "t.assignee_id",
    assignee_name: "a.name",
    assignee_kind: "a.kind",
    assignee_user_id: "a.user_id",
    business_hours_only: "l.business_hours_only",
    first_response_minutes: "l.first_response_minutes",
    first_response_halted_at: "l.first_response_halted_at",
    first_response_done_at: "l.first_response_done_at",
    first_response_breached_at: "l.first_response_breached_at",
    resolution_minutes: "l.resolution_minutes",
    resolution_halted_at: "l.resolution_halted_at",
    resolution_done_at: "l.resolution_done_at",
    resolution_breached_at: "l.resolution_breached_at",
} sort_value; clocks);

/// As the partial indexes say it.
const OPEN: &str = "t.status IN ('OPEN', 'IN_PROGRESS', 'WAITING_ON_CUSTOMER', 'ESCALATED')";

const JOINS: &str = "LEFT JOIN organizations o ON o.workspace_id = t.workspace_id AND o.id = t.organization_id \
    LEFT JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id \
    LEFT JOIN support_agents a ON a.workspace_id = t.workspace_id AND a.id = t.assignee_id \
    LEFT JOIN ticket_slas l ON l.workspace_id = t.workspace_id AND l.ticket_id = t.id";

/// So few tickets with a tag are looked at one by one; with more of them, the walk through the list soon finds some.
const TAGGED_FEW: i64 = 1_000;
/// A span of time that is longer than this is walked through in the order of the list, and not sorted.
const SPAN_FEW: Millis = 2 * DAY;

/// The page of tickets.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    let Some(conditions) = Conditions::of(tenant, query).await? else { return Ok(Vec::new()) };
    let (key, than) = (query.sort.sql(), if query.descending { "<" } else { ">" });
    let Some((value, id)) = &query.after else {
        return walk(tenant, query, conditions, &[key, "t.id"], query.limit).await;
    };
    if query.sort != Sort::Priority || query.offset > 0 || conditions.backend != DbBackend::Sqlite {
        let mut behind = conditions;
        let (value, id) = (behind.bind(*value), behind.bind(id.as_str()));
        behind.push(format!("({key}, t.id) {than} ({value}, {id})"));
        return walk(tenant, query, behind, &[key, "t.id"], query.limit).await;
    }
    // SQLite does not find the place of a computed value and an id in the index. So what is left of the same priority comes
    // first, and what is of the next ones when that is not enough. Nor does it know that what equals one value is in order.
    let mut same = conditions.clone();
    let (bound_value, bound_id) = (same.bind(*value), same.bind(id.as_str()));
    same.push(format!("{key} = {bound_value} AND t.id {than} {bound_id}"));
    let mut lines = walk(tenant, query, same, &["t.id"], query.limit).await?;
    let missing = query.limit.saturating_sub(lines.len() as u64);
    if missing > 0 {
        let mut next = conditions;
        let value = next.bind(*value);
        next.push(format!("{key} {than} {value}"));
        lines.extend(walk(tenant, query, next, &[key, "t.id"], missing).await?);
    }
    Ok(lines)
}

/// The first tickets that fit, in the order of these columns.
async fn walk<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    query: &Query,
    conditions: Conditions,
    order: &[&str],
    limit: u64,
) -> Result<Vec<Line>, StoreError> {
    let (key, direction) = (query.sort.sql(), if query.descending { "DESC" } else { "ASC" });
    // Numbers of our own, not parameters: only so does PostgreSQL know how few rows are wanted, and keeps the plan.
    let [limit, offset] = [limit, query.offset].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let order = order.iter().map(|column| format!("{column} {direction}")).collect::<Vec<_>>().join(", ");
    let sql = if conditions.lead.is_none() && offset == 0 {
        let (columns, all) = (Line::COLUMNS, conditions.sql.join(" AND "));
        let table = conditions.table();
        format!(
            "SELECT {columns} CAST({key} AS BIGINT) FROM {table} {JOINS} WHERE {all} ORDER BY {order} LIMIT {limit}"
        )
    } else {
        // The page first, and then what is shown of it: else everything would be read of each row that is passed over.
        format!(
            "SELECT {} CAST(page.value AS BIGINT) FROM (SELECT t.id, {key} AS value FROM {} WHERE {} \
             ORDER BY {order} LIMIT {limit} OFFSET {offset}) AS page CROSS JOIN tickets t {JOINS} \
             WHERE t.workspace_id = $1 AND t.id = page.id ORDER BY page.value {direction}, page.id {direction}",
            Line::COLUMNS,
            conditions.from(),
            conditions.sql.join(" AND ")
        )
    };
    Ok(Line::find_by_statement(tenant.statement(&sql, conditions.values)).all(tenant.connection).await?)
}

/// How many tickets fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let Some(conditions) = Conditions::of(tenant, query).await? else { return Ok(0) };
    let sql = format!("SELECT COUNT(*) AS total FROM {} WHERE {}", conditions.from(), conditions.sql.join(" AND "));
    let row = tenant.connection.query_one_raw(tenant.statement(&sql, conditions.values)).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// Conditions and the values that are bound to them. No text of a request ever becomes SQL.
#[derive(Clone)]
struct Conditions {
    backend: DbBackend,
    /// A statement that gives the ids of few tickets, as `subject_id`: with them it begins, and nothing else is walked through.
    lead: Option<String>,
    /// Whether each of them is looked up, however many PostgreSQL takes them for: it would rather read all tickets there are.
    looked_up: bool,
    /// Only tickets of which a clock ran out, whoever has them.
    late: bool,
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// `None` when nothing can fit: a search without a single word.
    async fn of<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Option<Self>, StoreError> {
        let backend = tenant.connection.get_database_backend();
        let sql = vec!["t.workspace_id = $1".to_owned()];
        let of_few = [&query.organizations, &query.contacts].iter().any(|ids| !ids.is_empty());
        let late = query.sla == Some(Sla::Breached) && !of_few && query.assignees.is_empty();
        let mut all = Self { backend, lead: None, looked_up: false, late, sql, values: Vec::new() };
        all.any_of("t.status", query.statuses.iter().map(|value| value.as_str()));
        all.any_of("t.priority", query.priorities.iter().map(|value| value.as_str()));
        all.any_of("t.channel", query.channels.iter().map(|value| value.as_str()));
        all.any_of("t.product_area", query.product_areas.iter().map(String::as_str));
        all.any_of("t.organization_id", query.organizations.iter().map(String::as_str));
        all.any_of("t.contact_id", query.contacts.iter().map(String::as_str));
        all.any_of("t.device_id", query.devices.iter().map(String::as_str));
        all.any_of("t.sentiment", query.sentiments.iter().map(|value| value.as_str()));
        all.assignees(&query.assignees);
        if !query.assignees.is_empty() && !query.statuses.is_empty() && query.statuses.iter().all(|one| one.is_open()) {
            // Says nothing new, but in the words of the index of open tickets.
            all.sql.push(OPEN.to_owned());
        }
        all.tags(&query.tags);
        all.bound("t.created_at", ">=", query.created_from);
        all.bound("t.created_at", "<", query.created_to);
        if let Some(spans) = &query.created_within {
            if spans.is_empty() {
                return Ok(None);
            }
            all.created_within(spans);
        }
        all.reached("t.resolved_at", query.resolved_from, query.resolved_to);
        all.reached("t.first_responded_at", query.first_responded_from, query.first_responded_to);
        if let Some(words) = &query.words {
            let Some(text) = words_query(backend, words, Joined::All) else { return Ok(None) };
            let placeholder = all.bind(text);
            all.lead_by(newest_tickets(backend, &placeholder));
        }
        all.sla(query);
        if all.lead.is_none() && !query.tags.is_empty() {
            all.few_tagged(tenant, &query.tags).await?;
        }
        if let Some(replied) = &query.replied {
            all.having(tenant, replied).await?;
        }
        if let Some(suggested) = &query.copilot
            && !all.having(tenant, suggested).await?
        {
            // The walk begins where the tickets are that were there by then; clocks of nodes may differ by less than a day. A reply
            // may be older than its ticket, into which another one was merged.
            all.bound("t.created_at", "<", suggested.to.map(|to| to.saturating_add(DAY)));
        }
        Ok(Some(all))
    }

    /// Where the rows come from.
    fn from(&self) -> String {
        match &self.lead {
            Some(lead) if self.looked_up && self.backend == DbBackend::Postgres => format!(
                "({lead}) AS hits CROSS JOIN LATERAL \
                 (SELECT * FROM tickets WHERE workspace_id = $1 AND id = hits.subject_id LIMIT 1) t"
            ),
            Some(lead) => format!("({lead}) AS hits CROSS JOIN tickets t"),
            None => self.table().to_owned(),
        }
    }

    /// SQLite does not know how few tickets are late when it has never seen one, so it is told where to look.
    fn table(&self) -> &'static str {
        if self.late && self.lead.is_none() && self.backend == DbBackend::Sqlite {
            "tickets t INDEXED BY tickets_by_breach"
        } else {
            "tickets t"
        }
    }

    /// Begins with these tickets.
    fn lead_by(&mut self, statement: String) {
        self.lead = Some(statement);
        self.push("t.id = hits.subject_id".to_owned());
    }

    fn push(&mut self, condition: String) {
        self.sql.push(condition);
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }

    fn any_of<'v>(&mut self, column: &str, values: impl Iterator<Item = &'v str>) {
        let places: Vec<String> = values.map(|value| self.bind(value)).collect();
        if !places.is_empty() {
            self.push(format!("{column} IN ({})", places.join(", ")));
        }
    }

    fn assignees(&mut self, assignees: &[Option<String>]) {
        let places: Vec<String> = assignees.iter().flatten().map(|id| self.bind(id.as_str())).collect();
        let mut either = Vec::new();
        if !places.is_empty() {
            either.push(format!("t.assignee_id IN ({})", places.join(", ")));
        }
        if assignees.contains(&None) {
            either.push("t.assignee_id IS NULL".to_owned());
        }
        if !either.is_empty() {
            self.push(format!("({})", either.join(" OR ")));
        }
    }

    fn tags(&mut self, tags: &[String]) {
        let either: Vec<String> = tags
            .iter()
            .map(|tag| {
                if self.backend == DbBackend::Postgres {
                    let place = self.bind(Json::from(vec![tag.as_str()]));
                    format!("t.tags @> {place}")
                } else {
                    let place = self.bind(tag.as_str());
                    format!("EXISTS (SELECT 1 FROM json_each(t.tags) WHERE json_each.value = {place})")
                }
            })
            .collect();
        if !either.is_empty() {
            self.push(format!("({})", either.join(" OR ")));
        }
    }

    fn bound(&mut self, column: &str, than: &str, at: Option<Millis>) {
        if let Some(at) = at {
            let place = self.bind(at);
            self.push(format!("{column} {than} {place}"));
        }
    }

    fn created_within(&mut self, spans: &[Range<Millis>]) {
        let each: Vec<String> = spans
            .iter()
            .map(|span| {
                let (from, to) = (self.bind(span.start), self.bind(span.end));
                format!("t.created_at >= {from} AND t.created_at < {to}")
            })
            .collect();
        self.push(format!("({})", each.join(" OR ")));
    }

    /// Something that happens to a ticket once, in a span of time. Of a short span the index of that is read and sorted. A long
    /// one is met again and again on the walk through the list, which begins where the tickets are to which it may have happened
    /// by then; clocks of nodes may differ by less than a day.
    fn reached(&mut self, column: &str, from: Option<Millis>, to: Option<Millis>) {
        let is_short = from.zip(to).is_some_and(|(from, to)| to - from <= SPAN_FEW);
        let unindexed = if !is_short && self.backend == DbBackend::Sqlite { "+" } else { "" };
        self.bound(&format!("{unindexed}{column}"), ">=", from);
        self.bound(&format!("{unindexed}{column}"), "<", to);
        if !is_short {
            self.bound("t.created_at", "<", to.map(|to| to.saturating_add(DAY)));
        }
    }

    fn sla(&mut self, query: &Query) {
        match query.sla {
            None => {}
            Some(Sla::Breached) => self.push("t.sla_breached_at IS NOT NULL".to_owned()),
            Some(Sla::DueSoon) => {
                let now = self.bind(query.now);
                let soon = self.bind(query.now + HOUR);
                let due = format!(
                    "SELECT s.ticket_id AS subject_id FROM ticket_slas s WHERE s.workspace_id = $1 \
                     AND s.due_at BETWEEN {now} AND {soon}"
                );
                if self.lead.is_none() {
                    self.lead_by(due);
                } else {
                    self.push(format!("t.id IN ({due})"));
                }
            }
        }
    }

    /// Begins with the tickets that have any of the tags, when they are few.
    async fn few_tagged<C: ConnectionTrait>(
        &mut self,
        tenant: Tenant<'_, C>,
        tags: &[String],
    ) -> Result<(), StoreError> {
        let places: Vec<String> = (2..).take(tags.len()).map(|place| format!("${place}")).collect();
        let sql = format!(
            "SELECT COUNT(*) AS total FROM (SELECT 1 AS one FROM ticket_tags WHERE workspace_id = $1 AND tag IN ({}) \
             LIMIT {}) AS found",
            places.join(", "),
            TAGGED_FEW + 1
        );
        let some = tenant.statement(&sql, tags.iter().map(|tag| tag.as_str().into()));
        let some: i64 = match tenant.connection.query_one_raw(some).await? {
            Some(row) => row.try_get("", "total")?,
            None => 0,
        };
        if some <= TAGGED_FEW {
            let places: Vec<String> = tags.iter().map(|tag| self.bind(tag.as_str())).collect();
            self.lead_by(format!(
                "SELECT DISTINCT ticket_id AS subject_id FROM ticket_tags WHERE workspace_id = $1 AND tag IN ({})",
                places.join(", ")
            ));
        }
        Ok(())
    }

    /// Begins with the tickets that have such rows, when those are few. Else the rows of each ticket are looked at on the walk
    /// through the list. Tells whether they were few.
    async fn having<C: ConnectionTrait, H: Had>(&mut self, tenant: Tenant<'_, C>, had: &H) -> Result<bool, StoreError> {
        let (table, backend) = (H::TABLE, self.backend);
        let mut few = false;
        if self.lead.is_none() {
            let mut bound = Bound { backend, first: 2, values: Vec::new() };
            let sql = format!(
                "SELECT COUNT(*) AS total FROM (SELECT 1 AS one FROM {table} h WHERE {} LIMIT {}) AS found",
                had.condition(Looking::AtAll, &mut bound),
                H::FEW + 1
            );
            few = crate::listing::number(tenant, &sql, bound.values).await? <= H::FEW;
        }
        let mut bound = Bound { backend, first: self.values.len() + 2, values: Vec::new() };
        let condition = had.condition(if few { Looking::AtAll } else { Looking::AtOneTicket }, &mut bound);
        // Else SQLite goes through all rows in the order of the tickets, to tell these apart.
        let ticket = bound.unindexed("h.ticket_id");
        self.values.extend(bound.values);
        if few {
            self.looked_up = true;
            self.lead_by(format!("SELECT DISTINCT {ticket} AS subject_id FROM {table} h WHERE {condition}"));
        } else {
            // With the limit SQLite does not join the rows to the tickets, after which an offset counts a ticket twice.
            self.push(format!("EXISTS (SELECT 1 FROM {table} h WHERE {condition} AND h.ticket_id = t.id LIMIT 1)"));
        }
        Ok(few)
    }
}
