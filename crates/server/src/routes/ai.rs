//! AI services that answer at once: search the knowledge base, classify, suggest, summarize.

use axum::Json;
use axum::extract::State;
use patchcord_app::ai::{SuggestInput, SummarizeInput};
use patchcord_domain::copilot::Outcome;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAgent, AsViewer, Bearer, Body};
use crate::paging::Items;
use crate::shape::{self, FoundArticle};

/// A question to the knowledge base.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchInput {
    /// 1 to 1,000 characters.
    #[schema(example = "printer says paper jam")]
    query: String,
    /// 1 to 20; 5 when absent.
    limit: Option<u64>,
}

/// The published articles that answer a question best, each with the passage that does.
#[utoipa::path(post, path = "/api/ai/search-kb", tag = "ai", request_body = SearchInput,
    responses((status = 200, description = "What was found, the best first", body = Items<FoundArticle>)))]
pub(crate) async fn search_kb(
    State(desk): State<Desk>,
    AsViewer(actor): AsViewer,
    Body { value, .. }: Body<SearchInput>,
) -> Result<Json<Items<FoundArticle>>, ApiError> {
    let found = desk.app.search_knowledge(&actor, &value.query, value.limit).await?;
    Ok(Json(Items { items: found.into_iter().map(FoundArticle::from).collect() }))
}

/// A message that came in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClassifyInput {
    /// 3 to 200 characters.
    subject: String,
    /// 1 to 10,000 characters.
    body: String,
}

/// Where a message belongs.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClassifyResult {
    /// One of the desk's categories.
    #[schema(example = "network")]
    category: String,
    /// LOW, MEDIUM, HIGH or URGENT.
    #[schema(example = "HIGH")]
    priority: String,
    /// How sure the category is, 0 to 1.
    confidence: f64,
}

/// Says where a message belongs and how soon it must be worked on.
#[utoipa::path(post, path = "/api/ai/classify", tag = "ai", request_body = ClassifyInput,
    responses((status = 200, description = "Where it belongs", body = ClassifyResult)))]
pub(crate) async fn classify(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, .. }: Body<ClassifyInput>,
) -> Result<Json<Value>, ApiError> {
    told(&desk.app.classify(&actor, &value.subject, &value.body).await?)
}

/// A ticket, or a text.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AiSuggestInput {
    /// A ticket; not together with `context`.
    ticket_id: Option<String>,
    /// What it is about, 1 to 10,000 characters.
    context: Option<String>,
}

/// What to do next.
#[derive(Serialize, ToSchema)]
pub(crate) struct StepsResult {
    /// One to five steps, each 1 to 200 characters.
    steps: Vec<String>,
    /// Ids of the articles, tickets and messages that they come from.
    citations: Option<Vec<String>>,
}

/// Says what to do next about a ticket, or about a text.
#[utoipa::path(post, path = "/api/ai/suggest", operation_id = "ai_suggest", tag = "ai", request_body = AiSuggestInput,
    responses((status = 200, description = "The steps", body = StepsResult)))]
pub(crate) async fn suggest(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Bearer(token): Bearer,
    Body { value, .. }: Body<AiSuggestInput>,
) -> Result<Json<Value>, ApiError> {
    let AiSuggestInput { ticket_id, context } = value;
    told(&desk.app.suggest_now(&actor, SuggestInput { ticket_id, context }, token.as_deref()).await?)
}

/// A conversation.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AiSummarizeInput {
    /// A call of this desk; not together with `transcript`. This version keeps no calls, so there is none to be found.
    call_id: Option<String>,
    /// 1 to 100,000 characters, one `Speaker: words` a line.
    transcript: Option<String>,
}

/// What a conversation came to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SummaryResult {
    /// 1 to 500 characters.
    summary: String,
    /// RESOLVED, TICKETED, ESCALATED, ABANDONED or UNKNOWN.
    #[schema(example = "RESOLVED")]
    resolution: String,
    /// At most five things that somebody still has to do.
    follow_ups: Option<Vec<String>>,
}

/// Says what a conversation was about, how it ended and what is still to be done.
#[utoipa::path(post, path = "/api/ai/summarize", tag = "ai", request_body = AiSummarizeInput,
    responses((status = 200, description = "The summary", body = SummaryResult),
        (status = 404, description = "There is no such call", body = crate::error::Problem, content_type = "application/problem+json")))]
pub(crate) async fn summarize(
    State(desk): State<Desk>,
    AsAgent(actor): AsAgent,
    Body { value, .. }: Body<AiSummarizeInput>,
) -> Result<Json<Value>, ApiError> {
    let AiSummarizeInput { call_id, transcript } = value;
    told(&desk.app.summarize(&actor, SummarizeInput { call_id, transcript }).await?)
}

/// The answer is the result itself.
fn told(outcome: &Outcome) -> Result<Json<Value>, ApiError> {
    Ok(Json(shape::value(outcome)))
}
