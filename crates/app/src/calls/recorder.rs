//! Writing what happens in a call, at once and behind the fence of its lease. Words that are still being spoken are handed
//! out and never stored.

use std::time::Duration;

use patchcord_agents::Input;
use patchcord_domain::call::{AiResolution, CallEvent, CallStatus, Ending, Line, Speaker, ToolRun, Turn};
use patchcord_domain::calling::{Follows, follows};
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::text::{head, tail};
use patchcord_domain::time::Millis;
use patchcord_store::rows::{Call, CallTurn, Interaction, UsageLog};
use patchcord_store::{Tenant, Tx, call_records};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::wrapping_up;
use crate::passing::{Passing, Words};
use crate::trail::{Change, Who};
use crate::{App, AppError};

/// The name of events about words that are still being spoken.
pub(crate) const PARTIAL: &str = "call.partial";
/// Most events that are written in one transaction.
const BATCH: usize = 64;
/// Words of one call are handed out at most four times a second.
const PAUSE: Duration = Duration::from_millis(250);
/// Longest text of a turn, in characters.
const TEXT_MAX: usize = 8_000;
/// Most characters of words that are still being spoken that are handed out.
const RUNNING_MAX: usize = 2_000;
/// Most runs of tools that one stay keeps.
const RUNS_MAX: usize = 200;
/// Between two tries to write when the database is away.
const AGAIN: [u64; 5] = [100, 250, 500, 1_000, 2_000];
/// After so many tries what could not be written is given up.
const TRIES: usize = 120;

/// Writes the events of one conversation.
pub(crate) struct Recorder {
    app: App,
    workspace_id: WorkspaceId,
    call_id: String,
    epoch: i64,
    /// To tell the conversation that it lost its call.
    operator: mpsc::Sender<Input>,
    /// What the line had counted before this conversation.
    before: Line,
    handed_out: Option<Instant>,
    has_ended: bool,
}

impl Recorder {
    pub(crate) fn new(app: App, call: &Call, operator: mpsc::Sender<Input>) -> Self {
        let small = |number: i64| u32::try_from(number).unwrap_or(0);
        Self {
            app,
            workspace_id: call.workspace(),
            call_id: call.id.clone(),
            epoch: call.resume_count,
            operator,
            before: Line {
                interruptions: small(call.interruptions),
                frames_late: small(call.frames_late),
                frames_lost: small(call.frames_lost),
                bridge_added_ms: small(call.bridge_added_ms.unwrap_or(0)),
            },
            handed_out: None,
            has_ended: false,
        }
    }

    /// Writes until the conversation lets its end of the channel go.
    pub(crate) async fn run(mut self, mut events: mpsc::Receiver<CallEvent>) {
        let mut waiting = Vec::with_capacity(BATCH);
        while events.recv_many(&mut waiting, BATCH).await > 0 {
            let mut batch = Vec::with_capacity(waiting.len());
            for event in waiting.drain(..) {
                match event {
                    CallEvent::Partial { speaker, agent, text } => self.hand_out(speaker, agent.as_deref(), &text),
                    event => batch.push(event),
                }
            }
            if !batch.is_empty() && !self.keep(batch).await {
                break;
            }
        }
        if !self.has_ended {
            // It broke without a word: whoever finds it may go on with it.
            let ending = Ending::Moved;
            self.keep(vec![CallEvent::Ended { at: self.app.clock.now(), ending, resolution: None }]).await;
        }
        self.app.calls.sessions.remove(&self.call_id, self.epoch);
    }

    /// Writes, however long the database is away; says whether the call is still this conversation's.
    async fn keep(&mut self, batch: Vec<CallEvent>) -> bool {
        self.has_ended |= batch.iter().any(|event| matches!(event, CallEvent::Ended { .. }));
        // Before the write, so that no other one has to wait for it.
        let batch: Vec<Ready> = batch.into_iter().map(|event| Ready::of(&self.app, event)).collect();
        for attempt in 0..TRIES {
            match self.write(batch.clone()).await {
                Ok(true) => return true,
                Ok(false) => {
                    let _ = self.operator.try_send(Input::End(Ending::Moved));
                    self.has_ended = true;
                    return false;
                }
                Err(AppError::Unavailable(error)) => {
                    tracing::warn!(error, call_id = self.call_id, "a call cannot be written right now; trying again");
                    let pause = AGAIN[attempt.min(AGAIN.len() - 1)];
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                }
                Err(error) => {
                    tracing::error!(%error, call_id = self.call_id, "something of a call could not be written");
                    return true;
                }
            }
        }
        true
    }

