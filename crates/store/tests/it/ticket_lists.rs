//! The list of tickets against a plain filter and sort in memory: every filter, every order, every way of paging.

use patchcord_domain::copilot::{Sentiment, Verdict};
use patchcord_domain::id::WorkspaceId;
use patchcord_domain::ticket::{Channel, Priority, Status};
use patchcord_domain::time::HOUR;
use patchcord_store::rows::{Message, Suggestion, Ticket, TicketSla};
use patchcord_store::ticket_list::{Query, Replied, Sla, Sort, Suggested, count, page};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use sea_orm::ConnectionTrait;
use serde_json::json;

use crate::rows;
use crate::support::{Db, Engine, both_engines};

both_engines!(
    each_filter_gives_what_it_says,
    random_questions_are_answered_as_in_memory,
    many_suggestions_are_met_on_the_walk,
    many_replies_are_met_on_the_walk,
    a_cursor_walks_every_row_once_whatever_the_ties,
    lines_carry_the_names_of_what_they_point_to,
    tags_are_followed,
);

const NOW: i64 = 100 * HOUR;

/// Everything, newest first.
pub(crate) fn everything() -> Query {
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
        sort: Sort::CreatedAt,
        descending: true,
        after: None,
        offset: 0,
        limit: 1_000,
        now: NOW,
    }
}

const STATUSES: [Status; 6] =
    [Status::Open, Status::InProgress, Status::WaitingOnCustomer, Status::Escalated, Status::Resolved, Status::Closed];
const PRIORITIES: [Priority; 4] = [Priority::Low, Priority::Medium, Priority::High, Priority::Urgent];
const CHANNELS: [Channel; 3] = [Channel::Web, Channel::Email, Channel::Phone];
const TAGS: [&str; 4] = ["vpn", "a\"b", "Ä", "50%"];
const SORTS: [Sort; 4] = [Sort::CreatedAt, Sort::UpdatedAt, Sort::Number, Sort::Priority];

/// 60 tickets whose columns repeat with different periods, so that there are ties in everything but the number.
fn sixty() -> Vec<Ticket> {
    (0..60_i64)
        .map(|n| {
            let at = |period: i64| usize::try_from(n % period).unwrap();
            // Ids in another order than the numbers.
            let mut row = rows::ticket(&format!("t{:02}", (n * 37) % 60), n + 1);
            row.status = STATUSES[at(6)].as_str().to_owned();
            row.priority = PRIORITIES[at(4)].as_str().to_owned();
            row.channel = CHANNELS[at(3)].as_str().to_owned();
            row.product_area = [None, Some("VPN".to_owned()), Some("Mail".to_owned())][at(3)].clone();
            row.organization_id = (n % 5 != 0).then(|| format!("o{}", n % 2));
            row.contact_id = (n % 7 == 0).then(|| "c0".to_owned());
            row.assignee_id = (n % 3 != 0).then(|| format!("a{}", n % 2));
            row.tags = match n % 6 {
                0 => json!([]),
                1 => json!([TAGS[0]]),
                2 => json!([TAGS[0], TAGS[1]]),
                3 => json!([TAGS[2]]),
                4 => json!([TAGS[3], TAGS[2]]),
                _ => json!(["other"]),
            };
            row.sentiment = [None, Some("positive"), Some("neutral"), Some("negative")][at(4)].map(str::to_owned);
            row.created_at = NOW - (n % 10) * HOUR;
            row.updated_at = NOW + (n % 4) * HOUR;
            row.resolved_at = (n % 6 >= 4).then_some(NOW - (n % 8) * HOUR);
            row.sla_breached_at = (n % 11 == 0).then_some(NOW);
            row.sla_paused_at = (n % 13 == 0).then_some(NOW);
            row.first_response_due_at = (n % 2 == 0).then_some(NOW + (n % 9 - 4) * HOUR / 4);
            row.first_responded_at = (n % 4 == 0).then_some(NOW - (n % 3) * HOUR);
            row.resolution_due_at = (n % 5 == 0).then_some(NOW + (n % 7 - 2) * HOUR / 2);
            row
        })
        .collect()
}

