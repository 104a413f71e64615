//! Lines of a file of contacts. A contact is known by its e-mail address, or else by its telephone number, within its organization.

use std::collections::HashMap;

use patchcord_domain::contact::{NAME_MAX, TITLE_MAX, email, language};
use patchcord_domain::import::yes_or_no;
use patchcord_domain::phone::phone;
use patchcord_store::imports::{self, Reading};
use patchcord_store::rows::Contact;
use patchcord_store::{Connection, Tenant, Tx, search};

use super::devices::{fill, set};
use super::pass::{Cells, Pass};
use super::places::{self, Made, Site, locations_of, one_line, organizations_of};
use crate::AppError;
use crate::contacts::search_text;

/// What a piece of a file writes.
pub(super) struct Planned {
    rows: Vec<Contact>,
    made: Made,
}

/// What a line says of who it is about.
struct Known {
    organization: Option<String>,
    site: Option<Site>,
    email: Option<String>,
    phone: Option<String>,
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
    let mut known = Vec::with_capacity(lines.len());
    for ((cells, organization), site) in lines.iter_mut().zip(organizations).zip(sites) {
        // A national number is one of the country of the site, or else of the workspace.
        let country = site.as_ref().and_then(|site| site.country).or(pass.country);
        let one = Known {
            organization,
            site,
            email: cells.read("email", email),
            phone: cells.read("phone", |faults, field, text| phone(faults, field, text, country)),
        };
        if reading == Reading::Looked {
            identify(pass, cells, &one);
        }
        known.push(one);
    }
    let there = There::of(tenant, &known, reading).await?;
    let mut rows = Vec::new();
    for (cells, known) in lines.iter_mut().zip(known) {
        let before = there.find(pass, cells, &known);
        if let Some(before) = &before {
            pass.touch(cells, &before.id);
        }
        let row = row(pass, cells, before.as_ref(), known);
        if pass.settle(cells) && pass.count(before.as_ref(), &row) {
            rows.push(Contact { version: row.version + i64::from(before.is_some()), updated_at: pass.now, ..row });
        }
    }
    Ok(Planned { rows, made })
}

/// Writes what a piece of a file changes.
pub(super) async fn write(tenant: Tenant<'_, Tx>, planned: Planned) -> Result<(), AppError> {
    places::write(tenant, planned.made).await?;
    let documents: Vec<(String, String)> = planned.rows.iter().map(|row| (row.id.clone(), search_text(row))).collect();
    imports::put(tenant, planned.rows).await?;
    Ok(imports::put_documents(tenant, search::CONTACT, &documents).await?)
}

/// Two lines must not be about one contact. A telephone number may be shared by people with addresses of their own.
fn identify(pass: &mut Pass, cells: &mut Cells, known: &Known) {
    let Some(organization) = &known.organization else { return };
    let parts = [("email", &known.email), ("phone", &known.phone)];
    let keys: Vec<(&'static str, String)> = parts
        .into_iter()
        .filter_map(|(column, value)| Some((column, format!("{organization}\n{}", value.as_ref()?))))
        .collect();
    if !cells.has_any(&["email", "phone"]) {
        cells.fault("email", "the line has neither an e-mail address nor a telephone number");
        return;
    }
    pass.identify(cells, &keys, 1);
}

/// The contacts that a piece of a file may be about.
struct There {
    by_email: HashMap<(String, String), Vec<Contact>>,
    by_phone: HashMap<(String, String), Vec<Contact>>,
}

impl There {
    async fn of<C: Connection>(tenant: Tenant<'_, C>, known: &[Known], reading: Reading) -> Result<Self, AppError> {
        let all = |of: fn(&Known) -> &Option<String>| {
            let mut values: Vec<String> = known.iter().filter_map(|known| of(known).clone()).collect();
            values.sort_unstable();
            values.dedup();
            values
        };
        let of = all(|known| &known.organization);
        let mut found = Vec::new();
        if !of.is_empty() {
            let (emails, phones) = (all(|known| &known.email), all(|known| &known.phone));
            found = imports::contacts(tenant, &of, &emails, &phones, reading).await?;
        }
        found.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        let (mut by_email, mut by_phone): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        for row in found {
            if let Some(email) = row.email.clone() {
                by_email.entry((row.organization_id.clone(), email)).or_default().push(row.clone());
            }
            if let Some(phone) = row.phone.clone() {
                by_phone.entry((row.organization_id.clone(), phone)).or_default().push(row);
            }
        }
        Ok(Self { by_email, by_phone })
    }

    /// The contact that a line is about: the one with its address, else the only one with its number and no other address.
    fn find(&self, pass: &Pass, cells: &mut Cells, known: &Known) -> Option<Contact> {
        let organization = known.organization.as_ref()?;
        let found = |by: &'_ HashMap<(String, String), Vec<Contact>>, value: &Option<String>| -> Vec<Contact> {
            let rows = value.as_ref().and_then(|value| by.get(&(organization.clone(), value.clone())));
            rows.into_iter().flatten().filter(|row| pass.was_there(&row.id)).cloned().collect()
        };
        match found(&self.by_email, &known.email).as_slice() {
            [] => {}
            [one] => return Some(one.clone()),
            _ => {
                cells.fault("email", "several contacts of the organization have this address");
                return None;
            }
        }
        let fits = |row: &Contact| known.email.is_none() || row.email.is_none();
        let mut by_phone = found(&self.by_phone, &known.phone);
        by_phone.retain(fits);
        match by_phone.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            _ if known.email.is_some() => None,
            _ => {
                cells.fault("phone", "several contacts of the organization have this number; give an e-mail address");
                None
            }
        }
    }
}

/// The contact as it is afterwards. An empty cell leaves what is there.
fn row(pass: &mut Pass, cells: &mut Cells, before: Option<&Contact>, known: Known) -> Contact {
    let name = cells.read("name", |faults, field, text| faults.text(field, &one_line(text), 1, NAME_MAX));
    let mut row = match before {
        Some(row) => row.clone(),
        None => {
            if cells.get("name").is_none() {
                cells.fault("name", "a new contact needs a name");
            }
            Contact {
                workspace_id: pass.workspace_id.clone(),
                id: pass.new_id(),
                organization_id: known.organization.unwrap_or_default(),
                location_id: None,
                name: String::new(),
                email: None,
                phone: None,
                title: None,
                is_vip: false,
                preferred_language: None,
                version: 1,
                created_at: pass.now,
                updated_at: pass.now,
            }
        }
    };
    set(&mut row.name, name);
    fill(&mut row.location_id, known.site.map(|site| site.id));
    fill(&mut row.email, known.email);
    fill(&mut row.phone, known.phone);
    fill(&mut row.title, cells.read("title", |faults, field, text| faults.text(field, &one_line(text), 1, TITLE_MAX)));
    let vip = cells.read("isVip", |faults, field, text| {
        let value = yes_or_no(text);
        if value.is_none() {
            faults.add(field, "must be yes or no");
        }
        value
    });
    set(&mut row.is_vip, vip.flatten());
    fill(&mut row.preferred_language, cells.read("preferredLanguage", language));
    row
}
