//! How many requests a minute one may send: per token, and per address without one.

use patchcord_domain::time::{MINUTE, SECOND};
use reqwest::Method;
use serde_json::json;

use crate::harness::{Answer, Engine, Setup, World, both_engines};

both_engines!(a_token_has_an_allowance_of_its_own, addresses_are_limited, nothing_is_limited_when_it_is_off);

async fn world(engine: Engine, per_minute: u32) -> World {
    let server = patchcord_server::Options { rate_limit_per_minute: per_minute, ..Default::default() };
    let world = World::with(engine, Setup { server, ..Setup::default() }).await;
    world.clock.stand_still();
    world
}

fn figures(answer: &Answer) -> (&str, &str) {
    (answer.header("ratelimit-limit"), answer.header("ratelimit-remaining"))
}

async fn a_token_has_an_allowance_of_its_own(engine: Engine) {
    let world = world(engine, 20).await;
    let admin = world.admin().await;
    let token = admin.post("/api/tokens", json!({"name": "program"})).await.expect(201);
    let program = world.stranger().with_token(token["token"].as_str());
    for left in (0..20).rev() {
        let answer = program.get("/api/lookups").await;
        assert_eq!((answer.status, figures(&answer)), (200, ("20", left.to_string().as_str())), "{}", answer.text);
    }
    let refused = program.get("/api/lookups").await;
    assert_eq!((figures(&refused), refused.header("retry-after")), (("20", "0"), "3"));
    assert!(refused.header("ratelimit-reset").parse::<u64>().unwrap() <= 60);
    assert_eq!(refused.header("content-type"), "application/problem+json");
    assert!(!refused.header("x-request-id").is_empty());
    refused.refused(429, "rate_limited");
    let refused = program.get("/api/copilot/v1/health").await;
    assert_eq!(
        (refused.status, &refused.body["ok"], &refused.body["code"]),
        (429, &json!(false), &json!("rate_limited"))
    );
    // Others are not touched, and after a while it goes on.
    admin.get("/api/lookups").await.expect(200);
    world.clock.forward(3 * SECOND);
    program.get("/api/lookups").await.expect(200);
    program.get("/api/lookups").await.refused(429, "rate_limited");
    world.clock.forward(MINUTE);
    assert_eq!(figures(&program.get("/api/lookups").await), ("20", "19"));
    world.stop().await;
}

async fn addresses_are_limited(engine: Engine) {
    let world = world(engine, 20).await;
    let (admin, stranger) = (world.admin().await, world.stranger());
    admin.get("/api/lookups").await.expect(200);
    // Made-up tokens count for the address: each of them having an allowance of its own would be no limit.
    for number in 0..18 {
        let made_up = stranger.with_token(Some(&format!("pck_{}", number % 3)));
        made_up.get("/api/lookups").await.refused(401, "invalid_token");
    }
    for token in ["pck_0", "pck_1", "pck_another"] {
        stranger.with_token(Some(token)).get("/api/lookups").await.refused(429, "rate_limited");
    }
    stranger.get("/api/lookups").await.refused(429, "rate_limited");
    stranger.post("/api/auth/login", json!({"email": "a@b.test", "password": "x"})).await.refused(429, "rate_limited");
    // Nobody is believed about where they come from.
    let elsewhere = stranger.request(Method::GET, "/api/lookups").header("x-forwarded-for", "192.0.2.7");
    Answer::of(elsewhere).await.refused(429, "rate_limited");
    // Health and the page go on, and so do tokens that are known.
    for path in ["/healthz", "/readyz", "/", "/tickets", "/api/docs/"] {
        let answer = stranger.get(path).await;
        assert!(answer.status < 400 && answer.header("ratelimit-limit").is_empty(), "{path} {}", answer.status);
    }
    admin.get("/api/lookups").await.expect(200);
    world.stop().await;
}

async fn nothing_is_limited_when_it_is_off(engine: Engine) {
    let world = world(engine, 0).await;
    let admin = world.admin().await;
    for _ in 0..50 {
        let answer = admin.get("/api/lookups").await;
        assert_eq!((answer.status, answer.header("ratelimit-limit")), (200, ""));
    }
    world.stop().await;
}
