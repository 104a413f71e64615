//! The knowledge base: writing articles, finding them, and which of them fit a ticket.

use serde_json::{Value, json};

use crate::harness::{Client, Engine, World, both_engines};

both_engines!(
    an_article_is_written_changed_and_removed,
    every_fault_of_an_article_is_told,
    lists_are_filtered_and_paged,
    only_published_articles_are_found,
    highlights_point_into_the_original_text,
    articles_that_fit_a_ticket,
    who_may_do_what,
    the_same_request_twice_is_one_article,
    drafts_and_foreign_articles_reach_no_model,
);

async fn article(client: &Client, title: &str, body: &str, status: &str) -> Value {
    client.post("/api/kb/articles", json!({"title": title, "body": body, "status": status})).await.expect(201)
}

async fn titles_for(client: &Client, query: &str) -> Vec<String> {
    let found = client.post("/api/ai/search-kb", json!({"query": query})).await.expect(200);
    found["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
}

async fn an_article_is_written_changed_and_removed(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, admin) = (world.agent().await, world.admin().await);
    let answer = agent
        .post(
            "/api/kb/articles",
            json!({"title": " Toner is low ", "body": "Shake the toner.", "tags": ["Printer", "printer"]}),
        )
        .await;
    assert!(answer.header("location").starts_with("/api/kb/articles/"));
    let added = answer.expect(201);
    assert_eq!(
        (&added["title"], &added["status"], &added["version"]),
        (&json!("Toner is low"), &json!("DRAFT"), &json!(1))
    );
    assert_eq!(added["tags"], json!(["printer"]));
    let path = format!("/api/kb/articles/{}", added["id"].as_str().unwrap());
    assert_eq!(agent.get(&path).await.expect(200), added);

    assert!(titles_for(&agent, "toner").await.is_empty());
    let changed = agent.patch(&path, json!({"version": 1, "status": "published"})).await.expect(200);
    assert_eq!((&changed["status"], &changed["version"]), (&json!("PUBLISHED"), &json!(2)));
    assert_eq!(titles_for(&agent, "toner").await, ["Toner is low"]);
    let stale = agent.patch(&path, json!({"version": 1, "title": "Other"})).await.refused(409, "stale_version");
    assert_eq!((&stale["current"]["version"], &stale["current"]["title"]), (&json!(2), &json!("Toner is low")));
    let same = agent.patch(&path, json!({"title": "Toner is low"})).await.expect(200);
    assert_eq!(same["version"], 2, "nothing changed, so nothing was written");

    agent
        .patch(&path, json!({"title": "The drum is worn", "body": "Replace the drum.", "source": "manual"}))
        .await
        .expect(200);
    assert!(
        titles_for(&agent, "toner").await.iter().all(|title| title != "Toner is low"),
        "the index follows the text"
    );
    assert_eq!(titles_for(&agent, "drum").await, ["The drum is worn"]);
    let emptied = agent.patch(&path, json!({"source": null})).await.expect(200);
    assert_eq!(emptied["source"], Value::Null);

    assert_eq!(admin.delete(&path).await.status, 204);
    agent.get(&path).await.refused(404, "not_found");
    admin.delete(&path).await.refused(404, "not_found");
    assert!(titles_for(&agent, "drum").await.is_empty());
    world.stop().await;
}