    async fn write(&self, batch: Vec<Ready>) -> Result<bool, AppError> {
        let (app, of, id) = (self.app.clone(), self.workspace_id.clone(), self.call_id.clone());
        let (epoch, before) = (self.epoch, self.before);
        self.app
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let change = Change { app: &app, tenant: tx.tenant(&of), who: Who::System, at: app.clock.now() };
                    let mut call = change.tenant.lock::<Call>(&id).await?.ok_or(AppError::NotFound("call"))?;
                    let is_ours = call.owner_node.as_deref() == Some(app.calls.instance.as_str());
                    if !is_ours || call.resume_count != epoch {
                        return Ok(false);
                    }
                    let mut stay = call_records::last_interaction(change.tenant, &call.id).await?;
                    let mut writing = Writing { change, call: &mut call, stay: &mut stay, kept: Kept::AsItIs, before };
                    for event in batch {
                        writing.event(event).await?;
                    }
                    writing.keep_stay().await?;
                    let Writing { change, .. } = writing;
                    change.save_call(call, "").await?;
                    Ok(true)
                })
            })
            .await
    }

    fn hand_out(&mut self, speaker: Speaker, agent: Option<&str>, text: &str) {
        if self.handed_out.is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        self.handed_out = Some(Instant::now());
        // The end, which is what goes on; secrets are looked for in the whole, for a part of one would not be known.
        let text = self.app.redactor.text(head(text, TEXT_MAX)).into_inner();
        let text = tail(&text, RUNNING_MAX);
        let words = Words {
            workspace_id: self.workspace_id.as_str().to_owned(),
            r#type: PARTIAL.to_owned(),
            topic: "calls".to_owned(),
            subject_id: self.call_id.clone(),
            data: json!({
                "callId": self.call_id, "speaker": speaker.as_str(), "agent": agent, "text": text,
                "provisional": true,
            }),
            at: self.app.clock.now(),
        };
        self.app.pass_on(&self.call_id, &Passing::Words(words.clone()));
        self.app.live.hand_out(words.into());
    }
}

/// Writes what happened in a call of the past, each thing at its time; for the demonstration.
pub(crate) async fn replay(
    app: &App,
    tenant: Tenant<'_, Tx>,
    call: &mut Call,
    events: Vec<(Millis, CallEvent)>,
) -> Result<(), AppError> {
    let mut stay = None;
    for (at, event) in events {
        let change = Change { app, tenant, who: Who::System, at };
        let mut writing =
            Writing { change, call: &mut *call, stay: &mut stay, kept: Kept::AsItIs, before: Line::default() };
        writing.event(Ready::of(app, event)).await?;
        writing.keep_stay().await?;
    }
    Ok(())
}

/// An event whose words were looked at: how content they are, and what of them may be kept.
#[derive(Clone)]
struct Ready {
    event: CallEvent,
    score: Option<i64>,
}

impl Ready {
    fn of(app: &App, mut event: CallEvent) -> Self {
        let mut score = None;
        if let CallEvent::Turn(turn) = &mut event {
            score = (turn.speaker == Speaker::Caller).then(|| wrapping_up::score(app, &turn.text));
            turn.text = app.redactor.text(head(&turn.text, TEXT_MAX)).into_inner();
        }
        Self { event, score }
    }
}

/// What the database knows of a stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Everything.
    AsItIs,
    /// An earlier state of it.
    Before,
    /// Nothing.
    New,
}

/// One transaction of a call.
struct Writing<'w, 't> {
    change: Change<'t>,
    call: &'w mut Call,
    /// The stay that the call is in.
    stay: &'w mut Option<Interaction>,
    kept: Kept,
    before: Line,
}

