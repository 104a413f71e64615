//! One search for everything.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(exact_values_come_first, words_find_every_kind, wrong_requests, nothing_of_another_workspace);

async fn found(client: &Client, query: &str) -> Vec<Value> {
    let list = client.get(&format!("/api/search{query}")).await.expect(200);
    list["items"].as_array().unwrap().clone()
}

/// Kind and title of each item; exact ones with a mark.
async fn told(client: &Client, query: &str) -> Vec<String> {
    let name = |item: &Value| {
        let mark = if item["isExact"] == true { "=" } else { "" };
        format!("{mark}{}: {}", item["kind"].as_str().unwrap(), item["title"].as_str().unwrap())
    };
    found(client, query).await.iter().map(name).collect()
}

/// An organization with a contact, a device and two tickets, all of Hartwell.
async fn fill(world: &World) -> (Client, Value) {
    let admin = world.admin().await;
    let body = json!({"name": "Hartwell & Finch", "ueCode": "4821", "domain": "hartwell.test"});
    let organization = admin.post("/api/organizations", body).await.expect(201);
    let of = organization["id"].clone();
    let body = json!({
        "organizationId": of, "name": "Ada Hartwell", "phone": "+1 202 555 0177", "email": "ada@hartwell.test",
        "title": "Partner",
    });
    let contact = admin.post("/api/contacts", body).await.expect(201);
    let body = json!({
        "organizationId": of, "name": "HAL-LT-014", "type": "LAPTOP", "serialNumber": "5CG9999ABC", "assetTag": "HF-0042",
        "ipAddress": "10.20.10.114",
    });
    admin.post("/api/devices", body).await.expect(201);
    for subject in ["Hartwell cannot print", "Laptop of Ada is slow"] {
        let body = json!({"subject": subject, "message": "Please help", "contactId": contact["id"]});
        admin.post("/api/tickets", body).await.expect(201);
    }
    let article = json!({"title": "Printing at Hartwell", "body": "Press print.", "status": "PUBLISHED"});
    admin.post("/api/kb/articles", article).await.expect(201);
    let draft = json!({"title": "Hartwell draft", "body": "Not yet."});
    admin.post("/api/kb/articles", draft).await.expect(201);
    (admin, contact)
}

async fn exact_values_come_first(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, contact) = fill(&world).await;
    for (q, first) in [
        ("4821", "=organization: Hartwell & Finch"),
        ("48-21", "=organization: Hartwell & Finch"),
        ("%2B12025550177", "=contact: Ada Hartwell"),
        ("+1%20(202)%20555-0177", "=contact: Ada Hartwell"),
        ("ADA@hartwell.test", "=contact: Ada Hartwell"),
        ("1", "=ticket: Hartwell cannot print"),
        ("tkt-0002", "=ticket: Laptop of Ada is slow"),
        ("5cg9999abc", "=device: HAL-LT-014"),
        ("hf-0042", "=device: HAL-LT-014"),
        ("hal-lt-014", "=device: HAL-LT-014"),
        ("10.20.10.114", "=device: HAL-LT-014"),
    ] {
        let told = told(&admin, &format!("?q={q}")).await;
        assert_eq!(told.first().map(String::as_str), Some(first), "{q}: {told:?}");
        assert_eq!(told.iter().filter(|item| item.starts_with('=')).count(), 1, "{q}: {told:?}");
    }
    // A national notation, once the workspace's country is known.
    assert_eq!(told(&admin, "?q=(202)%20555-0177").await.iter().filter(|item| item.starts_with('=')).count(), 0);
    admin.patch("/api/workspace", json!({"timezone": "America/New_York"})).await.expect(200);
    let item = found(&admin, "?q=(202)%20555-0177").await[0].clone();
    assert_eq!((&item["id"], &item["isExact"]), (&contact["id"], &json!(true)));
    assert_eq!(item["subtitle"], "Hartwell & Finch · Partner · +12025550177 · ada@hartwell.test");
    assert_eq!(found(&admin, "?q=4821").await[0]["subtitle"], "U-E 4821 · hartwell.test");
    assert_eq!(found(&admin, "?q=1&kinds=ticket").await[0]["subtitle"], "TKT-0001 · OPEN · Hartwell & Finch");
    let device = found(&admin, "?q=hf-0042").await[0].clone();
    assert_eq!(device["subtitle"], "Hartwell & Finch · 5CG9999ABC · HF-0042 · 10.20.10.114");
    world.stop().await;
}

async fn words_find_every_kind(engine: Engine) {
    let world = World::new(engine).await;
    let (admin, contact) = fill(&world).await;
    let viewer = world.viewer().await;
    let all = [
        "ticket: Hartwell cannot print",
        "contact: Ada Hartwell",
        "organization: Hartwell & Finch",
        "article: Printing at Hartwell",
    ];
    assert_eq!(told(&viewer, "?q=hartwell").await, all);
    assert_eq!(told(&viewer, "?q=Hartw").await, all);
    assert_eq!(told(&viewer, "?q=hartwell&kinds=article,contact").await, [all[1], all[3]]);
    assert_eq!(told(&viewer, "?q=hartwell&kinds=device").await, [""; 0]);
    assert_eq!(told(&viewer, "?q=hal-lt").await, ["device: HAL-LT-014"]);
    assert_eq!(told(&viewer, "?q=10.20.10").await, ["device: HAL-LT-014"]);
    assert_eq!(told(&viewer, "?q=ada%20part").await, ["contact: Ada Hartwell"]);
    assert_eq!(told(&viewer, "?q=").await, [""; 0]);
    assert_eq!(told(&viewer, "?q=%20%22*%22%20").await, [""; 0]);
    // What begins with the words is nearer than what has them, and newer names do not hide it.
    for n in 0..50 {
        let body = json!({"organizationId": contact["organizationId"], "name": format!("Zed Ada {n}")});
        admin.post("/api/contacts", body).await.expect(201);
    }
    let ada = told(&viewer, "?q=ada&kinds=contact").await;
    assert_eq!(ada.len(), 20);
    let many = told(&viewer, "?q=ada").await;
    assert_eq!(many.iter().filter(|item| item.starts_with("ticket")).count(), 1, "{many:?}");
    // What was changed or taken out is not found any more.
    let path = format!("/api/contacts/{}", contact["id"].as_str().unwrap());
    admin.patch(&path, json!({"name": "Grace Hopper", "email": null})).await.expect(200);
    assert_eq!(told(&viewer, "?q=ada%20hartwell&kinds=contact").await, [""; 0]);
    assert_eq!(told(&viewer, "?q=grace").await, ["contact: Grace Hopper"]);
    world.stop().await;
}

async fn wrong_requests(engine: Engine) {
    let world = World::new(engine).await;
    let viewer = world.viewer().await;
    let long = format!("/api/search?q={}&kinds=ticket,ghost", "x".repeat(201));
    assert_eq!(viewer.get(&long).await.wrong_fields(), ["q", "kinds"]);
    viewer.get("/api/search?query=x").await.refused(422, "validation_failed");
    world.stranger().get("/api/search?q=x").await.refused(401, "token_missing");
    world.stop().await;
}

async fn nothing_of_another_workspace(engine: Engine) {
    let world = World::new(engine).await;
    fill(&world).await;
    let foreigner = world.foreigner().await;
    for q in
        ["hartwell", "4821", "%2B12025550177", "ada@hartwell.test", "1", "5CG9999ABC", "10.20.10.114", "hal-lt-014"]
    {
        assert_eq!(told(&foreigner, &format!("?q={q}")).await, [""; 0], "{q}");
    }
    world.stop().await;
}
