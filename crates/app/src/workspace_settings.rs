//! The settings of a workspace: everybody reads them, administrators change them, and the copilot keeps to them.

use std::sync::Arc;

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::phone::{self, Country};
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::{Actor, Role};
use patchcord_domain::workspace::{self, AutoTriage, BusinessHours, Settings};
use patchcord_llm::Model;
use patchcord_store::rows::Workspace;
use patchcord_store::{sla_policies, workspaces};
use serde_json::{Map, Value, json};

use crate::error::require;
use crate::{App, AppError, Current};

/// Longest name, in characters.
const NAME_MAX: usize = 80;
/// Most tokens a day that a workspace can be set to where the operator has no limit.
const TOKENS_MAX: i64 = 1_000_000_000_000;

/// A workspace with its settings.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkspaceSettings {
    /// The row.
    pub workspace: Workspace,
    /// What its column `settings` says.
    pub settings: Settings,
    /// Most that its models may cost a day, in micro-dollars: its own figure, or the operator's.
    pub daily_budget_microusd: i64,
    /// The operator's figure, which no workspace can raise.
    pub daily_budget_max_microusd: i64,
    /// Most tokens that its models may use a day: its own figure, or the operator's; none means any number.
    pub daily_budget_tokens: Option<i64>,
    /// The operator's figure of tokens, which no workspace can raise; none means any number.
    pub daily_budget_max_tokens: Option<i64>,
}

/// What may be changed about a workspace. Absent leaves a field alone, null empties it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WorkspacePatch {
    /// The version that the caller has read.
    pub version: Option<i64>,
    /// A new name.
    pub name: Option<String>,
    /// A time zone of the IANA database.
    pub timezone: Option<String>,
    /// When the workspace works.
    pub business_hours: Option<BusinessHours>,
    /// Dates on which it does not.
    pub holidays: Option<Vec<String>>,
    /// What tickets may be about.
    pub product_areas: Option<Vec<String>>,
    /// The model that is asked for, or the operator's.
    pub model: Option<Option<String>>,
    /// Dollars a day, or the operator's limit.
    pub daily_budget_usd: Option<Option<f64>>,
    /// Tokens a day, or the operator's limit.
    pub daily_budget_tokens: Option<Option<i64>>,
    /// Whether tickets go to the team of their product area by themselves.
    pub auto_assign: Option<bool>,
    /// 0 to 1, or the default.
    pub triage_min_confidence: Option<Option<f64>>,
    /// off, suggest or apply.
    pub auto_triage: Option<String>,
    /// E.164, or none.
    pub transfer_number: Option<Option<String>>,
    /// Whether calls are recorded.
    pub record_calls: Option<bool>,
}

/// A patch whose values are all fit to be stored.
struct Checked {
    version: Option<i64>,
    name: Option<String>,
    timezone: Option<String>,
    business_hours: Option<Value>,
    holidays: Option<Value>,
    product_areas: Option<Value>,
    model: Option<Option<String>>,
    daily_budget_microusd: Option<Option<i64>>,
    daily_budget_tokens: Option<Option<i64>>,
    auto_assign: Option<bool>,
    triage_min_confidence_percent: Option<i64>,
    auto_triage: Option<AutoTriage>,
    transfer_number: Option<Option<String>>,
    record_calls: Option<bool>,
}

