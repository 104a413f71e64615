//! `patchcord doctor`: what is in order, what is not, and who rewrote the audit trail.

use patchcord_simulator::openai::{KEY, ScriptedModel};
use patchcord_simulator::s3::{BUCKET, KEY_ID, SECRET, ScriptedBucket};
use serde_json::Value;
use sqlx::Connection;

use crate::harness::{Engine, Installation, both_engines};

both_engines!(a_desk_in_order, the_audit_trail_is_verified, seeded_load_is_like_real_tickets);

fn check<'c>(report: &'c Value, name: &str) -> &'c Value {
    report["checks"].as_array().unwrap().iter().find(|check| check["name"] == name).unwrap()
}

async fn a_desk_in_order(engine: Engine) {
    let program = Installation::new(engine).await.with("METRICS_TOKEN", "").with("COPILOT_PROVIDER", "builtin");
    program.json(&["migrate"]);
    let report = program.json(&["doctor"]);
    assert_eq!(report["ok"], true, "{report}");
    for name in ["secret", "database", "storage", "model", "public URL"] {
        assert_eq!(check(&report, name)["ok"], true, "{report}");
        assert_eq!(check(&report, name)["remedy"], Value::Null);
    }
    assert!(check(&report, "database")["detail"].as_str().unwrap().contains("schema 0"), "{report}");
    let text = program.run(&["doctor"]).out;
    assert!(text.contains("ok    storage"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_with_the_remedy_and_without_secrets() {
    let model = ScriptedModel::start([]).await;
    let bucket = ScriptedBucket::start().await;
    let program = Installation::new(Engine::Sqlite)
        .await
        .with("OPENAI_BASE_URL", &model.base_url())
        .with("OPENAI_API_KEY", "sk-not-the-key-of-the-server")
        .with("STORAGE_URL", &format!("s3://{BUCKET}/desk"))
        .with("AWS_ENDPOINT_URL", &bucket.endpoint())
        .with("AWS_ACCESS_KEY_ID", "AKIAOTHER")
        .with("AWS_SECRET_ACCESS_KEY", SECRET)
        .with("PUBLIC_URL", "http://desk.example.com");
    let ended = tokio::task::block_in_place(|| program.run(&["doctor", "--json"]));
    assert_eq!(ended.code, 1, "{}", ended.err);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["ok"], false);
    for name in ["storage", "model", "public URL"] {
        assert_eq!(check(&report, name)["ok"], false, "{report}");
        assert!(check(&report, name)["remedy"].is_string(), "{report}");
    }
    // A database that is not there yet is no fault, and looking does not make it.
    assert_eq!(check(&report, "database")["ok"], true);
    assert!(!program.data_dir().join("patchcord.db").exists());
    let text = tokio::task::block_in_place(|| program.run(&["doctor"])).out;
    for told in [&ended.out, &text] {
        assert!(!told.contains("sk-not-the-key") && !told.contains(SECRET), "{told}");
    }
    let program = program
        .with("OPENAI_API_KEY", KEY)
        .with("AWS_ACCESS_KEY_ID", KEY_ID)
        .with("PUBLIC_URL", "https://desk.example.com");
    let report = tokio::task::block_in_place(|| program.json(&["doctor"]));
    assert_eq!(report["ok"], true, "{report}");
    let unreachable = program.with("DATABASE_URL", "postgres://desk:pa55word@127.0.0.1:1/desk");
    let ended = tokio::task::block_in_place(|| unreachable.run(&["doctor"]));
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("FAIL  database") && !ended.out.contains("pa55word"), "{}", ended.out);
    assert_eq!(unreachable.run(&["doctor", "--nonsense"]).code, 2);
}

/// Runs SQL behind the program's back, as somebody would who wants to hide something.
async fn rewrite(program: &Installation, engine: Engine, sql: &str) {
    // The triggers refuse it, so they go first.
    if engine == Engine::Sqlite {
        let url = format!("sqlite://{}", program.data_dir().join("patchcord.db").display());
        let mut database = sqlx::SqliteConnection::connect(&url).await.unwrap();
        for trigger in ["ticket_events_no_update", "ticket_events_no_delete"] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(format!("DROP TRIGGER IF EXISTS {trigger}")))
                .execute(&mut database)
                .await
                .unwrap();
        }
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut database).await.unwrap();
        database.close().await.unwrap();
    } else {
        let mut database = sqlx::PgConnection::connect(program.setting("DATABASE_URL")).await.unwrap();
        let off = "ALTER TABLE ticket_events DISABLE TRIGGER ticket_events_append_only";
        sqlx::raw_sql(off).execute(&mut database).await.unwrap();
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql.to_owned())).execute(&mut database).await.unwrap();
    }
}

