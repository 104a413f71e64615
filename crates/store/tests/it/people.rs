//! People and places: orders that are the same on both engines, look-ups by what callers say, documents of older rows.

use patchcord_domain::id::WorkspaceId;
use patchcord_store::listing::{After, Listed, Slice, Sort};
use patchcord_store::rows::{Contact, Organization};
use patchcord_store::{
    Reader, StoreError, Tenant, Tx, account_managers, contacts, locations, organizations, palette, search,
};
use sea_orm::ConnectionTrait;

use crate::rows;
use crate::support::{Db, Engine, both_engines, number};

both_engines!(
    names_are_ordered_alike_on_both_engines,
    a_contact_is_found_by_phone_and_email,
    one_code_is_one_organizations,
    rows_from_before_are_found_after_the_migration,
);

/// What a workspace finds of the rows of another one, for `tenancy.rs`: `n` of each.
pub(crate) async fn found(t: Tenant<'_, Reader>, n: usize) {
    let slice = Slice { limit: 9, ..Slice::default() };
    let (one, count) = (n == 1, n as i64);
    let all = organizations::Query { slice: slice.clone(), ..Default::default() };
    assert_eq!(organizations::page(t, &all).await.unwrap().len(), n);
    assert_eq!(organizations::count(t, &all).await.unwrap(), count);
    assert_eq!(organizations::line(t, "first_organization").await.unwrap().is_some(), one);
    assert_eq!(organizations::uses(t, "first_organization").await.unwrap().contacts, count);
    let all = contacts::Query { slice: slice.clone(), ..Default::default() };
    assert_eq!(contacts::page(t, &all).await.unwrap().len(), n);
    assert_eq!(contacts::count(t, &all).await.unwrap(), count);
    assert_eq!(contacts::line(t, "first_contact").await.unwrap().is_some(), one);
    assert_eq!(contacts::uses(t, "first_contact").await.unwrap().devices, count);
    let all = locations::Query { slice: slice.clone(), ..Default::default() };
    assert_eq!(locations::page(t, &all).await.unwrap().len(), n);
    assert_eq!(locations::count(t, &all).await.unwrap(), count);
    assert_eq!(locations::line(t, "first_location").await.unwrap().is_some(), one);
    assert_eq!(locations::uses(t, "first_location").await.unwrap(), locations::Uses::default());
    let all = account_managers::Query { slice, words: None };
    assert_eq!(account_managers::page(t, &all).await.unwrap().len(), n);
    assert_eq!(account_managers::count(t, &all).await.unwrap(), count);
    assert_eq!(account_managers::organizations(t, "first_manager").await.unwrap(), 0);
    assert_eq!(palette::exact(t, &palette::Exact::Number(1), 9).await.unwrap().len(), n);
    assert_eq!(palette::by_words(t, palette::Kind::Ticket, "printer", 9).await.unwrap().len(), n);
}

/// What another workspace's rows are not taken out by, for `tenancy.rs`.
pub(crate) async fn removed_nothing(t: Tenant<'_, Tx>) -> Result<(), StoreError> {
    assert!(!organizations::remove(t, "first_organization").await?);
    assert!(!contacts::remove(t, "first_contact").await?);
    assert!(!locations::remove(t, "first_location").await?);
    assert!(!account_managers::remove(t, "first_manager").await?);
    Ok(())
}

async fn add_contacts(db: &Db, workspace: &WorkspaceId, contacts: Vec<Contact>) {
    let workspace = workspace.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let tenant = tx.tenant(&workspace);
            tenant.add(rows::organization("o")).await?;
            for contact in contacts {
                let text =
                    contacts::search_text(&contact.name, [contact.email.as_deref(), contact.phone.as_deref(), None]);
                search::replace(tenant, search::CONTACT, &contact.id, &text).await?;
                tenant.add(contact).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
}

async fn names_are_ordered_alike_on_both_engines(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let names = ["Zoe", "adam", "Ada", "émile", "Emil", "ADA", "_x", "Ärger", "zoe B", "日本"];
    let contact =
        |(n, name): (usize, &&str)| Contact { name: (*name).to_owned(), ..rows::contact(&format!("c{n}"), "o") };
    add_contacts(&db, &workspace, names.iter().enumerate().map(contact).collect()).await;
    let t = db.store.tenant(&workspace);
    let expected = ["_x", "Ada", "ADA", "adam", "Emil", "Zoe", "zoe B", "Ärger", "émile", "日本"];
    for descending in [false, true] {
        let mut seen = Vec::new();
        let mut after: Option<After> = None;
        loop {
            let slice = Slice { sort: Sort::Name, descending, after, offset: 0, limit: 3 };
            let page = contacts::page(t, &contacts::Query { slice, ..Default::default() }).await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.place(Sort::Name));
            seen.extend(page.into_iter().map(|line| line.name));
        }
        if descending {
            seen.reverse();
        }
        assert_eq!(seen, expected, "{descending}");
    }
    // What has the words comes in the same order.
    let query = contacts::Query {
        words: Some("ada".into()),
        slice: Slice { limit: 9, ..Slice::default() },
        ..Default::default()
    };
    let found: Vec<String> = contacts::page(t, &query).await.unwrap().into_iter().map(|line| line.name).collect();
    assert_eq!(found, ["Ada", "ADA", "adam"]);
    assert_eq!(contacts::count(t, &query).await.unwrap(), 3);
}

