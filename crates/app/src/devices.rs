//! Devices: what organizations use, found by what is written on them.

use patchcord_domain::device::{DeviceStatus, DeviceType, NOTES_MAX};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::Millis;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::catalogues::{self, Catalogue};
use patchcord_store::rows::{Device, Location, Organization};
use patchcord_store::{Connection, Tenant, Tx, devices, search};
use serde_json::{Value, json};

use crate::error::require;
use crate::{Answered, App, AppError, Current, Once, Shape};

pub use patchcord_store::devices::{After, Line, Query, Sort, User};

/// Most contacts that are shown with a device.
const USERS_SHOWN: u64 = 100;

/// A new device. Texts come as they were sent; [`App::add_device`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct NewDevice {
    pub organization_id: String,
    pub location_id: Option<String>,
    pub name: String,
    pub r#type: String,
    pub manufacturer_id: Option<String>,
    pub model_id: Option<String>,
    pub operating_system_id: Option<String>,
    pub domain_id: Option<String>,
    pub serial_number: Option<String>,
    pub asset_tag: Option<String>,
    pub ip_address: Option<String>,
    pub mac_address: Option<String>,
    pub status: Option<String>,
    pub last_seen_at: Option<String>,
    pub warranty_until: Option<String>,
    pub notes: Option<String>,
}

/// What may be changed about a device. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are named and explained like those of the request")]
pub struct DevicePatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    pub organization_id: Option<String>,
    pub location_id: Option<Option<String>>,
    pub name: Option<String>,
    pub r#type: Option<String>,
    pub manufacturer_id: Option<Option<String>>,
    pub model_id: Option<Option<String>>,
    pub operating_system_id: Option<Option<String>>,
    pub domain_id: Option<Option<String>>,
    pub serial_number: Option<Option<String>>,
    pub asset_tag: Option<Option<String>>,
    pub ip_address: Option<Option<String>>,
    pub mac_address: Option<Option<String>>,
    pub status: Option<String>,
    pub last_seen_at: Option<Option<String>>,
    pub warranty_until: Option<Option<String>>,
    pub notes: Option<Option<String>>,
}

impl From<NewDevice> for DevicePatch {
    /// A new device is an empty one with every field changed.
    fn from(new: NewDevice) -> Self {
        let given = |field: Option<String>| field.map(Some);
        Self {
            version: None,
            organization_id: Some(new.organization_id),
            location_id: given(new.location_id),
            name: Some(new.name),
            r#type: Some(new.r#type),
            manufacturer_id: given(new.manufacturer_id),
            model_id: given(new.model_id),
            operating_system_id: given(new.operating_system_id),
            domain_id: given(new.domain_id),
            serial_number: given(new.serial_number),
            asset_tag: given(new.asset_tag),
            ip_address: given(new.ip_address),
            mac_address: given(new.mac_address),
            status: new.status,
            last_seen_at: given(new.last_seen_at),
            warranty_until: given(new.warranty_until),
            notes: given(new.notes),
        }
    }
}

/// A device with everything that is shown of it alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// The device and the names of what it points to.
    pub line: Line,
    /// Who uses it, by name, at most 100.
    pub users: Vec<User>,
    /// How many of its tickets are open.
    pub open_tickets: i64,
}

/// A page of devices.
#[derive(Debug, Clone, PartialEq)]
pub struct DevicePage {
    /// The rows.
    pub devices: Vec<Line>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

impl App {
    /// A page of the devices that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_devices(&self, actor: &Actor, mut query: Query, count: bool) -> Result<DevicePage, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = query.limit;
        // One row more than asked for tells whether there are more.
        query.limit += 1;
        let mut found = devices::page(tenant, &query).await?;
        let has_more = found.len() as u64 > wanted;
        found.truncate(usize::try_from(wanted).unwrap_or(usize::MAX));
        let total = if count { Some(devices::count(tenant, &query).await?) } else { None };
        Ok(DevicePage { devices: found, has_more, total })
    }

