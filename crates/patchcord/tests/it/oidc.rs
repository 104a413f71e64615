//! Signing in at an identity provider, with a browser played step by step.

use patchcord_domain::time::MINUTE;
use patchcord_simulator::oidc::{Kind, Person, Provider, Trouble, Twist};
use reqwest::{Method, Url};

use crate::harness::{Answer, Client, Engine, World, both_engines};
use crate::identity::world_with_provider;

both_engines!(
    somebody_signs_in,
    wrong_id_tokens_are_refused,
    an_answer_is_good_for_its_browser_once,
    nobody_is_led_elsewhere,
    there_is_no_sign_in_without_a_provider,
);

const AGENT: (&str, &str) = ("subject-of-the-agent", "agent@north.test");

/// Begins a sign-in: the cookie that was set, and the address of the provider.
async fn begin(browser: &Client, query: &str) -> (String, Url) {
    let answer = browser.get(&format!("/api/auth/oidc/start{query}")).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    (answer.header("set-cookie").to_owned(), Url::parse(answer.header("location")).unwrap())
}

/// What the provider answers to the browser: the way back, on this desk.
async fn at_the_provider(address: Url) -> String {
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let answer = http.get(address).send().await.unwrap();
    assert_eq!(answer.status(), 302);
    let back = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    assert_eq!(back.path(), "/api/auth/oidc/callback");
    format!("{}?{}", back.path(), back.query().unwrap())
}

async fn sign_in(browser: &Client) -> Answer {
    let (_, address) = begin(browser, "").await;
    browser.get(&at_the_provider(address).await).await
}

fn agent(provider: &Provider) {
    provider.at_the_browser(Some(Person::new(AGENT.0, AGENT.1)));
}

async fn somebody_signs_in(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    agent(&provider);
    for kind in Kind::ALL {
        provider.sign_in_with(kind);
        let browser = world.stranger();
        let (cookie, address) = begin(&browser, "?next=/tickets/42%3Ftab%3Dcopilot").await;
        for part in ["patchcord_oidc=", "HttpOnly", "SameSite=Lax", "Path=/api/auth/oidc", "Max-Age=600"] {
            assert!(cookie.contains(part), "{part} is not in {cookie}");
        }
        let query: std::collections::HashMap<_, _> = address.query_pairs().into_owned().collect();
        assert_eq!((query["code_challenge_method"].as_str(), query["response_type"].as_str()), ("S256", "code"));
        // Nothing in the cookie can be read.
        assert!(!cookie.contains(&query["state"]) && !cookie.contains(&query["nonce"]));
        let done = browser.get(&at_the_provider(address).await).await;
        assert_eq!((done.status, done.header("location")), (303, "/tickets/42?tab=copilot"), "{}", done.text);
        let cookies: Vec<&str> = done.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap()).collect();
        let refresh = cookies.iter().find(|cookie| cookie.starts_with("patchcord_refresh=")).unwrap();
        assert!(refresh.contains("HttpOnly") && refresh.contains("SameSite=Strict"), "{refresh}");
        assert!(cookies.iter().any(|cookie| cookie.starts_with("patchcord_oidc=;")), "{cookies:?}");
        let session = browser.post("/api/auth/refresh", serde_json::json!({})).await.expect(200);
        assert_eq!(
            (session["user"]["email"].as_str(), session["user"]["role"].as_str()),
            (Some(AGENT.1), Some("AGENT"))
        );
        let token = session["accessToken"].as_str().unwrap();
        browser.with_token(Some(token)).get("/api/tickets").await.expect(200);
    }
    assert_eq!((provider.count("/.well-known/openid-configuration"), provider.count("/keys")), (1, 1));
    assert!(provider.refusals().is_empty(), "{:?}", provider.refusals());
    world.stop().await;
}

async fn wrong_id_tokens_are_refused(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    agent(&provider);
    provider.sign_in_with(Kind::Es256);
    let mut twists = vec![Twist::Nonce];
    twists.extend(Twist::OF_API_TOKENS);
    for twist in twists {
        provider.twist(Some(twist));
        let browser = world.stranger();
        let refused = sign_in(&browser).await;
        assert_eq!((refused.status, refused.body["code"].as_str()), (401, Some("invalid_token")), "{twist:?}");
        browser.post("/api/auth/refresh", serde_json::json!({})).await.refused(401, "session_missing");
    }
    provider.twist(None);
    assert_eq!(provider.count("/elsewhere"), 0);
    // The password still holds: nothing was linked.
    world.agent().await;

    provider.at_the_browser(Some(Person::new("s", "nobody@north.test")));
    sign_in(&world.stranger()).await.refused(403, "user_not_provisioned");
    provider.at_the_browser(None);
    sign_in(&world.stranger()).await.refused(401, "sign_in_refused");
    agent(&provider);
    for (trouble, status, code) in [
        (Trouble::Hang, 503, "unavailable"),
        (Trouble::Long(5 * 1024 * 1024), 503, "unavailable"),
        (Trouble::Redirect("/elsewhere".into()), 503, "unavailable"),
        (Trouble::Status(500), 503, "unavailable"),
        (Trouble::Status(401), 401, "sign_in_refused"),
    ] {
        provider.trouble("/token", trouble);
        sign_in(&world.stranger()).await.refused(status, code);
    }
    assert_eq!(sign_in(&world.stranger()).await.status, 303);
    world.stop().await;
}

