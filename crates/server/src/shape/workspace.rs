//! The workspace on the wire.

use patchcord_app::workspace_settings::WorkspaceSettings;
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A workspace and its settings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WorkspaceRow {
    id: String,
    name: String,
    /// The short name that the operator's commands take.
    slug: String,
    #[schema(example = "Europe/Berlin")]
    timezone: String,
    /// mon … sun → spans `{from, to}`; a day that is missing is a day off.
    #[schema(value_type = Object)]
    business_hours: Value,
    #[schema(value_type = Vec<String>)]
    holidays: Value,
    #[schema(value_type = Vec<String>)]
    product_areas: Value,
    /// The model that was chosen; null for the operator's.
    #[schema(required)]
    model: Option<String>,
    /// Most that models may cost a day (UTC).
    daily_budget_usd: f64,
    /// The operator's figure, which no workspace can raise.
    daily_budget_max_usd: f64,
    /// Most tokens that models may use a day (UTC); null for any number.
    #[schema(required)]
    daily_budget_tokens: Option<i64>,
    /// The operator's figure of tokens, which no workspace can raise; null for any number.
    #[schema(required)]
    daily_budget_max_tokens: Option<i64>,
    /// Whether tickets go to the team that covers their product area by themselves.
    auto_assign: bool,
    #[schema(example = "off")]
    auto_triage: String,
    /// How sure the copilot must be before it sets anything by itself.
    #[schema(example = 0.6)]
    triage_min_confidence: f64,
    #[schema(required)]
    transfer_number: Option<String>,
    record_calls: bool,
    version: i64,
    created_at: String,
    updated_at: String,
}

impl From<&WorkspaceSettings> for WorkspaceRow {
    fn from(of: &WorkspaceSettings) -> Self {
        let (row, settings) = (&of.workspace, &of.settings);
        let dollars = |microusd: i64| microusd as f64 / 1e6;
        Self {
            id: row.id.clone(),
            name: row.name.clone(),
            slug: row.slug.clone(),
            timezone: row.timezone.clone(),
            business_hours: row.business_hours.clone(),
            holidays: row.holidays.clone(),
            product_areas: row.product_areas.clone(),
            model: settings.model.clone(),
            daily_budget_usd: dollars(of.daily_budget_microusd),
            daily_budget_max_usd: dollars(of.daily_budget_max_microusd),
            daily_budget_tokens: of.daily_budget_tokens,
            daily_budget_max_tokens: of.daily_budget_max_tokens,
            auto_assign: settings.auto_assign,
            auto_triage: settings.auto_triage.as_str().to_owned(),
            triage_min_confidence: settings.triage_min_confidence_percent as f64 / 100.0,
            transfer_number: settings.transfer_number.clone(),
            record_calls: settings.record_calls,
            version: row.version,
            created_at: to_rfc3339(row.created_at),
            updated_at: to_rfc3339(row.updated_at),
        }
    }
}
