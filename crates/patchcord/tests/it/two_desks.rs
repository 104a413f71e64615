//! The copilot apart from the desk: desk B works on tickets of desk A; and desk A passes its copilot's routes on to desk B.

use std::time::Duration;

use patchcord_app::crm::Crm;
use patchcord_app::elsewhere::Elsewhere;
use patchcord_simulator::openai::{ScriptedModel, Step};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::ai::openai;
use crate::harness::{Answer, Client, Engine, Setup, World, both_engines};

both_engines!(
    the_copilot_works_on_tickets_of_another_desk,
    jobs_ask_with_a_token_of_their_own,
    who_is_known_there_and_here,
    the_other_desk_fails_in_every_way,
    requests_are_passed_on_and_answers_come_back,
    what_is_passed_on_is_bounded_and_clean,
    nobody_answers_there,
);

async fn copilot_of(engine: Engine, desk: &str, token: Option<String>, change: impl FnOnce(&mut Setup)) -> World {
    let mut setup = Setup { crm: Some(Crm::new(desk, token).unwrap()), ..Setup::default() };
    change(&mut setup);
    World::with(engine, setup).await
}

/// A client of one desk that carries a token of another.
fn at(world: &World, client: &Client) -> Client {
    world.stranger().with_token(client.token.as_deref())
}

async fn the_copilot_works_on_tickets_of_another_desk(engine: Engine) {
    let desk = World::new(engine).await;
    let server = ScriptedModel::start([]).await;
    server.respond(|request| {
        let is_chat = request.json()["response_format"]["json_schema"]["name"] == "chat";
        if is_chat {
            return Step::json(json!({"answer": "Twice.", "citations": null}));
        }
        Step::json(json!({
            "summary": "VPN drops.", "sentiment": "neutral", "category": "network", "urgency": null,
            "suggestedActions": null,
        }))
    });
    let copilot = copilot_of(engine, &desk.base, None, |setup| setup.model = Some(openai(&server))).await;
    let agent = desk.agent().await;
    let ticket = agent
        .post(
            "/api/tickets",
            json!({
                "subject": "VPN drops at vera@example.com", "message": "It drops. Password: hunter2-and-more",
                "contactId": desk.town.north.contact, "deviceId": desk.town.north.device,
            }),
        )
        .await
        .expect(201);
    let id = ticket["id"].as_str().unwrap();
    let there = at(&copilot, &agent);

    let done = there.copilot("analyze", json!({"ticketId": id})).await;
    assert_eq!((&done["state"], &done["ticketId"]), (&json!("success"), &ticket["id"]), "{done}");
    let prompt = server.requests()[0].message(1);
    for part in ["Harbour Freight north", "Jonas Berg", "HF-LAP-07", "TKT-0001", "[EMAIL_REDACTED]"] {
        assert!(prompt.contains(part), "{part}: {prompt}");
    }
    let raw = String::from_utf8_lossy(server.requests()[0].raw()).into_owned();
    assert!(!raw.contains("hunter2") && !raw.contains("vera@"), "{raw}");

    let shadow = there.get(&format!("/api/tickets/{id}")).await.expect(200);
    assert_eq!((&shadow["label"], &shadow["subject"]), (&json!("TKT-0001"), &json!("VPN drops at [EMAIL_REDACTED]")));
    assert_eq!((&shadow["messages"], &shadow["organization"]), (&json!([]), &Value::Null), "it is a shadow only");
    let rows = there.get(&format!("/api/tickets/{id}/suggestions")).await.expect(200);
    assert_eq!(rows["items"][0]["redactionCounts"], json!({"email": 1, "token": 1}));

    // Chats work too, and the older forms; the shadow is the same one.
    let told = there.post("/api/chat", json!({"ticketId": id, "message": "How often?"})).await.expect(200);
    assert_eq!(told["data"]["answer"], "Twice.");
    let said = there.get(&format!("/api/copilot/v1/conversation/{id}")).await.expect(200);
    assert_eq!(said["data"]["messages"].as_array().unwrap().len(), 2);
    let told = there.post("/api/ai/suggest", json!({"ticketId": "abcdefghijklmnopqrstuvwx"})).await;
    told.refused(404, "not_found");
    assert_eq!(there.get("/api/tickets?count=exact").await.expect(200)["total"], 1);

    // The caller's token is nowhere in the database of the copilot.
    let token = agent.token.clone().unwrap();
    let jobs = patchcord_store::unscoped::jobs::depth(copilot.store.reader()).await.unwrap();
    assert_eq!(jobs, (0, 0));
    let dump = dump(&copilot, engine).await;
    assert!(dump.contains("VPN drops at"), "the dump is of the right database");
    assert!(!dump.contains(&token) && !dump.contains("hunter2") && !dump.contains("vera@"));
    copilot.stop().await;
    desk.stop().await;
}