async fn every_fault_of_an_article_is_told(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let wrong = json!({
        "title": "", "body": "x".repeat(50_001), "status": "old", "tags": [""], "source": "s".repeat(501),
    });
    let told = agent.post("/api/kb/articles", wrong).await.refused(422, "validation_failed");
    let fields: Vec<&str> = told["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["title", "body", "tags[0]", "status", "source"]);
    let area = json!({"title": "A", "body": "B", "productArea": "Moon"});
    let told = agent.post("/api/kb/articles", area).await.refused(422, "validation_failed");
    assert_eq!(told["errors"][0]["field"], "productArea");
    let unknown = json!({"title": "A", "body": "B", "workspaceId": "x"});
    agent.post("/api/kb/articles", unknown).await.refused(422, "validation_failed");
    for query in ["?limit=0", "?status=old", "?sort=title", "?unknown=1", "?offset=1&page=2"] {
        agent.get(&format!("/api/kb/articles{query}")).await.refused(422, "validation_failed");
    }
    agent.get("/api/kb/articles?offset=10001").await.refused(422, "use_cursor");
    let told =
        agent.post("/api/ai/search-kb", json!({"query": " ", "limit": 21})).await.refused(422, "validation_failed");
    assert_eq!(told["errors"].as_array().unwrap().len(), 2);
    world.stop().await;
}

async fn lists_are_filtered_and_paged(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    for n in 0..5 {
        let status = if n % 2 == 0 { "DRAFT" } else { "PUBLISHED" };
        let tags = json!([format!("tag{n}"), "all"]);
        let body =
            json!({"title": format!("Guide {n}"), "body": "Überprüfung of cables", "status": status, "tags": tags});
        agent.post("/api/kb/articles", body).await.expect(201);
        world.clock.forward(1_000);
    }
    let titles = |page: &Value| -> Vec<String> {
        page["items"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap().to_owned()).collect()
    };
    let get = async |query: &str| agent.get(&format!("/api/kb/articles{query}")).await.expect(200);
    let all = get("?count=exact&tag=all").await;
    assert_eq!(
        (&all["total"], titles(&all)),
        (&json!(5), ["4", "3", "2", "1", "0"].map(|n| format!("Guide {n}")).to_vec())
    );
    assert_eq!(titles(&get("?status=draft&tag=all&sort=createdAt").await), ["Guide 0", "Guide 2", "Guide 4"]);
    assert_eq!(titles(&get("?tag=tag1,tag3").await), ["Guide 3", "Guide 1"]);
    assert_eq!(titles(&get("?q=uberpruf&status=PUBLISHED").await), ["Guide 3", "Guide 1"]);
    assert_eq!(titles(&get("?q=guide%204").await), ["Guide 4"], "writers find drafts too");
    assert!(titles(&get("?q=%22%20OR%20*").await).is_empty());
    assert!(titles(&get("?productArea=Moon").await).is_empty());
    let mut seen = Vec::new();
    let mut page = get("?tag=all&limit=2").await;
    loop {
        seen.extend(titles(&page));
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        page = get(&format!("?tag=all&limit=2&cursor={cursor}")).await;
    }
    assert_eq!(seen, titles(&all));
    assert_eq!(titles(&get("?tag=all&limit=2&page=3").await), ["Guide 0"]);
    world.stop().await;
}

async fn only_published_articles_are_found(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    // Many drafts that fit better must not push the published one out of the candidates.
    for n in 0..25 {
        article(&agent, &format!("Badge reader blinks red {n}"), "The badge reader blinks red.", "DRAFT").await;
    }
    article(&agent, "Badge reader", "Hold the badge longer.", "PUBLISHED").await;
    article(&foreigner, "Badge reader of the south", "The badge reader blinks red.", "PUBLISHED").await;
    assert_eq!(titles_for(&agent, "badge reader blinks red").await, ["Badge reader"]);
    assert_eq!(titles_for(&foreigner, "badge reader blinks red").await, ["Badge reader of the south"]);
    let limited =
        agent.post("/api/ai/search-kb", json!({"query": "badge reader vpn drops", "limit": 1})).await.expect(200);
    assert_eq!(limited["items"].as_array().unwrap().len(), 1);
    world.stop().await;
}

async fn highlights_point_into_the_original_text(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let body = "Nothing here.\n\n😀 Die Überprüfung der Café-Drucker: cafe\u{301} drucker neu starten.\n\nThe end.";
    article(&agent, "Drucker", body, "PUBLISHED").await;
    let found = agent.post("/api/ai/search-kb", json!({"query": "CAFE uberprufung"})).await.expect(200);
    let item = &found["items"][0];
    let passage: Vec<u16> = item["passage"].as_str().unwrap().encode_utf16().collect();
    let marked: Vec<String> = item["highlights"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| {
            let at = |n: usize| usize::try_from(place[n].as_u64().unwrap()).unwrap();
            String::from_utf16(&passage[at(0)..at(1)]).unwrap()
        })
        .collect();
    assert_eq!(marked, ["Überprüfung", "Café", "cafe\u{301}"]);
    let score = item["score"].as_f64().unwrap();
    assert!(score > 0.3 && score <= 1.0, "{score}");
    world.stop().await;
}

async fn articles_that_fit_a_ticket(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, viewer) = (world.agent().await, world.viewer().await);
    article(&agent, "Order a new chair", "Write to the facility team.", "PUBLISHED").await;
    article(&agent, "VPN certificate (being written)", "The VPN certificate.", "DRAFT").await;
    let ticket = agent.ticket("VPN drops every hour", "My VPN drops, the certificate looks old.").await;
    let path = format!("/api/tickets/{}/articles", ticket["label"].as_str().unwrap());
    let found = viewer.get(&path).await.expect(200);
    let items = found["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{found}");
    assert_eq!(items[0]["id"], json!(world.town.north.article));
    assert_eq!(items[0]["passage"], "Renew the VPN certificate in the client's settings.");
    assert!(!items[0]["highlights"].as_array().unwrap().is_empty());
    world
        .foreigner()
        .await
        .get(&format!("/api/tickets/{}/articles", ticket["id"].as_str().unwrap()))
        .await
        .refused(404, "not_found");
    world.stop().await;
}

