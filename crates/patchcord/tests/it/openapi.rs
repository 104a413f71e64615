//! The OpenAPI document: complete, valid, the same as the file in `docs/`, and true.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use crate::harness::document::{document, operations, resolved};
use crate::harness::{Answer, Engine, World, both_engines};

both_engines!(every_operation_answers, served_as_it_is);

async fn every_operation_answers(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, stranger) = (world.admin().await, world.stranger());
    for operation in operations() {
        let method: Method = operation.method.parse().unwrap();
        let path =
            operation.path.split('/').map(|part| if part.starts_with('{') { "abcdefghijklmnopqrstuvwx" } else { part });
        let path = path.collect::<Vec<_>>().join("/");
        for client in [&stranger, &admin] {
            let answer = Answer::of(client.request(method.clone(), &path)).await;
            let code = answer.body["code"].as_str().unwrap_or_default();
            assert!(!matches!(code, "no_such_route" | "wrong_method"), "{method} {path}: {}", answer.text);
        }
        // And no other method does.
        let documented: BTreeSet<String> =
            operations().into_iter().filter(|one| one.path == operation.path).map(|one| one.method).collect();
        for other in ["GET", "POST", "PUT", "PATCH", "DELETE"].iter().filter(|method| !documented.contains(**method)) {
            let answer = Answer::of(admin.request(other.parse().unwrap(), &path)).await;
            assert_eq!(answer.status, 405, "{other} {path} is not in the document: {}", answer.text);
        }
    }
    world.stop().await;
}

async fn served_as_it_is(engine: Engine) {
    let world = World::new(engine).await;
    let answer = world.stranger().get("/api/openapi.json").await;
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(&answer.body, document());
    let page = world.stranger().get("/api/docs/").await;
    assert_eq!(page.status, 200);
    assert!(!page.text.contains("https://") && !page.text.contains("http://"), "it needs no download: {}", page.text);
    world.stop().await;
}

#[test]
fn the_file_is_up_to_date() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    let kept: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert!(&kept == document(), "docs/openapi.json is out of date: run `cargo xtask codegen`");
}

#[test]
fn it_is_valid() {
    let document = document();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    assert!(document["info"]["title"].is_string() && document["info"]["version"].is_string());
    let mut references = Vec::new();
    collect(document, &mut references);
    assert!(references.len() > 50);
    for reference in &references {
        resolved(&serde_json::json!({"$ref": reference}));
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{name}");
    }
    let tags: BTreeSet<&str> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut names = BTreeSet::new();
    for operation in operations() {
        let (name, said) = (format!("{} {}", operation.method, operation.path), &operation.said);
        let id = said["operationId"].as_str().unwrap().to_owned();
        assert!(id.bytes().all(|b| b.is_ascii_alphanumeric()) && names.insert(id.clone()), "{name}: {id}");
        assert!(said["summary"].is_string() || said["description"].is_string(), "{name} says nothing of itself");
        assert!(
            said["tags"].as_array().unwrap().iter().all(|tag| tags.contains(tag.as_str().unwrap())),
            "{name}: an unknown tag"
        );
        let parameters: Vec<&Value> = said["parameters"].as_array().into_iter().flatten().collect();
        for part in operation.path.split('/').filter_map(|part| part.strip_prefix('{')) {
            let place = part.trim_end_matches('}');
            let fits = |one: &&&Value| one["in"] == "path" && one["name"] == place && one["required"] == true;
            assert_eq!(parameters.iter().filter(fits).count(), 1, "{name}: {place}");
        }
        let distinct: BTreeSet<String> =
            parameters.iter().map(|one| format!("{} {}", one["in"], one["name"])).collect();
        assert_eq!(distinct.len(), parameters.len(), "{name}");
        assert!(
            said["responses"].as_object().unwrap().values().all(|response| response["description"].is_string()),
            "{name}"
        );
    }
}

#[test]
fn every_refusal_is_documented() {
    for operation in operations().into_iter().filter(|operation| operation.path.starts_with("/api/")) {
        let (name, said) = (format!("{} {}", operation.method, operation.path), &operation.said);
        let public = said["security"] == serde_json::json!([{}]);
        let has_body = said["requestBody"].is_object();
        let in_query = |one: &Value| one["in"] == "query";
        let has_query = said["parameters"].as_array().into_iter().flatten().any(in_query);
        let mut expect = vec!["503"];
        if !public {
            expect.extend(["401", "403"]);
        }
        if operation.path.contains('{') {
            expect.push("404");
        }
        if has_body {
            expect.extend(["400", "413", "415", "422"]);
        }
        if has_query {
            expect.push("422");
        }
        for status in expect {
            let content = &said["responses"][status]["content"];
            let waits = ["/api/analyze", "/api/suggest", "/api/draft-reply", "/api/chat"];
            let envelope = operation.path.starts_with("/api/copilot/") || waits.contains(&operation.path.as_str());
            let kind = if envelope { "application/json" } else { "application/problem+json" };
            assert!(content[kind]["schema"].is_object(), "{name} does not document {status} as {kind}");
        }
        let creates = operation.method == "POST"
            && !public
            && (said["responses"]["201"].is_object() || said["responses"]["202"].is_object());
        let takes_key = said["parameters"].as_array().into_iter().flatten().any(|one| one["name"] == "Idempotency-Key");
        assert!(takes_key || !creates, "{name} creates and takes no Idempotency-Key");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            references.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}
