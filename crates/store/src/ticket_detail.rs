//! A ticket and the rows that it points to, in one statement.

use std::sync::LazyLock;

use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult, Value};

use crate::directory::DeviceFacts;
use crate::entities::{contacts, organizations, support_agents, ticket_slas, tickets, users};
use crate::rows::{Contact, Organization, SupportAgent, Ticket, TicketSla, User};
use crate::{StoreError, Tenant};

/// Which ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'w> {
    /// By its id.
    Id(&'w str),
    /// By its number.
    Number(i64),
}

/// A ticket with its neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct Around {
    /// The ticket itself.
    pub ticket: Ticket,
    /// The customer.
    pub organization: Option<Organization>,
    /// Who asked.
    pub contact: Option<Contact>,
    /// What it is about.
    pub device: Option<DeviceFacts>,
    /// Who works on it.
    pub assignee: Option<SupportAgent>,
    /// Who opened it.
    pub created_by: Option<User>,
    /// Its service-level clocks.
    pub sla: Option<TicketSla>,
    /// Whether it has files.
    pub has_files: bool,
}

/// The statement but for its last condition; it is long, and always the same.
static AROUND: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT {}, {}, {}, {}, {}, {}, d.id AS d_id, d.organization_id AS d_organization_id, d.name AS d_name, \
         d.type AS d_kind, d.status AS d_status, d.serial_number AS d_serial_number, d.asset_tag AS d_asset_tag, \
         d.ip_address AS d_ip_address, f.name AS d_manufacturer, m.name AS d_model, s.name AS d_os_name, \
         s.os_version AS d_os_version, \
         EXISTS (SELECT 1 FROM attachments x WHERE x.workspace_id = t.workspace_id AND x.ticket_id = t.id) AS has_files \
         FROM tickets t \
         LEFT JOIN organizations o ON o.workspace_id = t.workspace_id AND o.id = t.organization_id \
         LEFT JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id \
         LEFT JOIN support_agents a ON a.workspace_id = t.workspace_id AND a.id = t.assignee_id \
         LEFT JOIN users u ON u.workspace_id = t.workspace_id AND u.id = t.created_by_user_id \
         LEFT JOIN ticket_slas l ON l.workspace_id = t.workspace_id AND l.ticket_id = t.id \
         LEFT JOIN devices d ON d.workspace_id = t.workspace_id AND d.id = t.device_id \
         LEFT JOIN device_manufacturers f ON f.workspace_id = d.workspace_id AND f.id = d.manufacturer_id \
         LEFT JOIN device_models m ON m.workspace_id = d.workspace_id AND m.id = d.model_id \
         LEFT JOIN operating_systems s ON s.workspace_id = d.workspace_id AND s.id = d.operating_system_id \
         WHERE t.workspace_id = $1 AND ",
        columns::<tickets::Entity>("t"),
        columns::<organizations::Entity>("o"),
        columns::<contacts::Entity>("c"),
        columns::<support_agents::Entity>("a"),
        columns::<users::Entity>("u"),
        columns::<ticket_slas::Entity>("l"),
    )
});

/// The ticket, when it is there.
///
/// # Errors
/// When the database fails.
pub async fn around<C: ConnectionTrait>(tenant: Tenant<'_, C>, which: Which<'_>) -> Result<Option<Around>, StoreError> {
    let (condition, value): (_, Value) = match which {
        Which::Id(id) => ("t.id = $2", id.into()),
        Which::Number(number) => ("t.number = $2", number.into()),
    };
    let sql = format!("{}{condition}", *AROUND);
    let row = tenant.connection.query_one_raw(tenant.statement(&sql, [value])).await?;
    Ok(row.map(|row| read(&row)).transpose()?)
}

/// Every column of a table under a prefix, such as `t.id AS t_id`.
fn columns<E: EntityTrait>(table: &str) -> String {
    let named = E::Column::iter().map(|column| format!("{table}.{0} AS {table}_{0}", column.as_str()));
    named.collect::<Vec<_>>().join(", ")
}

fn read(row: &QueryResult) -> Result<Around, sea_orm::DbErr> {
    Ok(Around {
        ticket: Ticket::from_query_result(row, "t_")?,
        organization: there(row, "o_", "id")?,
        contact: there(row, "c_", "id")?,
        device: there(row, "d_", "id")?,
        assignee: there(row, "a_", "id")?,
        created_by: there(row, "u_", "id")?,
        sla: there(row, "l_", "ticket_id")?,
        has_files: row.try_get("", "has_files")?,
    })
}

/// A joined row, when the join found one.
fn there<M: FromQueryResult>(row: &QueryResult, prefix: &str, id: &str) -> Result<Option<M>, sea_orm::DbErr> {
    match row.try_get::<Option<String>>(prefix, id)? {
        Some(_) => M::from_query_result(row, prefix).map(Some),
        None => Ok(None),
    }
}
