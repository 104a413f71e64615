//! Letting calls in: the called number decides the workspace before anything else is looked at.

use patchcord_domain::call::{CallStatus, Ending, Engine, Provider};
use patchcord_domain::calling::{Evidence, is_forged};
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::phone;
use patchcord_domain::time::{MINUTE, Millis, SECOND};
use patchcord_store::contacts;
use patchcord_store::rows::{Call, Contact, PhoneNumber};
use patchcord_store::unscoped::{self, calls as any_call};
use patchcord_store::{Connection, Tenant, call_records};
use serde_json::json;

use super::{Menu, TOKEN_LIFE};
use crate::passwords::{new_token, token_hash};
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// A call as the carrier announces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The carrier's id of the call.
    pub sid: String,
    /// The account that it came over.
    pub account: String,
    /// The caller's number in E.164; none when it is withheld.
    pub caller: Option<String>,
    /// Who calls, in the carrier's words.
    pub from: String,
    /// Who is called, in the carrier's words.
    pub to: String,
    /// What the carriers' signatures say of the caller's number.
    pub stir_verdict: Option<String>,
}

/// What shall happen to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// Nobody here has this number. Nothing is written.
    Unknown,
    /// It is over already.
    Over,
    /// No more calls fit, or this node is about to stop: the caller is put through to a person, when there is one to dial.
    Full {
        /// Whom to dial.
        person: Option<String>,
        /// Which number the person sees.
        caller_id: String,
    },
    /// A conversation begins, or goes on.
    Stream(Stream),
    /// Nothing thinks here: the caller has a menu of keys.
    Menu(Menu),
}

/// What a stream is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The call.
    pub call_id: String,
    /// Over which engine.
    pub engine: Engine,
    /// Opens the stream once, within a minute.
    pub token: String,
    /// Whether the call was held before.
    pub resumes: bool,
    /// Whether the caller is to be told first that the call is recorded.
    pub records: bool,
    /// The language that the caller is known to prefer, as a tag such as `de`.
    pub language: Option<String>,
}

/// Whose calls are those of a number.
pub(crate) struct Owner {
    pub(crate) workspace_id: WorkspaceId,
    pub(crate) number: Option<PhoneNumber>,
}

