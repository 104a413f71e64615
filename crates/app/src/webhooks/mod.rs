//! Webhooks out: endpoints of a workspace that are told of its events, signed, at least once.
//!
//! `fan_out` turns the outbox into deliveries, `delivering` sends them, `payload` says what they carry, `signing` signs them,
//! `managed` keeps the operator's endpoint, and `deliveries` shows what became of each. Here is what administrators do.

mod deliveries;
mod delivering;
mod fan_out;
mod managed;
mod payload;
pub mod signing;

use std::sync::Arc;

use patchcord_domain::ticket_input::Faults;
use patchcord_domain::time::Millis;
use patchcord_domain::user::{Actor, Role};
use patchcord_domain::webhook::{self, ALL, DISABLED, Disabled, ENDPOINTS_MAX, EVENTS, ROTATION, URL_MAX};
use patchcord_store::events::{self, NewEvent};
use patchcord_store::rows::WebhookEndpoint;
use patchcord_store::{Tenant, Tx, webhooks};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use deliveries::DeliveryPage;
pub use patchcord_store::webhooks::{Line, Query};

use crate::error::require;
use crate::{Answered, App, AppError, Current, Once, Shape};

/// Who the audit log names for what the desk did by itself.
const SYSTEM: &str = "system";

/// What the parts of webhooks tell each other in this process. Clones share it.
#[derive(Clone, Default)]
pub struct Webhooks {
    /// Deliveries were made that are due.
    due: Arc<Notify>,
}

/// The operator's endpoint for all events of all workspaces.
#[derive(Clone, PartialEq, Eq)]
pub struct Managed {
    /// Where it is.
    pub url: String,
    /// With which deliveries to it are signed.
    pub secret: String,
}

impl std::fmt::Debug for Managed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Managed").finish_non_exhaustive()
    }
}

/// What is needed to make an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewEndpoint {
    /// Where deliveries go.
    pub url: String,
    /// Kinds of events, or `*` for all of them.
    pub events: Vec<String>,
    /// Whether it gets nothing yet.
    pub disabled: bool,
}

/// What may be changed about an endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointPatch {
    /// The version that the caller has read.
    pub version: Option<i64>,
    /// Another address.
    pub url: Option<String>,
    /// Other kinds of events.
    pub events: Option<Vec<String>>,
    /// Whether it gets nothing.
    pub disabled: Option<bool>,
}

/// An endpoint and a secret that was just made for it, shown this once.
#[derive(Clone, PartialEq)]
pub struct MadeEndpoint {
    /// What is kept.
    pub row: WebhookEndpoint,
    /// With which deliveries are signed.
    pub secret: String,
}

/// A page of endpoints.
#[derive(Debug, Clone, PartialEq)]
pub struct EndpointPage {
    /// The endpoints, oldest first.
    pub endpoints: Vec<WebhookEndpoint>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are, when that was asked for.
    pub total: Option<i64>,
}

impl App {
    /// Makes deliveries of events and sends them, until the token is cancelled.
    pub(crate) fn start_webhooks(&self, tasks: &TaskTracker, stop: CancellationToken) {
        tasks.spawn(managed::run(self.clone(), stop.clone()));
        tasks.spawn(fan_out::run(self.clone(), stop.clone()));
        tasks.spawn(delivering::run(self.clone(), stop));
    }

