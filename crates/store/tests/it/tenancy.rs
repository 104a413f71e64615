//! A handle of one workspace sees and changes nothing of another, whatever the row says.

use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::{Editable, Message, Row};
use patchcord_store::{
    StoreError, api_tokens, articles, audit_log, catalogues, contact_devices, devices, directory, escalations,
    idempotency, imports, jobs, listing, macros, merges, messages, phone_numbers, saved_views, search, sessions, sla,
    sla_policies, suggestions, support_agents, teams, ticket_list, tickets, trail, users, waiting, webhooks,
    workspaces,
};
use sea_orm::{ConnectionTrait, FromQueryResult};
use serde_json::json;

use crate::people;
use crate::rows;
use crate::support::{Db, Engine, both_engines, number, query};
use crate::ticket_lists::everything;
use crate::{call_rows, calls};

both_engines!(
    no_row_of_another_workspace_is_found_or_changed,
    every_table_of_a_row_is_in_this_test,
    queries_find_nothing_of_another_workspace,
    references_across_workspaces_are_refused,
);

/// Adds one row of each type to a workspace, ids beginning with `prefix`, in the order of their references; and calls `$check`
/// with each.
macro_rules! each_row {
    ($p:expr, $check:ident) => {{
        let p = |name: &str| format!("{}_{name}", $p);
        $check!(
            [edit] users: rows::user(&p("user")),
            [edit] invitations: rows::invitation(&p("invitation"), &p("user")),
            [edit] refresh_tokens: rows::refresh_token(&p("token"), &p("user")),
            [edit] account_managers: rows::account_manager(&p("manager")),
            [edit] organizations: rows::organization(&p("organization")),
            [edit] locations: rows::location(&p("location"), &p("organization")),
            [edit] contacts: rows::contact(&p("contact"), &p("organization")),
            [edit] support_agents: rows::support_agent(&p("agent")),
            [edit] device_manufacturers: rows::device_manufacturer(&p("manufacturer")),
            [edit] device_models: rows::device_model(&p("model"), &p("manufacturer")),
            [edit] operating_systems: rows::operating_system(&p("system")),
            [edit] domains: rows::domain(&p("domain")),
            [edit] devices: rows::device(&p("device"), &p("organization")),
            [edit] tickets: rows::ticket(&p("ticket"), 1),
            [edit] ai_suggestions: rows::suggestion(&p("suggestion"), &p("ticket")),
            [edit] ticket_messages: Message {
                author_type: "CUSTOMER".into(),
                ..rows::message(&p("message"), &p("ticket"))
            },
            [edit] attachments: rows::attachment(&p("attachment"), &p("ticket")),
            [fixed] ticket_events: rows::ticket_event(&p("event"), &p("ticket")),
            [edit] ticket_assignments: rows::assignment(&p("assignment"), &p("ticket"), &p("agent")),
            [edit] ticket_escalations: rows::escalation(&p("escalation"), &p("ticket")),
            [edit] ai_conversations: rows::conversation(&p("conversation"), &p("ticket"), &p("user")),
            [fixed] ai_usage_logs: rows::usage_log(&p("usage")),
            [edit] kb_articles: rows::article(&p("article")),
            [fixed] audit_log: rows::audit_entry(&p("audit")),
            [edit] api_tokens: rows::api_token(&p("api_token"), &p("user")),
            [edit] saved_views: rows::saved_view(&p("view"), &p("user")),
            [edit] macros: rows::canned_reply(&p("macro"), &p("user"), &p("agent")),
            [edit] teams: rows::team(&p("team")),
            [edit] phone_numbers: rows::phone_number(&p("number")),
            [edit] webhook_endpoints: rows::webhook_endpoint(&p("webhook")),
            [edit] webhook_deliveries: rows::webhook_delivery(&p("delivery"), &p("webhook")),
            [edit] sla_policies: rows::sla_policy(&p("policy"), &p("organization")),
            [edit] calls: call_rows::call(&p("call")),
            [fixed] call_turns: call_rows::call_turn(&p("turn"), &p("call")),
            [edit] agent_interactions: call_rows::interaction(&p("interaction"), &p("call")),
            [edit] twilio_usage_logs: call_rows::carrier_usage(&p("carrier_usage"), &p("call")),
            [fixed] conversation_analyses: call_rows::call_analysis(&p("analysis"), &p("call")),
        )
    }};
}

