//! Tokens of an identity provider: good ones are taken, forged ones never, and the provider cannot be made to hurt the desk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use patchcord_app::identity::{ClientCredentials, Options};
use patchcord_domain::time::{Clock, MINUTE, SECOND};
use patchcord_simulator::oidc::{AUDIENCE, CLIENT_ID, CLIENT_SECRET, Kind, Person, Provider, Trouble, Twist};
use serde_json::json;

use crate::harness::{Answer, Engine, PASSWORD, Setup, TestClock, World, both_engines};

both_engines!(
    a_good_token_is_taken_and_links_its_user,
    forged_tokens_are_refused,
    times_are_judged_by_our_clock,
    identities_without_a_user_are_refused,
    two_identities_cannot_share_a_user,
    keys_are_read_again_at_most_once_a_minute,
    a_sick_provider_does_no_harm,
);

/// A desk that takes the tokens of a provider, on one clock.
pub(crate) async fn world_with_provider(engine: Engine, change: impl FnOnce(&mut Options)) -> (World, Provider) {
    let clock = Arc::new(TestClock::default());
    let seconds = clock.clone();
    let provider = Provider::start(move || seconds.now() / SECOND).await;
    let mut options = Options::new(provider.issuer());
    options.audiences = vec![AUDIENCE.to_owned()];
    options.client = Some(ClientCredentials { id: CLIENT_ID.to_owned(), secret: Some(CLIENT_SECRET.to_owned()) });
    options.timeout_ms = 1_000;
    change(&mut options);
    let setup = Setup { clock, identity: Some(options), worker: false, ..Setup::default() };
    (World::with(engine, setup).await, provider)
}

async fn me(world: &World, token: &str) -> Answer {
    world.stranger().with_token(Some(token)).get("/api/auth/me").await
}

fn agent() -> Person {
    Person::new("subject-of-the-agent", "agent@north.test")
}

async fn a_good_token_is_taken_and_links_its_user(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    let (before, admin) = (world.agent().await, world.admin().await);
    before.get("/api/auth/me").await.expect(200);
    for kind in Kind::ALL {
        let who = me(&world, &provider.token(&agent(), kind)).await.expect(200);
        // Role and workspace are those of our row, whatever the claims say.
        assert_eq!((&who["email"], &who["role"]), (&json!("agent@north.test"), &json!("AGENT")), "{kind:?}");
        assert_eq!(who["workspaceId"], world.town.north.workspace.as_str());
    }
    let client = world.stranger().with_token(Some(&provider.token(&agent(), Kind::Es256)));
    client.ticket("The scanner is dead", "It does not start any more.").await;
    client.get("/api/users").await.refused(403, "forbidden");

    // The link ended the local password and the sessions, and can be read in the log.
    before.get("/api/auth/me").await.refused(401, "session_ended");
    let login = json!({"email": "agent@north.test", "password": PASSWORD});
    world.stranger().post("/api/auth/login", login).await.refused(401, "invalid_credentials");
    let log = admin.get("/api/audit-log?action=user.linked").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 1, "{log}");
    assert_eq!(log["items"][0]["after"]["subject"], "subject-of-the-agent");
    assert_eq!(log["items"][0]["before"]["password"], true);

    // From now on the subject counts, not the address.
    let renamed = Person { email: Some("somebody@else.test".into()), email_verified: json!(false), ..agent() };
    assert_eq!(me(&world, &provider.token(&renamed, Kind::Rs256)).await.expect(200)["email"], "agent@north.test");
    assert_eq!(provider.count("/keys"), 1);
    world.stop().await;
}

async fn forged_tokens_are_refused(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    me(&world, &provider.token(&agent(), Kind::Rs256)).await.expect(200);
    for kind in Kind::ALL {
        for twist in Twist::OF_API_TOKENS {
            let answer = me(&world, &provider.twisted(&agent(), kind, twist)).await;
            assert_eq!((answer.status, &answer.body["code"]), (401, &json!("invalid_token")), "{kind:?} {twist:?}");
        }
        me(&world, &provider.token(&agent(), kind)).await.expect(200);
    }
    let claims = provider.claims(&agent());
    let good = provider.sign(&claims, Kind::EdDsa);
    let mut parts = good.split('.');
    let (header, body, signature) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    for broken in [
        format!("{header}.{body}."),
        format!("{header}.{body}"),
        format!("{header}.{body}.{signature}.{signature}"),
        format!("{header}.{body}.{signature}="),
        format!("{header}..{signature}"),
        format!("{body}.{header}.{signature}"),
        // No name of a key, where there is one key of the kind only, is fine; a name that is not a text is not.
        provider.sign_under(&json!({"alg": "EdDSA", "kid": 0}), &claims, Kind::EdDsa),
        provider.sign_under(&json!({"alg": "EdDSA", "kid": "key-0"}), &claims, Kind::EdDsa),
        provider.sign_under(&json!({"alg": "eddsa", "kid": "key-2"}), &claims, Kind::EdDsa),
    ] {
        me(&world, &broken).await.refused(401, "invalid_token");
    }
    me(&world, &provider.sign_under(&json!({"alg": "EdDSA"}), &claims, Kind::EdDsa)).await.expect(200);
    for (name, value) in
        [("exp", json!("never")), ("sub", json!(7)), ("sub", json!("")), ("aud", json!([])), ("iss", json!(null))]
    {
        let mut wrong = claims.clone();
        wrong[name] = value;
        me(&world, &provider.sign(&wrong, Kind::Rs256)).await.refused(401, "invalid_token");
    }
    assert_eq!((provider.count("/elsewhere"), provider.count("/keys")), (0, 1));
    world.stop().await;
}

