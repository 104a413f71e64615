//! The page's files: named by their content, kept for good, packed as the browser asks.

use reqwest::Method;

use crate::harness::{Answer, Client, Engine, World, both_engines};

both_engines!(files_are_packed_and_kept);

async fn files_are_packed_and_kept(engine: Engine) {
    let world = World::new(engine).await;
    let anybody = world.stranger();
    let page = anybody.get("/tickets").await;
    assert_eq!(page.header("cache-control"), "no-cache");
    assert!(!page.header("content-security-policy").contains("unsafe-"), "{}", page.header("content-security-policy"));

    let is_built = page.text.contains("/assets/");
    let files: Vec<&str> = page.text.split('"').filter(|part| part.starts_with("/assets/")).collect();
    assert_eq!(is_built, !files.is_empty());
    for file in files {
        let whole = packed(&anybody, file, "").await;
        assert_eq!(whole.header("cache-control"), "public, max-age=31536000, immutable", "{file}");
        assert_eq!(whole.header("content-encoding"), "", "{file}");
        // Files of a few bytes gain nothing and stay as they are.
        if length(&whole) < 2_048 {
            continue;
        }
        for (asked, given) in [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("br;q=0, gzip;q=1", "gzip")] {
            let answer = packed(&anybody, file, asked).await;
            assert_eq!((answer.status, answer.header("content-encoding")), (200, given), "{file} as {asked}");
            assert_eq!(answer.header("vary"), "accept-encoding");
            assert_eq!(answer.header("content-type"), whole.header("content-type"));
            assert!(length(&answer) < length(&whole) * 3 / 4, "{file} as {asked}: {}", length(&answer));
        }
    }
    world.stop().await;
}

async fn packed(client: &Client, path: &str, asked: &str) -> Answer {
    Answer::of(client.request(Method::GET, path).header("accept-encoding", asked)).await
}

fn length(answer: &Answer) -> u64 {
    answer.header("content-length").parse().unwrap()
}
