//! What organizations and contacts are to the desk: their tickets, how content they are, when they were last in contact.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use super::marks::places;
use crate::{StoreError, Tenant, Tx};

/// What kind of customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// A company.
    #[default]
    Organization,
    /// A person of one.
    Contact,
}

impl Kind {
    /// As it is stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Organization => "ORGANIZATION",
            Kind::Contact => "CONTACT",
        }
    }

    /// Reads it in any case.
    pub fn parse(text: &str) -> Option<Self> {
        [Kind::Organization, Kind::Contact].into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }

    const fn column(self) -> &'static str {
        match self {
            Kind::Organization => "organization_id",
            Kind::Contact => "contact_id",
        }
    }
}

/// What a list of customers may be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CustomerSort {
    /// How many tickets.
    #[default]
    Tickets,
    /// How many open tickets.
    OpenTickets,
    /// How content they are on average.
    AverageSentiment,
    /// When the last message of their tickets was written.
    LastContactAt,
}

impl CustomerSort {
    const fn column(self) -> &'static str {
        match self {
            CustomerSort::Tickets => "tickets",
            CustomerSort::OpenTickets => "open_tickets",
            CustomerSort::AverageSentiment => "average_sentiment",
            CustomerSort::LastContactAt => "last_contact_at",
        }
    }
}

/// Which customers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CustomerQuery {
    /// Organizations or contacts.
    pub kind: Kind,
    /// In which order.
    pub sort: CustomerSort,
    /// The greatest first.
    pub descending: bool,
    /// After the row with this sort value and id.
    pub after: Option<(i64, String)>,
    /// Rows that are passed over.
    pub offset: u64,
    /// Most rows.
    pub limit: u64,
}

/// A customer with its figures.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
pub struct CustomerLine {
    /// Id of the organization or contact.
    pub id: String,
    /// The name.
    pub name: String,
    /// The organization; of a contact, the one that it belongs to now.
    pub organization_id: String,
    /// The contact, when it is one.
    pub contact_id: Option<String>,
    /// Calls.
    pub calls: i64,
    /// Tickets, without those that were merged into others.
    pub tickets: i64,
    /// Of those tickets, the open ones.
    pub open_tickets: i64,
    /// Mean of 1 for each content, 0 for each neutral and -1 for each angry ticket or call, in thousandths.
    pub average_sentiment: i64,
    /// How many tickets and calls that is the mean of.
    pub sentiment_count: i64,
    /// When the last message of any of the tickets was written, or the last call began.
    pub last_contact_at: i64,
    /// What the list is sorted by.
    pub sort_value: i64,
}

/// Counts these customers again. The state must be locked.
pub async fn recount(tenant: Tenant<'_, Tx>, kind: Kind, ids: &[String]) -> Result<(), StoreError> {
    if ids.is_empty() {
        return Ok(());
    }
    let (column, listed) = (kind.column(), places(3, ids.len()));
    let values = || std::iter::once(kind.as_str().into()).chain(ids.iter().map(|id| Value::from(id.as_str())));
    let delete = format!("DELETE FROM customer_metrics WHERE workspace_id = $1 AND kind = $2 AND id IN ({listed})");
    tenant.connection.execute_raw(tenant.statement(&delete, values())).await?;
    let score = "CASE sentiment WHEN 'positive' THEN 1000 WHEN 'neutral' THEN 0 WHEN 'negative' THEN -1000 END";
    let scored = "SUM(CASE WHEN sentiment IN ('positive', 'neutral', 'negative') THEN 1 ELSE 0 END)";
    let (of_contact, of_organization) = match kind {
        Kind::Organization => ("NULL", "organization_id"),
        Kind::Contact => ("contact_id", "NULL"),
    };
    // Both engines cut the quotient off towards zero.
    let insert = format!(
        "INSERT INTO customer_metrics (workspace_id, id, kind, organization_id, contact_id, calls, tickets, open_tickets, \
         average_sentiment, sentiment_count, last_contact_at) \
         SELECT workspace_id, {column}, $2, {of_organization}, {of_contact}, CAST(SUM(calls) AS BIGINT), \
         CAST(SUM(tickets) AS BIGINT), CAST(SUM(open) AS BIGINT), \
         CASE {scored} WHEN 0 THEN 0 ELSE CAST(COALESCE(SUM({score}), 0) AS BIGINT) / CAST({scored} AS BIGINT) END, \
         CAST({scored} AS BIGINT), MAX(at) FROM (\
         SELECT workspace_id, {column}, sentiment, 0 AS calls, 1 AS tickets, \
         CASE WHEN status NOT IN ('RESOLVED', 'CLOSED') THEN 1 ELSE 0 END AS open, \
         COALESCE(last_message_at, created_at) AS at FROM tickets \
         WHERE workspace_id = $1 AND {column} IN ({listed}) AND merged_into_id IS NULL AND remote_id IS NULL \
         UNION ALL SELECT workspace_id, {column}, sentiment, 1, 0, 0, started_at FROM calls \
         WHERE workspace_id = $1 AND {column} IN ({listed})) AS counted GROUP BY workspace_id, {column}"
    );
    tenant.connection.execute_raw(tenant.statement(&insert, values())).await?;
    Ok(())
}

/// A page of customers that have or had tickets.
pub async fn page<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    query: &CustomerQuery,
) -> Result<Vec<CustomerLine>, StoreError> {
    let column = query.sort.column();
    let (direction, beyond) = if query.descending { ("DESC", "<") } else { ("ASC", ">") };
    let mut values: Vec<Value> = vec![query.kind.as_str().into()];
    let mut place = |value: Value| {
        values.push(value);
        values.len() + 1
    };
    let after = match &query.after {
        Some((value, id)) => {
            let (value, id) = (place((*value).into()), place(id.as_str().into()));
            format!("AND (m.{column}, m.id) {beyond} (${value}, ${id})")
        }
        None => String::new(),
    };
    let limit = place(i64::try_from(query.limit).unwrap_or(i64::MAX).into());
    let offset = place(i64::try_from(query.offset).unwrap_or(i64::MAX).into());
    let (names, organization) = match query.kind {
        Kind::Organization => ("organizations", "c.id"),
        Kind::Contact => ("contacts", "c.organization_id"),
    };
    let sql = format!(
        "SELECT m.id, c.name, {organization} AS organization_id, m.contact_id, m.calls, m.tickets, m.open_tickets, \
         m.average_sentiment, m.sentiment_count, m.last_contact_at, m.{column} AS sort_value FROM customer_metrics m \
         JOIN {names} c ON c.workspace_id = m.workspace_id AND c.id = m.id \
         WHERE m.workspace_id = $1 AND m.kind = $2 {after} \
         ORDER BY m.{column} {direction}, m.id {direction} LIMIT ${limit} OFFSET ${offset}"
    );
    Ok(CustomerLine::find_by_statement(tenant.statement(&sql, values)).all(tenant.connection).await?)
}

/// How many customers of a kind have or had tickets.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, kind: Kind) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS count FROM customer_metrics WHERE workspace_id = $1 AND kind = $2";
    let row = tenant.connection.query_one_raw(tenant.statement(sql, [kind.as_str().into()])).await?;
    Ok(row.map(|row| row.try_get("", "count")).transpose()?.unwrap_or(0))
}
