//! The list of tickets as a file.

use std::time::Duration;

use patchcord_domain::id::new_id;
use patchcord_store::StoreError;
use patchcord_store::rows::Ticket;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::harness::{Engine, Random, World, both_engines};

both_engines!(
    every_ticket_that_fits_is_in_the_file,
    cells_are_text_and_nothing_else,
    wrong_requests,
    a_client_that_goes_away_ends_it,
);

/// Puts many tickets into the first workspace, quickly.
async fn fill(world: &World, count: i64, tags: Value) {
    let agent = world.agent().await;
    let one = agent.ticket("The first of many", "m").await;
    let workspace = world.town.north.workspace.clone();
    let row: Ticket = world.store.tenant(&workspace).get(one["id"].as_str().unwrap()).await.unwrap().unwrap();
    world
        .store
        .write(move |tx| {
            Box::pin(async move {
                let tenant = tx.tenant(&workspace);
                for number in 2..=count {
                    let subject = format!("Number {number}");
                    // Several have the same time, so that the order must go by the id as well.
                    let created_at = row.created_at + number / 7;
                    let tags = tags.clone();
                    tenant
                        .add_later(Ticket { id: new_id(&Random), number, subject, created_at, tags, ..row.clone() })
                        .await?;
                }
                Ok::<_, StoreError>(())
            })
        })
        .await
        .unwrap();
}

async fn every_ticket_that_fits_is_in_the_file(engine: Engine) {
    let world = World::new(engine).await;
    fill(&world, 1_203, json!(["many"])).await;
    world.foreigner().await.ticket("Foreign", "f").await;
    let agent = world.agent().await;
    let answer = agent.get("/api/tickets/export.csv").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"tickets.csv\"");
    let lines: Vec<&str> = answer.text.split("\r\n").collect();
    assert!(lines[0].starts_with("id,number,subject,status,priority,channel,"), "{}", lines[0]);
    assert_eq!(lines.len(), 1_205, "a head, every ticket, and nothing after the last line");
    assert!(!answer.text.contains("Foreign"));
    let mut numbers: Vec<&str> = lines[1..1_204].iter().map(|line| line.split(',').nth(1).unwrap()).collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 1_203, "each ticket once");

    let some = agent.get("/api/tickets/export.csv?sort=number&tag=many&q=first&status=OPEN,RESOLVED").await;
    assert_eq!(some.text.lines().count(), 1, "the first one has no tag: {}", some.text);
    let some = agent.get("/api/tickets/export.csv?sort=number&q=first").await;
    assert_eq!(some.text.lines().count(), 2);
    assert!(
        some.text.lines().nth(1).unwrap().contains(",TKT-0001,The first of many,OPEN,MEDIUM,WEB,"),
        "{}",
        some.text
    );
    world.stop().await;
}

async fn cells_are_text_and_nothing_else(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for subject in ["=1+1", "+49", "-2 degrees", "@SUM(A1)", "say \"hi\", please", "Größe 日本"] {
        let contact = &world.town.north.contact;
        let body = json!({"subject": subject, "message": "m", "contactId": contact, "tags": ["=x", "two"]});
        agent.post("/api/tickets", body).await.expect(201);
    }
    let answer = agent.get("/api/tickets/export.csv?sort=number").await;
    let lines: Vec<&str> = answer.text.split("\r\n").collect();
    for (line, subject) in [
        (1, ",'=1+1,"),
        (2, ",'+49,"),
        (3, ",'-2 degrees,"),
        (4, ",'@SUM(A1),"),
        (5, ",\"say \"\"hi\"\", please\","),
        (6, ",Größe 日本,"),
    ] {
        assert!(lines[line].contains(subject), "{}", lines[line]);
        assert!(lines[line].contains(",'=x; two,Harbour Freight north,Jonas Berg,,"), "{}", lines[line]);
    }
    world.stop().await;
}

async fn wrong_requests(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let refused =
        agent.get("/api/tickets/export.csv?limit=5&status=ASLEEP&sort=color").await.refused(422, "validation_failed");
    let fields: Vec<&Value> = refused["errors"].as_array().unwrap().iter().map(|error| &error["field"]).collect();
    assert_eq!(fields, ["status", "sort", "limit"]);
    agent.get("/api/tickets/export.csv?color=red").await.refused(422, "validation_failed");
    world.viewer().await.get("/api/tickets/export.csv").await.refused(403, "forbidden");
    world.stranger().get("/api/tickets/export.csv").await.refused(401, "token_missing");
    world.stop().await;
}

async fn a_client_that_goes_away_ends_it(engine: Engine) {
    let world = World::new(engine).await;
    // More than the buffers of both ends hold, so that the server has to wait for the reader.
    let tags: Vec<String> = (0..20).map(|n| format!("{n:02}{}", "日".repeat(38))).collect();
    fill(&world, 4_000, json!(tags)).await;
    let agent = world.agent().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let mut stream = socket.connect(world.base.strip_prefix("http://").unwrap().parse().unwrap()).await.unwrap();
    let request = format!(
        "GET /api/tickets/export.csv HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {}\r\n\r\n",
        agent.token.clone().unwrap()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0_u8; 2_000];
    stream.read_exact(&mut first).await.unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200 OK"));
    drop(stream);
    // Stopping waits for requests under way: one that nobody reads any more would keep it for ever.
    tokio::time::timeout(Duration::from_secs(20), world.stop()).await.expect("the export goes on without its reader");
}
