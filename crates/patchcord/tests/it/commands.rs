//! The commands of the binary that do one thing and end.

use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{Client, Engine, Program, both_engines, database_url, patchcord, ran, ran_with};

both_engines!(
    migrating_twice_changes_nothing,
    the_demonstration_is_written_once,
    a_workspace_begins_with_an_invitation,
    users_are_added_given_passwords_and_disabled,
);

/// Runs a command on a database and gives what it printed as JSON.
async fn json(folder: &Path, url: &str, arguments: &[&str]) -> Value {
    let mut command = patchcord(folder, arguments);
    command.arg("--json").env("DATABASE_URL", url);
    let (code, out, err) = ran(command).await;
    assert_eq!(code, 0, "{arguments:?}: {err}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{arguments:?} printed {out:?}: {error}"))
}

/// Runs a command that fails; gives its exit code and what it said.
async fn fails(folder: &Path, url: &str, arguments: &[&str]) -> (i32, String) {
    let mut command = patchcord(folder, arguments);
    command.env("DATABASE_URL", url);
    let (code, out, err) = ran(command).await;
    assert_ne!(code, 0, "{arguments:?}: {out}");
    assert_eq!(out, "", "a command that fails prints no result");
    (code, err)
}

async fn migrating_twice_changes_nothing(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let url = database_url(engine, folder.path()).await;
    let first = json(folder.path(), &url, &["migrate"]).await;
    assert!(
        first["applied"].as_array().unwrap().iter().any(|name| name.as_str().unwrap().starts_with("0001")),
        "{first}"
    );
    assert_eq!(json(folder.path(), &url, &["migrate"]).await, json!({"applied": []}));
    let mut people = patchcord(folder.path(), &["migrate"]);
    people.env("DATABASE_URL", &url);
    assert_eq!(ran(people).await.1, "the database is up to date\n");
}

async fn the_demonstration_is_written_once(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let url = database_url(engine, folder.path()).await;
    let first = json(folder.path(), &url, &["seed", "--demo"]).await;
    for (what, least) in [
        ("workspaces", 2),
        ("users", 4),
        ("organizations", 6),
        ("contacts", 40),
        ("devices", 60),
        ("tickets", 24),
        ("attachments", 8),
        ("articles", 30),
        ("supportAgents", 19),
    ] {
        assert!(first[what].as_i64().unwrap() >= least, "{what} of {first}");
    }
    let ids = ids(folder.path(), &url).await;
    assert!(ids.len() >= 24, "{ids:?}");
    promises_of_the_past_are_real(folder.path(), &url).await;
    let second = json(folder.path(), &url, &["seed", "--demo"]).await;
    assert!(second.as_object().unwrap().values().all(|count| count == 0), "{second}");
    assert_eq!(self::ids(folder.path(), &url).await, ids);
    // Elsewhere the same rows have the same ids.
    let elsewhere = tempfile::tempdir().unwrap();
    let other = database_url(engine, elsewhere.path()).await;
    json(elsewhere.path(), &other, &["seed", "--demo"]).await;
    assert_eq!(self::ids(elsewhere.path(), &other).await, ids);
}

