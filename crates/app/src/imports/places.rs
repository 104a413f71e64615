//! What lines refer to by name: organizations, their locations, entries of the catalogues. A piece of a file at a time.

use std::collections::{BTreeSet, HashMap};

use patchcord_domain::device::matched;
use patchcord_domain::location::NAME_MAX;
use patchcord_domain::organization::{is_ue_code, ue_code};
use patchcord_domain::phone::Country;
use patchcord_store::catalogues::{self, Catalogue, Entry};
use patchcord_store::imports::{self, Reading};
use patchcord_store::rows::Location;
use patchcord_store::{Connection, Tenant, Tx, locations, search};

use super::pass::{Cells, Pass};
use crate::AppError;
use crate::catalogues::{entry_name, noun};

const CREATE: &str = "add it first, or let `createMissing` be true";

/// What was made on the way.
#[derive(Default)]
pub(super) struct Made {
    pub(super) locations: Vec<Location>,
    pub(super) entries: Vec<(Catalogue, Entry)>,
}

/// Writes what was made on the way, before what points to it.
pub(super) async fn write(tenant: Tenant<'_, Tx>, made: Made) -> Result<(), AppError> {
    let documents = made.locations.iter().map(|row| (row.id.clone(), locations::search_text(&row.name, [None, None])));
    imports::put_documents(tenant, search::LOCATION, &documents.collect::<Vec<_>>()).await?;
    imports::put(tenant, made.locations).await?;
    for (catalogue, entry) in &made.entries {
        catalogues::add(tenant, *catalogue, entry).await?;
    }
    Ok(())
}

/// The organization of each line, by its U-E code or its name.
pub(super) async fn organizations_of<C: Connection>(
    tenant: Tenant<'_, C>,
    lines: &mut [Cells],
) -> Result<Vec<Option<String>>, AppError> {
    let mut wanted = Vec::with_capacity(lines.len());
    let (mut codes, mut names) = (BTreeSet::new(), BTreeSet::new());
    for cells in lines.iter_mut() {
        let code = cells.read("ueCode", ue_code);
        let name = cells.get("organization").map(str::to_owned);
        let want = match (code, name) {
            (Some(code), _) => Some(("ueCode", code)),
            (None, Some(text)) if is_ue_code(&text) => Some(("organization", text)),
            (None, Some(text)) => Some(("", text)),
            (None, None) => {
                if cells.get("ueCode").is_none() {
                    let message = "the line names no organization: neither its name nor its U-E code";
                    cells.fault("organization", message);
                }
                None
            }
        };
        match &want {
            Some(("", name)) => _ = names.insert(matched(name)),
            Some((_, code)) => _ = codes.insert(code.clone()),
            None => {}
        }
        wanted.push(want);
    }
    let (codes, names): (Vec<_>, Vec<_>) = (codes.into_iter().collect(), names.into_iter().collect());
    let found = imports::organizations(tenant, &codes, &names, Reading::Looked).await?;
    let mut by_code = HashMap::new();
    let mut by_name: HashMap<String, BTreeSet<&str>> = HashMap::new();
    for organization in &found {
        if let Some(code) = &organization.u_e_code {
            by_code.insert(code.as_str(), organization.id.as_str());
        }
        by_name.entry(matched(&organization.name)).or_default().insert(&organization.id);
    }
    let mut ids = Vec::with_capacity(lines.len());
    for (cells, want) in lines.iter_mut().zip(wanted) {
        let id = match want {
            None => None,
            Some((column, code)) if !column.is_empty() => {
                let id = by_code.get(code.as_str()).map(|id| (*id).to_owned());
                if id.is_none() {
                    cells.fault(column, "there is no organization with this U-E code");
                }
                id
            }
            Some((_, name)) => {
                let ids = by_name.get(&matched(&name));
                match ids.map_or(0, BTreeSet::len) {
                    0 => cells.fault("organization", "there is no organization with this name"),
                    1 => {}
                    _ => cells.fault("organization", "several organizations have this name; give the U-E code instead"),
                }
                ids.filter(|ids| ids.len() == 1).and_then(|ids| ids.first().map(|id| (*id).to_owned()))
            }
        };
        ids.push(id);
    }
    Ok(ids)
}

/// A location that a line names.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) id: String,
    pub(super) country: Option<Country>,
}

