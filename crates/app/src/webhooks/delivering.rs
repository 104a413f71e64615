//! Sending deliveries: claimed under a lease, so that those of a node that vanished go on elsewhere; many endpoints at once,
//! so that one that hangs delays nobody else.
//!
//! How many requests to an endpoint may be under way follows from how it answers: it begins with a few, grows with each quick
//! success, and falls to one when nothing comes back. Endpoints that are slow share a part of the places, so that the
//! others always find some.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::time::{Millis, SECOND, from_http_date};
use patchcord_domain::webhook::{Disabled, GIVE_UP_AFTER, pause_after};
use patchcord_store::rows::{WebhookDelivery, WebhookEndpoint};
use patchcord_store::unscoped::webhooks::{self as store, Claim, Due, Outcome};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::{disable, signing};
use crate::outgoing::{Answer, OutgoingError};
use crate::{App, AppError};

/// Requests under way at once on this node, and those of them that may go to slow endpoints.
const PLACES: usize = 512;
const PLACES_OF_SLOW: usize = 384;
/// Requests to one endpoint under way at once: at first, at most, and at most when it is slow.
const FIRST: usize = 2;
const MOST: usize = 16;
const MOST_OF_SLOW: usize = 8;
/// An answer that takes longer comes from a slow endpoint.
const SLOW: Duration = Duration::from_secs(1);
/// Endpoints whose deliveries are claimed in one transaction.
const CLAIMED_TOGETHER: usize = 50;
/// Deliveries of other nodes, and those whose time has come, are found this often at the latest.
const POLL: Duration = Duration::from_secs(1);
/// Between two looks, so that many endings are seen to together.
const GATHER: Duration = Duration::from_millis(10);
/// Characters of an answer that are kept.
const ANSWER_KEPT: usize = 4_096;

/// What is known of an endpoint while something goes to it.
struct Lane {
    limit: usize,
    under_way: usize,
    is_slow: bool,
}

impl Default for Lane {
    fn default() -> Self {
        Self { limit: FIRST, under_way: 0, is_slow: false }
    }
}

impl Lane {
    /// Learns from how a try ended.
    fn learn(&mut self, ended: Ended) {
        match ended {
            Ended::Quick => {
                self.is_slow = false;
                self.limit = (self.limit + 1).min(MOST);
            }
            Ended::Slow => {
                self.is_slow = true;
                self.limit = (self.limit + 1).min(MOST_OF_SLOW);
            }
            Ended::Refused => self.limit = (self.limit / 2).max(1),
            Ended::Silent => {
                self.is_slow = true;
                self.limit = 1;
            }
            Ended::Untried => {}
        }
    }
}

/// How a try ended, as far as it says something about the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Quick,
    Slow,
    /// An answer, but no success.
    Refused,
    /// No answer.
    Silent,
    /// Nothing was sent.
    Untried,
}

/// Sends what is due until the token is cancelled; then waits a little for what is under way, and gives back the rest.
pub(super) async fn run(app: App, stop: CancellationToken) {
    let (ended, mut endings) = mpsc::channel(PLACES);
    let mut sender =
        Sender { app, lanes: HashMap::new(), running: TaskTracker::new(), abort: CancellationToken::new(), ended };
    let mut turn = 0;
    while !stop.is_cancelled() {
        while let Ok((due, how)) = endings.try_recv() {
            sender.ended(&due, how);
        }
        let looked_at = tokio::time::Instant::now();
        turn += 1;
        let began = sender.begin(turn).await;
        let more = began.unwrap_or_else(|error| {
            tracing::warn!(%error, "deliveries of webhooks cannot be claimed; trying again");
            false
        });
        if !more {
            tokio::select! {
                () = stop.cancelled() => {}
                () = sender.app.webhooks.due.notified() => {}
                Some((due, how)) = endings.recv() => sender.ended(&due, how),
                () = tokio::time::sleep(POLL) => {}
            }
        }
        tokio::time::sleep_until(looked_at + GATHER).await;
    }
    sender.running.close();
    let grace = Duration::from_millis(sender.app.options.grace_ms);
    let waited = tokio::time::timeout(grace, async {
        loop {
            tokio::select! {
                () = sender.running.wait() => return,
                Some(_) = endings.recv() => {}
            }
        }
    });
    if waited.await.is_err() {
        sender.abort.cancel();
        // Their endings fit into the channel: there are no more of them than places.
        sender.running.wait().await;
    }
}

