//! Users of a workspace: inviting, changing, disabling. Every change is written to the audit log.

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::phone;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::{HOUR, Millis};
use patchcord_domain::user::{Actor, Role, is_email, normalize_email};
use patchcord_store::rows::{AuditEntry, Invitation, SupportAgent, User};
use patchcord_store::unscoped::sign_in;
use patchcord_store::{Tenant, Tx, tickets, users};
use serde_json::{Value, json};

use crate::error::require;
use crate::passwords::{check_password, new_token, token_hash};
use crate::sessions::{Client, SignedIn};
use crate::{Answered, App, AppError, Current, Once, Shape};

/// How long an invitation is good.
pub const INVITATION_LIVES: Millis = 72 * HOUR;
/// Longest name, in characters.
const NAME_MAX: usize = 120;
/// Tickets that a new support agent may have open.
const MAX_OPEN_TICKETS: i64 = 25;

/// What is needed to add a user.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct NewUser {
    /// The address to sign in with.
    pub email: String,
    /// Name that others see.
    pub name: String,
    /// ADMIN, AGENT or VIEWER.
    pub role: String,
    /// A first password; an invitation is made without one.
    pub password: Option<String>,
    /// E.164.
    pub phone: Option<String>,
}

/// What may be changed about a user.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UserPatch {
    /// The version that the caller has read.
    pub version: Option<i64>,
    /// A new name.
    pub name: Option<String>,
    /// A new role.
    pub role: Option<String>,
    /// A new phone number, or none.
    pub phone: Option<Option<String>>,
    /// Disabling ends every session at once.
    pub disabled: Option<bool>,
}

/// A user who was added, and the link with which they choose a password.
#[derive(Debug, Clone, PartialEq)]
pub struct Invited {
    /// The user.
    pub user: User,
    /// Shown once; none when a password was given.
    pub invitation_url: Option<String>,
}

/// A page of users.
#[derive(Debug, Clone, PartialEq)]
pub struct UserPage {
    /// The users by name.
    pub users: Vec<User>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are, when that was asked for.
    pub total: Option<i64>,
}

impl App {
    /// The users of the workspace by name.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for everybody but administrators.
    pub async fn list_users(&self, actor: &Actor, limit: u64, offset: u64, count: bool) -> Result<UserPage, AppError> {
        require(actor, Role::Admin)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let mut found = users::page(tenant, limit + 1, offset).await?;
        let has_more = found.len() as u64 > limit;
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let total = if count { Some(i64::try_from(users::count(tenant).await?).unwrap_or(i64::MAX)) } else { None };
        Ok(UserPage { users: found, has_more, total })
    }

    /// One user.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the user is another workspace's.
    pub async fn user(&self, actor: &Actor, id: &str) -> Result<User, AppError> {
        require(actor, Role::Admin)?;
        self.store.tenant(&actor.workspace_id).get::<User>(id).await?.ok_or(AppError::NotFound("user"))
    }

