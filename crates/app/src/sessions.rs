//! Signing in and staying signed in: short access tokens, refresh tokens that rotate and give a thief away.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::text::clean;
use patchcord_domain::time::{DAY, MINUTE, Millis, SECOND};
use patchcord_domain::user::{Actor, Role, normalize_email};
use patchcord_store::events::{self, NewEvent};
use patchcord_store::rows::{LoginAttempt, RefreshToken, User, Workspace};
use patchcord_store::unscoped::sign_in;
use patchcord_store::{Tenant, Tx, sessions};
use serde::{Deserialize, Serialize};

use crate::identity::is_signed_by_a_provider;
use crate::live::SESSIONS;
use crate::passwords::{check_password, new_token, token_hash};
use crate::{App, AppError};

/// How long an access token is good.
pub const ACCESS_LIVES: Millis = 15 * MINUTE;
/// How long a refresh token is good.
pub const REFRESH_LIVES: Millis = 30 * DAY;
/// A token that was used so short a time ago may come again, as long as none after it was used: two tabs refresh at once.
const FORGIVEN: Millis = 10 * SECOND;
/// Failures in [`WINDOW`] after which an address is not heard any more.
const FAILURES: u64 = 10;
const WINDOW: Millis = 15 * MINUTE;
const AUDIENCE: &str = "patchcord";

/// Where a request comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// The address of the network.
    pub address: String,
    /// What the browser calls itself.
    pub user_agent: Option<String>,
}

/// A session, begun or gone on with.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// For the `Authorization` header.
    pub access_token: String,
    /// For the cookie.
    pub refresh_token: String,
    /// Who signed in.
    pub user: User,
    /// Where.
    pub workspace: Workspace,
}

/// Who a request comes from, and through which session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// Who acts.
    pub actor: Actor,
    /// The sign-in that the token belongs to; none for API tokens and tokens of an identity provider.
    pub family_id: Option<String>,
    /// When the token ends.
    pub expires_at: Millis,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    sid: String,
    aud: String,
    iat: i64,
    exp: i64,
}

const WRONG: AppError = AppError::Unauthenticated("invalid_credentials", "the e-mail address or the password is wrong");
const ENDED: AppError = AppError::Unauthenticated("session_ended", "the session has ended; sign in again");

impl App {
    /// Signs in with e-mail address and password.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`], the same for an unknown address and a wrong password;
    /// [`AppError::TooManyAttempts`] after ten failures in fifteen minutes.
    pub async fn login(&self, email: &str, password: &str, client: Client) -> Result<SignedIn, AppError> {
        // Control characters are in nobody's address, and PostgreSQL cannot even be asked for some of them.
        let email = clean(&normalize_email(email));
        let attempt_id = self.admit_attempt(&email, &client.address).await?;
        let user = sign_in::user_by_email(self.store.reader(), &email).await?;
        let hash = user.as_ref().filter(|user| user.disabled_at.is_none()).and_then(|user| user.password_hash.clone());
        let fits = self.passwords.verify(password, hash.as_deref()).await?;
        let Some(user) = user.filter(|_| fits) else { return Err(WRONG) };
        self.begin_session(user, client, Some(attempt_id)).await
    }

    /// Goes on with a session: the refresh token is used up and another one takes its place. A token that comes a second
    /// time was stolen, from the user or by the user's thief, so that the whole family ends.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when the token is unknown, used, expired or revoked.
    pub async fn refresh(&self, token: &str, client: Client) -> Result<SignedIn, AppError> {
        let hash = token_hash(token);
        let app = self.clone();
        let refreshed =
            self.store.write(move |tx| Box::pin(async move { app.rotate(tx, &hash, client).await })).await?;
        refreshed.ok_or(ENDED)
    }

