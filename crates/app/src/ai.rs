//! AI services that answer at once: classify, suggest, summarize. No suggestion is kept, but what they use is.

use std::time::Duration;

use patchcord_domain::copilot::{Kind, Outcome, Task};
use patchcord_domain::snapshot::{Snapshot, SnapshotMessage};
use patchcord_domain::ticket::BODY_MAX;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::{DAY, SECOND};
use patchcord_domain::transcript::{TRANSCRIPT_MAX, turns};
use patchcord_domain::user::{Actor, Role};
use patchcord_llm::{Model, ModelError, Usage};
use patchcord_store::suggestions;

use crate::asking::{Asked, CACHED, Unanswered, Used};
use crate::calls::TranscriptFormat;
use crate::copilot::copilot_off;
use crate::error::require;
use crate::snapshot::{About, sources};
use crate::workspace_settings::WorkspaceSettings;
use crate::{App, AppError};

/// What steps are wanted for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SuggestInput {
    /// A ticket.
    pub ticket_id: Option<String>,
    /// A text of 1 to 10,000 characters, when there is no ticket.
    pub context: Option<String>,
}

/// What is to be summarized.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SummarizeInput {
    /// A call of this desk.
    pub call_id: Option<String>,
    /// A text of 1 to 100,000 characters, one `Speaker: words` a line.
    pub transcript: Option<String>,
}

