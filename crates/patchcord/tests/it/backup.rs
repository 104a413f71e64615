//! Backup while people work, restore into an empty folder, and backups that were damaged.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::Value;

use crate::harness::{Answer, Client, Engine, Installation, PASSWORD, files};

/// A desk with a person who works.
async fn desk() -> Installation {
    let program = Installation::new(Engine::Sqlite).await;
    program.json(&["workspace", "add", "North", "--admin", "admin@north.test"]);
    assert_eq!(program.run_with_input(&["user", "passwd", "admin@north.test"], PASSWORD).code, 0);
    program
}

async fn attach(client: &Client, ticket: &str, text: &str) -> Value {
    let part = Part::bytes(text.as_bytes().to_vec()).file_name("notes.txt").mime_str("text/plain").unwrap();
    let path = format!("/api/tickets/{ticket}/attachments");
    Answer::of(client.request(Method::POST, &path).multipart(Form::new().part("file", part))).await.expect(201)
}

/// Opens tickets with a file each until it is told to stop; gives what was acknowledged: subject by id, and file by id.
async fn work(
    client: Client,
    writer: usize,
    stop: Arc<AtomicBool>,
) -> (BTreeMap<String, String>, Vec<(String, String)>) {
    let (mut tickets, mut attached) = (BTreeMap::new(), Vec::new());
    for number in 0..500 {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let subject = format!("Printer {writer}-{number} is quiet");
        let ticket = client.ticket(&subject, "It says nothing at all.").await;
        let id = ticket["id"].as_str().unwrap().to_owned();
        let text = format!("file of {writer}-{number}");
        let row = attach(&client, &id, &text).await;
        tickets.insert(id, subject);
        attached.push((row["id"].as_str().unwrap().to_owned(), text));
    }
    (tickets, attached)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_before_the_backup_is_in_it() {
    let program = desk().await;
    let server = program.serve(&[]).await;
    let admin = server.client().signed_in("admin@north.test", PASSWORD).await;
    let (before, attached) = {
        let stop = Arc::new(AtomicBool::new(false));
        let (first, second) = (work(admin.clone(), 1, stop.clone()), work(admin.clone(), 2, stop.clone()));
        let enough = async {
            tokio::time::sleep(std::time::Duration::from_millis(1_500)).await;
            stop.store(true, Ordering::SeqCst);
        };
        let ((mut tickets, mut attached), (more, files), ()) = tokio::join!(first, second, enough);
        tickets.extend(more);
        attached.extend(files);
        (tickets, attached)
    };
    assert!(!before.is_empty());

    // Others go on writing while the backup is made.
    let stop = Arc::new(AtomicBool::new(false));
    let writers: Vec<_> = (3..5).map(|writer| tokio::spawn(work(admin.clone(), writer, stop.clone()))).collect();
    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    let file = program.folder.path().join("desk.backup");
    let file_text = file.to_str().unwrap().to_owned();
    let written = tokio::task::block_in_place(|| program.json(&["backup", &file_text]));
    stop.store(true, Ordering::SeqCst);
    for writer in writers {
        writer.await.unwrap();
    }
    assert!(written["manifest"]["tickets"].as_u64().unwrap() >= before.len() as u64, "{written}");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let beside: Vec<_> = std::fs::read_dir(program.folder.path()).unwrap().flatten().map(|e| e.file_name()).collect();
    assert!(beside.iter().all(|name| !name.to_string_lossy().starts_with(".patchcord")), "{beside:?}");
    let again = program.run(&["backup", &file_text]);
    assert_eq!(again.code, 1);
    assert!(again.err.contains("is there already"), "{}", again.err);
    let refused = program.run(&["restore", &file_text]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("another server is running"), "{}", refused.err);
    drop(server);
    let refused = program.run(&["restore", &file_text]);
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("overwrites nothing"), "{}", refused.err);

    // Another machine, with nothing but the file.
    let elsewhere = Installation::new(Engine::Sqlite).await;
    let verified = elsewhere.json(&["restore", &file_text, "--verify"]);
    assert_eq!(verified["ok"], true, "{verified}");
    assert_eq!(files(&elsewhere.data_dir()), [""; 0].map(std::path::PathBuf::from), "--verify writes nothing");
    elsewhere.json(&["restore", &file_text]);
    let mode = |path: &str| elsewhere.data_dir().join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("patchcord.db"), mode("secret")), (0o600, 0o600));
    let audit = elsewhere.json(&["doctor", "--audit"]);
    assert_eq!(audit["ok"], true, "{audit}");
    let server = elsewhere.serve(&[]).await;
    // The token of the old machine holds: the secret came along.
    let admin = server.client().with_token(admin.token.as_deref());
    for (id, subject) in &before {
        let ticket = admin.get(&format!("/api/tickets/{id}")).await.expect(200);
        assert_eq!(ticket["subject"].as_str(), Some(subject.as_str()));
    }
    for (id, text) in &attached {
        let read = admin.get(&format!("/api/attachments/{id}")).await;
        assert_eq!((read.status, &read.text), (200, text));
    }
    admin.ticket("Life goes on", "A new ticket after the restore.").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damaged_backups_are_refused_with_a_reason() {
    let program = desk().await;
    let server = program.serve(&[]).await;
    let admin = server.client().signed_in("admin@north.test", PASSWORD).await;
    let ticket = admin.ticket("Scanner makes stripes", "A picture of it is attached.").await;
    attach(&admin, ticket["id"].as_str().unwrap(), "stripes on every page").await;
    drop(server);
    let file = program.folder.path().join("desk.backup");
    program.json(&["backup", file.to_str().unwrap()]);
    let whole = std::fs::read(&file).unwrap();
    let find = |text: &[u8]| whole.windows(text.len()).position(|window| window == text).unwrap();

    let elsewhere = Installation::new(Engine::Sqlite).await;
    let damaged = elsewhere.folder.path().join("damaged.backup");
    let attempt = |bytes: &[u8], reason: &str| {
        std::fs::write(&damaged, bytes).unwrap();
        for arguments in
            [vec!["restore", damaged.to_str().unwrap(), "--verify"], vec!["restore", damaged.to_str().unwrap()]]
        {
            let ended = elsewhere.run(&arguments);
            assert_eq!(ended.code, 1, "{reason}: {}", ended.out);
            assert!(ended.err.contains(reason) || ended.out.contains(reason), "{reason}: {}{}", ended.err, ended.out);
            assert!(!elsewhere.data_dir().join("patchcord.db").exists());
            assert!(!elsewhere.data_dir().join("secret").exists());
        }
    };
    let changed = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    attempt(&changed(find(b"stripes on every page")), "attachments/");
    attempt(&changed(find(b"Scanner makes stripes")), "patchcord.db is not as it was written");
    attempt(&changed(find(b"\"tickets\":1")), "manifest");
    for part in [1, 3, 5, 7] {
        attempt(&whole[..whole.len() * part / 8], "damaged, cut off");
    }
    attempt(&whole[..find(b"manifest.json")], "manifest at its end is missing");
    attempt(b"", "manifest at its end is missing");
    attempt(b"Dear diary, this is no backup at all.", "not a backup");
    // The same file, whole, is taken.
    std::fs::write(&damaged, &whole).unwrap();
    elsewhere.json(&["restore", damaged.to_str().unwrap()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_says_how_without_its_password() {
    let program = Installation::new(Engine::Postgres).await;
    let ended = program.run(&["backup", "desk.dump"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(
        ended.out.contains("pg_dump --format=custom --file='desk.dump' 'postgres://postgres@127.0.0.1"),
        "{}",
        ended.out
    );
    let url = std::env::var("PATCHCORD_TEST_POSTGRES").unwrap();
    let password = url.split("postgres:").nth(2).and_then(|rest| rest.split('@').next()).unwrap_or_default();
    assert!(!password.is_empty() && !ended.out.contains(password));
}
