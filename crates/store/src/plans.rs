//! A test of every statement: an index serves it on both engines. The statements are those that the connections really get.

mod calls;
mod figures;
mod people;
mod sending;
mod service_levels;
mod short_lists;
mod steps;
mod ticket_filters;

use std::sync::{Arc, Mutex};

use patchcord_domain::audit::AuditKey;
use patchcord_domain::copilot::Sentiment;
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::ticket::{Channel, Priority, Status};
use sea_orm::{ConnectionTrait, DatabaseConnection, Statement};
use serde_json::{Value as Json, json};

use crate::kept::Connections;
use crate::rows::{Domain, LoginAttempt, RefreshToken, Ticket};
use crate::ticket_list::{Query, Sla, Sort};
use crate::unscoped::events::Position;
use crate::unscoped::{
    api_tokens as any_token, health, identities, jobs as worker, phone_numbers as all_numbers, recurring, sign_in,
    upkeep, webhooks as all_webhooks, workspaces as all_workspaces,
};
use crate::{
    Options, Store, StoreError, Tenant, Tx, api_tokens, articles, audit_log, catalogues, connect, contact_devices,
    devices, directory, escalations, events, idempotency, imports, jobs, macros, merges, messages, metrics,
    phone_numbers, saved_views, scratch, search, sessions, sla_policies, suggestions, support_agents, teams,
    ticket_list, tickets, trail, users, waiting, webhooks, workspaces,
};

use steps::explain;

type Seen = Arc<Mutex<Vec<Statement>>>;

/// Another store on the same database, whose statements are written down.
async fn watched(options: &Options) -> (Store, Seen, DatabaseConnection) {
    let seen = Seen::default();
    let mut pools = connect::connect(options).await.unwrap();
    let plain = pools.writer.clone();
    let watch = |mut pool: DatabaseConnection| {
        let seen = seen.clone();
        pool.set_metric_callback(move |info| {
            assert!(!info.failed, "{}", info.statement);
            seen.lock().unwrap().push(info.statement.clone());
        });
        pool
    };
    pools.writer = watch(pools.writer);
    pools.read = Connections::Pooled(watch(pools.read.pooled()));
    pools.counters = pools.counters.map(|counters| Connections::Pooled(watch(counters.pooled())));
    (Store::over(pools, options), seen, plain)
}

fn every_filter(sort: Sort) -> Query {
    Query {
        statuses: vec![Status::Open, Status::Closed],
        priorities: vec![Priority::Low],
        channels: vec![Channel::Web],
        product_areas: vec!["a".into()],
        assignees: vec![None, Some("a".into())],
        organizations: vec!["a".into()],
        contacts: vec!["a".into()],
        devices: vec!["a".into()],
        tags: vec!["a".into(), "b".into()],
        sentiments: vec![Sentiment::Neutral],
        sla: Some(Sla::DueSoon),
        copilot: Some(ticket_filters::suggested()),
        replied: Some(ticket_filters::replied()),
        created_from: Some(1),
        created_to: Some(2),
        created_within: Some(vec![1..2, 3..4]),
        resolved_from: Some(1),
        resolved_to: Some(2),
        first_responded_from: Some(1),
        first_responded_to: Some(2),
        words: Some("two words".into()),
        sort,
        descending: true,
        after: Some((5, "x".into())),
        offset: 1,
        limit: 5,
        now: 5,
    }
}

fn no_filter(sort: Sort) -> Query {
    Query {
        statuses: vec![],
        priorities: vec![],
        channels: vec![],
        product_areas: vec![],
        assignees: vec![],
        organizations: vec![],
        contacts: vec![],
        devices: vec![],
        tags: vec![],
        sentiments: vec![],
        sla: None,
        copilot: None,
        replied: None,
        created_from: None,
        created_to: None,
        created_within: None,
        resolved_from: None,
        resolved_to: None,
        first_responded_from: None,
        first_responded_to: None,
        words: None,
        ..every_filter(sort)
    }
}

