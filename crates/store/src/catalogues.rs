//! The catalogues of devices: manufacturers, models, operating systems, domains. Four tables, one set of queries.

use patchcord_domain::device::matched;
use patchcord_domain::time::Millis;
use sea_orm::{ConnectionTrait, DbBackend, FromQueryResult, Value};

use crate::devices::folded;
use crate::{StoreError, Tenant, Tx};

/// One of the catalogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Catalogue {
    /// Who makes devices.
    Manufacturers,
    /// What they make.
    Models,
    /// What runs on them.
    OperatingSystems,
    /// Network domains.
    Domains,
}

impl Catalogue {
    /// Every catalogue.
    pub const ALL: [Catalogue; 4] =
        [Catalogue::Manufacturers, Catalogue::Models, Catalogue::OperatingSystems, Catalogue::Domains];

    fn table(self) -> &'static str {
        match self {
            Catalogue::Manufacturers => "device_manufacturers",
            Catalogue::Models => "device_models",
            Catalogue::OperatingSystems => "operating_systems",
            Catalogue::Domains => "domains",
        }
    }

    /// The column of `devices` that points to it.
    fn of_devices(self) -> &'static str {
        match self {
            Catalogue::Manufacturers => "manufacturer_id",
            Catalogue::Models => "model_id",
            Catalogue::OperatingSystems => "operating_system_id",
            Catalogue::Domains => "domain_id",
        }
    }

    /// The column that only this catalogue has.
    fn own_column(self) -> Option<&'static str> {
        match self {
            Catalogue::Models => Some("manufacturer_id"),
            Catalogue::OperatingSystems => Some("os_version"),
            Catalogue::Manufacturers | Catalogue::Domains => None,
        }
    }

    /// What is read; columns that other catalogues have are empty.
    fn columns(self) -> &'static str {
        match self {
            Catalogue::Models => {
                "e.id, e.name, e.manufacturer_id, CAST(NULL AS TEXT) AS os_version, e.version, e.created_at, e.updated_at"
            }
            Catalogue::OperatingSystems => {
                "e.id, e.name, CAST(NULL AS TEXT) AS manufacturer_id, e.os_version, e.version, e.created_at, e.updated_at"
            }
            Catalogue::Manufacturers | Catalogue::Domains => {
                "e.id, e.name, CAST(NULL AS TEXT) AS manufacturer_id, CAST(NULL AS TEXT) AS os_version, e.version, \
                 e.created_at, e.updated_at"
            }
        }
    }
}

/// An entry of a catalogue.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who makes it; only models have one.
    pub manufacturer_id: Option<String>,
    /// Which version; only operating systems have one, which may be empty.
    pub os_version: Option<String>,
    /// Counts its changes.
    pub version: i64,
    /// When it was added.
    pub created_at: Millis,
    /// When it was changed last.
    pub updated_at: Millis,
}

/// Which entries, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Of any of these manufacturers; any when empty. For models only.
    pub manufacturers: Vec<String>,
    /// With any of these names, without regard to case; any when empty.
    pub names: Vec<String>,
    /// How their names begin, without regard to case.
    pub beginning: Option<String>,
    /// From Z to A.
    pub descending: bool,
    /// Name and id of the row before the page.
    pub after: Option<(String, String)>,
    /// Rows to pass over.
    pub offset: u64,
    /// Most rows.
    pub limit: u64,
}

/// The page of entries.
pub async fn page<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    catalogue: Catalogue,
    query: &Query,
) -> Result<Vec<Entry>, StoreError> {
    let key = folded(tenant.connection.get_database_backend(), "e.name");
    let mut all = Conditions::of(&key, query);
    if let Some((name, id)) = &query.after {
        let than = if query.descending { "<" } else { ">" };
        let (name, id) = (all.bind(name.as_str()), all.bind(id.as_str()));
        all.sql.push(format!("({key}, e.id) {than} ({name}, {id})"));
    }
    let direction = if query.descending { "DESC" } else { "ASC" };
    let [limit, offset] = [query.limit, query.offset].map(|number| i64::try_from(number).unwrap_or(i64::MAX));
    let sql = format!(
        "SELECT {} FROM {} e WHERE {} ORDER BY {key} {direction}, e.id {direction} LIMIT {limit} OFFSET {offset}",
        catalogue.columns(),
        catalogue.table(),
        all.sql.join(" AND ")
    );
    Ok(Entry::find_by_statement(tenant.statement(&sql, all.values)).all(tenant.connection).await?)
}

/// How many entries fit, whatever the page.
pub async fn count<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    catalogue: Catalogue,
    query: &Query,
) -> Result<i64, StoreError> {
    let key = folded(tenant.connection.get_database_backend(), "e.name");
    let all = Conditions::of(&key, query);
    let sql = format!("SELECT COUNT(*) AS total FROM {} e WHERE {}", catalogue.table(), all.sql.join(" AND "));
    number(tenant, &sql, all.values).await
}

/// One entry.
pub async fn get<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    catalogue: Catalogue,
    id: &str,
) -> Result<Option<Entry>, StoreError> {
    one(tenant, catalogue, id, "").await
}

/// One entry, locked until the end of the transaction.
pub async fn lock(tenant: Tenant<'_, Tx>, catalogue: Catalogue, id: &str) -> Result<Option<Entry>, StoreError> {
    let sqlite = tenant.connection.get_database_backend() == DbBackend::Sqlite;
    one(tenant, catalogue, id, if sqlite { "" } else { " FOR UPDATE" }).await
}