/// The copilot's suggestions of one of them, judged in different ways. Times are those of the ticket or later.
fn suggestions_of(row: &Ticket) -> Vec<Suggestion> {
    let n = row.number - 1;
    let all = [
        (n % 3 == 0, "a", Some("ACCEPTED"), Some("u0"), row.created_at),
        (n % 5 == 0, "b", Some("EDITED"), [Some("u0"), Some("u1")][usize::from(n % 2 == 0)], row.created_at + HOUR),
        (n % 7 == 0, "c", None, Some("u1"), row.created_at),
        (n == 0, "d", Some("REJECTED"), None, NOW),
    ];
    all.into_iter()
        .filter(|(is_there, ..)| *is_there)
        .map(|(_, id, feedback, requested_by, created_at)| Suggestion {
            feedback: feedback.map(str::to_owned),
            requested_by: requested_by.map(str::to_owned),
            created_at,
            ..rows::suggestion(&format!("{id}{}", row.id), &row.id)
        })
        .collect()
}

/// What was written in one of them: under a user, a support agent or both, as a note, and by the customer.
fn messages_of(row: &Ticket) -> Vec<Message> {
    let n = row.number - 1;
    let all = [
        (n % 3 == 0, "a", "AGENT", false, Some("u0"), None, row.created_at),
        (n % 4 == 0, "b", "AGENT", false, None, Some("a0"), row.created_at + HOUR),
        (n % 5 == 0, "c", "AGENT", false, Some("u1"), Some("a0"), row.created_at - HOUR),
        (n % 2 == 0, "d", "AGENT", true, Some("u1"), None, row.created_at),
        (n % 6 == 0, "e", "AGENT", false, Some("u0"), None, row.created_at + 2 * HOUR),
        (true, "f", "SYSTEM", false, None, Some("a1"), row.created_at),
    ];
    all.into_iter()
        .filter(|(is_there, ..)| *is_there)
        .map(|(_, id, author_type, is_internal, user, agent, created_at)| Message {
            author_type: author_type.to_owned(),
            is_internal,
            author_user_id: user.map(str::to_owned),
            author_agent_id: agent.map(str::to_owned),
            created_at,
            ..rows::message(&format!("{id}{}", row.id), &row.id)
        })
        .collect()
}

async fn with_sixty(engine: Engine) -> (Db, WorkspaceId, Vec<Ticket>) {
    let (db, workspace) = engine.workspace().await;
    let other = db.add_workspace("other").await;
    for workspace in [&workspace, &other] {
        db.add(workspace, vec![rows::organization("o0"), rows::organization("o1")]).await;
        db.add(workspace, vec![rows::contact("c0", "o0")]).await;
        db.add(workspace, vec![rows::support_agent("a0"), rows::support_agent("a1")]).await;
        db.add(workspace, sixty()).await;
        let slas = sixty().iter().map(|row| TicketSla { due_at: due_of(row), ..rows::ticket_sla(&row.id) }).collect();
        db.add::<TicketSla>(workspace, slas).await;
        // Users have ids that no other workspace has.
        let is_here = workspace.as_str() != other.as_str();
        if is_here {
            db.add(workspace, vec![rows::user("u0"), rows::user("u1")]).await;
        }
        let mut suggestions: Vec<Suggestion> = sixty().iter().flat_map(suggestions_of).collect();
        let mut messages: Vec<Message> = sixty().iter().flat_map(messages_of).collect();
        suggestions.iter_mut().filter(|_| !is_here).for_each(|one| one.requested_by = None);
        messages.iter_mut().filter(|_| !is_here).for_each(|one| one.author_user_id = None);
        db.add(workspace, suggestions).await;
        db.add(workspace, messages).await;
    }
    (db, workspace, sixty())
}

/// When the first clock ends that runs.
fn due_of(row: &Ticket) -> Option<i64> {
    let ended = ["RESOLVED", "CLOSED"].contains(&row.status.as_str());
    if ended || row.sla_paused_at.is_some() {
        return None;
    }
    let first = row.first_response_due_at.filter(|_| row.first_responded_at.is_none());
    first.into_iter().chain(row.resolution_due_at).min()
}

