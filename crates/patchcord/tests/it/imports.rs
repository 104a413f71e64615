//! Files of organizations, contacts and devices: tried out, written as a whole or not at all.

use std::time::Duration;

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::harness::{Answer, Client, Engine, World, both_engines, change, number, texts};

both_engines!(
    organizations_are_tried_out_and_written,
    contacts_are_known_by_address_or_number,
    devices_bring_their_catalogues_along,
    an_export_is_an_import,
    tables_in_every_form,
    files_that_are_no_tables,
    every_wrong_line_is_named,
    lines_about_the_same_thing,
    columns_and_their_names,
    the_first_thousand_faults_are_told,
    what_happens_between_trial_and_writing,
    the_same_request_twice_is_one_import,
    what_is_anothers_is_not_there,
    wrong_forms,
    who_may_import,
);

/// Sends a file.
pub(crate) async fn import(client: &Client, kind: &str, file: impl Into<Vec<u8>>, fields: &[(&str, &str)]) -> Answer {
    let mut form = Form::new().text("kind", kind.to_owned());
    for (name, value) in fields {
        form = form.text((*name).to_owned(), (*value).to_owned());
    }
    let form = form.part("file", Part::bytes(file.into()).file_name("list.csv"));
    let request = client.request(Method::POST, "/api/import").timeout(Duration::from_secs(300));
    Answer::of(request.multipart(form)).await
}

pub(crate) const WRITE: (&str, &str) = ("dryRun", "false");
const CREATE: (&str, &str) = ("createMissing", "true");

/// Lines, valid, created, updated, unchanged and faults of a report.
fn counts(report: &Value) -> [i64; 6] {
    ["lines", "valid", "created", "updated", "unchanged", "errorCount"].map(|name| report[name].as_i64().unwrap())
}

/// Line, column and value of each fault.
fn faults(report: &Value) -> Vec<(i64, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = report["errors"].as_array().unwrap().iter();
    all.map(|fault| (fault["line"].as_i64().unwrap(), text(&fault["column"]), text(&fault["value"]))).collect()
}

async fn organizations_are_tried_out_and_written(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let all = "SELECT COUNT(*) FROM organizations";
    let before = number(&world.store, all).await;
    let file = "name,U-E code,domain,status,notes\n\
                Harbour Freight Ltd,4711,Harbour.example,,\n\
                \"Müller, Söhne\",4812,,suspended,\"two\nlines\"\n";
    let tried = import(&admin, "organizations", file, &[]).await.expect(200);
    assert_eq!(counts(&tried), [2, 2, 1, 1, 0, 0]);
    let besides = json!({"locations": 0, "manufacturers": 0, "models": 0, "operatingSystems": 0, "domains": 0});
    let expected = json!({
        "importId": null, "kind": "organizations", "dryRun": true, "applied": false, "separator": ",", "lines": 2,
        "valid": 2, "created": 1, "updated": 1, "unchanged": 0, "alsoCreated": besides, "errorCount": 0, "errors": [],
    });
    assert_eq!(tried, expected);
    assert_eq!(number(&world.store, all).await, before);

    let written = import(&admin, "organizations", file, &[WRITE]).await.expect(200);
    assert_eq!(counts(&written), [2, 2, 1, 1, 0, 0]);
    assert_eq!((&written["applied"], &written["dryRun"]), (&json!(true), &json!(false)));
    assert_eq!(number(&world.store, all).await, before + 1);
    let rows = texts(
        &world.store,
        "SELECT name || '|' || COALESCE(domain, '') || '|' || status || '|' || COALESCE(notes, '') || '|' || version \
         FROM organizations WHERE u_e_code IN ('4711', '4812') AND name NOT LIKE '%south' ORDER BY u_e_code",
    )
    .await;
    assert_eq!(rows, ["Harbour Freight Ltd|harbour.example|ACTIVE||2", "Müller, Söhne||SUSPENDED|two\nlines|1"]);
    let found = "SELECT text FROM search_documents WHERE kind = 'organization' AND text LIKE '%muller%'";
    assert_eq!(texts(&world.store, found).await.len(), 1);

    // The same again changes nothing, and no version moves.
    let again = import(&admin, "organizations", file, &[WRITE]).await.expect(200);
    assert_eq!(counts(&again), [2, 2, 0, 0, 2, 0]);
    let versions = "SELECT COUNT(*) FROM organizations WHERE version > 2";
    assert_eq!(number(&world.store, versions).await, 0);

    let log = admin.get(&format!("/api/audit-log?subject={}", written["importId"].as_str().unwrap())).await.expect(200);
    let line = &log["items"][0];
    assert_eq!((&line["action"], &line["before"]), (&json!("import.applied"), &Value::Null));
    assert_eq!(line["actorName"], "ADMIN of north");
    let after = &line["after"];
    assert_eq!((&after["kind"], &after["fileName"]), (&json!("organizations"), &json!("list.csv")));
    assert_eq!((&after["created"], &after["updated"], &after["lines"]), (&json!(1), &json!(1), &json!(2)));
    assert_eq!(after["sha256"].as_str().unwrap().len(), 64);
    world.stop().await;
}