impl App {
    /// Lets a call in. The same call announced again is one call; each announcement gets a token of its own.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn admit_call(&self, arrival: Arrival) -> Result<Admission, AppError> {
        // The carrier waits for the answer. So everything is read beforehand, what does not depend on each other at the same
        // time, and one short transaction that goes before others is left.
        let known = async { Ok(any_call::by_sid(self.store.reader(), &arrival.sid).await?) };
        let (owner, known) = tokio::try_join!(self.owner_of(&arrival.to), known)?;
        let Some(owner) = owner else { return Ok(Admission::Unknown) };
        if let Some(known) = known {
            return self.admit_again(&owner, known).await;
        }
        let room = self.calls.has_room();
        let caller = async {
            match &arrival.caller {
                Some(caller) => who_has(self.store.tenant(&owner.workspace_id), caller).await,
                None => Ok(Known::default()),
            }
        };
        let (settings, caller) = tokio::try_join!(self.settings_of(&owner.workspace_id), caller)?;
        let person = if room { None } else { self.person_for(owner.number.as_ref(), &settings) };
        let token = new_token(&*self.entropy);
        let (app, of, records) = (self.clone(), owner.workspace_id.clone(), settings.settings.record_calls);
        let (sid, number) = (arrival.sid.clone(), owner.number.clone());
        let written = self
            .store
            .write_soon(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let language = caller.language.clone();
                    let call = new_call(&change, &arrival, number.as_ref(), caller);
                    let call = if room { call } else { turned_away(call, person.as_deref(), change.at) };
                    change.tenant.add(call.clone()).await?;
                    if room && app.calls.options.has_model {
                        let until = change.at + TOKEN_LIFE;
                        call_records::add_token(change.tenant, &call.id, &token_hash(&token), until).await?;
                    }
                    change.publish_call(&call, "call.started").await?;
                    if call.ended_at.is_some() {
                        super::wrapping_up::enqueue(&change, &call).await?;
                        change.publish_call(&call, "call.ended").await?;
                    }
                    if room && !app.calls.options.has_model {
                        return Ok(Admission::Menu(app.menu_begins(change.tenant, language.as_deref()).await?));
                    }
                    if !room {
                        return Ok(Admission::Full { person, caller_id: call.to_number });
                    }
                    let engine = Engine::parse(&call.engine).unwrap_or(Engine::Relay);
                    Ok(Admission::Stream(Stream { call_id: call.id, engine, token, resumes: false, records, language }))
                })
            })
            .await;
        match written {
            // Two announcements at the same time: the other one was first.
            Err(AppError::Conflict("taken", _)) => match any_call::by_sid(self.store.reader(), &sid).await? {
                Some(known) => self.admit_again(&owner, known).await,
                None => Err(AppError::Unavailable("the call could not be written".into())),
            },
            other => other,
        }
    }

    /// A call that is known is let in again, as far as it still lasts.
    async fn admit_again(&self, owner: &Owner, known: Call) -> Result<Admission, AppError> {
        // The called number decides; an id that belongs to somebody else opens nothing.
        if known.workspace() != owner.workspace_id {
            return Ok(Admission::Unknown);
        }
        if known.ended_at.is_some() {
            return Ok(Admission::Over);
        }
        if !self.calls.options.has_model {
            let tenant = self.store.tenant(&owner.workspace_id);
            return self.menu_begins(tenant, None).await.map(Admission::Menu);
        }
        self.resume_call(&known).await.map(Admission::Stream)
    }

    /// A new token for a call that goes on; whoever held it holds it no longer once the token is used.
    pub(crate) async fn resume_call(&self, call: &Call) -> Result<Stream, AppError> {
        let token = new_token(&*self.entropy);
        let (of, id, hashed) = (call.workspace(), call.id.clone(), token_hash(&token));
        let until = self.clock.now() + TOKEN_LIFE;
        let contact: Option<Contact> = match &call.contact_id {
            Some(id) => self.store.tenant(&of).get(id).await?,
            None => None,
        };
        // Who was told before is not told again.
        let records = call.answered_at.is_none() && self.settings_of(&of).await?.settings.record_calls;
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    call_records::add_token(tx.tenant(&of), &id, &hashed, until).await?;
                    Ok::<_, AppError>(())
                })
            })
            .await?;
        Ok(Stream {
            call_id: call.id.clone(),
            engine: Engine::parse(&call.engine).unwrap_or(Engine::Relay),
            token,
            resumes: call.answered_at.is_some(),
            records,
            language: contact.and_then(|contact| contact.preferred_language),
        })
    }

    /// Whose calls are those of a number; nobody's when it is unknown or switched off.
    pub(crate) async fn owner_of(&self, number: &str) -> Result<Option<Owner>, AppError> {
        let reader = self.store.reader();
        let read = phone::read(number, None).unwrap_or_else(|_| number.to_owned());
        if let Some(row) = unscoped::phone_numbers::taking_calls(reader, &read).await? {
            let workspace_id = WorkspaceId::new(row.workspace_id.as_str());
            return Ok(row.is_active.then_some(Owner { workspace_id, number: Some(row) }));
        }
        let only = any_call::only_workspace(reader).await?;
        Ok(only.map(|workspace_id| Owner { workspace_id, number: None }))
    }

    /// Who is dialled for a caller who wants a person: by the number, the workspace, or the operator.
    pub(crate) fn person_for(
        &self,
        number: Option<&PhoneNumber>,
        settings: &crate::workspace_settings::WorkspaceSettings,
    ) -> Option<String> {
        let chosen = number.and_then(|number| number.transfer_number.clone());
        let chosen = chosen.or_else(|| settings.settings.transfer_number.clone());
        chosen.or_else(|| self.calls.options.human_number.clone())
    }
}