fn fits(row: &Ticket, query: &Query) -> bool {
    fn any<T: PartialEq>(list: &[T], value: &T) -> bool {
        list.is_empty() || list.contains(value)
    }
    let text =
        |list: &[String], value: &Option<String>| list.is_empty() || list.iter().any(|v| Some(v) == value.as_ref());
    let names = |list: Vec<&str>, value: &str| any(&list, &value);
    names(query.statuses.iter().map(|v| v.as_str()).collect(), &row.status)
        && names(query.priorities.iter().map(|v| v.as_str()).collect(), &row.priority)
        && names(query.channels.iter().map(|v| v.as_str()).collect(), &row.channel)
        && text(&query.product_areas, &row.product_area)
        && text(&query.organizations, &row.organization_id)
        && text(&query.contacts, &row.contact_id)
        && any(&query.assignees, &row.assignee_id)
        && (query.tags.is_empty() || query.tags.iter().any(|tag| row.tags.as_array().unwrap().contains(&json!(tag))))
        && query.created_from.is_none_or(|at| row.created_at >= at)
        && query.created_to.is_none_or(|at| row.created_at < at)
        && query.created_within.as_ref().is_none_or(|spans| spans.iter().any(|span| span.contains(&row.created_at)))
        && text(&query.sentiments.iter().map(|one| one.as_str().to_owned()).collect::<Vec<_>>(), &row.sentiment)
        && query.copilot.as_ref().is_none_or(|asked| suggestions_of(row).iter().any(|one| is_asked_for(one, asked)))
        && query.replied.as_ref().is_none_or(|asked| messages_of(row).iter().any(|one| is_reply(one, asked)))
        && query.resolved_from.is_none_or(|from| row.resolved_at.is_some_and(|at| at >= from))
        && query.resolved_to.is_none_or(|to| row.resolved_at.is_some_and(|at| at < to))
        && query.first_responded_from.is_none_or(|from| row.first_responded_at.is_some_and(|at| at >= from))
        && query.first_responded_to.is_none_or(|to| row.first_responded_at.is_some_and(|at| at < to))
        && match query.sla {
            None => true,
            Some(Sla::Breached) => row.sla_breached_at.is_some(),
            Some(Sla::DueSoon) => due_of(row).is_some_and(|at| (query.now..=query.now + HOUR).contains(&at)),
        }
}

fn is_asked_for(one: &Suggestion, asked: &Suggested) -> bool {
    let verdict = one.feedback.as_deref().map(|text| Verdict::parse(text).unwrap());
    asked.verdicts.contains(&verdict)
        && (asked.by.is_empty() || one.requested_by.as_ref().is_some_and(|user| asked.by.contains(user)))
        && asked.from.is_none_or(|at| one.created_at >= at)
        && asked.to.is_none_or(|at| one.created_at < at)
}

fn is_reply(one: &Message, asked: &Replied) -> bool {
    one.author_type == "AGENT"
        && !one.is_internal
        && one.author_user_id.as_ref().or(one.author_agent_id.as_ref()).is_some_and(|author| asked.by.contains(author))
        && asked.from.is_none_or(|at| one.created_at >= at)
        && asked.to.is_none_or(|at| one.created_at < at)
}

fn key(row: &Ticket, sort: Sort) -> (i64, String) {
    let value = match sort {
        Sort::CreatedAt => row.created_at,
        Sort::UpdatedAt => row.updated_at,
        Sort::Number => row.number,
        Sort::Priority => PRIORITIES.iter().position(|p| p.as_str() == row.priority).unwrap() as i64,
    };
    (value, row.id.clone())
}

/// Ids in the order in which they must come.
fn expected(all: &[Ticket], query: &Query) -> Vec<String> {
    let mut keys: Vec<_> = all.iter().filter(|row| fits(row, query)).map(|row| key(row, query.sort)).collect();
    keys.sort();
    if query.descending {
        keys.reverse();
    }
    if let Some(after) = &query.after {
        keys.retain(|key| if query.descending { key < after } else { key > after });
    }
    keys.into_iter().skip(query.offset as usize).take(query.limit as usize).map(|(_, id)| id).collect()
}