async fn times_are_judged_by_our_clock(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    let token = provider.token(&agent(), Kind::EdDsa);
    me(&world, &token).await.expect(200);
    world.clock.forward(5 * MINUTE + 50 * SECOND);
    me(&world, &token).await.expect(200);
    world.clock.forward(11 * SECOND);
    me(&world, &token).await.refused(401, "invalid_token");
    me(&world, &provider.token(&agent(), Kind::EdDsa)).await.expect(200);
    world.stop().await;
}

async fn identities_without_a_user_are_refused(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    let refused = async |person: &Person| {
        me(&world, &provider.token(person, Kind::EdDsa)).await.refused(403, "user_not_provisioned");
    };
    refused(&Person::new("s1", "nobody@north.test")).await;
    refused(&Person { email: None, ..agent() }).await;
    for verified in [json!(false), json!("true"), json!(1), json!(null)] {
        refused(&Person { email_verified: verified, ..agent() }).await;
    }
    // Nothing was linked by any of them: the password still holds.
    world.agent().await;

    let admin = world.admin().await;
    let found = admin.get("/api/users").await.expect(200);
    let viewer = found["items"].as_array().unwrap().iter().find(|user| user["role"] == "VIEWER").unwrap().clone();
    let path = format!("/api/users/{}", viewer["id"].as_str().unwrap());
    let person = Person::new("subject-of-the-viewer", "viewer@north.test");
    admin.patch(&path, json!({"disabled": true})).await.expect(200);
    refused(&person).await;
    admin.patch(&path, json!({"disabled": false})).await.expect(200);
    me(&world, &provider.token(&person, Kind::EdDsa)).await.expect(200);
    admin.patch(&path, json!({"disabled": true})).await.expect(200);
    refused(&person).await;
    world.stop().await;
}

async fn two_identities_cannot_share_a_user(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    let invited = json!({"email": "new@north.test", "name": "New", "role": "AGENT"});
    let added = world.admin().await.post("/api/users", invited).await.expect(201);
    // Ten identities with the same address at once: exactly one of them gets the user.
    let tokens: Vec<String> =
        (0..10).map(|n| provider.token(&Person::new(&format!("s{n}"), "new@north.test"), Kind::EdDsa)).collect();
    let answers = futures::future::join_all(tokens.iter().map(|token| me(&world, token))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 403, 403, 403, 403, 403, 403, 403, 403, 403]);
    // The invitation, with which somebody else could set a password, ended with the link.
    let url = added["invitationUrl"].as_str().unwrap();
    let token = url.split("token=").nth(1).unwrap();
    let accept = json!({"token": token, "password": "another long secret"});
    world.stranger().post("/api/auth/invitations/accept", accept).await.refused(401, "invitation_invalid");
    world.stop().await;
}

async fn keys_are_read_again_at_most_once_a_minute(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    let old = provider.token(&agent(), Kind::Es256);
    me(&world, &old).await.expect(200);
    provider.rotate(Kind::Es256);
    me(&world, &provider.token(&agent(), Kind::Es256)).await.refused(401, "invalid_token");
    let strangers: Vec<String> = (0..50).map(|_| provider.twisted(&agent(), Kind::EdDsa, Twist::UnknownKid)).collect();
    futures::future::join_all(strangers.iter().map(|token| me(&world, token))).await;
    assert_eq!(provider.count("/keys"), 1);

    world.clock.forward(MINUTE);
    me(&world, &provider.token(&agent(), Kind::Es256)).await.expect(200);
    assert_eq!(provider.count("/keys"), 2);
    // The old key was withdrawn.
    me(&world, &old).await.refused(401, "invalid_token");
    world.clock.forward(MINUTE);
    futures::future::join_all(strangers.iter().map(|token| me(&world, token))).await;
    assert_eq!(provider.count("/keys"), 3);

    // A provider that is down keeps nobody out whose key is known.
    world.clock.forward(20 * MINUTE);
    provider.trouble("/keys", Trouble::Status(500));
    me(&world, &provider.token(&agent(), Kind::Rs256)).await.expect(200);
    assert_eq!(provider.count("/keys"), 4);
    world.stop().await;
}

async fn a_sick_provider_does_no_harm(engine: Engine) {
    for trouble in [
        Trouble::Long(5 * 1024 * 1024),
        Trouble::Hang,
        Trouble::Redirect("/elsewhere".into()),
        Trouble::Garbage,
        Trouble::Status(503),
    ] {
        let (world, provider) = world_with_provider(engine, |_| {}).await;
        provider.trouble("/keys", trouble.clone());
        let token = provider.token(&agent(), Kind::EdDsa);
        let began = Instant::now();
        let refused = me(&world, &token).await;
        assert!(began.elapsed() < Duration::from_secs(4), "{trouble:?} {:?}", began.elapsed());
        assert_eq!((refused.status, refused.header("retry-after")), (503, "2"), "{trouble:?} {}", refused.text);
        // It is not asked again at once, and then it is.
        me(&world, &token).await.refused(503, "unavailable");
        assert_eq!((provider.count("/keys"), provider.count("/elsewhere")), (1, 0), "{trouble:?}");
        world.clock.forward(6 * SECOND);
        me(&world, &token).await.expect(200);
        world.stop().await;
    }
    // Without a provider such a token is one like any other that is not ours.
    let world = World::new(engine).await;
    let provider = Provider::start(|| 0).await;
    me(&world, &provider.token(&agent(), Kind::EdDsa)).await.refused(401, "invalid_token");
    world.stop().await;
}
