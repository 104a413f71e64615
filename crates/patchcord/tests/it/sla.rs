//! The service-level clocks of tickets, from their first minute to the last, with a clock that is moved by hand.

use patchcord_domain::time::{HOUR, MINUTE, Millis, from_rfc3339, to_rfc3339};
use serde_json::{Value, json};

use crate::harness::{self, Engine, Socket, World, both_engines, number};
use crate::sla_policies::{make, office_hours};

both_engines!(
    clocks_run_and_end,
    they_stand_still_while_the_customer_is_awaited,
    a_late_answer_is_a_breach,
    a_ticket_that_is_opened_again_goes_on,
    the_customers_own_policy_wins,
    another_priority_while_waiting,
    policies_that_change_and_go,
    hours_that_change,
    the_night_of_the_longer_hour,
    merged_and_changed_together,
    lists_and_live_events,
    tickets_of_other_workspaces_are_left_alone,
);

/// A desk whose work is done when the test says so, and whose time stands still.
pub(crate) async fn desk(engine: Engine) -> World {
    let world = World::with(engine, harness::Setup { worker: false, ..Default::default() }).await;
    world.clock.stand_still();
    world
}

/// Does everything that is due now, again and again.
pub(crate) async fn work(world: &World) {
    world.app.begin_recurring().await.unwrap();
    while world.app.work_once().await.unwrap() > 0 {}
}

/// Lets minutes pass and does what is due then.
pub(crate) async fn pass(world: &World, minutes: i64) {
    world.clock.forward(minutes * MINUTE);
    work(world).await;
}

/// Goes to a moment and does what is due then.
async fn go_to(world: &World, moment: &str) {
    world.clock.forward(from_rfc3339(moment).unwrap() - world.app.clock.now());
    work(world).await;
}

pub(crate) fn path(ticket: &Value) -> String {
    format!("/api/tickets/{}", ticket["id"].as_str().unwrap())
}

/// The ticket as it is now; tokens end after a quarter of an hour, so somebody new asks each time.
pub(crate) async fn now(world: &World, ticket: &Value) -> Value {
    world.agent().await.get(&path(ticket)).await.expect(200)
}

fn clock<'t>(ticket: &'t Value, name: &str) -> &'t Value {
    let clocks = ticket["slaClocks"].as_array().unwrap();
    clocks.iter().find(|clock| clock["clock"] == name).unwrap_or(&Value::Null)
}

fn first(ticket: &Value) -> &Value {
    clock(ticket, "FIRST_RESPONSE")
}

pub(crate) fn resolution(ticket: &Value) -> &Value {
    clock(ticket, "RESOLUTION")
}

async fn status(world: &World, ticket: &Value, status: &str) -> Value {
    let path = format!("{}/status", path(ticket));
    world.agent().await.patch(&path, json!({"status": status})).await.expect(200)
}

async fn answer(world: &World, ticket: &Value) {
    world.agent().await.post(&format!("{}/messages", path(ticket)), json!({"body": "Hello."})).await.expect(201);
}

/// Kinds of the audit lines that are about service levels, in order, with their clock.
pub(crate) async fn lines(world: &World, ticket: &Value) -> Vec<String> {
    let events = world.agent().await.get(&format!("{}/events", path(ticket))).await.expect(200);
    let items = events["items"].as_array().unwrap().iter();
    let of_sla = items.filter(|line| line["kind"].as_str().unwrap().starts_with("SLA_"));
    of_sla
        .map(|line| format!("{} {}", line["kind"].as_str().unwrap(), line["payload"]["clock"].as_str().unwrap()))
        .collect()
}

fn at(ticket: &Value, field: &str) -> Millis {
    from_rfc3339(ticket[field].as_str().unwrap()).unwrap()
}

pub(crate) async fn medium(world: &World, body: Value) -> Value {
    let mut policy = json!({"priority": "MEDIUM"});
    policy.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    let made = make(&world.admin().await, policy).await;
    work(world).await;
    made
}

