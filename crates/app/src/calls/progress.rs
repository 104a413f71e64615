//! What the carrier tells of a call, in any order and more than once, and what a call does when its stream has ended.

use std::time::Duration;

use patchcord_domain::call::{AiResolution, CallStatus, Ending, Engine};
use patchcord_domain::calling::{after_callback, is_over, may_transfer_to};
use patchcord_domain::time::{Millis, SECOND};
use patchcord_store::Tx;
use patchcord_store::rows::Call;
use patchcord_store::unscoped::{self, calls as any_call};
use serde_json::json;

use super::{Menu, Stream, wrapping_up};
use crate::trail::{Change, Who};
use crate::workspace_settings::home_country;
use crate::{App, AppError};

/// How long the end of a conversation is waited for when the carrier is faster than we are.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(50);
/// A caller who hung up, and whose call the carrier says is there so soon after, did not hang up.
const MISTAKEN: Millis = 30 * SECOND;
/// A call that broke so often is given to a person.
const RESUMES_MAX: i64 = 6;

/// What becomes of a call, told by the carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Callback {
    /// The carrier's id of the call.
    pub sid: String,
    /// Where the call is.
    pub status: CallStatus,
    /// How long it was, at its end.
    pub seconds: Option<i64>,
    /// When it happened.
    pub at: Option<Millis>,
}

/// How the dialling of a person ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialResult {
    /// The person took over, and the talk is over by now.
    Talked,
    /// Nobody answered.
    Unanswered,
}

/// A person who is dialled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The number, in E.164.
    pub to: String,
    /// Which number the person sees.
    pub caller_id: String,
}

/// What a call does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It ends.
    HangUp,
    /// The conversation goes on.
    Stream(Stream),
    /// Nothing thinks here: the caller has a menu of keys.
    Menu(Menu),
    /// A person is dialled.
    Person(Transfer),
    /// The caller joins a room where a person waits.
    Room(String),
    /// The caller is told that nobody can help right now, and the call ends.
    Sorry,
}

