//! Jobs: claimed once, fenced by their lease, and a model in memory that random interleavings are held against.

use std::collections::BTreeSet;

use patchcord_domain::id::WorkspaceId;
use patchcord_store::rows::{Domain, Job};
use patchcord_store::unscoped::jobs::{by_id, claim, depth, extend, finish, give_up, oldest_lease, put_back, rescue};
use patchcord_store::{Store, StoreError, jobs};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;

use crate::rows;
use crate::support::{Db, Engine, both_engines};

both_engines!(
    a_key_is_taken_while_its_job_exists,
    the_most_urgent_that_are_due_come_first,
    two_claimers_never_get_the_same_job,
    a_lost_lease_rolls_back_everything,
    a_vanished_worker_is_replaced_after_the_lease,
    attempts_are_counted_and_given_back,
    a_withdrawn_job_cannot_be_finished,
    random_interleavings_agree_with_the_model,
);

fn job(id: &str, priority: i64, run_at: i64, key: Option<&str>) -> jobs::NewJob<'static> {
    jobs::NewJob {
        id: id.to_owned(),
        kind: "kind",
        payload: json!({"of": id}),
        priority,
        run_at,
        max_attempts: 3,
        dedup_key: key.map(str::to_owned),
        at: 1,
    }
}

async fn enqueue(db: &Db, workspace: &WorkspaceId, job: jobs::NewJob<'static>) -> bool {
    let of = workspace.clone();
    db.write(move |tx| Box::pin(async move { jobs::enqueue(tx.tenant(&of), job).await })).await.unwrap()
}

async fn claim_from(store: &Store, token: &str, now: i64, until: i64, limit: u64) -> Vec<Job> {
    let token = token.to_owned();
    store
        .write::<_, StoreError, _>(move |tx| Box::pin(async move { claim(tx, &token, now, until, limit).await }))
        .await
        .unwrap()
}

/// Runs one of the worker's functions in a write of its own.
macro_rules! act {
    ($db:expr, $job:expr, |$tx:ident, $held:ident| $call:expr) => {{
        let $held: Job = $job.clone();
        $db.write(move |$tx| Box::pin(async move { $call.await })).await
    }};
}

fn ids(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(|job| job.id.as_str()).collect()
}

async fn get(db: &Db, id: &str) -> Job {
    by_id(db.store.reader(), id).await.unwrap().unwrap()
}

async fn a_key_is_taken_while_its_job_exists(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    assert!(enqueue(&db, &workspace, job("a", 0, 0, Some("key"))).await);
    assert!(!enqueue(&db, &workspace, job("b", 0, 0, Some("key"))).await);
    assert!(enqueue(&db, &workspace, job("c", 0, 0, Some("other"))).await);
    assert!(enqueue(&db, &workspace, job("d", 0, 0, None)).await);
    assert!(enqueue(&db, &workspace, job("e", 0, 0, None)).await);
    let (db, mut tasks) = (std::sync::Arc::new(db), tokio::task::JoinSet::new());
    for index in 0..10 {
        let (db, workspace) = (db.clone(), workspace.clone());
        tasks.spawn(async move { enqueue(&db, &workspace, job(&format!("x{index}"), 0, 0, Some("race"))).await });
    }
    let mut added = 0;
    while let Some(done) = tasks.join_next().await {
        added += usize::from(done.unwrap());
    }
    assert_eq!(added, 1);
    assert_eq!(depth(db.store.reader()).await.unwrap(), (5, 0));
    let stored = get(&db, "a").await;
    assert_eq!((stored.workspace().as_str(), stored.state.as_str(), stored.attempts), ("first", "READY", 0));
    assert_eq!((stored.payload, stored.dedup_key.as_deref()), (json!({"of": "a"}), Some("key")));
    // A taken id is an error, not a key that is taken.
    let of = workspace.clone();
    let again =
        db.write(move |tx| Box::pin(async move { jobs::enqueue(tx.tenant(&of), job("a", 0, 0, None)).await })).await;
    assert!(matches!(again, Err(StoreError::Taken(_))), "{again:?}");
}

