//! Work that recurs: one job for each workspace, begun on time, once, by whichever node.

use patchcord_app::jobs::recurring::{Recurring, dedup_key};
use patchcord_app::rows::Job;
use patchcord_app::users::NewUser;
use patchcord_domain::id::new_id;
use patchcord_domain::time::{HOUR, MINUTE};
use patchcord_store::{StoreError, unscoped};

use crate::harness::{self, Engine, Random, World, both_engines, number, texts};

both_engines!(
    each_workspace_has_one_job_that_begins_again_on_the_hour,
    what_is_worked_on_is_not_begun_again,
    what_was_given_up_begins_again,
    nodes_that_begin_it_at_once_begin_it_once,
    a_workspace_that_is_added_gets_its_jobs,
);

/// Work of no kind that the program knows.
const PROBE: [Recurring; 1] = [Recurring { kind: "probe", every: HOUR, priority: 3 }];

async fn idle(engine: Engine) -> World {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    world.clock.stand_still();
    world
}

async fn begin(world: &World) -> u64 {
    world.app.begin(&PROBE).await.unwrap()
}

async fn claim(world: &World) -> Vec<Job> {
    let (token, now) = (new_id(&Random), world.app.clock.now());
    let claimed: Result<_, StoreError> = world
        .store
        .write(move |tx| Box::pin(async move { unscoped::jobs::claim(tx, &token, now, now + HOUR * 5, 9).await }))
        .await;
    claimed.unwrap()
}

async fn finish(world: &World, jobs: Vec<Job>) {
    let now = world.app.clock.now();
    let done: Result<(), StoreError> = world
        .store
        .write(move |tx| {
            Box::pin(async move {
                for job in &jobs {
                    unscoped::jobs::finish(tx, job, now).await?;
                }
                Ok(())
            })
        })
        .await;
    done.unwrap();
}

async fn states(world: &World) -> Vec<String> {
    let sql = "SELECT state || ' ' || CAST(attempts AS TEXT) FROM jobs ORDER BY workspace_id";
    texts(&world.store, sql).await
}

async fn each_workspace_has_one_job_that_begins_again_on_the_hour(engine: Engine) {
    let world = idle(engine).await;
    let began = world.app.clock.now();
    let hour = began - began % HOUR;
    assert_eq!(begin(&world).await, 2);
    assert_eq!(begin(&world).await, 0);
    let claimed = claim(&world).await;
    for job in &claimed {
        assert_eq!((job.kind.as_str(), job.priority, job.run_at, job.max_attempts), ("probe", 3, hour, 5));
        assert_eq!(job.dedup_key, Some(dedup_key("probe", &job.workspace_id)));
    }
    finish(&world, claimed).await;
    // Not before the next full hour, and then without a memory of attempts.
    world.clock.forward(hour + HOUR - 1 - world.app.clock.now());
    assert_eq!((begin(&world).await, states(&world).await), (0, vec!["DONE 1".into(), "DONE 1".into()]));
    world.clock.forward(1);
    assert_eq!((begin(&world).await, states(&world).await), (2, vec!["READY 0".into(), "READY 0".into()]));
    assert_eq!(begin(&world).await, 0);
    // Times that were missed are not made up for.
    finish(&world, claim(&world).await).await;
    world.clock.forward(7 * HOUR + 20 * MINUTE);
    assert_eq!((begin(&world).await, begin(&world).await), (2, 0));
    assert_eq!(number(&world.store, "SELECT MIN(run_at) FROM jobs").await, hour + 8 * HOUR);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM jobs").await, 2);
    world.stop().await;
}

async fn what_is_worked_on_is_not_begun_again(engine: Engine) {
    let world = idle(engine).await;
    begin(&world).await;
    let mut claimed = claim(&world).await;
    let slow = claimed.remove(0);
    finish(&world, claimed).await;
    world.clock.forward(3 * HOUR);
    assert_eq!(begin(&world).await, 1);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM jobs WHERE state = 'RUNNING'").await, 1);
    finish(&world, vec![slow]).await;
    assert_eq!((begin(&world).await, begin(&world).await), (1, 0));
    assert_eq!(states(&world).await, ["READY 0", "READY 0"]);
    world.stop().await;
}

async fn what_was_given_up_begins_again(engine: Engine) {
    let world = idle(engine).await;
    begin(&world).await;
    assert_eq!(world.app.work_once().await.unwrap(), 2);
    assert_eq!(states(&world).await, ["DEAD 1", "DEAD 1"]);
    assert_eq!(begin(&world).await, 0);
    world.clock.forward(HOUR);
    assert_eq!((begin(&world).await, states(&world).await), (2, vec!["READY 0".into(), "READY 0".into()]));
    world.stop().await;
}

async fn nodes_that_begin_it_at_once_begin_it_once(engine: Engine) {
    let world = idle(engine).await;
    let second = world.second().await;
    for _ in 0..5 {
        let all = futures::future::join_all([&world.app, &second, &world.app, &second].map(|app| app.begin(&PROBE)));
        let begun: u64 = all.await.into_iter().map(Result::unwrap).sum();
        assert_eq!(begun, 2);
        let claimed = claim(&world).await;
        assert_eq!(claimed.len(), 2);
        finish(&world, claimed).await;
        world.clock.forward(HOUR);
    }
    world.stop().await;
}

async fn a_workspace_that_is_added_gets_its_jobs(engine: Engine) {
    let world = idle(engine).await;
    assert_eq!(begin(&world).await, 2);
    let admin = NewUser { email: "third@desk.test".into(), name: "Third".into(), ..Default::default() };
    world.app.add_workspace("Third", admin).await.unwrap();
    assert_eq!((begin(&world).await, begin(&world).await), (1, 0));
    assert_eq!(number(&world.store, "SELECT COUNT(DISTINCT workspace_id) FROM jobs").await, 3);
    world.stop().await;
}
