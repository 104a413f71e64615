//! How many durable writes per second the write path takes, alone and together: `cargo run --release --example write_path`.
//!
//! Each write adds a ticket, its first message, its audit line, its search document, a job and an event, as the desk does.
//! SQLite runs with `synchronous=full` in a file beside the build; PostgreSQL where `PATCHCORD_TEST_POSTGRES` points to.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement, not the product"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use patchcord_domain::audit::AuditKey;
use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::{Message, Ticket, Workspace};
use patchcord_store::{Store, StoreError, events, jobs, scratch, search, tickets, trail, unscoped};
use serde_json::json;

static NEXT: AtomicU64 = AtomicU64::new(0);

fn id() -> String {
    format!("a{:023}", NEXT.fetch_add(1, Ordering::Relaxed))
}

#[tokio::main]
async fn main() -> Result<(), StoreError> {
    let folder = std::path::PathBuf::from("target/write_path");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (sqlite, _) = scratch::sqlite(&folder).await?;
    measure("sqlite, synchronous=full", sqlite).await;
    match std::env::var("PATCHCORD_TEST_POSTGRES") {
        Ok(url) => {
            let name = format!("write_path_{}", std::process::id());
            let (postgres, _) = scratch::postgres(&url, &name).await?;
            measure("postgres", postgres).await;
        }
        Err(_) => println!("postgres: not measured (PATCHCORD_TEST_POSTGRES is not set)"),
    }
    Ok(())
}

async fn measure(engine: &str, store: Store) {
    let workspace = WorkspaceId::new(id());
    add_workspace(&store, &workspace).await;
    for writers in [1, 8, 32] {
        let limit = Duration::from_secs(3);
        let started = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..writers {
            let (store, workspace) = (store.clone(), workspace.clone());
            tasks.push(tokio::spawn(async move {
                let key = Arc::new(AuditKey::new(&[1; 32]));
                let mut waits = Vec::new();
                while started.elapsed() < limit {
                    let begun = Instant::now();
                    create(&store, &workspace, key.clone()).await.unwrap();
                    waits.push(begun.elapsed());
                }
                waits
            }));
        }
        let mut waits = Vec::new();
        for task in tasks {
            waits.extend(task.await.unwrap());
        }
        waits.sort();
        let per_second = waits.len() as f64 / started.elapsed().as_secs_f64();
        let at = |q: f64| waits[((waits.len() - 1) as f64 * q) as usize].as_secs_f64() * 1_000.0;
        println!(
            "{engine}: {writers:>2} writers: {per_second:>7.0} creates/s, p50 {:.1} ms, p99 {:.1} ms",
            at(0.5),
            at(0.99)
        );
    }
    store.close().await;
}

async fn create(store: &Store, workspace: &WorkspaceId, key: Arc<AuditKey>) -> Result<(), StoreError> {
    let reserved = tickets::reserve_number(store, workspace).await?;
    let workspace = workspace.clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&workspace);
                let number = tickets::number(tenant, reserved).await?;
                let mut ticket = ticket(number);
                let ticket_id = ticket.id.clone();
                let line = trail::Line {
                    id: id(),
                    kind: "TICKET_CREATED",
                    actor_type: "SYSTEM",
                    actor_id: None,
                    payload: json!({"number": number}),
                    at: 1,
                };
                let event = trail::first(&key, &mut ticket, line);
                tenant.add(ticket).await?;
                tenant.add_later(message(&ticket_id)).await?;
                tenant.add_later(event).await?;
                search::add(tenant, search::TICKET, &ticket_id, "the printer on the third floor does not print")
                    .await?;
                events::record(
                    tenant,
                    events::NewEvent {
                        id: id(),
                        kind: "ticket.created",
                        topic: "tickets",
                        subject_id: &ticket_id,
                        data: json!({"ticketId": ticket_id}),
                        at: 1,
                    },
                )
                .await?;
                let job = jobs::NewJob {
                    id: id(),
                    kind: "nothing",
                    payload: json!({}),
                    priority: 0,
                    run_at: 0,
                    max_attempts: 1,
                    dedup_key: None,
                    at: 1,
                };
                jobs::enqueue(tenant, job).await?;
                Ok(())
            })
        })
        .await
}

async fn add_workspace(store: &Store, workspace: &WorkspaceId) {
    let row = Workspace {
        id: workspace.as_str().to_owned(),
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
    store.write(move |tx| Box::pin(async move { unscoped::workspaces::add(tx, row).await })).await.unwrap();
}

fn message(ticket_id: &str) -> Message {
    Message {
        workspace_id: String::new(),
        id: id(),
        ticket_id: ticket_id.to_owned(),
        origin_ticket_id: None,
        author_type: "AGENT".into(),
        author_user_id: None,
        author_contact_id: None,
        author_agent_id: None,
        body: "The printer on the third floor does not print since this morning.".into(),
        is_internal: false,
        suggestion_id: None,
        created_at: 1,
    }
}

fn ticket(number: i64) -> Ticket {
    Ticket {
        workspace_id: String::new(),
        id: id(),
        number,
        audit_head: String::new(),
        audit_length: 0,
        message_count: 1,
        last_message_at: Some(1),
        subject: "Printer does not print".into(),
        status: "OPEN".into(),
        priority: "MEDIUM".into(),
        channel: "WEB".into(),
        product_area: None,
        category: None,
        organization_id: None,
        contact_id: None,
        device_id: None,
        call_id: None,
        created_by_user_id: None,
        assignee_id: None,
        sentiment: None,
        first_response_due_at: None,
        resolution_due_at: None,
        first_responded_at: None,
        resolved_at: None,
        closed_at: None,
        sla_paused_at: None,
        sla_paused_ms: 0,
        sla_breached_at: None,
        merged_into_id: None,
        remote_id: None,
        tags: json!([]),
        version: 1,
        created_at: 1,
        updated_at: 1,
    }
}