async fn the_most_urgent_that_are_due_come_first(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    for (id, priority, run_at) in
        [("low", 0, 1), ("later", 9, 50), ("b", 5, 3), ("a", 5, 3), ("early", 5, 2), ("top", 9, 10), ("edge", 0, 20)]
    {
        enqueue(&db, &workspace, job(id, priority, run_at, None)).await;
    }
    let first = claim_from(&db.store, "one", 20, 100, 2).await;
    assert_eq!(ids(&first), ["top", "early"]);
    for job in &first {
        let held = (job.state.as_str(), job.attempts, job.lease_token.as_deref(), job.lease_until);
        assert_eq!(held, ("RUNNING", 1, Some("one"), Some(100)));
    }
    assert_eq!(ids(&claim_from(&db.store, "two", 20, 100, 0).await), Vec::<&str>::new());
    assert_eq!(ids(&claim_from(&db.store, "two", 20, 100, 9).await), ["a", "b", "low", "edge"]);
    assert_eq!(depth(db.store.reader()).await.unwrap(), (1, 6));
    assert_eq!(ids(&claim_from(&db.store, "three", 49, 100, 9).await), Vec::<&str>::new());
    assert_eq!(ids(&claim_from(&db.store, "three", 50, 90, 9).await), ["later"]);
    assert_eq!(oldest_lease(db.store.reader()).await.unwrap(), Some(90));
}

async fn two_claimers_never_get_the_same_job(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    let of = workspace.clone();
    db.write(move |tx| {
        Box::pin(async move {
            for index in 0..300 {
                jobs::enqueue(tx.tenant(&of), job(&format!("j{index:03}"), index % 3, 0, None)).await?;
            }
            Ok(())
        })
    })
    .await
    .unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for worker in 0..12 {
        let store = db.store.clone();
        tasks.spawn(async move {
            let mut own = Vec::new();
            loop {
                let claimed = claim_from(&store, &format!("w{worker}"), 1, 100, 7).await;
                assert!(claimed.len() <= 7, "{}", claimed.len());
                if claimed.is_empty() {
                    return own;
                }
                own.extend(claimed.into_iter().map(|job| job.id));
            }
        });
    }
    let mut all = Vec::new();
    while let Some(done) = tasks.join_next().await {
        all.extend(done.unwrap());
    }
    assert_eq!(all.len(), 300);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 300);
    assert_eq!(depth(db.store.reader()).await.unwrap(), (0, 300));
}

async fn a_lost_lease_rolls_back_everything(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    enqueue(&db, &workspace, job("a", 0, 0, None)).await;
    let stale = claim_from(&db.store, "old", 1, 10, 1).await.remove(0);
    db.write(|tx| Box::pin(async move { rescue(tx, 11).await })).await.unwrap();
    let held = claim_from(&db.store, "new", 12, 100, 1).await.remove(0);
    assert_eq!((held.attempts, held.last_error.as_deref()), (2, Some("the worker vanished")));

    for kind in 0..3 {
        let (of, stale) = (workspace.clone(), stale.clone());
        let answer = db
            .write(move |tx| {
                Box::pin(async move {
                    tx.tenant(&of).add_later(rows::domain("effect")).await?;
                    match kind {
                        0 => finish(tx, &stale, 13).await,
                        1 => give_up(tx, &stale, "failed", 13).await,
                        _ => put_back(tx, &stale, None, 50, true, 13).await,
                    }
                })
            })
            .await;
        assert!(matches!(&answer, Err(StoreError::LeaseLost(id)) if id == "a"), "{answer:?}");
        assert_eq!(db.store.tenant(&workspace).get::<Domain>("effect").await.unwrap(), None);
        assert_eq!(get(&db, "a").await, held, "the other worker's job is untouched");
    }
    assert!(!act!(db, stale, |tx, job| async move { extend(tx, &job, 500).await }).unwrap());
    assert!(act!(db, held, |tx, job| async move { extend(tx, &job, 500).await }).unwrap());
    assert_eq!(get(&db, "a").await.lease_until, Some(500));

    let (of, job) = (workspace.clone(), held.clone());
    db.write(move |tx| {
        Box::pin(async move {
            tx.tenant(&of).add_later(rows::domain("effect")).await?;
            finish(tx, &job, 14).await
        })
    })
    .await
    .unwrap();
    let done = get(&db, "a").await;
    assert_eq!((done.state.as_str(), done.lease_token, done.lease_until, done.updated_at), ("DONE", None, None, 14));
    assert!(db.store.tenant(&workspace).get::<Domain>("effect").await.unwrap().is_some());
    let again = act!(db, held, |tx, job| async move { finish(tx, &job, 15).await });
    assert!(matches!(again, Err(StoreError::LeaseLost(_))), "an effect comes once: {again:?}");
}

