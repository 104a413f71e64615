//! Attachments in a bucket: every answer of the server, good or bad, and what the desk makes of it.

use std::time::{Duration, Instant};

use bytes::Bytes;
use patchcord_app::AppError;
use patchcord_app::storage::{Bucket, Storage};
use patchcord_simulator::s3::{BUCKET, Fault, KEY_ID, SECRET, ScriptedBucket};
use reqwest::Method;
use reqwest::multipart::{Form, Part};

use crate::harness::{Answer, Client, Engine, Random, Setup, World, both_engines};

both_engines!(attachments_lie_in_the_bucket, a_bucket_that_fails_leaves_nothing_behind);

fn bucket(server: &ScriptedBucket) -> Bucket {
    Bucket {
        name: BUCKET.into(),
        prefix: "desk/files".into(),
        region: "eu-north-1".into(),
        endpoint: Some(server.endpoint()),
        access_key_id: KEY_ID.into(),
        secret_access_key: SECRET.into(),
        session_token: None,
        timeout_ms: 600,
        retries: 2,
    }
}

fn storage(server: &ScriptedBucket) -> Storage {
    Storage::bucket(bucket(server)).unwrap()
}

async fn upload(client: &Client, ticket: &str, text: &str) -> Answer {
    let part = Part::bytes(text.as_bytes().to_vec()).file_name("notes.txt").mime_str("text/plain").unwrap();
    let path = format!("/api/tickets/{ticket}/attachments");
    Answer::of(client.request(Method::POST, &path).multipart(Form::new().part("file", part))).await
}

async fn attachments_lie_in_the_bucket(engine: Engine) {
    let server = ScriptedBucket::start().await;
    let world = World::with(engine, Setup { storage: Some(storage(&server)), ..Setup::default() }).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Scanner makes stripes", "A picture of it is attached.").await;
    let ticket = ticket["id"].as_str().unwrap();
    let row = upload(&agent, ticket, "stripes on every page").await.expect(201);
    let names = server.names();
    assert_eq!(names.len(), 1);
    assert!(names[0].starts_with("desk/files/") && !names[0].contains("notes"), "{names:?}");
    assert_eq!(server.object(&names[0]).unwrap(), b"stripes on every page");
    let path = format!("/api/attachments/{}", row["id"].as_str().unwrap());
    let read = agent.get(&path).await;
    assert_eq!((read.status, read.text.as_str()), (200, "stripes on every page"));
    // The object vanished: the row says what is missing instead of an empty file.
    server.remove(&names[0]);
    assert_eq!(agent.get(&path).await.status, 404);
    world.stop().await;
}

async fn a_bucket_that_fails_leaves_nothing_behind(engine: Engine) {
    let server = ScriptedBucket::start().await;
    let world = World::with(engine, Setup { storage: Some(storage(&server)), ..Setup::default() }).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Scanner makes stripes", "A picture of it is attached.").await;
    let ticket = ticket["id"].as_str().unwrap();
    for fault in [Fault::Internal, Fault::SlowDown, Fault::Denied, Fault::Reset, Fault::Hang] {
        for _ in 0..3 {
            server.fail(fault);
        }
        let began = Instant::now();
        let answer = upload(&agent, ticket, &format!("under {fault:?}")).await;
        assert_eq!(answer.status, 503, "{fault:?}: {}", answer.text);
        assert!(!answer.text.contains("scripted") && !answer.text.contains("http"), "{}", answer.text);
        assert!(began.elapsed() < Duration::from_secs(6), "{fault:?} took {:?}", began.elapsed());
        // A fault that ends at once leaves the rest of the script.
        server.forgive();
    }
    let detail = agent.get(&format!("/api/tickets/{ticket}")).await.expect(200);
    assert_eq!(detail["attachments"].as_array().unwrap().len(), 0);
    // It recovers by itself.
    upload(&agent, ticket, "at last").await.expect(201);
    assert_eq!(server.names().len(), 1);
    world.stop().await;
}

#[tokio::test]
async fn what_passes_is_tried_again_and_what_does_not_is_not() {
    let server = ScriptedBucket::start().await;
    let storage = storage(&server);
    for fault in [Fault::Internal, Fault::SlowDown, Fault::Reset, Fault::Late(100)] {
        server.fail(fault);
        storage.put("a", Bytes::from_static(b"content")).await.unwrap();
        assert_eq!(server.object("desk/files/a").unwrap(), b"content");
        server.fail(fault);
        assert_eq!(storage.get("a").await.unwrap(), Bytes::from_static(b"content"));
        assert_eq!(storage.size("a").await.unwrap(), Some(7));
        storage.forget("a").await;
        assert_eq!(server.object("desk/files/a"), None);
        assert!(matches!(storage.get("a").await, Err(AppError::NotFound("file"))));
        assert_eq!(storage.size("a").await.unwrap(), None);
    }
    let before = server.requests().len();
    server.fail(Fault::Denied);
    assert!(matches!(storage.get("a").await, Err(AppError::Unavailable(_))));
    assert_eq!(server.requests().len(), before + 1);
}

#[tokio::test]
async fn a_key_that_is_not_known_is_refused() {
    let server = ScriptedBucket::start().await;
    let other = Storage::bucket(Bucket { access_key_id: "AKIAOTHER".into(), ..bucket(&server) }).unwrap();
    assert!(matches!(other.put("a", Bytes::from_static(b"x")).await, Err(AppError::Unavailable(_))));
    assert!(other.try_out(&Random).await.unwrap_err().contains("cannot be written"));
    assert_eq!(server.names(), [""; 0]);
    storage(&server).try_out(&Random).await.unwrap();
    assert_eq!(server.names(), [""; 0], "what was tried out is gone");
}
