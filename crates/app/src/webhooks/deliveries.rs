//! What became of each delivery, sending one again, and trying an endpoint out.

use std::collections::HashMap;

use patchcord_domain::user::{Actor, Role};
use patchcord_domain::webhook::TEST;
use patchcord_store::rows::{TicketEvent, WebhookDelivery, WebhookEndpoint};
use patchcord_store::webhooks::{self, Line, Query, Told};
use patchcord_store::{Reader, Tenant};
use serde_json::json;

use super::{fan_out, payload, there};
use crate::error::require;
use crate::tickets::unique;
use crate::{Answered, App, AppError, Once, Shape};

/// Most tickets of one trail, merged ones among them, whose deliveries are looked up.
const TICKETS_TOLD: usize = 20;

/// A page of deliveries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryPage {
    /// The deliveries, newest first.
    pub lines: Vec<Line>,
    /// Whether there are more.
    pub has_more: bool,
    /// How many there are in all, when that was asked for.
    pub total: Option<i64>,
}

impl App {
    /// The deliveries of an endpoint, newest first.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when the endpoint is another workspace's.
    pub async fn webhook_deliveries(
        &self,
        actor: &Actor,
        mut query: Query,
        count: bool,
    ) -> Result<DeliveryPage, AppError> {
        self.webhook(actor, &query.endpoint_id).await?;
        let tenant = self.store.tenant(&actor.workspace_id);
        let wanted = usize::try_from(query.limit).unwrap_or(usize::MAX);
        query.limit += 1;
        let mut lines = webhooks::page(tenant, &query).await?;
        let has_more = lines.len() > wanted;
        lines.truncate(wanted);
        let total = match count {
            true => Some(i64::try_from(webhooks::count_deliveries(tenant, &query).await?).unwrap_or(i64::MAX)),
            false => None,
        };
        Ok(DeliveryPage { lines, has_more, total })
    }

    /// One delivery with what was sent and what came back.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when it is not one of this endpoint.
    pub async fn webhook_delivery(&self, actor: &Actor, webhook: &str, id: &str) -> Result<WebhookDelivery, AppError> {
        self.webhook(actor, webhook).await?;
        of(self.store.tenant(&actor.workspace_id).get::<WebhookDelivery>(id).await?, webhook)
    }

    /// Sends a delivery again, now, under the same id: a receiver that knows ids takes it once. It has all of its tries again.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `endpoint_disabled`, or `under_way` while it is being sent.
    pub async fn redeliver(&self, actor: &Actor, webhook: &str, id: &str) -> Result<WebhookDelivery, AppError> {
        require(actor, Role::Admin)?;
        let (app, actor) = (self.clone(), actor.clone());
        let (webhook, id) = (webhook.to_owned(), id.to_owned());
        let again = self.store.write(move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&actor.workspace_id);
                let endpoint = there(tenant.get::<WebhookEndpoint>(&webhook).await?)?;
                let mut row = of(tenant.lock::<WebhookDelivery>(&id).await?, &webhook)?;
                expect_enabled(&endpoint)?;
                let now = app.clock.now();
                if row.lease_until.is_some_and(|until| until > now) {
                    return Err(AppError::Conflict("under_way", "it is being sent at this moment".into()));
                }
                if row.first_tried_at.is_none() {
                    return Err(AppError::Conflict("under_way", "its first try is still to come".into()));
                }
                row.state = "PENDING".to_owned();
                row.attempts = 0;
                row.next_attempt_at = Some(now);
                row.delivered_at = None;
                row.lease_token = None;
                row.lease_until = None;
                tenant.save(row.clone()).await?;
                let after = json!({"deliveryId": id, "eventId": row.event_id});
                app.log_change(tenant, &actor.user_id, "webhook.redelivered", &webhook, None, Some(after)).await?;
                Ok(row)
            })
        });
        let row: WebhookDelivery = again.await?;
        self.webhooks.due.notify_one();
        Ok(row)
    }

    /// Sends an event `webhook.test` to an endpoint, whatever events it asks for.
    ///
    /// # Errors
    /// [`AppError::Conflict`] `endpoint_disabled`.
    pub async fn test_webhook(
        &self,
        actor: &Actor,
        webhook: &str,
        once: Option<Once>,
        shape: Shape<WebhookDelivery>,
    ) -> Result<Answered<WebhookDelivery>, AppError> {
        require(actor, Role::Admin)?;
        let (app, acting, webhook) = (self.clone(), actor.clone(), webhook.to_owned());
        let done = self.write_once(actor, once, shape, move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&acting.workspace_id);
                let endpoint = there(tenant.lock::<WebhookEndpoint>(&webhook).await?)?;
                expect_enabled(&endpoint)?;
                let before = webhooks::reserve(tenant, &webhook, 1).await?.ok_or(AppError::NotFound("webhook"))?;
                let (event_id, seq, data) = (app.id(), before + 1, json!({"endpointId": webhook}).to_string());
                let body = payload::body(&event_id, TEST, app.clock.now(), seq, &data);
                let names = (event_id, TEST.to_owned(), webhook.clone());
                let mut row = fan_out::new_row(&app, webhook, names, None, seq, body);
                tenant.workspace_id().as_str().clone_into(&mut row.workspace_id);
                tenant.add(row.clone()).await?;
                Ok(row)
            })
        });
        let done = done.await?;
        self.webhooks.due.notify_one();
        Ok(done)
    }
}

impl App {
    /// What became of the webhooks that tell of each of these lines of tickets' trails.
    pub(crate) async fn told(
        &self,
        tenant: Tenant<'_, Reader>,
        lines: &[TicketEvent],
    ) -> Result<Vec<Option<Told>>, AppError> {
        let tickets = unique(lines.iter().map(|line| line.ticket_id.clone()).collect());
        let mut all: HashMap<&str, Vec<Told>> = HashMap::new();
        for ticket in tickets.iter().take(TICKETS_TOLD) {
            all.insert(ticket, webhooks::told(tenant, ticket).await?);
        }
        let places: HashMap<(&str, i64), &TicketEvent> =
            lines.iter().map(|line| ((line.ticket_id.as_str(), line.seq), line)).collect();
        let of_line = |line: &TicketEvent| {
            let ticket = line.ticket_id.as_str();
            let next = all.get(ticket)?.iter().find(|told| told.audit_seq >= line.seq)?;
            // One event tells of all lines of one change; a later change has an event of its own.
            let last = places.get(&(ticket, next.audit_seq))?;
            (last.created_at == line.created_at && last.actor_id == line.actor_id).then(|| next.clone())
        };
        Ok(lines.iter().map(of_line).collect())
    }
}

fn of(found: Option<WebhookDelivery>, webhook: &str) -> Result<WebhookDelivery, AppError> {
    found.filter(|row| row.endpoint_id == webhook).ok_or(AppError::NotFound("delivery"))
}

fn expect_enabled(endpoint: &WebhookEndpoint) -> Result<(), AppError> {
    match endpoint.disabled_at {
        None => Ok(()),
        Some(_) => Err(AppError::Conflict("endpoint_disabled", "this endpoint is disabled; enable it first".into())),
    }
}
