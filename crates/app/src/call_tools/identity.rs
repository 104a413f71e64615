//! Who is calling: codes, names and contacts. Nothing is told that the caller has not said, until code and number agree.

use patchcord_domain::calling::{WRONG_CODES_MAX, WRONG_CODES_WINDOW};
use patchcord_domain::organization::is_ue_code;
use patchcord_domain::phone;
use patchcord_domain::text::fold;
use patchcord_domain::user::normalize_email;
use patchcord_store::listing::Slice;
use patchcord_store::rows::{Call, Contact, Organization};
use patchcord_store::{call_records, contacts, organizations};
use serde_json::json;

use super::arguments::{Text, arguments};
use super::{Given, Refused, Run};
use crate::AppError;

arguments! {
    /// Of `identify_organization`.
    Code { ue_code: Text<40> = "The code, digits only." }
}

arguments! {
    /// Of `find_organization`.
    Name { name: Text<200> = "The company's name as the caller said it." }
}

arguments! {
    /// Of `identify_contact`.
    Person {
        phone: Option<Text<60>> = "A phone number of the caller, with its country code when it is known.",
        name: Option<Text<200>> = "The caller's first and last name.",
        email: Option<Text<254>> = "The caller's e-mail address.",
    }
}

arguments! {
    /// Of `confirm_identity`.
    Confirmed { contact_id: Text<24> = "The id that identify_contact gave." }
}

const TOO_MANY: &str =
    "Too many wrong codes came from this caller. Codes are not looked at any more; hand the call to a person.";

/// What looking at a code came to.
enum Looked {
    Right(Box<Organization>),
    Wrong { left: i64 },
    Refused,
}

pub(super) async fn identify_organization(run: &mut Run<'_>, arguments: Code) -> Result<Given, Refused> {
    let code: String = arguments.ue_code.0.chars().filter(char::is_ascii_digit).collect();
    if !is_ue_code(&code) {
        return Err(Refused::new("A U-E code has 4 to 8 digits. Ask the caller to say or key it in again."));
    }
    let looked = run
        .change(move |change, mut call| {
            Box::pin(async move {
                // Counted by caller as well: guessing does not begin anew with the next call.
                let caller = call.caller_phone.clone().unwrap_or_else(|| call.provider_call_sid.clone());
                let since = change.at - WRONG_CODES_WINDOW;
                let before = call_records::wrong_codes(change.tenant, &caller, since).await?.max(call.wrong_codes);
                if before >= WRONG_CODES_MAX {
                    return Ok(Looked::Refused);
                }
                let found = organizations::by_ue_code(change.tenant, &code).await?;
                if let Some(found) = found {
                    return Ok(Looked::Right(Box::new(found)));
                }
                call_records::add_wrong_code(change.tenant, &change.app.id(), &call.id, &caller, change.at).await?;
                call.wrong_codes += 1;
                change.save_call(call, "").await?;
                Ok(Looked::Wrong { left: WRONG_CODES_MAX - before - 1 })
            })
        })
        .await?;
    match looked {
        Looked::Right(organization) => {
            run.caller.evidence.by_code = Some(organization.id);
            believe(run).await?;
            let facts = &run.caller.facts;
            let content = json!({
                "organization": facts.organization, "verification": facts.verification.as_str(), "contact": facts.contact,
            });
            Ok(Given { content, knows_more: true, ..Given::default() })
        }
        Looked::Wrong { left } if left > 0 => {
            let message = "No organization has this code. Spell it back digit by digit and ask the caller to check it.";
            let content = json!({"error": message, "attemptsLeft": left});
            Err(Refused { outcome: "refused", content, to_person: None })
        }
        Looked::Wrong { .. } | Looked::Refused => Err(Refused {
            outcome: "refused",
            content: json!({"error": TOO_MANY, "attemptsLeft": 0}),
            to_person: Some("too many wrong codes".to_owned()),
        }),
    }
}

