//! What calls leave elsewhere: who is named by one stays, nodes note how many they hold, a caller's language outlasts a break.

use patchcord_app::calls::Next;
use patchcord_domain::call::Ending;
use patchcord_domain::machine::Use;
use patchcord_domain::time::MINUTE;
use serde_json::json;

use crate::harness::{Engine as Database, JONAS, NORTH, Talk, World, both_engines};

both_engines!(
    who_is_named_by_a_call_stays,
    a_node_notes_how_many_calls_it_holds,
    the_callers_language_outlasts_a_break,
);

async fn who_is_named_by_a_call_stays(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let organization = admin.post("/api/organizations", json!({"name": "Quiet Mill"})).await.expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let contact = agent
        .post("/api/contacts", json!({"name": "Ada Quiet", "organizationId": organization, "phone": "+12025550177"}))
        .await
        .expect(201)["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let talk = Talk::begin(&world.app, "1", "+12025550177", NORTH).await;
    talk.end(Ending::Goodbye).await;
    let contact = format!("/api/contacts/{contact}");
    let told = admin.delete(&contact).await.refused(409, "in_use");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("the contact is in use by 1 call;"), "{detail}");
    Talk::begin(&world.app, "2", "+12025550177", NORTH).await.end(Ending::Goodbye).await;
    let told = admin.delete(&format!("/api/organizations/{organization}")).await.refused(409, "in_use");
    let detail = told["detail"].as_str().unwrap();
    assert!(detail.contains("1 contact and 2 calls"), "{detail}");
    world.stop().await;
}

async fn a_node_notes_how_many_calls_it_holds(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let admin = world.admin().await;
    let calls = async || {
        let now = world.app.clock.now();
        let used = Use { cpu_ms: 0, memory_bytes: 0 };
        world.app.log_health((now - MINUTE, used), (now, used)).await.unwrap();
        world.clock.forward(1_000);
        admin.get("/api/dashboard/health").await.expect(200)["nodes"][0]["activeCalls"].clone()
    };
    assert_eq!(calls().await, 0);
    let first = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    let second = Talk::begin(&world.app, "2", JONAS, NORTH).await;
    assert_eq!(calls().await, 2);
    drop(second.forget());
    first.end(Ending::Goodbye).await;
    assert_eq!(calls().await, 0);
    world.stop().await;
}

async fn the_callers_language_outlasts_a_break(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let agent = world.agent().await;
    let path = format!("/api/contacts/{}", world.town.north.contact);
    agent.patch(&path, json!({"preferredLanguage": "de"})).await.expect(200);
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.caller("Guten Tag.").await;
    talk.end(Ending::Moved).await;
    let Next::Stream(stream) = world.app.call_action(&format!("CA{:0>32}", "1"), true).await.unwrap() else {
        panic!("it does not go on")
    };
    assert!(stream.resumes);
    assert_eq!(stream.language.as_deref(), Some("de"));
    world.stop().await;
}
