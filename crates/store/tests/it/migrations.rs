//! The schema: applied once, the same on both engines, every tenant's rows kept apart by it.

use std::collections::{BTreeMap, BTreeSet};

use patchcord_store::{Options, Store};
use sea_orm::DatabaseConnection;

use crate::support::{Db, Engine, both_engines, query, server, unused_name};

both_engines!(each_is_applied_once, every_tenant_owned_table_carries_the_workspace);

async fn each_is_applied_once(engine: Engine) {
    let db = engine.open().await;
    assert_eq!(db.store.migrate().await.unwrap(), Vec::<&str>::new());
    assert_eq!(db.again().await.migrate().await.unwrap(), Vec::<&str>::new());
    let raw = db.raw().await;
    let names: Vec<String> = query(&raw, "SELECT name FROM schema_migrations ORDER BY name")
        .await
        .iter()
        .map(|row| row.try_get_by_index(0).unwrap())
        .collect();
    assert_eq!(names[0], "0001_foundation");
    assert!(names.is_sorted());
}

/// Stores that start at one moment share the work: each migration is applied by one of them.
async fn together(stores: Vec<Store>) {
    let mut tasks = tokio::task::JoinSet::new();
    for store in stores {
        tasks.spawn(async move { store.migrate().await });
    }
    let mut applied = Vec::new();
    while let Some(done) = tasks.join_next().await {
        applied.extend(done.unwrap().unwrap());
    }
    applied.sort_unstable();
    let unique: BTreeSet<&str> = applied.iter().copied().collect();
    assert!(unique.contains("0001_foundation"));
    assert_eq!(applied.len(), unique.len(), "{applied:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_start_together_on_postgres() {
    let admin = sea_orm::Database::connect(server()).await.unwrap();
    let name = unused_name();
    sea_orm::ConnectionTrait::execute_unprepared(&admin, &format!("CREATE DATABASE {name}")).await.unwrap();
    let url = format!("{}/{name}", server().rsplit_once('/').unwrap().0);
    let mut stores = Vec::new();
    for _ in 0..3 {
        stores.push(Store::connect(Options::new(url.clone())).await.unwrap());
    }
    together(stores).await;
}

/// Whoever starts while another node migrates waits for it, for longer than it would wait for a row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_migration_of_another_node_is_waited_for() {
    let db = Engine::Postgres.open().await;
    let store = Store::connect(Options { wait_ms: 100, ..db.options.clone() }).await.unwrap();
    let other = db.raw().await;
    query(&other, "SELECT 1 FROM pg_advisory_lock(7283465)").await;
    let waiting = tokio::spawn(async move { store.migrate().await });
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert!(!waiting.is_finished(), "{:?}", waiting.await);
    query(&other, "SELECT pg_advisory_unlock(7283465)").await;
    assert_eq!(waiting.await.unwrap().unwrap(), Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_start_together_on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("new.db").display());
    let mut stores = Vec::new();
    for _ in 0..2 {
        stores.push(Store::connect(Options::new(url.clone())).await.unwrap());
    }
    together(stores).await;
}

/// What can be compared: columns with type and nullability, and the columns of primary key, unique and foreign keys.
#[derive(Debug, Default, PartialEq)]
struct Table {
    columns: BTreeMap<String, (String, bool)>,
    primary_key: Vec<String>,
    /// Column lists of every index, unique or not, without the primary key; with `unique` in front where it is. A computed key
    /// is shown as `(expression)`.
    indexes: BTreeSet<String>,
    /// `columns -> table (columns)`.
    foreign_keys: BTreeSet<String>,
}

fn text(row: &sea_orm::QueryResult, index: usize) -> String {
    row.try_get_by_index(index).unwrap()
}