/// A row for a call that rings, with what its number says of the caller.
fn new_call(change: &Change<'_>, arrival: &Arrival, number: Option<&PhoneNumber>, by_phone: Known) -> Call {
    let app = change.app;
    let evidence = Evidence {
        by_phone: by_phone.organization_id.clone(),
        is_number_forged: is_forged(arrival.stir_verdict.as_deref()),
        ..Evidence::default()
    };
    let (organization, verification, identified_by) = evidence.weigh();
    let simulated = app.calls.options.simulator_account.as_deref() == Some(arrival.account.as_str());
    let provider = if simulated { Provider::Simulator } else { Provider::Twilio };
    Call {
        provider: provider.as_str().to_owned(),
        provider_call_sid: arrival.sid.clone(),
        caller_phone: arrival.caller.clone(),
        from_number: arrival.from.chars().take(100).collect(),
        to_number: arrival.to.chars().take(100).collect(),
        organization_id: organization.map(str::to_owned),
        contact_id: by_phone.contact_id,
        identified_by: identified_by.as_str().to_owned(),
        verification: verification.as_str().to_owned(),
        engine: app.calls.engine(number.and_then(|number| number.engine.as_deref())).as_str().to_owned(),
        stir_verdict: arrival.stir_verdict.clone().map(|verdict| verdict.chars().take(60).collect()),
        ..blank(change)
    }
}

/// A call of which nothing is known yet.
pub(crate) fn blank(change: &Change<'_>) -> Call {
    Call {
        workspace_id: change.tenant.workspace_id().as_str().to_owned(),
        id: change.app.id(),
        provider: Provider::Twilio.as_str().to_owned(),
        provider_call_sid: String::new(),
        caller_phone: None,
        from_number: String::new(),
        to_number: String::new(),
        organization_id: None,
        contact_id: None,
        device_id: None,
        identified_by: "NONE".to_owned(),
        verification: "NONE".to_owned(),
        status: CallStatus::Ringing.as_str().to_owned(),
        engine: Engine::Relay.as_str().to_owned(),
        model: None,
        current_agent: None,
        started_at: change.at,
        answered_at: None,
        ended_at: None,
        duration_seconds: None,
        ai_resolution: "UNKNOWN".to_owned(),
        was_escalated: false,
        transcript: None,
        call_summary: None,
        sentiment: None,
        ticket_id: None,
        recording_key: None,
        first_sound_ms: None,
        interruptions: 0,
        frames_late: 0,
        frames_lost: 0,
        bridge_added_ms: None,
        owner_node: None,
        lease_until: None,
        resume_count: 0,
        checkpoint: None,
        ending: None,
        stir_verdict: None,
        turn_count: 0,
        interaction_count: 0,
        wrong_codes: 0,
        last_turn_at: None,
        started_by_user_id: None,
        erased_at: None,
        version: 1,
        created_at: change.at,
        updated_at: change.at,
    }
}

/// What becomes of a call for which there is no room.
fn turned_away(mut call: Call, person: Option<&str>, at: Millis) -> Call {
    match person {
        Some(to) => {
            call.was_escalated = true;
            "ESCALATED".clone_into(&mut call.ai_resolution);
            let ending = Ending::Transferred { to: to.to_owned(), summary: String::new() };
            call.ending = Some(json!(ending));
        }
        None => {
            CallStatus::Busy.as_str().clone_into(&mut call.status);
            call.ended_at = Some(at);
            call.duration_seconds = Some(0);
            "ABANDONED".clone_into(&mut call.ai_resolution);
        }
    }
    call
}

/// What a number says of whoever has it.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) organization_id: Option<String>,
    pub(crate) contact_id: Option<String>,
    pub(crate) language: Option<String>,
}

/// Who has a number: one contact, or several of one organization; of several organizations nobody.
pub(crate) async fn who_has<C: Connection>(tenant: Tenant<'_, C>, number: &str) -> Result<Known, AppError> {
    let slice = patchcord_store::listing::Slice { limit: 20, ..Default::default() };
    let query = contacts::Query { phones: vec![number.to_owned()], slice, ..Default::default() };
    let found = contacts::page(tenant, &query).await?;
    let Some(first) = found.first() else { return Ok(Known::default()) };
    if found.iter().any(|other| other.organization_id != first.organization_id) {
        return Ok(Known::default());
    }
    let one = (found.len() == 1).then_some(first);
    Ok(Known {
        organization_id: Some(first.organization_id.clone()),
        contact_id: one.map(|contact| contact.id.clone()),
        language: one.and_then(|contact| contact.preferred_language.clone()),
    })
}

/// How long a call may be held by nobody before it counts as lost.
pub(crate) const FORGOTTEN: Millis = 2 * MINUTE + 30 * SECOND;
