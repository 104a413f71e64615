//! Warm transfers: a person hears what it is about and accepts, while the agent stays with the caller.

use patchcord_agents::Instructions;
use patchcord_domain::call::{AiResolution, Ending};
use patchcord_store::call_records;
use patchcord_store::rows::Call;
use patchcord_store::unscoped::calls as any_call;
use serde_json::json;

use crate::trail::{Change, Who};
use crate::{App, AppError};

/// What an agent is told when the person who was dialled did not answer.
pub(crate) const NOBODY_ANSWERED: &str = "The person who was called did not answer. Tell the caller so, say that somebody \
     will call back, and make sure with schedule_callback that the call-back is noted.";

/// What a person hears first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whisper {
    /// The words.
    pub words: String,
}

/// What an answer of the person led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answered {
    /// The person and the caller meet in this room.
    Room(String),
    /// The caller is gone, or the person declined.
    Nothing,
}

impl App {
    /// What a person hears before a call is put through; none when there is no such call any more.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn whisper_to_person(&self, sid: &str) -> Result<Option<Whisper>, AppError> {
        let Some(call) = any_call::by_sid(self.store.reader(), sid).await? else { return Ok(None) };
        if call.ended_at.is_some() {
            return Ok(None);
        }
        let ending: Option<Ending> = call.ending.clone().and_then(|value| serde_json::from_value(value).ok());
        if let Some(Ending::Transferred { summary, .. }) = ending
            && !summary.is_empty()
        {
            return Ok(Some(Whisper { words: summary }));
        }
        let of = call.workspace();
        let tenant = self.store.tenant(&of);
        let turns = call_records::newest_turns(tenant, &call.id, 20).await?;
        Ok(Some(Whisper { words: self.summary_for_person(tenant, &call, None, &turns).await? }))
    }

    /// A person who was called accepted a warm transfer: the caller leaves the conversation and joins the person.
    ///
    /// # Errors
    /// When the database or the carrier fails.
    pub async fn accept_transfer(&self, sid: &str, person: &str) -> Result<Answered, AppError> {
        let Some(known) = any_call::by_sid(self.store.reader(), sid).await? else { return Ok(Answered::Nothing) };
        let Some(carrier) = self.calls.carrier.clone() else { return Ok(Answered::Nothing) };
        let (app, of, id, to) = (self.clone(), known.workspace(), known.id, person.to_owned());
        let room = format!("call-{id}");
        let named = room.clone();
        let done: bool = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let Some(mut call) = change.tenant.lock::<Call>(&id).await? else { return Ok(false) };
                    if call.ended_at.is_some() {
                        return Ok(false);
                    }
                    // From now on the conversation has lost its call: what it says of its end is not written.
                    call.owner_node = None;
                    call.lease_until = None;
                    call.was_escalated = true;
                    AiResolution::Escalated.as_str().clone_into(&mut call.ai_resolution);
                    let mut ending = json!(Ending::Transferred { to, summary: String::new() });
                    ending["room"] = json!(named);
                    call.ending = Some(ending);
                    if let Some(mut stay) = call_records::last_interaction(change.tenant, &call.id).await? {
                        stay.left_at = stay.left_at.or(Some(change.at));
                        stay.outcome = Some("TRANSFERRED".to_owned());
                        stay.updated_at = change.at;
                        change.tenant.save(stay).await?;
                    }
                    change.save_call(call, "call.updated").await?;
                    Ok::<_, AppError>(true)
                })
            })
            .await?;
        if !done {
            return Ok(Answered::Nothing);
        }
        let address = format!("{}/twilio/action", self.options.public_url);
        match carrier.redirect(sid, &Instructions::Address(address)).await {
            Ok(()) => Ok(Answered::Room(room)),
            Err(error) => {
                tracing::warn!(%error, "a caller could not be brought to the person who accepted");
                Ok(Answered::Nothing)
            }
        }
    }
}
