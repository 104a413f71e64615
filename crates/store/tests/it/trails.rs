//! The audit trail: appended in order, never rewritten, and whoever rewrites it behind our back is found out.

use patchcord_domain::audit::AuditKey;
use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::{Ticket, TicketEvent};
use patchcord_store::{StoreError, trail};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::rows;
use crate::support::{Db, Engine, both_engines};

both_engines!(
    lines_are_appended_and_verified,
    the_database_refuses_to_rewrite_a_line,
    whatever_is_changed_is_found,
    lines_of_two_writers_stand_one_after_the_other,
);

fn key() -> AuditKey {
    AuditKey::new(&[3; 32])
}

fn line(id: &str, kind: &'static str) -> trail::Line {
    trail::Line {
        id: id.to_owned(),
        kind,
        actor_type: "USER",
        actor_id: Some("u".into()),
        payload: json!({"b": 1, "a": id}),
        at: 5,
    }
}

async fn append(db: &Db, workspace: &WorkspaceId, ticket: &str, id: String) -> Result<(), StoreError> {
    let (of, ticket) = (workspace.clone(), ticket.to_owned());
    db.store
        .write(move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&of);
                let mut row: Ticket = tenant.lock(&ticket).await?.unwrap();
                trail::append(tenant, &key(), &mut row, line(&id, "FIELD_CHANGED")).await?;
                assert!(tenant.save(row).await?);
                Ok(())
            })
        })
        .await
}

/// A ticket with five lines.
async fn five_lines(engine: Engine) -> (Db, WorkspaceId) {
    let (db, workspace) = engine.workspace().await;
    let of = workspace.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let tenant = tx.tenant(&of);
            let mut ticket = rows::ticket("t", 1);
            let first = trail::first(&key(), &mut ticket, line("e1", "TICKET_CREATED"));
            tenant.add(ticket).await?;
            tenant.add_later(first).await
        })
    })
    .await
    .unwrap();
    for id in ["e2", "e3", "e4", "e5"] {
        append(&db, &workspace, "t", id.into()).await.unwrap();
    }
    (db, workspace)
}

async fn faults(db: &Db, workspace: &WorkspaceId) -> Vec<String> {
    let tenant = db.store.tenant(workspace);
    let ticket: Ticket = tenant.get("t").await.unwrap().unwrap();
    trail::verify(&key(), &ticket, &trail::all(tenant, "t").await.unwrap())
}

fn ids(lines: &[TicketEvent]) -> Vec<&str> {
    lines.iter().map(|line| line.id.as_str()).collect()
}

