//! How long an event takes from one node to another on PostgreSQL: `cargo run --release --example wakeups`.
//!
//! Two stores stand for two nodes: one commits an event, the other is woken and reads it. `PATCHCORD_TEST_POSTGRES` names
//! the server.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement, not the product"
)]

use std::time::{Duration, Instant};

use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::Workspace;
use patchcord_store::unscoped::{self, events::Position};
use patchcord_store::{Store, StoreError, events, scratch};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const COUNT: u32 = 200;

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let Ok(url) = std::env::var("PATCHCORD_TEST_POSTGRES") else {
        println!("event from node to node: not measured (PATCHCORD_TEST_POSTGRES is not set)");
        return Ok(());
    };
    let (first, options) = scratch::postgres(&url, &format!("wakeups_{}", std::process::id())).await?;
    let second = Store::connect(options).await?;
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    first.start_wakeups(&tasks, &stop);
    second.start_wakeups(&tasks, &stop);
    let workspace = WorkspaceId::new("aworkspace");
    add_workspace(&first).await?;
    let mut woken = second.watch_events();
    let mut position = Position::default();
    let mut waits = Vec::new();
    for number in 0..COUNT + 20 {
        tokio::time::sleep(Duration::from_millis(13)).await;
        record(&first, &workspace, number).await?;
        let committed = Instant::now();
        // The loop of a node: woken or, at the latest, after a second.
        let event = loop {
            let found = unscoped::events::after(second.reader(), position, 10).await?;
            match found.into_iter().next() {
                Some(event) => break event,
                None => _ = tokio::time::timeout(Duration::from_secs(1), woken.changed()).await,
            }
        };
        position = Position::of(&event);
        // The first ones also wait for the connections to be made.
        if number >= 20 {
            waits.push(committed.elapsed());
        }
    }
    waits.sort();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    println!("event from node to node, after the commit: p50 {:.1} ms, p99 {:.1} ms", at(0.5), at(0.99));
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    Ok(())
}

async fn record(store: &Store, workspace: &WorkspaceId, number: u32) -> Result<(), StoreError> {
    let workspace = workspace.clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let event = events::NewEvent {
                    id: format!("e{number}"),
                    kind: "ticket.updated",
                    topic: "tickets",
                    subject_id: "t",
                    data: json!({}),
                    at: 1,
                };
                events::record(tx.tenant(&workspace), event).await
            })
        })
        .await
}

async fn add_workspace(store: &Store) -> Result<(), StoreError> {
    let row = Workspace {
        id: "aworkspace".into(),
        name: "Measured".into(),
        slug: "measured".into(),
        timezone: "UTC".into(),
        business_hours: json!({}),
        holidays: json!([]),
        product_areas: json!([]),
        settings: json!({}),
        version: 1,
        created_at: 1,
        updated_at: 1,
    };
    store.write(move |tx| Box::pin(async move { unscoped::workspaces::add(tx, row).await })).await
}