/// Calls everything that reads through a handle.
async fn read(t: Tenant<'_, crate::Reader>) -> Result<(), StoreError> {
    let some = ["a".to_owned(), "b".to_owned()];
    for sort in [Sort::CreatedAt, Sort::UpdatedAt, Sort::Number, Sort::Priority] {
        for query in [
            no_filter(sort),
            every_filter(sort),
            Query { offset: 0, ..no_filter(sort) },
            Query { words: Some("w".into()), ..no_filter(sort) },
            Query { devices: some.to_vec(), ..no_filter(sort) },
        ] {
            ticket_list::page(t, &query).await?;
            ticket_list::count(t, &query).await?;
        }
    }
    ticket_filters::read(t).await?;
    search::any_word(t, search::TICKET, "two words", 5).await?;
    tickets::by_number(t, 1).await?;
    tickets::attachments(t, "t").await?;
    tickets::attachment_by_content(t, "t", "s").await?;
    tickets::storage_key_in_use(t, "k").await?;
    tickets::current_assignment(t, "t").await?;
    tickets::escalations(t, "t").await?;
    tickets::agent_of_user(t, "u").await?;
    messages::newest(t, "t", 5).await?;
    messages::first(t, "t", 5).await?;
    trail::newest(t, "t", 5).await?;
    trail::newest_of_kind(t, "t", "k").await?;
    suggestions::of_ticket(t, "t").await?;
    suggestions::judged(t, 5).await?;
    suggestions::conversation(t, "t", "u").await?;
    suggestions::cached(t, "k", 5).await?;
    suggestions::cost_since(t, 5).await?;
    articles::published(t, &some).await?;
    directory::device(t, "d").await?;
    directory::contacts(t, &some).await?;
    directory::support_agents(t, &some).await?;
    directory::all_support_agents(t).await?;
    directory::finished_tickets(t, &some).await?;
    users::page(t, 5, 5).await?;
    users::count(t).await?;
    users::active_admins(t).await?;
    users::some(t, &some).await?;
    users::open_invitations(t, "u").await?;
    workspaces::own(t).await?;
    t.get::<Ticket>("t").await?;
    tickets::some(t, &some).await?;
    messages::first_of_customers(t, &some).await?;
    trail::newest_besides(t, "t", &["k", "l"], 5).await?;
    trail::all(t, "t").await?;
    suggestions::usage(t, 5).await?;
    api_tokens::page(t, 5, 5).await?;
    api_tokens::count(t).await?;
    for owner in [None, Some("u")] {
        macros::count(t, owner).await?;
        saved_views::count(t, owner).await?;
    }
    macros::visible(t, "u", 5).await?;
    saved_views::visible(t, "u", 5).await?;
    suggestions::tokens_since(t, 5).await?;
    phone_numbers::is_there(t, "n").await?;
    teams::covering(t, "a", "").await?;
    teams::is_named(t, "n", "").await?;
    teams::members(t, &some).await?;
    teams::of_agent(t, "a").await?;
    teams::ready(t, "t").await?;
    waiting::of_team(t, "t", 5).await?;
    waiting::team_of(t, "t").await?;
    waiting::teams_of_agent(t, "a").await?;
    waiting::teams(t).await?;
    short_lists::read(t).await?;
    webhooks::backlog(t, 5).await?;
    merges::sources(t, "t").await?;
    merges::newest_lines(t, &some, 5).await?;
    calls::read(t).await?;
    figures::read(t).await?;
    people::read(t).await?;
    lists(t).await
}