/// Sends what is due, one round, and waits for the ends; says how many were tried.
pub(super) async fn once(app: &App) -> Result<usize, AppError> {
    let due = store::due(app.store.reader(), app.clock.now()).await?;
    let mut tried = 0;
    for group in due.chunks(CLAIMED_TOGETHER) {
        let wanted: Vec<(Due, i64)> = group.iter().map(|due| (due.clone(), 16)).collect();
        let claimed = claim(app, wanted).await?;
        tried += claimed.iter().map(|(_, deliveries)| deliveries.len()).sum::<usize>();
        for (due, deliveries) in claimed {
            let endpoint = endpoint(app, &due).await?.map(Arc::new);
            let tries = deliveries.into_iter().map(|delivery| attempt(app, endpoint.clone(), delivery));
            futures::future::join_all(tries).await;
        }
    }
    Ok(tried)
}

struct Sender {
    app: App,
    lanes: HashMap<Due, Lane>,
    running: TaskTracker,
    abort: CancellationToken,
    ended: mpsc::Sender<(Due, Ended)>,
}

impl Sender {
    fn ended(&mut self, due: &Due, how: Ended) {
        if let Some(lane) = self.lanes.get_mut(due) {
            lane.under_way = lane.under_way.saturating_sub(1);
            lane.learn(how);
        }
    }

    /// Claims and begins what may begin; says whether there may be more at once.
    async fn begin(&mut self, turn: usize) -> Result<bool, AppError> {
        let mut free = PLACES - self.running.len().min(PLACES);
        let slow = self.lanes.values().filter(|lane| lane.is_slow).map(|lane| lane.under_way).sum::<usize>();
        let mut free_of_slow = PLACES_OF_SLOW.saturating_sub(slow);
        if free == 0 {
            return Ok(false);
        }
        let mut due = store::due(self.app.store.reader(), self.app.clock.now()).await?;
        self.forget_idle(&due);
        if due.is_empty() {
            return Ok(false);
        }
        // Another one is first each time, for the places may not be enough for all.
        let first = turn % due.len();
        due.rotate_left(first);
        let mut wanted = Vec::new();
        for due in due {
            let lane = self.lanes.entry(due.clone()).or_default();
            let mut room = lane.limit.saturating_sub(lane.under_way).min(free);
            if lane.is_slow {
                room = room.min(free_of_slow);
                free_of_slow -= room;
            }
            if room > 0 {
                free -= room;
                wanted.push((due, i64::try_from(room).unwrap_or(1)));
            }
        }
        let mut more = false;
        for group in wanted.chunks(CLAIMED_TOGETHER) {
            for (due, deliveries) in claim(&self.app, group.to_vec()).await? {
                more |= !deliveries.is_empty();
                let endpoint = endpoint(&self.app, &due).await?.map(Arc::new);
                for delivery in deliveries {
                    self.send(due.clone(), endpoint.clone(), delivery);
                }
            }
        }
        Ok(more)
    }

    fn send(&mut self, due: Due, endpoint: Option<Arc<WebhookEndpoint>>, delivery: WebhookDelivery) {
        self.lanes.entry(due.clone()).or_default().under_way += 1;
        let (app, abort, ended) = (self.app.clone(), self.abort.clone(), self.ended.clone());
        self.running.spawn(async move {
            let how = tokio::select! {
                how = attempt(&app, endpoint, delivery.clone()) => how,
                () = abort.cancelled() => {
                    give_back(&app, delivery).await;
                    Ended::Untried
                }
            };
            // Whoever listened may have stopped.
            let _ = ended.try_send((due, how));
        });
    }

    /// Forgets endpoints to which nothing goes and for which nothing waits, so that memory does not grow.
    fn forget_idle(&mut self, due: &[Due]) {
        if self.lanes.len() > 2 * due.len() + 1_000 {
            self.lanes.retain(|_, lane| lane.under_way > 0);
        }
    }
}

