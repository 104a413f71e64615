//! What people do with a call while it lasts, on whichever node it is: whisper, transfer, hang up.

use patchcord_agents::{Instructions, Order};
use patchcord_domain::call::{CallStatus, Ending};
use patchcord_domain::calling::may_transfer_to;
use patchcord_domain::id::is_id;
use patchcord_domain::phone;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::events::{self, NewEvent};
use patchcord_store::rows::{Call, CallTurn, Contact, Organization, User};
use patchcord_store::{call_records, users, workspaces};
use serde_json::{Value, json};

use super::Line;
use super::sessions::{COMMANDS, place};
use crate::error::require;
use crate::workspace_settings::home_country;
use crate::{App, AppError};

/// Longest whisper, in characters.
const WHISPER_MAX: usize = 1_000;
/// Characters of the caller's last words that a person hears before taking over.
const LAST_WORDS: usize = 160;
/// How long a person's phone rings, in seconds.
pub(crate) const RING_SECONDS: u32 = 25;

/// How a person takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferMode {
    /// The caller hears it ring.
    Cold,
    /// The agent stays with the caller until the person has accepted.
    Warm,
}

impl TransferMode {
    /// Reads it in any case.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "cold" => Some(TransferMode::Cold),
            "warm" => Some(TransferMode::Warm),
            _ => None,
        }
    }
}

/// What a person wants of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Tell the agent something that the caller does not hear.
    Whisper(String),
    /// Put the caller through to a number, or to a user.
    Transfer {
        /// E.164 in any notation, or the id of a user who has a phone.
        to: String,
        /// How.
        mode: TransferMode,
    },
    /// End the call.
    HangUp,
}

impl App {
    /// Does something with a call that lasts; gives it as it is then. The conversation hears of it within moments.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `call_ended`, `not_in_conversation` or `no_carrier`; [`AppError::Invalid`] for a number that must
    /// not be dialled.
    pub async fn operate_call(&self, actor: &Actor, id: &str, operation: Operation) -> Result<Line, AppError> {
        require(actor, Role::Agent)?;
        let call: Call = self.store.tenant(&actor.workspace_id).get(id).await?.ok_or(AppError::NotFound("call"))?;
        match operation {
            Operation::Whisper(text) => {
                let mut faults = Faults::default();
                let text = faults.text("text", &text, 1, WHISPER_MAX);
                faults.into_result(()).map_err(AppError::Invalid)?;
                expect_live(&call)?;
                let sealed = self.keys.answers.close(&*self.entropy, &place(id), &text);
                self.command(actor, &call, json!({"whisper": sealed}), "call.whispered", Value::Null).await?;
            }
            Operation::Transfer { to, mode } => self.transfer_call(actor, &call, &to, mode).await?,
            Operation::HangUp => self.hang_up_call(actor, &call).await?,
        }
        patchcord_store::calls::line(self.store.tenant(&actor.workspace_id), id)
            .await?
            .ok_or(AppError::NotFound("call"))
    }

