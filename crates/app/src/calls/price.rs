//! The carrier's own price of a call, asked for with growing pauses until it is known.

use patchcord_agents::CarrierError;
use patchcord_domain::time::{HOUR, MINUTE, Millis};
use patchcord_store::call_records;
use patchcord_store::jobs::{NewJob, enqueue};
use patchcord_store::rows::{Call, Job};
use patchcord_store::unscoped;
use serde_json::json;

use crate::jobs::Failure;
use crate::trail::Change;
use crate::{App, AppError};

/// The kind of the jobs that fetch the price of a call.
pub(crate) const PRICE: &str = "call_price";
const PRIORITY: i64 = 5;
/// The carrier takes minutes to hours; after so many tries the estimate stays.
const ATTEMPTS: i64 = 12;
const FIRST: Millis = MINUTE;

/// Enqueues the question for the price, when there is a carrier to ask.
pub(crate) async fn enqueue_price(change: &Change<'_>, call: &Call) -> Result<(), AppError> {
    if change.app.calls.carrier.is_none() {
        return Ok(());
    }
    let job = NewJob {
        id: change.app.id(),
        kind: PRICE,
        payload: json!({"callId": call.id}),
        priority: PRIORITY,
        run_at: change.at + FIRST,
        max_attempts: ATTEMPTS,
        dedup_key: Some(format!("{PRICE}:{}", call.id)),
        at: change.at,
    };
    enqueue(change.tenant, job).await?;
    Ok(())
}

/// Fetches the price and puts it in the place of the estimate.
///
/// # Errors
/// Why it is not done; see [`Failure`].
pub(crate) async fn fetch_price(app: &App, job: &Job) -> Result<(), Failure> {
    let (workspace, id) = (job.workspace(), job.payload["callId"].as_str().unwrap_or_default().to_owned());
    let call: Option<Call> = app.store.tenant(&workspace).get(&id).await?;
    let price = match (&app.calls.carrier, &call) {
        (Some(carrier), Some(call)) => match carrier.price(&call.provider_call_sid).await {
            Ok(Some(price)) => Some(price),
            Ok(None) if job.attempts >= ATTEMPTS => None,
            Ok(None) => return Err(later(job, "the carrier does not know the price yet")),
            Err(CarrierError::Gone) => None,
            Err(error) if error.is_transient() => return Err(later(job, &error.to_string())),
            Err(error) => return Err(Failure::Permanent { code: "carrier_refused", message: error.to_string() }),
        },
        _ => None,
    };
    let (again, job) = (app.clone(), job.clone());
    let done: Result<(), AppError> = app
        .store
        .write(move |tx| {
            Box::pin(async move {
                let (of, now) = (job.workspace(), again.clock.now());
                let tenant = tx.tenant(&of);
                // Prices in other currencies are left to the estimate: the ledger is in dollars.
                if let Some(price) = price.filter(|price| price.currency == "USD") {
                    let rows = call_records::carrier_usage(tenant, &id).await?;
                    if let Some(mut row) = rows.into_iter().find(|row| row.kind == "inbound") {
                        row.price_usd = price.micros;
                        row.quantity = super::rates::billed_minutes(price.seconds);
                        row.fetched_at = Some(now);
                        tenant.save(row).await?;
                    }
                }
                Ok(unscoped::jobs::finish(tx, &job, now).await?)
            })
        })
        .await;
    Ok(done?)
}

/// Twice as long each time, from a minute to six hours.
fn later(job: &Job, error: &str) -> Failure {
    let doubled = FIRST << job.attempts.clamp(0, 9);
    let after_ms = u64::try_from(doubled.min(6 * HOUR)).unwrap_or(60_000);
    Failure::Retry { error: error.to_owned(), after_ms: Some(after_ms) }
}
