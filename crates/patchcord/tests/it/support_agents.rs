//! Support agents: who can be given tickets.

use serde_json::{Value, json};

use crate::harness::{Answer, Client, Engine, World, both_engines};

both_engines!(
    made_changed_and_taken_out,
    lists_are_filtered_and_paged,
    wrong_fields_are_all_told,
    agents_say_whether_they_are_available,
    being_away_outlives_other_changes_of_the_user,
    what_is_named_elsewhere_stays,
    a_user_has_one,
);

const PATH: &str = "/api/support-agents";

async fn named(client: &Client, name: &str) -> Value {
    let all = client.get(PATH).await.expect(200);
    all["items"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone()
}

fn at(row: &Value) -> String {
    format!("{PATH}/{}", row["id"].as_str().unwrap())
}

async fn made_changed_and_taken_out(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let input =
        json!({"kind": "bot", "name": "Network assistant", "specialty": "network_agent", "maxOpenTickets": 100});
    let answer = admin.post_once(PATH, "key-1", input.clone()).await;
    let location = answer.header("location").to_owned();
    let made = answer.expect(201);
    assert_eq!(location, at(&made));
    assert_eq!(admin.post_once(PATH, "key-1", input).await.expect(201), made);
    let id = made["id"].clone();
    let expected = json!({
        "id": id, "kind": "BOT", "name": "Network assistant", "specialty": "network_agent", "userId": null,
        "isAvailable": true, "maxOpenTickets": 100, "version": 1, "createdAt": made["createdAt"],
        "updatedAt": made["createdAt"],
    });
    assert_eq!(made, expected);
    assert_eq!(world.viewer().await.get(&at(&made)).await.expect(200), made);
    let changed =
        admin.patch(&at(&made), json!({"version": 1, "maxOpenTickets": 5, "isAvailable": false})).await.expect(200);
    assert_eq!(
        (&changed["maxOpenTickets"], &changed["isAvailable"], &changed["version"]),
        (&json!(5), &json!(false), &json!(2))
    );
    assert_eq!(admin.patch(&at(&made), json!({"maxOpenTickets": 5})).await.expect(200)["version"], 2);
    let stale = admin.patch(&at(&made), json!({"version": 1, "name": "x"})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], changed);
    assert_eq!(admin.delete(&at(&made)).await.status, 204);
    admin.get(&at(&made)).await.refused(404, "not_found");
    admin.delete(&at(&made)).await.refused(404, "not_found");
    let log = admin.get(&format!("/api/audit-log?subject={}", id.as_str().unwrap())).await.expect(200);
    let actions: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|line| &line["action"]).collect();
    assert_eq!(actions, ["support_agent.removed", "support_agent.changed", "support_agent.added"]);
    assert_eq!(log["items"][1]["after"]["maxOpenTickets"], 5);
    world.stop().await;
}

async fn lists_are_filtered_and_paged(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, viewer) = (world.admin().await, world.viewer().await);
    for n in 0..3 {
        let input =
            json!({"kind": "HUMAN", "name": format!("Zoe {n}"), "specialty": "100% printers", "isAvailable": n != 1});
        admin.post(PATH, input).await.expect(201);
        world.clock.forward(1_000);
    }
    let names = |answer: Answer| -> Vec<String> {
        let items = answer.expect(200)["items"].as_array().unwrap().clone();
        items.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    let list = |query: &str| {
        let (viewer, path) = (viewer.clone(), format!("{PATH}?{query}"));
        async move { viewer.get(&path).await }
    };
    assert_eq!(names(list("").await), ["ADMIN of north", "AGENT of north", "Zoe 0", "Zoe 1", "Zoe 2"]);
    assert_eq!(names(list("kind=bot").await), [""; 0]);
    assert_eq!(names(list("q=ZOE&isAvailable=true").await), ["Zoe 0", "Zoe 2"]);
    assert_eq!(names(list("q=100%25").await), ["Zoe 0", "Zoe 1", "Zoe 2"]);
    assert_eq!(names(list("q=_").await), [""; 0], "what is special to the database is only a letter");
    assert_eq!(names(list("sort=-name&limit=2").await), ["Zoe 2", "Zoe 1"]);
    let page = list("q=zoe&limit=2&page=2&count=exact").await.expect(200);
    assert_eq!(
        (&page["total"], &page["hasMore"], &page["items"][0]["name"]),
        (&json!(3), &json!(false), &json!("Zoe 2"))
    );
    let first = list("q=zoe&sort=-createdAt&limit=2").await.expect(200);
    let next = first["nextCursor"].as_str().unwrap().to_owned();
    assert_eq!(names(list(&format!("q=zoe&sort=-createdAt&limit=2&cursor={next}")).await), ["Zoe 0"]);
    for wrong in ["x".to_owned(), format!("{next}!")] {
        assert_eq!(list(&format!("cursor={wrong}")).await.wrong_fields(), ["cursor"]);
    }
    let first = list("limit=3").await.expect(200);
    let next = first["nextCursor"].as_str().unwrap().to_owned();
    admin.post(PATH, json!({"kind": "HUMAN", "name": "zoe 0", "specialty": "printers"})).await.expect(201);
    let rest = names(list(&format!("limit=9&cursor={next}")).await);
    assert!(["Zoe 1", "Zoe 2"].iter().all(|name| rest.contains(&(*name).to_owned())), "{rest:?}");
    assert!(!rest.contains(&"Zoe 0".to_owned()), "{rest:?}: a row comes once");
    assert_eq!(names(list("sort=-updatedAt&limit=1").await), ["zoe 0"]);
    let by_name = names(list("q=zoe").await);
    assert_eq!(by_name[2..], ["Zoe 1", "Zoe 2"], "case makes no difference to the order");
    assert_eq!(list("sort=kind").await.wrong_fields(), ["sort"]);
    assert_eq!(list("kind=robot").await.wrong_fields(), ["kind"]);
    assert_eq!(list("limit=101").await.wrong_fields(), ["limit"]);
    assert_eq!(list("role=x").await.status, 422);
    world.stop().await;
}