async fn of_sqlite(raw: &DatabaseConnection) -> BTreeMap<String, Table> {
    let mut tables = BTreeMap::new();
    let names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
        AND name NOT LIKE 'search_words%'";
    for name in query(raw, names).await.iter().map(|row| text(row, 0)) {
        let mut table = Table::default();
        let columns = format!("SELECT name, type, \"notnull\", pk FROM pragma_table_info('{name}') ORDER BY pk, cid");
        for row in query(raw, &columns).await {
            let (column, kind) = (text(&row, 0), text(&row, 1));
            let (notnull, pk): (i64, i64) = (row.try_get_by_index(2).unwrap(), row.try_get_by_index(3).unwrap());
            if pk > 0 {
                table.primary_key.push(column.clone());
            }
            let kind = if kind == "INTEGER" { "BIGINT".into() } else { kind };
            table.columns.insert(column, (kind, notnull == 1 || pk > 0));
        }
        let indexes = format!("SELECT name, \"unique\", origin, partial FROM pragma_index_list('{name}')");
        for row in query(raw, &indexes).await {
            let (index, origin) = (text(&row, 0), text(&row, 2));
            let (unique, partial): (i64, i64) = (row.try_get_by_index(1).unwrap(), row.try_get_by_index(3).unwrap());
            if origin == "pk" {
                continue;
            }
            let columns = format!(
                "SELECT COALESCE(name, '(expression)') || CASE \"desc\" WHEN 1 THEN ' DESC' ELSE '' END FROM pragma_index_xinfo('{index}') \
                 WHERE key = 1 ORDER BY seqno"
            );
            let columns: Vec<String> = query(raw, &columns).await.iter().map(|row| text(row, 0)).collect();
            table.indexes.insert(shown(&columns, unique == 1, partial == 1));
        }
        let keys = format!(
            "SELECT id, \"table\", group_concat(\"from\", ','), group_concat(\"to\", ','), on_update || on_delete FROM \
             (SELECT * FROM pragma_foreign_key_list('{name}') ORDER BY id, seq) GROUP BY id"
        );
        for row in query(raw, &keys).await {
            assert_eq!(text(&row, 4), "NO ACTIONNO ACTION", "{name}");
            table.foreign_keys.insert(format!("{} -> {} ({})", text(&row, 2), text(&row, 1), text(&row, 3)));
        }
        tables.insert(name, table);
    }
    tables
}

fn shown(columns: &[String], unique: bool, partial: bool) -> String {
    let (unique, partial) = (if unique { "unique " } else { "" }, if partial { " partial" } else { "" });
    format!("{unique}{}{partial}", columns.join(","))
}

async fn of_postgres(raw: &DatabaseConnection) -> BTreeMap<String, Table> {
    let mut tables: BTreeMap<String, Table> = BTreeMap::new();
    let columns = "SELECT table_name::text, column_name::text, upper(data_type)::text, is_nullable = 'NO' \
        FROM information_schema.columns WHERE table_schema = 'public'";
    for row in query(raw, columns).await {
        if text(&row, 1) != "words" {
            let column = (text(&row, 2), row.try_get_by_index(3).unwrap());
            tables.entry(text(&row, 0)).or_default().columns.insert(text(&row, 1), column);
        }
    }
    let indexes = "SELECT t.relname::text, i.indisunique, i.indisprimary, i.indpred IS NOT NULL, \
        array_to_string(ARRAY(SELECT CASE i.indkey[k - 1] WHEN 0 THEN '(expression)' \
          ELSE pg_get_indexdef(i.indexrelid, k, true) END || \
          CASE WHEN i.indoption[k - 1] & 1 = 1 THEN ' DESC' ELSE '' END \
          FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k), ',') \
        FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace \
        JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am a ON a.oid = x.relam \
        WHERE n.nspname = 'public' AND a.amname = 'btree'";
    for row in query(raw, indexes).await {
        let table = tables.get_mut(&text(&row, 0)).unwrap();
        let columns: Vec<String> = text(&row, 4).split(',').map(|name| name.replace('"', "")).collect();
        let [unique, primary, partial]: [bool; 3] = [1, 2, 3].map(|index| row.try_get_by_index(index).unwrap());
        if primary {
            table.primary_key = columns;
        } else {
            table.indexes.insert(shown(&columns, unique, partial));
        }
    }
    let keys = "SELECT c.conrelid::regclass::text, c.confrelid::regclass::text, \
        (SELECT string_agg(a.attname, ',' ORDER BY u.n) FROM unnest(c.conkey) WITH ORDINALITY AS u(k, n) \
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = u.k), \
        (SELECT string_agg(a.attname, ',' ORDER BY u.n) FROM unnest(c.confkey) WITH ORDINALITY AS u(k, n) \
          JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = u.k), \
        c.confupdtype::text || c.confdeltype::text FROM pg_constraint c WHERE c.contype = 'f'";
    for row in query(raw, keys).await {
        assert_eq!(text(&row, 4), "aa", "{}", text(&row, 0));
        let key = format!("{} -> {} ({})", text(&row, 2), text(&row, 1), text(&row, 3));
        tables.get_mut(&text(&row, 0)).unwrap().foreign_keys.insert(key);
    }
    tables
}

