//! `patchcord serve` from the outside: its start, its settings, its signals, and how fast a suggestion is there.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::harness::{self, Client, Engine, Program, both_engines, database_url, free_port, patchcord, ran, ran_with};

both_engines!(
    it_says_where_it_is_and_answers,
    a_signal_lets_requests_under_way_finish,
    a_second_signal_ends_it_at_once,
    a_new_ticket_is_analysed_in_a_moment,
    a_process_that_was_stopped_in_the_middle_starts_again,
);

const EMAIL: &str = "ada@lind.test";
const PASSWORD: &str = "a long enough secret";

/// A database with one administrator.
pub(crate) async fn with_admin(engine: Engine, folder: &std::path::Path) -> String {
    let url = database_url(engine, folder).await;
    let mut add = patchcord(folder, &["workspace", "add", "Lind", "--admin", EMAIL]);
    add.env("DATABASE_URL", &url);
    let (code, _, err) = ran(add).await;
    assert_eq!(code, 0, "{err}");
    let mut passwd = patchcord(folder, &["user", "passwd", EMAIL]);
    passwd.env("DATABASE_URL", &url);
    let (code, _, err) = ran_with(passwd, &format!("{PASSWORD}\n")).await;
    assert_eq!(code, 0, "{err}");
    url
}

/// The administrator, signed in.
pub(crate) async fn admin(program: &Program) -> Client {
    program.client().signed_in(EMAIL, PASSWORD).await
}

async fn it_says_where_it_is_and_answers(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let url = database_url(engine, folder.path()).await;
    let program = Program::serve(folder.path(), &[], &[("DATABASE_URL", &url)]).await;
    let welcome = program.out();
    for part in [
        format!("open      http://localhost:{}", program.port),
        "patchcord workspace add NAME --admin EMAIL".to_owned(),
        "model     builtin".to_owned(),
        format!("API       http://localhost:{}/api/docs", program.port),
    ] {
        assert!(welcome.contains(&part), "{part:?} is not in {welcome}");
    }
    if engine == Engine::Postgres {
        let password = url.split([':', '@']).nth(2).unwrap();
        assert!(!welcome.contains(password) && !program.log().contains(password), "the database's password is shown");
    }
    let client = program.client();
    assert_eq!(client.get("/healthz").await.text, "ok");
    assert_eq!(client.get("/readyz").await.text, "ready");
    assert_eq!(client.get("/api/tickets").await.status, 401);
    assert_eq!(client.get("/api/openapi.json").await.expect(200)["openapi"], "3.1.0");
    program.stop().await;
}

/// A request whose body is only half sent: it is under way for as long as the test wants.
async fn half_sent(program: &Program) -> (TcpStream, Vec<u8>) {
    let body = json!({"email": EMAIL, "password": "not the right one"}).to_string();
    let head = format!(
        "POST /api/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let mut socket = TcpStream::connect(("127.0.0.1", program.port)).await.unwrap();
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&body.as_bytes()[..10]).await.unwrap();
    // So that the server has begun to read it.
    tokio::time::sleep(Duration::from_millis(200)).await;
    (socket, body.as_bytes()[10..].to_vec())
}

async fn a_signal_lets_requests_under_way_finish(engine: Engine) {
    for signal in ["TERM", "INT"] {
        let folder = tempfile::tempdir().unwrap();
        let url = database_url(engine, folder.path()).await;
        let mut program = Program::serve(folder.path(), &[], &[("DATABASE_URL", &url)]).await;
        let (mut socket, rest) = half_sent(&program).await;
        program.signal(signal).await;
        program.says("stopping: no new requests").await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(TcpStream::connect(("127.0.0.1", program.port)).await.is_err(), "it still takes connections");
        socket.write_all(&rest).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(answer.contains("invalid_credentials") || answer.contains("\"code\""), "{answer}");
        let status = program.ended().await;
        assert_eq!(status.code(), Some(0), "{}", program.log());
        assert!(program.log().contains("stopped"), "{}", program.log());
    }
}

async fn a_second_signal_ends_it_at_once(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let url = database_url(engine, folder.path()).await;
    let mut program = Program::serve(folder.path(), &[], &[("DATABASE_URL", &url)]).await;
    let (_socket, _) = half_sent(&program).await;
    program.signal("TERM").await;
    program.says("stopping: no new requests").await;
    let began = Instant::now();
    program.signal("TERM").await;
    let status = program.ended().await;
    assert_eq!(status.code(), Some(1), "{}", program.log());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert!(program.log().contains("second signal"), "{}", program.log());
}