/// The lists with filters of their own.
async fn lists(t: Tenant<'_, crate::Reader>) -> Result<(), StoreError> {
    let (some, after) = (vec!["a".to_owned(), "b".to_owned()], Some((5, "x".to_owned())));
    let log = audit_log::Query { limit: 5, ..Default::default() };
    let of_time = audit_log::Query { from: Some(1), to: Some(9), after: after.clone(), ..log.clone() };
    for query in [
        audit_log::Query { actions: some.clone(), ..of_time.clone() },
        audit_log::Query { actors: some.clone(), ..of_time.clone() },
        audit_log::Query { subjects: some.clone(), ..of_time.clone() },
        audit_log::Query { actions: some.clone(), actors: some.clone(), subjects: some.clone(), ..of_time.clone() },
        of_time,
        log,
    ] {
        audit_log::page(t, &query).await?;
    }
    let any = escalations::Query { offset: 5, limit: 5, ..Default::default() };
    for of in [None, Some((None, "u".to_owned())), Some((Some("a".to_owned()), "u".to_owned()))] {
        for statuses in [vec![], vec!["PENDING", "ACCEPTED"]] {
            for after in [None, after.clone()] {
                let query = escalations::Query { statuses: statuses.clone(), of: of.clone(), after, ..any.clone() };
                escalations::page(t, &query).await?;
                escalations::count(t, &query).await?;
            }
        }
    }
    escalations::line(t, "e").await?;
    webhooks::endpoints(t, 5, 5).await?;
    webhooks::count(t).await?;
    webhooks::told(t, "t").await?;
    let deliveries = webhooks::Query { endpoint_id: "e".into(), offset: 5, limit: 5, ..Default::default() };
    for states in [vec![], vec!["PENDING"], vec!["PENDING", "FAILED"]] {
        for after in [None, after.clone()] {
            let query = webhooks::Query { states: states.clone(), after, ..deliveries.clone() };
            webhooks::page(t, &query).await?;
            webhooks::count_deliveries(t, &query).await?;
        }
    }
    service_levels::read(t, after.clone()).await?;
    for by_created in [false, true] {
        let all = articles::Query { by_created, descending: true, offset: 5, limit: 5, ..Default::default() };
        let words = articles::Query { words: Some("two words".into()), ..all.clone() };
        let statuses = articles::Query { statuses: vec!["DRAFT".into()], after: after.clone(), ..all.clone() };
        let areas = articles::Query { product_areas: some.clone(), ..all.clone() };
        let every = articles::Query { tags: some.clone(), product_areas: some.clone(), ..statuses.clone() };
        for query in
            [all, statuses, areas, articles::Query { words: words.words.clone(), ..every.clone() }, every, words]
        {
            articles::page(t, &query).await?;
            articles::count(t, &query).await?;
        }
    }
    things(t).await
}

/// Devices and their catalogues.
async fn things(t: Tenant<'_, crate::Reader>) -> Result<(), StoreError> {
    use devices::{After, Query, Sort};
    let some = vec!["a".to_owned(), "b".to_owned()];
    for (sort, after) in [
        (Sort::Name, After::Name("n".into(), "i".into())),
        (Sort::CreatedAt, After::At(5, "i".into())),
        (Sort::UpdatedAt, After::At(5, "i".into())),
    ] {
        let all = Query { sort, descending: true, after: Some(after), offset: 5, limit: 5, ..Query::default() };
        let every = Query {
            organizations: some.clone(),
            contacts: some.clone(),
            types: some.clone(),
            statuses: some.clone(),
            names: some.clone(),
            serial_numbers: some.clone(),
            asset_tags: some.clone(),
            ip_addresses: some.clone(),
            mac_addresses: some.clone(),
            words: Some("two.words three".into()),
            ..all.clone()
        };
        for query in [
            Query { organizations: some.clone(), ..all.clone() },
            Query { contacts: some.clone(), ..all.clone() },
            Query { names: some.clone(), ..all.clone() },
            Query { serial_numbers: some.clone(), ..all.clone() },
            Query { asset_tags: some.clone(), ..all.clone() },
            Query { ip_addresses: some.clone(), ..all.clone() },
            Query { mac_addresses: some.clone(), ..all.clone() },
            Query { words: every.words.clone(), ..all.clone() },
            Query { after: None, offset: 0, ..all.clone() },
            all,
            every,
        ] {
            devices::page(t, &query).await?;
            devices::count(t, &query).await?;
        }
    }
    devices::line(t, "d").await?;
    devices::users(t, "d", 5).await?;
    devices::open_tickets(t, "d").await?;
    devices::used_by(t, "d").await?;
    contact_devices::use_of(t, "c", "d").await?;
    for catalogue in catalogues::Catalogue::ALL {
        use catalogues::Query;
        let all = Query { after: Some(("n".into(), "i".into())), offset: 5, limit: 5, ..Query::default() };
        let names = Query { names: some.clone(), ..all.clone() };
        let beginning = Query { beginning: Some("b".into()), descending: true, ..all.clone() };
        for query in [all.clone(), names, beginning] {
            catalogues::page(t, catalogue, &query).await?;
            catalogues::count(t, catalogue, &query).await?;
        }
        catalogues::get(t, catalogue, "e").await?;
        catalogues::named(t, catalogue, "n", Some("o"), Some("e")).await?;
        catalogues::used_by(t, catalogue, "e").await?;
    }
    let query = catalogues::Query { manufacturers: some, limit: 5, ..Default::default() };
    catalogues::page(t, catalogues::Catalogue::Models, &query).await?;
    catalogues::count(t, catalogues::Catalogue::Models, &query).await?;
    imported(t, imports::Reading::Looked).await
}

