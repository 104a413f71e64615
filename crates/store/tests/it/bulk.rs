//! Large loads: what is put aside comes back as it was, whether the load ends well or not.

use patchcord_store::bulk::{Customers, Load, Loader};
use patchcord_store::search;
use sea_orm::{ConnectionTrait, Statement};

use crate::rows;
use crate::support::{Db, Engine, both_engines, number};

both_engines!(indexes_and_keys_come_back, a_load_that_is_given_up_leaves_nothing, few_rows_are_simply_written);

/// Every index, foreign key and trigger of the database, in the engine's own words.
async fn schema(db: &Db) -> Vec<String> {
    let raw = db.raw().await;
    let sql = match raw.get_database_backend() {
        sea_orm::DbBackend::Sqlite => "SELECT name || ' ' || COALESCE(sql, '') AS one FROM sqlite_master ORDER BY 1",
        _ => {
            "SELECT indexname || ' ' || indexdef AS one FROM pg_indexes WHERE schemaname = 'public' \
             UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated \
             FROM pg_constraint WHERE connamespace = 'public'::regnamespace \
             UNION ALL SELECT tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
        }
    };
    let rows = raw.query_all_raw(Statement::from_string(raw.get_database_backend(), sql)).await.unwrap();
    rows.iter().map(|row| row.try_get("", "one").unwrap()).collect()
}

/// How many rows a search of this kind is led by.
async fn words(db: &Db, kind: &str) -> i64 {
    number(db.store.reader(), &format!("SELECT COUNT(*) FROM search_documents WHERE kind = '{kind}'")).await
}

const HOURS: &str = "hour_marks";
const CUSTOMERS: &str = "customer_marks";

/// How many hours or customers are to be counted again.
async fn marks(db: &Db, table: &str) -> i64 {
    number(db.store.reader(), &format!("SELECT COUNT(*) FROM {table}")).await
}

fn customers(workspace: &str) -> Customers {
    let mut organization = rows::organization("one");
    organization.workspace_id = workspace.to_owned();
    let mut contact = rows::contact("two", "one");
    contact.workspace_id = workspace.to_owned();
    let documents = vec![(search::CONTACT, "two".to_owned(), "Ada Byron".to_owned())];
    Customers { organizations: vec![organization], contacts: vec![contact], devices: Vec::new(), documents }
}

fn tickets(workspace: &str, from: i64, count: i64) -> Load {
    let made = (from..from + count).map(|n| {
        let mut ticket = rows::ticket(&format!("t{n}"), n);
        (ticket.workspace_id, ticket.organization_id) = (workspace.to_owned(), Some("one".to_owned()));
        ticket
    });
    let documents = (from..from + count).map(|n| (search::TICKET, format!("t{n}"), format!("Printer {n}"))).collect();
    Load { tickets: made.collect(), documents, ..Load::default() }
}

async fn indexes_and_keys_come_back(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let before = schema(&db).await;
    let mut loader = Loader::begin(&db.store, &workspace, 500).await.unwrap();
    loader.customers(customers(workspace.as_str())).await.unwrap();
    let (one, two) = (tickets(workspace.as_str(), 1, 250), tickets(workspace.as_str(), 251, 250));
    loader.write(one, Some(two)).await.unwrap();
    loader.finish().await.unwrap();
    assert_eq!(schema(&db).await, before);
    assert_eq!(number(db.store.reader(), "SELECT COUNT(*) FROM tickets").await, 500);
    assert_eq!((words(&db, search::CONTACT).await, words(&db, search::TICKET).await), (1, 500));
    assert_eq!((marks(&db, HOURS).await, marks(&db, CUSTOMERS).await), (1, 1), "what is counted again, once each");
    // What refers to nothing is found when the keys come back, and nothing is kept.
    let mut loader = Loader::begin(&db.store, &workspace, 5_000).await.unwrap();
    let mut lost = tickets(workspace.as_str(), 501, 1);
    lost.tickets[0].organization_id = Some("nobody".to_owned());
    let written = match loader.write(lost, None).await {
        Ok(()) => loader.finish().await,
        Err(error) => Err(error),
    };
    assert!(written.is_err());
    assert_eq!(schema(&db).await, before);
    assert_eq!(number(db.store.reader(), "SELECT COUNT(*) FROM tickets").await, 500);
    assert_eq!(words(&db, search::TICKET).await, 500);
}

async fn a_load_that_is_given_up_leaves_nothing(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let before = schema(&db).await;
    let mut loader = Loader::begin(&db.store, &workspace, 500).await.unwrap();
    loader.customers(customers(workspace.as_str())).await.unwrap();
    loader.write(tickets(workspace.as_str(), 1, 100), None).await.unwrap();
    drop(loader);
    assert_eq!(number(db.store.reader(), "SELECT COUNT(*) FROM tickets").await, 0);
    assert_eq!((words(&db, search::CONTACT).await, words(&db, search::TICKET).await), (0, 0));
    assert_eq!(schema(&db).await, before);
    // Life goes on.
    let mut loader = Loader::begin(&db.store, &workspace, 500).await.unwrap();
    loader.customers(customers(workspace.as_str())).await.unwrap();
    loader.finish().await.unwrap();
    assert_eq!((number(db.store.reader(), "SELECT COUNT(*) FROM contacts").await, schema(&db).await), (1, before));
}

async fn few_rows_are_simply_written(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let mut loader = Loader::begin(&db.store, &workspace, 5).await.unwrap();
    loader.customers(customers(workspace.as_str())).await.unwrap();
    assert_eq!(number(db.store.reader(), "SELECT COUNT(*) FROM contacts").await, 1, "each piece on its own");
    loader.write(tickets(workspace.as_str(), 1, 3), Some(tickets(workspace.as_str(), 4, 2))).await.unwrap();
    loader.finish().await.unwrap();
    assert_eq!(number(db.store.reader(), "SELECT COUNT(*) FROM tickets").await, 5);
    assert_eq!(words(&db, search::TICKET).await, 5);
    // When most rows are there already, they stay as they are: others may be at work with them.
    let mut loader = Loader::begin(&db.store, &workspace, 4).await.unwrap();
    loader.write(tickets(workspace.as_str(), 6, 4), None).await.unwrap();
    assert_eq!(number(db.store.reader(), "SELECT COUNT(*) FROM tickets").await, 9);
    loader.finish().await.unwrap();
}