async fn a_new_ticket_is_analysed_in_a_moment(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let url = with_admin(engine, folder.path()).await;
    let program = Program::serve(folder.path(), &[], &[("DATABASE_URL", &url), ("RUST_LOG", "warn")]).await;
    let admin = admin(&program).await;
    let mut took = Vec::new();
    for index in 0..50 {
        let subject = format!("VPN drops every {index} minutes");
        let began = Instant::now();
        let ticket = admin.ticket(&subject, "My VPN drops again and again, please help.").await;
        let ended = admin.copilot("analyze", json!({"ticketId": ticket["id"]})).await;
        took.push(began.elapsed());
        assert_eq!((&ended["state"], &ended["content"]["category"]), (&json!("success"), &json!("network")), "{ended}");
    }
    took.sort_unstable();
    let (median, last) = (took[24], took[49]);
    harness::say(&format!(
        "{engine:?}: from POST /api/tickets to the analysis, 50 times, status asked for every 10 ms, {}: \
         median {median:?}, 90 % {:?}, slowest {last:?}",
        if cfg!(debug_assertions) { "debug build" } else { "release build" },
        took[44]
    ));
    assert!(median < Duration::from_secs(5), "{median:?}");
    program.stop().await;
}

/// The same points as in `crashes.rs`, but of the binary, with its real start and end: some points of its life only.
async fn a_process_that_was_stopped_in_the_middle_starts_again(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let url = with_admin(engine, folder.path()).await;
    let mut answered = 0;
    for point in [3, 40, 130, 260, 500] {
        let point = point.to_string();
        let environment = [("DATABASE_URL", url.as_str()), ("PATCHCORD_TEST_STOP_AT_POINT", &point)];
        let mut command = patchcord(folder.path(), &["serve"]);
        let port = free_port();
        let mut child = command.env("PORT", port.to_string()).envs(environment).spawn().unwrap();
        let http = reqwest::Client::new();
        let base = format!("http://127.0.0.1:{port}");
        let post = |path: &str, token: &str, body: serde_json::Value| {
            let request = http.post(format!("{base}{path}")).bearer_auth(token).json(&body);
            async move {
                let answer = request.send().await.ok()?;
                answer.status().is_success().then_some(())?;
                answer.json::<serde_json::Value>().await.ok()
            }
        };
        let began = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(began.elapsed() < Duration::from_secs(60), "it was not stopped");
            let login = post("/api/auth/login", "", json!({"email": EMAIL, "password": PASSWORD})).await;
            let Some(token) = login.and_then(|session| Some(session["accessToken"].as_str()?.to_owned())) else {
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            let ticket = json!({"subject": "VPN drops", "message": "It drops."});
            while let Some(ticket) = post("/api/tickets", &token, ticket.clone()).await {
                let asked = json!({"ticketId": ticket["id"]});
                answered += usize::from(post("/api/copilot/v1/analyze", &token, asked).await.is_some());
            }
        }
        assert!(!child.wait().await.unwrap().success());
    }
    assert!(answered > 0, "nothing was ever answered");
    let program = Program::serve(folder.path(), &[], &[("DATABASE_URL", &url)]).await;
    let admin = admin(&program).await;
    let began = Instant::now();
    loop {
        let list = admin.get("/api/tickets?limit=100").await.expect(200);
        let mut states = Vec::new();
        for ticket in list["items"].as_array().unwrap() {
            let path = format!("/api/tickets/{}/suggestions", ticket["id"].as_str().unwrap());
            for suggestion in admin.get(&path).await.expect(200)["items"].as_array().unwrap() {
                states.push(suggestion["state"].as_str().unwrap().to_owned());
            }
        }
        assert!(states.len() >= answered, "{answered} were accepted, {} are there", states.len());
        if states.iter().all(|state| state == "success") {
            break;
        }
        // A job that was under way is taken over when its lease of 30 seconds ends.
        assert!(began.elapsed() < Duration::from_secs(50), "{states:?}");
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    program.stop().await;
}

#[tokio::test]
async fn a_sqlite_file_has_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let program = Program::serve(folder.path(), &[], &[]).await;
    let mut second = patchcord(folder.path(), &["serve"]);
    second.env("PORT", free_port().to_string());
    let (code, out, err) = ran(second).await;
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.contains("another server is running on") && err.contains("PostgreSQL"), "{err}");
    assert_eq!(program.client().get("/readyz").await.status, 200);
    program.stop().await;
    // When the first has gone, the next one may.
    Program::serve(folder.path(), &[], &[]).await.stop().await;
}

