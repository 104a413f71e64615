//! The copilot's job: snapshot, redact, ask, check, store. No transaction is open while a model thinks.

use patchcord_domain::copilot::{Exchange, Kind, Outcome, State, Task, Tone};
use patchcord_domain::redaction::Redacted;
use patchcord_domain::time::to_rfc3339;
use patchcord_llm::{Listener, Model, ModelError};
use patchcord_store::rows::{Job, Suggestion, UsageLog};
use patchcord_store::{Tx, suggestions, tickets, unscoped};
use serde_json::{Value, json};

use super::Failure;
use crate::asking::{Asked, CACHED, Unanswered, Used};
use crate::copilot::{is_final, locked, publish, remember};
use crate::crm::First;
use crate::partials::Partials;
use crate::trail::{Change, Who};
use crate::triage;
use crate::workspace_settings::WorkspaceSettings;
use crate::{App, AppError};

/// The kind of these jobs.
pub const JOB: &str = "copilot";
/// Exchanges of a conversation that a model sees.
const HISTORY: usize = 10;

/// One job per suggestion, ever.
pub fn dedup_key(suggestion_id: &str) -> String {
    format!("copilot:{suggestion_id}")
}

/// Works on the suggestion that the job names.
///
/// # Errors
/// Why it is not done; see [`Failure`].
pub async fn run(app: &App, job: &Job) -> Result<(), Failure> {
    let Some(suggestion) = start(app, job).await? else { return Ok(()) };
    let settings = app.settings_of(&job.workspace()).await?;
    let Some(model) = app.model_for(&settings) else {
        let message = "The copilot is switched off.".to_owned();
        return Err(Failure::Permanent { code: "copilot_off", message });
    };
    let task = task(app, job, &suggestion).await?;
    let partials = Partials::of(app, &suggestion);
    let listener = partials.as_ref().map(|partials| partials as &dyn Listener);
    match app.ask_model(&job.workspace(), &settings, &*model, &task.task, listener).await {
        Ok(asked) => {
            let paid = asked.fresh.as_ref().map(|(used, _)| used.clone());
            let Err(failure) = finish(app, job, &*model, &task, asked, settings).await else { return Ok(()) };
            // The answer was paid although it was not kept: cancelling must be no way around the budget.
            if let Some(used) = paid {
                let error = if failure == Failure::LeaseLost { "lease_lost" } else { "not_written" };
                let used = Used { error: Some(error), ..used };
                if let Err(error) = log_failure(app, job, &*model, &task, used).await {
                    tracing::warn!(%error, job_id = job.id, "what a model used could not be recorded");
                }
            }
            Err(failure)
        }
        Err(Unanswered::OverBudget(message)) => Err(Failure::Permanent { code: "budget_exceeded", message }),
        Err(Unanswered::Desk(error)) => Err(error.into()),
        Err(Unanswered::Model(error, used)) => {
            // What was spent counts against the budget although nothing came of it.
            if let Some(used) = used {
                log_failure(app, job, &*model, &task, used).await?;
            }
            Err(after(app, error))
        }
    }
}

/// Ends the suggestion in an error, in the transaction that gives the job up.
pub(super) async fn give_up(app: &App, tx: &Tx, job: &Job, code: &str, message: &str) -> Result<(), AppError> {
    let workspace = job.workspace();
    let change = Change { app, tenant: tx.tenant(&workspace), who: Who::System, at: app.clock.now() };
    let Some(mut suggestion) = change.tenant.lock::<Suggestion>(suggestion_id(job)).await? else { return Ok(()) };
    if is_final(&suggestion) {
        return Ok(());
    }
    State::Error.as_str().clone_into(&mut suggestion.state);
    suggestion.error = Some(message.to_owned());
    suggestion.error_code = Some(code.to_owned());
    suggestion.finished_at = Some(change.at);
    suggestion.updated_at = change.at;
    change.tenant.save(suggestion.clone()).await?;
    publish(&change, &suggestion).await
}

fn suggestion_id(job: &Job) -> &str {
    job.payload["suggestionId"].as_str().unwrap_or_default()
}

