//! Guessing passwords: ten failures in fifteen minutes, by the user's address and by the network's, also all at once.

use patchcord_domain::time::{MINUTE, SECOND};
use serde_json::json;

use crate::harness::{Answer, Engine, PASSWORD, Setup, World, both_engines};

both_engines!(
    by_email,
    by_network_address,
    a_crowd_of_guesses_is_counted,
    a_crowd_of_guesses_for_many_users_is_counted,
    forged_addresses_do_not_help,
);

/// A desk behind a proxy that it trusts, so that guesses can come from anywhere.
async fn behind_a_proxy(engine: Engine) -> World {
    let server =
        patchcord_server::Options { trusted_proxies: vec!["127.0.0.1".parse().unwrap()], ..Default::default() };
    World::with(engine, Setup { server, ..Setup::default() }).await
}

async fn guess(world: &World, from: &str, email: &str, password: &str) -> Answer {
    let request = world.stranger().request(reqwest::Method::POST, "/api/auth/login").header("x-forwarded-for", from);
    Answer::of(request.json(&json!({"email": email, "password": password}))).await
}

async fn by_email(engine: Engine) {
    let world = behind_a_proxy(engine).await;
    for n in 0..10 {
        guess(&world, &format!("198.51.100.{n}"), "agent@north.test", "wrong")
            .await
            .refused(401, "invalid_credentials");
        world.clock.forward(MINUTE);
    }
    let refused = guess(&world, "198.51.100.77", "agent@north.test", PASSWORD).await;
    assert_eq!(refused.header("retry-after"), "900");
    refused.refused(429, "too_many_attempts");
    guess(&world, "198.51.100.77", "AGENT@north.test ", PASSWORD).await.refused(429, "too_many_attempts");
    guess(&world, "198.51.100.1", "viewer@north.test", PASSWORD).await.expect(200);
    // The first failure leaves the window after its fifteen minutes; refused attempts did not make it longer.
    world.clock.forward(5 * MINUTE + SECOND);
    guess(&world, "198.51.100.77", "agent@north.test", PASSWORD).await.expect(200);
    world.stop().await;
}

async fn by_network_address(engine: Engine) {
    let world = behind_a_proxy(engine).await;
    for n in 0..10 {
        let email = format!("user{n}@north.test");
        guess(&world, "203.0.113.9", &email, "wrong").await.refused(401, "invalid_credentials");
    }
    guess(&world, "203.0.113.9", "agent@north.test", PASSWORD).await.refused(429, "too_many_attempts");
    guess(&world, "203.0.113.10", "agent@north.test", PASSWORD).await.expect(200);
    world.clock.forward(15 * MINUTE + SECOND);
    guess(&world, "203.0.113.9", "agent@north.test", PASSWORD).await.expect(200);
    world.stop().await;
}

fn verified(answers: &[Answer]) -> usize {
    assert!(answers.iter().all(|answer| matches!(answer.status, 401 | 429)), "{answers:?}");
    answers.iter().filter(|answer| answer.status == 401).count()
}

async fn a_crowd_of_guesses_is_counted(engine: Engine) {
    let world = behind_a_proxy(engine).await;
    let from: Vec<String> = (0..100).map(|n| format!("198.51.100.{n}")).collect();
    let crowd = from.iter().map(|from| guess(&world, from, "agent@north.test", "wrong"));
    assert_eq!(verified(&futures::future::join_all(crowd).await), 10);
    world.stop().await;
}

async fn a_crowd_of_guesses_for_many_users_is_counted(engine: Engine) {
    let world = behind_a_proxy(engine).await;
    let emails: Vec<String> = (0..100).map(|n| format!("user{n}@north.test")).collect();
    let crowd = emails.iter().map(|email| guess(&world, "203.0.113.9", email, "wrong"));
    assert_eq!(verified(&futures::future::join_all(crowd).await), 10);
    world.stop().await;
}

async fn forged_addresses_do_not_help(engine: Engine) {
    // Nobody is trusted: what the header says is nothing.
    let world = World::new(engine).await;
    for n in 0..10 {
        guess(&world, &format!("198.51.100.{n}"), &format!("user{n}@north.test"), "wrong").await.expect(401);
    }
    guess(&world, "198.51.100.99", "agent@north.test", PASSWORD).await.refused(429, "too_many_attempts");
    world.stop().await;

    // Behind a trusted proxy the last hop counts, which the client cannot write.
    let world = behind_a_proxy(engine).await;
    for n in 0..10 {
        let forged = format!("10.9.8.{n}, 203.0.113.9");
        guess(&world, &forged, &format!("user{n}@north.test"), "wrong").await.expect(401);
    }
    guess(&world, "10.1.1.1, 203.0.113.9", "agent@north.test", PASSWORD).await.refused(429, "too_many_attempts");
    world.stop().await;
}
