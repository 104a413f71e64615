//! What rules of policies do with tickets on the way, each once, and what clocks reach when several nodes look.

use patchcord_domain::time::{HOUR, MINUTE};
use serde_json::{Value, json};

use crate::harness::{Engine, World, both_engines, number, texts};
use crate::sla::{desk, lines, medium, now, pass, path, resolution, work};
use crate::sla_policies::make;

both_engines!(
    what_they_reach_is_noted_once,
    two_nodes_note_everything_once,
    rules_move_the_clocks_and_end,
    what_was_before_a_policy_leads_to_no_rule,
    rules_address_teams,
);

/// Promises eight hours, and has a rule for each percentage.
async fn with_rules(world: &World) -> Value {
    let agents = world.admin().await.get("/api/support-agents").await.expect(200);
    let agent = agents["items"][0].clone();
    let rule = |percent: i64, actions: Value| json!({"clock": "RESOLUTION", "atPercent": percent, "actions": actions});
    medium(
        world,
        json!({"resolutionMinutes": 480, "escalationRules": [
            rule(70, json!([{"type": "NOTIFY", "supportAgentId": agent["id"]}, {"type": "ASSIGN", "supportAgentId": agent["id"]}])),
            rule(90, json!([{"type": "ESCALATE", "supportAgentId": agent["id"], "level": 3}])),
            rule(110, json!([{"type": "RAISE_PRIORITY"}])),
        ]}),
    )
    .await;
    make(&world.admin().await, json!({"priority": "HIGH", "resolutionMinutes": 600})).await;
    work(world).await;
    agent
}

async fn what_they_reach_is_noted_once(engine: Engine) {
    let world = desk(engine).await;
    let agent = with_rules(&world).await;
    pass(&world, 1).await;
    let ticket = world.agent().await.ticket("VPN drops", "m").await;
    let notes = "SELECT body FROM ticket_messages WHERE author_type = 'SYSTEM' AND is_internal";
    let escalations = "SELECT CAST(level AS TEXT) || ' ' || reason || ' ' || status FROM ticket_escalations";
    // 70 % are 336 minutes.
    pass(&world, 335).await;
    assert_eq!(
        (texts(&world.store, notes).await.len(), now(&world, &ticket).await["assignee"].clone()),
        (0, Value::Null)
    );
    pass(&world, 1).await;
    pass(&world, 1).await;
    let note = format!("{}: 70 % of the time until the resolution is used up.", agent["name"].as_str().unwrap());
    assert_eq!(texts(&world.store, notes).await, [note]);
    assert_eq!(now(&world, &ticket).await["assignee"]["id"], agent["id"]);
    assert_eq!(lines(&world, &ticket).await, Vec::<String>::new());
    // The last hour begins at 420, 90 % are 432 minutes.
    pass(&world, 83).await;
    pass(&world, 3).await;
    assert_eq!(lines(&world, &ticket).await, ["SLA_DUE_SOON RESOLUTION"]);
    assert_eq!(texts(&world.store, escalations).await, Vec::<String>::new());
    pass(&world, 10).await;
    pass(&world, 10).await;
    assert_eq!(texts(&world.store, escalations).await, ["3 90 % of the time until the resolution is used up. PENDING"]);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM events WHERE type = 'escalation.created'").await, 1);
    let escalated = now(&world, &ticket).await;
    assert_eq!((&escalated["status"], &resolution(&escalated)["state"]), (&json!("ESCALATED"), &json!("RUNNING")));
    pass(&world, 40).await;
    pass(&world, 1).await;
    let late = now(&world, &ticket).await;
    assert_eq!(late["slaBreachedAt"], late["resolutionDueAt"]);
    assert_eq!(
        (&resolution(&late)["state"], &resolution(&late)["breachedAt"]),
        (&json!("BREACHED"), &late["resolutionDueAt"])
    );
    assert_eq!(resolution(&late)["remainingSeconds"], -4 * 60);
    assert_eq!(late["priority"], "MEDIUM");
    // 110 % are 528 minutes.
    pass(&world, 60).await;
    pass(&world, 600).await;
    let raised = now(&world, &ticket).await;
    assert_eq!((&raised["priority"], &resolution(&raised)["targetMinutes"]), (&json!("HIGH"), &json!(600)));
    assert_eq!(resolution(&raised)["state"], "BREACHED", "what was breached stays so");
    assert_eq!(lines(&world, &ticket).await, ["SLA_DUE_SOON RESOLUTION", "SLA_BREACHED RESOLUTION"]);
    assert_eq!((texts(&world.store, notes).await.len(), texts(&world.store, escalations).await.len()), (1, 1));
    let trail = world.agent().await.get(&format!("{}/events", path(&ticket))).await.expect(200);
    for line in trail["items"].as_array().unwrap().iter().skip(1) {
        assert_eq!(line["actorType"], "SYSTEM", "{line}");
    }
    let verified = world.app.verify_trails().await.unwrap();
    assert_eq!((verified.tickets, verified.faults), (1, Vec::new()));
    world.stop().await;
}

