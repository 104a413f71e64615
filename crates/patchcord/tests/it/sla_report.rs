//! How well promises were kept: by priority, customer and support agent, as an answer and as a file.

use patchcord_domain::time::{DAY, MINUTE, to_rfc3339};
use serde_json::{Value, json};

use crate::harness::{self, Engine, TestClock, World, both_engines};
use crate::sla_policies::make;

both_engines!(promises_are_counted, wrong_reports_are_refused_by_field);

async fn promises_are_counted(engine: Engine) {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    world.clock.stand_still();
    let admin = world.admin().await;
    for (priority, first, second) in [("MEDIUM", Some(60), 120), ("HIGH", None, 60)] {
        make(&admin, json!({"priority": priority, "firstResponseMinutes": first, "resolutionMinutes": second})).await;
    }
    let agent = world.agent().await;
    let open = |subject: &'static str, priority: &'static str, contact: Option<&String>| {
        let body = json!({"subject": subject, "message": "m", "priority": priority, "contactId": contact});
        let agent = &agent;
        async move { agent.post("/api/tickets", body).await.expect(201)["id"].as_str().unwrap().to_owned() }
    };
    let contact = Some(&world.town.north.contact);
    let met = open("Met", "MEDIUM", contact).await;
    let late = open("Late", "MEDIUM", None).await;
    let urgent = open("Met at once", "HIGH", contact).await;
    open("Runs", "HIGH", None).await;
    open("Has no promise", "LOW", contact).await;
    world.clock.forward(10 * MINUTE);
    agent.post(&format!("/api/tickets/{met}/messages"), json!({"body": "Hello."})).await.expect(201);
    for id in [&met, &urgent] {
        agent.patch(&format!("/api/tickets/{id}/status"), json!({"status": "RESOLVED"})).await.expect(200);
    }
    world.clock.forward(90 * MINUTE);
    // Nobody has noted yet that a clock ran out; the report knows.
    let agent = world.agent().await;
    let user = agent.get("/api/auth/me").await.expect(200)["id"].clone();
    agent.post(&format!("/api/tickets/{late}/assign"), json!({"userId": user})).await.expect(200);
    let report = agent.get("/api/sla/report").await.expect(200);
    let clock = |met: i64, breached: i64, open: i64, compliance: Value| json!({"met": met, "breached": breached, "open": open, "compliance": compliance});
    assert_eq!(report["groupBy"], "priority");
    let total = json!({"key": null, "name": null, "tickets": 4, "firstResponse": clock(1, 1, 0, json!(0.5)), "resolution": clock(2, 1, 1, json!(2.0 / 3.0))});
    assert_eq!(report["total"], total);
    let medium = json!({"key": "MEDIUM", "name": "MEDIUM", "tickets": 2, "firstResponse": clock(1, 1, 0, json!(0.5)), "resolution": clock(1, 0, 1, json!(1.0))});
    let high = json!({"key": "HIGH", "name": "HIGH", "tickets": 2, "firstResponse": clock(0, 0, 0, Value::Null), "resolution": clock(1, 1, 0, json!(0.5))});
    assert_eq!(report["items"], json!([high, medium]));
    let groups = |report: &Value| -> Vec<(Value, Value, Value)> {
        let items = report["items"].as_array().unwrap().iter();
        items.map(|one| (one["key"].clone(), one["name"].clone(), one["tickets"].clone())).collect()
    };
    let by_customer = agent.get("/api/sla/report?groupBy=organization").await.expect(200);
    let customer = (json!(world.town.north.organization), json!("Harbour Freight north"), json!(2));
    let mut found = groups(&by_customer);
    found.sort_by_key(|(key, ..)| key.is_null());
    assert_eq!(found, [customer, (Value::Null, Value::Null, json!(2))]);
    let by_agent = groups(&agent.get("/api/sla/report?groupBy=assignee").await.expect(200));
    assert_eq!((by_agent.len(), &by_agent[0].2, &by_agent[1].1), (2, &json!(3), &json!("AGENT of north")));

    let day = to_rfc3339(TestClock::START)[..10].to_owned();
    let before = agent.get(&format!("/api/sla/report?to={day}")).await.expect(200);
    assert_eq!((&before["total"]["tickets"], &before["items"]), (&json!(0), &json!([])));
    assert_eq!(before["from"], to_rfc3339(TestClock::START - TestClock::START.rem_euclid(DAY) - 30 * DAY));
    let foreign = world.foreigner().await.get("/api/sla/report").await.expect(200);
    assert_eq!(foreign["total"]["tickets"], 0);

    let file = world.viewer().await.get(&format!("/api/sla/report.csv?from={day}&groupBy=priority")).await;
    assert_eq!(file.header("content-disposition"), "attachment; filename=\"sla-report.csv\"");
    let lines: Vec<&str> = file.text.lines().collect();
    assert!(lines[0].starts_with("from,to,priority,name,tickets,firstResponseMet,"), "{}", lines[0]);
    assert!(lines[1].ends_with(",HIGH,HIGH,2,0,0,0,,1,1,0,0.5000"), "{}", lines[1]);
    assert!(lines[3].ends_with(",total,,4,1,1,0,0.5000,2,1,1,0.6667"), "{}", lines[3]);
    assert_eq!(lines.len(), 4);
    world.stop().await;
}

async fn wrong_reports_are_refused_by_field(engine: Engine) {
    let world = World::new(engine).await;
    let viewer = world.viewer().await;
    for (query, fields) in [
        ("from=soon&to=later&groupBy=mood", vec!["from", "to", "groupBy"]),
        ("from=2026-11-02&to=2026-11-01", vec!["from"]),
        ("from=2026-11-01&to=2026-11-01", vec!["from"]),
        ("from=2020-11-01&to=2026-11-01", vec!["from"]),
        ("limit=5", vec!["query"]),
    ] {
        for path in ["report", "report.csv"] {
            let mut wrong = viewer.get(&format!("/api/sla/{path}?{query}")).await.wrong_fields();
            wrong.sort_by_key(|field| fields.iter().position(|known| known == field));
            assert_eq!(wrong, fields, "{query}");
        }
    }
    world.stop().await;
}
