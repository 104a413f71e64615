//! Finding anything by what people type: exact values through their indexes, words through the search documents.

use sea_orm::{ConnectionTrait, FromQueryResult, Value};

use crate::devices::folded;
use crate::search::{self, Joined, newest_of_kind, of_kind, phrases_query, words_query};
use crate::{StoreError, Tenant};

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A ticket.
    Ticket,
    /// A contact.
    Contact,
    /// An organization.
    Organization,
    /// A device.
    Device,
    /// A published article.
    Article,
}

impl Kind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Kind; 5] = [Kind::Ticket, Kind::Contact, Kind::Organization, Kind::Device, Kind::Article];
    /// Their names, for messages.
    pub const ALLOWED: &'static str = "ticket, contact, organization, device, article";

    /// Its name on the wire, which is the kind of its search documents as well.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Ticket => search::TICKET,
            Kind::Contact => search::CONTACT,
            Kind::Organization => search::ORGANIZATION,
            Kind::Device => search::DEVICE,
            Kind::Article => search::ARTICLE,
        }
    }

    /// Reads a name in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str().eq_ignore_ascii_case(text))
    }

    /// The table, the column of the title, and what else of a row is told.
    fn table(self) -> (&'static str, &'static str, [&'static str; 3]) {
        match self {
            Kind::Ticket => ("tickets", "r.subject", ["r.status", "r.priority", "CAST(r.number AS TEXT)"]),
            Kind::Contact => ("contacts", "r.name", ["r.phone", "r.email", "r.title"]),
            Kind::Organization => ("organizations", "r.name", ["r.u_e_code", "r.domain", "r.status"]),
            Kind::Device => ("devices", "r.name", ["r.serial_number", "r.asset_tag", "r.ip_address"]),
            Kind::Article => ("kb_articles", "r.title", ["r.product_area", "r.status", "NULL"]),
        }
    }

    /// Whether its rows name an organization.
    const fn has_organization(self) -> bool {
        matches!(self, Kind::Ticket | Kind::Contact | Kind::Device)
    }
}

/// What is told of a row that was found.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Subject, name or title.
    pub title: String,
    /// Name of the organization that it belongs to.
    pub organization: Option<String>,
    /// Status of a ticket, phone of a contact, U-E code, serial number, product area.
    pub first: Option<String>,
    /// Priority, email, domain, asset tag, status.
    pub second: Option<String>,
    /// Number of a ticket, title, status, IP address.
    pub third: Option<String>,
}

/// What is looked for exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exact {
    /// The number of a ticket.
    Number(i64),
    /// A contact's phone, E.164: any of these.
    Phone(Vec<String>),
    /// A contact's email, in lower case.
    Email(String),
    /// An organization's code.
    UECode(String),
    /// A device's host name, serial number or asset tag, in lower case.
    Label(String),
    /// A device's IP address, in its one form.
    Ip(String),
}

impl Exact {
    /// What has such a value.
    pub fn kind(&self) -> Kind {
        match self {
            Exact::Number(_) => Kind::Ticket,
            Exact::Phone(_) | Exact::Email(_) => Kind::Contact,
            Exact::UECode(_) => Kind::Organization,
            Exact::Label(_) | Exact::Ip(_) => Kind::Device,
        }
    }
}

/// The rows that have exactly this value, at most `limit`.
pub async fn exact<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    value: &Exact,
    limit: u64,
) -> Result<Vec<Entry>, StoreError> {
    let backend = tenant.connection.get_database_backend();
    let (condition, values): (String, Vec<Value>) = match value {
        Exact::Number(number) => ("r.number = $2".into(), vec![(*number).into()]),
        Exact::Phone(numbers) => {
            let places: Vec<String> = (0..numbers.len()).map(|index| format!("${}", index + 2)).collect();
            let values = numbers.iter().map(|number| number.as_str().into()).collect();
            (format!("r.phone IN ({})", places.join(", ")), values)
        }
        Exact::Email(email) => ("r.email = $2".into(), vec![email.as_str().into()]),
        Exact::UECode(code) => ("r.u_e_code = $2".into(), vec![code.as_str().into()]),
        Exact::Label(label) => {
            // Each by its own index: of columns joined by OR, SQLite would rather read all devices.
            let each = ["d.name", "d.serial_number", "d.asset_tag"].map(|column| {
                let column = folded(backend, column);
                format!("SELECT d.id FROM devices d WHERE d.workspace_id = $1 AND {column} = $2")
            });
            (format!("r.id IN ({})", each.join(" UNION ALL ")), vec![label.as_str().into()])
        }
        Exact::Ip(address) => ("r.ip_address = $2".into(), vec![address.as_str().into()]),
    };
    let kind = value.kind();
    let (table, _, _) = kind.table();
    let sql = format!(
        "SELECT {} FROM {table} r {} WHERE r.workspace_id = $1 AND {condition} LIMIT {limit}",
        columns(kind),
        joins(kind)
    );
    Ok(Entry::find_by_statement(tenant.statement(&sql, values)).all(tenant.connection).await?)
}

/// The newest rows of a kind that have all the words, the last of which may be the beginning of one; at most `limit`.
pub async fn by_words<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    kind: Kind,
    words: &str,
    limit: u64,
) -> Result<Vec<Entry>, StoreError> {
    let backend = tenant.connection.get_database_backend();
    let text = match kind {
        Kind::Device => phrases_query(backend, words),
        _ => words_query(backend, words, Joined::All),
    };
    let Some(text) = text else { return Ok(Vec::new()) };
    let hits = newest_of_kind(backend, kind.as_str(), "$2", limit);
    let (table, _, _) = kind.table();
    let sql = format!(
        "SELECT {} FROM ({hits}) AS hits CROSS JOIN {table} r {} \
         WHERE r.workspace_id = $1 AND r.id = hits.subject_id LIMIT {limit}",
        columns(kind),
        joins(kind)
    );
    let statement = tenant.statement(&sql, [of_kind(backend, kind.as_str(), &text).into()]);
    Ok(Entry::find_by_statement(statement).all(tenant.connection).await?)
}

fn columns(kind: Kind) -> String {
    let (_, title, [first, second, third]) = kind.table();
    let organization = if kind.has_organization() { "o.name" } else { "CAST(NULL AS TEXT)" };
    format!(
        "r.id, {title} AS title, {organization} AS organization, {first} AS first, {second} AS second, \
         CAST({third} AS TEXT) AS third"
    )
}

fn joins(kind: Kind) -> &'static str {
    if kind.has_organization() {
        "LEFT JOIN organizations o ON o.workspace_id = r.workspace_id AND o.id = r.organization_id"
    } else {
        ""
    }
}
