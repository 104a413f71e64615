//! Signing in, staying signed in, signing out: cookies, tokens, their ends, and what a thief of either gets.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use patchcord_app::keys::Keys;
use patchcord_domain::time::{Clock, DAY, MINUTE, SECOND};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Engine, PASSWORD, Setup, TestClock, World, both_engines};

both_engines!(
    sign_in,
    wrong_credentials_tell_nothing,
    cookies,
    access_tokens_expire,
    forged_tokens,
    refresh_tokens_rotate,
    a_refresh_token_used_twice_ends_its_family,
    two_tabs_are_forgiven,
    sign_out,
    passwords_change,
    a_wrong_present_password_counts_as_an_attempt,
);

const NEW_PASSWORD: &str = "another long secret";

async fn login(client: &Client, email: &str, password: &str) -> Answer {
    client.post("/api/auth/login", json!({"email": email, "password": password})).await
}

/// The refresh token in the cookie of an answer.
fn cookie(answer: &Answer) -> String {
    let cookie = answer.header("set-cookie");
    cookie.strip_prefix("patchcord_refresh=").unwrap().split(';').next().unwrap().to_owned()
}

/// Goes on with a refresh token, whatever cookies the client has.
async fn refresh(world: &World, token: &str) -> Answer {
    let request = world.stranger().request(reqwest::Method::POST, "/api/auth/refresh");
    Answer::of(request.header("cookie", format!("patchcord_refresh={token}"))).await
}

async fn sign_in(engine: Engine) {
    let world = World::new(engine).await;
    let session = login(&world.stranger(), "  Agent@North.TEST ", PASSWORD).await.expect(200);
    assert_eq!(session["expiresIn"], 900);
    assert_eq!(session["user"]["email"], "agent@north.test");
    assert_eq!(session["user"]["workspaceName"], "north");
    let client = world.stranger().with_token(session["accessToken"].as_str());
    let me = client.get("/api/auth/me").await.expect(200);
    assert_eq!((&me["role"], &me["name"]), (&json!("AGENT"), &json!("AGENT of north")));
    assert!(me["lastLoginAt"].as_str().unwrap().starts_with("2026-11-24T09:00:"), "{me}");
    assert!(!me.to_string().contains("argon2"));
    world.stranger().get("/api/auth/me").await.refused(401, "token_missing");
    world.stop().await;
}

async fn wrong_credentials_tell_nothing(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let users = admin.get("/api/users").await.expect(200);
    let viewer = users["items"].as_array().unwrap().iter().find(|user| user["role"] == "VIEWER").unwrap();
    admin.patch(&format!("/api/users/{}", viewer["id"].as_str().unwrap()), json!({"disabled": true})).await.expect(200);
    let mut answers = Vec::new();
    for (email, password) in [
        ("agent@north.test", "not the password"),
        ("agent@north.test", ""),
        ("nobody@north.test", PASSWORD),
        ("viewer@north.test", PASSWORD),
        ("nul\0@north.test", PASSWORD),
        ("", ""),
    ] {
        let mut refusal = login(&world.stranger(), email, password).await.refused(401, "invalid_credentials");
        refusal["requestId"] = Value::Null;
        answers.push(refusal);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    world.stop().await;
}

async fn cookies(engine: Engine) {
    for secure in [false, true] {
        let server = patchcord_server::Options { secure_cookies: secure, ..Default::default() };
        let world = World::with(engine, Setup { server, ..Setup::default() }).await;
        let answer = login(&world.stranger(), "agent@north.test", PASSWORD).await;
        let cookie = answer.header("set-cookie").to_owned();
        let mut parts: Vec<&str> = cookie.split("; ").skip(1).collect();
        parts.sort_unstable();
        let mut expect = vec!["HttpOnly", "Max-Age=2592000", "Path=/api/auth", "SameSite=Strict"];
        if secure {
            expect.push("Secure");
        }
        assert_eq!(parts, expect);
        assert!(!answer.text.contains(self::cookie(&answer).as_str()), "scripts must not see the refresh token");
        world.stop().await;
    }
}

async fn access_tokens_expire(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    world.clock.forward(14 * MINUTE + 30 * SECOND);
    agent.get("/api/auth/me").await.expect(200);
    world.clock.forward(MINUTE);
    agent.get("/api/auth/me").await.refused(401, "token_expired");
    let answer = agent.get("/api/tickets").await;
    assert_eq!(answer.header("www-authenticate"), "Bearer");
    world.stop().await;
}

/// A token with these header and claims, signed with a key.
fn token(header: &Value, claims: &Value, key: &[u8]) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
}

