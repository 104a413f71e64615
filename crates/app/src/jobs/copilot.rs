//! The copilot's job: snapshot, redact, ask, check, store. No transaction is open while a model thinks.

use patchcord_domain::copilot::{Exchange, Kind, Outcome, State, Task, Tone};
use patchcord_domain::redaction::Redacted;
use patchcord_domain::time::{DAY, Millis, to_rfc3339};
use patchcord_llm::{Model, ModelError, Usage, cache_key};
use patchcord_store::rows::{Job, Suggestion, UsageLog};
use patchcord_store::{Tx, suggestions, unscoped};
use serde_json::{Value, json};

use super::Failure;
use crate::copilot::{is_final, locked, publish, remember};
use crate::trail::{Change, Who};
use crate::workspace_settings::WorkspaceSettings;
use crate::{App, AppError};

/// The kind of these jobs.
pub const JOB: &str = "copilot";
/// How long an answer is given again to the same question.
const CACHED: Millis = DAY;
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
    check_budget(app, job, &*model, &settings).await?;
    let task = task(app, job, &suggestion).await?;
    let key = cache_key(&*model, &task);
    let workspace = job.workspace();
    let kind = task.get().kind;
    let cached = suggestions::cached(app.store.tenant(&workspace), &key, app.clock.now()).await?;
    if let Some(outcome) = cached.and_then(|value| Outcome::read(kind, &value.to_string(), &task.get().snapshot).ok()) {
        let done = Done { outcome, model: model.name().to_owned(), usage: None, cache: None };
        return finish(app, job, &*model, &task, done).await;
    }
    let asked_at = app.clock.now();
    match patchcord_llm::answer(&*model, &app.redactor, &task).await {
        Ok(answer) => {
            let latency_ms = app.clock.now() - asked_at;
            let used = Used { usage: answer.usage, latency_ms, error: None };
            let done = Done { outcome: answer.outcome, model: answer.model, usage: Some(used), cache: Some(key) };
            let Err(failure) = finish(app, job, &*model, &task, done).await else { return Ok(()) };
            // The answer was paid although it was not kept: cancelling must be no way around the budget.
            let error = if failure == Failure::LeaseLost { "lease_lost" } else { "not_written" };
            if let Err(error) = log_usage(app, job, &*model, &suggestion.id, Used { error: Some(error), ..used }).await
            {
                tracing::warn!(%error, job_id = job.id, "what a model used could not be recorded");
            }
            Err(failure)
        }
        // Nobody was asked.
        Err(patchcord_llm::Failure { error: error @ ModelError::CircuitOpen { .. }, usage })
            if usage == Usage::default() =>
        {
            Err(after(app, error))
        }
        Err(failure) => {
            let latency_ms = app.clock.now() - asked_at;
            let used = Used { usage: failure.usage, latency_ms, error: Some(failure.error.code()) };
            // What was spent counts against the budget although nothing came of it.
            log_usage(app, job, &*model, &suggestion.id, used).await?;
            Err(after(app, failure.error))
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

async fn check_budget(app: &App, job: &Job, model: &dyn Model, settings: &WorkspaceSettings) -> Result<(), Failure> {
    if model.provider() == "builtin" {
        return Ok(());
    }
    let midnight = app.clock.now() / DAY * DAY;
    let workspace = job.workspace();
    let spent = suggestions::cost_since(app.store.tenant(&workspace), midnight).await?;
    if spent < settings.daily_budget_microusd {
        return Ok(());
    }
    let own = settings.daily_budget_microusd < settings.daily_budget_max_microusd;
    let remedy = if own { "the daily budget of the workspace" } else { "AI_DAILY_BUDGET_USD" };
    let message = format!("Today's budget for AI is used up. An administrator can raise {remedy}.");
    Err(Failure::Permanent { code: "budget_exceeded", message })
}

/// Everything the model is given, redacted as a whole.
async fn task(app: &App, job: &Job, suggestion: &Suggestion) -> Result<Redacted<Task>, AppError> {
    let kind = Kind::parse(&suggestion.kind).ok_or_else(|| AppError::Internal("a kind is unknown".into()))?;
    let workspace = job.workspace();
    let question = suggestion.request["message"].as_str().map(str::to_owned);
    let snapshot = app.snapshot(&workspace, &suggestion.ticket_id, kind, question.as_deref()).await?;
    let history = match (kind, &suggestion.requested_by) {
        (Kind::Chat, Some(user)) => {
            let tenant = app.store.tenant(&workspace);
            let found = suggestions::conversation(tenant, &suggestion.ticket_id, user).await?;
            found.map(|conversation| history(&conversation.messages)).unwrap_or_default()
        }
        _ => Vec::new(),
    };
    let tone = suggestion.request["tone"].as_str().and_then(Tone::parse);
    Ok(app.redactor.task(Task { kind, tone, question, history, snapshot }))
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

#[derive(Clone, Copy)]
struct Used {
    usage: Usage,
    latency_ms: Millis,
    error: Option<&'static str>,
}

struct Done {
    outcome: Outcome,
    model: String,
    /// None when the answer came from the cache.
    usage: Option<Used>,
    /// The key under which the answer shall be kept.
    cache: Option<String>,
}

/// Writes the result, what it cost, the event and the end of the job together, behind the fence of the lease.
async fn finish(app: &App, job: &Job, model: &dyn Model, task: &Redacted<Task>, done: Done) -> Result<(), Failure> {
    let prompt_version = model.prompt_version().to_owned();
    let provider = model.provider();
    let counts = json!(task.counts());
    let question = task.get().question.clone();
    let content = serde_json::to_value(&done.outcome).map_err(|error| AppError::Internal(error.to_string()))?;
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
                suggestion.model = Some(done.model.clone());
                suggestion.prompt_version = Some(prompt_version);
                suggestion.redaction_counts = Some(counts);
                suggestion.finished_at = Some(change.at);
                suggestion.updated_at = change.at;
                if let Some(used) = &done.usage {
                    suggestion.prompt_tokens = i64::from(used.usage.input_tokens);
                    suggestion.completion_tokens = i64::from(used.usage.output_tokens);
                    suggestion.cost_usd = app.prices.cost_microusd(&done.model, &used.usage).unwrap_or(0);
                    let log = usage_log(&change, provider, &done.model, &suggestion, used);
                    change.tenant.add(log).await?;
                }
                if let Some(key) = &done.cache {
                    suggestions::cache(change.tenant, key, content, change.at + CACHED).await?;
                }
                if let (Outcome::Chat(chat), Some(user)) = (&done.outcome, suggestion.requested_by.clone()) {
                    let asked = question.unwrap_or_default();
                    converse(&change, &suggestion.ticket_id, &user, &asked, &chat.answer).await?;
                }
                change.tenant.save(suggestion.clone()).await?;
                publish(&change, &suggestion).await?;
                Ok(unscoped::jobs::finish(tx, &job, change.at).await?)
            })
        })
        .await;
    Ok(written?)
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

