//! Making workspaces and helping users from the command line, where the operator needs no session.

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::ticket_input::Faults;
use patchcord_domain::user::normalize_email;
use patchcord_store::rows::{User, Workspace};
use patchcord_store::unscoped;
use serde_json::{Value, json};

use crate::passwords::check_password;
use crate::users::{Invited, NewUser};
use crate::{App, AppError};

/// Who the audit log names for what the operator did.
pub(crate) const OPERATOR: &str = "operator";

impl App {
    /// Makes a workspace and its first administrator; there is no public sign-up.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Conflict`] when name or address is taken.
    pub async fn add_workspace(&self, name: &str, admin: NewUser) -> Result<(Workspace, Invited), AppError> {
        let mut faults = Faults::default();
        let name = faults.text("name", name, 2, 80);
        let slug = slug(&name);
        if slug.is_empty() {
            faults.add("name", "must have a letter or digit");
        }
        let workspace = self.new_workspace(&name, &slug, "UTC", Vec::new());
        let user = self.new_user(&workspace.id, NewUser { role: "ADMIN".into(), ..admin }).await;
        let user = match (faults.into_result(()), user) {
            (Ok(()), user) => user?,
            (Err(mut wrong), Err(AppError::Invalid(more))) => {
                wrong.extend(more);
                return Err(AppError::Invalid(wrong));
            }
            (Err(wrong), _) => return Err(AppError::Invalid(wrong)),
        };
        let app = self.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if unscoped::workspaces::by_slug(tx, &slug).await?.is_some() {
                        let detail = format!("a workspace called {slug} is already there");
                        return Err(AppError::Conflict("workspace_taken", detail));
                    }
                    if unscoped::sign_in::user_by_email(tx, &user.email).await?.is_some() {
                        return Err(AppError::Conflict(
                            "email_taken",
                            "a user with this address is already there".into(),
                        ));
                    }
                    unscoped::workspaces::add(tx, workspace.clone()).await?;
                    let id = WorkspaceId::new(workspace.id.as_str());
                    let tenant = tx.tenant(&id);
                    let invitation_url = app.insert_user(tenant, &user).await?;
                    let after = json!({"name": workspace.name, "admin": user.email});
                    app.log_change(tenant, OPERATOR, "workspace.added", &workspace.id, None, Some(after)).await?;
                    Ok((workspace, Invited { user, invitation_url }))
                })
            })
            .await
    }

    /// Adds a user to the workspace with this short name.
    ///
    /// # Errors
    /// As for [`App::add_workspace`].
    pub async fn operator_add_user(&self, slug: &str, input: NewUser) -> Result<Invited, AppError> {
        let workspace = unscoped::workspaces::by_slug(self.store.reader(), slug).await?;
        let workspace = workspace.ok_or(AppError::NotFound("workspace"))?;
        let user = self.new_user(&workspace.id, input).await?;
        let app = self.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if unscoped::sign_in::user_by_email(tx, &user.email).await?.is_some() {
                        return Err(AppError::Conflict(
                            "email_taken",
                            "a user with this address is already there".into(),
                        ));
                    }
                    let id = WorkspaceId::new(workspace.id);
                    let tenant = tx.tenant(&id);
                    let invitation_url = app.insert_user(tenant, &user).await?;
                    let after = json!({"email": user.email, "name": user.name, "role": user.role});
                    app.log_change(tenant, OPERATOR, "user.added", &user.id, None, Some(after)).await?;
                    Ok(Invited { user, invitation_url })
                })
            })
            .await
    }

    /// Sets a user's password; every session of theirs ends.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when nobody has this address.
    pub async fn operator_set_password(&self, email: &str, password: &str) -> Result<User, AppError> {
        let user = self.operator_find(email).await?;
        if let Some(wrong) = check_password("password", password, &user.email, &user.name) {
            return Err(AppError::Invalid(vec![wrong]));
        }
        let hash = self.passwords.hash(password, self.entropy.clone()).await?;
        self.operator_change(user, "user.password_set", move |user, _| user.password_hash = Some(hash)).await
    }

    /// Disables a user; every session of theirs ends at once.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when nobody has this address.
    pub async fn operator_disable_user(&self, email: &str) -> Result<User, AppError> {
        let user = self.operator_find(email).await?;
        self.operator_change(user, "user.disabled", |user, now| user.disabled_at = Some(now)).await
    }

    /// Every workspace by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn operator_workspaces(&self) -> Result<Vec<Workspace>, AppError> {
        Ok(unscoped::workspaces::all(self.store.reader()).await?)
    }

    async fn operator_find(&self, email: &str) -> Result<User, AppError> {
        let found = unscoped::sign_in::user_by_email(self.store.reader(), &normalize_email(email)).await?;
        found.ok_or(AppError::NotFound("user"))
    }

    async fn operator_change(
        &self,
        user: User,
        action: &'static str,
        change: impl FnOnce(&mut User, i64) + Send + 'static,
    ) -> Result<User, AppError> {
        let app = self.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let id = WorkspaceId::new(user.workspace_id.as_str());
                    let tenant = tx.tenant(&id);
                    let mut user = tenant.lock::<User>(&user.id).await?.ok_or(AppError::NotFound("user"))?;
                    let now = app.clock.now();
                    change(&mut user, now);
                    user.version += 1;
                    user.updated_at = now;
                    tenant.save(user.clone()).await?;
                    app.end_sessions(tenant, &user.id, None).await?;
                    app.log_change(tenant, OPERATOR, action, &user.id, None, None).await?;
                    Ok(user)
                })
            })
            .await
    }

    /// A workspace with the defaults of a new one: the usual office hours, Monday to Friday.
    pub(crate) fn new_workspace(
        &self,
        name: &str,
        slug: &str,
        timezone: &str,
        product_areas: Vec<String>,
    ) -> Workspace {
        let now = self.clock.now();
        let day = json!([{"from": "08:00", "to": "18:00"}]);
        Workspace {
            id: self.id(),
            name: name.to_owned(),
            slug: slug.to_owned(),
            timezone: timezone.to_owned(),
            business_hours: json!({"mon": day, "tue": day, "wed": day, "thu": day, "fri": day}),
            holidays: json!([]),
            product_areas: json!(product_areas),
            settings: Value::Object(serde_json::Map::new()),
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }
}

/// The name in lower-case letters and digits with dashes between.
fn slug(name: &str) -> String {
    patchcord_domain::text::fold(name).split(' ').filter(|word| word.is_ascii()).collect::<Vec<_>>().join("-")
}
