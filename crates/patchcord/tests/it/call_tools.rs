//! The tools of the voice agents: what they tell whom, what they write, and what they refuse.

use patchcord_agents::Agents;
use patchcord_domain::call::{Ending, Verification};
use patchcord_domain::time::{MINUTE, SECOND};
use serde_json::{Value, json};

use crate::harness::{Engine as Database, JONAS, NORTH, STRANGER, Setup, Talk, World, both_engines, number};

both_engines!(
    code_and_number_together_verify,
    a_code_alone_is_a_claim,
    wrong_codes_are_counted_by_caller,
    nothing_of_others_is_told,
    what_changes_something_happens_once,
    a_person_is_asked_for,
    each_agent_runs_the_tools_of_its_file_alone,
    wrong_arguments_are_told,
);

#[track_caller]
fn ok(reply: patchcord_agents::ToolReply) -> Value {
    assert_eq!(reply.outcome, "ok", "{}", reply.content);
    reply.content
}

#[track_caller]
fn refused(reply: &patchcord_agents::ToolReply) -> &str {
    assert_eq!(reply.outcome, "refused", "{}", reply.content);
    reply.content["error"].as_str().unwrap()
}

async fn code_and_number_together_verify(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    let facts = talk.taken.tools.facts();
    assert_eq!((facts.verification, facts.contact.as_deref()), (Verification::Claimed, Some("Jonas Berg")));
    assert_eq!(facts.workspace, "north");
    // A claim opens nothing.
    for tool in ["list_devices", "find_tickets"] {
        refused(&talk.tool("lookup_agent", tool, json!({})).await);
    }
    let reply = talk.tool("triage_agent", "identify_organization", json!({"ue_code": "4 7 1 1"})).await;
    let known = reply.facts.clone().unwrap();
    assert_eq!((known.verification, known.tickets.len()), (Verification::Verified, 0));
    assert_eq!(reply.arguments, json!({"ue_code": "[CODE]"}));
    let content = ok(reply);
    assert_eq!(
        content,
        json!({"organization": "Harbour Freight north", "verification": "VERIFIED", "contact": "Jonas Berg"})
    );
    let devices = ok(talk.tool("device_agent", "list_devices", json!({})).await);
    assert_eq!(devices, json!({"devices": []}), "the contact uses none");
    let device = ok(talk.tool("device_agent", "get_device", json!({"device": "hf-lap-07"})).await);
    assert_eq!((&device["device"]["name"], &device["device"]["type"]), (&json!("HF-LAP-07"), &json!("laptop")));
    let call = world.agent().await.get(&format!("/api/calls/{}", talk.id())).await.expect(200);
    assert_eq!((&call["verification"], &call["identifiedBy"]), (&json!("VERIFIED"), &json!("BOTH")));
    talk.end(Ending::Goodbye).await;
    world.stop().await;
}

