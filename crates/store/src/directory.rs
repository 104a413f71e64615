//! Organizations, contacts and devices, as far as tickets show them.

use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect};

use crate::entities::{contacts, organizations, support_agents, tickets};
use crate::rows::{Contact, ContactDevice, Organization, SupportAgent, Ticket};
use crate::{StoreError, Tenant, Tx};

/// A device with the names of its catalogue entries.
#[derive(Debug, Clone, PartialEq, FromQueryResult)]
#[expect(missing_docs, reason = "columns mean what the migrations say of them")]
pub struct DeviceFacts {
    pub id: String,
    pub organization_id: String,
    pub name: String,
    pub kind: String,
    pub status: String,
    pub serial_number: Option<String>,
    pub asset_tag: Option<String>,
    pub ip_address: Option<String>,
    pub manufacturer: Option<String>,
    pub model: Option<String>,
    pub os_name: Option<String>,
    pub os_version: Option<String>,
}

/// A device and what the catalogue says of it.
pub async fn device<C: ConnectionTrait>(tenant: Tenant<'_, C>, id: &str) -> Result<Option<DeviceFacts>, StoreError> {
    let statement = tenant.statement(
        "SELECT d.id, d.organization_id, d.name, d.type AS kind, d.status, d.serial_number, d.asset_tag, d.ip_address, \
         f.name AS manufacturer, m.name AS model, s.name AS os_name, s.os_version AS os_version FROM devices d \
         LEFT JOIN device_manufacturers f ON f.workspace_id = d.workspace_id AND f.id = d.manufacturer_id \
         LEFT JOIN device_models m ON m.workspace_id = d.workspace_id AND m.id = d.model_id \
         LEFT JOIN operating_systems s ON s.workspace_id = d.workspace_id AND s.id = d.operating_system_id \
         WHERE d.workspace_id = $1 AND d.id = $2",
        [id.into()],
    );
    Ok(DeviceFacts::find_by_statement(statement).one(tenant.connection).await?)
}

/// Notes that a contact uses a device.
pub async fn add_owner(tenant: Tenant<'_, Tx>, owner: ContactDevice) -> Result<(), StoreError> {
    let statement = tenant.statement(
        "INSERT INTO contact_devices (workspace_id, contact_id, device_id, is_primary) VALUES ($1, $2, $3, $4)",
        [owner.contact_id.into(), owner.device_id.into(), owner.is_primary.into()],
    );
    tenant.connection.later(statement).await
}

/// The organizations with these ids.
pub async fn organizations<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ids: &[String],
) -> Result<Vec<Organization>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tenant
        .find::<organizations::Entity>()
        .filter(organizations::Column::Id.is_in(ids))
        .limit(1_000)
        .all(tenant.connection)
        .await?)
}

/// The contacts with these ids.
pub async fn contacts<C: ConnectionTrait>(tenant: Tenant<'_, C>, ids: &[String]) -> Result<Vec<Contact>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tenant
        .find::<contacts::Entity>()
        .filter(contacts::Column::Id.is_in(ids))
        .limit(1_000)
        .all(tenant.connection)
        .await?)
}

/// The support agents with these ids.
pub async fn support_agents<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ids: &[String],
) -> Result<Vec<SupportAgent>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tenant
        .find::<support_agents::Entity>()
        .filter(support_agents::Column::Id.is_in(ids))
        .limit(1_000)
        .all(tenant.connection)
        .await?)
}

/// Every support agent by name, at most 500.
pub async fn all_support_agents<C: ConnectionTrait>(tenant: Tenant<'_, C>) -> Result<Vec<SupportAgent>, StoreError> {
    Ok(tenant
        .find::<support_agents::Entity>()
        .order_by_asc(support_agents::Column::Name)
        .limit(500)
        .all(tenant.connection)
        .await?)
}

/// The tickets with these ids that were resolved or closed.
pub async fn finished_tickets<C: ConnectionTrait>(
    tenant: Tenant<'_, C>,
    ids: &[String],
) -> Result<Vec<Ticket>, StoreError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tenant
        .find::<tickets::Entity>()
        .filter(tickets::Column::Id.is_in(ids))
        .filter(tickets::Column::Status.is_in(["RESOLVED", "CLOSED"]))
        .limit(100)
        .all(tenant.connection)
        .await?)
}