/// What a piece of an imported file asks for.
async fn imported<C: ConnectionTrait>(t: Tenant<'_, C>, reading: imports::Reading) -> Result<(), StoreError> {
    let some = ["a".to_owned(), "b".to_owned()];
    imports::organizations(t, &some, &some, reading).await?;
    imports::locations(t, &some, &some).await?;
    imports::contacts(t, &some, &some, &some, reading).await?;
    imports::devices(t, &some, &some, &some, &some, reading).await?;
    imports::account_managers(t).await?;
    for catalogue in catalogues::Catalogue::ALL {
        imports::entries(t, catalogue, &some).await?;
    }
    Ok(())
}

/// Calls everything that writes; no row is there, so nothing is changed.
async fn write(tx: &Tx, workspace: &WorkspaceId) -> Result<(), StoreError> {
    let t = tx.tenant(workspace);
    t.lock::<Ticket>("t").await?;
    let domain =
        Domain { workspace_id: "w".into(), id: "d".into(), name: "d".into(), version: 1, created_at: 1, updated_at: 1 };
    t.save(domain).await?;
    suggestions::start(t, "s", 5).await?;
    suggestions::forget_conversation(t, "t", "u").await?;
    suggestions::cache(t, "k", json!(1), 5).await?;
    search::append(t, search::TICKET, "t", "text").await?;
    search::append(t, search::TICKET, "t", "text").await?;
    search::replace(t, search::TICKET, "t", "text").await?;
    let token = RefreshToken {
        workspace_id: "w".into(),
        id: "r".into(),
        user_id: "u".into(),
        token_hash: "h".into(),
        family_id: "f".into(),
        expires_at: 1,
        used_at: None,
        revoked_at: None,
        user_agent: None,
        ip: None,
        created_at: 1,
    };
    sessions::use_token(t, &token, 5).await?;
    sessions::revoke_family(t, "f", 5).await?;
    sessions::revoke_user(t, "u", Some("f"), 5).await?;
    sessions::went_on(t, &token, 5).await?;
    users::lock_admins(t).await?;
    if let Some(own) = workspaces::lock(t).await? {
        workspaces::save(t, own).await?;
    }
    macros::delete(t, "m").await?;
    support_agents::remove(t, "a").await?;
    phone_numbers::remove(t, "n").await?;
    all_numbers::hand_over(tx, "n", 5).await?;
    teams::lock_members(t, "t").await?;
    teams::remove_member(t, "t", "a").await?;
    teams::took_turn(t, "t", "a").await?;
    teams::remove(t, "t").await?;
    waiting::remove(t, "t").await?;
    waiting::forget_team(t, "t").await?;
    saved_views::delete(t, "v").await?;
    sla_policies::delete(t, "p").await?;
    articles::remove(t, "a").await?;
    people::write(t).await?;
    devices::remove(t, "d").await?;
    contact_devices::forget_use(t, "c", "d").await?;
    imported(t, imports::Reading::Locked).await?;
    imports::put_documents(t, search::DEVICE, &[("d".to_owned(), "text".to_owned())]).await?;
    for catalogue in catalogues::Catalogue::ALL {
        if let Some(entry) = catalogues::lock(t, catalogue, "e").await? {
            catalogues::save(t, catalogue, &entry).await?;
        }
        catalogues::remove(t, catalogue, "e").await?;
    }
    search::forget(t, search::TICKET, "t").await?;
    merges::move_all(t, "t", "u").await?;
    merges::move_search(t, "t", "u").await?;
    merges::unfinished_suggestions(t, "t").await?;
    any_token::mark_used(tx, "w", "a", 5).await?;
    figures::recount(t).await?;
    jobs::withdraw(t, "k", "reason", 5).await?;
    let slot = idempotency::Slot { user_id: "u".into(), method: "M".into(), path: "/".into(), key: "k".into() };
    idempotency::complete(t, &slot, 200, "{}").await?;
    let event = events::NewEvent { id: "e".into(), kind: "k", topic: "t", subject_id: "s", data: json!({}), at: 1 };
    events::record(t, event).await?;
    let mut job = jobs::NewJob {
        id: "j".into(),
        kind: "k",
        payload: json!({}),
        priority: 5,
        run_at: 1,
        max_attempts: 1,
        dedup_key: None,
        at: 1,
    };
    jobs::enqueue(t, job.clone()).await?;
    (job.id, job.priority) = ("i".into(), 9);
    jobs::enqueue(t, job).await?;
    worker::claim(tx, "token", 5, 50, 5).await?;
    worker::rescue(tx, 5).await?;
    recurring::begin_again(tx, "k", 5, 5).await?;
    let attempt = LoginAttempt { id: "a".into(), email: "e".into(), address: "a".into(), at: 1, success: false };
    sign_in::record_attempt(tx, attempt).await?;
    sign_in::mark_success(tx, "a").await?;
    sign_in::failures_since(tx, "e", "a", 5).await?;
    upkeep::sweep(tx, 5).await?;
    webhooks::reserve(t, "e", 5).await?;
    sending::write(tx).await?;
    calls::write(tx, t).await?;
    let mut ticket: Option<Ticket> = t.get("t").await?;
    if let Some(ticket) = &mut ticket {
        let line =
            trail::Line { id: "l".into(), kind: "K", actor_type: "SYSTEM", actor_id: None, payload: json!({}), at: 1 };
        trail::append(t, &AuditKey::new(&[1; 32]), ticket, line).await?;
    }
    Ok(())
}