/// What the copilot keeps of its jobs and suggestions, as text.
async fn dump(world: &World, _: Engine) -> String {
    let tenant = world.store.tenant(&world.town.north.workspace);
    let mut text = String::new();
    for ticket in patchcord_store::scratch::texts(world.store.reader()).await.unwrap() {
        text.push_str(&ticket);
        text.push('\n');
    }
    let usage = patchcord_store::suggestions::usage(tenant, 100).await.unwrap();
    text + &format!("{usage:?}")
}

async fn jobs_ask_with_a_token_of_their_own(engine: Engine) {
    let desk = World::new(engine).await;
    let agent = desk.agent().await;
    let token = desk.viewer().await.token;
    let copilot = copilot_of(engine, &desk.base, token, |setup| setup.worker = false).await;
    let ticket = agent.ticket("VPN drops", "It drops.").await;
    let id = ticket["id"].as_str().unwrap();
    let there = at(&copilot, &agent);
    let asked = there.post("/api/copilot/v1/analyze", json!({"ticketId": id})).await.expect(202);
    // What is said between the request and the job counts, since the job reads the ticket anew.
    agent
        .post(
            &format!("/api/tickets/{id}/messages"),
            json!({"body": "The printer jams and the toner leaks, printer, printer."}),
        )
        .await
        .expect(201);
    agent.patch(&format!("/api/tickets/{id}"), json!({"subject": "Printer jams"})).await.expect(200);
    copilot.app.work_once().await.unwrap();
    let done = there.finished(asked["data"]["suggestionId"].as_str().unwrap()).await;
    assert_eq!(done["content"]["category"], "printer", "{done}");
    copilot.stop().await;
    desk.stop().await;
}

async fn who_is_known_there_and_here(engine: Engine) {
    let desk = World::new(engine).await;
    let copilot = copilot_of(engine, &desk.base, None, |_| {}).await;
    let ticket = desk.agent().await.ticket("VPN drops", "It drops.").await;
    let body = json!({"ticketId": ticket["id"]});
    // A viewer here stays a viewer; who has no user here is told so; a token of nobody is no token.
    at(&copilot, &desk.viewer().await).post("/api/copilot/v1/analyze", body.clone()).await.refused(403, "forbidden");
    let foreigner = at(&copilot, &desk.foreigner().await);
    foreigner.post("/api/copilot/v1/analyze", body.clone()).await.refused(403, "user_not_provisioned");
    let nobody = copilot.stranger().with_token(Some("made-up"));
    nobody.post("/api/copilot/v1/analyze", body.clone()).await.refused(401, "invalid_token");
    copilot.stranger().post("/api/copilot/v1/analyze", body.clone()).await.refused(401, "token_missing");
    // A session of the copilot's own is none at the desk.
    copilot.agent().await.post("/api/copilot/v1/analyze", body).await.refused(502, "crm_refused");
    // A second workspace would see the first one's tickets.
    let person = patchcord_app::users::NewUser {
        email: "second@west.test".into(),
        name: "Second".into(),
        ..patchcord_app::users::NewUser::default()
    };
    copilot.app.add_workspace("west", person).await.unwrap();
    let caller = copilot.app.authenticate_at_crm(desk.agent().await.token.as_deref().unwrap()).await;
    assert!(matches!(caller, Err(patchcord_app::AppError::Conflict("not_one_workspace", _))));
    assert!(copilot.app.only_workspace().await.is_err());
    copilot.stop().await;
    desk.stop().await;
}