async fn a_code_alone_is_a_claim(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let talk = Talk::begin(&world.app, "1", STRANGER, NORTH).await;
    refused(&talk.tool("triage_agent", "create_ticket", new_ticket("Printer")).await);
    // Which companies are customers is nobody's business.
    let clinic = json!({"name": "Quiet Clinic", "ueCode": "5522"});
    world.admin().await.post("/api/organizations", clinic).await.expect(201);
    refused(&talk.tool("triage_agent", "find_organization", json!({"name": "Clinic"})).await);
    let found = ok(talk.tool("triage_agent", "find_organization", json!({"name": "quiet CLINIC"})).await);
    assert_eq!(found["verification"], "CLAIMED");
    let reply = talk.tool("triage_agent", "identify_organization", json!({"ue_code": "4711"})).await;
    assert_eq!(ok(reply)["verification"], "CLAIMED");
    // A person is not made somebody by a name that anybody may know.
    let admin = world.admin().await;
    let freight = admin.get("/api/organizations?ueCode=4711").await.expect(200)["items"][0]["id"].clone();
    admin.post("/api/contacts", json!({"organizationId": freight, "name": "Mara Lind"})).await.expect(201);
    let found = ok(talk.tool("triage_agent", "identify_contact", json!({"name": "Mara Lind"})).await);
    let contact = found["contact"]["id"].as_str().unwrap().to_owned();
    let by_number = ok(talk.tool("triage_agent", "identify_contact", json!({"phone": JONAS})).await);
    assert_eq!(by_number["contact"]["name"], Value::Null);
    let confirmed = ok(talk.tool("triage_agent", "confirm_identity", json!({"contact_id": contact})).await);
    assert_eq!(confirmed["verification"], "CLAIMED");
    refused(&talk.tool("device_agent", "get_device", json!({"device": "HF-LAP-07"})).await);
    // A ticket may be filed, and spoken of in this very call.
    let made = ok(talk.tool("ticket_agent", "create_ticket", new_ticket("Printer")).await);
    let number = made["ticket"]["number"].clone();
    ok(talk.tool("ticket_agent", "get_ticket", json!({"number": number})).await);
    let other = world.agent().await.ticket("Not of this call", "secret").await;
    refused(&talk.tool("ticket_agent", "get_ticket", json!({"number": other["number"]})).await);
    talk.end(Ending::Goodbye).await;
    world.stop().await;
}

async fn wrong_codes_are_counted_by_caller(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let talk = Talk::begin(&world.app, "1", STRANGER, NORTH).await;
    for left in [2, 1] {
        let reply = talk.tool("desk", "identify_organization", json!({"ue_code": "9999"})).await;
        assert_eq!((reply.content["attemptsLeft"].as_i64(), reply.to_person.clone()), (Some(left), None));
        refused(&reply);
    }
    // What is no code at all is no guess.
    refused(&talk.tool("desk", "identify_organization", json!({"ue_code": "12"})).await);
    let reply = talk.tool("desk", "identify_organization", json!({"ue_code": "8888"})).await;
    assert_eq!((reply.content["attemptsLeft"].as_i64(), reply.to_person.is_some()), (Some(0), true));
    // The right code comes too late, and so it does in the next call.
    let reply = talk.tool("desk", "identify_organization", json!({"ue_code": "4711"})).await;
    assert!(reply.to_person.is_some(), "{}", reply.content);
    talk.end(Ending::CallerHungUp).await;
    let talk = Talk::begin(&world.app, "2", STRANGER, NORTH).await;
    refused(&talk.tool("desk", "identify_organization", json!({"ue_code": "4711"})).await);
    // Somebody else is not kept from calling, and after a quarter of an hour neither is this one.
    let other = Talk::begin(&world.app, "3", JONAS, NORTH).await;
    ok(other.tool("desk", "identify_organization", json!({"ue_code": "4711"})).await);
    world.clock.forward(15 * MINUTE + SECOND);
    let late = Talk::begin(&world.app, "4", STRANGER, NORTH).await;
    ok(late.tool("desk", "identify_organization", json!({"ue_code": "4711"})).await);
    drop((talk, other, late));
    world.stop().await;
}

