//! The statements with which deliveries of webhooks are claimed and ended.

use crate::rows::WebhookDelivery;
use crate::unscoped::events::{self, Position};
use crate::unscoped::webhooks as all_webhooks;
use crate::{StoreError, Tx, scratch};

/// Claims and settles deliveries that are not there.
pub(super) async fn write(tx: &Tx) -> Result<(), StoreError> {
    let endpoint = all_webhooks::Due { workspace_id: "w".into(), id: "e".into() };
    let claim = all_webhooks::Claim { endpoint: &endpoint, lease_token: "l", now: 5, lease_until: 50, limit: 5 };
    all_webhooks::claim(tx, claim).await?;
    let delivery = WebhookDelivery {
        workspace_id: "w".into(),
        id: "d".into(),
        endpoint_id: "e".into(),
        event_id: "v".into(),
        event_type: "t".into(),
        subject_id: "s".into(),
        audit_seq: None,
        seq: 1,
        state: "PENDING".into(),
        attempts: 0,
        next_attempt_at: None,
        first_tried_at: None,
        last_tried_at: None,
        delivered_at: None,
        lease_token: Some("l".into()),
        lease_until: None,
        request_body: "{}".into(),
        response_status: None,
        response_body: None,
        duration_ms: None,
        last_error: None,
        created_at: 1,
    };
    let outcome = all_webhooks::Outcome {
        at: 5,
        duration_ms: 5,
        response_status: None,
        response_body: None,
        error: None,
        next_attempt_at: None,
    };
    assert!(matches!(all_webhooks::settle(tx, &delivery, &outcome).await, Err(StoreError::LeaseLost(_))));
    all_webhooks::give_back(tx, &delivery, 5).await?;
    all_webhooks::arrived(tx, "w", "e", 5).await?;
    all_webhooks::failed(tx, "w", "e", 5).await?;
    all_webhooks::advance(tx, Position { xid: 5, seq: 5 }, Position { xid: 5, seq: 5 }).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_outbox_is_read_from_its_place_on() {
    let folder = tempfile::tempdir().unwrap();
    let (_first, options) = scratch::sqlite(folder.path()).await.unwrap();
    let (store, seen, plain) = super::watched(&options).await;
    events::after(store.reader(), Position { xid: 0, seq: 5 }, 5).await.unwrap();
    let steps = super::steps::of_sqlite(&seen, &plain).await;
    assert_eq!(steps, ["SEARCH events USING INDEX events_in_order (xid=? AND seq>?)"]);
}