    /// One device with who uses it and how many of its tickets are open.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn device(&self, actor: &Actor, id: &str) -> Result<Detail, AppError> {
        detail(self.store.tenant(&actor.workspace_id), id).await
    }

    /// Adds a device, its search document and the line of the audit log in one transaction.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field.
    pub async fn add_device(
        &self,
        actor: &Actor,
        input: NewDevice,
        once: Option<Once>,
        shape: Shape<Detail>,
    ) -> Result<Answered<Detail>, AppError> {
        require(actor, Role::Agent)?;
        let now = self.clock.now();
        let empty = Device {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: self.id(),
            organization_id: String::new(),
            location_id: None,
            name: String::new(),
            r#type: String::new(),
            manufacturer_id: None,
            model_id: None,
            operating_system_id: None,
            domain_id: None,
            serial_number: None,
            asset_tag: None,
            ip_address: None,
            mac_address: None,
            status: DeviceStatus::Unknown.as_str().to_owned(),
            last_seen_at: None,
            warranty_until: None,
            notes: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let changes = Changes::of(DevicePatch::from(input), now)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                let device = changes.applied_to(tenant, &empty).await?;
                tenant.add(device.clone()).await?;
                index(tenant, &device).await?;
                app.log_change(tenant, &acting.user_id, "device.added", &device.id, None, Some(facts(&device))).await?;
                detail(tenant, &device.id).await
            })
        })
        .await
    }

    /// Changes a device, and its search document with it.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; [`AppError::Invalid`] with every wrong field;
    /// [`AppError::Conflict`] `in_use` when it cannot go to another organization.
    pub async fn patch_device(&self, actor: &Actor, id: &str, patch: DevicePatch) -> Result<Detail, AppError> {
        require(actor, Role::Agent)?;
        let version = patch.version;
        let changes = Changes::of(patch, self.clock.now())?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Device>(&id).await?.ok_or(AppError::NotFound("device"))?;
                    if version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::Device(Box::new(detail(tenant, &id).await?))));
                    }
                    let mut device = changes.applied_to(tenant, &before).await?;
                    if device.organization_id != before.organization_id {
                        expect_unused(tenant, &id, "go to another organization").await?;
                    }
                    if device != before {
                        device.version += 1;
                        device.updated_at = app.clock.now();
                        tenant.save(device.clone()).await?;
                        index(tenant, &device).await?;
                        let (from, to) = (facts(&before), facts(&device));
                        app.log_change(tenant, &actor.user_id, "device.changed", &id, Some(from), Some(to)).await?;
                    }
                    detail(tenant, &id).await
                })
            })
            .await
    }

    /// Takes a device out that no contact uses and no ticket is about.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::Conflict`] `in_use`, which names by what.
    pub async fn remove_device(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<Device>(&id).await?.ok_or(AppError::NotFound("device"))?;
                    expect_unused(tenant, &id, "be deleted; set its status to RETIRED instead").await?;
                    devices::remove(tenant, &id).await?;
                    search::forget(tenant, search::DEVICE, &id).await?;
                    let from = Some(facts(&before));
                    app.log_change(tenant, &actor.user_id, "device.removed", &id, from, None).await
                })
            })
            .await
    }
}

async fn detail<C: Connection>(tenant: Tenant<'_, C>, id: &str) -> Result<Detail, AppError> {
    let line = devices::line(tenant, id).await?.ok_or(AppError::NotFound("device"))?;
    let users = devices::users(tenant, id, USERS_SHOWN).await?;
    Ok(Detail { line, users, open_tickets: devices::open_tickets(tenant, id).await? })
}

async fn expect_unused(tenant: Tenant<'_, Tx>, id: &str, cannot: &str) -> Result<(), AppError> {
    let (contacts, tickets, calls) = devices::used_by(tenant, id).await?;
    let uses = uses(&[(contacts, "contact"), (tickets, "ticket"), (calls, "call")]);
    if uses.is_empty() {
        return Ok(());
    }
    Err(AppError::Conflict("in_use", format!("the device is used by {uses} and cannot {cannot}")))
}

/// `2 contacts and 1 ticket`; empty when there are none.
pub(crate) fn uses(counts: &[(i64, &str)]) -> String {
    let some = counts.iter().filter(|(count, _)| *count > 0);
    let named = some.map(|(count, one)| format!("{count} {one}{}", if *count == 1 { "" } else { "s" }));
    named.collect::<Vec<_>>().join(" and ")
}

