//! API tokens of the workspace, for administrators.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchcord_app::api_tokens::{MadeToken, NewApiToken};
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::answered;
use crate::Desk;
use crate::error::ApiError;
use crate::extract::{AsAdmin, Body, Id, Params};
use crate::paging::{Page, wanted};
use crate::shape::{self, MadeTokenRow, TokenRow};

/// Which page of tokens.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TokenQuery {
    /// 1 to 100; 25 when absent.
    limit: Option<u64>,
    /// At most 10,000.
    offset: Option<u64>,
    /// From 1, instead of an offset.
    page: Option<u64>,
    /// `exact` fills `total`.
    count: Option<String>,
}

/// The API tokens of the workspace, newest first. Revoked and expired ones are among them; secrets are not.
#[utoipa::path(get, path = "/api/tokens", tag = "users", params(TokenQuery),
    responses((status = 200, description = "A page of tokens", body = Page<TokenRow>)))]
pub(crate) async fn list_tokens(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Params(query): Params<TokenQuery>,
) -> Result<Json<Page<TokenRow>>, ApiError> {
    let page = wanted(query.limit, query.offset, query.page, None, query.count.as_deref())?;
    let found = desk.app.list_tokens(&actor, page.limit, page.offset, page.count).await?;
    Ok(Json(Page {
        items: found.tokens.iter().map(TokenRow::from).collect(),
        limit: page.limit,
        offset: page.offset,
        has_more: found.has_more,
        next_cursor: None,
        total: found.total,
    }))
}

/// A new API token.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TokenInput {
    /// What it is for; 1 to 80 characters.
    #[schema(example = "Nightly export")]
    name: String,
    /// ADMIN, AGENT or VIEWER, at most your own role, which it is when absent.
    role: Option<String>,
    /// RFC 3339 or a date; it never expires when absent.
    expires_at: Option<String>,
}

/// Makes an API token that acts for you. The token is in this answer and nowhere else: keep it.
#[utoipa::path(post, path = "/api/tokens", tag = "users", request_body = TokenInput, params(("Idempotency-Key" = Option<String>, Header, description = "The same key and body within 24 h gives the first answer again")),
    responses((status = 201, description = "Made", body = MadeTokenRow)))]
pub(crate) async fn create_token(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Body { value, once }: Body<TokenInput>,
) -> Result<Response, ApiError> {
    fn made(made: &MadeToken) -> (u16, Value) {
        (201, shape::value(&MadeTokenRow::from(made)))
    }
    let TokenInput { name, role, expires_at } = value;
    let input = NewApiToken { name, role, expires_at };
    Ok(answered(&desk.app.create_token(&actor, input, once, made).await?, made))
}

/// Revokes an API token: the next request with it is refused.
#[utoipa::path(delete, path = "/api/tokens/{id}", tag = "users", params(("id" = String, Path, description = "Id of the token")),
    responses((status = 204, description = "Revoked")))]
pub(crate) async fn revoke_token(
    State(desk): State<Desk>,
    AsAdmin(actor): AsAdmin,
    Id(id): Id,
) -> Result<StatusCode, ApiError> {
    desk.app.revoke_token(&actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