async fn add<M: Row + Clone + 'static>(db: &Db, workspace: &WorkspaceId, row: M) {
    let workspace = workspace.clone();
    db.write(move |tx| Box::pin(async move { tx.tenant(&workspace).add(row).await })).await.unwrap();
}

/// Fills a workspace with one row of each type.
pub(crate) async fn fill(db: &Db, workspace: &WorkspaceId) {
    macro_rules! add_each {
        ($([$kind:ident] $table:ident: $row:expr),+ $(,)?) => {{$(
            add(db, workspace, $row).await;
        )+}};
    }
    each_row!(workspace.as_str(), add_each);
    // Its id is the ticket's.
    add(db, workspace, rows::ticket_sla(&format!("{workspace}_ticket"))).await;
}

async fn only_its_own<M: Row + FromQueryResult + Clone + PartialEq + std::fmt::Debug + 'static>(
    db: &Db,
    [own, other]: [&WorkspaceId; 2],
    _: &M,
    id: &str,
) {
    let table = std::any::type_name::<M>();
    let found: M = db.store.tenant(own).get(id).await.unwrap().unwrap_or_else(|| panic!("{table}: not found"));
    assert_eq!(db.store.tenant(other).get::<M>(id).await.unwrap(), None, "{table}");
    let (of, text) = (other.clone(), id.to_owned());
    let locked = db.write(move |tx| Box::pin(async move { tx.tenant(&of).lock::<M>(&text).await })).await.unwrap();
    assert_eq!(locked, None, "{table}");
    let (of, text) = (own.clone(), id.to_owned());
    let locked = db.write(move |tx| Box::pin(async move { tx.tenant(&of).lock::<M>(&text).await })).await.unwrap();
    assert_eq!(locked, Some(found), "{table}");
}

async fn saved_only_by_its_own<M: Editable + FromQueryResult + Clone + PartialEq + std::fmt::Debug + 'static>(
    db: &Db,
    [own, other]: [&WorkspaceId; 2],
    row: M,
) {
    let id = row.id().to_owned();
    let before = db.store.tenant(own).get::<M>(&id).await.unwrap();
    for (workspace, changes) in [(other, false), (own, true)] {
        let (of, row) = (workspace.clone(), row.clone());
        let saved = db.write(move |tx| Box::pin(async move { tx.tenant(&of).save(row).await })).await.unwrap();
        assert_eq!(saved, changes, "{id}");
        // The row says `nobody`, but it stays where it is.
        assert_eq!(db.store.tenant(own).get::<M>(&id).await.unwrap(), before, "{id}");
    }
}

async fn no_row_of_another_workspace_is_found_or_changed(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let second = db.add_workspace("second").await;
    fill(&db, &first).await;
    let raw = db.raw().await;
    macro_rules! check_each {
        ($([$kind:ident] $table:ident: $row:expr),+ $(,)?) => {{$(
            let row = $row;
            // `add` wrote the workspace of the handle, not the one of the row.
            assert_eq!(row.workspace_id, "nobody");
            let sql = concat!("SELECT COUNT(*) FROM ", stringify!($table), " WHERE workspace_id = 'first'");
            assert_eq!(number(&raw, sql).await, 1, stringify!($table));
            only_its_own(&db, [&first, &second], &row, &row.id).await;
            check_each!(@$kind row);
        )+}};
        (@edit $row:ident) => { saved_only_by_its_own(&db, [&first, &second], $row).await };
        (@fixed $row:ident) => {};
    }
    each_row!("first", check_each);
}

