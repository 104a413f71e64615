//! API tokens: programs act with them for the user who made them. Only the hash of a token is stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::{MINUTE, Millis, from_rfc3339};
use patchcord_domain::user::{Actor, Role, normalize_email};
use patchcord_store::rows::ApiToken;
use patchcord_store::unscoped::{self, sign_in};
use patchcord_store::{Tenant, Tx, api_tokens};
use serde_json::json;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::error::require;
use crate::passwords::{new_token, token_hash};
use crate::sessions::Caller;
use crate::workspaces::OPERATOR;
use crate::{Answered, App, AppError, Once, Shape};

/// What every API token begins with, so that scanners for leaked secrets know it.
pub const PREFIX: &str = "pck_";
/// Characters of a token that are kept and shown, so that people can tell tokens apart.
const SHOWN: usize = 12;
/// Longest name, in characters.
const NAME_MAX: usize = 80;
/// Most tokens whose use waits to be noted; the use of more is not noted at that moment.
const WAITING_MAX: usize = 10_000;

/// What is needed to make a token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewApiToken {
    /// What the token is for.
    pub name: String,
    /// At most the maker's own role; that role when absent.
    pub role: Option<String>,
    /// RFC 3339 or a date; never when absent.
    pub expires_at: Option<String>,
}

/// A token that was made. The secret is shown this once.
#[derive(Clone, PartialEq)]
pub struct MadeToken {
    /// What is kept.
    pub row: ApiToken,
    /// The token itself.
    pub secret: String,
}

/// A page of tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenPage {
    /// The tokens, newest first.
    pub tokens: Vec<ApiToken>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are, when that was asked for.
    pub total: Option<i64>,
}

/// The checked fields of a new token.
struct Checked {
    name: String,
    role: Role,
    expires_at: Option<Millis>,
}

impl App {
    /// The tokens of the workspace, newest first; revoked ones are among them.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for everybody but administrators.
    pub async fn list_tokens(
        &self,
        actor: &Actor,
        limit: u64,
        offset: u64,
        count: bool,
    ) -> Result<TokenPage, AppError> {
        require(actor, Role::Admin)?;
        self.token_page(&actor.workspace_id, limit, offset, count).await
    }