async fn contacts_are_known_by_address_or_number(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let place = &world.town.north;
    // One contact without an address, who is known by number.
    change(
        &world.store,
        &format!(
            "INSERT INTO contacts (workspace_id, id, organization_id, name, phone, is_vip, version, created_at, updated_at) \
             SELECT workspace_id, 'bbbbbbbbbbbbbbbbbbbbbbbb', organization_id, 'Reception', '+12025550199', is_vip, 1, 1, 1 \
             FROM contacts WHERE id = '{}'",
            place.contact
        ),
    )
    .await;
    let file = "company;site;full name;e-mail;telephone;vip;language\r\n\
                4711;Pier 4 north;Jonas A. Berg;JONAS@north.example;+1 (202) 555-0143;yes;en_us\r\n\
                harbour freight NORTH;;Front desk;;+1 202 555 0199;;\r\n\
                4711;Pier 9;Ada Lovelace;ada@north.example;+1 202 555 0199;no;\r\n";
    let shared = (4, "phone".to_owned(), "+1 202 555 0199".to_owned());
    let tried = import(&admin, "contacts", file, &[]).await.expect(200);
    assert_eq!(faults(&tried), [(4, "location".to_owned(), "Pier 9".to_owned()), shared.clone()]);
    let tried = import(&admin, "contacts", file, &[CREATE]).await.expect(200);
    // Two lines have one number: the one without an address is not told apart by it.
    assert_eq!(faults(&tried), [shared]);
    let file = file.replace("ada@north.example;+1 202 555 0199", "ada@north.example;001 202 555 0143");
    let tried = import(&admin, "contacts", file.clone(), &[CREATE]).await.expect(200);
    assert_eq!(counts(&tried), [3, 3, 1, 2, 0, 0]);
    assert_eq!(tried["alsoCreated"]["locations"], 1);
    let written = import(&admin, "contacts", file.clone(), &[CREATE, WRITE]).await.expect(200);
    assert_eq!(counts(&written), [3, 3, 1, 2, 0, 0]);
    let rows = texts(
        &world.store,
        "SELECT c.name || '|' || COALESCE(c.email, '') || '|' || c.phone || '|' || COALESCE(l.name, '') || '|' || \
         COALESCE(c.preferred_language, '') || '|' || CASE WHEN c.is_vip THEN 'vip' ELSE '' END FROM contacts c \
         LEFT JOIN locations l ON l.id = c.location_id JOIN organizations o ON o.id = c.organization_id \
         WHERE o.name = 'Harbour Freight north' ORDER BY c.name",
    )
    .await;
    assert_eq!(
        rows,
        [
            "Ada Lovelace|ada@north.example|+12025550143|Pier 9||",
            "Front desk||+12025550199|||",
            "Jonas A. Berg|jonas@north.example|+12025550143|Pier 4 north|en-US|vip",
        ]
    );
    let again = import(&admin, "contacts", file, &[WRITE]).await.expect(200);
    assert_eq!(counts(&again), [3, 3, 0, 0, 3, 0]);
    let documents = "SELECT COUNT(*) FROM search_documents WHERE kind = 'contact' AND text LIKE '%lovelace%'";
    assert_eq!(number(&world.store, documents).await, 1);
    world.stop().await;
}