/// Marks the suggestion as running. When it is final already, the job is finished instead and there is nothing to do.
async fn start(app: &App, job: &Job) -> Result<Option<Suggestion>, AppError> {
    let (app, job) = (app.clone(), job.clone());
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                let workspace = job.workspace();
                let change = Change { app: &app, tenant: tx.tenant(&workspace), who: Who::System, at: app.clock.now() };
                if !suggestions::start(change.tenant, suggestion_id(&job), change.at).await? {
                    unscoped::jobs::finish(tx, &job, change.at).await?;
                    return Ok(None);
                }
                let suggestion = locked(&change, suggestion_id(&job)).await?;
                publish(&change, &suggestion).await?;
                Ok(Some(suggestion))
            })
        })
        .await
}

/// Everything the model is given, redacted as a whole, and what was taken out of it.
struct Prepared {
    task: Redacted<Task>,
    counts: Value,
}

async fn task(app: &App, job: &Job, suggestion: &Suggestion) -> Result<Prepared, AppError> {
    let kind = Kind::parse(&suggestion.kind).ok_or_else(|| AppError::Internal("a kind is unknown".into()))?;
    let workspace = job.workspace();
    let question = suggestion.request["message"].as_str().map(str::to_owned);
    let first = First::of(&job.payload);
    let snapshot = match &first {
        // A desk that gave no token of its own is asked only while somebody's request lasts; what it said then counts.
        Some(first) if app.crm.as_ref().is_none_or(|crm| !crm.has_own_token()) => first.snapshot.clone(),
        _ => app.snapshot_for(&workspace, &suggestion.ticket_id, kind, question.as_deref(), None).await?,
    };
    let history = match (kind, &suggestion.requested_by) {
        (Kind::Chat, Some(user)) => {
            let tenant = app.store.tenant(&workspace);
            let found = suggestions::conversation(tenant, &suggestion.ticket_id, user).await?;
            found.map(|conversation| history(&conversation.messages)).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let tone = suggestion.request["tone"].as_str().and_then(Tone::parse);
    let task = app.redactor.task(Task { kind, tone, question, history, snapshot });
    let mut counts = json!(task.counts());
    if let Some(first) = first {
        first.add_to(&mut counts);
    }
    Ok(Prepared { task, counts })
}

fn history(messages: &Value) -> Vec<Exchange> {
    let texts: Vec<&str> =
        messages.as_array().into_iter().flatten().filter_map(|entry| entry["content"].as_str()).collect();
    let exchanges = texts.chunks_exact(2).map(|pair| Exchange { question: pair[0].into(), answer: pair[1].into() });
    let mut all: Vec<Exchange> = exchanges.collect();
    all.drain(..all.len().saturating_sub(HISTORY));
    all
}

/// What follows from a model's failure.
fn after(app: &App, error: ModelError) -> Failure {
    match error {
        ModelError::CircuitOpen { until } => {
            Failure::Wait { after_ms: u64::try_from(until - app.clock.now()).unwrap_or(0).max(500) }
        }
        ModelError::RateLimited { retry_after_ms } => {
            Failure::Retry { error: error.to_string(), after_ms: retry_after_ms }
        }
        error if error.is_transient() => Failure::Retry { error: error.to_string(), after_ms: None },
        error => Failure::Permanent { code: error.code(), message: error.to_string() },
    }
}

/// Writes the result, what it cost, the event and the end of the job together, behind the fence of the lease.
async fn finish(
    app: &App,
    job: &Job,
    model: &dyn Model,
    task: &Prepared,
    asked: Asked,
    settings: WorkspaceSettings,
) -> Result<(), Failure> {
    let prompt_version = model.prompt_version().to_owned();
    let provider = model.provider();
    let counts = task.counts.clone();
    let question = task.task.get().question.clone();
    let content = serde_json::to_value(&asked.outcome).map_err(|error| AppError::Internal(error.to_string()))?;
    let (app, job) = (app.clone(), job.clone());
    let written: Result<(), AppError> = app
        .store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                let workspace = job.workspace();
                let change = Change { app: &app, tenant: tx.tenant(&workspace), who: Who::System, at: app.clock.now() };
                let mut suggestion = locked(&change, suggestion_id(&job)).await?;
                if is_final(&suggestion) {
                    return Err(AppError::LeaseLost);
                }
                State::Success.as_str().clone_into(&mut suggestion.state);
                suggestion.content = Some(content.clone());
                suggestion.model = Some(asked.model.clone());
                suggestion.prompt_version = Some(prompt_version);
                suggestion.redaction_counts = Some(counts);
                suggestion.finished_at = Some(change.at);
                suggestion.updated_at = change.at;
                if let Some((used, key)) = &asked.fresh {
                    let names = (provider, asked.model.as_str());
                    let log =
                        app.usage_log(&workspace, Some(&suggestion.id), triage::purpose(&suggestion), names, used);
                    add_up(&mut suggestion, &log);
                    change.tenant.add(log).await?;
                    suggestions::cache(change.tenant, key, content, change.at + CACHED).await?;
                }
                if let (Outcome::Chat(chat), Some(user)) = (&asked.outcome, suggestion.requested_by.clone()) {
                    let asked = question.unwrap_or_default();
                    converse(&change, &suggestion.ticket_id, &user, &asked, &chat.answer).await?;
                }
                if let (Outcome::Analysis(analysis), true) = (&asked.outcome, triage::is_triage(&suggestion)) {
                    triage::propose(&change, &mut suggestion, analysis, &settings).await?;
                }
                change.tenant.save(suggestion.clone()).await?;
                if let Outcome::Analysis(analysis) = &asked.outcome {
                    tickets::set_sentiment(change.tenant, &suggestion.ticket_id, analysis.sentiment.as_str()).await?;
                }
                publish(&change, &suggestion).await?;
                Ok(unscoped::jobs::finish(tx, &job, change.at).await?)
            })
        })
        .await;
    Ok(written?)
}