async fn a_contact_is_found_by_phone_and_email(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let contact = |n: usize| Contact {
        phone: Some(format!("+1202555{n:04}")),
        email: Some(format!("p{}@example.test", n / 2)),
        ..rows::contact(&format!("c{n:04}"), "o")
    };
    add_contacts(&db, &workspace, (0..50).map(contact).collect()).await;
    let t = db.store.tenant(&workspace);
    let slice = Slice { limit: 9, ..Slice::default() };
    let by_phone = contacts::Query { phones: vec!["+12025550007".into()], slice: slice.clone(), ..Default::default() };
    let found = contacts::page(t, &by_phone).await.unwrap();
    assert_eq!(found.iter().map(|line| line.id.as_str()).collect::<Vec<_>>(), ["c0007"]);
    assert_eq!(found[0].organization_name, "name of o");
    // Several may have one address.
    let by_email = contacts::Query { emails: vec!["p3@example.test".into()], slice, ..Default::default() };
    assert_eq!(contacts::page(t, &by_email).await.unwrap().len(), 2);
    assert_eq!(contacts::count(t, &by_email).await.unwrap(), 2);
}

async fn one_code_is_one_organizations(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let other = db.add_workspace("other").await;
    let add = async |of: &WorkspaceId, id: &str, code: Option<&str>| {
        let (of, row) = (of.clone(), Organization { u_e_code: code.map(str::to_owned), ..rows::organization(id) });
        db.write(move |tx| Box::pin(async move { tx.tenant(&of).add(row).await })).await
    };
    add(&workspace, "a", Some("4711")).await.unwrap();
    let taken = add(&workspace, "b", Some("4711")).await;
    assert!(matches!(taken, Err(StoreError::Taken(_))), "{taken:?}");
    add(&other, "a", Some("4711")).await.unwrap();
    add(&workspace, "c", None).await.unwrap();
    add(&workspace, "d", None).await.unwrap();
    let found = organizations::by_ue_code(db.store.tenant(&workspace), "4711").await.unwrap().unwrap();
    assert_eq!((found.workspace_id.as_str(), found.id.as_str()), (workspace.as_str(), "a"));
}

/// As a desk that is older than the migration: its indexes and documents are not there, and the rows are.
async fn rows_from_before_are_found_after_the_migration(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let contact = |n: usize| Contact {
        name: format!("Émile {n}"),
        email: Some(format!("e{n}@example.test")),
        ..rows::contact(&format!("c{n:04}"), "o")
    };
    // More than one page of the work, the last one not full.
    add_contacts(&db, &workspace, (0..1_203).map(contact).collect()).await;
    let of = workspace.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let tenant = tx.tenant(&of);
            tenant.add(rows::account_manager("m")).await?;
            tenant.add(rows::location("l", "o")).await
        })
    })
    .await
    .unwrap();
    let migration = include_str!("../../migrations/sqlite/0006_people.sql");
    let names = |verb: &str| -> Vec<String> {
        let lines = migration.lines().filter_map(|line| line.strip_prefix(verb));
        lines.map(|line| line.trim_end_matches(';').split(' ').next().unwrap().to_owned()).collect()
    };
    let gone = names("DROP INDEX ");
    let mut old = "DELETE FROM search_documents; DELETE FROM schema_migrations WHERE name = '0006_people'".to_owned();
    for index in names("CREATE INDEX ").iter().filter(|index| !gone.contains(index)) {
        old += &format!("; DROP INDEX {index}");
    }
    db.write(move |tx| Box::pin(async move { Ok(tx.execute_unprepared(&old).await.map(drop)?) })).await.unwrap();
    assert_eq!(db.again().await.migrate().await.unwrap(), ["0006_people"]);

    let t = db.store.tenant(&workspace);
    let found = async |words: &str| {
        let query = contacts::Query { words: Some(words.into()), ..Default::default() };
        contacts::count(t, &query).await.unwrap()
    };
    assert_eq!((found("emile 1202").await, found("e77@example").await, found("nobody").await), (1, 1, 0));
    let raw = db.raw().await;
    for (kind, documents) in [("contact", 1_203), ("organization", 1), ("location", 1), ("account_manager", 1)] {
        let sql = format!("SELECT COUNT(*) FROM search_documents WHERE kind = '{kind}'");
        assert_eq!(number(&raw, &sql).await, documents, "{kind}");
    }
}