async fn devices_bring_their_catalogues_along(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let maker = admin.post("/api/device-manufacturers", json!({"name": "Dell"})).await.expect(201);
    let file = "ueCode,hostname,type,vendor,model,os,os version,domain,serial,asset tag,ip,mac,warranty,location\n\
        4711,HF-LAP-07,laptop,DELL,Latitude 5440,Windows 11 Pro,24H2,corp.example,5cg1234xyz,NIT-1,10.0.0.7,0000.5e00.5301,2028-06-30,Pier 4 north\n\
        4711,HF-LAP-08,laptop,dell,latitude 5440,Windows 11 Pro,24H2,corp.example,5CG0008,NIT-2,,,,Pier 5\n\
        4711,HF-PRN-01,printer,Epson,EF-1,,,,,NIT-3,,,,Pier 5\n\
        4711,HF-SW-01,network,,,,,,,,,,,\n";
    let tried = import(&admin, "devices", file, &[]).await.expect(200);
    assert_eq!(tried["errorCount"], 9, "{tried}");
    let tried = import(&admin, "devices", file, &[CREATE]).await.expect(200);
    assert_eq!(counts(&tried), [4, 4, 3, 1, 0, 0]);
    let besides = json!({"locations": 1, "manufacturers": 1, "models": 2, "operatingSystems": 1, "domains": 1});
    assert_eq!(tried["alsoCreated"], besides);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM device_models").await, 0);
    let written = import(&admin, "devices", file, &[CREATE, WRITE]).await.expect(200);
    assert_eq!((counts(&written), &written["alsoCreated"]), ([4, 4, 3, 1, 0, 0], &besides));

    let first = admin.get(&format!("/api/devices/{}", world.town.north.device)).await.expect(200);
    assert_eq!((&first["manufacturer"]["id"], &first["version"]), (&maker["id"], &json!(2)));
    assert_eq!((&first["serialNumber"], &first["assetTag"]), (&json!("5cg1234xyz"), &json!("NIT-1")));
    assert_eq!(first["macAddress"], "00:00:5E:00:53:01");
    assert_eq!(first["operatingSystem"]["osVersion"], "24H2");
    assert_eq!((&first["status"], &first["location"]["name"]), (&json!("ONLINE"), &json!("Pier 4 north")));
    for query in ["q=5cg0008", "q=nit-2", "serialNumber=5cg0008"] {
        let page = admin.get(&format!("/api/devices?{query}")).await.expect(200);
        assert_eq!(page["items"][0]["name"], "HF-LAP-08", "{query}");
        assert_eq!(page["items"][0]["model"]["name"], "Latitude 5440");
    }
    // Known by the serial number, the asset tag, the name, in this order; an empty cell leaves what is there.
    let file = "ueCode,name,serialNumber,assetTag,type\n\
        4711,HF-LAP-08b,5cg0008,,\n4711,HF-PRN-01b,EPS-1,nit-3,\n4711,hf-sw-01,,NIT-4,server\n4711,HF-LAP-07,OTHER-1,,\n";
    let written = import(&admin, "devices", file, &[WRITE]).await.expect(200);
    assert_eq!(counts(&written), [4, 4, 1, 3, 0, 0]);
    let rows = texts(
        &world.store,
        "SELECT name || '|' || type || '|' || COALESCE(serial_number, '') || '|' || COALESCE(asset_tag, '') FROM devices \
         WHERE organization_id IN (SELECT id FROM organizations WHERE name LIKE '%north') ORDER BY name, serial_number",
    )
    .await;
    let mut expected = vec![
        "HF-LAP-07|LAPTOP|5cg1234xyz|NIT-1",
        "HF-LAP-07|OTHER|OTHER-1|",
        "HF-LAP-08b|LAPTOP|5cg0008|NIT-2",
        "HF-PRN-01b|PRINTER|EPS-1|nit-3",
        "hf-sw-01|SERVER||NIT-4",
    ];
    let mut rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    rows.sort_unstable();
    expected.sort_unstable();
    assert_eq!(rows, expected);
    // What would make one thing of two is refused.
    let file = "ueCode,name,serialNumber,assetTag\n4711,X,NEW-1,NIT-1\n";
    let tried = import(&admin, "devices", file, &[]).await.expect(200);
    assert_eq!(faults(&tried), [(2, "assetTag".to_owned(), "NIT-1".to_owned())]);
    world.stop().await;
}