impl App {
    /// The workspace of the actor.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn workspace_settings(&self, actor: &Actor) -> Result<WorkspaceSettings, AppError> {
        require(actor, Role::Viewer)?;
        self.settings_of(&actor.workspace_id).await
    }

    /// Changes the workspace of the actor.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Stale`] when the version is not the present one.
    pub async fn patch_workspace(&self, actor: &Actor, patch: WorkspacePatch) -> Result<WorkspaceSettings, AppError> {
        require(actor, Role::Admin)?;
        let country = self.country_of(&actor.workspace_id, matches!(patch.transfer_number, Some(Some(_)))).await?;
        let checked = check(patch, &self.options, country)?;
        let (app, actor) = (self.clone(), actor.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let row = workspaces::lock(tenant).await?.ok_or(AppError::NotFound("workspace"))?;
                    let before = app.read_settings(row)?;
                    if checked.version.is_some_and(|version| version != before.workspace.version) {
                        return Err(AppError::Stale(Current::Workspace(Box::new(before))));
                    }
                    let mut row = before.workspace.clone();
                    let checked_on = checked.auto_assign == Some(true);
                    checked.apply(&mut row, before.settings.clone())?;
                    if row == before.workspace {
                        return Ok(before);
                    }
                    let hours =
                        |row: &Workspace| crate::sla::calendar(true, &row.timezone, &row.business_hours, &row.holidays);
                    let moved = hours(&row) != hours(&before.workspace);
                    if moved && hours(&row).is_empty() && sla_policies::any_by_hours(tenant).await? {
                        let message = "service-level policies count business hours; leave at least one";
                        return Err(AppError::invalid("businessHours", message));
                    }
                    row.version += 1;
                    row.updated_at = app.clock.now();
                    workspaces::save(tenant, row.clone()).await?;
                    if checked_on {
                        crate::assignment::switched_on(&app, tenant).await?;
                    }
                    if moved {
                        crate::jobs::sla::refresh_later(&app, tenant).await?;
                    }
                    let (from, to) = changes(&before.workspace, &row);
                    let subject = actor.workspace_id.as_str();
                    app.log_change(tenant, &actor.user_id, "workspace.changed", subject, Some(from), Some(to)).await?;
                    app.read_settings(row)
                })
            })
            .await
    }

    /// The country whose national telephone numbers the workspace writes; it is looked up when it is `needed`.
    pub(crate) async fn country_of(&self, id: &WorkspaceId, needed: bool) -> Result<Option<Country>, AppError> {
        if !needed {
            return Ok(None);
        }
        Ok(workspaces::own(self.store.tenant(id)).await?.as_ref().and_then(home_country))
    }

    /// The settings of a workspace, for jobs.
    pub(crate) async fn settings_of(&self, id: &WorkspaceId) -> Result<WorkspaceSettings, AppError> {
        let row = workspaces::own(self.store.tenant(id)).await?.ok_or(AppError::NotFound("workspace"))?;
        self.read_settings(row)
    }

    /// The model that answers for a workspace: the one it chose, where the model server has several.
    pub(crate) fn model_for(&self, settings: &WorkspaceSettings) -> Option<Arc<dyn Model>> {
        let model = self.model.clone()?;
        let chosen = settings.settings.model.as_deref().and_then(|name| model.named(name));
        Some(chosen.unwrap_or(model))
    }

    pub(crate) fn read_settings(&self, workspace: Workspace) -> Result<WorkspaceSettings, AppError> {
        let settings = read(workspace.settings.clone())?;
        let most = self.options.daily_budget_microusd;
        // The operator may have lowered the limit since the workspace chose its figure.
        let daily_budget_microusd = settings.daily_budget_microusd.map_or(most, |own| own.min(most));
        let most_tokens = Some(self.options.daily_budget_tokens).filter(|tokens| *tokens > 0);
        let daily_budget_tokens = match (settings.daily_budget_tokens, most_tokens) {
            (Some(own), Some(most)) => Some(own.min(most)),
            (own, most) => own.or(most),
        };
        Ok(WorkspaceSettings {
            workspace,
            settings,
            daily_budget_microusd,
            daily_budget_max_microusd: most,
            daily_budget_tokens,
            daily_budget_max_tokens: most_tokens,
        })
    }
}

/// The country of a workspace's row.
pub(crate) fn home_country(row: &Workspace) -> Option<Country> {
    Country::of_workspace(row.settings["transferNumber"].as_str(), &row.timezone)
}

/// Reads the column of a workspace.
pub(crate) fn read(column: Value) -> Result<Settings, AppError> {
    serde_json::from_value(column)
        .map_err(|error| AppError::Internal(format!("settings of a workspace cannot be read: {error}")))
}

