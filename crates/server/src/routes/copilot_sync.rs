//! The older forms of the copilot that wait for the result. The work is that of the jobs, and so is the suggestion.

use axum::Json;
use axum::extract::State;
use axum_extra::extract::WithRejection;
use patchcord_app::copilot::Request;
use patchcord_app::rows::Suggestion;
use patchcord_app::{Answered, Once};
use patchcord_domain::user::Actor;
use serde_json::Value;

use super::copilot::{AsAgent, Body, ChatRequest, DraftRequest, TicketRequest};
use crate::Desk;
use crate::error::CopilotError;
use crate::extract::{self, Bearer};
use crate::shape::{self, Accepted, Envelope, SyncResult};

async fn wait(
    desk: &Desk,
    actor: &Actor,
    ticket_id: &str,
    request: Request,
    bearer: Option<&str>,
    once: Option<Once>,
) -> Result<Json<Envelope<Value>>, CopilotError> {
    // What is kept with an idempotency key names the suggestion: the same request again waits for the same result.
    fn accepted(suggestion: &Suggestion) -> (u16, Value) {
        (200, shape::value(&Envelope::of(Accepted::from(suggestion))))
    }
    let waiting = desk.app.wait();
    let id = match desk.app.ask_copilot(actor, ticket_id, request, bearer, once, accepted).await? {
        Answered::New(suggestion) => suggestion.id,
        Answered::Again(_, body) => body["data"]["suggestionId"].as_str().unwrap_or_default().to_owned(),
    };
    Ok(Json(Envelope::of(desk.app.result_of(actor, &id, waiting).await?)))
}

/// Analyses a ticket and waits for the result, at most 60 seconds.
#[utoipa::path(post, path = "/api/analyze", tag = "copilot", request_body = TicketRequest,
    responses((status = 200, description = "The result", body = Envelope<SyncResult>)))]
pub(crate) async fn analyze_now(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    Bearer(token): Bearer,
    WithRejection(extract::Body { value, once }, _): Body<TicketRequest>,
) -> Result<Json<Envelope<Value>>, CopilotError> {
    wait(&desk, &actor, &value.ticket_id, Request::Analyze, token.as_deref(), once).await
}

/// Suggests what to do next and waits for the result, at most 60 seconds.
#[utoipa::path(post, path = "/api/suggest", tag = "copilot", request_body = TicketRequest,
    responses((status = 200, description = "The result", body = Envelope<SyncResult>)))]
pub(crate) async fn suggest_now(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    Bearer(token): Bearer,
    WithRejection(extract::Body { value, once }, _): Body<TicketRequest>,
) -> Result<Json<Envelope<Value>>, CopilotError> {
    wait(&desk, &actor, &value.ticket_id, Request::Suggest, token.as_deref(), once).await
}

/// Drafts a reply and waits for the result, at most 60 seconds.
#[utoipa::path(post, path = "/api/draft-reply", tag = "copilot", request_body = DraftRequest,
    responses((status = 200, description = "The result", body = Envelope<SyncResult>)))]
pub(crate) async fn draft_reply_now(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    Bearer(token): Bearer,
    WithRejection(extract::Body { value, once }, _): Body<DraftRequest>,
) -> Result<Json<Envelope<Value>>, CopilotError> {
    wait(&desk, &actor, &value.ticket_id, Request::DraftReply(value.tone), token.as_deref(), once).await
}

/// Answers a question about a ticket and waits for the result, at most 60 seconds.
#[utoipa::path(post, path = "/api/chat", tag = "copilot", request_body = ChatRequest,
    responses((status = 200, description = "The result", body = Envelope<SyncResult>)))]
pub(crate) async fn chat_now(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    Bearer(token): Bearer,
    WithRejection(extract::Body { value, once }, _): Body<ChatRequest>,
) -> Result<Json<Envelope<Value>>, CopilotError> {
    wait(&desk, &actor, &value.ticket_id, Request::Chat(value.message), token.as_deref(), once).await
}