/// A table with `workspace_id` and `id` that is not in the list above is a row type that was forgotten here.
async fn every_table_of_a_row_is_in_this_test(engine: Engine) {
    let db = engine.open().await;
    let raw = db.raw().await;
    macro_rules! name_each {
        ($([$kind:ident] $table:ident: $row:expr),+ $(,)?) => {{
            vec![$({
                let _ = $row;
                stringify!($table)
            }),+]
        }};
    }
    let mut names: Vec<&str> = each_row!("x", name_each);
    let tables = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/rows.rs")).unwrap();
    let listed = tables.split("rows!(").nth(1).unwrap().split(");").next().unwrap();
    let mut listed: Vec<&str> = listed.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    listed.sort_unstable();
    names.sort_unstable();
    assert_eq!(names, listed);
    for table in names {
        query(&raw, &format!("SELECT workspace_id, id FROM {table} LIMIT 1")).await;
    }
}

/// What the catalogues hold, in the order of [`catalogues::Catalogue::ALL`].
const ENTRIES: [&str; 4] = ["first_manufacturer", "first_model", "first_system", "first_domain"];

/// Every query of the crate that takes a handle, asked by a workspace that has nothing, with the ids of one that has.
async fn queries_find_nothing_of_another_workspace(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let second = db.add_workspace("second").await;
    fill(&db, &first).await;
    let of = first.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let tenant = tx.tenant(&of);
            search::add(tenant, search::TICKET, "first_ticket", "printer").await?;
            search::add(tenant, search::DEVICE, "first_device", "laptop").await?;
            contact_devices::set_use(tenant, "first_contact", "first_device", true).await?;
            suggestions::cache(tenant, "question", json!("answer"), 100).await?;
            let job = jobs::NewJob {
                id: "job".into(),
                kind: "k",
                payload: json!({}),
                priority: 0,
                run_at: 0,
                max_attempts: 1,
                dedup_key: Some("key".into()),
                at: 1,
            };
            jobs::enqueue(tenant, job).await?;
            teams::add_member(tenant, "first_team", "first_agent").await?;
            waiting::add(tenant, "first_ticket", "first_team", 1).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
    let slot =
        idempotency::Slot { user_id: "first_user".into(), method: "POST".into(), path: "/".into(), key: "k".into() };
    let some = |name: &str| vec![format!("first_{name}")];
    for (workspace, n) in [(&first, 1), (&second, 0)] {
        let t = db.store.tenant(workspace);
        let one = n == 1;
        assert_eq!(ticket_list::page(t, &everything()).await.unwrap().len(), n);
        assert_eq!(ticket_list::count(t, &everything()).await.unwrap(), n as i64);
        let words = ticket_list::Query { words: Some("printer".into()), ..everything() };
        assert_eq!(ticket_list::page(t, &words).await.unwrap().len(), n);
        assert_eq!(search::any_word(t, search::TICKET, "printer", 9).await.unwrap().len(), n);
        assert_eq!(tickets::by_number(t, 1).await.unwrap().is_some(), one);
        assert_eq!(tickets::attachments(t, "first_ticket").await.unwrap().len(), n);
        let content = "sha256 of first_attachment";
        assert_eq!(tickets::attachment_by_content(t, "first_ticket", content).await.unwrap().is_some(), one);
        assert_eq!(tickets::storage_key_in_use(t, "storage_key of first_attachment").await.unwrap(), one);
        assert_eq!(tickets::current_assignment(t, "first_ticket").await.unwrap().is_some(), one);
        assert_eq!(tickets::escalations(t, "first_ticket").await.unwrap().len(), n);
        assert_eq!(messages::newest(t, "first_ticket", 9).await.unwrap().len(), n);
        assert_eq!(messages::first(t, "first_ticket", 9).await.unwrap().len(), n);
        assert_eq!(trail::newest(t, "first_ticket", 9).await.unwrap().len(), n);
        assert_eq!(trail::all(t, "first_ticket").await.unwrap().len(), n);
        let kind = "kind of first_event";
        assert_eq!(trail::newest_of_kind(t, "first_ticket", kind).await.unwrap().is_some(), one);
        assert_eq!(suggestions::of_ticket(t, "first_ticket").await.unwrap().len(), n);
        assert_eq!(suggestions::conversation(t, "first_ticket", "first_user").await.unwrap().is_some(), one);
        assert_eq!(suggestions::cached(t, "question", 5).await.unwrap().is_some(), one);
        assert_eq!(articles::published(t, &some("article")).await.unwrap().len(), n);
        assert_eq!(directory::device(t, "first_device").await.unwrap().is_some(), one);
        assert_eq!(directory::contacts(t, &some("contact")).await.unwrap().len(), n);
        assert_eq!(directory::support_agents(t, &some("agent")).await.unwrap().len(), n);
        assert_eq!(directory::all_support_agents(t).await.unwrap().len(), n);
        assert_eq!(users::page(t, 9, 0).await.unwrap().len(), n);
        assert_eq!(users::count(t).await.unwrap(), n as u64);
        assert_eq!(users::some(t, &some("user")).await.unwrap().len(), n);
        assert_eq!(users::open_invitations(t, "first_user").await.unwrap().len(), n);
        assert_eq!(workspaces::own(t).await.unwrap().unwrap().id, workspace.as_str());
        assert_eq!(tickets::some(t, &some("ticket")).await.unwrap().len(), n);
        assert_eq!(messages::first_of_customers(t, &some("ticket")).await.unwrap().len(), n);
        assert_eq!(trail::newest_besides(t, "first_ticket", &["other"], 9).await.unwrap().len(), n);
        assert_eq!(suggestions::usage(t, 9).await.unwrap().len(), n);
        assert_eq!(api_tokens::page(t, 9, 0).await.unwrap().len(), n);
        assert_eq!(api_tokens::count(t).await.unwrap(), n as u64);
        let log = audit_log::Query { subjects: vec!["subject of first_audit".into()], limit: 9, ..Default::default() };
        assert_eq!(audit_log::page(t, &log).await.unwrap().len(), n);
        let open = escalations::Query { limit: 9, ..Default::default() };
        assert_eq!(escalations::page(t, &open).await.unwrap().len(), n);
        assert_eq!(escalations::count(t, &open).await.unwrap(), n as i64);
        assert_eq!(escalations::line(t, "first_escalation").await.unwrap().is_some(), one);
        assert_eq!(webhooks::endpoints(t, 9, 0).await.unwrap().len(), n);
        assert_eq!(webhooks::count(t).await.unwrap(), n as u64);
        let of = webhooks::Query { endpoint_id: "first_webhook".into(), limit: 9, ..Default::default() };
        assert_eq!(webhooks::page(t, &of).await.unwrap().len(), n);
        assert_eq!(webhooks::count_deliveries(t, &of).await.unwrap(), n as u64);
        assert_eq!(webhooks::told(t, "subject_id of first_delivery").await.unwrap().len(), n);
        assert_eq!(macros::visible(t, "first_user", 9).await.unwrap().len(), n);
        assert_eq!(macros::count(t, Some("first_user")).await.unwrap(), n as u64);
        assert_eq!(saved_views::visible(t, "first_user", 9).await.unwrap().len(), n);
        assert_eq!(saved_views::count(t, Some("first_user")).await.unwrap(), n as u64);
        let articles = articles::Query { limit: 9, ..Default::default() };
        assert_eq!(articles::page(t, &articles).await.unwrap().len(), n);
        assert_eq!(articles::count(t, &articles).await.unwrap(), n as i64);
        let slice = listing::Slice { limit: 9, ..listing::Slice::default() };
        let all = support_agents::Query { slice: slice.clone(), ..Default::default() };
        assert_eq!(support_agents::page(t, &all).await.unwrap().len(), n);
        assert_eq!(support_agents::count(t, &all).await.unwrap(), n as i64);
        let all = phone_numbers::Query { slice: slice.clone(), ..Default::default() };
        assert_eq!(phone_numbers::page(t, &all).await.unwrap().len(), n);
        assert_eq!(phone_numbers::count(t, &all).await.unwrap(), n as i64);
        assert_eq!(phone_numbers::is_there(t, "number of first_number").await.unwrap(), one);
        let all = teams::Query { slice, ..Default::default() };
        assert_eq!(teams::page(t, &all).await.unwrap().len(), n);
        assert_eq!(teams::count(t, &all).await.unwrap(), n as i64);
        assert_eq!(teams::covering(t, "VPN", "").await.unwrap().is_some(), one);
        assert_eq!(teams::is_named(t, "name of first_team", "").await.unwrap(), one);
        assert_eq!(teams::members(t, &some("team")).await.unwrap().len(), n);
        assert_eq!(teams::of_agent(t, "first_agent").await.unwrap().len(), n);
        assert_eq!(teams::ready(t, "first_team").await.unwrap().len(), n);
        assert_eq!(waiting::of_team(t, "first_team", 9).await.unwrap().len(), n);
        assert_eq!(waiting::team_of(t, "first_ticket").await.unwrap().is_some(), one);
        assert_eq!(waiting::teams_of_agent(t, "first_agent").await.unwrap().len(), n);
        assert_eq!(waiting::teams(t).await.unwrap().len(), n);
        assert_eq!(suggestions::tokens_since(t, 0).await.unwrap(), 0);
        for words in [None, Some("laptop".to_owned())] {
            let query = devices::Query { words, limit: 9, ..Default::default() };
            assert_eq!(devices::page(t, &query).await.unwrap().len(), n);
            assert_eq!(devices::count(t, &query).await.unwrap(), n as i64);
        }
        let of_contact = devices::Query { contacts: some("contact"), limit: 9, ..Default::default() };
        assert_eq!(devices::page(t, &of_contact).await.unwrap().len(), n);
        assert_eq!(devices::line(t, "first_device").await.unwrap().is_some(), one);
        assert_eq!(devices::users(t, "first_device", 9).await.unwrap().len(), n);
        assert_eq!(devices::used_by(t, "first_device").await.unwrap(), (n as i64, 0, 0));
        assert_eq!(devices::open_tickets(t, "first_device").await.unwrap(), 0);
        assert_eq!(contact_devices::use_of(t, "first_contact", "first_device").await.unwrap().is_some(), one);
        let called = |thing: &str| vec![format!("name of first_{thing}")];
        let (of, looked) = (some("organization"), imports::Reading::Looked);
        assert_eq!(imports::organizations(t, &[], &called("organization"), looked).await.unwrap().len(), n);
        assert_eq!(imports::devices(t, &of, &[], &[], &called("device"), looked).await.unwrap().len(), n);
        assert_eq!(imports::locations(t, &of, &called("location")).await.unwrap().len(), n);
        assert_eq!(imports::account_managers(t).await.unwrap().len(), n);
        for (catalogue, id) in catalogues::Catalogue::ALL.into_iter().zip(ENTRIES) {
            let all = catalogues::Query { limit: 9, ..Default::default() };
            let page = catalogues::page(t, catalogue, &all).await.unwrap();
            assert_eq!(page.len(), n);
            assert_eq!(catalogues::count(t, catalogue, &all).await.unwrap(), n as i64);
            assert_eq!(catalogues::get(t, catalogue, id).await.unwrap().is_some(), one);
            let name = db.store.tenant(&first);
            let name = catalogues::get(name, catalogue, id).await.unwrap().unwrap().name;
            assert_eq!(catalogues::named(t, catalogue, &name, None, None).await.unwrap().is_some(), one);
            assert_eq!(imports::entries(t, catalogue, &[name.to_ascii_lowercase()]).await.unwrap().len(), n);
        }
        let policies = sla_policies::Query { limit: 9, ..Default::default() };
        assert_eq!(sla_policies::page(t, &policies).await.unwrap().len(), n);
        assert_eq!(sla_policies::count(t, &policies).await.unwrap(), n as i64);
        assert_eq!(sla_policies::by_id(t, "first_policy").await.unwrap().is_some(), one);
        assert_eq!(sla_policies::any_by_hours(t).await.unwrap(), one);
        let exactly = sla_policies::exactly(t, Some("first_organization"), "MEDIUM").await.unwrap();
        assert_eq!(exactly.is_some(), one);
        let governing = sla_policies::governing(t, Some("first_organization"), "MEDIUM").await.unwrap().unwrap();
        assert_eq!(governing.resolution_minutes, one.then_some(480));
        assert_eq!(sla::due(t, 9, 9).await.unwrap().len(), n);
        assert_eq!(sla::open_tickets(t, "", 9).await.unwrap().len(), n);
        assert_eq!(sla::kept(t, 0, 9, sla::Group::All, 9).await.unwrap()[0].tickets, n as i64);
        people::found(t, n).await;
        assert_eq!(merges::newest_lines(t, &some("ticket"), 9).await.unwrap().len(), n);
    }
    // Changes, asked for by the other workspace.
    let of = second.clone();
    let taken = slot.clone();
    db.write(move |tx| {
        Box::pin(async move {
            let t = tx.tenant(&of);
            assert!(!suggestions::start(t, "first_suggestion", 5).await?);
            suggestions::forget_conversation(t, "first_ticket", "first_user").await?;
            assert!(!sessions::use_token(t, &rows::refresh_token("first_token", "first_user"), 5).await?);
            sessions::revoke_family(t, "family_id of first_token", 5).await?;
            sessions::revoke_user(t, "first_user", None, 5).await?;
            assert!(!jobs::withdraw(t, "key", "not yours", 5).await?);
            search::replace(t, search::TICKET, "first_ticket", "mine").await?;
            search::forget(t, search::TICKET, "first_ticket").await?;
            assert!(!macros::delete(t, "first_macro").await?);
            assert!(!support_agents::remove(t, "first_agent").await?);
            assert!(!phone_numbers::remove(t, "first_number").await?);
            assert!(!teams::remove(t, "first_team").await?);
            teams::remove_member(t, "first_team", "first_agent").await?;
            teams::took_turn(t, "first_team", "first_agent").await?;
            teams::lock_members(t, "first_team").await?;
            waiting::remove(t, "first_ticket").await?;
            waiting::forget_team(t, "first_team").await?;
            assert!(!saved_views::delete(t, "first_view").await?);
            assert!(!sla_policies::delete(t, "first_policy").await?);
            assert!(!articles::remove(t, "first_article").await?);
            people::removed_nothing(t).await?;
            assert!(!contact_devices::forget_use(t, "first_contact", "first_device").await?);
            assert!(!devices::remove(t, "first_device").await?);
            for (catalogue, id) in catalogues::Catalogue::ALL.into_iter().zip(ENTRIES) {
                assert!(catalogues::lock(t, catalogue, id).await?.is_none());
                assert!(!catalogues::remove(t, catalogue, id).await?);
            }
            search::forget(t, search::DEVICE, "first_device").await?;
            assert_eq!(merges::move_all(t, "first_ticket", "nowhere").await?, merges::Moved::default());
            merges::move_search(t, "first_ticket", "nowhere").await?;
            assert!(merges::unfinished_suggestions(t, "first_ticket").await?.is_empty());
            idempotency::complete(t, &taken, 200, "mine").await?;
            suggestions::cache(t, "question", json!("other answer"), 100).await
        })
    })
    .await
    .unwrap();
    let t = db.store.tenant(&first);
    assert_eq!(waiting::of_team(t, "first_team", 9).await.unwrap(), ["first_ticket"]);
    assert_eq!(teams::ready(t, "first_team").await.unwrap()[0].last_turn, 0);
    assert!(suggestions::conversation(t, "first_ticket", "first_user").await.unwrap().is_some());
    let token: patchcord_store::rows::RefreshToken = t.get("first_token").await.unwrap().unwrap();
    assert_eq!((token.used_at, token.revoked_at), (None, None));
    assert_eq!(suggestions::cached(t, "question", 5).await.unwrap(), Some(json!("answer")));
    assert_eq!(search::any_word(t, search::TICKET, "printer", 9).await.unwrap().len(), 1);
    assert_eq!(search::any_word(t, search::DEVICE, "laptop", 9).await.unwrap().len(), 1);
    let raw = db.raw().await;
    assert_eq!(number(&raw, "SELECT COUNT(*) FROM jobs WHERE state = 'READY'").await, 1);
}

