//! Files: what is taken and what is not, once per content, and given back so that nothing runs.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Engine, World, both_engines};

both_engines!(
    taken_and_given_back,
    refused,
    sizes,
    hostile_names,
    the_same_content_twice,
    with_a_message,
    odd_forms,
    who_may
);

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n....";

async fn ticket(client: &Client) -> String {
    client.ticket("Printer", "It jams.").await["id"].as_str().unwrap().to_owned()
}

async fn attachments(client: &Client, ticket: &str) -> Vec<Value> {
    let detail = client.get(&format!("/api/tickets/{ticket}")).await.expect(200);
    detail["attachments"].as_array().unwrap().clone()
}

fn stored_files(world: &World) -> usize {
    std::fs::read_dir(world.attachments()).map(Iterator::count).unwrap_or_default()
}

async fn taken_and_given_back(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, viewer) = (world.agent().await, world.viewer().await);
    let ticket = ticket(&agent).await;
    for (name, content, kind) in [
        ("shot.png", PNG, "image/png"),
        ("Photo.JPG", b"\xff\xd8\xff\xe0".as_slice(), "image/jpeg"),
        ("photo.jpeg", b"\xff\xd8\xff\xe1", "image/jpeg"),
        ("log.txt", "gr\u{fc}n\n".as_bytes(), "text/plain; charset=utf-8"),
        ("trace.log", b"a\tb\r\n\x1b[31mred", "text/plain; charset=utf-8"),
        ("data.json", b"{\"html\": \"<script>\"}", "application/json"),
        ("page.txt", b"<html><script>alert(1)</script>", "text/plain; charset=utf-8"),
    ] {
        let row = agent.attach(&ticket, name, content).await.expect(201);
        assert_eq!(
            (&row["sizeBytes"], &row["contentType"], &row["messageId"]),
            (&json!(content.len()), &json!(kind), &Value::Null),
            "{name}"
        );
        assert_eq!(row["sha256"].as_str().unwrap().len(), 64);
        let file = viewer.get(&format!("/api/attachments/{}", row["id"].as_str().unwrap())).await;
        assert_eq!(file.status, 200);
        assert_eq!(file.text, String::from_utf8_lossy(content));
        assert_eq!(file.header("content-type"), kind);
        assert_eq!(
            file.header("content-disposition"),
            format!("attachment; filename*=UTF-8''{}", row["fileName"].as_str().unwrap())
        );
        assert_eq!(file.header("content-security-policy"), "default-src 'none'; sandbox; frame-ancestors 'none'");
        assert_eq!(
            (file.header("x-content-type-options"), file.header("cache-control")),
            ("nosniff", "private, no-store")
        );
    }
    assert_eq!(attachments(&agent, &ticket).await.len(), 7);
    assert_eq!(stored_files(&world), 7);
    let events = agent.get(&format!("/api/tickets/{ticket}/events")).await.expect(200);
    let line = &events["items"][1];
    assert_eq!(
        (&line["kind"], &line["payload"]["fileName"], &line["payload"]["sizeBytes"]),
        (&json!("ATTACHMENT_ADDED"), &json!("shot.png"), &json!(12))
    );
    world.stop().await;
}

async fn refused(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = ticket(&agent).await;
    for (name, content) in [
        ("a.exe", b"MZ".as_slice()),
        ("a.svg", b"<svg onload=alert(1)/>"),
        ("a.html", b"<html>"),
        ("a.pdf", b"%PDF"),
        ("a.zip", b"PK\x03\x04"),
        ("a.png.html", PNG),
        ("a.txt.js", b"x"),
        ("noextension", b"x"),
        ("a.txt\u{200b}.exe", b"x"),
        ("a.ｔｘｔ", b"x"),
        ("a.png ", b"<html>"),
        ("a.png", b"<html>"),
        ("a.png", b"\xff\xd8\xff\xe0"),
        ("a.jpg", PNG),
        ("a.txt", b"a\0b"),
        ("a.log", b"\xff\xfe\x00"),
        ("a.json", b"{\"a\":"),
        ("a.json", b"<html>"),
    ] {
        agent.attach(&ticket, name, content).await.refused(415, "unsupported_file");
    }
    assert_eq!(agent.attach(&ticket, "a.txt", b"").await.wrong_fields(), ["file"]);
    assert_eq!(agent.attach(&ticket, "", b"x").await.wrong_fields(), ["file"]);
    assert_eq!(agent.attach(&ticket, "...", b"x").await.wrong_fields(), ["file"]);
    assert_eq!((attachments(&agent, &ticket).await.len(), stored_files(&world)), (0, 0));
    world.stop().await;
}

async fn sizes(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = ticket(&agent).await;
    let most = 5 * 1024 * 1024;
    let row = agent.attach(&ticket, "big.txt", vec![b'a'; most]).await.expect(201);
    assert_eq!(row["sizeBytes"], most);
    agent.attach(&ticket, "big.txt", vec![b'b'; most + 1]).await.refused(413, "too_large");
    agent.attach(&ticket, "big.txt", vec![b'b'; most + 200_000]).await.refused(413, "too_large");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    agent.attach(&ticket, "deep.json", deep).await.expect(201);
    assert_eq!((attachments(&agent, &ticket).await.len(), stored_files(&world)), (2, 2));
    world.stop().await;
}

