//! Looking after calls whose node went away: a surviving node asks the carrier to ask again, and what nobody can go on with
//! gets its last state.

use patchcord_agents::{CarrierError, Instructions};
use patchcord_domain::call::{CallStatus, Ending};
use patchcord_domain::calling::is_over;
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::time::{HOUR, MINUTE, Millis, SECOND};
use patchcord_store::call_records;
use patchcord_store::rows::Call;
use patchcord_store::unscoped::calls as any_call;
use serde_json::{Value, json};

use super::admission::FORGOTTEN;
use super::wrapping_up;
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// Most calls that one round looks after.
const A_ROUND: u64 = 50;
/// How long the carrier may take to ask again before another node tries.
const RESCUE: Millis = 10 * SECOND;
/// How much longer than the longest call a node that went away may be tried to be replaced.
const LATE: Millis = 10 * MINUTE;
/// After so long without news of a talk with a person the carrier is asked whether it goes on.
const ASKED_AFTER: Millis = 10 * MINUTE;
/// The longest talk with a person that is waited for when the carrier says nothing: no carrier lets one last longer.
const TALK_MAX: Millis = 4 * HOUR;
/// Questions to the carrier and pages of calls in one round.
const QUESTIONS: u32 = 5;
const ROUNDS: usize = 20;

/// Why such a call has ended, as far as anybody knows.
const LOST: &str = "the node that held the call went away, and nobody went on with it";

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
                    let longest = app.calls.options.max_call_ms + LATE;
                    if !hung_up && change.at - call.answered_at.unwrap_or(call.started_at) > longest {
                        // The carrier was told again and again and never asked: there is nobody any more.
                        end_lost(&change, &mut call, CallStatus::Failed, last).await?;
                        change.save_call(call, "call.updated").await?;
                        return Ok(Rescue::Nothing);
                    }
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
        let (mut ended, mut questions, mut behind) = (0, QUESTIONS, None);
        for _ in 0..ROUNDS {
            let found = any_call::forgotten(self.store.reader(), now - FORGOTTEN, behind.as_ref(), A_ROUND).await?;
            for found in &found {
                let workspace = WorkspaceId::new(found.workspace_id.as_str());
                let Some(call): Option<Call> = self.store.tenant(&workspace).get(&found.id).await? else { continue };
                let ending: Option<Ending> = call.ending.clone().and_then(|value| serde_json::from_value(value).ok());
                let status = match (&ending, CallStatus::parse(&call.status)) {
                    (Some(Ending::Transferred { .. }), _) => {
                        match self.end_of_talk(&call, now, &mut questions).await? {
                            Some(status) => status,
                            None => continue,
                        }
                    }
                    (Some(Ending::CallerHungUp), _) => CallStatus::Completed,
                    (_, Some(CallStatus::Ringing)) => CallStatus::NoAnswer,
                    _ => CallStatus::Failed,
                };
                self.end_call_as(&workspace, &found.id, status).await?;
                ended += 1;
            }
            // Those that go on must not keep others from their end.
            match found.into_iter().nth(A_ROUND as usize - 1) {
                Some(last) => behind = Some(last),
                None => break,
            }
        }
        Ok(ended)
    }

    /// The last state of a call that a person took over and of which nothing was heard since; none while it may go on. The
    /// carrier tells when such a talk is over, if it tells anything, and is asked when it does not.
    async fn end_of_talk(&self, call: &Call, now: Millis, questions: &mut u32) -> Result<Option<CallStatus>, AppError> {
        let silence = now - call.updated_at;
        if silence < ASKED_AFTER {
            return Ok(None);
        }
        if let Some(carrier) = self.calls.carrier.clone().filter(|_| *questions > 0) {
            *questions -= 1;
            match carrier.status(&call.provider_call_sid).await {
                Ok(Some(status)) if is_over(status) => return Ok(Some(status)),
                Ok(Some(_)) => {
                    // That was news: it is asked again only after as long a silence.
                    self.talk_goes_on(call).await?;
                    return Ok(None);
                }
                Ok(None) => {}
                Err(CarrierError::Gone) => return Ok(Some(CallStatus::Completed)),
                Err(error) => {
                    *questions = 0;
                    tracing::warn!(%error, call_id = call.id, "the carrier does not say whether a call goes on");
                }
            }
        }
        Ok((silence >= TALK_MAX).then_some(CallStatus::Completed))
    }

    async fn talk_goes_on(&self, call: &Call) -> Result<(), AppError> {
        let (app, of, id) = (self.clone(), call.workspace(), call.id.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    if let Some(call) = change.tenant.lock::<Call>(&id).await?
                        && call.ended_at.is_none()
                    {
                        change.save_call(call, "").await?;
                    }
                    Ok(())
                })
            })
            .await
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
                    end_lost(&change, &mut call, status, at).await?;
                    change.save_call(call, "call.updated").await?;
                    Ok(())
                })
            })
            .await
    }
}

/// Ends a call whose conversation cannot say any more how it ended: it says so itself, and the last agent has left it.
async fn end_lost(change: &Change<'_>, call: &mut Call, status: CallStatus, at: Millis) -> Result<(), AppError> {
    let has_ending = |ending: &Value| serde_json::from_value::<Ending>(ending.clone()).is_ok();
    if status == CallStatus::Failed && !call.ending.as_ref().is_some_and(has_ending) {
        call.ending = Some(json!(Ending::Failed { reason: LOST.to_owned() }));
    }
    if let Some(mut stay) = call_records::last_interaction(change.tenant, &call.id).await?
        && stay.left_at.is_none()
    {
        stay.left_at = Some(at.max(stay.entered_at));
        stay.outcome = stay.outcome.take().or_else(|| Some("LOST".to_owned()));
        stay.updated_at = change.at;
        change.tenant.save(stay).await?;
    }
    wrapping_up::over(change, call, status, at).await
}