/// Calls everything that is not bound to one workspace.
async fn read_unscoped(store: &Store) -> Result<(), StoreError> {
    let reader = store.reader();
    crate::unscoped::events::after(reader, Position { xid: 5, seq: 5 }, 5).await?;
    crate::unscoped::events::newest(reader).await?;
    crate::unscoped::events::by_id(reader, "e").await?;
    worker::oldest_lease(reader).await?;
    health::since(reader, 5, 5).await?;
    health::waiting_since(reader, 5).await?;
    metrics::marked_workspaces(reader, false).await?;
    metrics::marked_workspaces(reader, true).await?;
    worker::depth(reader).await?;
    worker::by_id(reader, "j").await?;
    recurring::without(reader, "k:").await?;
    recurring::any_due(reader, "k", 5).await?;
    sign_in::user_by_email(reader, "e").await?;
    sign_in::user_by_id(reader, "u").await?;
    sign_in::session(reader, "u", "f").await?;
    sign_in::refresh_token(reader, "h").await?;
    sign_in::invitation(reader, "h").await?;
    all_workspaces::by_slug(reader, "s").await?;
    any_token::live(reader, "h").await?;
    any_token::by_id(reader, "a").await?;
    identities::user(reader, "i", "s").await?;
    all_numbers::taking_calls(reader, "n").await?;
    all_webhooks::cursor(reader).await?;
    all_webhooks::enabled(reader).await?;
    all_webhooks::due(reader, 5).await?;
    all_webhooks::managed(reader).await?;
    calls::read_all(reader).await?;
    Ok(())
}

/// Every statement that was sent, one by one.
async fn statements(store: &Store, seen: &Seen) -> Vec<Statement> {
    let workspace = WorkspaceId::new("w");
    Box::pin(read(store.tenant(&workspace))).await.unwrap();
    read_unscoped(store).await.unwrap();
    tickets::reserve_number(store, &workspace).await.unwrap_or(tickets::Number::InTransaction);
    store
        .write::<(), StoreError, _>(move |tx| Box::pin(async move { write(tx, &WorkspaceId::new("w")).await }))
        .await
        .unwrap();
    let seen = seen.lock().unwrap();
    let each = seen.iter().flat_map(|whole| {
        // Statements that were batched stand in one text and share their values.
        whole.sql.split("; ").map(|sql| Statement { sql: sql.to_owned(), ..whole.clone() })
    });
    each.filter(|statement| !statement.sql.starts_with("INSERT") && !statement.sql.contains("advisory")).collect()
}

