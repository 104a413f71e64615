//! Organizations: what may be written, by whom, how they are found, and what keeps one from being deleted.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines, number};

both_engines!(
    a_life,
    every_wrong_field_is_named,
    codes_are_one_organizations_alone,
    two_requests_for_one_code_at_the_same_moment,
    roles,
    lists_are_filtered_and_ordered,
    pages_of_names_and_of_times,
    what_is_in_use_stays,
    a_ticket_and_a_deletion_at_the_same_moment,
    repetitions_and_versions,
    changes_are_in_the_audit_log,
    what_belongs_to_one,
    the_file,
);

const PATH: &str = "/api/organizations";

pub(crate) async fn add(client: &Client, body: Value) -> Value {
    client.post(PATH, body).await.expect(201)
}

fn path(row: &Value) -> String {
    format!("{PATH}/{}", row["id"].as_str().unwrap())
}

/// The names of a list's rows.
async fn names(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(&format!("{PATH}{query}")).await.expect(200);
    list["items"].as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_life(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let manager = admin.post("/api/account-managers", json!({"name": "Grace Hopper"})).await.expect(201);
    let body = json!({
        "name": " Hartwell &\nFinch LLP ", "ueCode": "48-21", "domain": "Hartwell-Finch.TEST.", "notes": "Net 30",
        "accountManagerId": manager["id"],
    });
    let answer = admin.post(PATH, body).await;
    let location = answer.header("location").to_owned();
    let row = answer.expect(201);
    assert_eq!(location, path(&row));
    assert_eq!(row["name"], "Hartwell & Finch LLP");
    assert_eq!((&row["ueCode"], &row["domain"]), (&json!("4821"), &json!("hartwell-finch.test")));
    assert_eq!(row["accountManager"], json!({"id": manager["id"], "name": "Grace Hopper"}));
    assert_eq!((&row["status"], &row["version"], &row["notes"]), (&json!("ACTIVE"), &json!(1), &json!("Net 30")));
    assert_eq!(admin.get(&path(&row)).await.expect(200), row);

    let change = json!({"status": "suspended", "notes": null, "accountManagerId": null, "domain": null, "version": 1});
    let after = admin.patch(&path(&row), change).await.expect(200);
    assert_eq!((&after["status"], &after["version"]), (&json!("SUSPENDED"), &json!(2)));
    for field in ["notes", "accountManager", "accountManagerId", "domain"] {
        assert_eq!(after[field], Value::Null, "{field}");
    }
    assert_eq!(after["ueCode"], "4821");
    // Nothing that is different: nothing changes.
    assert_eq!(admin.patch(&path(&row), json!({"status": "SUSPENDED"})).await.expect(200), after);

    assert_eq!(admin.delete(&path(&row)).await.status, 204);
    admin.get(&path(&row)).await.refused(404, "not_found");
    admin.patch(&path(&row), json!({"name": "x"})).await.refused(404, "not_found");
    admin.delete(&path(&row)).await.refused(404, "not_found");
    assert_eq!(names(&admin, "?q=hartwell").await, [""; 0]);
    let left = "SELECT COUNT(*) FROM search_documents WHERE kind = 'organization'";
    assert_eq!(number(&world.store, left).await, 0);
    world.stop().await;
}

async fn every_wrong_field_is_named(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let all = json!({
        "name": " ", "ueCode": "12a", "domain": "https://example.com", "accountManagerId": "7",
        "notes": "x".repeat(10_001), "status": "GONE",
    });
    let told = admin.post(PATH, all.clone()).await.wrong_fields();
    assert_eq!(told, ["accountManagerId", "name", "ueCode", "domain", "notes", "status"]);
    let row = add(&admin, json!({"name": "Good"})).await;
    assert_eq!(admin.patch(&path(&row), all).await.wrong_fields().len(), 6);
    for (field, value) in [
        ("name", json!("x".repeat(201))),
        ("ueCode", json!("123")),
        ("ueCode", json!("123456789")),
        ("ueCode", json!("")),
        ("domain", json!("localhost")),
        ("status", json!("")),
    ] {
        let mut body = json!({"name": "x"});
        body[field] = value;
        assert_eq!(admin.post(PATH, body.clone()).await.wrong_fields(), [field], "{body}");
    }
    admin.post(PATH, json!({})).await.refused(422, "validation_failed");
    assert_eq!(admin.post(PATH, json!({"name": "x", "colour": "red"})).await.wrong_fields(), ["colour"]);
    admin.post(PATH, json!({"name": 5})).await.refused(422, "validation_failed");
    // An account manager of another workspace is none, and so is one that is nowhere.
    let foreign = world.foreigner().await.post("/api/account-managers", json!({"name": "F"})).await.expect(201);
    for id in [foreign["id"].as_str().unwrap(), "abcdefghijklmnopqrstuvwx"] {
        let body = json!({"name": "x", "accountManagerId": id});
        assert_eq!(admin.post(PATH, body.clone()).await.wrong_fields(), ["accountManagerId"]);
        assert_eq!(admin.patch(&path(&row), body).await.wrong_fields(), ["accountManagerId"]);
    }
    assert_eq!(admin.get(&path(&row)).await.expect(200), row);
    world.stop().await;
}

async fn codes_are_one_organizations_alone(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let first = add(&admin, json!({"name": "First", "ueCode": "482100"})).await;
    let second = add(&admin, json!({"name": "Second"})).await;
    let body = json!({"name": "Third", "ueCode": "4821-00"});
    for refused in [admin.post(PATH, body).await, admin.patch(&path(&second), json!({"ueCode": "482100"})).await] {
        let told = refused.refused(409, "taken");
        let fault = json!([{"field": "ueCode", "message": "482100 is the code of First already"}]);
        assert_eq!(told["errors"], fault);
    }
    // The code of another workspace is free here, and one's own may be written again.
    let foreigner = world.foreigner().await;
    add(&foreigner, json!({"name": "Elsewhere", "ueCode": "482100"})).await;
    admin.patch(&path(&first), json!({"ueCode": "482100", "name": "First of all"})).await.expect(200);
    // Two without a code do not meet; a code that was given up is free.
    add(&admin, json!({"name": "No code"})).await;
    admin.patch(&path(&first), json!({"ueCode": null})).await.expect(200);
    admin.patch(&path(&second), json!({"ueCode": "482100"})).await.expect(200);
    assert_eq!(names(&admin, "?ueCode=482100").await, ["Second"]);
    world.stop().await;
}

async fn two_requests_for_one_code_at_the_same_moment(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for round in 0..8 {
        let code = format!("90{round}0");
        let one = admin.post(PATH, json!({"name": "One", "ueCode": code}));
        let two = admin.post(PATH, json!({"name": "Two", "ueCode": code}));
        let (one, two) = tokio::join!(one, two);
        let (won, lost) = if one.status == 201 { (one, two) } else { (two, one) };
        won.expect(201);
        assert_eq!(lost.refused(409, "taken")["errors"][0]["field"], "ueCode");
        assert_eq!(names(&admin, &format!("?ueCode={code}")).await.len(), 1);
    }
    let documents = "SELECT COUNT(*) FROM search_documents WHERE kind = 'organization'";
    assert_eq!(number(&world.store, documents).await, 8, "the loser leaves nothing behind");
    world.stop().await;
}

async fn roles(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent, viewer) = (world.admin().await, world.agent().await, world.viewer().await);
    let row = add(&admin, json!({"name": "Acme"})).await;
    for client in [&agent, &viewer] {
        client.get(&path(&row)).await.expect(200);
        client.post(PATH, json!({"name": "x"})).await.refused(403, "forbidden");
        client.patch(&path(&row), json!({"name": "x"})).await.refused(403, "forbidden");
        client.delete(&path(&row)).await.refused(403, "forbidden");
    }
    viewer.get(&format!("{PATH}/export.csv")).await.refused(403, "forbidden");
    let foreigner = world.foreigner().await;
    foreigner.get(&path(&row)).await.refused(404, "not_found");
    foreigner.patch(&path(&row), json!({"name": "x"})).await.refused(404, "not_found");
    foreigner.delete(&path(&row)).await.refused(404, "not_found");
    for part in ["contacts", "tickets"] {
        foreigner.get(&format!("{}/{part}", path(&row))).await.refused(404, "not_found");
    }
    world.stranger().get(PATH).await.refused(401, "token_missing");
    world.stop().await;
}