async fn a_vanished_worker_is_replaced_after_the_lease(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    for id in ["a", "b"] {
        enqueue(&db, &workspace, job(id, 0, 0, None)).await;
    }
    let a = claim_from(&db.store, "w", 1, 10, 1).await.remove(0);
    claim_from(&db.store, "w", 1, 30, 1).await;
    assert_eq!(oldest_lease(db.store.reader()).await.unwrap(), Some(10));
    let rescued = |now| {
        let store = db.store.clone();
        async move { store.write::<_, StoreError, _>(move |tx| Box::pin(async move { rescue(tx, now).await })).await }
    };
    assert_eq!(rescued(10).await.unwrap(), 0, "until the end of the lease it is held");
    assert!(act!(db, a, |tx, job| async move { extend(tx, &job, 20).await }).unwrap());
    assert_eq!(rescued(20).await.unwrap(), 0);
    assert_eq!(rescued(21).await.unwrap(), 1);
    let ready = get(&db, "a").await;
    assert_eq!((ready.state.as_str(), ready.run_at, ready.attempts, ready.lease_token), ("READY", 21, 1, None));
    assert_eq!(rescued(100).await.unwrap(), 1);
    assert_eq!(oldest_lease(db.store.reader()).await.unwrap(), None);
    assert_eq!(depth(db.store.reader()).await.unwrap(), (2, 0));
}

async fn attempts_are_counted_and_given_back(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    enqueue(&db, &workspace, job("a", 0, 0, None)).await;
    let held = claim_from(&db.store, "1", 1, 100, 1).await.remove(0);
    act!(db, held, |tx, job| async move { put_back(tx, &job, Some("no answer"), 40, true, 2).await }).unwrap();
    let ready = get(&db, "a").await;
    let seen = (ready.state.as_str(), ready.attempts, ready.run_at, ready.last_error.as_deref());
    assert_eq!(seen, ("READY", 1, 40, Some("no answer")));
    assert!(claim_from(&db.store, "2", 39, 100, 1).await.is_empty());
    let held = claim_from(&db.store, "2", 40, 100, 1).await.remove(0);
    assert_eq!(held.attempts, 2);
    act!(db, held, |tx, job| async move { put_back(tx, &job, None, 41, false, 41).await }).unwrap();
    let ready = get(&db, "a").await;
    assert_eq!((ready.attempts, ready.last_error.as_deref()), (1, Some("no answer")), "it did not count");
    let held = claim_from(&db.store, "3", 50, 100, 1).await.remove(0);
    act!(db, held, |tx, job| async move { give_up(tx, &job, "for good", 51).await }).unwrap();
    let dead = get(&db, "a").await;
    assert_eq!((dead.state.as_str(), dead.attempts, dead.last_error.as_deref()), ("DEAD", 2, Some("for good")));
    assert!(claim_from(&db.store, "4", 1_000, 2_000, 9).await.is_empty());
}

async fn a_withdrawn_job_cannot_be_finished(engine: Engine) {
    let (db, workspace) = engine.workspace().await;
    enqueue(&db, &workspace, job("a", 0, 0, Some("key"))).await;
    let held = claim_from(&db.store, "w", 1, 100, 1).await.remove(0);
    let withdraw = |at| {
        let (store, of) = (db.store.clone(), workspace.clone());
        async move {
            store
                .write::<_, StoreError, _>(move |tx| {
                    Box::pin(async move { jobs::withdraw(tx.tenant(&of), "key", "cancelled", at).await })
                })
                .await
        }
    };
    assert!(withdraw(5).await.unwrap());
    assert!(!withdraw(6).await.unwrap());
    let answer = act!(db, held, |tx, job| async move { finish(tx, &job, 7).await });
    assert!(matches!(answer, Err(StoreError::LeaseLost(_))), "{answer:?}");
    let dead = get(&db, "a").await;
    assert_eq!((dead.state.as_str(), dead.last_error.as_deref(), dead.updated_at), ("DEAD", Some("cancelled"), 5));
    assert!(!enqueue(&db, &workspace, job("b", 0, 0, Some("key"))).await, "its key is still there");
}

