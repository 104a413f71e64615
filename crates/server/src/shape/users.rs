//! Users and their sessions on the wire.

use patchcord_app::rows::{User, Workspace};
use patchcord_app::sessions::{ACCESS_LIVES, SignedIn};
use patchcord_app::users::Invited;
use patchcord_domain::time::to_rfc3339;
use serde::Serialize;
use utoipa::ToSchema;

use super::time;

/// A user as the user sees themself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Me {
    #[serde(flatten)]
    user: UserRow,
    workspace_name: String,
}

impl Me {
    pub(crate) fn of(user: &User, workspace: &Workspace) -> Self {
        Self { user: UserRow::from(user), workspace_name: workspace.name.clone() }
    }
}

/// A user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserRow {
    id: String,
    email: String,
    name: String,
    #[schema(example = "AGENT")]
    role: String,
    workspace_id: String,
    #[schema(required)]
    phone: Option<String>,
    #[schema(required)]
    disabled_at: Option<String>,
    #[schema(required)]
    last_login_at: Option<String>,
    created_at: String,
    version: i64,
}

impl From<&User> for UserRow {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.clone(),
            email: user.email.clone(),
            name: user.name.clone(),
            role: user.role.clone(),
            workspace_id: user.workspace_id.clone(),
            phone: user.phone.clone(),
            disabled_at: time(user.disabled_at),
            last_login_at: time(user.last_login_at),
            created_at: to_rfc3339(user.created_at),
            version: user.version,
        }
    }
}

/// A user who was added.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddedUser {
    user: UserRow,
    /// Where the user chooses a password; shown once, good for 72 hours, null when a password was given.
    #[schema(required)]
    invitation_url: Option<String>,
}

impl From<&Invited> for AddedUser {
    fn from(added: &Invited) -> Self {
        Self { user: UserRow::from(&added.user), invitation_url: added.invitation_url.clone() }
    }
}

/// A session. The refresh token is in a cookie that scripts cannot read.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    access_token: String,
    /// Seconds until the access token ends.
    expires_in: i64,
    user: Me,
}

impl From<&SignedIn> for Session {
    fn from(signed_in: &SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token.clone(),
            expires_in: ACCESS_LIVES / 1_000,
            user: Me::of(&signed_in.user, &signed_in.workspace),
        }
    }
}