/// Claims at most so many deliveries of each endpoint, in one transaction.
async fn claim(app: &App, wanted: Vec<(Due, i64)>) -> Result<Vec<(Due, Vec<WebhookDelivery>)>, AppError> {
    let (token, now, lease) = (app.id(), app.clock.now(), app.options.lease_ms);
    app.store
        .write(move |tx| {
            Box::pin(async move {
                let mut claimed = Vec::with_capacity(wanted.len());
                for (endpoint, limit) in wanted {
                    let claim =
                        Claim { endpoint: &endpoint, lease_token: &token, now, lease_until: now + lease, limit };
                    let deliveries = store::claim(tx, claim).await?;
                    claimed.push((endpoint, deliveries));
                }
                Ok(claimed)
            })
        })
        .await
}

/// The endpoint as it is now; `None` when it was disabled or deleted meanwhile.
async fn endpoint(app: &App, due: &Due) -> Result<Option<WebhookEndpoint>, AppError> {
    let workspace = WorkspaceId::new(due.workspace_id.as_str());
    let found = app.store.tenant(&workspace).get::<WebhookEndpoint>(&due.id).await?;
    Ok(found.filter(|endpoint| endpoint.disabled_at.is_none() && endpoint.deleted_at.is_none()))
}

/// Tries a delivery and writes what came of it.
async fn attempt(app: &App, endpoint: Option<Arc<WebhookEndpoint>>, delivery: WebhookDelivery) -> Ended {
    let Some(endpoint) = endpoint else {
        give_back(app, delivery).await;
        return Ended::Untried;
    };
    let began = tokio::time::Instant::now();
    let answer = match headers(app, &endpoint, &delivery) {
        Ok(headers) => app.outgoing.post(&endpoint.url, headers, delivery.request_body.clone()).await,
        Err(reason) => Err(OutgoingError::Refused(reason)),
    };
    let took = began.elapsed();
    let ended = match &answer {
        Ok(answer) if !(200..300).contains(&answer.status) => Ended::Refused,
        Ok(_) if took > SLOW => Ended::Slow,
        Ok(_) => Ended::Quick,
        Err(_) => Ended::Silent,
    };
    let outcome = judge(app, &delivery, &answer, took);
    let gone = matches!(&answer, Ok(answer) if answer.status == 410);
    let id = delivery.id.clone();
    match settle(app, delivery, outcome, gone).await {
        Ok(()) => {}
        Err(AppError::LeaseLost) => tracing::info!(delivery_id = id, "somebody else has this delivery by now"),
        // Its lease runs out, and it is tried again.
        Err(error) => tracing::warn!(%error, delivery_id = id, "the end of a delivery was not written"),
    }
    ended
}

