//! Secrets never reach a model or a log: planted in every place of a ticket, looked for in the bytes that arrived at the
//! scripted server and in what was logged at the most talkative level.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};

use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::harness::{Answer, Engine, both_engines, change, scripted, texts};

both_engines!(no_planted_secret_reaches_the_model_or_a_log);

/// One of every kind, with a part of it that nothing may show.
const SECRETS: &[(&str, &str)] = &[
    ("mara.lind@example.test", "mara.lind"),
    ("ｍａｒａ＠ｅｘａｍｐｌｅ．ｔｅｓｔ", "ｅｘａｍｐｌｅ"),
    ("sk_a1B2c3D4e5F6g7H8i9J001", "g7H8i9J001"),
    ("sk-a1B2c3D4e5F6g7H8i9J002", "g7H8i9J002"),
    ("pk_a1B2c3D4e5F6g7H8i9J003", "g7H8i9J003"),
    ("api_a1B2c3D4e5F6g7H8i9J004", "g7H8i9J004"),
    ("secret_a1B2c3D4e5F6g7H8i9J005", "g7H8i9J005"),
    ("token_a1B2c3D4e5F6g7H8i9J006", "g7H8i9J006"),
    ("Bearer a1B2c3D4e5F6g7H8i9J007", "g7H8i9J007"),
    ("ghp_a1B2c3D4e5F6g7H8i9J008", "g7H8i9J008"),
    ("gho_a1B2c3D4e5F6g7H8i9J009", "g7H8i9J009"),
    ("github_pat_a1B2c3D4e5F6g7H8i9J010", "g7H8i9J010"),
    ("glpat-a1B2c3D4e5F6g7H8i9J011", "g7H8i9J011"),
    ("AKIAIOSFODNN7EXAMPL2", "IOSFODNN7EXAMPL2"),
    ("aws_secret_access_key = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI"),
    ("AIzaSyA1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q", "SyA1B2c3D4"),
    ("xoxb-123456789012-a1B2c3D4e5F6", "123456789012-a1B2"),
    ("https://hooks.slack.com/services/T00000000/B00000000/QQQQWWWW", "QQQQWWWW"),
    ("sk_live_4eC39HqLyjWDarjtT1zdp7dc", "4eC39HqLyjWD"),
    ("SK0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef"),
    ("sk-ant-api03-a1B2c3D4e5F6g7H8i9J012", "g7H8i9J012"),
    ("npm_aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3aB3", "aB3aB3aB3aB3"),
    ("pypi-AgEIcHlwaS5vcmcCJDU3013", "cHlwaS5vcmc"),
    ("hf_a1B2c3D4e5F6g7H8i9J014", "g7H8i9J014"),
    ("SG.a1B2c3D4e5F6g7H8i9J0.a1B2c3D4e5F6g7H8i9J015", "g7H8i9J015"),
    ("hvs.a1B2c3D4e5F6g7H8i9J016", "g7H8i9J016"),
    ("AccountKey=abcdEFGH1234+/abcdEFGH1234==", "abcdEFGH1234+/"),
    ("pck_a1B2c3D4e5F6g7H8i9J017", "g7H8i9J017"),
    ("whsec_a1B2c3D4e5F6g7H8i9J018", "g7H8i9J018"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "eyJzdWIiOiIxMjM0In0"),
    ("-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA019\n-----END RSA PRIVATE KEY-----", "MIIEowIBAAKCAQEA019"),
    ("Authorization: Basic bWFyYTpodW50ZXIyMDIw", "bWFyYTpodW50ZXIyMDIw"),
    ("client_secret=8f3kQz91LmN0pR21", "8f3kQz91LmN0pR21"),
    ("postgres://app:s3cretOfTheDb22@db.local:5432/x", "s3cretOfTheDb22"),
    ("password: hunter2of23", "hunter2of23"),
    ("Passwort: geheim2of24", "geheim2of24"),
    ("mot de passe : azerty1of25", "azerty1of25"),
    ("contraseña: perro1of26", "perro1of26"),
    ("my password is Winter2027! today", "Winter2027!"),
    ("4111 1111 1111 1111", "1111 1111"),
    ("3782-822463-10005", "822463"),
    ("DE89 3704 0044 0532 0130 00", "0044 0532"),
    ("123-45-6789", "123-45-6789"),
    ("+49 30 12345678", "12345678"),
    ("(202) 555-0143", "555-0143"),
];

/// What was logged by this process, at every level.
fn logged() -> Arc<Mutex<Vec<u8>>> {
    #[derive(Clone)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    impl<'w> MakeWriter<'w> for Log {
        type Writer = Self;
        fn make_writer(&'w self) -> Self {
            self.clone()
        }
    }
    static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    let log = LOG.get_or_init(|| {
        let log = Arc::new(Mutex::new(Vec::new()));
        let all = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
        all.with_span_events(FmtSpan::FULL).with_writer(Log(log.clone())).init();
        log
    });
    log.clone()
}