impl Writing<'_, '_> {
    async fn event(&mut self, ready: Ready) -> Result<(), AppError> {
        match ready.event {
            CallEvent::Answered { at, engine, model } => {
                self.call.answered_at = self.call.answered_at.or(Some(at));
                engine.as_str().clone_into(&mut self.call.engine);
                self.call.model = Some(model);
                self.publish("call.updated", json!({})).await
            }
            CallEvent::Partial { .. } => Ok(()),
            CallEvent::Turn(turn) => self.turn(turn, ready.score).await,
            CallEvent::AgentChanged { at, from, to, reason } => self.agent_changed(at, from, to, &reason).await,
            CallEvent::ToolRan(run) => {
                self.tool_ran(&run);
                Ok(())
            }
            CallEvent::Used { provider, model, purpose, usage, latency_ms, error } => {
                let app = self.change.app;
                let log = UsageLog {
                    workspace_id: self.call.workspace_id.clone(),
                    id: app.id(),
                    call_id: Some(self.call.id.clone()),
                    suggestion_id: None,
                    input_tokens: i64::from(usage.input_tokens),
                    cached_input_tokens: i64::from(usage.cached_input_tokens),
                    output_tokens: i64::from(usage.output_tokens),
                    audio_input_tokens: i64::from(usage.audio_input_tokens),
                    audio_output_tokens: i64::from(usage.audio_output_tokens),
                    cost_usd: app.prices.spoken_microusd(&model, &usage).unwrap_or(0),
                    latency_ms,
                    error: error.map(|error| error.chars().take(200).collect()),
                    provider,
                    model,
                    purpose,
                    created_at: self.change.at,
                };
                let provider = if log.provider == "builtin" { "builtin" } else { "openai" };
                app.meters.model_call(provider, log.error.as_ref().map(|_| "call"), latency_ms);
                Ok(self.change.tenant.add_later(log).await?)
            }
            CallEvent::FirstSound { ms } => {
                self.call.first_sound_ms = self.call.first_sound_ms.or(Some(ms));
                Ok(())
            }
            CallEvent::Line(line) => {
                let sum = |before: u32, now: u32| i64::from(before) + i64::from(now);
                self.call.interruptions = sum(self.before.interruptions, line.interruptions);
                self.call.frames_late = sum(self.before.frames_late, line.frames_late);
                self.call.frames_lost = sum(self.before.frames_lost, line.frames_lost);
                self.call.bridge_added_ms = Some(i64::from(self.before.bridge_added_ms.max(line.bridge_added_ms)));
                Ok(())
            }
            CallEvent::Checkpoint(checkpoint) => {
                self.call.checkpoint = Some(checkpoint);
                Ok(())
            }
            CallEvent::Ended { at, ending, resolution } => self.ended(at, &ending, resolution).await,
        }
    }

    /// The stay that is changed from now on.
    fn stay(&mut self) -> Option<&mut Interaction> {
        let stay = self.stay.as_mut()?;
        if self.kept == Kept::AsItIs {
            self.kept = Kept::Before;
        }
        Some(stay)
    }

    async fn turn(&mut self, turn: Turn, score: Option<i64>) -> Result<(), AppError> {
        self.call.turn_count += 1;
        self.call.last_turn_at = Some(self.change.at);
        if let Some(score) = score.filter(|score| *score != 0) {
            // The newest words count most; what is found out afterwards replaces it.
            self.call.sentiment = Some(if score > 0 { "positive" } else { "negative" }.to_owned());
        } else if score.is_some() && self.call.sentiment.is_none() {
            self.call.sentiment = Some("neutral".to_owned());
        }
        if turn.speaker != Speaker::Tool
            && let Some(stay) = self.stay()
        {
            stay.turns += 1;
        }
        let row = CallTurn {
            workspace_id: self.call.workspace_id.clone(),
            id: self.change.app.id(),
            call_id: self.call.id.clone(),
            seq: self.call.turn_count,
            speaker: turn.speaker.as_str().to_owned(),
            agent: turn.agent,
            text: turn.text,
            started_ms: turn.started_ms,
            ended_ms: turn.ended_ms,
            response_ms: turn.response_ms,
            sentiment_score: score,
            interrupted: turn.interrupted,
            item_id: turn.item_id,
            created_at: self.change.at,
        };
        let data = json!({
            "seq": row.seq, "speaker": row.speaker, "agent": row.agent, "interrupted": row.interrupted,
        });
        self.change.tenant.add_later(row).await?;
        self.publish("call.turn", data).await
    }

    async fn agent_changed(
        &mut self,
        at: Millis,
        from: Option<String>,
        to: String,
        reason: &str,
    ) -> Result<(), AppError> {
        if let Some(stay) = self.stay() {
            // After a break the same agent goes on, and its stay with it.
            if from.is_none() && stay.agent == to && stay.left_at.is_none() {
                return Ok(());
            }
            stay.left_at = stay.left_at.or(Some(at));
            stay.outcome = stay.outcome.take().or_else(|| Some("HANDED_OFF".to_owned()));
        }
        self.keep_stay().await?;
        self.call.interaction_count += 1;
        self.call.current_agent = Some(to.clone());
        *self.stay = Some(Interaction {
            workspace_id: self.call.workspace_id.clone(),
            id: self.change.app.id(),
            call_id: self.call.id.clone(),
            seq: self.call.interaction_count,
            agent: to.clone(),
            entered_at: at,
            left_at: None,
            handoff_from: from.clone(),
            handoff_reason: Some(head(reason, 1_000).to_owned()).filter(|reason| !reason.is_empty()),
            turns: 0,
            tool_calls: json!([]),
            outcome: None,
            created_at: self.change.at,
            updated_at: self.change.at,
        });
        self.kept = Kept::New;
        self.publish("call.agent_changed", json!({"from": from, "to": to})).await
    }

