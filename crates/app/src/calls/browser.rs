//! Calls from the page: the same agents, by text or by microphone.

use patchcord_domain::call::{Engine, Provider};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::call_records;
use patchcord_store::rows::{Call, Contact};

use super::TOKEN_LIFE;
use super::admission::blank;
use crate::error::require;
use crate::passwords::{new_token, token_hash};
use crate::{Answered, App, AppError, Once, Shape};

/// A call that is about to begin in a browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserCall {
    /// The call.
    pub call_id: String,
    /// Opens its stream once, within a minute.
    pub token: String,
}

impl App {
    /// Begins a call from the page. With a contact the agents take it as one from that contact's number, which is a claim.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Unavailable`] when no more calls fit.
    pub async fn start_browser_call(
        &self,
        actor: &Actor,
        mode: &str,
        contact_id: Option<String>,
        once: Option<Once>,
        shape: Shape<BrowserCall>,
    ) -> Result<Answered<BrowserCall>, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let engine = match mode {
            "text" => Engine::Relay,
            "audio" if self.calls.options.has_realtime => Engine::Realtime,
            "audio" => {
                faults.add("mode", "must be text: no model that speaks is set up");
                Engine::Relay
            }
            _ => {
                faults.add("mode", "must be one of text, audio");
                Engine::Relay
            }
        };
        if let Some(id) = &contact_id {
            faults.id("contactId", id);
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        if !self.calls.has_room() {
            return Err(AppError::Unavailable("no more calls fit right now".into()));
        }
        let token = new_token(&*self.entropy);
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let change = app.change(tx, &acting);
                let contact = match &contact_id {
                    Some(id) => {
                        let none = || AppError::invalid("contactId", "there is no such contact");
                        Some(change.tenant.get::<Contact>(id).await?.ok_or_else(none)?)
                    }
                    None => None,
                };
                let call = Call {
                    provider: Provider::Browser.as_str().to_owned(),
                    provider_call_sid: format!("BR{}", app.id()),
                    from_number: "browser".to_owned(),
                    to_number: "browser".to_owned(),
                    caller_phone: contact.as_ref().and_then(|contact| contact.phone.clone()),
                    organization_id: contact.as_ref().map(|contact| contact.organization_id.clone()),
                    identified_by: if contact.is_some() { "PHONE" } else { "NONE" }.to_owned(),
                    verification: if contact.is_some() { "CLAIMED" } else { "NONE" }.to_owned(),
                    contact_id: contact.map(|contact| contact.id),
                    engine: engine.as_str().to_owned(),
                    started_by_user_id: change.who.user_id(),
                    ..blank(&change)
                };
                change.tenant.add(call.clone()).await?;
                let until = change.at + TOKEN_LIFE;
                call_records::add_token(change.tenant, &call.id, &token_hash(&token), until).await?;
                change.publish_call(&call, "call.started").await?;
                Ok(BrowserCall { call_id: call.id, token })
            })
        })
        .await
    }
}
