//! What the program runs on goes away while it serves: it says 503 and recovers by itself.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::{ConnectOptions, ConnectionTrait, Database};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{self, Answer, Client, Engine, Program};
use crate::program::{admin, with_admin};

async fn open(client: &Client, subject: &str) -> Answer {
    client.post("/api/tickets", json!({"subject": subject, "message": "It drops."})).await
}

/// Asks again and again until it works; says how long that took.
async fn recovers(client: &Client, subject: &str) -> Duration {
    let began = Instant::now();
    loop {
        let answer = open(client, subject).await;
        if answer.status == 201 {
            return began.elapsed();
        }
        assert_eq!(answer.status, 503, "{}", answer.text);
        assert!(began.elapsed() < Duration::from_secs(20), "it does not recover: {}", answer.text);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[track_caller]
fn refused(answer: Answer) -> Value {
    assert!(answer.header("retry-after").parse::<u64>().is_ok(), "{}", answer.text);
    let refusal = answer.refused(503, "unavailable");
    let text = refusal.to_string().to_lowercase();
    assert!(!text.contains("sqlx") && !text.contains("insert") && !text.contains("error code"), "{refusal}");
    refusal
}

async fn subjects(client: &Client) -> Vec<String> {
    let list = client.get("/api/tickets?limit=100&sort=createdAt").await.expect(200);
    list["items"].as_array().unwrap().iter().map(|ticket| ticket["subject"].as_str().unwrap().to_owned()).collect()
}

async fn analysed(client: &Client) {
    let ticket = open(client, "And the copilot").await.expect(201);
    let ended = client.copilot("analyze", json!({"ticketId": ticket["id"]})).await;
    assert_eq!(ended["state"], "success", "{ended}");
}

/// Passes connections on to a server, until it is told not to.
async fn proxy(to: String) -> (u16, Arc<AtomicBool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let up = Arc::new(AtomicBool::new(true));
    let is_up = up.clone();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (to, is_up) = (to.clone(), is_up.clone());
            tokio::spawn(async move {
                if !is_up.load(Ordering::SeqCst) {
                    return;
                }
                let mut far = TcpStream::connect(to).await.unwrap();
                let down = async {
                    while is_up.load(Ordering::SeqCst) {
                        tokio::time::sleep(Duration::from_millis(20)).await;
                    }
                };
                tokio::select! {
                    _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                    () = down => {}
                }
            });
        }
    });
    (port, up)
}

#[tokio::test]
async fn a_postgresql_that_goes_away_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let url = with_admin(Engine::Postgres, folder.path()).await;
    let (account, rest) = url.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let (port, up) = proxy(server.to_owned()).await;
    let url = format!("{account}@127.0.0.1:{port}/{name}");
    let program = Program::serve(folder.path(), &[], &[("DATABASE_URL", &url)]).await;
    let admin = admin(&program).await;
    open(&admin, "Before").await.expect(201);
    up.store(false, Ordering::SeqCst);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(program.client().get("/healthz").await.status, 200);
    refused(program.client().get("/readyz").await);
    refused(open(&admin, "Meanwhile").await);
    refused(admin.get("/api/tickets").await);
    up.store(true, Ordering::SeqCst);
    let took = recovers(&admin, "After").await;
    harness::say(&format!("PostgreSQL came back; writes worked again after {took:?}"));
    assert_eq!(program.client().get("/readyz").await.status, 200);
    assert_eq!(subjects(&admin).await, ["Before", "After"]);
    analysed(&admin).await;
    program.stop().await;
}

#[tokio::test]
async fn a_sqlite_file_that_somebody_locks() {
    let folder = tempfile::tempdir().unwrap();
    let url = with_admin(Engine::Sqlite, folder.path()).await;
    let program = Program::serve(folder.path(), &[], &[("DATABASE_URL", &url)]).await;
    let admin = admin(&program).await;
    open(&admin, "Before").await.expect(201);
    let mut options = ConnectOptions::new(url);
    options.max_connections(1).sqlx_logging(false);
    let other = Database::connect(options).await.unwrap();
    other.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let began = Instant::now();
    refused(open(&admin, "Meanwhile").await);
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    // Whoever reads is not kept waiting.
    assert_eq!(subjects(&admin).await, ["Before"]);
    other.execute_unprepared("ROLLBACK").await.unwrap();
    recovers(&admin, "After").await;
    assert_eq!(subjects(&admin).await, ["Before", "After"]);
    analysed(&admin).await;
    other.close().await.unwrap();
    program.stop().await;
}

/// A small file system of its own, unmounted at the end.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None when this process may not mount.
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let size = format!("size={size}");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "patchcord-test"]).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk() {
    let Some(disk) = SmallDisk::mount("6m") else {
        harness::say("not measured: a full disk needs the right to mount a small file system");
        return;
    };
    let folder = disk.0.path();
    let url = with_admin(Engine::Sqlite, folder).await;
    let program = Program::serve(folder, &[], &[("DATABASE_URL", &url)]).await;
    let admin = admin(&program).await;
    open(&admin, "Before").await.expect(201);
    let filler = folder.join("filler");
    // Until nothing more fits, to the last byte.
    let mut size = 1024 * 1024;
    while size > 0 {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&filler).unwrap();
        if std::io::Write::write_all(&mut file, &vec![b'x'; size]).is_err() {
            size /= 4;
        }
    }
    // What fits into space that the files have already may still be kept; then nothing is.
    let began = Instant::now();
    let mut kept = vec!["Before".to_owned()];
    let refusal = loop {
        let subject = format!("Meanwhile {}", kept.len());
        let answer = open(&admin, &subject).await;
        if answer.status != 201 {
            break answer;
        }
        kept.push(subject);
        assert!(began.elapsed() < Duration::from_secs(60), "the disk does not become full");
    };
    let refusal = refused(refusal);
    assert!(refusal["detail"].as_str().unwrap().contains("the disk is full"), "{refusal}");
    refused(open(&admin, "Once more").await);
    assert_eq!(program.client().get("/healthz").await.status, 200);
    assert_eq!(subjects(&admin).await, kept);
    std::fs::remove_file(&filler).unwrap();
    recovers(&admin, "After").await;
    kept.push("After".to_owned());
    assert_eq!(subjects(&admin).await, kept);
    analysed(&admin).await;
    program.stop().await;
}