async fn an_export_is_an_import(engine: Engine) {
    let world = World::new(engine).await;
    world.app.seed_demo().await.unwrap();
    let admin = world.stranger().signed_in("admin@demo.test", "patchcord-demo").await;
    let export = admin.get("/api/devices/export.csv").await;
    let tried = import(&admin, "devices", export.text.clone(), &[]).await.expect(200);
    assert_eq!((&tried["errors"], &tried["unchanged"]), (&json!([]), &tried["lines"]));
    assert!(tried["lines"].as_i64().unwrap() >= 60, "{tried}");
    world.stop().await;
}

async fn tables_in_every_form(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    for (file, separator) in [
        ("name,ueCode\nA,1001\nB,1002\n", ","),
        ("name,ueCode\r\nA,1001\r\nB,1002", ","),
        ("\u{feff}name;ueCode\nA;1001\nB;1002\n", ";"),
        ("\"name\"\t\"ueCode\"\n\"A\"\t1001\n\nB\t1002\n\t\n", "\t"),
        ("name,ueCode,,\nA,1001,,\n,,,\nB,1002,,\n", ","),
        ("\n\nname,ueCode\n  A , '1001\n\"B\",\"1002\"\n", ","),
    ] {
        let tried = import(&admin, "organizations", file, &[]).await.expect(200);
        let wrong = i64::from(file.contains('\''));
        assert_eq!(counts(&tried), [2, 2 - wrong, 2 - wrong, 0, 0, wrong], "{file:?}: {tried}");
        assert_eq!(tried["separator"], separator, "{file:?}");
    }
    // Cells keep what stands between their quotes.
    let file = "name,notes,ueCode\n\"A \"\"B\"\", C\",\"=1+1;\r\nsecond\",1001\n'=x,'-y,1002\n";
    import(&admin, "organizations", file, &[WRITE]).await.expect(200);
    let rows =
        texts(&world.store, "SELECT name || '|' || notes FROM organizations WHERE u_e_code < '2' ORDER BY u_e_code");
    assert_eq!(rows.await, ["A \"B\", C|=1+1;\nsecond", "=x|-y"]);
    world.stop().await;
}

async fn files_that_are_no_tables(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let long = format!("name,ueCode\nA,1\nB,\"{}", "x".repeat(70_000));
    for (file, line, message) in [
        (&b""[..], 1, "the file is empty"),
        (b"\xef\xbb\xbf", 1, "the file is empty"),
        (b"\n\n", 1, "the file is empty"),
        (b"name,ueCode\n", 1, "the file has no lines besides that of the names"),
        (b"\xff\xfen\0a\0m\0e\0", 1, "the file is UTF-16; save it as UTF-8"),
        (b"name,ueCode\nA,1001\nM\xfcller,1002\nB,1003\n", 3, "the line is not UTF-8; save the file as UTF-8."),
        (b"n\xe4me,ueCode\nA,1001\n", 1, "the name of column 1 is not UTF-8"),
        (b"name,ueCode\nA,1001\n\"B,1002\nC,1003\n", 3, "a quote is opened here and never closed"),
        (b"name,ueCode\nA,1001\n\"B\"b,1002\n", 3, "text stands behind a closing quote"),
        (long.as_bytes(), 3, "a cell that begins here has more than 65,536 bytes"),
        (b"\x89PNG\r\n\x1a\n\0\0", 1, "the name of column 1 is not UTF-8"),
    ] {
        let tried = import(&admin, "organizations", file, &[]).await.expect(200);
        let errors = tried["errors"].as_array().unwrap();
        let told =
            errors.iter().any(|fault| fault["line"] == line && fault["message"].as_str().unwrap().starts_with(message));
        assert!(told, "{:?}: {tried}", String::from_utf8_lossy(&file[..file.len().min(60)]));
        let refused = import(&admin, "organizations", file, &[WRITE]).await.refused(422, "validation_failed");
        assert_eq!(refused["errors"].as_array().unwrap().len(), errors.len());
    }
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM organizations").await, 2);
    world.stop().await;
}

