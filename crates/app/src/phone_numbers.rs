//! The numbers at which the desk is called.

use patchcord_domain::phone::{Country, phone};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::PhoneNumber;
use patchcord_store::{phone_numbers, unscoped};
use serde_json::{Value, json};

use crate::error::require;
use crate::people::{Listing, one_more};
use crate::{Answered, App, AppError, Current, Once, Shape};
pub use patchcord_store::phone_numbers::Query;

/// Longest label, in characters.
const LABEL_MAX: usize = 80;
/// How calls can be answered.
const ENGINES: [&str; 2] = ["REALTIME", "RELAY"];

/// A new number. Texts come as they were sent; [`App::add_phone_number`] checks them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewPhoneNumber {
    /// E.164, in any notation with a country code.
    pub number: String,
    /// 1 to 80 characters.
    pub label: String,
    /// REALTIME or RELAY; the operator's when absent.
    pub engine: Option<String>,
    /// Where a caller goes who asks for a person; the workspace's when absent.
    pub transfer_number: Option<String>,
    /// Whether calls are taken; true when absent.
    pub is_active: Option<bool>,
}

/// What may be changed about a number. An outer `None` leaves the field alone, an inner one empties it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PhoneNumberPatch {
    /// The version that the caller has read; without it the last write wins.
    pub version: Option<i64>,
    /// Another label.
    pub label: Option<String>,
    /// Another engine.
    pub engine: Option<Option<String>>,
    /// Another number to which callers are put through.
    pub transfer_number: Option<Option<String>>,
    /// Whether calls are taken.
    pub is_active: Option<bool>,
}

impl App {
    /// A page of the numbers that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn phone_numbers(
        &self,
        actor: &Actor,
        query: Query,
        count: bool,
    ) -> Result<Listing<PhoneNumber>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = query.slice.limit;
        let query = Query { slice: one_more(&query.slice), ..query };
        let rows = phone_numbers::page(tenant, &query).await?;
        let total = if count { Some(phone_numbers::count(tenant, &query).await?) } else { None };
        Ok(Listing::of(rows, wanted, total))
    }

    /// One number.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not the actor's to see.
    pub async fn phone_number(&self, actor: &Actor, id: &str) -> Result<PhoneNumber, AppError> {
        let found = self.store.tenant(&actor.workspace_id).get::<PhoneNumber>(id).await?;
        found.ok_or(AppError::NotFound("phone number"))
    }

    /// Adds a number. One that another workspace has is added like any other, and looks like any other: whether somebody
    /// else has it is nobody's business. Its calls go on reaching whoever had it first; the operator's log tells of it.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Conflict`] `number_taken` when this workspace has it.
    pub async fn add_phone_number(
        &self,
        actor: &Actor,
        input: NewPhoneNumber,
        once: Option<Once>,
        shape: Shape<PhoneNumber>,
    ) -> Result<Answered<PhoneNumber>, AppError> {
        require(actor, Role::Admin)?;
        let now = self.clock.now();
        let country = self.country_of(&actor.workspace_id, true).await?;
        let mut faults = Faults::default();
        let row = PhoneNumber {
            workspace_id: actor.workspace_id.as_str().to_owned(),
            id: self.id(),
            number: phone(&mut faults, "number", &input.number, country),
            label: label(&mut faults, &input.label),
            engine: input.engine.and_then(|text| engine(&mut faults, &text)),
            transfer_number: input.transfer_number.map(|text| transfer_number(&mut faults, &text, country)),
            is_active: input.is_active.unwrap_or(true),
            takes_calls: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let row = faults.into_result(row).map_err(AppError::Invalid)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                if phone_numbers::is_there(tenant, &row.number).await? {
                    return Err(AppError::Conflict("number_taken", "this number is there already".into()));
                }
                if !phone_numbers::add(tenant, row.clone()).await? {
                    tracing::warn!(
                        phone_number_id = row.id,
                        "another workspace takes the calls of a number that was added"
                    );
                }
                let after = Some(facts(&row));
                app.log_change(tenant, &acting.user_id, "phone_number.added", &row.id, None, after).await?;
                Ok(row)
            })
        })
        .await
    }

    /// Changes a number; the number itself stays.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one.
    pub async fn patch_phone_number(
        &self,
        actor: &Actor,
        id: &str,
        patch: PhoneNumberPatch,
    ) -> Result<PhoneNumber, AppError> {
        require(actor, Role::Admin)?;
        let country = self.country_of(&actor.workspace_id, matches!(patch.transfer_number, Some(Some(_)))).await?;
        let mut faults = Faults::default();
        let label = patch.label.map(|text| label(&mut faults, &text));
        let engine = patch.engine.map(|text| text.and_then(|text| engine(&mut faults, &text)));
        let transfer = patch.transfer_number.map(|text| text.map(|text| transfer_number(&mut faults, &text, country)));
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<PhoneNumber>(&id).await?.ok_or(AppError::NotFound("phone number"))?;
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::PhoneNumber(Box::new(before))));
                    }
                    let mut row = before.clone();
                    row.label = label.unwrap_or(row.label);
                    row.engine = engine.unwrap_or(row.engine);
                    row.transfer_number = transfer.unwrap_or(row.transfer_number);
                    row.is_active = patch.is_active.unwrap_or(row.is_active);
                    if row == before {
                        return Ok(row);
                    }
                    row.version += 1;
                    row.updated_at = app.clock.now();
                    tenant.save(row.clone()).await?;
                    let (from, to) = (Some(facts(&before)), Some(facts(&row)));
                    app.log_change(tenant, &actor.user_id, "phone_number.changed", &row.id, from, to).await?;
                    Ok(row)
                })
            })
            .await
    }

    /// Takes a number out.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not there.
    pub async fn remove_phone_number(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let before = tenant.lock::<PhoneNumber>(&id).await?.ok_or(AppError::NotFound("phone number"))?;
                    phone_numbers::remove(tenant, &id).await?;
                    if before.takes_calls {
                        unscoped::phone_numbers::hand_over(tx, &before.number, app.clock.now()).await?;
                    }
                    let from = Some(facts(&before));
                    app.log_change(tenant, &actor.user_id, "phone_number.removed", &id, from, None).await
                })
            })
            .await
    }
}

fn label(faults: &mut Faults, text: &str) -> String {
    faults.text("label", &text.replace(['\n', '\r', '\t'], " "), 1, LABEL_MAX)
}

fn engine(faults: &mut Faults, text: &str) -> Option<String> {
    let parse = |text: &str| ENGINES.into_iter().find(|engine| engine.eq_ignore_ascii_case(text));
    faults.one_of("engine", text, parse, &ENGINES.join(", ")).map(str::to_owned)
}

fn transfer_number(faults: &mut Faults, text: &str, country: Option<Country>) -> String {
    phone(faults, "transferNumber", text, country)
}

/// What the audit log keeps of a number.
fn facts(row: &PhoneNumber) -> Value {
    json!({
        "number": row.number, "label": row.label, "engine": row.engine, "transferNumber": row.transfer_number,
        "isActive": row.is_active,
    })
}
