//! Search documents: growing, cut into parts, written anew, ranked.

use patchcord_domain::id::WorkspaceId;
use patchcord_store::search::{self, ARTICLE, TICKET};
use patchcord_store::{StoreError, Tenant, Tx};

use crate::support::{Db, Engine, both_engines, number, query};

both_engines!(
    a_subject_grows_and_is_cut_into_parts,
    a_subject_is_written_anew,
    each_subject_is_found_once_and_the_best_first,
    kinds_are_kept_apart,
);

/// Runs one of the writing functions in a write of its own.
macro_rules! change {
    ($db:expr, $workspace:expr, $function:path, $kind:expr, $id:expr, $text:expr) => {{
        let (of, text): (WorkspaceId, String) = ($workspace.clone(), $text.into());
        $db.write(move |tx| Box::pin(async move { $function(tx.tenant(&of), $kind, $id, &text).await })).await.unwrap();
    }};
}

async fn found(db: &Db, workspace: &WorkspaceId, kind: &'static str, words: &str) -> Vec<String> {
    let hits = search::any_word(db.store.tenant(workspace), kind, words, 10).await.unwrap();
    assert!(hits.is_sorted_by(|a, b| a.rank >= b.rank), "{hits:?}");
    hits.into_iter().map(|hit| hit.subject_id).collect()
}

async fn parts(db: &Db) -> Vec<(i64, i64)> {
    let sql = "SELECT part, CAST(length(text) AS BIGINT) FROM search_documents ORDER BY part";
    let rows = query(&db.raw().await, sql).await;
    rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect()
}

async fn a_subject_grows_and_is_cut_into_parts(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    change!(db, workspace, search::add, TICKET, "t", "first");
    change!(db, workspace, search::append, TICKET, "t", " … ");
    assert_eq!(parts(&db).await, [(0, 5)]);
    // Many different words: an index of one word says nothing about long texts.
    let text = |from: u32| (from..from + 5_000).map(|n| format!("word{n:05}")).collect::<Vec<_>>().join(" ");
    for (from, last) in [(0, "alpha"), (5_000, "beta"), (10_000, "gamma"), (15_000, "delta")] {
        change!(db, workspace, search::append, TICKET, "t", format!("{} {last}", text(from)));
    }
    assert_eq!(parts(&db).await.iter().map(|part| part.0).collect::<Vec<_>>(), [0, 1]);
    assert!(parts(&db).await.iter().all(|part| part.1 > 60_000), "{:?}", parts(&db).await);
    change!(db, workspace, search::append, TICKET, "t", "omega");
    assert_eq!(parts(&db).await[2], (2, 5));
    for word in ["first", "alpha", "word00000", "word04999", "beta", "word14999", "delta", "omega"] {
        assert_eq!(found(&db, &workspace, TICKET, word).await, ["t"], "{word}");
    }
    // A subject without a document begins one.
    change!(db, workspace, search::append, TICKET, "new", "zeta");
    assert_eq!(found(&db, &workspace, TICKET, "zeta").await, ["new"]);
}

async fn a_subject_is_written_anew(engine: Engine) {
    written_anew(engine, TICKET, "", "search_words").await;
    written_anew(engine, ARTICLE, "kindofarticle ", "search_words_of_others").await;
}

/// Texts of the kind begin with `marker`; `words` is SQLite's index of its words.
async fn written_anew(engine: Engine, kind: &'static str, marker: &str, words: &str) {
    let (db, workspace) = engine.workspace().await;
    change!(db, workspace, search::add, kind, "a", "old words");
    change!(db, workspace, search::append, kind, "a", "x ".repeat(40_000));
    change!(db, workspace, search::append, kind, "a", "tail");
    change!(db, workspace, search::replace, kind, "a", "new words");
    assert_eq!(parts(&db).await, [(0, 9 + marker.len() as i64)]);
    assert_eq!(found(&db, &workspace, kind, "old x tail").await, Vec::<String>::new());
    assert_eq!(found(&db, &workspace, kind, "new").await, ["a"]);
    if engine == Engine::Sqlite {
        for (word, hits) in [("old OR tail", 0), ("new", 1)] {
            let check = format!("SELECT COUNT(*) FROM {words} WHERE {words} MATCH '{word}'");
            assert_eq!(number(&db.raw().await, &check).await, hits, "{check}");
        }
    }
    // In one transaction, several times.
    let of = workspace.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let tenant: Tenant<'_, Tx> = tx.tenant(&of);
            search::replace(tenant, kind, "a", "one").await?;
            search::append(tenant, kind, "a", "two").await?;
            search::append(tenant, kind, "a", "three").await?;
            Ok::<_, StoreError>(())
        })
    })
    .await
    .unwrap();
    let text: String =
        query(&db.raw().await, "SELECT text FROM search_documents").await[0].try_get_by_index(0).unwrap();
    assert_eq!(text, format!("{marker}one two three"));
}

async fn each_subject_is_found_once_and_the_best_first(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    change!(db, workspace, search::add, ARTICLE, "long", "printer ".repeat(9_000));
    change!(db, workspace, search::append, ARTICLE, "long", "printer paper tray");
    change!(db, workspace, search::add, ARTICLE, "best", "printer paper tray jam");
    change!(db, workspace, search::add, ARTICLE, "some", "the printer and many other words that nobody asked for");
    change!(db, workspace, search::add, ARTICLE, "none", "vpn");
    let mut all = found(&db, &workspace, ARTICLE, "printer paper tray jam").await;
    assert_eq!(all[0], "best");
    all.sort();
    assert_eq!(all, ["best", "long", "some"], "each once");
    let hits = search::any_word(db.store.tenant(&workspace), ARTICLE, "printer paper tray jam", 2).await.unwrap();
    assert_eq!(hits.len(), 2);
    assert_eq!(found(&db, &workspace, ARTICLE, "print").await, Vec::<String>::new(), "no beginnings of words here");
    assert_eq!(found(&db, &workspace, ARTICLE, "?!").await, Vec::<String>::new());
}

async fn kinds_are_kept_apart(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    change!(db, workspace, search::add, ARTICLE, "same", "article");
    change!(db, workspace, search::add, TICKET, "same", "ticket");
    assert_eq!(found(&db, &workspace, ARTICLE, "ticket article").await, ["same"]);
    assert_eq!(found(&db, &workspace, TICKET, "article").await, Vec::<String>::new());
    change!(db, workspace, search::replace, TICKET, "same", "other");
    assert_eq!(found(&db, &workspace, ARTICLE, "article").await, ["same"]);
}