    /// Ends the session that a refresh token belongs to. An unknown token has nothing to end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn logout(&self, token: &str) -> Result<(), AppError> {
        let (hash, app) = (token_hash(token), self.clone());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if let Some(token) = sign_in::refresh_token(tx, &hash).await? {
                        let workspace = WorkspaceId::new(token.workspace_id.as_str());
                        app.end_family(tx.tenant(&workspace), &token).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Who a token belongs to: an access token, an API token, or one of the identity provider.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when the token is not valid, has expired, or was ended or revoked;
    /// [`AppError::NotProvisioned`] when it is the provider's and nobody here belongs to it.
    pub async fn authenticate(&self, token: &str) -> Result<Caller, AppError> {
        if token.starts_with(crate::api_tokens::PREFIX) {
            return self.authenticate_token(token).await;
        }
        match &self.identity {
            Some(identity) if is_signed_by_a_provider(token) => self.authenticate_identity(identity, token).await,
            _ => self.authenticate_session(token).await,
        }
    }

    /// Who an access token belongs to. The token is checked first; then one statement asks whether the session was ended,
    /// and which workspace and role the user has now.
    async fn authenticate_session(&self, token: &str) -> Result<Caller, AppError> {
        const BAD: AppError = AppError::Unauthenticated("invalid_token", "the access token is not valid");
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_audience(&[AUDIENCE]);
        // Expiry is told by our own clock, below.
        validation.validate_exp = false;
        let key = DecodingKey::from_secret(&self.keys.tokens);
        let claims = decode::<Claims>(token, &key, &validation).map_err(|_| BAD)?.claims;
        let expires_at = claims.exp.saturating_mul(SECOND);
        if expires_at <= self.clock.now() {
            return Err(AppError::Unauthenticated("token_expired", "the access token has expired; refresh it"));
        }
        let session = sign_in::session(self.store.reader(), &claims.sub, &claims.sid).await?.ok_or(ENDED)?;
        let role = Role::parse(&session.role).ok_or_else(|| AppError::Internal("a role is unknown".into()))?;
        let workspace_id = WorkspaceId::new(session.workspace_id);
        let actor = Actor { workspace_id, user_id: claims.sub, role };
        Ok(Caller { actor, family_id: Some(claims.sid), expires_at })
    }

    /// The user behind an actor, and the workspace.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when the user is gone.
    pub async fn me(&self, actor: &Actor) -> Result<(User, Workspace), AppError> {
        sign_in::user_by_id(self.store.reader(), &actor.user_id).await?.ok_or(ENDED)
    }

    /// Changes the password of the user who is signed in; every other session of theirs ends.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when the present password is wrong or the new one is not good enough.
    pub async fn change_password(&self, caller: &Caller, current: &str, new: &str) -> Result<(), AppError> {
        if caller.family_id.is_none() {
            let detail = "a password is changed by whoever signed in with it";
            return Err(AppError::Unauthenticated("session_required", detail));
        }
        let (user, _) = self.me(&caller.actor).await?;
        // Guessing the present password through a stolen session is counted like guessing it at the door.
        let attempt = self.admit_attempt(&user.email, &format!("user {}", user.id)).await?;
        if !self.passwords.verify(current, user.password_hash.as_deref()).await? {
            return Err(AppError::invalid("currentPassword", "is not the present password"));
        }
        if let Some(wrong) = check_password("newPassword", new, &user.email, &user.name) {
            return Err(AppError::Invalid(vec![wrong]));
        }
        let hash = self.passwords.hash(new, self.entropy.clone()).await?;
        let (app, caller, now) = (self.clone(), caller.clone(), self.clock.now());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&caller.actor.workspace_id);
                    let mut user = tenant.lock::<User>(&caller.actor.user_id).await?.ok_or(ENDED)?;
                    user.password_hash = Some(hash);
                    user.updated_at = now;
                    tenant.save(user).await?;
                    sign_in::mark_success(tx, &attempt).await?;
                    app.end_sessions(tenant, &caller.actor.user_id, caller.family_id.as_deref()).await
                })
            })
            .await
    }

    /// Begins a session for a user who has shown who they are.
    pub(crate) async fn begin_session(
        &self,
        user: User,
        client: Client,
        attempt_id: Option<String>,
    ) -> Result<SignedIn, AppError> {
        let app = self.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let workspace_id = WorkspaceId::new(user.workspace_id.as_str());
                    let tenant = tx.tenant(&workspace_id);
                    let user = tenant.lock::<User>(&user.id).await?.filter(|user| user.disabled_at.is_none());
                    let mut user = user.ok_or(WRONG)?;
                    user.last_login_at = Some(app.clock.now());
                    tenant.save(user.clone()).await?;
                    if let Some(attempt) = attempt_id {
                        sign_in::mark_success(tx, &attempt).await?;
                    }
                    let family_id = app.id();
                    app.issue(tx, &user, family_id, client).await
                })
            })
            .await
    }

    /// Ends every sign-in of a user but one, and tells the sockets of the user to look at their sessions.
    pub(crate) async fn end_sessions(
        &self,
        tenant: Tenant<'_, Tx>,
        user_id: &str,
        except_family: Option<&str>,
    ) -> Result<(), AppError> {
        sessions::revoke_user(tenant, user_id, except_family, self.clock.now()).await?;
        self.tell_sockets(tenant, user_id).await
    }

    async fn end_family(&self, tenant: Tenant<'_, Tx>, token: &RefreshToken) -> Result<(), AppError> {
        sessions::revoke_family(tenant, &token.family_id, self.clock.now()).await?;
        self.tell_sockets(tenant, &token.user_id).await
    }

    /// Tells the sockets of a user to look whether they may stay open.
    pub(crate) async fn tell_sockets(&self, tenant: Tenant<'_, Tx>, user_id: &str) -> Result<(), AppError> {
        let event = NewEvent {
            id: self.id(),
            kind: "session.ended",
            topic: SESSIONS,
            subject_id: user_id,
            data: serde_json::json!({}),
            at: self.clock.now(),
        };
        Ok(events::record(tenant, event).await?)
    }

    /// Counts an attempt before anything is compared, so that a crowd of guesses at the same moment is counted too.
    async fn admit_attempt(&self, email: &str, address: &str) -> Result<String, AppError> {
        let now = self.clock.now();
        let since = now - WINDOW;
        let attempt = LoginAttempt {
            id: self.id(),
            email: patchcord_domain::text::head(email, 254).to_owned(),
            address: address.to_owned(),
            at: now,
            success: false,
        };
        let id = attempt.id.clone();
        let failures = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let failures = sign_in::failures_since(tx, &attempt.email, &attempt.address, since).await?;
                    let (by_email, by_address) = failures;
                    if by_email.max(by_address) < FAILURES {
                        sign_in::record_attempt(tx, attempt).await?;
                    }
                    Ok::<_, AppError>(by_email.max(by_address))
                })
            })
            .await?;
        if failures >= FAILURES {
            let seconds = u64::try_from(WINDOW / SECOND).unwrap_or(900);
            return Err(AppError::TooManyAttempts(seconds));
        }
        Ok(id)
    }

    /// `None` when the session must end; then everything of its family was revoked in the same transaction.
    async fn rotate(&self, tx: &Tx, hash: &str, client: Client) -> Result<Option<SignedIn>, AppError> {
        let now = self.clock.now();
        let Some(found) = sign_in::refresh_token(tx, hash).await? else { return Ok(None) };
        let workspace_id = WorkspaceId::new(found.workspace_id.as_str());
        let tenant = tx.tenant(&workspace_id);
        // Two tabs that refresh in the same moment come one after the other; the second is forgiven below.
        let Some(token) = tenant.lock::<RefreshToken>(&found.id).await? else { return Ok(None) };
        if token.revoked_at.is_some() || token.expires_at <= now {
            return Ok(None);
        }
        let first_use = sessions::use_token(tenant, &token, now).await?;
        let forgiven = match token.used_at {
            Some(at) if now - at <= FORGIVEN => !sessions::went_on(tenant, &token, at).await?,
            _ => false,
        };
        if !first_use && !forgiven {
            tracing::warn!(user_id = token.user_id, "a refresh token came twice; its sessions were ended");
            self.end_family(tenant, &token).await?;
            return Ok(None);
        }
        let user = tenant.lock::<User>(&token.user_id).await?.filter(|user| user.disabled_at.is_none());
        let Some(user) = user else { return Ok(None) };
        self.issue(tx, &user, token.family_id, client).await.map(Some)
    }

    async fn issue(&self, tx: &Tx, user: &User, family_id: String, client: Client) -> Result<SignedIn, AppError> {
        let now = self.clock.now();
        let refresh_token = new_token(&*self.entropy);
        let row = RefreshToken {
            workspace_id: user.workspace_id.clone(),
            id: self.id(),
            user_id: user.id.clone(),
            token_hash: token_hash(&refresh_token),
            family_id: family_id.clone(),
            expires_at: now + REFRESH_LIVES,
            used_at: None,
            revoked_at: None,
            user_agent: client.user_agent.map(|agent| patchcord_domain::text::head(&agent, 200).to_owned()),
            ip: Some(client.address),
            created_at: now,
        };
        let workspace_id = WorkspaceId::new(user.workspace_id.as_str());
        tx.tenant(&workspace_id).add(row).await?;
        let workspace = patchcord_store::workspaces::own(tx.tenant(&workspace_id)).await?.ok_or(ENDED)?;
        let access_token = self.access_token(&user.id, &family_id, now)?;
        Ok(SignedIn { access_token, refresh_token, user: user.clone(), workspace })
    }

    fn access_token(&self, user_id: &str, family_id: &str, now: Millis) -> Result<String, AppError> {
        let claims = Claims {
            sub: user_id.to_owned(),
            sid: family_id.to_owned(),
            aud: AUDIENCE.to_owned(),
            iat: now / SECOND,
            exp: (now + ACCESS_LIVES) / SECOND,
        };
        let key = EncodingKey::from_secret(&self.keys.tokens);
        encode(&Header::new(Algorithm::HS256), &claims, &key)
            .map_err(|error| AppError::Internal(format!("signing a token: {error}")))
    }
}