    /// Makes deliveries of every event that is settled, and tries those that are due, one round; says how many were tried.
    /// For tests and commands that run no worker.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn deliver_once(&self) -> Result<usize, AppError> {
        managed::keep(self).await?;
        for _ in 0..1_000 {
            match fan_out::fan_out(self).await? {
                fan_out::Fanned::Made(_) | fan_out::Fanned::Elsewhere => {}
                fan_out::Fanned::Unsettled => tokio::time::sleep(fan_out::UNSETTLED).await,
                fan_out::Fanned::Nobody | fan_out::Fanned::Nothing => break,
            }
        }
        delivering::once(self).await
    }

    /// The endpoints of the workspace, oldest first.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for everybody but administrators.
    pub async fn webhooks(
        &self,
        actor: &Actor,
        limit: u64,
        offset: u64,
        count: bool,
    ) -> Result<EndpointPage, AppError> {
        require(actor, Role::Admin)?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let mut endpoints = webhooks::endpoints(tenant, limit + 1, offset).await?;
        let has_more = endpoints.len() as u64 > limit;
        endpoints.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        let total = if count { Some(i64::try_from(webhooks::count(tenant).await?).unwrap_or(i64::MAX)) } else { None };
        Ok(EndpointPage { endpoints, has_more, total })
    }

    /// One endpoint.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is another workspace's.
    pub async fn webhook(&self, actor: &Actor, id: &str) -> Result<WebhookEndpoint, AppError> {
        require(actor, Role::Admin)?;
        there(self.store.tenant(&actor.workspace_id).get::<WebhookEndpoint>(id).await?)
    }

    /// Makes an endpoint; it is told of what happens from now on.
    ///
    /// # Errors
    /// [`AppError::Invalid`] with every wrong field; [`AppError::Conflict`] `too_many`.
    pub async fn add_webhook(
        &self,
        actor: &Actor,
        input: NewEndpoint,
        once: Option<Once>,
        shape: Shape<MadeEndpoint>,
    ) -> Result<Answered<MadeEndpoint>, AppError> {
        require(actor, Role::Admin)?;
        let mut faults = Faults::default();
        let url = self.check_url(&mut faults, &input.url);
        let events = check_events(&mut faults, &input.events);
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, acting) = (self.clone(), actor.clone());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                if webhooks::count(tenant).await? >= ENDPOINTS_MAX as u64 {
                    let detail = format!("there are {ENDPOINTS_MAX} endpoints already");
                    return Err(AppError::Conflict("too_many", detail));
                }
                let secret = signing::new_secret(&*app.entropy);
                let mut row = app.new_endpoint(tenant, url, events, &secret);
                if input.disabled {
                    row.disabled_at = Some(row.created_at);
                    row.disabled_reason = Some(Disabled::Manual.as_str().to_owned());
                }
                tenant.add(row.clone()).await?;
                app.log_change(tenant, &acting.user_id, "webhook.added", &row.id, None, Some(facts(&row))).await?;
                Ok(MadeEndpoint { row, secret })
            })
        })
        .await
    }

    /// Changes an endpoint. One that is enabled again begins with a clean record, and what waited for it goes out.
    ///
    /// # Errors
    /// [`AppError::Stale`] when the version is not the present one; [`AppError::Conflict`] `operator_managed` when address or
    /// events are the operator's.
    pub async fn patch_webhook(
        &self,
        actor: &Actor,
        id: &str,
        patch: EndpointPatch,
    ) -> Result<WebhookEndpoint, AppError> {
        require(actor, Role::Admin)?;
        let mut faults = Faults::default();
        let url = patch.url.as_ref().map(|url| self.check_url(&mut faults, url));
        let events = patch.events.as_ref().map(|events| check_events(&mut faults, events));
        faults.into_result(()).map_err(AppError::Invalid)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        let changed = self.store.write(move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&actor.workspace_id);
                let before = there(tenant.lock::<WebhookEndpoint>(&id).await?)?;
                if patch.version.is_some_and(|version| version != before.version) {
                    return Err(AppError::Stale(Current::Webhook(Box::new(before))));
                }
                if url.is_some() || events.is_some() {
                    expect_own(&before)?;
                }
                let now = app.clock.now();
                let mut row = before.clone();
                row.url = url.unwrap_or(row.url);
                row.events = events.unwrap_or(row.events);
                set_disabled(&mut row, patch.disabled, now);
                if row == before {
                    return Ok(row);
                }
                row.version += 1;
                row.updated_at = now;
                tenant.save(row.clone()).await?;
                let (from, to) = (Some(facts(&before)), Some(facts(&row)));
                app.log_change(tenant, &actor.user_id, "webhook.changed", &row.id, from, to).await?;
                Ok(row)
            })
        });
        let row = changed.await?;
        self.webhooks.due.notify_one();
        Ok(row)
    }

    /// Deletes an endpoint: nothing more goes to it. Its deliveries are taken out later, in small bites.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `operator_managed` when it is the operator's.
    pub async fn delete_webhook(&self, actor: &Actor, id: &str) -> Result<(), AppError> {
        require(actor, Role::Admin)?;
        let (app, actor, id) = (self.clone(), actor.clone(), id.to_owned());
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let tenant = tx.tenant(&actor.workspace_id);
                    let row = there(tenant.lock::<WebhookEndpoint>(&id).await?)?;
                    expect_own(&row)?;
                    let before = facts(&row);
                    app.bury(tenant, row).await?;
                    app.log_change(tenant, &actor.user_id, "webhook.deleted", &id, Some(before), None).await
                })
            })
            .await
    }

    /// Makes another secret. For a day deliveries are signed with the one before as well.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `operator_managed` when it is the operator's.
    pub async fn rotate_webhook_secret(
        &self,
        actor: &Actor,
        id: &str,
        once: Option<Once>,
        shape: Shape<MadeEndpoint>,
    ) -> Result<Answered<MadeEndpoint>, AppError> {
        require(actor, Role::Admin)?;
        let (app, acting, id) = (self.clone(), actor.clone(), id.to_owned());
        self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                let mut row = there(tenant.lock::<WebhookEndpoint>(&id).await?)?;
                expect_own(&row)?;
                let secret = signing::new_secret(&*app.entropy);
                app.change_secret(&mut row, &secret);
                tenant.save(row.clone()).await?;
                let until = row.previous_until.map(patchcord_domain::time::to_rfc3339);
                let after = json!({"previousSecretUntil": until});
                app.log_change(tenant, &acting.user_id, "webhook.secret_rotated", &id, None, Some(after)).await?;
                Ok(MadeEndpoint { row, secret })
            })
        })
        .await
    }

    fn check_url(&self, faults: &mut Faults, url: &str) -> String {
        let url = url.trim();
        if url.chars().count() > URL_MAX {
            faults.add("url", format!("must have at most {URL_MAX} characters"));
            return String::new();
        }
        match self.outgoing.check(url) {
            Ok(url) => url.to_string(),
            Err(fault) => {
                faults.add("url", fault);
                String::new()
            }
        }
    }

    fn new_endpoint(&self, tenant: Tenant<'_, Tx>, url: String, events: Value, secret: &str) -> WebhookEndpoint {
        let (now, id) = (self.clock.now(), self.id());
        let mut row = WebhookEndpoint {
            workspace_id: tenant.workspace_id().as_str().to_owned(),
            id,
            url,
            secret: String::new(),
            previous_secret: None,
            previous_until: None,
            events,
            is_managed: false,
            disabled_at: None,
            disabled_reason: None,
            failure_count: 0,
            failing_since: None,
            last_success_at: None,
            last_seq: 0,
            deleted_at: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        row.secret = self.sealed(&row, secret);
        row
    }

    fn sealed(&self, row: &WebhookEndpoint, secret: &str) -> String {
        self.keys.webhooks.close(&*self.entropy, &place(row), secret)
    }

    /// Puts a secret in the place of the present one, which is good for a day more.
    fn change_secret(&self, row: &mut WebhookEndpoint, secret: &str) {
        let now = self.clock.now();
        let sealed = self.sealed(row, secret);
        row.previous_secret = Some(std::mem::replace(&mut row.secret, sealed));
        row.previous_until = Some(now + ROTATION);
        row.version += 1;
        row.updated_at = now;
    }

    /// Marks an endpoint as deleted and forgets its secrets.
    async fn bury(&self, tenant: Tenant<'_, Tx>, mut row: WebhookEndpoint) -> Result<(), AppError> {
        let now = self.clock.now();
        row.secret = String::new();
        row.previous_secret = None;
        row.deleted_at = Some(now);
        row.version += 1;
        row.updated_at = now;
        tenant.save(row).await?;
        Ok(())
    }
}

