//! Devices and their catalogues on the wire.

use patchcord_app::catalogues::{Catalogue, Entry};
use patchcord_app::contact_devices::Use;
use patchcord_app::devices::{Detail, Line, User};
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Ref, reference, time, value};

/// The operating system of a device.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SystemRef {
    id: String,
    name: String,
    /// May be empty.
    #[schema(example = "24H2")]
    os_version: String,
}

/// A device.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceRow {
    id: String,
    organization: Ref,
    #[schema(required)]
    location: Option<Ref>,
    /// The host name.
    #[schema(example = "HAL-LT-014")]
    name: String,
    #[schema(example = "LAPTOP")]
    r#type: String,
    #[schema(required)]
    manufacturer: Option<Ref>,
    #[schema(required)]
    model: Option<Ref>,
    #[schema(required)]
    operating_system: Option<SystemRef>,
    /// The network domain.
    #[schema(required)]
    domain: Option<Ref>,
    #[schema(required)]
    serial_number: Option<String>,
    #[schema(required)]
    asset_tag: Option<String>,
    /// Version 4 with dots, version 6 as RFC 5952 has it.
    #[schema(required, example = "192.0.2.7")]
    ip_address: Option<String>,
    #[schema(required, example = "00:00:5E:00:53:01")]
    mac_address: Option<String>,
    #[schema(example = "ONLINE")]
    status: String,
    #[schema(required)]
    last_seen_at: Option<String>,
    #[schema(required)]
    warranty_until: Option<String>,
    #[schema(required)]
    notes: Option<String>,
    created_at: String,
    updated_at: String,
    version: i64,
}

impl From<&Line> for DeviceRow {
    fn from(line: &Line) -> Self {
        let pair = |id: &Option<String>, name: &Option<String>| reference(id.clone(), name.clone());
        let system = line.operating_system_id.clone().zip(line.os_name.clone());
        Self {
            id: line.id.clone(),
            organization: Ref { id: line.organization_id.clone(), name: line.organization_name.clone() },
            location: pair(&line.location_id, &line.location_name),
            name: line.name.clone(),
            r#type: line.kind.clone(),
            manufacturer: pair(&line.manufacturer_id, &line.manufacturer_name),
            model: pair(&line.model_id, &line.model_name),
            operating_system: system.map(|(id, name)| SystemRef {
                id,
                name,
                os_version: line.os_version.clone().unwrap_or_default(),
            }),
            domain: pair(&line.domain_id, &line.domain_name),
            serial_number: line.serial_number.clone(),
            asset_tag: line.asset_tag.clone(),
            ip_address: line.ip_address.clone(),
            mac_address: line.mac_address.clone(),
            status: line.status.clone(),
            last_seen_at: time(line.last_seen_at),
            warranty_until: time(line.warranty_until),
            notes: line.notes.clone(),
            created_at: to_rfc3339(line.created_at),
            updated_at: to_rfc3339(line.updated_at),
            version: line.version,
        }
    }
}

/// A contact who uses a device.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceUser {
    id: String,
    name: String,
    #[schema(required)]
    email: Option<String>,
    #[schema(required)]
    phone: Option<String>,
    /// Whether it is the contact's first device.
    is_primary: bool,
}

impl From<&User> for DeviceUser {
    fn from(user: &User) -> Self {
        Self {
            id: user.contact_id.clone(),
            name: user.name.clone(),
            email: user.email.clone(),
            phone: user.phone.clone(),
            is_primary: user.is_primary,
        }
    }
}

