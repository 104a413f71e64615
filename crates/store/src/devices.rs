//! Devices: the list with its filters, look-ups by what is written on them, and who uses which.

use patchcord_domain::device::matched;
use patchcord_domain::time::Millis;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};

use crate::search::{DEVICE, condition, of_kind, phrases_query};
use crate::{StoreError, Tenant, Tx};

/// Which devices, in which order, from where.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// Any of these; empty means all. The same holds for the lists below.
    pub organizations: Vec<String>,
    /// Used by any of these contacts.
    pub contacts: Vec<String>,
    /// Any of these.
    pub types: Vec<String>,
    /// Any of these.
    pub statuses: Vec<String>,
    /// Any of these host names, without regard to case.
    pub names: Vec<String>,
    /// Any of these, without regard to case.
    pub serial_numbers: Vec<String>,
    /// Any of these, without regard to case.
    pub asset_tags: Vec<String>,
    /// Any of these, in their one form.
    pub ip_addresses: Vec<String>,
    /// Any of these, in their one form.
    pub mac_addresses: Vec<String>,
    /// Words that name, serial number, asset tag or IP address must have.
    pub words: Option<String>,
    /// By what the list is ordered; the id breaks ties.
    pub sort: Sort,
    /// Whether the largest comes first.
    pub descending: bool,
    /// The row after which the page begins.
    pub after: Option<After>,
    /// How many rows are passed over.
    pub offset: u64,
    /// Most rows that are returned.
    pub limit: u64,
}

/// What the list may be ordered by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sort {
    /// The host name, without regard to case.
    #[default]
    Name,
    /// When it was added.
    CreatedAt,
    /// When it was changed last.
    UpdatedAt,
}

/// The place of a row in the order: its sort value and its id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum After {
    /// In the order of names.
    Name(String, String),
    /// In an order of time.
    At(Millis, String),
}

/// A device with the names of what it points to.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct Line {
    pub id: String,
    pub organization_id: String,
    pub organization_name: String,
    pub u_e_code: Option<String>,
    pub location_id: Option<String>,
    pub location_name: Option<String>,
    pub name: String,
    pub kind: String,
    pub manufacturer_id: Option<String>,
    pub manufacturer_name: Option<String>,
    pub model_id: Option<String>,
    pub model_name: Option<String>,
    pub operating_system_id: Option<String>,
    pub os_name: Option<String>,
    pub os_version: Option<String>,
    pub domain_id: Option<String>,
    pub domain_name: Option<String>,
    pub serial_number: Option<String>,
    pub asset_tag: Option<String>,
    pub ip_address: Option<String>,
    pub mac_address: Option<String>,
    pub status: String,
    pub last_seen_at: Option<i64>,
    pub warranty_until: Option<i64>,
    pub notes: Option<String>,
    pub version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Query {
    /// Whether a filter leaves few devices: what is written on one, its users, or words.
    fn names_few(&self) -> bool {
        let lists = [&self.names, &self.serial_numbers, &self.asset_tags, &self.ip_addresses, &self.mac_addresses];
        self.words.is_some() || !self.contacts.is_empty() || lists.iter().any(|list| !list.is_empty())
    }
}

impl Line {
    /// Its place in an order.
    pub fn place(&self, sort: Sort) -> After {
        match sort {
            Sort::Name => After::Name(matched(&self.name), self.id.clone()),
            Sort::CreatedAt => After::At(self.created_at, self.id.clone()),
            Sort::UpdatedAt => After::At(self.updated_at, self.id.clone()),
        }
    }
}

/// A contact who uses a device.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct User {
    pub contact_id: String,
    pub name: String,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub is_primary: bool,
}

