//! The process ends without warning before and after every statement of a ticket's and a suggestion's life, and starts
//! again: nothing that was acknowledged is missing, nothing is half there, nothing happened twice.
//!
//! Each round has a fresh copy of a prepared database. A child process (this test program itself, told so by a variable)
//! opens a ticket over HTTP, writes a message, asks for an analysis and does the job, and notes every 2xx in a file the
//! moment it has seen it. A debug build of the store aborts it at the chosen point. Then the desk runs again here, on the
//! same database, is looked at, and is sent the same requests with the same keys, as a client without an answer would.
//!
//! What was planted once to see it fail, and taken out again:
//! - the usage was written in a transaction of its own before the one of the result: red at point 119 of 136 on SQLite,
//!   "two usage rows, or none";
//! - `fenced` took any token: nothing to see here, for a process that is dead does not come back. That is what
//!   `worker::a_worker_that_wakes_first_is_fenced_off_too` is for, and it was red on both engines.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use patchcord_app::App;
use patchcord_domain::id::WorkspaceId;
use patchcord_llm::builtin::{Builtin, Playbooks};
use patchcord_server::Desk;
use patchcord_store::rows::Ticket;
use patchcord_store::{Options as StoreOptions, Store, trail};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::process::Command;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::harness::{self, Client, Engine, PASSWORD, TestClock, Town, both_engines, number, texts};

both_engines!(no_point_of_the_life_of_a_suggestion_loses_or_doubles_anything);

/// Tells the child process what to do, as JSON.
const VARIABLE: &str = "PATCHCORD_TEST_CRASH";
/// Rounds under way at once.
const AT_ONCE: usize = 3;
/// What the clock of each later run is ahead by: more than any lease.
const LATER: i64 = 60_000;

async fn no_point_of_the_life_of_a_suggestion_loses_or_doubles_anything(engine: Engine) {
    let prepared = Arc::new(Prepared::new(engine).await);
    let next = Arc::new(AtomicU64::new(0));
    let mut rounds = tokio::task::JoinSet::new();
    for _ in 0..AT_ONCE {
        let (prepared, next) = (prepared.clone(), next.clone());
        rounds.spawn(async move {
            let mut stopped = Vec::new();
            loop {
                let point = next.fetch_add(1, Ordering::SeqCst);
                let acknowledged = round(&prepared, point).await;
                match acknowledged {
                    Some(acknowledged) => stopped.push((point, acknowledged)),
                    None => return (point, stopped),
                }
            }
        });
    }
    let (mut completed, mut stopped) = (Vec::new(), Vec::new());
    while let Some(done) = rounds.join_next().await {
        let (point, some) = done.unwrap();
        completed.push(point);
        stopped.extend(some);
    }
    stopped.sort_unstable();
    completed.sort_unstable();
    // The first point that is not reached is how many there are: every one before it stopped a process.
    let points = completed[0];
    assert_eq!(stopped.iter().map(|(point, _)| *point).collect::<Vec<_>>(), (0..points).collect::<Vec<_>>());
    assert_eq!(completed, (points..points + AT_ONCE as u64).collect::<Vec<_>>());
    let by_answers = |count: usize| stopped.iter().filter(|(_, acknowledged)| *acknowledged == count).count();
    let spread = [by_answers(0), by_answers(1), by_answers(2), by_answers(3)];
    harness::say(&format!("{engine:?}: {points} points; stopped with 0, 1, 2, 3 answers seen: {spread:?}"));
    assert!(spread.iter().all(|count| *count >= 10), "a part of the story has too few points: {spread:?}");
}

/// A database with people in it, to be copied for each round.
struct Prepared {
    engine: Engine,
    _folder: TempDir,
    options: StoreOptions,
    token: String,
}

