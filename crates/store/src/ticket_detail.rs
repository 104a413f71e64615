//! A ticket and the rows that it points to, in one statement.

use std::sync::LazyLock;

use sea_orm::{ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, Iterable, QueryResult, Value};

use crate::directory::DeviceFacts;
use crate::entities::{ticket_slas, tickets};
use crate::rows::{Ticket, TicketSla};
use crate::{StoreError, Tenant};

/// Which ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which<'w> {
    /// By its id.
    Id(&'w str),
    /// By its number.
    Number(i64),
}

/// An organization, as far as its tickets show it.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct OrganizationFacts {
    pub id: String,
    pub name: String,
    pub u_e_code: Option<String>,
    pub status: String,
}

/// A contact, as far as their tickets show them.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct ContactFacts {
    pub id: String,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub title: Option<String>,
    pub is_vip: bool,
}

/// A support agent, as far as their tickets show them.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct AgentFacts {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub user_id: Option<String>,
}

/// A user, as far as tickets show them.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct UserFacts {
    pub id: String,
    pub name: String,
}

/// A ticket with its neighbours.
#[derive(Debug, Clone, PartialEq)]
pub struct Around {
    /// The ticket itself.
    pub ticket: Ticket,
    /// The customer.
    pub organization: Option<OrganizationFacts>,
    /// Who asked.
    pub contact: Option<ContactFacts>,
    /// What it is about.
    pub device: Option<DeviceFacts>,
    /// Who works on it.
    pub assignee: Option<AgentFacts>,
    /// Who opened it.
    pub created_by: Option<UserFacts>,
    /// Its service-level clocks.
    pub sla: Option<TicketSla>,
    /// Whether it has files.
    pub has_files: bool,
}

/// The statement but for its last condition; it is long, and always the same.
///
/// PostgreSQL prepares each column anew for each join that it passes, so there are no more of either than are read: the names of
/// the catalogue, which most devices lack, are looked up on their own (70 µs instead of 89 with ten whole tables joined).
static AROUND: LazyLock<String> = LazyLock::new(|| {
    let catalogue = |column: &str, table: &str, id: &str, name: &str| {
        format!(
            "(SELECT x.{column} FROM {table} x WHERE x.workspace_id = d.workspace_id AND x.id = d.{id}) AS d_{name}"
        )
    };
    format!(
        "SELECT {}, {}, o.id AS o_id, o.name AS o_name, o.u_e_code AS o_u_e_code, o.status AS o_status, \
         c.id AS c_id, c.name AS c_name, c.email AS c_email, c.phone AS c_phone, c.title AS c_title, c.is_vip AS c_is_vip, \
         a.id AS a_id, a.name AS a_name, a.kind AS a_kind, a.user_id AS a_user_id, u.id AS u_id, u.name AS u_name, \
         d.id AS d_id, d.organization_id AS d_organization_id, d.name AS d_name, d.type AS d_kind, d.status AS d_status, \
         d.serial_number AS d_serial_number, d.asset_tag AS d_asset_tag, d.ip_address AS d_ip_address, {}, {}, {}, {}, \
         EXISTS (SELECT 1 FROM attachments x WHERE x.workspace_id = t.workspace_id AND x.ticket_id = t.id) AS has_files \
         FROM tickets t \
         LEFT JOIN organizations o ON o.workspace_id = t.workspace_id AND o.id = t.organization_id \
         LEFT JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id \
         LEFT JOIN support_agents a ON a.workspace_id = t.workspace_id AND a.id = t.assignee_id \
         LEFT JOIN users u ON u.workspace_id = t.workspace_id AND u.id = t.created_by_user_id \
         LEFT JOIN ticket_slas l ON l.workspace_id = t.workspace_id AND l.ticket_id = t.id \
         LEFT JOIN devices d ON d.workspace_id = t.workspace_id AND d.id = t.device_id \
         WHERE t.workspace_id = $1 AND ",
        columns::<tickets::Entity>("t"),
        columns::<ticket_slas::Entity>("l"),
        catalogue("name", "device_manufacturers", "manufacturer_id", "manufacturer"),
        catalogue("name", "device_models", "model_id", "model"),
        catalogue("name", "operating_systems", "operating_system_id", "os_name"),
        catalogue("os_version", "operating_systems", "operating_system_id", "os_version"),
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