async fn two_nodes_note_everything_once(engine: Engine) {
    let world = desk(engine).await;
    with_rules(&world).await;
    pass(&world, 1).await;
    let agent = world.agent().await;
    for n in 0..12 {
        agent.ticket(&format!("Ticket {n}"), "m").await;
    }
    let second = world.second().await;
    for minutes in [340, 100, 60, 60] {
        world.clock.forward(minutes * MINUTE);
        // The queue gives the job to one of them; here both do it, as when a lease ran out.
        let job = |app: &patchcord_app::App| {
            let app = app.clone();
            let workspace = world.town.north.workspace.as_str().to_owned();
            async move {
                let mut job = probe(&app).await;
                job.workspace_id = workspace;
                let _ = patchcord_app::jobs::run(&app, &job).await;
            }
        };
        futures::join!(job(&world.app), job(&second), job(&world.app));
    }
    let counted = |what: &str| format!("SELECT COUNT(*) FROM {what}");
    assert_eq!(number(&world.store, &counted("ticket_events WHERE kind = 'SLA_DUE_SOON'")).await, 12);
    assert_eq!(number(&world.store, &counted("ticket_events WHERE kind = 'SLA_BREACHED'")).await, 12);
    assert_eq!(number(&world.store, &counted("ticket_events WHERE kind = 'PRIORITY_CHANGED'")).await, 12);
    assert_eq!(number(&world.store, &counted("ticket_escalations")).await, 12);
    assert_eq!(number(&world.store, &counted("ticket_messages WHERE author_type = 'SYSTEM'")).await, 12);
    world.stop().await;
}

/// A job of the scan that nobody else has, with a lease that is not held.
async fn probe(app: &patchcord_app::App) -> patchcord_app::rows::Job {
    let now = app.clock.now();
    patchcord_app::rows::Job {
        id: "probe".into(),
        workspace_id: String::new(),
        kind: patchcord_app::jobs::sla::SCAN.into(),
        payload: json!({}),
        priority: 0,
        run_at: now,
        state: "RUNNING".into(),
        attempts: 1,
        max_attempts: 5,
        lease_token: Some("nobody's".into()),
        lease_until: Some(now + HOUR),
        dedup_key: None,
        last_error: None,
        created_at: now,
        updated_at: now,
    }
}

async fn rules_move_the_clocks_and_end(engine: Engine) {
    let world = desk(engine).await;
    let raise = json!([{"clock": "RESOLUTION", "atPercent": 70, "actions": [{"type": "RAISE_PRIORITY"}]}]);
    for (priority, minutes) in [("LOW", 1_000), ("MEDIUM", 400), ("HIGH", 200), ("URGENT", 100)] {
        let body = json!({"priority": priority, "resolutionMinutes": minutes, "escalationRules": raise});
        make(&world.admin().await, body).await;
    }
    pass(&world, 1).await;
    let body = json!({"subject": "VPN drops", "message": "m", "priority": "LOW"});
    let ticket = world.agent().await.post("/api/tickets", body).await.expect(201);
    pass(&world, 705).await;
    // Raised once: a rule acts once for a clock, whichever policy it is of.
    let raised = now(&world, &ticket).await;
    assert_eq!((&raised["priority"], &resolution(&raised)["targetMinutes"]), (&json!("MEDIUM"), &json!(400)));
    assert_eq!(lines(&world, &ticket).await, ["SLA_BREACHED RESOLUTION"]);
    pass(&world, 600).await;
    assert_eq!(now(&world, &ticket).await["priority"], "MEDIUM");
    world.stop().await;
}