const SELECT: &str = "SELECT d.id, d.organization_id, o.name AS organization_name, o.u_e_code, d.location_id, \
    l.name AS location_name, d.name, d.type AS kind, d.manufacturer_id, f.name AS manufacturer_name, d.model_id, \
    m.name AS model_name, d.operating_system_id, s.name AS os_name, s.os_version, d.domain_id, n.name AS domain_name, \
    d.serial_number, d.asset_tag, d.ip_address, d.mac_address, d.status, d.last_seen_at, d.warranty_until, d.notes, \
    d.version, d.created_at, d.updated_at FROM devices d \
    JOIN organizations o ON o.workspace_id = d.workspace_id AND o.id = d.organization_id \
    LEFT JOIN locations l ON l.workspace_id = d.workspace_id AND l.id = d.location_id \
    LEFT JOIN device_manufacturers f ON f.workspace_id = d.workspace_id AND f.id = d.manufacturer_id \
    LEFT JOIN device_models m ON m.workspace_id = d.workspace_id AND m.id = d.model_id \
    LEFT JOIN operating_systems s ON s.workspace_id = d.workspace_id AND s.id = d.operating_system_id \
    LEFT JOIN domains n ON n.workspace_id = d.workspace_id AND n.id = d.domain_id";

/// A column without regard to the case of the letters A to Z: the expression of the indexes of migration 0005.
pub(crate) fn folded(backend: DbBackend, column: &str) -> String {
    match backend {
        DbBackend::Sqlite => format!("lower({column})"),
        _ => format!("lower({column} COLLATE \"C\")"),
    }
}

/// The page of devices.
pub async fn page<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<Vec<Line>, StoreError> {
    let backend = tenant.connection.get_database_backend();
    let Some(mut all) = Conditions::of(backend, query) else { return Ok(Vec::new()) };
    let key = match query.sort {
        Sort::Name => folded(backend, "d.name"),
        Sort::CreatedAt => "d.created_at".to_owned(),
        Sort::UpdatedAt => "d.updated_at".to_owned(),
    };
    if let Some(after) = &query.after {
        let than = if query.descending { "<" } else { ">" };
        let (value, id) = match after {
            After::Name(name, id) => (all.bind(name.as_str()), all.bind(id.as_str())),
            After::At(at, id) => (all.bind(*at), all.bind(id.as_str())),
        };
        all.sql.push(format!("({key}, d.id) {than} ({value}, {id})"));
    }
    // SQLite does not know how few they are; an expression has no index, so that it takes that of the filter.
    let plus = if query.names_few() && backend == DbBackend::Sqlite { "+" } else { "" };
    let direction = if query.descending { "DESC" } else { "ASC" };
    // Numbers of our own, not parameters: only so does PostgreSQL know how few rows are wanted, and keeps the plan.
    let [limit, offset] = [query.limit, query.offset].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let offset = if offset == 0 { String::new() } else { format!(" OFFSET {offset}") };
    let sql = format!(
        "{SELECT} WHERE {} ORDER BY {plus}{key} {direction}, d.id {direction} LIMIT {limit}{offset}",
        all.sql.join(" AND ")
    );
    Ok(Line::find_by_statement(tenant.statement(&sql, all.values)).all(tenant.connection).await?)
}

/// How many devices fit, whatever the page.
pub async fn count<C: ConnectionTrait>(tenant: Tenant<'_, C>, query: &Query) -> Result<i64, StoreError> {
    let Some(all) = Conditions::of(tenant.connection.get_database_backend(), query) else { return Ok(0) };
    let sql = format!("SELECT COUNT(*) AS total FROM devices d WHERE {}", all.sql.join(" AND "));
    number(tenant, &sql, all.values).await
}

/// One device with the names of what it points to.
pub async fn line<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Option<Line>, StoreError> {
    let statement = tenant.statement(&format!("{SELECT} WHERE d.workspace_id = $1 AND d.id = $2"), [id.into()]);
    Ok(Line::find_by_statement(statement).one(tenant.connection).await?)
}

/// Who uses a device, by name, at most `limit`.
pub async fn users<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str, limit: u64) -> Result<Vec<User>, StoreError> {
    let statement = tenant.statement(
        "SELECT c.id AS contact_id, c.name, c.email, c.phone, u.is_primary FROM contact_devices u \
         JOIN contacts c ON c.workspace_id = u.workspace_id AND c.id = u.contact_id \
         WHERE u.workspace_id = $1 AND u.device_id = $2 ORDER BY c.name, c.id LIMIT $3",
        [id.into(), i64::try_from(limit).unwrap_or(i64::MAX).into()],
    );
    Ok(User::find_by_statement(statement).all(tenant.connection).await?)
}

