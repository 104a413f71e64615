//! Tickets that go to whose turn it is in a team.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Client, Engine, Setup, World, both_engines, number, texts};

both_engines!(
    a_ticket_goes_to_the_team_of_its_area,
    round_robin_is_fair_to_tickets_that_come_together,
    nobody_gets_more_than_they_take,
    two_teams_share_a_person,
    the_least_busy_gets_it,
    only_people_who_are_there_get_any,
    what_waits_is_given_out_when_somebody_is_free,
    every_way_of_becoming_free,
    what_waits_is_found_by_a_worker_that_runs,
    what_a_person_releases_is_not_taken_again,
    another_area_is_another_team,
    the_switch,
    a_person_gives_a_ticket_to_a_team,
    a_job_may_run_twice,
);

/// A desk without a worker; tests run its jobs themselves.
async fn idle(engine: Engine) -> World {
    let world = World::with(engine, Setup { worker: false, ..Setup::default() }).await;
    let areas = json!({"productAreas": ["VPN", "Printers", "Email"]});
    world.admin().await.patch("/api/workspace", areas).await.expect(200);
    world
}

async fn people(admin: &Client, names: &[&str], capacity: i64) -> Vec<Value> {
    let mut all = Vec::new();
    for name in names {
        let input = json!({"kind": "HUMAN", "name": name, "maxOpenTickets": capacity});
        all.push(admin.post("/api/support-agents", input).await.expect(201));
    }
    all
}

async fn team(admin: &Client, name: &str, area: &str, strategy: &str, members: &[Value]) -> Value {
    let ids: Vec<&Value> = members.iter().map(|member| &member["id"]).collect();
    let input = json!({"name": name, "productAreas": [area], "strategy": strategy, "members": ids});
    admin.post("/api/teams", input).await.expect(201)
}

async fn open(client: &Client, area: &str) -> Value {
    let input = json!({"subject": "It is broken", "message": "x", "productArea": area});
    client.post("/api/tickets", input).await.expect(201)
}

fn who(ticket: &Value) -> &str {
    ticket["assignee"]["name"].as_str().unwrap_or("nobody")
}

async fn now(client: &Client, ticket: &Value) -> Value {
    client.get(&format!("/api/tickets/{}", ticket["id"].as_str().unwrap())).await.expect(200)
}

async fn status(client: &Client, ticket: &Value, status: &str) {
    let path = format!("/api/tickets/{}/status", ticket["id"].as_str().unwrap());
    client.patch(&path, json!({"status": status})).await.expect(200);
}

/// Runs every job that is due.
async fn work(world: &World) {
    while world.app.work_once().await.unwrap() > 0 {}
}

async fn waiting(world: &World) -> i64 {
    number(&world.store, "SELECT COUNT(*) FROM waiting_tickets").await
}

