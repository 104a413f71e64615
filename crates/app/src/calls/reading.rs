//! Listing, reading, correcting and erasing calls.

use std::collections::HashMap;

use patchcord_domain::call::AiResolution;
use patchcord_domain::calling::{transcript, web_vtt};
use patchcord_domain::text::{excerpt, head};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::{Call, CallTurn, Contact, Organization, Ticket};
use patchcord_store::{Reader, Tenant, call_records, calls};
use serde_json::{Value, json};

use super::detail::{CallDetail, CallPage, CallPatch, LiveCall, TranscriptFormat};
use super::wrapping_up::{TURNS_MAX, link, spoken};
use super::{Line, Query};
use crate::error::require;
use crate::{App, AppError, Current};

/// Of so many turns, the last of a call in progress, those are shown that were said.
const LAST_TURNS: i64 = 6;
/// Characters of each of them.
const LAST_WORDS: usize = 400;
/// Longest line of a transcript that a list shows, in characters.
const EXCERPT_MAX: usize = 160;

impl App {
    /// A page of the calls that fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_calls(&self, actor: &Actor, mut query: Query, count: bool) -> Result<CallPage, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
        query.limit += 1;
        let mut lines = calls::page(tenant, &query).await?;
        let has_more = lines.len() > wanted;
        lines.truncate(wanted);
        let total = if count { Some(calls::count(tenant, &query).await?) } else { None };
        let excerpts = match &query.words {
            Some(words) => excerpts(tenant, &lines, words).await?,
            None => HashMap::new(),
        };
        Ok(CallPage { lines, excerpts, has_more, total })
    }

    /// The calls of an organization.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the organization is not the actor's to see.
    pub async fn organization_calls(
        &self,
        actor: &Actor,
        organization: &str,
        mut query: Query,
        count: bool,
    ) -> Result<CallPage, AppError> {
        let found: Option<Organization> = self.store.tenant(&actor.workspace_id).get(organization).await?;
        query.organizations = vec![found.ok_or(AppError::NotFound("organization"))?.id];
        self.list_calls(actor, query, count).await
    }

    /// Calls in progress on every node.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn live_calls(&self, actor: &Actor) -> Result<Vec<LiveCall>, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let lines = calls::live(tenant).await?;
        let mut said: HashMap<String, Vec<CallTurn>> = HashMap::with_capacity(lines.len());
        for mut turn in call_records::live_turns(tenant, LAST_TURNS).await? {
            if matches!(turn.speaker.as_str(), "CALLER" | "AGENT") {
                turn.text = head(&turn.text, LAST_WORDS).to_owned();
                said.entry(turn.call_id.clone()).or_default().push(turn);
            }
        }
        let with_turns = |line: Line| LiveCall { turns: said.remove(&line.id).unwrap_or_default(), line };
        Ok(lines.into_iter().map(with_turns).collect())
    }

    /// Whether there is a call with this id that the actor may see.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn call_exists(&self, actor: &Actor, id: &str) -> Result<bool, AppError> {
        Ok(self.store.tenant(&actor.workspace_id).get::<Call>(id).await?.is_some())
    }

    /// A call with everything that is kept of it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none that the actor may see.
    pub async fn call(&self, actor: &Actor, id: &str) -> Result<CallDetail, AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        let line = calls::line(tenant, id).await?.ok_or(AppError::NotFound("call"))?;
        let call: Call = tenant.get(id).await?.ok_or(AppError::NotFound("call"))?;
        Ok(CallDetail {
            transcript: call.transcript,
            turns: call_records::turns(tenant, id, 0, TURNS_MAX).await?,
            interactions: call_records::interactions(tenant, id).await?,
            usage: call_records::usage(tenant, id).await?,
            carrier_usage: call_records::carrier_usage(tenant, id).await?,
            analysis: call_records::analysis(tenant, id).await?,
            line,
        })
    }

    /// The turns of a call, and its transcript as a text or as WebVTT; as JSON the text is empty.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such call that the actor may see.
    pub async fn call_transcript(
        &self,
        actor: &Actor,
        id: &str,
        format: TranscriptFormat,
    ) -> Result<(Vec<CallTurn>, String), AppError> {
        let tenant = self.store.tenant(&actor.workspace_id);
        tenant.get::<Call>(id).await?.ok_or(AppError::NotFound("call"))?;
        let turns = call_records::turns(tenant, id, 0, TURNS_MAX).await?;
        let text = match format {
            TranscriptFormat::Text => transcript(&spoken(&turns)),
            TranscriptFormat::Vtt => web_vtt(&spoken(&turns)),
            TranscriptFormat::Json => String::new(),
        };
        Ok((turns, text))
    }

    /// Corrects what was noted of a call: who called, for whom, about which ticket, and what became of it.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Stale`] when the version is not the present one.
    pub async fn patch_call(&self, actor: &Actor, id: &str, patch: CallPatch) -> Result<CallDetail, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        for (field, id) in [
            ("ticketId", &patch.ticket_id),
            ("contactId", &patch.contact_id),
            ("organizationId", &patch.organization_id),
        ] {
            if let Some(Some(id)) = id {
                faults.id(field, id);
            }
        }
        let resolution = patch
            .ai_resolution
            .as_ref()
            .and_then(|text| faults.one_of("aiResolution", text, AiResolution::parse, &AiResolution::allowed()));
        faults.into_result(()).map_err(AppError::Invalid)?;
        let current = self.call(actor, id).await?;
        let (app, acting, of) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &acting);
                    let mut call = change.tenant.lock::<Call>(&of).await?.ok_or(AppError::NotFound("call"))?;
                    if patch.version.is_some_and(|version| version != call.version) {
                        return Err(AppError::Stale(Current::Call(Box::new(current))));
                    }
                    let before = call.clone();
                    parties(&change, &mut call, &patch).await?;
                    if let Some(resolution) = resolution {
                        resolution.as_str().clone_into(&mut call.ai_resolution);
                    }
                    if call == before {
                        return Ok(());
                    }
                    if let (Some(ticket), true) = (call.ticket_id.clone(), call.ticket_id != before.ticket_id) {
                        link(&change, &ticket, &call).await?;
                    }
                    let (from, to) = (Some(facts(&before)), Some(facts(&call)));
                    change.save_call(call, "call.updated").await?;
                    app.log_change(change.tenant, &acting.user_id, "call.changed", &of, from, to).await
                })
            })
            .await?;
        self.call(actor, id).await
    }

    /// Erases what was said in a call, with its recording; times, cost and counts stay.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `call_in_progress` while it lasts.
    pub async fn erase_call(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, acting, of) = (self.clone(), actor.clone(), id.to_owned());
        let recording = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let change = app.change(tx, &acting);
                    let mut call = change.tenant.lock::<Call>(&of).await?.ok_or(AppError::NotFound("call"))?;
                    if call.ended_at.is_none() {
                        let detail = "a call that lasts cannot be erased; hang up first".into();
                        return Err(AppError::Conflict("call_in_progress", detail));
                    }
                    call_records::erase(change.tenant, &call).await?;
                    call.transcript = None;
                    call.call_summary = None;
                    call.checkpoint = None;
                    call.ending = None;
                    call.from_number = String::new();
                    call.caller_phone = None;
                    call.erased_at = call.erased_at.or(Some(change.at));
                    let recording = call.recording_key.take();
                    change.save_call(call, "call.updated").await?;
                    app.log_change(change.tenant, &acting.user_id, "call.erased", &of, None, None).await?;
                    Ok::<_, AppError>(recording)
                })
            })
            .await?;
        // After the commit: a file without a row is swept up, a row without its file would be a lie.
        if let Some(key) = recording {
            self.storage.forget(&key).await;
        }
        Ok(())
    }
}