async fn lists_are_filtered_and_ordered(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, foreigner) = (world.admin().await, world.foreigner().await);
    let manager = admin.post("/api/account-managers", json!({"name": "Grace"})).await.expect(201);
    let of = json!({"name": "Café Müller", "ueCode": "1001", "accountManagerId": manager["id"], "status": "SUSPENDED"});
    add(&admin, of).await;
    add(&admin, json!({"name": "beta Systems", "ueCode": "1002", "domain": "beta.example.com"})).await;
    add(&admin, json!({"name": "Alpha Systems", "ueCode": "20010"})).await;
    add(&foreigner, json!({"name": "Alpha Foreign", "ueCode": "1001"})).await;
    assert_eq!(names(&admin, "").await, ["Alpha Systems", "beta Systems", "Café Müller", "Harbour Freight north"]);
    assert_eq!(names(&admin, "?sort=-name&limit=2").await, ["Harbour Freight north", "Café Müller"]);
    for (query, found) in [
        ("?ueCode=1001", &["Café Müller"][..]),
        ("?ueCode=1001,1002", &["beta Systems", "Café Müller"]),
        ("?ueCode=9999", &[]),
        ("?status=suspended", &["Café Müller"]),
        ("?status=ACTIVE&ueCode=1001", &[]),
        ("?q=muller", &["Café Müller"]),
        ("?q=cafe%20mu", &["Café Müller"]),
        ("?q=syst", &["Alpha Systems", "beta Systems"]),
        ("?q=systems%20alp", &["Alpha Systems"]),
        ("?q=beta.example", &["beta Systems"]),
        ("?q=200", &["Alpha Systems"]),
        ("?q=100", &["beta Systems", "Café Müller"]),
        ("?q=nothing", &[]),
        ("?q=%22*%20-", &[]),
        ("?q=kindoforganization%20zeta", &[]),
    ] {
        assert_eq!(names(&admin, query).await, found, "{query}");
    }
    let of_manager = format!("?accountManagerId={}", manager["id"].as_str().unwrap());
    assert_eq!(names(&admin, &of_manager).await, ["Café Müller"]);
    let page = admin.get(&format!("{PATH}?count=exact&limit=1&q=syst")).await.expect(200);
    assert_eq!((&page["total"], &page["hasMore"], &page["limit"]), (&json!(2), &json!(true), &json!(1)));
    // A change of the name is found at once, and the old one no more.
    let alpha = admin.get(&format!("{PATH}?ueCode=20010")).await.expect(200)["items"][0].clone();
    admin.patch(&path(&alpha), json!({"name": "Omega"})).await.expect(200);
    assert_eq!(names(&admin, "?q=omega").await, ["Omega"]);
    assert_eq!(names(&admin, "?q=alpha").await, [""; 0]);
    let wrong = "?status=x&accountManagerId=7&ueCode=12&sort=color";
    let fields = admin.get(&format!("{PATH}{wrong}")).await.wrong_fields();
    assert_eq!(fields, ["ueCode", "status", "accountManagerId", "sort"]);
    admin.get(&format!("{PATH}?colour=red")).await.refused(422, "validation_failed");
    admin.get(&format!("{PATH}?offset=10001")).await.refused(422, "use_cursor");
    world.stop().await;
}

