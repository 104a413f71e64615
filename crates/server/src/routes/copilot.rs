//! The copilot: ask, watch, judge, cancel. Answers come in an envelope, refusals too.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum_extra::extract::WithRejection;
use patchcord_app::copilot::{Feedback, Request};
use patchcord_app::rows::Suggestion;
use patchcord_app::{AppError, Once};
use patchcord_domain::user::Actor;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::answered;
use crate::Desk;
use crate::error::{ApiError, CopilotError};
use crate::extract::{self, Bearer};
use crate::shape::{self, Accepted, CopilotHealth, Envelope, SuggestionRow};

// The extractors of this page fail in the copilot's envelope.
type Fallible<T> = WithRejection<T, CopilotError>;

type AsViewer = Fallible<extract::AsViewer>;
pub(super) type AsAgent = Fallible<extract::AsAgent>;
pub(super) type Body<T> = Fallible<extract::Body<T>>;
type Id = Fallible<extract::Id>;

/// Which ticket.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TicketRequest {
    pub(super) ticket_id: String,
}

/// Which ticket, and in which manner.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DraftRequest {
    pub(super) ticket_id: String,
    /// professional (default), friendly, concise, empathetic or formal.
    pub(super) tone: Option<String>,
}

/// Which ticket, and the question.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChatRequest {
    pub(super) ticket_id: String,
    /// 1 to 1,000 characters.
    pub(super) message: String,
}

async fn ask(
    desk: &Desk,
    actor: &Actor,
    ticket_id: &str,
    request: Request,
    bearer: Option<&str>,
    once: Option<Once>,
) -> Result<Response, CopilotError> {
    fn accepted(suggestion: &Suggestion) -> (u16, Value) {
        (StatusCode::ACCEPTED.as_u16(), shape::value(&Envelope::of(Accepted::from(suggestion))))
    }
    Ok(answered(&desk.app.ask_copilot(actor, ticket_id, request, bearer, once, accepted).await?, accepted))
}

/// Asks for summary, sentiment, category and urgency of a ticket.
#[utoipa::path(post, path = "/api/copilot/v1/analyze", tag = "copilot", request_body = TicketRequest,
    responses((status = 202, description = "Queued", body = Envelope<Accepted>)))]
pub(crate) async fn analyze(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    Bearer(token): Bearer,
    WithRejection(extract::Body { value, once }, _): Body<TicketRequest>,
) -> Result<Response, CopilotError> {
    ask(&desk, &actor, &value.ticket_id, Request::Analyze, token.as_deref(), once).await
}

/// Asks what to do next.
#[utoipa::path(post, path = "/api/copilot/v1/suggest", tag = "copilot", request_body = TicketRequest,
    responses((status = 202, description = "Queued", body = Envelope<Accepted>)))]
pub(crate) async fn suggest(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    Bearer(token): Bearer,
    WithRejection(extract::Body { value, once }, _): Body<TicketRequest>,
) -> Result<Response, CopilotError> {
    ask(&desk, &actor, &value.ticket_id, Request::Suggest, token.as_deref(), once).await
}

/// Asks for a reply to the customer, in a tone.
#[utoipa::path(post, path = "/api/copilot/v1/draft-reply", tag = "copilot", request_body = DraftRequest,
    responses((status = 202, description = "Queued", body = Envelope<Accepted>)))]
pub(crate) async fn draft_reply(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    Bearer(token): Bearer,
    WithRejection(extract::Body { value, once }, _): Body<DraftRequest>,
) -> Result<Response, CopilotError> {
    ask(&desk, &actor, &value.ticket_id, Request::DraftReply(value.tone), token.as_deref(), once).await
}

/// Asks a question about a ticket. The exchange is remembered for this user and ticket.
#[utoipa::path(post, path = "/api/copilot/v1/chat", tag = "copilot", request_body = ChatRequest,
    responses((status = 202, description = "Queued", body = Envelope<Accepted>)))]
pub(crate) async fn chat(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    Bearer(token): Bearer,
    WithRejection(extract::Body { value, once }, _): Body<ChatRequest>,
) -> Result<Response, CopilotError> {
    ask(&desk, &actor, &value.ticket_id, Request::Chat(value.message), token.as_deref(), once).await
}

/// A suggestion as it is now.
#[utoipa::path(get, path = "/api/copilot/v1/status/{id}", tag = "copilot", params(("id" = String, Path, description = "Id of the suggestion")),
    responses((status = 200, description = "The suggestion", body = Envelope<SuggestionRow>)))]