#[tokio::test]
async fn what_cannot_work_is_refused_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let file = folder.path().join("patchcord.toml");
    std::fs::write(&file, "prot = 3000\nai_daily_budget_usd = \"much\"\n").unwrap();
    let file = file.to_str().unwrap();
    let short = folder.path().join("short");
    std::fs::write(&short, "tooshort\n").unwrap();
    let short = short.to_str().unwrap();
    let unreachable = format!("postgres://desk:s3cret-of-db@127.0.0.1:{}/desk", free_port());
    for (arguments, environment, code, words) in [
        (&["--role", "worker"][..], &[][..], 1, &["SQLite has one process", "PostgreSQL"][..]),
        (&["--role", "api"], &[], 1, &["SQLite has one process"]),
        (&["--demo", "--bind", "0.0.0.0"], &[], 1, &["this machine only", "BIND"]),
        (&["--demo"], &[("BIND", "192.0.2.1")], 1, &["this machine only", "BIND"]),
        (&["--port", &port], &[], 1, &["is in use", "--port", &port]),
        (&["--config", file], &[], 2, &["no setting \"prot\"", "AI_DAILY_BUDGET_USD is \"much\"", "patchcord.toml"]),
        (&["--config", "/nowhere/at.toml"], &[], 2, &["/nowhere/at.toml"]),
        (
            &[],
            &[("PORT", "0"), ("BIND", "here"), ("LOG_FORMAT", "loud"), ("TRUSTED_PROXIES", "all")],
            2,
            &[
                "PORT is \"0\"",
                "BIND is \"here\"",
                "LOG_FORMAT is \"loud\"",
                "pretty, json",
                "TRUSTED_PROXIES is \"all\"",
            ],
        ),
        (&[], &[("COPILOT_PROVIDER", "openai")], 2, &["OPENAI_API_KEY", "OPENAI_BASE_URL"]),
        (&[], &[("JWT_SECRET_FILE", short)], 2, &["JWT_SECRET", "32 characters"]),
        (&[], &[("OPENAI_API_KEY_FILE", "/nowhere/key")], 2, &["OPENAI_API_KEY_FILE", "/nowhere/key"]),
        (&[], &[("RUST_LOG", "a=b=c")], 2, &["RUST_LOG"]),
        (
            &[],
            &[("PROMPTS_DIR", "/nowhere"), ("OPENAI_API_KEY", "sk-x")],
            1,
            &["PROMPTS_DIR", "No such file", "system.md"],
        ),
        (&[], &[("DATABASE_URL", &unreachable)], 1, &["postgres://desk@127.0.0.1", "DATABASE_URL"]),
    ] {
        let mut command = patchcord(folder.path(), &["serve"]);
        command.args(arguments).env("PORT", free_port().to_string()).envs(environment.iter().copied());
        let (found, out, err) = ran(command).await;
        assert_eq!((found, out.as_str()), (code, ""), "{arguments:?} {environment:?}: {err}");
        for word in words {
            assert!(err.contains(word), "{word:?} is not in what {arguments:?} {environment:?} says:\n{err}");
        }
        assert!(!err.contains("tooshort") && !err.contains("s3cret-of-db"), "a secret is shown: {err}");
    }
}

#[tokio::test]
async fn secrets_may_come_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let (secret, key) = (folder.path().join("jwt"), folder.path().join("key"));
    std::fs::write(&secret, "0123456789abcdef0123456789abcdef\n").unwrap();
    std::fs::write(&key, "the-key-of-the-scripted-server\n").unwrap();
    let model = patchcord_simulator::openai::ScriptedModel::start([]).await;
    model.respond(harness::fitting);
    let url = with_admin(Engine::Sqlite, folder.path()).await;
    let (secret, key, model_url) = (secret.to_str().unwrap(), key.to_str().unwrap(), model.base_url());
    let environment = [
        ("DATABASE_URL", url.as_str()),
        ("JWT_SECRET_FILE", secret),
        ("OPENAI_API_KEY_FILE", key),
        ("OPENAI_BASE_URL", &model_url),
        ("LOG_FORMAT", "json"),
        ("RUST_LOG", "debug"),
    ];
    let program = Program::serve(folder.path(), &[], &environment).await;
    assert!(program.out().contains(&format!("model     gpt-4o-mini at {model_url}")), "{}", program.out());
    let admin = admin(&program).await;
    let ticket = admin.ticket("VPN drops", "It drops.").await;
    let ended = admin.copilot("analyze", json!({"ticketId": ticket["id"]})).await;
    assert_eq!(ended["state"], "success", "{ended}");
    assert_eq!(model.requests()[0].header("authorization"), Some("Bearer the-key-of-the-scripted-server"));
    let log = program.log();
    for line in log.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line} is not JSON");
    }
    for secret in ["0123456789abcdef", "the-key-of", PASSWORD, admin.token.as_deref().unwrap()] {
        assert!(!log.contains(secret), "a secret is in the log");
    }
    program.stop().await;
}