fn usage_log(change: &Change<'_>, provider: &str, model: &str, suggestion: &Suggestion, used: &Used) -> UsageLog {
    UsageLog {
        workspace_id: suggestion.workspace_id.clone(),
        id: change.app.id(),
        call_id: None,
        suggestion_id: Some(suggestion.id.clone()),
        provider: provider.to_owned(),
        model: model.to_owned(),
        purpose: suggestion.kind.clone(),
        input_tokens: i64::from(used.usage.input_tokens),
        cached_input_tokens: i64::from(used.usage.cached_input_tokens),
        output_tokens: i64::from(used.usage.output_tokens),
        audio_input_tokens: 0,
        audio_output_tokens: 0,
        cost_usd: change.app.prices.cost_microusd(model, &used.usage).unwrap_or(0),
        latency_ms: used.latency_ms,
        error: used.error.map(str::to_owned),
        created_at: change.at,
    }
}

async fn log_usage(app: &App, job: &Job, model: &dyn Model, id: &str, used: Used) -> Result<(), AppError> {
    let (provider, name) = (model.provider(), model.name().to_owned());
    let (app, job, id) = (app.clone(), job.clone(), id.to_owned());
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                let workspace = job.workspace();
                let change = Change { app: &app, tenant: tx.tenant(&workspace), who: Who::System, at: app.clock.now() };
                let suggestion = locked(&change, &id).await?;
                let log = usage_log(&change, provider, &name, &suggestion, &used);
                Ok(change.tenant.add(log).await?)
            })
        })
        .await
}