/// One step of a random story; the numbers choose a job that some worker has held.
#[derive(Debug, Clone)]
enum Step {
    Enqueue { priority: i64, delay: i64, key: Option<u8> },
    Claim { limit: u64, lease: i64 },
    Rescue,
    Extend { held: usize, lease: i64 },
    Finish { held: usize },
    GiveUp { held: usize },
    PutBack { held: usize, delay: i64, counts: bool },
    Withdraw { key: u8 },
    Wait { ms: i64 },
}

fn step() -> impl Strategy<Value = Step> {
    let held = 0..50_usize;
    prop_oneof![
        4 => (0..3_i64, 0..15_i64, proptest::option::weighted(0.4, 0..6_u8))
            .prop_map(|(priority, delay, key)| Step::Enqueue { priority, delay, key }),
        4 => (0..4_u64, 1..20_i64).prop_map(|(limit, lease)| Step::Claim { limit, lease }),
        2 => Just(Step::Rescue),
        1 => (held.clone(), 1..30_i64).prop_map(|(held, lease)| Step::Extend { held, lease }),
        3 => held.clone().prop_map(|held| Step::Finish { held }),
        1 => held.clone().prop_map(|held| Step::GiveUp { held }),
        2 => (held, 0..10_i64, any::<bool>()).prop_map(|(held, delay, counts)| Step::PutBack { held, delay, counts }),
        1 => (0..6_u8).prop_map(|key| Step::Withdraw { key }),
        3 => (1..12_i64).prop_map(|ms| Step::Wait { ms }),
    ]
}

/// What the table should hold: id, priority, run_at, state, attempts, token, lease, key.
#[derive(Debug, Clone, PartialEq)]
struct Expected {
    id: String,
    priority: i64,
    run_at: i64,
    state: &'static str,
    attempts: i64,
    lease: Option<(String, i64)>,
    key: Option<String>,
}

impl Expected {
    fn held_by(&self, job: &Job) -> bool {
        self.id == job.id
            && self.state == "RUNNING"
            && self.lease.as_ref().map(|lease| &lease.0) == job.lease_token.as_ref()
    }

    fn ends(&mut self, state: &'static str) {
        self.state = state;
        self.lease = None;
    }
}