/// The lines of the transcripts that have most of the words.
async fn excerpts(
    tenant: Tenant<'_, Reader>,
    lines: &[Line],
    words: &str,
) -> Result<HashMap<String, String>, AppError> {
    let ids: Vec<String> = lines.iter().map(|line| line.id.clone()).collect();
    let texts = call_records::transcripts(tenant, &ids).await?;
    let found = texts.into_iter().filter_map(|(id, text)| {
        let line = excerpt(&text, words, EXCERPT_MAX)?;
        Some((id, line))
    });
    Ok(found.collect())
}

/// Checks that ticket, contact and organization are there and belong together; the contact decides the organization.
async fn parties(change: &crate::trail::Change<'_>, call: &mut Call, patch: &CallPatch) -> Result<(), AppError> {
    let mut faults = Faults::default();
    if let Some(id) = &patch.ticket_id {
        match id {
            Some(id) if change.tenant.get::<Ticket>(id).await?.is_none() => {
                faults.add("ticketId", "there is no such ticket");
            }
            id => call.ticket_id.clone_from(id),
        }
    }
    if let Some(id) = &patch.organization_id {
        match id {
            Some(id) if change.tenant.get::<Organization>(id).await?.is_none() => {
                faults.add("organizationId", "there is no such organization");
            }
            id => {
                call.organization_id.clone_from(id);
                if patch.contact_id.is_none() {
                    // Whoever called does not belong to another organization by this.
                    call.contact_id = None;
                }
            }
        }
    }
    if let Some(id) = &patch.contact_id {
        match id {
            None => call.contact_id = None,
            Some(id) => match change.tenant.get::<Contact>(id).await? {
                None => faults.add("contactId", "there is no such contact"),
                Some(contact) => match &patch.organization_id {
                    Some(Some(organization)) if *organization != contact.organization_id => {
                        faults.add("contactId", "the contact belongs to another organization");
                    }
                    _ => {
                        call.organization_id = Some(contact.organization_id);
                        call.contact_id = Some(contact.id);
                    }
                },
            },
        }
    }
    faults.into_result(()).map_err(AppError::Invalid)
}

/// What the audit log keeps of a call.
fn facts(call: &Call) -> Value {
    json!({
        "ticketId": call.ticket_id, "contactId": call.contact_id, "organizationId": call.organization_id,
        "aiResolution": call.ai_resolution,
    })
}
