//! What devices the caller's organization has.

use patchcord_domain::device::matched;
use patchcord_domain::time::to_rfc3339;
use patchcord_store::devices::{self, Line, Query};
use patchcord_store::rows::Contact;
use serde_json::{Value, json};

use super::arguments::{Text, arguments};
use super::{Given, Refused, Run};
use crate::calls::kind_in_words;

/// Most devices that are told at once.
const DEVICES: u64 = 10;

arguments! {
    /// Of `list_devices`.
    List { contact_id: Option<Text<24>> = "Whose devices; the caller's own when it is left out." }
}

arguments! {
    /// Of `get_device`.
    Get { device: Text<120> = "Name, serial number or asset tag of the device." }
}

pub(super) async fn list_devices(run: &mut Run<'_>, arguments: List) -> Result<Given, Refused> {
    let organization = run.organization()?;
    let contact = arguments.contact_id.map(|id| id.0).or_else(|| run.caller.contact_id.clone());
    let mut query = Query { organizations: vec![organization.clone()], limit: DEVICES, ..Query::default() };
    if let Some(id) = contact {
        let contact: Option<Contact> = run.tenant().get(&id).await?;
        if contact.is_none_or(|contact| contact.organization_id != organization) {
            return Err(Refused::new("There is no such contact of this organization."));
        }
        query.contacts = vec![id];
    }
    let found = devices::page(run.tenant(), &query).await?;
    Given::of(json!({"devices": found.iter().map(short).collect::<Vec<_>>()}))
}

pub(super) async fn get_device(run: &mut Run<'_>, arguments: Get) -> Result<Given, Refused> {
    let organization = run.organization()?;
    let text = arguments.device.0;
    let all = Query { organizations: vec![organization], limit: 2, ..Query::default() };
    let exact = matched(&text);
    for query in [
        Query { names: vec![exact.clone()], ..all.clone() },
        Query { serial_numbers: vec![exact.clone()], ..all.clone() },
        Query { asset_tags: vec![exact], ..all.clone() },
        Query { words: Some(text), ..all },
    ] {
        let found = devices::page(run.tenant(), &query).await?;
        match found.as_slice() {
            [] => {}
            [one] => {
                let mut device = short(one);
                device["warrantyUntil"] = json!(one.warranty_until.map(|at| to_rfc3339(at)[..10].to_owned()));
                device["location"] = json!(one.location_name);
                device["operatingSystem"] = json!(one.os_name);
                return Given::of(json!({"device": device}));
            }
            _ => return Err(Refused::new("Several devices fit. Ask for the whole name or the asset tag.")),
        }
    }
    Err(Refused::new("No device of this organization is known by that. Ask for the name or the tag on the device."))
}

fn short(device: &Line) -> Value {
    json!({
        "id": device.id, "name": device.name, "type": kind_in_words(&device.kind), "model": device.model_name,
        "status": device.status,
    })
}