async fn ticket_of_jonas(world: &World) -> Value {
    let body = json!({"subject": "VPN drops", "message": "m", "contactId": world.town.north.contact});
    world.agent().await.post("/api/tickets", body).await.expect(201)
}

async fn clocks_run_and_end(engine: Engine) {
    let world = desk(engine).await;
    let agent = world.agent().await;
    let before = agent.ticket("Without a policy", "m").await;
    assert_eq!((&before["slaClocks"], &before["resolutionDueAt"]), (&json!([]), &Value::Null));
    medium(&world, json!({"firstResponseMinutes": 60, "resolutionMinutes": 480})).await;
    let ticket = agent.ticket("With one", "m").await;
    let created = at(&ticket, "createdAt");
    assert_eq!(ticket["firstResponseDueAt"], json!(to_rfc3339(created + HOUR)));
    assert_eq!(ticket["resolutionDueAt"], json!(to_rfc3339(created + 8 * HOUR)));
    let fresh = json!({
        "clock": "FIRST_RESPONSE", "state": "RUNNING", "targetMinutes": 60, "dueAt": to_rfc3339(created + HOUR),
        "doneAt": null, "breachedAt": null, "remainingSeconds": 3600, "percent": 0,
    });
    assert_eq!(*first(&ticket), fresh);
    // A note is no answer.
    pass(&world, 10).await;
    let note = json!({"body": "m", "isInternal": true});
    agent.post(&format!("{}/messages", path(&ticket)), note).await.expect(201);
    pass(&world, 20).await;
    let half = now(&world, &ticket).await;
    assert_eq!((&first(&half)["percent"], &first(&half)["remainingSeconds"]), (&json!(50), &json!(1800)));
    assert_eq!((&resolution(&half)["percent"], &resolution(&half)["state"]), (&json!(6), &json!("RUNNING")));
    answer(&world, &ticket).await;
    pass(&world, 60).await;
    answer(&world, &ticket).await;
    let answered = now(&world, &ticket).await;
    assert_eq!(first(&answered)["doneAt"], json!(to_rfc3339(created + HOUR / 2)));
    assert_eq!((&first(&answered)["state"], &first(&answered)["percent"]), (&json!("MET"), &json!(50)));
    assert_eq!(resolution(&answered)["state"], "RUNNING");
    status(&world, &ticket, "RESOLVED").await;
    pass(&world, 600).await;
    let done = status(&world, &ticket, "CLOSED").await;
    assert_eq!((&resolution(&done)["state"], &resolution(&done)["percent"]), (&json!("MET"), &json!(18)));
    assert_eq!(resolution(&done)["doneAt"], json!(to_rfc3339(created + HOUR * 3 / 2)));
    pass(&world, 600).await;
    assert_eq!(lines(&world, &ticket).await, ["SLA_DUE_SOON FIRST_RESPONSE"]);
    let listed = world.agent().await.get("/api/tickets").await.expect(200);
    let line = listed["items"].as_array().unwrap().iter().find(|line| line["id"] == ticket["id"]).unwrap();
    assert_eq!(line["slaClocks"], done["slaClocks"]);
    assert_eq!(done["slaBreachedAt"], Value::Null);
    world.stop().await;
}

