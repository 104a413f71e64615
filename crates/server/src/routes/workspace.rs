//! The settings of the workspace: everybody reads them, administrators change them.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use patchcord_app::workspace_settings::WorkspacePatch;
use patchcord_domain::workspace::Span;
use serde::Deserialize;
use utoipa::ToSchema;

use super::users::present;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, AsViewer, Body};
use crate::shape::WorkspaceRow;

/// The settings of the workspace.
#[utoipa::path(get, path = "/api/workspace", tag = "users",
    responses((status = 200, description = "The settings", body = WorkspaceRow)))]
pub(crate) async fn get_workspace(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
) -> Result<Json<WorkspaceRow>, ApiError> {
    Ok(Json(WorkspaceRow::from(&desk.app.workspace_settings(&actor).await?)))
}

/// A span of a day on the clocks of the workspace.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpanInput {
    #[schema(example = "08:00")]
    from: String,
    /// `24:00` is the end of the day.
    #[schema(example = "18:00")]
    to: String,
}

/// Changes of the settings.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WorkspaceChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    /// Of the IANA database.
    #[schema(example = "Europe/Berlin")]
    timezone: Option<String>,
    /// mon, tue, wed, thu, fri, sat, sun → spans; replaces all of them.
    business_hours: Option<BTreeMap<String, Vec<SpanInput>>>,
    /// Dates such as 2026-12-25; replaces all of them.
    holidays: Option<Vec<String>>,
    /// Replaces all of them.
    product_areas: Option<Vec<String>>,
    /// The model that is asked for, where the model server has several; null for the operator's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    model: Option<Option<String>>,
    /// At most the operator's; null for that.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    daily_budget_usd: Option<Option<f64>>,
    /// Most tokens a day, at most the operator's; null for that.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<i64>)]
    daily_budget_tokens: Option<Option<i64>>,
    /// Whether tickets go to the team that covers their product area by themselves.
    auto_assign: Option<bool>,
    /// off, suggest or apply.
    auto_triage: Option<String>,
    /// How sure the copilot must be before it sets anything by itself, 0 to 1; null for the default.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<f64>)]
    triage_min_confidence: Option<Option<f64>>,
    /// E.164; null for none.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    transfer_number: Option<Option<String>>,
    record_calls: Option<bool>,
}

/// Changes the settings of the workspace.
#[utoipa::path(patch, path = "/api/workspace", tag = "users", request_body = WorkspaceChanges,
    responses((status = 200, description = "The settings as they are now", body = WorkspaceRow)))]
pub(crate) async fn patch_workspace(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, .. }: Body<WorkspaceChanges>,
) -> Result<Json<WorkspaceRow>, ApiError> {
    let spans = |spans: Vec<SpanInput>| spans.into_iter().map(|span| Span { from: span.from, to: span.to }).collect();
    let hours = |hours: BTreeMap<String, _>| hours.into_iter().map(|(day, all)| (day, spans(all))).collect();
    let patch = WorkspacePatch {
        version: value.version,
        name: value.name,
        timezone: value.timezone,
        business_hours: value.business_hours.map(hours),
        holidays: value.holidays,
        product_areas: value.product_areas,
        model: value.model,
        daily_budget_usd: value.daily_budget_usd,
        daily_budget_tokens: value.daily_budget_tokens,
        auto_assign: value.auto_assign,
        auto_triage: value.auto_triage,
        triage_min_confidence: value.triage_min_confidence,
        transfer_number: value.transfer_number,
        record_calls: value.record_calls,
    };
    Ok(Json(WorkspaceRow::from(&desk.app.patch_workspace(&actor, patch).await?)))
}