/// What several attempts used counts together.
fn add_up(suggestion: &mut Suggestion, log: &UsageLog) {
    suggestion.prompt_tokens += log.input_tokens;
    suggestion.completion_tokens += log.output_tokens;
    suggestion.cost_usd += log.cost_usd;
}

/// Adds the exchange to the user's conversation. The question is kept as the model saw it, redacted.
async fn converse(
    change: &Change<'_>,
    ticket_id: &str,
    user_id: &str,
    question: &str,
    answer: &str,
) -> Result<(), AppError> {
    let new_id = change.app.id();
    let found = suggestions::lock_conversation(change.tenant, &new_id, ticket_id, user_id, change.at);
    let mut conversation = found.await?;
    conversation.messages = remember(&conversation.messages, question, answer, &to_rfc3339(change.at));
    conversation.updated_at = change.at;
    change.tenant.save(conversation).await?;
    Ok(())
}

/// Keeps with the suggestion who was asked and what it used, also when nothing came of it.
async fn log_failure(app: &App, job: &Job, model: &dyn Model, task: &Prepared, used: Used) -> Result<(), AppError> {
    let (provider, name) = (model.provider(), model.name().to_owned());
    let (prompt_version, counts) = (model.prompt_version().to_owned(), task.counts.clone());
    let (app, job) = (app.clone(), job.clone());
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                let workspace = job.workspace();
                let change = Change { app: &app, tenant: tx.tenant(&workspace), who: Who::System, at: app.clock.now() };
                let mut suggestion = locked(&change, suggestion_id(&job)).await?;
                let purpose = triage::purpose(&suggestion).to_owned();
                let log = app.usage_log(&workspace, Some(&suggestion.id), &purpose, (provider, &name), &used);
                if !is_final(&suggestion) {
                    suggestion.model = Some(name);
                    suggestion.prompt_version = Some(prompt_version);
                    suggestion.redaction_counts = Some(counts);
                }
                add_up(&mut suggestion, &log);
                change.tenant.save(suggestion).await?;
                Ok(change.tenant.add(log).await?)
            })
        })
        .await
}
