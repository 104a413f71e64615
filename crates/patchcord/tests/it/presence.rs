//! Who looks at which ticket, over the event socket.

use std::time::Duration;

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(people_come_type_and_go, nobody_elsewhere_is_told, what_is_refused, escalating_is_told_to_listeners);

/// A client of the event socket.
struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    async fn open(world: &World, client: &Client, topics: Value) -> Self {
        let mut request = format!("{}/api/events", world.base.replace("http", "ws")).into_client_request().unwrap();
        let protocols = format!("patchcord.v1, bearer.{}", client.token.as_deref().unwrap());
        request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let mut socket = Self(socket);
        socket.say(json!({"subscribe": topics})).await;
        assert_eq!(socket.next().await["type"], "subscribed");
        socket
    }

    async fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame of JSON.
    async fn next(&mut self) -> Value {
        loop {
            let frame = tokio::time::timeout(Duration::from_secs(10), self.0.next()).await.expect("a frame is missing");
            if let Message::Text(text) = frame.unwrap().unwrap() {
                return serde_json::from_str(text.as_str()).unwrap();
            }
        }
    }

    /// The next frame that is not about a ticket which was opened before; that may be told late.
    async fn next_but_opened(&mut self) -> Value {
        loop {
            let frame = self.next().await;
            if frame["type"] != "ticket.created" {
                return frame;
            }
        }
    }

    /// The people of the next presence frame, those who type with an asterisk; frames of other types are passed over.
    async fn people(&mut self, ticket: &Value) -> Vec<String> {
        loop {
            let frame = self.next().await;
            if frame["type"] == "ticket.presence" {
                assert_eq!(frame["data"]["ticketId"], ticket["id"]);
                let name = |viewer: &Value| {
                    let star = if viewer["isTyping"] == true { "*" } else { "" };
                    format!("{}{star}", viewer["name"].as_str().unwrap())
                };
                return frame["data"]["viewers"].as_array().unwrap().iter().map(name).collect();
            }
        }
    }

    async fn look(&mut self, ticket: &Value, is_typing: bool) {
        self.say(json!({"presence": {"ticketId": ticket["id"], "isTyping": is_typing}})).await;
    }
}

fn topic(ticket: &Value) -> Value {
    json!([format!("tickets:{}", ticket["id"].as_str().unwrap())])
}

async fn people_come_type_and_go(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, viewer, admin) = (world.agent().await, world.viewer().await, world.admin().await);
    let ticket = agent.ticket("Looked at", "m").await;
    let other = agent.ticket("Another", "m").await;
    let mut watching = Socket::open(&world, &agent, topic(&ticket)).await;
    let mut first = Socket::open(&world, &viewer, topic(&other)).await;
    let mut second = Socket::open(&world, &admin, json!([])).await;

    first.look(&ticket, false).await;
    assert_eq!(watching.people(&ticket).await, ["VIEWER of north"]);
    second.look(&ticket, true).await;
    assert_eq!(watching.people(&ticket).await, ["ADMIN of north*", "VIEWER of north"]);
    second.look(&ticket, false).await;
    assert_eq!(watching.people(&ticket).await, ["ADMIN of north", "VIEWER of north"]);
    // Whoever comes later is told who is there.
    let mut late = Socket::open(&world, &agent, topic(&ticket)).await;
    assert_eq!(late.people(&ticket).await, ["ADMIN of north", "VIEWER of north"]);
    // Looking at another ticket leaves this one.
    second.look(&other, false).await;
    assert_eq!(watching.people(&ticket).await, ["VIEWER of north"]);
    assert_eq!(first.people(&other).await, ["ADMIN of north"]);
    second.say(json!({"presence": {}})).await;
    assert_eq!(first.people(&other).await, [""; 0]);
    // A client that is gone without a word is gone.
    drop(first);
    assert_eq!(watching.people(&ticket).await, [""; 0]);
    world.stop().await;
}

async fn nobody_elsewhere_is_told(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    let ticket = agent.ticket("Looked at", "m").await;
    let foreign = foreigner.ticket("Foreign", "f").await;
    let mut spy = Socket::open(&world, &foreigner, json!(["tickets"])).await;
    let mut own = Socket::open(&world, &agent, json!(["tickets"])).await;
    own.look(&ticket, true).await;
    assert_eq!(own.people(&ticket).await, ["AGENT of north*"]);
    spy.look(&ticket, false).await;
    assert_eq!(spy.next_but_opened().await, json!({"type": "error", "code": "unknown_ticket"}));
    spy.look(&foreign, false).await;
    // Frames come in order: had anything of the other ticket been told, it would have come before this.
    let frame = spy.next_but_opened().await;
    assert_eq!((&frame["type"], &frame["data"]["ticketId"]), (&json!("ticket.presence"), &foreign["id"]));
    assert_eq!(frame["data"]["viewers"][0]["name"], "ADMIN of south");
    own.look(&ticket, false).await;
    assert_eq!(own.people(&ticket).await, ["AGENT of north"]);
    world.stop().await;
}

async fn what_is_refused(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Looked at", "m").await;
    let mut socket = Socket::open(&world, &agent, json!([])).await;
    for id in ["abcdefghijklmnopqrstuvwx", "nonsense", "TKT-0001"] {
        socket.say(json!({"presence": {"ticketId": id}})).await;
        assert_eq!(socket.next().await, json!({"type": "error", "code": "unknown_ticket"}));
    }
    for round in 0..60 {
        socket.look(&ticket, round % 2 == 0).await;
    }
    assert_eq!(socket.next().await, json!({"type": "error", "code": "too_many_changes"}));
    socket.say(json!({"presence": {"ticketId": ticket["id"], "color": "red"}})).await;
    let close = loop {
        match tokio::time::timeout(Duration::from_secs(10), socket.0.next()).await.unwrap() {
            Some(Ok(Message::Close(frame))) => break frame.unwrap(),
            Some(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(u16::from(close.code), 1008);
    assert!(!close.reason.contains("red"), "{}", close.reason);
    let nobody = world.app.live.presence().looking(&world.town.north.workspace, ticket["id"].as_str().unwrap());
    assert_eq!(nobody.viewers, []);
    world.stop().await;
}

async fn escalating_is_told_to_listeners(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let ticket = agent.ticket("Too hard", "m").await;
    let mut socket = Socket::open(&world, &agent, topic(&ticket)).await;
    let path = format!("/api/tickets/{}/escalate", ticket["id"].as_str().unwrap());
    let escalation = agent.post(&path, json!({"reason": "anybody"})).await.expect(201);
    loop {
        let frame = socket.next().await;
        if frame["type"] == "escalation.created" {
            assert_eq!(frame["data"]["escalationId"], escalation["id"]);
            break;
        }
    }
    let path = format!("/api/escalations/{}/accept", escalation["id"].as_str().unwrap());
    agent.post(&path, json!({})).await.expect(200);
    let frame = socket.next().await;
    assert_eq!((&frame["type"], &frame["data"]["ticketId"]), (&json!("ticket.updated"), &ticket["id"]));
    world.stop().await;
}
