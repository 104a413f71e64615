//! The event socket: who may open it, what it tells, what it leaves out, how it goes on after a break, and how it ends.

use std::time::Duration;

use futures::StreamExt;
use patchcord_domain::id::new_id;
use patchcord_domain::time::MINUTE;
use patchcord_store::StoreError;
use patchcord_store::events::{NewEvent, record};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{Client, Engine, Random, Socket, World, both_engines};

both_engines!(
    the_token_comes_as_a_subprotocol,
    topics,
    events_carry_ids_only,
    one_ticket,
    private_chats,
    other_workspaces_hear_nothing,
    what_was_missed_comes_once,
    what_nobody_knows_is_loaded_again,
    unreadable_frames,
    the_end_of_a_token,
    an_idle_socket_ends_with_its_token,
    the_end_of_a_session,
    a_client_that_does_not_read,
);

const READING: Duration = Duration::from_secs(5);

async fn the_token_comes_as_a_subprotocol(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let token = agent.token.clone().unwrap();
    for (protocols, query) in [
        (None, String::new()),
        (None, format!("?access_token={token}")),
        (None, format!("?token={token}")),
        (Some("patchcord.v1".to_owned()), String::new()),
        (Some("patchcord.v1, bearer.".to_owned()), String::new()),
        (Some("patchcord.v1, bearer.garbage".to_owned()), String::new()),
        (Some(format!("patchcord.v1, {token}")), String::new()),
    ] {
        assert_eq!(
            Socket::try_open(&world, protocols.as_deref(), &query).await.err(),
            Some(401),
            "{protocols:?} {query}"
        );
    }
    agent.get("/api/events").await.refused(401, "token_missing");
    agent.post("/api/auth/logout", json!({})).await;
    let ended = Socket::try_open(&world, Some(&format!("patchcord.v1, bearer.{token}")), "").await;
    assert_eq!(ended.err(), Some(401));
    Socket::open(&world, &world.viewer().await).await;
    world.stop().await;
}

async fn topics(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let (own, foreign) = (agent.ticket("Printer", "x").await, foreigner.ticket("Foreign", "x").await);
    let mut socket = Socket::open(&world, &agent).await;
    let one = format!("tickets:{}", own["id"].as_str().unwrap());
    let answer = socket.subscribe(json!({"subscribe": ["tickets", "calls", "metrics", one]})).await;
    assert_eq!(answer, json!({"type": "subscribed", "topics": ["calls", "metrics", "tickets", one]}));
    for unknown in [
        format!("tickets:{}", foreign["id"].as_str().unwrap()),
        "tickets:abcdefghijklmnopqrstuvwx".into(),
        "tickets:1".into(),
        "sessions".into(),
        "users".into(),
        "".into(),
        "*".into(),
        "<script>".into(),
        "tickets:\u{0}".into(),
        "x".repeat(5_000),
    ] {
        socket.send(Message::text(json!({"subscribe": [unknown]}).to_string())).await;
        // The event of the own ticket may come between.
        let mut told = socket.next().await;
        while told["type"] == "ticket.created" {
            assert_eq!(told["data"]["ticketId"], own["id"]);
            told = socket.next().await;
        }
        assert_eq!(told, json!({"type": "error", "code": "unknown_topic"}));
        assert_eq!(socket.next().await["topics"].as_array().unwrap().len(), 4);
    }
    assert_eq!(socket.subscribe(json!({"subscribe": []})).await["topics"].as_array().unwrap().len(), 4);
    world.stop().await;
}

async fn events_carry_ids_only(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let mut socket = Socket::listening(&world, &agent, &["tickets"]).await;
    let ticket = agent.ticket("Secret words", "Secret words").await;
    let id = ticket["id"].as_str().unwrap();
    let path = format!("/api/tickets/{id}");
    let created = socket.next().await;
    assert_eq!(
        (&created["type"], &created["data"]),
        (&json!("ticket.created"), &json!({"ticketId": id, "version": 1, "auditLength": 1}))
    );
    assert_eq!(created["id"].as_str().unwrap().len(), 24);
    assert!(created["at"].as_str().unwrap().starts_with("2026-11-24T09:"));
    agent.patch(&path, json!({"subject": "Secret words again"})).await.expect(200);
    assert_eq!(socket.next().await["data"], json!({"ticketId": id, "version": 2, "auditLength": 2}));
    agent.post(&format!("{path}/messages"), json!({"body": "Secret words"})).await.expect(201);
    assert_eq!(socket.next().await["type"], "ticket.message");
    agent.attach(id, "secret.txt", "Secret words").await.expect(201);
    assert_eq!(socket.next().await["type"], "ticket.updated");
    let escalation = agent.post(&format!("{path}/escalate"), json!({"reason": "Secret words"})).await.expect(201);
    let seen = socket.until("escalation.created").await;
    assert_eq!(seen.last().unwrap()["data"], json!({"escalationId": escalation["id"], "ticketId": id}));
    let suggestion = agent.copilot("analyze", json!({"ticketId": id})).await;
    let mut states = Vec::new();
    while states.last() != Some(&json!("success")) {
        let event = socket.next().await;
        if event["type"] == "ticket.updated" {
            // Of the escalation, or of the mood that the analysis found.
            assert_eq!(event["data"]["ticketId"], id);
            continue;
        }
        assert_eq!(
            (&event["type"], &event["data"]["suggestionId"], &event["data"]["ticketId"]),
            (&json!("suggestion.updated"), &suggestion["id"], &json!(id))
        );
        assert!(!event.to_string().to_lowercase().contains("secret"), "{event}");
        states.push(event["data"]["state"].clone());
    }
    assert_eq!(states, ["queued", "running", "success"]);
    world.stop().await;
}