async fn lines_are_appended_and_verified(engine: Engine) {
    let (db, workspace) = five_lines(engine).await;
    let tenant = db.store.tenant(&workspace);
    assert_eq!(faults(&db, &workspace).await, Vec::<String>::new());
    assert_eq!(ids(&trail::all(tenant, "t").await.unwrap()), ["e1", "e2", "e3", "e4", "e5"]);
    assert_eq!(ids(&trail::newest(tenant, "t", 2).await.unwrap()), ["e4", "e5"]);
    let first = trail::newest_of_kind(tenant, "t", "TICKET_CREATED").await.unwrap().unwrap();
    assert_eq!((first.id.as_str(), first.seq, first.payload.as_str()), ("e1", 1, r#"{"a":"e1","b":1}"#));
    let last = trail::newest_of_kind(tenant, "t", "FIELD_CHANGED").await.unwrap().unwrap();
    assert_eq!((last.id.as_str(), last.seq), ("e5", 5));
    assert_eq!(trail::newest_of_kind(tenant, "t", "ASSIGNED").await.unwrap(), None);
    let ticket: Ticket = tenant.get("t").await.unwrap().unwrap();
    assert_eq!(ticket.audit_length, 5);
    // Another key finds every line changed.
    let lines = trail::all(tenant, "t").await.unwrap();
    assert_eq!(trail::verify(&AuditKey::new(&[4; 32]), &ticket, &lines).len(), 6);
}

async fn the_database_refuses_to_rewrite_a_line(engine: Engine) {
    let (db, workspace) = five_lines(engine).await;
    let raw = db.raw().await;
    for sql in [
        "UPDATE ticket_events SET payload = '{}' WHERE id = 'e2'",
        "UPDATE ticket_events SET payload = payload",
        "UPDATE ticket_events SET seq = 9 WHERE id = 'e2'",
        "DELETE FROM ticket_events WHERE id = 'e5'",
        "DELETE FROM ticket_events",
    ] {
        let error = raw.execute_unprepared(sql).await.unwrap_err().to_string();
        assert!(error.contains("ticket_events is append-only"), "{sql}: {error}");
    }
    // What takes rows away without deleting them one by one.
    match engine {
        Engine::Postgres => {
            let error = raw.execute_unprepared("TRUNCATE ticket_events").await.unwrap_err().to_string();
            assert!(error.contains("ticket_events is append-only"), "{error}");
        }
        Engine::Sqlite => {
            raw.execute_unprepared("PRAGMA recursive_triggers = on").await.unwrap();
            let again = "INSERT OR REPLACE INTO ticket_events SELECT * FROM ticket_events WHERE id = 'e2'";
            let error = raw.execute_unprepared(again).await.unwrap_err().to_string();
            assert!(error.contains("ticket_events is append-only"), "{error}");
        }
    }
    assert_eq!(faults(&db, &workspace).await, Vec::<String>::new());
}

async fn whatever_is_changed_is_found(engine: Engine) {
    let changes = [
        ("UPDATE ticket_events SET payload = '{\"a\":\"x\"}' WHERE id = 'e3'", "line 3 was changed"),
        ("UPDATE ticket_events SET kind = 'ASSIGNED' WHERE id = 'e1'", "line 1 was changed"),
        ("UPDATE ticket_events SET actor_id = NULL WHERE id = 'e2'", "line 2 was changed"),
        ("UPDATE ticket_events SET actor_type = 'SYSTEM' WHERE id = 'e2'", "line 2 was changed"),
        ("UPDATE ticket_events SET created_at = 6 WHERE id = 'e2'", "line 2 was changed"),
        ("UPDATE ticket_events SET id = 'x' WHERE id = 'e2'", "line 2 was changed"),
        ("UPDATE ticket_events SET mac = 'x' WHERE id = 'e5'", "line 5 was changed"),
        ("DELETE FROM ticket_events WHERE id = 'e1'", "line 1 is missing"),
        ("DELETE FROM ticket_events WHERE id = 'e3'", "line 3 is missing"),
        ("DELETE FROM ticket_events WHERE id = 'e5'", "the end of the trail"),
        ("DELETE FROM ticket_events", "the end of the trail"),
        ("DELETE FROM ticket_events; UPDATE tickets SET audit_length = 0, audit_head = ''", "the end of the trail"),
        (
            "DELETE FROM ticket_events WHERE id = 'e5'; UPDATE tickets SET audit_length = 4 WHERE id = 't'",
            "the end of the trail",
        ),
        (
            "UPDATE ticket_events SET seq = 99 WHERE id = 'e2'; UPDATE ticket_events SET seq = 2 WHERE id = 'e4'; \
             UPDATE ticket_events SET seq = 4 WHERE id = 'e2'",
            "line 2 was changed",
        ),
    ];
    for (sql, fault) in changes {
        let (db, workspace) = five_lines(engine).await;
        let raw = db.raw().await;
        let drop = match engine {
            Engine::Sqlite => "DROP TRIGGER ticket_events_no_update; DROP TRIGGER ticket_events_no_delete",
            Engine::Postgres => "DROP TRIGGER ticket_events_append_only ON ticket_events",
        };
        raw.execute_unprepared(drop).await.unwrap();
        raw.execute_unprepared(sql).await.unwrap();
        let found = faults(&db, &workspace).await;
        assert!(found.iter().any(|text| text.contains(fault)), "{sql}: {found:?}");
    }
}

async fn lines_of_two_writers_stand_one_after_the_other(engine: Engine) {
    let (db, workspace) = five_lines(engine).await;
    let db = std::sync::Arc::new(db);
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..20 {
        let (db, workspace) = (db.clone(), workspace.clone());
        tasks.spawn(async move { append(&db, &workspace, "t", format!("x{index}")).await });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(faults(&db, &workspace).await, Vec::<String>::new());
    let lines = trail::all(db.store.tenant(&workspace), "t").await.unwrap();
    assert_eq!(lines.iter().map(|line| line.seq).collect::<Vec<_>>(), (1..=25).collect::<Vec<i64>>());
}
