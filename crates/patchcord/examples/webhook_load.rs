//! How many deliveries of webhooks a node sends a minute while half of the receivers are slow:
//! `cargo run --release --example webhook_load`.
//!
//! Forty endpoints: twenty answer at once, eighteen after two seconds, two never. A hundred and fifty tickets are opened as fast
//! as it goes, and each is told to all of them. On SQLite, and on PostgreSQL when `PATCHCORD_TEST_POSTGRES` names a server.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement, not the product"
)]

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use patchcord_agents::Agents;
use patchcord_app::api_tokens::TokenUse;
use patchcord_app::calls::{self, Calls, Rates};
use patchcord_app::keys::Keys;
use patchcord_app::live::Live;
use patchcord_app::meters::Meters;
use patchcord_app::outgoing::{self, Outgoing, SystemResolver};
use patchcord_app::passwords::{Cost, Passwords};
use patchcord_app::storage::Storage;
use patchcord_app::tickets::NewTicket;
use patchcord_app::users::NewUser;
use patchcord_app::webhooks::{NewEndpoint, Webhooks};
use patchcord_app::{App, Inner, Options};
use patchcord_domain::id::{Entropy, WorkspaceId};
use patchcord_domain::machine::NoGauges;
use patchcord_domain::redaction::{self, Redactor};
use patchcord_domain::time::Clock;
use patchcord_domain::user::{Actor, Role};
use patchcord_llm::Prices;
use patchcord_llm::builtin::{Builtin, Playbooks};
use patchcord_simulator::webhook::{Receiver, Reply};
use patchcord_store::{Store, scratch};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const ENDPOINTS: usize = 40;
const TICKETS: usize = 150;

struct Machine;

impl Clock for Machine {
    fn now(&self) -> i64 {
        SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis().try_into().unwrap()
    }
}

impl Entropy for Machine {
    fn fill(&self, buffer: &mut [u8]) {
        aws_lc_rs::rand::fill(buffer).unwrap();
    }
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let (store, _) = scratch::sqlite(folder.path()).await.unwrap();
    measure("SQLite", store, folder.path()).await;
    match std::env::var("PATCHCORD_TEST_POSTGRES") {
        Ok(url) => {
            let (store, _) = scratch::postgres(&url, &format!("webhooks_{}", std::process::id())).await.unwrap();
            measure("PostgreSQL", store, folder.path()).await;
        }
        Err(_) => println!("webhook deliveries with a slow half, PostgreSQL: not measured"),
    }
}

fn app(store: Store, folder: &std::path::Path) -> App {
    let allowed = vec!["127.0.0.0/8".parse().unwrap()];
    let outgoing = outgoing::Options { allowed, ..outgoing::Options::default() };
    let speech = (Rates::embedded(), Arc::new(Agents::embedded()), Arc::new(Builtin::new(Playbooks::embedded())));
    App::new(Inner {
        store,
        clock: Arc::new(Machine),
        entropy: Arc::new(Machine),
        keys: Keys::derive(&[7; 32]),
        passwords: Passwords::new(Cost { memory_kib: 8, passes: 1 }, &Machine).unwrap(),
        storage: Storage::folder(&folder.join("attachments")).unwrap(),
        model: None,
        redactor: Redactor::new(redaction::Options::default()),
        prices: Prices::embedded(),
        live: Live::default(),
        token_use: TokenUse::default(),
        identity: None,
        crm: None,
        calls: Calls::new(calls::Options::default(), speech, None, &Machine),
        outgoing: Outgoing::new(outgoing, Arc::new(SystemResolver)),
        webhooks: Webhooks::default(),
        background: TaskTracker::new(),
        meters: Meters::default(),
        machine: patchcord_app::Machine { node: "load".into(), gauges: Arc::new(NoGauges) },
        options: Options::default(),
    })
}

fn kind(number: usize) -> &'static str {
    match number % 4 {
        0 | 2 => "quick",
        3 if number % 10 == 1 => "never",
        _ => "slow",
    }
}

async fn measure(engine: &str, store: Store, folder: &std::path::Path) {
    let receiver = Receiver::answering(|one| match one.path.split('/').nth(1).unwrap_or_default() {
        "quick" => Reply::Status(200),
        "slow" => Reply::Late(2_000),
        _ => Reply::Hang,
    })
    .await;
    let app = app(store.clone(), folder);
    let admin = NewUser {
        email: "admin@load.test".into(),
        name: "Admin".into(),
        role: "ADMIN".into(),
        password: Some("a long enough secret".into()),
        phone: None,
    };
    let (workspace, invited) = app.add_workspace("Load", admin).await.unwrap();
    let workspace_id = WorkspaceId::new(workspace.id);
    let actor = Actor { workspace_id, user_id: invited.user.id, role: Role::Admin };
    for number in 0..ENDPOINTS {
        let url = receiver.url(&format!("/{}/{number}", kind(number)));
        let input = NewEndpoint { url, events: vec!["ticket.created".into()], disabled: false };
        app.add_webhook(&actor, input, None, |_| (201, Value::Null)).await.unwrap();
    }
    let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
    app.start_live(&tasks, stop.clone());
    app.start_worker(&tasks, stop.clone());
    let began = Instant::now();
    for number in 0..TICKETS {
        let input =
            NewTicket { subject: format!("Ticket {number}"), message: "One of many.".into(), ..NewTicket::default() };
        app.create_ticket(&actor, input, None, |_| (201, Value::Null)).await.unwrap();
    }
    let all = |name: &str| (0..ENDPOINTS).filter(|number| kind(*number) == name).count() * TICKETS;
    let arrived = |name: &str| receiver.count_under(&format!("/{name}/"));
    let (mut quick, mut slow) = (None, None);
    while (quick.is_none() || slow.is_none()) && began.elapsed() < Duration::from_secs(180) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        quick = quick.or_else(|| (arrived("quick") == all("quick")).then(|| began.elapsed()));
        slow = slow.or_else(|| (arrived("slow") == all("slow")).then(|| began.elapsed()));
    }
    let shown = match (quick, slow) {
        (Some(quick), Some(slow)) => {
            let rate = |count: usize, took: Duration| count as f64 * 60.0 / took.as_secs_f64();
            format!(
                "{:.0} a minute, of which the quick half {:.0} a minute",
                rate(all("quick") + all("slow"), slow.max(quick)),
                rate(all("quick"), quick)
            )
        }
        _ => format!("not all in three minutes: {} and {}", arrived("quick"), arrived("slow")),
    };
    println!("webhook deliveries with a slow half, {engine}: {shown}");
    stop.cancel();
    tasks.close();
    tasks.wait().await;
    store.close().await;
}