/// Disables an endpoint that gets nowhere: its event and its line in the audit log come with it.
async fn disable(app: &App, tenant: Tenant<'_, Tx>, id: &str, reason: Disabled) -> Result<(), AppError> {
    let Some(mut row) = tenant.lock::<WebhookEndpoint>(id).await? else { return Ok(()) };
    if row.disabled_at.is_some() || row.deleted_at.is_some() {
        return Ok(());
    }
    let (before, now) = (facts(&row), app.clock.now());
    row.disabled_at = Some(now);
    row.disabled_reason = Some(reason.as_str().to_owned());
    row.version += 1;
    row.updated_at = now;
    tenant.save(row.clone()).await?;
    let data = json!({"endpointId": id, "reason": reason.as_str()});
    let event = NewEvent { id: app.id(), kind: DISABLED, topic: "webhooks", subject_id: id, data, at: now };
    events::record(tenant, event).await?;
    app.log_change(tenant, SYSTEM, DISABLED, id, Some(before), Some(facts(&row))).await
}

fn set_disabled(row: &mut WebhookEndpoint, disabled: Option<bool>, now: Millis) {
    match disabled {
        Some(true) if row.disabled_at.is_none() => {
            row.disabled_at = Some(now);
            row.disabled_reason = Some(Disabled::Manual.as_str().to_owned());
        }
        Some(false) if row.disabled_at.is_some() => {
            row.disabled_at = None;
            row.disabled_reason = None;
            row.failure_count = 0;
            row.failing_since = None;
        }
        _ => {}
    }
}

