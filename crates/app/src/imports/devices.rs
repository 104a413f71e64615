//! Lines of a file of devices. A device is known by its serial number, its asset tag or its host name within its organization.

use std::collections::HashMap;

use patchcord_domain::device::{DeviceStatus, DeviceType, NOTES_MAX, matched};
use patchcord_store::catalogues::Catalogue;
use patchcord_store::imports::{self, Reading};
use patchcord_store::rows::Device;
use patchcord_store::{Connection, Tenant, Tx, search};

use super::pass::{Cells, Pass};
use super::places::{self, Made, Site, entries_of, locations_of, organizations_of};
use crate::AppError;
use crate::devices::search_text;

/// What a piece of a file writes.
pub(super) struct Planned {
    rows: Vec<Device>,
    made: Made,
}

/// What identifies a device, in the form in which it is compared.
#[derive(Default)]
struct Known {
    serial_number: Option<String>,
    asset_tag: Option<String>,
    name: Option<String>,
}

/// Checks lines and says what they change.
pub(super) async fn plan<C: Connection>(
    pass: &mut Pass,
    tenant: Tenant<'_, C>,
    reading: Reading,
    mut lines: Vec<Cells>,
) -> Result<Planned, AppError> {
    let mut made = Made::default();
    let organizations = organizations_of(tenant, &mut lines).await?;
    let sites = locations_of(pass, tenant, &mut lines, &organizations, &mut made).await?;
    let none = vec![None; lines.len()];
    let makers =
        entries_of(pass, tenant, Catalogue::Manufacturers, "manufacturer", &mut lines, &none, &mut made).await?;
    let versions: Vec<Option<String>> = lines
        .iter_mut()
        .map(|cells| cells.read("osVersion", |faults, field, text| faults.os_version(field, text)))
        .collect();
    let systems =
        entries_of(pass, tenant, Catalogue::OperatingSystems, "operatingSystem", &mut lines, &versions, &mut made)
            .await?;
    let domains = entries_of(pass, tenant, Catalogue::Domains, "domain", &mut lines, &none, &mut made).await?;

    let known: Vec<Known> = lines.iter().map(known).collect();
    if reading == Reading::Looked {
        for ((cells, known), organization) in lines.iter_mut().zip(&known).zip(&organizations) {
            identify(pass, cells, known, organization.as_deref());
        }
    }
    let there = There::of(tenant, &organizations, &known, reading).await?;
    let mut before = Vec::with_capacity(lines.len());
    for ((cells, known), organization) in lines.iter_mut().zip(&known).zip(&organizations) {
        let found = organization.as_deref().and_then(|organization| there.find(pass, cells, known, organization));
        if let Some(device) = &found {
            pass.touch(cells, &device.id);
        }
        before.push(found);
    }
    let of_maker: Vec<Option<String>> = makers
        .iter()
        .zip(&before)
        .map(|(maker, before)| maker.clone().or_else(|| before.as_ref().and_then(|row| row.manufacturer_id.clone())))
        .collect();
    let models = entries_of(pass, tenant, Catalogue::Models, "model", &mut lines, &of_maker, &mut made).await?;

    let mut rows = Vec::new();
    for (index, cells) in lines.iter_mut().enumerate() {
        let references = References {
            organization: organizations[index].clone(),
            site: sites[index].clone(),
            maker: makers[index].clone(),
            model: models[index].clone(),
            system: systems[index].clone(),
            domain: domains[index].clone(),
        };
        let row = row(pass, cells, before[index].as_ref(), references);
        if !pass.settle(cells) {
            continue;
        }
        if pass.count(before[index].as_ref(), &row) {
            rows.push(Device {
                version: row.version + i64::from(before[index].is_some()),
                updated_at: pass.now,
                ..row
            });
        }
    }
    Ok(Planned { rows, made })
}

/// Writes what a piece of a file changes.
pub(super) async fn write(tenant: Tenant<'_, Tx>, planned: Planned) -> Result<(), AppError> {
    places::write(tenant, planned.made).await?;
    let texts: Vec<(String, String)> = planned.rows.iter().map(|row| (row.id.clone(), search_text(row))).collect();
    imports::put(tenant, planned.rows).await?;
    Ok(imports::put_documents(tenant, search::DEVICE, &texts).await?)
}

