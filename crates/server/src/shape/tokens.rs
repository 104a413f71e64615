//! API tokens on the wire.

use patchcord_app::api_tokens::MadeToken;
use patchcord_app::rows::ApiToken;
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::time;

/// An API token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TokenRow {
    id: String,
    name: String,
    /// How the token begins, to tell it from others.
    #[schema(example = "pck_3rPqX0aB")]
    prefix: String,
    #[schema(example = "AGENT")]
    role: String,
    /// For whom it acts.
    user_id: String,
    #[schema(required)]
    expires_at: Option<String>,
    /// To the minute.
    #[schema(required)]
    last_used_at: Option<String>,
    #[schema(required)]
    revoked_at: Option<String>,
    created_at: String,
}

impl From<&ApiToken> for TokenRow {
    fn from(token: &ApiToken) -> Self {
        Self {
            id: token.id.clone(),
            name: token.name.clone(),
            prefix: token.prefix.clone(),
            role: token.role.clone(),
            user_id: token.user_id.clone(),
            expires_at: time(token.expires_at),
            last_used_at: time(token.last_used_at),
            revoked_at: time(token.revoked_at),
            created_at: to_rfc3339(token.created_at),
        }
    }
}

/// An API token that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct MadeTokenRow {
    #[serde(flatten)]
    row: TokenRow,
    /// The token itself, shown this once.
    #[schema(example = "pck_3rPqX0aB…")]
    token: String,
}

impl From<&MadeToken> for MadeTokenRow {
    fn from(made: &MadeToken) -> Self {
        Self { row: TokenRow::from(&made.row), token: made.secret.clone() }
    }
}