/// A server that gives the same answer to everything, and what it was asked.
async fn parrot(answer: Vec<u8>) -> (String, tokio::sync::mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let (sender, requests) = tokio::sync::mpsc::channel(64);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (answer, sender) = (answer.clone(), sender.clone());
            tokio::spawn(async move {
                let mut bytes = vec![0; 256 * 1024];
                let read = socket.read(&mut bytes).await.unwrap_or(0);
                let _ = sender.try_send(String::from_utf8_lossy(&bytes[..read]).into_owned());
                let _ = socket.write_all(&answer).await;
                let _ = socket.shutdown().await;
                // What still comes is read, so that the answer is not lost to a reset.
                while socket.read(&mut bytes).await.unwrap_or(0) > 0 {}
            });
        }
    });
    (base, requests)
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}").into_bytes()
}

async fn the_other_desk_fails_in_every_way(engine: Engine) {
    let id = "abcdefghijklmnopqrstuvwx";
    let other = json!({
        "id": "zzzzzzzzzzzzzzzzzzzzzzzz", "number": 1, "subject": "VPN", "status": "OPEN", "priority": "LOW",
        "channel": "WEB", "createdAt": "2026-11-24T09:30:00.000Z", "messages": [],
    });
    for (sent, status, code) in [
        (answer("200 OK", "<html>"), 502, "crm_unreadable"),
        (answer("200 OK", "{}"), 502, "crm_unreadable"),
        (answer("200 OK", &other.to_string()), 502, "crm_unreadable"),
        (answer("404 Not Found", "{}"), 404, "not_found"),
        (answer("401 Unauthorized", "{}"), 502, "crm_refused"),
        (answer("302 Found", "{}"), 502, "crm_refused"),
        (answer("500 Oh", "{}"), 503, "crm_unavailable"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{".to_vec(), 503, "crm_unavailable"),
        (Vec::new(), 503, "crm_unavailable"),
    ] {
        let (base, _requests) = parrot(sent).await;
        let copilot = copilot_of(engine, &base, None, |_| {}).await;
        let agent = copilot.agent().await;
        let told = agent.post("/api/copilot/v1/analyze", json!({"ticketId": id})).await.refused(status, code);
        assert!(!told["error"].as_str().unwrap().contains("127.0.0.1"), "{told}");
        assert_eq!(agent.get("/api/tickets?count=exact").await.expect(200)["total"], 0, "nothing was kept");
        copilot.stop().await;
    }
}

async fn passing_to(engine: Engine, base: &str) -> World {
    let elsewhere = Some(Elsewhere::new(base).unwrap());
    let server = patchcord_server::Options { copilot_elsewhere: elsewhere, ..Default::default() };
    World::with(engine, Setup { server, model: None, ..Setup::default() }).await
}

async fn requests_are_passed_on_and_answers_come_back(engine: Engine) {
    // Desk A needs the address of B and B that of A: A listens first, and a second door to it passes on to B.
    let desk = World::new(engine).await;
    let copilot = copilot_of(engine, &desk.base, None, |_| {}).await;
    let door = desk.second_door(patchcord_server::Options {
        copilot_elsewhere: Some(Elsewhere::new(&copilot.base).unwrap()),
        ..Default::default()
    });
    let door = door.await;
    let agent = desk.agent().await;
    let here = Client::new(&door).with_token(agent.token.as_deref());
    let ticket = here.ticket("VPN drops", "The VPN drops every hour.").await;
    let done = here.copilot("draft-reply", json!({"ticketId": ticket["id"], "tone": "friendly"})).await;
    assert_eq!((&done["state"], &done["model"]), (&json!("success"), &json!("builtin")), "{done}");
    let told = here.post("/api/suggest", json!({"ticketId": ticket["id"]})).await.expect(200);
    assert!(told["data"]["steps"].is_array());
    let own = agent.get(&format!("/api/tickets/{}/suggestions", ticket["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(own["items"], json!([]), "the work was done there");
    let health = here.get("/api/copilot/v1/health").await.expect(200);
    assert_eq!(health["data"]["reachable"], true);
    // Refusals come back as they are, and strangers get no further than this desk.
    here.post("/api/copilot/v1/chat", json!({"ticketId": ticket["id"], "message": ""}))
        .await
        .refused(422, "validation_failed");
    here.get("/api/copilot/v1/status/abcdefghijklmnopqrstuvwx").await.refused(404, "not_found");
    Client::new(&door).get("/api/copilot/v1/health").await.refused(401, "token_missing");
    copilot.stop().await;
    desk.stop().await;
}

async fn what_is_passed_on_is_bounded_and_clean(engine: Engine) {
    let body = r#"{"ok":true,"data":{"suggestionId":"abcdefghijklmnopqrstuvwx","state":"queued"}}"#;
    let sent = format!(
        "HTTP/1.1 202 Accepted\r\ncontent-type: application/json\r\nset-cookie: theirs=1\r\nx-own: 1\r\n\
         connection: close, x-own\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let (base, mut requests) = parrot(sent.into_bytes()).await;
    let world = passing_to(engine, &base).await;
    let agent = world.agent().await;
    let request = agent
        .request(Method::POST, "/api/copilot/v1/analyze?x=1")
        .header("cookie", "refresh=secret")
        .header("connection", "keep-alive, x-mine")
        .header("x-mine", "1")
        .header("idempotency-key", "k")
        .json(&json!({"ticketId": "1"}));
    let told = Answer::of(request).await;
    assert_eq!((told.status, told.text.as_str()), (202, body));
    assert_eq!((told.header("set-cookie"), told.header("x-own")), ("", ""));
    let seen = requests.recv().await.unwrap().to_lowercase();
    assert!(seen.starts_with("post /api/copilot/v1/analyze?x=1 http/1.1"), "{seen}");
    assert!(seen.contains("idempotency-key: k") && seen.contains("authorization: bearer "), "{seen}");
    assert!(!seen.contains("refresh=secret") && !seen.contains("x-mine"), "{seen}");

    let large = agent.request(Method::POST, "/api/copilot/v1/chat").body(vec![b'x'; 2 * 1024 * 1024]);
    Answer::of(large).await.refused(413, "too_large");
    world.stop().await;

    let (base, _requests) =
        parrot(b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n".to_vec()).await;
    let world = passing_to(engine, &base).await;
    world.agent().await.get("/api/copilot/v1/status/1").await.refused(502, "copilot_refused");
    world.stop().await;
}

async fn nobody_answers_there(engine: Engine) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let world = passing_to(engine, &base).await;
    let agent = world.agent().await;
    let answer = agent.post("/api/copilot/v1/analyze", json!({"ticketId": "1"})).await;
    assert_eq!(answer.header("retry-after"), "5");
    let told = answer.refused(503, "copilot_unavailable");
    assert_eq!((&told["ok"], told["error"].as_str().unwrap().contains("127.0.0.1")), (&json!(false), false));
    let health = agent.get("/api/copilot/v1/health").await.expect(200);
    assert_eq!((&health["data"]["reachable"], &health["data"]["provider"]), (&json!(false), &json!("remote")));
    assert!(health["data"]["reason"].as_str().unwrap().contains("COPILOT_API_BASE_URL"));
    // Everything else of the desk goes on.
    tokio::time::timeout(Duration::from_secs(10), agent.ticket("VPN drops", "It drops.")).await.unwrap();
    world.stop().await;
}