async fn hostile_names(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = ticket(&agent).await;
    let long = format!("{}.txt", "n".repeat(500));
    let cut = format!("{}.txt", "n".repeat(110));
    for (index, (name, kept)) in [
        ("../../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Windows\\System32\\evil.txt", "evil.txt"),
        ("..hidden.log", "hidden.log"),
        ("evil\u{202e}gnp.txt", "evilgnp.txt"),
        ("zero\u{200b}width.txt", "zerowidth.txt"),
        ("ünïcode 日本.txt", "ünïcode 日本.txt"),
        ("semi;colon'quote.txt", "semi;colon'quote.txt"),
        ("<script>.txt", "<script>.txt"),
        (long.as_str(), cut.as_str()),
    ]
    .into_iter()
    .enumerate()
    {
        let row = agent.attach(&ticket, name, format!("content {index}")).await.expect(201);
        assert_eq!(row["fileName"], kept);
        let file = agent.get(&format!("/api/attachments/{}", row["id"].as_str().unwrap())).await;
        let disposition = file.header("content-disposition");
        assert!(disposition.starts_with("attachment; filename*=UTF-8''"), "{disposition}");
        assert!(
            disposition["attachment; filename*=UTF-8''".len()..]
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b".-_%".contains(&b)),
            "{disposition}"
        );
    }
    for file in std::fs::read_dir(world.attachments()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(name.len() == 36 && name.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'), "{name}");
    }
    world.stop().await;
}

async fn the_same_content_twice(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let (ticket, other) = (ticket(&agent).await, self::ticket(&agent).await);
    let first = agent.attach(&ticket, "a.txt", b"same").await.expect(201);
    assert_eq!(agent.attach(&ticket, "b.txt", b"same").await.expect(201), first);
    let all = futures::future::join_all((0..8).map(|_| agent.attach(&ticket, "c.txt", b"at once"))).await;
    assert!(all.iter().all(|answer| answer.status == 201 && answer.body == all[0].body), "{all:?}");
    assert_eq!((attachments(&agent, &ticket).await.len(), stored_files(&world)), (2, 2));
    let elsewhere = agent.attach(&other, "a.txt", b"same").await.expect(201);
    assert_ne!(elsewhere["id"], first["id"]);
    let events = agent.get(&format!("/api/tickets/{ticket}/events")).await.expect(200);
    assert_eq!(events["items"].as_array().unwrap().len(), 3);
    world.stop().await;
}

fn form(content: &'static str) -> Form {
    Form::new().part("file", Part::text(content).file_name("a.txt"))
}

async fn with_a_message(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let (ticket, other, foreign) = (ticket(&agent).await, self::ticket(&agent).await, self::ticket(&foreigner).await);
    let message = |client: Client, ticket: String| async move {
        let detail = client.get(&format!("/api/tickets/{ticket}")).await.expect(200);
        detail["messages"][0]["id"].as_str().unwrap().to_owned()
    };
    let own = message(agent.clone(), ticket.clone()).await;
    let row = agent.attach_form(&ticket, form("one").text("messageId", own.clone())).await.expect(201);
    assert_eq!(row["messageId"], json!(own));
    let none = agent.attach_form(&ticket, form("two").text("messageId", "")).await.expect(201);
    assert_eq!(none["messageId"], Value::Null);
    for wrong in [
        message(agent.clone(), other).await,
        message(foreigner, foreign).await,
        "abcdefghijklmnopqrstuvwx".into(),
        "7".into(),
        "\0".into(),
    ] {
        let answer = agent.attach_form(&ticket, form("three").text("messageId", wrong.clone())).await;
        assert_eq!(answer.wrong_fields(), ["messageId"], "{wrong:?}");
    }
    assert_eq!((attachments(&agent, &ticket).await.len(), stored_files(&world)), (2, 2));
    world.stop().await;
}

async fn odd_forms(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = ticket(&agent).await;
    let path = format!("/api/tickets/{ticket}/attachments");
    agent.attach_form(&ticket, Form::new()).await.refused(400, "malformed_json");
    assert_eq!(agent.attach_form(&ticket, Form::new().text("messageId", "")).await.wrong_fields(), ["file"]);
    assert_eq!(agent.attach_form(&ticket, form("a").text("other", "b")).await.wrong_fields(), ["form"]);
    let twice = form("a").part("file", Part::text("b").file_name("b.txt"));
    assert_eq!(agent.attach_form(&ticket, twice).await.wrong_fields(), ["form"]);
    agent.post(&path, json!({"file": "x"})).await.refused(415, "unsupported_media_type");
    let raw = |kind: &str, body: &'static str| {
        Answer::of(agent.request(reqwest::Method::POST, &path).header("content-type", kind.to_owned()).body(body))
    };
    raw("multipart/form-data", "--x--").await.refused(415, "unsupported_media_type");
    raw(
        "multipart/form-data; boundary=x",
        "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\ncut off",
    )
    .await
    .refused(400, "malformed_json");
    raw("multipart/form-data; boundary=x", "nothing of a form").await.refused(400, "malformed_json");
    assert_eq!((attachments(&agent, &ticket).await.len(), stored_files(&world)), (0, 0));
    world.stop().await;
}

async fn who_may(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let ticket = ticket(&agent).await;
    let row = agent.attach("TKT-0001", "a.txt", b"secret").await.expect(201);
    let path = format!("/api/attachments/{}", row["id"].as_str().unwrap());
    world.viewer().await.attach(&ticket, "b.txt", b"x").await.refused(403, "forbidden");
    world.stranger().attach(&ticket, "b.txt", b"x").await.refused(401, "token_missing");
    foreigner.attach(&ticket, "b.txt", b"x").await.refused(404, "not_found");
    foreigner.get(&path).await.refused(404, "not_found");
    world.stranger().get(&path).await.refused(401, "token_missing");
    agent.get("/api/attachments/abcdefghijklmnopqrstuvwx").await.refused(404, "not_found");
    assert_eq!(stored_files(&world), 1);
    world.stop().await;
}