async fn no_planted_secret_reaches_the_model_or_a_log(engine: Engine) {
    let log = logged();
    let (world, server) = scripted(engine, [], |_, _| {}).await;
    let town = &world.town.north;
    for (table, id, name) in [
        ("organizations", &town.organization, "Lind Ltd mara.lind@example.test"),
        ("contacts", &town.contact, "Mara (202) 555-0143"),
        ("devices", &town.device, "LAP-07 ghp_a1B2c3D4e5F6g7H8i9J008"),
    ] {
        change(&world.store, &format!("UPDATE {table} SET name = '{name}' WHERE id = '{id}'")).await;
    }
    let agent = world.agent().await;
    let all = SECRETS.iter().map(|(secret, _)| format!("Here it is: {secret}\n")).collect::<String>();
    let parties = json!({
        "organizationId": town.organization, "contactId": town.contact, "deviceId": town.device,
        "subject": "VPN: card 4111 1111 1111 1111, password: hunter2of23", "message": all,
    });
    let ticket = agent.post("/api/tickets", parties).await.expect(201);
    let id = ticket["id"].as_str().unwrap();
    let note = json!({"body": format!("Internal. {all}"), "isInternal": true});
    agent.post(&format!("/api/tickets/{id}/messages"), note).await.expect(201);
    for (index, name) in
        ["sk-a1B2c3D4e5F6g7H8i9J002.txt", "mara.lind@example.test.log", "123-45-6789.txt"].iter().enumerate()
    {
        let part = Part::bytes(format!("content {index}").into_bytes()).file_name((*name).to_owned());
        let form = Form::new().part("file", part);
        let request = agent.request(Method::POST, &format!("/api/tickets/{id}/attachments")).multipart(form);
        Answer::of(request).await.expect(201);
    }
    for question in SECRETS.chunks(15) {
        let text = question.iter().map(|(secret, _)| format!("Is {secret} right?\n")).collect::<String>();
        let ended = agent.copilot("chat", json!({"ticketId": id, "message": text})).await;
        assert_eq!(ended["state"], "success", "{ended}");
    }
    for action in ["analyze", "suggest", "draft-reply"] {
        assert_eq!(agent.copilot(action, json!({"ticketId": id})).await["state"], "success");
    }
    // A server that fails and an answer that has to be repaired must not tell more.
    server.push(patchcord_simulator::openai::Step::json(json!({"summary": all})));
    let path = format!("/api/tickets/{id}/messages");
    agent.post(&path, json!({"body": "One more."})).await.expect(201);
    agent.copilot("analyze", json!({"ticketId": id})).await;

    let requests = server.requests();
    assert_eq!(requests.len(), 3 + 3 + 2);
    let mut leaks = Vec::new();
    for request in &requests {
        let raw = String::from_utf8_lossy(request.raw());
        for (secret, part) in SECRETS {
            if raw.contains(part) {
                leaks.push(format!("{secret} reached the model: {}", around(&raw, part)));
            }
        }
        for place in
            ["[TOKEN_REDACTED].txt", "[EMAIL_REDACTED]", "[SSN_REDACTED].txt", "Lind Ltd [EMAIL", "LAP-07 [TOKEN"]
        {
            assert!(raw.contains(place), "{place} is not in the prompt: it was lost, not redacted");
        }
    }
    let log = String::from_utf8_lossy(&log.lock().unwrap()).into_owned();
    assert!(log.contains("request{") && log.contains("/api/tickets"), "nothing was logged at all");
    for (secret, part) in SECRETS {
        if log.contains(part) {
            leaks.push(format!("{secret} is in the log: {}", around(&log, part)));
        }
    }
    leaks.sort();
    leaks.dedup();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));

    for counts in texts(&world.store, "SELECT CAST(redaction_counts AS TEXT) FROM ai_suggestions").await {
        let counts: Value = serde_json::from_str(&counts).unwrap();
        // The message and the internal note have each secret once, besides what the other places have.
        for (kind, least) in [("email", 6), ("token", 70), ("card", 5), ("iban", 2), ("ssn", 3), ("phone", 5)] {
            assert!(counts[kind].as_i64().unwrap_or(0) >= least, "{kind} of {counts}");
        }
    }
    world.stop().await;
}

/// The text around a finding.
fn around(text: &str, part: &str) -> String {
    let at = text.find(part).unwrap_or(0);
    let begin = text[..at].char_indices().rev().nth(60).map_or(0, |(index, _)| index);
    text[begin..].chars().take(160).collect()
}