fn check(patch: WorkspacePatch, options: &crate::Options, country: Option<Country>) -> Result<Checked, AppError> {
    let mut faults = Faults::default();
    let name = patch.name.map(|name| faults.text("name", &name.replace('\n', " "), 2, NAME_MAX));
    let timezone = patch.timezone.map(|zone| workspace::timezone(&mut faults, "timezone", &zone));
    let business_hours = patch.business_hours.map(|hours| {
        workspace::business_hours(&mut faults, "businessHours", &hours);
        json!(hours)
    });
    let holidays = patch.holidays.map(|days| json!(workspace::holidays(&mut faults, "holidays", &days)));
    let product_areas =
        patch.product_areas.map(|areas| json!(workspace::product_areas(&mut faults, "productAreas", &areas)));
    let model = patch.model.map(|model| model.map(|model| workspace::model(&mut faults, "model", &model)));
    let daily_budget_microusd = patch.daily_budget_usd.map(|usd| {
        usd.map(|usd| {
            let most = options.daily_budget_microusd as f64 / 1e6;
            if !(0.0..=most).contains(&usd) {
                faults.add("dailyBudgetUsd", format!("must be 0 to {most}, which is what the operator allows"));
            }
            (usd * 1e6).round() as i64
        })
    });
    let most_tokens = if options.daily_budget_tokens > 0 { options.daily_budget_tokens } else { TOKENS_MAX };
    if patch.daily_budget_tokens.flatten().is_some_and(|tokens| !(0..=most_tokens).contains(&tokens)) {
        faults.add("dailyBudgetTokens", format!("must be 0 to {most_tokens}, which is what the operator allows"));
    }
    let triage_min_confidence_percent = patch.triage_min_confidence.map(|confidence| match confidence {
        Some(confidence) if !(0.0..=1.0).contains(&confidence) => {
            faults.add("triageMinConfidence", "must be a number from 0 to 1");
            0
        }
        Some(confidence) => (confidence * 100.0).round() as i64,
        None => workspace::TRIAGE_MIN_CONFIDENCE_PERCENT,
    });
    let allowed = "off, suggest, apply";
    let auto_triage = patch.auto_triage.and_then(|text| faults.one_of("autoTriage", &text, AutoTriage::parse, allowed));
    let transfer_number = patch
        .transfer_number
        .map(|number| number.map(|number| phone::phone(&mut faults, "transferNumber", &number, country)));
    faults
        .into_result(Checked {
            version: patch.version,
            name,
            timezone,
            business_hours,
            holidays,
            product_areas,
            model,
            daily_budget_microusd,
            daily_budget_tokens: patch.daily_budget_tokens,
            auto_assign: patch.auto_assign,
            triage_min_confidence_percent,
            auto_triage,
            transfer_number,
            record_calls: patch.record_calls,
        })
        .map_err(AppError::Invalid)
}

impl Checked {
    fn apply(self, row: &mut Workspace, mut settings: Settings) -> Result<(), AppError> {
        let set = |column: &mut Value, value: Option<Value>| {
            if let Some(value) = value {
                *column = value;
            }
        };
        row.name = self.name.unwrap_or_else(|| row.name.clone());
        row.timezone = self.timezone.unwrap_or_else(|| row.timezone.clone());
        set(&mut row.business_hours, self.business_hours);
        set(&mut row.holidays, self.holidays);
        set(&mut row.product_areas, self.product_areas);
        let old = settings.clone();
        settings.model = self.model.unwrap_or(settings.model);
        settings.daily_budget_microusd = self.daily_budget_microusd.unwrap_or(settings.daily_budget_microusd);
        settings.daily_budget_tokens = self.daily_budget_tokens.unwrap_or(settings.daily_budget_tokens);
        settings.auto_assign = self.auto_assign.unwrap_or(settings.auto_assign);
        settings.triage_min_confidence_percent =
            self.triage_min_confidence_percent.unwrap_or(settings.triage_min_confidence_percent);
        settings.auto_triage = self.auto_triage.unwrap_or(settings.auto_triage);
        settings.transfer_number = self.transfer_number.unwrap_or(settings.transfer_number);
        settings.record_calls = self.record_calls.unwrap_or(settings.record_calls);
        if settings != old {
            row.settings = serde_json::to_value(&settings).map_err(|error| AppError::Internal(error.to_string()))?;
        }
        Ok(())
    }
}

/// What the audit log keeps: each field that changed, as it was and as it is.
fn changes(before: &Workspace, after: &Workspace) -> (Value, Value) {
    let facts = |row: &Workspace| {
        let mut all = Map::new();
        all.insert("name".into(), json!(row.name));
        all.insert("timezone".into(), json!(row.timezone));
        all.insert("businessHours".into(), row.business_hours.clone());
        all.insert("holidays".into(), row.holidays.clone());
        all.insert("productAreas".into(), row.product_areas.clone());
        all.extend(row.settings.as_object().cloned().unwrap_or_default());
        all
    };
    let (mut from, mut to) = (facts(before), facts(after));
    let same: Vec<String> =
        from.iter().filter(|(key, value)| to.get(*key) == Some(value)).map(|(key, _)| key.clone()).collect();
    for key in same {
        from.remove(&key);
        to.remove(&key);
    }
    (Value::Object(from), Value::Object(to))
}