pub(crate) async fn ids(db: &Db, workspace: &WorkspaceId, query: &Query) -> Vec<String> {
    page(db.store.tenant(workspace), query).await.unwrap().into_iter().map(|line| line.id).collect()
}

async fn check(db: &Db, workspace: &WorkspaceId, all: &[Ticket], query: &Query) -> usize {
    let found = ids(db, workspace, query).await;
    assert_eq!(found, expected(all, query), "{query:?}");
    let whole = Query { after: None, offset: 0, limit: 1_000, ..query.clone() };
    let total = count(db.store.tenant(workspace), query).await.unwrap();
    assert_eq!(total, expected(all, &whole).len() as i64, "{query:?}");
    found.len()
}

fn texts(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

fn suggested(verdicts: &[Option<Verdict>]) -> Suggested {
    Suggested { verdicts: verdicts.to_vec(), ..Suggested::default() }
}

fn replied(by: &[&str]) -> Replied {
    Replied { by: texts(by), ..Replied::default() }
}

async fn each_filter_gives_what_it_says(engine: Engine) {
    let (db, workspace, all) = with_sixty(engine).await;
    let e = everything;
    let cases = [
        (e(), 60),
        (Query { statuses: vec![Status::Open], ..e() }, 10),
        (Query { statuses: vec![Status::Open, Status::Closed], ..e() }, 20),
        (Query { priorities: vec![Priority::Urgent], ..e() }, 15),
        (Query { channels: vec![Channel::Email, Channel::Phone], ..e() }, 40),
        (Query { channels: vec![Channel::Api], ..e() }, 0),
        (Query { product_areas: texts(&["VPN", "nothing"]), ..e() }, 20),
        (Query { organizations: texts(&["o1"]), ..e() }, 24),
        (Query { contacts: texts(&["c0"]), ..e() }, 9),
        (Query { assignees: vec![Some("a0".into())], ..e() }, 20),
        (Query { assignees: vec![None], ..e() }, 20),
        (Query { assignees: vec![None, Some("a1".into())], ..e() }, 40),
        (Query { tags: texts(&["vpn"]), ..e() }, 20),
        (Query { tags: texts(&["a\"b"]), ..e() }, 10),
        (Query { tags: texts(&["Ä", "other"]), ..e() }, 30),
        (Query { tags: texts(&["50%", "%", "v"]), ..e() }, 10),
        (Query { tags: texts(&["' OR 1=1 --"]), ..e() }, 0),
        (Query { sla: Some(Sla::Breached), ..e() }, 6),
        (Query { created_from: Some(NOW - HOUR), ..e() }, 12),
        (Query { created_to: Some(NOW - 8 * HOUR), ..e() }, 6),
        (Query { created_from: Some(NOW - 3 * HOUR), created_to: Some(NOW - HOUR), ..e() }, 12),
        (Query { created_within: Some(vec![NOW - 9 * HOUR..NOW - 8 * HOUR, NOW..NOW + 1]), ..e() }, 12),
        (Query { created_within: Some(vec![]), ..e() }, 0),
        (Query { sentiments: vec![Sentiment::Negative], ..e() }, 15),
        (Query { sentiments: vec![Sentiment::Neutral, Sentiment::Positive], ..e() }, 30),
        (Query { copilot: Some(suggested(&[Some(Verdict::Accepted)])), ..e() }, 20),
        (Query { copilot: Some(suggested(&[Some(Verdict::Accepted), Some(Verdict::Edited)])), ..e() }, 28),
        (Query { copilot: Some(suggested(&[Some(Verdict::Rejected)])), ..e() }, 1),
        (Query { copilot: Some(suggested(&[None])), ..e() }, 9),
        (Query { copilot: Some(Suggested { by: texts(&["u0"]), ..suggested(&[Some(Verdict::Edited)]) }), ..e() }, 6),
        (Query { copilot: Some(Suggested { by: texts(&["u2"]), ..suggested(&[None]) }), ..e() }, 0),
        (Query { replied: Some(replied(&["u0"])), ..e() }, 20),
        (Query { replied: Some(replied(&["a0"])), ..e() }, 15),
        (Query { replied: Some(replied(&["u1"])), ..e() }, 12),
        (Query { replied: Some(replied(&["u1", "a0"])), ..e() }, 24),
        (Query { replied: Some(replied(&["a1", "c0"])), ..e() }, 0),
        (Query { replied: Some(Replied { to: Some(NOW - 9 * HOUR), ..replied(&["u0"]) }), ..e() }, 0),
        (Query { replied: Some(Replied { from: Some(NOW + HOUR), ..replied(&["u0"]) }), ..e() }, 2),
        (Query { offset: 55, ..e() }, 5),
        (Query { offset: 60, ..e() }, 0),
        (Query { limit: 0, ..e() }, 0),
        (Query { limit: 7, offset: 3, sort: Sort::Number, descending: false, ..e() }, 7),
    ];
    for (query, rows) in cases {
        assert_eq!(check(&db, &workspace, &all, &query).await, rows, "{query:?}");
    }
    for query in [
        Query { sla: Some(Sla::DueSoon), ..e() },
        Query { resolved_from: Some(NOW - 4 * HOUR), ..e() },
        Query { resolved_to: Some(NOW - 2 * HOUR), ..e() },
        Query { first_responded_from: Some(NOW - HOUR), ..e() },
        Query { first_responded_to: Some(NOW), ..e() },
    ] {
        let rows = check(&db, &workspace, &all, &query).await;
        assert!(0 < rows && rows < 60, "{query:?}");
    }
}

fn question() -> impl Strategy<Value = Query> {
    fn some<T: Clone + std::fmt::Debug + 'static>(of: Vec<T>) -> impl Strategy<Value = Vec<T>> {
        let most = of.len().min(3);
        prop_oneof![3 => Just(vec![]), 1 => proptest::sample::subsequence(of, 0..=most)]
    }
    fn moment() -> impl Strategy<Value = Option<i64>> {
        prop_oneof![4 => Just(None), 1 => (-10..2_i64).prop_map(|hours| Some(NOW + hours * HOUR))]
    }
    let lists = (
        some(STATUSES.to_vec()),
        some(PRIORITIES.to_vec()),
        some(CHANNELS.to_vec()),
        some(vec![None, Some("a0".to_owned()), Some("a1".to_owned())]),
        some(texts(&["o0", "o1"])),
        some(texts(&TAGS)),
    );
    let moments = (moment(), moment(), moment(), moment());
    let spans = proptest::collection::vec((-10..1_i64, 1..3_i64), 0..3).prop_map(|spans| {
        spans.into_iter().map(|(from, long)| NOW + from * HOUR..NOW + (from + long) * HOUR).collect::<Vec<_>>()
    });
    let verdicts = vec![None, Some(Verdict::Accepted), Some(Verdict::Edited), Some(Verdict::Rejected)];
    let copilot = (proptest::sample::subsequence(verdicts, 1..=3), some(texts(&["u0", "u1"])), moment(), moment())
        .prop_map(|(verdicts, by, from, to)| Suggested { verdicts, by, from, to });
    let replied = (proptest::sample::subsequence(texts(&["u0", "u1", "a0", "a1"]), 1..=3), moment(), moment())
        .prop_map(|(by, from, to)| Replied { by, from, to });
    let numbers = (
        proptest::option::weighted(0.2, spans),
        some(vec![Sentiment::Positive, Sentiment::Neutral, Sentiment::Negative]),
        proptest::option::weighted(0.3, copilot),
        proptest::option::weighted(0.3, replied),
    );
    let sla = prop_oneof![6 => Just(None), 1 => Just(Some(Sla::Breached)), 1 => Just(Some(Sla::DueSoon))];
    let order = (proptest::sample::select(SORTS.to_vec()), any::<bool>());
    let place = (proptest::option::weighted(0.3, 0..60_usize), 0..5_u64, 0..30_u64);
    (lists, moments, numbers, sla, order, place).prop_map(
        |(lists, moments, numbers, sla, (sort, descending), (after, offset, limit))| Query {
            created_within: numbers.0,
            sentiments: numbers.1,
            copilot: numbers.2,
            replied: numbers.3,
            statuses: lists.0,
            priorities: lists.1,
            channels: lists.2,
            assignees: lists.3,
            organizations: lists.4,
            tags: lists.5,
            created_from: moments.0,
            created_to: moments.1,
            resolved_from: moments.2,
            resolved_to: moments.3,
            sla,
            sort,
            descending,
            after: after.map(|index| key(&sixty()[index], sort)),
            offset,
            limit,
            ..everything()
        },
    )
}