async fn what_was_before_a_policy_leads_to_no_rule(engine: Engine) {
    let world = desk(engine).await;
    let ticket = world.agent().await.ticket("Old", "m").await;
    world.clock.forward(450 * MINUTE);
    with_rules(&world).await;
    pass(&world, 1).await;
    let old = now(&world, &ticket).await;
    assert_eq!(
        (&old["status"], &old["assignee"], &resolution(&old)["percent"]),
        (&json!("OPEN"), &Value::Null, &json!(93))
    );
    assert_eq!(lines(&world, &ticket).await, Vec::<String>::new());
    // What comes after does.
    pass(&world, 100).await;
    assert_eq!(lines(&world, &ticket).await, ["SLA_BREACHED RESOLUTION"]);
    assert_eq!(now(&world, &ticket).await["priority"], "HIGH");
    world.stop().await;
}

/// A rule that names a team means whose turn it is there: one gets the ticket, another one looks at it.
async fn rules_address_teams(engine: Engine) {
    let world = desk(engine).await;
    let admin = world.admin().await;
    let mut members = Vec::new();
    for name in ["Ida", "Jon"] {
        let made = admin.post("/api/support-agents", json!({"kind": "HUMAN", "name": name})).await.expect(201);
        members.push(made["id"].clone());
    }
    let team = admin.post("/api/teams", json!({"name": "Network", "members": members})).await.expect(201);
    let rule = |percent: i64, kind: &str| json!({"clock": "RESOLUTION", "atPercent": percent, "actions": [{"type": kind, "teamId": team["id"]}]});
    let policy = medium(
        &world,
        json!({"resolutionMinutes": 480, "escalationRules": [rule(70, "ASSIGN"), rule(90, "ESCALATE"), rule(110, "NOTIFY")]}),
    )
    .await;
    assert_eq!(policy["escalationRules"][0]["actions"][0]["teamId"], team["id"]);
    work(&world).await;
    pass(&world, 1).await;
    let ticket = world.agent().await.ticket("VPN drops", "m").await;
    pass(&world, 340).await;
    let first = now(&world, &ticket).await["assignee"]["id"].clone();
    assert!(members.contains(&first), "{first}");
    pass(&world, 100).await;
    let to = texts(&world.store, "SELECT to_agent_id FROM ticket_escalations").await;
    assert_eq!(to.len(), 1);
    assert!(members.contains(&json!(to[0])) && json!(to[0]) != first, "the other one looks at it: {to:?}");
    assert_eq!(now(&world, &ticket).await["assignee"]["id"], first, "until the escalation is accepted");
    pass(&world, 110).await;
    let notes = "SELECT body FROM ticket_messages WHERE author_type = 'SYSTEM' AND is_internal";
    assert_eq!(texts(&world.store, notes).await, ["Network: 110 % of the time until the resolution is used up."]);
    // Nobody is free: anybody may take the escalation, and the ticket stays with nobody.
    let admin = world.admin().await;
    for id in &members {
        let path = format!("/api/support-agents/{}", id.as_str().unwrap());
        admin.patch(&path, json!({"isAvailable": false})).await.expect(200);
    }
    let other = world.agent().await.ticket("Printer jams", "m").await;
    pass(&world, 440).await;
    let escalations = "SELECT COUNT(*) FROM ticket_escalations WHERE to_agent_id IS NULL";
    assert_eq!(
        (number(&world.store, escalations).await, now(&world, &other).await["assignee"].clone()),
        (1, Value::Null)
    );
    // The team is gone, the rule is older: what is left of it is done.
    let path = format!("/api/teams/{}", team["id"].as_str().unwrap());
    assert_eq!(world.admin().await.delete(&path).await.status, 204);
    pass(&world, 120).await;
    assert_eq!(texts(&world.store, notes).await.len(), 2);
    world.stop().await;
}
