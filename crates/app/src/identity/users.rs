//! From an identity to a user: by issuer and subject; the first time by the verified address of a user who is there.

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::user::{Actor, Role};
use patchcord_store::rows::User;
use patchcord_store::unscoped::{identities, sign_in};
use patchcord_store::users;
use serde_json::json;

use super::Identity;
use super::token::Claims;
use crate::sessions::Caller;
use crate::{App, AppError};

impl App {
    /// Who a token of the identity provider stands for. Role and workspace are those of our row.
    pub(crate) async fn authenticate_identity(&self, identity: &Identity, token: &str) -> Result<Caller, AppError> {
        let claims = identity.check_api_token(token).await?;
        let expires_at = claims.expires_at();
        let user = self.user_of_identity(claims).await?;
        let role = Role::parse(&user.role).ok_or_else(|| AppError::Internal("a role is unknown".into()))?;
        let actor = Actor { workspace_id: WorkspaceId::new(user.workspace_id), user_id: user.id, role };
        Ok(Caller { actor, family_id: None, expires_at })
    }

    /// The user of an identity whose token was checked.
    ///
    /// # Errors
    /// [`AppError::NotProvisioned`] when nobody here belongs to it, or the user was disabled.
    pub(super) async fn user_of_identity(&self, claims: Claims) -> Result<User, AppError> {
        if let Some(user) = identities::user(self.store.reader(), &claims.iss, &claims.sub).await? {
            return if user.disabled_at.is_none() { Ok(user) } else { Err(AppError::NotProvisioned) };
        }
        let email = claims.verified_email().ok_or(AppError::NotProvisioned)?;
        let found = sign_in::user_by_email(self.store.reader(), &email).await?;
        self.link(found.ok_or(AppError::NotProvisioned)?, claims).await
    }

    /// Links a user with an identity, for good. Whoever knew the password, or has a session or an invitation, might not be
    /// the owner of the address: all of them end.
    async fn link(&self, user: User, claims: Claims) -> Result<User, AppError> {
        let app = self.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let id = WorkspaceId::new(user.workspace_id.as_str());
                    let tenant = tx.tenant(&id);
                    let user = tenant.lock::<User>(&user.id).await?.filter(|user| user.disabled_at.is_none());
                    let mut user = user.ok_or(AppError::NotProvisioned)?;
                    if let (Some(issuer), Some(subject)) = (&user.external_issuer, &user.external_subject) {
                        // Another request was faster; or the address belongs to another identity by now.
                        let same = *issuer == claims.iss && *subject == claims.sub;
                        return if same { Ok(user) } else { Err(AppError::NotProvisioned) };
                    }
                    let now = app.clock.now();
                    let before = json!({"password": user.password_hash.is_some(), "issuer": null, "subject": null});
                    let after = json!({"password": false, "issuer": claims.iss, "subject": claims.sub});
                    user.password_hash = None;
                    user.external_issuer = Some(claims.iss);
                    user.external_subject = Some(claims.sub);
                    user.version += 1;
                    user.updated_at = now;
                    tenant.save(user.clone()).await?;
                    app.end_sessions(tenant, &user.id, None).await?;
                    for mut invitation in users::open_invitations(tenant, &user.id).await? {
                        invitation.used_at = Some(now);
                        tenant.save(invitation).await?;
                    }
                    app.log_change(tenant, &user.id, "user.linked", &user.id, Some(before), Some(after)).await?;
                    Ok(user)
                })
            })
            .await
    }
}