async fn forged_tokens(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let real = agent.token.clone().unwrap();
    let parts: Vec<&str> = real.split('.').collect();
    let decode = |part: &str| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
    let (header, claims) = (decode(parts[0]), decode(parts[1]));
    assert!(claims.get("role").is_none() && claims.get("workspaceId").is_none(), "a token grants nothing by itself");
    let key = Keys::derive(&[7; 32]).tokens;
    let with = |base: &Value, field: &str, value: Value| {
        let mut changed = base.clone();
        changed[field] = value;
        changed
    };
    assert_eq!(world.stranger().with_token(Some(&token(&header, &claims, &key))).get("/api/auth/me").await.status, 200);
    let mut admin_of_south = claims.clone();
    admin_of_south["sub"] = world.foreigner().await.get("/api/auth/me").await.body["id"].clone();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let far = (world.clock.now() + 365 * DAY) / SECOND;
    let forged = [
        ("another key", token(&header, &claims, &[8; 32])),
        ("the master secret", token(&header, &claims, &[7; 32])),
        ("an empty key", token(&header, &claims, b"")),
        ("no algorithm", format!("{none}.{}.", parts[1])),
        ("no algorithm, old signature", format!("{none}.{}.{}", parts[1], parts[2])),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        (
            "a longer life",
            format!(
                "{}.{}.{}",
                parts[0],
                URL_SAFE_NO_PAD.encode(with(&claims, "exp", json!(far)).to_string()),
                parts[2]
            ),
        ),
        ("HS512 named", token(&with(&header, "alg", json!("HS512")), &claims, &key)),
        ("RS256 named", token(&with(&header, "alg", json!("RS256")), &claims, &key)),
        ("ES256 named", token(&with(&header, "alg", json!("ES256")), &claims, &key)),
        ("another audience", token(&header, &with(&claims, "aud", json!("somebody")), &key)),
        (
            "no audience",
            token(&header, &json!({"sub": claims["sub"], "sid": claims["sid"], "exp": claims["exp"], "iat": 0}), &key),
        ),
        ("expired", token(&header, &with(&claims, "exp", json!(TestClock::START / SECOND - 1)), &key)),
        ("an unknown session", token(&header, &with(&claims, "sid", json!("a".repeat(24))), &key)),
        ("another's session", token(&header, &admin_of_south, &key)),
        ("a number as user", token(&header, &with(&claims, "sub", json!(1)), &key)),
        ("garbage", "x.y.z".to_owned()),
        ("too much", "a".repeat(5_000)),
        ("the refresh token's form", "a".repeat(43)),
    ];
    for (what, forged) in forged {
        let answer = world.stranger().with_token(Some(&forged)).get("/api/auth/me").await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
    }
    for wrong in ["Basic YTpi", "Bearer", "Bearer ", real.as_str()] {
        let request = world.stranger().request(reqwest::Method::GET, "/api/auth/me").header("authorization", wrong);
        Answer::of(request).await.refused(401, "token_missing");
    }
    world.stranger().get(&format!("/api/auth/me?access_token={real}")).await.refused(401, "token_missing");
    world.stop().await;
}

async fn refresh_tokens_rotate(engine: Engine) {
    let world = World::new(engine).await;
    let first = login(&world.stranger(), "agent@north.test", PASSWORD).await;
    world.clock.forward(16 * MINUTE);
    let second = refresh(&world, &cookie(&first)).await;
    let session = second.clone().expect(200);
    assert_ne!(cookie(&first), cookie(&second));
    let client = world.stranger().with_token(session["accessToken"].as_str());
    client.get("/api/auth/me").await.expect(200);
    world.stranger().post("/api/auth/refresh", json!({})).await.refused(401, "session_missing");
    refresh(&world, "unknown").await.refused(401, "session_ended");
    world.clock.forward(30 * DAY - SECOND * 30);
    let third = refresh(&world, &cookie(&second)).await;
    third.clone().expect(200);
    world.clock.forward(30 * DAY + SECOND);
    refresh(&world, &cookie(&third)).await.refused(401, "session_ended");
    world.stop().await;
}