async fn they_stand_still_while_the_customer_is_awaited(engine: Engine) {
    let world = desk(engine).await;
    office_hours(&world.admin().await).await;
    medium(&world, json!({"resolutionMinutes": 480, "businessHoursOnly": true})).await;
    // Tuesday at ten in Berlin; eight hours are over when the office shuts.
    go_to(&world, "2026-11-24T09:05:00Z").await;
    let ticket = ticket_of_jonas(&world).await;
    assert_eq!(ticket["resolutionDueAt"], "2026-11-25T07:05:00.000Z");
    go_to(&world, "2026-11-24T11:05:00Z").await;
    let waiting = status(&world, &ticket, "WAITING_ON_CUSTOMER").await;
    assert_eq!(
        (&resolution(&waiting)["state"], &waiting["slaPausedAt"]),
        (&json!("PAUSED"), &json!("2026-11-24T11:05:00.000Z"))
    );
    go_to(&world, "2026-11-25T07:35:00Z").await;
    let still = now(&world, &ticket).await;
    assert_eq!(
        (&resolution(&still)["remainingSeconds"], &resolution(&still)["percent"]),
        (&json!(6 * 3600), &json!(25))
    );
    assert_eq!(lines(&world, &ticket).await, Vec::<String>::new());
    // The customer answers: six hours less five minutes of Tuesday and 35 minutes of Wednesday do not count.
    let words = json!({"body": "Here is the log.", "authorType": "CUSTOMER"});
    world.agent().await.post(&format!("{}/messages", path(&ticket)), words).await.expect(201);
    let going = now(&world, &ticket).await;
    assert_eq!((&going["status"], &going["slaPausedAt"]), (&json!("OPEN"), &Value::Null));
    assert_eq!(resolution(&going)["dueAt"], "2026-11-25T13:35:00.000Z");
    assert_eq!(
        (&resolution(&going)["state"], &resolution(&going)["remainingSeconds"]),
        (&json!("RUNNING"), &json!(6 * 3600))
    );
    let paused = number(&world.store, "SELECT sla_paused_ms FROM tickets").await;
    assert_eq!(paused, 6 * HOUR + 30 * MINUTE);
    // A pause at night costs nothing.
    go_to(&world, "2026-11-25T17:00:00Z").await;
    assert_eq!(lines(&world, &ticket).await, ["SLA_BREACHED RESOLUTION"]);
    world.stop().await;
}

async fn a_late_answer_is_a_breach(engine: Engine) {
    let world = desk(engine).await;
    medium(&world, json!({"firstResponseMinutes": 60, "resolutionMinutes": 480})).await;
    let ticket = world.agent().await.ticket("VPN drops", "m").await;
    // Nobody looked in the meantime, and the ticket was closed at once.
    world.clock.forward(61 * MINUTE);
    answer(&world, &ticket).await;
    let closed = status(&world, &ticket, "CLOSED").await;
    assert_eq!((&first(&closed)["state"], &first(&closed)["percent"]), (&json!("BREACHED"), &json!(101)));
    assert_eq!((&resolution(&closed)["state"], &closed["slaBreachedAt"]), (&json!("MET"), &Value::Null));
    pass(&world, 1).await;
    let noted = now(&world, &ticket).await;
    assert_eq!(noted["slaBreachedAt"], noted["firstResponseDueAt"]);
    pass(&world, 600).await;
    assert_eq!(lines(&world, &ticket).await, ["SLA_BREACHED FIRST_RESPONSE"]);
    world.stop().await;
}

async fn a_ticket_that_is_opened_again_goes_on(engine: Engine) {
    let world = desk(engine).await;
    medium(&world, json!({"firstResponseMinutes": 60, "resolutionMinutes": 120})).await;
    let ticket = world.agent().await.ticket("VPN drops", "m").await;
    pass(&world, 30).await;
    let resolved = status(&world, &ticket, "RESOLVED").await;
    assert_eq!([&first(&resolved)["state"], &resolution(&resolved)["state"]], [&json!("MET"); 2]);
    pass(&world, 1_000).await;
    let again = status(&world, &ticket, "OPEN").await;
    assert_eq!((&first(&again)["state"], &first(&again)["remainingSeconds"]), (&json!("RUNNING"), &json!(1800)));
    assert_eq!((&resolution(&again)["doneAt"], &resolution(&again)["remainingSeconds"]), (&Value::Null, &json!(5400)));
    answer(&world, &ticket).await;
    pass(&world, 91).await;
    let late = now(&world, &ticket).await;
    assert_eq!([&first(&late)["state"], &resolution(&late)["state"]], [&json!("MET"), &json!("BREACHED")]);
    // What is breached stays so when it is opened once more.
    status(&world, &ticket, "RESOLVED").await;
    pass(&world, 5).await;
    let once_more = status(&world, &ticket, "OPEN").await;
    assert_eq!(
        (&resolution(&once_more)["state"], &resolution(&once_more)["remainingSeconds"]),
        (&json!("BREACHED"), &json!(-60))
    );
    pass(&world, 100).await;
    assert_eq!(lines(&world, &ticket).await, ["SLA_DUE_SOON FIRST_RESPONSE", "SLA_BREACHED RESOLUTION"]);
    world.stop().await;
}

