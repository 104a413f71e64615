//! Holding a call: the one-time token, the lease that one heartbeat a second keeps, and what a conversation is given.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::hmac;
use patchcord_agents::{Input, Tools};
use patchcord_domain::audit::hex;
use patchcord_domain::call::{CallEvent, CallStatus, Engine, Provider};
use patchcord_domain::time::Millis;
use patchcord_store::rows::Call;
use patchcord_store::unscoped::calls as any_call;
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::recorder::Recorder;
use super::sessions::Session;
use super::{Caller, LEASE};
use crate::call_tools::DeskTools;
use crate::passwords::token_hash;
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// Events that wait for the recorder before a conversation has to wait for it.
const EVENTS: usize = 512;
/// What an operator may want before the conversation has heard it.
const WISHES: usize = 16;
/// How often a node says that it holds its calls.
const BEAT: Duration = Duration::from_secs(1);

/// A stream that showed a good token.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The call as it was before.
    pub(crate) call: Call,
}

impl Opened {
    /// The id of the call.
    pub fn call_id(&self) -> &str {
        &self.call.id
    }

    /// The engine that the call was let in for.
    pub fn engine(&self) -> Engine {
        Engine::parse(&self.call.engine).unwrap_or(Engine::Relay)
    }

    /// The carrier's id of the call.
    pub fn sid(&self) -> &str {
        &self.call.provider_call_sid
    }
}

/// A call that this node holds now: what its conversation is made of.
pub struct Taken {
    /// Id of the call.
    pub call_id: String,
    /// Its tools, on the desk's own data.
    pub tools: Arc<dyn Tools>,
    /// Where it tells what happens; whatever comes is written at once.
    pub recorder: mpsc::Sender<CallEvent>,
    /// What operators want of it.
    pub operator: mpsc::Receiver<Input>,
    /// What it goes on from, when it was held before.
    pub resume: Option<Value>,
    /// When it was answered first; now, when it never was.
    pub answered_at: Millis,
    /// The caller's number in E.164.
    pub caller: Option<String>,
    /// It comes from the simulated carrier, whose time may pass faster.
    pub is_simulated: bool,
}

impl App {
    /// Looks at the token of a stream, which is used up by that.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when it is unknown, used, too old, or of another call than the stream's.
    pub async fn open_stream(&self, token: &str, sid: Option<&str>) -> Result<Opened, AppError> {
        const BAD: AppError = AppError::Unauthenticated("bad_token", "the stream's token is not a good one");
        let (hashed, now) = (token_hash(token), self.clock.now());
        let opened = self
            .store
            .write_soon(move |tx| Box::pin(async move { any_call::use_token(tx, &hashed, now).await }))
            .await
            .map_err(AppError::from)?
            .ok_or(BAD)?;
        let workspace = patchcord_domain::id::WorkspaceId::new(opened.workspace_id);
        let call: Call = self.store.tenant(&workspace).get(&opened.call_id).await?.ok_or(BAD)?;
        if sid.is_some_and(|sid| sid != call.provider_call_sid) || call.ended_at.is_some() {
            return Err(BAD);
        }
        Ok(Opened { call })
    }

    /// Takes a call for this node: whoever held it before has lost it.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `call_ended` when it is over by now.
    pub async fn take_call(&self, opened: Opened, engine: Engine) -> Result<Taken, AppError> {
        let (app, id, of) = (self.clone(), opened.call.id.clone(), opened.call.workspace());
        let (call, caller, notice) = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let mut call = change.tenant.lock::<Call>(&id).await?.ok_or(AppError::NotFound("call"))?;
                    if call.ended_at.is_some() {
                        return Err(AppError::Conflict("call_ended", "this call is over".into()));
                    }
                    call.resume_count += i64::from(call.answered_at.is_some());
                    call.owner_node = Some(app.calls.instance.clone());
                    call.lease_until = Some(change.at + LEASE);
                    CallStatus::InProgress.as_str().clone_into(&mut call.status);
                    engine.as_str().clone_into(&mut call.engine);
                    call.answered_at = call.answered_at.or(Some(change.at));
                    let notice = call.ending.take().and_then(|ending| ending["notice"].as_str().map(str::to_owned));
                    let call = change.save_call(call, "call.updated").await?;
                    let caller = Caller::of(&app, change.tenant, &call).await?;
                    Ok::<_, AppError>((call, caller, notice))
                })
            })
            .await?;
        let (recorder, events) = mpsc::channel(EVENTS);
        let (wishes, operator) = mpsc::channel(WISHES);
        let session = Session { workspace_id: call.workspace(), epoch: call.resume_count, operator: wishes.clone() };
        self.calls.sessions.add(&call.id, session);
        if let Some(notice) = notice {
            // There is room: nothing else was sent before.
            let _ = wishes.try_send(Input::Whisper(notice));
        }
        let tools = DeskTools::new(self.clone(), &call, caller);
        let recording = Recorder::new(self.clone(), &call, wishes);
        self.background.spawn(recording.run(events));
        Ok(Taken {
            call_id: call.id.clone(),
            tools: Arc::new(tools),
            recorder,
            operator,
            resume: call.checkpoint.clone().filter(|_| call.turn_count > 0),
            answered_at: call.answered_at.unwrap_or(call.started_at),
            caller: call.caller_phone,
            is_simulated: call.provider == Provider::Simulator.as_str(),
        })
    }

    /// Stands for a caller with the vendor of a model, who learns nothing else by it.
    pub fn caller_digest(&self, caller: &str) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.keys.callers);
        hex(hmac::sign(&key, caller.as_bytes()).as_ref())
    }

    /// Says once a second that this node holds its calls, and looks after calls whose node went away, until the token is
    /// cancelled.
    pub fn start_calls(&self, tasks: &TaskTracker, stop: &CancellationToken) {
        let (keeper, watcher, closer) = (self.clone(), self.clone(), self.clone());
        let (stop_keeping, stop_watching, stop_closing) = (stop.clone(), stop.clone(), stop.clone());
        tasks.spawn(async move { stop_keeping.run_until_cancelled(keeper.keep_leases()).await });
        tasks.spawn(async move { stop_watching.run_until_cancelled(watcher.watch_calls()).await });
        tasks.spawn(async move { stop_closing.run_until_cancelled(closer.close_calls()).await });
    }

    async fn keep_leases(self) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            if self.calls.sessions.count() == 0 {
                continue;
            }
            let (node, until) = (self.calls.instance.clone(), self.clock.now() + LEASE);
            let kept =
                self.store.write(move |tx| Box::pin(async move { any_call::extend_leases(tx, &node, until).await }));
            if let Err(error) = kept.await {
                tracing::warn!(%error, "the leases of calls cannot be kept; trying again");
            }
        }
    }

    async fn watch_calls(self) {
        let mut beat = tokio::time::interval(BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            if let Err(error) = self.take_over_calls().await {
                tracing::warn!(%error, "calls of other nodes cannot be looked after; trying again");
            }
        }
    }

    /// What nobody holds is seldom, nothing waits for it, and the carrier may be slow to say what became of it.
    async fn close_calls(self) {
        let mut beat = tokio::time::interval(10 * BEAT);
        beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            beat.tick().await;
            if let Err(error) = self.end_forgotten_calls().await {
                tracing::warn!(%error, "forgotten calls cannot be ended; trying again");
            }
        }
    }
}