async fn one_ticket(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let mut all = Socket::listening(&world, &agent, &["tickets"]).await;
    let (one, other) = (agent.ticket("Printer", "x").await, agent.ticket("Plotter", "x").await);
    all.until("ticket.created").await;
    all.until("ticket.created").await;
    let topic = format!("tickets:{}", one["id"].as_str().unwrap());
    let mut socket = Socket::listening(&world, &agent, &[&topic]).await;
    for number in [2, 1, 2] {
        agent.patch(&format!("/api/tickets/{number}"), json!({"priority": "URGENT"})).await.expect(200);
    }
    assert_eq!(socket.next().await["data"]["ticketId"], one["id"]);
    socket.expect_silence().await;
    assert_ne!(one["id"], other["id"]);
    world.stop().await;
}

async fn private_chats(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, admin) = (world.agent().await, world.admin().await);
    let mut own = Socket::listening(&world, &agent, &["tickets"]).await;
    let mut others = Socket::listening(&world, &admin, &["tickets"]).await;
    let ticket = agent.ticket("Printer", "x").await;
    own.until("ticket.created").await;
    others.until("ticket.created").await;
    let chat = agent.copilot("chat", json!({"ticketId": ticket["id"], "message": "Why?"})).await;
    let event = own.next().await;
    assert_eq!((&event["data"]["suggestionId"], event["data"].get("onlyUserId")), (&chat["id"], None));
    others.expect_silence().await;
    // Nor do they get it by reconnecting.
    let analysis = agent.copilot("analyze", json!({"ticketId": ticket["id"]})).await;
    let first = others.next().await;
    assert_eq!(first["data"]["suggestionId"], analysis["id"]);
    world.stop().await;
}

async fn other_workspaces_hear_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let mut socket = Socket::listening(&world, &foreigner, &["tickets", "calls", "metrics"]).await;
    let ticket = agent.ticket("Printer", "x").await;
    agent.copilot("analyze", json!({"ticketId": ticket["id"]})).await;
    socket.expect_silence().await;
    let own = foreigner.ticket("Mine", "x").await;
    assert_eq!(socket.next().await["data"]["ticketId"], own["id"]);
    // The id of another workspace's event is one that nobody knows.
    let mut north = Socket::listening(&world, &agent, &["tickets"]).await;
    agent.ticket("Plotter", "x").await;
    let event = north.next().await["id"].clone();
    foreigner.ticket("Mine too", "x").await;
    let mut again = Socket::open(&world, &foreigner).await;
    again.subscribe(json!({"subscribe": ["tickets"], "lastEventId": event})).await;
    assert_eq!(again.next().await, json!({"type": "resync"}));
    world.stop().await;
}

/// Opens tickets, by number.
async fn open_tickets(agent: &Client, count: usize) -> Vec<Value> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(agent.ticket("Printer", "x").await["id"].clone());
    }
    ids
}

async fn what_was_missed_comes_once(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let mut socket = Socket::listening(&world, &agent, &["tickets"]).await;
    open_tickets(&agent, 1).await;
    let mut last = socket.next().await["id"].clone();
    drop(socket);
    for round in 0..8 {
        let mut expect = open_tickets(&agent, 3).await;
        let mut socket = Socket::open(&world, &agent).await;
        // What happens after the connection and before the subscription is both missed and heard.
        expect.extend(open_tickets(&agent, 3).await);
        socket.subscribe(json!({"subscribe": ["tickets"], "lastEventId": last})).await;
        expect.extend(open_tickets(&agent, 2).await);
        let mut seen = Vec::new();
        while seen.len() < expect.len() {
            let event = socket.next().await;
            seen.push(event["data"]["ticketId"].clone());
            last = event["id"].clone();
        }
        assert_eq!(seen, expect, "round {round}");
        if round == 0 {
            socket.expect_silence().await;
        }
    }
    world.stop().await;
}

async fn what_nobody_knows_is_loaded_again(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let mut socket = Socket::open(&world, &agent).await;
    for unknown in ["abcdefghijklmnopqrstuvwx", "", "1", "\u{0}", "'; --"] {
        socket.subscribe(json!({"subscribe": ["tickets"], "lastEventId": unknown})).await;
        assert_eq!(socket.next().await, json!({"type": "resync"}), "{unknown:?}");
    }
    let opened = open_tickets(&agent, 1).await;
    assert_eq!(socket.next().await["data"]["ticketId"], opened[0]);
    world.stop().await;
}