impl App {
    /// Where a message belongs, and how soon it must be worked on.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; what [`App::answer_now`] fails with.
    pub async fn classify(&self, actor: &Actor, subject: &str, body: &str) -> Result<Outcome, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let subject = faults.subject("subject", subject);
        let body = faults.body("body", body);
        faults.into_result(()).map_err(AppError::Invalid)?;
        self.answer_now(actor, Kind::Classify, self.loose(subject, vec![said("message", body)])).await
    }

    /// What to do next about a ticket, or about a text.
    ///
    /// # Errors
    /// As for [`App::classify`]; [`AppError::NotFound`] when the ticket is not the actor's to see.
    pub async fn suggest_now(
        &self,
        actor: &Actor,
        input: SuggestInput,
        bearer: Option<&str>,
    ) -> Result<Outcome, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let context = input.context.map(|context| faults.text("context", &context, 1, BODY_MAX));
        if let Some(id) = &input.ticket_id {
            faults.id("ticketId", id);
        }
        if input.ticket_id.is_some() == context.is_some() {
            faults.add("ticketId", "give either ticketId or context");
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let snapshot = match (input.ticket_id, context) {
            (Some(ticket_id), _) => {
                self.snapshot_for(&actor.workspace_id, &ticket_id, Kind::NextSteps, None, bearer).await?
            }
            (None, context) => {
                let mut snapshot = self.loose(String::new(), vec![said("context", context.unwrap_or_default())]);
                let tenant = self.store.tenant(&actor.workspace_id);
                snapshot.sources = sources(tenant, &About::of(&snapshot, None)).await?;
                snapshot
            }
        };
        self.answer_now(actor, Kind::NextSteps, snapshot).await
    }

    /// What a conversation was about, how it ended and what is still to be done.
    ///
    /// # Errors
    /// As for [`App::classify`]; [`AppError::NotFound`] when the call is not the actor's to see.
    pub async fn summarize(&self, actor: &Actor, input: SummarizeInput) -> Result<Outcome, AppError> {
        require(actor, Role::Agent)?;
        let mut faults = Faults::default();
        let transcript = input.transcript.map(|transcript| faults.text("transcript", &transcript, 1, TRANSCRIPT_MAX));
        if let Some(id) = &input.call_id {
            faults.id("callId", id);
        }
        if input.call_id.is_some() == transcript.is_some() {
            faults.add("transcript", "give either callId or transcript");
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let transcript = match (transcript, &input.call_id) {
            (Some(transcript), _) => transcript,
            (None, id) => {
                let id = id.as_deref().unwrap_or_default();
                self.call_transcript(actor, id, TranscriptFormat::Text).await?.1
            }
        };
        self.answer_now(actor, Kind::Summarize, self.loose(String::new(), turns(&transcript))).await
    }

    /// A snapshot of something that is no ticket.
    fn loose(&self, subject: String, messages: Vec<SnapshotMessage>) -> Snapshot {
        Snapshot { subject, messages, ..Snapshot::default() }
    }

    /// Redacts, asks, checks and writes down what it used.
    ///
    /// # Errors
    /// [`AppError::Unavailable`] when the copilot is off, [`AppError::OverBudget`], [`AppError::TimedOut`],
    /// [`AppError::Upstream`] when the model gives no usable answer.
    async fn answer_now(&self, actor: &Actor, kind: Kind, snapshot: Snapshot) -> Result<Outcome, AppError> {
        let settings = self.settings_of(&actor.workspace_id).await?;
        let model = self.model_for(&settings).ok_or_else(copilot_off)?;
        // A caller who hangs up must not make the call free of charge: it goes on, and what it used is written down.
        let (app, actor) = (self.clone(), actor.clone());
        let work = self
            .background
            .spawn(async move { app.answer_to_the_end(&actor, &settings, &*model, kind, snapshot).await });
        work.await.map_err(|error| AppError::Internal(format!("an answer was cut off: {error}")))?
    }

    async fn answer_to_the_end(
        &self,
        actor: &Actor,
        settings: &WorkspaceSettings,
        model: &dyn Model,
        kind: Kind,
        snapshot: Snapshot,
    ) -> Result<Outcome, AppError> {
        let workspace = &actor.workspace_id;
        let task = self.redactor.task(Task { kind, tone: None, question: None, history: Vec::new(), snapshot });
        let limit = Duration::from_millis(self.options.wait_ms);
        let asked = tokio::time::timeout(limit, self.ask_model(workspace, settings, model, &task, None)).await;
        match asked {
            Ok(Ok(asked)) => {
                let outcome = asked.outcome.clone();
                self.keep(actor, kind, model, asked).await?;
                Ok(outcome)
            }
            Ok(Err(Unanswered::Desk(error))) => Err(error),
            Ok(Err(Unanswered::OverBudget(message))) => Err(over_budget(self, message)),
            Ok(Err(Unanswered::Model(error, used))) => {
                if let Some(used) = used {
                    self.note(actor, kind, model, used).await?;
                }
                Err(AppError::of_model(&error, self.clock.now()))
            }
            Err(_) => {
                let latency_ms = i64::try_from(self.options.wait_ms).unwrap_or(i64::MAX);
                let error = Some(ModelError::Timeout.code());
                self.note(actor, kind, model, Used { usage: Usage::default(), latency_ms, error }).await?;
                Err(AppError::TimedOut(ModelError::Timeout.to_string()))
            }
        }
    }

    /// The line of the ledger and the answer for whoever asks the same again, in one transaction.
    async fn keep(&self, actor: &Actor, kind: Kind, model: &dyn Model, asked: Asked) -> Result<(), AppError> {
        let Some((used, key)) = asked.fresh else { return Ok(()) };
        let log = self.usage_log(&actor.workspace_id, None, kind.as_str(), (model.provider(), &asked.model), &used);
        let content = serde_json::to_value(&asked.outcome).map_err(|error| AppError::Internal(error.to_string()))?;
        let (workspace, until) = (actor.workspace_id.clone(), self.clock.now() + CACHED);
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&workspace);
                    tenant.add(log).await?;
                    Ok(suggestions::cache(tenant, &key, content, until).await?)
                })
            })
            .await
    }

    /// What was spent counts against the budget although nothing came of it.
    async fn note(&self, actor: &Actor, kind: Kind, model: &dyn Model, used: Used) -> Result<(), AppError> {
        let names = (model.provider(), model.name());
        let log = self.usage_log(&actor.workspace_id, None, kind.as_str(), names, &used);
        let workspace = actor.workspace_id.clone();
        self.store.write(move |tx| Box::pin(async move { Ok(tx.tenant(&workspace).add(log).await?) })).await
    }
}

fn said(id: &str, body: String) -> SnapshotMessage {
    SnapshotMessage { id: id.to_owned(), author: "CUSTOMER".to_owned(), body, ..SnapshotMessage::default() }
}

/// The budget begins anew at midnight (UTC).
pub(crate) fn over_budget(app: &App, message: String) -> AppError {
    let left = DAY - app.clock.now().rem_euclid(DAY);
    AppError::OverBudget(message, u64::try_from(left / SECOND).unwrap_or(1).max(1))
}