async fn the_audit_trail_is_verified(engine: Engine) {
    let program = Installation::new(engine).await;
    program.json(&["seed", "--load", "40"]);
    let report = program.json(&["doctor", "--audit"]);
    assert!(check(&report, "audit")["detail"].as_str().unwrap().contains("40 tickets"), "{report}");
    let of =
        |number: u32, seq: u32| format!("ticket_id = (SELECT id FROM tickets WHERE number = {number}) AND seq = {seq}");
    let sql = format!(
        "UPDATE ticket_events SET payload = '{{}}' WHERE {}; DELETE FROM ticket_events WHERE {}; \
         UPDATE ticket_events SET seq = 99 WHERE {}; UPDATE ticket_events SET seq = 2 WHERE {}; \
         UPDATE ticket_events SET seq = 3 WHERE {}; UPDATE tickets SET audit_length = 1 WHERE number = 9; \
         DELETE FROM ticket_events WHERE ticket_id = (SELECT id FROM tickets WHERE number = 9) AND seq > 1;",
        of(3, 2),
        of(5, 2),
        of(7, 2),
        of(7, 3),
        of(7, 99)
    );
    rewrite(&program, engine, &sql).await;
    let ended = program.run(&["doctor", "--audit", "--json"]);
    assert_eq!(ended.code, 1, "{}", ended.out);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    let told = report["checks"].to_string();
    for part in [
        "4 of 40 tickets",
        "TKT-0003",
        "line 2 (",
        "was altered",
        "TKT-0005",
        "line 2 is missing",
        "TKT-0007",
        "was moved here from place 3",
        "was moved here from place 2",
        "TKT-0009",
        "keeps of its trail was altered",
    ] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(!told.contains("TKT-0004") && !told.contains("TKT-0008"), "{told}");
}