async fn an_answer_is_good_for_its_browser_once(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    agent(&provider);
    let browser = world.stranger();
    let (cookie, address) = begin(&browser, "").await;
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let back = at_the_provider(address).await;
    let with_cookie = async |path: &str, cookie: &str| {
        Answer::of(world.stranger().request(Method::GET, path).header("cookie", cookie)).await
    };

    // Somebody else's browser, no cookie, another sign-in's cookie, a changed one, another state, another provider.
    world.stranger().get(&back).await.refused(401, "sign_in_expired");
    let other = world.stranger();
    begin(&other, "").await;
    other.get(&back).await.refused(401, "sign_in_expired");
    let changed = format!("{}A", cookie.strip_suffix(|_: char| true).unwrap());
    let changed = if changed == cookie { format!("{}B", cookie.strip_suffix('A').unwrap()) } else { changed };
    with_cookie(&back, &changed).await.refused(401, "sign_in_expired");
    with_cookie(&back.replace("state=", "state=x"), &cookie).await.refused(401, "sign_in_expired");
    with_cookie(&back.replace("iss=", "iss=x"), &cookie).await.refused(401, "sign_in_refused");
    with_cookie(&back.replace("code=", "code=x"), &cookie).await.refused(401, "sign_in_refused");
    with_cookie("/api/auth/oidc/callback?code=a&code=b", &cookie).await.refused(422, "validation_failed");
    assert_eq!(provider.refusals(), ["the code is unknown"]);

    assert_eq!(with_cookie(&back, &cookie).await.status, 303);
    // The same answer and the same cookie again: the provider knows the code no more.
    with_cookie(&back, &cookie).await.refused(401, "sign_in_refused");
    assert_eq!(provider.refusals().last().map(String::as_str), Some("the code was used before"));

    let (_, address) = begin(&browser, "").await;
    let back = at_the_provider(address).await;
    world.clock.forward(10 * MINUTE);
    browser.get(&back).await.refused(401, "sign_in_expired");
    world.stop().await;
}

async fn nobody_is_led_elsewhere(engine: Engine) {
    let (world, provider) = world_with_provider(engine, |_| {}).await;
    agent(&provider);
    for next in
        ["https://evil.test", "//evil.test", "/%5Cevil.test", "%5C%5Cevil.test", "/%09/evil.test", "javascript:0", ""]
    {
        let browser = world.stranger();
        let (_, address) = begin(&browser, &format!("?next={next}")).await;
        let done = browser.get(&at_the_provider(address).await).await;
        assert_eq!((done.status, done.header("location")), (303, "/tickets"), "{next}");
    }
    // People are led back to the sign-in page, which explains.
    let page = world.stranger().request(Method::GET, "/api/auth/oidc/callback?state=x&code=y");
    let page = Answer::of(page.header("accept", "text/html,application/xhtml+xml")).await;
    assert_eq!((page.status, page.header("location")), (303, "/sign-in?problem=sign_in_expired"));
    world.stranger().get("/api/auth/oidc/start?where=/x").await.refused(422, "validation_failed");

    // A discovery document of another issuer is not believed.
    let (world, provider) = world_with_provider(engine, |options| options.issuer.push('/')).await;
    world.stranger().get("/api/auth/oidc/start").await.refused(503, "unavailable");
    assert_eq!(provider.count("/.well-known/openid-configuration"), 1);
    world.stop().await;
}

async fn there_is_no_sign_in_without_a_provider(engine: Engine) {
    let world = World::new(engine).await;
    world.stranger().get("/api/auth/oidc/start").await.refused(404, "not_found");
    world.stranger().get("/api/auth/oidc/callback?code=a&state=b").await.refused(404, "not_found");
    world.stop().await;
    // A provider whose tokens are taken, at which nobody signs in.
    let (world, _provider) = world_with_provider(engine, |options| options.client = None).await;
    world.stranger().get("/api/auth/oidc/start").await.refused(404, "not_found");
    world.stop().await;
}