impl App {
    /// Takes note of a status. Calls that are not known are not made known by that.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn call_progress(&self, told: Callback) -> Result<(), AppError> {
        let Some(known) = any_call::by_sid(self.store.reader(), &told.sid).await? else { return Ok(()) };
        let (app, of, id) = (self.clone(), known.workspace(), known.id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let Some(mut call) = change.tenant.lock::<Call>(&id).await? else { return Ok(()) };
                    let before = call.clone();
                    let present = CallStatus::parse(&call.status).unwrap_or(CallStatus::Ringing);
                    let next = after_callback(present, told.status);
                    if is_over(told.status) {
                        // The carrier's count is what it bills by.
                        call.duration_seconds = told.seconds.or(call.duration_seconds);
                    }
                    let is_held = call.owner_node.is_some() && call.lease_until.is_some_and(|until| until >= change.at);
                    if is_over(next) && call.ended_at.is_none() && is_held {
                        // Whoever holds it writes the end, with the last words; when nobody does, it is known by this.
                        call.ending = call.ending.or_else(|| Some(json!(Ending::CallerHungUp)));
                    } else if is_over(next) && call.ended_at.is_none() {
                        if call.ending.is_none() && call.answered_at.is_some() {
                            call.ending = Some(json!(Ending::CallerHungUp));
                        }
                        let at = told.at.unwrap_or(change.at).min(change.at);
                        wrapping_up::over(&change, &mut call, next, at).await?;
                    } else if !is_over(next) && next != present && call.owner_node.is_none() {
                        next.as_str().clone_into(&mut call.status);
                    }
                    if call != before {
                        change.save_call(call, if before.ended_at.is_some() { "" } else { "call.updated" }).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// What a call does next, now that its stream has ended or the carrier was told to ask; `is_live` says whether the carrier
    /// still has the caller.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn call_action(&self, sid: &str, is_live: bool) -> Result<Next, AppError> {
        let began = tokio::time::Instant::now();
        let mut call = match any_call::by_sid(self.store.reader(), sid).await? {
            Some(call) => call,
            None => return Ok(Next::HangUp),
        };
        // The end of a conversation is on its way to the database while the carrier asks already.
        while call.ended_at.is_none()
            && call.ending.is_none()
            && self.may_be_writing(&call)
            && began.elapsed() < PATIENCE
        {
            tokio::time::sleep(LOOK).await;
            if let Some(again) = any_call::by_sid(self.store.reader(), sid).await? {
                call = again;
            }
        }
        let next = self.next_of(call, is_live).await?;
        match next {
            Then::Stream(call) => self.go_on(&call).await,
            Then::Now(next) => Ok(next),
        }
    }

    /// The conversation goes on, or the menu begins again.
    async fn go_on(&self, call: &Call) -> Result<Next, AppError> {
        if self.calls.options.has_model {
            return self.resume_call(call).await.map(Next::Stream);
        }
        let workspace = call.workspace();
        self.menu_begins(self.store.tenant(&workspace), None).await.map(Next::Menu)
    }

    /// Whether a node that holds the call may still write its end; a node that has gone will not.
    fn may_be_writing(&self, call: &Call) -> bool {
        call.owner_node.is_some() && call.lease_until.is_some_and(|until| until >= self.clock.now())
    }

    async fn next_of(&self, call: Call, is_live: bool) -> Result<Then, AppError> {
        let (app, of, id) = (self.clone(), call.workspace(), call.id);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let Some(mut call) = change.tenant.lock::<Call>(&id).await? else {
                        return Ok(Then::Now(Next::HangUp));
                    };
                    let ending: Option<Ending> =
                        call.ending.clone().and_then(|value| serde_json::from_value(value).ok());
                    if let Some(ended_at) = call.ended_at {
                        let mistaken = is_live
                            && ending == Some(Ending::CallerHungUp)
                            && change.at - ended_at < MISTAKEN
                            && call.provider != "BROWSER";
                        if !mistaken {
                            return Ok(Then::Now(Next::HangUp));
                        }
                        call.ended_at = None;
                        call.duration_seconds = None;
                        AiResolution::Unknown.as_str().clone_into(&mut call.ai_resolution);
                    }
                    if let Some(room) = call.ending.as_ref().and_then(|ending| ending["room"].as_str()) {
                        return Ok(Then::Now(Next::Room(room.to_owned())));
                    }
                    if let Some(Ending::Transferred { to, .. }) = &ending {
                        let next = app.dial(&change, &call, to).await?;
                        return Ok(Then::Now(next));
                    }
                    let failed = matches!(ending, Some(Ending::Failed { .. }));
                    let was_realtime = call.engine == Engine::Realtime.as_str();
                    if call.resume_count >= RESUMES_MAX || (failed && !was_realtime) {
                        return Ok(Then::Now(app.give_to_person(tx, &change, call).await?));
                    }
                    if failed {
                        // The model that speaks is away: the carrier speaks and another model thinks.
                        Engine::Relay.as_str().clone_into(&mut call.engine);
                    }
                    // Whoever held it has lost it by this.
                    call.owner_node = None;
                    call.lease_until = None;
                    CallStatus::Interrupted.as_str().clone_into(&mut call.status);
                    call.ending = None;
                    Ok(Then::Stream(Box::new(change.save_call(call, "call.updated").await?)))
                })
            })
            .await
    }

    /// How the dialling of a person ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dial_result(&self, sid: &str, result: DialResult) -> Result<Next, AppError> {
        let Some(known) = any_call::by_sid(self.store.reader(), sid).await? else { return Ok(Next::HangUp) };
        let (app, of, id) = (self.clone(), known.workspace(), known.id);
        let then: Then = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let Some(mut call) = change.tenant.lock::<Call>(&id).await? else {
                        return Ok::<_, AppError>(Then::Now(Next::HangUp));
                    };
                    if call.ended_at.is_some() {
                        return Ok(Then::Now(Next::HangUp));
                    }
                    if result == DialResult::Talked {
                        wrapping_up::over(&change, &mut call, CallStatus::Completed, change.at).await?;
                        change.save_call(call, "call.updated").await?;
                        return Ok(Then::Now(Next::HangUp));
                    }
                    if call.checkpoint.is_none() {
                        // There was no conversation that could go on: it was put through because nothing else was possible.
                        wrapping_up::over(&change, &mut call, CallStatus::NoAnswer, change.at).await?;
                        change.save_call(call, "call.updated").await?;
                        return Ok(Then::Now(Next::Sorry));
                    }
                    CallStatus::Interrupted.as_str().clone_into(&mut call.status);
                    call.ending = Some(json!({"notice": super::transferring::NOBODY_ANSWERED}));
                    Ok(Then::Stream(Box::new(change.save_call(call, "call.updated").await?)))
                })
            })
            .await?;
        match then {
            Then::Stream(call) => self.go_on(&call).await,
            Then::Now(next) => Ok(next),
        }
    }

    /// Dials a person, unless the number is one that must not be dialled.
    async fn dial(&self, change: &Change<'_>, call: &Call, to: &str) -> Result<Next, AppError> {
        let workspace = patchcord_store::workspaces::own(change.tenant).await?;
        let own = workspace.as_ref().and_then(home_country);
        let operators = self.calls.options.human_number.as_deref() == Some(to);
        if operators || may_transfer_to(to, &self.calls.options.transfer_prefixes, own) {
            return Ok(Next::Person(Transfer { to: to.to_owned(), caller_id: call.to_number.clone() }));
        }
        tracing::warn!(call_id = call.id, "a call was not put through: TRANSFER_ALLOWED_PREFIXES does not allow it");
        Ok(Next::Sorry)
    }

    /// A conversation that cannot go on ends with a person, or with an apology.
    async fn give_to_person(&self, tx: &Tx, change: &Change<'_>, mut call: Call) -> Result<Next, AppError> {
        let number = unscoped::phone_numbers::taking_calls(tx, &call.to_number).await?;
        let row = patchcord_store::workspaces::own(change.tenant).await?.ok_or(AppError::NotFound("workspace"))?;
        let settings = self.read_settings(row)?;
        let Some(to) = self.person_for(number.as_ref(), &settings) else {
            wrapping_up::over(change, &mut call, CallStatus::Failed, change.at).await?;
            change.save_call(call, "call.updated").await?;
            return Ok(Next::Sorry);
        };
        call.was_escalated = true;
        AiResolution::Escalated.as_str().clone_into(&mut call.ai_resolution);
        call.owner_node = None;
        call.lease_until = None;
        call.ending = Some(json!(Ending::Transferred { to: to.clone(), summary: String::new() }));
        let call = change.save_call(call, "call.updated").await?;
        self.dial(change, &call, &to).await
    }
}

enum Then {
    Stream(Box<Call>),
    Now(Next),
}