/// The tickets of the past have clocks, which the report and the dashboard count alike.
async fn promises_of_the_past_are_real(folder: &Path, url: &str) {
    let program = Program::serve(folder, &[], &[("DATABASE_URL", url)]).await;
    let agent = program.client().signed_in("agent@demo.test", "patchcord-demo").await;
    let report = agent.get("/api/sla/report").await.expect(200);
    let kept = &report["total"]["resolution"];
    assert!(kept["met"].as_i64().unwrap() > 150, "{report}");
    for clock in ["firstResponse", "resolution"] {
        let share = report["total"][clock]["compliance"].as_f64().unwrap();
        assert!((0.7..1.0).contains(&share), "{clock} of {report}");
    }
    let series = agent.get("/api/dashboard/metrics?granularity=day").await.expect(200);
    let days = series["items"].as_array().unwrap();
    let sum = |name: &str| days.iter().map(|day| day[name].as_i64().unwrap()).sum::<i64>();
    assert!(sum("slaMet") > 150 && sum("slaMissed") > 0, "{} {}", sum("slaMet"), sum("slaMissed"));
    assert!(sum("slaBreaches") >= sum("slaMissed"), "{} {}", sum("slaBreaches"), sum("slaMissed"));
    let late = agent.get("/api/tickets?sla=breached&status=CLOSED&limit=1").await.expect(200);
    let late = late["items"][0]["id"].as_str().unwrap();
    let trail = agent.get(&format!("/api/tickets/{late}/events")).await.expect(200);
    let kinds: Vec<&str> =
        trail["items"].as_array().unwrap().iter().map(|line| line["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"SLA_BREACHED"), "{kinds:?}");
    program.stop().await;
    let audit = json(folder, url, &["doctor", "--audit"]).await;
    assert_eq!(audit["ok"], true, "{audit}");
}

/// Ids, numbers and subjects of the demonstration's tickets, as its agent sees them.
async fn ids(folder: &Path, url: &str) -> Vec<String> {
    let program = Program::serve(folder, &[], &[("DATABASE_URL", url)]).await;
    let agent = program.client().signed_in("agent@demo.test", "patchcord-demo").await;
    let list = agent.get("/api/tickets?limit=100&sort=createdAt").await.expect(200);
    let mut ids: Vec<String> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|ticket| format!("{} {} {}", ticket["id"], ticket["number"], ticket["subject"]))
        .collect();
    ids.sort();
    program.stop().await;
    ids
}

/// The token of a link that invites somebody.
fn token(user: &Value) -> String {
    let url = user["invitationUrl"].as_str().unwrap();
    assert!(url.starts_with("http://localhost:"), "{url}");
    url.split_once("token=").unwrap().1.to_owned()
}

async fn accept(client: &Client, token: &str, password: &str) -> Client {
    let session =
        client.post("/api/auth/invitations/accept", json!({"token": token, "password": password})).await.expect(200);
    client.with_token(session["accessToken"].as_str())
}

async fn a_workspace_begins_with_an_invitation(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let url = database_url(engine, folder.path()).await;
    let made = json(folder.path(), &url, &["workspace", "add", "Lind & Söhne", "--admin", "Ada@Lind.test"]).await;
    assert_eq!((&made["user"]["email"], &made["user"]["role"]), (&json!("ada@lind.test"), &json!("ADMIN")), "{made}");
    let list = json(folder.path(), &url, &["workspace", "list"]).await;
    assert_eq!(list["items"], json!([made["workspace"]]));
    let (code, text) = fails(folder.path(), &url, &["workspace", "add", "Again", "--admin", "ada@lind.test"]).await;
    assert_eq!(code, 1);
    assert!(text.contains("a user with this address is already there"), "{text}");
    let (code, text) = fails(folder.path(), &url, &["workspace", "add", "", "--admin", "nobody"]).await;
    assert!(code == 1 && text.contains("name") && text.contains("email"), "{text}");

    let program = Program::serve(folder.path(), &[], &[("DATABASE_URL", &url)]).await;
    let client = program.client();
    let link = token(&made["user"]);
    let weak = client.post("/api/auth/invitations/accept", json!({"token": link, "password": "short"})).await;
    weak.refused(422, "validation_failed");
    let ada = accept(&client, &link, "a long enough secret").await;
    assert_eq!(ada.get("/api/auth/me").await.expect(200)["email"], "ada@lind.test");
    let again =
        client.post("/api/auth/invitations/accept", json!({"token": link, "password": "another long secret"})).await;
    assert!(again.status == 401 || again.status == 404 || again.status == 409 || again.status == 422, "{}", again.text);
    ada.ticket("The first ticket", "It works.").await;
    assert!(!program.log().contains(&link), "the log has the token of an invitation");
    program.stop().await;
}

async fn users_are_added_given_passwords_and_disabled(engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let url = database_url(engine, folder.path()).await;
    let (_, text) = fails(folder.path(), &url, &["user", "add", "bo@lind.test"]).await;
    assert!(text.contains("patchcord workspace add"), "{text}");
    json(folder.path(), &url, &["workspace", "add", "Lind", "--admin", "ada@lind.test"]).await;
    let added = json(folder.path(), &url, &["user", "add", "bo@lind.test", "--role", "viewer", "--name", "Bo"]).await;
    assert_eq!((&added["user"]["role"], &added["user"]["name"]), (&json!("VIEWER"), &json!("Bo")), "{added}");
    let (code, text) = fails(folder.path(), &url, &["user", "add", "bo", "--role", "KING"]).await;
    assert!(code == 1 && text.contains("email") && text.contains("role"), "{text}");

    let passwd = |email: &str, password: &str| {
        let mut command = patchcord(folder.path(), &["user", "passwd", email, "--json"]);
        command.env("DATABASE_URL", &url);
        let input = format!("{password}\n");
        async move { ran_with(command, &input).await }
    };
    let (code, out, err) = passwd("bo@lind.test", "a long enough secret").await;
    assert_eq!(code, 0, "{err}");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["user"]["id"], added["user"]["id"]);
    let (code, _, err) = passwd("bo@lind.test", "short").await;
    assert!(code == 1 && err.contains("12 to 200 characters"), "{err}");
    let (code, _, err) = passwd("nobody@lind.test", "a long enough secret").await;
    assert!(code == 1 && err.contains("no such user"), "{err}");
    let (code, _, err) = passwd("bo@lind.test", "").await;
    assert!(code == 1 && err.contains("no password"), "{err}");

    let program = Program::serve(folder.path(), &[], &[("DATABASE_URL", &url)]).await;
    let bo = program.client().signed_in("bo@lind.test", "a long enough secret").await;
    assert_eq!(bo.get("/api/tickets").await.status, 200);
    // While the server runs: the session ends at once.
    let disabled = json(folder.path(), &url, &["user", "disable", "bo@lind.test"]).await;
    assert_eq!(disabled["user"]["id"], added["user"]["id"]);
    assert_eq!(bo.get("/api/tickets").await.status, 401);
    let login = json!({"email": "bo@lind.test", "password": "a long enough secret"});
    assert_eq!(program.client().post("/api/auth/login", login).await.status, 401);
    program.stop().await;
}