    /// Adds a user. An address that is taken in another workspace gets the same answer as a new one, and nothing is
    /// stored: whether somebody is a user elsewhere is nobody's business.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Conflict`] when the address is taken in this workspace.
    pub async fn add_user(
        &self,
        actor: &Actor,
        input: NewUser,
        once: Option<Once>,
        shape: Shape<Invited>,
    ) -> Result<Answered<Invited>, AppError> {
        require(actor, Role::Admin)?;
        let user = self.new_user(actor.workspace_id.as_str(), input).await?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                if let Some(taken) = sign_in::user_by_email(tx, &user.email).await? {
                    if taken.workspace_id == acting.workspace_id.as_str() {
                        return Err(AppError::Conflict(
                            "email_taken",
                            "a user with this address is already there".into(),
                        ));
                    }
                    let invitation_url =
                        user.password_hash.is_none().then(|| app.invitation_url(&new_token(&*app.entropy)));
                    return Ok(Invited { user, invitation_url });
                }
                let invitation_url = app.insert_user(tenant, &user).await?;
                let after = json!({"email": user.email, "name": user.name, "role": user.role});
                app.log_change(tenant, &acting.user_id, "user.added", &user.id, None, Some(after)).await?;
                Ok(Invited { user, invitation_url })
            })
        })
        .await
    }

    /// Changes a user. The last administrator who can sign in stays one.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `last_admin`, [`AppError::Stale`] when the version is not the present one.
    pub async fn patch_user(&self, actor: &Actor, id: &str, patch: UserPatch) -> Result<User, AppError> {
        require(actor, Role::Admin)?;
        let mut faults = Faults::default();
        let name = patch.name.as_ref().map(|name| faults.text("name", name, 1, NAME_MAX));
        let role =
            patch.role.as_ref().and_then(|role| faults.one_of("role", role, Role::parse, "ADMIN, AGENT, VIEWER"));
        let country = self.country_of(&actor.workspace_id, matches!(patch.phone, Some(Some(_)))).await?;
        let phone = patch.phone.map(|phone| phone.map(|phone| phone::phone(&mut faults, "phone", &phone, country)));
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    if patch.disabled.is_some() || role.is_some() {
                        users::lock_admins(tenant).await?;
                    }
                    let before = tenant.lock::<User>(&id).await?.ok_or(AppError::NotFound("user"))?;
                    if patch.version.is_some_and(|version| version != before.version) {
                        return Err(AppError::Stale(Current::User(Box::new(before))));
                    }
                    let now = app.clock.now();
                    let mut user = before.clone();
                    user.name = name.unwrap_or(user.name);
                    user.role = role.map_or(user.role, |role| role.as_str().to_owned());
                    user.phone = phone.unwrap_or(user.phone);
                    user.disabled_at = match patch.disabled {
                        Some(true) => user.disabled_at.or(Some(now)),
                        Some(false) => None,
                        None => user.disabled_at,
                    };
                    if user == before {
                        return Ok(user);
                    }
                    user.version += 1;
                    user.updated_at = now;
                    tenant.save(user.clone()).await?;
                    if users::active_admins(tenant).await? == 0 {
                        let detail = "this is the last administrator who can sign in; make another one first";
                        return Err(AppError::Conflict("last_admin", detail.into()));
                    }
                    if user.disabled_at.is_some() {
                        app.end_sessions(tenant, &user.id, None).await?;
                    }
                    app.ensure_support_agent(tenant, Some(&before), &user).await?;
                    let (from, to) = (facts(&before), facts(&user));
                    app.log_change(tenant, &actor.user_id, "user.changed", &user.id, Some(from), Some(to)).await?;
                    Ok(user)
                })
            })
            .await
    }

    /// Chooses the first password with an invitation, and signs in.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when the invitation is unknown, used or expired.
    pub async fn accept_invitation(&self, token: &str, password: &str, client: Client) -> Result<SignedIn, AppError> {
        const GONE: AppError = AppError::Unauthenticated(
            "invitation_invalid",
            "this invitation is unknown, used or expired; ask for a new one",
        );
        let found = sign_in::invitation(self.store.reader(), &token_hash(token)).await?.ok_or(GONE)?;
        let workspace_id = patchcord_domain::id::WorkspaceId::new(found.workspace_id.as_str());
        let user = self.store.tenant(&workspace_id).get::<User>(&found.user_id).await?.ok_or(GONE)?;
        if found.used_at.is_some() || found.expires_at <= self.clock.now() || user.disabled_at.is_some() {
            return Err(GONE);
        }
        if let Some(wrong) = check_password("password", password, &user.email, &user.name) {
            return Err(AppError::Invalid(vec![wrong]));
        }
        let hash = self.passwords.hash(password, self.entropy.clone()).await?;
        let (now, id) = (self.clock.now(), found.id);
        let user = self
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&workspace_id);
                    let mut user = tenant.lock::<User>(&user.id).await?.ok_or(GONE)?;
                    let open = users::open_invitations(tenant, &user.id).await?;
                    // Looked at again inside the transaction: of two requests with the same link only one goes on.
                    if !open.iter().any(|invitation| invitation.id == id) {
                        return Err(GONE);
                    }
                    for mut invitation in open {
                        invitation.used_at = Some(now);
                        tenant.save(invitation).await?;
                    }
                    user.password_hash = Some(hash);
                    user.updated_at = now;
                    tenant.save(user.clone()).await?;
                    Ok(user)
                })
            })
            .await?;
        self.begin_session(user, client, None).await
    }

    /// Checks a new user's fields and makes the row.
    pub(crate) async fn new_user(&self, workspace_id: &str, input: NewUser) -> Result<User, AppError> {
        let mut faults = Faults::default();
        let email = normalize_email(&input.email);
        if !is_email(&email) {
            faults.add("email", "must be an e-mail address, such as name@example.com");
        }
        let name = faults.text("name", &input.name, 1, NAME_MAX);
        let role = faults.one_of("role", &input.role, Role::parse, "ADMIN, AGENT, VIEWER");
        let country = self.country_of(&WorkspaceId::new(workspace_id), input.phone.is_some()).await?;
        let phone = input.phone.map(|phone| phone::phone(&mut faults, "phone", &phone, country));
        if let Some(wrong) = input.password.as_deref().and_then(|p| check_password("password", p, &email, &name)) {
            faults.add(&wrong.field, wrong.message);
        }
        faults.into_result(()).map_err(AppError::Invalid)?;
        let password_hash = match &input.password {
            Some(password) => Some(self.passwords.hash(password, self.entropy.clone()).await?),
            None => None,
        };
        let now = self.clock.now();
        Ok(User {
            workspace_id: workspace_id.to_owned(),
            id: self.id(),
            email,
            name,
            password_hash,
            role: role.unwrap_or(Role::Viewer).as_str().to_owned(),
            external_issuer: None,
            external_subject: None,
            phone,
            disabled_at: None,
            last_login_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        })
    }

    /// Stores a user, who stands for a support agent from then on; answers with the invitation's link where there is no
    /// password.
    pub(crate) async fn insert_user(&self, tenant: Tenant<'_, Tx>, user: &User) -> Result<Option<String>, AppError> {
        tenant.add(user.clone()).await?;
        self.ensure_support_agent(tenant, None, user).await?;
        if user.password_hash.is_some() {
            return Ok(None);
        }
        let token = new_token(&*self.entropy);
        let now = self.clock.now();
        let invitation = Invitation {
            workspace_id: user.workspace_id.clone(),
            id: self.id(),
            user_id: user.id.clone(),
            token_hash: token_hash(&token),
            expires_at: now + INVITATION_LIVES,
            used_at: None,
            created_at: now,
        };
        tenant.add(invitation).await?;
        Ok(Some(self.invitation_url(&token)))
    }

    fn invitation_url(&self, token: &str) -> String {
        format!("{}/accept-invitation?token={token}", self.options.public_url)
    }

    /// Whoever works tickets can be given one: a support agent stands for each user who is more than a viewer. What was said
    /// of the support agent itself, such as that they are away, stays when another thing about the user changes.
    async fn ensure_support_agent(
        &self,
        tenant: Tenant<'_, Tx>,
        before: Option<&User>,
        user: &User,
    ) -> Result<(), AppError> {
        let may_work = |user: &User| user.role != Role::Viewer.as_str() && user.disabled_at.is_none();
        let (worked, works) = (before.is_some_and(may_work), may_work(user));
        let now = self.clock.now();
        match tickets::agent_of_user(tenant, &user.id).await? {
            Some(agent) => {
                let mut changed = agent.clone();
                if before.is_some_and(|before| before.name != user.name) {
                    changed.name.clone_from(&user.name);
                }
                if works != worked {
                    changed.is_available = works;
                }
                if changed == agent {
                    return Ok(());
                }
                changed.version += 1;
                changed.updated_at = now;
                tenant.save(changed.clone()).await?;
                if changed.is_available && !agent.is_available {
                    crate::assignment::freed(self, tenant, &agent.id).await?;
                }
            }
            None if works => {
                let agent = SupportAgent {
                    workspace_id: user.workspace_id.clone(),
                    id: self.id(),
                    kind: "HUMAN".to_owned(),
                    name: user.name.clone(),
                    specialty: None,
                    user_id: Some(user.id.clone()),
                    is_available: true,
                    max_open_tickets: MAX_OPEN_TICKETS,
                    version: 1,
                    created_at: now,
                    updated_at: now,
                };
                tenant.add(agent).await?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Writes an administrative change to the audit log. No secret is ever in it.
    pub(crate) async fn log_change(
        &self,
        tenant: Tenant<'_, Tx>,
        actor: &str,
        action: &str,
        subject: &str,
        before: Option<Value>,
        after: Option<Value>,
    ) -> Result<(), AppError> {
        let entry = AuditEntry {
            workspace_id: tenant.workspace_id().as_str().to_owned(),
            id: self.id(),
            actor: actor.to_owned(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            before,
            after,
            created_at: self.clock.now(),
        };
        Ok(tenant.add(entry).await?)
    }
}

/// What the audit log keeps of a user.
fn facts(user: &User) -> Value {
    json!({"name": user.name, "role": user.role, "phone": user.phone, "disabled": user.disabled_at.is_some()})
}