async fn the_customers_own_policy_wins(engine: Engine) {
    let world = desk(engine).await;
    medium(&world, json!({"resolutionMinutes": 480})).await;
    medium(&world, json!({"resolutionMinutes": 60, "organizationId": world.town.north.organization})).await;
    let (own, other) = (ticket_of_jonas(&world).await, world.agent().await.ticket("Of nobody", "m").await);
    assert_eq!([&resolution(&own)["targetMinutes"], &resolution(&other)["targetMinutes"]], [&json!(60), &json!(480)]);
    // The customer becomes known later.
    let contact = json!({"contactId": world.town.north.contact});
    let moved = world.agent().await.patch(&path(&other), contact).await.expect(200);
    assert_eq!(resolution(&moved)["targetMinutes"], 60);
    // Of a priority for which the customer has no policy of its own, the general one holds.
    make(&world.admin().await, json!({"priority": "URGENT", "resolutionMinutes": 30})).await;
    let urgent = world.agent().await.patch(&path(&own), json!({"priority": "URGENT"})).await.expect(200);
    assert_eq!(resolution(&urgent)["targetMinutes"], 30);
    let low = world.agent().await.patch(&path(&own), json!({"priority": "LOW"})).await.expect(200);
    assert_eq!((&low["slaClocks"], &low["resolutionDueAt"]), (&json!([]), &Value::Null));
    world.stop().await;
}

async fn another_priority_while_waiting(engine: Engine) {
    let world = desk(engine).await;
    office_hours(&world.admin().await).await;
    medium(&world, json!({"resolutionMinutes": 480})).await;
    let urgent = json!({"priority": "URGENT", "resolutionMinutes": 240, "businessHoursOnly": true});
    make(&world.admin().await, urgent).await;
    // Friday, four in the afternoon in Berlin.
    go_to(&world, "2026-11-27T15:00:00Z").await;
    let ticket = ticket_of_jonas(&world).await;
    go_to(&world, "2026-11-27T16:00:00Z").await;
    status(&world, &ticket, "WAITING_ON_CUSTOMER").await;
    go_to(&world, "2026-11-30T08:00:00Z").await;
    let raised = world.agent().await.patch(&path(&ticket), json!({"priority": "URGENT"})).await.expect(200);
    let clock = resolution(&raised);
    assert_eq!(
        (&clock["state"], &clock["remainingSeconds"]),
        (&json!("PAUSED"), &json!(3 * 3600)),
        "one hour was used"
    );
    // By the new calendar the weekend was no pause at all: an hour on Friday and one on Monday were.
    let open = status(&world, &ticket, "OPEN").await;
    assert_eq!(resolution(&open)["dueAt"], "2026-11-30T11:00:00.000Z");
    assert_eq!(number(&world.store, "SELECT sla_paused_ms FROM tickets").await, 2 * HOUR);
    world.stop().await;
}