async fn every_wrong_line_is_named(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let file = "ueCode,name,type,serialNumber,ipAddress,macAddress,status,warrantyUntil,lastSeenAt,notes\n\
        4711,A,toaster,S1,10.0.0.256,zz,asleep,soon,2031-01-01,\n\
        4711,two words,,S2,,,,,,\n\
        4711,,,,,,,,,x\n\
        4711,B,,S3,,\n\
        4711,C,,S4,,,,,,,too,many\n\
        4799,D,,S5,,,,,,\n\
        47a,E,,S6,,,,,,\n\
        4711,,,S7,,,,,,\n\
        4711,F,,S8,,,,,,a\0b\n\
        4711,G,,S9,,,,,,\n";
    let tried = import(&admin, "devices", file, &[]).await.expect(200);
    let told: Vec<String> = faults(&tried)
        .into_iter()
        .map(|(line, column, value)| format!("{line} {column} {value}").trim_end().to_owned())
        .collect();
    let mut expected = vec![
        "2 ipAddress 10.0.0.256",
        "2 lastSeenAt 2031-01-01",
        "2 macAddress zz",
        "2 status asleep",
        "2 type toaster",
        "2 warrantyUntil soon",
        "3 name two words",
        "4 name",
        "4 serialNumber",
        "5",
        "6",
        "7 ueCode 4799",
        "8 ueCode 47a",
        "9 name",
        "10 notes",
    ];
    let mut sorted = told.clone();
    sorted.sort();
    expected.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(counts(&tried), [10, 1, 1, 0, 0, 15]);
    let refused = import(&admin, "devices", file, &[WRITE]).await.refused(422, "validation_failed");
    let fields: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|error| error["field"].as_str().unwrap()).collect();
    assert!(fields.contains(&"lines[2].ipAddress") && fields.contains(&"lines[5]"), "{fields:?}");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM devices").await, 2);
    world.stop().await;
}

async fn lines_about_the_same_thing(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let devices = "ueCode,name,serialNumber,assetTag\n\
        4711,A,S1,\n4711,B,s1,\n4711,C,S2,T1\n4711,D,S3,t1\n4711,D,S4,\n4711,d,,\n4711,HF-LAP-07,,\n4711,X,5cg1234xyz,\n";
    let tried = import(&admin, "devices", devices, &[]).await.expect(200);
    let mut told = faults(&tried);
    told.sort();
    let fault = |line: i64, column: &str, value: &str| (line, column.to_owned(), value.to_owned());
    assert_eq!(
        told,
        [fault(3, "serialNumber", "s1"), fault(5, "assetTag", "t1"), fault(7, "name", "d"), fault(9, "", "")]
    );
    let messages: Vec<&str> =
        tried["errors"].as_array().unwrap().iter().map(|fault| fault["message"].as_str().unwrap()).collect();
    assert!(
        messages.contains(&"line 2 has the same") && messages.contains(&"line 8 is about the same one"),
        "{messages:?}"
    );
    let contacts = "ueCode,name,email,phone\n4711,A,a@x.example,\n4711,B,A@X.example,\n4711,C,c@x.example,+12025550111\n\
        4711,D,d@x.example,+12025550111\n4711,E,,+12025550111\n";
    let tried = import(&admin, "contacts", contacts, &[]).await.expect(200);
    assert_eq!(faults(&tried), [fault(3, "email", "A@X.example"), fault(6, "phone", "+12025550111")]);
    let organizations = "name,ueCode\nA,1001\na,1002\nB,1001\nA,\n";
    let tried = import(&admin, "organizations", organizations, &[]).await.expect(200);
    assert_eq!(faults(&tried), [fault(4, "ueCode", "1001"), fault(5, "name", "A")]);
    world.stop().await;
}