async fn seeded_load_is_like_real_tickets(engine: Engine) {
    let program = Installation::new(engine).await;
    program.json(&["workspace", "add", "North", "--admin", "admin@north.test"]);
    assert_eq!(program.run_with_input(&["user", "passwd", "admin@north.test"], crate::harness::PASSWORD).code, 0);
    let made = program.json(&["seed", "--load", "300", "--messages", "4", "--workspace", "north"]);
    assert_eq!((&made["tickets"], &made["messages"]), (&300.into(), &1_200.into()));
    assert_eq!(program.json(&["doctor", "--audit"])["ok"], true);
    let server = program.serve(&[]).await;
    let admin = server.client().signed_in("admin@north.test", crate::harness::PASSWORD).await;
    let page = admin.get("/api/tickets?sort=-number&limit=100&count=exact").await.expect(200);
    assert_eq!(page["total"], 300);
    let first = &page["items"][0];
    assert_eq!((&first["number"], &first["label"]), (&300.into(), &"TKT-0300".into()));
    assert_ne!(page["items"][0]["subject"], page["items"][1]["subject"]);
    let detail = admin.get(&format!("/api/tickets/{}", first["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(detail["messages"].as_array().unwrap().len(), 4);
    assert_eq!(detail["messageCount"], 4);
    assert_eq!(detail["lastMessageAt"], detail["messages"][3]["createdAt"]);
    assert_eq!(detail["contact"]["id"], detail["messages"][0]["author"]["id"]);
    assert!(admin.get("/api/tickets?q=invoice&count=exact").await.expect(200)["total"].as_u64().unwrap() > 0);
    // Customers are found as real ones are.
    for (path, least) in [
        ("/api/contacts?q=ada", 1),
        ("/api/contacts?q=load.example", 1),
        ("/api/organizations?q=freight", 1),
        ("/api/devices?q=LOAD-", 1),
        ("/api/devices?q=10.0.0", 1),
    ] {
        let found = admin.get(path).await.expect(200);
        assert!(found["items"].as_array().unwrap().len() >= least, "{path}: {found}");
    }
    // The next real ticket goes on counting, and life goes on in a made-up one.
    assert_eq!(admin.ticket("A real one", "Please help.").await["number"], 301);
    let path = format!("/api/tickets/{}/messages", detail["id"].as_str().unwrap());
    admin.post(&path, serde_json::json!({"body": "We are on it."})).await.expect(201);
    drop(server);
    assert_eq!(program.json(&["doctor", "--audit"])["ok"], true);
    let missing = program.run(&["seed", "--load", "3", "--workspace", "nowhere"]);
    assert_eq!(missing.code, 1);
}

#[tokio::test]
async fn the_carrier_is_looked_at() {
    use patchcord_simulator::carrier::{ACCOUNT, Carrier, Options};
    let folder = tempfile::tempdir().unwrap();
    let look = async |environment: &[(&str, &str)]| {
        let mut command = crate::harness::patchcord(folder.path(), &["doctor"]);
        command.envs(environment.iter().copied());
        let (code, out, _) = crate::harness::ran(command).await;
        let lines: Vec<String> = out
            .lines()
            .filter(|line| line.contains(" phone ") || line.contains(" numbers "))
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        (code, lines.join("\n"))
    };
    let (code, told) = look(&[]).await;
    assert_eq!((code, told.as_str()), (0, "ok phone no account of a carrier; `patchcord call` needs none"));
    let (code, told) = look(&[("TWILIO_ACCOUNT_SID", ACCOUNT)]).await;
    assert!(code == 1 && told.contains("set TWILIO_AUTH_TOKEN"), "{told}");
    let nobody = [
        ("TWILIO_ACCOUNT_SID", ACCOUNT),
        ("TWILIO_AUTH_TOKEN", "secret"),
        ("TWILIO_API_BASE_URL", "http://127.0.0.1:1/2010-04-01"),
    ];
    let (code, told) = look(&nobody).await;
    assert!(code == 1 && told.contains("no connection") && !told.contains("secret"), "{told}");

    let public = "https://desk.example.com";
    for (number, expect, good) in [
        (None, "the account has no number", false),
        (Some("https://elsewhere.example.com/voice"), "none of the account's numbers rings here (+12025550100)", false),
        (Some("https://desk.example.com/twilio/voice"), "1 number rings here", true),
    ] {
        let mut options = Options::new(public, "secret");
        options.numbers_of_account =
            number.map(|url| ("+12025550100".to_owned(), url.to_owned())).into_iter().collect();
        let carrier = Carrier::start(options).await.unwrap();
        let rest = carrier.rest_url();
        let right = [
            ("PUBLIC_URL", public),
            ("TWILIO_ACCOUNT_SID", ACCOUNT),
            ("TWILIO_AUTH_TOKEN", "secret"),
            ("TWILIO_API_BASE_URL", rest.as_str()),
        ];
        let (code, told) = look(&right).await;
        assert!(told.contains("the carrier knows the account") && told.contains(expect), "{told}");
        assert_eq!(code == 0, good, "{told}");
        let mut wrong = right;
        wrong[2].1 = "another secret";
        let (code, told) = look(&wrong).await;
        assert!(code == 1 && told.contains("does not accept the account's name and secret"), "{told}");
    }
}
