//! Looking after calls whose node went away: a surviving node asks the carrier to ask again, and what nobody can go on with
//! gets its last state.

use patchcord_agents::{CarrierError, Instructions};
use patchcord_domain::call::{CallStatus, Ending};
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::time::{HOUR, Millis, SECOND};
use patchcord_store::rows::Call;
use patchcord_store::unscoped::calls as any_call;
use serde_json::json;

use super::admission::FORGOTTEN;
use super::wrapping_up;
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// Most calls that one round looks after.
const A_ROUND: u64 = 50;
/// How long the carrier may take to ask again before another node tries.
const RESCUE: Millis = 10 * SECOND;
/// The longest talk with a person that is waited for.
const TALK_MAX: Millis = 4 * HOUR;

/// What must be done outside the transaction.
enum Rescue {
    Nothing,
    /// The live call shall ask `/twilio/action`.
    Redirect(String),
}

impl App {
    /// Looks after calls whose lease ran out; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_over_calls(&self) -> Result<usize, AppError> {
        let found = any_call::expired(self.store.reader(), self.clock.now(), A_ROUND).await?;
        let mut taken = 0;
        for call in found {
            let workspace = WorkspaceId::new(call.workspace_id);
            if let Rescue::Redirect(sid) = self.rescue(&workspace, &call.id).await? {
                taken += 1;
                self.redirect_call(&workspace, &call.id, &sid).await?;
            }
        }
        Ok(taken)
    }

    /// Takes a call from a node that is gone, for as long as the carrier may need to ask again.
    async fn rescue(&self, workspace: &WorkspaceId, id: &str) -> Result<Rescue, AppError> {
        let (app, of, id) = (self.clone(), workspace.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let Some(mut call) = change.tenant.lock::<Call>(&id).await? else { return Ok(Rescue::Nothing) };
                    // Its node was heard of, or somebody was faster.
                    if call.ended_at.is_some() || call.lease_until.is_none_or(|until| until >= change.at) {
                        return Ok(Rescue::Nothing);
                    }
                    // It is held here: the next heartbeat says so.
                    let own =
                        app.calls.sessions.get(&call.id).is_some_and(|session| session.epoch == call.resume_count);
                    if own && call.owner_node.as_deref() == Some(app.calls.instance.as_str()) {
                        return Ok(Rescue::Nothing);
                    }
                    let last = call.last_turn_at.or(call.answered_at).unwrap_or(call.started_at);
                    let hung_up = call.ending.as_ref().is_some_and(|ending| *ending == json!(Ending::CallerHungUp));
                    if hung_up || call.provider == "BROWSER" || app.calls.carrier.is_none() {
                        if hung_up || call.provider == "BROWSER" {
                            call.ending = call.ending.or_else(|| Some(json!(Ending::CallerHungUp)));
                            wrapping_up::over(&change, &mut call, CallStatus::Completed, last).await?;
                        } else {
                            // Nobody can be told to ask again; the carrier may do so by itself.
                            call.owner_node = None;
                            call.lease_until = None;
                            CallStatus::Interrupted.as_str().clone_into(&mut call.status);
                        }
                        change.save_call(call, "call.updated").await?;
                        return Ok(Rescue::Nothing);
                    }
                    CallStatus::Interrupted.as_str().clone_into(&mut call.status);
                    call.owner_node = Some(format!("{} rescues", app.calls.instance));
                    call.lease_until = Some(change.at + RESCUE);
                    let call = change.save_call(call, "call.updated").await?;
                    Ok(Rescue::Redirect(call.provider_call_sid))
                })
            })
            .await
    }

    async fn redirect_call(&self, workspace: &WorkspaceId, id: &str, sid: &str) -> Result<(), AppError> {
        let Some(carrier) = self.calls.carrier.clone() else { return Ok(()) };
        let address = format!("{}/twilio/action", self.options.public_url);
        match carrier.redirect(sid, &Instructions::Address(address)).await {
            Ok(()) => tracing::info!(call_id = id, "a call of a node that went away goes on"),
            Err(CarrierError::Gone) => self.end_call_as(workspace, id, CallStatus::Completed).await?,
            Err(error) => {
                // The next round after the lease tries again.
                tracing::warn!(%error, call_id = id, "a call of a node that went away cannot be redirected");
            }
        }
        Ok(())
    }

    /// Gives calls their last state that nobody holds and nobody will go on with; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_forgotten_calls(&self) -> Result<usize, AppError> {
        let now = self.clock.now();
        let found = any_call::forgotten(self.store.reader(), now - FORGOTTEN, A_ROUND).await?;
        let mut ended = 0;
        for found in found {
            let workspace = WorkspaceId::new(found.workspace_id);
            let Some(call): Option<Call> = self.store.tenant(&workspace).get(&found.id).await? else { continue };
            let ending: Option<Ending> = call.ending.clone().and_then(|value| serde_json::from_value(value).ok());
            let status = match (&ending, CallStatus::parse(&call.status)) {
                // A person talks; the carrier tells when that is over, if it tells anything.
                (Some(Ending::Transferred { .. }), _) if now - call.updated_at < TALK_MAX => continue,
                (Some(Ending::Transferred { .. } | Ending::CallerHungUp), _) => CallStatus::Completed,
                (_, Some(CallStatus::Ringing)) => CallStatus::NoAnswer,
                _ => CallStatus::Failed,
            };
            self.end_call_as(&workspace, &found.id, status).await?;
            ended += 1;
        }
        Ok(ended)
    }

    /// Ends a call that nobody holds.
    pub(crate) async fn end_call_as(
        &self,
        workspace: &WorkspaceId,
        id: &str,
        status: CallStatus,
    ) -> Result<(), AppError> {
        let (app, of, id) = (self.clone(), workspace.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let Some(mut call) = change.tenant.lock::<Call>(&id).await? else { return Ok(()) };
                    let is_held = call.owner_node.as_deref() == Some(app.calls.instance.as_str());
                    if call.ended_at.is_some() || is_held {
                        return Ok(());
                    }
                    let at = call.last_turn_at.or(call.answered_at).unwrap_or(call.started_at);
                    wrapping_up::over(&change, &mut call, status, at).await?;
                    change.save_call(call, "call.updated").await?;
                    Ok(())
                })
            })
            .await
    }
}