pub(super) async fn find_organization(run: &mut Run<'_>, arguments: Name) -> Result<Given, Refused> {
    let wanted = fold(&arguments.name.0);
    let query = organizations::Query {
        words: Some(arguments.name.0),
        slice: Slice { limit: 10, ..Slice::default() },
        ..organizations::Query::default()
    };
    let found = organizations::page(run.tenant(), &query).await?;
    // Which companies are customers is nobody's business: one that was named exactly enough, or none.
    let exact: Vec<_> = found.iter().filter(|line| fold(&line.name) == wanted).collect();
    let one = match (exact.as_slice(), found.as_slice()) {
        ([one], _) => Some(*one),
        ([], [one]) if wanted.len() >= 4 && fold(&one.name).starts_with(&wanted) => Some(one),
        _ => None,
    };
    let Some(one) = one else {
        let message = "No organization is known by exactly this name. Ask the caller to spell it, or for the U-E code.";
        return Err(Refused::new(message));
    };
    run.caller.evidence.by_name = Some(one.id.clone());
    believe(run).await?;
    let facts = &run.caller.facts;
    let content = json!({"organization": facts.organization, "verification": facts.verification.as_str()});
    Ok(Given { content, knows_more: true, ..Given::default() })
}

pub(super) async fn identify_contact(run: &mut Run<'_>, arguments: Person) -> Result<Given, Refused> {
    let organization = run.organization()?;
    let country = run.app().country_of(&run.tools.workspace_id, arguments.phone.is_some()).await?;
    let mut query = contacts::Query {
        organizations: vec![organization],
        slice: Slice { limit: 5, ..Slice::default() },
        ..contacts::Query::default()
    };
    let name = arguments.name.map(|name| name.0);
    if let Some(number) = &arguments.phone {
        query.phones = phone::readings(&number.0, country).map_err(|wrong| {
            Refused::new(format!("phone {wrong}. Ask the caller to say the number again, digit by digit."))
        })?;
    }
    if let Some(email) = &arguments.email {
        query.emails = vec![normalize_email(&email.0)];
    }
    query.words.clone_from(&name);
    if name.is_none() && query.phones.is_empty() && query.emails.is_empty() {
        return Err(Refused::new("Give a name, a phone number or an e-mail address."));
    }
    let found = contacts::page(run.tenant(), &query).await?;
    let [one] = found.as_slice() else {
        let message = match found.len() {
            0 => {
                "Nobody of this organization is known by that. Ask for the name or the e-mail address, or go on without it."
            }
            _ => "Several people fit. Ask for the full name or the e-mail address.",
        };
        return Err(Refused::new(message));
    };
    // Before the caller is verified a name is not told to somebody who only knows a number.
    let said = name.as_deref().is_some_and(|said| fold(&one.name).contains(&fold(said)));
    let known = run.caller.verification() == patchcord_domain::call::Verification::Verified;
    let shown = (said || known).then_some(one.name.as_str());
    Given::of(json!({"contact": {"id": one.id, "name": shown}}))
}

pub(super) async fn confirm_identity(run: &mut Run<'_>, arguments: Confirmed) -> Result<Given, Refused> {
    let organization = run.organization()?;
    let contact: Option<Contact> = run.tenant().get(&arguments.contact_id.0).await?;
    let contact = contact.filter(|contact| contact.organization_id == organization);
    let Some(contact) = contact else {
        return Err(Refused::new("There is no such contact of this organization. Call identify_contact first."));
    };
    run.caller.contact_id = Some(contact.id);
    believe(run).await?;
    let content = json!({"verification": run.caller.facts.verification.as_str()});
    Ok(Given { content, knows_more: true, ..Given::default() })
}

/// Writes what is believed now, and reads what may be told by it.
async fn believe(run: &mut Run<'_>) -> Result<(), AppError> {
    let (organization, verification, by) = run.caller.evidence.weigh();
    let organization = organization.map(str::to_owned);
    // A contact of another organization is not the caller any more.
    let contact: Option<Contact> = match &run.caller.contact_id {
        Some(id) => run.tenant().get(id).await?,
        None => None,
    };
    let contact = contact.filter(|contact| Some(&contact.organization_id) == organization.as_ref());
    run.caller.contact_id = contact.map(|contact| contact.id);
    let contact_id = run.caller.contact_id.clone();
    run.change(move |change, mut call: Call| {
        Box::pin(async move {
            call.organization_id = organization;
            call.contact_id = contact_id;
            verification.as_str().clone_into(&mut call.verification);
            by.as_str().clone_into(&mut call.identified_by);
            change.save_call(call, "call.updated").await?;
            Ok(())
        })
    })
    .await?;
    let app = run.tools.app.clone();
    let tenant = app.store.tenant(&run.tools.workspace_id);
    run.caller.refresh(&app, tenant).await
}