async fn columns_and_their_names(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let file = "Bezeichnung,Kunde,Farbe\nA-1,4711,red\n";
    let tried = import(&admin, "devices", file, &[]).await.expect(200);
    let columns: Vec<String> = faults(&tried).into_iter().map(|(_, column, _)| column).collect();
    assert_eq!(columns, ["Bezeichnung", "Kunde", "Farbe", "", ""]);
    let mapping = r#"{"Bezeichnung": "name", "Kunde": "ueCode", "Farbe": null}"#;
    let tried = import(&admin, "devices", file, &[("mapping", mapping)]).await.expect(200);
    assert_eq!(counts(&tried), [1, 1, 1, 0, 0, 0]);
    for (mapping, part) in [
        ("[]", "must be a JSON object"),
        ("{", "must be a JSON object"),
        (r#"{"Farbe": "colour"}"#, "\"colour\" is no column of devices"),
    ] {
        let refused = import(&admin, "devices", file, &[("mapping", mapping)]).await.refused(422, "validation_failed");
        assert!(refused["detail"].as_str().unwrap().contains(part), "{refused}");
    }
    let tried = import(&admin, "contacts", "name,Full name,email\nA,B,c@d.example\n", &[]).await.expect(200);
    let columns: Vec<String> = faults(&tried).into_iter().map(|(_, column, _)| column).collect();
    assert_eq!(columns, ["Full name", ""]);
    world.stop().await;
}

async fn the_first_thousand_faults_are_told(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let mut file = "name,ueCode\n".to_owned();
    for line in 0..1_500 {
        file += &format!("A{line},x\n");
    }
    let tried = import(&admin, "organizations", file.clone(), &[]).await.expect(200);
    assert_eq!(counts(&tried), [1_500, 0, 0, 0, 0, 1_500]);
    assert_eq!(tried["errors"].as_array().unwrap().len(), 1_000);
    let refused = import(&admin, "organizations", file, &[WRITE]).await.refused(422, "validation_failed");
    let errors = refused["errors"].as_array().unwrap();
    assert_eq!((errors.len(), &errors[1_000]["field"]), (1_001, &json!("file")));
    assert_eq!(errors[1_000]["message"], "500 more faults are not named here");
    world.stop().await;
}

async fn what_happens_between_trial_and_writing(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let file =
        "ueCode,name,serialNumber,notes\n4711,A,S1,from the file\n4711,B,S2,from the file\n4812,C,S3,from the file\n";
    import(&admin, "organizations", "name,ueCode\nSecond,4812\n", &[WRITE]).await.expect(200);
    let tried = import(&admin, "devices", file, &[]).await.expect(200);
    assert_eq!(counts(&tried), [3, 3, 3, 0, 0, 0]);
    // Somebody adds one of them, and somebody changes another one twice.
    let body =
        json!({"organizationId": world.town.north.organization, "name": "A", "type": "SERVER", "serialNumber": "s1"});
    let made = admin.post("/api/devices", body).await.expect(201);
    let path = format!("/api/devices/{}", made["id"].as_str().unwrap());
    admin.patch(&path, json!({"assetTag": "kept"})).await.expect(200);
    let written = import(&admin, "devices", file, &[WRITE]).await.expect(200);
    assert_eq!(counts(&written), [3, 3, 2, 1, 0, 0], "by what is there at that moment");
    let now = admin.get(&path).await.expect(200);
    assert_eq!(
        (&now["type"], &now["assetTag"], &now["notes"], &now["version"]),
        (&json!("SERVER"), &json!("kept"), &json!("from the file"), &json!(3))
    );
    // Whoever read it before the import is told that it is another one now.
    admin.patch(&path, json!({"version": 2, "notes": "mine"})).await.refused(409, "stale_version");

    // What the file points to goes away: nothing of it is written.
    let file = "ueCode,name,serialNumber\n4711,D,S4\n4812,E,S5\n";
    assert_eq!(import(&admin, "devices", file, &[]).await.expect(200)["errorCount"], 0);
    change(&world.store, "UPDATE organizations SET u_e_code = '9999' WHERE u_e_code = '4812'").await;
    let before = number(&world.store, "SELECT COUNT(*) FROM devices").await;
    let refused = import(&admin, "devices", file, &[WRITE]).await.refused(422, "validation_failed");
    assert_eq!(refused["errors"][0]["field"], "lines[3].ueCode");
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM devices").await, before);
    world.stop().await;
}

async fn the_same_request_twice_is_one_import(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let send = async |file: &str, key: &str| {
        let form = Form::new().text("dryRun", "false").text("kind", "organizations");
        let form = form.part("file", Part::bytes(file.as_bytes().to_vec()).file_name("list.csv"));
        Answer::of(admin.request(Method::POST, "/api/import").header("idempotency-key", key).multipart(form)).await
    };
    let first = send("name,ueCode\nA,1001\n", "k1").await.expect(200);
    let again = send("name,ueCode\nA,1001\n", "k1").await.expect(200);
    assert_eq!(first, again);
    assert_eq!(first["created"], 1);
    send("name,ueCode\nB,1002\n", "k1").await.refused(409, "idempotency_key_reused");
    let log = admin.get("/api/audit-log?action=import.applied").await.expect(200);
    assert_eq!(log["items"].as_array().unwrap().len(), 1);
    // Both at one moment: one import.
    let (one, two) = tokio::join!(send("name,ueCode\nC,1003\n", "k2"), send("name,ueCode\nC,1003\n", "k2"));
    assert_eq!(one.expect(200), two.expect(200));
    // Two at one moment without a key: each is whole, and no row is there twice.
    let file = "ueCode,name,serialNumber\n4711,X,SX\n4711,Y,SY\n";
    let (one, two) = tokio::join!(import(&admin, "devices", file, &[WRITE]), import(&admin, "devices", file, &[WRITE]));
    let mut made = [one.expect(200)["created"].as_i64().unwrap(), two.expect(200)["created"].as_i64().unwrap()];
    made.sort_unstable();
    assert_eq!(made, [0, 2]);
    assert_eq!(number(&world.store, "SELECT COUNT(*) FROM devices WHERE serial_number = 'SX'").await, 1);
    world.stop().await;
}

async fn what_is_anothers_is_not_there(engine: Engine) {
    let world = World::new(engine).await;
    let foreigner = world.foreigner().await;
    import(&foreigner, "organizations", "name,ueCode\nTheirs,7007\n", &[WRITE]).await.expect(200);
    foreigner.post("/api/device-manufacturers", json!({"name": "Dell"})).await.expect(201);
    let admin = world.admin().await;
    let file = "ueCode,name,serialNumber,manufacturer\n7007,A,S1,\n4711,B,S2,Dell\n";
    let tried = import(&admin, "devices", file, &[]).await.expect(200);
    let columns: Vec<(i64, String)> = faults(&tried).into_iter().map(|(line, column, _)| (line, column)).collect();
    assert_eq!(columns, [(2, "ueCode".to_owned()), (3, "manufacturer".to_owned())]);
    let file = "organization,name,serialNumber\nTheirs,A,S1\nHarbour Freight south,A,S2\n";
    assert_eq!(import(&admin, "devices", file, &[]).await.expect(200)["errorCount"], 2);
    // The same code and the same serial number in another workspace are other things.
    let file = "name,ueCode\nOurs,7007\n";
    assert_eq!(counts(&import(&admin, "organizations", file, &[WRITE]).await.expect(200)), [1, 1, 1, 0, 0, 0]);
    assert_eq!(
        texts(&world.store, "SELECT name FROM organizations WHERE u_e_code = '7007' ORDER BY name").await,
        ["Ours", "Theirs"]
    );
    world.stop().await;
}

async fn wrong_forms(engine: Engine) {
    let world = World::new(engine).await;
    let admin = world.admin().await;
    let file = "name,ueCode\nA,1001\n";
    for (kind, fields, expected) in [
        ("tickets", vec![], vec!["kind"]),
        ("organizations", vec![("dryRun", "maybe"), ("createMissing", "1")], vec!["dryRun", "createMissing"]),
        ("organizations", vec![("color", "red")], vec!["form"]),
        ("organizations", vec![("kind", "devices")], vec!["form"]),
    ] {
        assert_eq!(import(&admin, kind, file, &fields).await.wrong_fields(), expected, "{kind} {fields:?}");
    }
    let post = |form: Form| Answer::of(admin.request(Method::POST, "/api/import").multipart(form));
    assert_eq!(post(Form::new().text("kind", "devices")).await.wrong_fields(), ["file"]);
    admin.post("/api/import", json!({"kind": "devices"})).await.refused(415, "unsupported_media_type");
    let large = vec![b'x'; 32 * 1024 * 1024 + 1];
    let answer = import(&admin, "organizations", large, &[]).await;
    answer.refused(413, "too_large");
    let broken = admin.request(Method::POST, "/api/import").header("content-type", "multipart/form-data; boundary=x");
    Answer::of(broken.body("--x\r\nnonsense")).await.refused(400, "malformed_json");
    world.stop().await;
}

async fn who_may_import(engine: Engine) {
    let world = World::new(engine).await;
    let file = "name,ueCode\nA,1001\n";
    import(&world.agent().await, "organizations", file, &[]).await.refused(403, "forbidden");
    import(&world.viewer().await, "organizations", file, &[]).await.refused(403, "forbidden");
    import(&world.stranger(), "organizations", file, &[]).await.refused(401, "token_missing");
    world.stop().await;
}
