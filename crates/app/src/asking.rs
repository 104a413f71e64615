//! Asking the model, the same for jobs and for services that answer at once: budget, cache, answer, and what it used.

use patchcord_domain::copilot::{Outcome, Task};
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::redaction::Redacted;
use patchcord_domain::time::{DAY, Millis};
use patchcord_llm::{Listener, Model, ModelError, Usage, answer_heard, cache_key};
use patchcord_store::rows::UsageLog;
use patchcord_store::suggestions;

use crate::workspace_settings::WorkspaceSettings;
use crate::{App, AppError};

/// How long an answer is given again to the same question.
pub(crate) const CACHED: Millis = DAY;

/// What one call used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Used {
    pub(crate) usage: Usage,
    pub(crate) latency_ms: Millis,
    pub(crate) error: Option<&'static str>,
}

/// A checked answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Asked {
    pub(crate) outcome: Outcome,
    pub(crate) model: String,
    /// What it used, and under which key the answer shall be kept; none when it came from the cache.
    pub(crate) fresh: Option<(Used, String)>,
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Unanswered {
    /// The workspace has spent what it may spend today; the text says who can raise it.
    OverBudget(String),
    /// The model failed; what it used all the same must be written down. Nothing, when nobody was asked.
    Model(ModelError, Option<Used>),
    /// The desk itself failed.
    Desk(AppError),
}

impl From<AppError> for Unanswered {
    fn from(error: AppError) -> Self {
        Unanswered::Desk(error)
    }
}

impl App {
    /// Asks the model about a task, unless the same was asked before.
    pub(crate) async fn ask_model(
        &self,
        workspace: &WorkspaceId,
        settings: &WorkspaceSettings,
        model: &dyn Model,
        task: &Redacted<Task>,
        listener: Option<&dyn Listener>,
    ) -> Result<Asked, Unanswered> {
        self.check_budget(workspace, settings, model).await?;
        let key = cache_key(model, task);
        let tenant = self.store.tenant(workspace);
        let cached = suggestions::cached(tenant, &key, self.clock.now()).await.map_err(AppError::from)?;
        let cached =
            cached.and_then(|value| Outcome::read(task.get().kind, &value.to_string(), &task.get().snapshot).ok());
        if let Some(outcome) = cached {
            return Ok(Asked { outcome, model: model.name().to_owned(), fresh: None });
        }
        let asked_at = self.clock.now();
        let told = answer_heard(model, &self.redactor, task, listener).await;
        let latency_ms = self.clock.now() - asked_at;
        self.meters.model_call(model.provider(), told.as_ref().err().map(|failure| failure.error.code()), latency_ms);
        match told {
            Ok(answer) => {
                let used = Used { usage: answer.usage, latency_ms, error: None };
                Ok(Asked { outcome: answer.outcome, model: answer.model, fresh: Some((used, key)) })
            }
            Err(failure) => {
                let used = Used { usage: failure.usage, latency_ms, error: Some(failure.error.code()) };
                let nobody_asked =
                    matches!(failure.error, ModelError::CircuitOpen { .. }) && used.usage == Usage::default();
                Err(Unanswered::Model(failure.error, (!nobody_asked).then_some(used)))
            }
        }
    }

    async fn check_budget(
        &self,
        workspace: &WorkspaceId,
        settings: &WorkspaceSettings,
        model: &dyn Model,
    ) -> Result<(), Unanswered> {
        if model.provider() == "builtin" {
            return Ok(());
        }
        let midnight = self.clock.now() / DAY * DAY;
        let spent = suggestions::cost_since(self.store.tenant(workspace), midnight).await.map_err(AppError::from)?;
        if spent >= settings.daily_budget_microusd {
            let own = settings.daily_budget_microusd < settings.daily_budget_max_microusd;
            return Err(used_up(if own { "the daily budget of the workspace" } else { "AI_DAILY_BUDGET_USD" }));
        }
        // A model without a price costs nothing here, whatever it really costs: tokens bound it all the same.
        let Some(most) = settings.daily_budget_tokens else { return Ok(()) };
        let used = suggestions::tokens_since(self.store.tenant(workspace), midnight).await.map_err(AppError::from)?;
        if used < most {
            return Ok(());
        }
        let own = settings.daily_budget_max_tokens != Some(most);
        Err(used_up(if own { "the daily budget of tokens of the workspace" } else { "AI_DAILY_BUDGET_TOKENS" }))
    }

    /// The line of the ledger for one call.
    pub(crate) fn usage_log(
        &self,
        workspace: &WorkspaceId,
        suggestion_id: Option<&str>,
        purpose: &str,
        (provider, model): (&str, &str),
        used: &Used,
    ) -> UsageLog {
        UsageLog {
            workspace_id: workspace.as_str().to_owned(),
            id: self.id(),
            call_id: None,
            suggestion_id: suggestion_id.map(str::to_owned),
            provider: provider.to_owned(),
            model: model.to_owned(),
            purpose: purpose.to_owned(),
            input_tokens: i64::from(used.usage.input_tokens),
            cached_input_tokens: i64::from(used.usage.cached_input_tokens),
            output_tokens: i64::from(used.usage.output_tokens),
            audio_input_tokens: 0,
            audio_output_tokens: 0,
            cost_usd: self.prices.cost_microusd(model, &used.usage).unwrap_or(0),
            latency_ms: used.latency_ms,
            error: used.error.map(str::to_owned),
            created_at: self.clock.now(),
        }
    }
}

fn used_up(remedy: &str) -> Unanswered {
    Unanswered::OverBudget(format!("Today's budget for AI is used up. An administrator can raise {remedy}."))
}
