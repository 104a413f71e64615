//! Lines of a file of organizations. An organization is known by its U-E code, or else by its name.

use std::collections::{BTreeSet, HashMap};

use patchcord_domain::device::matched;
use patchcord_domain::organization::{NAME_MAX, NOTES_MAX, OrganizationStatus, domain, ue_code};
use patchcord_store::imports::{self, Reading};
use patchcord_store::rows::Organization;
use patchcord_store::{Connection, Tenant, Tx, search};

use super::devices::{fill, set};
use super::pass::{Cells, Pass};
use super::places::one_line;
use crate::AppError;
use crate::organizations::search_text;

/// What a piece of a file writes.
pub(super) struct Planned {
    rows: Vec<Organization>,
}

/// Checks lines and says what they change.
pub(super) async fn plan<C: Connection>(
    pass: &mut Pass,
    tenant: Tenant<'_, C>,
    reading: Reading,
    mut lines: Vec<Cells>,
) -> Result<Planned, AppError> {
    if pass.managers.is_none() {
        pass.managers = Some(imports::account_managers(tenant).await?);
    }
    let mut known = Vec::with_capacity(lines.len());
    let (mut codes, mut names) = (BTreeSet::new(), BTreeSet::new());
    for cells in &mut lines {
        let code = cells.read("ueCode", ue_code);
        let name = cells.read("name", |faults, field, text| faults.text(field, &one_line(text), 1, NAME_MAX));
        if reading == Reading::Looked {
            let code = code.as_ref().map(|code| ("ueCode", code.clone()));
            let keys: Vec<_> = code.into_iter().chain(name.as_ref().map(|name| ("name", matched(name)))).collect();
            if !cells.has_any(&["name", "ueCode"]) {
                cells.fault("name", "the line has neither a name nor a U-E code");
            }
            pass.identify(cells, &keys, 1);
        }
        codes.extend(code.clone());
        names.extend(name.as_deref().map(matched));
        known.push((code, name));
    }
    let (codes, names): (Vec<_>, Vec<_>) = (codes.into_iter().collect(), names.into_iter().collect());
    let there = There::of(imports::organizations(tenant, &codes, &names, reading).await?);
    let mut rows = Vec::new();
    for (cells, (code, name)) in lines.iter_mut().zip(known) {
        let before = there.find(pass, cells, code.as_deref(), name.as_deref());
        if let Some(before) = &before {
            pass.touch(cells, &before.id);
        }
        let row = row(pass, cells, before.as_ref(), code, name);
        if pass.settle(cells) && pass.count(before.as_ref(), &row) {
            rows.push(Organization { version: row.version + i64::from(before.is_some()), updated_at: pass.now, ..row });
        }
    }
    Ok(Planned { rows })
}

/// Writes what a piece of a file changes.
pub(super) async fn write(tenant: Tenant<'_, Tx>, planned: Planned) -> Result<(), AppError> {
    let documents: Vec<(String, String)> = planned.rows.iter().map(|row| (row.id.clone(), search_text(row))).collect();
    imports::put(tenant, planned.rows).await?;
    Ok(imports::put_documents(tenant, search::ORGANIZATION, &documents).await?)
}

/// The organizations that a piece of a file may be about.
struct There {
    by_code: HashMap<String, Organization>,
    by_name: HashMap<String, Vec<Organization>>,
}

impl There {
    fn of(mut rows: Vec<Organization>) -> Self {
        rows.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        rows.dedup_by(|a, b| a.id == b.id);
        let (mut by_code, mut by_name): (HashMap<_, _>, HashMap<String, Vec<_>>) = Default::default();
        for row in rows {
            by_name.entry(matched(&row.name)).or_default().push(row.clone());
            if let Some(code) = row.u_e_code.clone() {
                by_code.insert(code, row);
            }
        }
        Self { by_code, by_name }
    }

    /// The organization that a line is about: the one with its code, else the one with its name. One that has another code is
    /// another one.
    fn find(&self, pass: &Pass, cells: &mut Cells, code: Option<&str>, name: Option<&str>) -> Option<Organization> {
        if let Some(row) = code.and_then(|code| self.by_code.get(code)).filter(|row| pass.was_there(&row.id)) {
            return Some(row.clone());
        }
        let named = name.and_then(|name| self.by_name.get(&matched(name))).into_iter().flatten();
        let fits = |row: &&Organization| {
            pass.was_there(&row.id) && (code.is_none() || row.u_e_code.is_none() || row.u_e_code.as_deref() == code)
        };
        match named.filter(fits).collect::<Vec<_>>().as_slice() {
            [] => None,
            [one] => Some((*one).clone()),
            _ => {
                cells.fault("name", "several organizations have this name; give the U-E code as well");
                None
            }
        }
    }
}

/// The organization as it is afterwards. An empty cell leaves what is there.
fn row(
    pass: &mut Pass,
    cells: &mut Cells,
    before: Option<&Organization>,
    code: Option<String>,
    name: Option<String>,
) -> Organization {
    let mut row = match before {
        Some(row) => row.clone(),
        None => {
            if cells.get("name").is_none() {
                cells.fault("name", "a new organization needs a name");
            }
            Organization {
                workspace_id: pass.workspace_id.clone(),
                id: pass.new_id(),
                name: String::new(),
                u_e_code: None,
                domain: None,
                account_manager_id: None,
                notes: None,
                status: OrganizationStatus::Active.as_str().to_owned(),
                version: 1,
                created_at: pass.now,
                updated_at: pass.now,
            }
        }
    };
    set(&mut row.name, name);
    fill(&mut row.u_e_code, code);
    fill(&mut row.domain, cells.read("domain", domain));
    fill(&mut row.notes, cells.read("notes", |faults, field, text| faults.text(field, text, 1, NOTES_MAX)));
    let status = cells.read("status", |faults, field, text| {
        faults.one_of(field, text, OrganizationStatus::parse, OrganizationStatus::ALLOWED)
    });
    set(&mut row.status, status.flatten().map(|status| status.as_str().to_owned()));
    fill(&mut row.account_manager_id, manager(pass, cells));
    row
}

/// The account manager that a line names, by name or by address.
fn manager(pass: &Pass, cells: &mut Cells) -> Option<String> {
    let wanted = matched(cells.get("accountManager")?);
    let all = pass.managers.iter().flatten();
    let fits = all.filter(|manager| matched(&manager.name) == wanted || manager.email.as_deref() == Some(&wanted));
    match fits.collect::<Vec<_>>().as_slice() {
        [one] => Some(one.id.clone()),
        [] => {
            cells.fault("accountManager", "there is no account manager with this name or e-mail address");
            None
        }
        _ => {
            cells.fault("accountManager", "several account managers have this name; give the e-mail address instead");
            None
        }
    }
}