async fn unreadable_frames(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let big = json!({"subscribe": ["x".repeat(20_000)]}).to_string();
    let deep = "[".repeat(10_000);
    for frame in [
        Message::text("nonsense"),
        Message::text(""),
        Message::text("{}"),
        Message::text("{\"lastEventId\":\"abcdefghijklmnopqrstuvwx\"}"),
        Message::text("{\"subscribe\":null,\"presence\":null}"),
        Message::text("[]"),
        Message::text("{\"subscribe\":\"tickets\"}"),
        Message::text("{\"subscribe\":[],\"more\":1}"),
        Message::text("{\"subscribe\":[1]}"),
        Message::text(deep),
        Message::text(big.clone()),
        Message::binary(vec![0_u8, 1, 2]),
        Message::binary(json!({"subscribe": []}).to_string().into_bytes()),
        Message::binary(vec![0_u8; 20_000]),
    ] {
        let mut socket = Socket::open(&world, &agent).await;
        socket.send(frame.clone()).await;
        let ending = socket.ending(READING).await;
        let reason = "frames are JSON: {\"subscribe\": [...]} or {\"presence\": {...}}";
        assert_eq!(ending, (1008, reason.to_owned()), "{:?}", frame.len());
    }
    Socket::listening(&world, &agent, &["tickets"]).await;
    world.stop().await;
}

async fn the_end_of_a_token(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let mut socket = Socket::listening(&world, &agent, &["tickets"]).await;
    world.clock.forward(16 * MINUTE);
    world.admin().await.ticket("Printer", "x").await;
    let ending = socket.next_or_ending(READING).await;
    assert_eq!(ending, Err((4401, "the session has ended".to_owned())), "no event after the end");
    world.stop().await;
}

async fn an_idle_socket_ends_with_its_token(engine: Engine) {
    let world = World::new(engine).await;
    let mut socket = Socket::listening(&world, &world.agent().await, &["tickets"]).await;
    world.clock.forward(16 * MINUTE);
    assert_eq!(socket.ending(Duration::from_secs(25)).await.0, 4401);
    world.stop().await;
}

async fn the_end_of_a_session(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let (mut first, other) = (Socket::listening(&world, &agent, &["tickets"]).await, world.agent().await);
    let mut second = Socket::listening(&world, &other, &["tickets"]).await;
    agent.post("/api/auth/logout", json!({})).await;
    assert_eq!(first.ending(READING).await, (4401, "the session has ended".to_owned()));
    second.expect_silence().await;
    let third = world.agent().await;
    let change = json!({"currentPassword": crate::harness::PASSWORD, "newPassword": "another long secret"});
    assert_eq!(third.post("/api/auth/password", change).await.status, 204);
    assert_eq!(second.ending(READING).await.0, 4401);
    let mut last = Socket::listening(&world, &third, &["tickets"]).await;
    let store = world.store.clone();
    world.app.operator_disable_user("agent@north.test").await.unwrap();
    assert_eq!(last.ending(READING).await.0, 4401);
    store.ping().await.unwrap();
    world.stop().await;
}

async fn a_client_that_does_not_read(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let mut lazy = Socket::listening(&world, &agent, &["tickets"]).await;
    let mut eager = Socket::listening(&world, &agent, &["tickets"]).await;
    let reading = async {
        let mut seen = 0;
        while seen < 80 {
            // Each has 400 kB, and the machine may have other things to do.
            let event = eager.next_or_ending(Duration::from_secs(60)).await;
            assert_eq!(event.map(|event| event["type"].clone()), Ok(json!("ticket.updated")));
            seen += 1;
        }
    };
    let writing = async {
        for _ in 0..80 {
            let workspace = world.town.north.workspace.clone();
            let at = patchcord_domain::time::Clock::now(&*world.clock);
            let written: Result<(), StoreError> = world
                .store
                .write(move |tx| {
                    Box::pin(async move {
                        let data = json!({"text": "x".repeat(400_000)});
                        let event = NewEvent {
                            id: new_id(&Random),
                            kind: "ticket.updated",
                            topic: "tickets",
                            subject_id: "x",
                            data,
                            at,
                        };
                        record(tx.tenant(&workspace), event).await
                    })
                })
                .await;
            written.unwrap();
        }
    };
    tokio::join!(reading, writing);
    // The eager one has it all; the lazy one is given up after ten seconds or more, and what it finds then is cut off.
    let began = tokio::time::Instant::now();
    while !world.app.metrics_text().await.unwrap().contains("\npatchcord_event_sockets 1\n") {
        assert!(began.elapsed() < Duration::from_secs(90), "the lazy one is not given up");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let mut found = 0;
    while let Some(Ok(message)) = lazy.0.next().await {
        found += usize::from(message.is_text());
    }
    assert!(found < 80, "{found} events had waited for a client that did not read");
    world.stop().await;
}