/// A device with who uses it and how many of its tickets are open.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceDetail {
    id: String,
    organization: Ref,
    #[schema(required)]
    location: Option<Ref>,
    /// The host name.
    #[schema(example = "HAL-LT-014")]
    name: String,
    #[schema(example = "LAPTOP")]
    r#type: String,
    #[schema(required)]
    manufacturer: Option<Ref>,
    #[schema(required)]
    model: Option<Ref>,
    #[schema(required)]
    operating_system: Option<SystemRef>,
    #[schema(required)]
    domain: Option<Ref>,
    #[schema(required)]
    serial_number: Option<String>,
    #[schema(required)]
    asset_tag: Option<String>,
    #[schema(required)]
    ip_address: Option<String>,
    #[schema(required)]
    mac_address: Option<String>,
    #[schema(example = "ONLINE")]
    status: String,
    #[schema(required)]
    last_seen_at: Option<String>,
    #[schema(required)]
    warranty_until: Option<String>,
    #[schema(required)]
    notes: Option<String>,
    created_at: String,
    updated_at: String,
    version: i64,
    /// Who uses it, by name, at most 100.
    contacts: Vec<DeviceUser>,
    /// How many of its tickets are open.
    open_tickets: i64,
}

impl From<&Detail> for DeviceDetail {
    fn from(detail: &Detail) -> Self {
        let row = DeviceRow::from(&detail.line);
        Self {
            id: row.id,
            organization: row.organization,
            location: row.location,
            name: row.name,
            r#type: row.r#type,
            manufacturer: row.manufacturer,
            model: row.model,
            operating_system: row.operating_system,
            domain: row.domain,
            serial_number: row.serial_number,
            asset_tag: row.asset_tag,
            ip_address: row.ip_address,
            mac_address: row.mac_address,
            status: row.status,
            last_seen_at: row.last_seen_at,
            warranty_until: row.warranty_until,
            notes: row.notes,
            created_at: row.created_at,
            updated_at: row.updated_at,
            version: row.version,
            contacts: detail.users.iter().map(DeviceUser::from).collect(),
            open_tickets: detail.open_tickets,
        }
    }
}

/// That a contact uses a device.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ContactDeviceRow {
    contact_id: String,
    device_id: String,
    is_primary: bool,
}

impl From<Use> for ContactDeviceRow {
    fn from(of: Use) -> Self {
        Self { contact_id: of.contact_id, device_id: of.device_id, is_primary: of.is_primary }
    }
}

/// An entry of a catalogue.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EntryRow {
    id: String,
    name: String,
    created_at: String,
    updated_at: String,
    version: i64,
}

impl From<&Entry> for EntryRow {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.id.clone(),
            name: entry.name.clone(),
            created_at: to_rfc3339(entry.created_at),
            updated_at: to_rfc3339(entry.updated_at),
            version: entry.version,
        }
    }
}

/// A model of a manufacturer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ModelRow {
    id: String,
    manufacturer_id: String,
    #[schema(example = "Latitude 5440")]
    name: String,
    created_at: String,
    updated_at: String,
    version: i64,
}

impl From<&Entry> for ModelRow {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.id.clone(),
            manufacturer_id: entry.manufacturer_id.clone().unwrap_or_default(),
            name: entry.name.clone(),
            created_at: to_rfc3339(entry.created_at),
            updated_at: to_rfc3339(entry.updated_at),
            version: entry.version,
        }
    }
}

/// An operating system and its version.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OperatingSystemRow {
    id: String,
    #[schema(example = "Windows 11 Pro")]
    name: String,
    /// May be empty.
    #[schema(example = "24H2")]
    os_version: String,
    created_at: String,
    updated_at: String,
    version: i64,
}

impl From<&Entry> for OperatingSystemRow {
    fn from(entry: &Entry) -> Self {
        Self {
            id: entry.id.clone(),
            name: entry.name.clone(),
            os_version: entry.os_version.clone().unwrap_or_default(),
            created_at: to_rfc3339(entry.created_at),
            updated_at: to_rfc3339(entry.updated_at),
            version: entry.version,
        }
    }
}

/// An entry as its catalogue shows it.
pub(crate) fn entry(catalogue: Catalogue, entry: &Entry) -> Value {
    match catalogue {
        Catalogue::Manufacturers | Catalogue::Domains => value(&EntryRow::from(entry)),
        Catalogue::Models => value(&ModelRow::from(entry)),
        Catalogue::OperatingSystems => value(&OperatingSystemRow::from(entry)),
    }
}
