//! What people do with a call while it lasts, and beginning one in the browser.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchcord_app::AppError;
use patchcord_app::calls::{BrowserCall, Operation, TransferMode};
use patchcord_domain::user::Actor;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, Body, Id};
use crate::shape::{self, BrowserCallRow, CallRow};

/// Whom the caller is put through to.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transferring {
    /// A number in E.164 or any common notation, or the id of a user who has a phone; one's own to take over.
    #[schema(example = "+12025550111")]
    to: String,
    /// `cold`: the caller hears it ring; `warm`: the agent stays until the person has accepted.
    mode: String,
}

/// Puts the caller through to a person.
#[utoipa::path(post, path = "/api/calls/{id}/transfer", tag = "calls", request_body = Transferring, params(("id" = String, Path, description = "Id of the call")),
    responses((status = 200, description = "It is under way; the call as it is now", body = CallRow),
        (status = 409, description = "`call_ended`, `not_in_conversation`, `not_a_phone_call` or `no_carrier`", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 502, description = "The carrier refused", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn transfer_call(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<Transferring>,
) -> Result<Json<CallRow>, ApiError> {
    let mode =
        TransferMode::parse(&value.mode).ok_or_else(|| AppError::invalid("mode", "must be one of cold, warm"))?;
    operate(&desk, &actor, &id, Operation::Transfer { to: value.to, mode }).await
}

/// An instruction for the agent that the caller does not hear.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whispering {
    /// 1 to 1,000 characters.
    text: String,
}

/// Tells the agent something that the caller does not hear.
#[utoipa::path(post, path = "/api/calls/{id}/whisper", tag = "calls", request_body = Whispering, params(("id" = String, Path, description = "Id of the call")),
    responses((status = 200, description = "The agent hears it within moments", body = CallRow),
        (status = 409, description = "`call_ended` or `not_in_conversation`", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn whisper_to_agent(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value, .. }: Body<Whispering>,
) -> Result<Json<CallRow>, ApiError> {
    operate(&desk, &actor, &id, Operation::Whisper(value.text)).await
}

/// Nothing needs to be said.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HangingUp {}

/// Ends a call.
#[utoipa::path(post, path = "/api/calls/{id}/hangup", tag = "calls", request_body = HangingUp, params(("id" = String, Path, description = "Id of the call")),
    responses((status = 200, description = "It ends within moments", body = CallRow),
        (status = 409, description = "`call_ended`", body = crate::error::Problem, content_type = "application/problem+json"),
        (status = 502, description = "The carrier refused", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn hang_up_call(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Id(id): Id,
    Body { value: HangingUp {}, .. }: Body<HangingUp>,
) -> Result<Json<CallRow>, ApiError> {
    operate(&desk, &actor, &id, Operation::HangUp).await
}

async fn operate(desk: &Desk, actor: &Actor, id: &str, operation: Operation) -> Result<Json<CallRow>, ApiError> {
    Ok(Json(CallRow::from(&desk.app.operate_call(actor, id, operation).await?)))
}

/// A call from the page.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct NewBrowserCall {
    /// `text`, or `audio` when a model that speaks is set up.
    mode: String,
    /// Speaks as this contact; the agents take it as a claim.
    contact_id: Option<String>,
}

/// Begins a call from the page: the same agents, by text or by microphone. The token opens the stream once, within a minute.
#[utoipa::path(post, path = "/api/calls", tag = "calls", request_body = NewBrowserCall,
    responses((status = 201, description = "Open the stream with the token", body = BrowserCallRow)))]
pub(crate) async fn start_call(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, once }: Body<NewBrowserCall>,
) -> Result<Response, ApiError> {
    let begun = desk.app.start_browser_call(&actor, &value.mode, value.contact_id, once, browser_call).await?;
    Ok(answered(&begun, browser_call))
}

fn browser_call(call: &BrowserCall) -> (u16, Value) {
    (StatusCode::CREATED.as_u16(), shape::value(&BrowserCallRow::from(call)))
}