/// How many open tickets each has, by name.
async fn counts(world: &World) -> BTreeMap<String, usize> {
    let sql = "SELECT a.name FROM tickets t JOIN support_agents a ON a.workspace_id = t.workspace_id AND a.id = t.assignee_id \
        WHERE t.status NOT IN ('RESOLVED', 'CLOSED')";
    let mut counts = BTreeMap::new();
    for name in texts(&world.store, sql).await {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

async fn a_ticket_goes_to_the_team_of_its_area(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let all = people(&admin, &["Ann", "Bob"], 9).await;
    let team = team(&admin, "Network", "VPN", "ROUND_ROBIN", &all).await;
    let first = open(&agent, "VPN").await;
    assert_eq!((who(&first), who(&open(&agent, "VPN").await)).0.len(), 3);
    assert_eq!(first["version"], 2);
    assert_eq!(who(&open(&agent, "Printers").await), "nobody", "no team covers it");
    assert_eq!(who(&agent.ticket("No area", "x").await), "nobody");
    assert_eq!(waiting(&world).await, 0);
    let events = agent.get("/api/tickets/1/events").await.expect(200);
    let line = &events["items"][1];
    assert_eq!((&line["kind"], &line["actor"]["type"]), (&json!("ASSIGNED"), &json!("SYSTEM")), "{line}");
    let expected = json!({
        "field": "assigneeId", "from": null, "to": first["assignee"]["id"],
        "team": {"id": team["id"], "name": "Network"}, "strategy": "ROUND_ROBIN",
    });
    assert_eq!(line["payload"], expected);
    world.stop().await;
}

async fn round_robin_is_fair_to_tickets_that_come_together(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let all = people(&admin, &["Ann", "Bob", "Cid", "Dot"], 100).await;
    team(&admin, "Network", "VPN", "ROUND_ROBIN", &all).await;
    for round in 1..=3 {
        let tickets = futures::future::join_all((0..12).map(|_| open(&agent, "VPN"))).await;
        assert!(tickets.iter().all(|ticket| who(ticket) != "nobody"));
        let counts = counts(&world).await;
        assert_eq!(counts.values().copied().collect::<Vec<_>>(), [3 * round; 4], "{counts:?}");
    }
    world.stop().await;
}

async fn nobody_gets_more_than_they_take(engine: Engine) {
    for strategy in ["ROUND_ROBIN", "LEAST_BUSY"] {
        let world = idle(engine).await;
        let (admin, agent) = (world.admin().await, world.agent().await);
        let mut all = people(&admin, &["Ann", "Bob"], 3).await;
        all.extend(people(&admin, &["Cid"], 1).await);
        all.extend(people(&admin, &["Dot"], 0).await);
        team(&admin, "Network", "VPN", strategy, &all).await;
        let tickets = futures::future::join_all((0..16).map(|_| open(&agent, "VPN"))).await;
        let counts = counts(&world).await;
        let expected = BTreeMap::from([("Ann".to_owned(), 3), ("Bob".to_owned(), 3), ("Cid".to_owned(), 1)]);
        assert_eq!(counts, expected, "{strategy}");
        assert_eq!(tickets.iter().filter(|ticket| who(ticket) == "nobody").count(), 9);
        assert_eq!(waiting(&world).await, 9);
        world.stop().await;
    }
}

/// Each of two teams sees what the other one gives out at the same time.
async fn two_teams_share_a_person(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let all = people(&admin, &["Ann", "Bob", "Cid"], 4).await;
    team(&admin, "One", "VPN", "ROUND_ROBIN", &all).await;
    let turned: Vec<Value> = all.iter().rev().cloned().collect();
    team(&admin, "Two", "Email", "LEAST_BUSY", &turned).await;
    let mixed = (0..24).map(|n| open(&agent, if n % 2 == 0 { "VPN" } else { "Email" }));
    futures::future::join_all(mixed).await;
    assert_eq!(counts(&world).await.values().copied().collect::<Vec<_>>(), [4, 4, 4]);
    assert_eq!(waiting(&world).await, 12);
    world.stop().await;
}

async fn the_least_busy_gets_it(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let mut all = people(&admin, &["Ann"], 10).await;
    all.extend(people(&admin, &["Bob"], 2).await);
    team(&admin, "Network", "VPN", "LEAST_BUSY", &all).await;
    for _ in 0..12 {
        open(&agent, "VPN").await;
    }
    assert_eq!(counts(&world).await, BTreeMap::from([("Ann".to_owned(), 10), ("Bob".to_owned(), 2)]));
    // Of six, five and one are as near to ten and two as can be.
    let of = |name: &str| all.iter().find(|row| row["name"] == name).unwrap()["id"].as_str().unwrap().to_owned();
    let sql = format!("SELECT assignee_id FROM tickets WHERE number <= 6 AND assignee_id = '{}'", of("Bob"));
    assert_eq!(texts(&world.store, &sql).await.len(), 1);
    world.stop().await;
}

async fn only_people_who_are_there_get_any(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let bot = json!({"kind": "BOT", "name": "Bot", "specialty": "network_agent"});
    let bot = admin.post("/api/support-agents", bot).await.expect(201);
    let away = admin.post("/api/support-agents", json!({"kind": "HUMAN", "name": "Away", "isAvailable": false}));
    let away = away.await.expect(201);
    let user = json!({"email": "left@north.test", "name": "Left", "role": "AGENT", "password": "a very long secret"});
    let user = admin.post("/api/users", user).await.expect(201)["user"].clone();
    let all = admin.get("/api/support-agents").await.expect(200);
    let left = all["items"].as_array().unwrap().iter().find(|row| row["name"] == "Left").unwrap().clone();
    team(&admin, "Network", "VPN", "ROUND_ROBIN", &[bot, away, left.clone()]).await;
    admin.patch(&format!("/api/users/{}", user["id"].as_str().unwrap()), json!({"disabled": true})).await.expect(200);
    // However available somebody is said to be: who cannot sign in gets nothing.
    let path = format!("/api/support-agents/{}", left["id"].as_str().unwrap());
    admin.patch(&path, json!({"isAvailable": true})).await.expect(200);
    let ticket = open(&agent, "VPN").await;
    assert_eq!((who(&ticket), waiting(&world).await), ("nobody", 1));
    admin.patch(&format!("/api/users/{}", user["id"].as_str().unwrap()), json!({"disabled": false})).await.expect(200);
    work(&world).await;
    world.clock.forward(6_000);
    work(&world).await;
    assert_eq!(who(&now(&agent, &ticket).await), "Left");
    world.stop().await;
}

async fn what_waits_is_given_out_when_somebody_is_free(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let all = people(&admin, &["Ann"], 1).await;
    let team = team(&admin, "Network", "VPN", "ROUND_ROBIN", &all).await;
    let mut tickets = Vec::new();
    for _ in 0..3 {
        tickets.push(open(&agent, "VPN").await);
    }
    world.clock.forward(6_000);
    work(&world).await;
    assert_eq!(waiting(&world).await, 2, "looking again changes nothing while nobody is free");
    // Those that wait longest come first.
    status(&agent, &tickets[0], "RESOLVED").await;
    work(&world).await;
    assert_eq!((who(&now(&agent, &tickets[1]).await), who(&now(&agent, &tickets[2]).await)), ("Ann", "nobody"));
    let path = format!("/api/tickets/{}/events", tickets[1]["id"].as_str().unwrap());
    let line = agent.get(&path).await.expect(200)["items"][1].clone();
    assert_eq!(
        (&line["kind"], &line["actor"]["type"], &line["payload"]["team"]["id"]),
        (&json!("ASSIGNED"), &json!("SYSTEM"), &team["id"])
    );
    // What is closed while it waits is forgotten.
    status(&agent, &tickets[2], "CLOSED").await;
    status(&agent, &tickets[1], "CLOSED").await;
    work(&world).await;
    assert_eq!((who(&now(&agent, &tickets[2]).await), waiting(&world).await), ("nobody", 0));
    world.stop().await;
}

async fn every_way_of_becoming_free(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let all = people(&admin, &["Ann", "Bob"], 1).await;
    let team = team(&admin, "Network", "VPN", "ROUND_ROBIN", &all[..1]).await;
    let person = |at: usize| format!("/api/support-agents/{}", all[at]["id"].as_str().unwrap());
    let held = open(&agent, "VPN").await;
    let next = || async {
        let ticket = open(&agent, "VPN").await;
        assert_eq!(who(&ticket), "nobody");
        world.clock.forward(6_000);
        work(&world).await;
        ticket
    };
    // A higher limit.
    let ticket = next().await;
    admin.patch(&person(0), json!({"maxOpenTickets": 2})).await.expect(200);
    work(&world).await;
    assert_eq!(who(&now(&agent, &ticket).await), "Ann");
    // A ticket that is given to somebody else.
    let ticket = next().await;
    let path = format!("/api/tickets/{}/assign", held["id"].as_str().unwrap());
    agent.post(&path, json!({"supportAgentId": all[1]["id"]})).await.expect(200);
    work(&world).await;
    assert_eq!(who(&now(&agent, &ticket).await), "Ann");
    // One more in the team: Bob has one, and takes one.
    let ticket = next().await;
    let members = json!({"members": [all[0]["id"], all[1]["id"]]});
    admin.patch(&format!("/api/teams/{}", team["id"].as_str().unwrap()), members).await.expect(200);
    work(&world).await;
    assert_eq!(who(&now(&agent, &ticket).await), "nobody");
    // Somebody comes back.
    admin.patch(&person(1), json!({"isAvailable": false, "maxOpenTickets": 2})).await.expect(200);
    work(&world).await;
    assert_eq!(who(&now(&agent, &ticket).await), "nobody");
    admin.patch(&person(1), json!({"isAvailable": true})).await.expect(200);
    work(&world).await;
    assert_eq!(who(&now(&agent, &ticket).await), "Bob");
    // A ticket that is merged into another one.
    let ticket = next().await;
    let path = format!("/api/tickets/{}/merge", held["id"].as_str().unwrap());
    agent.post(&path, json!({"intoTicketId": ticket["id"]})).await.expect(200);
    work(&world).await;
    assert_eq!(who(&now(&agent, &ticket).await), "Bob");
    assert_eq!(waiting(&world).await, 0);
    world.stop().await;
}

/// With a worker, nobody has to do anything: what waits while many things happen at once is given out in the end.
async fn what_waits_is_found_by_a_worker_that_runs(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    admin.patch("/api/workspace", json!({"productAreas": ["VPN"]})).await.expect(200);
    let all = people(&admin, &["Ann", "Bob"], 2).await;
    team(&admin, "Network", "VPN", "ROUND_ROBIN", &all).await;
    let first = futures::future::join_all((0..8).map(|_| open(&agent, "VPN"))).await;
    let (held, _): (Vec<_>, Vec<_>) = first.iter().partition(|ticket| who(ticket) != "nobody");
    assert_eq!(held.len(), 4);
    let close = futures::future::join_all(held.iter().map(|ticket| status(&agent, ticket, "CLOSED")));
    let more = futures::future::join_all((0..2).map(|_| open(&agent, "VPN")));
    tokio::join!(close, more);
    let began = std::time::Instant::now();
    loop {
        if counts(&world).await.values().copied().collect::<Vec<_>>() == [2, 2] && waiting(&world).await == 2 {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(20),
            "{:?}, {} wait",
            counts(&world).await,
            waiting(&world).await
        );
        world.clock.forward(1_000);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.stop().await;
}

async fn what_a_person_releases_is_not_taken_again(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let all = people(&admin, &["Ann"], 1).await;
    team(&admin, "Network", "VPN", "ROUND_ROBIN", &all).await;
    let (held, waits) = (open(&agent, "VPN").await, open(&agent, "VPN").await);
    // Somebody takes what waits, and gives it up.
    let path = format!("/api/tickets/{}/assign", waits["id"].as_str().unwrap());
    agent.post(&path, json!({"supportAgentId": all[0]["id"]})).await.expect(200);
    agent.post(&path, json!({})).await.expect(200);
    // Somebody gives up what the team was given.
    let path = format!("/api/tickets/{}/assign", held["id"].as_str().unwrap());
    agent.post(&path, json!({})).await.expect(200);
    world.clock.forward(6_000);
    work(&world).await;
    assert_eq!((who(&now(&agent, &held).await), who(&now(&agent, &waits).await)), ("nobody", "nobody"));
    assert_eq!(who(&open(&agent, "VPN").await), "Ann");
    world.stop().await;
}

async fn another_area_is_another_team(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let all = people(&admin, &["Ann", "Bob"], 1).await;
    team(&admin, "Network", "VPN", "ROUND_ROBIN", &all[..1]).await;
    team(&admin, "Mail", "Email", "ROUND_ROBIN", &all[1..]).await;
    let held = open(&agent, "VPN").await;
    let waits = open(&agent, "VPN").await;
    let path = format!("/api/tickets/{}", waits["id"].as_str().unwrap());
    let moved = agent.patch(&path, json!({"productArea": "Email"})).await.expect(200);
    assert_eq!((who(&moved), waiting(&world).await), ("Bob", 0));
    // Who has a ticket keeps it, wherever it belongs.
    let path = format!("/api/tickets/{}", held["id"].as_str().unwrap());
    assert_eq!(who(&agent.patch(&path, json!({"productArea": "Printers"})).await.expect(200)), "Ann");
    // One that waits for nobody any more.
    let waits = open(&agent, "Email").await;
    let path = format!("/api/tickets/{}", waits["id"].as_str().unwrap());
    agent.patch(&path, json!({"productArea": null})).await.expect(200);
    assert_eq!(waiting(&world).await, 0);
    world.stop().await;
}

async fn the_switch(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    assert_eq!(admin.get("/api/workspace").await.expect(200)["autoAssign"], true);
    let all = people(&admin, &["Ann"], 1).await;
    team(&admin, "Network", "VPN", "ROUND_ROBIN", &all).await;
    let (held, waits) = (open(&agent, "VPN").await, open(&agent, "VPN").await);
    admin.patch("/api/workspace", json!({"autoAssign": false})).await.expect(200);
    status(&agent, &held, "CLOSED").await;
    world.clock.forward(6_000);
    work(&world).await;
    assert_eq!(who(&now(&agent, &waits).await), "nobody");
    assert_eq!(who(&open(&agent, "VPN").await), "nobody");
    assert_eq!(waiting(&world).await, 1, "tickets of then do not wait");
    admin.patch("/api/workspace", json!({"autoAssign": true})).await.expect(200);
    work(&world).await;
    assert_eq!(who(&now(&agent, &waits).await), "Ann");
    world.stop().await;
}

async fn a_person_gives_a_ticket_to_a_team(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent, foreigner) = (world.admin().await, world.agent().await, world.foreigner().await);
    let all = people(&admin, &["Ann", "Bob"], 2).await;
    let team = team(&admin, "Network", "VPN", "LEAST_BUSY", &all).await;
    agent.ticket("One", "x").await;
    let give = |number: u32| {
        let (agent, id) = (agent.clone(), team["id"].clone());
        async move { agent.post(&format!("/api/tickets/{number}/assign"), json!({"teamId": id})).await }
    };
    let first = give(1).await.expect(200);
    let line = agent.get("/api/tickets/1/events").await.expect(200)["items"][1].clone();
    assert_eq!((&line["actor"]["type"], &line["payload"]["strategy"]), (&json!("USER"), &json!("LEAST_BUSY")));
    // Once more goes to the other one, and back.
    let second = give(1).await.expect(200);
    assert_ne!(who(&first), who(&second));
    for number in 2..=4 {
        agent.ticket("More", "x").await;
        assert_ne!(who(&give(number).await.expect(200)), "nobody");
    }
    agent.ticket("Too many", "x").await;
    give(5).await.refused(409, "nobody_available");
    assert_eq!(waiting(&world).await, 0, "who asks is told, and decides");
    // Everybody is full: who has it keeps it.
    let kept = give(4).await.expect(200);
    assert_eq!(kept["version"], 2);
    let wrong = |body: Value| agent.post("/api/tickets/5/assign", body);
    assert_eq!(wrong(json!({"teamId": "42"})).await.wrong_fields(), ["teamId"]);
    assert_eq!(wrong(json!({"teamId": all[0]["id"]})).await.wrong_fields(), ["teamId"]);
    assert_eq!(wrong(json!({"teamId": team["id"], "supportAgentId": all[0]["id"]})).await.wrong_fields(), ["userId"]);
    foreigner.ticket("Elsewhere", "x").await;
    let answer = foreigner.post("/api/tickets/1/assign", json!({"teamId": team["id"]})).await;
    assert_eq!(answer.wrong_fields(), ["teamId"]);
    world.stop().await;
}

async fn a_job_may_run_twice(engine: Engine) {
    let world = idle(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let all = people(&admin, &["Ann", "Bob"], 2).await;
    let path = |at: usize| format!("/api/support-agents/{}", all[at]["id"].as_str().unwrap());
    for at in 0..2 {
        admin.patch(&path(at), json!({"isAvailable": false})).await.expect(200);
    }
    team(&admin, "Network", "VPN", "ROUND_ROBIN", &all).await;
    for _ in 0..25 {
        open(&agent, "VPN").await;
    }
    // Many jobs of the same team, on two programs at once.
    world.clock.forward(6_000);
    for at in 0..2 {
        admin.patch(&path(at), json!({"isAvailable": true})).await.expect(200);
    }
    let other = world.second().await;
    loop {
        let (a, b) = tokio::join!(world.app.work_once(), other.work_once());
        if a.unwrap() + b.unwrap() == 0 {
            break;
        }
    }
    assert_eq!(counts(&world).await.values().copied().collect::<Vec<_>>(), [2, 2]);
    assert_eq!(waiting(&world).await, 21);
    // More than one job's worth is given out by one job after the other.
    admin.patch(&path(0), json!({"maxOpenTickets": 500})).await.expect(200);
    work(&world).await;
    assert_eq!((waiting(&world).await, counts(&world).await["Ann"]), (0, 23));
    world.stop().await;
}