/// Every foreign key of every row type, filled with an id that only the other workspace has.
async fn references_across_workspaces_are_refused(engine: Engine) {
    let (db, first) = engine.workspace().await;
    let second = db.add_workspace("second").await;
    fill(&db, &first).await;
    fill(&db, &second).await;
    for of in [first.clone(), second.clone()] {
        db.write(move |tx| {
            Box::pin(async move {
                let [team, agent, ticket] = ["team", "agent", "ticket"].map(|name| format!("{of}_{name}"));
                teams::add_member(tx.tenant(&of), &team, &agent).await?;
                let tag = format!(
                    "INSERT INTO ticket_tags (workspace_id, tag, ticket_id) VALUES ('{of}', 'swept', '{ticket}')"
                );
                tx.execute_unprepared(&tag).await?;
                calls::fill(tx.tenant(&of)).await?;
                waiting::add(tx.tenant(&of), &ticket, &team, 1).await
            })
        })
        .await
        .unwrap();
    }
    let raw = db.raw().await;
    let pairs = match engine {
        Engine::Sqlite => {
            "SELECT m.name, f.\"from\", f.\"table\" FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f \
             WHERE m.type = 'table' AND f.seq = 1"
        }
        Engine::Postgres => {
            "SELECT c.conrelid::regclass::text, a.attname::text, c.confrelid::regclass::text FROM pg_constraint c \
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[2] \
             WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 2"
        }
    };
    let mut tried = 0;
    for row in query(&raw, pairs).await {
        let [table, column, target]: [String; 3] = [0, 1, 2].map(|index| row.try_get_by_index(index).unwrap());
        if ["contact_devices", "idempotency_keys", "ticket_events"].contains(&table.as_str()) {
            continue;
        }
        let foreign: String = query(&raw, &format!("SELECT id FROM {target} WHERE workspace_id = 'second'")).await[0]
            .try_get_by_index(0)
            .unwrap();
        let sql = format!("UPDATE {table} SET {column} = '{foreign}' WHERE workspace_id = 'first'");
        let answer =
            db.write(move |tx| Box::pin(async move { Ok(tx.execute_unprepared(&sql).await.map(drop)?) })).await;
        assert!(matches!(answer, Err(StoreError::Reference(_))), "{table}.{column}: {answer:?}");
        tried += 1;
    }
    assert!(tried >= 35, "{tried}");
    for (table, row) in [("message", rows::message("m", "second_ticket")), ("message", rows::message("m", "nowhere"))] {
        let of = first.clone();
        let answer = db.write(move |tx| Box::pin(async move { tx.tenant(&of).add(row).await })).await;
        assert!(matches!(answer, Err(StoreError::Reference(_))), "{table}: {answer:?}");
    }
}