async fn a_refresh_token_used_twice_ends_its_family(engine: Engine) {
    let world = World::new(engine).await;
    let first = login(&world.stranger(), "agent@north.test", PASSWORD).await;
    let elsewhere = world.agent().await;
    let second = refresh(&world, &cookie(&first)).await;
    let stolen = world.stranger().with_token(second.body["accessToken"].as_str());
    stolen.get("/api/auth/me").await.expect(200);
    world.clock.forward(11 * SECOND);
    refresh(&world, &cookie(&first)).await.refused(401, "session_ended");
    refresh(&world, &cookie(&second)).await.refused(401, "session_ended");
    stolen.get("/api/auth/me").await.refused(401, "session_ended");
    elsewhere.get("/api/auth/me").await.expect(200);

    // Within the ten seconds only the direct predecessor is forgiven.
    let first = login(&world.stranger(), "agent@north.test", PASSWORD).await;
    let second = refresh(&world, &cookie(&first)).await;
    let third = refresh(&world, &cookie(&second)).await;
    third.clone().expect(200);
    refresh(&world, &cookie(&first)).await.refused(401, "session_ended");
    refresh(&world, &cookie(&third)).await.refused(401, "session_ended");
    world.stop().await;
}

async fn two_tabs_are_forgiven(engine: Engine) {
    let world = World::new(engine).await;
    let first = login(&world.stranger(), "agent@north.test", PASSWORD).await;
    let second = refresh(&world, &cookie(&first)).await;
    world.clock.forward(9 * SECOND);
    let other = refresh(&world, &cookie(&first)).await;
    for tab in [&second, &other] {
        refresh(&world, &cookie(tab)).await.expect(200);
    }

    let first = cookie(&login(&world.stranger(), "agent@north.test", PASSWORD).await);
    let tabs = futures::future::join_all((0..6).map(|_| refresh(&world, &first))).await;
    let mut tokens: Vec<String> = tabs.iter().map(cookie).collect();
    tokens.sort_unstable();
    tokens.dedup();
    assert_eq!(tokens.len(), 6);
    let client = world.stranger().with_token(tabs[5].body["accessToken"].as_str());
    client.get("/api/auth/me").await.expect(200);
    world.stop().await;
}

async fn sign_out(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let elsewhere = world.agent().await;
    let answer = agent.post("/api/auth/logout", json!({})).await;
    assert_eq!(answer.status, 204);
    let removal = answer.header("set-cookie").to_owned();
    assert!(removal.starts_with("patchcord_refresh=;") && removal.contains("Path=/api/auth"), "{removal}");
    agent.get("/api/auth/me").await.refused(401, "session_ended");
    agent.post("/api/auth/refresh", json!({})).await.refused(401, "session_missing");
    elsewhere.get("/api/auth/me").await.expect(200);
    assert_eq!(world.stranger().post("/api/auth/logout", json!({})).await.status, 204);
    world.stop().await;
}

async fn passwords_change(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, elsewhere) = (world.agent().await, world.agent().await);
    let change = |new: &str| json!({"currentPassword": PASSWORD, "newPassword": new});
    for weak in [
        "short",
        "elevenchars",
        "password1234",
        "aaaaaaaaaaaaaaaa",
        "agent@north.test",
        "AGENT of north",
        &"ab".repeat(101),
    ] {
        let answer = agent.post("/api/auth/password", change(weak)).await;
        assert_eq!(answer.wrong_fields(), ["newPassword"], "{weak}");
        world.clock.forward(2 * MINUTE);
    }
    let agent = world.agent().await;
    assert_eq!(agent.post("/api/auth/password", change(NEW_PASSWORD)).await.status, 204);
    agent.get("/api/auth/me").await.expect(200);
    agent.post("/api/auth/refresh", json!({})).await.expect(200);
    elsewhere.get("/api/auth/me").await.refused(401, "session_ended");
    elsewhere.post("/api/auth/refresh", json!({})).await.refused(401, "session_ended");
    login(&world.stranger(), "agent@north.test", PASSWORD).await.refused(401, "invalid_credentials");
    login(&world.stranger(), "agent@north.test", NEW_PASSWORD).await.expect(200);
    world.stop().await;
}

async fn a_wrong_present_password_counts_as_an_attempt(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let wrong = json!({"currentPassword": "guess", "newPassword": NEW_PASSWORD});
    for _ in 0..10 {
        let answer = agent.post("/api/auth/password", wrong.clone()).await;
        assert_eq!(answer.wrong_fields(), ["currentPassword"]);
    }
    let right = json!({"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD});
    let answer = agent.post("/api/auth/password", right).await;
    assert_eq!(answer.header("retry-after"), "900");
    answer.refused(429, "too_many_attempts");
    login(&world.stranger(), "agent@north.test", PASSWORD).await.refused(429, "too_many_attempts");
    // The others at this network address are not kept out by it.
    login(&world.stranger(), "admin@north.test", PASSWORD).await.expect(200);
    world.stop().await;
}