    fn tool_ran(&mut self, run: &ToolRun) {
        let Some(stay) = self.stay() else { return };
        if let Some(runs) = stay.tool_calls.as_array_mut()
            && runs.len() < RUNS_MAX
        {
            runs.push(json!(run));
        }
    }

    async fn ended(&mut self, at: Millis, ending: &Ending, said: Option<AiResolution>) -> Result<(), AppError> {
        self.call.owner_node = None;
        self.call.lease_until = None;
        self.call.ending = Some(json!(ending));
        if let Some(said) = said {
            said.as_str().clone_into(&mut self.call.ai_resolution);
        }
        match follows(ending) {
            Follows::Over(status) => {
                if let Some(stay) = self.stay() {
                    stay.left_at = stay.left_at.or(Some(at));
                    stay.outcome = stay.outcome.take().or_else(|| Some(outcome(ending).to_owned()));
                }
                wrapping_up::over(&self.change, self.call, status, at).await
            }
            Follows::Person => {
                self.call.was_escalated = true;
                AiResolution::Escalated.as_str().clone_into(&mut self.call.ai_resolution);
                if let Some(stay) = self.stay() {
                    stay.left_at = stay.left_at.or(Some(at));
                    stay.outcome = Some("TRANSFERRED".to_owned());
                }
                if self.call.provider == "BROWSER" {
                    return wrapping_up::over(&self.change, self.call, CallStatus::Completed, at).await;
                }
                self.publish("call.updated", json!({"transferred": true})).await
            }
            Follows::Resume => {
                CallStatus::Interrupted.as_str().clone_into(&mut self.call.status);
                self.publish("call.updated", json!({"interrupted": true})).await
            }
        }
    }

    /// Writes the stay as it is now, when it has changed.
    async fn keep_stay(&mut self) -> Result<(), AppError> {
        let kept = std::mem::replace(&mut self.kept, Kept::AsItIs);
        let Some(stay) = self.stay.as_mut().filter(|_| kept != Kept::AsItIs) else { return Ok(()) };
        stay.updated_at = self.change.at;
        if kept == Kept::New {
            self.change.tenant.add(stay.clone()).await?;
        } else {
            self.change.tenant.save(stay.clone()).await?;
        }
        Ok(())
    }

    async fn publish(&self, kind: &str, more: Value) -> Result<(), AppError> {
        let mut data = call_data(self.call);
        if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
            data.extend(more);
        }
        self.change.publish(kind, "calls", &self.call.id, data).await
    }
}

fn outcome(ending: &Ending) -> &'static str {
    match ending {
        Ending::CallerHungUp => "CALLER_HUNG_UP",
        Ending::Silence => "SILENCE",
        Ending::TooLong => "TOO_LONG",
        Ending::OperatorHungUp => "OPERATOR_HUNG_UP",
        _ => "COMPLETED",
    }
}

/// What an event says of a call: ids and states, nothing that was said.
pub(crate) fn call_data(call: &Call) -> Value {
    json!({
        "callId": call.id, "status": call.status, "agent": call.current_agent, "verification": call.verification,
        "organizationId": call.organization_id, "contactId": call.contact_id, "ticketId": call.ticket_id,
        "sentiment": call.sentiment, "aiResolution": call.ai_resolution,
    })
}

impl Change<'_> {
    /// Saves a locked call and, when an event is named, tells the listeners of calls.
    pub(crate) async fn save_call(&self, mut call: Call, event: &str) -> Result<Call, AppError> {
        call.version += 1;
        call.updated_at = self.at;
        if !self.tenant.save(call.clone()).await? {
            return Err(AppError::NotFound("call"));
        }
        if !event.is_empty() {
            self.publish_call(&call, event).await?;
        }
        Ok(call)
    }

    /// Tells the listeners of calls.
    pub(crate) async fn publish_call(&self, call: &Call, event: &str) -> Result<(), AppError> {
        self.publish(event, "calls", &call.id, call_data(call)).await
    }
}