async fn nothing_of_others_is_told(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let (admin, south) = (world.admin().await, world.foreigner().await);
    let other = admin.post("/api/organizations", json!({"name": "Quiet Clinic", "ueCode": "5522"})).await.expect(201);
    let device = json!({"organizationId": other["id"], "name": "QC-SECRET-01", "type": "SERVER"});
    admin.post("/api/devices", device).await.expect(201);
    let theirs = json!({"subject": "Quiet matter", "message": "m", "organizationId": other["id"]});
    let theirs = admin.post("/api/tickets", theirs).await.expect(201);
    south.ticket("Southern matter", "m").await;

    let talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    ok(talk.tool("triage_agent", "identify_organization", json!({"ue_code": "4711"})).await);
    for (tool, arguments) in [
        ("get_device", json!({"device": "QC-SECRET-01"})),
        ("get_ticket", json!({"number": theirs["number"]})),
        ("add_ticket_note", json!({"number": theirs["number"], "text": "x"})),
        ("update_ticket_status", json!({"number": theirs["number"], "status": "CLOSED"})),
        ("confirm_identity", json!({"contact_id": world.town.south.contact})),
        ("list_devices", json!({"contact_id": world.town.south.contact})),
    ] {
        let reply = talk.tool("servicedesk_agent", tool, arguments).await;
        let told = refused(&reply).to_owned();
        assert!(!told.contains("Quiet") && !told.contains("SECRET"), "{told}");
    }
    let found = ok(talk.tool("lookup_agent", "find_tickets", json!({"query": "matter"})).await);
    assert_eq!(found, json!({"tickets": []}));
    // Another company's code brings the caller there only as a claim.
    let reply = talk.tool("triage_agent", "identify_organization", json!({"ue_code": "5522"})).await;
    assert_eq!(ok(reply)["verification"], "CLAIMED");
    refused(&talk.tool("device_agent", "get_device", json!({"device": "QC-SECRET-01"})).await);
    refused(&talk.tool("device_agent", "get_device", json!({"device": "HF-LAP-07"})).await);
    talk.end(Ending::Goodbye).await;
    world.stop().await;
}

fn new_ticket(subject: &str) -> Value {
    json!({"subject": subject, "description": "Paper jams in tray 2.", "priority": "HIGH", "category": "printer"})
}

async fn what_changes_something_happens_once(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let agent = world.agent().await;
    let talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    ok(talk.tool("triage_agent", "identify_organization", json!({"ue_code": "4711"})).await);
    let twice = futures::future::join_all(
        (0..3).map(|_| talk.tool("ticket_agent", "create_ticket", new_ticket("Printer jam"))),
    );
    let made: Vec<Value> = twice.await.into_iter().map(ok).collect();
    assert!(made.iter().all(|content| *content == made[0]), "{made:?}");
    let label = made[0]["ticket"]["number"].as_str().unwrap();
    let note = json!({"number": label, "text": "It also smells."});
    ok(talk.tool("ticket_agent", "add_ticket_note", note.clone()).await);
    ok(talk.tool("ticket_agent", "add_ticket_note", note).await);
    ok(talk.tool("ticket_agent", "update_ticket_status", json!({"number": label, "status": "resolved"})).await);
    ok(talk.tool("ticket_agent", "update_ticket_status", json!({"number": label, "status": "RESOLVED"})).await);
    let reply = talk.tool("ticket_agent", "create_ticket", new_ticket("Another problem")).await;
    assert_ne!(ok(reply)["ticket"]["number"], made[0]["ticket"]["number"]);
    let ticket = agent.get(&format!("/api/tickets/{label}")).await.expect(200);
    assert_eq!((&ticket["status"], &ticket["priority"]), (&json!("RESOLVED"), &json!("HIGH")));
    assert_eq!(ticket["messages"].as_array().unwrap().len(), 2, "{ticket}");
    assert_eq!(ticket["messages"][1]["authorType"], "CUSTOMER");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM tickets").await, 2);
    let call = agent.get(&format!("/api/calls/{}", talk.id())).await.expect(200);
    assert_eq!(call["ticket"]["label"], json!(label));
    talk.end(Ending::Goodbye).await;
    world.stop().await;
}