/// How many tickets of a device are open.
pub async fn open_tickets<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<i64, StoreError> {
    let sql = "SELECT COUNT(*) AS total FROM tickets WHERE workspace_id = $1 AND device_id = $2 \
               AND status NOT IN ('RESOLVED', 'CLOSED')";
    number(tenant, sql, vec![id.into()]).await
}

/// How many contacts and how many tickets, open or not, keep a device from being deleted.
pub async fn used_by<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<(i64, i64, i64), StoreError> {
    let contacts = "SELECT COUNT(*) AS total FROM contact_devices WHERE workspace_id = $1 AND device_id = $2";
    let tickets = "SELECT COUNT(*) AS total FROM tickets WHERE workspace_id = $1 AND device_id = $2";
    let calls = "SELECT COUNT(*) AS total FROM calls WHERE workspace_id = $1 AND device_id = $2";
    Ok((
        number(tenant, contacts, vec![id.into()]).await?,
        number(tenant, tickets, vec![id.into()]).await?,
        number(tenant, calls, vec![id.into()]).await?,
    ))
}

/// Takes a device out; says whether it was there.
pub async fn remove(tenant: Tenant<'_, Tx>, id: &str) -> Result<bool, StoreError> {
    let delete = tenant.statement("DELETE FROM devices WHERE workspace_id = $1 AND id = $2", [id.into()]);
    Ok(tenant.connection.execute_raw(delete).await?.rows_affected() == 1)
}

/// What a search for devices finds in one.
pub fn search_text(name: &str, others: [Option<&str>; 3]) -> String {
    std::iter::once(name).chain(others.into_iter().flatten()).collect::<Vec<_>>().join("\n")
}

async fn number<C: ConnectionTrait>(tenant: Tenant<'_, C>, sql: &str, values: Vec<Value>) -> Result<i64, StoreError> {
    let row = tenant.connection.query_one_raw(tenant.statement(sql, values)).await?;
    Ok(row.map(|row| row.try_get("", "total")).transpose()?.unwrap_or(0))
}

/// Conditions and the values that are bound to them. No text of a request ever becomes SQL.
struct Conditions {
    sql: Vec<String>,
    values: Vec<Value>,
}

impl Conditions {
    /// `None` when nothing can fit: a search without a single word.
    fn of(backend: DbBackend, query: &Query) -> Option<Self> {
        let mut all = Self { sql: vec!["d.workspace_id = $1".to_owned()], values: Vec::new() };
        all.any_of("d.organization_id", &query.organizations);
        all.any_of("d.type", &query.types);
        all.any_of("d.status", &query.statuses);
        all.any_of("d.ip_address", &query.ip_addresses);
        all.any_of("d.mac_address", &query.mac_addresses);
        for (column, values) in
            [("d.name", &query.names), ("d.serial_number", &query.serial_numbers), ("d.asset_tag", &query.asset_tags)]
        {
            let values: Vec<String> = values.iter().map(|value| matched(value)).collect();
            all.any_of(&folded(backend, column), &values);
        }
        if !query.contacts.is_empty() {
            let places: Vec<String> = query.contacts.iter().map(|id| all.bind(id.as_str())).collect();
            all.sql.push(format!(
                "d.id IN (SELECT u.device_id FROM contact_devices u WHERE u.workspace_id = $1 AND u.contact_id IN ({}))",
                places.join(", ")
            ));
        }
        if let Some(words) = &query.words {
            let text = of_kind(backend, DEVICE, &phrases_query(backend, words)?);
            let placeholder = all.bind(text);
            all.sql.push(condition(backend, "d.id", DEVICE, &placeholder));
        }
        Some(all)
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }

    fn any_of(&mut self, column: &str, values: &[String]) {
        let places: Vec<String> = values.iter().map(|value| self.bind(value.as_str())).collect();
        if !places.is_empty() {
            self.sql.push(format!("{column} IN ({})", places.join(", ")));
        }
    }
}