async fn random_questions_are_answered_as_in_memory(engine: Engine) {
    let (db, workspace, all) = with_sixty(engine).await;
    ask(&db, &workspace, &all, question(), 400).await;
}

/// Too many suggestions to begin with their tickets; the answers are the same.
async fn many_suggestions_are_met_on_the_walk(engine: Engine) {
    let (db, workspace, all) = with_sixty(engine).await;
    let one = suggestions_of(&all[0]).pop().unwrap();
    assert_eq!(one.feedback.as_deref(), Some("REJECTED"));
    let more = (0..1_100).map(|n| Suggestion { id: format!("more{n}"), ..one.clone() }).collect();
    db.add::<Suggestion>(&workspace, more).await;
    let verdicts = [None, Some(Verdict::Accepted), Some(Verdict::Edited)];
    for other in verdicts {
        for (from, to) in
            [(None, None), (Some(NOW - 3 * HOUR), None), (None, Some(NOW + 1)), (Some(NOW), Some(NOW + 9))]
        {
            let copilot = Some(Suggested { verdicts: vec![Some(Verdict::Rejected), other], by: vec![], from, to });
            let rows = check(&db, &workspace, &all, &Query { copilot: copilot.clone(), ..everything() }).await;
            assert!(rows > 0, "{copilot:?}");
            let few = Query { copilot, offset: 1, limit: 3, sort: Sort::UpdatedAt, ..everything() };
            check(&db, &workspace, &all, &few).await;
        }
    }
    let asked = question().prop_map(|query| Query {
        copilot: query
            .copilot
            .map(|of| Suggested { verdicts: [of.verdicts, vec![Some(Verdict::Rejected)]].concat(), ..of }),
        ..query
    });
    ask(&db, &workspace, &all, asked, 100).await;
}