fn known(cells: &Cells) -> Known {
    Known {
        serial_number: cells.peek("serialNumber", |faults, field, text| matched(&faults.serial_number(field, text))),
        asset_tag: cells.peek("assetTag", |faults, field, text| matched(&faults.asset_tag(field, text))),
        name: cells.peek("name", |faults, field, text| matched(&faults.host_name(field, text))),
    }
}

/// Two lines must not be about one device.
fn identify(pass: &mut Pass, cells: &mut Cells, known: &Known, organization: Option<&str>) {
    let parts = [("serialNumber", &known.serial_number), ("assetTag", &known.asset_tag), ("name", &known.name)];
    let Some(organization) = organization else { return };
    let keys: Vec<(&'static str, String)> = parts
        .into_iter()
        .filter_map(|(column, value)| Some((column, format!("{organization}\n{}", value.as_ref()?))))
        .collect();
    if !cells.has_any(&["serialNumber", "assetTag", "name"]) {
        cells.fault("serialNumber", "the line has neither a serial number nor an asset tag nor a name");
        return;
    }
    let own = keys.iter().filter(|(column, _)| *column != "name").count();
    pass.identify(cells, &keys, own);
}

/// The devices that a piece of a file may be about.
struct There {
    rows: Vec<Device>,
    /// Organization, what it is known by, and that → places in `rows`.
    by: HashMap<(String, &'static str, String), Vec<usize>>,
}

impl There {
    async fn of<C: Connection>(
        tenant: Tenant<'_, C>,
        organizations: &[Option<String>],
        known: &[Known],
        reading: Reading,
    ) -> Result<Self, AppError> {
        let all = |of: fn(&Known) -> &Option<String>| {
            let mut values: Vec<String> = known.iter().filter_map(|known| of(known).clone()).collect();
            values.sort_unstable();
            values.dedup();
            values
        };
        let mut of: Vec<String> = organizations.iter().flatten().cloned().collect();
        of.sort_unstable();
        of.dedup();
        if of.is_empty() {
            return Ok(Self { rows: Vec::new(), by: HashMap::new() });
        }
        let (serials, tags) = (all(|known| &known.serial_number), all(|known| &known.asset_tag));
        let names = all(|known| &known.name);
        let mut rows = imports::devices(tenant, &of, &serials, &tags, &names, reading).await?;
        rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        rows.dedup_by(|a, b| a.id == b.id);
        let mut by: HashMap<(String, &'static str, String), Vec<usize>> = HashMap::new();
        for (index, row) in rows.iter().enumerate() {
            let parts = [
                ("serialNumber", row.serial_number.as_deref()),
                ("assetTag", row.asset_tag.as_deref()),
                ("name", Some(row.name.as_str())),
            ];
            for (what, value) in parts {
                if let Some(value) = value {
                    by.entry((row.organization_id.clone(), what, matched(value))).or_default().push(index);
                }
            }
        }
        Ok(Self { rows, by })
    }

    /// The device that a line is about: the one with its serial number, else the one with its asset tag, else the one with its
    /// host name. What is found by less must not have another serial number or asset tag.
    fn find(&self, pass: &Pass, cells: &mut Cells, known: &Known, organization: &str) -> Option<Device> {
        let found = |what: &'static str, value: &Option<String>| -> Vec<&Device> {
            let Some(value) = value else { return Vec::new() };
            let places = self.by.get(&(organization.to_owned(), what, value.clone()));
            let rows = places.into_iter().flatten().map(|index| &self.rows[*index]);
            rows.filter(|row| pass.was_there(&row.id)).collect()
        };
        match found("serialNumber", &known.serial_number).as_slice() {
            [] => {}
            [one] => return Some((*one).clone()),
            _ => {
                cells.fault("serialNumber", "several devices of the organization have this serial number");
                return None;
            }
        }
        let other_serial = |row: &&&Device| differs(row.serial_number.as_deref(), known.serial_number.as_deref());
        match found("assetTag", &known.asset_tag).as_slice() {
            [] => {}
            [one] if other_serial(&one) => {
                cells.fault("assetTag", "a device with another serial number has this asset tag");
                return None;
            }
            [one] => return Some((*one).clone()),
            _ => {
                cells.fault("assetTag", "several devices of the organization have this asset tag");
                return None;
            }
        }
        let same = |row: &&Device| {
            !differs(row.serial_number.as_deref(), known.serial_number.as_deref())
                && !differs(row.asset_tag.as_deref(), known.asset_tag.as_deref())
        };
        match found("name", &known.name).into_iter().filter(|row| same(row)).collect::<Vec<_>>().as_slice() {
            [] => None,
            [one] => Some((*one).clone()),
            _ => {
                cells.fault("name", "several devices of the organization have this name; give a serial number");
                None
            }
        }
    }
}

fn differs(row: Option<&str>, line: Option<&str>) -> bool {
    matches!((row, line), (Some(row), Some(line)) if matched(row) != line)
}

/// What a line points to, by ids.
struct References {
    organization: Option<String>,
    site: Option<Site>,
    maker: Option<String>,
    model: Option<String>,
    system: Option<String>,
    domain: Option<String>,
}

/// The device as it is afterwards. An empty cell leaves what is there.
fn row(pass: &mut Pass, cells: &mut Cells, before: Option<&Device>, of: References) -> Device {
    let mut row = match before {
        Some(row) => row.clone(),
        None => {
            if cells.get("name").is_none() {
                cells.fault("name", "a new device needs a name");
            }
            new_device(pass, of.organization.unwrap_or_default())
        }
    };
    let now = pass.now;
    let is_other_maker = of.maker.is_some() && of.maker != row.manufacturer_id;
    if is_other_maker {
        row.model_id = None;
    }
    set(&mut row.name, cells.read("name", |faults, field, text| faults.host_name(field, text)));
    let kind =
        cells.read("type", |faults, field, text| faults.one_of(field, text, DeviceType::parse, DeviceType::ALLOWED));
    set(&mut row.r#type, kind.flatten().map(|kind| kind.as_str().to_owned()));
    let status = cells
        .read("status", |faults, field, text| faults.one_of(field, text, DeviceStatus::parse, DeviceStatus::ALLOWED));
    set(&mut row.status, status.flatten().map(|status| status.as_str().to_owned()));
    fill(&mut row.location_id, of.site.map(|site| site.id));
    fill(&mut row.manufacturer_id, of.maker);
    fill(&mut row.model_id, of.model);
    fill(&mut row.operating_system_id, of.system);
    fill(&mut row.domain_id, of.domain);
    fill(&mut row.serial_number, cells.read("serialNumber", |faults, field, text| faults.serial_number(field, text)));
    fill(&mut row.asset_tag, cells.read("assetTag", |faults, field, text| faults.asset_tag(field, text)));
    fill(&mut row.ip_address, cells.read("ipAddress", |faults, field, text| faults.ip_address(field, text)));
    fill(&mut row.mac_address, cells.read("macAddress", |faults, field, text| faults.mac_address(field, text)));
    let seen = cells.read("lastSeenAt", |faults, field, text| faults.last_seen_at(field, text, now));
    fill(&mut row.last_seen_at, seen);
    fill(
        &mut row.warranty_until,
        cells.read("warrantyUntil", |faults, field, text| faults.warranty_until(field, text)),
    );
    fill(&mut row.notes, cells.read("notes", |faults, field, text| faults.text(field, text, 1, NOTES_MAX)));
    row
}

fn new_device(pass: &mut Pass, organization_id: String) -> Device {
    Device {
        workspace_id: pass.workspace_id.clone(),
        id: pass.new_id(),
        organization_id,
        location_id: None,
        name: String::new(),
        r#type: DeviceType::Other.as_str().to_owned(),
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
        created_at: pass.now,
        updated_at: pass.now,
    }
}

/// Sets a field that a line has something for.
pub(super) fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// The same for a field that may be empty.
pub(super) fn fill<T>(field: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *field = value;
    }
}
