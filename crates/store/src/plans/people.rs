//! What the test of plans calls of people and places: their lists, look-ups, and the search for anything.

use patchcord_domain::id::WorkspaceId;

use crate::listing::{After, Slice, Sort};
use crate::palette::{Exact, Kind};
use crate::{Reader, StoreError, Tenant, Tx, account_managers, contacts, locations, organizations, palette, scratch};

/// Calls everything that reads.
pub(crate) async fn read(t: Tenant<'_, Reader>) -> Result<(), StoreError> {
    let some = vec!["a".to_owned(), "b".to_owned()];
    let at = Some(After::At(5, "x".into()));
    for (sort, after) in [
        (Sort::Name, None),
        (Sort::Name, Some(After::Name("a".into(), "x".into()))),
        (Sort::CreatedAt, at.clone()),
        (Sort::UpdatedAt, at),
    ] {
        let slice = Slice { sort, descending: true, after, offset: 5, limit: 5 };
        for words in [None, Some("two words".to_owned())] {
            let all = organizations::Query { words: words.clone(), slice: slice.clone(), ..Default::default() };
            let every = organizations::Query {
                u_e_codes: some.clone(),
                statuses: some.clone(),
                account_managers: some.clone(),
                ..all.clone()
            };
            for query in [all, every] {
                organizations::page(t, &query).await?;
                organizations::count(t, &query).await?;
            }
            let all = contacts::Query { words: words.clone(), slice: slice.clone(), ..Default::default() };
            for query in [
                contacts::Query { phones: some.clone(), ..all.clone() },
                contacts::Query { emails: some.clone(), ..all.clone() },
                contacts::Query { organizations: some.clone(), ..all.clone() },
                contacts::Query { locations: some.clone(), is_vip: Some(true), ..all.clone() },
                contacts::Query { is_vip: Some(false), ..all.clone() },
                all,
            ] {
                contacts::page(t, &query).await?;
                contacts::count(t, &query).await?;
            }
            let all = locations::Query { words: words.clone(), slice: slice.clone(), ..Default::default() };
            for query in [locations::Query { organizations: some.clone(), ..all.clone() }, all] {
                locations::page(t, &query).await?;
                locations::count(t, &query).await?;
            }
            let query = account_managers::Query { words, slice: slice.clone() };
            account_managers::page(t, &query).await?;
            account_managers::count(t, &query).await?;
        }
    }
    organizations::line(t, "o").await?;
    organizations::by_ue_code(t, "1234").await?;
    organizations::uses(t, "o").await?;
    contacts::line(t, "c").await?;
    contacts::uses(t, "c").await?;
    locations::line(t, "l").await?;
    locations::uses(t, "l").await?;
    account_managers::organizations(t, "m").await?;
    for exact in [
        Exact::Number(1),
        Exact::Phone(some),
        Exact::Email("e".into()),
        Exact::UECode("1234".into()),
        Exact::Label("l".into()),
        Exact::Ip("10.0.0.1".into()),
    ] {
        palette::exact(t, &exact, 5).await?;
    }
    for kind in Kind::ALL {
        palette::by_words(t, kind, "two words", 5).await?;
    }
    Ok(())
}

/// Calls everything that writes; no row is there, so nothing is changed.
pub(crate) async fn write(t: Tenant<'_, Tx>) -> Result<(), StoreError> {
    organizations::remove(t, "o").await?;
    contacts::remove(t, "c").await?;
    locations::remove(t, "l").await?;
    account_managers::remove(t, "m").await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_label_of_a_device_is_looked_up_by_its_index() {
    let folder = tempfile::tempdir().unwrap();
    let (_first, options) = scratch::sqlite(folder.path()).await.unwrap();
    let (store, seen, plain) = super::watched(&options).await;
    palette::exact(store.tenant(&WorkspaceId::new("w")), &Exact::Label("x".into()), 5).await.unwrap();
    let mut devices = super::steps::of_sqlite(&seen, &plain).await;
    devices.retain(|step| step.contains("devices"));
    assert_eq!(devices.len(), 4, "{devices:#?}");
    assert!(devices.iter().all(|step| step.contains("AND")), "{devices:#?}");
}
