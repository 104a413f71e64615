//! The list of tickets by words that people type.

use patchcord_domain::id::WorkspaceId;
use patchcord_domain::ticket::Status;
use patchcord_store::search;
use patchcord_store::ticket_list::{Query, Sort, count};

use crate::rows;
use crate::support::{Db, Engine, both_engines};
use crate::ticket_lists::{everything, ids};

both_engines!(words_are_found_as_people_type_them, only_the_newest_thousand_hits_are_looked_at);

/// Tickets with one search document each.
async fn with_texts(db: &Db, workspace: &WorkspaceId, texts: &[(&'static str, &'static str)]) {
    let tickets = (1..).zip(texts).map(|(number, (id, _))| rows::ticket(id, number)).collect();
    db.add(workspace, tickets).await;
    let (of, texts) = (workspace.clone(), texts.to_vec());
    db.write(move |tx| {
        Box::pin(async move {
            for (id, text) in texts {
                search::add(tx.tenant(&of), search::TICKET, id, text).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
}

async fn words_are_found_as_people_type_them(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let texts = [
        ("vpn", "TKT-0001 VPN drops every hour, says José Müller"),
        ("mail", "TKT-0042 Outlook cannot send; error 0x800CCC0F (or 550 5.7.1)"),
        ("print", "TKT-0123 Drucker im 3. Stock: Größe A4, naïve façade, Ελληνικά, Привет"),
        ("sql", "TKT-0420 SELECT * FROM users WHERE a = 'b' OR 1=1 NEAR the end AND NOT done"),
    ];
    with_texts(&db, &workspace, &texts).await;
    let none: [&str; 0] = [];
    for (words, found) in [
        ("vpn", &["vpn"][..]),
        ("VPN DROPS", &["vpn"]),
        ("vpn outlook", &none),
        ("dro", &["vpn"]),
        ("dro vpn", &none),
        ("jose", &["vpn"]),
        ("JOSÉ muller", &["vpn"]),
        ("TKT-0042", &["mail"]),
        ("tkt 0042", &["mail"]),
        ("0042", &["mail"]),
        ("TKT-04", &["sql"]),
        ("0x800ccc0f", &["mail"]),
        ("5.7.1", &["mail"]),
        ("5 7", &["mail"]),
        ("facade naive", &["print"]),
        ("GRÖSSE", &none),
        ("größe", &["print"]),
        ("ελληνικα", &["print"]),
        ("ПРИВЕТ", &["print"]),
        ("прив", &["print"]),
        ("a\" OR 1=1 --", &["sql"]),
        ("NEAR(", &["sql"]),
        ("NEAR(the end)", &["sql"]),
        (":*", &none),
        ("*", &none),
        ("", &none),
        ("' & | ! <-> ()", &none),
        ("vpn:*", &["vpn"]),
        ("-vpn", &["vpn"]),
        ("NOT vpn", &none),
        ("text:vpn", &none),
        ("^vpn", &["vpn"]),
        ("vpn\0drops", &["vpn"]),
        ("\u{200b}vpn\u{202e}", &["vpn"]),
        ("select from users where", &["sql"]),
    ] {
        let query = Query { words: Some(words.to_owned()), ..everything() };
        assert_eq!(ids(&db, &workspace, &query).await, found, "{words:?}");
        assert_eq!(count(db.store.tenant(&workspace), &query).await.unwrap(), found.len() as i64, "{words:?}");
    }
    // Words beside another filter.
    let query = Query { words: Some("vpn".into()), statuses: vec![Status::Closed], ..everything() };
    assert_eq!(ids(&db, &workspace, &query).await, none);
    // What no engine can index must not be an error.
    for words in ["x".repeat(3_000), "ß".repeat(5_000), "q ".repeat(5_000), "\u{fdfa}".repeat(300)] {
        let query = Query { words: Some(words.clone()), ..everything() };
        assert_eq!(ids(&db, &workspace, &query).await, none);
        search::any_word(db.store.tenant(&workspace), search::TICKET, &words, 5).await.unwrap();
    }
}

async fn only_the_newest_thousand_hits_are_looked_at(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let tickets = (1..=1_010).map(|number| rows::ticket(&format!("t{number:04}"), number)).collect();
    db.add(&workspace, tickets).await;
    let of = workspace.clone();
    db.write(move |tx| {
        Box::pin(async move {
            for number in 1..=1_010 {
                search::add(tx.tenant(&of), search::TICKET, &format!("t{number:04}"), "printer").await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
    let query =
        Query { words: Some("printer".into()), sort: Sort::Number, descending: false, limit: 2, ..everything() };
    assert_eq!(ids(&db, &workspace, &query).await, ["t0011", "t0012"]);
    assert_eq!(count(db.store.tenant(&workspace), &query).await.unwrap(), 1_000);
}