/// The location of each line, by its name within the organization; none where the line names none.
pub(super) async fn locations_of<C: Connection>(
    pass: &mut Pass,
    tenant: Tenant<'_, C>,
    lines: &mut [Cells],
    organizations: &[Option<String>],
    made: &mut Made,
) -> Result<Vec<Option<Site>>, AppError> {
    let mut wanted = Vec::with_capacity(lines.len());
    let (mut of, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (cells, organization) in lines.iter_mut().zip(organizations) {
        let name = cells.read("location", |faults, field, text| faults.text(field, &one_line(text), 1, NAME_MAX));
        if let (Some(name), Some(organization)) = (&name, organization) {
            of.insert(organization.clone());
            names.insert(matched(name));
        }
        wanted.push(name);
    }
    let (of, names): (Vec<_>, Vec<_>) = (of.into_iter().collect(), names.into_iter().collect());
    let found = imports::locations(tenant, &of, &names).await?;
    let by_name: HashMap<(&str, String), &Location> =
        found.iter().map(|row| ((row.organization_id.as_str(), matched(&row.name)), row)).collect();
    let mut sites = Vec::with_capacity(lines.len());
    for ((cells, name), organization) in lines.iter_mut().zip(wanted).zip(organizations) {
        let (Some(name), Some(organization)) = (name, organization) else {
            sites.push(None);
            continue;
        };
        let key = (organization.as_str(), matched(&name));
        let there = by_name
            .get(&key)
            .map(|row| Site { id: row.id.clone(), country: row.country.as_deref().and_then(Country::parse) });
        sites.push(there.or_else(|| new_site(pass, cells, organization, name, made)));
    }
    Ok(sites)
}

fn new_site(pass: &mut Pass, cells: &mut Cells, organization: &str, name: String, made: &mut Made) -> Option<Site> {
    if !pass.create_missing {
        cells.fault("location", format!("the organization has no location with this name; {CREATE}"));
        return None;
    }
    let Some((id, is_new)) = pass.make("location", organization, &name) else {
        cells.fault("location", too_many());
        return None;
    };
    if is_new {
        pass.report.besides.locations += 1;
        made.locations.push(Location {
            workspace_id: pass.workspace_id.clone(),
            id: id.clone(),
            organization_id: organization.to_owned(),
            name,
            address: None,
            city: None,
            country: None,
            phone: None,
            timezone: None,
            version: 1,
            created_at: pass.now,
            updated_at: pass.now,
        });
    }
    Some(Site { id, country: None })
}

/// The entry of a catalogue that each line names in a column; none where it names none. `own` is what else an entry is known by:
/// the manufacturer of a model, the version of an operating system.
pub(super) async fn entries_of<C: Connection>(
    pass: &mut Pass,
    tenant: Tenant<'_, C>,
    catalogue: Catalogue,
    column: &'static str,
    lines: &mut [Cells],
    own: &[Option<String>],
    made: &mut Made,
) -> Result<Vec<Option<String>>, AppError> {
    let mut wanted = Vec::with_capacity(lines.len());
    let mut names = BTreeSet::new();
    for cells in lines.iter_mut() {
        let name = cells.read(column, |faults, field, text| entry_name(faults, catalogue, field, text));
        names.extend(name.as_deref().map(matched));
        wanted.push(name);
    }
    let found = imports::entries(tenant, catalogue, &names.into_iter().collect::<Vec<_>>()).await?;
    let mut by_name = HashMap::new();
    for entry in &found {
        let own = entry.manufacturer_id.as_ref().or(entry.os_version.as_ref());
        by_name.entry((matched(&entry.name), own.cloned().unwrap_or_default())).or_insert_with(|| entry.id.clone());
    }
    let mut ids = Vec::with_capacity(lines.len());
    for ((cells, name), own) in lines.iter_mut().zip(wanted).zip(own) {
        let Some(name) = name else {
            ids.push(None);
            continue;
        };
        if catalogue == Catalogue::Models && own.is_none() {
            if cells.get("manufacturer").is_none() {
                cells.fault(column, "a model is known by its manufacturer: name that as well");
            }
            ids.push(None);
            continue;
        }
        let of = own.clone().unwrap_or_default();
        let there = by_name.get(&(matched(&name), of.clone())).cloned();
        ids.push(there.or_else(|| new_entry(pass, cells, catalogue, column, &of, name, made)));
    }
    Ok(ids)
}

fn new_entry(
    pass: &mut Pass,
    cells: &mut Cells,
    catalogue: Catalogue,
    column: &'static str,
    own: &str,
    name: String,
    made: &mut Made,
) -> Option<String> {
    let (what, key) = noun(catalogue);
    if !pass.create_missing {
        cells.fault(column, format!("there is no {what} with this name; {CREATE}"));
        return None;
    }
    let Some((id, is_new)) = pass.make(key, own, &name) else {
        cells.fault(column, too_many());
        return None;
    };
    if is_new {
        let besides = &mut pass.report.besides;
        *match catalogue {
            Catalogue::Manufacturers => &mut besides.manufacturers,
            Catalogue::Models => &mut besides.models,
            Catalogue::OperatingSystems => &mut besides.operating_systems,
            Catalogue::Domains => &mut besides.domains,
        } += 1;
        let entry = Entry {
            id: id.clone(),
            name,
            manufacturer_id: (catalogue == Catalogue::Models).then(|| own.to_owned()),
            os_version: (catalogue == Catalogue::OperatingSystems).then(|| own.to_owned()),
            version: 1,
            created_at: pass.now,
            updated_at: pass.now,
        };
        made.entries.push((catalogue, entry));
    }
    Some(id)
}

fn too_many() -> &'static str {
    "the file brings more than 10,000 new locations and entries of catalogues along; is it the right column?"
}

/// On one line.
pub(super) fn one_line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ")
}
