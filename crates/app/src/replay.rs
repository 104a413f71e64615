//! Asking the model again about what people have judged. Changes nothing; what the model uses goes to the ledger.

use patchcord_domain::copilot::{Kind, Outcome, Task, Tone, Verdict};
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::snapshot::Snapshot;
use patchcord_domain::time::to_rfc3339;
use patchcord_llm::Model;
use patchcord_llm::eval::{Past, Replay};
use patchcord_store::rows::Suggestion;
use patchcord_store::{suggestions, unscoped};

use crate::asking::{Unanswered, Used};
use crate::copilot::copilot_off;
use crate::workspace_settings::WorkspaceSettings;
use crate::{App, AppError};

/// Most suggestions that are asked again at once.
pub const LIMIT_MAX: u64 = 1_000;
/// What stands in the ledger as the purpose of such calls.
const PURPOSE: &str = "replay";

/// A replay and who answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Replayed {
    /// `openai` or `builtin`.
    pub provider: &'static str,
    /// The model.
    pub model: String,
    /// Its prompts.
    pub prompt_version: String,
    /// How many of the newest judged suggestions were found.
    pub found: usize,
    /// The figures.
    pub replay: Replay,
}

impl App {
    /// Asks the model of a workspace again about its newest judged suggestions, at most `limit`, one after the other. It ends
    /// early where the budget does.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such workspace, [`AppError::Unavailable`] when the copilot is off.
    pub async fn operator_replay(&self, slug: &str, limit: u64) -> Result<Replayed, AppError> {
        let workspace = unscoped::workspaces::by_slug(self.store.reader(), slug).await?;
        let workspace = WorkspaceId::new(workspace.ok_or(AppError::NotFound("workspace"))?.id);
        let settings = self.settings_of(&workspace).await?;
        let model = self.model_for(&settings).ok_or_else(copilot_off)?;
        let found = suggestions::judged(self.store.tenant(&workspace), limit.min(LIMIT_MAX)).await?;
        let mut replay = Replay::default();
        for (index, suggestion) in found.iter().enumerate() {
            match self.ask_again(&workspace, &settings, &*model, suggestion).await? {
                Again::Answer(past, new) => replay.add(&past, &new),
                Again::Missing(why) => replay.miss(why),
                Again::OverBudget => {
                    (index..found.len()).for_each(|_| replay.miss("budget_exceeded"));
                    break;
                }
            }
        }
        Ok(Replayed {
            provider: model.provider(),
            model: model.name().to_owned(),
            prompt_version: model.prompt_version().to_owned(),
            found: found.len(),
            replay,
        })
    }

    async fn ask_again(
        &self,
        workspace: &WorkspaceId,
        settings: &WorkspaceSettings,
        model: &dyn Model,
        suggestion: &Suggestion,
    ) -> Result<Again, AppError> {
        let Some((kind, past)) = past(suggestion) else { return Ok(Again::Missing("unreadable".to_owned())) };
        let question = suggestion.request["message"].as_str().map(str::to_owned);
        let snapshot = self.snapshot_for(workspace, &suggestion.ticket_id, kind, question.as_deref(), None).await;
        let mut snapshot = match snapshot {
            Ok(snapshot) => snapshot,
            Err(AppError::NotFound(_)) => return Ok(Again::Missing("ticket_gone".to_owned())),
            Err(error) => return Err(error),
        };
        // What was sent in the end must not be in what the model sees.
        let asked_at = to_rfc3339(suggestion.created_at);
        snapshot.messages.retain(|message| message.at <= asked_at);
        let tone = suggestion.request["tone"].as_str().and_then(Tone::parse);
        let task = self.redactor.task(Task { kind, tone, question, history: Vec::new(), snapshot });
        match self.ask_model(workspace, settings, model, &task, None).await {
            Ok(asked) => {
                if let Some((used, _)) = &asked.fresh {
                    self.log_replay(workspace, (model.provider(), &asked.model), used).await?;
                }
                Ok(Again::Answer(Box::new(past), asked.outcome))
            }
            Err(Unanswered::OverBudget(_)) => Ok(Again::OverBudget),
            Err(Unanswered::Desk(error)) => Err(error),
            Err(Unanswered::Model(error, used)) => {
                if let Some(used) = used {
                    self.log_replay(workspace, (model.provider(), model.name()), &used).await?;
                }
                Ok(Again::Missing(error.code().to_owned()))
            }
        }
    }

    async fn log_replay(&self, workspace: &WorkspaceId, names: (&str, &str), used: &Used) -> Result<(), AppError> {
        let log = self.usage_log(workspace, None, PURPOSE, names, used);
        let workspace = workspace.clone();
        self.store.write(move |tx| Box::pin(async move { Ok(tx.tenant(&workspace).add(log).await?) })).await
    }
}

/// What came of asking again.
enum Again {
    Answer(Box<Past>, Outcome),
    /// There is no answer, and why.
    Missing(String),
    OverBudget,
}

/// The old answer. What it cites was in the snapshot of then: that is not looked at again.
fn past(suggestion: &Suggestion) -> Option<(Kind, Past)> {
    let kind = Kind::parse(&suggestion.kind)?;
    let verdict = Verdict::parse(&suggestion.feedback.as_ref()?.to_lowercase())?;
    let mut content = suggestion.content.clone()?;
    content.as_object_mut()?.remove("citations");
    let outcome = Outcome::read(kind, &content.to_string(), &Snapshot::default()).ok()?;
    Some((kind, Past { kind, outcome, verdict, final_text: suggestion.final_text.clone() }))
}