async fn play(db: &Db, workspace: &WorkspaceId, story: Vec<Step>) {
    let mut now = 100;
    let mut model: Vec<Expected> = Vec::new();
    let mut given: Vec<Job> = Vec::new();
    for (turn, step) in story.iter().enumerate() {
        let some = |held: usize| given.get(held % given.len().max(1)).cloned();
        match step.clone() {
            Step::Wait { ms } => now += ms,
            Step::Enqueue { priority, delay, key } => {
                let (id, key) = (format!("j{turn:03}"), key.map(|key| format!("key{key}")));
                let added = enqueue(db, workspace, job(&id, priority, now + delay, key.as_deref())).await;
                let free = key.is_none() || model.iter().all(|known| known.key != key);
                assert_eq!(added, free, "{step:?}");
                if free {
                    let run_at = now + delay;
                    model.push(Expected { id, priority, run_at, state: "READY", attempts: 0, lease: None, key });
                }
            }
            Step::Claim { limit, lease } => {
                let token = format!("t{turn}");
                let got = claim_from(&db.store, &token, now, now + lease, limit).await;
                let mut due: Vec<&mut Expected> =
                    model.iter_mut().filter(|known| known.state == "READY" && known.run_at <= now).collect();
                due.sort_by_key(|known| (-known.priority, known.run_at, known.id.clone()));
                due.truncate(limit as usize);
                assert_eq!(ids(&got), due.iter().map(|known| known.id.as_str()).collect::<Vec<_>>(), "{step:?}");
                for known in due {
                    known.state = "RUNNING";
                    known.attempts += 1;
                    known.lease = Some((token.clone(), now + lease));
                }
                given.extend(got);
            }
            Step::Rescue => {
                let rescued = db.write(move |tx| Box::pin(async move { rescue(tx, now).await })).await.unwrap();
                let mut count = 0;
                for known in model.iter_mut().filter(|known| known.lease.as_ref().is_some_and(|lease| lease.1 < now)) {
                    known.ends("READY");
                    known.run_at = now;
                    count += 1;
                }
                assert_eq!(rescued, count, "{step:?}");
            }
            Step::Extend { held, lease } => {
                let Some(job) = some(held) else { continue };
                let kept = act!(db, job, |tx, job| async move { extend(tx, &job, now + lease).await }).unwrap();
                let known = model.iter_mut().find(|known| known.held_by(&job));
                assert_eq!(kept, known.is_some(), "{step:?}");
                if let Some((_, until)) = known.and_then(|known| known.lease.as_mut()) {
                    *until = now + lease;
                }
            }
            Step::Finish { held } | Step::GiveUp { held } | Step::PutBack { held, .. } => {
                let Some(job) = some(held) else { continue };
                let answer = match step.clone() {
                    Step::Finish { .. } => act!(db, job, |tx, job| async move { finish(tx, &job, now).await }),
                    Step::GiveUp { .. } => act!(db, job, |tx, job| async move { give_up(tx, &job, "x", now).await }),
                    Step::PutBack { delay, counts, .. } => {
                        act!(db, job, |tx, job| async move { put_back(tx, &job, None, now + delay, counts, now).await })
                    }
                    _ => unreachable!(),
                };
                let known = model.iter_mut().find(|known| known.held_by(&job));
                assert_eq!(answer.is_ok(), known.is_some(), "{step:?}: {answer:?}");
                match (known, step) {
                    (Some(known), Step::Finish { .. }) => known.ends("DONE"),
                    (Some(known), Step::GiveUp { .. }) => known.ends("DEAD"),
                    (Some(known), Step::PutBack { delay, counts, .. }) => {
                        known.ends("READY");
                        known.run_at = now + delay;
                        known.attempts -= i64::from(!counts);
                    }
                    _ => assert!(matches!(answer, Err(StoreError::LeaseLost(_))), "{step:?}: {answer:?}"),
                }
            }
            Step::Withdraw { key } => {
                let (of, key) = (workspace.clone(), format!("key{key}"));
                let wanted = Some(key.clone());
                let open = db
                    .write(move |tx| Box::pin(async move { jobs::withdraw(tx.tenant(&of), &key, "x", now).await }))
                    .await
                    .unwrap();
                let known =
                    model.iter_mut().find(|known| known.key == wanted && ["READY", "RUNNING"].contains(&known.state));
                assert_eq!(open, known.is_some(), "{step:?}");
                if let Some(known) = known {
                    known.ends("DEAD");
                }
            }
        }
    }
    for known in &model {
        let row = get(db, &known.id).await;
        let stored = Expected {
            id: row.id,
            priority: row.priority,
            run_at: row.run_at,
            state: ["READY", "RUNNING", "DONE", "DEAD"].into_iter().find(|state| *state == row.state).unwrap(),
            attempts: row.attempts,
            lease: row.lease_token.zip(row.lease_until),
            key: row.dedup_key,
        };
        assert_eq!(&stored, known, "after {story:?}");
    }
    let count = |state| model.iter().filter(|known| known.state == state).count() as i64;
    assert_eq!(depth(db.store.reader()).await.unwrap(), (count("READY"), count("RUNNING")));
}

async fn random_interleavings_agree_with_the_model(engine: Engine) {
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &[5; 32]));
    let stories = proptest::collection::vec(step(), 60..90);
    for _ in 0..8 {
        let story = stories.new_tree(&mut runner).unwrap().current();
        let (db, workspace) = engine.workspace().await;
        play(&db, &workspace, story).await;
    }
}