async fn pages_of_names_and_of_times(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for n in 0..7 {
        // Several have the same name, so that the order must go by the id as well.
        add(&admin, json!({"name": format!("Firm {}", n / 3)})).await;
    }
    for (sort, fault) in [("name", "name"), ("-name", "name"), ("createdAt", "createdAt"), ("-updatedAt", "updatedAt")]
    {
        let mut seen: Vec<Value> = Vec::new();
        let mut next = String::new();
        loop {
            let page = admin.get(&format!("{PATH}?sort={sort}&limit=3{next}")).await.expect(200);
            seen.extend(page["items"].as_array().unwrap().clone());
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            next = format!("&cursor={cursor}");
        }
        assert_eq!(seen.len(), 8, "{sort}");
        let values: Vec<(&str, &str)> =
            seen.iter().map(|row| (row[fault].as_str().unwrap(), row["id"].as_str().unwrap())).collect();
        if sort.starts_with('-') {
            assert!(values.is_sorted_by(|a, b| a > b), "{sort}: {values:?}");
        } else {
            assert!(values.is_sorted_by(|a, b| a < b), "{sort}: {values:?}");
        }
        let second = admin.get(&format!("{PATH}?sort={sort}&limit=3&page=2")).await.expect(200);
        assert_eq!(second["items"].as_array().unwrap()[..], seen[3..6], "{sort}");
    }
    let by_name = admin.get(&format!("{PATH}?limit=1")).await.expect(200)["nextCursor"].clone();
    let of_another_order = format!("{PATH}?sort=createdAt&cursor={}", by_name.as_str().unwrap());
    assert_eq!(admin.get(&of_another_order).await.wrong_fields(), ["cursor"]);
    assert_eq!(admin.get(&format!("{PATH}?cursor=x")).await.wrong_fields(), ["cursor"]);
    world.stop().await;
}