async fn policies_that_change_and_go(engine: Engine) {
    let world = desk(engine).await;
    let agent = world.agent().await;
    let (old, closed) = (agent.ticket("Old", "m").await, agent.ticket("Closed", "m").await);
    let policy = medium(&world, json!({"firstResponseMinutes": 60, "resolutionMinutes": 480})).await;
    let found = now(&world, &old).await;
    assert_eq!(resolution(&found)["dueAt"], json!(to_rfc3339(at(&old, "createdAt") + 8 * HOUR)), "open tickets follow");
    answer(&world, &old).await;
    status(&world, &closed, "CLOSED").await;
    let policy = format!("/api/sla-policies/{}", policy["id"].as_str().unwrap());
    world.admin().await.patch(&policy, json!({"firstResponseMinutes": 30, "resolutionMinutes": 120})).await.expect(200);
    work(&world).await;
    let (open, decided) = (now(&world, &old).await, now(&world, &closed).await);
    assert_eq!([&first(&open)["targetMinutes"], &resolution(&open)["targetMinutes"]], [&json!(60), &json!(120)]);
    assert_eq!(resolution(&decided)["targetMinutes"], 480, "what has ended is decided");
    let version = open["version"].clone();
    // The second round, and jobs that run again, change nothing.
    pass(&world, 2).await;
    assert_eq!(now(&world, &old).await["version"], version);
    world.admin().await.delete(&policy).await.expect(204);
    work(&world).await;
    let (free, kept) = (now(&world, &old).await, now(&world, &closed).await);
    assert_eq!((resolution(&free), &free["resolutionDueAt"]), (&Value::Null, &Value::Null));
    assert_eq!(first(&free)["state"], "MET", "what has ended is decided");
    assert_eq!(resolution(&kept)["state"], "MET");
    pass(&world, 1_000).await;
    assert_eq!(lines(&world, &old).await, Vec::<String>::new());
    // A policy that comes back finds the ticket again.
    medium(&world, json!({"resolutionMinutes": 480})).await;
    pass(&world, 1).await;
    assert_eq!(lines(&world, &old).await, ["SLA_BREACHED RESOLUTION"]);
    world.stop().await;
}

async fn hours_that_change(engine: Engine) {
    let world = desk(engine).await;
    office_hours(&world.admin().await).await;
    medium(&world, json!({"resolutionMinutes": 60, "businessHoursOnly": true})).await;
    go_to(&world, "2026-11-24T16:30:00Z").await;
    let ticket = ticket_of_jonas(&world).await;
    assert_eq!(ticket["resolutionDueAt"], "2026-11-25T07:30:00.000Z");
    world.admin().await.patch("/api/workspace", json!({"holidays": ["2026-11-25"]})).await.expect(200);
    work(&world).await;
    assert_eq!(now(&world, &ticket).await["resolutionDueAt"], "2026-11-26T07:30:00.000Z");
    world.admin().await.patch("/api/workspace", json!({"timezone": "UTC"})).await.expect(200);
    work(&world).await;
    assert_eq!(now(&world, &ticket).await["resolutionDueAt"], "2026-11-24T17:30:00.000Z");
    // What has nothing to do with hours makes no work.
    world.admin().await.patch("/api/workspace", json!({"name": "North by north"})).await.expect(200);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM jobs WHERE kind = 'sla_refresh'").await, 6 + 2);
    world.stop().await;
}

async fn the_night_of_the_longer_hour(engine: Engine) {
    let world = desk(engine).await;
    let night = json!({"sun": [{"from": "01:00", "to": "04:00"}]});
    let hours = json!({"timezone": "Europe/Berlin", "businessHours": night});
    world.admin().await.patch("/api/workspace", hours).await.expect(200);
    medium(&world, json!({"resolutionMinutes": 180, "businessHoursOnly": true})).await;
    // In March the clocks jump from two to three: the span has two hours, the third comes a week later.
    go_to(&world, "2027-03-27T12:00:00Z").await;
    let ticket = ticket_of_jonas(&world).await;
    assert_eq!(ticket["resolutionDueAt"], "2027-04-04T00:00:00.000Z");
    go_to(&world, "2027-03-28T01:30:00Z").await;
    assert_eq!(resolution(&now(&world, &ticket).await)["remainingSeconds"], 90 * 60);
    status(&world, &ticket, "CLOSED").await;
    // In October two o'clock comes twice: the span has four hours.
    go_to(&world, "2027-10-30T12:00:00Z").await;
    let ticket = ticket_of_jonas(&world).await;
    assert_eq!(ticket["resolutionDueAt"], "2027-10-31T02:00:00.000Z");
    world.stop().await;
}