/// The same of replies. A ticket may be younger than a reply in it, when an older one was merged into it.
async fn many_replies_are_met_on_the_walk(engine: Engine) {
    let (db, workspace, all) = with_sixty(engine).await;
    db.write(|tx| {
        Box::pin(async move {
            let more = "INSERT INTO ticket_messages (workspace_id, id, ticket_id, author_type, author_user_id, body, \
                is_internal, created_at) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) \
                SELECT workspace_id, 'more' || i, ticket_id, author_type, author_user_id, body, is_internal, created_at \
                FROM ticket_messages, n WHERE id = (SELECT MIN(id) FROM ticket_messages WHERE author_user_id = 'u1' \
                AND NOT is_internal) ORDER BY i";
            tx.execute_unprepared(more).await?;
            Ok(())
        })
    })
    .await
    .unwrap();
    for (from, to) in [(None, None), (Some(NOW - 3 * HOUR), None), (None, Some(NOW - 2 * HOUR))] {
        let replied = Some(Replied { from, to, ..replied(&["u1", "u0"]) });
        let rows = check(&db, &workspace, &all, &Query { replied: replied.clone(), ..everything() }).await;
        assert!(rows > 0, "{replied:?}");
        let few = Query { replied, offset: 1, limit: 3, sort: Sort::UpdatedAt, ..everything() };
        check(&db, &workspace, &all, &few).await;
    }
    let asked = question().prop_map(|query| Query {
        replied: Some(
            query.replied.map_or(replied(&["u1"]), |of| Replied { by: [of.by, texts(&["u1"])].concat(), ..of }),
        ),
        ..query
    });
    ask(&db, &workspace, &all, asked, 100).await;
}

