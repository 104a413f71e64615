//! Invitations: a link for one person, for one time, for 72 hours.

use patchcord_domain::time::{HOUR, MINUTE};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Engine, PASSWORD, World, both_engines};

both_engines!(accepted_once, weak_passwords, expire, of_many_at_once_one_wins, end_with_the_user);

/// Invites somebody; the user's row and the token of the link.
async fn invite(admin: &Client, email: &str) -> (Value, String) {
    let added =
        admin.post("/api/users", json!({"email": email, "name": "New Person", "role": "AGENT"})).await.expect(201);
    let url = added["invitationUrl"].as_str().unwrap();
    let token = url.strip_prefix("http://localhost:3000/accept-invitation?token=").unwrap().to_owned();
    assert!(token.len() >= 43, "{token}");
    (added["user"].clone(), token)
}

async fn accept(world: &World, token: &str, password: &str) -> Answer {
    world.stranger().post("/api/auth/invitations/accept", json!({"token": token, "password": password})).await
}

async fn accepted_once(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let (user, token) = invite(&admin, "new@north.test").await;
    let login = json!({"email": "new@north.test", "password": PASSWORD});
    world.stranger().post("/api/auth/login", login.clone()).await.refused(401, "invalid_credentials");
    let session = accept(&world, &token, PASSWORD).await;
    assert!(session.header("set-cookie").contains("HttpOnly"));
    let session = session.expect(200);
    assert_eq!(session["user"]["id"], user["id"]);
    let client = world.stranger().with_token(session["accessToken"].as_str());
    assert_eq!(client.get("/api/auth/me").await.expect(200)["role"], "AGENT");
    world.stranger().post("/api/auth/login", login).await.expect(200);
    accept(&world, &token, "another long secret").await.refused(401, "invitation_invalid");
    accept(&world, "unknown", PASSWORD).await.refused(401, "invitation_invalid");
    accept(&world, "", PASSWORD).await.refused(401, "invitation_invalid");
    world.stop().await;
}

async fn weak_passwords(engine: Engine) {
    let world = World::new(engine).await;
    let (_, token) = invite(&world.admin().await, "new@north.test").await;
    for weak in ["", "elevenchars", "password1234", "new@north.test"] {
        assert_eq!(accept(&world, &token, weak).await.wrong_fields(), ["password"], "{weak}");
    }
    // What was refused did not use it up.
    accept(&world, &token, PASSWORD).await.expect(200);
    world.stop().await;
}

async fn expire(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let (_, late) = invite(&admin, "late@north.test").await;
    let (_, timely) = invite(&admin, "timely@north.test").await;
    world.clock.forward(72 * HOUR - MINUTE);
    accept(&world, &timely, PASSWORD).await.expect(200);
    world.clock.forward(MINUTE);
    accept(&world, &late, PASSWORD).await.refused(401, "invitation_invalid");
    world.stop().await;
}

async fn of_many_at_once_one_wins(engine: Engine) {
    let world = World::new(engine).await;
    let (_, token) = invite(&world.admin().await, "new@north.test").await;
    let passwords: Vec<String> = (0..8).map(|n| format!("long secret number {n}")).collect();
    let tries = futures::future::join_all(passwords.iter().map(|password| accept(&world, &token, password))).await;
    let won: Vec<usize> = (0..8).filter(|n| tries[*n].status == 200).collect();
    assert_eq!(won.len(), 1, "{tries:?}");
    assert!(tries.iter().all(|answer| matches!(answer.status, 200 | 401)));
    for (n, password) in passwords.iter().enumerate() {
        let answer =
            world.stranger().post("/api/auth/login", json!({"email": "new@north.test", "password": password})).await;
        assert_eq!(answer.status == 200, won == [n], "{n}");
    }
    world.stop().await;
}

async fn end_with_the_user(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let (user, token) = invite(&admin, "new@north.test").await;
    let path = format!("/api/users/{}", user["id"].as_str().unwrap());
    admin.patch(&path, json!({"disabled": true})).await.expect(200);
    accept(&world, &token, PASSWORD).await.refused(401, "invitation_invalid");
    world.stop().await;
}