async fn merged_and_changed_together(engine: Engine) {
    let world = desk(engine).await;
    medium(&world, json!({"firstResponseMinutes": 60, "resolutionMinutes": 480})).await;
    let agent = world.agent().await;
    let (source, target) = (agent.ticket("Twice", "m").await, agent.ticket("Once", "m").await);
    answer(&world, &source).await;
    pass(&world, 10).await;
    let into = json!({"intoTicketId": target["id"]});
    let merged = agent.post(&format!("{}/merge", path(&source)), into).await.expect(200);
    assert_eq!((&first(&merged)["state"], &resolution(&merged)["state"]), (&json!("MET"), &json!("RUNNING")));
    assert_eq!(resolution(&now(&world, &source).await)["state"], "MET");
    let other = agent.ticket("Another", "m").await;
    let change =
        json!({"ids": [target["id"], other["id"]], "action": {"type": "status", "value": "WAITING_ON_CUSTOMER"}});
    agent.post("/api/tickets/bulk", change).await.expect(200);
    for ticket in [&target, &other] {
        assert_eq!(resolution(&now(&world, ticket).await)["state"], "PAUSED");
    }
    pass(&world, 2_000).await;
    for ticket in [&source, &target, &other] {
        assert_eq!(lines(&world, ticket).await, Vec::<String>::new());
    }
    let change = json!({"ids": [target["id"], other["id"]], "action": {"type": "status", "value": "OPEN"}});
    world.agent().await.post("/api/tickets/bulk", change).await.expect(200);
    assert_eq!(resolution(&now(&world, &target).await)["remainingSeconds"], 470 * 60);
    assert_eq!(first(&now(&world, &other).await)["remainingSeconds"], 60 * 60);
    world.stop().await;
}

async fn lists_and_live_events(engine: Engine) {
    let world = desk(engine).await;
    medium(&world, json!({"resolutionMinutes": 120})).await;
    let agent = world.agent().await;
    let (runs, waits, ended) =
        (agent.ticket("Runs", "m").await, agent.ticket("Waits", "m").await, agent.ticket("Ended", "m").await);
    status(&world, &waits, "WAITING_ON_CUSTOMER").await;
    status(&world, &ended, "RESOLVED").await;
    let listed = |filter: &'static str| {
        let world = &world;
        async move {
            let page = world.agent().await.get(&format!("/api/tickets?count=exact&sla={filter}")).await.expect(200);
            let items = page["items"].as_array().unwrap();
            let subjects: Vec<String> = items.iter().map(|one| one["subject"].as_str().unwrap().to_owned()).collect();
            assert_eq!(page["total"], json!(subjects.len()));
            subjects
        }
    };
    pass(&world, 59).await;
    assert_eq!((listed("due_soon").await, listed("breached").await), (vec![], vec![]));
    let client = world.agent().await;
    let mut socket = Socket::listening(&world, &client, &["tickets"]).await;
    pass(&world, 1).await;
    assert_eq!((listed("due_soon").await, listed("breached").await), (vec!["Runs".to_owned()], vec![]));
    let frames = socket.heard("ticket.updated").await;
    assert_eq!(frames.last().unwrap()["data"]["ticketId"], runs["id"]);
    pass(&world, 61).await;
    assert_eq!((listed("due_soon").await, listed("breached").await), (vec![], vec!["Runs".to_owned()]));
    let saved = json!({"name": "Late", "filters": {"sla": "breached"}});
    world.agent().await.post("/api/saved-views", saved).await.expect(201);
    let views = world.agent().await.get("/api/saved-views?counts=true").await.expect(200);
    assert_eq!(views["items"][0]["ticketCount"], 1);
    world.stop().await;
}

async fn tickets_of_other_workspaces_are_left_alone(engine: Engine) {
    let world = desk(engine).await;
    medium(&world, json!({"resolutionMinutes": 60})).await;
    let foreign = world.foreigner().await.ticket("Elsewhere", "m").await;
    assert_eq!(foreign["slaClocks"], json!([]));
    let own = world.agent().await.ticket("Here", "m").await;
    pass(&world, 120).await;
    assert_eq!(lines(&world, &own).await.len(), 1);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM ticket_slas").await, 1);
    world.stop().await;
}