/// Writes the search document anew, in the transaction of the change.
pub(crate) async fn index(tenant: Tenant<'_, Tx>, device: &Device) -> Result<(), AppError> {
    Ok(search::replace(tenant, search::DEVICE, &device.id, &search_text(device)).await?)
}

/// What a search for devices finds in one.
pub(crate) fn search_text(device: &Device) -> String {
    let others = [&device.serial_number, &device.asset_tag, &device.ip_address].map(Option::as_deref);
    devices::search_text(&device.name, others)
}

/// A change of which everything was checked that needs no data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Changes {
    organization_id: Option<String>,
    location_id: Option<Option<String>>,
    name: Option<String>,
    r#type: Option<DeviceType>,
    manufacturer_id: Option<Option<String>>,
    model_id: Option<Option<String>>,
    operating_system_id: Option<Option<String>>,
    domain_id: Option<Option<String>>,
    serial_number: Option<Option<String>>,
    asset_tag: Option<Option<String>>,
    ip_address: Option<Option<String>>,
    mac_address: Option<Option<String>>,
    status: Option<DeviceStatus>,
    last_seen_at: Option<Option<Millis>>,
    warranty_until: Option<Option<Millis>>,
    notes: Option<Option<String>>,
}

impl Changes {
    fn of(patch: DevicePatch, now: Millis) -> Result<Self, AppError> {
        let mut faults = Faults::default();
        if let Some(id) = &patch.organization_id {
            faults.id("organizationId", id);
        }
        for (field, id) in [
            ("locationId", &patch.location_id),
            ("manufacturerId", &patch.manufacturer_id),
            ("modelId", &patch.model_id),
            ("operatingSystemId", &patch.operating_system_id),
            ("domainId", &patch.domain_id),
        ] {
            if let Some(Some(id)) = id {
                faults.id(field, id);
            }
        }
        let r#type = patch.r#type.as_deref();
        let status = patch.status.as_deref();
        let changes = Self {
            organization_id: patch.organization_id,
            location_id: patch.location_id,
            name: patch.name.map(|text| faults.host_name("name", &text)),
            r#type: r#type.and_then(|text| faults.one_of("type", text, DeviceType::parse, DeviceType::ALLOWED)),
            manufacturer_id: patch.manufacturer_id,
            model_id: patch.model_id,
            operating_system_id: patch.operating_system_id,
            domain_id: patch.domain_id,
            serial_number: each(patch.serial_number, |text| faults.serial_number("serialNumber", text)),
            asset_tag: each(patch.asset_tag, |text| faults.asset_tag("assetTag", text)),
            ip_address: each(patch.ip_address, |text| faults.ip_address("ipAddress", text)),
            mac_address: each(patch.mac_address, |text| faults.mac_address("macAddress", text)),
            status: status.and_then(|text| faults.one_of("status", text, DeviceStatus::parse, DeviceStatus::ALLOWED)),
            last_seen_at: each(patch.last_seen_at, |text| faults.last_seen_at("lastSeenAt", text, now)),
            warranty_until: each(patch.warranty_until, |text| faults.warranty_until("warrantyUntil", text)),
            notes: each(patch.notes, |text| faults.text("notes", text, 1, NOTES_MAX)),
        };
        faults.into_result(changes).map_err(AppError::Invalid)
    }