/// The headers of the Standard Webhooks scheme.
fn headers(app: &App, endpoint: &WebhookEndpoint, delivery: &WebhookDelivery) -> Result<HeaderMap, String> {
    let now = app.clock.now();
    let current = super::open_secret(app, endpoint, &endpoint.secret);
    let previous =
        endpoint.previous_secret.as_ref().filter(|_| endpoint.previous_until.is_some_and(|until| until > now));
    let previous = previous.and_then(|sealed| super::open_secret(app, endpoint, sealed));
    let keys: Vec<Vec<u8>> =
        [current, previous].into_iter().flatten().filter_map(|secret| signing::key_of(&secret)).collect();
    if keys.is_empty() {
        return Err("the secret cannot be read, for the installation's own secret has changed; rotate it".to_owned());
    }
    let timestamp = now / SECOND;
    let signature = signing::signatures(&keys, &delivery.event_id, timestamp, &delivery.request_body);
    let mut headers = HeaderMap::new();
    let texts = [("webhook-id", delivery.event_id.clone()), ("webhook-timestamp", timestamp.to_string())];
    for (name, text) in texts.into_iter().chain([("webhook-signature", signature)]) {
        let value = HeaderValue::try_from(text).map_err(|_| "a header cannot be written".to_owned())?;
        headers.insert(HeaderName::from_static(name), value);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(headers)
}

/// What follows from an answer.
fn judge(app: &App, delivery: &WebhookDelivery, answer: &Result<Answer, OutgoingError>, took: Duration) -> Outcome {
    let at = app.clock.now();
    let error = match answer {
        Ok(answer) if (200..300).contains(&answer.status) => None,
        Ok(answer) if (300..400).contains(&answer.status) => {
            Some(format!("it answered {}; redirects are not followed", answer.status))
        }
        Ok(answer) => Some(format!("it answered {}", answer.status)),
        Err(error) => Some(error.to_string()),
    };
    let next_attempt_at = match answer {
        _ if error.is_none() => None,
        Ok(answer) if answer.status == 410 => None,
        answer => {
            let asked = answer.as_ref().ok().and_then(|answer| retry_after(answer.retry_after.as_deref()?, at));
            let mut random = [0_u8; 4];
            app.entropy.fill(&mut random);
            pause_after(delivery.attempts + 1, u32::from_le_bytes(random), asked).map(|pause| at + pause)
        }
    };
    let text = |answer: &Answer| {
        let text = String::from_utf8_lossy(&answer.body).replace('\0', "");
        patchcord_domain::text::head(&text, ANSWER_KEPT).to_owned()
    };
    Outcome {
        at,
        duration_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
        response_status: answer.as_ref().ok().map(|answer| i64::from(answer.status)),
        response_body: answer.as_ref().ok().map(text),
        error,
        next_attempt_at,
    }
}

/// Seconds, or a date.
fn retry_after(text: &str, now: Millis) -> Option<Millis> {
    match text.trim().parse::<u32>() {
        Ok(seconds) => Some(Millis::from(seconds) * SECOND),
        Err(_) => from_http_date(text).map(|at| at - now),
    }
}

/// Writes the end of a try and what follows for the endpoint, in one transaction.
async fn settle(app: &App, delivery: WebhookDelivery, outcome: Outcome, gone: bool) -> Result<(), AppError> {
    let app = app.clone();
    app.store
        .clone()
        .write(move |tx| {
            Box::pin(async move {
                store::settle(tx, &delivery, &outcome).await?;
                let (workspace, endpoint) = (&delivery.workspace_id, &delivery.endpoint_id);
                if outcome.error.is_none() {
                    return Ok(store::arrived(tx, workspace, endpoint, outcome.at).await?);
                }
                let since = store::failed(tx, workspace, endpoint, outcome.at).await?;
                let reason = if gone {
                    Disabled::Gone
                } else if since.is_some_and(|since| outcome.at - since >= GIVE_UP_AFTER) {
                    Disabled::Failing
                } else {
                    return Ok(());
                };
                disable(&app, tx.tenant(&delivery.workspace()), endpoint, reason).await
            })
        })
        .await
}

async fn give_back(app: &App, delivery: WebhookDelivery) {
    let now = app.clock.now();
    let id = delivery.id.clone();
    let given: Result<(), AppError> =
        app.store.write(move |tx| Box::pin(async move { Ok(store::give_back(tx, &delivery, now).await?) })).await;
    if let Err(error) = given {
        tracing::warn!(%error, delivery_id = id, "a delivery was not given back; its lease runs out");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lane_follows_its_endpoint() {
        let mut lane = Lane::default();
        for _ in 0..30 {
            lane.learn(Ended::Quick);
        }
        assert_eq!((lane.limit, lane.is_slow), (MOST, false));
        lane.learn(Ended::Slow);
        assert_eq!((lane.limit, lane.is_slow), (MOST_OF_SLOW, true));
        lane.learn(Ended::Refused);
        assert_eq!(lane.limit, MOST_OF_SLOW / 2);
        lane.learn(Ended::Silent);
        assert_eq!((lane.limit, lane.is_slow), (1, true));
        lane.learn(Ended::Refused);
        assert_eq!(lane.limit, 1, "it is never cut off");
        lane.learn(Ended::Quick);
        assert_eq!((lane.limit, lane.is_slow), (2, false));
    }

    #[test]
    fn retry_after_in_both_forms() {
        for (text, expect) in [
            ("120", Some(120_000)),
            (" 1 ", Some(1_000)),
            ("Thu, 01 Jan 1970 00:02:00 GMT", Some(60_000)),
            ("-5", None),
            ("soon", None),
            ("99999999999999", None),
        ] {
            assert_eq!(retry_after(text, 60_000), expect, "{text}");
        }
    }
}