    /// Makes a token for the actor.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; a role above the actor's own is one.
    pub async fn create_token(
        &self,
        actor: &Actor,
        input: NewApiToken,
        once: Option<Once>,
        shape: Shape<MadeToken>,
    ) -> Result<Answered<MadeToken>, AppError> {
        require(actor, Role::Admin)?;
        let checked = check(input, actor.role, self.clock.now())?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                app.insert_token(tenant, &acting.user_id, &acting.user_id, checked).await
            })
        })
        .await
    }

    /// Revokes a token: the next request with it is refused. A revoked one stays revoked.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the token is another workspace's.
    pub async fn revoke_token(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        self.revoke(actor.workspace_id.clone(), id.to_owned(), actor.user_id.clone()).await
    }

    /// Makes a token for a user, from the command line.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when nobody has this address; [`AppError::Invalid`] with every wrong field.
    pub async fn operator_create_token(&self, email: &str, input: NewApiToken) -> Result<MadeToken, AppError> {
        let user = sign_in::user_by_email(self.store.reader(), &normalize_email(email)).await?;
        let user = user.filter(|user| user.disabled_at.is_none()).ok_or(AppError::NotFound("user"))?;
        let role = Role::parse(&user.role).ok_or_else(|| AppError::Internal("a role is unknown".into()))?;
        let checked = check(input, role, self.clock.now())?;
        let app = self.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let id = WorkspaceId::new(user.workspace_id.as_str());
                    app.insert_token(tx.tenant(&id), &user.id, OPERATOR, checked).await
                })
            })
            .await
    }

    /// The newest 100 tokens of the workspace with this short name, for the command line.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such workspace.
    pub async fn operator_tokens(&self, slug: &str) -> Result<Vec<ApiToken>, AppError> {
        let workspace = unscoped::workspaces::by_slug(self.store.reader(), slug).await?;
        let id = WorkspaceId::new(workspace.ok_or(AppError::NotFound("workspace"))?.id);
        Ok(self.token_page(&id, 100, 0, false).await?.tokens)
    }

    /// Revokes a token of any workspace, from the command line.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such token.
    pub async fn operator_revoke_token(&self, id: &str) -> Result<(), AppError> {
        let found = unscoped::api_tokens::by_id(self.store.reader(), id).await?.ok_or(AppError::NotFound("token"))?;
        self.revoke(WorkspaceId::new(found.workspace_id), found.id, OPERATOR.to_owned()).await
    }

    /// Who an API token acts for. Its role is the lower one of the token's and the user's present one.
    pub(crate) async fn authenticate_token(&self, token: &str) -> Result<Caller, AppError> {
        const BAD: AppError = AppError::Unauthenticated("invalid_token", "the API token is unknown or was revoked");
        let live = unscoped::api_tokens::live(self.store.reader(), &token_hash(token)).await?.ok_or(BAD)?;
        let now = self.clock.now();
        if live.expires_at.is_some_and(|at| at <= now) {
            return Err(AppError::Unauthenticated("token_expired", "the API token has expired; make another one"));
        }
        let (of_token, of_user) = (Role::parse(&live.token_role), Role::parse(&live.user_role));
        let (Some(of_token), Some(of_user)) = (of_token, of_user) else {
            return Err(AppError::Internal("a role is unknown".into()));
        };
        if live.last_used_at.is_none_or(|at| now - at >= MINUTE) {
            self.token_use.note(&live.workspace_id, &live.id, now);
        }
        let workspace_id = WorkspaceId::new(live.workspace_id);
        let actor = Actor { workspace_id, user_id: live.user_id, role: of_token.min(of_user) };
        Ok(Caller { actor, family_id: None, expires_at: live.expires_at.unwrap_or(Millis::MAX) })
    }

    /// Notes in the background which tokens were used, so that no request waits for it.
    pub fn start_token_use(&self, tasks: &TaskTracker, stop: CancellationToken) {
        let app = self.clone();
        tasks.spawn(async move {
            loop {
                let stopping = tokio::select! {
                    () = stop.cancelled() => true,
                    () = app.token_use.0.more.notified() => false,
                };
                app.note_used_tokens().await;
                if stopping {
                    return;
                }
            }
        });
    }

    async fn note_used_tokens(&self) {
        let used = self.token_use.take();
        if used.is_empty() {
            return;
        }
        let noted: Result<(), AppError> = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    for ((workspace_id, id), at) in used {
                        unscoped::api_tokens::mark_used(tx, &workspace_id, &id, at).await?;
                    }
                    Ok(())
                })
            })
            .await;
        if let Err(error) = noted {
            // The next use of the token notes it again.
            tracing::warn!(%error, "the use of API tokens was not noted");
        }
    }

    async fn token_page(
        &self,
        workspace_id: &WorkspaceId,
        limit: u64,
        offset: u64,
        count: bool,
    ) -> Result<TokenPage, AppError> {
        let tenant = self.store.tenant(workspace_id);
        let mut tokens = api_tokens::page(tenant, limit + 1, offset).await?;
        let has_more = tokens.len() as u64 > limit;
        tokens.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let total =
            if count { Some(i64::try_from(api_tokens::count(tenant).await?).unwrap_or(i64::MAX)) } else { None };
        Ok(TokenPage { tokens, has_more, total })
    }

    async fn insert_token(
        &self,
        tenant: Tenant<'_, Tx>,
        user_id: &str,
        maker: &str,
        checked: Checked,
    ) -> Result<MadeToken, AppError> {
        let secret = format!("{PREFIX}{}", new_token(&*self.entropy));
        let now = self.clock.now();
        let row = ApiToken {
            workspace_id: tenant.workspace_id().as_str().to_owned(),
            id: self.id(),
            user_id: user_id.to_owned(),
            name: checked.name,
            prefix: secret.chars().take(SHOWN).collect(),
            token_hash: token_hash(&secret),
            role: checked.role.as_str().to_owned(),
            expires_at: checked.expires_at,
            last_used_at: None,
            revoked_at: None,
            created_at: now,
            updated_at: now,
        };
        tenant.add(row.clone()).await?;
        let after = json!({
            "name": row.name, "prefix": row.prefix, "role": row.role, "userId": row.user_id,
            "expiresAt": row.expires_at.map(patchcord_domain::time::to_rfc3339),
        });
        self.log_change(tenant, maker, "token.created", &row.id, None, Some(after)).await?;
        Ok(MadeToken { row, secret })
    }

    async fn revoke(&self, workspace_id: WorkspaceId, id: String, actor: String) -> Result<(), AppError> {
        let app = self.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&workspace_id);
                    let mut token = tenant.lock::<ApiToken>(&id).await?.ok_or(AppError::NotFound("token"))?;
                    if token.revoked_at.is_some() {
                        return Ok(());
                    }
                    let now = app.clock.now();
                    token.revoked_at = Some(now);
                    token.updated_at = now;
                    let (before, after) = (json!({"revoked": false}), json!({"revoked": true, "name": token.name}));
                    app.tell_sockets(tenant, &token.user_id).await?;
                    tenant.save(token).await?;
                    app.log_change(tenant, &actor, "token.revoked", &id, Some(before), Some(after)).await
                })
            })
            .await
    }
}

fn check(input: NewApiToken, own: Role, now: Millis) -> Result<Checked, AppError> {
    let mut faults = Faults::default();
    let name = faults.text("name", &input.name, 1, NAME_MAX);
    let role = match &input.role {
        Some(text) => faults.one_of("role", text, Role::parse, "ADMIN, AGENT, VIEWER").unwrap_or(own),
        None => own,
    };
    if role > own {
        faults.add("role", format!("must not be above the role of the token's user, which is {}", own.as_str()));
    }
    let expires_at = input.expires_at.as_deref().and_then(|text| {
        let at = from_rfc3339(text);
        match at {
            None => {
                faults.add("expiresAt", "must be a time such as 2026-11-24T09:30:00Z, or a date such as 2026-11-24");
            }
            Some(at) if at <= now => faults.add("expiresAt", "must lie in the future"),
            Some(_) => {}
        }
        at
    });
    faults.into_result(Checked { name, role, expires_at }).map_err(AppError::Invalid)
}

/// Tokens that were used and not yet noted as such, by workspace and id. Clones share them.
#[derive(Clone, Default)]
pub struct TokenUse(Arc<Waiting>);

#[derive(Default)]
struct Waiting {
    used: Mutex<HashMap<(String, String), Millis>>,
    more: Notify,
}

impl TokenUse {
    fn note(&self, workspace_id: &str, id: &str, at: Millis) {
        let mut used = self.0.used.lock().unwrap_or_else(PoisonError::into_inner);
        if used.len() < WAITING_MAX {
            used.insert((workspace_id.to_owned(), id.to_owned()), at);
            self.0.more.notify_one();
        }
    }

    fn take(&self) -> HashMap<(String, String), Millis> {
        std::mem::take(&mut *self.0.used.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