    /// The device as it is afterwards; what it points to is there and belongs together.
    async fn applied_to(self, tenant: Tenant<'_, Tx>, before: &Device) -> Result<Device, AppError> {
        let mut device = before.clone();
        let moves = self.organization_id.as_ref().is_some_and(|id| *id != before.organization_id);
        if moves {
            // The old organization's sites are not the new one's.
            device.location_id = None;
        }
        if self.manufacturer_id.is_some() && self.manufacturer_id.as_ref() != Some(&before.manufacturer_id) {
            device.model_id = None;
        }
        device.organization_id = self.organization_id.unwrap_or(device.organization_id);
        device.location_id = self.location_id.unwrap_or(device.location_id);
        device.name = self.name.unwrap_or(device.name);
        device.r#type = self.r#type.map_or(device.r#type, |kind| kind.as_str().to_owned());
        device.manufacturer_id = self.manufacturer_id.unwrap_or(device.manufacturer_id);
        device.model_id = self.model_id.unwrap_or(device.model_id);
        device.operating_system_id = self.operating_system_id.unwrap_or(device.operating_system_id);
        device.domain_id = self.domain_id.unwrap_or(device.domain_id);
        device.serial_number = self.serial_number.unwrap_or(device.serial_number);
        device.asset_tag = self.asset_tag.unwrap_or(device.asset_tag);
        device.ip_address = self.ip_address.unwrap_or(device.ip_address);
        device.mac_address = self.mac_address.unwrap_or(device.mac_address);
        device.status = self.status.map_or(device.status, |status| status.as_str().to_owned());
        device.last_seen_at = self.last_seen_at.unwrap_or(device.last_seen_at);
        device.warranty_until = self.warranty_until.unwrap_or(device.warranty_until);
        device.notes = self.notes.unwrap_or(device.notes);
        if device != *before {
            expect_references(tenant, before, &mut device).await?;
        }
        Ok(device)
    }
}

fn each<T>(field: Option<Option<String>>, mut check: impl FnMut(&str) -> T) -> Option<Option<T>> {
    field.map(|value| value.map(|text| check(&text)))
}

/// What changed among the references must be there and belong together. A model brings its manufacturer along.
async fn expect_references(tenant: Tenant<'_, Tx>, before: &Device, device: &mut Device) -> Result<(), AppError> {
    let mut faults = Faults::default();
    if device.organization_id != before.organization_id
        && tenant.get::<Organization>(&device.organization_id).await?.is_none()
    {
        faults.add("organizationId", "there is no such organization");
    }
    if let Some(id) = &device.location_id
        && (device.location_id != before.location_id || device.organization_id != before.organization_id)
    {
        match tenant.get::<Location>(id).await? {
            None => faults.add("locationId", "there is no such location"),
            Some(location) if location.organization_id != device.organization_id => {
                faults.add("locationId", "the location belongs to another organization");
            }
            Some(_) => {}
        }
    }
    for (field, catalogue, id, old) in [
        ("manufacturerId", Catalogue::Manufacturers, &device.manufacturer_id, &before.manufacturer_id),
        ("operatingSystemId", Catalogue::OperatingSystems, &device.operating_system_id, &before.operating_system_id),
        ("domainId", Catalogue::Domains, &device.domain_id, &before.domain_id),
    ] {
        if let Some(id) = id
            && Some(id) != old.as_ref()
            && catalogues::get(tenant, catalogue, id).await?.is_none()
        {
            faults.add(field, "there is no such entry of the catalogue");
        }
    }
    let is_other_model = device.model_id != before.model_id || device.manufacturer_id != before.manufacturer_id;
    if let Some(id) = &device.model_id
        && is_other_model
    {
        match catalogues::get(tenant, Catalogue::Models, id).await? {
            None => faults.add("modelId", "there is no such entry of the catalogue"),
            Some(model) if device.manufacturer_id.is_none() => device.manufacturer_id = model.manufacturer_id,
            Some(model) if model.manufacturer_id != device.manufacturer_id => {
                faults.add("modelId", "the model is another manufacturer's");
            }
            Some(_) => {}
        }
    }
    faults.into_result(()).map_err(AppError::Invalid)
}

/// What the audit log keeps of a device.
pub(crate) fn facts(device: &Device) -> Value {
    json!({
        "organizationId": device.organization_id, "locationId": device.location_id, "name": device.name,
        "type": device.r#type, "status": device.status, "manufacturerId": device.manufacturer_id,
        "modelId": device.model_id, "operatingSystemId": device.operating_system_id, "domainId": device.domain_id,
        "serialNumber": device.serial_number, "assetTag": device.asset_tag, "ipAddress": device.ip_address,
        "macAddress": device.mac_address, "warrantyUntil": device.warranty_until, "version": device.version,
    })
}