async fn a_person_is_asked_for(engine: Database) {
    // The test's day is a Tuesday, 9:00 UTC.
    let world = World::with(engine, Setup::default()).await.with_numbers().await;
    let admin = world.admin().await;
    let hours = json!({"tue": [{"from": "08:00", "to": "18:00"}]});
    let settings = json!({"transferNumber": "+12025550111", "businessHours": hours, "timezone": "UTC"});
    admin.patch("/api/workspace", settings).await.expect(200);
    let mut talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    talk.caller("I want to speak to a human.").await;
    let ask = json!({"reason": "The caller asks for a person.", "urgency": "high"});
    let reply = talk.tool("desk", "escalate_to_human", ask.clone()).await;
    let transfer = reply.transfer.clone().unwrap();
    assert_eq!(transfer.to, "+12025550111");
    assert!(transfer.summary.contains("Jonas Berg of Harbour Freight north"), "{}", transfer.summary);
    assert_eq!(ok(reply)["transferred"], true);
    ok(talk.tool("desk", "escalate_to_human", ask).await);
    let escalations = admin.get("/api/escalations").await.expect(200);
    assert_eq!(escalations["items"].as_array().unwrap().len(), 1);
    assert_eq!(escalations["items"][0]["ticket"]["status"], "ESCALATED");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM ticket_escalations WHERE call_id IS NOT NULL").await, 1);
    talk.end(Ending::Goodbye).await;

    // At night nobody is there, and a number abroad is never dialled.
    world.clock.forward(12 * 60 * MINUTE);
    let late = Talk::begin(&world.app, "2", JONAS, NORTH).await;
    let reply = late.tool("desk", "escalate_to_human", json!({"reason": "Asks for a person."})).await;
    assert_eq!((reply.transfer.is_none(), &ok(reply)["transferred"]), (true, &json!(false)));
    let back = ok(late.tool("servicedesk_agent", "schedule_callback", json!({"when": "tomorrow at 9"})).await);
    assert_eq!(back["callback"]["number"], JONAS);
    late.end(Ending::Goodbye).await;
    let withheld = Talk::begin(&world.app, "3", "anonymous", NORTH).await;
    refused(&withheld.tool("servicedesk_agent", "schedule_callback", json!({"when": "at noon"})).await);
    let back = json!({"when": "at noon", "number": "(202) 555-0143"});
    let back = ok(withheld.tool("servicedesk_agent", "schedule_callback", back).await);
    assert_eq!((&back["callback"]["number"], back["callback"]["ticket"]["number"].is_string()), (&json!(JONAS), true));
    withheld.end(Ending::Goodbye).await;
    world.stop().await;
}

async fn each_agent_runs_the_tools_of_its_file_alone(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    // Verified, so that nothing else stands in the way.
    ok(talk.tool("triage_agent", "identify_organization", json!({"ue_code": "4711"})).await);
    let names: Vec<String> = talk.taken.tools.specs().iter().map(|spec| spec.name.to_string()).collect();
    let mut agents: Vec<(String, Vec<String>)> =
        Agents::embedded().all().map(|agent| (agent.name.clone(), agent.tools.clone())).collect();
    agents.push(("nobody_agent".into(), Vec::new()));
    let mut refusals = 0;
    for (agent, own) in &agents {
        for name in names.iter().filter(|name| !own.contains(name)) {
            let reply = talk.tool(agent, name, json!({})).await;
            assert!(refused(&reply).contains("does not have this tool"), "{agent} {name}: {}", reply.content);
            refusals += 1;
        }
    }
    assert!(agents.len() == 12 && refusals > 20, "{refusals} {agents:?}");
    talk.end(Ending::Goodbye).await;
    world.stop().await;
}

async fn wrong_arguments_are_told(engine: Database) {
    let world = World::new(engine).await.with_numbers().await;
    let talk = Talk::begin(&world.app, "1", JONAS, NORTH).await;
    ok(talk.tool("triage_agent", "identify_organization", json!({"ue_code": 4711})).await);
    let reply =
        talk.tool("ticket_agent", "create_ticket", json!({"subject": "", "priority": "SOON", "color": 1})).await;
    let told = refused(&reply);
    for part in ["subject", "description", "priority", "LOW, MEDIUM, HIGH, URGENT", "color"] {
        assert!(told.contains(part), "{part} is not in {told}");
    }
    assert!(refused(&talk.tool("x", "drop_tables", json!({})).await).contains("no such tool"));
    assert!(refused(&talk.tool("desk", "create_ticket", new_ticket("x y z")).await).contains("not for the desk"));
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM tickets").await, 0);
    let knowledge = ok(talk.tool("network_agent", "search_knowledge", json!({"query": "VPN drops"})).await);
    assert_eq!(knowledge["articles"][0]["title"], "The VPN drops after a while");
    talk.end(Ending::Goodbye).await;
    world.stop().await;
}