    async fn transfer_call(&self, actor: &Actor, call: &Call, to: &str, mode: TransferMode) -> Result<(), AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let row = workspaces::own(tenant).await?.ok_or(AppError::NotFound("workspace"))?;
        let country = home_country(&row);
        let number = match is_id(to) {
            true => {
                let user = users::some(tenant, &[to.to_owned()]).await?.pop();
                let none = || AppError::invalid("to", "there is no such user, or the user has no phone");
                user.and_then(|user| user.phone).ok_or_else(none)?
            }
            false => phone::read(to, country).map_err(|wrong| AppError::invalid("to", wrong.to_string()))?,
        };
        if !may_transfer_to(&number, &self.calls.options.transfer_prefixes, country) {
            let message = "this number must not be dialled from here; an operator sets TRANSFER_ALLOWED_PREFIXES";
            return Err(AppError::invalid("to", message));
        }
        expect_live(call)?;
        if call.provider == "BROWSER" {
            return Err(AppError::Conflict("not_a_phone_call", "a call from the page cannot be put through".into()));
        }
        let summary = self.hand_over_words(actor, call).await?;
        let after = json!({"to": number, "mode": if mode == TransferMode::Warm { "warm" } else { "cold" }});
        if mode == TransferMode::Cold {
            let ending = Ending::Transferred { to: number, summary };
            return self.command(actor, call, json!({"end": ending}), "call.transferred", after).await;
        }
        let none = || AppError::Conflict("no_carrier", "a warm transfer needs the carrier's account; use cold".into());
        let carrier = self.calls.carrier.clone().ok_or_else(none)?;
        let sid = &call.provider_call_sid;
        let order = Order {
            to: number,
            from: call.to_number.clone(),
            instructions: Instructions::Address(format!("{}/twilio/whisper?call={sid}", self.options.public_url)),
            status_address: None,
            ring_seconds: RING_SECONDS,
        };
        self.note_operation(actor, call, None, "call.transferred", after).await?;
        carrier.place(&order).await.map_err(|error| AppError::Upstream {
            code: "carrier_refused".into(),
            detail: error.to_string(),
            retry_after: error.is_transient().then_some(2),
        })?;
        Ok(())
    }

    async fn hang_up_call(&self, actor: &Actor, call: &Call) -> Result<(), AppError> {
        if call.ended_at.is_some() {
            return Err(over());
        }
        let is_held = call.owner_node.is_some() && call.lease_until.is_some_and(|until| until >= self.clock.now());
        if is_held {
            let wish = json!({"end": Ending::OperatorHungUp});
            return self.command(actor, call, wish, "call.hung_up", Value::Null).await;
        }
        if let (Some(carrier), false) = (&self.calls.carrier, call.provider == "BROWSER")
            && let Err(error) = carrier.hang_up(&call.provider_call_sid).await
        {
            let retry_after = error.is_transient().then_some(2);
            let code = "carrier_refused".into();
            return Err(AppError::Upstream { code, detail: error.to_string(), retry_after });
        }
        self.note_operation(actor, call, None, "call.hung_up", Value::Null).await?;
        self.end_call_as(&actor.workspace_id, &call.id, CallStatus::Completed).await
    }

    /// Tells the node that holds a call, by the outbox: it is heard there within moments, and not lost.
    async fn command(
        &self,
        actor: &Actor,
        call: &Call,
        wish: Value,
        action: &'static str,
        after: Value,
    ) -> Result<(), AppError> {
        self.note_operation(actor, call, Some(wish), action, after).await
    }

    async fn note_operation(
        &self,
        actor: &Actor,
        call: &Call,
        wish: Option<Value>,
        action: &'static str,
        after: Value,
    ) -> Result<(), AppError> {
        let (app, actor, id) = (self.clone(), actor.clone(), call.id.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    if let Some(data) = wish {
                        let at = app.clock.now();
                        let event =
                            NewEvent { id: app.id(), kind: "call.command", topic: COMMANDS, subject_id: &id, data, at };
                        events::record(tenant, event).await?;
                    }
                    app.log_change(tenant, &actor.user_id, action, &id, None, Some(after)).await
                })
            })
            .await
    }

    /// What a person hears before taking over: who calls, and what the caller said last.
    async fn hand_over_words(&self, actor: &Actor, call: &Call) -> Result<String, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let user = users::some(tenant, std::slice::from_ref(&actor.user_id)).await?.pop();
        let turns = call_records::newest_turns(tenant, &call.id, 20).await?;
        self.summary_for_person(tenant, call, user.as_ref(), &turns).await
    }

    pub(crate) async fn summary_for_person<C: patchcord_store::Connection>(
        &self,
        tenant: patchcord_store::Tenant<'_, C>,
        call: &Call,
        by: Option<&User>,
        turns: &[CallTurn],
    ) -> Result<String, AppError> {
        let contact: Option<Contact> = match &call.contact_id {
            Some(id) => tenant.get(id).await?,
            None => None,
        };
        let organization: Option<Organization> = match &call.organization_id {
            Some(id) => tenant.get(id).await?,
            None => None,
        };
        let who = contact.map(|contact| contact.name);
        let who = match (who, organization.map(|organization| organization.name)) {
            (Some(contact), Some(organization)) => format!("{contact} of {organization}"),
            (Some(name), None) | (None, Some(name)) => name,
            (None, None) => "somebody who is not identified".to_owned(),
        };
        let last = turns.iter().rev().find(|turn| turn.speaker == "CALLER");
        let mut words = format!("A call from {who}");
        if let Some(user) = by {
            words += &format!(", handed over by {}", user.name);
        }
        if let Some(last) = last {
            words += &format!(". The caller said: {}", patchcord_domain::text::head(&last.text, LAST_WORDS));
        }
        Ok(words)
    }
}

/// A call that somebody could hear.
fn expect_live(call: &Call) -> Result<(), AppError> {
    if call.ended_at.is_some() {
        return Err(over());
    }
    if call.owner_node.is_none() {
        let detail = "no agent speaks with the caller right now".into();
        return Err(AppError::Conflict("not_in_conversation", detail));
    }
    Ok(())
}

fn over() -> AppError {
    AppError::Conflict("call_ended", "this call is over".into())
}