async fn ask(db: &Db, workspace: &WorkspaceId, all: &[Ticket], questions: impl Strategy<Value = Query>, times: u32) {
    let mut runner = TestRunner::new_with_rng(
        Config::default(),
        proptest::test_runner::TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &[7; 32]),
    );
    for _ in 0..times {
        let query = questions.new_tree(&mut runner).unwrap().current();
        check(db, workspace, all, &query).await;
    }
}

async fn a_cursor_walks_every_row_once_whatever_the_ties(engine: Engine) {
    let (db, workspace, all) = with_sixty(engine).await;
    for sort in SORTS {
        for descending in [false, true] {
            for limit in [1, 7, 60] {
                let mut query = Query { sort, descending, limit, ..everything() };
                let mut walked = Vec::new();
                loop {
                    let lines = page(db.store.tenant(&workspace), &query).await.unwrap();
                    let Some(last) = lines.last() else { break };
                    query.after = Some((last.sort_value, last.id.clone()));
                    walked.extend(lines.into_iter().map(|line| line.id));
                }
                let whole = Query { sort, descending, ..everything() };
                assert_eq!(walked, expected(&all, &whole), "{sort:?} {descending} {limit}");
            }
        }
    }
}

async fn lines_carry_the_names_of_what_they_point_to(engine: Engine) {
    let (db, workspace, _) = with_sixty(engine).await;
    let query = Query { sort: Sort::Number, descending: false, ..everything() };
    let lines = page(db.store.tenant(&workspace), &query).await.unwrap();
    let line = &lines[7];
    assert_eq!((line.number, line.sort_value), (8, 8));
    assert_eq!(line.organization_name.as_deref(), Some("name of o1"));
    assert_eq!(line.contact_name.as_deref(), Some("name of c0"));
    assert_eq!(line.assignee_name.as_deref(), Some("name of a1"));
    assert_eq!(line.assignee_kind.as_deref(), Some("HUMAN"));
    assert_eq!(line.tags, json!(["vpn"]));
    let bare = &lines[0];
    assert_eq!((&bare.organization_name, &bare.assignee_name, &bare.assignee_id), (&None, &None, &None));
}

/// What was tagged, and is no more, is not found; neither by a tag that few tickets have nor by one that very many have.
async fn tags_are_followed(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let tagged = |id: &str, number: i64, tags: &[&str]| {
        let mut row = rows::ticket(id, number);
        (row.tags, row.organization_id, row.contact_id, row.assignee_id) = (json!(tags), None, None, None);
        row
    };
    let mut all: Vec<Ticket> = (1..=1_100).map(|n| tagged(&format!("m{n:04}"), n, &["many"])).collect();
    all.push(tagged("one", 2_000, &["few", "many", "few"]));
    all.push(tagged("two", 2_001, &[]));
    db.add(&workspace, all).await;
    let of = async |tag: &str| {
        let query = Query { tags: vec![tag.to_owned()], sort: Sort::Number, limit: 2_000, ..everything() };
        let found = page(db.store.tenant(&workspace), &query).await.unwrap();
        assert_eq!(count(db.store.tenant(&workspace), &query).await.unwrap(), found.len() as i64);
        found.into_iter().map(|line| line.id).collect::<Vec<_>>()
    };
    assert_eq!(of("few").await, ["one"]);
    let many = of("many").await;
    assert_eq!((many.len(), many[0].as_str()), (1_101, "one"));
    let change = |row: Ticket| {
        let (db, workspace) = (&db, workspace.clone());
        async move { db.write(move |tx| Box::pin(async move { tx.tenant(&workspace).save(row).await })).await.unwrap() }
    };
    change(tagged("one", 2_000, &["other"])).await;
    change(tagged("two", 2_001, &["few"])).await;
    assert_eq!(
        (of("few").await, of("other").await, of("many").await.len()),
        (vec!["two".into()], vec!["one".into()], 1_100)
    );
    change(tagged("two", 2_001, &[])).await;
    assert_eq!((of("few").await, of("never").await), (Vec::<String>::new(), Vec::new()));
    // Another workspace has tags of its own.
    let other = db.add_workspace("second").await;
    let query = Query { tags: vec!["many".to_owned()], ..everything() };
    assert_eq!(count(db.store.tenant(&other), &query).await.unwrap(), 0);
}