pub(crate) async fn status(
    State(desk): State<Desk>,
    WithRejection(extract::AsViewer(actor), _): AsViewer,
    WithRejection(extract::Id(id), _): Id,
) -> Result<Json<Envelope<SuggestionRow>>, CopilotError> {
    Ok(Json(Envelope::of(SuggestionRow::from(&desk.app.suggestion(&actor, &id).await?))))
}

/// What was said about a ticket.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Conversation {
    messages: Vec<Said>,
}

/// One line of a conversation.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct Said {
    /// `user` or `assistant`.
    role: String,
    content: String,
    at: String,
}

/// What this user and the copilot said about a ticket, oldest first.
#[utoipa::path(get, path = "/api/copilot/v1/conversation/{ticketId}", tag = "copilot", params(("ticketId" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "The conversation", body = Envelope<Conversation>)))]
pub(crate) async fn conversation(
    State(desk): State<Desk>,
    WithRejection(extract::AsViewer(actor), _): AsViewer,
    WithRejection(extract::Id(ticket), _): Id,
) -> Result<Json<Envelope<Conversation>>, CopilotError> {
    let said = desk.app.conversation(&actor, &ticket).await?;
    let messages = serde_json::from_value(Value::Array(said))
        .map_err(|error| ApiError::App(AppError::Internal(format!("reading a conversation: {error}"))))?;
    Ok(Json(Envelope::of(Conversation { messages })))
}

/// Forgets what this user and the copilot said about a ticket.
#[utoipa::path(delete, path = "/api/copilot/v1/conversation/{ticketId}", tag = "copilot", params(("ticketId" = String, Path, description = "Id or number of the ticket")),
    responses((status = 200, description = "Forgotten", body = Envelope<Conversation>)))]
pub(crate) async fn forget_conversation(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    WithRejection(extract::Id(ticket), _): Id,
) -> Result<Json<Envelope<Conversation>>, CopilotError> {
    desk.app.forget_conversation(&actor, &ticket).await?;
    Ok(Json(Envelope::of(Conversation { messages: Vec::new() })))
}

/// What became of a suggestion.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FeedbackInput {
    /// accepted, edited or rejected.
    verdict: String,
    /// What was really sent; needed when edited.
    final_text: Option<String>,
    /// Why.
    note: Option<String>,
}

/// Records what became of a suggestion.
#[utoipa::path(post, path = "/api/copilot/v1/feedback/{id}", tag = "copilot", request_body = FeedbackInput, params(("id" = String, Path, description = "Id of the suggestion")),
    responses((status = 200, description = "Recorded", body = Envelope<SuggestionRow>)))]
pub(crate) async fn feedback(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    WithRejection(extract::Id(id), _): Id,
    WithRejection(extract::Body { value, .. }, _): Body<FeedbackInput>,
) -> Result<Json<Envelope<SuggestionRow>>, CopilotError> {
    let FeedbackInput { verdict, final_text, note } = value;
    let judged = desk.app.judge_suggestion(&actor, &id, Feedback { verdict, final_text, note }).await?;
    Ok(Json(Envelope::of(SuggestionRow::from(&judged))))
}

/// Ends a queued or running suggestion.
#[utoipa::path(post, path = "/api/copilot/v1/cancel/{id}", tag = "copilot", params(("id" = String, Path, description = "Id of the suggestion")),
    responses((status = 200, description = "Cancelled", body = Envelope<SuggestionRow>)))]
pub(crate) async fn cancel(
    State(desk): State<Desk>,
    WithRejection(extract::AsAgent(actor), _): AsAgent,
    WithRejection(extract::Id(id), _): Id,
) -> Result<Json<Envelope<SuggestionRow>>, CopilotError> {
    Ok(Json(Envelope::of(SuggestionRow::from(&desk.app.cancel_suggestion(&actor, &id).await?))))
}

/// Whether the copilot can be asked, and who answers.
#[utoipa::path(get, path = "/api/copilot/v1/health", tag = "copilot",
    responses((status = 200, description = "How the copilot is doing", body = Envelope<CopilotHealth>)))]
pub(crate) async fn health(
    State(desk): State<Desk>,
    WithRejection(extract::AsViewer(actor), _): AsViewer,
) -> Result<Json<Envelope<CopilotHealth>>, CopilotError> {
    Ok(Json(Envelope::of(CopilotHealth::from(desk.app.copilot_health(&actor).await?))))
}