async fn what_is_in_use_stays(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let north = format!("{PATH}/{}", world.town.north.organization);
    let told = admin.delete(&north).await.refused(409, "in_use");
    let words = "the organization is in use by 1 contact and 1 device; set its status to SUSPENDED instead";
    assert_eq!(told["detail"], words);
    let row = add(&admin, json!({"name": "Used"})).await;
    admin.post("/api/locations", json!({"organizationId": row["id"], "name": "Site"})).await.expect(201);
    for _ in 0..2 {
        let ticket = json!({"subject": "About it", "message": "m", "organizationId": row["id"]});
        admin.post("/api/tickets", ticket).await.expect(201);
    }
    let told = admin.delete(&path(&row)).await.refused(409, "in_use");
    assert!(told["detail"].as_str().unwrap().contains("in use by 1 location and 2 tickets;"), "{told}");
    admin.get(&path(&row)).await.expect(200);
    assert_eq!(names(&admin, "?q=used").await, ["Used"]);
    world.stop().await;
}

async fn a_ticket_and_a_deletion_at_the_same_moment(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    let (mut deleted, mut kept) = (0, 0);
    for _ in 0..12 {
        let row = add(&admin, json!({"name": "Contested"})).await;
        let ticket = json!({"subject": "About it", "message": "m", "organizationId": row["id"]});
        let path = path(&row);
        let (gone, opened) = tokio::join!(admin.delete(&path), agent.post("/api/tickets", ticket));
        if gone.status == 204 {
            deleted += 1;
            // Either it was gone before the ticket was checked, or between the check and the commit.
            assert!(matches!(opened.status, 409 | 422), "{}", opened.text);
            admin.get(&path).await.refused(404, "not_found");
        } else {
            kept += 1;
            gone.refused(409, "in_use");
            assert_eq!(opened.expect(201)["organization"]["id"], row["id"]);
            admin.get(&path).await.expect(200);
        }
    }
    assert_eq!(deleted + kept, 12);
    let orphans = "SELECT COUNT(*) FROM tickets t WHERE t.organization_id IS NOT NULL AND NOT EXISTS \
                   (SELECT 1 FROM organizations o WHERE o.workspace_id = t.workspace_id AND o.id = t.organization_id)";
    assert_eq!(number(&world.store, orphans).await, 0);
    world.stop().await;
}

