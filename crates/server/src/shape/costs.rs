//! What models cost, on the wire: money in dollars.

use patchcord_app::costs::{Costs, DayCost};
use patchcord_domain::metrics::{UsageFigures, share};
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::dollars;

/// What models were asked for and what it cost.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UsageRow {
    requests: i64,
    errors: i64,
    input_tokens: i64,
    cached_input_tokens: i64,
    output_tokens: i64,
    /// Share of the tokens read that the provider had in its cache.
    #[schema(required)]
    cached_share: Option<f64>,
    /// In dollars.
    cost_usd: f64,
}

impl From<&UsageFigures> for UsageRow {
    fn from(usage: &UsageFigures) -> Self {
        Self {
            requests: usage.requests,
            errors: usage.errors,
            input_tokens: usage.input_tokens,
            cached_input_tokens: usage.cached_input_tokens,
            output_tokens: usage.output_tokens,
            cached_share: share(usage.cached_input_tokens, usage.input_tokens),
            cost_usd: dollars(usage.cost_usd),
        }
    }
}

/// What models cost.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CostsRow {
    /// First moment of the first day.
    from: String,
    /// The moment after the last day.
    to: String,
    total: UsageRow,
    /// Oldest first, those without any cost among them.
    by_day: Vec<DayUsageRow>,
    /// The dearest first.
    by_model: Vec<ModelUsageRow>,
    /// The dearest first.
    by_purpose: Vec<PurposeUsageRow>,
    /// Tickets that were opened meanwhile.
    tickets_created: i64,
    /// Mean cost of each of them, in dollars.
    #[schema(required)]
    per_ticket_usd: Option<f64>,
    budget: BudgetRow,
}

/// What a day cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DayUsageRow {
    /// The date in the workspace's zone.
    #[schema(example = "2026-11-24")]
    day: String,
    /// Its first moment.
    from: String,
    #[serde(flatten)]
    usage: UsageRow,
}

impl From<&DayCost> for DayUsageRow {
    fn from(day: &DayCost) -> Self {
        Self { day: day.day.clone(), from: to_rfc3339(day.start), usage: (&day.usage).into() }
    }
}

/// What a model cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelUsageRow {
    provider: String,
    model: String,
    #[serde(flatten)]
    usage: UsageRow,
}

/// What a purpose cost.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PurposeUsageRow {
    #[schema(example = "draft_reply")]
    purpose: String,
    #[serde(flatten)]
    usage: UsageRow,
}

/// What may be spent today. The day begins at midnight UTC.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BudgetRow {
    daily_usd: f64,
    spent_today_usd: f64,
    left_today_usd: f64,
}

impl From<&Costs> for CostsRow {
    fn from(costs: &Costs) -> Self {
        let models = costs.models.iter().map(|((provider, model), usage)| ModelUsageRow {
            provider: provider.clone(),
            model: model.clone(),
            usage: usage.into(),
        });
        let purposes = costs
            .purposes
            .iter()
            .map(|(purpose, usage)| PurposeUsageRow { purpose: purpose.clone(), usage: usage.into() });
        Self {
            from: to_rfc3339(costs.from),
            to: to_rfc3339(costs.to),
            total: (&costs.total).into(),
            by_day: costs.days.iter().map(DayUsageRow::from).collect(),
            by_model: models.collect(),
            by_purpose: purposes.collect(),
            tickets_created: costs.tickets_created,
            per_ticket_usd: costs.per_ticket_microusd().map(|micro| micro / 1e6),
            budget: BudgetRow {
                daily_usd: dollars(costs.budget_microusd),
                spent_today_usd: dollars(costs.spent_microusd),
                left_today_usd: dollars((costs.budget_microusd - costs.spent_microusd).max(0)),
            },
        }
    }
}