async fn wrong_fields_are_all_told(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let wrong = |body: Value| admin.post(PATH, body);
    let all = json!({"kind": "CAT", "name": "", "userId": "42", "maxOpenTickets": -1});
    assert_eq!(wrong(all).await.wrong_fields(), ["kind", "name", "userId", "maxOpenTickets"]);
    for specialty in [Value::Null, json!("astrology_agent")] {
        let body = json!({"kind": "BOT", "name": "x", "specialty": specialty});
        assert_eq!(wrong(body).await.wrong_fields(), ["specialty"]);
    }
    let user = world.town.north.contact.clone();
    assert_eq!(wrong(json!({"kind": "HUMAN", "name": "x", "userId": user})).await.wrong_fields(), ["userId"]);
    let body = json!({"kind": "BOT", "name": "x", "specialty": "ticket_agent", "userId": user});
    assert_eq!(wrong(body).await.wrong_fields(), ["userId"]);
    assert_eq!(
        wrong(json!({"kind": "HUMAN", "name": "x", "maxOpenTickets": 1_001})).await.wrong_fields(),
        ["maxOpenTickets"]
    );
    assert_eq!(wrong(json!({"kind": "HUMAN", "name": "x", "colour": "red"})).await.status, 422);
    world.stop().await;
}

async fn agents_say_whether_they_are_available(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent, viewer) = (world.admin().await, world.agent().await, world.viewer().await);
    let (own, other) = (named(&admin, "AGENT of north").await, named(&admin, "ADMIN of north").await);
    let away = agent.patch(&at(&own), json!({"isAvailable": false})).await.expect(200);
    assert_eq!((&away["isAvailable"], &away["version"]), (&json!(false), &json!(2)));
    for body in [json!({"isAvailable": true, "maxOpenTickets": 1}), json!({"name": "x"}), json!({"userId": null})] {
        agent.patch(&at(&own), body).await.refused(403, "forbidden");
    }
    agent.patch(&at(&other), json!({"isAvailable": false})).await.refused(403, "forbidden");
    viewer.patch(&at(&own), json!({"isAvailable": true})).await.refused(403, "forbidden");
    agent.post(PATH, json!({"kind": "HUMAN", "name": "x"})).await.refused(403, "forbidden");
    agent.delete(&at(&own)).await.refused(403, "forbidden");
    assert_eq!(named(&admin, "AGENT of north").await, away);
    world.stop().await;
}

async fn being_away_outlives_other_changes_of_the_user(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let own = named(&admin, "AGENT of north").await;
    agent.patch(&at(&own), json!({"isAvailable": false})).await.expect(200);
    let user = format!("/api/users/{}", own["userId"].as_str().unwrap());
    let state = || async {
        let row = admin.get(&at(&own)).await.expect(200);
        (row["name"].clone(), row["isAvailable"].clone())
    };
    admin.patch(&user, json!({"phone": "+12025550142"})).await.expect(200);
    assert_eq!(state().await, (json!("AGENT of north"), json!(false)));
    admin.patch(&user, json!({"name": "Sam"})).await.expect(200);
    assert_eq!(state().await, (json!("Sam"), json!(false)), "the name follows, and nothing else");
    admin.patch(&at(&own), json!({"isAvailable": true, "name": "Sam, second line"})).await.expect(200);
    admin.patch(&user, json!({"disabled": true})).await.expect(200);
    assert_eq!(state().await, (json!("Sam, second line"), json!(false)));
    admin.patch(&user, json!({"disabled": false})).await.expect(200);
    assert_eq!(state().await, (json!("Sam, second line"), json!(true)));
    world.stop().await;
}

async fn what_is_named_elsewhere_stays(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let busy = admin.post(PATH, json!({"kind": "HUMAN", "name": "Busy"})).await.expect(201);
    admin.ticket("Printer", "x").await;
    admin.post("/api/tickets/1/assign", json!({"supportAgentId": busy["id"]})).await.expect(200);
    admin.delete(&at(&busy)).await.refused(409, "in_use");
    let member = admin.post(PATH, json!({"kind": "HUMAN", "name": "Member"})).await.expect(201);
    let team = admin.post("/api/teams", json!({"name": "One", "members": [member["id"]]})).await.expect(201);
    admin.delete(&at(&member)).await.refused(409, "in_use");
    admin.delete(&format!("/api/teams/{}", team["id"].as_str().unwrap())).await;
    assert_eq!(admin.delete(&at(&member)).await.status, 204);
    world.stop().await;
}

async fn a_user_has_one(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let own = named(&admin, "AGENT of north").await;
    let taken = json!({"kind": "HUMAN", "name": "Second", "userId": own["userId"]});
    assert_eq!(admin.post(PATH, taken.clone()).await.wrong_fields(), ["userId"]);
    // Given up by the first, the user is free; of several that ask at once one gets it.
    admin.patch(&at(&own), json!({"userId": null})).await.expect(200);
    let answers = futures::future::join_all((0..6).map(|_| admin.post(PATH, taken.clone()))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 1, "{answers:?}");
    assert!(
        answers.into_iter().filter(|answer| answer.status != 201).all(|answer| answer.wrong_fields() == ["userId"])
    );
    assert_eq!(admin.patch(&at(&own), json!({"userId": taken["userId"]})).await.wrong_fields(), ["userId"]);
    world.stop().await;
}