/// An entry that has this name, without regard to case: among the models of one manufacturer, or with this version of an
/// operating system; not the one with the id `besides`.
pub async fn named<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    catalogue: Catalogue,
    name: &str,
    own: Option<&str>,
    besides: Option<&str>,
) -> Result<Option<Entry>, StoreError> {
    let key = folded(tenant.connection.get_database_backend(), "e.name");
    let (mut more, mut values) = (String::new(), vec![Value::from(matched(name))]);
    if let (Some(column), Some(own)) = (catalogue.own_column(), own) {
        values.push(own.into());
        more += &format!(" AND e.{column} = ${}", values.len() + 1);
    }
    if let Some(id) = besides {
        values.push(id.into());
        more += &format!(" AND e.id <> ${}", values.len() + 1);
    }
    let sql = format!(
        "SELECT {} FROM {} e WHERE e.workspace_id = $1 AND {key} = $2{more} ORDER BY e.id LIMIT 1",
        catalogue.columns(),
        catalogue.table()
    );
    Ok(Entry::find_by_statement(tenant.statement(&sql, values)).one(tenant.connection).await?)
}

/// Adds an entry.
pub async fn add(tenant: Tenant<'_, Tx>, catalogue: Catalogue, entry: &Entry) -> Result<(), StoreError> {
    let own = catalogue.own_column();
    let (column, place) = own.map_or((String::new(), ""), |column| (format!(", {column}"), ", $6"));
    let sql = format!(
        "INSERT INTO {} (workspace_id, id, name, version, created_at, updated_at{column}) \
         VALUES ($1, $2, $3, $4, $5, $5{place})",
        catalogue.table()
    );
    let mut values = vec![
        Value::from(entry.id.as_str()),
        Value::from(entry.name.as_str()),
        Value::from(entry.version),
        Value::from(entry.created_at),
    ];
    if own.is_some() {
        values.push(own_value(catalogue, entry).into());
    }
    tenant.connection.execute_raw(tenant.statement(&sql, values)).await?;
    Ok(())
}

/// Writes an entry that is there.
pub async fn save(tenant: Tenant<'_, Tx>, catalogue: Catalogue, entry: &Entry) -> Result<(), StoreError> {
    let own = catalogue.own_column();
    let column = own.map_or(String::new(), |column| format!(", {column} = $6"));
    let sql = format!(
        "UPDATE {} SET name = $3, version = $4, updated_at = $5{column} WHERE workspace_id = $1 AND id = $2",
        catalogue.table()
    );
    let mut values = vec![
        Value::from(entry.id.as_str()),
        Value::from(entry.name.as_str()),
        Value::from(entry.version),
        Value::from(entry.updated_at),
    ];
    if own.is_some() {
        values.push(own_value(catalogue, entry).into());
    }
    tenant.connection.execute_raw(tenant.statement(&sql, values)).await?;
    Ok(())
}

/// Takes an entry out; says whether it was there.
pub async fn remove(tenant: Tenant<'_, Tx>, catalogue: Catalogue, id: &str) -> Result<bool, StoreError> {
    let sql = format!("DELETE FROM {} WHERE workspace_id = $1 AND id = $2", catalogue.table());
    Ok(tenant.connection.execute_raw(tenant.statement(&sql, [id.into()])).await?.rows_affected() == 1)
}

/// How many devices, and how many models, point to an entry.
pub async fn used_by<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    catalogue: Catalogue,
    id: &str,
) -> Result<(i64, i64), StoreError> {
    let column = catalogue.of_devices();
    let sql = format!("SELECT COUNT(*) AS total FROM devices WHERE workspace_id = $1 AND {column} = $2");
    let devices = number(tenant, &sql, vec![id.into()]).await?;
    if catalogue != Catalogue::Manufacturers {
        return Ok((devices, 0));
    }
    let sql = "SELECT COUNT(*) AS total FROM device_models WHERE workspace_id = $1 AND manufacturer_id = $2";
    Ok((devices, number(tenant, sql, vec![id.into()]).await?))
}

fn own_value(catalogue: Catalogue, entry: &Entry) -> Option<&str> {
    if catalogue == Catalogue::Models { entry.manufacturer_id.as_deref() } else { entry.os_version.as_deref() }
}

async fn one<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    catalogue: Catalogue,
    id: &str,
    lock: &str,
) -> Result<Option<Entry>, StoreError> {
    let sql = format!(
        "SELECT {} FROM {} e WHERE e.workspace_id = $1 AND e.id = $2{lock}",
        catalogue.columns(),
        catalogue.table()
    );
    Ok(Entry::find_by_statement(tenant.statement(&sql, [id.into()])).one(tenant.connection).await?)
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
    fn of(key: &str, query: &Query) -> Self {
        let mut all = Self { sql: vec!["e.workspace_id = $1".to_owned()], values: Vec::new() };
        all.any_of("e.manufacturer_id", query.manufacturers.iter().cloned());
        all.any_of(key, query.names.iter().map(|name| matched(name)));
        if let Some(beginning) = &query.beginning {
            let from = matched(beginning);
            // Every text that begins so lies between it and it followed by the last character that there is.
            let to = format!("{from}\u{10ffff}");
            let (from, to) = (all.bind(from), all.bind(to));
            all.sql.push(format!("{key} >= {from} AND {key} < {to}"));
        }
        all
    }

    fn bind(&mut self, value: impl Into<Value>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len() + 1)
    }

    fn any_of(&mut self, column: &str, values: impl Iterator<Item = String>) {
        let places: Vec<String> = values.map(|value| self.bind(value)).collect();
        if !places.is_empty() {
            self.sql.push(format!("{column} IN ({})", places.join(", ")));
        }
    }
}