async fn schema(engine: Engine, db: &Db) -> BTreeMap<String, Table> {
    let raw = db.raw().await;
    match engine {
        Engine::Sqlite => of_sqlite(&raw).await,
        Engine::Postgres => of_postgres(&raw).await,
    }
}

#[tokio::test]
async fn both_engines_have_the_same_schema() {
    let sqlite = schema(Engine::Sqlite, &Engine::Sqlite.open().await).await;
    let postgres = schema(Engine::Postgres, &Engine::Postgres.open().await).await;
    assert!(sqlite.len() > 30, "{}", sqlite.len());
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    let mut postgres = postgres;
    for (name, table) in &sqlite {
        let other = postgres.get_mut(name).unwrap();
        if BY_TRIGGER.contains(&name.as_str()) {
            assert!(other.foreign_keys.remove("workspace_id,call_id -> calls (workspace_id,id)"), "{name}");
        }
        assert_eq!(table, other, "table {name}");
    }
}

/// Tables that were there before calls: on SQLite triggers do what a foreign key does on PostgreSQL.
const BY_TRIGGER: [&str; 3] = ["tickets", "ticket_escalations", "ai_usage_logs"];

/// Tables that belong to nobody: look-ups, the list of migrations, attempts to sign in, how nodes are, how far the outbox was
/// read, and workspaces themselves.
const COMMON: &[&str] = &[
    "workspaces",
    "device_types",
    "ticket_statuses",
    "ticket_priorities",
    "login_attempts",
    "schema_migrations",
    "system_health_logs",
    "webhook_cursor",
];
/// What may be pointed to without the workspace.
const LOOKUPS: [&str; 3] = ["device_types (key)", "ticket_statuses (key)", "ticket_priorities (key)"];
/// Their rows are found across workspaces, so their key is a number or an id of their own.
const OWN_KEY: [&str; 7] =
    ["jobs", "events", "search_documents", "ticket_counters", "hour_marks", "customer_marks", "call_tokens"];

async fn every_tenant_owned_table_carries_the_workspace(engine: Engine) {
    let tables = schema(engine, &engine.open().await).await;
    for (name, table) in &tables {
        if COMMON.contains(&name.as_str()) {
            assert!(!table.columns.contains_key("workspace_id"), "{name}");
            continue;
        }
        assert_eq!(table.columns.get("workspace_id"), Some(&("TEXT".to_owned(), true)), "{name}");
        if !OWN_KEY.contains(&name.as_str()) {
            assert_eq!(table.primary_key[0], "workspace_id", "{name}");
        }
        let mut anchored = false;
        for key in &table.foreign_keys {
            let (from, to) = key.split_once(" -> ").unwrap();
            if LOOKUPS.contains(&to) {
                continue;
            }
            anchored = true;
            assert!(
                from == "workspace_id" && to == "workspaces (id)"
                    || from.starts_with("workspace_id,") && to.contains(" (workspace_id,"),
                "{name}: {key}"
            );
        }
        assert!(anchored, "{name} points to no workspace");
        for column in table.columns.keys().filter(|column| column.ends_with("_id")) {
            let pointed =
                table.foreign_keys.iter().any(|key| key.split(" -> ").next().unwrap().contains(column.as_str()));
            assert!(pointed || UNBOUND.contains(&(name, column)), "{name}.{column} may point anywhere");
        }
    }
}

/// Ids of things that have no table, or whose row may be gone or not be there yet.
const UNBOUND: &[(&str, &str)] = &[
    ("tickets", "call_id"),
    ("tickets", "remote_id"),
    ("ticket_escalations", "call_id"),
    ("ai_usage_logs", "call_id"),
    ("ticket_events", "actor_id"),
    ("refresh_tokens", "family_id"),
    ("search_documents", "subject_id"),
    ("events", "subject_id"),
    ("attachments", "origin_ticket_id"),
    ("agent_hourly_metrics", "actor_id"),
    ("customer_marks", "customer_id"),
    ("customer_metrics", "organization_id"),
    ("customer_metrics", "contact_id"),
    ("webhook_deliveries", "event_id"),
    ("webhook_deliveries", "subject_id"),
    ("call_turns", "item_id"),
];