/// Kinds of events without repetition; `*` stands alone.
fn check_events(faults: &mut Faults, events: &[String]) -> Value {
    if events.is_empty() || events.len() > EVENTS.len() + 1 {
        faults.add("events", format!("must have 1 to {} kinds of events, or *", EVENTS.len()));
        return Value::Null;
    }
    let mut kept: Vec<&str> = Vec::new();
    for (index, text) in events.iter().enumerate() {
        let known = |kind: &&str| kind.eq_ignore_ascii_case(text.trim());
        match EVENTS.into_iter().chain([ALL]).find(known) {
            Some(kind) if !kept.contains(&kind) => kept.push(kind),
            Some(_) => {}
            None => faults.add(&format!("events[{index}]"), format!("must be one of *, {}", EVENTS.join(", "))),
        }
    }
    if kept.contains(&ALL) { json!([ALL]) } else { json!(kept) }
}

fn there(found: Option<WebhookEndpoint>) -> Result<WebhookEndpoint, AppError> {
    found.filter(|row| row.deleted_at.is_none()).ok_or(AppError::NotFound("webhook"))
}

fn expect_own(row: &WebhookEndpoint) -> Result<(), AppError> {
    if !row.is_managed {
        return Ok(());
    }
    let detail = "this endpoint is set by the operator (AI_WEBHOOK_URL); it can only be disabled and enabled here";
    Err(AppError::Conflict("operator_managed", detail.into()))
}

/// What the audit log shows of an endpoint.
fn facts(row: &WebhookEndpoint) -> Value {
    json!({"url": shown_url(row), "events": row.events, "disabled": row.disabled_at.is_some(), "disabledReason": row.disabled_reason})
}

/// The address as administrators see it; of the operator's one only the server, for the rest may be a secret.
pub fn shown_url(row: &WebhookEndpoint) -> String {
    if !row.is_managed {
        return row.url.clone();
    }
    reqwest::Url::parse(&row.url).map(|url| url.origin().ascii_serialization()).unwrap_or_default()
}

/// Where a secret lies: it cannot be opened for another endpoint.
fn place(row: &WebhookEndpoint) -> String {
    format!("webhook endpoint\n{}\n{}", row.workspace_id, row.id)
}

fn open_secret(app: &App, row: &WebhookEndpoint, sealed: &str) -> Option<String> {
    app.keys.webhooks.open(&place(row), sealed)
}

/// Every kind of event that an endpoint may ask for.
pub fn known_events() -> Vec<&'static str> {
    webhook::EVENTS.to_vec()
}