impl Prepared {
    async fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (store, options) = engine.database(folder.path()).await;
        let run = Run::start(store, folder.path(), 0).await;
        Town::build(&run.app).await;
        let agent = Client::new(&run.base).signed_in("agent@north.test", PASSWORD).await;
        run.stop().await;
        Self { engine, _folder: folder, options, token: agent.token.unwrap() }
    }

    async fn copy(&self, folder: &Path, point: u64) -> StoreOptions {
        match self.engine {
            Engine::Sqlite => {
                let (from, to) = (self.options.sqlite_file().unwrap(), folder.join("scratch.db"));
                for end in ["", "-wal"] {
                    let from = PathBuf::from(format!("{}{end}", from.display()));
                    if from.exists() {
                        std::fs::copy(from, format!("{}{end}", to.display())).unwrap();
                    }
                }
                // A process that is killed keeps what it gave to the kernel; power cuts are not the matter here.
                StoreOptions {
                    url: format!("sqlite://{}", to.display()),
                    sqlite_full_sync: false,
                    ..self.options.clone()
                }
            }
            Engine::Postgres => {
                let (server, name) = self.options.url.rsplit_once('/').unwrap();
                let copy = format!("{name}_{point}");
                harness::on_server(&format!("CREATE DATABASE {copy} TEMPLATE {name}")).await;
                StoreOptions { url: format!("{server}/{copy}"), ..self.options.clone() }
            }
        }
    }

    async fn remove(&self, options: &StoreOptions) {
        if self.engine == Engine::Postgres {
            let name = options.url.rsplit_once('/').unwrap().1;
            harness::on_server(&format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

/// A desk over a database, without a worker: jobs are done by hand, so that the order of statements is always the same.
struct Run {
    app: App,
    store: Store,
    base: String,
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Run {
    async fn start(store: Store, folder: &Path, ahead: i64) -> Self {
        let clock = Arc::new(TestClock::default());
        clock.forward(ahead);
        let model = Arc::new(Builtin::new(Playbooks::embedded()));
        let app = harness::app(store.clone(), folder, clock, Some(model), patchcord_app::Options::default());
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let desk = Desk::new(app.clone(), patchcord_server::Options::default(), stop.clone());
        let base = harness::serve(desk, &tasks).await;
        Self { app, store, base, stop, tasks }
    }

    async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.store.close().await;
    }

    /// Does jobs until there is none; it must come to an end.
    async fn work(&self) {
        for _ in 0..10 {
            if self.app.work_once().await.unwrap() == 0 {
                return;
            }
        }
        panic!("the jobs do not come to an end");
    }
}

/// What the child process does, and what it is sent again afterwards.
async fn story(run: &Run, token: &str, mut note: impl FnMut(&str, Value)) {
    let agent = Client::new(&run.base).with_token(Some(token));
    let body = json!({"subject": "The harbour printer jams", "message": "The harbour printer jams every morning."});
    let ticket = agent.post_once("/api/tickets", "one", body).await.expect(201);
    let id = ticket["id"].as_str().unwrap().to_owned();
    note("ticket", json!([id, ticket["number"]]));
    let path = format!("/api/tickets/{id}/messages");
    let message =
        agent.post_once(&path, "two", json!({"body": "Somebody from the lighthouse comes."})).await.expect(201);
    note("message", json!([message["id"]]));
    let asked = agent.post_once("/api/copilot/v1/analyze", "three", json!({"ticketId": id})).await.expect(202);
    note("suggestion", json!([asked["data"]["suggestionId"]]));
    run.work().await;
}

/// The child process. Without its variable this is no test and does nothing.
#[test]
fn the_process_that_is_stopped() {
    let Ok(text) = std::env::var(VARIABLE) else { return };
    let told: Value = serde_json::from_str(&text).unwrap();
    let said = |field: &str| told[field].as_str().unwrap().to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    runtime.block_on(async {
        let folder = PathBuf::from(said("folder"));
        let options = StoreOptions {
            stop_at_point: told["point"].as_u64(),
            sqlite_full_sync: false,
            ..StoreOptions::new(said("url"))
        };
        let store = Store::connect(options).await.unwrap();
        let run = Run::start(store, &folder, LATER).await;
        story(&run, &said("token"), |what, ids| harness::append(&folder.join(what), &ids.to_string())).await;
    });
}

/// Stops a process at a point and looks at what it left. Says how many answers the client saw, or `None` when the process
/// ended by itself because it has no such point.
async fn round(prepared: &Prepared, point: u64) -> Option<usize> {
    let folder = tempfile::tempdir().unwrap();
    let options = prepared.copy(folder.path(), point).await;
    let told = json!({"url": options.url, "folder": folder.path(), "token": prepared.token, "point": point});
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "crashes::the_process_that_is_stopped"]).env(VARIABLE, told.to_string());
    let child = child.stdin(Stdio::null()).kill_on_drop(true).output();
    let output = tokio::time::timeout(Duration::from_secs(60), child).await.expect("the child ends").unwrap();
    let stopped = std::os::unix::process::ExitStatusExt::signal(&output.status) == Some(6);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(stopped || output.status.success(), "point {point}: {text} {}", String::from_utf8_lossy(&output.stderr));
    let seen = |what: &str| std::fs::read_to_string(folder.path().join(what)).ok();
    let acknowledged: Vec<(&str, String)> =
        ["ticket", "message", "suggestion"].iter().filter_map(|what| Some((*what, seen(what)?))).collect();

    let store = Store::connect(options.clone()).await.unwrap();
    let run = Run::start(store, folder.path(), 2 * LATER).await;
    let mut faults = look(&run, "after the stop", false).await;
    for (what, ids) in &acknowledged {
        let ids: Value = serde_json::from_str(ids).unwrap();
        let table = [("ticket", "tickets"), ("message", "ticket_messages"), ("suggestion", "ai_suggestions")];
        let table = table.iter().find(|(name, _)| name == what).unwrap().1;
        let there = format!("SELECT COUNT(*) FROM {table} WHERE id = '{}'", ids[0].as_str().unwrap());
        if number(&run.store, &there).await != 1 {
            faults.push(format!("the {what} that was acknowledged is gone"));
        }
    }
    run.work().await;
    faults.extend(look(&run, "after the work", true).await);
    let mut again = Vec::new();
    story(&run, &prepared.token, |what, ids| again.push((what.to_owned(), ids.to_string()))).await;
    for (what, ids) in &acknowledged {
        if !again.contains(&((*what).to_owned(), ids.clone())) {
            faults.push(format!("{what}: {ids} was acknowledged, but the same request got {again:?}"));
        }
    }
    faults.extend(look(&run, "after the repetition", true).await);
    for (table, count) in [("tickets", 1), ("ticket_messages", 2), ("ai_suggestions", 1), ("jobs", 1)] {
        let found = number(&run.store, &format!("SELECT COUNT(*) FROM {table}")).await;
        if found != count {
            faults.push(format!("{found} rows in {table} instead of {count}"));
        }
    }
    let agent = Client::new(&run.base).with_token(Some(&prepared.token));
    let second = agent.ticket("Another one", "After all that.").await;
    let first = number(&run.store, "SELECT MIN(number) FROM tickets").await;
    if second["number"].as_i64().unwrap() <= first {
        faults.push(format!("the next number is {}, after {first}", second["number"]));
    }
    run.stop().await;
    prepared.remove(&options).await;
    assert!(faults.is_empty(), "stopped at point {point}:\n{}", faults.join("\n"));
    stopped.then_some(acknowledged.len())
}

/// What is half there, missing or doubled. With `done` no suggestion may be without its end any more.
async fn look(run: &Run, when: &str, done: bool) -> Vec<String> {
    let rows = |from: &str, of: &str| format!("(SELECT COUNT(*) FROM {from} WHERE {of})");
    let lines = |kind: &str| rows("ticket_events e", &format!("e.ticket_id = t.id AND e.kind = '{kind}'"));
    let told = |kind: &str| rows("events e", &format!("e.subject_id = t.id AND e.type = '{kind}'"));
    let words = |word: &str| {
        rows("search_documents d", &format!("d.kind = 'ticket' AND d.subject_id = t.id AND d.text LIKE '%{word}%'"))
    };
    let states = |state: &str| {
        let of = "e.type = 'suggestion.updated' AND e.data->>'suggestionId' = s.id AND e.data->>'state'";
        rows("events e", &format!("{of} = '{state}'"))
    };
    let job = |state: &str| rows("jobs j", &format!("j.dedup_key = 'copilot:' || s.id AND j.state {state}"));
    let usage = rows("ai_usage_logs u", "u.suggestion_id = s.id");
    let open = if done { "FALSE" } else { "s.state IN ('queued', 'running')" };
    let messages = rows("ticket_messages m", "m.ticket_id = t.id");
    let tickets = [
        ("a ticket whose messages do not match", format!("{messages} <> t.message_count")),
        ("a ticket without its first audit line", format!("{} <> 1", lines("TICKET_CREATED"))),
        ("a message without its audit line", format!("{} <> t.message_count - 1", lines("MESSAGE_ADDED"))),
        ("a ticket without its event", format!("{} <> 1", told("ticket.created"))),
        ("a message without its event", format!("{} <> t.message_count - 1", told("ticket.message"))),
        ("a ticket that is not found", format!("{} <> 1", words("harbour"))),
        ("a message that is not found", format!("{} <> t.message_count - 1", words("lighthouse"))),
        (
            "a suggestion without its audit line",
            format!("{} <> {}", lines("SUGGESTION_CREATED"), rows("ai_suggestions s", "s.ticket_id = t.id")),
        ),
    ];
    let suggestions = [
        ("a suggestion without its job", format!("{} <> 1", job("IN ('READY', 'RUNNING', 'DONE')"))),
        ("a suggestion without its event", format!("{} <> 1", states("queued"))),
        ("a suggestion without its end", format!("NOT (s.state = 'success' OR {open})")),
        ("a result without the end of its job", format!("s.state = 'success' AND {} <> 1", job("= 'DONE'"))),
        ("an end of a job without the result", format!("s.state <> 'success' AND {} <> 0", job("= 'DONE'"))),
        ("a result that is not there", "s.state = 'success' AND s.content IS NULL".to_owned()),
        ("an end without its event", format!("s.state = 'success' AND {} <> 1", states("success"))),
        ("an event without the end", format!("s.state <> 'success' AND {} <> 0", states("success"))),
        ("two usage rows, or none", format!("{usage} <> CASE s.state WHEN 'success' THEN 1 ELSE 0 END")),
    ];
    let orphans = [
        (
            "an audit line of no ticket",
            "SELECT COUNT(*) FROM ticket_events WHERE ticket_id NOT IN (SELECT id FROM tickets)",
        ),
        (
            "a search document of no ticket",
            "SELECT COUNT(*) FROM search_documents WHERE kind = 'ticket' AND subject_id NOT IN (SELECT id FROM tickets)",
        ),
        ("an event of no ticket", "SELECT COUNT(*) FROM events WHERE subject_id NOT IN (SELECT id FROM tickets)"),
        ("a number twice", "SELECT COUNT(*) - COUNT(DISTINCT number) FROM tickets"),
        ("a key without an answer", "SELECT COUNT(*) FROM idempotency_keys WHERE response_status IS NULL"),
    ];
    let tickets = tickets.map(|(what, wrong)| (what, format!("SELECT COUNT(*) FROM tickets t WHERE {wrong}")));
    let suggestions =
        suggestions.map(|(what, wrong)| (what, format!("SELECT COUNT(*) FROM ai_suggestions s WHERE {wrong}")));
    let orphans = orphans.map(|(what, sql)| (what, sql.to_owned()));
    // One statement for all of them: it is run three times a round.
    let all: Vec<String> = tickets
        .into_iter()
        .chain(suggestions)
        .chain(orphans)
        .map(|(what, sql)| format!("SELECT '{what}' AS what, ({sql}) AS found"))
        .collect();
    let found = format!("SELECT what FROM ({}) AS looked_for WHERE found <> 0", all.join(" UNION ALL "));
    let mut faults: Vec<String> =
        texts(&run.store, &found).await.into_iter().map(|what| format!("{when}: {what}")).collect();
    for pair in texts(&run.store, "SELECT workspace_id || '/' || id FROM tickets").await {
        let (workspace, id) = pair.split_once('/').unwrap();
        let workspace = WorkspaceId::new(workspace);
        let tenant = run.store.tenant(&workspace);
        let ticket = tenant.get::<Ticket>(id).await.unwrap().unwrap();
        let lines = trail::all(tenant, id).await.unwrap();
        faults.extend(trail::verify(&run.app.keys.audit, &ticket, &lines).into_iter().map(|f| format!("{when}: {f}")));
    }
    faults
}