async fn who_may_do_what(engine: Engine) {
    let world = World::new(engine).await;
    let (viewer, agent, foreigner) = (world.viewer().await, world.agent().await, world.foreigner().await);
    let own = format!("/api/kb/articles/{}", world.town.north.article);
    let input = json!({"title": "A", "body": "B"});
    viewer.get(&own).await.expect(200);
    viewer.get("/api/kb/articles").await.expect(200);
    viewer.post("/api/ai/search-kb", json!({"query": "vpn"})).await.expect(200);
    viewer.post("/api/kb/articles", input.clone()).await.refused(403, "forbidden");
    viewer.patch(&own, json!({"title": "A"})).await.refused(403, "forbidden");
    agent.delete(&own).await.refused(403, "forbidden");
    for path in ["/api/kb/articles", own.as_str()] {
        world.stranger().get(path).await.refused(401, "token_missing");
    }
    foreigner.get(&own).await.refused(404, "not_found");
    foreigner.patch(&own, json!({"title": "Mine"})).await.refused(404, "not_found");
    foreigner.delete(&own).await.refused(404, "not_found");
    agent.get(&own).await.expect(200);
    world.stop().await;
}

async fn the_same_request_twice_is_one_article(engine: Engine) {
    let world = World::new(engine).await;
    let agent = world.agent().await;
    let input = json!({"title": "Once", "body": "Only once."});
    let first = agent.post_once("/api/kb/articles", "k1", input.clone()).await;
    let again = agent.post_once("/api/kb/articles", "k1", input).await;
    assert_eq!(first.header("location"), again.header("location"));
    assert_eq!(first.expect(201), again.expect(201));
    agent
        .post_once("/api/kb/articles", "k1", json!({"title": "Other", "body": "x"}))
        .await
        .refused(409, "idempotency_key_reused");
    assert_eq!(agent.get("/api/kb/articles?q=once&count=exact").await.expect(200)["total"], 1);
    world.stop().await;
}

async fn drafts_and_foreign_articles_reach_no_model(engine: Engine) {
    let world = World::new(engine).await;
    let (agent, foreigner) = (world.agent().await, world.foreigner().await);
    article(&agent, "VPN drops: the secret draft", "draft-canary", "DRAFT").await;
    article(&foreigner, "VPN drops: of the south", "south-canary", "PUBLISHED").await;
    let ticket = agent.ticket("VPN drops", "The VPN drops.").await;
    let id = ticket["id"].as_str().unwrap();
    let kind = patchcord_domain::copilot::Kind::NextSteps;
    let snapshot = world.app.snapshot(&world.town.north.workspace, id, kind, None).await.unwrap();
    let ids: Vec<&str> = snapshot.sources.iter().map(|source| source.id.as_str()).collect();
    assert_eq!(ids, [world.town.north.article.as_str()]);
    world.stop().await;
}