async fn repetitions_and_versions(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let body = json!({"name": "Once", "ueCode": "5555"});
    let first = admin.post_once(PATH, "key", body.clone()).await;
    let second = admin.post_once(PATH, "key", body).await;
    assert_eq!(first.header("location"), second.header("location"));
    let row = first.expect(201);
    assert_eq!(second.expect(201), row);
    assert_eq!(names(&admin, "?ueCode=5555").await.len(), 1);
    admin.post_once(PATH, "key", json!({"name": "Other"})).await.refused(409, "idempotency_key_reused");

    let changed = admin.patch(&path(&row), json!({"name": "Twice", "version": 1})).await.expect(200);
    let stale = admin.patch(&path(&row), json!({"name": "Thrice", "version": 1})).await.refused(409, "stale_version");
    assert_eq!(stale["current"], changed);
    // Of two changes of the same version at the same moment one is made.
    let at = path(&row);
    let change = |name: &str| admin.patch(&at, json!({"name": name, "version": 2}));
    let (left, right) = tokio::join!(change("Left"), change("Right"));
    let mut statuses = [left.status, right.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(admin.get(&path(&row)).await.expect(200)["version"], 3);
    // Without a version the last one wins.
    admin.patch(&path(&row), json!({"name": "Last"})).await.expect(200);
    world.stop().await;
}

async fn changes_are_in_the_audit_log(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let row = add(&admin, json!({"name": "Logged", "notes": "a secret note"})).await;
    admin.patch(&path(&row), json!({"name": "Logged still"})).await.expect(200);
    admin.delete(&path(&row)).await;
    let log = admin.get(&format!("/api/audit-log?subject={}", row["id"].as_str().unwrap())).await.expect(200);
    let actions: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
    assert_eq!(actions, ["organization.removed", "organization.changed", "organization.added"]);
    let changed = &log["items"][1];
    assert_eq!((&changed["before"]["name"], &changed["after"]["name"]), (&json!("Logged"), &json!("Logged still")));
    assert!(!log.to_string().contains("a secret note"));
    world.stop().await;
}

async fn what_belongs_to_one(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, viewer) = (world.admin().await, world.viewer().await);
    let row = add(&admin, json!({"name": "Owner"})).await;
    for name in ["Zoe", "Ada", "Adam"] {
        admin.post("/api/contacts", json!({"organizationId": row["id"], "name": name})).await.expect(201);
    }
    let list = viewer.get(&format!("{}/contacts?limit=2&count=exact", path(&row))).await.expect(200);
    assert_eq!((&list["items"][0]["name"], &list["items"][1]["name"]), (&json!("Ada"), &json!("Adam")));
    assert_eq!((&list["total"], &list["hasMore"]), (&json!(3), &json!(true)));
    let found = viewer.get(&format!("{}/contacts?q=zo", path(&row))).await.expect(200);
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    for subject in ["First of all", "Second of all"] {
        let ticket = json!({"subject": subject, "message": "m", "organizationId": row["id"]});
        admin.post("/api/tickets", ticket).await.expect(201);
    }
    admin.ticket("Somebody else's", "m").await;
    let list = viewer.get(&format!("{}/tickets?sort=number", path(&row))).await.expect(200);
    let subjects: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|ticket| &ticket["subject"]).collect();
    assert_eq!(subjects, ["First of all", "Second of all"]);
    let list = viewer.get(&format!("{}/tickets?status=CLOSED", path(&row))).await.expect(200);
    assert_eq!(list["items"], json!([]));
    let absent = format!("{PATH}/abcdefghijklmnopqrstuvwx");
    for part in ["contacts", "tickets"] {
        viewer.get(&format!("{absent}/{part}")).await.refused(404, "not_found");
        viewer.get(&format!("{}/{part}?sort=color", path(&row))).await.refused(422, "validation_failed");
    }
    world.stop().await;
}

async fn the_file(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, agent) = (world.admin().await, world.agent().await);
    for n in 0..3 {
        add(&admin, json!({"name": format!("=Firm {n}"), "ueCode": format!("700{n}"), "notes": "a, \"b\""})).await;
    }
    add(&world.foreigner().await, json!({"name": "Foreign", "ueCode": "7000"})).await;
    let answer = agent.get(&format!("{PATH}/export.csv?q=firm&sort=-name")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
    assert_eq!(answer.header("content-disposition"), "attachment; filename=\"organizations.csv\"");
    let lines: Vec<&str> = answer.text.split("\r\n").collect();
    assert_eq!(lines.len(), 5, "a head, three rows, and nothing after the last line");
    assert_eq!(lines[0], "id,name,ueCode,domain,status,accountManagerId,accountManager,notes,createdAt,updatedAt");
    assert!(lines[1].contains(",'=Firm 2,7002,,ACTIVE,,,\"a, \"\"b\"\"\",2026-11-24T"), "{}", lines[1]);
    assert_eq!(agent.get(&format!("{PATH}/export.csv?limit=5&status=x")).await.wrong_fields(), ["status", "limit"]);
    world.stop().await;
}
