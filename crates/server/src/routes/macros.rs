//! Macros, and using one on a ticket.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use patchcord_app::Answered;
use patchcord_app::macros::{Actions, MacroPatch, MacroUse, NewMacro};
use patchcord_app::rows::Macro;
use patchcord_app::ticket_detail::Detail;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, AsViewer, Body, Id, TwoIds};
use crate::paging::Items;
use crate::shape::{self, MacroPreview, MacroRow, TicketDetail};

/// The shared macros and one's own, by name.
#[utoipa::path(get, path = "/api/macros", tag = "tickets",
    responses((status = 200, description = "The macros", body = Items<MacroRow>)))]
pub(crate) async fn list_macros(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
) -> Result<Json<Items<MacroRow>>, ApiError> {
    let found = desk.app.macros(&actor).await?;
    Ok(Json(Items { items: found.iter().map(MacroRow::from).collect() }))
}

/// What a macro changes beside the message. Absent fields stay as they are.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct MacroActions {
    #[schema(example = "WAITING_ON_CUSTOMER")]
    status: Option<String>,
    priority: Option<String>,
    /// Id of a support agent, or `me` for whoever uses the macro.
    assignee_id: Option<String>,
    /// Tags that are added.
    tags: Vec<String>,
    /// Whether the message is a note that the customer never sees.
    is_internal: bool,
}

impl From<MacroActions> for Actions {
    fn from(actions: MacroActions) -> Self {
        let MacroActions { status, priority, assignee_id, tags, is_internal } = actions;
        Self { status, priority, assignee_id, tags, is_internal }
    }
}

/// A new macro.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MacroInput {
    /// 1 to 80 characters.
    #[schema(example = "Ask for a log")]
    name: String,
    /// At most 10,000 characters; may be empty when there are actions. Placeholders: `{{contact.name}}`,
    /// `{{contact.firstName}}`, `{{contact.email}}`, `{{organization.name}}`, `{{device.name}}`, `{{ticket.number}}`,
    /// `{{ticket.subject}}`, `{{agent.name}}`, `{{workspace.name}}`.
    #[schema(example = "Hello {{contact.firstName}}, please send us the log. {{agent.name}}")]
    body: String,
    #[serde(default)]
    actions: MacroActions,
    /// Whether everybody may use it; for administrators only.
    #[serde(default)]
    is_shared: bool,
}

/// Makes a macro; at most 100 of one's own, and 100 shared ones.
#[utoipa::path(post, path = "/api/macros", tag = "tickets", request_body = MacroInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Made; Location names it", body = MacroRow)))]
pub(crate) async fn add_macro(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, once }: Body<MacroInput>,
) -> Result<Response, ApiError> {
    fn added(row: &Macro) -> (u16, Value) {
        (201, shape::value(&MacroRow::from(row)))
    }
    let MacroInput { name, body, actions, is_shared } = value;
    let input = NewMacro { name, body, actions: actions.into(), is_shared };
    let done = desk.app.add_macro(&actor, input, once, added).await?;
    let id = match &done {
        Answered::New(row) => row.id.clone(),
        Answered::Again(_, body) => body["id"].as_str().unwrap_or_default().to_owned(),
    };
    let mut response = answered(&done, added);
    if let Ok(location) = HeaderValue::from_str(&format!("/api/macros/{id}")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// One macro.
#[utoipa::path(get, path = "/api/macros/{id}", tag = "tickets", params(("id" = String, Path, description = "Id of the macro")),
    responses((status = 200, description = "The macro", body = MacroRow)))]
pub(crate) async fn get_macro(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Id(id): Id,
) -> Result<Json<MacroRow>, ApiError> {
    Ok(Json(MacroRow::from(&desk.app.get_macro(&actor, &id).await?)))
}

/// Changes of a macro. Absent fields stay.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MacroChanges {
    /// The version that was read; a stale one is refused.
    version: Option<i64>,
    name: Option<String>,
    body: Option<String>,
    /// All of the new actions; they take the place of the old ones.
    actions: Option<MacroActions>,
}

/// Changes a macro; a shared one for administrators only.
#[utoipa::path(patch, path = "/api/macros/{id}", tag = "tickets", request_body = MacroChanges, params(("id" = String, Path, description = "Id of the macro")),
    responses((status = 200, description = "The macro as it is now", body = MacroRow)))]
pub(crate) async fn patch_macro(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<MacroChanges>,
) -> Result<Json<MacroRow>, ApiError> {
    let MacroChanges { version, name, body, actions } = value;
    let patch = MacroPatch { version, name, body, actions: actions.map(Actions::from) };
    Ok(Json(MacroRow::from(&desk.app.patch_macro(&actor, &id, patch).await?)))
}

/// Deletes a macro; a shared one for administrators only.
#[utoipa::path(delete, path = "/api/macros/{id}", tag = "tickets", params(("id" = String, Path, description = "Id of the macro")),
    responses((status = 204, description = "Deleted")))]
pub(crate) async fn delete_macro(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.delete_macro(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a macro would write on a ticket, to be edited before it is sent.
#[utoipa::path(get, path = "/api/tickets/{id}/macros/{macroId}", tag = "tickets", params(("id" = String, Path, description = "Id or number of the ticket"), ("macroId" = String, Path, description = "Id of the macro")),
    responses((status = 200, description = "Text and actions; nothing was changed", body = MacroPreview)))]
pub(crate) async fn preview_macro(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    TwoIds(id, macro_id): TwoIds,
) -> Result<Json<MacroPreview>, ApiError> {
    Ok(Json(MacroPreview::from(desk.app.preview_macro(&actor, &id, &macro_id).await?)))
}

/// How a macro is used. An empty object uses it as it is.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MacroUsing {
    /// The ticket's version that was read; a stale one is refused.
    version: Option<i64>,
    /// The text as it was edited, 1 to 10,000 characters, instead of the macro's; placeholders in it are not filled.
    body: Option<String>,
}

/// Uses a macro on a ticket: the message and every change of the ticket happen together or not at all.
#[utoipa::path(post, path = "/api/tickets/{id}/macros/{macroId}", tag = "tickets", request_body = MacroUsing, params(("id" = String, Path, description = "Id or number of the ticket"), ("macroId" = String, Path, description = "Id of the macro"), ("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 200, description = "The ticket as it is now", body = TicketDetail),
        (status = 409, description = "`placeholder_missing`: the ticket has nothing for a placeholder; `invalid_transition`, `stale_version`, `ticket_merged`, `too_many_tags`", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn use_macro(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    TwoIds(id, macro_id): TwoIds,
    Body { value, once }: Body<MacroUsing>,
) -> Result<Response, ApiError> {
    fn used(detail: &Detail) -> (u16, Value) {
        (200, shape::value(&TicketDetail::from(detail)))
    }
    let input = MacroUse { version: value.version, body: value.body };
    Ok(answered(&desk.app.use_macro(&actor, &id, &macro_id, input, once, used).await?, used))
}