/// Whole indexes that may be walked: they hold only what is looked for, or the walk ends at once. Workspaces are few, and work
/// that recurs is for each of them.
const WALKED: &[&str] = &[
    "jobs_ready",
    "jobs_running",
    "events_in_order",
    "due",
    "CONSTANT ROW",
    "sqlite_autoindex_workspaces_1",
    "workspaces_pkey",
    "webhook_endpoints_enabled",
    "webhook_endpoints_managed",
    "webhook_endpoints_deleted",
    // Calls that are held right now, and those in progress, of all workspaces.
    "calls_held",
    "calls_open",
    // Its first entry alone.
    "phone_numbers_by_number",
];

/// What SQLite says of rows that the statement itself gathered before, which are no table.
const DERIVED: &[&str] = &[
    "SCAN hits",
    "SCAN level",
    "SCAN levels",
    "SCAN spoken",
    "SCAN merged",
    "SCAN n",
    "SCAN turn",
    "SCAN taken",
    "SCAN counted",
    "SCAN page",
    "SCAN newest",
    "SCAN found",
    "SCAN waiting",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_statement_scans_a_table_of_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    let (first, options) = scratch::sqlite(folder.path()).await.unwrap();
    add_workspace(&first).await;
    let (store, seen, plain) = watched(&options).await;
    let (mut explained, mut scans) = (0, Vec::new());
    for statement in statements(&store, &seen).await {
        for row in plain.query_all_raw(explain("EXPLAIN QUERY PLAN", &statement)).await.unwrap() {
            let step: String = row.try_get("", "detail").unwrap();
            let derived = DERIVED.contains(&step.as_str()) || step.starts_with("SCAN (subquery-");
            let walks = step.starts_with("SCAN") && !step.contains("VIRTUAL TABLE INDEX") && !derived;
            if walks && !WALKED.iter().any(|name| step.contains(name)) {
                scans.push(format!("{step}: {}", statement.sql));
            }
            explained += 1;
        }
    }
    assert!(scans.is_empty(), "{scans:#?}");
    assert!(explained > 100, "{explained}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_statement_scans_a_table_of_postgres() {
    #[expect(clippy::disallowed_methods, reason = "a test takes its database from the machine")]
    let server = std::env::var("PATCHCORD_TEST_POSTGRES")
        .expect("PATCHCORD_TEST_POSTGRES names no server: run `make test`, or `cargo xtask postgres cargo test`");
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_micros();
    let name = format!("plans_{now}_{}", std::process::id());
    let (first, options) = scratch::postgres(&server, &name).await.unwrap();
    add_workspace(&first).await;
    first.close().await;
    let (store, seen, _) = watched(&options).await;
    let all = statements(&store, &seen).await;
    // Connections from now on take any index rather than none.
    let change = format!("ALTER DATABASE {name} SET enable_seqscan = off");
    store.reader().execute_unprepared(&change).await.unwrap();
    let fresh = connect::connect(&options).await.unwrap().read;
    let (mut explained, mut scans) = (0, Vec::new());
    for statement in all {
        let row = fresh.query_one_raw(explain("EXPLAIN (FORMAT JSON)", &statement)).await.unwrap().unwrap();
        let plan: Json = row.try_get_by_index(0).unwrap();
        scans.extend(walks(&plan[0]["Plan"]).into_iter().map(|node| format!("{node}: {}", statement.sql)));
        explained += 1;
    }
    assert!(scans.is_empty(), "{scans:#?}");
    assert!(explained > 60, "{explained}");
}

/// The first step of a plan that walks through a whole table or a whole index.
fn walks(node: &Json) -> Option<String> {
    let kind = node["Node Type"].as_str().unwrap();
    let reads = kind == "Seq Scan" || kind.contains("Index") && kind.contains("Scan") && node["Index Cond"].is_null();
    let allowed = node["Index Name"].as_str().is_some_and(|name| WALKED.contains(&name));
    if reads && !allowed {
        return Some(node.to_string());
    }
    node["Plans"].as_array().into_iter().flatten().find_map(walks)
}

async fn add_workspace(store: &Store) {
    let row = crate::rows::Workspace {
        id: "w".into(),
        name: "w".into(),
        slug: "w".into(),
        timezone: "UTC".into(),
        business_hours: json!({}),
        holidays: json!([]),
        product_areas: json!([]),
        settings: json!({}),
        version: 1,
        created_at: 1,
        updated_at: 1,
    };
    store
        .write::<(), StoreError, _>(move |tx| Box::pin(async move { all_workspaces::add(tx, row).await }))
        .await
        .unwrap();
}