#[tokio::test]
async fn the_document_is_the_one_in_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let (code, out, err) = ran(patchcord(folder.path(), &["openapi"])).await;
    assert_eq!(code, 0, "{err}");
    let printed: Value = serde_json::from_str(&out).unwrap();
    let kept: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    assert_eq!(printed["openapi"], "3.1.0");
    assert!(printed == kept, "docs/openapi.json is not what the program prints: run `cargo xtask codegen`");
}

#[tokio::test]
async fn every_command_explains_itself() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (
            &["--help"][..],
            &["serve", "migrate", "seed", "workspace", "user", "openapi", "--json", "OPENAI_API_KEY"][..],
        ),
        (&["serve", "--help"], &["--role", "--demo", "--port", "--bind", "DATABASE_URL", "DRAIN_SECONDS"]),
        (&["migrate", "--help"], &["--database-url", "--config"]),
        (&["seed", "--help"], &["--demo"]),
        (&["workspace", "--help"], &["add", "list"]),
        (&["workspace", "add", "--help"], &["--admin", "NAME"]),
        (&["workspace", "list", "--help"], &["--json"]),
        (&["user", "--help"], &["add", "passwd", "disable"]),
        (&["user", "add", "--help"], &["--workspace", "--role", "AGENT"]),
        (&["user", "passwd", "--help"], &["standard input"]),
        (&["user", "disable", "--help"], &["EMAIL"]),
        (&["openapi", "--help"], &["OpenAPI"]),
        (&["--version"], &["patchcord 0."]),
    ] {
        let (code, out, err) = ran(patchcord(folder.path(), arguments)).await;
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
        for word in words {
            assert!(out.contains(word), "{word} is not in the help of {arguments:?}:\n{out}");
        }
    }
    for arguments in
        [&[][..], &["fly"], &["serve", "--wings"], &["seed"], &["workspace", "add"], &["serve", "--role", "king"]]
    {
        let (code, out, err) = ran(patchcord(folder.path(), arguments)).await;
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}");
        assert!(err.contains("Usage") || err.contains("--help"), "{arguments:?}: {err}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "asking for help left something behind");
}
